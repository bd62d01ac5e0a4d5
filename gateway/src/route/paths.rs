//! The paths of APIs: the longest prefix of whole segments wins.
//!
//! One idea: a tree of literal segments with a value wherever an API's path ends. `;rev=N` behind
//! the last segment of an API's path is taken off here. Must not know what the values mean.

use super::fold::{self, Folded};
use std::collections::BTreeMap;

/// Values by path.
pub(crate) struct PathTree<T> {
    /// The first one is the root.
    nodes: Box<[Node<T>]>,
    refused: Box<[(T, T)]>,
}

#[derive(Debug)]
struct Node<T> {
    /// By folded segment, sorted.
    children: Box<[(Folded, u32)]>,
    value: Option<T>,
}

/// The longest path that a request's path begins with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found<'r, T> {
    pub(crate) value: T,
    /// What follows, beginning with `/`.
    pub(crate) rest: &'r str,
    /// What stood behind `;rev=`.
    pub(crate) revision: Option<&'r str>,
}

#[derive(Default)]
struct Builder<T> {
    children: BTreeMap<Folded, u32>,
    value: Option<T>,
}

impl<T: Copy> PathTree<T> {
    /// Builds the tree. Where a path comes twice the first one stays.
    pub(crate) fn new<'p>(paths: impl IntoIterator<Item = (&'p str, T)>) -> PathTree<T> {
        let mut nodes = vec![Builder { children: BTreeMap::new(), value: None }];
        let mut refused = Vec::new();
        for (path, value) in paths {
            let mut at = 0;
            for segment in segments(path) {
                let next = u32::try_from(nodes.len()).expect("fewer than 2^32 segments of API paths");
                at = *nodes[at as usize].children.entry(fold::fold(segment)).or_insert(next);
                if at == next {
                    nodes.push(Builder { children: BTreeMap::new(), value: None });
                }
            }
            let here = &mut nodes[at as usize].value;
            match here {
                Some(holder) => refused.push((*holder, value)),
                None => *here = Some(value),
            }
        }
        let nodes = nodes
            .into_iter()
            .map(|node| Node { children: node.children.into_iter().collect(), value: node.value });
        PathTree { nodes: nodes.collect(), refused: refused.into() }
    }

    /// Values whose path another one has; each behind the one that has it.
    pub(crate) fn refused(&self) -> &[(T, T)] {
        &self.refused
    }

    /// Finds the longest path that `path` begins with; `path` begins with `/`.
    pub(crate) fn longest<'r>(&self, path: &'r str) -> Option<Found<'r, T>> {
        let mut node = &self.nodes[0];
        let mut longest = node.value.map(|value| Found { value, rest: path, revision: None });
        let mut at = 0;
        while at < path.len() {
            let start = at + 1;
            let end = path[start..].find('/').map_or(path.len(), |length| start + length);
            let segment = &path[start..end];
            let rest = if end == path.len() { "/" } else { &path[end..] };
            let Some(child) = self.child(node, segment) else {
                if let Some((stem, revision)) = split_revision(segment) {
                    // The API's own path ends here, whatever shorter ones there are.
                    let of = if stem.is_empty() && at == 0 { Some(node) } else { self.child(node, stem) };
                    if let Some(value) = of.and_then(|of| of.value) {
                        return Some(Found { value, rest, revision: Some(revision) });
                    }
                }
                break;
            };
            node = child;
            if let Some(value) = node.value {
                longest = Some(Found { value, rest, revision: None });
            }
            at = end;
        }
        longest
    }

    fn child(&self, node: &Node<T>, segment: &str) -> Option<&Node<T>> {
        let at = node.children.binary_search_by(|(literal, _)| fold::cmp(literal, segment)).ok()?;
        Some(&self.nodes[node.children[at].1 as usize])
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for PathTree<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.nodes).finish()
    }
}

/// Segments of an API's path as written, with or without slashes around it.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.trim_matches('/');
    path.split('/').filter(move |_| !path.is_empty())
}

/// Takes `customers;rev=3` apart.
pub(super) fn split_revision(segment: &str) -> Option<(&str, &str)> {
    const MARK: &str = "rev=";
    let (stem, parameter) = segment.rsplit_once(';')?;
    let mark = parameter.get(..MARK.len())?;
    mark.eq_ignore_ascii_case(MARK).then(|| (stem, &parameter[MARK.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(paths: &[&'static str], path: &str) -> Option<(&'static str, String, Option<String>)> {
        let tree = PathTree::new(paths.iter().map(|path| (*path, *path)));
        assert_eq!(tree.refused(), []);
        tree.longest(path)
            .map(|found| (found.value, found.rest.to_owned(), found.revision.map(str::to_owned)))
    }

    #[test]
    fn longest_prefix_of_whole_segments_wins_and_the_empty_path_comes_last() {
        let paths = ["", "orders", "/orders/eu/", "a/b"];
        for (path, value, rest) in [
            ("/orders", "orders", "/"),
            ("/orders/", "orders", "/"),
            ("/ORDERS/1", "orders", "/1"),
            ("/orders/eu", "/orders/eu/", "/"),
            ("/orders/eu//x", "/orders/eu/", "//x"),
            ("/orders/europe", "orders", "/europe"),
            ("/order", "", "/order"),
            ("/a", "", "/a"),
            ("/a/x", "", "/a/x"),
            ("/a/b/x", "a/b", "/x"),
            ("/", "", "/"),
            ("//orders", "", "//orders"),
            ("/%6Frders/x", "orders", "/x"),
        ] {
            assert_eq!(find(&paths, path), Some((value, rest.to_owned(), None)), "{path}");
        }
        assert_eq!(find(&["orders"], "/order"), None);
        assert_eq!(find(&["a/b"], "/a"), None);
    }

    #[test]
    fn a_revision_stands_behind_the_path_of_an_api() {
        let paths = ["", "orders", "orders/eu"];
        for (path, value, rest, revision) in [
            ("/orders;rev=3", "orders", "/", Some("3")),
            ("/orders;rev=3/x;rev=4", "orders", "/x;rev=4", Some("3")),
            ("/orders/eu;REV=3/x", "orders/eu", "/x", Some("3")),
            ("/orders;rev=/x", "orders", "/x", Some("")),
            ("/orders/x;rev=3", "orders", "/x;rev=3", None),
            ("/;rev=2/x", "", "/x", Some("2")),
            ("/nothing;rev=3", "", "/nothing;rev=3", None),
            ("/orders;revision=3", "", "/orders;revision=3", None),
        ] {
            let expected = (value, rest.to_owned(), revision.map(str::to_owned));
            assert_eq!(find(&paths, path), Some(expected), "{path}");
        }
    }

    #[test]
    fn a_path_that_comes_twice_stays_with_the_first() {
        let tree = PathTree::new([("a", 1), ("b", 2), ("/A/", 3)]);
        assert_eq!(tree.refused(), [(1, 3)]);
        assert_eq!(tree.longest("/a").expect("found").value, 1);
    }
}
