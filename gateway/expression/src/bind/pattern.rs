//! Patterns of `is` and `case`.

use super::convert::{explicit, implicit};
use super::{Binder, Bound};
use crate::diagnostic::Diagnostic;
use crate::run::code::{Equality, Node, Out, PatternCode};
use crate::span::Span;
use crate::syntax::ast::{self, Expr, ExprKind, Pattern, TypeName, TypeNameKind};
use crate::types::Ty;

impl Binder {
    /// A pattern over a value of this type.
    pub(super) fn pattern(&mut self, pattern: &Pattern, subject: &Ty) -> PatternCode {
        match pattern {
            Pattern::Type(name) => match self.constant_name(name) {
                Some(expr) => self.constant_pattern(&expr, subject),
                None => {
                    let ty = self.ty(name);
                    if !self.may_match(&ty, subject) {
                        let message = format!("a value of `{subject}` is never `{ty}`");
                        self.tell(Diagnostic::warning("CS0184", name.span, message));
                    }
                    PatternCode::Type { ty, into: None }
                }
            },
            Pattern::Declaration { ty, name } => {
                let wanted = match ty {
                    Some(ty) => self.pattern_ty(ty, subject),
                    None => subject.clone(),
                };
                let out = match name.text.as_str() {
                    "_" => Out::Discard,
                    _ => {
                        let id = self.declare(name, wanted.clone());
                        self.begin(id)
                    }
                };
                match ty {
                    Some(_) => PatternCode::Type { ty: wanted, into: Some(out) },
                    None => PatternCode::Any(out),
                }
            }
            Pattern::Constant(expr) => self.constant_pattern(expr, subject),
        }
    }

    fn pattern_ty(&mut self, name: &TypeName, subject: &Ty) -> Ty {
        let ty = self.ty(name);
        if !self.may_match(&ty, subject) {
            self.error("CS8121", name.span, format!("a value of `{subject}` is never `{ty}`"));
        }
        ty
    }

    fn may_match(&self, ty: &Ty, subject: &Ty) -> bool {
        let is_open = |ty: &Ty| matches!(ty, Ty::Unknown | Ty::Dynamic);
        is_open(ty)
            || is_open(subject)
            || explicit(subject, ty, None).is_some()
            || explicit(ty, subject, None).is_some()
    }

    /// A type's name that means a constant: a `const`, or a value of an enumeration.
    fn constant_name(&mut self, name: &TypeName) -> Option<Expr> {
        let TypeNameKind::Named(parts) = &name.kind else { return None };
        let mut parts = parts.iter();
        let first = parts.next()?;
        let part = |kind, span| Expr { kind, span };
        let mut expr =
            part(ExprKind::Name { name: first.name.clone(), arguments: Vec::new() }, first.name.span);
        for next in parts {
            let span = Span::new(name.span.start, next.name.span.end);
            expr = part(
                ExprKind::Member { target: Box::new(expr), name: next.name.clone(), arguments: Vec::new() },
                span,
            );
        }
        let (_, of_type) = self.attempt(|binder| binder.ty(name));
        if of_type.is_empty() {
            return None;
        }
        let (item, told) = self.attempt(|binder| binder.item(&expr));
        (told.is_empty() && matches!(item, super::expr::Item::Value(_))).then_some(expr)
    }

    pub(super) fn constant_pattern(&mut self, expr: &Expr, subject: &Ty) -> PatternCode {
        let value = self.value(expr);
        let span = expr.span;
        if !super::constant::is_constant(&value) {
            let hint = "use `==`, or `when`";
            self.tell(Diagnostic::error("CS0150", span, "a constant is expected here").hint(hint));
        }
        let bare = subject.nullable_of().unwrap_or(subject);
        let value = match implicit(&value.ty, bare, value.constant) {
            Some(conversion) if value.ty != Ty::Null && bare.is_value_type() => {
                self.apply(value, &conversion, bare)
            }
            Some(_) => value,
            None => {
                if !value.is_unknown() {
                    self.error("CS0029", span, format!("`{}` cannot be compared with `{subject}`", value.ty));
                }
                Bound::unknown(span)
            }
        };
        let operands = Box::new([Node::Receiver(0), value.node]);
        PatternCode::Constant(Box::new(Node::Equal { how: Equality::Value, is_negated: false, operands }))
    }

    /// `case` over a variable: the condition, and what tells a constant from others.
    pub(super) fn case(
        &mut self,
        label: &ast::SwitchLabel,
        slot: u16,
        subject: &Ty,
    ) -> (Option<Node>, Option<String>) {
        let ast::SwitchLabel::Case { pattern, when, .. } = label else { return (None, None) };
        let pattern = self.pattern(pattern, subject);
        let key = super::constant::case_key(&pattern).filter(|_| when.is_none());
        let test = Node::Is { operand: Box::new(Node::Local(slot)), pattern };
        let condition = match when {
            Some(when) => {
                let when = self.condition(when);
                Node::AndAlso(Box::new([test, when]))
            }
            None => test,
        };
        (Some(condition), key)
    }
}
