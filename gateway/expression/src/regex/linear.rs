//! The engine whose time is linear in its input, for all patterns that allow it.
//!
//! The one idea: `regex-automata` takes leftmost-first matches as .NET does, so wherever a pattern
//! needs no memory of what it read, the answer is the same. What would differ is left to
//! [`super::backtrack`]: look-around, atomic groups, back-references, `\G`, groups that share a slot,
//! and loops whose body may be empty and has a choice to remember.

use regex_automata::Input;
use regex_automata::meta;
use regex_syntax::hir::{Capture, Class, Hir, Look, Repetition};

use super::ast::{Anchor, Node};
use crate::span::Span;

/// Largest automaton, in bytes; a pattern that needs more goes to the other engine.
pub const AUTOMATON_BYTES_MAX: usize = 4 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Linear {
    regex: meta::Regex,
    /// The slot of each of the automaton's groups, from its group 1 on.
    slots: Vec<usize>,
    /// The pattern asks for the end before a last line feed, which the automaton takes for the end.
    needs_no_last_line_feed: bool,
}

impl Linear {
    /// `None` when the pattern is not for this engine.
    pub(super) fn new(node: &Node) -> Option<Self> {
        let mut lowering = Lowering { slots: Vec::new(), needs_no_last_line_feed: false };
        let hir = lowering.node(node)?;
        let config = meta::Config::new()
            .nfa_size_limit(Some(AUTOMATON_BYTES_MAX))
            .onepass_size_limit(Some(AUTOMATON_BYTES_MAX))
            .hybrid_cache_capacity(AUTOMATON_BYTES_MAX);
        let regex = meta::Builder::new().configure(config).build_from_hir(&hir).ok()?;
        Some(Self { regex, slots: lowering.slots, needs_no_last_line_feed: lowering.needs_no_last_line_feed })
    }

    pub(super) fn can_search(&self, text: &str) -> bool {
        !(self.needs_no_last_line_feed && text.ends_with('\n'))
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The first match from `start` on; slots that took no part are `None`.
    pub(super) fn find(&self, text: &str, start: usize, slot_count: usize) -> Option<Vec<Option<Span>>> {
        let input = Input::new(text).range(start..);
        let mut groups = vec![None; slot_count];
        if self.slots.is_empty() {
            let found = self.regex.search(&input)?;
            groups[0] = Some(Span::new(found.start(), found.end()));
            return Some(groups);
        }
        let mut captures = self.regex.create_captures();
        self.regex.search_captures(&input, &mut captures);
        let span = |group: usize| captures.get_group(group).map(|span| Span::new(span.start, span.end));
        groups[0] = Some(span(0)?);
        for (at, slot) in self.slots.iter().enumerate() {
            groups[*slot] = span(at + 1);
        }
        Some(groups)
    }
}

struct Lowering {
    slots: Vec<usize>,
    needs_no_last_line_feed: bool,
}

impl Lowering {
    fn node(&mut self, node: &Node) -> Option<Hir> {
        Some(match node {
            Node::Empty => Hir::empty(),
            Node::Literal(char) => Hir::literal(char.to_string().into_bytes()),
            Node::Set(class) => Hir::class(Class::Unicode(class.clone())),
            Node::Assert(anchor) => self.anchor(*anchor)?,
            Node::Concat(nodes) => Hir::concat(self.nodes(nodes)?),
            Node::Alternate(nodes) => Hir::alternation(self.nodes(nodes)?),
            Node::Group(slot, node) => {
                if self.slots.contains(slot) {
                    return None;
                }
                self.slots.push(*slot);
                let index = u32::try_from(self.slots.len()).ok()?;
                Hir::capture(Capture { index, name: None, sub: Box::new(self.node(node)?) })
            }
            Node::Repeat(repeat) => {
                if repeat.max > 1 && repeat.node.may_be_empty() && has_choice(&repeat.node) {
                    return None;
                }
                Hir::repetition(Repetition {
                    min: repeat.min,
                    max: (repeat.max != u32::MAX).then_some(repeat.max),
                    greedy: !repeat.is_lazy,
                    sub: Box::new(self.node(&repeat.node)?),
                })
            }
            Node::Look(_)
            | Node::Atomic(_)
            | Node::Backref { .. }
            | Node::IfGroup { .. }
            | Node::IfLook { .. } => {
                return None;
            }
        })
    }

    fn nodes(&mut self, nodes: &[Node]) -> Option<Vec<Hir>> {
        nodes.iter().map(|node| self.node(node)).collect()
    }

    fn anchor(&mut self, anchor: Anchor) -> Option<Hir> {
        Some(Hir::look(match anchor {
            Anchor::TextStart => Look::Start,
            Anchor::TextEnd => Look::End,
            Anchor::LastLineEnd => {
                self.needs_no_last_line_feed = true;
                Look::End
            }
            Anchor::LineStart => Look::StartLF,
            Anchor::LineEnd => Look::EndLF,
            Anchor::SearchStart => return None,
            Anchor::WordBoundary => Look::WordUnicode,
            Anchor::NotWordBoundary => Look::WordUnicodeNegate,
            Anchor::AsciiWordBoundary => Look::WordAscii,
            Anchor::NotAsciiWordBoundary => Look::WordAsciiNegate,
        }))
    }
}

/// True when an empty turn of a loop could be told from a full one: by a group, an alternative, or by
/// preferring less.
fn has_choice(node: &Node) -> bool {
    match node {
        Node::Concat(nodes) => nodes.iter().any(has_choice),
        Node::Repeat(repeat) => repeat.is_lazy || has_choice(&repeat.node),
        Node::Empty | Node::Literal(_) | Node::Set(_) | Node::Assert(_) => false,
        _ => true,
    }
}
