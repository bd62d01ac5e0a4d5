//! A defect in a document: what was found, where, and what would do.
//!
//! Findings are collected, never thrown: one check reports all of them.

use std::fmt;

/// Whether a finding keeps the document from being accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is accepted; somebody should look.
    Warning,
}

impl Severity {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One defect of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    /// Stable code, such as `unknown-attribute`.
    pub code: &'static str,
    /// What was found and what was expected; lower case, no full stop.
    pub message: String,
    /// What would do, such as ``did you mean `calls`?``; may be empty.
    pub hint: String,
    /// What is allowed here, such as the policy's attributes; may be empty.
    pub note: String,
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters.
    pub column: u32,
    /// In characters, at least 1, within one line.
    pub length: u32,
}

impl fmt::Display for Finding {
    /// One line, for places that have no room for the source text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}[{}]: {}",
            self.line,
            self.column,
            self.severity.as_str(),
            self.code,
            self.message
        )?;
        match self.hint.is_empty() {
            true => Ok(()),
            false => write!(f, ": {}", self.hint),
        }
    }
}
