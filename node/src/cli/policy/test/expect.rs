//! What a test expects of one request, and how what came of it is held against that.
//!
//! One idea: an expectation is a list of single checks, each with its line, so that every one that is
//! not met is told at its place, with what was expected and what was got.

use super::{
    heard::Heard,
    read::{Fields, Reader},
};
use crate::cli::steps::Step;
use bytes::Bytes;
use hanse_manifest::value::{Node, Value};
use hanse_policy::{Inspected, LastError};
use http::HeaderMap;
use serde_json::Value as Json;
use std::time::Duration;

/// One thing that is expected.
#[derive(Debug)]
pub struct Check {
    pub line: u32,
    /// What it is about: `headers.X-Total`.
    pub what: String,
    want: Want,
}

#[derive(Debug)]
enum Want {
    Part(Of, Part),
    /// How often the request was forwarded.
    Forwards(usize),
    /// How many calls policies made.
    Calls(usize),
    Variable(String, Text),
    VariableJson(String, Json),
    NoError,
    Error(&'static str, Text),
    /// Pieces of the trace's lines, in this order.
    Trace(Vec<String>),
    Pauses(Vec<Duration>),
    /// What was handed out, each by the members that are named.
    Heard(Kind, Json),
}

/// What a request hands out beside its answer.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Metrics,
    Events,
    Notes,
}

/// Which message.
#[derive(Debug, Clone, Copy)]
enum Of {
    Answer,
    Forwarded,
    Call(usize),
}

#[derive(Debug)]
enum Part {
    Status(i128),
    Reason(Text),
    Method(Text),
    Url(Text),
    Header(String, Text),
    Body(Text),
    Json(Json),
}

/// How a text is compared.
#[derive(Debug)]
enum Text {
    Is(String),
    Absent,
    Present,
    Contains(String),
    /// With `*` for anything.
    Matches(String),
    Not(Box<Text>),
}

/// A message that was sent or received.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub status: Option<u16>,
    pub reason: String,
    pub method: String,
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What came of one request.
#[derive(Debug, Default)]
pub struct Outcome {
    pub answer: Seen,
    pub forwarded: Vec<Seen>,
    pub calls: Vec<Seen>,
    pub variables: Vec<Inspected>,
    pub error: Option<LastError>,
    /// What the policies did.
    pub trace: Vec<Step>,
    pub pauses: Vec<Duration>,
    pub heard: Heard,
    /// What the test lacks, or what cannot be tested.
    pub problems: Vec<String>,
}

/// A check that was not met.
#[derive(Debug)]
pub struct Miss {
    pub line: u32,
    pub what: String,
    pub expected: String,
    pub got: String,
}

const KEYS: [&str; 14] = [
    "status",
    "reason",
    "headers",
    "body",
    "json",
    "variables",
    "forwarded",
    "calls",
    "error",
    "trace",
    "pauses",
    "metrics",
    "events",
    "notes",
];
/// Members of what is handed out.
const METRIC: [&str; 4] = ["namespace", "name", "value", "dimensions"];
const EVENT: [&str; 4] = ["logger", "message", "partitionId", "partitionKey"];
const NOTE: [&str; 4] = ["source", "severity", "message", "metadata"];

/// Reads what a test expects.
pub fn read(reader: &mut Reader, node: &Node) -> Vec<Check> {
    let mut checks = Checks { reader, list: Vec::new() };
    checks.all(node);
    checks.list
}

struct Checks<'r> {
    reader: &'r mut Reader,
    list: Vec<Check>,
}

impl Checks<'_> {
    fn add(&mut self, line: u32, what: impl Into<String>, want: Want) {
        self.list.push(Check { line, what: what.into(), want });
    }

    fn all(&mut self, node: &Node) {
        // `expect: 429`
        if node.as_integer().is_some() {
            if let Some(status) = self.reader.whole(Some(node), "expect", 100, 999) {
                self.add(node.line, "status", Want::Part(Of::Answer, Part::Status(status)));
            }
            return;
        }
        let Some(fields) = self.reader.fields(node, "expect", &KEYS) else { return };
        self.message(fields, Of::Answer, "");
        self.variables(fields);
        self.forwarded(fields);
        self.calls(fields);
        self.error(fields);
        if fields.get("trace").is_some() {
            let items = self.reader.items(fields.get("trace"));
            let pieces = items.iter().filter_map(|item| self.reader.text(Some(item), "trace")).collect();
            self.add(fields.line("trace"), "trace", Want::Trace(pieces));
        }
        if fields.get("pauses").is_some() {
            let items = self.reader.items(fields.get("pauses"));
            let pauses = items.iter().filter_map(|item| self.reader.duration(Some(item), "pauses")).collect();
            self.add(fields.line("pauses"), "pauses", Want::Pauses(pauses));
        }
        for (key, kind, members) in [
            ("metrics", Kind::Metrics, METRIC),
            ("events", Kind::Events, EVENT),
            ("notes", Kind::Notes, NOTE),
        ] {
            if fields.get(key).is_none() {
                continue;
            }
            let items = self.reader.items(fields.get(key));
            for item in items {
                self.reader.fields(item, key, &members);
            }
            let wanted = items.iter().map(|item| self.reader.json(item)).collect();
            self.add(fields.line(key), key, Want::Heard(kind, Json::Array(wanted)));
        }
    }

    fn message(&mut self, fields: Fields<'_>, of: Of, around: &str) {
        if let Some(status) = self.reader.whole(fields.get("status"), "status", 100, 999) {
            self.add(fields.line("status"), format!("{around}status"), Want::Part(of, Part::Status(status)));
        }
        type Make = fn(Text) -> Part;
        let texts: [(&str, Make); 4] =
            [("reason", Part::Reason), ("method", Part::Method), ("url", Part::Url), ("body", Part::Body)];
        for (key, make) in texts {
            if let Some(text) = fields.get(key).and_then(|node| self.text(node, key)) {
                self.add(fields.line(key), format!("{around}{key}"), Want::Part(of, make(text)));
            }
        }
        for entry in self.reader.entries(fields.get("headers"), "headers") {
            if let Some(text) = self.text(&entry.value, "headers") {
                let what = format!("{around}headers.{}", entry.key);
                self.add(entry.line, what, Want::Part(of, Part::Header(entry.key.clone(), text)));
            }
        }
        if let Some(node) = fields.get("json") {
            let json = self.reader.json(node);
            self.add(fields.line("json"), format!("{around}json"), Want::Part(of, Part::Json(json)));
        }
    }

    fn variables(&mut self, fields: Fields<'_>) {
        for entry in self.reader.entries(fields.get("variables"), "variables") {
            let what = format!("variables.{}", entry.key);
            let is_how = entry.value.as_mapping().is_some_and(|mapping| {
                mapping.len() == 1 && mapping.iter().all(|entry| HOW.contains(&entry.key.as_str()))
            });
            let want = match &entry.value.value {
                Value::Mapping(_) | Value::Sequence(_) if !is_how => {
                    Want::VariableJson(entry.key.clone(), self.reader.json(&entry.value))
                }
                _ => match self.text(&entry.value, "variables") {
                    Some(text) => Want::Variable(entry.key.clone(), text),
                    None => continue,
                },
            };
            self.add(entry.line, what, want);
        }
    }

    fn forwarded(&mut self, fields: Fields<'_>) {
        let Some(node) = fields.get("forwarded") else { return };
        let line = fields.line("forwarded");
        if let Some(was) = node.as_bool() {
            self.add(line, "forwarded", Want::Forwards(usize::from(was)));
            return;
        }
        let keys = ["times", "method", "url", "headers", "body", "json"];
        let Some(fields) = self.reader.fields(node, "forwarded", &keys) else { return };
        let times = self.reader.whole(fields.get("times"), "times", 0, 1_000).unwrap_or(1);
        let times_line = if fields.get("times").is_some() { fields.line("times") } else { line };
        self.add(times_line, "forwarded", Want::Forwards(usize::try_from(times).unwrap_or(1)));
        self.message(fields, Of::Forwarded, "forwarded.");
    }

    fn calls(&mut self, fields: Fields<'_>) {
        let Some(node) = fields.get("calls") else { return };
        let items = self.reader.items(Some(node));
        self.add(fields.line("calls"), "calls", Want::Calls(items.len()));
        for (at, item) in items.iter().enumerate() {
            let what = format!("calls[{at}].");
            if let Some(line) = item.as_str() {
                let (method, url) = line.split_once(' ').unwrap_or(("*", line));
                let matches = |text: &str| Text::Matches(text.trim().to_owned());
                self.add(
                    item.line,
                    format!("{what}method"),
                    Want::Part(Of::Call(at), Part::Method(matches(method))),
                );
                self.add(item.line, format!("{what}url"), Want::Part(Of::Call(at), Part::Url(matches(url))));
                continue;
            }
            let keys = ["method", "url", "headers", "body", "json"];
            if let Some(fields) = self.reader.fields(item, "calls", &keys) {
                self.message(fields, Of::Call(at), &what);
            }
        }
    }

    fn error(&mut self, fields: Fields<'_>) {
        let Some(node) = fields.get("error") else { return };
        if node.is_null() {
            self.add(fields.line("error"), "error", Want::NoError);
            return;
        }
        let Some(fields) = self.reader.fields(node, "error", &ERROR) else { return };
        for key in ERROR {
            if let Some(text) = fields.get(key).and_then(|node| self.text(node, key)) {
                self.add(fields.line(key), format!("error.{key}"), Want::Error(key, text));
            }
        }
    }

    /// A text, `null` for none, or a mapping that says how to compare.
    fn text(&mut self, node: &Node, field: &str) -> Option<Text> {
        match &node.value {
            Value::Null => Some(Text::Absent),
            Value::Mapping(mapping) => {
                let fields = self.reader.fields(node, field, &HOW)?;
                let [entry] = mapping.iter().as_slice() else {
                    let message = format!("one of {} is expected", HOW.join(", "));
                    self.reader.refuse(node, field, message, "");
                    return None;
                };
                let node = fields.get(&entry.key)?;
                match entry.key.as_str() {
                    "contains" => self.reader.text(Some(node), field).map(Text::Contains),
                    "matches" => self.reader.text(Some(node), field).map(Text::Matches),
                    "equals" => self.reader.text(Some(node), field).map(Text::Is),
                    "present" => self.reader.flag(Some(node), field).map(|is| match is {
                        true => Text::Present,
                        false => Text::Absent,
                    }),
                    "not" => self.text(node, field).map(|text| Text::Not(Box::new(text))),
                    _ => None,
                }
            }
            _ => self.reader.text(Some(node), field).map(Text::Is),
        }
    }
}

/// How texts may be compared.
const HOW: [&str; 5] = ["contains", "matches", "equals", "present", "not"];
/// What there is of `context.LastError`.
const ERROR: [&str; 8] = ["source", "reason", "message", "scope", "section", "path", "policyId", "line"];

impl Text {
    fn meets(&self, got: Option<&str>) -> bool {
        match (self, got) {
            (Text::Absent, got) => got.is_none(),
            (Text::Present, got) => got.is_some(),
            (Text::Not(text), got) => !text.meets(got),
            (_, None) => false,
            (Text::Is(text), Some(got)) => text == got,
            (Text::Contains(text), Some(got)) => got.contains(text.as_str()),
            (Text::Matches(glob), Some(got)) => matches(glob, got),
        }
    }

    fn told(&self) -> String {
        match self {
            Text::Is(text) => text.clone(),
            Text::Absent => NOTHING.to_owned(),
            Text::Present => "anything".to_owned(),
            Text::Contains(text) => format!("a text with `{text}`"),
            Text::Matches(glob) => format!("a text like `{glob}`"),
            Text::Not(text) => format!("not {}", text.told()),
        }
    }
}

const NOTHING: &str = "(nothing)";

/// Whether a text is like a pattern with `*` for anything.
pub fn matches(glob: &str, text: &str) -> bool {
    let mut pieces = glob.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

impl Check {
    /// Holds what came of a request against this.
    pub fn misses(&self, outcome: &Outcome) -> Vec<Miss> {
        let miss = |expected: String, got: String| vec![self.miss(&self.what, expected, got)];
        let text = |want: &Text, got: Option<&str>| match want.meets(got) {
            true => Vec::new(),
            false => miss(want.told(), got.unwrap_or(NOTHING).to_owned()),
        };
        match &self.want {
            Want::Part(of, part) => {
                let seen = match of {
                    Of::Answer => Some(&outcome.answer),
                    Of::Forwarded => outcome.forwarded.last(),
                    Of::Call(at) => outcome.calls.get(*at),
                };
                // That there is none is told by the count.
                seen.map(|seen| self.part(part, seen, &text)).unwrap_or_default()
            }
            Want::Forwards(times) if *times == outcome.forwarded.len() => Vec::new(),
            Want::Forwards(times) => miss(forwards(*times), forwards(outcome.forwarded.len())),
            Want::Calls(count) if *count == outcome.calls.len() => Vec::new(),
            Want::Calls(count) => {
                let made: Vec<String> =
                    outcome.calls.iter().map(|call| format!("{} {}", call.method, call.url)).collect();
                miss(
                    counted(*count),
                    format!("{} {}", counted(made.len()), made.join(", ")).trim().to_owned(),
                )
            }
            Want::Variable(name, want) => {
                let found = outcome.variables.iter().find(|it| it.name == *name);
                // A null is as if it had never been set.
                let got = found.filter(|it| it.type_name != "null");
                text(want, got.and_then(|it| it.text.as_deref()).map(normal(want)).as_deref())
            }
            Want::VariableJson(name, want) => {
                let found = outcome.variables.iter().find(|it| it.name == *name);
                let got = found.and_then(|it| it.text.as_deref()).unwrap_or_default();
                self.json(want, got.as_bytes())
            }
            Want::NoError => match &outcome.error {
                None => Vec::new(),
                Some(error) => {
                    let reason = error.reason.as_deref().unwrap_or("no reason");
                    miss("no error".to_owned(), format!("{}, {reason}: {}", error.source, error.message))
                }
            },
            Want::Error(key, want) => text(want, error_field(outcome.error.as_ref(), key).as_deref()),
            Want::Trace(pieces) => self.trace(pieces, outcome),
            Want::Pauses(pauses) if *pauses == outcome.pauses => Vec::new(),
            Want::Pauses(pauses) => {
                let told = |list: &[Duration]| match list.is_empty() {
                    true => "no pauses".to_owned(),
                    false => list.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(", "),
                };
                miss(told(pauses), told(&outcome.pauses))
            }
            Want::Heard(kind, want) => {
                let Heard { metrics, events, notes } = &outcome.heard;
                let got = match kind {
                    Kind::Metrics => metrics,
                    Kind::Events => events,
                    Kind::Notes => notes,
                };
                let mut misses = Vec::new();
                self.differ(&self.what, want, Some(&Json::Array(got.clone())), &mut misses);
                misses
            }
        }
    }

    fn part(&self, part: &Part, seen: &Seen, text: &dyn Fn(&Text, Option<&str>) -> Vec<Miss>) -> Vec<Miss> {
        match part {
            Part::Status(status) if seen.status.map(i128::from) == Some(*status) => Vec::new(),
            Part::Status(status) => {
                let got = seen.status.map_or(NOTHING.to_owned(), |it| format!("{it} {}", seen.reason));
                vec![self.miss(&self.what, status.to_string(), got.trim().to_owned())]
            }
            Part::Reason(want) => text(want, Some(&seen.reason)),
            Part::Method(want) => text(want, Some(&seen.method)),
            Part::Url(want) => text(want, Some(&seen.url)),
            Part::Header(name, want) => {
                let values = seen.headers.get_all(name.as_str()).iter();
                let values: Vec<_> = values.map(|it| String::from_utf8_lossy(it.as_bytes())).collect();
                let joined = values.join(", ");
                text(want, (!values.is_empty()).then_some(joined.as_str()))
            }
            Part::Body(want) => {
                let body = String::from_utf8_lossy(&seen.body);
                text(want, (!body.is_empty()).then_some(&body))
            }
            Part::Json(want) => self.json(want, &seen.body),
        }
    }

    /// Members that are not named may be there; lists are compared item by item.
    fn json(&self, want: &Json, got: &[u8]) -> Vec<Miss> {
        match serde_json::from_slice::<Json>(got) {
            Ok(got) => {
                let mut misses = Vec::new();
                self.differ(&self.what, want, Some(&got), &mut misses);
                misses
            }
            Err(_) => {
                let text = String::from_utf8_lossy(got);
                let got = if text.is_empty() { NOTHING.to_owned() } else { format!("no JSON: {text}") };
                vec![self.miss(&self.what, want.to_string(), got)]
            }
        }
    }

    fn differ(&self, path: &str, want: &Json, got: Option<&Json>, misses: &mut Vec<Miss>) {
        match (want, got) {
            (Json::Object(want), Some(Json::Object(got))) => {
                for (key, want) in want {
                    self.differ(&format!("{path}.{key}"), want, got.get(key), misses);
                }
            }
            (Json::Array(want), Some(Json::Array(got))) => {
                if want.len() != got.len() {
                    misses.push(self.miss(path, items(want.len()), items(got.len())));
                }
                for (at, (want, got)) in want.iter().zip(got).enumerate() {
                    self.differ(&format!("{path}[{at}]"), want, Some(got), misses);
                }
            }
            (Json::Number(want), Some(Json::Number(got))) if want.as_f64() == got.as_f64() => {}
            (Json::Object(how), Some(Json::String(got))) if like(how, got).is_some() => {
                if like(how, got) == Some(false) {
                    misses.push(self.miss(path, want.to_string(), Json::from(got.as_str()).to_string()));
                }
            }
            (want, Some(got)) if want == got => {}
            // Nothing is what a member is that is not there.
            (Json::Null, None) => {}
            (want, got) => {
                misses.push(self.miss(
                    path,
                    want.to_string(),
                    got.map_or(NOTHING.to_owned(), Json::to_string),
                ));
            }
        }
    }

    fn trace(&self, pieces: &[String], outcome: &Outcome) -> Vec<Miss> {
        let mut steps = outcome.trace.iter();
        for piece in pieces {
            if !steps.any(|step| line(step).contains(piece.as_str())) {
                let expected = format!("a step with `{piece}`, in this order");
                return vec![self.miss("trace", expected, "none; the trace is below".to_owned())];
            }
        }
        Vec::new()
    }

    fn miss(&self, what: &str, expected: String, got: String) -> Miss {
        Miss { line: self.line, what: what.to_owned(), expected, got }
    }
}

/// All of a step, as expectations see it.
fn line(step: &Step) -> String {
    format!("{} {} {} {}", step.section, step.place, step.path, step.message)
}

/// Whether a text is as `contains` or `matches` says; `None` where neither is said.
fn like(how: &serde_json::Map<String, Json>, got: &str) -> Option<bool> {
    let (key, text) = how.iter().next().filter(|_| how.len() == 1)?;
    match (key.as_str(), text.as_str()?) {
        ("contains", text) => Some(got.contains(text)),
        ("matches", glob) => Some(matches(glob, got)),
        _ => None,
    }
}

/// C# writes `True`; whoever expects `true` means it.
fn normal(want: &Text) -> impl Fn(&str) -> String {
    let is_flag = matches!(want, Text::Is(text) if text == "true" || text == "false");
    move |got| if is_flag { got.to_ascii_lowercase() } else { got.to_owned() }
}

fn error_field(error: Option<&LastError>, key: &str) -> Option<String> {
    let error = error?;
    match key {
        "source" => Some(error.source.to_string()),
        "reason" => error.reason.as_deref().map(str::to_owned),
        "message" => Some(error.message.clone()),
        "scope" => error.scope.map(|scope| scope.to_string()),
        "section" => Some(error.section.to_string()),
        "path" => error.path.as_deref().map(str::to_owned),
        "policyId" => error.policy_id.as_deref().map(str::to_owned),
        "line" => error.line.map(|line| line.to_string()),
        _ => None,
    }
}

fn forwards(times: usize) -> String {
    match times {
        0 => "not forwarded".to_owned(),
        1 => "forwarded once".to_owned(),
        times => format!("forwarded {times} times"),
    }
}

fn counted(calls: usize) -> String {
    match calls {
        0 => "no calls".to_owned(),
        1 => "1 call:".to_owned(),
        calls => format!("{calls} calls:"),
    }
}

fn items(count: usize) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_stars_for_anything() {
        for (glob, text, is) in [
            ("https://a/*", "https://a/b?c", true),
            ("*", "", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abde", false),
            ("a", "ab", false),
            ("a*", "ba", false),
            ("*aa", "aaa", true),
            ("aa*aa", "aaa", false),
        ] {
            assert_eq!(matches(glob, text), is, "{glob} {text}");
        }
    }

    #[test]
    fn json_is_compared_by_the_members_that_are_named() {
        let check = Check { line: 1, what: "json".into(), want: Want::NoError };
        let told = |want: &str, got: &str| -> Vec<String> {
            let want = serde_json::from_str(want).expect("JSON");
            let misses = check.json(&want, got.as_bytes());
            misses.iter().map(|it| format!("{}: {} / {}", it.what, it.expected, it.got)).collect()
        };
        assert_eq!(told(r#"{"a": 1, "c": null}"#, r#"{"a": 1.0, "b": 2}"#), [""; 0]);
        assert_eq!(told(r#"{"a": [{"b": 1}]}"#, r#"{"a": [{"b": 2, "c": 3}]}"#), ["json.a[0].b: 1 / 2"]);
        assert_eq!(told(r#"{"a": [1]}"#, r#"{"a": [1, 2]}"#), ["json.a: 1 item / 2 items"]);
        assert_eq!(told(r#"{"a": 1}"#, "{}"), ["json.a: 1 / (nothing)"]);
        assert_eq!(told("1", "<x/>"), ["json: 1 / no JSON: <x/>"]);
    }
}
