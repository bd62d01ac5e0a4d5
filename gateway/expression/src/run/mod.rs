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
pub(crate) mod sort;
mod statements;
pub mod value;

pub use cx::{Args, CALL_DEPTH_MAX, Cx, Limits, MEMORY_BYTES_MAX, Native, PARTS_MAX, STEPS_MAX};
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

/// `GetType().Name` of a value, such as `Int32` or ``List`1``; of null, `null`.
pub fn type_name(value: Value<'_>) -> String {
    fn name(ty: &crate::types::Ty) -> String {
        use crate::types::{Ty, catalogue};
        match ty {
            Ty::Named(id, arguments) => match arguments.len() {
                0 => catalogue().get(*id).name.to_owned(),
                count => format!("{}`{count}", catalogue().get(*id).name),
            },
            Ty::Array(element) => format!("{}[]", name(element)),
            Ty::Null => "null".to_owned(),
            other => other.full_name(),
        }
    }
    name(&value.ty())
}
