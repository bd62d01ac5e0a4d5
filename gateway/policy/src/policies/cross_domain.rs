//! `cross-domain`: serves the policy file of a browser plug-in that is gone.

use crate::schema::{Content, ElementSpec, INBOUND, Once, PolicySpec};
use crate::section::ScopeKind;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    scopes: &[ScopeKind::Global],
    once: Once::PerSection,
    ..PolicySpec::of(
        ElementSpec { content: Content::Free, ..ElementSpec::named("cross-domain") },
        "Serves the cross-domain policy file it holds.",
    )
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
                "<cross-domain><cross-domain-policy><allow-http-request-headers-from domain='*' headers='*'/></cross-domain-policy></cross-domain>"
            ),
            ["unusual-scope"]
        );
        assert_eq!(read_in(Section::Outbound, "<cross-domain/>"), ["unusual-scope", "misplaced-policy"]);
    }
}
