//! Constants: what is one (ECMA-334 12.23), and what integral ones come to.

use super::convert::{constant_fits, num_ty};
use super::{Binder, Bound};
use crate::diagnostic::Diagnostic;
use crate::run::code::{Const, Equality, Node, Num, NumTy, PatternCode};
use crate::run::operators::holds;
use crate::span::Span;
use crate::syntax::ast::BinaryOp;
use crate::types::{Known, Ty};

/// Whether a value is known before anything runs.
pub(super) fn is_constant(bound: &Bound) -> bool {
    bound.constant.is_some() || bound.is_unknown() || is_constant_node(&bound.node, &bound.ty)
}

fn is_constant_node(node: &Node, ty: &Ty) -> bool {
    let all = |nodes: &[Node]| nodes.iter().all(|node| is_constant_node(node, ty));
    match node {
        Node::Const(Const::Part(_)) => false,
        Node::Const(Const::Default(ty)) => num_ty(ty).is_some() || ty.is(Known::Boolean) || ty.is_enum(),
        Node::Const(_) => true,
        // `double.MaxValue`, `Math.PI`.
        Node::Call(call) => call.arguments.is_empty() && num_ty(ty).is_some(),
        Node::Concat(parts) => {
            parts.iter().all(|part| matches!(part, Node::Const(Const::Text(_) | Const::Null)))
        }
        Node::AndAlso(parts) | Node::OrElse(parts) => all(parts),
        Node::Arithmetic { operands, .. }
        | Node::Compare { operands, .. }
        | Node::Equal { operands, .. }
        | Node::Logical { operands, .. }
        | Node::Coalesce(operands) => all(&**operands),
        Node::Ternary(parts) => all(&**parts),
        Node::Not(operand)
        | Node::Negate { operand, .. }
        | Node::Complement { operand, .. }
        | Node::Convert { operand, .. } => is_constant_node(operand, ty),
        _ => false,
    }
}

/// What a condition is known to be.
pub(super) fn truth_of(node: &Node) -> Option<bool> {
    match node {
        Node::Const(Const::Bool(it)) => Some(*it),
        Node::Not(operand) => truth_of(operand).map(|it| !it),
        Node::AndAlso(parts) => parts.iter().try_fold(true, |all, part| truth_of(part).map(|it| all && it)),
        Node::OrElse(parts) => parts.iter().try_fold(false, |any, part| truth_of(part).map(|it| any || it)),
        Node::Compare { op, operands, .. } => {
            let [left, right] = &**operands;
            Some(holds(*op, Some(whole(left)?.cmp(&whole(right)?))))
        }
        Node::Equal { how: Equality::Number(_), is_negated, operands } => {
            let [left, right] = &**operands;
            Some((whole(left)? == whole(right)?) != *is_negated)
        }
        _ => None,
    }
}

fn whole(node: &Node) -> Option<i128> {
    match node {
        Node::Const(Const::Int(it)) => Some((*it).into()),
        Node::Const(Const::UInt(it)) => Some((*it).into()),
        Node::Const(Const::Long(it)) => Some((*it).into()),
        Node::Const(Const::ULong(it)) => Some((*it).into()),
        Node::Const(Const::Char(it)) => Some((*it).into()),
        _ => None,
    }
}

/// What tells one `case` from another, where it is a constant.
pub(super) fn case_key(pattern: &PatternCode) -> Option<String> {
    let PatternCode::Constant(condition) = pattern else { return None };
    let Node::Equal { operands, .. } = &**condition else { return None };
    match &operands[1] {
        Node::Const(constant) => Some(format!("{constant:?}")),
        _ => None,
    }
}

/// The type that arithmetic is done in, as what is converted to.
fn range_of(num: Num) -> Option<NumTy> {
    Some(match num {
        Num::Int => NumTy::Int,
        Num::UInt => NumTy::UInt,
        Num::Long => NumTy::Long,
        Num::ULong => NumTy::ULong,
        _ => return None,
    })
}

/// Keeps the low bits, as `unchecked` does.
pub(super) fn wrapped(whole: i128, to: NumTy) -> i128 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    match to {
        NumTy::SByte => (whole as i8).into(),
        NumTy::Byte => (whole as u8).into(),
        NumTy::Int16 => (whole as i16).into(),
        NumTy::UInt16 | NumTy::Char => (whole as u16).into(),
        NumTy::Int | NumTy::Enum(_) => (whole as i32).into(),
        NumTy::UInt => (whole as u32).into(),
        NumTy::Long => (whole as i64).into(),
        NumTy::ULong => (whole as u64).into(),
        NumTy::Single | NumTy::Double | NumTy::Decimal => whole,
    }
}

/// What is left of a constant with a fraction that is cast to an integral type.
pub(super) fn whole_of(node: &Node, to: NumTy) -> Option<i128> {
    #[allow(clippy::cast_possible_truncation)]
    let whole = match node {
        Node::Const(Const::Single(it)) => f64::from(*it).trunc() as i128,
        Node::Const(Const::Double(it)) => it.trunc() as i128,
        Node::Const(Const::Decimal(it)) => it.trunc().mantissa(),
        _ => return None,
    };
    (!matches!(to, NumTy::Enum(_)) && constant_fits(whole, to)).then_some(whole)
}

/// The number with a fraction, where a cast to the type would lose it.
pub(super) fn lost_by_cast(node: &Node, to: NumTy) -> Option<String> {
    let fits = |whole: i128| constant_fits(whole, to);
    let (number, text) = match node {
        _ if matches!(to, NumTy::Single | NumTy::Double) => return None,
        Node::Const(Const::Single(it)) => (f64::from(*it), it.to_string()),
        Node::Const(Const::Double(it)) => (*it, it.to_string()),
        Node::Const(Const::Decimal(_)) if to == NumTy::Decimal => return None,
        Node::Const(Const::Decimal(it)) => {
            return (!fits(it.trunc().mantissa())).then(|| it.to_string());
        }
        _ => return None,
    };
    if to == NumTy::Decimal {
        return crate::clr::decimal::from_double(number).is_err().then_some(text);
    }
    #[allow(clippy::cast_possible_truncation)]
    let is_held = number.is_finite() && number.abs() < 1e30 && fits(number.trunc() as i128);
    (!is_held).then_some(text)
}

impl Binder {
    /// Works a constant out; `None` where it is not one.
    pub(super) fn fold(&mut self, op: BinaryOp, num: Num, one: i128, two: i128, span: Span) -> Option<Bound> {
        let bits = if num < Num::Long { 0x1f } else { 0x3f };
        let range = range_of(num)?;
        let whole = match op {
            BinaryOp::Add => one.checked_add(two),
            BinaryOp::Subtract => one.checked_sub(two),
            // The product of two 64-bit numbers may not even fit in 128 bits; its low bits are right all the same.
            BinaryOp::Multiply if self.wraps => Some(one.wrapping_mul(two)),
            BinaryOp::Multiply => Some(one.saturating_mul(two)),
            BinaryOp::Divide => one.checked_div(two),
            BinaryOp::Remainder => one.checked_rem(two),
            BinaryOp::And => Some(one & two),
            BinaryOp::Or => Some(one | two),
            BinaryOp::Xor => Some(one ^ two),
            // What is shifted out is lost, checked or not.
            BinaryOp::ShiftLeft => Some(wrapped(one << (two & bits), range)),
            BinaryOp::ShiftRight => Some(one >> (two & bits)),
            _ => None,
        }?;
        Some(self.ranged(whole, num, span))
    }

    /// A constant that was worked out; an error where its type does not hold it and nothing says `unchecked`.
    pub(super) fn ranged(&mut self, whole: i128, num: Num, span: Span) -> Bound {
        let ty = super::operators::ty_of(num);
        let Some(range) = range_of(num) else { return Bound { ty, ..Bound::unknown(span) } };
        if !constant_fits(whole, range) && !self.wraps {
            let hint = "use `long`, such as `60L * …`, or `unchecked(…)`";
            let message = "the constant overflows when it is worked out";
            self.tell(Diagnostic::error("CS0220", span, message).hint(hint));
            return Bound { ty, ..Bound::unknown(span) };
        }
        self.integer_constant(wrapped(whole, range), &ty, span)
    }

    /// A constant converted to an integral type.
    pub(super) fn converted_constant(&mut self, whole: i128, num: NumTy, to: &Ty, span: Span) -> Bound {
        let fits = constant_fits(whole, num);
        if !fits && !self.wraps {
            self.does_not_hold(&whole.to_string(), to, span);
            return Bound { ty: to.clone(), ..Bound::unknown(span) };
        }
        let bare = to.nullable_of().unwrap_or(to).clone();
        let bound = self.integer_constant(wrapped(whole, num), &bare, span);
        match to.nullable_of() {
            Some(_) => Bound { ty: to.clone(), constant: None, ..bound },
            None => bound,
        }
    }

    pub(super) fn does_not_hold(&mut self, constant: &str, to: &Ty, span: Span) {
        let message = format!("`{to}` does not hold the constant {constant}");
        let hint = "use a wider type, or `unchecked(…)`";
        self.tell(Diagnostic::error("CS0221", span, message).hint(hint));
    }

    /// Within `checked` or `unchecked`.
    pub(super) fn overflowing<T>(&mut self, is_checked: bool, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.is_checked, self.wraps);
        (self.is_checked, self.wraps) = (is_checked, !is_checked);
        let result = run(self);
        (self.is_checked, self.wraps) = before;
        result
    }
}
