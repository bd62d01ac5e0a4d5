//! `X509Certificate2.Verify` and `VerifyNoRevocation`: is there a valid chain to a root?
//!
//! The one idea: a bounded search from the certificate upwards through those at hand. A chain ends at
//! a root that was passed in; every certificate on it is valid at the moment passed in, and every
//! issuer may issue and did sign. There is no network here, so revocation is not asked for.

use std::collections::BTreeSet;

use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use super::Certificate;

/// Longest chain, counting the certificate and the root.
pub const CHAIN_LEN_MAX: usize = 8;

/// Most signatures checked in one search.
pub const SIGNATURES_MAX: usize = 64;

/// True when a chain leads from the certificate over `others` to one of `roots`, all valid at `now`
/// (seconds since 1970). A root is valid for itself.
pub fn verify(certificate: &Certificate, others: &[Certificate], roots: &[Certificate], now: i64) -> bool {
    let Some(leaf) = parsed(certificate) else {
        return false;
    };
    let others: Vec<_> = others.iter().filter_map(parsed).collect();
    let roots: Vec<_> = roots.iter().filter_map(parsed).collect();
    let mut search = Search { others: &others, roots: &roots, now, signatures: 0, path: BTreeSet::new() };
    search.leads_to_root(&leaf, 1, 0)
}

/// True when `issuer` may issue certificates and signed this one, whatever the time.
pub fn is_issued_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let (Some(certificate), Some(issuer)) = (parsed(certificate), parsed(issuer)) else {
        return false;
    };
    issuer.subject().as_raw() == certificate.issuer().as_raw()
        && may_issue(&issuer, 0)
        && certificate.verify_signature(Some(issuer.public_key())).is_ok()
}

struct Search<'s, 'c> {
    others: &'s [X509Certificate<'c>],
    roots: &'s [X509Certificate<'c>],
    now: i64,
    signatures: usize,
    /// Encodings on the way here, against going round in circles.
    path: BTreeSet<&'c [u8]>,
}

impl<'c> Search<'_, 'c> {
    /// `issuers` counts those below this certificate that are not self-issued, for path lengths.
    fn leads_to_root(&mut self, certificate: &X509Certificate<'c>, len: usize, issuers: u32) -> bool {
        if !is_valid_at(certificate, self.now) || has_unknown_critical(certificate) {
            return false;
        }
        let raw = certificate.as_raw();
        if self.roots.iter().any(|root| root.as_raw() == raw) {
            return true;
        }
        if len >= CHAIN_LEN_MAX || !self.path.insert(raw) {
            return false;
        }
        let is_leaf = len == 1;
        let is_counted = !is_leaf && certificate.issuer().as_raw() != certificate.subject().as_raw();
        let issuers = issuers + u32::from(is_counted);
        let (roots, others) = (self.roots, self.others);
        let found = roots.iter().chain(others).any(|issuer| {
            issuer.subject().as_raw() == certificate.issuer().as_raw()
                && !self.path.contains(issuer.as_raw())
                && may_issue(issuer, issuers)
                && self.signed(certificate, issuer)
                && self.leads_to_root(issuer, len + 1, issuers)
        });
        self.path.remove(raw);
        found
    }

    fn signed(&mut self, certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
        self.signatures += 1;
        self.signatures <= SIGNATURES_MAX && certificate.verify_signature(Some(issuer.public_key())).is_ok()
    }
}

fn parsed(certificate: &Certificate) -> Option<X509Certificate<'_>> {
    X509Certificate::from_der(certificate.raw_data()).ok().map(|(_, parsed)| parsed)
}

fn is_valid_at(certificate: &X509Certificate<'_>, now: i64) -> bool {
    let validity = certificate.validity();
    validity.not_before.timestamp() <= now && now <= validity.not_after.timestamp()
}

/// RFC 5280 4.2: a critical extension that is not understood makes a certificate useless.
fn has_unknown_critical(certificate: &X509Certificate<'_>) -> bool {
    certificate.iter_extensions().any(|extension| {
        let parsed = extension.parsed_extension();
        extension.critical && (parsed.unsupported() || parsed.error().is_some())
    })
}

/// An issuer says that it is one, how long the path below may be, and that its key signs certificates.
/// Certificates before version 3 cannot say so, and are taken for issuers.
fn may_issue(issuer: &X509Certificate<'_>, issuers_below: u32) -> bool {
    let is_authority = match issuer.basic_constraints() {
        Ok(Some(constraints)) => {
            let value = constraints.value;
            value.ca && value.path_len_constraint.is_none_or(|max| issuers_below <= max)
        }
        Ok(None) => issuer.version().0 < 2,
        Err(_) => false,
    };
    let may_sign = match issuer.key_usage() {
        Ok(usage) => usage.is_none_or(|usage| usage.value.key_cert_sign()),
        Err(_) => false,
    };
    is_authority && may_sign
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
    };

    use super::*;

    const NOW: i64 = 1_750_000_000;

    struct Party {
        certificate: Certificate,
        issuer: Issuer<'static, KeyPair>,
    }

    fn params(name: &str, is_ca: IsCa) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = is_ca;
        (params.not_before, params.not_after) = (date_time_ymd(2025, 1, 1), date_time_ymd(2026, 1, 1));
        params
    }

    fn party(params: CertificateParams, by: Option<&Party>) -> Party {
        let key = KeyPair::generate().unwrap();
        let certificate = match by {
            Some(by) => params.signed_by(&key, &by.issuer),
            None => params.self_signed(&key),
        };
        let certificate = Certificate::parse(certificate.unwrap().der()).unwrap();
        Party { certificate, issuer: Issuer::new(params, key) }
    }

    fn authority(name: &str, by: Option<&Party>) -> Party {
        party(params(name, IsCa::Ca(BasicConstraints::Unconstrained)), by)
    }

    fn check(leaf: &Party, others: &[&Party], roots: &[&Party], now: i64) -> bool {
        let certificates =
            |parties: &[&Party]| parties.iter().map(|party| party.certificate.clone()).collect::<Vec<_>>();
        verify(&leaf.certificate, &certificates(others), &certificates(roots), now)
    }

    #[test]
    fn chain_leads_to_a_root_that_was_passed_in() {
        let root = authority("root", None);
        let middle = authority("middle", Some(&root));
        let leaf = party(params("leaf", IsCa::NoCa), Some(&middle));
        let stranger = authority("root", None);
        let own = party(params("own", IsCa::NoCa), None);
        for (what, found, expected) in [
            ("over the middle", check(&leaf, &[&middle], &[&root], NOW), true),
            ("middle is trusted", check(&leaf, &[], &[&middle], NOW), true),
            ("middle is missing", check(&leaf, &[], &[&root], NOW), false),
            ("root is not trusted", check(&leaf, &[&middle, &root], &[], NOW), false),
            ("same name, other key", check(&leaf, &[&middle], &[&stranger], NOW), false),
            ("other key and the right one", check(&leaf, &[&middle], &[&stranger, &root], NOW), true),
            ("root itself", check(&root, &[], &[&root], NOW), true),
            ("self-signed and trusted", check(&own, &[], &[&own], NOW), true),
            ("self-signed", check(&own, &[&own], &[&root], NOW), false),
            ("too early", check(&leaf, &[&middle], &[&root], 1_700_000_000), false),
            ("too late", check(&leaf, &[&middle], &[&root], 1_800_000_000), false),
        ] {
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn issuer_must_be_allowed_to_issue() {
        let root = authority("root", None);
        let plain = party(params("plain", IsCa::ExplicitNoCa), Some(&root));
        let below_plain = party(params("leaf", IsCa::NoCa), Some(&plain));
        assert!(!check(&below_plain, &[&plain], &[&root], NOW));
        let silent = party(params("silent", IsCa::NoCa), Some(&root));
        let below_silent = party(params("leaf", IsCa::NoCa), Some(&silent));
        assert!(!check(&below_silent, &[&silent], &[&root], NOW));
        let mut no_signer = params("no signer", IsCa::Ca(BasicConstraints::Unconstrained));
        no_signer.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let no_signer = party(no_signer, Some(&root));
        let below = party(params("leaf", IsCa::NoCa), Some(&no_signer));
        assert!(!check(&below, &[&no_signer], &[&root], NOW));
        // A path of length zero has no further issuer.
        let short = party(params("short", IsCa::Ca(BasicConstraints::Constrained(0))), None);
        let direct = party(params("leaf", IsCa::NoCa), Some(&short));
        assert!(check(&direct, &[], &[&short], NOW));
        let middle = authority("middle", Some(&short));
        let indirect = party(params("leaf", IsCa::NoCa), Some(&middle));
        assert!(!check(&indirect, &[&middle], &[&short], NOW));
    }

    #[test]
    fn search_is_bounded() {
        let mut chain = vec![authority("root", None)];
        for at in 0..CHAIN_LEN_MAX {
            let next = authority(&format!("authority {at}"), chain.last());
            chain.push(next);
        }
        let all: Vec<&Party> = chain.iter().collect();
        assert!(check(&chain[CHAIN_LEN_MAX - 1], &all, &[&chain[0]], NOW));
        assert!(!check(&chain[CHAIN_LEN_MAX], &all, &[&chain[0]], NOW));
        // Two authorities that vouch for each other lead nowhere.
        let (key, other_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let ca = || IsCa::Ca(BasicConstraints::Unconstrained);
        let (left, right) =
            (Issuer::new(params("left", ca()), &key), Issuer::new(params("right", ca()), &other_key));
        let round = [
            params("left", ca()).signed_by(&key, &right).unwrap(),
            params("right", ca()).signed_by(&other_key, &left).unwrap(),
        ]
        .map(|certificate| Certificate::parse(certificate.der()).unwrap());
        assert!(!verify(&round[0], &round, &[chain[0].certificate.clone()], NOW));
        // Many issuers of one name, none of them the right one, use the signatures up.
        let leaf = party(params("leaf", IsCa::NoCa), Some(&chain[0]));
        let mut issuers: Vec<Party> = (0..SIGNATURES_MAX - 1).map(|_| authority("root", None)).collect();
        let with_root = |issuers: &[Party]| {
            let mut all: Vec<_> = issuers.iter().map(|party| party.certificate.clone()).collect();
            all.push(chain[0].certificate.clone());
            verify(&leaf.certificate, &[], &all, NOW)
        };
        assert!(with_root(&issuers));
        issuers.push(authority("root", None));
        assert!(!with_root(&issuers));
    }
}
