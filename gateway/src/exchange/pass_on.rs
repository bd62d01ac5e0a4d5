//! Passing a request on to the gateway that its workspace moved to.
//!
//! One idea: what the client sent is sent on as it is, and what comes back as well; keys, policies and
//! the client's address are the other gateway's business. Each request has a connection for itself
//! while it lasts, and there are so many of these for a unit: more is answered 503, with the body that
//! every shed request gets. Must not know how the other gateway is reached.

use super::{Parts, Source, answered, forward, refused};
use crate::{
    fault::Refusal,
    front_door::Passage,
    hop_by_hop,
    unit::{Client, Unit},
    upstream::{CallError, ClientBody, RequestBody, RequestHead, Upstream},
};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use hyper::body::{Body as _, Incoming};

/// A request as the client sent it.
pub(super) struct Sent {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Incoming,
}

pub(super) async fn pass_on(client: &Client, passage: Passage, request: Sent) -> (Parts, Source) {
    let unit: &Unit = &client.unit;
    let Sent { method, uri, mut headers, body: incoming } = request;
    hop_by_hop::strip(&mut headers);
    // RFC 9112, 3.2.2: a target in absolute form outdoes the header.
    let authority = uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    let Some(host) = authority.as_ref().or_else(|| headers.get(header::HOST)) else {
        return refused(unit, Refusal::Malformed);
    };
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let head = RequestHead {
        method: &method,
        target,
        host,
        headers: &headers,
        more: &[],
        authorization: None,
        continue_timeout: None,
        via: None,
    };
    let empty = || match headers.contains_key(header::CONTENT_LENGTH) {
        true => RequestBody::Empty,
        false => RequestBody::None,
    };
    let mut body = match incoming.is_end_stream() {
        true => empty(),
        // The other gateway measures it.
        false => RequestBody::Client(ClientBody::new(incoming, u64::MAX, std::rc::Rc::default())),
    };
    let is_repeatable = method.is_idempotent() && !matches!(body, RequestBody::Client(_));
    let mut reused = unit.pool.take_passage(&passage);
    loop {
        let was_used = reused.is_some();
        let upstream = match reused.take() {
            Some(upstream) => Some(upstream),
            None => Box::pin(open(unit, &passage)).await,
        };
        let Some(mut upstream) = upstream else { return refused(unit, Refusal::Unavailable) };
        match upstream.call(&head, body, &client.watch).await {
            Ok(response) => {
                let (response, body) = forward::received(response, upstream);
                unit.stats.count_passed_on();
                return answered(unit, &method, response, Some(body));
            }
            // It was closed while it was idle, and this was just not known yet.
            Err(CallError::Closed(_)) if was_used && is_repeatable => body = empty(),
            Err(CallError::Closed(error) | CallError::Failed(error)) => {
                tracing::debug!(%error, gateway = %passage.gateway, "request was lost on its way to another gateway");
                return refused(unit, Refusal::Unavailable);
            }
            Err(CallError::Expired) => return refused(unit, Refusal::Unavailable),
        }
    }
}

async fn open(unit: &Unit, passage: &Passage) -> Option<Box<Upstream>> {
    let Some(slot) = unit.pool.enter_passage() else {
        unit.stats.count_shed();
        tracing::debug!(gateway = %passage.gateway, "request shed: too many are passed on");
        return None;
    };
    let conn = unit.plane.upgrade()?.open_passage(passage).await?;
    Some(unit.pool.passage(conn, slot, passage.clone()))
}
