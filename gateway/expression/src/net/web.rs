//! `System.Uri`, `System.Net.WebUtility`, `System.Net.IPAddress`.

use crate::ip::{AddressFamily, IpAddress};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::uri::{Absolute, Uri, UriError, UriKind, UriPartial};
use crate::web;

impl<'a> Cx<'a, '_> {
    /// What addresses give, or throw.
    fn uri<T>(&mut self, result: Result<T, UriError>) -> Eval<'a, T> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => self.throw(error.exception(), &error.to_string()),
        }
    }
}

fn keep<'a>(cx: &mut Cx<'a, '_>, uri: Uri) -> Eval<'a> {
    cx.arena.charge(uri.original().len() * 2)?;
    let uri: &'a Uri = cx.arena.keep(uri);
    cx.new_object(Object::Uri(uri))
}

/// `new Uri(text)`.
pub(crate) fn uri<'a>(cx: &mut Cx<'a, '_>, text: &str) -> Eval<'a> {
    make(cx, text, UriKind::RelativeOrAbsolute)
}

fn make<'a>(cx: &mut Cx<'a, '_>, text: &str, kind: UriKind) -> Eval<'a> {
    cx.work(text.len() * 4)?;
    let made = cx.uri(Uri::new(text, kind))?;
    keep(cx, made)
}

fn given<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize, name: &str) -> Eval<'a, &'a Uri> {
    match a.object(at) {
        Some(Object::Uri(uri)) => Ok(uri),
        _ if at == 0 => cx.null_reference(),
        _ => cx.argument_null(name),
    }
}

fn kind(value: Value<'_>) -> UriKind {
    match value {
        Value::Enum(_, 0) => UriKind::RelativeOrAbsolute,
        Value::Enum(_, 2) => UriKind::Relative,
        _ => UriKind::Absolute,
    }
}

/// A property of an absolute address.
fn absolute<'a, T>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, read: impl FnOnce(&Absolute) -> T) -> Eval<'a, T> {
    let uri = given(cx, a, 0, "uri")?;
    let parts = cx.uri(uri.absolute())?;
    Ok(read(parts))
}

fn resolve<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, relative: &str) -> Eval<'a> {
    let base = given(cx, a, 0, "baseUri")?;
    cx.work(relative.len() * 4)?;
    let made = cx.uri(base.resolve(relative))?;
    keep(cx, made)
}

pub(crate) fn define(c: &mut Builder) {
    c.enumeration("System", "UriKind", &[("RelativeOrAbsolute", 0), ("Absolute", 1), ("Relative", 2)]);
    c.enumeration("System", "UriPartial", &[("Scheme", 0), ("Authority", 1), ("Path", 2), ("Query", 3)]);
    c.enumeration(
        "System",
        "UriHostNameType",
        &[("Unknown", 0), ("Basic", 1), ("Dns", 2), ("IPv4", 3), ("IPv6", 4)],
    );
    c.define("System", "class Uri", |t| {
        making(t);
        parts(t);
        escaping(t);
        t.add("static bool operator ==(Uri uri1, Uri uri2)", |_, a| {
            Ok(Value::Bool(crate::run::equality::equals(a.value(0), a.value(1))))
        })
        .add("static bool operator !=(Uri uri1, Uri uri2)", |_, a| {
            Ok(Value::Bool(!crate::run::equality::equals(a.value(0), a.value(1))))
        });
    });
    c.extend("IUrl", |t| {
        t.add("Uri ToUri()", |cx, a| {
            let text = super::text::display(cx, a.value(0))?;
            make(cx, text, UriKind::Absolute)
        });
    });
    c.define("System.Net", "static class WebUtility", |t| {
        macro_rules! convert {
            ($($name:literal $parameter:literal $run:path,)*) => {
                $(t.add(concat!("static string ", $name, "(string ", $parameter, ")"), |cx, a| {
                    let Some(text) = a.opt_str(0) else { return Ok(Value::Null) };
                    cx.work(text.len() * 4)?;
                    cx.str(&$run(text))
                });)*
            };
        }
        convert! {
            "UrlEncode" "value" web::url_encode,
            "UrlDecode" "encodedValue" web::url_decode,
            "HtmlEncode" "value" web::html_encode,
            "HtmlDecode" "value" web::html_decode,
        }
    });
    addresses(c);
}

fn making(t: &mut TypeBuilder<'_>) {
    t.add("new(string uriString)", |cx, a| {
        let text = a.str(cx, 0, "uriString")?;
        make(cx, text, UriKind::Absolute)
    })
    .add("new(string uriString, UriKind uriKind)", |cx, a| {
        let text = a.str(cx, 0, "uriString")?;
        make(cx, text, kind(a.value(1)))
    })
    .add("new(Uri baseUri, string relativeUri)", |cx, a| {
        if a.is_null(0) {
            return cx.argument_null("baseUri");
        }
        resolve(cx, a, a.opt_str(1).unwrap_or_default())
    })
    .add("new(Uri baseUri, Uri relativeUri)", |cx, a| {
        if a.is_null(0) {
            return cx.argument_null("baseUri");
        }
        let relative = given(cx, a, 1, "relativeUri")?.original().to_owned();
        resolve(cx, a, &relative)
    })
    .add("static bool TryCreate(string uriString, UriKind uriKind, out Uri result)", |cx, a| {
        let made = a.opt_str(0).and_then(|text| Uri::new(text, kind(a.value(1))).ok());
        give(cx, a, 2, made)
    })
    .add("static bool TryCreate(Uri baseUri, string relativeUri, out Uri result)", |cx, a| {
        let made = match (a.object(0), a.opt_str(1)) {
            (Some(Object::Uri(base)), Some(relative)) => base.resolve(relative).ok(),
            _ => None,
        };
        give(cx, a, 2, made)
    })
    .add("static bool IsWellFormedUriString(string uriString, UriKind uriKind)", |_, a| {
        Ok(Value::Bool(a.opt_str(0).is_some_and(|text| crate::uri::is_well_formed(text, kind(a.value(1))))))
    })
    .add("Uri MakeRelativeUri(Uri uri)", |cx, a| {
        let (from, to) = (given(cx, a, 0, "uri")?, given(cx, a, 1, "uri")?);
        let made = cx.uri(from.make_relative(to))?;
        keep(cx, made)
    })
    .add("static string UriSchemeHttp { get; }", |_, _| Ok(Value::Str("http")))
    .add("static string UriSchemeHttps { get; }", |_, _| Ok(Value::Str("https")))
    .add("static string SchemeDelimiter { get; }", |_, _| Ok(Value::Str("://")));
}

fn give<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, at: usize, made: Option<Uri>) -> Eval<'a> {
    let is_made = made.is_some();
    let value = match made {
        Some(uri) => keep(cx, uri)?,
        None => Value::Null,
    };
    a.out(at, value);
    Ok(Value::Bool(is_made))
}

fn parts(t: &mut TypeBuilder<'_>) {
    macro_rules! texts {
        ($($name:literal $read:expr,)*) => {
            $(t.add(concat!("string ", $name, " { get; }"), |cx, a| {
                let text = absolute(cx, a, $read)?;
                cx.str(&text)
            });)*
        };
    }
    texts! {
        "AbsolutePath" |it| it.path().to_owned(),
        "AbsoluteUri" |it| it.to_string(),
        "Authority" |it| it.authority(),
        "DnsSafeHost" |it| it.dns_safe_host(),
        "IdnHost" |it| it.dns_safe_host(),
        "Fragment" |it| it.fragment().to_owned(),
        "Host" |it| it.host().to_owned(),
        "LocalPath" |it| it.local_path(),
        "PathAndQuery" |it| it.path_and_query(),
        "Query" |it| it.query().to_owned(),
        "Scheme" |it| it.scheme().to_owned(),
        "UserInfo" |it| it.user_info().to_owned(),
    }
    t.add("int Port { get; }", |cx, a| absolute(cx, a, Absolute::port).map(Value::Int))
        .add("bool IsDefaultPort { get; }", |cx, a| {
            absolute(cx, a, Absolute::is_default_port).map(Value::Bool)
        })
        .add("bool IsFile { get; }", |cx, a| absolute(cx, a, Absolute::is_file).map(Value::Bool))
        .add("bool IsLoopback { get; }", |cx, a| absolute(cx, a, Absolute::is_loopback).map(Value::Bool))
        .add("string[] Segments { get; }", |cx, a| {
            let segments = absolute(cx, a, Absolute::segments)?;
            cx.strings(segments.iter().map(String::as_str))
        })
        .add("UriHostNameType HostNameType { get; }", |cx, a| {
            let kind = absolute(cx, a, Absolute::host_name_type)?;
            Ok(super::named("UriHostNameType", kind as i32))
        })
        .add("bool IsAbsoluteUri { get; }", |cx, a| Ok(Value::Bool(given(cx, a, 0, "uri")?.is_absolute())))
        .add("string OriginalString { get; }", |cx, a| {
            let uri = given(cx, a, 0, "uri")?;
            Ok(Value::Str(uri.original()))
        })
        .add("string GetLeftPart(UriPartial part)", |cx, a| {
            let part = cx.uri(UriPartial::from_number(a.int(1)))?;
            let text = absolute(cx, a, |it| it.left_part(part))?;
            cx.str(&text)
        })
        .add("bool IsBaseOf(Uri uri)", |cx, a| {
            let (base, other) = (given(cx, a, 0, "uri")?, given(cx, a, 1, "uri")?);
            let base = cx.uri(base.absolute())?;
            let directory = base.left_part(UriPartial::Path);
            let directory = directory.rfind('/').map_or("", |at| &directory[..=at]);
            Ok(Value::Bool(
                other.absolute().is_ok_and(|other| other.left_part(UriPartial::Path).starts_with(directory)),
            ))
        });
}

fn escaping(t: &mut TypeBuilder<'_>) {
    t.add("static string EscapeDataString(string stringToEscape)", |cx, a| {
        let text = a.str(cx, 0, "stringToEscape")?;
        cx.work(text.len() * 4)?;
        match web::escape_data(text) {
            Ok(text) => cx.str(&text),
            Err(error) => cx.throw(error.exception(), &error.to_string()),
        }
    })
    .add("static string EscapeUriString(string stringToEscape)", |cx, a| {
        let text = a.str(cx, 0, "stringToEscape")?;
        cx.work(text.len() * 4)?;
        match web::escape_uri(text) {
            Ok(text) => cx.str(&text),
            Err(error) => cx.throw(error.exception(), &error.to_string()),
        }
    })
    .add("static string UnescapeDataString(string stringToUnescape)", |cx, a| {
        let text = a.str(cx, 0, "stringToUnescape")?;
        cx.work(text.len() * 4)?;
        cx.str(&web::unescape_data(text))
    })
    .add("static string HexEscape(char character)", |cx, a| {
        let text = format!("%{:02X}", a.char(0));
        cx.str(&text)
    })
    .add("static bool CheckSchemeName(string schemeName)", |_, a| {
        let mut chars = a.this_str().chars();
        let starts = chars.next().is_some_and(|char| char.is_ascii_alphabetic());
        Ok(Value::Bool(starts && chars.all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))))
    });
}

fn address<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, IpAddress> {
    match a.object(0) {
        Some(Object::IpAddress(address)) => Ok(*address),
        _ => cx.null_reference(),
    }
}

fn addresses(c: &mut Builder) {
    c.enumeration(
        "System.Net.Sockets",
        "AddressFamily",
        &[("Unspecified", 0), ("InterNetwork", 2), ("InterNetworkV6", 23)],
    );
    c.define("System.Net", "class IPAddress", |t| {
        t.add("static IPAddress Parse(string ipString)", |cx, a| {
            let text = a.str(cx, 0, "ipString")?;
            match IpAddress::parse(text) {
                Ok(found) => cx.new_object(Object::IpAddress(found)),
                Err(error) => cx.throw(error.exception(), &error.to_string()),
            }
        })
        .add("static bool TryParse(string ipString, out IPAddress address)", |cx, a| {
            let found = a.opt_str(0).and_then(|text| IpAddress::parse(text).ok());
            let value = match found {
                Some(found) => cx.new_object(Object::IpAddress(found))?,
                None => Value::Null,
            };
            a.out(1, value);
            Ok(Value::Bool(found.is_some()))
        })
        .add("static bool IsLoopback(IPAddress address)", |cx, a| {
            Ok(Value::Bool(address(cx, a)?.is_loopback()))
        })
        .add("byte[] GetAddressBytes()", |cx, a| {
            let bytes = address(cx, a)?.bytes();
            cx.bytes(&bytes)
        })
        .add("AddressFamily AddressFamily { get; }", |cx, a| {
            let family = match address(cx, a)?.family() {
                AddressFamily::InterNetwork => 2,
                AddressFamily::InterNetworkV6 => 23,
            };
            Ok(super::named("AddressFamily", family))
        });
    });
}
