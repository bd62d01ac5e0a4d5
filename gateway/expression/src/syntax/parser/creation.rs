//! `new` in all its forms, and initialisers (ECMA-334, 12.8.16).

use super::expression::placeholder;
use super::{Parse, Parser};
use crate::syntax::ast::{
    Expr, ExprKind, Initialiser, InitialiserTarget, InitialiserValue, MemberInitialiser, Name, TypeName,
    TypeNameKind,
};

impl Parser<'_> {
    /// At `new`.
    pub(super) fn creation(&mut self) -> Parse<ExprKind> {
        let start = self.span().start;
        self.bump();
        if self.at("{") {
            return self.anonymous_object();
        }
        if self.at("[") {
            return self.array_of(None);
        }
        if self.at("(") {
            let hint = "name the type: `new T(…)`";
            self.unsupported(self.span_from(start), "`new()` without a type is", hint);
            self.arguments("(", ")")?;
            if self.at("{") {
                self.initialiser()?;
            }
            return Ok(placeholder(self.span_from(start)).kind);
        }
        let mut ty = self.element_type()?;
        if self.at("?") && ["(", "[", "{"].into_iter().any(|sign| self.is_at(self.at + 1, sign)) {
            let ty_start = ty.span.start;
            self.bump();
            ty = TypeName { kind: TypeNameKind::Nullable(Box::new(ty)), span: self.span_from(ty_start) };
        }
        if self.at("[") {
            return self.array_of(Some(ty));
        }
        self.object_of(ty)
    }

    /// `(…) { … }` behind the type: one of both may be left out.
    fn object_of(&mut self, ty: TypeName) -> Parse<ExprKind> {
        let has_arguments = self.at("(");
        if !has_arguments && !self.at("{") {
            return self.expected("CS1526", "`(`, `[` or `{` behind the type of `new`", "call it: `new T()`");
        }
        let arguments = if has_arguments { self.arguments("(", ")")? } else { Vec::new() };
        let initialiser = if self.at("{") { Some(self.initialiser()?) } else { None };
        Ok(ExprKind::New { ty, arguments, initialiser })
    }

    // === arrays ===

    /// `[n] { … }`, `[] { … }`, `[n][]` behind the element type, which is left out where it is inferred.
    #[inline(never)]
    fn array_of(&mut self, element: Option<TypeName>) -> Parse<ExprKind> {
        let is_sized = self.scan_rank(self.at).is_none();
        let mut sizes = Vec::new();
        if is_sized {
            self.bump();
            loop {
                sizes.push(self.expression()?);
                if !self.eat(",") {
                    break;
                }
            }
            self.expect_end_of_list("]")?;
        }
        let span = self.span();
        let mut ranks = self.ranks()?;
        let first = if is_sized { sizes.len() } else { ranks.remove(0) };
        if first > 1 && !is_sized {
            // The tree has no place for the rank of an array whose sizes follow from its items.
            self.unsupported(
                span,
                "arrays of more than one dimension are",
                "write an array of arrays: `T[][]`",
            );
        }
        let element = element.map(|element| fold_ranks(element, ranks));
        let items = if self.at("{") { Some(self.array_items()?) } else { None };
        if items.is_none() && !is_sized {
            let message = format!("found {}, expected `{{`: an array has a size or items", self.found());
            return self.fail("CS1586", message, "write `new T[n]` or `new T[] { … }`");
        }
        Ok(ExprKind::NewArray { element, sizes, items })
    }

    /// `{ a, b, }` of an array; items may be such lists themselves.
    pub(super) fn array_items(&mut self) -> Parse<Vec<Expr>> {
        self.braced(|parser| {
            if !parser.at("{") {
                return parser.expression();
            }
            let start = parser.span().start;
            let outer = parser.enter()?;
            let items = parser.array_items();
            parser.leave(outer);
            Ok(Expr { kind: ExprKind::ArrayInitialiser(items?), span: parser.span_from(start) })
        })
    }

    // === objects ===

    /// `{ A = 1, b.C }`
    #[inline(never)]
    fn anonymous_object(&mut self) -> Parse<ExprKind> {
        self.braced(|parser| {
            if parser.is_identifier_at(parser.at) && parser.is_at(parser.at + 1, "=") {
                let name = parser.name()?;
                parser.bump();
                return Ok((name, parser.expression()?));
            }
            let value = parser.expression()?;
            match name_of(&value) {
                Some(name) => Ok((name, value)),
                None => parser.fail(
                    "CS0746",
                    "a member of an anonymous object has no name",
                    "give it one: `Name = value`",
                ),
            }
        })
        .map(ExprKind::NewAnonymous)
    }

    /// `{ A = 1, ["k"] = 2 }` or `{ 1, { "k", "v" } }`. An empty one has no members.
    fn initialiser(&mut self) -> Parse<Initialiser> {
        let outer = self.enter()?;
        let first = self.at + 1;
        let is_members = self.is_at(first, "}") || self.is_member_at(first);
        let parsed = if is_members {
            self.braced(Self::member_initialiser).map(Initialiser::Members)
        } else {
            self.braced(Self::element).map(Initialiser::Elements)
        };
        self.leave(outer);
        parsed
    }

    fn is_member_at(&self, at: usize) -> bool {
        self.is_at(at, "[") || (self.is_identifier_at(at) && self.is_at(at + 1, "="))
    }

    fn member_initialiser(&mut self) -> Parse<MemberInitialiser> {
        let start = self.span().start;
        if !self.is_member_at(self.at) {
            return self.expected("CS0747", "`Name = value` or `[key] = value`, as the members before", "");
        }
        let target = if self.at("[") {
            InitialiserTarget::Index(self.arguments("[", "]")?)
        } else {
            InitialiserTarget::Member(self.name()?)
        };
        self.expect("=")?;
        let value = if self.at("{") {
            InitialiserValue::Nested(self.initialiser()?)
        } else {
            InitialiserValue::Expr(self.expression()?)
        };
        Ok(MemberInitialiser { target, value, span: self.span_from(start) })
    }

    /// `a` or `{ a, b }`
    fn element(&mut self) -> Parse<Vec<Expr>> {
        if self.is_member_at(self.at) {
            return self.fail(
                "CS0747",
                "found a member among elements of a collection",
                "an initialiser has either members (`A = 1`) or elements (`1, 2`)",
            );
        }
        if self.at("{") {
            self.braced(Self::expression)
        } else {
            self.expression().map(|element| vec![element])
        }
    }

    /// `{ x, y }`; a comma may stand behind the last.
    fn braced<T>(&mut self, mut parse: impl FnMut(&mut Self) -> Parse<T>) -> Parse<Vec<T>> {
        self.expect("{")?;
        let mut items = Vec::new();
        loop {
            if self.eat("}") {
                return Ok(items);
            }
            items.push(parse(self)?);
            if !self.eat(",") {
                self.expect_end_of_list("}")?;
                return Ok(items);
            }
        }
    }
}

fn fold_ranks(element: TypeName, ranks: Vec<usize>) -> TypeName {
    let span = element.span;
    ranks.into_iter().rev().fold(element, |element, rank| TypeName {
        kind: TypeNameKind::Array { element: Box::new(element), rank },
        span,
    })
}

/// The name that a member of an anonymous object has from its value.
fn name_of(value: &Expr) -> Option<Name> {
    match &value.kind {
        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => Some(name.clone()),
        ExprKind::Conditional { chain, .. } => name_of(chain),
        _ => None,
    }
}
