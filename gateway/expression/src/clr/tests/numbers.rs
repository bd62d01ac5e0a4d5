//! Numbers: formats and parsing.

use super::{shown, written};
use crate::clr::number::*;

#[test]
fn integers_are_formatted() {
    let cases: &[(IntType, i128, &str, &str)] = &[
        (IntType::Int32, 5, "", "5"),
        (IntType::Int32, -5, "D3", "-005"),
        (IntType::Int32, 1234567, "N", "1,234,567.00"),
        (IntType::Int32, -1234567, "N0", "-1,234,567"),
        (IntType::Int32, -5, "X", "FFFFFFFB"),
        (IntType::SByte, -5, "X", "FB"),
        (IntType::Int64, 255, "x8", "000000ff"),
        (IntType::Int32, 12345, "E", "1.234500E+004"),
        (IntType::Int32, 12345, "e2", "1.23e+004"),
        (IntType::Int32, 12345, "G2", "1.2E+04"),
        (IntType::Int32, 1234, "C", "¤1,234.00"),
        (IntType::Int32, -1234, "C1", "(¤1,234.0)"),
        (IntType::Int32, 12, "P", "1,200.00 %"),
        (IntType::Int32, 5, "R", "FormatException: Format specifier was invalid."),
        (IntType::Int32, 5, "Q", "FormatException: Format specifier was invalid."),
        (
            IntType::Int32,
            5,
            "F99",
            "5.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        ),
        (IntType::Int32, 5, "F100", "F105"),
        (IntType::Int32, 5, "F007", "5.0000000"),
        (IntType::UInt64, 18446744073709551615, "N0", "18,446,744,073,709,551,615"),
        (IntType::Int64, -9223372036854775808, "G", "-9223372036854775808"),
        (IntType::Int32, -5, "0;(0);zero", "(5)"),
        (IntType::Int32, 0, "0;(0);zero", "zero"),
        (IntType::Int32, 1234567, "#,##0", "1,234,567"),
        (IntType::Int32, 1234567, "0,,.0", "1.2"),
        (IntType::Int32, 5, "000", "005"),
        (IntType::Int32, 5, "'n='0", "n=5"),
        (IntType::Int32, 5, "\\#0", "#5"),
        (IntType::Int32, 1234567890, "(###) ###-####", "(123) 456-7890"),
        (IntType::Int32, 5, "0.00E+00", "5.00E+00"),
        (IntType::SByte, -128, "x100", "x1128"),
        (IntType::Int32, 12, "D2x", "D2x"),
        (IntType::Int32, 0, "#", ""),
        (IntType::Int32, -12, "\"a;b\"0", "-a;b12"),
        (IntType::Int32, 5, "X1x", "X1x"),
    ];
    for (kind, value, format, expected) in cases.iter().copied() {
        assert_eq!(
            written(|out| format_int(value, kind, format, out)),
            expected,
            "{:?}",
            (kind, value, format)
        );
    }
}

#[test]
fn doubles_have_15_digits_unless_asked_for_more() {
    let cases: &[(u64, &str, &str)] = &[
        (0x3fd3333333333334, "", "0.3"),
        (0x430c6bf526340000, "", "1E+15"),
        (0x42d6bcc41e900000, "", "100000000000000"),
        (0x437b69b4ba630f35, "", "1.23456789012346E+17"),
        (0x8000000000000000, "", "0"),
        (0x3f1a36e2eb1c432d, "", "0.0001"),
        (0x3ee4f8b588e368f1, "", "1E-05"),
        (0x3fd3333333333334, "R", "0.30000000000000004"),
        (0x3fb999999999999a, "R", "0.1"),
        (0x3fb999999999999a, "G17", "0.10000000000000001"),
        (0x3fd5555555555555, "r", "0.33333333333333331"),
        (0x3fb999999999999a, "F20", "0.10000000000000000000"),
        (0x4480f0cf064dd592, "F2", "10000000000000000000000.00"),
        (0x3fb999999999999a, "E20", "1.00000000000000010000E-001"),
        (0xbf50624dd2f1a9fc, "F2", "0.00"),
        (0x4005666666666666, "F2", "2.68"),
        (0x3ff0147ae147ae14, "F2", "1.01"),
        (0x3fc0000000000000, "F2", "0.13"),
        (0x4004000000000000, "N0", "3"),
        (0xc0934a449ba5e354, "C", "(¤1,234.57)"),
        (0xbfbf9a6b50b0f27c, "P", "-12.35 %"),
        (0x3fe0000000000000, "P0", "50 %"),
        (0x4014000000000000, "D", "FormatException: Format specifier was invalid."),
        (0x4014000000000000, "X", "FormatException: Format specifier was invalid."),
        (0x7ff8000000000000, "F2", "NaN"),
        (0xfff0000000000000, "Q", "-Infinity"),
        (0x40c81cd6c8b43958, "G3", "1.23E+04"),
        (0x40c81cd6c8b43958, "g3", "1.23e+04"),
        (0x40c81cd6c8b43958, "e2", "1.23e+004"),
        (0x4132d687e4189375, "#,##0.00", "1,234,567.89"),
        (0xbfd999999999999a, "0", "0"),
        (0x3f50624dd2f1a9fc, "0.0;neg;zero", "zero"),
        (0x3fbf972474538ef3, "0.0%", "12.3%"),
        (0x40c81cd6c8b43958, "0.00E+00", "1.23E+04"),
        (0x3fe0000000000000, "#.##", ".5"),
        (0x40934a0000000000, "0.00' EUR'", "1234.50 EUR"),
        (0x3f889374bc6a7efa, "0.0‰", "12.0‰"),
        (0x4058ffae147ae148, "0.00", "100.00"),
        (0x7e37e43c8800759c, "E2", "1.00E+300"),
        (0x0000000000000001, "", "4.94065645841247E-324"),
        (0x7fefffffffffffff, "", "1.79769313486232E+308"),
        (0x405edd2f1a9fbe77, "00000.0", "00123.5"),
        (0x405edd2f1a9fbe77, "0.#####", "123.456"),
        (0xbff8000000000000, "0.0;;z", "-1.5"),
        (0x4341c37937e08000, "0", "10000000000000000"),
    ];
    for (bits, format, expected) in cases.iter().copied() {
        assert_eq!(
            written(|out| format_double(f64::from_bits(bits), format, out)),
            expected,
            "{:?}",
            (bits, format)
        );
    }
}

#[test]
fn singles_have_7_digits() {
    let cases: &[(u32, &str, &str)] = &[
        (0x3dcccccd, "", "0.1"),
        (0x3eaaaaab, "", "0.3333333"),
        (0x3eaaaaab, "R", "0.333333343"),
        (0x4b800000, "", "1.677722E+07"),
        (0x4721d420, "", "41428.13"),
        (0x7f7fffff, "", "3.402823E+38"),
        (0x3dcccccd, "F10", "0.1000000000"),
    ];
    for (bits, format, expected) in cases.iter().copied() {
        assert_eq!(
            written(|out| format_single(f32::from_bits(bits), format, out)),
            expected,
            "{:?}",
            (bits, format)
        );
    }
}

#[test]
fn decimals_keep_their_zeros() {
    let cases = [
        ("1.500", "", "1.500"),
        ("1.500", "G5", "1.5"),
        ("0.00", "", "0.00"),
        ("-0.00", "", "0.00"),
        ("0.0000001", "", "0.0000001"),
        ("0.0000001", "G5", "1E-07"),
        ("79228162514264337593543950335", "", "79228162514264337593543950335"),
        ("79228162514264337593543950335", "N2", "79,228,162,514,264,337,593,543,950,335.00"),
        ("-0.001", "F2", "0.00"),
        ("1.5", "R", "FormatException: Format specifier was invalid."),
        ("12345.6", "G2", "1.2E+04"),
        ("2.5", "F0", "3"),
        ("0.05", "P1", "5.0 %"),
        ("1234.5", "#,##0.00", "1,234.50"),
        ("1234.5", "C", "¤1,234.50"),
    ];
    for (value, format, expected) in cases {
        assert_eq!(
            written(|out| format_decimal(parse_decimal(value, NumberStyles::ANY)?, format, out)),
            expected,
            "{:?}",
            (value, format)
        );
    }
}

#[test]
fn integers_are_parsed_by_their_styles() {
    let cases = [
        (IntType::Int32, "12", 7, "12"),
        (IntType::Int32, " \t-12\n\0", 7, "-12"),
        (IntType::Int32, "", 7, "FormatException: Input string was not in a correct format."),
        (IntType::Int32, "1,000", 7, "FormatException: Input string was not in a correct format."),
        (IntType::Int32, "1,000", 111, "1000"),
        (IntType::Int32, "(12)", 511, "-12"),
        (IntType::Int32, "12-", 111, "-12"),
        (IntType::Int32, "- 12", 7, "FormatException: Input string was not in a correct format."),
        (IntType::Int32, "¤12", 511, "12"),
        (IntType::Int32, "-¤ 12", 511, "-12"),
        (IntType::Int32, "1.0", 111, "1"),
        (
            IntType::Int32,
            "1.5",
            111,
            "OverflowException: Value was either too large or too small for an Int32.",
        ),
        (IntType::Int32, "1e3", 511, "1000"),
        (
            IntType::Int32,
            "99999999999",
            7,
            "OverflowException: Value was either too large or too small for an Int32.",
        ),
        (
            IntType::Int32,
            "2147483648",
            7,
            "OverflowException: Value was either too large or too small for an Int32.",
        ),
        (IntType::Int32, "-2147483648", 7, "-2147483648"),
        (IntType::Int32, "ff", 515, "255"),
        (IntType::Int32, "FFFFFFFF", 515, "-1"),
        (
            IntType::Int32,
            "1FFFFFFFF",
            515,
            "OverflowException: Value was either too large or too small for an Int32.",
        ),
        (IntType::Int32, "0x1", 515, "FormatException: Input string was not in a correct format."),
        (IntType::SByte, "80", 515, "-128"),
        (
            IntType::Byte,
            "256",
            7,
            "OverflowException: Value was either too large or too small for an unsigned byte.",
        ),
        (
            IntType::SByte,
            "128",
            7,
            "OverflowException: Value was either too large or too small for a signed byte.",
        ),
        (IntType::Int16, "x", 7, "FormatException: Input string was not in a correct format."),
        (
            IntType::UInt16,
            "-1",
            7,
            "OverflowException: Value was either too large or too small for a UInt16.",
        ),
        (IntType::UInt32, "-0", 7, "0"),
        (
            IntType::UInt64,
            "-1",
            7,
            "OverflowException: Value was either too large or too small for a UInt64.",
        ),
        (
            IntType::Int64,
            "9223372036854775808",
            7,
            "OverflowException: Value was either too large or too small for an Int64.",
        ),
        (IntType::Int32, "\u{a0}12", 7, "FormatException: Input string was not in a correct format."),
        (IntType::Int32, "12\0x", 7, "FormatException: Input string was not in a correct format."),
        (
            IntType::Int32,
            "1",
            516,
            "ArgumentException: With the AllowHexSpecifier bit set in the enum bit field, the only other valid bits that can be combined into the enum value must be a subset of those in HexNumber.",
        ),
        (
            IntType::Int32,
            "1",
            1024,
            "ArgumentException: An undefined NumberStyles value is being used.\nParameter name: style",
        ),
        (IntType::Int32, "+5", 7, "5"),
        (IntType::Int32, "5 5", 7, "FormatException: Input string was not in a correct format."),
        (
            IntType::Int32,
            "1e-1",
            511,
            "OverflowException: Value was either too large or too small for an Int32.",
        ),
    ];
    for (kind, text, styles, expected) in cases {
        assert_eq!(
            shown(parse_int(text, NumberStyles(styles), kind)),
            expected,
            "{:?}",
            (kind, text, styles)
        );
    }
}

#[test]
fn doubles_are_parsed_by_their_styles() {
    let cases = [
        ("1.5", 231, "3ff8000000000000"),
        ("1,234.5e2", 231, "40fe23a000000000"),
        (".5", 231, "3fe0000000000000"),
        ("5.", 231, "4014000000000000"),
        ("NaN", 231, "fff8000000000000"),
        (" -Infinity ", 231, "fff0000000000000"),
        ("infinity", 231, "FormatException: Input string was not in a correct format."),
        ("1e400", 231, "OverflowException: Value was either too large or too small for a Double."),
        ("1e-400", 231, "0000000000000000"),
        ("-0.0", 231, "0000000000000000"),
        ("(1)", 511, "bff0000000000000"),
        ("1e", 231, "FormatException: Input string was not in a correct format."),
        ("abc", 231, "FormatException: Input string was not in a correct format."),
        ("", 231, "FormatException: Input string was not in a correct format."),
        (
            "1.5",
            515,
            "ArgumentException: The number style AllowHexSpecifier is not supported on floating point data types.",
        ),
        ("1,2,3", 231, "405ec00000000000"),
        ("1.2,3", 231, "FormatException: Input string was not in a correct format."),
        ("1e99999999999", 231, "OverflowException: Value was either too large or too small for a Double."),
    ];
    for (text, styles, expected) in cases {
        assert_eq!(
            shown(parse_double(text, NumberStyles(styles)).map(|value| format!("{:016x}", value.to_bits()))),
            expected,
            "{:?}",
            (text, styles)
        );
    }
}

#[test]
fn decimals_are_parsed_with_their_scale() {
    let cases = [
        ("1.50", 111, "1.50"),
        ("-0.00", 111, "0.00"),
        ("1e3", 111, "FormatException: Input string was not in a correct format."),
        ("1e3", 511, "1000"),
        ("79228162514264337593543950335", 111, "79228162514264337593543950335"),
        (
            "79228162514264337593543950336",
            111,
            "OverflowException: Value was either too large or too small for a Decimal.",
        ),
        ("0.00000000000000000000000000005", 111, "0.0000000000000000000000000000"),
        ("0.00000000000000000000000000015", 111, "0.0000000000000000000000000002"),
        ("1.00000000000000000000000000005", 111, "1.0000000000000000000000000000"),
        (
            "79228162514264337593543950335.5",
            111,
            "OverflowException: Value was either too large or too small for a Decimal.",
        ),
        ("7.9228162514264337593543950335999", 111, "7.922816251426433759354395034"),
        ("x", 111, "FormatException: Input string was not in a correct format."),
        ("1,000.10", 111, "1000.10"),
    ];
    for (text, styles, expected) in cases {
        assert_eq!(
            written(|out| format_decimal(parse_decimal(text, NumberStyles(styles))?, "", out)),
            expected,
            "{:?}",
            (text, styles)
        );
    }
}
