//! Whether trees and values are the same, and which value comes first.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::convert::{to_bool, to_date, to_double, to_int};
use super::failure::Outcome;
use super::scalar::{Kind, Scalar};
use super::text::text_of;
use super::token::Token;
use crate::clr::datetime::DateTime;
use crate::clr::number::IntType;

impl<'a> Token<'a> {
    /// `JToken.DeepEquals`: values of one kind and equal, items in order, properties in any order.
    pub fn deep_equals(self, other: Token<'a>) -> bool {
        let mut open = vec![(self, other)];
        while let Some((left, right)) = open.pop() {
            if left == right {
                continue;
            }
            if left.kind() != right.kind() || left.len() != right.len() {
                return false;
            }
            match (left.scalar(), right.scalar()) {
                (Some(left), Some(right)) if scalars_equal(left, right) => continue,
                (None, None) => {}
                _ => return false,
            }
            if left.kind() == Kind::Object {
                for property in left.children() {
                    let Some(twin) = property.name().and_then(|name| right.find_property(name)) else {
                        return false;
                    };
                    open.extend(property.property_value().zip(twin.property_value()));
                }
            } else if left.name() == right.name() {
                open.extend(left.children().zip(right.children()));
            } else {
                return false;
            }
        }
        true
    }

    /// A number that trees which are [equal](Token::deep_equals) have in common.
    pub(super) fn fingerprint(self) -> u64 {
        // The order of properties does not count, so what the nodes give is summed up; where a node stands is told
        // by the names and positions on its way, each mixed into what the parent gave.
        let mut sum = 0_u64;
        let mut open = vec![(self, 0_u64)];
        while let Some((token, above)) = open.pop() {
            let mut hasher = DefaultHasher::new();
            (above, token.kind().name(), token.name(), token.len()).hash(&mut hasher);
            match token.scalar() {
                Some(Scalar::Integer(value)) => value.hash(&mut hasher),
                Some(Scalar::String(text) | Scalar::Big(text) | Scalar::Raw(text)) => text.hash(&mut hasher),
                Some(Scalar::Boolean(value)) => value.hash(&mut hasher),
                // Numbers that nearly agree are equal; so these have no more than their kind.
                _ => {}
            }
            let own = hasher.finish();
            sum = sum.wrapping_add(own);
            let is_ordered = matches!(token.kind(), Kind::Array | Kind::Constructor);
            let place = |at: usize| if is_ordered { own.wrapping_add(at as u64) } else { own };
            open.extend(token.children().enumerate().map(|(at, child)| (child, place(at))));
        }
        sum
    }
}

/// `JValue.Equals`
pub fn scalars_equal(left: Scalar<'_>, right: Scalar<'_>) -> bool {
    left.kind() == right.kind() && compare(left.kind(), left, right) == Ok(Ordering::Equal)
}

/// `JValue.Compare`: which of two values comes first, both taken for values of a kind.
///
/// # Errors
/// A value cannot be taken for one of the kind.
pub fn compare(kind: Kind, left: Scalar<'_>, right: Scalar<'_>) -> Outcome<Ordering> {
    let is_absent = |value: Scalar<'_>| matches!(value, Scalar::Null | Scalar::Undefined);
    match (is_absent(left), is_absent(right)) {
        (true, true) => return Ok(Ordering::Equal),
        (true, false) => return Ok(Ordering::Less),
        (false, true) => return Ok(Ordering::Greater),
        (false, false) => {}
    }
    match (kind, left, right) {
        (Kind::Integer, Scalar::Big(_), _) | (Kind::Integer, _, Scalar::Big(_)) => compare_big(left, right),
        (Kind::Integer, Scalar::Integer(left), Scalar::Integer(right)) => Ok(left.cmp(&right)),
        (Kind::Float, Scalar::Decimal(left), Scalar::Decimal(right)) => Ok(left.cmp(&right)),
        (Kind::Integer | Kind::Float, ..) => {
            let is_float = |value: Scalar<'_>| value.kind() == Kind::Float;
            if kind == Kind::Float || is_float(left) || is_float(right) {
                return Ok(compare_floats(to_double(left)?, to_double(right)?));
            }
            Ok(to_int(left, IntType::Int64)?.cmp(&to_int(right, IntType::Int64)?))
        }
        (Kind::Boolean, ..) => Ok(to_bool(left)?.cmp(&to_bool(right)?)),
        (Kind::Date, Scalar::DateOffset(left), Scalar::DateOffset(right)) => {
            Ok(left.utc_ticks().cmp(&right.utc_ticks()))
        }
        (Kind::Date, ..) => Ok(to_date(left, DateTime::MIN)?.cmp(&to_date(right, DateTime::MIN)?)),
        (_, Scalar::Bytes(left), Scalar::Bytes(right)) => Ok(left.cmp(right)),
        (_, Scalar::Guid(left), Scalar::Guid(right)) => Ok(left.cmp(&right)),
        (_, Scalar::TimeSpan(left), Scalar::TimeSpan(right)) => Ok(left.cmp(&right)),
        _ => Ok(ordinal(&text_of(left), &text_of(right))),
    }
}

/// By UTF-16 units, as .NET compares text.
pub(super) fn ordinal(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

/// Numbers that differ in their last digits only are equal: `MathUtils.ApproxEquals`.
fn compare_floats(left: f64, right: f64) -> Ordering {
    let tolerance = (left.abs() + right.abs() + 10.0) * f64::EPSILON;
    let difference = left - right;
    if left == right || (-tolerance < difference && difference < tolerance) {
        return Ordering::Equal;
    }
    // What is not a number comes first, and is equal to itself.
    left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
}

/// Integers of which at least one is past 64 bits.
fn compare_big(left: Scalar<'_>, right: Scalar<'_>) -> Outcome<Ordering> {
    let (Some(left), Some(right)) = (integer_text(left), integer_text(right)) else {
        return Ok(compare_floats(to_double(left)?, to_double(right)?));
    };
    let (left, right) = (left.as_str(), right.as_str());
    Ok(match (left.strip_prefix('-'), right.strip_prefix('-')) {
        (None, None) => compare_digits(left, right),
        (Some(left), Some(right)) => compare_digits(right, left),
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
    })
}

fn integer_text(value: Scalar<'_>) -> Option<String> {
    (value.kind() == Kind::Integer).then(|| text_of(value))
}

fn compare_digits(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}
