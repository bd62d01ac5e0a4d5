//! The decision on keys, row by row.

use super::*;
use crate::spec::testing::{Specs, key};
use hanse_proto::{v1, v1::resource::Spec};

const WORKSPACE: &str = "workspaces/w";

/// Whether an API and its products ask for keys.
#[derive(Clone, Copy)]
struct Rules {
    open_product: bool,
    api_asks: bool,
}

/// `orders` in product `shop` (and, where there is one, in the open product `free`), `other` in `elsewhere`.
/// Keys: 1 shop, 2 API orders, 3 all APIs, 4 API other, 5 product elsewhere, 6 shop but suspended.
fn specs(rules: Rules) -> Specs {
    let mut specs = Specs::new(&["w", "v"]);
    let api = |asks| v1::Api { subscription_required: Some(asks), ..Default::default() };
    let orders = v1::Api { path: "orders".into(), ..api(rules.api_asks) };
    specs.put("workspaces/w/apis/Orders", Spec::Api(orders));
    specs.put("workspaces/w/apis/other", Spec::Api(v1::Api { path: "other".into(), ..api(true) }));
    for (product, api) in [("Shop", "workspaces/w/apis/orders"), ("elsewhere", "apis/other")] {
        let product = format!("workspaces/w/products/{product}");
        specs.product(&product, false);
        specs.link(&product, "l", api);
    }
    if rules.open_product {
        specs.product("workspaces/w/products/free", true);
        specs.link("workspaces/w/products/free", "l", "apis/ORDERS");
    }
    for (number, scope, state) in [
        (1, "workspaces/w/products/shop", "active"),
        (2, "apis/orders;rev=2", "active"),
        (3, "apis", "active"),
        (4, "/apis/other", "active"),
        (5, "products/elsewhere", "active"),
        (6, "products/shop", "suspended"),
    ] {
        specs.subscription(&format!("workspaces/w/subscriptions/s{number}"), scope, state, number);
    }
    specs
}

fn decision(shard: &Shard, workspace: &str, api: &str, fingerprint: Option<&[u8]>) -> String {
    let api = shard.workspace(workspace).and_then(|shard| shard.api(api)).expect("an api");
    match decide(shard, api, fingerprint) {
        Access::Missing => "missing".into(),
        Access::Invalid => "invalid".into(),
        Access::Allowed { product, subscription } => {
            let product = product.map_or("-", |product| &product.id);
            let subscription = subscription.map_or("-", |subscription| &subscription.id);
            format!("{product} {subscription}")
        }
    }
}

#[test]
fn the_table_of_products_apis_and_keys() {
    // Columns: a key for the product, for the API, for all APIs; for something else; unknown; none.
    let table = [
        ((false, true), ["invalid", "invalid", "missing"]),
        ((false, false), ["- -", "- -", "- -"]),
        ((true, true), ["invalid", "free -", "free -"]),
        ((true, false), ["free -", "free -", "free -"]),
    ];
    for ((open_product, api_asks), [elsewhere, unknown, none]) in table {
        let shard = specs(Rules { open_product, api_asks }).compile();
        assert_eq!(shard.findings().count(), 0);
        let with = |number: u8| decision(&shard, "w", "orders", Some(&key(number)));
        let row = format!("open product: {open_product}, api asks: {api_asks}");
        assert_eq!(with(1), "Shop s1", "{row}");
        assert_eq!(with(2), "- s2", "{row}");
        assert_eq!(with(3), "- s3", "{row}");
        assert_eq!(with(4), elsewhere, "another API's, {row}");
        assert_eq!(with(5), elsewhere, "another product's, {row}");
        assert_eq!(with(6), unknown, "not active, {row}");
        assert_eq!(with(99), unknown, "unknown, {row}");
        assert_eq!(decision(&shard, "w", "orders", Some(b"short")), unknown, "{row}");
        assert_eq!(decision(&shard, "w", "orders", None), none, "{row}");
    }
}

#[test]
fn both_keys_of_a_subscription_are_equal() {
    let shard = specs(Rules { open_product: false, api_asks: true }).compile();
    assert_eq!(decision(&shard, "w", "orders", Some(&key(1))), "Shop s1");
    assert_eq!(decision(&shard, "w", "orders", Some(&key(101))), "Shop s1");
}

#[test]
fn only_active_subscriptions_open_anything() {
    for state in ["", "submitted", "suspended", "rejected", "cancelled", "expired", "Active?"] {
        let mut specs = specs(Rules { open_product: false, api_asks: true });
        specs.subscription("workspaces/w/subscriptions/s1", "products/shop", state, 1);
        let shard = specs.compile();
        assert_eq!(decision(&shard, "w", "orders", Some(&key(1))), "invalid", "{state}");
    }
}

#[test]
fn a_product_key_opens_an_api_only_while_it_is_in_that_product() {
    let mut specs = specs(Rules { open_product: false, api_asks: true });
    specs.delete("workspaces/w/products/shop/apiLinks/l");
    assert_eq!(decision(&specs.compile(), "w", "orders", Some(&key(1))), "invalid");
    specs.delete("workspaces/w/products/shop");
    assert_eq!(decision(&specs.compile(), "w", "orders", Some(&key(1))), "invalid");
}

#[test]
fn a_key_of_an_open_product_brings_its_subscription() {
    let mut specs = specs(Rules { open_product: true, api_asks: true });
    specs.subscription("workspaces/w/subscriptions/s7", "products/free", "active", 7);
    assert_eq!(decision(&specs.compile(), "w", "orders", Some(&key(7))), "free s7");
}

#[test]
fn two_workspaces_with_the_same_ids_share_no_key_and_no_product() {
    let mut specs = specs(Rules { open_product: true, api_asks: true });
    specs.api("workspaces/v/apis/orders", "orders-v");
    specs.product("workspaces/v/products/shop", false);
    specs.link("workspaces/v/products/shop", "l", "workspaces/v/apis/orders");
    specs.subscription("workspaces/v/subscriptions/s1", "products/shop", "active", 11);
    specs.subscription("workspaces/v/subscriptions/s3", "apis", "active", 13);
    let shard = specs.compile();
    let with = |workspace: &str, number: u8| decision(&shard, workspace, "orders", Some(&key(number)));
    for number in [1, 2, 3] {
        assert_eq!(with("v", number), "invalid", "key {number} of w");
    }
    for number in [11, 13] {
        // As good as unknown, which the open product of w forgives.
        assert_eq!(with("w", number), "free -", "key {number} of v");
    }
    assert_eq!(with("v", 11), "shop s1");
    assert_eq!(with("v", 13), "- s3");
    assert_eq!(decision(&shard, "v", "orders", None), "missing");
}

#[test]
fn references_into_another_workspace_open_nothing() {
    let mut specs = specs(Rules { open_product: false, api_asks: true });
    specs.subscription("workspaces/v/subscriptions/s", "workspaces/w/apis/orders", "active", 20);
    specs.api("workspaces/v/apis/orders", "orders-v");
    specs.product("workspaces/v/products/p", true);
    specs.link("workspaces/v/products/p", "l", "workspaces/w/apis/orders");
    let shard = specs.compile();
    assert_eq!(decision(&shard, "w", "orders", None), "missing");
    assert_eq!(decision(&shard, "w", "orders", Some(&key(20))), "invalid");
    assert_eq!(decision(&shard, "v", "orders", Some(&key(20))), "invalid");
    assert_eq!(shard.findings().count(), 2);
}

#[test]
fn of_the_services_keys_only_the_one_for_everything_opens_a_workspace() {
    let mut specs = specs(Rules { open_product: false, api_asks: true });
    specs.subscription("subscriptions/master", "/", "active", 30);
    specs.subscription("subscriptions/all", "apis", "active", 31);
    specs.subscription("subscriptions/off", "", "suspended", 32);
    specs.api("apis/own", "own");
    let shard = specs.compile();
    assert_eq!(decision(&shard, "w", "orders", Some(&key(30))), "- master");
    assert_eq!(decision(&shard, "w", "orders", Some(&key(31))), "invalid");
    assert_eq!(decision(&shard, "w", "orders", Some(&key(32))), "invalid");
    assert_eq!(decision(&shard, SERVICE, "own", Some(&key(30))), "- master");
    assert_eq!(decision(&shard, SERVICE, "own", Some(&key(31))), "- all");
    // A workspace's keys open nothing of the service, whatever they say.
    specs.subscription("workspaces/w/subscriptions/s3", "/", "active", 3);
    let shard = specs.compile();
    assert_eq!(decision(&shard, SERVICE, "own", Some(&key(3))), "invalid");
    assert_eq!(decision(&shard, "w", "orders", Some(&key(3))), "invalid");
    assert!(shard.findings().any(|(key, _)| key == &format!("{WORKSPACE}/subscriptions/s3")));
}

#[test]
fn a_key_opens_all_revisions_of_an_api() {
    let mut specs = specs(Rules { open_product: false, api_asks: true });
    specs.put("workspaces/w/apis/orders;rev=2", Spec::Api(v1::Api::default()));
    let shard = specs.compile();
    for number in [1, 2, 3] {
        let found = decision(&shard, "w", "orders;rev=2", Some(&key(number)));
        assert!(found.ends_with(&format!("s{number}")), "{found}");
    }
}

#[test]
fn a_fingerprint_of_a_wrong_length_is_a_finding() {
    let mut specs = specs(Rules { open_product: false, api_asks: true });
    for (length, findings) in [(FINGERPRINT_BYTES, 0), (FINGERPRINT_BYTES + 1, 1), (0, 1)] {
        let secret = crate::spec::SecretSpec { fingerprint: vec![1; length], plaintext: None };
        let subscription =
            v1::Subscription { scope: "apis".into(), state: "active".into(), ..Default::default() };
        specs.put_with(
            "workspaces/w/subscriptions/odd",
            Spec::Subscription(subscription),
            [("primaryKey", secret)],
        );
        assert_eq!(specs.compile().findings().count(), findings, "{length}");
    }
}
