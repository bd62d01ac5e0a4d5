//! `hanse why`: why a request failed, where the policy stands that failed it, and what to do.

use super::{Failure, Globals, Output, format, output::Out, session};
use clap::Args;
use hanse::client::CALL_TIMEOUT;
use hanse_manifest::{message_to_json, message_to_yaml};
use hanse_proto::v1;
use std::fmt::Write as _;

#[derive(Debug, Args)]
#[command(after_help = "hanse why 01234567-89ab-cdef-0123-456789abcdef")]
pub struct Why {
    /// Id of the request: header Hanse-Request-Id, `activityId` of the body, `request_id` of the log
    #[arg(value_name = "REQUEST_ID")]
    pub request: String,
}

impl Why {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let mut client = session::client(globals)?;
        let message = v1::WhyRequest { request_id: self.request };
        let answer = session::call(&mut client, "asking the nodes", |mut it| {
            let request = session::request(message.clone(), CALL_TIMEOUT);
            async move { it.diagnosis.why(request).await }
        });
        let failure = answer.await?.failure.unwrap_or_default();
        let out = Out::new(globals);
        match out.format {
            Output::Json => out.json(&message_to_json(&failure)),
            Output::Yaml => out.text(&message_to_yaml(&failure)),
            Output::Table => out.text(&text(&failure)),
        }
    }
}

/// `GET /orders/1 → 500`, and what it was about.
pub fn summary(request: &v1::ServedRequest) -> String {
    let mut text = format!("{} {} was answered {}", request.method, request.path, request.status);
    let ago = format::since(request.time.as_ref());
    let _ = write!(text, ", {ago} ago, by {} (gateway {})\n ", request.node, request.gateway);
    for (what, id) in [
        ("workspace", &request.workspace),
        ("API", &request.api),
        ("operation", &request.operation),
        ("product", &request.product),
        ("subscription", &request.subscription),
    ] {
        if !id.is_empty() {
            let _ = write!(text, " {what} {id} ·");
        }
    }
    format!("{}\n", text.trim_end_matches(['·', ' ', '\n']))
}

fn text(failure: &v1::FailedRequest) -> String {
    let request = failure.request.clone().unwrap_or_default();
    let mut text = summary(&request);
    let Some(error) = &failure.error else {
        let _ = writeln!(text, "\nthe backend answered so, and no policy minded\n");
        let _ = writeln!(text, "try:  look into the backend's log around that time");
        return text;
    };
    let reason = if error.reason.is_empty() { String::new() } else { format!(": {}", error.reason) };
    let scope =
        if error.scope.is_empty() { String::new() } else { format!(" of the {} document", error.scope) };
    let _ = writeln!(text, "\n{} failed in {}{scope}{reason}", error.source, error.section);
    let _ = writeln!(text, "  {}", error.message);
    if !failure.document.is_empty() {
        let _ = writeln!(text, "\n{}:{}   {}", failure.document, error.line, error.path);
        let _ = match failure.text.as_str() {
            "" => writeln!(text, "  the document has changed since; `hanse history` shows when"),
            line => writeln!(text, "  {} | {line}", error.line),
        };
    }
    if let Some(later) = &failure.later {
        let _ = writeln!(text, "\nthen {} failed in {}: {}", later.source, later.section, later.message);
    }
    let _ = writeln!(text, "\ntry:  {}", advice(error, &request));
    text
}

/// What to do, by what failed.
fn advice(error: &v1::RequestError, request: &v1::ServedRequest) -> String {
    let workspace = match request.workspace.as_str() {
        "" => String::new(),
        id => format!(" -w {id}"),
    };
    match (error.reason.as_str(), error.source.as_str()) {
        ("ExpressionValueEvaluationFailure", _) => {
            "hanse policy eval '@(…)' --context request.json, with the expression of that line; \
             a value that may be missing needs `?.`, `??` or GetValueOrDefault"
                .to_owned()
        }
        ("BackendConnectionFailure", "send-request") => {
            "is the address in <set-url> right, and can the nodes reach it? ignore-error=\"true\" goes on without it"
                .to_owned()
        }
        ("BackendConnectionFailure", _) => format!(
            "hanse get api {}{workspace} -o yaml shows serviceUrl; can the nodes reach it, and does it listen?",
            request.api
        ),
        ("Timeout", _) => {
            "is the other side slow? `timeout` of forward-request or send-request says how long it is waited for".to_owned()
        }
        ("OperationNotFound", _) if request.api.is_empty() => {
            "no API has this path on this host: hanse get apis -A shows all paths".to_owned()
        }
        ("OperationNotFound", _) => format!(
            "hanse get operations {}/{workspace} shows methods and URL templates; none has these",
            request.api
        ),
        ("SubscriptionKeyNotFound" | "SubscriptionKeyInvalid", _) => format!(
            "hanse get subscriptions{workspace} shows states and scopes; `hanse keys NAME{workspace}` shows the keys"
        ),
        ("RateLimitExceeded" | "QuotaExceeded" | "ConcurrencyLimitExceeded", _) => {
            "the limit did what it says; the caller waits for Retry-After, or the document allows more".to_owned()
        }
        ("CallerIpNotAllowed" | "CallerIpBlocked" | "FailedToParseCallerIP", _) => {
            "the address is that of the connection: behind a balancer it is the balancer's".to_owned()
        }
        ("HeaderNotFound" | "HeaderValueNotAllowed", _) => "the caller has to send what check-header asks for".to_owned(),
        (_, "set-backend-service") => format!("hanse get backends{workspace} shows which there are"),
        (_, "validate-jwt" | "validate-azure-ad-token") => {
            "the caller's token is not one that the document takes; decode it and look at aud, iss and exp".to_owned()
        }
        _ if !error.path.is_empty() => {
            "hanse trace shows each step of such a request; hanse policy test runs it without a server".to_owned()
        }
        _ => "hanse trace shows each step of such a request".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> v1::ServedRequest {
        v1::ServedRequest {
            node: "node-2".into(),
            gateway: "demo".into(),
            workspace: "demo".into(),
            api: "orders".into(),
            method: "GET".into(),
            path: "/shop/1".into(),
            status: 500,
            ..Default::default()
        }
    }

    #[test]
    fn what_failed_where_and_what_to_do_is_told() {
        let error = v1::RequestError {
            source: "set-variable".into(),
            reason: "ExpressionValueEvaluationFailure".into(),
            message: "Expression evaluation failed. No.".into(),
            scope: "api".into(),
            section: "inbound".into(),
            path: "set-variable[1]".into(),
            line: 4,
            ..Default::default()
        };
        let failure = v1::FailedRequest {
            request: Some(request()),
            error: Some(error),
            document: "workspaces/demo/apis/orders/policies/policy".into(),
            text: "<set-variable/>".into(),
            ..Default::default()
        };
        let told = text(&failure);
        for part in [
            "GET /shop/1 was answered 500,",
            "by node-2 (gateway demo)\n  workspace demo · API orders\n",
            "\nset-variable failed in inbound of the api document: ExpressionValueEvaluationFailure\n  Expression",
            "\nworkspaces/demo/apis/orders/policies/policy:4   set-variable[1]\n  4 | <set-variable/>\n",
            "\ntry:  hanse policy eval",
        ] {
            assert!(told.contains(part), "`{part}` is missing in:\n{told}");
        }
        let changed = text(&v1::FailedRequest { text: String::new(), ..failure });
        assert!(changed.contains("the document has changed since"), "{changed}");
        let backend = text(&v1::FailedRequest { request: Some(request()), ..Default::default() });
        assert!(backend.contains("the backend answered so"), "{backend}");
    }
}
