//! Strings, composite formats and GUIDs.

use super::{exception, shown, written};
use crate::clr::composite::{FormatArguments, align, format_composite};
use crate::clr::guid::Guid;
use crate::clr::number::{IntType, format_double, format_int};
use crate::clr::text::StringComparison::*;
use crate::clr::text::*;
use crate::clr::{ClrError, ClrResult};

/// Arguments as text: `i:5` is an `Int32`, `d:1.5` a `Double`, `s:x` a string.
struct Arguments<'a>(&'a [&'a str]);

impl FormatArguments for Arguments<'_> {
    type Error = ClrError;

    fn count(&self) -> usize {
        self.0.len()
    }

    fn format(&self, index: usize, format: &str, out: &mut String) -> ClrResult<()> {
        match self.0[index].split_once(':') {
            Some(("i", number)) => format_int(number.parse().unwrap(), IntType::Int32, format, out),
            Some(("d", number)) => format_double(number.parse().unwrap(), format, out),
            Some((_, text)) => {
                out.push_str(text);
                Ok(())
            }
            None => Ok(()),
        }
    }
}

#[test]
fn composite_formats_are_filled() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("{0}", &["i:5"], "5"),
        ("{0,5}|{0,-5}|", &["s:ab"], "   ab|ab   |"),
        ("{0:N2}", &["i:1234"], "1,234.00"),
        ("{0,10:#,##0.00}", &["d:1234.5"], "  1,234.50"),
        ("{{{0}}}", &["i:1"], "{1}"),
        ("{0:{{x}}}", &["i:1"], "{x}"),
        ("{0:D3}}}", &["i:1"], "D3}"),
        ("{0 , -5 }|", &["i:1"], "1    |"),
        ("{0", &["i:1"], "FormatException: Input string was not in a correct format."),
        ("}", &["i:1"], "FormatException: Input string was not in a correct format."),
        (
            "{1}",
            &["i:1"],
            "FormatException: Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
        ),
        ("{ 0}", &["i:1"], "FormatException: Input string was not in a correct format."),
        ("{a}", &["i:1"], "FormatException: Input string was not in a correct format."),
        ("{}", &["i:1"], "FormatException: Input string was not in a correct format."),
        ("{-1}", &["i:1"], "FormatException: Input string was not in a correct format."),
        ("{0,}", &["i:1"], "FormatException: Input string was not in a correct format."),
        ("{0:Q}", &["i:1"], "FormatException: Format specifier was invalid."),
        (
            "{1000000}",
            &["i:1"],
            "FormatException: Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
        ),
        ("{0}{1}", &["null", "s:x"], "x"),
        ("{0,4}|", &["s:é😀"], " é😀|"),
        ("plain", &["i:1"], "plain"),
        ("{0:}", &["i:7"], "7"),
        ("{0,5:}|", &["i:1"], "    1|"),
    ];
    for (format, arguments, expected) in cases.iter().copied() {
        assert_eq!(
            written(|out| format_composite(format, &Arguments(arguments), out, 1_000)),
            expected,
            "{:?}",
            (format, arguments)
        );
    }
}

#[test]
fn guids_have_five_formats() {
    let cases = [
        ("00112233-4455-6677-8899-aabbccddeeff", "", "00112233-4455-6677-8899-aabbccddeeff"),
        ("00112233-4455-6677-8899-AABBCCDDEEFF", "N", "00112233445566778899aabbccddeeff"),
        ("00112233445566778899aabbccddeeff", "B", "{00112233-4455-6677-8899-aabbccddeeff}"),
        ("{00112233-4455-6677-8899-aabbccddeeff}", "P", "(00112233-4455-6677-8899-aabbccddeeff)"),
        (
            "(00112233-4455-6677-8899-aabbccddeeff)",
            "X",
            "{0x00112233,0x4455,0x6677,{0x88,0x99,0xaa,0xbb,0xcc,0xdd,0xee,0xff}}",
        ),
        (
            " {0x00112233,0x4455,0x6677,{0x88,0x99,0xaa,0xbb,0xcc,0xdd,0xee,0xff}} ",
            "D",
            "00112233-4455-6677-8899-aabbccddeeff",
        ),
        ("", "D", "FormatException: Unrecognized Guid format."),
        (
            "x",
            "D",
            "FormatException: Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        ),
        (
            "0123",
            "D",
            "FormatException: Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        ),
        (
            "00112233-4455-6677-8899-aabbccddeegg",
            "D",
            "FormatException: Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        ),
        (
            "0011223g-4455-6677-8899-aabbccddeeff",
            "D",
            "FormatException: Guid string should only contain hexadecimal characters.",
        ),
        (
            "001122334-455-6677-8899-aabbccddeeff",
            "D",
            "FormatException: Dashes are in the wrong position for GUID parsing.",
        ),
        (
            "{00112233-4455-6677-8899-aabbccddeeff",
            "D",
            "FormatException: Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        ),
        (
            "00112233-4455-6677-8899-aabbccddeeff",
            "Q",
            "FormatException: Format String can be only 'D', 'd', 'N', 'n', 'P', 'p', 'B', 'b', 'X' or 'x'.",
        ),
        (
            "gggggggggggggggggggggggggggggggg",
            "D",
            "FormatException: Guid string should only contain hexadecimal characters.",
        ),
        ("{0x1,0x2,0x3,{1,0x2,0x3,0x4,0x5,0x6,0x7,0x8}}", "D", "FormatException: Expected hex 0x in '{0}'."),
        (
            "{0x1,0x2,0x3,{0x1,0x2,0x3,0x4,0x5,0x6,0x7,0x100}}",
            "D",
            "FormatException: Value was either too large or too small for an unsigned byte.",
        ),
    ];
    for (text, format, expected) in cases {
        assert_eq!(written(|out| Guid::parse(text)?.format(format, out)), expected, "{:?}", (text, format));
    }
}

#[test]
fn substrings_count_units() {
    let cases: &[(&str, i32, Option<i32>, &str)] = &[
        ("a😀b", 0, None, "a😀b"),
        ("a😀b", 1, Some(2), "😀"),
        ("a😀b", 2, None, "�b"),
        ("a😀b", 1, Some(1), "�"),
        ("abc", 3, None, ""),
        (
            "abc",
            4,
            None,
            "ArgumentOutOfRangeException: startIndex cannot be larger than length of string.\nParameter name: startIndex",
        ),
        (
            "abc",
            -1,
            None,
            "ArgumentOutOfRangeException: StartIndex cannot be less than zero.\nParameter name: startIndex",
        ),
        (
            "abc",
            1,
            Some(5),
            "ArgumentOutOfRangeException: Index and length must refer to a location within the string.\nParameter name: length",
        ),
        (
            "abc",
            1,
            Some(-5),
            "ArgumentOutOfRangeException: Length cannot be less than zero.\nParameter name: length",
        ),
        ("abc", 0, Some(3), "abc"),
    ];
    for (text, start, count, expected) in cases.iter().copied() {
        assert_eq!(
            match count {
                None => shown(substring(text, start)),
                Some(count) => shown(substring_range(text, start, count)),
            },
            expected,
            "{:?}",
            (text, start, count)
        );
    }
}

#[test]
fn parts_are_removed() {
    let cases: &[(&str, i32, Option<i32>, &str)] = &[
        ("abc", 1, None, "a"),
        (
            "abc",
            3,
            None,
            "ArgumentOutOfRangeException: startIndex must be less than length of string.\nParameter name: startIndex",
        ),
        (
            "abc",
            4,
            None,
            "ArgumentOutOfRangeException: startIndex must be less than length of string.\nParameter name: startIndex",
        ),
        (
            "abc",
            -1,
            None,
            "ArgumentOutOfRangeException: StartIndex cannot be less than zero.\nParameter name: startIndex",
        ),
        ("abc", 1, Some(1), "ac"),
        (
            "abc",
            1,
            Some(5),
            "ArgumentOutOfRangeException: Index and count must refer to a location within the string.\nParameter name: count",
        ),
        (
            "abc",
            1,
            Some(-1),
            "ArgumentOutOfRangeException: Count cannot be less than zero.\nParameter name: count",
        ),
        ("a😀b", 1, Some(2), "ab"),
        (
            "abc",
            -1,
            Some(1),
            "ArgumentOutOfRangeException: StartIndex cannot be less than zero.\nParameter name: startIndex",
        ),
    ];
    for (text, start, count, expected) in cases.iter().copied() {
        assert_eq!(
            match count {
                None => shown(remove(text, start)),
                Some(count) => shown(remove_range(text, start, count)),
            },
            expected,
            "{:?}",
            (text, start, count)
        );
    }
}

#[test]
fn values_are_found_from_the_front() {
    let cases = [
        ("aXbx", "x", 0, None, Ordinal, "3"),
        ("aXbx", "x", 0, None, OrdinalIgnoreCase, "1"),
        ("😀b", "b", 0, None, Ordinal, "2"),
        ("😀É", "é", 0, None, OrdinalIgnoreCase, "2"),
        ("abc", "", 3, None, Ordinal, "3"),
        (
            "abc",
            "x",
            5,
            None,
            Ordinal,
            "ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: startIndex",
        ),
        (
            "abc",
            "b",
            1,
            Some(5),
            Ordinal,
            "ArgumentOutOfRangeException: Count must be positive and count must refer to a location within the string/array/collection.\nParameter name: count",
        ),
        (
            "abc",
            "b",
            1,
            Some(-1),
            Ordinal,
            "ArgumentOutOfRangeException: Count must be positive and count must refer to a location within the string/array/collection.\nParameter name: count",
        ),
        ("abcb", "b", 2, None, Ordinal, "3"),
        ("abcb", "b", 2, Some(1), Ordinal, "-1"),
        (
            "abc",
            "b",
            -1,
            None,
            Ordinal,
            "ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: startIndex",
        ),
    ];
    for (text, value, start, count, comparison, expected) in cases {
        assert_eq!(
            shown(index_of(text, value, start, count, comparison)),
            expected,
            "{:?}",
            (text, value, start, count, comparison)
        );
    }
}

#[test]
fn values_are_found_from_the_back() {
    let cases = [
        ("abab", "ab", None, None, Ordinal, "2"),
        ("abab", "AB", None, None, OrdinalIgnoreCase, "2"),
        ("abab", "ab", Some(2), None, Ordinal, "0"),
        ("abc", "", None, None, Ordinal, "2"),
        ("", "", None, None, Ordinal, "0"),
        ("", "a", None, None, Ordinal, "-1"),
        (
            "abc",
            "a",
            Some(5),
            None,
            Ordinal,
            "ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: startIndex",
        ),
        (
            "abc",
            "a",
            Some(2),
            Some(5),
            Ordinal,
            "ArgumentOutOfRangeException: Count must be positive and count must refer to a location within the string/array/collection.\nParameter name: count",
        ),
        ("abab", "a", Some(3), Some(2), Ordinal, "2"),
        ("😀a😀", "a", None, None, Ordinal, "2"),
    ];
    for (text, value, start, count, comparison, expected) in cases {
        assert_eq!(
            shown(last_index_of(text, value, start, count, comparison)),
            expected,
            "{:?}",
            (text, value, start, count, comparison)
        );
    }
}

fn parts(strings: bool, text: &str, separators: &str, count: Option<i32>, options: SplitOptions) -> String {
    let parts = if strings {
        split_strings(text, &separators.split('~').collect::<Vec<_>>(), count, options)
    } else {
        split_chars(text, &separators.chars().collect::<Vec<_>>(), count, options)
    };
    shown(parts.map(|parts| parts.join("|")))
}

#[test]
fn texts_are_split() {
    let cases = [
        (false, "a,b,,c", ",", None, SplitOptions::None, "a|b||c"),
        (false, "a,b,,c", ",", None, SplitOptions::RemoveEmptyEntries, "a|b|c"),
        (false, "a,b,,c", ",", Some(2), SplitOptions::None, "a|b,,c"),
        (false, ",,a,,b,c,", ",", Some(2), SplitOptions::RemoveEmptyEntries, "a|b,c,"),
        (false, " a  b ", "", None, SplitOptions::None, "|a||b|"),
        (false, "a", ",", Some(0), SplitOptions::None, ""),
        (false, "a,", ",", Some(1), SplitOptions::RemoveEmptyEntries, "a,"),
        (false, "", ",", None, SplitOptions::RemoveEmptyEntries, ""),
        (false, "", ",", None, SplitOptions::None, ""),
        (
            false,
            "a",
            ",",
            Some(-1),
            SplitOptions::None,
            "ArgumentOutOfRangeException: Count cannot be less than zero.\nParameter name: count",
        ),
        (true, "a<>b<c", "<>~<", None, SplitOptions::None, "a|b|c"),
        (true, "a,,b", ",,~,", None, SplitOptions::None, "a|b"),
        (true, "a b", "~x", None, SplitOptions::None, "a b"),
    ];
    for (strings, text, separators, count, options, expected) in cases {
        assert_eq!(
            parts(strings, text, separators, count, options),
            expected,
            "{:?}",
            (strings, text, separators, count, options)
        );
    }
}

#[test]
fn texts_are_compared() {
    let cases = [
        ("a", "B", Ordinal, 1),
        ("a", "B", OrdinalIgnoreCase, -1),
        ("a", "A", InvariantCulture, -1),
        ("A", "a", InvariantCulture, 1),
        ("a", "B", InvariantCulture, -1),
        ("a", "A", InvariantCultureIgnoreCase, 0),
        ("co-op", "coop", InvariantCulture, 1),
        ("co-op", "coop", Ordinal, -1),
        ("a1", "aa", InvariantCulture, -1),
        ("_a", "1a", InvariantCulture, -1),
        ("ab", "a", InvariantCulture, 1),
        ("", "a", Ordinal, -1),
        ("a", "", InvariantCulture, 1),
        ("Ab", "aC", InvariantCulture, -1),
    ];
    for (left, right, comparison, expected) in cases {
        assert_eq!(compare(left, right, comparison).signum(), expected, "{:?}", (left, right, comparison));
    }
}

#[test]
fn texts_are_edited() {
    let max = 20;
    assert_eq!(
        (length("a😀"), unit_at("a😀", 2), unit_at("a", 1)),
        (3, Ok(0xde00), Err(ClrError::IndexOutOfRange))
    );
    assert_eq!(shown(insert("ab", 1, "x", max)), "axb");
    assert_eq!(
        shown(insert("ab", 3, "x", max)),
        "ArgumentOutOfRangeException: Specified argument was out of the range of valid values.\n\
         Parameter name: startIndex"
    );
    assert_eq!(
        (shown(pad_left("é", 3, '*', max)), shown(pad_right("é", 3, '*', max))),
        ("**é".into(), "é**".into())
    );
    assert_eq!(
        shown(pad_left("x", -1, ' ', max)),
        "ArgumentOutOfRangeException: Non-negative number required.\nParameter name: totalWidth"
    );
    assert_eq!(shown(replace("aXbX", "X", "yy", max)), "ayybyy");
    assert_eq!(
        shown(replace("a", "", "x", max)),
        "ArgumentException: String cannot be of zero length.\nParameter name: oldValue"
    );
    assert_eq!(shown(replace_char("a/b", '/', '-', max)), "a-b");
    assert_eq!((trim("\u{a0} x\u{2003}\n"), trim("\u{200b}x")), ("x", "\u{200b}x"));
    assert_eq!(
        (trim_chars("aabca", &['a']), trim_start_chars("ab", &['a']), trim_end_chars("ba ", &[])),
        ("bc", "b", "ba")
    );
    assert_eq!((trim_start(" x "), trim_end(" x ")), ("x ", " x"));
    assert_eq!(shown(join(", ", ["a", "", "b"], max)), "a, , b");
    assert_eq!(shown(repeat('ß', 2, max)), "ßß");
}

#[test]
fn parts_are_recognized() {
    assert!(contains("abc", "") && contains("abc", "bc") && !contains("abc", "B"));
    assert!(starts_with("Éa", "é", OrdinalIgnoreCase) && !starts_with("Éa", "é", Ordinal));
    assert!(
        ends_with("a.JSON", ".json", InvariantCultureIgnoreCase)
            && !ends_with("n", "json", OrdinalIgnoreCase)
    );
    assert!(equals("Straße", "STRAßE", OrdinalIgnoreCase) && !equals("a", "A", CurrentCulture));
    assert_eq!(
        (index_of_char("a😀b", 'b', 0, None), last_index_of_char("abab", 'a', None, None)),
        (Ok(3), Ok(2))
    );
    assert_eq!(
        (index_of_any("a,b;", &[';', ','], 2, None), last_index_of_any("", &['a'], Some(9), None)),
        (Ok(3), Ok(-1))
    );
    for (left, right, difference) in [
        ("a", "c", -2),
        ("abc", "a", 98),
        ("abcd", "abc", 100),
        ("abcde", "abcd", 1),
        ("ab", "abcd", -2),
        ("abc", "", 97),
        ("", "", 0),
    ] {
        assert_eq!(compare_ordinal(left, right), difference, "{left} {right}");
    }
    // Long enough to be folded as a whole.
    let long = "é".repeat(3_000) + "X";
    assert_eq!(index_of(&long, "éx", 0, None, OrdinalIgnoreCase), Ok(2_999));
}

#[test]
fn results_stay_within_their_bound() {
    let exact = [
        insert("ab", 0, "x", 3).map(|text| text.len()),
        pad_left("a", 3, ' ', 3).map(|text| text.len()),
        pad_right("a", 3, ' ', 3).map(|text| text.len()),
        replace("a", "a", "abc", 3).map(|text| text.len()),
        join(",", ["a", "b"], 3).map(|text| text.len()),
        repeat('a', 3, 3).map(|text| text.len()),
    ];
    assert!(exact.iter().all(|len| *len == Ok(3)), "{exact:?}");
    let over = [
        insert("ab", 0, "x", 2).map(|text| text.len()),
        pad_left("a", 3, ' ', 2).map(|text| text.len()),
        pad_right("a", 3, ' ', 2).map(|text| text.len()),
        replace("a", "a", "abc", 2).map(|text| text.len()),
        join(",", ["a", "b"], 2).map(|text| text.len()),
        repeat('a', i32::MAX, 2).map(|text| text.len()),
    ];
    assert!(over.iter().all(|len| *len == Err(ClrError::TooLong)), "{over:?}");
    let (mut out, arguments) = (String::new(), Arguments(&["s:a"]));
    assert_eq!(format_composite("{0,3}", &arguments, &mut out, 3), Ok(()));
    assert_eq!(format_composite("{0,999999}", &arguments, &mut String::new(), 3), Err(ClrError::TooLong));
    assert_eq!(align(&mut out, 0, i32::MIN, 3), Err(ClrError::TooLong));
    assert_eq!(exception(&ClrError::TooLong).split(':').next(), Some("OutOfMemoryException"));
}

#[test]
fn guids_have_little_endian_fields_in_bytes() {
    let guid = Guid::parse("00112233-4455-6677-8899-aabbccddeeff").unwrap();
    assert_eq!(guid.to_bytes()[..8], [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66]);
    assert_eq!(Guid::from_bytes(guid.to_bytes()), guid);
}
