//! Writing: layout, escapes, and values in JSON and as bare text.

use proptest::prelude::*;
use rust_decimal::Decimal;

use super::{BYTES, compact, parse};
use crate::arena::{Arena, OutOfMemory};
use crate::clr::datetime::{DateTime, DateTimeKind};
use crate::clr::datetime_offset::DateTimeOffset;
use crate::clr::guid::Guid;
use crate::clr::timespan::TimeSpan;
use crate::json::{Failure, Layout, Scalar, Token, write};

const GUID: Guid = Guid(0x1234_5678_9abc_def0_1234_5678_9abc_def0);

#[test]
fn layout() {
    let arena = Arena::new(BYTES);
    let tree = parse(&arena, "{a:new Date(1,2),b:[],c:{},d:[1,[2]],e:new X(),f:null}");
    let indented = "{\n  \"a\": new Date(\n    1,\n    2\n  ),\n  \"b\": [],\n  \"c\": {},\n  \"d\": [\n    1,\n    [\n      2\n    ]\n  ],\n  \"e\": new X(\n  ),\n  \"f\": null\n}";
    assert_eq!(tree.text(&arena).unwrap(), indented);
    assert_eq!(
        compact(&arena, tree),
        r#"{"a":new Date(1,2),"b":[],"c":{},"d":[1,[2]],"e":new X(),"f":null}"#
    );
    // A part is written as if nothing stood around it.
    let property = tree.find_property("d").unwrap();
    assert_eq!(property.text(&arena).unwrap(), "\"d\": [\n  1,\n  [\n    2\n  ]\n]");
    assert_eq!(compact(&arena, property), r#""d":[1,[2]]"#);
    let comments = Token::array(&arena).unwrap();
    for scalar in [Scalar::Comment("c"), Scalar::Integer(1), Scalar::Comment("d"), Scalar::Raw("{ x }")] {
        comments.add(&arena, Some(Token::value(&arena, scalar).unwrap())).unwrap();
    }
    assert_eq!(compact(&arena, comments), "[/*c*/1/*d*/,{ x }]");
}

#[test]
fn values_in_json_and_as_text() {
    let date = DateTime::new(2012, 3, 21).unwrap().at(5, 40, 0, 500).unwrap();
    let offset = DateTimeOffset::new(date, TimeSpan::from_minutes(-90.0).unwrap()).unwrap();
    let cases = [
        (Scalar::Null, "null", ""),
        (Scalar::Undefined, "undefined", ""),
        (Scalar::Boolean(true), "true", "True"),
        (Scalar::Integer(-5), "-5", "-5"),
        (Scalar::Big("99999999999999999999"), "99999999999999999999", "99999999999999999999"),
        (Scalar::Float(1.0), "1.0", "1"),
        (Scalar::Float(1e15), "1E+15", "1E+15"),
        (Scalar::Float(0.1), "0.1", "0.1"),
        (Scalar::Float(123_456_789_012_345.6), "123456789012345.59", "123456789012346"),
        (Scalar::Float(f64::NAN), "\"NaN\"", "NaN"),
        (Scalar::Float(f64::NEG_INFINITY), "\"-Infinity\"", "-Infinity"),
        (Scalar::Single(1.1), "1.1", "1.1"),
        (Scalar::Decimal(Decimal::new(150, 2)), "1.50", "1.50"),
        (Scalar::Decimal(Decimal::ONE), "1.0", "1"),
        (Scalar::String("a\"b"), "\"a\\\"b\"", "a\"b"),
        (Scalar::Date(date), "\"2012-03-21T05:40:00.5\"", "03/21/2012 05:40:00"),
        (
            Scalar::Date(date.with_kind(DateTimeKind::Utc)),
            "\"2012-03-21T05:40:00.5Z\"",
            "03/21/2012 05:40:00",
        ),
        (
            Scalar::Date(date.with_kind(DateTimeKind::Local)),
            "\"2012-03-21T05:40:00.5+00:00\"",
            "03/21/2012 05:40:00",
        ),
        (Scalar::DateOffset(offset), "\"2012-03-21T05:40:00.5-01:30\"", "03/21/2012 05:40:00 -01:30"),
        (Scalar::Bytes(&[1, 2, 3]), "\"AQID\"", "System.Byte[]"),
        (
            Scalar::Guid(GUID),
            "\"12345678-9abc-def0-1234-56789abcdef0\"",
            "12345678-9abc-def0-1234-56789abcdef0",
        ),
        (Scalar::Uri("http://a/b?c"), "\"http://a/b?c\"", "http://a/b?c"),
        (
            Scalar::TimeSpan(TimeSpan::from_seconds(93784.5).unwrap()),
            "\"1.02:03:04.5000000\"",
            "1.02:03:04.5000000",
        ),
        (Scalar::Raw("{ a }"), "{ a }", "{ a }"),
        (Scalar::Comment("c"), "/*c*/", "c"),
    ];
    for (scalar, json, text) in cases {
        let arena = Arena::new(BYTES);
        let token = Token::value(&arena, scalar).unwrap();
        assert_eq!((compact(&arena, token), token.text(&arena).unwrap()), (json, text), "{scalar:?}");
    }
}

#[test]
fn only_what_must_be_is_escaped() {
    let arena = Arena::new(BYTES);
    let text = "\u{0}\u{1}\u{8}\t\n\u{c}\r\u{1f}\u{7f}\u{85}\u{2028}\u{2029}\u{a0}\"'\\/<é😀>&";
    let token = Token::value(&arena, Scalar::String(text)).unwrap();
    let expected =
        "\"\\u0000\\u0001\\b\\t\\n\\f\\r\\u001f\u{7f}\\u0085\\u2028\\u2029\u{a0}\\\"'\\\\/<é😀>&\"";
    assert_eq!(compact(&arena, token), expected);
}

#[test]
fn text_takes_no_more_than_the_budget() {
    let tree = Arena::new(BYTES);
    let mut token = Token::array(&tree).unwrap();
    for _ in 0..20_000 {
        let around = Token::array(&tree).unwrap();
        around.add(&tree, Some(token)).unwrap();
        token = around;
    }
    // Indented, this would be 800 MB.
    assert_eq!(write(&tree, token, Layout::Indented), Err(Failure::Memory(OutOfMemory)));
    assert_eq!(write(&tree, token, Layout::Compact).unwrap().len(), 40_002);
}

proptest! {
    #[test]
    fn every_string_survives(text in any::<String>()) {
        let arena = Arena::new(BYTES);
        let written = compact(&arena, Token::value(&arena, Scalar::String(&text)).unwrap());
        let settings = crate::json::read::ReadSettings { dates: false };
        let read = crate::json::read::parse_token(&arena, written, settings).unwrap();
        prop_assert_eq!(read.scalar(), Some(Scalar::String(&text)));
    }
}
