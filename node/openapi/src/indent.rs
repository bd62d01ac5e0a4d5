//! YAML whose braces stand too far to the left.
//!
//! One idea: YAML 1.2 wants every line of `{…}` and `[…]` indented more than the key it belongs to.
//! Our reader is lenient, other readers refuse such a document, so its author should know. Must not
//! know OpenAPI.

use crate::cursor::Cursor;
use crate::finding::Findings;
use hanse_manifest::value::{Node, Value};

/// Tells every flow collection of a block mapping that has a line too far to the left.
pub(crate) fn check(text: &str, root: &Cursor<'_>, findings: &mut Findings) {
    let lines: Vec<&str> = text.split('\n').collect();
    if opens_flow(&lines, root.node) {
        return;
    }
    walk(&lines, root, findings);
}

fn walk(lines: &[&str], at: &Cursor<'_>, findings: &mut Findings) {
    if let Value::Mapping(mapping) = &at.node.value {
        for (entry, (_, value)) in mapping.iter().zip(at.entries()) {
            if !opens_flow(lines, value.node) {
                walk(lines, &value, findings);
                continue;
            }
            // An alias stands elsewhere than the collection that it repeats.
            let is_here = value.node.line == entry.line && value.node.column > entry.column;
            if is_here && let Some((line, column)) = outdented(lines, value.node, entry.column) {
                let message = format!(
                    "line {line} column {column} stands too far to the left for the brackets of `{}`; most YAML readers refuse that",
                    crate::text::shorten(&entry.key)
                );
                findings.warn(&value, message);
            }
        }
    }
    for item in at.items() {
        if !opens_flow(lines, item.node) {
            walk(lines, &item, findings);
        }
    }
}

/// The rest of a line from a node on.
fn rest<'t>(lines: &[&'t str], node: &Node) -> Option<&'t str> {
    let line = lines.get(usize::try_from(node.line).ok()?.checked_sub(1)?)?;
    let column = usize::try_from(node.column).ok()?.checked_sub(1)?;
    let (start, _) = line.char_indices().nth(column)?;
    Some(&line[start..])
}

fn opens_flow(lines: &[&str], node: &Node) -> bool {
    matches!(node.value, Value::Mapping(_) | Value::Sequence(_))
        && rest(lines, node).is_some_and(|rest| rest.starts_with(['{', '[']))
}

/// The first place of the flow collection at `node` that is not indented more than `key_column`.
fn outdented(lines: &[&str], node: &Node, key_column: u32) -> Option<(usize, usize)> {
    let first = usize::try_from(node.line).ok()?;
    let mut scan = Scan::default();
    if scan.line(rest(lines, node)?) {
        return None;
    }
    for (index, line) in lines.iter().enumerate().skip(first) {
        let indent = line.chars().take_while(|c| *c == ' ').count();
        let shown = line[indent..].trim_end();
        let is_content = !shown.is_empty() && !shown.starts_with('#') && scan.quote.is_none();
        if is_content && indent < usize::try_from(key_column).ok()? {
            return Some((index + 1, indent + 1));
        }
        if scan.line(line) {
            return None;
        }
    }
    None
}

/// Where a flow collection ends: brackets outside of quotes and comments.
#[derive(Default)]
struct Scan {
    depth: usize,
    quote: Option<char>,
}

impl Scan {
    /// Reads a line; whether the collection ends in it.
    fn line(&mut self, line: &str) -> bool {
        let mut before = ' ';
        let mut escaped = false;
        for c in line.chars() {
            match (self.quote, c) {
                (Some('"'), _) if escaped => escaped = false,
                (Some('"'), '\\') => escaped = true,
                // A doubled `'` closes and opens again, which comes to the same.
                (Some(quote), _) if quote == c => self.quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') if before.is_whitespace() || "{[,:'".contains(before) => {
                    self.quote = Some(c)
                }
                (None, '#') if before.is_whitespace() => return false,
                (None, '{' | '[') => self.depth += 1,
                (None, '}' | ']') => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return true;
                    }
                }
                _ => {}
            }
            before = c;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a text is told of, and the key.
    fn check_text(text: &str, told: Option<&str>) {
        let node = hanse_manifest::value::read("v.yaml", text).expect("YAML");
        let mut findings = Findings::default();
        check(text, &Cursor::root(&node), &mut findings);
        let found = findings.finish();
        assert_eq!(found.first().map(|finding| finding.pointer.as_str()), told, "{text} {found:?}");
    }

    #[test]
    fn braces_too_far_to_the_left_are_told() {
        check_text("a:\n  b: {\n    x: 1\n  }\n", Some("#/a/b"));
        check_text("a:\n  b: [\n    1\n ]\n", Some("#/a/b"));
        check_text("a:\n  b: {\n    x: 1\n   }\n", None);
        check_text("a: {x: '}', y: \"\\\"}\", z: it's}\nb: 1\n", None);
        check_text("a: { # }\n  x: 1 }\nb: 1\n", None);
        check_text("a: {x: 'it''s\n\n  }'}\nb: 1\n", None);
        check_text("{ \"a\": {\n} }", None);
        check_text("a: |\n  {\n}: 1\n".replace("}: 1", "b: 1").as_str(), None);
        check_text("a: &x {b: 1}\nc: *x\n", None);
    }
}
