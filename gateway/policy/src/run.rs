//! The pipeline as a machine without IO.
//!
//! ```text
//!           ┌──── next ────┐                 ┌── set response, next ──┐
//! inbound ──► policies run ──► backend ──► Effect::Forward ──► outbound ──► Effect::Answer
//!                  │ fails, or `fail` is called                                  ▲
//!                  └───────────────► prepared answer ──► on-error ───────────────┘
//! ```
//!
//! The data plane calls [`Run::next`] and does what it is told: forward the request and put the
//! answer into the context, or send the answer. It never learns which policies ran, and nothing
//! here learns what a socket is.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::chain::{Chain, Walk};
use crate::context::{Body, LastError, RequestContext, ResponseMessage};
use crate::document::Step;
use crate::fault::Fault;
use crate::host::Host;
use crate::policies::cors;
use crate::section::{ScopeKind, Section};

/// What the data plane does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Send the request to the context's target. Then set the context's response and call
    /// [`Run::next`], or call [`Run::fail`] and then [`Run::next`].
    Forward(ForwardOptions),
    /// The pipeline is over. Call [`finish`](crate::finish), then send the context's response; if
    /// there is none, an empty 200.
    Answer,
}

/// How `forward-request` wants the request sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForwardOptions {
    /// Until the response's headers; zero gives up at once.
    pub timeout: Duration,
    /// How long to wait for `100 Continue`; `None` does not wait.
    pub continue_timeout: Option<Duration>,
    pub http_version: BackendHttp,
    /// The gateway follows redirects itself.
    pub follow_redirects: bool,
    /// Keep the request's body, so that it can be sent again.
    pub buffer_request_body: bool,
    /// Gather small chunks of the response before passing them on; false passes each at once.
    pub buffer_response: bool,
    /// 400 to 599 fail the request.
    pub fail_on_error_status_code: bool,
}

/// Versions of HTTP spoken to a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendHttp {
    One,
    TwoOrOne,
    Two,
}

/// What a policy's run leads to.
#[derive(Debug)]
pub(crate) enum Flow {
    Continue,
    /// The answer stands: nothing else runs.
    Terminate,
    Fail(Box<Fault>),
    Forward(ForwardOptions),
}

/// What a policy may touch while it runs.
pub(crate) struct Env<'r> {
    pub(crate) context: &'r mut RequestContext,
    pub(crate) host: &'r mut dyn Host,
    /// Scope of the document the policy stands in.
    pub(crate) scope: ScopeKind,
    /// The current message is the response: after the forward, and in `on-error`.
    pub(crate) acts_on_response: bool,
    pub(crate) pending_status: &'r mut Option<(StatusCode, Option<Arc<str>>)>,
}

impl Env<'_> {
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
}

/// One request's way through its chain of documents.
#[derive(Debug)]
pub struct Run<'a> {
    walk: Walk<'a>,
    is_over: bool,
    has_forwarded: bool,
    /// The `forward-request` the data plane is busy with.
    forwarding: Option<(&'a Step, ScopeKind, ForwardOptions)>,
    /// From `set-status` before there is an answer: holds if nothing else sets one.
    pending_status: Option<(StatusCode, Option<Arc<str>>)>,
}

impl<'a> Run<'a> {
    pub fn new(chain: Chain<'a>) -> Self {
        Self {
            walk: Walk::new(chain, Section::Inbound),
            is_over: false,
            has_forwarded: false,
            forwarding: None,
            pending_status: None,
        }
    }

    /// Runs policies until something has to be done outside.
    pub fn next(&mut self, context: &mut RequestContext, host: &mut dyn Host) -> Effect {
        self.take_answer(context);
        while !self.is_over {
            let Some((step, scope)) = self.walk.next() else {
                self.leave_section(context);
                continue;
            };
            let section = self.walk.section();
            let mut env = Env {
                context: &mut *context,
                host: &mut *host,
                scope,
                acts_on_response: self.has_forwarded
                    || matches!(section, Section::Outbound | Section::OnError),
                pending_status: &mut self.pending_status,
            };
            match step.policy.run(&mut env) {
                Flow::Continue => {}
                Flow::Terminate => self.is_over = true,
                Flow::Fail(fault) => self.fail_at(context, &fault, Some((step, scope))),
                Flow::Forward(options) => {
                    self.forwarding = Some((step, scope, options));
                    return Effect::Forward(options);
                }
            }
        }
        Effect::Answer
    }

    /// A built-in step or the forward failed: what is left of the pipeline is skipped, the answer is
    /// prepared, and the next call of [`Run::next`] runs `on-error`. A failure while `on-error` runs
    /// ends it; the first failure's answer stays.
    pub fn fail(&mut self, context: &mut RequestContext, fault: Fault) {
        let origin = self.forwarding.take().map(|(step, scope, _)| (step, scope));
        self.fail_at(context, &fault, origin);
    }

    /// The section that runs now, for logs and traces.
    pub fn section(&self) -> Section {
        self.walk.section()
    }

    fn fail_at(
        &mut self,
        context: &mut RequestContext,
        fault: &Fault,
        origin: Option<(&'a Step, ScopeKind)>,
    ) {
        self.forwarding = None;
        if self.is_over || self.walk.section() == Section::OnError {
            self.is_over = true;
            return;
        }
        context.last_error = Some(LastError {
            source: fault.source.clone(),
            reason: fault.reason.clone(),
            message: fault.message.clone(),
            scope: origin.map(|(_, scope)| scope),
            section: self.walk.section(),
            path: origin.map(|(step, _)| step.origin.path.clone()),
            policy_id: origin.and_then(|(step, _)| step.origin.id.clone()),
        });
        if !fault.keeps_response || context.response.is_none() {
            context.response = Some(fault.prepare(context.request_id));
        }
        // A browser that is not let in because its key is missing has to be able to read that.
        cors::grant_on_error(&self.walk.chain(), context);
        self.walk = Walk::new(self.walk.chain(), Section::OnError);
    }

    // The data plane is back from a forward.
    fn take_answer(&mut self, context: &mut RequestContext) {
        let Some((step, scope, options)) = self.forwarding.take() else {
            return;
        };
        self.has_forwarded = true;
        let status = context.response.as_ref().map_or(StatusCode::OK, |response| response.status);
        if options.fail_on_error_status_code && (status.is_client_error() || status.is_server_error()) {
            self.fail_at(context, &Fault::backend_error_status(status), Some((step, scope)));
        }
    }

    fn leave_section(&mut self, context: &mut RequestContext) {
        let next = match self.walk.section() {
            Section::Inbound => Section::Backend,
            Section::Backend => Section::Outbound,
            Section::Outbound | Section::OnError => {
                self.is_over = true;
                return;
            }
        };
        if next == Section::Outbound && context.response.is_none() {
            context.response = Some(self.unforwarded_answer());
        }
        self.walk = Walk::new(self.walk.chain(), next);
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
