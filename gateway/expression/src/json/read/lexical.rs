//! Strings, numbers, names and comments.

use super::date;
use super::reader::{Event, Reader, is_blank};
use crate::json::failure::Outcome;
use crate::json::scalar::{Kind, Scalar};

/// Longest integer past 64 bits, in characters; Json.NET's bound.
pub const INTEGER_LENGTH_MAX: usize = 380;

impl<'a> Reader<'a> {
    // === strings ===

    /// A string as a value: a date where it looks like one.
    pub(super) fn string(&mut self, quote: char) -> Outcome<Scalar<'a>> {
        let text = self.quoted(quote)?;
        let date = if self.settings.dates { date::parse(text) } else { None };
        Ok(date.map_or(Scalar::String(text), Scalar::Date))
    }

    fn quoted(&mut self, quote: char) -> Outcome<&'a str> {
        self.step();
        let start = self.at;
        let plain = |letter: char| letter != quote && !matches!(letter, '\\' | '\r' | '\n');
        let mut unescaped: Option<String> = None;
        loop {
            let run_start = self.at;
            self.at += self.rest().find(|letter| !plain(letter)).unwrap_or(self.rest().len());
            if self.is_end() {
                return self.fail(format!("Unterminated string. Expected delimiter: {quote}."));
            }
            let found = self.peek();
            if matches!(found, '\r' | '\n') {
                self.step();
            }
            if let Some(out) = &mut unescaped {
                out.push_str(&self.text[run_start..self.at]);
            }
            if found == quote {
                let text = match unescaped {
                    None => &self.text[start..self.at],
                    Some(out) => self.arena.text(&out)?,
                };
                self.step();
                return Ok(text);
            }
            if found == '\\' {
                let so_far = &self.text[start..self.at];
                let out = unescaped.get_or_insert_with(|| so_far.to_owned());
                let escaped = self.escape(quote)?;
                out.push_str(&escaped);
            }
        }
    }

    /// What an escape sequence stands for; several in a row where they are halves of characters.
    fn escape(&mut self, quote: char) -> Outcome<String> {
        self.at += 1;
        if self.is_end() {
            return self.fail(format!("Unterminated string. Expected delimiter: {quote}."));
        }
        let letter = self.peek();
        self.at += letter.len_utf8();
        let plain = match letter {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            '\\' | '"' | '\'' | '/' => letter,
            'u' => return self.unicode(),
            _ => return self.fail(format!("Bad JSON escape sequence: \\{letter}.")),
        };
        Ok(plain.to_string())
    }

    fn unicode(&mut self) -> Outcome<String> {
        let mut units = vec![self.hexadecimal()?];
        while is_high(units.last().copied()) && self.rest().starts_with("\\u") {
            self.at += 2;
            units.push(self.hexadecimal()?);
        }
        Ok(String::from_utf16_lossy(&units))
    }

    fn hexadecimal(&mut self) -> Outcome<u16> {
        // A string has at least its closing quote behind the digits.
        let behind = self.rest().char_indices().nth(4);
        let Some((length, _)) = behind else {
            return self.fail("Unexpected end while parsing Unicode escape sequence.");
        };
        let digits = &self.rest()[..length];
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        match u16::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal) {
            Some(unit) => {
                self.at += length;
                Ok(unit)
            }
            None => self.fail(format!("Invalid Unicode escape sequence: \\u{digits}.")),
        }
    }

    // === names ===

    pub(super) fn property_name(&mut self) -> Outcome<&'a str> {
        let first = self.peek();
        match first {
            '"' | '\'' => self.quoted(first),
            _ if is_name(first) => self.unquoted_name(),
            _ => self.fail(format!("Invalid property identifier character: {first}.")),
        }
    }

    fn unquoted_name(&mut self) -> Outcome<&'a str> {
        let name = self.rest();
        let length = name.find(|letter| !is_name(letter)).unwrap_or(name.len());
        self.at += length;
        let behind = self.peek();
        if self.is_end() {
            return self.fail("Unexpected end while parsing unquoted property name.");
        }
        if behind != ':' && behind != '\0' && !is_blank(behind) {
            return self.fail(format!("Invalid JavaScript property identifier character: {behind}."));
        }
        Ok(&name[..length])
    }

    /// Goes past a word that something separating follows.
    pub(super) fn matches_word(&mut self, word: &str) -> Outcome<bool> {
        if self.rest().encode_utf16().take(word.len()).count() < word.len() {
            self.at = self.text.len();
            return self.fail("Unexpected end when reading JSON.");
        }
        let same = self.rest().chars().zip(word.chars()).take_while(|(left, right)| left == right).count();
        self.at += same;
        Ok(same == word.len() && (self.is_end() || self.peek() == '\0' || self.is_separator()))
    }

    fn is_separator(&self) -> bool {
        match self.peek() {
            '}' | ']' | ',' => true,
            '/' => matches!(self.peek_second(), Some('*' | '/')),
            ')' => self.is_in_constructor(),
            letter => is_blank(letter),
        }
    }

    /// `new Name(`
    pub(super) fn constructor_start(&mut self) -> Outcome<Event<'a>> {
        if !self.matches_word("new")? {
            return self.fail("Unexpected content while parsing JSON.");
        }
        self.skip_blanks();
        let name = self.rest();
        let length = name.find(|letter: char| !letter.is_alphanumeric()).unwrap_or(name.len());
        self.at += length;
        if self.is_end() {
            return self.fail("Unexpected end while parsing constructor.");
        }
        let behind = self.peek();
        if behind != '(' && !is_blank(behind) {
            return self.fail(format!("Unexpected character while parsing constructor: {behind}."));
        }
        self.skip_blanks();
        let bracket = self.peek();
        if bracket != '(' {
            return self.fail(format!("Unexpected character while parsing constructor: {bracket}."));
        }
        self.start(Kind::Constructor, &name[..length])
    }

    // === comments ===

    pub(super) fn comment(&mut self) -> Outcome<Event<'a>> {
        self.at += 1;
        // Json.NET wants to see a character of the comment as well.
        if self.rest().encode_utf16().nth(1).is_none() {
            return self.fail("Unexpected end while parsing comment.");
        }
        let second = self.peek();
        if second != '*' && second != '/' {
            return self.fail(format!("Error parsing comment. Expected: *, got {second}."));
        }
        self.at += 1;
        let start = self.at;
        let is_line = second == '/';
        while !self.is_end() {
            if is_line && matches!(self.peek(), '\r' | '\n') {
                return Ok(Event::Comment(&self.text[start..self.at]));
            }
            if !is_line && self.rest().starts_with("*/") {
                let text = &self.text[start..self.at];
                self.at += 2;
                return Ok(Event::Comment(text));
            }
            self.step();
        }
        if is_line {
            return Ok(Event::Comment(&self.text[start..]));
        }
        self.fail("Unexpected end while parsing comment.")
    }

    // === numbers ===

    pub(super) fn number(&mut self) -> Outcome<Scalar<'a>> {
        let number = self.rest();
        let is_part =
            |letter: char| letter.is_ascii_hexdigit() || matches!(letter, '-' | '+' | 'x' | 'X' | '.');
        let length = number.find(|letter| !is_part(letter)).unwrap_or(number.len());
        self.at += length;
        let behind = self.peek();
        if !matches!(behind, '\0' | ',' | '}' | ']' | ')' | '/') && !is_blank(behind) {
            return self.fail(format!("Unexpected character encountered while parsing number: {behind}."));
        }
        let number = &number[..length];
        // From here on the value counts as read, also in the path of an error.
        self.finish_value();
        match self.number_value(number)? {
            Some(value) => Ok(value),
            None => self.fail(format!("Input string '{number}' is not a valid number.")),
        }
    }

    fn number_value(&self, number: &'a str) -> Outcome<Option<Scalar<'a>>> {
        let other_base =
            number.strip_prefix('0').filter(|rest| !rest.is_empty() && !rest.starts_with(['.', 'e', 'E']));
        if let Some(digits) = other_base {
            let (digits, base) = match digits.strip_prefix(['x', 'X']) {
                Some(digits) => (digits, 16),
                None => (digits, 8),
            };
            let is_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let value = u64::from_str_radix(digits, base).ok().filter(|_| is_digits);
            return Ok(value.map(|value| Scalar::Integer(value.cast_signed())));
        }
        let digits = number.strip_prefix('-').unwrap_or(number);
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            let value: Option<f64> = number.parse().ok();
            return Ok(value.filter(|value| value.is_finite()).map(Scalar::Float));
        }
        if let Ok(value) = number.parse() {
            return Ok(Some(Scalar::Integer(value)));
        }
        if number.len() > INTEGER_LENGTH_MAX {
            return self.fail(format!("JSON integer {number} is too large to parse."));
        }
        let significant = digits.trim_start_matches('0');
        let sign = &number[..number.len() - digits.len()];
        Ok(Some(Scalar::Big(self.arena.concat(&[sign, significant])?)))
    }
}

fn is_high(unit: Option<u16>) -> bool {
    unit.is_some_and(|unit| (0xd800..0xdc00).contains(&unit))
}

/// What an unquoted name is made of.
fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$')
}
