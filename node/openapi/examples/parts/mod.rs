//! What a first import puts, by kind.

use hanse_openapi::ImportPlan;
use hanse_proto::{v1, v1::resource::Spec};
use std::collections::BTreeMap;

#[derive(Default)]
pub struct Parts {
    pub api: v1::Api,
    pub operations: BTreeMap<String, v1::Operation>,
    pub schemas: BTreeMap<String, v1::ApiSchema>,
}

impl Parts {
    pub fn of(plan: ImportPlan) -> Parts {
        let mut parts = Parts::default();
        for put in plan.puts {
            let id = put.name.rsplit('/').next().unwrap_or_default().to_owned();
            match put.spec {
                Some(Spec::Api(own)) => parts.api = own,
                Some(Spec::Operation(own)) => drop(parts.operations.insert(id, own)),
                Some(Spec::ApiSchema(own)) => drop(parts.schemas.insert(id, own)),
                _ => {}
            }
        }
        parts
    }
}
