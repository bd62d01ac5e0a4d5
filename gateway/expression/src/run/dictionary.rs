//! The map behind `Dictionary` and `HashSet`: in order of insertion, as .NET's are without removals.

use std::cell::Cell;

use super::equality::{equals, hash};
use super::value::Value;
use crate::arena::{Arena, List, OutOfMemory};

/// Up to so many entries are searched one by one.
const UNINDEXED_MAX: usize = 8;
const FREE: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Entry<'a> {
    hash: u64,
    key: Value<'a>,
    value: Value<'a>,
}

/// Keys and values in order of insertion.
pub struct Dictionary<'a> {
    entries: List<'a, Entry<'a>>,
    /// Positions of entries by hash, open addressing; a power of two long, or empty.
    index: Cell<&'a [Cell<u32>]>,
    /// Keys that are strings are compared whatever their case.
    pub ignores_case: bool,
    pub version: Cell<u32>,
}

impl<'a> Dictionary<'a> {
    pub fn new(ignores_case: bool) -> Self {
        Self { entries: List::default(), index: Cell::new(&[]), ignores_case, version: Cell::new(0) }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn entry(&self, at: usize) -> Option<(Value<'a>, Value<'a>)> {
        self.entries.get(at).map(|entry| (entry.key, entry.value))
    }

    pub fn iter(&self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
        self.entries.iter().map(|entry| (entry.key, entry.value))
    }

    fn same(&self, entry: &Entry<'a>, hash: u64, key: Value<'a>) -> bool {
        entry.hash == hash
            && match (entry.key, key) {
                (Value::Str(a), Value::Str(b)) if self.ignores_case => {
                    crate::net::string::equal_ignoring_case(a, b)
                }
                (a, b) => equals(a, b),
            }
    }

    fn find(&self, hash: u64, key: Value<'a>) -> Option<usize> {
        let index = self.index.get();
        if index.is_empty() {
            return self.entries.iter().position(|entry| self.same(&entry, hash, key));
        }
        let mask = index.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let position = index[at].get();
            if position == FREE {
                return None;
            }
            let entry = self.entries.get(position as usize)?;
            if self.same(&entry, hash, key) {
                return Some(position as usize);
            }
            at = (at + 1) & mask;
        }
    }

    pub fn get(&self, key: Value<'a>) -> Option<Value<'a>> {
        let at = self.find(hash(key, self.ignores_case), key)?;
        self.entries.get(at).map(|entry| entry.value)
    }

    pub fn contains(&self, key: Value<'a>) -> bool {
        self.get(key).is_some()
    }

    /// Sets a value; true where the key is new.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn set(&self, arena: &'a Arena, key: Value<'a>, value: Value<'a>) -> Result<bool, OutOfMemory> {
        let hash = hash(key, self.ignores_case);
        self.version.set(self.version.get().wrapping_add(1));
        if let Some(at) = self.find(hash, key) {
            let entry = self.entries.get(at).expect("just found");
            self.entries.set(at, Entry { value, ..entry });
            return Ok(false);
        }
        self.entries.push(arena, Entry { hash, key, value })?;
        let len = self.len();
        if len > UNINDEXED_MAX {
            match len * 2 > self.index.get().len() {
                true => self.reindex(arena)?,
                false => self.place(len - 1, hash),
            }
        }
        Ok(true)
    }

    fn place(&self, position: usize, hash: u64) {
        let index = self.index.get();
        let mask = index.len() - 1;
        let mut at = hash as usize & mask;
        while index[at].get() != FREE {
            at = (at + 1) & mask;
        }
        index[at].set(u32::try_from(position).unwrap_or(FREE));
    }

    fn reindex(&self, arena: &'a Arena) -> Result<(), OutOfMemory> {
        let wanted = (self.len() * 4).next_power_of_two();
        match wanted > self.index.get().len() {
            true => self.index.set(arena.cells(wanted, FREE)?),
            false => self.index.get().iter().for_each(|cell| cell.set(FREE)),
        }
        self.entries.iter().enumerate().for_each(|(at, entry)| self.place(at, entry.hash));
        Ok(())
    }

    pub fn remove(&self, key: Value<'a>) -> Option<Value<'a>> {
        let at = self.find(hash(key, self.ignores_case), key)?;
        let taken = self.entries.remove(at)?;
        self.version.set(self.version.get().wrapping_add(1));
        if !self.index.get().is_empty() {
            self.index.get().iter().for_each(|cell| cell.set(FREE));
            self.entries.iter().enumerate().for_each(|(at, entry)| self.place(at, entry.hash));
        }
        Some(taken.value)
    }

    pub fn clear(&self) {
        self.entries.truncate(0);
        self.index.get().iter().for_each(|cell| cell.set(FREE));
        self.version.set(self.version.get().wrapping_add(1));
    }
}
