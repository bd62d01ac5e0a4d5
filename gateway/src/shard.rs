//! The compiled form of everything one gateway serves: what units look things up in.
//!
//! One idea: a shard never changes. A change makes a new one that shares every part that stayed the
//! same, workspace by workspace and API by API, and the units are handed the new pointer.
//! Must not know how a shard is made (`compile`) nor anything of sockets.

mod dump;

use crate::{
    event_hub::EventHub,
    external_cache::ExternalCache,
    keys::Fingerprint,
    route::{
        HostTable, OperationTree, PathTree, Place, Route, RouteQuery, Scheme, SharedPaths, Template,
        Versioning,
    },
    spec::{HostBinding, SERVICE, SpecResource},
    tokens::{Connection, TokenSource},
};
use hanse_policy::{
    ApiFacts, BaseUrl, CertificateBy, Chain, CompiledDocument, HeldCertificate, OperationFacts, ProductFacts,
    SubscriptionFacts, UserFacts, WorkspaceFacts,
};
use hanse_proto::{Name, v1, v1::resource::Spec};
use http::{HeaderName, HeaderValue, Method};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

/// Everything one gateway serves.
#[derive(Clone)]
pub struct Shard {
    /// Id of the gateway.
    pub gateway: Arc<str>,
    /// Raft index up to which changes are contained.
    pub revision: u64,
    pub(crate) hosts: Arc<Hosts>,
    /// By id; the service itself comes first and is always there, linked or not.
    pub(crate) workspaces: Box<[Arc<WorkspaceShard>]>,
    /// Which workspace has a path: that one's own table says the rest.
    pub(crate) paths: SharedPaths,
    /// What a host of its own binding needs: whether the service's APIs are linked.
    pub(crate) serves_service: bool,
    /// For each of `workspaces`, the gateway that its requests are passed on to.
    pub(crate) passes_on: Box<[Option<Arc<str>>]>,
    /// Findings about the shard as a whole.
    pub(crate) findings: Arc<[Note]>,
}

/// The table of hosts and what it was made of.
#[derive(Default)]
pub(crate) struct Hosts {
    pub(crate) bindings: Arc<[HostBinding]>,
    pub(crate) table: HostTable<HostTarget>,
    pub(crate) findings: Vec<Note>,
}

/// Where a host leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HostTarget {
    /// All linked workspaces.
    All,
    /// One, by its position in the shard.
    Workspace(u32),
    /// One that is not linked: the host is ours, and nothing is there.
    Nothing,
}

/// Where the versions of each set stand, by the set's id in lower case; or why that is not clear.
pub(crate) type VersionSets = BTreeMap<Arc<str>, Result<Versioning, Box<str>>>;

/// A defect of a resource that did not keep the shard from being compiled: key and message.
pub(crate) type Note = (String, String);

/// Named values and fragments that were asked for, with the answers.
pub(crate) type Asked = Box<[(Arc<str>, Option<Arc<str>>)]>;

/// What a shard has of one workspace, or of the service itself.
pub struct WorkspaceShard {
    /// Lower case; empty: the service itself.
    pub id: Arc<str>,
    /// What expressions see of it.
    pub(crate) facts: WorkspaceFacts,
    /// The workspace's document; the service's is the global one.
    pub(crate) document: Option<Arc<Document>>,
    /// Named values by display name, and fragments by key.
    pub(crate) pieces: Arc<BTreeMap<Arc<str>, Arc<str>>>,
    /// The values of secret named values: what is shown to people has none of them.
    pub(crate) secrets: Arc<[Arc<str>]>,
    /// By id in lower case, `;rev=N` included.
    pub(crate) apis: Arc<BTreeMap<Arc<str>, Arc<Api>>>,
    /// The revisions of each API, by root id.
    pub(crate) groups: Arc<[ApiGroup]>,
    pub(crate) version_sets: Arc<VersionSets>,
    /// The path of each of `places`.
    pub(crate) path_list: Arc<[Arc<str>]>,
    /// What is behind each path; values are positions in `groups`.
    pub(crate) places: Arc<[Place]>,
    /// Values are positions in `places`.
    pub(crate) paths: Arc<PathTree<u32>>,
    pub(crate) products: Arc<ProductTable>,
    pub(crate) subscriptions: Arc<SubscriptionTable>,
    pub(crate) backends: Arc<BackendTable>,
    pub(crate) credentials: Arc<CredentialTable>,
    pub(crate) outside: Arc<Outside>,
    /// Those who own subscriptions, by id in lower case; the service has them all.
    pub(crate) users: Arc<BTreeMap<Arc<str>, UserFacts>>,
    /// APIs that no path leads to, because of their version set; among the findings as well.
    pub(crate) unversioned: Arc<[Note]>,
    pub(crate) findings: Arc<[Note]>,
}

/// The revisions of one API; at most one of them is current.
#[derive(Clone)]
pub(crate) struct ApiGroup {
    pub(crate) current: Option<Arc<Api>>,
    /// By the number behind `;rev=`.
    pub(crate) revisions: Box<[(Arc<str>, Arc<Api>)]>,
}

#[derive(Default)]
pub(crate) struct ProductTable {
    /// By id in lower case.
    pub(crate) by_id: BTreeMap<Arc<str>, Arc<Product>>,
    /// The open product that holds an API, by the API's root id.
    pub(crate) open: BTreeMap<Arc<str>, Arc<Product>>,
    pub(crate) findings: Vec<Note>,
}

#[derive(Default)]
pub(crate) struct SubscriptionTable {
    /// By id in lower case.
    pub(crate) by_id: BTreeMap<Arc<str>, Arc<Subscription>>,
    pub(crate) by_key: HashMap<Fingerprint, Arc<Subscription>, BuildHasherDefault<FingerprintHasher>>,
    pub(crate) findings: Vec<Note>,
}

#[derive(Default)]
pub(crate) struct BackendTable {
    /// By id in lower case.
    pub(crate) by_id: BTreeMap<Arc<str>, Arc<Backend>>,
    pub(crate) findings: Vec<Note>,
}

/// What the gateway proves itself with, and whom it trusts.
#[derive(Default)]
pub(crate) struct CredentialTable {
    /// By id in lower case.
    pub(crate) certificates: BTreeMap<Arc<str>, Certified>,
    /// Certificates of authorities that are trusted, in DER, and of those that only lead to them.
    pub(crate) roots: Vec<Vec<u8>>,
    pub(crate) intermediates: Vec<Vec<u8>>,
    pub(crate) token_sources: Vec<Arc<TokenSource>>,
    /// By provider and connection, `provider/connection` in lower case.
    pub(crate) connections: BTreeMap<Arc<str>, Arc<Connection>>,
    pub(crate) findings: Vec<Note>,
}

/// A certificate and what it was read from.
pub(crate) struct Certified {
    pub(crate) held: Arc<HeldCertificate>,
    pub(crate) source: Arc<SpecResource>,
}

/// What a workspace keeps and sends outside.
#[derive(Debug, Default)]
pub(crate) struct Outside {
    /// Where items are cached that are not to be lost with a unit.
    pub(crate) cache: Option<Arc<ExternalCache>>,
    /// By id in lower case.
    pub(crate) event_hubs: BTreeMap<Arc<str>, Arc<EventHub>>,
    pub(crate) findings: Vec<Note>,
}

/// A compiled policy document and what it was made from.
pub struct Document {
    pub(crate) compiled: CompiledDocument,
    pub(crate) source: Arc<SpecResource>,
    /// What it asked for, with the answers it got.
    pub(crate) asked: Asked,
    /// Why it answers 500.
    pub(crate) finding: Option<Box<str>>,
}

/// One revision of one version of an API.
pub struct Api {
    /// As first written, `;rev=N` included.
    pub id: Arc<str>,
    /// Id in lower case without `;rev=N`: what products and subscriptions refer to.
    pub root: Arc<str>,
    /// Id of its workspace, lower case; empty: the service itself.
    pub workspace: Arc<str>,
    /// The URL suffix, as written, without slashes around it; may be empty.
    pub path: Arc<str>,
    /// The version that the API is of; empty: unversioned, or the Original of its version set.
    pub version: Arc<str>,
    /// Id of its version set, lower case.
    pub version_set: Option<Arc<str>>,
    /// The number behind `;rev=`.
    pub api_revision: Arc<str>,
    /// Whether requests without `;rev=` may be answered by it.
    pub is_current: bool,
    /// Whether it can be reached at all.
    pub is_online: bool,
    /// Listeners that it answers on.
    pub protocols: Protocols,
    /// Where requests go that no policy sends elsewhere.
    pub service_url: Option<Arc<BaseUrl>>,
    /// Whether the API itself asks for a key.
    pub subscription_required: bool,
    /// Header that takes the key.
    pub key_header: HeaderName,
    /// The same as written, for `WWW-Authenticate`.
    pub key_header_text: Arc<str>,
    /// Query parameter that takes the key where the header is absent.
    pub key_query: Arc<str>,
    /// What expressions see of it.
    pub(crate) facts: ApiFacts,
    pub(crate) document: Option<Arc<Document>>,
    /// By id in lower case, those that can be routed.
    pub(crate) operations: Arc<[Arc<Operation>]>,
    pub(crate) router: Arc<OperationTree>,
    pub(crate) schemas: Arc<crate::compile::contracts::Schemas>,
    /// What documents of the API and its operations ask for.
    pub(crate) asks: Arc<BTreeSet<Arc<str>>>,
    pub(crate) source: Arc<SpecResource>,
    /// Operations that cannot be routed, and why.
    pub(crate) rejected: Vec<Note>,
    pub(crate) findings: Vec<Note>,
}

/// Kinds of listeners an API answers on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocols {
    /// `http` and `ws`.
    pub http: bool,
    /// `https` and `wss`.
    pub https: bool,
}

/// An operation that can be routed.
pub struct Operation {
    /// As first written.
    pub id: Arc<str>,
    /// What operations are sorted by.
    pub(crate) lower_id: Arc<str>,
    /// Compared exactly.
    pub method: Method,
    /// Its URL template, taken apart.
    pub template: Template,
    /// What expressions see of it.
    pub(crate) facts: OperationFacts,
    pub(crate) document: Option<Arc<Document>>,
    pub(crate) source: Arc<SpecResource>,
}

/// A product and the APIs in it.
pub struct Product {
    /// As first written.
    pub id: Arc<str>,
    /// Whether its APIs can be called without a key.
    pub is_open: bool,
    /// What expressions see of it.
    pub(crate) facts: ProductFacts,
    /// Root ids in lower case.
    pub(crate) apis: BTreeSet<Arc<str>>,
    pub(crate) document: Option<Arc<Document>>,
    pub(crate) source: Arc<SpecResource>,
}

/// A pair of keys and what they open.
pub struct Subscription {
    /// As first written.
    pub id: Arc<str>,
    /// What its keys open.
    pub scope: SubscriptionScope,
    /// Keys of any other state answer as unknown ones.
    pub is_active: bool,
    /// Whether requests with its keys may ask for a trace.
    pub allow_tracing: bool,
    /// What expressions see of it.
    pub(crate) facts: SubscriptionFacts,
    /// Id of its owner in lower case; empty: nobody's.
    pub(crate) owner: Arc<str>,
    /// Fingerprints of the primary and the secondary key.
    pub(crate) keys: Vec<Fingerprint>,
    pub(crate) source: Arc<SpecResource>,
}

/// What a subscription opens, within the workspace (or service) that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscriptionScope {
    /// Every API of a product, by the product's id in lower case.
    Product(Arc<str>),
    /// All versions' revisions of one API, by its root id in lower case.
    Api(Arc<str>),
    /// All APIs of the workspace, or of the service.
    AllApis,
    /// All APIs of the service and of every workspace. A subscription of the service alone.
    Everything,
    /// The scope could not be read.
    Nothing,
}

/// Where requests go by name.
pub struct Backend {
    /// As first written.
    pub id: Arc<str>,
    /// What paths are appended to.
    pub url: Arc<BaseUrl>,
    /// Headers put on every call. Values are marked sensitive.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Query parameters put on every call, percent-encoded: `a=x&b=y`; empty: none.
    pub query: Arc<str>,
    /// The `Authorization` header of every call, marked sensitive.
    pub authorization: Option<HeaderValue>,
    /// Whether the server's certificate must lead to a trusted authority.
    pub validate_certificate_chain: bool,
    /// Whether the server's certificate must be for the host of the URL.
    pub validate_certificate_name: bool,
    pub(crate) asked: Asked,
    pub(crate) source: Arc<SpecResource>,
}

/// Fingerprints are keyed hashes already: their first bytes are as good as any hash of them.
#[derive(Default)]
pub(crate) struct FingerprintHasher(u64);

// === impl Shard ===

impl Shard {
    /// Finds what answers a request.
    pub fn route<'s, 'r>(&'s self, query: &RouteQuery<'r>) -> Route<'s, 'r> {
        crate::route::route(self, query)
    }

    /// Finds what answers a request that another gateway passed on for a workspace; `None` when the
    /// workspace is not here.
    pub(crate) fn route_within<'s, 'r>(
        &'s self,
        workspace: &str,
        query: &RouteQuery<'r>,
    ) -> Option<Route<'s, 'r>> {
        self.position(workspace).map(|at| crate::route::within(self, at, query))
    }

    /// The documents of a request, narrowest first. A request with no API has the global one alone.
    pub fn chain<'s>(
        &'s self,
        api: Option<&'s Api>,
        operation: Option<&'s Operation>,
        product: Option<&'s Product>,
    ) -> Chain<'s> {
        let workspace =
            api.filter(|api| &*api.workspace != SERVICE).and_then(|api| self.workspace(&api.workspace));
        Chain {
            documents: [
                operation.and_then(Operation::document),
                api.and_then(Api::document),
                product.and_then(Product::document),
                workspace.and_then(|workspace| compiled(&workspace.document)),
                self.workspace(SERVICE).and_then(|service| compiled(&service.document)),
            ],
        }
    }

    /// Whether a `Host` header or server name is one of this gateway's.
    pub fn serves_host(&self, host: &str) -> bool {
        self.hosts.table.get(crate::route::hostname(host)).is_some()
    }

    /// A backend of a workspace (or of the service) by its id in any case; `None` when there is none
    /// that could be called.
    pub fn backend(&self, workspace: &str, id: &str) -> Option<&Arc<Backend>> {
        let table = &self.workspace(workspace)?.backends.by_id;
        table.get(id).or_else(|| table.get(lower(id).as_str()))
    }

    /// A certificate of a workspace, or of the service, whatever the case of its id.
    pub(crate) fn certificate(
        &self,
        workspace: &str,
        which: CertificateBy<'_>,
    ) -> Option<&Arc<HeldCertificate>> {
        let table = &self.workspace(workspace)?.credentials.certificates;
        let found = match which {
            CertificateBy::Id(id) => table.get(id).or_else(|| table.get(lower(id).as_str())),
            CertificateBy::Thumbprint(thumbprint) => {
                table.values().find(|known| known.held.thumbprint().eq_ignore_ascii_case(thumbprint))
            }
        };
        found.map(|known| &known.held)
    }

    /// The cache outside for requests of a workspace: its own, or the service's.
    pub(crate) fn external_cache(&self, workspace: &str) -> Option<&Arc<ExternalCache>> {
        let of = |id: &str| self.workspace(id)?.outside.cache.as_ref();
        of(workspace).or_else(|| of(SERVICE))
    }

    /// The event hub that a logger of a workspace (or of the service) stands for, by the logger's id in any case.
    pub(crate) fn event_hub(&self, owner: &str, id: &str) -> Option<&Arc<EventHub>> {
        let hubs = &self.workspace(owner)?.outside.event_hubs;
        hubs.get(id).or_else(|| hubs.get(lower(id).as_str()))
    }

    /// Whether an event hub is used by anybody.
    pub(crate) fn uses_event_hub(&self, hub: &Arc<EventHub>) -> bool {
        let owner = hub.source.name.workspace().map(lower).unwrap_or_default();
        self.event_hub(&owner, &hub.id).is_some_and(|own| Arc::ptr_eq(own, hub))
    }

    /// Whether a cache is used by anybody.
    pub(crate) fn uses_cache(&self, cache: &Arc<ExternalCache>) -> bool {
        self.workspaces.iter().any(|it| it.outside.cache.as_ref().is_some_and(|own| Arc::ptr_eq(own, cache)))
    }

    /// What the shard has of a workspace, by its id in lower case.
    pub fn workspace(&self, id: &str) -> Option<&WorkspaceShard> {
        self.position(id).map(|at| &*self.workspaces[at])
    }

    /// What expressions see of a workspace; of one that is gone, what they see of the service.
    pub(crate) fn workspace_facts(&self, id: &str) -> &WorkspaceFacts {
        &self.workspaces[self.position(id).unwrap_or(0)].facts
    }

    /// Whose a subscription is.
    pub(crate) fn owner_of(&self, subscription: &Subscription) -> Option<&UserFacts> {
        if subscription.owner.is_empty() {
            return None;
        }
        self.workspace(SERVICE)?.users.get(&subscription.owner)
    }

    /// Everything the resources have that keeps part of them from working: key and message.
    pub fn findings(&self) -> impl Iterator<Item = &(String, String)> {
        let of_workspaces = self.workspaces.iter().flat_map(|workspace| workspace.findings());
        self.findings.iter().chain(of_workspaces)
    }

    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.workspaces.binary_search_by(|workspace| (*workspace.id).cmp(id)).ok()
    }
}

// === impl WorkspaceShard ===

impl WorkspaceShard {
    /// A product by its id in lower case.
    pub fn product(&self, id: &str) -> Option<&Arc<Product>> {
        self.products.by_id.get(id)
    }

    /// The open product that holds an API, by the API's root id.
    pub fn open_product_of(&self, root: &str) -> Option<&Arc<Product>> {
        self.products.open.get(root)
    }

    /// The subscription that one of its keys belongs to.
    pub fn subscription_by_key(&self, fingerprint: &[u8]) -> Option<&Arc<Subscription>> {
        let fingerprint: &Fingerprint = fingerprint.try_into().ok()?;
        self.subscriptions.by_key.get(fingerprint)
    }

    /// The text of a fragment by its id.
    pub(crate) fn fragment(&self, id: &str) -> Option<&Arc<str>> {
        self.pieces.get(crate::compile::fragment_key(id).as_str())
    }

    /// An API by its id in lower case, `;rev=N` included.
    pub fn api(&self, id: &str) -> Option<&Arc<Api>> {
        self.apis.get(id)
    }

    /// Defects of the workspace's resources: key and message.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Note> {
        self.findings
            .iter()
            .chain(self.apis.values().flat_map(|api| api.findings.iter()))
            .chain(&self.products.findings)
            .chain(&self.subscriptions.findings)
            .chain(&self.backends.findings)
            .chain(&self.credentials.findings)
            .chain(&self.outside.findings)
    }
}

// === impl ApiGroup ===

impl ApiGroup {
    /// The revision with the number that stood behind `;rev=`.
    pub(crate) fn revision(&self, number: &str) -> Option<&Arc<Api>> {
        self.revisions.iter().find(|(known, _)| **known == *number).map(|(_, api)| api)
    }
}

// === impl Document ===

impl Document {
    /// The name of its resource.
    pub fn name(&self) -> &Name {
        &self.source.name
    }

    /// Why it answers 500, if it does.
    pub fn finding(&self) -> Option<&str> {
        self.finding.as_deref()
    }
}

fn compiled(document: &Option<Arc<Document>>) -> Option<&CompiledDocument> {
    document.as_ref().map(|document| &document.compiled)
}

// === impl Api ===

impl Api {
    /// The name of its resource.
    pub fn name(&self) -> &Name {
        &self.source.name
    }

    /// Its resource's spec.
    pub fn spec(&self) -> &v1::Api {
        match &self.source.spec {
            Spec::Api(api) => api,
            _ => unreachable!("an API is made from the spec of one"),
        }
    }

    /// Its own document, if it has one.
    pub fn document(&self) -> Option<&CompiledDocument> {
        compiled(&self.document)
    }

    /// Its operations, by id; those that can be routed.
    pub fn operations(&self) -> &[Arc<Operation>] {
        &self.operations
    }

    /// Whether it answers on listeners of a scheme.
    pub fn answers_on(&self, scheme: Scheme) -> bool {
        match scheme {
            Scheme::Http => self.protocols.http,
            Scheme::Https => self.protocols.https,
        }
    }
}

// === impl Operation ===

impl Operation {
    /// The name of its resource.
    pub fn name(&self) -> &Name {
        &self.source.name
    }

    /// Its resource's spec.
    pub fn spec(&self) -> &v1::Operation {
        match &self.source.spec {
            Spec::Operation(operation) => operation,
            _ => unreachable!("an operation is made from the spec of one"),
        }
    }

    /// Its own document, if it has one.
    pub fn document(&self) -> Option<&CompiledDocument> {
        compiled(&self.document)
    }
}

// === impl Product ===

impl Product {
    /// The name of its resource.
    pub fn name(&self) -> &Name {
        &self.source.name
    }

    /// Its own document, if it has one.
    pub fn document(&self) -> Option<&CompiledDocument> {
        compiled(&self.document)
    }

    /// Whether an API is in it, by the API's root id.
    pub fn contains(&self, root: &str) -> bool {
        self.apis.contains(root)
    }
}

// === impl Subscription ===

impl Subscription {
    /// The name of its resource.
    pub fn name(&self) -> &Name {
        &self.source.name
    }
}

// === impl Outside ===

impl Outside {
    /// Whether both are made of the very same parts.
    pub(crate) fn is_same(&self, other: &Outside) -> bool {
        let cache = match (&self.cache, &other.cache) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        let same_hub = |(one, other): (&Arc<EventHub>, &Arc<EventHub>)| Arc::ptr_eq(one, other);
        let hubs = self.event_hubs.len() == other.event_hubs.len()
            && self.event_hubs.keys().eq(other.event_hubs.keys())
            && self.event_hubs.values().zip(other.event_hubs.values()).all(same_hub);
        cache && hubs && self.findings == other.findings
    }
}

// === impl Backend ===

impl Backend {
    /// The name of its resource.
    pub fn name(&self) -> &Name {
        &self.source.name
    }
}

// === impl FingerprintHasher ===

impl Hasher for FingerprintHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(head) = bytes.first_chunk::<8>() {
            self.0 ^= u64::from_le_bytes(*head);
        }
    }

    fn write_usize(&mut self, _length: usize) {
        // The length in front of an array is the same for all of them.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Ids compare without regard to case, by the same rule as [`Name::key`].
pub(crate) fn lower(id: &str) -> String {
    id.chars().flat_map(char::to_lowercase).collect()
}
