//! Stores that must not be opened, and what is said about them.

use crate::support::{CLUSTER, NoNetwork, bootstrap_command, member, workspace_command};
use hanse_model::{Read as _, Table};
use hanse_raft_store::{OpenError, Options, Replica, StateHash, Storage};
use redb::ReadableTable as _;
use std::fs::{self, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn options(path: &Path) -> Options {
    Options::new(1, CLUSTER, Storage::Directory(path.to_owned()))
}

async fn try_open(options: Options) -> Result<Replica, OpenError> {
    Replica::open(options, Arc::new(NoNetwork)).await
}

/// A data directory with some entries in it, closed; answers the hash of its state.
async fn used_directory(path: &Path) -> StateHash {
    let replica = try_open(options(path)).await.unwrap();
    replica.bootstrap(vec![member(1)]).await.unwrap();
    replica.propose(&bootstrap_command()).await.unwrap();
    for number in 0..20 {
        replica.propose(&workspace_command(number)).await.unwrap();
    }
    let hash = replica.view().unwrap().state_hash();
    replica.shutdown().await;
    hash
}

#[tokio::test]
async fn a_store_of_another_cluster_or_node_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    used_directory(directory.path()).await;

    let other = Options { cluster_id: "another".into(), ..options(directory.path()) };
    let error = try_open(other).await.err().unwrap();
    assert!(
        matches!(&error, OpenError::OtherCluster { found, expected, .. } if found == CLUSTER && expected == "another"),
        "{error}"
    );
    assert!(error.to_string().contains("data_dir"), "{error}");

    let error = try_open(Options { node_id: 2, ..options(directory.path()) }).await.err().unwrap();
    assert!(matches!(error, OpenError::OtherNode { found: 1, expected: 2, .. }), "{error}");

    // Nothing was changed by either.
    try_open(options(directory.path())).await.unwrap().shutdown().await;
}

#[tokio::test]
async fn a_store_in_use_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let first = try_open(options(directory.path())).await.unwrap();
    let error = try_open(options(directory.path())).await.err().unwrap();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    first.shutdown().await;
    try_open(options(directory.path())).await.unwrap().shutdown().await;
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, b"not a directory").unwrap();
    let error = try_open(options(&file.join("data"))).await.err().unwrap();
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
}

type Damage = (&'static str, fn(&Path));

const DAMAGES: [Damage; 5] = [
    ("garbage instead of the file", |path| fs::write(path, vec![0xa5; 100_000]).unwrap()),
    ("text instead of the file", |path| fs::write(path, b"this is not a database\n").unwrap()),
    ("half of the file", |path| {
        let len = fs::metadata(path).unwrap().len();
        OpenOptions::new().write(true).open(path).unwrap().set_len(len / 2).unwrap();
    }),
    ("a few bytes of the file", |path| {
        OpenOptions::new().write(true).open(path).unwrap().set_len(100).unwrap();
    }),
    ("garbage over its head", |path| {
        let mut file = OpenOptions::new().write(true).open(path).unwrap();
        file.seek(SeekFrom::Start(8)).unwrap();
        file.write_all(&[0x5a; 512]).unwrap();
    }),
];

#[tokio::test]
async fn a_damaged_file_is_an_error_that_names_it() {
    let pristine = tempfile::tempdir().unwrap();
    used_directory(pristine.path()).await;
    for file in ["log.redb", "state-1.redb"] {
        for (what, damage) in DAMAGES {
            let directory = tempfile::tempdir().unwrap();
            copy_files(pristine.path(), directory.path());
            damage(&directory.path().join(file));
            let error = try_open(options(directory.path())).await.err();
            let Some(OpenError::Corrupt { path, .. }) = &error else { panic!("{what} in {file}: {error:?}") };
            assert!(path.ends_with(file), "{what} in {file}: {path}");
            assert!(error.unwrap().to_string().contains("move the data directory away"));
        }
    }
}

#[tokio::test]
async fn a_lost_log_is_noticed() {
    for lose in [|path: PathBuf| fs::remove_file(path).unwrap(), |path| fs::write(path, b"").unwrap()] {
        let directory = tempfile::tempdir().unwrap();
        used_directory(directory.path()).await;
        lose(directory.path().join("log.redb"));
        let error = try_open(options(directory.path())).await.err().unwrap();
        assert!(matches!(&error, OpenError::Corrupt { path, .. } if path.ends_with("log.redb")), "{error}");
    }
}

/// Loses the file of the state; leaves a power cut's zeros in its place.
const LOSSES: [fn(PathBuf); 2] = [|path| fs::remove_file(path).unwrap(), clear_head];

/// What a power cut leaves of a file that was being made: redb writes its magic number last.
fn clear_head(path: PathBuf) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all(&[0; 64]).unwrap();
}

#[tokio::test]
async fn a_lost_state_is_made_again_from_a_whole_log() {
    for lose in LOSSES {
        let directory = tempfile::tempdir().unwrap();
        let hash = used_directory(directory.path()).await;
        lose(directory.path().join("state-1.redb"));
        let replica = try_open(options(directory.path())).await.unwrap();
        assert_eq!(replica.view().unwrap().state_hash(), hash);
        replica.shutdown().await;
    }
}

#[tokio::test]
async fn a_state_that_the_log_cannot_make_up_for_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    used_directory(directory.path()).await;
    let early = tempfile::tempdir().unwrap();
    copy_files(directory.path(), early.path());
    purge_log(directory.path()).await;

    for lose in LOSSES {
        let damaged = tempfile::tempdir().unwrap();
        copy_files(directory.path(), damaged.path());
        lose(damaged.path().join("state-1.redb"));
        refuse_state(damaged.path(), "").await;
    }
    // A backup of this file alone, put back beside the newer log.
    fs::copy(early.path().join("state-1.redb"), directory.path().join("state-1.redb")).unwrap();
    refuse_state(directory.path(), "although the log begins at revision").await;
}

#[tokio::test]
async fn a_log_that_begins_with_zeros_is_never_taken_for_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    used_directory(directory.path()).await;
    clear_head(directory.path().join("log.redb"));
    let error = try_open(options(directory.path())).await.err().unwrap();
    assert!(matches!(&error, OpenError::Corrupt { path, .. } if path.ends_with("log.redb")), "{error}");
}

/// Writes until the beginning of the log is gone.
async fn purge_log(path: &Path) {
    let kept = Options { snapshot_every: 5, log_entries_kept: 0, ..options(path) };
    let replica = try_open(kept).await.unwrap();
    for number in 100..120 {
        replica.propose(&workspace_command(number)).await.unwrap();
    }
    crate::support::eventually("a snapshot", || (replica.metrics().snapshot > 30).then_some(())).await;
    replica.shutdown().await;
}

async fn refuse_state(path: &Path, part: &str) {
    let error = try_open(options(path)).await.err().unwrap();
    assert!(matches!(&error, OpenError::Corrupt { path, .. } if path.ends_with("state-1.redb")), "{error}");
    assert!(error.to_string().contains(part), "{error}");
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test]
async fn a_store_without_a_history_opens_with_an_empty_one() {
    let directory = tempfile::tempdir().unwrap();
    used_directory(directory.path()).await;
    let state = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
    let state = state.filter(|path| path.file_name().unwrap().to_string_lossy().contains("state"));
    for path in state {
        let database = redb::Database::open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        let history: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("history");
        assert!(transaction.delete_table(history).unwrap(), "there was one");
        transaction.commit().unwrap();
    }

    let replica = try_open(options(directory.path())).await.unwrap();
    let rows = |replica: &Replica| replica.view().unwrap().range(Table::History, b"", b"", 10).unwrap().len();
    assert_eq!(rows(&replica), 0);
    replica.propose(&workspace_command(100)).await.unwrap();
    assert!(rows(&replica) > 0, "what happens from now on is kept");
    replica.shutdown().await;
}

/// Makes the state say that it has another layout.
fn set_layout(path: &Path, layout: u8) {
    let database = redb::Database::open(path).unwrap();
    let transaction = database.begin_write().unwrap();
    {
        let meta: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("meta");
        let mut meta = transaction.open_table(meta).unwrap();
        let mut state = meta.get(&b"state"[..]).unwrap().unwrap().value().to_vec();
        // Field 2 of the message stands behind field 1, which is as short.
        assert_eq!((state[0], state[2]), (1 << 3, 2 << 3));
        state[3] = layout;
        meta.insert(&b"state"[..], &state[..]).unwrap();
    }
    transaction.commit().unwrap();
}

#[tokio::test]
async fn a_store_of_another_release_is_refused_with_what_to_do_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let hash = used_directory(directory.path()).await;
    let state = directory.path().join("state-1.redb");
    let own = fs::read(&state).unwrap();
    for (layout, parts) in [
        (2, ["state-1.redb is of an earlier release (layout 2, this one has 3)", "`hanse export`"]),
        (4, ["state-1.redb is of a later release (layout 4, this one has 3)", "start that release"]),
    ] {
        set_layout(&state, layout);
        let error = try_open(options(directory.path())).await.err().unwrap();
        assert!(matches!(error, OpenError::OtherRelease { .. }), "{error}");
        for part in parts {
            assert!(error.to_string().contains(part), "{error}");
        }
    }
    fs::write(&state, own).unwrap();
    let replica = try_open(options(directory.path())).await.unwrap();
    assert_eq!(replica.view().unwrap().state_hash(), hash);
    replica.shutdown().await;
}
