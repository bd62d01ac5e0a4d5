//! `System.Net.WebUtility`, and `System.Net.IPAddress`.

use crate::ip::{AddressFamily, IpAddress};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::web;

/// A text by what is done to it; null stays null.
fn each<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, change: fn(&str) -> String) -> Eval<'a> {
    let Some(text) = a.opt_str(0) else { return Ok(Value::Null) };
    cx.work(text.len())?;
    let changed = change(text);
    cx.str(&changed)
}

pub(crate) fn define(c: &mut Builder) {
    c.define("System.Net", "static class WebUtility", |t| {
        t.add("static string UrlEncode(string value)", |cx, a| each(cx, a, web::url_encode))
            .add("static string UrlDecode(string encodedValue)", |cx, a| each(cx, a, web::url_decode))
            .add("static string HtmlEncode(string value)", |cx, a| each(cx, a, web::html_encode))
            .add("static string HtmlDecode(string value)", |cx, a| each(cx, a, web::html_decode));
        for (declared, change) in [
            (
                "static byte[] UrlEncodeToBytes(byte[] encodedValue, int offset, int count)",
                encode_bytes as crate::run::Native,
            ),
            ("static byte[] UrlDecodeToBytes(byte[] encodedValue, int offset, int count)", decode_bytes),
        ] {
            t.add(declared, change);
        }
    });
    c.enumeration(
        "System.Net.Sockets",
        "AddressFamily",
        &[("Unknown", -1), ("Unspecified", 0), ("InterNetwork", 2), ("InterNetworkV6", 23)],
    );
    c.define("System.Net", "class IPAddress", addresses);
}

/// The bytes that an offset and a count name; null for no bytes.
fn range<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, Option<Vec<u8>>> {
    if a.is_null(0) && a.int(2) == 0 {
        return Ok(None);
    }
    let bytes = a.bytes(cx, 0, "encodedValue")?;
    let outside = "Specified argument was out of the range of valid values.";
    let Some(start) = usize::try_from(a.int(1)).ok().filter(|start| *start <= bytes.len()) else {
        return cx.out_of_range("offset", outside);
    };
    let part = usize::try_from(a.int(2)).ok().and_then(|count| bytes.get(start..start.saturating_add(count)));
    match part {
        Some(part) => Ok(Some(part.to_vec())),
        None => cx.out_of_range("count", outside),
    }
}

fn encode_bytes<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match range(cx, a)? {
        Some(bytes) => cx.bytes(web::url_encode_bytes(&bytes).as_bytes()),
        None => Ok(Value::Null),
    }
}

fn decode_bytes<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    match range(cx, a)? {
        Some(bytes) => cx.bytes(&web::url_decode_bytes(&bytes)),
        None => Ok(Value::Null),
    }
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, IpAddress> {
    match a.object(0) {
        Some(Object::IpAddress(address)) => Ok(*address),
        _ => cx.null_reference(),
    }
}

fn addresses(t: &mut TypeBuilder<'_>) {
    t.add("static IPAddress Parse(string ipString)", |cx, a| {
        let text = a.str(cx, 0, "ipString")?;
        match IpAddress::parse(text) {
            Ok(address) => cx.new_object(Object::IpAddress(address)),
            Err(error) => cx.throw(error.exception(), &error.to_string()),
        }
    })
    .add("static bool TryParse(string ipString, out IPAddress address)", |cx, a| {
        let found = a.opt_str(0).and_then(|text| IpAddress::parse(text).ok());
        let address = match found {
            Some(address) => cx.new_object(Object::IpAddress(address))?,
            None => Value::Null,
        };
        a.out(1, address);
        Ok(Value::Bool(found.is_some()))
    })
    .add("static bool IsLoopback(IPAddress address)", |cx, a| match a.object(0) {
        Some(Object::IpAddress(address)) => Ok(Value::Bool(address.is_loopback())),
        _ => cx.argument_null("address"),
    })
    .add("AddressFamily AddressFamily { get; }", |cx, a| {
        let number = match this(cx, a)?.family() {
            AddressFamily::InterNetwork => 2,
            AddressFamily::InterNetworkV6 => 23,
        };
        Ok(super::named("AddressFamily", number))
    })
    .add("byte[] GetAddressBytes()", |cx, a| {
        let address = this(cx, a)?;
        cx.bytes(&address.bytes())
    })
    .add("string ToString()", |cx, a| {
        let address = this(cx, a)?;
        cx.str(&address.to_string())
    });
}
