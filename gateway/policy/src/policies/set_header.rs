//! `set-header`: sets, adds to or removes a header of the current message.

use hanse_expression::Target;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use smallvec::SmallVec;
use std::{borrow::Cow, ops::Deref};

use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, PolicySpec, Release, attribute, shown};
use crate::setting::{Setting, Text};
use crate::tree::Element;

/// Also a child of policies that make a message.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::SetHeader)),
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
    let name =
        element.setting("name", Target::String, |text| HeaderName::from_bytes(text.as_bytes()).ok())??;
    let mut values = Vec::new();
    for value in element.elements_named("value") {
        values.push(value.own_text()?);
    }
    let fixed: Option<Vec<HeaderValue>> =
        values.iter().map(|value| HeaderValue::from_str(value.fixed()?).ok()).collect();
    let values = match (fixed, &name) {
        (Some(fixed), Setting::Fixed(name)) => Values::Fixed(as_lines(name, fixed.into())?),
        _ => Values::Computed(values.into()),
    };
    Some(SetHeader { name, action: ExistsAction::of(element)?, values })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExistsAction {
    Override,
    Skip,
    Append,
    Delete,
}

impl ExistsAction {
    pub(crate) fn of(element: &Element) -> Option<Setting<Self>> {
        let action = element.setting("exists-action", Target::String, Self::parse)?;
        Some(action.unwrap_or(Setting::Fixed(Self::Override)))
    }

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "override" => Some(Self::Override),
            "skip" => Some(Self::Skip),
            "append" => Some(Self::Append),
            "delete" => Some(Self::Delete),
            _ => None,
        }
    }

    /// The action of a request.
    pub(crate) fn get<'a>(action: &'a Setting<Self>, env: &mut Env<'a, '_>) -> Result<Self, Halt> {
        match action {
            Setting::Fixed(action) => Ok(*action),
            Setting::Computed(program) => {
                let text = env.computed_text(program)?.unwrap_or_default();
                Self::parse(text).ok_or_else(|| {
                    env.internal(format!("`{}` is not one of {}.", shown(text), EXISTS_ACTIONS.join(", ")))
                })
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct SetHeader {
    name: Setting<HeaderName>,
    action: Setting<ExistsAction>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    /// One for each line.
    Fixed(Lines),
    Computed(Box<[Text]>),
}

type Lines = SmallVec<[HeaderValue; 1]>;

/// What a policy does to headers, worked out.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    name: Cow<'a, HeaderName>,
    action: ExistsAction,
    /// One for each line.
    lines: Made<'a>,
}

/// Lines that stand in the document, or were made for this request.
#[derive(Debug)]
enum Made<'a> {
    Fixed(&'a [HeaderValue]),
    Computed(Lines),
}

impl Deref for Made<'_> {
    type Target = [HeaderValue];

    fn deref(&self) -> &[HeaderValue] {
        match self {
            Self::Fixed(lines) => lines,
            Self::Computed(lines) => lines,
        }
    }
}

impl SetHeader {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let change = self.work_out(env)?;
        let (headers, _) = env.message();
        change.apply(headers);
        if *change.name == header::HOST && !env.acts_on_response {
            env.context.host_override = match change.action {
                ExistsAction::Delete => None,
                _ => env.context.request.headers.get(header::HOST).cloned(),
            };
        }
        Ok(Flow::Continue)
    }

    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Change<'a>, Halt> {
        let name =
            match &self.name {
                Setting::Fixed(name) => Cow::Borrowed(name),
                Setting::Computed(program) => {
                    let text = env.computed_text(program)?.unwrap_or_default();
                    let name = HeaderName::from_bytes(text.trim().as_bytes());
                    Cow::Owned(name.map_err(|_| {
                        env.internal(format!("`{}` is not the name of a header.", shown(text)))
                    })?)
                }
            };
        let action = ExistsAction::get(&self.action, env)?;
        let lines = match &self.values {
            Values::Fixed(lines) => Made::Fixed(lines),
            Values::Computed(texts) => {
                let mut values = Lines::new();
                for text in texts {
                    // Null is no value.
                    if let Some(text) = env.text(text)? {
                        let value = HeaderValue::from_str(text.trim());
                        values.push(value.map_err(|_| {
                            env.internal("A header value has line breaks or control characters.")
                        })?);
                    }
                }
                let lines = as_lines(&name, values);
                Made::Computed(lines.ok_or_else(|| env.internal("The header values do not fit a line."))?)
            }
        };
        Ok(Change { name, action, lines })
    }
}

impl Change<'_> {
    pub(crate) fn apply(&self, headers: &mut HeaderMap) {
        if PROTECTED.contains(&self.name.as_str()) {
            return;
        }
        match self.action {
            ExistsAction::Skip if headers.contains_key(&*self.name) => {}
            ExistsAction::Delete => {
                headers.remove(&*self.name);
            }
            ExistsAction::Append => self.append(headers),
            ExistsAction::Override | ExistsAction::Skip => match &*self.lines {
                [] => {
                    headers.remove(&*self.name);
                }
                [first, more @ ..] => {
                    headers.insert(&*self.name, first.clone());
                    for value in more {
                        headers.append(&*self.name, value.clone());
                    }
                }
            },
        }
    }

    fn append(&self, headers: &mut HeaderMap) {
        if SEPARATE_LINES.contains(&*self.name) {
            for value in &*self.lines {
                headers.append(&*self.name, value.clone());
            }
            return;
        }
        let joined = join(headers.get_all(&*self.name).iter().chain(&*self.lines));
        if let Some(joined) = joined.filter(|_| !self.lines.is_empty()) {
            headers.insert(&*self.name, joined);
        }
    }
}

/// Values that share a line are joined.
fn as_lines(name: &HeaderName, values: Lines) -> Option<Lines> {
    match values.len() > 1 && !SEPARATE_LINES.contains(name) {
        true => Some(SmallVec::from_iter([join(values.iter())?])),
        false => Some(values),
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
