//! What a command is doing, when that takes longer than people wait without asking.
//!
//! On a terminal a line on standard error says it after half a second and goes again; in a
//! pipe nothing is printed.

use std::{
    io::{self, IsTerminal as _, Write as _},
    time::{Duration, Instant},
};

/// Silence that needs no explanation.
const QUIET: Duration = Duration::from_millis(500);
const STEP: Duration = Duration::from_millis(100);

/// Waits for `work` and says meanwhile what it is.
pub async fn while_working<T>(what: &str, work: impl Future<Output = T>) -> T {
    if !io::stderr().is_terminal() {
        return work.await;
    }
    let began = Instant::now();
    let mut work = std::pin::pin!(work);
    let mut shown = false;
    loop {
        tokio::select! {
            done = &mut work => {
                if shown {
                    show("");
                }
                return done;
            }
            () = tokio::time::sleep(STEP) => {
                let elapsed = began.elapsed();
                if elapsed >= QUIET {
                    shown = true;
                    show(&format!("{what} … {:.1} s", elapsed.as_secs_f64()));
                }
            }
        }
    }
}

/// How far a list is, for work that nobody waits for asynchronously.
pub struct Steps {
    what: &'static str,
    done: usize,
    all: usize,
    /// When there is something to say next; `None`: nobody would see it.
    next: Option<Instant>,
    is_shown: bool,
}

impl Steps {
    pub fn new(what: &'static str, all: usize) -> Steps {
        let next = io::stderr().is_terminal().then(|| Instant::now() + QUIET);
        Steps { what, done: 0, all, next, is_shown: false }
    }

    /// Another begins.
    pub fn next(&mut self) {
        self.done += 1;
        let now = Instant::now();
        if self.next.is_some_and(|next| now >= next) {
            self.next = Some(now + STEP);
            self.is_shown = true;
            show(&format!("{} … {} of {}", self.what, self.done, self.all));
        }
    }

    /// Makes room for something else.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            show("");
        }
    }
}

/// Replaces the line at hand on standard error.
fn show(text: &str) {
    // A terminal that has gone needs no progress.
    let _ = write!(io::stderr(), "\r\x1b[K{text}").and_then(|()| io::stderr().flush());
}
