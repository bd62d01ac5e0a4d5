//! What a workspace keeps and sends outside: its cache and its loggers.
//!
//! One idea: what could not be used as it says is left out, with a finding, and policies go on without it. Must not know
//! how anything outside is spoken to.

use super::{backends::Reader, documents::Scope};
use crate::{
    external_cache::{ExternalCache, Settings},
    shard::{Asked, Outside},
    spec::{SpecResource, is_same},
};
use hanse_proto::{Kind, v1::resource::Spec};
use std::{cell::RefCell, sync::Arc};

/// Where a cache is used from that is for everybody: gateways are in no region.
const EVERYWHERE: &str = "default";

pub(super) fn compile(old: Option<&Arc<Outside>>, scope: &Scope<'_>) -> Arc<Outside> {
    let mut outside = Outside::default();
    caches(old, scope, &mut outside);
    match old {
        Some(old) if old.is_same(&outside) => old.clone(),
        _ => Arc::new(outside),
    }
}

fn caches(old: Option<&Arc<Outside>>, scope: &Scope<'_>, outside: &mut Outside) {
    let collection = format!("{}{}/", scope.prefix, Kind::Cache.collection());
    for (key, source) in scope.spec.below(&collection) {
        let Spec::Cache(spec) = &source.spec else { continue };
        let location = if spec.use_from_location.is_empty() { source.name.id() } else { &spec.use_from_location };
        if !location.eq_ignore_ascii_case(EVERYWHERE) {
            let message = format!("it is used from `{location}`, and gateways are in no region; use it from `{EVERYWHERE}`");
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

fn is_still(scope: &Scope<'_>, known: &Arc<SpecResource>, asked: &Asked, source: &Arc<SpecResource>) -> bool {
    known.name == source.name && is_same(known, source) && scope.still(asked)
}
