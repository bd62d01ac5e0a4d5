//! `TimeSpan.ToString`.

use super::ClrResult;
use super::date_format::{BAD_FORMAT, Piece, Pieces, write_number};
use super::timespan::{TICKS_PER_DAY, TICKS_PER_SECOND, TimeSpan};

const FIELDS: &str = "dhmsfF";

/// `TimeSpan.ToString(format)`: `c` (`t`, `T`), `g`, `G` or a custom format, written behind what `out`
/// holds. An empty format is `c`.
///
/// # Errors
/// `FormatException`
pub fn format_timespan(value: TimeSpan, format: &str, out: &mut String) -> ClrResult<()> {
    match format {
        "" | "c" | "t" | "T" => write_constant(value, out),
        "g" => write_general(value, true, out),
        "G" => write_general(value, false, out),
        _ if format.chars().nth(1).is_none() => return Err(BAD_FORMAT),
        _ => return write_custom(value, format, out),
    }
    Ok(())
}

/// Days, and ticks of the day, without sign.
fn split(value: TimeSpan) -> (i32, i64) {
    let ticks = value.ticks().unsigned_abs();
    ((ticks / TICKS_PER_DAY as u64) as i32, (ticks % TICKS_PER_DAY as u64) as i64)
}

fn write_sign(value: TimeSpan, out: &mut String) {
    if value.ticks() < 0 {
        out.push('-');
    }
}

fn write_time(time: TimeSpan, hour_width: usize, out: &mut String) {
    write_number(time.hours(), hour_width, out);
    out.push(':');
    write_number(time.minutes(), 2, out);
    out.push(':');
    write_number(time.seconds(), 2, out);
}

fn write_constant(value: TimeSpan, out: &mut String) {
    let (days, time) = split(value);
    write_sign(value, out);
    if days != 0 {
        write_number(days, 1, out);
        out.push('.');
    }
    write_time(TimeSpan::from_ticks(time), 2, out);
    let fraction = (time % TICKS_PER_SECOND) as i32;
    if fraction != 0 {
        out.push('.');
        write_number(fraction, 7, out);
    }
}

fn write_general(value: TimeSpan, short: bool, out: &mut String) {
    let (days, time) = split(value);
    write_sign(value, out);
    if days != 0 || !short {
        write_number(days, 1, out);
        out.push(':');
    }
    write_time(TimeSpan::from_ticks(time), if short { 1 } else { 2 }, out);
    let fraction = time % TICKS_PER_SECOND;
    if !short || fraction != 0 {
        out.push('.');
        write_fraction(fraction, 7, short, out);
    }
}

fn write_fraction(fraction: i64, count: usize, short: bool, out: &mut String) {
    let mut fraction = fraction / 10_i64.pow(7 - count as u32);
    let mut width = count;
    while short && width > 0 && fraction % 10 == 0 {
        fraction /= 10;
        width -= 1;
    }
    if width > 0 {
        write_number(fraction as i32, width, out);
    }
}

/// A custom format shows no sign. Only quoted text may stand between the fields.
fn write_custom(value: TimeSpan, format: &str, out: &mut String) -> ClrResult<()> {
    let (days, time) = split(value);
    let clock = TimeSpan::from_ticks(time);
    for piece in Pieces::strict(format, FIELDS) {
        match piece? {
            Piece::Literal(symbol) => out.push(symbol),
            Piece::Field('h', count @ 1..=2) => write_number(clock.hours(), count, out),
            Piece::Field('m', count @ 1..=2) => write_number(clock.minutes(), count, out),
            Piece::Field('s', count @ 1..=2) => write_number(clock.seconds(), count, out),
            Piece::Field('d', count @ 1..=8) => write_number(days, count, out),
            Piece::Field(letter @ ('f' | 'F'), count @ 1..=7) => {
                write_fraction(time % TICKS_PER_SECOND, count, letter == 'F', out);
            }
            Piece::Field(..) => return Err(BAD_FORMAT),
        }
    }
    Ok(())
}
