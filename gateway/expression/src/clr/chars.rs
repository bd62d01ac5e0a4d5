//! `System.Char`: classes and case of UTF-16 units, by Unicode's general categories.

use unicode_general_category::{GeneralCategory, get_general_category};

/// General category of a unit; half of a pair is a surrogate. The five of Latin-1 that Unicode has
/// since put elsewhere stay where .NET Framework has them.
pub fn category(unit: u16) -> GeneralCategory {
    match unit {
        0xa7 | 0xb6 => return GeneralCategory::OtherSymbol,
        0xaa | 0xba => return GeneralCategory::LowercaseLetter,
        0xad => return GeneralCategory::DashPunctuation,
        _ => {}
    }
    char::from_u32(u32::from(unit)).map_or(GeneralCategory::Surrogate, get_general_category)
}

/// `Char.IsDigit`: decimal digits of all scripts.
pub fn is_digit(unit: u16) -> bool {
    category(unit) == GeneralCategory::DecimalNumber
}

/// `Char.IsNumber`: also Roman numerals, fractions and the like.
pub fn is_number(unit: u16) -> bool {
    use GeneralCategory as G;
    matches!(category(unit), G::DecimalNumber | G::LetterNumber | G::OtherNumber)
}

/// `Char.IsLetter`
pub fn is_letter(unit: u16) -> bool {
    use GeneralCategory as G;
    matches!(
        category(unit),
        G::UppercaseLetter | G::LowercaseLetter | G::TitlecaseLetter | G::ModifierLetter | G::OtherLetter
    )
}

/// `Char.IsLetterOrDigit`
pub fn is_letter_or_digit(unit: u16) -> bool {
    is_letter(unit) || is_digit(unit)
}

/// `Char.IsUpper`
pub fn is_upper(unit: u16) -> bool {
    category(unit) == GeneralCategory::UppercaseLetter
}

/// `Char.IsLower`
pub fn is_lower(unit: u16) -> bool {
    category(unit) == GeneralCategory::LowercaseLetter
}

/// `Char.IsControl`
pub fn is_control(unit: u16) -> bool {
    category(unit) == GeneralCategory::Control
}

/// `Char.IsPunctuation`
pub fn is_punctuation(unit: u16) -> bool {
    use GeneralCategory as G;
    matches!(
        category(unit),
        G::ConnectorPunctuation
            | G::DashPunctuation
            | G::OpenPunctuation
            | G::ClosePunctuation
            | G::InitialPunctuation
            | G::FinalPunctuation
            | G::OtherPunctuation
    )
}

/// `Char.IsSymbol`
pub fn is_symbol(unit: u16) -> bool {
    use GeneralCategory as G;
    matches!(category(unit), G::MathSymbol | G::CurrencySymbol | G::ModifierSymbol | G::OtherSymbol)
}

/// `Char.IsSeparator`
pub fn is_separator(unit: u16) -> bool {
    use GeneralCategory as G;
    matches!(category(unit), G::SpaceSeparator | G::LineSeparator | G::ParagraphSeparator)
}

/// `Char.IsSurrogate`: half of a pair.
pub fn is_surrogate(unit: u16) -> bool {
    (0xd800..0xe000).contains(&unit)
}

/// `Char.IsWhiteSpace`, also what `String.Trim()` takes off.
pub fn is_white_space(symbol: char) -> bool {
    match symbol {
        '\t'..='\r' | ' ' | '\u{85}' | '\u{a0}' => true,
        _ if symbol < '\u{1680}' => false,
        _ => u16::try_from(u32::from(symbol)).is_ok_and(is_separator),
    }
}

/// `Char.ToUpperInvariant`: one character for one, so `ß` stays, and Greek with a small iota too.
pub fn to_upper(symbol: char) -> char {
    if symbol.is_ascii() {
        return symbol.to_ascii_uppercase();
    }
    // Only what comes back counts: `µ`, whose capital is that of `μ`, has none.
    single(symbol.to_uppercase())
        .filter(|upper| cased(symbol) && single(upper.to_lowercase()) == Some(symbol))
        .unwrap_or(symbol)
}

/// `Char.ToLowerInvariant`: one character for one.
pub fn to_lower(symbol: char) -> char {
    if symbol.is_ascii() {
        return symbol.to_ascii_lowercase();
    }
    single(symbol.to_lowercase())
        .filter(|lower| cased(symbol) && single(lower.to_uppercase()) == Some(symbol))
        .unwrap_or(symbol)
}

/// The invariant culture maps no Turkish i, no Georgian, and nothing beyond the first 65,536
/// characters.
fn cased(symbol: char) -> bool {
    symbol <= '\u{ffff}' && !matches!(symbol, 'ı' | 'İ' | '\u{10d0}'..='\u{10ff}' | '\u{1c90}'..='\u{1cbf}')
}

fn single(mut mapped: impl Iterator<Item = char>) -> Option<char> {
    mapped.next().filter(|_| mapped.next().is_none())
}

/// `String.ToUpperInvariant`
pub fn upper(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_uppercase() } else { text.chars().map(to_upper).collect() }
}

/// `String.ToLowerInvariant`
pub fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().map(to_lower).collect() }
}
