//! The `Cluster` service: how the cluster is, and whether a change is live.

use super::principal;
use crate::{
    cluster::{channels::Lane, node_service::await_live},
    directory,
    state::Node,
};
use hanse_gateway::directory::DEFAULT_GATEWAY;
use hanse_model::Action;
use hanse_proto::{v1, v1::cluster_server};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::time::Instant;
use tonic::{Request, Response, Status};

/// Wait for a change to be live when the caller says nothing.
const AWAIT_DEFAULT: Duration = Duration::from_secs(30);
/// Longest wait that a caller may ask for.
const AWAIT_MAX: Duration = Duration::from_secs(600);
/// Time that the answer of a node may take beyond the wait itself.
const ANSWER_SLACK: Duration = Duration::from_millis(500);

/// The service of one node.
pub struct Cluster {
    node: Arc<Node>,
}

impl Cluster {
    /// The service.
    pub fn server(node: Arc<Node>) -> cluster_server::ClusterServer<Cluster> {
        cluster_server::ClusterServer::new(Cluster { node })
    }

    fn authorize(&self, principal: &v1::Principal) -> Result<(), Status> {
        let view = self.node.view().map_err(|error| Status::internal(error.to_string()))?;
        let now = self.node.host.clock.unix_ms();
        hanse_model::authorize(&view, principal, Action::Operate, None, now)
            .map_err(|error| Status::internal(error.to_string()))?
            .map_err(|violation| super::refusal::refusal(vec![violation]))
    }
}

#[tonic::async_trait]
impl cluster_server::Cluster for Cluster {
    async fn status(
        &self,
        request: Request<v1::StatusRequest>,
    ) -> Result<Response<v1::ClusterStatus>, Status> {
        self.authorize(&principal(&request)?)?;
        status(&self.node).map(Response::new).map_err(|error| Status::internal(error.to_string()))
    }

    async fn await_live(
        &self,
        request: Request<v1::AwaitLiveRequest>,
    ) -> Result<Response<v1::AwaitLiveResponse>, Status> {
        self.authorize(&principal(&request)?)?;
        let request = request.into_inner();
        let timeout = match request.timeout_ms {
            0 => AWAIT_DEFAULT,
            ms => Duration::from_millis(u64::from(ms)).min(AWAIT_MAX),
        };
        Ok(Response::new(await_everywhere(&self.node, request.revision, timeout).await))
    }
}

/// Waits until all reachable nodes run a revision, and says which do not.
async fn await_everywhere(node: &Arc<Node>, revision: u64, timeout: Duration) -> v1::AwaitLiveResponse {
    let began = Instant::now();
    let own = async {
        let live_revision = await_live(node, revision, timeout).await;
        v1::NodeLive { node: node.config.node.clone(), reachable: true, live_revision }
    };
    let others = node.peers.reports().into_iter().map(|(member, reachable, report)| {
        let known = report.and_then(|it| it.status).map_or(0, |status| status.live_revision);
        let node = node.clone();
        async move {
            let lost = v1::NodeLive { node: member.name.clone(), reachable: false, live_revision: known };
            if !reachable {
                return lost;
            }
            let mut client = node.channels.client(&member, Lane::Calls);
            let timeout_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
            let call = client.await_live(v1::AwaitLiveRequest { revision, timeout_ms });
            match tokio::time::timeout(timeout + ANSWER_SLACK, call).await {
                Ok(Ok(response)) => response.into_inner(),
                Ok(Err(_)) | Err(_) => lost,
            }
        }
    });
    let (own, others) = tokio::join!(own, futures_util::future::join_all(others));
    let nodes: Vec<v1::NodeLive> = std::iter::once(own).chain(others).collect();
    v1::AwaitLiveResponse {
        live: nodes.iter().all(|node| !node.reachable || node.live_revision >= revision),
        waited_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        nodes,
    }
}

/// The cluster as this node sees it.
fn status(node: &Node) -> Result<v1::ClusterStatus, hanse_raft_store::StoreError> {
    let view = node.view()?;
    let metrics = node.replica.metrics();
    let info = hanse_model::cluster_info(&view)?;
    let own = node.status();
    let mut nodes = vec![own];
    let mut units: BTreeMap<String, v1::GatewayStatus> = BTreeMap::new();
    let mut note = |node: &str, unit: &v1::UnitReport| {
        let entry = units.entry(unit.gateway.clone()).or_default();
        entry.units_running += u32::from(!unit.stand_in);
        entry.stand_ins += u32::from(unit.stand_in);
        entry.requests += unit.requests;
        entry.errors += unit.errors;
        entry.passed_on += unit.passed_on;
        if entry.nodes.last().is_none_or(|last| last != node) {
            entry.nodes.push(node.to_owned());
        }
    };
    for unit in node.unit_reports() {
        note(&node.config.node, &unit);
    }
    for (member, reachable, report) in node.peers.reports() {
        let voter = metrics.members.get(&member.id).is_some_and(|(_, voter)| *voter);
        let mut status = report.as_ref().and_then(|it| it.status.clone()).unwrap_or_default();
        if reachable {
            for unit in report.iter().flat_map(|it| &it.units) {
                note(&member.name, unit);
            }
        } else {
            status.role = "unreachable".to_owned();
            (status.units, status.stand_ins) = (0, 0);
        }
        status.id = member.id;
        status.name = member.name.clone();
        status.zone = member.zone.clone();
        status.voter = voter;
        status.addresses = Some(v1::NodeAddresses {
            admin: member.admin_addr.clone(),
            node: member.node_addr.clone(),
            gateway_http: member.gateway_http_addr.clone(),
        });
        nodes.push(status);
    }
    nodes.sort_by_key(|status| status.id);
    let said = directory::nodes(&view)?;
    for status in &mut nodes {
        status.zone = directory::zone(&status.zone, said.get(&status.name.to_lowercase())).to_owned();
    }

    let assignment = hanse_model::assignment(&view)?;
    let mut gateways = Vec::new();
    for gateway in directory::gateways(&view)?.into_values() {
        let units = units.remove(&gateway.id).unwrap_or_default();
        let placed = assignment.gateways.iter().find(|it| it.gateway == gateway.id);
        let wanted = match placed {
            Some(placed) => count(placed.nodes.len()),
            None if gateway.is_default() => units.units_running,
            None => gateway.units,
        };
        gateways.push(v1::GatewayStatus {
            name: gateway.id.clone(),
            hostnames: gateway.hostnames(),
            units_wanted: wanted,
            workspaces: gateway.workspaces(),
            ..units
        });
    }
    let reachable = |status: &&v1::NodeStatus| status.role != "unreachable" && status.role != "stopped";
    let voters = nodes.iter().filter(|status| status.voter).count();
    let present = nodes.iter().filter(|status| status.voter).filter(reachable).count();
    let leader =
        metrics.leader.and_then(|id| metrics.members.get(&id)).map(|(member, _)| member.name.clone());
    let leader = leader.filter(|name| nodes.iter().any(|it| it.name == *name && it.role == "leader"));
    let serves = |gateway: &v1::GatewayStatus| {
        let is_idle = gateway.workspaces.is_empty() && gateway.name != DEFAULT_GATEWAY;
        is_idle || gateway.units_running + gateway.stand_ins > 0
    };
    Ok(v1::ClusterStatus {
        cluster_id: node.config.cluster_id.clone(),
        service_name: info.map(|info| info.service_name).unwrap_or_default(),
        release: env!("CARGO_PKG_VERSION").to_owned(),
        healthy: leader.is_some() && present * 2 > voters && metrics.stopped.is_none(),
        leader: leader.unwrap_or_default(),
        term: metrics.term,
        revision: nodes.iter().map(|status| status.applied_revision).max().unwrap_or(0),
        serving: !gateways.is_empty() && gateways.iter().all(serves),
        nodes,
        gateways,
        answered_by: node.config.node.clone(),
    })
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
