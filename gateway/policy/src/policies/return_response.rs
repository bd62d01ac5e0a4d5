//! `return-response`: ends the pipeline with an answer of the document's own making.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};

use crate::context::{Body, ResponseMessage};
use crate::kind::Kind;
use crate::policies::{Policy, set_body, set_header, set_status};
use crate::run::{Env, Flow};
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, Release, attribute};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element| compile(element).map(Policy::ReturnResponse)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[attribute("response-variable-name", Kind::Variable)
                .not_run("variables are not supported by this release")],
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
    // The answer starts without headers, so what the children make of it is known now.
    let mut headers = HeaderMap::new();
    for child in element.elements_named("set-header") {
        set_header::compile(child)?.apply(&mut headers);
    }
    let (status, reason) = match element.child("set-status") {
        Some(child) => set_status::compile(child).map(|set| (set.status, set.reason))?,
        None => (StatusCode::OK, None),
    };
    let body = match element.child("set-body") {
        Some(child) => set_body::compile(child)?.body(),
        None => Body::Empty,
    };
    Some(ReturnResponse { status, reason, headers, body })
}

#[derive(Debug)]
pub(crate) struct ReturnResponse {
    status: StatusCode,
    reason: Option<Arc<str>>,
    headers: HeaderMap,
    body: Body,
}

impl ReturnResponse {
    pub(crate) fn run(&self, env: &mut Env<'_>) -> Flow {
        env.context.response = Some(ResponseMessage {
            status: self.status,
            reason: self.reason.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
        });
        Flow::Terminate
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
        assert_eq!(codes("<return-response response-variable-name='r'/>"), ["not-run-yet"]);
        let twice = "<return-response><set-status code='200'/><set-status code='201'/></return-response>";
        assert_eq!(codes(twice), ["repeated-element"]);
        assert_eq!(
            codes("<return-response><set-method>GET</set-method></return-response>"),
            ["unknown-element"]
        );
        let child = "<return-response><set-body template='liquid'/></return-response>";
        assert_eq!(codes(child), ["not-run-yet"]);
    }
}
