//! XPath 1.0 section 4: numbers as text and back, and the string functions that count characters.
//!
//! As in .NET, characters are UTF-16 units.

use super::super::name::is_space;

/// Section 4.4, `number(string)`.
pub(super) fn number(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if is_number { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}

/// Section 4.2, `string(number)`.
pub(super) fn of_number(number: f64) -> String {
    match number {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        0.0 => "0".to_owned(),
        number if number.is_nan() => "NaN".to_owned(),
        number => match format!("{number:e}").split_once('e') {
            Some((digits, exponent)) if !is_short(exponent) => {
                let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |e| ('-', e));
                format!("{digits}E{sign}{exponent:0>2}")
            }
            _ => number.to_string(),
        },
    }
}

/// .NET writes a power of ten from 15 digits on, although XPath knows none.
fn is_short(exponent: &str) -> bool {
    exponent.parse::<i32>().is_ok_and(|exponent| (-5..15).contains(&exponent))
}

pub(super) fn length(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Section 4.2, `substring`: positions from 1, rounded, `NaN` takes nothing.
pub(super) fn substring(text: &str, from: f64, length: f64) -> String {
    let (first, last) = (round(from), round(from) + round(length));
    let mut position = 0.0;
    let units = text.encode_utf16().filter(|_| {
        position += 1.0;
        position >= first && position < last
    });
    String::from_utf16_lossy(&units.collect::<Vec<_>>())
}

/// Half goes up.
pub(super) fn round(number: f64) -> f64 {
    match number.fract() == 0.0 {
        true => number,
        false => (number + 0.5).floor(),
    }
}

pub(super) fn normalize_space(text: &str) -> String {
    text.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

pub(super) fn translate(text: &str, from: &str, to: &str) -> String {
    let mut table = std::collections::BTreeMap::new();
    let mut targets = to.chars();
    for c in from.chars() {
        let target = targets.next();
        table.entry(c).or_insert(target);
    }
    text.chars().filter_map(|c| table.get(&c).copied().unwrap_or(Some(c))).collect()
}
