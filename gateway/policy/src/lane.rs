//! A way through policies: a stack of what is still to be run.
//!
//! A section is one lane; the policies within a `wait` have a lane each. `<base/>`, `choose`, `retry` and
//! their like put what they hold on the stack, so nothing recurses and nothing is allocated up to
//! [`FRAMES_INLINE`] levels.

use std::time::Duration;

use smallvec::SmallVec;

use crate::chain::{CHAIN_LEVELS, Chain};
use crate::document::Step;
use crate::env::{Env, Halt};
use crate::fault::Fault;
use crate::host::Permit;
use crate::policies::Policy;
use crate::policies::retry::Retry;
use crate::policies::wait::Wait;
use crate::run::{Flow, last_error};
use crate::section::{ScopeKind, Section};
use crate::task::{ForwardOptions, Outcome, Task};

/// Levels that a lane keeps without an allocation.
const FRAMES_INLINE: usize = 8;

/// What advancing a lane leads to.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    /// Nothing is left to be run.
    Ended,
    Terminated,
    Hit,
    Failed(Box<Fault>, Option<Origin<'a>>),
    Forward(ForwardOptions),
    Do(Task),
    /// And whether it waits for any.
    Wait(&'a Wait, bool),
}

/// The policy that something comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) step: &'a Step,
    pub(crate) scope: ScopeKind,
}

/// Policies to run in the place of one.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) steps: &'a [Step],
    pub(crate) around: Around<'a>,
}

/// What is around policies: it decides what follows when they have run, or when one fails.
#[derive(Debug)]
pub(crate) enum Around<'a> {
    Nothing,
    Retry(Retries<'a>),
    /// Given back when it is dropped.
    Permit(#[expect(dead_code, reason = "it is held")] Permit),
}

/// A `retry` that is under way.
#[derive(Debug)]
pub(crate) struct Retries<'a> {
    pub(crate) policy: &'a Retry,
    pub(crate) plan: crate::policies::retry::Plan,
    /// Times its policies were run again.
    pub(crate) retried: u32,
    /// What the last run failed with.
    pub(crate) failed: Option<(Box<Fault>, Option<Origin<'a>>)>,
}

struct Frame<'a> {
    rest: &'a [Step],
    /// All steps, for those that are run again.
    steps: &'a [Step],
    /// Place of the document in [`Chain::documents`].
    level: usize,
    around: Around<'a>,
    /// The `retry` step itself.
    origin: Option<&'a Step>,
}

/// Where a lane stopped for something outside.
enum Asking<'a> {
    /// Run the step again.
    Again(&'a Step),
    /// The step goes on with the outcome.
    On(&'a Step),
    Forward(ForwardOptions, &'a Step),
    /// Nothing but time.
    Pause,
    /// The condition of a `retry` reads a body.
    Condition,
}

/// A way through policies.
pub(crate) struct Lane<'a> {
    chain: Chain<'a>,
    section: Section,
    frames: SmallVec<[Frame<'a>; FRAMES_INLINE]>,
    asking: Option<Asking<'a>>,
    outcome: Option<Outcome>,
    failed: Option<(Box<Fault>, Option<Origin<'a>>)>,
    is_over: bool,
}

impl<'a> Lane<'a> {
    pub(crate) fn of_section(chain: Chain<'a>, section: Section) -> Self {
        let mut lane = Self::empty(chain, section);
        lane.enter_document(0);
        lane
    }

    fn empty(chain: Chain<'a>, section: Section) -> Self {
        Self {
            chain,
            section,
            frames: SmallVec::new(),
            asking: None,
            outcome: None,
            failed: None,
            is_over: false,
        }
    }

    /// A lane for each policy of a `wait` that this lane has come to.
    pub(crate) fn lanes_of(&self, wait: &'a Wait) -> Vec<Self> {
        let level = self.frames.last().map_or(0, |frame| frame.level);
        let lane = |step: &'a Step| {
            let mut lane = Self::empty(self.chain, self.section);
            lane.push(std::slice::from_ref(step), level, Around::Nothing, None);
            lane
        };
        wait.steps.iter().map(lane).collect()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    pub(crate) fn end(&mut self) {
        self.is_over = true;
        self.clear();
    }

    /// Lets go of all that was still to be run, and of what is held around it.
    pub(crate) fn clear(&mut self) {
        self.frames.clear();
    }

    /// Something outside is under way for it.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking.is_some() && self.outcome.is_none()
    }

    pub(crate) fn has_outcome(&self) -> bool {
        self.outcome.is_some()
    }

    pub(crate) fn resume(&mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }

    /// What it runs failed, as something outside found out.
    pub(crate) fn fail(&mut self, fault: Box<Fault>, origin: Option<Origin<'a>>) {
        self.failed = Some((fault, origin));
    }

    /// The forward that it waits for.
    pub(crate) fn forwarding(&self) -> Option<(ForwardOptions, &'a Step)> {
        match &self.asking {
            Some(Asking::Forward(options, step)) => Some((*options, step)),
            _ => None,
        }
    }

    /// Leaves out what stands before the first policy that stores the response; everything stays where there
    /// is none.
    pub(crate) fn skip_stored(&mut self) {
        let mut behind = Self::of_section(self.chain, self.section);
        while let Some((step, _)) = behind.next_step() {
            if step.policy.stores_response() {
                *self = behind;
                return;
            }
        }
    }

    /// Runs policies until something has to be done outside or nothing is left.
    pub(crate) fn advance(&mut self, env: &mut Env<'a, '_>) -> Event<'a> {
        if let Some((fault, origin)) = self.failed.take()
            && let Some(event) = self.unwind(fault, origin, env)
        {
            return event;
        }
        if let Some(outcome) = self.outcome.take()
            && let Some(event) = self.take(outcome, env)
        {
            return event;
        }
        loop {
            while let Some(frame) = self.frames.last()
                && frame.rest.is_empty()
            {
                match self.leave_frame(env) {
                    Some(event) => return event,
                    None => continue,
                }
            }
            let Some((step, scope)) = self.next_step() else {
                return Event::Ended;
            };
            if let Some(event) = self.run(step, scope, env) {
                return event;
            }
        }
    }

    /// The next step that is not `<base/>`, and the scope of the document it stands in.
    pub(crate) fn next_step(&mut self) -> Option<(&'a Step, ScopeKind)> {
        loop {
            let top = self.frames.last_mut()?;
            let Some((step, rest)) = top.rest.split_first() else {
                // What has to be looked at when it is left is left by `advance`.
                match top.around {
                    Around::Nothing => _ = self.frames.pop(),
                    _ => return None,
                }
                continue;
            };
            top.rest = rest;
            let level = top.level;
            match step.policy {
                Policy::Base => self.enter_document(level + 1),
                _ => return Some((step, Chain::SCOPES[level])),
            }
        }
    }

    fn run(&mut self, step: &'a Step, scope: ScopeKind, env: &mut Env<'a, '_>) -> Option<Event<'a>> {
        env.at(step, scope);
        let before = env.before();
        let flow = step.policy.run(env);
        env.trace_step(before, &flow);
        self.follow(step, scope, flow, env)
    }

    fn follow(
        &mut self,
        step: &'a Step,
        scope: ScopeKind,
        flow: Result<Flow<'a>, Halt>,
        env: &mut Env<'a, '_>,
    ) -> Option<Event<'a>> {
        match flow {
            Ok(Flow::Continue) => None,
            Ok(Flow::Terminate) => Some(Event::Terminated),
            Ok(Flow::Hit) => Some(Event::Hit),
            Ok(Flow::Forward(options)) => {
                self.asking = Some(Asking::Forward(options, step));
                Some(Event::Forward(options))
            }
            Err(Halt::Task(task)) => {
                self.asking = Some(Asking::Again(step));
                Some(Event::Do(task))
            }
            Ok(Flow::Do(task)) => {
                self.asking = Some(Asking::On(step));
                Some(Event::Do(task))
            }
            Ok(Flow::Enter(Entry { steps, around })) => {
                let level = self.level();
                self.push(steps, level, around, Some(step));
                None
            }
            Ok(Flow::Wait(wait)) => match wait.is_for_any(env) {
                Ok(waits_for_any) => Some(Event::Wait(wait, waits_for_any)),
                Err(halt) => {
                    let flow = Err(halt);
                    env.trace_step(None, &flow);
                    self.follow(step, scope, flow, env)
                }
            },
            Err(Halt::Fault(fault)) => self.unwind(fault, Some(Origin { step, scope }), env),
        }
    }

    fn level(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.level)
    }

    /// Goes on with what came of a task.
    fn take(&mut self, outcome: Outcome, env: &mut Env<'a, '_>) -> Option<Event<'a>> {
        let asking = self.asking.take()?;
        let scope = Chain::SCOPES[self.level()];
        match (asking, outcome) {
            (Asking::Again(step) | Asking::Forward(_, step), Outcome::Failed(fault)) => {
                self.unwind(fault, Some(Origin { step, scope }), env)
            }
            // What the condition reads cannot be read: asking it again would not end.
            (Asking::Condition, Outcome::Failed(fault)) => {
                let origin = self.frames.pop().and_then(|frame| frame.origin);
                self.unwind(fault, origin.map(|step| Origin { step, scope }), env)
            }
            (Asking::Pause, Outcome::Failed(fault)) => self.unwind(fault, None, env),
            (Asking::Again(step), _) => self.run(step, scope, env),
            (Asking::On(step), outcome) => {
                env.at(step, scope);
                let before = env.before();
                let flow = step.policy.resume(env, outcome);
                env.trace_step(before, &flow);
                self.follow(step, scope, flow, env)
            }
            (Asking::Forward(..) | Asking::Pause | Asking::Condition, _) => None,
        }
    }

    /// The steps of the topmost frame have run.
    fn leave_frame(&mut self, env: &mut Env<'a, '_>) -> Option<Event<'a>> {
        let scope = Chain::SCOPES[self.level()];
        let frame = self.frames.last_mut()?;
        let Around::Retry(retries) = &mut frame.around else {
            self.frames.pop();
            return None;
        };
        let step = frame.origin?;
        env.at(step, scope);
        match retries.goes_on(env) {
            Ok(Some(pause)) => {
                let retries_failed = retries.failed.take().is_some();
                if retries_failed {
                    env.context.last_error = None;
                }
                frame.rest = frame.steps;
                env.trace(format!("runs its policies again, after {} ms", pause.as_millis()));
                if pause.is_zero() {
                    return None;
                }
                self.asking = Some(Asking::Pause);
                Some(Event::Do(Task::Pause(pause)))
            }
            Ok(None) => {
                let failed = retries.failed.take();
                self.frames.pop();
                let (fault, origin) = failed?;
                self.unwind(fault, origin, env)
            }
            Err(Halt::Task(task)) => {
                self.asking = Some(Asking::Condition);
                Some(Event::Do(task))
            }
            Err(Halt::Fault(fault)) => {
                self.frames.pop();
                self.unwind(fault, Some(Origin { step, scope }), env)
            }
        }
    }

    /// Something failed: the innermost `retry` has a say, else the lane has failed.
    fn unwind(
        &mut self,
        fault: Box<Fault>,
        origin: Option<Origin<'a>>,
        env: &mut Env<'a, '_>,
    ) -> Option<Event<'a>> {
        self.asking = None;
        while let Some(frame) = self.frames.last_mut() {
            let Around::Retry(retries) = &mut frame.around else {
                self.frames.pop();
                continue;
            };
            env.context.last_error = Some(last_error(&fault, origin, self.section));
            retries.failed = Some((fault, origin));
            frame.rest = &[];
            return None;
        }
        Some(Event::Failed(fault, origin))
    }

    /// Puts policies on top of what is still to be run.
    pub(crate) fn enter(&mut self, entry: Entry<'a>) {
        let level = self.level();
        self.push(entry.steps, level, entry.around, None);
    }

    /// Puts one policy of a document of another section on top.
    pub(crate) fn enter_step(&mut self, step: &'a Step, scope: ScopeKind) {
        let level = Chain::SCOPES.iter().position(|it| *it == scope).unwrap_or(0);
        self.push(std::slice::from_ref(step), level, Around::Nothing, None);
    }

    fn push(&mut self, steps: &'a [Step], level: usize, around: Around<'a>, origin: Option<&'a Step>) {
        self.frames.push(Frame { rest: steps, steps, level, around, origin });
    }

    /// Continues with the first document from `level` outward that has the section. A document
    /// enters only wider ones, so the stack cannot outgrow the chain.
    fn enter_document(&mut self, level: usize) {
        for level in level..CHAIN_LEVELS {
            if let Some(steps) = self.chain.steps(level, self.section) {
                self.push(steps, level, Around::Nothing, None);
                return;
            }
        }
    }
}

impl<'a> Retries<'a> {
    /// How long to wait before the policies are run again; `None`: they are not.
    fn goes_on(&mut self, env: &mut Env<'a, '_>) -> Result<Option<Duration>, Halt> {
        if self.retried >= self.plan.count || !env.flag(&self.policy.condition)? {
            return Ok(None);
        }
        self.retried += 1;
        Ok(Some(self.plan.pause(self.retried, env.host.random())))
    }
}
