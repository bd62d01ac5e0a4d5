//! Specs for tests, put together line by line.

use super::{HostBinding, SecretSpec, ShardSpec, SpecResource};
use crate::{
    compile::{Changed, compile},
    keys::Fingerprint,
    shard::Shard,
};
use hanse_proto::{Name, v1, v1::resource::Spec};
use std::{collections::BTreeMap, sync::Arc};

/// A spec in the making. The gateway answers on `all.test` for every linked workspace, and on
/// `{workspace}.test` for one.
pub(crate) struct Specs {
    pub(crate) spec: ShardSpec,
}

/// The fingerprint that stands for key `number` in tests.
pub(crate) fn key(number: u8) -> Fingerprint {
    let mut fingerprint = [0xA5; 32];
    fingerprint[0] = number;
    fingerprint
}

impl Specs {
    pub(crate) fn new(workspaces: &[&str]) -> Specs {
        let bound = |workspace: &&str| HostBinding {
            host: format!("{workspace}.test"),
            workspace: Some((*workspace).into()),
        };
        let mut hosts: Vec<HostBinding> = workspaces.iter().map(bound).collect();
        hosts.push(HostBinding { host: "all.test".into(), workspace: None });
        let spec = ShardSpec {
            gateway: "gw".into(),
            revision: 1,
            hosts: hosts.into(),
            workspaces: workspaces.iter().map(|id| Arc::from(*id)).collect(),
            passes_on: BTreeMap::new(),
            resources: BTreeMap::new(),
        };
        Specs { spec }
    }

    /// Puts a resource in, under the next revision; answers with its key.
    pub(crate) fn put(&mut self, name: &str, spec: Spec) -> String {
        self.put_with(name, spec, [])
    }

    pub(crate) fn put_with<const N: usize>(
        &mut self,
        name: &str,
        spec: Spec,
        secrets: [(&str, SecretSpec); N],
    ) -> String {
        let name = Name::parse(name).unwrap_or_else(|error| panic!("{error}"));
        self.spec.revision += 1;
        let revision = self.spec.revision;
        let key = name.key();
        let secrets = secrets.map(|(path, secret)| (path.to_owned(), secret)).into();
        let resource = SpecResource { name, spec, secrets, revision, created_ms: 0 };
        self.spec.resources.insert(key.clone(), Arc::new(resource));
        key
    }

    /// Takes a resource out with all that is below it.
    pub(crate) fn delete(&mut self, key: &str) {
        self.spec.revision += 1;
        let below = format!("{key}/");
        self.spec.resources.retain(|known, _| known != key && !known.starts_with(&below));
    }

    pub(crate) fn api(&mut self, name: &str, path: &str) -> String {
        self.put(name, api(path))
    }

    /// A version set; `name` is that of the parameter or header, where there is one.
    pub(crate) fn version_set(&mut self, set: &str, scheme: &str, name: &str) -> String {
        let set_of = v1::ApiVersionSet {
            versioning_scheme: scheme.into(),
            version_query_name: if scheme == "Query" { name.into() } else { String::new() },
            version_header_name: if scheme == "Header" { name.into() } else { String::new() },
            ..Default::default()
        };
        self.put(set, Spec::ApiVersionSet(set_of))
    }

    /// A version of an API with one operation, `GET /x`.
    pub(crate) fn version(&mut self, name: &str, path: &str, set: &str, version: &str) -> String {
        let mut spec = api(path);
        if let Spec::Api(api) = &mut spec {
            api.api_version_set_id = format!("apiVersionSets/{set}");
            api.api_version = version.into();
        }
        self.operation(&format!("{name}/operations/op"), "GET", "/x");
        self.put(name, spec)
    }

    pub(crate) fn operation(&mut self, name: &str, method: &str, template: &str) -> String {
        self.put(
            name,
            Spec::Operation(v1::Operation {
                method: method.into(),
                url_template: template.into(),
                ..Default::default()
            }),
        )
    }

    /// An API `{name}` on `path` whose operations are named by number, as `op-00`.
    pub(crate) fn api_of(&mut self, name: &str, path: &str, operations: &[(&str, &str)]) {
        self.api(name, path);
        for (number, (method, template)) in operations.iter().enumerate() {
            self.operation(&format!("{name}/operations/op-{number:02}"), method, template);
        }
    }

    /// The document of a scope; `scope` is empty or a name.
    pub(crate) fn policy(&mut self, scope: &str, document: &str) -> String {
        let name = format!("{scope}/policies/policy");
        let value = document.to_owned();
        self.put(name.trim_start_matches('/'), Spec::Policy(v1::Policy { value, format: String::new() }))
    }

    pub(crate) fn product(&mut self, name: &str, is_open: bool) -> String {
        let subscription_required = Some(!is_open);
        self.put(name, Spec::Product(v1::Product { subscription_required, ..Default::default() }))
    }

    pub(crate) fn link(&mut self, product: &str, id: &str, api: &str) -> String {
        let link = v1::ProductApiLink { api_id: api.into() };
        self.put(&format!("{product}/apiLinks/{id}"), Spec::ProductApiLink(link))
    }

    /// A subscription with the keys `number` and `number + 100`.
    pub(crate) fn subscription(&mut self, name: &str, scope: &str, state: &str, number: u8) -> String {
        let secret = |number| SecretSpec { fingerprint: key(number).into(), plaintext: None };
        self.put_with(
            name,
            Spec::Subscription(v1::Subscription {
                scope: scope.into(),
                state: state.into(),
                ..Default::default()
            }),
            [("primaryKey", secret(number)), ("secondaryKey", secret(number + 100))],
        )
    }

    pub(crate) fn named_value(&mut self, name: &str, display_name: &str, value: &str) -> String {
        self.put(
            name,
            Spec::NamedValue(v1::NamedValue {
                display_name: display_name.into(),
                value: value.into(),
                ..Default::default()
            }),
        )
    }

    pub(crate) fn compile(&self) -> Arc<Shard> {
        compile(None, &self.spec, Changed::All).shard
    }
}

pub(crate) fn api(path: &str) -> Spec {
    Spec::Api(v1::Api {
        path: path.into(),
        service_url: "http://backend.test/base".into(),
        ..Default::default()
    })
}
