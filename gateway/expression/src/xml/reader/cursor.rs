//! A place in the text, moved forward over names, references and tags. Each method that fails says what .NET says.

use super::super::error::{Exception, Position, Result, XmlError};
use super::super::name::{bad_char, bad_name_char, is_char, is_name_char, is_name_start, is_space};

#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t> {
    pub(super) input: &'t str,
    /// A byte offset at a character's start.
    pub(super) at: usize,
}

/// A name with its prefix, as written.
#[derive(Debug, Clone, Copy)]
pub(super) struct QName<'t> {
    pub(super) at: usize,
    pub(super) text: &'t str,
    pub(super) prefix: &'t str,
    pub(super) local: &'t str,
}

pub(super) const NAME_CUT_SHORT: &str = "Unexpected end of file while parsing Name has occurred.";

pub(super) const END_OF_FILE: &str = "Unexpected end of file has occurred.";

impl<'t> Cursor<'t> {
    pub(super) fn rest(&self) -> &'t str {
        self.input.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Moves over `expected`, if it is there.
    pub(super) fn eat(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        self.at += if found { expected.len() } else { 0 };
        found
    }

    /// What stands here up to a character that `keep` is false of.
    pub(super) fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(|c| !keep(c)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    pub(super) fn spaces(&mut self) -> bool {
        !self.take_while(is_space).is_empty()
    }

    pub(super) fn ncname(&mut self) -> Result<&'t str> {
        match self.peek() {
            None => Err(self.fail(NAME_CUT_SHORT)),
            Some(c) if !is_name_start(c) => Err(self.fail(bad_name_char(true, c))),
            Some(_) => Ok(self.take_while(is_name_char)),
        }
    }

    pub(super) fn qname(&mut self) -> Result<QName<'t>> {
        let at = self.at;
        let first = self.ncname()?;
        let (prefix, local) = if self.eat(":") { (first, self.ncname()?) } else { ("", first) };
        match self.peek() {
            Some(':') => Err(self.fail(bad_name_char(false, ':'))),
            _ => Ok(QName { at, text: &self.input[at..self.at], prefix, local }),
        }
    }

    /// `&…;`, from the ampersand on.
    pub(super) fn reference(&mut self) -> Result<char> {
        self.at += 1;
        if self.eat("#x") {
            return self.number(16, "hexadecimal");
        }
        if self.eat("#") {
            return self.number(10, "decimal");
        }
        let at = self.at;
        let name = self.take_while(|c| is_name_char(c) || c == ':');
        if !name.starts_with(is_name_start) || self.peek().is_none() {
            return Err(self.fail_at(at, "An error occurred while parsing EntityName."));
        }
        if !self.eat(";") {
            return Err(self.unexpected("The expected token is ';'."));
        }
        match name {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ => Err(self.fail_at(at, format!("Reference to undeclared entity '{name}'."))),
        }
    }

    fn number(&mut self, radix: u32, kind: &str) -> Result<char> {
        let at = self.at;
        let digits = self.take_while(|c| c.is_digit(radix));
        if digits.is_empty() || !self.eat(";") {
            return Err(self.fail(format!("Invalid syntax for a {kind} numeric entity reference.")));
        }
        let code = u32::from_str_radix(digits, radix).ok();
        match code.and_then(char::from_u32) {
            Some(c) if is_char(c) => Ok(c),
            Some(c) => Err(self.fail_at(at, bad_char(c))),
            None => {
                let code = code.map_or_else(|| digits.to_owned(), |code| format!("0x{code:02X}"));
                let message = format!("'\u{FFFD}', hexadecimal value {code}, is an invalid character.");
                Err(self.fail_at(at, message))
            }
        }
    }

    /// An attribute's value with its quotes: white space becomes spaces, references what they stand for.
    pub(super) fn attribute_value(&mut self) -> Result<String> {
        let quote = match self.peek() {
            Some(c @ ('"' | '\'')) => c,
            None => return Err(self.fail(END_OF_FILE)),
            Some(_) => return Err(self.unexpected("The expected token is '\"' or '''.")),
        };
        self.at += 1;
        let mut value = String::new();
        loop {
            value.push_str(self.take_while(|c| c != quote && !matches!(c, '<' | '&') && is_plain(c)));
            match self.peek() {
                None => return Err(self.fail("There is an unclosed literal string.")),
                Some('&') => value.push(self.reference()?),
                Some(c @ ('\n' | '\r' | '\t')) => {
                    self.at += if self.rest().starts_with("\r\n") { 2 } else { c.len_utf8() };
                    value.push(' ');
                }
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(value);
                }
                Some('<') => {
                    return Err(self.fail("'<', hexadecimal value 0x3C, is an invalid attribute character."));
                }
                Some(c) => return Err(self.fail(bad_char(c))),
            }
        }
    }

    /// Appends character data up to `end` with `\n` for each end of a line.
    pub(super) fn character_data(&mut self, end: usize, out: &mut String) -> Result<()> {
        let end = Cursor { input: self.input.get(..end).unwrap_or_default(), at: self.at };
        let mut rest = end;
        loop {
            out.push_str(rest.take_while(|c| c == '\n' || c == '\t' || is_plain(c)));
            match rest.peek() {
                None => break,
                Some('\r') => {
                    rest.at += if rest.rest().starts_with("\r\n") { 2 } else { 1 };
                    out.push('\n');
                }
                Some(c) => return Err(self.fail_at(rest.at, bad_char(c))),
            }
        }
        self.at = rest.at;
        Ok(())
    }

    /// `'x' is an unexpected token. ` and what was expected; a name is named as a whole.
    pub(super) fn unexpected(&self, expected: &str) -> XmlError {
        let mut end = *self;
        let token = match self.peek() {
            None => return self.fail(END_OF_FILE),
            Some(c) if is_name_char(c) => end.take_while(is_name_char),
            Some(c) => &self.rest()[..c.len_utf8()],
        };
        self.fail(format!("'{token}' is an unexpected token. {expected}"))
    }

    pub(super) fn fail(&self, message: impl Into<String>) -> XmlError {
        self.fail_at(self.at, message)
    }

    pub(super) fn fail_at(&self, at: usize, message: impl Into<String>) -> XmlError {
        let position = position(self.input, at);
        let Position { line, column } = position;
        let message = format!("{} Line {line}, position {column}.", message.into());
        XmlError::Thrown { exception: Exception::Xml, message, at: Some(position) }
    }
}

/// A character that stands for itself wherever it stands.
fn is_plain(c: char) -> bool {
    is_char(c) && !matches!(c, '\n' | '\r' | '\t')
}

/// The line and column of a byte offset.
pub(super) fn position(input: &str, at: usize) -> Position {
    let before = input.get(..at).unwrap_or(input);
    let (mut line, mut column) = (1_u32, 1_u32);
    let mut characters = before.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' | '\n' => (line, column) = (line.saturating_add(1), 1),
            c => column = column.saturating_add(if u32::from(c) > 0xFFFF { 2 } else { 1 }),
        }
    }
    Position { line, column }
}
