//! Bad input: one clear message with the next thing to try, a non-zero exit, and nothing changed.

mod certificates;
mod configuration;
mod manifests;
mod requests;
mod secrets;
mod store;
mod words;

use crate::support::{Dev, both, hanse_command};
use std::{
    io::Write as _,
    path::Path,
    process::{Output, Stdio},
};

/// Exit codes: refused or failed, wrong usage or configuration, unreachable.
pub(super) const FAILED: i32 = 1;
const USAGE: i32 = 64;
const UNREACHABLE: i32 = 69;

/// Applies a text, which must be refused with `parts` in what is said, and change nothing.
fn refused(dev: &Dev, manifest: &str, parts: &[&str]) {
    let before = dev.status(0)["revision"].clone();
    let file = dev.file("bad.yaml", manifest);
    let output = dev.hanse(&["apply", "-f", path(&file)]);
    says(&output, FAILED, parts);
    assert_eq!(dev.status(0)["revision"], before, "nothing was changed");
}

/// A command ended with a code, said something on standard error and nothing on standard output,
/// in plain words.
pub(super) fn says(output: &Output, code: i32, parts: &[&str]) {
    let text = both(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(output.stdout.is_empty(), "standard output is for results:\n{text}");
    assert!(text.starts_with("error:"), "{text}");
    for part in parts {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    for word in ["panicked", "unwrap", "Error {", "os error", "\u{1b}"] {
        assert!(!text.contains(word), "`{word}` is no word for people:\n{text}");
    }
}

/// Runs a command with something on its standard input.
fn with_input(dir: &Path, words: &[&str], input: &[u8]) -> Output {
    let mut command = hanse_command(dir);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A program that has seen enough closes the pipe.
    let _ = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().expect("it ends")
}

pub(super) fn path(path: &Path) -> &str {
    path.to_str().expect("text")
}
