//! What the library throws, by .NET's type and text.

use crate::arena::OutOfMemory;

/// The .NET type of an exception that this library throws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exception {
    Argument,
    ArgumentNull,
    Format,
    InvalidOperation,
    NotSupported,
    Overflow,
    Xml,
    XPath,
}

impl Exception {
    /// The full name, as in `System.FormatException`.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Argument => "System.ArgumentException",
            Self::ArgumentNull => "System.ArgumentNullException",
            Self::Format => "System.FormatException",
            Self::InvalidOperation => "System.InvalidOperationException",
            Self::NotSupported => "System.NotSupportedException",
            Self::Overflow => "System.OverflowException",
            Self::Xml => "System.Xml.XmlException",
            Self::XPath => "System.Xml.XPath.XPathException",
        }
    }
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// An exception that an expression can catch, with .NET's text.
    #[error("{message}")]
    Thrown {
        exception: Exception,
        message: String,
        /// Where in the text that was read; `XmlException.LineNumber` and `LinePosition`.
        at: Option<Position>,
    },
    /// The request's memory is spent; not catchable.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// A query visited more than [`crate::xml::xpath::XPATH_STEPS_MAX`] nodes; not catchable.
    #[error("the step budget is exceeded")]
    OutOfSteps,
}

/// A place in a text, counted from 1 and in UTF-16 units as .NET does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

pub(super) type Result<T> = std::result::Result<T, XmlError>;

pub(super) fn thrown(exception: Exception, message: impl Into<String>) -> XmlError {
    XmlError::Thrown { exception, message: message.into(), at: None }
}
