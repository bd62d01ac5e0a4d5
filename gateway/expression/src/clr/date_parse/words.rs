//! A text read from left to right, and the words dates are made of.

use crate::clr::chars::is_white_space;
use crate::clr::date_format::MONTHS;
use crate::clr::datetime::DayOfWeek;

/// What is left of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) rest: &'a str,
}

impl<'a> Reader<'a> {
    pub(super) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(super) fn take(&mut self, symbol: char) -> bool {
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn skip_white(&mut self) {
        self.rest = self.rest.trim_start_matches(is_white_space);
    }

    /// Digits that stand here, up to a number of them.
    pub(super) fn digits(&mut self, most: usize) -> &'a str {
        let count = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(count);
        self.rest = rest;
        digits
    }

    /// A number of `least` to `most` digits.
    pub(super) fn number(&mut self, least: usize, most: usize) -> Option<i32> {
        let before = self.rest;
        let digits = self.digits(most);
        if digits.len() < least {
            self.rest = before;
            return None;
        }
        digits.parse().ok()
    }

    /// Takes a word, whatever its case.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        match self.rest.get(..word.len()) {
            Some(prefix) if prefix.eq_ignore_ascii_case(word) => {
                self.rest = &self.rest[word.len()..];
                true
            }
            _ => false,
        }
    }

    /// As [`Self::take_word`], if no letter follows.
    pub(super) fn take_whole_word(&mut self, word: &str) -> bool {
        let before = self.rest;
        if self.take_word(word) && !self.peek().is_some_and(char::is_alphabetic) {
            return true;
        }
        self.rest = before;
        false
    }

    /// Hours and minutes behind a sign: `+2`, `+02:00`, `+0200`. In minutes.
    pub(super) fn offset(&mut self) -> Option<i32> {
        let negative = match self.peek()? {
            '+' => false,
            '-' => true,
            _ => return None,
        };
        self.rest = &self.rest[1..];
        let digits = self.digits(4);
        let number: i32 = digits.parse().ok()?;
        let (hours, minutes) = match digits.len() {
            1 | 2 => {
                let before = *self;
                let mut minutes = 0;
                if self.take(':') {
                    minutes = self.number(1, 2)?;
                } else {
                    *self = before;
                }
                (number, minutes)
            }
            _ => (number / 100, number % 100),
        };
        if minutes >= 60 {
            return None;
        }
        let total = hours * 60 + minutes;
        Some(if negative { -total } else { total })
    }

    /// A fraction of a second in ticks: digits of any number, rounded.
    pub(super) fn fraction(&mut self) -> Option<i64> {
        let digits = self.digits(usize::MAX);
        let mut scale = 0.1;
        let mut value = 0.0;
        for digit in digits.bytes() {
            value += f64::from(digit - b'0') * scale;
            scale *= 0.1;
        }
        (!digits.is_empty()).then(|| (value * 1e7).round_ties_even() as i64)
    }
}

/// Names by their first letters: the number of the first that a reader takes, from 0.
pub(super) fn month(reader: &mut Reader<'_>, short: bool) -> Option<i32> {
    name(reader, MONTHS.iter().copied(), short)
}

pub(super) fn day_of_week(reader: &mut Reader<'_>, short: bool) -> Option<DayOfWeek> {
    let index = name(reader, DayOfWeek::ALL.iter().map(|day| day.name()), short)?;
    DayOfWeek::ALL.get(index as usize).copied()
}

fn name<'a>(reader: &mut Reader<'_>, mut names: impl Iterator<Item = &'a str>, short: bool) -> Option<i32> {
    let found = names.position(|name| reader.take_word(if short { &name[..3] } else { name }))?;
    i32::try_from(found).ok()
}

/// A year of two digits is one of 1930 to 2029.
pub(super) const fn full_year(year: i32) -> i32 {
    match year {
        0..=29 => year + 2_000,
        30..=99 => year + 1_900,
        _ => year,
    }
}

/// The hour that `AM` or `PM` makes of one.
pub(super) const fn hour_of(hour: i32, afternoon: Option<bool>) -> Option<i32> {
    match (afternoon, hour) {
        (None, _) => Some(hour),
        (Some(false), 12) => Some(0),
        (Some(false), 0..12) => Some(hour),
        (Some(true), 0..12) => Some(hour + 12),
        (Some(true), 12..24) => Some(hour),
        _ => None,
    }
}
