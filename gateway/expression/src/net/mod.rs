//! The library that expressions may use: .NET's types, Json.NET's, and APIM's own, one file for each
//! family, declared as their documentation writes them.

pub(crate) mod bodies;
pub(crate) mod collections;
pub(crate) mod context;
pub(crate) mod convert;
pub(crate) mod enumerable;
pub(crate) mod exception;
pub(crate) mod numbers;
pub(crate) mod objects;
pub(crate) mod primitives;
pub(crate) mod random;
pub(crate) mod string;
pub(crate) mod text;
pub(crate) mod text_builder;

use crate::clr::ClrResult;
use crate::run::{Cx, Eval, Limit};
use crate::types::catalogue::Builder;

/// Declares everything.
pub(crate) fn define(catalogue: &mut Builder) {
    primitives::define(catalogue);
    numbers::define(catalogue);
    string::define(catalogue);
    text_builder::define(catalogue);
    convert::define(catalogue);
    random::define(catalogue);
    exception::define(catalogue);
    collections::define(catalogue);
    enumerable::define(catalogue);
    context::define(catalogue);
    bodies::define(catalogue);
}

impl<'a> Cx<'a, '_> {
    /// What .NET gives, or throws.
    pub fn clr<T>(&mut self, result: ClrResult<T>) -> Eval<'a, T> {
        match result {
            Ok(value) => Ok(value),
            Err(crate::clr::ClrError::TooLong) => Err(Limit::Memory.into()),
            Err(error) => self.throw(error.type_name(), &error.message()),
        }
    }
}
