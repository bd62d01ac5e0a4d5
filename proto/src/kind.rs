//! One table of resource kinds: collection, message, scope, and the names people type.

use crate::v1::resource::Spec;

/// A kind of resource. The order is that of creation: what comes later may refer to what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `workspaces/{id}`
    Workspace,
    /// `…/namedValues/{id}`
    NamedValue,
    /// `…/backends/{id}`
    Backend,
    /// `…/apis/{id}`
    Api,
    /// `…/apis/{api}/operations/{id}`
    Operation,
    /// `…/products/{id}`
    Product,
    /// `…/products/{product}/apiLinks/{id}`
    ProductApiLink,
    /// `…/subscriptions/{id}`
    Subscription,
    /// `…/policies/policy`
    Policy,
    /// `gateways/{id}`
    Gateway,
    /// `gateways/{gateway}/links/{id}`
    GatewayLink,
}

/// Where a kind may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Below the service alone.
    Service,
    /// Below the service and below a workspace.
    ServiceOrWorkspace,
}

struct Row {
    kind: Kind,
    /// Path segment in resource names.
    collection: &'static str,
    /// Field of `Resource.spec`, as in JSON.
    field: &'static str,
    /// Full name of the message.
    message: &'static str,
    /// What people may type for it; the first one is shown.
    aliases: &'static [&'static str],
    scope: Scope,
    /// Kinds it is a child of; empty: of the service or workspace itself.
    parents: &'static [Kind],
    /// Whether it may also stand directly in its scope.
    at_root: bool,
}

const ROWS: &[Row] = &[
    Row {
        kind: Kind::Workspace,
        collection: "workspaces",
        field: "workspace",
        message: "hanse.v1.Workspace",
        aliases: &["workspace", "workspaces", "ws"],
        scope: Scope::Service,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::NamedValue,
        collection: "namedValues",
        field: "namedValue",
        message: "hanse.v1.NamedValue",
        aliases: &["namedvalue", "namedvalues", "named-value", "named-values", "nv"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::Backend,
        collection: "backends",
        field: "backend",
        message: "hanse.v1.Backend",
        aliases: &["backend", "backends", "be"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::Api,
        collection: "apis",
        field: "api",
        message: "hanse.v1.Api",
        aliases: &["api", "apis"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::Operation,
        collection: "operations",
        field: "operation",
        message: "hanse.v1.Operation",
        aliases: &["operation", "operations", "op", "ops"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Api],
        at_root: false,
    },
    Row {
        kind: Kind::Product,
        collection: "products",
        field: "product",
        message: "hanse.v1.Product",
        aliases: &["product", "products", "prod"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::ProductApiLink,
        collection: "apiLinks",
        field: "productApiLink",
        message: "hanse.v1.ProductApiLink",
        aliases: &["productapilink", "product-api-link", "product-api-links", "apilink", "apilinks"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Product],
        at_root: false,
    },
    Row {
        kind: Kind::Subscription,
        collection: "subscriptions",
        field: "subscription",
        message: "hanse.v1.Subscription",
        aliases: &["subscription", "subscriptions", "sub", "subs"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::Policy,
        collection: "policies",
        field: "policy",
        message: "hanse.v1.Policy",
        aliases: &["policy", "policies", "pol"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Api, Kind::Operation, Kind::Product],
        at_root: true,
    },
    Row {
        kind: Kind::Gateway,
        collection: "gateways",
        field: "gateway",
        message: "hanse.v1.Gateway",
        aliases: &["gateway", "gateways", "gw"],
        scope: Scope::Service,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::GatewayLink,
        collection: "links",
        field: "gatewayLink",
        message: "hanse.v1.GatewayLink",
        aliases: &["gatewaylink", "gatewaylinks", "gateway-link", "gateway-links", "gwl"],
        scope: Scope::Service,
        parents: &[Kind::Gateway],
        at_root: false,
    },
];

impl Kind {
    /// All kinds, in creation order.
    pub fn all() -> impl DoubleEndedIterator<Item = Kind> {
        ROWS.iter().map(|row| row.kind)
    }

    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.kind == self).expect("every kind has a row")
    }

    /// Path segment in resource names: `apis`.
    pub fn collection(self) -> &'static str {
        self.row().collection
    }

    /// Field of `Resource.spec` as written in manifests: `api`, `productApiLink`.
    pub fn field(self) -> &'static str {
        self.row().field
    }

    /// Full name of the spec's message: `hanse.v1.Api`.
    pub fn message(self) -> &'static str {
        self.row().message
    }

    /// What people may type for it, the shown form first: `workspace`, `workspaces`, `ws`.
    pub fn aliases(self) -> &'static [&'static str] {
        self.row().aliases
    }

    /// Where it may stand.
    pub fn scope(self) -> Scope {
        self.row().scope
    }

    /// Kinds it may be a child of.
    pub fn parents(self) -> &'static [Kind] {
        self.row().parents
    }

    /// Whether it may stand directly below the service or workspace.
    pub fn at_root(self) -> bool {
        self.row().at_root
    }

    /// The kind people mean by `text`: a collection, a field or an alias, in any case.
    pub fn from_alias(text: &str) -> Option<Kind> {
        ROWS.iter()
            .find(|row| {
                row.collection.eq_ignore_ascii_case(text)
                    || row.field.eq_ignore_ascii_case(text)
                    || row.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(text))
            })
            .map(|row| row.kind)
    }

    /// The kind of a collection, compared without regard to case.
    pub fn from_collection(collection: &str) -> Option<Kind> {
        ROWS.iter().find(|row| row.collection.eq_ignore_ascii_case(collection)).map(|row| row.kind)
    }

    /// The kind that a spec is of.
    pub fn of_spec(spec: &Spec) -> Kind {
        match spec {
            Spec::Workspace(_) => Kind::Workspace,
            Spec::Api(_) => Kind::Api,
            Spec::Operation(_) => Kind::Operation,
            Spec::Product(_) => Kind::Product,
            Spec::ProductApiLink(_) => Kind::ProductApiLink,
            Spec::Subscription(_) => Kind::Subscription,
            Spec::Backend(_) => Kind::Backend,
            Spec::NamedValue(_) => Kind::NamedValue,
            Spec::Policy(_) => Kind::Policy,
            Spec::Gateway(_) => Kind::Gateway,
            Spec::GatewayLink(_) => Kind::GatewayLink,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DESCRIPTOR_POOL;

    #[test]
    fn every_kind_has_a_message_and_a_field() {
        let resource = DESCRIPTOR_POOL.get_message_by_name("hanse.v1.Resource").expect("the envelope exists");
        for kind in Kind::all() {
            let field = resource
                .get_field_by_json_name(kind.field())
                .unwrap_or_else(|| panic!("{kind:?} has no field {}", kind.field()));
            let message = field.kind();
            let message = message.as_message().expect("a spec is a message");
            assert_eq!(message.full_name(), kind.message());
        }
        let specs = resource.oneofs().next().expect("spec").fields().count();
        assert_eq!(specs, Kind::all().count());
    }

    #[test]
    fn no_two_kinds_share_a_word() {
        let mut words = std::collections::BTreeMap::new();
        for kind in Kind::all() {
            let all = kind.aliases().iter().copied().chain([kind.collection()]);
            for word in all {
                let word = word.to_lowercase();
                let other = words.insert(word.clone(), kind);
                assert!(other.is_none_or(|other| other == kind), "{word}");
            }
        }
    }
}
