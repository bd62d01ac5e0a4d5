//! Random C# by templates. Patterns are left out: `mcs` does not know them.
//!
//! `@int` stands for any expression of that kind; `@int[str]` for one that may use the template's own
//! variable `@v` of kind `str`, `@int[str,int]` also `@w`; `@=int` for a local that can be assigned.

use super::{
    more_templates::MORE,
    templates::{Kind, TEMPLATES},
};

/// All kinds.
fn kinds() -> impl Iterator<Item = &'static Kind> {
    TEMPLATES.iter().chain(MORE)
}

/// Kinds that a result is of.
const RESULTS: &[&str] = &[
    "int", "long", "double", "decimal", "str", "bool", "char", "nint", "date", "span", "uint", "ulong",
    "byte", "float", "ndouble", "obj", "short", "dto", "guid",
];

/// Locals of a block: kind and type.
const LOCALS: &[(&str, &str)] = &[
    ("int", "int"),
    ("str", "string"),
    ("double", "double"),
    ("long", "long"),
    ("ints", "List<int>"),
    ("char", "char"),
    ("byte", "byte"),
    ("short", "short"),
    ("decimal", "decimal"),
    ("nint", "int?"),
    ("dict", "Dictionary<string, int>"),
    ("bool", "bool"),
    ("float", "float"),
    ("date", "DateTime"),
    ("uint", "uint"),
];

/// One in so many expressions is of another kind than it should be.
const WRONG_ONE_IN: u64 = 400;

/// Makes cases; one seed makes one series.
pub struct Generator {
    state: u64,
    names: usize,
    scope: Vec<Local>,
}

struct Local {
    name: String,
    kind: &'static str,
    is_assignable: bool,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { state: seed, names: 0, scope: Vec::new() }
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.next().is_multiple_of(count)
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        let at = self.next() % items.len() as u64;
        items[usize::try_from(at).expect("a small number")]
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("x{}", self.names)
    }

    /// `( … )` or `{ … }`.
    pub fn case(&mut self) -> String {
        self.scope.clear();
        self.names = 0;
        let kind = self.pick(RESULTS);
        if self.one_in(2) {
            let depth = 1 + self.next() % 4;
            return format!("({})", self.make(kind, depth));
        }
        let mut text = String::from("{ ");
        for (kind, ty) in LOCALS {
            let depth = u64::from(self.one_in(8));
            let value = self.make(kind, depth);
            let name = self.fresh();
            match self.one_in(150) {
                true => text += &format!("{ty} {name}; "),
                false => text += &format!("{ty} {name} = {value}; "),
            }
            self.scope.push(Local { name, kind, is_assignable: true });
        }
        for _ in 0..1 + self.next() % 4 {
            let depth = 2 + self.next() % 2;
            text += &self.make("stmt", depth);
            text.push(' ');
        }
        let value = self.make(kind, 2);
        text + &format!("return {value}; }}")
    }

    fn make(&mut self, kind: &'static str, depth: u64) -> String {
        let kind = match kind != "stmt" && self.one_in(WRONG_ONE_IN) {
            true => self.pick(RESULTS),
            false => kind,
        };
        if self.one_in(3) || depth == 0 {
            let known: Vec<usize> = (0..self.scope.len()).filter(|at| self.scope[*at].kind == kind).collect();
            if !known.is_empty() && kind != "stmt" {
                let at = self.pick(&known);
                return self.scope[at].name.clone();
            }
        }
        let (_, leaves, nodes) = kinds().find(|it| it.0 == kind).expect("a known kind");
        let template = match depth == 0 || self.one_in(6) {
            true => self.pick(leaves),
            false => self.pick(nodes),
        };
        self.fill(template, depth.saturating_sub(1))
    }

    fn fill(&mut self, template: &str, depth: u64) -> String {
        let (v, w) = (self.fresh(), self.fresh());
        let mut out = String::new();
        let mut rest = template;
        while let Some(at) = rest.find('@') {
            out += &rest[..at];
            rest = &rest[at + 1..];
            if rest.starts_with('"') {
                out.push('@');
                continue;
            }
            let is_target = rest.starts_with('=');
            rest = rest.strip_prefix('=').unwrap_or(rest);
            let end = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
            let word = &rest[..end];
            rest = &rest[end..];
            match word {
                "v" => out += &v,
                "w" => out += &w,
                _ => {
                    let kind = kinds().find(|it| it.0 == word).expect("a known kind").0;
                    let mut added = 0;
                    let bracket = rest.strip_prefix('[').and_then(|behind| behind.split_once(']'));
                    if let Some((list, behind)) =
                        bracket.filter(|(list, _)| list.split(',').all(|kind| kinds().any(|it| it.0 == kind)))
                    {
                        rest = behind;
                        for (word, name) in list.split(',').zip([&v, &w]) {
                            let kind = kinds().find(|it| it.0 == word).expect("a known kind").0;
                            self.scope.push(Local { name: name.clone(), kind, is_assignable: false });
                            added += 1;
                        }
                    }
                    out += &match is_target {
                        true => self.target(kind),
                        false => self.make(kind, depth),
                    };
                    self.scope.truncate(self.scope.len() - added);
                }
            }
        }
        out + rest
    }

    fn target(&mut self, kind: &str) -> String {
        let known: Vec<usize> = (0..self.scope.len())
            .filter(|at| self.scope[*at].kind == kind && self.scope[*at].is_assignable)
            .collect();
        let at = self.pick(&known);
        self.scope[at].name.clone()
    }
}
