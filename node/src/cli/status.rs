//! `hanse status`: how the cluster is, at a glance.

use super::{
    Failure, Globals, Output, format,
    output::{Out, Paint, table},
    progress::while_working,
    session,
};
use clap::Args;
use hanse::{
    client::{CallError, Client},
    context::Context,
};
use hanse_manifest::{message_to_json, message_to_yaml};
use hanse_proto::v1;
use std::time::{Duration, Instant};

/// Time for one answer: a node that hangs must not hold up those that do not.
const STATUS_TIMEOUT: Duration = Duration::from_secs(5);
/// Pause between two looks while waiting.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub struct Status {
    /// Return when the cluster is healthy and serves
    #[arg(long)]
    pub wait: bool,
    /// How long to wait
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = super::duration, requires = "wait")]
    pub timeout: Duration,
}

impl Status {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let out = Out::new(globals);
        let status = match self.wait {
            false => {
                let mut client = session::client(globals)?;
                while_working("asking", ask(&mut client)).await?
            }
            true => while_working("waiting for the cluster to serve", wait(globals, self.timeout)).await?,
        };
        match out.format {
            Output::Json => out.json(&message_to_json(&status)),
            Output::Yaml => out.text(&message_to_yaml(&status)),
            Output::Table => out.text(&text(&status, out.paint)),
        }
    }
}

async fn ask(client: &mut Client) -> Result<v1::ClusterStatus, CallError> {
    client
        .call(STATUS_TIMEOUT, |mut it| {
            let request = session::request(v1::StatusRequest {}, STATUS_TIMEOUT);
            async move { it.cluster.status(request).await }
        })
        .await
}

/// Looks until all is well, and says at the end what was not.
///
/// The context is read again with every look: a cluster that is just starting writes it.
async fn wait(globals: &Globals, timeout: Duration) -> Result<v1::ClusterStatus, Failure> {
    let began = Instant::now();
    let mut known: Option<(Context, Client)> = None;
    loop {
        let seen = look(globals, &mut known).await;
        let late = began.elapsed() >= timeout;
        match seen {
            Ok(status) if status.healthy && status.serving => return Ok(status),
            Ok(status) if late => {
                let what = match status.healthy {
                    false => "the cluster has no quorum or no leader",
                    true => "not every gateway has a running unit",
                };
                let message = format!("not ready after {}: {what}", format::age(timeout));
                return Err(Failure::failed(message).hint(text(&status, Paint::for_stderr(true))));
            }
            // No patience gives a context the name that it does not have.
            Err(failure) if late || globals.context.is_some() && known.is_none() => return Err(failure),
            Ok(_) | Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
        }
    }
}

/// One look, with the client of the context as it is now.
async fn look(
    globals: &Globals,
    known: &mut Option<(Context, Client)>,
) -> Result<v1::ClusterStatus, Failure> {
    let context = session::context(globals)?;
    let client = match known {
        Some((before, client)) if *before == context => client,
        _ => &mut known.insert((context.clone(), Client::new(context)?)).1,
    };
    let seen = ask(client).await;
    match &seen {
        Err(CallError::TimedOut { .. }) => client.give_up(),
        // Files of the same name may be those of a new cluster by now.
        Err(CallError::CertificateRefused { .. } | CallError::Unreachable { .. }) => *known = None,
        _ => {}
    }
    Ok(seen?)
}

/// The whole picture for people.
fn text(status: &v1::ClusterStatus, paint: Paint) -> String {
    let mut text = format!("{}\n\n", summary(status, paint));
    text.push_str(&bold_first(&nodes(status), paint));
    if !status.gateways.is_empty() {
        text.push('\n');
        text.push_str(&bold_first(&gateways(status), paint));
    }
    for (node, other) in diverged(status) {
        text.push_str(&paint.error(&format!(
            "\n{node} and {other} differ at one revision: take one of them out and ask for help\n"
        )));
    }
    text
}

fn summary(status: &v1::ClusterStatus, paint: Paint) -> String {
    let voters = status.nodes.iter().filter(|node| node.voter).count() as u64;
    let leader = match status.leader.as_str() {
        "" => "no leader".to_owned(),
        leader => format!("leader {leader} (term {})", status.term),
    };
    let state = match (status.healthy, status.serving) {
        (true, true) => paint.good("healthy"),
        (true, false) => paint.notice("healthy, not all gateways serve"),
        (false, true) => paint.error("no quorum: traffic is served, changes have to wait"),
        (false, false) => paint.error("not healthy"),
    };
    [
        format!("cluster {}", status.cluster_id),
        format!(
            "{}, {}",
            format::counted(status.nodes.len() as u64, "node", "nodes"),
            format::counted(voters, "voter", "voters")
        ),
        leader,
        format!("revision {}", format::count(status.revision)),
        state,
    ]
    .join("   ")
}

fn nodes(status: &v1::ClusterStatus) -> String {
    let row = |node: &v1::NodeStatus| {
        let gone = node.role == "unreachable";
        let known = |text: String| if gone { String::new() } else { text };
        let addresses = node.addresses.clone().unwrap_or_default();
        let lag = if gone || node.role == "leader" { String::new() } else { format!("{} ms", node.lag_ms) };
        let units = match node.stand_ins {
            0 => node.units.to_string(),
            stand_ins => format!("{} + {stand_ins} stand-in", node.units),
        };
        vec![
            node.name.clone(),
            node.role.clone(),
            addresses.admin,
            addresses.gateway_http,
            node.zone.clone(),
            known(format::count(node.applied_revision)),
            known(format::count(node.live_revision)),
            lag,
            known(units),
            known(format::bytes(node.memory_bytes)),
            known(format::age(Duration::from_millis(node.uptime_ms))),
            known(node.pid.to_string()),
        ]
    };
    let rows: Vec<Vec<String>> = status.nodes.iter().map(row).collect();
    let headings = [
        "NODE", "ROLE", "ADMIN", "GATEWAY", "ZONE", "APPLIED", "LIVE", "LAG", "UNITS", "MEMORY", "UP", "PID",
    ];
    table(&headings, &rows)
}

fn gateways(status: &v1::ClusterStatus) -> String {
    let row = |gateway: &v1::GatewayStatus| {
        let mut units = format!("{} of {}", gateway.units_running, gateway.units_wanted);
        if gateway.stand_ins > 0 {
            units.push_str(&format!(" + {} stand-in", gateway.stand_ins));
        }
        let share = match gateway.requests {
            0 => String::new(),
            requests => format!("{:.2} %", gateway.errors as f64 * 100.0 / requests as f64),
        };
        vec![
            gateway.name.clone(),
            units,
            gateway.workspaces.join(", "),
            gateway.nodes.join(", "),
            format::count(gateway.requests),
            if gateway.passed_on == 0 { String::new() } else { format::count(gateway.passed_on) },
            share,
            gateway.hostnames.first().cloned().unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = status.gateways.iter().map(row).collect();
    let headings = ["GATEWAY", "UNITS", "WORKSPACES", "NODES", "REQUESTS", "PASSED ON", "ERRORS", "HOSTNAME"];
    table(&headings, &rows)
}

/// Pairs of nodes whose states differ at the same revision; there should never be one.
fn diverged(status: &v1::ClusterStatus) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    for (index, node) in status.nodes.iter().enumerate() {
        let differs = |other: &&v1::NodeStatus| {
            other.applied_revision == node.applied_revision
                && !other.state_hash.is_empty()
                && !node.state_hash.is_empty()
                && other.state_hash != node.state_hash
        };
        pairs.extend(
            status.nodes[index + 1..]
                .iter()
                .find(differs)
                .map(|other| (node.name.as_str(), other.name.as_str())),
        );
    }
    pairs
}

fn bold_first(text: &str, paint: Paint) -> String {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    format!("{}\n{rest}", paint.bold(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, role: &str) -> v1::NodeStatus {
        v1::NodeStatus {
            name: name.into(),
            role: role.into(),
            voter: true,
            pid: 17,
            applied_revision: 18_204,
            live_revision: 18_204,
            state_hash: "ab".into(),
            lag_ms: 1,
            units: 14,
            memory_bytes: 180_000_000,
            uptime_ms: 120_000,
            addresses: Some(v1::NodeAddresses { admin: "10.0.0.1:7400".into(), ..Default::default() }),
            ..Default::default()
        }
    }

    fn cluster() -> v1::ClusterStatus {
        v1::ClusterStatus {
            cluster_id: "hanse-7f3a".into(),
            leader: "node-2".into(),
            term: 4,
            revision: 18_204,
            healthy: true,
            serving: true,
            nodes: vec![node("node-1", "follower"), node("node-2", "leader"), node("node-3", "unreachable")],
            gateways: vec![v1::GatewayStatus {
                name: "default".into(),
                units_wanted: 3,
                units_running: 2,
                requests: 200,
                errors: 1,
                passed_on: 17_000,
                ..Default::default()
            }],
            ..Default::default()
        }
    }

    #[test]
    fn a_cluster_is_seen_at_a_glance() {
        let text = text(&cluster(), Paint::none());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "cluster hanse-7f3a   3 nodes, 3 voters   leader node-2 (term 4)   revision 18,204   healthy"
        );
        assert!(
            lines[3].contains("follower") && lines[3].contains("1 ms") && lines[3].contains("180 MB"),
            "{text}"
        );
        assert!(!lines[5].contains("180 MB"), "what an unreachable node says is not known: {text}");
        assert!(text.contains("2 of 3") && text.contains("0.50 %"), "{text}");
        assert!(text.contains("PASSED ON") && text.contains("17,000"), "{text}");
        assert!(!text.contains("differ"));
    }

    #[test]
    fn nodes_that_have_diverged_are_shouted_about() {
        let mut status = cluster();
        status.nodes[1].state_hash = "cd".into();
        assert!(text(&status, Paint::none()).contains("node-1 and node-2 differ"));
        status.nodes[1].applied_revision += 1;
        assert!(!text(&status, Paint::none()).contains("node-1 and node-2 differ"));
    }
}
