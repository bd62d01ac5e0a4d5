//! Liquid as `set-body` speaks it: DotLiquid with the names of C#.
//!
//! ```text
//! configure: text ─► Template (nodes), or where it is wrong
//! request:   Template + body + context ─► text, within steps, memory and bytes
//! ```
//!
//! An engine of our own: the dialect is DotLiquid's (missing values are empty, failing filters write their
//! error, filters and dates are .NET's), values are those of expressions and are not copied, and every step,
//! every byte and every level is counted.

mod filters;
mod markup;
mod parse;
mod render;
mod value;

pub(crate) use parse::parse;
pub(crate) use render::{Given, Unrendered};
pub(crate) use value::{Liq, body_of};

/// Steps of one rendering: a tag, a value, a step of a path, or 64 bytes of text worked on; the request fails
/// beyond.
pub(crate) const STEPS_MAX: u64 = 1_000_000;
/// Bytes that a template may become; the request fails beyond.
pub(crate) const OUTPUT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How deep tags may stand in each other; a template that goes deeper is refused when it is saved.
pub(crate) const NESTING_MAX: usize = 64;
/// Tags and values of one template; one with more is refused when it is saved.
pub(crate) const NODES_MAX: usize = 20_000;

/// A template, taken apart.
#[derive(Debug)]
pub(crate) struct Template {
    nodes: Box<[Node]>,
    /// It looks at the message's body.
    pub(crate) reads_body: bool,
}

#[derive(Debug)]
enum Node {
    Text(Box<str>),
    Output(Piped),
    /// The first block whose condition holds.
    If(Box<[(Condition, Box<[Node]>)]>),
    Case {
        of: Expr,
        /// What stands before the first `when` is dropped.
        whens: Box<[When]>,
    },
    For(Box<For>),
    Assign(Box<str>, Piped),
    Capture(Box<str>, Box<[Node]>),
    Cycle {
        group: Box<str>,
        values: Box<[Expr]>,
    },
    /// `increment` and `decrement`.
    Count(Box<str>, i64),
    Break,
    Continue,
}

/// A part of a `case`; without values it is the `else`.
#[derive(Debug)]
struct When {
    values: Box<[Expr]>,
    body: Box<[Node]>,
}

#[derive(Debug)]
struct For {
    variable: Box<str>,
    of: Expr,
    is_reversed: bool,
    limit: Option<Expr>,
    offset: Option<Expr>,
    body: Box<[Node]>,
    otherwise: Box<[Node]>,
    /// `JSONArrayFor`: commas between what the items become.
    has_commas: bool,
}

/// A value and the filters it goes through.
#[derive(Debug)]
struct Piped {
    of: Expr,
    filters: Box<[(filters::Filter, Box<[Expr]>)]>,
}

#[derive(Debug, Clone)]
enum Expr {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Box<str>),
    /// `empty` and `blank`: equal to what has nothing in it.
    Empty,
    Path(Box<str>, Box<[Key]>),
    Range(Box<(Expr, Expr)>),
}

#[derive(Debug, Clone)]
enum Key {
    Name(Box<str>),
    Index(Expr),
}

#[derive(Debug)]
enum Condition {
    Holds(Expr),
    Compare(Expr, Comparison, Expr),
    Not(Box<Condition>),
    And(Box<(Condition, Condition)>),
    Or(Box<(Condition, Condition)>),
    Always,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

#[cfg(test)]
mod tests;
