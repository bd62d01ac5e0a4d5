//! `cache-store`: keeps the response for later calls.

use http::{StatusCode, header};

use crate::cached::CACHED_BYTES_MAX;
use crate::cached_response;
use crate::caching::{self, Place};
use crate::context::{Body, ResponseMessage};
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::policies::cache_lookup::ToStore;
use crate::run::Flow;
use crate::schema::{ElementSpec, OUTBOUND, Once, PolicySpec, Release, attribute};
use crate::setting::{Flag, Number};
use crate::task::{Outcome, Task};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: OUTBOUND,
    once: Once::PerSection,
    release: Release::Runs(|element, _| compile(element).map(Policy::CacheStore)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("duration", Kind::SECONDS).required().expression(),
                attribute("cache-response", Kind::Bool).expression(),
                attribute("caching-mode", Kind::Any).expression().no_effect("nothing tells what it means"),
            ],
            ..ElementSpec::named("cache-store")
        },
        "Keeps the response for later calls.",
    )
};

fn compile(element: &Element) -> Option<CacheStore> {
    let keeps = match element.attribute("cache-response") {
        Some(_) => Some(element.flag_setting("cache-response", false)?),
        None => None,
    };
    Some(CacheStore { duration: element.required_number("duration")?, keeps })
}

#[derive(Debug)]
pub(crate) struct CacheStore {
    duration: Number,
    /// Whether the response is kept, whatever it is; where nothing is said, those with 200 are.
    keeps: Option<Flag>,
}

impl CacheStore {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        if env.context.to_store.is_none() {
            return Ok(Flow::Continue);
        }
        let keeps = match &self.keeps {
            Some(keeps) => Some(env.flag(keeps)?),
            None => None,
        };
        let duration = caching::duration(env.number(&self.duration)?);
        let (Some(to_store), Some(response)) = (&mut env.context.to_store, &env.context.response) else {
            return Ok(Flow::Continue);
        };
        let is_outside_wanted_in_vain = to_store.place == Place::Nowhere;
        let why_not = match duration {
            None => Some("the duration is not positive"),
            Some(_) if is_outside_wanted_in_vain => Some("there is no cache to keep the response in"),
            Some(_) if !keeps.unwrap_or(response.status == StatusCode::OK) => {
                Some("the response is not one to keep")
            }
            Some(_) if response.headers.contains_key(header::SET_COOKIE) => {
                Some("a response that sets a cookie is not kept")
            }
            Some(_) if told_length(response) > CACHED_BYTES_MAX => Some(TOO_LARGE),
            Some(_) => None,
        };
        let (Some(duration), None) = (duration, why_not) else {
            env.context.to_store = None;
            env.trace(why_not.unwrap_or_default());
            return Ok(Flow::Continue);
        };
        to_store.duration = duration;
        match response.body {
            Body::Stream => Ok(Flow::Do(Task::Gather(CACHED_BYTES_MAX))),
            _ => Ok(store(env)),
        }
    }

    /// The body is gathered, or the item was handed to a cache outside.
    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        match outcome {
            Outcome::Failed(fault) => Err(Halt::Fault(fault)),
            _ => Ok(store(env)),
        }
    }
}

const TOO_LARGE: &str = "the response is too large to be kept, or has no body any more";

/// What the backend says of its body's length.
fn told_length(response: &ResponseMessage) -> usize {
    let length =
        response.headers.get(header::CONTENT_LENGTH).filter(|_| matches!(response.body, Body::Stream));
    length.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or_default()
}

/// Keeps the response as it is now, once.
fn store<'a>(env: &mut Env<'a, '_>) -> Flow<'a> {
    let now_ms = env.host.unix_ms();
    let (Some(to_store), Some(response)) = (env.context.to_store.take(), &mut env.context.response) else {
        return Flow::Continue;
    };
    let ToStore { key, place, downstream, duration } = *to_store;
    let Some(item) = cached_response::keep(response, now_ms, duration) else {
        env.trace(TOO_LARGE);
        return Flow::Continue;
    };
    downstream.tell(&mut response.headers, duration.as_secs());
    caching::store(env, place, key, item, duration)
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{codes_in, read_in};

    #[test]
    fn documents_are_checked() {
        assert_eq!(read_in(Section::Outbound, "<cache-store duration='60' cache-response='true'/>"), [""; 0]);
        assert_eq!(read_in(Section::Outbound, "<cache-store/>"), ["missing-attribute"]);
        assert_eq!(read_in(Section::Inbound, "<cache-store duration='60'/>"), ["misplaced-policy"]);
        assert_eq!(
            codes_in(Section::Outbound, "<cache-store duration='60' caching-mode='x'/>"),
            ["no-effect"]
        );
    }
}
