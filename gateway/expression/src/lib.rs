//! Policy expressions: the C# subset that stands in policy documents as `@(…)` and `@{ … }`.
//!
//! An expression's extent is decided by C#'s lexis, not by XML's: [`scan`] finds where it ends.
//! Nothing here knows HTTP, policies or the model.

pub mod arena;
pub mod basic;
pub mod bind;
pub mod clr;
pub mod context;
pub mod diagnostic;
pub mod encoding;
pub mod fixture;
mod html;
pub mod ip;
pub mod json;
pub mod jwt;
pub mod net;
pub mod program;
pub mod regex;
pub mod run;
pub mod scan;
pub mod span;
pub mod syntax;
pub mod types;
pub mod web;
pub mod xml;
