//! Sets of characters: `\w` and its kin, categories, blocks, and what stands in brackets.
//!
//! The one idea: a set is `regex-syntax`'s canonical list of ranges; Unicode's tables come from there,
//! only the meaning of names is .NET's.

use std::sync::OnceLock;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::blocks;

/// `\d`, `\w` and `\s` of .NET, or ASCII's under `ECMAScript`. Upper case is the complement.
pub(super) fn perl(letter: char, is_ecma: bool) -> ClassUnicode {
    let mut class = match (letter.to_ascii_lowercase(), is_ecma) {
        ('d', false) => cached(&DIGIT, r"[\p{Nd}]"),
        ('w', false) => cached(&WORD, r"[\p{L}\p{Mn}\p{Nd}\p{Pc}]"),
        (_, false) => cached(&SPACE, r"[\t-\r\x{85}\p{Z}]"),
        ('d', true) => ranges([('0', '9')]),
        ('w', true) => ranges([('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        (_, true) => ranges([('\t', '\r'), (' ', ' ')]),
    };
    if letter.is_ascii_uppercase() {
        class.negate();
    }
    class
}

/// What `\b` takes for part of a word: `\w` and the two joiners.
pub(super) fn boundary_word() -> &'static CharSet {
    static SET: OnceLock<CharSet> = OnceLock::new();
    SET.get_or_init(|| {
        let mut class = perl('w', false);
        class.union(&ranges([('\u{200C}', '\u{200D}')]));
        CharSet::new(&class)
    })
}

/// A category (`Lu`) or block (`IsGreek`), by .NET's case-sensitive names.
pub(super) fn property(name: &str) -> Option<ClassUnicode> {
    if let Some((first, last)) = name.strip_prefix("Is").and_then(blocks::block) {
        return Some(ranges([(first, last)]));
    }
    const CATEGORIES: [&str; 37] = [
        "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N",
        "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z",
        "Zl", "Zp", "Zs",
    ];
    match name {
        // Surrogates are no characters here.
        "Cs" => Some(ClassUnicode::empty()),
        _ if CATEGORIES.contains(&name) => Some(parsed(&format!(r"[\p{{{name}}}]"))),
        _ => None,
    }
}

pub(super) fn ranges<const N: usize>(ranges: [(char, char); N]) -> ClassUnicode {
    ClassUnicode::new(ranges.map(|(first, last)| ClassUnicodeRange::new(first, last)))
}

/// Everything, or everything but a line feed.
pub(super) fn any(has_line_feed: bool) -> ClassUnicode {
    let mut class = if has_line_feed { ClassUnicode::empty() } else { ranges([('\n', '\n')]) };
    class.negate();
    class
}

/// The character and its other cases.
pub(super) fn folded(char: char) -> ClassUnicode {
    let mut class = ranges([(char, char)]);
    class.case_fold_simple();
    class
}

static DIGIT: OnceLock<ClassUnicode> = OnceLock::new();
static WORD: OnceLock<ClassUnicode> = OnceLock::new();
static SPACE: OnceLock<ClassUnicode> = OnceLock::new();

fn cached(cell: &OnceLock<ClassUnicode>, pattern: &str) -> ClassUnicode {
    cell.get_or_init(|| parsed(pattern)).clone()
}

/// A class of this module's own making in `regex-syntax`'s notation.
fn parsed(pattern: &str) -> ClassUnicode {
    match regex_syntax::parse(pattern).map(|hir| hir.into_kind()) {
        Ok(HirKind::Class(Class::Unicode(class))) => class,
        // A class of one character comes back as a literal; none of ours has fewer than two, but `Zl`
        // and `Zp`.
        Ok(HirKind::Literal(literal)) => {
            match std::str::from_utf8(&literal.0).ok().and_then(|text| text.chars().next()) {
                Some(char) => ranges([(char, char)]),
                None => ClassUnicode::empty(),
            }
        }
        _ => ClassUnicode::empty(),
    }
}

/// A set ready to be asked quickly.
#[derive(Debug)]
pub(super) struct CharSet {
    ascii: u128,
    ranges: Vec<(char, char)>,
}

impl CharSet {
    pub(super) fn new(class: &ClassUnicode) -> Self {
        let ranges: Vec<_> = class.iter().map(|range| (range.start(), range.end())).collect();
        let is_in = |char: char| ranges.iter().any(|(first, last)| *first <= char && char <= *last);
        let ascii =
            (0..128_u8).filter(|byte| is_in(char::from(*byte))).fold(0, |bits, byte| bits | 1 << byte);
        Self { ascii, ranges }
    }

    pub(super) fn contains(&self, char: char) -> bool {
        if char.is_ascii() {
            return self.ascii >> u32::from(char) & 1 == 1;
        }
        let at = self.ranges.partition_point(|(_, last)| *last < char);
        self.ranges.get(at).is_some_and(|(first, _)| *first <= char)
    }
}
