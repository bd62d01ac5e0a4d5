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
        if text.contains(from) {
            let replaced = charset.encode(&text.replace(from, to));
            env.replace_body(replaced);
        }
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Outbound, "<find-and-replace from='a' to=''/>"), [""; 0]);
        assert_eq!(read_in(Section::Outbound, "<find-and-replace from='a'/>"), ["missing-attribute"]);
    }
}
