//! Tables of texts and what `Uri` makes of them.

use proptest::prelude::*;

use super::*;

fn absolute(text: &str) -> Absolute {
    let uri = Uri::new(text, UriKind::Absolute).unwrap_or_else(|error| panic!("{text}: {error}"));
    uri.absolute().unwrap().clone()
}

#[test]
fn properties_of_a_full_address() {
    let uri = absolute("HTTPS://User:Pass@Example.COM:8443/a/../b%20c/%7Ed/?q=%2F 1#f g");
    for (found, expected) in [
        (uri.to_string(), "https://User:Pass@example.com:8443/b%20c/~d/?q=%2F%201#f%20g"),
        (uri.scheme().to_owned(), "https"),
        (uri.host().to_owned(), "example.com"),
        (uri.dns_safe_host(), "example.com"),
        (uri.host_name_type().name().to_owned(), "Dns"),
        (uri.authority(), "example.com:8443"),
        (uri.user_info().to_owned(), "User:Pass"),
        (uri.port().to_string(), "8443"),
        (uri.path().to_owned(), "/b%20c/~d/"),
        (uri.local_path(), "/b c/~d/"),
        (uri.query().to_owned(), "?q=%2F%201"),
        (uri.fragment().to_owned(), "#f%20g"),
        (uri.path_and_query(), "/b%20c/~d/?q=%2F%201"),
        (uri.segments().join("|"), "/|b%20c/|~d/"),
        (uri.left_part(UriPartial::Scheme), "https://"),
        (uri.left_part(UriPartial::Authority), "https://User:Pass@example.com:8443"),
        (uri.left_part(UriPartial::Path), "https://User:Pass@example.com:8443/b%20c/~d/"),
        (uri.left_part(UriPartial::Query), "https://User:Pass@example.com:8443/b%20c/~d/?q=%2F%201"),
    ] {
        assert_eq!(found, expected);
    }
    assert!(!uri.is_default_port() && !uri.is_file() && !uri.is_loopback());
}

#[test]
fn addresses_are_normalized() {
    for (text, expected) in [
        ("http://example.com", "http://example.com/"),
        (" http://h/ ", "http://h/"),
        ("http://h?x=1", "http://h/?x=1"),
        ("http://h#x", "http://h/#x"),
        ("http://h/?", "http://h/?"),
        ("http://h?#", "http://h/?#"),
        ("http://h:80/", "http://h/"),
        ("http://h:080/", "http://h/"),
        ("http://h:/", "http://h/"),
        ("http://h:443/", "http://h:443/"),
        ("http://h:0/", "http://h:0/"),
        ("http://@h/", "http://@h/"),
        ("http://u é@h/", "http://u%20%C3%A9@h/"),
        ("http://u%40x:p@h/", "http://u%40x:p@h/"),
        ("http://h/a//b/../c/", "http://h/a//c/"),
        ("http://h/../../a", "http://h/a"),
        ("http://h/a/..", "http://h/"),
        ("http://h/a/.", "http://h/a/"),
        ("http://h/%2E%2E/a/%2e/b", "http://h/a/b"),
        ("http://h/a/.../.b/c.", "http://h/a/.../.b/c."),
        ("http://h/c?../d", "http://h/c?../d"),
        ("http://h/a?b?c#d#e", "http://h/a?b?c#d#e"),
        ("http://h/a%2fb%5cc\\d", "http://h/a%2fb%5cc/d"),
        ("https:\\\\h\\p", "https://h/p"),
        ("http://h/?\\", "http://h/?%5C"),
        ("http://h/%e9é€", "http://h/%e9%C3%A9%E2%82%AC"),
        ("http://h/%c3%a9%80", "http://h/%C3%A9%80"),
        ("http://h/%/%zz/%2", "http://h/%25/%25zz/%252"),
        ("http://h/[x]<>\"`{}|^", "http://h/[x]%3C%3E%22%60%7B%7D%7C%5E"),
        ("http://h/a;b=c,d!e$f&g'h(i)j*k+l:m@n", "http://h/a;b=c,d!e$f&g'h(i)j*k+l:m@n"),
        ("http://h/%21%27%28%29%2A%3A%2d%5f", "http://h/!'()*:-_"),
        ("http://h/%3B%40%26%3D%2B%24%2C%5B%5D%7F%1f%00", "http://h/%3B%40%26%3D%2B%24%2C%5B%5D%7F%1f%00"),
        ("custom://Host:12/P?q#f", "custom://host:12/P?q#f"),
        ("custom:///x", "custom:///x"),
        ("custom://", "custom:///"),
        ("urn:a/../b c", "urn:a/../b%20c"),
        ("urn:", "urn:"),
        ("h-t+t.p://h/", "h-t+t.p://h/"),
        ("mailto:é@H?subject=x", "mailto:%C3%A9@h?subject=x"),
        ("file:///c:/dir/f.txt", "file:///c:/dir/f.txt"),
        ("c:\\dir\\f g", "file:///c:/dir/f%20g"),
        ("c:/a%20?b#c", "file:///c:/a%2520%3Fb%23c"),
        ("file:///c|/x", "file:///c:/x"),
        ("\\\\Server\\share", "file://server/share"),
        ("file:///etc/x", "file:///etc/x"),
    ] {
        assert_eq!(absolute(text).to_string(), expected, "{text}");
    }
}

#[test]
fn hosts_have_kinds() {
    for (text, host, kind, is_loopback) in [
        ("http://Example.com./", "example.com.", "Dns", false),
        ("http://my_host/", "my_host", "Dns", false),
        ("http://exÄmple.com/", "exÄmple.com", "Dns", false),
        ("http://-a.com/", "-a.com", "Basic", false),
        ("http://1.2.3.256/", "1.2.3.256", "Dns", false),
        ("http://0x7f.1/", "127.0.0.1", "IPv4", true),
        ("http://256/", "0.0.1.0", "IPv4", false),
        ("http://[2001:DB8::1]:80/", "[2001:db8::1]", "IPv6", false),
        ("http://[::1]:/", "[::1]", "IPv6", true),
        ("http://LOCALHOST/", "localhost", "Dns", true),
        ("http://loopback/", "localhost", "Dns", true),
        ("file:///x", "", "Basic", true),
        ("urn:x", "", "Unknown", false),
        ("mailto:a@b.c", "b.c", "Dns", false),
    ] {
        let uri = absolute(text);
        assert_eq!(
            (uri.host(), uri.host_name_type().name(), uri.is_loopback()),
            (host, kind, is_loopback),
            "{text}"
        );
    }
    assert_eq!(absolute("http://[fe80::1%25eth0]/").dns_safe_host(), "fe80::1%25eth0");
    for (text, port) in [
        ("ftp://h", 21),
        ("ws://h", 80),
        ("wss://h", 443),
        ("net.tcp://h", 808),
        ("x://h", -1),
        ("file:///x", -1),
    ] {
        assert_eq!((absolute(text).port(), absolute(text).is_default_port()), (port, true), "{text}");
    }
}

#[test]
fn files_have_local_paths_and_left_parts() {
    for (text, local, segments, authority) in [
        ("file:///c:/dir/f%20g", "c:\\dir\\f g", "/|c:/|dir/|f%20g", ""),
        ("file://server/share/f", "\\\\server\\share\\f", "/|share/|f", "file://server"),
        ("file:///etc/x", "/etc/x", "/|etc/|x", "file://"),
        ("http://h/a%2Fb%FF", "/a/b%FF", "/|a%2Fb%FF", "http://h"),
        ("urn:a/b", "a/b", "a/|b", ""),
        ("mailto:a@b", "", "", ""),
    ] {
        let uri = absolute(text);
        let found = (uri.local_path(), uri.segments().join("|"), uri.left_part(UriPartial::Authority));
        assert_eq!(found, (local.to_owned(), segments.to_owned(), authority.to_owned()), "{text}");
    }
    assert_eq!(absolute("urn:a?b").left_part(UriPartial::Scheme), "urn:");
    assert_eq!(UriPartial::from_number(4), Err(UriError::Partial));
}

#[test]
fn text_is_what_people_read() {
    for (text, expected) in [
        ("http://h/a%20b/%41?x=%2F#%20%25", "http://h/a b/A?x=%2F# %25"),
        ("http://h/%C3%A9%80%e9", "http://h/é%80%E9"),
        ("http://h/%3C%5B%7B%5C%7F%3B%40", "http://h/<[{%5C%7F%3B%40"),
    ] {
        assert_eq!(Uri::new(text, UriKind::Absolute).unwrap().to_string(), expected, "{text}");
    }
    let relative = Uri::new("a b?%41", UriKind::RelativeOrAbsolute).unwrap();
    assert_eq!((relative.to_string().as_str(), relative.original()), ("a b?%41", "a b?%41"));
    assert_eq!(relative.absolute().unwrap_err().exception(), "System.InvalidOperationException");
}

#[test]
fn what_is_no_uri_says_why() {
    for (text, kind, expected) in [
        ("", UriKind::Absolute, UriError::Empty),
        ("x", UriKind::Absolute, UriError::Format),
        ("/a/b", UriKind::Absolute, UriError::Format),
        ("://x", UriKind::Absolute, UriError::Format),
        ("1http://h/", UriKind::Absolute, UriError::Scheme),
        ("a/b:c", UriKind::Absolute, UriError::Scheme),
        ("http:", UriKind::Absolute, UriError::Authority),
        ("http:/x", UriKind::Absolute, UriError::Authority),
        ("file:", UriKind::Absolute, UriError::Authority),
        ("http://", UriKind::Absolute, UriError::Host),
        ("http:///x", UriKind::RelativeOrAbsolute, UriError::Host),
        ("http://a..b/", UriKind::Absolute, UriError::Host),
        ("http://.h/", UriKind::Absolute, UriError::Host),
        ("http://a@b@c/", UriKind::Absolute, UriError::Host),
        ("http://h /", UriKind::Absolute, UriError::Host),
        ("http://h%41/", UriKind::Absolute, UriError::Host),
        ("http://[::g]/", UriKind::Absolute, UriError::Host),
        ("http://[::1/", UriKind::Absolute, UriError::Host),
        ("http://h:99999/", UriKind::Absolute, UriError::Port),
        ("http://h:a/", UriKind::Absolute, UriError::Port),
        ("a:b", UriKind::RelativeOrAbsolute, UriError::DosPath),
        ("http://h/", UriKind::Relative, UriError::NotRelative),
    ] {
        assert_eq!(Uri::new(text, kind).unwrap_err(), expected, "{text}");
    }
    for text in ["", "x", "/x", "?q", "#f", ":x", "1:b", "http:", "a b"] {
        assert!(!Uri::new(text, UriKind::RelativeOrAbsolute).unwrap().is_absolute(), "{text}");
    }
    let error = UriError::DosPath;
    assert_eq!(error.to_string(), r"Invalid URI: A Dos path must be rooted, for example, 'c:\\'.");
    assert_eq!(error.exception(), "System.UriFormatException");
}

#[test]
fn relative_addresses_resolve() {
    // RFC 3986 5.4, as far as .NET goes along.
    let base = Uri::new("http://a/b/c/d;p?q", UriKind::Absolute).unwrap();
    for (relative, expected) in [
        ("gg:h", "gg:h"),
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y#s", "http://a/b/c/g?y#s"),
        ("#s", "http://a/b/c/d;p?q#s"),
        (";x", "http://a/b/c/;x"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../..", "http://a/"),
        ("../../../g", "http://a/g"),
        ("/./g/../h", "http://a/h"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("http:g", "http://a/b/c/g"),
        ("https://z/y", "https://z/y"),
        (" c d ", "http://a/b/c/c%20d"),
        ("x\\y", "http://a/b/c/x/y"),
        ("\\\\x\\y", "file://x/y"),
        ("x/y:z", "http://a/b/c/x/y:z"),
    ] {
        let found = base.resolve(relative).unwrap();
        assert_eq!(found.absolute().unwrap().to_string(), expected, "{relative}");
    }
    for (base, relative, expected) in [
        ("http://u:p@a:81/b/", "/c", "http://u:p@a:81/c"),
        ("http://a", "x", "http://a/x"),
        ("http://a/b#f", "", "http://a/b#f"),
        ("urn:a/b", "c", "urn:a/c"),
        ("file:///c:/a/b", "/c", "file:///c:/c"),
        ("file:///c:/a/b", "../../../c", "file:///c:/c"),
        ("http://[::1]:81/x", "y", "http://[::1]:81/y"),
    ] {
        let found = Uri::new(base, UriKind::Absolute).unwrap().resolve(relative).unwrap();
        assert_eq!(found.absolute().unwrap().to_string(), expected, "{base} {relative}");
    }
    for (relative, expected) in
        [("g:h", UriError::DosPath), ("https:g", UriError::Authority), ("//", UriError::Host)]
    {
        assert_eq!(base.resolve(relative).unwrap_err(), expected, "{relative}");
    }
    let relative = Uri::new("x", UriKind::Relative).unwrap();
    assert_eq!(relative.resolve("y").unwrap_err(), UriError::NotAbsolute);
}

#[test]
fn way_from_one_address_to_another() {
    for (from, to, expected) in [
        ("http://a/b/c", "http://a/b/d", "d"),
        ("http://a/b/c", "http://a/b/c", ""),
        ("http://a/b/c", "http://a/x/y?q#f", "../x/y?q#f"),
        ("http://a/b/c/", "http://a/b/", "../"),
        ("http://a/b/", "http://a/b", "../b"),
        ("http://a/b/c", "http://a/b/", "./"),
        ("http://a/b/c", "http://a/b/e:f", "./e:f"),
        ("http://a/B/c", "http://a/b/d", "../b/d"),
        ("http://a:80/b", "http://u@a/c", "c"),
        ("http://a/b", "https://a/b", "https://a/b"),
        ("http://a/b", "http://x/", "http://x/"),
        ("file:///c:/a/b", "file:///c:/A/c", "c"),
    ] {
        let uri = |text: &str| Uri::new(text, UriKind::Absolute).unwrap();
        assert_eq!(uri(from).make_relative(&uri(to)).unwrap().to_string(), expected, "{from} {to}");
    }
}

#[test]
fn well_formed_text_needs_no_repair() {
    use UriKind::{Absolute, Relative, RelativeOrAbsolute as Either};
    for (text, kind, expected) in [
        ("http://h", Absolute, true),
        ("HTTP://H:80/a/../b?a?b#c", Absolute, true),
        ("http://h/é%20(a)!*'", Absolute, true),
        ("file:///c:/x", Absolute, true),
        ("mailto:a@b", Absolute, true),
        ("urn:a", Absolute, true),
        ("http://h/a b", Absolute, false),
        ("http://a b@h/", Absolute, false),
        ("http://h/%zz", Absolute, false),
        ("http://h/a[b]", Absolute, false),
        ("http://h/#a#b", Absolute, false),
        ("http://h\\a", Absolute, false),
        ("c:\\x", Absolute, false),
        ("/a", Absolute, false),
        ("", Absolute, false),
        ("/a", Relative, true),
        ("a", Either, true),
        ("%41", Relative, true),
        ("%4", Relative, false),
        ("a b", Relative, false),
        ("a\\b", Relative, false),
        ("a:b", Relative, false),
        ("http:", Relative, false),
        ("http://h/", Relative, false),
    ] {
        assert_eq!(is_well_formed(text, kind), expected, "{text}");
    }
}

#[test]
fn lengths_are_bounded() {
    let new = |text: String| Uri::new(&text, UriKind::Absolute).map(|_| ());
    let long = |units: usize| format!("http://h/{}", "é".repeat(units - 9));
    assert_eq!(new(long(URI_UNITS_MAX)), Ok(()));
    assert_eq!(new(long(URI_UNITS_MAX + 1)), Err(UriError::TooLong));
    let scheme = |len: usize| format!("{}:x", "s".repeat(len));
    assert_eq!(new(scheme(SCHEME_BYTES_MAX)), Ok(()));
    assert_eq!(new(scheme(SCHEME_BYTES_MAX + 1)), Err(UriError::SchemeTooLong));
    let label = |len: usize| absolute(&format!("http://{}/", "a".repeat(len))).host_name_type().name();
    assert_eq!((label(63), label(64)), ("Dns", "Basic"));
}

proptest! {
    #[test]
    fn hostile_text_never_panics(text in r"[a-c:/?#\[\]@%.\\0-9é \-]{0,24}", prefix in prop_oneof![Just(""), Just("http://"), Just("file:"), Just("c:\\"), Just("mailto:")]) {
        let base = Uri::new("http://a/b/c", UriKind::Absolute).unwrap();
        let text = format!("{prefix}{text}");
        let _ = (is_well_formed(&text, UriKind::Absolute), is_well_formed(&text, UriKind::Relative), base.resolve(&text));
        if let Ok(uri) = Uri::new(&text, UriKind::RelativeOrAbsolute) {
            let _ = (uri.to_string(), base.make_relative(&uri));
            if let Ok(absolute) = uri.absolute() {
                let _ = (absolute.local_path(), absolute.segments(), absolute.dns_safe_host(), absolute.is_loopback());
                // What was normalized stays as it is.
                let again = Uri::new(&absolute.to_string(), UriKind::Absolute).map(|again| again.absolute().map(Absolute::to_string));
                prop_assert_eq!(again, Ok(Ok(absolute.to_string())), "{}", text);
            }
        }
    }
}
