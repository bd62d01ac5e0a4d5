//! `cache-store-value`: keeps a value in the cache.

use hanse_expression::Target;
use hanse_expression::run::Value;

use crate::cached::{self, NotKept};
use crate::caching::{self, CACHING_TYPE, CachingType, Place};
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::setting::{Number, Text};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, _| compile(element).map(Policy::CacheStoreValue)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("key", Kind::Any).required().expression(),
                attribute("value", Kind::Value).required().expression(),
                attribute("duration", Kind::SECONDS).required().expression(),
                attribute("caching-type", CACHING_TYPE).or("prefer-external"),
            ],
            ..ElementSpec::named("cache-store-value")
        },
        "Keeps a value in the cache.",
    )
};

fn compile(element: &Element) -> Option<CacheStoreValue> {
    Some(CacheStoreValue {
        caching_type: CachingType::compile(element),
        key: Text::verbatim(&element.attribute("key")?.value, Target::String)?,
        value: Text::verbatim(&element.attribute("value")?.value, Target::Object)?,
        duration: element.required_number("duration")?,
    })
}

#[derive(Debug)]
pub(crate) struct CacheStoreValue {
    caching_type: CachingType,
    key: Text,
    value: Text,
    duration: Number,
}

impl CacheStoreValue {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let key = caching::value_key(env.text_or_empty(&self.key)?);
        let duration = caching::duration(env.number(&self.duration)?);
        let value = env.value(&self.value)?;
        let (Some(duration), false) = (duration, matches!(value, Value::Null)) else {
            env.trace("kept nothing: the value is null, or the duration is not positive");
            return Ok(Flow::Continue);
        };
        let item = match cached::keep(value) {
            Ok(item) => item,
            // That is how the document is written, and would never be found out otherwise.
            Err(error @ NotKept::Type(_)) => return Err(env.internal(format!("cache-store-value: {error}."))),
            Err(error @ NotKept::TooLarge) => {
                env.trace(format!("kept nothing: {error}"));
                return Ok(Flow::Continue);
            }
        };
        match self.caching_type.place(env) {
            Place::Nowhere => Ok(Flow::Continue),
            place => Ok(caching::store(env, place, key, item, duration)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn kept(attributes: &str) -> usize {
        let mut bench = Bench::inbound(&format!("<cache-store-value key='k' {attributes}/>"));
        bench.run();
        assert_eq!(bench.context.last_error, None, "{attributes}");
        let memory = bench.host.memory.borrow();
        memory.len()
    }

    #[test]
    fn nothing_is_kept_of_null_nor_for_no_time() {
        assert_eq!(kept("value='x' duration='1'"), 1);
        assert_eq!(kept("value='' duration='1'"), 1);
        assert_eq!(kept("value='@((string)null)' duration='1'"), 0);
        assert_eq!(kept("value='x' duration='0'"), 0);
        assert_eq!(kept("value='x' duration='@(-5)'"), 0);
    }

    #[test]
    fn large_values_are_not_kept() {
        let value = |length: usize| format!("value='@(new string(&apos;x&apos;, {length}))' duration='1'");
        assert_eq!(kept(&value(crate::CACHED_BYTES_MAX - 6)), 1);
        assert_eq!(kept(&value(crate::CACHED_BYTES_MAX - 5)), 0);
    }

    #[test]
    fn what_belongs_to_a_request_fails_with_what_would_do() {
        let mut bench =
            Bench::outbound("<cache-store-value key='k' value='@(context.Response)' duration='1'/>");
        bench.run();
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!(error.source, "cache-store-value");
        assert!(
            error.message.contains("IResponse") && error.message.contains("keep its text"),
            "{}",
            error.message
        );
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Backend,
                "<cache-store-value key='k' value='@(1)' duration='@(2)' caching-type='internal'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<cache-store-value key='k' value='v' duration='-1'/>"),
            ["attribute-value"]
        );
    }
}
