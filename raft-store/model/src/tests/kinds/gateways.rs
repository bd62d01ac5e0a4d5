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

#[test]
fn hostname_bindings() {
    let bind = |hostname: &str| binding("gateways/g/hostnameBindings/new", hostname);
    check(bind("api.test"), &[]);
    check(bind(&format!("{}.test", "a".repeat(63))), &[]);
    check(bind(&format!("{}.test", "a".repeat(64))), &["hostname"]);
    check(bind(""), &["hostname"]);
    check(bind("*.test"), &["hostname"]);
    check(bind("x.gateway.example.com"), &["hostname"]);
    check(bind("x.LINK.example.com"), &["hostname"]);
    check(bind("hanse.example.com"), &["hostname"]);
    check(binding("gateways/none/hostnameBindings/new", "api.test"), &[""]);
    let clear = |certificate: &str, password: &str| {
        let spec = v1::HostnameBinding {
            hostname: "api.test".into(),
            certificate: certificate.into(),
            password: password.into(),
            ..Default::default()
        };
        put("gateways/g/hostnameBindings/new", Spec::HostnameBinding(spec))
    };
    check(clear("plain", ""), &["certificate"]);
    check(clear("", "plain"), &["password"]);
}

#[test]
fn a_hostname_leads_to_one_place() {
    let mut world = World::new();
    let with_hostname = |id: &str, hostname: &str| {
        let spec =
            v1::Gateway { display_name: id.into(), hostnames: vec![hostname.into()], ..Default::default() };
        put(&format!("gateways/{id}"), Spec::Gateway(spec))
    };
    world.ok(vec![with_hostname("one", "one.test"), gateway("two")]);
    world.ok(vec![binding("gateways/one/hostnameBindings/b", "bound.test")]);
    let bind = |gateway: &str, hostname: &str| {
        binding(&format!("gateways/{gateway}/hostnameBindings/new"), hostname)
    };
    world.refused_once(vec![bind("two", "ONE.test")], code::CONFLICT, "taken by another gateway");
    world.refused_once(vec![bind("two", "Bound.test")], code::CONFLICT, "taken by another gateway");
    world.refused_once(vec![bind("one", "one.test")], code::CONFLICT, "taken by this gateway itself");
    world.refused_once(vec![with_hostname("two", "bound.test")], code::CONFLICT, "taken by another gateway");
    world.ok(vec![delete("gateways/one"), bind("two", "bound.test")]);
}

#[test]
fn portal_settings() {
    let check = |id: &str, edit: &dyn Fn(&mut v1::PortalSettings), fields: &[&str]| {
        let mut spec = v1::PortalSettings::default();
        edit(&mut spec);
        check(put(&format!("portalSettings/{id}"), Spec::PortalSettings(spec)), fields);
    };
    let terms = |chars: usize| v1::TermsOfService { text: text(chars), ..Default::default() };
    check("signin", &|settings| settings.enabled = true, &[]);
    check("signup", &|settings| settings.terms_of_service = Some(terms(100_000)), &[]);
    check("signup", &|settings| settings.terms_of_service = Some(terms(100_001)), &["termsOfService.text"]);
    check("signin", &|settings| settings.terms_of_service = Some(terms(1)), &["termsOfService"]);
    check("delegation", &|settings| settings.url = "https://login.test".into(), &[]);
    check("delegation", &|settings| settings.url = "login".into(), &["url"]);
    check("delegation", &|settings| settings.enabled = true, &["enabled"]);
    check("signup", &|settings| settings.url = "https://login.test".into(), &["url"]);
    check(
        "signin",
        &|settings| {
            settings.subscriptions = Some(v1::PortalDelegation::default());
            settings.user_registration = Some(v1::PortalDelegation::default());
        },
        &["subscriptions", "userRegistration"],
    );
    check("delegation", &|settings| settings.validation_key = "plain".into(), &["validationKey"]);
}

#[test]
fn nodes() {
    let check = |description: usize, zone: usize, fields: &[&str]| {
        let spec = v1::ClusterNode { description: text(description), zone: text(zone), ..Default::default() };
        check(put("nodes/1", Spec::ClusterNode(spec)), fields);
    };
    check(1_000, 100, &[]);
    check(1_001, 101, &["description", "zone"]);
}

#[test]
fn service_settings() {
    let check = |edit: &dyn Fn(&mut v1::ServiceSettings), fields: &[&str]| {
        let mut spec = v1::ServiceSettings::default();
        edit(&mut spec);
        check(put("settings/service", Spec::ServiceSettings(spec)), fields);
    };
    check(&|settings| settings.publisher_name = text(100), &[]);
    check(&|settings| settings.publisher_name = text(101), &["publisherName"]);
    check(&|settings| settings.publisher_email = "api@example.com".into(), &[]);
    check(&|settings| settings.publisher_email = "api".into(), &["publisherEmail"]);
    check(&|settings| settings.publisher_email = format!("{}@b.test", "e".repeat(94)), &["publisherEmail"]);
    check(&|settings| settings.names_unique_in = "Service".into(), &["namesUniqueIn"]);
    check(&|settings| settings.paths_unique_in = "workspace".into(), &["pathsUniqueIn"]);
}
