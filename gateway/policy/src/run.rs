//! The pipeline as a machine without IO.
//!
//! ```text
//!           ┌──── next ────┐                 ┌── set response, next ──┐
//! inbound ──► policies run ──► backend ──► Effect::Forward ──► outbound ──► Effect::Answer
//!              │  ▲     │ fails, or `fail` is called                         ▲
//!   Effect::Do ▼  │     └────────► prepared answer ──► on-error ─────────────┘
//!            resume
//! ```
//!
//! The data plane calls [`Run::next`] and does what it is told: forward the request and put the
//! answer into the context, do something else outside and [resume](Run::resume) with what came of it, or
//! send the answer. It never learns which policies ran, and nothing here learns what a socket is.

use http::StatusCode;

use crate::chain::Chain;
use crate::context::{LastError, RequestContext, ResponseMessage};
use crate::document::Step;
use crate::env::{Env, Halt, PendingStatus};
use crate::fault::Fault;
use crate::host::Host;
use crate::lane::{Event, Lane, Origin};
use crate::policies::cors;
use crate::policies::wait::Wait;
use crate::section::{ScopeKind, Section};
use crate::task::{ForwardOptions, Outcome, Task};
use crate::trace::TraceEntry;

/// What the data plane does next.
#[derive(Debug)]
pub enum Effect {
    /// Send the request to the context's target. Then set the context's response and call
    /// [`Run::next`], or call [`Run::fail`] and then [`Run::next`].
    Forward(ForwardOptions),
    /// Do this, call [`Run::resume`] with what came of it, then [`Run::next`].
    Do(Task),
    /// Begin this and call [`Run::next`] at once. When it is done, that is for [`Run::resume_one`]. No number is
    /// given twice, so that a task that is not wanted any more is taken for no other.
    Begin(usize, Task),
    /// Wait until one of the tasks that were begun is done; call [`Run::resume_one`], then [`Run::next`].
    /// Where any other effect follows, tasks that are not done yet are no longer wanted.
    Await,
    /// The pipeline is over. Call [`finish`](crate::finish), then send the context's response; if
    /// there is none, an empty 200.
    Answer,
}

/// What a policy's run leads to.
#[derive(Debug)]
pub(crate) enum Flow<'a> {
    Continue,
    /// The answer stands: nothing else runs, or in `outbound` and `on-error` nothing else of the section.
    Terminate,
    /// The answer came from a cache: `outbound` goes on behind the policy that would have stored it.
    Hit,
    Forward(ForwardOptions),
    /// Do this, then the policy goes on with what came of it.
    Do(Task),
    /// Run these, in the place of the policy.
    Enter(crate::lane::Entry<'a>),
    Wait(&'a Wait),
}

/// What a policy left to be done when the answer stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deferred<'a> {
    pub(crate) step: &'a Step,
    pub(crate) scope: ScopeKind,
}

/// One request's way through its chain of documents.
pub struct Run<'a> {
    chain: Chain<'a>,
    section: Section,
    lane: Lane<'a>,
    waiting: Option<Waiting<'a>>,
    /// The number of the first task of the next `wait`.
    next_task: usize,
    is_over: bool,
    /// The answer stands; what was left to be done then is being done.
    is_finishing: bool,
    /// What the first of it asked for could not be had.
    finish_failed: bool,
    has_forwarded: bool,
    pending_status: PendingStatus,
}

/// A `wait` that is not over: its policies, each on a lane of its own.
struct Waiting<'a> {
    waits_for_any: bool,
    lanes: Vec<Lane<'a>>,
    /// The number of the first lane's tasks; the others' follow.
    first_task: usize,
    /// The lane whose task is done at once.
    at_once: usize,
    /// The first failure of those that have to succeed.
    failed: Option<(Box<Fault>, Option<Origin<'a>>)>,
}

impl<'a> Run<'a> {
    pub fn new(chain: Chain<'a>) -> Self {
        Self {
            chain,
            section: Section::Inbound,
            lane: Lane::of_section(chain, Section::Inbound),
            waiting: None,
            next_task: 0,
            is_over: false,
            is_finishing: false,
            finish_failed: false,
            has_forwarded: false,
            pending_status: None,
        }
    }

    /// Runs policies until something has to be done outside.
    pub fn next(&mut self, context: &mut RequestContext<'a>, host: &dyn Host) -> Effect {
        self.take_answer(context);
        while !self.is_over {
            if self.is_finishing {
                match self.finish_deferred(context, host) {
                    Some(task) => return Effect::Do(task),
                    None => break,
                }
            }
            if self.waiting.is_some() {
                match self.go_on_waiting(context, host) {
                    Some(effect) => return effect,
                    None => continue,
                }
            }
            let mut env = self.env(context, host);
            let event = env.advance();
            match event {
                Event::Ended => self.leave_section(context, host),
                Event::Terminated => self.terminate(),
                Event::Hit => self.begin(Section::Outbound, true),
                Event::Failed(fault, origin) => self.fail_at(context, host, &fault, origin),
                Event::Forward(options) => {
                    context.response = None;
                    return Effect::Forward(options);
                }
                Event::Do(task) => return Effect::Do(task),
                Event::Wait(policy, waits_for_any) => {
                    let lanes = self.lane.lanes_of(policy);
                    let first_task = self.next_task;
                    self.next_task += lanes.len();
                    self.waiting =
                        Some(Waiting { waits_for_any, lanes, first_task, at_once: 0, failed: None });
                }
            }
        }
        Effect::Answer
    }

    /// What came of [`Effect::Do`].
    pub fn resume(&mut self, outcome: Outcome) {
        if self.is_finishing {
            self.finish_failed = matches!(outcome, Outcome::Failed(_));
            return;
        }
        match &mut self.waiting {
            Some(waiting) => waiting.lanes[waiting.at_once].resume(outcome),
            None => self.lane.resume(outcome),
        }
    }

    /// What came of a task that [`Effect::Begin`] began.
    pub fn resume_one(&mut self, task: usize, outcome: Outcome) {
        let Some(waiting) = &mut self.waiting else { return };
        let at = task.checked_sub(waiting.first_task);
        if let Some(lane) = at.and_then(|at| waiting.lanes.get_mut(at)) {
            lane.resume(outcome);
        }
    }

    /// A built-in step or the forward failed: what is left of the pipeline is skipped, unless a `retry`
    /// is around; the answer is prepared, and the next call of [`Run::next`] runs `on-error`. A failure
    /// while `on-error` runs ends it; the first failure's answer stays.
    pub fn fail(&mut self, context: &mut RequestContext<'a>, host: &dyn Host, fault: Fault) {
        match self.lane.forwarding() {
            Some(_) => self.lane.resume(Outcome::Failed(Box::new(fault))),
            None => self.fail_at(context, host, &fault, None),
        }
    }

    /// The section that runs now, for logs and traces.
    pub fn section(&self) -> Section {
        self.section
    }

    fn env<'r>(&'r mut self, context: &'r mut RequestContext<'a>, host: &'r dyn Host) -> Advance<'a, 'r> {
        let env = Env {
            acts_on_response: self.has_forwarded
                || matches!(self.section, Section::Outbound | Section::OnError),
            section: self.section,
            context,
            host,
            step: None,
            scope: ScopeKind::Global,
            pending_status: &mut self.pending_status,
        };
        Advance { env, lane: &mut self.lane }
    }

    /// Goes on with a `wait`. `None`: it is over.
    fn go_on_waiting(&mut self, context: &mut RequestContext<'a>, host: &dyn Host) -> Option<Effect> {
        let mut waiting = self.waiting.take()?;
        let acts_on_response =
            self.has_forwarded || matches!(self.section, Section::Outbound | Section::OnError);
        let (mut are_any_left, mut is_done) = (false, false);
        for at in 0..waiting.lanes.len() {
            let lane = &mut waiting.lanes[at];
            if lane.is_over() {
                continue;
            }
            if lane.is_asking() {
                are_any_left = true;
                continue;
            }
            let mut env = Env {
                acts_on_response,
                section: self.section,
                context: &mut *context,
                host,
                step: None,
                scope: ScopeKind::Global,
                pending_status: &mut self.pending_status,
            };
            match lane.advance(&mut env) {
                Event::Ended => {
                    lane.end();
                    is_done |= waiting.waits_for_any;
                }
                Event::Terminated | Event::Hit => {
                    self.terminate();
                    return None;
                }
                Event::Failed(fault, origin) => {
                    lane.end();
                    is_done |= waiting.waits_for_any;
                    waiting.failed.get_or_insert((fault, origin));
                }
                Event::Do(task) if task.is_of_the_message() => {
                    waiting.at_once = at;
                    self.waiting = Some(waiting);
                    return Some(Effect::Do(task));
                }
                Event::Do(task) => {
                    let number = waiting.first_task + at;
                    self.waiting = Some(waiting);
                    return Some(Effect::Begin(number, task));
                }
                // Checks keep both out of a `wait`; should they get in, they fail it.
                Event::Forward(_) | Event::Wait(..) => {
                    lane.end();
                    let message = "forward-request and wait do not run within wait";
                    waiting.failed.get_or_insert((Box::new(Fault::internal("wait", None, message)), None));
                }
            }
            if is_done {
                break;
            }
        }
        if are_any_left && !is_done {
            self.waiting = Some(waiting);
            return Some(Effect::Await);
        }
        if let Some((fault, origin)) = waiting.failed {
            self.lane.fail(fault, origin);
        }
        None
    }

    fn fail_at(
        &mut self,
        context: &mut RequestContext<'a>,
        host: &dyn Host,
        fault: &Fault,
        origin: Option<Origin<'a>>,
    ) {
        self.waiting = None;
        if self.is_over || self.section == Section::OnError {
            let later = last_error(fault, origin, self.section);
            context.later_error.get_or_insert_with(|| Box::new(later));
            self.is_finishing = true;
            return;
        }
        self.trace_failure(context, host, fault, origin);
        context.last_error = Some(last_error(fault, origin, self.section));
        if !fault.keeps_response || context.response.is_none() {
            context.response = Some(fault.prepare(context.request_id));
        }
        // A browser that is not let in because its key is missing has to be able to read that.
        cors::grant_on_error(&self.chain, context, host);
        self.begin(Section::OnError, false);
    }

    fn trace_failure(
        &self,
        context: &mut RequestContext<'a>,
        host: &dyn Host,
        fault: &Fault,
        origin: Option<Origin<'a>>,
    ) {
        let Some(trace) = &mut context.trace else { return };
        let place = origin.map(|origin| &origin.step.origin);
        // The policy has just said so itself.
        let path = place.map(|place| &*place.path);
        if trace.entries.last().is_some_and(|last| path.is_some() && last.path.as_deref() == path) {
            return;
        }
        let reason = fault.reason.as_deref().unwrap_or("no reason");
        trace.add(TraceEntry {
            section: self.section.as_str(),
            source: fault.source.to_string(),
            scope: origin.map(|origin| origin.scope.as_str()),
            path: place.map(|place| place.path.to_string()),
            line: place.map(|place| place.line),
            fragment: place.and_then(|place| place.fragment.as_deref()).map(str::to_owned),
            at_ms: host.unix_ms(),
            message: format!("the request failed, {reason}: {}; on-error runs", fault.message),
        });
    }

    fn begin(&mut self, section: Section, is_behind_store: bool) {
        self.section = section;
        self.waiting = None;
        self.lane = Lane::of_section(self.chain, section);
        if is_behind_store {
            self.lane.skip_stored();
        }
    }

    // The data plane is back from a forward.
    fn take_answer(&mut self, context: &RequestContext<'a>) {
        let Some((options, _)) = self.lane.forwarding() else {
            return;
        };
        self.has_forwarded = true;
        if self.lane.has_outcome() {
            return;
        }
        let status = context.response.as_ref().map_or(StatusCode::OK, |response| response.status);
        let is_error = status.is_client_error() || status.is_server_error();
        match options.fail_on_error_status_code && is_error {
            true => self.lane.resume(Outcome::Failed(Box::new(Fault::backend_error_status(status)))),
            false => self.lane.resume(Outcome::Done),
        }
    }

    /// `return-response` and its like: in `inbound` and `backend` nothing follows.
    fn terminate(&mut self) {
        self.waiting = None;
        self.lane.clear();
        self.is_finishing = true;
    }

    fn leave_section(&mut self, context: &mut RequestContext<'a>, host: &dyn Host) {
        let next = match self.section {
            Section::Inbound => Section::Backend,
            Section::Backend => Section::Outbound,
            Section::Outbound | Section::OnError => {
                self.is_finishing = true;
                return;
            }
        };
        if next == Section::Outbound && context.response.is_none() {
            context.response = Some(self.unforwarded_answer());
        }
        self.begin(next, false);
        if next == Section::Outbound {
            self.tell_answered(context, host);
            for Deferred { step, scope } in context.at_answer.drain(..).rev() {
                self.lane.enter_step(step, scope);
            }
        }
    }

    /// What policies of `inbound` have to say of the answer before `outbound` runs.
    fn tell_answered(&mut self, context: &mut RequestContext<'a>, host: &dyn Host) {
        for at in 0..context.deferred.len() {
            let Deferred { step, scope } = context.deferred[at];
            let mut env = Env {
                acts_on_response: true,
                section: self.section,
                context: &mut *context,
                host,
                step: Some(step),
                scope,
                pending_status: &mut self.pending_status,
            };
            step.policy.answered(&mut env);
        }
    }

    /// What policies left to be done when the answer stands. A failure here is noted and changes nothing.
    fn finish_deferred(&mut self, context: &mut RequestContext<'a>, host: &dyn Host) -> Option<Task> {
        while let Some(Deferred { step, scope }) = context.deferred.first().copied() {
            if std::mem::take(&mut self.finish_failed) {
                context.deferred.remove(0);
                continue;
            }
            let mut env = Env {
                acts_on_response: true,
                section: self.section,
                context: &mut *context,
                host,
                step: Some(step),
                scope,
                pending_status: &mut self.pending_status,
            };
            match step.policy.finish(&mut env) {
                Ok(()) => {}
                Err(Halt::Fault(fault)) => env.trace(fault.message),
                Err(Halt::Task(task)) => return Some(task),
            }
            context.deferred.remove(0);
        }
        self.is_over = true;
        None
    }

    // Nothing was forwarded: an empty 200, or what `set-status` said meanwhile.
    fn unforwarded_answer(&mut self) -> ResponseMessage {
        let mut response = ResponseMessage::new(StatusCode::OK);
        if let Some((status, reason)) = self.pending_status.take() {
            response.status = status;
            response.reason = reason;
        }
        response
    }
}

struct Advance<'a, 'r> {
    env: Env<'a, 'r>,
    lane: &'r mut Lane<'a>,
}

impl<'a> Advance<'a, '_> {
    fn advance(&mut self) -> Event<'a> {
        self.lane.advance(&mut self.env)
    }
}

/// What `context.LastError` says of a failure.
pub(crate) fn last_error(fault: &Fault, origin: Option<Origin<'_>>, section: Section) -> LastError {
    LastError {
        source: fault.source.clone(),
        reason: fault.reason.clone(),
        message: fault.message.clone(),
        scope: origin.map(|origin| origin.scope),
        section,
        path: origin.map(|origin| origin.step.origin.path.clone()),
        policy_id: origin.and_then(|origin| origin.step.origin.id.clone()),
        line: origin.map(|origin| origin.step.origin.line),
        fragment: origin.and_then(|origin| origin.step.origin.fragment.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Body;
    use crate::task::CallError;
    use crate::testing::Bench;

    #[test]
    fn a_task_of_an_earlier_wait_is_no_answer_for_a_later_one() {
        let call = "<send-request response-variable-name='r' ignore-error='true'><set-url>http://a.test</set-url>\
                    <set-method>GET</set-method></send-request>";
        let mut bench =
            Bench::inbound(&format!("<wait for='any'>{call}{call}</wait><wait>{call}{call}</wait>"));
        let mut run = Run::new(bench.chain());
        let mut begun = Vec::new();
        let refused = || Outcome::Called(Err(CallError::Timeout));
        let mut until_await = |run: &mut Run<'static>| loop {
            match run.next(&mut bench.context, &bench.host) {
                Effect::Begin(number, _) => begun.push(number),
                Effect::Await => break begun.clone(),
                other => panic!("{other:?}"),
            }
        };
        let first = until_await(&mut run);
        run.resume_one(first[1], refused());
        let both = until_await(&mut run);
        assert_eq!(both, [0, 1, 2, 3]);
        // The first `wait` did not wait for this one, and the second has nothing of it.
        run.resume_one(first[0], refused());
        until_await(&mut run);
        run.resume_one(both[2], refused());
        until_await(&mut run);
        run.resume_one(both[3], refused());
        let end = run.next(&mut bench.context, &bench.host);
        assert!(!matches!(end, Effect::Await | Effect::Begin(..)), "{end:?}");
    }

    #[test]
    fn a_condition_of_retry_that_cannot_be_read_fails_once() {
        let mut bench = Bench::document(
            "<policies><backend><retry condition='@(context.Response.Body.As&lt;string>(true) == \"x\")' count='3' \
             interval='0'><forward-request buffer-request-body='true'/></retry></backend></policies>",
        );
        let mut run = Run::new(bench.chain());
        let mut reads = 0;
        loop {
            match run.next(&mut bench.context, &bench.host) {
                Effect::Forward(_) => {
                    let mut response = ResponseMessage::new(StatusCode::OK);
                    response.body = Body::Stream;
                    bench.context.response = Some(response);
                }
                Effect::Do(Task::Read(_)) => {
                    reads += 1;
                    assert!(reads < 2, "it is read again");
                    run.resume(Outcome::Failed(Box::new(Fault::internal(
                        "configuration",
                        None,
                        "too large",
                    ))));
                }
                Effect::Answer => break,
                other => panic!("{other:?}"),
            }
        }
        let error = bench.context.last_error.expect("it failed");
        assert_eq!((reads, error.path.as_deref()), (1, Some("retry[1]")));
    }
}
