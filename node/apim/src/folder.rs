//! Which file of a folder is what, by its path alone.
//!
//! One idea: folders pair up, a collection and an id, whatever release of APIOps wrote them; how the
//! collections are spelled does not matter. Three layouts are known: flat ids, display names with a
//! version and a revision below them (2021 and 2022), and lists (`apis.json`) in the place of links.
//! Must not know what is in the files.

use hanse_proto::Kind;

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Artifact {
    /// Id of the workspace whose part of the folder it is in.
    pub(crate) workspace: Option<String>,
    /// From the outermost resource to the one that the file is of.
    pub(crate) places: Vec<Place>,
    pub(crate) role: Role,
}

/// A folder that stands for a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) kind: Kind,
    /// Path of the folder.
    pub(crate) folder: String,
    /// Its name: the id, unless the file of information says another one.
    pub(crate) id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// `…Information.json`
    Information,
    /// `apis.json`, `groups.json`, `tags.json`: names of what is linked.
    Links(Kind),
    /// `apiVersionSet.json` beside the versions of an API.
    VersionSet,
    /// `specification.…`
    Specification,
    /// `policy.xml`
    Policy,
}

impl Artifact {
    /// The kind of the resource that the file is of; `None`: of the service or workspace.
    pub(crate) fn kind(&self) -> Option<Kind> {
        self.places.last().map(|place| place.kind)
    }
}

/// What the file at a path is.
///
/// # Errors
/// Why it is nothing that can be taken.
pub(crate) fn classify(path: &str) -> Result<Artifact, String> {
    let parts: Vec<&str> = path.split('/').collect();
    if parts.iter().any(|part| part.is_empty() || matches!(*part, "." | "..")) {
        return Err("this is no path within the folder".to_owned());
    }
    let (file, folders) = parts.split_last().expect("splitting gives a part");
    let (workspace, mut at) = match folders {
        [collection, id, ..] if fold(collection) == "workspaces" => (Some((*id).to_owned()), 2),
        _ => (None, 0),
    };
    let mut places: Vec<Place> = Vec::new();
    while at < folders.len() {
        let above = places.last().map(|place| place.kind);
        let kind = collection(above, folders[at])?;
        let mut end = at + 2;
        if folders.len() < end {
            return Err(format!(
                "`{}` is a collection; the folder of one of its items is expected",
                folders[at]
            ));
        }
        if kind == Kind::Api && above.is_none() && is_version_and_revision(&folders[end..]) {
            end += 2;
        }
        let id = folders[at + 1].to_owned();
        places.push(Place { kind, folder: folders[..end].join("/"), id });
        at = end;
    }
    let role = role(file, places.last().map(|place| place.kind))?;
    Ok(Artifact { workspace, places, role })
}

/// `apis/{display name}/{version}/{revision}`: the second is no folder of an API, the third a number.
fn is_version_and_revision(below: &[&str]) -> bool {
    let [version, revision, ..] = below else { return false };
    collection(Some(Kind::Api), version).is_err() && revision.bytes().all(|byte| byte.is_ascii_digit())
}

fn role(file: &str, kind: Option<Kind>) -> Result<Role, String> {
    let file = file.to_ascii_lowercase();
    match (file.as_str(), kind) {
        (
            "policy.xml",
            None | Some(Kind::Api | Kind::Operation | Kind::Product | Kind::PolicyFragment | Kind::Resolver),
        ) => Ok(Role::Policy),
        ("policy.xml", Some(kind)) => Err(format!("a {} has no policy", kind.aliases()[0])),
        ("apis.json", Some(Kind::Product)) => Ok(Role::Links(Kind::ProductApiLink)),
        ("groups.json", Some(Kind::Product)) => Ok(Role::Links(Kind::ProductGroupLink)),
        ("apis.json", Some(Kind::Tag)) => Ok(Role::Links(Kind::TagApiLink)),
        ("products.json", Some(Kind::Tag)) => Ok(Role::Links(Kind::TagProductLink)),
        ("tags.json", Some(Kind::Api | Kind::Product)) => Ok(Role::Links(Kind::Tag)),
        ("apiversionset.json", Some(Kind::Api)) => Ok(Role::VersionSet),
        ("serviceinformation.json", None) => Err("the service itself is not made by an import".to_owned()),
        (file, Some(Kind::Api)) if file.starts_with("specification.") => Ok(Role::Specification),
        (file, Some(_)) if file.ends_with("information.json") => Ok(Role::Information),
        _ => Err("no file of an APIOps folder is called so here".to_owned()),
    }
}

/// The kind of a collection below a kind.
///
/// # Errors
/// Why nothing in such a folder is taken.
fn collection(above: Option<Kind>, folder: &str) -> Result<Kind, String> {
    let folded = fold(folder);
    let kind = match (above, folded.as_str()) {
        (None, "namedvalues") => Kind::NamedValue,
        (None, "backends") => Kind::Backend,
        (None, "loggers") => Kind::Logger,
        (None, "diagnostics") | (Some(Kind::Api), "diagnostics") => Kind::Diagnostic,
        (None, "tags") => Kind::Tag,
        (None, "groups") => Kind::Group,
        (None, "versionsets" | "apiversionsets") => Kind::ApiVersionSet,
        (None, "policyfragments") => Kind::PolicyFragment,
        (None, "products") => Kind::Product,
        (None, "apis") => Kind::Api,
        (None, "subscriptions") => Kind::Subscription,
        (None, "schemas" | "globalschemas") => Kind::Schema,
        (Some(Kind::Api), "operations") => Kind::Operation,
        (Some(Kind::Api), "releases") => Kind::ApiRelease,
        (Some(Kind::Api), "resolvers") => Kind::Resolver,
        (Some(Kind::Api), "schemas") => Kind::ApiSchema,
        (Some(Kind::Product), "apis" | "apilinks") => Kind::ProductApiLink,
        (Some(Kind::Product), "groups" | "grouplinks") => Kind::ProductGroupLink,
        (Some(Kind::Tag), "apis" | "apilinks") => Kind::TagApiLink,
        (Some(Kind::Tag), "products" | "productlinks") => Kind::TagProductLink,
        // A tag below what it stands at.
        (Some(Kind::Api | Kind::Product), "tags") => Kind::Tag,
        (None, "gateways") => {
            return Err(
                "self-hosted gateways have no counterpart: every node serves; `hanse explain gateway` \
                        shows what a gateway is here"
                    .to_owned(),
            );
        }
        (None, "certificates") => {
            return Err(
                "the private key is not in the files: create the certificate with `hanse apply`".to_owned()
            );
        }
        _ => {
            return Err(format!(
                "`{folder}` is no folder of APIOps here, or of nothing that there is a kind for"
            ));
        }
    };
    Ok(kind)
}

/// The spelling of a collection without what differs between releases.
fn fold(folder: &str) -> String {
    folder.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(path: &str) -> String {
        match classify(path) {
            Ok(it) => {
                let places: Vec<String> =
                    it.places.iter().map(|place| format!("{:?} {}", place.kind, place.id)).collect();
                format!(
                    "{}{} {:?}",
                    it.workspace.map_or(String::new(), |it| format!("[{it}] ")),
                    places.join(" / "),
                    it.role
                )
            }
            Err(reason) => reason,
        }
    }

    #[test]
    fn every_layout_is_known() {
        for (path, expected) in [
            ("policy.xml", " Policy"),
            ("named values/n v/namedValueInformation.json", "NamedValue n v Information"),
            ("version sets/s/apiVersionSetInformation.json", "ApiVersionSet s Information"),
            ("apis/a;rev=2/specification.yaml", "Api a;rev=2 Specification"),
            ("apis/a/operations/o/policy.xml", "Api a / Operation o Policy"),
            ("apis/operations/operations/1/policy.xml", "Api operations / Operation 1 Policy"),
            ("apis/My API/Original/1/apiInformation.json", "Api My API Information"),
            ("apis/My API/v2/12/operations/o/policy.xml", "Api My API / Operation o Policy"),
            ("apis/My API/apiVersionSet.json", "Api My API VersionSet"),
            ("products/p/apis.json", "Product p Links(ProductApiLink)"),
            (
                "products/p/groups/g/productGroupInformation.json",
                "Product p / ProductGroupLink g Information",
            ),
            ("tags/t/apis/a/tagApiInformation.json", "Tag t / TagApiLink a Information"),
            ("workspaces/w/policy.xml", "[w]  Policy"),
            (
                "workspaces/w/apis/a/diagnostics/d/diagnosticInformation.json",
                "[w] Api a / Diagnostic d Information",
            ),
            ("policyFragments/f/policy.xml", "PolicyFragment f Policy"),
        ] {
            assert_eq!(shown(path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_not_taken_has_a_reason() {
        for (path, part) in [
            ("gateways/g/gatewayInformation.json", "self-hosted"),
            ("gateways/g/apis/a/gatewayApiInformation.json", "self-hosted"),
            ("README.md", "no file of an APIOps folder"),
            ("serviceInformation.json", "service itself"),
            ("wikis/w/x.md", "`wikis` is no folder"),
            ("apis/apiInformation.json", "is a collection"),
            ("apis/a/../../policy.xml", "no path within"),
            ("/etc/passwd", "no path within"),
            ("", "no path within"),
            ("tags/t/policy.xml", "has no policy"),
            ("certificates/c/certificateInformation.json", "private key"),
        ] {
            assert!(shown(path).contains(part), "{path}: {}", shown(path));
        }
    }

    proptest::proptest! {
        #[test]
        fn any_path_is_survived(path in "(apis|tags|policies|workspaces|[^/]{0,5})(/[^/]{0,9}){0,9}") {
            let _ = classify(&path);
        }
    }
}
