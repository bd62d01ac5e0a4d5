//! What stays as it is once it exists.
//!
//! The one idea: what was written is held against what was there before. Must not know why others
//! rely on it.

use crate::read::Read;
use crate::session::{Session, Written, spec_of};
use crate::violation::code;
use hanse_proto::v1::resource::Spec;

pub(crate) fn check<R: Read>(session: &mut Session<'_, R>, written: &Written) {
    let (field, message, hint) = match (written.spec(), written.before.as_ref().map(spec_of)) {
        (Spec::Group(spec), Some(Spec::Group(before))) if before.built_in && spec != before => {
            ("", "it is one of the service's own groups, which nobody changes".to_owned(), "")
        }
        (Spec::Schema(spec), Some(Spec::Schema(before))) if spec.schema_type != before.schema_type => {
            let message = format!("it is `{}` and cannot be changed", before.schema_type);
            ("schemaType", message, "create a schema of the other type under another id")
        }
        _ => return,
    };
    session.report(code::CONFLICT, written.name.as_str(), field, message, hint);
}
