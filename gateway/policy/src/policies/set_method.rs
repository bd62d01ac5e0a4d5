//! `set-method`: changes the method the request is forwarded with.

use hanse_expression::Target;
use http::Method;

use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, OUTBOUND, PolicySpec, Release, shown};
use crate::section::Section;
use crate::setting::Setting;
use crate::tree::Element;

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Backend, Section::OnError],
    // There it comes too late to matter, but is found in real documents.
    tolerated: OUTBOUND,
    release: Release::Runs(|element, _| compile(element).map(Policy::SetMethod)),
    ..PolicySpec::of(
        ElementSpec::expression("set-method", Kind::Method),
        "Changes the method the request is forwarded with.",
    )
};

pub(crate) fn compile(element: &Element) -> Option<SetMethod> {
    let method =
        Setting::of(element.text()?, Target::String, |text| Method::from_bytes(text.trim().as_bytes()).ok())?;
    Some(SetMethod { method })
}

#[derive(Debug)]
pub(crate) struct SetMethod {
    method: Setting<Method>,
}

impl SetMethod {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        env.context.request.method = self.work_out(env)?;
        Ok(Flow::Continue)
    }

    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Method, Halt> {
        match &self.method {
            Setting::Fixed(method) => Ok(method.clone()),
            Setting::Computed(program) => {
                let text = env.computed_text(program)?.unwrap_or_default();
                Method::from_bytes(text.trim().as_bytes())
                    .map_err(|_| env.internal(format!("`{}` is not a method.", shown(text))))
            }
        }
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
