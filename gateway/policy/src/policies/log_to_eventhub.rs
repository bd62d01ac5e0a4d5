//! `log-to-eventhub`: sends a message to a logger.
//!
//! Nobody waits for it, and it fails no request: what becomes of it is in the gateway's own log.

use crate::check::Checker;
use crate::env::{Env, Ran};
use crate::host::{Event, EventPartition};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::section::ScopeKind;
use crate::setting::Text;
use crate::surroundings::Reference;
use crate::tree::Element;

/// Most bytes of a message; the rest of a longer one is cut off.
pub(crate) const MESSAGE_BYTES_MAX: usize = 200 * 1024;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::LogToEventhub)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("logger-id", Kind::Reference(Reference::Logger)).required(),
                attribute("partition-id", Kind::Any),
                attribute("partition-key", Kind::Any).expression(),
            ],
            ..ElementSpec::expression("log-to-eventhub", Kind::Any)
        },
        "Sends a message to a logger.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    let Some(id) = element.attribute("partition-id") else { return };
    if let Some(key) = element.attribute("partition-key") {
        checker.excluding(key, "partition-id");
    }
    if id.value.literal().is_some_and(|text| text.trim().parse::<u16>().is_err()) {
        let message = "partition-id: partitions of an event hub are numbers from 0 on";
        checker.report(checker.strict(), id.value.span, "attribute-value", message.to_owned());
    }
}

fn compile(element: &Element) -> Option<LogToEventhub> {
    let id = match element.literal("partition-id") {
        Some(id) => Some(id.trim().parse().ok()?),
        None => None,
    };
    Some(LogToEventhub {
        logger: element.literal("logger-id")?.trim().into(),
        partition_id: id,
        partition_key: element.text_setting("partition-key")?,
        message: element.own_text()?,
    })
}

#[derive(Debug)]
pub(crate) struct LogToEventhub {
    logger: Box<str>,
    partition_id: Option<u16>,
    partition_key: Option<Text>,
    message: Text,
}

impl LogToEventhub {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let message = cut(env.text_or_empty(&self.message)?);
        let key = match &self.partition_key {
            Some(key) => Some(env.text_or_empty(key)?).filter(|key| !key.is_empty()),
            None => None,
        };
        let partition = match (self.partition_id, key) {
            (Some(id), _) => EventPartition::Id(id),
            (None, Some(key)) => EventPartition::Key(key),
            (None, None) => EventPartition::Any,
        };
        // The loggers that a document may name are those beside it.
        let owner = if env.scope == ScopeKind::Global { "" } else { env.workspace() };
        env.host.log(&Event { owner, logger: &self.logger, workspace: env.workspace(), message, partition });
        Ok(Flow::Continue)
    }
}

fn cut(message: &str) -> &str {
    &message[..message.floor_char_boundary(MESSAGE_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::Section;
    use crate::testing::{Bench, codes, read_in};

    fn logged(bench: &mut Bench) -> Vec<String> {
        bench.run();
        assert_eq!(bench.context.last_error, None);
        bench.host.events.take()
    }

    #[test]
    fn messages_go_to_the_logger_beside_the_document() {
        let log = "<log-to-eventhub logger-id=' l '>@(\"m\" + 1)</log-to-eventhub>";
        assert_eq!(logged(&mut Bench::inbound(log)), ["w/l Any m1"]);
        let global = format!("<policies><inbound>{log}</inbound></policies>");
        assert_eq!(logged(&mut Bench::at(&global, ScopeKind::Global)), ["/l Any m1"]);
    }

    #[test]
    fn partitions_are_as_the_document_says() {
        for (attribute, expected) in [
            ("partition-id='3'", "w/l Id(3) m"),
            ("partition-key='k'", "w/l Key(\"k\") m"),
            ("partition-key='@(context.Operation.Id)'", "w/l Key(\"o\") m"),
            ("partition-key=''", "w/l Any m"),
        ] {
            let mut bench =
                Bench::inbound(&format!("<log-to-eventhub logger-id='l' {attribute}>m</log-to-eventhub>"));
            bench.set_operation("o", &[]);
            assert_eq!(logged(&mut bench), [expected]);
        }
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        for (length, last) in [(MESSAGE_BYTES_MAX - 1, 'x'), (MESSAGE_BYTES_MAX - 2, 'é')] {
            let text = format!("{}é", "x".repeat(length));
            let cut = cut(&text);
            assert_eq!(cut.chars().last(), Some(last), "{length}");
            assert!(cut.len() <= MESSAGE_BYTES_MAX);
        }
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<log-to-eventhub logger-id='l' partition-id='0'>@(context.Api.Id)</log-to-eventhub>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<log-to-eventhub>x</log-to-eventhub>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Inbound, "<log-to-eventhub logger-id=' '>x</log-to-eventhub>"),
            ["attribute-value"]
        );
        assert_eq!(
            codes("<log-to-eventhub logger-id='l' partition-id='a'>x</log-to-eventhub>"),
            ["attribute-value"]
        );
        assert_eq!(
            codes("<log-to-eventhub logger-id='l' partition-id='1' partition-key='k'>x</log-to-eventhub>"),
            ["attribute-conflict"]
        );
    }
}
