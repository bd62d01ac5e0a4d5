//! Dates, time spans and time zones.

use super::{shown, written};
use crate::clr::ClrResult;
use crate::clr::date_format::{format_datetime, format_datetime_offset};
use crate::clr::date_parse::*;
use crate::clr::datetime::{DateTime, DateTimeKind, DayOfWeek, TICKS_MAX, days_in_month, is_leap_year};
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::timespan::TimeSpan;
use crate::clr::timespan_format::format_timespan;
use crate::clr::timespan_parse::{parse_timespan, parse_timespan_exact};
use crate::clr::timezone::TimeZone;

/// 2020-06-16T18:45:30.1234500
const TICKS: i64 = 637279371301234500;

fn kind(number: i32) -> DateTimeKind {
    [DateTimeKind::Unspecified, DateTimeKind::Utc, DateTimeKind::Local][number as usize]
}

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

fn offset(minutes: i32) -> TimeSpan {
    TimeSpan::new(0, 0, minutes, 0, 0).unwrap()
}

#[test]
fn dates_are_formatted() {
    let cases = [
        ("", "06/16/2020 20:45:30"),
        ("d", "06/16/2020"),
        ("D", "Tuesday, 16 June 2020"),
        ("f", "Tuesday, 16 June 2020 20:45"),
        ("F", "Tuesday, 16 June 2020 20:45:30"),
        ("g", "06/16/2020 20:45"),
        ("G", "06/16/2020 20:45:30"),
        ("M", "June 16"),
        ("m", "June 16"),
        ("o", "2020-06-16T20:45:30.1234500Z"),
        ("r", "Tue, 16 Jun 2020 20:45:30 GMT"),
        ("s", "2020-06-16T20:45:30"),
        ("t", "20:45"),
        ("T", "20:45:30"),
        ("u", "2020-06-16 20:45:30Z"),
        ("U", "Tuesday, 16 June 2020 20:45:30"),
        ("y", "2020 June"),
        ("Q", "FormatException: Input string was not in a correct format."),
        ("%", "FormatException: Input string was not in a correct format."),
        ("%d", "16"),
        ("%h", "8"),
        ("h:mm tt", "8:45 PM"),
        ("hh:mm:ss.fff", "08:45:30.123"),
        ("HH:mm:ss.FFFFFFF", "20:45:30.12345"),
        ("ss.FF", "30.12"),
        ("yy", "20"),
        ("yyyyy", "02020"),
        ("ddd MMM", "Tue Jun"),
        ("dddd MMMM", "Tuesday June"),
        ("%K", "Z"),
        ("K", "FormatException: Input string was not in a correct format."),
        ("zzz", "+00:00"),
        ("%z", "+0"),
        ("zz", "+00"),
        ("yyyy'T'MM", "2020T06"),
        ("'open", "FormatException: Cannot find a matching quote character for the character '''."),
        ("a\\", "FormatException: Input string was not in a correct format."),
        ("%%", "FormatException: Input string was not in a correct format."),
        ("ffffffff", "FormatException: Input string was not in a correct format."),
        ("%g", "A.D."),
        ("t", "20:45"),
        ("%t", "P"),
        ("yyyyMMddHHmmssfff", "20200616204530123"),
        ("\\d\\a\\y", "day"),
        ("yyyy-MM-ddTHH:mm:ss.fffZ", "2020-06-16T20:45:30.123Z"),
        ("MMMM dd, yyyy", "June 16, 2020"),
        ("H", "FormatException: Input string was not in a correct format."),
        ("%H", "20"),
        ("x", "FormatException: Input string was not in a correct format."),
        ("/:", "/:"),
    ];
    for (format, expected) in cases {
        assert_eq!(
            written(|out| format_datetime(DateTime::from_ticks(TICKS, DateTimeKind::Utc)?, format, out)),
            expected,
            "{:?}",
            (format,)
        );
    }
}

#[test]
fn dates_with_offset_are_formatted() {
    let cases = [
        (330, "", "06/16/2020 20:45:30 +05:30"),
        (330, "G", "06/16/2020 20:45:30"),
        (330, "o", "2020-06-16T20:45:30.1234500+05:30"),
        (330, "r", "Tue, 16 Jun 2020 15:15:30 GMT"),
        (330, "s", "2020-06-16T20:45:30"),
        (330, "u", "2020-06-16 15:15:30Z"),
        (330, "U", "FormatException: Input string was not in a correct format."),
        (330, "K z", "+05:30 +5"),
        (330, "%z", "+5"),
        (330, "zz", "+05"),
        (330, "zzz", "+05:30"),
        (330, "%K", "+05:30"),
        (-90, "zzz", "-01:30"),
        (-90, "%z", "-1"),
    ];
    for (minutes, format, expected) in cases {
        assert_eq!(
            written(|out| {
                let clock = DateTime::from_ticks(TICKS, DateTimeKind::Unspecified)?;
                format_datetime_offset(DateTimeOffset::new(clock, offset(minutes))?, format, out)
            }),
            expected,
            "{:?}",
            (minutes, format)
        );
    }
}

#[test]
fn time_spans_are_formatted() {
    let cases = [
        (0, "", "00:00:00"),
        (-1, "", "-00:00:00.0000001"),
        (37230000000, "", "01:02:03"),
        (937230000000, "c", "1.02:02:03"),
        (937230000000, "g", "1:2:02:03"),
        (937230000000, "G", "1:02:02:03.0000000"),
        (-937235000000, "g", "-1:2:02:03.5"),
        (37230000000, "hh\\:mm\\:ss", "01:02:03"),
        (937235000000, "d' days 'h':'mm", "1 days 2:02"),
        (937235000000, "s\\.fff", "3.500"),
        (937235000000, "%d", "1"),
        (937235000000, "d", "FormatException: Input string was not in a correct format."),
        (937235000000, "hh:mm", "FormatException: Input string was not in a correct format."),
        (9223372036854775807, "c", "10675199.02:48:05.4775807"),
        (-9223372036854775808, "c", "-10675199.02:48:05.4775808"),
        (1, "G", "0:00:00:00.0000001"),
        (5000000, "ss\\.FFF", "00.5"),
        (-37230000000, "h\\h", "1h"),
        (1, "ddddddddd", "FormatException: Input string was not in a correct format."),
        (1, "'x", "FormatException: Cannot find a matching quote character for the character '''."),
    ];
    for (ticks, format, expected) in cases {
        assert_eq!(
            written(|out| format_timespan(TimeSpan::from_ticks(ticks), format, out)),
            expected,
            "{:?}",
            (ticks, format)
        );
    }
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

fn add(unit: &str, value: f64) -> ClrResult<DateTime> {
    let leap_day = DateTime::new(2020, 2, 29)?.with_kind(DateTimeKind::Utc);
    match unit {
        "Days" => leap_day.add_days(value),
        "Hours" => leap_day.add_hours(value),
        "Minutes" => leap_day.add_minutes(value),
        "Seconds" => leap_day.add_seconds(value),
        "Ms" => leap_day.add_milliseconds(value),
        "Months" => leap_day.add_months(value as i32),
        _ => leap_day.add_years(value as i32),
    }
}

#[test]
fn adding_rounds_to_milliseconds() {
    let cases: &[(&str, u64, &str)] = &[
        ("Days", 0x3fd5555555555555, "637185600000000000/1"),
        ("Seconds", 0x3f40b630a91537a0, "637185312000010000/1"),
        ("Ms", 0x3fe3333333333333, "637185312000010000/1"),
        ("Ms", 0xbfe3333333333333, "637185311999990000/1"),
        ("Ms", 0x3fd999999999999a, "637185312000000000/1"),
        (
            "Days",
            0x7ff8000000000000,
            "ArgumentOutOfRangeException: Value to add was out of range.\nParameter name: value",
        ),
        (
            "Days",
            0x4415af1d78b58c40,
            "ArgumentOutOfRangeException: Value to add was out of range.\nParameter name: value",
        ),
        ("Months", 0x4028000000000000, "637500672000000000/1"),
        ("Months", 0xc028000000000000, "636869088000000000/1"),
        ("Months", 0x3ff0000000000000, "637210368000000000/1"),
        (
            "Months",
            0x40fd4c1000000000,
            "ArgumentOutOfRangeException: Months value must be between +/-120000.\nParameter name: months",
        ),
        (
            "Months",
            0x40f86a0000000000,
            "ArgumentOutOfRangeException: The added or subtracted value results in an un-representable DateTime.\nParameter name: months",
        ),
        ("Years", 0x3ff0000000000000, "637500672000000000/1"),
        (
            "Years",
            0x40c3888000000000,
            "ArgumentOutOfRangeException: Years value must be between +/-10000.\nParameter name: years",
        ),
        (
            "Years",
            0x40bf400000000000,
            "ArgumentOutOfRangeException: The added or subtracted value results in an un-representable DateTime.\nParameter name: months",
        ),
        (
            "Hours",
            0xc1cdcd6500000000,
            "ArgumentOutOfRangeException: Value to add was out of range.\nParameter name: value",
        ),
        ("Minutes", 0x3ff8000000000000, "637185312900000000/1"),
    ];
    for (unit, bits, expected) in cases.iter().copied() {
        assert_eq!(plain(add(unit, f64::from_bits(bits))), expected, "{:?}", (unit, bits));
    }
}

fn from(unit: &str, value: f64) -> ClrResult<TimeSpan> {
    match unit {
        "Days" => TimeSpan::from_days(value),
        "Hours" => TimeSpan::from_hours(value),
        "Minutes" => TimeSpan::from_minutes(value),
        "Seconds" => TimeSpan::from_seconds(value),
        _ => TimeSpan::from_milliseconds(value),
    }
}

#[test]
fn time_spans_are_made_of_whole_milliseconds() {
    let cases: &[(&str, u64, &str)] = &[
        ("Seconds", 0x3f40b630a91537a0, "10000"),
        ("Seconds", 0x3ff8000000000000, "15000000"),
        ("Ms", 0xbfe0000000000000, "-10000"),
        (
            "Days",
            0x46293e5939a08cea,
            "OverflowException: TimeSpan overflowed because the duration is too long.",
        ),
        (
            "Hours",
            0x7ff8000000000000,
            "ArgumentException: TimeSpan does not accept floating point Not-a-Number values.",
        ),
        ("Minutes", 0xc002000000000000, "-1350000000"),
        ("Days", 0x3fb999999999999a, "86400000000"),
    ];
    for (unit, bits, expected) in cases.iter().copied() {
        assert_eq!(
            shown(from(unit, f64::from_bits(bits)).map(TimeSpan::ticks)),
            expected,
            "{:?}",
            (unit, bits)
        );
    }
}

fn convert(direction: &str, zone: &str, time: DateTime) -> ClrResult<DateTime> {
    let zone = TimeZone::find(zone)?;
    if direction == "to" { zone.to_utc(time) } else { zone.from_utc(time) }
}

#[test]
fn zones_convert() {
    let cases = [
        ("to", "Europe/Berlin", 637292016000000000, 0, "637291944000000000/1"),
        (
            "to",
            "Europe/Berlin",
            637210458000000000,
            0,
            "ArgumentException: The supplied DateTime represents an invalid time.  For example, when the clock is adjusted forward, any time in the period that is skipped is invalid.\nParameter name: dateTime",
        ),
        ("to", "Europe/Berlin", 637391898000000000, 0, "637391862000000000/1"),
        (
            "to",
            "Europe/Berlin",
            637134768000000000,
            1,
            "ArgumentException: The conversion could not be completed because the supplied DateTime did not have the Kind property set correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone must be TimeZoneInfo.Local.\nParameter name: sourceTimeZone",
        ),
        (
            "to",
            "Europe/Berlin",
            637134768000000000,
            2,
            "ArgumentException: The conversion could not be completed because the supplied DateTime did not have the Kind property set correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone must be TimeZoneInfo.Local.\nParameter name: sourceTimeZone",
        ),
        ("to", "UTC", 637134768000000000, 1, "637134768000000000/1"),
        ("from", "America/New_York", 637292016000000000, 1, "637291872000000000/0"),
        (
            "from",
            "America/New_York",
            637292016000000000,
            2,
            "ArgumentException: The conversion could not be completed because the supplied DateTime did not have the Kind property set correctly.  For example, when the Kind property is DateTimeKind.Local, the source time zone must be TimeZoneInfo.Local.\nParameter name: sourceTimeZone",
        ),
        ("from", "UTC", 637292016000000000, 0, "637292016000000000/1"),
        (
            "to",
            "Nope",
            637292016000000000,
            0,
            "TimeZoneNotFoundException: The time zone ID 'Nope' was not found on the local computer.",
        ),
    ];
    for (direction, zone, ticks, number, expected) in cases {
        assert_eq!(
            plain(convert(direction, zone, DateTime::from_ticks(ticks, kind(number)).unwrap())),
            expected,
            "{:?}",
            (direction, zone, ticks, number)
        );
    }
}

#[test]
fn zones_have_windows_and_iana_ids() {
    for (windows, iana) in crate::clr::windows_zones::WINDOWS_ZONES {
        let (windows, iana) = (TimeZone::find(windows).unwrap(), TimeZone::find(iana).unwrap());
        let summer = DateTime::new(2020, 7, 1).unwrap();
        assert_eq!(windows.utc_offset(summer), iana.utc_offset(summer), "{}", windows.id());
    }
    let berlin = TimeZone::find("w. europe STANDARD time").unwrap();
    let summer = DateTime::new(2020, 7, 1).unwrap();
    assert_eq!(berlin.id(), "W. Europe Standard Time");
    assert_eq!(berlin.base_utc_offset(summer), offset(60));
    assert_eq!(berlin.utc_offset(summer), offset(120));
    assert!(berlin.is_daylight_saving_time(summer));
    assert!(berlin.is_invalid(DateTime::new(2020, 3, 29).unwrap().at(2, 30, 0, 0).unwrap()));
    assert!(berlin.is_ambiguous(DateTime::new(2020, 10, 25).unwrap().at(2, 30, 0, 0).unwrap()));
    assert_eq!(berlin.convert(DateTime::MAX), DateTime::MAX);
    assert_eq!(TimeZone::local().convert(summer).kind(), DateTimeKind::Local);
    assert_eq!(TimeZone::utc().convert_from(summer, &berlin).unwrap().hour(), 22);
    assert!(TimeZone::find(&"x".repeat(65)).is_err() && TimeZone::find("").is_err());
}

#[test]
fn dates_know_their_calendar() {
    let date = DateTime::new(2020, 12, 31).unwrap().at(23, 59, 58, 7).unwrap();
    assert_eq!(date.ymd(), (2020, 12, 31));
    assert_eq!((date.hour(), date.minute(), date.second(), date.millisecond()), (23, 59, 58, 7));
    assert_eq!((date.day_of_year(), date.day_of_week()), (366, DayOfWeek::Thursday));
    assert_eq!(DateTime::MAX.ymd(), (9999, 12, 31));
    assert_eq!(DateTime::MIN.day_of_week(), DayOfWeek::Monday);
    assert_eq!(DateTime::MAX.since(DateTime::MIN).ticks(), TICKS_MAX);
    assert_eq!((is_leap_year(1900), is_leap_year(2000)), (Ok(false), Ok(true)));
    assert_eq!((days_in_month(2021, 2), days_in_month(2021, 4)), (Ok(28), Ok(30)));
    let range = "ArgumentOutOfRangeException: ";
    let rows = [
        (shown(days_in_month(2020, 13)), "Month must be between one and twelve.\nParameter name: month"),
        (shown(days_in_month(0, 1)), "Year must be between 1 and 9999.\nParameter name: year"),
        (
            plain(DateTime::new(2020, 2, 30)),
            "Year, Month, and Day parameters describe an un-representable DateTime.",
        ),
        (
            plain(date.at(24, 0, 0, 0)),
            "Hour, Minute, and Second parameters describe an un-representable DateTime.",
        ),
        (
            plain(DateTime::from_ticks(-1, DateTimeKind::Utc)),
            "Ticks must be between DateTime.MinValue.Ticks and DateTime.MaxValue.Ticks.\nParameter name: ticks",
        ),
        (
            plain(DateTime::MIN.minus(TimeSpan::from_ticks(1))),
            "The added or subtracted value results in an un-representable DateTime.\nParameter name: value",
        ),
    ];
    for (found, expected) in rows {
        assert_eq!(found, format!("{range}{expected}"));
    }
}

#[test]
fn moments_have_a_clock_and_an_offset() {
    let noon = DateTime::new(2020, 1, 1).unwrap().at(12, 0, 0, 0).unwrap();
    let berlin = DateTimeOffset::new(noon, offset(60)).unwrap();
    assert_eq!(berlin.to_unix_seconds(), 1_577_876_400);
    assert_eq!(DateTimeOffset::from_unix_seconds(1_577_876_400).unwrap(), berlin);
    assert_eq!(DateTimeOffset::from_unix_milliseconds(-1).unwrap().to_unix_seconds(), -1);
    assert_eq!(berlin.to_universal(), berlin);
    assert!(!berlin.equals_exact(berlin.to_universal()));
    assert_eq!(plain_offset(berlin.to_offset(offset(-90))), "637134678000000000/-90");
    assert_eq!(berlin.map(|clock| clock.add_months(1)).unwrap().date_time().month(), 2);
    assert_eq!(berlin.local_date_time().kind(), DateTimeKind::Local);
    assert_eq!(DateTimeOffset::from_datetime(noon).since(berlin), offset(60));
    let rows = [
        (
            plain_offset(DateTimeOffset::new(noon, offset(841))),
            "ArgumentOutOfRangeException: Offset must be within plus or minus 14 hours.\nParameter name: offset",
        ),
        (
            plain_offset(DateTimeOffset::new(noon, TimeSpan::from_ticks(1))),
            "ArgumentException: Offset must be specified in whole minutes.\nParameter name: offset",
        ),
        (
            plain_offset(DateTimeOffset::new(DateTime::MIN, offset(1))),
            "ArgumentOutOfRangeException: The UTC time represented when the offset is applied must be between \
             year 0 and 10,000.\nParameter name: offset",
        ),
        (
            plain_offset(DateTimeOffset::from_unix_seconds(253_402_300_800)),
            "ArgumentOutOfRangeException: Valid values are between -62135596800 and 253402300799, inclusive.\n\
             Parameter name: seconds",
        ),
    ];
    for (found, expected) in rows {
        assert_eq!(found, expected);
    }
}

#[test]
fn time_spans_have_parts_and_totals() {
    let span = TimeSpan::new(1, 2, 3, 4, 5).unwrap();
    assert_eq!(
        (span.days(), span.hours(), span.minutes(), span.seconds(), span.milliseconds()),
        (1, 2, 3, 4, 5)
    );
    // A factor, not a divisor.
    assert_eq!(span.total_seconds(), 93_784.004_999_999_99);
    assert_eq!(
        (TimeSpan::from_ticks(-36_000_000_000).total_hours(), span.negate().unwrap().hours()),
        (-1.0, -2)
    );
    let overflow = "OverflowException: TimeSpan overflowed because the duration is too long.";
    assert_eq!(shown(TimeSpan::MAX.plus(TimeSpan::from_ticks(1)).map(TimeSpan::ticks)), overflow);
    assert_eq!(shown(TimeSpan::MIN.minus(TimeSpan::from_ticks(1)).map(TimeSpan::ticks)), overflow);
    assert!(TimeSpan::MIN.negate().is_err() && TimeSpan::MIN.duration().is_err());
    assert!(TimeSpan::new(i32::MAX, 0, 0, 0, 0).is_err());
}
