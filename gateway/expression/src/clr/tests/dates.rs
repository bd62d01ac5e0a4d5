//! Dates, time spans and time zones, but for parsing.

use super::{shown, written};
use crate::clr::ClrResult;
use crate::clr::date_format::{format_datetime, format_datetime_offset};
use crate::clr::datetime::{DateTime, DateTimeKind, DayOfWeek, TICKS_MAX, days_in_month, is_leap_year};
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::timespan::TimeSpan;
use crate::clr::timespan_format::format_timespan;
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
