//! One valid change of each kind, as small as the kind allows.

use super::{put, with_secret};
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{self, AdmittedChange};

pub(crate) fn group(name: &str, display_name: &str) -> AdmittedChange {
    put(name, Spec::Group(v1::Group { display_name: display_name.into(), ..Default::default() }))
}

pub(crate) fn member(name: &str) -> AdmittedChange {
    put(name, Spec::GroupUser(v1::GroupUser {}))
}

pub(crate) fn certificate(name: &str, _id: &str) -> AdmittedChange {
    with_secret(put(name, Spec::Certificate(v1::Certificate::default())), "data", name)
}

pub(crate) fn ca_certificate(name: &str) -> AdmittedChange {
    let spec = v1::CaCertificate { encoded_certificate: "MII".into(), ..Default::default() };
    put(name, Spec::CaCertificate(spec))
}

pub(crate) fn tag(name: &str, display_name: &str) -> AdmittedChange {
    put(name, Spec::Tag(v1::Tag { display_name: display_name.into() }))
}

pub(crate) fn tag_api(name: &str, api_id: &str) -> AdmittedChange {
    put(name, Spec::TagApiLink(v1::TagApiLink { api_id: api_id.into() }))
}

pub(crate) fn tag_operation(name: &str, operation_id: &str) -> AdmittedChange {
    put(name, Spec::TagOperationLink(v1::TagOperationLink { operation_id: operation_id.into() }))
}

pub(crate) fn tag_product(name: &str, product_id: &str) -> AdmittedChange {
    put(name, Spec::TagProductLink(v1::TagProductLink { product_id: product_id.into() }))
}

pub(crate) fn group_link(name: &str, group_id: &str) -> AdmittedChange {
    put(name, Spec::ProductGroupLink(v1::ProductGroupLink { group_id: group_id.into() }))
}

pub(crate) fn version_set(name: &str, display_name: &str) -> AdmittedChange {
    let spec = v1::ApiVersionSet {
        display_name: display_name.into(),
        versioning_scheme: "Segment".into(),
        ..Default::default()
    };
    put(name, Spec::ApiVersionSet(spec))
}

pub(crate) fn logger(name: &str) -> AdmittedChange {
    put(name, Spec::Logger(v1::Logger { logger_type: "azureMonitor".into(), ..Default::default() }))
}

pub(crate) fn diagnostic(name: &str, logger_id: &str) -> AdmittedChange {
    put(name, Spec::Diagnostic(v1::Diagnostic { logger_id: logger_id.into(), ..Default::default() }))
}

pub(crate) fn schema(name: &str) -> AdmittedChange {
    let spec = v1::Schema { schema_type: "xml".into(), value: "<schema/>".into(), ..Default::default() };
    put(name, Spec::Schema(spec))
}

pub(crate) fn api_schema(name: &str) -> AdmittedChange {
    let document = v1::ApiSchemaDocument { value: "type Query".into(), ..Default::default() };
    let spec = v1::ApiSchema { content_type: "application/json".into(), document: Some(document) };
    put(name, Spec::ApiSchema(spec))
}

pub(crate) fn fragment(name: &str) -> AdmittedChange {
    let spec = v1::PolicyFragment { value: "<fragment/>".into(), ..Default::default() };
    put(name, Spec::PolicyFragment(spec))
}

pub(crate) fn release(name: &str, api_id: &str) -> AdmittedChange {
    put(name, Spec::ApiRelease(v1::ApiRelease { api_id: api_id.into(), ..Default::default() }))
}

pub(crate) fn notification(name: &str) -> AdmittedChange {
    put(name, Spec::Notification(v1::Notification { title: "T".into(), ..Default::default() }))
}

pub(crate) fn recipient_user(name: &str) -> AdmittedChange {
    put(name, Spec::RecipientUser(v1::RecipientUser {}))
}

pub(crate) fn authorization_server_spec(display_name: &str) -> v1::AuthorizationServer {
    v1::AuthorizationServer {
        display_name: display_name.into(),
        client_registration_endpoint: "https://idp.test/register".into(),
        authorization_endpoint: "https://idp.test/authorize".into(),
        client_id: "c".into(),
        grant_types: vec!["authorizationCode".into()],
        ..Default::default()
    }
}

pub(crate) fn openid_spec(display_name: &str) -> v1::OpenIdConnectProvider {
    v1::OpenIdConnectProvider {
        display_name: display_name.into(),
        metadata_endpoint: "https://idp.test/.well-known/openid-configuration".into(),
        client_id: "c".into(),
        ..Default::default()
    }
}

pub(crate) fn provider(name: &str) -> AdmittedChange {
    let spec = v1::AuthorizationProvider { identity_provider: "aad".into(), ..Default::default() };
    put(name, Spec::AuthorizationProvider(spec))
}

pub(crate) fn connection(name: &str) -> AdmittedChange {
    let spec = v1::Authorization { o_auth2_grant_type: "ClientCredentials".into(), ..Default::default() };
    put(name, Spec::Authorization(spec))
}

pub(crate) fn binding(name: &str, hostname: &str) -> AdmittedChange {
    put(name, Spec::HostnameBinding(v1::HostnameBinding { hostname: hostname.into(), ..Default::default() }))
}
