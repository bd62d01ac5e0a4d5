//! Going through sequences: arrays, lists, strings, documents, and what LINQ makes of them.

use std::cell::Cell;

use super::cx::{Cx, object_ty};
use super::exception::Eval;
use super::object::Object;
use super::value::Value;
use crate::context::Part;
use crate::types::{Known, Ty};

/// What a LINQ method gives: worked out each time it is gone through.
#[derive(Clone, Copy)]
pub struct Sequence<'a> {
    pub element: &'a Ty,
    pub source: Value<'a>,
    pub step: Step<'a>,
}

/// Gives all items of a sequence that needs all of its source first.
pub type Gather = for<'a> fn(&mut Cx<'a, '_>, &Sequence<'a>) -> Eval<'a, Vec<Value<'a>>>;

/// What is done with each item of the source.
#[derive(Clone, Copy)]
pub enum Step<'a> {
    Where {
        keep: Value<'a>,
        with_index: bool,
    },
    Select {
        to: Value<'a>,
        with_index: bool,
    },
    SelectMany {
        to: Value<'a>,
        result: Value<'a>,
    },
    Take(i32),
    Skip(i32),
    TakeWhile(Value<'a>),
    SkipWhile(Value<'a>),
    Concat(Value<'a>),
    OfType,
    Cast,
    Zip {
        other: Value<'a>,
        with: Value<'a>,
    },
    DefaultIfEmpty(Value<'a>),
    /// Keys, comparers and the like are up to `gather`.
    Gathered {
        gather: Gather,
        one: Value<'a>,
        two: Value<'a>,
        three: Value<'a>,
    },
    /// One level of ordering; the source is what was ordered before where `is_then`.
    Order {
        key: Value<'a>,
        is_descending: bool,
        is_then: bool,
        ignores_case: bool,
    },
    Range {
        start: i32,
        count: i32,
    },
    Repeat {
        item: Value<'a>,
        count: i32,
    },
}

/// Where a walk stands.
pub enum Iter<'a> {
    Slice { cells: &'a [Cell<Value<'a>>], at: usize },
    Versioned { cells: &'a [Cell<Value<'a>>], at: usize, version: &'a Cell<u32>, seen: u32 },
    Bytes { cells: &'a [Cell<u8>], at: usize },
    Range { next: i32, left: i32 },
    Repeat { item: Value<'a>, left: i32 },
    Chars(std::str::EncodeUtf16<'a>),
    Vec(std::vec::IntoIter<Value<'a>>),
    Stepped(Box<Stepped<'a>>),
}

pub struct Stepped<'a> {
    inner: Iter<'a>,
    /// Of `Concat`, `Zip` and `SelectMany`.
    second: Option<Iter<'a>>,
    element: &'a Ty,
    step: Step<'a>,
    /// Items seen.
    seen: i32,
    /// What `SelectMany` goes through the parts of.
    outer: Value<'a>,
}

impl<'a> Cx<'a, '_> {
    /// Begins to go through a value.
    ///
    /// # Errors
    /// It is null, or no sequence; `source` names the parameter.
    pub fn iterate(&mut self, value: Value<'a>) -> Eval<'a, Iter<'a>> {
        let object = match value {
            Value::Null => return self.argument_null("source"),
            Value::Str(text) => return Ok(Iter::Chars(text.encode_utf16())),
            Value::Part(part) => return Ok(Iter::Vec(self.part_items(part)?.into_iter())),
            Value::Json(token) => return Ok(Iter::Vec(crate::net::json::children(token).into_iter())),
            Value::Object(object) => object,
            other => return self.invalid_cast(&other.ty(), &Ty::known(Known::IEnumerable)),
        };
        Ok(match object {
            Object::Array { items, .. } | Object::Grouping { items, .. } => {
                Iter::Slice { cells: items.cells(), at: 0 }
            }
            Object::List { items, version, .. } => {
                Iter::Versioned { cells: items.cells(), at: 0, version, seen: version.get() }
            }
            Object::Bytes(bytes) => Iter::Bytes { cells: bytes.cells(), at: 0 },
            Object::Sequence(sequence) => self.begin(sequence)?,
            _ => Iter::Vec(crate::net::objects::items(self, object)?.into_iter()),
        })
    }

    /// Sequences over sequences are begun, and gone through, as deep as evaluations are nested.
    fn begin(&mut self, sequence: &Sequence<'a>) -> Eval<'a, Iter<'a>> {
        self.step()?;
        self.deeper(|cx| cx.begin_within(sequence))
    }

    fn begin_within(&mut self, sequence: &Sequence<'a>) -> Eval<'a, Iter<'a>> {
        match sequence.step {
            Step::Gathered { gather, .. } => return Ok(Iter::Vec(gather(self, sequence)?.into_iter())),
            Step::Order { .. } => {
                return Ok(Iter::Vec(crate::net::enumerable::ordered(self, sequence)?.into_iter()));
            }
            Step::Range { start, count } => return Ok(Iter::Range { next: start, left: count }),
            Step::Repeat { item, count } => return Ok(Iter::Repeat { item, left: count }),
            _ => {}
        }
        let inner = self.iterate(sequence.source)?;
        let second = match sequence.step {
            Step::Zip { other, .. } => Some(self.iterate(other)?),
            _ => None,
        };
        let Sequence { element, step, .. } = *sequence;
        Ok(Iter::Stepped(Box::new(Stepped { inner, second, element, step, seen: 0, outer: Value::Null })))
    }

    /// All items of a sequence.
    ///
    /// # Errors
    /// It is no sequence, or what an item costs.
    pub fn collect(&mut self, value: Value<'a>) -> Eval<'a, Vec<Value<'a>>> {
        let mut iter = self.iterate(value)?;
        let mut items = Vec::new();
        while let Some(item) = iter.next(self)? {
            self.arena.charge(size_of::<Value<'_>>())?;
            items.push(item);
        }
        Ok(items)
    }

    /// The entries of a dictionary below `context`.
    fn part_items(&mut self, part: Part) -> Eval<'a, Vec<Value<'a>>> {
        let mut names = Vec::new();
        self.host.names(part, &mut |name| names.push(name.to_owned()));
        let ty = self.keep_ty(match part.ty() {
            Ty::Named(_, arguments) if arguments.len() == 2 => {
                Ty::generic(Known::KeyValuePair, [arguments[0].clone(), arguments[1].clone()])
            }
            other => return self.invalid_cast(&other, &Ty::known(Known::IEnumerable)),
        });
        let mut items = Vec::new();
        for name in names {
            let key = self.str(&name)?;
            let value = crate::net::context::entry(self, part, &name)?.unwrap_or(Value::Null);
            items.push(self.new_object(Object::KeyValue { ty, key, value })?);
        }
        Ok(items)
    }
}

impl<'a> Iter<'a> {
    /// The next item.
    ///
    /// # Errors
    /// What it costs to work it out, or the list was changed meanwhile.
    pub fn next(&mut self, cx: &mut Cx<'a, '_>) -> Eval<'a, Option<Value<'a>>> {
        cx.step()?;
        Ok(match self {
            Self::Slice { cells, at } => {
                *at += 1;
                cells.get(*at - 1).map(Cell::get)
            }
            Self::Versioned { cells, at, version, seen } => {
                if version.get() != *seen {
                    return cx.throw(
                        "System.InvalidOperationException",
                        "Collection was modified; enumeration operation may not execute.",
                    );
                }
                *at += 1;
                cells.get(*at - 1).map(Cell::get)
            }
            Self::Bytes { cells, at } => {
                *at += 1;
                cells.get(*at - 1).map(|cell| Value::Byte(cell.get()))
            }
            Self::Range { left: ..=0, .. } | Self::Repeat { left: ..=0, .. } => None,
            Self::Range { next, left } => {
                let item = *next;
                (*next, *left) = (item.wrapping_add(1), *left - 1);
                Some(Value::Int(item))
            }
            Self::Repeat { item, left } => {
                *left -= 1;
                Some(*item)
            }
            Self::Chars(units) => units.next().map(Value::Char),
            Self::Vec(items) => items.next(),
            Self::Stepped(stepped) => cx.deeper(|cx| stepped.next(cx))?,
        })
    }
}

impl<'a> Stepped<'a> {
    fn next(&mut self, cx: &mut Cx<'a, '_>) -> Eval<'a, Option<Value<'a>>> {
        loop {
            if let Step::SelectMany { result, .. } = self.step
                && let Some(parts) = &mut self.second
            {
                match parts.next(cx)? {
                    Some(part) if result.is_null() => return Ok(Some(part)),
                    Some(part) => return cx.invoke(result, &[self.outer, part]).map(Some),
                    None => self.second = None,
                }
            }
            if let Step::Take(count) = self.step
                && self.seen >= count
            {
                return Ok(None);
            }
            let item = match (self.inner.next(cx)?, self.step) {
                (Some(item), _) => item,
                (None, Step::Concat(other)) if self.second.is_none() => {
                    // The second half comes as the source of what is left, which does nothing more.
                    self.inner = cx.iterate(other)?;
                    self.second = Some(Iter::Vec(Vec::new().into_iter()));
                    continue;
                }
                (None, Step::DefaultIfEmpty(item)) if self.seen == 0 => {
                    self.seen = 1;
                    return Ok(Some(item));
                }
                (None, _) => return Ok(None),
            };
            let index = Value::Int(self.seen);
            self.seen = self.seen.saturating_add(1);
            let with = |with_index: bool| if with_index { 2 } else { 1 };
            match self.step {
                Step::Where { keep, with_index } => {
                    if truth(cx.invoke(keep, &[item, index][..with(with_index)])?) {
                        return Ok(Some(item));
                    }
                }
                Step::Select { to, with_index } => {
                    return cx.invoke(to, &[item, index][..with(with_index)]).map(Some);
                }
                Step::SelectMany { to, .. } => {
                    let parts = cx.invoke(to, &[item])?;
                    self.outer = item;
                    self.second = Some(cx.iterate(parts)?);
                }
                Step::Skip(count) => {
                    if self.seen > count {
                        return Ok(Some(item));
                    }
                }
                Step::TakeWhile(keep) => {
                    let goes_on = truth(cx.invoke(keep, &[item])?);
                    if !goes_on {
                        self.inner = Iter::Vec(Vec::new().into_iter());
                    }
                    return Ok(goes_on.then_some(item));
                }
                Step::SkipWhile(skip) => {
                    if self.second.is_some() || !truth(cx.invoke(skip, &[item])?) {
                        self.second = Some(Iter::Vec(Vec::new().into_iter()));
                        return Ok(Some(item));
                    }
                }
                Step::OfType => {
                    if cx.is_instance(item, self.element) {
                        return Ok(Some(item));
                    }
                }
                Step::Cast => return cx.cast(item, self.element).map(Some),
                Step::Zip { with, .. } => {
                    let other = match &mut self.second {
                        Some(second) => second.next(cx)?,
                        None => None,
                    };
                    return match other {
                        Some(other) => cx.invoke(with, &[item, other]).map(Some),
                        None => Ok(None),
                    };
                }
                _ => return Ok(Some(item)),
            }
        }
    }
}

/// What a predicate gave.
pub fn truth(value: Value<'_>) -> bool {
    matches!(value, Value::Bool(true))
}

/// Element type of a value that can be gone through.
pub fn element_ty<'a>(value: Value<'a>) -> &'a Ty {
    match value.object() {
        Some(Object::Array { element, .. } | Object::List { element, .. }) => element,
        Some(Object::Sequence(sequence)) => sequence.element,
        _ => object_ty(),
    }
}
