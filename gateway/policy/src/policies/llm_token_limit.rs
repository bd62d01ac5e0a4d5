//! `llm-token-limit`: at most so many tokens of a language model. `azure-openai-token-limit` is the same.
//!
//! What a call took is known when its answer is: then it is counted, to the token. Where the document
//! wants prompts estimated, the prompt's tokens are counted before it is sent, and set right afterwards;
//! else the call that crosses the line passes and the next one is refused. A stream tells its tokens in its
//! last event, if its client asked for that; where it does not, the text that came is counted.

use std::time::Duration;

use http::header;

use crate::check::Checker;
use crate::context::Body;
use crate::counting::{Charge, Counter, CounterKey, Pending, Quota, Rate, Span, TokenWatch, TokensCounted};
use crate::env::{Env, Halt, Ran};
use crate::fault::{Fault, whole_seconds};
use crate::kind::Kind;
use crate::llm::prompt::{Prompt, PromptType};
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{AttributeSpec, ElementSpec, INBOUND, PolicySpec, Release, attribute};
use crate::setting::{Flag, Number, Text};
use crate::span::Calendar;
use crate::task::{Message, Task};
use crate::telling::Telling;
use crate::tree::Element;

/// Bytes of a request that is read although nobody asked for an estimate, in case its answer is a stream
/// that tells no usage; prompts of longer ones, or of unknown length, are not counted then.
const PROMPT_BYTES_READ_MAX: u64 = 512 * 1024;
const MINUTE: Duration = Duration::from_secs(60);

pub(crate) static SPEC: PolicySpec = spec("llm-token-limit");
pub(crate) static AZURE_SPEC: PolicySpec = spec("azure-openai-token-limit");

const fn spec(name: &'static str) -> PolicySpec {
    PolicySpec {
        sections: INBOUND,
        check,
        release: Release::Runs(|element, _| compile(element).map(Policy::LlmTokenLimit)),
        ..PolicySpec::of(
            ElementSpec { attributes: ATTRIBUTES, ..ElementSpec::named(name) },
            "At most so many tokens of a language model within a minute or a longer period.",
        )
    }
}

const ATTRIBUTES: &[AttributeSpec] = &[
    attribute("counter-key", Kind::Any).required().expression(),
    attribute("tokens-per-minute", Kind::COUNT).expression(),
    attribute("token-quota", Kind::LONG).expression(),
    attribute(
        "token-quota-period",
        Kind::OneOf(&["Hourly", "Daily", "Weekly", "Monthly", "Yearly", "Indefinite"]),
    )
    .expression(),
    attribute("estimate-prompt-tokens", Kind::Bool).expression(),
    // As Microsoft's toolkit spells it.
    attribute("estimate-prompt-token", Kind::Bool).expression(),
    attribute("retry-after-header-name", Kind::HeaderName).or("Retry-After"),
    attribute("retry-after-variable-name", Kind::Variable),
    attribute("remaining-tokens-header-name", Kind::HeaderName),
    attribute("remaining-tokens-variable-name", Kind::Variable),
    attribute("remaining-quota-tokens-header-name", Kind::HeaderName),
    attribute("remaining-quota-tokens-variable-name", Kind::Variable),
    attribute("tokens-consumed-header-name", Kind::HeaderName),
    attribute("tokens-consumed-variable-name", Kind::Variable),
    attribute("prompt-type", Kind::OneOf(&["auto", "chat-completion", "completion", "embeddings"]))
        .or("auto"),
    attribute("ignore-prompt", Kind::Bool).or("false"),
];

const ESTIMATES: [&str; 2] = ["estimate-prompt-tokens", "estimate-prompt-token"];

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &["tokens-per-minute", "token-quota"]);
    if ESTIMATES.iter().all(|name| element.attribute(name).is_none()) {
        let message = format!("{} needs `{}`", element.name, ESTIMATES[0]);
        // Microsoft's own examples leave it out.
        checker.report(checker.strict(), element.span, "missing-attribute", message);
    }
    if let Some(quota) = element.attribute("token-quota")
        && element.attribute("token-quota-period").is_none()
    {
        let message = format!("{}: token-quota needs token-quota-period", element.name);
        checker
            .error(quota.span, "missing-attribute", message)
            .hint("such as token-quota-period=\"Monthly\"");
    }
}

fn compile(element: &Element) -> Option<LlmTokenLimit> {
    crate::llm::tokens::prepare();
    let estimates = match element.attribute(ESTIMATES[0]) {
        Some(_) => element.flag_setting(ESTIMATES[0], false)?,
        None => element.flag_setting(ESTIMATES[1], false)?,
    };
    Some(LlmTokenLimit {
        key: element.required_text("counter-key")?,
        per_minute: element.number_setting("tokens-per-minute")?,
        quota: match element.number_setting("token-quota")? {
            Some(tokens) => Some((tokens, element.required_text("token-quota-period")?)),
            None => None,
        },
        estimates,
        kind: PromptType::parse(element.literal("prompt-type").unwrap_or("auto")),
        ignores_prompt: element.flag("ignore-prompt", false),
        retry_after: Telling::of(element, "retry-after"),
        remaining: Telling::of(element, "remaining-tokens"),
        remaining_quota: Telling::of(element, "remaining-quota-tokens"),
        consumed: Telling::of(element, "tokens-consumed"),
    })
}

#[derive(Debug)]
pub(crate) struct LlmTokenLimit {
    key: Text,
    per_minute: Option<Number>,
    /// How many, and within what.
    quota: Option<(Number, Text)>,
    estimates: Flag,
    kind: PromptType,
    ignores_prompt: bool,
    retry_after: Telling,
    remaining: Telling,
    remaining_quota: Telling,
    consumed: Telling,
}

impl LlmTokenLimit {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let key = env.text_or_empty(&self.key)?;
        let workspace = &*env.context.facts.workspace.id;
        let rate = match &self.per_minute {
            Some(limit) => {
                let limit = env.number_within(limit, "tokens-per-minute", 0, i64::MAX)?.unsigned_abs();
                let key = CounterKey { workspace, counter: Counter::Tokens { key } };
                Some((key, Rate { limit, period: MINUTE }))
            }
            None => None,
        };
        let quota = match &self.quota {
            Some((limit, period)) => {
                let limit = env.number_within(limit, "token-quota", 0, i64::MAX)?.unsigned_abs();
                let period = env.text_or_empty(period)?;
                let Some(calendar) = Calendar::parse(period) else {
                    return Err(env.internal(format!("token-quota-period: '{period}' is no period.")));
                };
                let span = Span::of_calendar(env.host.unix_ms(), calendar);
                let counter = Counter::TokenQuota { key, period: calendar.as_str() };
                Some((CounterKey { workspace, counter }, Quota { limit, span }))
            }
            None => None,
        };
        let is_estimated = env.flag(&self.estimates)?;
        let is_told = self.consumed.is_asked_for()
            || self.remaining.is_asked_for()
            || self.remaining_quota.is_asked_for();
        let watched = Watched { kind: self.kind, is_estimated, is_told };
        let prompt = watch(env, watched)?;
        let estimate = if is_estimated { prompt } else { 0 };
        let reserved = if self.ignores_prompt { 0 } else { estimate };
        let counted = TokensCounted { reserved, ignores_prompt: self.ignores_prompt };

        // Both are asked before either counts.
        let need = reserved.max(1);
        for add in [0, reserved] {
            if let Some((key, quota)) = quota {
                let decision = env.ask_quota(key, quota, need, add);
                self.remaining_quota.tell(env, decision.remaining);
                if !decision.allowed {
                    let now_ms = env.host.unix_ms();
                    let left = quota
                        .span
                        .end_ms
                        .map(|end| Duration::from_millis((end - now_ms).max(0).unsigned_abs()));
                    return self.refuse(env, true, left);
                }
            }
            if let Some((key, rate)) = rate {
                let decision = env.ask_rate(key, rate, need, add);
                self.remaining.tell(env, decision.remaining);
                if !decision.allowed {
                    return self.refuse(env, false, Some(decision.retry_after));
                }
            }
        }
        if let Some((key, rate)) = rate.filter(|(key, _)| env.charges_first(key)) {
            env.host.charge_at_end(Charge::Tokens { key, rate, counted });
        }
        if let Some((key, quota)) = quota.filter(|(key, _)| env.charges_first(key)) {
            env.host.charge_at_end(Charge::TokenQuota { key, span: quota.span, counted });
        }
        self.consumed.tell(env, estimate);
        env.count_later(Pending::Tokens(rate, quota, counted));
        Ok(Flow::Continue)
    }

    fn refuse<'a>(&'a self, env: &mut Env<'a, '_>, is_quota: bool, left: Option<Duration>) -> Ran<'a> {
        if let Some(left) = left {
            self.retry_after.keep(env, whole_seconds(left));
        }
        let header = self.retry_after.header.clone().unwrap_or(header::RETRY_AFTER);
        Err(Fault::tokens_exceeded(env.source(), is_quota, left, header).into())
    }

    /// Tells what the call took and what is left, where the answer has told it by now.
    pub(crate) fn answered<'a>(&'a self, env: &mut Env<'a, '_>) {
        let Some(Pending::Tokens(rate, quota, counted)) = env.pending() else { return };
        let Some(used) = env.host.tokens_used() else { return };
        self.consumed.tell(env, if self.ignores_prompt { used.completion } else { used.total() });
        // It is charged at the end of the request.
        let left = |remaining: u64| {
            let missing = counted.missing(used);
            let less = u64::try_from(missing).unwrap_or(0);
            remaining.saturating_sub(less).saturating_add(if missing < 0 {
                missing.unsigned_abs()
            } else {
                0
            })
        };
        if let Some((key, rate)) = rate {
            let remaining = env.ask_rate(key, rate, 0, 0).remaining;
            self.remaining.tell(env, left(remaining).min(rate.limit));
        }
        if let Some((key, quota)) = quota {
            let remaining = env.ask_quota(key, quota, 0, 0).remaining;
            self.remaining_quota.tell(env, left(remaining).min(quota.limit));
        }
    }
}

/// How a request is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    kind: PromptType,
    is_estimated: bool,
    is_told: bool,
}

impl Default for Watched {
    fn default() -> Self {
        Self { kind: PromptType::Auto, is_estimated: false, is_told: false }
    }
}

/// Has the answer's tokens counted. Gives the prompt's, where they have to be estimated: because somebody
/// wants that, or because the answer will be a stream that tells no usage.
///
/// # Errors
/// The request has to be read first.
pub(crate) fn watch(env: &mut Env<'_, '_>, watched: Watched) -> Result<u64, Halt> {
    let request = &env.context.request;
    let body = match &request.body {
        Body::Bytes(bytes) => crate::coding::decoded(bytes, &request.headers),
        Body::Stream if watched.is_estimated || is_short(&request.headers) => {
            return Err(Halt::Task(Task::Read(Message::Request)));
        }
        Body::Stream | Body::Empty | Body::Taken => (&[][..]).into(),
    };
    let prompt = Prompt::read(&body, watched.kind).unwrap_or_default();
    let is_needed = watched.is_estimated || prompt.streams && !prompt.tells_usage;
    let tokens = if is_needed && !prompt.messages.is_empty() { prompt.tokens() } else { 0 };
    env.host.watch_tokens(TokenWatch { model: &prompt.model, prompt: tokens, is_told: watched.is_told });
    // The gateway has to read what is answered.
    env.context.request.headers.remove(header::ACCEPT_ENCODING);
    Ok(tokens)
}

/// Whether a request's body is known to be one that is read unasked.
pub(crate) fn is_short(headers: &http::HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|length| length.parse().ok()).is_some_and(|length: u64| length <= PROMPT_BYTES_READ_MAX)
}

#[cfg(test)]
mod tests {
    use crate::llm::usage::Usage;
    use crate::section::Section;
    use crate::testing::{Bench, UNIX_MS, read_in};

    /// Twelve tokens, by estimate.
    const CHAT: &str = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Hello, world!"}]}"#;

    fn bench(attributes: &str) -> Bench {
        let policy = format!("<llm-token-limit counter-key='k' {attributes}/>");
        let bench = Bench::document(&format!(
            "<policies><inbound>{policy}</inbound><backend><forward-request/></backend></policies>"
        ));
        bench.host.used.set(Some(Usage { prompt: 10, completion: 20 }));
        bench
    }

    fn statuses(bench: &mut Bench, calls: usize) -> Vec<u16> {
        let mut statuses = Vec::new();
        for _ in 0..calls {
            bench.request_body = CHAT;
            bench.context.request.body = crate::Body::Stream;
            statuses.push(bench.again().context.response.as_ref().unwrap().status.as_u16());
        }
        statuses
    }

    fn header(bench: &Bench, name: &str) -> String {
        let headers = &bench.context.response.as_ref().unwrap().headers;
        headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned()
    }

    #[test]
    fn call_that_crosses_the_line_passes_and_the_next_is_refused() {
        let mut bench = bench("tokens-per-minute='40' estimate-prompt-tokens='false'");
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429]);
        assert_eq!(
            bench.body(),
            "{ \"statusCode\": 429, \"message\": \"Token limit is exceeded. Try again in 60 seconds.\" }"
        );
        assert_eq!(header(&bench, "retry-after"), "60");
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!((&*error.source, error.reason.as_deref()), ("llm-token-limit", Some("RateLimitExceeded")));
        bench.host.now_ms.set(60_000);
        assert_eq!(statuses(&mut bench, 1), [200]);
    }

    #[test]
    fn estimated_prompt_is_refused_before_it_is_sent_and_set_right_afterwards() {
        let mut bench = bench("tokens-per-minute='41' estimate-prompt-tokens='true'");
        // Thirty were used, not twelve, and twelve do not fit into the eleven that are left.
        assert_eq!(statuses(&mut bench, 2), [200, 429]);
        assert_eq!(bench.forwards, 1);
        let mut bench = self::bench("tokens-per-minute='42' estimate-prompt-tokens='true'");
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429], "they fit into twelve");
        let mut bench = self::bench("tokens-per-minute='20' estimate-prompt-tokens='@(true)'");
        bench.host.used.set(Some(Usage { prompt: 2, completion: 3 }));
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429], "five were used of twelve, and then ten");
    }

    #[test]
    fn quota_is_403_until_the_unit_of_the_calendar_is_over() {
        let mut bench = bench(
            "token-quota='@(60)' token-quota-period='Daily' estimate-prompt-tokens='false' \
            retry-after-header-name='x-wait' retry-after-variable-name='wait'",
        );
        assert_eq!(statuses(&mut bench, 3), [200, 200, 403]);
        assert_eq!(
            (header(&bench, "x-wait").as_str(), header(&bench, "retry-after").as_str()),
            ("43200", "-")
        );
        assert_eq!(bench.variable("wait").as_deref(), Some("43200"));
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!(error.reason.as_deref(), Some("QuotaExceeded"));
        assert_eq!(UNIX_MS % 86_400_000, 43_200_000, "it is noon");
        bench.host.now_ms.set(43_200_000);
        assert_eq!(statuses(&mut bench, 1), [200]);
    }

    #[test]
    fn headers_and_variables_tell_what_was_taken_and_what_is_left() {
        let mut bench = bench(
            "tokens-per-minute='100' token-quota='1000' token-quota-period='Monthly' \
            estimate-prompt-tokens='true' remaining-tokens-header-name='left' remaining-tokens-variable-name='left' \
            remaining-quota-tokens-header-name='quota' tokens-consumed-header-name='took' \
            tokens-consumed-variable-name='took'",
        );
        bench.host.are_tokens_known = true.into();
        assert_eq!(statuses(&mut bench, 1), [200]);
        let told = |bench: &Bench| ["left", "quota", "took"].map(|name| header(bench, name));
        assert_eq!(told(&bench), ["70", "970", "30"]);
        assert_eq!(bench.variable("took").as_deref(), Some("30"));
        assert_eq!(bench.variable("left").as_deref(), Some("70"));
        // Of a stream nothing is known before it is sent but the estimate.
        bench.host.are_tokens_known.set(false);
        assert_eq!(statuses(&mut bench, 1), [200]);
        assert_eq!(told(&bench), ["58", "958", "12"]);
    }

    #[test]
    fn prompt_may_be_left_out() {
        let mut bench = bench("tokens-per-minute='40' estimate-prompt-tokens='true' ignore-prompt='true'");
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429], "twenty each");
    }

    #[test]
    fn two_limits_on_one_key_count_a_call_once() {
        let limit = "<llm-token-limit counter-key='k' tokens-per-minute='40' estimate-prompt-tokens='true'/>";
        let mut bench = Bench::inbound(&format!("{limit}{limit}"));
        bench.host.used.set(Some(Usage { prompt: 5, completion: 10 }));
        assert_eq!(statuses(&mut bench, 3), [200, 200, 429]);
    }

    #[test]
    fn prompt_is_estimated_for_a_stream_that_tells_no_usage() {
        let mut bench = bench("tokens-per-minute='40' estimate-prompt-tokens='false'");
        let watched = |bench: &mut Bench, body: &'static str| {
            bench.request_body = body;
            bench.context.request.body = crate::Body::Stream;
            bench.context.request.headers.insert("content-length", body.len().into());
            bench.again();
            bench.host.watched.take()
        };
        let stream =
            r#"{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Hello, world!"}]}"#;
        assert_eq!(watched(&mut bench, stream), ["gpt-4o 12"]);
        let tells = r#"{"model":"gpt-4o","stream":true,"stream_options":{"include_usage":true},"input":"a"}"#;
        assert_eq!(watched(&mut bench, tells), ["gpt-4o 0"]);
        assert_eq!(watched(&mut bench, CHAT), ["gpt-4o 0"]);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-token-limit counter-key='@(context.Api.Id)' tokens-per-minute='@(2)' estimate-prompt-tokens='false'/><azure-openai-token-limit counter-key='k' token-quota='9999999999' token-quota-period='Monthly' estimate-prompt-tokens='true'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<llm-token-limit counter-key='k' estimate-prompt-tokens='true'/>"),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<llm-token-limit counter-key='k' token-quota='1' estimate-prompt-tokens='true'/>"
            ),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<llm-token-limit counter-key='k' tokens-per-minute='1'/>"),
            ["missing-attribute"]
        );
    }
}
