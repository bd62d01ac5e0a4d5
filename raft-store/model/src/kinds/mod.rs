//! One file per kind, all of the same shape.
//!
//! - `check`: the fields, without looking at other resources;
//! - `targets`: what it refers to (kinds that refer to something);
//! - `secrets`: which secrets it has a place for (kinds that have some);
//! - `FIELDS` and `value`: what a list filter may ask of it.
//!
//! This file is the dispatch. A new kind is a file here, a row in each `match`, and its index rows
//! in `index`.

mod api;
mod backend;
mod gateway;
mod gateway_link;
mod named_value;
mod operation;
mod policy;
mod product;
mod product_api_link;
mod subscription;
mod workspace;

pub(crate) use api::{is_revision_of, normal_path};
pub(crate) use backend::is_pool;
pub(crate) use gateway::{DEFAULT as DEFAULT_GATEWAY, is_hostname, normal_hostname};
pub(crate) use operation::erased_template;
pub(crate) use product::is_open;
pub(crate) use subscription::check_transition;

use crate::references::Target;
use crate::text::Fields;
use hanse_proto::v1::resource::Spec;
use hanse_proto::{Kind, Name, v1};
use std::borrow::Cow;

/// A place for a secret in a spec.
pub(crate) struct SecretSlot {
    /// Field path, as `credentials.header/X-Key/0`.
    pub path: String,
    /// Whether the resource is incomplete without it.
    pub is_required: bool,
}

impl SecretSlot {
    fn required(path: impl Into<String>) -> Self {
        SecretSlot { path: path.into(), is_required: true }
    }
}

/// What a filter may do with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// All comparisons and functions.
    Text,
    /// Names and ids: as text, without regard to case.
    Id,
    /// `eq` alone, the value quoted or bare.
    Word,
    /// `eq` and `ne` with `true` or `false`.
    Bool,
    /// `any` and `all`.
    List,
}

/// A field that lists may be filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FilterField {
    pub name: &'static str,
    pub class: Class,
}

impl FilterField {
    const fn text(name: &'static str) -> Self {
        FilterField { name, class: Class::Text }
    }

    const fn id(name: &'static str) -> Self {
        FilterField { name, class: Class::Id }
    }

    const fn word(name: &'static str) -> Self {
        FilterField { name, class: Class::Word }
    }
}

/// The value of a field.
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    Bool(bool),
    List(&'a [String]),
}

impl<'a> Value<'a> {
    fn text(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }

    /// A word that has a default when it is empty.
    fn word(text: &'a str, default: &'static str) -> Self {
        Value::Text(Cow::Borrowed(if text.is_empty() { default } else { text }))
    }
}

/// Fields of every kind.
pub(crate) const COMMON_FIELDS: &[FilterField] = &[FilterField::id("name")];

/// Checks the fields of a spec.
pub(crate) fn check(name: &Name, spec: &Spec, facts: &v1::Facts, fields: &mut Fields<'_>) {
    match spec {
        Spec::Workspace(spec) => workspace::check(spec, fields),
        Spec::NamedValue(spec) => named_value::check(spec, fields),
        Spec::Backend(spec) => backend::check(spec, fields),
        Spec::Api(spec) => api::check(name, spec, fields),
        Spec::Operation(spec) => operation::check(spec, fields),
        Spec::Product(spec) => product::check(spec, fields),
        Spec::ProductApiLink(spec) => product_api_link::check(spec, fields),
        Spec::Subscription(spec) => subscription::check(spec, fields),
        Spec::Policy(spec) => policy::check(spec, facts, fields),
        Spec::Gateway(spec) => gateway::check(name, spec, fields),
        Spec::GatewayLink(spec) => gateway_link::check(name, spec, fields),
    }
}

/// Brings a spec into the one form that is stored: references in full, paths without outer
/// slashes. What cannot be brought there is left as it is, for `check` and `targets` to report.
pub(crate) fn canonical(name: &Name, spec: &mut Spec) {
    match spec {
        Spec::Api(spec) => api::canonical(spec),
        Spec::Backend(spec) => backend::canonical(name, spec),
        Spec::ProductApiLink(spec) => product_api_link::canonical(name, spec),
        Spec::Subscription(spec) => subscription::canonical(name, spec),
        Spec::Gateway(spec) => gateway::canonical(name, spec),
        Spec::GatewayLink(spec) => gateway_link::canonical(name, spec),
        Spec::Workspace(_)
        | Spec::NamedValue(_)
        | Spec::Operation(_)
        | Spec::Product(_)
        | Spec::Policy(_) => {}
    }
}

/// What a resource refers to by its fields.
pub(crate) fn targets(name: &Name, spec: &Spec) -> Vec<Target> {
    match spec {
        Spec::Backend(spec) => backend::targets(name, spec),
        Spec::Api(_) => api::targets(name),
        Spec::ProductApiLink(spec) => product_api_link::targets(name, spec),
        Spec::Subscription(spec) => subscription::targets(name, spec),
        Spec::Gateway(spec) => gateway::targets(name, spec),
        Spec::GatewayLink(spec) => gateway_link::targets(name, spec),
        Spec::Workspace(_)
        | Spec::NamedValue(_)
        | Spec::Operation(_)
        | Spec::Product(_)
        | Spec::Policy(_) => Vec::new(),
    }
}

/// The secrets that a spec has a place for.
pub(crate) fn secrets(spec: &Spec) -> Vec<SecretSlot> {
    match spec {
        Spec::Subscription(_) => subscription::secrets(),
        Spec::NamedValue(spec) => named_value::secrets(spec),
        Spec::Backend(spec) => backend::secrets(spec),
        _ => Vec::new(),
    }
}

/// The fields that lists of a kind may be filtered by, beside the common ones.
pub(crate) fn filter_fields(kind: Kind) -> &'static [FilterField] {
    match kind {
        Kind::Workspace => workspace::FIELDS,
        Kind::NamedValue => named_value::FIELDS,
        Kind::Backend => backend::FIELDS,
        Kind::Api => api::FIELDS,
        Kind::Operation => operation::FIELDS,
        Kind::Product => product::FIELDS,
        Kind::ProductApiLink => product_api_link::FIELDS,
        Kind::Subscription => subscription::FIELDS,
        Kind::Policy => policy::FIELDS,
        Kind::Gateway => gateway::FIELDS,
        Kind::GatewayLink => gateway_link::FIELDS,
    }
}

/// The value of a filter field; `None`: this resource has no such field.
pub(crate) fn filter_value<'a>(resource: &'a v1::Resource, field: &str) -> Option<Value<'a>> {
    if field == "name" {
        let id = resource.name.rsplit('/').next().unwrap_or_default();
        return Some(Value::text(id));
    }
    match resource.spec.as_ref()? {
        Spec::Workspace(spec) => workspace::value(spec, field),
        Spec::NamedValue(spec) => named_value::value(spec, field),
        Spec::Backend(spec) => backend::value(spec, field),
        Spec::Api(spec) => api::value(&resource.name, spec, field),
        Spec::Operation(spec) => operation::value(spec, field),
        Spec::Product(spec) => product::value(spec, field),
        Spec::ProductApiLink(spec) => product_api_link::value(spec, field),
        Spec::Subscription(spec) => subscription::value(spec, field),
        Spec::Policy(_) => None,
        Spec::Gateway(spec) => gateway::value(spec, field),
        Spec::GatewayLink(spec) => gateway_link::value(spec, field),
    }
}
