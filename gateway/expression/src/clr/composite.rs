//! Composite formats: the `{0,-5:N2}` of `string.Format`, and the same holes in `$"…"`.

use super::{ClrError, ClrResult, text};

/// Indexes and widths are below this; .NET's own limit.
pub const NUMBER_MAX: i32 = 1_000_000;

const BAD_FORMAT: ClrError = ClrError::format("Input string was not in a correct format.");
const NO_ARGUMENT: ClrError = ClrError::format(
    "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
);

/// What a composite format is filled with.
pub trait FormatArguments {
    type Error: From<ClrError>;

    fn count(&self) -> usize;

    /// Writes the argument at an index that is below the count, by its own format string, behind what
    /// `out` holds. An empty format is none; null writes nothing.
    ///
    /// # Errors
    /// The argument does not know the format.
    fn format(&self, index: usize, format: &str, out: &mut String) -> Result<(), Self::Error>;
}

/// `string.Format(format, arguments)`, written behind what `out` holds, which may then be `bytes_max`
/// long.
///
/// # Errors
/// `FormatException`; [`ClrError::TooLong`]; what an argument says.
pub fn format_composite<A: FormatArguments>(
    format: &str,
    arguments: &A,
    out: &mut String,
    bytes_max: usize,
) -> Result<(), A::Error> {
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix(brace) {
            out.push_str(brace);
            rest = behind;
        } else if brace == "}" {
            return Err(BAD_FORMAT.into());
        } else {
            let (hole, behind) = Hole::read(rest, arguments.count())?;
            rest = behind;
            let start = out.len();
            arguments.format(hole.index, &hole.format, out)?;
            align(out, start, hole.width, bytes_max)?;
        }
        check(out, bytes_max)?;
    }
    out.push_str(rest);
    check(out, bytes_max)?;
    Ok(())
}

fn check(out: &str, bytes_max: usize) -> ClrResult<()> {
    if out.len() > bytes_max { Err(ClrError::TooLong) } else { Ok(()) }
}

/// Fills what stands from `start` on with blanks: on the left, for a negative width on the right.
///
/// # Errors
/// [`ClrError::TooLong`]
pub fn align(out: &mut String, start: usize, width: i32, bytes_max: usize) -> ClrResult<()> {
    let missing = width.saturating_abs().saturating_sub(text::length(&out[start..]));
    let Some(missing) = usize::try_from(missing).ok().filter(|missing| *missing > 0) else {
        return Ok(());
    };
    if out.len().saturating_add(missing) > bytes_max {
        return Err(ClrError::TooLong);
    }
    let blanks = " ".repeat(missing);
    if width < 0 {
        out.push_str(&blanks);
    } else {
        out.insert_str(start, &blanks);
    }
    Ok(())
}

/// What stands between braces.
struct Hole {
    index: usize,
    width: i32,
    format: String,
}

impl Hole {
    /// Reads one behind its brace.
    fn read(text: &str, count: usize) -> ClrResult<(Self, &str)> {
        let (index, rest) = number(text)?;
        let index = usize::try_from(index).ok().filter(|index| *index < count).ok_or(NO_ARGUMENT)?;
        let mut rest = rest.trim_start_matches(' ');
        let mut width = 0;
        if let Some(behind) = rest.strip_prefix(',') {
            let behind = behind.trim_start_matches(' ');
            let digits = behind.strip_prefix('-').unwrap_or(behind);
            (width, rest) = number(digits)?;
            if digits.len() < behind.len() {
                width = -width;
            }
            rest = rest.trim_start_matches(' ');
        }
        let mut format = String::new();
        if let Some(behind) = rest.strip_prefix(':') {
            rest = behind;
            loop {
                let at = rest.find(['{', '}']).ok_or(BAD_FORMAT)?;
                format.push_str(&rest[..at]);
                let brace = &rest[at..=at];
                let Some(behind) = rest[at + 1..].strip_prefix(brace) else {
                    rest = &rest[at..];
                    break;
                };
                format.push_str(brace);
                rest = behind;
            }
        }
        let rest = rest.strip_prefix('}').ok_or(BAD_FORMAT)?;
        Ok((Self { index, width, format }, rest))
    }
}

/// Digits up to the limit, where .NET stops reading.
fn number(text: &str) -> ClrResult<(i32, &str)> {
    let mut value = 0;
    let mut rest = text;
    while let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(10)) {
        value = value * 10 + digit as i32;
        rest = &rest[1..];
        if value >= NUMBER_MAX {
            break;
        }
    }
    if rest.len() == text.len() || rest.is_empty() { Err(BAD_FORMAT) } else { Ok((value, rest)) }
}
