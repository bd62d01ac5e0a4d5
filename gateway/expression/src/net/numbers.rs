//! The numeric types, `Math`, and what is declared with them.

use rust_decimal::Decimal;

use crate::clr::number::{IntType, NumberStyles, parse_decimal, parse_double, parse_int, parse_single};
use crate::clr::round::{MidpointRounding, round};
use crate::clr::{ClrResult, decimal};
use crate::run::code::NumTy;
use crate::run::{Args, Cx, Eval, Value, equality};
use crate::types::catalogue::Builder;

const FORMATS: &str = "IComparable, IFormattable";

fn to_text<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    super::text::format(cx, a.value(0), a.opt_str(1).unwrap_or_default()).map(Value::Str)
}

fn plain_text<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    super::text::format(cx, a.value(0), "").map(Value::Str)
}

/// `CompareTo` of one type: null comes first, other types are refused. The small integers give the distance.
pub(crate) fn compare<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let (left, right) = (a.value(0), a.value(1));
    if right.is_null() {
        return Ok(Value::Int(1));
    }
    if std::mem::discriminant(&left) != std::mem::discriminant(&right) {
        let name = left.ty().full_name();
        let message = format!("Object must be of type {}.", name.rsplit('.').next().unwrap_or_default());
        return cx.throw("System.ArgumentException", &message);
    }
    if let Value::Byte(_) | Value::SByte(_) | Value::Int16(_) | Value::UInt16(_) | Value::Char(_) = left {
        let distance = left.integer().unwrap_or_default() - right.integer().unwrap_or_default();
        return Ok(Value::Int(i32::try_from(distance).unwrap_or_default()));
    }
    let order = equality::compare(cx, left, right)?;
    Ok(Value::Int(order as i32))
}

fn styles(value: Value<'_>) -> NumberStyles {
    match value {
        Value::Enum(_, flags) => NumberStyles(flags.cast_unsigned()),
        _ => NumberStyles::INTEGER,
    }
}

macro_rules! number {
    ($c:ident, $name:literal, $keyword:literal, $styles:expr, $parse:expr, $make:expr, $zero:expr, [$($text:literal $value:expr,)*]) => {{
        let header: &'static str =
            concat!("struct ", $name, " : IComparable, IFormattable, IComparable<", $keyword, ">, IEquatable<", $keyword, ">");
        debug_assert!(header.contains(FORMATS));
        $c.define("System", header, |t| {
            t.add(concat!("static ", $keyword, " Parse(string s)"), |cx, a| {
                let text = a.str(cx, 0, "s")?;
                cx.clr($parse(text, $styles)).map($make)
            })
            .add(concat!("static ", $keyword, " Parse(string s, NumberStyles style)"), |cx, a| {
                let text = a.str(cx, 0, "s")?;
                cx.clr($parse(text, styles(a.value(1)))).map($make)
            })
            .add(concat!("static ", $keyword, " Parse(string s, IFormatProvider provider)"), |cx, a| {
                let text = a.str(cx, 0, "s")?;
                cx.clr($parse(text, $styles)).map($make)
            })
            .add(concat!("static ", $keyword, " Parse(string s, NumberStyles style, IFormatProvider provider)"), |cx, a| {
                let text = a.str(cx, 0, "s")?;
                cx.clr($parse(text, styles(a.value(1)))).map($make)
            })
            .add(concat!("static bool TryParse(string s, out ", $keyword, " result)"), |_, a| {
                let parsed = a.opt_str(0).and_then(|text| $parse(text, $styles).ok());
                a.out(1, parsed.map_or($zero, $make));
                Ok(Value::Bool(parsed.is_some()))
            })
            .add(
                concat!("static bool TryParse(string s, NumberStyles style, IFormatProvider provider, out ", $keyword, " result)"),
                |_, a| {
                    let parsed = a.opt_str(0).and_then(|text| $parse(text, styles(a.value(1))).ok());
                    a.out(3, parsed.map_or($zero, $make));
                    Ok(Value::Bool(parsed.is_some()))
                },
            )
            .add("string ToString()", plain_text)
            .add("string ToString(string format)", to_text)
            .add("string ToString(IFormatProvider provider)", plain_text)
            .add("string ToString(string format, IFormatProvider provider)", to_text)
            .add(concat!("int CompareTo(", $keyword, " value)"), compare)
            .add("int CompareTo(object value)", compare)
            .add(concat!("bool Equals(", $keyword, " obj)"), |_, a| {
                Ok(Value::Bool(equality::equals(a.value(0), a.value(1))))
            });
            $(t.add(concat!("static ", $keyword, " ", $text, " { get; }"), |_, _| Ok($value));)*
        });
    }};
}

macro_rules! integer {
    ($c:ident, $name:ident, $text:literal, $keyword:literal, $rust:ty, $variant:ident) => {{
        fn parse(text: &str, styles: NumberStyles) -> ClrResult<$rust> {
            parse_int(text, styles, IntType::$name).map(|whole| <$rust>::try_from(whole).unwrap_or_default())
        }
        number!(
            $c, $text, $keyword, NumberStyles::INTEGER, parse, Value::$variant, Value::$variant(0),
            ["MaxValue" Value::$variant(<$rust>::MAX), "MinValue" Value::$variant(<$rust>::MIN),]
        );
    }};
}

pub(crate) fn define(c: &mut Builder) {
    c.flags(
        "System.Globalization",
        "NumberStyles",
        &[
            ("None", 0),
            ("AllowLeadingWhite", 1),
            ("AllowTrailingWhite", 2),
            ("AllowLeadingSign", 4),
            ("Integer", 7),
            ("AllowTrailingSign", 8),
            ("AllowParentheses", 16),
            ("AllowDecimalPoint", 32),
            ("AllowThousands", 64),
            ("Number", 111),
            ("AllowExponent", 128),
            ("Float", 167),
            ("AllowCurrencySymbol", 256),
            ("Currency", 383),
            ("Any", 511),
            ("AllowHexSpecifier", 512),
            ("HexNumber", 515),
        ],
    );
    integer!(c, SByte, "SByte", "sbyte", i8, SByte);
    integer!(c, Byte, "Byte", "byte", u8, Byte);
    integer!(c, Int16, "Int16", "short", i16, Int16);
    integer!(c, UInt16, "UInt16", "ushort", u16, UInt16);
    integer!(c, Int32, "Int32", "int", i32, Int);
    integer!(c, UInt32, "UInt32", "uint", u32, UInt);
    integer!(c, Int64, "Int64", "long", i64, Long);
    integer!(c, UInt64, "UInt64", "ulong", u64, ULong);
    number!(c, "Single", "float", NumberStyles::DOUBLE, parse_single, Value::Single, Value::Single(0.0), [
        "MaxValue" Value::Single(f32::MAX), "MinValue" Value::Single(f32::MIN), "NaN" Value::Single(f32::NAN),
        "Epsilon" Value::Single(f32::from_bits(1)), "PositiveInfinity" Value::Single(f32::INFINITY),
        "NegativeInfinity" Value::Single(f32::NEG_INFINITY),
    ]);
    number!(c, "Double", "double", NumberStyles::DOUBLE, parse_double, Value::Double, Value::Double(0.0), [
        "MaxValue" Value::Double(f64::MAX), "MinValue" Value::Double(f64::MIN), "NaN" Value::Double(f64::NAN),
        "Epsilon" Value::Double(f64::from_bits(1)), "PositiveInfinity" Value::Double(f64::INFINITY),
        "NegativeInfinity" Value::Double(f64::NEG_INFINITY),
    ]);
    c.extend("Double", |t| {
        t.add("static bool IsNaN(double d)", |_, a| Ok(Value::Bool(a.double(0).is_nan())))
            .add("static bool IsInfinity(double d)", |_, a| Ok(Value::Bool(a.double(0).is_infinite())));
    });
    number!(c, "Decimal", "decimal", NumberStyles::NUMBER, parse_decimal, Value::Decimal, Value::Decimal(Decimal::ZERO), [
        "MaxValue" Value::Decimal(Decimal::MAX), "MinValue" Value::Decimal(Decimal::MIN),
        "Zero" Value::Decimal(Decimal::ZERO), "One" Value::Decimal(Decimal::ONE), "MinusOne" Value::Decimal(Decimal::NEGATIVE_ONE),
    ]);
    c.extend("Decimal", |t| {
        t.add("static decimal Round(decimal d)", |cx, a| round_decimal(cx, a, 0, Value::Null))
            .add("static decimal Round(decimal d, int decimals)", |cx, a| {
                round_decimal(cx, a, a.int(1), Value::Null)
            })
            .add("static decimal Round(decimal d, int decimals, MidpointRounding mode)", |cx, a| {
                round_decimal(cx, a, a.int(1), a.value(2))
            })
            .add("static decimal Truncate(decimal d)", |_, a| Ok(Value::Decimal(dec(a, 0).trunc())))
            .add("static decimal Floor(decimal d)", |_, a| Ok(Value::Decimal(dec(a, 0).floor())))
            .add("static decimal Ceiling(decimal d)", |_, a| Ok(Value::Decimal(dec(a, 0).ceil())))
            .add("static decimal Add(decimal d1, decimal d2)", |cx, a| {
                cx.clr(decimal::add(dec(a, 0), dec(a, 1))).map(Value::Decimal)
            })
            .add("static decimal Subtract(decimal d1, decimal d2)", |cx, a| {
                cx.clr(decimal::subtract(dec(a, 0), dec(a, 1))).map(Value::Decimal)
            })
            .add("static decimal Multiply(decimal d1, decimal d2)", |cx, a| {
                cx.clr(decimal::multiply(dec(a, 0), dec(a, 1))).map(Value::Decimal)
            })
            .add("static decimal Divide(decimal d1, decimal d2)", |cx, a| {
                cx.clr(decimal::divide(dec(a, 0), dec(a, 1))).map(Value::Decimal)
            })
            .add("static decimal Remainder(decimal d1, decimal d2)", |cx, a| {
                cx.clr(decimal::remainder(dec(a, 0), dec(a, 1))).map(Value::Decimal)
            })
            .add("static decimal Round(decimal d, MidpointRounding mode)", |cx, a| {
                round_decimal(cx, a, 0, a.value(1))
            })
            .add("static int Compare(decimal d1, decimal d2)", compare)
            .add("static bool Equals(decimal d1, decimal d2)", |_, a| {
                Ok(Value::Bool(equality::equals(a.value(0), a.value(1))))
            })
            .add("static decimal Negate(decimal d)", |_, a| Ok(Value::Decimal(-dec(a, 0))));
    });
    c.extend("Decimal", |t| {
        macro_rules! casts {
            ($($keyword:literal $name:literal $to:ident,)*) => {
                $(t.add(concat!("static ", $keyword, " ", $name, "(decimal value)"), |cx, a| {
                    cx.convert(NumTy::$to, false, a.value(0))
                });)*
            };
        }
        casts! {
            "byte" "ToByte" Byte, "sbyte" "ToSByte" SByte, "short" "ToInt16" Int16, "ushort" "ToUInt16" UInt16,
            "int" "ToInt32" Int, "uint" "ToUInt32" UInt, "long" "ToInt64" Long, "ulong" "ToUInt64" ULong,
            "float" "ToSingle" Single, "double" "ToDouble" Double,
        }
    });
    math(c);
}

fn dec(a: Args<'_, '_>, at: usize) -> Decimal {
    match a.value(at) {
        Value::Decimal(it) => it,
        _ => Decimal::ZERO,
    }
}

fn mode(value: Value<'_>) -> MidpointRounding {
    match value {
        Value::Enum(_, 1) => MidpointRounding::AwayFromZero,
        _ => MidpointRounding::ToEven,
    }
}

fn round_decimal<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, decimals: i32, how: Value<'a>) -> Eval<'a> {
    cx.clr(decimal::round(dec(a, 0), decimals, mode(how))).map(Value::Decimal)
}

fn round_double<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, decimals: i32, how: Value<'a>) -> Eval<'a> {
    cx.clr(round(a.double(0), decimals, mode(how))).map(Value::Double)
}

/// What is left of `x` beside the nearest multiple of `y`, the even one of two.
fn ieee_remainder(x: f64, y: f64) -> f64 {
    let regular = x % y;
    if regular.is_nan() {
        return f64::NAN;
    }
    if regular == 0.0 && x.is_sign_negative() {
        return -0.0;
    }
    let alternative = regular - y.abs() * x.signum();
    if alternative.abs() == regular.abs() {
        let quotient = x / y;
        return if (quotient.round_ties_even()).abs() > quotient.abs() { alternative } else { regular };
    }
    if alternative.abs() < regular.abs() { alternative } else { regular }
}

fn math(c: &mut Builder) {
    c.enumeration("System", "MidpointRounding", &[("ToEven", 0), ("AwayFromZero", 1)]);
    c.define("System", "static class Math", |t| {
        t.add("static double PI { get; }", |_, _| Ok(Value::Double(std::f64::consts::PI)))
            .add("static double E { get; }", |_, _| Ok(Value::Double(std::f64::consts::E)));
        macro_rules! pick {
            ($($keyword:literal $variant:ident,)*) => {
                $(
                    t.add(concat!("static ", $keyword, " Max(", $keyword, " val1, ", $keyword, " val2)"), |_, a| {
                        Ok(match (a.value(0), a.value(1)) {
                            (Value::$variant(x), Value::$variant(y)) => Value::$variant(if x >= y { x } else { y }),
                            _ => Value::Null,
                        })
                    });
                    t.add(concat!("static ", $keyword, " Min(", $keyword, " val1, ", $keyword, " val2)"), |_, a| {
                        Ok(match (a.value(0), a.value(1)) {
                            (Value::$variant(x), Value::$variant(y)) => Value::$variant(if x <= y { x } else { y }),
                            _ => Value::Null,
                        })
                    });
                )*
            };
        }
        pick!("sbyte" SByte, "byte" Byte, "short" Int16, "ushort" UInt16, "int" Int, "uint" UInt, "long" Long, "ulong" ULong, "decimal" Decimal,);
        macro_rules! pick_float {
            ($($keyword:literal $variant:ident,)*) => {
                $(
                    t.add(concat!("static ", $keyword, " Max(", $keyword, " val1, ", $keyword, " val2)"), |_, a| {
                        Ok(match (a.value(0), a.value(1)) {
                            (Value::$variant(x), Value::$variant(y)) if x.is_nan() || y.is_nan() => Value::$variant(x + y),
                            (Value::$variant(x), Value::$variant(y)) => Value::$variant(x.max(y)),
                            _ => Value::Null,
                        })
                    });
                    t.add(concat!("static ", $keyword, " Min(", $keyword, " val1, ", $keyword, " val2)"), |_, a| {
                        Ok(match (a.value(0), a.value(1)) {
                            (Value::$variant(x), Value::$variant(y)) if x.is_nan() || y.is_nan() => Value::$variant(x + y),
                            (Value::$variant(x), Value::$variant(y)) => Value::$variant(x.min(y)),
                            _ => Value::Null,
                        })
                    });
                )*
            };
        }
        pick_float!("float" Single, "double" Double,);
        macro_rules! absolute {
            ($($keyword:literal $variant:ident,)*) => {
                $(t.add(concat!("static ", $keyword, " Abs(", $keyword, " value)"), |cx, a| match a.value(0) {
                    Value::$variant(it) => match it.checked_abs() {
                        Some(it) => Ok(Value::$variant(it)),
                        None => cx.overflow("Negating the minimum value of a twos complement number is invalid."),
                    },
                    _ => Ok(Value::Null),
                });)*
            };
        }
        absolute!("sbyte" SByte, "short" Int16, "int" Int, "long" Long,);
        t.add("static double Abs(double value)", |_, a| Ok(Value::Double(a.double(0).abs())))
            .add("static float Abs(float value)", |_, a| match a.value(0) {
                Value::Single(it) => Ok(Value::Single(it.abs())),
                _ => Ok(Value::Null),
            })
            .add("static decimal Abs(decimal value)", |_, a| Ok(Value::Decimal(dec(a, 0).abs())));
        macro_rules! sign {
            ($($keyword:literal,)*) => {
                $(t.add(concat!("static int Sign(", $keyword, " value)"), |cx, a| {
                    let value = match a.value(0) {
                        Value::Single(it) => Value::Double(f64::from(it)),
                        other => other,
                    };
                    Ok(Value::Int(match value {
                        Value::Double(it) if it.is_nan() => {
                            let message = "Function does not accept floating point Not-a-Number values.";
                            return cx.throw("System.ArithmeticException", message);
                        }
                        Value::Double(it) => i32::from(it > 0.0) - i32::from(it < 0.0),
                        Value::Decimal(it) => i32::from(it > Decimal::ZERO) - i32::from(it < Decimal::ZERO),
                        other => i32::try_from(other.integer().unwrap_or_default().signum()).unwrap_or_default(),
                    }))
                });)*
            };
        }
        sign!("sbyte", "short", "int", "long", "float", "double", "decimal",);
        t.add("static double Floor(double d)", |_, a| Ok(Value::Double(a.double(0).floor())))
            .add("static decimal Floor(decimal d)", |_, a| Ok(Value::Decimal(dec(a, 0).floor())))
            .add("static double Ceiling(double a)", |_, a| Ok(Value::Double(a.double(0).ceil())))
            .add("static decimal Ceiling(decimal d)", |_, a| Ok(Value::Decimal(dec(a, 0).ceil())))
            .add("static double Truncate(double d)", |_, a| Ok(Value::Double(a.double(0).trunc())))
            .add("static decimal Truncate(decimal d)", |_, a| Ok(Value::Decimal(dec(a, 0).trunc())))
            .add("static double Round(double a)", |cx, a| round_double(cx, a, 0, Value::Null))
            .add("static double Round(double value, int digits)", |cx, a| round_double(cx, a, a.int(1), Value::Null))
            .add("static double Round(double value, MidpointRounding mode)", |cx, a| round_double(cx, a, 0, a.value(1)))
            .add("static double Round(double value, int digits, MidpointRounding mode)", |cx, a| {
                round_double(cx, a, a.int(1), a.value(2))
            })
            .add("static decimal Round(decimal d)", |cx, a| round_decimal(cx, a, 0, Value::Null))
            .add("static decimal Round(decimal d, int decimals)", |cx, a| round_decimal(cx, a, a.int(1), Value::Null))
            .add("static decimal Round(decimal d, MidpointRounding mode)", |cx, a| round_decimal(cx, a, 0, a.value(1)))
            .add("static decimal Round(decimal d, int decimals, MidpointRounding mode)", |cx, a| {
                round_decimal(cx, a, a.int(1), a.value(2))
            })
            .add("static double IEEERemainder(double x, double y)", |_, a| {
                Ok(Value::Double(ieee_remainder(a.double(0), a.double(1))))
            })
            .add("static long DivRem(long a, long b, out long result)", |cx, a| match a.long(0).checked_div(a.long(1)) {
                Some(it) => {
                    a.out(2, Value::Long(a.long(0).wrapping_rem(a.long(1))));
                    Ok(Value::Long(it))
                }
                None if a.long(1) == 0 => cx.throw("System.DivideByZeroException", "Attempted to divide by zero."),
                None => cx.overflow("Arithmetic operation resulted in an overflow."),
            })
            .add("static double Pow(double x, double y)", |_, a| Ok(Value::Double(a.double(0).powf(a.double(1)))))
            .add("static double Log(double a, double newBase)", |_, a| {
                Ok(Value::Double(a.double(0).ln() / a.double(1).ln()))
            })
            .add("static double Atan2(double y, double x)", |_, a| Ok(Value::Double(a.double(0).atan2(a.double(1)))))
            .add("static long BigMul(int a, int b)", |_, a| Ok(Value::Long(i64::from(a.int(0)) * i64::from(a.int(1)))))
            .add("static int DivRem(int a, int b, out int result)", |cx, a| match a.int(0).checked_div(a.int(1)) {
                Some(it) => {
                    a.out(2, Value::Int(a.int(0).wrapping_rem(a.int(1))));
                    Ok(Value::Int(it))
                }
                None => cx.throw("System.DivideByZeroException", "Attempted to divide by zero."),
            });
        macro_rules! functions {
            ($($name:literal $run:path,)*) => {
                $(t.add(concat!("static double ", $name, "(double d)"), |_, a| Ok(Value::Double($run(a.double(0)))));)*
            };
        }
        functions! {
            "Sqrt" f64::sqrt, "Exp" f64::exp, "Log" f64::ln, "Log10" f64::log10, "Sin" f64::sin, "Cos" f64::cos,
            "Tan" f64::tan, "Asin" f64::asin, "Acos" f64::acos, "Atan" f64::atan, "Sinh" f64::sinh,
            "Cosh" f64::cosh, "Tanh" f64::tanh,
        }
    });
}
