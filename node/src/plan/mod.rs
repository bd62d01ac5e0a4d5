//! What a request would do: the decision that `apply` made on it, told in full.
//!
//! ```text
//! before (Read) ─┐                       ┌─► changes, field by field      (fields)
//! accepted ──────┴─► after (Overlay) ────┼─► effective policies            (effective)
//!                                        ├─► gateways that are touched     (gateways)
//!                                        └─► plan id and what it rests on  (identity)
//! ```
//!
//! Pure: a plan is a function of the store and of a decision on it, so the leader makes it when it is
//! asked for one, and again when a request says which plan it wants to be.

mod effective;
mod fields;
mod gateways;
mod identity;
#[cfg(test)]
mod tests;

pub use effective::{EFFECTIVE_POLICIES_MAX, OPERATIONS_EXAMINED_MAX};
pub use fields::{FIELDS_MAX, VALUE_BYTES_MAX, VALUES_BYTES_MAX, changed_fields, of_update};
pub use identity::{revision_in, touched_since};

use hanse_model::{Accepted, ListQuery, Overlay, Read};
use hanse_proto::{Name, v1};
use std::collections::{BTreeMap, BTreeSet};

/// Resources below a deleted one that a plan names and counts.
pub const DELETED_BELOW_MAX: usize = 10_000;
/// Resources of one page of the store.
const PAGE: u32 = 1_000;

/// A plan, and the state that it rests on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Planned {
    /// What people get to see. Its revision and its warnings of admission are the caller's to add.
    pub response: v1::PlanResponse,
    /// Every resource whose change would make it another plan, with its revision.
    pub rests_on: Vec<v1::RestsOn>,
}

/// A resource that a plan changes.
#[derive(Debug, Clone, Default)]
struct Touched {
    name: String,
    action: String,
    before: Option<v1::StoredResource>,
    after: Option<v1::StoredResource>,
}

/// Tells what an accepted decision on `request`, admitted as `command`, means over `before`.
///
/// # Errors
/// When the store cannot be read.
pub fn plan<R: Read>(
    before: &R,
    request: &v1::ApplyRequest,
    command: &v1::ApplyCommand,
    accepted: &Accepted,
) -> Result<Planned, R::Error> {
    let mut after = Overlay::new(before);
    after.push(&accepted.writes);
    let mut warnings = Vec::new();
    let touched = touched(before, &after, accepted, &mut warnings)?;
    let mut examined = effective::Examined::default();
    let reached = effective::changes(before, &after, &touched, &mut examined, &mut warnings)?;
    let gateways = gateways::touched(before, &after, &touched)?;
    let mut budget = VALUES_BYTES_MAX;
    let changes = touched.values().map(|it| planned_change(it, &mut budget)).collect();
    let count = |action: &str| {
        let count = touched.values().filter(|it| it.action == action).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let mut response = v1::PlanResponse {
        created: count("created"),
        updated: count("updated"),
        deleted: count("deleted"),
        changes,
        effective_policies: reached.listed,
        effective_policies_more: reached.more,
        gateways: gateways.into_iter().collect(),
        warnings,
        ..Default::default()
    };
    let rests_on = identity::rests_on(&touched, &examined);
    response.plan_id = identity::plan_id(request, command, &touched, &response, &rests_on);
    Ok(Planned { response, rests_on })
}

/// Everything that is written or goes, by key: what is below a deleted resource, too.
fn touched<R: Read>(
    before: &R,
    after: &Overlay<'_, R>,
    accepted: &Accepted,
    warnings: &mut Vec<v1::Warning>,
) -> Result<BTreeMap<String, Touched>, R::Error> {
    let mut touched = BTreeMap::new();
    let mut roots = Vec::new();
    for change in &accepted.changes {
        let Ok(name) = Name::parse(&change.name) else { continue };
        let before = hanse_model::get(before, &name)?;
        let after = hanse_model::get(after, &name)?;
        if change.action == "deleted" {
            roots.push(name.clone());
        }
        let (name, action) = (name.as_str().to_owned(), change.action.clone());
        touched.insert(hanse_proto::key_of(&name), Touched { name, action, before, after });
    }
    let mut left = DELETED_BELOW_MAX;
    for root in roots {
        let listed = below(before, Some(&root), None, left + 1)?;
        if listed.len() > left {
            let message = format!(
                "more than {DELETED_BELOW_MAX} resources go along with what is deleted; the others are not counted"
            );
            warnings.push(v1::Warning { name: root.as_str().to_owned(), message, ..Default::default() });
        }
        for stored in listed.into_iter().take(left) {
            let Some(resource) = &stored.resource else { continue };
            let (name, key) = (resource.name.clone(), hanse_proto::key_of(&resource.name));
            touched.entry(key).or_insert_with(|| {
                left -= 1;
                Touched { name, action: "deleted".to_owned(), before: Some(stored), after: None }
            });
        }
    }
    Ok(touched)
}

/// Resources below a place at any depth, of one kind or of all; at most `max`.
fn below<R: Read>(
    read: &R,
    parent: Option<&Name>,
    kind: Option<hanse_proto::Kind>,
    max: usize,
) -> Result<Vec<v1::StoredResource>, R::Error> {
    let mut query =
        ListQuery { parent: parent.cloned(), kind, recursive: true, page_size: PAGE, ..Default::default() };
    let mut found = Vec::new();
    loop {
        // A parent that is not there has nothing below it.
        let Ok(page) = hanse_model::list(read, &query)? else { return Ok(found) };
        found.extend(page.resources);
        if found.len() >= max || page.next_page_token.is_empty() {
            found.truncate(max);
            return Ok(found);
        }
        query.page_token = page.next_page_token;
    }
}

fn planned_change(touched: &Touched, budget: &mut usize) -> v1::PlannedChange {
    let fields = match (&touched.before, &touched.after) {
        (Some(before), Some(after)) => fields::of_update(before, after, budget),
        _ => Vec::new(),
    };
    v1::PlannedChange { name: touched.name.clone(), action: touched.action.clone(), fields }
}

/// The spec of a stored resource.
fn spec_of(stored: Option<&v1::StoredResource>) -> Option<&v1::resource::Spec> {
    stored?.resource.as_ref()?.spec.as_ref()
}

/// Both sides of what is touched.
fn specs(touched: &Touched) -> impl Iterator<Item = &v1::resource::Spec> {
    [touched.before.as_ref(), touched.after.as_ref()].into_iter().filter_map(spec_of)
}

/// The scope of a name, empty for the service's own; a workspace is in its own.
fn scope_of(name: &Name) -> String {
    match name.kind() {
        hanse_proto::Kind::Workspace => name.as_str().to_owned(),
        _ => name.scope().to_owned(),
    }
}

type Keys = BTreeSet<String>;
