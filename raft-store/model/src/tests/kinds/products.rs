//! Products, subscriptions and tags.

use super::*;

#[test]
fn products() {
    let check = |edit: &dyn Fn(&mut v1::Product), fields: &[&str]| {
        let mut spec = v1::Product { display_name: "P".into(), ..Default::default() };
        edit(&mut spec);
        check(put("products/new", Spec::Product(spec)), fields);
    };
    check(&|product| product.display_name = text(300), &[]);
    check(&|product| product.display_name = text(301), &["displayName"]);
    check(&|product| product.display_name = String::new(), &["displayName"]);
    check(&|product| product.display_name = "Taken".into(), &["displayName"]);
    check(&|product| product.description = text(1_000), &[]);
    check(&|product| product.description = text(1_001), &["description"]);
    check(&|product| product.state = "published".into(), &[]);
    check(&|product| product.state = "Published".into(), &["state"]);
    check(&|product| product.approval_required = Some(true), &[]);
    check(&|product| product.subscriptions_limit = Some(1), &[]);
    check(
        &|product| {
            product.subscription_required = Some(false);
            product.approval_required = Some(true);
            product.subscriptions_limit = Some(1);
        },
        &["approvalRequired", "subscriptionsLimit"],
    );
    check(&|product| product.authentication_type = vec!["application-token".into()], &[]);
    check(&|product| product.authentication_type = vec!["".into(), "key".into()], &["authenticationType"; 2]);
}

#[test]
fn product_links() {
    let link = |api_id: &str| product_link("products/p/apiLinks/new", api_id);
    check(link("apis/a"), &[]);
    check(link("/apis/A"), &[]);
    let arm = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/x/apis/a";
    check(link(arm), &[]);
    check(link(""), &["apiId"]);
    check(link("apis/none"), &["apiId"]);
    check(link("products/p"), &["apiId"]);
    check(link("workspaces/w/apis/a"), &["apiId"]);
    check(link("apis/a;rev=2"), &["apiId", "apiId"]);
    check(link("a"), &["apiId"]);
}

#[test]
fn references_stay_within_their_workspace_and_are_stored_in_full() {
    let mut world = World::new();
    world.ok(vec![
        workspace("a"),
        workspace("b"),
        api("apis/s", "s"),
        api("workspaces/a/apis/x", "x"),
        api("workspaces/b/apis/y", "y"),
        product("workspaces/a/products/p", "P"),
        product_link("workspaces/a/products/p/apiLinks/l", "apis/x"),
    ]);
    let Spec::ProductApiLink(link) = world.spec("workspaces/a/products/p/apiLinks/l") else { panic!() };
    assert_eq!(link.api_id, "workspaces/a/apis/x");
    world.refused_once(
        vec![product_link("workspaces/a/products/p/apiLinks/m", "workspaces/b/apis/y")],
        code::INVALID,
        "only what is in workspaces/a itself",
    );
    world.refused_once(
        vec![product_link("workspaces/a/products/p/apiLinks/m", "apis/s")],
        code::NOT_FOUND,
        "`workspaces/a/apis/s` does not exist",
    );
    world.refused_once(
        vec![product_link("workspaces/a/products/p/apiLinks/m", "workspaces/A/apis/X")],
        code::CONFLICT,
        "by `workspaces/a/products/p/apiLinks/l`",
    );
    for (written, stored) in [
        ("/workspaces/a/products/p", "products/p"),
        ("products/P", "products/P"),
        ("workspaces/A/apis", "apis"),
    ] {
        world.ok(vec![subscription("workspaces/a/subscriptions/s", written, "active")]);
        let Spec::Subscription(subscription) = world.spec("workspaces/a/subscriptions/s") else { panic!() };
        assert_eq!(subscription.scope, stored);
    }
}

#[test]
fn an_api_is_in_one_open_product() {
    let mut world = World::new();
    world.ok(vec![
        api("apis/x", "x"),
        open_product("products/open", "Open"),
        product_link("products/open/apiLinks/l", "apis/x"),
        product("products/p", "P"),
        product_link("products/p/apiLinks/l", "apis/x"),
        open_product("products/other", "Other"),
    ]);
    let link = || product_link("products/other/apiLinks/l", "apis/x");
    world.refused_once(vec![link()], code::CONFLICT, "in the open product `products/open`");
    world.refused_once(
        vec![open_product("products/p", "P")],
        code::CONFLICT,
        "in the open product `products/open`",
    );
    world.ok(vec![product("products/open", "Open"), link()]);
}

#[test]
fn subscriptions() {
    let check = |edit: &dyn Fn(&mut v1::Subscription), fields: &[&str]| {
        let mut spec =
            v1::Subscription { scope: "apis".into(), display_name: "S".into(), ..Default::default() };
        edit(&mut spec);
        let change = with_secret(put("subscriptions/new", Spec::Subscription(spec)), "primaryKey", "1");
        check(with_secret(change, "secondaryKey", "2"), fields);
    };
    check(&|subscription| subscription.scope = "products/p".into(), &[]);
    check(&|subscription| subscription.scope = "/APIs".into(), &[]);
    for bad in
        ["", "products/none", "workspaces/w/apis/a", "workspaces/w/apis", "backends/one", "p", "apis/a;rev=2"]
    {
        check(
            &|subscription| subscription.scope = bad.into(),
            &["scope"; 2][..if bad.contains(';') { 2 } else { 1 }],
        );
    }
    check(&|subscription| subscription.display_name = text(100), &[]);
    check(&|subscription| subscription.display_name = text(101), &["displayName"]);
    check(&|subscription| subscription.display_name = String::new(), &["displayName"]);
    check(&|subscription| subscription.owner_id = "/users/ann".into(), &[]);
    check(&|subscription| subscription.owner_id = "ann".into(), &["ownerId"]);
    check(&|subscription| subscription.primary_key = "plain".into(), &["primaryKey"]);
    check(&|subscription| subscription.state = "Active".into(), &["state"]);
    check(&|subscription| subscription.expiration_date = "2026-01-31T12:00:00Z".into(), &[]);
    check(&|subscription| subscription.expiration_date = "tomorrow".into(), &["expirationDate"]);
}

#[test]
fn subscription_keys_are_required_and_unique_in_the_service() {
    let mut world = World::new();
    world.ok(vec![workspace("w"), subscription("subscriptions/a", "apis", "")]);
    let spec = v1::Subscription { scope: "apis".into(), display_name: "S".into(), ..Default::default() };
    let bare = || put("workspaces/w/subscriptions/b", Spec::Subscription(spec.clone()));
    let violations = world.refused(vec![bare()]);
    assert_eq!(
        violations.iter().map(|v| v.field.as_str()).collect::<Vec<_>>(),
        ["primaryKey", "secondaryKey"]
    );
    let keys =
        |one: &str, two: &str| vec![with_secret(with_secret(bare(), "primaryKey", one), "secondaryKey", two)];
    for (one, two) in [("subscriptions/a-1", "x"), ("x", "subscriptions/a-1"), ("subscriptions/a-2", "x")] {
        world.refused_once(keys(one, two), code::CONFLICT, "in use already");
    }
    world.refused_once(keys("x", "x"), code::INVALID, "both keys are the same");
    let unknown = vec![with_secret(keys("x", "y").remove(0), "thirdKey", "z")];
    world.refused_once(unknown, code::INVALID, "no such secret");
    world.ok(keys("x", "y"));
    world.ok(keys("y", "x"));
}

#[test]
fn subscriptions_take_allowed_steps_alone() {
    let states = ["submitted", "active", "rejected", "suspended", "cancelled", "expired"];
    let allowed: &[(&str, &[&str])] = &[
        ("", &["submitted", "active"]),
        ("submitted", &["active", "rejected", "cancelled"]),
        ("active", &["suspended", "cancelled", "expired"]),
        ("suspended", &["active", "cancelled", "expired"]),
        ("rejected", &["active"]),
        ("cancelled", &["active"]),
        ("expired", &["active"]),
    ];
    let way = |state: &str| -> &[&str] {
        match state {
            "" => &[],
            "submitted" => &["submitted"],
            "active" => &["active"],
            "rejected" => &["submitted", "rejected"],
            "suspended" => &["active", "suspended"],
            "cancelled" => &["active", "cancelled"],
            _ => &["active", "expired"],
        }
    };
    for (from, allowed) in allowed {
        for to in states {
            let mut world = World::new();
            for state in way(from) {
                world.ok(vec![subscription("subscriptions/s", "apis", state)]);
            }
            let step = vec![subscription("subscriptions/s", "apis", to)];
            if allowed.contains(&to) || *from == to {
                world.ok(step);
            } else {
                world.refused_once(step, code::INVALID, "is no step");
            }
        }
        let mut world = World::new();
        for state in way(from) {
            world.ok(vec![subscription("subscriptions/s", "apis", state)]);
        }
        world.ok(vec![subscription("subscriptions/s", "apis", "")]);
        let Spec::Subscription(spec) = world.spec("subscriptions/s") else { panic!() };
        assert_eq!(
            spec.state,
            if from.is_empty() { "submitted" } else { from },
            "an empty state keeps the present one"
        );
    }
}

#[test]
fn tags() {
    let check = |display_name: String, fields: &[&str]| {
        check(tag("tags/new", &display_name), fields);
    };
    check(text(160), &[]);
    check(text(161), &["displayName"]);
    check(String::new(), &["displayName"]);
    check("Taken".into(), &["displayName"]);
}

#[test]
fn links_of_tags() {
    let api = |api_id: &str| tag_api("workspaces/w/tags/t/apiLinks/new", api_id);
    let operation = |id: &str| tag_operation("workspaces/w/tags/t/operationLinks/new", id);
    let product = |id: &str| tag_product("workspaces/w/tags/t/productLinks/new", id);
    check(api("apis/a"), &[]);
    check(api("/workspaces/W/apis/A"), &[]);
    check(api(""), &["apiId"]);
    check(api("apis/none"), &["apiId"]);
    check(api("products/p"), &["apiId"]);
    check(api("apis/a;rev=2"), &["apiId", "apiId"]);
    check(api("workspaces/v/apis/a"), &["apiId"]);
    check(operation("apis/a/operations/o"), &[]);
    check(operation(""), &["operationId"]);
    check(operation("apis/a/operations/none"), &["operationId"]);
    check(operation("workspaces/v/apis/a/operations/o"), &["operationId"]);
    check(product("products/p"), &[]);
    check(product(""), &["productId"]);
    check(product("products/none"), &["productId"]);
    check(product("workspaces/v/products/p"), &["productId"]);
    // What the service tags is its own.
    check(tag_api("tags/t/apiLinks/new", "workspaces/w/apis/a"), &["apiId"]);
    check(tag_operation("tags/t/operationLinks/new", "workspaces/w/apis/a/operations/o"), &["operationId"]);
    check(tag_product("tags/t/productLinks/new", "workspaces/w/products/p"), &["productId"]);
    check(tag_api("tags/none/apiLinks/new", "apis/a"), &[""]);
}

#[test]
fn a_tag_stands_at_something_once() {
    let mut world = populated();
    world.ok(vec![tag("workspaces/w/tags/u", "Other")]);
    type Link = fn(&str, &str) -> AdmittedChange;
    let cases: [(&str, Link, &str); 3] = [
        ("apiLinks", tag_api, "apis/a"),
        ("operationLinks", tag_operation, "apis/a/operations/o"),
        ("productLinks", tag_product, "products/p"),
    ];
    for (collection, link, target) in cases {
        let at = |rest: &str| format!("workspaces/w/tags/{rest}");
        let first = at(&format!("t/{collection}/x"));
        world.ok(vec![link(&first, target)]);
        world.refused_once(
            vec![link(
                &at(&format!("t/{collection}/y")),
                &target
                    .to_uppercase()
                    .replace("APIS", "apis")
                    .replace("OPERATIONS", "operations")
                    .replace("PRODUCTS", "products"),
            )],
            code::CONFLICT,
            &format!("it has the tag already, by `{first}`"),
        );
        world.ok(vec![link(&at(&format!("u/{collection}/x")), target)]);
        world.ok(vec![delete(&first), link(&at(&format!("t/{collection}/y")), target)]);
    }
}

#[test]
fn links_of_tags_go_with_what_they_are_at() {
    let mut world = populated();
    world.ok(vec![
        tag_api("workspaces/w/tags/t/apiLinks/a", "apis/a"),
        tag_operation("workspaces/w/tags/t/operationLinks/o", "apis/a/operations/o"),
        tag_product("workspaces/w/tags/t/productLinks/p", "products/p"),
        tag_api("tags/t/apiLinks/a", "apis/a"),
    ]);
    let accepted = world.ok(vec![delete("workspaces/w/apis/a")]);
    assert_eq!(
        recorded(&accepted),
        [
            "deleted workspaces/w/tags/t/operationLinks/o",
            "deleted workspaces/w/tags/t/apiLinks/a",
            "deleted workspaces/w/apis/a",
        ]
    );
    let accepted = world.ok(vec![delete("workspaces/w/products/p")]);
    assert_eq!(
        recorded(&accepted),
        ["deleted workspaces/w/tags/t/productLinks/p", "deleted workspaces/w/products/p"]
    );
    world.ok(vec![delete("tags/t")]);
    assert!(world.get("tags/t/apiLinks/a").is_none());
    assert!(world.get("apis/a").is_some());
}
