//! `set-query-parameter`: sets, adds to or removes a parameter of the request's query.

use hanse_expression::Target;

use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::policies::set_header::{EXISTS_ACTIONS, ExistsAction};
use crate::query;
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, Release, attribute};
use crate::section::Section;
use crate::setting::{Setting, Text};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Backend],
    release: Release::Runs(|element, _| compile(element).map(Policy::SetQueryParameter)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("name", Kind::Filled).required().expression(),
                attribute("exists-action", Kind::OneOf(&EXISTS_ACTIONS)).or("override").expression(),
            ],
            children: &[ChildSpec::any(&VALUE)],
            ..ElementSpec::named("set-query-parameter")
        },
        "Sets, adds to or removes a parameter of the request's query.",
    )
};

static VALUE: ElementSpec = ElementSpec::expression("value", Kind::Any);

fn compile(element: &Element) -> Option<SetQueryParameter> {
    let mut values = Vec::new();
    for value in element.elements_named("value") {
        values.push(value.own_verbatim(Target::String)?);
    }
    Some(SetQueryParameter {
        name: element.required_text("name")?,
        action: ExistsAction::of(element)?,
        values: values.into(),
    })
}

#[derive(Debug)]
pub(crate) struct SetQueryParameter {
    name: Text,
    action: Setting<ExistsAction>,
    values: Box<[Text]>,
}

impl SetQueryParameter {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let name = env.text_or_empty(&self.name)?;
        let action = ExistsAction::get(&self.action, env)?;
        let mut pairs = String::new();
        for value in &self.values {
            // Null is no value.
            let Some(value) = env.text(value)? else { continue };
            if !pairs.is_empty() {
                pairs.push('&');
            }
            query::push_encoded(&mut pairs, name);
            pairs.push('=');
            query::push_encoded(&mut pairs, value);
        }
        let before = env.context.request.query.as_deref().unwrap_or_default();
        let is_present = query::value(before, name).is_some();
        let (keeps_old, adds) = match action {
            ExistsAction::Override => (false, true),
            ExistsAction::Skip => (true, !is_present),
            ExistsAction::Append => (true, true),
            ExistsAction::Delete => (false, false),
        };
        if (keeps_old || !is_present) && !adds {
            return Ok(Flow::Continue);
        }
        let mut after = String::with_capacity(before.len() + pairs.len() + 1);
        for pair in query::pairs(before) {
            if keeps_old || !query::is_named(query::split(pair).0, name) {
                query::push_pair(&mut after, pair);
            }
        }
        if adds {
            query::push_pair(&mut after, &pairs);
        }
        env.context.request.query = Some(after).filter(|query| !query.is_empty());
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{Bench, accepts, codes, codes_in};

    #[test]
    fn action_decides_what_happens_to_old_values() {
        for (action, values, before, after) in [
            ("override", "<value>n m</value>", "x=%20&A=1&y&a=2", "x=%20&y&a=n%20m"),
            ("override", "<value>1</value><value>2</value>", "", "a=1&a=2"),
            ("override", "", "a=1&b=2", "b=2"),
            ("skip", "<value>n</value>", "a=1", "a=1"),
            ("skip", "<value>n</value>", "b=1", "b=1&a=n"),
            ("append", "<value>n</value>", "a=1&b=2", "a=1&b=2&a=n"),
            ("delete", "<value>n</value>", "%61=1&b=2", "b=2"),
            ("delete", "", "a=1", ""),
            ("delete", "", "b=%zz", "b=%zz"),
            ("append", "<value/>", "", "a="),
        ] {
            let element = format!(
                "<set-query-parameter name='a' exists-action='{action}'>{values}</set-query-parameter>"
            );
            let mut bench = Bench::inbound(&element);
            bench.context.request.query = Some(before.to_owned()).filter(|query| !query.is_empty());
            bench.run();
            assert_eq!(bench.context.request.query.unwrap_or_default(), after, "{action} {before}");
        }
    }

    #[test]
    fn documents_are_checked() {
        accepts("<set-query-parameter name='a'><value>1</value></set-query-parameter>");
        assert_eq!(codes("<set-query-parameter/>"), ["missing-attribute"]);
        assert_eq!(codes("<set-query-parameter name=''/>"), ["attribute-value"]);
        assert_eq!(codes_in(Section::Outbound, "<set-query-parameter name='a'/>"), ["misplaced-policy"]);
    }
}
