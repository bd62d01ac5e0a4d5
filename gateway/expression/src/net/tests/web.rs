//! Encodings, addresses and escapes.

use super::{eval_in, table};
use serde_json::json;

#[test]
fn bytes_and_texts_become_each_other() {
    table(&[
        (r#"Convert.ToBase64String(Encoding.UTF8.GetBytes("é"))"#, "String w6k="),
        (r#"Encoding.UTF8.GetString(Convert.FromBase64String("w6k="))"#, "String é"),
        (r#"Encoding.ASCII.GetString(Encoding.ASCII.GetBytes("é"))"#, "String ?"),
        (r#"Encoding.GetEncoding("iso-8859-1").GetBytes("é")[0]"#, "Byte 233"),
        (r#"Encoding.Unicode.GetByteCount("ab") + Encoding.UTF8.GetPreamble().Length"#, "Int32 7"),
        (r#"Encoding.UTF8.GetString(new byte[] { 97, 98, 99 }, 1, 2)"#, "String bc"),
        (
            r#"Convert.FromBase64String("abc")"#,
            "throw System.FormatException: Invalid length for a Base-64 char array or string.",
        ),
        (
            r#"Encoding.GetEncoding("none").WebName"#,
            "throw System.ArgumentException: 'none' is not a supported encoding name. For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method.\nParameter name: name",
        ),
    ]);
}

#[test]
fn addresses_are_taken_apart() {
    let uri = r#"new Uri("https://user@Example.com:8443/a/b%20c?x=1&y=2#part")"#;
    for (member, wanted) in [
        ("Scheme", "String https"),
        ("Host", "String example.com"),
        ("Port", "Int32 8443"),
        ("AbsolutePath", "String /a/b%20c"),
        ("PathAndQuery", "String /a/b%20c?x=1&y=2"),
        ("Query", "String ?x=1&y=2"),
        ("Fragment", "String #part"),
        ("UserInfo", "String user"),
        ("Segments[1]", "String a/"),
        ("GetLeftPart(UriPartial.Authority)", "String https://user@example.com:8443"),
        ("AbsoluteUri", "String https://user@example.com:8443/a/b%20c?x=1&y=2#part"),
        ("IsDefaultPort", "Boolean False"),
        ("HostNameType", "UriHostNameType Dns"),
    ] {
        assert_eq!(super::eval(&format!("{uri}.{member}")), wanted, "{member}");
    }
    table(&[
        (r#"new Uri(new Uri("http://a/b/c"), "../d").ToString()"#, "String http://a/d"),
        (r#"new Uri("http://a/") == new Uri("http://A/")"#, "Boolean True"),
        (
            r#"new Uri("nothing")"#,
            "throw System.UriFormatException: Invalid URI: The format of the URI could not be determined.",
        ),
        (
            r#"{ return Uri.TryCreate("http://a", UriKind.Absolute, out var u) ? u.Host : "none"; }"#,
            "String a",
        ),
        (r#"Uri.EscapeDataString("a b&c/é") + Uri.UnescapeDataString("%41")"#, "String a%20b%26c%2F%C3%A9A"),
        (r#"WebUtility.UrlEncode("a b&c") + WebUtility.HtmlDecode("&lt;&#65;")"#, "String a+b%26c<A"),
        (r#"System.Net.IPAddress.Parse("10.1.2.3").GetAddressBytes()[3]"#, "Byte 3"),
        (
            r#"IPAddress.IsLoopback(IPAddress.Parse("127.0.0.1")) && IPAddress.Parse("::1").ToString() == "::1""#,
            "Boolean True",
        ),
        (r#"IPAddress.Parse("::1").AddressFamily"#, "AddressFamily InterNetworkV6"),
    ]);
}

#[test]
fn urls_and_bodies_of_a_request_are_read_as_they_are() {
    let request = json!({ "request": {
        "url": "https://gw.example.com/orders/1?q=a%20b&q=c",
        "headers": { "Content-Type": ["text/plain; charset=iso-8859-1"] },
        "body": "a=1&b=x+y&a=2",
    }});
    for (source, wanted) in [
        ("context.Request.OriginalUrl.ToUri().Host", "String gw.example.com"),
        ("context.Request.Url.ToString()", "String https://gw.example.com/orders/1?q=a%20b&q=c"),
        (r#"context.Request.Url.Query.GetValueOrDefault("Q")"#, "String a b,c"),
        (r#"context.Request.Body.AsFormUrlEncodedContent()["a"][1]"#, "String 2"),
        (r#"context.Request.Body.AsFormUrlEncodedContent().ToQueryString()"#, "String ?a=1&a=2&b=x+y"),
        ("context.Request.Body.As<string>(preserveContent: true).Length", "Int32 13"),
        ("{ context.Request.Body.As<string>(); return context.Request.Body.As<string>(); }", "String "),
    ] {
        assert_eq!(eval_in(source, request.clone()), wanted, "{source}");
    }
}
