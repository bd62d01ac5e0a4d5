//! `cache-lookup-value`: reads a value from the cache into a variable.

use bytes::Bytes;
use hanse_expression::Target;

use crate::cached::{self, NotRead};
use crate::caching::{self, CACHING_TYPE, CachingType, Place};
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::setting::Text;
use crate::task::{CacheTask, Outcome, Task};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    release: Release::Runs(|element, _| compile(element).map(Policy::CacheLookupValue)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("key", Kind::Any).required().expression(),
                attribute("variable-name", Kind::Variable).required(),
                attribute("default-value", Kind::Value).expression(),
                attribute("caching-type", CACHING_TYPE).or("prefer-external"),
            ],
            ..ElementSpec::named("cache-lookup-value")
        },
        "Reads a value from the cache into a variable.",
    )
};

fn compile(element: &Element) -> Option<CacheLookupValue> {
    let default = match element.attribute("default-value") {
        Some(attribute) => Some(Text::verbatim(&attribute.value, Target::Object)?),
        None => None,
    };
    Some(CacheLookupValue {
        caching_type: CachingType::compile(element),
        key: Text::verbatim(&element.attribute("key")?.value, Target::String)?,
        variable: element.literal("variable-name")?.into(),
        default,
    })
}

#[derive(Debug)]
pub(crate) struct CacheLookupValue {
    caching_type: CachingType,
    key: Text,
    variable: Box<str>,
    default: Option<Text>,
}

impl CacheLookupValue {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let key = caching::value_key(env.text_or_empty(&self.key)?);
        match self.caching_type.place(env) {
            Place::Outside => Ok(Flow::Do(Task::Cache(Box::new(CacheTask::Find { key })))),
            Place::Memory => {
                let found = env.host.cached(env.workspace(), &key);
                self.take(env, found)
            }
            Place::Nowhere => self.take(env, None),
        }
    }

    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        let found = caching::found(env, outcome);
        self.take(env, found)
    }

    fn take<'a>(&'a self, env: &mut Env<'a, '_>, found: Option<Bytes>) -> Ran<'a> {
        let value = match found.map(|item| cached::read(env.context.arena, item)) {
            Some(Ok(value)) => Some(value),
            Some(Err(error @ NotRead::Memory(_))) => {
                return Err(env.internal(format!("The cached value does not fit: {error}.")));
            }
            Some(Err(error @ NotRead::Broken)) => {
                env.trace(error.to_string());
                None
            }
            None => None,
        };
        env.trace(if value.is_some() { "found a value" } else { "found no value" });
        let value = match (value, &self.default) {
            (Some(value), _) => value,
            (None, Some(default)) => env.value(default)?,
            (None, None) => return Ok(Flow::Continue),
        };
        env.context.set_variable(&self.variable, value);
        Ok(Flow::Continue)
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::WorkspaceFacts;
    use crate::section::Section;
    use crate::testing::{Bench, leak, read_in};

    const LOOKUP: &str = "<cache-lookup-value key='k' variable-name='v'/>";

    fn store(value: &str) -> String {
        format!("<cache-store-value key='k' value='{value}' duration='60'/>")
    }

    #[test]
    fn a_value_is_found_as_it_was_stored() {
        let mut bench = Bench::inbound(&format!(
            "{}{LOOKUP}<set-variable name='n' value='@((int)context.Variables[\"v\"] + 1)'/>",
            store("@(41)")
        ));
        assert_eq!(bench.run().variable("n").unwrap(), "42");
        // A literal is a text.
        let mut bench = Bench::inbound(&format!(
            "{}{LOOKUP}<set-variable name='n' value='@((string)context.Variables[\"v\"] + 1)'/>",
            store("41")
        ));
        assert_eq!(bench.run().variable("n").unwrap(), "411");
    }

    #[test]
    fn a_miss_leaves_the_variable_as_it_is() {
        let mut bench = Bench::inbound(LOOKUP);
        assert_eq!(bench.run().variable("v"), None);
        let mut bench = Bench::inbound(&format!("<set-variable name='v' value='old'/>{LOOKUP}"));
        assert_eq!(bench.run().variable("v").unwrap(), "old");
        let mut bench = Bench::inbound(&LOOKUP.replace("/>", " default-value='@(1 + 1)'/>"));
        assert_eq!(bench.run().variable("v").unwrap(), "2");
    }

    #[test]
    fn what_is_stored_again_replaces_what_was_there_and_its_time() {
        let mut bench = Bench::inbound(&format!("{}{}{LOOKUP}", store("a"), store("b")));
        assert_eq!(bench.run().variable("v").unwrap(), "b");
    }

    #[test]
    fn a_value_is_there_for_its_duration() {
        let document = "<choose><when condition='@(!context.Variables.ContainsKey(\"x\"))'><cache-store-value key='k' value='1' duration='60'/></when></choose>";
        for (now_ms, expected) in [(59_999, Some("1")), (60_000, None)] {
            let mut bench = Bench::inbound(&format!("{document}<set-variable name='x' value='1'/>"));
            bench.run();
            let mut lookup = Bench::inbound(LOOKUP);
            lookup.host = bench.host;
            lookup.host.now_ms.set(now_ms);
            assert_eq!(lookup.run().variable("v").as_deref(), expected, "{now_ms}");
        }
    }

    #[test]
    fn workspaces_do_not_share_values() {
        let mut bench = Bench::inbound(&store("1"));
        bench.run();
        let mut other = Bench::inbound(LOOKUP);
        other.host = bench.host;
        other.context.facts.workspace = leak(WorkspaceFacts { id: "other".into(), name: "".into() });
        assert_eq!(other.run().variable("v"), None);
        other.context.facts.workspace = leak(WorkspaceFacts { id: "w".into(), name: "".into() });
        assert_eq!(other.run().variable("v").unwrap(), "1");
    }

    #[test]
    fn values_outside_keep_their_type() {
        let mut bench = Bench::inbound(&format!(
            "{}{LOOKUP}<set-variable name='n' value='@((int)((JObject)context.Variables[\"v\"])[\"a\"] + 1)'/>",
            store("@(JObject.Parse(\"{&apos;a&apos;: 1}\"))")
        ));
        bench.host.has_external.set(true);
        assert_eq!(bench.run().variable("n").unwrap(), "2");
        assert_eq!(bench.cache.items.keys().collect::<Vec<_>>(), ["w/value:k"]);
        bench.cache.is_down = true;
        let mut bench = Bench::inbound(LOOKUP);
        bench.host.has_external.set(true);
        bench.cache.is_down = true;
        assert_eq!(bench.run().variable("v"), None);
        assert_eq!(bench.context.last_error, None);
    }

    #[test]
    fn what_others_keep_outside_is_no_value() {
        let mut bench = Bench::inbound(LOOKUP);
        bench.host.has_external.set(true);
        bench.cache.items.insert("w/value:k".to_owned(), "plain text".into());
        assert_eq!(bench.run().variable("v"), None);
        assert_eq!(bench.context.last_error, None);
    }

    #[test]
    fn several_are_looked_up_at_once() {
        let lookups = "<cache-store-value key='a' value='1' duration='60'/>\
            <wait><cache-lookup-value key='a' variable-name='a'/><cache-lookup-value key='b' variable-name='b' default-value='2'/></wait>";
        for has_outside in [false, true] {
            let mut bench = Bench::inbound(lookups);
            bench.host.has_external.set(has_outside);
            bench.run();
            assert_eq!(
                (bench.variable("a").unwrap(), bench.variable("b").unwrap()),
                ("1".into(), "2".into())
            );
        }
    }

    #[test]
    fn long_keys_are_kept_by_their_hash() {
        for (length, is_readable) in [(512, true), (513, false)] {
            let key = "k".repeat(length);
            let mut bench = Bench::inbound(&format!(
                "<cache-store-value key='{key}' value='1' duration='60'/><cache-lookup-value key='{key}' variable-name='v'/>"
            ));
            assert_eq!(bench.run().variable("v").unwrap(), "1");
            let memory = bench.host.memory.borrow();
            assert_eq!(memory.keys().next().unwrap().contains(&key), is_readable);
        }
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::OnError,
                "<cache-lookup-value key='@(context.Api.Id)' variable-name='v' default-value='@(context.Api.Id)'/><cache-lookup-value key='k' variable-name='v'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<cache-lookup-value key='k' variable-name='@(context.Api.Id)'/>"),
            ["expression-not-allowed"]
        );
        assert_eq!(read_in(Section::Inbound, "<cache-lookup-value key='k'/>"), ["missing-attribute"]);
    }
}
