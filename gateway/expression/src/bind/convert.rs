//! Conversions: ECMA-334 clause 10.

use super::constant::{lost_by_cast, whole_of};
use super::{Binder, Bound};
use crate::diagnostic::Diagnostic;
use crate::run::code::{Call, Const, DynamicCall, DynamicOp, Node, NumTy};
use crate::run::instance::{COVARIANT, assignable};
use crate::syntax::ast;
use crate::types::catalogue::MemberKind;
use crate::types::{Known, Member, Ty, catalogue};

/// How a value becomes one of another type.
#[derive(Debug, Clone)]
pub(super) enum Conversion {
    /// Nothing has to be done: identity, references, boxing.
    Same,
    Number(NumTy),
    /// The inner conversion, unless the value is null.
    Nullable(Box<Conversion>),
    /// To the member's parameter, through the member, to the target.
    User(Box<Conversion>, &'static Member, Box<Conversion>),
    Dynamic,
    /// Checked when it runs.
    Cast,
    /// `T?` to `T`: null throws; then the inner conversion.
    Unwrap(Box<Conversion>),
    Tuple(Vec<Conversion>),
}

impl Conversion {
    /// Whether some type declares it.
    pub(super) fn is_user(&self) -> bool {
        match self {
            Self::User(..) => true,
            Self::Nullable(inner) | Self::Unwrap(inner) => inner.is_user(),
            _ => false,
        }
    }
}

/// The numeric type, if it is one.
pub(super) fn num_ty(ty: &Ty) -> Option<NumTy> {
    let Ty::Named(id, _) = ty else { return None };
    const ALL: [(Known, NumTy); 12] = [
        (Known::SByte, NumTy::SByte),
        (Known::Byte, NumTy::Byte),
        (Known::Int16, NumTy::Int16),
        (Known::UInt16, NumTy::UInt16),
        (Known::Int32, NumTy::Int),
        (Known::UInt32, NumTy::UInt),
        (Known::Int64, NumTy::Long),
        (Known::UInt64, NumTy::ULong),
        (Known::Char, NumTy::Char),
        (Known::Single, NumTy::Single),
        (Known::Double, NumTy::Double),
        (Known::Decimal, NumTy::Decimal),
    ];
    ALL.iter().find(|(known, _)| known.id() == *id).map(|(_, num)| *num)
}

/// ECMA-334 10.2.3: implicit numeric conversions.
fn widens(from: NumTy, to: NumTy) -> bool {
    use NumTy::*;
    let targets: &[NumTy] = match from {
        SByte => &[Int16, Int, Long, Single, Double, Decimal],
        Byte => &[Int16, UInt16, Int, UInt, Long, ULong, Single, Double, Decimal],
        Int16 => &[Int, Long, Single, Double, Decimal],
        UInt16 => &[Int, UInt, Long, ULong, Single, Double, Decimal],
        Int => &[Long, Single, Double, Decimal],
        UInt => &[Long, ULong, Single, Double, Decimal],
        Long | ULong => &[Single, Double, Decimal],
        Char => &[UInt16, Int, UInt, Long, ULong, Single, Double, Decimal],
        Single => &[Double],
        Double | Decimal | Enum(_) => &[],
    };
    targets.contains(&to)
}

pub(super) fn constant_fits(whole: i128, to: NumTy) -> bool {
    match to {
        NumTy::SByte => i8::try_from(whole).is_ok(),
        NumTy::Int | NumTy::Enum(_) => i32::try_from(whole).is_ok(),
        NumTy::Long => i64::try_from(whole).is_ok(),
        NumTy::Char => u16::try_from(whole).is_ok(),
        NumTy::Byte => u8::try_from(whole).is_ok(),
        NumTy::Int16 => i16::try_from(whole).is_ok(),
        NumTy::UInt16 => u16::try_from(whole).is_ok(),
        NumTy::UInt => u32::try_from(whole).is_ok(),
        NumTy::ULong => u64::try_from(whole).is_ok(),
        _ => false,
    }
}

/// The implicit conversion between types.
pub(super) fn implicit(from: &Ty, to: &Ty, constant: Option<i128>) -> Option<Conversion> {
    standard(from, to, constant).or_else(|| user(from, to, false))
}

fn standard(from: &Ty, to: &Ty, constant: Option<i128>) -> Option<Conversion> {
    if from == to || matches!(from, Ty::Unknown) || matches!(to, Ty::Unknown) {
        return Some(Conversion::Same);
    }
    match (from, to) {
        (Ty::Void, _) | (_, Ty::Void) => return None,
        (_, Ty::Dynamic) => return Some(Conversion::Same),
        (Ty::Dynamic, to) => {
            return Some(if to.is(Known::Object) { Conversion::Same } else { Conversion::Dynamic });
        }
        (Ty::Null, to) => return to.takes_null().then_some(Conversion::Same),
        _ => {}
    }
    if let Some(inner) = to.nullable_of() {
        return match from.nullable_of() {
            Some(from) => standard(from, inner, None).map(|it| Conversion::Nullable(Box::new(it))),
            None => standard(from, inner, constant),
        };
    }
    if let (Some(a), Some(b)) = (num_ty(from), num_ty(to)) {
        let by_constant = || {
            constant.is_some_and(|it| constant_fits(it, b))
                && b != NumTy::Char
                && (from.is(Known::Int32) || from.is(Known::Int64) && b == NumTy::ULong)
        };
        return (widens(a, b) || by_constant()).then_some(Conversion::Number(b));
    }
    if to.is_enum() && constant == Some(0) && from.is(Known::Int32) {
        return to.id().map(|id| Conversion::Number(NumTy::Enum(id)));
    }
    if let (Ty::Tuple(a), Ty::Tuple(b)) = (from, to) {
        if a.len() != b.len() {
            return None;
        }
        let parts: Option<Vec<_>> =
            a.iter().zip(b.iter()).map(|((_, a), (_, b))| standard(a, b, None)).collect();
        return parts.map(Conversion::Tuple);
    }
    reference(from, to).then_some(Conversion::Same)
}

/// Implicit reference and boxing conversions.
pub(super) fn reference(from: &Ty, to: &Ty) -> bool {
    if to.is_value_type() {
        return from == to;
    }
    assignable(from.nullable_of().unwrap_or(from), to)
}

/// User-defined conversions, ECMA-334 10.5.
fn user(from: &Ty, to: &Ty, is_explicit: bool) -> Option<Conversion> {
    let bare = |ty: &Ty| ty.nullable_of().unwrap_or(ty).clone();
    let mut found: Vec<(u8, Conversion)> = Vec::new();
    let mut holders: Vec<Ty> = Vec::new();
    for ty in [bare(from), bare(to)] {
        if !matches!(ty, Ty::Named(..)) {
            continue;
        }
        holders.push(ty.clone());
        holders.extend(catalogue().ancestors(&ty).into_iter().filter(|base| !base.is(Known::Object)));
    }
    for holder in holders {
        let Some(id) = holder.id() else { continue };
        for member in catalogue().get(id).named("") {
            let wanted = match member.kind {
                MemberKind::Implicit => true,
                MemberKind::Explicit => is_explicit,
                _ => false,
            };
            let Some(param) = member.params.first().filter(|_| wanted) else { continue };
            // A null literal is no reason to convert, and neither is what is derived anyway.
            if matches!(from, Ty::Null) {
                continue;
            }
            let into = standard(from, &param.ty, None)
                .or_else(|| is_explicit.then(|| explicit_standard(from, &param.ty)).flatten());
            let out = standard(&member.returns, to, None)
                .or_else(|| is_explicit.then(|| explicit_standard(&member.returns, to)).flatten());
            if let (Some(into), Some(out)) = (into, out) {
                let score = u8::from(param.ty != *from) * 2
                    + u8::from(member.returns != *to)
                    + 4 * u8::from(matches!(into, Conversion::Cast))
                    + 4 * u8::from(matches!(out, Conversion::Cast | Conversion::Unwrap(_)));
                found.push((score, Conversion::User(Box::new(into), member, Box::new(out))));
            }
        }
    }
    found.into_iter().min_by_key(|(score, _)| *score).map(|(_, conversion)| conversion)
}

/// The explicit conversion of a cast.
pub(super) fn explicit(from: &Ty, to: &Ty, constant: Option<i128>) -> Option<Conversion> {
    standard(from, to, constant).or_else(|| explicit_standard(from, to)).or_else(|| user(from, to, true))
}

fn explicit_standard(from: &Ty, to: &Ty) -> Option<Conversion> {
    if let Some(inner) = from.nullable_of() {
        if let Some(target) = to.nullable_of() {
            return explicit(inner, target, None).map(|it| Conversion::Nullable(Box::new(it)));
        }
        if to.is_value_type() {
            return explicit(inner, to, None).map(|it| Conversion::Unwrap(Box::new(it)));
        }
    }
    if let Some(target) = to.nullable_of()
        && from.is_value_type()
    {
        return explicit(from, target, None);
    }
    let number = |ty: &Ty| match ty.is_enum() {
        true => ty.id().map(NumTy::Enum),
        false => num_ty(ty),
    };
    if let (Some(_), Some(to)) = (number(from), number(to)) {
        return Some(Conversion::Number(to));
    }
    let may_be = explicit_reference(from, to);
    (may_be && !matches!(to, Ty::Void) && !matches!(from, Ty::Void)).then_some(Conversion::Cast)
}

/// Whether what is known as one type may turn out to be of another, ECMA-334 10.3.5.
fn explicit_reference(from: &Ty, to: &Ty) -> bool {
    let is_reference = |ty: &Ty| !ty.is_value_type() || ty.nullable_of().is_some();
    let is_interface = |ty: &Ty| {
        ty.id().is_some_and(|id| catalogue().get(id).kind == crate::types::catalogue::TypeKind::Interface)
    };
    match (from, to) {
        (from, _) if from.is(Known::Object) || from.is(Known::ValueType) || from.is(Known::Enum) => true,
        (from, to) if to.is_value_type() => assignable(to, from) || is_interface(from),
        (from, to) if is_interface(from) || is_interface(to) => {
            is_reference(from) && !from.is(Known::String) && !to.is(Known::String) || assignable(to, from)
        }
        (from, to) => assignable(to, from) || assignable(from, to),
    }
}

/// Whether what is boxed as one type may come out as another.
pub(super) fn may_be(value: &Ty, to: &Ty) -> bool {
    let is_open =
        |ty: &Ty| matches!(ty, Ty::Unknown | Ty::Dynamic | Ty::Null | Ty::Void) || ty.is(Known::Object);
    // An enumeration comes out as its numbers, and the other way.
    let is_number = |ty: &Ty| ty.is_enum() || ty.is(Known::Int32);
    if value == to || is_open(value) || is_open(to) || is_number(value) && is_number(to) {
        return true;
    }
    match value.is_value_type() {
        true => !to.is_value_type() && assignable(value, to),
        false => explicit_reference(value, to),
    }
}

/// Of two conversions of one argument the better one, ECMA-334 12.6.4.5: -1 the first, 1 the second.
pub(super) fn better(argument: &Ty, one: &Ty, two: &Ty) -> i8 {
    if one == two {
        return 0;
    }
    if one == argument {
        return -1;
    }
    if two == argument {
        return 1;
    }
    let to_two = implicit(one, two, None).is_some();
    let to_one = implicit(two, one, None).is_some();
    match (to_two, to_one) {
        (true, false) => return -1,
        (false, true) => return 1,
        _ => {}
    }
    let is_signed =
        |ty: &Ty| matches!(num_ty(ty), Some(NumTy::SByte | NumTy::Int16 | NumTy::Int | NumTy::Long));
    let is_unsigned =
        |ty: &Ty| matches!(num_ty(ty), Some(NumTy::Byte | NumTy::UInt16 | NumTy::UInt | NumTy::ULong));
    match (is_signed(one) && is_unsigned(two), is_unsigned(one) && is_signed(two)) {
        (true, false) => -1,
        (false, true) => 1,
        _ => 0,
    }
}

impl Binder {
    pub(super) fn converts(&self, from: &Bound, to: &Ty) -> bool {
        implicit(&from.ty, to, from.constant).is_some()
    }

    /// Converts implicitly, or tells why not.
    pub(super) fn coerce(&mut self, from: Bound, to: &Ty) -> Bound {
        if matches!(from.node, Node::Throw(_)) {
            return Bound { ty: to.clone(), ..from };
        }
        match implicit(&from.ty, to, from.constant) {
            Some(conversion) => self.apply(from, &conversion, to),
            None => {
                self.cannot_convert(&from, to);
                Bound { ty: to.clone(), ..Bound::unknown(from.span) }
            }
        }
    }

    fn cannot_convert(&mut self, from: &Bound, to: &Ty) {
        if from.ty == Ty::Void {
            return self.error(
                "CS0029",
                from.span,
                format!("the expression has no value, and `{to}` is expected"),
            );
        }
        if from.ty == Ty::Null {
            let message = format!("`null` cannot be converted to `{to}`, which is a value type");
            return self.tell(Diagnostic::error("CS0037", from.span, message));
        }
        let bare = to.nullable_of().unwrap_or(to);
        if let (Some(whole), Some(num)) = (from.constant, num_ty(bare))
            && !constant_fits(whole, num)
            && !from.ty.is_enum()
        {
            let message = format!("`{to}` does not hold the constant {whole}");
            return self.tell(Diagnostic::error("CS0031", from.span, message).hint("use a wider type"));
        }
        if let (Node::Const(Const::Double(_)), Some(suffix)) = (
            &from.node,
            [(Known::Single, 'f'), (Known::Decimal, 'm')].iter().find(|it| bare.is(it.0)).map(|it| it.1),
        ) {
            let message = format!("a number with a point is a `double`, and `{to}` is expected");
            let hint = format!("write it with `{suffix}` at its end");
            return self.tell(Diagnostic::error("CS0664", from.span, message).hint(hint));
        }
        let message = format!("`{}` cannot be converted implicitly to `{to}`", from.ty);
        let has_cast = explicit(&from.ty, to, None).is_some();
        let (code, hint) = match has_cast {
            _ if to.is(Known::String) && !has_cast => ("CS0029", "call `.ToString()`".to_owned()),
            true => ("CS0266", format!("cast it: `({to})…`")),
            false if to.is(Known::Boolean) && from.ty.nullable_of().is_some() => {
                ("CS0029", "compare it: `… == true`".to_owned())
            }
            false => ("CS0029", String::new()),
        };
        self.tell(Diagnostic::error(code, from.span, message).hint(hint));
    }

    pub(super) fn apply(&mut self, from: Bound, conversion: &Conversion, to: &Ty) -> Bound {
        let Bound { node, ty, constant, span } = from;
        let node = match conversion {
            Conversion::Same
                if matches!(ty, Ty::Null) && to.is_value_type() && to.nullable_of().is_none() =>
            {
                Node::Const(Const::Default(to.clone()))
            }
            Conversion::Same => node,
            Conversion::Number(num) => {
                // A constant is converted here and now.
                if let (Some(whole), false) =
                    (constant, matches!(num, NumTy::Single | NumTy::Double | NumTy::Decimal))
                {
                    return self.converted_constant(whole, *num, to, span);
                }
                Node::Convert { to: *num, is_checked: self.is_checked, operand: Box::new(node) }
            }
            Conversion::Nullable(inner) if matches!(**inner, Conversion::Same) => node,
            Conversion::Nullable(inner) => {
                let from = ty.nullable_of().unwrap_or(&ty).clone();
                let target = to.nullable_of().unwrap_or(to).clone();
                let chain = self.apply(Bound::new(Node::Receiver(0), from, span), inner, &target);
                Node::Conditional(Box::new([node, chain.node]))
            }
            Conversion::Unwrap(inner) => {
                let from = ty.nullable_of().unwrap_or(&ty).clone();
                let message = "Nullable object must have a value.";
                let value = Node::Coalesce(Box::new([node, throw_invalid_operation(message)]));
                self.apply(Bound::new(value, from, span), inner, to).node
            }
            Conversion::User(into, member, out) => {
                let param = member.params[0].ty.clone();
                let argument = self.apply(Bound { node, ty, constant, span }, into, &param);
                let call = Node::Call(Box::new(Call {
                    name: member.name,
                    native: member.get,
                    arguments: Box::new([argument.node]),
                    types: Box::default(),
                    has_receiver: false,
                    is_setter: false,
                    outs: Box::default(),
                }));
                self.apply(Bound::new(call, member.returns.clone(), span), out, to).node
            }
            Conversion::Dynamic => Node::Dynamic(Box::new(DynamicCall {
                what: DynamicOp::Convert { to: to.clone(), is_explicit: false },
                operands: Box::new([node]),
            })),
            Conversion::Cast => Node::Cast { ty: to.clone(), operand: Box::new(node) },
            Conversion::Tuple(parts) => {
                let Ty::Tuple(from) = &ty else { return Bound::unknown(span) };
                let Ty::Tuple(items) = to else { return Bound::unknown(span) };
                if parts.iter().all(|part| matches!(part, Conversion::Same)) {
                    node
                } else {
                    let slot = self.slot(span);
                    let fields = parts
                        .iter()
                        .enumerate()
                        .map(|(at, part)| {
                            let of = Box::new(Node::Local(slot));
                            let field = Node::Field { at: u16::try_from(at).unwrap_or_default(), of };
                            self.apply(Bound::new(field, from[at].1.clone(), span), part, &items[at].1).node
                        })
                        .collect();
                    Node::Sequence(Box::new([
                        Node::SetLocal(slot, Box::new(node)),
                        Node::Record { ty: to.clone(), fields },
                    ]))
                }
            }
        };
        let constant = constant.filter(|_| matches!(conversion, Conversion::Same) && num_ty(to).is_some());
        Bound { constant, ..Bound::new(node, to.clone(), span) }
    }

    pub(super) fn cast(
        &mut self,
        name: &ast::TypeName,
        operand: &ast::Expr,
        span: crate::span::Span,
    ) -> Bound {
        let to = self.ty(name);
        if super::arguments::is_function(operand) && to.delegate().is_some() {
            return self.lambda_value(operand, &to);
        }
        let operand = self.value(operand);
        if operand.is_unknown() || to == Ty::Unknown {
            return Bound { ty: to, ..Bound::unknown(span) };
        }
        if operand.ty == Ty::Dynamic && to != Ty::Dynamic {
            let what = DynamicOp::Convert { to: to.clone(), is_explicit: true };
            let node = Node::Dynamic(Box::new(DynamicCall { what, operands: Box::new([operand.node]) }));
            return Bound::new(node, to, span);
        }
        // What was boxed is not converted.
        if let (Some(_), Some(num)) = (num_ty(&operand.ty), num_ty(&to)) {
            if let Some(constant) = lost_by_cast(&operand.node, num).filter(|_| !self.wraps) {
                self.does_not_hold(&constant, &to, span);
                return Bound { ty: to, ..Bound::unknown(span) };
            }
            if let Some(whole) = whole_of(&operand.node, num) {
                return self.integer_constant(whole, &to, span);
            }
        }
        match explicit(&operand.ty, &to, operand.constant) {
            Some(Conversion::Number(num)) if operand.constant.is_none() => {
                let node =
                    Node::Convert { to: num, is_checked: self.is_checked, operand: Box::new(operand.node) };
                Bound::new(node, to, span)
            }
            Some(conversion) => Bound { span, ..self.apply(operand, &conversion, &to) },
            None => {
                let message = format!("`{}` cannot be converted to `{to}`", operand.ty);
                let hint = match to.is(Known::String) {
                    true => "call `.ToString()`",
                    false => "",
                };
                self.tell(Diagnostic::error("CS0030", span, message).hint(hint));
                Bound { ty: to, ..Bound::unknown(span) }
            }
        }
    }
}

/// Throws an `InvalidOperationException`.
fn throw_invalid_operation(message: &'static str) -> Node {
    Node::Throw(Box::new(Node::Call(Box::new(Call {
        name: ".ctor",
        native: crate::net::exception::invalid_operation,
        arguments: Box::new([Node::Const(Const::Text(message.into()))]),
        types: Box::default(),
        has_receiver: false,
        is_setter: false,
        outs: Box::default(),
    }))))
}

/// True where the type's arguments may vary.
pub(super) fn is_covariant(ty: &Ty) -> bool {
    COVARIANT.iter().any(|known| ty.is(*known))
}
