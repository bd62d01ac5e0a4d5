//! Panics of a simulation, wherever they happen.
//!
//! One idea: a panic ends a task, and nobody would notice. Nothing in a healthy cluster panics, so
//! the first one ends the simulation.
//!
//! Must not be used where panics are expected; it stays for the whole process.

use std::{backtrace::Backtrace, panic, sync::OnceLock};

static FIRST: OnceLock<String> = OnceLock::new();

/// From now on the first panic of this process is noted.
pub fn note_all() {
    panic::set_hook(Box::new(|info| {
        let _ = FIRST.set(format!("{info}\n{}", Backtrace::capture()));
    }));
}

/// The first panic since [`note_all`].
pub fn first() -> Option<String> {
    FIRST.get().cloned()
}
