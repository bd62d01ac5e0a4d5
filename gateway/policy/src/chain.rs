//! The documents that apply to one request.
//!
//! Nothing is merged ahead of time: `<base/>` continues with the next wider document of *this*
//! request's chain, known only now that the product is. So a document is compiled once, whoever
//! includes it.

use std::sync::LazyLock;

use crate::document::{CompiledDocument, Step, default_global};
use crate::section::{ScopeKind, Section};

/// Documents of a chain.
pub const CHAIN_LEVELS: usize = 5;

static DEFAULT_GLOBAL: LazyLock<CompiledDocument> = LazyLock::new(default_global);

/// The documents of one request, narrowest first: operation, API, product, workspace, global.
///
/// `None` means that the scope has no document or does not apply; it behaves as a document whose
/// sections all hold `<base/>`. At global scope it means the default document, which forwards.
#[derive(Debug, Clone, Copy, Default)]
pub struct Chain<'a> {
    pub documents: [Option<&'a CompiledDocument>; CHAIN_LEVELS],
}

impl<'a> Chain<'a> {
    /// Scopes in the order of [`Chain::documents`].
    pub const SCOPES: [ScopeKind; CHAIN_LEVELS] =
        [ScopeKind::Operation, ScopeKind::Api, ScopeKind::Product, ScopeKind::Workspace, ScopeKind::Global];

    /// The steps of a level's section; `None` when the level leaves the section to wider scopes.
    pub(crate) fn steps(&self, level: usize, section: Section) -> Option<&'a [Step]> {
        let own = self.documents[level].and_then(|document| document.steps(section));
        match own {
            Some(steps) => Some(steps),
            // Outermost stands the default: a global document that says nothing of `backend` forwards.
            None if level + 1 == CHAIN_LEVELS => DEFAULT_GLOBAL.steps(section),
            None => None,
        }
    }
}
