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

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<check-header name='X' failed-check-httpcode='401' failed-check-error-message='no' ignore-case='true'><value>a</value></check-header>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Outbound, "<check-header name='X' failed-check-httpcode='@(401)'/>"),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<check-header name='X' failed-check-httpcode='no'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(Section::Backend, "<check-header name='X' failed-check-httpcode='401'/>"),
            ["misplaced-policy"]
        );
    }
}
