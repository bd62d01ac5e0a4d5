//! LINQ to XML in expressions: the tree, its kinds of nodes, and queries. The results are .NET's.

use super::table;

#[test]
fn nodes_are_found_and_told_apart() {
    table(&[
        (r#"@(XElement.Parse("<a><b>1</b><b>2</b></a>").Elements("b").Count())"#, "Int32 2"),
        (
            r#"@(XDocument.Parse("<?xml version='1.0' encoding='utf-8'?><a/>").Declaration)"#,
            r#"XDeclaration <?xml version="1.0" encoding="utf-8"?>"#,
        ),
        (r#"@(XDocument.Parse("<?xml version='1.0' encoding='utf-8'?><a/>"))"#, "XDocument <a />"),
        (r#"@(XDocument.Parse("<a/>").Declaration)"#, "null"),
        (r#"@(XDocument.Parse("<!DOCTYPE a><a/>").DocumentType.Name)"#, "String a"),
        (
            r#"@(XDocument.Parse("<!DOCTYPE a SYSTEM 's' [<!ELEMENT a ANY>]><a/>"))"#,
            "XDocument <!DOCTYPE a SYSTEM \"s\"[<!ELEMENT a ANY>]>\n<a />",
        ),
        (r#"@(XDocument.Parse(""))"#, "throw System.Xml.XmlException: Root element is missing."),
        (
            r#"@(XDocument.Parse("<a>"))"#,
            "throw System.Xml.XmlException: Data at the root level is invalid. Line 1, position 1.",
        ),
        (
            r#"@(XDocument.Parse("<a></b>"))"#,
            "throw System.Xml.XmlException: The 'a' start tag on line 1 position 2 does not match the end tag of 'b'. Line 1, position 6.",
        ),
        (
            "@(XDocument.Parse((string)null))",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: s",
        ),
        (r#"@(XElement.Parse("<a b='1' c='2'/>").LastAttribute.Parent.Name)"#, "XName a"),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b><c/></b><c/></a>").Descendants().Select(x => x.Name.LocalName)))"#,
            "String b,c,c",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b><c/></b><c/></a>").Descendants("c").Select(x => x.Parent.Name.LocalName)))"#,
            "String b,a",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b><c/></b><c/></a>").DescendantsAndSelf().Select(x => x.Name.ToString())))"#,
            "String a,b,c,c",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b><c/></b><c/></a>").Descendants("c").First().Ancestors().Select(x => x.Name)))"#,
            "String b,a",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b><c/></b><c/></a>").Descendants("c").First().AncestorsAndSelf("b").Select(x => x.Name)))"#,
            "String b",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b/>t<c/><!--k--></a>").Nodes().Select(x => x.NodeType)))"#,
            "String Element,Text,Element,Comment",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b/>t<c/><!--k--></a>").Element("b").NodesAfterSelf().Select(x => x.NodeType)))"#,
            "String Text,Element,Comment",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b/>t<c/><!--k--></a>").Element("c").ElementsBeforeSelf().Select(x => x.Name)))"#,
            "String b",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b/>t<c/><d/></a>").Element("b").ElementsAfterSelf("d").Select(x => x.Name)))"#,
            "String d",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b><c/></b><b><c/><d/></b></a>").Elements("b").Elements().Select(x => x.Name)))"#,
            "String c,c,d",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b><c/></b><b><c/><d/></b></a>").Elements("b").Elements("c").Ancestors().Select(x => x.Name)))"#,
            "String b,a,b,a",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b i='1'/><b i='2'/></a>").Elements().Attributes("i").Select(x => (int)x).OrderByDescending(x => x)))"#,
            "String 2,1",
        ),
        (
            r#"@(string.Join(",", XElement.Parse("<a><b i='1'/><b i='2'/></a>").Elements().Reverse().InDocumentOrder().Select(x => (string)x.Attribute("i"))))"#,
            "String 1,2",
        ),
        (r#"@(XElement.Parse("<a><b/></a>").Descendants(null).Count())"#, "Int32 0"),
        (
            "@(((IEnumerable<XElement>)null).Elements())",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: source",
        ),
        (r#"@(XElement.Parse("<a><b/></a>").FirstNode)"#, "XElement <b />"),
        (r#"@(XElement.Parse("<a>x<b/></a>").FirstNode)"#, "XText x"),
        (r#"@(XElement.Parse("<a>x<b/></a>").FirstNode.NextNode)"#, "XElement <b />"),
        (r#"@(XElement.Parse("<a>x<b/></a>").FirstNode.PreviousNode)"#, "null"),
        (r#"@(XElement.Parse("<a>x<b/></a>").LastNode.Parent.HasElements)"#, "Boolean True"),
        (r#"@(XElement.Parse("<a/>").Parent)"#, "null"),
        (r#"@(XElement.Parse("<a/>").Document)"#, "null"),
        (r#"@(XDocument.Parse("<a/>").Root.Document != null)"#, "Boolean True"),
        (r#"@(XDocument.Parse("<a/>").Root.Parent)"#, "null"),
        (r#"@(XDocument.Parse("<a><b/></a>").Descendants("b").Single().Document.Root.Name)"#, "XName a"),
        (
            r#"@(XNode.DeepEquals(XElement.Parse("<a b='1'><c/></a>"), XElement.Parse("<a b='1'> <c/></a>")))"#,
            "Boolean True",
        ),
        (
            r#"@(XNode.DeepEquals(XElement.Parse("<a b='1'/>"), XElement.Parse("<a b='2'/>")))"#,
            "Boolean False",
        ),
        ("@(XNode.DeepEquals(null, null))", "Boolean True"),
        (
            r#"@(new XNodeEqualityComparer().Equals(XElement.Parse("<a/>"), XElement.Parse("<a/>")))"#,
            "Boolean True",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/><c/></a>"); return XNode.CompareDocumentOrder(x.Element("c"), x.Element("b")); }"#,
            "Int32 1",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/><c/></a>"); return x.Element("c").IsAfter(x.Element("b")); }"#,
            "Boolean True",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/><c/></a>"); return x.IsBefore(x.Element("b")); }"#,
            "Boolean True",
        ),
        (
            r#"@(XElement.Parse("<a/>").IsBefore(XElement.Parse("<b/>")))"#,
            "throw System.InvalidOperationException: A common ancestor is missing.",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/></a>"); return x.Element("b") == x.Elements().First(); }"#,
            "Boolean True",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/></a>"); return x.Element("b").Equals(x.FirstNode); }"#,
            "Boolean True",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/></a>"); return object.ReferenceEquals(x.Element("b"), x.FirstNode); }"#,
            "Boolean True",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/></a>"); return x.Element("b") == new XElement("b"); }"#,
            "Boolean False",
        ),
        (r#"@{ var x = XElement.Parse("<a>t</a>"); return x.FirstNode is XText; }"#, "Boolean True"),
        (
            r#"@{ var x = XElement.Parse("<a>t</a>"); var t = x.FirstNode as XText; t.Value = "u"; return x; }"#,
            "XElement <a>u</a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a>t</a>"); return (XElement)x.FirstNode; }"#,
            "throw System.InvalidCastException: Unable to cast object of type 'System.Xml.Linq.XText' to type 'System.Xml.Linq.XElement'.",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><![CDATA[<x>]]></a>"); return ((XText)x.FirstNode).Value + x; }"#,
            "String <x><a><![CDATA[<x>]]></a>",
        ),
        (
            r#"@{ var s = ""; foreach (var e in XElement.Parse("<a><b>1</b><c>2</c></a>").Elements()) { s += e.Name.LocalName + "=" + e.Value + ";"; } return s; }"#,
            "String b=1;c=2;",
        ),
        (
            r#"@{ var s = ""; foreach (XElement e in XElement.Parse("<a><b>1</b>t</a>").Nodes()) { s += e.Name; } return s; }"#,
            "throw System.InvalidCastException: Unable to cast object of type 'System.Xml.Linq.XText' to type 'System.Xml.Linq.XElement'.",
        ),
        (r#"@(XElement.Parse("<a><b>1</b><b>3</b></a>").Elements("b").Sum(x => (int)x))"#, "Int32 4"),
        (
            r#"@(XElement.Parse("<a><b>1</b><b>3</b></a>").Elements("b").ToDictionary(x => x.Value, x => x.Name.LocalName).Count)"#,
            "Int32 2",
        ),
        (
            r#"@(XElement.Parse("<a><b>1</b><b>3</b></a>").Elements("b").Where(x => x.Value == "3").FirstOrDefault())"#,
            "XElement <b>3</b>",
        ),
        (
            r#"@(XElement.Parse("<a><b>1</b><b>3</b></a>").Elements("q").FirstOrDefault()?.Value ?? "none")"#,
            "String none",
        ),
        (
            r#"@(XElement.Parse("<a><b>1</b><b>3</b></a>").Elements("q").First())"#,
            "throw System.InvalidOperationException: Sequence contains no elements",
        ),
        (r#"@(new XDocument(XDocument.Parse("<a/>")))"#, "XDocument <a />"),
        (
            r#"@(XElement.Parse("<a b='1'/>").Attribute("b").NodeType == XmlNodeType.Attribute)"#,
            "Boolean True",
        ),
        (
            r#"@{ object o = XElement.Parse("<a/>"); return o is XContainer && o is XNode && o is XObject && !(o is XDocument); }"#,
            "Boolean True",
        ),
        (r#"@{ XNode n = XDocument.Parse("<a>5</a>"); return ((XDocument)n).Root.Value; }"#, "String 5"),
        (r#"@(XElement.Parse("<a><b>1</b></a>").Elements().ToList()[0].Value)"#, "String 1"),
        (
            r#"@(XElement.Parse("<a><b>1</b></a>").Elements().Any(x => x.Name == "b" && (int)x > 0))"#,
            "Boolean True",
        ),
        ("@(XElement.EmptySequence.Count())", "Int32 0"),
        (
            r#"@{ var b = new XElement("b"); var x = new XElement("a", b); var y = new XElement("c", b); return b.Parent.Name + "," + (y.FirstNode == b); }"#,
            "String a,False",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b><c>1</c></b></a>"); x.Descendants().Where(e => e.Name == "c").ToList().ForEach(e => e.Value = "2"); return x; }"#,
            "XElement <a>\n  <b>\n    <c>2</c>\n  </b>\n</a>",
        ),
        (
            r#"@{ var d = XDocument.Parse("<?xml version='1.0' standalone='yes'?><!--c--><a/>"); return d.Declaration.Version + d.Declaration.Encoding + d.Declaration.Standalone + d.FirstNode; }"#,
            "String 1.0yes<!--c-->",
        ),
        (
            r#"@{ var d = XDocument.Parse("<a><b/></a>"); d.Root.Remove(); return d.Root == null; }"#,
            "Boolean True",
        ),
        (
            r#"@{ var d = XDocument.Parse("<a><b/></a>"); return d.Element("a") == d.Root && d.Elements().Count() == 1; }"#,
            "Boolean True",
        ),
        (
            r#"@{ var d = XDocument.Parse("<a><b/></a>"); return d.Descendants("b").First().Ancestors().Count(); }"#,
            "Int32 1",
        ),
        (r#"@(XElement.Parse("<a><b>1</b></a>").Elements().Select(x => (int?)x).First())"#, "Int32 1"),
        (r#"@(XElement.Parse("<a><b>1</b></a>").Elements().Max(x => (decimal)x))"#, "Decimal 1"),
        (
            r#"@(XElement.Parse("<a><i k='x'>1</i><i k='y'>2</i><i k='x'>3</i></a>").Elements("i").GroupBy(x => (string)x.Attribute("k")).Select(g => g.Key + g.Sum(x => (int)x)).Aggregate((p, q) => p + ";" + q))"#,
            "String x4;y2",
        ),
        (
            r#"@(XElement.Parse("<a><i k='2'/><i k='1'/></a>").Elements().OrderBy(x => (int)x.Attribute("k")).First())"#,
            r#"XElement <i k="1" />"#,
        ),
        (r#"@{ XElement x = XElement.Parse("<a/>"); return x == null || x != null; }"#, "Boolean True"),
        (
            r#"@{ IEnumerable<XNode> n = XElement.Parse("<a><b/></a>").Elements(); return n.First(); }"#,
            "XElement <b />",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/></a>"); var h = new HashSet<XNode>(x.Nodes()); return h.Contains(x.FirstNode); }"#,
            "Boolean True",
        ),
    ]);
}

#[test]
fn the_tree_is_changed_in_place() {
    table(&[
        (
            r#"@{ var x = new XElement("a"); x.SetValue(new XElement("b")); return x; }"#,
            "throw System.ArgumentException: An XObject cannot be used as a value.",
        ),
        (r#"@{ var x = new XElement("a", "old"); x.SetValue(12.5); return x; }"#, "XElement <a>12.5</a>"),
        (
            r#"@{ var x = new XElement("a", "old"); x.SetValue(null); return x; }"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: value",
        ),
        (
            r#"@{ var x = new XElement("a", "old"); x.Value = null; return x; }"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: value",
        ),
        (
            r#"@{ var x = new XElement("a", new XElement("b")); x.Value = "<new>"; return x; }"#,
            "XElement <a>&lt;new&gt;</a>",
        ),
        (
            r#"@{ var x = new XElement("a"); x.SetAttributeValue("b", 1); x.SetAttributeValue("c", "2"); x.SetAttributeValue("b", null); return x; }"#,
            r#"XElement <a c="2" />"#,
        ),
        (
            r#"@{ var x = new XElement("a"); x.SetAttributeValue("b", 1); x.SetAttributeValue("b", false); return x; }"#,
            r#"XElement <a b="false" />"#,
        ),
        (
            r#"@{ var x = new XElement("a"); x.SetElementValue("b", 1); x.SetElementValue("b", 2); x.SetElementValue("c", "q"); x.SetElementValue("c", null); return x; }"#,
            "XElement <a>\n  <b>2</b>\n</a>",
        ),
        (
            r#"@{ var x = new XElement("a"); x.Add("t", "u", new XElement("b"), "v"); return x.Nodes().Count(); }"#,
            "Int32 3",
        ),
        (
            r#"@{ var x = new XElement("a", new XElement("b")); x.AddFirst("t", new XElement("c")); return x; }"#,
            "XElement <a>t<c /><b /></a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/><c/></a>"); x.Element("b").AddAfterSelf(new XElement("d"), "t"); x.Element("b").AddBeforeSelf(new XComment("k")); return x; }"#,
            "XElement <a>\n  <!--k-->\n  <b />\n  <d />t<c /></a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/><c/></a>"); x.Element("b").ReplaceWith(new XElement("d", 1)); return x; }"#,
            "XElement <a>\n  <d>1</d>\n  <c />\n</a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/><c/></a>"); x.Element("b").Remove(); return x; }"#,
            "XElement <a>\n  <c />\n</a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/><c/></a>"); x.Remove(); return x; }"#,
            "throw System.InvalidOperationException: The parent is missing.",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/><c/><b/></a>"); x.Elements("b").Remove(); return x; }"#,
            "XElement <a>\n  <c />\n</a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a p='1' q='2'><b r='3'/></a>"); x.DescendantsAndSelf().Attributes().Remove(); return x; }"#,
            "XElement <a>\n  <b />\n</a>",
        ),
        (r#"@{ var x = XElement.Parse("<a p='1'><b/></a>"); x.RemoveAll(); return x; }"#, "XElement <a />"),
        (
            r#"@{ var x = XElement.Parse("<a p='1'><b/></a>"); x.RemoveNodes(); return x; }"#,
            r#"XElement <a p="1" />"#,
        ),
        (
            r#"@{ var x = XElement.Parse("<a p='1'><b/></a>"); x.RemoveAttributes(); return x; }"#,
            "XElement <a>\n  <b />\n</a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a p='1'><b/></a>"); x.ReplaceAll(new XAttribute("z", 1), "t"); return x; }"#,
            r#"XElement <a z="1">t</a>"#,
        ),
        (
            r#"@{ var x = XElement.Parse("<a p='1'><b/></a>"); x.ReplaceNodes("t", 1); return x; }"#,
            r#"XElement <a p="1">t1</a>"#,
        ),
        (
            r#"@{ var x = XElement.Parse("<a p='1'><b/></a>"); x.ReplaceAttributes(new XAttribute("z", 1)); return x; }"#,
            "XElement <a z=\"1\">\n  <b />\n</a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/></a>"); x.Add(x.Element("b")); return x; }"#,
            "XElement <a>\n  <b />\n  <b />\n</a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/></a>"); x.Add(x); return x; }"#,
            "XElement <a>\n  <b />\n  <a>\n    <b />\n  </a>\n</a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/></a>"); var q = x.Elements("b"); x.Add(new XElement("b")); return q.Count(); }"#,
            "Int32 2",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/></a>"); x.Add(new XDocument()); return x; }"#,
            "throw System.ArgumentException: A node of type Document cannot be added to content.",
        ),
        (
            r#"@{ var d = new XDocument(new XElement("a")); d.Add(new XElement("b")); return d; }"#,
            "throw System.InvalidOperationException: This operation would create an incorrectly structured document.",
        ),
        (
            r#"@{ var d = new XDocument(new XElement("a")); d.Add("text"); return d; }"#,
            "throw System.ArgumentException: Non-whitespace characters cannot be added to content.",
        ),
        (
            r#"@{ var d = new XDocument(); d.Add(new XComment("c"), new XElement("r"), new XProcessingInstruction("p", "d")); return d; }"#,
            "XDocument <!--c-->\n<r />\n<?p d?>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a>x<b/>y</a>"); x.Element("b").Remove(); return x.Nodes().Count() + x.Value; }"#,
            "String 2xy",
        ),
        (
            r#"@{ var x = XElement.Parse("<a>x<b/>y</a>"); x.Element("b").ReplaceWith("q"); return x.Nodes().Count() + x.Value; }"#,
            "String 2xqy",
        ),
        (
            r#"@{ var x = XElement.Parse("<a>x<b/>y</a>"); x.Element("b").ReplaceWith(null); return x; }"#,
            "XElement <a>xy</a>",
        ),
        (
            r#"@{ var x = XElement.Parse("<a>x<b/>y</a>"); x.Element("b").ReplaceWith(new XAttribute("k", 1)); return x; }"#,
            "throw System.ArgumentException: An attribute cannot be added to content.",
        ),
        (
            r#"@{ var x = XElement.Parse("<a b='1'/>"); x.Attribute("b").Remove(); x.Add(new XAttribute("c", "d")); return x; }"#,
            r#"XElement <a c="d" />"#,
        ),
        (
            r#"@{ var x = new XAttribute("b", 1); x.Remove(); return x; }"#,
            "throw System.InvalidOperationException: The parent is missing.",
        ),
        (
            r#"@{ var x = XElement.Parse("<a b='1'/>"); x.Attribute("b").Value = "2"; x.Attribute("b").SetValue(3.5); return x; }"#,
            r#"XElement <a b="3.5" />"#,
        ),
        (
            r#"@{ var x = XElement.Parse("<a b='1'/>"); x.Attribute("b").Value = null; return x; }"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: value",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/><c/></a>"); foreach (var e in x.Elements().ToList()) { e.Remove(); } return x; }"#,
            "XElement <a />",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/><c/></a>"); foreach (var e in x.Elements().ToArray()) { e.Add(new XAttribute("i", e.ElementsBeforeSelf().Count())); } return x; }"#,
            "XElement <a>\n  <b i=\"0\" />\n  <c i=\"1\" />\n</a>",
        ),
        (
            r#"@{ var d = XDocument.Parse("<a><b/></a>"); d.Root.ReplaceWith(new XElement("z")); return d; }"#,
            "XDocument <z />",
        ),
        (
            r#"@{ var t = new XDocumentType("a", null, null, null); t.Name = "b"; t.SystemId = "s"; return t; }"#,
            r#"XDocumentType <!DOCTYPE b SYSTEM "s">"#,
        ),
        (
            r#"@{ var l = new List<XElement>(); l.Add(new XElement("a")); l.AddRange(XElement.Parse("<a><b/></a>").Elements()); return l.Count + string.Concat(l); }"#,
            "String 2<a /><b />",
        ),
        (
            r#"@{ XContainer c = XDocument.Parse("<a/>"); c.Add(new XComment("x")); return c.LastNode; }"#,
            "XComment <!--x-->",
        ),
    ]);
}

#[test]
fn every_kind_of_node_has_its_own_members() {
    table(&[
        (
            r#"@(new XDocument(new XDeclaration("1.0", "utf-8", "yes"), new XElement("a")).Declaration)"#,
            r#"XDeclaration <?xml version="1.0" encoding="utf-8" standalone="yes"?>"#,
        ),
        (
            r#"@(new XDocument(new XDeclaration("1.0", "utf-8", "yes"), new XElement("a")))"#,
            "XDocument <a />",
        ),
        (
            r#"@(new XDocument(new XDeclaration("1.0", "utf-8", null), new XElement("a", new XElement("b", 1))).Declaration.ToString() + new XDocument(new XElement("a")).ToString())"#,
            r#"String <?xml version="1.0" encoding="utf-8"?><a />"#,
        ),
        ("@(new XDocument().Root)", "null"),
        ("@(new XDocument().ToString())", "String "),
        (r#"@(new XText("a<b"))"#, "XText a&lt;b"),
        (r#"@(new XCData("a]]>b"))"#, "XCData <![CDATA[a]]]]><![CDATA[>b]]>"),
        (r#"@(new XComment("a--b-"))"#, "XComment <!--a- -b- -->"),
        (r#"@(new XProcessingInstruction("t", "d?>"))"#, "XProcessingInstruction <?t d? >?>"),
        (
            r#"@(new XProcessingInstruction("xml", "d"))"#,
            "throw System.ArgumentException: 'xml' is an invalid name for a processing instruction.",
        ),
        (
            r#"@(new XProcessingInstruction(null, "d"))"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: name",
        ),
        (r#"@(new XDocumentType("a", null, "s", null))"#, r#"XDocumentType <!DOCTYPE a SYSTEM "s">"#),
        (r#"@(new XDocumentType("a", "p", "s", "i").InternalSubset)"#, "String i"),
        (
            "@(new XText((string)null))",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: value",
        ),
        (r#"@(new XDeclaration("1.0", null, null))"#, r#"XDeclaration <?xml version="1.0"?>"#),
        (
            r#"@(new XElement("a", new XCData("x"), new XText("y"), new XComment("z")))"#,
            "XElement <a><![CDATA[x]]>y<!--z--></a>",
        ),
        (
            r#"@{ var d = new XDocument(); d.Declaration = new XDeclaration("1.1", "x", "y"); d.Declaration.Encoding = null; return d.Declaration; }"#,
            r#"XDeclaration <?xml version="1.1" standalone="y"?>"#,
        ),
        (
            r#"@{ var p = new XProcessingInstruction("a", "b"); p.Target = "c"; p.Data = "d"; return p; }"#,
            "XProcessingInstruction <?c d?>",
        ),
        (
            r#"@{ var p = new XProcessingInstruction("a", "b"); p.Target = "x y"; return p; }"#,
            "throw System.Xml.XmlException: The ' ' character, hexadecimal value 0x20, cannot be included in a name.",
        ),
        (
            r#"@(new XDocument("x"))"#,
            "throw System.ArgumentException: Non-whitespace characters cannot be added to content.",
        ),
        (r#"@(new XDocument(new XText(" ")))"#, "XDocument  "),
        (
            r#"@(new XDocument(new XElement("a"), new XElement("b")))"#,
            "throw System.InvalidOperationException: This operation would create an incorrectly structured document.",
        ),
        (
            r#"@(new XDocument(new XAttribute("a", 1)))"#,
            "throw System.ArgumentException: An attribute cannot be added to content.",
        ),
        (
            r#"@(new XDocument(new object[] { new XComment("c"), new XElement("a") }))"#,
            "XDocument <!--c-->\n<a />",
        ),
    ]);
}

#[test]
fn queries_are_xpath() {
    table(&[
        (r#"@(XElement.Parse("<a><b>1</b><b>2</b></a>").XPathSelectElement("b[2]"))"#, "XElement <b>2</b>"),
        (r#"@(XElement.Parse("<a><b>1</b><b>2</b></a>").XPathSelectElements("//b").Count())"#, "Int32 2"),
        (r#"@(XElement.Parse("<a><b>1</b><b>2</b></a>").XPathSelectElement("q"))"#, "null"),
        (
            r#"@(XElement.Parse("<a><b>1</b><b>2</b></a>").XPathSelectElement("b/text()"))"#,
            "throw System.InvalidOperationException: The XPath expression evaluated to unexpected type System.Xml.Linq.XText.",
        ),
        (r#"@(XElement.Parse("<a><b>1</b><b>2</b></a>").XPathEvaluate("sum(b)"))"#, "Double 3"),
        (r#"@(XElement.Parse("<a><b>1</b><b>2</b></a>").XPathEvaluate("string(b)"))"#, "String 1"),
        (r#"@(XElement.Parse("<a><b>1</b><b>2</b></a>").XPathEvaluate("b = 2"))"#, "Boolean True"),
        (
            r#"@(((IEnumerable)XElement.Parse("<a x='1' y='2'/>").XPathEvaluate("@*")).Cast<XAttribute>().Count())"#,
            "Int32 2",
        ),
        (
            r#"@(XElement.Parse("<a/>").XPathSelectElement("b["))"#,
            "throw System.Xml.XPath.XPathException: Expression must evaluate to a node-set.",
        ),
        (
            r#"@(XElement.Parse("<p:a xmlns:p='u'/>").XPathSelectElement("p:a"))"#,
            "throw System.Xml.XPath.XPathException: Namespace Manager or XsltContext needed. This query has a prefix, variable, or user-defined function.",
        ),
        (
            r#"@{ var m = new XmlNamespaceManager(new NameTable()); m.AddNamespace("q", "u"); return XDocument.Parse("<a xmlns='u'><b>5</b></a>").XPathSelectElement("/q:a/q:b", m).Value; }"#,
            "String 5",
        ),
        (
            r#"@{ var m = new XmlNamespaceManager(new NameTable()); return m.LookupNamespace("xml") + m.LookupNamespace("zz") + m.HasNamespace("xml"); }"#,
            "String http://www.w3.org/XML/1998/namespaceFalse",
        ),
        (r#"@((bool)XElement.Parse("<a><b/></a>").XPathEvaluate("boolean(b)"))"#, "Boolean True"),
        (r#"@(XElement.Parse("<a><b x='1'/></a>").XPathEvaluate("string(b/@x)") as string)"#, "String 1"),
        (r#"@(XElement.Parse("<a><b x='1'/></a>").XPathSelectElement("b[@x='1']/..").Name)"#, "XName a"),
        (r#"@(XDocument.Parse("<a><b/></a>").XPathSelectElement("/a/b").Name)"#, "XName b"),
        (
            r#"@(((XElement)null).XPathSelectElement("a"))"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: node",
        ),
        (
            r#"@(XElement.Parse("<a/>").XPathSelectElement(null))"#,
            "throw System.Xml.XPath.XPathException: '' is an invalid expression.",
        ),
    ]);
}
