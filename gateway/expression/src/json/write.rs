//! From a tree to JSON text, laid out as Json.NET does: two blanks a level, `\n` between lines.

use super::failure::Outcome;
use super::scalar::{Kind, Scalar};
use super::text::json_of;
use super::token::Token;
use crate::arena::{Arena, OutOfMemory};

/// `Formatting`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `Formatting.None`
    Compact,
    Indented,
}

/// `JToken.ToString(formatting)`, and `JsonConvert.SerializeObject` of a token.
///
/// # Errors
/// The budget is spent.
pub fn write<'a>(arena: &'a Arena, token: Token<'a>, layout: Layout) -> Outcome<&'a str> {
    let mut writer = Writer::new(arena, layout);
    writer.token(token)?;
    writer.finish()
}

impl<'a> Token<'a> {
    /// `ToString()`: JSON on several lines, but the bare text of a value.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn text(self, arena: &'a Arena) -> Outcome<&'a str> {
        match self.scalar() {
            Some(Scalar::String(text) | Scalar::Raw(text) | Scalar::Comment(text)) => Ok(text),
            Some(scalar) => Ok(arena.text(&super::text::text_of(scalar))?),
            None => write(arena, self, Layout::Indented),
        }
    }
}

/// Text that grows no longer than what the budget has left.
pub(super) struct Writer<'a> {
    arena: &'a Arena,
    layout: Layout,
    out: String,
    depth: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(arena: &'a Arena, layout: Layout) -> Self {
        Self { arena, layout, out: String::new(), depth: 0 }
    }

    pub(super) fn finish(self) -> Outcome<&'a str> {
        Ok(self.arena.text(&self.out)?)
    }

    /// A token and all below it.
    pub(super) fn token(&mut self, root: Token<'a>) -> Result<(), OutOfMemory> {
        let mut at = root;
        loop {
            self.open(at)?;
            let Some(child) = at.first_child() else {
                // What is finished: this token, and every parent whose last child it is.
                loop {
                    if at == root {
                        return Ok(());
                    }
                    if let Some(next) = at.next() {
                        at = next;
                        break;
                    }
                    let Some(parent) = at.parent() else { return Ok(()) };
                    at = parent;
                    self.close(at)?;
                }
                self.separate(at)?;
                continue;
            };
            at = child;
            self.separate(at)?;
        }
    }

    fn open(&mut self, token: Token<'a>) -> Result<(), OutOfMemory> {
        match (token.kind(), token.scalar()) {
            (Kind::Object, _) => self.begin("{", token)?,
            (Kind::Array, _) => self.begin("[", token)?,
            (Kind::Constructor, _) => {
                let name = token.name().unwrap_or_default();
                self.out.push_str("new ");
                self.out.push_str(name);
                self.begin("(", token)?;
            }
            (Kind::Property, _) => self.name(token.name().unwrap_or_default())?,
            (_, Some(scalar)) => self.scalar(scalar)?,
            _ => {}
        }
        self.check()
    }

    fn begin(&mut self, bracket: &str, token: Token<'a>) -> Result<(), OutOfMemory> {
        self.out.push_str(bracket);
        match token.is_empty() {
            true if token.kind() == Kind::Constructor => {
                self.break_line()?;
                self.out.push_str(closing(token.kind()));
            }
            true => self.out.push_str(closing(token.kind())),
            false => self.depth += 1,
        }
        Ok(())
    }

    fn close(&mut self, token: Token<'a>) -> Result<(), OutOfMemory> {
        if token.kind() == Kind::Property {
            return Ok(());
        }
        self.depth = self.depth.saturating_sub(1);
        if token.children().any(|child| child.kind() != Kind::Comment) {
            self.break_line()?;
        }
        self.out.push_str(closing(token.kind()));
        self.check()
    }

    /// What stands in front of a child.
    fn separate(&mut self, child: Token<'a>) -> Result<(), OutOfMemory> {
        if child.parent().is_some_and(|parent| parent.kind() == Kind::Property) {
            return Ok(());
        }
        let mut before = std::iter::successors(child.previous(), |token| token.previous());
        if child.kind() != Kind::Comment && before.any(|token| token.kind() != Kind::Comment) {
            self.out.push(',');
        }
        self.break_line()
    }

    fn break_line(&mut self) -> Result<(), OutOfMemory> {
        if self.layout == Layout::Compact {
            return Ok(());
        }
        // An indentation may be longer than all text before it, so it is looked at first.
        if self.arena.left() < self.out.len() + 2 * self.depth {
            return Err(OutOfMemory);
        }
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", self.depth));
        Ok(())
    }

    pub(super) fn name(&mut self, name: &str) -> Result<(), OutOfMemory> {
        quote_into(&mut self.out, name);
        self.out.push_str(if self.layout == Layout::Indented { ": " } else { ":" });
        self.check()
    }

    pub(super) fn scalar(&mut self, scalar: Scalar<'_>) -> Result<(), OutOfMemory> {
        match scalar {
            Scalar::String(text) => quote_into(&mut self.out, text),
            other => self.out.push_str(&json_of(other)),
        }
        self.check()
    }

    fn check(&self) -> Result<(), OutOfMemory> {
        if self.out.len() > self.arena.left() { Err(OutOfMemory) } else { Ok(()) }
    }
}

fn closing(kind: Kind) -> &'static str {
    match kind {
        Kind::Object => "}",
        Kind::Array => "]",
        _ => ")",
    }
}

/// A JSON string with its quotes, `JsonConvert.ToString(string)`.
pub fn quote_into(out: &mut String, text: &str) {
    out.push('"');
    escape_into(out, text, '"');
    out.push('"');
}

/// Text as it stands between quotes of one kind.
pub(super) fn escape_into(out: &mut String, text: &str, quote: char) {
    let is_escaped = |letter: char| {
        letter < ' ' || letter == quote || matches!(letter, '\\' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    let mut rest = text;
    while let Some(at) = rest.find(is_escaped) {
        let (plain, from) = rest.split_at(at);
        out.push_str(plain);
        let letter = from.chars().next().unwrap_or_default();
        match letter {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            '\u{8}' => out.push_str("\\b"),
            '\\' => out.push_str("\\\\"),
            _ if letter == quote => out.extend(['\\', quote]),
            _ => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
        }
        rest = &from[letter.len_utf8()..];
    }
    out.push_str(rest);
}
