//! `SelectToken` and `SelectTokens`: JSONPath in Json.NET's dialect.
//!
//! | module | idea |
//! |---|---|
//! | `parse` | a path's text becomes steps |
//! | `run` | each step turns the tokens found so far into the next ones |
//!
//! Taken: `$`, `.a`, `['a']`, `['a','b']`, `*`, `..a`, `[0]`, `[0,2]`, `[1:5:2]` with negative numbers, `[?(…)]` with `@`, `$`,
//! `==`, `===`, `!=`, `!==`, `<>`, `<`, `<=`, `>`, `>=`, `=~ /…/i`, `&&`, `||`. The last two bind from the right, neither stronger than
//! the other: `a && b || c` is `a && (b || c)`.

mod parse;
mod run;

use super::failure::{JSON, Outcome, throw};
use super::token::Token;

/// Deepest nesting of filters within filters.
pub const FILTERS_MAX: usize = 32;

/// Most tokens that one path looks at; `$..*..*` would look at every pair.
pub const VISITS_MAX: usize = 2_000_000;

/// Whether a text matches a pattern, for `=~`; the options are letters such as `i`.
pub type IsMatch<'m> = &'m dyn Fn(&str, &str, &str) -> Outcome<bool>;

/// How tokens are selected.
#[derive(Clone, Copy)]
pub struct SelectSettings<'m> {
    /// Whether a step that finds nothing is an error.
    pub error_when_no_match: bool,
    /// Called with pattern, options and text.
    pub is_match: IsMatch<'m>,
}

impl<'a> Token<'a> {
    /// `SelectTokens(path, errorWhenNoMatch)`
    ///
    /// # Errors
    /// `JsonException` for a path that is none and for steps that find nothing; what comparing throws;
    /// [`Failure::Visits`](super::Failure::Visits).
    pub fn select_tokens(self, path: &str, settings: SelectSettings<'_>) -> Outcome<Vec<Token<'a>>> {
        let steps = parse::parse(path)?;
        run::run(&steps, self, settings)
    }

    /// `SelectToken(path, errorWhenNoMatch)`
    ///
    /// # Errors
    /// As [`Token::select_tokens`], and `JsonException` where there are several.
    pub fn select_token(self, path: &str, settings: SelectSettings<'_>) -> Outcome<Option<Token<'a>>> {
        let found = self.select_tokens(path, settings)?;
        match found.as_slice() {
            [] => Ok(None),
            [token] => Ok(Some(*token)),
            _ => Err(throw(JSON, "Path returned multiple tokens.")),
        }
    }
}
