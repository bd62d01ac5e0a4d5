//! Arithmetic, comparison and numeric conversion, as ECMA-334 clauses 10.3 and 12.9 to 12.13 say.

use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use std::cmp::Ordering;

use super::code::{Num, NumTy};
use super::cx::Cx;
use super::exception::Eval;
use super::value::Value;
use crate::clr::number::IntType;
use crate::clr::{convert, decimal};
use crate::syntax::ast::BinaryOp;

const OVERFLOW: &str = "Arithmetic operation resulted in an overflow.";

impl<'a> Cx<'a, '_> {
    pub fn overflow<T>(&mut self, message: &str) -> Eval<'a, T> {
        self.throw("System.OverflowException", message)
    }

    pub(crate) fn arithmetic(
        &mut self,
        op: BinaryOp,
        num: Num,
        is_checked: bool,
        left: Value<'a>,
        right: Value<'a>,
    ) -> Eval<'a> {
        macro_rules! integer {
            ($variant:ident, $ty:ty, $a:expr, $b:expr) => {{
                let (a, b): ($ty, $ty) = ($a, $b);
                let whole = match op {
                    BinaryOp::Add => a.overflowing_add(b),
                    BinaryOp::Subtract => a.overflowing_sub(b),
                    BinaryOp::Multiply => a.overflowing_mul(b),
                    BinaryOp::Divide | BinaryOp::Remainder if b == 0 => {
                        return self.throw("System.DivideByZeroException", "Attempted to divide by zero.");
                    }
                    BinaryOp::Divide => match a.checked_div(b) {
                        Some(it) => (it, false),
                        None => return self.overflow(OVERFLOW),
                    },
                    // The processor divides, and the quotient has no place: `int.MinValue % -1`.
                    BinaryOp::Remainder => match a.checked_rem(b) {
                        Some(it) => (it, false),
                        None => return self.overflow(OVERFLOW),
                    },
                    BinaryOp::And => (a & b, false),
                    BinaryOp::Or => (a | b, false),
                    BinaryOp::Xor => (a ^ b, false),
                    _ => return self.throw("System.InvalidOperationException", "no such operator"),
                };
                match whole {
                    (_, true) if is_checked => self.overflow(OVERFLOW),
                    (it, _) => Ok(Value::$variant(it)),
                }
            }};
        }
        macro_rules! float {
            ($variant:ident, $a:expr, $b:expr) => {
                match op {
                    BinaryOp::Add => Ok(Value::$variant($a + $b)),
                    BinaryOp::Subtract => Ok(Value::$variant($a - $b)),
                    BinaryOp::Multiply => Ok(Value::$variant($a * $b)),
                    BinaryOp::Divide => Ok(Value::$variant($a / $b)),
                    BinaryOp::Remainder => Ok(Value::$variant($a % $b)),
                    _ => self.throw("System.InvalidOperationException", "no such operator"),
                }
            };
        }
        if let (BinaryOp::ShiftLeft | BinaryOp::ShiftRight, Value::Int(count)) = (op, right) {
            let is_left = op == BinaryOp::ShiftLeft;
            let count = count.cast_unsigned();
            return Ok(match left {
                Value::Int(it) if is_left => Value::Int(it.wrapping_shl(count)),
                Value::Int(it) => Value::Int(it.wrapping_shr(count)),
                Value::UInt(it) if is_left => Value::UInt(it.wrapping_shl(count)),
                Value::UInt(it) => Value::UInt(it.wrapping_shr(count)),
                Value::Long(it) if is_left => Value::Long(it.wrapping_shl(count)),
                Value::Long(it) => Value::Long(it.wrapping_shr(count)),
                Value::ULong(it) if is_left => Value::ULong(it.wrapping_shl(count)),
                Value::ULong(it) => Value::ULong(it.wrapping_shr(count)),
                _ => return self.null_reference(),
            });
        }
        match (num, left, right) {
            (Num::Int, Value::Int(a), Value::Int(b)) => integer!(Int, i32, a, b),
            (Num::Long, Value::Long(a), Value::Long(b)) => integer!(Long, i64, a, b),
            (Num::UInt, Value::UInt(a), Value::UInt(b)) => integer!(UInt, u32, a, b),
            (Num::ULong, Value::ULong(a), Value::ULong(b)) => integer!(ULong, u64, a, b),
            (Num::Double, Value::Double(a), Value::Double(b)) => float!(Double, a, b),
            (Num::Single, Value::Single(a), Value::Single(b)) => float!(Single, a, b),
            (Num::Decimal, Value::Decimal(a), Value::Decimal(b)) => self.decimal(op, a, b),
            _ => self.null_reference(),
        }
    }

    fn decimal(&mut self, op: BinaryOp, a: Decimal, b: Decimal) -> Eval<'a> {
        let result = match op {
            BinaryOp::Add => decimal::add(a, b),
            BinaryOp::Subtract => decimal::subtract(a, b),
            BinaryOp::Multiply => decimal::multiply(a, b),
            BinaryOp::Divide => decimal::divide(a, b),
            _ => decimal::remainder(a, b),
        };
        self.clr(result).map(Value::Decimal)
    }

    pub(super) fn negate(&mut self, num: Num, is_checked: bool, value: Value<'a>) -> Eval<'a> {
        match (num, value) {
            (_, Value::Int(it)) => match it.overflowing_neg() {
                (_, true) if is_checked => self.overflow(OVERFLOW),
                (it, _) => Ok(Value::Int(it)),
            },
            (_, Value::Long(it)) => match it.overflowing_neg() {
                (_, true) if is_checked => self.overflow(OVERFLOW),
                (it, _) => Ok(Value::Long(it)),
            },
            (_, Value::Single(it)) => Ok(Value::Single(-it)),
            (_, Value::Double(it)) => Ok(Value::Double(-it)),
            (_, Value::Decimal(it)) => Ok(Value::Decimal(-it)),
            _ => self.null_reference(),
        }
    }

    pub(super) fn complement(&mut self, value: Value<'a>) -> Eval<'a> {
        match value {
            Value::Int(it) => Ok(Value::Int(!it)),
            Value::UInt(it) => Ok(Value::UInt(!it)),
            Value::Long(it) => Ok(Value::Long(!it)),
            Value::ULong(it) => Ok(Value::ULong(!it)),
            Value::Enum(ty, it) => Ok(Value::Enum(ty, !it)),
            _ => self.null_reference(),
        }
    }

    /// Converts a number of any type; what does not fit wraps, or is an `OverflowException` where checked.
    /// Decimals are always checked.
    pub fn convert(&mut self, to: NumTy, is_checked: bool, value: Value<'a>) -> Eval<'a> {
        if let Some(whole) = value.integer() {
            return self.convert_integer(to, is_checked, whole);
        }
        match value {
            Value::Single(it) => self.convert_float(to, is_checked, f64::from(it), Some(it)),
            Value::Double(it) => self.convert_float(to, is_checked, it, None),
            Value::Decimal(it) => match to {
                NumTy::Decimal => Ok(value),
                #[allow(clippy::cast_possible_truncation)]
                NumTy::Single => Ok(Value::Single(decimal::to_double(it) as f32)),
                NumTy::Double => Ok(Value::Double(decimal::to_double(it))),
                _ => {
                    let whole = self.clr(decimal::to_int(it, int_type(to)))?;
                    self.convert_integer(to, false, whole)
                }
            },
            Value::Null => self.null_reference(),
            other => self.invalid_cast(&other.ty(), &crate::types::Ty::int()),
        }
    }

    fn convert_integer(&mut self, to: NumTy, is_checked: bool, whole: i128) -> Eval<'a> {
        macro_rules! fit {
            ($ty:ty, $make:expr) => {
                match <$ty>::try_from(whole) {
                    Ok(it) => Ok($make(it)),
                    Err(_) if is_checked => self.overflow(OVERFLOW),
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    Err(_) => Ok($make(whole as $ty)),
                }
            };
        }
        match to {
            NumTy::SByte => fit!(i8, Value::SByte),
            NumTy::Byte => fit!(u8, Value::Byte),
            NumTy::Int16 => fit!(i16, Value::Int16),
            NumTy::UInt16 => fit!(u16, Value::UInt16),
            NumTy::Int => fit!(i32, Value::Int),
            NumTy::UInt => fit!(u32, Value::UInt),
            NumTy::Long => fit!(i64, Value::Long),
            NumTy::ULong => fit!(u64, Value::ULong),
            NumTy::Char => fit!(u16, Value::Char),
            NumTy::Enum(ty) => fit!(i32, |it| Value::Enum(ty, it)),
            #[allow(clippy::cast_precision_loss)]
            NumTy::Single => Ok(Value::Single(whole as f32)),
            #[allow(clippy::cast_precision_loss)]
            NumTy::Double => Ok(Value::Double(whole as f64)),
            NumTy::Decimal => match Decimal::from_i128(whole) {
                Some(it) => Ok(Value::Decimal(it)),
                None => self.clr(Err(decimal::DECIMAL_OVERFLOW)),
            },
        }
    }

    fn convert_float(&mut self, to: NumTy, is_checked: bool, it: f64, single: Option<f32>) -> Eval<'a> {
        match to {
            NumTy::Double => return Ok(Value::Double(it)),
            #[allow(clippy::cast_possible_truncation)]
            NumTy::Single => return Ok(Value::Single(it as f32)),
            NumTy::Decimal => {
                let made = single.map_or_else(|| decimal::from_double(it), decimal::from_single);
                return self.clr(made).map(Value::Decimal);
            }
            _ => {}
        }
        let kind = int_type(to);
        let whole = convert::cast_double(it, kind);
        #[allow(clippy::cast_precision_loss)]
        let fits = it.trunc() >= kind.min() as f64 && it.trunc() < kind.max() as f64 + 1.0;
        match is_checked && !fits {
            true => self.overflow(OVERFLOW),
            false => self.convert_integer(to, false, whole),
        }
    }
}

/// The integers that a number, a character or an enumeration is held in.
fn int_type(to: NumTy) -> IntType {
    match to {
        NumTy::SByte => IntType::SByte,
        NumTy::Byte => IntType::Byte,
        NumTy::Int16 => IntType::Int16,
        NumTy::UInt16 | NumTy::Char => IntType::UInt16,
        NumTy::UInt => IntType::UInt32,
        NumTy::Long => IntType::Int64,
        NumTy::ULong => IntType::UInt64,
        NumTy::Int | NumTy::Enum(_) | NumTy::Single | NumTy::Double | NumTy::Decimal => IntType::Int32,
    }
}

/// The order of two numbers; `None` with a NaN.
pub fn order(num: Num, left: Value<'_>, right: Value<'_>) -> Option<Ordering> {
    match (num, left, right) {
        (Num::Int, Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
        (Num::Double, Value::Double(a), Value::Double(b)) => a.partial_cmp(&b),
        (Num::Single, Value::Single(a), Value::Single(b)) => a.partial_cmp(&b),
        (Num::Decimal, Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(&b)),
        _ => match (left.integer(), right.integer()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => None,
        },
    }
}

/// `<`, `<=`, `>`, `>=` of an order.
pub fn holds(op: BinaryOp, order: Option<Ordering>) -> bool {
    match (op, order) {
        (BinaryOp::Less, Some(order)) => order.is_lt(),
        (BinaryOp::LessOrEqual, Some(order)) => order.is_le(),
        (BinaryOp::Greater, Some(order)) => order.is_gt(),
        (BinaryOp::GreaterOrEqual, Some(order)) => order.is_ge(),
        _ => false,
    }
}
