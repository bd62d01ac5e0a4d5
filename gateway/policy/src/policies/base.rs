//! `base`: the same section of the next wider scope. The walk of a request replaces it.

use crate::schema::{ElementSpec, PolicySpec, Release};
use crate::section::ScopeKind;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    scopes: &[ScopeKind::Workspace, ScopeKind::Product, ScopeKind::Api, ScopeKind::Operation],
    release: Release::Runs(|_, _| Some(crate::policies::Policy::Base)),
    ..PolicySpec::of(ElementSpec::named("base"), "Stands for the same section of the next wider scope.")
};

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Inbound, "<set-method>GET</set-method>"), [""; 0]);
        assert_eq!(read_in(Section::Inbound, "<base/>"), ["repeated-base"]);
        assert_eq!(
            read_in(Section::Inbound, "<choose><when condition='true'><base/></when></choose>"),
            ["misplaced-base"]
        );
    }
}
