//! Whether a value is of a type, at run time.

use super::value::Value;
use crate::types::{Known, Ty, catalogue};

/// `is`: null is of no type. Interfaces with type arguments are told apart as .NET does, with variance.
pub fn is_instance(value: Value<'_>, ty: &Ty) -> bool {
    // What is asked most is answered without making a type.
    let simple = match (value, ty) {
        (Value::Null, _) => return false,
        (_, Ty::Dynamic | Ty::Unknown) => return true,
        (Value::Str(_), Ty::Named(id, _)) if *id == Known::String.id() => return true,
        (Value::Bool(_), Ty::Named(id, _)) if *id == Known::Boolean.id() => return true,
        (Value::Int(_), Ty::Named(id, _)) if *id == Known::Int32.id() => return true,
        (_, Ty::Named(id, _)) if *id == Known::Object.id() => return true,
        (_, ty) => ty.nullable_of().unwrap_or(ty),
    };
    let own = value.ty();
    assignable(&own, simple)
}

/// Whether a value of run-time type `from` may be held as `to`: identity, bases and interfaces.
pub fn assignable(from: &Ty, to: &Ty) -> bool {
    fits(from, to) || catalogue().ancestors(from).iter().any(|base| fits(base, to))
}

fn fits(from: &Ty, to: &Ty) -> bool {
    match (from, to) {
        (Ty::Named(a, x), Ty::Named(b, y)) if a == b => {
            let is_variant = COVARIANT.iter().any(|known| known.id() == *a);
            x.iter().zip(y.iter()).all(|(x, y)| {
                x == y
                    || matches!(y, Ty::Dynamic | Ty::Unknown)
                    || is_variant && !x.is_value_type() && assignable(x, y)
            })
        }
        (Ty::Array(a), Ty::Array(b)) => a == b || !a.is_value_type() && assignable(a, b),
        (_, Ty::Dynamic | Ty::Unknown) => true,
        (a, b) if b.is(Known::Object) => !matches!(a, Ty::Void),
        (Ty::Tuple(a), Ty::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|((_, a), (_, b))| a == b)
        }
        (a, b) => a == b,
    }
}

/// Interfaces whose type arguments may be more derived.
pub const COVARIANT: [Known; 5] = [
    Known::IEnumerableOf,
    Known::IReadOnlyList,
    Known::IReadOnlyCollection,
    Known::IGrouping,
    Known::IOrderedEnumerable,
];
