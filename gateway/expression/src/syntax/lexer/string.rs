//! Characters and strings of all four spellings (ECMA-334, 6.4.5.5, 6.4.5.6 and 12.8.3).

use super::{Lexer, Mode, is_line_end};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::syntax::UNSUPPORTED;
use crate::syntax::ast::Literal;
use crate::syntax::token::TokenKind;

/// Text put together of UTF-16 code units, as escapes give them.
#[derive(Default)]
struct Units {
    text: String,
    /// The first half of a pair that waits for the second.
    high: Option<u16>,
}

impl Units {
    fn char(&mut self, char: char) {
        self.flush();
        self.text.push(char);
    }

    fn unit(&mut self, unit: u16) {
        if let Some(high) = self.high.take() {
            let pair = char::decode_utf16([high, unit]).next();
            match pair {
                Some(Ok(char)) => return self.text.push(char),
                _ => self.text.push(char::REPLACEMENT_CHARACTER),
            }
        }
        match char::from_u32(u32::from(unit)) {
            Some(char) => self.text.push(char),
            None if (0xD800..0xDC00).contains(&unit) => self.high = Some(unit),
            None => self.text.push(char::REPLACEMENT_CHARACTER),
        }
    }

    fn flush(&mut self) {
        if self.high.take().is_some() {
            self.text.push(char::REPLACEMENT_CHARACTER);
        }
    }

    fn finish(mut self) -> String {
        self.flush();
        self.text
    }
}

/// What an escape stands for.
enum Escape {
    Unit(u16),
    Char(char),
}

impl Lexer<'_> {
    // === strings without holes ===

    pub(super) fn string(&mut self, start: usize) {
        if self.rest().starts_with("\"\"\"") {
            return self.raw_string(start, 0);
        }
        self.at += 1;
        let mut units = Units::default();
        let mut is_bad = false;
        let is_closed = loop {
            match self.peek() {
                None => break false,
                Some(char) if is_line_end(char) => break false,
                Some('"') => {
                    self.at += 1;
                    break true;
                }
                Some('\\') => self.escape_into(&mut units, &mut is_bad),
                Some(char) => {
                    units.char(char);
                    self.at += char.len_utf8();
                }
            }
        };
        self.push(TokenKind::Literal(Literal::String(units.finish())), start);
        self.utf8_suffix();
        if !is_closed {
            self.open_at_line_end(start);
        }
    }

    pub(super) fn verbatim_string(&mut self, start: usize) {
        self.at += 2;
        let mut text = String::new();
        loop {
            match self.bump() {
                None => {
                    self.report(
                        Diagnostic::error(
                            "CS1039",
                            Span::new(start, start + 2),
                            "the string is never closed",
                        )
                        .hint("close it with `\"`; within it a quote is written `\"\"`"),
                    );
                    break;
                }
                Some('"') if !self.eat('"') => break,
                Some(char) => text.push(char),
            }
        }
        self.push(TokenKind::Literal(Literal::String(text)), start);
        self.utf8_suffix();
    }

    /// `"""…"""` with any number of `$` in front: read over, for its own sake and that of what follows.
    pub(super) fn raw_string(&mut self, start: usize, prefix: usize) {
        let rest = &self.rest()[prefix..];
        let quotes = rest.len() - rest.trim_start_matches('"').len();
        // Fewer than three quotes: `$$"` and the like.
        let delimiter = &rest[..if quotes < 3 { 1 } else { quotes }];
        let body = &rest[delimiter.len()..];
        let end = body.find(delimiter).map_or(body.len(), |at| at + delimiter.len());
        self.at += prefix + delimiter.len() + end;
        self.error(
            UNSUPPORTED,
            start,
            "raw string literals are not supported in policy expressions",
            "write `@\"…\"` with `\"\"` for a quote",
        );
        self.push(TokenKind::Literal(Literal::String(String::new())), start);
    }

    fn utf8_suffix(&mut self) {
        let start = self.at;
        let rest = self.rest();
        let is_suffix = (rest.starts_with("u8") || rest.starts_with("U8"))
            && !rest[2..].starts_with(unicode_ident::is_xid_continue);
        if is_suffix {
            self.at += 2;
            self.error(
                UNSUPPORTED,
                start,
                "UTF-8 string literals are not supported in policy expressions",
                "write `Encoding.UTF8.GetBytes(\"…\")`",
            );
        }
    }

    // === strings with holes ===

    pub(super) fn open_interpolated(&mut self, start: usize, prefix: usize, is_verbatim: bool) {
        if !is_verbatim && self.rest()[prefix..].starts_with("\"\"\"") {
            return self.raw_string(start, prefix);
        }
        self.at += prefix + 1;
        self.push(TokenKind::InterpolatedStart, start);
        self.modes.push(Mode::Interpolated { is_verbatim, start });
    }

    /// Text up to a hole or the end of the string, and the sign that ends it.
    pub(super) fn interpolated_text(&mut self, is_verbatim: bool) {
        let start = self.at;
        let mut units = Units::default();
        let mut is_bad = false;
        loop {
            let at = self.at;
            match self.peek() {
                None => return self.push_text(units, start),
                Some('"') if is_verbatim && self.rest().starts_with("\"\"") => {
                    units.char('"');
                    self.at += 2;
                }
                Some('"') => {
                    self.push_text(units, start);
                    self.at += 1;
                    self.push(TokenKind::InterpolatedEnd, at);
                    self.modes.pop();
                    return self.utf8_suffix();
                }
                Some('{') if !self.rest().starts_with("{{") => {
                    self.push_text(units, start);
                    self.at += 1;
                    self.push(TokenKind::HoleStart, at);
                    self.modes.push(Mode::Hole { brackets: 0, start: at });
                    return;
                }
                Some(brace @ ('{' | '}')) => {
                    self.at += 1;
                    if !self.eat(brace) {
                        self.lone_brace(at);
                    }
                    units.char(brace);
                }
                Some('\\') if !is_verbatim => self.escape_into(&mut units, &mut is_bad),
                Some(char) if !is_verbatim && is_line_end(char) => {
                    self.push_text(units, start);
                    return self.open_at_line_end(self.string_start());
                }
                Some(char) => {
                    units.char(char);
                    self.at += char.len_utf8();
                }
            }
        }
    }

    fn push_text(&mut self, units: Units, start: usize) {
        let text = units.finish();
        if !text.is_empty() {
            self.push(TokenKind::Text(text), start);
        }
    }

    fn lone_brace(&mut self, start: usize) {
        self.error(
            "CS8086",
            start,
            "found a lone `}` in the text of an interpolated string",
            "write `}}` for a brace that is text",
        );
    }

    /// The format of a hole, up to its `}`. As in C# 7.3, `}}` is a brace of the format, not its end.
    pub(super) fn format(&mut self, is_verbatim: bool) {
        let start = self.at;
        let mut units = Units::default();
        let mut is_bad = false;
        loop {
            let at = self.at;
            match self.peek() {
                Some('}') if !self.rest().starts_with("}}") => break,
                Some('{') if !self.rest().starts_with("{{") => {
                    self.at += 1;
                    self.error(
                        "CS8087",
                        at,
                        "found a lone `{` in the format of an interpolated string",
                        "write `{{` for a brace that is text",
                    );
                }
                Some(brace @ ('{' | '}')) => {
                    units.char(brace);
                    self.at += 2;
                }
                Some('"') if is_verbatim && self.rest().starts_with("\"\"") => {
                    units.char('"');
                    self.at += 2;
                }
                Some('"') => {
                    self.report_open_modes();
                    break;
                }
                Some(char) if is_verbatim || !is_line_end(char) => match char {
                    '\\' if !is_verbatim => self.escape_into(&mut units, &mut is_bad),
                    _ => {
                        units.char(char);
                        self.at += char.len_utf8();
                    }
                },
                _ => {
                    self.report_open_modes();
                    self.close_modes();
                    return;
                }
            }
        }
        let format = units.finish();
        let is_complete = self.peek() == Some('}');
        if format.is_empty() && is_complete {
            self.error(
                "CS8089",
                start,
                "found an empty format in an interpolated string",
                "leave out the `:`, or write a format behind it",
            );
        }
        self.push(TokenKind::Format(format), start);
        self.modes.pop();
        if is_complete {
            self.end_hole();
        } else {
            // The hole lacks its `}`, which was reported; the string goes on behind it.
            self.push(TokenKind::HoleEnd, self.at);
            self.modes.pop();
        }
    }

    /// At the `}` of a hole.
    pub(super) fn end_hole(&mut self) {
        let start = self.at;
        self.at += 1;
        self.push(TokenKind::HoleEnd, start);
        self.modes.pop();
    }

    /// Whether the string around this hole is verbatim.
    pub(super) fn is_verbatim(&self) -> bool {
        let string = self.modes.iter().rev().find_map(|mode| match mode {
            Mode::Interpolated { is_verbatim, .. } => Some(*is_verbatim),
            _ => None,
        });
        string.unwrap_or(false)
    }

    fn string_start(&self) -> usize {
        let string = self.modes.iter().rev().find_map(|mode| match mode {
            Mode::Interpolated { start, .. } => Some(*start),
            _ => None,
        });
        string.unwrap_or(self.at)
    }

    /// A string lacks its quote at the end of its line, and with it all that is around it.
    fn open_at_line_end(&mut self, start: usize) {
        self.report(
            Diagnostic::error(
                "CS1010",
                Span::new(start, self.at),
                "newline in constant: the string is not closed",
            )
            .hint("close it with `\"` on its line, or begin it with `@\"` to let it go over several lines"),
        );
        self.close_modes();
    }

    /// Reports the innermost of what is open, for the rest follows from it.
    pub(super) fn report_open_modes(&mut self) {
        let hole = self.modes.iter().rev().find_map(|mode| match mode {
            Mode::Hole { start, .. } => Some(*start),
            _ => None,
        });
        match (self.modes.last(), hole) {
            (Some(Mode::Interpolated { start, is_verbatim }), _) => {
                let start = *start;
                let code = if *is_verbatim { "CS1039" } else { "CS1010" };
                let span = Span::new(start, (start + 2).min(self.source.len()));
                self.report(
                    Diagnostic::error(code, span, "the string is never closed").hint("close it with `\"`"),
                );
            }
            (Some(_), Some(start)) => {
                let message = "the interpolated expression is never closed: expected `}`";
                self.report(
                    Diagnostic::error("CS8076", Span::new(start, start + 1), message)
                        .hint("close it with `}`; a brace that is text is written `{{`"),
                );
            }
            _ => {}
        }
    }

    /// Puts in what ends the strings and holes that are open.
    pub(super) fn close_modes(&mut self) {
        while let Some(mode) = self.modes.pop() {
            match mode {
                Mode::Interpolated { .. } => self.push(TokenKind::InterpolatedEnd, self.at),
                Mode::Hole { .. } => self.push(TokenKind::HoleEnd, self.at),
                Mode::Format { .. } => {}
            }
        }
    }

    // === characters and escapes ===

    pub(super) fn char_literal(&mut self) {
        let start = self.at;
        self.at += 1;
        let unit = match self.peek() {
            Some('\'') => {
                self.at += 1;
                self.error("CS1011", start, "empty character literal", "an empty string is written `\"\"`");
                return self.push(TokenKind::Literal(Literal::Char(0)), start);
            }
            Some('\\') => match self.escape(false) {
                Some(Escape::Unit(unit)) => Some(unit),
                Some(Escape::Char(_)) => None,
                None => Some(0),
            },
            Some(char) if !is_line_end(char) => {
                self.at += char.len_utf8();
                u16::try_from(u32::from(char)).ok()
            }
            _ => return self.open_char(start),
        };
        match (unit, self.eat('\'')) {
            (Some(unit), true) => self.push(TokenKind::Literal(Literal::Char(unit)), start),
            (None, true) => self.too_many_characters(start),
            (_, false) => {
                let line = self.rest();
                let line = &line[..line.find(is_line_end).unwrap_or(line.len())];
                match line.find('\'') {
                    Some(end) => {
                        self.at += end + 1;
                        self.too_many_characters(start);
                    }
                    None => self.open_char(start),
                }
            }
        }
    }

    fn too_many_characters(&mut self, start: usize) {
        self.error(
            "CS1012",
            start,
            "too many characters in character literal",
            "strings stand between double quotes: `\"…\"`",
        );
        self.push(TokenKind::Literal(Literal::Char(0)), start);
    }

    fn open_char(&mut self, start: usize) {
        let message = "newline in constant: the character is not closed";
        self.error(
            "CS1010",
            start,
            message,
            "close it with `'`; strings stand between double quotes: `\"…\"`",
        );
        self.push(TokenKind::Literal(Literal::Char(0)), start);
    }

    /// At most one bad escape of a string is reported: a regular expression without `@` has many.
    fn escape_into(&mut self, units: &mut Units, is_bad: &mut bool) {
        match self.escape(*is_bad) {
            Some(Escape::Unit(unit)) => units.unit(unit),
            Some(Escape::Char(char)) => units.char(char),
            None => *is_bad = true,
        }
    }

    /// At a `\`. `None` is an escape that C# does not know; the character behind it stays unless it may
    /// end a string.
    fn escape(&mut self, is_quiet: bool) -> Option<Escape> {
        let start = self.at;
        self.at += 1;
        let unit = match self.peek() {
            Some(char @ ('\'' | '"' | '\\')) => char as u16,
            Some('0') => 0x00,
            Some('a') => 0x07,
            Some('b') => 0x08,
            Some('f') => 0x0C,
            Some('n') => 0x0A,
            Some('r') => 0x0D,
            Some('t') => 0x09,
            Some('v') => 0x0B,
            Some('x') => return self.hex_escape(start, 1, 4, is_quiet),
            Some('u') => return self.hex_escape(start, 4, 4, is_quiet),
            Some('U') => return self.hex_escape(start, 8, 8, is_quiet),
            Some(char) if !is_line_end(char) => {
                self.at += char.len_utf8();
                return self.bad_escape(start, is_quiet);
            }
            _ => return self.bad_escape(start, is_quiet),
        };
        self.at += 1;
        Some(Escape::Unit(unit))
    }

    fn hex_escape(&mut self, start: usize, min: usize, max: usize, is_quiet: bool) -> Option<Escape> {
        self.at += 1;
        let digits = self.rest().bytes().take(max).take_while(u8::is_ascii_hexdigit).count();
        let code = u32::from_str_radix(&self.rest()[..digits], 16).unwrap_or(u32::MAX);
        self.at += digits;
        if digits < min {
            return self.bad_escape(start, is_quiet);
        }
        match u16::try_from(code) {
            Ok(unit) => Some(Escape::Unit(unit)),
            Err(_) => match char::from_u32(code) {
                Some(char) => Some(Escape::Char(char)),
                None => self.bad_escape(start, is_quiet),
            },
        }
    }

    fn bad_escape(&mut self, start: usize, is_quiet: bool) -> Option<Escape> {
        if !is_quiet {
            let escape = &self.source[start..self.at];
            self.error(
                "CS1009",
                start,
                format!("unrecognised escape sequence `{escape}`"),
                "write `\\\\` for a backslash, or begin the string with `@\"` to take them as they are",
            );
        }
        None
    }
}
