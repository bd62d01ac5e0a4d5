//! Watches all changes, on another node whenever the watch breaks.

use super::Client;
use crate::{admin::Called, invariants::Told, world::Stage};
use hanse_proto::v1;
use std::time::Duration;
use tonic::Streaming;

/// A watch that has been silent for so long is made anew: its connection may be dead.
const SILENCE_MAX: Duration = Duration::from_secs(2);

/// Works until the stage is over.
pub async fn watch(mut client: Client) {
    client.world.begin();
    let mut reached = 0;
    while client.world.stage() < Stage::Closing {
        let node = client.node();
        if let Called::Done(stream) = client.admin.watch(node, reached).await {
            let watcher = client.world.new_watcher();
            client.world.tell(Told::WatchStarted { watcher, after: reached });
            reached = follow(&client, watcher, stream, reached).await;
            client.admin.forget(node);
        }
        client.pause(20, 200).await;
    }
    client.world.end();
}

/// Follows one watch to its end, and says how far it certainly got.
async fn follow(
    client: &Client,
    watcher: u64,
    mut stream: Streaming<v1::WatchEvent>,
    mut reached: u64,
) -> u64 {
    while client.world.stage() < Stage::Closing {
        let Ok(Ok(Some(event))) = tokio::time::timeout(SILENCE_MAX, stream.message()).await else {
            return reached;
        };
        match event.change {
            Some(change) => {
                let (revision, index) = (change.revision, change.index);
                client.world.tell(Told::Watched { watcher, revision, index });
            }
            None => {
                reached = reached.max(event.progress_revision);
                client.world.tell(Told::Progress { watcher, revision: event.progress_revision });
            }
        }
    }
    reached
}
