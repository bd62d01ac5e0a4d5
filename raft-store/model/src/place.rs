//! The assignment of units to nodes: stored here, worked out by the leader.
//!
//! The one idea: an assignment replaces exactly the generation it was made from. Must not know how
//! placement decides.

use crate::keys;
use crate::read::{Read, Table};
use crate::session::Session;
use crate::stored::{self, AssignmentRow};
use crate::violation::code;
use hanse_proto::FEATURE_LEVEL;
use hanse_proto::v1::{Assignment, ChangeResult, PlaceCommand};
use prost::Message as _;
use std::collections::BTreeSet;

/// What the assignment is called in the change feed.
pub const ASSIGNMENT_NAME: &str = "cluster/assignment";

/// The present assignment; generation 0 and empty when there is none.
///
/// # Errors
/// When the store cannot be read.
pub fn assignment<R: Read>(read: &R) -> Result<Assignment, R::Error> {
    let row: Option<AssignmentRow> = stored::load(read, Table::Meta, keys::ASSIGNMENT)?;
    Ok(row.and_then(|row| row.assignment).unwrap_or_default())
}

pub(crate) fn decide<R: Read>(
    session: &mut Session<'_, R>,
    place: &PlaceCommand,
) -> Result<Vec<ChangeResult>, R::Error> {
    let present = assignment(session.tables.base())?.generation;
    if place.replaces_generation != present {
        let message = format!("the assignment has generation {present}, not {}", place.replaces_generation);
        session.report(code::STALE, ASSIGNMENT_NAME, "", message, "place again on the present assignment");
        return Ok(Vec::new());
    }
    let assignment = place.assignment.clone().unwrap_or_default();
    if assignment.generation != present + 1 {
        let message = format!("generation {}; {} is the next one", assignment.generation, present + 1);
        session.report(code::INVALID, ASSIGNMENT_NAME, "generation", message, "");
    }
    let mut seen = BTreeSet::new();
    for placed in &assignment.gateways {
        if placed.gateway.is_empty() || !seen.insert(placed.gateway.to_lowercase()) {
            let message = format!("the gateway `{}` is empty or listed twice", placed.gateway);
            session.report(code::INVALID, ASSIGNMENT_NAME, "gateways", message, "");
        }
    }
    let etag = assignment.generation.to_string();
    let row = AssignmentRow { feature_level: FEATURE_LEVEL, assignment: Some(assignment) };
    session.tables.set(Table::Meta, keys::ASSIGNMENT.to_vec(), Some(row.encode_to_vec()));
    session.record(ASSIGNMENT_NAME, "updated");
    Ok(vec![ChangeResult { name: ASSIGNMENT_NAME.to_owned(), action: "updated".to_owned(), etag }])
}
