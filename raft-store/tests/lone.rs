//! A cluster of one: the whole path, the bounds of a command, and what a power cut leaves.

use crate::support::{
    Cluster, Disk, NoNetwork, applied_revision, bootstrap_command, member, options, workspace_command,
};
use hanse_model::{Read as _, Table};
use hanse_proto::{COMMAND_BYTES_MAX, v1};
use hanse_raft_store::{BootstrapError, CommitMode, Options, ProposeError, Replica, Role, Storage};
use prost::Message as _;
use std::sync::Arc;
use std::time::Duration;

async fn lone(options: Options) -> Replica {
    let replica = Replica::open(options, Arc::new(NoNetwork)).await.unwrap();
    if !replica.is_initialized() {
        replica.bootstrap(vec![member(1)]).await.unwrap();
        replica.propose(&bootstrap_command()).await.unwrap();
    }
    replica
}

#[tokio::test(start_paused = true)]
async fn a_command_is_proposed_applied_and_read() {
    let disk = Disk::default();
    let replica = Replica::open(options(1, &disk), Arc::new(NoNetwork)).await.unwrap();
    assert!(!replica.is_initialized());
    assert!(matches!(
        replica.propose(&bootstrap_command()).await,
        Err(ProposeError::NotLeader { leader: None })
    ));

    replica.bootstrap(vec![member(1)]).await.unwrap();
    assert!(replica.is_initialized());
    assert!(matches!(replica.bootstrap(vec![member(1)]).await, Err(BootstrapError::AlreadyInitialized)));

    replica.propose(&bootstrap_command()).await.unwrap();
    let outcome = replica.propose(&workspace_command(1)).await.unwrap();
    let revision = applied_revision(&outcome);
    assert_eq!(replica.read_index().await.unwrap(), revision);
    replica.wait_applied(revision, Duration::ZERO).await.unwrap();
    assert_eq!(*replica.applied().borrow(), revision);

    let view = replica.view().unwrap();
    assert_eq!(view.revision(), revision);
    let rows = view.range(Table::Resources, b"", b"", 100).unwrap();
    assert!(rows.iter().any(|(key, _)| key.windows(2).any(|part| part == b"w1")), "the workspace is there");
    let (key, value) = &rows[0];
    assert_eq!(view.get(Table::Resources, key).unwrap().as_ref(), Some(value));
    assert_eq!(view.range(Table::Resources, key, key, 100).unwrap(), []);
    assert_eq!(view.range(Table::Resources, b"", b"", 1).unwrap().len(), 1);

    let status = replica.metrics();
    assert_eq!((status.id, status.role, status.leader), (1, Role::Leader, Some(1)));
    assert_eq!((status.applied, status.last_log), (revision, revision));
    assert_eq!(status.members[&1], (member(1), true));
    assert_eq!(status.stopped, None);
    assert_eq!(replica.status_changes().borrow().role, Role::Leader);

    let late = replica.wait_applied(revision + 1, Duration::from_millis(5)).await.unwrap_err();
    assert_eq!((late.wanted, late.reached), (revision + 1, revision));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_request_has_one_revision() {
    let replica = lone(options(1, &Disk::default())).await;
    let first = applied_revision(&replica.propose(&workspace_command(1)).await.unwrap());
    let second = replica.propose(&workspace_command(1)).await.unwrap();
    assert_eq!(applied_revision(&second), first);
}

#[tokio::test(start_paused = true)]
async fn a_view_stays_what_it_was() {
    let replica = lone(options(1, &Disk::default())).await;
    replica.propose(&workspace_command(1)).await.unwrap();
    let before = replica.view().unwrap();
    let rows = before.range(Table::Resources, b"", b"", 100).unwrap();
    let hash = before.state_hash();
    for number in 2..20 {
        replica.propose(&workspace_command(number)).await.unwrap();
    }
    assert_eq!(before.range(Table::Resources, b"", b"", 100).unwrap(), rows);
    assert_eq!(before.state_hash(), hash);
    assert_ne!(replica.view().unwrap().state_hash(), hash);
}

#[tokio::test(start_paused = true)]
async fn a_command_at_the_limit_is_taken_and_one_past_it_refused() {
    let mut cluster = Cluster::start(3, |_| {}).await;
    let mut command = workspace_command(1_000);
    // A digest that fills the command up to the byte.
    let pad = COMMAND_BYTES_MAX - command.encoded_len();
    command.request_digest = vec![7; pad];
    let over = command.encoded_len() - COMMAND_BYTES_MAX;
    command.request_digest.truncate(pad - over);
    assert_eq!(command.encoded_len(), COMMAND_BYTES_MAX);

    let mut too_large = command.clone();
    too_large.request_digest.push(7);
    assert_eq!(
        cluster.leader().await.propose(&too_large).await,
        Err(ProposeError::TooLarge { bytes: COMMAND_BYTES_MAX + 1, max: COMMAND_BYTES_MAX })
    );
    let outcome = cluster.write(command).await;
    assert!(outcome.result.is_some());
    cluster.write_workspaces(2).await;
    cluster.converge().await;
}

#[tokio::test(start_paused = true)]
async fn more_than_may_wait_is_refused_as_overload() {
    let cluster = Cluster::start(3, |_| {}).await;
    let leader = cluster.leader().await;
    cluster.hub.cut_off(leader.metrics().id);
    let mut command = workspace_command(1);
    command.request_digest = vec![7; 7 * 1024 * 1024];
    let fits = hanse_raft_store::PROPOSED_BYTES_MAX / command.encoded_len();
    let command = Arc::new(command);
    let mut waiting = Vec::new();
    for _ in 0..fits {
        let (leader, command) = (leader.clone(), command.clone());
        waiting.push(tokio::spawn(async move { leader.propose(&command).await }));
    }
    tokio::task::yield_now().await;
    let refused = tokio::time::timeout(Duration::from_millis(1), leader.propose(&command)).await;
    assert!(matches!(refused, Ok(Err(ProposeError::Overloaded { .. }))), "{refused:?}");
    for task in waiting {
        task.abort();
    }
}

/// The mode of production too: it commits in a thread, and borrows threads to apply.
async fn survives_power_cuts(commit: CommitMode) {
    let disk = Disk::default();
    let mut last = (0, String::new());
    for round in 0..8_u64 {
        let replica = lone(Options { commit, ..options(1, &disk) }).await;
        let view = replica.view().unwrap();
        assert!(view.revision() >= last.0, "round {round}: revision {} after {}", view.revision(), last.0);
        for number in 1..=round * 5 {
            let again = replica.propose(&workspace_command(number)).await.unwrap();
            assert!(applied_revision(&again) <= last.0, "round {round}: workspace {number} was lost");
        }
        for number in round * 5 + 1..=round * 5 + 5 {
            replica.propose(&workspace_command(number)).await.unwrap();
        }
        let view = replica.view().unwrap();
        last = (view.revision(), view.state_hash().to_string());
        disk.cut_power();
    }
    let replica = lone(Options { commit, ..options(1, &disk) }).await;
    // The first entry of the new term changes the revision and no row.
    assert_eq!(replica.view().unwrap().state_hash().to_string(), last.1);
}

#[tokio::test(start_paused = true)]
async fn a_lone_node_wakes_up_with_everything_it_acknowledged() {
    survives_power_cuts(CommitMode::Inline).await;
}

#[tokio::test]
async fn a_lone_node_that_commits_in_a_thread_wakes_up_with_everything_too() {
    survives_power_cuts(CommitMode::Threaded).await;
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_applied_stops_raft_and_nothing_else() {
    let disk = Disk::default();
    let replica = lone(options(1, &disk)).await;
    let revision = applied_revision(&replica.propose(&workspace_command(1)).await.unwrap());
    let hash = replica.view().unwrap().state_hash();

    // A command of a later release: nodes that know it would apply it, so skipping it diverges.
    let later = v1::Command { feature_level: 99, ..workspace_command(2) };
    let error = replica.propose(&later).await.unwrap_err();
    let ProposeError::Stopped(reason) = &error else { panic!("{error}") };
    assert!(reason.contains("feature level 99"), "{reason}");

    let stopped = crate::support::eventually("raft says that it stopped", || replica.metrics().stopped).await;
    assert!(stopped.contains("feature level 99"), "{stopped}");
    assert_eq!(replica.metrics().role, Role::Stopped);
    assert!(matches!(replica.read_index().await, Err(ProposeError::Stopped(_))));
    assert_eq!(replica.view().unwrap().revision(), revision);
    assert_eq!(replica.view().unwrap().state_hash(), hash);

    // After a restart the state is served as before, and raft says why it does not run.
    replica.shutdown().await;
    drop(replica);
    let replica = Replica::open(options(1, &disk), Arc::new(NoNetwork)).await.unwrap();
    assert_eq!(replica.view().unwrap().state_hash(), hash);
    let stopped = crate::support::eventually("raft says that it stopped", || replica.metrics().stopped).await;
    assert!(stopped.contains("feature level 99"), "{stopped}");
}

#[tokio::test]
async fn real_files_survive_a_clean_restart() {
    let directory = tempfile::tempdir().unwrap();
    let options =
        || Options::new(1, crate::support::CLUSTER, Storage::Directory(directory.path().join("data")));
    let mut last = String::new();
    for round in 0..3 {
        let replica = lone(options()).await;
        if round > 0 {
            assert_eq!(replica.view().unwrap().state_hash().to_string(), last);
        }
        replica.propose(&workspace_command(round)).await.unwrap();
        last = replica.view().unwrap().state_hash().to_string();
        replica.shutdown().await;
    }
}
