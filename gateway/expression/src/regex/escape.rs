//! Backslashes and brackets of a pattern, and `Regex.Escape` with its inverse.
//!
//! The one idea: what a backslash means is asked in .NET's order (class, anchor, reference, character),
//! so that its messages come out where it has them.

use regex_syntax::hir::ClassUnicode;

use super::ast::{Anchor, Node};
use super::error::RegexError;
use super::groups::Groups;
use super::parse::{Fault, Parsed, Parser, fault, is_word};
use super::{Options, class};

impl Parser<'_> {
    fn is_ecma(&self) -> bool {
        self.options.has(Options::ECMA_SCRIPT)
    }

    /// Behind a backslash outside brackets.
    pub(super) fn escape(&mut self) -> Parsed<Node> {
        let Some(char) = self.peek() else {
            return fault("Illegal \\ at end of pattern.");
        };
        let anchor = match char {
            'b' if self.is_ecma() => Anchor::AsciiWordBoundary,
            'B' if self.is_ecma() => Anchor::NotAsciiWordBoundary,
            'b' => Anchor::WordBoundary,
            'B' => Anchor::NotWordBoundary,
            'A' => Anchor::TextStart,
            'G' => Anchor::SearchStart,
            'Z' => Anchor::LastLineEnd,
            'z' => Anchor::TextEnd,
            'w' | 'W' | 's' | 'S' | 'd' | 'D' => {
                self.at += 1;
                return Ok(Node::Set(class::perl(char, self.is_ecma())));
            }
            'p' | 'P' => {
                self.at += 1;
                return Ok(Node::Set(self.property(char == 'P')?));
            }
            _ => return self.reference_or_char(),
        };
        self.at += 1;
        Ok(Node::Assert(anchor))
    }

    /// `\k<name>`, `\<name>`, `\1`, or a character.
    fn reference_or_char(&mut self) -> Parsed<Node> {
        let start = self.at;
        let is_k = self.eat('k');
        let close = match self.peek() {
            Some('<') => Some('>'),
            Some('\'') => Some('\''),
            _ if is_k => return fault("Malformed \\k<...> named back reference."),
            _ => None,
        };
        if let Some(close) = close {
            self.at += 1;
            if let Some(slot) = self.named_reference(close)? {
                return Ok(self.backref(slot));
            }
            self.at = start;
        } else if matches!(self.peek(), Some('1'..='9')) {
            if let Some(slot) = self.numbered_reference()? {
                return Ok(self.backref(slot));
            }
            self.at = start;
        }
        let char = self.char_escape()?;
        Ok(self.literal(char))
    }

    fn named_reference(&mut self, close: char) -> Parsed<Option<usize>> {
        match self.peek() {
            Some(char) if char.is_ascii_digit() => {
                let number = self.decimal()?;
                if !self.eat(close) {
                    return Ok(None);
                }
                self.defined(self.groups.slot_of_number(number), || format!("number {number}"))
            }
            Some(char) if is_word(char) => {
                let name = self.name();
                if !self.eat(close) {
                    return Ok(None);
                }
                self.defined(self.groups.slot_of_name(&name), || format!("name {name}"))
            }
            _ => Ok(None),
        }
    }

    fn numbered_reference(&mut self) -> Parsed<Option<usize>> {
        if self.is_ecma() {
            // The longest number of a group that began before; else an octal number, or the digit itself.
            let (start, mut number, mut found) = (self.at, 0_u32, None);
            while let Some(digit) =
                self.peek().and_then(|char| char.to_digit(10)).filter(|_| number < 1_000_000)
            {
                number = number * 10 + digit;
                self.at += 1;
                let slot = self.groups.slot_of_number(number).filter(|slot| self.groups.is_opened(*slot));
                found = slot.map(|slot| (slot, self.at)).or(found);
            }
            self.at = found.map_or(start, |(_, end)| end);
            return Ok(found.map(|(slot, _)| slot));
        }
        let number = self.decimal()?;
        match self.groups.slot_of_number(number) {
            Some(slot) => Ok(Some(slot)),
            None if number <= 9 => self.defined(None, || format!("number {number}")),
            None => Ok(None),
        }
    }

    fn defined(&self, slot: Option<usize>, what: impl Fn() -> String) -> Parsed<Option<usize>> {
        match slot {
            Some(slot) => Ok(Some(slot)),
            None if !self.is_known => Ok(Some(0)),
            None => fault(format!("Reference to undefined group {}.", what())),
        }
    }

    fn backref(&self, slot: usize) -> Node {
        let ignores_case = self.options.has(Options::IGNORE_CASE);
        Node::Backref { slot, ignores_case, is_ecma: self.is_ecma() }
    }

    /// Behind `\p`.
    fn property(&mut self, is_negative: bool) -> Parsed<ClassUnicode> {
        if self.chars.len() - self.at < 3 {
            return fault("Incomplete \\p{X} character escape.");
        }
        if !self.eat('{') {
            return fault("Malformed \\p{X} character escape.");
        }
        let rest = &self.chars[self.at..];
        let name: String = rest.iter().copied().take_while(|char| is_word(*char) || *char == '-').collect();
        self.at += name.chars().count();
        if !self.eat('}') {
            return fault("Incomplete \\p{X} character escape.");
        }
        let Some(mut class) = class::property(&name) else {
            return fault(format!("Unknown property '{name}'."));
        };
        if self.options.has(Options::IGNORE_CASE) {
            class.case_fold_simple();
        }
        if is_negative {
            class.negate();
        }
        Ok(class)
    }

    /// A character behind a backslash.
    pub(super) fn char_escape(&mut self) -> Parsed<char> {
        let Some(char) = self.next() else {
            return fault("Illegal \\ at end of pattern.");
        };
        Ok(match char {
            '0'..='7' => {
                self.at -= 1;
                self.octal()
            }
            'x' => self.hex(2)?,
            'u' => self.hex(4)?,
            'a' => '\u{7}',
            'b' => '\u{8}',
            'e' => '\u{1B}',
            'f' => '\u{C}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{B}',
            'c' => {
                let Some(control) = self.next() else {
                    return fault("Missing control character.");
                };
                match control.to_ascii_uppercase() {
                    letter @ '@'..='_' => char::from(letter as u8 - b'@'),
                    _ => return fault("Unrecognized control character."),
                }
            }
            other if !self.is_ecma() && is_word(other) => {
                return fault(format!("Unrecognized escape sequence \\{other}."));
            }
            other => other,
        })
    }

    fn octal(&mut self) -> char {
        let mut code = 0;
        for _ in 0..3 {
            let Some(digit) = self.peek().and_then(|char| char.to_digit(8)) else {
                break;
            };
            self.at += 1;
            code = code * 8 + digit;
            if self.is_ecma() && code >= 0x20 {
                break;
            }
        }
        // Octal codes go up to 255.
        char::from(code as u8)
    }

    fn hex(&mut self, len: usize) -> Parsed<char> {
        let digits = self.chars.get(self.at..self.at + len).unwrap_or_default();
        let code = digits.iter().try_fold(0, |code, char| Some(code * 16 + char.to_digit(16)?));
        let Some(code) = code.filter(|_| digits.len() == len) else {
            return fault("Insufficient hexadecimal digits.");
        };
        self.at += len;
        // A pair of surrogates in two escapes is the character it stands for; a lone one matches nothing
        // that text here can hold.
        if (0xD800..0xDC00).contains(&code) && self.looking_at("\\u") {
            let low = self.chars.get(self.at + 2..self.at + 6).unwrap_or_default();
            let low = low.iter().try_fold(0, |code, char| Some(code * 16 + char.to_digit(16)?));
            if let Some(low) = low.filter(|low| (0xDC00..0xE000).contains(low)) {
                self.at += 6;
                let code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    // --- brackets ---

    /// Behind an opening bracket.
    pub(super) fn set(&mut self) -> Parsed<ClassUnicode> {
        self.deeper()?;
        let is_negative = self.eat('^');
        let mut class = ClassUnicode::empty();
        let mut subtracted = None;
        // A range's beginning that waits for its end.
        let mut range_start: Option<char> = None;
        let mut is_first = true;
        loop {
            let Some(char) = self.next() else {
                return fault("Unterminated [] set.");
            };
            let was_first = std::mem::replace(&mut is_first, false);
            let mut is_escaped = false;
            let mut char = char;
            if char == ']' && !was_first {
                break;
            } else if char == '\\' && self.peek().is_some() {
                match self.peek() {
                    Some(letter @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                        self.at += 1;
                        refuse_in_range(range_start, letter)?;
                        class.union(&class::perl(letter, self.is_ecma()));
                        continue;
                    }
                    Some(letter @ ('p' | 'P')) => {
                        self.at += 1;
                        refuse_in_range(range_start, letter)?;
                        class.union(&self.property(letter == 'P')?);
                        continue;
                    }
                    Some('-') => {
                        self.at += 1;
                        class.union(&class::ranges([('-', '-')]));
                        continue;
                    }
                    _ => {
                        char = self.char_escape()?;
                        is_escaped = true;
                    }
                }
            } else if char == '[' && range_start.is_none() {
                self.skip_posix_name();
            }
            if let Some(start) = range_start.take() {
                if char == '[' && !is_escaped && !was_first {
                    class.union(&class::ranges([(start, start)]));
                    subtracted = Some(self.subtraction()?);
                } else if start > char {
                    return fault("[x-y] range in reverse order.");
                } else {
                    class.union(&class::ranges([(start, char)]));
                }
            } else if self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|next| *next != ']')
            {
                range_start = Some(char);
                self.at += 1;
            } else if char == '-' && !is_escaped && !was_first && self.peek() == Some('[') {
                self.at += 1;
                subtracted = Some(self.subtraction()?);
            } else {
                class.union(&class::ranges([(char, char)]));
            }
        }
        self.depth -= 1;
        if self.options.has(Options::IGNORE_CASE) {
            class.case_fold_simple();
        }
        if is_negative {
            class.negate();
        }
        if let Some(subtracted) = subtracted {
            class.difference(&subtracted);
        }
        Ok(class)
    }

    fn subtraction(&mut self) -> Parsed<ClassUnicode> {
        let class = self.set()?;
        match self.peek() {
            Some(']') | None => Ok(class),
            Some(_) => fault("A subtraction must be the last element in a character class."),
        }
    }

    /// .NET reads `[:name:]` within brackets and makes nothing of it.
    fn skip_posix_name(&mut self) {
        let start = self.at;
        if self.eat(':') {
            self.name();
            if !(self.eat(':') && self.eat(']')) {
                self.at = start;
            }
        }
    }
}

fn refuse_in_range(range_start: Option<char>, letter: char) -> Parsed<()> {
    match range_start {
        Some(_) => fault(format!("Cannot include class \\{letter} in character range.")),
        None => Ok(()),
    }
}

/// `Regex.Escape`.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        let letter = match char {
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\u{C}' => 'f',
            '\\' | '*' | '+' | '?' | '|' | '{' | '[' | '(' | ')' | '^' | '$' | '.' | '#' | ' ' => char,
            _ => {
                out.push(char);
                continue;
            }
        };
        out.push('\\');
        out.push(letter);
    }
    out
}

/// `Regex.Unescape`.
///
/// # Errors
/// [`RegexError::Syntax`] for an escape that is none.
pub fn unescape(text: &str) -> Result<String, RegexError> {
    let chars: Vec<char> = text.chars().collect();
    let (options, groups) = (Options::NONE, Groups::default());
    let mut parser =
        Parser { chars: &chars, at: 0, options, depth: 0, groups, is_known: true, is_in_condition: false };
    let mut out = String::with_capacity(text.len());
    while let Some(char) = parser.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        // .NET drops a backslash at the end.
        if parser.at == chars.len() {
            break;
        }
        match parser.char_escape() {
            Ok(char) => out.push(char),
            Err(Fault::Syntax(reason)) => {
                return Err(RegexError::Syntax { pattern: text.to_owned(), reason });
            }
            Err(Fault::Other(error)) => return Err(error),
        }
    }
    Ok(out)
}
