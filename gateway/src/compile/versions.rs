//! The version sets of a workspace.
//!
//! One idea: of a set counts where its versions stand; a set that says the same as before is the same,
//! whatever else of it changed.

use super::documents::Scope;
use crate::{route::Versioning, shard::VersionSets, spec::SpecResource};
use hanse_proto::{Kind, v1, v1::resource::Spec};
use std::sync::Arc;

/// All sets, by id in lower case; the old ones where nothing differs.
pub(super) fn compile(old: Option<&Arc<VersionSets>>, scope: &Scope<'_>) -> Arc<VersionSets> {
    let collection = format!("{}{}/", scope.prefix, Kind::ApiVersionSet.collection());
    let sets: VersionSets = scope
        .ids(&collection, Kind::ApiVersionSet)
        .filter_map(|id| {
            let source: &SpecResource = scope.spec.get(&format!("{collection}{id}"))?;
            let Spec::ApiVersionSet(set) = &source.spec else { return None };
            Some((Arc::from(id), versioning(set)))
        })
        .collect();
    match old {
        Some(old) if **old == sets => old.clone(),
        _ => Arc::new(sets),
    }
}

fn versioning(set: &v1::ApiVersionSet) -> Result<Versioning, Box<str>> {
    match set.versioning_scheme.as_str() {
        "Segment" => Ok(Versioning::Segment),
        "Query" if !set.version_query_name.is_empty() => {
            Ok(Versioning::Query(set.version_query_name.as_str().into()))
        }
        "Header" => match set.version_header_name.parse() {
            Ok(name) => Ok(Versioning::Header(name)),
            Err(_) => Err(format!("`{}` is no header name", set.version_header_name).into()),
        },
        "Query" => Err("it names no query parameter".into()),
        other => Err(format!("its scheme `{other}` is none of Segment, Query and Header").into()),
    }
}
