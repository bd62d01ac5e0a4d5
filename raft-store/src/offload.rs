//! Where blocking work runs: on a borrowed thread, or right here in a simulation.
//!
//! The one idea: a panic in storage code becomes an error, in both modes, so that raft stops and
//! says so while the process and its traffic live on.

use crate::error::StoreError;
use crate::options::CommitMode;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard};

/// Runs `work` without blocking the runtime's own threads (`Threaded`) or at once (`Inline`).
pub(crate) async fn offload<T, F>(mode: CommitMode, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, StoreError> + Send + 'static,
{
    match mode {
        CommitMode::Inline => caught(work),
        CommitMode::Threaded => match tokio::task::spawn_blocking(move || caught(work)).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Closed),
        },
    }
}

/// Runs `work` and turns a panic into an error.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(StoreError::Failed(format!("panicked: {}", panic_text(&*panic)))))
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    if let Some(text) = panic.downcast_ref::<&str>() {
        return (*text).to_owned();
    }
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "no message".to_owned())
}

/// Locks without regard to poison: what a panic left half done is guarded by the `failure`
/// fields, which end all further work with a message instead of a second panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
