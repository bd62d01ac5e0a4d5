//! Arrays, lists, and the interfaces of collections.

use std::cell::Cell;
use std::ops::Range;

use crate::arena::List;
use crate::run::cx::object_ty;
use crate::run::dictionary::Dictionary;
use crate::run::iterate::truth;
use crate::run::{Args, Cx, Eval, Object, Value, equality};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::types::{Known, Ty};

const MODIFIED_RANGE: &str =
    "Index was out of range. Must be non-negative and less than the size of the collection.";

/// The entries of a dictionary as pairs, or the items of a set.
pub(crate) fn entries<'a>(cx: &mut Cx<'a, '_>, ty: &'a Ty, map: &Dictionary<'a>) -> Eval<'a, Vec<Value<'a>>> {
    if ty.is(Known::HashSet) {
        return Ok(map.iter().map(|(key, _)| key).collect());
    }
    let pair = pair_ty(cx, ty);
    map.iter().map(|(key, value)| cx.new_object(Object::KeyValue { ty: pair, key, value })).collect()
}

fn pair_ty<'a>(cx: &mut Cx<'a, '_>, dictionary: &'a Ty) -> &'a Ty {
    match dictionary.arguments() {
        [key, value] => cx.keep_ty(Ty::generic(Known::KeyValuePair, [key.clone(), value.clone()])),
        _ => object_ty(),
    }
}

pub(super) type Items<'a> = (&'a List<'a, Value<'a>>, &'a Cell<u32>);

pub(super) fn list<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Items<'a>> {
    match a.object(0) {
        Some(Object::List { items, version, .. } | Object::Line { items, version, .. }) => {
            Ok((items, version))
        }
        Some(Object::Array { .. } | Object::Bytes(_)) => {
            cx.throw("System.NotSupportedException", "Collection was of a fixed size.")
        }
        _ => cx.throw("System.NotSupportedException", "Collection is read-only."),
    }
}

pub(super) fn touch(version: &Cell<u32>) {
    version.set(version.get().wrapping_add(1));
}

/// The place of an index; past `max` it throws.
fn place<'a>(cx: &mut Cx<'a, '_>, index: i32, max: usize, name: &str) -> Eval<'a, usize> {
    match usize::try_from(index) {
        Ok(at) if at <= max => Ok(at),
        _ => cx.out_of_range(name, MODIFIED_RANGE),
    }
}

/// The items that an index and a count name.
fn range<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, len: usize) -> Eval<'a, Range<usize>> {
    for (number, name) in [(a.int(1), "index"), (a.int(2), "count")] {
        if number < 0 {
            return cx.out_of_range(name, "Non-negative number required.");
        }
    }
    let number = |at| usize::try_from(a.int(at)).unwrap_or_default();
    let end = number(1).saturating_add(number(2));
    if end > len {
        return cx.throw(
            "System.ArgumentException",
            "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.",
        );
    }
    Ok(number(1)..end)
}

pub(super) fn count<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let count = match a.object(0) {
        Some(
            Object::Array { items, .. }
            | Object::List { items, .. }
            | Object::Line { items, .. }
            | Object::Grouping { items, .. },
        ) => items.len(),
        Some(Object::Bytes(bytes)) => bytes.len(),
        Some(Object::Dictionary { map, .. }) => map.len(),
        _ => cx.collect(a.value(0))?.len(),
    };
    Ok(Value::Int(i32::try_from(count).unwrap_or(i32::MAX)))
}

fn position<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, wanted: Value<'a>) -> Eval<'a, Option<usize>> {
    let items = cx.collect(a.value(0))?;
    Ok(items.into_iter().position(|item| equality::equals(item, wanted)))
}

fn index_value<'a>(at: Option<usize>) -> Value<'a> {
    Value::Int(at.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1))
}

pub(super) fn contains<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if let Some(Object::Dictionary { map, ty }) = a.object(0)
        && ty.is(Known::HashSet)
    {
        return Ok(Value::Bool(map.contains(a.value(1))));
    }
    position(cx, a, a.value(1)).map(|at| Value::Bool(at.is_some()))
}

pub(super) fn add<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if let Some(Object::Dictionary { map, ty }) = a.object(0) {
        return match a.value(1).object() {
            Some(Object::KeyValue { key, value, .. }) if !ty.is(Known::HashSet) => {
                super::dictionaries::insert_new(cx, map, *key, *value)
            }
            _ => map.set(cx.arena, a.value(1), Value::Null).map(Value::Bool).map_err(Into::into),
        };
    }
    let (items, version) = list(cx, a)?;
    items.push(cx.arena, a.value(1))?;
    touch(version);
    Ok(Value::Null)
}

pub(super) fn clear<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if let Some(Object::Dictionary { map, .. }) = a.object(0) {
        map.clear();
        return Ok(Value::Null);
    }
    let (items, version) = list(cx, a)?;
    items.truncate(0);
    touch(version);
    Ok(Value::Null)
}

pub(super) fn remove<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if let Some(Object::Dictionary { map, .. }) = a.object(0) {
        if a.is_null(1) {
            return cx.argument_null("key");
        }
        cx.work(map.len() * 32)?;
        return Ok(Value::Bool(map.remove(a.value(1)).is_some()));
    }
    let (items, version) = list(cx, a)?;
    cx.steps_of(items.len() as u64)?;
    let at = items.iter().position(|item| equality::equals(item, a.value(1)));
    if let Some(at) = at {
        items.remove(at);
        touch(version);
    }
    Ok(Value::Bool(at.is_some()))
}

fn get_item<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let at = usize::try_from(a.int(1)).unwrap_or(usize::MAX);
    let item = match a.object(0) {
        Some(Object::List { items, .. }) => items.get(at),
        Some(Object::Array { .. } | Object::Bytes(_)) => return cx.array_get(a.value(0), a.value(1)),
        _ => cx.collect(a.value(0))?.get(at).copied(),
    };
    match item {
        Some(item) => Ok(item),
        None => cx.out_of_range("index", MODIFIED_RANGE),
    }
}

fn set_item<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if let Some(Object::Array { .. } | Object::Bytes(_)) = a.object(0) {
        return cx.array_set(a.value(0), a.value(1), a.value(2));
    }
    let (items, version) = list(cx, a)?;
    let at = usize::try_from(a.int(1)).unwrap_or(usize::MAX);
    if !items.set(at, a.value(2)) {
        return cx.out_of_range("index", MODIFIED_RANGE);
    }
    touch(version);
    Ok(Value::Null)
}

fn insert<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let (items, version) = list(cx, a)?;
    let at = place(cx, a.int(1), items.len(), "index")?;
    cx.steps_of(items.len() as u64)?;
    items.insert(cx.arena, at, a.value(2))?;
    touch(version);
    Ok(Value::Null)
}

fn remove_at<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let (items, version) = list(cx, a)?;
    cx.steps_of(items.len() as u64)?;
    if usize::try_from(a.int(1)).ok().and_then(|at| items.remove(at)).is_none() {
        return cx.out_of_range("index", MODIFIED_RANGE);
    }
    touch(version);
    Ok(Value::Null)
}

pub(crate) fn define(c: &mut Builder) {
    let generic = "System.Collections.Generic";
    c.define("System.Collections", "interface IEnumerable", |_| {});
    c.define(generic, "interface IEnumerable<T> : IEnumerable", |t| {
        t.add("IEnumerator<T> GetEnumerator()", |cx, a| {
            let items = cx.collect(a.value(0))?;
            let items = List::from_slice(cx.arena, &items)?;
            let ty = cx.keep_ty(Ty::generic(Known::Enumerator, [a.ty(0).clone()]));
            cx.new_object(Object::Enumerator { ty, items, next: Cell::new(0) })
        });
    });
    c.define(generic, "interface IEnumerator<T> : IDisposable", enumerators);
    c.define(generic, "interface IReadOnlyCollection<T> : IEnumerable<T>", |t| {
        t.add("int Count { get; }", count);
    });
    c.define(generic, "interface IReadOnlyList<T> : IReadOnlyCollection<T>", |t| {
        t.add("T this[int index] { get; }", get_item);
    });
    c.define(generic, "interface ICollection<T> : IEnumerable<T>", |t| {
        t.add("int Count { get; }", count)
            .add("bool IsReadOnly { get; }", |_, _| Ok(Value::Bool(false)))
            .add("void Add(T item)", add)
            .add("void Clear()", clear)
            .add("bool Contains(T item)", contains)
            .add("bool Remove(T item)", remove)
            .add("void CopyTo(T[] array, int arrayIndex)", |cx, a| {
                let items = cx.collect(a.value(0))?;
                copy_into(cx, &items, a.value(1), a.int(2))
            });
    });
    c.define(generic, "interface IList<T> : ICollection<T>", |t| {
        t.add_settable("T this[int index] { get; set; }", get_item, set_item)
            .add("int IndexOf(T item)", |cx, a| position(cx, a, a.value(1)).map(index_value))
            .add("void Insert(int index, T item)", insert)
            .add("void RemoveAt(int index)", remove_at);
    });
    c.define(generic, "interface ISet<T> : ICollection<T>", |_| {});
    c.define("System", "class Array", arrays);
    c.define(generic, "class List<T> : IList<T>, IReadOnlyList<T>", lists);
    super::dictionaries::define(c);
}

fn enumerators(t: &mut TypeBuilder<'_>) {
    t.add("bool MoveNext()", |cx, a| {
        let Some(Object::Enumerator { items, next, .. }) = a.object(0) else { return cx.null_reference() };
        cx.step()?;
        next.set((next.get() + 1).min(items.len() + 1));
        Ok(Value::Bool(next.get() <= items.len()))
    })
    .add("T Current { get; }", |cx, a| {
        let Some(Object::Enumerator { items, next, .. }) = a.object(0) else { return cx.null_reference() };
        let current = next.get().checked_sub(1).and_then(|at| items.get(at));
        Ok(current.unwrap_or_else(|| cx.default_of(a.ty(0))))
    })
    .add("void Reset()", |_, a| {
        if let Some(Object::Enumerator { next, .. }) = a.object(0) {
            next.set(0);
        }
        Ok(Value::Null)
    });
}

fn copy_into<'a>(cx: &mut Cx<'a, '_>, items: &[Value<'a>], to: Value<'a>, start: i32) -> Eval<'a> {
    for (at, item) in items.iter().enumerate() {
        let at = start.saturating_add(i32::try_from(at).unwrap_or(i32::MAX));
        if usize::try_from(at).is_err() {
            return cx.out_of_range("arrayIndex", "Non-negative number required.");
        }
        cx.step()?;
        let fits = match to.object() {
            Some(Object::Array { items, .. }) => items.len() > usize::try_from(at).unwrap_or(usize::MAX),
            Some(Object::Bytes(bytes)) => bytes.len() > usize::try_from(at).unwrap_or(usize::MAX),
            _ => return cx.argument_null("array"),
        };
        if !fits {
            return cx.throw(
                "System.ArgumentException",
                "Destination array was not long enough. Check destIndex and length, and the array's lower bounds.",
            );
        }
        cx.array_set(to, Value::Int(at), *item)?;
    }
    Ok(Value::Null)
}

/// All items of an array, to be changed in place by `change`.
fn rearranged<'a>(
    cx: &mut Cx<'a, '_>,
    array: Value<'a>,
    change: impl FnOnce(&mut Cx<'a, '_>, &mut Vec<Value<'a>>) -> Eval<'a, ()>,
) -> Eval<'a> {
    if array.is_null() {
        return cx.argument_null("array");
    }
    let mut items = cx.collect(array)?;
    change(cx, &mut items)?;
    for (at, item) in items.into_iter().enumerate() {
        cx.array_set(array, Value::Int(i32::try_from(at).unwrap_or(i32::MAX)), item)?;
    }
    Ok(Value::Null)
}

fn arrays(t: &mut TypeBuilder<'_>) {
    t.add("int Length { get; }", count)
        .add("long LongLength { get; }", |cx, a| {
            count(cx, a).map(|it| Value::Long(it.integer().and_then(|it| i64::try_from(it).ok()).unwrap_or_default()))
        })
        .add("int Rank { get; }", |_, _| Ok(Value::Int(1)))
        .add("int GetLength(int dimension)", count)
        .add("object Clone()", |cx, a| {
            let items = cx.collect(a.value(0))?;
            let element = crate::run::iterate::element_ty(a.value(0));
            match a.object(0) {
                Some(Object::Bytes(bytes)) => {
                    let bytes: Vec<u8> = bytes.iter().collect();
                    cx.bytes(&bytes)
                }
                _ => cx.array(element, &items),
            }
        })
        .add("void CopyTo(Array array, int index)", |cx, a| {
            let items = cx.collect(a.value(0))?;
            copy_into(cx, &items, a.value(1), a.int(2))
        })
        .add("static bool Exists<T>(T[] array, Predicate<T> match)", |cx, a| {
            find(cx, a, false).map(|found| Value::Bool(found.is_some()))
        })
        .add("static T Find<T>(T[] array, Predicate<T> match)", |cx, a| {
            let found = find(cx, a, false)?;
            Ok(found.map_or_else(|| cx.default_of(a.ty(0)), |found| found.1))
        })
        .add("static T FindLast<T>(T[] array, Predicate<T> match)", |cx, a| {
            let found = find(cx, a, true)?;
            Ok(found.map_or_else(|| cx.default_of(a.ty(0)), |found| found.1))
        })
        .add("static int FindIndex<T>(T[] array, Predicate<T> match)", |cx, a| {
            find(cx, a, false).map(|found| index_value(found.map(|found| found.0)))
        })
        .add("static T[] FindAll<T>(T[] array, Predicate<T> match)", |cx, a| {
            let items = kept(cx, a, true)?;
            cx.array(a.ty(0), &items)
        })
        .add("static bool TrueForAll<T>(T[] array, Predicate<T> match)", |cx, a| {
            let items = cx.collect(a.value(0))?;
            let kept = kept(cx, a, true)?;
            Ok(Value::Bool(items.len() == kept.len()))
        })
        .add("static void ForEach<T>(T[] array, Action<T> action)", |cx, a| {
            for item in cx.collect(a.value(0))? {
                cx.invoke(a.value(1), &[item])?;
            }
            Ok(Value::Null)
        })
        .add("static TOutput[] ConvertAll<TInput, TOutput>(TInput[] array, Converter<TInput, TOutput> converter)", |cx, a| {
            let mut items = cx.collect(a.value(0))?;
            for item in &mut items {
                *item = cx.invoke(a.value(1), &[*item])?;
            }
            cx.array(a.ty(1), &items)
        })
        .add("static int IndexOf<T>(T[] array, T value)", |cx, a| position(cx, a, a.value(1)).map(index_value))
        .add("static int IndexOf(Array array, object value)", |cx, a| position(cx, a, a.value(1)).map(index_value))
        .add("static int LastIndexOf<T>(T[] array, T value)", |cx, a| {
            let items = cx.collect(a.value(0))?;
            Ok(index_value(items.into_iter().rposition(|item| equality::equals(item, a.value(1)))))
        })
        .add("static void Reverse(Array array)", |cx, a| {
            rearranged(cx, a.value(0), |_, items| {
                items.reverse();
                Ok(())
            })
        })
        .add("static void Reverse(Array array, int index, int length)", |cx, a| {
            let (start, length) = (a.int(1), a.int(2));
            rearranged(cx, a.value(0), |cx, items| {
                let start = place(cx, start, items.len(), "index")?;
                match usize::try_from(length).ok().and_then(|length| items.get_mut(start..start.saturating_add(length))) {
                    Some(some) => {
                        some.reverse();
                        Ok(())
                    }
                    None => cx.throw("System.ArgumentException", "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection."),
                }
            })
        })
        .add("static void Sort<T>(T[] array)", |cx, a| {
            rearranged(cx, a.value(0), |cx, items| crate::run::sort::sort(cx, items, |cx, x, y| equality::compare(cx, x, y)))
        })
        .add("static void Sort<T>(T[] array, Comparison<T> comparison)", |cx, a| {
            let comparison = a.value(1);
            rearranged(cx, a.value(0), |cx, items| crate::run::sort::sort(cx, items, by(comparison)))
        })
        .add("static void Clear(Array array, int index, int length)", |cx, a| {
            let element = crate::run::iterate::element_ty(a.value(0));
            let zero = match a.object(0) {
                Some(Object::Bytes(_)) => Value::Byte(0),
                _ => cx.default_of(element),
            };
            for at in 0..a.int(2) {
                cx.array_set(a.value(0), Value::Int(a.int(1).saturating_add(at)), zero)?;
            }
            Ok(Value::Null)
        })
        .add("static void Copy(Array sourceArray, Array destinationArray, int length)", |cx, a| {
            copy(cx, a.value(0), 0, a.value(1), 0, a.int(2))
        })
        .add(
            "static void Copy(Array sourceArray, int sourceIndex, Array destinationArray, int destinationIndex, int length)",
            |cx, a| copy(cx, a.value(0), a.int(1), a.value(2), a.int(3), a.int(4)),
        )
        .add("static T[] Empty<T>()", |cx, a| cx.array(a.ty(0), &[]));
}

fn copy<'a>(
    cx: &mut Cx<'a, '_>,
    from: Value<'a>,
    start: i32,
    to: Value<'a>,
    at: i32,
    length: i32,
) -> Eval<'a> {
    if from.is_null() {
        return cx.argument_null("sourceArray");
    }
    let items = cx.collect(from)?;
    let range = usize::try_from(start).ok().zip(usize::try_from(length).ok());
    match range.and_then(|(start, length)| items.get(start..start.saturating_add(length))) {
        Some(some) => copy_into(cx, some, to, at),
        None => cx.throw(
            "System.ArgumentException",
            "Source array was not long enough. Check srcIndex and length, and the array's lower bounds.",
        ),
    }
}

fn find<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, from_last: bool) -> Eval<'a, Option<(usize, Value<'a>)>> {
    if a.is_null(0) {
        return cx.argument_null("array");
    }
    let items = cx.collect(a.value(0))?;
    let mut order: Vec<usize> = (0..items.len()).collect();
    if from_last {
        order.reverse();
    }
    for at in order {
        if truth(cx.invoke(a.value(1), &[items[at]])?) {
            return Ok(Some((at, items[at])));
        }
    }
    Ok(None)
}

fn kept<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, keep: bool) -> Eval<'a, Vec<Value<'a>>> {
    let mut kept = Vec::new();
    for item in cx.collect(a.value(0))? {
        if truth(cx.invoke(a.value(1), &[item])?) == keep {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// An order that a `Comparison` gives.
fn by<'a>(
    comparison: Value<'a>,
) -> impl Fn(&mut Cx<'a, '_>, Value<'a>, Value<'a>) -> Eval<'a, std::cmp::Ordering> {
    move |cx, x, y| {
        let order = cx.invoke(comparison, &[x, y])?;
        Ok(order.integer().unwrap_or_default().cmp(&0))
    }
}

fn replace<'a>(cx: &mut Cx<'a, '_>, items: &List<'a, Value<'a>>, new: &[Value<'a>]) -> Eval<'a, ()> {
    items.truncate(0);
    for item in new {
        items.push(cx.arena, *item)?;
    }
    Ok(())
}

fn lists(t: &mut TypeBuilder<'_>) {
    t.add("new()", |cx, a| cx.list(a.ty(0), &[]))
        .add("new(int capacity)", |cx, a| cx.list(a.ty(0), &[]))
        .add("new(IEnumerable<T> collection)", |cx, a| {
            let items = cx.collect(a.value(0))?;
            cx.list(a.ty(0), &items)
        })
        .add("int Capacity { get; }", count)
        .add("void AddRange(IEnumerable<T> collection)", |cx, a| {
            let new = cx.collect(a.value(1))?;
            let (items, version) = list(cx, a)?;
            for item in new {
                items.push(cx.arena, item)?;
            }
            touch(version);
            Ok(Value::Null)
        })
        .add("void InsertRange(int index, IEnumerable<T> collection)", |cx, a| {
            let new = cx.collect(a.value(2))?;
            let (items, version) = list(cx, a)?;
            let at = place(cx, a.int(1), items.len(), "index")?;
            cx.steps_of((items.len() + new.len()) as u64)?;
            let all: Vec<Value<'_>> = items.iter().take(at).chain(new).chain(items.iter().skip(at)).collect();
            replace(cx, items, &all)?;
            touch(version);
            Ok(Value::Null)
        })
        .add("int RemoveAll(Predicate<T> match)", |cx, a| {
            let before = cx.collect(a.value(0))?.len();
            let left = kept(cx, a, false)?;
            let (items, version) = list(cx, a)?;
            if left.len() < before {
                replace(cx, items, &left)?;
                touch(version);
            }
            Ok(index_value(Some(before - left.len())))
        })
        .add("void RemoveRange(int index, int count)", |cx, a| {
            let (items, version) = list(cx, a)?;
            let Range { start, end } = range(cx, a, items.len())?;
            cx.steps_of(items.len() as u64)?;
            let left: Vec<Value<'_>> = items.iter().take(start).chain(items.iter().skip(end)).collect();
            replace(cx, items, &left)?;
            touch(version);
            Ok(Value::Null)
        })
        .add("List<T> GetRange(int index, int count)", |cx, a| {
            let items = cx.collect(a.value(0))?;
            let range = range(cx, a, items.len())?;
            cx.list(a.ty(0), items.get(range).unwrap_or_default())
        })
        .add("void Reverse()", |cx, a| {
            let (items, version) = list(cx, a)?;
            let turned: Vec<Value<'_>> = items.iter().rev().collect();
            cx.steps_of(turned.len() as u64)?;
            replace(cx, items, &turned)?;
            touch(version);
            Ok(Value::Null)
        })
        .add("void Sort()", |cx, a| {
            let mut sorted = cx.collect(a.value(0))?;
            crate::run::sort::sort(cx, &mut sorted, |cx, x, y| equality::compare(cx, x, y))?;
            let (items, version) = list(cx, a)?;
            replace(cx, items, &sorted)?;
            touch(version);
            Ok(Value::Null)
        })
        .add("void Sort(Comparison<T> comparison)", |cx, a| {
            let mut sorted = cx.collect(a.value(0))?;
            crate::run::sort::sort(cx, &mut sorted, by(a.value(1)))?;
            let (items, version) = list(cx, a)?;
            replace(cx, items, &sorted)?;
            touch(version);
            Ok(Value::Null)
        })
        .add("T[] ToArray()", |cx, a| {
            let items = cx.collect(a.value(0))?;
            cx.array(a.ty(0), &items)
        })
        .add("bool Exists(Predicate<T> match)", |cx, a| {
            find(cx, a, false).map(|found| Value::Bool(found.is_some()))
        })
        .add("T Find(Predicate<T> match)", |cx, a| {
            let found = find(cx, a, false)?;
            Ok(found.map_or_else(|| cx.default_of(a.ty(0)), |found| found.1))
        })
        .add("T FindLast(Predicate<T> match)", |cx, a| {
            let found = find(cx, a, true)?;
            Ok(found.map_or_else(|| cx.default_of(a.ty(0)), |found| found.1))
        })
        .add("int FindIndex(Predicate<T> match)", |cx, a| {
            find(cx, a, false).map(|found| index_value(found.map(|found| found.0)))
        })
        .add("List<T> FindAll(Predicate<T> match)", |cx, a| {
            let items = kept(cx, a, true)?;
            cx.list(a.ty(0), &items)
        })
        .add("bool TrueForAll(Predicate<T> match)", |cx, a| {
            let others = kept(cx, a, false)?;
            Ok(Value::Bool(others.is_empty()))
        })
        .add("void ForEach(Action<T> action)", |cx, a| {
            let mut iter = cx.iterate(a.value(0))?;
            while let Some(item) = iter.next(cx)? {
                cx.invoke(a.value(1), &[item])?;
            }
            Ok(Value::Null)
        })
        .add("List<TOutput> ConvertAll<TOutput>(Converter<T, TOutput> converter)", |cx, a| {
            let mut items = cx.collect(a.value(0))?;
            for item in &mut items {
                *item = cx.invoke(a.value(1), &[*item])?;
            }
            cx.list(a.ty(1), &items)
        })
        .add("int LastIndexOf(T item)", |cx, a| {
            let items = cx.collect(a.value(0))?;
            Ok(index_value(items.into_iter().rposition(|item| equality::equals(item, a.value(1)))))
        })
        .add("int BinarySearch(T item)", |cx, a| {
            let items = cx.collect(a.value(0))?;
            let (mut low, mut high) = (0, items.len());
            while low < high {
                let middle = low + (high - low - 1) / 2;
                match equality::compare(cx, items[middle], a.value(1))? {
                    std::cmp::Ordering::Equal => return Ok(index_value(Some(middle))),
                    std::cmp::Ordering::Less => low = middle + 1,
                    std::cmp::Ordering::Greater => high = middle,
                }
            }
            Ok(Value::Int(!i32::try_from(low).unwrap_or(i32::MAX)))
        })
        .add("IReadOnlyList<T> AsReadOnly()", |_, a| Ok(a.value(0)));
}
