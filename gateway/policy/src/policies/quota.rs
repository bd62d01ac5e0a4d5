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

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<quota calls='10' bandwidth='40' renewal-period='P30D' first-period-start='2026-01-01T00:00:00Z'><api name='a' calls='5'><operation id='o' calls='1' renewal-period='60'/></api></quota>"
            ),
            ["unusual-scope"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<quota renewal-period='60'/>"),
            ["unusual-scope", "missing-attribute"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<quota calls='1' renewal-period='60'><api calls='1'/></quota>"),
            ["unusual-scope", "missing-attribute"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<quota calls='@(1)' renewal-period='0'/>"),
            ["unusual-scope", "expression-not-allowed"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<quota calls='1' renewal-period='60'/><quota calls='1' renewal-period='60'/>"
            ),
            ["unusual-scope", "unusual-scope", "repeated-policy"]
        );
    }
}
