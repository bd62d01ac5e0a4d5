//! One row of a table for each resource: the columns that people of a kind look for.

use super::{format, names};
use hanse_proto::v1::{Resource, resource::Spec};
use hanse_proto::{Kind, Name};

/// Headings of a kind's table. `everywhere`: resources of several workspaces stand in it.
pub fn headings(kind: Kind, everywhere: bool) -> Vec<&'static str> {
    let own: &[&str] = match kind {
        Kind::Workspace => &["NAME", "DISPLAY NAME", "DESCRIPTION"],
        Kind::NamedValue => &["NAME", "DISPLAY NAME", "VALUE", "TAGS"],
        Kind::Backend => &["NAME", "TYPE", "URL", "TITLE"],
        Kind::Api => &["NAME", "PATH", "DISPLAY NAME", "SERVICE URL"],
        Kind::Operation => &["NAME", "METHOD", "URL TEMPLATE", "DISPLAY NAME"],
        Kind::Product => &["NAME", "DISPLAY NAME", "STATE", "SUBSCRIPTION"],
        Kind::ProductApiLink => &["NAME", "API"],
        Kind::Subscription => &["NAME", "SCOPE", "STATE", "DISPLAY NAME"],
        Kind::Policy => &["SCOPE", "FORMAT", "LINES"],
        Kind::Gateway => &["NAME", "UNITS", "DEFAULT HOSTNAME", "DEDICATED TO"],
        Kind::GatewayLink => &["NAME", "WORKSPACE", "DEFAULT HOSTNAME"],
        Kind::ApiRelease => &["NAME", "REVISION OF THE API", "NOTES"],
        Kind::ApiVersionSet => &["NAME", "DISPLAY NAME", "SCHEME", "READ FROM"],
        Kind::ApiSchema => &["NAME", "CONTENT TYPE"],
        Kind::Schema => &["NAME", "TYPE", "DESCRIPTION"],
        Kind::Tag => &["NAME", "DISPLAY NAME"],
        Kind::TagApiLink => &["NAME", "API"],
        Kind::TagOperationLink => &["NAME", "OPERATION"],
        Kind::TagProductLink => &["NAME", "PRODUCT"],
        Kind::ProductGroupLink => &["NAME", "GROUP"],
        Kind::Group => &["NAME", "TYPE", "DISPLAY NAME"],
        Kind::GroupUser | Kind::RecipientUser | Kind::RecipientEmail => &["NAME"],
        Kind::User => &["NAME", "E-MAIL", "FIRST NAME", "LAST NAME", "STATE"],
        Kind::Certificate | Kind::CaCertificate => &["NAME", "SUBJECT", "THUMBPRINT", "EXPIRES"],
        Kind::Logger => &["NAME", "TYPE", "DESCRIPTION"],
        Kind::Diagnostic => &["NAME", "LOGGER", "VERBOSITY"],
        Kind::PolicyFragment => &["NAME", "DESCRIPTION", "LINES"],
        Kind::Notification => &["NAME", "TITLE"],
        Kind::EmailTemplate => &["NAME", "SUBJECT"],
        Kind::Cache => &["NAME", "LOCATION", "DESCRIPTION"],
        Kind::AuthorizationProvider => &["NAME", "PROVIDER", "DISPLAY NAME"],
        Kind::Authorization => &["NAME", "GRANT"],
        Kind::AuthorizationAccessPolicy => &["NAME", "OBJECT"],
        Kind::TokenSource => &["NAME", "TYPE", "ENDPOINT"],
        Kind::AuthorizationServer => &["NAME", "DISPLAY NAME", "ENDPOINT"],
        Kind::OpenIdConnectProvider => &["NAME", "DISPLAY NAME", "METADATA"],
        Kind::IdentityProvider => &["NAME", "CLIENT", "AUTHORITY"],
        Kind::Resolver => &["NAME", "PATH", "DISPLAY NAME"],
        Kind::McpTool => &["NAME", "DISPLAY NAME", "OPERATION"],
        Kind::PortalSettings => &["NAME", "ENABLED", "URL"],
        Kind::ServiceSettings => &["NAME", "PUBLISHER", "NAMES UNIQUE IN", "PATHS UNIQUE IN"],
        Kind::ClusterNode => &["NAME", "ZONE", "CORDONED", "DESCRIPTION"],
        Kind::HostnameBinding => &["NAME", "HOSTNAME", "CLIENT CERTIFICATE"],
    };
    let workspace: &[&str] = if everywhere { &["WORKSPACE"] } else { &[] };
    [workspace, own, &["REVISION", "AGE"]].concat()
}

/// The row of a resource, in the order of [`headings`].
pub fn row(resource: &Resource, everywhere: bool) -> Vec<String> {
    let name = Name::parse(&resource.name).ok();
    let mut row = Vec::new();
    if everywhere {
        row.push(name.as_ref().and_then(Name::workspace).unwrap_or_default().to_owned());
    }
    row.push(name.as_ref().map_or_else(|| resource.name.clone(), names::short));
    if let Some(spec) = &resource.spec {
        row.extend(cells(spec));
    }
    row.push(format::count(resource.revision));
    row.push(format::since(resource.updated_at.as_ref()));
    row
}

/// The cells between the name and the revision.
fn cells(spec: &Spec) -> Vec<String> {
    let or = |text: &str, default: &str| if text.is_empty() { default.to_owned() } else { text.to_owned() };
    match spec {
        Spec::Workspace(it) => vec![it.display_name.clone(), it.description.clone()],
        Spec::NamedValue(it) => {
            let value = if it.secret { "(secret)".to_owned() } else { it.value.clone() };
            vec![it.display_name.clone(), value, it.tags.join(", ")]
        }
        Spec::Backend(it) => vec![or(&it.r#type, "Single"), it.url.clone(), it.title.clone()],
        Spec::Api(it) => vec![format!("/{}", it.path), it.display_name.clone(), it.service_url.clone()],
        Spec::Operation(it) => vec![it.method.clone(), it.url_template.clone(), it.display_name.clone()],
        Spec::Product(it) => {
            let required = if it.subscription_required == Some(false) { "open" } else { "required" };
            vec![it.display_name.clone(), or(&it.state, "notPublished"), required.to_owned()]
        }
        Spec::ProductApiLink(it) => vec![it.api_id.clone()],
        Spec::Subscription(it) => {
            vec![it.scope.clone(), or(&it.state, "submitted"), it.display_name.clone()]
        }
        Spec::Policy(it) => vec![or(&it.format, "xml"), it.value.lines().count().to_string()],
        Spec::Gateway(it) => {
            let units = if it.units == 0 { String::new() } else { it.units.to_string() };
            vec![units, it.default_hostname.clone(), it.dedicated_to.clone()]
        }
        Spec::GatewayLink(it) => vec![or(&it.workspace, "(the service itself)"), it.default_hostname.clone()],
        Spec::ApiRelease(it) => vec![it.api_id.clone(), first_line(&it.notes)],
        Spec::ApiVersionSet(it) => {
            let read_from = format!("{}{}", it.version_query_name, it.version_header_name);
            vec![it.display_name.clone(), it.versioning_scheme.clone(), or(&read_from, "the path")]
        }
        Spec::ApiSchema(it) => vec![it.content_type.clone()],
        Spec::Schema(it) => vec![it.schema_type.clone(), first_line(&it.description)],
        Spec::Tag(it) => vec![it.display_name.clone()],
        Spec::TagApiLink(it) => vec![it.api_id.clone()],
        Spec::TagOperationLink(it) => vec![it.operation_id.clone()],
        Spec::TagProductLink(it) => vec![it.product_id.clone()],
        Spec::ProductGroupLink(it) => vec![it.group_id.clone()],
        Spec::Group(it) => vec![or(&it.r#type, "custom"), it.display_name.clone()],
        Spec::GroupUser(_) | Spec::RecipientUser(_) | Spec::RecipientEmail(_) => Vec::new(),
        Spec::User(it) => {
            let names = [&it.email, &it.first_name, &it.last_name].map(String::clone);
            names.into_iter().chain([or(&it.state, "active")]).collect()
        }
        Spec::Certificate(it) => vec![it.subject.clone(), it.thumbprint.clone(), it.expiration_date.clone()],
        Spec::CaCertificate(it) => {
            vec![it.subject.clone(), it.thumbprint.clone(), it.expiration_date.clone()]
        }
        Spec::Logger(it) => vec![it.logger_type.clone(), first_line(&it.description)],
        Spec::Diagnostic(it) => vec![it.logger_id.clone(), or(&it.verbosity, "information")],
        Spec::PolicyFragment(it) => vec![first_line(&it.description), it.value.lines().count().to_string()],
        Spec::Notification(it) => vec![it.title.clone()],
        Spec::EmailTemplate(it) => vec![it.subject.clone()],
        Spec::Cache(it) => vec![it.use_from_location.clone(), first_line(&it.description)],
        Spec::AuthorizationProvider(it) => vec![it.identity_provider.clone(), it.display_name.clone()],
        Spec::Authorization(it) => vec![it.o_auth2_grant_type.clone()],
        Spec::AuthorizationAccessPolicy(it) => vec![it.object_id.clone()],
        Spec::TokenSource(it) => {
            vec![or(&it.r#type, "clientCredentials"), format!("{}{}", it.token_endpoint, it.token_file)]
        }
        Spec::AuthorizationServer(it) => vec![it.display_name.clone(), it.authorization_endpoint.clone()],
        Spec::OpenIdConnectProvider(it) => vec![it.display_name.clone(), it.metadata_endpoint.clone()],
        Spec::IdentityProvider(it) => vec![it.client_id.clone(), it.authority.clone()],
        Spec::Resolver(it) => vec![it.path.clone(), it.display_name.clone()],
        Spec::McpTool(it) => vec![it.display_name.clone(), it.operation_id.clone()],
        Spec::PortalSettings(it) => vec![yes_or_no(it.enabled), it.url.clone()],
        Spec::ServiceSettings(it) => {
            let unique = [or(&it.names_unique_in, "workspace"), or(&it.paths_unique_in, "gateway")];
            [it.publisher_name.clone()].into_iter().chain(unique).collect()
        }
        Spec::ClusterNode(it) => {
            vec![it.zone.clone(), yes_or_no(it.is_cordoned), first_line(&it.description)]
        }
        Spec::HostnameBinding(it) => vec![it.hostname.clone(), yes_or_no(it.negotiate_client_certificate)],
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn yes_or_no(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_proto::DESCRIPTOR_POOL;
    use prost_reflect::{DynamicMessage, Value};

    #[test]
    fn every_kind_has_a_cell_for_every_heading() {
        let resource = DESCRIPTOR_POOL.get_message_by_name("hanse.v1.Resource").expect("the envelope");
        for kind in Kind::all() {
            let spec = DESCRIPTOR_POOL.get_message_by_name(kind.message()).expect("a spec");
            let mut message = DynamicMessage::new(resource.clone());
            let field = resource.get_field_by_json_name(kind.field()).expect("a field");
            message.set_field(&field, Value::Message(DynamicMessage::new(spec)));
            let resource: Resource = message.transcode_to().expect("a resource");
            for everywhere in [false, true] {
                assert_eq!(headings(kind, everywhere).len(), row(&resource, everywhere).len(), "{kind:?}");
            }
        }
    }
}
