//! Writes: from a client's request to a committed command, on whichever node it arrived.
//!
//! One idea: a node that is not the leader passes the request on with the principal it has
//! authenticated and a `request_id`, so that trying again after a lost answer does it once.

use super::refusal::refusal;
use crate::{
    admission::violation,
    cluster::{
        channels::Lane,
        linearize::{LEADER_RETRY, LEADER_WAIT_MAX, no_leader},
    },
    state::Node,
};
use hanse_proto::v1;
use prost::Message;
use std::time::Duration;
use tokio::time::Instant;
use tonic::{Code, Status};

/// Time for one forwarded call; a lost one is tried again under the same `request_id`. A new leader is
/// asked at once, so this only has to be longer than the longest decision with its wait for a turn.
const FORWARD_TIMEOUT: Duration = Duration::from_secs(30);
/// What a node answers that was taken for the leader.
const NOT_LEADER: &str = "this node is not the leader";
/// Most characters of a `request_id`.
const REQUEST_ID_CHARS_MAX: usize = 128;

/// A write that the leader decides.
pub trait Write: Message + Default + Clone + Send + Sync + 'static {
    /// What the caller gets.
    type Answer: Message + Default + Send;
    /// gRPC method, for forwarding.
    const METHOD: &'static str;

    /// The caller's id for it.
    fn request_id(&mut self) -> &mut String;
    /// Decides it on the leader.
    fn decide(
        &self,
        node: &Node,
        principal: &v1::Principal,
    ) -> impl Future<Output = Result<Self::Answer, Undecided>> + Send;
}

/// Why the leader gave no answer.
pub enum Undecided {
    /// It is no longer the leader; somebody else has to decide.
    NotLeader,
    /// It may have been done; sent again under its `request_id`, it gets the first answer.
    Uncertain,
    /// Final.
    Refused(Status),
}

/// Has a write decided, wherever the leader is.
///
/// # Errors
/// What the leader refused, or `UNAVAILABLE` when none has decided it within [`LEADER_WAIT_MAX`]: that
/// there is no leader, or that it is not known whether it was done.
pub async fn write<W: Write>(
    node: &Node,
    principal: &v1::Principal,
    mut request: W,
) -> Result<W::Answer, Status> {
    let id = request.request_id();
    if id.is_empty() {
        *id = uuid::Builder::from_random_bytes(node.host.random.bytes()).into_uuid().to_string();
    }
    if id.chars().count() > REQUEST_ID_CHARS_MAX {
        let message = format!("request_id has more than {REQUEST_ID_CHARS_MAX} characters");
        return Err(refusal(vec![violation("invalid", "", "requestId", &message)]));
    }
    if id.chars().any(char::is_control) {
        let message = "request_id holds control characters";
        return Err(refusal(vec![violation("invalid", "", "requestId", message)]));
    }
    let deadline = Instant::now() + LEADER_WAIT_MAX;
    let mut is_uncertain = false;
    loop {
        let answer = match node.replica.metrics().leader {
            Some(leader) if leader == node.config.node_id => request.decide(node, principal).await,
            Some(leader) => forward(node, leader, principal, &request).await,
            None => Err(Undecided::NotLeader),
        };
        match answer {
            Ok(answer) => return Ok(answer),
            Err(Undecided::Refused(status)) => return Err(status),
            Err(Undecided::NotLeader) => {}
            Err(Undecided::Uncertain) => is_uncertain = true,
        }
        if Instant::now() >= deadline {
            return Err(if is_uncertain { unknown_outcome(request.request_id()) } else { no_leader() });
        }
        tokio::time::sleep(LEADER_RETRY).await;
    }
}

fn unknown_outcome(request_id: &str) -> Status {
    Status::unavailable(format!(
        "no leader has confirmed this in time, and whether it was done is not known; look with `hanse history`, \
         or send it again with the request id {request_id}: it is done once"
    ))
}

async fn forward<W: Write>(
    node: &Node,
    leader: u64,
    principal: &v1::Principal,
    request: &W,
) -> Result<W::Answer, Undecided> {
    let Some((member, _)) = node.replica.metrics().members.get(&leader).cloned() else {
        return Err(Undecided::NotLeader);
    };
    let mut client = node.channels.client(&member, Lane::Calls);
    let call = client.forward(v1::ForwardRequest {
        principal: Some(principal.clone()),
        method: W::METHOD.to_owned(),
        message: request.encode_to_vec().into(),
    });
    // A leader that is cut off never answers; as soon as another one is known, that one is asked.
    let answer = tokio::select! {
        biased;
        answer = tokio::time::timeout(FORWARD_TIMEOUT, call) => answer,
        () = deposed(node, leader) => return Err(Undecided::Uncertain),
    };
    match answer {
        Ok(Ok(response)) => W::Answer::decode(response.into_inner().message)
            .map_err(|_| Undecided::Refused(Status::internal("the leader's answer cannot be read"))),
        Ok(Err(status)) if status.code() == Code::Unavailable && status.message() == NOT_LEADER => {
            Err(Undecided::NotLeader)
        }
        Ok(Err(status)) if is_passing(&status) => {
            node.channels.reset(leader, Lane::Calls);
            Err(Undecided::Uncertain)
        }
        Ok(Err(status)) => Err(Undecided::Refused(status)),
        Err(_) => {
            node.channels.reset(leader, Lane::Calls);
            Err(Undecided::Uncertain)
        }
    }
}

/// Returns when this node takes another one for the leader.
async fn deposed(node: &Node, leader: u64) {
    let mut standing = node.replica.status_changes();
    while node.replica.metrics().leader == Some(leader) {
        if standing.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Whether a forwarded call may simply be made again: the leader was not reached or is none.
/// A transport failure surfaces as UNKNOWN, INTERNAL or CANCELLED without details.
fn is_passing(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::Unknown | Code::Internal | Code::Cancelled)
        && status.details().is_empty()
}

/// Decides a forwarded call on this node, if it is the leader.
pub async fn decide_forwarded<W: Write>(
    node: &Node,
    principal: &v1::Principal,
    message: &[u8],
) -> Result<Vec<u8>, Status> {
    let request =
        W::decode(message).map_err(|_| Status::invalid_argument("a forwarded call cannot be read"))?;
    match request.decide(node, principal).await {
        Ok(answer) => Ok(answer.encode_to_vec()),
        Err(Undecided::NotLeader) => Err(Status::unavailable(NOT_LEADER)),
        Err(Undecided::Uncertain) => Err(Status::unavailable("whether it was done is not known")),
        Err(Undecided::Refused(status)) => Err(status),
    }
}
