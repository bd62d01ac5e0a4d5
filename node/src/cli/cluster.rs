//! `hanse cluster init`: the files of a new cluster, one folder a node.

use super::{Failure, Globals, output::Out, session};
use clap::{Args, Subcommand};
use hanse::{
    context::{Context, config_dir},
    trust::{self, ClusterPlan, NodePlan},
};
use hanse_gateway::host::Host;
use hanse_proto::Name;
use std::{collections::BTreeSet, path::PathBuf};

const ADMIN_PORT: u16 = 7400;
const NODE_PORT: u16 = 7500;
const HTTP_PORT: u16 = 8080;

#[derive(Debug, Subcommand)]
pub enum Cluster {
    /// Make keys, certificates and configuration files of a new cluster
    Init(Init),
}

#[derive(Debug, Args)]
#[command(
    after_help = "hanse cluster init --dir hanse --node node-1=10.0.0.11,node-2=10.0.0.12,node-3=10.0.0.13\n\n\
    Every node gets a folder to copy to its machine; there, `hanse server --config hanse.yaml` starts it."
)]
pub struct Init {
    /// New folder for the files
    #[arg(long)]
    pub dir: PathBuf,
    /// A node and the host it is reached at; several with commas or as several flags
    #[arg(long = "node", value_name = "NAME=HOST", required = true, value_delimiter = ',', value_parser = node)]
    pub nodes: Vec<(String, String)>,
    /// Identity of the cluster; without it, `hanse-` and four digits
    #[arg(long, value_name = "ID")]
    pub cluster_id: Option<String>,
    /// First part of the default gateway's hostname
    #[arg(long, value_name = "NAME", default_value = "hanse")]
    pub service_name: String,
    /// Domain below which hostnames of gateways lie
    #[arg(long, value_name = "DOMAIN", default_value = "localhost")]
    pub base_domain: String,
}

impl Init {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let random = Host::system().random;
        let cluster_id = self.cluster_id.clone().unwrap_or_else(|| {
            let mut bytes = [0_u8; 2];
            random.fill(&mut bytes);
            format!("hanse-{:02x}{:02x}", bytes[0], bytes[1])
        });
        let plan = ClusterPlan {
            cluster_id,
            service_name: self.service_name,
            base_domain: self.base_domain,
            nodes: plan_nodes(&self.nodes)?,
        };
        let dir = std::path::absolute(&self.dir).map_err(anyhow::Error::from)?;
        let files = trust::create_cluster(&dir, &plan, random.as_ref())?;
        let mut config = session::contexts()?;
        config.put_current(Context {
            name: plan.cluster_id.clone(),
            servers: plan.nodes.iter().map(|node| node.admin.clone()).collect(),
            ca: files.ca.clone(),
            certificate: files.admin_certificate.clone(),
            key: files.admin_key.clone(),
        });
        config.save(&config_dir()).map_err(|error| Failure::failed(error.to_string()))?;
        let out = Out::new(globals);
        out.line(format!("Cluster {} is ready in {}", plan.cluster_id, dir.display()))?;
        for (node, config) in plan.nodes.iter().zip(&files.configs) {
            out.line(format!("  {:<12} {}", node.name, config.display()))?;
        }
        out.text(&format!(
            "\nCopy each node's folder to its machine and start it there:\n  hanse server --config hanse.yaml\n\
             Keep {} safe and off the nodes: it can make further certificates.\n\
             Commands speak to this cluster now (context `{}`):\n  hanse status --wait\n",
            dir.join("authority").display(),
            plan.cluster_id,
        ))
    }
}

/// Reads `NAME=HOST`.
fn node(text: &str) -> Result<(String, String), String> {
    let Some((name, host)) = text.split_once('=') else {
        return Err("expected NAME=HOST, as in node-1=10.0.0.11".to_owned());
    };
    // Names of nodes become folders and parts of certificates: the rule of gateway ids suits them.
    Name::parse(&format!("gateways/{name}"))
        .map_err(|error| error.message.replace("gateway id", "node name"))?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_v6 = bare.parse::<std::net::Ipv6Addr>().is_ok();
    let is_host =
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    match (is_v6, is_host) {
        (true, _) => Ok((name.to_owned(), format!("[{bare}]"))),
        (_, true) => Ok((name.to_owned(), host.to_owned())),
        _ => Err(format!("`{host}` is no host; expected a name or address without a port")),
    }
}

/// Addresses of every node; nodes of one host get ports of their own.
fn plan_nodes(nodes: &[(String, String)]) -> Result<Vec<NodePlan>, Failure> {
    let mut names = BTreeSet::new();
    let mut plans = Vec::new();
    for (index, (name, host)) in nodes.iter().enumerate() {
        if !names.insert(name.to_ascii_lowercase()) {
            return Err(Failure::usage(format!("the node name `{name}` is given twice")));
        }
        if matches!(name.as_str(), "admin" | "authority") {
            let message = format!("a node cannot be called `{name}`: a folder of the cluster is");
            return Err(Failure::usage(message));
        }
        let before = nodes[..index].iter().filter(|(_, other)| other == host).count();
        let offset = u16::try_from(before).unwrap_or(u16::MAX);
        let address = |port: u16| format!("{host}:{}", port.saturating_add(offset));
        plans.push(NodePlan {
            name: name.clone(),
            node: address(NODE_PORT),
            admin: address(ADMIN_PORT),
            gateway_http: address(HTTP_PORT),
            zone: String::new(),
        });
    }
    Ok(plans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_read_as_names_with_hosts() {
        assert_eq!(node("node-1=10.0.0.11"), Ok(("node-1".into(), "10.0.0.11".into())));
        assert_eq!(node("a=::1"), Ok(("a".into(), "[::1]".into())));
        for text in ["node-1", "=host", "../x=host", "a=", "a=host:7400", "a=h/x"] {
            assert!(node(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nodes_of_one_host_get_ports_of_their_own() {
        let nodes =
            [("a", "h1"), ("b", "h2"), ("c", "h1")].map(|(name, host)| (name.to_owned(), host.to_owned()));
        let plans = plan_nodes(&nodes).expect("a plan");
        let admin: Vec<&str> = plans.iter().map(|plan| plan.admin.as_str()).collect();
        assert_eq!(admin, ["h1:7400", "h2:7400", "h1:7401"]);
        assert!(plan_nodes(&[("a".into(), "h".into()), ("A".into(), "i".into())]).is_err());
        assert!(plan_nodes(&[("authority".into(), "h".into())]).is_err());
    }
}
