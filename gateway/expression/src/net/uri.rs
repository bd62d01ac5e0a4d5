//! `System.Uri`, and `IUrl` as one.

use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::uri::{Absolute, HostNameType, Uri, UriError, UriKind, UriPartial, is_well_formed};
use crate::web;

/// What `Equals` looks at: all but the fragment.
pub(crate) fn key(uri: &Uri) -> String {
    match uri.absolute() {
        Ok(absolute) => format!("{}\0", absolute.left_part(UriPartial::Query)),
        Err(_) => uri.original().to_owned(),
    }
}

fn fail<'a, T>(cx: &mut Cx<'a, '_>, error: UriError) -> Eval<'a, T> {
    cx.throw(error.exception(), &error.to_string())
}

fn made<'a>(cx: &mut Cx<'a, '_>, uri: Uri) -> Eval<'a> {
    // The text as given and its parts, which escapes make longer.
    cx.arena.charge(uri.original().len() * 3)?;
    cx.new_object(Object::Uri(cx.arena.keep(uri)))
}

/// A `Uri` of its text.
pub(crate) fn new<'a>(cx: &mut Cx<'a, '_>, text: &str, kind: UriKind) -> Eval<'a> {
    cx.work(text.len())?;
    match Uri::new(text, kind) {
        Ok(uri) => made(cx, uri),
        Err(error) => fail(cx, error),
    }
}

fn kind<'a>(cx: &mut Cx<'a, '_>, number: i32) -> Eval<'a, UriKind> {
    match UriKind::from_number(number) {
        Some(kind) => Ok(kind),
        None => {
            let message = format!(
                "The value '{number}' passed for the UriKind parameter is invalid.\nParameter name: uriKind"
            );
            cx.throw("System.ArgumentException", &message)
        }
    }
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Uri> {
    match a.object(0) {
        Some(Object::Uri(uri)) => Ok(uri),
        _ => cx.null_reference(),
    }
}

/// What only absolute URIs have.
fn absolute<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Absolute> {
    match this(cx, a)?.absolute() {
        Ok(absolute) => Ok(absolute),
        Err(error) => fail(cx, error),
    }
}

/// The base of a call and what is relative to it.
fn resolved<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Result<Uri, UriError>> {
    let Some(Object::Uri(base)) = a.object(0) else { return cx.argument_null("baseUri") };
    let relative = match a.object(1) {
        Some(Object::Uri(uri)) => uri.original(),
        _ => a.opt_str(1).unwrap_or_default(),
    };
    cx.work(base.original().len() + relative.len())?;
    Ok(base.resolve(relative))
}

fn of_base<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match resolved(cx, a)? {
        Ok(uri) => made(cx, uri),
        Err(UriError::NotAbsolute) => {
            cx.out_of_range("baseUri", "Specified argument was out of the range of valid values.")
        }
        Err(error) => fail(cx, error),
    }
}

fn tried<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, found: Option<Uri>) -> Eval<'a> {
    let is_found = found.is_some();
    let uri = match found {
        Some(uri) => made(cx, uri)?,
        None => Value::Null,
    };
    a.out(2, uri);
    Ok(Value::Bool(is_found))
}

pub(crate) fn define(c: &mut Builder) {
    c.enumeration("System", "UriKind", &[("RelativeOrAbsolute", 0), ("Absolute", 1), ("Relative", 2)]);
    c.enumeration("System", "UriPartial", &[("Scheme", 0), ("Authority", 1), ("Path", 2), ("Query", 3)]);
    c.enumeration(
        "System",
        "UriHostNameType",
        &[("Unknown", 0), ("Basic", 1), ("Dns", 2), ("IPv4", 3), ("IPv6", 4)],
    );
    c.enumeration("System", "UriFormat", &[("UriEscaped", 1), ("Unescaped", 2), ("SafeUnescaped", 3)]);
    c.flags("System", "UriComponents", &COMPONENTS);
    c.define("System", "class Uri", |t| {
        making(t);
        statics(t);
        parts(t);
        asking(t);
    });
    c.extend("IUrl", |t| {
        t.add("Uri ToUri()", |cx, a| match a.value(0) {
            Value::Part(part) => {
                let text = super::context::url_text(cx, part);
                new(cx, &text, UriKind::Absolute)
            }
            _ => cx.null_reference(),
        });
    });
}

fn making(t: &mut TypeBuilder<'_>) {
    t.add("new(string uriString)", |cx, a| {
        let text = a.str(cx, 0, "uriString")?;
        new(cx, text, UriKind::Absolute)
    })
    .add("new(string uriString, UriKind uriKind)", |cx, a| {
        let text = a.str(cx, 0, "uriString")?;
        let kind = kind(cx, a.int(1))?;
        new(cx, text, kind)
    })
    .add("new(Uri baseUri, string relativeUri)", of_base)
    .add("new(Uri baseUri, Uri relativeUri)", |cx, a| match (a.is_null(0), a.is_null(1)) {
        (false, true) => cx.null_reference(),
        _ => of_base(cx, a),
    })
    .add("static bool TryCreate(string uriString, UriKind uriKind, out Uri result)", |cx, a| {
        let kind = kind(cx, a.int(1))?;
        let text = a.opt_str(0);
        cx.work(text.map_or(0, str::len))?;
        tried(cx, a, text.and_then(|text| Uri::new(text, kind).ok()))
    })
    .add("static bool TryCreate(Uri baseUri, string relativeUri, out Uri result)", try_resolve)
    .add("static bool TryCreate(Uri baseUri, Uri relativeUri, out Uri result)", try_resolve);
}

fn try_resolve<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    if a.is_null(0) || a.is_null(1) {
        return tried(cx, a, None);
    }
    let found = resolved(cx, a)?;
    tried(cx, a, found.ok())
}

fn escaped<'a>(
    cx: &mut Cx<'a, '_>,
    a: Args<'_, 'a>,
    name: &str,
    escape: fn(&str) -> Result<String, web::WebError>,
) -> Eval<'a> {
    let text = a.str(cx, 0, name)?;
    cx.work(text.len())?;
    match escape(text) {
        Ok(text) => cx.str(&text),
        Err(error) => cx.throw(error.exception(), &error.to_string()),
    }
}

fn hex_digit(unit: u16) -> Option<u32> {
    super::text::char_of(unit).to_digit(16)
}

fn statics(t: &mut TypeBuilder<'_>) {
    macro_rules! schemes {
        ($($name:literal $value:literal,)*) => {
            $(t.add(concat!("static string ", $name, " { get; }"), |_, _| Ok(Value::Str($value)));)*
        };
    }
    schemes! {
        "UriSchemeHttp" "http", "UriSchemeHttps" "https", "UriSchemeFtp" "ftp", "UriSchemeFile" "file",
        "UriSchemeMailto" "mailto", "UriSchemeGopher" "gopher", "UriSchemeNews" "news", "UriSchemeNntp" "nntp",
        "UriSchemeNetTcp" "net.tcp", "UriSchemeNetPipe" "net.pipe", "SchemeDelimiter" "://",
    }
    t.add("static string EscapeDataString(string stringToEscape)", |cx, a| {
        escaped(cx, a, "stringToEscape", web::escape_data)
    })
    .add("static string EscapeUriString(string stringToEscape)", |cx, a| {
        escaped(cx, a, "stringToEscape", web::escape_uri)
    })
    .add("static string UnescapeDataString(string stringToUnescape)", |cx, a| {
        escaped(cx, a, "stringToUnescape", |text| Ok(web::unescape_data(text)))
    })
    .add("static bool IsWellFormedUriString(string uriString, UriKind uriKind)", |cx, a| {
        let kind = kind(cx, a.int(1))?;
        Ok(Value::Bool(a.opt_str(0).is_some_and(|text| is_well_formed(text, kind))))
    })
    .add("static bool CheckSchemeName(string schemeName)", |_, a| {
        let is_fine = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '-' | '.');
        let name = a.opt_str(0).unwrap_or_default();
        Ok(Value::Bool(
            name.starts_with(|char: char| char.is_ascii_alphabetic()) && name.chars().all(is_fine),
        ))
    })
    .add("static UriHostNameType CheckHostName(string name)", |_, a| {
        let name = a.opt_str(0).unwrap_or_default();
        let plain = !name.is_empty() && !name.contains(['/', '?', '#', '@', '\\']);
        let ip6 = format!("[{name}]");
        let host = if name.contains(':') && !name.starts_with('[') { &ip6 } else { name };
        let uri = Uri::new(&format!("http://{host}"), UriKind::Absolute).ok().filter(|_| plain);
        let ty = uri.as_ref().and_then(|uri| uri.absolute().ok()).filter(|uri| uri.is_default_port());
        Ok(super::named("UriHostNameType", ty.map_or(0, |uri| host_type(uri.host_name_type()))))
    })
    .add("static string HexEscape(char character)", |cx, a| match u8::try_from(a.char(0)) {
        Ok(byte) => cx.str(&format!("%{byte:02X}")),
        Err(_) => cx.out_of_range("character", "Specified argument was out of the range of valid values."),
    })
    .add("static bool IsHexDigit(char character)", |_, a| Ok(Value::Bool(hex_digit(a.char(0)).is_some())))
    .add("static int FromHex(char digit)", |cx, a| match hex_digit(a.char(0)) {
        Some(digit) => Ok(Value::Int(digit.cast_signed())),
        None => cx.throw("System.ArgumentException", "digit"),
    })
    .add("static bool IsHexEncoding(string pattern, int index)", |cx, a| {
        let text = a.str(cx, 0, "pattern")?;
        cx.work(text.len())?;
        let mut units = text.encode_utf16().skip(usize::try_from(a.int(1)).unwrap_or(usize::MAX));
        let mut digit = |is: fn(u16) -> bool| units.next().is_some_and(is);
        let is_hex: fn(u16) -> bool = |unit| hex_digit(unit).is_some();
        Ok(Value::Bool(digit(|unit| unit == u16::from(b'%')) && digit(is_hex) && digit(is_hex)))
    })
    .add("static bool operator ==(Uri uri1, Uri uri2)", |_, a| Ok(Value::Bool(is_equal(a))))
    .add("static bool operator !=(Uri uri1, Uri uri2)", |_, a| Ok(Value::Bool(!is_equal(a))));
}

fn is_equal(a: Args<'_, '_>) -> bool {
    crate::run::equality::equals(a.value(0), a.value(1))
}

fn host_type(ty: HostNameType) -> i32 {
    match ty {
        HostNameType::Unknown => 0,
        HostNameType::Basic => 1,
        HostNameType::Dns => 2,
        HostNameType::IPv4 => 3,
        HostNameType::IPv6 => 4,
    }
}

fn parts(t: &mut TypeBuilder<'_>) {
    macro_rules! texts {
        ($($name:literal $of:expr,)*) => {
            $(t.add(concat!("string ", $name, " { get; }"), |cx, a| {
                let of: fn(&Absolute) -> String = $of;
                let text = of(absolute(cx, a)?);
                cx.str(&text)
            });)*
        };
    }
    texts! {
        "AbsolutePath" |it| it.path().to_owned(), "AbsoluteUri" |it| it.to_string(), "Authority" |it| it.authority(),
        "DnsSafeHost" |it| it.dns_safe_host(), "IdnHost" |it| it.dns_safe_host(), "Fragment" |it| it.fragment().to_owned(),
        "Host" |it| it.host().to_owned(), "LocalPath" |it| it.local_path(), "PathAndQuery" |it| it.path_and_query(),
        "Query" |it| it.query().to_owned(), "Scheme" |it| it.scheme().to_owned(), "UserInfo" |it| it.user_info().to_owned(),
    }
    macro_rules! flags {
        ($($name:literal $of:expr,)*) => {
            $(t.add(concat!("bool ", $name, " { get; }"), |cx, a| {
                let of: fn(&Absolute) -> bool = $of;
                Ok(Value::Bool(of(absolute(cx, a)?)))
            });)*
        };
    }
    flags! {
        "IsDefaultPort" |it| it.is_default_port(), "IsFile" |it| it.is_file(), "IsLoopback" |it| it.is_loopback(),
        "IsUnc" |it| it.is_file() && !it.host().is_empty(),
    }
    t.add("int Port { get; }", |cx, a| Ok(Value::Int(absolute(cx, a)?.port())))
        .add("string[] Segments { get; }", |cx, a| {
            let segments = absolute(cx, a)?.segments();
            cx.strings(segments.iter().map(String::as_str))
        })
        .add("UriHostNameType HostNameType { get; }", |cx, a| {
            let ty = absolute(cx, a)?.host_name_type();
            Ok(super::named("UriHostNameType", host_type(ty)))
        });
}

fn asking(t: &mut TypeBuilder<'_>) {
    t.add("bool IsAbsoluteUri { get; }", |cx, a| Ok(Value::Bool(this(cx, a)?.is_absolute())))
        .add("string OriginalString { get; }", |cx, a| {
            let uri = this(cx, a)?;
            cx.str(uri.original())
        })
        .add("bool UserEscaped { get; }", |_, _| Ok(Value::Bool(false)))
        .add("string ToString()", |cx, a| {
            let uri = this(cx, a)?;
            cx.str(&uri.to_string())
        })
        .add("string GetLeftPart(UriPartial part)", |cx, a| {
            let uri = absolute(cx, a)?;
            match UriPartial::from_number(a.int(1)) {
                Ok(part) => cx.str(&uri.left_part(part)),
                Err(error) => fail(cx, error),
            }
        })
        .add("string GetComponents(UriComponents components, UriFormat format)", |cx, a| {
            let uri = absolute(cx, a)?;
            let text = components(uri, a.int(1));
            match a.int(2) {
                1 => cx.str(&text),
                _ => cx.str(&web::unescape_data(&text)),
            }
        })
        .add("Uri MakeRelativeUri(Uri uri)", |cx, a| {
            let from = this(cx, a)?;
            let Some(Object::Uri(to)) = a.object(1) else { return cx.argument_null("uri") };
            match from.make_relative(to) {
                Ok(uri) => made(cx, uri),
                Err(error) => fail(cx, error),
            }
        })
        .add("bool IsBaseOf(Uri uri)", |cx, a| {
            let base = absolute(cx, a)?;
            let Some(Object::Uri(other)) = a.object(1) else { return cx.argument_null("uri") };
            let Ok(other) = other.absolute() else { return Ok(Value::Bool(true)) };
            let root = |uri: &Absolute| uri.left_part(UriPartial::Authority);
            let folder = base.path().rfind('/').map_or("", |slash| &base.path()[..=slash]);
            Ok(Value::Bool(root(base) == root(other) && other.path().starts_with(folder)))
        })
        .add("bool IsWellFormedOriginalString()", |cx, a| {
            let uri = this(cx, a)?;
            let kind = if uri.is_absolute() { UriKind::Absolute } else { UriKind::Relative };
            Ok(Value::Bool(is_well_formed(uri.original(), kind)))
        });
}

const SCHEME: i32 = 1;
const USER_INFO: i32 = 2;
const HOST: i32 = 4;
const PORT: i32 = 8;
const PATH: i32 = 16;
const QUERY: i32 = 32;
const FRAGMENT: i32 = 64;
const STRONG_PORT: i32 = 128;
const NORMALIZED_HOST: i32 = 256;
const KEEP_DELIMITER: i32 = 0x4000_0000;

const COMPONENTS: [(&str, i32); 16] = [
    ("Scheme", SCHEME),
    ("UserInfo", USER_INFO),
    ("Host", HOST),
    ("Port", PORT),
    ("Path", PATH),
    ("Query", QUERY),
    ("Fragment", FRAGMENT),
    ("StrongPort", STRONG_PORT),
    ("NormalizedHost", NORMALIZED_HOST),
    ("HostAndPort", HOST | STRONG_PORT),
    ("StrongAuthority", USER_INFO | HOST | STRONG_PORT),
    ("SchemeAndServer", SCHEME | HOST | PORT),
    ("HttpRequestUrl", SCHEME | HOST | PORT | PATH | QUERY),
    ("PathAndQuery", PATH | QUERY),
    ("AbsoluteUri", SCHEME | USER_INFO | HOST | PORT | PATH | QUERY | FRAGMENT),
    ("KeepDelimiter", KEEP_DELIMITER),
];

/// `GetComponents`, escaped: a part that stands alone has no sign before or behind it.
fn components(uri: &Absolute, wanted: i32) -> String {
    let has = |part: i32| wanted & part != 0;
    let keeps = has(KEEP_DELIMITER);
    let is_alone = |part: i32| !keeps && wanted & !KEEP_DELIMITER == part;
    let mut out = String::new();
    if has(SCHEME) {
        let start = uri.left_part(UriPartial::Scheme);
        out.push_str(if is_alone(SCHEME) { uri.scheme() } else { &start });
    }
    if has(USER_INFO) && !uri.user_info().is_empty() {
        out.push_str(uri.user_info());
        out.push_str(if is_alone(USER_INFO) { "" } else { "@" });
    }
    if has(HOST | NORMALIZED_HOST) {
        out.push_str(uri.host());
    }
    if uri.port() >= 0 && (has(STRONG_PORT) || has(PORT) && !uri.is_default_port()) {
        out.push_str(if is_alone(PORT) || is_alone(STRONG_PORT) { "" } else { ":" });
        out.push_str(&uri.port().to_string());
    }
    if has(PATH) {
        let path = uri.path();
        out.push_str(if is_alone(PATH) { path.strip_prefix('/').unwrap_or(path) } else { path });
    }
    for (part, text) in [(QUERY, uri.query()), (FRAGMENT, uri.fragment())] {
        if has(part) {
            out.push_str(if is_alone(part) { text.get(1..).unwrap_or_default() } else { text });
        }
    }
    out
}
