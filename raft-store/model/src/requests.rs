//! Request ids: a repeated command gets the first answer and changes nothing.
//!
//! The one idea: the principal's id and the request id name a command once and for all, within a
//! bounded past; a digest tells a repetition from another command under the same id. Must not know
//! what the commands do.

use crate::bounds::REQUEST_ID_CHARS_MAX;
use crate::keys;
use crate::read::{Read, Table};
use crate::session::Session;
use crate::stored;
use crate::violation::{code, rejection};
use hanse_proto::FEATURE_LEVEL;
use hanse_proto::v1::{Applied, Command, Principal, Rejection, RequestRecord, principal::Who};
use prost::Message as _;

/// What is known of a command's request id.
pub(crate) enum Found {
    /// It is new, or there is none.
    Nothing,
    /// The first answer.
    Answer(Applied),
    /// The id cannot be used.
    Refusal(Rejection),
}

/// Looks for an earlier command with the same request id.
pub(crate) fn look_up<R: Read>(
    read: &R,
    principal: &Principal,
    command: &Command,
) -> Result<Found, R::Error> {
    let id = &command.request_id;
    if id.is_empty() {
        return Ok(Found::Nothing);
    }
    let chars = id.chars().count();
    if chars > REQUEST_ID_CHARS_MAX {
        let message =
            format!("the request id has {chars} characters; at most {REQUEST_ID_CHARS_MAX} are allowed");
        return Ok(Found::Refusal(rejection(code::INVALID, message, "")));
    }
    let key = keys::request(account(principal), id);
    let Some(record) = stored::load::<R, RequestRecord>(read, Table::Requests, &key)? else {
        return Ok(Found::Nothing);
    };
    if record.digest != command.request_digest {
        let message = format!("the request id was used for another change, at revision {}", record.revision);
        let hint = "use a new request id for every change";
        return Ok(Found::Refusal(rejection(code::REQUEST_ID_REUSED, message, hint)));
    }
    let mut applied = record.applied.unwrap_or_default();
    applied.repeated_request = true;
    Ok(Found::Answer(applied))
}

/// Keeps the answer, and lets go of the oldest ones beyond the bound.
pub(crate) fn remember<R: Read>(session: &mut Session<'_, R>, applied: &Applied) -> Result<(), R::Error> {
    let command = session.command;
    if command.request_id.is_empty() {
        return Ok(());
    }
    let record = RequestRecord {
        feature_level: FEATURE_LEVEL,
        revision: session.revision,
        digest: command.request_digest.clone(),
        applied: Some(applied.clone()),
    };
    let key = keys::request(account(session.principal), &command.request_id);
    let order = keys::request_order(session.state.requests_next);
    session.tables.set(Table::Requests, order, Some(key.clone()));
    session.tables.set(Table::Requests, key, Some(record.encode_to_vec()));
    session.state.requests_next += 1;

    let kept = session.state.requests_next - session.state.requests_first;
    let excess = kept.saturating_sub(session.bounds.requests_max);
    for _ in 0..excess.min(session.bounds.purge_steps) {
        let order = keys::request_order(session.state.requests_first);
        if let Some(key) = session.tables.get(Table::Requests, &order)? {
            session.tables.set(Table::Requests, key, None);
        }
        session.tables.set(Table::Requests, order, None);
        session.state.requests_first += 1;
    }
    Ok(())
}

fn account(principal: &Principal) -> &str {
    match &principal.who {
        Some(Who::Account(account)) => &account.id,
        // No account has an empty id, so the system's requests stand apart.
        Some(Who::System(_)) | None => "",
    }
}
