//! What C#'s grammar leaves open, decided by looking at tokens alone (ECMA-334, 6.2.5 and 12.9.7).
//!
//! Nothing here builds, reports or goes back: a scan reads a type at most [`SCAN_DEPTH_MAX`] deep and
//! says where it ends.

use super::{Parser, TokenKind};
use crate::syntax::token::{Token, is_predefined_type};

/// Types nested deeper are not recognised as types.
const SCAN_DEPTH_MAX: usize = 32;

/// When a `?` behind a type belongs to the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nullable {
    Always,
    /// Behind `is` and `as`: unless an expression follows, so that it is a `?:`.
    UnlessConditional,
}

/// A run of tokens that reads as a type.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScannedType {
    /// The token behind it.
    pub(super) end: usize,
    /// It cannot be read as an expression.
    pub(super) is_only_type: bool,
    pub(super) is_nullable: bool,
}

/// For each token the one that closes the bracket it opens, else itself. Brackets that do not match
/// are left out, the nearest ones that do are kept.
pub(super) fn closers(tokens: &[Token]) -> Vec<usize> {
    let mut closers: Vec<usize> = (0..tokens.len()).collect();
    let mut open: Vec<(usize, &str)> = Vec::new();
    let mut open_of = [0_usize; 5];
    let index = |sign: &str| [")", "]", "}", "hole", "string"].iter().position(|known| *known == sign);
    for (at, token) in tokens.iter().enumerate() {
        let opens = match &token.kind {
            TokenKind::Punctuator("(") => Some(")"),
            TokenKind::Punctuator("[") => Some("]"),
            TokenKind::Punctuator("{") => Some("}"),
            TokenKind::HoleStart => Some("hole"),
            TokenKind::InterpolatedStart => Some("string"),
            _ => None,
        };
        if let Some(sign) = opens {
            open.push((at, sign));
            if let Some(index) = index(sign) {
                open_of[index] += 1;
            }
            continue;
        }
        let closes = match &token.kind {
            TokenKind::Punctuator(sign @ (")" | "]" | "}")) => *sign,
            TokenKind::HoleEnd => "hole",
            TokenKind::InterpolatedEnd => "string",
            _ => continue,
        };
        // The count spares a search through all that is open for each bracket that nothing opens.
        while index(closes).is_some_and(|index| open_of[index] > 0) {
            let Some((opener, sign)) = open.pop() else {
                break;
            };
            if let Some(index) = index(sign) {
                open_of[index] -= 1;
            }
            if sign == closes {
                closers[opener] = at;
                break;
            }
        }
    }
    closers
}

impl Parser<'_> {
    // === types ===

    pub(super) fn scan_type(&self, at: usize, nullable: Nullable) -> Option<ScannedType> {
        self.scan_type_within(at, nullable, 0)
    }

    fn scan_type_within(&self, at: usize, nullable: Nullable, depth: usize) -> Option<ScannedType> {
        let mut ty = self.scan_element_type(at, depth)?;
        loop {
            if self.is_at(ty.end, "?") && self.is_nullable_mark(ty.end, nullable) && !ty.is_nullable {
                ty = ScannedType { end: ty.end + 1, is_only_type: true, is_nullable: true };
            } else if let Some(end) = self.scan_rank(ty.end) {
                ty = ScannedType { end, is_only_type: true, is_nullable: false };
            } else {
                return Some(ty);
            }
        }
    }

    pub(super) fn is_nullable_mark(&self, at: usize, nullable: Nullable) -> bool {
        nullable == Nullable::Always || !self.can_begin_expression(at + 1)
    }

    /// `[]`, `[,]`
    pub(super) fn scan_rank(&self, at: usize) -> Option<usize> {
        if !self.is_at(at, "[") {
            return None;
        }
        let mut end = at + 1;
        while self.is_at(end, ",") {
            end += 1;
        }
        self.is_at(end, "]").then_some(end + 1)
    }

    fn scan_element_type(&self, at: usize, depth: usize) -> Option<ScannedType> {
        if depth >= SCAN_DEPTH_MAX {
            return None;
        }
        match self.kind_at(at) {
            TokenKind::Keyword(keyword) if is_predefined_type(keyword) => {
                Some(ScannedType { end: at + 1, is_only_type: true, is_nullable: false })
            }
            TokenKind::Identifier { .. } => self.scan_type_name(at, depth),
            TokenKind::Punctuator("(") => self.scan_tuple_type(at, depth),
            _ => None,
        }
    }

    fn scan_type_name(&self, at: usize, depth: usize) -> Option<ScannedType> {
        let mut ty = ScannedType { end: at, is_only_type: false, is_nullable: false };
        loop {
            if !self.is_identifier_at(ty.end) {
                return None;
            }
            ty.end += 1;
            if self.is_at(ty.end, "<") {
                let (end, is_only_type) = self.scan_type_arguments_within(ty.end, depth)?;
                ty = ScannedType { end, is_only_type: ty.is_only_type || is_only_type, ..ty };
            }
            if !self.is_at(ty.end, ".") && !self.is_at(ty.end, "::") {
                return Some(ty);
            }
            ty.end += 1;
        }
    }

    /// `<A, B>` at `at`: the token behind it.
    fn scan_type_arguments(&self, at: usize) -> Option<usize> {
        self.scan_type_arguments_within(at, 0).map(|(end, _)| end)
    }

    fn scan_type_arguments_within(&self, at: usize, depth: usize) -> Option<(usize, bool)> {
        let mut is_only_type = false;
        let mut end = at;
        loop {
            let argument = self.scan_type_within(end + 1, Nullable::Always, depth + 1)?;
            is_only_type |= argument.is_only_type;
            end = argument.end;
            if self.is_at(end, ">") {
                return Some((end + 1, is_only_type));
            }
            if !self.is_at(end, ",") {
                return None;
            }
        }
    }

    fn scan_tuple_type(&self, at: usize, depth: usize) -> Option<ScannedType> {
        let mut is_only_type = false;
        let mut elements = 0;
        let mut end = at;
        loop {
            let element = self.scan_type_within(end + 1, Nullable::Always, depth + 1)?;
            elements += 1;
            is_only_type |= element.is_only_type;
            end = element.end;
            if self.is_identifier_at(end) {
                is_only_type = true;
                end += 1;
            }
            if self.is_at(end, ")") && elements > 1 {
                return Some(ScannedType { end: end + 1, is_only_type, is_nullable: false });
            }
            if !self.is_at(end, ",") {
                return None;
            }
        }
    }

    // === expressions ===

    /// Whether `<` at `at` begins type arguments of a name in an expression: what follows the closing
    /// `>` decides (ECMA-334, 6.2.5).
    pub(super) fn is_type_arguments(&self, at: usize) -> bool {
        let Some(end) = self.is_at(at, "<").then(|| self.scan_type_arguments(at)).flatten() else {
            return false;
        };
        match self.kind_at(end) {
            TokenKind::Punctuator(sign) => matches!(
                *sign,
                "(" | ")"
                    | "]"
                    | "}"
                    | ":"
                    | ";"
                    | ","
                    | "."
                    | "?"
                    | "=="
                    | "!="
                    | "|"
                    | "^"
                    | "&&"
                    | "||"
                    | "&"
                    | "["
                    | "<"
                    | "<="
                    | ">="
            ),
            TokenKind::Keyword(keyword) => matches!(*keyword, "is" | "as"),
            TokenKind::HoleEnd | TokenKind::Format(_) | TokenKind::End => true,
            _ => false,
        }
    }

    /// Whether `(` at `at` begins a cast (ECMA-334, 12.9.7).
    pub(super) fn is_cast(&self, at: usize) -> bool {
        let Some(ty) = self.scan_type(at + 1, Nullable::Always).filter(|ty| self.is_at(ty.end, ")")) else {
            return false;
        };
        if ty.is_only_type {
            return true;
        }
        match self.kind_at(ty.end + 1) {
            TokenKind::Punctuator(sign) => matches!(*sign, "~" | "!" | "("),
            TokenKind::Keyword(keyword) => !matches!(*keyword, "is" | "as" | "switch" | "in"),
            TokenKind::Identifier { .. } => !self.is_pattern_combinator(ty.end + 1),
            TokenKind::Literal(_) | TokenKind::InterpolatedStart => true,
            _ => false,
        }
    }

    /// `and` or `or` between patterns, or `when` behind one.
    pub(super) fn is_pattern_combinator(&self, at: usize) -> bool {
        (self.is_word_at(at, "and") || self.is_word_at(at, "or") || self.is_word_at(at, "when"))
            && (self.can_begin_expression(at + 1) || self.is_relation(at + 1))
    }

    pub(super) fn is_relation(&self, at: usize) -> bool {
        ["<", ">", "<=", ">="].into_iter().any(|sign| self.is_at(at, sign))
    }

    /// Whether a lambda's parameters begin at `at`: `x =>` or `(…) =>`.
    pub(super) fn is_lambda(&self, at: usize) -> bool {
        match self.kind_at(at) {
            TokenKind::Identifier { .. } => self.is_at(at + 1, "=>"),
            TokenKind::Punctuator("(") => {
                self.closers[at.min(self.closers.len() - 1)] != at && self.is_at(self.closers[at] + 1, "=>")
            }
            _ => false,
        }
    }

    /// Whether a declaration of a variable or function begins at `at`: a type and a name.
    pub(super) fn is_declaration(&self, at: usize) -> bool {
        let Some(ty) = self.scan_type(at, Nullable::Always) else {
            return false;
        };
        let follows = |signs: &[&str]| signs.iter().any(|sign| self.is_at(ty.end + 1, sign));
        // `a ? b : c` reads like the nullable type of a variable `b`.
        self.is_identifier_at(ty.end) && (!ty.is_nullable || follows(&["=", ";", ",", ")", "(", "in"]))
    }

    pub(super) fn can_begin_expression(&self, at: usize) -> bool {
        match self.kind_at(at) {
            TokenKind::Identifier { .. } | TokenKind::Literal(_) | TokenKind::InterpolatedStart => true,
            TokenKind::Punctuator(sign) => matches!(*sign, "(" | "+" | "-" | "!" | "~" | "++" | "--"),
            TokenKind::Keyword(keyword) => {
                is_predefined_type(keyword)
                    || matches!(
                        *keyword,
                        "new"
                            | "typeof"
                            | "default"
                            | "checked"
                            | "unchecked"
                            | "this"
                            | "base"
                            | "throw"
                            | "delegate"
                            | "sizeof"
                            | "stackalloc"
                    )
            }
            _ => false,
        }
    }
}
