//! Text to dates and time spans.

use super::shown;
use crate::clr::ClrResult;
use crate::clr::date_parse::*;
use crate::clr::datetime::DateTime;
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::timespan::TimeSpan;
use crate::clr::timespan_parse::{parse_timespan, parse_timespan_exact};

/// Ticks and kind.
fn plain(result: ClrResult<DateTime>) -> String {
    shown(result.map(|value| format!("{}/{}", value.ticks(), value.kind() as i32)))
}

/// Ticks of the clock and minutes of the offset.
fn plain_offset(result: ClrResult<DateTimeOffset>) -> String {
    shown(result.map(|value| format!("{}/{}", value.ticks(), value.offset_minutes())))
}

fn today() -> DateTime {
    DateTime::new(2026, 11, 25).unwrap()
}

#[test]
fn time_spans_are_parsed() {
    let cases = [
        ("12:30", "450000000000"),
        ("1.02:03:04", "937840000000"),
        ("1.02:03:04.5", "937845000000"),
        ("02:03:04.1234567", "73841234567"),
        ("-1:2:3", "-37230000000"),
        ("5", "4320000000000"),
        (" 6:12 ", "223200000000"),
        (
            "24:00",
            "OverflowException: The TimeSpan could not be parsed because at least one of the numeric components is out of range or contains too many digits.",
        ),
        ("25:10:20", "21972000000000"),
        ("1:2:3:4", "937840000000"),
        ("1:2:3:4.5", "937845000000"),
        ("x", "FormatException: String was not recognized as a valid TimeSpan."),
        ("", "FormatException: String was not recognized as a valid TimeSpan."),
        (
            "99999999",
            "OverflowException: The TimeSpan could not be parsed because at least one of the numeric components is out of range or contains too many digits.",
        ),
        (
            "1.25:00",
            "OverflowException: The TimeSpan could not be parsed because at least one of the numeric components is out of range or contains too many digits.",
        ),
        (
            "1:60",
            "OverflowException: The TimeSpan could not be parsed because at least one of the numeric components is out of range or contains too many digits.",
        ),
        (
            "1:2:3.12345678",
            "OverflowException: The TimeSpan could not be parsed because at least one of the numeric components is out of range or contains too many digits.",
        ),
        ("1:2:3.00000001", "37230000001"),
        ("10675199.02:48:05.4775807", "9223372036854775807"),
        (
            "10675199.02:48:05.4775808",
            "OverflowException: The TimeSpan could not be parsed because at least one of the numeric components is out of range or contains too many digits.",
        ),
        ("-10675199.02:48:05.4775808", "-9223372036854775808"),
        ("1 :2", "FormatException: String was not recognized as a valid TimeSpan."),
        ("1:2:", "FormatException: String was not recognized as a valid TimeSpan."),
        ("--1", "FormatException: String was not recognized as a valid TimeSpan."),
        ("1.2", "FormatException: String was not recognized as a valid TimeSpan."),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(parse_timespan(text).map(TimeSpan::ticks)), expected, "{:?}", (text,));
    }
}

#[test]
fn time_spans_are_parsed_by_formats() {
    let cases = [
        ("12:30:45", "hh\\:mm\\:ss", "450450000000"),
        ("1.02:03", "d\\.hh\\:mm", "937800000000"),
        ("05", "%d", "4320000000000"),
        ("3 days", "d' days'", "2592000000000"),
        ("12.500", "s\\.fff", "125000000"),
        ("12.5", "ss\\.FFF", "125000000"),
        ("0102", "hhmm", "37200000000"),
        ("1.02:03:04", "c", "937840000000"),
        ("1:02:03:04", "c", "FormatException: String was not recognized as a valid TimeSpan."),
        ("1:02:03:04", "g", "937840000000"),
        ("1:2:3", "G", "FormatException: String was not recognized as a valid TimeSpan."),
        ("123", "dd", "FormatException: String was not recognized as a valid TimeSpan."),
        ("1h", "%h", "FormatException: String was not recognized as a valid TimeSpan."),
        ("1", "Q", "FormatException: Format specifier was invalid."),
        (
            "25",
            "hh",
            "OverflowException: The TimeSpan could not be parsed because at least one of the numeric components is out of range or contains too many digits.",
        ),
        ("1", "", "FormatException: Format specifier was invalid."),
    ];
    for (text, format, expected) in cases {
        assert_eq!(
            shown(parse_timespan_exact(text, format).map(TimeSpan::ticks)),
            expected,
            "{:?}",
            (text, format)
        );
    }
}

#[test]
fn dates_are_parsed_leniently() {
    let cases = [
        ("2020-01-02", "637135200000000000/0"),
        ("2020.01.02", "637135200000000000/0"),
        ("2020,01,02", "637135200000000000/0"),
        ("01/02/2020", "637135200000000000/0"),
        ("1-2-2020", "637135200000000000/0"),
        ("1/2/20", "637135200000000000/0"),
        ("1/2", "639029088000000000/0"),
        ("1/2020", "637134336000000000/0"),
        ("2020 5", "637238880000000000/0"),
        ("20200102", "FormatException: String was not recognized as a valid DateTime."),
        ("2020-01-02T03:04", "637135310400000000/0"),
        ("2020-01-02T03:04:05.12345678", "637135310451234568/0"),
        ("2020-01-02T03:04:05,5", "FormatException: String was not recognized as a valid DateTime."),
        ("2020-01-02T03:04:05Z", "637135310450000000/2"),
        ("2020-01-02t03:04:05z", "637135310450000000/2"),
        ("2020-01-02T03:04:05+02:00", "637135238450000000/2"),
        ("2020-01-02T03:04:05 -2:30", "637135400450000000/2"),
        ("2020-01-02T03:04:05+0200", "637135238450000000/2"),
        ("2020-01-02T03", "FormatException: String was not recognized as a valid DateTime."),
        ("2020-02-03T4:5:6", "FormatException: String was not recognized as a valid DateTime."),
        ("2020-01-02Z", "637135200000000000/2"),
        ("2020-01-02 +02:00", "637135128000000000/2"),
        ("2020-01-02-03:04", "637135310400000000/2"),
        (
            "T03:04",
            "FormatException: The string was not recognized as a valid DateTime. There is an unknown word starting at index 0.",
        ),
        ("03:04", "639311726400000000/0"),
        ("3", "FormatException: String was not recognized as a valid DateTime."),
        ("3 PM", "639312156000000000/0"),
        ("3:04:05 pm", "639312158450000000/0"),
        ("13 PM", "639312084000000000/0"),
        ("13 AM", "FormatException: String was not recognized as a valid DateTime."),
        ("12:30 AM", "639311634000000000/0"),
        ("Jan 5", "639031680000000000/0"),
        ("5 Jan", "632401344000000000/0"),
        ("5-May,", "639135360000000000/0"),
        ("Jan 2020", "637134336000000000/0"),
        ("Jan 5, 2020", "637137792000000000/0"),
        ("5-Jan-20", "637137792000000000/0"),
        ("20 Jan 5", "632417760000000000/0"),
        ("Jan 1 100", "31241376000000000/0"),
        ("Jan", "FormatException: String was not recognized as a valid DateTime."),
        ("Monday", "FormatException: String was not recognized as a valid DateTime."),
        ("Thu, 02 Jan 2020 03:04:05 GMT", "637135310450000000/2"),
        (
            "Fri, 02 Jan 2020 03:04:05 GMT",
            "FormatException: String was not recognized as a valid DateTime because the day of week was incorrect.",
        ),
        ("Thu Jan 2 03:04:05 2020", "FormatException: String was not recognized as a valid DateTime."),
        ("3:04 PM 1/2/2020", "637135742400000000/0"),
        ("1/2/2020 3", "FormatException: String was not recognized as a valid DateTime."),
        (
            "24:00",
            "FormatException: The DateTime represented by the string is not supported in calendar System.Globalization.GregorianCalendar.",
        ),
        (
            "2020-01-02T24:00:00",
            "FormatException: The DateTime represented by the string is not supported in calendar System.Globalization.GregorianCalendar.",
        ),
        (
            "2020-02-30T00:00",
            "FormatException: The DateTime represented by the string is not supported in calendar System.Globalization.GregorianCalendar.",
        ),
        (
            "1/2/2020 3:04 UTC",
            "FormatException: The string was not recognized as a valid DateTime. There is an unknown word starting at index 14.",
        ),
        ("1/1/29", "639975168000000000/0"),
        ("1/1/30", "608732928000000000/0"),
        ("1/1/099", "30926016000000000/0"),
        ("13/1/2020", "FormatException: String was not recognized as a valid DateTime."),
        ("2/30/2020", "FormatException: String was not recognized as a valid DateTime."),
        ("  2020-01-02  ", "637135200000000000/0"),
        ("2020-01-02\0", "637135200000000000/0"),
        (
            "2020-01-02 x",
            "FormatException: The string was not recognized as a valid DateTime. There is an unknown word starting at index 11.",
        ),
        ("2020--01", "FormatException: String was not recognized as a valid DateTime."),
        ("1/2/", "FormatException: String was not recognized as a valid DateTime."),
        ("1/2/2020,", "637135200000000000/0"),
        ("2020-01-02 03.04.05", "FormatException: String was not recognized as a valid DateTime."),
        ("jan. 5 2020", "637137792000000000/0"),
        (
            "2020-01-02T03:04:05+15:00",
            "FormatException: The time zone offset must be within plus or minus 14 hours.",
        ),
        ("2020-01-02T03:04:05+1:60", "FormatException: String was not recognized as a valid DateTime."),
        ("#2020-01-02#", "637135200000000000/0"),
        ("", "FormatException: String was not recognized as a valid DateTime."),
        ("1:", "FormatException: String was not recognized as a valid DateTime."),
        (":1", "FormatException: String was not recognized as a valid DateTime."),
        ("Mon Tue", "FormatException: String was not recognized as a valid DateTime."),
        ("Jan 5 3:04", "639311797800000000/0"),
        ("Jan 5 3:04:05", "FormatException: String was not recognized as a valid DateTime."),
        ("6/15/2009 8:45:30 PM", "633806955300000000/0"),
        ("9999-12-31T23:59:59.9999999", "3155378975999999999/0"),
        ("0001-01-01T00:00:00+02:00", "792000000000/2"),
        ("December 2020 25", "637444512000000000/0"),
        ("123456789", "FormatException: String was not recognized as a valid DateTime."),
    ];
    for (text, expected) in cases {
        assert_eq!(plain(parse_datetime(text, DateTimeStyles::NONE, today())), expected, "{:?}", (text,));
    }
}

#[test]
fn styles_decide_the_kind() {
    let cases = [
        ("2020-01-02T03:04:05", 16, "637135310450000000/0"),
        ("2020-01-02T03:04:05", 32, "637135310450000000/2"),
        ("2020-01-02T03:04:05", 64, "637135310450000000/2"),
        ("2020-01-02T03:04:05", 80, "637135310450000000/1"),
        ("2020-01-02T03:04:05Z", 128, "637135310450000000/1"),
        ("2020-01-02T03:04:05+02:00", 128, "637135238450000000/2"),
        ("2020-01-02T03:04:05+02:00", 16, "637135238450000000/1"),
        ("03:04", 8, "110400000000/0"),
        (
            "2020-01-02",
            96,
            "ArgumentException: The DateTimeStyles values AssumeLocal and AssumeUniversal cannot be used together.\nParameter name: styles",
        ),
        (
            "2020-01-02",
            192,
            "ArgumentException: The DateTimeStyles value RoundtripKind cannot be used with the values AssumeLocal, AssumeUniversal or AdjustToUniversal.\nParameter name: styles",
        ),
        (
            "2020-01-02",
            512,
            "ArgumentException: An undefined DateTimeStyles value is being used.\nParameter name: styles",
        ),
    ];
    for (text, styles, expected) in cases {
        assert_eq!(
            plain(parse_datetime(text, DateTimeStyles(styles), today())),
            expected,
            "{:?}",
            (text, styles)
        );
    }
}

#[test]
fn dates_with_offset_are_parsed() {
    let cases = [
        ("2020-01-02T03:04:05", 0, "637135310450000000/0"),
        ("2020-01-02T03:04:05+05:30", 0, "637135310450000000/330"),
        ("2020-01-02T03:04:05+05:30", 16, "637135112450000000/0"),
        ("2020-01-02T03:04:05Z", 0, "637135310450000000/0"),
        (
            "2020-01-02T03:04:05+15:00",
            0,
            "FormatException: The time zone offset must be within plus or minus 14 hours.",
        ),
        ("Thu, 02 Jan 2020 03:04:05 GMT", 0, "637135310450000000/0"),
        ("01/02/2020 03:04:05 -01:00", 0, "637135310450000000/-60"),
        (
            "x",
            0,
            "FormatException: The string was not recognized as a valid DateTime. There is an unknown word starting at index 0.",
        ),
        (
            "2020-01-02",
            8,
            "ArgumentException: The DateTimeStyles value 'NoCurrentDateDefault' is not allowed when parsing DateTimeOffset.\nParameter name: styles",
        ),
        (
            "0001-01-01T00:00:00+02:00",
            0,
            "FormatException: The UTC representation of the date falls outside the year range 1-9999.",
        ),
    ];
    for (text, styles, expected) in cases {
        assert_eq!(
            plain_offset(parse_datetime_offset(text, DateTimeStyles(styles), today())),
            expected,
            "{:?}",
            (text, styles)
        );
    }
}

#[test]
fn dates_are_parsed_by_formats() {
    let cases = [
        ("2020-01-02", "yyyy-MM-dd", 0, "637135200000000000/0"),
        ("2020-1-2", "yyyy-MM-dd", 0, "FormatException: String was not recognized as a valid DateTime."),
        ("1/2/2020", "M/d/yyyy", 0, "637135200000000000/0"),
        ("20200102030405", "yyyyMMddHHmmss", 0, "637135310450000000/0"),
        ("2020-01-02T03:04:05.6Z", "yyyy-MM-ddTHH:mm:ss.FFFK", 0, "637135310456000000/2"),
        ("2020-01-02T03:04:05Z", "yyyy-MM-ddTHH:mm:ss.FFFK", 0, "637135310450000000/2"),
        ("2020-01-02T03:04:05Z", "yyyy-MM-ddTHH:mm:ssZ", 0, "637135310450000000/2"),
        ("2020-01-02T03:04:05Z", "yyyy-MM-ddTHH:mm:ss'Z'", 0, "637135310450000000/0"),
        ("2020-01-02T03:04:05.1234567Z", "o", 128, "637135310451234567/1"),
        ("Thu, 02 Jan 2020 03:04:05 GMT", "r", 0, "637135310450000000/0"),
        ("2020-01-02 03:04:05Z", "u", 0, "637135310450000000/0"),
        ("Thursday, 02 January 2020 03:04:05", "U", 0, "637135310450000000/2"),
        ("3:04 P", "h:mm t", 0, "639312158400000000/0"),
        ("13:04 PM", "hh:mm tt", 0, "FormatException: String was not recognized as a valid DateTime."),
        ("02 of January", "dd 'of' MMMM", 0, "639029088000000000/0"),
        (
            "Fri 02/01/2020",
            "ddd dd/MM/yyyy",
            0,
            "FormatException: String was not recognized as a valid DateTime because the day of week was incorrect.",
        ),
        (
            "30/02/2020",
            "dd/MM/yyyy",
            0,
            "FormatException: The DateTime represented by the string is not supported in calendar System.Globalization.GregorianCalendar.",
        ),
        (" 2020-01-02 ", "yyyy-MM-dd", 3, "637135200000000000/0"),
        (" 2020-01-02", "yyyy-MM-dd", 0, "FormatException: String was not recognized as a valid DateTime."),
        ("2020-01-02+1:00", "yyyy-MM-ddzzz", 0, "637135164000000000/2"),
        ("x", "Q", 0, "FormatException: Input string was not in a correct format."),
        ("x", "", 0, "FormatException: Format specifier was invalid."),
        ("", "d", 0, "FormatException: String was not recognized as a valid DateTime."),
        (
            "2020 2021",
            "yyyy yyyy",
            0,
            "FormatException: DateTime pattern 'y' appears more than once with different values.",
        ),
        ("29", "yy", 0, "639975168000000000/0"),
        ("30", "yy", 0, "608732928000000000/0"),
        ("5", "%d", 0, "639031680000000000/0"),
        ("1", "ffffffff", 0, "FormatException: String was not recognized as a valid DateTime."),
    ];
    for (text, format, styles, expected) in cases {
        assert_eq!(
            plain(parse_datetime_exact(text, format, DateTimeStyles(styles), today())),
            expected,
            "{:?}",
            (text, format, styles)
        );
    }
}
