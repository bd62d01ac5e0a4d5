//! `cors`: lets browsers of other origins call.
//!
//! Three ways in: a preflight is answered from the effective `cors` policies alone ([`preflight`]); a
//! call passes them in the pipeline like any policy; and a request that failed before it reached
//! them is asked for afterwards ([`grant_on_error`]), else a browser could not read why.

use hanse_expression::Target;
use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::chain::Chain;
use crate::check::Checker;
use crate::context::{CorsGrant, CorsState, RequestContext, ResponseMessage};
use crate::env::{Env, Halt, Ran};
use crate::host::Host;
use crate::kind::Kind;
use crate::lane::Lane;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, INBOUND, PolicySpec, Release, attribute, shown};
use crate::section::Section;
use crate::setting::{Flag, Number, Setting, Text};
use crate::tree::Element;
use crate::url::Scheme;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::Cors)),
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
    for origin in items(element, "allowed-origins", "origin") {
        origins.push(Setting::of(origin.text()?, Target::String, |text| {
            Some(AllowedOrigin::parse(text.trim()))
        })?);
    }
    let mut methods = Vec::new();
    for method in items(element, "allowed-methods", "method") {
        methods.push(method.own_text()?);
    }
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
    let max_age = match element.child("allowed-methods") {
        Some(list) => list.number_setting("preflight-result-max-age")?,
        None => None,
    };
    Some(Cors {
        origins: origins.into(),
        methods: methods.into(),
        headers,
        expose_headers,
        max_age: max_age.unwrap_or(Setting::Fixed(0)),
        allows_credentials: element.flag_setting("allow-credentials", false)?,
        terminates_unmatched: element.flag_setting("terminate-unmatched-request", true)?,
    })
}

fn items<'e>(
    element: &'e Element,
    list: &'static str,
    item: &'static str,
) -> impl Iterator<Item = &'e Element> {
    element.child(list).into_iter().flat_map(move |list| list.elements_named(item))
}

/// The texts of a list's elements; `None` if one is not known.
fn texts<'e>(element: &'e Element, list: &'static str, item: &'static str) -> Option<Vec<&'e str>> {
    items(element, list, item).map(|item| item.literal_text().map(str::trim)).collect()
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
    origins: Box<[Setting<AllowedOrigin>]>,
    /// None: `GET` and `POST`.
    methods: Box<[Text]>,
    headers: List<Box<str>>,
    expose_headers: Option<HeaderValue>,
    max_age: Number,
    allows_credentials: Flag,
    terminates_unmatched: Flag,
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
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        if !matches!(env.context.cors, CorsState::Undecided) {
            return Ok(Flow::Continue);
        }
        let Some(origin) = env.context.request.headers.get(header::ORIGIN).cloned() else {
            return Ok(Flow::Continue);
        };
        match self.judge(&origin, env)? {
            Verdict::Grant(grant) => env.context.cors = CorsState::Granted(grant),
            Verdict::Pass => {}
            Verdict::Refuse => {
                env.context.cors = CorsState::Refused;
                env.context.response = Some(ResponseMessage::new(StatusCode::OK));
                return Ok(Flow::Terminate);
            }
        }
        Ok(Flow::Continue)
    }

    fn judge<'a>(&'a self, origin: &HeaderValue, env: &mut Env<'a, '_>) -> Result<Verdict, Halt> {
        let text = origin.to_str().unwrap_or_default();
        let mut is_any = None;
        for allowed in &self.origins {
            let computed;
            let allowed = match allowed {
                Setting::Fixed(allowed) => allowed,
                Setting::Computed(program) => {
                    computed = AllowedOrigin::parse(env.computed_text(program)?.unwrap_or_default().trim());
                    &computed
                }
            };
            if allowed.allows(text) {
                is_any = Some(*allowed == AllowedOrigin::Any);
                break;
            }
        }
        let Some(is_any) = is_any else {
            return Ok(match env.flag(&self.terminates_unmatched)? {
                true => Verdict::Refuse,
                false => Verdict::Pass,
            });
        };
        let allow_credentials = env.flag(&self.allows_credentials)?;
        // A browser refuses `*` where credentials are allowed, so the origin is named then.
        let names_any = is_any && !allow_credentials;
        Ok(Verdict::Grant(CorsGrant {
            allow_origin: if names_any { HeaderValue::from_static(ANY) } else { origin.clone() },
            allow_credentials,
            expose_headers: self.expose_headers.clone(),
        }))
    }

    fn allows_method<'a>(&'a self, method: &str, env: &mut Env<'a, '_>) -> Result<bool, Halt> {
        if self.methods.is_empty() {
            return Ok(["GET", "POST"].iter().any(|allowed| allowed.eq_ignore_ascii_case(method)));
        }
        for allowed in &self.methods {
            let allowed = env.text_or_empty(allowed)?.trim();
            if allowed == ANY || allowed.eq_ignore_ascii_case(method) {
                return Ok(true);
            }
        }
        Ok(false)
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

    fn answer_preflight<'a>(
        &'a self,
        grant: &CorsGrant,
        method: &str,
        headers: Option<&str>,
        env: &mut Env<'a, '_>,
    ) -> Result<ResponseMessage, Halt> {
        let mut response = ResponseMessage::new(StatusCode::OK);
        if !self.allows_method(method, env)? {
            return Ok(response);
        }
        let Ok(method) = HeaderValue::from_str(method) else {
            return Ok(response);
        };
        let max_age = env.number(&self.max_age)?;
        add_grant(&mut response.headers, grant);
        response.headers.remove(header::ACCESS_CONTROL_EXPOSE_HEADERS);
        response.headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, method);
        response.headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from(max_age));
        if let Some(allowed) = headers.and_then(|requested| self.allowed_headers(requested)) {
            response.headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        Ok(response)
    }
}

/// Answers a preflight from the effective `cors` policies, which are the only ones that run; `None`
/// when there are none. An origin that is not allowed gets an empty 200.
pub fn preflight<'a>(
    chain: &Chain<'a>,
    context: &mut RequestContext<'a>,
    host: &dyn Host,
    requested_method: &str,
    requested_headers: Option<&str>,
) -> Option<ResponseMessage> {
    let origin = context.request.headers.get(header::ORIGIN).cloned();
    let mut has_any = false;
    let mut answer = None;
    each_cors(chain, context, host, &mut |cors, env| {
        has_any = true;
        let Some(origin) = &origin else { return true };
        match cors.judge(origin, env) {
            Ok(Verdict::Grant(grant)) => {
                answer = cors.answer_preflight(&grant, requested_method, requested_headers, env).ok();
                true
            }
            Ok(Verdict::Pass) => false,
            Ok(Verdict::Refuse) | Err(_) => true,
        }
    });
    has_any.then(|| answer.unwrap_or_else(|| ResponseMessage::new(StatusCode::OK)))
}

/// Shows the `cors` policies that a request would come to, until one has had the last word. Other policies
/// do not run; a condition that needs them counts as false.
fn each_cors<'a>(
    chain: &Chain<'a>,
    context: &mut RequestContext<'a>,
    host: &dyn Host,
    show: &mut dyn FnMut(&'a Cors, &mut Env<'a, '_>) -> bool,
) {
    let mut lane = Lane::of_section(*chain, Section::Inbound);
    let mut pending_status = None;
    while let Some((step, scope)) = lane.next_step() {
        let mut env = Env {
            context: &mut *context,
            host,
            step: Some(step),
            scope,
            section: Section::Inbound,
            acts_on_response: false,
            pending_status: &mut pending_status,
        };
        match &step.policy {
            Policy::Cors(cors) if show(cors, &mut env) => return,
            Policy::Choose(_) | Policy::Block(_) => {
                if let Ok(Flow::Enter(entry)) = step.policy.run(&mut env) {
                    lane.enter(entry);
                }
            }
            _ => {}
        }
    }
}

/// Completes the final answer, also that of an error: adds the headers of an allowed origin and those
/// that policies reserved for the end. A context without response gets an empty 200.
pub fn finish(context: &mut RequestContext<'_>) {
    let response = context.response.get_or_insert_with(|| ResponseMessage::new(StatusCode::OK));
    if let CorsState::Granted(grant) = &context.cors {
        add_grant(&mut response.headers, grant);
    }
    for (name, value) in context.final_headers.drain(..) {
        response.headers.insert(name, value);
    }
}

/// Something failed. If no `cors` was reached yet, those of the chain are asked now.
pub(crate) fn grant_on_error<'a>(chain: &Chain<'a>, context: &mut RequestContext<'a>, host: &dyn Host) {
    if !matches!(context.cors, CorsState::Undecided) {
        return;
    }
    let Some(origin) = context.request.headers.get(header::ORIGIN).cloned() else {
        return;
    };
    let mut state = CorsState::Undecided;
    each_cors(chain, context, host, &mut |cors, env| match cors.judge(&origin, env) {
        Ok(Verdict::Grant(grant)) => {
            state = CorsState::Granted(grant);
            true
        }
        Ok(Verdict::Pass) => false,
        Ok(Verdict::Refuse) | Err(_) => {
            state = CorsState::Refused;
            true
        }
    });
    context.cors = state;
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
    use crate::testing::{Bench, TestHost, accepts, codes, codes_in, compiled, request_context};

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

    fn chain(document: &'static CompiledDocument) -> Chain<'static> {
        Chain { documents: [None, Some(document), None, None, None] }
    }

    fn preflight_of(
        chain: Chain<'static>,
        origin: &str,
        method: &str,
        headers: Option<&str>,
    ) -> Option<ResponseMessage> {
        let mut context = request_context();
        if let Ok(origin) = HeaderValue::from_str(origin) {
            context.request.headers.insert(header::ORIGIN, origin);
        }
        preflight(&chain, &mut context, &TestHost::default(), method, headers)
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
            preflight_of(chain(document), "https://a", "PUT", Some("x-one, X-Two,Content-Type")).unwrap();
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
            let answer = preflight_of(chain(document), origin, method, None).unwrap();
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
            let answer = preflight_of(chain(plain), "https://a", method, Some("x")).unwrap();
            assert_eq!(answer.headers.contains_key("access-control-allow-methods"), by_default);
            assert!(!answer.headers.contains_key("access-control-allow-headers"));
            let answer = preflight_of(chain(all), "https://a", method, Some("x,y")).unwrap();
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
            let chain = Chain { documents: [Some(narrow), None, None, None, Some(wide)] };
            let answer = preflight_of(chain, "https://b", "GET", None).unwrap();
            assert_eq!(answer.headers.contains_key("access-control-allow-origin"), granted);
        }
        assert!(preflight_of(Chain::default(), "https://a", "GET", None).is_none());
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
