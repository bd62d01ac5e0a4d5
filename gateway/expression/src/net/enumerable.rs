//! LINQ: `System.Linq.Enumerable`.

use std::cmp::Ordering;

use crate::arena::List;
use crate::run::dictionary::Dictionary;
use crate::run::iterate::{Sequence, Step, element_ty, truth};
use crate::run::{Args, Cx, Eval, Object, Value, equality};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::types::{Known, Ty, catalogue};

const EMPTY: &str = "Sequence contains no elements";
const NO_MATCH: &str = "Sequence contains no matching element";

fn lazy<'a>(cx: &mut Cx<'a, '_>, source: Value<'a>, element: &'a Ty, step: Step<'a>) -> Eval<'a> {
    if source.is_null() {
        return cx.argument_null("source");
    }
    cx.new_object(Object::Sequence(Sequence { element, source, step }))
}

/// The items of an ordering: all its levels at once.
pub(crate) fn ordered<'a>(cx: &mut Cx<'a, '_>, last: &Sequence<'a>) -> Eval<'a, Vec<Value<'a>>> {
    let mut levels = vec![*last];
    while let Step::Order { is_then: true, .. } = levels[levels.len() - 1].step
        && let Some(Object::Sequence(before)) = levels[levels.len() - 1].source.object()
    {
        levels.push(*before);
    }
    levels.reverse();
    let items = cx.collect(levels[0].source)?;
    let mut keyed: Vec<(Vec<Value<'a>>, Value<'a>)> = Vec::with_capacity(items.len());
    for item in items {
        let mut keys = Vec::with_capacity(levels.len());
        for level in &levels {
            if let Step::Order { key, .. } = level.step {
                keys.push(cx.invoke(key, &[item])?);
            }
        }
        keyed.push((keys, item));
    }
    let mut places: Vec<usize> = (0..keyed.len()).collect();
    crate::run::sort::sort(cx, &mut places, |cx, x, y| {
        for (at, level) in levels.iter().enumerate() {
            let Step::Order { is_descending, ignores_case, .. } = level.step else { continue };
            let order = match (keyed[x].0[at], keyed[y].0[at], ignores_case) {
                (Value::Str(a), Value::Str(b), true) => {
                    cx.collate(a, b)?;
                    super::string::compare_culture(a, b, true)
                }
                (a, b, _) => equality::compare(cx, a, b)?,
            };
            if order != Ordering::Equal {
                return Ok(if is_descending { order.reverse() } else { order });
            }
        }
        Ok(Ordering::Equal)
    })?;
    Ok(places.into_iter().map(|at| keyed[at].1).collect())
}

fn order<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, is_descending: bool, is_then: bool) -> Eval<'a> {
    let ignores_case = super::string::ignores_case(a.value(2));
    lazy(cx, a.value(0), a.ty(0), Step::Order { key: a.value(1), is_descending, is_then, ignores_case })
}

/// The first or last item that a predicate holds of; without one, the first or last.
fn pick<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, is_last: bool) -> Eval<'a, Option<Value<'a>>> {
    let keep = a.value(1);
    let mut iter = cx.iterate(a.value(0))?;
    let mut found = None;
    while let Some(item) = iter.next(cx)? {
        if keep.is_null() || truth(cx.invoke(keep, &[item])?) {
            found = Some(item);
            if !is_last {
                break;
            }
        }
    }
    Ok(found)
}

fn or_throw<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, found: Option<Value<'a>>) -> Eval<'a> {
    match found {
        Some(item) => Ok(item),
        None => cx.throw("System.InvalidOperationException", if a.len() > 1 { NO_MATCH } else { EMPTY }),
    }
}

fn or_default<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, found: Option<Value<'a>>) -> Eval<'a> {
    Ok(found.unwrap_or_else(|| cx.default_of(a.ty(0))))
}

fn single<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, needs_one: bool) -> Eval<'a> {
    let mut iter = cx.iterate(a.value(0))?;
    let keep = a.value(1);
    let mut found = None;
    while let Some(item) = iter.next(cx)? {
        if keep.is_null() || truth(cx.invoke(keep, &[item])?) {
            if found.is_some() {
                let message = match keep.is_null() {
                    true => "Sequence contains more than one element",
                    false => "Sequence contains more than one matching element",
                };
                return cx.throw("System.InvalidOperationException", message);
            }
            found = Some(item);
        }
    }
    match needs_one {
        true => or_throw(cx, a, found),
        false => or_default(cx, a, found),
    }
}

fn any<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    pick(cx, a, false).map(|found| Value::Bool(found.is_some()))
}

fn all<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let mut iter = cx.iterate(a.value(0))?;
    while let Some(item) = iter.next(cx)? {
        if !truth(cx.invoke(a.value(1), &[item])?) {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn count<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, usize> {
    let mut iter = cx.iterate(a.value(0))?;
    let keep = a.value(1);
    let mut count = 0;
    while let Some(item) = iter.next(cx)? {
        if keep.is_null() || truth(cx.invoke(keep, &[item])?) {
            count += 1;
        }
    }
    Ok(count)
}

fn number<'a>(count: usize) -> Value<'a> {
    Value::Int(i32::try_from(count).unwrap_or(i32::MAX))
}

fn contains<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let ignores_case = super::string::ignores_case(a.value(2));
    let mut iter = cx.iterate(a.value(0))?;
    while let Some(item) = iter.next(cx)? {
        let is_same = match (item, a.value(1)) {
            (Value::Str(x), Value::Str(y)) if ignores_case => super::string::equal_ignoring_case(x, y),
            (x, y) => equality::equals(x, y),
        };
        if is_same {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn gathered<'a>(
    cx: &mut Cx<'a, '_>,
    a: Args<'_, 'a>,
    element: &'a Ty,
    gather: crate::run::iterate::Gather,
) -> Eval<'a> {
    let (one, two, three) = (a.value(1), a.value(2), a.value(3));
    lazy(cx, a.value(0), element, Step::Gathered { gather, one, two, three })
}

fn arguments<'a>(sequence: &Sequence<'a>) -> [Value<'a>; 3] {
    match sequence.step {
        Step::Gathered { one, two, three, .. } => [one, two, three],
        _ => [Value::Null; 3],
    }
}

fn distinct<'a>(cx: &mut Cx<'a, '_>, sequence: &Sequence<'a>) -> Eval<'a, Vec<Value<'a>>> {
    let items = cx.collect(sequence.source)?;
    unique(cx, items, arguments(sequence)[0])
}

fn unique<'a>(cx: &mut Cx<'a, '_>, items: Vec<Value<'a>>, comparer: Value<'a>) -> Eval<'a, Vec<Value<'a>>> {
    let seen = Dictionary::new(super::string::ignores_case(comparer));
    let mut kept = Vec::new();
    for item in items {
        cx.step()?;
        cx.weigh(item)?;
        if seen.set(cx.arena, item, Value::Null)? {
            kept.push(item);
        }
    }
    Ok(kept)
}

fn set_of<'a>(cx: &mut Cx<'a, '_>, items: Value<'a>, comparer: Value<'a>) -> Eval<'a, Dictionary<'a>> {
    let set = Dictionary::new(super::string::ignores_case(comparer));
    for item in cx.collect(items)? {
        cx.weigh(item)?;
        set.set(cx.arena, item, Value::Null)?;
    }
    Ok(set)
}

fn filtered<'a>(cx: &mut Cx<'a, '_>, sequence: &Sequence<'a>, keep: bool) -> Eval<'a, Vec<Value<'a>>> {
    let [other, comparer, _] = arguments(sequence);
    let set = set_of(cx, other, comparer)?;
    let items = cx.collect(sequence.source)?;
    items.iter().try_for_each(|item| cx.weigh(*item))?;
    let items = items.into_iter().filter(|item| set.contains(*item) == keep).collect();
    unique(cx, items, comparer)
}

fn union<'a>(cx: &mut Cx<'a, '_>, sequence: &Sequence<'a>) -> Eval<'a, Vec<Value<'a>>> {
    let [other, comparer, _] = arguments(sequence);
    let mut items = cx.collect(sequence.source)?;
    items.extend(cx.collect(other)?);
    unique(cx, items, comparer)
}

/// Items by key, in the order in which the keys come.
#[allow(clippy::type_complexity)]
fn grouped<'a>(
    cx: &mut Cx<'a, '_>,
    items: Vec<Value<'a>>,
    key: Value<'a>,
    element: Value<'a>,
    comparer: Value<'a>,
) -> Eval<'a, Vec<(Value<'a>, Vec<Value<'a>>)>> {
    let places = Dictionary::new(super::string::ignores_case(comparer));
    let mut groups: Vec<(Value<'a>, Vec<Value<'a>>)> = Vec::new();
    for item in items {
        let name = cx.invoke(key, &[item])?;
        cx.weigh(name)?;
        let item = if element.is_null() { item } else { cx.invoke(element, &[item])? };
        match places.get(name) {
            Some(Value::Int(at)) => groups[usize::try_from(at).unwrap_or_default()].1.push(item),
            _ => {
                places.set(cx.arena, name, number(groups.len()))?;
                groups.push((name, vec![item]));
            }
        }
    }
    Ok(groups)
}

fn group_by<'a>(cx: &mut Cx<'a, '_>, sequence: &Sequence<'a>) -> Eval<'a, Vec<Value<'a>>> {
    let [key, element, comparer] = arguments(sequence);
    let items = cx.collect(sequence.source)?;
    let mut groups = Vec::new();
    for (key, items) in grouped(cx, items, key, element, comparer)? {
        let items = List::from_slice(cx.arena, &items)?;
        groups.push(cx.new_object(Object::Grouping { ty: sequence.element, key, items })?);
    }
    Ok(groups)
}

/// `ToLookup`: the groups, at once.
fn to_lookup<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, element: Value<'a>, comparer: Value<'a>) -> Eval<'a> {
    let value_ty = if element.is_null() { a.ty(0) } else { a.ty(2) };
    let arguments = [a.ty(1).clone(), value_ty.clone()];
    let group = cx.keep_ty(Ty::generic(Known::IGrouping, arguments.clone()));
    let ty = match catalogue().find("ILookup", 2) {
        Some(id) => Ty::Named(id, arguments.into()),
        None => Ty::object(),
    };
    let ty = cx.keep_ty(ty);
    let items = cx.collect(a.value(0))?;
    let groups = List::default();
    for (key, items) in grouped(cx, items, a.value(1), element, comparer)? {
        let items = List::from_slice(cx.arena, &items)?;
        let group = cx.new_object(Object::Grouping { ty: group, key, items })?;
        groups.push(cx.arena, group)?;
    }
    cx.new_object(Object::Line { ty, items: groups, version: std::cell::Cell::new(0) })
}

/// The group of a key in a lookup.
fn group_of<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Option<Value<'a>>> {
    let groups = cx.collect(a.value(0))?;
    cx.steps_of(groups.len() as u64)?;
    let has_key = |group: &Value<'a>| match group.object() {
        Some(Object::Grouping { key, .. }) => equality::equals(*key, a.value(1)),
        _ => false,
    };
    Ok(groups.into_iter().find(has_key))
}

fn group_to<'a>(cx: &mut Cx<'a, '_>, sequence: &Sequence<'a>) -> Eval<'a, Vec<Value<'a>>> {
    let [key, result, _] = arguments(sequence);
    let items = cx.collect(sequence.source)?;
    let element = element_ty(sequence.source);
    let mut results = Vec::new();
    for (key, items) in grouped(cx, items, key, Value::Null, Value::Null)? {
        let items = cx.list(element, &items)?;
        results.push(cx.invoke(result, &[key, items])?);
    }
    Ok(results)
}

fn joined<'a>(cx: &mut Cx<'a, '_>, source: Value<'a>, a: [Value<'a>; 4]) -> Eval<'a, Vec<Value<'a>>> {
    let [inner, outer_key, inner_key, result] = a;
    let others = cx.collect(inner)?;
    let groups = grouped(cx, others, inner_key, Value::Null, Value::Null)?;
    let mut results = Vec::new();
    for item in cx.collect(source)? {
        let key = cx.invoke(outer_key, &[item])?;
        for (name, others) in &groups {
            cx.step()?;
            cx.weigh(*name)?;
            if equality::equals(*name, key) {
                for other in others {
                    cx.arena.charge(size_of::<Value<'_>>())?;
                    results.push(cx.invoke(result, &[item, *other])?);
                }
            }
        }
    }
    Ok(results)
}

/// Adds numbers up in the type that the method is declared with.
fn sum<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, zero: Value<'a>) -> Eval<'a> {
    let items = mapped(cx, a)?;
    total(cx, items, zero)
}

/// What the items come to, beginning with zero of the type that they are added up in.
fn total<'a>(cx: &mut Cx<'a, '_>, items: Vec<Value<'a>>, zero: Value<'a>) -> Eval<'a> {
    const OVERFLOW: &str = "Arithmetic operation resulted in an overflow.";
    let mut sum = zero;
    // `float` is added up as `double`.
    let mut precise = 0.0;
    for item in items {
        sum = match (sum, item) {
            (sum, Value::Null) => sum,
            (Value::Int(x), Value::Int(y)) => match x.checked_add(y) {
                Some(it) => Value::Int(it),
                None => return cx.overflow(OVERFLOW),
            },
            (Value::Long(x), item) => {
                let whole = item.integer().and_then(|y| i64::try_from(y).ok());
                match whole.and_then(|y| x.checked_add(y)) {
                    Some(it) => Value::Long(it),
                    None => return cx.overflow(OVERFLOW),
                }
            }
            (Value::Double(x), Value::Double(y)) => Value::Double(x + y),
            (Value::Single(_), Value::Single(y)) => {
                precise += f64::from(y);
                #[allow(clippy::cast_possible_truncation)]
                Value::Single(precise as f32)
            }
            (Value::Decimal(x), Value::Decimal(y)) => Value::Decimal(cx.clr(crate::clr::decimal::add(x, y))?),
            (sum, _) => sum,
        };
    }
    Ok(sum)
}

/// The items, or what a selector makes of them.
fn mapped<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Vec<Value<'a>>> {
    let mut items = cx.collect(a.value(0))?;
    if !a.is_null(1) {
        for item in &mut items {
            *item = cx.invoke(a.value(1), &[*item])?;
        }
    }
    Ok(items)
}

/// The average of what is not null; of nothing it is null where it may be.
fn average<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, zero: Value<'a>, takes_null: bool) -> Eval<'a> {
    let mut items = mapped(cx, a)?;
    items.retain(|item| !item.is_null());
    if items.is_empty() {
        return match takes_null {
            true => Ok(Value::Null),
            false => cx.throw("System.InvalidOperationException", EMPTY),
        };
    }
    let count = items.len();
    let zero = if let Value::Int(_) = zero { Value::Long(0) } else { zero };
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    Ok(match total(cx, items, zero)? {
        Value::Long(sum) => Value::Double(sum as f64 / count as f64),
        Value::Double(sum) => Value::Double(sum / count as f64),
        Value::Single(sum) => Value::Single((f64::from(sum) / count as f64) as f32),
        Value::Decimal(sum) => Value::Decimal(cx.clr(crate::clr::decimal::divide(sum, count.into()))?),
        other => other,
    })
}

fn extreme<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, wanted: Ordering) -> Eval<'a> {
    let mut best: Option<Value<'a>> = None;
    for item in mapped(cx, a)? {
        cx.step()?;
        if item.is_null() {
            continue;
        }
        best = match best {
            None => Some(item),
            Some(known) => match equality::compare(cx, item, known)? == wanted {
                true => Some(item),
                false => Some(known),
            },
        };
    }
    let result = a.types.last().filter(|_| !a.types.is_empty());
    match best {
        Some(item) => Ok(item),
        None if result.is_some_and(Ty::takes_null) => Ok(Value::Null),
        None => cx.throw("System.InvalidOperationException", EMPTY),
    }
}

fn to_array<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let items = cx.collect(a.value(0))?;
    cx.array(a.ty(0), &items)
}

fn to_list<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let items = cx.collect(a.value(0))?;
    cx.list(a.ty(0), &items)
}

fn to_dictionary<'a>(
    cx: &mut Cx<'a, '_>,
    a: Args<'_, 'a>,
    element: Value<'a>,
    comparer: Value<'a>,
) -> Eval<'a> {
    let value_ty = if element.is_null() { a.ty(0) } else { a.ty(2) };
    let ty = cx.keep_ty(Ty::generic(Known::Dictionary, [a.ty(1).clone(), value_ty.clone()]));
    let object = cx.dictionary(ty, super::string::ignores_case(comparer))?;
    let Object::Dictionary { map, .. } = object else { return cx.null_reference() };
    for item in cx.collect(a.value(0))? {
        let key = cx.invoke(a.value(1), &[item])?;
        let value = if element.is_null() { item } else { cx.invoke(element, &[item])? };
        if key.is_null() {
            return cx.argument_null("key");
        }
        cx.weigh(key)?;
        if !map.set(cx.arena, key, value)? {
            return cx.throw("System.ArgumentException", "An item with the same key has already been added.");
        }
    }
    Ok(Value::Object(object))
}

fn aggregate<'a>(
    cx: &mut Cx<'a, '_>,
    source: Value<'a>,
    seed: Option<Value<'a>>,
    with: Value<'a>,
) -> Eval<'a> {
    let mut iter = cx.iterate(source)?;
    let mut sum = match seed {
        Some(seed) => seed,
        None => match iter.next(cx)? {
            Some(first) => first,
            None => return cx.throw("System.InvalidOperationException", EMPTY),
        },
    };
    while let Some(item) = iter.next(cx)? {
        sum = cx.invoke(with, &[sum, item])?;
    }
    Ok(sum)
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System.Linq", "interface IGrouping<TKey, TElement> : IEnumerable<TElement>", |t| {
        t.add("TKey Key { get; }", |_, a| match a.object(0) {
            Some(Object::Grouping { key, .. }) => Ok(*key),
            _ => Ok(Value::Null),
        });
    });
    c.define(
        "System.Linq",
        "interface ILookup<TKey, TElement> : IEnumerable<IGrouping<TKey, TElement>>",
        |t| {
            t.add("int Count { get; }", |cx, a| count(cx, a).map(number))
                .add("bool Contains(TKey key)", |cx, a| Ok(Value::Bool(group_of(cx, a)?.is_some())))
                .add("IEnumerable<TElement> this[TKey key] { get; }", |cx, a| match group_of(cx, a)? {
                    Some(group) => Ok(group),
                    None => cx.array(a.ty(1), &[]),
                });
        },
    );
    c.define("System.Linq", "interface IOrderedEnumerable<TElement> : IEnumerable<TElement>", |_| {});
    c.define("System.Linq", "static class Enumerable", |t| {
        streaming(t);
        ordering(t);
        sets(t);
        finding(t);
        numbers(t);
        ends(t);
    });
}

fn streaming(t: &mut TypeBuilder<'_>) {
    t.add("static IEnumerable<TSource> Where<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)", |cx, a| {
        lazy(cx, a.value(0), a.ty(0), Step::Where { keep: a.value(1), with_index: false })
    })
    .add("static IEnumerable<TSource> Where<TSource>(this IEnumerable<TSource> source, Func<TSource, int, bool> predicate)", |cx, a| {
        lazy(cx, a.value(0), a.ty(0), Step::Where { keep: a.value(1), with_index: true })
    })
    .add("static IEnumerable<TResult> Select<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, TResult> selector)", |cx, a| {
        lazy(cx, a.value(0), a.ty(1), Step::Select { to: a.value(1), with_index: false })
    })
    .add("static IEnumerable<TResult> Select<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, int, TResult> selector)", |cx, a| {
        lazy(cx, a.value(0), a.ty(1), Step::Select { to: a.value(1), with_index: true })
    })
    .add("static IEnumerable<TResult> SelectMany<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, IEnumerable<TResult>> selector)", |cx, a| {
        lazy(cx, a.value(0), a.ty(1), Step::SelectMany { to: a.value(1), result: Value::Null })
    })
    .add("static IEnumerable<TResult> SelectMany<TSource, TCollection, TResult>(this IEnumerable<TSource> source, Func<TSource, IEnumerable<TCollection>> collectionSelector, Func<TSource, TCollection, TResult> resultSelector)", |cx, a| {
        lazy(cx, a.value(0), a.ty(2), Step::SelectMany { to: a.value(1), result: a.value(2) })
    })
    .add("static IEnumerable<TSource> Take<TSource>(this IEnumerable<TSource> source, int count)", |cx, a| {
        lazy(cx, a.value(0), a.ty(0), Step::Take(a.int(1)))
    })
    .add("static IEnumerable<TSource> Skip<TSource>(this IEnumerable<TSource> source, int count)", |cx, a| {
        lazy(cx, a.value(0), a.ty(0), Step::Skip(a.int(1)))
    })
    .add("static IEnumerable<TSource> TakeWhile<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)", |cx, a| {
        lazy(cx, a.value(0), a.ty(0), Step::TakeWhile(a.value(1)))
    })
    .add("static IEnumerable<TSource> SkipWhile<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)", |cx, a| {
        lazy(cx, a.value(0), a.ty(0), Step::SkipWhile(a.value(1)))
    })
    .add("static IEnumerable<TSource> Concat<TSource>(this IEnumerable<TSource> first, IEnumerable<TSource> second)", |cx, a| {
        lazy(cx, a.value(0), a.ty(0), Step::Concat(a.value(1)))
    })
    .add("static IEnumerable<TResult> Cast<TResult>(this IEnumerable source)", |cx, a| lazy(cx, a.value(0), a.ty(0), Step::Cast))
    .add("static IEnumerable<TResult> OfType<TResult>(this IEnumerable source)", |cx, a| lazy(cx, a.value(0), a.ty(0), Step::OfType))
    .add("static IEnumerable<TResult> Zip<TFirst, TSecond, TResult>(this IEnumerable<TFirst> first, IEnumerable<TSecond> second, Func<TFirst, TSecond, TResult> resultSelector)", |cx, a| {
        lazy(cx, a.value(0), a.ty(2), Step::Zip { other: a.value(1), with: a.value(2) })
    })
    .add("static IEnumerable<TSource> DefaultIfEmpty<TSource>(this IEnumerable<TSource> source)", |cx, a| {
        let item = cx.default_of(a.ty(0));
        lazy(cx, a.value(0), a.ty(0), Step::DefaultIfEmpty(item))
    })
    .add("static IEnumerable<TSource> DefaultIfEmpty<TSource>(this IEnumerable<TSource> source, TSource defaultValue)", |cx, a| {
        lazy(cx, a.value(0), a.ty(0), Step::DefaultIfEmpty(a.value(1)))
    })
    .add("static IEnumerable<TSource> AsEnumerable<TSource>(this IEnumerable<TSource> source)", |_, a| Ok(a.value(0)))
    .add("static IEnumerable<TSource> Append<TSource>(this IEnumerable<TSource> source, TSource element)", |cx, a| {
        let one = cx.array(a.ty(0), &[a.value(1)])?;
        lazy(cx, a.value(0), a.ty(0), Step::Concat(one))
    })
    .add("static IEnumerable<TSource> Prepend<TSource>(this IEnumerable<TSource> source, TSource element)", |cx, a| {
        let one = cx.array(a.ty(0), &[a.value(1)])?;
        lazy(cx, one, a.ty(0), Step::Concat(a.value(0)))
    })
    .add("static IEnumerable<int> Range(int start, int count)", |cx, a| {
        let (start, count) = (a.int(0), a.int(1));
        if count < 0 || i64::from(start) + i64::from(count) - 1 > i64::from(i32::MAX) {
            return cx.out_of_range("count", "Specified argument was out of the range of valid values.");
        }
        lazy(cx, Value::Str(""), super::enumerable::int_ty(), Step::Range { start, count })
    })
    .add("static IEnumerable<TResult> Repeat<TResult>(TResult element, int count)", |cx, a| {
        if a.int(1) < 0 {
            return cx.out_of_range("count", "Specified argument was out of the range of valid values.");
        }
        lazy(cx, Value::Str(""), a.ty(0), Step::Repeat { item: a.value(0), count: a.int(1) })
    })
    .add("static IEnumerable<TResult> Empty<TResult>()", |cx, a| cx.array(a.ty(0), &[]));
}

pub(crate) fn int_ty() -> &'static Ty {
    static INT: std::sync::LazyLock<Ty> = std::sync::LazyLock::new(Ty::int);
    &INT
}

fn ordering(t: &mut TypeBuilder<'_>) {
    t.add("static IOrderedEnumerable<TSource> OrderBy<TSource, TKey>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector)", |cx, a| order(cx, a, false, false))
        .add("static IOrderedEnumerable<TSource> OrderBy<TSource, TKey>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector, IComparer<TKey> comparer)", |cx, a| order(cx, a, false, false))
        .add("static IOrderedEnumerable<TSource> OrderByDescending<TSource, TKey>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector)", |cx, a| order(cx, a, true, false))
        .add("static IOrderedEnumerable<TSource> OrderByDescending<TSource, TKey>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector, IComparer<TKey> comparer)", |cx, a| order(cx, a, true, false))
        .add("static IOrderedEnumerable<TSource> ThenBy<TSource, TKey>(this IOrderedEnumerable<TSource> source, Func<TSource, TKey> keySelector)", |cx, a| order(cx, a, false, true))
        .add("static IOrderedEnumerable<TSource> ThenByDescending<TSource, TKey>(this IOrderedEnumerable<TSource> source, Func<TSource, TKey> keySelector)", |cx, a| order(cx, a, true, true))
        .add("static IEnumerable<TSource> Reverse<TSource>(this IEnumerable<TSource> source)", |cx, a| {
            gathered(cx, a, a.ty(0), |cx, sequence| {
                let mut items = cx.collect(sequence.source)?;
                items.reverse();
                Ok(items)
            })
        });
}

fn sets(t: &mut TypeBuilder<'_>) {
    t.add("static IEnumerable<TSource> Distinct<TSource>(this IEnumerable<TSource> source)", |cx, a| gathered(cx, a, a.ty(0), distinct))
        .add("static IEnumerable<TSource> Distinct<TSource>(this IEnumerable<TSource> source, IEqualityComparer<TSource> comparer)", |cx, a| gathered(cx, a, a.ty(0), distinct))
        .add("static IEnumerable<TSource> Union<TSource>(this IEnumerable<TSource> first, IEnumerable<TSource> second)", |cx, a| gathered(cx, a, a.ty(0), union))
        .add("static IEnumerable<TSource> Union<TSource>(this IEnumerable<TSource> first, IEnumerable<TSource> second, IEqualityComparer<TSource> comparer)", |cx, a| gathered(cx, a, a.ty(0), union))
        .add("static IEnumerable<TSource> Except<TSource>(this IEnumerable<TSource> first, IEnumerable<TSource> second)", |cx, a| {
            gathered(cx, a, a.ty(0), |cx, sequence| filtered(cx, sequence, false))
        })
        .add("static IEnumerable<TSource> Except<TSource>(this IEnumerable<TSource> first, IEnumerable<TSource> second, IEqualityComparer<TSource> comparer)", |cx, a| {
            gathered(cx, a, a.ty(0), |cx, sequence| filtered(cx, sequence, false))
        })
        .add("static IEnumerable<TSource> Intersect<TSource>(this IEnumerable<TSource> first, IEnumerable<TSource> second)", |cx, a| {
            gathered(cx, a, a.ty(0), |cx, sequence| filtered(cx, sequence, true))
        })
        .add("static IEnumerable<TSource> Intersect<TSource>(this IEnumerable<TSource> first, IEnumerable<TSource> second, IEqualityComparer<TSource> comparer)", |cx, a| {
            gathered(cx, a, a.ty(0), |cx, sequence| filtered(cx, sequence, true))
        })
        .add("static IEnumerable<IGrouping<TKey, TSource>> GroupBy<TSource, TKey>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector)", |cx, a| {
            let element = cx.keep_ty(Ty::generic(Known::IGrouping, [a.ty(1).clone(), a.ty(0).clone()]));
            gathered(cx, a, element, group_by)
        })
        .add("static IEnumerable<IGrouping<TKey, TElement>> GroupBy<TSource, TKey, TElement>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector, Func<TSource, TElement> elementSelector)", |cx, a| {
            let element = cx.keep_ty(Ty::generic(Known::IGrouping, [a.ty(1).clone(), a.ty(2).clone()]));
            gathered(cx, a, element, group_by)
        })
        .add("static ILookup<TKey, TSource> ToLookup<TSource, TKey>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector)", |cx, a| {
            to_lookup(cx, a, Value::Null, Value::Null)
        })
        .add("static ILookup<TKey, TSource> ToLookup<TSource, TKey>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector, IEqualityComparer<TKey> comparer)", |cx, a| {
            to_lookup(cx, a, Value::Null, a.value(2))
        })
        .add("static ILookup<TKey, TElement> ToLookup<TSource, TKey, TElement>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector, Func<TSource, TElement> elementSelector)", |cx, a| {
            to_lookup(cx, a, a.value(2), Value::Null)
        })
        .add("static IEnumerable<TResult> GroupBy<TSource, TKey, TResult>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector, Func<TKey, IEnumerable<TSource>, TResult> resultSelector)", |cx, a| {
            gathered(cx, a, a.ty(2), group_to)
        })
        .add("static IEnumerable<TResult> Join<TOuter, TInner, TKey, TResult>(this IEnumerable<TOuter> outer, IEnumerable<TInner> inner, Func<TOuter, TKey> outerKeySelector, Func<TInner, TKey> innerKeySelector, Func<TOuter, TInner, TResult> resultSelector)", |cx, a| {
            let results = joined(cx, a.value(0), [a.value(1), a.value(2), a.value(3), a.value(4)])?;
            cx.array(a.ty(3), &results)
        });
}

fn finding(t: &mut TypeBuilder<'_>) {
    macro_rules! picks {
        ($($name:literal $run:expr,)*) => {
            $(
                t.add(concat!("static TSource ", $name, "<TSource>(this IEnumerable<TSource> source)"), $run);
                t.add(concat!("static TSource ", $name, "<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)"), $run);
            )*
        };
    }
    picks! {
        "First" |cx, a| pick(cx, a, false).and_then(|found| or_throw(cx, a, found)),
        "FirstOrDefault" |cx, a| pick(cx, a, false).and_then(|found| or_default(cx, a, found)),
        "Last" |cx, a| pick(cx, a, true).and_then(|found| or_throw(cx, a, found)),
        "LastOrDefault" |cx, a| pick(cx, a, true).and_then(|found| or_default(cx, a, found)),
        "Single" |cx, a| single(cx, a, true),
        "SingleOrDefault" |cx, a| single(cx, a, false),
    }
    t.add("static TSource ElementAt<TSource>(this IEnumerable<TSource> source, int index)", |cx, a| {
        let items = cx.collect(a.value(0))?;
        match usize::try_from(a.int(1)).ok().and_then(|at| items.get(at)) {
            Some(item) => Ok(*item),
            None => cx.out_of_range("index", "Index was out of range. Must be non-negative and less than the size of the collection."),
        }
    })
    .add("static TSource ElementAtOrDefault<TSource>(this IEnumerable<TSource> source, int index)", |cx, a| {
        let items = cx.collect(a.value(0))?;
        let found = usize::try_from(a.int(1)).ok().and_then(|at| items.get(at).copied());
        or_default(cx, a, found)
    })
    .add("static bool Any<TSource>(this IEnumerable<TSource> source)", any)
    .add("static bool Any<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)", any)
    .add("static bool All<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)", all)
    .add("static int Count<TSource>(this IEnumerable<TSource> source)", |cx, a| count(cx, a).map(number))
    .add("static int Count<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)", |cx, a| count(cx, a).map(number))
    .add("static long LongCount<TSource>(this IEnumerable<TSource> source)", |cx, a| count(cx, a).map(|it| Value::Long(it as i64)))
    .add("static long LongCount<TSource>(this IEnumerable<TSource> source, Func<TSource, bool> predicate)", |cx, a| count(cx, a).map(|it| Value::Long(it as i64)))
    .add("static bool Contains<TSource>(this IEnumerable<TSource> source, TSource value)", contains)
    .add("static bool Contains<TSource>(this IEnumerable<TSource> source, TSource value, IEqualityComparer<TSource> comparer)", contains)
    .add("static bool SequenceEqual<TSource>(this IEnumerable<TSource> first, IEnumerable<TSource> second)", |cx, a| {
        let (first, second) = (cx.collect(a.value(0))?, cx.collect(a.value(1))?);
        cx.steps_of(first.len() as u64)?;
        Ok(Value::Bool(first.len() == second.len() && first.into_iter().zip(second).all(|(x, y)| equality::equals(x, y))))
    });
}

fn numbers(t: &mut TypeBuilder<'_>) {
    macro_rules! kinds {
        ($($keyword:literal $zero:expr, $average:literal;)*) => {
            $(
                t.add(concat!("static ", $keyword, " Sum(this IEnumerable<", $keyword, "> source)"), |cx, a| sum(cx, a, $zero));
                t.add(concat!("static ", $keyword, " Sum<TSource>(this IEnumerable<TSource> source, Func<TSource, ", $keyword, "> selector)"), |cx, a| sum(cx, a, $zero));
                t.add(concat!("static ", $keyword, "? Sum(this IEnumerable<", $keyword, "?> source)"), |cx, a| sum(cx, a, $zero));
                t.add(concat!("static ", $keyword, "? Sum<TSource>(this IEnumerable<TSource> source, Func<TSource, ", $keyword, "?> selector)"), |cx, a| sum(cx, a, $zero));
                t.add(concat!("static ", $average, " Average(this IEnumerable<", $keyword, "> source)"), |cx, a| average(cx, a, $zero, false));
                t.add(concat!("static ", $average, " Average<TSource>(this IEnumerable<TSource> source, Func<TSource, ", $keyword, "> selector)"), |cx, a| average(cx, a, $zero, false));
                t.add(concat!("static ", $average, "? Average(this IEnumerable<", $keyword, "?> source)"), |cx, a| average(cx, a, $zero, true));
                t.add(concat!("static ", $average, "? Average<TSource>(this IEnumerable<TSource> source, Func<TSource, ", $keyword, "?> selector)"), |cx, a| average(cx, a, $zero, true));
            )*
        };
    }
    kinds! {
        "int" Value::Int(0), "double";
        "long" Value::Long(0), "double";
        "float" Value::Single(0.0), "float";
        "double" Value::Double(0.0), "double";
        "decimal" Value::Decimal(rust_decimal::Decimal::ZERO), "decimal";
    }
    t.add("static TSource Max<TSource>(this IEnumerable<TSource> source)", |cx, a| extreme(cx, a, Ordering::Greater))
        .add("static TResult Max<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, TResult> selector)", |cx, a| extreme(cx, a, Ordering::Greater))
        .add("static TSource Min<TSource>(this IEnumerable<TSource> source)", |cx, a| extreme(cx, a, Ordering::Less))
        .add("static TResult Min<TSource, TResult>(this IEnumerable<TSource> source, Func<TSource, TResult> selector)", |cx, a| extreme(cx, a, Ordering::Less))
        .add("static TSource Aggregate<TSource>(this IEnumerable<TSource> source, Func<TSource, TSource, TSource> func)", |cx, a| {
            aggregate(cx, a.value(0), None, a.value(1))
        })
        .add("static TAccumulate Aggregate<TSource, TAccumulate>(this IEnumerable<TSource> source, TAccumulate seed, Func<TAccumulate, TSource, TAccumulate> func)", |cx, a| {
            aggregate(cx, a.value(0), Some(a.value(1)), a.value(2))
        })
        .add("static TResult Aggregate<TSource, TAccumulate, TResult>(this IEnumerable<TSource> source, TAccumulate seed, Func<TAccumulate, TSource, TAccumulate> func, Func<TAccumulate, TResult> resultSelector)", |cx, a| {
            let sum = aggregate(cx, a.value(0), Some(a.value(1)), a.value(2))?;
            cx.invoke(a.value(3), &[sum])
        });
}

fn ends(t: &mut TypeBuilder<'_>) {
    t.add("static TSource[] ToArray<TSource>(this IEnumerable<TSource> source)", to_array)
        .add("static List<TSource> ToList<TSource>(this IEnumerable<TSource> source)", to_list)
        .add("static HashSet<TSource> ToHashSet<TSource>(this IEnumerable<TSource> source)", |cx, a| {
            let ty = cx.keep_ty(Ty::generic(Known::HashSet, [a.ty(0).clone()]));
            let map = set_of(cx, a.value(0), Value::Null)?;
            cx.new_object(Object::Dictionary { ty, map })
        })
        .add("static Dictionary<TKey, TSource> ToDictionary<TSource, TKey>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector)", |cx, a| {
            to_dictionary(cx, a, Value::Null, Value::Null)
        })
        .add("static Dictionary<TKey, TSource> ToDictionary<TSource, TKey>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector, IEqualityComparer<TKey> comparer)", |cx, a| {
            to_dictionary(cx, a, Value::Null, a.value(2))
        })
        .add("static Dictionary<TKey, TElement> ToDictionary<TSource, TKey, TElement>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector, Func<TSource, TElement> elementSelector)", |cx, a| {
            to_dictionary(cx, a, a.value(2), Value::Null)
        })
        .add("static Dictionary<TKey, TElement> ToDictionary<TSource, TKey, TElement>(this IEnumerable<TSource> source, Func<TSource, TKey> keySelector, Func<TSource, TElement> elementSelector, IEqualityComparer<TKey> comparer)", |cx, a| {
            to_dictionary(cx, a, a.value(2), a.value(3))
        });
}
