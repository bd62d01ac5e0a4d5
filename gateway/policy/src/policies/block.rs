//! `block`: a group of policies.

use crate::schema::{ElementSpec, Inner, PolicySpec};

pub(crate) static SPEC: PolicySpec =
    PolicySpec::of(ElementSpec { policies: Inner::Any, ..ElementSpec::named("block") }, "Groups policies.");

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Inbound, "<block><set-method>GET</set-method></block>"), [""; 0]);
        assert_eq!(
            read_in(Section::Inbound, "<block><jsonp callback-parameter-name='c'/></block>"),
            ["misplaced-policy"]
        );
    }
}
