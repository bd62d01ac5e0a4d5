//! XPath 1.0 section 3.7: text to tokens. Whether `*` and `and`, `or`, `div`, `mod` are operators depends on
//! the token before.

use super::super::error::{Exception, Result, XmlError, thrown};
use super::super::name::{is_name_char, is_name_start, is_space};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'e> {
    /// A sign or an operator, also those that are words.
    Sign(&'e str),
    Number(f64),
    Literal(&'e str),
    /// `prefix` is empty without one; `*` may be the local part.
    Name {
        prefix: &'e str,
        local: &'e str,
    },
    /// `$name`
    Variable,
}

const SIGNS: [&str; 21] = [
    "::", "..", "//", "!=", "<=", ">=", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+", "-", "=", "<", ">",
    "*",
];

const WORDS: [&str; 4] = ["and", "or", "div", "mod"];

pub(super) fn tokens(expression: &str) -> Result<Vec<Token<'_>>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut rest = expression.trim_start_matches(is_space);
    while let Some(first) = rest.chars().next() {
        let wants_operator = tokens.last().is_some_and(ends_operand);
        let (token, behind) = match first {
            '"' | '\'' => {
                let closed = rest[1..].split_once(first);
                let (text, behind) =
                    closed.ok_or_else(|| thrown(Exception::XPath, "This is an unclosed string."))?;
                (Token::Literal(text), behind)
            }
            _ if first.is_ascii_digit() || is_fraction(rest) => {
                let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
                let number = rest[..end].parse().map_err(|_| invalid_token(expression))?;
                (Token::Number(number), &rest[end..])
            }
            '$' => (Token::Variable, take_name(&rest[1..]).1),
            _ if is_name_start(first) => {
                let (token, behind) = name(rest, wants_operator);
                if behind.starts_with(':') && !behind.starts_with("::") {
                    let message = format!("'{expression}' has an invalid qualified name.");
                    return Err(thrown(Exception::XPath, message));
                }
                (token, behind)
            }
            _ => {
                let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
                let sign = sign.ok_or_else(|| invalid_token(expression))?;
                let token = match *sign {
                    "*" if !wants_operator => Token::Name { prefix: "", local: "*" },
                    sign => Token::Sign(sign),
                };
                (token, &rest[sign.len()..])
            }
        };
        tokens.push(token);
        rest = behind.trim_start_matches(is_space);
    }
    Ok(tokens)
}

pub(super) fn invalid_token(expression: &str) -> XmlError {
    thrown(Exception::XPath, format!("'{expression}' has an invalid token."))
}

/// An operand ends here, so that an operator may follow.
fn ends_operand(token: &Token<'_>) -> bool {
    match token {
        Token::Sign(sign) => matches!(*sign, ")" | "]" | "." | ".."),
        _ => true,
    }
}

/// `.5`
fn is_fraction(rest: &str) -> bool {
    rest.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn take_name(rest: &str) -> (&str, &str) {
    rest.split_at(rest.find(|c| !is_name_char(c)).unwrap_or(rest.len()))
}

/// A name, `p:name`, `p:*` or an operator that is a word.
fn name(rest: &str, wants_operator: bool) -> (Token<'_>, &str) {
    let (first, behind) = take_name(rest);
    if let (true, Some(word)) = (wants_operator, WORDS.iter().find(|word| **word == first)) {
        return (Token::Sign(word), behind);
    }
    let local = behind.strip_prefix(':').filter(|local| !local.starts_with(':'));
    match local {
        Some(local) if local.starts_with('*') => (Token::Name { prefix: first, local: "*" }, &local[1..]),
        Some(local) if local.starts_with(is_name_start) => {
            let (local, behind) = take_name(local);
            (Token::Name { prefix: first, local }, behind)
        }
        _ => (Token::Name { prefix: "", local: first }, behind),
    }
}
