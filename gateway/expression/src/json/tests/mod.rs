//! What the tests of JSON have in common.

mod build;
mod convert;
mod edit;
mod read;
mod select;
mod write;

use super::{Failure, Outcome, Token, read as reading};
use crate::arena::Arena;

/// More memory than a test needs.
pub(super) const BYTES: usize = 1 << 26;

/// The tree of a text that is JSON.
pub(super) fn parse<'a>(arena: &'a Arena, text: &'a str) -> Token<'a> {
    reading::parse_token(arena, text, reading::ReadSettings::default()).expect(text)
}

/// The token in one line.
pub(super) fn compact<'a>(arena: &'a Arena, token: Token<'a>) -> &'a str {
    super::write(arena, token, super::Layout::Compact).unwrap()
}

/// What an operation answers, or its exception.
pub(super) fn shown<T>(outcome: Outcome<T>, show: impl FnOnce(T) -> String) -> String {
    match outcome {
        Ok(value) => show(value),
        Err(Failure::Throw { ty, message }) => format!("{}: {message}", ty.rsplit('.').next().unwrap_or(ty)),
        Err(other) => other.to_string(),
    }
}
