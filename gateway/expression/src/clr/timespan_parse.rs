//! `TimeSpan.Parse` and `ParseExact`.

use super::date_format::{BAD_FORMAT, Piece, Pieces};
use super::timespan::{TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND, TimeSpan};
use super::{ClrError, ClrResult};

const NOT_A_SPAN: ClrError = ClrError::format("String was not recognized as a valid TimeSpan.");
const OVERFLOW: ClrError = ClrError::Overflow(
    "The TimeSpan could not be parsed because at least one of the numeric components is out of range or \
     contains too many digits.",
);

/// Days of the longest span.
const DAYS_MAX: u32 = 10_675_199;

/// A number and how many zeros it begins with.
#[derive(Debug, Clone, Copy, Default)]
struct Number {
    value: u32,
    zeros: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Fields {
    days: Number,
    hours: Number,
    minutes: Number,
    seconds: Number,
    fraction: Number,
}

impl Fields {
    fn ticks(self, negative: bool) -> Option<TimeSpan> {
        let within = self.days.value <= DAYS_MAX
            && self.hours.value < 24
            && self.minutes.value < 60
            && self.seconds.value < 60;
        let whole = i128::from(self.days.value) * i128::from(TICKS_PER_DAY)
            + i128::from(self.hours.value) * i128::from(TICKS_PER_HOUR)
            + i128::from(self.minutes.value) * i128::from(TICKS_PER_MINUTE)
            + i128::from(self.seconds.value) * i128::from(TICKS_PER_SECOND);
        let ticks = whole + i128::from(self.fraction.as_fraction()?);
        let ticks = i64::try_from(if negative { -ticks } else { ticks }).ok()?;
        within.then(|| TimeSpan::from_ticks(ticks))
    }
}

impl Number {
    /// Digits behind a point, in ticks. More than seven of them are let through when they are small,
    /// and then taken for ticks as they are.
    fn as_fraction(self) -> Option<u32> {
        const TICKS_MAX: u32 = 9_999_999;
        if self.value > TICKS_MAX || self.zeros > 7 {
            return None;
        }
        if self.value > 0 && self.zeros > 0 && self.value >= TICKS_MAX / 10_u32.pow(self.zeros - 1) {
            return None;
        }
        let least = 1_000_000 / 10_u32.pow(self.zeros);
        let mut ticks = self.value;
        while 0 < ticks && ticks < least {
            ticks *= 10;
        }
        Some(ticks)
    }
}

/// `TimeSpan.Parse`: `[-][d.]hh:mm[:ss[.fffffff]]`, `d:hh:mm:ss`, or days alone.
///
/// # Errors
/// `FormatException`; `OverflowException`, also for an hour of 24.
pub fn parse_timespan(text: &str) -> ClrResult<TimeSpan> {
    parse_separated(text, Separators::Any)
}

/// What stands between days and hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separators {
    Any,
    /// `.`
    Constant,
    /// `:`
    General,
    /// `:`, and everything has to be there.
    GeneralLong,
}

fn parse_separated(text: &str, allowed: Separators) -> ClrResult<TimeSpan> {
    let text = super::text::trim(text);
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut numbers = [Number::default(); 5];
    let mut separators = String::new();
    let mut count = 0;
    loop {
        let len = rest.bytes().take_while(u8::is_ascii_digit).count();
        if len == 0 || count == numbers.len() {
            return Err(NOT_A_SPAN);
        }
        numbers[count] = number(&rest[..len])?;
        count += 1;
        rest = &rest[len..];
        let Some(separator) = rest.chars().next() else { break };
        if !matches!(separator, '.' | ':') {
            return Err(NOT_A_SPAN);
        }
        separators.push(separator);
        rest = &rest[1..];
    }
    let [a, b, c, d, e] = numbers;
    let none = Number::default();
    let span = |days, hours, minutes, seconds, fraction| {
        Fields { days, hours, minutes, seconds, fraction }.ticks(negative)
    };
    let fits = match allowed {
        Separators::Any => true,
        Separators::Constant => !separators.starts_with(":::"),
        Separators::General => !separators.starts_with('.'),
        Separators::GeneralLong => separators == ":::.",
    };
    if !fits {
        return Err(NOT_A_SPAN);
    }
    // Where two readings are possible, the one that fits counts.
    let found = match separators.as_str() {
        "" => span(a, none, none, none, none),
        ":" => span(none, a, b, none, none),
        "::" if allowed == Separators::Constant => span(none, a, b, c, none),
        "::" => span(none, a, b, c, none).or_else(|| span(a, b, c, none, none)),
        ".:" => span(a, b, c, none, none),
        "::." => span(none, a, b, c, d),
        ".::" | ":::" => span(a, b, c, d, none),
        ".::." | ":::." => span(a, b, c, d, e),
        _ => return Err(NOT_A_SPAN),
    };
    found.ok_or(OVERFLOW)
}

fn number(digits: &str) -> ClrResult<Number> {
    let significant = digits.trim_start_matches('0');
    let zeros = (digits.len() - significant.len()) as u32;
    if significant.is_empty() {
        // The last zero is the number itself.
        return Ok(Number { value: 0, zeros: zeros - 1 });
    }
    let value = significant.parse().ok().filter(|value: &u32| *value < 1 << 28).ok_or(OVERFLOW)?;
    Ok(Number { value, zeros })
}

/// `TimeSpan.ParseExact` by a custom format, or `c`, `g` and `G`. A custom format knows no sign.
///
/// # Errors
/// `FormatException`; `OverflowException`
pub fn parse_timespan_exact(text: &str, format: &str) -> ClrResult<TimeSpan> {
    match format {
        "" => return Err(ClrError::format("Format specifier was invalid.")),
        "c" | "t" | "T" => return parse_separated(text, Separators::Constant),
        "g" => return parse_separated(text, Separators::General),
        "G" => return parse_separated(text, Separators::GeneralLong),
        _ if format.chars().nth(1).is_none() => {
            return Err(ClrError::format("Format specifier was invalid."));
        }
        _ => {}
    }
    let mut rest = text;
    let mut fields = Fields::default();
    let mut seen = String::new();
    for piece in Pieces::strict(format, "dhmsfF") {
        let (letter, count) = match piece? {
            Piece::Field(letter, count) => (letter, count),
            Piece::Literal(symbol) => {
                rest = rest.strip_prefix(symbol).ok_or(BAD_FORMAT)?;
                continue;
            }
        };
        let most = match letter {
            'd' => 8,
            'f' | 'F' => 7,
            _ => 2,
        };
        if count > most || seen.contains(letter.to_ascii_lowercase()) {
            return Err(BAD_FORMAT);
        }
        seen.push(letter.to_ascii_lowercase());
        let (least, most) = match (letter, count) {
            ('f', _) => (count, count),
            ('F', _) => (0, count),
            (_, 1) => (1, most),
            _ => (count, count),
        };
        let len = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if len < least {
            return Err(BAD_FORMAT);
        }
        let value = if len == 0 { Number::default() } else { number(&rest[..len])? };
        rest = &rest[len..];
        *match letter {
            'd' => &mut fields.days,
            'h' => &mut fields.hours,
            'm' => &mut fields.minutes,
            's' => &mut fields.seconds,
            _ => &mut fields.fraction,
        } = value;
    }
    if !rest.is_empty() {
        return Err(NOT_A_SPAN);
    }
    fields.ticks(false).ok_or(OVERFLOW)
}
