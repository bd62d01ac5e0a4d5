//! Openraft's own tests of log and state machine, in memory and on files, in both commit modes.

use crate::disk::{Backends, Directory, Memory};
use crate::log::LogStore;
use crate::machine::Machine;
use crate::options::CommitMode;
use crate::records::Identity;
use crate::state::StateStore;
use crate::types::Types;
use openraft::StorageError;
use openraft::testing::log::{StoreBuilder, Suite};
use openraft::type_config::TypeConfigExt as _;
use std::sync::Arc;
use tempfile::TempDir;

const CACHE_BYTES: usize = 1024 * 1024;

struct Builder {
    mode: CommitMode,
    on_files: bool,
}

impl StoreBuilder<Types, LogStore, Machine, Option<TempDir>> for Builder {
    async fn build(&self) -> Result<(Option<TempDir>, LogStore, Machine), StorageError<Types>> {
        let directory = self.on_files.then(|| TempDir::new().unwrap());
        let backends: Arc<dyn Backends> = match &directory {
            Some(directory) => Arc::new(Directory::new(directory.path())),
            None => Arc::new(Memory::default()),
        };
        let failed = |error| StorageError::read(Types::err_from_error(&error));
        let identity = Identity { cluster_id: "test".to_owned(), node_id: 1 };
        let opened = LogStore::open(&*backends, self.mode, CACHE_BYTES, &identity).map_err(failed)?;
        let state = StateStore::open(backends, self.mode, CACHE_BYTES, "test", opened.generation, true)
            .map_err(failed)?;
        let machine = Machine::new(Arc::new(state), opened.log.clone());
        Ok((directory, opened.log, machine))
    }
}

#[tokio::test(start_paused = true)]
async fn openraft_suite_passes_in_memory_inline() {
    Suite::test_all(Builder { mode: CommitMode::Inline, on_files: false }).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn openraft_suite_passes_in_memory_threaded() {
    Suite::test_all(Builder { mode: CommitMode::Threaded, on_files: false }).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn openraft_suite_passes_on_files() {
    Suite::test_all(Builder { mode: CommitMode::Threaded, on_files: true }).await.unwrap();
}
