//! Lambdas, and methods used as values: what they are depends on the delegate that is wanted.

use super::arguments::is_function;
use super::convert::implicit;
use super::expr::Item;
use super::scope::Function;
use super::{Binder, Bound};
use crate::diagnostic::{Diagnostic, Severity};
use crate::run::code::{Body, Lambda, MakeLambda, Node, Slot};
use crate::span::Span;
use crate::syntax::ast::{self, Expr, ExprKind, FunctionBody, Parameter};
use crate::types::{Member, Ty};

/// A function that was bound.
pub(super) struct BoundLambda {
    pub(super) code: Lambda,
    pub(super) captures: Vec<Slot>,
    pub(super) returns: Ty,
}

impl Binder {
    /// What stands where a type is known: a lambda, a method's name and `{ … }` are values only there.
    pub(super) fn value_as(&mut self, expr: &Expr, ty: &Ty) -> Bound {
        match &expr.kind {
            ExprKind::ArrayInitialiser(items) => return self.array_of(ty, items, expr.span),
            _ if is_function(expr) => return self.lambda_value(expr, ty),
            _ => {}
        }
        let is_delegate = ty.delegate().is_some();
        match self.item(expr) {
            Item::Group(group) if is_delegate && group.ty != Ty::Dynamic => self.lambda_value(expr, ty),
            Item::LocalFunction(_) if is_delegate => self.lambda_value(expr, ty),
            item => {
                let value = self.as_value(item, expr.span);
                self.coerce(value, ty)
            }
        }
    }

    /// The value of a lambda, or of a method's name, as a delegate.
    pub(super) fn lambda_value(&mut self, expr: &Expr, ty: &Ty) -> Bound {
        let expr = super::arguments::unwrap(expr);
        if let Ty::Dynamic | Ty::Unknown = ty {
            self.error("CS1977", expr.span, "a lambda needs a place whose type says what it takes and gives");
            return Bound::unknown(expr.span);
        }
        let Some((takes, gives)) = ty.delegate() else {
            let message = format!("a lambda cannot be converted to `{ty}`, which is not a delegate");
            self.error("CS1660", expr.span, message);
            return Bound { ty: ty.clone(), ..Bound::unknown(expr.span) };
        };
        let ExprKind::Lambda { parameters, body } = &expr.kind else {
            return self.method_value(expr, ty, &takes, &gives);
        };
        if parameters.len() != takes.len() {
            let message =
                format!("`{ty}` takes {} arguments, the lambda has {}", takes.len(), parameters.len());
            self.error("CS1593", expr.span, message);
            return Bound { ty: ty.clone(), ..Bound::unknown(expr.span) };
        }
        let bound = self.bind_lambda(parameters, body, &takes, Some(&gives), expr.span);
        let captures = bound.captures.into();
        let node = Node::Lambda(Box::new(MakeLambda { code: bound.code, captures, ty: ty.clone() }));
        Bound::new(node, ty.clone(), expr.span)
    }

    /// `int.Parse` as `x => int.Parse(x)`.
    fn method_value(&mut self, expr: &Expr, ty: &Ty, takes: &[Ty], gives: &Ty) -> Bound {
        if let Item::LocalFunction(id) = self.item(expr) {
            let bound = self.read(id, expr.span);
            return match bound.ty.delegate() {
                Some((own, _)) if own.len() == takes.len() => Bound { ty: ty.clone(), ..bound },
                _ => {
                    self.error("CS0123", expr.span, format!("the function does not match `{ty}`"));
                    Bound::unknown(expr.span)
                }
            };
        }
        let (parameters, body) = as_lambda(expr, takes.len());
        let bound = self.bind_lambda(&parameters, &body, takes, Some(gives), expr.span);
        let captures = bound.captures.into();
        let node = Node::Lambda(Box::new(MakeLambda { code: bound.code, captures, ty: ty.clone() }));
        Bound::new(node, ty.clone(), expr.span)
    }

    /// Binds a lambda's body. `gives` of `None` takes what comes.
    pub(super) fn bind_lambda(
        &mut self,
        parameters: &[Parameter],
        body: &FunctionBody,
        takes: &[Ty],
        gives: Option<&Ty>,
        span: Span,
    ) -> BoundLambda {
        self.bind_function(false, parameters, body, takes, gives, span)
    }

    /// Binds a function's body in a function of its own. `gives` of `None` takes what comes.
    pub(super) fn bind_function(
        &mut self,
        is_named: bool,
        parameters: &[Parameter],
        body: &FunctionBody,
        takes: &[Ty],
        gives: Option<&Ty>,
        span: Span,
    ) -> BoundLambda {
        self.functions.push(Function { is_named, ..Function::default() });
        self.taken.push(takes.to_vec());
        self.open();
        let mut shared_parameters = Vec::new();
        for (parameter, ty) in parameters.iter().zip(takes) {
            let ty = match &parameter.ty {
                Some(name) => {
                    let own = self.ty(name);
                    if own != *ty && own != Ty::Unknown && *ty != Ty::Unknown {
                        let message = format!("the parameter is `{own}`, and `{ty}` is given");
                        self.error("CS1678", parameter.name.span, message);
                    }
                    own
                }
                None => ty.clone(),
            };
            let id = self.declare(&parameter.name, ty);
            let variable = &self.variables[id];
            if variable.is_shared {
                shared_parameters.push(variable.slot);
            }
        }
        let (body, returns) = match body {
            FunctionBody::Expression(expr) => {
                let value = match gives {
                    // `a => b => a + b`
                    Some(gives) if is_function(expr) && !gives.is_open() => self.lambda_value(expr, gives),
                    _ => self.value(expr),
                };
                let returns = value.ty.clone();
                if gives == Some(&Ty::Void) && !is_statement(expr) && !value.is_unknown() {
                    let message = "the delegate takes no value, and this is nothing but one";
                    let hint = "only a call, an assignment, `++`, `--` or `new` can stand here";
                    self.tell(Diagnostic::error("CS0201", expr.span, message).hint(hint));
                }
                let value = match gives {
                    Some(Ty::Void) | None => value,
                    Some(gives) if gives.is_open() => value,
                    Some(gives) => self.coerce(value, gives),
                };
                (Body::Expression(value.node), returns)
            }
            FunctionBody::Block(block) => self.function_body(block, gives.filter(|gives| !gives.is_open())),
        };
        self.close();
        self.taken.pop();
        let function = self.functions.pop().unwrap_or_default();
        if function.slots >= super::scope::LOCALS_MAX {
            self.error("HX0002", span, "the function has too many local variables");
        }
        let (captures, inner) = function
            .captures
            .iter()
            .map(|(_, outer, inner)| (*outer, *inner))
            .unzip::<_, _, Vec<_>, Vec<_>>();
        let code = Lambda {
            parameters: u16::try_from(parameters.len()).unwrap_or_default(),
            captures: inner.into(),
            shared_parameters: shared_parameters.into(),
            slots: function.slots,
            body,
        };
        BoundLambda { code, captures, returns }
    }

    /// The type that a lambda or method gives for arguments of these types; `None` where it has a defect.
    pub(super) fn lambda_result(&mut self, expr: &Expr, takes: &[Ty]) -> Option<Ty> {
        self.lambda_result_for(expr, takes, None)
    }

    /// As [`Self::lambda_result`], where what it gives must convert to `gives`.
    fn lambda_result_for(&mut self, expr: &Expr, takes: &[Ty], gives: Option<&Ty>) -> Option<Ty> {
        let key = (expr.span, takes.to_vec(), gives.cloned(), self.taken.clone());
        if let Some(known) = self.results.get(&key) {
            return known.clone();
        }
        let result = self.try_lambda(expr, takes, gives);
        self.results.insert(key, result.clone());
        result
    }

    fn try_lambda(&mut self, expr: &Expr, takes: &[Ty], gives: Option<&Ty>) -> Option<Ty> {
        if !self.count() {
            return None;
        }
        let (parameters, body) = match &expr.kind {
            ExprKind::Lambda { parameters, body } => (parameters.clone(), body.clone()),
            _ => {
                if let (Item::LocalFunction(id), _) = self.attempt(|binder| binder.item(expr)) {
                    return self.variables[id].ty.delegate().map(|(_, gives)| gives);
                }
                as_lambda(expr, takes.len())
            }
        };
        if parameters.len() != takes.len() {
            return None;
        }
        let (bound, told) =
            self.attempt(|binder| binder.bind_lambda(&parameters, &body, takes, gives, expr.span));
        let has_error = told.iter().any(|it| it.severity == Severity::Error);
        (!has_error).then_some(bound.returns)
    }

    pub(super) fn lambda_fits(&mut self, expr: &Expr, param: &Ty) -> bool {
        let Some((takes, gives)) = param.delegate() else { return false };
        if takes.iter().any(Ty::is_open) {
            return false;
        }
        match self.lambda_result(expr, &takes) {
            None => false,
            Some(_) if gives == Ty::Void => match &expr.kind {
                ExprKind::Lambda { body: FunctionBody::Expression(body), .. } => is_statement(body),
                _ => true,
            },
            Some(result) => {
                if gives.is_open() || implicit(&result, &gives, None).is_some() {
                    return true;
                }
                // A constant may convert though its type does not.
                matches!(expr.kind, ExprKind::Lambda { .. })
                    && self.lambda_result_for(expr, &takes, Some(&gives)).is_some()
            }
        }
    }

    /// Of two delegate types the better for a lambda, by what it gives.
    pub(super) fn better_lambda(&mut self, expr: &Expr, one: &Ty, two: &Ty) -> i8 {
        let (Some((takes, first)), Some((_, second))) = (one.delegate(), two.delegate()) else { return 0 };
        if first == second {
            return 0;
        }
        match (&first, &second) {
            (Ty::Void, _) => return 1,
            (_, Ty::Void) => return -1,
            _ => {}
        }
        match self.lambda_result(expr, &takes) {
            Some(result) => super::convert::better(&result, &first, &second),
            None => 0,
        }
    }

    /// What is wrong within a lambda that fits none of a method's parameters.
    pub(super) fn lambda_defects(
        &mut self,
        expr: &Expr,
        member: &'static Member,
        receiver: &Ty,
    ) -> Vec<Diagnostic> {
        let ExprKind::Lambda { parameters, body } = &expr.kind else { return Vec::new() };
        let mut inference = super::infer::Inference::new(receiver.arguments(), member.type_params);
        if member.is_extension {
            inference = super::infer::Inference::new(&[], member.type_params);
            inference.unify(&member.params[0].ty, receiver, false);
        }
        let known = inference.fixed();
        for param in &member.params {
            if let Some((takes, gives)) = param.ty.delegate()
                && takes.len() == parameters.len()
            {
                let takes: Vec<Ty> = takes.iter().map(|ty| ty.substitute(&known)).collect();
                if takes.iter().any(Ty::is_open) {
                    continue;
                }
                let gives = Some(gives.substitute(&known)).filter(|gives| !gives.is_open());
                let (_, told) = self.attempt(|binder| {
                    binder.bind_lambda(parameters, body, &takes, gives.as_ref(), expr.span)
                });
                return told.into_iter().filter(|it| it.severity == Severity::Error).collect();
            }
        }
        Vec::new()
    }
}

/// Whether an expression may stand where its value is lost.
fn is_statement(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { .. } | ExprKind::Assign { .. } | ExprKind::Step { .. } | ExprKind::New { .. } => {
            true
        }
        ExprKind::Throw(_) => true,
        ExprKind::Conditional { chain, .. } => is_statement(chain),
        _ => false,
    }
}

/// `M` as `(a, b) => M(a, b)`. The names cannot be written, so they hide nothing.
fn as_lambda(expr: &Expr, count: usize) -> (Vec<Parameter>, FunctionBody) {
    let span = expr.span;
    let name = |at: usize| ast::Name { text: format!("<{at}>"), span: Span::new(span.start, span.end + at) };
    let parameters = (0..count).map(|at| Parameter { ty: None, name: name(at), default: None }).collect();
    let argument = |at: usize| ast::Argument {
        name: None,
        value: ast::ArgumentValue::Value(Expr {
            kind: ExprKind::Name { name: name(at), arguments: Vec::new() },
            span,
        }),
        span,
    };
    let call =
        ExprKind::Call { target: Box::new(expr.clone()), arguments: (0..count).map(argument).collect() };
    (parameters, FunctionBody::Expression(Box::new(Expr { kind: call, span })))
}
