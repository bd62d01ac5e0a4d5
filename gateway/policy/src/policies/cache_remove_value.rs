//! `cache-remove-value`: takes a value out of the cache.

use crate::caching::{self, CACHING_TYPE, CachingType, Place};
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::setting::{Flag, Text};
use crate::task::{CacheTask, Outcome, Task};
use crate::tree::Element;
use hanse_expression::Target;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, _| compile(element).map(Policy::CacheRemoveValue)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("key", Kind::Any).required().expression(),
                attribute("caching-type", CACHING_TYPE).or("prefer-external"),
                attribute("fail-on-cache-removal-error", Kind::Bool).or("false").expression(),
            ],
            ..ElementSpec::named("cache-remove-value")
        },
        "Takes a value out of the cache.",
    )
};

fn compile(element: &Element) -> Option<CacheRemoveValue> {
    Some(CacheRemoveValue {
        caching_type: CachingType::compile(element),
        key: Text::verbatim(&element.attribute("key")?.value, Target::String)?,
        fails: element.flag_setting("fail-on-cache-removal-error", false)?,
    })
}

#[derive(Debug)]
pub(crate) struct CacheRemoveValue {
    caching_type: CachingType,
    key: Text,
    fails: Flag,
}

impl CacheRemoveValue {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let key = caching::value_key(env.text_or_empty(&self.key)?);
        let fails = env.flag(&self.fails)?;
        match self.caching_type.place(env) {
            Place::Outside => Ok(Flow::Do(Task::Cache(Box::new(CacheTask::Remove { key })))),
            Place::Memory => {
                env.host.uncache(env.workspace(), &key);
                Ok(Flow::Continue)
            }
            Place::Nowhere if fails => {
                Err(env.internal("The value cannot be removed: there is no external cache."))
            }
            Place::Nowhere => Ok(Flow::Continue),
        }
    }

    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        let error = match outcome {
            Outcome::Cached(Err(error)) => error,
            Outcome::Failed(fault) => fault.message,
            _ => return Ok(Flow::Continue),
        };
        match env.flag(&self.fails)? {
            true => Err(env.internal(format!("The value cannot be removed: {error}."))),
            false => {
                env.trace(format!("the value was not removed, which is ignored: {error}"));
                Ok(Flow::Continue)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    const REMOVE: &str = "<cache-store-value key='k' value='1' duration='60'/><cache-remove-value key='k'/>\
        <cache-lookup-value key='k' variable-name='v'/>";

    #[test]
    fn a_removed_value_is_not_found() {
        for has_outside in [false, true] {
            let mut bench = Bench::inbound(REMOVE);
            bench.host.has_external.set(has_outside);
            assert_eq!(bench.run().variable("v"), None);
            assert_eq!(bench.context.last_error, None);
        }
    }

    #[test]
    fn a_failure_counts_only_where_the_document_says_so() {
        for (fails, status) in [("false", 200), ("@(true)", 500)] {
            let mut bench = Bench::inbound(&format!(
                "<cache-remove-value key='k' fail-on-cache-removal-error='{fails}'/>"
            ));
            bench.host.has_external.set(true);
            bench.cache.is_down = true;
            bench.run();
            assert_eq!(bench.context.response.as_ref().unwrap().status, status);
            let error = bench
                .context
                .last_error
                .as_ref()
                .map(|error| (error.source.as_ref(), error.reason.as_deref()));
            assert_eq!(error, (status == 500).then_some(("cache-remove-value", None)));
        }
        let mut bench = Bench::inbound(
            "<cache-remove-value key='k' caching-type='external' fail-on-cache-removal-error='true'/>",
        );
        assert_eq!(bench.run().context.response.as_ref().unwrap().status, 500);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(Section::Outbound, "<cache-remove-value key='k' fail-on-cache-removal-error='@(true)'/>"),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<cache-remove-value key='k' caching-type='none'/>"),
            ["attribute-value"]
        );
    }
}
