//! Types as they are written (ECMA-334, 8.1).

use super::lookahead::Nullable;
use super::{Parse, Parser, TokenKind};
use crate::syntax::ast::{Name, NamePart, TypeName, TypeNameKind};
use crate::syntax::token::is_predefined_type;

impl Parser<'_> {
    pub(super) fn type_name(&mut self, nullable: Nullable) -> Parse<TypeName> {
        let outer = self.enter()?;
        let parsed = self.type_name_within(nullable);
        self.leave(outer);
        parsed
    }

    fn type_name_within(&mut self, nullable: Nullable) -> Parse<TypeName> {
        let start = self.span().start;
        let mut ty = self.element_type()?;
        loop {
            if self.at("[") && self.scan_rank(self.at).is_some() {
                ty = self.array_type(ty)?;
            } else if self.at("?") && self.is_nullable_mark(self.at, nullable) && !is_nullable(&ty) {
                self.bump();
                self.link()?;
                ty = TypeName { kind: TypeNameKind::Nullable(Box::new(ty)), span: self.span_from(start) };
            } else if self.at("*") && matches!(ty.kind, TypeNameKind::Keyword(_)) {
                self.unsupported(self.span(), "pointers are", "");
                self.bump();
            } else {
                return Ok(ty);
            }
        }
    }

    /// The type with the `[]` that follow it: the first belongs to the outermost array.
    fn array_type(&mut self, element: TypeName) -> Parse<TypeName> {
        let start = element.span.start;
        let ranks = self.ranks()?;
        let span = self.span_from(start);
        Ok(ranks.into_iter().rev().fold(element, |element, rank| TypeName {
            kind: TypeNameKind::Array { element: Box::new(element), rank },
            span,
        }))
    }

    /// `[][,]` as far as they follow.
    pub(super) fn ranks(&mut self) -> Parse<Vec<usize>> {
        let mut ranks = Vec::new();
        while let Some(end) = self.scan_rank(self.at) {
            self.link()?;
            ranks.push(end - self.at - 1);
            self.at = end;
        }
        Ok(ranks)
    }

    /// A type without `?` and `[]`.
    pub(super) fn element_type(&mut self) -> Parse<TypeName> {
        let start = self.span().start;
        let kind = match self.kind() {
            TokenKind::Keyword(keyword) if is_predefined_type(keyword) => {
                let keyword = *keyword;
                self.bump();
                TypeNameKind::Keyword(keyword)
            }
            TokenKind::Identifier { .. } if self.at_word("dynamic") => {
                self.bump();
                TypeNameKind::Keyword("dynamic")
            }
            TokenKind::Identifier { .. } => TypeNameKind::Named(self.type_parts()?),
            TokenKind::Punctuator("(") => self.tuple_type()?,
            _ => return self.expected("CS1031", "a type", ""),
        };
        Ok(TypeName { kind, span: self.span_from(start) })
    }

    fn type_parts(&mut self) -> Parse<Vec<NamePart>> {
        self.eat_global();
        let mut parts = Vec::new();
        loop {
            let name = self.name()?;
            let arguments = if self.at("<") { self.type_arguments()? } else { Vec::new() };
            parts.push(NamePart { name, arguments });
            if self.at("::") {
                self.unsupported(self.span(), "namespace aliases are", "write the namespace itself");
                self.bump();
            } else if !self.eat(".") {
                return Ok(parts);
            }
        }
    }

    /// `global::` says where a name begins, which is so anyway.
    pub(super) fn eat_global(&mut self) {
        if self.at_word("global") && self.is_at(self.at + 1, "::") {
            self.bump();
            self.bump();
        }
    }

    /// `<A, B>`
    pub(super) fn type_arguments(&mut self) -> Parse<Vec<TypeName>> {
        self.expect("<")?;
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.type_name(Nullable::Always)?);
            if !self.eat(",") {
                self.expect(">")?;
                return Ok(arguments);
            }
        }
    }

    fn tuple_type(&mut self) -> Parse<TypeNameKind> {
        self.expect("(")?;
        let mut elements: Vec<(TypeName, Option<Name>)> = Vec::new();
        loop {
            let ty = self.type_name(Nullable::Always)?;
            let name = if self.is_identifier_at(self.at) { Some(self.name()?) } else { None };
            elements.push((ty, name));
            if !self.eat(",") {
                break;
            }
        }
        if elements.len() < 2 {
            return self.expected("CS8124", "`,`: a tuple has at least two elements", "");
        }
        self.expect_closing(")")?;
        Ok(TypeNameKind::Tuple(elements))
    }
}

fn is_nullable(ty: &TypeName) -> bool {
    matches!(ty.kind, TypeNameKind::Nullable(_))
}
