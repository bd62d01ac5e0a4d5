//! A defect of an expression, in the words of a C# compiler.

use crate::span::Span;

/// Whether a diagnostic keeps an expression from being accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
}

/// One defect of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The C# compiler's number where it has one (`CS1002`), else ours (`HX…`).
    pub code: &'static str,
    pub severity: Severity,
    /// What was found and what was expected, such as `` `string` has no member `Foo` ``.
    pub message: String,
    /// What would do, such as ``did you mean `Format`?``; may be empty.
    pub hint: String,
    /// Bytes of the expression's source text, `@(` included.
    pub span: Span,
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), hint: String::new(), span }
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }
}
