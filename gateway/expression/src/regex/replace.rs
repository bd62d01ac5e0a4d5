//! `Regex.Replace`, `Regex.Split` and `Match.Result`.
//!
//! The one idea: a replacement pattern is read once against the groups of its regex; what names no
//! group stands for itself.

use super::groups::Groups;
use super::{Budget, Match, Regex, RegexError};

/// Most pieces that a split may give.
pub const SPLIT_PIECES_MAX: usize = 1_000_000;

/// Longest result of a replacement, in bytes.
pub const RESULT_BYTES_MAX: usize = 16 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Slot(usize),
    /// The slot with the highest number.
    LastSlot,
    Before,
    After,
    Input,
}

/// A replacement pattern (`$1`, `${name}`, `$$`, `$&`, `` $` ``, `$'`, `$+`, `$_`) of one regex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement(Vec<Part>);

impl Regex {
    /// Reads a replacement pattern; there are no wrong ones.
    pub fn replacement(&self, pattern: &str) -> Replacement {
        Replacement::new(pattern, &self.groups, self.options.has(super::Options::ECMA_SCRIPT))
    }

    /// `Replace(input, replacement, count, startat)` from a byte offset on; `None` is no limit.
    ///
    /// # Errors
    /// [`RegexError::Budget`] or [`RegexError::TooLarge`].
    pub fn replace(
        &self,
        text: &str,
        start: usize,
        replacement: &Replacement,
        limit: Option<usize>,
        budget: &mut Budget,
    ) -> Result<String, RegexError> {
        let mut out = String::new();
        let mut behind = 0;
        let mut left = limit.unwrap_or(usize::MAX);
        let mut matches = self.matches(text, start, budget);
        while left > 0
            && let Some(found) = matches.next()
        {
            let found = found?;
            let span = found.span();
            out.push_str(&text[behind..span.start]);
            replacement.expand(text, &found, &mut out)?;
            behind = span.end;
            left -= 1;
        }
        out.push_str(&text[behind..]);
        Ok(out)
    }

    /// `Split(input, count, startat)` from a byte offset on: pieces between matches, with what groups
    /// captured in between; 0 is no limit.
    ///
    /// # Errors
    /// [`RegexError::Budget`] or [`RegexError::TooLarge`].
    pub fn split(
        &self,
        text: &str,
        start: usize,
        count: usize,
        budget: &mut Budget,
    ) -> Result<Vec<String>, RegexError> {
        let mut pieces = Vec::new();
        let mut behind = 0;
        let mut left = if count == 0 { usize::MAX } else { count - 1 };
        let mut matches = self.matches(text, start, budget);
        while left > 0
            && let Some(found) = matches.next()
        {
            let found = found?;
            let span = found.span();
            pieces.push(text[behind..span.start].to_owned());
            pieces.extend(
                found.groups()[1..].iter().flatten().map(|group| text[group.start..group.end].to_owned()),
            );
            if pieces.len() >= SPLIT_PIECES_MAX {
                return Err(RegexError::TooLarge { what: "pieces of a split", max: SPLIT_PIECES_MAX });
            }
            behind = span.end;
            left -= 1;
        }
        pieces.push(text[behind..].to_owned());
        Ok(pieces)
    }
}

impl Replacement {
    fn new(pattern: &str, groups: &Groups, is_ecma: bool) -> Self {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(at) = rest.find('$') {
            push_text(&mut parts, &rest[..at]);
            let behind = &rest[at + 1..];
            match dollar(behind, groups, is_ecma) {
                Some((part, len)) => {
                    parts.push(part);
                    rest = &behind[len..];
                }
                None => {
                    push_text(&mut parts, "$");
                    rest = behind;
                }
            }
        }
        push_text(&mut parts, rest);
        Self(parts)
    }

    /// `Match.Result`: appends what the pattern stands for at a match.
    ///
    /// # Errors
    /// [`RegexError::TooLarge`].
    pub fn expand(&self, text: &str, found: &Match, out: &mut String) -> Result<(), RegexError> {
        let span = found.span();
        let slot = |slot: usize| found.group(slot).map_or("", |span| &text[span.start..span.end]);
        for part in &self.0 {
            out.push_str(match part {
                Part::Text(text) => text,
                Part::Slot(at) => slot(*at),
                Part::LastSlot => slot(found.groups().len() - 1),
                Part::Before => &text[..span.start],
                Part::After => &text[span.end..],
                Part::Input => text,
            });
            if out.len() > RESULT_BYTES_MAX {
                return Err(RegexError::TooLarge { what: "bytes of a replacement", max: RESULT_BYTES_MAX });
            }
        }
        Ok(())
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(known)) => known.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// What stands behind a dollar sign, and its length.
fn dollar(behind: &str, groups: &Groups, is_ecma: bool) -> Option<(Part, usize)> {
    let part = match behind.chars().next()? {
        '$' => Part::Text("$".to_owned()),
        '&' => Part::Slot(0),
        '`' => Part::Before,
        '\'' => Part::After,
        '+' => Part::LastSlot,
        '_' => Part::Input,
        '{' => {
            let name = &behind[1..behind.find('}')?];
            let slot = match name.bytes().all(|byte| byte.is_ascii_digit()) {
                true => groups.slot_of_number(name.parse().ok()?),
                false => groups.slot_of_name(name),
            };
            return Some((Part::Slot(slot?), name.len() + 2));
        }
        '0'..='9' => return numbered(behind, groups, is_ecma),
        _ => return None,
    };
    Some((part, 1))
}

/// Digits of the largest group number.
const NUMBER_DIGITS_MAX: usize = 10;

/// All digits are the number; ECMAScript takes the longest one that is a group.
fn numbered(behind: &str, groups: &Groups, is_ecma: bool) -> Option<(Part, usize)> {
    let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
    let slot =
        |len: usize| groups.slot_of_number(behind[..len].parse().ok()?).map(|slot| (Part::Slot(slot), len));
    if is_ecma { (1..=digits.min(NUMBER_DIGITS_MAX)).rev().find_map(slot) } else { slot(digits) }
}
