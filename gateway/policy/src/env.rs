//! What a policy has at hand while it runs, and how its settings are worked out.
//!
//! A policy works everything out before it changes anything: where an expression reads a body that is
//! still on the wire, the policy ends with [`Halt::Task`] and is run again from its beginning.

use std::sync::Arc;

use bytes::Bytes;
use hanse_expression::Program;
use hanse_expression::context::Part;
use hanse_expression::run::{Cx, Limits, Object, Stop, Value, to_text};
use http::{HeaderMap, StatusCode};

use crate::change::Before;
use crate::context::{Body, RequestContext, ResponseMessage};
use crate::document::Step;
use crate::fault::Fault;
use crate::host::Host;
use crate::run::{Deferred, Flow};
use crate::section::{ScopeKind, Section};
use crate::setting::{Flag, Number, Setting, Text};
use crate::task::{Call, Message, Task};
use crate::trace::TraceEntry;
use crate::view::View;

/// What `set-status` said before there is an answer: holds if nothing else sets one.
pub(crate) type PendingStatus = Option<(StatusCode, Option<Arc<str>>)>;

/// What a policy's run gives.
pub(crate) type Ran<'a> = Result<Flow<'a>, Halt>;

/// What ends a policy early.
#[derive(Debug)]
pub(crate) enum Halt {
    Fault(Box<Fault>),
    /// Do this, and run the policy again.
    Task(Task),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(Box::new(fault))
    }
}

/// What a policy may touch while it runs.
pub(crate) struct Env<'a, 'r> {
    pub(crate) context: &'r mut RequestContext<'a>,
    pub(crate) host: &'r dyn Host,
    /// The policy that runs.
    pub(crate) step: Option<&'a Step>,
    /// Scope of the document the policy stands in.
    pub(crate) scope: ScopeKind,
    pub(crate) section: Section,
    /// The current message is the response: after the forward, and in `on-error`.
    pub(crate) acts_on_response: bool,
    pub(crate) pending_status: &'r mut PendingStatus,
}

impl<'a> Env<'a, '_> {
    pub(crate) fn at(&mut self, step: &'a Step, scope: ScopeKind) {
        self.step = Some(step);
        self.scope = scope;
    }

    /// The workspace that the request is for.
    pub(crate) fn workspace(&self) -> &'a str {
        &self.context.facts.workspace.id
    }

    /// The element of the policy that runs.
    pub(crate) fn source(&self) -> &'static str {
        self.step.map_or("", |step| step.origin.element)
    }

    /// A failure of the policy that runs, whose details are for operators.
    pub(crate) fn internal(&self, message: impl Into<String>) -> Halt {
        Fault::internal(self.source(), None, message).into()
    }

    pub(crate) fn response(&mut self) -> &mut ResponseMessage {
        self.context.response.get_or_insert_with(|| ResponseMessage::new(StatusCode::OK))
    }

    /// Headers and body of the current message.
    pub(crate) fn message(&mut self) -> (&mut HeaderMap, &mut Body) {
        if self.acts_on_response {
            let response = self.response();
            return (&mut response.headers, &mut response.body);
        }
        (&mut self.context.request.headers, &mut self.context.request.body)
    }

    /// The body of the current message, decoded; `None` where it has none. Read first, where it is still on
    /// the wire.
    pub(crate) fn read_body(&mut self) -> Result<Option<Bytes>, Halt> {
        let which = if self.acts_on_response { Message::Response } else { Message::Request };
        let (headers, body) = self.message();
        match body {
            Body::Empty | Body::Taken => Ok(None),
            Body::Stream => Err(Halt::Task(Task::Read(which))),
            Body::Bytes(bytes) => match crate::coding::decoded(bytes, headers) {
                std::borrow::Cow::Borrowed(_) => Ok(Some(bytes.clone())),
                std::borrow::Cow::Owned(decoded) => Ok(Some(decoded.into())),
            },
        }
    }

    /// Replaces the body of the current message; what told of the old one goes.
    pub(crate) fn replace_body(&mut self, bytes: Bytes) {
        let (headers, body) = self.message();
        drop_body_headers(headers);
        *body = if bytes.is_empty() { Body::Empty } else { Body::Bytes(bytes) };
    }

    /// A text; `None` is null.
    pub(crate) fn text(&mut self, text: &'a Text) -> Result<Option<&'a str>, Halt> {
        match text {
            Setting::Fixed(text) => Ok(Some(text)),
            Setting::Computed(program) => self.computed_text(program),
        }
    }

    /// The text that an expression gives; `None` is null.
    pub(crate) fn computed_text(&mut self, program: &'a Program) -> Result<Option<&'a str>, Halt> {
        self.evaluate(program, |cx, value| match value {
            Value::Null => Ok(None),
            Value::Str(text) => Ok(Some(text)),
            other => to_text(cx, other).map(Some),
        })
    }

    /// A text; null is empty.
    pub(crate) fn text_or_empty(&mut self, text: &'a Text) -> Result<&'a str, Halt> {
        Ok(self.text(text)?.unwrap_or_default())
    }

    pub(crate) fn flag(&mut self, flag: &'a Flag) -> Result<bool, Halt> {
        match flag {
            Setting::Fixed(flag) => Ok(*flag),
            Setting::Computed(program) => {
                self.evaluate(program, |_, value| Ok(matches!(value, Value::Bool(true))))
            }
        }
    }

    pub(crate) fn number(&mut self, number: &'a Number) -> Result<i64, Halt> {
        match number {
            Setting::Fixed(number) => Ok(*number),
            Setting::Computed(program) => {
                let number = self.evaluate(program, |_, value| Ok(value.integer()))?;
                let number = number.and_then(|number| i64::try_from(number).ok());
                number.ok_or_else(|| self.internal("The expression gives no whole number."))
            }
        }
    }

    /// A number between bounds, as the checks have it for literals.
    pub(crate) fn number_within(
        &mut self,
        number: &'a Number,
        what: &str,
        min: i64,
        max: i64,
    ) -> Result<i64, Halt> {
        let value = self.number(number)?;
        match (min..=max).contains(&value) {
            true => Ok(value),
            false => Err(self.internal(format!("{what}: {value} is not within {min} to {max}."))),
        }
    }

    pub(crate) fn double(&mut self, number: &'a Setting<f64>) -> Result<f64, Halt> {
        match number {
            Setting::Fixed(number) => Ok(*number),
            Setting::Computed(program) => self.evaluate(program, |_, value| {
                Ok(match value {
                    Value::Single(it) => f64::from(it),
                    Value::Double(it) => it,
                    Value::Decimal(it) => it.try_into().unwrap_or_default(),
                    other => other.integer().unwrap_or_default() as f64,
                })
            }),
        }
    }

    /// Whatever it is; a literal is a string.
    pub(crate) fn value(&mut self, value: &'a Text) -> Result<Value<'a>, Halt> {
        match value {
            Setting::Fixed(text) => Ok(Value::Str(text)),
            Setting::Computed(program) => self.evaluate(program, |_, value| Ok(value)),
        }
    }

    /// The body that an expression gives: a text in UTF-8, or bytes; null is nothing.
    pub(crate) fn computed_body(&mut self, program: &'a Program) -> Result<Bytes, Halt> {
        self.evaluate(program, |cx, value| {
            Ok(match value {
                Value::Null => Bytes::new(),
                Value::Object(Object::Bytes(bytes)) => bytes.iter().collect(),
                other => Bytes::copy_from_slice(to_text(cx, other)?.as_bytes()),
            })
        })
    }

    /// Runs an expression. A body that it takes is gone afterwards.
    fn evaluate<T>(
        &mut self,
        program: &'a Program,
        read: impl FnOnce(&mut Cx<'a, '_>, Value<'a>) -> Result<T, Stop<'a>>,
    ) -> Result<T, Halt> {
        self.within(Limits::default(), |cx| program.run(cx).and_then(|value| read(cx, value)))
    }

    /// Does something that looks at the request as expressions do, within bounds.
    pub(crate) fn within<T>(
        &mut self,
        limits: Limits,
        act: impl FnOnce(&mut Cx<'a, '_>) -> Result<T, Stop<'a>>,
    ) -> Result<T, Halt> {
        let mut view = View::new(self.context, self.host);
        view.is_of_service = self.scope == ScopeKind::Global;
        let mut cx = Cx::new(self.context.arena, &view, limits);
        let result = act(&mut cx);
        if matches!(result, Err(Stop::Awaits(_))) {
            cx.give_back();
        }
        self.host.count_steps(cx.steps_used());
        let View { taken, traces, .. } = view;
        match result {
            Ok(value) => {
                if taken.request.get() {
                    take(&mut self.context.request.body);
                }
                if taken.response.get()
                    && let Some(response) = &mut self.context.response
                {
                    take(&mut response.body);
                }
                for text in traces.into_inner() {
                    self.trace(text);
                }
                Ok(value)
            }
            Err(Stop::Awaits(Part::ResponseBody)) => Err(Halt::Task(Task::Read(Message::Response))),
            Err(Stop::Awaits(_)) => Err(Halt::Task(Task::Read(Message::Request))),
            Err(Stop::Throw(exception)) => Err(Fault::expression(self.source(), exception.message).into()),
            Err(Stop::Limit(limit)) => Err(Fault::expression(self.source(), &limit.to_string()).into()),
        }
    }

    /// Leaves something to be done when the answer stands.
    pub(crate) fn defer(&mut self) {
        if let Some(step) = self.step {
            let scope = self.scope;
            self.context.deferred.push(Deferred { step, scope });
        }
    }

    /// Has the policy run again when the request has been answered, before `outbound` runs.
    pub(crate) fn run_at_answer(&mut self) {
        if let Some(step) = self.step {
            let scope = self.scope;
            self.context.at_answer.push(Deferred { step, scope });
        }
    }

    /// Adds to the trace, where the request is traced.
    pub(crate) fn trace(&mut self, message: impl Into<String>) {
        if self.context.trace.is_none() {
            return;
        }
        let origin = self.step.map(|step| &step.origin);
        let entry = TraceEntry {
            section: self.section.as_str(),
            source: self.source().to_owned(),
            scope: Some(self.scope.as_str()),
            path: origin.map(|origin| origin.path.to_string()),
            line: origin.map(|origin| origin.line),
            fragment: origin.and_then(|origin| origin.fragment.as_deref()).map(str::to_owned),
            at_ms: self.host.unix_ms(),
            message: message.into(),
        };
        if let Some(trace) = &mut self.context.trace {
            trace.add(entry);
        }
    }

    /// Tells of a call that a policy makes, where the request is traced.
    pub(crate) fn trace_call(&mut self, call: &Call, more: &str) {
        if let Some(trace) = &self.context.trace {
            let url = trace.shown_url(&call.url);
            self.trace(format!("calls {} {url}{more}", call.method));
        }
    }

    /// What there was before a policy ran, where the request is traced.
    pub(crate) fn before(&self) -> Option<Box<Before>> {
        self.context.trace.as_ref().map(|trace| Box::new(Before::of(self.context, trace)))
    }

    /// Notes what a step did and led to.
    pub(crate) fn trace_step(&mut self, before: Option<Box<Before>>, flow: &Result<Flow<'a>, Halt>) {
        if self.context.trace.is_none() {
            return;
        }
        let changes = before.map(|before| before.changes(self.context)).unwrap_or_default();
        let result = match flow {
            // Its own words are enough.
            Ok(Flow::Continue) if changes.has_spoken && changes.list.is_empty() => return,
            Ok(Flow::Continue) if changes.list.is_empty() => "done".to_owned(),
            Ok(Flow::Continue) => String::new(),
            Ok(Flow::Enter(entry)) => match entry.steps.first() {
                Some(step) => match step.origin.path.rsplit_once('/') {
                    Some((around, _)) => format!("runs {around}"),
                    None => "runs what it holds".to_owned(),
                },
                None => "holds nothing to run".to_owned(),
            },
            Ok(Flow::Terminate) => "ends the pipeline with this answer".to_owned(),
            Ok(Flow::Hit) => "answered from a cache".to_owned(),
            Ok(Flow::Forward(options)) => format!(
                "Request is being forwarded to the backend service. Timeout set to {} seconds",
                options.timeout.as_secs()
            ),
            Ok(Flow::Do(_) | Flow::Wait(_)) | Err(Halt::Task(_)) => String::new(),
            Err(Halt::Fault(fault)) => match &fault.reason {
                Some(reason) => format!("failed, {reason}: {}", fault.message),
                None => format!("failed: {}", fault.message),
            },
        };
        let parts = changes.list.into_iter().chain(Some(result).filter(|result| !result.is_empty()));
        let message = parts.collect::<Vec<_>>().join("; ");
        if !message.is_empty() {
            self.trace(message);
        }
    }
}

/// What told of a body that is gone; the data plane writes the new length.
pub(crate) fn drop_body_headers(headers: &mut HeaderMap) {
    for name in
        [http::header::CONTENT_LENGTH, http::header::TRANSFER_ENCODING, http::header::CONTENT_ENCODING]
    {
        headers.remove(name);
    }
}

fn take(body: &mut Body) {
    if !matches!(body, Body::Empty) {
        *body = Body::Taken;
    }
}
