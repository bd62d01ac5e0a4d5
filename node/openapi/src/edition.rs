//! Which version of the specification a document follows.
//!
//! One idea: only major and minor decide; patch levels never changed the format. Must not know
//! what differs between them.

use crate::cursor::Cursor;
use crate::finding::Findings;
use crate::text::shorten;

/// Versions in the order in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edition {
    V2,
    V30,
    V31,
    V32,
}

impl Edition {
    /// A bit of its own, for sets of editions.
    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Edition and version text of a document; `None` after an error has been told.
pub(crate) fn read(root: &Cursor<'_>, findings: &mut Findings) -> Option<(Edition, String)> {
    let Some((field, at)) = ["openapi", "swagger"].iter().find_map(|key| Some((*key, root.get(key)?))) else {
        findings
            .error(root, "this is no OpenAPI document: `openapi: 3.x.y` or `swagger: \"2.0\"` is missing");
        return None;
    };
    let Some(version) = at.node.scalar_text() else {
        let found = at.node.describe();
        findings.error(&at, format!("`{field}` must be a version as `3.0.3`, and there is {found}"));
        return None;
    };
    let edition = match (field, minor(version)) {
        ("swagger", Some((2, 0))) => Edition::V2,
        ("openapi", Some((3, 0))) => Edition::V30,
        ("openapi", Some((3, 1))) => Edition::V31,
        ("openapi", Some((3, 2))) => Edition::V32,
        _ => {
            findings.error(
                &at,
                format!(
                    "`{field}: {}` is no version that can be read; there are `swagger: \"2.0\"` and `openapi: 3.0.x`, `3.1.x`, `3.2.x`",
                    shorten(version)
                ),
            );
            return None;
        }
    };
    if at.node.as_str().is_none() {
        findings.warn(&at, format!("`{field}` must be text: write `\"{version}\"`"));
    }
    if edition == Edition::V32 {
        findings.warn(&at, "OpenAPI 3.2 is read as 3.1; what is new in 3.2 may be left out");
    }
    Some((edition, version.to_owned()))
}

/// `3.0.3` → (3, 0); what follows the minor number must begin with `.`, `-` or nothing.
fn minor(version: &str) -> Option<(u32, u32)> {
    let (major, rest) = version.trim().split_once('.')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (minor, tail) = rest.split_at(end);
    let legal = tail.is_empty() || tail.starts_with(['.', '-']);
    if !legal {
        return None;
    }
    Some((major.parse().ok()?, minor.parse().ok()?))
}
