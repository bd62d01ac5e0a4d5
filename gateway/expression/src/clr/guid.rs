//! `System.Guid`: 128 bits and five ways to write them.

use super::{ClrError, ClrResult};

const LENGTH: ClrError =
    ClrError::format("Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).");
const CHARACTERS: ClrError = ClrError::format("Guid string should only contain hexadecimal characters.");

const NO_DIGITS: ClrError = ClrError::format("Could not find any recognizable digits.");

/// A GUID; the bits are in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Guid(pub u128);

impl Guid {
    pub const EMPTY: Self = Self(0);

    /// `Guid.Parse`, `new Guid(text)`: the formats `N`, `D`, `B`, `P` and `X`, white space around.
    ///
    /// # Errors
    /// `FormatException`
    pub fn parse(text: &str) -> ClrResult<Self> {
        let text = super::text::trim(text);
        if text.is_empty() {
            return Err(ClrError::format("Unrecognized Guid format."));
        }
        if text.contains('-') {
            return dashed(text);
        }
        if text.contains('{') {
            return hexadecimal(text);
        }
        if text.len() != 32 {
            return Err(LENGTH);
        }
        hex(text).map(Self).ok_or(CHARACTERS)
    }

    /// `ToString(format)`: `D` (also empty), `N`, `B`, `P`, `X`, written behind what `out` holds.
    ///
    /// # Errors
    /// `FormatException`
    pub fn format(self, format: &str, out: &mut String) -> ClrResult<()> {
        let (open, close) = match format {
            "" | "D" | "d" | "N" | "n" => ("", ""),
            "B" | "b" => ("{", "}"),
            "P" | "p" => ("(", ")"),
            "X" | "x" => {
                self.write_hexadecimal(out);
                return Ok(());
            }
            _ => {
                return Err(ClrError::format(
                    "Format String can be only 'D', 'd', 'N', 'n', 'P', 'p', 'B', 'b', 'X' or 'x'.",
                ));
            }
        };
        let dashes = !matches!(format, "N" | "n");
        out.push_str(open);
        for digit in 0..32 {
            if dashes && DASHES.contains(&digit) {
                out.push('-');
            }
            self.write_digits(digit, 1, out);
        }
        out.push_str(close);
        Ok(())
    }

    fn write_hexadecimal(self, out: &mut String) {
        for (prefix, first, count) in [("{0x", 0, 8), (",0x", 8, 4), (",0x", 12, 4)] {
            out.push_str(prefix);
            self.write_digits(first, count, out);
        }
        for byte in 0..8 {
            out.push_str(if byte == 0 { ",{0x" } else { ",0x" });
            self.write_digits(16 + 2 * byte, 2, out);
        }
        out.push_str("}}");
    }

    fn write_digits(self, first: u32, count: u32, out: &mut String) {
        for digit in first..first + count {
            let value = (self.0 >> (124 - 4 * digit)) as u32 & 0xf;
            out.extend(char::from_digit(value, 16));
        }
    }

    /// `ToByteArray()`: the first three fields are little-endian.
    pub const fn to_bytes(self) -> [u8; 16] {
        let mut bytes = self.0.to_be_bytes();
        (bytes[0], bytes[1], bytes[2], bytes[3]) = (bytes[3], bytes[2], bytes[1], bytes[0]);
        (bytes[4], bytes[5], bytes[6], bytes[7]) = (bytes[5], bytes[4], bytes[7], bytes[6]);
        bytes
    }

    /// `new Guid(bytes)`: the reverse of [`Self::to_bytes`].
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(Self(u128::from_be_bytes(bytes)).to_bytes()))
    }
}

/// Digits before which dashes stand.
const DASHES: [u32; 4] = [8, 12, 16, 20];

fn hex(digits: &str) -> Option<u128> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if plain { u128::from_str_radix(digits, 16).ok() } else { None }
}

fn dashed(text: &str) -> ClrResult<Guid> {
    let inner = match text.chars().next() {
        Some('{') => text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or(LENGTH)?,
        Some('(') => text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).ok_or(LENGTH)?,
        _ => text,
    };
    if super::text::length(inner) != 36 {
        return Err(LENGTH);
    }
    let units: Vec<u16> = inner.encode_utf16().collect();
    if [8, 13, 18, 23].iter().any(|at| units[*at] != u16::from(b'-')) {
        return Err(ClrError::format("Dashes are in the wrong position for GUID parsing."));
    }
    let parts = [(0, 8), (9, 4), (14, 4), (19, 4), (24, 12)];
    parts.iter().try_fold(Guid::EMPTY, |guid, (start, count)| {
        let part = inner.get(*start..start + count).ok_or(CHARACTERS)?;
        let begins = part.as_bytes()[0].is_ascii_hexdigit();
        let bits = hex(part).ok_or(match (begins, *count) {
            (_, 12) => LENGTH,
            (false, _) => NO_DIGITS,
            (true, _) => CHARACTERS,
        })?;
        Ok(Guid(guid.0 << (4 * count) | bits))
    })
}

/// `{0x…,0x…,0x…,{0x…,…}}`; white space may stand anywhere.
fn hexadecimal(text: &str) -> ClrResult<Guid> {
    const TOO_LARGE: ClrError =
        ClrError::format("Value was either too large or too small for an unsigned byte.");
    // The hole is .NET's own: nothing fills it.
    const PREFIX: ClrError = ClrError::format("Expected hex 0x in '{0}'.");
    const TRAILING: ClrError =
        ClrError::format("Additional non-parsable characters are at the end of the string.");
    const BRACE: ClrError = ClrError::format(
        "Could not find a brace, or the length between the previous token and the brace was zero (i.e., '0x,'etc.).",
    );
    const COMMA: ClrError = ClrError::format(
        "Could not find a comma, or the length between the previous token and the comma was zero (i.e., '0x,'etc.).",
    );
    let text: String = text.chars().filter(|c| !super::chars::is_white_space(*c)).collect();
    let mut rest = text.strip_prefix('{').ok_or(ClrError::format("Expected {0xdddddddd, etc}."))?;
    let mut value = 0_u128;
    for field in 0..11 {
        if field == 3 {
            rest = rest.strip_prefix('{').ok_or(BRACE)?;
        }
        rest = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")).ok_or(PREFIX)?;
        let (end, missing) = if field == 10 { ('}', BRACE) } else { (',', COMMA) };
        let len = rest.find(end).filter(|len| *len > 0).ok_or(missing)?;
        let bits = match field {
            0 => 32,
            1 | 2 => 16,
            _ => 8,
        };
        let begins = rest.as_bytes()[0].is_ascii_hexdigit();
        let number = hex(&rest[..len]).ok_or(if begins { TRAILING } else { NO_DIGITS })?;
        if number >> bits != 0 {
            return Err(if bits == 8 { TOO_LARGE } else { TRAILING });
        }
        value = value << bits | number;
        rest = &rest[len + 1..];
    }
    match rest {
        "}" => Ok(Guid(value)),
        _ if rest.starts_with('}') => Err(TRAILING),
        _ => Err(ClrError::format("Could not find the ending brace.")),
    }
}
