//! APIM's own extensions: tokens, basic credentials, encryption by name, and authorizations.

use crate::basic::{BasicCredentials, as_basic};
use crate::clr::datetime::DateTime;
use crate::jwt::{Claims, Jwt};
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::Builder;

const APIM: &str = "Microsoft.Azure.ApiManagement.Expressions";

/// What `jwt.Claims` is.
pub(crate) fn claim<'a>(cx: &mut Cx<'a, '_>, claims: &Claims, name: &str) -> Eval<'a, Option<Value<'a>>> {
    match claims.get(name) {
        [] => Ok(None),
        values => cx.strings(values.iter().map(String::as_str)).map(Some),
    }
}

/// All claims as pairs.
pub(crate) fn claims<'a>(cx: &mut Cx<'a, '_>, claims: &'a Claims) -> Eval<'a, Vec<Value<'a>>> {
    use crate::types::{Known, Ty};
    let ty = cx.keep_ty(Ty::generic(Known::KeyValuePair, [Ty::string(), Ty::array(Ty::string())]));
    let mut pairs = Vec::new();
    for (name, values) in claims.iter() {
        let key = cx.str(name)?;
        let value = cx.strings(values.iter().map(String::as_str))?;
        pairs.push(cx.new_object(Object::KeyValue { ty, key, value })?);
    }
    Ok(pairs)
}

fn read<'a>(cx: &mut Cx<'a, '_>, text: Option<&'a str>) -> Eval<'a> {
    let Some(text) = text else { return Ok(Value::Null) };
    cx.work(text.len() * 4)?;
    match Jwt::parse(text) {
        Some(jwt) => {
            cx.arena.charge(text.len() * 2)?;
            let jwt = cx.arena.keep(jwt);
            cx.new_object(Object::Jwt(jwt))
        }
        None => Ok(Value::Null),
    }
}

fn credentials<'a>(cx: &mut Cx<'a, '_>, text: Option<&'a str>) -> Eval<'a> {
    match text.and_then(as_basic) {
        Some(found) => {
            let found: &'a BasicCredentials = cx.arena.keep(found);
            cx.new_object(Object::Basic(found))
        }
        None => Ok(Value::Null),
    }
}

fn this<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>) -> Eval<'a, &'a Jwt> {
    match a.object(0) {
        Some(Object::Jwt(jwt)) => Ok(jwt),
        _ => cx.null_reference(),
    }
}

fn time<'a>(seconds: Option<i64>) -> Value<'a> {
    let ticks = |seconds: i64| seconds.checked_mul(10_000_000);
    let time = seconds.and_then(ticks).and_then(|ticks| DateTime::UNIX_EPOCH.add_ticks(ticks).ok());
    time.map_or(Value::Null, Value::DateTime)
}

fn basic<'a>(a: Args<'_, 'a>, read: impl FnOnce(&'a BasicCredentials) -> &'a str) -> Value<'a> {
    match a.object(0) {
        Some(Object::Basic(found)) => Value::Str(read(found)),
        _ => Value::Null,
    }
}

pub(crate) fn define(c: &mut Builder) {
    c.define(APIM, "class Jwt", |t| {
        t.add("string Algorithm { get; }", |cx, a| {
            let text = this(cx, a)?.algorithm();
            cx.optional(text.as_deref())
        })
        .add("string Id { get; }", |cx, a| {
            let text = this(cx, a)?.id();
            cx.optional(text.as_deref())
        })
        .add("string Issuer { get; }", |cx, a| {
            let text = this(cx, a)?.issuer();
            cx.optional(text.as_deref())
        })
        .add("string Subject { get; }", |cx, a| {
            let text = this(cx, a)?.subject();
            cx.optional(text.as_deref())
        })
        .add("string Type { get; }", |cx, a| {
            let text = this(cx, a)?.token_type();
            cx.optional(text.as_deref())
        })
        .add("IEnumerable<string> Audiences { get; }", |cx, a| {
            let jwt = this(cx, a)?;
            cx.strings(jwt.audiences().iter().map(String::as_str))
        })
        .add("DateTime? ExpirationTime { get; }", |cx, a| Ok(time(this(cx, a)?.expiration_time())))
        .add("DateTime? IssuedAt { get; }", |cx, a| Ok(time(this(cx, a)?.issued_at())))
        .add("DateTime? NotBefore { get; }", |cx, a| Ok(time(this(cx, a)?.not_before())))
        .add("IReadOnlyDictionary<string, string[]> Claims { get; }", |cx, a| {
            let jwt = this(cx, a)?;
            cx.new_object(Object::Claims(&jwt.claims))
        });
    });
    c.define(APIM, "class BasicAuthCredentials", |t| {
        t.add("string UserId { get; }", |_, a| Ok(basic(a, |it| &it.user)))
            .add("string Username { get; }", |_, a| Ok(basic(a, |it| &it.user)))
            .add("string Password { get; }", |_, a| Ok(basic(a, |it| &it.password)));
    });
    c.define(APIM, "class Authorization", |t| {
        t.add("string AccessToken { get; }", |_, a| Ok(field(a, 0)))
            .add("IReadOnlyDictionary<string, object> Claims { get; }", |_, a| Ok(field(a, 1)));
    });
    c.define(APIM, "static class TokenExtensions", |t| {
        t.add("static Jwt AsJwt(this string input)", |cx, a| read(cx, a.opt_str(0)))
            .add("static bool TryParseJwt(this string input, out Jwt result)", |cx, a| {
                let jwt = read(cx, a.opt_str(0))?;
                a.out(1, jwt);
                Ok(Value::Bool(!jwt.is_null()))
            })
            .add("static BasicAuthCredentials AsBasic(this string input)", |cx, a| {
                credentials(cx, a.opt_str(0))
            })
            .add("static bool TryParseBasic(this string input, out BasicAuthCredentials result)", |cx, a| {
                let found = credentials(cx, a.opt_str(0))?;
                a.out(1, found);
                Ok(Value::Bool(!found.is_null()))
            });
    });
}

fn field<'a>(a: Args<'_, 'a>, at: usize) -> Value<'a> {
    match a.object(0) {
        Some(Object::Record { fields, .. }) => fields.get(at).map_or(Value::Null, std::cell::Cell::get),
        _ => Value::Null,
    }
}
