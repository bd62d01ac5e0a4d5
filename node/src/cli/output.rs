//! Standard output: results alone, as a table, YAML or JSON.
//!
//! One idea: whoever reads may go away at any time (`| head -1`); that ends a command quietly.

use super::{Failure, Globals, Output};
use std::io::{self, IsTerminal as _, Write as _};
use tabled::{
    builder::Builder,
    settings::{Padding, Style},
};

/// Characters of one cell that a table shows.
const CELL_CHARS_MAX: usize = 64;
/// Blanks between columns.
const GAP: usize = 3;

/// Standard output in the format that was asked for.
pub struct Out {
    /// The format.
    pub format: Output,
    /// Colours for it.
    pub paint: Paint,
}

impl Out {
    /// Standard output as the flags want it.
    pub fn new(globals: &Globals) -> Out {
        Out { format: globals.output.into(), paint: Paint::for_stdout(globals.no_color) }
    }

    /// Prints a line.
    pub fn line(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.text(&format!("{}\n", text.as_ref()))
    }

    /// Prints a text as it is.
    pub fn text(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::closed(),
            _ => Failure::failed(format!("standard output cannot be written: {error}")),
        })
    }

    /// Prints a table with its headings.
    pub fn table(&self, headings: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        let text = table(headings, rows);
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        self.text(&format!("{}\n{rest}", self.paint.bold(first)))
    }

    /// Prints JSON, indented.
    pub fn json(&self, value: &serde_json::Value) -> Result<(), Failure> {
        self.line(format!("{value:#}"))
    }
}

/// A table without borders: aligned, no blanks at the ends of lines.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut builder = Builder::default();
    builder.push_record(headings.iter().copied());
    for row in rows {
        builder.push_record(row.iter().map(|cell| cell_text(cell)));
    }
    let mut table = builder.build();
    table.with(Style::empty()).with(Padding::new(0, GAP, 0, 0));
    let text = table.to_string();
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// A text as one short line; what is empty is a dash.
fn cell_text(text: &str) -> String {
    if text.is_empty() {
        return "–".to_owned();
    }
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= CELL_CHARS_MAX {
        return line;
    }
    let head: String = line.chars().take(CELL_CHARS_MAX - 1).collect();
    format!("{}…", head.trim_end())
}

/// Colours, or none.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// For standard output: colours on a terminal, unless they are not wanted.
    pub fn for_stdout(no_color: bool) -> Paint {
        Paint { on: wanted(no_color) && io::stdout().is_terminal() }
    }

    /// For standard error.
    pub fn for_stderr(no_color: bool) -> Paint {
        Paint { on: wanted(no_color) && io::stderr().is_terminal() }
    }

    /// No colours, for what is written elsewhere.
    pub fn plain() -> Paint {
        Paint { on: false }
    }

    /// No colours.
    #[cfg(test)]
    pub fn none() -> Paint {
        Paint { on: false }
    }

    /// Headings.
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// What is well.
    pub fn good(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// What changed or deserves a look.
    pub fn notice(self, text: &str) -> String {
        self.wrap("33", text)
    }

    /// What is wrong.
    pub fn error(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    /// The word `error:` at the beginning of lines.
    pub fn errors(self, text: &str) -> String {
        if !self.on {
            return text.to_owned();
        }
        let paint = |line: &str| match line.strip_prefix("error:") {
            Some(rest) => format!("{}{rest}\n", self.error("error:")),
            None => format!("{line}\n"),
        };
        text.lines().map(paint).collect()
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn wanted(no_color: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !no_color && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Says something on standard error; nobody is left to tell when that fails.
pub fn say(text: impl AsRef<str>) {
    let _ = writeln!(io::stderr(), "{}", text.as_ref());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_aligned_without_borders_or_trailing_blanks() {
        let rows = vec![
            vec!["orders".to_owned(), "/orders".to_owned(), String::new()],
            vec!["größe".to_owned(), "x".to_owned(), "two\nlines".to_owned()],
        ];
        assert_eq!(
            table(&["NAME", "PATH", "DISPLAY NAME"], &rows),
            "NAME     PATH      DISPLAY NAME\norders   /orders   –\ngröße    x         two lines\n"
        );
        assert_eq!(table(&["NAME", "PATH"], &[]), "NAME   PATH\n");
    }

    #[test]
    fn long_cells_are_cut() {
        let at = |chars: usize| {
            table(&["A"], &[vec!["x".repeat(chars)]]).lines().nth(1).expect("a row").to_owned()
        };
        assert_eq!(at(CELL_CHARS_MAX), "x".repeat(CELL_CHARS_MAX));
        assert_eq!(at(CELL_CHARS_MAX + 1), format!("{}…", "x".repeat(CELL_CHARS_MAX - 1)));
    }
}
