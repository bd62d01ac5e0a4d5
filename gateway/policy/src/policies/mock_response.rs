//! `mock-response`: answers without a backend.
//!
//! The answer has the status, the content type and no body: examples of an operation's responses are
//! not known to the pipeline yet.

use http::StatusCode;
use http::header::{self, HeaderValue};

use crate::context::ResponseMessage;
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, NOT_BACKEND, PolicySpec, Release, attribute};
use crate::section::Section;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOT_BACKEND,
    tolerated: &[Section::Backend],
    release: Release::Runs(|element, _| compile(element).map(Policy::MockResponse)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("status-code", Kind::Status).or("200"),
                attribute("content-type", Kind::HeaderValue),
                attribute("enabled", Kind::Bool).or("true"),
                attribute("index", Kind::COUNT).no_effect("examples are not supported by this release"),
            ],
            ..ElementSpec::named("mock-response")
        },
        "Answers without a backend.",
    )
};

fn compile(element: &Element) -> Option<MockResponse> {
    let status = StatusCode::from_u16(element.number("status-code").unwrap_or(200)).ok()?;
    let content_type = match element.literal("content-type") {
        Some(text) => Some(HeaderValue::from_str(text.trim()).ok()?).filter(|value| !value.is_empty()),
        None => None,
    };
    Some(MockResponse { status, content_type, is_enabled: element.flag("enabled", true) })
}

#[derive(Debug)]
pub(crate) struct MockResponse {
    status: StatusCode,
    content_type: Option<HeaderValue>,
    is_enabled: bool,
}

impl MockResponse {
    pub(crate) fn run<'a>(&self, env: &mut Env<'a, '_>) -> Ran<'a> {
        if !self.is_enabled {
            return Ok(Flow::Continue);
        }
        let mut response = ResponseMessage::new(self.status);
        if let Some(content_type) = &self.content_type {
            response.headers.insert(header::CONTENT_TYPE, content_type.clone());
        }
        env.context.response = Some(response);
        Ok(Flow::Terminate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Body;
    use crate::testing::{Bench, accepts, codes, codes_in};

    #[test]
    fn answer_has_status_and_content_type() {
        let mut bench = Bench::inbound("<mock-response status-code='201' content-type='application/json'/>");
        bench.run();
        assert_eq!(bench.forwards, 0);
        let response = bench.context.response.as_ref().unwrap();
        assert_eq!((response.status.as_u16(), &response.body), (201, &Body::Empty));
        assert_eq!(response.headers[header::CONTENT_TYPE], "application/json");

        let mut bench = Bench::inbound("<mock-response/>");
        bench.run();
        assert_eq!(bench.context.response.unwrap().status, StatusCode::OK);
    }

    #[test]
    fn switched_off_it_does_nothing() {
        let mut bench = Bench::inbound("<mock-response enabled='false' status-code='500'/>");
        bench.run();
        assert_eq!(bench.forwards, 1);
        assert_eq!(bench.context.response.unwrap().status, StatusCode::OK);
    }

    #[test]
    fn existing_headers_are_dropped() {
        let mut bench = Bench::outbound("<mock-response/>");
        bench.run();
        assert!(bench.context.response.unwrap().headers.is_empty());
    }

    #[test]
    fn documents_are_checked() {
        accepts("<mock-response status-code='599'/>");
        assert_eq!(codes("<mock-response status-code='99'/>"), ["attribute-value"]);
        assert_eq!(codes("<mock-response index='1'/>"), ["no-effect"]);
        assert_eq!(codes("<mock-response><x/></mock-response>"), ["unknown-element"]);
        assert_eq!(codes_in(Section::Backend, "<mock-response/>"), ["misplaced-policy"]);
    }
}
