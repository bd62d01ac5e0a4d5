//! `set-method`: changes the method the request is forwarded with.

use http::Method;

use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::{Env, Flow};
use crate::schema::{ElementSpec, OUTBOUND, PolicySpec, Release};
use crate::section::Section;
use crate::tree::Element;

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Backend, Section::OnError],
    // There it comes too late to matter, but is found in real documents.
    tolerated: OUTBOUND,
    release: Release::Runs(|element| compile(element).map(Policy::SetMethod)),
    ..PolicySpec::of(
        ElementSpec::expression("set-method", Kind::Method),
        "Changes the method the request is forwarded with.",
    )
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
