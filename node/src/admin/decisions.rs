//! Decisions on the leader: a request is admitted, decided once on what is applied now, and proposed.
//!
//! One idea: what has changed since it was admitted makes it be admitted again, so a command never rests
//! on what is no longer so. Long decisions take turns, beside the threads that serve traffic and Raft.

use super::{
    act, plans, prune,
    refusal::refusal,
    writes::{Undecided, Write},
};
use crate::{
    actions::Stop,
    admission::{Admission, Admitted, NotAdmitted, bounded},
    aside::aside,
    cluster::linearize::LEADER_WAIT_MAX,
    state::Node,
};
use hanse_proto::{COMMAND_BYTES_MAX, FEATURE_LEVEL, v1, v1::resource::Spec};
use hanse_raft_store::{ProposeError, View};
use prost::Message;
use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering,
    time::Duration,
};
use tokio::time::Instant;
use tonic::Status;

/// How often a request is admitted anew because what it rested on has changed.
const ADMISSIONS_MAX: usize = 8;
/// Changes of a request that is decided at once; one of more waits for its turn.
const SHORT_CHANGES_MAX: usize = 32;
/// Bytes of a request that is decided at once.
const SHORT_BYTES_MAX: usize = 64 * 1024;
/// How long a long request waits for its turn.
const TURN_WAIT_MAX: Duration = Duration::from_secs(20);

impl Write for v1::ApplyRequest {
    type Answer = v1::ApplyResponse;
    const METHOD: &'static str = "/hanse.v1.Management/Apply";

    fn request_id(&mut self) -> &mut String {
        &mut self.request_id
    }

    async fn decide(&self, node: &Node, principal: &v1::Principal) -> Result<v1::ApplyResponse, Undecided> {
        let digest = digest_of(self);
        decide_apply(node, principal, self, digest).await
    }
}

/// SHA-256 of what the caller sent, apart from whether it was only to be tried.
pub(super) fn digest_of<M: Message>(request: &M) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, &request.encode_to_vec()).as_ref().to_vec()
}

pub(super) async fn decide_apply(
    node: &Node,
    principal: &v1::Principal,
    request: &v1::ApplyRequest,
    digest: Vec<u8>,
) -> Result<v1::ApplyResponse, Undecided> {
    let began = Instant::now();
    let decided = decide(node, principal, request, digest, Purpose::Apply).await?;
    Ok(answer(request, decided.applied, decided.warnings, began))
}

/// What a request is decided for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Purpose<'a> {
    /// To be done, or for a dry run to be tried.
    Apply,
    /// To be tried, and told in full.
    Plan,
    /// To be done or tried, and told in full: its changes are what an action means.
    Act(&'a v1::ActRequest),
}

/// A request that was done or tried.
pub(super) struct Decided {
    pub(super) applied: v1::Applied,
    pub(super) warnings: Vec<v1::Warning>,
    /// Of [`Purpose::Plan`] and [`Purpose::Act`].
    pub(super) plan: Option<v1::PlanResponse>,
}

/// Decides a request on the leader, and unless it is only tried, proposes it.
pub(super) async fn decide(
    node: &Node,
    principal: &v1::Principal,
    request: &v1::ApplyRequest,
    digest: Vec<u8>,
    purpose: Purpose<'_>,
) -> Result<Decided, Undecided> {
    catch_up_once(node).await?;
    let is_long = purpose != Purpose::Apply || is_long(request);
    let mut is_confirmed = false;
    for _ in 0..ADMISSIONS_MAX {
        let work = || admit(node, principal, request, &digest, purpose);
        let step = match if is_long { in_turn(node, work).await? } else { work() } {
            // A leader that was deposed without knowing would refuse by what is no longer so.
            Err(Undecided::Refused(_)) | Ok(Step::Tried(_)) if !is_confirmed => {
                is_confirmed = true;
                let index = node.replica.read_index().await.map_err(from_propose)?;
                let caught_up = node.replica.wait_applied(index, LEADER_WAIT_MAX).await;
                caught_up.map_err(|_| Undecided::NotLeader)?;
                continue;
            }
            step => step?,
        };
        let (command, warnings, covered, plan) = match step {
            Step::Stale => {
                tokio::task::yield_now().await;
                continue;
            }
            Step::Admitted { command, warnings, covered, plan } => (command, warnings, covered, plan),
            Step::Tried(decided) => return Ok(decided),
        };
        let outcome = node.replica.propose(&command).await.map_err(from_propose)?;
        match outcome.result {
            Some(v1::outcome::Result::Applied(mut applied)) => {
                applied.results.extend(covered.into_iter().map(deleted));
                return Ok(Decided { applied, warnings, plan });
            }
            Some(v1::outcome::Result::Rejection(rejection)) if is_stale(&rejection) => {}
            Some(v1::outcome::Result::Rejection(rejection)) => {
                return Err(Undecided::Refused(refusal(rejection.violations)));
            }
            None => return Err(Undecided::Refused(Status::internal("the log gave no answer"))),
        }
    }
    Err(Undecided::Refused(Status::aborted(
        "others keep changing what this request rests on; nothing was changed, try again",
    )))
}

/// Whether deciding a request may take long: by its size, or by what it makes be read.
fn is_long(request: &v1::ApplyRequest) -> bool {
    // A PKCS#12 is made to be slow to open.
    let is_slow = |change: &v1::Change| match &change.change {
        Some(v1::change::Change::Put(resource)) => matches!(
            resource.spec,
            Some(Spec::Certificate(_) | Spec::CaCertificate(_) | Spec::HostnameBinding(_))
        ),
        _ => false,
    };
    request.prune
        || !request.plan_id.is_empty()
        || request.changes.len() > SHORT_CHANGES_MAX
        || request.changes.iter().any(is_slow)
        || request.encoded_len() > SHORT_BYTES_MAX
}

/// Does long work without IO when it is this request's turn, where it holds up nothing else.
///
/// # Errors
/// When its turn does not come in time.
pub(super) async fn in_turn<T>(node: &Node, work: impl FnOnce() -> T) -> Result<T, Undecided> {
    match tokio::time::timeout(TURN_WAIT_MAX, node.turns.acquire()).await {
        Ok(turn) => {
            let _turn = turn.expect("the semaphore is never closed");
            Ok(aside(work))
        }
        Err(_) => Err(Undecided::Refused(Status::resource_exhausted(
            "other large requests are being decided; nothing was changed, try again in a moment",
        ))),
    }
}

enum Step {
    /// What admission read has changed already.
    Stale,
    Admitted {
        command: v1::Command,
        warnings: Vec<v1::Warning>,
        plan: Option<v1::PlanResponse>,
        /// What a prune deletes along with its roots.
        covered: Vec<String>,
    },
    /// A dry run or a plan, decided.
    Tried(Decided),
}

/// Admits a request against what is applied now, and has `apply` decide it once before it is proposed.
fn admit(
    node: &Node,
    principal: &v1::Principal,
    request: &v1::ApplyRequest,
    digest: &[u8],
    purpose: Purpose<'_>,
) -> Result<Step, Undecided> {
    let view = node.view().map_err(store_failed)?;
    if hanse_model::cluster_info(&view).map_err(store_failed)?.is_none() {
        // The first entry is on its way; until it is applied there is nothing to decide by.
        return Err(Undecided::NotLeader);
    }
    let now = node.host.clock.unix_ms();
    let allowed = hanse_model::authorize(&view, principal, hanse_model::Action::Write, None, now);
    if let Err(violation) = allowed.map_err(store_failed)? {
        return Err(Undecided::Refused(refusal(vec![violation])));
    }
    let mut expansion = match purpose {
        Purpose::Act(action) => {
            // One that was done already could not be expanded again on what it left behind.
            if let Some(applied) = repeated(&view, principal, request, digest, now)? {
                return Ok(Step::Tried(Decided { applied, warnings: Vec::new(), plan: None }));
            }
            Some(act::expand(node, &view, action).map_err(|stop| match stop {
                Stop::Refused(violations) => Undecided::Refused(refusal(violations)),
                Stop::Store(error) => store_failed(error),
            })?)
        }
        Purpose::Apply | Purpose::Plan => None,
    };
    let expanded = expansion.as_mut().map(|expansion| v1::ApplyRequest {
        changes: std::mem::take(&mut expansion.changes),
        ..request.clone()
    });
    let request = expanded.as_ref().unwrap_or(request);
    let pruned = match request.prune {
        true => Some(
            prune::with_deletions(&view, view.revision(), request)
                .map_err(store_failed)?
                .map_err(|violations| Undecided::Refused(refusal(violations)))?,
        ),
        false => None,
    };
    let request = pruned.as_ref().map_or(request, |pruned| &pruned.request);
    let (covered, rests_on) =
        pruned.as_ref().map(|it| (it.covered.clone(), it.rests_on.clone())).unwrap_or_default();
    let admission = Admission { read: &view, keyring: &node.keyring, random: node.host.random.as_ref() };
    let (admitted, found) = match expansion {
        // What is only brought back was admitted when it was made.
        Some(_) if request.changes.is_empty() => (Some(Admitted::default()), Vec::new()),
        _ => admission.admit_all(request).map_err(|error| match error {
            NotAdmitted::Refused(violations) => Undecided::Refused(refusal(violations)),
            NotAdmitted::Store(error) => store_failed(error),
        })?,
    };
    let found = bounded(found);
    let refused = |violations| Err(Undecided::Refused(refusal(violations)));
    let Some(mut admitted) = admitted else { return refused(found) };
    admitted.command.rests_on.extend(rests_on);
    if let Some(mut expansion) = expansion {
        admitted.warnings.append(&mut expansion.warnings);
        expansion.complete(&mut admitted.command);
    }
    let mut command = v1::Command {
        feature_level: FEATURE_LEVEL,
        at_ms: now,
        principal: Some(principal.clone()),
        request_id: if request.dry_run { String::new() } else { request.request_id.clone() },
        request_digest: digest.to_vec(),
        action: Some(v1::command::Action::Apply(admitted.command)),
    };
    fits_one(&command)?;
    let revision = view.revision() + 1;
    let decision = catch_unwind(AssertUnwindSafe(|| hanse_model::apply(&view, &command, revision)));
    let decision = decision.map_err(|_| {
        tracing::error!(request_id = %request.request_id, "a request made apply panic and was not proposed");
        Undecided::Refused(Status::internal("this request cannot be decided; nothing was changed"))
    })?;
    match decision.map_err(store_failed)? {
        hanse_model::Decision::Rejected(rejection) if is_stale(&rejection) => Ok(Step::Stale),
        hanse_model::Decision::Rejected(rejection) => {
            refused(with_those_elsewhere(found, rejection.violations))
        }
        hanse_model::Decision::Accepted(_) if !found.is_empty() => refused(found),
        hanse_model::Decision::Accepted(accepted) => {
            let mut plan = None;
            let is_repeated = accepted.applied.repeated_request;
            let is_act = matches!(purpose, Purpose::Act(_));
            if purpose == Purpose::Plan || is_act || !request.plan_id.is_empty() && !is_repeated {
                let Some(v1::command::Action::Apply(apply)) = &mut command.action else {
                    unreachable!("the command was made as an apply above");
                };
                let mut planned =
                    crate::plan::plan(&view, request, apply, &accepted).map_err(store_failed)?;
                if !request.plan_id.is_empty() {
                    plans::must_be_planned(&view, request, &planned)
                        .map_err(store_failed)?
                        .map_err(Undecided::Refused)?;
                }
                // Whatever changes between now and the log entry makes it be admitted, and planned, again.
                if !is_act {
                    apply.rests_on.append(&mut planned.rests_on);
                }
                planned.response.revision = view.revision();
                planned.response.warnings.splice(0..0, admitted.warnings.iter().cloned());
                plan = Some(planned.response);
            }
            if request.dry_run {
                let (mut applied, warnings) = (accepted.applied, admitted.warnings);
                applied.results.extend(covered.into_iter().map(deleted));
                return Ok(Step::Tried(Decided { applied, warnings, plan }));
            }
            fits_one(&command)?;
            Ok(Step::Admitted { command, warnings: admitted.warnings, covered, plan })
        }
    }
}

/// The answer to an earlier request with the same id, if there was one.
fn repeated(
    view: &View,
    principal: &v1::Principal,
    request: &v1::ApplyRequest,
    digest: &[u8],
    now: i64,
) -> Result<Option<v1::Applied>, Undecided> {
    if request.dry_run {
        return Ok(None);
    }
    let command = v1::Command {
        feature_level: FEATURE_LEVEL,
        at_ms: now,
        principal: Some(principal.clone()),
        request_id: request.request_id.clone(),
        request_digest: digest.to_vec(),
        action: Some(v1::command::Action::Apply(v1::ApplyCommand::default())),
    };
    match hanse_model::apply(view, &command, view.revision() + 1).map_err(store_failed)? {
        hanse_model::Decision::Accepted(accepted) => {
            Ok(Some(accepted.applied).filter(|applied| applied.repeated_request))
        }
        hanse_model::Decision::Rejected(rejection) => Err(Undecided::Refused(refusal(rejection.violations))),
    }
}

/// What admission found, and what apply found at other places.
fn with_those_elsewhere(found: Vec<v1::Violation>, more: Vec<v1::Violation>) -> Vec<v1::Violation> {
    let place = |it: &v1::Violation| (it.name.clone(), it.field.clone());
    let places: BTreeSet<(String, String)> = found.iter().map(place).collect();
    found.into_iter().chain(more.into_iter().filter(|it| !places.contains(&place(it)))).collect()
}

/// The result of what is deleted along with a root.
fn deleted(name: String) -> v1::ChangeResult {
    v1::ChangeResult { name, action: "deleted".into(), etag: String::new() }
}

/// Refuses a command that is larger than one may be.
fn fits_one(command: &v1::Command) -> Result<(), Undecided> {
    let bytes = command.encoded_len();
    if bytes > COMMAND_BYTES_MAX {
        return Err(Undecided::Refused(refusal(vec![too_large(bytes)])));
    }
    Ok(())
}

fn too_large(bytes: usize) -> v1::Violation {
    v1::Violation {
        code: "limit".into(),
        message: format!("the command has {bytes} bytes; at most {COMMAND_BYTES_MAX} fit one"),
        hint: "apply it in several parts".into(),
        ..Default::default()
    }
}

fn is_stale(rejection: &v1::Rejection) -> bool {
    rejection.violations.iter().any(|violation| violation.code == "stale")
}

/// A new leader decides nothing before it has applied what earlier leaders acknowledged.
pub(super) async fn catch_up_once(node: &Node) -> Result<(), Undecided> {
    let term = node.replica.metrics().term;
    if node.caught_up_term.load(Ordering::Relaxed) == term {
        return Ok(());
    }
    let index = node.replica.read_index().await.map_err(from_propose)?;
    node.replica.wait_applied(index, LEADER_WAIT_MAX).await.map_err(|_| Undecided::NotLeader)?;
    node.mark_caught_up(term);
    Ok(())
}

fn from_propose(error: ProposeError) -> Undecided {
    match error {
        ProposeError::NotLeader { .. } | ProposeError::NoQuorum => Undecided::NotLeader,
        ProposeError::Uncertain { .. } => Undecided::Uncertain,
        ProposeError::TooLarge { bytes, .. } => Undecided::Refused(refusal(vec![too_large(bytes)])),
        ProposeError::Overloaded { .. } => Undecided::Refused(Status::resource_exhausted(
            "too many writes are under way; try again in a moment",
        )),
        other => Undecided::Refused(Status::unavailable(other.to_string())),
    }
}

pub(super) fn store_failed(error: impl std::fmt::Display) -> Undecided {
    tracing::error!(%error, "the store cannot be read");
    Undecided::Refused(Status::internal("the store of this node cannot be read; see its log"))
}

fn answer(
    request: &v1::ApplyRequest,
    applied: v1::Applied,
    warnings: Vec<v1::Warning>,
    began: Instant,
) -> v1::ApplyResponse {
    v1::ApplyResponse {
        revision: applied.revision,
        results: applied.results,
        request_id: request.request_id.clone(),
        dry_run: request.dry_run,
        warnings,
        commit_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
    }
}
