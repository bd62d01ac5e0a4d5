//! Arrays, lists, dictionaries, sets, queues and stacks.

use std::cell::Cell;

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

type Items<'a> = (&'a List<'a, Value<'a>>, &'a Cell<u32>);

fn list<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Items<'a>> {
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

fn touch(version: &Cell<u32>) {
    version.set(version.get().wrapping_add(1));
}

/// The place of an index; past `max` it throws.
fn place<'a>(cx: &mut Cx<'a, '_>, index: i32, max: usize, name: &str) -> Eval<'a, usize> {
    match usize::try_from(index) {
        Ok(at) if at <= max => Ok(at),
        _ => cx.out_of_range(name, MODIFIED_RANGE),
    }
}

fn count<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
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

fn contains<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if let Some(Object::Dictionary { map, ty }) = a.object(0)
        && ty.is(Known::HashSet)
    {
        return Ok(Value::Bool(map.contains(a.value(1))));
    }
    position(cx, a, a.value(1)).map(|at| Value::Bool(at.is_some()))
}

fn add<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if let Some(Object::Dictionary { map, ty }) = a.object(0) {
        return match a.value(1).object() {
            Some(Object::KeyValue { key, value, .. }) if !ty.is(Known::HashSet) => insert_new(cx, map, *key, *value),
            _ => map.set(cx.arena, a.value(1), Value::Null).map(Value::Bool).map_err(Into::into),
        };
    }
    let (items, version) = list(cx, a)?;
    items.push(cx.arena, a.value(1))?;
    touch(version);
    Ok(Value::Null)
}

fn clear<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if let Some(Object::Dictionary { map, .. }) = a.object(0) {
        map.clear();
        return Ok(Value::Null);
    }
    let (items, version) = list(cx, a)?;
    items.truncate(0);
    touch(version);
    Ok(Value::Null)
}

fn remove<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
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
    c.define(generic, "interface IEnumerable<T> : IEnumerable", |_| {});
    c.define(generic, "interface IEnumerator<T>", |_| {});
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
    dictionaries(c);
    c.define(generic, "class HashSet<T> : ISet<T>, IReadOnlyCollection<T>", sets);
    c.define(generic, "class Queue<T> : IReadOnlyCollection<T>", |t| lines(t, "Enqueue", "Dequeue", true));
    c.define(generic, "class Stack<T> : IReadOnlyCollection<T>", |t| lines(t, "Push", "Pop", false));
    tuples(c);
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
            replace(cx, items, &left)?;
            touch(version);
            Ok(index_value(Some(before - left.len())))
        })
        .add("void RemoveRange(int index, int count)", |cx, a| {
            let (items, version) = list(cx, a)?;
            let start = place(cx, a.int(1), items.len(), "index")?;
            let end = start.saturating_add(usize::try_from(a.int(2)).unwrap_or(usize::MAX));
            if end > items.len() {
                return cx.throw("System.ArgumentException", "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.");
            }
            cx.steps_of(items.len() as u64)?;
            let left: Vec<Value<'_>> = items.iter().take(start).chain(items.iter().skip(end)).collect();
            replace(cx, items, &left)?;
            touch(version);
            Ok(Value::Null)
        })
        .add("List<T> GetRange(int index, int count)", |cx, a| {
            let items = cx.collect(a.value(0))?;
            let start = place(cx, a.int(1), items.len(), "index")?;
            match usize::try_from(a.int(2)).ok().and_then(|count| items.get(start..start.saturating_add(count))) {
                Some(some) => cx.list(a.ty(0), some),
                None => cx.throw("System.ArgumentException", "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection."),
            }
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
        .add("bool Exists(Predicate<T> match)", |cx, a| find(cx, a, false).map(|found| Value::Bool(found.is_some())))
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
                let middle = low + (high - low) / 2;
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

fn map<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Dictionary<'a>> {
    match a.object(0) {
        Some(Object::Dictionary { map, .. }) => Ok(map),
        _ => cx.throw("System.NotSupportedException", "Collection is read-only."),
    }
}

fn insert_new<'a>(
    cx: &mut Cx<'a, '_>,
    map: &'a Dictionary<'a>,
    key: Value<'a>,
    value: Value<'a>,
) -> Eval<'a> {
    if key.is_null() {
        return cx.argument_null("key");
    }
    if map.contains(key) {
        return cx.throw("System.ArgumentException", "An item with the same key has already been added.");
    }
    map.set(cx.arena, key, value)?;
    Ok(Value::Null)
}

/// The value of a key in anything that looks like a dictionary; `None` where there is none.
pub(crate) fn look_up<'a>(cx: &mut Cx<'a, '_>, of: Value<'a>, key: Value<'a>) -> Eval<'a, Option<Value<'a>>> {
    if key.is_null() {
        return cx.argument_null("key");
    }
    match of {
        Value::Part(part) => match key {
            Value::Str(name) => super::context::entry(cx, part, name),
            _ => Ok(None),
        },
        Value::Object(Object::Dictionary { map, .. }) => Ok(map.get(key)),
        Value::Json(token) => Ok(super::json::look_up(token, key)),
        Value::Null => cx.null_reference(),
        other => super::bodies::look_up(cx, other, key),
    }
}

fn item<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match look_up(cx, a.value(0), a.value(1))? {
        Some(value) => Ok(value),
        // Asking a token for a claim that it does not have is no mistake.
        None if matches!(a.object(0), Some(Object::Claims(_))) => cx.strings([]),
        None => cx.throw(
            "System.Collections.Generic.KeyNotFoundException",
            "The given key was not present in the dictionary.",
        ),
    }
}

fn contains_key<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    look_up(cx, a.value(0), a.value(1)).map(|found| Value::Bool(found.is_some()))
}

fn try_get<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let found = look_up(cx, a.value(0), a.value(1))?;
    let value = found.unwrap_or_else(|| cx.default_of(a.ty(1)));
    a.out(2, value);
    Ok(Value::Bool(found.is_some()))
}

fn keys<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    side(cx, a, true)
}

fn values<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    side(cx, a, false)
}

fn side<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, is_key: bool) -> Eval<'a> {
    let items: Vec<Value<'a>> = cx
        .collect(a.value(0))?
        .into_iter()
        .filter_map(|item| match item {
            Value::Object(Object::KeyValue { key, value, .. }) => Some(if is_key { *key } else { *value }),
            Value::Json(property) if is_key => property.name().map(Value::Str),
            Value::Json(property) => property.property_value().map(Value::Json),
            _ => None,
        })
        .collect();
    cx.list(a.ty(usize::from(!is_key)), &items)
}

fn set_entry<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if a.is_null(1) {
        return cx.argument_null("key");
    }
    map(cx, a)?.set(cx.arena, a.value(1), a.value(2))?;
    Ok(Value::Null)
}

fn dictionaries(c: &mut Builder) {
    let generic = "System.Collections.Generic";
    c.define(generic, "struct KeyValuePair<TKey, TValue>", |t| {
        t.add("new(TKey key, TValue value)", |cx, a| {
            let ty = cx.keep_ty(Ty::generic(Known::KeyValuePair, [a.ty(0).clone(), a.ty(1).clone()]));
            cx.new_object(Object::KeyValue { ty, key: a.value(0), value: a.value(1) })
        })
        .add("TKey Key { get; }", |_, a| match a.object(0) {
            Some(Object::KeyValue { key, .. }) => Ok(*key),
            _ => Ok(Value::Null),
        })
        .add("TValue Value { get; }", |_, a| match a.object(0) {
            Some(Object::KeyValue { value, .. }) => Ok(*value),
            _ => Ok(Value::Null),
        });
    });
    c.define(
        generic,
        "interface IReadOnlyDictionary<TKey, TValue> : IReadOnlyCollection<KeyValuePair<TKey, TValue>>",
        |t| {
            t.add("TValue this[TKey key] { get; }", item)
                .add("bool ContainsKey(TKey key)", contains_key)
                .add("bool TryGetValue(TKey key, out TValue value)", try_get)
                .add("IEnumerable<TKey> Keys { get; }", keys)
                .add("IEnumerable<TValue> Values { get; }", values);
        },
    );
    c.define(generic, "interface IDictionary<TKey, TValue> : ICollection<KeyValuePair<TKey, TValue>>", |t| {
        t.add_settable("TValue this[TKey key] { get; set; }", item, set_entry)
            .add("bool ContainsKey(TKey key)", contains_key)
            .add("bool TryGetValue(TKey key, out TValue value)", try_get)
            .add("ICollection<TKey> Keys { get; }", keys)
            .add("ICollection<TValue> Values { get; }", values)
            .add("void Add(TKey key, TValue value)", |cx, a| {
                let map = map(cx, a)?;
                insert_new(cx, map, a.value(1), a.value(2))
            })
            .add("bool Remove(TKey key)", remove);
    });
    c.define(
        generic,
        "class Dictionary<TKey, TValue> : IDictionary<TKey, TValue>, IReadOnlyDictionary<TKey, TValue>",
        |t| {
            t.add("new()", |cx, a| new_map(cx, a, Value::Null, Value::Null))
                .add("new(int capacity)", |cx, a| new_map(cx, a, Value::Null, Value::Null))
                .add("new(IEqualityComparer<TKey> comparer)", |cx, a| new_map(cx, a, Value::Null, a.value(0)))
                .add("new(IDictionary<TKey, TValue> dictionary)", |cx, a| {
                    new_map(cx, a, a.value(0), Value::Null)
                })
                .add(
                    "new(IDictionary<TKey, TValue> dictionary, IEqualityComparer<TKey> comparer)",
                    |cx, a| new_map(cx, a, a.value(0), a.value(1)),
                )
                .add_settable("TValue this[TKey key] { get; set; }", item, set_entry)
                .add("int Count { get; }", count)
                .add("ICollection<TKey> Keys { get; }", keys)
                .add("ICollection<TValue> Values { get; }", values)
                .add("bool ContainsKey(TKey key)", contains_key)
                .add("bool TryGetValue(TKey key, out TValue value)", try_get)
                .add("bool ContainsValue(TValue value)", |cx, a| {
                    let map = map(cx, a)?;
                    cx.steps_of(map.len() as u64)?;
                    Ok(Value::Bool(map.iter().any(|(_, value)| equality::equals(value, a.value(1)))))
                });
        },
    );
}

fn new_map<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, from: Value<'a>, comparer: Value<'a>) -> Eval<'a> {
    let ty = cx.keep_ty(Ty::generic(Known::Dictionary, [a.ty(0).clone(), a.ty(1).clone()]));
    let object = cx.dictionary(ty, super::string::ignores_case(comparer))?;
    if let (Object::Dictionary { map, .. }, false) = (object, from.is_null()) {
        for pair in cx.collect(from)? {
            if let Some(Object::KeyValue { key, value, .. }) = pair.object() {
                insert_new(cx, map, *key, *value)?;
            }
        }
    }
    Ok(Value::Object(object))
}

fn new_set<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, from: Value<'a>, comparer: Value<'a>) -> Eval<'a> {
    let ty = cx.keep_ty(Ty::generic(Known::HashSet, [a.ty(0).clone()]));
    let object = cx.dictionary(ty, super::string::ignores_case(comparer))?;
    if let (Object::Dictionary { map, .. }, false) = (object, from.is_null()) {
        for item in cx.collect(from)? {
            cx.weigh(item)?;
            map.set(cx.arena, item, Value::Null)?;
        }
    }
    Ok(Value::Object(object))
}

fn sets(t: &mut TypeBuilder<'_>) {
    t.add("new()", |cx, a| new_set(cx, a, Value::Null, Value::Null))
        .add("new(IEnumerable<T> collection)", |cx, a| new_set(cx, a, a.value(0), Value::Null))
        .add("new(IEqualityComparer<T> comparer)", |cx, a| new_set(cx, a, Value::Null, a.value(0)))
        .add("new(IEnumerable<T> collection, IEqualityComparer<T> comparer)", |cx, a| {
            new_set(cx, a, a.value(0), a.value(1))
        })
        .add("int Count { get; }", count)
        .add("bool Add(T item)", add)
        .add("void UnionWith(IEnumerable<T> other)", |cx, a| {
            let map = map(cx, a)?;
            for item in cx.collect(a.value(1))? {
                cx.weigh(item)?;
                map.set(cx.arena, item, Value::Null)?;
            }
            Ok(Value::Null)
        })
        .add("void ExceptWith(IEnumerable<T> other)", |cx, a| {
            let map = map(cx, a)?;
            for item in cx.collect(a.value(1))? {
                cx.work(map.len() * 32)?;
                map.remove(item);
            }
            Ok(Value::Null)
        })
        .add("void IntersectWith(IEnumerable<T> other)", |cx, a| {
            let map = map(cx, a)?;
            let others = cx.collect(a.value(1))?;
            let gone: Vec<Value<'_>> = map
                .iter()
                .map(|(key, _)| key)
                .filter(|key| !others.iter().any(|other| equality::equals(*key, *other)))
                .collect();
            cx.steps_of((map.len() * (others.len() + 1)) as u64)?;
            for item in gone {
                map.remove(item);
            }
            Ok(Value::Null)
        })
        .add("bool IsSubsetOf(IEnumerable<T> other)", |cx, a| {
            let others = cx.collect(a.value(1))?;
            let map = map(cx, a)?;
            cx.steps_of((map.len() * (others.len() + 1)) as u64)?;
            Ok(Value::Bool(
                map.iter().all(|(key, _)| others.iter().any(|other| equality::equals(key, *other))),
            ))
        })
        .add("bool IsSupersetOf(IEnumerable<T> other)", |cx, a| {
            let others = cx.collect(a.value(1))?;
            let map = map(cx, a)?;
            Ok(Value::Bool(others.into_iter().all(|other| map.contains(other))))
        })
        .add("bool Overlaps(IEnumerable<T> other)", |cx, a| {
            let others = cx.collect(a.value(1))?;
            let map = map(cx, a)?;
            Ok(Value::Bool(others.into_iter().any(|other| map.contains(other))))
        })
        .add("bool SetEquals(IEnumerable<T> other)", |cx, a| {
            let other = new_set(cx, a, a.value(1), Value::Null)?;
            let map = map(cx, a)?;
            Ok(Value::Bool(match other.object() {
                Some(Object::Dictionary { map: other, .. }) => {
                    other.len() == map.len() && other.iter().all(|(key, _)| map.contains(key))
                }
                _ => false,
            }))
        });
}

fn new_line<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, known: Known) -> Eval<'a> {
    let ty = cx.keep_ty(Ty::generic(known, [a.ty(0).clone()]));
    let items = match a.value(0) {
        Value::Null | Value::Int(_) => Vec::new(),
        from => cx.collect(from)?,
    };
    let items = List::from_slice(cx.arena, &items)?;
    cx.new_object(Object::Line { ty, items, version: Cell::new(0) })
}

fn lines(t: &mut TypeBuilder<'_>, put: &str, take: &str, is_queue: bool) {
    match is_queue {
        true => {
            t.add("new()", |cx, a| new_line(cx, a, Known::Queue))
                .add("new(int capacity)", |cx, a| new_line(cx, a, Known::Queue))
                .add("new(IEnumerable<T> collection)", |cx, a| new_line(cx, a, Known::Queue));
        }
        false => {
            t.add("new()", |cx, a| new_line(cx, a, Known::Stack))
                .add("new(int capacity)", |cx, a| new_line(cx, a, Known::Stack))
                .add("new(IEnumerable<T> collection)", |cx, a| new_line(cx, a, Known::Stack));
        }
    }
    fn next<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, takes: bool, from_front: bool) -> Eval<'a> {
        let (items, version) = list(cx, a)?;
        let at = if from_front { 0 } else { items.len().wrapping_sub(1) };
        let Some(item) = items.get(at) else {
            let what = if from_front { "Queue empty." } else { "Stack empty." };
            return cx.throw("System.InvalidOperationException", what);
        };
        if takes {
            cx.work(items.len())?;
            items.remove(at);
            touch(version);
        }
        Ok(item)
    }
    let put: &'static str = format!("void {put}(T item)").leak();
    let take: &'static str = format!("T {take}()").leak();
    t.add(put, add).add("void Clear()", clear).add("bool Contains(T item)", contains).add(
        "T[] ToArray()",
        |cx, a| {
            let items = cx.collect(a.value(0))?;
            cx.array(a.ty(0), &items)
        },
    );
    match is_queue {
        true => {
            t.add(take, |cx, a| next(cx, a, true, true)).add("T Peek()", |cx, a| next(cx, a, false, true));
        }
        false => {
            t.add(take, |cx, a| next(cx, a, true, false)).add("T Peek()", |cx, a| next(cx, a, false, false));
        }
    }
}

fn tuples(c: &mut Builder) {
    fn new<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
        let known = [Known::Tuple1, Known::Tuple2, Known::Tuple3, Known::Tuple4, Known::Tuple5];
        let id = known[a.len().clamp(1, 5) - 1].id();
        let ty = cx.keep_ty(Ty::Named(id, a.types[..a.len().min(a.types.len())].into()));
        let fields = cx.arena.cells(a.len(), Value::Null)?;
        fields.iter().zip(a.values).for_each(|(field, value)| field.set(*value));
        cx.new_object(Object::Record { ty, fields })
    }
    macro_rules! items {
        ($t:ident, $($at:literal $text:literal,)*) => {
            $($t.add($text, |_, a| match a.object(0) {
                Some(Object::Record { fields, .. }) => Ok(fields.get($at).map_or(Value::Null, Cell::get)),
                _ => Ok(Value::Null),
            });)*
        };
    }
    c.define("System", "class Tuple<T1>", |t| {
        t.add("new(T1 item1)", new);
        items!(t, 0 "T1 Item1 { get; }",);
    });
    c.define("System", "class Tuple<T1, T2>", |t| {
        t.add("new(T1 item1, T2 item2)", new);
        items!(t, 0 "T1 Item1 { get; }", 1 "T2 Item2 { get; }",);
    });
    c.define("System", "class Tuple<T1, T2, T3>", |t| {
        t.add("new(T1 item1, T2 item2, T3 item3)", new);
        items!(t, 0 "T1 Item1 { get; }", 1 "T2 Item2 { get; }", 2 "T3 Item3 { get; }",);
    });
    c.define("System", "class Tuple<T1, T2, T3, T4>", |t| {
        t.add("new(T1 item1, T2 item2, T3 item3, T4 item4)", new);
        items!(t, 0 "T1 Item1 { get; }", 1 "T2 Item2 { get; }", 2 "T3 Item3 { get; }", 3 "T4 Item4 { get; }",);
    });
    c.define("System", "class Tuple<T1, T2, T3, T4, T5>", |t| {
        t.add("new(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5)", new);
        items!(t, 0 "T1 Item1 { get; }", 1 "T2 Item2 { get; }", 2 "T3 Item3 { get; }", 3 "T4 Item4 { get; }", 4 "T5 Item5 { get; }",);
    });
    c.define("System", "static class Tuple", |t| {
        t.add("static Tuple<T1> Create<T1>(T1 item1)", new)
            .add("static Tuple<T1, T2> Create<T1, T2>(T1 item1, T2 item2)", new)
            .add("static Tuple<T1, T2, T3> Create<T1, T2, T3>(T1 item1, T2 item2, T3 item3)", new)
            .add("static Tuple<T1, T2, T3, T4> Create<T1, T2, T3, T4>(T1 item1, T2 item2, T3 item3, T4 item4)", new)
            .add("static Tuple<T1, T2, T3, T4, T5> Create<T1, T2, T3, T4, T5>(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5)", new);
    });
}
