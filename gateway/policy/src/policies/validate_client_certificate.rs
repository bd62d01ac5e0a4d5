//! `validate-client-certificate`: refuses requests whose client certificate is not one that is listed.

use std::sync::Arc;

use hanse_expression::crypto::certificate::CERTIFICATE_BYTES_MAX;
use hanse_expression::crypto::{Certificate, chain};
use http::StatusCode;

use crate::certificate::HeldCertificate;
use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::fault::Fault;
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ChildSpec, ElementSpec, INBOUND, PolicySpec, Release, attribute};
use crate::surroundings::Reference;
use crate::token_check::certificate;
use crate::tree::Element;

/// Most identities.
const IDENTITIES_MAX: usize = 10;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::ValidateClientCertificate)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("validate-revocation", Kind::Bool).or("true"),
                attribute("validate-trust", Kind::Bool).or("true"),
                attribute("validate-not-before", Kind::Bool).or("true"),
                attribute("validate-not-after", Kind::Bool).or("true"),
                attribute("ignore-error", Kind::Bool).or("false"),
            ],
            children: &[ChildSpec::maybe(&IDENTITIES)],
            ..ElementSpec::named("validate-client-certificate")
        },
        "Refuses requests whose client certificate is not one that is listed.",
    )
};

static IDENTITIES: ElementSpec =
    ElementSpec::list("identities", &[ChildSpec { max: IDENTITIES_MAX, ..ChildSpec::any(&IDENTITY) }]);
static IDENTITY: ElementSpec = ElementSpec {
    attributes: &[
        attribute("thumbprint", Kind::Filled),
        attribute("serial-number", Kind::Filled),
        attribute("common-name", Kind::Filled),
        attribute("subject", Kind::Filled),
        attribute("dns-name", Kind::Filled),
        attribute("issuer-subject", Kind::Filled),
        attribute("issuer-thumbprint", Kind::Filled),
        attribute("issuer-certificate-id", Kind::Reference(Reference::Certificate)),
    ],
    ..ElementSpec::named("identity")
};

const COMMON_NAME: &str = "2.5.4.3";

fn check(element: &Element, checker: &mut Checker<'_>) {
    if element.flag("validate-revocation", true) {
        let message =
            "validate-client-certificate does not ask whether certificates were revoked in this release";
        checker.not_run(element.span, message).hint("add validate-revocation=\"false\"");
    }
    for identity in element.child("identities").into_iter().flat_map(|all| all.elements_named("identity")) {
        if identity.attributes.is_empty() {
            let message = "an identity says what a certificate has to be";
            checker.error(identity.span, "missing-attribute", message);
        }
        for name in ["subject", "issuer-subject"] {
            if let Some(text) = identity.literal(name)
                && Name::read(text).is_none()
            {
                let message =
                    format!("{name} is no distinguished name, such as `CN=api, O=\"Contoso, Inc.\"`");
                checker.report(checker.strict(), identity.span, "attribute-value", message);
            }
        }
    }
    for identity in element.child("identities").into_iter().flat_map(|all| all.elements_named("identity")) {
        let Some(certificate) = identity.attribute("issuer-certificate-id") else {
            continue;
        };
        for other in ["issuer-subject", "issuer-thumbprint"] {
            if identity.attribute(other).is_some() {
                checker.excluding(certificate, other);
            }
        }
    }
}

fn compile(element: &Element) -> Option<ValidateClientCertificate> {
    let mut identities = Vec::new();
    for identity in element.child("identities").into_iter().flat_map(|all| all.elements_named("identity")) {
        identities.push(compile_identity(identity)?);
    }
    Some(ValidateClientCertificate {
        checks_trust: element.flag("validate-trust", true),
        checks_beginning: element.flag("validate-not-before", true),
        checks_end: element.flag("validate-not-after", true),
        ignores_error: element.flag("ignore-error", false),
        identities: identities.into(),
    })
}

fn compile_identity(identity: &Element) -> Option<Identity> {
    let text = |name: &str| identity.literal(name).map(|text| Box::<str>::from(text.trim()));
    let name = |name: &str| match identity.literal(name) {
        Some(text) => Name::read(text).map(Some),
        None => Some(None),
    };
    Some(Identity {
        thumbprint: text("thumbprint").map(|text| digits(&text)),
        serial_number: text("serial-number").map(|text| number(&text)),
        common_name: text("common-name"),
        subject: name("subject")?,
        dns_name: text("dns-name"),
        issuer_subject: name("issuer-subject")?,
        issuer_thumbprint: text("issuer-thumbprint").map(|text| digits(&text)),
        issuer_certificate: text("issuer-certificate-id"),
    })
}

#[derive(Debug)]
pub(crate) struct ValidateClientCertificate {
    checks_trust: bool,
    checks_beginning: bool,
    checks_end: bool,
    ignores_error: bool,
    /// None: whoever's it is.
    identities: Box<[Identity]>,
}

/// What a certificate has to be; all that is given.
#[derive(Debug)]
struct Identity {
    thumbprint: Option<String>,
    serial_number: Option<String>,
    common_name: Option<Box<str>>,
    subject: Option<Name>,
    dns_name: Option<Box<str>>,
    issuer_subject: Option<Name>,
    issuer_thumbprint: Option<String>,
    issuer_certificate: Option<Box<str>>,
}

/// A distinguished name, blanks left out: relative names, each a sorted list of attributes.
#[derive(Debug, PartialEq, Eq)]
struct Name(Vec<Vec<(String, String)>>);

/// Why a certificate is refused.
struct Refusal(&'static str, &'static str);

const MISSING: Refusal =
    Refusal("ClientCertificateNotFound", "Client certificate was not found. Access denied.");
const EARLY: Refusal =
    Refusal("ClientCertificateNotYetValid", "Client certificate is not valid yet. Access denied.");
const LATE: Refusal = Refusal("ClientCertificateExpired", "Client certificate has expired. Access denied.");
const STRANGE: Refusal =
    Refusal("ClientCertificateNotTrusted", "Client certificate is not trusted. Access denied.");
const OTHER: Refusal = Refusal(
    "ClientCertificateIdentityNotMatched",
    "Client certificate is not one that is listed. Access denied.",
);

impl ValidateClientCertificate {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let Some(Refusal(reason, message)) = self.refusal(env)? else {
            return Ok(Flow::Continue);
        };
        if self.ignores_error {
            env.trace(format!("{reason}, which is ignored: {message}"));
            return Ok(Flow::Continue);
        }
        Err(Fault::new(StatusCode::FORBIDDEN, env.source(), reason, message).into())
    }

    fn refusal<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Option<Refusal>, Halt> {
        let shown = env.host.client_certificate().filter(|der| der.len() <= CERTIFICATE_BYTES_MAX);
        let Some(shown) = shown.and_then(|der| Certificate::parse(&der).ok()) else {
            return Ok(Some(MISSING));
        };
        let now = env.host.unix_ms().div_euclid(1_000);
        if self.checks_beginning && now < shown.not_before() {
            return Ok(Some(EARLY));
        }
        if self.checks_end && now > shown.not_after() {
            return Ok(Some(LATE));
        }
        let workspace = &*env.context.facts.workspace.id;
        let parsed = |all: Vec<Vec<u8>>| -> Vec<Certificate> {
            all.iter().filter_map(|der| Certificate::parse(der).ok()).collect()
        };
        let others = parsed(env.host.intermediates(workspace));
        let roots = parsed(env.host.trusted_roots(workspace));
        if self.checks_trust {
            // Where its times do not matter, they do not for its trust.
            let moment = now.clamp(shown.not_before(), shown.not_after().max(shown.not_before()));
            if !chain::verify(&shown, &others, &roots, moment) {
                return Ok(Some(STRANGE));
            }
        }
        if self.identities.is_empty() {
            return Ok(None);
        }
        for identity in &self.identities {
            let issuer = match &identity.issuer_certificate {
                Some(id) => Some(certificate(env, id)?),
                None => None,
            };
            if identity.matches(&shown, issuer.as_ref(), others.iter().chain(&roots)) {
                return Ok(None);
            }
        }
        Ok(Some(OTHER))
    }
}

impl Identity {
    fn matches<'c>(
        &self,
        shown: &Certificate,
        issuer: Option<&Arc<HeldCertificate>>,
        mut known: impl Iterator<Item = &'c Certificate>,
    ) -> bool {
        let is =
            |wanted: &Option<String>, is: &dyn Fn() -> String| wanted.as_ref().is_none_or(|it| *it == is());
        let is_name = |wanted: &Option<Name>, name: &dyn Fn() -> String| {
            wanted.as_ref().is_none_or(|wanted| Name::read(&name()).is_some_and(|name| wanted.is(&name)))
        };
        is(&self.thumbprint, &|| shown.thumbprint())
            && is(&self.serial_number, &|| number(&shown.serial_number()))
            && self
                .common_name
                .as_deref()
                .is_none_or(|wanted| shown.subject().find(COMMON_NAME) == Some(wanted))
            && is_name(&self.subject, &|| shown.subject().to_string())
            && is_name(&self.issuer_subject, &|| shown.issuer().to_string())
            && self
                .dns_name
                .as_ref()
                .is_none_or(|wanted| shown.dns_names().iter().any(|name| name.eq_ignore_ascii_case(wanted)))
            && self.issuer_thumbprint.as_ref().is_none_or(|wanted| {
                known.any(|issuer| issuer.thumbprint() == *wanted && chain::is_issued_by(shown, issuer))
            })
            && issuer
                .is_none_or(|issuer| issuer.parsed().is_some_and(|issuer| chain::is_issued_by(shown, issuer)))
    }
}

impl Name {
    /// Reads a name as .NET and others print it; `None`: it is none.
    fn read(text: &str) -> Option<Self> {
        let mut relatives: Vec<Vec<(String, String)>> = vec![Vec::new()];
        let mut chars = text.chars().peekable();
        loop {
            let mut label = String::new();
            loop {
                match chars.next()? {
                    '=' => break,
                    ',' | ';' | '+' | '"' => return None,
                    char => label.push(char),
                }
            }
            let (value, end) = Self::value(&mut chars)?;
            let label = match label.trim().to_ascii_uppercase().as_str() {
                "" => return None,
                "ST" => "S".to_owned(),
                "EMAILADDRESS" => "E".to_owned(),
                label => label.to_owned(),
            };
            relatives.last_mut()?.push((label, value));
            match end {
                None => break,
                Some('+') => {}
                Some(_) => relatives.push(Vec::new()),
            }
        }
        relatives.iter_mut().for_each(|relative| relative.sort());
        Some(Self(relatives))
    }

    /// A value without blanks, and what it ends with.
    fn value(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<(String, Option<char>)> {
        let (mut value, mut is_quoted) = (String::new(), false);
        loop {
            let Some(char) = chars.next() else {
                return (!is_quoted).then_some((value, None));
            };
            match char {
                '"' if is_quoted && chars.peek() == Some(&'"') => value.extend(chars.next()),
                '"' => is_quoted = !is_quoted,
                '\\' => value.push(chars.next()?),
                ',' | ';' | '+' if !is_quoted => return Some((value, Some(char))),
                char if char.is_whitespace() => {}
                char => value.push(char),
            }
        }
    }

    /// Programs print names from either end.
    fn is(&self, other: &Self) -> bool {
        self == other || self.0.iter().eq(other.0.iter().rev())
    }
}

/// Hexadecimal digits, whatever stands between them.
fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_hexdigit).map(|digit| digit.to_ascii_uppercase()).collect()
}

/// The same, without zeros in front.
fn number(text: &str) -> String {
    digits(text).trim_start_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SerialNumber};

    use super::*;
    use crate::section::Section;
    use crate::testing::{Bench, codes, read_in};

    struct Party {
        der: Vec<u8>,
        issuer: Issuer<'static, KeyPair>,
    }

    fn party(name: &str, of: Option<&Party>, change: impl FnOnce(&mut CertificateParams)) -> Party {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Contoso, Inc.");
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = rcgen::date_time_ymd(2025, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 1, 1);
        change(&mut params);
        let certificate = match of {
            Some(issuer) => params.signed_by(&key, &issuer.issuer),
            None => params.self_signed(&key),
        };
        Party { der: certificate.unwrap().der().to_vec(), issuer: Issuer::new(params, key) }
    }

    fn authority(name: &str, of: Option<&Party>) -> Party {
        party(name, of, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained))
    }

    fn client(of: &Party) -> Party {
        party("client", Some(of), |params| {
            params.serial_number = Some(SerialNumber::from_slice(&[0x0A, 0xBC]));
            params.subject_alt_names =
                ["a.test", "b.test"].map(|name| rcgen::SanType::DnsName(name.try_into().unwrap())).to_vec();
        })
    }

    fn thumbprint(party: &Party) -> String {
        Certificate::parse(&party.der).unwrap().thumbprint()
    }

    /// The reason why a certificate is refused; empty where it is let in.
    fn reason(policy: &str, shown: Option<&Party>, roots: &[&Party]) -> String {
        let mut bench = Bench::inbound(policy);
        bench.host.outside.client_certificate = shown.map(|shown| shown.der.clone());
        bench.host.outside.roots = roots.iter().map(|root| root.der.clone()).collect();
        for root in roots {
            bench
                .host
                .outside
                .certificates
                .insert("ca", Arc::new(HeldCertificate::new(vec![root.der.clone()], None)));
        }
        bench.run();
        let status = bench.context.response.as_ref().unwrap().status;
        let error = bench.context.last_error.as_ref();
        assert_eq!(status, if error.is_some() { 403 } else { 200 });
        error.map_or_else(String::new, |error| error.reason.as_deref().unwrap_or_default().to_owned())
    }

    fn policy(attributes: &str, identities: &str) -> String {
        format!(
            "<validate-client-certificate validate-revocation='false' {attributes}>{identities}</validate-client-certificate>"
        )
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-client-certificate validate-revocation='false' validate-trust='false'><identities><identity thumbprint='AB' subject='CN=a'/></identities></validate-client-certificate>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-client-certificate validate-revocation='false'><identities><identity issuer-certificate-id='c' issuer-subject='CN=s'/></identities></validate-client-certificate>"
            ),
            ["attribute-conflict"]
        );
    }

    #[test]
    fn what_cannot_be_asked_is_refused_when_a_document_is_saved() {
        assert_eq!(codes("<validate-client-certificate/>"), ["not-run-yet"]);
        let identity = |identity: &str| codes(&policy("", &format!("<identities>{identity}</identities>")));
        assert_eq!(identity("<identity/>"), ["missing-attribute"]);
        assert_eq!(identity("<identity subject='no name'/>"), ["attribute-value"]);
        assert_eq!(identity(&"<identity thumbprint='AB'/>".repeat(IDENTITIES_MAX)), [""; 0]);
        assert_eq!(identity(&"<identity thumbprint='AB'/>".repeat(IDENTITIES_MAX + 1)).len(), 1);
    }

    #[test]
    fn a_certificate_is_there_and_trusted_and_valid_now() {
        let (ours, theirs) = (authority("ca", None), authority("ca", None));
        let shown = client(&ours);
        let plain = policy("", "");
        assert_eq!(reason(&plain, None, &[&ours]), "ClientCertificateNotFound");
        assert_eq!(reason(&plain, Some(&shown), &[&ours]), "");
        assert_eq!(reason(&plain, Some(&shown), &[&theirs]), "ClientCertificateNotTrusted");
        assert_eq!(reason(&policy("validate-trust='false'", ""), Some(&shown), &[]), "");
        assert_eq!(reason(&policy("ignore-error='true'", ""), None, &[]), "");
        let early = party("x", Some(&ours), |params| params.not_before = rcgen::date_time_ymd(2025, 12, 1));
        let late = party("x", Some(&ours), |params| params.not_after = rcgen::date_time_ymd(2025, 2, 1));
        for (shown, attribute, expected) in [
            (&early, "validate-not-before", "ClientCertificateNotYetValid"),
            (&late, "validate-not-after", "ClientCertificateExpired"),
        ] {
            assert_eq!(reason(&plain, Some(shown), &[&ours]), expected);
            assert_eq!(reason(&policy(&format!("{attribute}='false'"), ""), Some(shown), &[&ours]), "");
        }
    }

    #[test]
    fn all_that_an_identity_says_has_to_hold_of_one() {
        let ours = authority("ca", None);
        let other = authority("ca", None);
        let shown = client(&ours);
        let of = |identities: &str| {
            let identities = format!("<identities>{identities}</identities>");
            reason(&policy("", &identities), Some(&shown), &[&ours]).is_empty()
        };
        let own = thumbprint(&shown);
        let issuer = thumbprint(&ours);
        for (identity, matches) in [
            (format!("thumbprint='{}'", own.to_lowercase()), true),
            (format!("thumbprint='{issuer}'"), false),
            ("serial-number='0A:BC'".to_owned(), true),
            ("serial-number='abc'".to_owned(), true),
            ("serial-number='abd'".to_owned(), false),
            ("common-name='client'".to_owned(), true),
            ("common-name='cli'".to_owned(), false),
            ("subject='CN=client, O=\"Contoso, Inc.\"'".to_owned(), true),
            ("subject='O=Contoso\\, Inc.,CN=client'".to_owned(), true),
            ("subject='CN=client'".to_owned(), false),
            ("dns-name='B.test'".to_owned(), true),
            ("dns-name='c.test'".to_owned(), false),
            ("issuer-subject='cn=ca,o=\"Contoso,Inc.\"'".to_owned(), true),
            (format!("issuer-thumbprint='{issuer}'"), true),
            (format!("issuer-thumbprint='{}'", thumbprint(&other)), false),
            ("issuer-certificate-id='ca'".to_owned(), true),
            ("common-name='client' dns-name='c.test'".to_owned(), false),
        ] {
            let identity = format!("<identity {identity}/>");
            assert_eq!(of(&identity), matches, "{identity}");
            assert!(of(&format!("{identity}<identity common-name='client'/>")));
        }
        assert_eq!(
            reason(
                &policy("", "<identities><identity common-name='x'/></identities>"),
                Some(&shown),
                &[&ours]
            ),
            "ClientCertificateIdentityNotMatched"
        );
    }

    #[test]
    fn names_are_read_as_programs_print_them() {
        let read = |text: &str| {
            Name::read(text).map(|name| {
                name.0.iter().flatten().map(|(l, v)| format!("{l}={v}")).collect::<Vec<_>>().join("|")
            })
        };
        for (text, expected) in [
            ("CN=a b , ST = x", Some("CN=ab|S=x")),
            ("CN=\"say \"\"hi\"\"\"; O=y", Some("CN=say\"hi\"|O=y")),
            ("O=a + CN=b", Some("CN=b|O=a")),
            ("emailAddress=a@b.test", Some("E=a@b.test")),
            ("CN=", Some("CN=")),
            ("CN=\"open", None),
            ("CN=a,", None),
            ("=a", None),
            ("", None),
            ("a,CN=b", None),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }
}
