//! `validate-jwt`: refuses requests without a token that holds what is required.

use smallvec::SmallVec;

use crate::check::Checker;
use crate::env::{Env, Ran};
use crate::jose::openid::OpenIdProvider;
use crate::kind::Kind;
use crate::own_request::check_url;
use crate::policies::Policy;
use crate::schema::{
    AttributeSpec, ChildSpec, Content, ElementSpec, INBOUND, PolicySpec, Release, attribute,
};
use crate::setting::{Setting, Text};
use crate::surroundings::Reference;
use crate::task::Outcome;
use crate::token_check::{self, Providers, TokenCheck};
use crate::tree::Element;

/// Most providers, and most keys of the document's own.
const CONFIGS_MAX: usize = 16;
const KEYS_MAX: usize = 32;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::ValidateJwt)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("header-name", Kind::Filled).expression(),
                attribute("query-parameter-name", Kind::Filled).expression(),
                attribute("token-value", Kind::Any).expression(),
                FAILED_CODE,
                FAILED_MESSAGE,
                attribute("require-expiration-time", Kind::Bool).or("true").expression(),
                attribute("require-scheme", Kind::Any).expression(),
                attribute("require-signed-tokens", Kind::Bool).or("true").expression(),
                attribute("clock-skew", Kind::SECONDS).or("0").expression(),
                attribute("output-token-variable-name", Kind::Variable),
            ],
            children: &[
                ChildSpec { max: CONFIGS_MAX, ..ChildSpec::any(&OPENID_CONFIG) },
                ChildSpec::maybe(&SIGNING_KEYS),
                ChildSpec::maybe(&SIGNING_TOKENS),
                ChildSpec::maybe(&DECRYPTION_KEYS),
                ChildSpec::maybe(&AUDIENCES),
                ChildSpec::maybe(&ISSUERS),
                ChildSpec::maybe(&REQUIRED_CLAIMS),
                ChildSpec::maybe(&ZUMO_MASTER_KEY),
            ],
            ..ElementSpec::named("validate-jwt")
        },
        "Refuses requests without a token that holds what is required.",
    )
};

pub(crate) const FAILED_CODE: AttributeSpec =
    attribute("failed-validation-httpcode", Kind::Status).or("401").expression();
pub(crate) const FAILED_MESSAGE: AttributeSpec =
    attribute("failed-validation-error-message", Kind::Any).expression();

static OPENID_CONFIG: ElementSpec = ElementSpec {
    attributes: &[
        attribute("url", Kind::Filled).required().expression(),
        attribute("validate-connectivity", Kind::Bool)
            .or("true")
            .no_effect("the provider is asked when the first token comes"),
        attribute("host", Kind::Any).expression().not_run("name the host in `url`"),
    ],
    ..ElementSpec::named("openid-config")
};
static SIGNING_KEYS: ElementSpec =
    ElementSpec::list("issuer-signing-keys", &[ChildSpec { max: KEYS_MAX, ..ChildSpec::any(&KEY) }]);
static SIGNING_TOKENS: ElementSpec =
    ElementSpec { content: Content::Free, ..ElementSpec::named("issuer-signing-tokens") };
static ZUMO_MASTER_KEY: ElementSpec =
    ElementSpec { content: Content::Free, ..ElementSpec::named("zumo-master-key") };
pub(crate) static DECRYPTION_KEYS: ElementSpec =
    ElementSpec::list("decryption-keys", &[ChildSpec { max: KEYS_MAX, ..ChildSpec::any(&OPENING_KEY) }]);
static OPENING_KEY: ElementSpec = ElementSpec {
    attributes: &[
        attribute("id", Kind::Any).expression(),
        attribute("certificate-id", Kind::Reference(Reference::Certificate)).expression(),
        attribute("n", Kind::Filled).expression().not_run(OPENS_NOTHING),
        attribute("e", Kind::Filled).expression().not_run(OPENS_NOTHING),
    ],
    ..ElementSpec::expression("key", Kind::Any)
};
/// Why a public key is of no use there.
const OPENS_NOTHING: &str = "a public key opens no token";
static KEY: ElementSpec = ElementSpec {
    attributes: &[
        attribute("id", Kind::Any).expression(),
        attribute("certificate-id", Kind::Reference(Reference::Certificate)).expression(),
        attribute("n", Kind::Filled).expression(),
        attribute("e", Kind::Filled).expression(),
    ],
    ..ElementSpec::expression("key", Kind::Any)
};
pub(crate) static AUDIENCES: ElementSpec = ElementSpec::list("audiences", &[ChildSpec::any(&AUDIENCE)]);
static AUDIENCE: ElementSpec = ElementSpec::expression("audience", Kind::Any);
static ISSUERS: ElementSpec = ElementSpec::list("issuers", &[ChildSpec::any(&ISSUER)]);
static ISSUER: ElementSpec = ElementSpec::expression("issuer", Kind::Any);
pub(crate) static REQUIRED_CLAIMS: ElementSpec =
    ElementSpec::list("required-claims", &[ChildSpec::any(&CLAIM)]);
static CLAIM: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("match", Kind::OneOf(&["all", "any"])).or("all").expression(),
        attribute("separator", Kind::Any).expression(),
    ],
    children: &[ChildSpec::any(&VALUE)],
    ..ElementSpec::named("claim")
};
static VALUE: ElementSpec = ElementSpec::expression("value", Kind::Any);

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &token_check::PLACES);
    token_check::check_place(element, checker);
    for key in element.child("issuer-signing-keys").into_iter().flat_map(|keys| keys.elements_named("key")) {
        token_check::check_signing_key(key, checker);
    }
    for key in element.child("decryption-keys").into_iter().flat_map(|keys| keys.elements_named("key")) {
        token_check::check_opening_key(key, checker);
    }
    for url in element.elements_named("openid-config").filter_map(|config| config.attribute("url")) {
        if let Some(text) = url.value.literal()
            && !text.trim().is_empty()
            && let Err(error) = check_url(text.trim())
        {
            checker.report(
                checker.strict(),
                url.value.span,
                "attribute-value",
                format!("openid-config: {error}"),
            );
        }
    }
    for (name, instead) in
        [("issuer-signing-tokens", "use issuer-signing-keys"), ("zumo-master-key", "use issuer-signing-keys")]
    {
        if let Some(child) = element.child(name) {
            checker.not_run(child.span, format!("{name} is not run by this release")).hint(instead);
        }
    }
    if let Some(signed) = element.attribute("require-signed-tokens")
        && !element.flag("require-signed-tokens", true)
        && signed.value.literal().is_some()
    {
        let message = "tokens that nobody signed are let in";
        checker.warning(signed.span, "unsigned-tokens", message).hint("remove require-signed-tokens");
    }
}

fn compile(element: &Element) -> Option<ValidateJwt> {
    let mut configs = Vec::new();
    for config in element.elements_named("openid-config") {
        configs.push(config.required_text("url")?);
    }
    let check = TokenCheck {
        place: token_check::compile_place(element, None)?,
        scheme: element.text_setting("require-scheme")?,
        code: token_check::compile_code(element)?,
        message: element.text_setting("failed-validation-error-message")?,
        needs_expiration: element.flag_setting("require-expiration-time", true)?,
        needs_signature: element.flag_setting("require-signed-tokens", true)?,
        skew: element.number_setting("clock-skew")?.unwrap_or(Setting::Fixed(0)),
        variable: element.literal("output-token-variable-name").map(|name| name.trim().into()),
        keys: token_check::compile_signing_keys(element)?,
        opening: token_check::compile_opening_keys(element)?,
        audiences: token_check::compile_audiences(element)?,
        issuers: token_check::list(element, "issuers", "issuer", Element::own_text)?,
        claims: token_check::compile_claims(element)?,
    };
    Some(ValidateJwt { check, configs: configs.into() })
}

#[derive(Debug)]
pub(crate) struct ValidateJwt {
    check: TokenCheck,
    /// Addresses of providers' configurations.
    configs: Box<[Text]>,
}

impl ValidateJwt {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        self.validate(env, true)
    }

    /// Providers were asked: what is known now is all there is.
    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        match outcome {
            Outcome::Failed(fault) => Err((*fault).into()),
            _ => self.validate(env, false),
        }
    }

    fn validate<'a>(&'a self, env: &mut Env<'a, '_>, may_be_asked: bool) -> Ran<'a> {
        let mut urls = SmallVec::new();
        for config in &self.configs {
            let url = env.text_or_empty(config)?;
            urls.push(token_check::checked_url(env, url)?);
        }
        let is_issuer = OpenIdProvider::is_issuer;
        self.check.run(env, &Providers { urls, is_issuer, may_be_asked }, |_| Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{CONFIGS_MAX, KEYS_MAX};

    use http::HeaderValue;
    use ring::hmac;

    use crate::certificate::HeldCertificate;
    use crate::jose::TOKEN_BYTES_MAX;
    use crate::jose::openid::{OpenIdConfig, OpenIdProvider};
    use crate::jose::testing::{HsKey, RsKey, sealed, token};
    use crate::section::Section;
    use crate::testing::{Bench, codes, read_in};

    /// The bench's time, in seconds of Unix time.
    const NOW: i64 = 1_748_779_200;
    const CONFIG: &str = "https://issuer.test/.well-known/openid-configuration";

    fn provider(issuer: &str, jwks: &str) -> Arc<OpenIdProvider> {
        let config = OpenIdConfig { issuer: issuer.into(), keys_url: String::new() };
        Arc::new(OpenIdProvider::read(config, jwks.as_bytes()).unwrap())
    }

    fn bench(policy: &str) -> Bench {
        Bench::inbound(policy)
    }

    fn send(bench: &mut Bench, token: &str) {
        let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        bench.context.request.headers.insert("Authorization", value);
        bench.again();
    }

    /// The reason and the answer's message; nothing where the request passed.
    fn refused(bench: &Bench) -> Option<(String, String)> {
        let error = bench.context.last_error.as_ref()?;
        let body: serde_json::Value = serde_json::from_str(&bench.body()).unwrap();
        assert_eq!(error.source, "validate-jwt");
        let reason = error.reason.as_deref().unwrap_or_default();
        Some((reason.to_owned(), body["message"].as_str().unwrap().to_owned()))
    }

    fn reason(bench: &Bench) -> String {
        refused(bench).map_or_else(String::new, |(reason, _)| reason)
    }

    fn with_secret(key: &HsKey, attributes: &str, more: &str) -> String {
        format!(
            "<validate-jwt header-name='Authorization' {attributes}><issuer-signing-keys><key>{}</key></issuer-signing-keys>{more}</validate-jwt>",
            key.base64()
        )
    }

    fn lasting(more: &str) -> String {
        format!(r#"{{"exp":{}{more}}}"#, NOW + 60)
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-jwt header-name='Authorization' require-scheme='Bearer' clock-skew='@(1)'><openid-config url='https://{{h}}/.well-known'/><issuer-signing-keys><key>{{k}}</key><key n='{{n}}' e='AQAB'/></issuer-signing-keys><audiences><audience>a</audience></audiences><issuers><issuer>i</issuer></issuers><required-claims><claim name='c' match='all' separator=','><value>v</value></claim></required-claims></validate-jwt>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<validate-jwt/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-jwt token-value='@(context.Api.Id)' require-signed-tokens='false'/>"
            ),
            ["unsigned-tokens"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-jwt token-value='t'><issuer-signing-keys><key n='n'/></issuer-signing-keys></validate-jwt>"
            ),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-jwt token-value='t'><required-claims><claim name='c' match='some'/></required-claims></validate-jwt>"
            ),
            ["attribute-value"]
        );
    }

    #[test]
    fn keys_and_addresses_that_cannot_be_used_are_found_when_a_document_is_saved() {
        let found = |keys: &str| codes(&format!("<validate-jwt token-value='t'>{keys}</validate-jwt>"));
        let signing = |key: &str| found(&format!("<issuer-signing-keys>{key}</issuer-signing-keys>"));
        assert_eq!(signing("<key>AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=</key>"), [""; 0]);
        assert_eq!(signing("<key>short</key>"), ["attribute-value"]);
        assert_eq!(signing("<key n='AQAB' e='AQAB'/>"), ["attribute-value"]);
        assert_eq!(signing("<key/>"), ["missing-attribute"]);
        assert_eq!(signing("<key certificate-id='c'>AAAA</key>"), ["attribute-conflict"]);
        assert_eq!(found("<decryption-keys><key>AAAA</key></decryption-keys>"), ["attribute-value"]);
        assert_eq!(found("<openid-config url='issuer.test'/>"), ["attribute-value"]);
        assert_eq!(found("<openid-config url='https://i.test' host='h'/>"), ["not-run-yet"]);
        assert_eq!(found("<zumo-master-key id='1'>k</zumo-master-key>"), ["not-run-yet"]);
        assert_eq!(codes("<validate-jwt token-value='t' header-name='h'/>"), ["attribute-conflict"]);
    }

    #[test]
    fn providers_and_keys_of_a_document_are_bounded() {
        let configs = |count: usize| {
            codes(&format!(
                "<validate-jwt token-value='t'>{}</validate-jwt>",
                "<openid-config url='https://i.test'/>".repeat(count)
            ))
        };
        assert_eq!(configs(CONFIGS_MAX), [""; 0]);
        assert_eq!(configs(CONFIGS_MAX + 1).len(), 1);
        let key = format!("<key>{}</key>", HsKey::new(1).base64());
        let keys = |count: usize| {
            let keys = key.repeat(count);
            codes(&format!(
                "<validate-jwt token-value='t'><issuer-signing-keys>{keys}</issuer-signing-keys><decryption-keys>{keys}</decryption-keys></validate-jwt>"
            ))
        };
        assert_eq!(keys(KEYS_MAX), [""; 0]);
        assert_eq!(keys(KEYS_MAX + 1).len(), 2);
    }

    #[test]
    fn a_token_that_a_known_key_signed_is_let_in() {
        let key = HsKey::new(1);
        let mut bench = bench(&with_secret(&key, "output-token-variable-name='jwt'", ""));
        send(&mut bench, &key.token(None, &lasting(r#","sub":"me""#)));
        assert_eq!(refused(&bench), None);
        assert!(bench.variable("jwt").is_some() && bench.forwards == 1);
    }

    #[test]
    fn every_algorithm_is_checked_with_a_key_of_its_kind() {
        let (hs, rs) = (HsKey::new(1), RsKey::new());
        for (name, algorithm) in
            [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
        {
            let mut bench = bench(&with_secret(&hs, "", ""));
            send(&mut bench, &hs.token_of(name, algorithm, None, &lasting("")));
            assert_eq!(reason(&bench), "", "{name}");
            // Said to be another.
            send(&mut bench, &hs.token_of("HS256", hmac::HMAC_SHA512, None, &lasting("")));
            assert_eq!(reason(&bench), "TokenSignatureInvalid");
        }
        use hanse_expression::crypto::HashAlgorithm::{Sha256, Sha384, Sha512};
        use hanse_expression::crypto::rsa::SignaturePadding::{Pkcs1, Pss};
        let policy = format!(
            "<validate-jwt header-name='Authorization'><issuer-signing-keys><key n='{}' e='AQAB'/></issuer-signing-keys></validate-jwt>",
            rs.modulus()
        );
        for (name, hash, padding) in [
            ("RS256", Sha256, Pkcs1),
            ("RS384", Sha384, Pkcs1),
            ("RS512", Sha512, Pkcs1),
            ("PS256", Sha256, Pss),
            ("PS384", Sha384, Pss),
            ("PS512", Sha512, Pss),
        ] {
            let mut bench = bench(&policy);
            let text =
                token(&format!(r#"{{"alg":"{name}"}}"#), &lasting(""), |it| rs.sign_as(it, hash, padding));
            send(&mut bench, &text);
            assert_eq!(reason(&bench), "", "{name}");
            send(&mut bench, &hs.token(None, &lasting("")));
            assert_eq!(reason(&bench), "TokenSignatureKeyNotFound");
        }
    }

    #[test]
    fn certificates_check_signatures() {
        for (algorithm, name) in
            [(&rcgen::PKCS_ECDSA_P256_SHA256, "ES256"), (&rcgen::PKCS_ECDSA_P384_SHA384, "ES384")]
        {
            let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
            let held = Arc::new(HeldCertificate::new(vec![certificate.der().to_vec()], None));
            let fixed = match name {
                "ES256" => &ring::signature::ECDSA_P256_SHA256_FIXED_SIGNING,
                _ => &ring::signature::ECDSA_P384_SHA384_FIXED_SIGNING,
            };
            let random = ring::rand::SystemRandom::new();
            let pair =
                ring::signature::EcdsaKeyPair::from_pkcs8(fixed, &key.serialize_der(), &random).unwrap();
            let text = |id: &str| {
                token(&format!(r#"{{"alg":"{name}","kid":"{id}"}}"#), &lasting(""), |it| {
                    pair.sign(&random, it).unwrap().as_ref().to_vec()
                })
            };
            for (attributes, id) in [("", held.thumbprint()), ("id='mine'", "mine"), ("", "strange")] {
                let mut bench = bench(&format!(
                    "<validate-jwt header-name='Authorization'><issuer-signing-keys><key certificate-id='c' {attributes}/></issuer-signing-keys></validate-jwt>"
                ));
                bench.host.outside.certificates.insert("c", held.clone());
                send(&mut bench, &text(id));
                assert_eq!(reason(&bench), "", "{name} {id}");
            }
        }
        let mut bench = bench(
            "<validate-jwt header-name='Authorization'><issuer-signing-keys><key certificate-id='c'/></issuer-signing-keys></validate-jwt>",
        );
        send(&mut bench, &RsKey::new().token(None, &lasting("")));
        assert_eq!(bench.context.response.as_ref().unwrap().status, 500);
        assert_eq!(
            bench.context.last_error.as_ref().unwrap().message,
            "Certificate with id 'c' could not be found."
        );
    }

    #[test]
    fn each_failure_has_its_reason_and_text() {
        let key = HsKey::new(1);
        let policy = with_secret(
            &key,
            "require-scheme='Bearer'",
            "<audiences><audience>a</audience><audience>b</audience></audiences><issuers><issuer>i</issuer></issuers><required-claims><claim name='role' match='any'><value>x</value><value>y</value></claim><claim name='here'/></required-claims>",
        );
        let good = |exp: i64, aud: &str, iss: &str, more: &str| {
            format!(r#"{{"exp":{exp},"aud":{aud},"iss":"{iss}"{more}}}"#)
        };
        let claims = r#","role":["z","y"],"here":1"#;
        let sign = |payload: &str| key.token(None, payload);
        let mut bench = bench(&policy);
        send(&mut bench, &sign(&good(NOW + 1, r#""b""#, "i", claims)));
        assert_eq!(refused(&bench), None);
        let end = " Access denied.";
        for (text, reason, message) in [
            (String::new(), "TokenNotPresent", "JWT not present.".to_owned()),
            ("a.b".to_owned(), "JwtInvalid", "JWT is not well formed.".to_owned()),
            (
                HsKey::new(2).token(None, "{}"),
                "TokenSignatureInvalid",
                format!("JWT signature is invalid.{end}"),
            ),
            (
                HsKey::new(2).token(Some("k"), "{}"),
                "TokenSignatureKeyNotFound",
                format!("JWT signature key was not found.{end}"),
            ),
            (
                RsKey::new().token(None, "{}"),
                "TokenSignatureKeyNotFound",
                format!("JWT signature key was not found.{end}"),
            ),
            (
                token(r#"{"alg":"none"}"#, &good(NOW + 1, r#""b""#, "i", claims), |_| Vec::new()),
                "TokenSignatureInvalid",
                format!("JWT is not signed.{end}"),
            ),
            (sign(&good(NOW, r#""b""#, "i", claims)), "TokenExpired", format!("JWT has expired.{end}")),
            (sign("{}"), "JwtInvalid", "JWT has no expiration time.".to_owned()),
            (
                sign(r#"{"exp":"soon"}"#),
                "JwtInvalid",
                "JWT has an expiration time that is no number.".to_owned(),
            ),
            (
                sign(&format!(r#"{{"exp":{},"nbf":{}}}"#, NOW + 9, NOW + 1)),
                "JwtInvalid",
                "JWT is not valid yet.".to_owned(),
            ),
            (
                sign(&good(NOW + 1, r#""b""#, "I", claims)),
                "TokenIssuerNotAllowed",
                format!("JWT issuer is not allowed.{end}"),
            ),
            (
                sign(&good(NOW + 1, r#"["c","B"]"#, "i", claims)),
                "TokenAudienceNotAllowed",
                format!("JWT audience is not allowed.{end}"),
            ),
            (
                sign(&good(NOW + 1, r#""b""#, "i", "")),
                "TokenClaimNotFound",
                format!("JWT token is missing the following claims: role, here.{end}"),
            ),
            (
                sign(&good(NOW + 1, r#""b""#, "i", r#","role":["X","z"],"here":1"#)),
                "TokenClaimValueNotAllowed",
                format!("Claim role value of X,z is not allowed.{end}"),
            ),
        ] {
            send(&mut bench, &text);
            assert_eq!(refused(&bench), Some((reason.to_owned(), message)));
            let response = bench.context.response.as_ref().unwrap();
            assert_eq!(
                (response.status.as_u16(), &response.headers["www-authenticate"]),
                (401, &HeaderValue::from_static("Bearer"))
            );
        }
        for value in ["Basic abc", "abc"] {
            bench.context.request.headers.insert("Authorization", HeaderValue::from_static(value));
            bench.again();
            assert_eq!(
                refused(&bench),
                Some(("TokenSchemeMismatch".to_owned(), format!("JWT scheme is not Bearer.{end}")))
            );
        }
        bench.context.request.headers.append("Authorization", HeaderValue::from_static("Bearer x"));
        bench.again();
        assert_eq!(reason(&bench), "JwtInvalid");
        bench.context.request.headers.clear();
        bench.again();
        assert_eq!(reason(&bench), "TokenNotPresent");
    }

    #[test]
    fn the_document_says_with_which_code_and_words() {
        let mut bench = bench(
            "<validate-jwt query-parameter-name='t' failed-validation-httpcode='@(403)' failed-validation-error-message='Go away.'/>",
        );
        bench.run();
        assert_eq!(refused(&bench), Some(("TokenNotPresent".to_owned(), "Go away.".to_owned())));
        assert_eq!(bench.context.response.as_ref().unwrap().status, 403);
        assert_eq!(bench.context.last_error.as_ref().unwrap().message, "JWT not present.");
    }

    #[test]
    fn tokens_come_in_the_query_and_by_expression() {
        let key = HsKey::new(1);
        let keys = format!("<issuer-signing-keys><key>{}</key></issuer-signing-keys>", key.base64());
        let mut in_query = bench(&format!("<validate-jwt query-parameter-name='t'>{keys}</validate-jwt>"));
        in_query.context.request.query = Some(format!("a=1&t={}", key.token(None, &lasting(""))));
        in_query.run();
        assert_eq!(refused(&in_query), None);
        let policy = format!(
            "<set-variable name='t' value='{}'/><validate-jwt token-value='@((string)context.Variables[\"t\"])'>{keys}</validate-jwt>",
            key.token(None, &lasting(""))
        );
        let mut by_expression = bench(&policy);
        by_expression.run();
        assert_eq!(refused(&by_expression), None);
    }

    #[test]
    fn unsigned_tokens_pass_where_a_document_lets_them() {
        let mut bench = bench(
            "<validate-jwt header-name='Authorization' require-signed-tokens='@(false)' require-expiration-time='false'/>",
        );
        let unsigned = |payload: &str| token(r#"{"alg":"none"}"#, payload, |_| Vec::new());
        send(&mut bench, &unsigned("{}"));
        assert_eq!(refused(&bench), None);
        send(&mut bench, &unsigned(&format!(r#"{{"exp":{NOW}}}"#)));
        assert_eq!(reason(&bench), "TokenExpired");
        // One that is signed is still checked.
        send(&mut bench, &HsKey::new(1).token(None, "{}"));
        assert_eq!(reason(&bench), "TokenSignatureKeyNotFound");
    }

    #[test]
    fn clocks_may_differ_by_the_skew() {
        let key = HsKey::new(1);
        let mut bench = bench(&with_secret(&key, "clock-skew='10'", ""));
        for (exp, nbf, expected) in
            [(-9, 10, ""), (-10, 0, "TokenExpired"), (0, 11, "JwtInvalid"), (i64::MAX - NOW, 0, "")]
        {
            send(&mut bench, &key.token(None, &format!(r#"{{"exp":{},"nbf":{}}}"#, NOW + exp, NOW + nbf)));
            assert_eq!(reason(&bench), expected, "{exp} {nbf}");
        }
    }

    #[test]
    fn claims_are_compared_whole_and_apart() {
        let key = HsKey::new(1);
        for (attributes, values, claim, passes) in [
            ("", "<value>a</value><value>b</value>", r#"["b","c","a"]"#, true),
            ("", "<value>a</value><value>b</value>", r#""a""#, false),
            ("match='any'", "<value>a</value><value>b</value>", r#""b""#, true),
            ("", "<value>a</value>", r#""a b""#, false),
            ("separator=' '", "<value>a</value><value>b</value>", r#""b x a""#, true),
            ("separator=' '", "<value>a</value>", r#""ab a,b""#, false),
            ("", "<value>true</value>", "true", true),
            ("", "<value>1.5</value>", "1.5", true),
            ("", "<value>A</value>", r#""a""#, false),
        ] {
            let claims =
                format!("<required-claims><claim name='scp' {attributes}>{values}</claim></required-claims>");
            let mut bench = bench(&with_secret(&key, "", &claims));
            send(&mut bench, &key.token(None, &lasting(&format!(r#","scp":{claim}"#))));
            assert_eq!(reason(&bench).is_empty(), passes, "{attributes} {values} {claim}");
        }
    }

    #[test]
    fn encrypted_tokens_are_opened_first() {
        let (inner, outer) = (HsKey::new(1), HsKey::new(2));
        let opening = format!("<decryption-keys><key>{}</key></decryption-keys>", outer.base64());
        let mut bench = bench(&with_secret(&inner, "", &opening));
        let seal = |plain: &str| sealed("dir", "A128CBC-HS256", &[2; 32], b"", plain);
        send(&mut bench, &seal(&inner.token(None, &lasting(""))));
        assert_eq!(refused(&bench), None);
        // What is in it has to be signed nevertheless.
        send(&mut bench, &seal(&lasting("")));
        assert_eq!(reason(&bench), "JwtInvalid");
        send(&mut bench, &seal(&token(r#"{"alg":"none"}"#, &lasting(""), |_| Vec::new())));
        assert_eq!(reason(&bench), "TokenSignatureInvalid");
        send(&mut bench, &sealed("dir", "A128CBC-HS256", &[3; 32], b"", &inner.token(None, &lasting(""))));
        assert_eq!(refused(&bench).unwrap().1, "JWT could not be decrypted.");
    }

    #[test]
    fn providers_are_asked_once_and_again_for_a_key_that_is_new() {
        let (old, new) = (RsKey::new(), RsKey::other());
        let mut bench = bench(&format!(
            "<validate-jwt header-name='Authorization'><openid-config url='{CONFIG}'/></validate-jwt>"
        ));
        let publish = |bench: &Bench, jwks: &str| {
            let provider = provider("https://issuer.test", jwks);
            bench.host.outside.published.borrow_mut().insert(CONFIG.to_owned(), provider);
        };
        let claims = lasting(r#","iss":"https://issuer.test""#);
        let asked = |bench: &Bench| bench.host.outside.asked.borrow().len();
        // What is no token asks nobody.
        send(&mut bench, "nonsense");
        assert_eq!((asked(&bench), reason(&bench).as_str()), (0, "JwtInvalid"));
        publish(&bench, &old.jwks("1"));
        for _ in 0..3 {
            send(&mut bench, &old.token(Some("1"), &claims));
            assert_eq!((asked(&bench), refused(&bench)), (1, None));
        }
        // The provider has been asked just now.
        publish(&bench, &new.jwks("2"));
        send(&mut bench, &new.token(Some("2"), &claims));
        assert_eq!((asked(&bench), reason(&bench).as_str()), (1, "TokenSignatureKeyNotFound"));
        bench.host.outside.rest();
        // A signature that is wrong is no reason to ask.
        send(&mut bench, &new.token(Some("1"), &claims));
        assert_eq!((asked(&bench), reason(&bench).as_str()), (1, "TokenSignatureInvalid"));
        send(&mut bench, &new.token(Some("2"), &claims));
        assert_eq!((asked(&bench), refused(&bench)), (2, None));
        send(&mut bench, &new.token(Some("3"), &claims));
        assert_eq!((asked(&bench), refused(&bench)), (2, None), "the name is a hint and no more");
    }

    #[test]
    fn an_issuer_that_nobody_vouches_for_is_refused_even_if_its_provider_is_silent() {
        let key = HsKey::new(1);
        let config = format!("<openid-config url='{CONFIG}'/>");
        let mut bench = bench(&with_secret(&key, "", &config));
        send(&mut bench, &key.token(None, &lasting(r#","iss":"https://issuer.test""#)));
        assert_eq!(reason(&bench), "TokenIssuerNotAllowed");
        assert_eq!(bench.host.outside.asked.borrow().len(), 1);
    }

    #[test]
    fn a_provider_vouches_for_itself_alone() {
        let (one, other) = (RsKey::new(), RsKey::other());
        let mut bench = bench(
            "<validate-jwt header-name='Authorization'><openid-config url='https://one.test'/><openid-config url='https://other.test'/></validate-jwt>",
        );
        {
            let mut published = bench.host.outside.published.borrow_mut();
            published.insert("https://one.test".to_owned(), provider("one", &one.jwks("1")));
            published.insert("https://other.test".to_owned(), provider("other", &other.jwks("2")));
        }
        for (key, id, issuer, expected) in [
            (&one, "1", "one", ""),
            (&other, "2", "other", ""),
            (&one, "1", "other", "TokenIssuerNotAllowed"),
            (&other, "2", "one", "TokenIssuerNotAllowed"),
        ] {
            send(&mut bench, &key.token(Some(id), &lasting(&format!(r#","iss":"{issuer}""#))));
            assert_eq!(reason(&bench), expected, "{id} {issuer}");
        }
        assert_eq!(*bench.host.outside.asked.borrow(), ["https://one.test", "https://other.test"]);
    }

    #[test]
    fn long_tokens_are_refused() {
        let key = HsKey::new(1);
        let mut bench = bench(&with_secret(&key, "", ""));
        send(&mut bench, &key.token(None, &lasting(&format!(r#","a":"{}""#, "x".repeat(TOKEN_BYTES_MAX)))));
        assert_eq!(refused(&bench).unwrap().1, format!("JWT is longer than {TOKEN_BYTES_MAX} bytes."));
    }
}
