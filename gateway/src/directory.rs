//! Which gateway a host belongs to, and where that gateway's units are.
//!
//! One idea: two lookup tables that the front door of a node asks once per connection, built anew
//! whenever hosts or placement change. Must not know how nodes are reached, nor which are alive.

use crate::route::{HostTable, hostname};
use hanse_proto::v1::Assignment;
use std::{collections::BTreeMap, sync::Arc};

/// The gateway that runs on every node without being placed.
pub const DEFAULT_GATEWAY: &str = "default";

/// The tables of one node.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    hosts: HostTable<Arc<GatewayEntry>>,
    gateways: BTreeMap<Arc<str>, Arc<GatewayEntry>>,
    generation: u64,
}

/// Where the units of a gateway are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayEntry {
    /// Id of the gateway.
    pub gateway: Arc<str>,
    /// Nodes that have units of it, each once, in order, without this one.
    pub nodes: Box<[u64]>,
    /// Whether this node has units of it.
    pub local: bool,
    /// Generation of the assignment that says so.
    pub generation: u64,
}

impl Directory {
    /// Builds the tables of node `local` from hostnames with their gateways and the placement.
    ///
    /// A gateway that is not placed yet has no nodes. Where two gateways claim a host, the first one
    /// in the list has it.
    pub fn new(hosts: Vec<(String, Arc<str>)>, assignment: &Assignment, local: u64) -> Directory {
        let generation = assignment.generation;
        let mut gateways: BTreeMap<Arc<str>, Arc<GatewayEntry>> = BTreeMap::new();
        for placed in &assignment.gateways {
            let gateway: Arc<str> = placed.gateway.as_str().into();
            let entry = entry(gateway.clone(), &placed.nodes, local, generation);
            gateways.insert(gateway, Arc::new(entry));
        }
        for gateway in hosts.iter().map(|(_, gateway)| gateway) {
            gateways
                .entry(gateway.clone())
                .or_insert_with(|| Arc::new(entry(gateway.clone(), &[], local, generation)));
        }
        let hosts =
            HostTable::new(hosts.into_iter().map(|(host, gateway)| (host, gateways[&gateway].clone())));
        Directory { hosts, gateways, generation }
    }

    /// The gateway of a `Host` header or server name: without regard to case, port and a dot at the end.
    pub fn gateway_of(&self, host: &str) -> Option<&GatewayEntry> {
        self.hosts.get(hostname(host)).map(|entry| &**entry)
    }

    /// Where the units of a gateway are; `None`: neither host nor placement names it.
    pub fn gateway(&self, id: &str) -> Option<&GatewayEntry> {
        self.gateways.get(id).map(|entry| &**entry)
    }

    /// All known gateways, by id.
    pub fn gateways(&self) -> impl Iterator<Item = &GatewayEntry> {
        self.gateways.values().map(|entry| &**entry)
    }

    /// Generation of the assignment that this directory was built from.
    pub fn generation(&self) -> u64 {
        self.generation
    }
}

fn entry(gateway: Arc<str>, placed: &[u64], local: u64, generation: u64) -> GatewayEntry {
    let mut nodes: Vec<u64> = placed.iter().copied().filter(|node| *node != local).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let is_here = placed.contains(&local) || &*gateway == DEFAULT_GATEWAY;
    GatewayEntry { gateway, nodes: nodes.into(), local: is_here, generation }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hanse_proto::v1::GatewayAssignment;

    fn directory() -> Directory {
        let placed =
            |gateway: &str, nodes: &[u64]| GatewayAssignment { gateway: gateway.into(), nodes: nodes.into() };
        let assignment =
            Assignment { generation: 7, gateways: vec![placed("pay", &[3, 2, 3, 1]), placed("far", &[2])] };
        let hosts = [
            ("hanse.localhost", "default"),
            ("pay.localhost", "pay"),
            ("far.localhost", "far"),
            ("new.localhost", "new"),
            ("far.localhost", "pay"),
        ];
        let hosts = hosts.map(|(host, gateway)| (host.to_owned(), Arc::from(gateway)));
        Directory::new(hosts.into(), &assignment, 1)
    }

    #[test]
    fn a_host_is_found_without_regard_to_case_port_and_final_dot() {
        let directory = directory();
        for host in ["pay.localhost", "PAY.localhost:8080", "pay.localhost.", "Pay.Localhost.:1"] {
            let entry = directory.gateway_of(host).expect(host);
            assert_eq!(&*entry.gateway, "pay", "{host}");
        }
        for host in ["", "localhost", "xpay.localhost", "pay.localhost.x", "pay.localhost..", ":80"] {
            assert!(directory.gateway_of(host).is_none(), "{host}");
        }
    }

    #[test]
    fn nodes_are_distinct_and_leave_this_one_out() {
        let directory = directory();
        let pay = directory.gateway("pay").expect("placed");
        assert_eq!((&*pay.nodes, pay.local, pay.generation), (&[2, 3][..], true, 7));
        let far = directory.gateway_of("far.localhost").expect("known");
        assert_eq!((&*far.gateway, &*far.nodes, far.local), ("far", &[2][..], false));
    }

    #[test]
    fn the_default_gateway_is_everywhere_and_a_new_one_nowhere() {
        let directory = directory();
        assert!(directory.gateway("default").expect("bound").local);
        let new = directory.gateway_of("new.localhost").expect("bound");
        assert!(!new.local && new.nodes.is_empty());
        assert_eq!(directory.gateways().count(), 4);
        assert_eq!(directory.generation(), 7);
    }
}
