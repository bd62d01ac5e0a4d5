//! One table of resource kinds: collection, message, scope, and the names people type.

use crate::v1::resource::Spec;

/// A kind of resource. The order is that of creation: what comes later may refer to what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `nodes/{id}`
    ClusterNode,
    /// `settings/{id}`
    ServiceSettings,
    /// `workspaces/{id}`
    Workspace,
    /// `users/{id}`
    User,
    /// `…/groups/{id}`
    Group,
    /// `…/users/{id}` below Group
    GroupUser,
    /// `identityProviders/{id}`
    IdentityProvider,
    /// `authorizationServers/{id}`
    AuthorizationServer,
    /// `openidConnectProviders/{id}`
    OpenIdConnectProvider,
    /// `portalSettings/{id}`
    PortalSettings,
    /// `templates/{id}`
    EmailTemplate,
    /// `…/namedValues/{id}`
    NamedValue,
    /// `…/certificates/{id}`
    Certificate,
    /// `…/caCertificates/{id}`
    CaCertificate,
    /// `…/tokenSources/{id}`
    TokenSource,
    /// `…/tags/{id}`
    Tag,
    /// `…/apiVersionSets/{id}`
    ApiVersionSet,
    /// `…/backends/{id}`
    Backend,
    /// `…/loggers/{id}`
    Logger,
    /// `…/schemas/{id}`
    Schema,
    /// `…/policyFragments/{id}`
    PolicyFragment,
    /// `…/caches/{id}`
    Cache,
    /// `…/authorizationProviders/{id}`
    AuthorizationProvider,
    /// `…/authorizations/{id}` below AuthorizationProvider
    Authorization,
    /// `…/accessPolicies/{id}` below Authorization
    AuthorizationAccessPolicy,
    /// `…/notifications/{id}`
    Notification,
    /// `…/recipientEmails/{id}` below Notification
    RecipientEmail,
    /// `…/recipientUsers/{id}` below Notification
    RecipientUser,
    /// `…/apis/{id}`
    Api,
    /// `…/schemas/{id}` below Api
    ApiSchema,
    /// `…/operations/{id}` below Api
    Operation,
    /// `…/resolvers/{id}` below Api
    Resolver,
    /// `…/tools/{id}` below Api
    McpTool,
    /// `…/releases/{id}` below Api
    ApiRelease,
    /// `…/products/{id}`
    Product,
    /// `…/apiLinks/{id}` below Product
    ProductApiLink,
    /// `…/groupLinks/{id}` below Product
    ProductGroupLink,
    /// `…/apiLinks/{id}` below Tag
    TagApiLink,
    /// `…/operationLinks/{id}` below Tag
    TagOperationLink,
    /// `…/productLinks/{id}` below Tag
    TagProductLink,
    /// `…/subscriptions/{id}`
    Subscription,
    /// `…/diagnostics/{id}`
    Diagnostic,
    /// `…/policies/{id}`
    Policy,
    /// `gateways/{id}`
    Gateway,
    /// `…/hostnameBindings/{id}` below Gateway
    HostnameBinding,
    /// `…/links/{id}` below Gateway
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
        kind: Kind::ClusterNode,
        collection: "nodes",
        field: "clusterNode",
        message: "hanse.v1.ClusterNode",
        aliases: &["node", "nodes", "cluster-node"],
        scope: Scope::Service,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::ServiceSettings,
        collection: "settings",
        field: "serviceSettings",
        message: "hanse.v1.ServiceSettings",
        aliases: &["settings", "service-settings"],
        scope: Scope::Service,
        parents: &[],
        at_root: true,
    },
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
        kind: Kind::User,
        collection: "users",
        field: "user",
        message: "hanse.v1.User",
        aliases: &["user", "users"],
        scope: Scope::Service,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::Group,
        collection: "groups",
        field: "group",
        message: "hanse.v1.Group",
        aliases: &["group", "groups", "grp"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::GroupUser,
        collection: "users",
        field: "groupUser",
        message: "hanse.v1.GroupUser",
        aliases: &["groupuser", "groupusers", "group-user", "group-users", "member", "members"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Group],
        at_root: false,
    },
    Row {
        kind: Kind::IdentityProvider,
        collection: "identityProviders",
        field: "identityProvider",
        message: "hanse.v1.IdentityProvider",
        aliases: &["identityprovider", "identityproviders", "identity-provider", "idp"],
        scope: Scope::Service,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::AuthorizationServer,
        collection: "authorizationServers",
        field: "authorizationServer",
        message: "hanse.v1.AuthorizationServer",
        aliases: &["authorizationserver", "authorizationservers", "authorization-server"],
        scope: Scope::Service,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::OpenIdConnectProvider,
        collection: "openidConnectProviders",
        field: "openIdConnectProvider",
        message: "hanse.v1.OpenIdConnectProvider",
        aliases: &[
            "openidconnectprovider",
            "openidconnectproviders",
            "openid-connect-provider",
            "openid",
            "oidc",
        ],
        scope: Scope::Service,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::PortalSettings,
        collection: "portalSettings",
        field: "portalSettings",
        message: "hanse.v1.PortalSettings",
        aliases: &["portalsettings", "portal-settings"],
        scope: Scope::Service,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::EmailTemplate,
        collection: "templates",
        field: "emailTemplate",
        message: "hanse.v1.EmailTemplate",
        aliases: &["emailtemplate", "emailtemplates", "email-template", "template", "templates"],
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
        kind: Kind::Certificate,
        collection: "certificates",
        field: "certificate",
        message: "hanse.v1.Certificate",
        aliases: &["certificate", "certificates", "cert", "certs"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::CaCertificate,
        collection: "caCertificates",
        field: "caCertificate",
        message: "hanse.v1.CaCertificate",
        aliases: &["cacertificate", "cacertificates", "ca-certificate", "ca-certificates", "ca"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::TokenSource,
        collection: "tokenSources",
        field: "tokenSource",
        message: "hanse.v1.TokenSource",
        aliases: &["tokensource", "tokensources", "token-source", "token-sources"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::Tag,
        collection: "tags",
        field: "tag",
        message: "hanse.v1.Tag",
        aliases: &["tag", "tags"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::ApiVersionSet,
        collection: "apiVersionSets",
        field: "apiVersionSet",
        message: "hanse.v1.ApiVersionSet",
        aliases: &[
            "apiversionset",
            "apiversionsets",
            "api-version-set",
            "versionset",
            "versionsets",
            "version-set",
            "vs",
        ],
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
        kind: Kind::Logger,
        collection: "loggers",
        field: "logger",
        message: "hanse.v1.Logger",
        aliases: &["logger", "loggers", "log"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::Schema,
        collection: "schemas",
        field: "schema",
        message: "hanse.v1.Schema",
        aliases: &["schema", "schemas"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::PolicyFragment,
        collection: "policyFragments",
        field: "policyFragment",
        message: "hanse.v1.PolicyFragment",
        aliases: &["policyfragment", "policyfragments", "policy-fragment", "fragment", "fragments"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::Cache,
        collection: "caches",
        field: "cache",
        message: "hanse.v1.Cache",
        aliases: &["cache", "caches"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::AuthorizationProvider,
        collection: "authorizationProviders",
        field: "authorizationProvider",
        message: "hanse.v1.AuthorizationProvider",
        aliases: &["authorizationprovider", "authorizationproviders", "authorization-provider"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::Authorization,
        collection: "authorizations",
        field: "authorization",
        message: "hanse.v1.Authorization",
        aliases: &["authorization", "authorizations"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::AuthorizationProvider],
        at_root: false,
    },
    Row {
        kind: Kind::AuthorizationAccessPolicy,
        collection: "accessPolicies",
        field: "authorizationAccessPolicy",
        message: "hanse.v1.AuthorizationAccessPolicy",
        aliases: &["authorizationaccesspolicy", "accesspolicy", "access-policy", "access-policies"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Authorization],
        at_root: false,
    },
    Row {
        kind: Kind::Notification,
        collection: "notifications",
        field: "notification",
        message: "hanse.v1.Notification",
        aliases: &["notification", "notifications"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[],
        at_root: true,
    },
    Row {
        kind: Kind::RecipientEmail,
        collection: "recipientEmails",
        field: "recipientEmail",
        message: "hanse.v1.RecipientEmail",
        aliases: &["recipientemail", "recipient-email", "recipient-emails"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Notification],
        at_root: false,
    },
    Row {
        kind: Kind::RecipientUser,
        collection: "recipientUsers",
        field: "recipientUser",
        message: "hanse.v1.RecipientUser",
        aliases: &["recipientuser", "recipient-user", "recipient-users"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Notification],
        at_root: false,
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
        kind: Kind::ApiSchema,
        collection: "schemas",
        field: "apiSchema",
        message: "hanse.v1.ApiSchema",
        aliases: &["apischema", "apischemas", "api-schema", "api-schemas"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Api],
        at_root: false,
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
        kind: Kind::Resolver,
        collection: "resolvers",
        field: "resolver",
        message: "hanse.v1.Resolver",
        aliases: &["resolver", "resolvers"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Api],
        at_root: false,
    },
    Row {
        kind: Kind::McpTool,
        collection: "tools",
        field: "mcpTool",
        message: "hanse.v1.McpTool",
        aliases: &["mcptool", "mcptools", "mcp-tool", "tool", "tools"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Api],
        at_root: false,
    },
    Row {
        kind: Kind::ApiRelease,
        collection: "releases",
        field: "apiRelease",
        message: "hanse.v1.ApiRelease",
        aliases: &["apirelease", "apireleases", "api-release", "release", "releases", "rel"],
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
        kind: Kind::ProductGroupLink,
        collection: "groupLinks",
        field: "productGroupLink",
        message: "hanse.v1.ProductGroupLink",
        aliases: &[
            "productgrouplink",
            "product-group-link",
            "product-group-links",
            "grouplink",
            "grouplinks",
        ],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Product],
        at_root: false,
    },
    Row {
        kind: Kind::TagApiLink,
        collection: "apiLinks",
        field: "tagApiLink",
        message: "hanse.v1.TagApiLink",
        aliases: &["tagapilink", "tagapilinks", "tag-api-link", "tag-api-links"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Tag],
        at_root: false,
    },
    Row {
        kind: Kind::TagOperationLink,
        collection: "operationLinks",
        field: "tagOperationLink",
        message: "hanse.v1.TagOperationLink",
        aliases: &[
            "tagoperationlink",
            "tagoperationlinks",
            "tag-operation-link",
            "operationlink",
            "operationlinks",
        ],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Tag],
        at_root: false,
    },
    Row {
        kind: Kind::TagProductLink,
        collection: "productLinks",
        field: "tagProductLink",
        message: "hanse.v1.TagProductLink",
        aliases: &["tagproductlink", "tagproductlinks", "tag-product-link", "productlink", "productlinks"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Tag],
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
        kind: Kind::Diagnostic,
        collection: "diagnostics",
        field: "diagnostic",
        message: "hanse.v1.Diagnostic",
        aliases: &["diagnostic", "diagnostics", "diag"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Api],
        at_root: true,
    },
    Row {
        kind: Kind::Policy,
        collection: "policies",
        field: "policy",
        message: "hanse.v1.Policy",
        aliases: &["policy", "policies", "pol"],
        scope: Scope::ServiceOrWorkspace,
        parents: &[Kind::Api, Kind::Operation, Kind::Product, Kind::Resolver],
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
        kind: Kind::HostnameBinding,
        collection: "hostnameBindings",
        field: "hostnameBinding",
        message: "hanse.v1.HostnameBinding",
        aliases: &["hostnamebinding", "hostnamebindings", "hostname-binding"],
        scope: Scope::Service,
        parents: &[Kind::Gateway],
        at_root: false,
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

    /// What can be done with it beside get, list, put, delete and watch: APIM's POST actions and our own.
    pub fn actions(self) -> &'static [&'static str] {
        match self {
            Kind::Workspace => &["move", "quarantine", "release", "adopt", "rollback", "undelete"],
            Kind::Api => &["importOpenApi", "exportOpenApi", "clone", "makeCurrent", "rollback", "undelete"],
            Kind::Subscription => {
                &["listSecrets", "regeneratePrimaryKey", "regenerateSecondaryKey", "setState"]
            }
            // What is only ever used by the gateway itself (certificates, caches, connections) is never shown.
            Kind::NamedValue
            | Kind::Backend
            | Kind::AuthorizationServer
            | Kind::OpenIdConnectProvider
            | Kind::IdentityProvider
            | Kind::PortalSettings => &["listSecrets"],
            _ => &[],
        }
    }

    /// Whether it may stand directly below the service or workspace.
    pub fn at_root(self) -> bool {
        self.row().at_root
    }

    /// The kind people mean by `text`: an alias, a field or a collection, in any case. Of a collection
    /// that several kinds have, it is the first one's: `schemas` are not those of APIs.
    pub fn from_alias(text: &str) -> Option<Kind> {
        let is = |word: &str| word.eq_ignore_ascii_case(text);
        ROWS.iter()
            .find(|row| is(row.field) || row.aliases.iter().any(|alias| is(alias)))
            .or_else(|| ROWS.iter().find(|row| is(row.collection)))
            .map(|row| row.kind)
    }

    /// The kind of a collection below a resource of the kind `above`; without one, or below a
    /// workspace, of a collection that stands there directly. Compared without regard to case.
    pub fn of_collection(above: Option<Kind>, collection: &str) -> Option<Kind> {
        let mut rows = ROWS.iter().filter(|row| row.collection.eq_ignore_ascii_case(collection));
        let row = match above {
            None => rows.find(|row| row.at_root),
            Some(Kind::Workspace) => rows.find(|row| row.at_root && row.scope == Scope::ServiceOrWorkspace),
            Some(above) => rows.find(|row| row.parents.contains(&above)),
        };
        row.map(|row| row.kind)
    }

    /// Whether there is a collection of this name, wherever it may stand.
    pub fn is_collection(collection: &str) -> bool {
        ROWS.iter().any(|row| row.collection.eq_ignore_ascii_case(collection))
    }

    /// The kind that a spec is of.
    pub fn of_spec(spec: &Spec) -> Kind {
        match spec {
            Spec::ClusterNode(_) => Kind::ClusterNode,
            Spec::ServiceSettings(_) => Kind::ServiceSettings,
            Spec::Workspace(_) => Kind::Workspace,
            Spec::User(_) => Kind::User,
            Spec::Group(_) => Kind::Group,
            Spec::GroupUser(_) => Kind::GroupUser,
            Spec::IdentityProvider(_) => Kind::IdentityProvider,
            Spec::AuthorizationServer(_) => Kind::AuthorizationServer,
            Spec::OpenIdConnectProvider(_) => Kind::OpenIdConnectProvider,
            Spec::PortalSettings(_) => Kind::PortalSettings,
            Spec::EmailTemplate(_) => Kind::EmailTemplate,
            Spec::NamedValue(_) => Kind::NamedValue,
            Spec::Certificate(_) => Kind::Certificate,
            Spec::CaCertificate(_) => Kind::CaCertificate,
            Spec::TokenSource(_) => Kind::TokenSource,
            Spec::Tag(_) => Kind::Tag,
            Spec::ApiVersionSet(_) => Kind::ApiVersionSet,
            Spec::Backend(_) => Kind::Backend,
            Spec::Logger(_) => Kind::Logger,
            Spec::Schema(_) => Kind::Schema,
            Spec::PolicyFragment(_) => Kind::PolicyFragment,
            Spec::Cache(_) => Kind::Cache,
            Spec::AuthorizationProvider(_) => Kind::AuthorizationProvider,
            Spec::Authorization(_) => Kind::Authorization,
            Spec::AuthorizationAccessPolicy(_) => Kind::AuthorizationAccessPolicy,
            Spec::Notification(_) => Kind::Notification,
            Spec::RecipientEmail(_) => Kind::RecipientEmail,
            Spec::RecipientUser(_) => Kind::RecipientUser,
            Spec::Api(_) => Kind::Api,
            Spec::ApiSchema(_) => Kind::ApiSchema,
            Spec::Operation(_) => Kind::Operation,
            Spec::Resolver(_) => Kind::Resolver,
            Spec::McpTool(_) => Kind::McpTool,
            Spec::ApiRelease(_) => Kind::ApiRelease,
            Spec::Product(_) => Kind::Product,
            Spec::ProductApiLink(_) => Kind::ProductApiLink,
            Spec::ProductGroupLink(_) => Kind::ProductGroupLink,
            Spec::TagApiLink(_) => Kind::TagApiLink,
            Spec::TagOperationLink(_) => Kind::TagOperationLink,
            Spec::TagProductLink(_) => Kind::TagProductLink,
            Spec::Subscription(_) => Kind::Subscription,
            Spec::Diagnostic(_) => Kind::Diagnostic,
            Spec::Policy(_) => Kind::Policy,
            Spec::Gateway(_) => Kind::Gateway,
            Spec::HostnameBinding(_) => Kind::HostnameBinding,
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
    fn no_two_kinds_share_a_collection_in_one_place() {
        let above = || [None].into_iter().chain(Kind::all().map(Some));
        for kind in Kind::all() {
            let places = above().filter(|above| Kind::of_collection(*above, kind.collection()) == Some(kind));
            let expected = usize::from(kind.at_root())
                + kind.parents().len()
                + usize::from(kind.at_root() && kind.scope() == Scope::ServiceOrWorkspace);
            assert_eq!(places.count(), expected, "{kind:?}");
        }
    }

    #[test]
    fn no_two_kinds_share_a_word() {
        let mut words = std::collections::BTreeMap::new();
        for kind in Kind::all() {
            let all = kind.aliases().iter().copied().chain([kind.field()]);
            for word in all {
                let word = word.to_lowercase();
                let other = words.insert(word.clone(), kind);
                assert!(other.is_none_or(|other| other == kind), "{word}");
            }
        }
    }
}
