//! `dynamic`: members, overloads and operators looked up when the values are there.

use super::convert::{Conversion, explicit, implicit, num_ty};
use crate::run::code::{DynamicOp, Num, NumTy};
use crate::run::cx::{Args, Cx};
use crate::run::equality;
use crate::run::exception::Eval;
use crate::run::iterate::truth;
use crate::run::object::Object;
use crate::run::operators::{holds, order};
use crate::run::value::Value;
use crate::syntax::ast::BinaryOp;
use crate::types::catalogue::{Constant, MemberKind};
use crate::types::{Known, Member, Ty, catalogue};

const BINDER: &str = "Microsoft.CSharp.RuntimeBinder.RuntimeBinderException";

/// Does what could not be decided before.
pub(crate) fn run<'a>(cx: &mut Cx<'a, '_>, what: &'a DynamicOp, operands: &[Value<'a>]) -> Eval<'a> {
    let first = operands.first().copied().unwrap_or(Value::Null);
    match what {
        DynamicOp::Binary(op) => {
            let right = operands.get(1).copied().unwrap_or(Value::Null);
            binary(cx, *op, first, right)
        }
        DynamicOp::Convert { to, .. } => convert(cx, first, to),
        DynamicOp::Not => Ok(Value::Bool(!truth(bare(cx, first)?))),
        DynamicOp::Negate => {
            let zero = Value::Int(0);
            binary(cx, BinaryOp::Subtract, zero, first)
        }
        _ if first.is_null() => cx.throw(BINDER, "Cannot perform runtime binding on a null reference"),
        DynamicOp::Get(name) => get(cx, first, name),
        DynamicOp::Set(name) => {
            let value = operands.get(1).copied().unwrap_or(Value::Null);
            if crate::net::objects::is_json_object(first) {
                let name = Value::Str(name);
                return element(cx, &[first, name, value], true);
            }
            match find(first, |def| def.named(name), MemberKind::Property, &[]) {
                Some((Member { set: Some(set), .. }, owner)) => {
                    let types = cx.keep_ty(owner).arguments();
                    set(cx, Args { values: operands, types })?;
                    Ok(value)
                }
                _ => no_member(cx, first, name),
            }
        }
        DynamicOp::Index => element(cx, operands, false),
        DynamicOp::SetIndex => element(cx, operands, true),
        DynamicOp::Call(name) => call(cx, name, operands),
    }
}

/// A type as the run-time binder writes it: by keyword, else in full.
fn written(ty: &Ty) -> String {
    ty.id().and_then(|id| catalogue().get(id).keyword()).map_or_else(|| ty.full_name(), str::to_owned)
}

fn no_member<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>, name: &str) -> Eval<'a> {
    let message = format!("'{}' does not contain a definition for '{name}'", written(&value.ty()));
    cx.throw(BINDER, &message)
}

/// The value within a JSON value; anything else as it is.
fn bare<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>) -> Eval<'a> {
    crate::net::objects::json_scalar(cx, value)
}

fn get<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>, name: &'a str) -> Eval<'a> {
    if let Some(Object::Record { ty: Ty::Anonymous(fields) | Ty::Tuple(fields), fields: cells }) =
        value.object()
        && let Some(at) = fields.iter().position(|field| field.0 == name)
    {
        return Ok(cells[at].get());
    }
    if crate::net::objects::is_json_object(value) {
        return element(cx, &[value, Value::Str(name)], false);
    }
    match find(value, |def| def.named(name), MemberKind::Property, &[]) {
        Some((member, owner)) => {
            let types = cx.keep_ty(owner).arguments();
            (member.get)(cx, Args { values: &[value], types })
        }
        None => no_member(cx, value, name),
    }
}

fn element<'a>(cx: &mut Cx<'a, '_>, operands: &[Value<'a>], is_set: bool) -> Eval<'a> {
    let target = operands[0];
    if let Some(Object::Array { .. } | Object::Bytes(_)) = target.object() {
        return match is_set {
            true => cx.array_set(target, operands[1], operands[2]),
            false => cx.array_get(target, operands[1]),
        };
    }
    let index = &operands[1..2];
    let Some((member, owner)) = find(target, |def| def.named("Item"), MemberKind::Indexer, index) else {
        let message =
            format!("Cannot apply indexing with [] to an expression of type '{}'", written(&target.ty()));
        return cx.throw(BINDER, &message);
    };
    let types = cx.keep_ty(owner).arguments();
    let index_ty = cx.keep_ty(member.params[0].ty.substitute(types));
    let index = convert(cx, operands[1], index_ty)?;
    match (is_set, member.set) {
        (true, Some(set)) => {
            let ty = cx.keep_ty(member.returns.substitute(types));
            let value = convert(cx, operands[2], ty)?;
            set(cx, Args { values: &[target, index, value], types })?;
            Ok(operands[2])
        }
        (false, _) => (member.get)(cx, Args { values: &[target, index], types }),
        (true, None) => no_member(cx, target, "set_Item"),
    }
}

fn call<'a>(cx: &mut Cx<'a, '_>, name: &'a str, operands: &[Value<'a>]) -> Eval<'a> {
    let (target, arguments) = (operands[0], &operands[1..]);
    operands.iter().try_for_each(|operand| cx.weigh(*operand))?;
    let Some((member, owner)) = find(target, |def| def.named(name), MemberKind::Method, arguments) else {
        let message = format!("'{}' does not contain a definition for '{name}'", written(&target.ty()));
        return cx.throw(BINDER, &message);
    };
    let types = cx.keep_ty(owner).arguments();
    let mut values = vec![target];
    for (at, param) in member.params.iter().enumerate() {
        let ty = cx.keep_ty(param.ty.substitute(types));
        values.push(match (arguments.get(at), &param.default) {
            (Some(_), _) if param.is_params => {
                let element = ty.element_of_array().unwrap_or(ty);
                let items: Vec<Value<'a>> = arguments[at..]
                    .iter()
                    .map(|item| convert(cx, *item, element))
                    .collect::<Result<_, _>>()?;
                cx.array(element, &items)?
            }
            (Some(argument), _) => convert(cx, *argument, ty)?,
            (None, Some(Constant::Bool(it))) => Value::Bool(*it),
            (None, Some(Constant::Int(it))) => Value::Int(*it),
            (None, Some(Constant::Text(it))) => Value::Str(it),
            (None, _) => cx.default_of(ty),
        });
    }
    (member.get)(cx, Args { values: &values, types })
}

/// The member that these arguments fit best.
fn find<'a>(
    target: Value<'a>,
    of: impl Fn(&'static crate::types::TypeDef) -> &'static [&'static Member],
    kind: MemberKind,
    arguments: &[Value<'a>],
) -> Option<(&'static Member, Ty)> {
    let own = target.ty();
    let mut types = vec![own.clone()];
    types.extend(catalogue().ancestors(&own));
    let given: Vec<Ty> = arguments.iter().map(|argument| argument.ty()).collect();
    for owner in types {
        let Some(id) = owner.id() else { continue };
        let mut best: Option<(&'static Member, usize)> = None;
        for member in of(catalogue().get(id)) {
            if member.kind != kind || member.is_static || member.type_params > 0 {
                continue;
            }
            let params: Vec<Ty> =
                member.params.iter().map(|param| param.ty.substitute(owner.arguments())).collect();
            let required =
                member.params.iter().filter(|param| param.default.is_none() && !param.is_params).count();
            let has_room =
                given.len() <= params.len() || member.params.last().is_some_and(|param| param.is_params);
            if given.len() < required || !has_room {
                continue;
            }
            let score = given.iter().enumerate().try_fold(0, |sum, (at, ty)| {
                let param = match params.get(at.min(params.len().wrapping_sub(1))) {
                    Some(Ty::Array(element)) if member.params.last().is_some_and(|it| it.is_params) => {
                        element
                    }
                    Some(param) => param,
                    None => return None,
                };
                let whole = arguments[at].integer();
                implicit(ty, param, whole)
                    .or_else(|| {
                        // A JSON value is taken for what it holds.
                        let is_json = crate::net::objects::is_json_ty(ty) && !param.is(Known::Object);
                        explicit(ty, param, None).filter(|_| is_json)
                    })
                    .map(|_| sum + usize::from(param != ty))
            });
            if let Some(score) = score
                && best.is_none_or(|(_, known)| score < known)
            {
                best = Some((member, score));
            }
        }
        if let Some((member, _)) = best {
            return Some((member, owner));
        }
    }
    None
}

fn convert<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>, to: &'a Ty) -> Eval<'a> {
    if value.is_null() || cx.is_instance(value, to) {
        return cx.cast(value, to);
    }
    match explicit(&value.ty(), to, value.integer()) {
        Some(conversion) => applied(cx, value, &conversion, to),
        None => {
            let (from, to) = (written(&value.ty()), written(to));
            cx.throw(BINDER, &format!("Cannot implicitly convert type '{from}' to '{to}'"))
        }
    }
}

fn applied<'a>(cx: &mut Cx<'a, '_>, value: Value<'a>, conversion: &Conversion, to: &'a Ty) -> Eval<'a> {
    match conversion {
        Conversion::Same | Conversion::Dynamic | Conversion::Tuple(_) => Ok(value),
        Conversion::Cast => cx.cast(value, to),
        Conversion::Number(num) => cx.convert(*num, false, value),
        Conversion::Nullable(inner) | Conversion::Unwrap(inner) => {
            applied(cx, value, inner, to.nullable_of().unwrap_or(to))
        }
        Conversion::User(into, member, out) => {
            let param: &'static Ty = &member.params[0].ty;
            let argument = applied(cx, value, into, param)?;
            let made = (member.get)(cx, Args { values: &[argument], types: &[] })?;
            applied(cx, made, out, to)
        }
    }
}

fn binary<'a>(cx: &mut Cx<'a, '_>, op: BinaryOp, left: Value<'a>, right: Value<'a>) -> Eval<'a> {
    let is_equality = matches!(op, BinaryOp::Equal | BinaryOp::NotEqual);
    if is_equality && (left.is_null() || right.is_null()) {
        return Ok(Value::Bool((left.is_null() && right.is_null()) == (op == BinaryOp::Equal)));
    }
    let (left, right) = (bare(cx, left)?, bare(cx, right)?);
    if op == BinaryOp::Add && (matches!(left, Value::Str(_)) || matches!(right, Value::Str(_))) {
        let parts = [crate::net::text::display(cx, left)?, crate::net::text::display(cx, right)?];
        return Ok(Value::Str(cx.arena.concat(&parts)?));
    }
    if let (Value::Bool(a), Value::Bool(b)) = (left, right) {
        return Ok(Value::Bool(match op {
            BinaryOp::And => a & b,
            BinaryOp::Or => a | b,
            BinaryOp::Xor | BinaryOp::NotEqual => a != b,
            _ => a == b,
        }));
    }
    if let (Some(a), Some(b)) = (num_ty(&left.ty()), num_ty(&right.ty())) {
        let num = wider(a, b);
        let to = match num {
            Num::Int => NumTy::Int,
            Num::UInt => NumTy::UInt,
            Num::Long => NumTy::Long,
            Num::ULong => NumTy::ULong,
            Num::Single => NumTy::Single,
            Num::Double => NumTy::Double,
            Num::Decimal => NumTy::Decimal,
        };
        let (left, right) = (cx.convert(to, false, left)?, cx.convert(to, false, right)?);
        return match op {
            BinaryOp::Equal => Ok(Value::Bool(equality::equals(left, right))),
            BinaryOp::NotEqual => Ok(Value::Bool(!equality::equals(left, right))),
            BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => {
                Ok(Value::Bool(holds(op, order(num, left, right))))
            }
            _ => cx.arithmetic(op, num, false, left, right),
        };
    }
    match op {
        BinaryOp::Equal => Ok(Value::Bool(equality::equals(left, right))),
        BinaryOp::NotEqual => Ok(Value::Bool(!equality::equals(left, right))),
        BinaryOp::Less | BinaryOp::LessOrEqual | BinaryOp::Greater | BinaryOp::GreaterOrEqual => {
            let order = equality::compare(cx, left, right)?;
            Ok(Value::Bool(holds(op, Some(order))))
        }
        _ => {
            let (a, b) = (written(&left.ty()), written(&right.ty()));
            cx.throw(BINDER, &format!("Operator cannot be applied to operands of type '{a}' and '{b}'"))
        }
    }
}

fn wider(left: NumTy, right: NumTy) -> Num {
    let either = |wanted: NumTy| left == wanted || right == wanted;
    match () {
        () if either(NumTy::Decimal) => Num::Decimal,
        () if either(NumTy::Double) => Num::Double,
        () if either(NumTy::Single) => Num::Single,
        () if either(NumTy::ULong) => Num::ULong,
        () if either(NumTy::Long) || either(NumTy::UInt) => Num::Long,
        () => Num::Int,
    }
}
