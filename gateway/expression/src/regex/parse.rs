//! Reads .NET's regular expression syntax.
//!
//! The one idea: the pattern is read twice by the same code. Whether `\12` is a group or an octal
//! number, and which number a group has, depends on groups that may stand further on; so the first
//! reading only lists the groups, and the second knows them. Messages are .NET's.

use super::ast::{Anchor, Look, Node, Repeat};
use super::error::RegexError;
use super::groups::Groups;
use super::{Options, class};

/// Deepest nesting of groups and subtracted sets.
pub const NESTING_MAX: usize = 100;

pub(super) struct Pattern {
    pub(super) node: Node,
    pub(super) groups: Groups,
}

pub(super) fn parse(pattern: &str, options: Options) -> Result<Pattern, RegexError> {
    let chars: Vec<char> = pattern.chars().collect();
    let run = |groups: Groups, is_known: bool| {
        let mut parser =
            Parser { chars: &chars, at: 0, options, depth: 0, groups, is_known, is_in_condition: false };
        match parser.whole() {
            Ok(node) => Ok((node, parser.groups)),
            Err(Fault::Syntax(reason)) => Err(RegexError::Syntax { pattern: pattern.to_owned(), reason }),
            Err(Fault::Other(error)) => Err(error),
        }
    };
    let (_, listed) = run(Groups::default(), false)?;
    let (node, groups) = run(listed.numbered(), true)?;
    Ok(Pattern { node, groups })
}

pub(super) enum Fault {
    Syntax(String),
    Other(RegexError),
}

pub(super) type Parsed<T> = Result<T, Fault>;

pub(super) fn fault<T>(reason: impl Into<String>) -> Parsed<T> {
    Err(Fault::Syntax(reason.into()))
}

pub(super) struct Parser<'a> {
    pub(super) chars: &'a [char],
    pub(super) at: usize,
    pub(super) options: Options,
    pub(super) depth: usize,
    pub(super) groups: Groups,
    /// False in the first reading, which is lenient about all but the groups.
    pub(super) is_known: bool,
    /// Directly within the branches of a conditional with a pattern, where .NET takes no options.
    pub(super) is_in_condition: bool,
}

impl Parser<'_> {
    fn whole(&mut self) -> Parsed<Node> {
        let node = self.alternatives()?;
        if self.at < self.chars.len() { fault("Too many )'s.") } else { Ok(node) }
    }

    /// Everything up to a closing parenthesis or the end. Options set within end with it.
    fn alternatives(&mut self) -> Parsed<Node> {
        self.deeper()?;
        let outer = self.options;
        let mut branches = vec![self.sequence()?];
        while self.eat('|') {
            branches.push(self.sequence()?);
        }
        self.options = outer;
        self.depth -= 1;
        Ok(if branches.len() == 1 { branches.remove(0) } else { Node::Alternate(branches) })
    }

    pub(super) fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(Fault::Other(RegexError::TooLarge { what: "nesting", max: NESTING_MAX }));
        }
        Ok(())
    }

    fn sequence(&mut self) -> Parsed<Node> {
        let mut nodes = Vec::new();
        loop {
            self.blanks()?;
            let Some(char) = self.peek() else {
                break;
            };
            if matches!(char, '|' | ')') {
                break;
            }
            if self.quantifier_begins() {
                if self.is_known {
                    return fault("Quantifier {x,y} following nothing.");
                }
                self.at += 1;
                continue;
            }
            let Some(atom) = self.atom()? else {
                continue;
            };
            nodes.push(self.quantified(atom)?);
        }
        Ok(match nodes.len() {
            0 => Node::Empty,
            1 => nodes.remove(0),
            _ => Node::Concat(nodes),
        })
    }

    /// Comments, and under `IgnorePatternWhitespace` blanks.
    fn blanks(&mut self) -> Parsed<()> {
        loop {
            let is_free = self.options.has(Options::IGNORE_PATTERN_WHITESPACE);
            match self.peek() {
                Some(char) if is_free && (matches!(char, '\t'..='\r' | ' ')) => self.at += 1,
                Some('#') if is_free => {
                    while self.peek().is_some_and(|char| char != '\n') {
                        self.at += 1;
                    }
                }
                Some('(') if self.looking_at("(?#") => {
                    let rest = &self.chars[self.at..];
                    let Some(end) = rest.iter().position(|char| *char == ')') else {
                        return fault("Unterminated (?#...) comment.");
                    };
                    self.at += end + 1;
                }
                _ => return Ok(()),
            }
        }
    }

    /// One thing that a quantifier may follow; `None` for options, which nothing may follow.
    fn atom(&mut self) -> Parsed<Option<Node>> {
        let Some(char) = self.next() else {
            return Ok(None);
        };
        let is_multiline = self.options.has(Options::MULTILINE);
        Ok(Some(match char {
            '(' => return self.group(),
            '[' => Node::Set(self.set()?),
            '\\' => self.escape()?,
            '^' => Node::Assert(if is_multiline { Anchor::LineStart } else { Anchor::TextStart }),
            '$' => Node::Assert(if is_multiline { Anchor::LineEnd } else { Anchor::LastLineEnd }),
            '.' => Node::Set(class::any(self.options.has(Options::SINGLELINE))),
            char => self.literal(char),
        }))
    }

    pub(super) fn literal(&self, char: char) -> Node {
        if self.options.has(Options::IGNORE_CASE) {
            let set = class::folded(char);
            if set.iter().count() > 1 || set.iter().any(|range| range.start() != range.end()) {
                return Node::Set(set);
            }
        }
        Node::Literal(char)
    }

    // --- quantifiers ---

    fn quantified(&mut self, atom: Node) -> Parsed<Node> {
        self.blanks()?;
        let Some((min, max)) = self.bounds()? else {
            return Ok(atom);
        };
        self.blanks()?;
        let is_lazy = self.eat('?');
        self.blanks()?;
        if self.is_known && self.quantifier_begins() {
            let char = self.peek().unwrap_or_default();
            return fault(format!("Nested quantifier {char}."));
        }
        if min > max {
            return fault("Illegal {x,y} with x > y.");
        }
        Ok(Node::Repeat(Repeat { min, max, is_lazy, node: Box::new(atom) }))
    }

    fn quantifier_begins(&self) -> bool {
        match self.peek() {
            Some('*' | '+' | '?') => true,
            Some('{') => self.braces_len().is_some(),
            _ => false,
        }
    }

    /// Length of `{n}`, `{n,}` or `{n,m}` here; any other brace is a character.
    fn braces_len(&self) -> Option<usize> {
        let digits = |at: usize| self.chars[at..].iter().take_while(|char| char.is_ascii_digit()).count();
        let mut at = self.at + 1;
        let first = digits(at);
        at += first;
        if self.chars.get(at) == Some(&',') {
            at += 1;
            at += digits(at);
        }
        (first > 0 && self.chars.get(at) == Some(&'}')).then_some(at + 1 - self.at)
    }

    fn bounds(&mut self) -> Parsed<Option<(u32, u32)>> {
        let simple = match self.peek() {
            Some('*') => (0, u32::MAX),
            Some('+') => (1, u32::MAX),
            Some('?') => (0, 1),
            Some('{') => {
                let Some(len) = self.braces_len() else {
                    return Ok(None);
                };
                let end = self.at + len;
                self.at += 1;
                let min = self.decimal()?;
                let max = match self.eat(',') {
                    true if self.peek() == Some('}') => u32::MAX,
                    true => self.decimal()?,
                    false => min,
                };
                self.at = end;
                return Ok(Some((min, max)));
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(simple))
    }

    // --- groups ---

    /// Behind an opening parenthesis.
    fn group(&mut self) -> Parsed<Option<Node>> {
        let is_plain = self.peek() != Some('?') || self.looking_at("?)");
        if is_plain {
            if self.options.has(Options::EXPLICIT_CAPTURE) {
                return self.body().map(Some);
            }
            let slot = self.groups.unnamed(self.is_known);
            return Ok(Some(Node::Group(slot, Box::new(self.body()?))));
        }
        self.at += 1;
        let Some(kind) = self.next() else {
            return fault("Unrecognized grouping construct.");
        };
        let node = match kind {
            ':' => self.body()?,
            '=' => self.look(false, false)?,
            '!' => self.look(false, true)?,
            '>' => Node::Atomic(Box::new(self.body()?)),
            '<' | '\'' => match (kind, self.peek()) {
                ('<', Some('=')) => self.look_behind(false)?,
                ('<', Some('!')) => self.look_behind(true)?,
                _ => self.named_group(if kind == '<' { '>' } else { '\'' })?,
            },
            '(' => self.conditional()?,
            _ => {
                self.at -= 1;
                return self.inline_options();
            }
        };
        Ok(Some(node))
    }

    fn body(&mut self) -> Parsed<Node> {
        self.body_within(false)
    }

    fn body_within(&mut self, is_in_condition: bool) -> Parsed<Node> {
        let outer = std::mem::replace(&mut self.is_in_condition, is_in_condition);
        let node = self.alternatives()?;
        self.is_in_condition = outer;
        if self.eat(')') { Ok(node) } else { fault("Not enough )'s.") }
    }

    fn look(&mut self, is_behind: bool, is_negative: bool) -> Parsed<Node> {
        Ok(Node::Look(Look { is_behind, is_negative, node: Box::new(self.body()?) }))
    }

    fn look_behind(&mut self, is_negative: bool) -> Parsed<Node> {
        self.at += 1;
        self.look(true, is_negative)
    }

    fn named_group(&mut self, close: char) -> Parsed<Node> {
        let Some(first) = self.peek() else {
            return fault("Unrecognized grouping construct.");
        };
        let invalid = "Invalid group name: Group names must begin with a word character.";
        let slot = if first.is_ascii_digit() {
            let number = self.decimal()?;
            if number == 0 {
                return fault("Capture number cannot be zero.");
            }
            self.refuse_balancing()?;
            self.expect_close(close, invalid)?;
            self.groups.numbered_group(number, self.is_known)
        } else if is_word(first) {
            let name = self.name();
            self.refuse_balancing()?;
            self.expect_close(close, invalid)?;
            self.groups.named_group(&name, self.is_known)
        } else if first == '-' {
            return self.refuse_balancing().and_then(|()| fault(invalid));
        } else {
            return fault(invalid);
        };
        Ok(Node::Group(slot, Box::new(self.body()?)))
    }

    fn refuse_balancing(&self) -> Parsed<()> {
        let is_named = self.chars.get(self.at + 1).is_some_and(|char| is_word(*char));
        if self.peek() == Some('-') && is_named {
            return Err(Fault::Other(RegexError::Unsupported("a balancing group `(?<a-b>…)`")));
        }
        Ok(())
    }

    fn expect_close(&mut self, close: char, invalid: &str) -> Parsed<()> {
        match self.peek() {
            Some(char) if char == close => {
                self.at += 1;
                Ok(())
            }
            None => fault("Unrecognized grouping construct."),
            Some(_) => fault(invalid),
        }
    }

    /// Behind `(?(`.
    fn conditional(&mut self) -> Parsed<Node> {
        let open = self.at;
        if self.peek().is_some_and(|char| char.is_ascii_digit()) {
            let number = self.decimal()?;
            if !self.eat(')') {
                return fault(format!("(?({number}) ) malformed."));
            }
            let slot = match self.groups.slot_of_number(number) {
                Some(slot) => slot,
                None if !self.is_known => 0,
                None => return fault(format!("(?({number}) ) reference to undefined group.")),
            };
            let (yes, no) = self.yes_no(false)?;
            return Ok(Node::IfGroup { slot, yes, no });
        }
        if self.peek().is_some_and(is_word) {
            let name = self.name();
            if self.is_known
                && let Some(slot) = self.groups.slot_of_name(&name)
                && self.eat(')')
            {
                let (yes, no) = self.yes_no(false)?;
                return Ok(Node::IfGroup { slot, yes, no });
            }
            self.at = open;
        }
        if self.looking_at("?#") {
            return fault("Alternation conditions cannot be comments.");
        }
        let second = self.chars.get(self.at + 2).copied();
        let is_capture = self.looking_at("?'") || self.looking_at("?<") && !matches!(second, Some('=' | '!'));
        if is_capture && self.chars.len() > self.at + 1 {
            return fault("Alternation conditions do not capture and cannot be named.");
        }
        let has_direction = self.peek() == Some('?');
        let look = self.condition()?;
        let (yes, no) = self.yes_no(true)?;
        Ok(Node::IfLook { look, has_direction, yes, no })
    }

    /// A condition that is a pattern.
    fn condition(&mut self) -> Parsed<Look> {
        if self.peek() == Some('?')
            && let Some(Node::Look(look)) = self.group()?
        {
            return Ok(look);
        }
        if self.peek() == Some('?') {
            return fault("Illegal conditional (?(...)) expression.");
        }
        Ok(Look { is_behind: false, is_negative: false, node: Box::new(self.body()?) })
    }

    fn yes_no(&mut self, is_in_condition: bool) -> Parsed<(Box<Node>, Box<Node>)> {
        let (yes, no) = match self.body_within(is_in_condition)? {
            Node::Alternate(mut branches) if branches.len() == 2 => {
                let no = branches.pop().unwrap_or(Node::Empty);
                (branches.pop().unwrap_or(Node::Empty), no)
            }
            Node::Alternate(_) => return fault("Too many | in (?()|)."),
            yes => (yes, Node::Empty),
        };
        Ok((Box::new(yes), Box::new(no)))
    }

    /// `(?i-m)` or `(?i-m:…)`, behind the question mark.
    fn inline_options(&mut self) -> Parsed<Option<Node>> {
        let outer = self.options;
        let mut is_on = true;
        while !(self.is_in_condition && self.is_known)
            && let Some(char) = self.next()
        {
            let option = match char.to_ascii_lowercase() {
                '-' => {
                    is_on = false;
                    continue;
                }
                '+' => {
                    is_on = true;
                    continue;
                }
                'i' => Options::IGNORE_CASE,
                'm' => Options::MULTILINE,
                'n' => Options::EXPLICIT_CAPTURE,
                's' => Options::SINGLELINE,
                'x' => Options::IGNORE_PATTERN_WHITESPACE,
                ')' => return Ok(None),
                ':' => {
                    let node = self.body();
                    self.options = outer;
                    return node.map(Some);
                }
                _ => break,
            };
            self.options = if is_on { self.options.with(option) } else { self.options.without(option) };
        }
        fault("Unrecognized grouping construct.")
    }

    // --- the text ---

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += 1;
        Some(char)
    }

    pub(super) fn eat(&mut self, char: char) -> bool {
        let is_here = self.peek() == Some(char);
        self.at += usize::from(is_here);
        is_here
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        self.chars[self.at..].iter().copied().take(text.len()).eq(text.chars())
    }

    pub(super) fn name(&mut self) -> String {
        let name: String = self.chars[self.at..].iter().copied().take_while(|char| is_word(*char)).collect();
        self.at += name.chars().count();
        name
    }

    pub(super) fn decimal(&mut self) -> Parsed<u32> {
        let mut number = 0_u32;
        while let Some(digit) = self.peek().and_then(|char| char.to_digit(10)) {
            let longer = number.checked_mul(10).and_then(|number| number.checked_add(digit));
            number = match longer.filter(|number| *number <= i32::MAX as u32) {
                Some(number) => number,
                None => return fault("Capture group numbers must be less than or equal to Int32.MaxValue."),
            };
            self.at += 1;
        }
        Ok(number)
    }
}

pub(super) fn is_word(char: char) -> bool {
    class::boundary_word().contains(char)
}
