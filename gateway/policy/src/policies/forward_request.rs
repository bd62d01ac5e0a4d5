//! `forward-request`: sends the request to the backend and waits for the answer's headers.

use std::time::Duration;

use crate::check::Checker;
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, PolicySpec, Release, attribute};
use crate::section::Section;
use crate::setting::{Flag, Number};
use crate::task::{BackendHttp, ForwardOptions};
use crate::tree::Element;

/// Without `timeout` and `timeout-ms`.
pub(crate) const TIMEOUT_DEFAULT: Duration = Duration::from_secs(300);
/// A day; nobody waits longer for headers.
const TIMEOUT_SECONDS_MAX: i64 = 86_400;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: &[Section::Backend],
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::ForwardRequest)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("timeout", Kind::Seconds { min: 0, max: TIMEOUT_SECONDS_MAX })
                    .or("300")
                    .expression(),
                attribute("timeout-ms", Kind::Milliseconds { min: 0, max: TIMEOUT_SECONDS_MAX * 1_000 })
                    .expression(),
                attribute("continue-timeout", Kind::Seconds { min: 0, max: TIMEOUT_SECONDS_MAX })
                    .expression(),
                attribute("http-version", Kind::OneOf(&["1", "2or1", "2"])).or("1"),
                attribute("follow-redirects", Kind::Bool).or("false").expression(),
                attribute("buffer-request-body", Kind::Bool).or("false"),
                attribute("buffer-response", Kind::Bool).or("true"),
                attribute("fail-on-error-status-code", Kind::Bool).or("false"),
            ],
            ..ElementSpec::named("forward-request")
        },
        "Sends the request to the backend and waits for the answer's headers.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    if let Some(version) = element.attribute("http-version")
        && version.value.literal().is_some_and(|it| it.trim() == "2")
    {
        let message = "forward-request: HTTP/2 alone is not spoken to backends by this release yet";
        checker.not_run(version.value.span, message).hint("`2or1` takes what the backend has");
    }
    if element.attribute("timeout").is_some()
        && let Some(millis) = element.attribute("timeout-ms")
    {
        checker
            .error(
                millis.span,
                "attribute-conflict",
                "`timeout` and `timeout-ms` exclude each other".to_owned(),
            )
            .hint("keep one of them");
    }
}

fn compile(element: &Element) -> Option<ForwardRequest> {
    let seconds = element.number_setting("timeout")?;
    let millis = element.number_setting("timeout-ms")?;
    Some(ForwardRequest {
        timeout: match (seconds, millis) {
            (Some(seconds), _) => Some((seconds, MILLIS_PER_SECOND)),
            (None, Some(millis)) => Some((millis, 1)),
            (None, None) => None,
        },
        continue_timeout: element.number_setting("continue-timeout")?,
        http_version: match element.literal("http-version").map(str::trim) {
            Some("2or1") => BackendHttp::TwoOrOne,
            Some("2") => BackendHttp::Two,
            _ => BackendHttp::One,
        },
        follow_redirects: element.flag_setting("follow-redirects", false)?,
        buffer_request_body: element.flag("buffer-request-body", false),
        buffer_response: element.flag("buffer-response", true),
        fail_on_error_status_code: element.flag("fail-on-error-status-code", false),
    })
}

const MILLIS_PER_SECOND: i64 = 1_000;

#[derive(Debug)]
pub(crate) struct ForwardRequest {
    /// With the milliseconds of one.
    timeout: Option<(Number, i64)>,
    continue_timeout: Option<Number>,
    http_version: BackendHttp,
    follow_redirects: Flag,
    buffer_request_body: bool,
    buffer_response: bool,
    fail_on_error_status_code: bool,
}

impl ForwardRequest {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let timeout = match &self.timeout {
            Some((timeout, millis)) => {
                let most = TIMEOUT_SECONDS_MAX * MILLIS_PER_SECOND / millis;
                let timeout = env.number_within(timeout, "timeout", 0, most)?;
                Duration::from_millis((timeout * millis).unsigned_abs())
            }
            None => TIMEOUT_DEFAULT,
        };
        let continue_timeout = match &self.continue_timeout {
            Some(timeout) => {
                let seconds = env.number_within(timeout, "continue-timeout", 0, TIMEOUT_SECONDS_MAX)?;
                Some(Duration::from_secs(seconds.unsigned_abs()))
            }
            None => None,
        };
        Ok(Flow::Forward(ForwardOptions {
            timeout,
            continue_timeout,
            http_version: self.http_version,
            follow_redirects: env.flag(&self.follow_redirects)?,
            buffer_request_body: self.buffer_request_body,
            buffer_response: self.buffer_response,
            fail_on_error_status_code: self.fail_on_error_status_code,
        }))
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::run::Effect;
    use crate::testing::{Bench, codes_in};

    fn options(element: &str) -> ForwardOptions {
        let mut bench = Bench::document(&format!("<policies><backend>{element}</backend></policies>"));
        match bench.next() {
            Effect::Forward(options) => options,
            other => panic!("{element}: {other:?}"),
        }
    }

    #[test]
    fn attributes_become_options() {
        let plain = options("<forward-request/>");
        assert_eq!(
            plain,
            ForwardOptions {
                timeout: TIMEOUT_DEFAULT,
                continue_timeout: None,
                http_version: BackendHttp::One,
                follow_redirects: false,
                buffer_request_body: false,
                buffer_response: true,
                fail_on_error_status_code: false,
            }
        );
        let all = options(
            "<forward-request timeout-ms='1500' continue-timeout='2' http-version='2or1' follow-redirects='True' \
             buffer-request-body='true' buffer-response='false' fail-on-error-status-code='true'/>",
        );
        assert_eq!(all.timeout, Duration::from_millis(1_500));
        assert_eq!(
            (all.continue_timeout, all.http_version),
            (Some(Duration::from_secs(2)), BackendHttp::TwoOrOne)
        );
        assert!(all.follow_redirects && all.buffer_request_body && all.fail_on_error_status_code);
        assert!(!all.buffer_response);
        assert_eq!(options("<forward-request timeout='20'/>").timeout, Duration::from_secs(20));
    }

    #[test]
    fn error_status_fails_only_when_asked() {
        for (attribute, fails) in [("", false), ("fail-on-error-status-code='true'", true)] {
            let text = format!(
                "<policies><backend><forward-request {attribute}/></backend>\
                 <outbound><set-header name='out'><value>1</value></set-header></outbound>\
                 <on-error><set-header name='err'><value>1</value></set-header></on-error></policies>"
            );
            let mut bench = Bench::document(&text);
            bench.backend_statuses = vec![502];
            bench.run();
            let response = bench.context.response.as_ref().unwrap();
            assert_eq!(response.status, StatusCode::BAD_GATEWAY);
            assert!(response.headers.contains_key("backend"), "the backend's answer stays");
            assert_eq!(
                (response.headers.contains_key("out"), response.headers.contains_key("err")),
                (!fails, fails)
            );
            let reason = bench.context.last_error.and_then(|error| error.reason);
            assert_eq!(reason.as_deref(), fails.then_some("BackendErrorStatusCode"));
        }
    }

    #[test]
    fn documents_are_checked() {
        let codes = |element: &str| codes_in(Section::Backend, element);
        assert!(codes("<forward-request timeout='0' id='f'/>").is_empty());
        assert_eq!(codes("<forward-request timeout='-1'/>"), ["attribute-value"]);
        assert_eq!(codes("<forward-request timeout='86401'/>"), ["attribute-value"]);
        assert_eq!(codes("<forward-request timeout='1' timeout-ms='1'/>"), ["attribute-conflict"]);
        assert_eq!(codes("<forward-request http-version='3'/>"), ["attribute-value"]);
        assert_eq!(codes_in(Section::Inbound, "<forward-request/>"), ["misplaced-policy"]);
    }
}
