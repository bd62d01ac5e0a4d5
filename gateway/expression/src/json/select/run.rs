//! Each step turns the tokens found so far into the next ones.

use std::cell::Cell;
use std::cmp::Ordering;

use super::parse::{Literal, Operator, Side, Step, Term, Then};
use super::{SelectSettings, VISITS_MAX};
use crate::json::equal::{compare, scalars_equal};
use crate::json::failure::{Failure, JSON, Outcome, index_out_of_range, throw};
use crate::json::moment::{base64, iso_date, iso_offset};
use crate::json::scalar::{Kind, Scalar};
use crate::json::text::text_of;
use crate::json::token::Token;

/// What a run of a path has at hand.
struct Run<'a, 'm> {
    root: Token<'a>,
    settings: SelectSettings<'m>,
    visits: Cell<usize>,
}

pub(super) fn run<'a>(
    steps: &[Step],
    root: Token<'a>,
    settings: SelectSettings<'_>,
) -> Outcome<Vec<Token<'a>>> {
    let run = Run { root, settings, visits: Cell::new(0) };
    run.steps(steps, root, settings.error_when_no_match)
}

impl<'a> Run<'a, '_> {
    fn steps(&self, steps: &[Step], start: Token<'a>, strict: bool) -> Outcome<Vec<Token<'a>>> {
        let mut found = vec![start];
        for step in steps {
            let mut next = Vec::new();
            for token in found {
                self.visit()?;
                self.step(step, token, strict, &mut next)?;
            }
            found = next;
        }
        Ok(found)
    }

    fn visit(&self) -> Outcome<()> {
        self.visits.set(self.visits.get() + 1);
        if self.visits.get() > VISITS_MAX { Err(Failure::Visits(VISITS_MAX)) } else { Ok(()) }
    }

    fn step(&self, step: &Step, token: Token<'a>, strict: bool, out: &mut Vec<Token<'a>>) -> Outcome<()> {
        match step {
            Step::Root => out.push(self.root),
            Step::Field(name) => self.field(name.as_deref(), token, strict, out)?,
            Step::Fields(names) => fields(names, token, strict, out)?,
            Step::Scan(name) => {
                for each in token.descendants_and_self() {
                    self.visit()?;
                    match name {
                        None if each == token || each.kind() != Kind::Property => out.push(each),
                        Some(name) if each != token && is_property(each, name) => {
                            out.extend(each.property_value());
                        }
                        _ => {}
                    }
                }
            }
            Step::ScanFields(names) => {
                for each in token.descendants() {
                    self.visit()?;
                    let count = names.iter().filter(|name| is_property(each, name)).count();
                    out.extend(std::iter::repeat_n(each.property_value(), count).flatten());
                }
            }
            Step::Index(Some(index)) => out.extend(item(token, *index, strict)?),
            Step::Index(None) => self.items(token, strict, out)?,
            Step::Indexes(indexes) => {
                for index in indexes {
                    out.extend(item(token, *index, strict)?);
                }
            }
            Step::Slice { start, end, step } => slice(token, *start, *end, *step, strict, out)?,
            Step::Query(terms) => {
                for child in token.children() {
                    if self.matches(terms, child)? {
                        out.push(child);
                    }
                }
            }
            Step::ScanQuery(terms) => {
                for each in token.descendants_and_self() {
                    if self.matches(terms, each)? {
                        out.push(each);
                    }
                }
            }
        }
        Ok(())
    }

    fn field(
        &self,
        name: Option<&str>,
        token: Token<'a>,
        strict: bool,
        out: &mut Vec<Token<'a>>,
    ) -> Outcome<()> {
        let is_object = token.kind() == Kind::Object;
        match name {
            None if is_object => {
                for value in token.property_values() {
                    self.visit()?;
                    out.push(value);
                }
            }
            Some(name) if is_object => match token.get(name) {
                Some(value) => out.push(value),
                None if strict => return fail(format!("Property '{name}' does not exist on JObject.")),
                None => {}
            },
            _ if strict => {
                let (name, class) = (name.unwrap_or("*"), token.class());
                return fail(format!("Property '{name}' not valid on {class}."));
            }
            _ => {}
        }
        Ok(())
    }

    fn items(&self, token: Token<'a>, strict: bool, out: &mut Vec<Token<'a>>) -> Outcome<()> {
        if matches!(token.kind(), Kind::Array | Kind::Constructor) {
            for item in token.children() {
                self.visit()?;
                out.push(item);
            }
        } else if strict {
            return fail(format!("Index * not valid on {}.", token.class()));
        }
        Ok(())
    }

    // === filters ===

    fn matches(&self, terms: &[Term], token: Token<'a>) -> Outcome<bool> {
        self.visit()?;
        for term in terms {
            let holds = self.holds(term, token)?;
            match term.then {
                Then::And if !holds => return Ok(false),
                Then::Or if holds => return Ok(true),
                Then::End => return Ok(holds),
                _ => {}
            }
        }
        Ok(false)
    }

    fn holds(&self, term: &Term, token: Token<'a>) -> Outcome<bool> {
        let left = self.side(&term.left, token)?;
        let Some(right) = &term.right else { return Ok(!left.is_empty()) };
        if left.is_empty() {
            return Ok(false);
        }
        let right = self.side(right, token)?;
        for left in &left {
            for right in &right {
                self.visit()?;
                if self.compares(term.operator, *left, *right)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Values of one side; none for what is no value.
    fn side<'s>(&self, side: &'s Side, token: Token<'a>) -> Outcome<Vec<Option<Scalar<'s>>>>
    where
        'a: 's,
    {
        Ok(match side {
            Side::Path(steps) => self.steps(steps, token, false)?.into_iter().map(Token::scalar).collect(),
            Side::Value(value) => vec![Some(match value {
                Literal::Null => Scalar::Null,
                Literal::Boolean(value) => Scalar::Boolean(*value),
                Literal::Integer(value) => Scalar::Integer(*value),
                Literal::Float(value) => Scalar::Float(*value),
                Literal::Text(text) => Scalar::String(text),
            })],
        })
    }

    fn compares(
        &self,
        operator: Operator,
        left: Option<Scalar<'_>>,
        right: Option<Scalar<'_>>,
    ) -> Outcome<bool> {
        let (Some(left), Some(right)) = (left, right) else {
            return Ok(matches!(operator, Operator::Exists | Operator::NotEquals));
        };
        Ok(match operator {
            Operator::Exists => true,
            Operator::Equals => loosely_equal(left, right)?,
            Operator::NotEquals => !loosely_equal(left, right)?,
            Operator::StrictEquals => strictly_equal(left, right)?,
            Operator::StrictNotEquals => !strictly_equal(left, right)?,
            Operator::Less => order(left, right)?.is_lt(),
            Operator::LessOrEquals => order(left, right)?.is_le(),
            Operator::Greater => order(left, right)?.is_gt(),
            Operator::GreaterOrEquals => order(left, right)?.is_ge(),
            Operator::Matches => self.is_match(left, right)?,
        })
    }

    fn is_match(&self, text: Scalar<'_>, pattern: Scalar<'_>) -> Outcome<bool> {
        let (Scalar::String(text), Scalar::String(pattern)) = (text, pattern) else { return Ok(false) };
        let Some((pattern, options)) = pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'))
        else {
            return Ok(false);
        };
        (self.settings.is_match)(pattern, options, text)
    }
}

/// `JValue.CompareTo`: text is taken for what the other side is.
fn order(left: Scalar<'_>, right: Scalar<'_>) -> Outcome<Ordering> {
    let kind = if left.kind() == Kind::String { right.kind() } else { left.kind() };
    compare(kind, left, right)
}

fn is_integer_and_float(left: Scalar<'_>, right: Scalar<'_>) -> bool {
    matches!((left.kind(), right.kind()), (Kind::Integer, Kind::Float) | (Kind::Float, Kind::Integer))
}

/// `==`: numbers by their value, and what JSON has no form for by its text.
fn loosely_equal(left: Scalar<'_>, right: Scalar<'_>) -> Outcome<bool> {
    if scalars_equal(left, right) {
        return Ok(true);
    }
    if is_integer_and_float(left, right) {
        return Ok(compare(left.kind(), left, right)?.is_eq());
    }
    let Scalar::String(right) = right else { return Ok(false) };
    Ok(match left {
        Scalar::Date(date) => iso_date(date) == right,
        Scalar::DateOffset(date) => iso_offset(date) == right,
        Scalar::Bytes(bytes) => base64(bytes) == right,
        Scalar::Guid(_) | Scalar::TimeSpan(_) | Scalar::Uri(_) => text_of(left) == right,
        _ => false,
    })
}

fn strictly_equal(left: Scalar<'_>, right: Scalar<'_>) -> Outcome<bool> {
    if is_integer_and_float(left, right) {
        return Ok(compare(left.kind(), left, right)?.is_eq());
    }
    Ok(scalars_equal(left, right))
}

fn is_property(token: Token<'_>, name: &str) -> bool {
    token.kind() == Kind::Property && token.name() == Some(name)
}

fn fields<'a>(names: &[String], token: Token<'a>, strict: bool, out: &mut Vec<Token<'a>>) -> Outcome<()> {
    if token.kind() == Kind::Object {
        for name in names {
            out.extend(token.get(name));
            // Json.NET says so of properties that are there as well.
            if strict {
                return fail(format!("Property '{name}' does not exist on JObject."));
            }
        }
    } else if strict {
        let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
        return fail(format!("Properties {} not valid on {}.", names.join(", "), token.class()));
    }
    Ok(())
}

fn item<'a>(token: Token<'a>, index: i32, strict: bool) -> Outcome<Option<Token<'a>>> {
    let class = token.class();
    if !matches!(token.kind(), Kind::Array | Kind::Constructor) {
        return if strict { fail(format!("Index {index} not valid on {class}.")) } else { Ok(None) };
    }
    let at = usize::try_from(index).map_err(|_| index_out_of_range())?;
    match token.child(at) {
        None if strict => fail(format!("Index {index} outside the bounds of {class}.")),
        found => Ok(found),
    }
}

fn slice<'a>(
    token: Token<'a>,
    start: Option<i32>,
    end: Option<i32>,
    step: Option<i32>,
    strict: bool,
    out: &mut Vec<Token<'a>>,
) -> Outcome<()> {
    let step = i64::from(step.unwrap_or(1));
    if step == 0 {
        return fail("Step cannot be zero.");
    }
    if token.kind() != Kind::Array {
        return if strict { fail(format!("Array slice is not valid on {}.", token.class())) } else { Ok(()) };
    }
    let count = i64::try_from(token.len()).unwrap_or(i64::MAX);
    let forward = step > 0;
    let from_end = |at: i32| if at < 0 { count + i64::from(at) } else { i64::from(at) };
    let first = start.map_or(if forward { 0 } else { count - 1 }, from_end);
    let first = if forward { first.clamp(0, count) } else { first.min(count - 1) };
    let stop = end.map_or(if forward { count } else { -1 }, from_end).clamp(-1, count);
    let is_before = |at: i64| if forward { at < stop } else { at > stop };
    if !is_before(first) {
        let text = |at: Option<i32>| at.map_or_else(|| "*".to_owned(), |at| at.to_string());
        let (start, end) = (text(start), text(end));
        return if strict {
            fail(format!("Array slice of {start} to {end} returned no results."))
        } else {
            Ok(())
        };
    }
    let mut at = first;
    while is_before(at) {
        out.extend(usize::try_from(at).ok().and_then(|at| token.child(at)));
        at += step;
    }
    Ok(())
}

fn fail<T>(message: impl Into<String>) -> Outcome<T> {
    Err(throw(JSON, message))
}
