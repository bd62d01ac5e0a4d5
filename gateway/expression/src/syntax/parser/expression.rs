//! Expressions: operators by precedence climbing, prefixes and casts (ECMA-334, clause 12).

use super::lookahead::Nullable;
use super::operator::{Infix, Operation, Power};
use super::{Halt, Parse, Parser, TokenKind};
use crate::span::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, Literal, UnaryOp};

/// Stands for what was refused; the tree it is part of is never handed out.
pub(super) fn placeholder(span: Span) -> Expr {
    Expr { kind: ExprKind::Literal(Literal::Null), span }
}

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Parse<Expr> {
        self.operators(Power::Assignment)
    }

    /// An expression, or `throw e` where C# allows it.
    pub(super) fn expression_or_throw(&mut self, power: Power) -> Parse<Expr> {
        let start = self.span().start;
        if !self.eat("throw") {
            return self.operators(power);
        }
        let thrown = self.operators(Power::Coalesce)?;
        Ok(Expr { kind: ExprKind::Throw(Box::new(thrown)), span: self.span_from(start) })
    }

    /// Operands and the operators between them that bind at least as tight as `power`.
    pub(super) fn operators(&mut self, power: Power) -> Parse<Expr> {
        let outer = self.enter()?;
        let parsed = self.operators_within(power);
        self.leave(outer);
        parsed
    }

    fn operators_within(&mut self, power: Power) -> Parse<Expr> {
        let mut left = self.unary()?;
        while let Some(infix) = self.infix().filter(|infix| infix.power >= power) {
            self.link()?;
            left = self.operation(left, infix)?;
        }
        Ok(left)
    }

    #[inline(never)]
    fn operation(&mut self, left: Expr, infix: Infix) -> Parse<Expr> {
        let start = left.span.start;
        let op_start = self.span().start;
        for _ in 0..infix.tokens {
            self.bump();
        }
        let op_span = self.span_from(op_start);
        let left = Box::new(left);
        let kind = match infix.operation {
            Operation::Binary(op) => {
                let right = Box::new(self.operators(infix.power.tighter())?);
                ExprKind::Binary { op, op_span, left, right }
            }
            Operation::Coalesce => {
                let right = Box::new(self.expression_or_throw(Power::Coalesce)?);
                ExprKind::Binary { op: BinaryOp::Coalesce, op_span, left, right }
            }
            Operation::Assign(op) => {
                let value = Box::new(self.expression()?);
                ExprKind::Assign { op, target: left, value }
            }
            Operation::Conditional => self.conditional(left)?,
            Operation::Is => ExprKind::Is { operand: left, pattern: self.is_pattern()? },
            Operation::As => ExprKind::As { operand: left, ty: self.type_name(Nullable::UnlessConditional)? },
            Operation::Unsupported(what, hint) => {
                self.unsupported(op_span, what, hint);
                if self.can_begin_expression(self.at) {
                    self.operators(infix.power)?;
                }
                return Ok(*left);
            }
            Operation::UnsupportedBraces(what, hint) => {
                self.unsupported(op_span, what, hint);
                self.skip_brackets();
                return Ok(*left);
            }
        };
        Ok(Expr { kind, span: self.span_from(start) })
    }

    /// `? a : b` behind its `?`.
    fn conditional(&mut self, condition: Box<Expr>) -> Parse<ExprKind> {
        let then = Box::new(self.expression_or_throw(Power::Assignment)?);
        if matches!(self.kind(), TokenKind::Format(_)) {
            self.report_here(
                "CS8361",
                "the `:` of a `?:` ends the interpolated expression",
                "put the conditional expression in parentheses: `{(a ? b : c)}`",
            );
            return Err(Halt);
        }
        self.expect(":")?;
        let otherwise = Box::new(self.expression_or_throw(Power::Assignment)?);
        Ok(ExprKind::Ternary { condition, then, otherwise })
    }

    // === prefixes ===

    fn unary(&mut self) -> Parse<Expr> {
        if self.is_lambda(self.at) {
            return self.lambda();
        }
        let TokenKind::Punctuator(sign) = self.kind() else {
            return if self.at_await() { self.refused_await() } else { self.primary() };
        };
        match *sign {
            "-" => self.minus(),
            "+" => self.prefixed(UnaryOp::Plus),
            "!" => self.prefixed(UnaryOp::Not),
            "~" => self.prefixed(UnaryOp::Complement),
            "++" => self.prefix_step(true),
            "--" => self.prefix_step(false),
            "(" if self.is_cast(self.at) => self.cast(),
            "&" | "*" => self.refused_prefix("pointers are", ""),
            "^" => self.refused_prefix("indices from the end (`^`) are", "write `x[x.Length - 1]`"),
            ".." => self.refused_prefix("ranges are", "write `Substring`, or `Skip` and `Take`"),
            _ => self.primary(),
        }
    }

    /// What a prefix stands in front of.
    fn operand(&mut self) -> Parse<Box<Expr>> {
        let outer = self.enter()?;
        let parsed = self.unary();
        self.leave(outer);
        parsed.map(Box::new)
    }

    fn prefixed(&mut self, op: UnaryOp) -> Parse<Expr> {
        let start = self.span().start;
        self.bump();
        let operand = self.operand()?;
        Ok(Expr { kind: ExprKind::Unary { op, operand }, span: self.span_from(start) })
    }

    /// A negation, or the least `int` or `long`, whose digits alone are too large (ECMA-334, 6.4.5.3).
    #[inline(never)]
    fn minus(&mut self) -> Parse<Expr> {
        let start = self.span().start;
        let Some(literal) = self.least_integer() else {
            return self.prefixed(UnaryOp::Minus);
        };
        self.bump();
        self.bump();
        Ok(Expr { kind: ExprKind::Literal(literal), span: self.span_from(start) })
    }

    fn least_integer(&self) -> Option<Literal> {
        let digits = self.token_at(self.at + 1);
        let text = self.source.get(digits.span.start..digits.span.end)?;
        let is_decimal =
            text.trim_end_matches(['l', 'L']).bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
        let is_whole = !["[", "(", ".", "++", "--"].into_iter().any(|sign| self.is_at(self.at + 2, sign));
        match &digits.kind {
            TokenKind::Literal(Literal::UInt(0x8000_0000)) if is_decimal && is_whole => {
                Some(Literal::Int(i32::MIN))
            }
            TokenKind::Literal(Literal::ULong(0x8000_0000_0000_0000)) if is_decimal && is_whole => {
                Some(Literal::Long(i64::MIN))
            }
            _ => None,
        }
    }

    fn prefix_step(&mut self, is_increment: bool) -> Parse<Expr> {
        let start = self.span().start;
        self.bump();
        let target = self.operand()?;
        Ok(Expr {
            kind: ExprKind::Step { is_increment, is_prefix: true, target },
            span: self.span_from(start),
        })
    }

    #[inline(never)]
    fn cast(&mut self) -> Parse<Expr> {
        let start = self.span().start;
        self.bump();
        let ty = self.type_name(Nullable::Always)?;
        self.expect_closing(")")?;
        let operand = self.operand()?;
        Ok(Expr { kind: ExprKind::Cast { ty, operand }, span: self.span_from(start) })
    }

    // === refused ===

    fn refused_prefix(&mut self, what: &str, hint: &str) -> Parse<Expr> {
        let span = self.span();
        self.unsupported(span, what, hint);
        self.bump();
        if self.can_begin_expression(self.at) {
            self.operand().map(|operand| *operand)
        } else {
            Ok(placeholder(span))
        }
    }

    fn at_await(&self) -> bool {
        let is_binary = ["+", "-", "++", "--"].into_iter().any(|sign| self.is_at(self.at + 1, sign));
        self.at_word("await") && self.can_begin_expression(self.at + 1) && !is_binary
    }

    fn refused_await(&mut self) -> Parse<Expr> {
        self.unsupported(
            self.span(),
            "`await` is",
            "expressions run to their end; nothing in them is asynchronous",
        );
        self.bump();
        self.operand().map(|operand| *operand)
    }
}
