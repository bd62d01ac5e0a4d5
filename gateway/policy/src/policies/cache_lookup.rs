//! `cache-lookup`: answers from the cache of responses.
//!
//! A miss does not hold up others that miss the same: each is forwarded, and the last answer is kept, as APIM does.
//! A `rate-limit` behind the lookup is what protects a backend.
//!
//! Differs from APIM: a key is of the workspace that the request is for, and the subscription key in the query is
//! no part of it, as it is none when it comes in a header.

use bytes::Bytes;
use hanse_expression::Target;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use std::time::Duration;

use crate::cached_response::{self, Kept};
use crate::caching::{self, CACHING_TYPE, CachingType, Place};
use crate::context::{CacheUse, RequestContext, ResponseMessage};
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::query;
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, INBOUND, Once, PolicySpec, Release, attribute};
use crate::setting::{Flag, Setting, Text};
use crate::task::{CacheTask, Outcome, Task};
use crate::tree::Element;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    once: Once::PerSection,
    release: Release::Runs(|element, _| compile(element).map(Policy::CacheLookup)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("vary-by-developer", Kind::Bool).required().expression(),
                attribute("vary-by-developer-groups", Kind::Bool).required().expression(),
                attribute("caching-type", CACHING_TYPE).or("prefer-external"),
                attribute("downstream-caching-type", Kind::Usual(&["none", "private", "public"]))
                    .or("none")
                    .expression(),
                attribute("must-revalidate", Kind::Bool).or("true").expression(),
                attribute("allow-private-response-caching", Kind::Bool).or("false").expression(),
            ],
            children: &[ChildSpec::any(&VARY_BY_HEADER), ChildSpec::any(&VARY_BY_QUERY_PARAMETER)],
            ..ElementSpec::named("cache-lookup")
        },
        "Answers with a response that cache-store kept.",
    )
};

static VARY_BY_HEADER: ElementSpec = ElementSpec::expression("vary-by-header", Kind::Filled);
static VARY_BY_QUERY_PARAMETER: ElementSpec =
    ElementSpec::expression("vary-by-query-parameter", Kind::Filled);

/// What makes a backend answer with something else than its whole response, or sends it past a cache. It would be
/// kept for others.
const NOT_FORWARDED: [HeaderName; 8] = [
    header::IF_NONE_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::IF_RANGE,
    header::RANGE,
    header::CACHE_CONTROL,
    header::PRAGMA,
];

fn compile(element: &Element) -> Option<CacheLookup> {
    let names = |spec: &ElementSpec| -> Option<Box<[Text]>> {
        element.elements_named(spec.name).map(Element::own_text).collect()
    };
    let downstream =
        element.setting("downstream-caching-type", Target::String, |text| Some(text.trim().into()))?;
    Some(CacheLookup {
        caching_type: CachingType::compile(element),
        by_developer: element.flag_setting("vary-by-developer", false)?,
        by_developer_groups: element.flag_setting("vary-by-developer-groups", false)?,
        by_headers: names(&VARY_BY_HEADER)?,
        by_query: names(&VARY_BY_QUERY_PARAMETER)?,
        downstream: downstream.unwrap_or_else(|| Setting::Fixed("none".into())),
        must_revalidate: element.flag_setting("must-revalidate", true)?,
        takes_authorized: element.flag_setting("allow-private-response-caching", false)?,
    })
}

#[derive(Debug)]
pub(crate) struct CacheLookup {
    caching_type: CachingType,
    by_developer: Flag,
    by_developer_groups: Flag,
    /// Each is one name, or several with semicolons between them.
    by_headers: Box<[Text]>,
    by_query: Box<[Text]>,
    downstream: Text,
    must_revalidate: Flag,
    takes_authorized: Flag,
}

/// Where the answer belongs once it is there.
#[derive(Debug)]
pub(crate) struct ToStore {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) downstream: Downstream,
    /// How long, as `cache-store` says.
    pub(crate) duration: Duration,
}

/// What caches between the gateway and the client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Downstream {
    kind: DownstreamKind,
    must_revalidate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DownstreamKind {
    None,
    Private,
    Public,
}

impl Downstream {
    /// Tells them so.
    pub(crate) fn tell(self, headers: &mut HeaderMap, max_age_s: u64) {
        let kind = match self.kind {
            DownstreamKind::None => {
                headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, must-revalidate"));
                headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
                return;
            }
            DownstreamKind::Private => "private",
            DownstreamKind::Public => "public",
        };
        let revalidate = if self.must_revalidate { ", must-revalidate" } else { "" };
        let value = HeaderValue::try_from(format!("{kind}, max-age={max_age_s}{revalidate}"));
        headers.insert(header::CACHE_CONTROL, value.expect("words and digits"));
        headers.remove(header::PRAGMA);
        // It would be another opinion, of the time when the response was made.
        headers.remove(header::EXPIRES);
    }
}

impl CacheLookup {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let takes_authorized = env.flag(&self.takes_authorized)?;
        let downstream = self.downstream(env)?;
        let key = self.key(env)?;
        let request = &env.context.request;
        if request.method != Method::GET {
            env.trace("only GET is answered from the cache");
            return Ok(Flow::Continue);
        }
        if !takes_authorized && request.headers.contains_key(header::AUTHORIZATION) {
            env.trace("a request with Authorization is not answered from the cache");
            return Ok(Flow::Continue);
        }
        let place = self.caching_type.place(env);
        let to_store = ToStore { key: key.clone(), place, downstream, duration: Duration::ZERO };
        env.context.to_store = Some(Box::new(to_store));
        match place {
            Place::Outside => Ok(Flow::Do(Task::Cache(Box::new(CacheTask::Find { key })))),
            Place::Memory => {
                let found = env.host.cached(env.workspace(), &key);
                Ok(answer(env, found))
            }
            Place::Nowhere => Ok(answer(env, None)),
        }
    }

    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        let found = caching::found(env, outcome);
        Ok(answer(env, found))
    }

    fn downstream<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Downstream, Halt> {
        let kind = match env.text_or_empty(&self.downstream)?.trim() {
            "none" => DownstreamKind::None,
            "private" => DownstreamKind::Private,
            "public" => DownstreamKind::Public,
            other => {
                let message =
                    format!("downstream-caching-type: '{other}' is neither none, private nor public.");
                return Err(env.internal(message));
            }
        };
        Ok(Downstream { kind, must_revalidate: env.flag(&self.must_revalidate)? })
    }

    /// What tells one response from another.
    fn key<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<String, Halt> {
        let mut headers = Vec::new();
        for names in &self.by_headers {
            headers.extend(names_of(env.text_or_empty(names)?));
        }
        let mut parameters = Vec::new();
        for names in &self.by_query {
            parameters.extend(names_of(env.text_or_empty(names)?));
        }
        let is_by_developer = env.flag(&self.by_developer)?;
        let is_by_groups = env.flag(&self.by_developer_groups)?;
        let context = &*env.context;
        let facts = &context.facts;
        let mut parts = Parts::default();
        parts.add(facts.api_id());
        parts.add(facts.api.map(|api| &*api.revision));
        parts.add(facts.operation_id());
        parts.add(Some(context.original_uri.path()));
        parts.add_all(&query_parts(context, &parameters));
        headers.sort_by_key(|name| name.to_ascii_lowercase());
        for name in headers {
            parts.add(Some(&name.to_ascii_lowercase()));
            let values = context.request.headers.get_all(name).iter();
            parts.add_all(&values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>());
        }
        if is_by_developer {
            parts.add(facts.user.map(|user| &*user.id));
        }
        if is_by_groups {
            let mut groups: Vec<&str> =
                facts.user.into_iter().flat_map(|user| user.groups.iter()).map(|(id, _)| &**id).collect();
            groups.sort_unstable();
            parts.add_all(&groups);
        }
        Ok(caching::hashed("response:", &parts.0))
    }
}

/// One name, or several with semicolons between them.
fn names_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|name| !name.is_empty())
}

/// The pairs of the query as the client sent it that count, sorted: those that are named, or all.
fn query_parts<'c>(context: &'c RequestContext<'_>, named: &[&str]) -> Vec<&'c str> {
    let key = context.facts.api.map(|api| &*api.key_query).unwrap_or_default();
    let is_asked = |pair: &&str| {
        let name = query::split(pair).0;
        match named.is_empty() {
            true => key.is_empty() || !query::is_named(name, key),
            false => named.iter().any(|wanted| query::is_named(name, wanted)),
        }
    };
    let mut pairs: Vec<&str> =
        query::pairs(context.original_uri.query().unwrap_or_default()).filter(is_asked).collect();
    // Those of one name keep their order, which may mean something.
    pairs.sort_by_key(|pair| query::split(pair).0);
    pairs
}

/// Parts of a key, each with its length in front, so that no two rows of parts are the same bytes.
#[derive(Default)]
struct Parts(Vec<u8>);

impl Parts {
    fn add(&mut self, part: Option<&str>) {
        match part {
            None => self.0.extend_from_slice(&u64::MAX.to_le_bytes()),
            Some(part) => {
                self.0.extend_from_slice(&(part.len() as u64).to_le_bytes());
                self.0.extend_from_slice(part.as_bytes());
            }
        }
    }

    fn add_all(&mut self, parts: &[impl AsRef<str>]) {
        self.0.extend_from_slice(&(parts.len() as u64).to_le_bytes());
        parts.iter().for_each(|part| self.add(Some(part.as_ref())));
    }
}

fn answer<'a>(env: &mut Env<'a, '_>, found: Option<Bytes>) -> Flow<'a> {
    let kept = found.and_then(|item| cached_response::read(&item, env.host.unix_ms()));
    let downstream = env.context.to_store.as_ref().map(|to_store| to_store.downstream);
    let (Some(kept), Some(downstream)) = (kept, downstream) else {
        env.context.cache_use = CacheUse::Miss;
        env.trace("nothing is in the cache");
        for name in NOT_FORWARDED {
            env.context.request.headers.remove(name);
        }
        return Flow::Continue;
    };
    // It is in the cache already.
    env.context.to_store = None;
    env.context.cache_use = CacheUse::Hit;
    env.context.response = Some(response(kept, downstream, &env.context.request.headers));
    Flow::Hit
}

fn response(kept: Kept, downstream: Downstream, request: &HeaderMap) -> ResponseMessage {
    let Kept { mut response, age_s, remaining_s } = kept;
    if cached_response::is_known(&response, request) {
        cached_response::not_modified(&mut response);
    }
    response.headers.insert(header::AGE, HeaderValue::from(age_s));
    downstream.tell(&mut response.headers, remaining_s);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{ApiFacts, UserFacts, WorkspaceFacts};
    use crate::section::Section;
    use crate::testing::{Bench, leak, read_in};

    const LOOKUP: &str = "<cache-lookup vary-by-developer='false' vary-by-developer-groups='false'/>";
    const STORE: &str = "<cache-store duration='60'/>";

    fn bench(lookup: &str, store: &str) -> Bench {
        let mut bench = Bench::document(&format!(
            "<policies><inbound>{lookup}<set-header name='X-Behind'><value>1</value></set-header></inbound><backend><forward-request/></backend>\
             <outbound><set-header name='X-Before'><value>1</value></set-header>{store}\
             <set-header name='X-Count' exists-action='append'><value>1</value></set-header></outbound></policies>"
        ));
        bench.backend_body = Some("body");
        bench.context.original_uri = "/api/orders?b=2&a=1".parse().unwrap();
        bench
    }

    fn header<'b>(bench: &'b Bench, name: &str) -> Option<&'b str> {
        bench.context.response.as_ref().unwrap().headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// How many of two calls are forwarded, the second after a change.
    fn forwards(lookup: &str, change: impl FnOnce(&mut Bench)) -> usize {
        let mut bench = bench(lookup, STORE);
        bench.run();
        change(&mut bench);
        bench.again();
        bench.forwards
    }

    fn set_url(bench: &mut Bench, url: &'static str) {
        bench.context.original_uri = http::Uri::from_static(url);
    }

    fn set_header(bench: &mut Bench, name: &'static str, value: &'static str) {
        bench.context.request.headers.insert(name, HeaderValue::from_static(value));
    }

    #[test]
    fn second_call_is_answered_from_the_cache() {
        let mut bench = bench(LOOKUP, STORE);
        bench.run();
        assert_eq!((bench.context.cache_use, header(&bench, "age")), (CacheUse::Miss, None));
        assert_eq!(header(&bench, "cache-control"), Some("no-cache, must-revalidate"));
        bench.host.now_ms.set(59_999);
        bench.context.request.headers.clear();
        bench.again();
        assert_eq!((bench.forwards, bench.context.cache_use), (1, CacheUse::Hit));
        assert_eq!(bench.body(), "body");
        assert_eq!(header(&bench, "age"), Some("59"));
        assert!(!bench.context.request.headers.contains_key("x-behind"), "the rest of inbound is skipped");
        // What stands before cache-store is in the response already; what stands behind it runs.
        let counts = bench.context.response.as_ref().unwrap().headers.get_all("x-count").iter().count();
        assert_eq!((header(&bench, "x-before"), counts), (Some("1"), 1));
        assert_eq!(bench.context.last_error, None);
        bench.host.now_ms.set(60_000);
        bench.again();
        assert_eq!((bench.forwards, bench.context.cache_use), (2, CacheUse::Miss));
    }

    #[test]
    fn all_of_the_query_counts_unless_some_of_it_is_named() {
        let named =
            LOOKUP.replace("/>", "><vary-by-query-parameter>a;c</vary-by-query-parameter></cache-lookup>");
        for (lookup, url, expected) in [
            (LOOKUP, "/api/orders?a=1&b=2", 1),
            (LOOKUP, "/api/orders?a=1&b=3", 2),
            (LOOKUP, "/api/orders?a=1", 2),
            (LOOKUP, "/api/orders/?a=1&b=2", 2),
            (&named, "/api/orders?a=1&b=3", 1),
            (&named, "/api/orders?A=1", 2),
            (&named, "/api/orders?a=2&b=2", 2),
            (&named, "/api/orders?a=1&c=1", 2),
        ] {
            assert_eq!(forwards(lookup, |bench| set_url(bench, url)), expected, "{url}");
        }
    }

    #[test]
    fn keys_of_subscribers_do_not_tell_responses_apart() {
        let mut bench = bench(LOOKUP, STORE);
        let key_query = "subscription-key".into();
        bench.context.facts.api = Some(leak(ApiFacts { key_query, ..ApiFacts::default() }));
        for url in ["/api?subscription-key=1", "/api?Subscription-Key=2", "/api"] {
            set_url(&mut bench, url);
            bench.again();
        }
        assert_eq!(bench.forwards, 1);
    }

    #[test]
    fn named_headers_count() {
        let lookup = LOOKUP.replace("/>", "><vary-by-header>Accept;X-A</vary-by-header></cache-lookup>");
        for (name, value, expected) in
            [("accept", "b", 2), ("x-a", "1", 2), ("x-other", "1", 1), ("x-a", "", 2)]
        {
            assert_eq!(
                forwards(&lookup, |bench| set_header(bench, name, value)),
                expected,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn developers_and_their_groups_count_where_they_are_asked_for() {
        let user = |id: &str, groups: &[&str]| {
            let groups = groups.iter().map(|id| ((*id).into(), "".into())).collect();
            Some(leak(UserFacts { id: id.into(), groups, ..UserFacts::default() }))
        };
        for (developer, groups, expected) in
            [(false, false, 1), (true, false, 3), (false, true, 3), (true, true, 4)]
        {
            let lookup = format!(
                "<cache-lookup vary-by-developer='{developer}' vary-by-developer-groups='@({groups})'/>"
            );
            let mut bench = bench(&lookup, STORE);
            for who in [None, user("u", &["a", "b"]), user("v", &["b", "a"]), user("v", &["b"])] {
                bench.context.facts.user = who;
                bench.again();
            }
            assert_eq!(bench.forwards, expected, "{lookup}");
        }
    }

    #[test]
    fn apis_revisions_operations_and_workspaces_do_not_share_responses() {
        let api = |id: &str, revision: &str| {
            Some(leak(ApiFacts { id: id.into(), revision: revision.into(), ..ApiFacts::default() }))
        };
        assert_eq!(forwards(LOOKUP, |bench| bench.context.facts.api = api("a", "1")), 2);
        assert_eq!(forwards(LOOKUP, |bench| bench.set_operation("o", &[])), 2);
        let other = WorkspaceFacts { id: "other".into(), name: "".into() };
        assert_eq!(forwards(LOOKUP, |bench| bench.context.facts.workspace = leak(other)), 2);
        let mut bench = bench(LOOKUP, STORE);
        for revision in ["1", "2"] {
            bench.context.facts.api = api("a", revision);
            bench.again();
        }
        assert_eq!(bench.forwards, 2);
    }

    #[test]
    fn only_get_is_cached() {
        for method in [Method::HEAD, Method::POST, Method::PUT] {
            assert_eq!(forwards(LOOKUP, |bench| bench.context.request.method = method), 2);
        }
    }

    #[test]
    fn requests_with_authorization_go_past_the_cache_unless_it_is_allowed() {
        let allowed = LOOKUP.replace("/>", " allow-private-response-caching='true'/>");
        for (lookup, expected) in [(LOOKUP, 2), (&allowed, 1)] {
            assert_eq!(forwards(lookup, |bench| set_header(bench, "authorization", "x")), expected);
        }
        // Nor is what such a request brings kept for others.
        let mut bench = bench(LOOKUP, STORE);
        set_header(&mut bench, "authorization", "x");
        bench.run();
        bench.context.request.headers.clear();
        bench.again();
        assert_eq!((bench.forwards, bench.context.cache_use), (2, CacheUse::Miss));
    }

    #[test]
    fn only_200_is_kept_unless_the_document_says_otherwise() {
        for (attribute, status, expected) in [
            ("", 200, 1),
            ("", 203, 2),
            ("", 404, 2),
            ("cache-response='true'", 404, 1),
            ("cache-response='@(context.Response.StatusCode == 404)'", 404, 1),
            ("cache-response='false'", 200, 2),
            ("duration='0'", 200, 2),
            ("duration='@(-1)'", 200, 2),
        ] {
            let store = match attribute.contains("duration") {
                true => format!("<cache-store {attribute}/>"),
                false => format!("<cache-store duration='60' {attribute}/>"),
            };
            let mut bench = bench(LOOKUP, &store);
            bench.backend_statuses = vec![status];
            bench.run();
            bench.again();
            assert_eq!(bench.forwards, expected, "{attribute} {status}");
            assert_eq!(bench.context.response.as_ref().unwrap().status, status);
        }
    }

    #[test]
    fn responses_that_set_cookies_are_not_kept() {
        let mut bench = bench(
            LOOKUP,
            "<set-header name='Set-Cookie'><value>a=b</value></set-header><cache-store duration='60'/>",
        );
        bench.run();
        bench.again();
        assert_eq!(bench.forwards, 2);
    }

    #[test]
    fn large_responses_are_passed_on_and_not_kept() {
        let large: &'static str = leak("x".repeat(crate::CACHED_BYTES_MAX + 1));
        let mut bench = bench(LOOKUP, STORE);
        bench.backend_body = Some(large);
        bench.run();
        bench.again();
        assert_eq!(
            (bench.forwards, &bench.context.response.as_ref().unwrap().body),
            (2, &crate::Body::Stream)
        );
        assert_eq!(bench.context.last_error, None);
    }

    #[test]
    fn callers_that_know_the_response_get_304() {
        let mut bench = bench(
            LOOKUP,
            "<set-header name='ETag'><value>\"1\"</value></set-header><cache-store duration='60'/>",
        );
        set_header(&mut bench, "if-none-match", "\"1\"");
        set_header(&mut bench, "range", "bytes=0-1");
        bench.run();
        let response = bench.context.response.as_ref().unwrap();
        assert_eq!(response.status, 200);
        assert!(!bench.context.request.headers.contains_key("if-none-match"), "the backend does not see it");
        assert!(!bench.context.request.headers.contains_key("range"));
        for (tag, status) in [("W/\"1\"", 304), ("\"2\"", 200)] {
            set_header(&mut bench, "if-none-match", tag);
            bench.again();
            let response = bench.context.response.as_ref().unwrap();
            assert_eq!((response.status.as_u16(), bench.forwards), (status, 1));
            assert_eq!(response.body == crate::Body::Empty, status == 304);
            assert_eq!(header(&bench, "etag"), Some("\"1\""));
        }
    }

    #[test]
    fn caches_on_the_way_are_told_what_they_may_do() {
        for (attributes, miss, hit) in [
            ("", "no-cache, must-revalidate", "no-cache, must-revalidate"),
            (
                "downstream-caching-type='public'",
                "public, max-age=60, must-revalidate",
                "public, max-age=40, must-revalidate",
            ),
            (
                "downstream-caching-type='@(\"private\")' must-revalidate='false'",
                "private, max-age=60",
                "private, max-age=40",
            ),
        ] {
            let mut bench = bench(&LOOKUP.replace("/>", &format!(" {attributes}/>")), STORE);
            bench.run();
            assert_eq!(header(&bench, "cache-control"), Some(miss));
            bench.host.now_ms.set(20_000);
            bench.again();
            assert_eq!((header(&bench, "cache-control"), bench.forwards), (Some(hit), 1));
            assert_eq!(header(&bench, "pragma").is_some(), attributes.is_empty());
        }
    }

    #[test]
    fn a_word_that_is_none_fails_the_request() {
        let mut bench = bench(&LOOKUP.replace("/>", " downstream-caching-type='@(\"all\")'/>"), STORE);
        bench.run();
        assert_eq!(bench.context.last_error.as_ref().unwrap().source, "cache-lookup");
    }

    #[test]
    fn cache_outside_is_taken_where_there_is_one() {
        for (caching_type, has_outside, in_memory, outside) in [
            ("internal", true, 1, 0),
            ("internal", false, 1, 0),
            ("external", true, 0, 1),
            ("external", false, 0, 0),
            ("prefer-external", true, 0, 1),
            ("prefer-external", false, 1, 0),
        ] {
            let mut bench = bench(&LOOKUP.replace("/>", &format!(" caching-type='{caching_type}'/>")), STORE);
            bench.host.has_external.set(has_outside);
            bench.run();
            assert_eq!((bench.host.memory.borrow().len(), bench.cache.items.len()), (in_memory, outside));
            bench.again();
            let is_kept = in_memory + outside > 0;
            assert_eq!(bench.forwards, if is_kept { 1 } else { 2 }, "{caching_type} {has_outside}");
            assert_eq!(bench.body(), if is_kept { "body" } else { "Stream" });
        }
    }

    #[test]
    fn a_cache_outside_that_fails_is_as_if_it_were_empty() {
        let mut bench = bench(LOOKUP, STORE);
        bench.host.has_external.set(true);
        bench.cache.is_down = true;
        bench.run();
        bench.again();
        assert_eq!((bench.forwards, bench.context.last_error.is_none()), (2, true));
        assert!(bench.host.memory.borrow().is_empty());
    }

    #[test]
    fn what_is_kept_says_nothing_of_headers_and_queries() {
        let lookup = LOOKUP.replace("/>", "><vary-by-header>X-Secret</vary-by-header></cache-lookup>");
        let mut bench = bench(&lookup, STORE);
        set_header(&mut bench, "x-secret", "s3cret");
        bench.run();
        let memory = bench.host.memory.borrow();
        let key = memory.keys().next().unwrap();
        assert!(key.starts_with("w/response:") && !key.contains("s3cret") && key.len() < 100, "{key}");
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<cache-lookup vary-by-developer='false' vary-by-developer-groups='@(true)' allow-private-response-caching='true'><vary-by-header>Accept;authorization</vary-by-header><vary-by-query-parameter>a;b</vary-by-query-parameter></cache-lookup>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<cache-lookup vary-by-developer='false'/>"),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<cache-lookup vary-by-developer='false' vary-by-developer-groups='false' caching-type='extern'/>"
            ),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<cache-lookup vary-by-developer='false' vary-by-developer-groups='false' allow-private-response-caching='true'/>"
            ),
            ["shared-private-cache"]
        );
    }
}
