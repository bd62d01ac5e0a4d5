//! Fixed spans of time, and a counter of what happens within one.
//!
//! One idea: a span is known by its beginning; who counts in a later one begins at nothing. Pure: the
//! caller says what time it is.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::Offset;

use crate::counting::{Ask, Quota, QuotaDecision, Span};

/// One counter.
#[derive(Debug, Clone, Copy)]
pub struct SpanCounter {
    start_ms: i64,
    counted: u64,
}

impl SpanCounter {
    pub const fn new() -> Self {
        Self { start_ms: i64::MIN, counted: 0 }
    }

    /// Adds what is asked for, unless there is no room for what is needed. A refusal leaves no trace.
    pub fn ask(&mut self, quota: Quota, ask: Ask) -> QuotaDecision {
        self.forward_to(quota.span);
        let others = self.counted.saturating_sub(ask.own);
        let allowed = others.saturating_add(ask.need) <= quota.limit;
        if allowed {
            self.counted = self.counted.saturating_add(ask.add);
        }
        QuotaDecision { allowed, remaining: quota.limit.saturating_sub(self.counted) }
    }

    /// Adds to what is counted, whether there is room or not.
    pub fn add(&mut self, span: Span, amount: u64) {
        self.forward_to(span);
        self.counted = self.counted.saturating_add(amount);
    }

    /// Takes back of what was counted in a span, if that one is not over.
    pub fn give_back(&mut self, span: Span, amount: u64) {
        if span.start_ms == self.start_ms {
            self.counted = self.counted.saturating_sub(amount);
        }
    }

    // A clock that goes back stands still.
    fn forward_to(&mut self, span: Span) {
        if span.start_ms > self.start_ms {
            *self = Self { start_ms: span.start_ms, counted: 0 };
        }
    }
}

impl Default for SpanCounter {
    fn default() -> Self {
        Self::new()
    }
}

impl Span {
    /// The span of a length in seconds that a time is in, where one begins at `first_ms`. Zero: all time.
    pub(crate) fn of_seconds(now_ms: i64, first_ms: i64, seconds: u64) -> Self {
        let length_ms = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
        if length_ms == 0 {
            return Self { start_ms: 0, end_ms: None };
        }
        let into = i128::from(now_ms).saturating_sub(first_ms.into()).rem_euclid(length_ms.into());
        let start_ms = now_ms.saturating_sub(i64::try_from(into).unwrap_or(i64::MAX));
        Self { start_ms, end_ms: Some(start_ms.saturating_add(length_ms)) }
    }

    /// The span of the calendar that a time is in. Days begin at midnight UTC, weeks on Mondays.
    pub(crate) fn of_calendar(now_ms: i64, length: Calendar) -> Self {
        let all = Self { start_ms: 0, end_ms: None };
        if length == Calendar::Indefinite {
            return all;
        }
        let find = || {
            let now = Offset::UTC.to_datetime(Timestamp::from_millisecond(now_ms).ok()?);
            let day = now.date();
            let (first, days) = match length {
                Calendar::Hour => {
                    let start = day.at(now.hour(), 0, 0, 0);
                    return Some((start, start.checked_add(jiff::Span::new().hours(1)).ok()?));
                }
                Calendar::Day => (day, jiff::Span::new().days(1)),
                Calendar::Week => {
                    let since = i64::from(day.weekday().since(Weekday::Monday));
                    (day.checked_sub(jiff::Span::new().days(since)).ok()?, jiff::Span::new().days(7))
                }
                Calendar::Month => (day.first_of_month(), jiff::Span::new().months(1)),
                Calendar::Year | Calendar::Indefinite => (day.first_of_year(), jiff::Span::new().years(1)),
            };
            let start = first.at(0, 0, 0, 0);
            Some((start, start.checked_add(days).ok()?))
        };
        let ms =
            |time: jiff::civil::DateTime| Offset::UTC.to_timestamp(time).ok().map(Timestamp::as_millisecond);
        match find().map(|(start, end)| (ms(start), ms(end))) {
            Some((Some(start_ms), end_ms)) => Self { start_ms, end_ms },
            // Beyond the calendar.
            _ => all,
        }
    }
}

/// Lengths of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calendar {
    Hour,
    Day,
    Week,
    Month,
    Year,
    Indefinite,
}

impl Calendar {
    const ALL: [Self; 6] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year, Self::Indefinite];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text.trim())
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "Hourly",
            Self::Day => "Daily",
            Self::Week => "Weekly",
            Self::Month => "Monthly",
            Self::Year => "Yearly",
            Self::Indefinite => "Indefinite",
        }
    }
}

/// Milliseconds of Unix time of `yyyy-MM-ddTHH:mm:ssZ`; `None` where no calendar has it.
pub(crate) fn unix_ms(text: &str) -> Option<i64> {
    text.trim().parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(ms: i64) -> String {
        Timestamp::from_millisecond(ms).unwrap().to_string()
    }

    fn spans(now: &str, length: Calendar) -> (String, String) {
        let span = Span::of_calendar(unix_ms(now).unwrap(), length);
        (text(span.start_ms), text(span.end_ms.unwrap()))
    }

    #[test]
    fn spans_of_the_calendar_begin_at_its_units() {
        let now = "2028-02-29T23:59:59Z";
        for (length, start, end) in [
            (Calendar::Hour, "2028-02-29T23:00:00Z", "2028-03-01T00:00:00Z"),
            (Calendar::Day, "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"),
            (Calendar::Week, "2028-02-28T00:00:00Z", "2028-03-06T00:00:00Z"),
            (Calendar::Month, "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
            (Calendar::Year, "2028-01-01T00:00:00Z", "2029-01-01T00:00:00Z"),
        ] {
            assert_eq!(spans(now, length), (start.to_owned(), end.to_owned()));
        }
        assert_eq!(Span::of_calendar(5, Calendar::Indefinite), Span { start_ms: 0, end_ms: None });
    }

    #[test]
    fn spans_of_seconds_are_counted_from_the_first_both_ways() {
        for (now, first, start) in
            [(1_000, 0, 0), (299_999, 0, 0), (300_000, 0, 300_000), (0, 1, -299_999), (1, 1, 1)]
        {
            let span = Span::of_seconds(now, first, 300);
            assert_eq!((span.start_ms, span.end_ms), (start, Some(start + 300_000)), "{now} from {first}");
        }
        assert_eq!(Span::of_seconds(7, 3, 0).end_ms, None);
        let ancient = unix_ms("0001-01-01T00:00:00Z").unwrap();
        assert_eq!(Span::of_seconds(86_400_001, ancient, 86_400).start_ms, 86_400_000);
        assert!(Span::of_seconds(i64::MAX, i64::MIN, u64::MAX).end_ms.is_some());
        assert_eq!(unix_ms("2026-02-31T00:00:00Z"), None);
    }

    #[test]
    fn what_is_counted_is_forgotten_in_the_next_span() {
        let span = |start_ms| Span { start_ms, end_ms: Some(start_ms + 10) };
        let quota = |start_ms| Quota { limit: 2, span: span(start_ms) };
        let mut counter = SpanCounter::new();
        assert_eq!(counter.ask(quota(0), Ask::ONE), QuotaDecision { allowed: true, remaining: 1 });
        assert!(counter.ask(quota(0), Ask::ONE).allowed);
        assert_eq!(counter.ask(quota(0), Ask::ONE), QuotaDecision { allowed: false, remaining: 0 });
        assert!(counter.ask(quota(0), Ask { need: 1, add: 0, own: 1 }).allowed);
        assert!(counter.ask(quota(10), Ask::ONE).allowed);
        counter.give_back(span(0), 1);
        assert_eq!(counter.ask(quota(0), Ask { add: 0, ..Ask::ONE }).remaining, 1, "the clock went back");
        counter.give_back(span(10), 1);
        counter.add(span(10), 3);
        assert!(!counter.ask(quota(10), Ask::ONE).allowed);
    }
}
