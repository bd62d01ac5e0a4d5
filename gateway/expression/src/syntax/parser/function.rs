//! Lambdas, anonymous methods and what local functions share with them (ECMA-334, 12.19 and 13.6.4).

use super::lookahead::Nullable;
use super::operator::Power;
use super::{Parse, Parser};
use crate::syntax::ast::{Expr, ExprKind, FunctionBody, Parameter};

impl Parser<'_> {
    /// `x => …`, `(a, b) => …`, `(int a) => …`
    #[inline(never)]
    pub(super) fn lambda(&mut self) -> Parse<Expr> {
        let start = self.span().start;
        let parameters = if self.at("(") {
            self.parameters()?
        } else {
            vec![Parameter { ty: None, name: self.name()?, default: None }]
        };
        for parameter in &parameters {
            if let Some(default) = &parameter.default {
                self.unsupported(default.span, "default values of lambda parameters are", "");
            }
        }
        self.expect("=>")?;
        let body = self.function_body()?;
        Ok(Expr { kind: ExprKind::Lambda { parameters, body }, span: self.span_from(start) })
    }

    /// `delegate (int a) { … }` is a lambda in older words.
    #[inline(never)]
    pub(super) fn anonymous_method(&mut self) -> Parse<Expr> {
        let start = self.span().start;
        self.bump();
        let parameters = if self.at("(") {
            self.parameters()?
        } else {
            let hint = "write a lambda: `(…) => { … }`";
            self.unsupported(self.span_from(start), "anonymous methods without parameters are", hint);
            Vec::new()
        };
        let body = FunctionBody::Block(self.block()?);
        Ok(Expr { kind: ExprKind::Lambda { parameters, body }, span: self.span_from(start) })
    }

    /// Behind `=>`.
    pub(super) fn function_body(&mut self) -> Parse<FunctionBody> {
        if self.at("{") {
            return self.block().map(FunctionBody::Block);
        }
        self.expression_or_throw(Power::Assignment).map(|expr| FunctionBody::Expression(Box::new(expr)))
    }

    /// Parameters with their parentheses.
    pub(super) fn parameters(&mut self) -> Parse<Vec<Parameter>> {
        self.expect("(")?;
        let mut parameters = Vec::new();
        if self.eat(")") {
            return Ok(parameters);
        }
        loop {
            parameters.push(self.parameter()?);
            if !self.eat(",") {
                self.expect_closing(")")?;
                return Ok(parameters);
            }
        }
    }

    fn parameter(&mut self) -> Parse<Parameter> {
        for modifier in ["ref", "out", "in", "params", "this"] {
            if self.at(modifier) {
                let what = format!("`{modifier}` parameters are");
                self.unsupported(self.span(), &what, "return a value instead");
                self.bump();
            }
        }
        let is_bare = [",", ")", "="].into_iter().any(|sign| self.is_at(self.at + 1, sign));
        let ty = if is_bare { None } else { Some(self.type_name(Nullable::Always)?) };
        let name = self.name()?;
        let default = if self.eat("=") { Some(self.expression()?) } else { None };
        Ok(Parameter { ty, name, default })
    }
}
