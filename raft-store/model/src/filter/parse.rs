//! Reading a filter: grammar, fields of the kind, operators each field takes.
//!
//! ```text
//! any    = all *( "or" all )
//! all    = term *( "and" term )
//! term   = "(" any ")" | test(field) | field "/" ( "any" | "all" ) "(" x ":" test(x) ")"
//! test x = x operator literal | function "(" x "," literal ")" | "substringof" "(" literal "," x ")"
//! ```
//!
//! Must not evaluate anything.

use super::lex::{Problem, Token, tokens};
use super::{FILTER_DEPTH_MAX, FILTER_TERMS_MAX, Literal, Node, Over, Term, Test};
use crate::kinds::{self, COMMON_FIELDS, Class, FilterField};
use crate::violation::{code, violation};
use hanse_proto::Kind;
use hanse_proto::v1::Violation;

const OPERATORS: &[(&str, Test)] = &[
    ("eq", Test::Equal),
    ("ne", Test::NotEqual),
    ("lt", Test::Less),
    ("le", Test::LessOrEqual),
    ("gt", Test::Greater),
    ("ge", Test::GreaterOrEqual),
];
const FUNCTIONS: &[(&str, Test)] = &[
    ("contains", Test::Contains),
    ("startswith", Test::StartsWith),
    ("endswith", Test::EndsWith),
    ("substringof", Test::Contains),
];

pub(super) fn parse(text: &str, kind: Option<Kind>) -> Result<Node, Violation> {
    read(text, kind).map_err(|problem| {
        let mut violation = violation(code::INVALID, "", "filter", problem.message, &problem.hint);
        violation.line = 1;
        violation.column = u32::try_from(problem.column).unwrap_or(u32::MAX);
        violation
    })
}

fn read(text: &str, kind: Option<Kind>) -> Result<Node, Problem> {
    let mut parser =
        Parser { tokens: tokens(text)?, at: 0, end: text.chars().count() + 1, kind, depth: 0, terms: 0 };
    let node = parser.any()?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.unexpected("`and`, `or` or the end")),
    }
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    /// Column behind the last character.
    end: usize,
    kind: Option<Kind>,
    depth: usize,
    terms: usize,
}

/// What a test is about: a field of the resource, or the variable of `any` and `all`.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Field,
    Variable(&'a str, FilterField, Over),
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn column(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(column, _)| *column)
    }

    fn next(&mut self) -> Option<(usize, Token)> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    fn unexpected(&self, expected: &str) -> Problem {
        let found = match self.peek() {
            None => "the end".to_owned(),
            Some(Token::Word(word)) => format!("`{word}`"),
            Some(Token::Text(text)) => format!("'{text}'"),
            Some(Token::Mark(mark)) => format!("`{mark}`"),
        };
        Problem::new(self.column(), format!("{found} where {expected} is expected"))
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let is_there = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(is_there);
        is_there
    }

    fn mark(&mut self, wanted: char) -> Result<(), Problem> {
        if self.peek() != Some(&Token::Mark(wanted)) {
            return Err(self.unexpected(&format!("`{wanted}`")));
        }
        self.at += 1;
        Ok(())
    }

    fn any(&mut self) -> Result<Node, Problem> {
        let mut nodes = vec![self.all()?];
        while self.take_word("or") {
            nodes.push(self.all()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::Any(nodes) })
    }

    fn all(&mut self) -> Result<Node, Problem> {
        let mut nodes = vec![self.term()?];
        while self.take_word("and") {
            nodes.push(self.term()?);
        }
        Ok(if nodes.len() == 1 { nodes.remove(0) } else { Node::All(nodes) })
    }

    fn term(&mut self) -> Result<Node, Problem> {
        if self.peek() == Some(&Token::Mark('(')) {
            self.depth += 1;
            if self.depth > FILTER_DEPTH_MAX {
                let message = format!("parentheses nested deeper than {FILTER_DEPTH_MAX}");
                return Err(Problem::new(self.column(), message));
            }
            self.at += 1;
            let node = self.any()?;
            self.mark(')')?;
            self.depth -= 1;
            return Ok(node);
        }
        self.terms += 1;
        if self.terms > FILTER_TERMS_MAX {
            let message = format!("more than {FILTER_TERMS_MAX} comparisons");
            return Err(Problem::new(self.column(), message));
        }
        if let Some(Token::Word(word)) = self.peek() {
            let (list, over) = match word.rsplit_once('/') {
                Some((list, "any")) => (Some(list.to_owned()), Over::AnyOf),
                Some((list, "all")) => (Some(list.to_owned()), Over::AllOf),
                _ => (None, Over::One),
            };
            if let Some(list) = list {
                return self.over_list(&list, over);
            }
        }
        self.test(Subject::Field)
    }

    fn over_list(&mut self, list: &str, over: Over) -> Result<Node, Problem> {
        let column = self.column();
        let field = self.field(column, list)?;
        if field.class != Class::List {
            return Err(Problem::new(column, format!("`{}` is no list", field.name)));
        }
        self.at += 1;
        self.mark('(')?;
        let Some(Token::Word(variable)) = self.peek().cloned() else {
            return Err(self.unexpected("a variable, as in `any(t: t eq 'a')`,"));
        };
        self.at += 1;
        self.mark(':')?;
        let node = self.test(Subject::Variable(&variable, field, over))?;
        self.mark(')')?;
        Ok(node)
    }

    fn test(&mut self, subject: Subject<'_>) -> Result<Node, Problem> {
        let Some(Token::Word(word)) = self.peek() else {
            return Err(self.unexpected("a field, a function or `(`"));
        };
        let function = FUNCTIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        let is_call = self.tokens.get(self.at + 1).is_some_and(|(_, token)| *token == Token::Mark('('));
        match function {
            Some((name, test)) if is_call => self.call(name, *test, subject),
            None if is_call => {
                let known: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
                let message = format!("`{word}` is no function; there are {}", known.join(", "));
                Err(Problem::new(self.column(), message))
            }
            _ => self.comparison(subject),
        }
    }

    fn call(&mut self, name: &str, test: Test, subject: Subject<'_>) -> Result<Node, Problem> {
        let column = self.column();
        self.at += 1;
        self.mark('(')?;
        let (field, literal) = if name == "substringof" {
            let literal = self.text()?;
            self.mark(',')?;
            (self.subject(subject)?, literal)
        } else {
            let field = self.subject(subject)?;
            self.mark(',')?;
            (field, self.text()?)
        };
        self.mark(')')?;
        if !matches!(field.class, Class::Text | Class::Id) && matches!(subject, Subject::Field) {
            return Err(Problem::new(column, format!("`{name}` does not go with `{}`", field.name)));
        }
        Ok(Self::node(field, subject, test, Literal::Text(literal)))
    }

    fn comparison(&mut self, subject: Subject<'_>) -> Result<Node, Problem> {
        let field = self.subject(subject)?;
        let column = self.column();
        let test = match self.peek() {
            Some(Token::Word(word)) => OPERATORS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)),
            _ => None,
        };
        let Some((operator, test)) = test else {
            return Err(self.unexpected("one of eq, ne, lt, le, gt, ge"));
        };
        let is_variable = matches!(subject, Subject::Variable(..));
        let allowed: &[&str] = match field.class {
            Class::List if !is_variable => {
                let hint = format!("write `{}/any(t: t eq 'a')`", field.name);
                return Err(Problem::new(column, format!("`{}` is a list", field.name)).hint(hint));
            }
            Class::Text | Class::Id | Class::List => &["eq", "ne", "lt", "le", "gt", "ge"],
            Class::Word => &["eq"],
            Class::Bool => &["eq", "ne"],
        };
        if !allowed.contains(operator) {
            let message =
                format!("`{operator}` does not go with `{}`; it takes {}", field.name, allowed.join(", "));
            return Err(Problem::new(column, message));
        }
        self.at += 1;
        let literal = self.literal(field)?;
        Ok(Self::node(field, subject, *test, literal))
    }

    fn node(field: FilterField, subject: Subject<'_>, test: Test, literal: Literal) -> Node {
        let over = match subject {
            Subject::Field => Over::One,
            Subject::Variable(_, _, over) => over,
        };
        Node::Term(Term { field: field.name, is_id: field.class == Class::Id, over, test, literal })
    }

    fn subject(&mut self, subject: Subject<'_>) -> Result<FilterField, Problem> {
        let Some((column, Token::Word(word))) = self.next() else {
            self.at = self.at.saturating_sub(1);
            return Err(self.unexpected("a field"));
        };
        match subject {
            Subject::Field => self.field(column, &word),
            Subject::Variable(variable, field, _) if variable == word => Ok(field),
            Subject::Variable(variable, ..) => {
                Err(Problem::new(column, format!("`{word}` where the variable `{variable}` is expected")))
            }
        }
    }

    /// A field of the kind, also as `properties/displayName`.
    fn field(&self, column: usize, word: &str) -> Result<FilterField, Problem> {
        let name = word.strip_prefix("properties/").unwrap_or(word);
        let own = self.kind.map_or(&[][..], kinds::filter_fields);
        let mut known = COMMON_FIELDS.iter().chain(own);
        if let Some(field) = known.clone().find(|field| field.name.eq_ignore_ascii_case(name)) {
            return Ok(*field);
        }
        let what = self.kind.map_or("resources of any kind", Kind::collection);
        let names: Vec<&str> = known.by_ref().map(|field| field.name).collect();
        let problem = Problem::new(column, format!("`{name}` is no field to filter {what} by"));
        Err(problem.hint(format!("there are {}", names.join(", "))))
    }

    fn text(&mut self) -> Result<String, Problem> {
        match self.peek().cloned() {
            Some(Token::Text(text)) => {
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected("a value in single quotes")),
        }
    }

    fn literal(&mut self, field: FilterField) -> Result<Literal, Problem> {
        let bare = match self.peek() {
            Some(Token::Word(word)) => Some(word.clone()),
            _ => None,
        };
        match (field.class, bare) {
            (Class::Word, Some(word)) => {
                self.at += 1;
                Ok(Literal::Text(word))
            }
            (Class::Bool, bare) => {
                let column = self.column();
                let word = match bare {
                    Some(word) => {
                        self.at += 1;
                        word
                    }
                    None => self.text()?,
                };
                let value = word.to_ascii_lowercase().parse();
                value
                    .map(Literal::Bool)
                    .map_err(|_| Problem::new(column, format!("`{word}` where true or false is expected")))
            }
            _ => self.text().map(Literal::Text),
        }
    }
}
