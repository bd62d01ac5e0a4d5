//! `object`, `bool`, `char`, enumerations, `Nullable`, delegates, and the interfaces that the
//! rest is declared with.

use std::sync::LazyLock;

use crate::clr::{chars, convert};
use crate::run::{Args, Cx, Eval, Object, Value, equality};
use crate::types::catalogue::Builder;
use crate::types::{Known, Ty, catalogue};

pub(crate) fn char_ty() -> &'static Ty {
    static CHAR: LazyLock<Ty> = LazyLock::new(|| Ty::known(Known::Char));
    &CHAR
}

fn to_text<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    super::text::display(cx, a.value(0)).map(Value::Str)
}

fn same<'a>(a: Args<'_, '_>, at: usize) -> Value<'a> {
    Value::Bool(equality::equals(a.value(at), a.value(at + 1)))
}

fn hash<'a>(_: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    #[allow(clippy::cast_possible_truncation)]
    Ok(Value::Int(equality::hash(a.value(0), false) as i32))
}

fn compare<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let order = equality::compare(cx, a.value(0), a.value(1))?;
    Ok(Value::Int(order as i32))
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System", "class Object", |t| {
        t.add("new()", |cx, _| cx.new_object(Object::Plain))
            .add("string ToString()", to_text)
            .add("bool Equals(object obj)", |_, a| Ok(same(a, 0)))
            .add("int GetHashCode()", hash)
            .add("static bool Equals(object objA, object objB)", |_, a| Ok(same(a, 0)))
            .add("static bool ReferenceEquals(object objA, object objB)", |_, a| {
                Ok(Value::Bool(match (a.value(0), a.value(1)) {
                    (Value::Null, Value::Null) => true,
                    (Value::Object(a), Value::Object(b)) => std::ptr::eq(a, b) || super::objects::same(a, b),
                    (Value::Str(a), Value::Str(b)) => std::ptr::eq(a, b),
                    (Value::Part(a), Value::Part(b)) => a == b,
                    (Value::Json(a), Value::Json(b)) => a == b,
                    (Value::Xml(a), Value::Xml(b)) => a == b,
                    _ => false,
                }))
            });
    });
    interfaces(c);
    c.define("System", "class ValueType", |_| {});
    c.define("System", "class Enum : ValueType, IComparable", |t| {
        t.add("static object Parse(Type enumType, string value)", |cx, _| cx.null_reference())
            .add("static bool TryParse<TEnum>(string value, out TEnum result)", |cx, a| {
                try_parse(cx, a, false, 1)
            })
            .add("static bool TryParse<TEnum>(string value, bool ignoreCase, out TEnum result)", |cx, a| {
                try_parse(cx, a, a.bool(1), 2)
            })
            .add("static TEnum Parse<TEnum>(string value)", |cx, a| parse(cx, a, false))
            .add("static TEnum Parse<TEnum>(string value, bool ignoreCase)", |cx, a| parse(cx, a, a.bool(1)))
            .add("bool HasFlag(Enum flag)", |_, a| {
                let (has, flag) = (a.int(0), a.int(1));
                Ok(Value::Bool(has & flag == flag))
            })
            .add("int CompareTo(object target)", compare)
            .add("string ToString(string format)", |cx, a| {
                super::text::format(cx, a.value(0), a.opt_str(1).unwrap_or_default()).map(Value::Str)
            });
    });
    c.define("System", "class Type", |_| {});
    c.define("System", "struct Boolean : IComparable, IComparable<bool>, IEquatable<bool>", |t| {
        t.add("static string TrueString { get; }", |_, _| Ok(Value::Str("True")))
            .add("static string FalseString { get; }", |_, _| Ok(Value::Str("False")))
            .add("static bool Parse(string value)", |cx, a| {
                let text = a.str(cx, 0, "value")?;
                cx.clr(convert::parse_bool(text)).map(Value::Bool)
            })
            .add("static bool TryParse(string value, out bool result)", |_, a| {
                let parsed = a.opt_str(0).and_then(|text| convert::parse_bool(text).ok());
                a.out(1, Value::Bool(parsed.unwrap_or_default()));
                Ok(Value::Bool(parsed.is_some()))
            })
            .add("int CompareTo(bool value)", super::numbers::compare)
            .add("int CompareTo(object obj)", super::numbers::compare)
            .add("bool Equals(bool obj)", |_, a| Ok(same(a, 0)))
            .add("string ToString(IFormatProvider provider)", to_text);
    });
    c.define("System", "struct Char : IComparable, IComparable<char>, IEquatable<char>", |t| {
        t.add("static char MaxValue { get; }", |_, _| Ok(Value::Char(u16::MAX)))
            .add("static char MinValue { get; }", |_, _| Ok(Value::Char(0)))
            .add("static char Parse(string s)", |cx, a| {
                let text = a.str(cx, 0, "s")?;
                cx.clr(convert::parse_char(text)).map(Value::Char)
            })
            .add("static bool TryParse(string s, out char result)", |_, a| {
                let parsed = a.opt_str(0).and_then(|text| convert::parse_char(text).ok());
                a.out(1, Value::Char(parsed.unwrap_or_default()));
                Ok(Value::Bool(parsed.is_some()))
            })
            .add("static char ToUpper(char c)", |_, a| Ok(cased(a.char(0), chars::to_upper)))
            .add("static char ToUpperInvariant(char c)", |_, a| Ok(cased(a.char(0), chars::to_upper)))
            .add("static char ToLower(char c)", |_, a| Ok(cased(a.char(0), chars::to_lower)))
            .add("static char ToLowerInvariant(char c)", |_, a| Ok(cased(a.char(0), chars::to_lower)))
            .add("static double GetNumericValue(char c)", |_, a| {
                let digit = super::text::char_of(a.char(0)).to_digit(10);
                Ok(Value::Double(digit.map_or(-1.0, f64::from)))
            })
            .add("static string ConvertFromUtf32(int utf32)", |cx, a| {
                match u32::try_from(a.int(0)).ok().and_then(char::from_u32) {
                    Some(char) => cx.str(char.encode_utf8(&mut [0; 4])),
                    None => cx.out_of_range("utf32", "A valid UTF32 value is between 0x000000 and 0x10ffff, inclusive, and should not include surrogate codepoint values (0x00d800 ~ 0x00dfff)."),
                }
            })
            .add("static string ToString(char c)", to_text)
            .add("int CompareTo(char value)", super::numbers::compare)
            .add("int CompareTo(object value)", super::numbers::compare)
            .add("bool Equals(char obj)", |_, a| Ok(same(a, 0)));
        macro_rules! tests {
            ($($name:literal $test:path,)*) => {
                $(
                    t.add(concat!("static bool ", $name, "(char c)"), |_, a| Ok(Value::Bool($test(a.char(0)))));
                    t.add(concat!("static bool ", $name, "(string s, int index)"), |cx, a| {
                        let text = a.str(cx, 0, "s")?;
                        let Ok(unit) = crate::clr::text::unit_at(text, a.int(1)) else {
                            return cx.out_of_range("index", "Specified argument was out of the range of valid values.");
                        };
                        Ok(Value::Bool($test(unit)))
                    });
                )*
            };
        }
        fn is_white_space(unit: u16) -> bool {
            chars::is_white_space(super::text::char_of(unit))
        }
        tests! {
            "IsDigit" chars::is_digit,
            "IsNumber" chars::is_number,
            "IsLetter" chars::is_letter,
            "IsLetterOrDigit" chars::is_letter_or_digit,
            "IsUpper" chars::is_upper,
            "IsLower" chars::is_lower,
            "IsControl" chars::is_control,
            "IsPunctuation" chars::is_punctuation,
            "IsSymbol" chars::is_symbol,
            "IsSeparator" chars::is_separator,
            "IsSurrogate" chars::is_surrogate,
            "IsWhiteSpace" is_white_space,
        }
    });
    // Its members are part of the language: the binder knows what they do with null.
    c.define("System", "struct Nullable<T>", |t| {
        t.add("new(T value)", |_, a| Ok(a.value(0)));
    });
    c.define("System", "static class Nullable", |t| {
        t.add("static int Compare<T>(T? n1, T? n2)", compare)
            .add("static bool Equals<T>(T? n1, T? n2)", |_, a| Ok(same(a, 0)));
    });
    delegates(c);
}

fn cased<'a>(unit: u16, map: fn(char) -> char) -> Value<'a> {
    let mapped = map(super::text::char_of(unit));
    Value::Char(u16::try_from(u32::from(mapped)).unwrap_or(unit))
}

pub(crate) fn enum_value(text: &str, ty: &Ty, ignores_case: bool) -> Option<i32> {
    let def = catalogue().get(ty.id()?);
    let one = |name: &str| {
        let name = name.trim();
        let named = def.values.iter().find(|(known, _)| match ignores_case {
            true => known.eq_ignore_ascii_case(name),
            false => *known == name,
        });
        named.map(|(_, value)| *value).or_else(|| name.parse().ok())
    };
    text.split(',').try_fold(0, |all, name| Some(all | one(name)?))
}

fn try_parse<'a>(_: &mut Cx<'a, '_>, a: Args<'_, 'a>, ignores_case: bool, out: usize) -> Eval<'a> {
    let ty = a.ty(0);
    let parsed = a.opt_str(0).and_then(|text| enum_value(text, ty, ignores_case));
    if let Some(id) = ty.id() {
        a.out(out, Value::Enum(id, parsed.unwrap_or_default()));
    }
    Ok(Value::Bool(parsed.is_some()))
}

fn parse<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, ignores_case: bool) -> Eval<'a> {
    let text = a.str(cx, 0, "value")?;
    match (enum_value(text, a.ty(0), ignores_case), a.ty(0).id()) {
        (Some(value), Some(id)) => Ok(Value::Enum(id, value)),
        _ => cx.throw("System.ArgumentException", &format!("Requested value '{text}' was not found.")),
    }
}

fn interfaces(c: &mut Builder) {
    for (namespace, text) in [
        ("System", "interface IDisposable"),
        ("System", "interface IFormatProvider"),
        ("System", "interface IFormattable"),
        ("System", "interface IEquatable<T>"),
        ("System.Collections.Generic", "interface IComparer<T>"),
        ("System.Collections.Generic", "interface IEqualityComparer<T>"),
    ] {
        c.define(namespace, text, |t| {
            if text.ends_with("IDisposable") {
                t.add("void Dispose()", |_, _| Ok(Value::Null));
            }
        });
    }
    c.define("System", "interface IComparable", |t| {
        t.add("int CompareTo(object obj)", compare);
    });
    c.define("System", "interface IComparable<T>", |t| {
        t.add("int CompareTo(T other)", compare);
    });
    c.define("System.Globalization", "class CultureInfo : IFormatProvider", |t| {
        fn culture<'a>(cx: &mut Cx<'a, '_>, _: Args<'_, 'a>) -> Eval<'a> {
            cx.new_object(Object::Culture)
        }
        t.add("static CultureInfo InvariantCulture { get; }", culture)
            .add("static CultureInfo CurrentCulture { get; }", culture)
            .add("static CultureInfo GetCultureInfo(string name)", culture)
            .add("new(string name)", culture)
            .add("string Name { get; }", |_, _| Ok(Value::Str("")));
    });
}

fn delegates(c: &mut Builder) {
    for text in [
        "delegate TResult Func<TResult>()",
        "delegate TResult Func<T, TResult>(T arg)",
        "delegate TResult Func<T1, T2, TResult>(T1 arg1, T2 arg2)",
        "delegate TResult Func<T1, T2, T3, TResult>(T1 arg1, T2 arg2, T3 arg3)",
        "delegate TResult Func<T1, T2, T3, T4, TResult>(T1 arg1, T2 arg2, T3 arg3, T4 arg4)",
        "delegate void Action()",
        "delegate void Action<T>(T obj)",
        "delegate void Action<T1, T2>(T1 arg1, T2 arg2)",
        "delegate void Action<T1, T2, T3>(T1 arg1, T2 arg2, T3 arg3)",
        "delegate void Action<T1, T2, T3, T4>(T1 arg1, T2 arg2, T3 arg3, T4 arg4)",
        "delegate bool Predicate<T>(T obj)",
        "delegate int Comparison<T>(T x, T y)",
        "delegate TOutput Converter<TInput, TOutput>(TInput input)",
    ] {
        c.define("System", text, |_| {});
    }
}
