//! The side of the backends: connections, kept by workspace and authority, and one exchange on each at
//! a time.
//!
//! One idea: a connection belongs to whoever uses it, and is driven by that task alone; dropping a
//! request closes what it used. Must not know routes, policies or clients.
//!
//! | file | |
//! |---|---|
//! | `pool` | which connections there are |
//! | `client` | the exchange on one |
//! | `head`, `framing` | HTTP/1.1, without IO |
//! | `body` | what streams through |
//! | `proxy` | who is on the way |
//! | `tls` | whom to trust |

mod body;
mod client;
mod framing;
mod head;
mod pool;
mod proxy;
mod tls;

pub(crate) use body::{BodyFate, BodyProgress, ClientBody, RequestBody, UpstreamBody};
pub(crate) use client::{CallError, Upstream};
pub(crate) use head::{RequestHead, ResponseHead, is_target};
pub(crate) use pool::{Authority, ConnectError, Pool, is_metadata_address};
pub(crate) use proxy::Via;
#[cfg(test)]
pub(crate) use tls::client_config_trusting;
pub(crate) use tls::{Checks, client_config};
