//! A number that a policy tells: in a header of the final answer, in a variable, in both, or not at all.

use hanse_expression::run::Value;
use http::{HeaderName, HeaderValue};

use crate::env::Env;
use crate::tree::Element;

#[derive(Debug)]
pub(crate) struct Telling {
    pub(crate) header: Option<HeaderName>,
    variable: Option<Box<str>>,
}

impl Telling {
    /// What `<what>-header-name` and `<what>-variable-name` say.
    pub(crate) fn of(element: &Element, what: &str) -> Self {
        let header = element.literal(&format!("{what}-header-name"));
        let variable = element.literal(&format!("{what}-variable-name"));
        Self {
            header: header.and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok()),
            variable: variable.map(Into::into),
        }
    }

    pub(crate) fn is_asked_for(&self) -> bool {
        self.header.is_some() || self.variable.is_some()
    }

    pub(crate) fn tell<'a>(&'a self, env: &mut Env<'a, '_>, number: u64) {
        if let Some(name) = &self.header {
            env.context.final_headers.push((name.clone(), HeaderValue::from(number)));
        }
        self.keep(env, number);
    }

    /// In the variable alone; an `int`, as documents cast it.
    pub(crate) fn keep<'a>(&'a self, env: &mut Env<'a, '_>, number: u64) {
        if let Some(name) = &self.variable {
            env.context.set_variable(name, Value::Int(i32::try_from(number).unwrap_or(i32::MAX)));
        }
    }
}
