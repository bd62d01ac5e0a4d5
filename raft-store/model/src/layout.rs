//! Which stores this release can work on: those of its own layout, and new ones.
//!
//! The one idea: rows that an earlier release did not write cannot be made up for by one replica alone
//! (the others may stand at another entry of the log), so a store of another layout is refused as a
//! whole, before anything is read from it or applied to it. Must not know how rows are laid out.

use crate::keys::KEY_LAYOUT;
use crate::read::Read;
use crate::stored::{self, State};
use hanse_proto::FEATURE_LEVEL;
use std::fmt;

/// A store was written by a release that this one cannot go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OtherRelease {
    /// Layout of the store.
    pub layout: u32,
    /// It is of a later release, and of an earlier one otherwise.
    pub is_later: bool,
}

impl fmt::Display for OtherRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let which = if self.is_later { "a later" } else { "an earlier" };
        write!(f, "of {which} release (layout {}, this one has {KEY_LAYOUT})", self.layout)
    }
}

impl std::error::Error for OtherRelease {}

/// Whether the tables are of this release's layout; those that no command was applied to are.
///
/// # Errors
/// Outside, when the store cannot be read; inside, what it is instead.
pub fn check_layout<R: Read>(read: &R) -> Result<Result<(), OtherRelease>, R::Error> {
    Ok(of_state(&stored::state(read)?))
}

pub(crate) fn of_state(state: &State) -> Result<(), OtherRelease> {
    let layout = state.key_layout;
    let is_later = state.feature_level > FEATURE_LEVEL || layout > KEY_LAYOUT;
    let is_new = *state == State::default();
    if is_later || !is_new && layout != KEY_LAYOUT {
        return Err(OtherRelease { layout, is_later });
    }
    Ok(())
}
