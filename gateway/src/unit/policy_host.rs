//! What the policies of a unit's requests ask for.

use super::{Client, Meter, Unit, places::Places};
use crate::{
    event_hub::Wanted,
    shard::{CredentialTable, Shard},
    spec::SERVICE,
    upstream::BodyProgress,
};
use bytes::Bytes;
use hanse_policy::{
    Ask, BaseUrl, CertificateBy, Charge, CounterKey, Event, EventPartition, HeldCertificate, Metric, Note,
    NoteSeverity, OpenId, Permit, Quota, QuotaDecision, Rate, RateDecision, ResponseMessage, Span,
    TokenWatch,
    llm::{SemanticEntry, usage::Usage},
};
use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

/// A request's view of its unit.
pub(crate) struct PolicyHost<'u> {
    pub(crate) unit: &'u Unit,
    pub(crate) client: &'u Client,
    pub(crate) shard: &'u Shard,
    /// Bytes of the request's head.
    head_bytes: u64,
    progress: OnceCell<Rc<BodyProgress>>,
    meter: OnceCell<Rc<Meter>>,
}

impl<'u> PolicyHost<'u> {
    pub(crate) fn new(client: &'u Client, shard: &'u Shard, head_bytes: u64) -> PolicyHost<'u> {
        let (progress, meter) = (OnceCell::new(), OnceCell::new());
        PolicyHost { unit: &client.unit, client, shard, head_bytes, progress, meter }
    }

    /// How far the request's body has come.
    pub(crate) fn progress(&self) -> &Rc<BodyProgress> {
        self.progress.get_or_init(Rc::default)
    }

    fn metered(&self) -> &Rc<Meter> {
        let new = || Meter::new(self.client.unit.clone(), self.head_bytes, self.progress().clone());
        self.meter.get_or_init(new)
    }

    /// The request's meter, if something is to be charged for it.
    pub(crate) fn meter(&self) -> Option<&Rc<Meter>> {
        self.meter.get()
    }
}

/// Who is within `limit-concurrency`, by workspace and key.
#[derive(Debug, Default)]
pub(super) struct Concurrency {
    workspaces: BTreeMap<Box<str>, HashMap<Box<str>, Places>>,
}

/// Keys with nobody within are swept away when there are more than this of a workspace.
const CONCURRENCY_KEYS_KEPT: usize = 1_024;

impl Concurrency {
    fn enter(&mut self, workspace: &str, key: &str, max: u32) -> Option<Permit> {
        if !self.workspaces.contains_key(workspace) {
            self.workspaces.insert(workspace.into(), HashMap::new());
        }
        let keys = self.workspaces.get_mut(workspace).expect("it was there or put there");
        if keys.len() > CONCURRENCY_KEYS_KEPT {
            // No more keys than requests that are being served are left.
            keys.retain(|_, places| !places.is_empty());
        }
        if !keys.contains_key(key) {
            keys.insert(key.into(), Places::new(usize::MAX));
        }
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        keys[key].enter_within(max).map(Permit::new)
    }

    /// Forgets workspaces that are gone, when their last request has left.
    pub(super) fn sweep(&mut self, is_served: impl Fn(&str) -> bool) {
        self.workspaces
            .retain(|workspace, keys| is_served(workspace) || keys.values().any(|places| !places.is_empty()));
    }
}

impl PolicyHost<'_> {
    /// Whom a workspace trusts is whom the service does, and its own.
    fn trusted(&self, workspace: &str, of: fn(&CredentialTable) -> &Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let own = (workspace != SERVICE).then_some(workspace);
        let owners = std::iter::once(SERVICE).chain(own);
        let tables = owners.filter_map(|owner| self.shard.workspace(owner));
        tables.flat_map(|owner| of(&owner.credentials).iter().cloned()).collect()
    }
}

impl hanse_policy::Host for PolicyHost<'_> {
    fn now_ms(&self) -> u64 {
        self.unit.now_ms()
    }

    fn unix_ms(&self) -> i64 {
        self.unit.host.clock.unix_ms()
    }

    fn random(&self) -> u64 {
        self.unit.random.borrow_mut().u64(..)
    }

    fn enter(&self, workspace: &str, key: &str, max: u32) -> Option<Permit> {
        self.unit.concurrency.borrow_mut().enter(workspace, key, max)
    }

    fn note(&self, note: &Note<'_>) {
        let Note { workspace, request_id, origin, message, metadata, .. } = *note;
        let gateway = &*self.unit.gateway;
        match note.severity {
            NoteSeverity::Verbose => {
                tracing::debug!(gateway, workspace, %request_id, origin, ?metadata, "{message}");
            }
            NoteSeverity::Information => {
                tracing::info!(gateway, workspace, %request_id, origin, ?metadata, "{message}");
            }
            NoteSeverity::Error => {
                tracing::error!(gateway, workspace, %request_id, origin, ?metadata, "{message}");
            }
        }
    }

    fn backend_url(&self, workspace: &str, id: &str) -> Option<Arc<BaseUrl>> {
        self.shard.backend(workspace, id).map(|backend| backend.url.clone())
    }

    fn certificate(&self, workspace: &str, which: CertificateBy<'_>) -> Option<Arc<HeldCertificate>> {
        self.shard.certificate(workspace, which).cloned()
    }

    fn certificate_ids(&self, workspace: &str, each: &mut dyn FnMut(&str)) {
        let Some(workspace) = self.shard.workspace(workspace) else { return };
        workspace.credentials.certificates.values().for_each(|known| each(known.source.name.id()));
    }

    fn trusted_roots(&self, workspace: &str) -> Vec<Vec<u8>> {
        self.trusted(workspace, |credentials| &credentials.roots)
    }

    fn intermediates(&self, workspace: &str) -> Vec<Vec<u8>> {
        self.trusted(workspace, |credentials| &credentials.intermediates)
    }

    fn openid(&self, workspace: &str, url: &str) -> OpenId {
        crate::exchange::openid::known(&self.client.unit, workspace, url)
    }

    fn log(&self, event: &Event<'_>) {
        let Event { owner, logger, workspace, message, partition } = *event;
        let Some(hub) = self.shard.event_hub(owner, logger) else {
            let gateway = &*self.unit.gateway;
            tracing::warn!(
                gateway,
                workspace,
                logger,
                "event dropped: the logger is no event hub that can be used"
            );
            return;
        };
        let wanted = match partition {
            EventPartition::Any => Wanted::Any,
            EventPartition::Id(id) => Wanted::Id(id.into()),
            EventPartition::Key(key) => Wanted::Key(key.to_owned()),
        };
        self.unit.event_hubs.push(hub, message.to_owned(), wanted, self.unix_ms());
    }

    fn cached(&self, workspace: &str, key: &str) -> Option<Bytes> {
        self.unit.items.borrow_mut().get(workspace, key, self.now_ms())
    }

    fn cache(&self, workspace: &str, key: &str, item: Bytes, duration: Duration) {
        self.unit.items.borrow_mut().put(workspace, key, item, self.now_ms(), duration);
    }

    fn uncache(&self, workspace: &str, key: &str) {
        self.unit.items.borrow_mut().remove(workspace, key);
    }

    fn has_external_cache(&self, workspace: &str) -> bool {
        self.shard.external_cache(workspace).is_some()
    }

    fn rate_limit(&self, key: &CounterKey<'_>, rate: Rate, ask: Ask) -> RateDecision {
        let now_ms = self.now_ms();
        self.unit.counters.borrow_mut().ask_rate(key, now_ms, rate, ask)
    }

    fn add_to_rate(&self, key: &CounterKey<'_>, rate: Rate, amount: u64) {
        let now_ms = self.now_ms();
        self.unit.counters.borrow_mut().add_to_rate(key, now_ms, rate, amount);
    }

    fn quota(&self, key: &CounterKey<'_>, quota: Quota, ask: Ask) -> QuotaDecision {
        self.unit.counters.borrow_mut().ask_quota(key, quota, ask)
    }

    fn add_to_quota(&self, key: &CounterKey<'_>, span: Span, amount: u64) {
        self.unit.counters.borrow_mut().add_to_quota(key, span, amount);
    }

    fn charge_at_end(&self, charge: Charge<'_>) {
        self.metered().owe(charge, self.now_ms());
    }

    fn watch_tokens(&self, watch: TokenWatch<'_>) {
        self.metered().watch(watch);
    }

    fn tokens_used(&self) -> Option<Usage> {
        self.meter().and_then(|meter| meter.tokens_used())
    }

    fn semantic_find(
        &self,
        workspace: &str,
        partition: &str,
        vector: &[f32],
        max_distance: f64,
    ) -> Option<ResponseMessage> {
        self.unit.semantic.borrow().find(workspace, partition, vector, max_distance, self.now_ms())
    }

    fn semantic_keep(&self, workspace: &str, entry: SemanticEntry) {
        self.unit.semantic.borrow_mut().keep(workspace, entry, self.now_ms());
    }

    fn emit_metric(&self, metric: &Metric<'_>) {
        self.unit.metrics.borrow_mut().add(metric);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workspaces_do_not_share_places() {
        let mut concurrency = Concurrency::default();
        let first = concurrency.enter("a", "key", 1);
        assert!(first.is_some());
        assert!(concurrency.enter("a", "key", 1).is_none());
        assert!(concurrency.enter("b", "key", 1).is_some());
        assert!(concurrency.enter("a", "other", 1).is_some());
        drop(first);
        assert!(concurrency.enter("a", "key", 1).is_some());
    }

    #[test]
    fn keys_that_nobody_uses_are_forgotten() {
        let mut concurrency = Concurrency::default();
        for key in 0..10 * CONCURRENCY_KEYS_KEPT {
            assert!(concurrency.enter("a", &key.to_string(), 1).is_some());
        }
        assert!(concurrency.workspaces["a"].len() <= CONCURRENCY_KEYS_KEPT + 1);
    }
}
