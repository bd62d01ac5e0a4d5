//! `ParseExact`: a text that has to be as a format says.

use super::words::{self, Reader, full_year, hour_of};
use super::{DateTimeStyles, NO_SUCH_DATE, NOT_A_DATE, Reading, Zone};
use crate::clr::date_format::{BAD_FORMAT, Piece, Pieces, standard};
use crate::clr::datetime::{DateTime, DateTimeKind, DayOfWeek, date_ticks, time_ticks};
use crate::clr::timespan::TimeSpan;
use crate::clr::{ClrError, ClrResult};

/// Letters that mean something; other than in printing, `Z` is one: `Z` or `GMT`.
const FIELDS: &str = "hHmsfFtdMyzKgZ";

/// Reads a text. `offset` reads `O` with an
/// offset always.
pub(super) fn read(
    text: &str,
    format: &str,
    styles: DateTimeStyles,
    today: DateTime,
    offset: bool,
) -> ClrResult<Reading> {
    if text.is_empty() {
        return Err(NOT_A_DATE);
    }
    let mut letters = format.chars();
    let (format, letter) = match (letters.next(), letters.next()) {
        (None, _) => return Err(ClrError::format("Format specifier was invalid.")),
        (Some(letter), None) => {
            if offset && letter == 'U' {
                return Err(ClrError::format("Format specifier was invalid."));
            }
            (standard(letter, if offset { "zzz" } else { "K" }).ok_or(BAD_FORMAT)?, Some(letter))
        }
        _ => (format, None),
    };
    let mut fields = Fields::default();
    match letter {
        Some('r' | 'R' | 'u') if offset => fields.zone = Some(Zone::Utc),
        Some('U') => fields.zone = Some(Zone::Utc),
        _ => {}
    }
    let mut parser = Parser { reader: Reader { rest: text }, fields, styles };
    parser.run(format)?;
    parser.fields.finish(styles, today)
}

#[derive(Debug, Clone, Copy, Default)]
struct Fields {
    year: Option<i32>,
    month: Option<i32>,
    day: Option<i32>,
    day_of_week: Option<DayOfWeek>,
    hour: Option<i32>,
    hour_12: bool,
    minute: Option<i32>,
    second: Option<i32>,
    fraction: Option<i64>,
    afternoon: Option<bool>,
    zone: Option<Zone>,
}

struct Parser<'a> {
    reader: Reader<'a>,
    fields: Fields,
    styles: DateTimeStyles,
}

impl Parser<'_> {
    fn run(&mut self, format: &str) -> ClrResult<()> {
        if self.styles.has(DateTimeStyles::ALLOW_LEADING_WHITE) {
            self.reader.skip_white();
        }
        if self.styles.has(DateTimeStyles::ALLOW_TRAILING_WHITE) {
            let trimmed = crate::clr::text::trim_end(self.reader.rest);
            self.reader.rest = trimmed;
        }
        let mut format = format;
        if self.styles.has(DateTimeStyles::ALLOW_LEADING_WHITE) {
            format = crate::clr::text::trim_start(format);
        }
        if self.styles.has(DateTimeStyles::ALLOW_TRAILING_WHITE) {
            format = crate::clr::text::trim_end(format);
        }
        let inner = self.styles.has(DateTimeStyles::ALLOW_INNER_WHITE);
        let mut pieces = Pieces::new(format, FIELDS).peekable();
        while let Some(piece) = pieces.next() {
            if inner {
                self.reader.skip_white();
            }
            match piece? {
                Piece::Field(letter, count) => self.read_field(letter, count)?,
                Piece::Literal(symbol) if inner && symbol.is_whitespace() => {}
                // A point before a fraction that may be left out may be left out with it.
                Piece::Literal('.') if matches!(pieces.peek(), Some(Ok(Piece::Field('F', _)))) => {
                    if !self.reader.take('.') {
                        pieces.next();
                    }
                }
                Piece::Literal(symbol) => {
                    if !self.reader.take(symbol) {
                        return Err(NOT_A_DATE);
                    }
                }
            }
        }
        if self.reader.rest.is_empty() { Ok(()) } else { Err(NOT_A_DATE) }
    }

    fn read_field(&mut self, letter: char, count: usize) -> ClrResult<()> {
        let fields = &mut self.fields;
        let reader = &mut self.reader;
        let two = |reader: &mut Reader<'_>| reader.number(count.min(2), 2);
        match letter {
            'y' if count <= 2 => set(letter, &mut fields.year, two(reader).map(full_year)),
            'y' => set(letter, &mut fields.year, reader.number(count, count)),
            'M' if count <= 2 => set(letter, &mut fields.month, two(reader)),
            'M' => set(letter, &mut fields.month, words::month(reader, count == 3).map(|month| month + 1)),
            'd' if count <= 2 => set(letter, &mut fields.day, two(reader)),
            'd' => set(letter, &mut fields.day_of_week, words::day_of_week(reader, count == 3)),
            'h' => {
                fields.hour_12 = true;
                set(letter, &mut fields.hour, two(reader))
            }
            'H' => set(letter, &mut fields.hour, two(reader)),
            'm' => set(letter, &mut fields.minute, two(reader)),
            's' => set(letter, &mut fields.second, two(reader)),
            'f' | 'F' if count > 7 => Err(NOT_A_DATE),
            'f' | 'F' => {
                let digits = reader.digits(count);
                if letter == 'f' && digits.len() < count {
                    return Err(NOT_A_DATE);
                }
                let ticks = format!("{digits:0<7}").parse().ok();
                set(letter, &mut fields.fraction, ticks)
            }
            't' if count == 1 => {
                let afternoon = reader.take_word("P");
                let known = afternoon || reader.take_word("A");
                set(letter, &mut fields.afternoon, known.then_some(afternoon))
            }
            't' => {
                let afternoon = reader.take_word("PM");
                let known = afternoon || reader.take_word("AM");
                set(letter, &mut fields.afternoon, known.then_some(afternoon))
            }
            'z' => {
                let zone = exact_offset(reader, count);
                set(letter, &mut fields.zone, zone)
            }
            'Z' => {
                for _ in 0..count {
                    if !reader.take_word("GMT") && !reader.take_word("Z") {
                        return Err(NOT_A_DATE);
                    }
                }
                set(letter, &mut fields.zone, Some(Zone::Utc))
            }
            'K' => {
                let zone = match reader.peek() {
                    Some('Z' | 'z') => {
                        reader.rest = &reader.rest[1..];
                        Zone::Utc
                    }
                    Some('+' | '-') => exact_offset(reader, 3).ok_or(NOT_A_DATE)?,
                    _ => return Ok(()),
                };
                set(letter, &mut fields.zone, Some(zone))
            }
            _ if reader.take_word("A.D.") || reader.take_word("AD") => Ok(()),
            _ => Err(NOT_A_DATE),
        }
    }
}

/// A field that stands twice has to say the same both times.
fn set<T: PartialEq>(letter: char, field: &mut Option<T>, value: Option<T>) -> ClrResult<()> {
    let value = value.ok_or(NOT_A_DATE)?;
    match field {
        Some(known) if *known != value => Err(ClrError::Format(
            format!("DateTime pattern '{letter}' appears more than once with different values.").into(),
        )),
        _ => {
            *field = Some(value);
            Ok(())
        }
    }
}

/// `z`, `zz` and `zzz`.
fn exact_offset(reader: &mut Reader<'_>, count: usize) -> Option<Zone> {
    let negative = match reader.peek()? {
        '+' => false,
        '-' => true,
        _ => return None,
    };
    reader.rest = &reader.rest[1..];
    let hours = reader.number(if count == 2 { 2 } else { 1 }, 2)?;
    let mut minutes = 0;
    if count > 2 {
        reader.take(':');
        minutes = reader.number(2, 2)?;
    }
    if minutes >= 60 {
        return None;
    }
    let total = hours * 60 + minutes;
    Some(Zone::Minutes(if negative { -total } else { total }))
}

impl Fields {
    fn finish(self, styles: DateTimeStyles, today: DateTime) -> ClrResult<Reading> {
        let hour = match (self.hour, self.hour_12) {
            (Some(13..), true) => return Err(NOT_A_DATE),
            (hour, _) => hour_of(hour.unwrap_or(0), self.afternoon).ok_or(NOT_A_DATE)?,
        };
        let dated = self.year.is_some() || self.month.is_some() || self.day.is_some();
        let (year, month, day) = match dated {
            true => (self.year.unwrap_or(today.year()), self.month.unwrap_or(1), self.day.unwrap_or(1)),
            false if styles.has(DateTimeStyles::NO_CURRENT_DATE_DEFAULT) => (1, 1, 1),
            false => today.ymd(),
        };
        let date = date_ticks(year, month, day).ok_or(NO_SUCH_DATE)?;
        let time =
            time_ticks(hour, self.minute.unwrap_or(0), self.second.unwrap_or(0)).ok_or(NO_SUCH_DATE)?;
        let clock = DateTime::from_ticks(date + time, DateTimeKind::Unspecified)?
            .plus(TimeSpan::from_ticks(self.fraction.unwrap_or(0)))?;
        if self.day_of_week.is_some_and(|day| day != clock.day_of_week()) {
            return Err(ClrError::format(
                "String was not recognized as a valid DateTime because the day of week was incorrect.",
            ));
        }
        Ok(Reading { clock, zone: self.zone.unwrap_or(Zone::Absent) })
    }
}
