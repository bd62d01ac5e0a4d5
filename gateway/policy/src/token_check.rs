//! What `validate-jwt` and `validate-azure-ad-token` share: is a token one that is let in?
//!
//! ```text
//! found ─► opened ─► read ─► signature ─► times ─► issuer ─► audience ─► claims ─► variable
//!                               │  ▲
//!                               ▼  │ providers asked, once
//! ```
//!
//! The first thing that does not hold decides the reason.

use std::borrow::Cow;
use std::sync::Arc;

use hanse_expression::Target;
use hanse_expression::encoding::{from_base64, from_base64url};
use hanse_expression::jwt::Jwt;
use hanse_expression::run::{Object, Value};
use http::{StatusCode, header};
use smallvec::SmallVec;

use crate::certificate::HeldCertificate;
use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::fault::Fault;
use crate::host::{CertificateBy, OpenId};
use crate::jose::openid::OpenIdProvider;
use crate::jose::{Flaw, Key, OpeningKey, Signer, Token, is_sealed, open};
use crate::own_request::check_url;
use crate::query;
use crate::run::Flow;
use crate::section::ScopeKind;
use crate::setting::{Flag, Number, Setting, Text};
use crate::task::Task;
use crate::tree::Element;

/// Characters of a claim's value that a message repeats.
const VALUE_CHARS_MAX: usize = 1_024;
/// What a token takes of the memory of expressions, in lengths of its text: names, values, and values
/// as texts.
const JWT_SIZE_FACTOR: usize = 4;

/// What is required of a token.
#[derive(Debug)]
pub(crate) struct TokenCheck {
    pub(crate) place: Place,
    pub(crate) scheme: Option<Text>,
    pub(crate) code: Number,
    pub(crate) message: Option<Text>,
    pub(crate) needs_expiration: Flag,
    pub(crate) needs_signature: Flag,
    pub(crate) skew: Number,
    pub(crate) variable: Option<Box<str>>,
    pub(crate) keys: Box<[SigningKey]>,
    pub(crate) opening: Box<[OpeningSetting]>,
    /// `None`: whoever it is for.
    pub(crate) audiences: Option<Box<[Text]>>,
    /// Beside those of providers.
    pub(crate) issuers: Box<[Text]>,
    pub(crate) claims: Box<[RequiredClaim]>,
}

/// Where the token is.
#[derive(Debug)]
pub(crate) enum Place {
    Header(Text),
    Query(Text),
    Value(Text),
}

/// A key of the document's own.
#[derive(Debug)]
pub(crate) enum SigningKey {
    Fixed(Key),
    Secret { id: Option<Text>, text: Text },
    Rsa { id: Option<Text>, modulus: Text, exponent: Text },
    Certificate { id: Option<Text>, certificate: Text },
}

/// A key that encrypted tokens are opened with.
#[derive(Debug)]
pub(crate) enum OpeningSetting {
    Secret(Text),
    Certificate(Text),
}

#[derive(Debug)]
pub(crate) struct RequiredClaim {
    name: Text,
    matches: Text,
    separator: Option<Text>,
    values: Box<[Text]>,
}

/// Whose tokens are let in, apart from what a document lists.
pub(crate) struct Providers<'p> {
    pub(crate) urls: SmallVec<[Cow<'p, str>; 2]>,
    /// Whether a provider stands for an issuer and tenant.
    pub(crate) is_issuer: fn(&OpenIdProvider, &str, Option<&str>) -> bool,
    /// May be asked, because nobody has done so for this request yet.
    pub(crate) may_be_asked: bool,
}

/// Why a token is refused.
pub(crate) struct Refusal {
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

/// What the check of a signature leads to.
enum Signed {
    By {
        issuers: SmallVec<[Arc<OpenIdProvider>; 2]>,
    },
    /// Ask these first.
    Ask(Vec<Box<str>>),
}

/// A key that lies ready for a request.
enum ReadyKey<'a> {
    Fixed(&'a Key),
    Made(Key),
    Of(Arc<HeldCertificate>),
}

impl ReadyKey<'_> {
    fn key(&self) -> Option<&Key> {
        match self {
            Self::Fixed(key) => Some(key),
            Self::Made(key) => Some(key),
            Self::Of(certificate) => certificate.checking_key(),
        }
    }
}

impl Refusal {
    pub(crate) fn new(reason: &'static str, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl From<Flaw> for Refusal {
    fn from(flaw: Flaw) -> Self {
        Self::new("JwtInvalid", flaw.to_string())
    }
}

/// What ends a check early: a refusal, which the document's own words go with, or something else.
pub(crate) enum Ended {
    Refused(Refusal),
    Halted(Halt),
}

impl From<Refusal> for Ended {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Flaw> for Ended {
    fn from(flaw: Flaw) -> Self {
        Self::Refused(flaw.into())
    }
}

impl From<Halt> for Ended {
    fn from(halt: Halt) -> Self {
        Self::Halted(halt)
    }
}

impl TokenCheck {
    /// Lets the request pass, refuses it, or asks for what has to be known first. `more` is what else a
    /// token has to hold.
    pub(crate) fn run<'a>(
        &'a self,
        env: &mut Env<'a, '_>,
        providers: &Providers<'_>,
        more: impl FnOnce(&Jwt) -> Result<(), Refusal>,
    ) -> Ran<'a> {
        match self.check(env, providers, more) {
            Ok(flow) => Ok(flow),
            Err(Ended::Halted(halt)) => Err(halt),
            Err(Ended::Refused(refusal)) => {
                let code = env.number_within(&self.code, "failed-validation-httpcode", 200, 599)?;
                let status = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
                let told = match &self.message {
                    Some(message) => env.text(message)?.filter(|told| !told.is_empty()).map(str::to_owned),
                    None => None,
                };
                let status = status.unwrap_or(StatusCode::UNAUTHORIZED);
                let Refusal { reason, message } = refusal;
                Err(Fault::token(env.source(), status, reason, message, told).into())
            }
        }
    }

    fn check<'a>(
        &'a self,
        env: &mut Env<'a, '_>,
        providers: &Providers<'_>,
        more: impl FnOnce(&Jwt) -> Result<(), Refusal>,
    ) -> Result<Flow<'a>, Ended> {
        let text = self.find(env)?;
        let text = match is_sealed(&text) {
            true => Cow::Owned(self.open(env, &text)?),
            false => text,
        };
        let token = Token::read(&text)?;
        let issuers = match token.is_unsigned() {
            true if env.flag(&self.needs_signature)? => {
                return Err(Refusal::new("TokenSignatureInvalid", "JWT is not signed. Access denied.").into());
            }
            true => SmallVec::new(),
            false => match self.signature(env, &token, providers)? {
                Signed::By { issuers } => issuers,
                Signed::Ask(urls) => return Ok(Flow::Do(Task::OpenId(urls))),
            },
        };
        let jwt = &token.jwt;
        self.times(env, jwt)?;
        self.issuer(env, jwt, &issuers, providers)?;
        self.audience(env, jwt)?;
        self.claims(env, jwt)?;
        more(jwt)?;
        if let Some(variable) = &self.variable {
            let arena = env.context.arena;
            let charged = arena.charge(text.len() * JWT_SIZE_FACTOR);
            let value = charged.and_then(|()| arena.alloc(Object::Jwt(arena.keep(token.jwt))));
            let value = value.map_err(|error| env.internal(format!("The token does not fit: {error}.")))?;
            env.context.set_variable(variable, Value::Object(value));
        }
        Ok(Flow::Continue)
    }

    /// The token as it was sent, without its scheme.
    fn find<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Cow<'a, str>, Ended> {
        let absent = || Refusal::new("TokenNotPresent", "JWT not present.");
        let mut scheme = None;
        let written: Cow<'a, str> = match &self.place {
            Place::Header(name) => {
                let name = env.text_or_empty(name)?;
                if name.eq_ignore_ascii_case(header::AUTHORIZATION.as_str())
                    && let Some(required) = &self.scheme
                {
                    scheme = env.text(required)?.filter(|scheme| !scheme.is_empty());
                }
                let mut values = env.context.request.headers.get_all(name).iter();
                let value = values.next().ok_or_else(absent)?;
                // Whoever reads the header next might take the other one.
                if values.next().is_some() {
                    return Err(Refusal::new(
                        "JwtInvalid",
                        format!("Header {name} was sent more than once."),
                    )
                    .into());
                }
                let value = value.to_str().map_err(|_| Flaw::Form)?;
                Cow::Owned(value.trim().to_owned())
            }
            Place::Query(name) => {
                let name = env.text_or_empty(name)?;
                let found = env.context.request.query.as_deref().and_then(|query| query::value(query, name));
                Cow::Owned(query::decode(found.ok_or_else(absent)?).trim().to_owned())
            }
            Place::Value(text) => Cow::Borrowed(env.text_or_empty(text)?.trim()),
        };
        let (sent, token) = match written.split_once(' ') {
            Some((sent, token)) => (Some(sent), token.trim_start()),
            // A scheme and nothing behind it.
            None if written.eq_ignore_ascii_case(scheme.unwrap_or("Bearer")) => return Err(absent().into()),
            None => (None, &*written),
        };
        if let Some(scheme) = scheme
            && !written.is_empty()
            && !sent.is_some_and(|sent| sent.eq_ignore_ascii_case(scheme))
        {
            let message = format!("JWT scheme is not {scheme}. Access denied.");
            return Err(Refusal::new("TokenSchemeMismatch", message).into());
        }
        if token.is_empty() {
            return Err(absent().into());
        }
        let at = written.len() - token.len();
        Ok(match written {
            Cow::Borrowed(text) => Cow::Borrowed(&text[at..]),
            Cow::Owned(mut text) => {
                text.drain(..at);
                Cow::Owned(text)
            }
        })
    }

    fn open<'a>(&'a self, env: &mut Env<'a, '_>, text: &str) -> Result<String, Ended> {
        let keys = self.opening_keys(env)?;
        Ok(open(text, &keys, || env.host.random())?)
    }

    fn opening_keys<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Vec<OpeningKey>, Halt> {
        let mut keys = Vec::with_capacity(self.opening.len());
        for setting in &self.opening {
            keys.push(match setting {
                OpeningSetting::Secret(text) => {
                    let text = env.text_or_empty(text)?.trim();
                    let secret = from_base64(text).ok().or_else(|| from_base64url(text));
                    let secret =
                        secret.ok_or_else(|| env.internal("decryption-keys: a key is not Base64."))?;
                    OpeningKey::Secret(secret.into())
                }
                OpeningSetting::Certificate(id) => {
                    let id = env.text_or_empty(id)?;
                    let certificate = certificate(env, id)?;
                    let key = certificate.opening_key();
                    let message =
                        || format!("The certificate '{id}' has no RSA key that tokens can be opened with.");
                    OpeningKey::Rsa(Box::new(key.ok_or_else(|| env.internal(message()))?.clone()))
                }
            });
        }
        Ok(keys)
    }

    fn signature<'a>(
        &'a self,
        env: &mut Env<'a, '_>,
        token: &Token<'_>,
        providers: &Providers<'_>,
    ) -> Result<Signed, Ended> {
        let mut ready: SmallVec<[ReadyKey<'a>; 4]> = SmallVec::new();
        for key in &self.keys {
            ready.push(key.work_out(env)?);
        }
        let workspace = &*env.context.facts.workspace.id;
        let mut known: SmallVec<[Arc<OpenIdProvider>; 2]> = SmallVec::new();
        let (mut unknown, mut again) = (Vec::new(), Vec::new());
        let mut unreachable = SmallVec::<[&str; 2]>::new();
        for url in &providers.urls {
            match env.host.openid(workspace, url) {
                OpenId::Known { provider, may_be_asked } => {
                    known.push(provider);
                    if may_be_asked {
                        again.push(url);
                    }
                }
                OpenId::Unknown => unknown.push(Box::<str>::from(&**url)),
                OpenId::Unreachable => unreachable.push(url),
            }
        }
        if !unknown.is_empty() && providers.may_be_asked {
            return Ok(Signed::Ask(unknown));
        }
        for url in unreachable {
            env.trace(format!("the keys at {url} could not be fetched"));
        }
        let own = ready.iter().filter_map(ReadyKey::key);
        let keys = own.clone().chain(known.iter().flat_map(|provider| &provider.keys));
        let not_found = || {
            Ended::from(Refusal::new(
                "TokenSignatureKeyNotFound",
                "JWT signature key was not found. Access denied.",
            ))
        };
        let key = match token.signer(keys.clone()) {
            Signer::Is(key) => key,
            Signer::Unknown if providers.may_be_asked && !again.is_empty() => {
                return Ok(Signed::Ask(again.into_iter().map(|url| (&**url).into()).collect()));
            }
            Signer::Unknown => return Err(not_found()),
            Signer::None if !keys.clone().any(|key| token.may_be_of(key)) => return Err(not_found()),
            Signer::Forged | Signer::None => {
                let message = "JWT signature is invalid. Access denied.";
                return Err(Refusal::new("TokenSignatureInvalid", message).into());
            }
        };
        // A provider vouches for its own tokens and no one else's; what a document lists itself is trusted
        // with every issuer.
        let is_own = own.clone().any(|own| std::ptr::eq(own, key));
        let issuers = known.iter().filter(|provider| {
            is_own || provider.keys.iter().any(|other| std::ptr::eq(other, key) || other.is_same(key))
        });
        Ok(Signed::By { issuers: issuers.cloned().collect() })
    }

    fn times<'a>(&'a self, env: &mut Env<'a, '_>, jwt: &Jwt) -> Result<(), Ended> {
        let skew = env.number_within(&self.skew, "clock-skew", 0, i32::MAX.into())?;
        let now = env.host.unix_ms().div_euclid(1_000);
        let expired = || Refusal::new("TokenExpired", "JWT has expired. Access denied.");
        match jwt.expiration_time() {
            Some(end) if now >= end.saturating_add(skew) => return Err(expired().into()),
            Some(_) => {}
            None if jwt.claims.contains("exp") => {
                return Err(
                    Refusal::new("JwtInvalid", "JWT has an expiration time that is no number.").into()
                );
            }
            None if env.flag(&self.needs_expiration)? => {
                return Err(Refusal::new("JwtInvalid", "JWT has no expiration time.").into());
            }
            None => {}
        }
        match jwt.not_before() {
            Some(begin) if now.saturating_add(skew) < begin => {
                Err(Refusal::new("JwtInvalid", "JWT is not valid yet.").into())
            }
            None if jwt.claims.contains("nbf") => Err(Refusal::new(
                "JwtInvalid",
                "JWT has a time before which it is not valid that is no number.",
            )
            .into()),
            _ => Ok(()),
        }
    }

    fn issuer<'a>(
        &'a self,
        env: &mut Env<'a, '_>,
        jwt: &Jwt,
        vouching: &[Arc<OpenIdProvider>],
        providers: &Providers<'_>,
    ) -> Result<(), Ended> {
        if self.issuers.is_empty() && providers.urls.is_empty() {
            return Ok(());
        }
        let issuer = jwt.issuer().unwrap_or_default();
        let mut is_listed = false;
        for listed in &self.issuers {
            is_listed |= env.text(listed)?.is_some_and(|listed| !listed.is_empty() && listed == issuer);
        }
        let tenant = jwt.claims.get("tid").first().map(String::as_str);
        let is_vouched = |provider: &Arc<OpenIdProvider>| (providers.is_issuer)(provider, &issuer, tenant);
        match is_listed || vouching.iter().any(is_vouched) {
            true => Ok(()),
            false => {
                Err(Refusal::new("TokenIssuerNotAllowed", "JWT issuer is not allowed. Access denied.").into())
            }
        }
    }

    fn audience<'a>(&'a self, env: &mut Env<'a, '_>, jwt: &Jwt) -> Result<(), Ended> {
        let Some(audiences) = &self.audiences else {
            return Ok(());
        };
        let mut is_allowed = false;
        for allowed in audiences {
            let allowed = env.text_or_empty(allowed)?;
            is_allowed |= !allowed.is_empty() && jwt.audiences().iter().any(|it| it == allowed);
        }
        match is_allowed {
            true => Ok(()),
            false => Err(audience_refused().into()),
        }
    }

    fn claims<'a>(&'a self, env: &mut Env<'a, '_>, jwt: &Jwt) -> Result<(), Ended> {
        let mut worked = Vec::with_capacity(self.claims.len());
        for claim in &self.claims {
            worked.push((env.text_or_empty(&claim.name)?, claim));
        }
        let missing: Vec<&str> =
            worked.iter().map(|(name, _)| *name).filter(|name| !jwt.claims.contains(name)).collect();
        if !missing.is_empty() {
            return Err(claims_missing(&missing).into());
        }
        for (name, claim) in worked {
            claim.check(env, name, jwt.claims.get(name))?;
        }
        Ok(())
    }
}

impl RequiredClaim {
    fn check<'a>(&'a self, env: &mut Env<'a, '_>, name: &str, held: &[String]) -> Result<(), Ended> {
        if self.values.is_empty() {
            return Ok(());
        }
        let needs_all = match env.text_or_empty(&self.matches)? {
            "all" => true,
            "any" => false,
            _ => return Err(env.internal("required-claims: match is neither `all` nor `any`.").into()),
        };
        let separator = match &self.separator {
            Some(separator) => env.text_or_empty(separator)?,
            None => "",
        };
        let holds = |wanted: &str| {
            held.iter().any(|value| match separator {
                "" => value == wanted,
                separator => value.split(separator).any(|part| part == wanted),
            })
        };
        let (mut all, mut any) = (true, false);
        for value in &self.values {
            let is_held = holds(env.text_or_empty(value)?);
            all &= is_held;
            any |= is_held;
        }
        match if needs_all { all } else { any } {
            true => Ok(()),
            false => Err(claim_refused(name, held).into()),
        }
    }
}

pub(crate) fn audience_refused() -> Refusal {
    Refusal::new("TokenAudienceNotAllowed", "JWT audience is not allowed. Access denied.")
}

pub(crate) fn claims_missing(names: &[&str]) -> Refusal {
    let message = format!("JWT token is missing the following claims: {}. Access denied.", names.join(", "));
    Refusal::new("TokenClaimNotFound", message)
}

pub(crate) fn claim_refused(name: &str, held: &[String]) -> Refusal {
    let value: String = held.join(",").chars().take(VALUE_CHARS_MAX).collect();
    let message = format!("Claim {name} value of {value} is not allowed. Access denied.");
    Refusal::new("TokenClaimValueNotAllowed", message)
}

/// A certificate that a document names: of the workspace, or of the service where the document is its.
pub(crate) fn certificate(env: &Env<'_, '_>, id: &str) -> Result<Arc<HeldCertificate>, Halt> {
    let found = env.host.certificate(owner(env), CertificateBy::Id(id));
    found.ok_or_else(|| env.internal(format!("Certificate with id '{id}' could not be found.")))
}

/// Whose resources a document names: the global one those of the service, the others those of the workspace.
pub(crate) fn owner<'e>(env: &'e Env<'_, '_>) -> &'e str {
    match env.scope {
        ScopeKind::Global => "",
        _ => &env.context.facts.workspace.id,
    }
}

impl SigningKey {
    fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<ReadyKey<'a>, Halt> {
        let (id, made) = match self {
            Self::Fixed(key) => return Ok(ReadyKey::Fixed(key)),
            Self::Secret { id, text } => (id, Key::secret(env.text_or_empty(text)?)),
            Self::Rsa { id, modulus, exponent } => {
                (id, Key::rsa(env.text_or_empty(modulus)?, env.text_or_empty(exponent)?))
            }
            Self::Certificate { id, certificate: name } => {
                let name = env.text_or_empty(name)?;
                let certificate = certificate(env, name)?;
                let message =
                    || format!("The certificate '{name}' has no key that tokens are signed with here.");
                let key = certificate.checking_key().ok_or_else(|| env.internal(message()))?;
                match id {
                    None => return Ok(ReadyKey::Of(certificate)),
                    id => (id, Ok(key.clone())),
                }
            }
        };
        let key = made.map_err(|error| env.internal(format!("issuer-signing-keys: {error}.")))?;
        let id = match id {
            Some(id) => env.text(id)?,
            None => None,
        };
        Ok(ReadyKey::Made(key.named(id)))
    }
}

// === Reading documents ===

/// Looks at a key of `issuer-signing-keys`.
pub(crate) fn check_signing_key(key: &Element, checker: &mut Checker<'_>) {
    if key.attribute("n").is_some() != key.attribute("e").is_some() {
        let message = "an RSA key has both `n` and `e`";
        checker.error(key.span, "missing-attribute", message);
        return;
    }
    if !check_key(key, key.attribute("n").is_some(), checker) {
        return;
    }
    let made = match (key.literal("n"), key.literal("e"), key.literal_text()) {
        (Some(modulus), Some(exponent), _) => Key::rsa(modulus, exponent),
        (None, None, Some(text))
            if key.attribute("n").is_none() && key.attribute("certificate-id").is_none() =>
        {
            Key::secret(text)
        }
        _ => return,
    };
    if let Err(error) = made {
        checker.report(checker.strict(), key.span, "attribute-value", error.to_string());
    }
}

/// Looks at a key of `decryption-keys`.
pub(crate) fn check_opening_key(key: &Element, checker: &mut Checker<'_>) {
    if !check_key(key, key.attribute("n").is_some(), checker) {
        return;
    }
    if let Some(text) = key.literal_text().map(str::trim)
        && !text.is_empty()
    {
        let bytes = from_base64(text).ok().or_else(|| from_base64url(text)).map(|bytes| bytes.len());
        if !matches!(bytes, Some(32 | 48 | 64)) {
            let message = "a key that tokens are opened with has 32, 48 or 64 bytes, in Base64";
            checker.report(checker.strict(), key.span, "attribute-value", message.to_owned());
        }
    }
}

/// A key is given in one way. True where it is.
fn check_key(key: &Element, is_rsa: bool, checker: &mut Checker<'_>) -> bool {
    let has_text = key.texts().any(|text| !text.text.trim().is_empty());
    let ways = [is_rsa, key.attribute("certificate-id").is_some(), has_text];
    match ways.into_iter().filter(|is_given| *is_given).count() {
        1 => true,
        0 => {
            checker.error(key.span, "missing-attribute", "a key needs a text, or `certificate-id`");
            false
        }
        _ => {
            let message = "a key is given in one way: a text, `certificate-id`, or `n` and `e`";
            checker.error(key.span, "attribute-conflict", message).hint("keep one of them");
            false
        }
    }
}

/// One place alone says where the token is.
pub(crate) fn check_place(element: &Element, checker: &mut Checker<'_>) {
    let mut given = PLACES.iter().filter_map(|name| element.attribute(name));
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        checker.excluding(second, &first.name);
    }
}

pub(crate) const PLACES: [&str; 3] = ["header-name", "query-parameter-name", "token-value"];

pub(crate) fn compile_place(element: &Element, default: Option<&str>) -> Option<Place> {
    let [header, query, value] = PLACES;
    let query = element.text_setting(query)?;
    let value = element.text_setting(value)?;
    match (element.text_setting(header)?, query, value) {
        (Some(name), _, _) => Some(Place::Header(name)),
        (None, Some(name), _) => Some(Place::Query(name)),
        (None, None, Some(value)) => Some(Place::Value(value)),
        (None, None, None) => default.map(|name| Place::Header(Setting::Fixed(name.into()))),
    }
}

pub(crate) fn compile_code(element: &Element) -> Option<Number> {
    let code = element.number_setting("failed-validation-httpcode")?;
    Some(code.unwrap_or(Setting::Fixed(StatusCode::UNAUTHORIZED.as_u16().into())))
}

pub(crate) fn compile_signing_keys(element: &Element) -> Option<Box<[SigningKey]>> {
    list(element, "issuer-signing-keys", "key", signing_key)
}

fn signing_key(key: &Element) -> Option<SigningKey> {
    let id = key.text_setting("id")?;
    let fixed_id = |id: &Option<Text>| match id {
        None => Some(None),
        Some(id) => id.fixed().map(|id| Some(id.clone())),
    };
    if let Some(certificate) = key.text_setting("certificate-id")? {
        return Some(SigningKey::Certificate { id, certificate });
    }
    if let Some(modulus) = key.text_setting("n")? {
        let exponent = key.required_text("e")?;
        return Some(match (modulus.fixed(), exponent.fixed(), fixed_id(&id)) {
            (Some(n), Some(e), Some(id)) => SigningKey::Fixed(Key::rsa(n, e).ok()?.named(id.as_deref())),
            _ => SigningKey::Rsa { id, modulus, exponent },
        });
    }
    let text = key.own_text()?;
    Some(match (text.fixed(), fixed_id(&id)) {
        (Some(text), Some(id)) => SigningKey::Fixed(Key::secret(text).ok()?.named(id.as_deref())),
        _ => SigningKey::Secret { id, text },
    })
}

pub(crate) fn compile_opening_keys(element: &Element) -> Option<Box<[OpeningSetting]>> {
    list(element, "decryption-keys", "key", |key| {
        Some(match key.text_setting("certificate-id")? {
            Some(certificate) => OpeningSetting::Certificate(certificate),
            None => OpeningSetting::Secret(key.own_text()?),
        })
    })
}

pub(crate) fn compile_audiences(element: &Element) -> Option<Option<Box<[Text]>>> {
    match element.child("audiences") {
        None => Some(None),
        Some(_) => list(element, "audiences", "audience", Element::own_text).map(Some),
    }
}

pub(crate) fn compile_claims(element: &Element) -> Option<Box<[RequiredClaim]>> {
    list(element, "required-claims", "claim", |claim| {
        let matches = claim.text_setting("match")?;
        let separator = match claim.attribute("separator") {
            Some(separator) => Some(Text::verbatim(&separator.value, Target::String)?),
            None => None,
        };
        let mut values = Vec::new();
        for value in claim.elements_named("value") {
            values.push(value.own_text()?);
        }
        Some(RequiredClaim {
            name: claim.required_text("name")?,
            matches: matches.unwrap_or(Setting::Fixed("all".into())),
            separator,
            values: values.into(),
        })
    })
}

/// What is made of the children of a child; nothing where it is absent.
pub(crate) fn list<T>(
    element: &Element,
    within: &'static str,
    name: &str,
    make: impl Fn(&Element) -> Option<T>,
) -> Option<Box<[T]>> {
    let mut made = Vec::new();
    for child in element.child(within).into_iter().flat_map(|within| within.elements_named(name)) {
        made.push(make(child)?);
    }
    Some(made.into())
}

/// The address of a provider's configuration.
pub(crate) fn checked_url<'u>(env: &Env<'_, '_>, url: &'u str) -> Result<Cow<'u, str>, Halt> {
    let url = url.trim();
    check_url(url).map_err(|error| env.internal(format!("openid-config: {error}.")))?;
    Ok(Cow::Borrowed(url))
}
