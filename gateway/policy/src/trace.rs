//! A request's way through its policies, step by step, for whoever asked to see it.

use serde::Serialize;

/// Most entries of a trace; what comes after is counted.
pub const TRACE_ENTRIES_MAX: usize = 1_000;
/// Most text of an entry, in bytes.
pub const TRACE_TEXT_BYTES_MAX: usize = 8 * 1024;
/// Most text of a trace, in bytes; entries that come after are counted.
pub const TRACE_BYTES_MAX: usize = 256 * 1024;

/// What happened, in order.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    pub entries: Vec<TraceEntry>,
    /// Entries left out past a bound.
    pub dropped: usize,
    /// Whether values of headers and parameters are written that are credentials by their names.
    shows_credentials: bool,
    /// Nobody asked for it: expressions see that the request is not traced.
    is_unasked: bool,
    bytes: usize,
    /// Variables that the step at hand set.
    pub(crate) variables_set: Vec<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
pub struct TraceEntry {
    pub section: &'static str,
    /// The policy's element, or a built-in step.
    pub source: String,
    /// Scope of the document the policy stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<&'static str>,
    /// Within the section, such as `choose[1]/when[2]/set-header[1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Of the element in the scope's document, or in the fragment it comes from; 1-based.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The fragment that the policy comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragment: Option<String>,
    /// Milliseconds of Unix time.
    pub at_ms: i64,
    pub message: String,
}

impl Trace {
    /// A trace for whoever has all that is in it, credentials too, and that the request does not know of.
    pub fn onlooker() -> Self {
        Self { shows_credentials: true, is_unasked: true, ..Self::default() }
    }

    /// Whether the request was to be traced.
    pub(crate) fn is_asked_for(&self) -> bool {
        !self.is_unasked
    }

    /// Adds what a built-in step did.
    pub fn note(&mut self, section: &'static str, source: &str, at_ms: i64, message: impl Into<String>) {
        self.add(TraceEntry {
            section,
            source: source.to_owned(),
            scope: None,
            path: None,
            line: None,
            fragment: None,
            at_ms,
            message: message.into(),
        });
    }

    /// A value as the trace may show it, by the name of what it is a value of.
    pub fn shown<'v>(&self, name: &str, value: &'v str) -> &'v str {
        if self.shows_credentials {
            return value;
        }
        let name = name.to_ascii_lowercase();
        let is_named_so = CREDENTIALS.iter().any(|word| name.contains(word));
        let text = value.trim_start_matches(['"', ' ']);
        let looks_so =
            LOOKS.iter().any(|look| text.get(..look.len()).is_some_and(|it| it.eq_ignore_ascii_case(look)));
        if is_named_so || looks_so { HIDDEN } else { value }
    }

    /// A URL or a query as the trace may show it.
    pub(crate) fn shown_url(&self, url: &str) -> String {
        let (before, query) = url.split_once('?').map_or(("", url), |(before, query)| (before, query));
        if before.is_empty() && !query.contains('=') {
            return url.to_owned();
        }
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) => format!("{name}={}", self.shown(name, value)),
            None => pair.to_owned(),
        });
        let query = pairs.collect::<Vec<_>>().join("&");
        if before.is_empty() { query } else { format!("{before}?{query}") }
    }

    /// Adds an entry, unless the trace is full.
    pub(crate) fn add(&mut self, mut entry: TraceEntry) {
        if entry.message.len() > TRACE_TEXT_BYTES_MAX {
            let end = entry.message.floor_char_boundary(TRACE_TEXT_BYTES_MAX);
            entry.message.truncate(end);
        }
        let bytes = entry.message.len() + entry.path.as_ref().map_or(0, String::len);
        if self.entries.len() >= TRACE_ENTRIES_MAX || self.bytes + bytes > TRACE_BYTES_MAX {
            self.dropped += 1;
            return;
        }
        self.bytes += bytes;
        self.entries.push(entry);
    }
}

/// Stands for a value that is not shown.
const HIDDEN: &str = "(hidden)";

/// What the names of credentials have in them.
const CREDENTIALS: [&str; 9] =
    ["authorization", "cookie", "key", "token", "secret", "password", "code", "signature", "credential"];

/// How the values of credentials begin; the last is a JSON Web Token.
const LOOKS: [&str; 3] = ["bearer ", "basic ", "eyJ"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_hidden_by_name() {
        let trace = Trace::default();
        for name in ["Authorization", "Set-Cookie", "Ocp-Apim-Subscription-Key", "x-api-token"] {
            assert_eq!(trace.shown(name, "v"), HIDDEN, "{name}");
        }
        assert_eq!(trace.shown("Accept", "v"), "v");
        for value in ["Bearer abc", "\"basic abc\"", "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(trace.shown("X-Other", value), HIDDEN, "{value}");
        }
        assert_eq!(trace.shown_url("https://a.test/b?code=1&c=2&d"), "https://a.test/b?code=(hidden)&c=2&d");
        assert_eq!(trace.shown_url("https://a.test/b"), "https://a.test/b");
        assert_eq!(trace.shown_url("a=1&key=2"), "a=1&key=(hidden)");
        assert_eq!(Trace::onlooker().shown("Authorization", "v"), "v");
    }

    #[test]
    fn a_trace_is_bounded_in_entries_text_and_bytes() {
        let mut trace = Trace::default();
        for _ in 0..=TRACE_ENTRIES_MAX {
            trace.note("inbound", "x", 0, "m");
        }
        assert_eq!((trace.entries.len(), trace.dropped), (TRACE_ENTRIES_MAX, 1));
        let mut trace = Trace::default();
        let fits = TRACE_BYTES_MAX / TRACE_TEXT_BYTES_MAX;
        for _ in 0..=fits {
            trace.note("inbound", "x", 0, "m".repeat(TRACE_TEXT_BYTES_MAX + 1));
        }
        assert_eq!((trace.entries.len(), trace.dropped), (fits, 1));
        assert_eq!(trace.entries[0].message.len(), TRACE_TEXT_BYTES_MAX);
    }
}
