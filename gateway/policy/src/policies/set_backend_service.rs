//! `set-backend-service`: chooses where the request is forwarded to. The last one executed wins.
//!
//! Differs from APIM: there, a `backend-id` set by a wider scope beats a narrower `base-url`.

use std::sync::Arc;

use crate::check::Checker;
use crate::context::Target;
use crate::policies::Policy;
use crate::run::{Env, Flow};
use crate::schema::{AttributeSpec, Content, ElementSpec, Kind, Need, Once, PolicySpec};
use crate::section::{ScopeKind, Section};
use crate::tree::Element;
use crate::url::BaseUrl;

const NO_SERVICE_FABRIC: Need = Need::Unsupported("Service Fabric is not supported");
const NO_DAPR: Need = Need::Unsupported("Dapr is not supported by this release");

pub(crate) static SPEC: PolicySpec = PolicySpec {
    element: ElementSpec {
        name: "set-backend-service",
        attributes: &[
            AttributeSpec { name: "base-url", kind: Kind::BaseUrl, need: Need::Optional },
            AttributeSpec { name: "backend-id", kind: Kind::Filled, need: Need::Optional },
            AttributeSpec { name: "sf-resolve-condition", kind: Kind::Any, need: NO_SERVICE_FABRIC },
            AttributeSpec { name: "sf-service-instance-name", kind: Kind::Any, need: NO_SERVICE_FABRIC },
            AttributeSpec { name: "sf-partition-key", kind: Kind::Any, need: NO_SERVICE_FABRIC },
            AttributeSpec { name: "sf-replica-type", kind: Kind::Any, need: NO_SERVICE_FABRIC },
            AttributeSpec { name: "sf-listener-name", kind: Kind::Any, need: NO_SERVICE_FABRIC },
            AttributeSpec { name: "dapr-app-id", kind: Kind::Any, need: NO_DAPR },
            AttributeSpec { name: "dapr-method", kind: Kind::Any, need: NO_DAPR },
            AttributeSpec { name: "dapr-namespace", kind: Kind::Any, need: NO_DAPR },
        ],
        children: &[],
        content: Content::None,
    },
    sections: &[Section::Inbound, Section::Backend],
    // There it comes too late to matter, but is found in real documents.
    tolerated: &[Section::Outbound, Section::OnError],
    scopes: &ScopeKind::ALL,
    once: Once::Never,
    check,
    compile: |element| compile(element).map(Policy::SetBackendService),
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
        (_, Some(backend)) => {
            if let Some(id) = backend.value.literal().map(str::trim).filter(|id| !id.is_empty()) {
                checker.note_backend(id);
            }
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
    use crate::document::{Format, check};
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
        let checked = check(text, Format::RawXml, ScopeKind::Api, None);
        assert_eq!(checked.backend_ids, ["a", "b"]);
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
        assert_eq!(codes("<set-backend-service dapr-app-id='x'/>"), ["unsupported-attribute"]);
    }
}
