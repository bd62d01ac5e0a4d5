//! Plans on the leader: made when somebody asks, and made again when a request says which one it is.
//!
//! One idea: a plan is decided where and as the write itself would be, so what it says is what would
//! happen; the request that carries its id goes into the log resting on all that the plan looked at.

use super::{
    decisions::{Decided, Purpose, decide, digest_of},
    refusal::refusal,
    writes::{Undecided, Write},
};
use crate::{
    admission::violation,
    plan::{Planned, revision_in, touched_since},
    state::Node,
};
use hanse_model::Read;
use hanse_proto::{key_of, v1};
use tonic::Status;

/// Changes of the feed that are looked through for what made a plan stale.
const FEED_EXAMINED_MAX: usize = 10_000;
/// Changes that a refusal of a stale plan names.
const CHANGES_SHOWN: usize = 5;

impl Write for v1::PlanRequest {
    type Answer = v1::PlanResponse;
    const METHOD: &'static str = "/hanse.v1.Management/Plan";

    fn request_id(&mut self) -> &mut String {
        &mut self.apply.get_or_insert_default().request_id
    }

    async fn decide(&self, node: &Node, principal: &v1::Principal) -> Result<v1::PlanResponse, Undecided> {
        let request = v1::ApplyRequest { dry_run: true, ..self.apply.clone().unwrap_or_default() };
        let digest = digest_of(&request);
        let Decided { plan, .. } = decide(node, principal, &request, digest, Purpose::Plan).await?;
        plan.ok_or_else(|| Undecided::Refused(Status::internal("the plan was not made")))
    }
}

/// Refuses a request that would not do what its plan said.
///
/// # Errors
/// Outside, when the store cannot be read.
pub fn must_be_planned<R: Read>(
    read: &R,
    request: &v1::ApplyRequest,
    planned: &Planned,
) -> Result<Result<(), Status>, R::Error> {
    let wanted = request.plan_id.as_str();
    if wanted == planned.response.plan_id {
        return Ok(Ok(()));
    }
    let Some(after) = revision_in(wanted) else {
        let message = "no id of a plan; `hanse plan` and the Plan call tell one";
        return Ok(Err(refusal(vec![violation("invalid", "", "planId", message)])));
    };
    let mut rests_on = planned.rests_on.clone();
    rests_on.extend(request.changes.iter().filter_map(|change| {
        let name = match change.change.as_ref()? {
            v1::change::Change::Put(resource) => &resource.name,
            v1::change::Change::Delete(name) => name,
        };
        Some(v1::RestsOn { key: key_of(name), revision: 0, ..Default::default() })
    }));
    let feed = hanse_model::changes_after(read, after, FEED_EXAMINED_MAX)?.unwrap_or_default();
    let mut violations: Vec<v1::Violation> = touched_since(&rests_on, &feed)
        .into_iter()
        .take(CHANGES_SHOWN)
        .map(|change| {
            let v1::ChangeRecord { action, actor, revision, .. } = change;
            let message = format!("{action} by {actor} in revision {revision}, after the plan was made");
            violation("stale", &change.name, "", &message)
        })
        .collect();
    let message = match violations.is_empty() {
        true => "this is not what was planned: the manifests or what they touch have changed since",
        false => "the plan is stale: what it touches has changed since",
    };
    let hint = "plan again, look at it, and apply that plan: hanse plan".to_owned();
    violations.insert(0, v1::Violation { hint, ..violation("stale", "", "", message) });
    Ok(Err(refusal(violations)))
}
