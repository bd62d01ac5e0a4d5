//! What a search finds: `Match`, `Group`, `Capture`, and their collections.

use crate::regex::{Match, Regex, utf16_index};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::span::Span;
use crate::types::Known;
use crate::types::catalogue::{Builder, TypeBuilder};

use super::{Searched, search};

const NAMESPACE: &str = "System.Text.RegularExpressions";

/// A match with what it was found by and in.
pub struct Found<'a> {
    pub(super) regex: &'a Regex,
    pub(super) text: &'a str,
    /// UTF-16 units before the text, where only a part was searched.
    pub(super) before: usize,
    pub(super) at: &'a Match,
}

/// A `Match`, a `Group` or a `Capture`.
#[derive(Clone, Copy)]
pub struct Capture<'a> {
    kind: Known,
    /// `None` of what stands for nothing: `Match.Empty`, and groups that are not there.
    found: Option<&'a Found<'a>>,
    slot: usize,
    span: Option<Span>,
}

/// `MatchCollection`, `GroupCollection`, `CaptureCollection`.
pub struct Captures<'a> {
    kind: Known,
    items: &'a [Value<'a>],
    /// Of groups.
    found: Option<&'a Found<'a>>,
}

impl<'a> Capture<'a> {
    pub(crate) fn kind(&self) -> Known {
        self.kind
    }

    pub(crate) fn value(&self) -> &'a str {
        match (self.found, self.span) {
            (Some(found), Some(span)) => found.text.get(span.start..span.end).unwrap_or_default(),
            _ => "",
        }
    }
}

impl<'a> Captures<'a> {
    pub(crate) fn kind(&self) -> Known {
        self.kind
    }

    pub(crate) fn items(&self) -> &'a [Value<'a>] {
        self.items
    }
}

/// A match as an object; `Match.Empty` where there is none.
pub(super) fn object<'a>(cx: &mut Cx<'a, '_>, searched: &Searched<'a>, at: Option<Match>) -> Eval<'a> {
    let Some(at) = at else {
        let nothing = Capture { kind: Known::Match, found: None, slot: 0, span: None };
        return cx.new_object(Object::Capture(nothing));
    };
    cx.arena.charge(size_of_val(at.groups()) + size_of::<Match>())?;
    let span = Some(at.span());
    let Searched { regex, text, before, .. } = *searched;
    let found = cx.arena.alloc(Found { regex, text, before, at: cx.arena.keep(at) })?;
    cx.new_object(Object::Capture(Capture { kind: Known::Match, found: Some(found), slot: 0, span }))
}

pub(super) fn collection<'a>(
    cx: &mut Cx<'a, '_>,
    kind: Known,
    items: &[Value<'a>],
    found: Option<&'a Found<'a>>,
) -> Eval<'a> {
    let items = cx.arena.slice(items)?;
    cx.new_object(Object::Captures(Captures { kind, items, found }))
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Capture<'a>> {
    match a.object(0) {
        Some(Object::Capture(capture)) => Ok(capture),
        _ => cx.null_reference(),
    }
}

fn these<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Captures<'a>> {
    match a.object(0) {
        Some(Object::Captures(captures)) => Ok(captures),
        _ => cx.null_reference(),
    }
}

fn number<'a>(of: usize) -> Value<'a> {
    Value::Int(i32::try_from(of).unwrap_or(i32::MAX))
}

/// The group of a slot; of none, a group that did not take part.
fn group<'a>(cx: &mut Cx<'a, '_>, found: Option<&'a Found<'a>>, slot: Option<usize>) -> Eval<'a> {
    let span = found.zip(slot).and_then(|(found, slot)| found.at.group(slot));
    let kind = if slot == Some(0) { Known::Match } else { Known::Group };
    cx.new_object(Object::Capture(Capture { kind, found, slot: slot.unwrap_or(usize::MAX), span }))
}

fn groups<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let of = this(cx, a)?;
    let count = of.found.map_or(1, |found| found.regex.groups().len());
    let items: Vec<Value<'a>> =
        (0..count).map(|slot| group(cx, of.found, Some(slot))).collect::<Result<_, _>>()?;
    collection(cx, Known::GroupCollection, &items, of.found)
}

fn captures<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let of = this(cx, a)?;
    let mut items = Vec::new();
    if let (Some(found), Some(_)) = (of.found, of.span) {
        let all = search(cx, |budget| found.regex.captures(found.text, found.at, budget))?;
        for span in all.get(of.slot).into_iter().flatten() {
            let one = Capture { kind: Known::Capture, found: of.found, slot: of.slot, span: Some(*span) };
            items.push(cx.new_object(Object::Capture(one))?);
        }
    }
    collection(cx, Known::CaptureCollection, &items, None)
}

fn next<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let of = this(cx, a)?;
    let Some(found) = of.found else { return Ok(a.value(0)) };
    let span = found.at.span();
    let next = search(cx, |budget| found.regex.match_behind(found.text, found.at, budget))?;
    cx.work(span.len())?;
    let searched = Searched { regex: found.regex, text: found.text, before: found.before, start: 0 };
    object(cx, &searched, next)
}

/// `Match.Result`.
fn result<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let pattern = a.str(cx, 1, "replacement")?;
    let Some(found) = this(cx, a)?.found else {
        return cx.throw("System.NotSupportedException", "Result cannot be called on a failed Match.");
    };
    let mut out = String::new();
    search(cx, |_| found.regex.replacement(pattern).expand(found.text, found.at, &mut out))?;
    cx.str(&out)
}

pub(super) fn define(c: &mut Builder) {
    c.define(NAMESPACE, "class Capture", |t| {
        t.add("int Index { get; }", |cx, a| {
            let of = this(cx, a)?;
            let (Some(found), Some(span)) = (of.found, of.span) else { return Ok(Value::Int(0)) };
            cx.work(span.start)?;
            Ok(number(found.before + utf16_index(found.text, span.start)))
        })
        .add("int Length { get; }", |cx, a| {
            let value = this(cx, a)?.value();
            cx.work(value.len())?;
            Ok(number(crate::encoding::utf16_len(value)))
        })
        .add("string Value { get; }", |cx, a| Ok(Value::Str(this(cx, a)?.value())))
        .add("string ToString()", |cx, a| Ok(Value::Str(this(cx, a)?.value())));
    });
    c.define(NAMESPACE, "class Group : Capture", |t| {
        t.add("bool Success { get; }", |cx, a| Ok(Value::Bool(this(cx, a)?.span.is_some())))
            .add("string Name { get; }", |cx, a| {
                let of = this(cx, a)?;
                let name = of.found.and_then(|found| found.regex.groups().get(of.slot));
                Ok(Value::Str(name.map_or(if of.slot == 0 { "0" } else { "" }, |group| &group.name)))
            })
            .add("CaptureCollection Captures { get; }", captures);
    });
    c.define(NAMESPACE, "class Match : Group", |t| {
        t.add("static Match Empty { get; }", |cx, _| {
            cx.new_object(Object::Capture(Capture { kind: Known::Match, found: None, slot: 0, span: None }))
        })
        .add("GroupCollection Groups { get; }", groups)
        .add("Match NextMatch()", next)
        .add("string Result(string replacement)", result);
    });
    c.define(NAMESPACE, "class MatchCollection : IReadOnlyList<Match>", |t| indexed(t, "Match"));
    c.define(NAMESPACE, "class CaptureCollection : IReadOnlyList<Capture>", |t| indexed(t, "Capture"));
    c.define(NAMESPACE, "class GroupCollection : IReadOnlyList<Group>", |t| {
        t.add("int Count { get; }", |cx, a| Ok(number(these(cx, a)?.items.len())))
            .add("Group this[int groupnum] { get; }", |cx, a| {
                let of = these(cx, a)?;
                let slot = u32::try_from(a.int(1)).ok().and_then(|number| match of.found {
                    Some(found) => found.regex.slot_of_number(number),
                    None => (number == 0).then_some(0),
                });
                named(cx, of, slot)
            })
            .add("Group this[string groupname] { get; }", |cx, a| {
                let name = a.str(cx, 1, "name")?;
                let of = these(cx, a)?;
                let slot = match of.found {
                    Some(found) => found.regex.slot_of_name(name),
                    None => (name == "0").then_some(0),
                };
                named(cx, of, slot)
            });
    });
}

/// The group of a slot that is at hand.
fn named<'a>(cx: &mut Cx<'a, '_>, of: &Captures<'a>, slot: Option<usize>) -> Eval<'a> {
    match slot.and_then(|slot| of.items.get(slot)) {
        Some(group) => Ok(*group),
        None => group(cx, of.found, None),
    }
}

fn indexed(t: &mut TypeBuilder<'_>, item: &str) {
    let text = match item {
        "Match" => "Match this[int i] { get; }",
        _ => "Capture this[int i] { get; }",
    };
    t.add("int Count { get; }", |cx, a| Ok(number(these(cx, a)?.items.len()))).add(text, |cx, a| {
        let items = these(cx, a)?.items;
        match usize::try_from(a.int(1)).ok().and_then(|at| items.get(at)) {
            Some(item) => Ok(*item),
            None => cx.out_of_range("i", "Specified argument was out of the range of valid values."),
        }
    });
}
