//! Requests that are sent twice, or are as large as they may be, by a program's own client.

use super::{FAILED, path, says};
use crate::support::{Dev, hanse_command};
use hanse::{
    client::{CallError, Client},
    context::Config,
};
use hanse_proto::{
    COMMAND_BYTES_MAX,
    v1::{self, change::Change, resource::Spec},
};
use std::time::Duration;
use tonic::Code;

const TIME: Duration = Duration::from_secs(60);

#[test]
fn a_request_id_stands_for_one_content() {
    let dev = Dev::start(1);
    let write = |name: &str| {
        dev.file("ws.yaml", &format!("name: workspaces/twice\nworkspace: {{displayName: {name}}}\n"))
    };
    let apply =
        |name: &str| dev.json(&["apply", "-o", "json", "--request-id", "one", "-f", path(&write(name))]);
    let first = apply("First");
    let second = apply("First");
    assert_eq!(first["revision"], second["revision"], "one change, one revision");
    assert_eq!(first["results"], second["results"]);

    let before = dev.status(0)["revision"].clone();
    let other = write("Other");
    let output = dev.hanse(&["apply", "--request-id", "one", "-f", path(&other)]);
    says(&output, FAILED, &["request id", "another change", "use a new request id"]);
    assert_eq!(dev.status(0)["revision"], before);
    assert!(dev.ok(&["get", "workspace", "twice"]).contains("First"));

    let too_long = "r".repeat(129);
    for id in ["a\u{1b}[31m", "a\nb", &too_long] {
        let output = dev.hanse(&["apply", "--request-id", id, "-f", path(&other)]);
        says(&output, FAILED, &["requestId"]);
    }
    dev.ok(&["apply", "--request-id", &"r".repeat(128), "-f", path(&other)]);
    // Every revision of the past is told once.
    let output = hanse_command(dev.dir.path()).args(["get", "workspace", "twice", "-o", "json"]).output();
    let now: serde_json::Value = serde_json::from_slice(&output.expect("runs").stdout).expect("JSON");
    assert_eq!(now["workspace"]["displayName"], "Other");
}

/// Named values whose sizes are alike, the last two together shorter by `less`.
fn changes(count: usize, less: usize) -> Vec<v1::Change> {
    const VALUE_CHARS: usize = 4_000;
    let change = |index: usize| {
        // Far from the lengths at which a length itself takes another byte.
        let chars = match count - index {
            1 => VALUE_CHARS - less / 2,
            2 => VALUE_CHARS - (less - less / 2),
            _ => VALUE_CHARS,
        };
        let named = v1::NamedValue {
            display_name: format!("filler-{index:05}"),
            value: "x".repeat(chars),
            ..Default::default()
        };
        let resource = v1::Resource {
            name: format!("workspaces/demo/namedValues/filler-{index:05}"),
            spec: Some(Spec::NamedValue(named)),
            ..Default::default()
        };
        v1::Change { change: Some(Change::Put(resource)), ..Default::default() }
    };
    (0..count).map(change).collect()
}

async fn apply(
    client: &mut Client,
    changes: Vec<v1::Change>,
    id: &str,
) -> Result<v1::ApplyResponse, CallError> {
    let request = v1::ApplyRequest { changes, request_id: id.to_owned(), ..Default::default() };
    let call = client.call(TIME, |mut it| {
        let request = request.clone();
        async move { it.management.apply(request).await }
    });
    call.await
}

/// The size that a refusal tells.
async fn refused_bytes(client: &mut Client, changes: Vec<v1::Change>, id: &str) -> usize {
    let Err(CallError::Refused(status)) = apply(client, changes, id).await else { panic!("a refusal") };
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let message = status.message();
    assert!(message.contains(&format!("at most {COMMAND_BYTES_MAX}")), "{message}");
    let number = message.split_whitespace().find_map(|word| word.parse().ok());
    number.unwrap_or_else(|| panic!("no size in `{message}`"))
}

// Of two threads, so that the connection ends while the test waits for the node to stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_command_of_the_largest_size_is_taken_and_one_byte_more_is_not() {
    let dev = Dev::start(1);
    let config = Config::load(&dev.dir.path().join("config")).expect("contexts");
    let mut client = Client::new(config.find(None).expect("a context").clone()).expect("usable");
    // Two that are too large tell what one change takes; ids of one length keep the rest equal.
    let large = refused_bytes(&mut client, changes(2_200, 0), "size-1").await;
    let smaller = refused_bytes(&mut client, changes(2_199, 0), "size-2").await;
    let each = large - smaller;
    let over = large - COMMAND_BYTES_MAX;
    // One byte past the bound, then the bound itself.
    let (count, less) = (2_200 - over / each, over % each);
    assert!(less > 0, "the sizes hit the bound by chance: choose another number");
    let before = dev.status(0)["revision"].clone();
    assert_eq!(refused_bytes(&mut client, changes(count, less - 1), "size-3").await, COMMAND_BYTES_MAX + 1);
    assert_eq!(dev.status(0)["revision"], before, "nothing was changed");
    let applied = apply(&mut client, changes(count, less), "size-4").await.expect("it fits");
    assert_eq!(applied.results.len(), count);
    let last = format!("filler-{:05}", count - 1);
    dev.ok(&["get", "nv", &last, "-w", "demo"]);
    // Far too large a message is refused by the transport, and the server goes on.
    let huge = apply(&mut client, changes(4_500, 0), "size-5").await.expect_err("too large");
    let CallError::Refused(status) = &huge else { panic!("{huge}") };
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    dev.ok(&["get", "workspace", "demo"]);
}

// Of two threads, so that the connection ends while the test waits for the node to stop.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn hostile_requests_are_refused_in_words() {
    let dev = Dev::start(1);
    let config = Config::load(&dev.dir.path().join("config")).expect("contexts");
    let mut client = Client::new(config.find(None).expect("a context").clone()).expect("usable");
    let before = dev.status(0)["revision"].clone();
    let put = |name: &str, spec: Option<Spec>| v1::Change {
        change: Some(Change::Put(v1::Resource { name: name.to_owned(), spec, ..Default::default() })),
        ..Default::default()
    };
    let workspace =
        || Some(Spec::Workspace(v1::Workspace { display_name: "X".into(), ..Default::default() }));
    let remove =
        |name: &str| v1::Change { change: Some(Change::Delete(name.to_owned())), ..Default::default() };
    let long = "x".repeat(200_000);
    let cases: Vec<(Vec<v1::Change>, &str)> = vec![
        (vec![], "nothing to apply"),
        (vec![v1::Change::default()], "put or delete"),
        (vec![put("", workspace())], "name"),
        (vec![put("workspaces/x", None)], "workspace"),
        (vec![put("apis/x", workspace())], "api"),
        (vec![put(&format!("workspaces/{long}"), workspace())], "1 to 80"),
        (vec![put("workspaces/\u{1b}[2J", workspace())], "must not contain"),
        (vec![put("cluster/assignment", workspace())], "no collection"),
        (vec![remove("gateways/default")], "default"),
        (vec![remove("cats/x")], "no collection"),
        (vec![put("workspaces/a", workspace()), put("workspaces/A", workspace())], "twice"),
        (vec![put("workspaces/a", workspace()), remove("workspaces/a")], "workspaces/a"),
    ];
    for (changes, part) in cases {
        let answer = apply(&mut client, changes.clone(), "").await;
        let Err(CallError::Refused(status)) = answer else { panic!("{changes:?} is taken: {answer:?}") };
        let violations = hanse::client::violations(&status);
        let said = format!("{} {violations:?}", status.message());
        assert!(said.contains(part), "`{part}` is missing in {said}");
        assert!(said.len() < 4_096, "a refusal repeats what was sent: {} bytes", said.len());
        assert_ne!(status.code(), Code::Internal, "{said}");
    }
    assert_eq!(dev.status(0)["revision"], before, "nothing was changed");
    let list = |request: v1::ListRequest| {
        let mut client = Client::new(config.find(None).expect("a context").clone()).expect("usable");
        async move {
            let call = client.call(TIME, |mut it| {
                let request = request.clone();
                async move { it.management.list(request).await }
            });
            call.await
        }
    };
    for request in [
        v1::ListRequest { page_size: 1_001, ..Default::default() },
        v1::ListRequest { page_token: "not a token".into(), ..Default::default() },
        v1::ListRequest { page_token: "\u{0}\u{1}".into(), ..Default::default() },
        v1::ListRequest { kind: "cats".into(), ..Default::default() },
        v1::ListRequest { parent: "workspaces".into(), ..Default::default() },
        v1::ListRequest { kind: "apis".into(), filter: "(".repeat(5_000), ..Default::default() },
        v1::ListRequest { filter: "displayName eq 'x".into(), kind: "apis".into(), ..Default::default() },
    ] {
        let Err(CallError::Refused(status)) = list(request.clone()).await else {
            panic!("{request:?} is taken")
        };
        assert_eq!(status.code(), Code::InvalidArgument, "{request:?}: {status:?}");
    }
}
