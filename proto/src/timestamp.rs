//! Timestamps: protobuf's on the wire, Unix milliseconds in arithmetic.

use prost_types::Timestamp;

/// The timestamp of a Unix time in milliseconds.
pub fn timestamp_from_ms(ms: i64) -> Timestamp {
    Timestamp {
        seconds: ms.div_euclid(1_000),
        nanos: i32::try_from(ms.rem_euclid(1_000)).expect("a remainder of 1,000 fits") * 1_000_000,
    }
}

/// Unix time in milliseconds, what is finer cut off.
pub fn timestamp_ms(timestamp: &Timestamp) -> i64 {
    timestamp.seconds.saturating_mul(1_000) + i64::from(timestamp.nanos / 1_000_000)
}
