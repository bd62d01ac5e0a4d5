//! Members of groups: users of the service.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules};
use crate::references::Target;
use crate::text::Fields;
use hanse_proto::v1::GroupUser;
use hanse_proto::{Kind, Name};

impl Rules for GroupUser {
    fn check(&self, _at: &At<'_>, _fields: &mut Fields<'_>) {}

    /// The id is that of the user.
    fn targets(&self, name: &Name) -> Vec<Target> {
        vec![Target::in_service("", &format!("users/{}", name.id()), &[Kind::User]).following()]
    }
}
