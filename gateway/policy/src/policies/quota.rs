//! `quota`: at most so many calls or bytes of a subscription within a fixed period.

use crate::check::Checker;
use crate::kind::Kind;
use crate::schema::{AttributeSpec, ChildSpec, ElementSpec, INBOUND, Once, PolicySpec, attribute};
use crate::section::ScopeKind;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    scopes: &[ScopeKind::Product],
    once: Once::PerDocument,
    check,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                CALLS,
                BANDWIDTH,
                attribute("renewal-period", PERIOD).required(),
                attribute("first-period-start", Kind::DateTime),
            ],
            children: &[ChildSpec::any(&API), ChildSpec::any(&OPERATION)],
            ..ElementSpec::named("quota")
        },
        "At most so many calls or bytes of a subscription within a fixed period.",
    )
};

pub(crate) const CALLS: AttributeSpec = attribute("calls", Kind::Integer { min: 1, max: i64::MAX });
/// In kilobytes.
pub(crate) const BANDWIDTH: AttributeSpec = attribute("bandwidth", Kind::Integer { min: 1, max: i64::MAX });
/// Zero: for ever.
pub(crate) const PERIOD: Kind = Kind::Period { min: 0, max: i64::MAX };

const ENTRY_ATTRIBUTES: &[AttributeSpec] = &[
    attribute("name", Kind::Filled),
    attribute("id", Kind::Filled),
    CALLS,
    BANDWIDTH,
    attribute("renewal-period", PERIOD),
];

static API: ElementSpec = ElementSpec {
    attributes: ENTRY_ATTRIBUTES,
    children: &[ChildSpec::any(&OPERATION)],
    ..ElementSpec::named("api")
};
static OPERATION: ElementSpec =
    ElementSpec { attributes: ENTRY_ATTRIBUTES, ..ElementSpec::named("operation") };

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &["calls", "bandwidth"]);
    for entry in element.elements().filter(|entry| matches!(entry.name.as_str(), "api" | "operation")) {
        checker.one_of(entry, &["id", "name"]);
        for operation in entry.elements_named("operation") {
            checker.one_of(operation, &["id", "name"]);
        }
    }
}
