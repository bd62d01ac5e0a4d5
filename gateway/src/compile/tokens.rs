//! Token sources, and connections of credential providers.

use super::documents::Scope;
use crate::{
    shard::{CredentialTable, lower},
    spec::{SERVICE, SpecResource},
    tokens::{Connection, TokenSource},
};
use hanse_proto::{Kind, v1, v1::resource::Spec};
use std::sync::Arc;

/// A token source that reads a file of the node.
const WORKLOAD: &str = "workloadToken";

pub(super) fn compile(scope: &Scope<'_>, table: &mut CredentialTable) {
    let collection = format!("{}{}/", scope.prefix, Kind::TokenSource.collection());
    for (key, resource) in scope.spec.below(&collection) {
        let Spec::TokenSource(spec) = &resource.spec else { continue };
        match source(scope, resource, spec) {
            Ok(source) => table.token_sources.push(Arc::new(source)),
            Err(message) => {
                table.findings.push((key.to_owned(), format!("{message}; policies that need it fail")))
            }
        }
    }
    let collection = format!("{}{}/", scope.prefix, Kind::AuthorizationProvider.collection());
    for (key, resource) in scope.spec.below(&collection) {
        let Spec::Authorization(spec) = &resource.spec else { continue };
        let Some((provider, _)) = key.rsplit_once(&format!("/{}/", Kind::Authorization.collection())) else {
            continue;
        };
        match connection(scope.spec.get(provider), resource, spec) {
            Ok(connection) => {
                let name = key[collection.len()..].replacen(
                    &format!("/{}/", Kind::Authorization.collection()),
                    "/",
                    1,
                );
                table.connections.insert(name.into(), Arc::new(connection));
            }
            Err(message) => {
                table.findings.push((key.to_owned(), format!("{message}; policies that need it fail")))
            }
        }
    }
}

fn secret(resource: &SpecResource, path: &str) -> Result<Option<Arc<str>>, String> {
    match resource.secrets.get(path) {
        None => Ok(None),
        Some(secret) => match &secret.plaintext {
            Some(text) => Ok(Some(text.clone())),
            None => Err(format!("{path} cannot be read on this node")),
        },
    }
}

fn source(scope: &Scope<'_>, resource: &SpecResource, spec: &v1::TokenSource) -> Result<TokenSource, String> {
    let id = lower(resource.name.id());
    let v1::TokenSource { token_endpoint, client_id, scope: asked, token_file, .. } = spec;
    if spec.r#type != WORKLOAD {
        let secret = secret(resource, "clientSecret")?;
        let revision = resource.revision;
        return Ok(TokenSource::client_credentials(
            &id,
            token_endpoint,
            client_id,
            secret.as_deref(),
            asked,
            revision,
        ));
    }
    // Whoever may write one in a workspace would read files of the node, and act as the node itself.
    if **scope.workspace != *SERVICE {
        return Err("a workload token is the node's own, and no workspace's".to_owned());
    }
    Ok(TokenSource::workload(&id, token_file, token_endpoint, client_id, asked, resource.revision))
}

fn connection(
    provider: Option<&Arc<SpecResource>>,
    resource: &SpecResource,
    spec: &v1::Authorization,
) -> Result<Connection, String> {
    let provider = provider.ok_or("its provider is not there")?;
    let Spec::AuthorizationProvider(of_provider) = &provider.spec else {
        return Err("its provider is not there".to_owned());
    };
    for (resource, path) in [(resource, "parameters/"), (&**provider, "oauth2.grantTypes.")] {
        let unread =
            resource.secrets.iter().find(|(name, it)| name.starts_with(path) && it.plaintext.is_none());
        if let Some((name, _)) = unread {
            return Err(format!("{name} cannot be read on this node"));
        }
    }
    let grants = of_provider.oauth2.as_ref().and_then(|oauth2| oauth2.grant_types.as_ref());
    let is_code = spec.o_auth2_grant_type == "AuthorizationCode";
    let (grant, parameters) = match is_code {
        true => ("authorizationCode", grants.map(|grants| &grants.authorization_code)),
        false => ("clientCredentials", grants.map(|grants| &grants.client_credentials)),
    };
    let parameter = |name: &str| {
        let known = |resource: &SpecResource, path: String| {
            resource.secrets.get(&path).and_then(|secret| secret.plaintext.as_deref().map(str::to_owned))
        };
        let found = known(resource, format!("parameters/{name}"))
            .or_else(|| known(provider, format!("oauth2.grantTypes.{grant}/{name}")))
            .or_else(|| parameters?.get(name).cloned());
        found.filter(|text| !text.is_empty())
    };
    let revisions = (provider.revision, resource.revision);
    Connection::read(&of_provider.identity_provider, &spec.o_auth2_grant_type, &parameter, revisions)
}
