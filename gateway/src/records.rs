//! What a unit keeps of requests for people who ask later: those that failed, and those that were traced.
//!
//! One idea: the newest of each workspace are kept, so many and for so long, apart from every other
//! workspace's. A request that goes well and is not traced never comes here, so the lock is the unit's
//! alone until somebody asks. Must not know who asks, nor whether they may.

use crate::{limits::Limits, shard::Document, spec::SpecResource};
use hanse_policy::{LastError, RequestId, Trace};
use hanse_proto::v1::resource::Spec;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

/// Characters of a path and of a message that are kept.
const TEXT_BYTES_MAX: usize = 2 * 1024;
/// Shorter secrets are not looked for: their letters would be found everywhere.
const SECRET_BYTES_MIN: usize = 4;
/// Stands where a secret was.
const MASK: &str = "***";

/// What is kept of a request, whatever became of it.
#[derive(Debug, Clone)]
pub struct Record {
    pub request_id: RequestId,
    /// When the request came, in milliseconds of Unix time.
    pub at_ms: i64,
    pub gateway: Arc<str>,
    /// Lower case; empty: the service itself.
    pub workspace: Arc<str>,
    pub api: Option<Arc<str>>,
    pub operation: Option<Arc<str>>,
    pub product: Option<Arc<str>>,
    pub subscription: Option<Arc<str>>,
    pub method: String,
    /// Without the query, which may have credentials in it.
    pub path: String,
    /// Of the answer.
    pub status: u16,
    /// The values of secret named values, which nobody is shown.
    pub(crate) secrets: [Secrets; 2],
}

/// Values that are shown to nobody.
pub(crate) type Secrets = Arc<[Arc<str>]>;

/// A request that failed, or was answered with a status from 500 up.
#[derive(Debug, Clone)]
pub struct Failure {
    pub request: Record,
    /// `None`: the backend answered so, and no policy minded.
    pub error: Option<LastError>,
    /// What failed in `on-error` then.
    pub later: Option<LastError>,
    place: Option<Written>,
}

/// A request that was traced.
#[derive(Debug, Clone)]
pub struct Traced {
    pub request: Record,
    pub trace: Trace,
}

/// The document that the failing policy stands in.
#[derive(Debug, Clone)]
struct Written {
    /// Name of its resource.
    name: Arc<str>,
    /// Gone when the document has changed since.
    source: Weak<SpecResource>,
    /// Text of the fragment that the policy comes from.
    fragment: Option<Weak<str>>,
}

/// Where a failing policy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the document's or the fragment's resource.
    pub document: String,
    pub line: u32,
    /// The line; `None` where the document has changed since.
    pub text: Option<String>,
}

/// What one unit keeps.
#[derive(Debug)]
pub(crate) struct Records {
    limits: Arc<Limits>,
    workspaces: Mutex<BTreeMap<Arc<str>, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Those answered with a status from 500 up. A flood of the others does not push these out.
    errors: VecDeque<Failure>,
    /// Those that a policy or the gateway refused.
    refusals: VecDeque<Failure>,
    traces: VecDeque<Traced>,
    trace_bytes: usize,
}

// === impl Record ===

impl Record {
    /// A text without secrets.
    pub fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets.iter().flat_map(|secrets| secrets.iter()) {
            if secret.len() >= SECRET_BYTES_MIN && text.contains(&**secret) {
                text = text.replace(&**secret, MASK);
            }
        }
        text
    }

    pub(crate) fn with_secrets(mut self, secrets: [Secrets; 2]) -> Record {
        self.secrets = secrets;
        self.path = cut(self.path);
        self
    }

    /// A record of which nothing is known but the request.
    pub(crate) fn of(request_id: RequestId, gateway: &Arc<str>, workspace: &Arc<str>, at_ms: i64) -> Record {
        Record {
            request_id,
            at_ms,
            gateway: gateway.clone(),
            workspace: workspace.clone(),
            api: None,
            operation: None,
            product: None,
            subscription: None,
            method: String::new(),
            path: String::new(),
            status: 0,
            secrets: Default::default(),
        }
    }
}

// === impl Failure ===

impl Failure {
    pub(crate) fn new(
        request: Record,
        error: Option<LastError>,
        later: Option<LastError>,
        document: Option<&Arc<Document>>,
        fragment: Option<&Arc<str>>,
    ) -> Failure {
        let bounded = |mut error: LastError| {
            error.message = cut(error.message);
            error
        };
        let place = document.map(|document| Written {
            name: document.name().as_str().into(),
            source: Arc::downgrade(&document.source),
            fragment: fragment.map(Arc::downgrade),
        });
        Failure { request, error: error.map(bounded), later: later.map(bounded), place }
    }

    /// Where the policy stands that failed; `None` for what is built in.
    pub fn place(&self) -> Option<Place> {
        let (error, written) = (self.error.as_ref()?, self.place.as_ref()?);
        let line = error.line?;
        let Some(fragment) = &error.fragment else {
            let source = written.source.upgrade();
            let text = source.as_ref().and_then(|source| match &source.spec {
                Spec::Policy(policy) => line_of(&policy.value, line),
                _ => None,
            });
            return Some(Place { document: written.name.to_string(), line, text });
        };
        let text = written.fragment.as_ref().and_then(Weak::upgrade).and_then(|text| line_of(&text, line));
        let document = match &*self.request.workspace {
            "" => format!("policyFragments/{fragment}"),
            workspace => format!("workspaces/{workspace}/policyFragments/{fragment}"),
        };
        Some(Place { document, line, text })
    }
}

fn line_of(text: &str, line: u32) -> Option<String> {
    let at = usize::try_from(line.checked_sub(1)?).ok()?;
    text.lines().nth(at).map(|line| cut(line.trim().to_owned()))
}

fn cut(mut text: String) -> String {
    if text.len() > TEXT_BYTES_MAX {
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
        text.push('…');
    }
    text
}

// === impl Records ===

impl Records {
    pub(crate) fn new(limits: Arc<Limits>) -> Records {
        Records { limits, workspaces: Mutex::default() }
    }

    pub(crate) fn keep_failure(&self, failure: Failure) {
        let max = self.limits.workspace_failures_max;
        let mut workspaces = self.lock();
        let kept = workspaces.entry(failure.request.workspace.clone()).or_default();
        let list = if failure.request.status >= 500 { &mut kept.errors } else { &mut kept.refusals };
        while list.len() >= max.max(1) {
            list.pop_front();
        }
        if max > 0 {
            list.push_back(failure);
        }
    }

    pub(crate) fn keep_trace(&self, traced: Traced) {
        let (max, bytes_max) = (self.limits.workspace_traces_max, self.limits.workspace_trace_bytes_max);
        let bytes = traced.bytes();
        if bytes > bytes_max || max == 0 {
            return;
        }
        let mut workspaces = self.lock();
        let kept = workspaces.entry(traced.request.workspace.clone()).or_default();
        while kept.traces.len() >= max || kept.trace_bytes + bytes > bytes_max {
            let Some(oldest) = kept.traces.pop_front() else { break };
            kept.trace_bytes -= oldest.bytes();
        }
        kept.trace_bytes += bytes;
        kept.traces.push_back(traced);
    }

    /// A failure by the request's id, if it is kept still.
    pub(crate) fn failure(&self, id: RequestId, now_ms: i64) -> Option<Failure> {
        let mut workspaces = self.lock();
        self.forget(&mut workspaces, now_ms);
        let mut all = workspaces.values().flat_map(|kept| kept.errors.iter().chain(&kept.refusals));
        all.find(|failure| failure.request.request_id == id).cloned()
    }

    /// A trace by the request's id, if it is kept still.
    pub(crate) fn trace(&self, id: RequestId, now_ms: i64) -> Option<Traced> {
        let mut workspaces = self.lock();
        self.forget(&mut workspaces, now_ms);
        let mut all = workspaces.values().flat_map(|kept| &kept.traces);
        all.find(|traced| traced.request.request_id == id).cloned()
    }

    /// Forgets what is older than it may become.
    pub(crate) fn sweep(&self, now_ms: i64) {
        self.forget(&mut self.lock(), now_ms);
    }

    fn forget(&self, workspaces: &mut BTreeMap<Arc<str>, Kept>, now_ms: i64) {
        let age_ms = i64::try_from(self.limits.record_age_max.as_millis()).unwrap_or(i64::MAX);
        let oldest = now_ms.saturating_sub(age_ms);
        for kept in workspaces.values_mut() {
            for list in [&mut kept.errors, &mut kept.refusals] {
                while list.front().is_some_and(|failure| failure.request.at_ms < oldest) {
                    list.pop_front();
                }
            }
            while kept.traces.front().is_some_and(|traced| traced.request.at_ms < oldest) {
                if let Some(traced) = kept.traces.pop_front() {
                    kept.trace_bytes -= traced.bytes();
                }
            }
        }
        workspaces.retain(|_, kept| !kept.is_empty());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, Kept>> {
        // Lists are whole after every step, so that a panic cannot have left them broken.
        self.workspaces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn is_empty(&self) -> bool {
        self.errors.is_empty() && self.refusals.is_empty() && self.traces.is_empty()
    }
}

impl Traced {
    /// What it takes, roughly.
    fn bytes(&self) -> usize {
        let entries = self.trace.entries.iter();
        let texts =
            entries.map(|it| it.message.len() + it.source.len() + it.path.as_ref().map_or(0, String::len));
        texts.sum::<usize>() + self.trace.entries.len() * size_of::<hanse_policy::TraceEntry>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn record(id: u128, workspace: &str, status: u16, at_ms: i64) -> Record {
        let record = Record::of(RequestId(id), &"gw".into(), &workspace.into(), at_ms);
        Record { status, ..record }
    }

    fn failure(id: u128, workspace: &str, status: u16) -> Failure {
        Failure::new(record(id, workspace, status, 0), None, None, None, None)
    }

    fn records(change: impl FnOnce(&mut Limits)) -> Records {
        let mut limits = Limits::default();
        change(&mut limits);
        Records::new(Arc::new(limits))
    }

    fn has(records: &Records, id: u128) -> bool {
        records.failure(RequestId(id), 0).is_some()
    }

    #[test]
    fn the_newest_failures_of_each_workspace_are_kept() {
        let records = records(|limits| limits.workspace_failures_max = 2);
        records.keep_failure(failure(1, "a", 500));
        records.keep_failure(failure(2, "b", 500));
        records.keep_failure(failure(3, "b", 500));
        assert!([1, 2, 3].into_iter().all(|id| has(&records, id)));
        records.keep_failure(failure(4, "b", 500));
        assert!(!has(&records, 2) && has(&records, 1) && has(&records, 4));
    }

    #[test]
    fn a_flood_of_refusals_pushes_no_error_out() {
        let records = records(|limits| limits.workspace_failures_max = 2);
        records.keep_failure(failure(1, "a", 500));
        (2..10).for_each(|id| records.keep_failure(failure(id, "a", 401)));
        assert!(has(&records, 1) && has(&records, 9) && has(&records, 8) && !has(&records, 7));
    }

    #[test]
    fn traces_are_bounded_in_number_and_bytes() {
        let traced = |id: u128, bytes: usize| {
            let mut trace = Trace::default();
            trace.note("inbound", "", 0, "x".repeat(bytes));
            Traced { request: record(id, "a", 200, 0), trace }
        };
        let one = traced(0, 100).bytes();
        let bounded = records(|limits| limits.workspace_trace_bytes_max = 2 * one);
        (1..4).for_each(|id| bounded.keep_trace(traced(id, 100)));
        let has = |records: &Records, id| records.trace(RequestId(id), 0).is_some();
        assert!(!has(&bounded, 1) && has(&bounded, 2) && has(&bounded, 3));
        bounded.keep_trace(traced(9, 2 * one));
        assert!(!has(&bounded, 9) && has(&bounded, 3), "one that is too large is not kept");
        let few = records(|limits| limits.workspace_traces_max = 1);
        (1..3).for_each(|id| few.keep_trace(traced(id, 1)));
        assert!(!has(&few, 1) && has(&few, 2));
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let records = records(|limits| limits.record_age_max = Duration::from_secs(1));
        records.keep_failure(failure(1, "a", 500));
        assert!(records.failure(RequestId(1), 1_000).is_some());
        assert!(records.failure(RequestId(1), 1_001).is_none());
        records.sweep(1_001);
        assert!(records.lock().is_empty());
    }

    #[test]
    fn texts_are_kept_up_to_a_bound() {
        assert_eq!(cut("x".repeat(TEXT_BYTES_MAX)).len(), TEXT_BYTES_MAX);
        let text = cut("é".repeat(TEXT_BYTES_MAX));
        assert_eq!((text.chars().count(), text.ends_with('…')), (TEXT_BYTES_MAX / 2 + 1, true));
    }

    #[test]
    fn secrets_are_masked_and_short_ones_are_not_looked_for() {
        let record =
            record(1, "a", 500, 0).with_secrets([["s3cret".into(), "a".into()].into(), Arc::from([])]);
        assert_eq!(record.masked("a key s3cret"), "a key ***");
    }
}
