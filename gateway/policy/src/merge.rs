//! How documents of several scopes become one: `<base/>` stands for the same section of the next wider
//! scope.
//!
//! The rule is here once, whatever a document's elements are kept as. A request follows it too, without
//! putting anything together ([`crate::chain`]).

use std::collections::BTreeMap;

use crate::chain::{CHAIN_LEVELS, Chain};
use crate::policies::BASE;
use crate::section::{ScopeKind, Section};
use crate::tree::Element;

/// The elements of a document by section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sections<T> {
    /// `None` where the document has no such section.
    sections: [Option<Vec<Step<T>>>; 4],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step<T> {
    Base,
    Policy(T),
}

impl<T> Default for Sections<T> {
    fn default() -> Self {
        Self { sections: [const { None }; 4] }
    }
}

impl<T> Sections<T> {
    /// Of a document's root. `make` gets each policy and its path within the section.
    pub(crate) fn of(root: &Element, make: &mut dyn FnMut(&Element, String) -> T) -> Self {
        let mut found = Self::default();
        for section in root.elements() {
            let Some(of) = Section::from_element(&section.name) else {
                continue;
            };
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            let mut steps = Vec::new();
            for element in section.elements() {
                let nth = counts.entry(&element.name).or_default();
                *nth += 1;
                steps.push(match element.name.as_str() {
                    BASE => Step::Base,
                    name => Step::Policy(make(element, format!("{name}[{nth}]"))),
                });
            }
            found.sections[of.index()] = Some(steps);
        }
        found
    }

    pub(crate) fn steps(&self, section: Section) -> Option<&[Step<T>]> {
        self.sections[section.index()].as_deref()
    }
}

/// What a request meets in a section of a chain (narrowest first, in the order of [`Chain::SCOPES`]), each
/// with the scope it comes from. `default` is the document of a global scope that says nothing.
pub(crate) fn merge<'a, T>(
    chain: [Option<&'a Sections<T>>; CHAIN_LEVELS],
    default: &'a Sections<T>,
    section: Section,
) -> Vec<(&'a T, ScopeKind)> {
    let mut found = Vec::new();
    enter(&chain, default, 0, section, &mut found);
    found
}

/// Continues with the first document from `level` outward that has the section.
fn enter<'a, T>(
    chain: &[Option<&'a Sections<T>>; CHAIN_LEVELS],
    default: &'a Sections<T>,
    level: usize,
    section: Section,
    found: &mut Vec<(&'a T, ScopeKind)>,
) {
    for level in level..CHAIN_LEVELS {
        let own = chain[level].and_then(|document| document.steps(section));
        let is_outermost = level + 1 == CHAIN_LEVELS;
        let steps = match own {
            None if is_outermost => default.steps(section),
            own => own,
        };
        let Some(steps) = steps else { continue };
        for step in steps {
            match step {
                Step::Base => enter(chain, default, level + 1, section, found),
                Step::Policy(policy) => found.push((policy, Chain::SCOPES[level])),
            }
        }
        return;
    }
}
