//! The value of the `Date` header, made once a second.
//!
//! Pure but for its memory: the caller says what time it is.

use http::HeaderValue;
use std::cell::RefCell;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_S: i64 = 86_400;

/// The last value and its second.
#[derive(Default)]
pub(super) struct DateCache(RefCell<Option<(i64, HeaderValue)>>);

impl DateCache {
    /// The value at a Unix time in milliseconds.
    pub(super) fn at(&self, unix_ms: i64) -> HeaderValue {
        let second = unix_ms.div_euclid(1_000);
        let mut cache = self.0.borrow_mut();
        match &*cache {
            Some((of, value)) if *of == second => value.clone(),
            _ => cache.insert((second, imf_fixdate(second))).1.clone(),
        }
    }
}

/// RFC 9110, 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn imf_fixdate(second: i64) -> HeaderValue {
    let (day, time) = (second.div_euclid(DAY_S), second.rem_euclid(DAY_S));
    let (year, month, day_of_month) = civil(day);
    let weekday = DAYS[day.rem_euclid(7) as usize];
    let month = MONTHS[month as usize - 1];
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    let text =
        format!("{weekday}, {day_of_month:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT");
    HeaderValue::try_from(text).expect("letters, digits and blanks")
}

/// Year, month and day of a day since 1970, in the Gregorian calendar. Years are counted from March, so
/// that the leap day is a year's last.
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (second, text) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_164_799, "Wed, 28 Feb 2024 23:59:59 GMT"),
            (4_102_444_800, "Fri, 01 Jan 2100 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        ] {
            assert_eq!(DateCache::default().at(second * 1_000 + 999), text, "{second}");
        }
    }

    #[test]
    fn value_changes_with_the_second() {
        let dates = DateCache::default();
        assert_eq!(dates.at(1_000), dates.at(1_999));
        assert_ne!(dates.at(1_999), dates.at(2_000));
    }
}
