//! A failed request: what `LastError` says and what goes on the wire.
//!
//! One constructor for every case, so that the texts client libraries parse stand in one file.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::context::{Body, RequestId, ResponseMessage};
use crate::task::CallError;

const SOURCE_CONFIGURATION: &str = "configuration";
const SOURCE_AUTHORIZATION: &str = "authorization";
const SOURCE_FORWARD: &str = "forward-request";
const INTERNAL_MESSAGE: &str = "Internal server error";
const KEY_INVALID_MESSAGE: &str = "Access denied due to invalid subscription key. \
     Make sure to provide a valid key for an active subscription.";

/// A failure of a built-in step or of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Status of the prepared answer.
    pub status: StatusCode,
    /// Reason phrase of the prepared answer, when it is not the standard one.
    pub reason_phrase: Option<&'static str>,
    /// `LastError.Source`.
    pub source: Cow<'static, str>,
    /// `LastError.Reason`.
    pub reason: Option<Cow<'static, str>>,
    /// `LastError.Message`; may tell more than the client may know.
    pub message: String,
    /// `message` of the answer's body.
    pub wire_message: Cow<'static, str>,
    /// Extra headers of the prepared answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Adds `activityId` to the answer's body, by which operators find the details.
    pub internal: bool,
    /// The answer at hand stays as it is; nothing is prepared.
    pub keeps_response: bool,
}

impl Fault {
    /// A fault with the given codes, whose answer says `message`.
    pub fn new(
        status: StatusCode,
        source: &'static str,
        reason: &'static str,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self {
            status,
            reason_phrase: None,
            source: Cow::Borrowed(source),
            reason: Some(Cow::Borrowed(reason)),
            wire_message: Cow::Owned(message.clone()),
            message,
            headers: Vec::new(),
            internal: false,
            keeps_response: false,
        }
    }

    /// Something only operators can mend: the client learns the request's id and nothing else.
    pub fn internal(source: &'static str, reason: Option<&'static str>, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            reason_phrase: None,
            source: Cow::Borrowed(source),
            reason: reason.map(Cow::Borrowed),
            message: message.into(),
            wire_message: Cow::Borrowed(INTERNAL_MESSAGE),
            headers: Vec::new(),
            internal: true,
            keeps_response: false,
        }
    }

    /// An exception left an expression, or a bound was reached. The client is not told.
    pub(crate) fn expression(source: &'static str, exception: &str) -> Self {
        Self::internal(
            source,
            Some("ExpressionValueEvaluationFailure"),
            format!("Expression evaluation failed. {exception}"),
        )
    }

    /// No API or no operation for this request.
    pub fn operation_not_found() -> Self {
        Self {
            wire_message: Cow::Borrowed("Resource not found"),
            ..Self::new(
                StatusCode::NOT_FOUND,
                SOURCE_CONFIGURATION,
                "OperationNotFound",
                "Unable to match incoming request to an operation.",
            )
        }
    }

    /// The API asks for a key and the request has none. `host` is the request's, `api_path` the
    /// API's prefix without slashes around it, `header_name` where the API reads keys.
    pub fn key_missing(host: &str, api_path: &str, header_name: &str) -> Self {
        let message = |article: &str| {
            format!(
                "Access denied due to missing subscription key. \
                 Make sure to include subscription key when making requests to {article} API."
            )
        };
        Self {
            wire_message: Cow::Owned(message("an")),
            reason_phrase: Some("Access Denied"),
            headers: key_challenge(host, api_path, header_name),
            ..Self::new(
                StatusCode::UNAUTHORIZED,
                SOURCE_AUTHORIZATION,
                "SubscriptionKeyNotFound",
                message("this"),
            )
        }
    }

    /// The key is unknown, not active, or of another scope: the answer does not tell which.
    pub fn key_invalid(host: &str, api_path: &str, header_name: &str) -> Self {
        Self {
            reason_phrase: Some("Access Denied"),
            headers: key_challenge(host, api_path, header_name),
            ..Self::new(
                StatusCode::UNAUTHORIZED,
                SOURCE_AUTHORIZATION,
                "SubscriptionKeyInvalid",
                KEY_INVALID_MESSAGE,
            )
        }
    }

    /// A counter is full. `retry_after_header` is `Retry-After` or the policy's own name.
    pub fn rate_limit_exceeded(retry_after: Duration, retry_after_header: HeaderName) -> Self {
        let seconds = whole_seconds(retry_after);
        Self {
            wire_message: Cow::Owned(format!("Rate limit is exceeded. Try again in {seconds} seconds.")),
            headers: vec![(retry_after_header, HeaderValue::from(seconds))],
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "rate-limit",
                "RateLimitExceeded",
                "Rate limit is exceeded",
            )
        }
    }

    /// A quota is used up; `left` is how long it stays so, and `None` for ever.
    pub(crate) fn quota_exceeded(source: &'static str, what: &str, left: Option<Duration>) -> Self {
        let mut message = format!("Out of {what} quota.");
        if let Some(left) = left {
            write!(message, " Quota will be replenished in {}.", time_span(left))
                .expect("a string takes everything");
        }
        let seconds = left.map(|left| (header::RETRY_AFTER, HeaderValue::from(whole_seconds(left))));
        Self {
            headers: seconds.into_iter().collect(),
            ..Self::new(StatusCode::FORBIDDEN, source, "QuotaExceeded", message)
        }
    }

    /// No tokens are left, for now (429) or of a quota (403); `left` is how long, and `None` for ever.
    pub(crate) fn tokens_exceeded(
        source: &'static str,
        is_quota: bool,
        left: Option<Duration>,
        retry_after_header: HeaderName,
    ) -> Self {
        let seconds = left.map(whole_seconds);
        let again = seconds.map_or(String::new(), |seconds| format!(" Try again in {seconds} seconds."));
        let (status, reason) = match is_quota {
            true => (StatusCode::FORBIDDEN, "QuotaExceeded"),
            false => (StatusCode::TOO_MANY_REQUESTS, "RateLimitExceeded"),
        };
        Self {
            headers: seconds
                .map(|seconds| (retry_after_header, HeaderValue::from(seconds)))
                .into_iter()
                .collect(),
            ..Self::new(status, source, reason, format!("Token limit is exceeded.{again}"))
        }
    }

    /// As many as may are within a `limit-concurrency`.
    pub(crate) fn concurrency_limit_exceeded() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "limit-concurrency",
            "ConcurrencyLimitExceeded",
            "Rate limit is exceeded",
        )
    }

    /// A message lacks a header, or has another value of it; the document says what the client is told.
    pub(crate) fn check_header(
        status: StatusCode,
        reason: &'static str,
        message: String,
        told: String,
    ) -> Self {
        Self { wire_message: Cow::Owned(told), ..Self::new(status, "check-header", reason, message) }
    }

    /// A token is not what a document requires; `told` is what the client learns.
    pub(crate) fn token(
        source: &'static str,
        status: StatusCode,
        reason: &'static str,
        message: String,
        told: Option<String>,
    ) -> Self {
        let fault = Self::new(status, source, reason, message);
        Self {
            wire_message: told.map_or_else(|| fault.wire_message.clone(), Cow::Owned),
            headers: vec![(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))],
            ..fault
        }
    }

    /// The caller is not on an allow list.
    pub fn caller_ip_not_allowed(ip: IpAddr) -> Self {
        Self::ip("CallerIpNotAllowed", format!("Caller IP address {ip} is not allowed. Access denied."))
    }

    /// The caller is on a forbid list.
    pub fn caller_ip_blocked() -> Self {
        Self::ip("CallerIpBlocked", "Caller IP address is blocked. Access denied.".to_owned())
    }

    fn ip(reason: &'static str, message: String) -> Self {
        Self {
            wire_message: Cow::Borrowed("Forbidden"),
            ..Self::new(StatusCode::FORBIDDEN, "ip-filter", reason, message)
        }
    }

    /// The backend could not be reached, or closed before it answered. `detail` goes to operators.
    pub fn backend_connection_failure(detail: impl Into<String>) -> Self {
        Self::internal(SOURCE_FORWARD, Some("BackendConnectionFailure"), detail)
    }

    /// A call of a policy's own failed.
    pub(crate) fn call_failed(source: &'static str, error: &CallError) -> Self {
        let reason = match error {
            CallError::Timeout => "Timeout",
            CallError::Connection(_) | CallError::Status(_) => "BackendConnectionFailure",
        };
        Self::internal(source, Some(reason), error.to_string())
    }

    /// No response headers in time.
    pub fn timeout(after: Duration) -> Self {
        let message = format!("The backend sent no response headers within {} ms.", after.as_millis());
        Self::internal(SOURCE_FORWARD, Some("Timeout"), message)
    }

    /// The target has no circuit closed, or no capacity.
    pub fn backend_unavailable(retry_after: Option<Duration>) -> Self {
        let retry_after =
            retry_after.map(|after| (header::RETRY_AFTER, HeaderValue::from(whole_seconds(after))));
        Self {
            headers: retry_after.into_iter().collect(),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                SOURCE_FORWARD,
                "BackendConnectionFailure",
                "Service unavailable",
            )
        }
    }

    /// The policies chose a backend that does not exist in the request's workspace.
    pub fn backend_not_found(backend: &str) -> Self {
        Self::internal(
            "set-backend-service",
            None,
            format!("Backend with id '{backend}' could not be found."),
        )
    }

    /// The client went away, or sent a broken body.
    pub fn client_connection_failure(detail: impl Into<String>) -> Self {
        Self {
            wire_message: Cow::Borrowed("Bad request"),
            ..Self::new(StatusCode::BAD_REQUEST, SOURCE_FORWARD, "ClientConnectionFailure", detail)
        }
    }

    /// The backend's status is an error and the document asked to treat it as one. The backend's
    /// answer stays.
    pub fn backend_error_status(status: StatusCode) -> Self {
        Self {
            keeps_response: true,
            ..Self::new(
                status,
                SOURCE_FORWARD,
                "BackendErrorStatusCode",
                format!("The backend answered with status {}.", status.as_u16()),
            )
        }
    }

    /// The answer this fault is sent as, unless `on-error` changes it.
    pub fn prepare(&self, request_id: RequestId) -> ResponseMessage {
        let mut headers = HeaderMap::with_capacity(self.headers.len() + 1);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        ResponseMessage {
            status: self.status,
            reason: self.reason_phrase.map(Arc::from),
            headers,
            body: Body::Bytes(Bytes::from(self.wire_body(request_id))),
        }
    }

    // Blanks included, this is what client libraries have been parsing for years.
    fn wire_body(&self, request_id: RequestId) -> String {
        let mut body = String::with_capacity(self.wire_message.len() + 96);
        write!(body, "{{ \"statusCode\": {}, \"message\": \"", self.status.as_u16())
            .expect("a string takes everything");
        push_json_escaped(&mut body, &self.wire_message);
        body.push('"');
        if self.internal {
            write!(body, ", \"activityId\": \"{request_id}\"").expect("a string takes everything");
        }
        body.push_str(" }");
        body
    }
}

/// Whole seconds, rounded up, at least 1.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_millis().div_ceil(1_000).max(1) as u64
}

/// `[d.]hh:mm:ss`, rounded up to whole seconds.
fn time_span(duration: Duration) -> String {
    let seconds = whole_seconds(duration);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let days = if days > 0 { format!("{days}.") } else { String::new() };
    format!("{days}{hours:02}:{minutes:02}:{:02}", seconds % 60)
}

fn key_challenge(host: &str, api_path: &str, header_name: &str) -> Vec<(HeaderName, HeaderValue)> {
    let text = format!(
        "AzureApiManagementKey realm=\"https://{host}/{}\",name=\"{header_name}\",type=\"header\"",
        api_path.trim_matches('/')
    );
    // A host no header can hold gets no challenge rather than a broken one.
    HeaderValue::try_from(text).map(|value| (header::WWW_AUTHENTICATE, value)).into_iter().collect()
}

fn push_json_escaped(out: &mut String, text: &str) {
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if (control as u32) < 0x20 => {
                write!(out, "\\u{:04x}", control as u32).expect("a string takes everything");
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(fault: &Fault) -> String {
        match fault.prepare(RequestId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)).body {
            Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn missing_key_is_answered_letter_by_letter() {
        let fault = Fault::key_missing("api.example", "/pets/", "Ocp-Apim-Subscription-Key");
        let text = body(&fault);
        assert_eq!(text.len(), 152);
        assert_eq!(
            text,
            "{ \"statusCode\": 401, \"message\": \"Access denied due to missing subscription key. Make sure to \
             include subscription key when making requests to an API.\" }"
        );
        let answer = fault.prepare(RequestId(0));
        assert_eq!(
            answer.headers[header::WWW_AUTHENTICATE],
            "AzureApiManagementKey realm=\"https://api.example/pets\",name=\"Ocp-Apim-Subscription-Key\",\
             type=\"header\""
        );
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
        assert_eq!(answer.reason.as_deref(), Some("Access Denied"));
        assert!(fault.message.ends_with("requests to this API."));
    }

    #[test]
    fn rate_limit_says_when_to_come_back() {
        let fault = Fault::rate_limit_exceeded(Duration::from_millis(56_001), header::RETRY_AFTER);
        let text = body(&fault);
        assert_eq!(
            text,
            "{ \"statusCode\": 429, \"message\": \"Rate limit is exceeded. Try again in 57 seconds.\" }"
        );
        assert_eq!(text.len(), 84);
        assert_eq!(fault.headers[0].1, "57");
        assert_eq!(whole_seconds(Duration::ZERO), 1);
    }

    #[test]
    fn quota_says_when_it_is_replenished() {
        let quota = |left| Fault::quota_exceeded("quota", "call volume", left);
        let fault = quota(Some(Duration::from_millis(1_953_491_001)));
        assert_eq!(fault.message, "Out of call volume quota. Quota will be replenished in 22.14:38:12.");
        assert_eq!(fault.headers[0].1, "1953492");
        assert!(quota(Some(Duration::from_secs(59))).message.ends_with("replenished in 00:00:59."));
        assert_eq!(quota(None).message, "Out of call volume quota.");
        assert!(quota(None).headers.is_empty());
    }

    #[test]
    fn internal_fault_tells_the_client_only_an_id() {
        let fault = Fault::backend_connection_failure("connect 10.0.0.1:80: refused");
        assert_eq!(
            body(&fault),
            "{ \"statusCode\": 500, \"message\": \"Internal server error\", \
             \"activityId\": \"01234567-89ab-cdef-0123-456789abcdef\" }"
        );
    }

    #[test]
    fn plain_cases_have_their_texts() {
        assert_eq!(
            body(&Fault::operation_not_found()),
            "{ \"statusCode\": 404, \"message\": \"Resource not found\" }"
        );
        assert_eq!(body(&Fault::caller_ip_blocked()), "{ \"statusCode\": 403, \"message\": \"Forbidden\" }");
        let invalid = body(&Fault::key_invalid("h", "p", "k"));
        assert!(invalid.contains("invalid subscription key. Make sure to provide a valid key"), "{invalid}");
    }

    #[test]
    fn message_cannot_break_out_of_its_json() {
        let fault = Fault::new(StatusCode::FORBIDDEN, "x", "Y", "a\"b\\c\nd\u{1}");
        assert_eq!(body(&fault), "{ \"statusCode\": 403, \"message\": \"a\\\"b\\\\c\\nd\\u0001\" }");
    }

    #[test]
    fn host_that_no_header_can_hold_gets_no_challenge() {
        assert!(Fault::key_invalid("a\nb", "p", "k").headers.is_empty());
    }
}
