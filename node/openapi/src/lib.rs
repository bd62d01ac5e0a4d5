//! OpenAPI documents: what they become as an API and its operations, and what documents become of those.
//!
//! ```text
//! text ─► tree with positions ─► check   (what the specification forbids)  ─► warnings
//!                             └► import  (info, servers, paths, methods)   ─► Imported ─► plan_import ─► resources
//! resources ─► export ─► text, which gives the same operations when it is read again
//! ```
//!
//! One idea: whatever can be saved is. A document is refused only when nothing useful could come of
//! it; all else is a partial import with a warning at its place. Every operation that comes out
//! satisfies the model's checks, so that an import never fails because of one odd path. Versions
//! 2.0, 3.0 and 3.1 are read in full, 3.2 as far as it agrees with them.
//!
//! Must not know files, the network, the store, or how operations are routed. Start with [`read`],
//! then [`plan_import`] and [`export()`].

mod body;
mod check;
mod cursor;
mod edition;
mod export;
mod finding;
mod fit;
mod id;
mod import;
mod indent;
mod operation;
mod parameter;
mod plan;
mod reference;
mod rules;
mod schema;
mod server;
mod shape;
mod template;
mod text;
mod url;

pub use export::{Exported, Format, Version, export};
pub use finding::{FINDINGS_MAX, Finding, Severity};
pub use fit::IMPORT_BYTES_MAX;
pub use id::normalise as operation_id;
pub use import::EXPANDED_BYTES_MAX;
pub use plan::{Carried, ImportPlan, plan_import};
pub use schema::SCHEMA_ID;

use hanse_proto::v1;

/// A document may have this many bytes, as inline imports of APIM may.
pub const DOCUMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How to read a document.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What becomes of query parameters that the document requires.
    pub translate_required_query_parameters: Translate,
    /// Where the document came from; relative server URLs are resolved against it.
    pub document_url: Option<String>,
}

/// What becomes of query parameters that the document requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Translate {
    /// Part of the URL template (`?a={a}`): a request without it does not match the operation.
    #[default]
    Template,
    /// Described like optional ones; matching goes without them.
    Query,
}

/// What a document describes, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// 1 to 300 characters.
    pub title: String,
    /// As in the document, Markdown or HTML; may be empty.
    pub description: String,
    /// The first HTTPS server, else the first HTTP one: absolute, at most 2,000 characters.
    pub service_url: Option<String>,
    /// OpenAPI version as the document spells it: `3.0.3`.
    pub version: String,
    /// Whom to ask about the API.
    pub contact: Option<v1::Contact>,
    /// Licence of the API.
    pub license: Option<v1::License>,
    /// May be empty.
    pub terms_of_service_url: String,
    /// What operations refer to by `schemaId` and `typeName`: the component schemas of the document, and
    /// inline ones of bodies. Kept under the id [`SCHEMA_ID`].
    pub schemas: Option<v1::ApiSchema>,
    /// In the order of the document; ids are unique without regard to case.
    pub operations: Vec<ImportedOperation>,
}

/// One operation of a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportedOperation {
    /// Id of the operation's resource: lower case, at most 80 characters.
    pub id: String,
    /// What the model gets.
    pub operation: v1::Operation,
}

/// Reads a document.
///
/// `None`: it is refused, and a finding of [`Severity::Error`] says why. `Some` with warnings: what
/// they are about is missing, shortened or renamed. `file_name` decides whether a text must be JSON
/// (`*.json`); it may be made up.
pub fn read(file_name: &str, text: &str, options: &Options) -> (Option<Imported>, Vec<Finding>) {
    import::read(file_name, text, options)
}

#[cfg(test)]
mod tests;
