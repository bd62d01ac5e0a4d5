//! Which other nodes answer, and what they last said of themselves.
//!
//! One idea: liveness is what this node sees with its own pings. It never enters the log; the data
//! plane acts on it at once, placement only when the leader has seen it for a while.

use super::channels::{Channels, Lane};
use hanse_proto::v1;
use hanse_raft_store::Member;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};
use tokio_util::task::TaskTracker;

/// Time between two pings of a node.
pub const PING_INTERVAL: Duration = Duration::from_millis(100);
/// Time for one ping.
pub const PING_TIMEOUT: Duration = Duration::from_millis(200);
/// A node that has not answered for so long counts as unreachable.
pub const UNREACHABLE_AFTER: Duration = Duration::from_millis(250);

/// What is relayed to a node that has not answered for so long is given up. Machines that have more to do
/// than they can are silent for a while, and no request is to be lost by that; a process that ends closes its
/// connections at once.
pub const GONE_AFTER: Duration = Duration::from_secs(2);

/// What is known of the other nodes.
pub struct Peers {
    own_id: u64,
    channels: Arc<Channels>,
    states: Mutex<BTreeMap<u64, PeerState>>,
}

struct PeerState {
    member: Member,
    /// The last answer, or the moment this node began to ask.
    heard: Instant,
    answered: bool,
    report: Option<v1::PingResponse>,
    ask_now: Arc<Notify>,
}

impl Peers {
    /// Nobody known yet.
    pub fn new(own_id: u64, channels: Arc<Channels>) -> Peers {
        Peers { own_id, channels, states: Mutex::new(BTreeMap::new()) }
    }

    /// Begins to ping members that are new. Tasks end with `tasks`' runtime or when the member is gone.
    pub fn follow(
        self: &Arc<Self>,
        members: &BTreeMap<u64, (Member, bool)>,
        tasks: &TaskTracker,
        stop: &tokio_util::sync::CancellationToken,
    ) {
        let mut states = self.states.lock().expect("no holder of this lock panics");
        states.retain(|id, _| members.contains_key(id));
        for (id, (member, _)) in members {
            if *id == self.own_id {
                continue;
            }
            match states.get_mut(id) {
                Some(state) => state.member = member.clone(),
                None => {
                    let ask_now = Arc::new(Notify::new());
                    let state = PeerState {
                        member: member.clone(),
                        heard: Instant::now(),
                        answered: false,
                        report: None,
                        ask_now: ask_now.clone(),
                    };
                    states.insert(*id, state);
                    let (peers, stop, id) = (self.clone(), stop.clone(), *id);
                    tasks.spawn(async move {
                        tokio::select! {
                            biased;
                            () = stop.cancelled() => {}
                            () = peers.ping_for_ever(id, &ask_now) => {}
                        }
                    });
                }
            }
        }
    }

    /// For how long the node has not answered; zero for this node, `None` for a stranger.
    pub fn silent_for(&self, node: u64) -> Option<Duration> {
        if node == self.own_id {
            return Some(Duration::ZERO);
        }
        let states = self.states.lock().expect("no holder of this lock panics");
        states.get(&node).map(|state| state.heard.elapsed())
    }

    /// Whether the node has answered within [`UNREACHABLE_AFTER`].
    pub fn is_reachable(&self, node: u64) -> bool {
        self.silent_for(node).is_some_and(|silent| silent < UNREACHABLE_AFTER)
    }

    /// Notes that a connection to the node failed: the next ping decides, and it comes at once.
    pub fn doubt(&self, node: u64) {
        let states = self.states.lock().expect("no holder of this lock panics");
        if let Some(state) = states.get(&node) {
            state.ask_now.notify_one();
        }
    }

    /// The member's addresses.
    pub fn member(&self, node: u64) -> Option<Member> {
        let states = self.states.lock().expect("no holder of this lock panics");
        states.get(&node).map(|state| state.member.clone())
    }

    /// The last report of every other node, and whether it still answers.
    pub fn reports(&self) -> Vec<(Member, bool, Option<v1::PingResponse>)> {
        let states = self.states.lock().expect("no holder of this lock panics");
        states
            .values()
            .map(|state| {
                let reachable = state.answered && state.heard.elapsed() < UNREACHABLE_AFTER;
                (state.member.clone(), reachable, state.report.clone())
            })
            .collect()
    }

    async fn ping_for_ever(&self, node: u64, ask_now: &Notify) {
        while let Some(member) = self.member(node) {
            let mut client = self.channels.client(&member, Lane::Pings);
            let ping = client.ping(v1::PingRequest { from: self.own_id });
            match tokio::time::timeout(PING_TIMEOUT, ping).await {
                Ok(Ok(response)) => self.heard(node, response.into_inner()),
                Ok(Err(_)) | Err(_) => self.channels.reset(node, Lane::Pings),
            }
            // Either way the next ping follows; at once only where somebody doubts.
            let _ = tokio::time::timeout(PING_INTERVAL, ask_now.notified()).await;
        }
    }

    fn heard(&self, node: u64, report: v1::PingResponse) {
        let mut states = self.states.lock().expect("no holder of this lock panics");
        if let Some(state) = states.get_mut(&node) {
            state.heard = Instant::now();
            state.answered = true;
            state.report = Some(report);
        }
    }
}
