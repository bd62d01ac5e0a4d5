//! XPath 1.0 sections 2 and 3: tokens to a tree.
//!
//! Chains of operators and steps are lists, so only brackets, parentheses and arguments nest, and how deep is
//! bounded: the evaluator may recurse.

use super::super::error::{Exception, Result, XmlError, thrown};
use super::function::Function;
use super::lex::{Token, invalid_token, tokens};
use super::{Resolver, XPATH_DEPTH_MAX};

#[derive(Debug)]
pub(super) enum Expr<'e> {
    /// Operators of one level, from left to right.
    Chain {
        first: Box<Expr<'e>>,
        rest: Vec<(Operator, Expr<'e>)>,
    },
    Negate(Box<Expr<'e>>),
    Number(f64),
    Literal(&'e str),
    Call(Function, Vec<Expr<'e>>),
    Path {
        start: Start<'e>,
        steps: Vec<Step<'e>>,
    },
}

#[derive(Debug)]
pub(super) enum Start<'e> {
    Root,
    Context,
    Filter { of: Box<Expr<'e>>, predicates: Vec<Expr<'e>> },
}

#[derive(Debug)]
pub(super) struct Step<'e> {
    pub(super) axis: Axis,
    pub(super) test: Test<'e>,
    pub(super) predicates: Vec<Expr<'e>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Parent,
    Preceding,
    PrecedingSibling,
    SelfNode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test<'e> {
    /// Either part may be anything.
    Name {
        namespace: Option<&'e str>,
        local: Option<&'e str>,
    },
    Node,
    Text,
    Comment,
    Instruction(Option<&'e str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Union,
}

/// Operators that bind alike, the loosest first; the unary minus stands between the last two.
const LEVELS: [&[(&str, Operator)]; 7] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[("=", Operator::Equal), ("!=", Operator::NotEqual)],
    &[
        ("<", Operator::Less),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterOrEqual),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("div", Operator::Divide), ("mod", Operator::Modulo)],
    &[("|", Operator::Union)],
];

/// # Errors
/// `XPathException`.
pub(super) fn parse<'e>(expression: &'e str, resolver: Resolver<'_, 'e>) -> Result<Expr<'e>> {
    let mut parser =
        Parser { expression, tokens: tokens(expression)?, at: 0, depth: 0, unknown: None, resolver };
    let parsed = parser.expr()?;
    match (parser.peek(), parser.unknown) {
        (Some(_), _) => Err(invalid_token(expression)),
        (None, Some(unknown)) => Err(unknown),
        (None, None) => Ok(parsed),
    }
}

struct Parser<'e, 'r> {
    expression: &'e str,
    tokens: Vec<Token<'e>>,
    at: usize,
    depth: usize,
    /// The first name that means nothing. What is wrong with the form is said before it.
    unknown: Option<XmlError>,
    resolver: Resolver<'r, 'e>,
}

impl<'e> Parser<'e, '_> {
    fn peek(&self) -> Option<Token<'e>> {
        self.tokens.get(self.at).copied()
    }

    fn peek_second(&self) -> Option<Token<'e>> {
        self.tokens.get(self.at + 1).copied()
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.peek() == Some(Token::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<()> {
        if self.eat(sign) { Ok(()) } else { Err(self.invalid()) }
    }

    fn invalid(&self) -> XmlError {
        invalid_token(self.expression)
    }

    fn expr(&mut self) -> Result<Expr<'e>> {
        if self.depth == XPATH_DEPTH_MAX {
            let message = format!("Expressions stand in each other more than {XPATH_DEPTH_MAX} deep.");
            return Err(thrown(Exception::XPath, message));
        }
        self.depth += 1;
        let parsed = self.chain(0);
        self.depth -= 1;
        parsed
    }

    fn chain(&mut self, level: usize) -> Result<Expr<'e>> {
        let Some(operators) = LEVELS.get(level) else { return self.path() };
        let first = self.operand(level)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.operator(operators) {
            rest.push((operator, self.operand(level)?));
        }
        match rest.is_empty() {
            true => Ok(first),
            false => Ok(Expr::Chain { first: Box::new(first), rest }),
        }
    }

    fn operator(&mut self, of: &[(&str, Operator)]) -> Option<Operator> {
        let Some(Token::Sign(sign)) = self.peek() else { return None };
        let operator = of.iter().find(|(text, _)| *text == sign)?.1;
        self.at += 1;
        Some(operator)
    }

    fn operand(&mut self, level: usize) -> Result<Expr<'e>> {
        if level + 2 != LEVELS.len() {
            return self.chain(level + 1);
        }
        let (mut minus, mut is_negated) = (false, false);
        while self.eat("-") {
            (minus, is_negated) = (true, !is_negated);
        }
        let operand = self.chain(level + 1)?;
        let negate = |expr| Expr::Negate(Box::new(expr));
        match (minus, is_negated) {
            (false, _) => Ok(operand),
            (true, true) => Ok(negate(operand)),
            (true, false) => Ok(negate(negate(operand))),
        }
    }

    fn path(&mut self) -> Result<Expr<'e>> {
        if let Some(start) = self.filter()? {
            return match (start, self.peek()) {
                (start, Some(Token::Sign("/" | "//"))) => self.steps(start, Vec::new()),
                (Start::Filter { of, predicates }, _) if predicates.is_empty() => Ok(*of),
                (start, _) => Ok(Expr::Path { start, steps: Vec::new() }),
            };
        }
        if self.eat("/") {
            let starts_step = match self.peek() {
                Some(Token::Name { .. }) => true,
                Some(Token::Sign(sign)) => matches!(sign, "." | ".." | "@"),
                _ => false,
            };
            return match starts_step {
                true => {
                    let first = self.step()?;
                    self.steps(Start::Root, vec![first])
                }
                false => Ok(Expr::Path { start: Start::Root, steps: Vec::new() }),
            };
        }
        if self.peek() == Some(Token::Sign("//")) {
            return self.steps(Start::Root, Vec::new());
        }
        let first = self.step()?;
        self.steps(Start::Context, vec![first])
    }

    /// What follows the start of a path.
    fn steps(&mut self, start: Start<'e>, mut steps: Vec<Step<'e>>) -> Result<Expr<'e>> {
        loop {
            if self.eat("//") {
                let (axis, test) = (Axis::DescendantOrSelf, Test::Node);
                steps.push(Step { axis, test, predicates: Vec::new() });
            } else if !self.eat("/") {
                return Ok(Expr::Path { start, steps });
            }
            steps.push(self.step()?);
        }
    }

    /// A primary expression with predicates, if one stands here.
    fn filter(&mut self) -> Result<Option<Start<'e>>> {
        let of = match (self.peek(), self.peek_second()) {
            (Some(Token::Number(number)), _) => {
                self.at += 1;
                Expr::Number(number)
            }
            (Some(Token::Literal(text)), _) => {
                self.at += 1;
                Expr::Literal(text)
            }
            (Some(Token::Variable), _) => {
                self.at += 1;
                self.unknown(unknown_name())
            }
            (Some(Token::Sign("(")), _) => {
                self.at += 1;
                let inner = self.expr()?;
                self.expect(")")?;
                inner
            }
            (Some(Token::Name { prefix, local }), Some(Token::Sign("("))) if !is_node_type(prefix, local) => {
                self.at += 2;
                self.call(prefix, local)?
            }
            _ => return Ok(None),
        };
        Ok(Some(Start::Filter { of: Box::new(of), predicates: self.predicates()? }))
    }

    fn call(&mut self, prefix: &str, name: &'e str) -> Result<Expr<'e>> {
        let mut arguments = Vec::new();
        if !self.eat(")") {
            loop {
                arguments.push(self.expr()?);
                if self.eat(")") {
                    break;
                }
                self.expect(",")?;
            }
        }
        let Some(function) = Function::named(name).filter(|_| prefix.is_empty()) else {
            return Ok(self.unknown(unknown_name()));
        };
        if !function.takes(arguments.len()) {
            let message =
                format!("Function '{name}' in '{}' has an invalid number of arguments.", self.expression);
            return Err(thrown(Exception::XPath, message));
        }
        Ok(Expr::Call(function, arguments))
    }

    fn predicates(&mut self) -> Result<Vec<Expr<'e>>> {
        let mut predicates = Vec::new();
        while self.eat("[") {
            predicates.push(self.expr()?);
            self.expect("]")?;
        }
        Ok(predicates)
    }

    fn step(&mut self) -> Result<Step<'e>> {
        let short = |axis| Ok(Step { axis, test: Test::Node, predicates: Vec::new() });
        if self.eat(".") {
            return short(Axis::SelfNode);
        }
        if self.eat("..") {
            return short(Axis::Parent);
        }
        let axis = match (self.peek(), self.peek_second()) {
            _ if self.eat("@") => Axis::Attribute,
            (Some(Token::Name { prefix: "", local }), Some(Token::Sign("::"))) => {
                self.at += 2;
                axis(local).ok_or_else(|| self.invalid())?
            }
            _ => Axis::Child,
        };
        let test = self.test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn test(&mut self) -> Result<Test<'e>> {
        let Some(Token::Name { prefix, local }) = self.peek() else {
            return Err(thrown(Exception::XPath, NODES_EXPECTED));
        };
        let is_another_axis = self.peek_second() == Some(Token::Sign("::"));
        if is_another_axis {
            return Err(thrown(Exception::XPath, NODES_EXPECTED));
        }
        self.at += 1;
        if is_node_type(prefix, local) && self.eat("(") {
            let test = match (local, self.peek()) {
                ("node", _) => Test::Node,
                ("text", _) => Test::Text,
                ("comment", _) => Test::Comment,
                (_, Some(Token::Literal(target))) => {
                    self.at += 1;
                    Test::Instruction(Some(target))
                }
                _ => Test::Instruction(None),
            };
            self.expect(")")?;
            return Ok(test);
        }
        let namespace = match (prefix, local) {
            ("", "*") => None,
            ("", _) => Some(""),
            (prefix, _) => Some(self.namespace(prefix)),
        };
        Ok(Test::Name { namespace, local: Some(local).filter(|local| *local != "*") })
    }

    fn namespace(&mut self, prefix: &str) -> &'e str {
        let found = self.resolver.ok_or_else(needs_context).and_then(|resolve| {
            let undefined = || format!("Namespace prefix '{prefix}' is not defined.");
            resolve(prefix).ok_or_else(|| thrown(Exception::XPath, undefined()))
        });
        found.unwrap_or_else(|error| {
            self.unknown(error);
            ""
        })
    }

    /// Stands for what has no meaning until the rest is read.
    fn unknown(&mut self, error: XmlError) -> Expr<'e> {
        self.unknown.get_or_insert(error);
        Expr::Number(f64::NAN)
    }
}

fn is_node_type(prefix: &str, local: &str) -> bool {
    prefix.is_empty() && matches!(local, "node" | "text" | "comment" | "processing-instruction")
}

fn axis(name: &str) -> Option<Axis> {
    Some(match name {
        "ancestor" => Axis::Ancestor,
        "ancestor-or-self" => Axis::AncestorOrSelf,
        "attribute" => Axis::Attribute,
        "child" => Axis::Child,
        "descendant" => Axis::Descendant,
        "descendant-or-self" => Axis::DescendantOrSelf,
        "following" => Axis::Following,
        "following-sibling" => Axis::FollowingSibling,
        "parent" => Axis::Parent,
        "preceding" => Axis::Preceding,
        "preceding-sibling" => Axis::PrecedingSibling,
        "self" => Axis::SelfNode,
        _ => return None,
    })
}

/// What .NET says as well where a step is missing.
pub(super) const NODES_EXPECTED: &str = "Expression must evaluate to a node-set.";

fn unknown_name() -> XmlError {
    thrown(Exception::XPath, "XsltContext is needed for this query because of an unknown function.")
}

fn needs_context() -> XmlError {
    let message = "Namespace Manager or XsltContext needed. This query has a prefix, variable, or user-defined \
                   function.";
    thrown(Exception::XPath, message)
}
