//! `Equals`, `GetHashCode` and `CompareTo` of values.

use std::cmp::Ordering;
use std::hash::Hasher;

use super::cx::Cx;
use super::exception::Eval;
use super::object::Object;
use super::value::Value;

/// `object.Equals`: by value for value types, strings, records and what overrides it; else by reference.
pub fn equals<'a>(left: Value<'a>, right: Value<'a>) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Char(a), Value::Char(b)) => a == b,
        (Value::SByte(a), Value::SByte(b)) => a == b,
        (Value::Byte(a), Value::Byte(b)) => a == b,
        (Value::Int16(a), Value::Int16(b)) => a == b,
        (Value::UInt16(a), Value::UInt16(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::UInt(a), Value::UInt(b)) => a == b,
        (Value::Long(a), Value::Long(b)) => a == b,
        (Value::ULong(a), Value::ULong(b)) => a == b,
        // NaN equals NaN here, unlike with `==`.
        (Value::Single(a), Value::Single(b)) => a == b || a.is_nan() && b.is_nan(),
        (Value::Double(a), Value::Double(b)) => a == b || a.is_nan() && b.is_nan(),
        (Value::Decimal(a), Value::Decimal(b)) => a == b,
        (Value::DateTime(a), Value::DateTime(b)) => a == b,
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => a.utc_ticks() == b.utc_ticks(),
        (Value::TimeSpan(a), Value::TimeSpan(b)) => a == b,
        (Value::Guid(a), Value::Guid(b)) => a == b,
        (Value::Enum(a, x), Value::Enum(b, y)) => a == b && x == y,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Part(a), Value::Part(b)) => a == b,
        (Value::Xml(a), Value::Xml(b)) => a == b,
        (Value::Json(a), Value::Json(b)) => crate::net::json::equal(a, b),
        (Value::Object(a), Value::Object(b)) => std::ptr::eq(a, b) || objects_equal(a, b),
        _ => false,
    }
}

fn objects_equal<'a>(left: &'a Object<'a>, right: &'a Object<'a>) -> bool {
    match (left, right) {
        (Object::Record { ty: a, fields: x }, Object::Record { ty: b, fields: y }) => {
            a == b && x.iter().zip(*y).all(|(x, y)| equals(x.get(), y.get()))
        }
        (Object::KeyValue { key: a, value: x, .. }, Object::KeyValue { key: b, value: y, .. }) => {
            equals(*a, *b) && equals(*x, *y)
        }
        _ => crate::net::objects::equal(left, right),
    }
}

/// A hash that equal values share.
pub fn hash(value: Value<'_>, ignores_case: bool) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    feed(value, ignores_case, &mut hasher);
    hasher.finish()
}

fn feed(value: Value<'_>, ignores_case: bool, hasher: &mut Fnv) {
    match value {
        Value::Bool(it) => hasher.write_u8(it.into()),
        Value::Single(it) => hasher.write_u32(if it == 0.0 { 0 } else { it.to_bits() }),
        Value::Double(it) => hasher.write_u64(if it == 0.0 { 0 } else { it.to_bits() }),
        Value::Decimal(it) => hasher.write(&it.normalize().serialize()),
        Value::DateTime(it) => hasher.write_i64(it.ticks()),
        Value::DateTimeOffset(it) => hasher.write_i64(it.utc_ticks()),
        Value::TimeSpan(it) => hasher.write_i64(it.ticks()),
        Value::Guid(it) => hasher.write(&it),
        Value::Str(it) if ignores_case => {
            it.chars().flat_map(char::to_uppercase).for_each(|char| hasher.write_u32(char.into()));
        }
        Value::Str(it) => hasher.write(it.as_bytes()),
        Value::Object(Object::Record { fields, .. }) => {
            fields.iter().for_each(|field| feed(field.get(), false, hasher));
        }
        Value::Xml(item) => hasher.write_usize(item.address()),
        Value::Object(Object::KeyValue { key, value, .. }) => {
            feed(*key, false, hasher);
            feed(*value, false, hasher);
        }
        Value::Json(token) => hasher.write(crate::net::objects::token_hash(token).as_bytes()),
        Value::Object(object) => match crate::net::objects::hashed(object) {
            Some(key) => hasher.write(key.as_bytes()),
            None => hasher.write_usize(std::ptr::from_ref(object).addr()),
        },
        other => {
            if let Some(number) = other.integer() {
                hasher.write_i128(number);
            }
        }
    }
}

/// FNV-1a: short keys, and a map of an expression cannot be made slow by more than its step budget.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// `Comparer<T>.Default`: null first; strings in the invariant culture.
pub fn compare<'a>(cx: &mut Cx<'a, '_>, left: Value<'a>, right: Value<'a>) -> Eval<'a, Ordering> {
    Ok(match (left, right) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Str(a), Value::Str(b)) => {
            cx.collate(a, b)?;
            crate::net::string::compare_culture(a, b, false)
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(&b),
        (Value::Single(a), Value::Single(b)) => float(f64::from(a), f64::from(b)),
        (Value::Double(a), Value::Double(b)) => float(a, b),
        (Value::Decimal(a), Value::Decimal(b)) => a.cmp(&b),
        (Value::DateTime(a), Value::DateTime(b)) => a.cmp(&b),
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => a.utc_ticks().cmp(&b.utc_ticks()),
        (Value::TimeSpan(a), Value::TimeSpan(b)) => a.cmp(&b),
        (Value::Guid(a), Value::Guid(b)) => a.cmp(&b),
        _ => match (left.integer(), right.integer()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => match crate::net::objects::compare(left, right) {
                Some(order) => order,
                None => {
                    return cx.throw(
                        "System.ArgumentException",
                        "At least one object must implement IComparable.",
                    );
                }
            },
        },
    })
}

/// NaN is less than everything.
fn float(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| right.is_nan().cmp(&left.is_nan()))
}
