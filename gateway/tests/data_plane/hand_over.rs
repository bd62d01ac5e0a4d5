//! From node to node, and when there is nobody to hand over to.

use crate::{
    backend::Backend,
    wire::request,
    world::{GATEWAY, HOST, Mesh, World, directory, plane, until},
};
use hanse_gateway::{
    front_door::{Preamble, RelayRefused, read_answer, read_preamble, write_accepted, write_preamble},
    route::Scheme,
};
use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const SHORT: Duration = Duration::from_millis(200);

/// Node 1 without a unit, and node 2 with one; clients come to node 1.
async fn two_nodes(backend: &Backend) -> (Arc<Mesh>, World, World) {
    let mesh = Arc::new(Mesh::default());
    let door = plane()
        .api("pets", &backend.url())
        .assigned(&[2])
        .units(0)
        .relay(mesh.clone())
        .limits(|limits| limits.hold = SHORT)
        .start()
        .await;
    let serving = plane().node(2).api("pets", &backend.url()).assigned(&[2]).start().await;
    mesh.join(2, serving.plane.clone()).await;
    (mesh, door, serving)
}

#[tokio::test]
async fn connection_is_relayed_to_a_node_with_a_unit() {
    let backend = Backend::start().await;
    let (_mesh, door, serving) = two_nodes(&backend).await;
    let mut client = door.client().await;
    let own = client.stream.local_addr().expect("address");
    for number in 0..3 {
        let answer = client.get(HOST, &format!("/pets/{number}"), &[]).await;
        assert!(answer.body.starts_with(&format!("GET /{number}\n")), "{}", answer.body);
        assert!(answer.body.contains(&format!("x-forwarded-for: {}\n", own.ip())), "{}", answer.body);
    }
    assert_eq!(serving.plane.units()[0].requests, 3);
    // A client that has said all it wants gets its answer and an end.
    client.send(request("GET", HOST, "/pets/last", &[("Connection", "close")])).await;
    assert!(client.answer().await.body.starts_with("GET /last\n"));
    assert!(client.is_closed().await);
    serving.until("it is over there too", |plane| plane.units()[0].connections == 0).await;
}

#[tokio::test]
async fn relayed_connection_is_never_relayed_again() {
    let backend = Backend::start().await;
    let (mesh, _door, serving) = two_nodes(&backend).await;
    serving.plane.set_directory(directory(&[1], 2, 41));
    assert!(serving.plane.stop_unit(serving.units[0]));
    let preamble = Preamble {
        gateway: GATEWAY.to_owned(),
        generation: 1,
        client: ([192, 0, 2, 1], 1).into(),
        scheme: Scheme::Http,
        passed_on: None,
    };
    use hanse_gateway::front_door::Relay as _;
    let refused = mesh.open(2, &preamble).await.expect_err("no unit any more");
    assert!(matches!(refused, RelayRefused::NoUnit { generation: 41 }), "{refused}");
}

#[tokio::test]
async fn refusing_and_dead_nodes_are_passed_over() {
    let backend = Backend::start().await;
    let mesh = Arc::new(Mesh::default());
    let door = plane().assigned(&[2, 3, 4]).units(0).relay(mesh.clone()).start().await;
    let refusing = plane().node(2).units(0).start().await;
    let serving = plane().node(4).api("pets", &backend.url()).start().await;
    mesh.join(2, refusing.plane.clone()).await;
    mesh.join(4, serving.plane.clone()).await;
    // Node 3 is nowhere. Wherever the search begins, it ends at node 4.
    for _ in 0..6 {
        assert_eq!(door.get("/pets/1", &[]).await.status, 200);
    }
    assert!(mesh.failed().iter().all(|node| *node == 3));
    assert!(!mesh.failed().is_empty());
}

/// A node 2 that takes connections, reads a head, sends something, and dies.
async fn dying_node(says: &'static str) -> (Arc<Mesh>, World) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let mesh = Arc::new(Mesh::default());
    mesh.place(2, listener.local_addr().expect("address"));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("accept");
        read_preamble(&mut stream).await.expect("preamble");
        write_accepted(&mut stream).await.expect("write");
        let mut head = [0; 64];
        assert_ne!(stream.read(&mut head).await.expect("read"), 0);
        stream.write_all(says.as_bytes()).await.expect("write");
    });
    let door = plane()
        .assigned(&[2])
        .units(0)
        .relay(mesh.clone())
        .limits(|limits| limits.hold = SHORT)
        .start()
        .await;
    (mesh, door)
}

#[tokio::test]
async fn node_that_dies_before_it_answers_is_a_503() {
    let (_mesh, door) = dying_node("").await;
    let mut client = door.client().await;
    let answer = client.get(HOST, "/pets/1", &[]).await;
    answer.is_refusal(503, "Service unavailable");
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn node_that_dies_within_an_answer_is_a_clean_close() {
    let (_mesh, door) = dying_node("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
    let mut client = door.client().await;
    let answer = client.get(HOST, "/pets/1", &[]).await;
    assert_eq!((answer.body.as_str(), answer.is_whole), ("half", false));
}

#[tokio::test]
async fn node_that_falls_silent_is_left_when_it_is_known_to_be_lost() {
    let backend = Backend::start().await;
    let (mesh, door, _serving) = two_nodes(&backend).await;
    let mut client = door.client().await;
    client.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it waits at the backend", || backend.requests.load(SeqCst) == 1).await;
    mesh.lose(2);
    client.answer().await.is_refusal(503, "Service unavailable");
    assert!(client.is_closed().await);
    until("the other side is rid of it", || backend.open.load(SeqCst) == 0).await;
}

#[tokio::test]
async fn idle_relay_is_closed() {
    let backend = Backend::start().await;
    let mesh = Arc::new(Mesh::default());
    let door = plane()
        .assigned(&[2])
        .units(0)
        .relay(mesh.clone())
        .limits(|limits| limits.idle_timeout = SHORT)
        .start()
        .await;
    let serving = plane().node(2).api("pets", &backend.url()).start().await;
    mesh.join(2, serving.plane.clone()).await;
    let mut client = door.client().await;
    assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);
    assert!(client.is_closed().await);
    serving.until("there too", |plane| plane.units()[0].connections == 0).await;
}

#[tokio::test]
async fn connection_is_held_until_a_stand_in_starts() {
    let backend = Backend::start().await;
    let mesh = Arc::new(Mesh::default());
    let world = plane().api("pets", &backend.url()).assigned(&[2]).units(0).relay(mesh.clone()).start().await;
    let mut client = world.client().await;
    client.send(request("GET", HOST, "/pets/1", &[])).await;
    // Node 2 was tried: the connection is held now.
    until("node 2 was tried", || !mesh.failed().is_empty()).await;
    world.start_unit(true);
    assert_eq!(client.answer().await.status, 200);
    let units = world.plane.units();
    assert!(units[0].stand_in && units[0].requests == 1);
}

#[tokio::test]
async fn connection_is_held_until_a_directory_leads_elsewhere() {
    let backend = Backend::start().await;
    let mesh = Arc::new(Mesh::default());
    let door = plane().assigned(&[2]).units(0).relay(mesh.clone()).start().await;
    let serving = plane().node(3).api("pets", &backend.url()).start().await;
    mesh.join(3, serving.plane.clone()).await;
    let mut client = door.client().await;
    client.send(request("GET", HOST, "/pets/1", &[])).await;
    until("node 2 was tried", || !mesh.failed().is_empty()).await;
    door.plane.set_directory(directory(&[3], 1, 2));
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn connection_is_not_held_for_ever() {
    let world = plane().units(0).limits(|limits| limits.hold = SHORT).start().await;
    let answer = world.get("/pets/1", &[]).await;
    answer.is_refusal(503, "Service unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(world.plane.door().shed, 1);
}

#[tokio::test]
async fn connections_go_to_the_unit_that_has_the_fewest() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).units(2).start().await;
    let mut clients = Vec::new();
    for _ in 0..6 {
        let mut client = world.client().await;
        assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);
        clients.push(client);
    }
    let connections: Vec<usize> = world.plane.units().iter().map(|unit| unit.connections).collect();
    assert_eq!(connections, [3, 3]);
}

#[tokio::test]
async fn stopping_unit_finishes_what_it_began() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let [mut idle, mut used] = [world.client().await, world.client().await];
    for client in [&mut idle, &mut used] {
        assert_eq!(client.get(HOST, "/pets/1", &[]).await.status, 200);
    }
    let mut busy = world.client().await;
    busy.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it waits at the backend", || backend.requests.load(SeqCst) == 3).await;
    assert!(world.plane.stop_unit(world.units[0]));
    assert!(!world.plane.stop_unit(world.units[0]), "once");
    let last = used.get(HOST, "/pets/1", &[]).await;
    assert_eq!((last.status, last.header("connection")), (200, Some("close")), "it may have been on its way");
    assert!(used.is_closed().await);
    assert!(idle.is_closed().await);
    world.start_unit(false);
    assert_eq!(world.get("/pets/1", &[]).await.status, 200, "the next unit serves meanwhile");
    backend.gate.add_permits(1);
    let answer = busy.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(busy.is_closed().await);
}

#[tokio::test]
async fn drain_waits_for_requests_and_ends_at_its_deadline() {
    let backend = Backend::start().await;
    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    client.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it waits at the backend", || backend.requests.load(SeqCst) == 1).await;
    let drain = world.plane.drain(Duration::from_secs(20));
    let answer = async {
        backend.gate.add_permits(1);
        client.answer().await
    };
    let ((), answer) = tokio::join!(drain, answer);
    assert_eq!(answer.status, 200);

    let world = plane().api("pets", &backend.url()).start().await;
    let mut client = world.client().await;
    client.send(request("GET", HOST, "/pets/wait", &[])).await;
    until("it waits at the backend", || backend.requests.load(SeqCst) == 2).await;
    world.plane.drain(Duration::from_millis(50)).await;
}

#[tokio::test]
async fn accepted_relay_serves_raw_bytes() {
    let backend = Backend::start().await;
    let serving = plane().api("pets", &backend.url()).start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let address = listener.local_addr().expect("address");
    let mut stream = TcpStream::connect(address).await.expect("connect");
    let (mut accepted, _) = listener.accept().await.expect("accept");
    let sent = Preamble {
        gateway: GATEWAY.to_owned(),
        generation: 1,
        client: "[2001:db8::7]:1".parse().expect("address"),
        scheme: Scheme::Http,
        passed_on: None,
    };
    write_preamble(&mut stream, &sent).await.expect("write");
    let preamble = read_preamble(&mut accepted).await.expect("read");
    serving.plane.accept_relayed(accepted.into(), preamble).await;
    read_answer(&mut stream).await.expect("accepted");
    stream
        .write_all(request("GET", HOST, "/pets/1", &[("Connection", "close")]).as_bytes())
        .await
        .expect("write");
    let mut seen = String::new();
    stream.read_to_string(&mut seen).await.expect("read");
    assert!(seen.contains("x-forwarded-for: 2001:db8::7\n"), "{seen}");
}
