//! Long work without IO, beside the tasks of the runtime.

use tokio::runtime::{Handle, RuntimeFlavor};

/// Runs what may take long where it holds up none of the tasks that wait for this thread. A runtime of one
/// thread has no other place for it.
pub fn aside<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => work(),
    }
}
