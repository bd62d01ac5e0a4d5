//! The `Diagnosis` service: why a request failed, and the steps of one that was traced.
//!
//! One idea: the node that served a request has what is known of it, so all nodes are asked; whoever may
//! read the request's workspace is told, and for everybody else there is no such request.

use super::{principal, refusal::refusal};
use crate::{admission::violation, cluster::channels::Lane, state::Node};
use futures_util::future::join_all;
use hanse_gateway::{
    debug_token::{DEBUG_TOKEN_TIME_MAX, DebugKey, DebugToken},
    records::{Failure, Record, Traced},
};
use hanse_model::Action;
use hanse_policy::{LastError, RequestId, TraceEntry};
use hanse_proto::{
    Kind, Name, timestamp_from_ms,
    v1::{self, diagnosis_server},
};
use hanse_raft_store::StoreError;
use std::{sync::Arc, time::Duration};
use tonic::{Request, Response, Status};

/// How long another node may take to answer.
const RECALL_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a token is good for where nothing is said.
const TOKEN_TIME_DEFAULT: Duration = Duration::from_secs(300);

/// The service of one node.
pub struct Diagnosis {
    node: Arc<Node>,
}

impl Diagnosis {
    /// The service.
    pub fn server(node: Arc<Node>) -> diagnosis_server::DiagnosisServer<Diagnosis> {
        diagnosis_server::DiagnosisServer::new(Diagnosis { node })
    }

    fn authorize(&self, principal: &v1::Principal, name: Option<&Name>) -> Result<(), Status> {
        let view = self.node.view().map_err(store_failed)?;
        let now = self.node.host.clock.unix_ms();
        hanse_model::authorize(&view, principal, Action::Read, name, now)
            .map_err(store_failed)?
            .map_err(|violation| refusal(vec![violation]))
    }

    /// Whether somebody may know of a request of a workspace.
    fn may_know(&self, principal: &v1::Principal, request: Option<&v1::ServedRequest>) -> bool {
        let Some(request) = request else { return false };
        let name = match request.workspace.as_str() {
            "" => None,
            id => match Name::parse(&format!("{}/{id}", Kind::Workspace.collection())) {
                Ok(name) => Some(name),
                Err(_) => return false,
            },
        };
        self.authorize(principal, name.as_ref()).is_ok()
    }

    /// Asks all nodes; the answers, and the names of those that did not answer.
    async fn recall(&self, id: RequestId, trace: bool) -> (Vec<v1::RecallResponse>, Vec<String>) {
        let own = recall(&self.node, id, trace);
        let others = self.node.peers.reports().into_iter().map(|(member, reachable, _)| async move {
            if !reachable {
                return Err(member.name);
            }
            let mut client = self.node.channels.client(&member, Lane::Calls);
            let request = v1::RecallRequest { request_id: id.0.to_be_bytes().to_vec(), trace };
            match tokio::time::timeout(RECALL_TIMEOUT, client.recall(request)).await {
                Ok(Ok(response)) => Ok(response.into_inner()),
                Ok(Err(_)) | Err(_) => Err(member.name),
            }
        });
        let (mut answers, mut silent) = (vec![own], Vec::new());
        for answer in join_all(others).await {
            match answer {
                Ok(answer) => answers.push(answer),
                Err(name) => silent.push(name),
            }
        }
        (answers, silent)
    }
}

#[tonic::async_trait]
impl diagnosis_server::Diagnosis for Diagnosis {
    async fn why(&self, request: Request<v1::WhyRequest>) -> Result<Response<v1::WhyResponse>, Status> {
        let principal = principal(&request)?;
        let text = request.into_inner().request_id;
        let id = parse_id(&text, "requestId")?;
        let (answers, silent) = self.recall(id, false).await;
        let found = answers.into_iter().filter_map(|answer| answer.failure);
        let mut found = found.filter(|failure| self.may_know(&principal, failure.request.as_ref()));
        match found.next() {
            Some(failure) => Ok(Response::new(v1::WhyResponse { failure: Some(failure) })),
            None => Err(unknown("no node knows of a failed request with this id", &id.to_string(), &silent)),
        }
    }

    async fn create_debug_token(
        &self,
        request: Request<v1::CreateDebugTokenRequest>,
    ) -> Result<Response<v1::CreateDebugTokenResponse>, Status> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let refuse = |field: &str, message: &str, hint: &str| {
            refusal(vec![v1::Violation { hint: hint.to_owned(), ..violation("invalid", "", field, message) }])
        };
        let name = match request.name.as_str() {
            "" => None,
            text => {
                let name = Name::parse(text).map_err(|error| {
                    refuse("name", &error.message, "write it as workspaces/demo/apis/orders")
                })?;
                Some(name)
            }
        };
        if let Some(name) = name.as_ref().filter(|name| !matches!(name.kind(), Kind::Workspace | Kind::Api)) {
            let message = format!("`{name}` is no API and no workspace");
            return Err(refuse("name", &message, "a token is for an API or for all APIs of a workspace"));
        }
        self.authorize(&principal, name.as_ref())?;
        if let Some(name) = &name {
            let view = self.node.view().map_err(store_failed)?;
            if hanse_model::get(&view, name).map_err(store_failed)?.is_none() {
                let hint = format!("`hanse get {}` lists what there is", name.kind().collection());
                let missing = violation("not-found", name.as_str(), "", "there is no such resource");
                return Err(refusal(vec![v1::Violation { hint, ..missing }]));
            }
        }
        let time = match request.expires_after_s {
            0 => TOKEN_TIME_DEFAULT,
            seconds => Duration::from_secs(seconds.into()),
        };
        if time > DEBUG_TOKEN_TIME_MAX {
            let message = format!("a token is good for {} s at most", DEBUG_TOKEN_TIME_MAX.as_secs());
            return Err(refuse("expiresAfterS", &message, "ask for another one when it has expired"));
        }
        let time_ms = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        let expires_ms = self.node.host.clock.unix_ms().saturating_add(time_ms);
        let id_of = |kind: Kind| name.as_ref().and_then(|name| name.id_of(kind)).map(hanse_proto::key_of);
        let api = id_of(Kind::Api).map(|id| id.split(";rev=").next().unwrap_or_default().to_owned());
        let token = DebugToken { workspace: id_of(Kind::Workspace).unwrap_or_default(), api, expires_ms };
        let nonce = u64::from_be_bytes(self.node.host.random.bytes());
        Ok(Response::new(v1::CreateDebugTokenResponse {
            token: DebugKey::derived_from(&self.node.keyring.fingerprint_key()).write(&token, nonce),
            expires_at: Some(timestamp_from_ms(expires_ms)),
        }))
    }

    async fn get_trace(
        &self,
        request: Request<v1::GetTraceRequest>,
    ) -> Result<Response<v1::RequestTrace>, Status> {
        let principal = principal(&request)?;
        let text = request.into_inner().trace_id;
        let id = parse_id(&text, "traceId")?;
        let (answers, silent) = self.recall(id, true).await;
        let found = answers.into_iter().filter_map(|answer| answer.trace);
        let mut found = found.filter(|trace| self.may_know(&principal, trace.request.as_ref()));
        match found.next() {
            Some(trace) => Ok(Response::new(trace)),
            None => Err(unknown("no node has a trace with this id", &text, &silent)),
        }
    }
}

/// What this node keeps of a request.
pub fn recall(node: &Node, id: RequestId, trace: bool) -> v1::RecallResponse {
    match trace {
        false => {
            let failure = node.data_plane.failure(id).map(|failure| failed(node, &failure));
            v1::RecallResponse { failure, trace: None }
        }
        true => {
            let trace = node.data_plane.trace(id).map(|traced| steps(node, &traced));
            v1::RecallResponse { failure: None, trace }
        }
    }
}

/// A GUID, or its digits alone.
fn parse_id(text: &str, field: &str) -> Result<RequestId, Status> {
    let digits: String = text.trim().chars().filter(|c| *c != '-').collect();
    match u128::from_str_radix(&digits, 16) {
        Ok(id) if digits.len() == 32 => Ok(RequestId(id)),
        _ => {
            let hint = "it is a GUID, as in 01234567-89ab-cdef-0123-456789abcdef".to_owned();
            let wrong = violation("invalid", "", field, "this is no id of a request");
            Err(refusal(vec![v1::Violation { hint, ..wrong }]))
        }
    }
}

fn unknown(message: &str, id: &str, silent: &[String]) -> Status {
    let mut hint =
        "the newest of each workspace are kept for an hour, until their unit stops; what cannot be read \
                    by whoever asks is not told of"
            .to_owned();
    if !silent.is_empty() {
        hint.push_str(&format!("\nnot reached: {}; try again when they are back", silent.join(", ")));
    }
    refusal(vec![v1::Violation { hint, ..violation("not-found", id, "", message) }])
}

fn store_failed(error: StoreError) -> Status {
    tracing::error!(%error, "the store cannot be read");
    Status::internal("the store of this node cannot be read; see its log")
}

// === What is kept, as messages ===

fn served(node: &Node, record: &Record) -> v1::ServedRequest {
    let text = |text: &Option<Arc<str>>| text.as_deref().unwrap_or_default().to_owned();
    v1::ServedRequest {
        request_id: record.request_id.to_string(),
        node: node.config.node.clone(),
        gateway: record.gateway.to_string(),
        workspace: record.workspace.to_string(),
        api: text(&record.api),
        operation: text(&record.operation),
        product: text(&record.product),
        subscription: text(&record.subscription),
        method: record.method.clone(),
        path: record.masked(&record.path),
        status: record.status.into(),
        time: Some(timestamp_from_ms(record.at_ms)),
    }
}

fn failed(node: &Node, failure: &Failure) -> v1::FailedRequest {
    let error = |error: &LastError| v1::RequestError {
        source: error.source.to_string(),
        reason: error.reason.as_deref().unwrap_or_default().to_owned(),
        message: failure.request.masked(&error.message),
        scope: error.scope.map(|scope| scope.to_string()).unwrap_or_default(),
        section: error.section.to_string(),
        path: error.path.as_deref().unwrap_or_default().to_owned(),
        policy_id: error.policy_id.as_deref().unwrap_or_default().to_owned(),
        line: error.line.unwrap_or_default(),
        fragment: error.fragment.as_deref().unwrap_or_default().to_owned(),
    };
    let place = failure.place();
    v1::FailedRequest {
        request: Some(served(node, &failure.request)),
        error: failure.error.as_ref().map(error),
        later: failure.later.as_ref().map(error),
        document: place.as_ref().map(|place| place.document.clone()).unwrap_or_default(),
        text: place.and_then(|place| place.text).unwrap_or_default(),
    }
}

fn steps(node: &Node, traced: &Traced) -> v1::RequestTrace {
    let step = |entry: &TraceEntry| v1::TraceStep {
        section: entry.section.to_owned(),
        source: entry.source.clone(),
        scope: entry.scope.unwrap_or_default().to_owned(),
        path: entry.path.clone().unwrap_or_default(),
        line: entry.line.unwrap_or_default(),
        fragment: entry.fragment.clone().unwrap_or_default(),
        time: Some(timestamp_from_ms(entry.at_ms)),
        message: traced.request.masked(&entry.message),
    };
    v1::RequestTrace {
        request: Some(served(node, &traced.request)),
        steps: traced.trace.entries.iter().map(step).collect(),
        dropped: u32::try_from(traced.trace.dropped).unwrap_or(u32::MAX),
    }
}
