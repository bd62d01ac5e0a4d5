//! Reading: what is taken, what it becomes, and what is said of what is not.

use proptest::prelude::*;

use super::{BYTES, compact, parse, shown};
use crate::arena::{Arena, OutOfMemory};
use crate::json::read::{
    DEPTH_MAX, ReadSettings, Target, deserialize, parse_array, parse_object, parse_token,
};
use crate::json::{Failure, Scalar, Token};

/// `JToken.Parse`: kind and compact text, or the exception.
fn token(text: &str) -> String {
    let arena = Arena::new(BYTES);
    let text = arena.text(text).unwrap();
    shown(parse_token(&arena, text, ReadSettings::default()), |token| {
        format!("{} {}", token.kind().name(), compact(&arena, token))
    })
}

#[test]
fn json_and_what_json_net_takes_beyond_it() {
    let cases = [
        (
            r#"{"a":1,"b":[true,false,null,undefined],"c":{"d":"x"}}"#,
            r#"Object {"a":1,"b":[true,false,null,undefined],"c":{"d":"x"}}"#,
        ),
        (r#"{'a':'x"y','b':"x'y"}"#, r#"Object {"a":"x\"y","b":"x'y"}"#),
        ("{a:1,$b:2,_c:3,d1:4,5:6,é:7}", r#"Object {"a":1,"$b":2,"_c":3,"d1":4,"5":6,"é":7}"#),
        (r#"{"a":1,"b":2,"a":{"x":3}}"#, r#"Object {"a":{"x":3},"b":2}"#),
        ("[1,]", "Array [1]"),
        ("{a:1,}", r#"Object {"a":1}"#),
        ("[,]", "Array [undefined]"),
        ("[1,,2]", "Array [1,undefined,2]"),
        ("{a:,b:2}", r#"Object {"a":undefined,"b":2}"#),
        ("[/*c*/1,//c\n2/**/]/*c*/ //c", "Array [1,2]"),
        ("/*c*/1", "Comment /*c*/"),
        ("new Date(1,[2,{a:3}])", r#"Constructor new Date(1,[2,{"a":3}])"#),
        ("{a:new X ('y'), b:2}", r#"Object {"a":new X("y"),"b":2}"#),
        ("[NaN,Infinity,-Infinity]", r#"Array ["NaN","Infinity","-Infinity"]"#),
        (
            "\u{a0}\u{feff}[\u{2003}1]",
            "JsonReaderException: Unexpected character encountered while parsing value: \u{feff}. Path '', line 1, position 1.",
        ),
        ("\0[\u{0}1\0]\0", "Array [1]"),
        ("\"a\nb\r\nc\"", r#"String "a\nb\r\nc""#),
        (r#""\n\t\r\b\f\/\\\"\'\u0041\u00e9\u20ac""#, r#"String "\n\t\r\b\f/\\\"'Aé€""#),
        (
            r#""\ud83d\ude00 \ud83d \ude00 \ud83d\ud83d\ude00 \ud83d\u0041""#,
            "String \"\u{1f600} \u{fffd} \u{fffd} \u{fffd}\u{1f600} \u{fffd}A\"",
        ),
        (r#"["\ud83d\n"]"#, "Array [\"\u{fffd}\\n\"]"),
    ];
    for (text, expected) in cases {
        assert_eq!(token(text), expected, "{text}");
    }
}

#[test]
fn numbers() {
    let cases = [
        ("-0", "Integer 0"),
        ("00", "Integer 0"),
        ("017", "Integer 15"),
        ("-017", "Integer -17"),
        ("0x1F", "Integer 31"),
        ("0XfF", "Integer 255"),
        ("0xFFFFFFFFFFFFFFFF", "Integer -1"),
        ("9223372036854775807", "Integer 9223372036854775807"),
        ("9223372036854775808", "Integer 9223372036854775808"),
        ("-9223372036854775809", "Integer -9223372036854775809"),
        ("-00000000000000000000000001", "Integer -1"),
        ("-00000099999999999999999999", "Integer -99999999999999999999"),
        (".5", "Float 0.5"),
        ("1.", "Float 1.0"),
        ("1.50", "Float 1.5"),
        ("1e5", "Float 100000.0"),
        ("1E+16", "Float 1E+16"),
        ("1e-400", "Float 0.0"),
        ("0.00001", "Float 1E-05"),
        ("0.1", "Float 0.1"),
        ("1.7976931348623157e308", "Float 1.7976931348623157E+308"),
        (
            "019",
            "JsonReaderException: Input string '019' is not a valid number. Path '', line 1, position 3.",
        ),
        ("0x", "JsonReaderException: Input string '0x' is not a valid number. Path '', line 1, position 2."),
        (
            "0x+1",
            "JsonReaderException: Input string '0x+1' is not a valid number. Path '', line 1, position 4.",
        ),
        ("1e", "JsonReaderException: Input string '1e' is not a valid number. Path '', line 1, position 2."),
        (
            "[1e400]",
            "JsonReaderException: Input string '1e400' is not a valid number. Path '[0]', line 1, position 6.",
        ),
        (
            "[1-2]",
            "JsonReaderException: Input string '1-2' is not a valid number. Path '[0]', line 1, position 4.",
        ),
        (
            "[1x]",
            "JsonReaderException: Input string '1x' is not a valid number. Path '[0]', line 1, position 3.",
        ),
        (
            "[1g]",
            "JsonReaderException: Unexpected character encountered while parsing number: g. Path '', line 1, position 2.",
        ),
        ("-", "JsonReaderException: Input string '-' is not a valid number. Path '', line 1, position 1."),
        (
            "+1",
            "JsonReaderException: Unexpected character encountered while parsing value: +. Path '', line 0, position 0.",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(token(text), expected, "{text}");
    }
    let digits = |count: usize| "9".repeat(count);
    assert_eq!(token(&digits(380)), format!("Integer {}", digits(380)));
    assert!(token(&digits(381)).contains("is too large to parse. Path '', line 1, position 381."));
}

#[test]
fn strings_that_are_dates() {
    let cases = [
        ("2012-03-21T05:40:00Z", "Date \"2012-03-21T05:40:00Z\""),
        ("2012-03-21T05:40:00", "Date \"2012-03-21T05:40:00\""),
        ("2012-03-21T05:40:00.1", "Date \"2012-03-21T05:40:00.1\""),
        ("2012-03-21T05:40:00.1234567Z", "Date \"2012-03-21T05:40:00.1234567Z\""),
        ("2012-03-21T05:40:00z", "Date \"2012-03-21T05:40:00Z\""),
        ("2012-03-21T05:40:00+02:00", "Date \"2012-03-21T03:40:00+00:00\""),
        ("2012-03-21T05:40:00-0230", "Date \"2012-03-21T08:10:00+00:00\""),
        ("2012-03-21T05:40:00+02", "Date \"2012-03-21T03:40:00+00:00\""),
        ("2012-03-21T24:00:00", "Date \"2012-03-22T00:00:00\""),
        ("2012-02-29T05:40:00", "Date \"2012-02-29T05:40:00\""),
        ("0001-01-01T00:00:00+02:00", "Date \"0001-01-01T00:00:00+00:00\""),
        ("/Date(1332308400000)/", "Date \"2012-03-21T05:40:00Z\""),
        ("/Date(1332308400000+0200)/", "Date \"2012-03-21T05:40:00+00:00\""),
        ("/Date(-1)/", "Date \"1969-12-31T23:59:59.999Z\""),
        // The rest only look like dates.
        ("2012-03-21T05:40Z", "String \"2012-03-21T05:40Z\""),
        ("2012-03-21", "String \"2012-03-21\""),
        ("2012-03-21 05:40:00Z", "String \"2012-03-21 05:40:00Z\""),
        ("2012-03-21T24:00:01", "String \"2012-03-21T24:00:01\""),
        ("2012-03-21T05:60:00", "String \"2012-03-21T05:60:00\""),
        ("2013-02-29T05:40:00", "String \"2013-02-29T05:40:00\""),
        ("0000-01-01T00:00:00", "String \"0000-01-01T00:00:00\""),
        ("9999-12-31T24:00:00", "String \"9999-12-31T24:00:00\""),
        ("2012-03-21T05:40:00.Z", "String \"2012-03-21T05:40:00.Z\""),
        ("2012-03-21T05:40:00+2", "String \"2012-03-21T05:40:00+2\""),
        ("2012-03-21T05:40:00Zx", "String \"2012-03-21T05:40:00Zx\""),
        ("/Date(x)/", "String \"/Date(x)/\""),
        ("/Date(99999999999999999)/", "String \"/Date(99999999999999999)/\""),
    ];
    for (text, expected) in cases {
        assert_eq!(token(&format!("\"{text}\"")), expected, "{text}");
    }
    let arena = Arena::new(BYTES);
    let plain = ReadSettings { dates: false };
    let read = parse_token(&arena, r#""2012-03-21T05:40:00Z""#, plain).unwrap();
    assert_eq!(read.scalar(), Some(Scalar::String("2012-03-21T05:40:00Z")));
    // A name never is a date.
    assert_eq!(token(r#"{"2012-03-21T05:40:00Z":1}"#), r#"Object {"2012-03-21T05:40:00Z":1}"#);
}

#[test]
fn errors_say_where() {
    let cases = [
        ("", "Error reading JToken from JsonReader. Path '', line 0, position 0."),
        ("x", "Unexpected character encountered while parsing value: x. Path '', line 0, position 0."),
        ("<html>", "Unexpected character encountered while parsing value: <. Path '', line 0, position 0."),
        (
            "{\"a\":[1,2,{\"b\":x}]}",
            "Unexpected character encountered while parsing value: x. Path 'a[2].b', line 1, position 15.",
        ),
        (
            "{\"a b\":{\"c.d\":[1,{\"e'f\":x}]}}",
            "Unexpected character encountered while parsing value: x. Path '['a b']['c.d'][1]['e\\'f']', line 1, position 24.",
        ),
        (
            "{\"a\":1 \"b\":2}",
            "After parsing a value an unexpected character was encountered: \". Path 'a', line 1, position 7.",
        ),
        (
            "[1 2]",
            "After parsing a value an unexpected character was encountered: 2. Path '[0]', line 1, position 3.",
        ),
        (
            "[\n1,\r\n x]",
            "Unexpected character encountered while parsing value: x. Path '[0]', line 3, position 1.",
        ),
        (
            "[\"\u{1f600}\",x]",
            "Unexpected character encountered while parsing value: x. Path '[0]', line 1, position 6.",
        ),
        ("{a-b:1}", "Invalid JavaScript property identifier character: -. Path '', line 1, position 2."),
        ("{,}", "Invalid property identifier character: ,. Path '', line 1, position 1."),
        (
            "{a 1}",
            "Invalid character after parsing property name. Expected ':' but got: 1. Path '', line 1, position 3.",
        ),
        ("{a", "Unexpected end while parsing unquoted property name. Path '', line 1, position 2."),
        (
            "{\"a\"",
            "Invalid character after parsing property name. Expected ':' but got: \0. Path '', line 1, position 4.",
        ),
        ("{", "Error reading JObject from JsonReader. Path '', line 1, position 1."),
        ("{\"a\":", "Unexpected end of content while loading JObject. Path 'a', line 1, position 5."),
        (
            "{\"a\":[1,2}",
            "JsonToken EndObject is not valid for closing JsonType Array. Path 'a', line 1, position 10.",
        ),
        (
            "{\"a\":]}",
            "JsonToken EndArray is not valid for closing JsonType Object. Path '', line 1, position 6.",
        ),
        ("]", "JsonToken EndArray is not valid for closing JsonType None. Path '', line 1, position 1."),
        ("\"abc", "Unterminated string. Expected delimiter: \". Path '', line 1, position 4."),
        ("'a\\", "Unterminated string. Expected delimiter: '. Path '', line 1, position 3."),
        ("\"\\q\"", "Bad JSON escape sequence: \\q. Path '', line 1, position 3."),
        ("\"\\uzzzz\"", "Invalid Unicode escape sequence: \\uzzzz. Path '', line 1, position 3."),
        ("[\"\\u12\"]", "Unexpected end while parsing Unicode escape sequence. Path '', line 1, position 4."),
        ("[tru]", "Error parsing boolean value. Path '', line 1, position 4."),
        ("Not found", "Error parsing NaN value. Path '', line 1, position 1."),
        ("nul", "Unexpected end when reading JSON. Path '', line 1, position 3."),
        ("[nx]", "Unexpected character encountered while parsing value: n. Path '', line 1, position 1."),
        ("n", "Unexpected end when reading JSON. Path '', line 1, position 1."),
        ("new Date x", "Unexpected character while parsing constructor: x. Path '', line 1, position 9."),
        ("new", "Unexpected end while parsing constructor. Path '', line 1, position 3."),
        ("next", "Unexpected content while parsing JSON. Path '', line 1, position 2."),
        (
            "{} x",
            "Additional text encountered after finished reading JSON content: x. Path '', line 1, position 3.",
        ),
        ("1/", "Unexpected end while parsing comment. Path '', line 1, position 2."),
        ("1/x ", "Error parsing comment. Expected: *, got x. Path '', line 1, position 2."),
        ("[1/*c]", "Unexpected end while parsing comment. Path '[0]', line 1, position 6."),
    ];
    for (text, expected) in cases {
        assert_eq!(token(text), format!("JsonReaderException: {expected}"), "{text}");
    }
}

#[test]
fn each_way_of_parsing_wants_its_kind() {
    let settings = ReadSettings::default();
    let arena = Arena::new(BYTES);
    let show = |token: Token<'_>| token.kind().name().to_owned();
    let object = |text: &'static str| shown(parse_object(&arena, text, settings), show);
    let array = |text: &'static str| shown(parse_array(&arena, text, settings), show);
    assert_eq!(object("/*c*/{}"), "Object");
    assert_eq!(array("[]"), "Array");
    assert_eq!(
        object("[1]"),
        "JsonReaderException: Error reading JObject from JsonReader. Current JsonReader item is not an object: StartArray. Path '', line 1, position 1."
    );
    assert_eq!(
        array("\"2012-03-21T05:40:00Z\""),
        "JsonReaderException: Error reading JArray from JsonReader. Current JsonReader item is not an array: Date. Path '', line 1, position 22."
    );
    assert_eq!(
        object("//c"),
        "JsonReaderException: Error reading JObject from JsonReader. Current JsonReader item is not an object: None. Path '', line 1, position 3."
    );
    assert_eq!(
        array("  "),
        "JsonReaderException: Error reading JArray from JsonReader. Path '', line 1, position 2."
    );
}

#[test]
fn deserializing_has_its_own_words() {
    let arena = Arena::new(BYTES);
    let read = |text: &'static str, target| {
        shown(deserialize(&arena, text, ReadSettings::default(), target), |token| {
            token.map_or("null".to_owned(), |token| compact(&arena, token).to_owned())
        })
    };
    let cases = [
        ("", Target::Any, "null"),
        (" /*c*/ ", Target::Object, "null"),
        ("null", Target::Object, "null"),
        ("1", Target::Any, "1"),
        // The last of two properties stands in its own place.
        ("{a:1,b:2,a:3}", Target::Any, r#"{"b":2,"a":3}"#),
        (
            "{a:1",
            Target::Any,
            "JsonSerializationException: Unexpected end when deserializing object. Path 'a', line 1, position 4.",
        ),
        ("{a:1", Target::Object, "JsonWriterException: Unexpected end when reading token. Path ''."),
        (
            "{Ab:[{},{a:1",
            Target::Any,
            "JsonWriterException: Unexpected end when reading token. Path 'Ab[1]'.",
        ),
        (
            "[1]",
            Target::Object,
            "JsonSerializationException: Deserialized JSON type 'Newtonsoft.Json.Linq.JArray' is not compatible with expected type 'Newtonsoft.Json.Linq.JObject'. Path '', line 1, position 3.",
        ),
        (
            "[1] 2",
            Target::Any,
            "JsonReaderException: Additional text encountered after finished reading JSON content: 2. Path '', line 1, position 4.",
        ),
    ];
    for (text, target, expected) in cases {
        assert_eq!(read(text, target), expected, "{text}");
    }
}

#[test]
fn depth_and_memory_are_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(token(&nested(DEPTH_MAX)).starts_with("Array"));
    let path = "[0]".repeat(DEPTH_MAX - 1);
    assert_eq!(
        token(&nested(DEPTH_MAX + 1)),
        format!(
            "JsonReaderException: The reader's MaxDepth of {DEPTH_MAX} has been exceeded. Path '{path}[0]', line 1, position {}.",
            DEPTH_MAX + 1
        )
    );
    // Whatever is left of the budget, it either suffices or is said to be spent.
    let text =
        r#"{"a":[1,"\u0041",{"b":99999999999999999999}],"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1}"#;
    let needed = {
        let arena = Arena::new(BYTES);
        parse(&arena, text);
        BYTES - arena.left()
    };
    for bytes in 0..=needed {
        let arena = Arena::new(bytes);
        let read = parse_token(&arena, text, ReadSettings::default());
        let expected = if bytes == needed { Ok(()) } else { Err(Failure::Memory(OutOfMemory)) };
        assert_eq!(read.map(|_| ()), expected, "{bytes}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in r#"([\[\]{}(),:/*'"\\a-fnrtuxE0-9.\-+ \n\r\u{0}é😀]|null|true|new |NaN|\\u[0-9a-f]{4}|/\*|\*/){0,40}"#) {
        let arena = Arena::new(BYTES);
        for dates in [true, false] {
            let settings = ReadSettings { dates };
            let _ = parse_object(&arena, &text, settings);
            let _ = parse_array(&arena, &text, settings);
            let _ = deserialize(&arena, &text, settings, Target::Object);
            if let Ok(token) = parse_token(&arena, &text, settings) {
                // What is written reads the same, unless the end of a comment stands in one to the line's end.
                if text.contains("//") && text.contains("*/") {
                    continue;
                }
                let written = compact(&arena, token);
                let again = parse_token(&arena, written, settings).unwrap();
                prop_assert_eq!(compact(&arena, again), written);
            }
        }
    }
}
