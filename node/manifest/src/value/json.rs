//! JSON to a positioned tree.
//!
//! YAML is nearly a superset of JSON, but not in what generated documents are full of: surrogate
//! pairs, tabs, keys of any length. So JSON has a reader of its own, strict as RFC 8259 is.

use super::{Budget, DEPTH_MAX, Entry, Mapping, Node, Value};
use crate::Finding;

/// Reads the one value of a text; no node when the syntax is broken.
pub(super) fn read(file: &str, text: &str) -> (Option<Node>, Vec<Finding>) {
    let mut reader = Reader {
        file,
        text,
        bytes: text.as_bytes(),
        position: 0,
        line: 1,
        column: 1,
        path: Vec::new(),
        budget: Budget::new(),
        findings: Vec::new(),
    };
    let node = reader.document();
    match node {
        Ok(node) => (Some(node), reader.findings),
        Err(stop) => {
            reader.findings.push(*stop);
            (None, reader.findings)
        }
    }
}

type Step<T> = Result<T, Box<Finding>>;

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    bytes: &'a [u8],
    /// Byte offset; always at the beginning of a character.
    position: usize,
    line: u32,
    column: u32,
    /// Where in the tree: keys, and indices as `[3]`.
    path: Vec<String>,
    budget: Budget,
    findings: Vec<Finding>,
}

impl Reader<'_> {
    fn document(&mut self) -> Step<Node> {
        self.skip_blanks();
        let node = self.value(0)?;
        self.skip_blanks();
        if self.position < self.bytes.len() {
            return Err(self.unexpected("the end of the file"));
        }
        Ok(node)
    }

    fn value(&mut self, depth: usize) -> Step<Node> {
        if let Err(message) = self.budget.node() {
            return Err(self.stop(message));
        }
        let (line, column) = (self.line, self.column);
        let value = match self.peek() {
            Some(b'{') => self.mapping(depth)?,
            Some(b'[') => self.sequence(depth)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.word()?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Node { value, line, column })
    }

    fn deeper(&self, depth: usize) -> Step<usize> {
        if depth >= DEPTH_MAX {
            return Err(self.stop(format!("nested more than {DEPTH_MAX} levels deep")));
        }
        Ok(depth + 1)
    }

    fn sequence(&mut self, depth: usize) -> Step<Value> {
        let depth = self.deeper(depth)?;
        self.advance();
        self.skip_blanks();
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Value::Sequence(items));
        }
        loop {
            self.skip_blanks();
            self.path.push(format!("[{}]", items.len()));
            items.push(self.value(depth)?);
            self.path.pop();
            self.skip_blanks();
            if self.take(b']') {
                items.shrink_to_fit();
                return Ok(Value::Sequence(items));
            }
            if !self.take(b',') {
                return Err(self.unexpected("`,` or `]`"));
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Step<Value> {
        let depth = self.deeper(depth)?;
        self.advance();
        self.skip_blanks();
        let mut entries = Vec::new();
        if !self.take(b'}') {
            loop {
                entries.push(self.entry(depth)?);
                self.skip_blanks();
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.unexpected("`,` or `}`"));
                }
            }
        }
        let (mapping, duplicates) = Mapping::new(entries);
        for entry in duplicates {
            let path = self.path.iter().map(String::as_str).chain([entry.key.as_str()]);
            self.findings.push(duplicate_key(self.file, join_path(path), &entry, &mapping));
        }
        Ok(Value::Mapping(mapping))
    }

    fn entry(&mut self, depth: usize) -> Step<Entry> {
        self.skip_blanks();
        let (line, column) = (self.line, self.column);
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let key = self.string()?;
        self.skip_blanks();
        if !self.take(b':') {
            return Err(self.unexpected("`:` behind the key"));
        }
        self.skip_blanks();
        self.path.push(key);
        let value = self.value(depth)?;
        let key = self.path.pop().expect("it was pushed above");
        Ok(Entry { key, line, column, value })
    }

    fn word(&mut self) -> Step<Value> {
        for (word, value) in [
            ("true", Value::Bool(true, "true")),
            ("false", Value::Bool(false, "false")),
            ("null", Value::Null),
        ] {
            let rest = &self.bytes[self.position..];
            let ends = rest.get(word.len()).is_none_or(|next| !next.is_ascii_alphanumeric());
            if rest.starts_with(word.as_bytes()) && ends {
                self.position += word.len();
                self.column += word.len() as u32;
                return Ok(value);
            }
        }
        Err(self.unexpected("a value (`true`, `false`, `null`, or text in double quotes)"))
    }

    fn number(&mut self) -> Step<String> {
        let start = self.position;
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        } else if matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.stop("a number cannot begin with 0".to_owned()));
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.advance();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.advance();
            }
            self.digits()?;
        }
        Ok(self.text[start..self.position].to_owned())
    }

    fn digits(&mut self) -> Step<()> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected("a digit"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.advance();
        }
        Ok(())
    }

    fn string(&mut self) -> Step<String> {
        self.advance();
        let mut out = String::new();
        loop {
            let start = self.position;
            while let Some(byte) = self.peek()
                && !matches!(byte, b'"' | b'\\' | 0..=0x1f)
            {
                self.position += 1;
                // Bytes that continue a character do not move the column.
                self.column += u32::from(byte & 0xc0 != 0x80);
            }
            out.push_str(&self.text[start..self.position]);
            match self.peek() {
                Some(b'"') => {
                    self.advance();
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => {
                    return Err(
                        self.stop("a control character stands in a text; escape it, as in `\\n`".to_owned())
                    );
                }
                None => return Err(self.unexpected("a closing `\"`")),
            }
        }
    }

    fn escape(&mut self) -> Step<char> {
        self.advance();
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.unexpected("an escape: one of `\"\\/bfnrtu` behind `\\`")),
        };
        self.advance();
        Ok(plain)
    }

    /// `\u0041`, or two of them that are a surrogate pair. Stands at the `u`.
    fn unicode_escape(&mut self) -> Step<char> {
        let high = self.four_hex_digits()?;
        if let Some(plain) = char::from_u32(high) {
            return Ok(plain);
        }
        let lone = |reader: &Self| reader.stop("half a surrogate pair stands alone".to_owned());
        if high >= 0xdc00 || !self.bytes[self.position..].starts_with(b"\\u") {
            return Err(lone(self));
        }
        self.advance();
        let low = self.four_hex_digits()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(lone(self));
        }
        char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)).ok_or_else(|| lone(self))
    }

    fn four_hex_digits(&mut self) -> Step<u32> {
        self.advance();
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else { return Err(self.unexpected("four hexadecimal digits")) };
            value = value * 16 + digit;
            self.advance();
        }
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.advance();
        }
        found
    }

    /// Goes past one ASCII character that is no line break.
    fn advance(&mut self) {
        self.position += 1;
        self.column += 1;
    }

    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.advance(),
                b'\n' => {
                    self.position += 1;
                    self.line += 1;
                    self.column = 1;
                }
                _ => return,
            }
        }
    }

    fn unexpected(&self, expected: &str) -> Box<Finding> {
        let found = match self.text[self.position..].chars().next() {
            None => "the file ends".to_owned(),
            Some(c) => format!("found {c:?}"),
        };
        self.stop(format!("no valid JSON: expected {expected}, {found}"))
    }

    fn stop(&self, message: String) -> Box<Finding> {
        Box::new(Finding {
            file: self.file.to_owned(),
            line: self.line,
            column: self.column,
            field: join_path(self.path.iter().map(String::as_str)),
            message,
            hint: String::new(),
        })
    }
}

/// The finding of a key that has been there before.
pub(super) fn duplicate_key(file: &str, field: String, entry: &Entry, mapping: &Mapping) -> Finding {
    let first = mapping.get(&entry.key).map_or(0, |first| first.line);
    Finding {
        file: file.to_owned(),
        line: entry.line,
        column: entry.column,
        field,
        message: format!("`{}` is given twice; the first one is in line {first}", entry.key),
        hint: "remove one of them".to_owned(),
    }
}

/// `paths`, `/orders`, `[2]` become `paths./orders[2]`.
pub(super) fn join_path<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut path = String::new();
    for part in parts {
        if !path.is_empty() && !part.starts_with('[') {
            path.push('.');
        }
        path.push_str(part);
    }
    path
}
