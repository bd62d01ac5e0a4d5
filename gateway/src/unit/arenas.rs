//! Memory for the expressions of requests, used again so that most requests ask the system for none.

use hanse_expression::{arena::Arena, run::MEMORY_BYTES_MAX};
use std::{cell::RefCell, ops::Deref};

/// Arenas that are kept while no request has them.
const KEPT_MAX: usize = 256;
/// Bytes of one that is kept; what a request needed beyond is given back to the system.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// The arenas that nobody uses.
#[derive(Default)]
pub(crate) struct Arenas(RefCell<Vec<Arena>>);

/// An arena for one request.
pub(crate) struct LentArena<'u> {
    arena: Option<Arena>,
    home: &'u Arenas,
}

impl Arenas {
    pub(crate) fn lend(&self) -> LentArena<'_> {
        let arena = self.0.borrow_mut().pop().unwrap_or_else(|| Arena::new(MEMORY_BYTES_MAX));
        LentArena { arena: Some(arena), home: self }
    }
}

impl Deref for LentArena<'_> {
    type Target = Arena;

    fn deref(&self) -> &Arena {
        self.arena.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for LentArena<'_> {
    fn drop(&mut self) {
        let Some(mut arena) = self.arena.take() else { return };
        let mut kept = self.home.0.borrow_mut();
        if kept.len() < KEPT_MAX {
            arena.reset(MEMORY_BYTES_MAX, KEPT_BYTES_MAX);
            kept.push(arena);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arena_comes_back_with_its_whole_budget() {
        let arenas = Arenas::default();
        for bytes in [KEPT_BYTES_MAX / 2, 2 * KEPT_BYTES_MAX] {
            let arena = arenas.lend();
            assert_eq!(arena.left(), MEMORY_BYTES_MAX);
            assert!(arena.bytes(&vec![0; bytes]).is_ok());
        }
        assert_eq!(arenas.lend().left(), MEMORY_BYTES_MAX);
        assert_eq!(arenas.0.borrow().len(), 1);
    }

    #[test]
    fn idle_arenas_are_bounded() {
        let arenas = Arenas::default();
        drop((0..=KEPT_MAX).map(|_| arenas.lend()).collect::<Vec<_>>());
        assert_eq!(arenas.0.borrow().len(), KEPT_MAX);
    }
}
