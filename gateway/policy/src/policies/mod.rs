//! The policies, one file each, all of one shape: a table of attributes, children and places, what else
//! is checked, and for those that this release runs how they are compiled and run.

use crate::env::{Env, Halt, Ran};
use crate::run::Flow;
use crate::schema::PolicySpec;
use crate::task::Outcome;

pub(crate) mod authentication_basic;
pub(crate) mod authentication_certificate;
pub(crate) mod authentication_managed_identity;
pub(crate) mod base;
pub(crate) mod block;
pub(crate) mod cache_lookup;
pub(crate) mod cache_lookup_value;
pub(crate) mod cache_remove_value;
pub(crate) mod cache_store;
pub(crate) mod cache_store_value;
pub(crate) mod cache_value;
pub(crate) mod check_header;
pub(crate) mod choose;
pub(crate) mod cors;
pub(crate) mod cosmosdb_data_source;
pub(crate) mod cross_domain;
pub(crate) mod emit_metric;
pub(crate) mod find_and_replace;
pub(crate) mod forward_request;
pub(crate) mod get_authorization_context;
pub(crate) mod graphql_data_source;
pub(crate) mod http_data_source;
pub(crate) mod include_fragment;
pub(crate) mod invoke_dapr_binding;
pub(crate) mod invoke_request;
pub(crate) mod ip_filter;
pub(crate) mod json_to_xml;
pub(crate) mod jsonp;
pub(crate) mod limit_concurrency;
pub(crate) mod llm_content_safety;
pub(crate) mod llm_emit_token_metric;
pub(crate) mod llm_semantic_cache_lookup;
pub(crate) mod llm_semantic_cache_store;
pub(crate) mod llm_token_limit;
pub(crate) mod log_to_eventhub;
pub(crate) mod mock_response;
pub(crate) mod proxy;
pub(crate) mod publish_event;
pub(crate) mod publish_to_dapr;
pub(crate) mod quota;
pub(crate) mod quota_by_key;
pub(crate) mod rate_limit;
pub(crate) mod rate_limit_by_key;
pub(crate) mod redirect_content_urls;
pub(crate) mod retry;
pub(crate) mod return_response;
pub(crate) mod rewrite_uri;
pub(crate) mod send_one_way_request;
pub(crate) mod send_request;
pub(crate) mod send_service_bus_message;
pub(crate) mod set_backend_service;
pub(crate) mod set_body;
pub(crate) mod set_header;
pub(crate) mod set_method;
pub(crate) mod set_query_parameter;
pub(crate) mod set_request_metric_dimension_value;
pub(crate) mod set_status;
pub(crate) mod set_variable;
pub(crate) mod sql_data_source;
pub(crate) mod trace;
pub(crate) mod validate_azure_ad_token;
pub(crate) mod validate_client_certificate;
pub(crate) mod validate_content;
pub(crate) mod validate_graphql_request;
pub(crate) mod validate_headers;
pub(crate) mod validate_jwt;
pub(crate) mod validate_odata_request;
pub(crate) mod validate_parameters;
pub(crate) mod validate_status_code;
pub(crate) mod wait;
pub(crate) mod xml_to_json;
pub(crate) mod xsl_transform;

/// Root of a document, and of a fragment.
pub(crate) const ROOT: &str = "policies";
pub(crate) const FRAGMENT: &str = "fragment";
/// The element that stands for the next wider scope.
pub(crate) const BASE: &str = "base";
/// The policy that stands for those of a fragment.
pub(crate) const INCLUDE: &str = "include-fragment";

/// Every policy that may stand in a document beside `base`, by element name.
pub(crate) static POLICIES: [&PolicySpec; 73] = [
    &authentication_basic::SPEC,
    &authentication_certificate::SPEC,
    &authentication_managed_identity::SPEC,
    &block::SPEC,
    &cache_lookup::SPEC,
    &cache_lookup_value::SPEC,
    &cache_remove_value::SPEC,
    &cache_store::SPEC,
    &cache_store_value::SPEC,
    &cache_value::SPEC,
    &check_header::SPEC,
    &choose::SPEC,
    &cors::SPEC,
    &cross_domain::SPEC,
    &emit_metric::SPEC,
    &find_and_replace::SPEC,
    &forward_request::SPEC,
    &get_authorization_context::SPEC,
    &include_fragment::SPEC,
    &invoke_dapr_binding::SPEC,
    &invoke_dapr_binding::MISSPELT,
    &invoke_request::SPEC,
    &ip_filter::SPEC,
    &json_to_xml::SPEC,
    &jsonp::SPEC,
    &limit_concurrency::SPEC,
    &llm_content_safety::SPEC,
    &llm_emit_token_metric::SPEC,
    &llm_emit_token_metric::AZURE_SPEC,
    &llm_semantic_cache_lookup::SPEC,
    &llm_semantic_cache_lookup::AZURE_SPEC,
    &llm_semantic_cache_store::SPEC,
    &llm_semantic_cache_store::AZURE_SPEC,
    &llm_token_limit::SPEC,
    &llm_token_limit::AZURE_SPEC,
    &log_to_eventhub::SPEC,
    &mock_response::SPEC,
    &proxy::SPEC,
    &publish_event::SPEC,
    &publish_to_dapr::SPEC,
    &publish_to_dapr::MISSPELT,
    &quota::SPEC,
    &quota_by_key::SPEC,
    &rate_limit::SPEC,
    &rate_limit_by_key::SPEC,
    &redirect_content_urls::SPEC,
    &retry::SPEC,
    &return_response::SPEC,
    &rewrite_uri::SPEC,
    &send_one_way_request::SPEC,
    &send_request::SPEC,
    &send_service_bus_message::SPEC,
    &set_backend_service::SPEC,
    &set_body::SPEC,
    &set_header::SPEC,
    &set_method::SPEC,
    &set_query_parameter::SPEC,
    &set_request_metric_dimension_value::SPEC,
    &set_status::SPEC,
    &set_variable::SPEC,
    &trace::SPEC,
    &validate_azure_ad_token::SPEC,
    &validate_client_certificate::SPEC,
    &validate_content::SPEC,
    &validate_graphql_request::SPEC,
    &validate_headers::SPEC,
    &validate_jwt::SPEC,
    &validate_odata_request::SPEC,
    &validate_parameters::SPEC,
    &validate_status_code::SPEC,
    &wait::SPEC,
    &xml_to_json::SPEC,
    &xsl_transform::SPEC,
];

/// Roots of resolver documents.
pub(crate) static RESOLVERS: [&PolicySpec; 4] = [
    &cosmosdb_data_source::SPEC,
    &graphql_data_source::SPEC,
    &http_data_source::SPEC,
    &sql_data_source::SPEC,
];

/// Names of older documents and of the editor's schemas that nothing will come of, and what to do.
pub(crate) const RETIRED: &[(&str, &str)] = &[
    ("authentication-oauth2", "use get-authorization-context"),
    ("authentication-token", "use get-authorization-context"),
    ("authentication-token-store", "use get-authorization-context"),
    ("set-graphql-resolver", "give the field a resolver: a document of its own, such as <http-data-source>"),
];

/// Elements whose content is text, whatever it looks like.
const VERBATIM: [&str; 4] = ["data", "publish-to-dapr", "publish-to-darp", "set-body"];

/// The policy of an element name.
pub(crate) fn spec(element: &str) -> Option<&'static PolicySpec> {
    POLICIES.into_iter().find(|spec| spec.element.name == element)
}

/// The data source of an element name.
pub(crate) fn resolver(element: &str) -> Option<&'static PolicySpec> {
    RESOLVERS.into_iter().find(|spec| spec.element.name == element)
}

/// True when what an element holds is a text, whatever it looks like.
pub(crate) fn is_verbatim(element: &str) -> bool {
    VERBATIM.contains(&element)
}

/// A compiled policy.
#[derive(Debug)]
pub(crate) enum Policy {
    Base,
    AuthenticationBasic(authentication_basic::AuthenticationBasic),
    AuthenticationCertificate(authentication_certificate::AuthenticationCertificate),
    AuthenticationManagedIdentity(authentication_managed_identity::AuthenticationManagedIdentity),
    Block(block::Block),
    CacheLookup(cache_lookup::CacheLookup),
    CacheLookupValue(cache_lookup_value::CacheLookupValue),
    CacheRemoveValue(cache_remove_value::CacheRemoveValue),
    CacheStore(cache_store::CacheStore),
    CacheStoreValue(cache_store_value::CacheStoreValue),
    CheckHeader(check_header::CheckHeader),
    Choose(choose::Choose),
    Cors(cors::Cors),
    EmitMetric(emit_metric::EmitMetric),
    FindAndReplace(find_and_replace::FindAndReplace),
    ForwardRequest(forward_request::ForwardRequest),
    GetAuthorizationContext(get_authorization_context::GetAuthorizationContext),
    IpFilter(ip_filter::IpFilter),
    JsonToXml(json_to_xml::JsonToXml),
    Jsonp(jsonp::Jsonp),
    LimitConcurrency(limit_concurrency::LimitConcurrency),
    LlmEmitTokenMetric(llm_emit_token_metric::LlmEmitTokenMetric),
    LlmContentSafety(llm_content_safety::LlmContentSafety),
    LlmSemanticCacheLookup(llm_semantic_cache_lookup::LlmSemanticCacheLookup),
    LlmSemanticCacheStore(llm_semantic_cache_store::LlmSemanticCacheStore),
    LlmTokenLimit(llm_token_limit::LlmTokenLimit),
    LogToEventhub(log_to_eventhub::LogToEventhub),
    MockResponse(mock_response::MockResponse),
    Proxy(proxy::Proxy),
    Quota(quota::Quota),
    QuotaByKey(quota_by_key::QuotaByKey),
    RateLimit(rate_limit::RateLimit),
    RateLimitByKey(rate_limit_by_key::RateLimitByKey),
    RedirectContentUrls(redirect_content_urls::RedirectContentUrls),
    Retry(retry::Retry),
    ReturnResponse(return_response::ReturnResponse),
    RewriteUri(rewrite_uri::RewriteUri),
    SendOneWayRequest(send_one_way_request::SendOneWayRequest),
    SendRequest(send_request::SendRequest),
    SetBackendService(set_backend_service::SetBackendService),
    SetBody(set_body::SetBody),
    SetHeader(set_header::SetHeader),
    SetMethod(set_method::SetMethod),
    SetQueryParameter(set_query_parameter::SetQueryParameter),
    SetStatus(set_status::SetStatus),
    SetVariable(set_variable::SetVariable),
    Trace(trace::Trace),
    ValidateContent(validate_content::ValidateContent),
    ValidateHeaders(validate_headers::ValidateHeaders),
    ValidateParameters(validate_parameters::ValidateParameters),
    ValidateStatusCode(validate_status_code::ValidateStatusCode),
    ValidateGraphqlRequest(validate_graphql_request::ValidateGraphqlRequest),
    ValidateOdataRequest(validate_odata_request::ValidateOdataRequest),
    ValidateAzureAdToken(validate_azure_ad_token::ValidateAzureAdToken),
    ValidateClientCertificate(validate_client_certificate::ValidateClientCertificate),
    ValidateJwt(validate_jwt::ValidateJwt),
    Wait(wait::Wait),
    XmlToJson(xml_to_json::XmlToJson),
}

impl Policy {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        match self {
            // A lane replaces it; nothing is left to do where one is met by itself.
            Self::Base => Ok(Flow::Continue),
            Self::AuthenticationBasic(policy) => policy.run(env),
            Self::AuthenticationCertificate(policy) => policy.run(env),
            Self::AuthenticationManagedIdentity(policy) => policy.run(env),
            Self::Block(policy) => policy.run(),
            Self::CacheLookup(policy) => policy.run(env),
            Self::CacheLookupValue(policy) => policy.run(env),
            Self::CacheRemoveValue(policy) => policy.run(env),
            Self::CacheStore(policy) => policy.run(env),
            Self::CacheStoreValue(policy) => policy.run(env),
            Self::CheckHeader(policy) => policy.run(env),
            Self::Choose(policy) => policy.run(env),
            Self::Cors(policy) => policy.run(env),
            Self::EmitMetric(policy) => policy.run(env),
            Self::FindAndReplace(policy) => policy.run(env),
            Self::ForwardRequest(policy) => policy.run(env),
            Self::GetAuthorizationContext(policy) => policy.run(env),
            Self::IpFilter(policy) => policy.run(env),
            Self::JsonToXml(policy) => policy.run(env),
            Self::Jsonp(policy) => policy.run(env),
            Self::LimitConcurrency(policy) => policy.run(env),
            Self::LlmEmitTokenMetric(policy) => policy.run(env),
            Self::LlmContentSafety(policy) => policy.run(env),
            Self::LlmSemanticCacheLookup(policy) => policy.run(env),
            Self::LlmSemanticCacheStore(policy) => policy.run(env),
            Self::LlmTokenLimit(policy) => policy.run(env),
            Self::LogToEventhub(policy) => policy.run(env),
            Self::MockResponse(policy) => policy.run(env),
            Self::Proxy(policy) => policy.run(env),
            Self::Quota(policy) => policy.run(env),
            Self::QuotaByKey(policy) => policy.run(env),
            Self::RateLimit(policy) => policy.run(env),
            Self::RateLimitByKey(policy) => policy.run(env),
            Self::RedirectContentUrls(policy) => policy.run(env),
            Self::Retry(policy) => policy.run(env),
            Self::ReturnResponse(policy) => policy.run(env),
            Self::RewriteUri(policy) => policy.run(env),
            Self::SendOneWayRequest(policy) => policy.run(env),
            Self::SendRequest(policy) => policy.run(env),
            Self::SetBackendService(policy) => policy.run(env),
            Self::SetBody(policy) => policy.run(env),
            Self::SetHeader(policy) => policy.run(env),
            Self::SetMethod(policy) => policy.run(env),
            Self::SetQueryParameter(policy) => policy.run(env),
            Self::SetStatus(policy) => policy.run(env),
            Self::SetVariable(policy) => policy.run(env),
            Self::Trace(policy) => policy.run(env),
            Self::ValidateContent(policy) => policy.run(env),
            Self::ValidateHeaders(policy) => policy.run(env),
            Self::ValidateParameters(policy) => policy.run(env),
            Self::ValidateStatusCode(policy) => policy.run(env),
            Self::ValidateGraphqlRequest(policy) => policy.run(env),
            Self::ValidateOdataRequest(policy) => policy.run(env),
            Self::ValidateAzureAdToken(policy) => policy.run(env),
            Self::ValidateClientCertificate(policy) => policy.run(env),
            Self::ValidateJwt(policy) => policy.run(env),
            Self::Wait(policy) => policy.run(),
            Self::XmlToJson(policy) => policy.run(env),
        }
    }

    /// Goes on with what came of the task that the policy asked for.
    pub(crate) fn resume<'a>(&'a self, env: &mut Env<'a, '_>, outcome: Outcome) -> Ran<'a> {
        match self {
            Self::AuthenticationManagedIdentity(policy) => policy.resume(env, outcome),
            Self::GetAuthorizationContext(policy) => policy.resume(env, outcome),
            Self::LlmContentSafety(policy) => policy.resume(env, outcome),
            Self::LlmSemanticCacheLookup(policy) => policy.resume(env, outcome),
            Self::LlmSemanticCacheStore(policy) => policy.resume(env, outcome),
            Self::CacheLookup(policy) => policy.resume(env, outcome),
            Self::CacheLookupValue(policy) => policy.resume(env, outcome),
            Self::CacheRemoveValue(policy) => policy.resume(env, outcome),
            Self::CacheStore(policy) => policy.resume(env, outcome),
            Self::SendRequest(policy) => policy.resume(env, outcome),
            Self::SendOneWayRequest(policy) => policy.resume(outcome),
            Self::ValidateAzureAdToken(policy) => policy.resume(env, outcome),
            Self::ValidateJwt(policy) => policy.resume(env, outcome),
            _ => Ok(Flow::Continue),
        }
    }

    /// Does what was left to be done when the answer stands. It is called again when what it asked for
    /// has been done.
    pub(crate) fn finish<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<(), Halt> {
        match self {
            Self::QuotaByKey(policy) => policy.finish(env),
            Self::RateLimitByKey(policy) => policy.finish(env),
            _ => Ok(()),
        }
    }

    /// What it left has an answer, and `outbound` is about to run.
    pub(crate) fn answered<'a>(&'a self, env: &mut Env<'a, '_>) {
        if let Self::LlmTokenLimit(policy) = self {
            policy.answered(env);
        }
    }

    /// Whether it stores the response: a cached one goes on behind it.
    pub(crate) fn stores_response(&self) -> bool {
        matches!(self, Self::CacheStore(_) | Self::LlmSemanticCacheStore(_))
    }
}
