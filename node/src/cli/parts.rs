//! `hanse apply --in-parts`: what one commit cannot hold, in several.
//!
//! One idea: each part is a commit like any other, in the order of creation, so whatever a part refers to
//! came before it. The first refusal ends it; what is done stays, and is unchanged when it is sent again.

use super::{Failure, apply, format, output::say};
use hanse::client::{Client, folder::Loaded};
use hanse_proto::{COMMAND_BYTES_MAX, v1};
use prost::Message as _;

/// Bytes of a part: half a command, so that facts and sealed secrets find room.
const PART_BYTES_MAX: usize = COMMAND_BYTES_MAX / 2;
/// Changes of a part.
const PART_CHANGES_MAX: usize = 20_000;

/// Sends a request in as many parts as it needs; the answer is that of all of them.
pub async fn send(
    client: &mut Client,
    request: v1::ApplyRequest,
    command: &apply::Apply,
    loaded: &Loaded,
) -> Result<v1::ApplyResponse, Failure> {
    let id = request.request_id.clone();
    let parts = split(request);
    let count = parts.len();
    let mut all = v1::ApplyResponse { request_id: id, ..Default::default() };
    for (index, part) in parts.into_iter().enumerate() {
        let place = format!("part {} of {count}", index + 1);
        let answer = apply::send(client, part, command.wait.timeout, Some(loaded)).await;
        let response = answer.map_err(|failure| match index {
            0 => failure,
            done => {
                say(format!(
                    "{place} was not done; before it, {} done, up to revision {}",
                    format::counted(done as u64, "part is", "parts are"),
                    format::count(all.revision)
                ));
                say("mend what is wrong and send all of it again: what is done already is unchanged then");
                failure
            }
        })?;
        if count > 1 {
            let changed = response.results.iter().filter(|it| it.action != "unchanged").count() as u64;
            say(format!(
                "{place}: {} changed in revision {}",
                format::counted(changed, "resource", "resources"),
                format::count(response.revision)
            ));
        }
        all.revision = response.revision;
        all.commit_us += response.commit_us;
        all.results.extend(response.results);
        all.warnings.extend(response.warnings);
    }
    Ok(all)
}

/// Parts of a request, in its order. The last one prunes, and keeps what the others put.
fn split(request: v1::ApplyRequest) -> Vec<v1::ApplyRequest> {
    let v1::ApplyRequest { changes, request_id, owner, prune, prune_in, .. } = request;
    let mut parts: Vec<Vec<v1::Change>> = vec![Vec::new()];
    let mut bytes = 0;
    for change in changes {
        let size = change.encoded_len();
        let part = parts.last_mut().expect("there is always one");
        if !part.is_empty() && (bytes + size > PART_BYTES_MAX || part.len() == PART_CHANGES_MAX) {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        parts.last_mut().expect("there is always one").push(change);
    }
    let last = parts.len() - 1;
    let names = |change: &v1::Change| match &change.change {
        Some(v1::change::Change::Put(resource)) => Some(resource.name.clone()),
        _ => None,
    };
    let keep: Vec<String> = match prune {
        true => parts[..last].iter().flatten().filter_map(names).collect(),
        false => Vec::new(),
    };
    let mut requests = Vec::with_capacity(parts.len());
    for (index, changes) in parts.into_iter().enumerate() {
        let is_last = index == last;
        let request_id = match request_id.as_str() {
            "" => String::new(),
            id if last == 0 => id.to_owned(),
            id => format!("{id}-{}", index + 1),
        };
        let keep = if is_last { keep.clone() } else { Vec::new() };
        let prune = prune && is_last;
        requests.push(v1::ApplyRequest {
            changes,
            request_id,
            owner: owner.clone(),
            prune,
            prune_in: if is_last { prune_in.clone() } else { String::new() },
            keep,
            ..Default::default()
        });
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(count: usize, bytes: usize) -> v1::ApplyRequest {
        let put = |index| v1::Resource {
            name: format!("namedValues/v{index}"),
            spec: Some(v1::resource::Spec::NamedValue(v1::NamedValue {
                value: "x".repeat(bytes),
                ..Default::default()
            })),
            ..Default::default()
        };
        let change =
            |index| v1::Change { change: Some(v1::change::Change::Put(put(index))), ..Default::default() };
        v1::ApplyRequest {
            changes: (0..count).map(change).collect(),
            request_id: "id".into(),
            owner: "team".into(),
            prune: true,
            ..Default::default()
        }
    }

    fn lengths(parts: &[v1::ApplyRequest]) -> Vec<usize> {
        parts.iter().map(|part| part.changes.len()).collect()
    }

    #[test]
    fn parts_are_bounded_at_the_bound_and_one_past_it() {
        assert_eq!(lengths(&split(request(PART_CHANGES_MAX, 0))), [PART_CHANGES_MAX]);
        assert_eq!(lengths(&split(request(PART_CHANGES_MAX + 1, 0))), [PART_CHANGES_MAX, 1]);
        let large = request(3, PART_BYTES_MAX / 2);
        assert_eq!(lengths(&split(large)), [1, 1, 1], "two of them with their names are past the bound");
        let together = request(2, PART_BYTES_MAX / 2 - 100);
        assert_eq!(lengths(&split(together)), [2]);
    }

    #[test]
    fn parts_keep_the_order_and_the_last_one_prunes() {
        let whole = request(5, PART_BYTES_MAX / 2);
        let parts = split(whole.clone());
        let again: Vec<v1::Change> = parts.iter().flat_map(|part| part.changes.clone()).collect();
        assert_eq!(again, whole.changes);
        let prunes: Vec<bool> = parts.iter().map(|part| part.prune).collect();
        assert_eq!(prunes, [false, false, false, false, true]);
        assert_eq!(parts[4].keep.len(), 4);
        assert!(parts.iter().all(|part| part.owner == "team"));
        assert_eq!(parts[2].request_id, "id-3");
        assert_eq!(split(request(1, 1))[0].request_id, "id", "one part is the whole request");
    }
}
