//! `set-body`: replaces the body of the current message. `Content-Type` stays what it was.

use bytes::Bytes;
use hanse_expression::Target;
use hanse_expression::json::read::{ReadSettings, parse_token};
use hanse_expression::run::Limits;
use hanse_expression::xml::{Whitespace, parse_document};

use crate::charset;
use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::liquid::{self, Given, Liq, STEPS_MAX, Template, Unrendered};
use crate::media;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{Content, ElementSpec, PolicySpec, Release, attribute};
use crate::setting::Setting;
use crate::tree::{Element, ValueKind};

/// Also a child of policies that make a message.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::SetBody)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("template", Kind::OneOfAnyCase(&["none", "liquid"])).or("none"),
                attribute("xsi-nil", Kind::OneOf(&["blank", "null"])).or("blank"),
                attribute("parse-date", Kind::Bool).or("true"),
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
    if !is_liquid(element) {
        for attribute in ["xsi-nil", "parse-date"].into_iter().filter_map(|name| element.attribute(name)) {
            let message = format!("{} has no effect without a Liquid template", attribute.name);
            checker
                .warning(attribute.span, "no-effect", message)
                .hint("add template=\"liquid\", or take it away");
        }
        return;
    }
    let Some(text) = element.text() else { return };
    if text.kind == ValueKind::Expression {
        let message = "a Liquid template is a text; this is an expression";
        checker
            .error(text.span, "liquid", message)
            .hint("take template=\"liquid\" away, or write a template");
        return;
    }
    if let Err(error) = liquid::parse(&text.text) {
        let at = hanse_expression::span::Span { start: error.at, end: (error.at + 2).min(text.text.len()) };
        checker.error(text.place(at), "liquid", format!("Liquid: {}", error.message));
    }
}

pub(crate) fn compile(element: &Element) -> Option<SetBody> {
    if is_liquid(element) {
        let text = element.literal_text()?;
        return Some(SetBody::Liquid(Box::new(LiquidBody {
            template: liquid::parse(text).ok()?,
            nil_is_null: element.literal("xsi-nil").is_some_and(|it| it.trim() == "null"),
            reads_dates: element.flag("parse-date", true),
        })));
    }
    let body = match element.text() {
        Some(value) => {
            Setting::of(value, Target::Body, |text| Some(Bytes::copy_from_slice(text.as_bytes())))?
        }
        None => Setting::Fixed(Bytes::new()),
    };
    Some(SetBody::Is(body))
}

#[derive(Debug)]
pub(crate) enum SetBody {
    Is(Setting<Bytes>),
    Liquid(Box<LiquidBody>),
}

#[derive(Debug)]
pub(crate) struct LiquidBody {
    template: Template,
    nil_is_null: bool,
    reads_dates: bool,
}

impl SetBody {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let body = match self {
            Self::Liquid(liquid) if liquid.template.reads_body => {
                let body = liquid.body(env)?;
                liquid.render(env, body)?
            }
            _ => self.work_out(env)?,
        };
        env.replace_body(body);
        Ok(Flow::Continue)
    }

    /// The body of a message that has none yet.
    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Bytes, Halt> {
        match self {
            Self::Is(Setting::Fixed(body)) => Ok(body.clone()),
            Self::Is(Setting::Computed(program)) => env.computed_body(program),
            Self::Liquid(liquid) => liquid.render(env, Liq::Nil),
        }
    }
}

impl LiquidBody {
    /// The body of the current message, as its `Content-Type` has it read.
    fn body<'a>(&self, env: &mut Env<'a, '_>) -> Result<Liq<'a>, Halt> {
        let Some(bytes) = env.read_body()? else { return Ok(Liq::Nil) };
        let (headers, _) = env.message();
        let text = charset::of(headers).decode(&bytes);
        let media_type = media::of(headers).unwrap_or_default();
        let (is_json, is_xml) = (media::is_json(media_type), media::is_xml(media_type));
        let arena = env.context.arena;
        let text =
            arena.text(&text).map_err(|error| env.internal(format!("The body does not fit: {error}.")))?;
        match (is_json, is_xml) {
            _ if text.trim().is_empty() => Ok(Liq::Nil),
            (true, _) => match parse_token(arena, text, ReadSettings { dates: self.reads_dates }) {
                Ok(token) => Ok(liquid::body_of(token)),
                Err(error) => Err(env.internal(format!("The body is not JSON: {error}"))),
            },
            (_, true) => match parse_document(arena, text, Whitespace::Drop) {
                Ok(document) => Ok(Liq::Xml(document)),
                Err(error) => Err(env.internal(format!("The body is not XML: {error}"))),
            },
            _ => Ok(Liq::Text(text)),
        }
    }

    fn render<'a>(&self, env: &mut Env<'a, '_>, body: Liq<'a>) -> Result<Bytes, Halt> {
        let original_method = env
            .context
            .arena
            .text(env.context.original_method.as_str())
            .map_err(|error| env.internal(format!("The template does not fit: {error}.")))?;
        let given = Given { body, nil_is_null: self.nil_is_null, original_method };
        let limits = Limits { steps: STEPS_MAX, ..Limits::default() };
        let rendered = env.within(limits, |cx| match self.template.render(cx, &given) {
            Ok(text) => Ok(Some(text)),
            Err(Unrendered::TooLong) => Ok(None),
            Err(Unrendered::Stop(stop)) => Err(stop),
        })?;
        match rendered {
            Some(text) => Ok(text.into()),
            None => {
                let max = liquid::OUTPUT_BYTES_MAX;
                Err(env.internal(format!("The template becomes longer than {max} bytes.")))
            }
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
        accepts("<set-body template='Liquid' xsi-nil='null' parse-date='false'>{{ body.x }}</set-body>");
        accepts(
            "<set-body template='liquid'><a x=\"{{ body.x | Upcase }}\">{% if body.n &lt; 3 %}b{% endif %}</a></set-body>",
        );
        assert_eq!(codes("<set-body template='liquid'>{% if body.x %}</set-body>"), ["liquid"]);
        assert_eq!(codes("<set-body template='liquid'>{{ body.x | Upcas }}</set-body>"), ["liquid"]);
        assert_eq!(codes("<set-body template='liquid'>@(\"x\")</set-body>"), ["liquid"]);
        assert_eq!(codes("<set-body template='razor'/>"), ["attribute-value"]);
        assert_eq!(codes("<set-body parse-date='false'/>"), ["no-effect"]);
    }
}
