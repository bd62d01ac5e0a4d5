//! What is wrong with a text, and where.
//!
//! One idea: a reader never stops at the first mistake that it can step over, so findings come
//! as lists, each with its place. Must not know where texts come from: [`render`] asks for them.

use std::fmt::Write as _;

/// One thing that is wrong at one place of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file as the caller named it.
    pub file: String,
    /// 1-based; 0: the file as a whole.
    pub line: u32,
    /// 1-based, counted in characters; 0: the line as a whole.
    pub column: u32,
    /// Path of the field, as `api.displayName` or `operation.responses[2].statusCode`; may be empty.
    pub field: String,
    /// What was wrong and what was expected: lower case, no full stop.
    pub message: String,
    /// What to try next; may be empty.
    pub hint: String,
}

/// A line of a text is shown up to this many characters.
const EXCERPT_CHARS_MAX: usize = 100;

/// Findings as people read them: place, message, the line itself where `text` has the file, hint.
///
/// `text` gives the content of a file by its name in the findings, or `None` to leave lines out.
pub fn render(findings: &[Finding], text: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    for of_one_file in findings.chunk_by(|one, next| one.file == next.file) {
        let content = of_one_file.first().and_then(|first| text(&first.file)).unwrap_or_default();
        let lines: Vec<&str> = content.lines().collect();
        for finding in of_one_file {
            render_one(&mut out, finding, &lines);
        }
    }
    out
}

impl std::fmt::Display for Finding {
    /// `orders.yaml:3:5 api.displayNam: unknown field …`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        if !self.field.is_empty() {
            write!(f, " {}", self.field)?;
        }
        write!(f, ": {}", self.message)
    }
}

fn render_one(out: &mut String, finding: &Finding, lines: &[&str]) {
    let _ = writeln!(out, "error: {finding}");
    if let Some((line, caret)) = excerpt(lines, finding) {
        let number = finding.line.to_string();
        let _ = writeln!(out, "  {number} | {line}");
        let _ = writeln!(out, "  {} | {}^", " ".repeat(number.len()), " ".repeat(caret));
    }
    for line in finding.hint.lines() {
        let _ = writeln!(out, "  {line}");
    }
}

/// The line of a finding and how many characters before its place, both cut to what fits.
fn excerpt(lines: &[&str], finding: &Finding) -> Option<(String, usize)> {
    let index = usize::try_from(finding.line.checked_sub(1)?).ok()?;
    let column = usize::try_from(finding.column.checked_sub(1)?).ok()?;
    let line = lines.get(index)?.trim_start_matches('\u{feff}');
    let start = if column < EXCERPT_CHARS_MAX { 0 } else { column - EXCERPT_CHARS_MAX / 2 };
    let shown: String = line
        .chars()
        .skip(start)
        .take(EXCERPT_CHARS_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let (dots, caret) = if start > 0 { ("…", column - start + 1) } else { ("", column) };
    (!shown.trim().is_empty()).then(|| (format!("{dots}{}", shown.trim_end()), caret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(line: u32, column: u32, hint: &str) -> Finding {
        Finding {
            file: "orders.yaml".into(),
            line,
            column,
            field: "api.displayNam".into(),
            message: "unknown field".into(),
            hint: hint.into(),
        }
    }

    #[test]
    fn a_finding_names_place_field_message_and_hint() {
        let text = render(&[finding(3, 5, "did you mean `displayName`?")], &|_| None);
        assert_eq!(
            text,
            "error: orders.yaml:3:5 api.displayNam: unknown field\n  did you mean `displayName`?\n"
        );
    }

    #[test]
    fn the_line_is_shown_with_a_mark_below_the_place() {
        let text = render(&[finding(2, 3, "")], &|_| Some("api:\n  displayNam: x\n".into()));
        assert_eq!(
            text,
            "error: orders.yaml:2:3 api.displayNam: unknown field\n  2 |   displayNam: x\n    |   ^\n"
        );
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let line = format!("{}!{}", "a".repeat(5_000), "b".repeat(5_000));
        let text = render(&[finding(1, 5_001, "")], &|_| Some(line.clone()));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].chars().count() <= EXCERPT_CHARS_MAX + 8, "{text}");
        let mark = lines[2].chars().position(|c| c == '^').expect("a mark");
        assert_eq!(lines[1].chars().nth(mark), Some('!'));
    }

    #[test]
    fn a_place_outside_the_text_shows_no_line() {
        assert!(!render(&[finding(99, 1, "")], &|_| Some("a".into())).contains('|'));
        assert!(!render(&[finding(0, 0, "")], &|_| Some("a".into())).contains('|'));
    }
}
