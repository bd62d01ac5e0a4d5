//! Running what was compiled.

pub mod closure;
pub mod code;
pub mod cx;
pub mod dictionary;
pub mod equality;
pub mod exception;
pub mod instance;
pub mod interpret;
pub mod iterate;
pub mod object;
pub mod operators;
pub mod value;

pub use cx::{Args, Cx, Limits, Native};
pub use exception::{Eval, Exception, Limit, Stop};
pub use object::Object;
pub use value::Value;

/// `ToString()` of a value; null is empty.
///
/// # Errors
/// A bound that was reached.
pub fn to_text<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a, &'a str> {
    crate::net::text::display(cx, value)
}
