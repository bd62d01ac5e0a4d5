//! Policy expressions: the C# subset that stands in policy documents as `@(…)` and `@{ … }`.
//!
//! An expression's extent is decided by C#'s lexis, not by XML's: [`scan`] finds where it ends.
//! Nothing here knows HTTP, policies or the model.

pub mod scan;
pub mod span;

pub mod basic;
pub mod crypto;
pub mod encoding;
mod html;
pub mod ip;
pub mod jwt;
pub mod regex;
pub mod uri;
pub mod web;
