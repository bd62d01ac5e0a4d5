//! Tokens of C# (ECMA-334, 6.4).
//!
//! An interpolated string is a run of tokens, so that its holes are code like any other:
//! `$"a{b,5:N2}"` is `InterpolatedStart Text HoleStart b , 5 Format HoleEnd InterpolatedEnd`.

use crate::span::Span;
use crate::syntax::ast::Literal;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// `is_plain` is false for `@name` and names with escapes, which are never contextual keywords.
    Identifier {
        text: String,
        is_plain: bool,
    },
    Keyword(&'static str),
    Literal(Literal),
    /// `>` stands alone: the parser puts `>>` together, for `List<List<int>>` has none.
    Punctuator(&'static str),
    InterpolatedStart,
    Text(String),
    HoleStart,
    Format(String),
    HoleEnd,
    InterpolatedEnd,
    End,
}

/// Reserved words (ECMA-334, 6.4.4) without the literals `true`, `false` and `null`.
const KEYWORDS: [&str; 74] = [
    "abstract",
    "as",
    "base",
    "bool",
    "break",
    "byte",
    "case",
    "catch",
    "char",
    "checked",
    "class",
    "const",
    "continue",
    "decimal",
    "default",
    "delegate",
    "do",
    "double",
    "else",
    "enum",
    "event",
    "explicit",
    "extern",
    "finally",
    "fixed",
    "float",
    "for",
    "foreach",
    "goto",
    "if",
    "implicit",
    "in",
    "int",
    "interface",
    "internal",
    "is",
    "lock",
    "long",
    "namespace",
    "new",
    "object",
    "operator",
    "out",
    "override",
    "params",
    "private",
    "protected",
    "public",
    "readonly",
    "ref",
    "return",
    "sbyte",
    "sealed",
    "short",
    "sizeof",
    "stackalloc",
    "static",
    "string",
    "struct",
    "switch",
    "this",
    "throw",
    "try",
    "typeof",
    "uint",
    "ulong",
    "unchecked",
    "unsafe",
    "ushort",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
];

/// The keyword that a word is.
pub(super) fn keyword(word: &str) -> Option<&'static str> {
    KEYWORDS.binary_search(&word).ok().map(|at| KEYWORDS[at])
}

/// True for keywords that are types: `int`, `string`, `void`, ….
pub(super) fn is_predefined_type(keyword: &str) -> bool {
    matches!(
        keyword,
        "bool"
            | "byte"
            | "char"
            | "decimal"
            | "double"
            | "float"
            | "int"
            | "long"
            | "object"
            | "sbyte"
            | "short"
            | "string"
            | "uint"
            | "ulong"
            | "ushort"
            | "void"
    )
}

/// Operators and punctuators, longest first where one begins another.
const PUNCTUATORS: [&str; 48] = [
    "<<=", "??=", "++", "--", "->", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "==", "!=", "<=", ">=",
    "=>", "&&", "||", "??", "::", "..", "<<", "{", "}", "[", "]", "(", ")", ".", ",", ":", ";", "+", "-",
    "*", "/", "%", "&", "|", "^", "!", "~", "=", "<", ">", "?",
];

/// The longest punctuator that `text` begins with.
pub(super) fn punctuator(text: &str) -> Option<&'static str> {
    PUNCTUATORS.into_iter().find(|sign| text.starts_with(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_keywords_and_signs_are_longest() {
        assert!(KEYWORDS.is_sorted());
        for word in KEYWORDS {
            assert_eq!(keyword(word), Some(word));
        }
        for word in ["", "var", "dynamic", "null", "If"] {
            assert_eq!(keyword(word), None, "{word}");
        }
        for (text, expected) in
            [("??=a", "??="), ("??a", "??"), ("?.", "?"), (">>=", ">"), (">=", ">="), ("=>", "=>")]
        {
            assert_eq!(punctuator(text), Some(expected), "{text}");
        }
        assert_eq!(punctuator("#"), None);
    }
}
