//! `set-method`: changes the method the request is forwarded with.

use http::Method;

use crate::policies::Policy;
use crate::run::{Env, Flow};
use crate::schema::{Content, ElementSpec, Kind, Once, PolicySpec, nothing_more};
use crate::section::{ScopeKind, Section};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    element: ElementSpec {
        name: "set-method",
        attributes: &[],
        children: &[],
        content: Content::Text(Kind::Method),
    },
    sections: &[Section::Inbound, Section::Backend, Section::OnError],
    // There it comes too late to matter, but is found in real documents.
    tolerated: &[Section::Outbound],
    scopes: &ScopeKind::ALL,
    once: Once::Never,
    check: nothing_more,
    compile: |element| compile(element).map(Policy::SetMethod),
};

fn compile(element: &Element) -> Option<SetMethod> {
    let method = Method::from_bytes(element.literal_text()?.trim().as_bytes()).ok()?;
    Some(SetMethod { method })
}

#[derive(Debug)]
pub(crate) struct SetMethod {
    method: Method,
}

impl SetMethod {
    pub(crate) fn run(&self, env: &mut Env<'_>) -> Flow {
        env.context.request.method = self.method.clone();
        Flow::Continue
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{Bench, accepts, codes, codes_in};

    #[test]
    fn method_is_kept_as_written() {
        for method in ["PUT", "Purge"] {
            let mut bench = Bench::inbound(&format!("<set-method>\n {method} </set-method>"));
            bench.run();
            assert_eq!(bench.context.request.method.as_str(), method);
        }
    }

    #[test]
    fn documents_are_checked() {
        accepts("<set-method id='m'>POST</set-method>");
        assert_eq!(codes("<set-method/>"), ["text-value"]);
        assert_eq!(codes("<set-method>GE T</set-method>"), ["text-value"]);
        assert_eq!(codes("<set-method name='x'>GET</set-method>"), ["unknown-attribute"]);
        assert_eq!(codes_in(Section::Outbound, "<set-method>GET</set-method>"), ["misplaced-policy"]);
    }
}
