//! `StringComparison` and what it makes of two texts.
//!
//! Comparison by culture is an approximation of .NET Framework's invariant order: punctuation comes
//! before symbols, then digits, then letters, case decides last (`a` < `A` < `b`), hyphens and
//! apostrophes count only when all else is equal. Letters beyond ASCII come after `z` in the order of
//! their code points. Equality by culture is ordinal.

use std::cmp::Ordering;

use crate::clr::chars::{to_lower, to_upper};

/// How texts are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringComparison {
    CurrentCulture,
    CurrentCultureIgnoreCase,
    InvariantCulture,
    InvariantCultureIgnoreCase,
    Ordinal,
    OrdinalIgnoreCase,
}

impl StringComparison {
    pub const fn ignores_case(self) -> bool {
        matches!(
            self,
            Self::CurrentCultureIgnoreCase | Self::InvariantCultureIgnoreCase | Self::OrdinalIgnoreCase
        )
    }

    pub const fn ordinal(self) -> bool {
        matches!(self, Self::Ordinal | Self::OrdinalIgnoreCase)
    }
}

/// `String.Equals(a, b, comparison)`
pub fn equals(left: &str, right: &str, comparison: StringComparison) -> bool {
    if !comparison.ignores_case() {
        return left == right;
    }
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars().map(to_upper).eq(right.chars().map(to_upper))
}

/// `String.CompareOrdinal(a, b)`: the difference of the first units that differ, or of the lengths.
///
/// .NET looks at two units at a time, and behind a text's end at the 0 that stands there: where the shorter
/// text has an odd length, or none, what differs is the longer one's next unit.
pub fn compare_ordinal(left: &str, right: &str) -> i32 {
    let (left_units, right_units) = (super::length(left), super::length(right));
    let looked_at = match left_units.min(right_units) {
        0 => 1,
        shorter => shorter + shorter % 2,
    };
    let padded = |text| str::encode_utf16(text).chain(std::iter::once(0));
    let mut pairs = padded(left).zip(padded(right)).take(usize::try_from(looked_at).unwrap_or_default());
    match pairs.find(|(a, b)| a != b) {
        Some((a, b)) => i32::from(a) - i32::from(b),
        None => left_units - right_units,
    }
}

fn difference(mut left: impl Iterator<Item = u16>, mut right: impl Iterator<Item = u16>) -> i32 {
    loop {
        match (left.next(), right.next()) {
            (None, None) => return 0,
            (Some(_), None) => return count(left),
            (None, Some(_)) => return -count(right),
            (Some(a), Some(b)) if a != b => return i32::from(a) - i32::from(b),
            _ => {}
        }
    }
}

/// What is left of the longer text, with the unit just taken.
fn count(rest: impl Iterator<Item = u16>) -> i32 {
    i32::try_from(rest.count()).map_or(i32::MAX, |rest| rest.saturating_add(1))
}

/// `String.Compare(a, b, comparison)`: only the sign counts.
pub fn compare(left: &str, right: &str, comparison: StringComparison) -> i32 {
    match comparison {
        StringComparison::Ordinal => compare_ordinal(left, right),
        StringComparison::OrdinalIgnoreCase => {
            let upper = |unit: u16| char::from_u32(unit.into()).map_or(unit, |c| to_upper(c) as u16);
            difference(left.encode_utf16().map(upper), right.encode_utf16().map(upper))
        }
        _ => match compare_culture(left, right, comparison.ignores_case()) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        },
    }
}

fn compare_culture(left: &str, right: &str, ignore_case: bool) -> Ordering {
    let counts = |c: &char| !matches!(c, '-' | '\'' | '\0'..='\x08' | '\x0e'..='\x1f');
    let primary = |text: &str| text.chars().filter(counts).map(weight).collect::<Vec<_>>();
    let by_letters = primary(left).cmp(&primary(right));
    let by_case = || {
        let upper = |text: &str| text.chars().filter(counts).map(|c| c != to_lower(c)).collect::<Vec<_>>();
        if ignore_case { Ordering::Equal } else { upper(left).cmp(&upper(right)) }
    };
    // Ignored characters decide last: less for the text that has none, or has them later.
    let by_ignored = || {
        let mut rest = left.chars().zip(right.chars()).skip_while(|(a, b)| to_lower(*a) == to_lower(*b));
        match rest.next() {
            Some((a, b)) => match (counts(&a), counts(&b)) {
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                _ => (a == '-').cmp(&(b == '-')),
            },
            None if ignore_case => left.len().cmp(&right.len()),
            None => left.len().cmp(&right.len()),
        }
    };
    by_letters.then_with(by_case).then_with(by_ignored)
}

/// Place of a character in the order, without case.
fn weight(symbol: char) -> u32 {
    const BEFORE_DIGITS: &str = " \t\n\x0b\x0c\r!\"#$%&()*,./:;?@[\\]^_`{|}~+<=>";
    match BEFORE_DIGITS.find(symbol) {
        Some(place) => place as u32,
        None if symbol.is_alphanumeric() => 0x20_0000 + u32::from(to_lower(symbol)),
        None => 0x100 + u32::from(symbol),
    }
}
