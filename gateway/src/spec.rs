//! What the data plane is told: the resources one gateway serves, as they are.
//!
//! One idea: a [`ShardSpec`] is plain data that its owner keeps and updates in place, one per
//! gateway; [`compile`](crate::compile::compile) reads it and keeps nothing but shared pointers.
//! Must not know where resources come from, nor who may change them.

#[cfg(test)]
pub(crate) mod testing;

use hanse_proto::{Name, v1::resource::Spec};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Bound,
    sync::Arc,
};

/// Id under which the service itself stands among the workspaces.
pub const SERVICE: &str = "";

/// Everything that one gateway serves.
#[derive(Debug, Clone, Default)]
pub struct ShardSpec {
    /// Id of the gateway.
    pub gateway: Arc<str>,
    /// Raft index up to which changes are contained.
    pub revision: u64,
    /// Hostnames that the gateway answers on. As long as it is the same list, nothing is made of it anew.
    pub hosts: Arc<[HostBinding]>,
    /// Ids of the linked workspaces, lower case; [`SERVICE`] stands for the service's own APIs.
    pub workspaces: BTreeSet<Arc<str>>,
    /// Those of them that are served no more, and the gateway that their requests are passed on to.
    pub passes_on: BTreeMap<Arc<str>, Arc<str>>,
    /// By [`Name::key`]: all resources of the linked workspaces, and those of the service which they
    /// may use: the global policy and what it refers to, subscriptions that open everything, and users.
    /// The service's APIs only where they are linked.
    pub resources: BTreeMap<String, Arc<SpecResource>>,
}

/// A hostname and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostBinding {
    /// Lower case, without port.
    pub host: String,
    /// The only workspace that this host leads to; `None`: every linked one.
    pub workspace: Option<Arc<str>>,
}

/// One resource, with its secrets beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecResource {
    /// Its name, as first written.
    pub name: Name,
    /// What it says, without secrets.
    pub spec: Spec,
    /// By field path, as `primaryKey` or `credentials.header/X-Key/0`.
    pub secrets: BTreeMap<String, SecretSpec>,
    /// Raft index of its last change.
    pub revision: u64,
    /// When it was created, in milliseconds of Unix time.
    pub created_ms: i64,
}

/// A secret field.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretSpec {
    /// Keyed hash of the plaintext, [`FINGERPRINT_BYTES`](crate::keys::FINGERPRINT_BYTES) long.
    pub fingerprint: Vec<u8>,
    /// The plaintext, where the data plane needs it and this node can read it.
    pub plaintext: Option<Arc<str>>,
}

impl fmt::Debug for SecretSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretSpec")
    }
}

// === impl ShardSpec ===

impl ShardSpec {
    /// The resource with this key.
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<SpecResource>> {
        self.resources.get(key)
    }

    /// Everything in a collection, and what is below that, in the order of keys: `prefix` ends with
    /// a slash, as `workspaces/demo/apis/`.
    pub(crate) fn below<'s>(
        &'s self,
        prefix: &'s str,
    ) -> impl Iterator<Item = (&'s str, &'s Arc<SpecResource>)> {
        self.resources
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(prefix))
            .map(|(key, resource)| (key.as_str(), resource))
    }
}

/// Whether two resources of one key are the same state of it, so that what was made of one serves for
/// the other. Revision 0 is no revision: such resources are only the same when they are one.
pub(crate) fn is_same(a: &Arc<SpecResource>, b: &Arc<SpecResource>) -> bool {
    Arc::ptr_eq(a, b) || (a.revision != 0 && a.revision == b.revision)
}
