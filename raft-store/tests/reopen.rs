//! Every step of a replica's life, each followed by a power cut and a reopening.

use crate::support::{Cluster, workspace_command};

#[tokio::test(start_paused = true)]
async fn every_node_can_lose_power_after_every_step() {
    let mut cluster = Cluster::start(3, |options| {
        options.snapshot_every = 8;
        options.log_entries_kept = 2;
    })
    .await;
    let mut random = fastrand::Rng::with_seed(7);
    for step in 0..40_u64 {
        match step % 4 {
            0 | 1 => drop(cluster.write_workspaces(1 + step % 3).await),
            2 => cluster.leader().await.trigger_snapshot().await.unwrap(),
            _ => {
                let leader = cluster.leader().await;
                leader.transfer_leader(1 + step % 3).await.unwrap();
            }
        }
        let unlucky = random.u64(1..=3);
        cluster.kill(unlucky);
        cluster.run(unlucky).await;
    }
    cluster.converge().await;
}

#[tokio::test(start_paused = true)]
async fn a_whole_cluster_can_lose_power_at_once() {
    let mut cluster = Cluster::start(3, |_| {}).await;
    for round in 0..5 {
        cluster.write_workspaces(7).await;
        for id in 1..=3 {
            cluster.kill(id);
        }
        for id in 1..=3 {
            cluster.run(id).await;
        }
        for number in 1..=(round + 1) * 7 {
            let again = cluster.write(workspace_command(number)).await;
            let Some(hanse_proto::v1::outcome::Result::Applied(applied)) = again.result else {
                panic!("{again:?}")
            };
            assert!(applied.repeated_request, "round {round}: workspace {number} was lost");
        }
    }
    cluster.converge().await;
}
