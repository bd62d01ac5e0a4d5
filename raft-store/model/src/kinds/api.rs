//! APIs, their versions and revisions.
//!
//! See `kinds` for the shape of this file. Whether a path is free is decided in `paths`.

use super::{At, Class, FilterField, Rules, Value};
use crate::references::{self, Target};
use crate::text::{Fields, shorten};
use hanse_proto::v1::{
    Api, AuthenticationSettings, McpProperties, OAuth2AuthenticationSettings, OpenIdAuthenticationSettings,
};
use hanse_proto::{Kind, Name};

const PATH_CHARS_MAX: usize = 400;
/// Long enough for every full resource name of two levels.
const REFERENCE_CHARS_MAX: usize = 600;
const TYPES: &[&str] = &["http", "soap", "websocket", "graphql", "odata", "grpc", "mcp"];

impl Rules for Api {
    const FIELDS: &'static [FilterField] = &[
        FilterField::text("displayName"),
        FilterField::text("description"),
        FilterField::text("serviceUrl"),
        FilterField::text("path"),
        FilterField { name: "isCurrent", class: Class::Bool },
    ];

    fn canonical(&mut self, name: &Name) {
        self.path = self.path.trim_matches('/').to_owned();
        references::make_full(name, &mut self.api_version_set_id, Kind::ApiVersionSet);
        for setting in oauth2_settings_mut(self) {
            references::make_full_in_service(&mut setting.authorization_server_id, Kind::AuthorizationServer);
        }
        for setting in openid_settings_mut(self) {
            references::make_full_in_service(&mut setting.openid_provider_id, Kind::OpenIdConnectProvider);
        }
    }

    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>) {
        check_path(&self.path, fields);
        fields.line("displayName", &self.display_name, 1, 300);
        fields.url("serviceUrl", &self.service_url);
        fields.words("protocols", &self.protocols, &["http", "https", "ws", "wss"]);
        if let Some(names) = &self.subscription_key_parameter_names {
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
        fields.word("type", &self.r#type, TYPES);
        fields.line("apiVersion", &self.api_version, 0, 100);
        if let Some(c) = self.api_version.chars().find(|c| matches!(c, '/' | '\\' | '?' | '#' | ';' | ' ')) {
            fields.invalid("apiVersion", format!("`{}` must not contain {c:?}", shorten(&self.api_version)));
        }
        if !self.api_version.is_empty() && self.api_version_set_id.is_empty() {
            fields.invalid("apiVersionSetId", "missing; an API with a version is in a version set");
        }
        fields.length("apiVersionDescription", &self.api_version_description, 0, 256);
        fields.line("apiVersionSetId", &self.api_version_set_id, 0, REFERENCE_CHARS_MAX);
        fields.line("apiRevision", &self.api_revision, 0, 100);
        check_revision(at.name, self, fields);
        fields.length("apiRevisionDescription", &self.api_revision_description, 0, 256);
        fields.line("sourceApiId", &self.source_api_id, 0, REFERENCE_CHARS_MAX);
        if let Some(settings) = &self.authentication_settings {
            check_authentication(settings, fields);
        }
        if let Some(mcp) = &self.mcp_properties {
            check_mcp(mcp, fields);
        }
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        let mut targets = Vec::new();
        let root = root_id(name.id());
        if root != name.id() {
            // A revision needs the API that it is one of.
            targets.push(Target::new("", name, &format!("apis/{root}"), &[Kind::Api]));
        }
        if !self.api_version_set_id.is_empty() {
            let set = Target::new("apiVersionSetId", name, &self.api_version_set_id, &[Kind::ApiVersionSet]);
            targets.push(set.guarded());
        }
        let settings = self.authentication_settings.iter();
        for setting in
            settings.clone().flat_map(|it| it.o_auth2.iter().chain(&it.o_auth2_authentication_settings))
        {
            let field = "authenticationSettings.oAuth2.authorizationServerId";
            let server = &setting.authorization_server_id;
            targets.push(Target::in_service(field, server, &[Kind::AuthorizationServer]).guarded());
        }
        for setting in settings.flat_map(|it| it.openid.iter().chain(&it.openid_authentication_settings)) {
            let field = "authenticationSettings.openid.openidProviderId";
            let provider = &setting.openid_provider_id;
            targets.push(Target::in_service(field, provider, &[Kind::OpenIdConnectProvider]).guarded());
        }
        targets
    }

    fn value(&self, name: &str, field: &str) -> Option<Value<'_>> {
        match field {
            "displayName" => Some(Value::text(&self.display_name)),
            "description" => Some(Value::text(&self.description)),
            "serviceUrl" => Some(Value::text(&self.service_url)),
            "path" => Some(Value::text(&self.path)),
            "isCurrent" => Some(Value::Bool(self.is_current.unwrap_or(!name.contains(";rev=")))),
            _ => None,
        }
    }
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

fn oauth2_settings_mut(api: &mut Api) -> impl Iterator<Item = &mut OAuth2AuthenticationSettings> {
    let settings = api.authentication_settings.iter_mut();
    settings.flat_map(|it| it.o_auth2.iter_mut().chain(&mut it.o_auth2_authentication_settings))
}

fn openid_settings_mut(api: &mut Api) -> impl Iterator<Item = &mut OpenIdAuthenticationSettings> {
    let settings = api.authentication_settings.iter_mut();
    settings.flat_map(|it| it.openid.iter_mut().chain(&mut it.openid_authentication_settings))
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
    if number.starts_with('0') {
        let found = shorten(number);
        fields.invalid("apiRevision", format!("`{found}` is no revision number; they count from 1"));
    }
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
