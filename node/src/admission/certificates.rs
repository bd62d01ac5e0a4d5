//! Facts of certificates, found while they can still be read.
//!
//! One idea: what is read is what the resource will have when this is applied: what was sent, and where
//! nothing was sent, what is sealed already. What a client says of a certificate is never looked at.

use super::{Admission, NotAdmitted, Work, violation};
use crate::secrets::Secret;
use hanse_gateway::certificates::{self, Facts, Identity, Refused};
use hanse_model::Read;
use hanse_proto::{Name, v1, v1::resource::Spec};

/// A certificate as it will be: its text, and the password that belongs to it.
struct Effective {
    text: String,
    password: String,
}

impl<R: Read> Admission<'_, R> {
    /// Notes what certificates of a spec say, and refuses those that could not be used.
    pub(super) fn note_certificate(
        &self,
        name: &Name,
        spec: &mut Spec,
        taken: &[Secret],
        work: &mut Work<'_>,
    ) -> Result<Vec<v1::Violation>, NotAdmitted<R::Error>> {
        if let Spec::CaCertificate(authority) = spec {
            return Ok(note_authority(name, authority, work));
        }
        let field = match spec {
            Spec::Certificate(_) => "data",
            Spec::HostnameBinding(_) => "certificate",
            _ => return Ok(Vec::new()),
        };
        let stored = hanse_model::get(self.read, name).map_err(NotAdmitted::Store)?;
        let before = stored.as_ref().and_then(|stored| stored.resource.as_ref());
        let is_sent = taken.iter().any(|secret| secret.path == field || secret.path == "password");
        if let (false, Some(before)) = (is_sent, before)
            && is_as_before(spec, before, name, work)
        {
            return Ok(Vec::new());
        }
        let effective = match self.effective(field, taken, stored.as_ref()) {
            Ok(effective) => effective,
            Err(message) => return Ok(vec![violation("invalid", name.as_str(), field, &message)]),
        };
        let read = effective.map(|certificate| Identity::read(&certificate.text, &certificate.password));
        if let Some(before) = before {
            work.rests_on.insert(name.key(), before.revision);
        }
        let identity = match read.transpose() {
            Ok(identity) => identity,
            Err(Refused::Data(message)) => {
                return Ok(vec![violation("invalid", name.as_str(), field, &message)]);
            }
            Err(Refused::Password(message)) => {
                return Ok(vec![violation("invalid", name.as_str(), "password", &message)]);
            }
        };
        match spec {
            Spec::Certificate(spec) => set(spec, identity.map(|identity| identity.facts)),
            Spec::HostnameBinding(spec)
                if identity.is_some_and(|identity| !identity.is_for(&spec.hostname)) =>
            {
                let message =
                    format!("the certificate is not for `{}`; clients will refuse it", spec.hostname);
                work.warn(name, message);
            }
            _ => {}
        }
        Ok(Vec::new())
    }

    /// What was sent, and where nothing was sent, what is stored; `None`: there is no certificate.
    fn effective(
        &self,
        field: &str,
        taken: &[Secret],
        stored: Option<&v1::StoredResource>,
    ) -> Result<Option<Effective>, String> {
        let value = |path: &str| -> Result<Option<String>, String> {
            if let Some(sent) = taken.iter().find(|secret| secret.path == path) {
                return Ok(Some(sent.value.clone()));
            }
            let Some(sealed) = stored.and_then(|stored| stored.secrets.get(path)) else { return Ok(None) };
            let plaintext = self.keyring.open(sealed);
            let text = plaintext.ok().and_then(|bytes| String::from_utf8(bytes).ok());
            text.map(Some)
                .ok_or_else(|| format!("the stored {path} cannot be opened any more; send it again"))
        };
        let Some(text) = value(field)? else { return Ok(None) };
        Ok(Some(Effective { text, password: value("password")?.unwrap_or_default() }))
    }
}

/// Whether nothing has to be read again; the facts of before are then kept.
fn is_as_before(spec: &mut Spec, before: &v1::Resource, name: &Name, work: &mut Work<'_>) -> bool {
    match (spec, &before.spec) {
        (Spec::Certificate(spec), Some(Spec::Certificate(before_spec))) => {
            spec.subject.clone_from(&before_spec.subject);
            spec.thumbprint.clone_from(&before_spec.thumbprint);
            spec.expiration_date.clone_from(&before_spec.expiration_date);
            work.rests_on.insert(name.key(), before.revision);
            true
        }
        (Spec::HostnameBinding(spec), Some(Spec::HostnameBinding(before))) => {
            spec.hostname == before.hostname
        }
        _ => false,
    }
}

fn set(spec: &mut v1::Certificate, facts: Option<Facts>) {
    let facts = facts.unwrap_or_else(|| Facts {
        subject: String::new(),
        thumbprint: String::new(),
        expiration_date: String::new(),
    });
    spec.subject = facts.subject;
    spec.thumbprint = facts.thumbprint;
    spec.expiration_date = facts.expiration_date;
}

fn note_authority(name: &Name, spec: &mut v1::CaCertificate, work: &mut Work<'_>) -> Vec<v1::Violation> {
    if spec.encoded_certificate.is_empty() {
        // The model says that it is missing.
        return Vec::new();
    }
    match certificates::authority(&spec.encoded_certificate) {
        Ok((facts, is_ca)) => {
            if !is_ca {
                let message =
                    "the certificate is not one of an authority; what it signed will not be trusted";
                work.warn(name, message.to_owned());
            }
            spec.subject = facts.subject;
            spec.thumbprint = facts.thumbprint;
            spec.expiration_date = facts.expiration_date;
            Vec::new()
        }
        Err(message) => vec![violation("invalid", name.as_str(), "encodedCertificate", &message)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::Admitted;
    use hanse_gateway::host::Random;
    use hanse_model::{Decision, MemoryTables};
    use hanse_raft_store::Keyring;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

    struct Zeros;

    impl Random for Zeros {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    fn pem(name: &str, is_ca: bool) -> (String, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let key = KeyPair::generate().expect("a key");
        (params.self_signed(&key).expect("a certificate").pem(), key.serialize_pem())
    }

    /// Admits one put above a store.
    fn admit(store: &MemoryTables, name: &str, spec: Spec) -> Result<Admitted, Vec<v1::Violation>> {
        let keyring = Keyring::new(&[1; 32]);
        let admission = Admission { read: store, keyring: &keyring, random: &Zeros };
        let resource = v1::Resource { name: name.into(), spec: Some(spec), ..Default::default() };
        let change = v1::Change { change: Some(v1::change::Change::Put(resource)), ..Default::default() };
        let request = v1::ApplyRequest { changes: vec![change], ..Default::default() };
        admission.admit(&request).map_err(|error| match error {
            NotAdmitted::Refused(violations) => violations,
            NotAdmitted::Store(error) => panic!("{error:?}"),
        })
    }

    fn put(admitted: &Admitted) -> &v1::Put {
        match &admitted.command.changes[0].change {
            Some(v1::admitted_change::Change::Put(put)) => put,
            other => panic!("{other:?}"),
        }
    }

    fn spec(admitted: &Admitted) -> &Spec {
        put(admitted).resource.as_ref().and_then(|resource| resource.spec.as_ref()).expect("a spec")
    }

    fn certificate(data: &str) -> Spec {
        Spec::Certificate(v1::Certificate {
            data: data.into(),
            subject: "CN=forged".into(),
            ..Default::default()
        })
    }

    /// A store with a gateway `g` and what was admitted.
    fn stored(admitted: &Admitted) -> MemoryTables {
        use v1::{command::Action, principal::Who};
        let mut store = MemoryTables::new();
        let bootstrap = v1::BootstrapCommand {
            cluster_id: "c".into(),
            service_name: "s".into(),
            base_domain: "example.net".into(),
        };
        let gateway = v1::Gateway { display_name: "G".into(), ..Default::default() };
        let gateway = admit(&store, "gateways/g", Spec::Gateway(gateway)).expect("admitted");
        let system = Who::System(v1::SystemPrincipal { node: "1".into() });
        let admin = v1::Account { id: "a".into(), groups: vec!["administrators".into()], expires_at_ms: 0 };
        for (revision, (who, action)) in [
            (system, Action::Bootstrap(bootstrap)),
            (Who::Account(admin.clone()), Action::Apply(gateway.command)),
            (Who::Account(admin), Action::Apply(admitted.command.clone())),
        ]
        .into_iter()
        .enumerate()
        {
            let command = v1::Command {
                feature_level: hanse_proto::FEATURE_LEVEL,
                at_ms: 1,
                principal: Some(v1::Principal { who: Some(who) }),
                action: Some(action),
                ..Default::default()
            };
            match hanse_model::apply(&store, &command, revision as u64 + 1) {
                Ok(Decision::Accepted(accepted)) => store.write(&accepted.writes),
                other => panic!("{other:?}"),
            }
        }
        store
    }

    #[test]
    fn what_a_certificate_says_is_read_from_it_and_not_from_who_sends_it() {
        let (chain, key) = pem("api.example.com", false);
        let admitted = admit(&MemoryTables::new(), "certificates/c", certificate(&format!("{chain}{key}")))
            .expect("admitted");
        let Spec::Certificate(spec) = spec(&admitted) else { panic!("{admitted:?}") };
        assert_eq!((spec.subject.as_str(), spec.thumbprint.len()), ("CN=api.example.com", 40));
        assert_eq!((spec.data.as_str(), put(&admitted).secrets.contains_key("data")), ("", true));
        let refused = admit(&MemoryTables::new(), "certificates/c", certificate(&chain)).expect_err("no key");
        assert!(refused[0].field == "data" && refused[0].message.contains("no private key"), "{refused:?}");
    }

    #[test]
    fn a_put_without_data_keeps_what_is_known() {
        let (chain, key) = pem("api.example.com", false);
        let first = admit(&MemoryTables::new(), "certificates/c", certificate(&format!("{chain}{key}")))
            .expect("admitted");
        let store = stored(&first);
        let again = admit(&store, "certificates/c", certificate("")).expect("admitted");
        assert_eq!(spec(&again), spec(&first));
        assert_eq!(again.command.rests_on.len(), 1, "what was read has to be the same when it is applied");
    }

    #[test]
    fn bindings_need_a_key_and_say_when_the_name_is_another() {
        let (chain, key) = pem("api.example.com", false);
        let binding = |hostname: &str, certificate: String| {
            Spec::HostnameBinding(v1::HostnameBinding {
                hostname: hostname.into(),
                certificate,
                ..Default::default()
            })
        };
        let name = "gateways/g/hostnameBindings/b";
        let empty = MemoryTables::new();
        let good =
            admit(&empty, name, binding("api.example.com", format!("{chain}{key}"))).expect("admitted");
        assert_eq!(good.warnings, []);
        let other =
            admit(&empty, name, binding("www.example.com", format!("{chain}{key}"))).expect("admitted");
        assert!(other.warnings[0].message.contains("not for `www.example.com`"), "{:?}", other.warnings);
        let refused = admit(&empty, name, binding("api.example.com", chain)).expect_err("no key");
        assert_eq!(refused[0].field, "certificate");
        // A new name is held against the certificate that is there.
        let renamed =
            admit(&stored(&good), name, binding("www.example.com", String::new())).expect("admitted");
        assert_eq!(renamed.warnings.len(), 1);
        let same = admit(&stored(&good), name, binding("api.example.com", String::new())).expect("admitted");
        assert_eq!(same.warnings, []);
    }

    #[test]
    fn an_authority_is_read_and_what_is_none_is_said() {
        let authority = |text: String| {
            Spec::CaCertificate(v1::CaCertificate { encoded_certificate: text, ..Default::default() })
        };
        let empty = MemoryTables::new();
        let admitted = admit(&empty, "caCertificates/c", authority(pem("ca", true).0)).expect("admitted");
        let Spec::CaCertificate(ca) = spec(&admitted) else { panic!("{admitted:?}") };
        assert_eq!((ca.subject.as_str(), admitted.warnings.len()), ("CN=ca", 0));
        let admitted = admit(&empty, "caCertificates/c", authority(pem("leaf", false).0)).expect("admitted");
        assert!(admitted.warnings[0].message.contains("not one of an authority"));
        let refused = admit(&empty, "caCertificates/c", authority("?".into())).expect_err("refused");
        assert_eq!(refused[0].field, "encodedCertificate");
    }
}
