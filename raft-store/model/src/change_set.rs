//! A set of changes: carried out together, judged together.
//!
//! The order within a command does not matter. Deletes go first, children before parents; puts
//! follow in the order of kinds, parents before children; then the rules look at the result. A name
//! occurs once in a command, so no two changes can undo each other. Results keep the order in which
//! the changes were sent; behind them stands what changed or went along with them. Must not know what single kinds demand.

use crate::bounds::OWNER_CHARS_MAX;
use crate::keys;
use crate::read::Read;
use crate::session::Session;
use crate::text::shorten;
use crate::violation::code;
use crate::{cascade, delete, history, put, revisions, rules};
use hanse_proto::v1::admitted_change::Change;
use hanse_proto::v1::{AdmittedChange, ApplyCommand, ChangeResult, Put, RestsOn};
use hanse_proto::{Kind, Name};
use std::cmp::Reverse;
use std::collections::BTreeMap;

enum Work<'c> {
    Put(&'c Put),
    Delete { cascade: bool },
}

struct Step<'c> {
    position: usize,
    name: Name,
    work: Work<'c>,
}

/// Carries the changes out in the session and reports everything that is wrong with them.
pub(crate) fn decide<R: Read>(
    session: &mut Session<'_, R>,
    apply: &ApplyCommand,
) -> Result<Vec<ChangeResult>, R::Error> {
    if let Some(key) = find_stale(session, &apply.rests_on)? {
        let message = format!("`{}` has changed since the command was admitted", shorten(&key));
        session.report(code::STALE, &key, "", message, "send it again");
        return Ok(Vec::new());
    }
    check_owner(session, &apply.owner);
    let mut steps = Vec::with_capacity(apply.changes.len());
    for (position, change) in apply.changes.iter().enumerate() {
        steps.extend(plan(session, position, change)?);
    }
    let (mut deletes, mut puts): (Vec<_>, Vec<_>) =
        steps.into_iter().partition(|step| matches!(step.work, Work::Delete { .. }));
    deletes.sort_by_key(|step| Reverse(step.name.kind()));
    // Revisions take over what their API says.
    puts.sort_by_key(|step| (step.name.kind(), step.name.id().contains(";rev=")));

    let mut results = vec![ChangeResult::default(); apply.changes.len()];
    for step in deletes.iter().chain(&puts) {
        results[step.position] = match step.work {
            Work::Put(put) => put::carry_out(session, &step.name, put)?,
            Work::Delete { cascade } => delete::carry_out(session, &step.name, cascade)?,
        };
    }
    let settled = revisions::settle(session)?;
    if !settled.is_empty() {
        let places = results.iter().enumerate().map(|(place, own)| (own.name.clone(), place));
        let places: BTreeMap<String, usize> = places.collect();
        for result in settled {
            match places.get(&result.name) {
                Some(place) => results[*place] = result,
                None => results.push(result),
            }
        }
    }
    results.extend(cascade::results(session));
    rules::check(session)?;
    Ok(results)
}

fn check_owner<R: Read>(session: &mut Session<'_, R>, owner: &str) {
    let chars = owner.chars().count();
    if chars > OWNER_CHARS_MAX {
        let message = format!("{chars} characters; at most {OWNER_CHARS_MAX} are allowed");
        session.report(code::INVALID, "", "owner", message, "");
    }
    if owner.chars().any(char::is_control) {
        session.report(code::INVALID, "", "owner", "it holds control characters".to_owned(), "");
    }
}

/// The first key whose revision is not the one that admission saw.
fn find_stale<R: Read>(session: &Session<'_, R>, rests_on: &[RestsOn]) -> Result<Option<String>, R::Error> {
    for rest in rests_on {
        if rest.subtree {
            let root = keys::of(&hanse_proto::key_of(&rest.key));
            if history::has_changed(session.tables.base(), &session.state, &root, rest.revision)? {
                return Ok(Some(rest.key.clone()));
            }
            continue;
        }
        let stored = session.view_before().resource(&keys::of(&hanse_proto::key_of(&rest.key)))?;
        let revision = stored.and_then(|stored| stored.resource).map_or(0, |resource| resource.revision);
        if revision != rest.revision {
            return Ok(Some(rest.key.clone()));
        }
    }
    Ok(None)
}

/// Reads a change and checks what concerns it alone; `None`: it cannot be carried out.
fn plan<'c, R: Read>(
    session: &mut Session<'_, R>,
    position: usize,
    change: &'c AdmittedChange,
) -> Result<Option<Step<'c>>, R::Error> {
    let (text, work) = match &change.change {
        Some(Change::Put(put)) => match &put.resource {
            Some(resource) => (resource.name.as_str(), Work::Put(put)),
            None => ("", Work::Put(put)),
        },
        Some(Change::Delete(delete)) => (delete.name.as_str(), Work::Delete { cascade: delete.cascade }),
        None => {
            session.report(
                code::INVALID,
                "",
                "",
                format!("change {} is neither put nor delete", position + 1),
                "",
            );
            return Ok(None);
        }
    };
    let name = match Name::parse(text) {
        Ok(name) => name,
        Err(error) => {
            session.report(code::INVALID, text, "", error.message, "");
            return Ok(None);
        }
    };
    let key = keys::of(&name.key());
    if !session.named.insert(key.clone()) {
        let hint = "one change for each resource";
        session.report(code::INVALID, name.as_str(), "", "it occurs twice in this command".to_owned(), hint);
        return Ok(None);
    }
    if let Work::Put(put) = &work {
        session.attempted.insert(key.clone());
        let spec = put.resource.as_ref().and_then(|resource| resource.spec.as_ref());
        let found = spec.map(Kind::of_spec);
        if found != Some(name.kind()) {
            let found = found.map_or("nothing", Kind::field);
            let message = format!("its content is {found}; the name says {}", name.kind().field());
            session.report(code::INVALID, name.as_str(), "", message, "");
            return Ok(None);
        }
    }
    check_etag(session, &name, &key, &change.if_etag)?;
    Ok(Some(Step { position, name, work }))
}

/// `if_etag` is asked of the state before the command.
fn check_etag<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    key: &[u8],
    if_etag: &str,
) -> Result<(), R::Error> {
    if if_etag.is_empty() {
        return Ok(());
    }
    let stored = session.view_before().resource(key)?;
    let etag = stored.and_then(|stored| stored.resource).map(|resource| resource.etag);
    let message = match (if_etag, etag) {
        ("*", Some(_)) | ("-", None) => return Ok(()),
        ("-", Some(etag)) => format!("it exists already, with etag `{etag}`"),
        (_, None) => "it does not exist".to_owned(),
        (wanted, Some(etag)) if wanted == etag => return Ok(()),
        (wanted, Some(etag)) => format!("its etag is `{etag}`, not `{}`", shorten(wanted)),
    };
    let hint = "read it again and repeat the change on what it is now, or send it without an etag";
    session.report(code::PRECONDITION_FAILED, name.as_str(), "", message, hint);
    Ok(())
}
