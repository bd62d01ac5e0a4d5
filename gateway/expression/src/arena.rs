//! Memory of one request's expressions: handed out in order, given back all at once.
//!
//! Every value that an expression makes lives here until the request ends, so values are plain copies and
//! nothing counts references. What is handed out is counted, and refused past a budget. Few things
//! run `Drop`: those are kept apart.

use bumpalo::Bump;
use std::any::Any;
use std::cell::Cell;

/// The budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the memory budget is exceeded")]
pub struct OutOfMemory;

/// Memory with a budget in bytes.
pub struct Arena {
    bump: Bump,
    kept: typed_arena::Arena<Box<dyn Any>>,
    left: Cell<usize>,
}

impl Arena {
    pub fn new(bytes_max: usize) -> Self {
        Self { bump: Bump::new(), kept: typed_arena::Arena::with_capacity(0), left: Cell::new(bytes_max) }
    }

    /// With room for so many bytes at once, so that a request asks the system once.
    pub fn with_capacity(bytes: usize, bytes_max: usize) -> Self {
        Self { bump: Bump::with_capacity(bytes), ..Self::new(bytes_max) }
    }

    /// What may still be handed out.
    pub fn left(&self) -> usize {
        self.left.get()
    }

    /// Counts bytes that are used elsewhere on behalf of an expression.
    ///
    /// # Errors
    /// The budget does not have them; nothing is counted then.
    pub fn charge(&self, bytes: usize) -> Result<(), OutOfMemory> {
        self.left.set(self.left.get().checked_sub(bytes).ok_or(OutOfMemory)?);
        Ok(())
    }

    /// # Errors
    /// The budget is spent.
    pub fn alloc<T>(&self, value: T) -> Result<&T, OutOfMemory> {
        const { assert!(!std::mem::needs_drop::<T>(), "nothing in an arena is dropped") };
        self.charge(size_of::<T>())?;
        Ok(self.bump.alloc(value))
    }

    /// Keeps something that has to be dropped; what it uses is charged by the caller.
    pub fn keep<T: 'static>(&self, value: T) -> &T {
        let kept: &Box<dyn Any> = self.kept.alloc(Box::new(value));
        kept.downcast_ref().expect("it was just put there")
    }

    /// # Errors
    /// The budget is spent.
    pub fn text(&self, text: &str) -> Result<&str, OutOfMemory> {
        self.charge(text.len())?;
        Ok(self.bump.alloc_str(text))
    }

    /// The parts one after the other.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn concat(&self, parts: &[&str]) -> Result<&str, OutOfMemory> {
        let bytes = parts.iter().map(|part| part.len()).sum();
        self.charge(bytes)?;
        let mut out = bumpalo::collections::String::with_capacity_in(bytes, &self.bump);
        parts.iter().for_each(|part| out.push_str(part));
        Ok(out.into_bump_str())
    }

    /// # Errors
    /// The budget is spent.
    pub fn bytes(&self, bytes: &[u8]) -> Result<&[u8], OutOfMemory> {
        self.slice(bytes)
    }

    /// # Errors
    /// The budget is spent.
    pub fn slice<T: Copy>(&self, items: &[T]) -> Result<&[T], OutOfMemory> {
        self.charge(size_of_val(items))?;
        Ok(self.bump.alloc_slice_copy(items))
    }

    /// Cells that all hold `item`.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn cells<T: Copy>(&self, count: usize, item: T) -> Result<&[Cell<T>], OutOfMemory> {
        self.charge(count.checked_mul(size_of::<T>()).ok_or(OutOfMemory)?)?;
        Ok(self.bump.alloc_slice_fill_with(count, |_| Cell::new(item)))
    }
}

/// A growable sequence in an arena.
#[derive(Debug)]
pub struct List<'a, T: Copy> {
    cells: Cell<&'a [Cell<T>]>,
    len: Cell<usize>,
}

impl<'a, T: Copy> Default for List<'a, T> {
    fn default() -> Self {
        Self { cells: Cell::new(&[]), len: Cell::new(0) }
    }
}

impl<'a, T: Copy> List<'a, T> {
    /// # Errors
    /// The budget is spent.
    pub fn from_slice(arena: &'a Arena, items: &[T]) -> Result<Self, OutOfMemory> {
        let list = Self::default();
        if let Some(first) = items.first() {
            let cells = arena.cells(items.len(), *first)?;
            cells.iter().zip(items).for_each(|(cell, item)| cell.set(*item));
            list.cells.set(cells);
            list.len.set(items.len());
        }
        Ok(list)
    }

    /// A list of `count` times `item`, as arrays are.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn filled(arena: &'a Arena, count: usize, item: T) -> Result<Self, OutOfMemory> {
        let cells = arena.cells(count, item)?;
        Ok(Self { cells: Cell::new(cells), len: Cell::new(count) })
    }

    pub fn len(&self) -> usize {
        self.len.get()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items as they are now; a change of the list's length does not change what was returned.
    pub fn cells(&self) -> &'a [Cell<T>] {
        &self.cells.get()[..self.len()]
    }

    pub fn get(&self, at: usize) -> Option<T> {
        self.cells().get(at).map(Cell::get)
    }

    pub fn last(&self) -> Option<T> {
        self.cells().last().map(Cell::get)
    }

    /// False where there is no such item.
    pub fn set(&self, at: usize, item: T) -> bool {
        self.cells().get(at).map(|cell| cell.set(item)).is_some()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = T> + ExactSizeIterator + use<'a, T> {
        self.cells().iter().map(Cell::get)
    }

    /// # Errors
    /// The budget is spent; the list is as it was.
    pub fn push(&self, arena: &'a Arena, item: T) -> Result<(), OutOfMemory> {
        let len = self.len();
        if len == self.cells.get().len() {
            let grown = arena.cells((len * 2).max(4), item)?;
            self.cells().iter().zip(grown).for_each(|(from, to)| to.set(from.get()));
            self.cells.set(grown);
        }
        self.cells.get()[len].set(item);
        self.len.set(len + 1);
        Ok(())
    }

    /// Puts an item in front of the one at `at`, which is at most the length.
    ///
    /// # Errors
    /// The budget is spent; the list is as it was.
    pub fn insert(&self, arena: &'a Arena, at: usize, item: T) -> Result<(), OutOfMemory> {
        self.push(arena, item)?;
        self.cells()[at..].windows(2).rev().for_each(|pair| pair[1].set(pair[0].get()));
        self.cells()[at].set(item);
        Ok(())
    }

    /// Takes the item at `at` out.
    pub fn remove(&self, at: usize) -> Option<T> {
        let taken = self.get(at)?;
        self.cells()[at..].windows(2).for_each(|pair| pair[0].set(pair[1].get()));
        self.len.set(self.len() - 1);
        Some(taken)
    }

    pub fn pop(&self) -> Option<T> {
        let taken = self.last()?;
        self.len.set(self.len() - 1);
        Some(taken)
    }

    pub fn truncate(&self, len: usize) {
        self.len.set(self.len().min(len));
    }

    /// Keeps what `keep` says true of, in order.
    ///
    /// # Errors
    /// What `keep` answers; items after that one are kept.
    pub fn retain<E>(&self, mut keep: impl FnMut(T) -> Result<bool, E>) -> Result<(), E> {
        let cells = self.cells();
        let mut kept = 0;
        let mut failed = None;
        for cell in cells {
            let item = cell.get();
            let keeps = failed.is_some()
                || match keep(item) {
                    Ok(keeps) => keeps,
                    Err(error) => {
                        failed = Some(error);
                        true
                    }
                };
            if keeps {
                cells[kept].set(item);
                kept += 1;
            }
        }
        self.truncate(kept);
        failed.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budget_is_exact() {
        let arena = Arena::new(10);
        assert_eq!(arena.text("0123456789"), Ok("0123456789"));
        assert_eq!(arena.text(""), Ok(""));
        assert_eq!(arena.text("0"), Err(OutOfMemory));
        assert_eq!(Arena::new(7).alloc(1_u64), Err(OutOfMemory));
        assert_eq!(Arena::new(8).alloc(1_u64), Ok(&1));
        assert!(Arena::new(usize::MAX).cells(usize::MAX, 1_u64).is_err());
    }

    #[test]
    fn list_keeps_order() {
        let arena = Arena::new(1 << 20);
        let list = List::from_slice(&arena, &[1, 2, 3]).unwrap();
        (4..=9).for_each(|item| list.push(&arena, item).unwrap());
        list.insert(&arena, 0, 0).unwrap();
        list.insert(&arena, list.len(), 10).unwrap();
        assert_eq!(list.remove(5), Some(5));
        assert_eq!(list.remove(99), None);
        list.retain(|item| Ok::<_, ()>(item % 2 == 0)).unwrap();
        assert_eq!(list.iter().collect::<Vec<_>>(), [0, 2, 4, 6, 8, 10]);
        assert_eq!(list.retain(|item| if item == 4 { Err("four") } else { Ok(false) }), Err("four"));
        assert_eq!(list.iter().collect::<Vec<_>>(), [4, 6, 8, 10]);
    }
}
