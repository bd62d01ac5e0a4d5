//! The shard controller: it follows the changes of the store and keeps this node's units, shards and
//! front door as they should be.
//!
//! One idea: one task owns all of it and works through revisions in order. What changed decides
//! which gateways are compiled again; what nothing here depends on costs a look at its name.

use crate::{
    aside::aside,
    directory::{self, GatewayView, named},
    state::Node,
};
use hanse_gateway::{
    compile::{Changed, compile},
    directory::Directory,
    report::UnitId,
    shard::Shard,
    spec::{SERVICE, SecretSpec, ShardSpec, SpecResource},
};
use hanse_proto::{Kind, Name, v1};
use hanse_raft_store::{Keyring, StoreError, View};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

/// Change records read at once.
const STEP: usize = 1_024;
/// How often stand-ins are reconsidered.
const STAND_IN_INTERVAL: Duration = Duration::from_millis(50);
/// How long an assigned unit must have been back before its stand-in stops.
const STAND_IN_LINGER: Duration = Duration::from_millis(500);

/// What keys of workspaces begin with.
const WORKSPACES: &str = "workspaces/";

/// Keeps the data plane of a node in step with its store.
pub struct ShardController {
    node: Arc<Node>,
    live: watch::Sender<u64>,
    gateways: BTreeMap<String, GatewayView>,
    assignment: v1::Assignment,
    directory: Arc<Directory>,
    /// What runs on this node, by gateway.
    hosted: BTreeMap<String, Hosted>,
    revision: u64,
}

/// A gateway that has units on this node.
struct Hosted {
    spec: ShardSpec,
    shard: Arc<Shard>,
    units: Vec<UnitId>,
    stand_in: Option<UnitId>,
    /// Since when an assigned unit has been reachable beside the stand-in.
    relieved: Option<Instant>,
}

/// What a batch of changes calls for.
#[derive(Default)]
struct Work {
    /// Placement changed, or something that only a look at everything tells.
    placement: bool,
    /// Gateways that changed themselves.
    gateways: BTreeMap<String, Name>,
    /// Links that came, went or changed.
    links: Vec<Name>,
    /// Changed keys by the workspace they are in; the service's under [`SERVICE`].
    keys: BTreeMap<String, Vec<String>>,
}

/// What differs for a gateway since it was compiled.
#[derive(Default)]
struct Differs {
    keys: Vec<String>,
    /// Its hostnames, or which workspaces it passes on.
    hosts: bool,
}

impl ShardController {
    /// A controller that has seen nothing yet; it reports the revision that all units run to `live`.
    pub fn new(node: Arc<Node>, live: watch::Sender<u64>) -> ShardController {
        ShardController {
            node,
            live,
            gateways: BTreeMap::new(),
            assignment: v1::Assignment::default(),
            directory: Arc::default(),
            hosted: BTreeMap::new(),
            revision: 0,
        }
    }

    /// Follows the store until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut applied = self.node.replica.applied();
        let mut stand_ins = tokio::time::interval(STAND_IN_INTERVAL);
        stand_ins.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.catch_up(true);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                changed = applied.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.catch_up(false);
                }
                _ = stand_ins.tick() => {
                    self.replace_ended_units();
                    self.review_stand_ins();
                }
            }
        }
    }

    /// Works through everything that has been applied since the last time.
    fn catch_up(&mut self, everything: bool) {
        let view = match self.node.view() {
            Ok(view) => view,
            Err(error) => return tracing::error!(%error, "the store cannot be read; units serve on"),
        };
        let target = view.revision();
        if target == self.revision && !everything {
            return;
        }
        let began = Instant::now();
        let done = aside(|| {
            if everything {
                return self.rebuild(&view);
            }
            match self.work_since(&view)? {
                Some(work) => self.carry_out(&view, work),
                // Further behind than the feed reaches back.
                None => self.rebuild(&view),
            }
        });
        tracing::debug!(revision = target, everything, took = ?began.elapsed(), "the data plane follows");
        match done {
            Ok(()) => {
                self.revision = target;
                self.live.send_replace(target);
            }
            Err(error) => tracing::error!(%error, "the store cannot be read; units serve on"),
        }
    }

    fn work_since(&self, view: &View) -> Result<Option<Work>, StoreError> {
        let mut work = Work::default();
        let mut after = self.revision;
        loop {
            let Ok(records) = hanse_model::changes_after(view, after, STEP)? else { return Ok(None) };
            let full = records.len() >= STEP;
            for record in records {
                after = record.revision;
                work.note(&record.name);
            }
            if !full {
                return Ok(Some(work));
            }
        }
    }

    fn carry_out(&mut self, view: &View, work: Work) -> Result<(), StoreError> {
        let mut changed = self.follow_gateways(view, &work)?;
        let reader = Reader { view, keyring: &self.node.keyring };
        for (id, hosted) in &mut self.hosted {
            let changed = changed.entry(id.clone()).or_default();
            for (workspace, keys) in &work.keys {
                let is_linked = hosted.spec.workspaces.contains(workspace.as_str());
                for key in keys {
                    let is_used = is_linked || (workspace == SERVICE && is_used_by_all(key));
                    if is_used {
                        reader.update(&mut hosted.spec, key)?;
                        changed.keys.push(key.clone());
                    }
                }
            }
            hosted.spec.revision = view.revision();
            if !changed.keys.is_empty() || changed.hosts {
                hosted.compile(id, Changed::Keys(&changed.keys));
                self.node.data_plane.publish(id, hosted.shard.clone());
            }
        }
        if work.has_topology() {
            self.bring_in_line(view)?;
        }
        Ok(())
    }

    /// Reads the gateways and links that changed, and what newly linked workspaces hold; the others stay as
    /// they are. What differs for the gateways that run here.
    fn follow_gateways(&mut self, view: &View, work: &Work) -> Result<BTreeMap<String, Differs>, StoreError> {
        let mut touched: BTreeSet<String> = work.gateways.keys().cloned().collect();
        for (id, name) in &work.gateways {
            match directory::gateway(view, name)? {
                Some(gateway) => _ = self.gateways.insert(id.clone(), gateway),
                None => _ = self.gateways.remove(id),
            }
        }
        for name in &work.links {
            let id = name.id_of(Kind::Gateway).unwrap_or_default().to_lowercase();
            let Some(gateway) = self.gateways.get_mut(&id) else { continue };
            match directory::link(view, name)? {
                Some(link) => _ = gateway.links.insert(name.key(), link),
                None => _ = gateway.links.remove(&name.key()),
            }
            touched.insert(id);
        }
        touched.extend(directory::invite(&mut self.gateways));
        let reader = Reader { view, keyring: &self.node.keyring };
        let mut differs = BTreeMap::new();
        for id in touched {
            let (Some(gateway), Some(hosted)) = (self.gateways.get(&id), self.hosted.get_mut(&id)) else {
                continue;
            };
            differs.insert(id, reader.relink(&mut hosted.spec, gateway)?);
        }
        Ok(differs)
    }

    /// Starts from nothing but what runs.
    fn rebuild(&mut self, view: &View) -> Result<(), StoreError> {
        self.gateways = directory::gateways(view)?;
        let reader = Reader { view, keyring: &self.node.keyring };
        for (id, hosted) in &mut self.hosted {
            let Some(gateway) = self.gateways.get(id) else { continue };
            hosted.spec = reader.read(gateway)?;
            hosted.compile(id, Changed::All);
            self.node.data_plane.publish(id, hosted.shard.clone());
        }
        self.bring_in_line(view)
    }

    /// Brings front door and units in line with gateways, links and placement.
    fn bring_in_line(&mut self, view: &View) -> Result<(), StoreError> {
        self.assignment = hanse_model::assignment(view)?;
        let reader = Reader { view, keyring: &self.node.keyring };
        for (id, gateway) in &self.gateways {
            if self.units_here(gateway) > 0 && !self.hosted.contains_key(id) {
                self.hosted.insert(id.clone(), Hosted::new(reader.read(gateway)?));
            }
        }
        // Units before the directory: the front door must find what it is told of.
        self.start_and_stop_units();
        self.directory =
            Arc::new(directory::directory(&self.gateways, &self.assignment, self.node.config.node_id));
        self.node.data_plane.set_directory(self.directory.clone());
        Ok(())
    }

    /// How many units of a gateway this node should run.
    fn units_here(&self, gateway: &GatewayView) -> usize {
        if gateway.is_default() {
            return self.node.host.units.cores();
        }
        let placed = self.assignment.gateways.iter().find(|placed| placed.gateway == gateway.id);
        let own = self.node.config.node_id;
        placed.map_or(0, |placed| placed.nodes.iter().filter(|node| **node == own).count())
    }

    fn start_and_stop_units(&mut self) {
        let wanted: BTreeMap<String, usize> =
            self.gateways.iter().map(|(id, gateway)| (id.clone(), self.units_here(gateway))).collect();
        let data_plane = &self.node.data_plane;
        for (id, hosted) in &mut self.hosted {
            let wanted = wanted.get(id).copied().unwrap_or(0);
            let name: Arc<str> = id.as_str().into();
            while hosted.units.len() < wanted {
                match data_plane.start_unit(&name, hosted.shard.clone(), false) {
                    Ok(unit) => hosted.units.push(unit),
                    Err(error) => {
                        tracing::error!(gateway = %id, %error, "a unit cannot be started");
                        break;
                    }
                }
            }
            while hosted.units.len() > wanted {
                let unit = hosted.units.pop().expect("there are more than wanted");
                data_plane.stop_unit(unit);
            }
            if wanted > 0
                && let Some(stand_in) = hosted.stand_in.take()
            {
                data_plane.stop_unit(stand_in);
            }
        }
        let gone = |id: &String| !wanted.contains_key(id);
        for (_, hosted) in self.hosted.iter().filter(|(id, _)| gone(id)) {
            if let Some(stand_in) = &hosted.stand_in {
                data_plane.stop_unit(*stand_in);
            }
        }
        self.hosted.retain(|id, hosted| !gone(id) && (!hosted.units.is_empty() || hosted.stand_in.is_some()));
    }

    /// A unit should never end by itself; one that did is started anew.
    fn replace_ended_units(&mut self) {
        let running: BTreeSet<u64> = self.node.data_plane.units().iter().map(|unit| unit.id.0).collect();
        let mut ended = false;
        for (gateway, hosted) in &mut self.hosted {
            let before = hosted.units.len();
            hosted.units.retain(|unit| running.contains(&unit.0));
            if hosted.units.len() < before {
                tracing::error!(%gateway, "a unit has ended and is started anew");
                ended = true;
            }
            if hosted.stand_in.is_some_and(|unit| !running.contains(&unit.0)) {
                hosted.stand_in = None;
                ended = true;
            }
        }
        if ended {
            self.start_and_stop_units();
        }
    }

    /// Starts a unit in place of those that cannot be reached, and stops it when they are back.
    fn review_stand_ins(&mut self) {
        for entry in self.directory.clone().gateways() {
            if entry.local || entry.nodes.is_empty() {
                continue;
            }
            let peers = &self.node.peers;
            let is_lost = entry.nodes.iter().all(|node| !peers.is_reachable(*node));
            let hosted = self.hosted.get_mut(&*entry.gateway);
            match hosted {
                None if is_lost => self.stand_in(&entry.gateway),
                Some(hosted) if hosted.stand_in.is_some() && !is_lost => {
                    let since = *hosted.relieved.get_or_insert_with(Instant::now);
                    if since.elapsed() >= STAND_IN_LINGER {
                        let unit = hosted.stand_in.take().expect("checked above");
                        tracing::info!(gateway = %entry.gateway, "an assigned unit is back; the stand-in stops");
                        self.node.data_plane.stop_unit(unit);
                        self.hosted.remove(&*entry.gateway);
                    }
                }
                Some(hosted) => hosted.relieved = None,
                None => {}
            }
        }
    }

    fn stand_in(&mut self, gateway: &Arc<str>) {
        let Some(found) = self.gateways.get(&**gateway) else { return };
        let spec =
            self.node.view().and_then(|view| Reader { view: &view, keyring: &self.node.keyring }.read(found));
        let mut hosted = match spec {
            Ok(spec) => Hosted::new(spec),
            Err(error) => return tracing::error!(%gateway, %error, "a stand-in cannot read its shard"),
        };
        match self.node.data_plane.start_unit(gateway, hosted.shard.clone(), true) {
            Ok(unit) => {
                tracing::warn!(%gateway, "no assigned unit can be reached; a stand-in serves");
                hosted.stand_in = Some(unit);
                self.hosted.insert(gateway.to_string(), hosted);
            }
            Err(error) => tracing::error!(%gateway, %error, "a stand-in cannot be started"),
        }
    }
}

// === impl Work ===

impl Work {
    fn note(&mut self, name: &str) {
        let Ok(name) = Name::parse(name) else {
            self.placement = true;
            return;
        };
        match name.kind() {
            Kind::Gateway => _ = self.gateways.insert(name.id().to_lowercase(), name),
            Kind::GatewayLink => self.links.push(name),
            // They are read with their gateway.
            Kind::HostnameBinding => {
                let gateway = name.parent().expect("a binding is below a gateway");
                self.gateways.insert(gateway.id().to_lowercase(), gateway);
            }
            // What goes along with a workspace, its links and its own gateway, has records of its own.
            _ => {
                let workspace = name.workspace().unwrap_or(SERVICE).to_lowercase();
                self.keys.entry(workspace).or_default().push(name.key());
            }
        }
    }

    fn has_topology(&self) -> bool {
        self.placement || !self.gateways.is_empty() || !self.links.is_empty()
    }
}

/// What of the service is read where its own APIs are served.
const OF_SERVICE: [Kind; 3] = [Kind::Api, Kind::ApiVersionSet, Kind::Product];
/// What of the service, with what is below it, matters to every gateway.
const OF_ALL: [Kind; 13] = [
    Kind::Policy,
    Kind::PolicyFragment,
    Kind::NamedValue,
    Kind::Backend,
    Kind::Cache,
    Kind::Logger,
    Kind::Schema,
    Kind::User,
    Kind::Group,
    Kind::Certificate,
    Kind::CaCertificate,
    Kind::TokenSource,
    Kind::AuthorizationProvider,
];

/// Whether a resource of the service matters to every gateway.
fn is_used_by_all(key: &str) -> bool {
    let collection = key.split('/').next().unwrap_or_default();
    OF_ALL.iter().any(|kind| kind.collection() == collection)
}

// === impl Hosted ===

impl Hosted {
    fn new(spec: ShardSpec) -> Hosted {
        let compiled = compile(None, &spec, Changed::All);
        report(&spec.gateway, &compiled.findings);
        Hosted { shard: compiled.shard, spec, units: Vec::new(), stand_in: None, relieved: None }
    }

    fn compile(&mut self, gateway: &str, changed: Changed<'_>) {
        let compiled = compile(Some(&self.shard), &self.spec, changed);
        report(gateway, &compiled.findings);
        self.shard = compiled.shard;
    }
}

fn report(gateway: &str, findings: &[(String, String)]) {
    for (key, message) in findings {
        tracing::warn!(gateway, resource = %key, %message, "a resource cannot be served as it is");
    }
}

// === Reading specs ===

/// Reads what a shard is made of, secrets opened where the data plane needs them.
struct Reader<'a> {
    view: &'a View,
    keyring: &'a Keyring,
}

impl Reader<'_> {
    fn read(&self, gateway: &GatewayView) -> Result<ShardSpec, StoreError> {
        let mut spec = ShardSpec {
            gateway: gateway.id.as_str().into(),
            revision: self.view.revision(),
            hosts: gateway.bindings().into(),
            workspaces: gateway.linked(),
            passes_on: gateway.passes_on(),
            resources: BTreeMap::new(),
        };
        for workspace in gateway.linked().iter().filter(|id| &***id != SERVICE) {
            self.insert_workspace(&mut spec, workspace)?;
        }
        self.insert_service(&mut spec)?;
        Ok(spec)
    }

    /// Brings hosts and linked workspaces of a spec up to date, and reads those that are new in it.
    fn relink(&self, spec: &mut ShardSpec, gateway: &GatewayView) -> Result<Differs, StoreError> {
        let mut differs = Differs::default();
        let hosts = gateway.bindings();
        if *spec.hosts != *hosts {
            spec.hosts = hosts.into();
            differs.hosts = true;
        }
        let passes_on = gateway.passes_on();
        if spec.passes_on != passes_on {
            spec.passes_on = passes_on;
            differs.hosts = true;
        }
        let linked = gateway.linked();
        let before = std::mem::replace(&mut spec.workspaces, linked.clone());
        for workspace in before.symmetric_difference(&linked) {
            if **workspace == *SERVICE {
                spec.resources.retain(|key, _| Name::parse(key).is_ok_and(|name| name.workspace().is_some()));
                self.insert_service(spec)?;
                let own = spec.resources.keys().filter(|key| !key.starts_with(WORKSPACES));
                differs.keys.extend(own.cloned());
                // What is gone has no key to tell of it; the service itself is looked at whole.
                differs.keys.push(String::new());
            } else if linked.contains(workspace) {
                self.insert_workspace(spec, workspace)?;
                differs.keys.push(format!("{WORKSPACES}{workspace}"));
            } else {
                remove_tree(spec, &format!("{WORKSPACES}{workspace}"));
                differs.keys.push(format!("{WORKSPACES}{workspace}"));
            }
        }
        Ok(differs)
    }

    fn insert_workspace(&self, spec: &mut ShardSpec, id: &str) -> Result<(), StoreError> {
        match Name::parse(&format!("{WORKSPACES}{id}")) {
            Ok(name) => self.insert_tree(spec, &name),
            Err(_) => Ok(()),
        }
    }

    /// What the service has for every gateway, and its APIs where they are linked.
    fn insert_service(&self, spec: &mut ShardSpec) -> Result<(), StoreError> {
        let serves_service = spec.workspaces.contains(SERVICE);
        let kinds = OF_ALL.into_iter().chain([Kind::Subscription]);
        let kinds = kinds.chain(serves_service.then_some(OF_SERVICE).into_iter().flatten());
        for kind in kinds {
            for stored in directory::all(self.view, None, kind)? {
                let Some(name) = stored.resource.as_ref().and_then(|it| Name::parse(&it.name).ok()) else {
                    continue;
                };
                self.insert(spec, stored);
                if matches!(kind, Kind::Api | Kind::Product | Kind::Group | Kind::AuthorizationProvider) {
                    self.insert_tree(spec, &name)?;
                }
            }
        }
        Ok(())
    }

    /// Brings one resource of a spec up to date; one that is gone takes what is below it along.
    fn update(&self, spec: &mut ShardSpec, key: &str) -> Result<(), StoreError> {
        let Ok(name) = Name::parse(key) else { return Ok(()) };
        match hanse_model::get(self.view, &name)? {
            Some(stored) => self.insert(spec, stored),
            None => remove_tree(spec, key),
        }
        Ok(())
    }

    fn insert_tree(&self, spec: &mut ShardSpec, root: &Name) -> Result<(), StoreError> {
        if let Some(stored) = hanse_model::get(self.view, root)? {
            self.insert(spec, stored);
        }
        for stored in directory::subtree(self.view, root)? {
            self.insert(spec, stored);
        }
        Ok(())
    }

    fn insert(&self, spec: &mut ShardSpec, mut stored: v1::StoredResource) {
        let secrets = std::mem::take(&mut stored.secrets);
        let revision = stored.resource.as_ref().map_or(0, |resource| resource.revision);
        let created = stored.resource.as_ref().and_then(|resource| resource.created_at);
        let created_ms = created.map_or(0, |at| at.seconds * 1_000 + i64::from(at.nanos) / 1_000_000);
        let Some((name, resource)) = named(stored) else { return };
        // Subscription keys are compared by fingerprint; their plaintext is needed nowhere.
        let is_needed = name.kind() != Kind::Subscription;
        let secrets = secrets
            .into_iter()
            .map(|(path, sealed)| {
                let plaintext = is_needed.then(|| self.keyring.open(&sealed).ok()).flatten();
                let plaintext = plaintext.and_then(|bytes| String::from_utf8(bytes).ok());
                let plaintext = plaintext.map(Arc::from);
                (path, SecretSpec { fingerprint: sealed.fingerprint, plaintext })
            })
            .collect();
        let key = name.key();
        spec.resources
            .insert(key, Arc::new(SpecResource { name, spec: resource, secrets, revision, created_ms }));
    }
}

/// Removes a resource of a spec and what is below it.
fn remove_tree(spec: &mut ShardSpec, key: &str) {
    let below = format!("{key}/");
    spec.resources.remove(key);
    let gone: Vec<String> = spec
        .resources
        .range(below.clone()..)
        .take_while(|(other, _)| other.starts_with(&below))
        .map(|(other, _)| other.clone())
        .collect();
    for key in gone {
        spec.resources.remove(&key);
    }
}
