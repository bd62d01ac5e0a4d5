//! Versions of APIs: which API of a version set a request is for.
//!
//! One idea: behind each path there is a [`Place`], which knows how its versions are told apart. A
//! version that is a segment is part of the path itself, so that its place has one API; versions in a
//! query parameter or a header are looked up here, in what was sent, without a copy. Must not know
//! paths.
//!
//! | scheme | paths of version `v2` of `orders` | read from |
//! |---|---|---|
//! | none | `orders` | nothing |
//! | Segment | `orders/v2`; `orders` is the Original's, or leads nowhere | the path |
//! | Query | `orders` | the first parameter of the name, percent-decoded |
//! | Header | `orders` | the first header of the name |
//!
//! Names and identifiers compare without regard to case. No identifier, or an empty one, leads to the
//! Original; an unknown one leads nowhere.

use super::RouteQuery;
use http::HeaderName;
use percent_encoding::percent_decode_str;
use std::sync::Arc;

/// Where the version of a request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Versioning {
    /// In the path, right behind the API's.
    Segment,
    /// In the query parameter of this name.
    Query(Arc<str>),
    /// In the header of this name.
    Header(HeaderName),
}

/// What is behind a path: one API, or the versions of one that share it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Where versions stand; `None`: the path tells all.
    pub(crate) versioning: Option<Versioning>,
    /// The group that requests without an identifier are for.
    pub(crate) original: Option<u32>,
    /// Groups by identifier in lower case, sorted.
    pub(crate) versions: Box<[(Box<str>, u32)]>,
    /// The group that the path was taken for.
    pub(crate) owner: u32,
}

impl Place {
    /// A path of one API.
    pub(crate) fn of_one(group: u32) -> Place {
        Place { versioning: None, original: Some(group), versions: Box::default(), owner: group }
    }

    /// A path that is taken, and leads nowhere by itself.
    pub(crate) fn of_none(owner: u32) -> Place {
        Place { versioning: None, original: None, versions: Box::default(), owner }
    }

    /// The group that a request is for.
    pub(crate) fn group(&self, query: &RouteQuery<'_>) -> Option<u32> {
        match &self.versioning {
            None | Some(Versioning::Segment) => self.original,
            Some(Versioning::Query(name)) => match parameter(query.query, name) {
                Some(sent) if !sent.is_empty() => self.version(|| percent_decode_str(sent)),
                Some(_) | None => self.original,
            },
            Some(Versioning::Header(name)) => {
                let sent = query.headers.get(name).map_or(&[][..], |sent| sent.as_bytes().trim_ascii());
                if sent.is_empty() { self.original } else { self.version(|| sent.iter().copied()) }
            }
        }
    }

    fn version<I: Iterator<Item = u8>>(&self, sent: impl Fn() -> I) -> Option<u32> {
        let lower = || sent().map(|byte| byte.to_ascii_lowercase());
        let at = self.versions.binary_search_by(|(version, _)| version.bytes().cmp(lower())).ok()?;
        Some(self.versions[at].1)
    }
}

/// The value of the first query parameter of a name, as sent.
fn parameter<'r>(query: Option<&'r str>, name: &str) -> Option<&'r str> {
    query?.split('&').find_map(|pair| {
        let (sent, value) = pair.split_once('=').unwrap_or((pair, ""));
        let lower = |byte: u8| byte.to_ascii_lowercase();
        percent_decode_str(sent).map(lower).eq(name.bytes().map(lower)).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        route::{Route, Scheme},
        shard::Shard,
        spec::testing::Specs,
    };
    use http::{HeaderMap, HeaderValue, Method};

    fn place(versioning: Versioning, original: Option<u32>) -> Place {
        let versions = [("v1".into(), 1), ("v2".into(), 2)];
        Place { versioning: Some(versioning), original, versions: versions.into(), owner: 1 }
    }

    fn group(place: &Place, query: Option<&str>, headers: &HeaderMap) -> Option<u32> {
        let (host, scheme, path) = ("h", Scheme::Http, "/");
        place.group(&RouteQuery { host, scheme, method: &Method::GET, path, query, headers })
    }

    #[test]
    fn a_version_in_the_query_is_found_however_it_is_encoded() {
        let place = place(Versioning::Query("api-version".into()), Some(0));
        let none = HeaderMap::new();
        for (query, expected) in [
            (None, Some(0)),
            (Some(""), Some(0)),
            (Some("a=b"), Some(0)),
            (Some("api-version"), Some(0)),
            (Some("api-version="), Some(0)),
            (Some("a=b&api-version=v2&c"), Some(2)),
            (Some("API-Version=V1"), Some(1)),
            (Some("api%2Dversion=%762"), Some(2)),
            (Some("api-version=v1&api-version=v2"), Some(1)),
            (Some("api-version=v3"), None),
            (Some("api-version=v"), None),
            (Some("xapi-version=v2"), Some(0)),
        ] {
            assert_eq!(group(&place, query, &none), expected, "{query:?}");
        }
    }

    #[test]
    fn a_version_in_a_header_is_found_without_regard_to_case() {
        let name = HeaderName::from_static("api-version");
        let place = place(Versioning::Header(name.clone()), None);
        assert_eq!(group(&place, Some("api-version=v1"), &HeaderMap::new()), None);
        for (sent, expected) in [("v1", Some(1)), (" V2 ", Some(2)), ("", None), ("v9", None)] {
            let value = HeaderValue::from_str(sent).expect("a value");
            let headers = HeaderMap::from_iter([(name.clone(), value)]);
            assert_eq!(group(&place, None, &headers), expected, "{sent}");
        }
    }

    fn route(shard: &Shard, target: &str, header: Option<&str>) -> String {
        let name = HeaderName::from_static("api-version");
        let value = header.map(|value| HeaderValue::from_str(value).expect("a value"));
        let headers = HeaderMap::from_iter(value.map(|value| (name, value)));
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let (host, scheme, method) = ("all.test", Scheme::Http, &Method::GET);
        match shard.route(&RouteQuery { host, scheme, method, path, query, headers: &headers }) {
            Route::Operation { api, rest, .. } => format!("{} {rest}", api.id),
            Route::NoOperation { api, rest } => format!("{} has no {rest}", api.id),
            other => format!("{other:?}"),
        }
    }

    /// Versions 1 and 2 of `orders` in a set, revision 3 of the second, and an API on the empty path.
    fn shard(scheme: &str, has_original: bool) -> std::sync::Arc<Shard> {
        let mut specs = Specs::new(&["w"]);
        specs.api_of("workspaces/w/apis/root", "", &[("GET", "/*")]);
        specs.version_set("workspaces/w/apiVersionSets/Set", scheme, "Api-Version");
        for (id, version) in [("orders-1", "V1"), ("orders-2", "v2"), ("orders-2;rev=3", "v2")] {
            specs.version(&format!("workspaces/w/apis/{id}"), "Orders", "set", version);
        }
        if has_original {
            specs.version("workspaces/w/apis/orders", "orders", "set", "");
        }
        let shard = specs.compile();
        assert_eq!(shard.findings().collect::<Vec<_>>(), Vec::<&(String, String)>::new());
        shard
    }

    #[test]
    fn a_version_segment_follows_the_path_and_is_no_part_of_the_rest() {
        for has_original in [true, false] {
            let shard = shard("Segment", has_original);
            let bare = |with: &str| if has_original { with.to_owned() } else { "NoApi".to_owned() };
            for (target, expected) in [
                ("/orders/v1/x", "orders-1 /x".to_owned()),
                ("/ORDERS/%561/x", "orders-1 /x".to_owned()),
                ("/orders/V2/x?a=b", "orders-2 /x".to_owned()),
                ("/orders/v2", "orders-2 has no /".to_owned()),
                ("/orders/v2;rev=3/x", "orders-2;rev=3 /x".to_owned()),
                ("/orders/v2;rev=9/x", "NoApi".to_owned()),
                ("/orders/x", bare("orders /x")),
                ("/orders;rev=1/x", bare("orders /x")),
                ("/orders;rev=3/v2/x", "NoApi".to_owned()),
                ("/orders/v3/x", bare("orders has no /v3/x")),
                ("/orders", bare("orders has no /")),
                ("/other", "root /other".to_owned()),
            ] {
                assert_eq!(route(&shard, target, None), expected, "{target} {has_original}");
            }
        }
    }

    #[test]
    fn a_version_in_query_or_header_picks_an_api_of_one_path() {
        for has_original in [true, false] {
            let by_query = shard("Query", has_original);
            let by_header = shard("Header", has_original);
            let bare = if has_original { "orders /x" } else { "NoApi" };
            for (path, version, expected) in [
                ("/orders/x", Some("v1"), "orders-1 /x"),
                ("/orders/x", Some("V2"), "orders-2 /x"),
                ("/orders;rev=3/x", Some("v2"), "orders-2;rev=3 /x"),
                ("/orders;rev=3/x", Some("v1"), "NoApi"),
                ("/orders/x", Some("v3"), "NoApi"),
                ("/orders/x", None, bare),
            ] {
                let target = match version {
                    Some(version) => format!("{path}?Api-version={version}"),
                    None => path.to_owned(),
                };
                assert_eq!(route(&by_query, &target, None), expected, "{target}");
                assert_eq!(route(&by_header, path, version), expected, "{path} {version:?}");
            }
        }
    }

    #[test]
    fn an_offline_version_is_not_there() {
        let mut specs = Specs::new(&["w"]);
        specs.version_set("workspaces/w/apiVersionSets/set", "Query", "v");
        specs.version("workspaces/w/apis/a", "a", "set", "1");
        let mut off = specs.spec.resources["workspaces/w/apis/a"].spec.clone();
        if let hanse_proto::v1::resource::Spec::Api(api) = &mut off {
            (api.is_online, api.api_version) = (Some(false), "2".into());
        }
        specs.put("workspaces/w/apis/b", off);
        let shard = specs.compile();
        assert_eq!(route(&shard, "/a/x?v=1", None), "a /x");
        assert_eq!(route(&shard, "/a/x?v=2", None), "NoApi");
    }

    #[test]
    fn what_a_version_set_cannot_tell_apart_is_a_finding() {
        let mut specs = Specs::new(&["w"]);
        specs.version_set("workspaces/w/apiVersionSets/set", "Query", "v");
        specs.version_set("workspaces/w/apiVersionSets/odd", "Path", "");
        specs.version("workspaces/w/apis/a", "a", "set", "1");
        specs.version("workspaces/w/apis/b", "A", "set", "1");
        specs.version("workspaces/w/apis/c", "c", "gone", "1");
        specs.version("workspaces/w/apis/d", "d", "odd", "1");
        specs.version("workspaces/w/apis/e", "a", "", "2");
        let shard = specs.compile();
        let mut keys: Vec<&str> = shard.findings().map(|(key, _)| key.as_str()).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["b", "c", "d", "e"].map(|id| format!("workspaces/w/apis/{id}")));
        assert_eq!(route(&shard, "/a/x?v=1", None), "a /x");
        assert_eq!(route(&shard, "/c/x", None), "NoApi");
    }
}
