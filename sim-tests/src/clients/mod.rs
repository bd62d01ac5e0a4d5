//! What people, pipelines and API consumers do in a simulation, one role a file.
//!
//! One idea: a client knows the cluster by its ports, picks a node at random and tries another one
//! when an answer stays out, as a real one would. Every role goes on until the stage says so.
//!
//! Must not look into nodes.

mod consumer;
mod deployer;
mod registers;
mod setup;
mod watcher;

pub use consumer::{GATEWAY_PORT, consume};
pub use deployer::deploy;
pub use registers::use_registers;
pub use setup::set_up;
pub use watcher::watch;

use crate::{
    admin::{Admin, Called, Refused},
    world::World,
};
use hanse_proto::v1;
use std::{rc::Rc, time::Duration};

/// Workspaces of a simulation: the first is served by the default gateway, the second by one of
/// its own.
pub const WORKSPACES: [&str; 2] = ["shore", "ship"];

/// How often a call is made before it is given up.
const ATTEMPTS_MAX: usize = 5;

/// One client.
pub struct Client {
    /// What it shares with the others.
    pub world: Rc<World>,
    /// Its number.
    pub number: usize,
    /// What it calls.
    pub admin: Admin,
    /// What it decides by.
    pub rng: fastrand::Rng,
}

impl Client {
    async fn pause(&mut self, from_ms: u64, to_ms: u64) {
        let pause = self.rng.u64(from_ms..=to_ms);
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }

    fn node(&mut self) -> usize {
        self.rng.usize(0..self.admin.nodes())
    }

    /// Writes, with one request id through several nodes if need be. Says through which node it
    /// was done.
    async fn apply(&mut self, request: v1::ApplyRequest) -> Result<(usize, v1::ApplyResponse), Undone> {
        for _ in 0..ATTEMPTS_MAX {
            let node = self.node();
            match self.admin.apply(node, request.clone()).await {
                Called::Done(response) => return Ok((node, response)),
                Called::Refused(refused) => return Err(Undone::Refused(refused)),
                Called::Unknown(reason) => {
                    self.world.event(format_args!("client {} n{} {reason}", self.number, node + 1));
                    self.pause(20, 200).await;
                }
            }
        }
        Err(Undone::Unknown)
    }
}

/// A write without success.
enum Undone {
    /// It did not happen and will not.
    Refused(Refused),
    /// Nobody knows.
    Unknown,
}

/// Creates or replaces.
fn put(name: &str, spec: v1::resource::Spec, if_etag: &str) -> v1::Change {
    let resource = v1::Resource { name: name.to_owned(), spec: Some(spec), ..v1::Resource::default() };
    v1::Change {
        change: Some(v1::change::Change::Put(resource)),
        if_etag: if_etag.to_owned(),
        ..Default::default()
    }
}

/// Whether a write changed anything: what changed nothing leaves no trace in the feed.
fn has_changed(response: &v1::ApplyResponse) -> bool {
    let changed = ["created", "updated", "deleted"];
    response.results.iter().any(|result| changed.contains(&result.action.as_str()))
}
