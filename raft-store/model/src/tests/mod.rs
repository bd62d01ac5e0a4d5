//! A small world to put commands to, and the cases that use it.
//!
//! Every accepted command is written and then checked against what must always hold: the Index
//! table is exactly what the resources imply, and the feed says what happened.

mod builders;
mod cascade;
mod commands;
mod costs;
mod deletes;
mod feed;
mod history;
mod invariants;
mod kinds;
mod limits;
mod owners;
mod paths;
mod queries;
mod random;
mod revisions;
mod scale;
mod self_service;
mod switches;
mod tables;

use crate::counts::{self, Counter};
use crate::stored::CountRow;
use crate::view::View;
use crate::{Accepted, Bounds, Decision, MemoryTables, Read, Table, apply_with, index, keys, stored};
pub(crate) use builders::*;
use hanse_proto::v1::admitted_change::Change;
use hanse_proto::v1::resource::Spec;
use hanse_proto::v1::{
    self, Account, AdmittedChange, ApplyCommand, BootstrapCommand, Command, Delete, Facts, Principal,
    PurgeCommand, Put, Resource, Sealed, StoredResource, SystemPrincipal, Violation, command, principal::Who,
};
use hanse_proto::{FEATURE_LEVEL, Name};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct World {
    pub tables: MemoryTables,
    pub revision: u64,
    pub now_ms: i64,
    pub bounds: Bounds,
}

pub(crate) fn administrator() -> Principal {
    let account = Account { id: "ann".into(), groups: vec!["administrators".into()], expires_at_ms: 0 };
    Principal { who: Some(Who::Account(account)) }
}

pub(crate) fn system() -> Principal {
    Principal { who: Some(Who::System(SystemPrincipal { node: "1".into() })) }
}

impl World {
    /// A cluster that has been bootstrapped and holds nothing else.
    pub(crate) fn new() -> World {
        let mut world = World::empty();
        let bootstrap = BootstrapCommand {
            cluster_id: "c1".into(),
            service_name: "hanse".into(),
            base_domain: "example.com".into(),
        };
        world.accepted(world.by_system(command::Action::Bootstrap(bootstrap)));
        world
    }

    pub(crate) fn empty() -> World {
        World {
            tables: MemoryTables::new(),
            revision: 0,
            now_ms: 1_700_000_000_000,
            bounds: Bounds::default(),
        }
    }

    pub(crate) fn command(&self, changes: Vec<AdmittedChange>) -> Command {
        Command {
            feature_level: FEATURE_LEVEL,
            at_ms: self.now_ms,
            principal: Some(administrator()),
            action: Some(command::Action::Apply(ApplyCommand { changes, ..Default::default() })),
            ..Command::default()
        }
    }

    pub(crate) fn by_system(&self, action: command::Action) -> Command {
        Command { principal: Some(system()), action: Some(action), ..self.command(Vec::new()) }
    }

    /// Decides, and writes what was accepted.
    pub(crate) fn decide(&mut self, command: &Command) -> Decision {
        self.revision += 1;
        let Ok(decision) = apply_with(&self.tables, command, self.revision, &self.bounds);
        if let Decision::Accepted(accepted) = &decision {
            self.tables.write(&accepted.writes);
            check_index(&self.tables);
            check_counts(&self.tables);
        }
        decision
    }

    pub(crate) fn accepted(&mut self, command: Command) -> Accepted {
        match self.decide(&command) {
            Decision::Accepted(accepted) => accepted,
            Decision::Rejected(rejection) => panic!("rejected: {:#?}", rejection.violations),
        }
    }

    pub(crate) fn rejected(&mut self, command: Command) -> Vec<Violation> {
        match self.decide(&command) {
            Decision::Accepted(accepted) => panic!("accepted: {:#?}", accepted.applied),
            Decision::Rejected(rejection) => rejection.violations,
        }
    }

    pub(crate) fn ok(&mut self, changes: Vec<AdmittedChange>) -> Accepted {
        let command = self.command(changes);
        self.accepted(command)
    }

    pub(crate) fn refused(&mut self, changes: Vec<AdmittedChange>) -> Vec<Violation> {
        let command = self.command(changes);
        self.rejected(command)
    }

    /// Refused for one reason, with this code, and these words in the message.
    #[track_caller]
    pub(crate) fn refused_once(&mut self, changes: Vec<AdmittedChange>, code: &str, part: &str) {
        let violations = self.refused(changes);
        assert_eq!(violations.len(), 1, "{violations:#?}");
        assert_eq!(violations[0].code, code, "{violations:#?}");
        assert!(violations[0].message.contains(part), "{violations:#?}");
    }

    pub(crate) fn get(&self, name: &str) -> Option<StoredResource> {
        let Ok(stored) = crate::get(&self.tables, &Name::parse(name).expect(name));
        stored
    }

    pub(crate) fn spec(&self, name: &str) -> Spec {
        self.get(name).and_then(|stored| stored.resource).and_then(|resource| resource.spec).expect(name)
    }

    pub(crate) fn etag(&self, name: &str) -> String {
        self.get(name).and_then(|stored| stored.resource).expect(name).etag
    }

    pub(crate) fn purge(&mut self, root: &str) -> Accepted {
        let purge = PurgeCommand { root: root.into() };
        self.accepted(self.by_system(command::Action::Purge(purge)))
    }
}

/// The Index table holds what the resources imply, and nothing else.
pub(crate) fn check_index(tables: &MemoryTables) {
    let Ok(resources) = tables.range(Table::Resources, &[], &[], usize::MAX);
    let implied: BTreeSet<Vec<u8>> =
        resources.iter().flat_map(|(_, value)| index::rows(&stored::decode(value))).collect();
    let Ok(rows) = tables.range(Table::Index, &[], &[], usize::MAX);
    let present: BTreeSet<Vec<u8>> = rows.into_iter().map(|(key, _)| key).collect();
    assert_eq!(present, implied);
}

/// The counters say what a count of the visible resources says, and nothing else is counted, but for
/// what waits to be purged.
pub(crate) fn check_counts(tables: &MemoryTables) {
    let Ok(view) = View::open(tables);
    let is_visible = |key: &[u8]| view.hidden_by(key) == Ok(None);
    let Ok(resources) = tables.range(Table::Resources, &[], &[], usize::MAX);
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for (_, value) in resources.iter().filter(|(key, _)| is_visible(key)) {
        for Counter { holder, collection } in counts::counters(&stored::decode(value)) {
            *counted.entry(keys::text(&keys::count(&holder, collection))).or_default() += 1;
        }
    }
    let Ok(rows) = tables.range(Table::Meta, b"count/", b"count0", usize::MAX);
    let mut present = BTreeMap::new();
    for (key, value) in rows {
        let row: CountRow = stored::decode(&value);
        let holder = key["count/".len()..].rsplitn(2, |byte| *byte == 0).nth(1).unwrap_or_default();
        if is_visible(holder) {
            present.insert(keys::text(&key), row.count);
        }
    }
    assert_eq!(present, counted);
}

pub(crate) fn actions(accepted: &Accepted) -> Vec<&str> {
    accepted.applied.results.iter().map(|result| result.action.as_str()).collect()
}

/// `action name` of every record that the command added to the feed.
pub(crate) fn recorded(accepted: &Accepted) -> Vec<String> {
    accepted.changes.iter().map(|change| format!("{} {}", change.action, change.name)).collect()
}

pub(crate) fn put(name: &str, spec: Spec) -> AdmittedChange {
    let resource = Resource { name: name.into(), spec: Some(spec), ..Resource::default() };
    AdmittedChange {
        change: Some(Change::Put(Put { resource: Some(resource), ..Put::default() })),
        if_etag: String::new(),
    }
}

pub(crate) fn user(name: &str) -> AdmittedChange {
    let spec = v1::User {
        email: format!("{}@example.com", name.rsplit('/').next().unwrap_or_default()),
        first_name: "A".into(),
        last_name: "B".into(),
        ..Default::default()
    };
    put(name, Spec::User(spec))
}

pub(crate) fn delete(name: &str) -> AdmittedChange {
    AdmittedChange {
        change: Some(Change::Delete(Delete { name: name.into(), cascade: false })),
        if_etag: String::new(),
    }
}

pub(crate) fn if_etag(etag: &str, change: AdmittedChange) -> AdmittedChange {
    AdmittedChange { if_etag: etag.into(), ..change }
}

pub(crate) fn sealed(value: &str) -> Sealed {
    Sealed {
        key_id: 1,
        ciphertext: format!("sealed {value}").into_bytes(),
        fingerprint: value.as_bytes().to_vec(),
    }
}

pub(crate) fn with_secret(mut change: AdmittedChange, path: &str, value: &str) -> AdmittedChange {
    let Some(Change::Put(put)) = &mut change.change else { panic!("secrets belong to puts") };
    put.secrets.insert(path.into(), sealed(value));
    change
}

pub(crate) fn with_facts(
    mut change: AdmittedChange,
    references: &[&str],
    named_values: &[&str],
) -> AdmittedChange {
    let Some(Change::Put(put)) = &mut change.change else { panic!("facts belong to puts") };
    put.facts = Some(Facts {
        references: references.iter().map(ToString::to_string).collect(),
        named_values: named_values.iter().map(ToString::to_string).collect(),
        base_sections: vec!["inbound".into()],
    });
    change
}

pub(crate) fn workspace(id: &str) -> AdmittedChange {
    let spec = v1::Workspace { display_name: id.into(), ..Default::default() };
    put(&format!("workspaces/{id}"), Spec::Workspace(spec))
}

pub(crate) fn api_spec(path: &str) -> v1::Api {
    v1::Api { path: path.into(), display_name: "An API".into(), ..Default::default() }
}

pub(crate) fn api(name: &str, path: &str) -> AdmittedChange {
    put(name, Spec::Api(api_spec(path)))
}

pub(crate) fn operation(name: &str, method: &str, url_template: &str) -> AdmittedChange {
    let names = url_template.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let parameter = |name: &str| v1::Parameter {
        name: name.trim_start_matches('*').into(),
        r#type: "string".into(),
        ..Default::default()
    };
    let spec = v1::Operation {
        display_name: "An operation".into(),
        method: method.into(),
        url_template: url_template.into(),
        template_parameters: names.map(parameter).collect(),
        ..Default::default()
    };
    put(name, Spec::Operation(spec))
}

pub(crate) fn product(name: &str, display_name: &str) -> AdmittedChange {
    put(name, Spec::Product(v1::Product { display_name: display_name.into(), ..Default::default() }))
}

pub(crate) fn open_product(name: &str, display_name: &str) -> AdmittedChange {
    let spec = v1::Product {
        display_name: display_name.into(),
        subscription_required: Some(false),
        ..Default::default()
    };
    put(name, Spec::Product(spec))
}

pub(crate) fn product_link(name: &str, api_id: &str) -> AdmittedChange {
    put(name, Spec::ProductApiLink(v1::ProductApiLink { api_id: api_id.into() }))
}

/// A subscription whose keys are made of its name.
pub(crate) fn subscription(name: &str, scope: &str, state: &str) -> AdmittedChange {
    let spec = v1::Subscription {
        scope: scope.into(),
        display_name: "A subscription".into(),
        state: state.into(),
        ..Default::default()
    };
    let change = with_secret(put(name, Spec::Subscription(spec)), "primaryKey", &format!("{name}-1"));
    with_secret(change, "secondaryKey", &format!("{name}-2"))
}

pub(crate) fn backend_spec() -> v1::Backend {
    v1::Backend { url: "http://backend.test".into(), protocol: "http".into(), ..Default::default() }
}

pub(crate) fn backend(name: &str) -> AdmittedChange {
    put(name, Spec::Backend(backend_spec()))
}

pub(crate) fn pool(name: &str, members: &[&str]) -> AdmittedChange {
    let member = |id: &&str| v1::BackendPoolMember { id: (*id).to_owned(), ..Default::default() };
    let pool = v1::BackendPool { services: members.iter().map(member).collect(), ..Default::default() };
    put(name, Spec::Backend(v1::Backend { r#type: "Pool".into(), pool: Some(pool), ..Default::default() }))
}

pub(crate) fn named_value(name: &str, display_name: &str, value: &str) -> AdmittedChange {
    let spec =
        v1::NamedValue { display_name: display_name.into(), value: value.into(), ..Default::default() };
    put(name, Spec::NamedValue(spec))
}

pub(crate) fn policy(name: &str) -> AdmittedChange {
    put(name, Spec::Policy(v1::Policy { value: "<policies/>".into(), ..Default::default() }))
}

pub(crate) fn gateway(id: &str) -> AdmittedChange {
    let spec = v1::Gateway { display_name: id.into(), ..Default::default() };
    put(&format!("gateways/{id}"), Spec::Gateway(spec))
}

pub(crate) fn dedicated(id: &str, workspace: &str) -> AdmittedChange {
    let spec = v1::Gateway {
        display_name: id.into(),
        dedicated_to: format!("workspaces/{workspace}"),
        ..Default::default()
    };
    put(&format!("gateways/{id}"), Spec::Gateway(spec))
}

/// Links a workspace, or the service when it is empty.
pub(crate) fn link(name: &str, workspace: &str) -> AdmittedChange {
    let workspace = if workspace.is_empty() { String::new() } else { format!("workspaces/{workspace}") };
    put(name, Spec::GatewayLink(v1::GatewayLink { workspace, ..Default::default() }))
}
