//! The `Act` and `History` calls: actions are decided as any write is, and the past is read.
//!
//! One idea: what an action means is found anew whenever it is admitted (see `actions`), so it rests on
//! what the store holds at that moment, and on nothing that the caller saw before.

use super::{
    decisions::{Decided, Purpose, decide, digest_of},
    refusal::refusal,
    writes::{Undecided, Write},
};
use crate::{
    actions::{self, Expansion, Stop},
    admission::{generate_key, violation},
    plan::{VALUES_BYTES_MAX, of_update},
    state::Node,
};
use hanse_model::HistoryQuery;
use hanse_proto::{Name, v1};
use hanse_raft_store::{StoreError, View};
use tokio::time::Instant;
use tonic::Status;

impl Write for v1::ActRequest {
    type Answer = v1::ActResponse;
    const METHOD: &'static str = "/hanse.v1.Management/Act";

    fn request_id(&mut self) -> &mut String {
        &mut self.request_id
    }

    async fn decide(&self, node: &Node, principal: &v1::Principal) -> Result<v1::ActResponse, Undecided> {
        let began = Instant::now();
        let request = v1::ApplyRequest {
            request_id: self.request_id.clone(),
            dry_run: self.dry_run,
            plan_id: self.plan_id.clone(),
            ..Default::default()
        };
        let Decided { applied, warnings, plan } =
            decide(node, principal, &request, digest_of(self), Purpose::Act(self)).await?;
        let applied = v1::ApplyResponse {
            revision: applied.revision,
            results: applied.results,
            request_id: request.request_id,
            dry_run: self.dry_run,
            warnings,
            commit_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        Ok(v1::ActResponse { applied: Some(applied), plan })
    }
}

/// The changes that an action means now.
pub(super) fn expand(
    node: &Node,
    view: &View,
    request: &v1::ActRequest,
) -> Result<Expansion, Stop<StoreError>> {
    let Some(action) = &request.action else {
        return Err(Stop::Refused(vec![violation(
            "invalid",
            "",
            "action",
            "missing; an action is required",
        )]));
    };
    actions::expand(view, view.revision(), action, generate_key(node.host.random.as_ref()))
}

/// One page of the past of a place.
///
/// # Errors
/// When the request is wrong or the store cannot be read.
pub(super) fn history(view: &View, request: &v1::HistoryRequest) -> Result<v1::HistoryResponse, Status> {
    let refuse = |violation| refusal(vec![violation]);
    let root = match request.name.as_str() {
        "" => None,
        text => Some(
            Name::parse(text).map_err(|error| refuse(violation("invalid", text, "name", &error.message)))?,
        ),
    };
    let query = HistoryQuery { root, page_size: request.page_size, page_token: request.page_token.clone() };
    let page = hanse_model::history(view, &query).map_err(|error| {
        tracing::error!(%error, "the store cannot be read");
        Status::internal("the store of this node cannot be read; see its log")
    })?;
    let page = page.map_err(refuse)?;
    let mut budget = VALUES_BYTES_MAX;
    let mut entry = |entry: hanse_model::HistoryEntry| v1::HistoryEntry {
        fields: match (&entry.before, &entry.after) {
            (Some(before), Some(after)) => of_update(before, after, &mut budget),
            _ => Vec::new(),
        },
        change: Some(entry.record),
    };
    Ok(v1::HistoryResponse {
        entries: page.entries.into_iter().map(&mut entry).collect(),
        next_page_token: page.next_page_token,
        oldest_revision: page.oldest,
    })
}
