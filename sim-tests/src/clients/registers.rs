//! Reads and writes a few named values, as registers whose history must be linearisable.
//!
//! One idea: every value is written once, so that what is read says who wrote it. Swaps go by the
//! etag of a value that was read; that etag stands for that value alone.

use super::{Client, Undone, has_changed, put};
use crate::{
    admin::Called,
    history::{Action, Answer, CallId, Value},
    invariants::Told,
    world::Stage,
};
use hanse_proto::v1::{self, resource::Spec};
use tonic::Code;

/// Registers of a simulation: few, so that clients meet.
const KEYS: [&str; 3] = ["anchor", "compass", "lantern"];
/// Values that one client may write.
const VALUES_PER_CLIENT: u64 = 1_000_000;

/// Works until the stage is over.
pub async fn use_registers(mut client: Client) {
    client.world.begin();
    let mut writes = 0;
    while client.world.stage() < Stage::Closing {
        let key = *client.rng.choice(&KEYS).expect("there are keys");
        match client.rng.u8(0..10) {
            0..4 => write(&mut client, key, &mut writes).await,
            4..5 => remove(&mut client, key, &mut writes).await,
            5..7 => swap(&mut client, key, &mut writes).await,
            _ => drop(read(&mut client, key).await),
        }
        client.pause(5, 80).await;
    }
    client.world.end();
}

async fn write(client: &mut Client, key: &str, writes: &mut u64) {
    let value = next_value(client, writes);
    let call = client.world.call(client.number, key, Action::Write(Some(value)));
    let change = put(&name(key), named_value(key, value), "");
    finish(client, call, change, *writes).await;
}

async fn remove(client: &mut Client, key: &str, writes: &mut u64) {
    // Counts as a write, because request ids are made of the count.
    next_value(client, writes);
    let call = client.world.call(client.number, key, Action::Write(None));
    let change = v1::Change { change: Some(v1::change::Change::Delete(name(key))), ..Default::default() };
    finish(client, call, change, *writes).await;
}

async fn swap(client: &mut Client, key: &str, writes: &mut u64) {
    let Some((expected, etag)) = read(client, key).await else { return };
    let value = next_value(client, writes);
    let call = client.world.call(client.number, key, Action::Swap { expected, new: Some(value) });
    let if_etag = if expected.is_some() { etag.as_str() } else { "-" };
    let change = put(&name(key), named_value(key, value), if_etag);
    finish(client, call, change, *writes).await;
}

async fn finish(client: &mut Client, call: CallId, change: v1::Change, write: u64) {
    let request_id = format!("c{}-{write}", client.number);
    let request =
        v1::ApplyRequest { changes: vec![change], request_id: request_id.clone(), ..Default::default() };
    let answer = match client.apply(request).await {
        Ok((node, response)) => {
            if has_changed(&response) {
                client.world.tell(Told::Acked { request_id, revision: response.revision });
            }
            client.world.wrote(node);
            Answer::Done
        }
        Err(Undone::Refused(refused)) if refused.codes.iter().any(|code| code == "precondition-failed") => {
            Answer::Refused
        }
        Err(Undone::Refused(refused)) => {
            client.world.event(format_args!("client {} refused: {}", client.number, refused.message));
            Answer::Failed
        }
        Err(Undone::Unknown) => Answer::Unknown,
    };
    client.world.answer(client.number, call, answer);
}

/// What is there, and its etag; `None` when there was no answer.
async fn read(client: &mut Client, key: &str) -> Option<(Value, String)> {
    let call = client.world.call(client.number, key, Action::Read);
    let node = client.node();
    let found = match client.admin.get(node, &name(key)).await {
        Called::Done(resource) => Some((value_of(&resource), resource.etag)),
        Called::Refused(refused) if refused.code == Code::NotFound => Some((None, String::new())),
        Called::Refused(_) | Called::Unknown(_) => None,
    };
    if found.is_some() {
        client.world.has_read(node);
    }
    let answer = found.as_ref().map_or(Answer::Unknown, |(value, _)| Answer::Found(*value));
    client.world.answer(client.number, call, answer);
    found
}

fn next_value(client: &Client, writes: &mut u64) -> u64 {
    *writes += 1;
    client.number as u64 * VALUES_PER_CLIENT + *writes
}

fn name(key: &str) -> String {
    format!("namedValues/{key}")
}

fn named_value(key: &str, value: u64) -> Spec {
    Spec::NamedValue(v1::NamedValue {
        display_name: key.to_owned(),
        value: value.to_string(),
        ..v1::NamedValue::default()
    })
}

fn value_of(resource: &v1::Resource) -> Value {
    match &resource.spec {
        Some(Spec::NamedValue(named)) => named.value.parse().ok(),
        _ => None,
    }
}
