//! Dates to text: standard formats by one letter, custom ones letter by letter.

use super::datetime::{DateTime, DateTimeKind};
use super::datetime_offset::DateTimeOffset;
use super::timespan::TICKS_PER_SECOND;
use super::{ClrError, ClrResult};

pub(crate) const BAD_FORMAT: ClrError = ClrError::format("Input string was not in a correct format.");

/// Names of the months; their first three letters are their abbreviations.
pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const ERA: &str = "A.D.";

/// `DateTime.ToString(format)`, written behind what `out` holds. An empty format is `G`.
///
/// # Errors
/// `FormatException`
pub fn format_datetime(value: DateTime, format: &str, out: &mut String) -> ClrResult<()> {
    let format = if format.is_empty() { "G" } else { format };
    let clock = Clock { value, offset_minutes: None };
    match single(format) {
        Some('U') => Clock { value: value.to_universal(), offset_minutes: None }.write(FULL, out),
        Some(letter) => clock.write(standard(letter, "K").ok_or(BAD_FORMAT)?, out),
        None => clock.write(format, out),
    }
}

/// `DateTimeOffset.ToString(format)`, written behind what `out` holds. An empty format is `G` and the
/// offset.
///
/// # Errors
/// `FormatException`
pub fn format_datetime_offset(value: DateTimeOffset, format: &str, out: &mut String) -> ClrResult<()> {
    let clock = Clock { value: value.date_time(), offset_minutes: Some(value.offset_minutes()) };
    let utc = Clock { value: value.utc_date_time(), offset_minutes: Some(0) };
    match single(format) {
        _ if format.is_empty() => clock.write("MM/dd/yyyy HH:mm:ss zzz", out),
        Some('U') => Err(BAD_FORMAT),
        Some(letter @ ('r' | 'R' | 'u')) => utc.write(standard(letter, "").ok_or(BAD_FORMAT)?, out),
        Some(letter) => clock.write(standard(letter, "zzz").ok_or(BAD_FORMAT)?, out),
        None => clock.write(format, out),
    }
}

const FULL: &str = "dddd, dd MMMM yyyy HH:mm:ss";

fn single(format: &str) -> Option<char> {
    let mut letters = format.chars();
    letters.next().filter(|_| letters.next().is_none())
}

/// The custom format that a standard one stands for. `zone` is how `O` shows where it is.
pub(crate) fn standard(letter: char, zone: &str) -> Option<&'static str> {
    Some(match letter {
        'd' => "MM/dd/yyyy",
        'D' => "dddd, dd MMMM yyyy",
        'f' => "dddd, dd MMMM yyyy HH:mm",
        'F' | 'U' => FULL,
        'g' => "MM/dd/yyyy HH:mm",
        'G' => "MM/dd/yyyy HH:mm:ss",
        'm' | 'M' => "MMMM dd",
        'o' | 'O' if zone == "zzz" => "yyyy'-'MM'-'dd'T'HH':'mm':'ss.fffffffzzz",
        'o' | 'O' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss.fffffffK",
        'r' | 'R' => "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
        's' => "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
        't' => "HH:mm",
        'T' => "HH:mm:ss",
        'u' => "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
        'y' | 'Y' => "yyyy MMMM",
        _ => return None,
    })
}

/// A piece of a custom format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A letter and how often it stands there.
    Field(char, usize),
    /// Text to copy.
    Literal(char),
}

/// Reads custom formats; dates and time spans share quotes, escapes and repetition.
pub(crate) struct Pieces<'a> {
    rest: &'a str,
    /// Inside of these quotes.
    quote: Option<char>,
    fields: &'static str,
    /// Other characters stand for themselves.
    plain: bool,
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(format: &'a str, fields: &'static str) -> Self {
        Self { rest: format, quote: None, fields, plain: true }
    }

    /// Text has to be quoted.
    pub(crate) fn strict(format: &'a str, fields: &'static str) -> Self {
        Self { plain: false, ..Self::new(format, fields) }
    }

    fn pop(&mut self) -> Option<char> {
        let mut symbols = self.rest.chars();
        let symbol = symbols.next()?;
        self.rest = symbols.as_str();
        Some(symbol)
    }

    fn read(&mut self) -> ClrResult<Option<Piece>> {
        loop {
            let Some(symbol) = self.pop() else {
                return self.quote.map_or(Ok(None), |quote| Err(unmatched(quote)));
            };
            match (symbol, self.quote) {
                ('\\', _) => return self.pop().map(|next| Some(Piece::Literal(next))).ok_or(BAD_FORMAT),
                (_, Some(quote)) if symbol == quote => self.quote = None,
                (_, Some(_)) => return Ok(Some(Piece::Literal(symbol))),
                ('\'' | '"', None) => self.quote = Some(symbol),
                // The next letter alone, which would be a standard format without the sign.
                ('%', None) => {
                    return match self.pop() {
                        None | Some('%') => Err(BAD_FORMAT),
                        Some(next) if self.fields.contains(next) => Ok(Some(Piece::Field(next, 1))),
                        // Quotes and escapes would need more than this one character.
                        Some(quote @ ('\'' | '"')) => Err(unmatched(quote)),
                        Some('\\') => Err(BAD_FORMAT),
                        Some(next) if self.plain => Ok(Some(Piece::Literal(next))),
                        Some(_) => Err(BAD_FORMAT),
                    };
                }
                _ if self.fields.contains(symbol) => {
                    let more = self.rest.chars().take_while(|next| *next == symbol).count();
                    self.rest = &self.rest[more..];
                    return Ok(Some(Piece::Field(symbol, 1 + more)));
                }
                _ if self.plain => return Ok(Some(Piece::Literal(symbol))),
                _ => return Err(BAD_FORMAT),
            }
        }
    }
}

fn unmatched(quote: char) -> ClrError {
    ClrError::Format(format!("Cannot find a matching quote character for the character '{quote}'.").into())
}

impl Iterator for Pieces<'_> {
    type Item = ClrResult<Piece>;

    fn next(&mut self) -> Option<ClrResult<Piece>> {
        self.read().transpose()
    }
}

/// Letters that mean something in a date's format.
pub(crate) const DATE_FIELDS: &str = "hHmsfFtdMyzKg";

struct Clock {
    value: DateTime,
    offset_minutes: Option<i16>,
}

impl Clock {
    fn write(&self, format: &str, out: &mut String) -> ClrResult<()> {
        let start = out.len();
        for piece in Pieces::new(format, DATE_FIELDS) {
            match piece? {
                Piece::Literal(symbol) => out.push(symbol),
                Piece::Field(letter, count) => self.write_field(letter, count, start, out)?,
            }
        }
        Ok(())
    }

    fn write_field(&self, letter: char, count: usize, start: usize, out: &mut String) -> ClrResult<()> {
        let value = self.value;
        match letter {
            'h' => write_number((value.hour() + 11) % 12 + 1, count.min(2), out),
            'H' => write_number(value.hour(), count.min(2), out),
            'm' => write_number(value.minute(), count.min(2), out),
            's' => write_number(value.second(), count.min(2), out),
            'f' | 'F' => write_fraction(value.ticks(), letter == 'F', count, start, out)?,
            't' => {
                let mark = if value.hour() < 12 { "AM" } else { "PM" };
                out.push_str(&mark[..count.min(2)]);
            }
            'd' if count <= 2 => write_number(value.day(), count, out),
            'd' => out.push_str(abbreviated(value.day_of_week().name(), count)),
            'M' if count <= 2 => write_number(value.month(), count, out),
            'M' => out.push_str(abbreviated(MONTHS[(value.month() - 1) as usize], count)),
            'y' if count <= 2 => write_number(value.year() % 100, count, out),
            'y' => write_number(value.year(), count, out),
            'z' => write_offset(self.offset_minutes.unwrap_or(0), count, out),
            'K' => {
                for _ in 0..count {
                    match (self.offset_minutes, value.kind()) {
                        (Some(minutes), _) => write_offset(minutes, 3, out),
                        (None, DateTimeKind::Utc) => out.push('Z'),
                        (None, DateTimeKind::Local) => write_offset(0, 3, out),
                        (None, DateTimeKind::Unspecified) => {}
                    }
                }
            }
            _ => out.push_str(ERA),
        }
        Ok(())
    }
}

fn abbreviated(name: &'static str, count: usize) -> &'static str {
    if count == 3 { &name[..3] } else { name }
}

pub(crate) fn write_number(value: i32, width: usize, out: &mut String) {
    let digits = value.checked_ilog10().unwrap_or(0) as usize + 1;
    out.extend(std::iter::repeat_n('0', width.saturating_sub(digits)));
    super::number::write_int(value.into(), out);
}

/// Parts of a second. `F` leaves zeros at the end out, and with them the point before.
fn write_fraction(ticks: i64, short: bool, count: usize, start: usize, out: &mut String) -> ClrResult<()> {
    if count > 7 {
        return Err(BAD_FORMAT);
    }
    let mut fraction = ticks % TICKS_PER_SECOND / 10_i64.pow(7 - count as u32);
    let mut width = count;
    if short {
        while width > 0 && fraction % 10 == 0 {
            fraction /= 10;
            width -= 1;
        }
        if width == 0 {
            if out[start..].ends_with('.') {
                out.pop();
            }
            return Ok(());
        }
    }
    write_number(fraction as i32, width, out);
    Ok(())
}

fn write_offset(minutes: i16, count: usize, out: &mut String) {
    out.push(if minutes < 0 { '-' } else { '+' });
    let minutes = i32::from(minutes.unsigned_abs());
    write_number(minutes / 60, count.min(2), out);
    if count > 2 {
        out.push(':');
        write_number(minutes % 60, 2, out);
    }
}
