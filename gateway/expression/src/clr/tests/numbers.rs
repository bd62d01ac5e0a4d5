//! Numbers: formats, parsing, conversions, arithmetic of decimals.

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
            written(|out| format_decimal(decimal_of(value), format, out)),
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
        assert_eq!(decimal_text(parse_decimal(text, NumberStyles(styles))), expected, "{:?}", (text, styles));
    }
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
    assert!(chars::is_surrogate(0xd83d) && chars::is_separator(0xa0) && chars::is_letter_or_digit(0x30));
    assert!(['\u{85}', '\u{2003}', '\t'].into_iter().all(chars::is_white_space));
    assert!(!['\u{200b}', '\u{feff}', 'x'].into_iter().any(chars::is_white_space));
    assert_eq!(chars::upper("straße é ıİ ǆ"), "STRAßE É ıİ Ǆ");
    assert_eq!(chars::lower("ÀÉ İ"), "àé İ");
}
