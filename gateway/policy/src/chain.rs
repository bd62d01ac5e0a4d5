//! The documents that apply to one request, and the walk through one section of all of them.
//!
//! Nothing is merged ahead of time: `<base/>` continues with the next wider document of *this*
//! request's chain, known only now that the product is. So a document is compiled once, whoever
//! includes it. The walk keeps a small stack of its own; it neither recurses nor allocates.

use std::sync::LazyLock;

use crate::document::{CompiledDocument, Step, default_global};
use crate::policies::Policy;
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
    fn steps(&self, level: usize, section: Section) -> Option<&'a [Step]> {
        let own = self.documents[level].and_then(|document| document.steps(section));
        match own {
            Some(steps) => Some(steps),
            // Outermost stands the default: a global document that says nothing of `backend` forwards.
            None if level + 1 == CHAIN_LEVELS => DEFAULT_GLOBAL.steps(section),
            None => None,
        }
    }
}

/// Position in one section of a chain.
#[derive(Debug, Clone)]
pub(crate) struct Walk<'a> {
    chain: Chain<'a>,
    section: Section,
    stack: [Cursor<'a>; CHAIN_LEVELS],
    depth: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Cursor<'a> {
    rest: &'a [Step],
    level: usize,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(chain: Chain<'a>, section: Section) -> Self {
        let mut walk = Self { chain, section, stack: Default::default(), depth: 0 };
        walk.enter(0);
        walk
    }

    pub(crate) fn chain(&self) -> Chain<'a> {
        self.chain
    }

    pub(crate) fn section(&self) -> Section {
        self.section
    }

    /// The next step that is not `<base/>`, and the scope of the document it stands in.
    pub(crate) fn next(&mut self) -> Option<(&'a Step, ScopeKind)> {
        loop {
            let top = self.stack[..self.depth].last_mut()?;
            let Some((step, rest)) = top.rest.split_first() else {
                self.depth -= 1;
                continue;
            };
            top.rest = rest;
            let level = top.level;
            match step.policy {
                Policy::Base => self.enter(level + 1),
                _ => return Some((step, Chain::SCOPES[level])),
            }
        }
    }

    /// Continues with the first document from `level` outward that has the section. A document
    /// enters only wider ones, so the stack cannot outgrow the chain.
    fn enter(&mut self, level: usize) {
        for level in level..CHAIN_LEVELS {
            if let Some(rest) = self.chain.steps(level, self.section) {
                self.stack[self.depth] = Cursor { rest, level };
                self.depth += 1;
                return;
            }
        }
    }
}
