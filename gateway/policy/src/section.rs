//! Where a policy stands: the four sections of a document and the five scopes a document hangs at.
//!
//! Plain names and orders; nothing here knows what a policy does.

use std::fmt;

/// A section of a policy document, in the order a request passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    Inbound,
    Backend,
    Outbound,
    OnError,
}

impl Section {
    /// All sections, in the order a request passes them.
    pub const ALL: [Self; 4] = [Self::Inbound, Self::Backend, Self::Outbound, Self::OnError];

    /// The element's name, which is also what `LastError.Section` says.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Backend => "backend",
            Self::Outbound => "outbound",
            Self::OnError => "on-error",
        }
    }

    pub(crate) fn from_element(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.as_str() == name)
    }

    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Inbound => 0,
            Self::Backend => 1,
            Self::Outbound => 2,
            Self::OnError => 3,
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a document hangs at, from wide to narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeKind {
    Global,
    Workspace,
    Product,
    Api,
    Operation,
}

impl ScopeKind {
    /// All scopes, widest first.
    pub const ALL: [Self; 5] = [Self::Global, Self::Workspace, Self::Product, Self::Api, Self::Operation];

    /// What `LastError.Scope` and traces say.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Workspace => "workspace",
            Self::Product => "product",
            Self::Api => "api",
            Self::Operation => "operation",
        }
    }
}

impl fmt::Display for ScopeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
