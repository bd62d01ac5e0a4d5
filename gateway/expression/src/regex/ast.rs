//! What a pattern says, once .NET's syntax is read.
//!
//! The one idea: options are resolved while parsing. Case folding, `.` and `^` under their options are
//! other nodes, so that the two engines know nothing of options.

use regex_syntax::hir::ClassUnicode;

#[derive(Debug, Clone)]
pub(super) enum Node {
    Empty,
    Literal(char),
    Set(ClassUnicode),
    Assert(Anchor),
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
    /// Captures into a group's slot.
    Group(usize, Box<Node>),
    Repeat(Repeat),
    Look(Look),
    Atomic(Box<Node>),
    Backref {
        slot: usize,
        ignores_case: bool,
        /// Under `ECMAScript` a group that took no part is empty text; else it fails.
        is_ecma: bool,
    },
    /// `(?(name)yes|no)`.
    IfGroup {
        slot: usize,
        yes: Box<Node>,
        no: Box<Node>,
    },
    /// `(?(?=…)yes|no)`, or `(?(…)yes|no)`, which reads in the direction of what it stands in.
    IfLook {
        look: Look,
        has_direction: bool,
        yes: Box<Node>,
        no: Box<Node>,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Repeat {
    pub(super) min: u32,
    /// `u32::MAX` means without bound.
    pub(super) max: u32,
    pub(super) is_lazy: bool,
    pub(super) node: Box<Node>,
}

#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) is_behind: bool,
    pub(super) is_negative: bool,
    pub(super) node: Box<Node>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// `\A`, and `^` without `Multiline`.
    TextStart,
    /// `\z`.
    TextEnd,
    /// `\Z`, and `$` without `Multiline`: the end, or before a line feed that is the end.
    LastLineEnd,
    LineStart,
    LineEnd,
    /// `\G`: where the search began.
    SearchStart,
    WordBoundary,
    NotWordBoundary,
    AsciiWordBoundary,
    NotAsciiWordBoundary,
}

impl Node {
    /// True when the node can match without reading anything.
    pub(super) fn may_be_empty(&self) -> bool {
        match self {
            Self::Literal(_) | Self::Set(_) => false,
            Self::Empty | Self::Assert(_) | Self::Look(_) | Self::Backref { .. } => true,
            Self::Concat(nodes) => nodes.iter().all(Self::may_be_empty),
            Self::Alternate(nodes) => nodes.iter().any(Self::may_be_empty),
            Self::Group(_, node) | Self::Atomic(node) => node.may_be_empty(),
            Self::Repeat(repeat) => repeat.min == 0 || repeat.node.may_be_empty(),
            Self::IfGroup { yes, no, .. } | Self::IfLook { yes, no, .. } => {
                yes.may_be_empty() || no.may_be_empty()
            }
        }
    }
}
