//! `set-body`: replaces the body of the current message. `Content-Type` stays what it was.

use bytes::Bytes;
use http::header::{self, HeaderMap};

use crate::check::Checker;
use crate::context::Body;
use crate::policies::Policy;
use crate::run::{Env, Flow};
use crate::schema::{AttributeSpec, Content, ElementSpec, Kind, Need, Once, PolicySpec};
use crate::section::{ScopeKind, Section};
use crate::tree::Element;

const LIQUID_ONLY: &str = "it is for Liquid templates";

pub(crate) static SPEC: PolicySpec = PolicySpec {
    element: ELEMENT,
    sections: &Section::ALL,
    tolerated: &[],
    scopes: &ScopeKind::ALL,
    once: Once::Never,
    check,
    compile: |element| compile(element).map(Policy::SetBody),
};

/// Also a child of `return-response`.
pub(crate) const ELEMENT: ElementSpec = ElementSpec {
    name: "set-body",
    attributes: &[
        AttributeSpec { name: "template", kind: Kind::Any, need: Need::Default("none") },
        AttributeSpec {
            name: "xsi-nil",
            kind: Kind::OneOf(&["blank", "null"]),
            need: Need::NoEffect(LIQUID_ONLY),
        },
        AttributeSpec { name: "parse-date", kind: Kind::Bool, need: Need::NoEffect(LIQUID_ONLY) },
        AttributeSpec { name: "html-decode-expression", kind: Kind::Bool, need: Need::Optional },
    ],
    children: &[],
    content: Content::Text(Kind::Any),
};

/// True when what the element holds is a text, whatever it looks like.
pub(crate) fn is_verbatim(element: &Element) -> bool {
    element.name == ELEMENT.name
}

/// True when the element's text is a Liquid template, whose `{{…}}` are its own.
pub(crate) fn is_liquid(element: &Element) -> bool {
    element.name == ELEMENT.name
        && element
            .attribute("template")
            .is_some_and(|template| template.value.text.trim().eq_ignore_ascii_case("liquid"))
}

pub(crate) fn check(element: &Element, checker: &mut Checker<'_>) {
    let Some(template) = element.attribute("template") else {
        return;
    };
    if is_liquid(element) {
        let message = "Liquid templates are not supported by this release".to_owned();
        checker.error(template.value.span, "unsupported-template", message).hint("write the body out");
        return;
    }
    if let Some(literal) = template.value.literal()
        && literal.trim() != "none"
    {
        let message =
            format!("set-body: template: `{}` is not `none` or `liquid`", crate::schema::shown(literal));
        checker.error(template.value.span, "attribute-value", message);
    }
}

pub(crate) fn compile(element: &Element) -> Option<SetBody> {
    Some(SetBody { body: Bytes::copy_from_slice(element.literal_text()?.as_bytes()) })
}

#[derive(Debug)]
pub(crate) struct SetBody {
    body: Bytes,
}

impl SetBody {
    pub(crate) fn run(&self, env: &mut Env<'_>) -> Flow {
        let (headers, body) = env.message();
        drop_body_headers(headers);
        *body = self.body();
        Flow::Continue
    }

    pub(crate) fn body(&self) -> Body {
        match self.body.is_empty() {
            true => Body::Empty,
            false => Body::Bytes(self.body.clone()),
        }
    }
}

// They tell of the body that is gone; the data plane writes the new length.
fn drop_body_headers(headers: &mut HeaderMap) {
    for name in [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONTENT_ENCODING] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        assert_eq!(codes("<set-body template='Liquid'>{{ body.x }}</set-body>"), ["unsupported-template"]);
        assert_eq!(codes("<set-body template='razor'/>"), ["attribute-value"]);
        assert_eq!(codes("<set-body parse-date='false'/>"), ["no-effect"]);
    }
}
