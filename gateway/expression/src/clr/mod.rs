//! What .NET answers, to the letter: numbers, dates and text under the invariant culture.
//!
//! Pure functions over Rust types that know nothing of expressions; the interpreter wraps them as
//! members of .NET types. The yardstick is .NET Framework 4.x, where policy expressions come from;
//! newer run-times differ in places (`Double.ToString()` prints 15 digits here, the shortest text
//! there), and each such place says so.
//!
//! | module | idea |
//! |---|---|
//! | [`number`] | a number is decimal digits, a scale and a sign; every format prints those |
//! | [`convert`], [`round`], [`decimal`] | `System.Convert`, `Math.Round`, arithmetic of `Decimal` |
//! | [`datetime`], [`datetime_offset`], [`timespan`] | ticks of 100 ns |
//! | [`date_format`], [`date_parse`] | dates to text and back |
//! | [`timezone`] | zones by Windows and IANA id |
//! | [`guid`], [`composite`] | `Guid`, and `string.Format`'s `{0,-5:N2}` |
//! | [`chars`], [`text`] | `Char` and `String`, whose positions count UTF-16 units |
//!
//! The culture is always the invariant one, the local time zone is always UTC, and the current time
//! is an argument. A .NET string may hold lone surrogates, a Rust string cannot: wherever an
//! operation would leave one, U+FFFD stands instead.

pub mod chars;
pub mod composite;
pub mod convert;
pub mod date_format;
pub mod date_parse;
pub mod datetime;
pub mod datetime_offset;
pub mod decimal;
mod error;
pub mod guid;
pub mod number;
pub mod round;
#[cfg(test)]
mod tests;
pub mod text;
pub mod timespan;
pub mod timespan_format;
pub mod timespan_parse;
pub mod timezone;
mod windows_zones;

pub use error::ClrError;

/// Result of an operation that throws in .NET.
pub type ClrResult<T> = Result<T, ClrError>;
