//! The exceptions these operations throw, with .NET's type names and texts.
//!
//! Policies log and match these texts, so they are part of the contract.

use std::borrow::Cow;
use std::fmt;

/// An exception of .NET: which one, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClrError {
    /// `System.FormatException`
    Format(Cow<'static, str>),
    /// `System.OverflowException`
    Overflow(&'static str),
    /// `System.DivideByZeroException`
    DivideByZero,
    /// `System.IndexOutOfRangeException`
    IndexOutOfRange,
    /// `System.InvalidCastException`
    InvalidCast(&'static str),
    /// `System.ArgumentException`; the parameter may be empty.
    Argument { message: &'static str, parameter: &'static str },
    /// `System.ArgumentNullException`
    ArgumentNull { parameter: &'static str },
    /// `System.ArgumentOutOfRangeException`; the parameter may be empty.
    ArgumentOutOfRange { message: &'static str, parameter: &'static str },
    /// `System.TimeZoneNotFoundException` with the id asked for.
    TimeZoneNotFound(String),
    /// `System.OutOfMemoryException`: the result would be longer than the caller allows.
    TooLong,
}

impl ClrError {
    /// Full name of the exception's type.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Format(_) => "System.FormatException",
            Self::Overflow(_) => "System.OverflowException",
            Self::DivideByZero => "System.DivideByZeroException",
            Self::IndexOutOfRange => "System.IndexOutOfRangeException",
            Self::InvalidCast(_) => "System.InvalidCastException",
            Self::Argument { .. } => "System.ArgumentException",
            Self::ArgumentNull { .. } => "System.ArgumentNullException",
            Self::ArgumentOutOfRange { .. } => "System.ArgumentOutOfRangeException",
            Self::TimeZoneNotFound(_) => "System.TimeZoneNotFoundException",
            Self::TooLong => "System.OutOfMemoryException",
        }
    }

    /// `Exception.Message`. The parameter, if there is one, stands on a line of its own.
    pub fn message(&self) -> String {
        self.to_string()
    }

    pub(crate) const fn format(message: &'static str) -> Self {
        Self::Format(Cow::Borrowed(message))
    }

    pub(crate) const fn range(message: &'static str, parameter: &'static str) -> Self {
        Self::ArgumentOutOfRange { message, parameter }
    }
}

impl fmt::Display for ClrError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (message, parameter): (&str, &str) = match self {
            Self::Format(message) => (message, ""),
            Self::Overflow(message) | Self::InvalidCast(message) => (*message, ""),
            Self::DivideByZero => ("Attempted to divide by zero.", ""),
            Self::IndexOutOfRange => ("Index was outside the bounds of the array.", ""),
            Self::Argument { message, parameter } => (*message, *parameter),
            Self::ArgumentNull { parameter } => ("Value cannot be null.", *parameter),
            Self::ArgumentOutOfRange { message, parameter } => (*message, *parameter),
            Self::TimeZoneNotFound(id) => {
                return write!(out, "The time zone ID '{id}' was not found on the local computer.");
            }
            Self::TooLong => ("Insufficient memory to continue the execution of the program.", ""),
        };
        out.write_str(message)?;
        if parameter.is_empty() { Ok(()) } else { write!(out, "\nParameter name: {parameter}") }
    }
}

impl std::error::Error for ClrError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_have_the_names_and_texts_of_the_framework() {
        let cases = [
            (ClrError::format("x"), "System.FormatException", "x"),
            (ClrError::DivideByZero, "System.DivideByZeroException", "Attempted to divide by zero."),
            (
                ClrError::ArgumentNull { parameter: "s" },
                "System.ArgumentNullException",
                "Value cannot be null.\nParameter name: s",
            ),
            (
                ClrError::IndexOutOfRange,
                "System.IndexOutOfRangeException",
                "Index was outside the bounds of the array.",
            ),
            (
                ClrError::TimeZoneNotFound("Nope".into()),
                "System.TimeZoneNotFoundException",
                "The time zone ID 'Nope' was not found on the local computer.",
            ),
        ];
        for (error, name, message) in cases {
            assert_eq!((error.type_name(), error.message().as_str()), (name, message));
        }
    }
}
