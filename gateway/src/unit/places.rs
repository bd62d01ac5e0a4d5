//! So many at a time: places that are taken, and free when they are dropped.

use std::{cell::Cell, rc::Rc};

/// A bound of things that are under way.
#[derive(Debug)]
pub(crate) struct Places {
    taken: Rc<Cell<usize>>,
    max: usize,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Place(Rc<Cell<usize>>);

impl Places {
    pub(crate) fn new(max: usize) -> Places {
        Places { taken: Rc::default(), max }
    }

    /// A place, if one is free.
    pub(crate) fn enter(&self) -> Option<Place> {
        self.enter_within(self.max)
    }

    /// A place, if fewer than `max` are taken.
    pub(super) fn enter_within(&self, max: usize) -> Option<Place> {
        let taken = self.taken.get();
        if taken >= max {
            return None;
        }
        self.taken.set(taken + 1);
        Some(Place(self.taken.clone()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken.get() == 0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_is_free_again_when_it_is_dropped() {
        let places = Places::new(2);
        let first = places.enter();
        let second = places.enter();
        assert!(first.is_some() && second.is_some() && places.enter().is_none());
        drop(first);
        assert!(places.enter().is_some());
        drop(second);
        assert!(places.is_empty());
    }
}
