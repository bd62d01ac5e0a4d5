//! `DateTime.Parse`: numbers, names and separators in nearly any order.
//!
//! A date is two or three of number, year (a number of three digits or more) and month name; which
//! of them come in which order decides what each means. A number before `:`, `AM` or `PM` is a time.
//! `T` behind year, month and day leads over to ISO 8601, which is read strictly.

use super::words::{self, Reader, full_year, hour_of};
use super::{DateTimeStyles, NO_SUCH_DATE, NOT_A_DATE, Reading, Zone};
use crate::clr::datetime::{DateTime, DateTimeKind, DayOfWeek, date_ticks, time_ticks};
use crate::clr::timespan::TimeSpan;
use crate::clr::{ClrError, ClrResult, text};

pub(super) fn read(text: &str, styles: DateTimeStyles, today: DateTime) -> ClrResult<Reading> {
    let mut parser = Parser {
        text,
        reader: Reader { rest: text },
        parts: [Part::Number(0); PARTS_MAX],
        count: 0,
        date: None,
        time: Time::default(),
        afternoon: None,
        day_of_week: None,
        zone: Zone::Absent,
        joined: false,
        iso: false,
    };
    parser.run()?;
    parser.finish(styles, today)
}

const PARTS_MAX: usize = 3;

#[derive(Debug, Clone, Copy)]
enum Part {
    Number(i32),
    Year(i32),
    Month(i32),
}

/// What stands behind a number or month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    End,
    Space,
    Date,
    Time,
    Noon(bool),
    T,
}

#[derive(Debug, Clone, Copy, Default)]
struct Time {
    fields: [i32; 3],
    count: usize,
    /// How many of the fields were parts of a date.
    unused: usize,
    /// A `:` came last.
    open: bool,
    /// Read to its end.
    done: bool,
    /// Ticks
    fraction: i64,
}

impl Time {
    fn push(&mut self, number: i32) -> ClrResult<()> {
        *self.fields.get_mut(self.count).ok_or(NOT_A_DATE)? = number;
        self.count += 1;
        Ok(())
    }

    /// Hour, minute and second: as many as the text has fields for a time.
    fn hms(&self) -> [i32; 3] {
        let mut fields = self.fields;
        fields[(self.count - self.unused).min(3)..].fill(0);
        fields
    }
}

struct Parser<'a> {
    text: &'a str,
    reader: Reader<'a>,
    parts: [Part; PARTS_MAX],
    count: usize,
    date: Option<(i32, i32, i32)>,
    time: Time,
    afternoon: Option<bool>,
    day_of_week: Option<DayOfWeek>,
    zone: Zone,
    /// A `/` or `-` came last: the date goes on.
    joined: bool,
    iso: bool,
}

impl Parser<'_> {
    fn run(&mut self) -> ClrResult<()> {
        self.reader.skip_white();
        let hash = self.reader.take('#');
        if hash && matches!(self.reader.peek(), Some(',' | '.')) {
            return Err(NOT_A_DATE);
        }
        loop {
            self.skip_ignored();
            let Some(symbol) = self.reader.peek() else { break };
            match symbol {
                '0'..='9' => {
                    if self.read_number()? {
                        break;
                    }
                }
                '+' | '-' => self.read_offset()?,
                '#' if hash => {
                    self.reader.take('#');
                    self.skip_ignored();
                    break;
                }
                '\0' => break,
                _ if symbol.is_alphabetic() => self.read_word()?,
                _ => return Err(NOT_A_DATE),
            }
        }
        if self.reader.rest.bytes().any(|byte| byte != 0) || self.time.open || self.joined {
            return Err(NOT_A_DATE);
        }
        Ok(())
    }

    /// Passes white space, commas and points; says whether there were commas or points.
    fn skip_ignored(&mut self) -> bool {
        self.reader.skip_white();
        let mut any = false;
        while self.reader.peek().is_some_and(|symbol| matches!(symbol, ',' | '.')) {
            self.reader.rest = &self.reader.rest[1..];
            self.reader.skip_white();
            any = true;
        }
        any
    }

    fn separator(&mut self) -> Separator {
        if self.skip_ignored() {
            return Separator::Space;
        }
        let before = self.reader;
        match self.reader.peek() {
            None | Some('\0') => Separator::End,
            Some('/' | '-') => {
                self.reader.rest = &self.reader.rest[1..];
                Separator::Date
            }
            Some(':') => {
                self.reader.take(':');
                Separator::Time
            }
            _ if self.reader.take_whole_word("AM") => Separator::Noon(false),
            _ if self.reader.take_whole_word("PM") => Separator::Noon(true),
            _ if self.reader.take_whole_word("T") => Separator::T,
            _ => {
                self.reader = before;
                Separator::Space
            }
        }
    }

    /// Says whether the text has been read to its end.
    fn read_number(&mut self) -> ClrResult<bool> {
        let digits = self.reader.digits(9);
        let number: i32 = digits.parse().map_err(|_| NOT_A_DATE)?;
        if digits.len() > 8 {
            return Err(NOT_A_DATE);
        }
        if self.time.open {
            self.read_time(number)?;
            return Ok(false);
        }
        let before = self.reader;
        let separator = self.separator();
        match separator {
            Separator::Time | Separator::Noon(_) if self.pauses(separator == Separator::Time) => {
                if digits.len() > 2 || self.time.count > 0 {
                    return Err(NOT_A_DATE);
                }
                // .NET forgets a date of two parts here, and takes its numbers for the time's first.
                let parts = std::mem::take(&mut self.count);
                for part in &self.parts[..parts] {
                    if let Part::Number(number) = part {
                        self.time.push(*number)?;
                    }
                }
                self.time.unused = self.time.count;
                self.time.push(number)?;
                self.time.open = separator == Separator::Time;
                self.time.done = !self.time.open;
                if let Separator::Noon(afternoon) = separator {
                    self.set_noon(afternoon)?;
                }
                Ok(false)
            }
            Separator::Time => Err(NOT_A_DATE),
            _ => {
                self.push(if digits.len() > 2 { Part::Year(number) } else { Part::Number(number) })?;
                self.behind_part(separator, before)
            }
        }
    }

    /// What follows a part of the date: `before` is where its separator began.
    fn behind_part(&mut self, separator: Separator, before: Reader<'_>) -> ClrResult<bool> {
        match separator {
            Separator::T => {
                let whole =
                    matches!(self.parts[..self.count], [Part::Year(_), Part::Number(_), Part::Number(_)]);
                if !whole || self.time.count > 0 {
                    return Err(NOT_A_DATE);
                }
                self.close_date()?;
                self.read_iso_time()?;
                return Ok(true);
            }
            // A complete date is followed by no more of it: this is the sign of an offset.
            Separator::Date if self.count == PARTS_MAX => {
                let rest = before.rest.len();
                self.reader.rest = &self.text[self.text.len() - rest..];
                self.close_date()?;
            }
            Separator::Date => self.joined = true,
            Separator::Noon(afternoon) => self.set_noon(afternoon)?,
            _ if self.count == PARTS_MAX => self.close_date()?,
            Separator::End => self.close_date()?,
            _ => {}
        }
        Ok(false)
    }

    fn push(&mut self, part: Part) -> ClrResult<()> {
        if self.date.is_some() || self.count == PARTS_MAX {
            return Err(NOT_A_DATE);
        }
        self.joined = false;
        self.parts[self.count] = part;
        self.count += 1;
        Ok(())
    }

    /// A time may begin here: there is no date under way, or one of two parts that may end.
    fn pauses(&self, colon: bool) -> bool {
        match &self.parts[..self.count] {
            [] | [Part::Number(_), Part::Number(_)] => true,
            [Part::Month(_), Part::Number(_)] | [Part::Number(_), Part::Month(_)] => colon && !self.joined,
            _ => false,
        }
    }

    /// Minutes and seconds.
    fn read_time(&mut self, number: i32) -> ClrResult<()> {
        let time = &mut self.time;
        time.push(number)?;
        time.open = false;
        if time.count == 3 && self.reader.peek() == Some('.') {
            self.reader.take('.');
            time.fraction = self.reader.fraction().ok_or(NOT_A_DATE)?;
        }
        let before = self.reader;
        match self.separator() {
            Separator::Time if self.time.count < 3 => self.time.open = true,
            Separator::Time | Separator::T => return Err(NOT_A_DATE),
            Separator::Noon(afternoon) => self.set_noon(afternoon)?,
            Separator::Date => self.reader = before,
            Separator::End | Separator::Space => {}
        }
        self.time.done = !self.time.open;
        Ok(())
    }

    fn set_noon(&mut self, afternoon: bool) -> ClrResult<()> {
        if self.afternoon.replace(afternoon).is_some() { Err(NOT_A_DATE) } else { Ok(()) }
    }

    fn read_offset(&mut self) -> ClrResult<()> {
        let placed = self.time.done || self.date.is_some();
        if !placed || self.zone != Zone::Absent {
            return Err(NOT_A_DATE);
        }
        self.zone = Zone::Minutes(self.reader.offset().ok_or(NOT_A_DATE)?);
        Ok(())
    }

    fn read_word(&mut self) -> ClrResult<()> {
        let start = self.reader;
        let letters = start.rest.find(|c: char| !c.is_alphabetic()).unwrap_or(start.rest.len());
        let (word, rest) = start.rest.split_at(letters);
        let mut whole = Reader { rest: word };
        let is = |reader: &Reader<'_>| reader.rest.is_empty();
        self.reader.rest = rest;
        if let Some(month) = months(&mut whole).filter(|_| is(&whole)) {
            let joined = self.joined;
            self.push(Part::Month(month))?;
            let before = self.reader;
            let separator = self.separator();
            // `5-May` is a year and a month, but with anything behind it a day and a month.
            if joined && self.count == 2 && separator != Separator::End {
                self.parts.swap(0, 1);
            }
            if matches!(separator, Separator::T | Separator::Time) {
                return Err(NOT_A_DATE);
            }
            return self.behind_part(separator, before).map(|_| ());
        }
        whole.rest = word;
        if let Some(day) = days(&mut whole).filter(|_| is(&whole)) {
            return if self.day_of_week.replace(day).is_some() { Err(NOT_A_DATE) } else { Ok(()) };
        }
        match word {
            _ if word.eq_ignore_ascii_case("AM") => self.set_noon(false),
            _ if word.eq_ignore_ascii_case("PM") => self.set_noon(true),
            _ if word.eq_ignore_ascii_case("Z") || word.eq_ignore_ascii_case("GMT") => {
                if self.zone != Zone::Absent {
                    return Err(NOT_A_DATE);
                }
                self.zone = Zone::Utc;
                Ok(())
            }
            _ => Err(unknown_word(self.text, start.rest)),
        }
    }

    /// `hh:mm[:ss[.f]][zone]`, and nothing behind it.
    fn read_iso_time(&mut self) -> ClrResult<()> {
        self.iso = true;
        let reader = &mut self.reader;
        let field = |reader: &mut Reader<'_>| {
            reader.skip_white();
            let number = reader.number(2, 2).ok_or(NOT_A_DATE);
            reader.skip_white();
            number
        };
        let hour = field(reader)?;
        if !reader.take(':') {
            return Err(NOT_A_DATE);
        }
        let minute = field(reader)?;
        let mut second = 0;
        if reader.take(':') {
            second = field(reader)?;
            if reader.take('.') {
                self.time.fraction = reader.fraction().ok_or(NOT_A_DATE)?;
                reader.skip_white();
            }
        }
        self.time.fields = [hour, minute, second];
        self.time.count = 3;
        self.time.done = true;
        match reader.peek() {
            Some('+' | '-') => {
                self.zone = Zone::Minutes(reader.offset().ok_or(NOT_A_DATE)?);
                // Nothing more to say, but said at times.
                reader.take('Z');
            }
            Some('Z' | 'z') => {
                reader.rest = &reader.rest[1..];
                self.zone = Zone::Utc;
            }
            _ => {}
        }
        reader.skip_white();
        reader.take('#');
        Ok(())
    }

    /// Makes a date of its parts; the year of two parts without one is left open, as 0.
    fn close_date(&mut self) -> ClrResult<()> {
        use Part::{Month, Number, Year};
        if self.date.is_some() || self.count == 0 {
            return Ok(());
        }
        let date = match self.parts[..self.count] {
            [Number(month), Number(day)] | [Month(month), Number(day)] => (0, month, day),
            [Number(year), Month(month)] => (full_year(year), month, 1),
            [Year(year), Number(month) | Month(month)] | [Number(month) | Month(month), Year(year)] => {
                (year, month, 1)
            }
            [Number(month), Number(day), Number(year)] => (full_year(year), month, day),
            [Year(year), Number(month), Number(day)]
            | [Number(month), Year(year), Number(day)]
            | [Number(month), Number(day), Year(year)] => (year, month, day),
            [Month(month), Number(first), Number(second)]
            | [Number(first), Month(month), Number(second)]
            | [Number(first), Number(second), Month(month)] => {
                let usual = (full_year(second), month, first);
                let fits = date_ticks(usual.0, usual.1, usual.2).is_some();
                if fits { usual } else { (full_year(first), month, second) }
            }
            [Month(month), Number(day), Year(year)]
            | [Month(month), Year(year), Number(day)]
            | [Number(day), Month(month), Year(year)]
            | [Number(day), Year(year), Month(month)]
            | [Year(year), Month(month), Number(day)]
            | [Year(year), Number(day), Month(month)] => (year, month, day),
            _ => return Err(NOT_A_DATE),
        };
        self.date = Some(date);
        self.count = 0;
        Ok(())
    }

    fn finish(mut self, styles: DateTimeStyles, today: DateTime) -> ClrResult<Reading> {
        self.close_date()?;
        if self.date.is_none() && self.time.count == 0 {
            return Err(NOT_A_DATE);
        }
        let (year, month, day) = match self.date {
            Some((0, month, day)) => (today.year(), month, day),
            Some(date) => date,
            None if styles.has(DateTimeStyles::NO_CURRENT_DATE_DEFAULT) => (1, 1, 1),
            None => today.ymd(),
        };
        let date = date_ticks(year, month, day).ok_or(if self.iso { NO_SUCH_DATE } else { NOT_A_DATE })?;
        let [hour, minute, second] = self.time.hms();
        let hour = hour_of(hour, self.afternoon).ok_or(NOT_A_DATE)?;
        let time = time_ticks(hour, minute, second).ok_or(NO_SUCH_DATE)?;
        let clock = DateTime::from_ticks(date + time, DateTimeKind::Unspecified)?
            .plus(TimeSpan::from_ticks(self.time.fraction))?;
        if self.day_of_week.is_some_and(|day| day != clock.day_of_week()) {
            return Err(ClrError::format(
                "String was not recognized as a valid DateTime because the day of week was incorrect.",
            ));
        }
        Ok(Reading { clock, zone: self.zone })
    }
}

fn months(reader: &mut Reader<'_>) -> Option<i32> {
    words::month(reader, reader.rest.len() == 3).map(|month| month + 1)
}

fn days(reader: &mut Reader<'_>) -> Option<DayOfWeek> {
    words::day_of_week(reader, reader.rest.len() == 3)
}

fn unknown_word(text: &str, rest: &str) -> ClrError {
    let index = text::length(&text[..text.len() - rest.len()]);
    ClrError::Format(
        format!(
            "The string was not recognized as a valid DateTime. There is an unknown word starting at index \
             {index}."
        )
        .into(),
    )
}
