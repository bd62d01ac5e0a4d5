//! `System.String`, and what compares strings.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::clr::chars;
use crate::clr::text::{self as clr, SplitOptions, StringComparison};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::Builder;

/// Longest text that one operation makes, in bytes.
pub(crate) const TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(crate) fn compare_culture(left: &str, right: &str, ignores_case: bool) -> Ordering {
    let comparison = match ignores_case {
        true => StringComparison::InvariantCultureIgnoreCase,
        false => StringComparison::InvariantCulture,
    };
    clr::compare(left, right, comparison).cmp(&0)
}

pub(crate) fn equal_ignoring_case(left: &str, right: &str) -> bool {
    clr::equals(left, right, StringComparison::OrdinalIgnoreCase)
}

/// The comparison that a `StringComparison` argument names.
pub(crate) fn comparison(value: Value<'_>) -> StringComparison {
    match value {
        Value::Enum(_, 0) => StringComparison::CurrentCulture,
        Value::Enum(_, 1) => StringComparison::CurrentCultureIgnoreCase,
        Value::Enum(_, 2) => StringComparison::InvariantCulture,
        Value::Enum(_, 3) => StringComparison::InvariantCultureIgnoreCase,
        Value::Enum(_, 5) => StringComparison::OrdinalIgnoreCase,
        _ => StringComparison::Ordinal,
    }
}

/// The characters of a `char[]`.
pub(crate) fn chars_of(value: Value<'_>) -> Vec<char> {
    match value.object() {
        Some(Object::Array { items, .. }) => {
            let units: Vec<u16> =
                items.iter().map(|item| if let Value::Char(unit) = item { unit } else { 0 }).collect();
            char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        _ => Vec::new(),
    }
}

fn options(value: Value<'_>) -> SplitOptions {
    match value {
        Value::Enum(_, 1) => SplitOptions::RemoveEmptyEntries,
        _ => SplitOptions::None,
    }
}

/// A part of the receiver stays where it is; anything new is put into the arena.
fn part<'a>(cx: &mut Cx<'a, '_>, whole: &'a str, text: &str) -> Eval<'a> {
    let start = text.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    match whole.get(start..start.wrapping_add(text.len())) {
        Some(within) if std::ptr::eq(within.as_ptr(), text.as_ptr()) => Ok(Value::Str(within)),
        _ => cx.str(text),
    }
}

fn cow<'a>(cx: &mut Cx<'a, '_>, whole: &'a str, text: Cow<'_, str>) -> Eval<'a> {
    match text {
        Cow::Borrowed(text) => part(cx, whole, text),
        Cow::Owned(text) => cx.str(&text),
    }
}

fn parts<'a>(cx: &mut Cx<'a, '_>, whole: &'a str, texts: &[&str]) -> Eval<'a> {
    let items: Vec<Value<'a>> = texts.iter().map(|text| part(cx, whole, text)).collect::<Result<_, _>>()?;
    cx.array(crate::run::cx::string_ty(), &items)
}

fn split_chars<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, count: Option<i32>, how: SplitOptions) -> Eval<'a> {
    let whole = a.this_str();
    cx.work(whole.len())?;
    let separators = match a.value(1) {
        Value::Char(unit) => vec![super::text::char_of(unit)],
        other => chars_of(other),
    };
    let texts = cx.clr(clr::split_chars(whole, &separators, count, how))?;
    parts(cx, whole, &texts)
}

fn split_strings<'a>(
    cx: &mut Cx<'a, '_>,
    a: Args<'_, 'a>,
    count: Option<i32>,
    how: SplitOptions,
) -> Eval<'a> {
    let whole = a.this_str();
    cx.work(whole.len())?;
    let separators: Vec<&str> = match a.value(1) {
        Value::Str("") => return parts(cx, whole, &[whole]),
        Value::Str(one) => vec![one],
        other => match other.object() {
            Some(Object::Array { items, .. }) => {
                items.iter().map(|item| if let Value::Str(text) = item { text } else { "" }).collect()
            }
            _ => Vec::new(),
        },
    };
    let texts = cx.clr(clr::split_strings(whole, &separators, count, how))?;
    parts(cx, whole, &texts)
}

fn join<'a>(cx: &mut Cx<'a, '_>, separator: Value<'a>, items: Value<'a>) -> Eval<'a> {
    let separator = super::text::display(cx, separator)?;
    let items = cx.collect(items)?;
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        texts.push(super::text::display(cx, item)?);
    }
    let joined = cx.clr(clr::join(separator, texts, TEXT_BYTES_MAX))?;
    cx.str(&joined)
}

fn concat<'a>(cx: &mut Cx<'a, '_>, values: &[Value<'a>]) -> Eval<'a> {
    let mut texts = Vec::with_capacity(values.len());
    for value in values {
        texts.push(super::text::display(cx, *value)?);
    }
    cx.work(texts.iter().map(|text| text.len()).sum())?;
    Ok(Value::Str(cx.arena.concat(&texts)?))
}

fn index_of<'a>(
    cx: &mut Cx<'a, '_>,
    a: Args<'_, 'a>,
    start: i32,
    count: Option<i32>,
    how: StringComparison,
) -> Eval<'a> {
    let value = a.str(cx, 1, "value")?;
    cx.work(a.this_str().len())?;
    cx.clr(clr::index_of(a.this_str(), value, start, count, how)).map(Value::Int)
}

fn last_index_of<'a>(
    cx: &mut Cx<'a, '_>,
    a: Args<'_, 'a>,
    start: Option<i32>,
    count: Option<i32>,
    how: StringComparison,
) -> Eval<'a> {
    let value = a.str(cx, 1, "value")?;
    cx.work(a.this_str().len())?;
    cx.clr(clr::last_index_of(a.this_str(), value, start, count, how)).map(Value::Int)
}

fn compare<'a>(cx: &mut Cx<'a, '_>, left: Value<'a>, right: Value<'a>, how: StringComparison) -> Eval<'a> {
    Ok(Value::Int(match (left, right) {
        (Value::Str(a), Value::Str(b)) => {
            cx.collate(a, b)?;
            clr::compare(a, b, how)
        }
        (Value::Null, Value::Null) => 0,
        (Value::Null, _) => -1,
        _ => 1,
    }))
}

fn equals<'a>(left: Value<'_>, right: Value<'_>, how: StringComparison) -> Value<'a> {
    Value::Bool(match (left, right) {
        (Value::Str(a), Value::Str(b)) => clr::equals(a, b, how),
        (a, b) => a.is_null() && b.is_null(),
    })
}

fn of_chars<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize) -> Eval<'a> {
    let text: String = chars_of(a.value(at)).into_iter().collect();
    cx.str(&text)
}

const CULTURE: StringComparison = StringComparison::CurrentCulture;
const ORDINAL: StringComparison = StringComparison::Ordinal;

fn case(ignores: bool) -> StringComparison {
    if ignores { StringComparison::CurrentCultureIgnoreCase } else { CULTURE }
}

pub(crate) fn define(c: &mut Builder) {
    c.enumeration(
        "System",
        "StringComparison",
        &[
            ("CurrentCulture", 0),
            ("CurrentCultureIgnoreCase", 1),
            ("InvariantCulture", 2),
            ("InvariantCultureIgnoreCase", 3),
            ("Ordinal", 4),
            ("OrdinalIgnoreCase", 5),
        ],
    );
    c.flags("System", "StringSplitOptions", &[("None", 0), ("RemoveEmptyEntries", 1)]);
    c.define(
        "System",
        "class String : IEnumerable<char>, IComparable, IComparable<string>, IEquatable<string>",
        |t| {
            statics(t);
            searching(t);
            editing(t);
        },
    );
    c.define("System", "class StringComparer : IComparer<string>, IEqualityComparer<string>", |t| {
        t.add("static StringComparer Ordinal { get; }", |cx, _| comparer(cx, false))
            .add("static StringComparer OrdinalIgnoreCase { get; }", |cx, _| comparer(cx, true))
            .add("static StringComparer InvariantCulture { get; }", |cx, _| comparer(cx, false))
            .add("static StringComparer InvariantCultureIgnoreCase { get; }", |cx, _| comparer(cx, true))
            .add("static StringComparer CurrentCulture { get; }", |cx, _| comparer(cx, false))
            .add("static StringComparer CurrentCultureIgnoreCase { get; }", |cx, _| comparer(cx, true))
            .add("int Compare(string x, string y)", |cx, a| {
                let how =
                    if ignores_case(a.value(0)) { StringComparison::OrdinalIgnoreCase } else { ORDINAL };
                compare(cx, a.value(1), a.value(2), how)
            })
            .add("bool Equals(string x, string y)", |_, a| {
                let how =
                    if ignores_case(a.value(0)) { StringComparison::OrdinalIgnoreCase } else { ORDINAL };
                Ok(equals(a.value(1), a.value(2), how))
            });
    });
}

fn comparer<'a>(cx: &mut Cx<'a, '_>, ignores_case: bool) -> Eval<'a> {
    cx.new_object(Object::Comparer { ignores_case })
}

/// Whether a comparer takes no notice of case.
pub(crate) fn ignores_case(comparer: Value<'_>) -> bool {
    matches!(comparer.object(), Some(Object::Comparer { ignores_case: true }))
}

type Builds<'b, 't> = &'t mut crate::types::catalogue::TypeBuilder<'b>;

fn statics(t: Builds<'_, '_>) {
    t.add("static string Empty { get; }", |_, _| Ok(Value::Str("")))
        .add("new(char c, int count)", |cx, a| {
            let text = cx.clr(clr::repeat(super::text::char_of(a.char(0)), a.int(1), TEXT_BYTES_MAX))?;
            cx.str(&text)
        })
        .add("new(char[] value)", |cx, a| of_chars(cx, a, 0))
        .add("new(char[] value, int startIndex, int length)", |cx, a| {
            let all: String = chars_of(a.value(0)).into_iter().collect();
            let text = cx.clr(clr::substring_range(&all, a.int(1), a.int(2)))?;
            cx.str(&text)
        })
        .add("static bool IsNullOrEmpty(string value)", |_, a| Ok(Value::Bool(a.this_str().is_empty())))
        .add("static bool IsNullOrWhiteSpace(string value)", |cx, a| {
            cx.work(a.this_str().len())?;
            Ok(Value::Bool(a.this_str().chars().all(super::text::is_white)))
        })
        .add("static string Concat(object arg0)", |cx, a| concat(cx, a.values))
        .add("static string Concat(string str0, string str1)", |cx, a| concat(cx, a.values))
        .add("static string Concat(string str0, string str1, string str2)", |cx, a| concat(cx, a.values))
        .add("static string Concat(string str0, string str1, string str2, string str3)", |cx, a| {
            concat(cx, a.values)
        })
        .add("static string Concat(object arg0, object arg1)", |cx, a| concat(cx, a.values))
        .add("static string Concat(object arg0, object arg1, object arg2)", |cx, a| concat(cx, a.values))
        .add("static string Concat(params string[] values)", |cx, a| {
            let values = cx.collect(a.value(0))?;
            concat(cx, &values)
        })
        .add("static string Concat(params object[] args)", |cx, a| {
            let values = cx.collect(a.value(0))?;
            concat(cx, &values)
        })
        .add("static string Concat(IEnumerable<string> values)", |cx, a| {
            let values = cx.collect(a.value(0))?;
            concat(cx, &values)
        })
        .add("static string Concat<T>(IEnumerable<T> values)", |cx, a| {
            let values = cx.collect(a.value(0))?;
            concat(cx, &values)
        })
        .add("static string Join(string separator, params string[] value)", |cx, a| {
            join(cx, a.value(0), a.value(1))
        })
        .add("static string Join(string separator, params object[] values)", |cx, a| {
            join(cx, a.value(0), a.value(1))
        })
        .add("static string Join(string separator, IEnumerable<string> values)", |cx, a| {
            join(cx, a.value(0), a.value(1))
        })
        .add("static string Join<T>(string separator, IEnumerable<T> values)", |cx, a| {
            join(cx, a.value(0), a.value(1))
        })
        .add("static string Join(char separator, params string[] value)", |cx, a| {
            join(cx, a.value(0), a.value(1))
        })
        .add("static string Join(string separator, string[] value, int startIndex, int count)", |cx, a| {
            let items = cx.collect(a.value(1))?;
            let (start, count) = (usize::try_from(a.int(2)), usize::try_from(a.int(3)));
            match (start, count) {
                (Ok(start), Ok(count)) if start + count <= items.len() => {
                    let some = cx.array(crate::run::cx::string_ty(), &items[start..start + count])?;
                    join(cx, a.value(0), some)
                }
                _ => cx.out_of_range(
                    "startIndex",
                    "Index and count must refer to a location within the buffer.",
                ),
            }
        })
        .add("static string Format(string format, object arg0)", format)
        .add("static string Format(string format, object arg0, object arg1)", format)
        .add("static string Format(string format, object arg0, object arg1, object arg2)", |cx, a| {
            format(cx, a)
        })
        .add("static string Format(string format, params object[] args)", |cx, a| {
            let form = a.str(cx, 0, "format")?;
            let arguments = cx.collect(a.value(1))?;
            super::text::composite(cx, form, &arguments)
        })
        .add(
            "static string Format(IFormatProvider provider, string format, params object[] args)",
            |cx, a| {
                let form = a.str(cx, 1, "format")?;
                let arguments = cx.collect(a.value(2))?;
                super::text::composite(cx, form, &arguments)
            },
        )
        .add("static string Copy(string str)", |cx, a| a.str(cx, 0, "str").map(Value::Str))
        .add("static string Intern(string str)", |cx, a| a.str(cx, 0, "str").map(Value::Str))
        .add("static bool Equals(string a, string b)", |_, a| Ok(equals(a.value(0), a.value(1), ORDINAL)))
        .add("static bool Equals(string a, string b, StringComparison comparisonType)", |_, a| {
            Ok(equals(a.value(0), a.value(1), comparison(a.value(2))))
        })
        .add("static int Compare(string strA, string strB)", |cx, a| {
            compare(cx, a.value(0), a.value(1), CULTURE)
        })
        .add("static int Compare(string strA, string strB, bool ignoreCase)", |cx, a| {
            compare(cx, a.value(0), a.value(1), case(a.bool(2)))
        })
        .add("static int Compare(string strA, string strB, bool ignoreCase, CultureInfo culture)", |cx, a| {
            compare(cx, a.value(0), a.value(1), case(a.bool(2)))
        })
        .add("static int Compare(string strA, string strB, StringComparison comparisonType)", |cx, a| {
            compare(cx, a.value(0), a.value(1), comparison(a.value(2)))
        })
        .add("static int CompareOrdinal(string strA, string strB)", |cx, a| {
            compare(cx, a.value(0), a.value(1), ORDINAL)
        });
}

fn format<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let form = a.str(cx, 0, "format")?;
    super::text::composite(cx, form, &a.values[1..])
}

fn searching(t: Builds<'_, '_>) {
    t.add("int Length { get; }", |_, a| Ok(Value::Int(clr::length(a.this_str()))))
        .add("char this[int index] { get; }", |cx, a| {
            cx.clr(clr::unit_at(a.this_str(), a.int(1))).map(Value::Char)
        })
        .add("bool Contains(string value)", |cx, a| {
            let value = a.str(cx, 1, "value")?;
            cx.work(a.this_str().len())?;
            Ok(Value::Bool(clr::contains(a.this_str(), value)))
        })
        .add("bool Contains(string value, StringComparison comparisonType)", |cx, a| {
            let found = index_of(cx, a, 0, None, comparison(a.value(2)))?;
            Ok(Value::Bool(found.integer().is_some_and(|at| at >= 0)))
        })
        .add("bool Contains(char value)", |cx, a| {
            cx.work(a.this_str().len())?;
            Ok(Value::Bool(a.this_str().contains(super::text::char_of(a.char(1)))))
        })
        .add("bool StartsWith(string value)", |cx, a| {
            let value = a.str(cx, 1, "value")?;
            Ok(Value::Bool(clr::starts_with(a.this_str(), value, CULTURE)))
        })
        .add("bool StartsWith(string value, StringComparison comparisonType)", |cx, a| {
            let value = a.str(cx, 1, "value")?;
            Ok(Value::Bool(clr::starts_with(a.this_str(), value, comparison(a.value(2)))))
        })
        .add("bool StartsWith(string value, bool ignoreCase, CultureInfo culture)", |cx, a| {
            let value = a.str(cx, 1, "value")?;
            Ok(Value::Bool(clr::starts_with(a.this_str(), value, case(a.bool(2)))))
        })
        .add("bool StartsWith(char value)", |_, a| {
            Ok(Value::Bool(a.this_str().starts_with(super::text::char_of(a.char(1)))))
        })
        .add("bool EndsWith(string value)", |cx, a| {
            let value = a.str(cx, 1, "value")?;
            Ok(Value::Bool(clr::ends_with(a.this_str(), value, CULTURE)))
        })
        .add("bool EndsWith(string value, StringComparison comparisonType)", |cx, a| {
            let value = a.str(cx, 1, "value")?;
            Ok(Value::Bool(clr::ends_with(a.this_str(), value, comparison(a.value(2)))))
        })
        .add("bool EndsWith(string value, bool ignoreCase, CultureInfo culture)", |cx, a| {
            let value = a.str(cx, 1, "value")?;
            Ok(Value::Bool(clr::ends_with(a.this_str(), value, case(a.bool(2)))))
        })
        .add("bool EndsWith(char value)", |_, a| {
            Ok(Value::Bool(a.this_str().ends_with(super::text::char_of(a.char(1)))))
        })
        .add("int IndexOf(string value)", |cx, a| index_of(cx, a, 0, None, CULTURE))
        .add("int IndexOf(string value, int startIndex)", |cx, a| index_of(cx, a, a.int(2), None, CULTURE))
        .add("int IndexOf(string value, int startIndex, int count)", |cx, a| {
            index_of(cx, a, a.int(2), Some(a.int(3)), CULTURE)
        })
        .add("int IndexOf(string value, StringComparison comparisonType)", |cx, a| {
            index_of(cx, a, 0, None, comparison(a.value(2)))
        })
        .add("int IndexOf(string value, int startIndex, StringComparison comparisonType)", |cx, a| {
            index_of(cx, a, a.int(2), None, comparison(a.value(3)))
        })
        .add(
            "int IndexOf(string value, int startIndex, int count, StringComparison comparisonType)",
            |cx, a| index_of(cx, a, a.int(2), Some(a.int(3)), comparison(a.value(4))),
        )
        .add("int IndexOf(char value)", |cx, a| index_of_char(cx, a, 0, None))
        .add("int IndexOf(char value, int startIndex)", |cx, a| index_of_char(cx, a, a.int(2), None))
        .add("int IndexOf(char value, int startIndex, int count)", |cx, a| {
            index_of_char(cx, a, a.int(2), Some(a.int(3)))
        })
        .add("int IndexOfAny(char[] anyOf)", |cx, a| {
            cx.clr(clr::index_of_any(a.this_str(), &chars_of(a.value(1)), 0, None)).map(Value::Int)
        })
        .add("int IndexOfAny(char[] anyOf, int startIndex)", |cx, a| {
            cx.clr(clr::index_of_any(a.this_str(), &chars_of(a.value(1)), a.int(2), None)).map(Value::Int)
        })
        .add("int LastIndexOf(string value)", |cx, a| last_index_of(cx, a, None, None, CULTURE))
        .add("int LastIndexOf(string value, int startIndex)", |cx, a| {
            last_index_of(cx, a, Some(a.int(2)), None, CULTURE)
        })
        .add("int LastIndexOf(string value, StringComparison comparisonType)", |cx, a| {
            last_index_of(cx, a, None, None, comparison(a.value(2)))
        })
        .add("int LastIndexOf(char value)", |cx, a| {
            let symbol = super::text::char_of(a.char(1));
            cx.clr(clr::last_index_of_char(a.this_str(), symbol, None, None)).map(Value::Int)
        })
        .add("int LastIndexOf(char value, int startIndex)", |cx, a| {
            let symbol = super::text::char_of(a.char(1));
            cx.clr(clr::last_index_of_char(a.this_str(), symbol, Some(a.int(2)), None)).map(Value::Int)
        })
        .add("int LastIndexOfAny(char[] anyOf)", |cx, a| {
            cx.clr(clr::last_index_of_any(a.this_str(), &chars_of(a.value(1)), None, None)).map(Value::Int)
        })
        .add("int CompareTo(string strB)", |cx, a| compare(cx, a.value(0), a.value(1), CULTURE))
        .add("int CompareTo(object value)", super::numbers::compare)
        .add("bool Equals(string value)", |_, a| Ok(equals(a.value(0), a.value(1), ORDINAL)))
        .add("bool Equals(string value, StringComparison comparisonType)", |_, a| {
            Ok(equals(a.value(0), a.value(1), comparison(a.value(2))))
        });
}

fn index_of_char<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, start: i32, count: Option<i32>) -> Eval<'a> {
    cx.work(a.this_str().len())?;
    let symbol = super::text::char_of(a.char(1));
    cx.clr(clr::index_of_char(a.this_str(), symbol, start, count)).map(Value::Int)
}

fn editing(t: Builds<'_, '_>) {
    t.add("string Substring(int startIndex)", |cx, a| {
        let text = cx.clr(clr::substring(a.this_str(), a.int(1)))?;
        cow(cx, a.this_str(), text)
    })
    .add("string Substring(int startIndex, int length)", |cx, a| {
        let text = cx.clr(clr::substring_range(a.this_str(), a.int(1), a.int(2)))?;
        cow(cx, a.this_str(), text)
    })
    .add("string Replace(string oldValue, string newValue)", |cx, a| {
        let (whole, old) = (a.this_str(), a.str(cx, 1, "oldValue")?);
        cx.work(whole.len())?;
        let text = cx.clr(clr::replace(whole, old, a.opt_str(2).unwrap_or_default(), TEXT_BYTES_MAX))?;
        cow(cx, whole, text)
    })
    .add("string Replace(char oldChar, char newChar)", |cx, a| {
        let (old, new) = (super::text::char_of(a.char(1)), super::text::char_of(a.char(2)));
        cx.work(a.this_str().len())?;
        let text = cx.clr(clr::replace_char(a.this_str(), old, new, TEXT_BYTES_MAX))?;
        cow(cx, a.this_str(), text)
    })
    .add("string Insert(int startIndex, string value)", |cx, a| {
        let value = a.str(cx, 2, "value")?;
        let text = cx.clr(clr::insert(a.this_str(), a.int(1), value, TEXT_BYTES_MAX))?;
        cx.str(&text)
    })
    .add("string Remove(int startIndex)", |cx, a| {
        let text = cx.clr(clr::remove(a.this_str(), a.int(1)))?;
        cow(cx, a.this_str(), text)
    })
    .add("string Remove(int startIndex, int count)", |cx, a| {
        let text = cx.clr(clr::remove_range(a.this_str(), a.int(1), a.int(2)))?;
        cx.str(&text)
    })
    .add("string Trim()", |cx, a| part(cx, a.this_str(), clr::trim(a.this_str())))
    .add("string Trim(params char[] trimChars)", |cx, a| {
        part(cx, a.this_str(), clr::trim_chars(a.this_str(), &chars_of(a.value(1))))
    })
    .add("string TrimStart(params char[] trimChars)", |cx, a| {
        part(cx, a.this_str(), clr::trim_start_chars(a.this_str(), &chars_of(a.value(1))))
    })
    .add("string TrimEnd(params char[] trimChars)", |cx, a| {
        part(cx, a.this_str(), clr::trim_end_chars(a.this_str(), &chars_of(a.value(1))))
    })
    .add("string PadLeft(int totalWidth)", |cx, a| {
        let text = cx.clr(clr::pad_left(a.this_str(), a.int(1), ' ', TEXT_BYTES_MAX))?;
        cow(cx, a.this_str(), text)
    })
    .add("string PadLeft(int totalWidth, char paddingChar)", |cx, a| {
        let fill = super::text::char_of(a.char(2));
        let text = cx.clr(clr::pad_left(a.this_str(), a.int(1), fill, TEXT_BYTES_MAX))?;
        cow(cx, a.this_str(), text)
    })
    .add("string PadRight(int totalWidth)", |cx, a| {
        let text = cx.clr(clr::pad_right(a.this_str(), a.int(1), ' ', TEXT_BYTES_MAX))?;
        cow(cx, a.this_str(), text)
    })
    .add("string PadRight(int totalWidth, char paddingChar)", |cx, a| {
        let fill = super::text::char_of(a.char(2));
        let text = cx.clr(clr::pad_right(a.this_str(), a.int(1), fill, TEXT_BYTES_MAX))?;
        cow(cx, a.this_str(), text)
    })
    .add("string ToUpper()", upper)
    .add("string ToUpper(CultureInfo culture)", upper)
    .add("string ToUpperInvariant()", upper)
    .add("string ToLower()", lower)
    .add("string ToLower(CultureInfo culture)", lower)
    .add("string ToLowerInvariant()", lower)
    .add("string Normalize()", |_, a| Ok(a.value(0)))
    .add("char[] ToCharArray()", |cx, a| {
        cx.work(a.this_str().len() * 8)?;
        let items: Vec<Value<'_>> = a.this_str().encode_utf16().map(Value::Char).collect();
        cx.array(super::primitives::char_ty(), &items)
    })
    .add("char[] ToCharArray(int startIndex, int length)", |cx, a| {
        let text = cx.clr(clr::substring_range(a.this_str(), a.int(1), a.int(2)))?;
        let items: Vec<Value<'_>> = text.encode_utf16().map(Value::Char).collect();
        cx.array(super::primitives::char_ty(), &items)
    })
    .add("string[] Split(params char[] separator)", |cx, a| split_chars(cx, a, None, SplitOptions::None))
    .add("string[] Split(char[] separator, int count)", |cx, a| {
        split_chars(cx, a, Some(a.int(2)), SplitOptions::None)
    })
    .add("string[] Split(char[] separator, StringSplitOptions options)", |cx, a| {
        split_chars(cx, a, None, options(a.value(2)))
    })
    .add("string[] Split(char[] separator, int count, StringSplitOptions options)", |cx, a| {
        split_chars(cx, a, Some(a.int(2)), options(a.value(3)))
    })
    .add("string[] Split(char separator, StringSplitOptions options)", |cx, a| {
        split_chars(cx, a, None, options(a.value(2)))
    })
    .add("string[] Split(char separator, int count, StringSplitOptions options = 0)", |cx, a| {
        split_chars(cx, a, Some(a.int(2)), options(a.value(3)))
    })
    .add("string[] Split(string[] separator, StringSplitOptions options)", |cx, a| {
        split_strings(cx, a, None, options(a.value(2)))
    })
    .add("string[] Split(string[] separator, int count, StringSplitOptions options)", |cx, a| {
        split_strings(cx, a, Some(a.int(2)), options(a.value(3)))
    })
    .add("string[] Split(string separator, StringSplitOptions options = 0)", |cx, a| {
        split_strings(cx, a, None, options(a.value(2)))
    })
    .add("string[] Split(string separator, int count, StringSplitOptions options = 0)", |cx, a| {
        split_strings(cx, a, Some(a.int(2)), options(a.value(3)))
    })
    .add("string ToString()", |_, a| Ok(a.value(0)))
    .add("string ToString(IFormatProvider provider)", |_, a| Ok(a.value(0)))
    .add("object Clone()", |_, a| Ok(a.value(0)));
}

fn upper<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let text = a.this_str();
    match text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_lowercase()) {
        true => Ok(a.value(0)),
        false => cx.str(&chars::upper(text)),
    }
}

fn lower<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let text = a.this_str();
    match text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        true => Ok(a.value(0)),
        false => cx.str(&chars::lower(text)),
    }
}
