//! What the gateway proves itself with, and whom it trusts: certificates, authorities, tokens.
//!
//! One idea: each is read once, when it changes; one that cannot be read is left out with a finding, and
//! whatever refers to it answers 500.

use super::{documents::Scope, tokens};
use crate::{
    certificates::Identity,
    shard::{Certified, CredentialTable},
    spec::{SpecResource, is_same},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hanse_policy::HeldCertificate;
use hanse_proto::{Kind, v1::resource::Spec};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use std::sync::Arc;

/// Authorities whose certificates only lead from one to another.
const INTERMEDIATE: &str = "CertificateAuthority";

pub(super) fn compile(old: Option<&Arc<CredentialTable>>, scope: &Scope<'_>) -> Arc<CredentialTable> {
    let mut table = CredentialTable::default();
    certificates(old, scope, &mut table);
    authorities(scope, &mut table);
    tokens::compile(scope, &mut table);
    Arc::new(table)
}

fn certificates(old: Option<&Arc<CredentialTable>>, scope: &Scope<'_>, table: &mut CredentialTable) {
    let collection = format!("{}{}/", scope.prefix, Kind::Certificate.collection());
    for id in scope.ids(&collection, Kind::Certificate) {
        let key = format!("{collection}{id}");
        let Some(source) = scope.spec.get(&key) else { continue };
        let known = old.and_then(|old| old.certificates.get(id)).filter(|old| is_same(&old.source, source));
        let held = match known {
            Some(known) => Ok(known.held.clone()),
            None => certificate(source),
        };
        match held {
            Ok(held) => _ = table.certificates.insert(id.into(), Certified { held, source: source.clone() }),
            Err(message) => {
                table.findings.push((key, format!("{message}; policies that refer to it answer 500")));
            }
        }
    }
}

fn certificate(source: &SpecResource) -> Result<Arc<HeldCertificate>, String> {
    let secret = |path: &str| source.secrets.get(path).map(|secret| secret.plaintext.clone());
    let data = match secret("data") {
        Some(Some(data)) => data,
        Some(None) => return Err("data cannot be read on this node".to_owned()),
        None => return Err("there is no data in it; vaults are not asked by this release".to_owned()),
    };
    let password = match secret("password") {
        Some(None) => return Err("password cannot be read on this node".to_owned()),
        password => password.flatten(),
    };
    let identity = Identity::read(&data, password.as_deref().unwrap_or_default());
    identity.map(|identity| Arc::new(identity.into_held())).map_err(|refused| refused.to_string())
}

fn authorities(scope: &Scope<'_>, table: &mut CredentialTable) {
    let collection = format!("{}{}/", scope.prefix, Kind::CaCertificate.collection());
    for (key, resource) in scope.spec.below(&collection) {
        let Spec::CaCertificate(authority) = &resource.spec else { continue };
        let text = &authority.encoded_certificate;
        let der = match text.contains("-----BEGIN ") {
            true => CertificateDer::from_pem_slice(text.as_bytes()).ok().map(|der| der.to_vec()),
            false => {
                let packed: String = text.split_ascii_whitespace().collect();
                BASE64_STANDARD.decode(packed).ok()
            }
        };
        let Some(der) = der else {
            table
                .findings
                .push((key.to_owned(), "no certificate can be read in it; it is not trusted".to_owned()));
            continue;
        };
        match authority.store_name == INTERMEDIATE {
            true => table.intermediates.push(der),
            false => table.roots.push(der),
        }
    }
}
