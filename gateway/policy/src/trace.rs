//! A request's way through its policies, step by step, for whoever asked to see it.

use serde::Serialize;

/// Most entries of a trace; what comes after is counted.
pub const TRACE_ENTRIES_MAX: usize = 1_000;
/// Most text of an entry, in bytes.
pub const TRACE_TEXT_BYTES_MAX: usize = 8 * 1024;

/// What happened, in order.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    pub entries: Vec<TraceEntry>,
    /// Entries left out past the bound.
    pub dropped: usize,
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
    /// Milliseconds of Unix time.
    pub at_ms: i64,
    pub message: String,
}

impl Trace {
    /// Adds an entry, unless the trace is full.
    pub(crate) fn add(&mut self, mut entry: TraceEntry) {
        if self.entries.len() >= TRACE_ENTRIES_MAX {
            self.dropped += 1;
            return;
        }
        if entry.message.len() > TRACE_TEXT_BYTES_MAX {
            let end = entry.message.floor_char_boundary(TRACE_TEXT_BYTES_MAX);
            entry.message.truncate(end);
        }
        self.entries.push(entry);
    }
}
