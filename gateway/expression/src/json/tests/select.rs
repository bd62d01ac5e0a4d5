//! JSONPath: what each step finds, and what is said of paths that are none.

use proptest::prelude::*;

use super::{BYTES, compact, parse, shown};
use crate::arena::Arena;
use crate::json::select::{FILTERS_MAX, SelectSettings, VISITS_MAX};
use crate::json::{Failure, Outcome, Token};

const STORE: &str = r#"{"store":{"book":[
    {"category":"reference","title":"Sayings","price":8.95},
    {"category":"fiction","title":"Sword","price":12.99,"isbn":"0-553"},
    {"category":"fiction","title":"Moby Dick","isbn":"0-395","price":9},
    {"category":null,"tags":["a","b"],"on":true}],
  "bicycle":{"color":"red","price":19.95,"a b":{"c.d":1}}},
  "n":[1,2,3,4,5,[6,7]],"s":"text","date":"2020-01-31T00:00:00Z","e":{},"x":null,"it's":2,"$p":3,
  "arr":[{"id":1,"v":"one"},{"id":2,"v":"two"},{"id":"3","v":"three"},{"id":4.0}]}"#;

/// Matches as if every pattern were plain text.
fn contains(pattern: &str, options: &str, text: &str) -> Outcome<bool> {
    match options {
        "i" => Ok(text.to_lowercase().contains(&pattern.to_lowercase())),
        _ => Ok(text.contains(pattern)),
    }
}

fn settings(error_when_no_match: bool) -> SelectSettings<'static> {
    SelectSettings { error_when_no_match, is_match: &contains }
}

/// Paths and values found, or the exception.
fn found(path: &str, strict: bool) -> String {
    let arena = Arena::new(BYTES);
    let store = parse(&arena, STORE);
    list(&arena, store.select_tokens(path, settings(strict)))
}

fn list<'a>(arena: &'a Arena, outcome: Outcome<Vec<Token<'a>>>) -> String {
    shown(outcome, |tokens| tokens.iter().map(|token| compact(arena, *token)).collect::<Vec<_>>().join(" "))
}

#[test]
fn steps() {
    let cases = [
        ("store.bicycle.color", "\"red\""),
        ("$.store.book[0].title", "\"Sayings\""),
        ("$['store']['book'][0]['title']", "\"Sayings\""),
        ("$.store.bicycle['a b']['c.d']", "1"),
        ("['it\\'s']", "2"),
        ("$p", "3"),
        ("$.$p", "3"),
        ("store ", "STORE"),
        (" store", ""),
        ("$x", ""),
        ("missing.x", ""),
        ("s.x", ""),
        ("s[0]", ""),
        ("$.store.book[*].price", "8.95 12.99 9"),
        ("$.store.bicycle.*", "\"red\" 19.95 {\"c.d\":1}"),
        ("$..price", "8.95 12.99 9 19.95"),
        ("..price", "8.95 12.99 9 19.95"),
        ("$..['price']", "8.95 12.99 9 19.95"),
        ("$..['price','isbn']", "8.95 12.99 \"0-553\" \"0-395\" 9 19.95"),
        ("store.book..*", "BOOKS"),
        ("$..book[2].title", "\"Moby Dick\""),
        ("['s','x','missing']", "\"text\" null"),
        ("n[0]", "1"),
        ("n[9]", ""),
        ("n[ 0 , 1 ]", "1 2"),
        ("n[0,9]", "1"),
        ("n(0)", "1"),
        ("n[5][1]", "7"),
        ("n[1:3]", "2 3"),
        ("n[:2]", "1 2"),
        ("n[-1:]", "[6,7]"),
        ("n[:-4]", "1 2"),
        ("n[::2]", "1 3 5"),
        ("n[::-1]", "[6,7] 5 4 3 2 1"),
        ("n[3:1:-1]", "4 3"),
        ("n[-99:99]", "1 2 3 4 5 [6,7]"),
        ("n[9:]", ""),
        ("arr[1:].id", "2 \"3\" 4.0"),
        ("$.x.y", ""),
        ("$.e.*", ""),
    ];
    for (path, expected) in cases {
        let answer = found(path, false);
        match expected {
            "STORE" => assert!(answer.starts_with("{\"book\":[")),
            "BOOKS" => assert_eq!(answer.matches("Sword").count(), 3),
            _ => assert_eq!(answer, expected, "{path}"),
        }
    }
    for whole in ["", "$", "  "] {
        assert!(found(whole, true).starts_with("{\"store\":"), "{whole}");
    }
}

#[test]
fn filters() {
    let books = [
        ("@.price < 10", "Sayings Moby"),
        ("@.price<10", "Sayings Moby"),
        ("@.price <= 9", "Sayings Moby"),
        ("@.price > 9", "Sword"),
        ("@.price >= 12.99", "Sword"),
        ("@.price == 9", "Moby"),
        ("@.price == 9.0", "Moby"),
        ("@.price === 9.0", "Moby"),
        ("@.price != 9", "Sayings Sword"),
        ("@.price <> 9", "Sayings Sword"),
        ("@.price !== 9", "Sayings Sword"),
        ("9 > @.price", "Sayings"),
        ("@.isbn", "Sword Moby"),
        ("@.isbn == '0-395'", "Moby"),
        ("@.missing", ""),
        ("@.tags[*] == 'b'", "null"),
        ("@.tags == 1", ""),
        ("@.tags != 1", "null"),
        ("@.on == true", "null"),
        ("@.category == null", "null"),
        ("@.category == 'fiction' && @.price > 10", "Sword"),
        ("@.category=='fiction' || @.price < 9", "Sayings Sword Moby"),
        // Neither binds stronger: the last two belong together.
        ("@.category == 'reference' && @.price > 100 || @.isbn", ""),
        ("@.category == 'reference' || @.isbn && @.price < 10", "Sayings Moby"),
        ("@.title =~ /moby/i", "Moby"),
        ("@.title =~ /moby/", ""),
        ("@.price =~ /9/", ""),
        ("@.price > $.n[*]", "Sayings Sword Moby"),
        ("@.price < $.n[*]", ""),
        ("@.title > 1", "!FormatException: Input string was not in a correct format."),
        ("@..price", "Sayings Sword Moby"),
    ];
    for (filter, expected) in books {
        let answer = found(&format!("$.store.book[?({filter})]"), false);
        let titles = answer.split("{\"category\":").skip(1).map(|book| {
            book.split("\"title\":\"").nth(1).map_or("null", |title| title.split([' ', '"']).next().unwrap())
        });
        let titles: Vec<&str> = titles.collect();
        match expected.strip_prefix('!') {
            Some(exception) => assert_eq!(answer, exception, "{filter}"),
            None => assert_eq!(titles.join(" "), expected, "{filter}"),
        }
    }
    let others = [
        ("$.n[?(@ > 2)]", "3 4 5"),
        ("n[:5][?(@ > 2)]", ""),
        ("$.arr[?(@.id == '3')].v", "\"three\""),
        ("$.arr[?(@.id > 1)].v", "\"two\" \"three\""),
        ("$..[?(@.price > 10)].price", "12.99 19.95"),
        ("$[?(@.color == 'red')]", ""),
        ("$.store[?(@.color == 'red')]", ""),
    ];
    for (path, expected) in others {
        assert_eq!(found(path, false), expected, "{path}");
    }
    let arena = Arena::new(BYTES);
    let dates = parse(&arena, r#"[{"at":"2020-01-31T00:00:00Z"}]"#);
    let is_found = |path| dates.select_token(path, settings(false)).unwrap().is_some();
    assert!(
        is_found("[?(@.at == '2020-01-31T00:00:00Z')]") && !is_found("[?(@.at === '2020-01-31T00:00:00Z')]")
    );
}

#[test]
fn what_is_not_there_is_an_error_where_asked_for() {
    let cases = [
        ("missing", "Property 'missing' does not exist on JObject."),
        ("s.x", "Property 'x' not valid on JValue."),
        ("n.*", "Property '*' not valid on JArray."),
        ("['s','x']", "Property 's' does not exist on JObject."),
        ("n['s','x']", "Properties 's', 'x' not valid on JArray."),
        ("n[9]", "Index 9 outside the bounds of JArray."),
        ("s[0]", "Index 0 not valid on JValue."),
        ("s[*]", "Index * not valid on JValue."),
        ("n[9:]", "Array slice of 9 to * returned no results."),
        ("n[:0]", "Array slice of * to 0 returned no results."),
        ("s[1:]", "Array slice is not valid on JValue."),
    ];
    for (path, message) in cases {
        assert_eq!(found(path, true), format!("JsonException: {message}"), "{path}");
        assert!(!found(path, false).contains("Exception"), "{path}");
    }
    let arena = Arena::new(BYTES);
    let store = parse(&arena, STORE);
    let one = |path| {
        shown(store.select_token(path, settings(false)), |token| token.map_or("null".into(), Token::path))
    };
    assert_eq!(one("n[*]"), "JsonException: Path returned multiple tokens.");
    assert_eq!(one("n[5][0]"), "n[5][0]");
    assert_eq!(one("missing"), "null");
}

#[test]
fn paths_that_are_none() {
    let cases = [
        ("n[", "Path ended with open indexer."),
        ("n[0", "Path ended with open indexer."),
        ("n[]", "Array index expected."),
        ("n[0,]", "Array index expected."),
        ("n[a]", "Unexpected character while parsing path indexer: a"),
        ("n[0 1]", "Unexpected character while parsing path indexer: 1"),
        ("n[*x]", "Unexpected character while parsing path indexer: *"),
        ("n[::0]", "Step cannot be zero."),
        ("n[0]x", "Unexpected character following indexer: x"),
        ("store x", "Unexpected character while parsing path:  "),
        ("store]", "Unexpected character while parsing path: ]"),
        ("store.", "Unexpected end while parsing path."),
        ("$.", "Unexpected end while parsing path."),
        ("['store", "Path ended with an open string."),
        ("['store'", "Path ended with open indexer."),
        ("['store'x]", "Unexpected character while parsing path indexer: x"),
        ("['s\\q']", "Unknown escape character: \\q"),
        ("n[?x]", "Unexpected character while parsing path indexer: x"),
        ("n[?(x)]", "Unexpected character while parsing path query: x"),
        ("n[?()]", "Unexpected character while parsing path query: )"),
        ("n[?(", "Path ended with open query."),
        ("n[?(@.a", "Path ended with open query."),
        ("n[?(@.a)", "Path ended with open indexer."),
        ("n[?(@.a)x]", "Unexpected character while parsing path indexer: x"),
        ("n[?(@.a = 1)]", "Could not read query operator."),
        ("n[?(@.a == x)]", "Unexpected character while parsing path query: x"),
        ("n[?(@.a == 'x", "Path ended with an open string."),
        ("n[?(@.a =~ /x", "Path ended with an open regex."),
        ("n[?(@.a & @.b)]", "Unexpected character while parsing path query: &"),
        ("n[?(@.a | @.b)]", "Unexpected character while parsing path query: |"),
        ("n[?(@.a ||)]", "Unexpected character while parsing path query: )"),
        ("n[?(@.a ||", "Path ended with open query."),
        ("n[?(@.)]", "Unexpected end while parsing path."),
    ];
    for (path, message) in cases {
        assert_eq!(found(path, false), format!("JsonException: {message}"), "{path}");
    }
    let others = [
        (
            "n[-1]",
            "ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: index",
        ),
        ("n[1-2]", "FormatException: Input string was not in a correct format."),
        ("n[99999999999]", "OverflowException: Value was either too large or too small for an Int32."),
        ("n[?(@.a && ", "IndexOutOfRangeException: Index was outside the bounds of the array."),
        (" $", "IndexOutOfRangeException: Index was outside the bounds of the array."),
    ];
    for (path, message) in others {
        assert_eq!(found(path, false), message, "{path}");
    }
}

#[test]
fn filters_and_visits_are_bounded() {
    let nested =
        |depth: usize| format!("n{}@{}", "[?(@".repeat(depth), ")]".repeat(depth)).replace("@@", "@");
    assert_eq!(found(&nested(FILTERS_MAX), false), "");
    let message = format!("JsonException: Path has filters nested more than {FILTERS_MAX} deep.");
    assert_eq!(found(&nested(FILTERS_MAX + 1), false), message);
    let arena = Arena::new(BYTES);
    let items = format!("[{}]", "[],".repeat(2000));
    let array = parse(&arena, &items);
    // Every item for every item, and once for itself: the second is too much.
    assert!(
        array
            .select_tokens("$[?($..*)]", settings(false))
            .is_err_and(|error| error == Failure::Visits(VISITS_MAX))
    );
    assert_eq!(array.select_tokens("$..*", settings(false)).map(|found| found.len()), Ok(2001));
    assert_eq!(found(&".store".repeat(100_000), false), "");
}

proptest! {
    #[test]
    fn any_path_finds_something_or_says_why(path in r#"([$@.\[\]()*'?,:<>=!~/\\&| a-en0-9-]|\.\.|\[\?\(@|\)\]|&&|\|\||==|true|null){0,24}"#) {
        found(&path, true);
        found(&path, false);
    }
}
