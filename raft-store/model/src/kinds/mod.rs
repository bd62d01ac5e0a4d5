//! One file per kind: what a kind decides about one of its resources.
//!
//! A file is an `impl Rules` for the kind's message, and says only what is special about it:
//!
//! - `canonical`: the form it is stored in (references in full, paths without outer slashes);
//! - `check`: the fields, without looking at other resources;
//! - `targets`: what it refers to;
//! - `secrets`: its places for secrets;
//! - `unique`: what no other of its kind may have in the same scope;
//! - `FIELDS` and `value`: what a list filter may ask of it.
//!
//! A new kind is a file here and a word in the list below, its row in `hanse_proto::Kind`, and,
//! where rules look it up by more than that, its index rows in `index`.

mod api;
mod api_release;
mod api_schema;
mod api_version_set;
mod authorization;
mod authorization_access_policy;
mod authorization_provider;
mod authorization_server;
mod backend;
mod ca_certificate;
mod cache;
mod certificate;
mod cluster_node;
mod diagnostic;
mod email_template;
mod gateway;
mod gateway_link;
mod group;
mod group_user;
mod hostname_binding;
mod identity_provider;
mod logger;
mod mcp_tool;
mod named_value;
mod notification;
mod open_id_connect_provider;
mod operation;
mod policy;
mod policy_fragment;
mod portal_settings;
mod product;
mod product_api_link;
mod product_group_link;
mod recipient_email;
mod recipient_user;
mod resolver;
mod schema;
mod service_settings;
mod subscription;
mod tag;
mod tag_api_link;
mod tag_operation_link;
mod tag_product_link;
mod token_source;
mod user;
mod workspace;

pub(crate) use api::{is_revision_of, normal_path};
pub(crate) use backend::is_pool;
pub(crate) use gateway::{DEFAULT as DEFAULT_GATEWAY, is_hostname, normal_hostname};
pub(crate) use group::{BUILT_IN as BUILT_IN_GROUPS, is_built_in as is_built_in_group};
pub(crate) use operation::erased_template;
pub(crate) use product::is_open;
pub(crate) use subscription::check_transition;

use crate::references::Target;
use crate::text::Fields;
use hanse_proto::v1::resource::Spec;
use hanse_proto::{Kind, Name, Scope, v1};
use std::borrow::Cow;

/// What a kind decides about one of its resources. Everything has a default.
pub(crate) trait Rules {
    /// The fields that lists may be filtered by, beside the common ones.
    const FIELDS: &'static [FilterField] = &[];

    /// Brings it into the form that is stored. What cannot be brought there is left as it is, for
    /// `check` and `targets` to report.
    fn canonical(&mut self, _name: &Name) {}

    /// Checks its fields.
    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>);

    /// What it refers to by its fields.
    fn targets(&self, _name: &Name) -> Vec<Target> {
        Vec::new()
    }

    /// Its places for secrets.
    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        Vec::new()
    }

    /// Field and value that no other of its kind may have in the same scope.
    fn unique(&self) -> Option<(&'static str, &str)> {
        None
    }

    /// The value of a filter field; `None`: this resource has none.
    fn value(&self, _name: &str, _field: &str) -> Option<Value<'_>> {
        None
    }
}

/// Where a spec stands, and what admission found in it.
pub(crate) struct At<'a> {
    pub name: &'a Name,
    pub facts: &'a v1::Facts,
}

/// A place for a secret in a spec.
pub struct SecretSlot<'a> {
    /// Field path, as `credentials.header/X-Key/0`.
    pub path: String,
    /// Whether the resource is incomplete without it.
    pub is_required: bool,
    /// What stands there: the secret before admission, nothing afterwards.
    pub value: &'a mut String,
}

impl<'a> SecretSlot<'a> {
    fn required(path: impl Into<String>, value: &'a mut String) -> Self {
        SecretSlot { path: path.into(), is_required: true, value }
    }

    fn optional(path: impl Into<String>, value: &'a mut String) -> Self {
        SecretSlot { path: path.into(), is_required: false, value }
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

/// Writes the dispatch: the rules of whatever kind a spec is of.
macro_rules! dispatch {
    ($($kind:ident)*) => {
        fn rules(spec: &Spec) -> &dyn DynRules {
            match spec { $(Spec::$kind(spec) => spec,)* }
        }

        fn rules_mut(spec: &mut Spec) -> &mut dyn DynRules {
            match spec { $(Spec::$kind(spec) => spec,)* }
        }

        /// The fields that lists of a kind may be filtered by, beside the common ones.
        pub(crate) fn filter_fields(kind: Kind) -> &'static [FilterField] {
            match kind { $(Kind::$kind => v1::$kind::FIELDS,)* }
        }
    };
}

dispatch! {
    ClusterNode ServiceSettings Workspace User Group GroupUser IdentityProvider AuthorizationServer
    OpenIdConnectProvider PortalSettings EmailTemplate NamedValue Certificate CaCertificate TokenSource
    Tag ApiVersionSet Backend Logger Schema PolicyFragment Cache AuthorizationProvider Authorization
    AuthorizationAccessPolicy Notification RecipientEmail RecipientUser Api ApiSchema Operation Resolver
    McpTool ApiRelease Product ProductApiLink ProductGroupLink TagApiLink TagOperationLink
    TagProductLink Subscription Diagnostic Policy Gateway HostnameBinding GatewayLink
}

/// [`Rules`] without what cannot be asked of a value.
trait DynRules {
    fn canonical(&mut self, name: &Name);
    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>);
    fn targets(&self, name: &Name) -> Vec<Target>;
    fn secrets(&mut self) -> Vec<SecretSlot<'_>>;
    fn unique(&self) -> Option<(&'static str, &str)>;
    fn value(&self, name: &str, field: &str) -> Option<Value<'_>>;
}

impl<T: Rules> DynRules for T {
    fn canonical(&mut self, name: &Name) {
        Rules::canonical(self, name);
    }

    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>) {
        Rules::check(self, at, fields);
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        Rules::targets(self, name)
    }

    fn secrets(&mut self) -> Vec<SecretSlot<'_>> {
        Rules::secrets(self)
    }

    fn unique(&self) -> Option<(&'static str, &str)> {
        Rules::unique(self)
    }

    fn value(&self, name: &str, field: &str) -> Option<Value<'_>> {
        Rules::value(self, name, field)
    }
}

/// Whether people choose the ids of a kind, and it stands in the service and in workspaces alike.
pub(crate) fn has_free_id(kind: Kind) -> bool {
    let is_given = matches!(kind, Kind::Policy | Kind::Diagnostic | Kind::Notification | Kind::Cache);
    kind.at_root() && kind.scope() == Scope::ServiceOrWorkspace && !is_given
}

/// See [`Rules::check`].
pub(crate) fn check(name: &Name, spec: &Spec, facts: &v1::Facts, fields: &mut Fields<'_>) {
    rules(spec).check(&At { name, facts }, fields);
}

/// See [`Rules::canonical`].
pub(crate) fn canonical(name: &Name, spec: &mut Spec) {
    rules_mut(spec).canonical(name);
}

/// See [`Rules::targets`].
pub(crate) fn targets(name: &Name, spec: &Spec) -> Vec<Target> {
    rules(spec).targets(name)
}

/// The places for secrets in a spec, whatever its kind.
pub fn secrets(spec: &mut Spec) -> Vec<SecretSlot<'_>> {
    rules_mut(spec).secrets()
}

/// See [`Rules::unique`].
pub(crate) fn unique(spec: &Spec) -> Option<(&'static str, &str)> {
    rules(spec).unique()
}

/// The value of a filter field; `None`: this resource has no such field.
pub(crate) fn filter_value<'a>(resource: &'a v1::Resource, field: &str) -> Option<Value<'a>> {
    if field == "name" {
        let id = resource.name.rsplit('/').next().unwrap_or_default();
        return Some(Value::text(id));
    }
    rules(resource.spec.as_ref()?).value(&resource.name, field)
}
