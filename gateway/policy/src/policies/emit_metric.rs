//! `emit-metric`: adds to a metric of the document's own.

use crate::kind::Kind;
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, attribute};

/// Most dimensions of a metric.
pub(crate) const DIMENSIONS_MAX: usize = 10;

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("name", Kind::Filled).required(),
            attribute("namespace", Kind::Any).or("API Management"),
            attribute("value", Kind::Double { min: f64::MIN, max: f64::MAX }).or("1").expression(),
            attribute("default-dimensions", Kind::Bool),
        ],
        children: &[ChildSpec { max: DIMENSIONS_MAX, ..ChildSpec::some(&DIMENSION) }],
        ..ElementSpec::named("emit-metric")
    },
    "Adds to a metric of the document's own.",
);

/// `value` may be left out for what is known of every call, such as `API ID`.
pub(crate) static DIMENSION: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("value", Kind::Any).expression(),
    ],
    ..ElementSpec::named("dimension")
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<emit-metric name='m' value='@(1.5)' namespace='n'><dimension name='API ID'/><dimension name='a' value='@(context.Api.Id)'/></emit-metric>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<emit-metric name='m'/>"), ["missing-element"]);
        assert_eq!(
            read_in(Section::Inbound, "<emit-metric name='m' value='x'><dimension name='a'/></emit-metric>"),
            ["attribute-value"]
        );
    }
}
