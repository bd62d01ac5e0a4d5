//! APIs, their versions and revisions.
//!
//! See `kinds` for the shape of this file. Whether a path is free is decided in `paths`.

use super::{Class, FilterField, Value};
use crate::references::Target;
use crate::text::{Fields, shorten};
use hanse_proto::v1::{Api, AuthenticationSettings, McpProperties};
use hanse_proto::{Kind, Name};

const PATH_CHARS_MAX: usize = 400;
/// Long enough for every full resource name of two levels.
const REFERENCE_CHARS_MAX: usize = 600;
const TYPES: &[&str] = &["http", "soap", "websocket", "graphql", "odata", "grpc", "mcp"];

pub(crate) const FIELDS: &[FilterField] = &[
    FilterField::text("displayName"),
    FilterField::text("description"),
    FilterField::text("serviceUrl"),
    FilterField::text("path"),
    FilterField { name: "isCurrent", class: Class::Bool },
];

pub(crate) fn canonical(spec: &mut Api) {
    spec.path = spec.path.trim_matches('/').to_owned();
}

/// What paths are compared by: without outer slashes and without regard to case.
pub(crate) fn normal_path(path: &str) -> String {
    path.trim_matches('/').to_lowercase()
}

/// Id of an API without its `;rev=N`.
fn root_id(id: &str) -> &str {
    id.split_once(";rev=").map_or(id, |(root, _)| root)
}

/// Whether two ids, in lower case, are revisions of one API.
pub(crate) fn is_revision_of(id: &str, other: &str) -> bool {
    root_id(id) == root_id(other)
}

pub(crate) fn check(name: &Name, spec: &Api, fields: &mut Fields<'_>) {
    check_path(&spec.path, fields);
    fields.line("displayName", &spec.display_name, 1, 300);
    fields.url("serviceUrl", &spec.service_url);
    fields.words("protocols", &spec.protocols, &["http", "https", "ws", "wss"]);
    if let Some(names) = &spec.subscription_key_parameter_names {
        fields.length("subscriptionKeyParameterNames.header", &names.header, 0, 256);
        fields.token("subscriptionKeyParameterNames.header", &names.header);
        fields.line("subscriptionKeyParameterNames.query", &names.query, 0, 256);
        if let Some(c) = names.query.chars().find(|c| matches!(c, '&' | '=' | '#' | '?' | ' ')) {
            fields.invalid(
                "subscriptionKeyParameterNames.query",
                format!("a parameter name must not contain {c:?}"),
            );
        }
    }
    fields.word("type", &spec.r#type, TYPES);
    fields.line("apiVersion", &spec.api_version, 0, 100);
    if let Some(c) = spec.api_version.chars().find(|c| matches!(c, '/' | '\\' | '?' | '#' | ';' | ' ')) {
        fields.invalid("apiVersion", format!("`{}` must not contain {c:?}", shorten(&spec.api_version)));
    }
    fields.length("apiVersionDescription", &spec.api_version_description, 0, 256);
    fields.line("apiVersionSetId", &spec.api_version_set_id, 0, REFERENCE_CHARS_MAX);
    fields.line("apiRevision", &spec.api_revision, 0, 100);
    check_revision(name, spec, fields);
    fields.length("apiRevisionDescription", &spec.api_revision_description, 0, 256);
    fields.line("sourceApiId", &spec.source_api_id, 0, REFERENCE_CHARS_MAX);
    if let Some(settings) = &spec.authentication_settings {
        check_authentication(settings, fields);
    }
    if let Some(mcp) = &spec.mcp_properties {
        check_mcp(mcp, fields);
    }
}

fn check_path(path: &str, fields: &mut Fields<'_>) {
    fields.line("path", path, 0, PATH_CHARS_MAX);
    let is_refused = |c: char| c.is_whitespace() || matches!(c, '?' | '#' | '*' | '{' | '}' | '\\');
    if let Some(c) = path.chars().find(|c| is_refused(*c)) {
        fields.invalid("path", format!("`{}` must not contain {c:?}", shorten(path)));
    }
    if path.contains("//") {
        fields.invalid("path", format!("`{}` has an empty segment", shorten(path)));
    }
    if path.contains(";rev=") {
        fields
            .invalid("path", format!("`{}` must not name a revision; that is part of the id", shorten(path)));
    }
}

fn check_revision(name: &Name, spec: &Api, fields: &mut Fields<'_>) {
    let Some((_, number)) = name.id().split_once(";rev=") else { return };
    if !spec.api_revision.is_empty() && spec.api_revision != number {
        let found = shorten(&spec.api_revision);
        fields.invalid("apiRevision", format!("`{found}` contradicts the id, which says `{number}`"));
    }
}

fn check_authentication(settings: &AuthenticationSettings, fields: &mut Fields<'_>) {
    let openid = settings.openid.iter().chain(&settings.openid_authentication_settings);
    for setting in openid {
        fields.words(
            "authenticationSettings.openid.bearerTokenSendingMethods",
            &setting.bearer_token_sending_methods,
            &["authorizationHeader", "query"],
        );
    }
}

fn check_mcp(mcp: &McpProperties, fields: &mut Fields<'_>) {
    fields.word("mcpProperties.transportType", &mcp.transport_type, &["sse", "streamable"]);
    for (index, endpoint) in mcp.endpoints.iter().enumerate() {
        fields.line(&format!("mcpProperties.endpoints[{index}].name"), &endpoint.name, 1, 300);
        if !endpoint.uri_template.starts_with('/') {
            let shown = shorten(&endpoint.uri_template);
            let field = format!("mcpProperties.endpoints[{index}].uriTemplate");
            fields.invalid(&field, format!("`{shown}` must begin with `/`"));
        }
    }
}

/// A revision needs the API that it is one of.
pub(crate) fn targets(name: &Name) -> Vec<Target> {
    let id = name.id();
    let root = root_id(id);
    if root == id {
        return Vec::new();
    }
    vec![Target::new("", name, &format!("{}/{root}", Kind::Api.collection()), &[Kind::Api])]
}

pub(crate) fn value<'a>(name: &str, spec: &'a Api, field: &str) -> Option<Value<'a>> {
    match field {
        "displayName" => Some(Value::text(&spec.display_name)),
        "description" => Some(Value::text(&spec.description)),
        "serviceUrl" => Some(Value::text(&spec.service_url)),
        "path" => Some(Value::text(&spec.path)),
        "isCurrent" => Some(Value::Bool(spec.is_current.unwrap_or(!name.contains(";rev=")))),
        _ => None,
    }
}
