//! Subscriptions by the fingerprints of their keys.

use super::{Visit, api::split_revision, documents::Scope, users};
use crate::{
    keys::{FINGERPRINT_BYTES, Fingerprint},
    shard::{Note, Subscription, SubscriptionScope, SubscriptionTable},
    spec::{SERVICE, SpecResource, is_same},
};
use hanse_policy::SubscriptionFacts;
use hanse_proto::{Kind, v1::resource::Spec};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// Field paths of the two keys.
const KEY_FIELDS: [&str; 2] = ["primaryKey", "secondaryKey"];
/// The only state in which keys open anything.
const ACTIVE: &str = "active";

pub(super) fn compile(
    old: Option<&Arc<SubscriptionTable>>,
    scope: &Scope<'_>,
    visit: &Visit<'_>,
) -> Arc<SubscriptionTable> {
    let collection = format!("{}{}/", scope.prefix, Kind::Subscription.collection());
    let known = |id: &str| old.and_then(|old| old.by_id.get_key_value(id));
    let make = |id: &str| {
        let source = scope.spec.get(&format!("{collection}{id}"))?;
        let old = known(id);
        let made = subscription(old.map(|(_, old)| old), scope, source)?;
        Some((old.map_or_else(|| id.into(), |(id, _)| id.clone()), made))
    };
    let by_id: BTreeMap<Arc<str>, Arc<Subscription>> = match old.filter(|_| !visit.is_everything) {
        None => scope.ids(&collection, Kind::Subscription).filter_map(make).collect(),
        Some(old) => {
            let mut by_id = old.by_id.clone();
            for id in &visit.subscriptions {
                match make(id) {
                    Some((id, made)) => _ = by_id.insert(id, made),
                    None => _ = by_id.remove(*id),
                }
            }
            by_id
        }
    };
    let mut table = SubscriptionTable { by_id, ..SubscriptionTable::default() };
    table.by_key.reserve(table.by_id.len() * KEY_FIELDS.len());
    for subscription in table.by_id.values() {
        check(subscription, &mut table.findings);
        for key in &subscription.keys {
            let holder = table.by_key.entry(*key).or_insert_with(|| subscription.clone());
            if !Arc::ptr_eq(holder, subscription) {
                let message = format!("a key is that of subscription `{}` as well", holder.id);
                table.findings.push((subscription.name().key(), message));
            }
        }
    }
    Arc::new(table)
}

fn subscription(
    old: Option<&Arc<Subscription>>,
    scope: &Scope<'_>,
    source: &Arc<SpecResource>,
) -> Option<Arc<Subscription>> {
    if let Some(old) = old.filter(|old| is_same(&old.source, source)) {
        return Some(old.clone());
    }
    let Spec::Subscription(spec) = &source.spec else { return None };
    Some(Arc::new(Subscription {
        id: source.name.id().into(),
        facts: SubscriptionFacts {
            id: source.name.id().into(),
            name: spec.display_name.as_str().into(),
            created_ms: source.created_ms,
            starts_ms: unix_ms(&spec.start_date),
            ends_ms: unix_ms(&spec.expiration_date),
        },
        owner: users::user_id(&spec.owner_id).into(),
        scope: parse_scope(scope, &spec.scope),
        is_active: spec.state == ACTIVE,
        allow_tracing: spec.allow_tracing,
        keys: fingerprints(source).flatten().collect(),
        source: source.clone(),
    }))
}

/// A time as resources have it, in milliseconds of Unix time.
fn unix_ms(time: &str) -> Option<i64> {
    time.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// The fingerprints of a subscription's keys; `None` for one of a wrong length.
fn fingerprints(source: &SpecResource) -> impl Iterator<Item = Option<Fingerprint>> {
    let secrets = KEY_FIELDS.into_iter().filter_map(|field| source.secrets.get(field));
    secrets.map(|secret| secret.fingerprint.as_slice().try_into().ok())
}

fn parse_scope(scope: &Scope<'_>, text: &str) -> SubscriptionScope {
    let is_service = **scope.workspace == *SERVICE;
    if is_service && text.trim_matches('/').is_empty() {
        return SubscriptionScope::Everything;
    }
    let Some(reference) = scope.reference(text) else {
        return SubscriptionScope::Nothing;
    };
    let (collection, id) = reference.split_once('/').unwrap_or((&reference, ""));
    match (Kind::of_collection(None, collection), id) {
        (Some(Kind::Api), "") => SubscriptionScope::AllApis,
        (Some(Kind::Api), id) => SubscriptionScope::Api(split_revision(id).0.into()),
        (Some(Kind::Product), id) if !id.is_empty() => SubscriptionScope::Product(id.into()),
        _ => SubscriptionScope::Nothing,
    }
}

fn check(subscription: &Subscription, findings: &mut Vec<Note>) {
    let mut find = |message: String| findings.push((subscription.name().key(), message));
    if subscription.scope == SubscriptionScope::Nothing {
        let Spec::Subscription(spec) = &subscription.source.spec else { return };
        find(format!(
            "scope `{}` opens nothing; expected `products/{{id}}`, `apis/{{id}}` or `apis` of the same workspace",
            spec.scope
        ));
    }
    if fingerprints(&subscription.source).any(|key| key.is_none()) {
        find(format!(
            "the fingerprint of a key is not {FINGERPRINT_BYTES} bytes long; the key opens nothing"
        ));
    }
}
