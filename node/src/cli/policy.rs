//! `hanse policy …`: documents as people write them, without a server.

mod check;
mod effective;
mod eval;
mod print;
mod schema;
mod test;

use super::{Failure, Globals};
use clap::{Subcommand, ValueEnum};
use hanse_policy::ScopeKind;

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Check documents, fragments, resolvers and pieces of them, in files and folders
    Check(check::Check),
    /// Print the documents of several scopes as the one that a request meets: of a cluster's API, or of files
    Effective(effective::Effective),
    /// Evaluate an expression, or a file of cases
    Eval(eval::Eval),
    /// Print a document as well-formed XML
    Print(print::Print),
    /// Describe the policies: where they stand, and their attributes
    Schema(schema::Schema),
    /// Run tests of documents: requests, mocked answers and what is expected
    Test(test::TestCommand),
}

impl Policy {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        match self {
            Policy::Check(command) => command.run(globals),
            Policy::Effective(command) => command.run(globals).await,
            Policy::Eval(command) => command.run(globals),
            Policy::Print(command) => command.run(globals),
            Policy::Schema(command) => command.run(globals),
            Policy::Test(command) => command.run(globals),
        }
    }
}

/// What a document hangs at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    Global,
    Workspace,
    Product,
    Api,
    Operation,
}

impl From<Scope> for ScopeKind {
    fn from(scope: Scope) -> ScopeKind {
        match scope {
            Scope::Global => ScopeKind::Global,
            Scope::Workspace => ScopeKind::Workspace,
            Scope::Product => ScopeKind::Product,
            Scope::Api => ScopeKind::Api,
            Scope::Operation => ScopeKind::Operation,
        }
    }
}
