//! What goes wrong with a regular expression, in .NET's words.

/// Why a pattern was refused, or a search given up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegexError {
    /// The pattern is wrong by .NET's rules.
    #[error("parsing \"{pattern}\" - {reason}")]
    Syntax { pattern: String, reason: String },
    #[error("Specified argument was out of the range of valid values.\nParameter name: options")]
    Options,
    /// .NET knows it, this product does not.
    #[error("regular expressions: {0} is not supported")]
    Unsupported(&'static str),
    /// Longer or deeper than the bounds of this module.
    #[error("regular expression: {what} must be at most {max}")]
    TooLarge { what: &'static str, max: usize },
    /// Never to be caught by an expression: what was allowed is used up.
    #[error(
        "The Regex engine has timed out while trying to match a pattern to an input string. This can occur for many \
         reasons, including very large inputs or excessive backtracking caused by nested quantifiers, \
         back-references and other factors."
    )]
    Budget,
}

impl RegexError {
    /// The .NET exception that stands for this error.
    pub fn exception(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "System.ArgumentException",
            Self::Options => "System.ArgumentOutOfRangeException",
            Self::Unsupported(_) | Self::TooLarge { .. } => "System.NotSupportedException",
            Self::Budget => "System.Text.RegularExpressions.RegexMatchTimeoutException",
        }
    }

    /// False for what stops an expression whatever it catches.
    pub fn is_catchable(&self) -> bool {
        *self != Self::Budget
    }
}
