//! `authentication-certificate`: shows a client certificate to the backend.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hanse_expression::Target;

use crate::check::Checker;
use crate::env::{Env, Halt, Ran};
use crate::host::CertificateBy;
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, Release, attribute};
use crate::setting::{Setting, Text};
use crate::surroundings::Reference;
use crate::task::ClientIdentity;
use crate::token_check::owner;
use crate::tree::Element;

/// Largest `body`, in bytes; the policy fails beyond.
const PFX_BYTES_MAX: usize = 64 * 1024;

/// Also a child of policies that make a request.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::AuthenticationCertificate)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("thumbprint", Kind::Filled).expression(),
                attribute("certificate-id", Kind::Reference(Reference::Certificate)).expression(),
                attribute("body", Kind::Bytes).expression(),
                attribute("password", Kind::Any).expression(),
            ],
            ..ElementSpec::named("authentication-certificate")
        },
        "Shows a client certificate to the backend.",
    )
};

const WAYS: [&str; 3] = ["thumbprint", "certificate-id", "body"];

fn check(element: &Element, checker: &mut Checker<'_>) {
    checker.one_of(element, &WAYS);
    let mut given = WAYS.iter().filter_map(|name| element.attribute(name));
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        checker.excluding(second, &first.name);
    }
    if let Some(body) = element.literal("body")
        && decoded(body).is_none()
    {
        checker.report(checker.strict(), element.span, "attribute-value", "`body` is not Base64".to_owned());
    }
    if let Some(password) = element.attribute("password")
        && element.attribute("body").is_none()
        && WAYS.iter().any(|name| element.attribute(name).is_some())
    {
        let message = "`password` opens what is in `body`, which is not there";
        checker.report(checker.strict(), password.span, "attribute-conflict", message.to_owned());
    }
}

fn decoded(text: &str) -> Option<Bytes> {
    let packed: String = text.split_ascii_whitespace().collect();
    BASE64_STANDARD.decode(packed).ok().map(Bytes::from)
}

pub(crate) fn compile(element: &Element) -> Option<AuthenticationCertificate> {
    if let Some(thumbprint) = element.text_setting("thumbprint")? {
        return Some(AuthenticationCertificate::Thumbprint(thumbprint));
    }
    if let Some(id) = element.text_setting("certificate-id")? {
        return Some(AuthenticationCertificate::Id(id));
    }
    let bytes = element.setting("body", Target::Bytes, decoded)??;
    let password = match element.attribute("password") {
        Some(password) => Some(Text::verbatim(&password.value, Target::String)?),
        None => None,
    };
    Some(AuthenticationCertificate::Pfx { bytes, password })
}

#[derive(Debug)]
pub(crate) enum AuthenticationCertificate {
    Thumbprint(Text),
    Id(Text),
    /// PKCS#12.
    Pfx {
        bytes: Setting<Bytes>,
        password: Option<Text>,
    },
}

impl AuthenticationCertificate {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let identity = self.work_out(env)?;
        env.context.identity = Some(identity);
        Ok(Flow::Continue)
    }

    /// What is shown.
    pub(crate) fn work_out<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<ClientIdentity, Halt> {
        let (which, shown) = match self {
            Self::Thumbprint(thumbprint) => {
                // As people copy it: with blanks or colons, and with marks that nobody sees.
                let written = env.text_or_empty(thumbprint)?;
                let digits = written.chars().filter(char::is_ascii_hexdigit).collect::<String>();
                (None, digits)
            }
            Self::Id(id) => (Some(()), env.text_or_empty(id)?.to_owned()),
            Self::Pfx { bytes, password } => return pfx(env, bytes, password.as_ref()),
        };
        let by = match which {
            Some(()) => CertificateBy::Id(&shown),
            None => CertificateBy::Thumbprint(&shown),
        };
        let found = env.host.certificate(owner(env), by);
        let name = if which.is_some() { "id" } else { "thumbprint" };
        let held = found
            .ok_or_else(|| env.internal(format!("Certificate with {name} '{shown}' could not be found.")))?;
        match held.key() {
            Some(_) => Ok(ClientIdentity::Held(held)),
            None => Err(env.internal(format!("Certificate with {name} '{shown}' has no private key."))),
        }
    }
}

fn pfx<'a>(
    env: &mut Env<'a, '_>,
    bytes: &'a Setting<Bytes>,
    password: Option<&'a Text>,
) -> Result<ClientIdentity, Halt> {
    let bytes = match bytes {
        Setting::Fixed(bytes) => bytes.clone(),
        Setting::Computed(program) => env.computed_body(program)?,
    };
    if bytes.is_empty() || bytes.len() > PFX_BYTES_MAX {
        let message =
            format!("body: a certificate has 1 to {PFX_BYTES_MAX} bytes, this one has {}.", bytes.len());
        return Err(env.internal(message));
    }
    let password = match password {
        Some(password) => env.text_or_empty(password)?,
        None => "",
    };
    Ok(ClientIdentity::Pfx { bytes, password: password.into() })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::certificate::HeldCertificate;
    use crate::section::Section;
    use crate::testing::{Bench, codes, read_in};

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<authentication-certificate thumbprint='AB'/><authentication-certificate certificate-id='c'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<authentication-certificate body='@(context.Variables.GetValueOrDefault<byte[]>(\"c\"))' password='{{p}}'/>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<authentication-certificate password='{{p}}'/>"),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(Section::Inbound, "<authentication-certificate certificate-id=''/>"),
            ["attribute-value"]
        );
    }

    #[test]
    fn one_way_alone_names_a_certificate() {
        for (attributes, code) in [
            ("thumbprint='AB' certificate-id='c'", "attribute-conflict"),
            ("certificate-id='c' password='{{p}}'", "attribute-conflict"),
            ("body='no base 64!'", "attribute-value"),
            ("body='YWJj'", "secret-in-document"),
        ] {
            let found = codes(&format!("<authentication-certificate {attributes}/>"));
            assert!(found.contains(&code), "{attributes}: {found:?}");
        }
    }

    fn held(key: Option<&[u8]>) -> Arc<HeldCertificate> {
        Arc::new(HeldCertificate::new(vec![b"der".to_vec()], key.map(<[u8]>::to_vec)))
    }

    fn shown(bench: &Bench) -> Option<String> {
        match bench.context.identity.as_ref()? {
            ClientIdentity::Held(held) => Some(held.thumbprint().to_owned()),
            ClientIdentity::Pfx { bytes, password } => Some(format!("{bytes:?} {password}")),
        }
    }

    #[test]
    fn a_certificate_is_found_by_id_and_by_thumbprint_however_it_is_written() {
        let held = held(Some(b"key"));
        let thumbprint = held.thumbprint().to_lowercase();
        let copied = format!("\u{200e}{} {}:{}", &thumbprint[..4], &thumbprint[4..6], &thumbprint[6..]);
        for attribute in [format!("thumbprint='{copied}'"), "certificate-id='@(\"c\")'".to_owned()] {
            let mut bench = Bench::inbound(&format!("<authentication-certificate {attribute}/>"));
            bench.host.outside.certificates.insert("c", held.clone());
            bench.run();
            assert_eq!(shown(&bench).as_deref(), Some(held.thumbprint()), "{attribute}");
        }
    }

    #[test]
    fn one_that_is_not_there_or_has_no_key_fails() {
        for (certificate, message) in [
            (None, "Certificate with id 'c' could not be found."),
            (Some(held(None)), "Certificate with id 'c' has no private key."),
        ] {
            let mut bench = Bench::inbound("<authentication-certificate certificate-id='c'/>");
            bench.host.outside.certificates.extend(certificate.map(|held| ("c", held)));
            bench.run();
            let error = bench.context.last_error.as_ref().unwrap();
            assert_eq!((error.message.as_str(), &error.reason), (message, &None));
            assert_eq!(bench.context.response.as_ref().unwrap().status, 500);
        }
    }

    #[test]
    fn a_document_brings_its_own() {
        let mut bench = Bench::inbound(
            "<authentication-certificate body='YWJj' password='{{p}}'/>"
                .replace("{{p}}", "@(\" p\")")
                .as_str(),
        );
        bench.run();
        assert_eq!(shown(&bench).as_deref(), Some("b\"abc\"  p"));
        let of = |bytes: usize| {
            let policy = format!("<authentication-certificate body='@(new byte[{bytes}])'/>");
            let mut bench = Bench::inbound(&policy);
            bench.run();
            bench.context.last_error.is_none()
        };
        assert!(of(1) && of(PFX_BYTES_MAX) && !of(0) && !of(PFX_BYTES_MAX + 1));
    }

    #[test]
    fn calls_of_policies_show_one_too() {
        let mut bench = Bench::inbound(
            "<send-request response-variable-name='r' ignore-error='true'><set-url>https://b.test</set-url><authentication-certificate certificate-id='c'/></send-request>",
        );
        bench.host.outside.certificates.insert("c", held(Some(b"key")));
        bench.run();
        assert!(
            matches!(bench.calls[0].identity, Some(ClientIdentity::Held(_)))
                && bench.context.identity.is_none()
        );
    }
}
