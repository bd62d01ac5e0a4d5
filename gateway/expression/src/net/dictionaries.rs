//! Dictionaries, sets, queues, stacks and tuples.

use std::cell::Cell;

use super::collections::{add, clear, contains, count, list, remove, touch};
use crate::arena::List;
use crate::run::dictionary::Dictionary;
use crate::run::{Args, Cx, Eval, Object, Value, equality};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::types::{Known, Ty};

/// What is declared of these.
pub(super) fn define(c: &mut Builder) {
    let generic = "System.Collections.Generic";
    dictionaries(c);
    c.define(generic, "class HashSet<T> : ISet<T>, IReadOnlyCollection<T>", sets);
    c.define(generic, "class Queue<T> : IReadOnlyCollection<T>", |t| lines(t, "Enqueue", "Dequeue", true));
    c.define(generic, "class Stack<T> : IReadOnlyCollection<T>", |t| lines(t, "Push", "Pop", false));
    tuples(c);
}

fn map<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Dictionary<'a>> {
    match a.object(0) {
        Some(Object::Dictionary { map, .. }) => Ok(map),
        _ => cx.throw("System.NotSupportedException", "Collection is read-only."),
    }
}

pub(super) fn insert_new<'a>(
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
