//! Why an expression stops before its end.

use super::value::Value;
use crate::arena::OutOfMemory;
use crate::context::Part;
use std::cell::Cell;

/// An exception as C# code sees it.
#[derive(Debug)]
pub struct Exception<'a> {
    /// Full name, such as `System.FormatException`.
    pub ty: &'static str,
    pub message: &'a str,
    pub inner: Option<&'a Exception<'a>>,
    pub data: Cell<Value<'a>>,
}

/// Which bound an expression ran into. No `catch` sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    #[error("the expression exceeded its budget of {0} steps")]
    Steps(u64),
    #[error("the expression exceeded its memory budget")]
    Memory,
    #[error("calls are nested more than {0} deep")]
    Recursion(usize),
    #[error("a tuple, pair or anonymous object has more than {0} parts, those of its parts included")]
    Parts(usize),
    #[error("a regular expression exceeded its backtracking budget")]
    Regex,
}

/// What ends an evaluation that does not end with a value.
#[derive(Debug, Clone, Copy)]
pub enum Stop<'a> {
    Throw(&'a Exception<'a>),
    Limit(Limit),
    /// It reads a body that is still on the wire. No `catch` sees it.
    Awaits(Part),
}

impl From<OutOfMemory> for Stop<'_> {
    fn from(_: OutOfMemory) -> Self {
        Self::Limit(Limit::Memory)
    }
}

impl From<Limit> for Stop<'_> {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

pub type Eval<'a, T = Value<'a>> = Result<T, Stop<'a>>;

/// Exception types by full name, each with its base; the root is `System.Exception`.
pub const EXCEPTIONS: &[(&str, &str)] = &[
    ("System.SystemException", "System.Exception"),
    ("System.ApplicationException", "System.Exception"),
    ("System.AggregateException", "System.Exception"),
    ("System.ArgumentException", "System.SystemException"),
    ("System.ArgumentNullException", "System.ArgumentException"),
    ("System.ArgumentOutOfRangeException", "System.ArgumentException"),
    ("System.ArithmeticException", "System.SystemException"),
    ("System.ArrayTypeMismatchException", "System.SystemException"),
    ("System.DivideByZeroException", "System.ArithmeticException"),
    ("System.OverflowException", "System.ArithmeticException"),
    ("System.NotFiniteNumberException", "System.ArithmeticException"),
    ("System.FormatException", "System.SystemException"),
    ("System.UriFormatException", "System.FormatException"),
    ("System.IndexOutOfRangeException", "System.SystemException"),
    ("System.InvalidCastException", "System.SystemException"),
    ("System.InvalidOperationException", "System.SystemException"),
    ("System.ObjectDisposedException", "System.InvalidOperationException"),
    ("System.NotImplementedException", "System.SystemException"),
    ("System.NotSupportedException", "System.SystemException"),
    ("System.NullReferenceException", "System.SystemException"),
    ("System.RankException", "System.SystemException"),
    ("System.TimeoutException", "System.SystemException"),
    ("System.UnauthorizedAccessException", "System.SystemException"),
    ("System.InvalidTimeZoneException", "System.Exception"),
    ("System.TimeZoneNotFoundException", "System.Exception"),
    ("System.IO.IOException", "System.SystemException"),
    ("System.IO.InvalidDataException", "System.SystemException"),
    ("System.Text.DecoderFallbackException", "System.ArgumentException"),
    ("System.Text.EncoderFallbackException", "System.ArgumentException"),
    ("System.Text.RegularExpressions.RegexMatchTimeoutException", "System.TimeoutException"),
    ("System.Collections.Generic.KeyNotFoundException", "System.SystemException"),
    ("System.Security.SecurityException", "System.SystemException"),
    ("System.Security.Cryptography.CryptographicException", "System.SystemException"),
    ("System.Net.Sockets.SocketException", "System.SystemException"),
    ("System.Xml.XmlException", "System.SystemException"),
    ("System.Xml.XPath.XPathException", "System.SystemException"),
    ("Microsoft.CSharp.RuntimeBinder.RuntimeBinderException", "System.Exception"),
    ("Newtonsoft.Json.JsonException", "System.Exception"),
    ("Newtonsoft.Json.JsonReaderException", "Newtonsoft.Json.JsonException"),
    ("Newtonsoft.Json.JsonWriterException", "Newtonsoft.Json.JsonException"),
    ("Newtonsoft.Json.JsonSerializationException", "Newtonsoft.Json.JsonException"),
];

/// Whether a `catch` of `wanted` takes an exception of type `ty`.
pub fn derives(ty: &str, wanted: &str) -> bool {
    let mut at = ty;
    loop {
        if at == wanted {
            return true;
        }
        match EXCEPTIONS.iter().find(|(name, _)| *name == at) {
            Some((_, base)) => at = base,
            None => return at != "System.Exception" && wanted == "System.Exception",
        }
    }
}
