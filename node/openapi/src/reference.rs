//! `$ref`: where it leads within the document.
//!
//! One idea: a chain of references is followed a bounded number of steps, so circles need no
//! memory. Other files and URLs are never fetched. Must not know what is referred to.

use crate::cursor::Cursor;
use hanse_manifest::value::Node;
use percent_encoding::percent_decode_str;

/// A reference may lead to a reference this many times.
const HOPS_MAX: usize = 8;
/// References may have this many bytes.
const REFERENCE_BYTES_MAX: usize = 1_000;

/// Why a reference leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefProblem {
    /// `$ref` holds something else than text.
    NotText,
    /// Another file or a URL.
    External,
    /// `#name`: a name that a schema gives itself.
    Anchor,
    /// Nothing stands there.
    Missing,
    /// It leads back to itself, or through too many references.
    Circular,
}

impl RefProblem {
    /// What to say of `reference`.
    pub(crate) fn message(self, reference: &str) -> String {
        let shown = crate::text::shorten(reference);
        match self {
            RefProblem::NotText => "`$ref` must be text, as `#/components/…`".to_owned(),
            RefProblem::External => format!(
                "`$ref` leads out of the document (`{shown}`), which is not followed; bundle the files into one first"
            ),
            RefProblem::Anchor => format!("`$ref` names an anchor (`{shown}`); only `#/…` is followed here"),
            RefProblem::Missing => format!("`$ref` leads nowhere: there is no `{shown}` in the document"),
            RefProblem::Circular => {
                format!("`$ref` leads through more than {HOPS_MAX} references or back to itself (`{shown}`)")
            }
        }
    }
}

/// What stands at `cursor`, references followed. A place without `$ref` is its own answer.
pub(crate) fn follow<'a>(root: &'a Node, cursor: Cursor<'a>) -> Result<Cursor<'a>, RefProblem> {
    let mut at = cursor;
    for _ in 0..HOPS_MAX {
        let Some(reference) = at.node.get("$ref") else { return Ok(at) };
        let reference = reference.as_str().ok_or(RefProblem::NotText)?;
        at = resolve(root, reference)?;
    }
    Err(RefProblem::Circular)
}

/// What `reference` names, without following what stands there.
pub(crate) fn resolve<'a>(root: &'a Node, reference: &str) -> Result<Cursor<'a>, RefProblem> {
    let Some(fragment) = reference.strip_prefix('#') else { return Err(RefProblem::External) };
    if fragment.len() > REFERENCE_BYTES_MAX {
        return Err(RefProblem::Missing);
    }
    if fragment.is_empty() {
        return Ok(Cursor::root(root));
    }
    let Some(path) = fragment.strip_prefix('/') else { return Err(RefProblem::Anchor) };
    let mut node = root;
    let mut key = None;
    for part in path.split('/') {
        (node, key) = step(node, part).ok_or(RefProblem::Missing)?;
    }
    Ok(Cursor::referred(node, reference, key))
}

/// The last part of a reference: the name of what it refers to.
pub(crate) fn last_part(reference: &str) -> String {
    decode(reference.rsplit('/').next().unwrap_or_default())
}

/// What stands below `node`, and the place of the key that leads there.
fn step<'a>(node: &'a Node, part: &str) -> Option<(&'a Node, Option<(u32, u32)>)> {
    if let Some(items) = node.as_sequence() {
        return Some((items.get(part.parse::<usize>().ok()?)?, None));
    }
    let mapping = node.as_mapping()?;
    // People forget to escape, and some keys hold a percent sign themselves.
    let entry = mapping
        .get(&decode(part))
        .or_else(|| mapping.get(&unescape(part)))
        .or_else(|| mapping.get(&decode(&part.replace('+', " "))))?;
    Some((&entry.value, Some((entry.line, entry.column))))
}

fn decode(part: &str) -> String {
    unescape(&percent_decode_str(part).decode_utf8_lossy())
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
