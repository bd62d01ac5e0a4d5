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
    }
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
