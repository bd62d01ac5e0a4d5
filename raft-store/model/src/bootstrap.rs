//! The first command of a cluster: its facts, and the gateway and the groups that always exist.
//!
//! Must not run twice: everything else rests on these facts staying as they are.

use crate::keys;
use crate::kinds::{self, BUILT_IN_GROUPS, DEFAULT_GATEWAY};
use crate::put;
use crate::read::{Read, Table};
use crate::session::Session;
use crate::stored::{ClusterInfo, ClusterRow};
use crate::violation::code;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{BootstrapCommand, ChangeResult, Gateway, Group, Put, Resource};
use hanse_proto::{FEATURE_LEVEL, Kind, Name};
use prost::Message as _;

/// Leaves room for the labels of default hostnames within the 253 characters of a hostname.
const BASE_DOMAIN_CHARS_MAX: usize = 180;
const CLUSTER_ID_CHARS_MAX: usize = 100;
const SERVICE_NAME_CHARS_MAX: usize = 50;
/// What the built-in groups are, in their order.
const GROUP_DESCRIPTIONS: [&str; 3] = [
    "Who manages the service",
    "Users who have signed in to the developer portal",
    "Visitors of the developer portal who have not signed in",
];

pub(crate) fn decide<R: Read>(
    session: &mut Session<'_, R>,
    bootstrap: &BootstrapCommand,
) -> Result<Vec<ChangeResult>, R::Error> {
    if session.tables.get(Table::Meta, keys::STATE)?.is_some() {
        let message = "the store is not empty; a cluster is made once".to_owned();
        session.report(
            code::CONFLICT,
            "",
            "",
            message,
            "join this cluster, or begin with an empty data directory",
        );
        return Ok(Vec::new());
    }
    check(session, bootstrap);
    if !session.violations.is_empty() {
        return Ok(Vec::new());
    }
    let row = ClusterRow {
        feature_level: FEATURE_LEVEL,
        cluster_id: bootstrap.cluster_id.clone(),
        service_name: bootstrap.service_name.clone(),
        base_domain: bootstrap.base_domain.clone(),
    };
    session.tables.set(Table::Meta, keys::CLUSTER.to_vec(), Some(row.encode_to_vec()));
    session.cluster = Some(ClusterInfo {
        cluster_id: row.cluster_id,
        service_name: row.service_name,
        base_domain: row.base_domain,
    });

    let mut results = Vec::new();
    for (id, description) in BUILT_IN_GROUPS.iter().zip(GROUP_DESCRIPTIONS) {
        let group = Group {
            display_name: id[..1].to_uppercase() + &id[1..],
            description: description.to_owned(),
            r#type: "system".to_owned(),
            ..Group::default()
        };
        results.push(create(session, Kind::Group, id, Spec::Group(group))?);
    }
    let gateway = Gateway { display_name: "Default".to_owned(), ..Gateway::default() };
    results.push(create(session, Kind::Gateway, DEFAULT_GATEWAY, Spec::Gateway(gateway))?);
    Ok(results)
}

fn create<R: Read>(
    session: &mut Session<'_, R>,
    kind: Kind,
    id: &str,
    spec: Spec,
) -> Result<ChangeResult, R::Error> {
    let name = Name::parse(&format!("{}/{id}", kind.collection()))
        .expect("the names of what always exists are well formed");
    let resource = Resource { name: name.as_str().to_owned(), spec: Some(spec), ..Resource::default() };
    put::carry_out(session, &name, &Put { resource: Some(resource), ..Put::default() })
}

fn check<R: Read>(session: &mut Session<'_, R>, bootstrap: &BootstrapCommand) {
    let id_chars = bootstrap.cluster_id.chars().count();
    if id_chars == 0 || id_chars > CLUSTER_ID_CHARS_MAX {
        let message = format!("{id_chars} characters; 1 to {CLUSTER_ID_CHARS_MAX} are allowed");
        session.report(code::INVALID, "", "clusterId", message, "");
    }
    let service = &bootstrap.service_name;
    let is_label =
        kinds::is_hostname(service) && !service.contains('.') && service.len() <= SERVICE_NAME_CHARS_MAX;
    if !is_label || !service.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let message = format!(
            "`{service}` is no service name; 1 to {SERVICE_NAME_CHARS_MAX} letters, digits and inner hyphens are \
             allowed, a letter first"
        );
        session.report(code::INVALID, "", "serviceName", message, "");
    }
    let domain = &bootstrap.base_domain;
    if !kinds::is_hostname(domain) || domain.len() > BASE_DOMAIN_CHARS_MAX {
        let message = format!("`{domain}` is no domain of at most {BASE_DOMAIN_CHARS_MAX} characters");
        session.report(code::INVALID, "", "baseDomain", message, "write it as in `apis.example.com`");
    }
}
