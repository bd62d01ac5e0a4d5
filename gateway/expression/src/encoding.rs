//! `System.Text.Encoding`, `Convert`'s Base64 and `BitConverter`'s hexadecimal form.
//!
//! The one idea: an [`Encoding`] is a value with .NET's replacement rules built in (`?` when writing,
//! U+FFFD when reading, except that ASCII reads `?` too). Text is UTF-8 inside, so a lone surrogate
//! cannot occur; everything else is as .NET has it.
//!
//! All functions are linear; output is at most [`GROWTH_MAX`] times the input.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How many times longer than its input, in bytes, an output here can be: one ASCII byte as UTF-32.
/// (`BitConverter.ToString` takes three for one.)
pub const GROWTH_MAX: usize = 4;

/// Longest encoding name looked at, in bytes.
pub const NAME_BYTES_MAX: usize = 64;

/// What went wrong in .NET's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    #[error(
        "'{0}' is not a supported encoding name. For information on defining a custom encoding, see the \
         documentation for the Encoding.RegisterProvider method.\nParameter name: name"
    )]
    UnknownName(String),
    #[error("Invalid length for a Base-64 char array or string.")]
    Base64Length,
    #[error(
        "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding \
         characters, or an illegal character among the padding characters."
    )]
    Base64Character,
}

/// A character encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Utf16Le,
    Utf16Be,
    Utf32Le,
    Utf32Be,
    /// A code page of the web's set (windows-1252, iso-8859-15, shift_jis, …).
    Table(&'static encoding_rs::Encoding),
}

impl EncodingError {
    /// The .NET exception that stands for this error.
    pub fn exception(&self) -> &'static str {
        match self {
            Self::UnknownName(_) => "System.ArgumentException",
            Self::Base64Length | Self::Base64Character => "System.FormatException",
        }
    }
}

// === impl Encoding ===

impl Encoding {
    /// `Encoding.GetEncoding(name)`: .NET's names in any case, then the web's labels.
    ///
    /// Differs from .NET: UTF-7 is unknown, and code pages are those of the WHATWG standard, without
    /// .NET's "best fit" (`ā` as `a`) when writing. Labels that .NET lacks (`utf8`) are taken as well.
    ///
    /// # Errors
    /// [`EncodingError::UnknownName`].
    pub fn by_name(name: &str) -> Result<Self, EncodingError> {
        let unknown = || EncodingError::UnknownName(name.chars().take(NAME_BYTES_MAX).collect());
        if name.len() > NAME_BYTES_MAX {
            return Err(unknown());
        }
        Ok(match name.to_ascii_lowercase().as_str() {
            "utf-8"
            | "utf8"
            | "unicode-1-1-utf-8"
            | "unicode-2-0-utf-8"
            | "x-unicode-1-1-utf-8"
            | "x-unicode-2-0-utf-8" => Self::Utf8,
            "us-ascii" | "ascii" | "us" | "ansi_x3.4-1968" | "ansi_x3.4-1986" | "cp367" | "csascii"
            | "ibm367" | "iso-ir-6" | "iso646-us" | "iso_646.irv:1991" => Self::Ascii,
            "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "iso_8859-1:1987" | "latin1" | "l1" | "cp819"
            | "ibm819" | "csisolatin1" | "iso-ir-100" => Self::Latin1,
            "utf-16" | "utf-16le" | "unicode" | "ucs-2" | "iso-10646-ucs-2" => Self::Utf16Le,
            "utf-16be" | "unicodefffe" => Self::Utf16Be,
            "utf-32" | "utf-32le" => Self::Utf32Le,
            "utf-32be" => Self::Utf32Be,
            other => match encoding_rs::Encoding::for_label_no_replacement(other.as_bytes()) {
                Some(table) if table.output_encoding() == table => Self::Table(table),
                _ => return Err(unknown()),
            },
        })
    }

    /// `WebName`, which `BodyName` and `HeaderName` equal for all encodings here.
    pub fn web_name(self) -> String {
        match self {
            Self::Utf8 => "utf-8".to_owned(),
            Self::Ascii => "us-ascii".to_owned(),
            Self::Latin1 => "iso-8859-1".to_owned(),
            Self::Utf16Le => "utf-16".to_owned(),
            Self::Utf16Be => "utf-16BE".to_owned(),
            Self::Utf32Le => "utf-32".to_owned(),
            Self::Utf32Be => "utf-32BE".to_owned(),
            Self::Table(table) => table.name().to_ascii_lowercase(),
        }
    }

    /// `GetPreamble()`: the byte order mark. [`Self::bytes`] never writes it and [`Self::text`] never
    /// drops it; .NET leaves both to stream readers and writers.
    pub fn preamble(self) -> &'static [u8] {
        match self {
            Self::Utf8 => &[0xEF, 0xBB, 0xBF],
            Self::Utf16Le => &[0xFF, 0xFE],
            Self::Utf16Be => &[0xFE, 0xFF],
            Self::Utf32Le => &[0xFF, 0xFE, 0, 0],
            Self::Utf32Be => &[0, 0, 0xFE, 0xFF],
            Self::Ascii | Self::Latin1 | Self::Table(_) => &[],
        }
    }

    /// `GetBytes(string)`. What the encoding lacks becomes `?`, twice for a character that is a
    /// surrogate pair.
    pub fn bytes(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Ascii => narrow(text, 0x7F),
            Self::Latin1 => narrow(text, 0xFF),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Utf32Le => text.chars().flat_map(|char| u32::from(char).to_le_bytes()).collect(),
            Self::Utf32Be => text.chars().flat_map(|char| u32::from(char).to_be_bytes()).collect(),
            Self::Table(table) => encode(table, text),
        }
    }

    /// `GetByteCount(string)`.
    pub fn byte_count(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Ascii | Self::Latin1 => utf16_len(text),
            Self::Utf16Le | Self::Utf16Be => 2 * utf16_len(text),
            Self::Utf32Le | Self::Utf32Be => 4 * text.chars().count(),
            Self::Table(table) => encode(table, text).len(),
        }
    }

    /// `GetString(byte[])`. What is not of the encoding becomes U+FFFD (`?` for ASCII).
    pub fn text(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Ascii => {
                bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect()
            }
            Self::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Self::Utf16Le => utf16(bytes, u16::from_le_bytes),
            Self::Utf16Be => utf16(bytes, u16::from_be_bytes),
            Self::Utf32Le => utf32(bytes, u32::from_le_bytes),
            Self::Utf32Be => utf32(bytes, u32::from_be_bytes),
            Self::Table(table) => table.decode_without_bom_handling(bytes).0.into_owned(),
        }
    }
}

/// Length of a text as .NET counts it, in UTF-16 units.
pub fn utf16_len(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

fn narrow(text: &str, max: u32) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for char in text.chars() {
        match u8::try_from(u32::from(char)) {
            Ok(byte) if u32::from(byte) <= max => out.push(byte),
            _ => out.extend(std::iter::repeat_n(b'?', char.len_utf16())),
        }
    }
    out
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (units, rest) = bytes.as_chunks::<2>();
    let decoded = char::decode_utf16(units.iter().map(|pair| unit(*pair)));
    let tail = (!rest.is_empty()).then_some(char::REPLACEMENT_CHARACTER);
    decoded.map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).chain(tail).collect()
}

fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> String {
    let (units, rest) = bytes.as_chunks::<4>();
    let tail = (!rest.is_empty()).then_some(char::REPLACEMENT_CHARACTER);
    let decoded = units.iter().map(|quad| char::from_u32(unit(*quad)).unwrap_or(char::REPLACEMENT_CHARACTER));
    decoded.chain(tail).collect()
}

fn encode(table: &'static encoding_rs::Encoding, text: &str) -> Vec<u8> {
    let mut encoder = table.new_encoder();
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        // Room for all that is left; the loop ends even if the estimate were short.
        let room = encoder.max_buffer_length_from_utf8_without_replacement(rest.len()).unwrap_or(rest.len());
        out.reserve(room.max(16));
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut out, true);
        rest = &rest[read..];
        match result {
            encoding_rs::EncoderResult::InputEmpty => return out,
            encoding_rs::EncoderResult::OutputFull => {}
            encoding_rs::EncoderResult::Unmappable(char) => {
                out.extend(std::iter::repeat_n(b'?', char.len_utf16()));
            }
        }
    }
}

// === Base64 ===

/// Characters of a line with [`to_base64`]'s line breaks.
const BASE64_LINE: usize = 76;

/// `Convert.ToBase64String`; `breaks_lines` is `Base64FormattingOptions.InsertLineBreaks`: CR LF after
/// each 76 characters, none at the end.
pub fn to_base64(bytes: &[u8], breaks_lines: bool) -> String {
    let text = STANDARD.encode(bytes);
    if !breaks_lines || text.len() <= BASE64_LINE {
        return text;
    }
    let mut out = String::with_capacity(text.len() + text.len() / BASE64_LINE * 2);
    let mut rest = text.as_str();
    while rest.len() > BASE64_LINE {
        let (line, behind) = rest.split_at(BASE64_LINE);
        out.push_str(line);
        out.push_str("\r\n");
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// `Convert.FromBase64String`, with .NET Framework's two errors: blanks (space, tab, CR, LF) do not
/// count, padding is required, and left-over bits in the last character are dropped.
///
/// # Errors
/// [`EncodingError::Base64Length`] when characters are missing at the end,
/// [`EncodingError::Base64Character`] for all else.
pub fn from_base64(text: &str) -> Result<Vec<u8>, EncodingError> {
    let mut symbols = text.bytes().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0_usize);
    while let Some(symbol) = symbols.next() {
        if symbol == b'=' {
            let padding = match (symbols.next(), symbols.next()) {
                (None, _) => 1,
                (Some(b'='), None) => 2,
                _ => return Err(EncodingError::Base64Character),
            };
            if count % 4 != 4 - padding {
                return Err(EncodingError::Base64Length);
            }
            let [_, first, second, _] = (bits << (6 * padding)).to_be_bytes();
            out.extend([first, second].into_iter().take(3 - padding));
            return Ok(out);
        }
        bits = bits << 6 | sextet(symbol).ok_or(EncodingError::Base64Character)?;
        count += 1;
        if count.is_multiple_of(4) {
            let [_, first, second, third] = bits.to_be_bytes();
            out.extend([first, second, third]);
            bits = 0;
        }
    }
    if count.is_multiple_of(4) { Ok(out) } else { Err(EncodingError::Base64Length) }
}

fn sextet(symbol: u8) -> Option<u32> {
    Some(u32::from(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Base64url as tokens have it, read with tolerance: either alphabet, padding or none, left-over bits
/// dropped. `None` for anything else.
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let body = text.trim_end_matches('=');
    if text.len() - body.len() > 2 || body.len() % 4 == 1 {
        return None;
    }
    let mut plain: String = body.chars().map(|char| if char == '-' { '+' } else { char }).collect();
    plain = plain.replace('_', "/");
    if plain.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return None;
    }
    plain.extend(std::iter::repeat_n('=', (4 - plain.len() % 4) % 4));
    from_base64(&plain).ok()
}

/// `BitConverter.ToString`: `01-AB-FF`.
pub fn to_hex_dashed(bytes: &[u8]) -> String {
    let mut out = to_hex_upper(bytes.get(..1).unwrap_or_default());
    for byte in bytes.iter().skip(1) {
        out.push('-');
        out.push_str(&to_hex_upper(&[*byte]));
    }
    out
}

/// Upper-case hexadecimal digits, as certificates print their numbers.
pub fn to_hex_upper(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_dotnets_in_any_case() {
        for (name, web_name, preamble) in [
            ("utf-8", "utf-8", "EF-BB-BF"),
            ("UTF-8", "utf-8", "EF-BB-BF"),
            ("ascii", "us-ascii", ""),
            ("US-ASCII", "us-ascii", ""),
            ("ISO-8859-1", "iso-8859-1", ""),
            ("latin1", "iso-8859-1", ""),
            ("utf-16", "utf-16", "FF-FE"),
            ("unicode", "utf-16", "FF-FE"),
            ("utf-16BE", "utf-16BE", "FE-FF"),
            ("unicodeFFFE", "utf-16BE", "FE-FF"),
            ("utf-32", "utf-32", "FF-FE-00-00"),
            ("UTF-32BE", "utf-32BE", "00-00-FE-FF"),
            ("Windows-1252", "windows-1252", ""),
            ("iso-8859-15", "iso-8859-15", ""),
            ("shift_jis", "shift_jis", ""),
        ] {
            let found = Encoding::by_name(name).unwrap();
            assert_eq!(
                (found.web_name().as_str(), to_hex_dashed(found.preamble()).as_str()),
                (web_name, preamble)
            );
        }
        for name in ["", "x", "utf-7", "utf 8", &"a".repeat(NAME_BYTES_MAX + 1)] {
            let error = Encoding::by_name(name).unwrap_err();
            assert!(error.to_string().contains("is not a supported encoding name."), "{name}: {error}");
        }
        assert_eq!(Encoding::by_name("nope").unwrap_err().exception(), "System.ArgumentException");
    }

    #[test]
    fn characters_that_an_encoding_lacks_become_question_marks() {
        let text = "aé€ā😀";
        for (name, expected) in [
            ("utf-8", "61-C3-A9-E2-82-AC-C4-81-F0-9F-98-80"),
            ("us-ascii", "61-3F-3F-3F-3F-3F"),
            ("iso-8859-1", "61-E9-3F-3F-3F-3F"),
            ("utf-16", "61-00-E9-00-AC-20-01-01-3D-D8-00-DE"),
            ("utf-16BE", "00-61-00-E9-20-AC-01-01-D8-3D-DE-00"),
            ("utf-32", "61-00-00-00-E9-00-00-00-AC-20-00-00-01-01-00-00-00-F6-01-00"),
            ("utf-32BE", "00-00-00-61-00-00-00-E9-00-00-20-AC-00-00-01-01-00-01-F6-00"),
            ("windows-1252", "61-E9-80-3F-3F-3F"),
        ] {
            let encoding = Encoding::by_name(name).unwrap();
            let bytes = encoding.bytes(text);
            assert_eq!(to_hex_dashed(&bytes), expected, "{name}");
            assert_eq!(encoding.byte_count(text), bytes.len(), "{name}");
        }
    }

    #[test]
    fn bytes_that_are_not_of_the_encoding_are_replaced() {
        for (name, bytes, expected) in [
            ("utf-8", &[0xEF, 0xBB, 0xBF, 65, 0xE2, 0x82, 0xFF][..], "\u{FEFF}A\u{FFFD}\u{FFFD}"),
            ("us-ascii", &[65, 200, 66], "A?B"),
            ("iso-8859-1", &[65, 0x80, 0xFF], "A\u{80}ÿ"),
            ("utf-16", &[65, 0, 66], "A\u{FFFD}"),
            ("utf-16", &[0, 0xD8, 66, 0], "\u{FFFD}B"),
            ("utf-16BE", &[0xD8, 0x3D, 0xDE, 0], "😀"),
            ("utf-32", &[0, 0xD8, 0, 0, 66, 0, 0, 0, 1, 2], "\u{FFFD}B\u{FFFD}"),
            ("windows-1252", &[0x80, 0x81, 0xFF], "€\u{81}ÿ"),
        ] {
            assert_eq!(Encoding::by_name(name).unwrap().text(bytes), expected, "{name}");
        }
    }

    #[test]
    fn base64_reads_as_convert_does() {
        use EncodingError::{Base64Character as Character, Base64Length as Length};
        for (text, expected) in [
            ("", Ok("")),
            (" ", Ok("")),
            ("YQ==", Ok("a")),
            ("Y Q = =", Ok("a")),
            ("YQ==\n", Ok("a")),
            ("YW\tJ\r\nj", Ok("abc")),
            ("YWJjYQ= =", Ok("abca")),
            ("YR==", Ok("a")),
            ("YWI=", Ok("ab")),
            ("YQ", Err(Length)),
            ("YQ=", Err(Length)),
            ("YWJjY", Err(Length)),
            ("=", Err(Length)),
            ("==", Err(Length)),
            ("YWJj=", Err(Length)),
            ("YWJj!", Err(Character)),
            ("YW=j", Err(Character)),
            ("=YQ=", Err(Character)),
            ("YQ==YQ==", Err(Character)),
            ("Y===", Err(Character)),
            ("-_-_", Err(Character)),
            ("YWJé", Err(Character)),
            ("YW\u{B}Jj", Err(Character)),
        ] {
            assert_eq!(from_base64(text), expected.map(|text| text.as_bytes().to_vec()), "{text}");
        }
        assert_eq!(Length.to_string(), "Invalid length for a Base-64 char array or string.");
        assert_eq!(Character.exception(), "System.FormatException");
    }

    #[test]
    fn base64_lines_have_76_characters() {
        assert_eq!(to_base64(&[0; 57], true), "A".repeat(76));
        assert_eq!(to_base64(&[0; 58], true), format!("{}\r\nAA==", "A".repeat(76)));
        assert_eq!(to_base64(&[0; 114], true), format!("{0}\r\n{0}", "A".repeat(76)));
        assert_eq!(to_base64(&[0; 58], false).len(), 80);
    }

    #[test]
    fn base64url_takes_either_alphabet_with_or_without_padding() {
        for (text, expected) in [
            ("_-8", Some(vec![0xFF, 0xEF])),
            ("/+8=", Some(vec![0xFF, 0xEF])),
            ("", Some(vec![])),
            ("YQ", Some(vec![b'a'])),
            ("Y", None),
            ("YQ===", None),
            ("Y Q", None),
            ("Y.Q", None),
        ] {
            assert_eq!(from_base64url(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(bytes: Vec<u8>, breaks_lines: bool) {
            prop_assert_eq!(from_base64(&to_base64(&bytes, breaks_lines)), Ok(bytes));
        }

        #[test]
        fn hostile_bytes_and_text_never_panic(bytes: Vec<u8>, text: String) {
            for name in ["utf-8", "ascii", "l1", "utf-16", "utf-16be", "utf-32", "utf-32be", "windows-1252", "big5"] {
                let encoding = Encoding::by_name(name).unwrap();
                let _ = encoding.text(&bytes);
                let written = encoding.bytes(&text);
                prop_assert_eq!(encoding.byte_count(&text), written.len());
                prop_assert!(written.len() <= GROWTH_MAX * text.len());
            }
            let _ = (from_base64(&text), from_base64url(&text));
        }
    }
}
