//! A disk that forgets as real ones do: named files whose unsynced writes may be lost, kept in
//! part or torn when the power goes.
//!
//! One idea: every file has *live* bytes (what reads see), *durable* bytes (what survives) and
//! the mutations between them. A power cut keeps an arbitrary part of those mutations. A new name
//! is durable at once, as [`Backends`] asks for; a removed one may be back after a power cut,
//! until the next new name.
//!
//! Must not know what the files hold. A [`Disk`] outlives the node that uses it; the handles of
//! a node that lost its power fail for ever, or else a dying node would repair its own crash.

use hanse_raft_store::{Backends, StoreFile};
use redb::StorageBackend;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    sync::{Arc, Mutex, MutexGuard},
};

/// Drives persist a sector wholly or not at all; a write may be torn between two of them.
pub const SECTOR_BYTES: usize = 512;

/// The disk of one node. Clones are the same disk.
#[derive(Clone)]
pub struct Disk {
    shared: Arc<Mutex<Shared>>,
}

/// One open file: fails from the moment the power goes, also after it is back.
pub struct DiskFile {
    shared: Arc<Mutex<Shared>>,
    file: FileId,
    epoch: u64,
}

/// What a disk did, for traces and for placing the next power cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DiskCounters {
    /// Writes, changes of length and syncs that were asked for.
    pub mutations: u64,
    /// Syncs among them.
    pub syncs: u64,
    /// Mutations that power cuts lost, wholly or in part.
    pub lost: u64,
    /// Power cuts so far.
    pub cuts: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct FileId(u64);

struct Shared {
    names: BTreeMap<StoreFile, FileId>,
    files: BTreeMap<FileId, Content>,
    /// Names whose removal may not be durable yet.
    removed: BTreeMap<StoreFile, FileId>,
    next_file: u64,
    /// Counts up with every power cut; a handle of an earlier epoch is dead.
    epoch: u64,
    powered: bool,
    /// Mutations until the power goes; `None`: it stays.
    fuse: Option<u64>,
    /// `sync_data` says yes and does nothing.
    lying: bool,
    counters: DiskCounters,
}

#[derive(Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<Mutation>,
}

enum Mutation {
    Write { offset: usize, bytes: Vec<u8> },
    SetLen(usize),
}

/// What of the unsynced mutations a power cut leaves. Real crashes look like any of these.
#[derive(Clone, Copy)]
enum Survival {
    Nothing,
    Everything,
    /// The first ones, the last of them torn: a drive that writes in order.
    Prefix,
    /// Any of them, some torn: a drive with a cache.
    Subset,
}

// === impl Disk ===

impl Default for Disk {
    fn default() -> Disk {
        Disk::new()
    }
}

impl Disk {
    /// An empty disk with power.
    pub fn new() -> Disk {
        Disk {
            shared: Arc::new(Mutex::new(Shared {
                names: BTreeMap::new(),
                files: BTreeMap::new(),
                removed: BTreeMap::new(),
                next_file: 0,
                epoch: 0,
                powered: true,
                fuse: None,
                lying: false,
                counters: DiskCounters::default(),
            })),
        }
    }

    /// Makes `sync_data` a lie: it answers yes and persists nothing. What this breaks, a
    /// simulation must notice.
    pub fn set_lying(&self, lying: bool) {
        lock(&self.shared).lying = lying;
    }

    /// Opens a file, an empty one where there is none.
    ///
    /// # Errors
    /// Without power.
    pub fn open_file(&self, name: StoreFile) -> io::Result<DiskFile> {
        let mut shared = lock(&self.shared);
        shared.check_power()?;
        let file = match shared.names.get(&name) {
            Some(file) => *file,
            None => shared.create(name),
        };
        Ok(DiskFile { shared: Arc::clone(&self.shared), file, epoch: shared.epoch })
    }

    /// Lets the power go at the mutation after `mutations` more. That one may persist in part.
    pub fn cut_power_after(&self, mutations: u64) {
        lock(&self.shared).fuse = Some(mutations);
    }

    /// Takes the fuse out again, if it has not burnt.
    pub fn keep_power(&self) {
        lock(&self.shared).fuse = None;
    }

    /// Takes the power away now: every handle fails from here on. Do this before the node
    /// that uses the disk is dropped, because dropping a database writes to it.
    pub fn cut_power(&self) {
        lock(&self.shared).power_off();
    }

    /// Whether the disk has power; a fuse may have taken it.
    pub fn has_power(&self) -> bool {
        lock(&self.shared).powered
    }

    /// Decides what of the unsynced mutations survived, and gives the power back.
    ///
    /// Says the same for the same generator state and the same history of the disk.
    pub fn restore_power(&self, rng: &mut fastrand::Rng) {
        let mut shared = lock(&self.shared);
        if shared.powered {
            shared.power_off();
        }
        let mut lost = 0;
        for content in shared.files.values_mut() {
            lost += content.crash(rng);
        }
        for (name, file) in std::mem::take(&mut shared.removed) {
            if rng.bool() {
                shared.names.entry(name).or_insert(file);
            }
        }
        let kept: BTreeSet<FileId> = shared.names.values().copied().collect();
        shared.files.retain(|file, _| kept.contains(file));
        shared.counters.lost += lost;
        shared.fuse = None;
        shared.powered = true;
    }

    /// What the disk did so far.
    pub fn counters(&self) -> DiskCounters {
        lock(&self.shared).counters
    }
}

impl Backends for Disk {
    fn open(&self, file: StoreFile) -> io::Result<Box<dyn StorageBackend>> {
        Ok(Box::new(self.open_file(file)?))
    }

    /// Open handles keep working; the bytes go with the next power cut.
    fn remove(&self, file: StoreFile) -> io::Result<()> {
        let mut shared = lock(&self.shared);
        shared.mutate()?;
        if let Some(id) = shared.names.remove(&file) {
            shared.removed.insert(file, id);
        }
        Ok(())
    }

    fn files(&self) -> io::Result<Vec<StoreFile>> {
        let shared = lock(&self.shared);
        shared.check_power()?;
        Ok(shared.names.keys().copied().collect())
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}

// === impl Shared ===

impl Shared {
    fn check_power(&self) -> io::Result<()> {
        if self.powered { Ok(()) } else { Err(no_power()) }
    }

    /// A new name, durable at once: its directory is synced, and with it earlier removals.
    fn create(&mut self, name: StoreFile) -> FileId {
        let file = FileId(self.next_file);
        self.next_file += 1;
        self.names.insert(name, file);
        self.files.insert(file, Content::default());
        self.removed.clear();
        file
    }

    fn power_off(&mut self) {
        self.powered = false;
        self.fuse = None;
        self.epoch += 1;
        self.counters.cuts += 1;
    }

    /// Counts a mutation. The one that burns the fuse happens in part, and fails.
    fn mutate(&mut self) -> io::Result<()> {
        self.check_power()?;
        self.counters.mutations += 1;
        match &mut self.fuse {
            None => Ok(()),
            Some(0) => {
                self.power_off();
                Err(no_power())
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().expect("no code panics while it holds the disk")
}

fn no_power() -> io::Error {
    io::Error::other("the disk has no power")
}

// === impl Content ===

impl Content {
    fn sync(&mut self) {
        for mutation in self.unsynced.drain(..) {
            mutation.replay(&mut self.durable);
        }
    }

    /// Answers how many mutations were lost, wholly or in part.
    fn crash(&mut self, rng: &mut fastrand::Rng) -> u64 {
        let unsynced = std::mem::take(&mut self.unsynced);
        let survival = match rng.u8(0..8) {
            0 => Survival::Nothing,
            1 => Survival::Everything,
            2..=3 => Survival::Prefix,
            _ => Survival::Subset,
        };
        let prefix = rng.usize(0..=unsynced.len());
        let mut lost = 0;
        for (index, mutation) in unsynced.into_iter().enumerate() {
            let (keep, tear) = match survival {
                Survival::Nothing => (false, false),
                Survival::Everything => (true, false),
                Survival::Prefix => (index <= prefix, index == prefix),
                Survival::Subset => (rng.bool(), rng.u8(0..4) == 0),
            };
            if !keep {
                lost += 1;
                continue;
            }
            if tear {
                lost += 1;
                mutation.replay_torn(&mut self.durable, rng);
            } else {
                mutation.replay(&mut self.durable);
            }
        }
        self.live.clone_from(&self.durable);
        lost
    }
}

impl Mutation {
    fn replay(&self, bytes: &mut Vec<u8>) {
        match self {
            Mutation::SetLen(len) => bytes.resize(*len, 0),
            Mutation::Write { offset, bytes: written } => put(bytes, *offset, written),
        }
    }

    /// Keeps some of the sectors that the write touches.
    fn replay_torn(&self, bytes: &mut Vec<u8>, rng: &mut fastrand::Rng) {
        let Mutation::Write { offset, bytes: written } = self else {
            return self.replay(bytes);
        };
        let mut done = 0;
        while done < written.len() {
            let position = offset + done;
            let sector_left = SECTOR_BYTES - position % SECTOR_BYTES;
            let end = (done + sector_left).min(written.len());
            if rng.bool() {
                put(bytes, position, &written[done..end]);
            }
            done = end;
        }
    }
}

/// Writes beyond the end lengthen the file: the change of length that came first may be lost.
fn put(bytes: &mut Vec<u8>, offset: usize, written: &[u8]) {
    let end = offset + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(written);
}

// === impl DiskFile ===

impl DiskFile {
    fn with<R>(&self, run: impl FnOnce(&Content) -> io::Result<R>) -> io::Result<R> {
        let shared = lock(&self.shared);
        shared.check_power()?;
        if shared.epoch != self.epoch {
            return Err(no_power());
        }
        run(shared.files.get(&self.file).ok_or(io::ErrorKind::NotFound)?)
    }

    fn change(&self, mutation: Option<Mutation>) -> io::Result<()> {
        let mut shared = lock(&self.shared);
        if shared.epoch != self.epoch {
            return Err(no_power());
        }
        let lying = shared.lying;
        let outcome = shared.mutate();
        if mutation.is_none() {
            shared.counters.syncs += 1;
        }
        let content = shared.files.get_mut(&self.file).ok_or(io::ErrorKind::NotFound)?;
        match mutation {
            Some(mutation) => {
                // Also when the power went just now: it was on its way.
                mutation.replay(&mut content.live);
                content.unsynced.push(mutation);
            }
            None if outcome.is_ok() && !lying => content.sync(),
            None => {}
        }
        outcome
    }
}

impl StorageBackend for DiskFile {
    fn len(&self) -> io::Result<u64> {
        self.with(|content| Ok(content.live.len() as u64))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.with(|content| {
            let start = position(offset)?;
            let end = start.checked_add(out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
            let bytes = content.live.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?;
            out.copy_from_slice(bytes);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Some(Mutation::SetLen(position(len)?)))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.change(None)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = position(offset)?;
        self.change(Some(Mutation::Write { offset, bytes: data.to_vec() }))
    }
}

impl fmt::Debug for DiskFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DiskFile({})", self.file.0)
    }
}

fn position(offset: u64) -> io::Result<usize> {
    usize::try_from(offset).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &DiskFile) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(file.len().expect("len")).expect("small")];
        file.read(0, &mut bytes).expect("read");
        bytes
    }

    #[test]
    fn synced_bytes_survive_every_power_cut() {
        for seed in 0..100 {
            let mut rng = fastrand::Rng::with_seed(seed);
            let disk = Disk::new();
            let file = disk.open_file(StoreFile::Log).expect("open");
            file.write(0, &[1; 2048]).expect("write");
            file.sync_data().expect("sync");
            file.write(2048, &[2; 2048]).expect("write");
            disk.restore_power(&mut rng);
            let bytes = read(&disk.open_file(StoreFile::Log).expect("open"));
            assert_eq!(&bytes[..2048], &[1; 2048], "seed {seed}");
        }
    }

    #[test]
    fn unsynced_writes_are_lost_kept_or_torn_at_sectors() {
        let (mut lost, mut kept, mut torn) = (0, 0, 0);
        for seed in 0..200 {
            let disk = Disk::new();
            let file = disk.open_file(StoreFile::Log).expect("open");
            file.set_len(2048).expect("set_len");
            file.sync_data().expect("sync");
            file.write(100, &[7; 1500]).expect("write");
            disk.restore_power(&mut fastrand::Rng::with_seed(seed));
            let bytes = read(&disk.open_file(StoreFile::Log).expect("open"));
            match bytes.iter().filter(|byte| **byte == 7).count() {
                0 => lost += 1,
                1500 => kept += 1,
                _ => torn += 1,
            }
            for (index, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                let start = index * SECTOR_BYTES;
                let written = (start.max(100)..(start + SECTOR_BYTES).min(1600)).len();
                let found = sector.iter().filter(|byte| **byte == 7).count();
                assert!(found == 0 || found == written, "seed {seed}: half a sector");
            }
        }
        assert!(lost > 0 && kept > 0 && torn > 0, "{lost} lost, {kept} kept, {torn} torn");
    }

    #[test]
    fn a_handle_from_before_the_cut_is_dead_also_afterwards() {
        let disk = Disk::new();
        let old = disk.open_file(StoreFile::Log).expect("open");
        disk.cut_power();
        assert!(old.write(0, b"x").is_err());
        assert!(disk.open_file(StoreFile::Log).is_err());
        disk.restore_power(&mut fastrand::Rng::with_seed(1));
        assert!(old.write(0, b"x").is_err());
        assert!(old.len().is_err());
        assert_eq!(disk.open_file(StoreFile::Log).expect("open").len().expect("len"), 0);
    }

    #[test]
    fn the_fuse_burns_at_the_mutation_after_the_last_allowed_one() {
        let disk = Disk::new();
        let file = disk.open_file(StoreFile::Log).expect("open");
        disk.cut_power_after(2);
        file.write(0, b"one").expect("first");
        file.sync_data().expect("second");
        assert!(disk.has_power());
        assert!(file.write(3, b"two").is_err());
        assert!(!disk.has_power());
        assert_eq!(disk.counters().cuts, 1);
        disk.restore_power(&mut fastrand::Rng::with_seed(1));
        let bytes = read(&disk.open_file(StoreFile::Log).expect("open"));
        assert!(bytes.starts_with(b"one"));
    }

    #[test]
    fn a_lying_disk_loses_what_was_synced() {
        let lost = (0..50).any(|seed| {
            let disk = Disk::new();
            disk.set_lying(true);
            let file = disk.open_file(StoreFile::Log).expect("open");
            file.write(0, b"synced").expect("write");
            file.sync_data().expect("sync");
            disk.restore_power(&mut fastrand::Rng::with_seed(seed));
            read(&disk.open_file(StoreFile::Log).expect("open")).is_empty()
        });
        assert!(lost);
    }

    #[test]
    fn a_removed_file_may_be_back_after_a_power_cut_but_not_once_a_new_name_is_durable() {
        let mut back = 0;
        for seed in 0..40 {
            let disk = Disk::new();
            let old = disk.open_file(StoreFile::State(1)).expect("open");
            old.write(0, b"old").expect("write");
            old.sync_data().expect("sync");
            disk.remove(StoreFile::State(1)).expect("remove");
            disk.remove(StoreFile::State(1)).expect("nothing to remove is no error");
            assert_eq!(disk.files().expect("files"), []);
            assert_eq!(read(&old), b"old", "an open handle keeps working");
            if seed % 2 == 0 {
                disk.open_file(StoreFile::State(2)).expect("open");
            }
            disk.restore_power(&mut fastrand::Rng::with_seed(seed));
            let is_back = disk.files().expect("files").contains(&StoreFile::State(1));
            assert!(!is_back || seed % 2 == 1, "seed {seed}");
            back += u32::from(is_back);
        }
        assert!(back > 0);
    }

    #[test]
    fn the_same_seed_leaves_the_same_bytes() {
        let run = || {
            let disk = Disk::new();
            let file = disk.open_file(StoreFile::Log).expect("open");
            for index in 0..64_u8 {
                file.write(u64::from(index) * 700, &[index; 700]).expect("write");
            }
            disk.restore_power(&mut fastrand::Rng::with_seed(9));
            read(&disk.open_file(StoreFile::Log).expect("open"))
        };
        assert_eq!(run(), run());
    }
}
