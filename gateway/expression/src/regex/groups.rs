//! The groups of a pattern: numbers, names and slots.
//!
//! The one idea: numbers may have gaps (`(?<7>…)`), slots have none. .NET numbers unnamed groups from
//! left to right, then named ones by the lowest numbers that are free.

use std::collections::BTreeSet;

/// A group's number and name; an unnamed one is named for its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupInfo {
    pub number: u32,
    pub name: String,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Groups {
    /// By number; a slot is a place in here. Slot 0 is the whole match.
    infos: Vec<GroupInfo>,
    /// As listed by the first reading.
    unnamed: u32,
    explicit: Vec<u32>,
    names: Vec<String>,
    /// Slots of the groups that the second reading has come by.
    opened: BTreeSet<usize>,
}

impl Groups {
    /// What the first reading listed, with numbers.
    pub(super) fn numbered(self) -> Self {
        let mut numbers: Vec<(u32, Option<String>)> =
            (0..=self.unnamed).map(|number| (number, None)).collect();
        let mut explicit = self.explicit;
        explicit.sort_unstable();
        explicit.dedup();
        numbers
            .extend(explicit.iter().filter(|number| **number > self.unnamed).map(|number| (*number, None)));
        let mut next = self.unnamed + 1;
        for name in self.names {
            while explicit.binary_search(&next).is_ok() {
                next += 1;
            }
            numbers.push((next, Some(name)));
            next += 1;
        }
        numbers.sort_by_key(|(number, _)| *number);
        let info = |(number, name): (u32, Option<String>)| GroupInfo {
            number,
            name: name.unwrap_or_else(|| number.to_string()),
        };
        // The second reading counts unnamed groups anew.
        Self { infos: numbers.into_iter().map(info).collect(), ..Self::default() }
    }

    pub(super) fn infos(&self) -> &[GroupInfo] {
        &self.infos
    }

    pub(super) fn unnamed(&mut self, is_known: bool) -> usize {
        self.unnamed += 1;
        if is_known { self.open(self.slot_of_number(self.unnamed)) } else { 0 }
    }

    pub(super) fn numbered_group(&mut self, number: u32, is_known: bool) -> usize {
        if is_known {
            return self.open(self.slot_of_number(number));
        }
        self.explicit.push(number);
        0
    }

    pub(super) fn named_group(&mut self, name: &str, is_known: bool) -> usize {
        if is_known {
            return self.open(self.slot_of_name(name));
        }
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
        0
    }

    /// All groups were listed by the first reading, so there is a slot.
    fn open(&mut self, slot: Option<usize>) -> usize {
        let slot = slot.unwrap_or(0);
        self.opened.insert(slot);
        slot
    }

    /// True for a group that began before the place that is read.
    pub(super) fn is_opened(&self, slot: usize) -> bool {
        self.opened.contains(&slot)
    }

    pub(super) fn slot_of_number(&self, number: u32) -> Option<usize> {
        self.infos.binary_search_by_key(&number, |info| info.number).ok()
    }

    pub(super) fn slot_of_name(&self, name: &str) -> Option<usize> {
        self.infos.iter().position(|info| info.name == name)
    }
}
