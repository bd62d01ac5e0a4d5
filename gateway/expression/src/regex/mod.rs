//! `System.Text.RegularExpressions`: .NET's syntax and meaning over bounded engines.
//!
//! The one idea: a pattern is read once into a tree (`parse`); wherever the tree allows it a linear
//! automaton searches (`linear`), else a backtracking machine with .NET's semantics and a budget of
//! steps (`backtrack`). `fancy-regex` was weighed for the second part: its limit counts
//! backtracks, not the work between them, its look-behind reads forwards, and it remembers one capture
//! per group where .NET remembers all.
//!
//! Text is UTF-8 and positions are byte offsets; [`utf16_index`] turns them into what .NET counts.
//! Differs from .NET: a character beyond the basic plane is one character here and two there (`.`,
//! `{n}` and sets see it whole), the linear engine's `\b` takes Unicode's words for words (marks of all
//! kinds count), `RightToLeft` and balancing groups are refused, and case is folded by Unicode's simple
//! folding in all cultures.

mod ast;
mod backtrack;
mod blocks;
mod cache;
mod class;
mod error;
mod escape;
mod groups;
mod linear;
mod parse;
mod program;
mod replace;

use crate::span::Span;

pub use self::backtrack::{Budget, STACK_MAX};
pub use self::cache::{CACHED_MAX, cached};
pub use self::error::RegexError;
pub use self::escape::{escape, unescape};
pub use self::groups::GroupInfo;
pub use self::linear::AUTOMATON_BYTES_MAX;
pub use self::parse::NESTING_MAX;
pub use self::replace::{Replacement, SPLIT_PIECES_MAX};

use self::backtrack::Machine;
use self::groups::Groups;
use self::linear::Linear;
use self::program::Program;

/// Longest pattern, in bytes.
pub const PATTERN_BYTES_MAX: usize = 16 * 1024;

/// Longest text searched, in bytes.
pub const INPUT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// `RegexOptions`, with .NET's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options(u32);

/// A compiled pattern. Compile once, search often.
#[derive(Debug)]
pub struct Regex {
    pattern: String,
    options: Options,
    groups: Groups,
    linear: Option<Linear>,
    program: Program,
}

/// A match: the last capture of each group by slot; slot 0 is the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    groups: Vec<Option<Span>>,
    /// Where the search for this match began, which `\G` means.
    search_start: usize,
}

/// All matches one after another; ends after an error.
#[derive(Debug)]
pub struct Matches<'r, 't, 'b> {
    regex: &'r Regex,
    text: &'t str,
    budget: &'b mut Budget,
    /// Where to search, and whether the match before was empty; `None` at the end.
    next: Option<(usize, bool)>,
}

// === impl Options ===

impl Options {
    pub const NONE: Self = Self(0);
    pub const IGNORE_CASE: Self = Self(1);
    pub const MULTILINE: Self = Self(2);
    pub const EXPLICIT_CAPTURE: Self = Self(4);
    /// Means nothing here.
    pub const COMPILED: Self = Self(8);
    pub const SINGLELINE: Self = Self(16);
    pub const IGNORE_PATTERN_WHITESPACE: Self = Self(32);
    /// Refused.
    pub const RIGHT_TO_LEFT: Self = Self(64);
    pub const ECMA_SCRIPT: Self = Self(256);
    /// Means nothing here.
    pub const CULTURE_INVARIANT: Self = Self(512);

    /// From the enumeration's number.
    ///
    /// # Errors
    /// [`RegexError::Options`] for unknown bits and what may not stand with `ECMAScript`.
    pub fn from_bits(bits: u32) -> Result<Self, RegexError> {
        const KNOWN: u32 = 1 | 2 | 4 | 8 | 16 | 32 | 64 | 256 | 512;
        const WITH_ECMA_SCRIPT: u32 = 1 | 2 | 8 | 256;
        let is_ecma = bits & Self::ECMA_SCRIPT.0 != 0;
        let allowed = if is_ecma { WITH_ECMA_SCRIPT } else { KNOWN };
        if bits & !allowed == 0 { Ok(Self(bits)) } else { Err(RegexError::Options) }
    }

    pub const fn bits(self) -> u32 {
        self.0
    }

    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

// === impl Regex ===

impl Regex {
    /// `new Regex(pattern, options)`.
    ///
    /// # Errors
    /// The pattern is wrong, too large, or uses what is not supported.
    pub fn new(pattern: &str, options: Options) -> Result<Self, RegexError> {
        let options = Options::from_bits(options.bits())?;
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(RegexError::TooLarge { what: "pattern bytes", max: PATTERN_BYTES_MAX });
        }
        if options.has(Options::RIGHT_TO_LEFT) {
            return Err(RegexError::Unsupported("RegexOptions.RightToLeft"));
        }
        let parse::Pattern { node, groups } = parse::parse(pattern, options)?;
        let (linear, program) = (Linear::new(&node), Program::new(&node));
        Ok(Self { pattern: pattern.to_owned(), options, groups, linear, program })
    }

    /// `ToString()`.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    pub fn options(&self) -> Options {
        self.options
    }

    /// True when searches take time linear in the text.
    pub fn is_linear(&self) -> bool {
        self.linear.is_some()
    }

    /// The groups in order of their numbers; a place here is a slot.
    pub fn groups(&self) -> &[GroupInfo] {
        self.groups.infos()
    }

    /// The slot of `Groups[number]`.
    pub fn slot_of_number(&self, number: u32) -> Option<usize> {
        self.groups.slot_of_number(number)
    }

    /// The slot of `Groups["name"]`; numbers are names too.
    pub fn slot_of_name(&self, name: &str) -> Option<usize> {
        self.groups.slot_of_name(name)
    }

    /// `IsMatch`.
    ///
    /// # Errors
    /// [`RegexError::Budget`] or [`RegexError::TooLarge`].
    pub fn is_match(&self, text: &str, budget: &mut Budget) -> Result<bool, RegexError> {
        match self.linear.as_ref().filter(|linear| linear.can_search(text) && text.len() <= INPUT_BYTES_MAX) {
            Some(linear) => {
                budget.charge(linear_cost(text.len()))?;
                Ok(linear.is_match(text))
            }
            None => Ok(self.match_at(text, 0, budget)?.is_some()),
        }
    }

    /// `Match(input, startat)`: the first match from a byte offset on. Anchors and look-behind see what
    /// stands before. An offset that is no boundary of a character finds nothing.
    ///
    /// # Errors
    /// [`RegexError::Budget`] or [`RegexError::TooLarge`].
    pub fn match_at(
        &self,
        text: &str,
        start: usize,
        budget: &mut Budget,
    ) -> Result<Option<Match>, RegexError> {
        self.search(text, start, start, budget)
    }

    /// `Match.NextMatch()`: the first match behind another one of this regex in the same text.
    ///
    /// # Errors
    /// [`RegexError::Budget`] or [`RegexError::TooLarge`].
    pub fn match_behind(
        &self,
        text: &str,
        found: &Match,
        budget: &mut Budget,
    ) -> Result<Option<Match>, RegexError> {
        let span = found.span();
        Matches { regex: self, text, budget, next: Some((span.end, span.is_empty())) }.next().transpose()
    }

    /// `Matches(input, startat)`.
    pub fn matches<'r, 't, 'b>(
        &'r self,
        text: &'t str,
        start: usize,
        budget: &'b mut Budget,
    ) -> Matches<'r, 't, 'b> {
        Matches { regex: self, text, budget, next: Some((start, false)) }
    }

    /// `Group.Captures` of all groups by slot, oldest first. Searches once more where a group may have
    /// captured more than once.
    ///
    /// # Errors
    /// [`RegexError::Budget`].
    pub fn captures(
        &self,
        text: &str,
        found: &Match,
        budget: &mut Budget,
    ) -> Result<Vec<Vec<Span>>, RegexError> {
        let last_ones = || found.groups.iter().map(|group| group.iter().copied().collect()).collect();
        if !self.program.captures_often {
            return Ok(last_ones());
        }
        let machine = Machine::new(&self.program, text, found.search_start, self.groups().len());
        let lists = machine.find(found.span().start, budget)?;
        // Both engines agree on the match; should they not, the match as found stands.
        Ok(lists.filter(|lists| lists[0] == [found.span()]).unwrap_or_else(last_ones))
    }

    fn search(
        &self,
        text: &str,
        search_start: usize,
        from: usize,
        budget: &mut Budget,
    ) -> Result<Option<Match>, RegexError> {
        if text.len() > INPUT_BYTES_MAX {
            return Err(RegexError::TooLarge { what: "input bytes", max: INPUT_BYTES_MAX });
        }
        if !text.is_char_boundary(from) {
            return Ok(None);
        }
        let slot_count = self.groups().len();
        let groups = match self.linear.as_ref().filter(|linear| linear.can_search(text)) {
            Some(linear) => {
                let groups = linear.find(text, from, slot_count);
                let end = groups.as_ref().and_then(|groups| groups[0]).map_or(text.len(), |whole| whole.end);
                budget.charge(linear_cost(end - from))?;
                groups
            }
            None => {
                let lists = Machine::new(&self.program, text, search_start, slot_count).find(from, budget)?;
                lists.map(|lists| lists.iter().map(|list| list.last().copied()).collect())
            }
        };
        Ok(groups.map(|groups| Match { groups, search_start }))
    }
}

/// Steps of the linear engine: one for a search, one for each byte read.
fn linear_cost(bytes: usize) -> u64 {
    bytes as u64 + 1
}

// === impl Match ===

impl Match {
    pub fn span(&self) -> Span {
        self.groups[0].unwrap_or_default()
    }

    /// The last capture of a slot, if the group took part.
    pub fn group(&self, slot: usize) -> Option<Span> {
        self.groups.get(slot).copied().flatten()
    }

    /// By slot.
    pub fn groups(&self) -> &[Option<Span>] {
        &self.groups
    }
}

// === impl Matches ===

impl Iterator for Matches<'_, '_, '_> {
    type Item = Result<Match, RegexError>;

    /// A match may be empty directly behind the one before; behind an empty one the search moves on by
    /// one character.
    fn next(&mut self) -> Option<Self::Item> {
        let (search_start, is_behind_empty) = self.next.take()?;
        let mut from = search_start;
        if is_behind_empty {
            from += self.text.get(search_start..)?.chars().next()?.len_utf8();
        }
        match self.regex.search(self.text, search_start, from, self.budget) {
            Ok(None) => None,
            Ok(Some(found)) => {
                let span = found.span();
                self.next = Some((span.end, span.is_empty()));
                Some(Ok(found))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

/// The index that .NET counts for a byte offset: UTF-16 units before it.
pub fn utf16_index(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(0, crate::encoding::utf16_len)
}

#[cfg(test)]
mod tests;
