//! Pruning: what an owner has and no longer puts becomes deletions of the same command.
//!
//! One idea: the owner's deletions are ordinary ones, so every rule guards them. A deleted parent covers
//! what is below it, and goes only when all of that is the owner's: nothing else may go along.

use crate::admission::{CHANGES_MAX, violation};
use hanse_model::{ListQuery, Read};
use hanse_proto::{Name, key_of, v1, v1::change::Change};
use std::collections::BTreeSet;

/// Resources of others that a refusal names.
const FOREIGN_SHOWN: usize = 20;
/// Resources of one page of the store.
const PAGE: u32 = 1_000;

/// What a prune comes to.
#[derive(Debug, Clone)]
pub struct Pruned {
    /// The request with its deletions.
    pub request: v1::ApplyRequest,
    /// Names of what goes with the roots that it deletes; an answer tells of them, too.
    pub covered: Vec<String>,
    /// What was looked at: nothing may come to stand below the roots until they go.
    pub rests_on: Vec<v1::RestsOn>,
}

/// The request with the deletions that its `prune` means over the state `read`, which is that of
/// `revision`.
///
/// # Errors
/// Outside, when the store cannot be read; inside, all that keeps it from being pruned.
pub fn with_deletions<R: Read>(
    read: &R,
    revision: u64,
    request: &v1::ApplyRequest,
) -> Result<Result<Pruned, Vec<v1::Violation>>, R::Error> {
    if request.owner.is_empty() {
        let hint = "say whose manifests these are: hanse apply --owner NAME --prune".to_owned();
        let message = "prune deletes what an owner no longer puts; there is no owner";
        return Ok(Err(vec![v1::Violation { hint, ..violation("invalid", "", "owner", message) }]));
    }
    let mut stays: BTreeSet<String> = request.keep.iter().map(|name| key_of(name)).collect();
    stays.extend(request.changes.iter().filter_map(|change| match change.change.as_ref()? {
        Change::Put(resource) => Some(key_of(&resource.name)),
        Change::Delete(name) => Some(key_of(name)),
    }));
    let owned = hanse_model::owned_by(read, &request.owner, CHANGES_MAX + 1)?;
    if owned.len() > CHANGES_MAX {
        let message = format!("`{}` has more than {CHANGES_MAX} resources", request.owner);
        let hint = "delete what is to go by hand: hanse delete -f FILE".to_owned();
        return Ok(Err(vec![v1::Violation { hint, ..violation("limit", "", "owner", &message) }]));
    }
    let owned_keys: BTreeSet<String> = owned.iter().map(Name::key).collect();
    let within = key_of(&request.prune_in);
    let within = within.strip_prefix("workspaces/");
    let owned = owned.into_iter().filter(|name| within.is_none_or(|id| is_in(name, id))).collect();
    let mut violations = Vec::new();
    let (mut deletions, mut rests_on) = (Vec::new(), Vec::new());
    let (roots, covered) = roots(owned, &stays);
    for root in roots {
        let foreign = foreign_below(read, &root, &owned_keys, &stays)?;
        if foreign.is_empty() {
            deletions.push(Change::Delete(root.as_str().to_owned()));
            rests_on.push(v1::RestsOn { key: root.key(), revision, subtree: true });
        }
        violations.extend(foreign.into_iter().map(|below| {
            let message = format!(
                "it is below `{root}`, which would be pruned, and does not belong to `{}`",
                request.owner
            );
            let hint = "delete it first, or keep the manifest of what it is below".to_owned();
            v1::Violation { hint, ..violation("conflict", &below, "", &message) }
        }));
    }
    if !violations.is_empty() {
        return Ok(Err(violations));
    }
    let mut request = request.clone();
    request.changes.extend(
        deletions.into_iter().map(|change| v1::Change { change: Some(change), ..Default::default() }),
    );
    let covered = covered.iter().map(|name| name.as_str().to_owned()).collect();
    Ok(Ok(Pruned { request, covered, rests_on }))
}

/// Whether a resource is a workspace or in it, of which `id` is in lower case.
fn is_in(name: &Name, id: &str) -> bool {
    name.workspace().is_some_and(|workspace| workspace.eq_ignore_ascii_case(id))
}

/// What is to go: the roots, and what goes along with something above it.
fn roots(owned: Vec<Name>, stays: &BTreeSet<String>) -> (Vec<Name>, Vec<Name>) {
    let going: Vec<Name> = owned.into_iter().filter(|name| !stays.contains(&name.key())).collect();
    let keys: BTreeSet<String> = going.iter().map(Name::key).collect();
    let is_covered = |name: &Name| {
        std::iter::successors(name.parent(), Name::parent).any(|above| keys.contains(&above.key()))
    };
    going.into_iter().partition(|name| !is_covered(name))
}

/// The first names below a root that are not the owner's, or that the request puts.
fn foreign_below<R: Read>(
    read: &R,
    root: &Name,
    owned: &BTreeSet<String>,
    stays: &BTreeSet<String>,
) -> Result<Vec<String>, R::Error> {
    let mut query =
        ListQuery { parent: Some(root.clone()), recursive: true, page_size: PAGE, ..Default::default() };
    let mut foreign = Vec::new();
    loop {
        let Ok(page) = hanse_model::list(read, &query)? else { return Ok(foreign) };
        let names = page.resources.into_iter().filter_map(|stored| stored.resource).map(|it| it.name);
        foreign.extend(names.filter(|name| {
            let key = key_of(name);
            !owned.contains(&key) || stays.contains(&key)
        }));
        if foreign.len() >= FOREIGN_SHOWN || page.next_page_token.is_empty() {
            foreign.truncate(FOREIGN_SHOWN);
            return Ok(foreign);
        }
        query.page_token = page.next_page_token;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_covers_its_children_and_what_is_put_stays() {
        let names = |texts: &[&str]| -> Vec<Name> {
            texts.iter().map(|text| Name::parse(text).expect("a name")).collect()
        };
        let stays = |texts: &[&str]| texts.iter().map(|text| key_of(text)).collect();
        let owned = ["apis/a", "apis/a/operations/x", "apis/b/operations/y", "apis/c", "workspaces/w/apis/a"];
        assert_eq!(
            roots(names(&owned), &stays(&["apis/C"])),
            (
                names(&["apis/a", "apis/b/operations/y", "workspaces/w/apis/a"]),
                names(&["apis/a/operations/x"])
            )
        );
        assert_eq!(roots(names(&owned), &stays(&owned)), (vec![], vec![]));
    }
}
