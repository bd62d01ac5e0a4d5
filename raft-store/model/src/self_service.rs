//! What a product grants to those who subscribe for themselves: so many at once, and only after
//! approval where the product asks for it.
//!
//! The one idea: administrators are bound by neither, as in APIM. What a user has is found by the
//! references to the user, so it costs what the user has.

use crate::authorize::is_administrator;
use crate::index;
use crate::keys;
use crate::read::Read;
use crate::session::{Session, Written, spec_of};
use crate::view::View;
use crate::violation::{code, violation};
use hanse_proto::Kind;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{Principal, Product, Subscription, Violation};

/// The states in which a subscription counts.
const CONCURRENT: &[&str] = &["submitted", "active", "suspended"];

pub(crate) fn check<R: Read>(session: &mut Session<'_, R>, written: &Written) -> Result<(), R::Error> {
    let violations = refusals(&session.view(), session.principal, written)?;
    violations.into_iter().for_each(|violation| session.violations.push(violation));
    Ok(())
}

/// Why a principal may not have a written subscription.
pub(crate) fn refusals<R: Read>(
    view: &View<'_, R>,
    principal: &Principal,
    written: &Written,
) -> Result<Vec<Violation>, R::Error> {
    let Spec::Subscription(spec) = written.spec() else { return Ok(Vec::new()) };
    if is_administrator(principal) || spec.owner_id.is_empty() {
        return Ok(Vec::new());
    }
    let product = product_key(&written.key, spec);
    let Some(stored) = view.resource(&product)? else { return Ok(Vec::new()) };
    let Spec::Product(product_spec) = spec_of(&stored) else { return Ok(Vec::new()) };
    let mut refusals = Vec::new();
    let before = written.before.as_ref().map(spec_of);
    let was_active = matches!(before, Some(Spec::Subscription(before)) if before.state == "active");
    if product_spec.approval_required == Some(true) && spec.state == "active" && !was_active {
        let message = "the product asks for approval, which is not yours to give".to_owned();
        let hint = "leave `state` out and wait for an administrator";
        refusals.push(violation(code::FORBIDDEN, written.name.as_str(), "state", message, hint));
    }
    refusals.extend(exceeds_limit(view, written, spec, &product, product_spec)?);
    Ok(refusals)
}

fn exceeds_limit<R: Read>(
    view: &View<'_, R>,
    written: &Written,
    spec: &Subscription,
    product: &[u8],
    product_spec: &Product,
) -> Result<Option<Violation>, R::Error> {
    let Some(limit) = product_spec.subscriptions_limit else { return Ok(None) };
    let before = written.before.as_ref().map(spec_of);
    let counted = matches!(before, Some(Spec::Subscription(before)) if counts(&written.key, before, product));
    if counted || !counts(&written.key, spec, product) {
        return Ok(None);
    }
    let user = index::key_of_reference(&spec.owner_id);
    let mut others = 0;
    for owner in view.owners(&index::referrers(&user), usize::MAX)? {
        let is_other = owner != written.key;
        if !is_other || !keys::is_in_collection(&owner, Kind::Subscription.collection()) {
            continue;
        }
        let stored = view.resource(&owner)?;
        let is_counted = matches!(
            stored.as_ref().map(spec_of),
            Some(Spec::Subscription(other)) if counts(&owner, other, product)
        );
        others += u32::from(is_counted);
    }
    if others < limit {
        return Ok(None);
    }
    let message =
        format!("`{}` has {others} subscriptions to the product; {limit} are allowed", spec.owner_id);
    let hint = "cancel one of them first";
    Ok(Some(violation(code::LIMIT, written.name.as_str(), "scope", message, hint)))
}

fn counts(key: &[u8], spec: &Subscription, product: &[u8]) -> bool {
    CONCURRENT.contains(&spec.state.as_str()) && product_key(key, spec) == product
}

/// Storage key of what a subscription is to: its scope is relative to the place it is in.
fn product_key(key: &[u8], spec: &Subscription) -> Vec<u8> {
    let own = keys::text(keys::scope(key));
    let full = if own.is_empty() { spec.scope.clone() } else { format!("{own}/{}", spec.scope) };
    index::key_of_reference(&full)
}
