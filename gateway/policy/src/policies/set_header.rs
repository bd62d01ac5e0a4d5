//! `set-header`: sets, adds to or removes a header of the current message.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::check::Checker;
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::{Env, Flow};
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, Release, attribute};
use crate::tree::Element;

/// Also a child of policies that make a message.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
    release: Release::Runs(|element| compile(element).map(Policy::SetHeader)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("name", Kind::HeaderName).required().expression(),
                attribute("exists-action", Kind::OneOf(&EXISTS_ACTIONS)).or("override").expression(),
            ],
            children: &[ChildSpec::any(&VALUE)],
            ..ElementSpec::named("set-header")
        },
        "Sets, adds to or removes a header of the current message.",
    )
};

static VALUE: ElementSpec = ElementSpec::expression("value", Kind::HeaderValue);

pub(crate) const EXISTS_ACTIONS: [&str; 4] = ["override", "skip", "append", "delete"];

/// Headers the gateway itself decides.
const PROTECTED: [&str; 4] = ["connection", "content-length", "keep-alive", "transfer-encoding"];

/// Headers whose values never share a line: a comma within one would be mistaken for a separator.
const SEPARATE_LINES: [HeaderName; 12] = [
    header::USER_AGENT,
    header::WWW_AUTHENTICATE,
    header::PROXY_AUTHENTICATE,
    header::COOKIE,
    header::SET_COOKIE,
    header::WARNING,
    header::DATE,
    header::EXPIRES,
    header::IF_MODIFIED_SINCE,
    header::IF_UNMODIFIED_SINCE,
    header::LAST_MODIFIED,
    header::RETRY_AFTER,
];

fn check(element: &Element, checker: &mut Checker<'_>) {
    let Some(name) = element.attribute("name") else {
        return;
    };
    let literal = name.value.literal().unwrap_or_default().to_ascii_lowercase();
    if PROTECTED.contains(&literal.as_str()) {
        checker
            .warning(name.value.span, "protected-header", format!("the gateway decides `{literal}` itself"))
            .hint("the policy has no effect: remove it");
    }
}

pub(crate) fn compile(element: &Element) -> Option<SetHeader> {
    let name = HeaderName::from_bytes(element.literal("name")?.as_bytes()).ok()?;
    let action = ExistsAction::of(element);
    let mut values = Vec::new();
    for value in element.elements_named("value") {
        values.push(HeaderValue::from_str(value.literal_text()?.trim()).ok()?);
    }
    if !SEPARATE_LINES.contains(&name) && values.len() > 1 {
        values = vec![join(values.iter())?];
    }
    let is_protected = PROTECTED.contains(&name.as_str());
    Some(SetHeader { name, action, values: values.into(), is_protected })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExistsAction {
    Override,
    Skip,
    Append,
    Delete,
}

impl ExistsAction {
    pub(crate) fn of(element: &Element) -> Self {
        match element.literal("exists-action").map(str::trim) {
            Some("skip") => Self::Skip,
            Some("append") => Self::Append,
            Some("delete") => Self::Delete,
            _ => Self::Override,
        }
    }
}

#[derive(Debug)]
pub(crate) struct SetHeader {
    name: HeaderName,
    action: ExistsAction,
    /// One value for each line.
    values: Box<[HeaderValue]>,
    is_protected: bool,
}

impl SetHeader {
    pub(crate) fn run(&self, env: &mut Env<'_>) -> Flow {
        let (headers, _) = env.message();
        self.apply(headers);
        if self.name == header::HOST && !env.acts_on_response {
            env.context.host_override = match self.action {
                ExistsAction::Delete => None,
                _ => env.context.request.headers.get(header::HOST).cloned(),
            };
        }
        Flow::Continue
    }

    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        if self.is_protected {
            return;
        }
        match self.action {
            ExistsAction::Skip if headers.contains_key(&self.name) => {}
            ExistsAction::Delete => {
                headers.remove(&self.name);
            }
            ExistsAction::Append => self.append(headers),
            ExistsAction::Override | ExistsAction::Skip => match &*self.values {
                [] => {
                    headers.remove(&self.name);
                }
                [first, more @ ..] => {
                    headers.insert(&self.name, first.clone());
                    for value in more {
                        headers.append(&self.name, value.clone());
                    }
                }
            },
        }
    }

    fn append(&self, headers: &mut HeaderMap) {
        let shares_line = !SEPARATE_LINES.contains(&self.name) && headers.contains_key(&self.name);
        if shares_line && let Some(joined) = join(headers.get_all(&self.name).iter().chain(&self.values)) {
            headers.insert(&self.name, joined);
            return;
        }
        for value in &self.values {
            headers.append(&self.name, value.clone());
        }
    }
}

fn join<'v>(values: impl Iterator<Item = &'v HeaderValue>) -> Option<HeaderValue> {
    let mut line = Vec::new();
    for (nth, value) in values.enumerate() {
        if nth > 0 {
            line.push(b',');
        }
        line.extend_from_slice(value.as_bytes());
    }
    HeaderValue::from_bytes(&line).ok()
}

#[cfg(test)]
mod tests {
    use crate::testing::{Bench, accepts, codes};

    fn header(element: &str, before: &[&str]) -> Vec<String> {
        let mut bench = Bench::inbound(element);
        for value in before {
            bench.context.request.headers.append("x-a", value.parse().unwrap());
        }
        bench.run();
        bench.context.request.headers.get_all("x-a").iter().map(|v| v.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn action_decides_what_happens_to_old_values() {
        let element =
            |action: &str, values: &str| format!("<set-header name='X-A'{action}>{values}</set-header>");
        let (one, two) = ("<value>n</value>", "<value>n</value><value>m</value>");
        let action = |name: &str| format!(" exists-action='{name}'");
        for (action, values, before, after) in [
            (String::new(), one, vec!["o"], vec!["n"]),
            (action("override"), two, vec!["o", "p"], vec!["n,m"]),
            (action("override"), "", vec!["o"], vec![]),
            (action("override"), "<value/>", vec!["o"], vec![""]),
            (action("skip"), one, vec!["o"], vec!["o"]),
            (action("skip"), two, vec![], vec!["n,m"]),
            (action("append"), one, vec!["o", "p"], vec!["o,p,n"]),
            (action("append"), two, vec![], vec!["n,m"]),
            (action("delete"), one, vec!["o"], vec![]),
            (action("delete"), "", vec![], vec![]),
        ] {
            assert_eq!(header(&element(&action, values), &before), after, "{action} {values} {before:?}");
        }
    }

    #[test]
    fn cookies_keep_their_own_lines() {
        let mut bench = Bench::outbound(
            "<set-header name='Set-Cookie' exists-action='append'><value>a=1</value><value>b=2</value></set-header>",
        );
        bench.run();
        let response = bench.context.response.as_ref().unwrap();
        let lines: Vec<_> = response.headers.get_all("set-cookie").iter().collect();
        assert_eq!(lines, ["a=1", "b=2"]);
    }

    #[test]
    fn current_message_is_the_response_after_the_forward() {
        let set = |name: &str| format!("<set-header name='{name}'><value>1</value></set-header>");
        let text = format!(
            "<policies><inbound>{}</inbound><backend>{}<forward-request/>{}</backend><outbound>{}</outbound></policies>",
            set("a"),
            set("b"),
            set("c"),
            set("d")
        );
        let mut bench = Bench::document(&text);
        bench.run();
        let (request, response) =
            (&bench.context.request.headers, &bench.context.response.as_ref().unwrap().headers);
        for (name, in_request) in [("a", true), ("b", true), ("c", false), ("d", false)] {
            assert_eq!(
                (request.contains_key(name), response.contains_key(name)),
                (in_request, !in_request),
                "{name}"
            );
        }
    }

    #[test]
    fn host_is_remembered_as_wanted_by_policy() {
        let mut bench = Bench::inbound("<set-header name='Host'><value>inner.example</value></set-header>");
        bench.run();
        assert_eq!(bench.context.host_override.as_ref().unwrap(), "inner.example");
        let mut bench = Bench::inbound("<base/>");
        bench.run();
        assert!(bench.context.host_override.is_none());
    }

    #[test]
    fn header_of_the_gateway_is_left_alone() {
        let element = "<set-header name='Content-Length'><value>5</value></set-header>";
        assert_eq!(codes(element), ["protected-header"]);
        let mut bench = Bench::inbound(element);
        bench.run();
        assert!(bench.context.request.headers.is_empty());
    }

    #[test]
    fn documents_are_checked() {
        accepts("<set-header name='X' exists-action='skip' id='i'><value> a </value></set-header>");
        assert_eq!(codes("<set-header/>"), ["missing-attribute"]);
        assert_eq!(codes("<set-header name='a b'/>"), ["attribute-value"]);
        assert_eq!(codes("<set-header name='a' exists-action='Override'/>"), ["attribute-value"]);
        assert_eq!(codes("<set-header name='a'><val>x</val></set-header>"), ["unknown-element"]);
        assert_eq!(codes("<set-header name='a'>text</set-header>"), ["stray-text"]);
        assert_eq!(codes("<set-header name='a'><value>x&#10;y</value></set-header>"), ["text-value"]);
    }
}
