//! Which workspace has a path, over all that a gateway serves.
//!
//! One idea: a persistent tree of folded segments. A clone shares everything, and a change copies the
//! few nodes on its way alone, so that the next shard has its own table at the cost of what differs.
//! Must not know what is at a path: each workspace has a table of its own for that.

use super::{
    fold::{self, Folded},
    paths::{segments, split_revision},
};
use imbl::OrdMap;
use std::{borrow::Cow, fmt, sync::Arc};

/// Ids of workspaces by path.
#[derive(Clone, Default)]
pub(crate) struct SharedPaths {
    root: Node,
    /// The paths that several workspaces have.
    contested: OrdMap<Box<[Folded]>, Arc<[Arc<str>]>>,
}

#[derive(Clone, Default)]
struct Node {
    children: OrdMap<Folded, Arc<Node>>,
    /// Who has the path that ends here, sorted; the first one holds it.
    claims: Arc<[Arc<str>]>,
}

impl SharedPaths {
    /// The segments of an API's path as they are compared.
    pub(crate) fn key(path: &str) -> Box<[Folded]> {
        segments(path).map(fold::fold).collect()
    }

    /// Adds a workspace to those that have a path.
    pub(crate) fn insert(&mut self, path: &[Folded], workspace: &Arc<str>) {
        self.change(path, |claims| {
            if let Err(at) = claims.binary_search(workspace) {
                claims.insert(at, workspace.clone());
            }
        });
    }

    /// Removes it again.
    pub(crate) fn remove(&mut self, path: &[Folded], workspace: &Arc<str>) {
        self.change(path, |claims| claims.retain(|id| id != workspace));
    }

    /// The paths that several workspaces have, with these.
    pub(crate) fn contested(&self) -> impl Iterator<Item = (&[Folded], &[Arc<str>])> {
        self.contested.iter().map(|(path, claims)| (&**path, &**claims))
    }

    fn change(&mut self, path: &[Folded], edit: impl FnOnce(&mut Vec<Arc<str>>)) {
        let claims = self.root.change(path, edit);
        if claims.len() > 1 {
            self.contested.insert(path.into(), claims);
        } else {
            self.contested.remove(path);
        }
    }

    #[cfg(test)]
    pub(crate) fn is_same(&self, other: &SharedPaths) -> bool {
        self.root.children.ptr_eq(&other.root.children) && Arc::ptr_eq(&self.root.claims, &other.root.claims)
    }

    /// The workspace of the longest path that `path` begins with; `path` begins with `/`.
    pub(crate) fn holder(&self, path: &str) -> Option<&str> {
        let mut node = &self.root;
        let mut holder = node.claims.first();
        let mut rest = path.get(1..);
        let mut is_first = true;
        // The slash at the end of a path begins no further segment, nor does the only one of the shortest.
        while let Some(text) = rest.filter(|text| !(is_first && text.is_empty())) {
            let (segment, behind) = match text.split_once('/') {
                Some((segment, behind)) => (segment, Some(behind)),
                None => (text, None),
            };
            let Some(child) = node.child(segment) else {
                if let Some((stem, _)) = split_revision(segment) {
                    let of = if stem.is_empty() && is_first { Some(node) } else { node.child(stem) };
                    holder = of.and_then(|of| of.claims.first()).or(holder);
                }
                break;
            };
            node = child;
            holder = node.claims.first().or(holder);
            (rest, is_first) = (behind, false);
        }
        holder.map(|id| &**id)
    }
}

impl Node {
    fn child(&self, segment: &str) -> Option<&Node> {
        let is_folded = !segment.bytes().any(|byte| byte == b'%' || byte.is_ascii_uppercase());
        let key = if is_folded {
            Cow::Borrowed(segment.as_bytes())
        } else {
            Cow::Owned(fold::fold(segment).into_vec())
        };
        self.children.get(&*key).map(|child| &**child)
    }

    /// Edits the claims at a path below, and lets go of nodes that hold nothing any more.
    fn change(&mut self, path: &[Folded], edit: impl FnOnce(&mut Vec<Arc<str>>)) -> Arc<[Arc<str>]> {
        let Some((segment, rest)) = path.split_first() else {
            let mut claims = self.claims.to_vec();
            edit(&mut claims);
            self.claims = claims.into();
            return self.claims.clone();
        };
        let mut child = self.children.get(segment).map(|child| (**child).clone()).unwrap_or_default();
        let claims = child.change(rest, edit);
        if child.claims.is_empty() && child.children.is_empty() {
            self.children.remove(segment);
        } else {
            self.children.insert(segment.clone(), Arc::new(child));
        }
        claims
    }
}

impl fmt::Debug for SharedPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)?;
        self.contested.len().fmt(f)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let children = self.children.iter().map(|(segment, child)| (String::from_utf8_lossy(segment), child));
        write!(f, "{:?}", self.claims)?;
        f.debug_map().entries(children).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::PathTree;
    use proptest::prelude::*;

    fn shared(claims: &[(&str, &str)]) -> SharedPaths {
        let mut paths = SharedPaths::default();
        for (path, workspace) in claims {
            paths.insert(&SharedPaths::key(path), &Arc::from(*workspace));
        }
        paths
    }

    #[test]
    fn the_first_of_those_that_have_a_path_holds_it_and_hands_it_on() {
        let mut paths = shared(&[("a/b", "w"), ("/A/B/", "v"), ("a", "x")]);
        assert_eq!(paths.holder("/a/b/c"), Some("v"));
        assert_eq!(paths.contested().count(), 1);
        paths.remove(&SharedPaths::key("a/b"), &"v".into());
        assert_eq!(paths.holder("/a/b/c"), Some("w"));
        assert_eq!(paths.contested().count(), 0);
        paths.remove(&SharedPaths::key("a/b"), &"w".into());
        assert_eq!(paths.holder("/a/b/c"), Some("x"));
        paths.remove(&SharedPaths::key("a"), &"x".into());
        assert_eq!(format!("{paths:?}"), format!("{:?}", SharedPaths::default()));
    }

    #[test]
    fn a_clone_keeps_what_it_had() {
        let old = shared(&[("a", "w")]);
        let mut new = old.clone();
        new.insert(&SharedPaths::key("b"), &"w".into());
        assert_eq!((old.holder("/b"), new.holder("/b")), (None, Some("w")));
    }

    proptest! {
        #[test]
        fn it_finds_the_workspace_whose_own_table_finds_most(
            paths in prop::collection::btree_set("(|[ab%]{1,2}(/[ab]{1,2}){0,2})", 0..6),
            request in "(/[abAB]{0,2}(;rev=2)?){1,4}",
        ) {
            let paths: Vec<String> = paths.into_iter().collect();
            let tree = PathTree::new(paths.iter().map(|path| (path.as_str(), path.as_str())));
            let claims: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), path.as_str())).collect();
            let found = tree.longest(&request).map(|found| found.value);
            let shared = shared(&claims);
            prop_assert_eq!(shared.holder(&request), found);
        }
    }
}
