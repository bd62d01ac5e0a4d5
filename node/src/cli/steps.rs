//! The steps that a request took through its policies, as an aligned table.

use std::fmt::Write as _;

/// Characters of one step's message that are shown.
const CHARS_SHOWN_MAX: usize = 200;

/// One step of a request.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Step {
    pub section: String,
    /// Scope, or fragment, with the line.
    pub place: String,
    /// Within the section.
    pub path: String,
    pub message: String,
}

impl Step {
    /// Scope, or fragment, with the line: where people find it.
    pub fn place(scope: &str, fragment: &str, line: u32) -> String {
        match (scope, fragment, line) {
            (_, _, 0) | ("", "", _) => String::new(),
            (scope, "", line) => format!("{scope}:{line}"),
            (_, fragment, line) => format!("{fragment}:{line}"),
        }
    }
}

/// Steps below each other.
pub fn aligned(steps: &[Step], indent: &str) -> String {
    let width = |of: fn(&Step) -> &str| steps.iter().map(|step| of(step).chars().count()).max().unwrap_or(0);
    let (section, place, path) = (width(|it| &it.section), width(|it| &it.place), width(|it| &it.path));
    let mut out = String::new();
    for step in steps {
        let message: String = step.message.chars().take(CHARS_SHOWN_MAX).collect();
        let text = format!(
            "{indent}{:section$}  {:place$}  {:path$}  {}",
            step.section,
            step.place,
            step.path,
            message.replace(|c: char| c.is_control(), " ")
        );
        let _ = writeln!(out, "{}", text.trim_end());
    }
    out
}
