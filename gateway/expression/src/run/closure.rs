//! A lambda or local function with the variables it shares.

use super::code::Lambda;
use super::value::Value;
use crate::types::Ty;

#[derive(Clone, Copy)]
pub struct Closure<'a> {
    /// The delegate's type.
    pub ty: &'a Ty,
    pub code: &'a Lambda,
    /// A [`Value::Cell`] each.
    pub captured: &'a [Value<'a>],
}
