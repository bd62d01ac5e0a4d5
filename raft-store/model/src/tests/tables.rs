//! The overlay and the tables in memory answer alike.

use crate::{MemoryTables, Overlay, Read, Table, Write};
use proptest::prelude::*;

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0_u8..4, 0..4)
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let write = (key(), prop::option::of(any::<u8>())).prop_map(|(key, value)| Write {
        table: Table::Index,
        key,
        value: value.map(|byte| vec![byte]),
    });
    prop::collection::vec(write, 0..40)
}

proptest! {
    #[test]
    fn an_overlay_reads_as_if_its_writes_had_been_made(
        base in writes(), first in writes(), second in writes(),
        from in key(), to in key(), limit in 0_usize..12,
    ) {
        let mut below = MemoryTables::new();
        below.write(&base);
        let mut middle = Overlay::new(&below);
        middle.push(&first);
        let mut top = Overlay::new(&middle);
        top.push(&second);
        let mut flat = below.clone();
        flat.write(&first);
        flat.write(&second);
        prop_assert_eq!(top.range(Table::Index, &from, &to, limit), flat.range(Table::Index, &from, &to, limit));
        prop_assert_eq!(top.range(Table::Index, &[], &[], 1_000), flat.range(Table::Index, &[], &[], 1_000));
        prop_assert_eq!(top.get(Table::Index, &from), flat.get(Table::Index, &from));
        prop_assert_eq!(top.get(Table::Meta, &from), Ok(None));
    }
}

#[test]
fn every_table_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<&str> = Table::ALL.into_iter().map(Table::name).collect();
    assert_eq!(names.len(), Table::ALL.len());
}
