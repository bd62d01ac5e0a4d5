//! Patterns of `is` and `case` (ECMA-334, 11.2): types, declarations and constants.

use super::expression::placeholder;
use super::lookahead::{Nullable, ScannedType};
use super::operator::Power;
use super::{Parse, Parser};
use crate::syntax::ast::Pattern;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Is,
    /// A name alone is a constant here: C# 7.3 has no `case T:`.
    Case,
}

const COMBINE: &str = "combine conditions with `&&`, `||` and `!`";

impl Parser<'_> {
    pub(super) fn is_pattern(&mut self) -> Parse<Pattern> {
        self.combined(Place::Is)
    }

    pub(super) fn case_pattern(&mut self) -> Parse<Pattern> {
        self.combined(Place::Case)
    }

    fn combined(&mut self, place: Place) -> Parse<Pattern> {
        let first = self.pattern(place)?;
        while !self.at_word("when") && self.is_pattern_combinator(self.at) {
            let what = if self.at_word("and") { "`and` patterns are" } else { "`or` patterns are" };
            self.unsupported_and_bump(what, COMBINE);
            self.link()?;
            self.pattern(place)?;
        }
        Ok(first)
    }

    fn pattern(&mut self, place: Place) -> Parse<Pattern> {
        while self.at_word("not") && (self.can_begin_expression(self.at + 1) || self.is_at(self.at + 1, "{"))
        {
            self.unsupported_and_bump("`is not` is", "write `!(x is T)` or `x != null`");
        }
        if self.is_relation(self.at) {
            self.unsupported_and_bump("relational patterns are", "compare with an operator");
            return self.constant(Power::Shift);
        }
        if self.at("{") || self.at("[") {
            return self.refused_shape();
        }
        if self.at_word("var") && self.is_at(self.at + 1, "(") {
            self.unsupported(self.span(), "positional patterns are", "");
            return Err(super::Halt);
        }
        let scanned = self.scan_type(self.at, Nullable::UnlessConditional);
        match scanned {
            Some(ty) if self.is_designation(ty.end, place) => {
                let ty = self.type_or_var_within(Nullable::UnlessConditional)?;
                Ok(Pattern::Declaration { ty, name: self.name()? })
            }
            Some(ty) if self.is_at(ty.end, "{") && !self.is_at(self.at, "(") => {
                self.type_name(Nullable::UnlessConditional)?;
                self.refused_shape()
            }
            Some(ty) if self.is_type_pattern(ty, place) => {
                self.type_name(Nullable::UnlessConditional).map(Pattern::Type)
            }
            _ if place == Place::Is => self.constant(Power::Shift),
            _ => self.constant(Power::Conditional),
        }
    }

    /// Whether the name of a variable stands at `at`, behind a type.
    fn is_designation(&self, at: usize, place: Place) -> bool {
        let is_guard = place == Place::Case && self.is_word_at(at, "when") && !self.is_at(at + 1, ":");
        self.is_identifier_at(at) && !is_guard && !self.is_pattern_combinator(at)
    }

    /// Whether what reads as a type ends there, rather than being the first part of a constant.
    fn is_type_pattern(&self, ty: ScannedType, place: Place) -> bool {
        let goes_on =
            ["+", "-", "*", "/", "%", "<<", "(", "["].into_iter().any(|sign| self.is_at(ty.end, sign));
        ty.is_only_type || (place == Place::Is && !goes_on)
    }

    fn constant(&mut self, power: Power) -> Parse<Pattern> {
        self.operators(power).map(|constant| Pattern::Constant(Box::new(constant)))
    }

    /// `{ Length: 1 }`, `[1, ..]` and the name behind it.
    fn refused_shape(&mut self) -> Parse<Pattern> {
        let span = self.span();
        let what = if self.at("{") { "property patterns are" } else { "list patterns are" };
        self.unsupported(span, what, "compare the members with operators");
        self.skip_brackets();
        if self.is_designation(self.at, Place::Is) {
            self.bump();
        }
        Ok(Pattern::Constant(Box::new(placeholder(span))))
    }

    fn unsupported_and_bump(&mut self, what: &str, hint: &str) {
        self.unsupported(self.span(), what, hint);
        self.bump();
    }
}
