//! `cors`: lets browsers of other origins call.
//!
//! Three ways in: a preflight is answered from the effective `cors` policies alone ([`preflight`]); a
//! call passes them in the pipeline like any policy; and a request that failed before it reached
//! them is asked for afterwards ([`grant_on_error`]), else a browser could not read why.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};

use crate::chain::{Chain, Walk};
use crate::check::Checker;
use crate::context::{CorsGrant, CorsState, RequestContext, ResponseMessage};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::{Env, Flow};
use crate::schema::{ChildSpec, ElementSpec, INBOUND, PolicySpec, Release, attribute, shown};
use crate::section::Section;
use crate::tree::Element;
use crate::url::Scheme;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    release: Release::Runs(|element| compile(element).map(Policy::Cors)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("allow-credentials", Kind::Bool).or("false").expression(),
                attribute("terminate-unmatched-request", Kind::Bool).or("true").expression(),
            ],
            children: &[
                ChildSpec::one(&ALLOWED_ORIGINS),
                ChildSpec::maybe(&ALLOWED_METHODS),
                ChildSpec::maybe(&ALLOWED_HEADERS),
                ChildSpec::maybe(&EXPOSE_HEADERS),
            ],
            ..ElementSpec::named("cors")
        },
        "Lets browsers of other origins call.",
    )
};

static ALLOWED_ORIGINS: ElementSpec = ElementSpec::list("allowed-origins", &[ChildSpec::some(&ORIGIN)]);
static ORIGIN: ElementSpec = ElementSpec::expression("origin", Kind::Filled);
static ALLOWED_METHODS: ElementSpec = ElementSpec {
    attributes: &[attribute("preflight-result-max-age", Kind::SECONDS).or("0").expression()],
    children: &[ChildSpec::some(&METHOD)],
    ..ElementSpec::named("allowed-methods")
};
static METHOD: ElementSpec = ElementSpec::expression("method", Kind::Method);
static ALLOWED_HEADERS: ElementSpec = ElementSpec::list("allowed-headers", &[ChildSpec::some(&HEADER)]);
static EXPOSE_HEADERS: ElementSpec = ElementSpec::list("expose-headers", &[ChildSpec::some(&HEADER)]);
static HEADER: ElementSpec = ElementSpec::text("header", Kind::Filled);

const ANY: &str = "*";

fn check(element: &Element, checker: &mut Checker<'_>) {
    let origins = element.child("allowed-origins").into_iter().flat_map(|list| list.elements_named("origin"));
    let mut any_origin = None;
    for origin in origins {
        let Some(text) = origin.text() else {
            continue;
        };
        let Some(literal) = text.literal().map(str::trim).filter(|literal| !literal.is_empty()) else {
            continue;
        };
        match AllowedOrigin::parse(literal) {
            AllowedOrigin::Any => any_origin = Some(text.span),
            AllowedOrigin::Other(other) if split_origin(&other).is_none() => {
                // APIM takes it, and it is found in real documents.
                let message =
                    format!("no browser sends `{}` as its origin, so this allows nobody", shown(literal));
                let hint =
                    "write scheme, host and port, such as https://app.example or http://localhost:3000; or *";
                checker.warning(text.span, "cors-origin", message).hint(hint);
            }
            _ => {}
        }
    }
    if let Some(span) = any_origin
        && element.flag("allow-credentials", false)
    {
        let message = "every origin may call with the user's credentials".to_owned();
        checker.warning(span, "cors-any-origin-credentials", message).hint("list the origins");
    }
    for list in
        element.elements().filter(|list| matches!(list.name.as_str(), "allowed-headers" | "expose-headers"))
    {
        for name in list.elements_named("header") {
            check_header(name, checker);
        }
    }
}

fn check_header(element: &Element, checker: &mut Checker<'_>) {
    let Some(text) = element.text() else {
        return;
    };
    let Some(literal) = text.literal().map(str::trim).filter(|literal| !literal.is_empty()) else {
        return;
    };
    if literal != ANY && HeaderName::from_bytes(literal.as_bytes()).is_err() {
        let message = format!("`{}` is not the name of a header", shown(literal));
        checker.error(text.span, "text-value", message);
    }
}

fn compile(element: &Element) -> Option<Cors> {
    let mut origins = Vec::new();
    for text in texts(element, "allowed-origins", "origin")? {
        origins.push(AllowedOrigin::parse(text));
    }
    let methods = texts(element, "allowed-methods", "method")?;
    let methods = match methods.as_slice() {
        [] => List::Only([Method::GET, Method::POST].into()),
        some if some.contains(&ANY) => List::Any,
        some => List::Only(some.iter().filter_map(|text| Method::from_bytes(text.as_bytes()).ok()).collect()),
    };
    let headers = texts(element, "allowed-headers", "header")?;
    let headers = match headers.contains(&ANY) {
        true => List::Any,
        false => List::Only(headers.into_iter().map(Box::from).collect()),
    };
    let exposed = texts(element, "expose-headers", "header")?;
    let expose_headers = match exposed.is_empty() {
        true => None,
        false => Some(HeaderValue::from_str(&exposed.join(", ")).ok()?),
    };
    let max_age = element.child("allowed-methods").and_then(|list| list.number("preflight-result-max-age"));
    Some(Cors {
        origins: origins.into(),
        methods,
        headers,
        expose_headers,
        max_age: HeaderValue::from(max_age.unwrap_or(0u32)),
        allows_credentials: element.flag("allow-credentials", false),
        terminates_unmatched: element.flag("terminate-unmatched-request", true),
    })
}

/// The texts of a list's elements; `None` if one is not known.
fn texts<'e>(element: &'e Element, list: &'static str, item: &'static str) -> Option<Vec<&'e str>> {
    let items = element.child(list).into_iter().flat_map(|list| list.elements_named(item));
    items.map(|item| item.literal_text().map(str::trim)).collect()
}

#[derive(Debug, PartialEq, Eq)]
enum AllowedOrigin {
    Any,
    /// What browsers send for pages without an origin of their own.
    Null,
    Exact {
        scheme: Scheme,
        host: Box<str>,
        port: u16,
    },
    /// Compared as it is: applications have schemes of their own, such as `capacitor://localhost`.
    Other(Box<str>),
}

impl AllowedOrigin {
    fn parse(text: &str) -> Self {
        match text.strip_suffix('/').unwrap_or(text) {
            ANY => Self::Any,
            "null" => Self::Null,
            text => match split_origin(text) {
                Some((Some(scheme), host, port)) => {
                    Self::Exact { scheme, host: host.into(), port: port.unwrap_or(scheme.default_port()) }
                }
                _ => Self::Other(text.into()),
            },
        }
    }

    fn allows(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Null => origin == "null",
            Self::Exact { scheme, host, port } => {
                split_origin(origin).is_some_and(|(own_scheme, own_host, own_port)| {
                    own_scheme == Some(*scheme)
                        && own_host.eq_ignore_ascii_case(host)
                        && own_port.unwrap_or(scheme.default_port()) == *port
                })
            }
            Self::Other(text) => origin.eq_ignore_ascii_case(text),
        }
    }
}

/// Scheme (`None` if it is neither http nor https), host and port of an origin.
fn split_origin(text: &str) -> Option<(Option<Scheme>, &str, Option<u16>)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|char: char| char.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme || rest.is_empty() || rest.contains(['/', '?', '#', '@', '*', ' ']) || !rest.is_ascii() {
        return None;
    }
    let scheme = match scheme {
        _ if scheme.eq_ignore_ascii_case("http") => Some(Scheme::Http),
        _ if scheme.eq_ignore_ascii_case("https") => Some(Scheme::Https),
        _ => None,
    };
    // The colon of a port stands behind the bracket of an IPv6 address, if there is one.
    let port_at = rest.rfind(':').filter(|at| *at > rest.rfind(']').unwrap_or(0));
    match port_at {
        Some(at) => Some((scheme, &rest[..at], Some(rest[at + 1..].parse().ok()?))),
        None => Some((scheme, rest, None)),
    }
}

#[derive(Debug)]
enum List<T> {
    Any,
    Only(Box<[T]>),
}

#[derive(Debug)]
pub(crate) struct Cors {
    origins: Box<[AllowedOrigin]>,
    methods: List<Method>,
    headers: List<Box<str>>,
    expose_headers: Option<HeaderValue>,
    max_age: HeaderValue,
    allows_credentials: bool,
    terminates_unmatched: bool,
}

/// What a `cors` says to an origin.
enum Verdict {
    Grant(CorsGrant),
    /// Not this one; the next may.
    Pass,
    /// An empty 200 without `cors` headers, at once.
    Refuse,
}

impl Cors {
    pub(crate) fn run(&self, env: &mut Env<'_>) -> Flow {
        let context = &mut *env.context;
        if !matches!(context.cors, CorsState::Undecided) {
            return Flow::Continue;
        }
        let Some(origin) = context.request.headers.get(header::ORIGIN) else {
            return Flow::Continue;
        };
        match self.judge(origin) {
            Verdict::Grant(grant) => context.cors = CorsState::Granted(grant),
            Verdict::Pass => {}
            Verdict::Refuse => {
                context.cors = CorsState::Refused;
                context.response = Some(ResponseMessage::new(StatusCode::OK));
                return Flow::Terminate;
            }
        }
        Flow::Continue
    }

    fn judge(&self, origin: &HeaderValue) -> Verdict {
        let text = origin.to_str().unwrap_or_default();
        let Some(matched) = self.origins.iter().find(|allowed| allowed.allows(text)) else {
            return match self.terminates_unmatched {
                true => Verdict::Refuse,
                false => Verdict::Pass,
            };
        };
        // A browser refuses `*` where credentials are allowed, so the origin is named then.
        let names_any = *matched == AllowedOrigin::Any && !self.allows_credentials;
        Verdict::Grant(CorsGrant {
            allow_origin: if names_any { HeaderValue::from_static(ANY) } else { origin.clone() },
            allow_credentials: self.allows_credentials,
            expose_headers: self.expose_headers.clone(),
        })
    }

    fn allows_method(&self, method: &str) -> bool {
        match &self.methods {
            List::Any => true,
            List::Only(methods) => {
                methods.iter().any(|allowed| allowed.as_str().eq_ignore_ascii_case(method))
            }
        }
    }

    /// Those of the requested headers that are allowed, as they were requested.
    fn allowed_headers(&self, requested: &str) -> Option<HeaderValue> {
        let names = requested.split(',').map(str::trim).filter(|name| !name.is_empty());
        let allowed: Vec<&str> = match &self.headers {
            List::Any => names.collect(),
            List::Only(list) => {
                names.filter(|name| list.iter().any(|own| own.eq_ignore_ascii_case(name))).collect()
            }
        };
        match allowed.is_empty() {
            true => None,
            false => HeaderValue::from_str(&allowed.join(",")).ok(),
        }
    }

    fn answer_preflight(&self, grant: &CorsGrant, method: &str, headers: Option<&str>) -> ResponseMessage {
        let mut response = ResponseMessage::new(StatusCode::OK);
        if !self.allows_method(method) {
            return response;
        }
        let Ok(method) = HeaderValue::from_str(method) else {
            return response;
        };
        add_grant(&mut response.headers, grant);
        response.headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
        response.headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, method);
        response.headers.insert(header::ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        if let Some(allowed) = headers.and_then(|requested| self.allowed_headers(requested)) {
            response.headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        response
    }
}

/// Answers a preflight from the effective `cors` policies, which are the only ones that run; `None`
/// when there are none. An origin that is not allowed gets an empty 200.
pub fn preflight(
    chain: &Chain<'_>,
    origin: &str,
    requested_method: &str,
    requested_headers: Option<&str>,
) -> Option<ResponseMessage> {
    let mut has_any = false;
    let origin = HeaderValue::from_str(origin).ok();
    let mut walk = Walk::new(*chain, Section::Inbound);
    while let Some((step, _)) = walk.next() {
        let Policy::Cors(cors) = &step.policy else {
            continue;
        };
        has_any = true;
        match origin.as_ref().map(|origin| cors.judge(origin)) {
            Some(Verdict::Grant(grant)) => {
                return Some(cors.answer_preflight(&grant, requested_method, requested_headers));
            }
            Some(Verdict::Pass) => {}
            Some(Verdict::Refuse) | None => break,
        }
    }
    has_any.then(|| ResponseMessage::new(StatusCode::OK))
}

/// Completes the final answer, also that of an error: adds the headers of an allowed origin and those
/// that policies reserved for the end. A context without response gets an empty 200.
pub fn finish(context: &mut RequestContext) {
    let response = context.response.get_or_insert_with(|| ResponseMessage::new(StatusCode::OK));
    if let CorsState::Granted(grant) = &context.cors {
        add_grant(&mut response.headers, grant);
    }
    for (name, value) in context.final_headers.drain(..) {
        response.headers.insert(name, value);
    }
}

/// Something failed. If no `cors` was reached yet, those of the chain are asked now.
pub(crate) fn grant_on_error(chain: &Chain<'_>, context: &mut RequestContext) {
    if !matches!(context.cors, CorsState::Undecided) {
        return;
    }
    let Some(origin) = context.request.headers.get(header::ORIGIN) else {
        return;
    };
    let mut walk = Walk::new(*chain, Section::Inbound);
    while let Some((step, _)) = walk.next() {
        let Policy::Cors(cors) = &step.policy else {
            continue;
        };
        match cors.judge(origin) {
            Verdict::Grant(grant) => {
                context.cors = CorsState::Granted(grant);
                return;
            }
            Verdict::Pass => {}
            Verdict::Refuse => {
                context.cors = CorsState::Refused;
                return;
            }
        }
    }
}

fn add_grant(headers: &mut HeaderMap, grant: &CorsGrant) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, grant.allow_origin.clone());
    if grant.allow_credentials {
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    if let Some(names) = &grant.expose_headers {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names.clone());
    }
    let varies = headers.get_all(header::VARY).iter().any(|value| {
        let names = value.to_str().unwrap_or_default().split(',');
        names.map(str::trim).any(|name| name == ANY || name.eq_ignore_ascii_case("origin"))
    });
    if !varies {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::CompiledDocument;
    use crate::fault::Fault;
    use crate::testing::{Bench, accepts, codes, codes_in, compiled};

    fn cors(attributes: &str, origins: &[&str], more: &str) -> String {
        let origins: String = origins.iter().map(|origin| format!("<origin>{origin}</origin>")).collect();
        format!("<cors {attributes}><allowed-origins>{origins}</allowed-origins>{more}</cors>")
    }

    fn call(element: &str, origin: &str) -> Bench {
        let mut bench = Bench::inbound(element);
        bench.context.request.headers.insert(header::ORIGIN, origin.parse().unwrap());
        bench.run();
        bench
    }

    fn header_of(response: &ResponseMessage, name: &str) -> Option<String> {
        response.headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    fn allowed_origin(element: &str, origin: &str) -> Option<String> {
        header_of(call(element, origin).context.response.as_ref().unwrap(), "access-control-allow-origin")
    }

    #[test]
    fn origin_is_compared_by_scheme_host_and_port() {
        let element = cors(
            "",
            &["https://app.example", "http://Other.example:8080/", "null", "capacitor://localhost"],
            "",
        );
        for (origin, allowed) in [
            ("https://app.example", true),
            ("https://APP.example:443", true),
            ("http://app.example", false),
            ("https://app.example:8443", false),
            ("http://other.example:8080", true),
            ("https://sub.app.example", false),
            ("null", true),
            ("capacitor://localhost", true),
            ("capacitor://localhost.evil", false),
            ("*", false),
        ] {
            assert_eq!(allowed_origin(&element, origin), allowed.then(|| origin.to_owned()), "{origin}");
        }
    }

    #[test]
    fn any_origin_is_a_star_unless_credentials_are_allowed() {
        assert_eq!(allowed_origin(&cors("", &["*"], ""), "https://a").as_deref(), Some("*"));
        let bench = call(&cors("allow-credentials='true'", &["*"], ""), "https://a");
        let response = bench.context.response.as_ref().unwrap();
        assert_eq!(header_of(response, "access-control-allow-origin").as_deref(), Some("https://a"));
        assert_eq!(header_of(response, "access-control-allow-credentials").as_deref(), Some("true"));
        assert_eq!(header_of(response, "vary").as_deref(), Some("Origin"));
    }

    #[test]
    fn unlisted_origin_is_ended_or_passed_on() {
        let bench = call(&cors("", &["https://a"], ""), "https://b");
        assert_eq!(bench.forwards, 0);
        let response = bench.context.response.as_ref().unwrap();
        assert_eq!((response.status, response.headers.len()), (StatusCode::OK, 0));

        let passing = cors("terminate-unmatched-request='false'", &["https://a"], "");
        let bench = call(&passing, "https://b");
        assert_eq!(bench.forwards, 1);
        assert_eq!(header_of(bench.context.response.as_ref().unwrap(), "access-control-allow-origin"), None);
    }

    #[test]
    fn only_the_first_that_decides_counts() {
        let (a, b) = (cors("", &["https://a"], ""), cors("", &["https://b"], ""));
        assert_eq!(allowed_origin(&format!("{a}{b}"), "https://a").as_deref(), Some("https://a"));
        assert_eq!(allowed_origin(&format!("{a}{b}"), "https://b"), None);
    }

    #[test]
    fn call_without_origin_is_not_concerned() {
        let mut bench = Bench::inbound(&cors("", &["https://a"], ""));
        bench.run();
        assert_eq!(bench.forwards, 1);
        assert!(!bench.context.response.unwrap().headers.contains_key("vary"));
    }

    #[test]
    fn errors_after_and_before_it_carry_the_headers() {
        let element = cors(
            "",
            &["https://a"],
            "<expose-headers><header>X-A</header><header>X-B</header></expose-headers>",
        );
        let forbid = "<ip-filter action='forbid'><address>192.0.2.1</address></ip-filter>";
        let early_fault = Fault::key_missing("h", "p", "k");
        for (text, fault) in [
            (format!("{element}{forbid}"), None),
            (format!("{forbid}{element}"), None),
            (element.clone(), Some(early_fault)),
        ] {
            let mut bench = Bench::inbound(&text);
            bench.early_fault = fault;
            bench.context.request.headers.insert(header::ORIGIN, HeaderValue::from_static("https://a"));
            bench.run();
            let response = bench.context.response.as_ref().unwrap();
            assert!(response.status.is_client_error());
            assert_eq!(header_of(response, "access-control-allow-origin").as_deref(), Some("https://a"));
            assert_eq!(header_of(response, "access-control-expose-headers").as_deref(), Some("X-A, X-B"));
        }
    }

    fn chain(document: &CompiledDocument) -> Chain<'_> {
        Chain { documents: [None, Some(document), None, None, None] }
    }

    #[test]
    fn preflight_is_answered_without_running_anything_else() {
        let element = cors(
            "",
            &["https://a"],
            "<allowed-methods preflight-result-max-age='300'><method>PUT</method></allowed-methods>\
             <allowed-headers><header>X-One</header><header>content-type</header></allowed-headers>",
        );
        let document =
            compiled(&format!("<policies><inbound><return-response/>{element}</inbound></policies>"));
        let answer =
            preflight(&chain(&document), "https://a", "PUT", Some("x-one, X-Two,Content-Type")).unwrap();
        let headers: Vec<(String, String)> = answer
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        assert_eq!(
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(),
            [
                ("access-control-allow-origin", "https://a"),
                ("vary", "Origin"),
                ("access-control-allow-methods", "PUT"),
                ("access-control-max-age", "300"),
                ("access-control-allow-headers", "x-one,Content-Type"),
            ]
        );
        for (origin, method) in [("https://b", "PUT"), ("https://a", "DELETE"), ("a\nb", "PUT")] {
            let answer = preflight(&chain(&document), origin, method, None).unwrap();
            assert_eq!((answer.status, answer.headers.len()), (StatusCode::OK, 0), "{origin} {method}");
        }
    }

    #[test]
    fn methods_default_to_get_and_post_and_star_means_all() {
        let plain = compiled(&format!("<policies><inbound>{}</inbound></policies>", cors("", &["*"], "")));
        let all = cors(
            "",
            &["*"],
            "<allowed-methods><method>*</method></allowed-methods><allowed-headers><header>*</header></allowed-headers>",
        );
        let all = compiled(&format!("<policies><inbound>{all}</inbound></policies>"));
        for (method, by_default) in [("GET", true), ("POST", true), ("PUT", false)] {
            let answer = preflight(&chain(&plain), "https://a", method, Some("x")).unwrap();
            assert_eq!(answer.headers.contains_key("access-control-allow-methods"), by_default);
            assert!(!answer.headers.contains_key("access-control-allow-headers"));
            let answer = preflight(&chain(&all), "https://a", method, Some("x,y")).unwrap();
            assert_eq!(header_of(&answer, "access-control-allow-headers").as_deref(), Some("x,y"));
        }
    }

    #[test]
    fn preflight_asks_wider_scopes_only_where_the_narrow_one_passes() {
        let wide =
            compiled(&format!("<policies><inbound>{}</inbound></policies>", cors("", &["https://b"], "")));
        for (attributes, granted) in [("", false), ("terminate-unmatched-request='false'", true)] {
            let narrow = cors(attributes, &["https://a"], "");
            let narrow = compiled(&format!("<policies><inbound>{narrow}<base/></inbound></policies>"));
            let chain = Chain { documents: [Some(&narrow), None, None, None, Some(&wide)] };
            let answer = preflight(&chain, "https://b", "GET", None).unwrap();
            assert_eq!(answer.headers.contains_key("access-control-allow-origin"), granted);
        }
        assert!(preflight(&Chain::default(), "https://a", "GET", None).is_none());
    }

    #[test]
    fn documents_are_checked() {
        accepts(&cors("", &["*"], ""));
        accepts(&cors("", &["https://[::1]:8080", "capacitor://localhost"], ""));
        assert_eq!(codes(&cors("", &[""], "")), ["text-value"]);
        assert_eq!(codes("<cors/>"), ["missing-element"]);
        assert_eq!(codes("<cors><allowed-origins/></cors>"), ["missing-element"]);
        for origin in ["a.example", "https://a/path", "https://*.a", "https://a:x", "://a", "https://"] {
            assert_eq!(codes(&cors("", &[origin], "")), ["cors-origin"], "{origin}");
        }
        assert_eq!(codes(&cors("allow-credentials='true'", &["*"], "")), ["cors-any-origin-credentials"]);
        let header = "<allowed-headers><header>a b</header></allowed-headers>";
        assert_eq!(codes(&cors("", &["*"], header)), ["text-value"]);
        let age = "<allowed-methods preflight-result-max-age='-1'><method>GET</method></allowed-methods>";
        assert_eq!(codes(&cors("", &["*"], age)), ["attribute-value"]);
        assert_eq!(codes_in(Section::Outbound, &cors("", &["*"], "")), ["misplaced-policy"]);
    }
}
