//! From a template to text.

use std::collections::BTreeMap;

use hanse_expression::context::Part;
use hanse_expression::run::{Cx, Stop};

use super::value::Liq;
use super::{Comparison, Condition, Expr, For, Key, Node, OUTPUT_BYTES_MAX, Piped, Template, When};

/// What a template is given.
pub(crate) struct Given<'a> {
    pub(crate) body: Liq<'a>,
    /// What `xsi:nil` says is nothing is nothing, and not an empty text.
    pub(crate) nil_is_null: bool,
    /// `context.Request.OriginalMethod`
    pub(crate) original_method: &'a str,
}

/// Why there is no text.
#[derive(Debug)]
pub(crate) enum Unrendered<'a> {
    Stop(Stop<'a>),
    TooLong,
}

/// What keeps a value from being worked out.
pub(super) enum Trouble<'a> {
    /// Is written in its place.
    Said(String),
    Stop(Stop<'a>),
}

impl<'a, E: Into<Stop<'a>>> From<E> for Trouble<'a> {
    fn from(stop: E) -> Self {
        Self::Stop(stop.into())
    }
}

impl<'a> From<Stop<'a>> for Unrendered<'a> {
    fn from(stop: Stop<'a>) -> Self {
        Self::Stop(stop)
    }
}

pub(super) type Worked<'a, T = Liq<'a>> = Result<T, Trouble<'a>>;

/// Where a block stopped.
#[derive(PartialEq, Eq)]
enum Left {
    AtEnd,
    Break,
    Continue,
}

impl Template {
    /// # Errors
    /// A bound that was reached.
    pub(crate) fn render<'a>(
        &self,
        cx: &mut Cx<'a, '_>,
        given: &Given<'a>,
    ) -> Result<String, Unrendered<'a>> {
        let mut renderer = Renderer {
            cx,
            given,
            out: String::new(),
            scopes: vec![BTreeMap::new()],
            cycles: BTreeMap::new(),
            counts: BTreeMap::new(),
        };
        renderer.block(&self.nodes)?;
        Ok(renderer.out)
    }
}

struct Renderer<'t, 'a, 'h, 'r> {
    cx: &'r mut Cx<'a, 'h>,
    given: &'r Given<'a>,
    out: String,
    /// The template's own variables, and those of loops, innermost last.
    scopes: Vec<BTreeMap<&'t str, Liq<'a>>>,
    cycles: BTreeMap<&'t str, usize>,
    counts: BTreeMap<&'t str, i64>,
}

impl<'t, 'a> Renderer<'t, 'a, '_, '_> {
    fn block(&mut self, nodes: &'t [Node]) -> Result<Left, Unrendered<'a>> {
        for node in nodes {
            self.cx.step()?;
            let left = self.node(node)?;
            if left != Left::AtEnd {
                return Ok(left);
            }
        }
        Ok(Left::AtEnd)
    }

    fn node(&mut self, node: &'t Node) -> Result<Left, Unrendered<'a>> {
        match node {
            Node::Text(text) => self.write(text)?,
            Node::Output(piped) => {
                let worked = self.piped(piped);
                self.put(worked)?;
            }
            Node::If(branches) => {
                for (condition, body) in branches {
                    match self.condition(condition) {
                        Ok(true) => return self.block(body),
                        Ok(false) => {}
                        Err(trouble) => return self.say(trouble),
                    }
                }
            }
            Node::Case { of, whens } => return self.case(of, whens),
            Node::For(repeat) => return self.repeat(repeat),
            Node::Assign(name, piped) => match self.piped(piped) {
                Ok(value) => self.assign(name, value),
                Err(trouble) => return self.say(trouble),
            },
            Node::Capture(name, body) => {
                let outside = std::mem::take(&mut self.out);
                let left = self.block(body);
                let captured = std::mem::replace(&mut self.out, outside);
                let text = self.cx.arena.text(&captured).map_err(Stop::from)?;
                self.assign(name, Liq::Text(text));
                return left;
            }
            Node::Cycle { group, values } => {
                let at = self.cycles.entry(group).or_default();
                let value = &values[*at % values.len()];
                *at += 1;
                let worked = self.value(value);
                self.put(worked)?;
            }
            Node::Count(name, step) => {
                let count = self.counts.entry(name).or_default();
                // `decrement` shows what it comes to, `increment` what was there.
                let shown = if *step < 0 { *count - 1 } else { *count };
                *count += step;
                self.write(&shown.to_string())?;
            }
            Node::Break => return Ok(Left::Break),
            Node::Continue => return Ok(Left::Continue),
        }
        Ok(Left::AtEnd)
    }

    fn write(&mut self, text: &str) -> Result<(), Unrendered<'a>> {
        self.cx.work(text.len())?;
        if self.out.len() + text.len() > OUTPUT_BYTES_MAX {
            return Err(Unrendered::TooLong);
        }
        self.out.push_str(text);
        Ok(())
    }

    fn put(&mut self, worked: Worked<'a>) -> Result<(), Unrendered<'a>> {
        match worked {
            Ok(value) => {
                let text = value.text(self.cx)?;
                self.write(text)
            }
            Err(trouble) => self.say(trouble).map(|_| ()),
        }
    }

    fn say(&mut self, trouble: Trouble<'a>) -> Result<Left, Unrendered<'a>> {
        match trouble {
            Trouble::Said(message) => self.write(&format!("Liquid error: {message}"))?,
            Trouble::Stop(stop) => return Err(stop.into()),
        }
        Ok(Left::AtEnd)
    }

    fn assign(&mut self, name: &'t str, value: Liq<'a>) {
        self.scopes.first_mut().expect("there is one").insert(name, value);
    }

    fn case(&mut self, of: &'t Expr, whens: &'t [When]) -> Result<Left, Unrendered<'a>> {
        let of = match self.value(of) {
            Ok(value) => value,
            Err(trouble) => return self.say(trouble),
        };
        let mut has_matched = false;
        for When { values, body } in whens {
            let is_it = match values.is_empty() {
                true => !has_matched,
                false => {
                    let mut is_it = false;
                    for value in values {
                        match self.value(value).and_then(|value| self.equal(of, value)) {
                            Ok(equal) => is_it |= equal,
                            Err(trouble) => return self.say(trouble),
                        }
                    }
                    is_it
                }
            };
            if is_it {
                has_matched = true;
                let left = self.block(body)?;
                if left != Left::AtEnd {
                    return Ok(left);
                }
            }
        }
        Ok(Left::AtEnd)
    }

    fn repeat(&mut self, repeat: &'t For) -> Result<Left, Unrendered<'a>> {
        let items = match self.items_of(repeat) {
            Ok(items) => items,
            Err(trouble) => return self.say(trouble),
        };
        if items.is_empty() {
            return self.block(&repeat.otherwise);
        }
        self.scopes.push(BTreeMap::new());
        let mut has_any = false;
        for at in 0..items.len() {
            self.cx.step()?;
            let item = if repeat.is_reversed { items[items.len() - 1 - at] } else { items[at] };
            let scope = self.scopes.last_mut().expect("it was just put there");
            scope.insert("forloop", Liq::Loop(at, items.len()));
            scope.insert(&repeat.variable, item);
            let before = self.out.len();
            if repeat.has_commas && has_any {
                self.write(",")?;
            }
            let behind_comma = self.out.len();
            let left = self.block(&repeat.body)?;
            if repeat.has_commas {
                // An item that became nothing takes its comma along.
                match self.out[behind_comma..].trim().is_empty() {
                    true => self.out.truncate(before),
                    false => has_any = true,
                }
            }
            if left == Left::Break {
                break;
            }
        }
        self.scopes.pop();
        Ok(Left::AtEnd)
    }

    fn items_of(&mut self, repeat: &'t For) -> Worked<'a, &'a [Liq<'a>]> {
        let of = self.value(&repeat.of)?;
        let items = match of.items(self.cx)? {
            Some(items) => items,
            None if of.is_empty() => &[],
            // The only one of its name in XML, or a text.
            None if matches!(of, Liq::Xml(_) | Liq::Text(_)) => self.cx.arena.slice(&[of])?,
            None => &[],
        };
        let offset = match &repeat.offset {
            Some(offset) => self.count_of(offset)?,
            None => 0,
        };
        let limit = match &repeat.limit {
            Some(limit) => self.count_of(limit)?,
            None => usize::MAX,
        };
        let items = items.get(offset..).unwrap_or_default();
        Ok(&items[..items.len().min(limit)])
    }

    fn count_of(&mut self, expr: &'t Expr) -> Worked<'a, usize> {
        let value = self.value(expr)?;
        let number = super::filters::number(self.cx, value)?;
        Ok(usize::try_from(number.whole()).unwrap_or(0))
    }

    fn piped(&mut self, piped: &'t Piped) -> Worked<'a> {
        let mut value = self.value(&piped.of)?;
        for (filter, arguments) in &piped.filters {
            self.cx.step()?;
            let mut given = Vec::with_capacity(arguments.len());
            for argument in arguments {
                given.push(self.value(argument)?);
            }
            value = filter.apply(self.cx, self.given, value, &given)?;
        }
        Ok(value)
    }

    fn value(&mut self, expr: &'t Expr) -> Worked<'a> {
        self.cx.step()?;
        Ok(match expr {
            Expr::Nil | Expr::Empty => Liq::Nil,
            Expr::Bool(is) => Liq::Bool(*is),
            Expr::Int(number) => Liq::Int(*number),
            Expr::Float(number) => Liq::Float(*number),
            Expr::Text(text) => Liq::Text(self.cx.arena.text(text)?),
            Expr::Range(range) => {
                let (from, to) = &**range;
                let mut ends = [0; 2];
                for (end, expr) in ends.iter_mut().zip([from, to]) {
                    let value = self.value(expr)?;
                    *end = super::filters::number(self.cx, value)?.whole();
                }
                let len = ends[1]
                    .checked_sub(ends[0])
                    .and_then(|len| u64::try_from(len).ok())
                    .map_or(0, |len| len + 1);
                self.cx.steps_of(len)?;
                let items: Vec<Liq<'a>> = (ends[0]..=ends[1]).map(Liq::Int).collect();
                Liq::List(self.cx.arena.slice(&items)?)
            }
            Expr::Path(name, keys) => {
                let mut value = self.named(name);
                for key in keys {
                    value = match key {
                        Key::Name(name) => value.member(self.cx, self.given, name)?,
                        Key::Index(expr) => {
                            let index = self.value(expr)?;
                            value.index(self.cx, self.given, index)?
                        }
                    };
                }
                value
            }
        })
    }

    fn named(&self, name: &str) -> Liq<'a> {
        if let Some(value) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return *value;
        }
        match name {
            "body" => self.given.body,
            "context" => Liq::Part(Part::Context),
            _ => self.counts.get(name).map_or(Liq::Nil, |count| Liq::Int(*count)),
        }
    }

    fn condition(&mut self, condition: &'t Condition) -> Worked<'a, bool> {
        self.cx.step()?;
        // Chains of `and` and `or` lean to the right: one loop goes down them.
        let mut at = condition;
        loop {
            match at {
                Condition::And(both) => {
                    if !self.term(&both.0)? {
                        return Ok(false);
                    }
                    at = &both.1;
                }
                Condition::Or(both) => {
                    if self.term(&both.0)? {
                        return Ok(true);
                    }
                    at = &both.1;
                }
                Condition::Not(inner) => return Ok(!self.condition(inner)?),
                term => return self.term(term),
            }
        }
    }

    fn term(&mut self, term: &'t Condition) -> Worked<'a, bool> {
        match term {
            Condition::Always => Ok(true),
            Condition::Holds(expr) => Ok(self.value(expr)?.holds()),
            Condition::Compare(left, comparison, right) => self.compare(left, *comparison, right),
            other => self.condition(other),
        }
    }

    fn compare(&mut self, left: &'t Expr, comparison: Comparison, right: &'t Expr) -> Worked<'a, bool> {
        let (a, b) = (self.value(left)?, self.value(right)?);
        if matches!((left, right), (Expr::Empty, _) | (_, Expr::Empty)) {
            let is_empty = if matches!(left, Expr::Empty) { b.is_empty() } else { a.is_empty() };
            return Ok(match comparison {
                Comparison::Equal => is_empty,
                Comparison::NotEqual => !is_empty,
                _ => false,
            });
        }
        match comparison {
            Comparison::Equal => self.equal(a, b),
            Comparison::NotEqual => self.equal(a, b).map(|equal| !equal),
            Comparison::Contains => self.contains(a, b),
            _ => {
                let Some(order) = self.order(a, b)? else { return Ok(false) };
                Ok(match comparison {
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
        }
    }

    fn equal(&mut self, a: Liq<'a>, b: Liq<'a>) -> Worked<'a, bool> {
        super::filters::equal(self.cx, a, b)
    }

    fn order(&mut self, a: Liq<'a>, b: Liq<'a>) -> Worked<'a, Option<std::cmp::Ordering>> {
        super::filters::order(self.cx, a, b)
    }

    fn contains(&mut self, a: Liq<'a>, b: Liq<'a>) -> Worked<'a, bool> {
        if matches!(a, Liq::Nil) || matches!(b, Liq::Nil) {
            return Ok(false);
        }
        let is_map = matches!(a, Liq::Json(token) if token.kind() == hanse_expression::json::Kind::Object);
        if let (false, false, Some(items)) = (a.is_text(), is_map, a.items(self.cx)?) {
            for item in items {
                let item = if let Liq::Pair((key, _)) = item { Liq::Text(key) } else { *item };
                if self.equal(item, b)? {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        let part = b.text(self.cx)?;
        if let Liq::Json(token) = a {
            return Ok(token.get(part).is_some());
        }
        Ok(a.text(self.cx)?.contains(part))
    }
}
