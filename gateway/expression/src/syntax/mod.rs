//! From text to a syntax tree: [`parse`] reads C# 7.3 as far as policies use it and refuses the rest by
//! name, with everything that is wrong at once.

pub mod ast;
mod lexer;
mod parser;
mod token;

pub use parser::parse;

/// Longest source text, in bytes.
pub const SOURCE_BYTES_MAX: usize = 512 * 1024;

/// Deepest nesting of brackets, statements, prefixes, right operands of right-associative operators
/// and `?.`: what the parser recurses over.
pub const NESTING_MAX: usize = 96;

/// Upper bound of the tree's height: the longest path from the root counts the nesting and each
/// operator, member, call or index that is chained on the left, as in `a + b + c` and `a.b.c`.
pub const HEIGHT_MAX: usize = 1_200;

/// A source with more defects than this shows the first ones.
pub const DIAGNOSTICS_MAX: usize = 50;

/// Code of diagnostics for what C# has and policy expressions have not.
pub const UNSUPPORTED: &str = "HX1001";

/// Code of the diagnostic for a text that is not `@(…)` or `@{ … }`.
pub const NOT_AN_EXPRESSION: &str = "HX1002";

/// Code of the diagnostic for a text longer than [`SOURCE_BYTES_MAX`].
pub const TOO_LONG: &str = "HX1003";

/// The C# compiler's number for what is nested or chained too deep.
pub const TOO_DEEP: &str = "CS8078";
