//! `llm-semantic-cache-store`: keeps a model's answer for prompts like this one.
//! `azure-openai-semantic-cache-store` is the same.
//!
//! Kept is what a lookup did not find. Streams, answers that set cookies and those too large to be read
//! are not kept; whatever goes wrong, the answer is sent.

use std::time::Duration;

use http::{StatusCode, header};

use crate::context::{Body, ResponseMessage};
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::llm::SemanticEntry;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{
    AttributeSpec, ElementSpec, NOT_WORKSPACE, OUTBOUND, Once, PolicySpec, Release, attribute,
};
use crate::setting::{Flag, Number, Setting};
use crate::task::{Message, Outcome, Task};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = spec("llm-semantic-cache-store");
pub(crate) static AZURE_SPEC: PolicySpec = spec("azure-openai-semantic-cache-store");

const fn spec(name: &'static str) -> PolicySpec {
    PolicySpec {
        sections: OUTBOUND,
        scopes: NOT_WORKSPACE,
        once: Once::PerSection,
        release: Release::Runs(|element, _| compile(element).map(Policy::LlmSemanticCacheStore)),
        ..PolicySpec::of(
            ElementSpec { attributes: ATTRIBUTES, ..ElementSpec::named(name) },
            "Keeps a model's answer for prompts like this one.",
        )
    }
}

const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("duration", Kind::SECONDS).required().expression(),
    attribute("cache-response", Kind::Bool).expression(),
];

fn compile(element: &Element) -> Option<LlmSemanticCacheStore> {
    Some(LlmSemanticCacheStore {
        duration: element.required_number("duration")?,
        keeps: match element.attribute("cache-response") {
            Some(_) => Some(element.flag_setting("cache-response", true)?),
            None => None,
        },
    })
}

#[derive(Debug)]
pub(crate) struct LlmSemanticCacheStore {
    duration: Number,
    /// `None`: answers with status 200.
    keeps: Option<Flag>,
}

impl LlmSemanticCacheStore {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        if env.context.llm.semantic.is_none() || !self.keeps(env)? {
            return Ok(Flow::Continue);
        }
        let Some(response) = &env.context.response else {
            return Ok(Flow::Continue);
        };
        let kind = response.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_stream = kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/event-stream"));
        if is_stream || response.headers.contains_key(header::SET_COOKIE) {
            return Ok(Flow::Continue);
        }
        match response.body {
            // Even if it cannot be read it can be sent.
            Body::Stream => Ok(Flow::Do(Task::Read(Message::Response))),
            _ => self.keep(env),
        }
    }

    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        match outcome {
            Outcome::Failed(fault) => {
                let is_lost =
                    env.context.response.as_ref().is_none_or(|response| response.body == Body::Taken);
                env.trace(format!("the answer is not kept: {}", fault.message));
                if is_lost { Err((*fault).into()) } else { Ok(Flow::Continue) }
            }
            _ => self.keep(env),
        }
    }

    fn keeps<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<bool, crate::env::Halt> {
        match &self.keeps {
            Some(Setting::Fixed(keeps)) => Ok(*keeps),
            Some(keeps) => env.flag(keeps),
            None => {
                Ok(env.context.response.as_ref().is_some_and(|response| response.status == StatusCode::OK))
            }
        }
    }

    fn keep<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let seconds = env.number_within(&self.duration, "duration", 0, i32::MAX.into())?.unsigned_abs();
        let Some(semantic) = env.context.llm.semantic.take() else {
            return Ok(Flow::Continue);
        };
        if let Some(response @ ResponseMessage { body: Body::Bytes(_), .. }) = &env.context.response
            && seconds > 0
        {
            let (partition, vector, lasts) =
                (semantic.partition, semantic.vector, Duration::from_secs(seconds));
            let entry = SemanticEntry { partition, vector, response: response.clone(), lasts };
            env.host.semantic_keep(&env.context.facts.workspace.id, entry);
        }
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::read_in;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<llm-semantic-cache-store duration='60'/><azure-openai-semantic-cache-store duration='@(1)'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<llm-semantic-cache-store duration='60'/>"),
            ["misplaced-policy"]
        );
    }
}
