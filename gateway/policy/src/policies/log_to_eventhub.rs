//! `log-to-eventhub`: sends a message to a logger.

use crate::kind::Kind;
use crate::schema::{ElementSpec, PolicySpec, attribute};
use crate::surroundings::Reference;

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("logger-id", Kind::Reference(Reference::Logger)).required(),
            attribute("partition-id", Kind::Any),
            attribute("partition-key", Kind::Any).expression(),
        ],
        ..ElementSpec::expression("log-to-eventhub", Kind::Any)
    },
    "Sends a message to a logger.",
);
