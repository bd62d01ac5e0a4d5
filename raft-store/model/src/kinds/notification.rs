//! Notifications: events that somebody is told of.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules};
use crate::text::Fields;
use hanse_proto::v1::Notification;

impl Rules for Notification {
    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("title", &self.title, 1, 1_000);
        fields.length("description", &self.description, 0, 10_000);
    }
}
