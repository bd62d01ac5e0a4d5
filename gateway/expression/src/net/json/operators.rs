//! Conversions between tokens and .NET's types: implicit into a token, explicit out of it.

use super::{cast, content};
use crate::json::convert::Wanted;
use crate::run::Value;
use crate::types::catalogue::TypeBuilder;

/// Declares one type's conversions, and those of its nullable.
macro_rules! conversions {
    ($t:ident, $($keyword:literal $wanted:ident $nullable:literal,)*) => {
        $(
            $t.add(concat!("static implicit operator JToken(", $keyword, " value)"), |cx, a| content(cx, a.value(0)).map(Value::Json));
            $t.add(concat!("static explicit operator ", $keyword, "(JToken value)"), |cx, a| {
                cast(cx, a.value(0), Wanted::$wanted, false)
            });
            if $nullable {
                $t.add(concat!("static implicit operator JToken(", $keyword, "? value)"), |cx, a| content(cx, a.value(0)).map(Value::Json));
                $t.add(concat!("static explicit operator ", $keyword, "?(JToken value)"), |cx, a| {
                    cast(cx, a.value(0), Wanted::$wanted, true)
                });
            }
        )*
    };
}

pub(super) fn define(t: &mut TypeBuilder<'_>) {
    conversions! { t,
        "string" String false,
        "bool" Boolean true,
        "int" Int32 true,
        "long" Int64 true,
        "double" Double true,
        "decimal" Decimal true,
        "float" Single true,
        "short" Int16 true,
        "ushort" UInt16 true,
        "uint" UInt32 true,
        "ulong" UInt64 true,
        "byte" Byte true,
        "sbyte" SByte true,
        "DateTime" DateTime true,
        "DateTimeOffset" DateTimeOffset true,
        "TimeSpan" TimeSpan true,
        "Guid" Guid true,
        "Uri" Uri false,
        "byte[]" Bytes false,
    }
    t.add("static explicit operator char(JToken value)", |cx, a| cast(cx, a.value(0), Wanted::Char, false));
}
