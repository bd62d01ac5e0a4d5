//! Writes: from a client's request to a committed command, on whichever node it arrived.
//!
//! One idea: a node that is not the leader passes the request on with the principal it has
//! authenticated and a `request_id`, so that trying again after a lost answer does it once.

use super::{act, openapi::ApiParts, plans, prune, refusal::refusal};
use crate::{
    actions::Stop,
    admission::{Admission, Admitted, NotAdmitted, bounded, violation},
    cluster::{
        channels::Lane,
        linearize::{LEADER_RETRY, LEADER_WAIT_MAX, no_leader},
    },
    state::Node,
};
use hanse_proto::{COMMAND_BYTES_MAX, FEATURE_LEVEL, Name, v1};
use hanse_raft_store::{ProposeError, View};
use prost::Message;
use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::Ordering,
    time::Duration,
};
use tokio::time::Instant;
use tonic::{Code, Status};

/// Time for one forwarded call; a lost one is tried again under the same `request_id`.
const FORWARD_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a request is admitted anew because what it rested on has changed.
const ADMISSIONS_MAX: usize = 8;
/// Most characters of a `request_id`.
const REQUEST_ID_CHARS_MAX: usize = 128;

/// A write that the leader decides.
pub trait Write: Message + Default + Clone + Send + Sync + 'static {
    /// What the caller gets.
    type Answer: Message + Default + Send;
    /// gRPC method, for forwarding.
    const METHOD: &'static str;

    /// The caller's id for it.
    fn request_id(&mut self) -> &mut String;
    /// Decides it on the leader.
    fn decide(
        &self,
        node: &Node,
        principal: &v1::Principal,
    ) -> impl Future<Output = Result<Self::Answer, Undecided>> + Send;
}

/// Why the leader gave no answer.
pub enum Undecided {
    /// It is no longer the leader; somebody else has to decide.
    NotLeader,
    /// Final.
    Refused(Status),
}

/// Has a write decided, wherever the leader is.
///
/// # Errors
/// What the leader refused, or `UNAVAILABLE` when there is none within [`LEADER_WAIT_MAX`].
pub async fn write<W: Write>(
    node: &Node,
    principal: &v1::Principal,
    mut request: W,
) -> Result<W::Answer, Status> {
    let id = request.request_id();
    if id.is_empty() {
        *id = uuid::Builder::from_random_bytes(node.host.random.bytes()).into_uuid().to_string();
    }
    if id.chars().count() > REQUEST_ID_CHARS_MAX {
        let message = format!("request_id has more than {REQUEST_ID_CHARS_MAX} characters");
        return Err(refusal(vec![violation("invalid", "", "requestId", &message)]));
    }
    if id.chars().any(char::is_control) {
        let message = "request_id holds control characters";
        return Err(refusal(vec![violation("invalid", "", "requestId", message)]));
    }
    let deadline = Instant::now() + LEADER_WAIT_MAX;
    loop {
        let answer = match node.replica.metrics().leader {
            Some(leader) if leader == node.config.node_id => request.decide(node, principal).await,
            Some(leader) => forward(node, leader, principal, &request).await,
            None => Err(Undecided::NotLeader),
        };
        match answer {
            Ok(answer) => return Ok(answer),
            Err(Undecided::Refused(status)) => return Err(status),
            Err(Undecided::NotLeader) if Instant::now() >= deadline => return Err(no_leader()),
            Err(Undecided::NotLeader) => tokio::time::sleep(LEADER_RETRY).await,
        }
    }
}

async fn forward<W: Write>(
    node: &Node,
    leader: u64,
    principal: &v1::Principal,
    request: &W,
) -> Result<W::Answer, Undecided> {
    let Some((member, _)) = node.replica.metrics().members.get(&leader).cloned() else {
        return Err(Undecided::NotLeader);
    };
    let mut client = node.channels.client(&member, Lane::Calls);
    let call = client.forward(v1::ForwardRequest {
        principal: Some(principal.clone()),
        method: W::METHOD.to_owned(),
        message: request.encode_to_vec().into(),
    });
    // A leader that is cut off never answers; as soon as another one is known, that one is asked.
    let answer = tokio::select! {
        biased;
        answer = tokio::time::timeout(FORWARD_TIMEOUT, call) => answer,
        () = deposed(node, leader) => return Err(Undecided::NotLeader),
    };
    match answer {
        Ok(Ok(response)) => W::Answer::decode(response.into_inner().message)
            .map_err(|_| Undecided::Refused(Status::internal("the leader's answer cannot be read"))),
        Ok(Err(status)) if is_passing(&status) => {
            node.channels.reset(leader, Lane::Calls);
            Err(Undecided::NotLeader)
        }
        Ok(Err(status)) => Err(Undecided::Refused(status)),
        Err(_) => {
            node.channels.reset(leader, Lane::Calls);
            Err(Undecided::NotLeader)
        }
    }
}

/// Returns when this node takes another one for the leader.
async fn deposed(node: &Node, leader: u64) {
    let mut standing = node.replica.status_changes();
    while node.replica.metrics().leader == Some(leader) {
        if standing.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Whether a forwarded call may simply be made again: the leader was not reached or is none.
/// A transport failure surfaces as UNKNOWN, INTERNAL or CANCELLED without details.
fn is_passing(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled)
        && status.details().is_empty()
}

/// Decides a forwarded call on this node, if it is the leader.
pub async fn decide_forwarded<W: Write>(
    node: &Node,
    principal: &v1::Principal,
    message: &[u8],
) -> Result<Vec<u8>, Status> {
    let request =
        W::decode(message).map_err(|_| Status::invalid_argument("a forwarded call cannot be read"))?;
    match request.decide(node, principal).await {
        Ok(answer) => Ok(answer.encode_to_vec()),
        Err(Undecided::NotLeader) => Err(Status::unavailable("this node is not the leader")),
        Err(Undecided::Refused(status)) => Err(status),
    }
}

// === Apply ===

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

async fn decide_apply(
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
    let mut is_confirmed = false;
    for _ in 0..ADMISSIONS_MAX {
        let step = match admit(node, principal, request, &digest, purpose) {
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
            prune::with_deletions(&view, request)
                .map_err(store_failed)?
                .map_err(|violations| Undecided::Refused(refusal(violations)))?,
        ),
        false => None,
    };
    let request = pruned.as_ref().map_or(request, |pruned| &pruned.request);
    let covered = pruned.as_ref().map(|pruned| pruned.covered.clone()).unwrap_or_default();
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
async fn catch_up_once(node: &Node) -> Result<(), Undecided> {
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
        // An uncertain one is made again under its request_id, and gets the first answer.
        ProposeError::NotLeader { .. } | ProposeError::Uncertain { .. } | ProposeError::NoQuorum => {
            Undecided::NotLeader
        }
        ProposeError::TooLarge { bytes, .. } => Undecided::Refused(refusal(vec![too_large(bytes)])),
        ProposeError::Overloaded { .. } => Undecided::Refused(Status::resource_exhausted(
            "too many writes are under way; try again in a moment",
        )),
        other => Undecided::Refused(Status::unavailable(other.to_string())),
    }
}

fn store_failed(error: impl std::fmt::Display) -> Undecided {
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

// === Import ===

impl Write for v1::ImportOpenApiRequest {
    type Answer = v1::ImportOpenApiResponse;
    const METHOD: &'static str = "/hanse.v1.Management/ImportOpenApi";

    fn request_id(&mut self) -> &mut String {
        &mut self.request_id
    }

    async fn decide(
        &self,
        node: &Node,
        principal: &v1::Principal,
    ) -> Result<v1::ImportOpenApiResponse, Undecided> {
        catch_up_once(node).await?;
        let (changes, plan, warnings) = self.plan(node)?;
        if changes.is_empty() {
            let revision = node.view().map_err(store_failed)?.revision();
            let unchanged = v1::ApplyResponse {
                revision,
                request_id: self.request_id.clone(),
                dry_run: self.dry_run,
                warnings,
                ..Default::default()
            };
            return Ok(v1::ImportOpenApiResponse { applied: Some(unchanged), ..plan });
        }
        let request = v1::ApplyRequest {
            changes,
            request_id: self.request_id.clone(),
            dry_run: self.dry_run,
            ..Default::default()
        };
        let mut applied = decide_apply(node, principal, &request, digest_of(self)).await?;
        applied.warnings.splice(0..0, warnings);
        Ok(v1::ImportOpenApiResponse { applied: Some(applied), ..plan })
    }
}

trait Import {
    #[allow(clippy::type_complexity)]
    fn plan(
        &self,
        node: &Node,
    ) -> Result<(Vec<v1::Change>, v1::ImportOpenApiResponse, Vec<v1::Warning>), Undecided>;
}

impl Import for v1::ImportOpenApiRequest {
    fn plan(
        &self,
        node: &Node,
    ) -> Result<(Vec<v1::Change>, v1::ImportOpenApiResponse, Vec<v1::Warning>), Undecided> {
        let refuse = |violation| Undecided::Refused(refusal(vec![violation]));
        let prefix = if self.parent.is_empty() { String::new() } else { format!("{}/", self.parent) };
        let name = Name::parse(&format!("{prefix}apis/{}", self.api))
            .map_err(|error| refuse(violation("invalid", &self.api, "api", &error.message)))?;
        let text = std::str::from_utf8(&self.document).map_err(|_| {
            refuse(violation("invalid", name.as_str(), "document", "the document is not UTF-8 text"))
        })?;
        let translate = match self.translate_required_query_parameters.as_str() {
            "" | "template" => hanse_openapi::Translate::Template,
            "query" => hanse_openapi::Translate::Query,
            other => {
                let message = format!("`{other}` is unknown; there are template and query");
                return Err(refuse(violation(
                    "invalid",
                    name.as_str(),
                    "translateRequiredQueryParameters",
                    &message,
                )));
            }
        };
        let options =
            hanse_openapi::Options { translate_required_query_parameters: translate, ..Default::default() };
        let (imported, findings) = hanse_openapi::read(&self.file_name, text, &options);
        let Some(imported) = imported else {
            let violations = findings
                .into_iter()
                .filter(|finding| finding.severity == hanse_openapi::Severity::Error)
                .map(|finding| v1::Violation {
                    line: finding.line,
                    column: finding.column,
                    ..violation("invalid", name.as_str(), &finding.pointer, &finding.message)
                })
                .collect();
            return Err(Undecided::Refused(refusal(violations)));
        };
        let warnings = findings
            .into_iter()
            .map(|finding| v1::Warning {
                name: name.to_string(),
                message: finding.message,
                line: finding.line,
                column: finding.column,
            })
            .collect();
        let present = present(node, &name)?;
        let plan = hanse_openapi::plan_import(
            &name,
            &imported,
            &present.operations,
            present.api.as_ref(),
            present.schemas.get(hanse_openapi::SCHEMA_ID),
            self.path.as_deref(),
            self.service_url.as_deref(),
        );
        let deletes = plan.deletes.into_iter().map(v1::change::Change::Delete);
        let carried = carry_policies(node, &plan.carried)?;
        let puts = plan.puts.into_iter().chain(carried).map(v1::change::Change::Put);
        let changes = deletes
            .chain(puts)
            .map(|change| v1::Change { change: Some(change), ..Default::default() })
            .collect();
        let counts = v1::ImportOpenApiResponse {
            applied: None,
            operations: u32::try_from(imported.operations.len()).unwrap_or(u32::MAX),
            created: plan.created,
            updated: plan.updated,
            deleted: plan.deleted,
        };
        Ok((changes, counts, warnings))
    }
}

/// Policy documents of operations that go on under another id, under their new names.
fn carry_policies(node: &Node, carried: &[hanse_openapi::Carried]) -> Result<Vec<v1::Resource>, Undecided> {
    let view = node.view().map_err(store_failed)?;
    let mut policies = Vec::new();
    for carried in carried {
        let policy_of = |operation: &str| Name::parse(&format!("{operation}/policies/policy"));
        let (Ok(from), Ok(to)) = (policy_of(&carried.from), policy_of(&carried.to)) else { continue };
        let stored = hanse_model::get(&view, &from).map_err(store_failed)?;
        if let Some(spec) = stored.and_then(|it| it.resource).and_then(|it| it.spec) {
            policies.push(v1::Resource { name: to.to_string(), spec: Some(spec), ..Default::default() });
        }
    }
    Ok(policies)
}

/// The API as it is now.
fn present(node: &Node, api: &Name) -> Result<ApiParts, Undecided> {
    let view = node.view().map_err(store_failed)?;
    ApiParts::read(&view, api).map_err(store_failed)
}
