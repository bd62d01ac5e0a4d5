//! What the parser reads, refuses and survives.

mod bounds;
mod chaos;
mod expressions;
mod lexis;
mod print;
mod refusals;
mod soup;
mod statements;

use crate::span::LineIndex;
use crate::syntax::parse;

/// The tree of `@(text)`, or what is wrong with it.
fn expression(text: &str) -> String {
    tree(&format!("@({text})"))
}

/// The tree of `@{text}`, or what is wrong with it.
fn statements(text: &str) -> String {
    tree(&format!("@{{{text}}}"))
}

fn tree(source: &str) -> String {
    match parse(source) {
        Ok(tree) => print::source(&tree),
        Err(_) => diagnostics(source),
    }
}

/// One line for each diagnostic: its place, number, message and hint.
fn diagnostics(source: &str) -> String {
    let index = LineIndex::new(source);
    let line = |diagnostic: &crate::diagnostic::Diagnostic| {
        let place = index.position(diagnostic.span.start);
        let hint =
            if diagnostic.hint.is_empty() { String::new() } else { format!(" — {}", diagnostic.hint) };
        format!("{}:{} {}: {}{hint}", place.line, place.column, diagnostic.code, diagnostic.message)
    };
    parse(source).err().unwrap_or_default().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn check(read: fn(&str) -> String, cases: &[(&str, &str)]) {
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, expected)| (text, expected, read(text)))
        .filter(|(_, expected, actual)| *expected != actual)
        .map(|(text, expected, actual)| format!("{text}\n  expected {expected}\n  actual   {actual}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
