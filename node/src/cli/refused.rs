//! A refusal as people read it: every violation with its resource, its place and what to try.

use super::Failure;
use hanse::client::{folder::Loaded, violations};
use hanse_proto::v1::Violation;
use std::fmt::Write as _;
use tonic::{Code, Status};

/// Columns that names may take before texts begin on a line of their own.
const NAME_CHARS_MAX: usize = 56;

/// A refused call. `what` says what is refused, and may be empty for one that was to change
/// nothing; `loaded` are the manifests it is about.
pub fn failure(what: &str, status: &Status, loaded: Option<&Loaded>) -> Failure {
    let violations = violations(status);
    match violations.as_slice() {
        [] => plain(status),
        [only] if what.is_empty() => {
            let about = [only.name.as_str(), &only.field]
                .iter()
                .filter(|it| !it.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(" ");
            let about = if about.is_empty() { about } else { format!("{about}: ") };
            Failure::failed(format!("{about}{}", only.message)).hint(only.hint.clone())
        }
        many => {
            let what = if what.is_empty() { "the call is refused" } else { what };
            Failure::findings(format!("error: {what}\n\n{}", render(many, loaded)))
        }
    }
}

/// A status without details.
fn plain(status: &Status) -> Failure {
    let message = status.message();
    let message = if message.is_empty() { "the server gave no reason" } else { message };
    match status.code() {
        // The server's own words may name it already.
        Code::Unavailable if message.contains("hanse status") => Failure::unreachable(message),
        Code::Unavailable => Failure::unreachable(message).hint("`hanse status` shows how the cluster is"),
        Code::Unimplemented => Failure::failed("the server does not know this call")
            .hint("it runs another release, or that is not its admin port: `hanse context list` shows where commands go"),
        Code::DeadlineExceeded | Code::Cancelled => {
            Failure::failed(format!("the call was not done in time: {message}"))
                .hint("`hanse status` shows how the cluster is")
        }
        _ => Failure::failed(message),
    }
}

/// Two columns: what it is about, and what is wrong with it.
pub fn render(violations: &[Violation], loaded: Option<&Loaded>) -> String {
    let left: Vec<Vec<String>> = violations.iter().map(|violation| subject(violation, loaded)).collect();
    let width =
        left.iter().flatten().map(|line| line.chars().count()).filter(|width| *width <= NAME_CHARS_MAX);
    let width = width.max().unwrap_or(0);
    let mut text = String::new();
    for (violation, left) in violations.iter().zip(left) {
        let mut right = vec![violation.message.as_str()];
        right.extend(violation.hint.lines());
        let too_wide = left.iter().any(|line| line.chars().count() > width);
        if too_wide || width == 0 {
            // Texts stand below what they are about.
            for line in left.iter().map(String::as_str).chain(right) {
                let indent = if left.iter().any(|subject| subject == line) { "  " } else { "    " };
                let _ = writeln!(text, "{indent}{line}");
            }
            continue;
        }
        for row in 0..left.len().max(right.len()) {
            let subject = left.get(row).map_or("", String::as_str);
            let line = format!("  {subject:width$}   {}", right.get(row).unwrap_or(&""));
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    text
}

/// Name and place: of the manifest where there is one, else within the resource.
fn subject(violation: &Violation, loaded: Option<&Loaded>) -> Vec<String> {
    let mut lines = Vec::new();
    if !violation.name.is_empty() {
        lines.push(violation.name.clone());
    }
    let Violation { name, field, line, column, .. } = violation;
    let place = loaded.and_then(|loaded| loaded.place_of(name, field, *line, *column));
    let place = match place {
        Some((file, line, column)) if column > 0 => format!("{file}:{line}:{column}"),
        Some((file, line, _)) => format!("{file}:{line}"),
        None if *line > 0 => format!("line {line}, column {column}"),
        None => String::new(),
    };
    let place =
        [place.as_str(), field].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ");
    if !place.is_empty() {
        lines.push(place);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse::client::folder;
    use std::path::Path;

    fn violation(name: &str, field: &str, message: &str, hint: &str) -> Violation {
        Violation {
            name: name.into(),
            field: field.into(),
            message: message.into(),
            hint: hint.into(),
            ..Default::default()
        }
    }

    #[test]
    fn violations_stand_beside_their_resources() {
        let violations = [
            violation("workspaces/demo/apis/billing", "", "path `billing` is taken", "choose another path"),
            violation("apis/a", "path", "too long", ""),
        ];
        assert_eq!(
            render(&violations, None),
            "  workspaces/demo/apis/billing   path `billing` is taken\n                                 choose another path\n  \
             apis/a                         too long\n  path\n"
        );
    }

    #[test]
    fn violations_are_led_back_to_the_manifest() {
        let text = "name: apis/a\napi:\n  path: x\n";
        let loaded = folder::read_text("orders.yaml", text.to_owned(), Path::new("."));
        let violations = [violation("apis/a", "path", "taken", "choose another")];
        assert_eq!(
            render(&violations, Some(&loaded)),
            "  apis/a                 taken\n  orders.yaml:3:3 path   choose another\n"
        );
    }

    #[test]
    fn long_names_do_not_push_texts_off_the_screen() {
        let name = format!("workspaces/demo/apis/{}", "x".repeat(80));
        assert_eq!(
            render(&[violation(&name, "", "taken", "choose")], None),
            format!("  {name}\n    taken\n    choose\n")
        );
    }

    #[test]
    fn a_cluster_that_cannot_decide_is_unreachable() {
        assert_eq!(failure("x", &Status::unavailable("no leader"), None).code(), 69);
        assert_eq!(failure("x", &Status::internal(""), None).code(), 1);
    }
}
