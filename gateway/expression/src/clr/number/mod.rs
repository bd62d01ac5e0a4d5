//! Numbers as text. Every number becomes [`Digits`] (decimal digits, scale, sign) first, and all
//! formats print those; parsing goes the same way back.
//!
//! [`format`](self::format_int) strings follow .NET Framework: a letter with a precision up to 99 is
//! a standard format, anything else a custom one. Floating point numbers have 15 digits (`Double`)
//! or 7 (`Single`); `R`, and a precision beyond those, give 17 and 9. Newer run-times print the
//! shortest text that reads back the same.

mod custom;
mod digits;
mod parse;
mod standard;
mod styles;
mod types;

pub use digits::Digits;
pub use parse::{parse_decimal, parse_double, parse_int, parse_single};
pub use standard::{PRECISION_MAX, format_decimal, format_double, format_int, format_single};
pub use styles::NumberStyles;
pub use types::{IntType, write_int};

/// Text of every `FormatException` of the number parsers.
pub(crate) const NOT_A_NUMBER: &str = "Input string was not in a correct format.";
