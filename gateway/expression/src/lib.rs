//! Policy expressions: the C# subset that stands in policy documents as `@(…)` and `@{ … }`.
//!
//! An expression's extent is decided by C#'s lexis, not by XML's: [`scan`] finds where it ends.
//! Nothing here knows HTTP, policies or the model.

pub mod diagnostic;
pub mod scan;
pub mod span;

pub use diagnostic::{Diagnostic, Severity};

/// What the place an expression stands in takes: APIM converts implicitly and no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    String,
    Bool,
    Int,
    Long,
    Double,
    /// `byte[]`.
    Bytes,
    /// `string` or `byte[]`: a body.
    Body,
    /// Whatever it is.
    Object,
}

/// What is wrong with an expression, `@(…)` or `@{ … }` with nothing around it.
pub fn check(source: &str, _target: Target) -> Vec<Diagnostic> {
    match scan::end(source) {
        Ok(end) if end == source.len() => Vec::new(),
        Ok(end) => {
            let message = "the expression ends, and text follows";
            vec![Diagnostic::error("CS1002", span::Span::new(end, source.len()), message)]
        }
        Err(error) => {
            let span = span::Span::new(0, source.len().min(2));
            vec![Diagnostic::error("CS1026", span, error.to_string())]
        }
    }
}
