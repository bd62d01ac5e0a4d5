//! `jsonp`: wraps a JSON response into a call of the page's function.

use crate::kind::Kind;
use crate::schema::{ElementSpec, OUTBOUND, Once, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: OUTBOUND,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[attribute("callback-parameter-name", Kind::Filled).required().expression()],
            ..ElementSpec::named("jsonp")
        },
        "Wraps a JSON response into a call of the page's function.",
    )
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Outbound, "<jsonp callback-parameter-name='cb'/>"), [""; 0]);
        assert_eq!(read_in(Section::Inbound, "<jsonp callback-parameter-name='cb'/>"), ["misplaced-policy"]);
        assert_eq!(read_in(Section::Outbound, "<jsonp/>"), ["missing-attribute"]);
    }
}
