//! Three nodes: who leads, who is asked, and what becomes of a dead or cut-off leader.

use crate::support::{Cluster, eventually, member, pass, workspace_command};
use hanse_raft_store::{CommitMode, MembershipError, ProposeError, Role};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_follower_names_the_leader() {
    let cluster = Cluster::start(3, |_| {}).await;
    let leader = cluster.leader().await.metrics().id;
    for node in cluster.nodes() {
        let id = node.metrics().id;
        if id == leader {
            continue;
        }
        eventually("the follower knows", || (node.metrics().leader == Some(leader)).then_some(())).await;
        let hint = ProposeError::NotLeader { leader: Some(leader) };
        assert_eq!(node.propose(&workspace_command(1)).await, Err(hint.clone()));
        assert_eq!(node.read_index().await, Err(hint));
        assert_eq!(node.metrics().role, Role::Follower);
        assert!(node.metrics().since_leader_contact.unwrap() < Duration::from_millis(200));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_leader_is_replaced_within_a_second_and_nothing_is_lost() {
    let mut cluster = Cluster::start(3, |_| {}).await;
    let mut worst = Duration::ZERO;
    for round in 0..6 {
        cluster.write_workspaces(10).await;
        let dead = cluster.leader().await.metrics();
        cluster.kill(dead.id);
        let died = Instant::now();
        cluster.write_workspaces(1).await;
        worst = worst.max(died.elapsed());
        assert!(cluster.leader().await.metrics().term > dead.term);
        cluster.write_workspaces(10).await;
        cluster.run(dead.id).await;
        let (revision, _) = cluster.converge().await;
        assert!(revision >= (round + 1) * 21);
    }
    // No vote is split often enough to matter, but one may be.
    assert!(worst < Duration::from_millis(2_000), "the longest failover took {worst:?}");
    for number in 1..=6 * 21 {
        let again = cluster.write(workspace_command(number)).await;
        let Some(hanse_proto::v1::outcome::Result::Applied(applied)) = again.result else {
            panic!("{again:?}")
        };
        assert!(applied.repeated_request, "workspace {number} was lost");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_off_leader_acknowledges_nothing_and_reads_nothing() {
    let mut cluster = Cluster::start(3, |_| {}).await;
    cluster.write_workspaces(3).await;
    let old = cluster.leader().await;
    cluster.hub.cut_off(old.metrics().id);
    let lonely = workspace_command(1_000);
    let asking = old.clone();
    let pending = tokio::spawn(async move { asking.propose(&lonely).await });

    cluster.write_workspaces(3).await;
    assert!(!pending.is_finished(), "a leader without a quorum acknowledged");
    let read = old.read_index().await;
    assert!(matches!(read, Err(ProposeError::NoQuorum | ProposeError::NotLeader { .. })), "{read:?}");

    cluster.hub.heal();
    let answer = pending.await.unwrap();
    assert!(
        matches!(answer, Err(ProposeError::Uncertain { .. } | ProposeError::NotLeader { .. })),
        "{answer:?}"
    );
    cluster.converge().await;
}

#[tokio::test(start_paused = true)]
async fn a_cut_off_follower_does_not_disturb_the_leader() {
    let mut cluster = Cluster::start(3, |_| {}).await;
    let leader = cluster.leader().await.metrics();
    let away = (1..=3).find(|id| *id != leader.id).unwrap();
    cluster.hub.cut_off(away);
    pass(Duration::from_secs(20)).await;
    cluster.hub.heal();
    cluster.write_workspaces(3).await;
    cluster.converge().await;
    // Without the round before the vote, its term would have run away meanwhile.
    assert_eq!(cluster.leader().await.metrics().term, leader.term);
}

#[tokio::test(start_paused = true)]
async fn a_survivor_restarted_alone_has_what_was_acknowledged_before() {
    let mut cluster = Cluster::start(3, |_| {}).await;
    let revision = cluster.write_workspaces(5).await;
    let (_, hash) = cluster.converge().await;
    // What the followers learn of the last commit comes with the next heartbeat.
    pass(Duration::from_secs(1)).await;
    for id in 1..=3 {
        cluster.kill(id);
    }
    for id in 1..=3 {
        let alone = cluster.run(id).await;
        let view = alone.view().unwrap();
        assert!(view.revision() >= revision, "node {id} woke up at {}, not {revision}", view.revision());
        assert_eq!(view.state_hash().to_string(), hash);
        cluster.kill(id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_joins_as_a_learner_and_becomes_a_voter() {
    let mut cluster = Cluster::start(3, |_| {}).await;
    cluster.write_workspaces(5).await;
    cluster.run(4).await;
    let leader = cluster.leader().await;
    leader.add_learner(member(4)).await.unwrap();
    assert_eq!(leader.metrics().members[&4], (member(4), false));
    cluster.converge().await;
    assert_eq!(cluster.node(4).metrics().role, Role::Learner);

    leader.change_membership(BTreeSet::from([1, 2, 3, 4]), false).await.unwrap();
    assert!(leader.metrics().members[&4].1);
    let follower = cluster.nodes().into_iter().find(|node| node.metrics().id != leader.metrics().id).unwrap();
    let refused = follower.change_membership(BTreeSet::from([1, 2, 3]), false).await;
    assert!(matches!(refused, Err(MembershipError::NotLeader { .. })), "{refused:?}");
    let refused = leader.change_membership(BTreeSet::from([1, 2, 9]), false).await;
    assert!(matches!(refused, Err(MembershipError::Refused(_))), "{refused:?}");
    cluster.converge().await;
}

#[tokio::test(start_paused = true)]
async fn leadership_is_handed_over_when_asked() {
    let mut cluster = Cluster::start(3, |_| {}).await;
    cluster.write_workspaces(3).await;
    cluster.converge().await;
    let old = cluster.leader().await;
    let next = (1..=3).find(|id| *id != old.metrics().id).unwrap();
    let mut changes = cluster.node(next).status_changes();
    let asked = Instant::now();
    old.transfer_leader(next).await.unwrap();
    changes.wait_for(|standing| standing.role == Role::Leader).await.unwrap();
    assert!(asked.elapsed() < Duration::from_millis(500), "it took {:?}", asked.elapsed());
    cluster.write_workspaces(3).await;
    cluster.converge().await;
}

/// As in production: threads, real time.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_commits_in_threads_survives_its_leader() {
    let mut cluster = Cluster::start(3, |options| options.commit = CommitMode::Threaded).await;
    cluster.write_workspaces(20).await;
    let dead = cluster.leader().await.metrics().id;
    cluster.kill(dead);
    cluster.write_workspaces(20).await;
    cluster.run(dead).await;
    cluster.write_workspaces(5).await;
    cluster.converge().await;
}
