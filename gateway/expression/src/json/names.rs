//! Which property of an object has a name, found quickly in big objects.
//!
//! A small object is searched from its start. A bigger one has a tree that is descended by two bits of the
//! name's hash at a time, so even names made to fall into one place cost no more than [`LEVELS_MAX`]
//! comparisons each, short of collisions of the whole hash. An entry stays when its property goes, and is used
//! again when the name comes back.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::token::Token;
use crate::arena::{Arena, OutOfMemory};

/// Most properties that are searched one after the other.
pub(super) const SEARCHED_MAX: usize = 8;

/// Steps after which a hash has no further bits.
#[cfg(test)]
pub(super) const LEVELS_MAX: usize = u64::BITS as usize / 2;

type Slot<'a> = Cell<Option<&'a Entry<'a>>>;

struct Entry<'a> {
    name: &'a str,
    property: Cell<Option<Token<'a>>>,
    children: [Slot<'a>; 4],
}

/// The tree of an object; empty for a small object.
#[derive(Default)]
pub(super) struct Names<'a> {
    root: Slot<'a>,
}

impl<'a> Names<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.root.get().is_none()
    }

    pub(super) fn get(&self, name: &str) -> Option<Token<'a>> {
        let mut hash = hash(name);
        let mut slot = self.root.get();
        while let Some(entry) = slot {
            if entry.name == name {
                return entry.property.get();
            }
            slot = entry.children[(hash & 3) as usize].get();
            hash >>= 2;
        }
        None
    }

    /// Says which property has the name from now on.
    pub(super) fn set(
        &'a self,
        arena: &'a Arena,
        name: &'a str,
        property: Token<'a>,
    ) -> Result<(), OutOfMemory> {
        let mut hash = hash(name);
        let mut slot = &self.root;
        while let Some(entry) = slot.get() {
            if entry.name == name {
                entry.property.set(Some(property));
                return Ok(());
            }
            slot = &entry.children[(hash & 3) as usize];
            hash >>= 2;
        }
        let entry = Entry { name, property: Cell::new(Some(property)), children: Default::default() };
        slot.set(Some(arena.alloc(entry)?));
        Ok(())
    }

    /// Forgets a name without needing memory.
    pub(super) fn forget(&self, name: &str) {
        let mut hash = hash(name);
        let mut slot = self.root.get();
        while let Some(entry) = slot {
            if entry.name == name {
                return entry.property.set(None);
            }
            slot = entry.children[(hash & 3) as usize].get();
            hash >>= 2;
        }
    }

    pub(super) fn clear(&self) {
        self.root.set(None);
    }

    /// The longest way to an entry.
    #[cfg(test)]
    pub(super) fn levels(&self) -> usize {
        let mut deepest = 0;
        let mut open: Vec<_> = self.root.get().map(|entry| (entry, 1)).into_iter().collect();
        while let Some((entry, level)) = open.pop() {
            deepest = deepest.max(level);
            open.extend(entry.children.iter().filter_map(Cell::get).map(|child| (child, level + 1)));
        }
        deepest
    }
}

/// The same on every run: the hasher's keys are constant.
fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Scalar;

    #[test]
    fn names_made_to_collide_are_told_apart_by_further_bits() {
        let arena = Arena::new(1 << 20);
        let names = Names::default();
        let token = Token::value(&arena, Scalar::Null).unwrap();
        let hostile: Vec<String> =
            (0..500_000).map(|at| format!("{at}")).filter(|name| hash(name) & 0xfff == 0).collect();
        assert!(hostile.len() > 2 * LEVELS_MAX);
        for name in &hostile {
            names.set(&arena, name, token).unwrap();
            assert_eq!(names.get(name), Some(token));
        }
        assert!(names.levels() <= LEVELS_MAX);
        assert_eq!(names.get("x"), None);
    }
}
