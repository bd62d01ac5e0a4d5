//! Everything that happened in a simulation, in order: printed if wanted, hashed always.
//!
//! One idea: two runs of a seed are the same run when their hashes are equal. An event is one
//! line of text, written by the code that saw it.
//!
//! Must not know a clock of its own: the caller says the simulated time.

use ring::digest::{Context, SHA256};
use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

/// The trace of one simulation. Clones write to the same one.
#[derive(Clone)]
pub struct Trace {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    hash: Context,
    events: u64,
    print: bool,
}

impl Trace {
    /// An empty trace; `print` shows each event on the standard error stream.
    pub fn new(print: bool) -> Trace {
        Trace { shared: Arc::new(Mutex::new(Shared { hash: Context::new(&SHA256), events: 0, print })) }
    }

    /// Adds an event at a simulated time.
    pub fn event(&self, at: Duration, what: fmt::Arguments<'_>) {
        let line = format!("{:>10.3} {what}\n", at.as_secs_f64());
        let mut shared = self.shared.lock().expect("no code panics while it holds the trace");
        shared.hash.update(line.as_bytes());
        shared.events += 1;
        if shared.print {
            eprint!("{line}");
        }
    }

    /// Number of events so far.
    pub fn events(&self) -> u64 {
        self.shared.lock().expect("no code panics while it holds the trace").events
    }

    /// SHA-256 of all events so far, in hex.
    pub fn hash(&self) -> String {
        let hash = self.shared.lock().expect("no code panics while it holds the trace").hash.clone().finish();
        hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trace")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_time_and_text_all_count() {
        let run = |events: &[(u64, &str)]| {
            let trace = Trace::new(false);
            for (at, what) in events {
                trace.event(Duration::from_millis(*at), format_args!("{what}"));
            }
            trace.hash()
        };
        let first = run(&[(1, "a"), (2, "b")]);
        assert_eq!(first, run(&[(1, "a"), (2, "b")]));
        for other in [run(&[(1, "a")]), run(&[(2, "b"), (1, "a")]), run(&[(1, "a"), (3, "b")])] {
            assert_ne!(first, other);
        }
    }
}
