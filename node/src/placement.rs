//! Placement: which node runs which unit, as a pure function.
//!
//! One idea: start from the assignment that is, move as little as possible, and end balanced and
//! spread over zones. The same input gives the same answer on every node.

use hanse_proto::v1;
use std::collections::BTreeMap;

/// A gateway and how many units it should have. The default gateway is not placed: it runs everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayNeed {
    /// Id, in lower case.
    pub gateway: String,
    /// Units, 1 or more.
    pub units: usize,
}

/// A live node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Raft id.
    pub id: u64,
    /// Zone; empty counts as a zone of its own name.
    pub zone: String,
    /// No unit is placed on it, and none stays.
    pub is_cordoned: bool,
}

/// The assignment that `needs` should have on the live `nodes`, or `None` when `current` is it.
///
/// Units stay where they are while their node is live; a unit more is placed on the node with the
/// fewest units of this gateway, then in the zone with the fewest of it, then with the fewest units
/// at all, then the lowest id. A unit moves from a live node only to even out a difference of two or
/// more. Units leave a cordoned node. Without a live node that takes units nothing changes: what is
/// cordoned serves on until there is another.
pub fn place(needs: &[GatewayNeed], nodes: &[Candidate], current: &v1::Assignment) -> Option<v1::Assignment> {
    let nodes: Vec<&Candidate> = nodes.iter().filter(|node| !node.is_cordoned).collect();
    if nodes.is_empty() {
        return None;
    }
    let before: BTreeMap<&str, &[u64]> =
        current.gateways.iter().map(|it| (it.gateway.as_str(), it.nodes.as_slice())).collect();
    let mut load: BTreeMap<u64, usize> = nodes.iter().map(|node| (node.id, 0)).collect();
    let mut placed: BTreeMap<&str, Vec<u64>> = BTreeMap::new();

    for need in needs {
        let kept: Vec<u64> = before
            .get(need.gateway.as_str())
            .into_iter()
            .flat_map(|nodes| nodes.iter().copied())
            .filter(|node| load.contains_key(node))
            .take(need.units)
            .collect();
        for node in &kept {
            *load.get_mut(node).expect("kept units are on live nodes") += 1;
        }
        placed.insert(&need.gateway, kept);
    }
    for need in needs {
        let units = placed.get_mut(need.gateway.as_str()).expect("inserted above");
        while units.len() < need.units {
            let node = best(&nodes, units, &load);
            *load.get_mut(&node).expect("a candidate") += 1;
            units.push(node);
        }
    }
    level(needs, &nodes, &mut placed, &mut load);

    let gateways: Vec<v1::GatewayAssignment> = placed
        .into_iter()
        .map(|(gateway, nodes)| v1::GatewayAssignment { gateway: gateway.to_owned(), nodes })
        .collect();
    if gateways == current.gateways {
        return None;
    }
    Some(v1::Assignment { generation: current.generation + 1, gateways })
}

/// The node that one more unit of a gateway should go to.
fn best(nodes: &[&Candidate], units: &[u64], load: &BTreeMap<u64, usize>) -> u64 {
    let zone_of = |id: u64| nodes.iter().find(|node| node.id == id).map_or("", |node| node.zone.as_str());
    nodes
        .iter()
        .min_by_key(|node| {
            let same_node = units.iter().filter(|unit| **unit == node.id).count();
            let same_zone = units.iter().filter(|unit| zone_of(**unit) == node.zone).count();
            (same_node, same_zone, load[&node.id], node.id)
        })
        .expect("place returns early without nodes")
        .id
}

/// Evens out the nodes' loads, one unit at a time, at most once for every unit there is.
fn level(
    needs: &[GatewayNeed],
    nodes: &[&Candidate],
    placed: &mut BTreeMap<&str, Vec<u64>>,
    load: &mut BTreeMap<u64, usize>,
) {
    let moves_max: usize = load.values().sum();
    for _ in 0..moves_max {
        let (&from, &most) =
            load.iter().max_by_key(|(id, units)| (**units, u64::MAX - **id)).expect("nodes are not empty");
        let (&to, &least) =
            load.iter().min_by_key(|(id, units)| (**units, **id)).expect("nodes are not empty");
        if most < least + 2 {
            return;
        }
        // A gateway that has no unit on the target yet, so that spreading is kept.
        let Some(units) = needs.iter().find_map(|need| {
            let units = &placed[need.gateway.as_str()];
            (units.contains(&from) && !units.contains(&to)).then_some(need.gateway.as_str())
        }) else {
            return;
        };
        let units = placed.get_mut(units).expect("found above");
        let slot = units.iter().position(|unit| *unit == from).expect("found above");
        units[slot] = to;
        debug_assert!(nodes.iter().any(|node| node.id == to));
        *load.get_mut(&from).expect("a candidate") -= 1;
        *load.get_mut(&to).expect("a candidate") += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(all: &[(&str, usize)]) -> Vec<GatewayNeed> {
        all.iter().map(|(gateway, units)| GatewayNeed { gateway: (*gateway).into(), units: *units }).collect()
    }

    fn nodes(all: &[(u64, &str)]) -> Vec<Candidate> {
        all.iter().map(|(id, zone)| Candidate { id: *id, zone: (*zone).into(), is_cordoned: false }).collect()
    }

    fn shown(assignment: &v1::Assignment) -> String {
        assignment
            .gateways
            .iter()
            .map(|it| format!("{}={:?}", it.gateway, it.nodes))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn units_spread_over_nodes_and_zones() {
        let three = nodes(&[(1, "a"), (2, "a"), (3, "b")]);
        let placed = place(&needs(&[("x", 2), ("y", 3)]), &three, &v1::Assignment::default());
        assert_eq!(shown(&placed.expect("a first assignment")), "x=[1, 3] y=[2, 3, 1]");
    }

    #[test]
    fn nothing_moves_without_need() {
        let three = nodes(&[(1, ""), (2, ""), (3, "")]);
        let needs = needs(&[("x", 2), ("y", 1)]);
        let first = place(&needs, &three, &v1::Assignment::default()).expect("a first assignment");
        assert_eq!(first.generation, 1);
        assert_eq!(place(&needs, &three, &first), None);
    }

    #[test]
    fn only_the_units_of_a_dead_node_move() {
        let needs = needs(&[("x", 1), ("y", 1), ("z", 1)]);
        let all = nodes(&[(1, ""), (2, ""), (3, "")]);
        let first = place(&needs, &all, &v1::Assignment::default()).expect("a first assignment");
        assert_eq!(shown(&first), "x=[1] y=[2] z=[3]");
        let second = place(&needs, &nodes(&[(1, ""), (3, "")]), &first).expect("y has to move");
        assert_eq!(shown(&second), "x=[1] y=[1] z=[3]");
        let third = place(&needs, &all, &second).expect("node 2 is idle");
        assert_eq!(shown(&third), "x=[2] y=[1] z=[3]");
    }

    #[test]
    fn units_leave_a_cordoned_node_and_come_back() {
        let needs = needs(&[("x", 2), ("y", 1), ("z", 1)]);
        let mut all = nodes(&[(1, "a"), (2, "b"), (3, "c")]);
        let first = place(&needs, &all, &v1::Assignment::default()).expect("a first assignment");
        assert_eq!(shown(&first), "x=[1, 2] y=[3] z=[1]");
        all[0].is_cordoned = true;
        let second = place(&needs, &all, &first).expect("node 1 is emptied");
        assert_eq!(shown(&second), "x=[2, 3] y=[3] z=[2]");
        assert_eq!(place(&needs, &all, &second), None);
        all[1].is_cordoned = true;
        let third = place(&needs, &all, &second).expect("node 2 is emptied");
        assert_eq!(shown(&third), "x=[3, 3] y=[3] z=[3]");
        all[2].is_cordoned = true;
        assert_eq!(place(&needs, &all, &third), None, "better a cordoned node than none");
        all.iter_mut().for_each(|node| node.is_cordoned = false);
        let last = place(&needs, &all, &third).expect("nodes 1 and 2 are idle");
        assert!(last.gateways.iter().flat_map(|it| &it.nodes).filter(|node| **node == 3).count() <= 2);
    }

    #[test]
    fn without_live_nodes_nothing_changes() {
        assert_eq!(place(&needs(&[("x", 1)]), &[], &v1::Assignment::default()), None);
    }

    #[test]
    fn more_units_than_nodes_share_nodes() {
        let placed = place(&needs(&[("x", 5)]), &nodes(&[(1, ""), (2, "")]), &v1::Assignment::default());
        assert_eq!(shown(&placed.expect("placed")), "x=[1, 2, 1, 2, 1]");
    }

    #[test]
    fn a_gateway_that_is_gone_loses_its_units() {
        let two = nodes(&[(1, ""), (2, "")]);
        let first = place(&needs(&[("x", 1), ("y", 1)]), &two, &v1::Assignment::default()).expect("placed");
        let second = place(&needs(&[("y", 1)]), &two, &first).expect("changed");
        assert_eq!(shown(&second), "y=[2]");
    }
}
