//! Addresses that are told of something.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules};
use crate::text::Fields;
use hanse_proto::v1::RecipientEmail;

impl Rules for RecipientEmail {
    /// The id is the address.
    fn check(&self, at: &At<'_>, fields: &mut Fields<'_>) {
        fields.email("name", at.name.id());
    }
}
