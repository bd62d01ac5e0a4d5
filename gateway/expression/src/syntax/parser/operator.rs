//! Operators between operands, and how tightly they bind (ECMA-334, 12.4.2).

use super::{Parser, TokenKind};
use crate::syntax::ast::BinaryOp;

/// How tightly an operator binds; operators that bind tighter are parts of those that bind less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Power {
    Assignment,
    Conditional,
    Coalesce,
    OrElse,
    AndAlso,
    Or,
    Xor,
    And,
    Equality,
    Relational,
    Shift,
    Additive,
    Multiplicative,
    Unary,
}

impl Power {
    /// What binds tighter: the right operand of an operator that groups to the left.
    pub(super) fn tighter(self) -> Self {
        match self {
            Self::Assignment => Self::Conditional,
            Self::Conditional => Self::Coalesce,
            Self::Coalesce => Self::OrElse,
            Self::OrElse => Self::AndAlso,
            Self::AndAlso => Self::Or,
            Self::Or => Self::Xor,
            Self::Xor => Self::And,
            Self::And => Self::Equality,
            Self::Equality => Self::Relational,
            Self::Relational => Self::Shift,
            Self::Shift => Self::Additive,
            Self::Additive => Self::Multiplicative,
            Self::Multiplicative | Self::Unary => Self::Unary,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Binary(BinaryOp),
    Coalesce,
    Assign(Option<BinaryOp>),
    Conditional,
    Is,
    As,
    /// Newer C# than policies have: the name of the construct and what would do.
    Unsupported(&'static str, &'static str),
    /// `x switch { … }`, `x with { … }`
    UnsupportedBraces(&'static str, &'static str),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Infix {
    pub(super) operation: Operation,
    pub(super) power: Power,
    /// How many tokens it is written with.
    pub(super) tokens: usize,
}

impl Parser<'_> {
    /// The operator that stands here, behind an operand.
    pub(super) fn infix(&self) -> Option<Infix> {
        let (operation, power, tokens) = match self.kind() {
            TokenKind::Punctuator(">") => self.greater(),
            TokenKind::Punctuator(sign) => {
                let (operation, power) = punctuator(sign)?;
                (operation, power, 1)
            }
            TokenKind::Keyword("is") => (Operation::Is, Power::Relational, 1),
            TokenKind::Keyword("as") => (Operation::As, Power::Relational, 1),
            TokenKind::Keyword("switch") if self.is_at(self.at + 1, "{") => (
                Operation::UnsupportedBraces("switch expressions are", "write a `switch` statement or `?:`"),
                Power::Unary,
                1,
            ),
            TokenKind::Identifier { .. } if self.at_word("with") && self.is_at(self.at + 1, "{") => {
                (Operation::UnsupportedBraces("`with` expressions are", ""), Power::Unary, 1)
            }
            _ => return None,
        };
        Some(Infix { operation, power, tokens })
    }

    /// `>`, and what begins with it: the lexer leaves them apart.
    fn greater(&self) -> (Operation, Power, usize) {
        let follows = |ahead: usize, sign: &str| {
            self.is_adjacent(self.at + ahead - 1) && self.is_at(self.at + ahead, sign)
        };
        if follows(1, ">=") {
            return (Operation::Assign(Some(BinaryOp::ShiftRight)), Power::Assignment, 2);
        }
        if !follows(1, ">") {
            return (Operation::Binary(BinaryOp::Greater), Power::Relational, 1);
        }
        let unsigned = Operation::Unsupported("the operator `>>>` is", "shift a `uint` or `ulong` with `>>`");
        if follows(2, ">") {
            return (unsigned, Power::Shift, 3);
        }
        if follows(2, ">=") {
            return (unsigned, Power::Assignment, 3);
        }
        (Operation::Binary(BinaryOp::ShiftRight), Power::Shift, 2)
    }
}

fn punctuator(sign: &str) -> Option<(Operation, Power)> {
    let binary = |op, power| Some((Operation::Binary(op), power));
    let assign = |op| Some((Operation::Assign(op), Power::Assignment));
    match sign {
        "*" => binary(BinaryOp::Multiply, Power::Multiplicative),
        "/" => binary(BinaryOp::Divide, Power::Multiplicative),
        "%" => binary(BinaryOp::Remainder, Power::Multiplicative),
        "+" => binary(BinaryOp::Add, Power::Additive),
        "-" => binary(BinaryOp::Subtract, Power::Additive),
        "<<" => binary(BinaryOp::ShiftLeft, Power::Shift),
        "<" => binary(BinaryOp::Less, Power::Relational),
        "<=" => binary(BinaryOp::LessOrEqual, Power::Relational),
        ">=" => binary(BinaryOp::GreaterOrEqual, Power::Relational),
        "==" => binary(BinaryOp::Equal, Power::Equality),
        "!=" => binary(BinaryOp::NotEqual, Power::Equality),
        "&" => binary(BinaryOp::And, Power::And),
        "^" => binary(BinaryOp::Xor, Power::Xor),
        "|" => binary(BinaryOp::Or, Power::Or),
        "&&" => binary(BinaryOp::AndAlso, Power::AndAlso),
        "||" => binary(BinaryOp::OrElse, Power::OrElse),
        "??" => Some((Operation::Coalesce, Power::Coalesce)),
        "?" => Some((Operation::Conditional, Power::Conditional)),
        "=" => assign(None),
        "+=" => assign(Some(BinaryOp::Add)),
        "-=" => assign(Some(BinaryOp::Subtract)),
        "*=" => assign(Some(BinaryOp::Multiply)),
        "/=" => assign(Some(BinaryOp::Divide)),
        "%=" => assign(Some(BinaryOp::Remainder)),
        "&=" => assign(Some(BinaryOp::And)),
        "|=" => assign(Some(BinaryOp::Or)),
        "^=" => assign(Some(BinaryOp::Xor)),
        "<<=" => assign(Some(BinaryOp::ShiftLeft)),
        "??=" => {
            Some((Operation::Unsupported("the operator `??=` is", "write `a = a ?? b`"), Power::Assignment))
        }
        ".." => Some((
            Operation::Unsupported("ranges are", "write `Substring`, or `Skip` and `Take`"),
            Power::Unary,
        )),
        _ => None,
    }
}
