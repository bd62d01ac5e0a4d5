//! Encodings, Base64, escapes and addresses in expressions.

use super::table;

#[test]
fn texts_are_encoded_escaped_and_read_as_in_dotnet() {
    table(&[
        ("Encoding.UTF8.GetString(new byte[] { 0xC3, 0xA9, 0x61 })", "String éa"),
        ("Encoding.UTF8.GetString(new byte[] { 0xC3, 0xA9, 0x61 }, 2, 1)", "String a"),
        (
            "Encoding.UTF8.GetString(new byte[] { 1 }, 0, 2)",
            "throw System.ArgumentOutOfRangeException: Index and count must refer to a location within the buffer.\nParameter name: bytes",
        ),
        (
            "Encoding.UTF8.GetString(new byte[] { 1 }, -1, 2)",
            "throw System.ArgumentOutOfRangeException: Non-negative number required.\nParameter name: index",
        ),
        (
            "Encoding.UTF8.GetString(new byte[] { 1 }, 0, -2)",
            "throw System.ArgumentOutOfRangeException: Non-negative number required.\nParameter name: count",
        ),
        (
            "Encoding.UTF8.GetString(null)",
            "throw System.ArgumentNullException: Array cannot be null.\nParameter name: bytes",
        ),
        (
            "Encoding.UTF8.GetBytes((string)null)",
            "throw System.ArgumentNullException: String reference not set to an instance of a String.\nParameter name: s",
        ),
        (r#"Encoding.ASCII.GetString(Encoding.ASCII.GetBytes("aé"))"#, "String a?"),
        (r#"Encoding.Unicode.GetByteCount("aé😀")"#, "Int32 8"),
        (r#"Encoding.UTF32.GetBytes("a").Length"#, "Int32 4"),
        (r#"Encoding.BigEndianUnicode.GetBytes("a")[1]"#, "Byte 97"),
        ("Encoding.UTF8.GetBytes(new char[] { 'a', 'b' }).Length", "Int32 2"),
        ("Encoding.UTF8.GetBytes(new char[] { 'a', 'b', 'c' }, 1, 1)[0]", "Byte 98"),
        ("Encoding.UTF8.GetChars(new byte[] { 97, 98 })[1]", "Char b"),
        ("Encoding.UTF8.GetCharCount(new byte[] { 97, 98 })", "Int32 2"),
        ("Encoding.UTF8.GetMaxByteCount(10)", "Int32 33"),
        ("Encoding.UTF8.GetMaxCharCount(10)", "Int32 11"),
        ("Encoding.Unicode.GetMaxByteCount(10)", "Int32 22"),
        ("Encoding.ASCII.GetMaxByteCount(10)", "Int32 11"),
        (
            "Encoding.UTF8.GetMaxByteCount(-1)",
            "throw System.ArgumentOutOfRangeException: Non-negative number required.\nParameter name: charCount",
        ),
        (
            "Encoding.UTF8.WebName + Encoding.UTF8.BodyName + Encoding.UTF8.HeaderName + Encoding.UTF8.EncodingName + Encoding.UTF8.CodePage",
            "String utf-8utf-8utf-8Unicode (UTF-8)65001",
        ),
        (
            "Encoding.ASCII.WebName + Encoding.ASCII.EncodingName + Encoding.ASCII.CodePage + Encoding.ASCII.IsSingleByte",
            "String us-asciiUS-ASCII20127True",
        ),
        (
            "Encoding.Unicode.WebName + Encoding.Unicode.EncodingName + Encoding.Unicode.CodePage",
            "String utf-16Unicode1200",
        ),
        (
            "Encoding.BigEndianUnicode.WebName + Encoding.BigEndianUnicode.EncodingName + Encoding.BigEndianUnicode.CodePage",
            "String utf-16BEUnicode (Big-Endian)1201",
        ),
        (
            "Encoding.UTF32.WebName + Encoding.UTF32.EncodingName + Encoding.UTF32.CodePage",
            "String utf-32Unicode (UTF-32)12000",
        ),
        (
            r#"Encoding.GetEncoding("iso-8859-1").WebName + Encoding.GetEncoding("iso-8859-1").CodePage + Encoding.GetEncoding("iso-8859-1").EncodingName"#,
            "String iso-8859-128591Western European (ISO)",
        ),
        ("Encoding.GetEncoding(28591).WebName", "String iso-8859-1"),
        (r#"Encoding.GetEncoding(1252).GetBytes("€")[0]"#, "Byte 128"),
        ("Encoding.GetEncoding(1252).CodePage", "Int32 1252"),
        (
            r#"Encoding.GetEncoding("nope")"#,
            "throw System.ArgumentException: 'nope' is not a supported encoding name. For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method.\nParameter name: name",
        ),
        (
            "Encoding.GetEncoding((string)null)",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: name",
        ),
        (
            "Encoding.GetEncoding(70000)",
            "throw System.ArgumentOutOfRangeException: Valid values are between 0 and 65535, inclusive.\nParameter name: codepage",
        ),
        ("Encoding.UTF8.GetPreamble().Length", "Int32 3"),
        ("Encoding.UTF8.ToString()", "String System.Text.UTF8Encoding"),
        ("Encoding.UTF8 == Encoding.UTF8", "Boolean True"),
        (r#"Encoding.UTF8.Equals(Encoding.GetEncoding("utf-8"))"#, "Boolean True"),
        ("Encoding.Convert(Encoding.UTF8, Encoding.Unicode, new byte[] { 97 }).Length", "Int32 2"),
        ("Convert.ToBase64String(new byte[] { 1, 2, 3, 4 })", "String AQIDBA=="),
        ("Convert.ToBase64String(new byte[] { 1, 2, 3, 4 }, 1, 2)", "String AgM="),
        (
            "Convert.ToBase64String(new byte[] { 1, 2, 3, 4 }, 1, 9)",
            "throw System.ArgumentOutOfRangeException: Offset and length must refer to a position in the string.\nParameter name: offset",
        ),
        (
            "Convert.ToBase64String(new byte[] { 1, 2, 3, 4 }, -1, 2)",
            "throw System.ArgumentOutOfRangeException: Value must be positive.\nParameter name: offset",
        ),
        (
            "Convert.ToBase64String(new byte[] { 1, 2, 3, 4 }, 1, -2)",
            "throw System.ArgumentOutOfRangeException: Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: length",
        ),
        (
            "Convert.ToBase64String(new byte[60], Base64FormattingOptions.InsertLineBreaks)",
            "String AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\nAAAA",
        ),
        (
            "Convert.ToBase64String(new byte[60], 0, 59, Base64FormattingOptions.InsertLineBreaks)",
            "String AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\nAAA=",
        ),
        (
            "Convert.ToBase64String(null)",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: inArray",
        ),
        (
            "Convert.FromBase64String(null)",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: s",
        ),
        (
            r#"Convert.FromBase64String("!!")"#,
            "throw System.FormatException: The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters.",
        ),
        (
            r#"Convert.FromBase64String("YQ").Length"#,
            "throw System.FormatException: Invalid length for a Base-64 char array or string.",
        ),
        (r#"Convert.FromBase64String(" Y Q==").Length"#, "Int32 1"),
        (r#"Convert.FromBase64CharArray("xYQ==".ToCharArray(), 1, 4).Length"#, "Int32 1"),
        (
            r#"Convert.FromBase64CharArray("xYQ==".ToCharArray(), 1, 5).Length"#,
            "throw System.ArgumentOutOfRangeException: Offset and length must refer to a position in the string.\nParameter name: offset",
        ),
        (
            "Convert.FromBase64CharArray(null, 1, 5).Length",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: inArray",
        ),
        (r#"WebUtility.UrlEncode("a b&ü/~!*()'")"#, "String a+b%26%C3%BC%2F%7E!*()%27"),
        (r#"WebUtility.UrlDecode("a+b%26%C3%BC")"#, "String a b&ü"),
        ("WebUtility.UrlEncode(null)", "null"),
        (
            r#"WebUtility.HtmlEncode("<a href='x'>\"é\"&</a>")"#,
            "String &lt;a href=&#39;x&#39;&gt;&quot;&#233;&quot;&amp;&lt;/a&gt;",
        ),
        (r#"WebUtility.HtmlDecode("&lt;&eacute;&#39;&#x41;&nope;")"#, "String <é'A&nope;"),
        (r#"IPAddress.Parse("10.0.0.1").GetAddressBytes().Length"#, "Int32 4"),
        (r#"IPAddress.Parse("10.0.0.1").AddressFamily"#, "AddressFamily InterNetwork"),
        (r#"IPAddress.Parse("fe80::1").AddressFamily.ToString()"#, "String InterNetworkV6"),
        (r#"IPAddress.Parse("10.0.0.1").Equals(IPAddress.Parse("10.0.0.1"))"#, "Boolean True"),
        (r#"IPAddress.Parse("10.0.0.1") == IPAddress.Parse("10.0.0.1")"#, "Boolean False"),
        (r#"IPAddress.IsLoopback(IPAddress.Parse("127.3.3.3"))"#, "Boolean True"),
        (
            "IPAddress.IsLoopback(null)",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: address",
        ),
        (r#"IPAddress.Parse("x")"#, "throw System.FormatException: An invalid IP address was specified."),
        (
            "IPAddress.Parse(null)",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: ipString",
        ),
        (r#"IPAddress.Parse("::FFFF:1.2.3.4").ToString()"#, "String ::ffff:1.2.3.4"),
        (r#"Uri.IsHexEncoding("a%41", 1)"#, "Boolean True"),
        (r#"Uri.IsHexEncoding("a%4", 1)"#, "Boolean False"),
        (
            "Encoding.UTF8.GetByteCount((char[])null)",
            "throw System.ArgumentNullException: Array cannot be null.\nParameter name: chars",
        ),
    ]);
}
