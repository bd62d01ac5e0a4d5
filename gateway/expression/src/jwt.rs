//! `AsJwt`: what a JSON Web Token says, without any check of its signature.
//!
//! The one idea: a token is looked at, not trusted. Whatever is not one is `None`, never an error.
//! Claims keep the order of the payload, and every value is text, as policies compare them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::encoding::from_base64url;

/// Longest token looked at, in bytes; a longer one is no token. Headers of this size reach no gateway.
pub const JWT_BYTES_MAX: usize = 256 * 1024;

/// The last second that .NET's `DateTime` can show: the end of the year 9999.
pub const TIME_SECONDS_MAX: i64 = 253_402_300_799;

/// What a token says about itself and its subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Jwt {
    /// Header fields in the order of the header.
    pub header: Vec<(String, Json)>,
    /// Payload fields as texts, in the order of the payload.
    pub claims: Claims,
    payload: Vec<(String, Json)>,
}

/// Claims by name, names in any case. An array is several values, a number or boolean its JSON text,
/// an object compact JSON, `null` empty. Names that differ in case alone share their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims(Vec<(String, Vec<String>)>);

/// JSON that remembers the order of its members; of members with one name the last wins, at the
/// place of the first.
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

// === impl Jwt ===

impl Jwt {
    /// Reads a token in compact form, with or without `Bearer ` in front; the signature may be missing.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > JWT_BYTES_MAX {
            return None;
        }
        let text = text.trim();
        let token = match text.get(..7) {
            Some(scheme) if scheme.eq_ignore_ascii_case("bearer ") => text[7..].trim_start(),
            _ => text,
        };
        let mut parts = token.split('.');
        let header = from_base64url(parts.next()?)?;
        let (header, _) = object(&header)?;
        let (payload, _) = object(&from_base64url(parts.next()?)?)?;
        let claims = Claims::new(&payload);
        Some(Self { header, claims, payload })
    }

    /// Reads what header and payload of a token hold, if no name stands twice in any object of them.
    pub fn strictly(header: &[u8], payload: &[u8]) -> Option<Self> {
        let (header, payload) = (strict_object(header)?, strict_object(payload)?);
        let claims = Claims::new(&payload);
        Some(Self { header, claims, payload })
    }

    /// `alg` of the header.
    pub fn algorithm(&self) -> Option<String> {
        text_of(&self.header, "alg")
    }

    /// `typ` of the header.
    pub fn token_type(&self) -> Option<String> {
        text_of(&self.header, "typ")
    }

    /// `jti`.
    pub fn id(&self) -> Option<String> {
        text_of(&self.payload, "jti")
    }

    /// `iss`.
    pub fn issuer(&self) -> Option<String> {
        text_of(&self.payload, "iss")
    }

    /// `sub`.
    pub fn subject(&self) -> Option<String> {
        text_of(&self.payload, "sub")
    }

    /// `aud`, one or many.
    pub fn audiences(&self) -> &[String] {
        self.claims.get("aud")
    }

    /// `exp` in seconds since 1970, within what `DateTime` can show.
    pub fn expiration_time(&self) -> Option<i64> {
        self.seconds("exp")
    }

    /// `nbf` in seconds since 1970, within what `DateTime` can show.
    pub fn not_before(&self) -> Option<i64> {
        self.seconds("nbf")
    }

    /// `iat` in seconds since 1970, within what `DateTime` can show.
    pub fn issued_at(&self) -> Option<i64> {
        self.seconds("iat")
    }

    fn seconds(&self, name: &str) -> Option<i64> {
        let text = text_of(&self.payload, name)?;
        let whole = text.trim().parse::<i64>().ok();
        // A fraction is cut off; the cast saturates, and what is no number is refused before it.
        let cut = || {
            text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number as i64)
        };
        whole.or_else(cut).map(|seconds| seconds.clamp(0, TIME_SECONDS_MAX))
    }
}

// === impl Claims ===

impl Claims {
    fn new(payload: &[(String, Json)]) -> Self {
        let mut claims = Self(Vec::with_capacity(payload.len()));
        let mut places = Places::default();
        for (name, value) in payload {
            let values: Vec<String> = match value {
                Json::Array(items) => items.iter().map(Json::text).collect(),
                other => vec![other.text()],
            };
            if values.is_empty() {
                continue;
            }
            match places.find(name, &claims.0, str::eq_ignore_ascii_case, str::to_ascii_lowercase) {
                Some(place) => claims.0[place].1.extend(values),
                None => claims.0.push((name.clone(), values)),
            }
        }
        claims
    }

    /// The values of a claim; none if it is missing, as in APIM, where asking is no error.
    pub fn get(&self, name: &str) -> &[String] {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or(&[], |(_, values)| values)
    }

    pub fn contains(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// All claims in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

// === impl Json ===

impl Json {
    /// A string's own text, nothing for null, JSON for all else.
    pub fn text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// Compact JSON.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(text) => quoted(f, text),
            Self::Array(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { "," })?;
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (at, (name, value)) in members.iter().enumerate() {
                    f.write_str(if at == 0 { "" } else { "," })?;
                    quoted(f, name)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

/// The workspace's `serde_json` sorts members, so objects are read here, in order. Depth is bounded by
/// its reader's limit of 128.
impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor(&Cell::new(false)))
    }
}

/// Notes whether a name stands twice in an object.
#[derive(Clone, Copy)]
struct JsonVisitor<'c>(&'c Cell<bool>);

impl<'de> DeserializeSeed<'de> for JsonVisitor<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Where names stand among many; among few they are just looked for.
#[derive(Default)]
struct Places(BTreeMap<String, usize>);

impl Places {
    const FEW: usize = 32;

    /// The place of a name among those before; its own, where it is not there, is that of the next.
    fn find<T>(
        &mut self,
        name: &str,
        known: &[(String, T)],
        is_same: fn(&str, &str) -> bool,
        key: fn(&str) -> String,
    ) -> Option<usize> {
        if known.len() < Self::FEW {
            return known.iter().position(|(known, _)| is_same(known, name));
        }
        // Those that came while there were few.
        for (place, (name, _)) in known.iter().enumerate().skip(self.0.len()) {
            self.0.insert(key(name), place);
        }
        self.0.get(&key(name)).copied()
    }
}

impl<'de> Visitor<'de> for JsonVisitor<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(serde_json::Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut places = Places::default();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(self)?;
            match places.find(&name, &members, |one, other| one == other, str::to_owned) {
                Some(place) => {
                    self.0.set(true);
                    members[place].1 = value;
                }
                None => members.push((name, value)),
            }
        }
        Ok(Json::Object(members))
    }
}

/// One object, in which no name stands twice, nor in any object within it.
pub fn strict_object(json: &[u8]) -> Option<Vec<(String, Json)>> {
    object(json).filter(|(_, has_repeated)| !has_repeated).map(|(members, _)| members)
}

/// One object, and whether a name stands twice somewhere in it.
fn object(json: &[u8]) -> Option<(Vec<(String, Json)>, bool)> {
    let has_repeated = Cell::new(false);
    let mut reader = serde_json::Deserializer::from_slice(json);
    let value = JsonVisitor(&has_repeated).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    match value {
        Json::Object(members) => Some((members, has_repeated.get())),
        _ => None,
    }
}

fn text_of(members: &[(String, Json)], name: &str) -> Option<String> {
    let (_, value) = members.iter().find(|(known, _)| known == name)?;
    (*value != Json::Null).then(|| value.text())
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use proptest::prelude::*;

    use super::*;

    fn token(header: &str, payload: &str) -> String {
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2ln", encode(header), encode(payload))
    }

    fn payload(payload: &str) -> Jwt {
        Jwt::parse(&token(r#"{"alg":"RS256","typ":"JWT"}"#, payload)).unwrap()
    }

    #[test]
    fn fields_have_their_names() {
        let jwt = payload(
            r#"{"iss":"me","sub":"you","jti":"7","aud":["a","b"],"exp":1700000000,"nbf":1.7e9,"iat":"1700000001"}"#,
        );
        let fields = [jwt.algorithm(), jwt.token_type(), jwt.id(), jwt.issuer(), jwt.subject()];
        assert_eq!(fields.map(Option::unwrap), ["RS256", "JWT", "7", "me", "you"]);
        assert_eq!(jwt.audiences(), ["a", "b"]);
        assert_eq!(
            (jwt.expiration_time(), jwt.not_before(), jwt.issued_at()),
            (Some(1_700_000_000), Some(1_700_000_000), Some(1_700_000_001))
        );
        let bare = payload("{}");
        assert_eq!((bare.id(), bare.expiration_time(), bare.audiences().len()), (None, None, 0));
    }

    #[test]
    fn times_stay_within_what_can_be_shown() {
        for (exp, expected) in [
            ("-5", Some(0)),
            ("1.9", Some(1)),
            ("253402300799", Some(TIME_SECONDS_MAX)),
            ("253402300800", Some(TIME_SECONDS_MAX)),
            ("1e300", Some(TIME_SECONDS_MAX)),
            ("\"soon\"", None),
            ("\"NaN\"", None),
            ("null", None),
            ("true", None),
        ] {
            assert_eq!(payload(&format!(r#"{{"exp":{exp}}}"#)).expiration_time(), expected, "{exp}");
        }
    }

    #[test]
    fn claims_are_texts_in_order_under_names_in_any_case() {
        let jwt = payload(
            r#"{"z":1,"a":true,"o":{"y":1,"b":["ü\n",null]},"roles":["r",2,{"k":0.5}],"n":null,"e":[],"A":"again","z":2}"#,
        );
        let listed: Vec<_> =
            jwt.claims.iter().map(|(name, values)| format!("{name}={}", values.join("|"))).collect();
        assert_eq!(
            listed,
            ["z=2", "a=true|again", r#"o={"y":1,"b":["ü\n",null]}"#, r#"roles=r|2|{"k":0.5}"#, "n="]
        );
        assert_eq!(jwt.claims.get("ROLES").len(), 3);
        assert!(jwt.claims.get("missing").is_empty() && !jwt.claims.contains("e"));
    }

    #[test]
    fn whatever_is_no_token_is_none() {
        let good = token("{}", "{}");
        for text in [
            good.clone(),
            format!("Bearer {good}"),
            format!(" bearer  {good} "),
            "e30.e30".to_owned(),
            "e30=.e30=.".to_owned(),
        ] {
            assert!(Jwt::parse(&text).is_some(), "{text}");
        }
        let list = token("{}", "[1]");
        for text in [
            "",
            "Bearer ",
            "e30",
            "e30.",
            ".e30",
            "e30.e3",
            "a.b.c",
            "Basic e30.e30",
            "e30.e30!",
            &list,
            "é.é",
            "beareré",
        ] {
            assert!(Jwt::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn length_and_depth_are_bounded() {
        let padded = |len: usize| format!("e30.e30.{}", "A".repeat(len - 8));
        assert!(Jwt::parse(&padded(JWT_BYTES_MAX)).is_some());
        assert!(Jwt::parse(&padded(JWT_BYTES_MAX + 1)).is_none());
        let nested =
            |depth: usize| token("{}", &format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)));
        assert!(Jwt::parse(&nested(100)).is_some());
        assert!(Jwt::parse(&nested(100_000)).is_none());
    }

    #[test]
    fn a_name_may_stand_once_in_each_object_where_that_is_asked_for() {
        for (json, expected) in [
            (r#"{"a":1,"b":{"a":[{"a":null},{"a":1.5}]},"A":"x"}"#, true),
            ("{}", true),
            (r#"{"a":1,"a":1}"#, false),
            (r#"{"a":{"b":1,"b":2}}"#, false),
            (r#"{"a":[{"b":1,"\u0062":2}]}"#, false),
            ("[]", false),
            ("{} {}", false),
            ("", false),
        ] {
            assert_eq!(strict_object(json.as_bytes()).is_some(), expected, "{json}");
        }
    }

    #[test]
    fn many_claims_are_found_as_few_are() {
        let many: Vec<String> = (0..5_000).map(|at| format!(r#""c{at}":"{at}""#)).collect();
        let jwt = payload(&format!(r#"{{{},"C7":"again","c9":"new"}}"#, many.join(",")));
        assert_eq!(jwt.claims.len(), 5_000);
        assert_eq!(
            (jwt.claims.get("c7").join(","), jwt.claims.get("c9").join(",")),
            ("7,again".into(), "new".into())
        );
        assert_eq!(jwt.claims.get("c4999"), ["4999"]);
    }

    proptest! {
        #[test]
        fn hostile_text_never_panics(text: String, body in "[{}\\[\\]\",:0-9eE.a-]{0,40}") {
            let _ = Jwt::parse(&text);
            let _ = Jwt::parse(&token("{}", &body));
        }
    }
}
