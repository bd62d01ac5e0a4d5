//! Rules of the specification that tie several fields together.
//!
//! One idea: one small function per object; the table of `shape` has checked each field by itself
//! before. Must not know the model.

use crate::check::Check;
use crate::cursor::Cursor;
use crate::edition::Edition;
use crate::reference;
use crate::shape::Object;
use crate::text::{is_token, shorten};
use std::collections::BTreeSet;

/// Rules of one object whose fields have been checked.
pub(crate) fn of_object<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>, object: Object) {
    match object {
        Object::ServerVariable => server_variable(check, at),
        Object::Paths => paths(check, at),
        Object::PathItem => path_item(check, at),
        Object::Operation => query_strings(check, at, at),
        Object::Parameter => parameter(check, at),
        Object::Header => exclusive(check, at, &["example", "examples"]),
        Object::MediaType => {
            exclusive(check, at, &["example", "examples"]);
            encodings(check, at);
        }
        Object::Encoding => encodings(check, at),
        Object::Example => example(check, at),
        Object::Response => header_names(check, at),
        Object::Responses => responses(check, at),
        Object::SecurityScheme => security_scheme(check, at),
        Object::OAuthFlows => flows(check, at),
        Object::Schema => schema(check, at),
        Object::Xml => xml(check, at),
        _ => {}
    }
}

/// Rules over the whole document.
pub(crate) fn whole_document<'a>(check: &mut Check<'a, '_>, root: &Cursor<'a>) {
    let mut seen = BTreeSet::new();
    for (_, item) in root.get("paths").iter().flat_map(Cursor::entries) {
        for (_, operation) in item.entries() {
            let Some(id) = operation.get("operationId") else { continue };
            let Some(text) = id.node.as_str() else { continue };
            if !seen.insert(text) {
                check
                    .findings
                    .warn(&id, format!("`operationId: {}` stands at more than one operation", shorten(text)));
            }
        }
    }
}

fn server_variable<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    let Some(allowed) = at.get("enum") else { return };
    let Some(default) = at.text("default") else { return };
    if !allowed.items().any(|item| item.node.scalar_text() == Some(default)) {
        check
            .findings
            .warn(&allowed, format!("the default `{}` is none of the allowed values", shorten(default)));
    }
}

fn paths<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    for (key, item) in at.entries() {
        if !key.starts_with("x-") && !item.is_mapping() {
            check.findings.warn(&item, format!("`{}` has no operations and is left out", shorten(key)));
        }
    }
}

fn path_item<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    for (key, _) in at.get("additionalOperations").iter().flat_map(Cursor::entries) {
        if at.has(&key.to_ascii_lowercase()) || FIXED_METHODS.contains(&key) {
            check.findings.warn(
                at,
                format!("`{}` has a field of its own and is no additional operation", shorten(key)),
            );
        }
    }
    for (_, operation) in at.entries().filter(|(key, _)| *key != "parameters") {
        repeated_parameters(check, &operation);
        if at.has("parameters") && operation.has("parameters") {
            query_strings(check, at, &operation);
        }
    }
    repeated_parameters(check, at);
    query_strings(check, at, at);
}

const FIXED_METHODS: &[&str] =
    &["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE", "QUERY"];

fn repeated_parameters<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    let mut seen = BTreeSet::new();
    for item in at.get("parameters").iter().flat_map(Cursor::items) {
        let Ok(target) = reference::follow(check.root, item.clone()) else { continue };
        let (Some(name), Some(place)) = (target.text("name"), target.text("in")) else { continue };
        if !seen.insert((name, place)) {
            check.findings.warn(
                &item,
                format!("{place} parameter `{}` is described twice; the last one counts", shorten(name)),
            );
        }
    }
}

/// A parameter for the whole query string stands alone.
fn query_strings<'a>(check: &mut Check<'a, '_>, shared: &Cursor<'a>, own: &Cursor<'a>) {
    if check.edition < Edition::V32 {
        return;
    }
    let mut counts = (0, 0);
    let lists = [shared, own].into_iter().take(if shared.pointer == own.pointer { 1 } else { 2 });
    for item in lists.filter_map(|at| at.get("parameters")).flat_map(|list| list.items()) {
        let Ok(target) = reference::follow(check.root, item) else { continue };
        match target.text("in") {
            Some("querystring") => counts.0 += 1,
            Some("query") => counts.1 += 1,
            _ => {}
        }
    }
    if counts.0 > 1 || (counts.0 == 1 && counts.1 > 0) {
        check
            .findings
            .warn(own, "a parameter for the whole query string cannot stand beside others of the query");
    }
}

fn parameter<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    exclusive(check, at, &["example", "examples"]);
    exclusive(check, at, &["schema", "content"]);
    let (name, place) = (at.text("name").unwrap_or_default(), at.text("in").unwrap_or_default());
    let mut say = |message: String| check.findings.warn(at, message);
    let edition = check.edition;
    match place {
        "path" => {
            if !at.flag("required") {
                say(format!("path parameter `{}` must say `required: true`", shorten(name)));
            }
            if name.contains(['{', '}', '/', '?', '#']) {
                say(format!("`{}` cannot be the name of a path parameter", shorten(name)));
            }
        }
        "header" if !is_token(name) => say(format!("`{}` cannot be the name of a header", shorten(name))),
        "body" | "formData" if edition != Edition::V2 => {
            say(format!(
                "`in: {place}` is of OpenAPI 2; `requestBody` says it now, and the parameter is left out"
            ));
        }
        "cookie" if edition == Edition::V2 => say("`in: cookie` does not exist in OpenAPI 2".to_owned()),
        "querystring" if edition != Edition::V32 => {
            say("`in: querystring` exists since OpenAPI 3.2".to_owned())
        }
        _ => {}
    }
    if edition == Edition::V2 {
        let needed = if place == "body" { "schema" } else { "type" };
        if !at.has(needed) {
            say(format!("`{needed}` is missing in a parameter"));
        }
        return;
    }
    if !at.has("schema") && !at.has("content") {
        say("a parameter needs `schema` or `content`".to_owned());
    }
    let style = at.text("style");
    let is_encoded = matches!((place, style), ("query", _) | ("cookie", None | Some("form")));
    let is_misplaced = edition >= Edition::V31 && at.has("allowReserved") && !is_encoded;
    if is_misplaced {
        say(format!("`allowReserved` means nothing for a {place} parameter of this style"));
    }
    if let (Some("cookie"), true) = (style, edition < Edition::V32) {
        say("`style: cookie` exists since OpenAPI 3.2".to_owned());
    }
    if place == "querystring" && ["schema", "style", "explode", "allowReserved"].iter().any(|key| at.has(key))
    {
        say("a parameter for the whole query string has `content` and no `schema` or `style`".to_owned());
    }
}

fn encodings<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    exclusive(check, at, &["encoding", "prefixEncoding"]);
    exclusive(check, at, &["encoding", "itemEncoding"]);
}

fn example<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    exclusive(check, at, &["value", "externalValue"]);
    exclusive(check, at, &["value", "dataValue"]);
    exclusive(check, at, &["value", "serializedValue"]);
    exclusive(check, at, &["serializedValue", "externalValue"]);
}

fn header_names<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    for (name, header) in at.get("headers").iter().flat_map(Cursor::entries) {
        if !is_token(name) {
            check.findings.warn(&header, format!("`{}` cannot be the name of a header", shorten(name)));
        }
    }
}

fn responses<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    for (code, response) in at.entries() {
        if code.starts_with("x-") {
            continue;
        }
        let is_code = code.len() == 3
            && matches!(code.as_bytes()[0], b'1'..=b'5')
            && (code.ends_with("XX") || code.bytes().all(|b| b.is_ascii_digit()));
        if !is_code && code != "default" {
            check.findings.warn(
                &response,
                format!("`{}` is no status code: 100 to 599, `2XX` or `default` is expected", shorten(code)),
            );
        }
    }
}

fn security_scheme<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    let needed: &[&str] = match (at.text("type"), check.edition) {
        (Some("apiKey"), _) => &["name", "in"],
        (Some("oauth2"), Edition::V2) => &["flow", "scopes"],
        (Some("oauth2"), _) => &["flows"],
        (Some("http"), _) => &["scheme"],
        (Some("openIdConnect"), _) => &["openIdConnectUrl"],
        _ => &[],
    };
    for key in needed {
        if !at.has(key) {
            check.findings.warn(at, format!("`{key}` is missing in a security scheme of this type"));
        }
    }
}

fn flows<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    for (name, flow) in at.entries().filter(|(_, flow)| flow.is_mapping()) {
        let needed: &[&str] = match name {
            "implicit" => &["authorizationUrl"],
            "password" | "clientCredentials" => &["tokenUrl"],
            "authorizationCode" => &["authorizationUrl", "tokenUrl"],
            _ => &[],
        };
        for key in needed {
            if !flow.has(key) {
                check.findings.warn(&flow, format!("`{key}` is missing in the flow `{name}`"));
            }
        }
    }
}

fn schema<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    let mut seen = BTreeSet::new();
    for item in at.get("required").iter().flat_map(Cursor::items) {
        let Some(name) = item.node.as_str() else { continue };
        if !seen.insert(name) {
            check.findings.warn(&item, format!("`{}` is required twice", shorten(name)));
        }
    }
    if at.text("type") == Some("array") && !at.has("items") && check.edition < Edition::V31 {
        check.findings.warn(at, "`items` is missing in a schema of type array");
    }
}

fn xml<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>) {
    exclusive(check, at, &["nodeType", "attribute"]);
    exclusive(check, at, &["nodeType", "wrapped"]);
}

/// Tells when several of `keys` stand beside each other.
fn exclusive<'a>(check: &mut Check<'a, '_>, at: &Cursor<'a>, keys: &[&str]) {
    if keys.iter().filter(|key| at.has(key)).count() > 1 {
        check.findings.warn(at, format!("only one of `{}` can be given", keys.join("` and `")));
    }
}
