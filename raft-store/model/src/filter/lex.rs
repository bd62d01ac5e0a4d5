//! The words of a filter, with their columns.
//!
//! Must not know the grammar.

use super::FILTER_CHARS_MAX;

/// One word of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A field, an operator, a function, `and`, `true`, …
    Word(String),
    /// A text in quotes, without them.
    Text(String),
    /// One of `( ) , :`.
    Mark(char),
}

/// Something that is no filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Counts characters, from 1.
    pub column: usize,
    pub message: String,
    pub hint: String,
}

impl Problem {
    pub(super) fn new(column: usize, message: impl Into<String>) -> Self {
        Problem { column, message: message.into(), hint: String::new() }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// The words with the columns they begin at.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Problem> {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() > FILTER_CHARS_MAX {
        let message = format!("{} characters; a filter has at most {FILTER_CHARS_MAX}", chars.len());
        return Err(Problem::new(1, message));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        let column = at + 1;
        match c {
            _ if c.is_whitespace() => at += 1,
            '(' | ')' | ',' | ':' => {
                tokens.push((column, Token::Mark(c)));
                at += 1;
            }
            '\'' => {
                let (text, next) = quoted(&chars, at)?;
                tokens.push((column, Token::Text(text)));
                at = next;
            }
            _ if is_word_char(c) => {
                let end = chars[at..].iter().position(|c| !is_word_char(*c)).map_or(chars.len(), |n| at + n);
                tokens.push((column, Token::Word(chars[at..end].iter().collect())));
                at = end;
            }
            _ => {
                let problem = Problem::new(column, format!("{c:?} is not expected in a filter"));
                return Err(problem.hint("write it as in `displayName eq 'Orders'`"));
            }
        }
    }
    Ok(tokens)
}

/// A text whose opening quote is at `start`, and the place behind its closing one; two quotes in
/// it stand for one.
fn quoted(chars: &[char], start: usize) -> Result<(String, usize), Problem> {
    let mut text = String::new();
    let mut at = start + 1;
    loop {
        match (chars.get(at), chars.get(at + 1)) {
            (Some('\''), Some('\'')) => {
                text.push('\'');
                at += 2;
            }
            (Some('\''), _) => return Ok((text, at + 1)),
            (Some(c), _) => {
                text.push(*c);
                at += 1;
            }
            (None, _) => return Err(Problem::new(start + 1, "a quote that is not closed")),
        }
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '/' | '-' | '.')
}
