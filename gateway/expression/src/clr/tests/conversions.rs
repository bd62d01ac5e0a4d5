//! Conversions between numbers, other bases, and arithmetic of decimals.

use rust_decimal::Decimal;

use super::{shown, written};
use crate::clr::number::*;
use crate::clr::round::{MidpointRounding, round};
use crate::clr::{ClrResult, chars, convert, decimal};

fn decimal_of(text: &str) -> Decimal {
    parse_decimal(text, NumberStyles::ANY).unwrap()
}

fn decimal_text(result: ClrResult<Decimal>) -> String {
    shown(result.map(|value| written(|out| format_decimal(value, "", out))))
}

/// What was done to `left` and `right`.
fn calculate(left: &str, operator: char, right: &str) -> String {
    let operation = match operator {
        '+' => decimal::add,
        '-' => decimal::subtract,
        '*' => decimal::multiply,
        '/' => decimal::divide,
        _ => decimal::remainder,
    };
    decimal_text(operation(decimal_of(left), decimal_of(right)))
}

#[test]
fn decimals_calculate_with_scale() {
    let cases = [
        ("1", '/', "3", "0.3333333333333333333333333333"),
        ("1.10", '+', "2.2", "3.30"),
        ("1.10", '*', "2.20", "2.4200"),
        ("0.5", '+', "0.00", "0.50"),
        ("0.0245", '*', "0.00", "0.000000"),
        ("0", '*', "1759976498848428795.2", "0"),
        ("507.46", '/', "0.010", "50746"),
        ("10.00", '/', "2", "5.00"),
        ("2", '/', "0", "DivideByZeroException: Attempted to divide by zero."),
        (
            "79228162514264337593543950335",
            '*',
            "2",
            "OverflowException: Value was either too large or too small for a Decimal.",
        ),
        ("79228162514264337593543950335", '+', "0.4", "79228162514264337593543950335"),
        (
            "79228162514264337593543950335",
            '+',
            "0.5",
            "OverflowException: Value was either too large or too small for a Decimal.",
        ),
        ("-7", '%', "3", "-1"),
        ("7.5", '%', "0.20", "0.10"),
        ("0.00", '%', "7", "0.00"),
        ("1", '%', "0", "DivideByZeroException: Attempted to divide by zero."),
        ("1", '-', "1.00", "0.00"),
        ("0.00", '/', "-17", "0.00"),
        ("2", '/', "3", "0.6666666666666666666666666667"),
    ];
    for (left, operator, right, expected) in cases {
        assert_eq!(calculate(left, operator, right), expected, "{:?}", (left, operator, right));
    }
}

#[test]
fn conversions_round_halves_to_even() {
    let cases: &[(IntType, u64, &str)] = &[
        (IntType::Int32, 0x4004000000000000, "2"),
        (IntType::Int32, 0x400c000000000000, "4"),
        (IntType::Int32, 0xc004000000000000, "-2"),
        (IntType::Int32, 0x41dfffffffd9999a, "2147483647"),
        (
            IntType::Int32,
            0x41dfffffffe66666,
            "OverflowException: Value was either too large or too small for an Int32.",
        ),
        (
            IntType::Byte,
            0x4072c00000000000,
            "OverflowException: Value was either too large or too small for an unsigned byte.",
        ),
        (
            IntType::Byte,
            0x4202a05f20000000,
            "OverflowException: Value was either too large or too small for an Int32.",
        ),
        (
            IntType::Int64,
            0x46293e5939a08cea,
            "OverflowException: Arithmetic operation resulted in an overflow.",
        ),
        (
            IntType::UInt64,
            0xbff0000000000000,
            "OverflowException: Arithmetic operation resulted in an overflow.",
        ),
        (
            IntType::Int64,
            0x7ff8000000000000,
            "OverflowException: Arithmetic operation resulted in an overflow.",
        ),
        (IntType::UInt32, 0xbfd999999999999a, "0"),
    ];
    for (kind, bits, expected) in cases.iter().copied() {
        assert_eq!(shown(convert::double_to_int(f64::from_bits(bits), kind)), expected, "{:?}", (kind, bits));
    }
}

#[test]
fn casts_cut_off() {
    let cases: &[(IntType, u64, &str)] = &[
        (IntType::Int32, 0x400f333333333333, "3"),
        (IntType::Int32, 0xc00f333333333333, "-3"),
        (IntType::Int32, 0x4202a05f20000000, "-2147483648"),
        (IntType::Byte, 0x4072cb3333333333, "44"),
        (IntType::SByte, 0x4069000000000000, "-56"),
        (IntType::Int64, 0x46293e5939a08cea, "-9223372036854775808"),
        (IntType::UInt64, 0x43e158e460913d00, "10000000000000000000"),
        (IntType::UInt64, 0xbff0000000000000, "18446744073709551615"),
        (IntType::UInt32, 0xbff0000000000000, "4294967295"),
        (IntType::Int32, 0x7ff8000000000000, "-2147483648"),
    ];
    for (kind, bits, expected) in cases.iter().copied() {
        assert_eq!(
            convert::cast_double(f64::from_bits(bits), kind).to_string(),
            expected,
            "{:?}",
            (kind, bits)
        );
    }
}

#[test]
fn rounding_shows_binary_fractions() {
    let cases: &[(u64, i32, MidpointRounding, &str)] = &[
        (0x4002c28f5c28f5c3, 2, MidpointRounding::ToEven, "4002cccccccccccd"),
        (0x4004000000000000, 0, MidpointRounding::ToEven, "4000000000000000"),
        (0x4004000000000000, 0, MidpointRounding::AwayFromZero, "4008000000000000"),
        (0xc004000000000000, 0, MidpointRounding::AwayFromZero, "c008000000000000"),
        (0x3ff0147ae147ae14, 2, MidpointRounding::AwayFromZero, "3ff0000000000000"),
        (0x4376345785d8a000, 3, MidpointRounding::ToEven, "4376345785d8a000"),
        (
            0x3ff0000000000000,
            16,
            MidpointRounding::ToEven,
            "ArgumentOutOfRangeException: Rounding digits must be between 0 and 15, inclusive.\nParameter name: digits",
        ),
        (0x3fd23d70a3d70a3d, 2, MidpointRounding::ToEven, "3fd1eb851eb851ec"),
    ];
    for (bits, decimals, mode, expected) in cases.iter().copied() {
        assert_eq!(
            shown(
                round(f64::from_bits(bits), decimals, mode).map(|value| format!("{:016x}", value.to_bits()))
            ),
            expected,
            "{:?}",
            (bits, decimals, mode)
        );
    }
}

#[test]
fn numbers_are_read_in_other_bases() {
    let cases = [
        (IntType::Int32, "ff", 16, "255"),
        (IntType::Int32, "0xFF", 16, "255"),
        (
            IntType::Int32,
            "fg",
            16,
            "FormatException: Additional non-parsable characters are at the end of the string.",
        ),
        (
            IntType::Int32,
            "",
            16,
            "ArgumentOutOfRangeException: Specified argument was out of the range of valid values.\nParameter name: Index was out of range. Must be non-negative and less than the size of the collection.",
        ),
        (IntType::Int32, "zz", 16, "FormatException: Could not find any recognizable digits."),
        (
            IntType::Int32,
            "1ffffffff",
            16,
            "OverflowException: Value was either too large or too small for a UInt32.",
        ),
        (IntType::Int32, "ffffffff", 16, "-1"),
        (
            IntType::Int32,
            "-1",
            16,
            "ArgumentException: String cannot contain a minus sign if the base is not 10.",
        ),
        (IntType::Int32, "-12", 10, "-12"),
        (
            IntType::Byte,
            "-1",
            10,
            "OverflowException: The string was being parsed as an unsigned number and could not have a negative sign.",
        ),
        (IntType::Int32, "101", 2, "5"),
        (IntType::Int32, "12", 3, "ArgumentException: Invalid Base."),
        (IntType::SByte, "ff", 16, "-1"),
        (
            IntType::Int16,
            "40000",
            10,
            "OverflowException: Value was either too large or too small for an Int16.",
        ),
        (
            IntType::Int32,
            "9999999999",
            10,
            "OverflowException: Value was either too large or too small for an Int32.",
        ),
    ];
    for (kind, text, base, expected) in cases {
        assert_eq!(shown(convert::int_from_base(text, base, kind)), expected, "{:?}", (kind, text, base));
    }
}

#[test]
fn numbers_are_written_in_other_bases() {
    let cases: &[(IntType, i128, i32, &str)] = &[
        (IntType::Int32, -5, 2, "11111111111111111111111111111011"),
        (IntType::Int32, 255, 16, "ff"),
        (IntType::Int16, -1, 8, "177777"),
        (IntType::Int64, -5, 10, "-5"),
        (IntType::Byte, 10, 2, "1010"),
        (IntType::Int32, 5, 3, "ArgumentException: Invalid Base."),
    ];
    for (kind, value, base, expected) in cases.iter().copied() {
        assert_eq!(shown(convert::int_to_base(value, base, kind)), expected, "{:?}", (kind, value, base));
    }
}

#[test]
fn decimals_are_rounded_and_converted() {
    let rounded = |text, decimals, mode| decimal_text(decimal::round(decimal_of(text), decimals, mode));
    assert_eq!(rounded("2.345", 2, MidpointRounding::ToEven), "2.34");
    assert_eq!(rounded("2.345", 2, MidpointRounding::AwayFromZero), "2.35");
    assert_eq!(rounded("2.5", 28, MidpointRounding::ToEven), "2.5");
    assert_eq!(
        rounded("1", 29, MidpointRounding::ToEven),
        "ArgumentOutOfRangeException: Decimal can only round to between 0 and 28 digits of precision.\n\
         Parameter name: decimals"
    );
    assert_eq!(shown(convert::decimal_to_int(decimal_of("2.5"), IntType::Int32)), "2");
    assert_eq!(shown(decimal::to_int(decimal_of("-2.9"), IntType::Int32)), "-2");
    assert_eq!(
        shown(decimal::to_int(decimal_of("2147483648"), IntType::Int32)),
        "OverflowException: Value was either too large or too small for an Int32."
    );
    assert_eq!(decimal_text(decimal::from_double(0.1)), "0.1");
    assert_eq!(decimal_text(decimal::from_double(38196948015.708_25)), "38196948015.7082");
    assert_eq!(decimal_text(decimal::from_single(0.000_01)), "0.000010");
    let too_large = "OverflowException: Value was either too large or too small for a Decimal.";
    assert_eq!(decimal_text(decimal::from_double(1e30)), too_large);
    assert_eq!(decimal_text(decimal::from_double(f64::NAN)), too_large);
    assert_eq!(decimal::to_double(decimal_of("-1.25")), -1.25);
}

#[test]
fn booleans_and_characters_are_parsed() {
    for text in ["true", " TRUE\0", "\u{a0}True"] {
        assert_eq!(convert::parse_bool(text), Ok(true), "{text:?}");
    }
    let not_bool = "FormatException: String was not recognized as a valid Boolean.";
    assert_eq!(shown(convert::parse_bool("yes")), not_bool);
    assert_eq!(convert::bool_text(convert::parse_bool("false").unwrap()), "False");
    assert_eq!(convert::parse_char("ä"), Ok(0xe4));
    let not_char = "FormatException: String must be exactly one character long.";
    assert_eq!(shown(convert::parse_char("😀")), not_char);
}

#[test]
fn characters_have_unicode_classes_and_simple_case() {
    assert!(chars::is_digit(u16::from(b'7')) && chars::is_digit(0x0663) && !chars::is_digit(0x00bd));
    assert!(chars::is_number(0x00bd) && chars::is_letter(0x00e9) && !chars::is_letter(u16::from(b'_')));
    assert!(chars::is_punctuation(u16::from(b'_')) && chars::is_symbol(u16::from(b'+')));
    assert!(chars::is_upper(u16::from(b'A')) && chars::is_lower(0x00df) && chars::is_control(0x85));
    assert!(chars::is_symbol(0xa7) && chars::is_lower(0xaa) && chars::is_punctuation(0xad));
    assert!(chars::is_surrogate(0xd83d) && chars::is_separator(0xa0) && chars::is_letter_or_digit(0x30));
    assert!(['\u{85}', '\u{2003}', '\t'].into_iter().all(chars::is_white_space));
    assert!(!['\u{200b}', '\u{feff}', 'x'].into_iter().any(chars::is_white_space));
    assert_eq!(chars::upper("straße é ıİ ǆ µ ς ა"), "STRAßE É ıİ Ǆ µ ς ა");
    assert_eq!(chars::lower("ÀÉ İ \u{212a}"), "àé İ \u{212a}");
}
