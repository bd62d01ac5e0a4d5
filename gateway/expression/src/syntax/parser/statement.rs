//! Statements (ECMA-334, clause 13).

use super::declaration::has_effect;
use super::expression::placeholder;
use super::{Parse, Parser, TokenKind};
use crate::span::Span;
use crate::syntax::ast::{Block, Catch, Expr, ForInitialiser, Name, Stmt, StmtKind, TypeName, UsingResource};

impl Parser<'_> {
    pub(super) fn block(&mut self) -> Parse<Block> {
        let start = self.span().start;
        self.expect("{")?;
        let statements = self.statements(|parser| parser.at("}"))?;
        self.expect_closing("}")?;
        Ok(Block { statements, span: self.span_from(start) })
    }

    /// Statements up to where `is_end` says so. One that cannot be read is left out, and the next is
    /// tried.
    pub(super) fn statements(&mut self, is_end: impl Fn(&Self) -> bool) -> Parse<Vec<Stmt>> {
        let mut statements = Vec::new();
        while !is_end(self) && !self.at("}") && *self.kind() != TokenKind::End {
            let start = self.at;
            match self.statement() {
                Ok(statement) => statements.push(statement),
                Err(halt) if self.is_stopped => return Err(halt),
                Err(_) => self.synchronise(start),
            }
        }
        Ok(statements)
    }

    pub(super) fn statement(&mut self) -> Parse<Stmt> {
        let start = self.span().start;
        let outer = self.enter()?;
        let kind = self.statement_kind();
        self.leave(outer);
        Ok(Stmt { kind: kind?, span: self.span_from(start) })
    }

    fn statement_kind(&mut self) -> Parse<StmtKind> {
        match self.kind() {
            TokenKind::Punctuator(";") => {
                self.bump();
                Ok(StmtKind::Empty)
            }
            TokenKind::Punctuator("{") => self.block().map(StmtKind::Block),
            TokenKind::Keyword(keyword) => self.keyword_statement(keyword),
            TokenKind::Identifier { .. } => self.word_statement(),
            _ => self.simple_statement(),
        }
    }

    fn keyword_statement(&mut self, keyword: &'static str) -> Parse<StmtKind> {
        match keyword {
            "if" => self.if_statement(),
            "while" => self.while_statement(),
            "do" => self.do_statement(),
            "for" => self.for_statement(),
            "foreach" => self.foreach_statement(),
            "switch" => self.switch_statement(),
            "try" => self.try_statement(),
            "using" => self.using_statement(),
            "return" => self.leaving(StmtKind::Return),
            "throw" => self.leaving(StmtKind::Throw),
            "break" => self.jump(StmtKind::Break),
            "continue" => self.jump(StmtKind::Continue),
            "checked" | "unchecked" if self.is_at(self.at + 1, "{") => {
                self.bump();
                Ok(StmtKind::Checked { is_checked: keyword == "checked", body: self.block()? })
            }
            "const" => self.simple_statement(),
            _ => self.refused_statement(keyword),
        }
    }

    // === jumps ===

    /// `return e;`, `throw;`
    fn leaving(&mut self, kind: impl FnOnce(Option<Expr>) -> StmtKind) -> Parse<StmtKind> {
        self.bump();
        let is_bare = self.at(";") || self.at("}") || *self.kind() == TokenKind::End;
        let value = if is_bare { None } else { Some(self.expression()?) };
        self.expect_semicolon()?;
        Ok(kind(value))
    }

    fn jump(&mut self, kind: StmtKind) -> Parse<StmtKind> {
        self.bump();
        self.expect_semicolon()?;
        Ok(kind)
    }

    // === conditions and loops ===

    /// What stands in the parentheses behind a keyword. If it cannot be read, `fallback` stands for it,
    /// so that the body is read all the same.
    pub(super) fn header<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Parse<T>,
        fallback: impl FnOnce(Span) -> T,
    ) -> Parse<T> {
        let open = self.at;
        if !self.eat("(") {
            // Only the parentheses may be missing.
            let _: Parse<()> = self.expected("CS1003", "`(`", "");
            return parse(self);
        }
        let parsed = parse(self).and_then(|parsed| self.expect_closing(")").map(|()| parsed));
        let closer = self.closers[open];
        if parsed.is_ok() || self.is_stopped || closer == open {
            return parsed;
        }
        self.at = closer;
        self.bump();
        Ok(fallback(self.token_at(open).span))
    }

    fn condition(&mut self) -> Parse<Expr> {
        self.header(Self::expression, placeholder)
    }

    /// The body of a statement: a declaration needs a block around it.
    pub(super) fn embedded(&mut self) -> Parse<Box<Stmt>> {
        let start = self.at;
        let statement = self.statement()?;
        if matches!(statement.kind, StmtKind::Local(_) | StmtKind::LocalFunction(_)) {
            let message = "a declaration cannot be the only statement of a body";
            self.report_at(start, "CS1023", message, "put it in braces: `{ … }`");
        }
        Ok(Box::new(statement))
    }

    pub(super) fn if_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let condition = self.condition()?;
        let then = self.embedded()?;
        let otherwise = if self.eat("else") { Some(self.embedded()?) } else { None };
        Ok(StmtKind::If { condition, then, otherwise })
    }

    fn while_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let condition = self.condition()?;
        Ok(StmtKind::While { condition, body: self.embedded()? })
    }

    fn do_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let body = self.embedded()?;
        self.expect("while")?;
        let condition = self.condition()?;
        self.expect_semicolon()?;
        Ok(StmtKind::DoWhile { body, condition })
    }

    #[inline(never)]
    fn for_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let (initialisers, condition, iterators) =
            self.header(Self::for_header, |_| (ForInitialiser::Expressions(Vec::new()), None, Vec::new()))?;
        Ok(StmtKind::For { initialisers, condition, iterators, body: self.embedded()? })
    }

    fn for_header(&mut self) -> Parse<(ForInitialiser, Option<Expr>, Vec<Expr>)> {
        let initialisers = if self.is_declaration(self.at) {
            ForInitialiser::Local(self.local_declaration()?)
        } else {
            ForInitialiser::Expressions(self.expressions_before(";")?)
        };
        self.expect(";")?;
        let condition = if self.at(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        Ok((initialisers, condition, self.expressions_before(")")?))
    }

    fn expressions_before(&mut self, end: &str) -> Parse<Vec<Expr>> {
        let mut expressions = Vec::new();
        if self.at(end) {
            return Ok(expressions);
        }
        loop {
            expressions.push(self.expression()?);
            if !self.eat(",") {
                return Ok(expressions);
            }
        }
    }

    #[inline(never)]
    fn foreach_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let nameless = |span| (None, Name { text: String::new(), span }, placeholder(span));
        let (ty, name, collection) = self.header(Self::foreach_header, nameless)?;
        Ok(StmtKind::ForEach { ty, name, collection, body: self.embedded()? })
    }

    fn foreach_header(&mut self) -> Parse<(Option<TypeName>, Name, Expr)> {
        if (self.at_word("var") && self.is_at(self.at + 1, "(")) || self.at("(") {
            let hint = "name one variable and read its members, such as `pair.Key`";
            self.unsupported(self.span(), "deconstructing declarations are", hint);
            return Err(super::Halt);
        }
        if self.is_identifier_at(self.at) && self.is_at(self.at + 1, "in") {
            let name = self.found();
            return self.fail(
                "CS0230",
                format!("the variable {name} has no type"),
                "write `foreach (var a in b)`",
            );
        }
        let ty = self.type_or_var()?;
        let name = self.name()?;
        self.expect("in")?;
        Ok((ty, name, self.expression()?))
    }

    // === try and using ===

    #[inline(never)]
    fn try_statement(&mut self) -> Parse<StmtKind> {
        self.bump();
        let body = self.block()?;
        let mut catches = Vec::new();
        while self.at("catch") {
            catches.push(self.catch()?);
        }
        let finally = if self.eat("finally") { Some(self.block()?) } else { None };
        if catches.is_empty() && finally.is_none() {
            let _: Parse<()> = self.expected("CS1524", "`catch` or `finally`", "");
        }
        Ok(StmtKind::Try { body, catches, finally })
    }

    fn catch(&mut self) -> Parse<Catch> {
        let start = self.span().start;
        self.bump();
        let (ty, name) =
            if self.at("(") { self.header(Self::catch_header, |_| (None, None))? } else { (None, None) };
        let when = if self.at_word("when") {
            self.bump();
            Some(self.condition()?)
        } else {
            None
        };
        let body = self.block()?;
        Ok(Catch { ty, name, when, body, span: self.span_from(start) })
    }

    fn catch_header(&mut self) -> Parse<(Option<TypeName>, Option<Name>)> {
        let ty = self.type_name(super::lookahead::Nullable::Always)?;
        let name = if self.is_identifier_at(self.at) { Some(self.name()?) } else { None };
        Ok((Some(ty), name))
    }

    fn using_statement(&mut self) -> Parse<StmtKind> {
        let span = self.span();
        self.bump();
        if self.at("(") {
            let nothing = |span| UsingResource::Expression(placeholder(span));
            let resource = self.header(Self::using_header, nothing)?;
            return Ok(StmtKind::Using { resource, body: self.embedded()? });
        }
        if !self.is_declaration(self.at) {
            self.unsupported(
                span,
                "`using` directives are",
                "leave it out, or write names with their namespace",
            );
            return Err(super::Halt);
        }
        self.unsupported(span, "`using` declarations are", "write `using (…) { … }`");
        let declaration = self.local_declaration()?;
        self.expect_semicolon()?;
        Ok(StmtKind::Local(declaration))
    }

    fn using_header(&mut self) -> Parse<UsingResource> {
        if self.is_declaration(self.at) {
            return self.local_declaration().map(UsingResource::Local);
        }
        self.expression().map(UsingResource::Expression)
    }

    // === declarations and expressions ===

    #[inline(never)]
    pub(super) fn simple_statement(&mut self) -> Parse<StmtKind> {
        if self.begins_declaration() {
            return self.declaration_statement();
        }
        let start = self.at;
        let expression = self.expression()?;
        let has_semicolon = self.at(";");
        self.expect_semicolon()?;
        if has_semicolon && !has_effect(&expression) {
            let message = "found an expression whose value is lost, expected an assignment, a call, `++`, `--` or `new`";
            self.report_at(start, "CS0201", message, "to give the value of the whole, write `return`");
        }
        Ok(StmtKind::Expression(expression))
    }
}
