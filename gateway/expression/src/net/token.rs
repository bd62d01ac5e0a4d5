//! Credentials as APIM's expressions see them: `Jwt`, `BasicAuthCredentials`, `Authorization`.

use std::cell::Cell;
use std::sync::LazyLock;

use crate::arena::{Arena, OutOfMemory};
use crate::clr::datetime::{DateTime, DateTimeKind};
use crate::jwt::{Claims, Jwt};
use crate::run::dictionary::Dictionary;
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::Builder;
use crate::types::{Known, Ty, catalogue};

const APIM: &str = "Microsoft.Azure.ApiManagement.Expressions";

fn class(name: &str) -> Ty {
    catalogue().find(name, 0).map_or_else(Ty::object, |id| Ty::Named(id, [].into()))
}

fn authorization_ty() -> &'static Ty {
    static TY: LazyLock<Ty> = LazyLock::new(|| class("Authorization"));
    &TY
}

/// Whether records of this type are objects of a class, and no tuples.
pub(crate) fn is_class(ty: &Ty) -> bool {
    let tuples = [Known::Tuple1, Known::Tuple2, Known::Tuple3, Known::Tuple4, Known::Tuple5];
    matches!(ty, Ty::Named(..)) && !tuples.into_iter().any(|tuple| ty.is(tuple))
}

/// A record of a class.
fn record<'a>(arena: &'a Arena, ty: &'a Ty, values: [Value<'a>; 2]) -> Result<Value<'a>, OutOfMemory> {
    let fields = arena.cells(values.len(), Value::Null)?;
    fields.iter().zip(values).for_each(|(field, value)| field.set(value));
    Ok(Value::Object(arena.alloc(Object::Record { ty, fields })?))
}

fn field<'a>(a: Args<'_, 'a>, at: usize) -> Value<'a> {
    match a.object(0) {
        Some(Object::Record { fields, .. }) => fields.get(at).map_or(Value::Null, Cell::get),
        _ => Value::Null,
    }
}

/// An `Authorization`.
pub(crate) fn authorization<'a>(
    arena: &'a Arena,
    access_token: &str,
    claims: &[(&str, Value<'a>)],
) -> Result<Value<'a>, OutOfMemory> {
    static CLAIMS: LazyLock<Ty> =
        LazyLock::new(|| Ty::generic(Known::Dictionary, [Ty::string(), Ty::object()]));
    let map = Dictionary::new(false);
    for (name, value) in claims {
        map.set(arena, Value::Str(arena.text(name)?), *value)?;
    }
    let claims = Value::Object(arena.alloc(Object::Dictionary { ty: &CLAIMS, map })?);
    record(arena, authorization_ty(), [Value::Str(arena.text(access_token)?), claims])
}

/// An `Authorization` of a described request: `accessToken` and `claims`, whose values are texts.
pub(crate) fn described<'a>(arena: &'a Arena, text: &str) -> Result<Value<'a>, String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let plain = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut claims = Vec::new();
    for (name, value) in json["claims"].as_object().into_iter().flatten() {
        let value = arena.text(&plain(value)).map_err(|error| error.to_string())?;
        claims.push((name.as_str(), Value::Str(value)));
    }
    authorization(arena, &plain(&json["accessToken"]), &claims).map_err(|error| error.to_string())
}

// === Jwt ===

/// The values of a claim, if it is there.
pub(crate) fn claim<'a>(cx: &mut Cx<'a, '_>, claims: &Claims, name: &str) -> Eval<'a, Option<Value<'a>>> {
    match claims.get(name) {
        [] => Ok(None),
        values => cx.strings(values.iter().map(String::as_str)).map(Some),
    }
}

/// All claims as pairs.
pub(crate) fn entries<'a>(cx: &mut Cx<'a, '_>, claims: &Claims) -> Eval<'a, Vec<Value<'a>>> {
    static PAIR: LazyLock<Ty> =
        LazyLock::new(|| Ty::generic(Known::KeyValuePair, [Ty::string(), Ty::array(Ty::string())]));
    let mut items = Vec::new();
    for (name, values) in claims.iter() {
        let key = cx.str(name)?;
        let value = cx.strings(values.iter().map(String::as_str))?;
        items.push(cx.new_object(Object::KeyValue { ty: &PAIR, key, value })?);
    }
    Ok(items)
}

/// The token of a text; null where it is none.
fn read<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    let Some(text) = a.opt_str(0) else { return Ok(Value::Null) };
    cx.work(text.len())?;
    // A token that is read takes some times its text: names, values, and values as texts.
    cx.arena.charge(text.len() * 4)?;
    match Jwt::parse(text) {
        Some(jwt) => cx.new_object(Object::Jwt(cx.arena.keep(jwt))),
        None => Ok(Value::Null),
    }
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Jwt> {
    match a.object(0) {
        Some(Object::Jwt(jwt)) => Ok(jwt),
        _ => cx.null_reference(),
    }
}

fn text<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, of: fn(&Jwt) -> Option<String>) -> Eval<'a> {
    let text = of(this(cx, a)?);
    cx.optional(text.as_deref())
}

/// A moment in seconds since 1970, as `DateTime` in UTC.
fn moment<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, of: fn(&Jwt) -> Option<i64>) -> Eval<'a> {
    let seconds = of(this(cx, a)?);
    Ok(seconds.map_or(Value::Null, |seconds| Value::DateTime(since_1970(seconds, DateTimeKind::Utc))))
}

/// Seconds since 1970 as `DateTime`; what it cannot show is its first moment.
pub(super) fn since_1970(seconds: i64, kind: DateTimeKind) -> DateTime {
    const TICKS_PER_SECOND: i64 = 10_000_000;
    const TICKS_OF_1970: i64 = 621_355_968_000_000_000;
    let ticks = seconds.saturating_mul(TICKS_PER_SECOND).saturating_add(TICKS_OF_1970);
    DateTime::from_ticks(ticks, kind).unwrap_or(DateTime::MIN)
}

/// `TryParse…(out result)`.
fn tried<'a>(
    cx: &mut Cx<'a, '_>,
    a: Args<'_, 'a>,
    read: fn(&mut Cx<'a, '_>, Args<'_, 'a>) -> Eval<'a>,
) -> Eval<'a> {
    let found = read(cx, a)?;
    a.out(1, found);
    Ok(Value::Bool(!found.is_null()))
}

fn basic<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a> {
    static TY: LazyLock<Ty> = LazyLock::new(|| Ty::known(Known::Basic));
    let Some(text) = a.opt_str(0) else { return Ok(Value::Null) };
    cx.work(text.len())?;
    match crate::basic::as_basic(text) {
        Some(found) => {
            let values = [cx.str(&found.user)?, cx.str(&found.password)?];
            Ok(record(cx.arena, &TY, values)?)
        }
        None => Ok(Value::Null),
    }
}

pub(crate) fn define(c: &mut Builder) {
    c.define(APIM, "class Jwt", |t| {
        t.add("string Algorithm { get; }", |cx, a| text(cx, a, Jwt::algorithm))
            .add("string Id { get; }", |cx, a| text(cx, a, Jwt::id))
            .add("string Issuer { get; }", |cx, a| text(cx, a, Jwt::issuer))
            .add("string Subject { get; }", |cx, a| text(cx, a, Jwt::subject))
            .add("string Type { get; }", |cx, a| text(cx, a, Jwt::token_type))
            .add("IEnumerable<string> Audiences { get; }", |cx, a| {
                let jwt = this(cx, a)?;
                cx.strings(jwt.audiences().iter().map(String::as_str))
            })
            .add("DateTime? ExpirationTime { get; }", |cx, a| moment(cx, a, Jwt::expiration_time))
            .add("DateTime? IssuedAt { get; }", |cx, a| moment(cx, a, Jwt::issued_at))
            .add("DateTime? NotBefore { get; }", |cx, a| moment(cx, a, Jwt::not_before))
            .add("IReadOnlyDictionary<string, string[]> Claims { get; }", |cx, a| {
                let jwt = this(cx, a)?;
                cx.new_object(Object::Claims(&jwt.claims))
            });
    });
    c.define(APIM, "class BasicAuthCredentials", |t| {
        t.add("string UserId { get; }", |_, a| Ok(field(a, 0)))
            .add("string Username { get; }", |_, a| Ok(field(a, 0)))
            .add("string Password { get; }", |_, a| Ok(field(a, 1)));
    });
    c.define(APIM, "class Authorization", |t| {
        t.add("string AccessToken { get; }", |_, a| Ok(field(a, 0)))
            .add("IReadOnlyDictionary<string, object> Claims { get; }", |_, a| Ok(field(a, 1)));
    });
    c.define(APIM, "static class CredentialExtensions", |t| {
        t.add("static Jwt AsJwt(this string input)", read)
            .add("static bool TryParseJwt(this string input, out Jwt result)", |cx, a| tried(cx, a, read))
            .add("static BasicAuthCredentials AsBasic(this string input)", basic)
            .add("static bool TryParseBasic(this string input, out BasicAuthCredentials result)", |cx, a| {
                tried(cx, a, basic)
            });
    });
}
