//! How rows are keyed: the one place that knows the bytes.
//!
//! All keys together are layout [`KEY_LAYOUT`]; the number is stored in the model's state row, so
//! no key needs to carry it. Values are protobuf messages with a `feature_level`.
//!
//! | table | key | value |
//! |---|---|---|
//! | resources | name key with `/` replaced by `00` | `StoredResource` |
//! | index | tag, parts each followed by `01`, storage key of the owner (see `index`) | empty |
//! | changes | revision (8 bytes, big endian), position (4 bytes, big endian) | `ChangeRecord` |
//! | requests | `r`, length of the account id (4 bytes), account id, request id | `RequestRecord` |
//! | requests | `s`, sequence number (8 bytes) | the `r` key it stands for |
//! | meta | `state`, `cluster`, `assignment` | see `stored` |
//! | meta | `tombstone/`, storage key of the root | `Tombstone` |
//! | meta | `count/`, storage key of the holder (none: the service), `00`, collection | `CountRow` |
//! | history | `s`, scope, `01`, revision (8 bytes), storage key | `StoredResource` before it; empty: none |
//! | history | `k`, storage key, `01`, revision (8 bytes) | empty: there is an `s` row |
//! | history | `r`, revision (8 bytes), scope | empty: there are `s` rows |
//!
//! The separator `00` is lower than any character of an id. So `apis/a`, `apis/a/operations/x`,
//! `apis/a-b` sort in this order, and the subtree of a key is the one range from the key itself to
//! the key with `01` behind it.

/// The layout that this release reads and writes. Layout 2 had neither counters nor index rows of ids,
/// layout 1 no history either. Whatever adds rows for what is stored already makes a new one.
pub(crate) const KEY_LAYOUT: u32 = 3;

const SEPARATOR: u8 = 0;
const BEHIND_SUBTREE: u8 = 1;

/// Meta row of the model's own state.
pub(crate) const STATE: &[u8] = b"state";
/// Meta row of what the bootstrap command set.
pub(crate) const CLUSTER: &[u8] = b"cluster";
/// Meta row of the assignment of units to nodes.
pub(crate) const ASSIGNMENT: &[u8] = b"assignment";
const TOMBSTONE: &[u8] = b"tombstone/";
const COUNT: &[u8] = b"count/";

/// Storage key of a name key (`Name::key`, or `scope` in lower case).
pub(crate) fn of(name_key: &str) -> Vec<u8> {
    name_key.bytes().map(|byte| if byte == b'/' { SEPARATOR } else { byte }).collect()
}

/// The name key of a storage key.
pub(crate) fn text(key: &[u8]) -> String {
    String::from_utf8_lossy(key).replace('\0', "/")
}

/// The least key behind the subtree of `key`.
pub(crate) fn behind(key: &[u8]) -> Vec<u8> {
    joined(key, &[BEHIND_SUBTREE])
}

/// Whether a key is a root's or below it; everything is within the empty root, the service's.
pub(crate) fn is_within(root: &[u8], key: &[u8]) -> bool {
    let rest = key.strip_prefix(root);
    root.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest[0] == SEPARATOR)
}

/// Whether a key is of a resource that stands directly in a collection of this name.
pub(crate) fn is_in_collection(key: &[u8], collection: &str) -> bool {
    key.split(|byte| *byte == SEPARATOR).rev().nth(1) == Some(collection.as_bytes())
}

/// The range of everything below `key`, without itself; below the service when empty.
pub(crate) fn below(key: &[u8]) -> (Vec<u8>, Vec<u8>) {
    if key.is_empty() { (Vec::new(), Vec::new()) } else { (joined(key, &[SEPARATOR]), behind(key)) }
}

/// The range of the children of `key` in a collection, with what is below them.
pub(crate) fn collection(key: &[u8], collection: &str) -> (Vec<u8>, Vec<u8>) {
    let mut from = key.to_vec();
    if !from.is_empty() {
        from.push(SEPARATOR);
    }
    from.extend(collection.as_bytes());
    let to = behind(&from);
    from.push(SEPARATOR);
    (from, to)
}

/// Number of parts, two for every level.
pub(crate) fn parts(key: &[u8]) -> usize {
    if key.is_empty() { 0 } else { 1 + key.iter().filter(|byte| **byte == SEPARATOR).count() }
}

/// The key and those of the resources it is below of, longest first.
pub(crate) fn self_and_ancestors(key: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(key), |key| parent(key))
}

/// Key of the resource that this one is below of.
pub(crate) fn parent(key: &[u8]) -> Option<&[u8]> {
    let id = key.iter().rposition(|byte| *byte == SEPARATOR)?;
    let collection = key[..id].iter().rposition(|byte| *byte == SEPARATOR)?;
    Some(&key[..collection])
}

/// Key of the workspace that a resource is in or is; empty for the service's.
pub(crate) fn scope(key: &[u8]) -> &[u8] {
    const WORKSPACES: &[u8] = b"workspaces\0";
    if !key.starts_with(WORKSPACES) {
        return &[];
    }
    let id = &key[WORKSPACES.len()..];
    let length = id.iter().position(|byte| *byte == SEPARATOR).unwrap_or(id.len());
    &key[..WORKSPACES.len() + length]
}

/// Key of a change record.
pub(crate) fn change(revision: u64, index: u32) -> Vec<u8> {
    joined(&revision.to_be_bytes(), &index.to_be_bytes())
}

/// The revision in the key of a change record.
pub(crate) fn revision_of_change(key: &[u8]) -> u64 {
    let bytes = key.first_chunk::<8>().expect("a change key begins with its revision");
    u64::from_be_bytes(*bytes)
}

/// Key of an answered request.
pub(crate) fn request(account: &str, request_id: &str) -> Vec<u8> {
    let length = u32::try_from(account.len()).expect("an account id fits into a command");
    let mut key = joined(b"r", &length.to_be_bytes());
    key.extend(account.as_bytes());
    key.extend(request_id.as_bytes());
    key
}

/// Key of the place of an answered request in the order of requests.
pub(crate) fn request_order(sequence: u64) -> Vec<u8> {
    joined(b"s", &sequence.to_be_bytes())
}

/// Meta key of the tombstone of a root.
pub(crate) fn tombstone(root: &[u8]) -> Vec<u8> {
    joined(TOMBSTONE, root)
}

/// The range of all tombstones.
pub(crate) fn tombstones() -> (Vec<u8>, Vec<u8>) {
    let mut to = TOMBSTONE.to_vec();
    *to.last_mut().expect("the prefix has bytes") += 1;
    (TOMBSTONE.to_vec(), to)
}

/// The root in the key of a tombstone.
pub(crate) fn root_of_tombstone(key: &[u8]) -> &[u8] {
    key.strip_prefix(TOMBSTONE).expect("the range holds tombstones alone")
}

/// Meta key of the counter of what a holder (empty: the service) holds of a collection. Its odd number
/// of parts tells it from the counters of what is below the holder.
pub(crate) fn count(holder: &[u8], collection: &str) -> Vec<u8> {
    let mut key = joined(COUNT, holder);
    if !holder.is_empty() {
        key.push(SEPARATOR);
    }
    key.extend(collection.as_bytes());
    key
}

/// The range of the counters of a root and of everything below it.
pub(crate) fn counts_below(root: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (joined(&joined(COUNT, root), &[SEPARATOR]), joined(COUNT, &behind(root)))
}

/// The range of the tombstones of a root and of everything below it.
pub(crate) fn tombstones_within(root: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (tombstone(root), joined(TOMBSTONE, &behind(root)))
}

/// Key of what a resource was before a revision.
pub(crate) fn history(key: &[u8], revision: u64) -> Vec<u8> {
    joined(&history_of(scope(key), revision), key)
}

/// The least key of the history of a scope from a revision on.
pub(crate) fn history_of(scope: &[u8], revision: u64) -> Vec<u8> {
    [b"s", scope, &[BEHIND_SUBTREE], &revision.to_be_bytes()].concat()
}

/// The least key behind the history of a scope.
pub(crate) fn behind_history_of(scope: &[u8]) -> Vec<u8> {
    [b"s", scope, &[BEHIND_SUBTREE + 1]].concat()
}

/// Revision and resource of a row of the history of a scope.
pub(crate) fn of_history<'k>(scope: &[u8], key: &'k [u8]) -> (u64, &'k [u8]) {
    let rest = &key[b"s".len() + scope.len() + 1..];
    let (revision, key) = rest.split_first_chunk::<8>().expect("a history key has a revision");
    (u64::from_be_bytes(*revision), key)
}

/// Key that says at which revision a resource changed.
pub(crate) fn changed_at(key: &[u8], revision: u64) -> Vec<u8> {
    [b"k", key, &[BEHIND_SUBTREE], &revision.to_be_bytes()].concat()
}

/// The least key behind all revisions at which a resource changed.
pub(crate) fn behind_changed_at(key: &[u8]) -> Vec<u8> {
    [b"k", key, &[BEHIND_SUBTREE + 1]].concat()
}

/// The revision in the key that says when a resource changed.
pub(crate) fn revision_of_changed_at(key: &[u8]) -> u64 {
    let bytes = key.last_chunk::<8>().expect("such a key ends with its revision");
    u64::from_be_bytes(*bytes)
}

/// Key that says which scope a revision changed.
pub(crate) fn touched(revision: u64, scope: &[u8]) -> Vec<u8> {
    [b"r".as_slice(), &revision.to_be_bytes(), scope].concat()
}

/// The range of the scopes that the revisions from one on touched.
pub(crate) fn touched_since(revision: u64) -> (Vec<u8>, Vec<u8>) {
    (touched(revision, &[]), b"s".to_vec())
}

/// Revision and scope of such a key.
pub(crate) fn of_touched(key: &[u8]) -> (u64, &[u8]) {
    let (revision, scope) = key[1..].split_first_chunk::<8>().expect("such a key has a revision");
    (u64::from_be_bytes(*revision), scope)
}

fn joined(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(a.len() + b.len());
    key.extend(a);
    key.extend(b);
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subtree_is_one_range() {
        let mut sorted: Vec<Vec<u8>> =
            ["apis/a-b", "apis/a/operations/x", "apis/a!", "apis/a", "apis/b"].map(of).into();
        sorted.sort();
        let names: Vec<String> = sorted.iter().map(|key| text(key)).collect();
        assert_eq!(names, ["apis/a", "apis/a/operations/x", "apis/a!", "apis/a-b", "apis/b"]);
        let root = of("apis/a");
        let within: Vec<&Vec<u8>> =
            sorted.iter().filter(|key| **key >= root && **key < behind(&root)).collect();
        assert_eq!(within, [&of("apis/a"), &of("apis/a/operations/x")]);
    }

    #[test]
    fn parents_and_scopes_are_read_off_the_key() {
        let key = of("workspaces/w/apis/a/operations/o");
        let chain: Vec<String> = self_and_ancestors(&key).map(text).collect();
        assert_eq!(chain, ["workspaces/w/apis/a/operations/o", "workspaces/w/apis/a", "workspaces/w"]);
        assert_eq!(text(scope(&key)), "workspaces/w");
        assert_eq!(scope(&of("apis/workspaces")), b"");
        assert_eq!(parts(&key), 6);
        assert_eq!(parent(&of("apis/a")), None);
    }

    #[test]
    fn request_keys_do_not_run_into_each_other() {
        assert_ne!(request("a", "bc"), request("ab", "c"));
    }
}
