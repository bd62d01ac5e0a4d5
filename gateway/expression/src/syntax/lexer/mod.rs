//! From text to tokens.
//!
//! The lexer does not recurse: strings and their holes are a stack of modes, and the code in a hole is
//! lexed like any other until its `}` or, outside of brackets, the `:` that begins its format.

mod number;
mod string;

use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::syntax::ast::Literal;
use crate::syntax::token::{Token, TokenKind, keyword, punctuator};
use crate::syntax::{DIAGNOSTICS_MAX, UNSUPPORTED};

/// ECMA-334, 6.5.
const DIRECTIVES: [&str; 13] = [
    "define",
    "elif",
    "else",
    "endif",
    "endregion",
    "error",
    "if",
    "line",
    "nullable",
    "pragma",
    "region",
    "undef",
    "warning",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Interpolated {
        is_verbatim: bool,
        start: usize,
    },
    /// Code in a hole, within so many brackets.
    Hole {
        brackets: usize,
        start: usize,
    },
    Format {
        is_verbatim: bool,
    },
}

pub(super) struct Lexer<'a> {
    source: &'a str,
    at: usize,
    modes: Vec<Mode>,
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
}

/// Tokens of `source` from byte `start` on; the last one is [`TokenKind::End`].
pub(super) fn tokens(source: &str, start: usize) -> (Vec<Token>, Vec<Diagnostic>) {
    let mut lexer =
        Lexer { source, at: start, modes: Vec::new(), tokens: Vec::new(), diagnostics: Vec::new() };
    while lexer.at < source.len() {
        match lexer.modes.last().copied() {
            Some(Mode::Interpolated { is_verbatim, .. }) => lexer.interpolated_text(is_verbatim),
            Some(Mode::Format { is_verbatim }) => lexer.format(is_verbatim),
            Some(Mode::Hole { .. }) | None => lexer.code(),
        }
    }
    lexer.report_open_modes();
    lexer.close_modes();
    lexer.push(TokenKind::End, source.len());
    (lexer.tokens, lexer.diagnostics)
}

impl<'a> Lexer<'a> {
    /// One token or a piece of what stands between tokens.
    fn code(&mut self) {
        let start = self.at;
        let Some(first) = self.peek() else {
            return;
        };
        match first {
            char if char.is_whitespace() || char == '\u{feff}' => self.at += char.len_utf8(),
            '/' if self.rest().starts_with("//") => self.skip_line(),
            '/' if self.rest().starts_with("/*") => self.block_comment(),
            '#' => self.preprocessor_line(),
            '"' => self.string(start),
            '@' | '$' => self.prefixed(start),
            '\'' => self.char_literal(),
            '0'..='9' => self.number(),
            '.' if self.rest()[1..].starts_with(|next: char| next.is_ascii_digit()) => self.number(),
            '\\' if self.escaped_name_here() => self.identifier(start),
            char if is_identifier_start(char) => self.identifier(start),
            _ => self.sign(),
        }
    }

    fn sign(&mut self) {
        let start = self.at;
        let Some(sign) = punctuator(self.rest()) else {
            return self.unexpected();
        };
        if let Some(Mode::Hole { brackets, .. }) = self.modes.last_mut() {
            match sign {
                "(" | "[" | "{" => *brackets += 1,
                "}" if *brackets == 0 => return self.end_hole(),
                ")" | "]" | "}" => *brackets = brackets.saturating_sub(1),
                ":" if *brackets == 0 => {
                    self.at += 1;
                    let is_verbatim = self.is_verbatim();
                    self.modes.push(Mode::Format { is_verbatim });
                    return;
                }
                _ => {}
            }
        }
        self.at += sign.len();
        self.push(TokenKind::Punctuator(sign), start);
    }

    fn unexpected(&mut self) {
        let start = self.at;
        let Some(char) = self.peek() else {
            return;
        };
        while self.peek() == Some(char) {
            self.at += char.len_utf8();
        }
        let hint = match char {
            '“' | '”' | '„' | '«' | '»' => "strings stand between straight quotes: `\"`",
            '‘' | '’' | '‚' | '´' | '`' => "strings stand between `\"`, single characters between `'`",
            '\\' => "`\\` is used within strings and characters only",
            _ => "",
        };
        self.error("CS1056", start, format!("unexpected character `{}`", char.escape_debug()), hint);
    }

    fn identifier(&mut self, start: usize) {
        let mut text = String::new();
        let mut is_plain = self.at == start;
        loop {
            match self.peek() {
                Some('\\') => match self.unicode_escape_here() {
                    Some((char, len)) if unicode_ident::is_xid_continue(char) => {
                        text.push(char);
                        self.at += len;
                        is_plain = false;
                    }
                    _ => break,
                },
                Some(char) if unicode_ident::is_xid_continue(char) => {
                    text.push(char);
                    self.at += char.len_utf8();
                }
                _ => break,
            }
        }
        let kind = match text.as_str() {
            "true" if is_plain => TokenKind::Literal(Literal::Bool(true)),
            "false" if is_plain => TokenKind::Literal(Literal::Bool(false)),
            "null" if is_plain => TokenKind::Literal(Literal::Null),
            word => match keyword(word).filter(|_| is_plain) {
                Some(keyword) => TokenKind::Keyword(keyword),
                None => TokenKind::Identifier { text, is_plain },
            },
        };
        self.push(kind, start);
    }

    /// `\u0041` or `\U00000041` where an identifier may begin or go on: the character and its length.
    fn unicode_escape_here(&self) -> Option<(char, usize)> {
        let digits = match self.rest().get(..2)? {
            "\\u" => 4,
            "\\U" => 8,
            _ => return None,
        };
        let code = self.rest().get(2..2 + digits)?;
        if !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let char = u32::from_str_radix(code, 16).ok().and_then(char::from_u32)?;
        unicode_ident::is_xid_continue(char).then_some((char, 2 + digits))
    }

    fn escaped_name_here(&self) -> bool {
        self.unicode_escape_here().is_some_and(|(char, _)| is_identifier_start(char))
    }

    /// What begins with `@` or `$`: a string, or a name.
    fn prefixed(&mut self, start: usize) {
        let rest = self.rest();
        let prefix = rest.len() - rest.trim_start_matches(['@', '$']).len();
        let signs = &rest[..prefix];
        if rest[prefix..].starts_with('"') {
            return match signs {
                "@" => self.verbatim_string(start),
                "$" => self.open_interpolated(start, prefix, false),
                "$@" | "@$" => self.open_interpolated(start, prefix, true),
                _ => self.raw_string(start, prefix),
            };
        }
        self.at += 1;
        if signs == "@" && (self.peek().is_some_and(is_identifier_start) || self.escaped_name_here()) {
            return self.identifier(start);
        }
        let hint = match self.peek() {
            Some('(' | '{') if signs == "@" => {
                "`@` stands in front of the whole expression only; leave this one out"
            }
            _ => "",
        };
        self.error(
            "CS1646",
            start,
            format!("found a lone `{signs}`, expected a string or a name after it"),
            hint,
        );
        self.at = start + prefix;
    }

    // === what stands between tokens ===

    fn skip_line(&mut self) {
        let line = self.rest();
        self.at += line.find(is_line_end).unwrap_or(line.len());
    }

    fn block_comment(&mut self) {
        let start = self.at;
        match self.rest()[2..].find("*/") {
            Some(end) => self.at += 2 + end + 2,
            None => {
                self.at = self.source.len();
                let span = Span::new(start, start + 2);
                self.report(
                    Diagnostic::error("CS1035", span, "the comment is never closed")
                        .hint("close it with `*/`"),
                );
            }
        }
    }

    fn preprocessor_line(&mut self) {
        let start = self.at;
        let word = self.rest()[1..].trim_start_matches([' ', '\t']);
        let word = &word[..word.find(|char: char| !char.is_ascii_lowercase()).unwrap_or(word.len())];
        if !DIRECTIVES.contains(&word) {
            return self.unexpected();
        }
        self.skip_line();
        self.error(
            UNSUPPORTED,
            start,
            "preprocessor directives are not supported in policy expressions",
            "take the line out; `//` makes it a comment",
        );
    }

    // === cursor ===

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        Some(char)
    }

    fn eat(&mut self, char: char) -> bool {
        let is_here = self.peek() == Some(char);
        if is_here {
            self.at += char.len_utf8();
        }
        is_here
    }

    fn push(&mut self, kind: TokenKind, start: usize) {
        self.tokens.push(Token { kind, span: Span::new(start, self.at) });
    }

    /// A defect from `start` to here.
    fn error(&mut self, code: &'static str, start: usize, message: impl Into<String>, hint: &str) {
        self.report(Diagnostic::error(code, Span::new(start, self.at), message).hint(hint));
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < DIAGNOSTICS_MAX {
            self.diagnostics.push(diagnostic);
        }
    }
}

fn is_identifier_start(char: char) -> bool {
    char == '_' || unicode_ident::is_xid_start(char)
}

/// ECMA-334, 6.3.2.
fn is_line_end(char: char) -> bool {
    matches!(char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
