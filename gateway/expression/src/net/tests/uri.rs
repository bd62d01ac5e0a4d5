//! `Uri` in expressions.

use serde_json::json;

use super::{eval_in, table};

#[test]
fn addresses_are_taken_apart_and_put_together_as_in_dotnet() {
    table(&[
        (
            r#"new Uri("https://user:pw@example.com:8443/a/b%20c/d?x=1&y=é#frag").AbsoluteUri"#,
            "String https://user:pw@example.com:8443/a/b%20c/d?x=1&y=%C3%A9#frag",
        ),
        (
            r#"new Uri("https://user:pw@example.com:8443/a/b%20c/d?x=1&y=é#frag").ToString()"#,
            "String https://user:pw@example.com:8443/a/b c/d?x=1&y=é#frag",
        ),
        (r#"new Uri("https://example.com:443/a").IsDefaultPort"#, "Boolean True"),
        (r#"new Uri("https://example.com").PathAndQuery"#, "String /"),
        (r#"new Uri("HTTPS://EXAMPLE.com/Ab").Host"#, "String example.com"),
        (
            r#"new Uri("https://example.com/a/b?c").GetLeftPart(UriPartial.Authority)"#,
            "String https://example.com",
        ),
        (
            r#"new Uri("https://example.com/a/b?c#d").GetLeftPart(UriPartial.Query)"#,
            "String https://example.com/a/b?c",
        ),
        (r#"new Uri("https://example.com/a/b?c").Segments.Length"#, "Int32 3"),
        (r#"new Uri("https://example.com/a/b").Segments[1]"#, "String a/"),
        (r#"new Uri("/a/b", UriKind.Relative).ToString()"#, "String /a/b"),
        (
            r#"new Uri("/a/b", UriKind.Relative).Host"#,
            "throw System.InvalidOperationException: This operation is not supported for a relative URI.",
        ),
        (
            r#"new Uri("a b")"#,
            "throw System.UriFormatException: Invalid URI: The format of the URI could not be determined.",
        ),
        (r#"new Uri("")"#, "throw System.UriFormatException: Invalid URI: The URI is empty."),
        (
            "new Uri((string)null)",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: uriString",
        ),
        (
            r#"new Uri("http://")"#,
            "throw System.UriFormatException: Invalid URI: The hostname could not be parsed.",
        ),
        (
            r#"new Uri("1http://x")"#,
            "throw System.UriFormatException: Invalid URI: The URI scheme is not valid.",
        ),
        (
            r#"new Uri("http://x:99999")"#,
            "throw System.UriFormatException: Invalid URI: Invalid port specified.",
        ),
        (
            r#"new Uri(new Uri("https://example.com/a/b"), "c?d").ToString()"#,
            "String https://example.com/a/c?d",
        ),
        (r#"new Uri(new Uri("https://example.com/a/b"), "/c").ToString()"#, "String https://example.com/c"),
        (
            r#"new Uri(new Uri("/a", UriKind.Relative), "/c").ToString()"#,
            "throw System.ArgumentOutOfRangeException: Specified argument was out of the range of valid values.\nParameter name: baseUri",
        ),
        (
            r#"new Uri((Uri)null, "/c").ToString()"#,
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: baseUri",
        ),
        (r#"new Uri("https://example.com/a") == new Uri("https://EXAMPLE.com/a")"#, "Boolean True"),
        (r#"new Uri("https://example.com/a#x").Equals(new Uri("https://example.com/a#y"))"#, "Boolean True"),
        (r#"new Uri("https://example.com/a") == new Uri("https://example.com/b")"#, "Boolean False"),
        (r#"new Uri("https://example.com/a") != null"#, "Boolean True"),
        (r#"Uri.EscapeDataString("a b&c=ü!*'()")"#, "String a%20b%26c%3D%C3%BC%21%2A%27%28%29"),
        (
            "Uri.EscapeDataString(null)",
            "throw System.ArgumentNullException: Value cannot be null.\nParameter name: stringToEscape",
        ),
        (r#"Uri.UnescapeDataString("a%20b%zz+")"#, "String a b%zz+"),
        (r#"Uri.EscapeUriString("a b?c=ü")"#, "String a%20b?c=%C3%BC"),
        (r#"Uri.IsWellFormedUriString("https://x/y z", UriKind.Absolute)"#, "Boolean False"),
        (r#"Uri.IsWellFormedUriString("https://x/y", UriKind.Absolute)"#, "Boolean True"),
        (r#"Uri.IsWellFormedUriString("x/y", UriKind.RelativeOrAbsolute)"#, "Boolean True"),
        (r#"Uri.CheckHostName("example.com")"#, "UriHostNameType Dns"),
        (r#"Uri.CheckHostName("1.2.3.4")"#, "UriHostNameType IPv4"),
        (r#"Uri.CheckHostName("::1")"#, "UriHostNameType IPv6"),
        (r#"Uri.CheckHostName("[::1]")"#, "UriHostNameType IPv6"),
        (r#"Uri.CheckHostName("a b")"#, "UriHostNameType Unknown"),
        (r#"Uri.CheckHostName("")"#, "UriHostNameType Unknown"),
        (r#"Uri.CheckHostName("a_b")"#, "UriHostNameType Dns"),
        (r#"Uri.CheckSchemeName("http")"#, "Boolean True"),
        (r#"Uri.CheckSchemeName("1a")"#, "Boolean False"),
        ("Uri.HexEscape('a')", "String %61"),
        ("Uri.FromHex('f')", "Int32 15"),
        ("Uri.FromHex('g')", "throw System.ArgumentException: digit"),
        ("Uri.IsHexDigit('g')", "Boolean False"),
        (
            r#"new Uri("https://user@example.com:8443/a/b?x=1#f").GetComponents(UriComponents.Scheme, UriFormat.UriEscaped)"#,
            "String https",
        ),
        (
            r#"new Uri("https://user@example.com:8443/a/b?x=1#f").GetComponents(UriComponents.UserInfo, UriFormat.UriEscaped)"#,
            "String user",
        ),
        (
            r#"new Uri("https://user@example.com:8443/a/b?x=1#f").GetComponents(UriComponents.Host, UriFormat.UriEscaped)"#,
            "String example.com",
        ),
        (
            r#"new Uri("https://user@example.com:8443/a/b?x=1#f").GetComponents(UriComponents.Port, UriFormat.UriEscaped)"#,
            "String 8443",
        ),
        (
            r#"new Uri("https://user@example.com/a/b?x=1#f").GetComponents(UriComponents.Port, UriFormat.UriEscaped)"#,
            "String ",
        ),
        (
            r#"new Uri("https://user@example.com/a/b?x=1#f").GetComponents(UriComponents.StrongPort, UriFormat.UriEscaped)"#,
            "String 443",
        ),
        (
            r#"new Uri("https://user@example.com:8443/a/b?x=1#f").GetComponents(UriComponents.Path, UriFormat.UriEscaped)"#,
            "String a/b",
        ),
        (
            r#"new Uri("https://user@example.com:8443/a/b?x=1#f").GetComponents(UriComponents.Query, UriFormat.UriEscaped)"#,
            "String x=1",
        ),
        (
            r#"new Uri("https://user@example.com:8443/a/b?x=1#f").GetComponents(UriComponents.Fragment, UriFormat.UriEscaped)"#,
            "String f",
        ),
        (
            r#"new Uri("https://user@example.com:8443/a/b?x=1#f").GetComponents(UriComponents.PathAndQuery, UriFormat.UriEscaped)"#,
            "String /a/b?x=1",
        ),
        (
            r#"new Uri("https://user@example.com:8443/a/b?x=1#f").GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped)"#,
            "String https://example.com:8443/a/b?x=1",
        ),
        (
            r#"new Uri("https://user@example.com:8443/a/b?x=1#f").GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)"#,
            "String https://example.com:8443",
        ),
        (
            r#"new Uri("https://user@example.com/a/b?x=1#f").GetComponents(UriComponents.HostAndPort, UriFormat.UriEscaped)"#,
            "String example.com:443",
        ),
        (
            r#"new Uri("https://user@example.com/a/b?x=1#f").GetComponents(UriComponents.StrongAuthority, UriFormat.UriEscaped)"#,
            "String user@example.com:443",
        ),
        (
            r#"new Uri("https://user@example.com/a/b?x=1#f").GetComponents(UriComponents.AbsoluteUri, UriFormat.UriEscaped)"#,
            "String https://user@example.com/a/b?x=1#f",
        ),
        (
            r#"new Uri("https://user@example.com/a/b?x=1#f").GetComponents(UriComponents.Path | UriComponents.KeepDelimiter, UriFormat.UriEscaped)"#,
            "String /a/b",
        ),
        (
            r#"new Uri("https://user@example.com/a/b?x=1#f").GetComponents(UriComponents.Query | UriComponents.KeepDelimiter, UriFormat.UriEscaped)"#,
            "String ?x=1",
        ),
        (
            r#"new Uri("https://user@example.com/a%20b?x=1#f").GetComponents(UriComponents.Path, UriFormat.Unescaped)"#,
            "String a b",
        ),
        (
            r#"new Uri("https://example.com/a/b/").IsBaseOf(new Uri("https://example.com/a/b/c"))"#,
            "Boolean True",
        ),
        (r#"new Uri("https://example.com/a/b").IsBaseOf(new Uri("https://example.com/x"))"#, "Boolean False"),
        (
            r#"new Uri("https://example.com/a/b").MakeRelativeUri(new Uri("https://example.com/a/c/d")).ToString()"#,
            "String c/d",
        ),
        (r#"new Uri("https://example.com/a b").IsWellFormedOriginalString()"#, "Boolean False"),
        (r#"new Uri("https://example.com/a b").OriginalString"#, "String https://example.com/a b"),
        (r#"new Uri("https://example.com/a b").HostNameType"#, "UriHostNameType Dns"),
        (r#"new Uri("https://example.com/").UserEscaped"#, "Boolean False"),
    ]);
}

#[test]
fn addresses_of_the_request_become_uris() {
    let request = json!({ "request": { "url": "https://gw.example.test:8443/a%20b/c?x=1&y=%C3%A9&x=a+b" } });
    for (source, wanted) in [
        ("context.Request.Url.ToUri().Host", "String gw.example.test"),
        ("context.Request.Url.ToUri().PathAndQuery", "String /a%20b/c?x=1&y=%C3%A9&x=a+b"),
        ("context.Request.OriginalUrl.ToUri().AbsolutePath", "String /a%20b/c"),
        (
            "context.Request.OriginalUrl.ToString()",
            "String https://gw.example.test:8443/a%20b/c?x=1&y=%C3%A9&x=a+b",
        ),
        ("context.Request.Url.Query[\"y\"][0]", "String é"),
        ("context.Request.Url.Query.GetValueOrDefault(\"x\")", "String 1,a b"),
        (
            "JsonConvert.SerializeObject(new { u = new Uri(\"/a\", UriKind.Relative) })",
            r#"String {"u":"/a"}"#,
        ),
    ] {
        assert_eq!(eval_in(source, request.clone()), wanted, "{source}");
    }
}
