//! `set-status`: sets status and reason phrase of the answer.

use std::sync::Arc;

use http::StatusCode;

use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::{Env, Flow};
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::tree::Element;

/// Also a child of `return-response`.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element| compile(element).map(Policy::SetStatus)),
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
    let status = StatusCode::from_u16(element.number("code")?).ok()?;
    let reason = match element.attribute("reason") {
        Some(reason) => {
            Some(Arc::from(reason.value.literal()?)).filter(|reason: &Arc<str>| !reason.is_empty())
        }
        None => None,
    };
    Some(SetStatus { status, reason })
}

#[derive(Debug, Clone)]
pub(crate) struct SetStatus {
    pub(crate) status: StatusCode,
    pub(crate) reason: Option<Arc<str>>,
}

impl SetStatus {
    pub(crate) fn run(&self, env: &mut Env<'_>) -> Flow {
        if !env.acts_on_response {
            *env.pending_status = Some((self.status, self.reason.clone()));
            return Flow::Continue;
        }
        let response = env.response();
        response.status = self.status;
        response.reason.clone_from(&self.reason);
        Flow::Continue
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
