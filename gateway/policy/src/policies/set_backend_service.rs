//! `set-backend-service`: chooses where the request is forwarded to. The last one executed wins.
//!
//! Differs from APIM: there, a `backend-id` set by a wider scope beats a narrower `base-url`.

use std::sync::Arc;

use crate::check::Checker;
use crate::context::Target;
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::{Env, Flow};
use crate::schema::{ANSWERS, ElementSpec, PolicySpec, Release, attribute};
use crate::section::Section;
use crate::surroundings::Reference;
use crate::tree::Element;
use crate::url::BaseUrl;

const NO_SERVICE_FABRIC: &str = "Service Fabric is not supported";
const NO_DAPR: &str = "Dapr is not supported by this release";

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Backend],
    // There it comes too late to matter, but is found in real documents.
    tolerated: ANSWERS,
    check,
    release: Release::Runs(|element| compile(element).map(Policy::SetBackendService)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("base-url", Kind::BaseUrl).expression(),
                attribute("backend-id", Kind::Reference(Reference::Backend)).expression(),
                attribute("sf-resolve-condition", Kind::Bool).expression().not_run(NO_SERVICE_FABRIC),
                attribute("sf-service-instance-name", Kind::Any).expression().not_run(NO_SERVICE_FABRIC),
                attribute("sf-partition-key", Kind::Any).expression().not_run(NO_SERVICE_FABRIC),
                attribute("sf-replica-type", Kind::OneOf(&["primary", "secondary"]))
                    .expression()
                    .not_run(NO_SERVICE_FABRIC),
                attribute("sf-listener-name", Kind::Any).expression().not_run(NO_SERVICE_FABRIC),
                attribute("dapr-app-id", Kind::Any).expression().not_run(NO_DAPR),
                attribute("dapr-method", Kind::Any).expression().not_run(NO_DAPR),
                attribute("dapr-namespace", Kind::Any).expression().not_run(NO_DAPR),
            ],
            ..ElementSpec::named("set-backend-service")
        },
        "Chooses where the request is forwarded to; the last one executed wins.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    match (element.attribute("base-url"), element.attribute("backend-id")) {
        (Some(_), Some(backend)) => {
            let message = "`base-url` and `backend-id` exclude each other".to_owned();
            checker.error(backend.span, "attribute-conflict", message).hint("keep one of them");
        }
        (None, None) if !element.attributes.iter().any(|attribute| attribute.name != "id") => {
            let message = "set-backend-service needs `base-url` or `backend-id`".to_owned();
            checker.error(element.span, "missing-attribute", message).note(SPEC.element.describe());
        }
        _ => {}
    }
}

fn compile(element: &Element) -> Option<SetBackendService> {
    let target = match element.literal("backend-id") {
        Some(id) => Target::Backend(Arc::from(id.trim())),
        None => Target::BaseUrl(Arc::new(BaseUrl::parse(element.literal("base-url")?).ok()?)),
    };
    Some(SetBackendService { target })
}

#[derive(Debug)]
pub(crate) struct SetBackendService {
    target: Target,
}

impl SetBackendService {
    pub(crate) fn run(&self, env: &mut Env<'_>) -> Flow {
        env.context.target = Some(self.target.clone());
        Flow::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Checking, Format, check};
    use crate::section::ScopeKind;
    use crate::testing::{Bench, accepts, codes};

    #[test]
    fn last_one_wins() {
        let mut bench = Bench::inbound(
            "<set-backend-service backend-id='b1'/><set-backend-service base-url='https://h.example/v1/'/>",
        );
        bench.run();
        match bench.context.target {
            Some(Target::BaseUrl(url)) => assert_eq!(url.to_string(), "https://h.example/v1"),
            other => panic!("{other:?}"),
        }
        let mut bench = Bench::inbound(
            "<set-backend-service base-url='http://h'/><set-backend-service backend-id=' b1 '/>",
        );
        bench.run();
        assert_eq!(bench.context.target, Some(Target::Backend("b1".into())));
    }

    #[test]
    fn literal_backends_are_collected() {
        let text = "<policies><inbound><set-backend-service backend-id='b'/><set-backend-service backend-id='a'/>\
                    <set-backend-service backend-id='b'/></inbound></policies>";
        let checked = check(text, &Checking::to_run(Format::RawXml, ScopeKind::Api));
        assert_eq!(checked.ids_of(Reference::Backend).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn documents_are_checked() {
        accepts("<set-backend-service base-url='http://127.0.0.1:9000'/>");
        assert_eq!(codes("<set-backend-service/>"), ["missing-attribute"]);
        assert_eq!(codes("<set-backend-service backend-id=''/>"), ["attribute-value"]);
        assert_eq!(codes("<set-backend-service base-url='/v1'/>"), ["attribute-value"]);
        assert_eq!(
            codes("<set-backend-service base-url='http://a' backend-id='b'/>"),
            ["attribute-conflict"]
        );
        assert_eq!(codes("<set-backend-service dapr-app-id='x'/>"), ["not-run-yet"]);
    }
}
