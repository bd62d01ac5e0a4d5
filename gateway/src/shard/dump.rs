//! What a shard shows when it is printed: all of it but secrets, in an order that does not depend on
//! how it came about.
//!
//! One idea: two shards of the same resources print the same, which is how tests compare them.

use super::{
    Api, ApiGroup, Backend, CredentialTable, Document, Operation, Product, Shard, Subscription,
    WorkspaceShard,
};
use crate::keys::Fingerprint;
use std::{fmt, sync::Arc};

impl fmt::Debug for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shard")
            .field("gateway", &self.gateway)
            .field("revision", &self.revision)
            .field("hosts", &self.hosts.table)
            .field("serves_service", &self.serves_service)
            .field("passes_on", &self.passes_on)
            .field("paths", &self.paths)
            .field("workspaces", &self.workspaces)
            .field("findings", &self.findings)
            .finish()
    }
}

impl fmt::Debug for WorkspaceShard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut keys: Vec<(&Fingerprint, &Arc<str>)> =
            self.subscriptions.by_key.iter().map(|(key, of)| (key, &of.id)).collect();
        keys.sort();
        f.debug_struct("WorkspaceShard")
            .field("id", &self.id)
            .field("document", &self.document)
            .field("pieces", &self.pieces.keys())
            .field("apis", &self.apis)
            .field("groups", &self.groups)
            .field("version_sets", &self.version_sets)
            .field("places", &self.path_list.iter().zip(&*self.places).collect::<Vec<_>>())
            .field("paths", &self.paths)
            .field("products", &self.products.by_id)
            .field("open", &self.products.open.iter().map(|(api, of)| (api, &of.id)).collect::<Vec<_>>())
            .field("subscriptions", &self.subscriptions.by_id)
            .field("keys", &keys)
            .field("backends", &self.backends.by_id)
            .field("credentials", &self.credentials)
            .field("outside", &self.outside)
            .field("findings", &self.findings().collect::<Vec<_>>())
            .finish()
    }
}

/// Shows nothing that is secret.
impl fmt::Debug for CredentialTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certificates = self.certificates.iter().map(|(id, known)| (id, known.held.thumbprint()));
        let sources = self.token_sources.iter().map(|source| (&source.id, source.revision));
        let connections = self.connections.iter().map(|(name, known)| (name, known.revisions));
        f.debug_struct("CredentialTable")
            .field("certificates", &certificates.collect::<Vec<_>>())
            .field("roots", &self.roots.len())
            .field("intermediates", &self.intermediates.len())
            .field("token_sources", &sources.collect::<Vec<_>>())
            .field("connections", &connections.collect::<Vec<_>>())
            .finish()
    }
}

impl fmt::Debug for ApiGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.revisions.iter().map(|(number, api)| (number, &api.id)).collect();
        f.debug_struct("ApiGroup")
            .field("current", &self.current.as_ref().map(|api| &api.id))
            .field("revisions", &ids)
            .finish()
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secret; whether there is one is not.
        let values: Vec<_> = self.asked.iter().map(|(name, value)| (name, value.is_some())).collect();
        f.debug_struct("Document")
            .field("name", &self.source.name.as_str())
            .field("revision", &self.source.revision)
            .field("asked", &values)
            .field("finding", &self.finding)
            .finish()
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("name", &self.source.name.as_str())
            .field("revision", &self.source.revision)
            .field("root", &self.root)
            .field("workspace", &self.workspace)
            .field("path", &self.path)
            .field("version", &self.version)
            .field("version_set", &self.version_set)
            .field("api_revision", &self.api_revision)
            .field("is_current", &self.is_current)
            .field("is_online", &self.is_online)
            .field("protocols", &self.protocols)
            .field("service_url", &self.service_url)
            .field("subscription_required", &self.subscription_required)
            .field("key_header", &self.key_header_text)
            .field("key_query", &self.key_query)
            .field("document", &self.document)
            .field("operations", &self.operations)
            .field("router", &self.router)
            .field("asks", &self.asks)
            .field("findings", &self.findings)
            .finish()
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("id", &self.id)
            .field("revision", &self.source.revision)
            .field("method", &self.method)
            .field("template", &self.template)
            .field("document", &self.document)
            .finish()
    }
}

impl fmt::Debug for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Product")
            .field("id", &self.id)
            .field("revision", &self.source.revision)
            .field("is_open", &self.is_open)
            .field("apis", &self.apis)
            .field("document", &self.document)
            .finish()
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("id", &self.id)
            .field("revision", &self.source.revision)
            .field("scope", &self.scope)
            .field("is_active", &self.is_active)
            .field("allow_tracing", &self.allow_tracing)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Backend")
            .field("id", &self.id)
            .field("revision", &self.source.revision)
            .field("url", &self.url)
            .field("headers", &names)
            .field("has_query", &!self.query.is_empty())
            .field("has_authorization", &self.authorization.is_some())
            .field("validate_certificate_chain", &self.validate_certificate_chain)
            .field("validate_certificate_name", &self.validate_certificate_name)
            .finish()
    }
}
