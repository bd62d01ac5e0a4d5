//! `send-request`: makes a call of its own and keeps the response in a variable.

use hanse_expression::run::Value;

use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::fault::Fault;
use crate::held;
use crate::kind::Kind;
use crate::own_request::OwnRequest;
use crate::policies::Policy;
use crate::policies::{
    authentication_basic, authentication_certificate, authentication_managed_identity, proxy, set_body,
    set_header, set_method,
};
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, Release, attribute};
use crate::setting::{Flag, Text};
use crate::task::{CallError, Outcome, Task};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::SendRequest)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("mode", Kind::OneOf(&["new", "copy"])).or("new").expression(),
                attribute("response-variable-name", Kind::Variable).expression(),
                attribute("timeout", Kind::SECONDS).or("60").expression(),
                attribute("timeout-ms", Kind::Milliseconds { min: 0, max: i32::MAX as i64 }).expression(),
                attribute("ignore-error", Kind::Bool).or("false").expression(),
                attribute("buffer-response", Kind::Bool).or("true"),
                attribute("fail-on-error-status-code", Kind::Bool).or("false"),
            ],
            children: CHILDREN,
            ..ElementSpec::named("send-request")
        },
        "Makes a call of its own and keeps the response in a variable.",
    )
};

static MESSAGE: [ChildSpec; 8] = [
    ChildSpec::maybe(&SET_URL),
    ChildSpec::policy(&set_method::SPEC),
    ChildSpec::policies(&set_header::SPEC),
    ChildSpec::policy(&set_body::SPEC),
    ChildSpec::policy(&authentication_basic::SPEC),
    ChildSpec::policy(&authentication_certificate::SPEC),
    ChildSpec::policy(&authentication_managed_identity::SPEC),
    ChildSpec::policy(&proxy::SPEC),
];
/// What makes a request.
pub(crate) const CHILDREN: &[ChildSpec] = &MESSAGE;

pub(crate) static SET_URL: ElementSpec = ElementSpec::expression("set-url", Kind::Filled);

fn check(element: &Element, checker: &mut Checker<'_>) {
    check_request(element, checker);
    if element.attribute("response-variable-name").is_none() {
        let message = "send-request keeps its response nowhere";
        checker
            .warning(element.span, "response-unused", message)
            .hint("add response-variable-name, or use send-one-way-request");
    }
}

/// What all policies share that make requests.
pub(crate) fn check_request(element: &Element, checker: &mut Checker<'_>) {
    if let Some(identity) = element.child("authentication-managed-identity")
        && let Some(variable) = identity.attribute("output-token-variable-name")
    {
        let message = "a token for this request alone is kept in no variable";
        checker
            .not_run(variable.span, message)
            .hint("put authentication-managed-identity in front, and set the header");
    }
    let is_new = element
        .attribute("mode")
        .is_none_or(|mode| mode.value.literal().is_some_and(|it| it.trim() == "new"));
    if is_new && element.child("set-url").is_none() {
        let message = format!("{} makes a new request without an address", element.name);
        checker.warning(element.span, "missing-url", message).hint("add <set-url>, or mode=\"copy\"");
    }
    if let (Some(_), Some(millis)) = (element.attribute("timeout"), element.attribute("timeout-ms")) {
        checker.excluding(millis, "timeout");
    }
}

fn compile(element: &Element) -> Option<SendRequest> {
    Some(SendRequest {
        request: OwnRequest::compile(element)?,
        variable: element.text_setting("response-variable-name")?,
        ignores_error: element.flag_setting("ignore-error", false)?,
        fails_on_error_status: element.flag("fail-on-error-status-code", false),
    })
}

#[derive(Debug)]
pub(crate) struct SendRequest {
    request: OwnRequest,
    variable: Option<Text>,
    ignores_error: Flag,
    fails_on_error_status: bool,
}

impl SendRequest {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let mut call = self.request.work_out(env)?;
        call.fail_on_error_status_code = self.fails_on_error_status;
        env.trace_call(&call, "");
        Ok(Flow::Do(Task::Call(Box::new(call))))
    }

    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        let error = match outcome {
            Outcome::Called(Ok(response)) => {
                env.trace(format!("was answered {}", response.status));
                let value = held::value(env.context.arena, *response);
                let value =
                    value.map_err(|error| env.internal(format!("The response does not fit: {error}.")))?;
                self.keep(env, value)?;
                return Ok(Flow::Continue);
            }
            Outcome::Called(Err(error)) => error,
            Outcome::Failed(fault) => CallError::Connection(fault.message.clone()),
            Outcome::Done | Outcome::Cached(_) | Outcome::Token(_) => {
                CallError::Connection("nothing came of it".to_owned())
            }
        };
        if env.flag(&self.ignores_error)? {
            env.trace(format!("failed, which is ignored: {error}"));
            self.keep(env, Value::Null)?;
            return Ok(Flow::Continue);
        }
        Err(Fault::call_failed(env.source(), &error).into())
    }

    fn keep<'a>(&'a self, env: &mut Env<'a, '_>, value: Value<'a>) -> Result<(), Halt> {
        if let Some(variable) = &self.variable {
            let name = env.text_or_empty(variable)?;
            env.context.set_variable(name, value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<send-request mode='@(context.Api.Id)' response-variable-name='r' timeout='@(2)' ignore-error='true'><set-body>@(context.Api.Id)</set-body><set-url>@(context.Api.Id)</set-url><set-method>@(context.Api.Id)</set-method><set-header name='A'><value>@(context.Api.Id)</value></set-header><authentication-certificate thumbprint='AB'/></send-request>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Outbound, "<send-request mode='copy' response-variable-name='r'/>"),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<send-request mode='new' response-variable-name='r'/>"),
            ["missing-url"]
        );
        assert_eq!(read_in(Section::Inbound, "<send-request mode='copy'/>"), ["response-unused"]);
        assert_eq!(
            read_in(Section::Inbound, "<send-request mode='old' response-variable-name='r'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<send-request response-variable-name='r'><set-url>u</set-url><set-url>v</set-url></send-request>"
            ),
            ["repeated-element"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<send-request mode='copy' response-variable-name='r' timeout='1' timeout-ms='1'/>"
            ),
            ["attribute-conflict"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<send-request mode='copy' response-variable-name='r'><authentication-certificate/></send-request>"
            ),
            ["missing-attribute"]
        );
    }
}
