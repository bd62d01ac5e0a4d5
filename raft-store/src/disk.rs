//! Where the bytes are: the files of a replica, and the disks that keep them.
//!
//! The one idea: a replica asks [`Backends`] for its files by role, so that a test can hand it a
//! disk that loses power. Nothing is ever renamed: a new generation of the state is a new file,
//! which of them counts is written in the log's file, and the others are removed.

use crate::error::{OpenError, StoreError, is_damage};
use crate::offload::{lock, panic_text};
use redb::{BackendError, Database, DatabaseError, StorageBackend};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

/// A file of a replica.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreFile {
    /// Log entries, vote, and which generation of the state counts.
    Log,
    /// The state machine; each installed snapshot is a new generation.
    State(u64),
}

impl StoreFile {
    /// The file that [`fmt::Display`] wrote the name of.
    pub fn parse(name: &str) -> Option<Self> {
        if name == "log.redb" {
            return Some(Self::Log);
        }
        let generation = name.strip_prefix("state-")?.strip_suffix(".redb")?;
        generation.parse().ok().map(Self::State)
    }
}

impl fmt::Display for StoreFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log => f.write_str("log.redb"),
            Self::State(generation) => write!(f, "state-{generation}.redb"),
        }
    }
}

/// The disk of one replica.
pub trait Backends: Send + Sync + 'static {
    /// Opens a file, made empty when it does not exist. Its existence must be durable when this
    /// returns; its bytes when `sync_data` does.
    fn open(&self, file: StoreFile) -> io::Result<Box<dyn StorageBackend>>;

    /// Removes a file. Handles that are still open keep working on what they had. No error when
    /// there is none.
    fn remove(&self, file: StoreFile) -> io::Result<()>;

    /// The files there are.
    fn files(&self) -> io::Result<Vec<StoreFile>>;

    /// What to call a file in messages.
    fn location(&self, file: StoreFile) -> String {
        file.to_string()
    }
}

/// Files in a directory that only their owner can read.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

impl Directory {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    fn path(&self, file: StoreFile) -> PathBuf {
        self.0.join(file.to_string())
    }

    /// A new name is durable once its directory is.
    fn sync_names(&self) -> io::Result<()> {
        #[cfg(unix)]
        File::open(&self.0)?.sync_all()?;
        Ok(())
    }
}

impl Backends for Directory {
    fn open(&self, file: StoreFile) -> io::Result<Box<dyn StorageBackend>> {
        make_private_dir(&self.0)?;
        let path = self.path(file);
        let is_new = !path.exists();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let opened = options.open(&path)?;
        if is_new {
            opened.sync_all()?;
            self.sync_names()?;
        }
        let backend = redb::backends::FileBackend::new(opened).map_err(io::Error::other)?;
        Ok(Box::new(backend))
    }

    fn remove(&self, file: StoreFile) -> io::Result<()> {
        match fs::remove_file(self.path(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn files(&self) -> io::Result<Vec<StoreFile>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            files.extend(entry?.file_name().to_str().and_then(StoreFile::parse));
        }
        files.sort();
        Ok(files)
    }

    fn location(&self, file: StoreFile) -> String {
        self.path(file).display().to_string()
    }
}

fn make_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A disk in memory that outlives the replica: open it again and everything is there.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<BTreeMap<StoreFile, MemoryFile>>>);

impl Backends for Memory {
    fn open(&self, file: StoreFile) -> io::Result<Box<dyn StorageBackend>> {
        Ok(Box::new(lock(&self.0).entry(file).or_default().clone()))
    }

    fn remove(&self, file: StoreFile) -> io::Result<()> {
        lock(&self.0).remove(&file);
        Ok(())
    }

    fn files(&self) -> io::Result<Vec<StoreFile>> {
        Ok(lock(&self.0).keys().copied().collect())
    }
}

#[derive(Clone, Default)]
struct MemoryFile(Arc<RwLock<Vec<u8>>>);

impl MemoryFile {
    fn range(&self, offset: u64, len: usize, total: usize) -> io::Result<std::ops::Range<usize>> {
        usize::try_from(offset)
            .ok()
            .and_then(|start| start.checked_add(len).map(|end| start..end))
            .filter(|range| range.end <= total)
            .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "beyond the end of the file"))
    }
}

impl fmt::Debug for MemoryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryFile")
    }
}

impl StorageBackend for MemoryFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.read().map_err(poisoned)?.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let bytes = self.0.read().map_err(poisoned)?;
        out.copy_from_slice(&bytes[self.range(offset, out.len(), bytes.len())?]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        self.0.write().map_err(poisoned)?.resize(len, 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut bytes = self.0.write().map_err(poisoned)?;
        let range = self.range(offset, data.len(), bytes.len())?;
        bytes[range].copy_from_slice(data);
        Ok(())
    }
}

fn poisoned<T>(_: T) -> io::Error {
    io::Error::other("a writer of this memory panicked")
}

/// Opens a database; what redb says, or its panic, becomes an error with the file's name. A file that
/// `may_be_unfinished` holds nothing that is not elsewhere too.
pub(crate) fn open_database(
    backends: &dyn Backends,
    file: StoreFile,
    cache_bytes: usize,
    may_be_unfinished: bool,
) -> Result<Database, OpenError> {
    let path = backends.location(file);
    let backend = backends
        .open(file)
        .map_err(|error| OpenError::Io { path: path.clone(), reason: error.to_string() })?;
    if may_be_unfinished {
        forget_unfinished(&*backend)
            .map_err(|error| OpenError::Io { path: path.clone(), reason: error.to_string() })?;
    }
    let opened = catch_unwind(AssertUnwindSafe(|| {
        Database::builder().set_cache_size(cache_bytes).create_with_backend(Boxed(backend))
    }));
    match opened {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(error)) => Err(opening_failed(path, error)),
        Err(panic) => Err(OpenError::Corrupt { path, reason: panic_text(&*panic) }),
    }
}

/// Empties a file whose making was cut short by a power cut. redb writes its magic number last,
/// when all else is on disk, so a file that begins with zeros has never held anything.
fn forget_unfinished(backend: &dyn StorageBackend) -> io::Result<()> {
    let len = backend.len()?;
    if len == 0 {
        return Ok(());
    }
    let mut magic = [0; MAGIC_BYTES];
    let present = magic.len().min(usize::try_from(len).unwrap_or(usize::MAX));
    backend.read(0, &mut magic[..present])?;
    if magic.iter().all(|byte| *byte == 0) {
        backend.set_len(0)?;
    }
    Ok(())
}

/// Bytes of the magic number at the start of a redb file.
const MAGIC_BYTES: usize = 9;

fn opening_failed(path: String, error: DatabaseError) -> OpenError {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            OpenError::Locked { path }
        }
        DatabaseError::UpgradeRequired(_) | DatabaseError::RepairAborted => {
            OpenError::Corrupt { path, reason: error.to_string() }
        }
        DatabaseError::Storage(redb::StorageError::Io(io)) if is_damage(io.kind()) => {
            OpenError::Corrupt { path, reason: io.to_string() }
        }
        DatabaseError::Storage(storage) => OpenError::in_file(&path, StoreError::from(storage)),
        other => OpenError::Io { path, reason: other.to_string() },
    }
}

/// redb takes a sized backend; this is a boxed one.
#[derive(Debug)]
struct Boxed(Box<dyn StorageBackend>);

impl StorageBackend for Boxed {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.query_lock_range(start, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_read_as_written() {
        for file in [StoreFile::Log, StoreFile::State(1), StoreFile::State(u64::MAX)] {
            assert_eq!(StoreFile::parse(&file.to_string()), Some(file));
        }
        for name in ["", "log", "state-.redb", "state-x.redb", "state-1.redb.tmp", "lost+found"] {
            assert_eq!(StoreFile::parse(name), None, "{name}");
        }
    }
}
