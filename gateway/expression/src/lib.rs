//! Policy expressions: the C# subset that stands in policy documents as `@(…)` and `@{ … }`.
//!
//! ```text
//! save:      text ─► scan (where it ends) ─► syntax ─► bind (names, types, overloads) ─► diagnostics
//! configure: … ─► Program, shared
//! request:   Program::run over a Host ─► value, exception, or a bound that was reached
//! ```
//!
//! What may be named is a closed list, declared in `net` as .NET's documentation writes it; so nothing but
//! the request can be reached. Nothing here knows HTTP, policies or the model.

pub mod arena;
pub mod basic;
pub mod bind;
pub mod clr;
pub mod context;
pub mod crypto;
pub mod diagnostic;
pub mod encoding;
pub mod fixture;
mod html;
pub mod ip;
pub mod json;
pub mod jwt;
pub mod language;
mod net;
pub mod program;
pub mod reads;
pub mod regex;
pub mod run;
pub mod scan;
pub mod span;
pub mod syntax;
pub mod target;
#[cfg(test)]
mod tests;
pub mod types;
pub mod uri;
pub mod web;
pub mod xml;

pub use bind::BODY_TAKEN;
pub use diagnostic::{Diagnostic, Severity};
pub use program::{Checked, Program, compile};
pub use target::{Target, check, compile_for};
