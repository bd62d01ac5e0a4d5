//! What the place an expression stands in takes, and whether its type fits.

use crate::bind::implicitly;
use crate::diagnostic::Diagnostic;
use crate::program::{Checked, compile};
use crate::span::Span;
use crate::types::{Known, Ty};

/// What the place an expression stands in takes: APIM converts implicitly and no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    String,
    Bool,
    /// Any integral type; whether the value fits is seen when it runs.
    Int,
    /// Any integral type.
    Long,
    /// Any numeric type.
    Double,
    /// `byte[]`.
    Bytes,
    /// `string` or `byte[]`: a body.
    Body,
    /// Whatever it is.
    Object,
}

impl Target {
    /// The types that a result is converted to implicitly.
    fn types(self) -> Vec<Ty> {
        let bytes = || Ty::array(Ty::known(Known::Byte));
        match self {
            Self::String => vec![Ty::string()],
            Self::Bool => vec![Ty::bool()],
            Self::Int | Self::Long => vec![Ty::known(Known::Int64), Ty::known(Known::UInt64)],
            Self::Double => vec![Ty::known(Known::Double), Ty::known(Known::Decimal)],
            Self::Bytes => vec![bytes()],
            Self::Body => vec![Ty::string(), bytes()],
            Self::Object => Vec::new(),
        }
    }
}

/// Checks and compiles an expression for a place.
pub fn compile_for(source: &str, target: Target) -> Checked {
    let types = target.types();
    if let [only] = types.as_slice() {
        let checked = compile(source, Some(only));
        return match target == Target::String && checked.program.is_none() {
            true => nearly_text(source).unwrap_or(checked),
            false => checked,
        };
    }
    let mut checked = compile(source, None);
    let Some(program) = &checked.program else { return checked };
    if types.is_empty() || program.ty == Ty::Dynamic || types.iter().any(|ty| implicitly(&program.ty, ty)) {
        return checked;
    }
    let wanted: Vec<String> = types.iter().map(|ty| format!("`{ty}`")).collect();
    let message = format!("`{}` cannot be converted implicitly to {}", program.ty, wanted.join(" or "));
    checked
        .diagnostics
        .push(Diagnostic::error("CS0029", Span::new(0, source.len()), message).hint("cast it"));
    checked.program = None;
    checked
}

/// An expression that gives no text, but something whose text is plain. Azure API Management refuses it when
/// it is saved, but other tools write it; so it is taken, and said.
fn nearly_text(source: &str) -> Option<Checked> {
    let mut checked = compile(source, None);
    let ty = &checked.program.as_ref()?.ty;
    let is_plain = ty.is(Known::Object)
        || ty.is(Known::Char)
        || ty.element_of_array().is_some_and(|element| element.is(Known::String) || element.is(Known::Byte));
    if !is_plain {
        return None;
    }
    let hint = match ty.is(Known::Object) {
        true => "cast it: `(string)…`",
        false => "make a text of it",
    };
    let message = format!("`{ty}` is no `string`: Azure API Management refuses this");
    checked
        .diagnostics
        .push(Diagnostic::warning(NEARLY_TEXT, Span::new(0, source.len()), message).hint(hint));
    Some(checked)
}

/// A result that is no text stands where a text is wanted.
pub const NEARLY_TEXT: &str = "HX0101";

/// What is wrong with an expression, `@(…)` or `@{ … }` with nothing around it.
pub fn check(source: &str, target: Target) -> Vec<Diagnostic> {
    compile_for(source, target).diagnostics
}
