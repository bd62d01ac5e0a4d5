//! `cache-store`: keeps the response for later calls.

use crate::kind::Kind;
use crate::schema::{ElementSpec, OUTBOUND, Once, PolicySpec, attribute};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: OUTBOUND,
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("duration", Kind::SECONDS).required().expression(),
                attribute("cache-response", Kind::Bool).expression(),
                attribute("caching-mode", Kind::Any).expression(),
            ],
            ..ElementSpec::named("cache-store")
        },
        "Keeps the response for later calls.",
    )
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Outbound, "<cache-store duration='60' cache-response='true'/>"), [""; 0]);
        assert_eq!(read_in(Section::Outbound, "<cache-store/>"), ["missing-attribute"]);
        assert_eq!(read_in(Section::Inbound, "<cache-store duration='60'/>"), ["misplaced-policy"]);
    }
}
