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
