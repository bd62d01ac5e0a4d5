//! Which operation of an API answers: a tree of segments for each method, walked in the order of
//! precedence.
//!
//! The order, left to right over segments: literal, literals mixed with parameters (more literal
//! characters first), `{x}`, `{*x}` and `*`; then more required query parameters first; then more
//! literal query values; then the operation's id. The first one found in this order is the answer.
//!
//! One idea: the walk may turn back, but every node has one way leading to it, so none is visited
//! twice and the work is bounded by the size of the API, whatever is sent.

use super::{
    fold::{self, Folded},
    template::{Segment, Value, match_mixed, query_value},
};
use crate::shard::Operation;
use http::Method;
use percent_encoding::percent_decode_str;
use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

/// All operations of one API. It holds positions in the API's list of operations, so that a change
/// of anything but method and template leaves it as it is.
#[derive(Debug, Default)]
pub(crate) struct OperationTree {
    /// Root of each method, sorted by method.
    methods: Box<[(Method, u32)]>,
    nodes: Box<[Node]>,
}

#[derive(Debug)]
struct Node {
    /// By folded segment, sorted.
    literals: Box<[(Folded, u32)]>,
    /// In the order of precedence.
    mixed: Box<[(Box<[Folded]>, u32)]>,
    capture: Option<u32>,
    /// Operations whose template ends here.
    here: Option<Box<Leaf>>,
    /// Operations whose template takes the rest from here.
    rest: Option<Box<Leaf>>,
}

/// Operations that differ in their query parameters alone.
#[derive(Debug)]
struct Leaf {
    /// Positions of operations, in the order of precedence.
    ranked: Box<[u32]>,
    /// Ranks by the first literal parameter, sorted by value, so that one operation among thousands, as in SOAP, is
    /// found at once.
    by_literal: Box<[(Folded, Box<[Rank]>)]>,
    /// Ranks without literal parameters, in order.
    others: Box<[u32]>,
}

/// The value of a literal parameter, and the rank of an operation that requires it.
type Rank = (Box<[u8]>, u32);

#[derive(Default)]
struct Builder<'o> {
    literals: BTreeMap<&'o [u8], usize>,
    mixed: BTreeMap<&'o [Folded], usize>,
    capture: Option<usize>,
    here: Vec<u32>,
    rest: Vec<u32>,
}

impl OperationTree {
    pub(crate) fn new(operations: &[Arc<Operation>]) -> OperationTree {
        let mut nodes: Vec<Builder<'_>> = Vec::new();
        let mut methods: BTreeMap<&str, (&Method, usize)> = BTreeMap::new();
        for (position, operation) in (0..).zip(operations) {
            let new_root = nodes.len();
            let root = methods.entry(operation.method.as_str()).or_insert((&operation.method, new_root));
            let mut at = root.1;
            if at == new_root {
                nodes.push(Builder::default());
            }
            let mut takes_rest = false;
            for segment in &operation.template.segments {
                let next = nodes.len();
                let node = &mut nodes[at];
                at = match segment {
                    Segment::Literal(literal) => *node.literals.entry(literal).or_insert(next),
                    Segment::Mixed { literals, .. } => *node.mixed.entry(literals).or_insert(next),
                    Segment::Capture(_) => *node.capture.get_or_insert(next),
                    Segment::Rest(_) => {
                        takes_rest = true;
                        break;
                    }
                };
                if at == next {
                    nodes.push(Builder::default());
                }
            }
            let node = &mut nodes[at];
            let leaf = if takes_rest { &mut node.rest } else { &mut node.here };
            leaf.push(position);
        }
        OperationTree {
            methods: methods.into_values().map(|(method, root)| (method.clone(), index(root))).collect(),
            nodes: nodes.into_iter().map(|node| node.build(operations)).collect(),
        }
    }

    /// Position of the operation that answers; `rest` is the path behind the API's and begins with `/`.
    pub(crate) fn find(
        &self,
        operations: &[Arc<Operation>],
        method: &Method,
        rest: &str,
        query: Option<&str>,
    ) -> Option<usize> {
        let at = self.methods.binary_search_by(|(known, _)| known.as_str().cmp(method.as_str())).ok()?;
        let walk = Walk { tree: self, operations, query };
        walk.descend(self.methods[at].1, rest.strip_prefix('/'))
    }
}

struct Walk<'w> {
    tree: &'w OperationTree,
    operations: &'w [Arc<Operation>],
    query: Option<&'w str>,
}

impl Walk<'_> {
    /// `remaining` is the path from the next segment on; `None`: there is none.
    /// As deep as a template has segments at most.
    fn descend(&self, at: u32, remaining: Option<&str>) -> Option<usize> {
        let node = &self.tree.nodes[at as usize];
        let Some(path) = remaining else {
            return self.pick(node.here.as_deref()?);
        };
        let (segment, next) = match path.split_once('/') {
            Some((segment, next)) => (segment, Some(next)),
            None => (path, None),
        };
        if let Ok(at) = node.literals.binary_search_by(|(literal, _)| fold::cmp(literal, segment))
            && let Some(found) = self.descend(node.literals[at].1, next)
        {
            return Some(found);
        }
        for (literals, child) in &node.mixed {
            if match_mixed(literals, segment, |_| {})
                && let Some(found) = self.descend(*child, next)
            {
                return Some(found);
            }
        }
        if let Some(child) = node.capture
            && !segment.is_empty()
            && let Some(found) = self.descend(child, next)
        {
            return Some(found);
        }
        self.pick(node.rest.as_deref()?)
    }

    /// The first operation of a leaf whose required query parameters are all there.
    fn pick(&self, leaf: &Leaf) -> Option<usize> {
        let matches = |rank: &u32| {
            let operation = &self.operations[leaf.ranked[*rank as usize] as usize];
            operation.template.query.iter().all(|required| required.is_in(self.query))
        };
        let by_literal = leaf.by_literal.iter().filter_map(|(name, ranks)| {
            let sent = query_value(self.query, name)?;
            let value = || percent_decode_str(sent);
            let from = ranks.partition_point(|(literal, _)| literal.iter().copied().lt(value()));
            let equal = ranks[from..].iter().take_while(|(literal, _)| literal.iter().copied().eq(value()));
            equal.map(|(_, rank)| *rank).find(matches)
        });
        let best = by_literal.min();
        let other = leaf.others.iter().copied().find(matches);
        let rank = [best, other].into_iter().flatten().min()?;
        Some(leaf.ranked[rank as usize] as usize)
    }
}

impl Builder<'_> {
    fn build(self, operations: &[Arc<Operation>]) -> Node {
        let mut mixed: Vec<(&[Folded], usize)> = self.mixed.into_iter().collect();
        // Stable: equal ones stay in the order of their text.
        mixed.sort_by_key(|(literals, _)| Reverse(literals.iter().map(|part| part.len()).sum::<usize>()));
        Node {
            literals: self.literals.into_iter().map(|(text, at)| (text.into(), index(at))).collect(),
            mixed: mixed.into_iter().map(|(text, at)| (text.into(), index(at))).collect(),
            capture: self.capture.map(index),
            here: Leaf::new(self.here, operations),
            rest: Leaf::new(self.rest, operations),
        }
    }
}

impl Leaf {
    /// `None` for no operations. They come in the order of their ids.
    fn new(mut ranked: Vec<u32>, operations: &[Arc<Operation>]) -> Option<Box<Leaf>> {
        if ranked.is_empty() {
            return None;
        }
        let query = |position: u32| &operations[position as usize].template.query;
        let literals = |position: u32| {
            query(position).iter().filter_map(|required| match &required.value {
                Value::Literal(value) => Some((&required.name, value)),
                Value::Capture(_) => None,
            })
        };
        ranked.sort_by_key(|position| {
            (Reverse(query(*position).len()), Reverse(literals(*position).count()), *position)
        });
        let mut by_literal: BTreeMap<Folded, Vec<Rank>> = BTreeMap::new();
        let mut others = Vec::new();
        for (rank, position) in (0..).zip(&ranked) {
            match literals(*position).next() {
                Some((name, value)) => {
                    by_literal.entry(name.clone()).or_default().push((value.clone(), rank));
                }
                None => others.push(rank),
            }
        }
        let by_literal = by_literal.into_iter().map(|(name, mut ranks)| {
            ranks.sort();
            (name, ranks.into())
        });
        Some(Box::new(Leaf {
            ranked: ranked.into(),
            by_literal: by_literal.collect(),
            others: others.into(),
        }))
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).expect("fewer than 2^32 segments in the templates of an API")
}
