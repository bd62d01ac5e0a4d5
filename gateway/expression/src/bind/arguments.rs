//! Arguments of a call, before and after the parameters are known.

use super::convert::{better, implicit};
use super::{Binder, Bound};
use crate::run::code::{Const, Node, Out};
use crate::span::Span;
use crate::syntax::ast::{self, ArgumentValue, Expr, ExprKind};
use crate::types::catalogue::Constant;
use crate::types::{Known, Member, Ty};

/// An argument as it is known without its parameter.
#[derive(Debug)]
pub(super) enum Arg<'e> {
    Value(Bound),
    /// A lambda, or a method by its name: what it is depends on the parameter.
    Lambda(&'e Expr),
    Out(Out, Ty),
    /// `out var x`: the variable gets the parameter's type.
    OutVar(&'e ast::Name),
}

#[derive(Debug)]
pub(super) struct Argument<'e> {
    pub(super) name: Option<&'e str>,
    pub(super) arg: Arg<'e>,
    pub(super) span: Span,
}

impl Argument<'_> {
    pub(super) fn ty(&self) -> Option<&Ty> {
        match &self.arg {
            Arg::Value(bound) => Some(&bound.ty),
            Arg::Out(_, ty) => Some(ty),
            Arg::Lambda(_) | Arg::OutVar(_) => None,
        }
    }
}

/// Which argument goes to which parameter.
#[derive(Debug, Clone)]
pub(super) struct Mapping {
    /// For each parameter the arguments; more than one only for an expanded `params`.
    pub(super) arguments: Vec<Vec<usize>>,
    /// `params` is given item by item.
    pub(super) is_expanded: bool,
    pub(super) defaults: usize,
}

impl Binder {
    pub(super) fn arguments<'e>(&mut self, arguments: &'e [ast::Argument]) -> Vec<Argument<'e>> {
        arguments.iter().map(|argument| self.argument(argument)).collect()
    }

    fn argument<'e>(&mut self, argument: &'e ast::Argument) -> Argument<'e> {
        let name = argument.name.as_ref().map(|name| name.text.as_str());
        let span = argument.span;
        let arg = match &argument.value {
            ArgumentValue::Value(expr) if is_function(expr) => Arg::Lambda(unwrap(expr)),
            ArgumentValue::Value(expr) => match self.item(expr) {
                // Methods and functions by name become delegates where the parameter is one.
                super::expr::Item::Group(_) | super::expr::Item::LocalFunction(_) => Arg::Lambda(expr),
                item => Arg::Value(self.as_value(item, expr.span)),
            },
            ArgumentValue::Out(expr) => self.out_variable(expr),
            ArgumentValue::OutLocal { name, .. } if name.text == "_" => Arg::Out(Out::Discard, Ty::Unknown),
            ArgumentValue::OutLocal { ty: Some(ty), name } => {
                let ty = self.ty(ty);
                let id = self.declare(name, ty.clone());
                Arg::Out(self.begin(id), ty)
            }
            ArgumentValue::OutLocal { ty: None, name } => Arg::OutVar(name),
            ArgumentValue::Ref(expr) => {
                self.error("HX0004", expr.span, "`ref` is not supported in policy expressions");
                Arg::Value(Bound::unknown(span))
            }
        };
        Argument { name, arg, span }
    }

    fn out_variable<'e>(&mut self, expr: &'e Expr) -> Arg<'e> {
        if let ExprKind::Name { name, .. } = &expr.kind {
            if name.text == "_" && self.find("_").is_none() {
                return Arg::Out(Out::Discard, Ty::Unknown);
            }
            if let Some(id) = self.find(&name.text) {
                let ty = self.variables[id].ty.clone();
                return Arg::Out(self.place(id), ty);
            }
        }
        self.error("CS1510", expr.span, "`out` needs a local variable");
        Arg::Value(Bound::unknown(expr.span))
    }

    /// Puts arguments to parameters by place and name.
    pub(super) fn map(
        member: &Member,
        skip: usize,
        arguments: &[Argument<'_>],
        expand: bool,
    ) -> Option<Mapping> {
        let params = &member.params[skip..];
        if expand && !params.last().is_some_and(|param| param.is_params) {
            return None;
        }
        let mut mapped: Vec<Vec<usize>> = vec![Vec::new(); params.len()];
        for (at, argument) in arguments.iter().enumerate() {
            let place = match argument.name {
                Some(name) => params.iter().position(|param| param.name == name)?,
                None if expand && at + 1 >= params.len() => params.len() - 1,
                None => at,
            };
            let slot = mapped.get_mut(place)?;
            let is_expanded = expand && place + 1 == params.len();
            if !(slot.is_empty() || is_expanded) {
                return None;
            }
            slot.push(at);
        }
        let mut defaults = 0;
        for (param, given) in params.iter().zip(&mapped) {
            if given.is_empty() && !(expand && param.is_params) {
                param.default.as_ref()?;
                defaults += 1;
            }
            for at in given {
                let is_out = matches!(arguments[*at].arg, Arg::Out(..) | Arg::OutVar(_));
                if is_out != param.is_out {
                    return None;
                }
            }
        }
        Some(Mapping { arguments: mapped, is_expanded: expand, defaults })
    }

    /// Whether an argument fits a parameter.
    pub(super) fn fits(&mut self, argument: &Argument<'_>, param: &Ty) -> bool {
        match &argument.arg {
            Arg::Value(bound) => implicit(&bound.ty, param, bound.constant).is_some(),
            Arg::Out(_, ty) => *ty == Ty::Unknown || ty == param || *param == Ty::Dynamic,
            Arg::OutVar(_) => true,
            Arg::Lambda(expr) => self.lambda_fits(expr, param),
        }
    }

    /// Of two candidates' parameters for one argument the better: -1 the first, 1 the second.
    pub(super) fn better_for(&mut self, argument: &Argument<'_>, one: &Ty, two: &Ty) -> i8 {
        match &argument.arg {
            Arg::Value(bound) => better(&bound.ty, one, two),
            Arg::Lambda(expr) => self.better_lambda(expr, one, two),
            _ => 0,
        }
    }

    /// The nodes of all parameters, in order.
    pub(super) fn pass(
        &mut self,
        member: &'static Member,
        skip: usize,
        mapping: &Mapping,
        arguments: Vec<Argument<'_>>,
        type_arguments: &[Ty],
    ) -> (Vec<Node>, Vec<(u16, Out)>) {
        let mut given: Vec<Option<Argument<'_>>> = arguments.into_iter().map(Some).collect();
        let mut nodes = Vec::new();
        let mut outs = Vec::new();
        let params = &member.params[skip..];
        for (at, (param, places)) in params.iter().zip(&mapping.arguments).enumerate() {
            let ty = param.ty.substitute(type_arguments);
            if mapping.is_expanded && param.is_params {
                let element = ty.element_of_array().cloned().unwrap_or(Ty::Unknown);
                let items = places.iter().filter_map(|place| given[*place].take()).collect::<Vec<_>>();
                let items = items.into_iter().map(|argument| self.pass_one(argument, &element)).collect();
                nodes.push(Node::Items { element, items });
                continue;
            }
            let node = match places.first().and_then(|place| given[*place].take()) {
                None => constant(param.default.as_ref(), &ty),
                Some(argument) if param.is_out => {
                    let out = match argument.arg {
                        Arg::Out(out, _) => out,
                        Arg::OutVar(name) => {
                            let id = self.declare(name, ty.clone());
                            self.begin(id)
                        }
                        _ => Out::Discard,
                    };
                    outs.push((u16::try_from(skip + at).unwrap_or_default(), out));
                    Node::Const(Const::Null)
                }
                Some(argument) => self.pass_one(argument, &ty),
            };
            nodes.push(node);
        }
        (nodes, outs)
    }

    fn pass_one(&mut self, argument: Argument<'_>, ty: &Ty) -> Node {
        match argument.arg {
            Arg::Value(bound) => self.coerce(bound, ty).node,
            Arg::Lambda(expr) => self.lambda_value(expr, ty).node,
            _ => Node::Const(Const::Null),
        }
    }
}

fn constant(default: Option<&Constant>, ty: &Ty) -> Node {
    Node::Const(match default {
        None | Some(Constant::Null) => match ty.takes_null() {
            true => Const::Null,
            false => Const::Default(ty.clone()),
        },
        Some(Constant::Bool(it)) => Const::Bool(*it),
        Some(Constant::Char(it)) => Const::Char(*it),
        Some(Constant::Text(it)) => Const::Text((*it).into()),
        Some(Constant::Int(it)) => match ty {
            ty if ty.is_enum() => Const::Enum(ty.id().expect("an enum is named"), *it),
            ty if ty.is(Known::Int64) => Const::Long((*it).into()),
            ty if ty.is(Known::Double) => Const::Double((*it).into()),
            _ => Const::Int(*it),
        },
    })
}

/// Parentheses change nothing.
pub(super) fn unwrap(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Parenthesised(inner) => unwrap(inner),
        _ => expr,
    }
}

pub(super) fn is_function(expr: &Expr) -> bool {
    matches!(unwrap(expr).kind, ExprKind::Lambda { .. })
}
