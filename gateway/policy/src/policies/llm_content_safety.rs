//! `llm-content-safety`: has prompts and answers of a language model looked at.
//!
//! In `inbound` the prompt is looked at before it is sent on, in `outbound` (or from `inbound`, where it
//! enforces itself on completions, before `outbound` runs) the answer before it is sent back; both are read
//! for that. Differs from APIM: a stream is read to its end as well, and refused as a whole. The text goes to the service piece by piece, and the
//! first piece that is not safe refuses the request. A service that cannot be asked fails it: what was not
//! looked at does not pass.

use bytes::Bytes;
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::context::{Body, ResponseMessage};
use crate::env::{Env, Halt, Ran};
use crate::fault::Fault;
use crate::kind::Kind;
use crate::llm::prompt::{Prompt, PromptType};
use crate::llm::{self, completion};
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, Release, attribute};
use crate::section::Section;
use crate::setting::{Flag, Number, Text};
use crate::surroundings::Reference;
use crate::task::{BackendCall, Outcome, Task};
use crate::token_check::owner;
use crate::tree::Element;

/// Characters of a prompt that are looked at together: as many as the service takes.
const REQUEST_WINDOW_CHARS: usize = 10_000;
/// Pieces of one text that are looked at; a longer text is refused like an unsafe one.
const WINDOWS_MAX: usize = 100;
/// Which version of the service's interface this is.
const API_VERSION: (&str, &str) = ("api-version", "2024-09-01");
const ANALYZE: &str = "/contentsafety/text:analyze";
const SHIELD: &str = "/contentsafety/text:shieldPrompt";

const THRESHOLD: Kind = Kind::Integer { min: 0, max: 7 };

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Inbound, Section::Outbound],
    release: Release::Runs(|element, _| compile(element).map(Policy::LlmContentSafety)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("backend-id", Kind::Reference(Reference::Backend)).required().expression(),
                attribute("shield-prompt", Kind::Bool).or("false").expression(),
                attribute("enforce-on-completions", Kind::Bool).or("false").expression(),
                attribute("window-size", Kind::COUNT).or("1000").expression(),
                attribute("window-overlap-size", Kind::COUNT).or("0").expression(),
            ],
            children: &[
                ChildSpec::maybe(&CATEGORIES),
                ChildSpec::maybe(&BLOCKLISTS),
                ChildSpec::maybe(&BLOCK_LISTS),
            ],
            ..ElementSpec::named("llm-content-safety")
        },
        "Has prompts and answers of a language model looked at, and refuses what is unsafe.",
    )
};

static CATEGORIES: ElementSpec = ElementSpec {
    attributes: &[attribute("output-type", Kind::Usual(&["FourSeverityLevels", "EightSeverityLevels"]))
        .or("FourSeverityLevels")
        .expression()],
    children: &[ChildSpec::any(&CATEGORY)],
    ..ElementSpec::named("categories")
};
static CATEGORY: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Usual(&["Hate", "SelfHarm", "Sexual", "Violence"])).required().expression(),
        attribute("threshold", THRESHOLD).required().expression(),
    ],
    ..ElementSpec::named("category")
};
static BLOCKLISTS: ElementSpec = ElementSpec::list("blocklists", &[ChildSpec::any(&ID)]);
/// As Microsoft's toolkit spells it.
static BLOCK_LISTS: ElementSpec = ElementSpec::list("block-lists", &[ChildSpec::any(&ID)]);
static ID: ElementSpec = ElementSpec::expression("id", Kind::Filled);

fn compile(element: &Element) -> Option<LlmContentSafety> {
    let categories = element.child(CATEGORIES.name);
    let ids = [BLOCKLISTS.name, BLOCK_LISTS.name].into_iter().filter_map(|name| element.child(name));
    Some(LlmContentSafety {
        backend: element.required_text("backend-id")?,
        shields: element.flag_setting("shield-prompt", false)?,
        enforces_on_completions: element.flag_setting("enforce-on-completions", false)?,
        window: element.number_setting("window-size")?.unwrap_or(Number::Fixed(1_000)),
        overlap: element.number_setting("window-overlap-size")?.unwrap_or(Number::Fixed(0)),
        output: match categories {
            Some(categories) => categories.text_setting("output-type")?,
            None => None,
        },
        categories: match categories {
            Some(categories) => {
                let category =
                    |it: &Element| Some((it.required_text("name")?, it.required_number("threshold")?));
                categories.elements_named(CATEGORY.name).map(category).collect::<Option<_>>()?
            }
            None => Box::default(),
        },
        blocklists: ids
            .flat_map(|list| list.elements_named(ID.name))
            .map(Element::own_text)
            .collect::<Option<_>>()?,
    })
}

#[derive(Debug)]
pub(crate) struct LlmContentSafety {
    backend: Text,
    shields: Flag,
    enforces_on_completions: Flag,
    window: Number,
    overlap: Number,
    output: Option<Text>,
    categories: Box<[(Text, Number)]>,
    blocklists: Box<[Text]>,
}

/// What is still to be looked at, and how.
#[derive(Debug)]
pub(crate) struct Checks {
    backend: Box<str>,
    output: Box<str>,
    /// Each with the severity from which on it is not let through.
    categories: Vec<(Box<str>, i64)>,
    blocklists: Vec<Box<str>>,
    /// In the order of the calls, from the last one.
    calls: Vec<(&'static str, String)>,
}

impl LlmContentSafety {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let backend = env.text_or_empty(&self.backend)?.into();
        let shields = env.flag(&self.shields)? && !env.acts_on_response;
        let enforces_on_completions = env.flag(&self.enforces_on_completions)?;
        let output = match &self.output {
            Some(output) => env.text_or_empty(output)?,
            None => "FourSeverityLevels",
        };
        let mut categories = Vec::new();
        for (name, threshold) in &self.categories {
            let name = env.text_or_empty(name)?.into();
            categories.push((name, env.number_within(threshold, "threshold", 0, 7)?));
        }
        let mut blocklists = Vec::new();
        for id in &self.blocklists {
            blocklists.push(env.text_or_empty(id)?.into());
        }
        let (window, overlap) = match env.acts_on_response {
            true => {
                let max = i32::MAX.into();
                let window = env.number_within(&self.window, "window-size", 1, max)?;
                let overlap = env.number_within(&self.overlap, "window-overlap-size", 0, window - 1)?;
                (to_usize(window).min(REQUEST_WINDOW_CHARS), to_usize(overlap))
            }
            false => (REQUEST_WINDOW_CHARS, 0),
        };
        let text = self.text(env)?;
        let Some(windows) = windows(&text, window, overlap.min(window - 1)) else {
            return Err(unsafe_content(env).into());
        };
        if env.section == Section::Inbound && enforces_on_completions {
            env.run_at_answer();
        }
        let analyzes = !categories.is_empty() || !blocklists.is_empty();
        let mut calls = Vec::new();
        for window in windows.into_iter().rev() {
            if analyzes {
                calls.push((ANALYZE, window.clone()));
            }
            if shields {
                calls.push((SHIELD, window));
            }
        }
        let checks = Checks { backend, output: output.into(), categories, blocklists, calls };
        go_on(env, Box::new(checks))
    }

    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        let Some(checks) = env.context.llm.safety.take() else {
            return Ok(Flow::Continue);
        };
        let response = match outcome {
            Outcome::Called(Ok(response)) => response,
            Outcome::Called(Err(error)) => return Err(Fault::call_failed(env.source(), &error).into()),
            Outcome::Failed(fault) => return Err(Halt::Fault(fault)),
            Outcome::Done | Outcome::Token(_) | Outcome::Cached(_) => {
                return Err(env.internal("Nothing came of the call to the content-safety service."));
            }
        };
        match response.status {
            StatusCode::OK => {}
            // It does not take this text.
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => return Err(unsafe_content(env).into()),
            status => return Err(env.internal(format!("The content-safety service answered {status}."))),
        }
        let Some(answer) = read(&response) else {
            return Err(env.internal("The content-safety service answered something else than JSON."));
        };
        match checks.finds(&answer) {
            Some(what) => {
                env.trace(format!("found {what}"));
                Err(unsafe_content(env).into())
            }
            None => go_on(env, checks),
        }
    }

    /// What people or models said in the current message.
    fn text(&self, env: &mut Env<'_, '_>) -> Result<String, Halt> {
        let Some(body) = env.read_body()? else {
            return Ok(String::new());
        };
        if env.acts_on_response {
            let (headers, _) = env.message();
            let kind =
                headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            let is_stream = kind.to_ascii_lowercase().starts_with("text/event-stream");
            return Ok(completion::text(&body, is_stream));
        }
        Ok(match Prompt::read(&body, PromptType::Auto) {
            Some(prompt) => {
                let texts: Vec<&str> = prompt.messages.iter().map(|message| message.text.as_str()).collect();
                texts.join("\n")
            }
            // No request that is known; all of it is looked at.
            None => String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

/// Has the next piece looked at, if one is left.
fn go_on<'a>(env: &mut Env<'_, '_>, mut checks: Box<Checks>) -> Ran<'a> {
    let Some((path, text)) = checks.calls.pop() else {
        return Ok(Flow::Continue);
    };
    let call = BackendCall {
        owner: owner(env).into(),
        backend: checks.backend.clone(),
        path,
        query: Some(API_VERSION),
        body: checks.question(path, &text),
        timeout: llm::SERVICE_TIMEOUT,
    };
    env.context.llm.safety = Some(checks);
    Ok(Flow::Do(Task::CallBackend(Box::new(call))))
}

impl Checks {
    fn question(&self, path: &str, text: &str) -> Bytes {
        if path == SHIELD {
            return llm::json(&json!({ "userPrompt": text, "documents": [] }));
        }
        let mut question = json!({ "text": text, "outputType": &*self.output });
        if !self.categories.is_empty() {
            question["categories"] = self.categories.iter().map(|(name, _)| &**name).collect();
        }
        if !self.blocklists.is_empty() {
            question["blocklistNames"] = self.blocklists.iter().map(|id| &**id).collect();
        }
        llm::json(&question)
    }

    /// What the service found that is not let through.
    fn finds(&self, answer: &Value) -> Option<String> {
        if answer["userPromptAnalysis"]["attackDetected"].as_bool() == Some(true) {
            return Some("a prompt attack".to_owned());
        }
        if answer["blocklistsMatch"].as_array().is_some_and(|matches| !matches.is_empty()) {
            return Some("a term of a blocklist".to_owned());
        }
        answer["categoriesAnalysis"].as_array()?.iter().find_map(|found| {
            let category = found["category"].as_str()?;
            let severity = found["severity"].as_i64()?;
            let (_, threshold) =
                self.categories.iter().find(|(name, _)| name.eq_ignore_ascii_case(category))?;
            (severity >= *threshold).then(|| format!("{category} of severity {severity}"))
        })
    }
}

fn read(response: &ResponseMessage) -> Option<Value> {
    match &response.body {
        Body::Bytes(bytes) => serde_json::from_slice(&crate::coding::decoded(bytes, &response.headers)).ok(),
        Body::Empty | Body::Stream | Body::Taken => None,
    }
}

fn unsafe_content(env: &Env<'_, '_>) -> Fault {
    let message = "Request failed content safety check.";
    Fault::new(StatusCode::FORBIDDEN, env.source(), "ContentSafetyViolation", message)
}

fn to_usize(number: i64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Pieces of so many characters, each of which begins with the end of the one before; `None` where there
/// would be too many.
fn windows(text: &str, chars: usize, overlap: usize) -> Option<Vec<String>> {
    let all: Vec<char> = text.chars().collect();
    let mut windows = Vec::new();
    let mut start = 0;
    while start < all.len() {
        if windows.len() == WINDOWS_MAX {
            return None;
        }
        let end = all.len().min(start + chars);
        windows.push(all[start..end].iter().collect());
        if end == all.len() {
            break;
        }
        start = end - overlap;
    }
    Some(windows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    const CATEGORIES: &str = "<categories><category name='Hate' threshold='4'/></categories>";
    const CHAT: &str = r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]}"#;

    fn bench(attributes: &str, children: &str) -> Bench {
        let policy =
            format!("<llm-content-safety backend-id='safe' {attributes}>{children}</llm-content-safety>");
        let mut bench = Bench::document(&format!(
            "<policies><inbound>{policy}</inbound><backend><forward-request/></backend></policies>"
        ))
        .with_body(CHAT);
        answer(&mut bench, "safe/contentsafety/text:analyze", 200, r#"{"categoriesAnalysis":[]}"#);
        answer(
            &mut bench,
            "safe/contentsafety/text:shieldPrompt",
            200,
            r#"{"userPromptAnalysis":{"attackDetected":false}}"#,
        );
        bench
    }

    fn answer(bench: &mut Bench, url: &'static str, status: u16, body: &'static str) {
        let mut response = ResponseMessage::new(StatusCode::from_u16(status).unwrap());
        response.body = Body::Bytes(Bytes::from_static(body.as_bytes()));
        bench.answers.insert(url, Ok(response));
    }

    fn status(bench: &mut Bench) -> u16 {
        bench.run().context.response.as_ref().unwrap().status.as_u16()
    }

    #[test]
    fn prompt_is_looked_at_before_it_is_sent_on() {
        let mut bench =
            bench("shield-prompt='true'", &format!("{CATEGORIES}<blocklists><id>terms</id></blocklists>"));
        assert_eq!(status(&mut bench), 200);
        let calls: Vec<(&str, Value)> = bench
            .calls
            .iter()
            .map(|it| (it.url.as_str(), serde_json::from_slice(&it.body).unwrap()))
            .collect();
        assert_eq!(
            calls,
            [
                ("safe/contentsafety/text:shieldPrompt", json!({"userPrompt": "s\na", "documents": []})),
                (
                    "safe/contentsafety/text:analyze",
                    json!({"text": "s\na", "outputType": "FourSeverityLevels", "categories": ["Hate"],
                           "blocklistNames": ["terms"]})
                ),
            ]
        );
    }

    #[test]
    fn what_is_not_safe_is_refused_and_not_forwarded() {
        for (url, found, expected) in [
            (
                "safe/contentsafety/text:analyze",
                r#"{"categoriesAnalysis":[{"category":"Hate","severity":4}]}"#,
                403,
            ),
            (
                "safe/contentsafety/text:analyze",
                r#"{"categoriesAnalysis":[{"category":"Hate","severity":2}]}"#,
                200,
            ),
            (
                "safe/contentsafety/text:analyze",
                r#"{"categoriesAnalysis":[{"category":"Sexual","severity":7}]}"#,
                200,
            ),
            ("safe/contentsafety/text:analyze", r#"{"blocklistsMatch":[{"blocklistName":"terms"}]}"#, 403),
            (
                "safe/contentsafety/text:shieldPrompt",
                r#"{"userPromptAnalysis":{"attackDetected":true}}"#,
                403,
            ),
        ] {
            let mut bench = bench("shield-prompt='@(true)'", CATEGORIES);
            answer(&mut bench, url, 200, found);
            assert_eq!(
                (status(&mut bench), bench.forwards),
                (expected, usize::from(expected == 200)),
                "{found}"
            );
            if expected == 403 {
                assert_eq!(
                    bench.body(),
                    "{ \"statusCode\": 403, \"message\": \"Request failed content safety check.\" }"
                );
                let error = bench.context.last_error.as_ref().unwrap();
                assert_eq!(error.reason.as_deref(), Some("ContentSafetyViolation"));
            }
        }
    }

    #[test]
    fn what_cannot_be_looked_at_does_not_pass() {
        let mut bench = self::bench("", CATEGORIES);
        bench.answers.clear();
        assert_eq!((status(&mut bench), bench.forwards), (500, 0));
        for (code, expected) in [(400, 403), (413, 403), (401, 500), (500, 500)] {
            let mut bench = self::bench("", CATEGORIES);
            answer(&mut bench, "safe/contentsafety/text:analyze", code, "{}");
            assert_eq!((status(&mut bench), bench.forwards), (expected, 0), "{code}");
        }
        let mut bench = self::bench("", CATEGORIES);
        answer(&mut bench, "safe/contentsafety/text:analyze", 200, "no JSON");
        assert_eq!(status(&mut bench), 500);
    }

    #[test]
    fn answers_are_looked_at_in_outbound() {
        let policy = format!(
            "<llm-content-safety backend-id='safe' window-size='4' window-overlap-size='1'>{CATEGORIES}\
             </llm-content-safety>"
        );
        let mut bench = Bench::document(&format!(
            "<policies><backend><forward-request/></backend><outbound>{policy}</outbound></policies>"
        ));
        answer(&mut bench, "safe/contentsafety/text:analyze", 200, r#"{"categoriesAnalysis":[]}"#);
        bench.backend_body = Some(r#"{"choices":[{"message":{"content":"abcdefg"}}]}"#);
        assert_eq!(status(&mut bench), 200);
        assert_eq!(bench.body(), r#"{"choices":[{"message":{"content":"abcdefg"}}]}"#);
        let texts: Vec<Value> = bench
            .calls
            .iter()
            .map(|call| serde_json::from_slice::<Value>(&call.body).unwrap()["text"].clone())
            .collect();
        assert_eq!(texts, ["abcd", "defg"]);
        answer(
            &mut bench,
            "safe/contentsafety/text:analyze",
            200,
            r#"{"categoriesAnalysis":[{"category":"hate","severity":6}]}"#,
        );
        assert_eq!(bench.again().context.response.as_ref().unwrap().status, 403);
    }

    #[test]
    fn long_texts_are_cut_and_too_long_ones_are_refused() {
        assert_eq!(windows("", 4, 0).unwrap(), [""; 0]);
        assert_eq!(windows("äbcdef", 4, 0).unwrap(), ["äbcd", "ef"]);
        assert_eq!(windows(&"x".repeat(2 * WINDOWS_MAX), 2, 0).unwrap().len(), WINDOWS_MAX);
        assert_eq!(windows(&"x".repeat(2 * WINDOWS_MAX + 1), 2, 0), None);
    }

    #[test]
    fn answers_are_looked_at_from_inbound_where_that_is_wanted() {
        for (attribute, calls) in
            [("", 1), ("enforce-on-completions='false'", 1), ("enforce-on-completions='@(true)'", 2)]
        {
            let mut bench = self::bench(attribute, CATEGORIES);
            bench.backend_body = Some(r#"{"choices":[{"message":{"content":"abc"}}]}"#);
            assert_eq!((status(&mut bench), bench.calls.len()), (200, calls), "{attribute}");
        }
        let policy = format!(
            "<llm-content-safety backend-id='safe' enforce-on-completions='true'>{CATEGORIES}</llm-content-safety>"
        );
        let mut bench = Bench::document(&format!(
            "<policies><inbound>{policy}</inbound><backend><forward-request/></backend>\
             <outbound><set-header name='sent'><value>1</value></set-header></outbound></policies>"
        ));
        bench.backend_body = Some(r#"{"choices":[{"message":{"content":"abc"}}]}"#);
        let found = r#"{"categoriesAnalysis":[{"category":"Hate","severity":6}]}"#;
        answer(&mut bench, "safe/contentsafety/text:analyze", 200, found);
        assert_eq!(
            (status(&mut bench), bench.forwards),
            (403, 1),
            "the request had no prompt, but got an answer"
        );
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!((error.section, error.scope), (Section::Outbound, Some(crate::ScopeKind::Api)));
        assert!(!bench.context.response.as_ref().unwrap().headers.contains_key("sent"));
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-content-safety backend-id='b' shield-prompt='true'><categories output-type='EightSeverityLevels'><category name='Hate' threshold='7'/></categories><blocklists><id>l</id></blocklists></llm-content-safety>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-content-safety backend-id='b'><categories><category name='Hate' threshold='8'/></categories></llm-content-safety>"
            ),
            ["attribute-value"]
        );
        assert_eq!(read_in(Section::Inbound, "<llm-content-safety/>"), ["missing-attribute"]);
    }
}
