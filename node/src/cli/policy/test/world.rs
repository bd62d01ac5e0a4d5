//! What a request is about, made of what a test says; and the documents, compiled.

use super::{
    given,
    suite::{About, Source, Tested},
};
use hanse_manifest::value::Node;
use hanse_policy::{
    ApiFacts, BaseUrl, CompiledDocument, DeploymentFacts, Facts, Format, Known, OperationFacts, ProductFacts,
    ScopeKind, SubscriptionFacts, Surroundings, UserFacts, WorkspaceFacts, json_schema::SchemaDocument,
    render,
};
use prost_types::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// The documents of a suite, ready to run.
pub struct Documents(Vec<(ScopeKind, CompiledDocument)>);

/// Everything that a request may be about.
#[derive(Default)]
pub struct World {
    workspace: WorkspaceFacts,
    api: Option<ApiFacts>,
    operation: Option<OperationFacts>,
    product: Option<ProductFacts>,
    subscription: Option<SubscriptionFacts>,
    user: Option<UserFacts>,
    deployment: DeploymentFacts,
    pub key: Option<Arc<str>>,
}

impl Documents {
    /// Compiles the documents of a test.
    ///
    /// # Errors
    /// All findings, as people read them.
    pub fn compile(tested: &Tested) -> Result<Documents, String> {
        let (mut compiled, mut refused) = (Vec::new(), String::new());
        for (scope, Source { file, text }) in &tested.documents {
            match hanse_policy::compile(text, Format::RawXml, *scope, tested) {
                Ok(document) => compiled.push((*scope, document)),
                Err(findings) => refused.push_str(&render(&findings, file, text)),
            }
        }
        if refused.is_empty() { Ok(Documents(compiled)) } else { Err(refused) }
    }

    pub fn get(&self, scope: ScopeKind) -> Option<&CompiledDocument> {
        self.0.iter().find(|(of, _)| *of == scope).map(|(_, document)| document)
    }
}

impl Surroundings for Tested {
    fn named_value(&self, name: &str) -> Known<String> {
        let value = self.named_values.get(name);
        value.map_or(Known::Missing, |value| Known::Is(value.clone()))
    }

    fn fragment(&self, id: &str) -> Known<String> {
        let fragment = self.fragments.get(&id.to_ascii_lowercase());
        fragment.map_or(Known::Missing, |source| Known::Is(source.text.clone()))
    }

    fn schema(&self, id: &str) -> Known<Arc<SchemaDocument>> {
        let schema = self.schemas.get(&id.to_ascii_lowercase());
        schema.map_or(Known::Missing, |schema| Known::Is(schema.clone()))
    }
}

impl World {
    /// What a test says; what only a document speaks of is there, under a plain name.
    pub fn of(about: &About, tested: &Tested) -> World {
        let said = |what: &str, scope: Option<ScopeKind>| match about.of(what) {
            Some(said) => said.map(|fields| Said(Some(fields), None)),
            None => {
                let scope = scope.filter(|scope| tested.documents.contains_key(scope));
                scope.map(|scope| Said(None, Some(scope.as_str())))
            }
        };
        let workspace = said("workspace", Some(ScopeKind::Workspace));
        let gateway = said("gateway", None);
        let gateway_id = gateway.as_ref().map_or(MANAGED.into(), |it| it.text("id"));
        let is_managed = *gateway_id == *MANAGED;
        let subscription = said("subscription", None);
        World {
            workspace: WorkspaceFacts {
                id: workspace.as_ref().map_or(WORKSPACE.into(), |it| it.text("id")),
                name: workspace.as_ref().map_or(WORKSPACE.into(), Said::name),
            },
            // A request that got as far as policies is about an API, unless the test says it is not.
            api: match about.of("api") {
                None => Some(api(&Said(None, Some("api")), tested)),
                Some(said) => said.map(|fields| api(&Said(Some(fields), None), tested)),
            },
            operation: said("operation", Some(ScopeKind::Operation)).map(|it| operation(&it, tested)),
            product: said("product", Some(ScopeKind::Product)).map(|it| product(&it)),
            key: subscription.as_ref().and_then(|it| it.get("key")).map(Arc::from),
            subscription: subscription.map(|it| SubscriptionFacts {
                id: it.text("id"),
                name: it.name(),
                created_ms: it.moment("created").unwrap_or_default(),
                starts_ms: it.moment("starts"),
                ends_ms: it.moment("ends"),
            }),
            user: said("user", None).map(|it| UserFacts {
                id: it.text("id"),
                email: it.text("email"),
                first_name: it.text("firstName"),
                last_name: it.text("lastName"),
                note: it.text("note"),
                registered_ms: it.moment("registered").unwrap_or_default(),
                groups: it.pairs("groups"),
                identities: it.pairs("identities"),
            }),
            deployment: DeploymentFacts {
                service_name: gateway.as_ref().map_or("".into(), |it| it.text("serviceName")),
                region: gateway.as_ref().map_or("".into(), |it| it.text("region")),
                instance_id: match is_managed {
                    true => gateway_id.clone(),
                    false => format!("{gateway_id}-1").into(),
                },
                gateway_id,
                is_managed,
            },
        }
    }

    /// No operation was found for the request.
    pub fn forget_operation(&mut self) {
        self.operation = None;
    }

    pub fn facts(&self) -> Facts<'_> {
        Facts {
            workspace: &self.workspace,
            api: self.api.as_ref(),
            operation: self.operation.as_ref(),
            product: self.product.as_ref(),
            subscription: self.subscription.as_ref(),
            user: self.user.as_ref(),
            deployment: &self.deployment,
        }
    }
}

const MANAGED: &str = "managed";
const WORKSPACE: &str = "workspace";

/// What a test says of something, or the name that it has without that.
struct Said<'s>(Option<&'s BTreeMap<String, Node>>, Option<&'static str>);

impl Said<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match self.0 {
            Some(fields) => fields.get(key).and_then(Node::scalar_text),
            None => self.1.filter(|_| key == "id"),
        }
    }

    fn text(&self, key: &str) -> Arc<str> {
        self.get(key).unwrap_or_default().into()
    }

    fn name(&self) -> Arc<str> {
        self.get("name").or_else(|| self.get("id")).unwrap_or_default().into()
    }

    fn flag(&self, key: &str, default: bool) -> bool {
        let node = self.0.and_then(|fields| fields.get(key));
        node.and_then(Node::as_bool).unwrap_or(default)
    }

    fn moment(&self, key: &str) -> Option<i64> {
        let moment = self.get(key)?.parse::<Timestamp>().ok()?;
        Some(hanse_proto::timestamp_ms(&moment))
    }

    fn list(&self, key: &str) -> Arc<[Arc<str>]> {
        let node = self.0.and_then(|fields| fields.get(key));
        let items = node.and_then(Node::as_sequence).unwrap_or_default();
        items.iter().filter_map(Node::scalar_text).map(Arc::from).collect()
    }

    /// Names, or mappings of `id` and `name` (of identities, `provider`).
    fn pairs(&self, key: &str) -> Arc<[(Arc<str>, Arc<str>)]> {
        let node = self.0.and_then(|fields| fields.get(key));
        let items = node.and_then(Node::as_sequence).unwrap_or_default();
        let pair = |node: &Node| -> (Arc<str>, Arc<str>) {
            let of = |key: &str| node.get(key).and_then(Node::scalar_text);
            let id = of("id").or_else(|| node.scalar_text()).unwrap_or_default();
            (id.into(), of("name").or_else(|| of("provider")).unwrap_or(id).into())
        };
        items.iter().map(pair).collect()
    }
}

fn api(said: &Said<'_>, tested: &Tested) -> ApiFacts {
    let or = |key: &str, default: &str| -> Arc<str> { said.get(key).unwrap_or(default).into() };
    let protocols = said.list("protocols");
    ApiFacts {
        id: said.text("id"),
        name: said.name(),
        path: or("path", "").trim_matches('/').into(),
        revision: or("revision", "1"),
        version: said.text("version"),
        is_current: said.flag("isCurrent", true),
        protocols: if protocols.is_empty() { ["https".into()].into() } else { protocols },
        service_url: Some(Arc::new(
            BaseUrl::parse(said.get("serviceUrl").unwrap_or(BACKEND))
                .unwrap_or_else(|_| BaseUrl::parse(BACKEND).expect("a constant that is a URL")),
        )),
        key_header: or("keyHeader", "Ocp-Apim-Subscription-Key"),
        key_query: or("keyQuery", "subscription-key"),
        graphql: tested.graphql.clone(),
    }
}

/// Where an API is whose test says nothing of that.
const BACKEND: &str = "https://backend.test";

fn operation(said: &Said<'_>, tested: &Tested) -> OperationFacts {
    let url_template = said.text("urlTemplate");
    let mut query_names = said.list("queryParameters");
    if query_names.is_empty()
        && let Some((_, query)) = url_template.split_once('?')
    {
        let name = |pair: &str| Arc::from(pair.split('=').next().unwrap_or_default());
        query_names = query.split('&').map(name).collect();
    }
    let method = said.get("method").unwrap_or("GET").into();
    let (id, name) = (said.text("id"), said.name());
    let contract = said.0.and_then(|fields| fields.get("contract"));
    let contract = contract.map(|node| Arc::new(given::contract(node, &tested.schemas))).unwrap_or_default();
    OperationFacts { id, name, method, url_template, query_names, contract }
}

fn product(said: &Said<'_>) -> ProductFacts {
    ProductFacts {
        id: said.text("id"),
        name: said.name(),
        is_published: said.flag("published", true),
        approval_required: said.flag("approvalRequired", false),
        subscription_required: said.flag("subscriptionRequired", true),
        subscriptions_limit: said.get("subscriptionsLimit").and_then(|text| text.parse().ok()),
        groups: said.pairs("groups"),
    }
}
