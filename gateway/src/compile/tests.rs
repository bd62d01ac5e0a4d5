//! What is made anew and what is shared, and that both ways lead to the same shard.

use super::*;
use crate::{
    keys::decide,
    route::{Route, RouteQuery, Scheme},
    shard::{Api, Document},
    spec::testing::{Specs, api, key},
};
use hanse_proto::{v1, v1::resource::Spec};
use http::{HeaderMap, Method};
use proptest::prelude::*;

mod broken;
mod credentials;

fn document(value: &str) -> String {
    format!(
        "<policies><inbound><base /><set-header name=\"X-A\"><value>{value}</value></set-header>\
         </inbound><backend><base /></backend><outbound><base /></outbound><on-error><base />\
         </on-error></policies>"
    )
}

/// Two workspaces with the same ids, and a document at every scope of one of them.
fn specs() -> Specs {
    let mut specs = Specs::new(&["w", "v"]);
    specs.named_value("namedValues/n", "n", "service");
    specs.policy("", &document("{{n}}"));
    for workspace in ["w", "v"] {
        let of = |below: &str| format!("workspaces/{workspace}/{below}");
        specs.named_value(&of("namedValues/n"), "n", workspace);
        specs.api_of(
            &of("apis/orders"),
            &format!("orders-{workspace}"),
            &[("GET", "/{id}"), ("GET", "/list")],
        );
        specs.api_of(&of("apis/pets"), &format!("pets-{workspace}"), &[("GET", "/{id}")]);
        specs.product(&of("products/shop"), false);
        specs.link(&of("products/shop"), "l", "apis/orders");
        specs.subscription(&of("subscriptions/s"), "products/shop", "active", 1);
    }
    specs.policy("workspaces/w", &document("workspace"));
    specs.policy("workspaces/w/products/shop", &document("product"));
    specs.policy("workspaces/w/apis/orders", &document("{{n}}"));
    specs.policy("workspaces/w/apis/orders/operations/op-00", &document("{{n}} and more"));
    specs.put(
        "workspaces/w/backends/b",
        Spec::Backend(v1::Backend { url: "http://b.test".into(), ..Default::default() }),
    );
    specs
}

struct Two {
    old: Arc<Shard>,
    new: Arc<Shard>,
}

/// Compiles, changes, compiles the change, and checks that the outcome is that of compiling all.
fn change(specs: &mut Specs, change: impl FnOnce(&mut Specs) -> Vec<String>) -> Two {
    let old = specs.compile();
    let keys = change(specs);
    let new = compile(Some(&old), &specs.spec, Changed::Keys(&keys)).shard;
    assert_same(&new, &specs.compile());
    Two { old, new }
}

impl Two {
    fn api(&self, workspace: &str, id: &str) -> [&Arc<Api>; 2] {
        [&self.old, &self.new]
            .map(|shard| shard.workspace(workspace).and_then(|workspace| workspace.api(id)).expect("an api"))
    }

    fn workspace(&self, id: &str) -> [&Arc<WorkspaceShard>; 2] {
        [&self.old, &self.new].map(|shard| &shard.workspaces[shard.position(id).expect("linked")])
    }
}

fn is_shared<T>([old, new]: [&Arc<T>; 2]) -> bool {
    Arc::ptr_eq(old, new)
}

/// Everything that a shard holds, values of named values included.
fn dump(shard: &Shard) -> String {
    let mut out = format!("{shard:#?}");
    let mut add = |document: &Option<Arc<Document>>| {
        if let Some(document) = document {
            out.push_str(&format!("{} {:?}\n", document.name(), document.asked));
        }
    };
    for workspace in &shard.workspaces {
        add(&workspace.document);
        workspace.products.by_id.values().for_each(|product| add(&product.document));
        for api in workspace.apis.values() {
            add(&api.document);
            api.operations.iter().for_each(|operation| add(&operation.document));
        }
    }
    for backend in shard.workspaces.iter().flat_map(|workspace| workspace.backends.by_id.values()) {
        out.push_str(&format!("{} {:?} {}\n", backend.id, backend.headers, backend.query));
    }
    out
}

fn assert_same(a: &Shard, b: &Shard) {
    let (a, b) = (dump(a), dump(b));
    let different = a.lines().zip(b.lines()).find(|(a, b)| a != b);
    assert!(a == b, "incremental and whole differ: {different:?}");
}

#[test]
fn a_changed_operation_touches_its_api_alone() {
    let mut specs = specs();
    let two = change(&mut specs, |specs| {
        vec![specs.operation("workspaces/w/apis/orders/operations/op-01", "GET", "/all")]
    });
    let [old, new] = two.api("w", "orders");
    assert!(!Arc::ptr_eq(&old.router, &new.router));
    assert!(Arc::ptr_eq(&old.operations[0], &new.operations[0]));
    assert!(is_shared(two.api("w", "pets")));
    assert!(is_shared(two.workspace("v")) && is_shared(two.workspace("")));
    let [old, new] = two.workspace("w");
    assert!(Arc::ptr_eq(&old.subscriptions, &new.subscriptions));
    assert!(Arc::ptr_eq(&old.products, &new.products));
    assert!(Arc::ptr_eq(&old.backends, &new.backends));
    assert!(Arc::ptr_eq(&old.paths, &new.paths));
    assert!(two.old.paths.is_same(&two.new.paths));
}

#[test]
fn a_changed_operation_document_leaves_the_tree() {
    let mut specs = specs();
    let two = change(&mut specs, |specs| {
        vec![specs.policy("workspaces/w/apis/orders/operations/op-01", &document("x"))]
    });
    let [old, new] = two.api("w", "orders");
    assert!(Arc::ptr_eq(&old.router, &new.router));
    assert!(new.operations[1].document().is_some() && old.operations[1].document().is_none());
}

#[test]
fn a_changed_global_or_workspace_document_is_one_compilation() {
    for scope in ["", "workspaces/w"] {
        let mut specs = specs();
        let two = change(&mut specs, |specs| vec![specs.policy(scope, &document("x"))]);
        let [old, new] = two.workspace(if scope.is_empty() { "" } else { "w" });
        assert!(Arc::ptr_eq(&old.apis, &new.apis));
        assert!(Arc::ptr_eq(&old.products, &new.products));
        assert!(Arc::ptr_eq(&old.subscriptions, &new.subscriptions));
        let (old, new) = (old.document.as_ref(), new.document.as_ref());
        assert!(!Arc::ptr_eq(old.expect("document"), new.expect("document")));
        assert!(is_shared(two.workspace("v")));
    }
}

#[test]
fn a_changed_named_value_reaches_the_documents_of_its_scope_that_use_it() {
    let mut specs = specs();
    let two =
        change(&mut specs, |specs| vec![specs.named_value("workspaces/w/namedValues/n", "n", "changed")]);
    let [old, new] = two.api("w", "orders");
    let of = |api: &Arc<Api>| api.operations[0].document.clone().expect("a document");
    assert!(!Arc::ptr_eq(&of(old), &of(new)));
    assert_eq!(of(new).asked[0].1.as_deref(), Some("changed"));
    assert!(Arc::ptr_eq(&old.operations[1], &new.operations[1]));
    assert!(Arc::ptr_eq(&old.router, &new.router));
    assert!(is_shared(two.api("w", "pets")));
    assert!(is_shared(two.workspace("")) && is_shared(two.workspace("v")));

    // The same name of another scope is another value.
    let two = change(&mut specs, |specs| vec![specs.named_value("namedValues/n", "n", "changed")]);
    assert!(is_shared(two.workspace("w")));
}

#[test]
fn a_named_value_that_appears_mends_what_asked_for_it() {
    let mut specs = specs();
    specs.delete("workspaces/w/namedValues/n");
    let two = change(&mut specs, |specs| vec![specs.named_value("workspaces/w/namedValues/m", "n", "there")]);
    assert_eq!(two.new.findings().count(), 0);
    let [_, new] = two.api("w", "orders");
    let document = new.document.as_ref().expect("a document");
    assert_eq!(document.asked[0].1.as_deref(), Some("there"));
}

/// An API whose operation has bodies of type `Order`, which its schema defines.
fn api_with_schema(specs: &mut Specs, of_id: &str) {
    specs.api("workspaces/w/apis/typed", "typed");
    schema(specs, of_id);
    let representation = v1::Representation {
        content_type: "application/json".into(),
        schema_id: "s".into(),
        type_name: "Order".into(),
        ..Default::default()
    };
    let request = v1::OperationRequest { representations: vec![representation], ..Default::default() };
    let operation = v1::Operation {
        method: "POST".into(),
        url_template: "/".into(),
        request: Some(request),
        ..Default::default()
    };
    specs.put("workspaces/w/apis/typed/operations/op", Spec::Operation(operation));
}

/// A schema whose `Order` has an `id` of this type.
fn schema(specs: &mut Specs, of_id: &str) -> String {
    let value = format!(r#"{{"definitions":{{"Order":{{"properties":{{"id":{{"type":"{of_id}"}}}}}}}}}}"#);
    let document = v1::ApiSchemaDocument { value, ..Default::default() };
    let content_type = "application/vnd.oai.openapi.components+json".into();
    specs.put(
        "workspaces/w/apis/typed/schemas/s",
        Spec::ApiSchema(v1::ApiSchema { content_type, document: Some(document) }),
    )
}

const VALIDATES: &str = "<policies><inbound><base /><validate-content unspecified-content-type-action=\"prevent\" \
    max-size=\"1000\" size-exceeded-action=\"prevent\"><content validate-as=\"json\" action=\"prevent\" />\
    </validate-content></inbound></policies>";

#[test]
fn a_changed_schema_touches_the_contracts_of_its_api_alone() {
    let mut specs = specs();
    api_with_schema(&mut specs, "integer");
    let two = change(&mut specs, |specs| vec![schema(specs, "string")]);
    let [old, new] = two.api("w", "typed").map(|api| api.operations[0].facts.contract.clone());
    assert!(!Arc::ptr_eq(&old, &new));
    assert!(is_shared(two.api("w", "orders")));
    // What is the same is shared.
    let two = change(&mut specs, |specs| {
        vec![specs.operation("workspaces/w/apis/typed/operations/more", "GET", "/more")]
    });
    let contract = |api: &Arc<Api>| {
        api.operations.iter().find(|it| &*it.id == "op").expect("it is there").facts.contract.clone()
    };
    assert!(is_shared(two.api("w", "typed").map(contract).each_ref()));
}

#[test]
fn schemas_are_looked_at_when_configuration_is_compiled() {
    for (of_id, document, finds) in
        [("integer", VALIDATES, false), ("nonsense", VALIDATES, true), ("nonsense", "<policies/>", false)]
    {
        for scope in [
            "",
            "workspaces/w",
            "workspaces/w/products/p",
            "workspaces/w/apis/typed",
            "workspaces/w/apis/typed/operations/op",
        ] {
            let mut specs = Specs::new(&["w"]);
            api_with_schema(&mut specs, of_id);
            specs.product("workspaces/w/products/p", true);
            specs.policy(scope, document);
            let compiled = compile(None, &specs.spec, Changed::All);
            assert_eq!(!compiled.findings.is_empty(), finds, "{scope} {:?}", compiled.findings);
        }
    }
}

#[test]
fn a_changed_schema_of_a_workspace_reaches_the_documents_that_use_it() {
    let mut specs = specs();
    specs.api_of("workspaces/w/apis/typed", "typed", &[("GET", "/")]);
    let own =
        VALIDATES.replace("action=\"prevent\" />", "action=\"prevent\" type=\"a/b\" schema-id=\"Orders\" />");
    specs.policy("workspaces/w/apis/typed", &own);
    let schema = |text: &str| {
        Spec::Schema(v1::Schema { schema_type: "json".into(), value: text.into(), ..Default::default() })
    };
    let finding = |shard: &Shard| {
        let typed = shard.workspace("w").unwrap().apis["typed"].clone();
        typed.document.as_ref().unwrap().finding().map(str::to_owned)
    };
    let two = change(&mut specs, |specs| {
        vec![specs.put("workspaces/w/schemas/orders", schema(r#"{"type":"object"}"#))]
    });
    assert!(finding(&two.old).unwrap().contains("there is no JSON schema `Orders`"));
    assert_eq!(finding(&two.new), None);
    assert!(is_shared(two.api("w", "orders")));
    let two = change(&mut specs, |specs| {
        vec![specs.put("workspaces/w/schemas/orders", schema(r#"{"type":"none"}"#))]
    });
    assert!(finding(&two.new).unwrap().contains("schema `Orders`"), "{:?}", finding(&two.new));
}

#[test]
fn a_changed_subscription_touches_the_keys_of_its_workspace_alone() {
    let mut specs = specs();
    let two = change(&mut specs, |specs| {
        vec![specs.subscription("workspaces/w/subscriptions/s", "apis", "suspended", 1)]
    });
    let [old, new] = two.workspace("w");
    assert!(!Arc::ptr_eq(&old.subscriptions, &new.subscriptions));
    assert!(Arc::ptr_eq(&old.apis, &new.apis) && Arc::ptr_eq(&old.products, &new.products));
    assert!(is_shared(two.workspace("v")));
}

#[test]
fn a_deleted_root_takes_everything_below_it() {
    let mut specs = specs();
    let two = change(&mut specs, |specs| {
        let root = "workspaces/w/apis/orders".to_owned();
        specs.delete(&root);
        vec![root]
    });
    assert!(two.new.workspace("w").expect("linked").api("orders").is_none());
    let two = change(&mut specs, |specs| {
        let root = "workspaces/w".to_owned();
        specs.delete(&root);
        vec![root]
    });
    assert!(two.new.workspace("w").expect("linked").apis.is_empty());
    assert!(is_shared(two.workspace("v")));
}

#[test]
fn compiling_all_again_shares_what_is_the_same() {
    let specs = specs();
    let old = specs.compile();
    let new = compile(Some(&old), &specs.spec, Changed::All).shard;
    let two = Two { old, new };
    assert!(is_shared(two.api("w", "orders")));
    let [old, new] = two.workspace("w");
    assert!(Arc::ptr_eq(&old.apis, &new.apis));
    assert!(two.old.paths.is_same(&two.new.paths));
}

#[test]
fn an_unlinked_workspace_is_gone_and_comes_back() {
    let mut specs = specs();
    let all = specs.spec.workspaces.clone();
    let two = change(&mut specs, |specs| {
        specs.spec.workspaces.remove("w");
        vec!["gateways/gw/links/w".to_owned()]
    });
    assert!(two.new.workspace("w").is_none());
    change(&mut specs, |specs| {
        specs.spec.workspaces = all;
        vec![]
    });
}

#[test]
fn the_chain_has_each_scope_at_its_place() {
    let specs = specs();
    let shard = specs.compile();
    let workspace = shard.workspace("w").expect("linked");
    let api = workspace.api("orders").expect("an api");
    let product = workspace.product("shop").expect("a product");
    let places = |api: Option<&Api>, operation: usize, with_product: bool| {
        let operation = api.map(|api| &*api.operations[operation]);
        let chain = shard.chain(api, operation, with_product.then_some(&**product));
        chain.documents.map(|document| document.is_some())
    };
    assert_eq!(places(Some(api), 0, true), [true; 5]);
    assert_eq!(places(Some(api), 1, false), [false, true, false, true, true]);
    assert_eq!(places(None, 0, false), [false, false, false, false, true]);
    let other = shard.workspace("v").and_then(|workspace| workspace.api("orders"));
    assert_eq!(places(other.map(|api| &**api), 0, false), [false, false, false, false, true]);
}

#[test]
fn a_backend_that_cannot_be_called_as_it_says_is_left_out() {
    let mut specs = Specs::new(&["w", "v"]);
    let mut put = |id: &str, backend: v1::Backend| {
        specs.put(&format!("workspaces/w/backends/{id}"), Spec::Backend(backend));
    };
    let url = || v1::Backend { url: "http://b.test/x".into(), ..Default::default() };
    put("Good", url());
    put("bad-url", v1::Backend { url: "nowhere".into(), ..Default::default() });
    put("pool", v1::Backend { r#type: "Pool".into(), ..url() });
    put("proxied", v1::Backend { proxy: Some(v1::BackendProxy::default()), ..url() });
    let shard = specs.compile();
    assert_eq!(shard.backend("w", "good").expect("left in").url.to_string(), "http://b.test/x");
    assert!(shard.backend("w", "GOOD").is_some());
    assert!(shard.backend("v", "good").is_none() && shard.backend("", "good").is_none());
    for id in ["bad-url", "pool", "proxied"] {
        assert!(shard.backend("w", id).is_none(), "{id}");
        let key = format!("workspaces/w/backends/{id}");
        assert!(shard.findings().any(|(found, _)| *found == key), "{id}");
    }
}

/// One step of a random history.
#[derive(Debug, Clone)]
enum Step {
    Api { workspace: usize, api: usize, path: usize },
    Version { workspace: usize, api: usize, version: usize },
    VersionSet { workspace: usize, scheme: usize },
    Operation { workspace: usize, api: usize, operation: usize, template: usize },
    Policy { scope: usize, value: usize },
    Value { workspace: usize, name: usize, value: usize },
    Product { workspace: usize, product: usize, is_open: bool },
    Link { workspace: usize, product: usize, api: usize },
    Subscription { workspace: usize, number: u8, scope: usize, is_active: bool },
    Backend { workspace: usize, url: usize },
    Delete { nth: usize },
    Relink { workspaces: usize },
}

const WORKSPACES: [&str; 3] = ["", "w", "v"];
const APIS: [&str; 3] = ["a", "b", "a;rev=2"];
const PATHS: [&str; 4] = ["", "x", "x/y", "z"];

#[test]
fn a_changed_version_set_touches_what_is_behind_its_paths_alone() {
    let mut specs = specs();
    specs.version_set("workspaces/w/apiVersionSets/set", "Query", "v");
    specs.version("workspaces/w/apis/one", "versioned", "set", "1");
    let two =
        change(&mut specs, |specs| vec![specs.version_set("workspaces/w/apiVersionSets/set", "Header", "v")]);
    let [old, new] = two.workspace("w");
    assert!(Arc::ptr_eq(&old.apis, &new.apis) && Arc::ptr_eq(&old.groups, &new.groups));
    assert!(Arc::ptr_eq(&old.paths, &new.paths) && two.old.paths.is_same(&two.new.paths));
    assert!(!Arc::ptr_eq(&old.places, &new.places));
    assert!(is_shared(two.workspace("v")) && is_shared(two.workspace("")));
    let two =
        change(&mut specs, |specs| vec![specs.version_set("workspaces/w/apiVersionSets/set", "Segment", "")]);
    assert!(is_shared(two.api("w", "one")));
    assert!(!two.old.paths.is_same(&two.new.paths));
    // What a set is called changes nothing.
    let two = change(&mut specs, |specs| {
        vec![specs.version_set("workspaces/w/apiVersionSets/set", "Segment", "other")]
    });
    let [old, new] = two.workspace("w");
    assert!(Arc::ptr_eq(&old.version_sets, &new.version_sets) && Arc::ptr_eq(&old.places, &new.places));
}

const TEMPLATES: [&str; 6] = ["/", "/{p}", "/q", "/q?k={k}", "/{bad", "/*"];
const VALUES: [&str; 4] = ["plain", "{{one}}", "{{two}}", "<nonsense"];

fn below(workspace: usize, rest: &str) -> String {
    match WORKSPACES[workspace] {
        "" => rest.to_owned(),
        id => format!("workspaces/{id}/{rest}"),
    }
}

fn step() -> impl Strategy<Value = Step> {
    let workspace = 0..WORKSPACES.len();
    prop_oneof![
        (workspace.clone(), 0..APIS.len(), 0..PATHS.len()).prop_map(|(workspace, api, path)| Step::Api {
            workspace,
            api,
            path
        }),
        (workspace.clone(), 0..APIS.len(), 0..3_usize).prop_map(|(workspace, api, version)| Step::Version {
            workspace,
            api,
            version
        }),
        (workspace.clone(), 0..4_usize)
            .prop_map(|(workspace, scheme)| Step::VersionSet { workspace, scheme }),
        (workspace.clone(), 0..APIS.len(), 0..3_usize, 0..TEMPLATES.len()).prop_map(
            |(workspace, api, operation, template)| Step::Operation { workspace, api, operation, template }
        ),
        (0..15_usize, 0..VALUES.len()).prop_map(|(scope, value)| Step::Policy { scope, value }),
        (workspace.clone(), 0..2_usize, 0..3_usize).prop_map(|(workspace, name, value)| Step::Value {
            workspace,
            name,
            value
        }),
        (workspace.clone(), 0..2_usize, any::<bool>())
            .prop_map(|(workspace, product, is_open)| Step::Product { workspace, product, is_open }),
        (workspace.clone(), 0..2_usize, 0..APIS.len()).prop_map(|(workspace, product, api)| Step::Link {
            workspace,
            product,
            api
        }),
        (workspace.clone(), 0..3_u8, 0..5_usize, any::<bool>()).prop_map(
            |(workspace, number, scope, is_active)| Step::Subscription {
                workspace,
                number,
                scope,
                is_active
            }
        ),
        (workspace, 0..3_usize).prop_map(|(workspace, url)| Step::Backend { workspace, url }),
        any::<usize>().prop_map(|nth| Step::Delete { nth }),
        (0..16_usize).prop_map(|workspaces| Step::Relink { workspaces }),
    ]
}

fn take(specs: &mut Specs, step: &Step) -> Vec<String> {
    let key = match *step {
        Step::Api { workspace, api: id, path } => {
            specs.put(&below(workspace, &format!("apis/{}", APIS[id])), api(PATHS[path]))
        }
        Step::Version { workspace, api, version } => {
            let name = below(workspace, &format!("apis/{}", APIS[api]));
            specs.version(&name, "x", "set", ["", "1", "2"][version])
        }
        Step::VersionSet { workspace, scheme } => {
            let scheme = ["Segment", "Query", "Header", "None"][scheme];
            specs.version_set(&below(workspace, "apiVersionSets/set"), scheme, "k")
        }
        Step::Operation { workspace, api, operation, template } => {
            let name = below(workspace, &format!("apis/{}/operations/O{operation}", APIS[api]));
            specs.operation(&name, "GET", TEMPLATES[template])
        }
        Step::Policy { scope, value } => {
            let of = ["", "products/p0", "apis/a", "apis/a/operations/O0", "apis/b"][scope % 5];
            let scope = below(scope / 5, of);
            specs.policy(scope.trim_end_matches('/'), &document(VALUES[value]))
        }
        Step::Value { workspace, name, value } => {
            let name = ["one", "two"][name];
            specs.named_value(&below(workspace, &format!("namedValues/{name}")), name, ["1", "2", "3"][value])
        }
        Step::Product { workspace, product, is_open } => {
            specs.product(&below(workspace, &format!("products/p{product}")), is_open)
        }
        Step::Link { workspace, product, api } => specs.link(
            &below(workspace, &format!("products/p{product}")),
            &format!("l{api}"),
            &format!("apis/{}", APIS[api]),
        ),
        Step::Subscription { workspace, number, scope, is_active } => {
            let scope = ["apis", "apis/a", "products/p0", "products/p1", ""][scope];
            let state = if is_active { "active" } else { "cancelled" };
            specs.subscription(&below(workspace, &format!("subscriptions/s{number}")), scope, state, number)
        }
        Step::Backend { workspace, url } => {
            let url = ["http://b.test", "{", "http://c.test/x"][url].to_owned();
            let code = v1::StringList { values: vec!["{{two}}".to_owned()] };
            let credentials =
                v1::BackendCredentials { query: [("c".to_owned(), code)].into(), ..Default::default() };
            let backend = v1::Backend { url, credentials: Some(credentials), ..Default::default() };
            specs.put(&below(workspace, "backends/b"), Spec::Backend(backend))
        }
        Step::Delete { nth } => {
            let count = specs.spec.resources.len().max(1);
            let Some(key) = specs.spec.resources.keys().nth(nth % count).cloned() else { return vec![] };
            specs.delete(&key);
            key
        }
        Step::Relink { workspaces } => {
            let is_linked = |(at, _): &(usize, &&str)| workspaces >> at & 1 == 1;
            let linked = WORKSPACES.iter().enumerate().filter(is_linked);
            specs.spec.workspaces = linked.map(|(_, id)| Arc::from(*id)).collect();
            let moved = WORKSPACES.iter().filter(|id| workspaces >= 8 && !id.is_empty()).take(1);
            specs.spec.passes_on = moved.map(|id| (Arc::from(*id), Arc::from("other"))).collect();
            return vec![];
        }
    };
    vec![key]
}

/// What requests with and without keys would meet.
fn answers(shard: &Shard) -> Vec<String> {
    let headers = HeaderMap::new();
    let mut answers = Vec::new();
    for host in ["all.test", "w.test", "v.test"] {
        for path in ["/", "/x", "/x/q", "/x/y/q", "/z/any", "/x;rev=2/q", "/q", "/x/1/x"] {
            let query = RouteQuery {
                host,
                scheme: Scheme::Http,
                method: &Method::GET,
                path,
                query: Some("k=1"),
                headers: &headers,
            };
            let route = shard.route(&query);
            let mut answer = format!("{host}{path} {route:?}");
            if let Route::Operation { api, .. } | Route::NoOperation { api, .. } = route {
                for number in [None, Some(0), Some(1), Some(102)] {
                    let key = number.map(key);
                    answer.push_str(&format!(" {:?}", decide(shard, api, key.as_ref().map(|key| &key[..]))));
                }
            }
            answers.push(answer);
        }
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn compiling_changes_is_compiling_everything(
        batches in prop::collection::vec(prop::collection::vec(step(), 1..4), 1..14)
    ) {
        let mut specs = specs();
        let mut shard = specs.compile();
        for batch in batches {
            let keys: Vec<String> = batch.iter().flat_map(|step| take(&mut specs, step)).collect();
            shard = compile(Some(&shard), &specs.spec, Changed::Keys(&keys)).shard;
            let whole = specs.compile();
            assert_same(&shard, &whole);
            prop_assert_eq!(answers(&shard), answers(&whole));
        }
    }
}
