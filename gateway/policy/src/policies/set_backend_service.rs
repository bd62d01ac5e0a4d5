//! `set-backend-service`: chooses where the request is forwarded to. The last one executed wins.
//!
//! Differs from APIM: there, a `backend-id` set by a wider scope beats a narrower `base-url`.

use std::sync::Arc;

use hanse_expression::Target as Takes;

use crate::check::Checker;
use crate::context::Target;
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ANSWERS, ElementSpec, PolicySpec, Release, attribute};
use crate::section::Section;
use crate::setting::Setting;
use crate::surroundings::Reference;
use crate::token_check::owner;
use crate::tree::Element;
use crate::url::BaseUrl;

const NO_SERVICE_FABRIC: &str = "Service Fabric is not supported";
const NO_DAPR: &str = "Dapr is not supported by this release";

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Backend],
    // There it comes too late to matter, but is found in real documents.
    tolerated: ANSWERS,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::SetBackendService)),
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
    let id = element.setting("backend-id", Takes::String, |id| Some(Arc::from(id.trim())))?;
    let goes_to = match id {
        Some(id) => GoesTo::Backend(id),
        None => GoesTo::Url(
            element.setting("base-url", Takes::String, |url| BaseUrl::parse(url).ok().map(Arc::new))??,
        ),
    };
    Some(SetBackendService { goes_to })
}

#[derive(Debug)]
pub(crate) struct SetBackendService {
    goes_to: GoesTo,
}

#[derive(Debug)]
enum GoesTo {
    Backend(Setting<Arc<str>>),
    Url(Setting<Arc<BaseUrl>>),
}

impl SetBackendService {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let target = match &self.goes_to {
            GoesTo::Backend(Setting::Fixed(id)) => backend(env, id.clone())?,
            GoesTo::Backend(Setting::Computed(program)) => match env.computed_text(program)?.map(str::trim) {
                Some(id) if !id.is_empty() => backend(env, id.into())?,
                _ => return Err(env.internal("The expression of backend-id gives no id.")),
            },
            GoesTo::Url(Setting::Fixed(url)) => Target::BaseUrl(url.clone()),
            GoesTo::Url(Setting::Computed(program)) => {
                let text = env.computed_text(program)?.unwrap_or_default();
                let url =
                    BaseUrl::parse(text).map_err(|error| env.internal(format!("base-url: {error}.")))?;
                Target::BaseUrl(Arc::new(url))
            }
        };
        env.context.target = Some(target);
        Ok(Flow::Continue)
    }
}

/// The backend of that id, which has to be there now.
fn backend(env: &Env<'_, '_>, id: Arc<str>) -> Result<Target, Halt> {
    let owner = owner(env);
    match env.host.backend_url(owner, &id) {
        Some(_) => Ok(Target::Backend { owner: owner.into(), id }),
        None => Err(env.internal(format!("Backend with id '{id}' could not be found."))),
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
        assert_eq!(bench.context.target, Some(Target::Backend { owner: "w".into(), id: "b1".into() }));
    }

    #[test]
    fn a_backend_that_is_not_there_fails_at_once() {
        for id in ["none", "@(\"none\")"] {
            let mut bench =
                Bench::inbound(&format!("<set-backend-service backend-id='{id}'/>").replace('"', "&quot;"));
            bench.run();
            let error = bench.context.last_error.as_ref().expect("it fails");
            assert_eq!((&*error.source, error.reason.as_deref()), ("set-backend-service", None));
            assert_eq!(error.path.as_deref(), Some("set-backend-service[1]"));
            assert_eq!(error.message, "Backend with id 'none' could not be found.");
            assert_eq!(bench.forwards, 0);
        }
    }

    #[test]
    fn the_global_document_means_backends_of_the_service() {
        let text = "<policies><inbound><set-backend-service backend-id='b'/></inbound></policies>";
        for (scope, owner) in [(ScopeKind::Global, ""), (ScopeKind::Api, "w")] {
            let mut bench = Bench::at(text, scope);
            bench.run();
            let expected = Target::Backend { owner: owner.into(), id: "b".into() };
            assert_eq!(bench.context.target, Some(expected), "{scope:?}");
        }
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
