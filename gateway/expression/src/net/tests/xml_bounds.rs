//! LINQ to XML in expressions: where it meets bodies, other values, Json.NET, the checker and the budgets.

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
    let variable = json!({ "variables": { "x": { "type": "XElement", "value": "<a><b>1</b></a>" } } });
    let source = "@(((XElement)context.Variables[\"x\"]).Element(\"b\").Value)";
    assert_eq!(eval_in(source, variable), "String 1");
    let broken = eval_in("@(context.Request.Body.As<XElement>())", json!({ "request": { "body": "{}" } }));
    let message = "Data at the root level is invalid. Line 1, position 1.";
    assert_eq!(broken, format!("throw System.Xml.XmlException: {message}"));
}

#[test]
fn values_and_documents_are_written_as_dotnet_does() {
    table(&[
        (
            r#"@{ var w = new StringWriter(); XDocument.Parse("<a><b/></a>").Save(w); return w.ToString(); }"#,
            "String <?xml version=\"1.0\" encoding=\"utf-16\"?>\n<a>\n  <b />\n</a>",
        ),
        (
            r#"@{ var w = new StringWriter(); XDocument.Parse("<a><b/></a>").Save(w, SaveOptions.DisableFormatting); return w.ToString(); }"#,
            r#"String <?xml version="1.0" encoding="utf-16"?><a><b /></a>"#,
        ),
        (
            r#"@{ var w = new StringWriter(); new XDocument(new XDeclaration("1.0", "utf-8", "yes"), new XElement("a", 1)).Save(w); return w.ToString(); }"#,
            "String <?xml version=\"1.0\" encoding=\"utf-16\" standalone=\"yes\"?>\n<a>1</a>",
        ),
        (
            r#"@{ var w = new StringWriter(); XDocument.Parse("<?xml version='1.0' encoding='utf-8'?><!--c--><a><b/></a>").Root.Element("b").Save(w); return w.ToString(); }"#,
            "String <?xml version=\"1.0\" encoding=\"utf-16\"?>\n<b />",
        ),
        (
            "@{ var w = new StringWriter(); new XDocument().Save(w); return w.ToString(); }",
            "throw System.InvalidOperationException: Token EndDocument in state Document would result in an invalid XML document.",
        ),
        (
            r#"@(new XElement("a", new DateTime(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc), "|", new DateTime(2020, 1, 2), "|", TimeSpan.FromHours(25.5), "|", new DateTimeOffset(2020, 1, 2, 3, 4, 5, TimeSpan.FromHours(-3)), "|", Guid.Empty))"#,
            "XElement <a>2020-01-02T03:04:05Z|2020-01-02T00:00:00|P1DT1H30M|2020-01-02T03:04:05-03:00|00000000-0000-0000-0000-000000000000</a>",
        ),
        (
            r#"@(new XElement("a", TimeSpan.MinValue, "|", TimeSpan.MaxValue, "|", TimeSpan.FromMilliseconds(1), "|", TimeSpan.FromDays(400)))"#,
            "XElement <a>-P10675199DT2H48M5.4775808S|P10675199DT2H48M5.4775807S|PT0.001S|P400D</a>",
        ),
        (
            r#"@(new XElement("a", DateTime.MinValue, "|", DateTime.MaxValue))"#,
            "XElement <a>0001-01-01T00:00:00|9999-12-31T23:59:59.9999999</a>",
        ),
        (r#"@((TimeSpan)new XElement("a", TimeSpan.MinValue))"#, "TimeSpan -10675199.02:48:05.4775808"),
        (r#"@((TimeSpan)new XElement("a", TimeSpan.FromDays(-400.5)))"#, "TimeSpan -400.12:00:00"),
        (
            r#"@{ var x = new XElement("a"); x.SetAttributeValue("d", new DateTime(2020, 1, 2, 3, 4, 5, 6, DateTimeKind.Utc)); return (DateTime)x.Attribute("d") == new DateTime(2020, 1, 2, 3, 4, 5, 6, DateTimeKind.Utc); }"#,
            "Boolean True",
        ),
        (
            r#"@((Guid)XElement.Parse("<a> 6f9619ff8b86d011b42d00c04fc964ff </a>"))"#,
            "Guid 6f9619ff-8b86-d011-b42d-00c04fc964ff",
        ),
        (
            r#"@(new XElement("a", float.MaxValue, "|", 1e-7, "|", 123456.789f, "|", long.MinValue, "|", decimal.MaxValue, "|", 1.0, "|", 0.1f + 0.2f, "|", 0.1 + 0.2))"#,
            "XElement <a>3.40282347E+38|1E-07|123456.789|-9223372036854775808|79228162514264337593543950335|1|0.3|0.30000000000000004</a>",
        ),
        (r#"@(new XElement("a", new Uri("http://h/p?q=1")))"#, "XElement <a>http://h/p?q=1</a>"),
        (r#"@(new XElement("a", new StringBuilder("x")))"#, "XElement <a>x</a>"),
    ]);
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
