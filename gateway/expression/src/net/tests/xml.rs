//! LINQ to XML in expressions: names, text, and what values become. The results are .NET's.

use super::table;

#[test]
fn text_is_read_and_written_as_dotnet_does() {
    table(&[
        (r#"@(XElement.Parse("<a><b>1</b><b>2</b></a>").Element("b").Value)"#, "String 1"),
        (r#"@(XElement.Parse("<a><b>1</b></a>").Element("c"))"#, "null"),
        (
            r#"@(XElement.Parse("<a><b>1</b></a>").Element("c").Value)"#,
            "throw System.NullReferenceException: Object reference not set to an instance of an object.",
        ),
        (
            r#"@(XElement.Parse("x"))"#,
            "throw System.Xml.XmlException: Data at the root level is invalid. Line 1, position 1.",
        ),
        (
            r#"@(XElement.Parse("<a/><b/>"))"#,
            "throw System.Xml.XmlException: There are multiple root elements. Line 1, position 6.",
        ),
        (
            r#"@(XElement.Parse("<a b='1' b='2'/>"))"#,
            "throw System.Xml.XmlException: 'b' is a duplicate attribute name. Line 1, position 10.",
        ),
        (
            r#"@(XElement.Parse("<p:a/>"))"#,
            "throw System.Xml.XmlException: 'p' is an undeclared prefix. Line 1, position 2.",
        ),
        (r#"@(XElement.Parse("<a> <b/> </a>"))"#, "XElement <a>\n  <b />\n</a>"),
        (r#"@(XElement.Parse("<a> <b/> </a>", LoadOptions.PreserveWhitespace))"#, "XElement <a> <b /> </a>"),
        (
            r#"@(XElement.Parse("<a><b>1</b></a>").ToString(SaveOptions.DisableFormatting))"#,
            "String <a><b>1</b></a>",
        ),
        (r#"@(XElement.Parse("<a><b>1</b></a>").ToString())"#, "String <a>\n  <b>1</b>\n</a>"),
        (
            r#"@(XElement.Parse("<a><b>1</b>t<c><d/></c></a>").ToString())"#,
            "String <a>\n  <b>1</b>t<c><d /></c></a>",
        ),
        (
            r#"@(XElement.Parse("<a x='&lt;&amp;&quot;'>&lt;&amp;&gt;\"</a>").ToString())"#,
            r#"String <a x="&lt;&amp;&quot;">&lt;&amp;&gt;"</a>"#,
        ),
        (r#"@("" + XElement.Parse("<a><b>1</b></a>").Element("b"))"#, "String <b>1</b>"),
        (r#"@($"{XElement.Parse("<a b='1'/>").Attribute("b")}")"#, r#"String b="1""#),
        (r#"@(XElement.Parse("<a b='1'/>").Attribute("b").Value)"#, "String 1"),
        (r#"@(XElement.Parse("<a b='1'/>").Attribute("b").ToString())"#, r#"String b="1""#),
        (r#"@(XElement.Parse("<a b='1'/>").Attribute("c")?.Value)"#, "null"),
        (
            r#"@(XElement.Parse("<a b='1'/>").Attribute("c").Value)"#,
            "throw System.NullReferenceException: Object reference not set to an instance of an object.",
        ),
        (
            r#"@(XElement.Parse("<a b='1' c='2'/>").Attributes().Select(x => x.Name.LocalName + x.Value).Aggregate((x, y) => x + "," + y))"#,
            "String b1,c2",
        ),
        (r#"@(XElement.Parse("<a b='1' c='2'/>").FirstAttribute.NextAttribute.Name)"#, "XName c"),
        (r#"@(XElement.Parse("<a b='1' c='2'/>").LastAttribute.PreviousAttribute)"#, r#"XAttribute b="1""#),
        (r#"@(XElement.Parse("<a/>").IsEmpty)"#, "Boolean True"),
        (r#"@(XElement.Parse("<a></a>").IsEmpty)"#, "Boolean False"),
        (r#"@(XElement.Parse("<a></a>"))"#, "XElement <a></a>"),
        (r#"@(XElement.Parse("<a b='1'/>").HasAttributes)"#, "Boolean True"),
        (
            r#"@{ var x = XElement.Parse("<a><b/><b/></a>"); return x.Nodes().Distinct().Count() + x.Nodes().Concat(x.Nodes()).Distinct().Count(); }"#,
            "Int32 4",
        ),
        (r#"@(XElement.Parse("<a><b>1</b>t</a>").Nodes().OfType<XElement>().Count())"#, "Int32 1"),
        (r#"@(XElement.Parse("<a/>").NodeType)"#, "XmlNodeType Element"),
        (r#"@(XElement.Parse("<a/>").BaseUri)"#, "String "),
        (
            "@(SaveOptions.DisableFormatting | SaveOptions.OmitDuplicateNamespaces)",
            "SaveOptions DisableFormatting, OmitDuplicateNamespaces",
        ),
        (r#"@{ object o = XElement.Parse("<a>5</a>"); return (string)(XElement)o; }"#, "String 5"),
        (
            r#"@{ object o = XElement.Parse("<a>5</a>"); return (string)o; }"#,
            "throw System.InvalidCastException: Unable to cast object of type 'System.Xml.Linq.XElement' to type 'System.String'.",
        ),
        (r#"@(string.Format("{0}", XElement.Parse("<a>1</a>")))"#, "String <a>1</a>"),
        (r#"@(XElement.Parse("<a>1</a>").Value + 1)"#, "String 11"),
        (
            r#"@{ var x = XElement.Parse("<a b='1'/>"); var y = new XElement("c", x.Attribute("b")); return x.ToString() + y; }"#,
            r#"String <a b="1" /><c b="1" />"#,
        ),
        (r#"@(XElement.Parse("<a/>").Value.Length)"#, "Int32 0"),
        (r#"@(XElement.Parse("<a>&#x41;&#10;<![CDATA[&]]></a>").Value)"#, "String A\n&"),
        (r#"@(XElement.Parse("<a>x\r\ny</a>").Value)"#, "String x\ny"),
        (r#"@(XElement.Parse("<a b=' x&#10;y\n'/>").Attribute("b").Value)"#, "String  x\ny "),
        (
            r#"@(XElement.Parse("<a xml:space='preserve'> <b/> </a>"))"#,
            r#"XElement <a xml:space="preserve"> <b /> </a>"#,
        ),
        (
            r#"@(XElement.Parse("<a>&nope;</a>"))"#,
            "throw System.Xml.XmlException: Reference to undeclared entity 'nope'. Line 1, position 5.",
        ),
        (
            r#"@(XElement.Parse("<!DOCTYPE a [<!ENTITY e 'x'>]><a/>"))"#,
            "throw System.Xml.XmlException: Declarations of entities are refused: 'e'. Line 1, position 14.",
        ),
        (
            r#"@(XElement.Parse("\uFEFF<a/>"))"#,
            "throw System.Xml.XmlException: Data at the root level is invalid. Line 1, position 1.",
        ),
        (
            r#"@(XElement.Parse("<a>\u0001</a>"))"#,
            "throw System.Xml.XmlException: '\u{1}', hexadecimal value 0x01, is an invalid character. Line 1, position 4.",
        ),
        (r#"@(XElement.Parse("  <a/>  ").ToString())"#, "String <a />"),
        ("@(((XElement)null)?.Value)", "null"),
        (r#"@{ XElement x = null; return x?.Element("a")?.Value ?? "none"; }"#, "String none"),
        (r#"@{ XElement x = null; return "[" + x + "]"; }"#, "String []"),
    ]);
}

#[test]
fn casts_read_the_text_by_the_rules_of_xml() {
    table(&[
        (r#"@((string)XElement.Parse("<a><b>1</b></a>").Element("c"))"#, "null"),
        (r#"@((int)XElement.Parse("<a><b>1</b></a>").Element("b"))"#, "Int32 1"),
        (
            r#"@((int)XElement.Parse("<a><b>1</b></a>").Element("c"))"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: element",
        ),
        (r#"@((int?)XElement.Parse("<a><b>1</b></a>").Element("c"))"#, "null"),
        (r#"@((int?)XElement.Parse("<a><b> 12 </b></a>").Element("b"))"#, "Int32 12"),
        (r#"@((long)XElement.Parse("<a>9999999999</a>"))"#, "Int64 9999999999"),
        (
            r#"@((int)XElement.Parse("<a>9999999999</a>"))"#,
            "throw System.OverflowException: Value was either too large or too small for an Int32.",
        ),
        (
            r#"@((int)XElement.Parse("<a>x</a>"))"#,
            "throw System.FormatException: Input string was not in a correct format.",
        ),
        (
            r#"@((uint)XElement.Parse("<a>-1</a>"))"#,
            "throw System.FormatException: Input string was not in a correct format.",
        ),
        (r#"@((ulong)XElement.Parse("<a>18446744073709551615</a>"))"#, "UInt64 18446744073709551615"),
        (r#"@((bool)XElement.Parse("<a>true</a>"))"#, "Boolean True"),
        (r#"@((bool)XElement.Parse("<a> 1 </a>"))"#, "Boolean True"),
        (
            r#"@((bool)XElement.Parse("<a>yes</a>"))"#,
            "throw System.FormatException: The string 'yes' is not a valid Boolean value.",
        ),
        (r#"@((bool?)XElement.Parse("<a b='0'/>").Attribute("b"))"#, "Boolean False"),
        (r#"@((double)XElement.Parse("<a>1.5e3</a>"))"#, "Double 1500"),
        (r#"@((double)XElement.Parse("<a>INF</a>"))"#, "Double Infinity"),
        (r#"@((float)XElement.Parse("<a>0.1</a>"))"#, "Single 0.1"),
        (r#"@((decimal)XElement.Parse("<a> 1.50 </a>"))"#, "Decimal 1.50"),
        (
            r#"@((decimal)XElement.Parse("<a>1,000</a>"))"#,
            "throw System.FormatException: Input string was not in a correct format.",
        ),
        (
            r#"@((decimal)XElement.Parse("<a>1e3</a>"))"#,
            "throw System.FormatException: Input string was not in a correct format.",
        ),
        (r#"@((decimal?)XElement.Parse("<a/>").Attribute("x"))"#, "null"),
        (r#"@((DateTime)XElement.Parse("<a>2020-01-02T03:04:05Z</a>"))"#, "DateTime 01/02/2020 03:04:05"),
        (r#"@((DateTime)XElement.Parse("<a>01/02/2020</a>"))"#, "DateTime 01/02/2020 00:00:00"),
        (r#"@((DateTime?)XElement.Parse("<a/>").Attribute("x"))"#, "null"),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-01-02T03:04:05+02:00</a>"))"#,
            "DateTimeOffset 01/02/2020 03:04:05 +02:00",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-01-02T03:04:05.5Z</a>"))"#,
            "DateTimeOffset 01/02/2020 03:04:05 +00:00",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-01-02</a>"))"#,
            "DateTimeOffset 01/02/2020 00:00:00 +00:00",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>01/02/2020</a>"))"#,
            "throw System.FormatException: The string '01/02/2020' is not a valid AllXsd value.",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-13-02</a>"))"#,
            "throw System.FormatException: The string '2020-13-02' is not a valid AllXsd value.",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-01</a>"))"#,
            "DateTimeOffset 01/01/2020 00:00:00 +00:00",
        ),
        (r#"@((DateTimeOffset)XElement.Parse("<a>2020</a>"))"#, "DateTimeOffset 01/01/2020 00:00:00 +00:00"),
        (r#"@((TimeSpan)XElement.Parse("<a>P1DT2H3M4.5S</a>"))"#, "TimeSpan 1.02:03:04.5000000"),
        (r#"@((TimeSpan)XElement.Parse("<a>-PT1M</a>"))"#, "TimeSpan -00:01:00"),
        (r#"@((TimeSpan)XElement.Parse("<a>P1Y2M</a>"))"#, "TimeSpan 425.00:00:00"),
        (
            r#"@((TimeSpan)XElement.Parse("<a>1:00</a>"))"#,
            "throw System.FormatException: The string '1:00' is not a valid TimeSpan value.",
        ),
        (
            r#"@((TimeSpan)XElement.Parse("<a>P</a>"))"#,
            "throw System.FormatException: The string 'P' is not a valid TimeSpan value.",
        ),
        (
            r#"@((TimeSpan)XElement.Parse("<a>PT</a>"))"#,
            "throw System.FormatException: The string 'PT' is not a valid TimeSpan value.",
        ),
        (
            r#"@((TimeSpan)XElement.Parse("<a>P1DT</a>"))"#,
            "throw System.FormatException: The string 'P1DT' is not a valid TimeSpan value.",
        ),
        (r#"@((TimeSpan)XElement.Parse("<a>PT1.S</a>"))"#, "TimeSpan 00:00:01"),
        (r#"@((TimeSpan)XElement.Parse("<a>PT0.00000005S</a>"))"#, "TimeSpan 00:00:00"),
        (r#"@((TimeSpan)XElement.Parse("<a>PT1.23456789S</a>"))"#, "TimeSpan 00:00:01.2345678"),
        (
            r#"@((TimeSpan)XElement.Parse("<a>P99999999999D</a>"))"#,
            "throw System.FormatException: The string 'P99999999999D' is not a valid TimeSpan value.",
        ),
        (
            r#"@((TimeSpan)XElement.Parse("<a>P999999999Y</a>"))"#,
            "throw System.OverflowException: Value 'Duration' was either too large or too small for TimeSpan.",
        ),
        (
            r#"@((TimeSpan)XElement.Parse("<a>P1M1Y</a>"))"#,
            "throw System.FormatException: The string 'P1M1Y' is not a valid TimeSpan value.",
        ),
        (
            r#"@((Guid)XElement.Parse("<a>6f9619ff-8b86-d011-b42d-00c04fc964ff</a>"))"#,
            "Guid 6f9619ff-8b86-d011-b42d-00c04fc964ff",
        ),
        (
            r#"@((Guid)XElement.Parse("<a>{6F9619FF-8B86-D011-B42D-00C04FC964FF}</a>"))"#,
            "Guid 6f9619ff-8b86-d011-b42d-00c04fc964ff",
        ),
        (
            r#"@((Guid)XElement.Parse("<a>zz</a>"))"#,
            "throw System.FormatException: Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        ),
        (r#"@((Guid?)XElement.Parse("<a/>").Attribute("x"))"#, "null"),
        ("@((string)(XAttribute)null)", "null"),
        (
            "@((int)(XAttribute)null)",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: attribute",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a> 2020-05Z </a>"))"#,
            "DateTimeOffset 05/01/2020 00:00:00 +00:00",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-05+02:00</a>"))"#,
            "DateTimeOffset 05/01/2020 00:00:00 +02:00",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-01-02T03:04:05.</a>"))"#,
            "throw System.FormatException: The string '2020-01-02T03:04:05.' is not a valid AllXsd value.",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-01-02.5</a>"))"#,
            "throw System.FormatException: The string '2020-01-02.5' is not a valid AllXsd value.",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a></a>"))"#,
            "throw System.FormatException: The string '' is not a valid AllXsd value.",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-01-02T03:04</a>"))"#,
            "throw System.FormatException: The string '2020-01-02T03:04' is not a valid AllXsd value.",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-01-02T25:04:00</a>"))"#,
            "throw System.FormatException: The string '2020-01-02T25:04:00' is not a valid AllXsd value.",
        ),
        (
            r#"@((DateTimeOffset)XElement.Parse("<a>2020-01-02T03:04:05.123456789Z</a>"))"#,
            "DateTimeOffset 01/02/2020 03:04:05 +00:00",
        ),
        (
            r#"@((DateTime)XElement.Parse("<a>2020-01-02T03:04:05+02:00</a>"))"#,
            "DateTime 01/02/2020 01:04:05",
        ),
        (
            r#"@((DateTime)XElement.Parse("<a></a>"))"#,
            "throw System.FormatException: String was not recognized as a valid DateTime.",
        ),
        (r#"@((short)XElement.Parse("<a>1</a>"))"#, "Int16 1"),
    ]);
}

#[test]
fn content_is_any_value_and_any_sequence() {
    table(&[
        (r#"@(new XElement("a", 1, 2.5, true, 'c', 1.0f, 10m, null, "s"))"#, "XElement <a>12.5truec110s</a>"),
        (r#"@(new XElement("a", double.NaN, double.PositiveInfinity, -0.0))"#, "XElement <a>NaNINF-0</a>"),
        (
            r#"@(new XElement("a", 0.1, 1e20, 123456789012345678.0))"#,
            "XElement <a>0.11E+201.2345678901234568E+17</a>",
        ),
        (
            r#"@(new XElement("a", (DateTime)XElement.Parse("<a>2020-01-02T03:04:05.120Z</a>")))"#,
            "XElement <a>2020-01-02T03:04:05.12Z</a>",
        ),
        (
            r#"@(new XElement("a", (DateTime)XElement.Parse("<a>2020-01-02T03:04:05</a>")))"#,
            "XElement <a>2020-01-02T03:04:05</a>",
        ),
        (
            r#"@(new XElement("a", (DateTimeOffset)XElement.Parse("<a>2020-01-02T03:04:05+02:00</a>")))"#,
            "XElement <a>2020-01-02T03:04:05+02:00</a>",
        ),
        (
            r#"@(new XElement("a", (DateTimeOffset)XElement.Parse("<a>2020-01-02T03:04:05Z</a>")))"#,
            "XElement <a>2020-01-02T03:04:05Z</a>",
        ),
        (
            r#"@(new XElement("a", (TimeSpan)XElement.Parse("<a>P1DT2H3M4.5S</a>")))"#,
            "XElement <a>P1DT2H3M4.5S</a>",
        ),
        (r#"@(new XElement("a", (TimeSpan)XElement.Parse("<a>PT0S</a>")))"#, "XElement <a>PT0S</a>"),
        (
            r#"@(new XElement("a", (TimeSpan)XElement.Parse("<a>-P3DT0.5S</a>")))"#,
            "XElement <a>-P3DT0.5S</a>",
        ),
        (r#"@(new XElement("a", (TimeSpan)XElement.Parse("<a>PT1H</a>")))"#, "XElement <a>PT1H</a>"),
        (
            r#"@(new XElement("a", (Guid)XElement.Parse("<a>6f9619ff-8b86-d011-b42d-00c04fc964ff</a>")))"#,
            "XElement <a>6f9619ff-8b86-d011-b42d-00c04fc964ff</a>",
        ),
        (
            r#"@(new XElement("a", new XAttribute("b", true), new XElement("c")))"#,
            "XElement <a b=\"true\">\n  <c />\n</a>",
        ),
        (r#"@(new XElement("a", new[] {1, 2, 3}))"#, "XElement <a>123</a>"),
        (
            r#"@(new XElement("a", new[] {new XElement("b"), new XElement("c")}))"#,
            "XElement <a>\n  <b />\n  <c />\n</a>",
        ),
        (
            r#"@(new XElement("a", new object[] {"x", new object[] {"y", null, 3}}, "z"))"#,
            "XElement <a>xy3z</a>",
        ),
        (
            r#"@(new XElement("a", new List<string> {"x", "y"}.Select(x => new XElement("i", x))))"#,
            "XElement <a>\n  <i>x</i>\n  <i>y</i>\n</a>",
        ),
        (r#"@(new XElement("a", new Dictionary<string, int> {{"k", 1}}))"#, "XElement <a>[k, 1]</a>"),
        (r#"@(new XElement("a", new byte[] {1, 2}))"#, "XElement <a>12</a>"),
        (r#"@(new XElement("a", null))"#, "XElement <a />"),
        (r#"@(new XElement("a", ""))"#, "XElement <a></a>"),
        (r#"@(new XElement("a", (object)null))"#, "XElement <a />"),
        (
            r#"@(new XElement("1a"))"#,
            "throw System.Xml.XmlException: Name cannot begin with the '1' character, hexadecimal value 0x31.",
        ),
        (r#"@(new XElement(""))"#, "throw System.ArgumentException: '' is an invalid expanded name."),
        (
            r#"@(new XElement("a b"))"#,
            "throw System.Xml.XmlException: The ' ' character, hexadecimal value 0x20, cannot be included in a name.",
        ),
        (r#"@(new XElement("{u}a"))"#, r#"XElement <a xmlns="u" />"#),
        (
            r#"@(new XElement("a", new XAttribute("b", new XElement("c"))))"#,
            "throw System.ArgumentException: An XObject cannot be used as a value.",
        ),
        (
            r#"@(new XElement("a", new XAttribute("b", null)))"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: value",
        ),
        (
            r#"@(new XAttribute("b", new XAttribute("c", 1)))"#,
            "throw System.ArgumentException: An XObject cannot be used as a value.",
        ),
        (
            r#"@(new XElement("a", new XAttribute("b", 1), new XAttribute("b", 2)))"#,
            "throw System.InvalidOperationException: Duplicate attribute.",
        ),
        (r#"@(new XElement("a", "").IsEmpty)"#, "Boolean False"),
        (r#"@(new XElement(XElement.Parse("<a b='1'><c/></a>")))"#, "XElement <a b=\"1\">\n  <c />\n</a>"),
        (r#"@(new XAttribute(new XAttribute("a", 1)))"#, r#"XAttribute a="1""#),
        (
            r#"@(new XElement("a", "\u0001").ToString())"#,
            "throw System.ArgumentException: '\u{1}', hexadecimal value 0x01, is an invalid character.",
        ),
        (
            r#"@(new XElement("a", new XElement("b"), new XElement("c", new XAttribute("d", "e\n\t\"'"), "x\r\ny")).ToString())"#,
            "String <a>\n  <b />\n  <c d=\"e&#xA;&#x9;&quot;'\">x\ny</c>\n</a>",
        ),
        (
            r#"@(new XElement("a", (DateTime)XElement.Parse("<a>2020-01-02T03:04:05+02:00</a>")))"#,
            "XElement <a>2020-01-02T01:04:05+00:00</a>",
        ),
        (
            r#"@(new XElement("a", new List<XElement> { new XElement("b"), null, new XElement("c") }))"#,
            "XElement <a>\n  <b />\n  <c />\n</a>",
        ),
        (
            r#"@(new XElement("a", new XElement("b"), new List<object> { "x", new XAttribute("y", 1) }))"#,
            "XElement <a y=\"1\">\n  <b />x</a>",
        ),
        (
            r#"@(new XElement("{u}a", new XElement("b")))"#,
            "XElement <a xmlns=\"u\">\n  <b xmlns=\"\" />\n</a>",
        ),
        (r#"@(new XElement("a", XmlNodeType.Text))"#, "XElement <a>Text</a>"),
        (r#"@(new XElement("a", 5L, (byte)1, (short)-2, 7u, 1.10m))"#, "XElement <a>51-271.10</a>"),
        (r#"@(new XElement("a", new { x = 1 }))"#, "XElement <a>{ x = 1 }</a>"),
        (r#"@(new XElement("a", "x", "y").Nodes().Count())"#, "Int32 1"),
        (r#"@(new XElement("a", new KeyValuePair<string, int>("k", 1)))"#, "XElement <a>[k, 1]</a>"),
        (r#"@(new XElement("a", new int?(5), (int?)null))"#, "XElement <a>5</a>"),
    ]);
}

#[test]
fn names_and_namespaces_are_values() {
    table(&[
        (
            "@(new XElement((XName)null))",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: name",
        ),
        (
            r#"@{ var x = XElement.Parse("<a><b/></a>"); x.Name = "c"; x.Element("b").Name = XName.Get("d", "u"); return x; }"#,
            "XElement <c>\n  <d xmlns=\"u\" />\n</c>",
        ),
        (
            r#"@(XElement.Parse("<a xmlns:p='u' b='1'/>").Attributes().Count(x => x.IsNamespaceDeclaration))"#,
            "Int32 1",
        ),
        (r#"@(XElement.Parse("<a xmlns='u'><b/></a>").Element("b"))"#, "null"),
        (r#"@(XElement.Parse("<a xmlns='u'><b/></a>").Element("{u}b"))"#, r#"XElement <b xmlns="u" />"#),
        (
            r#"@{ XNamespace ns = "u"; return XElement.Parse("<a xmlns='u'><b>7</b></a>").Element(ns + "b").Value; }"#,
            "String 7",
        ),
        (
            r#"@{ XNamespace ns = "u"; return new XElement(ns + "a", new XElement(ns + "b")); }"#,
            "XElement <a xmlns=\"u\">\n  <b />\n</a>",
        ),
        (
            r#"@{ XNamespace ns = "u"; return new XElement(ns + "a", new XAttribute(XNamespace.Xmlns + "p", ns), new XElement(ns + "b")); }"#,
            "XElement <p:a xmlns:p=\"u\">\n  <p:b />\n</p:a>",
        ),
        (
            r#"@{ XNamespace ns = "u"; return new XElement("a", new XAttribute(ns + "b", 1)); }"#,
            r#"XElement <a p1:b="1" xmlns:p1="u" />"#,
        ),
        (
            r#"@{ XNamespace s = "http://schemas.xmlsoap.org/soap/envelope/"; return new XElement(s + "Envelope", new XAttribute(XNamespace.Xmlns + "soap", s.NamespaceName), new XElement(s + "Body", new XElement("x", 1))); }"#,
            "XElement <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">\n  <soap:Body>\n    <x>1</x>\n  </soap:Body>\n</soap:Envelope>",
        ),
        (r#"@{ XNamespace ns = "u"; return ns == "u"; }"#, "Boolean True"),
        (r#"@{ XNamespace ns = "u"; return ns.GetName("a"); }"#, "XName {u}a"),
        (r#"@{ XNamespace ns = "u"; return ns + "a" == "{u}a"; }"#, "Boolean True"),
        (r#"@{ XNamespace ns = "u"; return (ns + "a").Namespace == ns; }"#, "Boolean True"),
        (
            r#"@{ XName n = "{u}a"; return n.LocalName + "|" + n.NamespaceName + "|" + n; }"#,
            "String a|u|{u}a",
        ),
        (r#"@{ XName n = "a"; return n.Namespace == XNamespace.None; }"#, "Boolean True"),
        (r#"@{ XName n = "a"; return n == null; }"#, "Boolean False"),
        (r#"@{ XName n = "a"; return n != "b"; }"#, "Boolean True"),
        (r#"@{ XName n = "a"; return n.Equals(XName.Get("a")); }"#, "Boolean True"),
        (r#"@{ XName n = "a"; object o = XName.Get("a"); return (object)n == o; }"#, "Boolean True"),
        (
            r#"@{ var d = new Dictionary<XName, int>(); d["a"] = 1; d[XName.Get("a")] = 2; return d.Count; }"#,
            "Int32 1",
        ),
        (
            "@(XName.Get(null))",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: expandedName",
        ),
        (r#"@(XName.Get(""))"#, "throw System.ArgumentException: '' is an invalid expanded name."),
        (r#"@(XName.Get("{u"))"#, "throw System.ArgumentException: '{u' is an invalid expanded name."),
        (r#"@(XName.Get("a", ""))"#, "XName a"),
        ("@(XNamespace.Xml)", "XNamespace http://www.w3.org/XML/1998/namespace"),
        (
            "@(XNamespace.Get(null))",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: namespaceName",
        ),
        (r#"@(XElement.Parse("<a xmlns='u' xmlns:p='v'/>").GetDefaultNamespace())"#, "XNamespace u"),
        (r#"@(XElement.Parse("<a xmlns='u' xmlns:p='v'/>").GetNamespaceOfPrefix("p"))"#, "XNamespace v"),
        (r#"@(XElement.Parse("<a xmlns='u' xmlns:p='v'/>").GetNamespaceOfPrefix("q"))"#, "null"),
        (r#"@(XElement.Parse("<a xmlns='u' xmlns:p='v'/>").GetPrefixOfNamespace("v"))"#, "String p"),
        (r#"@(XElement.Parse("<a xmlns='u' xmlns:p='v'/>").GetPrefixOfNamespace("u"))"#, "null"),
        (r#"@(XElement.Parse("<a><b/></a>").Elements((XName)null).Count())"#, "Int32 0"),
        (r#"@(new XAttribute("xmlns", "u"))"#, r#"XAttribute xmlns="u""#),
        (
            r#"@(new XAttribute(XNamespace.Xmlns + "p", ""))"#,
            "throw System.ArgumentException: The prefix 'p' cannot be bound to the empty namespace name.",
        ),
        (
            r#"@(new XElement("a", new XAttribute("xmlns", "u")).ToString())"#,
            "throw System.Xml.XmlException: The prefix '' cannot be redefined from '' to 'u' within the same start element tag.",
        ),
        (r#"@{ XNamespace ns = "u"; return "x" + ns; }"#, "String xu"),
        (
            r#"@{ XNamespace ns = "u"; string s = null; return ns + s; }"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: localName",
        ),
        (
            r#"@{ XNamespace ns = null; return ns + "a"; }"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: ns",
        ),
        (r#"@{ XNamespace ns = "u"; return ns + "a" + "b"; }"#, "String {u}ab"),
        (r#"@{ XNamespace ns = "u"; return "" + ns.GetName("a") + (ns + "b"); }"#, "String {u}a{u}b"),
        (
            r#"@{ var x = XElement.Parse("<a xmlns:x='u'><x:b><x:c/></x:b></a>"); foreach (var e in x.DescendantsAndSelf()) { e.Name = e.Name.LocalName; } x.Attributes().Where(t => t.IsNamespaceDeclaration).Remove(); return x; }"#,
            "XElement <a>\n  <b>\n    <c />\n  </b>\n</a>",
        ),
        (
            r#"@(new XElement("a", XElement.Parse("<b xmlns='u'/>")))"#,
            "XElement <a>\n  <b xmlns=\"u\" />\n</a>",
        ),
        (
            r#"@(new XElement("a", XElement.Parse("<p:b xmlns:p='u' p:c='1'/>"), new XElement("{u}d")))"#,
            "XElement <a>\n  <p:b xmlns:p=\"u\" p:c=\"1\" />\n  <d xmlns=\"u\" />\n</a>",
        ),
        (r#"@(XElement.Parse("<a xml:lang='en'/>").Attribute(XNamespace.Xml + "lang").Value)"#, "String en"),
        (
            r#"@{ var h = new HashSet<XName> { "a", "b", "{u}a", "a" }; return h.Count + "" + h.Contains("{u}a"); }"#,
            "String 3True",
        ),
        (r#"@{ XName n = "a"; switch (n.LocalName) { case "a": return 1; default: return 2; } }"#, "Int32 1"),
    ]);
}
