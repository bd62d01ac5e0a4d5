//! The engine for what needs memory: a backtracking machine with .NET's semantics.
//!
//! The one idea: one stack holds both the choices still open and the notes that undo every change of
//! state, so going back is popping. Each instruction costs a step of a [`Budget`], and the stack is
//! bounded, so that a hostile pattern ends in [`RegexError::Budget`] and in nothing worse.

use super::ast::Anchor;
use super::class::{self, CharSet};
use super::error::RegexError;
use super::program::{Inst, Pc, Program};
use crate::span::Span;

/// Most choices and notes held at once.
pub const STACK_MAX: usize = 256 * 1024;

/// Steps that a caller allows; all searches of an expression may share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    steps: u64,
}

impl Budget {
    pub const fn new(steps: u64) -> Self {
        Self { steps }
    }

    /// What is left.
    pub const fn steps(self) -> u64 {
        self.steps
    }

    /// Takes steps away.
    ///
    /// # Errors
    /// [`RegexError::Budget`] when there are not that many; then none are left.
    pub fn charge(&mut self, steps: u64) -> Result<(), RegexError> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => {
                self.steps = 0;
                Err(RegexError::Budget)
            }
        }
    }
}

/// All captures of each slot, oldest first.
pub(super) type CaptureLists = Vec<Vec<Span>>;

#[derive(Debug, Clone, Copy, Default)]
struct Register {
    count: u32,
    at: usize,
    height: usize,
}

#[derive(Debug)]
enum Frame {
    /// A choice: go on there.
    Branch {
        pc: Pc,
        at: usize,
    },
    /// A greedy run that may give back down to `until`.
    GiveBack {
        pc: Pc,
        at: usize,
        until: usize,
        is_back: bool,
    },
    /// A lazy run that may take more.
    TakeMore {
        pc: Pc,
        at: usize,
        set: usize,
        left: u32,
        is_back: bool,
    },
    RegisterWas(usize, Register),
    OpenPushed,
    OpenPopped(usize),
    Captured(usize),
}

pub(super) struct Machine<'a> {
    program: &'a Program,
    text: &'a str,
    search_start: usize,
    stack: Vec<Frame>,
    registers: Vec<Register>,
    opens: Vec<usize>,
    captures: CaptureLists,
}

impl<'a> Machine<'a> {
    pub(super) fn new(program: &'a Program, text: &'a str, search_start: usize, slot_count: usize) -> Self {
        Self {
            program,
            text,
            search_start,
            stack: Vec::new(),
            registers: vec![Register::default(); program.register_count],
            opens: Vec::new(),
            captures: vec![Vec::new(); slot_count],
        }
    }

    /// The first match that begins at `from` or later.
    pub(super) fn find(
        mut self,
        from: usize,
        budget: &mut Budget,
    ) -> Result<Option<CaptureLists>, RegexError> {
        let is_fixed =
            matches!(self.program.insts.first(), Some(Inst::Assert(Anchor::TextStart | Anchor::SearchStart)));
        let mut start = from;
        loop {
            if let Some(end) = self.run(start, budget)? {
                self.captures[0] = vec![Span::new(start, end)];
                return Ok(Some(self.captures));
            }
            match self.text[start..].chars().next() {
                Some(char) if !is_fixed => start += char.len_utf8(),
                _ => return Ok(None),
            }
        }
    }

    /// Where a match that begins at `start` ends.
    fn run(&mut self, start: usize, budget: &mut Budget) -> Result<Option<usize>, RegexError> {
        let (mut pc, mut at) = (0, start);
        loop {
            budget.charge(1)?;
            if self.stack.len() > STACK_MAX {
                return Err(RegexError::Budget);
            }
            if matches!(self.program.insts[pc], Inst::Match) {
                self.stack.clear();
                return Ok(Some(at));
            }
            match self.step(pc, at, budget)? {
                Some(next) => (pc, at) = next,
                None => match self.back(budget)? {
                    Some(next) => (pc, at) = next,
                    None => return Ok(None),
                },
            }
        }
    }

    /// Carries out one instruction; `None` means that it failed.
    fn step(&mut self, pc: Pc, at: usize, budget: &mut Budget) -> Result<Option<(Pc, usize)>, RegexError> {
        let program = self.program;
        let next = pc + 1;
        let to = match program.insts[pc] {
            Inst::Char { char, is_back } => {
                self.read(at, is_back).filter(|(read, _)| *read == char).map(|(_, at)| at)
            }
            Inst::Set { set, is_back } => self.read_set(at, &program.sets[set], is_back),
            Inst::Run { set, min, max, is_lazy, is_back } => {
                self.take_run(next, at, set, (min, max), is_lazy, is_back, budget)?
            }
            Inst::Assert(anchor) => self.holds(anchor, at).then_some(at),
            Inst::Backref { slot, is_ecma: true, .. } if self.captures[slot].is_empty() => Some(at),
            Inst::Backref { slot, ignores_case, is_back, .. } => {
                self.backref(at, slot, ignores_case, is_back, budget)?
            }

            Inst::Jump(to) => return Ok(Some((to, at))),
            Inst::Split(otherwise) => {
                self.stack.push(Frame::Branch { pc: otherwise, at });
                Some(at)
            }
            Inst::GroupOpen => {
                self.opens.push(at);
                self.stack.push(Frame::OpenPushed);
                Some(at)
            }
            Inst::GroupClose(slot) => {
                // Groups open and close in pairs by construction.
                let open = self.opens.pop().unwrap_or(at);
                self.stack.push(Frame::OpenPopped(open));
                self.captures[slot].push(Span::new(open.min(at), open.max(at)));
                self.stack.push(Frame::Captured(slot));
                Some(at)
            }
            Inst::LoopStart(register) => {
                self.set_register(register, Register { count: 0, at, height: 0 });
                Some(at)
            }
            Inst::LoopCheck { register, min, max, is_lazy, exit } => {
                let Register { count, at: turn_start, .. } = self.registers[register];
                // An empty turn ends a loop, but not before the turns it must take.
                let is_idle = count > 0 && turn_start == at;
                if count >= max || (is_idle && count >= min) {
                    return Ok(Some((exit, at)));
                }
                if count >= min {
                    let (first, second) = if is_lazy { (exit, next) } else { (next, exit) };
                    self.stack.push(Frame::Branch { pc: second, at });
                    return Ok(Some((first, at)));
                }
                Some(at)
            }
            Inst::LoopEnter(register) => {
                let count = self.registers[register].count.saturating_add(1);
                self.set_register(register, Register { count, at, height: 0 });
                Some(at)
            }
            Inst::Mark(register) => {
                // The note about the register lies below the mark, so undoing to the mark keeps it.
                let height = self.stack.len() + 1;
                self.set_register(register, Register { count: 0, at, height });
                Some(at)
            }
            Inst::Cut(register) => {
                self.cut(self.registers[register].height, budget)?;
                Some(at)
            }
            Inst::CutBack(register) => {
                let Register { at, height, .. } = self.registers[register];
                self.cut(height, budget)?;
                Some(at)
            }
            Inst::Refuse(register) => {
                let height = self.registers[register].height;
                while self.stack.len() > height {
                    self.undo_top();
                }
                None
            }
            Inst::IfGroup { slot, otherwise } => {
                return Ok(Some((if self.captures[slot].is_empty() { otherwise } else { next }, at)));
            }
            Inst::Match => None,
        };
        Ok(to.map(|at| (next, at)))
    }

    /// Goes back to the last open choice.
    fn back(&mut self, budget: &mut Budget) -> Result<Option<(Pc, usize)>, RegexError> {
        while let Some(frame) = self.stack.last_mut() {
            budget.charge(1)?;
            match *frame {
                Frame::Branch { pc, at } => {
                    self.stack.pop();
                    return Ok(Some((pc, at)));
                }
                Frame::GiveBack { pc, at, until, is_back } => {
                    let len = if is_back {
                        self.text[at..].chars().next()
                    } else {
                        self.text[..at].chars().next_back()
                    };
                    let len = len.map_or(0, char::len_utf8);
                    let at = if is_back { at + len } else { at.saturating_sub(len) };
                    if at == until {
                        self.stack.pop();
                    } else {
                        *frame = Frame::GiveBack { pc, at, until, is_back };
                    }
                    return Ok(Some((pc, at)));
                }
                Frame::TakeMore { pc, at, set, left, is_back } => {
                    self.stack.pop();
                    let set_ref = &self.program.sets[set];
                    if let Some(at) = self.read_set(at, set_ref, is_back) {
                        if left > 1 {
                            self.stack.push(Frame::TakeMore { pc, at, set, left: left - 1, is_back });
                        }
                        return Ok(Some((pc, at)));
                    }
                }
                _ => self.undo_top(),
            }
        }
        Ok(None)
    }

    fn undo_top(&mut self) {
        match self.stack.pop() {
            Some(Frame::RegisterWas(register, was)) => self.registers[register] = was,
            Some(Frame::OpenPushed) => {
                self.opens.pop();
            }
            Some(Frame::OpenPopped(open)) => self.opens.push(open),
            Some(Frame::Captured(slot)) => {
                self.captures[slot].pop();
            }
            Some(Frame::Branch { .. } | Frame::GiveBack { .. } | Frame::TakeMore { .. }) | None => {}
        }
    }

    /// Drops the choices above `height` and keeps the notes, which a later failure still needs.
    fn cut(&mut self, height: usize, budget: &mut Budget) -> Result<(), RegexError> {
        let above = self.stack.split_off(height.min(self.stack.len()));
        budget.charge(above.len() as u64)?;
        let is_note = |frame: &Frame| {
            !matches!(frame, Frame::Branch { .. } | Frame::GiveBack { .. } | Frame::TakeMore { .. })
        };
        self.stack.extend(above.into_iter().filter(is_note));
        Ok(())
    }

    fn set_register(&mut self, register: usize, value: Register) {
        let was = std::mem::replace(&mut self.registers[register], value);
        self.stack.push(Frame::RegisterWas(register, was));
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of one instruction")]
    fn take_run(
        &mut self,
        next: Pc,
        start: usize,
        set: usize,
        (min, max): (u32, u32),
        is_lazy: bool,
        is_back: bool,
        budget: &mut Budget,
    ) -> Result<Option<usize>, RegexError> {
        let set_ref = &self.program.sets[set];
        let (mut at, mut count) = (start, 0);
        let wanted = if is_lazy { min } else { max };
        let mut least = (min == 0).then_some(start);
        while count < wanted {
            let Some(to) = self.read_set(at, set_ref, is_back) else {
                break;
            };
            (at, count) = (to, count + 1);
            if count == min {
                least = Some(at);
            }
        }
        budget.charge(u64::from(count))?;
        let Some(least) = least else {
            return Ok(None);
        };
        if is_lazy && max > min {
            self.stack.push(Frame::TakeMore { pc: next, at, set, left: max - min, is_back });
        } else if at != least {
            self.stack.push(Frame::GiveBack { pc: next, at, until: least, is_back });
        }
        Ok(Some(at))
    }

    /// The character here and the place behind it, in reading direction.
    fn read(&self, at: usize, is_back: bool) -> Option<(char, usize)> {
        if is_back {
            let char = self.text[..at].chars().next_back()?;
            Some((char, at - char.len_utf8()))
        } else {
            let char = self.text[at..].chars().next()?;
            Some((char, at + char.len_utf8()))
        }
    }

    fn read_set(&self, at: usize, set: &CharSet, is_back: bool) -> Option<usize> {
        self.read(at, is_back).filter(|(char, _)| set.contains(*char)).map(|(_, at)| at)
    }

    /// Reads what a group captured last; fails if it took no part.
    fn backref(
        &self,
        at: usize,
        slot: usize,
        ignores_case: bool,
        is_back: bool,
        budget: &mut Budget,
    ) -> Result<Option<usize>, RegexError> {
        let Some(span) = self.captures[slot].last() else {
            return Ok(None);
        };
        let said = &self.text[span.start..span.end];
        budget.charge(said.len() as u64)?;
        let mut here = at;
        let mut expected: Box<dyn Iterator<Item = char>> =
            if is_back { Box::new(said.chars().rev()) } else { Box::new(said.chars()) };
        let is_said = expected.all(|said| match self.read(here, is_back) {
            Some((char, to)) if char == said || (ignores_case && is_same_letter(char, said)) => {
                here = to;
                true
            }
            _ => false,
        });
        Ok(is_said.then_some(here))
    }

    fn holds(&self, anchor: Anchor, at: usize) -> bool {
        let text = self.text;
        let before = || text[..at].chars().next_back();
        let after = || text[at..].chars().next();
        let word = class::boundary_word();
        let is_boundary = || {
            before().is_some_and(|char| word.contains(char))
                != after().is_some_and(|char| word.contains(char))
        };
        let is_ascii_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let is_ascii_boundary = || before().is_some_and(is_ascii_word) != after().is_some_and(is_ascii_word);
        match anchor {
            Anchor::TextStart => at == 0,
            Anchor::TextEnd => at == text.len(),
            Anchor::LastLineEnd => matches!(&text[at..], "" | "\n"),
            Anchor::LineStart => at == 0 || before() == Some('\n'),
            Anchor::LineEnd => at == text.len() || after() == Some('\n'),
            Anchor::SearchStart => at == self.search_start,
            Anchor::WordBoundary => is_boundary(),
            Anchor::NotWordBoundary => !is_boundary(),
            Anchor::AsciiWordBoundary => is_ascii_boundary(),
            Anchor::NotAsciiWordBoundary => !is_ascii_boundary(),
        }
    }
}

fn is_same_letter(a: char, b: char) -> bool {
    a.to_lowercase().eq(b.to_lowercase())
}
