//! From what people type to resource names.
//!
//! A name is typed as its last id (`orders`), with the ids above it for children
//! (`orders/get-order`), as the part below the workspace (`apis/orders`), or in full.

use super::Failure;
use hanse_manifest::nearest;
use hanse_proto::{Kind, Name, Scope};

/// The kind people mean.
pub fn kind(text: &str) -> Result<Kind, Failure> {
    if let Some(kind) = Kind::from_alias(text) {
        return Ok(kind);
    }
    let known: Vec<&str> =
        Kind::all().flat_map(|kind| kind.aliases().iter().copied().chain([kind.collection()])).collect();
    let hint = match nearest(text, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`hanse explain --all` lists the kinds: api, product, workspace and more".to_owned(),
    };
    Err(Failure::usage(format!("there is no kind `{text}`")).hint(hint))
}

/// Name of a workspace from its id; empty without one.
pub fn workspace(id: Option<&str>) -> Result<String, Failure> {
    let Some(id) = id else { return Ok(String::new()) };
    let text = if id.to_ascii_lowercase().starts_with("workspaces/") {
        id.to_owned()
    } else {
        format!("workspaces/{id}")
    };
    match Name::parse(&text) {
        Ok(name) if name.kind() == Kind::Workspace => Ok(name.as_str().to_owned()),
        Ok(_) => Err(Failure::usage(format!("`{id}` is no workspace; -w takes the id of one"))),
        Err(error) => Err(Failure::usage(error.message)),
    }
}

/// The name that `text` stands for, of a `kind`, with `-w WORKSPACE`.
pub fn resource(kind: Kind, text: &str, workspace_id: Option<&str>) -> Result<Name, Failure> {
    let scope = scope(kind, workspace_id)?;
    let name = full(kind, text, &scope)
        .or_else(|| if kind == Kind::Policy { policy(text, &scope) } else { by_ids(kind, text, &scope) })
        .ok_or_else(|| {
            Failure::usage(format!("`{text}` does not name {}", article(kind))).hint(example(kind))
        })?;
    let name = name.map_err(|message| Failure::usage(message).hint(example(kind)))?;
    if !scope.is_empty() && !hanse_proto::key_of(name.scope()).eq(&hanse_proto::key_of(&scope)) {
        return Err(Failure::usage(format!("`{name}` is not in {scope}, which -w names")));
    }
    Ok(name)
}

/// What to list children below: `orders/` is the API `orders`, for operations.
pub fn parent(kind: Kind, text: &str, workspace_id: Option<&str>) -> Result<Name, Failure> {
    let text = text.trim_end_matches('/');
    let fails = |hint: String| Failure::usage(format!("nothing to list below `{text}`")).hint(hint);
    for above in kind.parents() {
        if let Ok(name) = resource(*above, text, workspace_id) {
            return Ok(name);
        }
    }
    Err(fails(example(kind)))
}

/// The scope to look into: a workspace's name, or empty for the service.
pub fn scope(kind: Kind, workspace_id: Option<&str>) -> Result<String, Failure> {
    let scope = workspace(workspace_id)?;
    if kind.scope() == Scope::Service && !scope.is_empty() && kind != Kind::Workspace {
        let collection = kind.collection();
        let message = format!("{collection} belong to the service, not to a workspace");
        return Err(Failure::usage(message).hint("leave out -w"));
    }
    // A workspace lies in none; naming one for it would only be in the way.
    Ok(if kind == Kind::Workspace { String::new() } else { scope })
}

type Found = Result<Name, String>;

/// `workspaces/demo/apis/orders`, or `apis/orders` within the scope.
fn full(kind: Kind, text: &str, scope: &str) -> Option<Found> {
    Name::parse(&whole(text, scope)).ok().filter(|name| name.kind() == kind).map(Ok)
}

/// A text that begins with a collection, as a whole name.
fn whole(text: &str, scope: &str) -> String {
    let is_whole = scope.is_empty() || text.to_ascii_lowercase().starts_with("workspaces/");
    if is_whole { text.to_owned() } else { format!("{scope}/{text}") }
}

/// `orders/get-order`: one id for every level. A kind that may also stand alone may have one id.
fn by_ids(kind: Kind, text: &str, scope: &str) -> Option<Found> {
    let ids: Vec<&str> = text.split('/').collect();
    if kind.at_root() && ids.len() == 1 {
        return Some(below(scope, [(kind, ids[0])].into_iter()));
    }
    let kinds = line(kind);
    (kinds.len() == ids.len()).then(|| below(scope, kinds.into_iter().zip(ids)))
}

/// A kind behind those that it stands below.
fn line(kind: Kind) -> Vec<Kind> {
    let mut kinds = vec![kind];
    while let Some(above) = kinds.last().and_then(|kind| kind.parents().first()) {
        kinds.push(*above);
    }
    kinds.reverse();
    kinds
}

/// The policy of a scope: `policy` is the scope's own, `orders` an API's, `orders/get-order` an
/// operation's, `products/starter` a product's. `orders/policy` is an API's too, because whoever
/// writes that means it; an operation of this id is named in full.
fn policy(text: &str, scope: &str) -> Option<Found> {
    const OWN: (Kind, &str) = (Kind::Policy, "policy");
    let text = text.strip_suffix("/policy").filter(|above| !above.ends_with("policies")).unwrap_or(text);
    if text == OWN.1 {
        return Some(below(scope, [OWN].into_iter()));
    }
    if let Ok(name) = Name::parse(&whole(text, scope)) {
        return Some(name.child(OWN.0, OWN.1).map_err(|error| error.message));
    }
    match text.split('/').collect::<Vec<_>>().as_slice() {
        [api] => Some(below(scope, [(Kind::Api, *api), OWN].into_iter())),
        [api, operation] => {
            Some(below(scope, [(Kind::Api, *api), (Kind::Operation, *operation), OWN].into_iter()))
        }
        _ => None,
    }
}

fn below<'a>(scope: &str, parts: impl Iterator<Item = (Kind, &'a str)>) -> Found {
    let mut text = scope.to_owned();
    for (kind, id) in parts {
        if !text.is_empty() {
            text.push('/');
        }
        text.push_str(kind.collection());
        text.push('/');
        text.push_str(id);
    }
    Name::parse(&text).map_err(|error| error.message)
}

/// What to call a resource in a table: its ids within its scope.
pub fn short(name: &Name) -> String {
    let text = name.as_str();
    let within = text.strip_prefix(name.scope()).unwrap_or(text).trim_start_matches('/');
    let within = if name.kind() == Kind::Workspace { text } else { within };
    if name.kind() == Kind::Policy {
        let above = within.strip_suffix("policies/policy").unwrap_or(within).trim_end_matches('/');
        return if above.is_empty() { "policy".to_owned() } else { above.to_owned() };
    }
    within.split('/').skip(1).step_by(2).collect::<Vec<_>>().join("/")
}

fn article(kind: Kind) -> String {
    let word = kind.aliases()[0];
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {word}", if vowel { "an" } else { "a" })
}

fn example(kind: Kind) -> String {
    if kind == Kind::Policy {
        return "write `policy` (the scope's own), `orders` (an API's), `orders/get-order` or `products/starter`"
            .to_owned();
    }
    match line(kind).as_slice() {
        [_] => "write the id alone, or the whole name as in `workspaces/demo/apis/orders`".to_owned(),
        [_, Kind::Operation] => "write `orders/get-order`: the ids of the API and the operation".to_owned(),
        kinds => {
            let words: Vec<&str> = kinds.iter().map(|kind| kind.aliases()[0]).collect();
            format!("write `{}`: one id for each", words.join("/"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(kind: Kind, text: &str, workspace: Option<&str>) -> String {
        resource(kind, text, workspace)
            .map_or_else(|failure| format!("{failure:?}"), |name| name.as_str().to_owned())
    }

    #[test]
    fn names_are_built_from_what_people_type() {
        let demo = Some("demo");
        for (kind, text, workspace, expected) in [
            (Kind::Api, "orders", demo, "workspaces/demo/apis/orders"),
            (Kind::Api, "orders", None, "apis/orders"),
            (Kind::Api, "apis/orders", demo, "workspaces/demo/apis/orders"),
            (Kind::Api, "workspaces/demo/apis/orders", None, "workspaces/demo/apis/orders"),
            (Kind::Api, "Workspaces/demo/APIs/orders", demo, "workspaces/demo/apis/orders"),
            (Kind::Api, "orders", Some("workspaces/demo"), "workspaces/demo/apis/orders"),
            (Kind::Operation, "orders/get", demo, "workspaces/demo/apis/orders/operations/get"),
            (
                Kind::Operation,
                "apis/orders/operations/get",
                demo,
                "workspaces/demo/apis/orders/operations/get",
            ),
            (
                Kind::ProductApiLink,
                "starter/orders",
                demo,
                "workspaces/demo/products/starter/apiLinks/orders",
            ),
            (Kind::Workspace, "demo", None, "workspaces/demo"),
            (Kind::Workspace, "demo", demo, "workspaces/demo"),
            (Kind::Gateway, "default", None, "gateways/default"),
            (Kind::GatewayLink, "default/demo", None, "gateways/default/links/demo"),
            (Kind::Policy, "orders/policy", demo, "workspaces/demo/apis/orders/policies/policy"),
            (Kind::Policy, "apis/orders/policy", demo, "workspaces/demo/apis/orders/policies/policy"),
            (Kind::Diagnostic, "local", demo, "workspaces/demo/diagnostics/local"),
            (Kind::Diagnostic, "orders/local", demo, "workspaces/demo/apis/orders/diagnostics/local"),
            (Kind::GroupUser, "team/ada", demo, "workspaces/demo/groups/team/users/ada"),
            (Kind::User, "ada", None, "users/ada"),
            (
                Kind::AuthorizationAccessPolicy,
                "p/a/x",
                None,
                "authorizationProviders/p/authorizations/a/accessPolicies/x",
            ),
            (Kind::Policy, "policy", demo, "workspaces/demo/policies/policy"),
            (Kind::Policy, "policy", None, "policies/policy"),
            (Kind::Policy, "orders", demo, "workspaces/demo/apis/orders/policies/policy"),
            (Kind::Policy, "orders/get", None, "apis/orders/operations/get/policies/policy"),
            (Kind::Policy, "products/starter", demo, "workspaces/demo/products/starter/policies/policy"),
            (
                Kind::Policy,
                "apis/orders/policies/policy",
                demo,
                "workspaces/demo/apis/orders/policies/policy",
            ),
            (Kind::Policy, "workspaces/demo", None, "workspaces/demo/policies/policy"),
        ] {
            assert_eq!(name(kind, text, workspace), expected, "{text}");
        }
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for (kind, text, workspace) in [
            (Kind::Operation, "get", Some("demo")),
            (Kind::Api, "a/b", Some("demo")),
            (Kind::Api, "", None),
            (Kind::Api, "workspaces/other/apis/orders", Some("demo")),
            (Kind::Gateway, "default", Some("demo")),
            (Kind::Api, "orders", Some("a/b")),
        ] {
            let failure = resource(kind, text, workspace).expect_err(text);
            assert_eq!(failure.code(), super::super::USAGE);
        }
    }

    #[test]
    fn kinds_are_known_by_every_word_and_typos_are_guessed() {
        assert_eq!(kind("WS").expect("a kind"), Kind::Workspace);
        assert_eq!(kind("apiLinks").expect("a kind"), Kind::ProductApiLink);
        let failure = format!("{:?}", kind("subscrption").expect_err("a typo"));
        assert!(failure.contains("did you mean `subscription`?"), "{failure}");
        assert!(format!("{:?}", kind("giraffe").expect_err("no kind")).contains("workspace"));
    }

    #[test]
    fn children_are_listed_below_a_parent() {
        let below = |kind, text| parent(kind, text, Some("demo")).expect(text).as_str().to_owned();
        assert_eq!(below(Kind::Operation, "orders/"), "workspaces/demo/apis/orders");
        assert_eq!(below(Kind::ProductApiLink, "starter/"), "workspaces/demo/products/starter");
        assert!(parent(Kind::Api, "orders/", None).is_err());
    }

    #[test]
    fn short_names_are_what_can_be_typed_again() {
        for text in [
            "workspaces/demo",
            "workspaces/demo/apis/orders",
            "apis/orders/operations/get",
            "gateways/default/links/x",
            "workspaces/demo/policies/policy",
            "policies/policy",
            "workspaces/demo/apis/orders/policies/policy",
        ] {
            let parsed = Name::parse(text).expect(text);
            let again = resource(parsed.kind(), &short(&parsed), parsed.workspace()).expect(text);
            assert_eq!(again, parsed, "{}", short(&parsed));
        }
    }
}
