//! One event after the other, by the states of Json.NET's `JsonTextReader`.

use super::place::{self, Level};
use super::{DEPTH_MAX, ReadSettings};
use crate::arena::Arena;
use crate::json::failure::{Failure, JSON_READER, Outcome, throw};
use crate::json::scalar::{Kind, Scalar};

/// What was read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event<'a> {
    /// Object, array or constructor; the name is a constructor's.
    Start(Kind, &'a str),
    Name(&'a str),
    Value(Scalar<'a>),
    Comment(&'a str),
    End(Kind),
}

impl Event<'_> {
    /// `JsonToken`'s member.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Start(Kind::Object, _) => "StartObject",
            Self::Start(Kind::Array, _) => "StartArray",
            Self::Start(..) => "StartConstructor",
            Self::Name(_) => "PropertyName",
            Self::Value(scalar) => scalar.kind().name(),
            Self::Comment(_) => "Comment",
            Self::End(kind) => end_name(*kind),
        }
    }
}

fn end_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Object => "EndObject",
        Kind::Array => "EndArray",
        _ => "EndConstructor",
    }
}

/// What may stand next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    /// Behind a container's opening bracket.
    Opened,
    /// Behind a comma.
    Comma,
    /// Behind a name and its colon.
    Property,
    PostValue,
    Finished,
}

pub(super) struct Reader<'a> {
    pub(super) arena: &'a Arena,
    pub(super) text: &'a str,
    /// Offset of the next character.
    pub(super) at: usize,
    line: usize,
    line_start: usize,
    state: State,
    levels: Vec<Level<'a>>,
    pub(super) settings: ReadSettings,
    read_comment: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(arena: &'a Arena, text: &'a str, settings: ReadSettings) -> Self {
        Self {
            arena,
            text,
            at: 0,
            line: 1,
            line_start: 0,
            state: State::Start,
            levels: Vec::new(),
            settings,
            read_comment: false,
        }
    }

    /// The next event; none at the text's end, however much is open.
    pub(super) fn read(&mut self) -> Outcome<Option<Event<'a>>> {
        let event = loop {
            let in_object = self.levels.last().is_some_and(|level| level.kind == Kind::Object);
            match self.state {
                State::Opened | State::Comma if in_object => break self.read_in_object()?,
                State::Start | State::Opened | State::Comma | State::Property => break self.read_value()?,
                State::PostValue => {
                    if let Some(event) = self.read_post_value()? {
                        break Some(event);
                    }
                }
                State::Finished => break self.read_finished()?,
            }
        };
        self.read_comment = matches!(event, Some(Event::Comment(_)));
        Ok(event)
    }

    /// An exception that says where the reader is.
    pub(super) fn failure_of(&self, ty: &'static str, text: &str) -> Failure {
        let position = self.text[self.line_start..self.at].encode_utf16().count();
        let nothing_read = self.state == State::Start && position == 0 && !self.read_comment;
        let line = if nothing_read { 0 } else { self.line };
        // A container that has only been opened is not part of the path yet.
        let open = match self.state {
            State::Opened => self.levels.split_last().map_or(&[][..], |(_, around)| around),
            _ => &self.levels,
        };
        throw(ty, place::message(text, &place::path(open), line, position))
    }

    /// Containers that are open, from the outermost on.
    pub(super) fn depth(&self) -> usize {
        self.levels.len()
    }

    /// The path of the innermost open container.
    pub(super) fn container_path(&self) -> String {
        place::path(self.levels.split_last().map_or(&[], |(_, around)| around))
    }

    pub(super) fn fail<T>(&self, text: impl AsRef<str>) -> Outcome<T> {
        Err(self.failure_of(JSON_READER, text.as_ref()))
    }

    pub(super) fn unexpected<T>(&self, found: char) -> Outcome<T> {
        self.fail(format!("Unexpected character encountered while parsing value: {found}."))
    }

    // === characters ===

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn is_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// The next character; a zero character at the end.
    pub(super) fn peek(&self) -> char {
        self.rest().chars().next().unwrap_or('\0')
    }

    /// The character behind the next one.
    pub(super) fn peek_second(&self) -> Option<char> {
        self.rest().chars().nth(1)
    }

    /// Goes past the next character, and counts lines.
    pub(super) fn step(&mut self) {
        let letter = self.peek();
        if self.is_end() {
            return;
        }
        self.at += letter.len_utf8();
        let is_pair = letter == '\r' && self.peek() == '\n';
        if is_pair {
            self.at += 1;
        }
        if matches!(letter, '\r' | '\n') {
            self.line += 1;
            self.line_start = self.at;
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        while !self.is_end() && (self.peek() == '\0' || is_blank(self.peek())) {
            self.step();
        }
    }

    // === states ===

    fn read_in_object(&mut self) -> Outcome<Option<Event<'a>>> {
        loop {
            match self.peek() {
                '\0' if self.is_end() => return Ok(None),
                '}' => {
                    self.step();
                    return self.end(Kind::Object).map(Some);
                }
                '/' => return self.comment().map(Some),
                letter if letter == '\0' || is_blank(letter) => self.step(),
                _ => break,
            }
        }
        let name = self.property_name()?;
        self.skip_blanks();
        if self.peek() != ':' {
            let found = self.peek();
            return self.fail(format!(
                "Invalid character after parsing property name. Expected ':' but got: {found}."
            ));
        }
        self.step();
        self.state = State::Property;
        if let Some(level) = self.levels.last_mut() {
            level.name = Some(name);
        }
        Ok(Some(Event::Name(name)))
    }

    fn read_value(&mut self) -> Outcome<Option<Event<'a>>> {
        loop {
            let letter = self.peek();
            return match letter {
                '\0' if self.is_end() => Ok(None),
                '"' | '\'' => self.string(letter).and_then(|text| self.value(text)),
                't' => self.word("true", Scalar::Boolean(true), "boolean"),
                'f' => self.word("false", Scalar::Boolean(false), "boolean"),
                'n' => match self.peek_second() {
                    Some('u') => self.word("null", Scalar::Null, "null"),
                    Some('e') => self.constructor_start().map(Some),
                    Some(_) => self.unexpected('n'),
                    None => {
                        self.step();
                        self.fail("Unexpected end when reading JSON.")
                    }
                },
                'N' => self.word("NaN", Scalar::Float(f64::NAN), "NaN"),
                'I' => self.word("Infinity", Scalar::Float(f64::INFINITY), "Infinity"),
                '-' if self.peek_second() == Some('I') => {
                    self.word("-Infinity", Scalar::Float(f64::NEG_INFINITY), "-Infinity")
                }
                '/' => self.comment().map(Some),
                'u' => self.word("undefined", Scalar::Undefined, "undefined"),
                '{' => self.start(Kind::Object, "").map(Some),
                '[' => self.start(Kind::Array, "").map(Some),
                ']' | ')' => {
                    self.step();
                    self.end(if letter == ']' { Kind::Array } else { Kind::Constructor }).map(Some)
                }
                // The comma itself is read as what stands behind the missing value.
                ',' => self.value(Scalar::Undefined),
                _ if letter == '\0' || is_blank(letter) => {
                    self.step();
                    continue;
                }
                '-' | '.' => self.number().map(|number| Some(Event::Value(number))),
                _ if letter.is_numeric() => self.number().map(|number| Some(Event::Value(number))),
                _ => self.unexpected(letter),
            };
        }
    }

    /// None behind a comma, and at the end.
    fn read_post_value(&mut self) -> Outcome<Option<Event<'a>>> {
        loop {
            let letter = self.peek();
            match letter {
                '\0' if self.is_end() => {
                    self.state = State::Finished;
                    return Ok(None);
                }
                '}' | ']' | ')' => {
                    self.step();
                    let kind = match letter {
                        '}' => Kind::Object,
                        ']' => Kind::Array,
                        _ => Kind::Constructor,
                    };
                    return self.end(kind).map(Some);
                }
                '/' => return self.comment().map(Some),
                ',' => {
                    self.step();
                    self.state = State::Comma;
                    return Ok(None);
                }
                _ if letter == '\0' || is_blank(letter) => self.step(),
                _ => {
                    return self.fail(format!(
                        "After parsing a value an unexpected character was encountered: {letter}."
                    ));
                }
            }
        }
    }

    fn read_finished(&mut self) -> Outcome<Option<Event<'a>>> {
        self.skip_blanks();
        match self.peek() {
            '\0' if self.is_end() => Ok(None),
            '/' => self.comment().map(Some),
            letter => self
                .fail(format!("Additional text encountered after finished reading JSON content: {letter}.")),
        }
    }

    pub(super) fn is_in_constructor(&self) -> bool {
        matches!(self.state, State::Opened | State::Comma)
            && self.levels.last().is_some_and(|level| level.kind == Kind::Constructor)
    }

    fn value(&mut self, scalar: Scalar<'a>) -> Outcome<Option<Event<'a>>> {
        self.finish_value();
        Ok(Some(Event::Value(scalar)))
    }

    pub(super) fn finish_value(&mut self) {
        self.count_item();
        self.after_value();
    }

    pub(super) fn start(&mut self, kind: Kind, name: &'a str) -> Outcome<Event<'a>> {
        self.step();
        self.count_item();
        self.state = State::Opened;
        self.levels.push(Level::new(kind));
        if self.levels.len() > DEPTH_MAX {
            return self.fail(format!("The reader's MaxDepth of {DEPTH_MAX} has been exceeded."));
        }
        Ok(Event::Start(kind, name))
    }

    fn end(&mut self, kind: Kind) -> Outcome<Event<'a>> {
        let open = self.levels.pop().map_or(Kind::None, |level| level.kind);
        if open != kind {
            let (token, open) = (end_name(kind), open.name());
            return self.fail(format!("JsonToken {token} is not valid for closing JsonType {open}."));
        }
        self.after_value();
        Ok(Event::End(kind))
    }

    fn count_item(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.items += 1;
        }
    }

    fn after_value(&mut self) {
        self.state = if self.levels.is_empty() { State::Finished } else { State::PostValue };
    }

    fn word(&mut self, word: &str, value: Scalar<'a>, what: &str) -> Outcome<Option<Event<'a>>> {
        if self.matches_word(word)? {
            return self.value(value);
        }
        self.fail(format!("Error parsing {what} value."))
    }
}

/// `char.IsWhiteSpace`
pub(super) fn is_blank(letter: char) -> bool {
    // .NET has these four as controls; Rust has them all but the group separators.
    letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}')
}
