//! Interpolated strings (ECMA-334, 12.8.3): the lexer has cut them into text, holes and formats.

use super::expression::placeholder;
use super::{Halt, Parse, Parser, TokenKind};
use crate::syntax::ast::{Expr, ExprKind, Interpolation};

impl Parser<'_> {
    #[inline(never)]
    pub(super) fn interpolated(&mut self) -> Parse<Expr> {
        let start = self.span().start;
        self.bump();
        let mut parts = Vec::new();
        loop {
            match self.kind() {
                TokenKind::Text(text) => {
                    parts.push(Interpolation::Text(text.clone()));
                    self.bump();
                }
                TokenKind::HoleStart => parts.push(self.hole()?),
                TokenKind::InterpolatedEnd => {
                    self.bump();
                    break;
                }
                _ => return self.expected("CS1003", "the end of the string", ""),
            }
        }
        Ok(Expr { kind: ExprKind::Interpolated(parts), span: self.span_from(start) })
    }

    /// What is wrong in a hole stays in it.
    fn hole(&mut self) -> Parse<Interpolation> {
        let start = self.at;
        let closer = self.closers[start];
        self.bump();
        let hole = self.hole_within();
        if hole.is_ok() || self.is_stopped || closer == start {
            return hole;
        }
        self.at = closer;
        self.bump();
        let value = placeholder(self.token_at(start).span);
        Ok(Interpolation::Hole { value, alignment: None, format: None })
    }

    fn hole_within(&mut self) -> Parse<Interpolation> {
        let value = self.expression()?;
        let alignment = if self.eat(",") { Some(self.expression()?) } else { None };
        let format = match self.kind() {
            TokenKind::Format(format) => {
                let format = format.clone();
                self.bump();
                Some(format)
            }
            _ => None,
        };
        if *self.kind() != TokenKind::HoleEnd {
            self.expected::<()>("CS1003", "`}` at the end of the hole", "")?;
            return Err(Halt);
        }
        self.bump();
        Ok(Interpolation::Hole { value, alignment, format })
    }
}
