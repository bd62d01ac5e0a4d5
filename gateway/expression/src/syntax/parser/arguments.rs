//! Arguments of calls and indices (ECMA-334, 12.6.2).

use super::lookahead::Nullable;
use super::{Parse, Parser};
use crate::syntax::ast::{Argument, ArgumentValue, TypeName};

impl Parser<'_> {
    /// `(a, name: b, out c)`, brackets included.
    pub(super) fn arguments(&mut self, open: &'static str, close: &'static str) -> Parse<Vec<Argument>> {
        self.expect(open)?;
        let mut arguments = Vec::new();
        if close == ")" && self.eat(close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.argument()?);
            if !self.eat(",") {
                self.expect_end_of_list(close)?;
                return Ok(arguments);
            }
        }
    }

    #[inline(never)]
    fn argument(&mut self) -> Parse<Argument> {
        let start = self.span().start;
        let name = self.name_with_colon()?;
        if self.at("in") {
            self.unsupported(self.span(), "`in` arguments are", "leave out `in`");
            self.bump();
        }
        let value = if self.eat("out") {
            self.out_argument()?
        } else if self.eat("ref") {
            ArgumentValue::Ref(self.expression()?)
        } else {
            ArgumentValue::Value(self.expression()?)
        };
        Ok(Argument { name, value, span: self.span_from(start) })
    }

    /// Behind `out`.
    fn out_argument(&mut self) -> Parse<ArgumentValue> {
        let is_end = self.is_at(self.at + 1, ",") || self.is_at(self.at + 1, ")");
        if self.at_word("_") && is_end {
            return Ok(ArgumentValue::OutLocal { ty: None, name: self.name()? });
        }
        if self.is_declaration(self.at) {
            let ty = self.type_or_var()?;
            return Ok(ArgumentValue::OutLocal { ty, name: self.name()? });
        }
        Ok(ArgumentValue::Out(self.expression()?))
    }

    /// The type in front of a variable's name; `None` is `var`.
    pub(super) fn type_or_var(&mut self) -> Parse<Option<TypeName>> {
        self.type_or_var_within(Nullable::Always)
    }

    pub(super) fn type_or_var_within(&mut self, nullable: Nullable) -> Parse<Option<TypeName>> {
        if self.at_word("var") && self.is_identifier_at(self.at + 1) {
            self.bump();
            return Ok(None);
        }
        self.type_name(nullable).map(Some)
    }
}
