//! Operators: which arithmetic, which comparison, and what `null` does to it (ECMA-334 12.4 and 12.9 to
//! 12.21).

use super::access::{Place, dynamic};
use super::convert::{explicit, num_ty};
use super::{Binder, Bound};
use crate::diagnostic::Diagnostic;
use crate::run::code::{Const, DynamicOp, Equality, Node, Num, NumTy};
use crate::span::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::types::{Known, Ty};

/// ECMA-334 12.4.7: what two numbers are worked out in.
fn promote(left: NumTy, right: NumTy) -> Option<Num> {
    let either = |wanted: NumTy| left == wanted || right == wanted;
    let is_signed = |num: NumTy| matches!(num, NumTy::SByte | NumTy::Int16 | NumTy::Int | NumTy::Long);
    Some(match () {
        () if either(NumTy::Decimal) => {
            if either(NumTy::Double) || either(NumTy::Single) {
                return None;
            }
            Num::Decimal
        }
        () if either(NumTy::Double) => Num::Double,
        () if either(NumTy::Single) => Num::Single,
        () if either(NumTy::ULong) => {
            if is_signed(left) || is_signed(right) {
                return None;
            }
            Num::ULong
        }
        () if either(NumTy::Long) => Num::Long,
        () if either(NumTy::UInt) => match is_signed(left) || is_signed(right) {
            true => Num::Long,
            false => Num::UInt,
        },
        () => Num::Int,
    })
}

/// ECMA-334 12.4.7.2: what one number is worked out in.
fn promote_one(num: NumTy) -> Num {
    match num {
        NumTy::UInt => Num::UInt,
        NumTy::ULong => Num::ULong,
        other => promote(other, NumTy::SByte).unwrap_or(Num::Int),
    }
}

pub(super) fn ty_of(num: Num) -> Ty {
    Ty::known(match num {
        Num::Int => Known::Int32,
        Num::UInt => Known::UInt32,
        Num::Long => Known::Int64,
        Num::ULong => Known::UInt64,
        Num::Single => Known::Single,
        Num::Double => Known::Double,
        Num::Decimal => Known::Decimal,
    })
}

fn symbol(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
        BinaryOp::Less => "<",
        BinaryOp::Greater => ">",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::And => "&",
        BinaryOp::Xor => "^",
        BinaryOp::Or => "|",
        BinaryOp::AndAlso => "&&",
        BinaryOp::OrElse => "||",
        BinaryOp::Coalesce => "??",
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Less | BinaryOp::Greater | BinaryOp::LessOrEqual | BinaryOp::GreaterOrEqual)
}

impl Binder {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &Expr, span: Span) -> Bound {
        let operand = self.value(operand);
        if operand.is_unknown() {
            return Bound::unknown(span);
        }
        if operand.ty == Ty::Dynamic {
            return match op {
                UnaryOp::Not => Bound::new(dynamic(DynamicOp::Not, vec![operand.node]), Ty::Dynamic, span),
                UnaryOp::Minus => {
                    Bound::new(dynamic(DynamicOp::Negate, vec![operand.node]), Ty::Dynamic, span)
                }
                _ => Bound { span, ..operand },
            };
        }
        let inner = operand.ty.nullable_of().unwrap_or(&operand.ty).clone();
        let is_lifted = operand.ty.nullable_of().is_some();
        if op == UnaryOp::Not {
            if inner.is(Known::Boolean) {
                let (node, ty) = match is_lifted {
                    true => {
                        let not = Node::Not(Box::new(Node::Receiver(0)));
                        (Node::Conditional(Box::new([operand.node, not])), operand.ty)
                    }
                    false => (Node::Not(Box::new(operand.node)), operand.ty),
                };
                return Bound::new(node, ty, span);
            }
            return self.no_unary("!", &operand.ty, span);
        }
        if inner.is_enum() && op == UnaryOp::Complement {
            return Bound::new(
                Node::Complement { num: Num::Int, operand: Box::new(operand.node) },
                operand.ty,
                span,
            );
        }
        let Some(num) = num_ty(&inner) else {
            let symbol = if op == UnaryOp::Minus { "-" } else { "+" };
            return match self.user_operator(symbol, vec![operand], span) {
                Ok(bound) => bound,
                Err(operands) => self.no_unary(symbol, &operands[0].ty.clone(), span),
            };
        };
        // `-2147483648` and `-9223372036854775808` are constants though what is negated is of another type.
        if let (UnaryOp::Minus, Node::Const(literal)) = (op, &operand.node) {
            match literal {
                Const::UInt(0x8000_0000) => {
                    return self.integer_constant(i32::MIN.into(), &Ty::int(), span);
                }
                Const::ULong(0x8000_0000_0000_0000) => {
                    return self.integer_constant(i64::MIN.into(), &Ty::known(Known::Int64), span);
                }
                _ => {}
            }
        }
        let num = match (op, num) {
            (UnaryOp::Minus, NumTy::UInt) => Num::Long,
            (UnaryOp::Minus, NumTy::ULong) => return self.no_unary("-", &operand.ty, span),
            (UnaryOp::Complement, NumTy::Single | NumTy::Double | NumTy::Decimal) => {
                return self.no_unary("~", &operand.ty, span);
            }
            (_, num) => promote_one(num),
        };
        let ty = ty_of(num);
        if let (Some(whole), false) = (operand.constant, num > Num::ULong) {
            return match op {
                UnaryOp::Minus => self.ranged(-whole, num, span),
                UnaryOp::Complement if matches!(num, Num::UInt | Num::ULong) => {
                    let all = if num == Num::UInt { i128::from(u32::MAX) } else { i128::from(u64::MAX) };
                    self.ranged(all ^ whole, num, span)
                }
                UnaryOp::Complement => self.ranged(!whole, num, span),
                _ => self.ranged(whole, num, span),
            };
        }
        let negated = match (op, &operand.node) {
            (UnaryOp::Minus, Node::Const(Const::Single(it))) => Some(Const::Single(-it)),
            (UnaryOp::Minus, Node::Const(Const::Double(it))) => Some(Const::Double(-it)),
            (UnaryOp::Minus, Node::Const(Const::Decimal(it))) => Some(Const::Decimal(-it)),
            _ => None,
        };
        if let Some(negated) = negated {
            return Bound::new(Node::Const(negated), operand.ty, span);
        }
        let to = if is_lifted { ty.clone().nullable() } else { ty };
        let operand = self.coerce(operand, &to);
        let apply = |node: Node| match op {
            UnaryOp::Minus => Node::Negate { num, is_checked: self.is_checked, operand: Box::new(node) },
            UnaryOp::Complement => Node::Complement { num, operand: Box::new(node) },
            _ => node,
        };
        let node = match is_lifted {
            true => Node::Conditional(Box::new([operand.node, apply(Node::Receiver(0))])),
            false => apply(operand.node),
        };
        Bound::new(node, to, span)
    }

    fn no_unary(&mut self, symbol: &str, ty: &Ty, span: Span) -> Bound {
        self.error("CS0023", span, format!("`{symbol}` cannot be applied to `{ty}`"));
        Bound::unknown(span)
    }

    /// Goes down the left side without recursion: a sum of a thousand terms is a thousand deep there.
    pub(super) fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Bound {
        let mut terms = vec![(op, right, span)];
        let mut first = left;
        while let ExprKind::Binary { op, left, right, .. } = &first.kind {
            terms.push((*op, right, first.span));
            first = left;
        }
        let mut bound = self.value(first);
        for (op, right, span) in terms.into_iter().rev() {
            bound = match op {
                // The right side of `??` may throw, and that of `&&` may use what the left one declared.
                BinaryOp::Coalesce => {
                    let right = self.value(right);
                    self.coalesce(bound, right, span)
                }
                _ => {
                    let right = self.value(right);
                    self.combine(op, bound, right, span)
                }
            };
        }
        bound
    }

    fn combine(&mut self, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        if left.is_unknown() || right.is_unknown() {
            let ty = match op {
                BinaryOp::AndAlso | BinaryOp::OrElse | BinaryOp::Equal | BinaryOp::NotEqual => Ty::bool(),
                _ => Ty::Unknown,
            };
            return Bound { ty, ..Bound::unknown(span) };
        }
        if left.ty == Ty::Void || right.ty == Ty::Void {
            return self.no_binary(op, &left, &right, span);
        }
        match op {
            BinaryOp::AndAlso | BinaryOp::OrElse => return self.short(op, left, right, span),
            _ => {}
        }
        if left.ty == Ty::Dynamic || right.ty == Ty::Dynamic {
            let is_null_test = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual)
                && (left.ty == Ty::Null || right.ty == Ty::Null);
            let ty = match is_null_test {
                true => Ty::bool(),
                false => Ty::Dynamic,
            };
            return Bound::new(dynamic(DynamicOp::Binary(op), vec![left.node, right.node]), ty, span);
        }
        match op {
            BinaryOp::Equal | BinaryOp::NotEqual => self.equality(op, left, right, span),
            BinaryOp::Add if left.ty.is(Known::String) && right.ty.is(Known::String) => {
                concat(left, right, span)
            }
            // An operator of one's own comes before joining texts: `XNamespace + string` is a name.
            BinaryOp::Add
                if left.ty.is(Known::String)
                    || right.ty.is(Known::String)
                    || is_joined_to_null(&left.ty, &right.ty)
                    || is_joined_to_null(&right.ty, &left.ty) =>
            {
                let mut operands = match self.user_operator("+", vec![left, right], span) {
                    Ok(bound) => return bound,
                    Err(operands) => operands.into_iter(),
                };
                match (operands.next(), operands.next()) {
                    (Some(left), Some(right)) => concat(left, right, span),
                    _ => Bound::unknown(span),
                }
            }
            _ => self.number_operator(op, left, right, span),
        }
    }

    fn short(&mut self, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        if !self.converts(&left, &Ty::bool()) || !self.converts(&right, &Ty::bool()) {
            return Bound { ty: Ty::bool(), ..self.no_binary(op, &left, &right, span) };
        }
        let left = self.coerce(left, &Ty::bool());
        let right = self.coerce(right, &Ty::bool());
        let node = match (op, left.node) {
            (BinaryOp::AndAlso, Node::AndAlso(parts)) => {
                Node::AndAlso(parts.into_iter().chain([right.node]).collect())
            }
            (BinaryOp::OrElse, Node::OrElse(parts)) => {
                Node::OrElse(parts.into_iter().chain([right.node]).collect())
            }
            (BinaryOp::AndAlso, left) => Node::AndAlso(Box::new([left, right.node])),
            (_, left) => Node::OrElse(Box::new([left, right.node])),
        };
        Bound::new(node, Ty::bool(), span)
    }

    fn coalesce(&mut self, left: Bound, right: Bound, span: Span) -> Bound {
        if left.is_unknown() || right.is_unknown() {
            return Bound::unknown(span);
        }
        if !left.ty.takes_null() || left.ty == Ty::Void {
            let message =
                format!("`??` needs something that may be null on its left, and `{}` never is", left.ty);
            self.error("CS0019", span, message);
            return Bound::unknown(span);
        }
        let is_throw = matches!(right.node, Node::Throw(_));
        if left.ty == Ty::Null {
            return Bound { span, ..right };
        }
        let inner = left.ty.nullable_of().cloned();
        let ty = match inner {
            Some(inner) if is_throw || self.converts(&right, &inner) => inner,
            _ if is_throw || self.converts(&right, &left.ty) => left.ty.clone(),
            _ if self.converts(&left, &right.ty) => right.ty.clone(),
            Some(inner) if super::convert::implicit(&inner, &right.ty, None).is_some() => right.ty.clone(),
            _ => return self.no_binary(BinaryOp::Coalesce, &left, &right, span),
        };
        let bare = left.ty.nullable_of().unwrap_or(&left.ty).clone();
        let left = match super::convert::implicit(&bare, &ty, None) {
            None | Some(super::convert::Conversion::Same) => left.node,
            Some(conversion) => {
                let converted = self.apply(Bound::new(Node::Receiver(0), bare, left.span), &conversion, &ty);
                Node::Conditional(Box::new([left.node, converted.node]))
            }
        };
        let right = self.coerce(right, &ty);
        Bound::new(Node::Coalesce(Box::new([left, right.node])), ty, span)
    }

    fn equality(&mut self, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        let is_negated = op == BinaryOp::NotEqual;
        let make = |how, left: Bound, right: Bound| {
            let operands = Box::new([left.node, right.node]);
            Bound::new(Node::Equal { how, is_negated, operands }, Ty::bool(), span)
        };
        let bare = |bound: &Bound| bound.ty.nullable_of().unwrap_or(&bound.ty).clone();
        let (a, b) = (bare(&left), bare(&right));
        if left.ty == Ty::Null || right.ty == Ty::Null {
            let other = if left.ty == Ty::Null { &right.ty } else { &left.ty };
            if !other.takes_null() {
                let message = format!("`{other}` is never null");
                self.tell(Diagnostic::warning("CS0472", span, message));
            }
            return make(Equality::Value, left, right);
        }
        if let (Some(x), Some(y)) = (num_ty(&a), num_ty(&b)) {
            let Some(num) = self.promoted(&left, &right, x, y) else {
                return self.no_binary(op, &left, &right, span);
            };
            let is_lifted = left.ty.nullable_of().is_some() || right.ty.nullable_of().is_some();
            if is_lifted || matches!(num, Num::Single | Num::Double | Num::Decimal) {
                let ty = if is_lifted { ty_of(num).nullable() } else { ty_of(num) };
                let (left, right) = (self.coerce(left, &ty), self.coerce(right, &ty));
                let how = if is_lifted { Equality::Value } else { Equality::Number(num) };
                return make(how, left, right);
            }
            return make(Equality::Number(num), left, right);
        }
        if a.is(Known::String) && b.is(Known::String) {
            return make(Equality::Text, left, right);
        }
        if a == b && (a.is_value_type() || matches!(a, Ty::Tuple(_))) && !a.is(Known::KeyValuePair) {
            return make(Equality::Value, left, right);
        }
        if a.is_enum() && right.constant == Some(0) {
            let right = self.coerce(right, &a);
            return make(Equality::Value, left, right);
        }
        if b.is_enum() && left.constant == Some(0) {
            let left = self.coerce(left, &b);
            return make(Equality::Value, left, right);
        }
        let (left, right) =
            match self.user_operator(if is_negated { "!=" } else { "==" }, vec![left, right], span) {
                Ok(bound) => return bound,
                Err(mut operands) => {
                    let right = operands.pop().unwrap_or_else(|| Bound::unknown(span));
                    (operands.pop().unwrap_or_else(|| Bound::unknown(span)), right)
                }
            };
        // A struct and what converts to it: `DateTimeOffset` and `DateTime`.
        if a.is_value_type() || b.is_value_type() {
            if a.is(Known::KeyValuePair) || b.is(Known::KeyValuePair) {
                return self.no_binary(op, &left, &right, span);
            }
            let takes = |ty: &Ty, other: &Bound| {
                ty.is_value_type() && self.converts(other, ty) && !other.ty.is(Known::Object)
            };
            let common = if takes(&a, &right) {
                Some(a)
            } else if takes(&b, &left) {
                Some(b)
            } else {
                None
            };
            if let Some(ty) = common {
                let (left, right) = (self.coerce(left, &ty), self.coerce(right, &ty));
                return make(Equality::Value, left, right);
            }
            return self.no_binary(op, &left, &right, span);
        }
        // A conversion that some type declares makes no references of one kind.
        let related = [(&left.ty, &right.ty), (&right.ty, &left.ty)]
            .iter()
            .any(|(from, to)| explicit(from, to, None).is_some_and(|it| !it.is_user()));
        if !related {
            return self.no_binary(op, &left, &right, span);
        }
        if a.is(Known::String) != b.is(Known::String) && (a.is(Known::Object) || b.is(Known::Object)) {
            let message = "two references are compared here, not two texts";
            let hint = "cast the `object` to `string`, or use `Equals`";
            self.tell(Diagnostic::warning("CS0252", span, message).hint(hint));
        }
        make(Equality::Reference, left, right)
    }

    /// What two numbers are worked out in; a constant that fits counts as the other's type.
    fn promoted(&self, left: &Bound, right: &Bound, x: NumTy, y: NumTy) -> Option<Num> {
        let num = promote(x, y).or_else(|| match (x, y) {
            (NumTy::ULong, _) if right.constant.is_some_and(|it| it >= 0) => Some(Num::ULong),
            (_, NumTy::ULong) if left.constant.is_some_and(|it| it >= 0) => Some(Num::ULong),
            _ => None,
        });
        let is_unsigned =
            |num: NumTy, constant: Option<i128>| num == NumTy::Int && constant.is_some_and(|it| it >= 0);
        match num {
            Some(Num::Long) if x == NumTy::UInt && is_unsigned(y, right.constant) => Some(Num::UInt),
            Some(Num::Long) if y == NumTy::UInt && is_unsigned(x, left.constant) => Some(Num::UInt),
            other => other,
        }
    }

    fn number_operator(&mut self, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        let bare = |bound: &Bound| bound.ty.nullable_of().unwrap_or(&bound.ty).clone();
        let (a, b) = (bare(&left), bare(&right));
        let is_lifted = left.ty.nullable_of().is_some() || right.ty.nullable_of().is_some();
        let is_logical = matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor);
        if is_logical && (a.is(Known::Boolean) && b.is(Known::Boolean) || a == b && a.is_enum()) {
            let logical = |operands| Node::Logical { op, operands: Box::new(operands) };
            return match is_lifted {
                false => Bound::new(logical([left.node, right.node]), a, span),
                // `null & false` is false, and `null | true` is true.
                true if a.is(Known::Boolean) => {
                    Bound::new(logical([left.node, right.node]), a.nullable(), span)
                }
                true => {
                    let with = Box::new(logical([Node::Receiver(1), Node::Receiver(0)]));
                    let operands = Box::new([left.node, right.node]);
                    Bound::new(Node::Lift { otherwise: Const::Null, operands, with }, a.nullable(), span)
                }
            };
        }
        if is_comparison(op) && a == b && a.is_enum() {
            let operands = Box::new([left.node, right.node]);
            return Bound::new(Node::Compare { op, num: Num::Int, operands }, Ty::bool(), span);
        }
        let is_null = |bound: &Bound| bound.ty == Ty::Null;
        if is_comparison(op) && (is_null(&left) && b.is_value_type() || is_null(&right) && a.is_value_type())
        {
            self.tell(Diagnostic::warning("CS0464", span, "a comparison with `null` is always false"));
            let nodes = Box::new([left.node, right.node, Node::Const(Const::Bool(false))]);
            return Bound::new(Node::Sequence(nodes), Ty::bool(), span);
        }
        let (x, y) = match (num_ty(&a), num_ty(&b)) {
            (Some(x), Some(y)) => (x, y),
            _ => return self.other_operator(op, left, right, span),
        };
        let is_shift = matches!(op, BinaryOp::ShiftLeft | BinaryOp::ShiftRight);
        let num = match is_shift {
            true => Some(promote_one(x)).filter(|_| promote_one(y) == Num::Int),
            false => self.promoted(&left, &right, x, y),
        };
        let Some(num) = num.filter(|num| !(is_logical || is_shift) || *num < Num::Single) else {
            return self.no_binary(op, &left, &right, span);
        };
        if let (Some(one), Some(two), false) = (left.constant, right.constant, is_comparison(op))
            && let Some(folded) = self.fold(op, num, one, two, span)
        {
            return folded;
        }
        let is_zero = match (&right.node, right.constant) {
            (Node::Const(Const::Decimal(it)), _) => num == Num::Decimal && it.is_zero(),
            (_, constant) => constant == Some(0) && (num < Num::Single || num == Num::Decimal),
        };
        if matches!(op, BinaryOp::Divide | BinaryOp::Remainder) && is_zero && !is_lifted {
            self.error("CS0020", span, "division by the constant zero");
            return Bound { ty: ty_of(num), ..Bound::unknown(span) };
        }
        let is_checked = self.is_checked;
        let apply = |operands: [Node; 2]| match is_comparison(op) {
            true => Node::Compare { op, num, operands: Box::new(operands) },
            false => Node::Arithmetic { op, num, is_checked, operands: Box::new(operands) },
        };
        let bare_ty = ty_of(num);
        let right_ty = if is_shift { Ty::int() } else { bare_ty.clone() };
        if is_lifted {
            let left = self.coerce(left, &bare_ty.clone().nullable());
            let right = self.coerce(right, &right_ty.nullable());
            let with = Box::new(apply([Node::Receiver(1), Node::Receiver(0)]));
            let (otherwise, ty) = match is_comparison(op) {
                true => (Const::Bool(false), Ty::bool()),
                false => (Const::Null, bare_ty.nullable()),
            };
            return Bound::new(
                Node::Lift { otherwise, operands: Box::new([left.node, right.node]), with },
                ty,
                span,
            );
        }
        // Whole numbers are compared whatever their types are.
        if is_comparison(op) && num < Num::Single {
            return Bound::new(apply([left.node, right.node]), Ty::bool(), span);
        }
        let left = self.coerce(left, &bare_ty);
        let right = self.coerce(right, &right_ty);
        let ty = if is_comparison(op) { Ty::bool() } else { bare_ty };
        Bound::new(apply([left.node, right.node]), ty, span)
    }

    fn other_operator(&mut self, op: BinaryOp, left: Bound, right: Bound, span: Span) -> Bound {
        let symbol = symbol(op);
        // An enumeration and its number.
        if matches!(op, BinaryOp::Add | BinaryOp::Subtract) && (left.ty.is_enum() || right.ty.is_enum()) {
            let ty = if left.ty.is_enum() { left.ty.clone() } else { right.ty.clone() };
            if left.ty == right.ty && op == BinaryOp::Subtract {
                let int = |node| Node::Convert { to: NumTy::Int, is_checked: false, operand: Box::new(node) };
                let operands = Box::new([int(left.node), int(right.node)]);
                let node = Node::Arithmetic { op, num: Num::Int, is_checked: self.is_checked, operands };
                return Bound::new(node, Ty::int(), span);
            }
            if let (Some(id), true) = (ty.id(), left.ty.is_enum() != right.ty.is_enum()) {
                let int = |node| Node::Convert { to: NumTy::Int, is_checked: false, operand: Box::new(node) };
                let operands = Box::new([int(left.node), int(right.node)]);
                let sum = Node::Arithmetic { op, num: Num::Int, is_checked: self.is_checked, operands };
                let node = Node::Convert { to: NumTy::Enum(id), is_checked: false, operand: Box::new(sum) };
                return Bound::new(node, ty, span);
            }
        }
        let is_lifted = left.ty.nullable_of().is_some() || right.ty.nullable_of().is_some();
        if is_lifted {
            let bare = |bound: &Bound| bound.ty.nullable_of().unwrap_or(&bound.ty).clone();
            let inner = vec![
                Bound::new(Node::Receiver(1), bare(&left), left.span),
                Bound::new(Node::Receiver(0), bare(&right), right.span),
            ];
            return match self.user_operator(symbol, inner, span) {
                Ok(with) => {
                    let (otherwise, ty) = match with.ty.is(Known::Boolean) {
                        true => (Const::Bool(false), Ty::bool()),
                        false => (Const::Null, with.ty.clone().nullable()),
                    };
                    let operands = Box::new([left.node, right.node]);
                    Bound::new(Node::Lift { otherwise, operands, with: Box::new(with.node) }, ty, span)
                }
                Err(_) => self.no_binary(op, &left, &right, span),
            };
        }
        match self.user_operator(symbol, vec![left, right], span) {
            Ok(bound) => bound,
            Err(operands) => self.no_binary(op, &operands[0], &operands[1], span),
        }
    }

    fn no_binary(&mut self, op: BinaryOp, left: &Bound, right: &Bound, span: Span) -> Bound {
        let symbol = symbol(op);
        let message = format!("`{symbol}` cannot be applied to `{}` and `{}`", left.ty, right.ty);
        let hint = match left.ty.is(Known::Object) || right.ty.is(Known::Object) {
            true => "cast the `object` to what it holds, such as `(int)…`",
            false => "",
        };
        self.tell(Diagnostic::error("CS0019", span, message).hint(hint));
        Bound::unknown(span)
    }

    pub(super) fn assign(&mut self, op: Option<BinaryOp>, target: &Expr, value: &Expr, span: Span) -> Bound {
        if let (None, ExprKind::Name { name, .. }) = (op, &target.kind)
            && name.text == "_"
            && self.find("_").is_none()
        {
            return self.value(value);
        }
        let Some(place) = self.place_of(target) else {
            self.value(value);
            return Bound::unknown(span);
        };
        let ty = place.ty(self);
        let Some(op) = op else {
            let value = self.value_as(value, &ty);
            let node = self.write_place(place, value.node, span);
            return Bound::new(node, ty, span);
        };
        let (mut nodes, read, write) = self.twice(place, span);
        let old = self.read_place(read, target.span);
        let value = self.value(value);
        let is_shift = matches!(op, BinaryOp::ShiftLeft | BinaryOp::ShiftRight);
        let may_cast = is_shift || self.converts(&value, &ty);
        let new = match op {
            BinaryOp::Coalesce => self.coalesce(old, value, span),
            _ => self.combine(op, old, value, span),
        };
        nodes.push(self.write_back(write, new, &ty, may_cast, span));
        Bound::new(sequence(nodes), ty, span)
    }

    /// What came out of an operator goes back as the variable's type. By a cast only where what was added
    /// would fit without one, ECMA-334 12.21.4.
    fn write_back(&mut self, place: Place, new: Bound, ty: &Ty, may_cast: bool, span: Span) -> Node {
        if new.is_unknown() {
            return new.node;
        }
        let value = match explicit(&new.ty, ty, new.constant) {
            Some(conversion) if may_cast => self.apply(new, &conversion, ty),
            _ => self.coerce(new, ty),
        };
        self.write_place(place, value.node, span)
    }

    pub(super) fn stepped(
        &mut self,
        is_increment: bool,
        is_prefix: bool,
        target: &Expr,
        span: Span,
    ) -> Bound {
        let Some(place) = self.place_of(target) else { return Bound::unknown(span) };
        let ty = place.ty(self);
        let op = if is_increment { BinaryOp::Add } else { BinaryOp::Subtract };
        if num_ty(ty.nullable_of().unwrap_or(&ty)).is_none() && ty != Ty::Dynamic {
            let symbol = if is_increment { "++" } else { "--" };
            return self.no_unary(symbol, &ty, span);
        }
        let (mut nodes, read, write) = self.twice(place, span);
        let old = self.read_place(read, target.span);
        let one = self.integer_constant(1, &Ty::int(), span);
        if is_prefix {
            let new = self.combine(op, Bound { constant: None, ..old }, one, span);
            nodes.push(self.write_back(write, new, &ty, true, span));
            return Bound::new(sequence(nodes), ty, span);
        }
        let slot = self.slot(span);
        nodes.push(Node::SetLocal(slot, Box::new(old.node)));
        let new = self.combine(op, Bound::new(Node::Local(slot), ty.clone(), span), one, span);
        nodes.push(self.write_back(write, new, &ty, true, span));
        nodes.push(Node::Local(slot));
        Bound::new(sequence(nodes), ty, span)
    }
}

/// `null + true` can be nothing but text.
fn is_joined_to_null(null: &Ty, other: &Ty) -> bool {
    let is_reference = !other.is_value_type() && *other != Ty::Null && other.delegate().is_none();
    *null == Ty::Null && (other.is(Known::Boolean) || is_reference)
}

/// Both as text, one after the other; what was joined before is not joined again.
fn concat(left: Bound, right: Bound, span: Span) -> Bound {
    let mut parts = match left.node {
        Node::Concat(parts) if left.ty.is(Known::String) => parts.into_vec(),
        node => vec![node],
    };
    match right.node {
        Node::Concat(more) => parts.extend(more),
        node => parts.push(node),
    }
    Bound::new(Node::Concat(parts.into()), Ty::string(), span)
}

fn sequence(mut nodes: Vec<Node>) -> Node {
    match nodes.len() {
        1 => nodes.remove(0),
        _ => Node::Sequence(nodes.into()),
    }
}
