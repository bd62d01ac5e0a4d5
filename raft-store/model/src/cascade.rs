//! What a deletion takes along when it is asked to: what would else forbid it.
//!
//! The one idea: a cascade names nothing that guards would not name. Subscriptions go with the
//! product, API or user they are of, and revisions with their API. Must not know what goes along in
//! any case; that is `delete`.

use crate::index;
use crate::keys;
use crate::read::Read;
use crate::session::Session;
use crate::violation::code;
use hanse_proto::v1::ChangeResult;
use hanse_proto::{Kind, Name};

/// Subscriptions that one deletion takes along, and revisions: more than `revisionsPerApi` allows unless
/// somebody raised it.
pub const CASCADE_MAX: usize = 1_000;

/// Keys of what a cascade takes along with a root.
pub(crate) fn followers<R: Read>(
    session: &mut Session<'_, R>,
    name: &Name,
    key: &[u8],
) -> Result<Vec<Vec<u8>>, R::Error> {
    if !matches!(name.kind(), Kind::Product | Kind::Api | Kind::User) {
        return Ok(Vec::new());
    }
    let mut subscriptions = session.view().owners(&index::referrers(key), CASCADE_MAX + 1)?;
    subscriptions.retain(|key| keys::is_in_collection(key, Kind::Subscription.collection()));
    let mut revisions = Vec::new();
    if name.kind() == Kind::Api && !name.id().contains(";rev=") {
        revisions = session.revisions_of(key, CASCADE_MAX + 1)?;
    }
    for (followers, what) in [(&subscriptions, "subscriptions"), (&revisions, "revisions")] {
        if followers.len() > CASCADE_MAX {
            let message = format!("more than {CASCADE_MAX} {what} would go along");
            let hint = format!("delete {what} first, in several commands");
            session.report(code::LIMIT, name.as_str(), "", message, &hint);
            return Ok(Vec::new());
        }
    }
    subscriptions.extend(revisions);
    Ok(subscriptions)
}

/// The answers for what went along with what the command names.
pub(crate) fn results<R: Read>(session: &Session<'_, R>) -> Vec<ChangeResult> {
    let along = session.removed.iter().filter(|removed| !session.named.contains(&removed.key));
    let result = |name: &Name| ChangeResult {
        name: name.as_str().to_owned(),
        action: "deleted".to_owned(),
        etag: String::new(),
    };
    along.map(|removed| result(&removed.name)).collect()
}
