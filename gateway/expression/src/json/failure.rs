//! What ends an operation on tokens: an exception in Json.NET's words, or the memory budget.

use crate::arena::OutOfMemory;

/// Why an operation has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The budget is spent. No expression can catch this.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    /// A JSON path looks at more tokens than one may. No expression can catch this.
    #[error("a JSON path looks at more than {0} tokens")]
    Visits(usize),
    /// An exception of .NET: the full name of its type, and its `Message`.
    #[error("{ty}: {message}")]
    Throw { ty: &'static str, message: String },
}

pub type Outcome<T> = Result<T, Failure>;

pub(super) const ARGUMENT: &str = "System.ArgumentException";
pub(super) const ARGUMENT_NULL: &str = "System.ArgumentNullException";
pub(super) const ARGUMENT_OUT_OF_RANGE: &str = "System.ArgumentOutOfRangeException";
pub(super) const FORMAT: &str = "System.FormatException";
pub(super) const INVALID_CAST: &str = "System.InvalidCastException";
pub(super) const INVALID_OPERATION: &str = "System.InvalidOperationException";
pub(super) const OVERFLOW: &str = "System.OverflowException";
pub(super) const JSON: &str = "Newtonsoft.Json.JsonException";
pub(super) const JSON_READER: &str = "Newtonsoft.Json.JsonReaderException";
pub(super) const JSON_WRITER: &str = "Newtonsoft.Json.JsonWriterException";
pub(super) const JSON_SERIALIZATION: &str = "Newtonsoft.Json.JsonSerializationException";

pub(super) fn throw(ty: &'static str, message: impl Into<String>) -> Failure {
    Failure::Throw { ty, message: message.into() }
}

/// What `new JValue(value)` and all that takes contents say of a value that no token holds, by its type's full name.
pub fn no_kind_for(type_name: &str) -> Failure {
    throw(ARGUMENT, format!("Could not determine JSON object type for type {type_name}."))
}

/// `ArgumentNullException` for a parameter.
pub(super) fn argument_null(parameter: &str) -> Failure {
    throw(ARGUMENT_NULL, format!("Value cannot be null.\nParameter name: {parameter}"))
}

/// What a list says of an index that it does not have.
pub(super) fn index_out_of_range() -> Failure {
    throw(
        ARGUMENT_OUT_OF_RANGE,
        "Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: index",
    )
}
