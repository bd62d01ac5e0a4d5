//! Declarations of variables and functions, and statements that are refused (ECMA-334, 13.6).

use super::{Halt, Parse, Parser, TokenKind};
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{
    Expr, ExprKind, FunctionBody, LocalDeclaration, LocalFunction, Name, StmtKind, TypeName,
};
use crate::syntax::token::is_predefined_type;

impl Parser<'_> {
    /// Whether a declaration begins here, perhaps a broken one: `int = 5` is meant as one.
    pub(super) fn begins_declaration(&self) -> bool {
        let is_type_keyword = matches!(self.kind(), TokenKind::Keyword(keyword) if is_predefined_type(keyword))
            && !self.is_at(self.at + 1, ".");
        self.at("const") || is_type_keyword || self.is_declaration(self.at)
    }

    pub(super) fn declaration_statement(&mut self) -> Parse<StmtKind> {
        if self.eat("const") {
            let declaration = LocalDeclaration { is_const: true, ..self.local_declaration()? };
            self.expect_semicolon()?;
            return Ok(StmtKind::Local(declaration));
        }
        let ty = self.type_or_var()?;
        let name = self.name()?;
        if self.at("<") {
            self.unsupported(
                self.span(),
                "type parameters of local functions are",
                "write one function for each type",
            );
            return Err(Halt);
        }
        if self.at("(") {
            return self.local_function(ty, name);
        }
        let declaration = self.variables(ty, name)?;
        self.expect_semicolon()?;
        Ok(StmtKind::Local(declaration))
    }

    /// `var a = 1, b` without its `;`.
    pub(super) fn local_declaration(&mut self) -> Parse<LocalDeclaration> {
        let ty = self.type_or_var()?;
        let name = self.name()?;
        self.variables(ty, name)
    }

    /// The rest of a declaration behind the name of its first variable.
    fn variables(&mut self, ty: Option<TypeName>, first: Name) -> Parse<LocalDeclaration> {
        let mut variables = Vec::new();
        let mut name = first;
        loop {
            variables.push((name, self.variable_value()?));
            if !self.eat(",") {
                return Ok(LocalDeclaration { is_const: false, ty, variables });
            }
            name = self.name()?;
        }
    }

    fn variable_value(&mut self) -> Parse<Option<Expr>> {
        if self.at("[") {
            return self.fail(
                "CS0650",
                "found `[` behind the name of a variable",
                "`[]` stands behind the type: `T[] a`",
            );
        }
        if !self.eat("=") {
            return Ok(None);
        }
        if !self.at("{") {
            return self.expression().map(Some);
        }
        let start = self.span().start;
        let items = self.array_items()?;
        Ok(Some(Expr { kind: ExprKind::ArrayInitialiser(items), span: self.span_from(start) }))
    }

    /// `(…) { … }` or `(…) => e;` behind the name.
    fn local_function(&mut self, returns: Option<TypeName>, name: Name) -> Parse<StmtKind> {
        let Some(returns) = returns else {
            let message = "the type of a function cannot be `var`";
            self.report(
                Diagnostic::error("CS0825", name.span, message).hint("write the type that it returns"),
            );
            return Err(Halt);
        };
        let parameters = self.parameters()?;
        let body = if self.at("{") {
            FunctionBody::Block(self.block()?)
        } else {
            if !self.eat("=>") {
                return self.expected("CS1002", "`{` or `=>` and the body of the function", "");
            }
            let body = self.function_body()?;
            self.expect_semicolon()?;
            body
        };
        Ok(StmtKind::LocalFunction(LocalFunction { returns, name, parameters, body }))
    }

    // === statements that begin with a name ===

    #[inline(never)]
    pub(super) fn word_statement(&mut self) -> Parse<StmtKind> {
        let span = self.span();
        let next = self.at + 1;
        if self.is_at(next, ":") {
            self.unsupported(
                span,
                "labels are",
                "leave loops with `break`, or move them into a local function",
            );
            self.bump();
            self.bump();
            return if self.at("}") {
                Ok(StmtKind::Empty)
            } else {
                self.statement().map(|statement| statement.kind)
            };
        }
        if self.at_word("yield") && (self.is_at(next, "return") || self.is_at(next, "break")) {
            self.unsupported(span, "`yield` is", "add the items to a `List<T>` and return it");
            self.bump();
            return self.statement().map(|statement| statement.kind);
        }
        if self.at_word("await") && (self.is_at(next, "foreach") || self.is_at(next, "using")) {
            self.unsupported(span, "`await` is", "leave it out");
            self.bump();
            return self.statement().map(|statement| statement.kind);
        }
        if self.at_word("await") && self.can_begin_expression(next) && !self.is_at(next + 1, "=") {
            return self.effect_statement();
        }
        if self.at_word("async") && !self.is_at(next, "=") && self.is_declaration(next) {
            self.unsupported(span, "`async` is", "leave it out");
            self.bump();
            return self.declaration_statement();
        }
        if self.at_word("var") && self.is_at(next, "(") && self.is_at(self.closers[next] + 1, "=") {
            self.unsupported(span, "deconstructing declarations are", "declare each variable by itself");
            return Err(Halt);
        }
        if self.at_word("record")
            && self.is_identifier_at(next)
            && (self.is_at(next + 1, "(") || self.is_at(next + 1, "{"))
        {
            return self.refused_type();
        }
        self.simple_statement()
    }

    /// An expression that is a statement whatever it begins with.
    fn effect_statement(&mut self) -> Parse<StmtKind> {
        let expression = self.expression()?;
        self.expect_semicolon()?;
        Ok(StmtKind::Expression(expression))
    }

    // === refused ===

    /// A statement that begins with a keyword which begins none that is supported, or an expression.
    pub(super) fn refused_statement(&mut self, keyword: &'static str) -> Parse<StmtKind> {
        let span = self.span();
        match keyword {
            "lock" => {
                self.unsupported(span, "`lock` is", "leave it out: an expression runs in one thread");
                self.bump();
                self.in_parentheses(Self::expression)?;
                self.embedded().map(|body| body.kind)
            }
            "unsafe" => {
                self.unsupported(span, "`unsafe` is", "");
                self.bump();
                self.block().map(StmtKind::Block)
            }
            "goto" => {
                self.unsupported(
                    span,
                    "`goto` is",
                    "leave loops with `break`, or move them into a local function",
                );
                Err(Halt)
            }
            "fixed" => {
                self.unsupported(span, "`fixed` is", "");
                Err(Halt)
            }
            "ref" => {
                self.unsupported(span, "`ref` variables are", "leave `ref` out");
                Err(Halt)
            }
            "class" | "struct" | "enum" | "interface" | "namespace" => self.refused_type(),
            "static" | "public" | "private" | "internal" | "protected" | "readonly" | "extern"
            | "abstract" | "sealed" | "virtual" | "override" | "volatile" => self.refused_modifier(keyword),
            "else" => {
                self.report_here("CS8641", "found `else` without an `if` in front of it", "");
                self.bump();
                self.embedded().map(|body| body.kind)
            }
            "catch" | "finally" => {
                let message = format!("found `{keyword}` without a `try` in front of it");
                self.fail("CS1003", message, "")
            }
            "case" => self.fail("CS1003", "found `case` outside of a `switch`", ""),
            _ => self.simple_statement(),
        }
    }

    fn refused_modifier(&mut self, keyword: &str) -> Parse<StmtKind> {
        let message = format!("the modifier `{keyword}` is not valid in an expression");
        self.report_here("CS0106", message, "leave it out");
        self.bump();
        self.statement().map(|statement| statement.kind)
    }

    /// `class C { … }` and its like, read over.
    fn refused_type(&mut self) -> Parse<StmtKind> {
        let hint = "use anonymous objects, tuples, `JObject` or local functions";
        self.unsupported(self.span(), "declarations of types are", hint);
        while !self.at("{") && !self.at(";") && !self.at("}") && *self.kind() != TokenKind::End {
            self.skip_brackets();
        }
        if self.at("{") || self.at(";") {
            self.skip_brackets();
        }
        Ok(StmtKind::Empty)
    }

    /// Reports a defect of what began at token `at` and was read.
    pub(super) fn report_at(&mut self, at: usize, code: &'static str, message: &str, hint: &str) {
        let span = self.span_from(self.token_at(at).span.start);
        self.report(Diagnostic::error(code, span, message).hint(hint));
    }
}

/// Whether an expression may be a statement (ECMA-334, 13.7).
pub(super) fn has_effect(expression: &Expr) -> bool {
    match &expression.kind {
        ExprKind::Call { .. } | ExprKind::Assign { .. } | ExprKind::Step { .. } | ExprKind::New { .. } => {
            true
        }
        ExprKind::Conditional { chain, .. } => has_effect(chain),
        _ => false,
    }
}
