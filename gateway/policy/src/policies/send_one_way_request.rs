//! `send-one-way-request`: makes a call of its own and does not wait for the response.

use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::own_request::OwnRequest;
use crate::policies::{Policy, send_request};
use crate::run::Flow;
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::task::{Outcome, Task};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    check: send_request::check_request,
    release: Release::Runs(|element, _| compile(element).map(Policy::SendOneWayRequest)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("mode", Kind::OneOf(&["new", "copy"])).or("new").expression(),
                attribute("timeout", Kind::SECONDS).or("60").expression(),
                attribute("timeout-ms", Kind::Milliseconds { min: 0, max: i32::MAX as i64 }).expression(),
            ],
            children: send_request::CHILDREN,
            ..ElementSpec::named("send-one-way-request")
        },
        "Makes a call of its own and does not wait for the response.",
    )
};

fn compile(element: &Element) -> Option<SendOneWayRequest> {
    Some(SendOneWayRequest { request: OwnRequest::compile(element)? })
}

#[derive(Debug)]
pub(crate) struct SendOneWayRequest {
    request: OwnRequest,
}

impl SendOneWayRequest {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let call = self.request.work_out(env)?;
        env.trace_call(&call, " and does not wait");
        Ok(Flow::Do(Task::Send(Box::new(call))))
    }

    /// Whatever came of it, the request goes on.
    pub(crate) fn resume(&self, _outcome: Outcome) -> Ran<'_> {
        Ok(Flow::Continue)
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
                Section::OnError,
                "<send-one-way-request mode='new'><set-url>u</set-url><proxy url='http://p:3128'/></send-one-way-request>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<send-one-way-request mode='copy' response-variable-name='r'/>"),
            ["unknown-attribute"]
        );
    }
}
