//! Lists, pages and filters.

use super::*;
use crate::{
    FILTER_CHARS_MAX, FILTER_DEPTH_MAX, FILTER_TERMS_MAX, Filter, ListQuery, PAGE_SIZE_MAX, Page, SCAN_MAX,
    code, list,
};
use hanse_proto::Kind;

fn world() -> World {
    let mut world = World::new();
    world.ok(vec![
        workspace("a"),
        workspace("a-b"),
        api("workspaces/a/apis/x", "x"),
        api("workspaces/a/apis/x-y", "x-y"),
        operation("workspaces/a/apis/x/operations/o", "GET", "/"),
        policy("workspaces/a/apis/x/operations/o/policies/policy"),
        policy("workspaces/a/apis/x/policies/policy"),
        policy("workspaces/a/policies/policy"),
        api("apis/s", "s"),
        product("products/p", "P"),
        product_link("products/p/apiLinks/l", "apis/s"),
    ]);
    world
}

fn names(page: &Page) -> Vec<&str> {
    page.resources.iter().filter_map(|stored| stored.resource.as_ref()).map(|r| r.name.as_str()).collect()
}

fn page(world: &World, query: &ListQuery) -> Page {
    let Ok(page) = list(&world.tables, query);
    page.unwrap_or_else(|violation| panic!("{violation:?}"))
}

fn query(parent: &str, kind: Option<Kind>, recursive: bool) -> ListQuery {
    let parent = (!parent.is_empty()).then(|| Name::parse(parent).expect(parent));
    ListQuery { parent, kind, recursive, ..ListQuery::default() }
}

#[test]
fn lists_hold_what_is_asked_for() {
    let world = world();
    let cases: &[(&str, Option<Kind>, bool, &[&str])] = &[
        ("", Some(Kind::Workspace), false, &["workspaces/a", "workspaces/a-b"]),
        ("", Some(Kind::Api), false, &["apis/s"]),
        ("", Some(Kind::Api), true, &["apis/s", "workspaces/a/apis/x", "workspaces/a/apis/x-y"]),
        (
            "",
            None,
            false,
            &[
                "apis/s",
                "gateways/default",
                "groups/administrators",
                "groups/developers",
                "groups/guests",
                "products/p",
                "workspaces/a",
                "workspaces/a-b",
            ],
        ),
        ("workspaces/A", Some(Kind::Api), false, &["workspaces/a/apis/x", "workspaces/a/apis/x-y"]),
        (
            "workspaces/a",
            None,
            false,
            &["workspaces/a/apis/x", "workspaces/a/apis/x-y", "workspaces/a/policies/policy"],
        ),
        ("workspaces/a-b", None, true, &[]),
        (
            "",
            Some(Kind::Policy),
            true,
            &[
                "workspaces/a/apis/x/operations/o/policies/policy",
                "workspaces/a/apis/x/policies/policy",
                "workspaces/a/policies/policy",
            ],
        ),
        ("workspaces/a/apis/x", Some(Kind::Policy), false, &["workspaces/a/apis/x/policies/policy"]),
        ("products/p", None, true, &["products/p/apiLinks/l"]),
        ("", Some(Kind::GatewayLink), true, &[]),
    ];
    for (parent, kind, recursive, expected) in cases {
        let query = query(parent, *kind, *recursive);
        assert_eq!(names(&page(&world, &query)), *expected, "{query:?}");
    }
}

#[test]
fn pages_of_every_size_join_to_the_whole_list() {
    let world = world();
    for recursive in [false, true] {
        let mut whole = query("", None, recursive);
        let complete = page(&world, &whole);
        assert_eq!(complete.next_page_token, "");
        for page_size in 1..=6 {
            let mut joined = Vec::new();
            whole.page_size = page_size;
            whole.page_token.clear();
            loop {
                let page = page(&world, &whole);
                assert!(!page.resources.is_empty() && page.resources.len() <= page_size as usize);
                joined.extend(page.resources);
                if page.next_page_token.is_empty() {
                    break;
                }
                whole.page_token = page.next_page_token;
            }
            assert_eq!(joined, complete.resources, "pages of {page_size}");
        }
    }
}

#[test]
fn a_token_belongs_to_its_query() {
    let world = world();
    let first = ListQuery { page_size: 1, ..query("", Some(Kind::Workspace), false) };
    let token = page(&world, &first).next_page_token;
    assert!(!token.is_empty());
    for (field, wrong) in [
        ("pageToken", ListQuery { page_token: token.clone(), ..query("", Some(Kind::Api), false) }),
        ("pageToken", ListQuery { page_token: "nonsense".into(), ..first.clone() }),
        ("pageToken", ListQuery { page_token: format!("{token}0"), ..first.clone() }),
        ("pageSize", ListQuery { page_size: PAGE_SIZE_MAX + 1, ..first.clone() }),
        ("parent", query("workspaces/none", None, false)),
    ] {
        let Ok(answer) = list(&world.tables, &wrong);
        assert_eq!(answer.expect_err(field).field, field);
    }
    page(&world, &ListQuery { page_size: PAGE_SIZE_MAX, ..first });
}

#[test]
fn a_page_looks_at_a_bounded_number_of_rows() {
    let mut world = World::new();
    world.ok(vec![api("apis/x", "x")]);
    for chunk in 0..11 {
        let changes = (0..1_000).map(|index| {
            let id = chunk * 1_000 + index;
            operation(&format!("apis/x/operations/o{id:05}"), "GET", &format!("/{id}"))
        });
        let command = world.command(changes.collect());
        world.revision += 1;
        let Ok(Decision::Accepted(accepted)) = crate::apply(&world.tables, &command, world.revision) else {
            panic!("rejected")
        };
        world.tables.write(&accepted.writes);
    }
    let filter = Filter::parse("urlTemplate eq '/10999'", Kind::Operation).expect("a filter");
    let mut query = ListQuery { filter: Some(filter), ..query("apis/x", Some(Kind::Operation), false) };
    let first = page(&world, &query);
    assert_eq!(first.resources.len(), 0, "{SCAN_MAX} rows hold none that matches");
    query.page_token = first.next_page_token;
    let second = page(&world, &query);
    assert_eq!(names(&second), ["apis/x/operations/o10999"]);
    assert_eq!(second.next_page_token, "");

    // Skipped subtrees cost little: all APIs come on one page.
    world.ok(vec![api("apis/y", "y")]);
    let apis = self::query("", Some(Kind::Api), true);
    assert_eq!(names(&page(&world, &apis)), ["apis/x", "apis/y"]);
}

#[test]
fn filters_take_what_their_kind_has() {
    let mut world = World::new();
    let spec = v1::Api { service_url: "https://backend.test".into(), ..api_spec("orders/v1") };
    world.ok(vec![
        put("apis/Orders", Spec::Api(v1::Api { display_name: "Bob's orders".into(), ..spec.clone() })),
        put("apis/orders;rev=2", Spec::Api(v1::Api { display_name: String::new(), ..spec })),
        api("apis/pets", "pets"),
    ]);
    let cases: &[(&str, &[&str])] = &[
        ("name eq 'ORDERS'", &["apis/Orders"]),
        ("displayName eq 'Bob''s orders'", &["apis/Orders", "apis/orders;rev=2"]),
        ("properties/displayName ne 'An API'", &["apis/Orders", "apis/orders;rev=2"]),
        ("startswith(path,'or') and isCurrent eq true", &["apis/Orders"]),
        ("isCurrent ne true", &["apis/orders;rev=2"]),
        ("endswith(path, 'v1') or path eq 'pets'", &["apis/Orders", "apis/orders;rev=2", "apis/pets"]),
        ("path gt 'orders' and path le 'pets' and isCurrent eq 'true'", &["apis/Orders", "apis/pets"]),
        (
            "(path eq 'pets' or contains(serviceUrl,'backend')) and substringof('API', displayName)",
            &["apis/pets"],
        ),
    ];
    for (text, expected) in cases {
        let filter = Filter::parse(text, Kind::Api).unwrap_or_else(|violation| panic!("{violation:?}"));
        let query = ListQuery { filter: Some(filter), ..query("", Some(Kind::Api), false) };
        assert_eq!(names(&page(&world, &query)), *expected, "{text}");
    }
}

#[test]
fn filters_know_defaults_lists_and_parts_of_references() {
    let mut world = World::new();
    let tagged = v1::NamedValue {
        display_name: "v".into(),
        value: "1".into(),
        tags: vec!["a".into(), "b".into()],
        ..Default::default()
    };
    let owned = v1::Subscription {
        scope: "products/p".into(),
        display_name: "S".into(),
        owner_id: "/users/ann".into(),
        ..Default::default()
    };
    let owned = with_secret(put("subscriptions/s", Spec::Subscription(owned)), "primaryKey", "1");
    world.ok(vec![
        user("users/ann"),
        put("namedValues/v", Spec::NamedValue(tagged)),
        product("products/p", "P"),
        with_secret(owned, "secondaryKey", "2"),
    ]);
    for (kind, text, matches) in [
        (Kind::NamedValue, "tags/any(t: t eq 'b')", true),
        (Kind::NamedValue, "tags/any(t: startswith(t,'c'))", false),
        (Kind::NamedValue, "tags/all(t: t le 'b')", true),
        (Kind::NamedValue, "tags/all(t: t eq 'b')", false),
        (Kind::Product, "state eq 'notPublished'", true),
        (Kind::Product, "state eq published", false),
        (Kind::Subscription, "state eq submitted and userId eq 'Ann' and productId eq 'p'", true),
        (Kind::Subscription, "scope eq 'products/p'", true),
    ] {
        let filter = Filter::parse(text, kind).unwrap_or_else(|violation| panic!("{violation:?}"));
        let query = ListQuery { filter: Some(filter), ..query("", Some(kind), false) };
        assert_eq!(!page(&world, &query).resources.is_empty(), matches, "{text}");
    }
}

#[test]
fn a_wrong_filter_is_refused_with_its_column() {
    for (text, column, part) in [
        ("", 1, "the end where a field"),
        ("colour eq 'red'", 1, "no field"),
        ("path eq orders", 9, "a value in single quotes"),
        ("path like 'x'", 6, "one of eq, ne"),
        ("isCurrent gt true", 11, "does not go with `isCurrent`"),
        ("isCurrent eq 'maybe'", 14, "true or false"),
        ("contains(isCurrent,'x')", 1, "does not go with"),
        ("matches(path,'x')", 1, "no function"),
        ("path eq 'x", 9, "not closed"),
        ("path eq 'x' xor path eq 'y'", 13, "`and`, `or` or the end"),
        ("(path eq 'x'", 13, "`)`"),
        ("path eq 'x')", 12, "`)` where"),
        ("path & 'x'", 6, "not expected"),
        ("path/any(t: t eq 'x')", 1, "no list"),
        ("contains(path 'x')", 15, "`,`"),
        ("eq 'x'", 1, "no field"),
        ("contains", 1, "no field"),
    ] {
        let violation = Filter::parse(text, Kind::Api).expect_err(text);
        assert_eq!(
            (violation.code.as_str(), violation.column),
            (code::INVALID, column),
            "{text}: {violation:?}"
        );
        assert!(violation.message.contains(part), "{text}: {violation:?}");
    }
    assert!(Filter::parse("tags eq 'x'", Kind::NamedValue).expect_err("a list").hint.contains("any(t"));
    assert!(Filter::parse("state ne 'published'", Kind::Product).is_err());
    assert!(Filter::parse("name eq 'x'", None).is_ok());
    assert!(Filter::parse("displayName eq 'x'", None).is_err());
}

#[test]
fn a_filter_is_accepted_at_its_bounds_and_refused_past_them() {
    let nested = |depth: usize| format!("{}path eq 'x'{}", "(".repeat(depth), ")".repeat(depth));
    let terms = |count: usize| vec!["path eq 'x'"; count].join(" or ");
    let long = |chars: usize| format!("path eq '{}'", "ä".repeat(chars - 10));
    for (at, past) in [
        (nested(FILTER_DEPTH_MAX), nested(FILTER_DEPTH_MAX + 1)),
        (terms(FILTER_TERMS_MAX), terms(FILTER_TERMS_MAX + 1)),
        (long(FILTER_CHARS_MAX), long(FILTER_CHARS_MAX + 1)),
    ] {
        assert!(Filter::parse(&at, Kind::Api).is_ok(), "{at}");
        assert!(Filter::parse(&past, Kind::Api).is_err(), "{past}");
    }
}
