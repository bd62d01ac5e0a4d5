//! Casts, `Value<T>()` and `ToObject<T>()`: results and exceptions as .NET has them.

use super::{BYTES, parse, shown};
use crate::arena::Arena;
use crate::clr::datetime::DateTime;
use crate::json::convert::{Wanted, cast, to_object, value_as};
use crate::json::element::{Needs, element, mismatch, not_converted};
use crate::json::{Outcome, Scalar, Token, text_of};

fn today() -> DateTime {
    DateTime::new(2024, 5, 6).unwrap()
}

fn show(outcome: Outcome<Scalar<'_>>) -> String {
    shown(outcome, |scalar| match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Bytes(bytes) => format!("{bytes:?}"),
        other => text_of(other),
    })
}

/// `(T)token`, `T` being nullable where the text says so.
fn casts(text: &'static str, wanted: Wanted, is_nullable: bool) -> String {
    let arena = Arena::new(BYTES);
    let token = Some(text).filter(|text| !text.is_empty()).map(|text| parse(&arena, text));
    show(cast(&arena, token, wanted, is_nullable, today()))
}

/// `token.Value<T>()`
fn values(text: &'static str, wanted: Wanted, is_nullable: bool) -> String {
    let arena = Arena::new(BYTES);
    let token = Some(text).filter(|text| !text.is_empty()).map(|text| parse(&arena, text));
    show(value_as(&arena, token, wanted, is_nullable, today()))
}

const FORMAT: &str = "FormatException: Input string was not in a correct format.";

#[test]
fn casts_look_at_the_kind_and_then_convert() {
    use Wanted::*;
    let int32 = "OverflowException: Value was either too large or too small for an Int32.";
    let cases = [
        ("1", String, "1"),
        ("1.50", String, "1.5"),
        ("true", String, "True"),
        ("null", String, "null"),
        ("undefined", String, "null"),
        ("", String, "null"),
        ("'x'", String, "x"),
        ("'2012-03-21T05:40:00Z'", String, "03/21/2012 05:40:00"),
        ("99999999999999999999", String, "99999999999999999999"),
        ("{}", String, "ArgumentException: Can not convert Object to String."),
        ("[1]", String, "ArgumentException: Can not convert Array to String."),
        ("new Date(1)", String, "ArgumentException: Can not convert Constructor to String."),
        ("", Int32, "ArgumentNullException: Value cannot be null.\nParameter name: value"),
        ("null", Int32, "ArgumentException: Can not convert Null to Int32."),
        ("undefined", Int32, "ArgumentException: Can not convert Undefined to Int32."),
        ("'2012-03-21T05:40:00Z'", Int32, "ArgumentException: Can not convert Date to Int32."),
        ("true", Int32, "1"),
        ("' 12 '", Int32, "12"),
        ("'1.5'", Int32, FORMAT),
        ("''", Int32, FORMAT),
        ("'99999999999'", Int32, int32),
        ("2147483648", Int32, int32),
        ("99999999999999999999", Int32, int32),
        ("99999999999999999999", Byte, int32),
        ("256", Byte, "OverflowException: Value was either too large or too small for an unsigned byte."),
        ("-129", SByte, "OverflowException: Value was either too large or too small for a signed byte."),
        ("0.5", Int32, "0"),
        ("1.5", Int32, "2"),
        ("2.5", Int64, "2"),
        ("-1.5", Int16, "-2"),
        ("NaN", Int64, "OverflowException: Arithmetic operation resulted in an overflow."),
        ("18446744073709551615", UInt64, "18446744073709551615"),
        ("-1", UInt64, "OverflowException: Value was either too large or too small for a UInt64."),
        ("'1e3'", Double, "1000"),
        ("'1,000'", Double, "1000"),
        ("18446744073709551616", Double, "1.84467440737096E+19"),
        ("{}", Double, "ArgumentException: Can not convert Object to Double."),
        ("0.1", Single, "0.1"),
        ("1.1", Decimal, "1.1"),
        ("'1.50'", Decimal, "1.50"),
        ("1e300", Decimal, "OverflowException: Value was either too large or too small for a Decimal."),
        (
            "99999999999999999999999999999999",
            Decimal,
            "OverflowException: Value was either too large or too small for a Decimal.",
        ),
        ("0", Boolean, "False"),
        ("0.1", Boolean, "True"),
        ("' TRUE '", Boolean, "True"),
        ("'yes'", Boolean, "FormatException: String was not recognized as a valid Boolean."),
        ("99999999999999999999", Boolean, int32),
        ("65", Char, "65"),
        ("'a'", Char, "97"),
        ("'ab'", Char, "FormatException: String must be exactly one character long."),
        ("70000", Char, "OverflowException: Value was either too large or too small for a character."),
        ("true", Char, "ArgumentException: Can not convert Boolean to Char."),
        ("1.5", Char, "InvalidCastException: Invalid cast from 'Double' to 'Char'."),
        ("'AQ I=\\n'", Bytes, "[1, 2]"),
        (
            "'AQ'",
            Bytes,
            "FormatException: The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters.",
        ),
        ("1", Bytes, "ArgumentException: Can not convert Integer to byte array."),
        ("null", Bytes, "ArgumentException: Can not convert Null to byte array."),
        ("18446744073709551616", Bytes, "[0, 0, 0, 0, 0, 0, 0, 0, 1]"),
        ("9223372036854775808", Bytes, "[0, 0, 0, 0, 0, 0, 0, 128, 0]"),
        ("-9223372036854775809", Bytes, "[255, 255, 255, 255, 255, 255, 255, 127, 255]"),
        ("-99999999999999999999", Bytes, "[1, 0, 240, 156, 210, 161, 56, 148, 250]"),
        ("'2012-03-21T05:40:00+02:00'", DateTime, "03/21/2012 03:40:00"),
        ("'31 January 2020'", DateTime, "01/31/2020 00:00:00"),
        ("'12:30'", DateTime, "05/06/2024 12:30:00"),
        ("'2012-03-21T05:40+02:00'", DateTimeOffset, "03/21/2012 05:40:00 +02:00"),
        ("'2012-03-21T05:40:00Z'", DateTimeOffset, "03/21/2012 05:40:00 +00:00"),
        ("1", DateTime, "ArgumentException: Can not convert Integer to DateTime."),
        ("'12345678-1234-1234-1234-123456789ABC'", Guid, "12345678-1234-1234-1234-123456789abc"),
        ("1", Guid, "ArgumentException: Can not convert Integer to Guid."),
        ("'1.02:03:04.5'", TimeSpan, "1.02:03:04.5000000"),
        ("1", TimeSpan, "ArgumentException: Can not convert Integer to TimeSpan."),
        ("'http://a/b'", Uri, "http://a/b"),
        ("null", Uri, "null"),
        ("true", Uri, "ArgumentException: Can not convert Boolean to Uri."),
        ("' -007 '", BigInteger, "-7"),
        ("'00123456789012345678901234567890'", BigInteger, "123456789012345678901234567890"),
        ("'1.5'", BigInteger, FORMAT),
    ];
    for (text, wanted, expected) in cases {
        assert_eq!(casts(text, wanted, false), expected, "{text} {wanted:?}");
        let arena = Arena::new(BYTES);
        if !text.is_empty() {
            let found = show(to_object(&arena, parse(&arena, text), wanted, false, today()));
            assert_eq!(found, expected, "{text} {wanted:?}");
        }
    }
    for text in ["", "null", "undefined"] {
        assert_eq!(casts(text, Int32, true), "null");
    }
    assert_eq!(casts("[]", Int32, true), "ArgumentException: Can not convert Array to Int32.");
    assert_eq!(casts("'x'", Int32, true), FORMAT);
}

#[test]
fn a_property_is_cast_as_its_value() {
    let arena = Arena::new(BYTES);
    let tree = parse(&arena, "{a:'x',b:[1]}");
    let property = |name| show(cast(&arena, tree.find_property(name), Wanted::String, false, today()));
    assert_eq!(property("a"), "x");
    assert_eq!(property("b"), "ArgumentException: Can not convert Array to String.");
}

#[test]
fn value_asks_convert() {
    use Wanted::*;
    let no_convertible = "InvalidCastException: Object must implement IConvertible.";
    let cases = [
        ("1", String, "1"),
        ("'2012-03-21T05:40:00Z'", String, "03/21/2012 05:40:00"),
        ("null", String, "null"),
        ("", String, "null"),
        ("", Int32, "0"),
        ("", Boolean, "False"),
        ("null", Int32, "InvalidCastException: Null object cannot be converted to a value type."),
        ("'x'", Int32, FORMAT),
        ("'5'", Int32, "5"),
        ("1.5", Int32, "2"),
        ("1", Boolean, "True"),
        ("1", DateTime, "InvalidCastException: Invalid cast from 'Int64' to 'DateTime'."),
        ("1.5", Char, "InvalidCastException: Invalid cast from 'Double' to 'Char'."),
        ("'2012-03-21T05:40:00Z'", Double, "InvalidCastException: Invalid cast from 'DateTime' to 'Double'."),
        (
            "'2012-03-21T05:40:00Z'",
            Boolean,
            "InvalidCastException: Invalid cast from 'DateTime' to 'Boolean'.",
        ),
        (
            "'12345678-1234-1234-1234-123456789abc'",
            Guid,
            "InvalidCastException: Invalid cast from 'System.String' to 'System.Guid'.",
        ),
        ("'AQI='", Bytes, "InvalidCastException: Invalid cast from 'System.String' to 'System.Byte[]'."),
        ("99999999999999999999", String, no_convertible),
        ("99999999999999999999", Int64, no_convertible),
        ("99999999999999999999", BigInteger, "99999999999999999999"),
        (
            "{}",
            String,
            "InvalidCastException: Cannot cast Newtonsoft.Json.Linq.JObject to Newtonsoft.Json.Linq.JToken.",
        ),
        (
            "[1]",
            Int32,
            "InvalidCastException: Cannot cast Newtonsoft.Json.Linq.JArray to Newtonsoft.Json.Linq.JToken.",
        ),
    ];
    for (text, wanted, expected) in cases {
        assert_eq!(values(text, wanted, false), expected, "{text} {wanted:?}");
    }
    assert_eq!((values("null", Int32, true), values("", Int32, true)), ("null".into(), "null".into()));
    let arena = Arena::new(BYTES);
    for (scalar, wanted) in [(Scalar::Uri("a:b"), Uri), (Scalar::Bytes(&[1]), Bytes)] {
        let token = Token::value(&arena, scalar).unwrap();
        assert_eq!(value_as(&arena, Some(token), wanted, false, today()), Ok(scalar));
        assert_eq!(show(value_as(&arena, Some(token), Int32, false, today())), no_convertible);
    }
}

#[test]
fn elements_are_read_by_their_type() {
    use Wanted::*;
    let cases = [
        ("1", Int32, "1"),
        ("1.5", Int32, "2"),
        ("'1'", Int32, "1"),
        ("'x'", Int32, "JsonReaderException: Could not convert string to integer: x. Path '[0]'."),
        ("true", Int32, "JsonReaderException: Error reading integer. Unexpected token: Boolean. Path '[0]'."),
        (
            "{}",
            Int32,
            "JsonReaderException: Error reading integer. Unexpected token: StartObject. Path '[0]'.",
        ),
        (
            "undefined",
            Int32,
            "JsonReaderException: Error reading integer. Unexpected token: Undefined. Path '[0]'.",
        ),
        ("99999999999", Int32, "JsonReaderException: Could not convert to integer: 99999999999. Path '[0]'."),
        (
            "null",
            Int32,
            "JsonSerializationException: Error converting value {null} to type 'System.Int32'. Path '[0]'.",
        ),
        (
            "''",
            Int32,
            "JsonSerializationException: Error converting value {null} to type 'System.Int32'. Path '[0]'.",
        ),
        ("1", String, "1"),
        ("true", String, "True"),
        ("''", String, ""),
        ("null", String, "null"),
        ("'2020-01-01T00:00:00Z'", String, "01/01/2020 00:00:00"),
        (
            "[1]",
            String,
            "JsonReaderException: Error reading string. Unexpected token: StartArray. Path '[0]'.",
        ),
        ("'True'", Boolean, "True"),
        ("'1'", Boolean, "JsonReaderException: Could not convert string to boolean: 1. Path '[0]'."),
        ("2", Boolean, "True"),
        ("true", Double, "JsonReaderException: Error reading double. Unexpected token: Boolean. Path '[0]'."),
        ("'1.5'", Double, "1.5"),
        ("'x'", Decimal, "JsonReaderException: Could not convert string to decimal: x. Path '[0]'."),
        ("1", DateTime, "JsonReaderException: Error reading date. Unexpected token: Integer. Path '[0]'."),
        ("'x'", DateTime, "JsonReaderException: Could not convert string to DateTime: x. Path '[0]'."),
        ("'31 January 2020'", DateTime, "01/31/2020 00:00:00"),
        ("'AQI='", Bytes, "[1, 2]"),
        ("1", Bytes, "JsonReaderException: Error reading bytes. Unexpected token: Integer. Path '[0]'."),
        ("2.5", Int64, "2"),
        (
            "'x'",
            Int64,
            "JsonSerializationException: Error converting value \"x\" to type 'System.Int64'. Path '[0]'.",
        ),
        (
            "''",
            Int64,
            "JsonSerializationException: Error converting value \"\" to type 'System.Int64'. Path '[0]'.",
        ),
        (
            "undefined",
            Int64,
            "JsonSerializationException: Error converting value {null} to type 'System.Int64'. Path '[0]'.",
        ),
        ("'12345678-1234-1234-1234-123456789ABC'", Guid, "12345678-1234-1234-1234-123456789abc"),
        (
            "1",
            Guid,
            "JsonSerializationException: Error converting value 1 to type 'System.Guid'. Path '[0]'.",
        ),
    ];
    let read = |text: &str, wanted, is_nullable| {
        let arena = Arena::new(BYTES);
        let text = arena.text(&format!("[{text}]")).unwrap();
        let item = parse(&arena, text).child(0).unwrap();
        show(element(&arena, item, wanted, is_nullable, today()))
    };
    for (text, wanted, expected) in cases {
        assert_eq!(read(text, wanted, false), expected, "{text} {wanted:?}");
    }
    for (text, wanted) in [("null", Int32), ("''", Int32), ("''", Guid), ("undefined", Int64)] {
        assert_eq!(read(text, wanted, true), "null", "{text} {wanted:?}");
    }
    assert_eq!(
        read("[1]", Int64, false),
        "JsonSerializationException: Cannot deserialize the current JSON array (e.g. [1,2,3]) into type 'System.Int64' because the type requires a JSON primitive value (e.g. string, number, boolean, null) to deserialize correctly.\nTo fix this error either change the JSON to a JSON primitive value (e.g. string, number, boolean, null) or change the deserialized type to an array or a type that implements a collection interface (e.g. ICollection, IList) like List<T> that can be deserialized from a JSON array. JsonArrayAttribute can also be added to the type to force it to deserialize from a JSON array.\nPath '[0]'."
    );
    let arena = Arena::new(BYTES);
    let tree = parse(&arena, "{a:'x'}");
    assert!(mismatch(tree, "System.String[]", Needs::Array).to_string().contains(
        "Cannot deserialize the current JSON object (e.g. {\"name\":\"value\"}) into type 'System.String[]' because the type requires a JSON array (e.g. [1,2,3]) to"
    ));
    assert_eq!(
        not_converted(tree.get("a").unwrap(), "System.String[]").to_string(),
        "Newtonsoft.Json.JsonSerializationException: Error converting value \"x\" to type 'System.String[]'. Path 'a'."
    );
}
