//! `return-response`: ends the pipeline with an answer of the document's own making.

use http::StatusCode;

use crate::context::{Body, ResponseMessage};
use crate::env::{Env, Ran, drop_body_headers};
use crate::held;
use crate::kind::Kind;
use crate::policies::Policy;
use crate::policies::set_body::{self, SetBody};
use crate::policies::set_header::{self, SetHeader};
use crate::policies::set_status::{self, SetStatus};
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, Release, attribute};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, _| compile(element).map(Policy::ReturnResponse)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[attribute("response-variable-name", Kind::Variable)],
            children: &[
                ChildSpec::policy(&set_status::SPEC),
                ChildSpec::policies(&set_header::SPEC),
                ChildSpec::policy(&set_body::SPEC),
            ],
            ..ElementSpec::named("return-response")
        },
        "Ends the pipeline with an answer of the document's own making.",
    )
};

fn compile(element: &Element) -> Option<ReturnResponse> {
    let mut headers = Vec::new();
    for child in element.elements_named("set-header") {
        headers.push(set_header::compile(child)?);
    }
    let status = match element.child("set-status") {
        Some(child) => Some(set_status::compile(child)?),
        None => None,
    };
    let body = match element.child("set-body") {
        Some(child) => Some(set_body::compile(child)?),
        None => None,
    };
    let variable = element.literal("response-variable-name").map(|name| name.trim().into());
    Some(ReturnResponse { variable, status, headers: headers.into(), body })
}

#[derive(Debug)]
pub(crate) struct ReturnResponse {
    /// Has the response that the children change.
    variable: Option<Box<str>>,
    status: Option<SetStatus>,
    headers: Box<[SetHeader]>,
    body: Option<SetBody>,
}

impl ReturnResponse {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let mut response = match &self.variable {
            Some(name) => held::message(env, name)?,
            None => ResponseMessage::new(StatusCode::OK),
        };
        if let Some(status) = &self.status {
            (response.status, response.reason) = status.work_out(env)?;
        }
        for header in &self.headers {
            header.work_out(env)?.apply(&mut response.headers);
        }
        if let Some(body) = &self.body {
            let body = body.work_out(env)?;
            drop_body_headers(&mut response.headers);
            response.body = if body.is_empty() { Body::Empty } else { Body::Bytes(body) };
        }
        env.context.response = Some(response);
        Ok(Flow::Terminate)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::testing::{Bench, accepts, codes};

    const TEAPOT: &str = "<return-response>\
        <set-status code='418' reason='Teapot'/>\
        <set-header name='X-A'><value>1</value></set-header>\
        <set-body>short</set-body>\
      </return-response>";

    #[test]
    fn answer_is_what_the_children_make_of_an_empty_200() {
        let mut bench = Bench::inbound(TEAPOT);
        bench.run();
        let response = bench.context.response.as_ref().unwrap();
        assert_eq!((response.status.as_u16(), response.reason.as_deref()), (418, Some("Teapot")));
        assert_eq!(response.headers.len(), 1, "no content type of its own");
        assert_eq!(response.body, Body::Bytes(Bytes::from_static(b"short")));

        let mut bench = Bench::inbound("<return-response/>");
        bench.run();
        let response = bench.context.response.as_ref().unwrap();
        assert_eq!(
            (response.status.as_u16(), &response.body, response.headers.len()),
            (200, &Body::Empty, 0)
        );
    }

    #[test]
    fn nothing_runs_after_it_in_inbound_not_even_outbound() {
        let mark = |name: &str| format!("<set-header name='{name}'><value>1</value></set-header>");
        let text = format!(
            "<policies><inbound>{TEAPOT}{}</inbound><outbound>{}</outbound><on-error>{}</on-error></policies>",
            mark("in"),
            mark("out"),
            mark("err")
        );
        let mut bench = Bench::document(&text);
        bench.run();
        assert_eq!(bench.forwards, 0);
        assert!(bench.context.last_error.is_none());
        assert!(bench.context.request.headers.is_empty());
        assert_eq!(bench.context.response.unwrap().headers.len(), 1);
    }

    #[test]
    fn it_replaces_the_error_response_in_on_error() {
        let text = format!(
            "<policies><inbound><ip-filter action='forbid'><address>192.0.2.1</address></ip-filter></inbound>\
             <on-error>{TEAPOT}</on-error></policies>"
        );
        let mut bench = Bench::document(&text);
        bench.run();
        assert_eq!(bench.context.response.unwrap().status.as_u16(), 418);
        assert!(bench.context.last_error.is_some());
    }

    #[test]
    fn documents_are_checked() {
        accepts(TEAPOT);
        accepts("<return-response response-variable-name='r'/>");
        let twice = "<return-response><set-status code='200'/><set-status code='201'/></return-response>";
        assert_eq!(codes(twice), ["repeated-element"]);
        assert_eq!(
            codes("<return-response><set-method>GET</set-method></return-response>"),
            ["unknown-element"]
        );
        let child = "<return-response><set-body template='liquid'>{{</set-body></return-response>";
        assert_eq!(codes(child), ["liquid"]);
    }
}
