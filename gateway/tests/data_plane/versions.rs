//! Versions of an API: what reaches the backend, and what a browser can ask for.

use crate::{
    backend::Backend,
    wire::request,
    world::{HOST, World, plane, put},
};
use hanse_proto::v1::{self, resource::Spec};

const CORS: &str = "<policies><inbound>BASE<cors><allowed-origins><origin>https://a.test</origin>\
     </allowed-origins></cors></inbound><backend>BACKEND</backend><outbound>BASE</outbound>\
     <on-error>BASE</on-error></policies>";

/// Version 2 of `pets` in a set of a scheme.
async fn versioned(backend: &Backend, scheme: &str, policy_of: &str) -> World {
    let mut world = plane().api("pets", &backend.url()).start().await;
    world.change(|spec| {
        let set = v1::ApiVersionSet {
            versioning_scheme: scheme.into(),
            version_query_name: "api-version".into(),
            version_header_name: "Api-Version".into(),
            ..v1::ApiVersionSet::default()
        };
        put(spec, "workspaces/w/apiVersionSets/set", Spec::ApiVersionSet(set), [].into());
        let mut api = spec.resources["workspaces/w/apis/pets"].spec.clone();
        if let Spec::Api(api) = &mut api {
            (api.api_version_set_id, api.api_version) = ("apiVersionSets/set".into(), "v2".into());
        }
        put(spec, "workspaces/w/apis/pets", api, [].into());
        let (base, forward) = match policy_of {
            "" => ("", "<forward-request />"),
            _ => ("<base />", "<base />"),
        };
        let value = CORS.replace("BASE", base).replace("BACKEND", forward);
        let name = format!("{policy_of}/policies/policy");
        let policy = v1::Policy { value, ..v1::Policy::default() };
        put(spec, name.trim_start_matches('/'), Spec::Policy(policy), [].into());
    });
    world
}

#[tokio::test]
async fn query_and_header_versions_reach_the_backend_and_a_segment_does_not() {
    let backend = Backend::start().await;
    for (scheme, path, headers, first, second) in [
        ("Segment", "/pets/V2/x?a=1", &[][..], "GET /x?a=1\n", ""),
        ("Query", "/pets/x?a=1&api-version=V2", &[], "GET /x?a=1&api-version=V2\n", ""),
        ("Header", "/pets/x", &[("Api-Version", "V2")], "GET /x\n", "api-version: V2\n"),
    ] {
        let world = versioned(&backend, scheme, "workspaces/w/apis/pets").await;
        let answer = world.get(path, headers).await;
        assert!(answer.body.starts_with(first) && answer.body.contains(second), "{scheme} {answer:?}");
        let bare = world.get("/pets/x", &[]).await;
        bare.is_refusal(404, "Resource not found");
    }
}

#[tokio::test]
async fn a_preflight_finds_a_version_unless_a_header_tells_it() {
    let backend = Backend::start().await;
    let asked = [("Origin", "https://a.test"), ("Access-Control-Request-Method", "GET")];
    for (scheme, path, policy_of, is_allowed) in [
        ("Segment", "/pets/v2/x", "workspaces/w/apis/pets", true),
        ("Query", "/pets/x?api-version=v2", "workspaces/w/apis/pets", true),
        ("Header", "/pets/x", "workspaces/w/apis/pets", false),
        ("Header", "/pets/x", "", true),
    ] {
        let world = versioned(&backend, scheme, policy_of).await;
        let mut client = world.client().await;
        client.send(request("OPTIONS", HOST, path, &asked)).await;
        let answer = client.answer().await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, is_allowed.then_some("https://a.test"), "{scheme} {policy_of} {answer:?}");
    }
}
