//! What an expression may ask of the request it runs in: `context` and everything below it.
//!
//! A [`Host`] answers; nothing can be changed through it, except that reading a body without preserving
//! it takes it away.

use crate::run::value::Value;
use crate::types::{Known, Ty, catalogue};
use std::borrow::Cow;
use std::cell::Cell;

/// An object below `context`, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Context,
    Api,
    ApiServiceUrl,
    SubscriptionKeyParameterNames,
    Operation,
    Product,
    Subscription,
    User,
    Workspace,
    Deployment,
    Gateway,
    SustainabilityInfo,
    Backend,
    Request,
    RequestBody,
    RequestHeaders,
    RequestUrl,
    RequestQuery,
    OriginalUrl,
    OriginalQuery,
    MatchedParameters,
    PrivateEndpointConnection,
    Foundry,
    Response,
    ResponseBody,
    ResponseHeaders,
    LastError,
    GraphQl,
    Variables,
    Certificates,
}

impl Part {
    /// The interface in `Microsoft.Azure.ApiManagement.Expressions`, or the dictionary that it looks like.
    pub fn ty(self) -> Ty {
        let named = |name: &str| Ty::Named(catalogue().find(name, 0).expect("declared"), [].into());
        let dictionary = |value: Ty| Ty::generic(Known::IReadOnlyDictionary, [Ty::string(), value]);
        match self {
            Self::Context => Ty::known(Known::Context),
            Self::Api => named("IApi"),
            Self::ApiServiceUrl | Self::RequestUrl | Self::OriginalUrl => Ty::known(Known::IUrl),
            Self::SubscriptionKeyParameterNames => named("ISubscriptionKeyParameterNames"),
            Self::Operation => named("IOperation"),
            Self::Product => named("IProduct"),
            Self::Subscription => named("ISubscription"),
            Self::User => named("IUser"),
            Self::Workspace => named("IWorkspace"),
            Self::Deployment => named("IDeployment"),
            Self::Gateway => named("IGateway"),
            Self::SustainabilityInfo => named("ISustainabilityInfo"),
            Self::Backend => named("IBackend"),
            Self::Request => named("IRequest"),
            Self::RequestBody | Self::ResponseBody => Ty::known(Known::IMessageBody),
            Self::RequestHeaders | Self::ResponseHeaders | Self::RequestQuery | Self::OriginalQuery => {
                dictionary(Ty::array(Ty::string()))
            }
            Self::MatchedParameters => dictionary(Ty::string()),
            Self::PrivateEndpointConnection => named("IPrivateEndpointConnection"),
            Self::Foundry => named("IFoundry"),
            Self::Response => Ty::known(Known::IResponse),
            Self::LastError => named("ILastError"),
            Self::GraphQl => named("IGraphQL"),
            Self::Variables => dictionary(Ty::object()),
            Self::Certificates => dictionary(Ty::known(Known::X509Certificate2)),
        }
    }
}

/// A text, number or flag below `context`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    ApiId,
    ApiName,
    ApiPath,
    ApiRevision,
    ApiVersion,
    ApiIsCurrentRevision,
    ApiKeyHeader,
    ApiKeyQuery,
    OperationId,
    OperationMethod,
    OperationName,
    OperationUrlTemplate,
    ProductId,
    ProductName,
    /// `NotPublished` or `Published`.
    ProductState,
    ProductApprovalRequired,
    ProductSubscriptionRequired,
    ProductSubscriptionsLimit,
    SubscriptionId,
    SubscriptionName,
    SubscriptionKey,
    SubscriptionPrimaryKey,
    SubscriptionSecondaryKey,
    SubscriptionCreatedDate,
    SubscriptionStartDate,
    SubscriptionEndDate,
    UserId,
    UserEmail,
    UserFirstName,
    UserLastName,
    UserNote,
    UserRegistrationDate,
    WorkspaceId,
    WorkspaceName,
    DeploymentServiceId,
    DeploymentServiceName,
    DeploymentRegion,
    DeploymentGatewayId,
    GatewayId,
    GatewayInstanceId,
    GatewayIsManaged,
    BackendId,
    BackendAzureRegion,
    /// `Single` or `Pool`.
    BackendType,
    RequestIpAddress,
    RequestMethod,
    PrivateEndpointName,
    PrivateEndpointGroupId,
    PrivateEndpointMemberName,
    FoundryDeployment,
    StatusCode,
    StatusReason,
    ErrorSource,
    ErrorReason,
    ErrorMessage,
    ErrorScope,
    ErrorSection,
    ErrorPath,
    ErrorPolicyId,
    ErrorHttpCode,
    /// JSON.
    GraphQlArguments,
    /// JSON.
    GraphQlParent,
    /// Of [`Part::RequestUrl`], [`Part::OriginalUrl`], [`Part::ApiServiceUrl`].
    Url(UrlOf, UrlField),
    Tracing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UrlOf {
    Request,
    Original,
    Service,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UrlField {
    Scheme,
    Host,
    Port,
    Path,
    /// With `?`; empty where there is none.
    QueryString,
}

/// Lists below `context`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Texts {
    ApiProtocols,
    /// Pairs of id and name.
    ProductGroups,
    /// Pairs of id and name.
    UserGroups,
    /// Pairs of id and provider.
    UserIdentities,
}

/// A certificate in DER, with its key in PKCS#8 where the gateway has it.
pub type CertificateBytes<'c> = (Cow<'c, [u8]>, Option<Cow<'c, [u8]>>);

/// Answers for a request. What is null in APIM is `None` here.
pub trait Host<'a> {
    /// Whether this part is there.
    fn has(&self, part: Part) -> bool;
    fn text(&self, field: Field) -> Option<Cow<'_, str>>;
    /// Numbers; flags as 0 and 1; dates as ticks of 100 ns since the year 1, UTC.
    fn number(&self, field: Field) -> Option<i64>;
    /// Each text, or the parts of each pair.
    fn texts(&self, texts: Texts, each: &mut dyn FnMut(&str, &str));
    /// The values of one name in a dictionary of texts (headers, query, matched parameters), in order.
    /// Names of headers and of the query are looked up whatever their case. True where the name is there.
    fn look_up(&self, part: Part, name: &str, each: &mut dyn FnMut(&str)) -> bool;
    /// The names of such a dictionary, or of the variables, in order, each once.
    fn names(&self, part: Part, each: &mut dyn FnMut(&str));
    /// The bytes of a body, decoded if it was compressed. `Some` of nothing when they were taken before.
    /// Without `preserve` they are gone afterwards.
    fn body(&self, part: Part, preserve: bool) -> Option<Cow<'_, [u8]>>;
    /// The `Content-Type` charset of a body is found by [`Host::look_up`].
    fn variable(&self, name: &str) -> Option<Value<'a>>;
    fn request_id(&self) -> [u8; 16];
    /// When the request came, as ticks of 100 ns since the year 1, UTC.
    fn timestamp(&self) -> i64;
    /// Now, as ticks of 100 ns since the year 1, UTC.
    fn now(&self) -> i64;
    /// 64 random bits.
    fn random(&self) -> u64;
    fn trace(&self, text: &str);
    /// Certificates in DER that the gateway trusts.
    fn roots(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }
    /// A certificate in DER, with its key in PKCS#8 where the gateway has it.
    fn certificate(&self, which: CertificateOf<'_>) -> Option<CertificateBytes<'_>>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateOf<'n> {
    Client,
    Deployment(&'n str),
}

/// A response that is held in a variable.
#[derive(Debug)]
pub struct Response<'a> {
    pub status: i32,
    pub reason: &'a str,
    pub headers: &'a [(&'a str, &'a [&'a str])],
    pub has_body: bool,
    /// `None` where it was taken.
    pub body: Cell<Option<&'a [u8]>>,
}

/// What `get-authorization-context` puts into a variable: an access token and claims by name.
///
/// # Errors
/// The memory budget is spent.
pub fn authorization<'a>(
    arena: &'a crate::arena::Arena,
    access_token: &str,
    claims: &[(&str, Value<'a>)],
) -> Result<Value<'a>, crate::arena::OutOfMemory> {
    crate::net::token::authorization(arena, access_token, claims)
}
