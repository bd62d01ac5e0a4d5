//! A hash of everything in the state machine that does not depend on the order of changes.
//!
//! The one idea: the sum of the SHA-256 of all rows, in four lanes that wrap. A changed row costs
//! one subtraction and one addition, so the hash is always current; two replicas at one revision
//! have the same one, or they have diverged. It finds errors; it is no defence against forgery.

use ring::digest::{Context, SHA256};
use std::fmt;

/// Fingerprint of all rows of a state machine. Shown in lower-case hex.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct StateHash([u64; 4]);

impl StateHash {
    /// Accounts for a row that is there now.
    pub(crate) fn add(&mut self, table: u8, key: &[u8], value: &[u8]) {
        for (lane, row) in self.0.iter_mut().zip(row_hash(table, key, value)) {
            *lane = lane.wrapping_add(row);
        }
    }

    /// Accounts for a row that is no longer there.
    pub(crate) fn subtract(&mut self, table: u8, key: &[u8], value: &[u8]) {
        for (lane, row) in self.0.iter_mut().zip(row_hash(table, key, value)) {
            *lane = lane.wrapping_sub(row);
        }
    }

    pub(crate) fn lanes(self) -> [u64; 4] {
        self.0
    }

    pub(crate) fn from_lanes(lanes: [u64; 4]) -> Self {
        Self(lanes)
    }

    /// The 32 bytes, big endian lane by lane, as the hex shows them.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, lane) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&lane.to_be_bytes());
        }
        bytes
    }
}

impl fmt::Display for StateHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|lane| write!(f, "{lane:016x}"))
    }
}

fn row_hash(table: u8, key: &[u8], value: &[u8]) -> [u64; 4] {
    let mut context = Context::new(&SHA256);
    context.update(&[table]);
    context.update(&(key.len() as u64).to_le_bytes());
    context.update(key);
    context.update(value);
    let digest = context.finish();
    let mut lanes = [0; 4];
    for (lane, chunk) in lanes.iter_mut().zip(digest.as_ref().chunks_exact(8)) {
        *lane = u64::from_be_bytes(chunk.try_into().expect("a chunk has eight bytes"));
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_changes_does_not_matter() {
        let (mut one, mut other) = (StateHash::default(), StateHash::default());
        one.add(0, b"a", b"1");
        one.add(0, b"b", b"2");
        other.add(0, b"b", b"old");
        other.add(0, b"a", b"1");
        other.subtract(0, b"b", b"old");
        other.add(0, b"b", b"2");
        assert_eq!(one, other);
    }

    #[test]
    fn every_part_of_a_row_matters() {
        let hash = |table, key: &[u8], value: &[u8]| {
            let mut hash = StateHash::default();
            hash.add(table, key, value);
            hash
        };
        let base = hash(0, b"ab", b"c");
        for other in [hash(1, b"ab", b"c"), hash(0, b"a", b"bc"), hash(0, b"ab", b"d"), StateHash::default()]
        {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn hex_and_bytes_agree() {
        let hash = StateHash::from_lanes([0x0102, 0, 0, 0xff]);
        let hex: String = hash.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash.to_string(), hex);
        assert_eq!(hash.to_bytes()[7], 2);
    }
}
