//! A request as expressions see it: `context` and everything below it.
//!
//! Nothing is copied before it is asked for. What an expression takes away, a body that it does not
//! preserve, is noted, and taken when the expression has ended well.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use hanse_expression::context::{
    CertificateBytes, CertificateOf, Field, Host as Asked, Part, Texts, UrlField, UrlOf,
};
use hanse_expression::run::Value;
use http::{HeaderMap, Uri};

use crate::context::{Body, RequestContext, Target};
use crate::host::{CertificateBy, Host};
use crate::query;
use crate::url::BaseUrl;

/// Ticks of 100 ns from the year 1 to 1970.
const EPOCH_TICKS: i64 = 621_355_968_000_000_000;
const TICKS_PER_MS: i64 = 10_000;

/// A request, lent to one evaluation.
pub(crate) struct View<'v, 'a> {
    pub(crate) context: &'v RequestContext<'a>,
    pub(crate) host: &'v dyn Host,
    pub(crate) taken: Taken,
    pub(crate) traces: RefCell<Vec<String>>,
    /// The document is the global one, and what it names is the service's.
    pub(crate) is_of_service: bool,
}

/// The bodies that an evaluation took.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) request: Cell<bool>,
    pub(crate) response: Cell<bool>,
}

fn ticks(unix_ms: i64) -> i64 {
    unix_ms.saturating_mul(TICKS_PER_MS).saturating_add(EPOCH_TICKS)
}

impl<'v, 'a> View<'v, 'a> {
    pub(crate) fn new(context: &'v RequestContext<'a>, host: &'v dyn Host) -> Self {
        Self { context, host, taken: Taken::default(), traces: RefCell::default(), is_of_service: false }
    }

    fn body_of(&self, part: Part) -> Option<(&Body, &HeaderMap, &Cell<bool>)> {
        match part {
            Part::ResponseBody => {
                let response = self.context.response.as_ref()?;
                Some((&response.body, &response.headers, &self.taken.response))
            }
            _ => {
                let request = &self.context.request;
                Some((&request.body, &request.headers, &self.taken.request))
            }
        }
    }

    /// Whose resources are named.
    fn owner(&self) -> &str {
        if self.is_of_service { "" } else { &self.context.facts.workspace.id }
    }

    /// The request's URL as it stands now.
    pub(crate) fn full_url(&self) -> String {
        let part = |field| self.url(UrlOf::Request, field).unwrap_or_default();
        let (scheme, host, port) = (part(UrlField::Scheme), part(UrlField::Host), part(UrlField::Port));
        let prefix = self.base_url().map_or("", |url| url.path_prefix.as_str());
        format!("{scheme}://{host}:{port}{prefix}{}{}", part(UrlField::Path), part(UrlField::QueryString))
    }

    /// Where the request is going, as far as that is known.
    fn base_url(&self) -> Option<&BaseUrl> {
        match &self.context.target {
            Some(Target::BaseUrl(url)) => Some(url),
            Some(Target::Backend { .. }) => None,
            None => self.context.facts.api.and_then(|api| api.service_url.as_deref()),
        }
    }

    fn url(&self, of: UrlOf, field: UrlField) -> Option<Cow<'_, str>> {
        let base = match of {
            UrlOf::Original => return Some(self.original_url(field)),
            UrlOf::Request => self.base_url(),
            UrlOf::Service => self.context.facts.api.and_then(|api| api.service_url.as_deref()),
        };
        Some(match field {
            UrlField::Scheme => base.map_or(Cow::Borrowed("https"), |url| url.scheme.as_str().into()),
            UrlField::Host => match base {
                Some(url) => url.host.as_str().into(),
                None => self.original_url(field),
            },
            UrlField::Port => match base {
                Some(url) => url.port.to_string().into(),
                None => self.original_url(field),
            },
            UrlField::Path if of == UrlOf::Service => {
                base.map(|url| url.path_prefix.as_str()).filter(|path| !path.is_empty()).unwrap_or("/").into()
            }
            UrlField::Path => self.context.request.path.as_str().into(),
            UrlField::QueryString if of == UrlOf::Service => "".into(),
            UrlField::QueryString => with_mark(self.context.request.query.as_deref()),
        })
    }

    fn original_url(&self, field: UrlField) -> Cow<'_, str> {
        let context = self.context;
        let scheme = context.scheme;
        let uri: &Uri = &context.original_uri;
        // RFC 9112, 3.2.2: a target in absolute form outdoes the header.
        let header =
            || context.original_host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or_default();
        let authority = uri.authority().map_or_else(header, |authority| authority.as_str());
        let port_at = authority.rfind(':').filter(|at| *at > authority.rfind(']').unwrap_or(0));
        match field {
            UrlField::Scheme => scheme.as_str().into(),
            UrlField::Host => port_at.map_or(authority, |at| &authority[..at]).into(),
            UrlField::Port => match port_at {
                Some(at) => authority[at + 1..].into(),
                None => scheme.default_port().to_string().into(),
            },
            UrlField::Path => uri.path().into(),
            UrlField::QueryString => with_mark(uri.query()),
        }
    }

    fn query_of(&self, part: Part) -> &str {
        let query = match part {
            Part::OriginalQuery => self.context.original_uri.query(),
            _ => self.context.request.query.as_deref(),
        };
        query.unwrap_or_default()
    }

    fn headers_of(&self, part: Part) -> Option<&HeaderMap> {
        match part {
            Part::ResponseHeaders => self.context.response.as_ref().map(|response| &response.headers),
            _ => Some(&self.context.request.headers),
        }
    }
}

fn with_mark(query: Option<&str>) -> Cow<'_, str> {
    match query {
        Some(query) if !query.is_empty() => format!("?{query}").into(),
        _ => "".into(),
    }
}

fn flag(is: bool) -> Option<i64> {
    Some(i64::from(is))
}

impl<'a> Asked<'a> for View<'_, 'a> {
    fn has(&self, part: Part) -> bool {
        let context = self.context;
        let facts = &context.facts;
        match part {
            Part::Api | Part::SubscriptionKeyParameterNames => facts.api.is_some(),
            Part::ApiServiceUrl => facts.api.is_some_and(|api| api.service_url.is_some()),
            Part::Operation => facts.operation.is_some(),
            Part::Product => facts.product.is_some(),
            Part::Subscription => facts.subscription.is_some(),
            Part::User => facts.user.is_some(),
            Part::Workspace => !facts.workspace.id.is_empty(),
            Part::Backend => matches!(context.target, Some(Target::Backend { .. })),
            Part::RequestBody => !matches!(context.request.body, Body::Empty),
            Part::Response | Part::ResponseHeaders => context.response.is_some(),
            Part::ResponseBody => {
                context.response.as_ref().is_some_and(|response| !matches!(response.body, Body::Empty))
            }
            Part::LastError => context.last_error.is_some(),
            Part::PrivateEndpointConnection | Part::Foundry | Part::GraphQl => false,
            Part::Context
            | Part::Deployment
            | Part::Gateway
            | Part::SustainabilityInfo
            | Part::Request
            | Part::RequestHeaders
            | Part::RequestUrl
            | Part::RequestQuery
            | Part::OriginalUrl
            | Part::OriginalQuery
            | Part::MatchedParameters
            | Part::Variables
            | Part::Certificates => true,
        }
    }

    fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        let context = self.context;
        let facts = &context.facts;
        let (api, operation, product) = (facts.api, facts.operation, facts.product);
        let (subscription, user, deployment) = (facts.subscription, facts.user, facts.deployment);
        let error = context.last_error.as_ref();
        let filled = |text: &'a str| Some(text).filter(|text| !text.is_empty()).map(Cow::Borrowed);
        match field {
            Field::ApiId => api.map(|it| Cow::Borrowed(&*it.id)),
            Field::ApiName => api.map(|it| Cow::Borrowed(&*it.name)),
            Field::ApiPath => api.map(|it| Cow::Borrowed(&*it.path)),
            Field::ApiRevision => api.map(|it| Cow::Borrowed(&*it.revision)),
            Field::ApiVersion => api.and_then(|it| filled(&it.version)),
            Field::ApiKeyHeader => api.map(|it| Cow::Borrowed(&*it.key_header)),
            Field::ApiKeyQuery => api.map(|it| Cow::Borrowed(&*it.key_query)),
            Field::OperationId => operation.map(|it| Cow::Borrowed(&*it.id)),
            Field::OperationMethod => operation.map(|it| Cow::Borrowed(&*it.method)),
            Field::OperationName => operation.map(|it| Cow::Borrowed(&*it.name)),
            Field::OperationUrlTemplate => operation.map(|it| Cow::Borrowed(&*it.url_template)),
            Field::ProductId => product.map(|it| Cow::Borrowed(&*it.id)),
            Field::ProductName => product.map(|it| Cow::Borrowed(&*it.name)),
            Field::ProductState => {
                product.map(|it| Cow::Borrowed(if it.is_published { "Published" } else { "NotPublished" }))
            }
            Field::SubscriptionId => subscription.map(|it| Cow::Borrowed(&*it.id)),
            Field::SubscriptionName => subscription.map(|it| Cow::Borrowed(&*it.name)),
            Field::SubscriptionKey => subscription.and(context.key.as_deref()).map(Cow::Borrowed),
            Field::UserId => user.map(|it| Cow::Borrowed(&*it.id)),
            Field::UserEmail => user.map(|it| Cow::Borrowed(&*it.email)),
            Field::UserFirstName => user.map(|it| Cow::Borrowed(&*it.first_name)),
            Field::UserLastName => user.map(|it| Cow::Borrowed(&*it.last_name)),
            Field::UserNote => user.map(|it| Cow::Borrowed(&*it.note)),
            Field::WorkspaceId => filled(&facts.workspace.id),
            Field::WorkspaceName => filled(&facts.workspace.name),
            Field::DeploymentServiceId | Field::DeploymentServiceName => filled(&deployment.service_name),
            Field::DeploymentRegion => Some(Cow::Borrowed(&*deployment.region)),
            Field::DeploymentGatewayId | Field::GatewayId => Some(Cow::Borrowed(&*deployment.gateway_id)),
            Field::GatewayInstanceId => Some(Cow::Borrowed(&*deployment.instance_id)),
            Field::BackendId => match &context.target {
                Some(Target::Backend { id, .. }) => Some(Cow::Borrowed(&**id)),
                _ => None,
            },
            Field::BackendType => Some("Single".into()),
            Field::RequestIpAddress => Some(context.client_ip.to_canonical().to_string().into()),
            Field::RequestMethod => Some(context.request.method.as_str().into()),
            Field::StatusReason => context.response.as_ref().map(|response| match &response.reason {
                Some(reason) => Cow::Borrowed(&**reason),
                None => Cow::Borrowed(response.status.canonical_reason().unwrap_or_default()),
            }),
            Field::ErrorSource => error.map(|it| Cow::Borrowed(&*it.source)),
            Field::ErrorReason => error.and_then(|it| it.reason.as_deref()).map(Cow::Borrowed),
            Field::ErrorMessage => error.map(|it| Cow::Borrowed(&*it.message)),
            Field::ErrorScope => error.and_then(|it| it.scope).map(|it| it.as_str().into()),
            Field::ErrorSection => error.map(|it| it.section.as_str().into()),
            Field::ErrorPath => error.and_then(|it| it.path.as_deref()).map(Cow::Borrowed),
            Field::ErrorPolicyId => error.and_then(|it| it.policy_id.as_deref()).map(Cow::Borrowed),
            Field::Url(of, field) => self.url(of, field),
            _ => None,
        }
    }

    fn number(&self, field: Field) -> Option<i64> {
        let context = self.context;
        let facts = &context.facts;
        match field {
            Field::ApiIsCurrentRevision => facts.api.and_then(|it| flag(it.is_current)),
            Field::ProductApprovalRequired => facts.product.and_then(|it| flag(it.approval_required)),
            Field::ProductSubscriptionRequired => facts.product.and_then(|it| flag(it.subscription_required)),
            Field::ProductSubscriptionsLimit => {
                facts.product.and_then(|it| it.subscriptions_limit).map(i64::from)
            }
            Field::SubscriptionCreatedDate => facts.subscription.map(|it| ticks(it.created_ms)),
            Field::SubscriptionStartDate => facts.subscription.and_then(|it| it.starts_ms).map(ticks),
            Field::SubscriptionEndDate => facts.subscription.and_then(|it| it.ends_ms).map(ticks),
            Field::UserRegistrationDate => facts.user.map(|it| ticks(it.registered_ms)),
            Field::GatewayIsManaged => flag(facts.deployment.is_managed),
            Field::StatusCode => context.response.as_ref().map(|response| response.status.as_u16().into()),
            Field::ErrorHttpCode => {
                context.last_error.as_ref().and(context.response.as_ref()).map(|it| it.status.as_u16().into())
            }
            Field::Tracing => flag(context.trace.as_ref().is_some_and(|trace| trace.is_asked_for())),
            Field::Url(of, UrlField::Port) => self.url(of, UrlField::Port)?.parse().ok(),
            _ => None,
        }
    }

    fn texts(&self, texts: Texts, each: &mut dyn FnMut(&str, &str)) {
        let facts = &self.context.facts;
        let pairs = match texts {
            Texts::ApiProtocols => {
                facts.api.iter().flat_map(|api| api.protocols.iter()).for_each(|it| each(it, ""));
                return;
            }
            Texts::ProductGroups => facts.product.map(|product| &product.groups),
            Texts::UserGroups => facts.user.map(|user| &user.groups),
            Texts::UserIdentities => facts.user.map(|user| &user.identities),
        };
        pairs.iter().flat_map(|pairs| pairs.iter()).for_each(|(id, name)| each(id, name));
    }

    fn look_up(&self, part: Part, name: &str, each: &mut dyn FnMut(&str)) -> bool {
        match part {
            Part::RequestHeaders | Part::ResponseHeaders => {
                let Some(headers) = self.headers_of(part) else { return false };
                let mut is_there = false;
                for value in headers.get_all(name) {
                    is_there = true;
                    each(&text_of(value.as_bytes()));
                }
                is_there
            }
            Part::RequestQuery | Part::OriginalQuery => {
                let mut is_there = false;
                for (written, value) in query::pairs(self.query_of(part)).map(query::split) {
                    if query::is_named(written, name) {
                        is_there = true;
                        each(&query::decode(value));
                    }
                }
                is_there
            }
            Part::MatchedParameters => {
                let found = self.context.matched_parameters.iter().find(|(known, _)| **known == *name);
                if let Some((_, value)) = found {
                    each(&query::decode_path(value));
                }
                found.is_some()
            }
            _ => false,
        }
    }

    fn names(&self, part: Part, each: &mut dyn FnMut(&str)) {
        match part {
            Part::RequestHeaders | Part::ResponseHeaders => {
                self.headers_of(part).iter().flat_map(|it| it.keys()).for_each(|name| each(name.as_str()));
            }
            Part::RequestQuery | Part::OriginalQuery => {
                let mut seen: Vec<String> = Vec::new();
                for (written, _) in query::pairs(self.query_of(part)).map(query::split) {
                    let name = query::decode(written);
                    if !seen.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                        each(&name);
                        seen.push(name.into_owned());
                    }
                }
            }
            Part::MatchedParameters => {
                self.context.matched_parameters.iter().for_each(|(name, _)| each(name))
            }
            Part::Certificates => self.host.certificate_ids(self.owner(), each),
            Part::Variables => self.context.variables.iter().for_each(|(name, _)| each(name)),
            _ => {}
        }
    }

    fn body(&self, part: Part, preserve: bool) -> Option<Cow<'_, [u8]>> {
        let (body, headers, taken) = self.body_of(part)?;
        if taken.get() {
            return None;
        }
        taken.set(!preserve);
        match body {
            Body::Bytes(bytes) => Some(crate::coding::decoded(bytes, headers)),
            Body::Empty | Body::Stream | Body::Taken => None,
        }
    }

    fn is_awaited(&self, part: Part) -> bool {
        self.body_of(part).is_some_and(|(body, _, _)| matches!(body, Body::Stream))
    }

    fn variable(&self, name: &str) -> Option<Value<'a>> {
        self.context.variable(name)
    }

    fn request_id(&self) -> [u8; 16] {
        self.context.request_id.0.to_be_bytes()
    }

    fn timestamp(&self) -> i64 {
        ticks(self.context.received_ms)
    }

    fn now(&self) -> i64 {
        ticks(self.host.unix_ms())
    }

    fn random(&self) -> u64 {
        self.host.random()
    }

    fn trace(&self, text: &str) {
        if self.context.trace.is_some() {
            self.traces.borrow_mut().push(text.to_owned());
        }
    }

    fn roots(&self) -> Vec<Vec<u8>> {
        self.host.trusted_roots(&self.context.facts.workspace.id)
    }

    fn certificate(&self, which: CertificateOf<'_>) -> Option<CertificateBytes<'_>> {
        match which {
            CertificateOf::Client => Some((self.host.client_certificate()?.into(), None)),
            CertificateOf::Deployment(id) => {
                let held = self.host.certificate(self.owner(), CertificateBy::Id(id))?;
                Some((held.own().to_vec().into(), held.key().map(|key| key.to_vec().into())))
            }
        }
    }
}

/// A header's bytes as text: UTF-8 where they are, else each byte a character.
fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
    }
}
