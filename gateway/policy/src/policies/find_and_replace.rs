//! `find-and-replace`: replaces a text wherever it stands in the body.

use hanse_expression::Target;

use crate::charset;
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::setting::Text;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, _| compile(element).map(Policy::FindAndReplace)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("from", Kind::Any).required().expression(),
                attribute("to", Kind::Any).required().expression(),
            ],
            ..ElementSpec::named("find-and-replace")
        },
        "Replaces a text wherever it stands in the body.",
    )
};

/// Bytes that a text may become by replacing; the request fails beyond.
pub(crate) const REPLACED_BYTES_MAX: usize = 16 * 1024 * 1024;

fn compile(element: &Element) -> Option<FindAndReplace> {
    let verbatim = |name| Text::verbatim(&element.attribute(name)?.value, Target::String);
    Some(FindAndReplace { from: verbatim("from")?, to: verbatim("to")? })
}

#[derive(Debug)]
pub(crate) struct FindAndReplace {
    from: Text,
    to: Text,
}

impl FindAndReplace {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let from = env.text_or_empty(&self.from)?;
        let to = env.text_or_empty(&self.to)?;
        if from.is_empty() {
            return Err(env.internal("There is no text to find."));
        }
        let Some(body) = env.read_body()? else {
            return Ok(Flow::Continue);
        };
        let (headers, _) = env.message();
        let charset = charset::of(headers);
        let text = charset.decode(&body);
        let times = text.matches(from).count();
        if times > 0 {
            let grown = times.saturating_mul(to.len()).saturating_add(text.len() - times * from.len());
            if grown > REPLACED_BYTES_MAX {
                return Err(env.internal(format!("The body becomes more than {REPLACED_BYTES_MAX} bytes.")));
            }
            let replaced = charset.encode(&text.replace(from, to));
            env.replace_body(replaced);
        }
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::REPLACED_BYTES_MAX;
    use crate::context::Body;
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn replaced(from: &str, to: &str, body: &'static [u8], content_type: &'static str) -> Body {
        let mut bench = Bench::inbound(&format!("<find-and-replace from='{from}' to='{to}'/>"));
        bench.context.request.headers.insert("content-type", content_type.parse().unwrap());
        bench.context.request.body = Body::Bytes(Bytes::from_static(body));
        bench.run();
        assert_eq!(bench.context.last_error, None);
        bench.context.request.body
    }

    #[test]
    fn text_is_replaced_wherever_it_stands_in_the_charset_of_the_body() {
        let is = |bytes: &'static [u8]| Body::Bytes(Bytes::from_static(bytes));
        assert_eq!(replaced("a", "bb", b"xaAa", "text/plain"), is(b"xbbAbb"));
        assert_eq!(replaced("é", "e", b"\xe9\xe8", "text/plain; charset=iso-8859-1"), is(b"e\xe8"));
        assert_eq!(replaced("a", "", b"a", "text/plain"), Body::Empty);
        assert_eq!(
            replaced("z", "y", b"\xff", "text/plain"),
            is(b"\xff"),
            "nothing to replace, nothing changed"
        );
    }

    #[test]
    fn growth_is_bounded() {
        let to = "b".repeat(1_024);
        let times = REPLACED_BYTES_MAX / to.len();
        for (times, fits) in [(times, true), (times + 1, false)] {
            let mut bench = Bench::inbound(&format!("<find-and-replace from='a' to='{to}'/>"));
            bench.context.request.body = Body::Bytes(Bytes::from("a".repeat(times)));
            bench.run();
            assert_eq!(bench.context.last_error.is_none(), fits);
        }
    }

    #[test]
    fn nothing_to_find_fails_and_no_body_is_left_alone() {
        let mut bench = Bench::inbound("<find-and-replace from='@(\"\")' to='x'/>");
        bench.run();
        assert_eq!(bench.context.last_error.unwrap().source, "find-and-replace");
        let mut bench = Bench::inbound("<find-and-replace from='a' to='x'/>");
        bench.run();
        assert_eq!(bench.context.request.body, Body::Empty);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Outbound, "<find-and-replace from='a' to=''/>"), [""; 0]);
        assert_eq!(read_in(Section::Outbound, "<find-and-replace from='a'/>"), ["missing-attribute"]);
    }
}
