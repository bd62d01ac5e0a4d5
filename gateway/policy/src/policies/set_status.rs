//! `set-status`: sets status and reason phrase of the answer.

use std::sync::Arc;

use hanse_expression::Target;
use http::StatusCode;

use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::setting::{Number, Setting};
use crate::tree::Element;

/// Also a child of `return-response`.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, _| compile(element).map(Policy::SetStatus)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("code", Kind::Status).required().expression(),
                attribute("reason", Kind::HeaderValue).expression(),
            ],
            ..ElementSpec::named("set-status")
        },
        "Sets status and reason phrase of the answer.",
    )
};

pub(crate) fn compile(element: &Element) -> Option<SetStatus> {
    let read = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(Arc::from);
    let reason = match element.attribute("reason") {
        None => None,
        Some(reason) if reason.value.literal().is_some_and(|text| text.trim().is_empty()) => None,
        Some(reason) => Some(Setting::of(&reason.value, Target::String, read)?),
    };
    Some(SetStatus { code: element.required_number("code")?, reason })
}

#[derive(Debug)]
pub(crate) struct SetStatus {
    code: Number,
    reason: Option<Setting<Arc<str>>>,
}

impl SetStatus {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let (status, reason) = self.work_out(env)?;
        if !env.acts_on_response {
            *env.pending_status = Some((status, reason));
            return Ok(Flow::Continue);
        }
        let response = env.response();
        response.status = status;
        response.reason = reason;
        Ok(Flow::Continue)
    }

    pub(crate) fn work_out<'a>(
        &'a self,
        env: &mut Env<'a, '_>,
    ) -> Result<(StatusCode, Option<Arc<str>>), Halt> {
        let code = env.number_within(&self.code, "code", 100, 999)?;
        let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or_else(|| env.internal(format!("{code} is not a status.")))?;
        let reason = match &self.reason {
            None => None,
            Some(Setting::Fixed(reason)) => Some(reason.clone()),
            Some(Setting::Computed(program)) => {
                env.computed_text(program)?.map(str::trim).filter(|it| !it.is_empty()).map(Arc::from)
            }
        };
        Ok((status, reason))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, accepts, codes};

    #[test]
    fn status_of_the_answer_is_set() {
        let mut bench = Bench::outbound("<set-status code='418' reason='Teapot'/>");
        bench.run();
        let response = bench.context.response.as_ref().unwrap();
        assert_eq!((response.status.as_u16(), response.reason.as_deref()), (418, Some("Teapot")));
    }

    #[test]
    fn status_set_early_holds_only_if_nothing_else_answers() {
        for (backend, expected) in [("<forward-request/>", 200), ("", 202)] {
            let text = format!(
                "<policies><inbound><set-status code='202'/></inbound><backend>{backend}</backend></policies>"
            );
            let mut bench = Bench::document(&text);
            bench.run();
            assert_eq!(bench.context.response.as_ref().unwrap().status.as_u16(), expected);
        }
    }

    #[test]
    fn documents_are_checked() {
        accepts("<set-status code='200' reason=''/>");
        accepts("<set-status code='599'/>");
        assert_eq!(codes("<set-status code='199'/>"), ["attribute-value"]);
        assert_eq!(codes("<set-status code='600'/>"), ["attribute-value"]);
        assert_eq!(codes("<set-status reason='x'/>"), ["missing-attribute"]);
        assert_eq!(codes("<set-status code='200' reason='a&#13;&#10;b'/>"), ["attribute-value"]);
    }
}
