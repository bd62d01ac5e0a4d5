//! Named blocks of characters, as `\p{IsGreek}` names them in .NET.
//!
//! The one idea: a sorted table. It is Unicode 4's, like .NET's, and holds the basic plane only; the
//! blocks of surrogates are missing because text here has none.

/// First and last character of a block, by the name behind `Is`.
pub(super) fn block(name: &str) -> Option<(char, char)> {
    let at = BLOCKS.binary_search_by_key(&name, |(name, ..)| *name).ok()?;
    let (_, first, last) = BLOCKS[at];
    Some((first, last))
}

#[rustfmt::skip]
const BLOCKS: [(&str, char, char); 105] = [
    ("AlphabeticPresentationForms", '\u{FB00}', '\u{FB4F}'),
    ("Arabic", '\u{600}', '\u{6FF}'),
    ("ArabicPresentationForms-A", '\u{FB50}', '\u{FDFF}'),
    ("ArabicPresentationForms-B", '\u{FE70}', '\u{FEFF}'),
    ("Armenian", '\u{530}', '\u{58F}'),
    ("Arrows", '\u{2190}', '\u{21FF}'),
    ("BasicLatin", '\u{0}', '\u{7F}'),
    ("Bengali", '\u{980}', '\u{9FF}'),
    ("BlockElements", '\u{2580}', '\u{259F}'),
    ("Bopomofo", '\u{3100}', '\u{312F}'),
    ("BopomofoExtended", '\u{31A0}', '\u{31BF}'),
    ("BoxDrawing", '\u{2500}', '\u{257F}'),
    ("BraillePatterns", '\u{2800}', '\u{28FF}'),
    ("Buhid", '\u{1740}', '\u{175F}'),
    ("CJKCompatibility", '\u{3300}', '\u{33FF}'),
    ("CJKCompatibilityForms", '\u{FE30}', '\u{FE4F}'),
    ("CJKCompatibilityIdeographs", '\u{F900}', '\u{FAFF}'),
    ("CJKRadicalsSupplement", '\u{2E80}', '\u{2EFF}'),
    ("CJKSymbolsandPunctuation", '\u{3000}', '\u{303F}'),
    ("CJKUnifiedIdeographs", '\u{4E00}', '\u{9FFF}'),
    ("CJKUnifiedIdeographsExtensionA", '\u{3400}', '\u{4DBF}'),
    ("Cherokee", '\u{13A0}', '\u{13FF}'),
    ("CombiningDiacriticalMarks", '\u{300}', '\u{36F}'),
    ("CombiningDiacriticalMarksforSymbols", '\u{20D0}', '\u{20FF}'),
    ("CombiningHalfMarks", '\u{FE20}', '\u{FE2F}'),
    ("CombiningMarksforSymbols", '\u{20D0}', '\u{20FF}'),
    ("ControlPictures", '\u{2400}', '\u{243F}'),
    ("CurrencySymbols", '\u{20A0}', '\u{20CF}'),
    ("Cyrillic", '\u{400}', '\u{4FF}'),
    ("CyrillicSupplement", '\u{500}', '\u{52F}'),
    ("Devanagari", '\u{900}', '\u{97F}'),
    ("Dingbats", '\u{2700}', '\u{27BF}'),
    ("EnclosedAlphanumerics", '\u{2460}', '\u{24FF}'),
    ("EnclosedCJKLettersandMonths", '\u{3200}', '\u{32FF}'),
    ("Ethiopic", '\u{1200}', '\u{137F}'),
    ("GeneralPunctuation", '\u{2000}', '\u{206F}'),
    ("GeometricShapes", '\u{25A0}', '\u{25FF}'),
    ("Georgian", '\u{10A0}', '\u{10FF}'),
    ("Greek", '\u{370}', '\u{3FF}'),
    ("GreekExtended", '\u{1F00}', '\u{1FFF}'),
    ("GreekandCoptic", '\u{370}', '\u{3FF}'),
    ("Gujarati", '\u{A80}', '\u{AFF}'),
    ("Gurmukhi", '\u{A00}', '\u{A7F}'),
    ("HalfwidthandFullwidthForms", '\u{FF00}', '\u{FFEF}'),
    ("HangulCompatibilityJamo", '\u{3130}', '\u{318F}'),
    ("HangulJamo", '\u{1100}', '\u{11FF}'),
    ("HangulSyllables", '\u{AC00}', '\u{D7AF}'),
    ("Hanunoo", '\u{1720}', '\u{173F}'),
    ("Hebrew", '\u{590}', '\u{5FF}'),
    ("Hiragana", '\u{3040}', '\u{309F}'),
    ("IPAExtensions", '\u{250}', '\u{2AF}'),
    ("IdeographicDescriptionCharacters", '\u{2FF0}', '\u{2FFF}'),
    ("Kanbun", '\u{3190}', '\u{319F}'),
    ("KangxiRadicals", '\u{2F00}', '\u{2FDF}'),
    ("Kannada", '\u{C80}', '\u{CFF}'),
    ("Katakana", '\u{30A0}', '\u{30FF}'),
    ("KatakanaPhoneticExtensions", '\u{31F0}', '\u{31FF}'),
    ("Khmer", '\u{1780}', '\u{17FF}'),
    ("KhmerSymbols", '\u{19E0}', '\u{19FF}'),
    ("Lao", '\u{E80}', '\u{EFF}'),
    ("Latin-1Supplement", '\u{80}', '\u{FF}'),
    ("LatinExtended-A", '\u{100}', '\u{17F}'),
    ("LatinExtended-B", '\u{180}', '\u{24F}'),
    ("LatinExtendedAdditional", '\u{1E00}', '\u{1EFF}'),
    ("LetterlikeSymbols", '\u{2100}', '\u{214F}'),
    ("Limbu", '\u{1900}', '\u{194F}'),
    ("Malayalam", '\u{D00}', '\u{D7F}'),
    ("MathematicalOperators", '\u{2200}', '\u{22FF}'),
    ("MiscellaneousMathematicalSymbols-A", '\u{27C0}', '\u{27EF}'),
    ("MiscellaneousMathematicalSymbols-B", '\u{2980}', '\u{29FF}'),
    ("MiscellaneousSymbols", '\u{2600}', '\u{26FF}'),
    ("MiscellaneousSymbolsandArrows", '\u{2B00}', '\u{2BFF}'),
    ("MiscellaneousTechnical", '\u{2300}', '\u{23FF}'),
    ("Mongolian", '\u{1800}', '\u{18AF}'),
    ("Myanmar", '\u{1000}', '\u{109F}'),
    ("NumberForms", '\u{2150}', '\u{218F}'),
    ("Ogham", '\u{1680}', '\u{169F}'),
    ("OpticalCharacterRecognition", '\u{2440}', '\u{245F}'),
    ("Oriya", '\u{B00}', '\u{B7F}'),
    ("PhoneticExtensions", '\u{1D00}', '\u{1D7F}'),
    ("PrivateUse", '\u{E000}', '\u{F8FF}'),
    ("PrivateUseArea", '\u{E000}', '\u{F8FF}'),
    ("Runic", '\u{16A0}', '\u{16FF}'),
    ("Sinhala", '\u{D80}', '\u{DFF}'),
    ("SmallFormVariants", '\u{FE50}', '\u{FE6F}'),
    ("SpacingModifierLetters", '\u{2B0}', '\u{2FF}'),
    ("Specials", '\u{FFF0}', '\u{FFFF}'),
    ("SuperscriptsandSubscripts", '\u{2070}', '\u{209F}'),
    ("SupplementalArrows-A", '\u{27F0}', '\u{27FF}'),
    ("SupplementalArrows-B", '\u{2900}', '\u{297F}'),
    ("SupplementalMathematicalOperators", '\u{2A00}', '\u{2AFF}'),
    ("Syriac", '\u{700}', '\u{74F}'),
    ("Tagalog", '\u{1700}', '\u{171F}'),
    ("Tagbanwa", '\u{1760}', '\u{177F}'),
    ("TaiLe", '\u{1950}', '\u{197F}'),
    ("Tamil", '\u{B80}', '\u{BFF}'),
    ("Telugu", '\u{C00}', '\u{C7F}'),
    ("Thaana", '\u{780}', '\u{7BF}'),
    ("Thai", '\u{E00}', '\u{E7F}'),
    ("Tibetan", '\u{F00}', '\u{FFF}'),
    ("UnifiedCanadianAboriginalSyllabics", '\u{1400}', '\u{167F}'),
    ("VariationSelectors", '\u{FE00}', '\u{FE0F}'),
    ("YiRadicals", '\u{A490}', '\u{A4CF}'),
    ("YiSyllables", '\u{A000}', '\u{A48F}'),
    ("YijingHexagramSymbols", '\u{4DC0}', '\u{4DFF}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_sorted_and_found() {
        assert!(BLOCKS.is_sorted_by_key(|(name, ..)| *name));
        for (name, expected) in [
            ("BasicLatin", Some(('\0', '\u{7F}'))),
            ("Greek", Some(('\u{370}', '\u{3FF}'))),
            ("GreekandCoptic", Some(('\u{370}', '\u{3FF}'))),
            ("Cyrillic", Some(('\u{400}', '\u{4FF}'))),
            ("greek", None),
            ("", None),
        ] {
            assert_eq!(block(name), expected, "{name}");
        }
    }
}
