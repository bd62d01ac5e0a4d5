//! Sends what documents measure to an OpenTelemetry collector: OTLP over HTTP, in protobuf.
//!
//! One idea: sums only grow, so an export that fails needs no memory: the next one says it all again.
//! Requests are never waited for, and never wait.

mod message;

pub use message::Source;

use crate::dataplane::DataPlane;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper_util::rt::TokioIo;
use prost::Message as _;
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval, timeout};
use url::Url;

/// Time between two exports.
pub const INTERVAL: Duration = Duration::from_secs(10);
/// Time for one message; what was not sent by then is told by the next export.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// A collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    host: String,
    port: u16,
    /// As in the header `Host`.
    authority: String,
    path: String,
}

/// Exports until it is dropped.
pub struct Exporter {
    /// The collector.
    pub endpoint: Endpoint,
    /// Who exports.
    pub source: Source,
    /// Time between two exports; [`INTERVAL`] by default.
    pub interval: Duration,
    /// Time for one message; [`TIMEOUT`] by default.
    pub timeout: Duration,
}

// === impl Endpoint ===

impl Endpoint {
    /// Reads an address such as `http://collector:4318`.
    ///
    /// # Errors
    /// What is wrong with it, and what was expected.
    pub fn parse(text: &str) -> Result<Endpoint, String> {
        let wrong = |why: &str| format!("`{text}` {why}: expected an address such as http://collector:4318");
        let url = Url::parse(text).map_err(|error| wrong(&format!("is no URL ({error})")))?;
        if url.scheme() == "https" {
            return Err(wrong("needs TLS, which the export of metrics does not speak"));
        }
        if url.scheme() != "http" {
            return Err(wrong("is no http:// URL"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("has a user or a password in it"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("has a query or a fragment"));
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(wrong("has no host"));
        };
        Ok(Endpoint {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            authority: format!("{host}:{port}"),
            path: format!("{}/v1/metrics", url.path().trim_end_matches('/')),
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority, self.path)
    }
}

// === impl Exporter ===

impl Exporter {
    /// Exports in every interval, for as long as it is polled.
    pub async fn run(self, plane: Arc<DataPlane>) {
        let mut ticks = interval(self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut fails = false;
        let mut first = 0;
        loop {
            ticks.tick().await;
            let done = self.export(&plane, &mut first).await;
            // Told once, and not in every interval of a long night.
            match done {
                Err(why) if !fails => {
                    tracing::warn!(endpoint = %self.endpoint, %why, "metrics cannot be exported");
                    fails = true;
                }
                Err(_) => {}
                Ok(()) if fails => {
                    tracing::info!(endpoint = %self.endpoint, "metrics are exported again");
                    fails = false;
                }
                Ok(()) => {}
            }
        }
    }

    /// A message that is refused keeps none of the others back. Where the collector does not answer at all
    /// the round ends, and the next begins behind the message that was not answered.
    async fn export(&self, plane: &DataPlane, first: &mut usize) -> Result<(), String> {
        let units = plane.measured().await;
        let mut messages = message::messages(&self.source, &units, plane.host.clock.unix_ms());
        let begin = *first % messages.len().max(1);
        messages.rotate_left(begin);
        *first = 0;
        let mut done = Ok(());
        for (nth, message) in messages.iter().enumerate() {
            let sent = timeout(self.timeout, self.send(plane, message.encode_to_vec().into())).await;
            match sent.unwrap_or_else(|_| Err(format!("no answer within {:?}", self.timeout))) {
                Ok(StatusCode::OK) => {}
                Ok(status) => done = Err(format!("the collector answered {status}")),
                Err(why) => {
                    *first = begin + nth + 1;
                    return Err(why);
                }
            }
        }
        done
    }

    async fn send(&self, plane: &DataPlane, body: Bytes) -> Result<StatusCode, String> {
        let told = |error: hyper::Error| error.to_string();
        let connected = plane.host.net.connect(&self.endpoint.host, self.endpoint.port).await;
        let conn = connected.map_err(|error| error.to_string())?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(conn)).await.map_err(told)?;
        let request = Request::post(&self.endpoint.path)
            .header(header::HOST, &self.endpoint.authority)
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        // The connection lives as long as this future: who gives up leaves nothing behind.
        // A server that closes behind its answer has answered.
        let answer = tokio::select! {
            biased;
            answer = sender.send_request(request) => answer.map_err(told)?,
            ended = connection => return Err(ended.map_or_else(told, |()| "the connection was closed".into())),
        };
        Ok(answer.status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_a_plain_http_address() {
        let read = |text: &str| Endpoint::parse(text).map(|endpoint| endpoint.to_string());
        assert_eq!(read("http://c:4318").as_deref(), Ok("http://c:4318/v1/metrics"));
        assert_eq!(read("http://[::1]/otlp/").as_deref(), Ok("http://[::1]:80/otlp/v1/metrics"));
        for text in ["https://c", "c:4318", "", "http://u:p@c", "http://c/?a=b"] {
            let why = read(text).expect_err(text);
            assert!(why.ends_with("expected an address such as http://collector:4318"), "{why}");
        }
    }
}
