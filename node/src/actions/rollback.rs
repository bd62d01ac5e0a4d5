//! Rollback: what a place was, as changes to what it is.
//!
//! One idea: the model keeps what resources were, secrets by their seals; a rollback puts these back as
//! they were admitted then, and deletes what did not exist. So it is a command like any other, which can
//! be planned, and be rolled back itself.

use super::{Expansion, Reader, Stop, read};
use hanse_model::{PastError, Read};
use hanse_proto::{
    Name,
    v1::{self, admitted_change::Change},
};

/// Most changes of one rollback: those of one command.
const CHANGES_MAX: usize = crate::admission::CHANGES_MAX;

pub fn expand<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::Rollback,
) -> Result<Expansion, Stop<R::Error>> {
    expand_within(reader, action, CHANGES_MAX)
}

/// The same with at most `changes_max` changes.
fn expand_within<R: Read>(
    reader: &mut Reader<'_, R>,
    action: &v1::Rollback,
    changes_max: usize,
) -> Result<Expansion, Stop<R::Error>> {
    let root = match action.name.as_str() {
        "" => None,
        text => match Name::parse(text) {
            Ok(name) => Some(name),
            Err(error) => return read::refuse("invalid", text, "name", &error.message, ""),
        },
    };
    let shown = action.name.as_str();
    let past = match (&root, action.undelete) {
        (None, true) => {
            return read::refuse("invalid", "", "name", "missing; what to bring back is required", "");
        }
        (Some(root), true) => {
            let undeleted = hanse_model::undelete(reader.store(), root).map_err(Stop::Store)?;
            undeleted.map(|it| (it.differences, it.left))
        }
        (root, false) if action.to_revision > reader.revision() => {
            let message = format!(
                "revision {} has not happened yet; the newest is {}",
                action.to_revision,
                reader.revision()
            );
            let name = root.as_ref().map_or("", Name::as_str);
            return read::refuse("invalid", name, "toRevision", &message, "`hanse history` lists them");
        }
        (root, false) => {
            let past = hanse_model::state_before(reader.store(), root.as_ref(), action.to_revision);
            past.map_err(Stop::Store)?.map(|differences| (differences, Vec::new()))
        }
    };
    let (mut differences, left) = match past {
        Ok(found) => found,
        Err(error) => return refuse_past(shown, action, error),
    };
    if root.is_none() {
        // The service's own: what is in workspaces is theirs to bring back.
        differences
            .retain(|difference| Name::parse(&difference.name).is_ok_and(|it| it.workspace().is_none()));
    }
    if differences.len() > changes_max {
        let message =
            format!("{} resources have changed since; one command takes {changes_max}", differences.len());
        return read::refuse(
            "limit",
            shown,
            "toRevision",
            &message,
            "roll back parts of it, one after the other",
        );
    }
    for name in differences.iter().map(|difference| &difference.name).chain(&left) {
        if let Ok(name) = Name::parse(name) {
            reader.get(&name)?;
        }
    }
    let gone: Vec<String> = differences
        .iter()
        .filter(|difference| difference.then.is_none())
        .map(|difference| hanse_proto::key_of(&difference.name))
        .collect();
    let mut expansion = Expansion::default();
    for name in left {
        let message = format!("it went along with `{shown}`, exists again by now, and stays as it is");
        expansion.warnings.push(v1::Warning { name, message, ..Default::default() });
    }
    for difference in &differences {
        let mut change = difference.change();
        if let Some(Change::Delete(_)) = &mut change.change
            && Name::parse(&difference.name).is_ok_and(|name| goes_along(&name, &gone))
        {
            continue;
        }
        if difference.then.is_none()
            && let Ok(name) = Name::parse(&difference.name)
        {
            // Whatever came to stand below it would go along.
            reader.hold(&name);
        }
        expansion.restored.push(change);
    }
    Ok(expansion)
}

/// Whether something above it is deleted as well.
fn goes_along(name: &Name, gone: &[String]) -> bool {
    std::iter::successors(name.parent(), Name::parent).any(|above| gone.binary_search(&above.key()).is_ok())
}

fn refuse_past<E>(name: &str, action: &v1::Rollback, error: PastError) -> Result<Expansion, Stop<E>> {
    match error {
        PastError::TooOld(too_old) if action.undelete => {
            let message = format!(
                "its deletion is older than what is kept, which begins at revision {}",
                too_old.oldest
            );
            let hint = "make it again, from its manifests for example: hanse apply -f DIR";
            read::refuse("not-found", name, "name", &message, hint)
        }
        PastError::TooOld(too_old) => {
            let message = format!(
                "what was at revision {} is not kept any more; the oldest is {}",
                action.to_revision, too_old.oldest
            );
            read::refuse("invalid", name, "toRevision", &message, "choose a later one: hanse history")
        }
        PastError::TooMuch { rows_max } if action.undelete => {
            let message = format!("more than {rows_max} changes have been made since its deletion");
            read::refuse("limit", name, "name", &message, "bring back a part of it after the other")
        }
        PastError::TooMuch { rows_max } => {
            let message = format!("more than {rows_max} changes have been made since");
            read::refuse("limit", name, "toRevision", &message, "choose a later revision, or a part of it")
        }
        PastError::NotDeleted => {
            let message = "nothing was deleted that could come back: it exists, or it never did";
            let hint = "its whole name is needed, as `hanse history` shows it";
            read::refuse("not-found", name, "name", message, hint)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::small_world::SmallWorld;
    use hanse_model::TooOld;
    use std::convert::Infallible;

    /// Commits one tag in a command of its own.
    fn tag(world: &mut SmallWorld, id: &str) {
        let resource = v1::Resource {
            name: format!("tags/{id}"),
            spec: Some(v1::resource::Spec::Tag(v1::Tag { display_name: id.into() })),
            ..Default::default()
        };
        let change = v1::Change { change: Some(v1::change::Change::Put(resource)), ..Default::default() };
        let request = v1::ApplyRequest { changes: vec![change], ..Default::default() };
        let admitted = world.admit(&request).expect("admitted");
        let accepted = world.decide_apply(admitted.command).expect("decided");
        world.keep(&accepted);
    }

    /// Changes of a rollback of the service's own, or code and message of its refusal.
    fn rolled_back(world: &SmallWorld, to_revision: u64, changes_max: usize) -> Result<usize, String> {
        let action = v1::Rollback { to_revision, ..Default::default() };
        let mut reader = Reader::new(&world.tables, world.revision);
        match expand_within(&mut reader, &action, changes_max) {
            Ok(expansion) => Ok(expansion.restored.len()),
            Err(Stop::Refused(violations)) => {
                Err(violations.iter().map(|it| format!("{} {}: {}", it.code, it.field, it.message)).collect())
            }
            Err(Stop::Store(never)) => match never {},
        }
    }

    #[test]
    fn the_changes_of_one_rollback_are_bounded() {
        let mut world = SmallWorld::new();
        let then = world.revision;
        ["a", "b", "c"].iter().for_each(|id| tag(&mut world, id));
        assert_eq!(rolled_back(&world, then, 3), Ok(3), "at the bound");
        let expected = "limit toRevision: 3 resources have changed since; one command takes 2";
        assert_eq!(rolled_back(&world, then, 2), Err(expected.to_owned()), "one past it");
    }

    #[test]
    fn a_rollback_reaches_as_far_back_as_the_past_is_kept() {
        let mut world = SmallWorld::new();
        world.bounds.changes_max = 3;
        ["a", "b", "c", "d"].iter().for_each(|id| tag(&mut world, id));
        let oldest = world.revision - 3;
        assert_eq!(rolled_back(&world, oldest, CHANGES_MAX), Ok(3), "at the bound");
        let expected = format!(
            "invalid toRevision: what was at revision {} is not kept any more; the oldest is {oldest}",
            oldest - 1
        );
        assert_eq!(rolled_back(&world, oldest - 1, CHANGES_MAX), Err(expected), "one past it");
    }

    fn refused(undelete: bool, error: PastError) -> String {
        let action = v1::Rollback { name: "apis/a".into(), undelete, ..Default::default() };
        let Err(Stop::<Infallible>::Refused(violations)) = refuse_past("apis/a", &action, error) else {
            panic!("a refusal");
        };
        let [it] = violations.as_slice() else { panic!("one") };
        format!("{} {}: {} ({})", it.name, it.field, it.message, it.hint)
    }

    #[test]
    fn what_is_not_kept_any_more_is_told_in_the_words_of_what_was_asked_for() {
        let too_old = || PastError::TooOld(TooOld { oldest: 12 });
        let rollback = refused(false, too_old());
        assert!(rollback.contains("at revision 0 is not kept any more; the oldest is 12"), "{rollback}");
        let undelete = refused(true, too_old());
        assert!(undelete.contains("deletion is older than what is kept, which begins at revision 12"));
        let too_much = refused(true, PastError::TooMuch { rows_max: 5 });
        assert!(too_much.contains("more than 5 changes have been made since its deletion"), "{too_much}");
        // Who asks for what was deleted has named no revision.
        assert!(!undelete.contains("revision 0") && !undelete.contains("a later one"), "{undelete}");
        assert!(!too_much.contains("evision"), "{too_much}");
    }
}
