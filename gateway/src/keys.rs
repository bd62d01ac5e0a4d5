//! Who may call an API: the decision on the subscription key.
//!
//! One idea: the whole table of open products, keys and APIs is one pure function, [`decide`]. It
//! sees keyed fingerprints, never a key. Must not know where in a request a key stands.

#[cfg(test)]
mod tests;

use crate::{
    shard::{Api, Product, Shard, Subscription, SubscriptionScope, WorkspaceShard},
    spec::SERVICE,
};
use std::sync::Arc;

/// Length of the keyed hash of a subscription key.
pub const FINGERPRINT_BYTES: usize = 32;

/// Keyed hash of a subscription key.
pub type Fingerprint = [u8; FINGERPRINT_BYTES];

/// The answer to a presented key, or to none.
#[derive(Debug, Clone, Copy)]
pub enum Access<'s> {
    /// Go on, in the context of what let the caller in.
    Allowed {
        /// The product whose policies run.
        product: Option<&'s Arc<Product>>,
        /// The subscription whose key it was.
        subscription: Option<&'s Arc<Subscription>>,
    },
    /// 401: a key is needed and there was none.
    Missing,
    /// 401: the key is unknown, not active, or opens something else.
    Invalid,
}

/// What a presented key turned out to be.
enum Presented<'s> {
    None,
    /// Active, and it opens this API.
    Opens(&'s Arc<Subscription>, Option<&'s Arc<Product>>),
    /// Active, and it opens something else.
    Elsewhere,
    /// Unknown or not active: the two answer alike.
    Unknown,
}

/// Decides whether a caller with this key, or without one, may call an API.
///
/// Keys are looked up in the API's workspace alone; the only keys of the service that open a
/// workspace's API are those whose scope is everything.
pub fn decide<'s>(shard: &'s Shard, api: &Api, fingerprint: Option<&[u8]>) -> Access<'s> {
    let Some(workspace) = shard.workspace(&api.workspace) else {
        // An API of another shard: it has no business here.
        return if fingerprint.is_some() { Access::Invalid } else { Access::Missing };
    };
    let presented = fingerprint.map_or(Presented::None, |key| present(shard, workspace, api, key));
    let open = workspace.open_product_of(&api.root);
    let is_ignored = match presented {
        Presented::Opens(subscription, product) => {
            return Access::Allowed { product, subscription: Some(subscription) };
        }
        Presented::None => true,
        Presented::Unknown => open.is_some() || !api.subscription_required,
        // A real key for something else is refused even where an open product would let a stranger
        // in, as long as the API itself asks for a key.
        Presented::Elsewhere => !api.subscription_required,
    };
    if !is_ignored {
        return Access::Invalid;
    }
    if open.is_some() || !api.subscription_required {
        return Access::Allowed { product: open, subscription: None };
    }
    Access::Missing
}

fn present<'s>(shard: &'s Shard, workspace: &'s WorkspaceShard, api: &Api, key: &[u8]) -> Presented<'s> {
    let of_service = || {
        let master = shard.workspace(SERVICE)?.subscription_by_key(key)?;
        (master.scope == SubscriptionScope::Everything).then_some(master)
    };
    let Some(subscription) = workspace.subscription_by_key(key).or_else(of_service) else {
        return Presented::Unknown;
    };
    if !subscription.is_active {
        return Presented::Unknown;
    }
    match &subscription.scope {
        SubscriptionScope::Everything | SubscriptionScope::AllApis => Presented::Opens(subscription, None),
        SubscriptionScope::Api(root) if *root == api.root => Presented::Opens(subscription, None),
        SubscriptionScope::Product(id) => match workspace.product(id) {
            Some(product) if product.contains(&api.root) => Presented::Opens(subscription, Some(product)),
            _ => Presented::Elsewhere,
        },
        SubscriptionScope::Api(_) | SubscriptionScope::Nothing => Presented::Elsewhere,
    }
}
