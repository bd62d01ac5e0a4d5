//! Findings as a person reads them: the line, a mark under the place, what would do.

use std::fmt::Write as _;

use crate::finding::Finding;

/// Longest piece of a source line shown, in characters.
const LINE_CHARS_MAX: usize = 160;
/// Characters shown before the mark when a line is cut.
const CUT_BEFORE: usize = 40;

/// Findings of one file as plain text, each followed by an empty line.
pub fn render(findings: &[Finding], file_name: &str, text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let mut out = String::new();
    for finding in findings {
        let line = lines.get(finding.line.saturating_sub(1) as usize).copied().unwrap_or_default();
        render_one(&mut out, finding, file_name, line).expect("a string takes everything");
    }
    out
}

fn render_one(out: &mut String, finding: &Finding, file_name: &str, line: &str) -> std::fmt::Result {
    let number = finding.line.to_string();
    let gutter = " ".repeat(number.len());
    writeln!(out, "{}[{}]: {}", finding.severity.as_str(), finding.code, finding.message)?;
    writeln!(out, "{gutter}┌─ {file_name}:{}:{}", finding.line, finding.column)?;
    writeln!(out, "{gutter}│")?;
    let (shown, column) = cut(line, finding.column as usize);
    writeln!(out, "{number}│ {shown}")?;
    // Tabs stay tabs, so that the mark stands below its text whatever a tab's width.
    let indent: String =
        shown.chars().take(column - 1).map(|char| if char == '\t' { '\t' } else { ' ' }).collect();
    let room = shown.chars().count().saturating_sub(column - 1).max(1);
    let mark = "^".repeat((finding.length as usize).clamp(1, room));
    writeln!(out, "{}", format!("{gutter}│ {indent}{mark} {}", finding.hint).trim_end())?;
    if !finding.note.is_empty() {
        writeln!(out, "{gutter}= {}", finding.note)?;
    }
    writeln!(out)
}

/// The part of a line around a column, and the column within that part.
fn cut(line: &str, column: usize) -> (String, usize) {
    let column = column.max(1);
    if line.chars().nth(LINE_CHARS_MAX).is_none() {
        return (line.to_owned(), column);
    }
    let first = column.saturating_sub(CUT_BEFORE + 1);
    let mut shown = String::new();
    if first > 0 {
        shown.push('…');
    }
    shown.extend(line.chars().skip(first).take(LINE_CHARS_MAX));
    if line.chars().nth(first + LINE_CHARS_MAX).is_some() {
        shown.push('…');
    }
    let column = column - first + usize::from(first > 0);
    (shown, column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Checking, Format, check};
    use crate::section::ScopeKind;

    fn rendered(text: &str) -> String {
        let checked = check(text, &Checking::to_run(Format::RawXml, ScopeKind::Api));
        render(&checked.findings, "payments/orders.policy.xml", text)
    }

    #[test]
    fn finding_shows_place_hint_and_what_is_allowed() {
        let text = "<policies>\n  <inbound><base/>\n    <rate-limit call=\"100\" calls=\"1\" renewal-period=\"60\" />\n  </inbound>\n</policies>\n";
        insta::assert_snapshot!(rendered(text), @r#"
        error[unknown-attribute]: rate-limit has no attribute `call`
         ┌─ payments/orders.policy.xml:3:17
         │
        3│     <rate-limit call="100" calls="1" renewal-period="60" />
         │                 ^^^^ did you mean `calls`?
         = rate-limit: calls (integer ≥ 1, required), renewal-period (seconds or ISO 8601 duration, 1 to 300, required), retry-after-header-name (header name, default Retry-After), remaining-calls-header-name (header name), total-calls-header-name (header name), retry-after-variable-name (variable name), remaining-calls-variable-name (variable name), <api>, <operation>
        "#);
    }

    #[test]
    fn tabs_multi_byte_characters_and_carriage_returns_do_not_shift_the_mark() {
        let text = "\u{feff}<policies>\r\n\t<inbound><base/>\r\n\t\t<!-- é€ --><set-methd>GET</set-methd>\r\n</inbound></policies>";
        let expected = "error[unknown-element]: there is no policy `set-methd`\n \
            ┌─ payments/orders.policy.xml:3:15\n \
            │\n\
            3│ \t\t<!-- é€ --><set-methd>GET</set-methd>\n \
            │ \t\t            ^^^^^^^^^ did you mean `set-method`?\n\n";
        assert_eq!(rendered(text), expected);
    }

    #[test]
    fn long_lines_are_cut_around_the_mark() {
        let padding = "<!-- x -->".repeat(40);
        let text = format!("<policies><inbound><base/>{padding}<set-methd/>{padding}</inbound></policies>");
        let shown = rendered(&text);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[3].chars().count() <= LINE_CHARS_MAX + 5, "{shown}");
        let mark = lines[4].chars().position(|char| char == '^').unwrap();
        let marked: String = lines[3].chars().skip(mark).take(9).collect();
        assert_eq!(marked, "set-methd");
    }

    #[test]
    fn finding_beyond_the_text_does_not_hurt() {
        let mut finding = check("<x/>", &Checking::to_run(Format::Xml, ScopeKind::Api)).findings.remove(0);
        finding.line = 99;
        finding.column = 99;
        assert!(render(&[finding], "f", "").contains("99│"));
    }
}
