//! `AsJwt`: what a JSON Web Token says, without any check of its signature.
//!
//! The one idea: a token is looked at, not trusted. Whatever is not one is `None`, never an error.
//! Claims keep the order of the payload, and every value is text, as policies compare them.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

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
        Self::of_parts(&header, &from_base64url(parts.next()?)?)
    }

    /// Reads what header and payload of a token hold.
    pub fn of_parts(header: &[u8], payload: &[u8]) -> Option<Self> {
        let (header, payload) = (object(header)?, object(payload)?);
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
        let mut claims = Self::default();
        for (name, value) in payload {
            let values: Vec<String> = match value {
                Json::Array(items) => items.iter().map(Json::text).collect(),
                other => vec![other.text()],
            };
            claims.add(name, values);
        }
        claims
    }

    fn add(&mut self, name: &str, values: Vec<String>) {
        if values.is_empty() {
            return;
        }
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, known)) => known.extend(values),
            None => self.0.push((name.to_owned(), values)),
        }
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
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
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
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut places = std::collections::BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Json>()? {
            match places.get(&name) {
                Some(place) => {
                    let place: &usize = place;
                    members[*place].1 = value;
                }
                None => {
                    places.insert(name.clone(), members.len());
                    members.push((name, value));
                }
            }
        }
        Ok(Json::Object(members))
    }
}

fn object(json: &[u8]) -> Option<Vec<(String, Json)>> {
    match serde_json::from_slice(json).ok()? {
        Json::Object(members) => Some(members),
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

    proptest! {
        #[test]
        fn hostile_text_never_panics(text: String, body in "[{}\\[\\]\",:0-9eE.a-]{0,40}") {
            let _ = Jwt::parse(&text);
            let _ = Jwt::parse(&token("{}", &body));
        }
    }
}
