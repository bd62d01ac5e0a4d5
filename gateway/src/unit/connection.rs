//! One client's connection within its unit.
//!
//! One idea: the connection is one task that drives the HTTP server, the request at hand and the
//! backend's connection together, and ends with whichever of them ends it. Must not know what is
//! answered.

use super::{Detached, Unit, Watch, bell::Ear, client_io::ClientIo, watch::Lapse};
use crate::{
    exchange,
    fault::{self, Refusal},
    route::Scheme,
};
use http::HeaderValue;
use hyper::{server::conn::http1::Connection, service::service_fn};
use hyper_util::rt::TokioIo;
use ring::hmac;
use smallvec::SmallVec;
use std::{
    cell::RefCell,
    future::{Future as _, poll_fn},
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::AsyncWriteExt as _,
    time::{Sleep, sleep},
};

/// When the unit stops, how long a connection waits for another request, which would be lost if its bytes
/// were on their way. Its answer says that it is the last one, so the client sends no more.
const LAST_REQUEST_PATIENCE: Duration = Duration::from_secs(3);

/// What requests know of their connection.
pub(crate) struct Client {
    pub(crate) unit: Rc<Unit>,
    pub(crate) address: SocketAddr,
    /// The address as `X-Forwarded-For` has it.
    pub(crate) address_value: HeaderValue,
    pub(crate) scheme: Scheme,
    /// The workspace that another gateway passes requests on for.
    pub(crate) passed_on: Option<Arc<str>>,
    pub(crate) watch: Rc<Watch>,
    /// The subscription key that came last, and its keyed hash: most connections send one key all along.
    last_key: RefCell<Option<(SmallVec<[u8; REMEMBERED_KEY_BYTES_MAX]>, hmac::Tag)>>,
}

/// A longer key is hashed again with each request.
const REMEMBERED_KEY_BYTES_MAX: usize = 64;

impl Client {
    /// Keyed hash of a subscription key.
    pub(crate) fn fingerprint(&self, key: &[u8]) -> hmac::Tag {
        let mut last = self.last_key.borrow_mut();
        match &*last {
            Some((of, tag)) if **of == *key => *tag,
            _ => {
                let tag = self.unit.fingerprint(key);
                if key.len() <= REMEMBERED_KEY_BYTES_MAX {
                    *last = Some((SmallVec::from_slice(key), tag));
                }
                tag
            }
        }
    }
}

/// Why a connection ends.
enum End {
    /// The server is done with it.
    Served {
        is_broken: bool,
    },
    Lapsed(Lapse),
}

/// When to end a connection because the unit stops.
struct Farewell {
    ear: Ear,
    patience: Option<Pin<Box<Sleep>>>,
    is_said: bool,
}

impl Farewell {
    /// True once: when the bell has rung, and no request has come for a while since.
    fn is_due(&mut self, cx: &mut Context<'_>, watch: &Watch) -> bool {
        if self.is_said || !self.ear.hears(cx) {
            return false;
        }
        if watch.is_in_request() {
            self.patience = None;
            return false;
        }
        let patience = self.patience.get_or_insert_with(|| Box::pin(sleep(LAST_REQUEST_PATIENCE)));
        self.is_said = patience.as_mut().poll(cx).is_ready();
        self.is_said
    }
}

pub(super) async fn serve(unit: Rc<Unit>, arrival: Detached) {
    let Detached { conn, bytes, client: address, scheme, passed_on, seat: _seat } = arrival;
    let conn = match conn.attach() {
        Ok(conn) => conn,
        Err(error) => return tracing::debug!(%error, %address, "connection was lost on the way"),
    };
    let watch = Rc::new(Watch::new(&unit.limits));
    let io = TokioIo::new(ClientIo::new(conn, bytes, watch.clone()));
    let ip = address.ip().to_canonical().to_string();
    let address_value = HeaderValue::try_from(ip).expect("an address has letters, digits and points");
    let client = Rc::new(Client {
        unit: unit.clone(),
        address,
        address_value,
        scheme,
        passed_on,
        watch: watch.clone(),
        last_key: RefCell::default(),
    });
    let service = service_fn(|request| exchange::serve(client.clone(), request));
    let mut server: Connection<_, _> = unit.http.serve_connection(io, service);
    let mut farewell = Farewell { ear: unit.bell.ear(), patience: None, is_said: false };
    let end = poll_fn(|cx| {
        if let Poll::Ready(lapse) = watch.poll_lapse(cx) {
            return Poll::Ready(End::Lapsed(lapse));
        }
        let mut served = Pin::new(&mut server).poll(cx);
        if served.is_pending() && farewell.is_due(cx, &watch) {
            Pin::new(&mut server).graceful_shutdown();
            served = Pin::new(&mut server).poll(cx);
        }
        served.map(|result| End::Served { is_broken: result.is_err() })
    })
    .await;
    let (mut conn, has_refused) = server.into_parts().io.into_inner().into_conn();
    match end {
        End::Lapsed(Lapse::Head) => fault::say_goodbye(conn, &Refusal::HeaderTimeout.raw()).await,
        // The client reads an end where more should come; nothing else can be told it.
        End::Served { is_broken: true } if !has_refused => drop(conn),
        End::Served { .. } => fault::close_cleanly(conn).await,
        End::Lapsed(Lapse::Idle) => drop(conn.shutdown().await),
    }
}
