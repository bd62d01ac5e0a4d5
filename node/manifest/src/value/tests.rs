//! Promises of the positioned reader.

use super::*;
use proptest::prelude::*;

fn accepted(text: &str) -> Node {
    read("t.yaml", text).unwrap_or_else(|findings| panic!("{text:?}: {findings:#?}"))
}

fn findings(file: &str, text: &str) -> Vec<String> {
    let findings = read(file, text).expect_err("a finding");
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn every_node_knows_its_place() {
    let tree = accepted("paths:\n  /ä:\n    - get: {x: 1}\n");
    let list = tree.get("paths").and_then(|paths| paths.get("/ä")).expect("a list");
    let item = &list.as_sequence().expect("a list")[0];
    assert_eq!((item.line, item.column), (3, 7));
    let number = item.get("get").and_then(|get| get.get("x")).expect("a number");
    assert_eq!((number.line, number.column), (3, 16));
    let json = read("t.json", "{\"ä\": [1,\n\t\"b\"]}").expect("JSON");
    let items = json.get("ä").and_then(Node::as_sequence).expect("a list");
    assert_eq!((items[0].line, items[0].column), (1, 8));
    assert_eq!((items[1].line, items[1].column), (2, 2));
}

#[test]
fn scalars_follow_the_core_schema_of_yaml_1_2() {
    let number = |text: &str| Value::Number(text.into());
    let string = |text: &str| Value::String(text.into());
    for (text, expected) in [
        ("no", string("no")),
        ("on", string("on")),
        ("Yes", string("Yes")),
        ("true", Value::Bool(true, "true")),
        ("FALSE", Value::Bool(false, "FALSE")),
        ("tRUE", string("tRUE")),
        ("~", Value::Null),
        ("Null", Value::Null),
        ("12", number("12")),
        ("0123", number("0123")),
        ("0x1F", number("0x1F")),
        ("0o17", number("0o17")),
        ("-1.5e3", number("-1.5e3")),
        (".5", number(".5")),
        ("5.", number("5.")),
        ("-.inf", number("-.inf")),
        (".", string(".")),
        ("1.2.3", string("1.2.3")),
        ("1e", string("1e")),
        ("12:30", string("12:30")),
        ("2024-01-01", string("2024-01-01")),
        ("'5'", string("5")),
        ("!!str 5", string("5")),
        ("! 5", string("5")),
    ] {
        assert_eq!(accepted(&format!("a: {text}")).get("a").expect("a").value, expected, "{text}");
    }
}

#[test]
fn whole_numbers_are_read_in_every_spelling() {
    for (text, expected) in [
        ("12", Some(12)),
        ("+5", Some(5)),
        ("0x1F", Some(31)),
        ("0o17", Some(15)),
        ("5.0", Some(5)),
        ("1e3", Some(1_000)),
        ("5.5", None),
        (".inf", None),
    ] {
        assert_eq!(accepted(text).as_integer(), expected, "{text}");
    }
    assert_eq!(
        accepted("[18446744073709551615, .nan, 1.5]").to_json().to_string(),
        "[18446744073709551615,\".nan\",1.5]"
    );
}

#[test]
fn keys_are_texts_however_they_are_spelled() {
    let tree = accepted("200: ok\n'404': no\ntrue: x\n? default\n: d\n");
    let keys: Vec<&str> =
        tree.as_mapping().expect("a mapping").iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["200", "404", "true", "default"]);
    assert_eq!(findings("t.yaml", "[1, 2]: x"), ["t.yaml:1:1: a key must be a text, not a list or mapping"]);
}

#[test]
fn all_duplicate_keys_are_told_with_their_places() {
    assert_eq!(
        findings("t.yaml", "a: 1\nb: {c: 1, c: 2}\na: 2\nd:\n- e: 1\n  e: 2\n"),
        [
            "t.yaml:2:11 b.c: `c` is given twice; the first one is in line 2",
            "t.yaml:6:3 d[0].e: `e` is given twice; the first one is in line 5",
            "t.yaml:3:1 a: `a` is given twice; the first one is in line 1",
        ]
    );
    assert_eq!(
        findings("t.json", "{\"a\": 1,\n\"a\": 2}"),
        ["t.json:2:1 a: `a` is given twice; the first one is in line 1"]
    );
}

#[test]
fn json_is_read_as_json() {
    let tree = read("t.json", r#"{"a": "\ud83d\ude00\/\u0041\n", "b": [1.5e3, true, null], "c": {}}"#)
        .expect("JSON");
    assert_eq!(tree.get("a").and_then(Node::as_str), Some("😀/A\n"));
    assert_eq!(tree.to_json().to_string(), r#"{"a":"😀/A\n","b":[1500,true,null],"c":{}}"#);
    let long = format!("{{\"{}\":\t1}}", "k".repeat(5_000));
    assert!(read("t.yaml", &long).is_ok(), "JSON in a YAML file too");
    assert!(read("t.yaml", "{a: 1, b: [c,]}").is_ok(), "flow style in a YAML file");
    for (text, expected) in [
        ("{\"a\": 1,}", "t.json:1:9: no valid JSON: expected a key in double quotes, found '}'"),
        ("[1 2]", "t.json:1:4: no valid JSON: expected `,` or `]`, found '2'"),
        ("{\"a\" 1}", "t.json:1:6: no valid JSON: expected `:` behind the key, found '1'"),
        ("{\"a\":", "t.json:1:6 a: no valid JSON: expected a value, the file ends"),
        ("[01]", "t.json:1:3 [0]: a number cannot begin with 0"),
        ("[1.]", "t.json:1:4 [0]: no valid JSON: expected a digit, found ']'"),
        ("[\"\\ud83d\"]", "t.json:1:9 [0]: half a surrogate pair stands alone"),
        (
            "[\"\\x\"]",
            "t.json:1:4 [0]: no valid JSON: expected an escape: one of `\"\\/bfnrtu` behind `\\`, found 'x'",
        ),
        ("[] []", "t.json:1:4: no valid JSON: expected the end of the file, found '['"),
    ] {
        assert_eq!(findings("t.json", text), [expected], "{text}");
    }
}

#[test]
fn broken_yaml_is_told_with_its_place() {
    let findings = read("t.yaml", "a:\n\tb: 2\n").expect_err("a tab");
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].line, 2);
    assert!(findings[0].hint.contains("tab"), "{findings:?}");
    assert!(read("t.yaml", "a: [1, 2\nb: 3").is_err());
    assert!(read("t.yaml", "a: *nowhere").is_err());
    assert_eq!(self::findings("t.yaml", "a: !Ref x\n"), ["t.yaml:1:9 a: the tag `!Ref` has no meaning here"]);
}

#[test]
fn documents_before_a_broken_one_are_kept() {
    let (documents, findings) = read_all("t.yaml", "a: 1\n---\nb: [\n---\n");
    assert_eq!(documents.len(), 1);
    assert_eq!(findings.len(), 1);
    assert!(read("t.yaml", "a: 1\n---\nb: 2\n").is_err(), "one document was asked for");
    assert!(accepted("").is_null());
    assert!(accepted("\u{feff}a: 1").get("a").is_some());
}

#[test]
fn aliases_are_expanded() {
    let tree = accepted("a: &x {b: [1]}\nc: *x\n&k key: 1\nd: *k\n");
    assert_eq!(tree.to_json().to_string(), r#"{"a":{"b":[1]},"c":{"b":[1]},"d":"key","key":1}"#);
    let (_, findings) = read_all("t.yaml", "a: &x [*x]");
    assert_eq!(findings.len(), 1, "an alias within its own anchor");
}

#[test]
fn alias_bombs_are_refused_before_they_cost_memory() {
    let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for level in 1..20 {
        let before = format!("*a{}", level - 1);
        let items = vec![before; 10].join(",");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    assert!(findings("t.yaml", &text)[0].contains("repeat too much"));
    let wide = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), vec!["*a"; 100].join(","));
    assert!(findings("t.yaml", &wide)[0].contains("repeat too much"));
}

#[test]
fn depth_is_bounded_at_the_bound_and_one_past_it() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let block =
        |depth: usize| (0..depth).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>();
    for file in ["t.json", "t.yaml"] {
        assert!(read(file, &nested(DEPTH_MAX)).is_ok());
        assert!(findings(file, &nested(DEPTH_MAX + 1))[0].contains("64 levels"));
    }
    accepted(&block(DEPTH_MAX));
    assert!(findings("t.yaml", &block(DEPTH_MAX + 1))[0].contains("64 levels"));
    let aliased = |depth: usize| format!("a: &a {}\nb: [*a]\n", nested(depth));
    accepted(&aliased(DEPTH_MAX - 2));
    assert!(findings("t.yaml", &aliased(DEPTH_MAX - 1))[0].contains("64 levels"));
}

#[test]
fn nodes_and_bytes_are_bounded_at_the_bound_and_one_past_it() {
    let list = |items: usize| format!("[{}]", vec!["1"; items].join(","));
    assert!(read("t.json", &list(NODES_MAX - 1)).is_ok());
    assert!(findings("t.json", &list(NODES_MAX))[0].contains("1000000 values"));
    let text = |bytes: usize| format!("[\"{}\"]", "x".repeat(bytes - 4));
    assert!(read("t.json", &text(BYTES_MAX)).is_ok());
    assert_eq!(
        findings("t.json", &text(BYTES_MAX + 1)),
        ["t.json: the file has 16777217 bytes; at most 16777216 are read"]
    );
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC*|[\\[\\]{}:,&*a!|>'\"\\\\ \n\t#?%-]{0,200}") {
        let _ = read_all("t.yaml", &text);
        let _ = read_all("t.json", &text);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = read_all("t.yaml", &text);
        let _ = read_all("t.json", &format!("[{text}"));
    }

    #[test]
    fn what_serde_json_reads_is_read(text in "[\\[\\]{}:,\"\\\\0-9eE.+\\-truefalsn \n]{0,40}") {
        let text = format!("[{text}]");
        if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
            prop_assert!(super::json::read("t.json", &text).0.is_some());
        }
    }
}
