//! A path's text becomes steps.

use super::FILTERS_MAX;
use crate::clr::number::{IntType, NumberStyles, parse_double, parse_int};
use crate::json::failure::{JSON, Outcome, throw};

/// One step of a path. No name and no index stand for `*`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Back to the root, at the start of a path within a filter.
    Root,
    Field(Option<String>),
    Fields(Vec<String>),
    Scan(Option<String>),
    ScanFields(Vec<String>),
    Index(Option<i32>),
    Indexes(Vec<i32>),
    Slice {
        start: Option<i32>,
        end: Option<i32>,
        step: Option<i32>,
    },
    Query(Vec<Term>),
    ScanQuery(Vec<Term>),
}

/// A comparison in a filter, and what ties it to the next one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    pub(super) left: Side,
    pub(super) operator: Operator,
    /// None for [`Operator::Exists`].
    pub(super) right: Option<Side>,
    pub(super) then: Then,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Side {
    Path(Vec<Step>),
    Value(Literal),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Exists,
    Equals,
    StrictEquals,
    NotEquals,
    StrictNotEquals,
    Less,
    LessOrEquals,
    Greater,
    GreaterOrEquals,
    Matches,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    And,
    Or,
    End,
}

/// Longer ones first, where one begins another.
const OPERATORS: &[(&str, Operator)] = &[
    ("===", Operator::StrictEquals),
    ("==", Operator::Equals),
    ("=~", Operator::Matches),
    ("!==", Operator::StrictNotEquals),
    ("!=", Operator::NotEquals),
    ("<>", Operator::NotEquals),
    ("<=", Operator::LessOrEquals),
    ("<", Operator::Less),
    (">=", Operator::GreaterOrEquals),
    (">", Operator::Greater),
];

const OPEN_INDEXER: &str = "Path ended with open indexer.";
const OPEN_QUERY: &str = "Path ended with open query.";

pub(super) fn parse(path: &str) -> Outcome<Vec<Step>> {
    let text: Vec<char> = path.chars().collect();
    let mut parser = Parser { text: &text, at: 0, filters: 0 };
    parser.main()
}

struct Parser<'t> {
    text: &'t [char],
    at: usize,
    filters: usize,
}

impl Parser<'_> {
    fn main(&mut self) -> Outcome<Vec<Step>> {
        let mut start = self.at;
        self.skip_blanks();
        if self.is_end() {
            return Ok(Vec::new());
        }
        if self.text[self.at] == '$' {
            if self.text.len() == 1 {
                return Ok(Vec::new());
            }
            // Anything else is a name that begins with the character.
            if matches!(self.look(1)?, '.' | '[') {
                self.at += 1;
                start = self.at;
            }
        }
        let mut steps = Vec::new();
        if !self.path(&mut steps, start, false)? {
            let last = self.at;
            self.skip_blanks();
            if !self.is_end() {
                return fail(format!("Unexpected character while parsing path: {}", self.text[last]));
            }
        }
        Ok(steps)
    }

    /// Steps up to the end of the text or of the filter that the path stands in; true at the end of the text.
    fn path(&mut self, steps: &mut Vec<Step>, start: usize, in_query: bool) -> Outcome<bool> {
        let mut start = start;
        let mut scans = false;
        let mut behind_indexer = false;
        let mut behind_dot = false;
        while let Some(letter) = self.text.get(self.at).copied() {
            match letter {
                '[' | '(' => {
                    if self.at > start {
                        steps.push(self.member(start, scans));
                        scans = false;
                    }
                    steps.push(self.indexer(letter, scans)?);
                    scans = false;
                    self.at += 1;
                    start = self.at;
                    behind_indexer = true;
                    behind_dot = false;
                }
                ']' | ')' | ' ' => break,
                '.' => {
                    if self.at > start {
                        steps.push(self.member(start, scans));
                        scans = false;
                    }
                    if self.text.get(self.at + 1) == Some(&'.') {
                        scans = true;
                        self.at += 1;
                    }
                    self.at += 1;
                    start = self.at;
                    behind_indexer = false;
                    behind_dot = true;
                }
                '=' | '<' | '!' | '>' | '|' | '&' if in_query => break,
                _ if behind_indexer => {
                    return fail(format!("Unexpected character following indexer: {letter}"));
                }
                _ => self.at += 1,
            }
        }
        if self.at > start {
            steps.push(self.member(start, scans));
        } else if behind_dot && (self.is_end() || in_query) {
            return fail("Unexpected end while parsing path.");
        }
        Ok(self.is_end())
    }

    /// A name from `start` to here.
    fn member(&self, start: usize, scans: bool) -> Step {
        let name: String = self.text[start..self.at].iter().collect();
        field(if name == "*" { None } else { Some(name) }, scans)
    }

    fn indexer(&mut self, open: char, scans: bool) -> Outcome<Step> {
        self.at += 1;
        let close = if open == '[' { ']' } else { ')' };
        self.ensure(OPEN_INDEXER)?;
        self.skip_blanks();
        match self.look(0)? {
            '\'' => self.quoted_names(close, scans),
            '?' => self.query(close, scans),
            _ => self.positions(close),
        }
    }

    /// `0`, `0,1`, `1:5:2`, `*`
    fn positions(&mut self, close: char) -> Outcome<Step> {
        let mut start = self.at;
        let mut end = None;
        let mut listed: Option<Vec<i32>> = None;
        let mut colons = 0_usize;
        let mut parts = [None; 3];
        while let Some(letter) = self.text.get(self.at).copied() {
            let number = end.unwrap_or(self.at);
            let digits = &self.text[start..number.max(start)];
            match letter {
                ' ' => {
                    end = Some(self.at);
                    self.skip_blanks();
                    continue;
                }
                _ if letter == close => {
                    if colons > 0 {
                        if !digits.is_empty() {
                            parts[colons.min(2)] = Some(position(digits)?);
                        }
                        let [start, end, step] = parts;
                        return Ok(Step::Slice { start, end, step });
                    }
                    let last = position(digits)?;
                    return Ok(match listed {
                        Some(mut listed) => {
                            listed.push(last);
                            Step::Indexes(listed)
                        }
                        None => Step::Index(Some(last)),
                    });
                }
                ',' => listed.get_or_insert_default().push(position(digits)?),
                '*' => {
                    self.at += 1;
                    self.ensure(OPEN_INDEXER)?;
                    self.skip_blanks();
                    if self.look(0)? != close {
                        return unexpected_in_indexer(letter);
                    }
                    return Ok(Step::Index(None));
                }
                ':' => {
                    if !digits.is_empty() {
                        parts[colons.min(2)] = Some(position(digits)?);
                    }
                    colons += 1;
                }
                _ if (letter.is_numeric() || letter == '-') && end.is_none() => {
                    self.at += 1;
                    continue;
                }
                _ => return unexpected_in_indexer(letter),
            }
            self.at += 1;
            self.skip_blanks();
            start = self.at;
            end = None;
        }
        fail(OPEN_INDEXER)
    }

    /// `'a'`, `'a','b'`
    fn quoted_names(&mut self, close: char, scans: bool) -> Outcome<Step> {
        let mut names: Vec<String> = Vec::new();
        while !self.is_end() {
            names.push(self.quoted()?);
            self.skip_blanks();
            self.ensure(OPEN_INDEXER)?;
            let letter = self.look(0)?;
            if letter == close {
                if names.len() == 1 {
                    return Ok(field(names.pop(), scans));
                }
                return Ok(if scans { Step::ScanFields(names) } else { Step::Fields(names) });
            }
            if letter != ',' {
                return unexpected_in_indexer(letter);
            }
            self.at += 1;
            self.skip_blanks();
        }
        fail(OPEN_INDEXER)
    }

    /// A string from its quote to behind the closing one.
    fn quoted(&mut self) -> Outcome<String> {
        let mut out = String::new();
        self.at += 1;
        while let Some(letter) = self.text.get(self.at).copied() {
            self.at += 1;
            match (letter, self.text.get(self.at).copied()) {
                ('\\', Some(escaped)) => {
                    self.at += 1;
                    out.push(match escaped {
                        'b' => '\u{8}',
                        't' => '\t',
                        'n' => '\n',
                        'f' => '\u{c}',
                        'r' => '\r',
                        '\\' | '"' | '\'' | '/' => escaped,
                        _ => return fail(format!("Unknown escape character: \\{escaped}")),
                    });
                }
                ('\'', _) => return Ok(out),
                _ => out.push(letter),
            }
        }
        fail("Path ended with an open string.")
    }

    /// `?(…)`
    fn query(&mut self, close: char, scans: bool) -> Outcome<Step> {
        self.at += 1;
        self.ensure(OPEN_INDEXER)?;
        if self.look(0)? != '(' {
            return unexpected_in_indexer(self.look(0)?);
        }
        self.at += 1;
        self.filters += 1;
        if self.filters > FILTERS_MAX {
            return fail(format!("Path has filters nested more than {FILTERS_MAX} deep."));
        }
        let terms = self.terms()?;
        self.filters -= 1;
        self.at += 1;
        self.ensure(OPEN_INDEXER)?;
        self.skip_blanks();
        if self.look(0)? != close {
            return unexpected_in_indexer(self.look(0)?);
        }
        Ok(if scans { Step::ScanQuery(terms) } else { Step::Query(terms) })
    }

    fn terms(&mut self) -> Outcome<Vec<Term>> {
        let mut terms = Vec::new();
        while !self.is_end() {
            let left = self.side()?;
            let (operator, right) = match self.look(0)? {
                ')' | '|' | '&' => (Operator::Exists, None),
                _ => (self.operator()?, Some(self.side()?)),
            };
            let then = match self.look(0)? {
                ')' => Then::End,
                '&' if self.take("&&") => Then::And,
                '|' if self.take("||") => Then::Or,
                // What follows is read as if nothing stood before it, and that is lost.
                letter if !matches!(letter, '&' | '|') => continue,
                letter => return unexpected_in_query(letter),
            };
            terms.push(Term { left, operator, right, then });
            if then == Then::End {
                return Ok(terms);
            }
            if then == Then::And {
                self.look(0)?;
            }
        }
        fail(OPEN_QUERY)
    }

    fn side(&mut self) -> Outcome<Side> {
        self.skip_blanks();
        let first = self.look(0)?;
        let side = match first {
            '$' | '@' => {
                let mut steps = if first == '$' { vec![Step::Root] } else { Vec::new() };
                self.at += 1;
                if self.path(&mut steps, self.at, true)? {
                    return fail(OPEN_QUERY);
                }
                Side::Path(steps)
            }
            _ => match self.literal(first)? {
                Some(value) => Side::Value(value),
                None => return unexpected_in_query(self.look(0)?),
            },
        };
        self.skip_blanks();
        self.ensure(OPEN_QUERY)?;
        Ok(side)
    }

    fn literal(&mut self, first: char) -> Outcome<Option<Literal>> {
        Ok(match first {
            '\'' => Some(Literal::Text(self.quoted()?)),
            '/' => Some(Literal::Text(self.pattern()?)),
            't' if self.take("true") => Some(Literal::Boolean(true)),
            'f' if self.take("false") => Some(Literal::Boolean(false)),
            'n' if self.take("null") => Some(Literal::Null),
            _ if first.is_numeric() || first == '-' => self.number(),
            _ => None,
        })
    }

    /// A number that a blank or a bracket ends.
    fn number(&mut self) -> Option<Literal> {
        let rest = &self.text[self.at..];
        let Some(length) = rest.iter().skip(1).position(|letter| matches!(letter, ' ' | ')')) else {
            self.at = self.text.len();
            return None;
        };
        self.at += length + 1;
        let number: String = rest[..=length].iter().collect();
        if number.contains(['.', 'E', 'e']) {
            return parse_double(&number, NumberStyles::DOUBLE).ok().map(Literal::Float);
        }
        let value = parse_int(&number, NumberStyles::INTEGER, IntType::Int64).ok()?;
        i64::try_from(value).ok().map(Literal::Integer)
    }

    /// `/…/i`, with its slashes and letters.
    fn pattern(&mut self) -> Outcome<String> {
        let start = self.at;
        self.at += 1;
        while let Some(letter) = self.text.get(self.at).copied() {
            self.at += 1;
            if letter == '\\' && !self.is_end() {
                self.at += 1;
            } else if letter == '/' {
                while self.text.get(self.at).is_some_and(|letter| letter.is_alphabetic()) {
                    self.at += 1;
                }
                return Ok(self.text[start..self.at].iter().collect());
            }
        }
        fail("Path ended with an open regex.")
    }

    fn operator(&mut self) -> Outcome<Operator> {
        if self.at + 1 >= self.text.len() {
            return fail(OPEN_QUERY);
        }
        let found = OPERATORS.iter().find(|(text, _)| self.take(text));
        found.map_or_else(|| fail("Could not read query operator."), |(_, operator)| Ok(*operator))
    }

    // === characters ===

    fn is_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// The character so many places ahead.
    fn look(&self, ahead: usize) -> Outcome<char> {
        let message = "Index was outside the bounds of the array.";
        let letter = self.text.get(self.at + ahead).copied();
        letter.ok_or_else(|| throw("System.IndexOutOfRangeException", message))
    }

    fn ensure(&self, message: &str) -> Outcome<()> {
        if self.is_end() { fail(message) } else { Ok(()) }
    }

    fn take(&mut self, word: &str) -> bool {
        let rest = self.text[self.at..].iter().copied();
        let is_here = rest.take(word.len()).eq(word.chars());
        if is_here {
            self.at += word.len();
        }
        is_here
    }

    fn skip_blanks(&mut self) {
        while self.text.get(self.at) == Some(&' ') {
            self.at += 1;
        }
    }
}

fn field(name: Option<String>, scans: bool) -> Step {
    if scans { Step::Scan(name) } else { Step::Field(name) }
}

fn position(digits: &[char]) -> Outcome<i32> {
    if digits.is_empty() {
        return fail("Array index expected.");
    }
    let digits: String = digits.iter().collect();
    let value = parse_int(&digits, NumberStyles::INTEGER, IntType::Int32)?;
    Ok(i32::try_from(value).unwrap_or_default())
}

fn fail<T>(message: impl Into<String>) -> Outcome<T> {
    Err(throw(JSON, message))
}

fn unexpected_in_indexer<T>(letter: char) -> Outcome<T> {
    fail(format!("Unexpected character while parsing path indexer: {letter}"))
}

fn unexpected_in_query<T>(letter: char) -> Outcome<T> {
    fail(format!("Unexpected character while parsing path query: {letter}"))
}
