//! Every bound of the data plane, by name.
//!
//! One idea: one struct holds them all, so that a test can inject small ones and an operator can read
//! what protects a node. Nothing else in the crate hides a number that traffic can meet.

use std::time::Duration;

/// Headers of one request. The parsers of both front door and unit keep room for this many on the
/// stack, which is why it is no setting.
pub const HEADERS_MAX: usize = 100;

/// The bounds. Where one is met, the answer is named with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's line and headers together; 431 beyond. Default 32 KiB.
    pub header_bytes_max: usize,
    /// Bytes of a request's target; 414 beyond. Default 16 KiB.
    pub url_bytes_max: usize,
    /// Bytes of a request's body; 413 beyond. Default 1 GiB.
    pub request_body_bytes_max: u64,
    /// Bytes of a body that a policy or an expression reads, of a request or of an answer, and of the
    /// answer to a policy's own call; 413 for a request, 500 for the others beyond. Default 2 MiB.
    pub buffered_body_bytes_max: usize,
    /// From the first byte of a request to the end of its headers; 408 beyond. Default 30 s.
    pub header_timeout: Duration,
    /// Without a byte in either direction, a client's connection or a relayed one is closed.
    /// Default 240 s.
    pub idle_timeout: Duration,
    /// Until a backend has accepted a connection; 500 beyond. Default 10 s.
    pub connect_timeout: Duration,
    /// A pooled connection to a backend that nobody used for this long is closed. Default 60 s.
    pub upstream_idle_timeout: Duration,
    /// Bytes of the head of a backend's answer, and of what is read of its body at once; 500 beyond. At
    /// least 8 KiB. Default 64 KiB.
    pub backend_header_bytes_max: usize,
    /// Connections the front door is busy with, sorting or relaying; 503 beyond. Default 16,384.
    pub door_connections_max: usize,
    /// Connections handed to a unit that it has not taken yet; another unit, or 503, beyond.
    /// Default 256.
    pub unit_queue_max: usize,
    /// Connections of a unit; another unit, or 503, beyond. Default 16,384.
    pub unit_connections_max: usize,
    /// Requests a unit is busy with; 503 beyond. Default 4,096.
    pub unit_requests_max: usize,
    /// Calls of `send-one-way-request` that a unit has under way; dropped, with a log line, beyond.
    /// Default 1,024.
    pub unit_one_way_calls_max: usize,
    /// Connections of a unit to one authority of one workspace; 503 beyond. Default 2,048.
    pub authority_connections_max: usize,
    /// Those of them that are kept while idle. Default 256.
    pub authority_idle_max: usize,
    /// Connections on which a unit passes requests on to other gateways, one request on each at a time;
    /// 503 beyond. Default 1,024.
    pub passed_on_connections_max: usize,
    /// Counters of a unit for each workspace, of rates and of quotas each; the least recently used are forgotten beyond.
    /// Default 65,536.
    pub workspace_counters_max: usize,
    /// OpenID providers that a unit knows for each workspace; the least recently used is forgotten beyond.
    /// Default 64.
    pub workspace_openid_providers_max: usize,
    /// Bytes of a provider's configuration, and of its keys; not read beyond. Default 256 KiB.
    pub openid_bytes_max: usize,
    /// Until a provider has said all; tokens it signed are refused beyond. Default 10 s.
    pub openid_timeout: Duration,
    /// After this long a provider is asked again, while what it said serves on. Default 1 h.
    pub openid_refresh: Duration,
    /// How often at most it is asked because of a key it has not told of. Default 5 min.
    pub openid_refetch: Duration,
    /// How often at most it is asked while it does not answer. Default 10 s.
    pub openid_retry: Duration,
    /// How long what it said serves while it does not answer; tokens it signed are refused beyond.
    /// Default 24 h.
    pub openid_stale: Duration,
    /// Client certificates in the `body` of policies that a unit keeps open for each workspace; the least
    /// recently used is opened again beyond. Default 64.
    pub workspace_opened_certificates_max: usize,
    /// Client certificates that a unit is prepared to show; beyond, they are prepared anew. Default 256.
    pub shown_certificates_max: usize,
    /// Tokens of the gateway's own that a unit keeps for each workspace; the least recently used is fetched
    /// again beyond. Default 256.
    pub workspace_tokens_max: usize,
    /// Until a token endpoint has answered; the policy fails beyond. Default 10 s.
    pub token_timeout: Duration,
    /// How often at most a token endpoint is asked while it gives none. Default 1 s.
    pub token_retry: Duration,
    /// Where the workload tokens of the node are; no other files are read as such. Default
    /// `/var/run/secrets`.
    pub workload_tokens_dir: &'static str,
    /// Failed requests that a unit keeps of each workspace for who asks why: so many answered with 500 and
    /// up, and so many of the others; the oldest are forgotten beyond. Default 100.
    pub workspace_failures_max: usize,
    /// Traces that a unit keeps of each workspace; the oldest are forgotten beyond. Default 100.
    pub workspace_traces_max: usize,
    /// Bytes of these traces; the oldest are forgotten beyond. Default 4 MiB.
    pub workspace_trace_bytes_max: usize,
    /// How long failures and traces are kept. Default 1 h.
    pub record_age_max: Duration,
    /// Series of metrics of a unit for each workspace; what would begin another one is dropped, and counted,
    /// beyond. Default 10,000.
    pub workspace_metric_series_max: usize,
    /// Answers that `llm-semantic-cache-store` keeps in a unit for each workspace; the oldest leave beyond.
    /// Default 1,024.
    pub workspace_semantic_entries_max: usize,
    /// Bytes of them together, with what they are found by; the oldest leave beyond. Default 16 MiB.
    pub workspace_semantic_bytes_max: usize,
    /// Items that a unit's memory keeps for each workspace; the least recently used make room beyond.
    /// Default 16,384.
    pub workspace_cache_entries_max: usize,
    /// Bytes of them; the least recently used make room beyond. Default 64 MiB.
    pub workspace_cache_bytes_max: usize,
    /// Bytes that a unit's memory keeps for all workspaces; who wants more makes room of its own beyond.
    /// Default 512 MiB.
    pub unit_cache_bytes_max: usize,
    /// Questions and items that a unit has under way to caches outside; nothing is found and nothing kept
    /// beyond. Default 1,024.
    pub unit_cache_calls_max: usize,
    /// Until a cache outside has answered, a new connection included; nothing is found beyond. Default 1 s.
    pub cache_timeout: Duration,
    /// Events of `log-to-eventhub` that wait in a unit for one logger; dropped, counted and told beyond.
    /// Default 1,024.
    pub logger_events_max: usize,
    /// Bytes of them; dropped, counted and told beyond. Default 16 MiB.
    pub logger_bytes_max: usize,
    /// How long a connection waits for a unit when none answers; 503 beyond. Default 2 s.
    pub hold: Duration,
    /// Until another node has answered a relay's preamble; the next node is tried beyond.
    /// Default 1 s.
    pub relay_timeout: Duration,
    /// Bytes on their way through a relay, in each direction. Default 16 KiB.
    pub relay_buffer_bytes: usize,
    /// How long a stopping unit lets its requests finish. Default 30 s.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            header_bytes_max: 32 * 1024,
            url_bytes_max: 16 * 1024,
            request_body_bytes_max: 1024 * 1024 * 1024,
            buffered_body_bytes_max: 2 * 1024 * 1024,
            header_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(240),
            connect_timeout: Duration::from_secs(10),
            upstream_idle_timeout: Duration::from_secs(60),
            backend_header_bytes_max: 64 * 1024,
            door_connections_max: 16_384,
            unit_queue_max: 256,
            unit_connections_max: 16_384,
            unit_requests_max: 4_096,
            unit_one_way_calls_max: 1_024,
            authority_connections_max: 2_048,
            authority_idle_max: 256,
            passed_on_connections_max: 1_024,
            workspace_counters_max: 65_536,
            workspace_openid_providers_max: 64,
            openid_bytes_max: 256 * 1024,
            openid_timeout: Duration::from_secs(10),
            openid_refresh: Duration::from_secs(60 * 60),
            openid_refetch: Duration::from_secs(5 * 60),
            openid_retry: Duration::from_secs(10),
            openid_stale: Duration::from_secs(24 * 60 * 60),
            workspace_opened_certificates_max: 64,
            shown_certificates_max: 256,
            workspace_tokens_max: 256,
            token_timeout: Duration::from_secs(10),
            token_retry: Duration::from_secs(1),
            workload_tokens_dir: "/var/run/secrets",
            workspace_failures_max: 100,
            workspace_traces_max: 100,
            workspace_trace_bytes_max: 4 * 1024 * 1024,
            record_age_max: Duration::from_secs(3_600),
            workspace_metric_series_max: 10_000,
            workspace_semantic_entries_max: 1_024,
            workspace_semantic_bytes_max: 16 * 1024 * 1024,
            workspace_cache_entries_max: 16_384,
            workspace_cache_bytes_max: 64 * 1024 * 1024,
            unit_cache_bytes_max: 512 * 1024 * 1024,
            unit_cache_calls_max: 1_024,
            cache_timeout: Duration::from_secs(1),
            logger_events_max: 1_024,
            logger_bytes_max: 16 * 1024 * 1024,
            hold: Duration::from_secs(2),
            relay_timeout: Duration::from_secs(1),
            relay_buffer_bytes: 16 * 1024,
            drain_timeout: Duration::from_secs(30),
        }
    }
}
