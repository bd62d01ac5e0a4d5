//! `retry`: runs the policies it holds again while a condition is true.

use crate::kind::Kind;
use crate::schema::{ElementSpec, Inner, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec::of(
    ElementSpec {
        attributes: &[
            attribute("condition", Kind::Bool).required().expression(),
            attribute("count", Kind::Integer { min: 1, max: 50 }).required().expression(),
            attribute("interval", Kind::SECONDS).required().expression(),
            attribute("max-interval", Kind::Seconds { min: 1, max: i32::MAX as i64 }).expression(),
            attribute("delta", Kind::Seconds { min: 1, max: i32::MAX as i64 }).expression(),
            attribute("first-fast-retry", Kind::Bool).or("false").expression(),
        ],
        policies: Inner::Except(&["wait"]),
        ..ElementSpec::named("retry")
    },
    "Runs the policies it holds, and again while a condition is true.",
);

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Backend,
                "<retry condition='@(true)' count='50' interval='0' delta='1' max-interval='10' first-fast-retry='true'><forward-request buffer-request-body='true'/></retry>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Backend, "<retry condition='@(true)' count='51' interval='0'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(
                Section::Backend,
                "<retry condition='@(true)' count='1' interval='0'><wait><send-request response-variable-name='r'><set-url>u</set-url></send-request></wait></retry>"
            ),
            ["misplaced-policy"]
        );
        assert_eq!(
            read_in(
                Section::Backend,
                "<retry condition='@(true)' count='1' interval='0'><forward-request/></retry>"
            ),
            ["retry-without-body"]
        );
    }
}
