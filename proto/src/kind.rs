//! One table of resource kinds: collection, message, scope, and the names people type.

use crate::v1::resource::Spec;

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

/// Writes the table of kinds: the enumeration, a row for each, and the way from a spec.
///
/// `Kind: collection, field of the spec, [words for it], scope, [kinds it is below], may it stand directly
/// in its scope`
macro_rules! kinds {
    ($($(#[$about:meta])* $kind:ident: $collection:literal, $field:literal, [$($alias:literal),*],
       $scope:ident, [$($parent:ident),*], $at_root:literal;)*) => {
        /// A kind of resource. The order is that of creation: what comes later may refer to what came before.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$about])* $kind,)*
        }

        const ROWS: &[Row] = &[$(Row {
            kind: Kind::$kind,
            collection: $collection,
            field: $field,
            message: concat!("hanse.v1.", stringify!($kind)),
            aliases: &[$($alias),*],
            scope: Scope::$scope,
            parents: &[$(Kind::$parent),*],
            at_root: $at_root,
        }),*];

        impl Kind {
            /// The kind that a spec is of.
            pub fn of_spec(spec: &Spec) -> Kind {
                match spec {
                    $(Spec::$kind(_) => Kind::$kind,)*
                }
            }
        }
    };
}

kinds! {
    /// `nodes/{id}`
    ClusterNode: "nodes", "clusterNode", ["node", "nodes", "cluster-node"], Service, [], true;
    /// `settings/{id}`
    ServiceSettings: "settings", "serviceSettings", ["settings", "service-settings"], Service, [], true;
    /// `workspaces/{id}`
    Workspace: "workspaces", "workspace", ["workspace", "workspaces", "ws"], Service, [], true;
    /// `users/{id}`
    User: "users", "user", ["user", "users"], Service, [], true;
    /// `…/groups/{id}`
    Group: "groups", "group", ["group", "groups", "grp"], ServiceOrWorkspace, [], true;
    /// `…/users/{id}` below Group
    GroupUser: "users", "groupUser", ["groupuser", "groupusers", "group-user", "group-users", "member", "members"], ServiceOrWorkspace, [Group], false;
    /// `identityProviders/{id}`
    IdentityProvider: "identityProviders", "identityProvider", ["identityprovider", "identityproviders", "identity-provider", "idp"], Service, [], true;
    /// `authorizationServers/{id}`
    AuthorizationServer: "authorizationServers", "authorizationServer", ["authorizationserver", "authorizationservers", "authorization-server"], Service, [], true;
    /// `openidConnectProviders/{id}`
    OpenIdConnectProvider: "openidConnectProviders", "openIdConnectProvider", ["openidconnectprovider", "openidconnectproviders", "openid-connect-provider", "openid", "oidc"], Service, [], true;
    /// `portalSettings/{id}`
    PortalSettings: "portalSettings", "portalSettings", ["portalsettings", "portal-settings"], Service, [], true;
    /// `templates/{id}`
    EmailTemplate: "templates", "emailTemplate", ["emailtemplate", "emailtemplates", "email-template", "template", "templates"], Service, [], true;
    /// `…/namedValues/{id}`
    NamedValue: "namedValues", "namedValue", ["namedvalue", "namedvalues", "named-value", "named-values", "nv"], ServiceOrWorkspace, [], true;
    /// `…/certificates/{id}`
    Certificate: "certificates", "certificate", ["certificate", "certificates", "cert", "certs"], ServiceOrWorkspace, [], true;
    /// `…/caCertificates/{id}`
    CaCertificate: "caCertificates", "caCertificate", ["cacertificate", "cacertificates", "ca-certificate", "ca-certificates", "ca"], ServiceOrWorkspace, [], true;
    /// `…/tokenSources/{id}`
    TokenSource: "tokenSources", "tokenSource", ["tokensource", "tokensources", "token-source", "token-sources"], ServiceOrWorkspace, [], true;
    /// `…/tags/{id}`
    Tag: "tags", "tag", ["tag", "tags"], ServiceOrWorkspace, [], true;
    /// `…/apiVersionSets/{id}`
    ApiVersionSet: "apiVersionSets", "apiVersionSet", ["apiversionset", "apiversionsets", "api-version-set", "versionset", "versionsets", "version-set", "vs"], ServiceOrWorkspace, [], true;
    /// `…/backends/{id}`
    Backend: "backends", "backend", ["backend", "backends", "be"], ServiceOrWorkspace, [], true;
    /// `…/loggers/{id}`
    Logger: "loggers", "logger", ["logger", "loggers", "log"], ServiceOrWorkspace, [], true;
    /// `…/schemas/{id}`
    Schema: "schemas", "schema", ["schema", "schemas"], ServiceOrWorkspace, [], true;
    /// `…/policyFragments/{id}`
    PolicyFragment: "policyFragments", "policyFragment", ["policyfragment", "policyfragments", "policy-fragment", "fragment", "fragments"], ServiceOrWorkspace, [], true;
    /// `…/caches/{id}`
    Cache: "caches", "cache", ["cache", "caches"], ServiceOrWorkspace, [], true;
    /// `…/authorizationProviders/{id}`
    AuthorizationProvider: "authorizationProviders", "authorizationProvider", ["authorizationprovider", "authorizationproviders", "authorization-provider"], ServiceOrWorkspace, [], true;
    /// `…/authorizations/{id}` below AuthorizationProvider
    Authorization: "authorizations", "authorization", ["authorization", "authorizations"], ServiceOrWorkspace, [AuthorizationProvider], false;
    /// `…/accessPolicies/{id}` below Authorization
    AuthorizationAccessPolicy: "accessPolicies", "authorizationAccessPolicy", ["authorizationaccesspolicy", "accesspolicy", "access-policy", "access-policies"], ServiceOrWorkspace, [Authorization], false;
    /// `…/notifications/{id}`
    Notification: "notifications", "notification", ["notification", "notifications"], ServiceOrWorkspace, [], true;
    /// `…/recipientEmails/{id}` below Notification
    RecipientEmail: "recipientEmails", "recipientEmail", ["recipientemail", "recipient-email", "recipient-emails"], ServiceOrWorkspace, [Notification], false;
    /// `…/recipientUsers/{id}` below Notification
    RecipientUser: "recipientUsers", "recipientUser", ["recipientuser", "recipient-user", "recipient-users"], ServiceOrWorkspace, [Notification], false;
    /// `…/apis/{id}`
    Api: "apis", "api", ["api", "apis"], ServiceOrWorkspace, [], true;
    /// `…/schemas/{id}` below Api
    ApiSchema: "schemas", "apiSchema", ["apischema", "apischemas", "api-schema", "api-schemas"], ServiceOrWorkspace, [Api], false;
    /// `…/operations/{id}` below Api
    Operation: "operations", "operation", ["operation", "operations", "op", "ops"], ServiceOrWorkspace, [Api], false;
    /// `…/resolvers/{id}` below Api
    Resolver: "resolvers", "resolver", ["resolver", "resolvers"], ServiceOrWorkspace, [Api], false;
    /// `…/tools/{id}` below Api
    McpTool: "tools", "mcpTool", ["mcptool", "mcptools", "mcp-tool", "tool", "tools"], ServiceOrWorkspace, [Api], false;
    /// `…/releases/{id}` below Api
    ApiRelease: "releases", "apiRelease", ["apirelease", "apireleases", "api-release", "release", "releases", "rel"], ServiceOrWorkspace, [Api], false;
    /// `…/products/{id}`
    Product: "products", "product", ["product", "products", "prod"], ServiceOrWorkspace, [], true;
    /// `…/apiLinks/{id}` below Product
    ProductApiLink: "apiLinks", "productApiLink", ["productapilink", "product-api-link", "product-api-links", "apilink", "apilinks"], ServiceOrWorkspace, [Product], false;
    /// `…/groupLinks/{id}` below Product
    ProductGroupLink: "groupLinks", "productGroupLink", ["productgrouplink", "product-group-link", "product-group-links", "grouplink", "grouplinks"], ServiceOrWorkspace, [Product], false;
    /// `…/apiLinks/{id}` below Tag
    TagApiLink: "apiLinks", "tagApiLink", ["tagapilink", "tagapilinks", "tag-api-link", "tag-api-links"], ServiceOrWorkspace, [Tag], false;
    /// `…/operationLinks/{id}` below Tag
    TagOperationLink: "operationLinks", "tagOperationLink", ["tagoperationlink", "tagoperationlinks", "tag-operation-link", "operationlink", "operationlinks"], ServiceOrWorkspace, [Tag], false;
    /// `…/productLinks/{id}` below Tag
    TagProductLink: "productLinks", "tagProductLink", ["tagproductlink", "tagproductlinks", "tag-product-link", "productlink", "productlinks"], ServiceOrWorkspace, [Tag], false;
    /// `…/subscriptions/{id}`
    Subscription: "subscriptions", "subscription", ["subscription", "subscriptions", "sub", "subs"], ServiceOrWorkspace, [], true;
    /// `…/diagnostics/{id}`
    Diagnostic: "diagnostics", "diagnostic", ["diagnostic", "diagnostics", "diag"], ServiceOrWorkspace, [Api], true;
    /// `…/policies/{id}`
    Policy: "policies", "policy", ["policy", "policies", "pol"], ServiceOrWorkspace, [Api, Operation, Product, Resolver], true;
    /// `gateways/{id}`
    Gateway: "gateways", "gateway", ["gateway", "gateways", "gw"], Service, [], true;
    /// `…/hostnameBindings/{id}` below Gateway
    HostnameBinding: "hostnameBindings", "hostnameBinding", ["hostnamebinding", "hostnamebindings", "hostname-binding"], Service, [Gateway], false;
    /// `…/links/{id}` below Gateway
    GatewayLink: "links", "gatewayLink", ["gatewaylink", "gatewaylinks", "gateway-link", "gateway-links", "gwl"], Service, [Gateway], false;
}

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
