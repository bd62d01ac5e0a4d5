//! Which partition of a hub an event goes to.

/// Where a document wants an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    Any,
    Id(i32),
    /// Events of one key go to one partition.
    Key(String),
}

/// The partition for an event; `None`: there is none such.
pub(crate) fn choose(wanted: &Wanted, partitions: &[i32], turn: usize) -> Option<i32> {
    match wanted {
        Wanted::Id(id) => partitions.contains(id).then_some(*id),
        Wanted::Any => partitions.get(turn % partitions.len().max(1)).copied(),
        // As Kafka's own clients choose, so that others that send to the hub agree.
        Wanted::Key(key) => {
            let hash = usize::try_from(murmur2(key.as_bytes()) & 0x7fff_ffff).ok()?;
            partitions.get(hash % partitions.len().max(1)).copied()
        }
    }
}

/// MurmurHash2 of 32 bits, with the seed of Kafka's default partitioner.
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let (words, rest) = data.as_chunks::<4>();
    let mut hash = words.iter().fold(SEED ^ length, |hash, word| {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        hash.wrapping_mul(M) ^ k.wrapping_mul(M)
    });
    if !rest.is_empty() {
        let tail = rest.iter().rev().fold(0, |tail, byte| tail << 8 | u32::from(*byte));
        hash = (hash ^ tail).wrapping_mul(M);
    }
    hash = (hash ^ hash >> 13).wrapping_mul(M);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_where_other_clients_of_kafka_put_them() {
        for (key, expected) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
        ] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), expected, "{key}");
        }
    }

    #[test]
    fn partitions_that_are_not_there_are_not_chosen() {
        assert_eq!(choose(&Wanted::Id(1), &[0, 1], 0), Some(1));
        assert_eq!(choose(&Wanted::Id(2), &[0, 1], 0), None);
        assert_eq!([0, 1, 2].map(|turn| choose(&Wanted::Any, &[0, 1], turn)), [Some(0), Some(1), Some(0)]);
        for wanted in [Wanted::Any, Wanted::Key("k".into()), Wanted::Id(0)] {
            assert_eq!(choose(&wanted, &[], 7), None);
        }
    }
}
