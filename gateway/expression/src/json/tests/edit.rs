//! Changing trees: Json.NET's copies, refusals and merges, and links that always agree.

use proptest::prelude::*;

use super::{BYTES, compact, parse, shown};
use crate::arena::{Arena, OutOfMemory};
use crate::json::names::{LEVELS_MAX, SEARCHED_MAX};
use crate::json::{
    Failure, Key, Layout, MergeArrays, MergeSettings, NameComparison, Outcome, Scalar, Token, insert_index,
    list_index, write,
};

fn integer(arena: &Arena, value: i64) -> Option<Token<'_>> {
    Some(Token::value(arena, Scalar::Integer(value)).unwrap())
}

fn item<'a>(arena: &'a Arena, outcome: Outcome<Option<Token<'a>>>) -> String {
    shown(outcome, |token| token.map_or("null".to_owned(), |token| compact(arena, token).to_owned()))
}

#[test]
fn refusals_are_worded_as_json_net_does() {
    let arena = &Arena::new(BYTES);
    let tree = parse(arena, "{a:1,b:[1,2,3],c:{}}");
    let [a, b] = ["a", "b"].map(|name| tree.get(name).unwrap());
    let property = tree.find_property("a").unwrap();
    let none = |outcome: Outcome<()>| shown(outcome, |()| "done".to_owned());
    let some = |outcome| item(arena, outcome);
    let one = integer(arena, 1);
    let at = |index| list_index(index).and_then(|at| b.remove_at(at));
    let insert = |index| insert_index(index).and_then(|at| b.insert(arena, at, one));
    let cases = [
        (some(tree.item(Key::Name("x"))), "null"),
        (some(b.item(Key::Index(1))), "2"),
        (
            some(tree.item(Key::Index(0))),
            "ArgumentException: Accessed JObject values with invalid key value: 0. Object property name expected.",
        ),
        (
            some(tree.item(Key::Null)),
            "ArgumentNullException: Value cannot be null.\nParameter name: propertyName",
        ),
        (
            some(b.item(Key::Name("x"))),
            "ArgumentException: Accessed JArray values with invalid key value: \"x\". Int32 array index expected.",
        ),
        (
            some(b.item(Key::Index(3))),
            "ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: index",
        ),
        (
            some(b.item(Key::Index(-1))),
            "ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: index",
        ),
        (
            some(a.item(Key::Index(0))),
            "InvalidOperationException: Cannot access child value on Newtonsoft.Json.Linq.JValue.",
        ),
        (
            some(property.item(Key::Name("a"))),
            "InvalidOperationException: Cannot access child value on Newtonsoft.Json.Linq.JProperty.",
        ),
        (
            some(a.first()),
            "InvalidOperationException: Cannot access child value on Newtonsoft.Json.Linq.JValue.",
        ),
        (some(b.last()), "3"),
        (
            none(tree.set_item(arena, Key::Index(0), one)),
            "ArgumentException: Set JObject values with invalid key value: 0. Object property name expected.",
        ),
        (
            none(b.set_item(arena, Key::Name("x"), one)),
            "ArgumentException: Set JArray values with invalid key value: \"x\". Int32 array index expected.",
        ),
        (
            none(b.set_item(arena, Key::Index(3), one)),
            "ArgumentOutOfRangeException: Index is equal to or greater than Count.\nParameter name: index",
        ),
        (
            none(a.set_item(arena, Key::Name("x"), one)),
            "InvalidOperationException: Cannot set child value on Newtonsoft.Json.Linq.JValue.",
        ),
        (
            none(tree.add_property(arena, "a", one)),
            "ArgumentException: Can not add property a to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object.",
        ),
        (
            none(tree.add(arena, one)),
            "ArgumentException: Can not add Newtonsoft.Json.Linq.JValue to Newtonsoft.Json.Linq.JObject.",
        ),
        (
            none(tree.add(arena, None)),
            "ArgumentException: Can not add Newtonsoft.Json.Linq.JValue to Newtonsoft.Json.Linq.JObject.",
        ),
        (
            none(b.add(arena, Some(property))),
            "ArgumentException: Can not add Newtonsoft.Json.Linq.JProperty to Newtonsoft.Json.Linq.JArray.",
        ),
        (
            none(property.add(arena, one)),
            "JsonException: Newtonsoft.Json.Linq.JProperty cannot have multiple values.",
        ),
        (
            none(property.remove_all()),
            "JsonException: Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.",
        ),
        (none(a.remove()), "JsonException: Cannot add or remove items from Newtonsoft.Json.Linq.JProperty."),
        (
            none(a.add_after_self(arena, &[one])),
            "JsonException: Newtonsoft.Json.Linq.JProperty cannot have multiple values.",
        ),
        (none(tree.remove()), "InvalidOperationException: The parent is missing."),
        (none(tree.replace(arena, one)), "InvalidOperationException: The parent is missing."),
        (none(tree.add_before_self(arena, &[one])), "InvalidOperationException: The parent is missing."),
        (
            none(at(3)),
            "ArgumentOutOfRangeException: Index is equal to or greater than Count.\nParameter name: index",
        ),
        (none(at(-1)), "ArgumentOutOfRangeException: Index is less than 0.\nParameter name: index"),
        (
            none(insert(4)),
            "ArgumentOutOfRangeException: Index must be within the bounds of the List.\nParameter name: index",
        ),
        (
            none(insert(-1)),
            "ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: index",
        ),
    ];
    for (at, (found, expected)) in cases.iter().enumerate() {
        assert_eq!(found, expected, "case {at}");
    }
    assert_eq!(compact(arena, tree), r#"{"a":1,"b":[1,2,3],"c":{}}"#);
}

#[test]
fn changes() {
    let arena = &Arena::new(BYTES);
    let tree = parse(arena, "{a:1,b:[1,2,3],c:{}}");
    let [b, c] = ["b", "c"].map(|name| tree.get(name).unwrap());
    let second = b.child(1).unwrap();
    // A token that has a place is copied into the next one.
    c.add_property(arena, "twice", Some(second)).unwrap();
    assert!(c.get("twice") != Some(second) && second.parent() == Some(b));
    // So is what would come to stand within itself.
    b.add(arena, Some(tree)).unwrap();
    assert_eq!(compact(arena, b), r#"[1,2,3,{"a":1,"b":[1,2,3],"c":{"twice":2}}]"#);
    b.remove_at(3).unwrap();
    second.add_before_self(arena, &[integer(arena, 7), None]).unwrap();
    second.add_after_self(arena, &[integer(arena, 8)]).unwrap();
    b.add_first(arena, integer(arena, 0)).unwrap();
    assert_eq!(compact(arena, b), "[0,1,7,null,2,8,3]");
    second.replace(arena, Some(Token::array(arena).unwrap())).unwrap();
    assert_eq!((second.parent(), second.next(), second.previous()), (None, None, None));
    // What is equal already stays as it is.
    let first = b.child(0);
    b.set_child(arena, 0, integer(arena, 0)).unwrap();
    assert_eq!(b.child(0), first);
    tree.set_property(arena, "a", None).unwrap();
    tree.set_property(arena, "d", integer(arena, 4)).unwrap();
    assert_eq!(tree.remove_property(Some("c")), Ok(true));
    assert_eq!((tree.remove_property(Some("c")), tree.remove_property(None)), (Ok(false), Ok(false)));
    assert_eq!(b.remove_item(second), Ok(false));
    assert_eq!(compact(arena, tree), r#"{"a":null,"b":[0,1,7,null,[],8,3],"d":4}"#);
    // A property may get another name's place, but not twice the same name.
    let property = tree.find_property("d").unwrap();
    property.replace(arena, Some(Token::property(arena, "e", None).unwrap())).unwrap();
    let again = Token::property(arena, "a", None).unwrap();
    assert!(tree.find_property("e").unwrap().replace(arena, Some(again)).is_err());
    assert_eq!(compact(arena, tree), r#"{"a":null,"b":[0,1,7,null,[],8,3],"e":null}"#);
    tree.remove_all().unwrap();
    assert!(!tree.has_values() && !tree.contains_key("a"));
}

#[test]
fn ways_through_a_tree() {
    let arena = &Arena::new(BYTES);
    let tree = parse(arena, "{a:{'b c':[1,{d:2}]},e:3}");
    let paths = |tokens: Vec<Token<'_>>| tokens.into_iter().map(Token::path).collect::<Vec<_>>().join(" ");
    assert_eq!(
        paths(tree.descendants().collect()),
        "a a a['b c'] a['b c'] a['b c'][0] a['b c'][1] a['b c'][1].d a['b c'][1].d e e"
    );
    assert_eq!(tree.descendants_and_self().count(), 11);
    let two = tree.descendants().find(|token| token.scalar() == Some(Scalar::Integer(2))).unwrap();
    let kinds: Vec<&str> = two.ancestors().map(Token::class).collect();
    assert_eq!(kinds, ["JProperty", "JObject", "JArray", "JProperty", "JObject", "JProperty", "JObject"]);
    assert_eq!(two.root(), tree);
    let array = two.ancestors().nth(2).unwrap();
    assert_eq!(paths(array.child(0).unwrap().after_self().collect()), "a['b c'][1]");
    assert_eq!(paths(array.child(1).unwrap().before_self().collect()), "a['b c'][0]");
    assert_eq!(paths(tree.property_values().collect()), "a e");
    // A part's descendants end with it.
    assert_eq!(array.parent().unwrap().descendants().count(), 5);
    assert_eq!(array.child(0).unwrap().descendants_and_self().count(), 1);
    assert_eq!(Token::property(arena, "x", None).unwrap().path(), "");
}

#[test]
fn names_are_found_in_small_and_big_objects() {
    let arena = &Arena::new(BYTES);
    let tree = parse(arena, "{Ab:1,aB:2}");
    assert_eq!(tree.get_by("AB", NameComparison::Ordinal), None);
    assert_eq!(tree.get_by("AB", NameComparison::IgnoreCase), tree.get("Ab"));
    assert_eq!(tree.get_by("aB", NameComparison::IgnoreCase), tree.get("aB"));
    let big = Token::object(arena).unwrap();
    let names: Vec<String> = (0..5000).map(|at| format!("n{at}")).collect();
    let names: Vec<&str> = names.iter().map(|name| arena.text(name).unwrap()).collect();
    for (at, name) in names.iter().enumerate() {
        big.add_property(arena, name, integer(arena, at as i64)).unwrap();
        assert_eq!(big.get(name).and_then(Token::scalar), Some(Scalar::Integer(at as i64)));
    }
    assert!(big.name_levels() <= LEVELS_MAX);
    for name in &names[SEARCHED_MAX / 2..] {
        assert_eq!(big.remove_property(Some(name)), Ok(true));
        assert!(!big.contains_key(name));
    }
    big.set_property(arena, names[100], None).unwrap();
    assert!(big.contains_key(names[100]) && big.contains_key(names[0]));
    assert_eq!(compact(arena, big), r#"{"n0":0,"n1":1,"n2":2,"n3":3,"n100":null}"#);
}

#[test]
fn merging() {
    let merged = |target: &str, source: &str, settings: MergeSettings| {
        let arena = Arena::new(BYTES);
        let [target, source] = [target, source].map(|text| arena.text(text).unwrap());
        let (target, source) = (parse(&arena, target), parse(&arena, source));
        target.merge(&arena, source, settings).unwrap();
        compact(&arena, target).to_owned()
    };
    let arrays = |arrays| MergeSettings { arrays, ..MergeSettings::default() };
    let concat = MergeSettings::default();
    let nulls = MergeSettings { nulls_replace: true, ..concat };
    let case = MergeSettings { names_ignore_case: true, ..concat };
    let cases = [
        (
            "{a:1,b:{c:2},d:[1]}",
            "{b:{e:3},d:[2],f:4,a:5}",
            concat,
            r#"{"a":5,"b":{"c":2,"e":3},"d":[1,2],"f":4}"#,
        ),
        ("{a:1,b:{c:2}}", "{a:null,b:null}", concat, r#"{"a":1,"b":{"c":2}}"#),
        ("{a:1,b:{c:2}}", "{a:null,b:null}", nulls, r#"{"a":null,"b":null}"#),
        ("{a:{b:1}}", "{a:[1]}", concat, r#"{"a":[1]}"#),
        ("{Ab:1}", "{aB:2}", case, r#"{"Ab":2}"#),
        ("[1,{a:1}]", "[1,{a:1},2,2]", arrays(MergeArrays::Union), r#"[1,{"a":1},2]"#),
        (
            "[{a:1,b:[2.0]}]",
            "[{b:[2.0000000000000001],a:1},{a:2}]",
            arrays(MergeArrays::Union),
            r#"[{"a":1,"b":[2.0]},{"a":2}]"#,
        ),
        ("[1,2]", "[3]", arrays(MergeArrays::Replace), "[3]"),
        ("[1,{a:1},3]", "[null,{b:2},4,5]", arrays(MergeArrays::Merge), r#"[1,{"a":1,"b":2},4,5]"#),
        ("{a:1}", "[1]", concat, r#"{"a":1}"#),
        ("new A(1)", "new B(2)", concat, "new B(1,2)"),
    ];
    for (target, source, settings, expected) in cases {
        assert_eq!(merged(target, source, settings), expected, "{target} {source}");
    }
    // A tree can be merged with a part of itself.
    let arena = &Arena::new(BYTES);
    let tree = parse(arena, "{a:{a:{b:1}},c:[1]}");
    tree.merge(arena, tree.get("a").unwrap(), concat).unwrap();
    tree.merge(arena, tree, concat).unwrap();
    assert_eq!(compact(arena, tree), r#"{"a":{"a":{"b":1},"b":1},"c":[1,1]}"#);
}

#[test]
fn equality() {
    let cases = [
        ("{a:1,b:[2]}", "{b:[2],a:1}", true),
        ("{a:1}", "{a:1,b:2}", false),
        ("[1,2]", "[2,1]", false),
        ("1", "1.0", false),
        ("1.0", "1.0000000000000002", true),
        ("1.0", "1.1", false),
        ("NaN", "NaN", true),
        ("99999999999999999999", "99999999999999999999", true),
        ("99999999999999999999", "99999999999999999998", false),
        ("null", "undefined", false),
        ("'a'", "'A'", false),
        ("'2012-03-21T05:40:00Z'", "'2012-03-21T05:40:00'", true),
        ("new A(1)", "new A(1)", true),
        ("new A(1)", "new B(1)", false),
    ];
    for (left, right, expected) in cases {
        let arena = &Arena::new(BYTES);
        let (left, right) = (parse(arena, left), parse(arena, right));
        assert_eq!(left.deep_equals(right), expected, "{left:?} {right:?}");
        assert!(!expected || left.fingerprint() == right.fingerprint());
        assert!(left.deep_equals(left.deep_clone(arena).unwrap()));
    }
}

#[test]
fn depth_costs_no_stack() {
    let arena = &Arena::new(1 << 28);
    let deep = || {
        let mut token = Token::array(arena).unwrap();
        for _ in 0..200_000 {
            let around = Token::object(arena).unwrap();
            around.add_property(arena, "a", Some(token)).unwrap();
            token = around;
        }
        token
    };
    let (left, right) = (deep(), deep());
    assert!(left.deep_equals(right) && left.fingerprint() == right.fingerprint());
    left.merge(arena, right, MergeSettings::default()).unwrap();
    let copy = left.deep_clone(arena).unwrap();
    let inner = copy.descendants().last().unwrap();
    assert_eq!((inner.root(), inner.path().len()), (copy, 399_999));
    assert_eq!(write(arena, copy, Layout::Compact).unwrap().len(), 200_000 * 6 + 2);
}

/// Every child knows its place, and every name its property.
fn check(root: Token<'_>) {
    for token in root.descendants_and_self() {
        let mut previous = None;
        for (at, child) in token.children().enumerate() {
            assert_eq!(
                (child.parent(), child.previous(), token.child(at)),
                (Some(token), previous, Some(child))
            );
            assert_eq!(token.index_of(child), Some(at));
            if token.class() == "JObject" {
                assert_eq!(token.find_property(child.name().unwrap()), Some(child));
            }
            previous = Some(child);
        }
        assert_eq!(previous, token.last().unwrap_or(None));
        assert_eq!(previous.and_then(Token::next), None);
        assert_eq!(token.children().count(), token.len());
    }
}

proptest! {
    #[test]
    fn links_agree_after_any_changes(
        steps in prop::collection::vec((0..12_u8, 0..8_usize, 0..8_usize, 0..12_usize), 1..60),
        bytes in prop_oneof![Just(BYTES), 4_000..40_000_usize],
    ) {
        const NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        let arena = Arena::new(bytes);
        let arena = &arena;
        let mut tokens = Vec::new();
        for text in ["{}", "[]", "1", "{a:[1,{b:2}],c:null}", "[[],[3]]", "'x'", "{a:{b:{c:1}}}", "[1,2,3]"] {
            tokens.extend(crate::json::read::parse_token(arena, text, Default::default()));
        }
        for (what, left, right, at) in steps {
            let (Some(left), Some(right)) = (tokens.get(left).copied(), tokens.get(right).copied()) else { continue };
            let name = NAMES[at];
            let outcome = match what {
                0 => left.add(arena, Some(right)),
                1 => left.set_item(arena, Key::Name(name), Some(right)),
                2 => left.set_child(arena, at, Some(right)),
                3 => left.remove(),
                4 => left.replace(arena, Some(right)),
                5 => left.add_after_self(arena, &[Some(right), None]),
                6 => left.remove_property(Some(name)).map(|_| ()),
                7 => left.merge(arena, right, MergeSettings { arrays: MergeArrays::Merge, ..Default::default() }),
                8 => left.insert(arena, at, Some(right)),
                9 => left.add_property(arena, name, Some(right)),
                10 => left.remove_all(),
                _ => {
                    let found = left.descendants().nth(at).unwrap_or(right);
                    if let Some(place) = tokens.iter().position(|token| *token == left) {
                        tokens[place] = found;
                    }
                    Ok(())
                }
            };
            prop_assert!(!matches!(outcome, Err(Failure::Visits(_))));
            prop_assert!(outcome != Err(Failure::Memory(OutOfMemory)) || bytes < BYTES);
            tokens.iter().for_each(|token| check(token.root()));
        }
    }
}
