//! What variables hold, for tools that look at a request when its pipeline is over.

use hanse_expression::run::{Cx, Limits, to_text, type_name};

use crate::context::RequestContext;
use crate::host::Host;
use crate::view::View;

/// A variable as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    pub name: String,
    /// As `GetType().Name` has it.
    pub type_name: String,
    /// As `ToString()` has it; `None` where memory does not suffice.
    pub text: Option<String>,
}

/// All variables, in the order they were first set.
pub fn inspect(context: &RequestContext<'_>, host: &dyn Host) -> Vec<Inspected> {
    let view = View::new(context, host);
    let inspected = context.variables.iter().map(|(name, value)| {
        let mut cx = Cx::new(context.arena, &view, Limits::default());
        let text = to_text(&mut cx, *value).ok().map(str::to_owned);
        Inspected { name: (*name).to_owned(), type_name: type_name(*value), text }
    });
    inspected.collect()
}
