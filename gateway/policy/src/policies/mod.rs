//! The policies of this release, one file each, all of one shape: a table of attributes, where the
//! policy may stand, what else is checked, how it is compiled, how it runs.

use crate::run::{Env, Flow};
use crate::schema::PolicySpec;

pub(crate) mod cors;
pub(crate) mod forward_request;
pub(crate) mod ip_filter;
pub(crate) mod mock_response;
pub(crate) mod rate_limit;
pub(crate) mod return_response;
pub(crate) mod rewrite_uri;
pub(crate) mod set_backend_service;
pub(crate) mod set_body;
pub(crate) mod set_header;
pub(crate) mod set_method;
pub(crate) mod set_query_parameter;
pub(crate) mod set_status;

/// The element that stands for the next wider scope.
pub(crate) const BASE: &str = "base";

/// Every policy that this release runs, by element name.
pub(crate) static POLICIES: [&PolicySpec; 13] = [
    &cors::SPEC,
    &forward_request::SPEC,
    &ip_filter::SPEC,
    &mock_response::SPEC,
    &rate_limit::SPEC,
    &return_response::SPEC,
    &rewrite_uri::SPEC,
    &set_backend_service::SPEC,
    &set_body::SPEC,
    &set_header::SPEC,
    &set_method::SPEC,
    &set_query_parameter::SPEC,
    &set_status::SPEC,
];

/// Policies APIM has and this release does not run: refused with their own words, because "unknown"
/// would send people looking for a typing error.
pub(crate) const UNSUPPORTED: &[&str] = &[
    "authentication-basic",
    "authentication-certificate",
    "authentication-managed-identity",
    "azure-openai-emit-token-metric",
    "azure-openai-semantic-cache-lookup",
    "azure-openai-semantic-cache-store",
    "azure-openai-token-limit",
    "cache-lookup",
    "cache-lookup-value",
    "cache-remove-value",
    "cache-store",
    "cache-store-value",
    "cache-value",
    "check-header",
    "choose",
    "cosmosdb-data-source",
    "cross-domain",
    "emit-metric",
    "find-and-replace",
    "get-authorization-context",
    "graphql-data-source",
    "http-data-source",
    "include-fragment",
    "invoke-dapr-binding",
    "invoke-request",
    "json-to-xml",
    "jsonp",
    "limit-concurrency",
    "llm-content-safety",
    "llm-emit-token-metric",
    "llm-semantic-cache-lookup",
    "llm-semantic-cache-store",
    "llm-token-limit",
    "log-to-eventhub",
    "proxy",
    "publish-event",
    "publish-to-dapr",
    "quota",
    "quota-by-key",
    "rate-limit-by-key",
    "redirect-content-urls",
    "retry",
    "send-one-way-request",
    "send-request",
    "send-service-bus-message",
    "set-variable",
    "sql-data-source",
    "trace",
    "validate-azure-ad-token",
    "validate-client-certificate",
    "validate-content",
    "validate-graphql-request",
    "validate-headers",
    "validate-jwt",
    "validate-odata-request",
    "validate-parameters",
    "validate-status-code",
    "wait",
    "xml-to-json",
    "xsl-transform",
    // Names of older documents and of the editor's schemas.
    "authentication-oauth2",
    "authentication-token",
    "authentication-token-store",
    "block",
    "set-graphql-resolver",
    "set-request-metric-dimension-value",
];

/// The policy of an element name.
pub(crate) fn spec(element: &str) -> Option<&'static PolicySpec> {
    POLICIES.into_iter().find(|spec| spec.element.name == element)
}

/// A compiled policy.
#[derive(Debug)]
pub(crate) enum Policy {
    Base,
    Cors(cors::Cors),
    ForwardRequest(forward_request::ForwardRequest),
    IpFilter(ip_filter::IpFilter),
    MockResponse(mock_response::MockResponse),
    RateLimit(rate_limit::RateLimit),
    ReturnResponse(return_response::ReturnResponse),
    RewriteUri(rewrite_uri::RewriteUri),
    SetBackendService(set_backend_service::SetBackendService),
    SetBody(set_body::SetBody),
    SetHeader(set_header::SetHeader),
    SetMethod(set_method::SetMethod),
    SetQueryParameter(set_query_parameter::SetQueryParameter),
    SetStatus(set_status::SetStatus),
}

impl Policy {
    pub(crate) fn run(&self, env: &mut Env<'_>) -> Flow {
        match self {
            // The walk replaces it; nothing is left to do where one is met by itself.
            Self::Base => Flow::Continue,
            Self::Cors(policy) => policy.run(env),
            Self::ForwardRequest(policy) => policy.run(),
            Self::IpFilter(policy) => policy.run(env),
            Self::MockResponse(policy) => policy.run(env),
            Self::RateLimit(policy) => policy.run(env),
            Self::ReturnResponse(policy) => policy.run(env),
            Self::RewriteUri(policy) => policy.run(env),
            Self::SetBackendService(policy) => policy.run(env),
            Self::SetBody(policy) => policy.run(env),
            Self::SetHeader(policy) => policy.run(env),
            Self::SetMethod(policy) => policy.run(env),
            Self::SetQueryParameter(policy) => policy.run(env),
            Self::SetStatus(policy) => policy.run(env),
        }
    }
}
