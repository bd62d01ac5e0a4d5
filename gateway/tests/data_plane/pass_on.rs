//! A workspace that moved to another gateway: its requests arrive at the old one and are passed on.

use crate::{
    backend::Backend,
    wire::{Wire, request},
    world::{Builder, GATEWAY, HOST, KEY, Mesh, World, compiled, plane, put_api_of, until},
};
use hanse_gateway::{directory::Directory, report::UnitReport, spec::ShardSpec};
use hanse_proto::v1::{Assignment, GatewayAssignment};
use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};
use tokio::net::TcpSocket;

/// The gateway that workspace `w` moved to.
const NEW: &str = "new";
const SHORT: Duration = Duration::from_millis(200);

/// Policies that show when they run twice, and whom they take for the client.
const POLICY: &str = "<policies><inbound><base /><ip-filter action=\"allow\"><address>127.0.0.1</address>\
     <address>127.0.0.2</address></ip-filter><set-header name=\"x-ran\" exists-action=\"append\">\
     <value>once</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound>\
     <on-error><base /></on-error></policies>";

/// What the new gateway is made of.
fn moved_in(spec: &ShardSpec) -> ShardSpec {
    ShardSpec { gateway: NEW.into(), hosts: [].into(), passes_on: [].into(), ..spec.clone() }
}

/// Node 1 with the old gateway, which serves workspace `v` on `/stay` and passes `w` on.
async fn old_gateway(builder: Builder, backend: &Backend) -> World {
    let mut old = builder.start().await;
    old.change(|spec| {
        put_api_of(spec, "v", "stay", &backend.url(), false);
        spec.workspaces.insert("v".into());
        spec.passes_on.insert("w".into(), NEW.into());
    });
    old
}

/// The same, with the new gateway on the same node.
async fn moved(builder: Builder, backend: &Backend) -> World {
    let old = old_gateway(builder, backend).await;
    old.plane.start_unit(&NEW.into(), compiled(&moved_in(&old.spec)), false).expect("start");
    old
}

fn unit(world: &World, gateway: &str) -> UnitReport {
    let of = |unit: &UnitReport| *unit.gateway == *gateway;
    world.plane.units().into_iter().find(of).expect("a unit of the gateway")
}

#[tokio::test]
async fn a_moved_workspace_is_served_by_its_new_gateway_as_if_called_there() {
    let backend = Backend::start().await;
    let builder = plane().api_with_key("pets", &backend.url()).policy("pets", POLICY);
    let world = moved(builder, &backend).await;
    let mut client = world.client().await;
    let key = ("Ocp-Apim-Subscription-Key", KEY);
    for number in 0..3 {
        let path = format!("/pets/a%2Fb/{number}?q=1");
        let sent = [
            key,
            ("X-Mine", "yes"),
            ("X-Forwarded-For", "10.0.0.1"),
            ("Connection", "x-hop"),
            ("X-Hop", "1"),
        ];
        let answer = client.get(HOST, &path, &sent).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        for line in [
            format!("GET /a%2Fb/{number}?q=1\n").as_str(),
            "x-ran: once\n",
            "x-mine: yes\n",
            "x-forwarded-for: 10.0.0.1, 127.0.0.1\n",
        ] {
            assert_eq!(answer.body.matches(line).count(), 1, "{line} {}", answer.body);
        }
        assert!(!answer.body.contains("x-hop"), "{}", answer.body);
        assert_eq!(answer.header("x-backend"), Some("yes"));
    }
    let refused = client.get(HOST, "/pets/1", &[]).await;
    assert_eq!((refused.status, refused.reason.as_str()), (401, "Access Denied"));
    assert_eq!(client.get(HOST, "/stay/1", &[]).await.status, 200);
    assert_eq!(client.get(HOST, "/nowhere", &[]).await.status, 404);
    let (old, new) = (unit(&world, GATEWAY), unit(&world, NEW));
    assert_eq!((old.requests, old.passed_on, old.errors), (6, 4, 0));
    // One connection serves one client's requests, one after the other.
    assert_eq!((new.requests, new.passed_on, new.connections), (4, 0, 1));
}

#[tokio::test]
async fn bodies_stream_both_ways_through_two_gateways() {
    let backend = Backend::start().await;
    let world = moved(plane().api("pets", &backend.url()), &backend).await;
    let mut client = world.client().await;
    client.send("POST /pets/echo HTTP/1.1\r\nHost: gw.test\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    for piece in ["one", "two", "six"] {
        // What was sent comes back before more is sent.
        client.send(format!("3\r\n{piece}\r\n")).await;
        until_echoed(&mut client, piece).await;
    }
    client.send("0\r\n\r\n").await;
    until_echoed(&mut client, "0\r\n\r\n").await;
    assert_eq!(client.get(HOST, "/pets/again", &[]).await.status, 200);
    let large = "x".repeat(300_000);
    let length = large.len();
    client
        .send(format!("PUT /pets/echo HTTP/1.1\r\nHost: gw.test\r\nContent-Length: {length}\r\n\r\n{large}"))
        .await;
    let answer = client.answer().await;
    assert!(answer.status == 200 && answer.is_whole && answer.body == large);
    client.send(request("HEAD", HOST, "/pets/1", &[])).await;
    assert_eq!(client.answer_to("HEAD").await.status, 200);
}

#[tokio::test]
async fn a_client_that_asks_before_it_sends_is_told_to_go_on() {
    let backend = Backend::start().await;
    let world = moved(plane().api("pets", &backend.url()), &backend).await;
    let mut client = world.client().await;
    let head =
        "POST /pets/echo HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    client.send(head).await;
    until_echoed(&mut client, "HTTP/1.1 100 Continue\r\n\r\n").await;
    client.send("body").await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "body"));
}

/// Reads until a text has come.
async fn until_echoed(client: &mut Wire, text: &str) {
    use tokio::io::AsyncReadExt as _;
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        assert_ne!(client.stream.read_buf(&mut read).await.expect("read"), 0, "closed before `{text}`");
    }
}

#[tokio::test]
async fn so_many_are_passed_on_at_once_and_one_more_is_shed() {
    let backend = Backend::start().await;
    let builder = plane().api("pets", &backend.url()).limits(|limits| limits.passed_on_connections_max = 2);
    let world = moved(builder, &backend).await;
    let mut waiting = Vec::new();
    for number in 1..=2 {
        let mut client = world.client().await;
        client.send(request("GET", HOST, "/pets/wait", &[])).await;
        until("it is at the backend", || backend.requests.load(SeqCst) == number).await;
        waiting.push(client);
    }
    let shed = world.get("/pets/wait", &[]).await;
    shed.is_refusal(503, "Service unavailable");
    assert_eq!(shed.header("retry-after"), Some("1"));
    assert_eq!(unit(&world, GATEWAY).shed, 1);
    // The neighbours on the old gateway have room.
    assert_eq!(world.get("/stay/1", &[]).await.status, 200);
    backend.gate.add_permits(2);
    for client in &mut waiting {
        assert_eq!(client.answer().await.status, 200);
    }
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
}

#[tokio::test]
async fn an_idle_connection_gives_way_to_another_client() {
    let backend = Backend::start().await;
    let builder = plane()
        .api("pets", &backend.url())
        .policy("pets", POLICY)
        .limits(|limits| limits.passed_on_connections_max = 1);
    let world = moved(builder, &backend).await;
    for address in ["127.0.0.1", "127.0.0.2", "127.0.0.1"] {
        let mut client = from(address, world.address).await;
        let answer = client.get(HOST, "/pets/1", &[]).await;
        assert!(answer.body.contains(&format!("x-forwarded-for: {address}\n")), "{answer:?}");
    }
    // Whoever the policies do not know is refused by the gateway that runs them.
    assert_eq!(from("127.0.0.3", world.address).await.get(HOST, "/pets/1", &[]).await.status, 403);
}

async fn from(address: &str, to: SocketAddr) -> Wire {
    let socket = TcpSocket::new_v4().expect("socket");
    socket.bind(SocketAddr::new(address.parse().expect("address"), 0)).expect("bind");
    Wire::over(socket.connect(to).await.expect("connect"))
}

#[tokio::test]
async fn without_a_unit_of_the_new_gateway_the_request_waits_and_is_refused() {
    let backend = Backend::start().await;
    let builder = plane().api("pets", &backend.url()).limits(|limits| limits.hold = SHORT);
    let world = old_gateway(builder, &backend).await;
    world.get("/pets/1", &[]).await.is_refusal(503, "Service unavailable");
    // A unit that has not heard of the workspace yet is none.
    let mut early = moved_in(&world.spec);
    early.workspaces.remove("w");
    let new = world.plane.start_unit(&NEW.into(), compiled(&early), false).expect("start");
    world.get("/pets/1", &[]).await.is_refusal(503, "Service unavailable");
    world.plane.publish(NEW, compiled(&moved_in(&world.spec)));
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
    // A connection that was used before is of no use when the unit is gone; until then it may serve.
    assert!(world.plane.stop_unit(new));
    let refused = loop {
        match world.get("/pets/1", &[]).await {
            answer if answer.status == 200 => {}
            answer => break answer,
        }
    };
    refused.is_refusal(503, "Service unavailable");
}

#[tokio::test]
async fn a_request_that_waits_for_the_new_gateway_is_served_when_it_comes() {
    let backend = Backend::start().await;
    let world = old_gateway(plane().api("pets", &backend.url()), &backend).await;
    let mut client = world.client().await;
    client.send(request("GET", HOST, "/pets/1", &[])).await;
    until("the request has come", || unit(&world, GATEWAY).in_flight == 1).await;
    world.plane.start_unit(&NEW.into(), compiled(&moved_in(&world.spec)), false).expect("start");
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn a_request_is_never_passed_on_twice() {
    let backend = Backend::start().await;
    let mut world = moved(plane().api("pets", &backend.url()), &backend).await;
    // Two gateways that name each other, as nodes may see them while a move becomes known.
    let mut back = moved_in(&world.spec);
    back.passes_on.insert("w".into(), GATEWAY.into());
    world.plane.publish(NEW, compiled(&back));
    let mut client = world.client().await;
    assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);
    let (old, new) = (unit(&world, GATEWAY), unit(&world, NEW));
    assert_eq!((old.requests, old.passed_on), (1, 1));
    assert_eq!((new.requests, new.passed_on), (1, 0));
    // One that has lost the workspace answers at once, whoever else might have it.
    back.workspaces.remove("w");
    world.plane.publish(NEW, compiled(&back));
    client.get(HOST, "/pets/1", &[]).await.is_refusal(503, "Service unavailable");
    assert_eq!(backend.requests.load(SeqCst), 1);
    // Moved back, it is served where it arrives.
    world.change(|spec| spec.passes_on.clear());
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
    assert_eq!(unit(&world, GATEWAY).passed_on, 2);
}

#[tokio::test]
async fn a_request_in_flight_ends_where_it_began() {
    let backend = Backend::start().await;
    let mut world = plane().api("pets", &backend.url()).start().await;
    world.plane.start_unit(&NEW.into(), compiled(&moved_in(&world.spec)), false).expect("start");
    let mut client = world.client().await;
    client.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it is at the backend", || backend.requests.load(SeqCst) == 1).await;
    world.change(|spec| _ = spec.passes_on.insert("w".into(), NEW.into()));
    backend.gate.add_permits(1);
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(unit(&world, NEW).requests, 0);
    // The next one on the same connection is passed on, and ends there though the workspace moves back.
    client.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it is at the backend", || backend.requests.load(SeqCst) == 2).await;
    world.change(|spec| spec.passes_on.clear());
    backend.gate.add_permits(1);
    assert_eq!(client.answer().await.status, 200);
    assert_eq!((unit(&world, NEW).requests, unit(&world, GATEWAY).passed_on), (1, 1));
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_request_at_both_gateways() {
    let backend = Backend::start().await;
    let world = moved(plane().api("pets", &backend.url()), &backend).await;
    let mut client = world.client().await;
    client.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it is at the backend", || backend.requests.load(SeqCst) == 1).await;
    drop(client);
    until("nobody waits", || backend.open.load(SeqCst) == 0).await;
    let idle = |gateway| unit(&world, gateway).in_flight == 0 && unit(&world, gateway).connections == 0;
    until("both are done", || idle(GATEWAY) && idle(NEW)).await;
    // Half a body, and then nothing.
    let mut client = world.client().await;
    client.send("POST /pets/x HTTP/1.1\r\nHost: gw.test\r\nContent-Length: 9\r\n\r\nhalf").await;
    until("it is at the backend", || backend.requests.load(SeqCst) == 2).await;
    drop(client);
    until("both are done", || idle(GATEWAY) && idle(NEW)).await;
    assert_eq!(world.get("/pets/1", &[]).await.status, 200);
}

/// The old gateway on node 1, the new one on node 2.
async fn two_nodes(backend: &Backend) -> (Arc<Mesh>, World, World) {
    let mesh = Arc::new(Mesh::default());
    let builder =
        plane().api("pets", &backend.url()).relay(mesh.clone()).limits(|limits| limits.hold = SHORT);
    let old = old_gateway(builder, backend).await;
    let new = plane().node(2).units(0).start().await;
    new.plane.start_unit(&NEW.into(), compiled(&moved_in(&old.spec)), false).expect("start");
    mesh.join(2, new.plane.clone()).await;
    let placed = GatewayAssignment { gateway: NEW.into(), nodes: vec![2] };
    let assignment = Assignment { generation: 2, gateways: vec![placed] };
    let hosts = vec![(HOST.to_owned(), GATEWAY.into())];
    old.plane.set_directory(Arc::new(Directory::new(hosts, &assignment, 1)));
    (mesh, old, new)
}

#[tokio::test]
async fn a_request_is_passed_on_to_another_node() {
    let backend = Backend::start().await;
    let (mesh, old, new) = two_nodes(&backend).await;
    let mut client = from("127.0.0.2", old.address).await;
    for number in 0..3 {
        let answer = client.get(HOST, &format!("/pets/{number}"), &[]).await;
        assert!(answer.body.contains("x-forwarded-for: 127.0.0.2\n"), "{answer:?}");
    }
    assert_eq!((unit(&old, GATEWAY).passed_on, unit(&new, NEW).requests), (3, 3));
    assert_eq!(unit(&new, NEW).connections, 1);
    // The node is lost without a word while it has a request.
    client.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it is at the backend", || backend.requests.load(SeqCst) == 4).await;
    mesh.lose(2);
    client.answer().await.is_refusal(503, "Service unavailable");
    old.get("/pets/1", &[]).await.is_refusal(503, "Service unavailable");
    assert_eq!(old.get("/stay/1", &[]).await.status, 200);
}
