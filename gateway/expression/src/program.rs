//! An expression: compiled once, run for each request.

use crate::bind::{Bind, bind};
use crate::diagnostic::{Diagnostic, Severity};
use crate::reads::Reads;
use crate::run::code::Lambda;
use crate::run::{Cx, Eval};
use crate::syntax::parse;
use crate::types::Ty;

/// A compiled expression. Immutable; shared by every request of every thread.
#[derive(Debug)]
pub struct Program {
    code: Lambda,
    /// Static type of the result, before it is converted to what was wanted.
    pub ty: Ty,
}

/// What checking an expression found.
#[derive(Debug)]
pub struct Checked {
    /// There where no diagnostic is an error.
    pub program: Option<Program>,
    /// What it takes from the request that other policies leave there.
    pub reads: Reads,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks and compiles the decoded text `@( … )` or `@{ … }`. Its result must convert implicitly to
/// `target`; `None` takes anything.
pub fn compile(source: &str, target: Option<&Ty>) -> Checked {
    let tree = match parse(source) {
        Ok(tree) => tree,
        Err(diagnostics) => return Checked { program: None, reads: Reads::default(), diagnostics },
    };
    let Bind { code, ty, diagnostics } = bind(&tree, target);
    let reads = crate::reads::reads(&tree);
    Checked { program: code.map(|code| Program { code, ty }), reads, diagnostics }
}

impl Checked {
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|it| it.severity == Severity::Error)
    }
}

impl Program {
    /// Runs it.
    ///
    /// # Errors
    /// The exception that leaves it, or the bound it ran into.
    pub fn run<'a>(&'a self, cx: &mut Cx<'a, '_>) -> Eval<'a> {
        cx.run(&self.code)
    }
}
