//! What a workspace keeps and sends outside: its cache and its loggers.
//!
//! One idea: what could not be used as it says is left out, with a finding, and policies go on without it. Must not know
//! how anything outside is spoken to.

use super::{backends::Reader, documents::Scope};
use crate::{
    event_hub::{self, EventHub},
    external_cache::{ExternalCache, Settings},
    shard::{Asked, Outside},
    spec::{SpecResource, is_same},
};
use hanse_proto::{Kind, v1, v1::resource::Spec};
use std::{cell::RefCell, sync::Arc};

/// Where a cache is used from that is for everybody: gateways are in no region.
const EVERYWHERE: &str = "default";

/// The type of loggers that are event hubs, and the credentials that these take.
const EVENT_HUB: &str = "azureEventHub";
const CREDENTIALS: [&str; 2] = ["name", "connectionString"];

pub(super) fn compile(old: Option<&Arc<Outside>>, scope: &Scope<'_>) -> Arc<Outside> {
    let mut outside = Outside::default();
    caches(old, scope, &mut outside);
    event_hubs(old, scope, &mut outside);
    match old {
        Some(old) if old.is_same(&outside) => old.clone(),
        _ => Arc::new(outside),
    }
}

fn caches(old: Option<&Arc<Outside>>, scope: &Scope<'_>, outside: &mut Outside) {
    let collection = format!("{}{}/", scope.prefix, Kind::Cache.collection());
    for (key, source) in scope.spec.below(&collection) {
        let Spec::Cache(spec) = &source.spec else { continue };
        let location =
            if spec.use_from_location.is_empty() { source.name.id() } else { &spec.use_from_location };
        if !location.eq_ignore_ascii_case(EVERYWHERE) {
            let message = format!(
                "it is used from `{location}`, and gateways are in no region; use it from `{EVERYWHERE}`"
            );
            outside.findings.push((key.to_owned(), message));
            continue;
        }
        if outside.cache.is_some() {
            let message = format!("another cache is used from `{EVERYWHERE}`; that one counts");
            outside.findings.push((key.to_owned(), message));
            continue;
        }
        let known = old.and_then(|old| old.cache.as_ref());
        if let Some(known) = known.filter(|known| is_still(scope, &known.source, &known.asked, source)) {
            outside.cache = Some(known.clone());
            continue;
        }
        let reader = Reader { scope, source, asked: RefCell::default() };
        let settings = reader
            .value("connectionString", &spec.connection_string)
            .and_then(|text| Settings::parse(&text).map_err(|error| format!("connectionString: {error}")));
        match settings {
            Ok(settings) => {
                let asked = reader.asked();
                let id = source.name.id().into();
                outside.cache = Some(Arc::new(ExternalCache { id, settings, asked, source: source.clone() }));
            }
            Err(message) => outside.findings.push((key.to_owned(), format!("{message}; it is not used"))),
        }
    }
}

fn event_hubs(old: Option<&Arc<Outside>>, scope: &Scope<'_>, outside: &mut Outside) {
    let collection = format!("{}{}/", scope.prefix, Kind::Logger.collection());
    for (key, source) in scope.spec.below(&collection) {
        let Spec::Logger(spec) = &source.spec else { continue };
        // Loggers of other types are for diagnostics.
        if spec.logger_type != EVENT_HUB {
            continue;
        }
        let id: Arc<str> = key[collection.len()..].into();
        let known = old.and_then(|old| old.event_hubs.get(&id));
        if let Some(known) = known.filter(|known| is_still(scope, &known.source, &known.asked, source)) {
            outside.event_hubs.insert(id, known.clone());
            continue;
        }
        match event_hub(scope, source, spec) {
            Ok(hub) => _ = outside.event_hubs.insert(id, Arc::new(hub)),
            Err(message) => {
                outside.findings.push((key.to_owned(), format!("{message}; what is sent to it is dropped")));
            }
        }
    }
}

fn event_hub(scope: &Scope<'_>, source: &Arc<SpecResource>, spec: &v1::Logger) -> Result<EventHub, String> {
    if let Some(name) = spec.credentials.keys().find(|name| !CREDENTIALS.contains(&name.as_str())) {
        return Err(format!("credentials/{name} is not supported; there are name and connectionString"));
    }
    let reader = Reader { scope, source, asked: RefCell::default() };
    let value = |name: &str| match spec.credentials.get(name) {
        Some(text) => reader.value(&format!("credentials/{name}"), text),
        None => Ok(String::new()),
    };
    let connection = event_hub::Settings::parse(&value("connectionString")?, &value("name")?);
    let settings = connection.map_err(|error| format!("credentials/connectionString: {error}"))?;
    Ok(EventHub { id: source.name.id().into(), settings, asked: reader.asked(), source: source.clone() })
}

fn is_still(scope: &Scope<'_>, known: &Arc<SpecResource>, asked: &Asked, source: &Arc<SpecResource>) -> bool {
    known.name == source.name && is_same(known, source) && scope.still(asked)
}
