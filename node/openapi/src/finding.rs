//! What is wrong with a document, and where.
//!
//! One idea: findings are bounded, in number and in length, because a hostile document could
//! otherwise make more of them than it has bytes itself. Must not know what is being checked.

use crate::cursor::Cursor;
use std::collections::BTreeSet;

/// At most this many findings are told; a last one then counts the others.
pub const FINDINGS_MAX: usize = 1_000;

/// Whether a document is refused for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is imported without what this is about, or with a correction.
    Warning,
}

/// One thing that is wrong at one place of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether the document is refused for it.
    pub severity: Severity,
    /// What was found and what was expected: lower case, no full stop.
    pub message: String,
    /// JSON pointer as a URI fragment: `#/paths/~1orders/get`; cut when it is very long.
    pub pointer: String,
    /// 1-based; 0: the document as a whole.
    pub line: u32,
    /// 1-based, counted in characters; 0: the line as a whole.
    pub column: u32,
}

impl std::fmt::Display for Finding {
    /// `12:5 #/paths/~1orders: what was found`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.line > 0 {
            write!(f, "{}:{} ", self.line, self.column)?;
        }
        if self.pointer != "#" && !self.pointer.is_empty() {
            write!(f, "{}: ", self.pointer)?;
        }
        f.write_str(&self.message)
    }
}

/// Collects findings.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Finding>,
    /// What has been said where: references lead to one place many times.
    said: BTreeSet<(u32, u32, String)>,
    /// How many more there were than are kept.
    more: usize,
}

impl Findings {
    pub(crate) fn warn(&mut self, at: &Cursor<'_>, message: impl Into<String>) {
        self.add(Severity::Warning, at, message.into());
    }

    pub(crate) fn error(&mut self, at: &Cursor<'_>, message: impl Into<String>) {
        self.add(Severity::Error, at, message.into());
    }

    /// Adds a finding that has been placed already.
    pub(crate) fn push(&mut self, finding: Finding) {
        // Errors are kept whatever came before: they say why a document is refused.
        if self.list.len() >= FINDINGS_MAX && finding.severity == Severity::Warning {
            self.more += 1;
            return;
        }
        if self.said.insert((finding.line, finding.column, finding.message.clone())) {
            self.list.push(finding);
        }
    }

    fn add(&mut self, severity: Severity, at: &Cursor<'_>, message: String) {
        let (line, column) = at.place();
        self.push(Finding { severity, message, pointer: at.pointer.clone(), line, column });
    }

    /// All findings in the order of the text, errors first at one place.
    pub(crate) fn finish(mut self) -> Vec<Finding> {
        self.list.sort_by_key(|finding| (finding.line, finding.column, finding.severity));
        if self.more > 0 {
            self.list.push(Finding {
                severity: Severity::Warning,
                message: format!("{} more findings are not shown", self.more),
                pointer: "#".to_owned(),
                line: 0,
                column: 0,
            });
        }
        self.list
    }
}
