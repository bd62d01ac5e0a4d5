//! `check-header`: refuses requests without a header, or with another value of it.

use crate::kind::Kind;
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, attribute};
use crate::section::Section;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Outbound],
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("name", Kind::Filled).required().expression(),
                attribute("failed-check-httpcode", Kind::Status).required().expression(),
                attribute("failed-check-error-message", Kind::Any).expression(),
                attribute("ignore-case", Kind::Bool).or("false").expression(),
            ],
            children: &[ChildSpec::any(&VALUE)],
            ..ElementSpec::named("check-header")
        },
        "Refuses messages without a header, or with another value of it.",
    )
};

static VALUE: ElementSpec = ElementSpec::expression("value", Kind::Any);
