//! Gateways, and what else belongs to the service.

use super::*;

#[test]
fn workspaces() {
    let check = |display_name: String, fields| {
        check(
            put("workspaces/new", Spec::Workspace(v1::Workspace { display_name, ..Default::default() })),
            fields,
        );
    };
    check(text(300), &[]);
    check(text(301), &["displayName"]);
    check(String::new(), &["displayName"]);
    check("a\nb".into(), &["displayName"]);
}

#[test]
fn gateways() {
    let check = |edit: &dyn Fn(&mut v1::Gateway), fields: &[&str]| {
        let mut spec = v1::Gateway { display_name: "G".into(), ..Default::default() };
        edit(&mut spec);
        check(put("gateways/new", Spec::Gateway(spec)), fields);
    };
    check(&|gateway| gateway.display_name = text(300), &[]);
    check(&|gateway| gateway.display_name = text(301), &["displayName"]);
    check(&|gateway| gateway.description = text(1_000), &[]);
    check(&|gateway| gateway.description = text(1_001), &["description"]);
    check(&|gateway| gateway.units = 12, &[]);
    check(&|gateway| gateway.units = 13, &["units"]);
    check(&|gateway| gateway.dedicated_to = "workspaces/w".into(), &[]);
    check(&|gateway| gateway.dedicated_to = "w".into(), &["dedicatedTo"]);
    check(&|gateway| gateway.virtual_network_type = "Internal".into(), &[]);
    check(&|gateway| gateway.virtual_network_type = "internal".into(), &["virtualNetworkType"]);
    check(&|gateway| gateway.location = text(256), &[]);
    check(&|gateway| gateway.location = text(257), &["location"]);
    let hosts = |count: usize| -> Vec<String> { (0..count).map(|index| format!("h{index}.test")).collect() };
    check(&|gateway| gateway.hostnames = hosts(100), &[]);
    check(&|gateway| gateway.hostnames = hosts(101), &["hostnames"]);
    check(&|gateway| gateway.hostnames = vec!["A.test".into(), "a.TEST".into()], &["hostnames"]);
    for bad in ["", "a b", "-a.test", "a..b", "a.test:80", &format!("{}.test", "a".repeat(64))] {
        check(&|gateway| gateway.hostnames = vec![bad.into()], &["hostnames"]);
    }
    check(&|gateway| gateway.hostnames = vec![format!("{}.test", "a".repeat(63))], &[]);
}

#[test]
fn gateway_links() {
    check(link("gateways/g/links/new", "w"), &[]);
    check(link("gateways/g/links/new", "none"), &["workspace"]);
    check(link("gateways/g/links/new", ""), &["workspace"]);
    check(link("gateways/none/links/new", "w"), &[""]);
    check(link("gateways/default/links/new", ""), &[]);
}
