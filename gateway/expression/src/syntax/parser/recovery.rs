//! Defects: how they are told, and where reading goes on behind them.

use super::{DIAGNOSTICS_MAX, Halt, Parse, Parser, TokenKind, UNSUPPORTED};
use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::syntax::token::keyword;

/// Longest piece of source that a message quotes, in characters.
const QUOTE_CHARS_MAX: usize = 40;

/// Tells the defects that follow from those that the lexer found: behind a text that is not closed, or
/// a character that is no C#, the tokens of the line mean little.
pub(super) fn follows_from(source: &str, found: &[Diagnostic]) -> impl Fn(&Diagnostic) -> bool + use<> {
    let disturbed: Vec<Span> = found
        .iter()
        .filter_map(|diagnostic| {
            let Span { start, end } = diagnostic.span;
            match diagnostic.code {
                "CS1010" | "CS1013" | "CS1056" | "CS1646" | "CS8076" => {
                    let line = source.get(end..).unwrap_or_default();
                    Some(Span::new(start, end + line.find('\n').unwrap_or(line.len())))
                }
                "CS1035" | "CS1039" => Some(Span::new(start, source.len())),
                _ => None,
            }
        })
        .collect();
    move |diagnostic| {
        let at = diagnostic.span.start;
        disturbed.iter().any(|span| (span.start..=span.end).contains(&at))
    }
}

impl Parser<'_> {
    /// Reports a defect unless one was reported at this token already.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if self.reported_at != Some(self.at) && self.diagnostics.len() < DIAGNOSTICS_MAX {
            self.diagnostics.push(diagnostic);
        }
        self.reported_at = Some(self.at);
    }

    pub(super) fn report_here(&mut self, code: &'static str, message: impl Into<String>, hint: &str) {
        self.report(Diagnostic::error(code, self.span(), message).hint(hint));
    }

    pub(super) fn fail<T>(&mut self, code: &'static str, message: impl Into<String>, hint: &str) -> Parse<T> {
        self.report_here(code, message, hint);
        Err(Halt)
    }

    /// Something else is here than what has to be.
    pub(super) fn expected<T>(&mut self, code: &'static str, what: &str, hint: &str) -> Parse<T> {
        let message = format!("found {}, expected {what}", self.found());
        self.fail(code, message, hint)
    }

    /// No expression begins with what is here.
    pub(super) fn invalid_term<T>(&mut self) -> Parse<T> {
        match self.kind() {
            TokenKind::End | TokenKind::HoleEnd | TokenKind::Format(_) => {
                self.expected("CS1733", "an expression", "")
            }
            TokenKind::Keyword("throw") => self.fail(
                "CS8115",
                "a throw expression is not allowed here",
                "it may stand behind `??` and `=>` and in the branches of `?:`",
            ),
            _ => {
                let message = format!("invalid expression term {}: expected an expression", self.found());
                let is_named_value = self.at("{") && self.is_at(self.at + 1, "{");
                let hint = if is_named_value {
                    "named values, `{{name}}`, are put in before an expression is read"
                } else {
                    ""
                };
                self.fail("CS1525", message, hint)
            }
        }
    }

    /// Refuses a construct by name: `what` is the subject of "… not supported", with its verb.
    pub(super) fn unsupported(&mut self, span: Span, what: &str, hint: &str) {
        let message = format!("{what} not supported in policy expressions");
        self.report(Diagnostic::error(UNSUPPORTED, span, message).hint(hint));
    }

    /// What is here, for a message.
    pub(super) fn found(&self) -> String {
        match self.kind() {
            TokenKind::End => "the end of the expression".into(),
            TokenKind::InterpolatedStart => "an interpolated string".into(),
            TokenKind::InterpolatedEnd => "the end of the string".into(),
            TokenKind::HoleEnd => "the `}` of the hole".into(),
            TokenKind::Format(_) => "the `:` of the format".into(),
            _ => {
                let text = self.source.get(self.span().start..self.span().end).unwrap_or_default();
                let mut chars = text.chars();
                let quote: String = chars.by_ref().take(QUOTE_CHARS_MAX).collect();
                let more = if chars.next().is_some() { "…" } else { "" };
                format!("`{}{more}`", quote.replace(['\r', '\n'], " "))
            }
        }
    }

    /// The sign has to be here.
    pub(super) fn expect(&mut self, sign: &'static str) -> Parse<()> {
        if self.eat(sign) {
            return Ok(());
        }
        let code = match sign {
            "{" => "CS1514",
            _ => "CS1003",
        };
        self.expected(code, &format!("`{sign}`"), "")
    }

    /// A closing bracket has to be here. Where it was just forgotten, reading goes on as if it stood
    /// there.
    pub(super) fn expect_closing(&mut self, sign: &'static str) -> Parse<()> {
        if self.eat(sign) {
            return Ok(());
        }
        let code = match sign {
            ")" => "CS1026",
            "}" => "CS1513",
            _ => "CS1003",
        };
        let what = format!("`{sign}`");
        let goes_on = match self.kind() {
            TokenKind::Punctuator(found) => matches!(*found, ";" | "{" | "}" | ")" | "]"),
            TokenKind::End | TokenKind::HoleEnd | TokenKind::Format(_) => true,
            _ => false,
        };
        let _: Parse<()> = self.expected(code, &what, "");
        if goes_on { Ok(()) } else { Err(Halt) }
    }

    /// What ends a list has to be here.
    pub(super) fn expect_end_of_list(&mut self, sign: &'static str) -> Parse<()> {
        if self.can_begin_expression(self.at) {
            return self.expected("CS1003", &format!("`,` or `{sign}`"), "");
        }
        self.expect_closing(sign)
    }

    /// The `;` of a statement. Where it was just forgotten, reading goes on as if it stood there.
    pub(super) fn expect_semicolon(&mut self) -> Parse<()> {
        if self.eat(";") {
            return Ok(());
        }
        let last_end = self.last_end();
        let gap = self.source.get(last_end..self.span().start).unwrap_or_default();
        let goes_on =
            gap.contains('\n') || self.at("}") || *self.kind() == TokenKind::End || self.begins_statement();
        let message = format!("found {}, expected `;`", self.found());
        let hint =
            self.misspelt_keyword().map_or_else(String::new, |keyword| format!("did you mean `{keyword}`?"));
        // The place is behind what lacks it, as in a C# compiler.
        self.report(Diagnostic::error("CS1002", Span::new(last_end, last_end), message).hint(hint));
        if goes_on { Ok(()) } else { Err(Halt) }
    }

    /// The keyword that the last token is but for its case.
    fn misspelt_keyword(&self) -> Option<&'static str> {
        match self.kind_at(self.at.checked_sub(1)?) {
            TokenKind::Identifier { text, is_plain: true } => keyword(&text.to_lowercase()),
            _ => None,
        }
    }

    /// Keywords that only a statement begins with.
    pub(super) fn begins_statement(&self) -> bool {
        let TokenKind::Keyword(keyword) = self.kind() else {
            return false;
        };
        matches!(
            *keyword,
            "if" | "for"
                | "foreach"
                | "while"
                | "do"
                | "try"
                | "return"
                | "break"
                | "continue"
                | "using"
                | "const"
                | "case"
        )
    }

    /// Goes from within a statement that began at token `start` to where the next may begin: behind its
    /// `;`, before a closing `}` or before a keyword. Brackets are left or skipped whole.
    pub(super) fn synchronise(&mut self, start: usize) {
        let here = start..self.at;
        if let Some(closer) = here.map(|at| self.closers[at]).find(|closer| *closer >= self.at) {
            self.at = closer;
            self.bump();
        }
        let has_body = matches!(self.kind_at(start), TokenKind::Keyword(_));
        loop {
            match self.kind() {
                TokenKind::End | TokenKind::Punctuator("}") => return,
                TokenKind::Punctuator(";") => return self.bump(),
                TokenKind::Punctuator("{") if has_body && self.at > start => return,
                _ if self.at > start && self.begins_statement() => return,
                _ => self.skip_brackets(),
            }
        }
    }

    /// Goes behind the bracket that is opened here and closed somewhere, or behind this token.
    pub(super) fn skip_brackets(&mut self) {
        self.at = self.closers[self.at];
        self.bump();
    }
}
