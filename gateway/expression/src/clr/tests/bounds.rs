//! Whatever the input: no panic, and results that read back.

use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::clr::date_format::*;
use crate::clr::date_parse::*;
use crate::clr::datetime::{DateTime, DateTimeKind, TICKS_MAX};
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::guid::Guid;
use crate::clr::number::*;
use crate::clr::text::*;
use crate::clr::timespan::TimeSpan;
use crate::clr::timespan_format::format_timespan;
use crate::clr::timespan_parse::*;
use crate::clr::timezone::TimeZone;
use crate::clr::{chars, convert, decimal, round};

/// Texts that come close to what is parsed and formatted here.
fn near() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+0-9a-zA-Z:./, #%;TZ\"'\\\\{}()¤\0é😀]{0,24}",
        "[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}[T ][0-9:.]{0,12}[-+Z0-9:]{0,6}",
        "\\PC{0,16}",
    ]
}

proptest! {
    #[test]
    fn numbers_never_panic(text in near(), format in near(), bits: u64, base: i32, styles in 0_u32..2048) {
        let (mut out, styles) = (String::new(), NumberStyles(styles));
        for kind in IntType::ALL {
            let value = kind.wrap(i128::from(bits));
            let _ = format_int(value, kind, &format, &mut out);
            let _ = (parse_int(&text, styles, kind), convert::int_from_base(&text, 16, kind));
            let _ = (convert::double_to_int(f64::from_bits(bits), kind), convert::int_to_base(value, base, kind));
            kind.check(convert::cast_double(f64::from_bits(bits), kind)).unwrap();
        }
        let _ = (format_double(f64::from_bits(bits), &format, &mut out), parse_double(&text, styles));
        let _ = (format_single(f32::from_bits(bits as u32), &format, &mut out), parse_single(&text, styles));
        let _ = (decimal::from_double(f64::from_bits(bits)), parse_decimal(&text, styles));
        let _ = round::round(f64::from_bits(bits), base, round::MidpointRounding::ToEven);
    }

    #[test]
    fn decimals_never_panic(a: i64, b: i64, c: i64, left in 0_u32..=28, right in 0_u32..=28, format in near()) {
        let wide = (i128::from(a) << 32) + i128::from(c);
        let (left, right) = (Decimal::from_i128_with_scale(wide, left), Decimal::new(b, right));
        let results = [
            decimal::add(left, right),
            decimal::subtract(left, right),
            decimal::multiply(left, right),
            decimal::divide(left, right),
            decimal::remainder(left, right),
        ];
        for value in results.into_iter().flatten() {
            let mut out = String::new();
            format_decimal(value, "", &mut out).unwrap();
            prop_assert_eq!(parse_decimal(&out, NumberStyles::NUMBER).unwrap(), value);
            let _ = format_decimal(value, &format, &mut out);
        }
    }

    #[test]
    fn doubles_read_back(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        let mut out = String::new();
        format_double(value, "R", &mut out).unwrap();
        prop_assert_eq!(parse_double(&out, NumberStyles::FLOAT).unwrap(), value);
    }

    #[test]
    fn dates_never_panic_and_read_back(text in near(), format in near(), styles in 0_u32..256, ticks in 0..=TICKS_MAX, minutes in -840_i64..=840, span: i64, value: f64) {
        let (styles, date) = (DateTimeStyles(styles), DateTime::from_ticks(ticks, DateTimeKind::Utc).unwrap());
        let mut out = String::new();
        let _ = (parse_datetime(&text, styles, date), parse_datetime_offset(&text, styles, date));
        let _ = (parse_datetime_exact(&text, &format, styles, date), parse_datetime_offset_exact(&text, &format, styles, date));
        let _ = (parse_timespan(&text), parse_timespan_exact(&text, &format), Guid::parse(&text));
        let _ = (format_datetime(date, &format, &mut out), format_timespan(TimeSpan::from_ticks(span), &format, &mut out));
        let _ = (date.add_days(value), date.add_milliseconds(value), date.add_ticks(span), TimeSpan::from_hours(value));
        let (year, month, day) = date.ymd();
        prop_assert_eq!(DateTime::new(year, month, day).unwrap(), date.date());
        if let Ok(moment) = DateTimeOffset::new(date, TimeSpan::from_ticks(minutes * 600_000_000)) {
            let mut round_trip = String::new();
            format_datetime_offset(moment, "o", &mut round_trip).unwrap();
            let read = parse_datetime_offset(&round_trip, DateTimeStyles::NONE, date).unwrap();
            prop_assert!(read.equals_exact(moment));
        }
        let mut constant = String::new();
        format_timespan(TimeSpan::from_ticks(span), "c", &mut constant).unwrap();
        prop_assert_eq!(parse_timespan(&constant).unwrap().ticks(), span);
    }

    #[test]
    fn zones_never_panic_and_lead_back(ticks in 0..=TICKS_MAX, name in near()) {
        let _ = TimeZone::find(&name);
        let moment = DateTime::from_ticks(ticks, DateTimeKind::Utc).unwrap();
        let zone = TimeZone::find("Eastern Standard Time").unwrap();
        let clock = zone.from_utc(moment).unwrap();
        let inside = ticks > 864_000_000_000 && ticks < TICKS_MAX - 864_000_000_000;
        if inside && !zone.is_ambiguous(clock) {
            prop_assert_eq!(zone.to_utc(clock).unwrap(), moment);
        }
        let _ = (zone.is_daylight_saving_time(moment), zone.base_utc_offset(moment));
    }

    #[test]
    fn texts_never_panic(text in near(), value in "\\PC{0,3}", start in -2_i32..30, count in -2_i32..30) {
        let (upper, max) = (chars::upper(&text), 1_000);
        prop_assert_eq!(length(&upper), length(&text));
        for comparison in [StringComparison::Ordinal, StringComparison::OrdinalIgnoreCase, StringComparison::InvariantCulture] {
            let found = index_of(&text, &value, 0, None, comparison).unwrap();
            let ignored = comparison.ignores_case();
            prop_assert_eq!(found >= 0, if ignored { upper.contains(&chars::upper(&value)) } else { text.contains(&value) });
            let _ = index_of(&text, &value, start, Some(count), comparison);
            let _ = last_index_of(&text, &value, Some(start), Some(count), comparison);
            let _ = (starts_with(&text, &value, comparison), ends_with(&text, &value, comparison));
            prop_assert_eq!(compare(&text, &value, comparison).signum(), -compare(&value, &text, comparison).signum());
        }
        let _ = (substring(&text, start), substring_range(&text, start, count), unit_at(&text, start));
        let _ = (remove(&text, start), remove_range(&text, start, count), insert(&text, start, &value, max));
        let _ = (pad_left(&text, start, 'x', max), replace(&text, &value, "yy", max));
        let _ = (split_strings(&text, &[&value], Some(count), SplitOptions::RemoveEmptyEntries), last_index_of_char(&text, 'a', Some(start), Some(count)));
        if let Ok(parts) = split_strings(&text, &[&value], None, SplitOptions::None) && !value.is_empty() {
            prop_assert_eq!(join(&value, parts, max).unwrap(), text);
        }
    }
}
