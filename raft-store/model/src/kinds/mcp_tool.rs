//! Tools of MCP servers.
//!
//! See `kinds` for the shape of this file.

use super::{At, Rules};
use crate::references::{self, Target};
use crate::text::Fields;
use hanse_proto::v1::McpTool;
use hanse_proto::{Kind, Name};

impl Rules for McpTool {
    fn canonical(&mut self, name: &Name) {
        references::make_full(name, &mut self.operation_id, Kind::Operation);
    }

    fn check(&self, _at: &At<'_>, fields: &mut Fields<'_>) {
        fields.line("displayName", &self.display_name, 1, 300);
        fields.length("description", &self.description, 0, 1_000);
    }

    fn targets(&self, name: &Name) -> Vec<Target> {
        vec![Target::new("operationId", name, &self.operation_id, &[Kind::Operation]).following()]
    }
}
