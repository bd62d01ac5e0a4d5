//! Primary expressions and what follows them: members, calls, indices, `?.` (ECMA-334, 12.8).

use super::expression::placeholder;
use super::lookahead::Nullable;
use super::{Parse, Parser, TokenKind};
use crate::syntax::ast::{Expr, ExprKind, Name, TypeName};
use crate::syntax::token::is_predefined_type;

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parse<Expr> {
        let start = self.start_of_primary()?;
        self.postfix(start, false)
    }

    fn start_of_primary(&mut self) -> Parse<Expr> {
        match self.kind() {
            TokenKind::Literal(literal) => {
                let expr = Expr { kind: ExprKind::Literal(literal.clone()), span: self.span() };
                self.bump();
                Ok(expr)
            }
            TokenKind::InterpolatedStart => self.interpolated(),
            TokenKind::Identifier { .. } => self.word(),
            TokenKind::Keyword(keyword) => self.keyword_expression(keyword),
            TokenKind::Punctuator("(") => self.parenthesised(),
            TokenKind::Punctuator("[") => {
                let span = self.span();
                self.unsupported(span, "collection expressions are", "write `new[] { … }`");
                self.skip_brackets();
                Ok(placeholder(span))
            }
            _ => self.invalid_term(),
        }
    }

    // === words ===

    #[inline(never)]
    fn word(&mut self) -> Parse<Expr> {
        let start = self.span().start;
        if self.at_word("nameof") && self.is_at(self.at + 1, "(") {
            self.bump();
            let operand = self.in_parentheses(Self::expression)?;
            return Ok(Expr { kind: ExprKind::NameOf(Box::new(operand)), span: self.span_from(start) });
        }
        if self.at_word("async") && (self.is_lambda(self.at + 1) || self.is_at(self.at + 1, "delegate")) {
            self.unsupported(self.span(), "`async` is", "leave it out");
            self.bump();
            return if self.at("delegate") { self.anonymous_method() } else { self.lambda() };
        }
        if self.at_query() {
            self.unsupported(self.span(), "query expressions are", "call `Where`, `Select` and the like");
            return Err(super::Halt);
        }
        self.eat_global();
        let (name, arguments) = self.name_and_arguments()?;
        if self.at("::") {
            self.unsupported(self.span(), "namespace aliases are", "write the namespace itself");
            return Err(super::Halt);
        }
        Ok(Expr { kind: ExprKind::Name { name, arguments }, span: self.span_from(start) })
    }

    fn name_and_arguments(&mut self) -> Parse<(Name, Vec<TypeName>)> {
        let name = self.name()?;
        let arguments = if self.is_type_arguments(self.at) { self.type_arguments()? } else { Vec::new() };
        Ok((name, arguments))
    }

    /// `from x in`, `from T x in`
    fn at_query(&self) -> bool {
        if !self.at_word("from") {
            return false;
        }
        let is_bare = self.is_identifier_at(self.at + 1) && self.is_at(self.at + 2, "in");
        let typed = self.scan_type(self.at + 1, Nullable::Always);
        is_bare || typed.is_some_and(|ty| self.is_identifier_at(ty.end) && self.is_at(ty.end + 1, "in"))
    }

    #[inline(never)]
    fn keyword_expression(&mut self, keyword: &'static str) -> Parse<Expr> {
        let span = self.span();
        let start = span.start;
        let kind = match keyword {
            "new" => self.creation()?,
            "delegate" => return self.anonymous_method(),
            "typeof" => {
                self.bump();
                ExprKind::TypeOf(self.in_parentheses(|parser| parser.type_name(Nullable::Always))?)
            }
            "default" => {
                self.bump();
                let is_typed = self.at("(");
                ExprKind::Default(if is_typed {
                    Some(self.in_parentheses(|parser| parser.type_name(Nullable::Always))?)
                } else {
                    None
                })
            }
            "checked" | "unchecked" => {
                self.bump();
                let operand = Box::new(self.in_parentheses(Self::expression)?);
                ExprKind::Checked { is_checked: keyword == "checked", operand }
            }
            _ if is_predefined_type(keyword) && self.is_at(self.at + 1, ".") => {
                self.bump();
                ExprKind::Keyword(keyword)
            }
            _ => return self.refused_keyword(keyword),
        };
        Ok(Expr { kind, span: self.span_from(start) })
    }

    fn refused_keyword(&mut self, keyword: &str) -> Parse<Expr> {
        let span = self.span();
        match keyword {
            "stackalloc" => {
                self.unsupported(span, "`stackalloc` is", "write `new`");
                self.bump();
                self.element_type()?;
            }
            "sizeof" => {
                self.unsupported(span, "`sizeof` is", "");
                self.bump();
                self.skip_brackets();
            }
            "ref" => {
                self.unsupported(span, "`ref` is", "leave it out");
                self.bump();
                return self.start_of_primary();
            }
            "this" | "base" => {
                let message = format!("`{keyword}` is not available: an expression belongs to no object");
                self.report_here("CS0027", message, "members of the request are those of `context`");
                self.bump();
            }
            _ => return self.invalid_term(),
        }
        Ok(placeholder(span))
    }

    // === parentheses ===

    pub(super) fn in_parentheses<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        self.expect("(")?;
        let parsed = parse(self)?;
        self.expect_closing(")")?;
        Ok(parsed)
    }

    /// `(a)`, `(a, b: c)`
    #[inline(never)]
    fn parenthesised(&mut self) -> Parse<Expr> {
        let start = self.span().start;
        if self.is_at(self.closers[self.at] + 1, "=") && self.is_declaration(self.at + 1) {
            self.unsupported(
                self.span(),
                "deconstructing declarations are",
                "declare each variable by itself",
            );
            return Err(super::Halt);
        }
        self.bump();
        let mut elements: Vec<(Option<Name>, Expr)> = Vec::new();
        loop {
            let name = self.name_with_colon()?;
            elements.push((name, self.expression()?));
            if !self.eat(",") {
                break;
            }
        }
        self.expect_end_of_list(")")?;
        let is_tuple = elements.len() > 1;
        let kind = match elements.pop() {
            Some((None, expr)) if !is_tuple => ExprKind::Parenthesised(Box::new(expr)),
            Some((Some(name), _)) if !is_tuple => {
                let message = "a tuple has at least two elements";
                let hint = format!("leave out `{}:`", name.text);
                return self.fail("CS8124", message, &hint);
            }
            last => {
                elements.extend(last);
                ExprKind::Tuple(elements)
            }
        };
        Ok(Expr { kind, span: self.span_from(start) })
    }

    /// `name:` in front of an argument or an element.
    pub(super) fn name_with_colon(&mut self) -> Parse<Option<Name>> {
        if !self.is_identifier_at(self.at) || !self.is_at(self.at + 1, ":") {
            return Ok(None);
        }
        let name = self.name()?;
        self.bump();
        Ok(Some(name))
    }

    // === what follows ===

    /// Members, calls and indices behind `left`, as far as they go. Within a chain `++` and `--` are
    /// left to what is around it.
    fn postfix(&mut self, mut left: Expr, is_chain: bool) -> Parse<Expr> {
        loop {
            let TokenKind::Punctuator(sign) = self.kind() else {
                return Ok(left);
            };
            left = match *sign {
                "." => self.member(left)?,
                "(" => {
                    let arguments = self.arguments("(", ")")?;
                    self.followed(left, |target| ExprKind::Call { target, arguments })
                }
                "[" => {
                    let arguments = self.arguments("[", "]")?;
                    self.followed(left, |target| ExprKind::Index { target, arguments })
                }
                "?" if self.is_at(self.at + 1, ".") || self.is_at(self.at + 1, "[") => {
                    self.conditional_access(left)?
                }
                "++" | "--" if !is_chain => {
                    let is_increment = *sign == "++";
                    self.bump();
                    self.followed(left, |target| ExprKind::Step { is_increment, is_prefix: false, target })
                }
                "!" => {
                    self.unsupported(self.span(), "the null-forgiving operator `!` is", "leave it out");
                    self.bump();
                    left
                }
                "->" => {
                    self.unsupported(self.span(), "pointers are", "write `.`");
                    return Err(super::Halt);
                }
                _ => return Ok(left),
            };
            self.link()?;
        }
    }

    fn followed(&self, target: Expr, kind: impl FnOnce(Box<Expr>) -> ExprKind) -> Expr {
        let span = self.span_from(target.span.start);
        Expr { kind: kind(Box::new(target)), span }
    }

    fn member(&mut self, target: Expr) -> Parse<Expr> {
        self.bump();
        let (name, arguments) = self.name_and_arguments()?;
        Ok(self.followed(target, |target| ExprKind::Member { target, name, arguments }))
    }

    /// `?.b` or `?[b]` and all that follows.
    #[inline(never)]
    fn conditional_access(&mut self, target: Expr) -> Parse<Expr> {
        let receiver = Expr { kind: ExprKind::Receiver, span: self.span() };
        self.bump();
        let outer = self.enter()?;
        let chain = self.postfix(receiver, true);
        self.leave(outer);
        let chain = Box::new(chain?);
        Ok(self.followed(target, |target| ExprKind::Conditional { target, chain }))
    }
}
