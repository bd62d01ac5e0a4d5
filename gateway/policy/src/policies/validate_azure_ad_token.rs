//! `validate-azure-ad-token`: refuses requests without a token of Microsoft Entra.

use hanse_expression::jwt::Jwt;
use http::Uri;
use smallvec::smallvec;

use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::jose::openid::OpenIdProvider;
use crate::kind::Kind;
use crate::policies::{Policy, validate_jwt};
use crate::schema::{ChildSpec, ElementSpec, INBOUND, PolicySpec, Release, attribute, shown};
use crate::setting::{Setting, Text};
use crate::task::Outcome;
use crate::token_check::{self, Providers, Refusal, TokenCheck};
use crate::tree::Element;

const ENDPOINT: &str = "https://login.microsoftonline.com";
/// Characters of a tenant's id or domain.
const TENANT_CHARS_MAX: usize = 255;
const NOT_RUN: &str = "tokens that are bound to a key or protected by a proxy are not understood";

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::ValidateAzureAdToken)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("tenant-id", Kind::Filled).required().expression(),
                attribute("header-name", Kind::Filled).or("Authorization").expression(),
                attribute("query-parameter-name", Kind::Filled).expression(),
                attribute("token-value", Kind::Any).expression(),
                attribute("authentication-endpoint", Kind::Any).or(ENDPOINT),
                validate_jwt::FAILED_CODE,
                validate_jwt::FAILED_MESSAGE,
                attribute("output-token-variable-name", Kind::Variable),
                attribute("require-scheme", Kind::Any).expression(),
                attribute("allow-protected-forwarded-tokens", Kind::Bool).expression().not_run(NOT_RUN),
                attribute("allow-proof-of-possession-tokens", Kind::Bool).expression().not_run(NOT_RUN),
            ],
            children: &[
                ChildSpec::maybe(&BACKEND_APPLICATIONS),
                ChildSpec::maybe(&CLIENT_APPLICATIONS),
                ChildSpec::maybe(&validate_jwt::AUDIENCES),
                ChildSpec::maybe(&validate_jwt::REQUIRED_CLAIMS),
                ChildSpec::maybe(&validate_jwt::DECRYPTION_KEYS),
            ],
            ..ElementSpec::named("validate-azure-ad-token")
        },
        "Refuses requests without a token of Microsoft Entra.",
    )
};

static BACKEND_APPLICATIONS: ElementSpec =
    ElementSpec::list("backend-application-ids", &[ChildSpec::any(&APPLICATION)]);
static CLIENT_APPLICATIONS: ElementSpec =
    ElementSpec::list("client-application-ids", &[ChildSpec::any(&APPLICATION)]);
static APPLICATION: ElementSpec = ElementSpec::expression("application-id", Kind::Any);

fn check(element: &Element, checker: &mut Checker<'_>) {
    token_check::check_place(element, checker);
    for key in element.child("decryption-keys").into_iter().flat_map(|keys| keys.elements_named("key")) {
        token_check::check_opening_key(key, checker);
    }
    if let Some(endpoint) = element.attribute("authentication-endpoint")
        && let Some(text) = endpoint.value.literal()
        && let Err(error) = crate::own_request::check_url(&complete(text))
    {
        let message = format!("authentication-endpoint: {error}");
        checker.report(checker.strict(), endpoint.value.span, "attribute-value", message);
    }
}

fn compile(element: &Element) -> Option<ValidateAzureAdToken> {
    let applications = |list| token_check::list(element, list, "application-id", Element::own_text);
    let check = TokenCheck {
        place: token_check::compile_place(element, Some("Authorization"))?,
        scheme: element.text_setting("require-scheme")?,
        code: token_check::compile_code(element)?,
        message: element.text_setting("failed-validation-error-message")?,
        needs_expiration: Setting::Fixed(true),
        needs_signature: Setting::Fixed(true),
        skew: Setting::Fixed(0),
        variable: element.literal("output-token-variable-name").map(|name| name.trim().into()),
        keys: Box::default(),
        opening: token_check::compile_opening_keys(element)?,
        audiences: token_check::compile_audiences(element)?,
        issuers: Box::default(),
        claims: token_check::compile_claims(element)?,
    };
    Some(ValidateAzureAdToken {
        check,
        tenant: element.required_text("tenant-id")?,
        endpoint: complete(element.literal("authentication-endpoint").unwrap_or(ENDPOINT)).into(),
        clients: element
            .child("client-application-ids")
            .map_or(Some(None), |_| applications("client-application-ids").map(Some))?,
        backends: element
            .child("backend-application-ids")
            .map_or(Some(None), |_| applications("backend-application-ids").map(Some))?,
    })
}

/// Documents name the host alone as well.
fn complete(endpoint: &str) -> String {
    let endpoint = endpoint.trim().trim_end_matches('/');
    match endpoint.contains("://") {
        true => endpoint.to_owned(),
        false => format!("https://{endpoint}"),
    }
}

#[derive(Debug)]
pub(crate) struct ValidateAzureAdToken {
    check: TokenCheck,
    tenant: Text,
    endpoint: Box<str>,
    /// `None`: whichever application asks, and whichever is asked.
    clients: Option<Box<[Text]>>,
    backends: Option<Box<[Text]>>,
}

impl ValidateAzureAdToken {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        self.validate(env, true)
    }

    /// The provider was asked: what is known now is all there is.
    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        match outcome {
            Outcome::Failed(fault) => Err((*fault).into()),
            _ => self.validate(env, false),
        }
    }

    fn validate<'a>(&'a self, env: &mut Env<'a, '_>, may_be_asked: bool) -> Ran<'a> {
        let tenant = env.text_or_empty(&self.tenant)?;
        let url = configuration(&self.endpoint, tenant).map_err(|error| env.internal(error))?;
        let clients = texts(env, self.clients.as_deref())?;
        let backends = texts(env, self.backends.as_deref())?;
        let providers = Providers { urls: smallvec![url.into()], is_issuer, may_be_asked };
        self.check.run(env, &providers, |jwt| applications(jwt, clients.as_deref(), backends.as_deref()))
    }
}

fn texts<'a>(env: &mut Env<'a, '_>, texts: Option<&'a [Text]>) -> Result<Option<Vec<&'a str>>, Halt> {
    let Some(texts) = texts else { return Ok(None) };
    let mut worked = Vec::with_capacity(texts.len());
    for text in texts {
        worked.push(env.text_or_empty(text)?);
    }
    Ok(Some(worked))
}

/// Where a tenant's configuration is. A tenant is an id, a domain, or a URL that ends with one.
fn configuration(endpoint: &str, tenant: &str) -> Result<String, String> {
    let tenant = tenant.trim().trim_end_matches('/');
    let (endpoint, name) = match tenant.contains("://") {
        true => tenant.rsplit_once('/').unwrap_or(("", "")),
        false => (endpoint, tenant),
    };
    let is_name = !name.is_empty()
        && name.len() <= TENANT_CHARS_MAX
        && name.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '-' | '.'));
    // An endpoint that ends in its scheme has lost its host to the name.
    let has_host = endpoint.parse::<Uri>().is_ok_and(|uri| uri.host().is_some());
    match is_name && has_host {
        true => Ok(format!("{endpoint}/{name}/v2.0/.well-known/openid-configuration")),
        false => Err(format!("tenant-id: `{}` is no id, domain or URL of a tenant.", shown(tenant))),
    }
}

/// Tokens of the first version have another issuer than the provider's configuration says.
fn is_issuer(provider: &OpenIdProvider, issuer: &str, tenant: Option<&str>) -> bool {
    if provider.is_issuer(issuer, tenant) {
        return true;
    }
    let Some(tenant) = tenant else { return false };
    // The tenant is the provider's own, or any where it is for all.
    let Ok(uri) = provider.issuer.replace("{tenantid}", tenant).parse::<Uri>() else { return false };
    let is_own = uri.path().split('/').nth(1) == Some(tenant);
    let host = match uri.host() {
        Some(host) if host.ends_with(".cn") => "sts.chinacloudapi.cn",
        _ => "sts.windows.net",
    };
    is_own
        && issuer.strip_prefix("https://").and_then(|rest| rest.strip_prefix(host))
            == Some(&format!("/{tenant}/"))
}

/// Who asks, and who is asked.
fn applications(jwt: &Jwt, clients: Option<&[&str]>, backends: Option<&[&str]>) -> Result<(), Refusal> {
    if let Some(clients) = clients {
        let is_second = jwt.claims.get("ver").first().is_some_and(|version| version.starts_with('2'));
        let name = if is_second { "azp" } else { "appid" };
        let held = jwt.claims.get(name);
        if held.is_empty() {
            return Err(token_check::claims_missing(&[name]));
        }
        if !held.iter().all(|held| clients.iter().any(|client| client.eq_ignore_ascii_case(held))) {
            return Err(token_check::claim_refused(name, held));
        }
    }
    let Some(backends) = backends else { return Ok(()) };
    let is_backend = |audience: &String| {
        let id = audience.strip_prefix("api://").unwrap_or(audience);
        backends.iter().any(|backend| backend.eq_ignore_ascii_case(id) || backend == audience)
    };
    match jwt.audiences().iter().any(is_backend) {
        true => Ok(()),
        false => Err(token_check::audience_refused()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::HeaderValue;

    use super::*;
    use crate::jose::openid::OpenIdConfig;
    use crate::jose::testing::RsKey;
    use crate::section::Section;
    use crate::testing::{Bench, codes, read_in};

    const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

    /// The reason why a token with these claims is refused; empty where it is let in.
    fn reason(policy: &str, url: &str, issuer: &str, claims: &str) -> String {
        let key = RsKey::new();
        let mut bench = Bench::inbound(policy);
        let config = OpenIdConfig { issuer: issuer.into(), keys_url: String::new() };
        let provider = OpenIdProvider::read(config, key.jwks("k").as_bytes()).unwrap();
        bench.host.outside.published.borrow_mut().insert(url.to_owned(), Arc::new(provider));
        let token = key.token(Some("k"), &format!(r#"{{"exp":1748779201,{claims}}}"#));
        let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
        bench.context.request.headers.insert("Authorization", value);
        bench.run();
        assert_eq!(*bench.host.outside.asked.borrow(), [url]);
        let error = bench.context.last_error.as_ref();
        error.map_or_else(String::new, |error| error.reason.as_deref().unwrap_or_default().to_owned())
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-azure-ad-token tenant-id='{{t}}' failed-validation-httpcode='403'><client-application-ids><application-id>{{c}}</application-id></client-application-ids><audiences><audience>@(context.Api.Id)</audience></audiences><required-claims><claim name='c' match='any'><value>v</value></claim></required-claims></validate-azure-ad-token>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Inbound, "<validate-azure-ad-token/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Outbound, "<validate-azure-ad-token tenant-id='t'/>"),
            ["misplaced-policy"]
        );
    }

    #[test]
    fn tokens_of_both_versions_are_let_in_and_of_other_tenants_not() {
        let policy = format!("<validate-azure-ad-token tenant-id='{TENANT}'/>");
        let url = format!("{ENDPOINT}/{TENANT}/v2.0/.well-known/openid-configuration");
        let issuer = format!("{ENDPOINT}/{TENANT}/v2.0");
        let of = |claims: &str| reason(&policy, &url, &issuer, claims);
        assert_eq!(of(&format!(r#""iss":"{issuer}","tid":"{TENANT}""#)), "");
        assert_eq!(of(&format!(r#""iss":"https://sts.windows.net/{TENANT}/","tid":"{TENANT}""#)), "");
        for claims in [
            format!(r#""iss":"https://sts.windows.net/{TENANT}/""#),
            r#""iss":"https://sts.windows.net/other/","tid":"other""#.to_owned(),
            format!(r#""iss":"https://sts.windows.net/{TENANT}/","tid":"other""#),
            format!(r#""iss":"https://evil.test/{TENANT}/","tid":"{TENANT}""#),
        ] {
            assert_eq!(of(&claims), "TokenIssuerNotAllowed", "{claims}");
        }
    }

    #[test]
    fn any_organisation_is_let_in_with_its_own_issuer() {
        let policy = "<validate-azure-ad-token tenant-id='organizations'/>";
        let url = format!("{ENDPOINT}/organizations/v2.0/.well-known/openid-configuration");
        let issuer = format!("{ENDPOINT}/{{tenantid}}/v2.0");
        let of = |claims: &str| reason(policy, &url, &issuer, claims);
        assert_eq!(of(&format!(r#""iss":"{ENDPOINT}/t1/v2.0","tid":"t1""#)), "");
        assert_eq!(of(r#""iss":"https://sts.windows.net/t1/","tid":"t1""#), "");
        assert_eq!(of(&format!(r#""iss":"{ENDPOINT}/t1/v2.0","tid":"t2""#)), "TokenIssuerNotAllowed");
    }

    #[test]
    fn applications_are_compared_on_both_sides() {
        let url = format!("{ENDPOINT}/t/v2.0/.well-known/openid-configuration");
        let policy = "<validate-azure-ad-token tenant-id='t'><client-application-ids><application-id>c1</application-id><application-id>c2</application-id></client-application-ids><backend-application-ids><application-id>b</application-id></backend-application-ids></validate-azure-ad-token>";
        let of = |claims: &str| reason(policy, &url, "i", &format!(r#""iss":"i",{claims}"#));
        for (claims, expected) in [
            (r#""ver":"1.0","appid":"c1","aud":"b""#, ""),
            (r#""ver":"2.0","azp":"c2","aud":"api://b""#, ""),
            (r#""ver":"2.0","azp":"c3","appid":"c1","aud":"b""#, "TokenClaimValueNotAllowed"),
            (r#""ver":"1.0","azp":"c1","aud":"b""#, "TokenClaimNotFound"),
            (r#""appid":"c1","aud":"other""#, "TokenAudienceNotAllowed"),
        ] {
            assert_eq!(of(claims), expected, "{claims}");
        }
    }

    #[test]
    fn a_tenant_cannot_lead_elsewhere() {
        let of = |tenant: &str| configuration(ENDPOINT, tenant);
        let expected =
            |tenant: &str| Ok(format!("{ENDPOINT}/{tenant}/v2.0/.well-known/openid-configuration"));
        assert_eq!(of(" contoso.onmicrosoft.com "), expected("contoso.onmicrosoft.com"));
        assert_eq!(of("https://login.microsoftonline.com/contoso.com/"), expected("contoso.com"));
        for tenant in ["", "a/b", "../x", "a?b", "a#b", "https://evil.test", "https://", &"x".repeat(256)] {
            assert!(of(tenant).is_err(), "{tenant}");
        }
        assert!(of(&"x".repeat(255)).is_ok());
        assert_eq!(
            codes("<validate-azure-ad-token tenant-id='t' allow-proof-of-possession-tokens='true'/>"),
            ["not-run-yet"]
        );
        assert_eq!(
            codes(
                "<validate-azure-ad-token tenant-id='t' authentication-endpoint='login.microsoftonline.us'/>"
            ),
            [""; 0]
        );
    }
}
