//! Asks before what cannot be taken back.
//!
//! One idea: where nobody can answer, that is refused before anything is sent, with what to type instead.

use super::failure::Failure;
use std::io::{self, IsTerminal as _, Write as _};

/// Refuses where nobody can be asked.
pub fn is_possible(question: &str) -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    Err(Failure::failed(format!("{question} needs a yes, and nobody can be asked here"))
        .hint("add --yes to do it without being asked, or --dry-run to see what would change"))
}

/// Asks a question that only a yes answers.
pub fn yes(question: &str) -> Result<(), Failure> {
    let _ = write!(io::stderr(), "{}? [y/N] ", capital(question));
    let _ = io::stderr().flush();
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(|error| Failure::failed(format!("no answer can be read: {error}")))?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::failed("nothing was changed")),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_begins_with_a_capital_letter() {
        assert_eq!(capital("roll back"), "Roll back");
        assert_eq!(capital(""), "");
    }
}
