//! The overlay and the tables in memory answer alike, and which tables are worked on.

use super::{World, workspace};
use crate::{MemoryTables, OtherRelease, Overlay, Read, Table, Write, check_layout, code, keys, stored};
use hanse_proto::FEATURE_LEVEL;
use proptest::prelude::*;
use prost::Message as _;

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

#[test]
fn a_store_of_an_earlier_or_a_later_release_is_left_alone() {
    let mut world = World::new();
    assert_eq!(check_layout(&MemoryTables::new()), Ok(Ok(())), "a new one");
    assert_eq!(check_layout(&world.tables), Ok(Ok(())));
    let Ok(own) = stored::state(&world.tables);
    let cases = [
        (own.feature_level, keys::KEY_LAYOUT - 1, false, "of an earlier release (layout 2, this one has 3)"),
        (own.feature_level, 0, false, "of an earlier release (layout 0,"),
        (own.feature_level, keys::KEY_LAYOUT + 1, true, "of a later release (layout 4,"),
        (FEATURE_LEVEL + 1, keys::KEY_LAYOUT, true, "of a later release"),
    ];
    for (feature_level, key_layout, is_later, part) in cases {
        let state = stored::State { feature_level, key_layout, ..own.clone() };
        let value = Some(state.encode_to_vec());
        world.tables.write(&[Write { table: Table::Meta, key: keys::STATE.to_vec(), value }]);
        let other = OtherRelease { layout: key_layout, is_later };
        assert_eq!(check_layout(&world.tables), Ok(Err(other)));
        assert!(other.to_string().contains(part), "{other}");
        world.refused_once(vec![workspace("a")], code::INVALID, part);
    }
}
