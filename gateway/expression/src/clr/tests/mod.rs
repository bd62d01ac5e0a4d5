//! Tables of what .NET Framework's code answers (run by Mono 6.8), and bounds for everything.
//!
//! A row is input and answer; an exception is written `Type: message`.

mod bounds;
mod conversions;
mod date_parsing;
mod dates;
mod numbers;
mod texts;

use super::{ClrError, ClrResult};

/// The text of a result, or the exception.
fn shown<T: ToString>(result: ClrResult<T>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => exception(&error),
    }
}

fn exception(error: &ClrError) -> String {
    let name = error.type_name().strip_prefix("System.").unwrap_or_default();
    format!("{name}: {error}")
}

/// What a function writes, behind a text that has to stay.
fn written(write: impl FnOnce(&mut String) -> ClrResult<()>) -> String {
    let mut out = String::from("^.");
    match write(&mut out) {
        Ok(()) => out.strip_prefix("^.").expect("what was there stays").to_owned(),
        Err(error) => exception(&error),
    }
}
