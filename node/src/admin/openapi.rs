//! OpenAPI documents of APIs: what an import compares with, and what an export is made of.
//!
//! One idea: both need one API with everything below it that documents speak of, read from one state of
//! the store. What a document looks like is decided in `hanse-openapi`.

use crate::{
    admission::violation,
    directory::{self, GatewayView},
};
use hanse_gateway::spec::SERVICE;
use hanse_model::Read;
use hanse_openapi::{Exported, Format, Version};
use hanse_proto::{Kind, Name, v1, v1::resource::Spec};
use std::collections::BTreeMap;

/// An exported document may have this many bytes; the message it travels in holds a little more.
pub const EXPORT_BYTES_MAX: usize = super::management::ADMIN_MESSAGE_BYTES_MAX - 64 * 1024;

/// An API with its operations and schemas by id.
#[derive(Debug, Default)]
pub struct ApiParts {
    /// `None`: there is no such API.
    pub api: Option<v1::Api>,
    pub operations: BTreeMap<String, v1::Operation>,
    pub schemas: BTreeMap<String, v1::ApiSchema>,
}

impl ApiParts {
    /// Reads all parts.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read<R: Read>(read: &R, name: &Name) -> Result<ApiParts, R::Error> {
        let stored = hanse_model::get(read, name)?;
        let Some(Spec::Api(api)) = stored.and_then(|stored| stored.resource).and_then(|it| it.spec) else {
            return Ok(ApiParts::default());
        };
        let mut parts = ApiParts { api: Some(api), ..ApiParts::default() };
        for kind in [Kind::Operation, Kind::ApiSchema] {
            for stored in directory::all(read, Some(name.clone()), kind)? {
                match directory::named(stored) {
                    Some((name, Spec::Operation(own))) => {
                        drop(parts.operations.insert(name.id().to_owned(), own))
                    }
                    Some((name, Spec::ApiSchema(own))) => {
                        drop(parts.schemas.insert(name.id().to_owned(), own))
                    }
                    _ => {}
                }
            }
        }
        Ok(parts)
    }
}

/// What an export was asked for.
#[derive(Debug)]
pub struct Asked {
    pub name: Name,
    version: Version,
    format: Format,
}

impl Asked {
    /// Reads a request.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(request: &v1::ExportOpenApiRequest) -> Result<Asked, Box<v1::Violation>> {
        let invalid =
            |field: &str, message: &str| Box::new(violation("invalid", &request.name, field, message));
        let name = Name::parse(&request.name).map_err(|error| invalid("name", &error.message))?;
        if name.kind() != Kind::Api {
            let message =
                format!("`{name}` is no API; a name such as workspaces/demo/apis/orders is expected");
            return Err(invalid("name", &message));
        }
        let format = match request.format.as_str() {
            "" | "json" => Format::Json,
            "yaml" => Format::Yaml,
            other => {
                return Err(invalid("format", &format!("`{other}` is unknown; there are json and yaml")));
            }
        };
        let version = match request.version.as_str() {
            "" | "3" => Version::V3,
            "2" => Version::V2,
            other => return Err(invalid("version", &format!("`{other}` is unknown; there are 3 and 2"))),
        };
        Ok(Asked { name, version, format })
    }
}

/// The document of an API; `None` when there is none. `http_port` is where gateways take plain HTTP.
///
/// # Errors
/// When the store cannot be read.
pub fn export<R: Read>(read: &R, asked: &Asked, http_port: u16) -> Result<Option<String>, R::Error> {
    let parts = ApiParts::read(read, &asked.name)?;
    let Some(api) = &parts.api else { return Ok(None) };
    let path = path(read, &asked.name, api)?;
    let hosts = hosts(directory::gateways(read)?.values(), asked.name.workspace());
    let servers = servers(&hosts, &api.protocols, &path, http_port);
    let exported =
        Exported { api, operations: &parts.operations, schemas: &parts.schemas, servers: &servers };
    Ok(Some(hanse_openapi::export(&exported, asked.version, asked.format)))
}

/// Where the operations of an API begin on a gateway: its path, its version, its revision.
fn path<R: Read>(read: &R, name: &Name, api: &v1::Api) -> Result<String, R::Error> {
    let mut path = api.path.clone();
    if let (false, Ok(set)) = (api.api_version.is_empty(), Name::parse(&api.api_version_set_id)) {
        let stored = hanse_model::get(read, &set)?.and_then(directory::named);
        if let Some((_, Spec::ApiVersionSet(set))) = stored
            && set.versioning_scheme == "Segment"
        {
            path =
                if path.is_empty() { api.api_version.clone() } else { format!("{path}/{}", api.api_version) };
        }
    }
    if let Some((_, revision)) = name.id().split_once(";rev=")
        && api.is_current == Some(false)
    {
        path.push_str(&format!(";rev={revision}"));
    }
    Ok(path)
}

/// Hostnames that lead to a workspace, or to the service's own APIs: people's own names first.
fn hosts<'g>(gateways: impl Iterator<Item = &'g GatewayView>, workspace: Option<&str>) -> Vec<String> {
    let wanted = workspace.map_or_else(|| SERVICE.to_owned(), str::to_lowercase);
    let (mut custom, mut default) = (Vec::new(), Vec::new());
    for gateway in gateways {
        let mut serving = gateway.links.values().filter(|link| link.passes_on_to.is_none());
        let Some(link) = serving.find(|link| link.workspace == wanted) else { continue };
        custom.extend(gateway.gateway.hostnames.iter().chain(&gateway.bound).cloned());
        default.extend([gateway.gateway.default_hostname.clone(), link.hostname.clone()]);
    }
    let mut hosts: Vec<String> = Vec::new();
    for host in custom.into_iter().chain(default) {
        if !host.is_empty() && !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

/// URLs by host and protocol, HTTPS first. What stands before the gateways for HTTPS has the usual port.
fn servers(hosts: &[String], protocols: &[String], path: &str, http_port: u16) -> Vec<String> {
    let path = if path.is_empty() { String::new() } else { format!("/{path}") };
    let has = |protocol: &str| protocols.iter().any(|own| own == protocol);
    let port = if http_port == 80 { String::new() } else { format!(":{http_port}") };
    let mut servers = Vec::new();
    for host in hosts {
        if protocols.is_empty() || has("https") {
            servers.push(format!("https://{host}{path}"));
        }
        if has("http") {
            servers.push(format!("http://{host}{port}{path}"));
        }
    }
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: &str, format: &str, version: &str) -> v1::ExportOpenApiRequest {
        v1::ExportOpenApiRequest {
            name: name.into(),
            format: format.into(),
            version: version.into(),
            stale: false,
        }
    }

    #[test]
    fn what_cannot_be_exported_is_refused_at_its_field() {
        assert!(Asked::of(&request("workspaces/w/apis/a", "", "")).is_ok());
        assert!(Asked::of(&request("apis/a;rev=2", "yaml", "2")).is_ok());
        for (name, format, version, field) in [
            ("", "", "", "name"),
            ("apis/a/operations/b", "", "", "name"),
            ("apis/a", "xml", "", "format"),
            ("apis/a", "json", "3.1", "version"),
        ] {
            let violation = Asked::of(&request(name, format, version)).expect_err("refused");
            assert_eq!(violation.field, field, "{violation:?}");
        }
    }

    #[test]
    fn only_gateways_that_serve_the_workspace_are_named() {
        let gateway = |id: &str, hostnames: &[&str], links: &[(&str, &str)]| GatewayView {
            id: id.into(),
            units: 1,
            gateway: v1::Gateway {
                default_hostname: format!("{id}.example.com"),
                hostnames: hostnames.iter().map(ToString::to_string).collect(),
                ..Default::default()
            },
            bound: Vec::new(),
            links: links
                .iter()
                .map(|(workspace, host)| {
                    let link = directory::LinkView {
                        workspace: workspace.to_string(),
                        hostname: host.to_string(),
                        passes_on_to: None,
                    };
                    (format!("links/{workspace}"), link)
                })
                .collect(),
            guests: Vec::new(),
        };
        let gateways = [
            gateway("default", &[], &[(SERVICE, ""), ("w", "w.link.example.com")]),
            gateway("own", &["api.mine.com"], &[("w", "")]),
            gateway("other", &["api.other.com"], &[("x", "")]),
        ];
        assert_eq!(
            hosts(gateways.iter(), Some("W")),
            ["api.mine.com", "default.example.com", "w.link.example.com", "own.example.com"]
        );
        assert_eq!(hosts(gateways.iter(), None), ["default.example.com"]);
    }

    #[test]
    fn servers_have_the_protocols_and_the_path_of_the_api() {
        let of = |protocols: &[&str], path: &str, port: u16| {
            let protocols: Vec<String> = protocols.iter().map(ToString::to_string).collect();
            servers(&["h".to_owned()], &protocols, path, port)
        };
        assert_eq!(of(&[], "a/b", 8080), ["https://h/a/b"]);
        assert_eq!(of(&["http", "https"], "a", 8080), ["https://h/a", "http://h:8080/a"]);
        assert_eq!(of(&["http"], "", 80), ["http://h"]);
    }
}
