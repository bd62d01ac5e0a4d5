//! Stored counts: how many resources of a kind a workspace, an API, a product, a gateway or the
//! service holds.
//!
//! The one idea: which counters a resource counts in is a pure function of the resource, as with its
//! index rows, so whoever writes or removes a resource moves these counters by one and nobody ever
//! counts. Only what is visible counts. A tombstone takes everything below it out at once, because
//! whatever below a root counts outside of it is the root's own counter too; the counters below the
//! root go with it, purge by purge. Must not know any limit; that is `limits`.

use crate::keys;
use crate::read::{Read, Table};
use crate::references;
use crate::session::Session;
use crate::stored::{self, CountRow};
use hanse_proto::v1::StoredResource;
use hanse_proto::{FEATURE_LEVEL, Kind, Name};
use prost::Message as _;
use std::collections::BTreeMap;

/// How many resources of a collection a holder has: what stands in it, and what is to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Counter {
    /// Storage key; empty: the service.
    pub holder: Vec<u8>,
    pub collection: &'static str,
}

impl Counter {
    fn new(holder: &[u8], collection: &'static str) -> Self {
        Counter { holder: holder.to_vec(), collection }
    }

    fn key(&self) -> Vec<u8> {
        keys::count(&self.holder, self.collection)
    }
}

/// By how much a command moves each counter.
#[derive(Debug, Default)]
pub(crate) struct Deltas(BTreeMap<Counter, i64>);

impl Deltas {
    /// A resource becomes visible.
    pub(crate) fn add(&mut self, stored: &StoredResource) {
        self.shift(counters(stored), 1);
    }

    /// A resource stops being visible.
    pub(crate) fn remove(&mut self, stored: &StoredResource) {
        self.shift(counters(stored), -1);
    }

    fn shift(&mut self, counters: Vec<Counter>, by: i64) {
        for counter in counters {
            *self.0.entry(counter).or_default() += by;
        }
    }
}

/// A root gets a tombstone: it does not count any more, nor does what is below it.
pub(crate) fn hide<R: Read>(
    session: &mut Session<'_, R>,
    root: &Name,
    key: &[u8],
    stored: &StoredResource,
) -> Result<(), R::Error> {
    session.counts.remove(stored);
    if root.kind() == Kind::Api {
        let operations = Kind::Operation.collection();
        let hidden = count(session, &Counter::new(key, operations))?;
        let in_scope = Counter::new(keys::scope(key), operations);
        session.counts.shift(vec![in_scope], -i64::try_from(hidden).expect("a count of rows is small"));
    }
    Ok(())
}

/// The counter as it would be after the command.
pub(crate) fn count<R: Read>(session: &Session<'_, R>, counter: &Counter) -> Result<u64, R::Error> {
    let row: Option<CountRow> = stored::load(&session.tables, Table::Meta, &counter.key())?;
    let delta = session.counts.0.get(counter).copied().unwrap_or_default();
    Ok(row.map_or(0, |row| row.count).saturating_add_signed(delta))
}

/// Writes the counters that the command moves. A counter at 0 has no row.
pub(crate) fn settle<R: Read>(session: &mut Session<'_, R>) -> Result<(), R::Error> {
    let moved = session.counts.0.iter().filter(|(_, by)| **by != 0);
    let moved: Vec<Counter> = moved.map(|(counter, _)| counter.clone()).collect();
    for counter in moved {
        let count = count(session, &counter)?;
        let row = CountRow { feature_level: FEATURE_LEVEL, count };
        session.tables.set(Table::Meta, counter.key(), (count > 0).then(|| row.encode_to_vec()));
    }
    Ok(())
}

/// Removes counters of what is below a root and of the root, at most `max`; says how many.
pub(crate) fn purge<R: Read>(
    session: &mut Session<'_, R>,
    root: &[u8],
    max: usize,
) -> Result<usize, R::Error> {
    let (from, to) = keys::counts_below(root);
    let rows = session.tables.range(Table::Meta, &from, &to, max)?;
    let purged = rows.len();
    for (counter, _) in rows {
        session.tables.set(Table::Meta, counter, None);
    }
    Ok(purged)
}

/// How many counters there are below a root and of the root, up to `max`.
pub(crate) fn below<R: Read>(session: &Session<'_, R>, root: &[u8], max: usize) -> Result<usize, R::Error> {
    let (from, to) = keys::counts_below(root);
    Ok(session.tables.range(Table::Meta, &from, &to, max)?.len())
}

/// The counters that a resource counts in, each once.
pub(crate) fn counters(stored: &StoredResource) -> Vec<Counter> {
    let resource = stored.resource.as_ref().expect("apply stores a resource in every row");
    let name = Name::parse(&resource.name).expect("apply stores checked names");
    if !is_counted(name.kind()) {
        return Vec::new();
    }
    let key = keys::of(&name.key());
    let collection = name.kind().collection();
    let mut counters = vec![Counter::new(keys::parent(&key).unwrap_or_default(), collection)];
    match name.kind() {
        Kind::Operation => counters.push(Counter::new(keys::scope(&key), collection)),
        Kind::Subscription => {
            let (targets, _) = references::held_targets(&name, stored);
            let opened = targets.iter().filter(|target| matches!(target.kind(), Kind::Product | Kind::Api));
            counters.extend(opened.map(|target| Counter::new(&keys::of(&target.key()), collection)));
        }
        _ => {}
    }
    counters
}

/// The kinds that some limit is about. Tags at something and groups of a user are not among them:
/// they are few, and found by the index (see `limits`).
fn is_counted(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Workspace
            | Kind::User
            | Kind::Group
            | Kind::NamedValue
            | Kind::Certificate
            | Kind::CaCertificate
            | Kind::Tag
            | Kind::ApiVersionSet
            | Kind::Backend
            | Kind::Logger
            | Kind::Schema
            | Kind::PolicyFragment
            | Kind::Api
            | Kind::ApiSchema
            | Kind::Operation
            | Kind::ApiRelease
            | Kind::Product
            | Kind::ProductApiLink
            | Kind::ProductGroupLink
            | Kind::Subscription
            | Kind::GatewayLink
    )
}
