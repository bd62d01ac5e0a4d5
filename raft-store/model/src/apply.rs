//! Deciding one command.
//!
//! The order is fixed: release, time, permission, request id, content. Everything after permission
//! happens in a [`Session`], and only an accepted one becomes writes. Must not know what is inside
//! a change; that is `change_set`.

use crate::authorize::{Action, authorize};
use crate::bounds::Bounds;
use crate::layout;
use crate::read::{Read, Write};
use crate::session::Session;
use crate::stored;
use crate::violation::{Violations, code, rejection};
use crate::{bootstrap, change_set, counts, feed, history, place, purge, requests};
use hanse_proto::v1::{self, admitted_change::Change, command};
use hanse_proto::{FEATURE_LEVEL, Name};

/// What became of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// It holds; what it means for the tables and for watchers.
    Accepted(Accepted),
    /// It does not hold, and changes nothing.
    Rejected(v1::Rejection),
}

/// What an accepted command means.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Accepted {
    /// Rows to write, by table and key; empty when nothing changes.
    pub writes: Vec<Write>,
    /// The answer to the proposal. Results stand in the order of the command's changes; behind them
    /// come those of revisions that changed along, and of what was deleted along.
    pub applied: v1::Applied,
    /// The records that `writes` add to the feed, in order.
    pub changes: Vec<v1::ChangeRecord>,
}

/// Decides one command over the tables, as the log entry with index `revision`.
///
/// # Errors
/// When the store cannot be read; nothing is decided then.
///
/// # Panics
/// When a row does not hold what `apply` wrote there: the store is corrupt.
pub fn apply<R: Read>(read: &R, command: &v1::Command, revision: u64) -> Result<Decision, R::Error> {
    apply_with(read, command, revision, &Bounds::default())
}

/// [`apply`] within other bounds. The bounds of all nodes of a cluster must be equal.
///
/// # Errors
/// When the store cannot be read.
pub fn apply_with<R: Read>(
    read: &R,
    command: &v1::Command,
    revision: u64,
    bounds: &Bounds,
) -> Result<Decision, R::Error> {
    let state = stored::state(read)?;
    if let Some(refusal) = refuse_release(command, &state) {
        return Ok(Decision::Rejected(refusal));
    }
    let Some(action) = &command.action else {
        let refusal = rejection(code::INVALID, "a command without an action".to_owned(), "");
        return Ok(Decision::Rejected(refusal));
    };
    let nobody = v1::Principal::default();
    let principal = command.principal.as_ref().unwrap_or(&nobody);
    let mut session = Session::open(read, state, command, principal, revision, bounds)?;
    if let Some(refusal) = refuse_principal(read, &session, action)? {
        return Ok(Decision::Rejected(refusal));
    }
    match requests::look_up(read, principal, command)? {
        requests::Found::Nothing => {}
        requests::Found::Answer(applied) => {
            return Ok(Decision::Accepted(Accepted { applied, ..Accepted::default() }));
        }
        requests::Found::Refusal(refusal) => return Ok(Decision::Rejected(refusal)),
    }

    let results = match action {
        command::Action::Apply(apply) => change_set::decide(&mut session, apply)?,
        command::Action::Place(place) => place::decide(&mut session, place)?,
        command::Action::Purge(purge) => purge::decide(&mut session, purge)?,
        command::Action::Bootstrap(bootstrap) => bootstrap::decide(&mut session, bootstrap)?,
    };
    if let Some(refusal) = std::mem::take(&mut session.violations).into_rejection() {
        return Ok(Decision::Rejected(refusal));
    }
    counts::settle(&mut session)?;
    let applied = v1::Applied { revision, results, repeated_request: false };
    requests::remember(&mut session, &applied)?;
    feed::append(&mut session)?;
    history::let_go(&mut session)?;
    let (writes, changes) = session.into_writes();
    Ok(Decision::Accepted(Accepted { writes, applied, changes }))
}

fn refuse_release(command: &v1::Command, state: &stored::State) -> Option<v1::Rejection> {
    let hint = "update this node to the release that the others run";
    if command.feature_level > FEATURE_LEVEL {
        let level = command.feature_level;
        let message = format!(
            "the command has feature level {level}; this release is too old and knows {FEATURE_LEVEL}"
        );
        return Some(rejection(code::INVALID, message, hint));
    }
    let other = layout::of_state(state).err()?;
    Some(rejection(code::INVALID, format!("the store is {other}"), hint))
}

fn refuse_principal<R: Read>(
    read: &R,
    session: &Session<'_, R>,
    action: &command::Action,
) -> Result<Option<v1::Rejection>, R::Error> {
    let mut violations = Violations::default();
    let mut ask = |action, name: Option<&Name>| {
        let answer = authorize(read, session.principal, action, name, session.now_ms())?;
        if let Err(violation) = answer {
            violations.push(violation);
        }
        Ok(())
    };
    match action {
        command::Action::Apply(apply) if apply.changes.is_empty() => ask(Action::Write, None)?,
        command::Action::Apply(apply) => {
            for change in &apply.changes {
                let (action, text) = match &change.change {
                    Some(Change::Put(put)) => {
                        (Action::Write, put.resource.as_ref().map_or("", |resource| &resource.name))
                    }
                    Some(Change::Delete(delete)) => (Action::Delete, delete.name.as_str()),
                    None => (Action::Write, ""),
                };
                ask(action, Name::parse(text).ok().as_ref())?;
            }
        }
        command::Action::Place(_) | command::Action::Purge(_) | command::Action::Bootstrap(_) => {
            ask(Action::Maintain, None)?;
        }
    }
    Ok(violations.into_rejection())
}
