//! `llm-semantic-cache-lookup`: answers a prompt with the answer to one like it.
//! `azure-openai-semantic-cache-lookup` is the same.
//!
//! A backend makes numbers of the prompt; the nearest prompt of the same workspace, API, operation, address,
//! model and vary-by is taken if it is near enough. The backend is called with the credentials of its
//! resource, which is what both values of `embeddings-backend-auth` mean here. Whatever goes wrong, the
//! request goes on as if nothing had been found.

use std::fmt::Write as _;

use http::header;
use serde_json::Value;

use crate::context::{Body, ResponseMessage};
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::llm::prompt::{Prompt, PromptType};
use crate::llm::{self, DIMENSIONS_MAX, Semantic};
use crate::policies::{Policy, llm_token_limit};
use crate::run::Flow;
use crate::schema::{
    AttributeSpec, ChildSpec, ElementSpec, INBOUND, NOT_WORKSPACE, Once, PolicySpec, Release, attribute,
};
use crate::setting::{Flag, Number, Setting, Text};
use crate::surroundings::Reference;
use crate::task::{BackendCall, Message, Outcome, Task};
use crate::token_check::owner;
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = spec("llm-semantic-cache-lookup");
pub(crate) static AZURE_SPEC: PolicySpec = spec("azure-openai-semantic-cache-lookup");

const fn spec(name: &'static str) -> PolicySpec {
    PolicySpec {
        sections: INBOUND,
        scopes: NOT_WORKSPACE,
        once: Once::PerSection,
        release: Release::Runs(|element, _| compile(element).map(Policy::LlmSemanticCacheLookup)),
        ..PolicySpec::of(
            ElementSpec { attributes: ATTRIBUTES, children: CHILDREN, ..ElementSpec::named(name) },
            "Answers a prompt with the answer to one like it.",
        )
    }
}

const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("score-threshold", Kind::Double { min: 0.0, max: 1.0 }).required().expression(),
    attribute("embeddings-backend-id", Kind::Reference(Reference::Backend)).required().expression(),
    attribute("embeddings-backend-auth", Kind::OneOf(&["system-assigned", "header"])).required(),
    attribute("ignore-system-messages", Kind::Bool).or("false").expression(),
    attribute("max-message-count", Kind::COUNT).expression(),
    attribute("cache-id", Kind::Any),
];
static VARY_BY_ANY: [ChildSpec; 1] = [ChildSpec::any(&VARY_BY)];
const CHILDREN: &[ChildSpec] = &VARY_BY_ANY;
static VARY_BY: ElementSpec = ElementSpec::expression("vary-by", Kind::Any);

fn compile(element: &Element) -> Option<LlmSemanticCacheLookup> {
    let vary_by = element.elements_named(VARY_BY.name).map(Element::own_text);
    Some(LlmSemanticCacheLookup {
        threshold: element.double_setting("score-threshold")??,
        backend: element.required_text("embeddings-backend-id")?,
        ignores_system: element.flag_setting("ignore-system-messages", false)?,
        max_messages: element.number_setting("max-message-count")?,
        cache: element.literal("cache-id").unwrap_or_default().into(),
        vary_by: vary_by.collect::<Option<_>>()?,
    })
}

#[derive(Debug)]
pub(crate) struct LlmSemanticCacheLookup {
    threshold: Setting<f64>,
    backend: Text,
    ignores_system: Flag,
    max_messages: Option<Number>,
    cache: Box<str>,
    vary_by: Box<[Text]>,
}

impl LlmSemanticCacheLookup {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let max_distance = env.double(&self.threshold)?;
        let backend = env.text_or_empty(&self.backend)?;
        let ignores_system = env.flag(&self.ignores_system)?;
        let max_messages = match &self.max_messages {
            Some(max) => Some(env.number_within(max, "max-message-count", 0, i32::MAX.into())?),
            None => None,
        };
        let mut vary_by = Vec::with_capacity(self.vary_by.len());
        for part in &self.vary_by {
            vary_by.push(env.text_or_empty(part)?);
        }
        let request = &env.context.request;
        let body = match &request.body {
            Body::Bytes(bytes) => crate::coding::decoded(bytes, &request.headers),
            Body::Stream if llm_token_limit::is_short(&request.headers) => {
                return Err(Halt::Task(Task::Read(Message::Request)));
            }
            Body::Stream | Body::Empty | Body::Taken => {
                return Ok(skipped(env, "the request is too long, or empty"));
            }
        };
        let Some(prompt) = Prompt::read(&body, PromptType::Auto) else {
            return Ok(skipped(env, "the request has no prompt"));
        };
        if max_messages.is_some_and(|max| prompt.messages.len() as u64 > max.unsigned_abs()) {
            return Ok(skipped(env, "there are more messages than max-message-count"));
        }
        let messages = prompt.messages.iter().filter(|it| !(ignores_system && it.role == "system"));
        let text = messages.map(|message| message.text.as_str()).collect::<Vec<_>>().join("\n");
        if text.is_empty() || prompt.has_images() {
            return Ok(skipped(env, "the prompt is not text alone"));
        }
        let facts = &env.context.facts;
        let mut partition = String::new();
        let (api, operation) = (facts.api_id().unwrap_or_default(), facts.operation_id().unwrap_or_default());
        let query = request.query.as_deref().unwrap_or_default();
        let parts = [&*self.cache, api, operation, &request.path, query, &prompt.model];
        for part in parts.into_iter().chain(vary_by) {
            // The length in front keeps parts apart whatever characters they hold.
            write!(partition, "{}:{part}", part.len()).expect("a string takes everything");
        }
        write!(partition, "{}", prompt.streams).expect("a string takes everything");
        let body = llm::json(&serde_json::json!({ "input": text }));
        env.context.llm.semantic = Some(Box::new(Semantic { partition, max_distance, vector: Vec::new() }));
        let (path, query, timeout) = ("", None, llm::SERVICE_TIMEOUT);
        Ok(Flow::Do(Task::CallBackend(Box::new(BackendCall {
            owner: owner(env).into(),
            backend: backend.into(),
            path,
            query,
            body,
            timeout,
        }))))
    }

    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        let Some(mut semantic) = env.context.llm.semantic.take() else {
            return Ok(Flow::Continue);
        };
        let response = match outcome {
            Outcome::Called(Ok(response)) => response,
            Outcome::Called(Err(error)) => return Ok(skipped(env, &error.to_string())),
            Outcome::Failed(fault) => return Ok(skipped(env, &fault.message)),
            Outcome::Done | Outcome::Token(_) | Outcome::Cached(_) => return Ok(Flow::Continue),
        };
        let Some(vector) = embedding(&response) else {
            return Ok(skipped(
                env,
                &format!("the embeddings backend answered {} and no numbers", response.status),
            ));
        };
        let workspace = &*env.context.facts.workspace.id;
        if let Some(found) =
            env.host.semantic_find(workspace, &semantic.partition, &vector, semantic.max_distance)
        {
            env.context.response = Some(found);
            return Ok(Flow::Hit);
        }
        semantic.vector = vector;
        env.context.llm.semantic = Some(semantic);
        // What is kept has to suit whoever asks next.
        env.context.request.headers.remove(header::ACCEPT_ENCODING);
        Ok(Flow::Continue)
    }
}

fn skipped<'a>(env: &mut Env<'_, '_>, why: &str) -> Flow<'a> {
    env.trace(format!("nothing was looked up: {why}"));
    Flow::Continue
}

/// The first embedding of an answer; `None` where there is none of a size that is kept.
fn embedding(response: &ResponseMessage) -> Option<Vec<f32>> {
    let Body::Bytes(bytes) = &response.body else { return None };
    if !response.status.is_success() {
        return None;
    }
    let body = crate::coding::decoded(bytes, &response.headers);
    let answer: Value = serde_json::from_slice(&body).ok()?;
    let numbers = answer["data"][0]["embedding"].as_array()?;
    if numbers.is_empty() || numbers.len() > DIMENSIONS_MAX {
        return None;
    }
    numbers.iter().map(|number| number.as_f64().map(|number| number as f32)).collect()
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{Bench, read_in};
    use bytes::Bytes;
    use http::{HeaderValue, StatusCode};

    const STORE: &str = "<llm-semantic-cache-store duration='60'/>";

    /// Looks up, and forwards what is not found; the answer's header tells that the rest of `outbound` ran.
    fn bench(lookup: &str, store: &str) -> Bench {
        let mut bench = Bench::document(&format!(
            "<policies><inbound><llm-semantic-cache-lookup score-threshold='0.1' embeddings-backend-id='numbers' \
             embeddings-backend-auth='system-assigned' {lookup}</llm-semantic-cache-lookup></inbound>\
             <backend><forward-request/></backend><outbound>\
             <set-header name='before'><value>1</value></set-header>{store}\
             <set-header name='behind'><value>1</value></set-header></outbound></policies>"
        ));
        bench.backend_body = Some("{\"answer\": 1}");
        bench
    }

    fn numbers(bench: &mut Bench, numbers: &str) {
        let mut response = crate::ResponseMessage::new(StatusCode::OK);
        let body = format!(r#"{{"data":[{{"embedding":[{numbers}]}}]}}"#);
        response.body = crate::Body::Bytes(Bytes::from(body));
        bench.answers.insert("numbers", Ok(response));
    }

    /// How often the request has been forwarded afterwards.
    fn ask(bench: &mut Bench, body: &'static str) -> usize {
        bench.request_body = body;
        bench.context.request.body = crate::Body::Stream;
        bench.context.request.headers.insert("content-length", HeaderValue::from(body.len()));
        assert_eq!(bench.again().context.response.as_ref().unwrap().status, 200);
        bench.forwards
    }

    const CHAT: &str = r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]}"#;
    const OTHER: &str = r#"{"model":"m","messages":[{"role":"user","content":"a"}]}"#;

    #[test]
    fn prompt_like_one_before_is_answered_from_the_cache() {
        let mut bench = bench(">", STORE);
        numbers(&mut bench, "1, 0");
        assert_eq!(ask(&mut bench, CHAT), 1);
        assert_eq!(bench.host.semantic.borrow().len(), 1);
        numbers(&mut bench, "1, 0.1");
        assert_eq!(ask(&mut bench, CHAT), 1, "near enough");
        let response = bench.context.response.as_ref().unwrap();
        assert_eq!(bench.body(), "{\"answer\": 1}");
        assert!(response.headers.contains_key("before") && response.headers.contains_key("behind"));
        numbers(&mut bench, "1, 1");
        assert_eq!(ask(&mut bench, CHAT), 2, "too far");
        assert_eq!(bench.calls[0].body, "{\"input\":\"s\\na\"}");
    }

    #[test]
    fn what_has_to_be_the_same_is_not_only_alike() {
        let mut bench =
            bench("><vary-by>@(context.Request.Headers.GetValueOrDefault(\"who\",\"\"))</vary-by>", STORE);
        numbers(&mut bench, "1, 0");
        assert_eq!(ask(&mut bench, CHAT), 1);
        assert_eq!(ask(&mut bench, OTHER), 2, "another model");
        bench.set_api("other");
        assert_eq!(ask(&mut bench, CHAT), 3, "another API");
        bench.context.request.headers.insert("who", "me".parse().unwrap());
        assert_eq!(ask(&mut bench, CHAT), 4, "another caller");
        assert_eq!(ask(&mut bench, CHAT), 4);
    }

    #[test]
    fn system_messages_may_be_ignored_and_long_conversations_are_not_looked_up() {
        let mut bench = self::bench("ignore-system-messages='true' max-message-count='2'>", STORE);
        numbers(&mut bench, "1");
        assert_eq!(ask(&mut bench, CHAT), 1);
        assert_eq!(bench.calls[0].body, "{\"input\":\"a\"}");
        let mut bench = self::bench("max-message-count='1'>", STORE);
        assert_eq!(ask(&mut bench, CHAT), 1);
        assert!(bench.calls.is_empty());
    }

    #[test]
    fn nothing_that_goes_wrong_fails_the_request() {
        let mut bench = bench(">", STORE);
        assert_eq!(ask(&mut bench, CHAT), 1, "nobody answers");
        for bad in ["", "\"x\""] {
            numbers(&mut bench, bad);
            ask(&mut bench, CHAT);
        }
        ask(&mut bench, "no JSON");
        assert_eq!(bench.forwards, 4);
        assert!(bench.host.semantic.borrow().is_empty());
    }

    #[test]
    fn answers_are_kept_as_the_document_says() {
        for (store, status, kept) in [
            (STORE, 201, 0),
            ("<llm-semantic-cache-store duration='60' cache-response='true'/>", 201, 1),
            ("<llm-semantic-cache-store duration='60' cache-response='@(false)'/>", 200, 0),
            ("<llm-semantic-cache-store duration='0'/>", 200, 0),
        ] {
            let mut bench = bench(">", store);
            numbers(&mut bench, "1");
            bench.backend_statuses = vec![status];
            bench.request_body = CHAT;
            bench.context.request.body = crate::Body::Stream;
            bench.context.request.headers.insert("content-length", HeaderValue::from(CHAT.len()));
            bench.again();
            assert_eq!(bench.host.semantic.borrow().len(), kept, "{store} {status}");
        }
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-semantic-cache-lookup score-threshold='0.05' embeddings-backend-id='b' embeddings-backend-auth='system-assigned'><vary-by>@(context.Api.Id)</vary-by></llm-semantic-cache-lookup>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<azure-openai-semantic-cache-lookup score-threshold='1' embeddings-backend-id='b' embeddings-backend-auth='header'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-semantic-cache-lookup score-threshold='1.1' embeddings-backend-id='b' embeddings-backend-auth='header'/>"
            ),
            ["attribute-value"]
        );
    }
}
