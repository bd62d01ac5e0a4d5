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
        return compile(source, Some(only));
    }
    let mut checked = compile(source, None);
    let Some(program) = &checked.program else { return checked };
    if types.is_empty() || program.ty == Ty::Dynamic || types.iter().any(|ty| implicitly(&program.ty, ty)) {
        return checked;
    }
    let wanted: Vec<String> = types.iter().map(|ty| format!("`{ty}`")).collect();
    let message = format!("`{}` cannot be converted implicitly to {}", program.ty, wanted.join(" or "));
    checked.diagnostics.push(Diagnostic::error("CS0029", Span::new(0, source.len()), message).hint("cast it"));
    checked.program = None;
    checked
}

/// What is wrong with an expression, `@(…)` or `@{ … }` with nothing around it.
pub fn check(source: &str, target: Target) -> Vec<Diagnostic> {
    compile_for(source, target).diagnostics
}
