//! Snapshots: a node that was away for long, one that takes a snapshot while it is read, streams
//! that break.

use crate::support::{Cluster, eventually, member, pass};
use hanse_model::{Read as _, Table};
use hanse_raft_store::{Backends as _, Options, StoreFile};
use std::sync::atomic::Ordering;
use std::time::Duration;

fn small_logs(options: &mut Options) {
    options.snapshot_every = 20;
    options.log_entries_kept = 5;
}

/// A cluster whose node 3 (or 2, where 3 leads) is away while the others write past their logs.
async fn left_behind() -> (Cluster, u64) {
    let mut cluster = Cluster::start(3, small_logs).await;
    cluster.write_workspaces(5).await;
    cluster.converge().await;
    let leader = cluster.leader().await.metrics().id;
    let away = if leader == 3 { 2 } else { 3 };
    cluster.kill(away);
    cluster.write_workspaces(100).await;
    eventually("a snapshot", || (cluster.node(leader).metrics().snapshot > 80).then_some(())).await;
    (cluster, away)
}

#[tokio::test(start_paused = true)]
async fn a_node_that_was_away_for_long_gets_a_snapshot() {
    let (mut cluster, away) = left_behind().await;
    cluster.run(away).await;
    cluster.converge().await;
    assert!(cluster.hub.snapshots_sent.load(Ordering::Relaxed) > 0, "it caught up without a snapshot");

    // The new file counts and the old one is gone, also after a power cut.
    let files = cluster.disks[&away].files().unwrap();
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(!files.contains(&StoreFile::State(1)), "{files:?}");
    cluster.write_workspaces(3).await;
    let (revision, hash) = cluster.converge().await;
    pass(Duration::from_millis(300)).await;
    cluster.kill(away);
    let back = cluster.run(away).await;
    let view = back.view().unwrap();
    assert_eq!((view.revision(), view.state_hash().to_string()), (revision, hash));
    assert_eq!(back.metrics().members.len(), 3);
    cluster.write_workspaces(30).await;
    cluster.converge().await;
}

#[tokio::test(start_paused = true)]
async fn a_view_outlives_the_file_it_was_made_on() {
    let (mut cluster, away) = left_behind().await;
    let back = cluster.run(away).await;
    let before = back.view().unwrap();
    let rows = before.range(Table::Resources, b"", b"", 1_000).unwrap();
    cluster.converge().await;
    assert!(back.view().unwrap().revision() > before.revision());
    assert_eq!(before.range(Table::Resources, b"", b"", 1_000).unwrap(), rows);
}

#[tokio::test(start_paused = true)]
async fn a_broken_stream_leaves_nothing_behind_and_is_repeated() {
    let (mut cluster, away) = left_behind().await;
    cluster.hub.snapshots_to_break.store(3, Ordering::Relaxed);
    let back = cluster.run(away).await;
    eventually("three broken streams", || {
        (cluster.hub.snapshots_to_break.load(Ordering::Relaxed) == 0).then_some(())
    })
    .await;
    assert!(back.view().unwrap().revision() < 20, "rows of a broken stream are visible");
    cluster.converge().await;
    assert_eq!(cluster.disks[&away].files().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_node_starts_from_a_snapshot() {
    let mut cluster = Cluster::start(1, small_logs).await;
    cluster.write_workspaces(100).await;
    cluster.run(2).await;
    let leader = cluster.leader().await;
    leader.trigger_snapshot().await.unwrap();
    leader.add_learner(member(2)).await.unwrap();
    cluster.converge().await;
    assert_eq!(cluster.node(2).metrics().members.len(), 2);
    assert!(cluster.hub.snapshots_sent.load(Ordering::Relaxed) > 0);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_was_purged_starts_again() {
    let mut cluster = Cluster::start(1, small_logs).await;
    for _ in 0..5 {
        cluster.write_workspaces(30).await;
        let (_, hash) = cluster.converge().await;
        cluster.kill(1);
        cluster.run(1).await;
        assert_eq!(cluster.node(1).view().unwrap().state_hash().to_string(), hash);
    }
}

#[tokio::test(start_paused = true)]
async fn large_commands_bring_a_snapshot_long_before_there_are_many() {
    let mut cluster = Cluster::start(1, |options| {
        (options.snapshot_every, options.log_entries_kept) = (10_000, 10_000);
        options.snapshot_bytes = 4_000;
    })
    .await;
    let node = cluster.leader().await;
    let snapshot = || node.metrics().snapshot;
    // One such command has some hundred bytes.
    cluster.write_workspaces(5).await;
    pass(Duration::from_secs(1)).await;
    assert_eq!(snapshot(), 0, "a snapshot before it was due");
    cluster.write_workspaces(40).await;
    let first = eventually("a snapshot due by bytes", || Some(snapshot()).filter(|at| *at > 0)).await;
    assert!(first < 60, "it covers {first}");
    cluster.write_workspaces(40).await;
    eventually("the next one", || Some(snapshot()).filter(|at| *at > first)).await;
    // With the second one the log lets go of what the first one covers: a new node gets a snapshot.
    pass(Duration::from_secs(1)).await;
    cluster.run(2).await;
    cluster.leader().await.add_learner(member(2)).await.unwrap();
    cluster.converge().await;
    assert!(cluster.hub.snapshots_sent.load(Ordering::Relaxed) > 0, "the log still reaches to its beginning");
}
