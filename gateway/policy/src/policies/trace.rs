//! `trace`: adds a message to the request's trace and to the logs.

use crate::env::{Env, Ran};
use crate::host::{Note, Severity};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ChildSpec, Content, ElementSpec, PolicySpec, Release, attribute};
use crate::setting::Text;
use crate::tree::Element;

/// Older documents hold the message as their text.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, _| compile(element).map(Policy::Trace)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("source", Kind::Any).required(),
                attribute("severity", Kind::OneOf(&["verbose", "information", "error"])).or("verbose"),
            ],
            children: &[ChildSpec::maybe(&MESSAGE), ChildSpec::any(&METADATA)],
            content: Content::Expression(Kind::Any),
            ..ElementSpec::named("trace")
        },
        "Adds a message to the request's trace and to the logs.",
    )
};

static MESSAGE: ElementSpec = ElementSpec::expression("message", Kind::Any);
static METADATA: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("value", Kind::Any).required().expression(),
    ],
    ..ElementSpec::named("metadata")
};

fn compile(element: &Element) -> Option<Trace> {
    let message = match element.child(MESSAGE.name) {
        Some(message) => message.own_text()?,
        None => element.own_text()?,
    };
    let mut metadata = Vec::new();
    for item in element.elements_named(METADATA.name) {
        metadata.push((item.required_text("name")?, item.required_text("value")?));
    }
    let severity = match element.literal("severity").map(str::trim) {
        Some("error") => Severity::Error,
        Some("information") => Severity::Information,
        _ => Severity::Verbose,
    };
    Some(Trace { origin: element.literal("source")?.into(), severity, message, metadata: metadata.into() })
}

#[derive(Debug)]
pub(crate) struct Trace {
    origin: Box<str>,
    severity: Severity,
    message: Text,
    metadata: Box<[(Text, Text)]>,
}

impl Trace {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let message = env.text_or_empty(&self.message)?;
        let mut metadata = Vec::with_capacity(self.metadata.len());
        for (name, value) in &self.metadata {
            metadata.push((env.text_or_empty(name)?, env.text_or_empty(value)?));
        }
        let note = Note {
            workspace: &env.context.facts.workspace.id,
            request_id: env.context.request_id,
            origin: &self.origin,
            severity: self.severity,
            message,
            metadata: &metadata,
        };
        env.host.note(&note);
        let properties: String = metadata.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        env.trace(format!("{}: {message}{properties}", self.origin));
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    #[test]
    fn a_message_goes_to_the_logs_with_its_severity() {
        let mut bench = Bench::inbound(
            "<trace source='s' severity='error'><message>@(\"m\" + 1)</message><metadata name='n' value='v'/></trace>\
             <trace source='t' severity='information'>older form</trace><trace source='u'/>",
        );
        bench.run();
        assert_eq!(*bench.host.notes.borrow(), ["s Error m1", "t Information older form", "u Verbose "]);
        assert_eq!(
            bench.forwards + usize::from(bench.context.last_error.is_some()),
            1,
            "the request goes on"
        );
    }

    #[test]
    fn an_expression_that_throws_fails_the_request() {
        for policy in [
            "<trace source='s'><message>@(((string)null).Trim())</message></trace>",
            "<trace source='s'><message>m</message><metadata name='n' value='@(((string)null).Trim())'/></trace>",
        ] {
            let mut bench = Bench::inbound(policy);
            bench.run();
            assert_eq!(bench.context.response.as_ref().unwrap().status, 500);
            assert!(bench.host.notes.borrow().is_empty(), "nothing is told half");
        }
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<trace source='s' severity='error'><message>@(context.Api.Id)</message><metadata name='n' value='@(context.Api.Id)'/></trace><trace source='s'>@(context.Api.Id)</trace>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<trace/>"), ["missing-attribute"]);
        assert_eq!(read_in(Section::Inbound, "<trace source='s' severity='fatal'/>"), ["attribute-value"]);
    }
}
