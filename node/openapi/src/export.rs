//! From an API and its operations to a document for those who call it.
//!
//! One idea: whatever an import understands of a document is written so that importing it again gives
//! the same operations. What differs between versions 3.0 and 2.0 is asked of [`Version`] where it
//! differs. The order is fixed: equal resources give equal texts. Must not know the store, or which
//! gateways there are.

mod body;
mod parameter;
mod paths;
mod schemas;

use hanse_manifest::Tree;
use hanse_proto::v1;
use schemas::Schemas;
use std::collections::BTreeMap;

/// Header and query parameter that carry the key of a subscription, unless the API says otherwise.
const KEY_HEADER: &str = "Ocp-Apim-Subscription-Key";
const KEY_QUERY: &str = "subscription-key";

/// What is exported.
#[derive(Debug, Clone, Copy)]
pub struct Exported<'a> {
    /// The API.
    pub api: &'a v1::Api,
    /// Its operations by id.
    pub operations: &'a BTreeMap<String, v1::Operation>,
    /// Its schemas by id.
    pub schemas: &'a BTreeMap<String, v1::ApiSchema>,
    /// URLs under which gateways serve it, each with the path of the API; the best one first.
    pub servers: &'a [String],
}

/// Version of the specification that a document follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// 3.0.3
    #[default]
    V3,
    /// 2.0, where bodies have one schema and no examples.
    V2,
}

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Indented JSON.
    #[default]
    Json,
    /// YAML.
    Yaml,
}

/// The document that describes an API to its callers.
pub fn export(exported: &Exported<'_>, version: Version, format: Format) -> String {
    let document = document(exported, version);
    match format {
        Format::Json => document.to_json_text(),
        Format::Yaml => document.to_yaml(),
    }
}

fn document(exported: &Exported<'_>, version: Version) -> Tree {
    let schemas = Schemas::new(exported.schemas, version);
    let (paths, more_paths) = paths::paths(exported.operations, &schemas);
    let mut out = Fields::default();
    match version {
        Version::V3 => out.text("openapi", "3.0.3"),
        Version::V2 => out.text("swagger", "2.0"),
    }
    out.put("info", info(exported.api));
    servers(&mut out, exported.servers, version);
    out.put("paths", paths);
    out.some("x-ms-paths", more_paths);
    let (schemes, requirements) = security(exported.api);
    match version {
        Version::V3 => {
            let mut components = Fields::default();
            components.some("schemas", schemas.all());
            components.some("securitySchemes", schemes);
            out.some("components", components.tree());
        }
        Version::V2 => {
            out.some("definitions", schemas.all());
            out.some("securityDefinitions", schemes);
        }
    }
    out.some("security", requirements);
    out.tree()
}

fn info(api: &v1::Api) -> Tree {
    let mut info = Fields::default();
    info.text("title", &api.display_name);
    info.text_if("description", &api.description);
    info.text_if("termsOfService", &api.terms_of_service_url);
    if let Some(contact) = &api.contact {
        let mut fields = Fields::default();
        fields.text_if("name", &contact.name);
        fields.text_if("url", &contact.url);
        fields.text_if("email", &contact.email);
        info.some("contact", fields.tree());
    }
    if let Some(license) = api.license.as_ref().filter(|license| **license != v1::License::default()) {
        let mut fields = Fields::default();
        fields.text("name", &license.name);
        fields.text_if("url", &license.url);
        info.some("license", fields.tree());
    }
    let version = [&api.api_version, &api.api_revision].into_iter().find(|text| !text.is_empty());
    info.text("version", version.map_or("1", String::as_str));
    info.tree()
}

fn servers(out: &mut Fields, servers: &[String], version: Version) {
    if version == Version::V3 {
        let list = servers.iter().map(|url| Tree::Map(vec![("url".to_owned(), Tree::text(url))]));
        return out.some("servers", Tree::List(list.collect()));
    }
    // OpenAPI 2 has one host and path, and several schemes.
    let split = |url: &String| {
        let (scheme, rest) = url.split_once("://")?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        Some((scheme.to_owned(), host.to_owned(), format!("/{path}")))
    };
    let all: Vec<_> = servers.iter().filter_map(split).collect();
    let Some((_, host, path)) = all.first() else { return };
    out.text("host", host);
    out.text("basePath", path);
    let schemes = all.iter().filter(|one| one.1 == *host && one.2 == *path);
    out.some("schemes", Tree::List(schemes.map(|(scheme, ..)| Tree::text(scheme)).collect()));
}

/// How the key of a subscription is sent: the schemes, and that one of them is required.
fn security(api: &v1::Api) -> (Tree, Tree) {
    if api.subscription_required == Some(false) {
        return (Tree::Map(Vec::new()), Tree::List(Vec::new()));
    }
    let names = api.subscription_key_parameter_names.clone().unwrap_or_default();
    let or = |name: String, default: &str| if name.is_empty() { default.to_owned() } else { name };
    let ways = [
        ("apiKeyHeader", or(names.header, KEY_HEADER), "header"),
        ("apiKeyQuery", or(names.query, KEY_QUERY), "query"),
    ];
    let mut schemes = Fields::default();
    let mut requirements = Vec::new();
    for (id, name, place) in ways {
        let mut scheme = Fields::default();
        scheme.text("type", "apiKey");
        scheme.text("name", &name);
        scheme.text("in", place);
        schemes.put(id, scheme.tree());
        requirements.push(Tree::Map(vec![(id.to_owned(), Tree::List(Vec::new()))]));
    }
    (schemes.tree(), Tree::List(requirements))
}

/// A mapping in the making.
#[derive(Default)]
struct Fields(Vec<(String, Tree)>);

impl Fields {
    fn put(&mut self, key: impl Into<String>, value: Tree) {
        self.0.push((key.into(), value));
    }

    /// Puts what has something in it.
    fn some(&mut self, key: &str, value: Tree) {
        let is_empty = match &value {
            Tree::Map(entries) => entries.is_empty(),
            Tree::List(items) => items.is_empty(),
            _ => false,
        };
        if !is_empty {
            self.put(key, value);
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        self.put(key, Tree::text(text));
    }

    fn text_if(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            self.text(key, text);
        }
    }

    fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(own, _)| own == key)
    }

    fn tree(self) -> Tree {
        Tree::Map(self.0)
    }
}

#[cfg(test)]
mod tests;
