//! `set-body`: replaces the body of the current message. `Content-Type` stays what it was.

use bytes::Bytes;
use hanse_expression::Target;

use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{Content, ElementSpec, PolicySpec, Release, attribute};
use crate::setting::Setting;
use crate::tree::Element;

const LIQUID_ONLY: &str = "it is for Liquid templates, which are not run by this release yet";

/// Also a child of policies that make a message.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::SetBody)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("template", Kind::OneOfAnyCase(&["none", "liquid"])).or("none"),
                attribute("xsi-nil", Kind::OneOf(&["blank", "null"])).no_effect(LIQUID_ONLY),
                attribute("parse-date", Kind::Bool).no_effect(LIQUID_ONLY),
                attribute("html-decode-expression", Kind::Bool).or("false"),
            ],
            content: Content::Expression(Kind::Body),
            ..ElementSpec::named("set-body")
        },
        "Replaces the body of the current message; Content-Type stays what it was.",
    )
};

/// True when the element's text is a Liquid template, whose `{{…}}` are its own; other policies have such
/// texts too.
pub(crate) fn is_liquid(element: &Element) -> bool {
    let template = element.attribute("template");
    template.is_some_and(|template| template.value.text.trim().eq_ignore_ascii_case("liquid"))
}

fn check(element: &Element, checker: &mut Checker<'_>) {
    if let Some(template) = element.attribute("template")
        && is_liquid(element)
    {
        let message = "Liquid templates are not run by this release yet";
        checker.not_run(template.value.span, message).hint("write the body out");
    }
}

pub(crate) fn compile(element: &Element) -> Option<SetBody> {
    let body = match element.text() {
        Some(value) => {
            Setting::of(value, Target::Body, |text| Some(Bytes::copy_from_slice(text.as_bytes())))?
        }
        None => Setting::Fixed(Bytes::new()),
    };
    Some(SetBody { body })
}

#[derive(Debug)]
pub(crate) struct SetBody {
    body: Setting<Bytes>,
}

impl SetBody {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let body = self.work_out(env)?;
        env.replace_body(body);
        Ok(Flow::Continue)
    }

    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Bytes, Halt> {
        match &self.body {
            Setting::Fixed(body) => Ok(body.clone()),
            Setting::Computed(program) => env.computed_body(program),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Body;
    use crate::testing::{Bench, accepts, codes};

    fn body(element: &str) -> Body {
        let mut bench = Bench::inbound(element);
        bench.context.request.body = Body::Stream;
        bench.run();
        bench.context.request.body
    }

    #[test]
    fn literal_body_is_kept_verbatim() {
        let bytes = |text: &'static str| Body::Bytes(Bytes::from_static(text.as_bytes()));
        assert_eq!(body("<set-body> {\"a\": 1} \n</set-body>"), bytes(" {\"a\": 1} \n"));
        assert_eq!(body("<set-body>a &lt; b &amp; c</set-body>"), bytes("a < b & c"));
        assert_eq!(body("<set-body><![CDATA[<a>&amp;</a>]]></set-body>"), bytes("<a>&amp;</a>"));
        assert_eq!(
            body("<set-body><a x='1'>t &amp; u<b/></a></set-body>"),
            bytes("<a x='1'>t &amp; u<b/></a>")
        );
    }

    #[test]
    fn empty_element_is_an_empty_body() {
        assert_eq!(body("<set-body/>"), Body::Empty);
        assert_eq!(body("<set-body></set-body>"), Body::Empty);
    }

    #[test]
    fn headers_of_the_old_body_go_and_the_content_type_stays() {
        let mut bench = Bench::inbound("<set-body>x</set-body>");
        for name in ["content-length", "content-encoding", "content-type"] {
            bench.context.request.headers.insert(name, http::HeaderValue::from_static("5"));
        }
        bench.run();
        let left: Vec<_> = bench.context.request.headers.keys().map(|name| name.as_str()).collect();
        assert_eq!(left, ["content-type"]);
    }

    #[test]
    fn body_after_the_forward_is_the_responses() {
        let mut bench = Bench::outbound("<set-body>x</set-body>");
        bench.context.request.body = Body::Stream;
        bench.run();
        assert_eq!(bench.context.request.body, Body::Stream);
        assert_eq!(bench.context.response.unwrap().body, Body::Bytes(Bytes::from_static(b"x")));
    }

    #[test]
    fn documents_are_checked() {
        accepts("<set-body template='none'>x</set-body>");
        accepts("<set-body><policies><inbound/></policies></set-body>");
        assert_eq!(codes("<set-body template='Liquid'>{{ body.x }}</set-body>"), ["not-run-yet"]);
        assert_eq!(codes("<set-body template='razor'/>"), ["attribute-value"]);
        assert_eq!(codes("<set-body parse-date='false'/>"), ["no-effect"]);
    }
}
