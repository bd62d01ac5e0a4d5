//! Why a command ended without success: a text for people and a code for scripts.

use super::output::Paint;
use hanse::client::CallError;
use std::{borrow::Cow, fmt::Write as _, io};

/// Something failed or was refused.
const FAILED: u8 = 1;
/// A plan that was asked to tell it by its exit code found changes.
const CHANGES: u8 = 2;
/// Wrong usage or configuration.
pub const USAGE: u8 = 64;
/// No server can be reached, or the cluster cannot decide now.
const UNREACHABLE: u8 = 69;

/// The end of a command that did not do what it should.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    /// What was wrong: lower case, no full stop; empty: everything has been said.
    message: String,
    /// What to try next, or details; may have several lines.
    hint: String,
    /// The text says `error:` itself, as lists of findings do.
    complete: bool,
}

impl Failure {
    /// Something failed or was refused: exit code 1.
    pub fn failed(message: impl Into<String>) -> Failure {
        Failure { code: FAILED, message: message.into(), hint: String::new(), complete: false }
    }

    /// Wrong usage or configuration: exit code 64.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure { code: USAGE, ..Failure::failed(message) }
    }

    /// Nobody who could answer: exit code 69.
    pub fn unreachable(message: impl Into<String>) -> Failure {
        Failure { code: UNREACHABLE, ..Failure::failed(message) }
    }

    /// A text that is complete in itself, as a list of findings is: exit code 1.
    pub fn findings(text: String) -> Failure {
        Failure { complete: true, ..Failure::failed(text) }
    }

    /// Everything has been printed already: exit code 1.
    pub fn told() -> Failure {
        Failure::findings(String::new())
    }

    /// Everything has been printed, and a plan found changes: exit code 2.
    pub fn changes() -> Failure {
        Failure { code: CHANGES, ..Failure::told() }
    }

    /// The reader of standard output has gone, as in `hanse watch | head -1`: no failure.
    pub fn closed() -> Failure {
        Failure { code: 0, ..Failure::told() }
    }

    /// With what to try next.
    pub fn hint(mut self, hint: impl Into<String>) -> Failure {
        self.hint = hint.into();
        self
    }

    /// As wrong usage or configuration.
    pub fn into_usage(mut self) -> Failure {
        self.code = USAGE;
        self
    }

    /// Exit code.
    pub fn code(&self) -> u8 {
        self.code
    }

    /// Prints it on standard error.
    pub fn report(&self, paint: Paint) {
        // Nobody is left to tell when standard error is closed.
        let _ = io::Write::write_all(&mut io::stderr(), self.render(paint).as_bytes());
    }

    fn render(&self, paint: Paint) -> String {
        let mut text = String::new();
        let message = printable(&self.message);
        if self.complete {
            text.push_str(&paint.errors(&message));
        } else {
            let _ = writeln!(text, "{} {message}", paint.error("error:"));
        }
        for line in printable(&self.hint).lines() {
            let _ = writeln!(text, "  {line}");
        }
        text
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        let mut message = error.to_string();
        // A message that tells its cause already needs no repetition.
        for cause in error.chain().skip(1).map(ToString::to_string) {
            if !message.contains(&cause) {
                let _ = write!(message, ": {cause}");
            }
        }
        Failure::failed(message)
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Failure {
        let message = error.to_string();
        match error {
            CallError::Configuration(_) => Failure::usage(message).hint(
                "`hanse context list` shows the contexts, `hanse context use` chooses one; those of a `hanse dev` go with it",
            ),
            CallError::Unreachable { attempts, .. } => {
                let mut hint = String::new();
                for (server, reason) in attempts {
                    let _ = writeln!(hint, "{server}: {reason}");
                }
                hint.push_str("is it running? `hanse dev` starts one here; `hanse context list` shows where commands go");
                Failure::unreachable(message).hint(hint)
            }
            CallError::CertificateRefused { .. } => Failure::failed(message)
                .hint("use a context of this cluster: `hanse context list` shows what there is"),
            CallError::TimedOut { .. } => {
                Failure::failed(message).hint("`hanse status` shows how the cluster is")
            }
            CallError::Refused(status) => super::refused::failure("", &status, None),
        }
    }
}

/// What people typed comes back in messages, and must not steer their terminal.
fn printable(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && c != '\n';
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push(' '),
            c if steers(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::{Code, Status};

    #[test]
    fn nothing_that_was_typed_steers_the_terminal() {
        let failure = Failure::failed("no `a\u{1b}[2Jb\r\u{7}`").hint("x\u{9b}31m\ny");
        assert_eq!(
            failure.render(Paint::none()),
            "error: no `a\\u{1b}[2Jb\\u{d}\\u{7}`\n  x\\u{9b}31m\n  y\n"
        );
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::anyhow!("refused").context("cannot listen: refused").context("no start");
        assert_eq!(Failure::from(error).message, "no start: cannot listen: refused");
    }

    fn code(error: CallError) -> u8 {
        Failure::from(error).code()
    }

    #[test]
    fn every_end_has_its_exit_code() {
        let refused = |code| CallError::Refused(Box::new(Status::new(code, "x")));
        assert_eq!(code(refused(Code::InvalidArgument)), 1);
        assert_eq!(code(refused(Code::Unauthenticated)), 1);
        assert_eq!(code(refused(Code::Unavailable)), 69);
        assert_eq!(code(CallError::Configuration("x".into())), 64);
        assert_eq!(code(CallError::Unreachable { context: "dev".into(), attempts: vec![] }), 69);
        assert_eq!(Failure::from(anyhow::anyhow!("x")).code(), 1);
        assert_eq!(Failure::closed().code(), 0);
    }

    #[test]
    fn an_unreachable_cluster_names_every_server_and_what_to_try() {
        let attempts = vec![
            ("127.0.0.1:7400".to_owned(), "nothing listens there".to_owned()),
            ("127.0.0.1:7401".to_owned(), "no answer within 3 s".to_owned()),
        ];
        let failure = Failure::from(CallError::Unreachable { context: "dev".into(), attempts });
        assert_eq!(
            failure.render(Paint::none()),
            "error: no server of context `dev` can be reached\n  127.0.0.1:7400: nothing listens there\n  \
             127.0.0.1:7401: no answer within 3 s\n  is it running? `hanse dev` starts one here; `hanse context list` \
             shows where commands go\n"
        );
    }
}
