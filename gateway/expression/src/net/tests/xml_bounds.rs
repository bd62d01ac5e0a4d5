//! LINQ to XML in expressions: where it meets bodies, Json.NET, the checker and the budgets.

use serde_json::json;

use super::{eval_in, eval_within, table};
use crate::run::Limits;

#[test]
fn a_body_is_read_as_the_class_that_is_asked_for() {
    let body = "\u{feff}<?xml version='1.0' encoding='utf-8'?><!--c--><a> <b>1</b></a>";
    for (source, expected) in [
        ("@(context.Request.Body.As<XElement>())", "XElement <a>\n  <b>1</b>\n</a>"),
        ("@(context.Request.Body.As<XDocument>().Declaration.Encoding)", "String utf-8"),
        ("@(context.Request.Body.As<XNode>())", "XDocument <!--c-->\n<a>\n  <b>1</b>\n</a>"),
        ("@(context.Request.Body.As<XElement>(preserveContent: true).Element(\"b\").Value)", "String 1"),
    ] {
        assert_eq!(eval_in(source, json!({ "request": { "body": body } })), expected, "{source}");
    }
    let broken = eval_in("@(context.Request.Body.As<XElement>())", json!({ "request": { "body": "{}" } }));
    let message = "Data at the root level is invalid. Line 1, position 1.";
    assert_eq!(broken, format!("throw System.Xml.XmlException: {message}"));
}

#[test]
fn what_dotnet_refuses_is_refused_before_it_runs() {
    table(&[
        (r#"@(XElement.Parse("<a/>").Element(1))"#, "CS1503 no `Element` of `XElement` takes (int)"),
        (r#"@(new[] { "a" }.Elements("b"))"#, "CS1061 `string[]` has no member `Elements`"),
        (r#"@(new XName("a"))"#, "CS0144 `XName` cannot be made with `new`"),
        (r#"@(XDocument.Load("file"))"#, "CS1061 `XDocument` has no member `Load`"),
        (
            r#"@(new XElement("a", new[] { 1 }).Attribute("x") == 1)"#,
            "CS0019 `==` cannot be applied to `XAttribute` and `int`",
        ),
    ]);
}

#[test]
fn tokens_of_json_are_sequences_without_content() {
    table(&[
        (r#"@(new XElement("a", JObject.Parse("{'b': 1}")["b"]))"#, "XElement <a />"),
        (r#"@(new XElement("a", (string)JObject.Parse("{'b': 1}")["b"]))"#, "XElement <a>1</a>"),
        (r#"@{ dynamic d = XElement.Parse("<a><b>1</b></a>"); return d.Element("b").Value; }"#, "String 1"),
    ]);
}

#[test]
fn work_on_a_tree_is_paid_for() {
    let steps = "limit the expression exceeded its budget of 500000 steps";
    for (source, expected) in [
        // A sequence that holds itself never ends.
        ("@{ var o = new object[1]; o[0] = o; return new XElement(\"a\", o); }", "limit"),
        // Nothing is found, yet each node is looked at.
        (
            "@{ var x = new XElement(\"a\"); for (var i = 0; i < 2000; i++) { x.Add(new XElement(\"b\")); } \
             var n = 0; while (true) { n += x.Descendants(\"c\").Count(); } return n; }",
            steps,
        ),
        (
            "@{ var x = new XElement(\"a\"); for (var i = 0; i < 2000; i++) { x.Add(new XElement(\"b\")); } \
             while (true) { x.XPathSelectElement(\"c\"); } return 1; }",
            steps,
        ),
        // A way up as long as the tree is deep.
        (
            "@{ var x = new XElement(\"a\"); for (var i = 0; i < 2000; i++) { var y = new XElement(\"a\"); \
             x.Add(y); x = y; } while (true) { var d = x.Document; } return 1; }",
            steps,
        ),
        // Copies are memory.
        (
            "@{ var x = new XElement(\"a\"); while (true) { x.Add(x); } return 1; }",
            "limit the expression exceeded its memory budget",
        ),
    ] {
        let got = eval_within(source, json!({}), Limits { steps: 500_000, ..Limits::default() });
        assert!(got.starts_with(expected), "{source}\n  got {got}");
    }
}
