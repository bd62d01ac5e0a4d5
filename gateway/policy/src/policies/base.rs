//! `base`: the same section of the next wider scope. The walk of a request replaces it.

use crate::schema::{ElementSpec, PolicySpec, Release};
use crate::section::ScopeKind;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    scopes: &[ScopeKind::Workspace, ScopeKind::Product, ScopeKind::Api, ScopeKind::Operation],
    release: Release::Runs(|_| Some(crate::policies::Policy::Base)),
    ..PolicySpec::of(ElementSpec::named("base"), "Stands for the same section of the next wider scope.")
};
