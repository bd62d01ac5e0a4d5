//! The language by expressions: what is accepted, what it gives, what is refused and with which words, and
//! where the bounds are.

mod bounds;
mod calls;
mod flow;
mod fuzz;
mod meaning;
mod operators;
mod refusals;

pub(crate) use crate::net::tests::{eval, table};

use crate::diagnostic::Severity;
use crate::program::compile;

/// `code line:column message` of everything that was told, errors and warnings, one a line.
pub(crate) fn told(source: &str) -> String {
    let checked = compile(source, None);
    assert_eq!(
        checked.program.is_none(),
        checked.diagnostics.iter().any(|it| it.severity == Severity::Error),
        "{source}"
    );
    let line = |it: &crate::Diagnostic| {
        let before = &source[..it.span.start];
        let (line, column) =
            (before.matches('\n').count() + 1, it.span.start - before.rfind('\n').map_or(0, |at| at + 1) + 1);
        format!("{} {line}:{column} {}", it.code, it.message)
    };
    checked.diagnostics.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The codes alone, errors only.
pub(crate) fn codes(source: &str) -> String {
    let checked = compile(source, None);
    checked.errors().map(|it| it.code).collect::<Vec<_>>().join(" ")
}

/// Runs on a thread whose stack is as large as those of a server are.
pub(crate) fn on_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(run).expect("a thread");
    thread.join().expect("it ends by itself")
}
