//! The `switch` statement (ECMA-334, 13.8.3).

use super::expression::placeholder;
use super::{Parse, Parser, TokenKind};
use crate::syntax::ast::{StmtKind, SwitchLabel, SwitchSection};

impl Parser<'_> {
    #[inline(never)]
    pub(super) fn switch_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let subject = self.header(Self::expression, placeholder)?;
        self.expect("{")?;
        let mut sections = Vec::new();
        while !self.at("}") && *self.kind() != TokenKind::End {
            sections.push(self.section()?);
        }
        self.expect_closing("}")?;
        Ok(StmtKind::Switch { subject, sections })
    }

    fn section(&mut self) -> Parse<SwitchSection> {
        let start = self.span().start;
        let mut labels = Vec::new();
        if !self.at_label() {
            return self.expected("CS1003", "`case` or `default:`", "");
        }
        while self.at_label() {
            let begin = self.at;
            match self.label() {
                Ok(label) => labels.push(label),
                Err(halt) if self.is_stopped => return Err(halt),
                Err(_) => self.skip_label(begin),
            }
        }
        let statements = self.statements(Self::at_label)?;
        Ok(SwitchSection { labels, statements, span: self.span_from(start) })
    }

    fn at_label(&self) -> bool {
        self.at("case") || (self.at("default") && self.is_at(self.at + 1, ":"))
    }

    fn label(&mut self) -> Parse<SwitchLabel> {
        let start = self.span().start;
        if self.eat("default") {
            self.expect(":")?;
            return Ok(SwitchLabel::Default(self.span_from(start)));
        }
        self.bump();
        let pattern = self.case_pattern()?;
        let when = if self.at_word("when") {
            self.bump();
            Some(self.expression()?)
        } else {
            None
        };
        self.expect(":")?;
        Ok(SwitchLabel::Case { pattern, when, span: self.span_from(start) })
    }

    /// Goes behind the `:` of a label that cannot be read.
    fn skip_label(&mut self, begin: usize) {
        self.at = self.at.max(begin + 1);
        while !["}", ";", "{"].into_iter().any(|sign| self.at(sign)) && *self.kind() != TokenKind::End {
            if self.eat(":") || self.at_label() {
                return;
            }
            self.skip_brackets();
        }
    }
}
