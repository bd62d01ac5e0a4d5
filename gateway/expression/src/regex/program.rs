//! The instructions of the backtracking engine, and how a pattern becomes them.
//!
//! The one idea: direction is compiled in. Within look-behind everything reads backwards and runs in
//! reverse order, as in .NET, so that look-behind may contain anything.

use super::ast::{Anchor, Look, Node, Repeat};
use super::class::CharSet;

/// Place of an instruction.
pub(super) type Pc = usize;

#[derive(Debug)]
pub(super) enum Inst {
    Char {
        char: char,
        is_back: bool,
    },
    Set {
        set: usize,
        is_back: bool,
    },
    /// A loop over one set of characters, which needs no state between turns.
    Run {
        set: usize,
        min: u32,
        max: u32,
        is_lazy: bool,
        is_back: bool,
    },
    Assert(Anchor),
    Backref {
        slot: usize,
        ignores_case: bool,
        is_ecma: bool,
        is_back: bool,
    },
    Jump(Pc),
    /// Tries the next instruction; on failure this one.
    Split(Pc),
    GroupOpen,
    GroupClose(usize),
    LoopStart(usize),
    /// Decides on another turn; the next instruction is [`Self::LoopEnter`].
    LoopCheck {
        register: usize,
        min: u32,
        max: u32,
        is_lazy: bool,
        exit: Pc,
    },
    LoopEnter(usize),
    /// Remembers height and position, to come back to with one of the next three.
    Mark(usize),
    /// Forgets the choices since the mark.
    Cut(usize),
    /// Forgets the choices since the mark and goes back to where it stood.
    CutBack(usize),
    /// Undoes all since the mark and fails.
    Refuse(usize),
    IfGroup {
        slot: usize,
        otherwise: Pc,
    },
    Match,
}

#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) insts: Vec<Inst>,
    pub(super) sets: Vec<CharSet>,
    pub(super) register_count: usize,
    /// A slot can capture more than once: in a loop, or for several groups of one name.
    pub(super) captures_often: bool,
    slots: Vec<usize>,
}

impl Program {
    pub(super) fn new(node: &Node) -> Self {
        let mut program = Self::default();
        program.node(node, false, false);
        program.push(Inst::Match);
        program
    }

    fn push(&mut self, inst: Inst) -> Pc {
        self.insts.push(inst);
        self.insts.len() - 1
    }

    fn register(&mut self) -> usize {
        self.register_count += 1;
        self.register_count - 1
    }

    fn node(&mut self, node: &Node, is_back: bool, is_looped: bool) {
        match node {
            Node::Empty => {}
            Node::Literal(char) => {
                self.push(Inst::Char { char: *char, is_back });
            }
            Node::Set(class) => {
                self.sets.push(CharSet::new(class));
                let set = self.sets.len() - 1;
                self.push(Inst::Set { set, is_back });
            }
            Node::Assert(anchor) => {
                self.push(Inst::Assert(*anchor));
            }
            Node::Concat(nodes) if is_back => {
                nodes.iter().rev().for_each(|node| self.node(node, true, is_looped))
            }
            Node::Concat(nodes) => nodes.iter().for_each(|node| self.node(node, false, is_looped)),
            Node::Alternate(nodes) => self.alternate(nodes, is_back, is_looped),
            Node::Group(slot, node) => {
                self.captures_often |= is_looped || self.slots.contains(slot);
                self.slots.push(*slot);
                self.push(Inst::GroupOpen);
                self.node(node, is_back, is_looped);
                self.push(Inst::GroupClose(*slot));
            }
            Node::Repeat(repeat) => self.repeat(repeat, is_back, is_looped),
            Node::Look(look) => self.look(look, is_looped),
            Node::Atomic(node) => {
                let mark = self.register();
                self.push(Inst::Mark(mark));
                self.node(node, is_back, is_looped);
                self.push(Inst::Cut(mark));
            }
            Node::Backref { slot, ignores_case, is_ecma } => {
                let (slot, ignores_case, is_ecma) = (*slot, *ignores_case, *is_ecma);
                self.push(Inst::Backref { slot, ignores_case, is_ecma, is_back });
            }
            Node::IfGroup { slot, yes, no } => {
                let test = self.push(Inst::IfGroup { slot: *slot, otherwise: 0 });
                self.node(yes, is_back, is_looped);
                let end = self.push(Inst::Jump(0));
                self.target(test);
                self.node(no, is_back, is_looped);
                self.target(end);
            }
            Node::IfLook { look, has_direction, yes, no } => {
                let looks_back = if *has_direction { look.is_behind } else { is_back };
                self.if_look(look, looks_back, [yes, no], is_back, is_looped)
            }
        }
    }

    fn alternate(&mut self, nodes: &[Node], is_back: bool, is_looped: bool) {
        let Some((last, others)) = nodes.split_last() else {
            return;
        };
        let mut ends = Vec::new();
        for node in others {
            let split = self.push(Inst::Split(0));
            self.node(node, is_back, is_looped);
            ends.push(self.push(Inst::Jump(0)));
            self.target(split);
        }
        self.node(last, is_back, is_looped);
        ends.into_iter().for_each(|end| self.target(end));
    }

    fn repeat(&mut self, repeat: &Repeat, is_back: bool, is_looped: bool) {
        let Repeat { min, max, is_lazy, ref node } = *repeat;
        let set = match **node {
            Node::Set(ref class) => Some(CharSet::new(class)),
            Node::Literal(char) => Some(CharSet::new(&super::class::ranges([(char, char)]))),
            _ => None,
        };
        if let Some(set) = set {
            self.sets.push(set);
            let set = self.sets.len() - 1;
            self.push(Inst::Run { set, min, max, is_lazy, is_back });
            return;
        }
        let register = self.register();
        self.push(Inst::LoopStart(register));
        let check = self.push(Inst::LoopCheck { register, min, max, is_lazy, exit: 0 });
        self.push(Inst::LoopEnter(register));
        self.node(node, is_back, is_looped || max > 1);
        self.push(Inst::Jump(check));
        self.target(check);
    }

    fn look(&mut self, look: &Look, is_looped: bool) {
        let mark = self.register();
        self.push(Inst::Mark(mark));
        if look.is_negative {
            let split = self.push(Inst::Split(0));
            self.node(&look.node, look.is_behind, is_looped);
            self.push(Inst::Refuse(mark));
            self.target(split);
        } else {
            self.node(&look.node, look.is_behind, is_looped);
            self.push(Inst::CutBack(mark));
        }
    }

    /// The test is tried once; what was chosen then stays chosen.
    fn if_look(
        &mut self,
        look: &Look,
        looks_back: bool,
        [yes, no]: [&Node; 2],
        is_back: bool,
        is_looped: bool,
    ) {
        let (met, unmet) = if look.is_negative { (no, yes) } else { (yes, no) };
        let mark = self.register();
        self.push(Inst::Mark(mark));
        let split = self.push(Inst::Split(0));
        self.node(&look.node, looks_back, is_looped);
        self.push(Inst::CutBack(mark));
        self.node(met, is_back, is_looped);
        let end = self.push(Inst::Jump(0));
        self.target(split);
        self.node(unmet, is_back, is_looped);
        self.target(end);
    }

    /// Points an instruction that jumps to what comes next.
    fn target(&mut self, at: Pc) {
        let next = self.insts.len();
        match &mut self.insts[at] {
            Inst::Jump(to) | Inst::Split(to) => *to = next,
            Inst::LoopCheck { exit: to, .. } | Inst::IfGroup { otherwise: to, .. } => *to = next,
            _ => {}
        }
    }
}
