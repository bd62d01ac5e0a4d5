//! A request as a file describes it: what `context` is when there is no gateway.
//!
//! The file is JSON: `request` and `response` with their `headers` (each a list) and `body`, `variables`
//! with `type` and `value`, certificates (`request.certificate`, and `deployment.certificates` by id) as
//! `certificate` and `key` in PEM, `deployment.roots`, and any other part by its name in C#, in camel case: `api.id`,
//! `subscription.name`, `lastError.reason`.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use serde_json::Value as Json;

use crate::arena::Arena;
use crate::clr::datetime::{DateTime, DateTimeKind};
use crate::context::{CertificateBytes, CertificateOf, Field, Host, Part, Response, Texts, UrlField, UrlOf};
use crate::run::{Object, Value};

/// A request that a file describes.
pub struct Fixture<'a> {
    json: Json,
    variables: Vec<(String, Value<'a>)>,
    request_taken: Cell<bool>,
    response_taken: Cell<bool>,
    randomness: Cell<u64>,
    /// What `context.Trace` was given.
    pub traces: RefCell<Vec<String>>,
}

/// 2025-06-01T12:00:00Z in ticks: when the request comes, where the file says nothing else.
const TIMESTAMP: i64 = 638_843_760_000_000_000;

impl<'a> Fixture<'a> {
    /// Reads a description; an empty object is a plain `GET`.
    ///
    /// # Errors
    /// What is wrong with it, with its place.
    pub fn new(arena: &'a Arena, json: Json) -> Result<Self, String> {
        let mut variables = Vec::new();
        let shared = json.pointer("/request/headers").cloned().unwrap_or(Json::Null);
        for (name, variable) in json.get("variables").and_then(Json::as_object).into_iter().flatten() {
            let ty = variable.get("type").and_then(Json::as_str).unwrap_or("string");
            let value = variable.get("value").unwrap_or(&Json::Null);
            // What has a type and no value was never set; a null that was set has the type `null`.
            if value.is_null() && ty != "null" {
                continue;
            }
            let made =
                make(arena, ty, value, &shared).map_err(|error| format!("variables.{name}: {error}"))?;
            variables.push((name.clone(), made));
        }
        let seed = json.get("randomness").and_then(Json::as_u64).unwrap_or(1);
        Ok(Self {
            json,
            variables,
            request_taken: Cell::new(false),
            response_taken: Cell::new(false),
            randomness: Cell::new(seed),
            traces: RefCell::default(),
        })
    }

    fn at(&self, path: &str) -> Option<&Json> {
        self.json.pointer(path).filter(|found| !found.is_null())
    }

    fn url(&self, of: UrlOf) -> &str {
        let path = match of {
            UrlOf::Request => "/request/url",
            UrlOf::Original => "/request/originalUrl",
            UrlOf::Service => "/api/serviceUrl",
        };
        let url = self.at(path).or_else(|| self.at("/request/url").filter(|_| of == UrlOf::Original));
        url.and_then(Json::as_str).unwrap_or("https://localhost/")
    }

    fn url_field(&self, of: UrlOf, field: UrlField) -> String {
        let url = self.url(of);
        let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
        let (before, query) =
            rest.split_once('?').map_or((rest, None), |(before, query)| (before, Some(query)));
        let (authority, path) = before.find('/').map_or((before, "/"), |at| before.split_at(at));
        let (host, port) =
            authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
        match field {
            UrlField::Scheme => scheme.to_owned(),
            UrlField::Host => host.to_owned(),
            UrlField::Port => {
                port.map_or_else(|| if scheme == "http" { "80" } else { "443" }.to_owned(), str::to_owned)
            }
            UrlField::Path => path.to_owned(),
            UrlField::QueryString => query.map(|query| format!("?{query}")).unwrap_or_default(),
        }
    }

    fn query(&self, of: UrlOf) -> Vec<(String, String)> {
        let query = self.url_field(of, UrlField::QueryString);
        let pairs = query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        let decode = |text: &str| crate::web::url_decode(text);
        pairs
            .map(|pair| {
                pair.split_once('=')
                    .map_or((decode(pair), String::new()), |(name, value)| (decode(name), decode(value)))
            })
            .collect()
    }

    /// Names with values of a dictionary of texts.
    fn entries(&self, part: Part) -> Vec<(String, Vec<String>)> {
        let object = match part {
            Part::RequestHeaders => self.at("/request/headers"),
            Part::ResponseHeaders => self.at("/response/headers"),
            Part::MatchedParameters => self.at("/request/matchedParameters"),
            Part::RequestQuery | Part::OriginalQuery => {
                let of = if part == Part::RequestQuery { UrlOf::Request } else { UrlOf::Original };
                let mut entries: Vec<(String, Vec<String>)> = Vec::new();
                for (name, value) in self.query(of) {
                    match entries.iter_mut().find(|entry| entry.0.eq_ignore_ascii_case(&name)) {
                        Some(entry) => entry.1.push(value),
                        None => entries.push((name, vec![value])),
                    }
                }
                return entries;
            }
            _ => None,
        };
        let values = |value: &Json| match value {
            Json::Array(items) => items.iter().map(plain).collect(),
            other => vec![plain(other)],
        };
        let object = object.and_then(Json::as_object);
        object.into_iter().flatten().map(|(name, value)| (name.clone(), values(value))).collect()
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The value of a variable.
/// A value of a type (`int`, `bool`, `JObject`, `string`, …) that JSON describes.
///
/// # Errors
/// Why it is none of that type.
pub fn value<'a>(arena: &'a Arena, ty: &str, described: &Json) -> Result<Value<'a>, String> {
    make(arena, ty, described, &Json::Null)
}

fn make<'a>(arena: &'a Arena, ty: &str, value: &Json, headers: &Json) -> Result<Value<'a>, String> {
    let out = |_| "the description is too large".to_owned();
    if value.is_null() {
        return Ok(Value::Null);
    }
    let whole = || {
        value.as_i64().or_else(|| value.as_str()?.parse().ok()).ok_or_else(|| format!("{value} is no {ty}"))
    };
    let text = plain(value);
    Ok(match ty.rsplit('.').next().unwrap_or(ty) {
        "string" | "String" => Value::Str(arena.text(&text).map_err(out)?),
        "int" | "Int32" => Value::Int(i32::try_from(whole()?).map_err(|_| format!("{value} is no int"))?),
        "long" | "Int64" => Value::Long(whole()?),
        "double" | "Double" => Value::Double(text.parse().map_err(|_| format!("{value} is no double"))?),
        "decimal" | "Decimal" => Value::Decimal(text.parse().map_err(|_| format!("{value} is no decimal"))?),
        "bool" | "Boolean" => Value::Bool(text.eq_ignore_ascii_case("true")),
        "char" | "Char" => Value::Char(text.encode_utf16().next().unwrap_or_default()),
        "byte[]" | "Byte[]" => {
            let bytes = crate::encoding::from_base64(&text).map_err(|error| error.to_string())?;
            let list = crate::arena::List::from_slice(arena, &bytes).map_err(out)?;
            Value::Object(arena.alloc(Object::Bytes(list)).map_err(out)?)
        }
        "IResponse" => {
            let mut all: Vec<(&'a str, &'a [&'a str])> = Vec::new();
            for (name, values) in headers.as_object().into_iter().flatten() {
                let texts: Vec<&'a str> = values
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|value| arena.text(&plain(value)))
                    .collect::<Result<_, _>>()
                    .map_err(out)?;
                all.push((arena.text(name).map_err(out)?, arena.slice(&texts).map_err(out)?));
            }
            let body = arena.bytes(text.as_bytes()).map_err(out)?;
            let response = Response {
                status: 200,
                reason: "OK",
                headers: arena.slice(&all).map_err(out)?,
                has_body: true,
                body: Cell::new(Some(body)),
            };
            Value::Object(arena.alloc(Object::Response(response)).map_err(out)?)
        }
        _ => crate::net::objects::fixture_value(arena, ty, &text)?,
    })
}

/// The JSON pointer of a field.
fn pointer(field: Field) -> &'static str {
    match field {
        Field::ApiId => "/api/id",
        Field::ApiName => "/api/name",
        Field::ApiPath => "/api/path",
        Field::ApiRevision => "/api/revision",
        Field::ApiVersion => "/api/version",
        Field::ApiIsCurrentRevision => "/api/isCurrentRevision",
        Field::ApiKeyHeader => "/api/subscriptionKeyParameterNames/header",
        Field::ApiKeyQuery => "/api/subscriptionKeyParameterNames/query",
        Field::OperationId => "/operation/id",
        Field::OperationMethod => "/operation/method",
        Field::OperationName => "/operation/name",
        Field::OperationUrlTemplate => "/operation/urlTemplate",
        Field::ProductId => "/product/id",
        Field::ProductName => "/product/name",
        Field::ProductState => "/product/state",
        Field::ProductApprovalRequired => "/product/approvalRequired",
        Field::ProductSubscriptionRequired => "/product/subscriptionRequired",
        Field::ProductSubscriptionsLimit => "/product/subscriptionsLimit",
        Field::SubscriptionId => "/subscription/id",
        Field::SubscriptionName => "/subscription/name",
        Field::SubscriptionKey => "/subscription/key",
        Field::SubscriptionPrimaryKey => "/subscription/primaryKey",
        Field::SubscriptionSecondaryKey => "/subscription/secondaryKey",
        Field::SubscriptionCreatedDate => "/subscription/createdDate",
        Field::SubscriptionStartDate => "/subscription/startDate",
        Field::SubscriptionEndDate => "/subscription/endDate",
        Field::UserId => "/user/id",
        Field::UserEmail => "/user/email",
        Field::UserFirstName => "/user/firstName",
        Field::UserLastName => "/user/lastName",
        Field::UserNote => "/user/note",
        Field::UserRegistrationDate => "/user/registrationDate",
        Field::WorkspaceId => "/workspace/id",
        Field::WorkspaceName => "/workspace/name",
        Field::DeploymentServiceId => "/deployment/serviceId",
        Field::DeploymentServiceName => "/deployment/serviceName",
        Field::DeploymentRegion => "/deployment/region",
        Field::DeploymentGatewayId => "/deployment/gatewayId",
        Field::GatewayId => "/deployment/gateway/id",
        Field::GatewayInstanceId => "/deployment/gateway/instanceId",
        Field::GatewayIsManaged => "/deployment/gateway/isManaged",
        Field::BackendId => "/backend/id",
        Field::BackendAzureRegion => "/backend/azureRegion",
        Field::BackendType => "/backend/type",
        Field::RequestIpAddress => "/request/ipAddress",
        Field::RequestMethod => "/request/method",
        Field::PrivateEndpointName => "/request/privateEndpointConnection/name",
        Field::PrivateEndpointGroupId => "/request/privateEndpointConnection/groupId",
        Field::PrivateEndpointMemberName => "/request/privateEndpointConnection/memberName",
        Field::FoundryDeployment => "/request/foundry/deployment",
        Field::StatusCode => "/response/statusCode",
        Field::StatusReason => "/response/statusReason",
        Field::ErrorSource => "/lastError/source",
        Field::ErrorReason => "/lastError/reason",
        Field::ErrorMessage => "/lastError/message",
        Field::ErrorScope => "/lastError/scope",
        Field::ErrorSection => "/lastError/section",
        Field::ErrorPath => "/lastError/path",
        Field::ErrorPolicyId => "/lastError/policyId",
        Field::ErrorHttpCode => "/lastError/httpErrorCode",
        Field::GraphQlArguments => "/graphQL/arguments",
        Field::GraphQlParent => "/graphQL/parent",
        Field::Url(..) => "/request/url",
        Field::Tracing => "/tracing",
    }
}

/// What a part is described by; parts that are always there have none.
fn described_by(part: Part) -> Option<&'static str> {
    Some(match part {
        Part::Api => "/api",
        Part::ApiServiceUrl => "/api/serviceUrl",
        Part::Operation => "/operation",
        Part::Product => "/product",
        Part::Subscription => "/subscription",
        Part::User => "/user",
        Part::Workspace => "/workspace",
        Part::Backend => "/backend",
        Part::RequestBody => "/request/body",
        Part::PrivateEndpointConnection => "/request/privateEndpointConnection",
        Part::Foundry => "/request/foundry",
        Part::Response => "/response",
        Part::ResponseBody => "/response/body",
        Part::LastError => "/lastError",
        Part::GraphQl => "/graphQL",
        _ => return None,
    })
}

impl<'a> Host<'a> for Fixture<'a> {
    fn has(&self, part: Part) -> bool {
        described_by(part).is_none_or(|path| self.at(path).is_some())
    }

    fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        if let Field::Url(of, field) = field {
            return Some(self.url_field(of, field).into());
        }
        let default = match field {
            Field::RequestMethod => Some("GET"),
            Field::RequestIpAddress => Some("127.0.0.1"),
            Field::GatewayId | Field::GatewayInstanceId | Field::DeploymentGatewayId => Some("managed"),
            _ => None,
        };
        let found = self.at(pointer(field)).map(|value| Cow::Owned(plain(value)));
        found.or(default.map(Cow::Borrowed))
    }

    fn number(&self, field: Field) -> Option<i64> {
        if let Field::Url(of, field) = field {
            return self.url_field(of, field).parse().ok();
        }
        let value = self.at(pointer(field))?;
        if let Some(flag) = value.as_bool() {
            return Some(flag.into());
        }
        value.as_i64().or_else(|| {
            let date = crate::clr::date_parse::parse_datetime(
                value.as_str()?,
                crate::clr::date_parse::DateTimeStyles::ROUNDTRIP_KIND,
                DateTime::from_ticks(self.timestamp(), DateTimeKind::Utc).ok()?,
            );
            date.ok().map(|date| date.ticks())
        })
    }

    fn texts(&self, texts: Texts, each: &mut dyn FnMut(&str, &str)) {
        let (path, second) = match texts {
            Texts::ApiProtocols => ("/api/protocols", ""),
            Texts::ProductGroups => ("/product/groups", "name"),
            Texts::UserGroups => ("/user/groups", "name"),
            Texts::UserIdentities => ("/user/identities", "provider"),
        };
        for item in self.at(path).and_then(Json::as_array).into_iter().flatten() {
            let of = |name: &str| item.get(name).and_then(Json::as_str).unwrap_or_default();
            match item.as_str() {
                Some(text) => each(text, text),
                None => each(of("id"), of(second)),
            }
        }
    }

    fn look_up(&self, part: Part, name: &str, each: &mut dyn FnMut(&str)) -> bool {
        let is_exact = part == Part::MatchedParameters;
        let found = self.entries(part).into_iter().find(|entry| match is_exact {
            true => entry.0 == name,
            false => entry.0.eq_ignore_ascii_case(name),
        });
        match found {
            Some((_, values)) => {
                values.iter().for_each(|value| each(value));
                true
            }
            None => false,
        }
    }

    fn names(&self, part: Part, each: &mut dyn FnMut(&str)) {
        match part {
            Part::Variables => self.variables.iter().for_each(|variable| each(&variable.0)),
            Part::Certificates => {
                let all = self.at("/deployment/certificates").and_then(Json::as_object);
                all.into_iter().flatten().for_each(|(id, _)| each(id));
            }
            _ => self.entries(part).iter().for_each(|entry| each(&entry.0)),
        }
    }

    fn body(&self, part: Part, preserve: bool) -> Option<Cow<'_, [u8]>> {
        let (path, taken) = match part {
            Part::ResponseBody => ("/response/body", &self.response_taken),
            _ => ("/request/body", &self.request_taken),
        };
        if taken.get() {
            return None;
        }
        taken.set(!preserve);
        self.at(path).map(|body| plain(body).into_bytes().into())
    }

    fn variable(&self, name: &str) -> Option<Value<'a>> {
        self.variables.iter().find(|variable| variable.0 == name).map(|variable| variable.1)
    }

    fn request_id(&self) -> [u8; 16] {
        let text =
            self.at("/requestId").and_then(Json::as_str).unwrap_or("00000000-0000-0000-0000-000000000000");
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let mut id = [0; 16];
        for (byte, pair) in id.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::from_str_radix(&String::from_utf8_lossy(pair), 16).unwrap_or_default();
        }
        id
    }

    fn timestamp(&self) -> i64 {
        self.at("/timestamp").and_then(Json::as_i64).unwrap_or(TIMESTAMP)
    }

    fn now(&self) -> i64 {
        self.at("/now").and_then(Json::as_i64).unwrap_or_else(|| self.timestamp())
    }

    fn random(&self) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014): the same file gives the same numbers.
        let seed = self.randomness.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.randomness.set(seed);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn trace(&self, text: &str) {
        self.traces.borrow_mut().push(text.to_owned());
    }

    fn certificate(&self, which: CertificateOf<'_>) -> Option<CertificateBytes<'_>> {
        let described = match which {
            CertificateOf::Client => self.at("/request/certificate"),
            CertificateOf::Deployment(id) => self.at("/deployment/certificates")?.get(id),
        }?;
        let bytes = |name: &str| {
            described.get(name).and_then(Json::as_str).map(|text| Cow::Borrowed(text.as_bytes()))
        };
        Some((bytes("certificate")?, bytes("key")))
    }

    fn roots(&self) -> Vec<Vec<u8>> {
        let roots = self.at("/deployment/roots").and_then(Json::as_array);
        roots.into_iter().flatten().map(|root| plain(root).into_bytes()).collect()
    }
}
