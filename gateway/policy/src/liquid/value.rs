//! What a template works with: scalars, and looks into documents, the context and variables.

use hanse_expression::arena::Arena;
use hanse_expression::clr::date_format::format_datetime;
use hanse_expression::clr::datetime::DateTime;
use hanse_expression::clr::number::format_double;
use hanse_expression::context::{Field, Part, Texts, UrlField, UrlOf};
use hanse_expression::json::{Kind, Layout, Scalar, Token, write};
use hanse_expression::run::{Cx, Eval, Object, Stop, Value, to_text};
use hanse_expression::xml::{Item, NodeRef, NodeType};

use super::render::Given;

/// The namespace of `xsi:nil`.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A value. Whatever is large is looked into where it is.
#[derive(Clone, Copy)]
pub(crate) enum Liq<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'a str),
    Date(DateTime),
    /// An object or an array.
    Json(Token<'a>),
    /// An element that has elements or attributes, or a document.
    Xml(NodeRef<'a>),
    List(&'a [Liq<'a>]),
    /// The values of one header or query parameter; as text, one behind the other with commas.
    Values(&'a [&'a str]),
    /// A name with its value, as loops over objects give them.
    Pair(&'a (&'a str, Liq<'a>)),
    Part(Part),
    /// Of an expression.
    Net(Value<'a>),
    /// `forloop`: position and number of items.
    Loop(usize, usize),
}

/// What there is in the place of a body.
///
/// # Errors
/// Memory.
pub(crate) fn body_of<'a>(token: Token<'a>) -> Liq<'a> {
    of_token(token)
}

fn of_token<'a>(token: Token<'a>) -> Liq<'a> {
    match token.scalar() {
        None => Liq::Json(token.property_value().unwrap_or(token)),
        Some(scalar) => match scalar {
            Scalar::Null | Scalar::Undefined => Liq::Nil,
            Scalar::Boolean(is) => Liq::Bool(is),
            Scalar::Integer(number) => Liq::Int(number),
            Scalar::Float(number) => Liq::Float(number),
            Scalar::Big(text) | Scalar::String(text) | Scalar::Uri(text) | Scalar::Raw(text) => {
                Liq::Text(text)
            }
            Scalar::Date(date) => Liq::Date(date),
            _ => Liq::Net(Value::Json(token)),
        },
    }
}

impl<'a> Liq<'a> {
    pub(super) fn of_net(value: Value<'a>) -> Self {
        match value {
            Value::Null => Self::Nil,
            Value::Bool(is) => Self::Bool(is),
            Value::Str(text) => Self::Text(text),
            Value::Single(number) => Self::Float(number.into()),
            Value::Double(number) => Self::Float(number),
            Value::DateTime(date) => Self::Date(date),
            Value::Json(token) => of_token(token),
            Value::Xml(Item::Node(node)) => Self::Xml(node),
            Value::Part(part) => Self::Part(part),
            Value::Enum(..) | Value::Char(_) => Self::Net(value),
            other => match other.integer().and_then(|number| i64::try_from(number).ok()) {
                Some(number) => Self::Int(number),
                None => Self::Net(other),
            },
        }
    }

    /// Whether a condition of it alone holds.
    pub(super) fn holds(self) -> bool {
        !matches!(self, Self::Nil | Self::Bool(false))
    }

    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Text(_) | Self::Values(_))
    }

    /// The text that it is written as.
    pub(super) fn text(self, cx: &mut Cx<'a, '_>) -> Eval<'a, &'a str> {
        let text = match self {
            Self::Nil => "",
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Text(text) => text,
            Self::Int(number) => cx.arena.text(&number.to_string())?,
            Self::Float(number) => {
                let mut text = String::new();
                // `G` takes every number.
                let _ = format_double(number, "", &mut text);
                cx.arena.text(&text)?
            }
            Self::Date(date) => {
                let mut text = String::new();
                let _ = format_datetime(date, "G", &mut text);
                cx.arena.text(&text)?
            }
            Self::Json(token) if token.kind() == Kind::Array => {
                let mut parts = Vec::new();
                for item in token.children() {
                    parts.push(of_token(item).text(cx)?);
                }
                cx.steps_of(parts.len() as u64)?;
                cx.arena.concat(&parts)?
            }
            Self::Json(token) => {
                cx.steps_of(token.len() as u64)?;
                write(cx.arena, token, Layout::Compact)
                    .map_err(|_| Stop::from(hanse_expression::arena::OutOfMemory))?
            }
            Self::Xml(node) => {
                let value = node.value(cx.arena);
                value.map_err(|_| Stop::from(hanse_expression::arena::OutOfMemory))?
            }
            Self::List(items) => {
                let mut parts = Vec::with_capacity(items.len());
                for item in items {
                    cx.step()?;
                    parts.push(item.text(cx)?);
                }
                cx.arena.concat(&parts)?
            }
            Self::Values(values) => match values {
                [only] => only,
                values => cx.arena.text(&values.join(","))?,
            },
            Self::Pair((name, value)) => {
                let value = value.text(cx)?;
                cx.arena.concat(&["[", name, ", ", value, "]"])?
            }
            Self::Part(part) => return part_text(cx, part),
            Self::Net(value) => to_text(cx, value)?,
            Self::Loop(..) => "",
        };
        cx.work(text.len())?;
        Ok(text)
    }

    /// What has this name in it; nothing where there is no such thing.
    pub(super) fn member(self, cx: &mut Cx<'a, '_>, given: &Given<'a>, name: &str) -> Eval<'a, Self> {
        cx.step()?;
        Ok(match self {
            Self::Json(token) if token.kind() == Kind::Object => match token.get(name) {
                Some(value) => of_token(value),
                None if is(name, "size") => Self::Int(count(token.len())),
                None => Self::Nil,
            },
            Self::Xml(node) => xml_member(cx, given, node, name)?,
            Self::Pair((key, value)) => match name {
                _ if is(name, "key") || name == "0" => Self::Text(key),
                _ if is(name, "value") || name == "1" => *value,
                _ => Self::Nil,
            },
            Self::Loop(at, len) => match name {
                "index" => Self::Int(count(at + 1)),
                "index0" => Self::Int(count(at)),
                "rindex" => Self::Int(count(len - at)),
                "rindex0" => Self::Int(count(len - at - 1)),
                "first" => Self::Bool(at == 0),
                "last" => Self::Bool(at + 1 == len),
                "length" => Self::Int(count(len)),
                _ => Self::Nil,
            },
            // No expression can ask for it.
            Self::Part(Part::Request) if is(name, "originalmethod") => Self::Text(given.original_method),
            Self::Part(part) => part_member(cx, part, name)?,
            Self::Net(Value::Object(Object::Dictionary { map, .. })) => {
                map.get(Value::Str(cx.arena.text(name)?)).map_or(Self::Nil, Self::of_net)
            }
            Self::Net(Value::Object(Object::Response(response))) => match name {
                _ if is(name, "statuscode") => Self::Int(response.status.into()),
                _ if is(name, "statusreason") => Self::Text(response.reason),
                _ if is(name, "headers") => {
                    let mut pairs = Vec::new();
                    for (name, values) in response.headers {
                        pairs.push(Self::Pair(cx.arena.alloc((*name, Self::Values(values)))?));
                    }
                    Self::List(cx.arena.slice(&pairs)?)
                }
                _ => Self::Nil,
            },
            _ if is(name, "size") || is(name, "first") || is(name, "last") => {
                if let Self::Text(text) = self {
                    let size = hanse_expression::encoding::utf16_len(text);
                    return Ok(if is(name, "size") { Self::Int(count(size)) } else { Self::Nil });
                }
                if let Self::List(pairs) = self
                    && let Some(found) = named_pair(pairs, name)
                {
                    return Ok(found);
                }
                let items = self.items(cx)?;
                match items {
                    None => Self::Nil,
                    Some(items) if is(name, "size") => Self::Int(count(items.len())),
                    Some(items) if is(name, "first") => items.first().copied().unwrap_or(Self::Nil),
                    Some(items) => items.last().copied().unwrap_or(Self::Nil),
                }
            }
            Self::List(pairs) => named_pair(pairs, name).unwrap_or(Self::Nil),
            _ => Self::Nil,
        })
    }

    /// What stands behind `[…]`.
    pub(super) fn index(self, cx: &mut Cx<'a, '_>, given: &Given<'a>, index: Self) -> Eval<'a, Self> {
        let Self::Int(at) = index else {
            let name = index.text(cx)?;
            return self.member(cx, given, name);
        };
        cx.step()?;
        let from_end = |len: usize| match at {
            0.. => usize::try_from(at).ok(),
            _ => usize::try_from(at.unsigned_abs()).ok().and_then(|back| len.checked_sub(back)),
        };
        Ok(match self {
            Self::Json(token) if token.kind() == Kind::Array => {
                from_end(token.len()).and_then(|at| token.child(at)).map_or(Self::Nil, of_token)
            }
            Self::List(items) => {
                from_end(items.len()).and_then(|at| items.get(at)).copied().unwrap_or(Self::Nil)
            }
            Self::Values(values) => from_end(values.len())
                .and_then(|at| values.get(at))
                .map_or(Self::Nil, |text| Self::Text(text)),
            Self::Pair((key, value)) => match at {
                0 => Self::Text(key),
                1 => *value,
                _ => Self::Nil,
            },
            // The only one of its name.
            Self::Xml(_) if at == 0 || at == -1 => self,
            Self::Json(_) | Self::Xml(_) => {
                let name = index.text(cx)?;
                self.member(cx, given, name)?
            }
            Self::Net(_) => match self.items(cx)? {
                Some(items) => {
                    from_end(items.len()).and_then(|at| items.get(at)).copied().unwrap_or(Self::Nil)
                }
                None => Self::Nil,
            },
            _ => Self::Nil,
        })
    }

    /// The items of what a loop goes through; `None` where it is one thing.
    pub(super) fn items(self, cx: &mut Cx<'a, '_>) -> Eval<'a, Option<&'a [Self]>> {
        let mut items = Vec::new();
        match self {
            Self::List(items) => return Ok(Some(items)),
            Self::Json(token) if token.kind() == Kind::Array => items.extend(token.children().map(of_token)),
            Self::Json(token) => {
                for property in token.children() {
                    let value = property.property_value().map_or(Self::Nil, of_token);
                    items.push(Self::Pair(cx.arena.alloc((property.name().unwrap_or_default(), value))?));
                }
            }
            Self::Values(values) => items.extend(values.iter().map(|text| Self::Text(text))),
            Self::Part(part) => return part_items(cx, part),
            Self::Net(Value::Object(object)) => match object {
                Object::Array { items: all, .. }
                | Object::List { items: all, .. }
                | Object::Line { items: all, .. } => {
                    items.extend(all.iter().map(Self::of_net));
                }
                Object::Dictionary { map, .. } => {
                    for (key, value) in map.iter() {
                        let key = to_text(cx, key)?;
                        items.push(Self::Pair(cx.arena.alloc((key, Self::of_net(value)))?));
                    }
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        }
        cx.steps_of(items.len() as u64)?;
        Ok(Some(cx.arena.slice(&items)?))
    }

    pub(super) fn is_empty(self) -> bool {
        match self {
            Self::Nil => true,
            Self::Text(text) => text.is_empty(),
            Self::Json(token) => token.is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Values(values) => values.is_empty(),
            _ => false,
        }
    }
}

fn named_pair<'a>(pairs: &[Liq<'a>], name: &str) -> Option<Liq<'a>> {
    pairs.iter().find_map(|pair| match pair {
        Liq::Pair((key, value)) if key.eq_ignore_ascii_case(name) => Some(*value),
        _ => None,
    })
}

fn is(name: &str, lower: &str) -> bool {
    name.eq_ignore_ascii_case(lower)
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

// === XML ===

/// Children by local name: as it is written, or else in any case.
fn xml_member<'a>(
    cx: &mut Cx<'a, '_>,
    given: &Given<'a>,
    node: NodeRef<'a>,
    name: &str,
) -> Eval<'a, Liq<'a>> {
    if let Some(attribute) = name.strip_prefix('@') {
        let found = node.attributes(None).find(|it| it.name().local == attribute);
        return Ok(found.map_or(Liq::Nil, |it| Liq::Text(it.value())));
    }
    if name == "#text" {
        let text = node.value(cx.arena).map_err(|_| Stop::from(hanse_expression::arena::OutOfMemory))?;
        return Ok(Liq::Text(text));
    }
    let mut found = Vec::new();
    for is_exact in [true, false] {
        for child in node.elements(None) {
            cx.step()?;
            let local = child.name().map_or("", |name| name.local);
            let is_it = if is_exact { local == name } else { local.eq_ignore_ascii_case(name) };
            if is_it {
                found.push(of_element(cx.arena, given, child)?);
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    Ok(match found.as_slice() {
        [] => Liq::Nil,
        [only] => *only,
        found => Liq::List(cx.arena.slice(found)?),
    })
}

/// A leaf is its text; the rest is looked into.
fn of_element<'a>(arena: &'a Arena, given: &Given<'a>, element: NodeRef<'a>) -> Eval<'a, Liq<'a>> {
    let mut has_attributes = false;
    for attribute in element.attributes(None) {
        let name = attribute.name();
        if name.namespace == XSI && name.local == "nil" && matches!(attribute.value().trim(), "true" | "1") {
            return Ok(if given.nil_is_null { Liq::Nil } else { Liq::Text("") });
        }
        has_attributes |= !attribute.declares_namespace();
    }
    if has_attributes || element.nodes().any(|node| node.node_type() == NodeType::Element) {
        return Ok(Liq::Xml(element));
    }
    let text = element.value(arena).map_err(|_| Stop::from(hanse_expression::arena::OutOfMemory))?;
    Ok(Liq::Text(text))
}

// === The context ===

/// Members of the context's parts that are texts, numbers, flags or parts, in lower case.
const MEMBERS: &[(Part, &str, Member)] = &[
    (Part::Context, "api", Member::Part(Part::Api)),
    (Part::Context, "backend", Member::Part(Part::Backend)),
    (Part::Context, "deployment", Member::Part(Part::Deployment)),
    (Part::Context, "lasterror", Member::Part(Part::LastError)),
    (Part::Context, "operation", Member::Part(Part::Operation)),
    (Part::Context, "product", Member::Part(Part::Product)),
    (Part::Context, "request", Member::Part(Part::Request)),
    (Part::Context, "response", Member::Part(Part::Response)),
    (Part::Context, "subscription", Member::Part(Part::Subscription)),
    (Part::Context, "user", Member::Part(Part::User)),
    (Part::Context, "variables", Member::Part(Part::Variables)),
    (Part::Context, "workspace", Member::Part(Part::Workspace)),
    (Part::Context, "tracing", Member::Flag(Field::Tracing)),
    (Part::Api, "id", Member::Text(Field::ApiId)),
    (Part::Api, "name", Member::Text(Field::ApiName)),
    (Part::Api, "path", Member::Text(Field::ApiPath)),
    (Part::Api, "revision", Member::Text(Field::ApiRevision)),
    (Part::Api, "version", Member::Text(Field::ApiVersion)),
    (Part::Api, "iscurrentrevision", Member::Flag(Field::ApiIsCurrentRevision)),
    (Part::Api, "serviceurl", Member::Part(Part::ApiServiceUrl)),
    (Part::Api, "protocols", Member::Texts(Texts::ApiProtocols)),
    (Part::Api, "subscriptionkeyparameternames", Member::Part(Part::SubscriptionKeyParameterNames)),
    (Part::SubscriptionKeyParameterNames, "header", Member::Text(Field::ApiKeyHeader)),
    (Part::SubscriptionKeyParameterNames, "query", Member::Text(Field::ApiKeyQuery)),
    (Part::Operation, "id", Member::Text(Field::OperationId)),
    (Part::Operation, "method", Member::Text(Field::OperationMethod)),
    (Part::Operation, "name", Member::Text(Field::OperationName)),
    (Part::Operation, "urltemplate", Member::Text(Field::OperationUrlTemplate)),
    (Part::Product, "id", Member::Text(Field::ProductId)),
    (Part::Product, "name", Member::Text(Field::ProductName)),
    (Part::Product, "state", Member::Text(Field::ProductState)),
    (Part::Product, "approvalrequired", Member::Flag(Field::ProductApprovalRequired)),
    (Part::Product, "subscriptionrequired", Member::Flag(Field::ProductSubscriptionRequired)),
    (Part::Product, "subscriptionslimit", Member::Number(Field::ProductSubscriptionsLimit)),
    (Part::Product, "subscriptionlimit", Member::Number(Field::ProductSubscriptionsLimit)),
    (Part::Product, "groups", Member::Texts(Texts::ProductGroups)),
    (Part::Subscription, "id", Member::Text(Field::SubscriptionId)),
    (Part::Subscription, "name", Member::Text(Field::SubscriptionName)),
    (Part::Subscription, "key", Member::Text(Field::SubscriptionKey)),
    (Part::Subscription, "primarykey", Member::Text(Field::SubscriptionPrimaryKey)),
    (Part::Subscription, "secondarykey", Member::Text(Field::SubscriptionSecondaryKey)),
    (Part::Subscription, "createddate", Member::Date(Field::SubscriptionCreatedDate)),
    (Part::Subscription, "startdate", Member::Date(Field::SubscriptionStartDate)),
    (Part::Subscription, "enddate", Member::Date(Field::SubscriptionEndDate)),
    (Part::User, "id", Member::Text(Field::UserId)),
    (Part::User, "email", Member::Text(Field::UserEmail)),
    (Part::User, "firstname", Member::Text(Field::UserFirstName)),
    (Part::User, "lastname", Member::Text(Field::UserLastName)),
    (Part::User, "note", Member::Text(Field::UserNote)),
    (Part::User, "registrationdate", Member::Date(Field::UserRegistrationDate)),
    (Part::User, "groups", Member::Texts(Texts::UserGroups)),
    (Part::User, "identities", Member::Texts(Texts::UserIdentities)),
    (Part::Workspace, "id", Member::Text(Field::WorkspaceId)),
    (Part::Workspace, "name", Member::Text(Field::WorkspaceName)),
    (Part::Deployment, "serviceid", Member::Text(Field::DeploymentServiceId)),
    (Part::Deployment, "servicename", Member::Text(Field::DeploymentServiceName)),
    (Part::Deployment, "region", Member::Text(Field::DeploymentRegion)),
    (Part::Deployment, "gatewayid", Member::Text(Field::DeploymentGatewayId)),
    (Part::Deployment, "gateway", Member::Part(Part::Gateway)),
    (Part::Gateway, "id", Member::Text(Field::GatewayId)),
    (Part::Gateway, "instanceid", Member::Text(Field::GatewayInstanceId)),
    (Part::Gateway, "ismanaged", Member::Flag(Field::GatewayIsManaged)),
    (Part::Backend, "id", Member::Text(Field::BackendId)),
    (Part::Backend, "type", Member::Text(Field::BackendType)),
    (Part::Request, "headers", Member::Part(Part::RequestHeaders)),
    (Part::Request, "ipaddress", Member::Text(Field::RequestIpAddress)),
    (Part::Request, "matchedparameters", Member::Part(Part::MatchedParameters)),
    (Part::Request, "method", Member::Text(Field::RequestMethod)),
    (Part::Request, "originalurl", Member::Part(Part::OriginalUrl)),
    (Part::Request, "url", Member::Part(Part::RequestUrl)),
    (Part::Request, "hasbody", Member::Has(Part::RequestBody)),
    (Part::Response, "headers", Member::Part(Part::ResponseHeaders)),
    (Part::Response, "method", Member::Text(Field::RequestMethod)),
    (Part::Response, "statuscode", Member::Number(Field::StatusCode)),
    (Part::Response, "statusreason", Member::Text(Field::StatusReason)),
    (Part::LastError, "source", Member::Text(Field::ErrorSource)),
    (Part::LastError, "reason", Member::Text(Field::ErrorReason)),
    (Part::LastError, "message", Member::Text(Field::ErrorMessage)),
    (Part::LastError, "scope", Member::Text(Field::ErrorScope)),
    (Part::LastError, "section", Member::Text(Field::ErrorSection)),
    (Part::LastError, "path", Member::Text(Field::ErrorPath)),
    (Part::LastError, "policyid", Member::Text(Field::ErrorPolicyId)),
    (Part::LastError, "httperrorcode", Member::Number(Field::ErrorHttpCode)),
];

#[derive(Debug, Clone, Copy)]
enum Member {
    Part(Part),
    Has(Part),
    Text(Field),
    Number(Field),
    Flag(Field),
    Date(Field),
    Texts(Texts),
}

fn url_of(part: Part) -> Option<(UrlOf, Option<Part>)> {
    match part {
        Part::RequestUrl => Some((UrlOf::Request, Some(Part::RequestQuery))),
        Part::OriginalUrl => Some((UrlOf::Original, Some(Part::OriginalQuery))),
        Part::ApiServiceUrl => Some((UrlOf::Service, None)),
        _ => None,
    }
}

fn text<'a>(cx: &mut Cx<'a, '_>, field: Field) -> Eval<'a, Liq<'a>> {
    Ok(match cx.host.text(field) {
        Some(text) => Liq::Text(cx.arena.text(&text)?),
        None => Liq::Nil,
    })
}

fn part_member<'a>(cx: &mut Cx<'a, '_>, part: Part, name: &str) -> Eval<'a, Liq<'a>> {
    if let Some((of, query)) = url_of(part) {
        let field = match name.to_ascii_lowercase().as_str() {
            "scheme" => UrlField::Scheme,
            "host" => UrlField::Host,
            "port" => {
                let port = cx.host.number(Field::Url(of, UrlField::Port));
                return Ok(port.map_or(Liq::Nil, Liq::Int));
            }
            "path" => UrlField::Path,
            "querystring" => UrlField::QueryString,
            "query" => return Ok(query.map_or(Liq::Nil, Liq::Part)),
            "touri" | "tostring" => return part_text(cx, part).map(Liq::Text),
            _ => return Ok(Liq::Nil),
        };
        return text(cx, Field::Url(of, field));
    }
    match part {
        Part::RequestHeaders | Part::ResponseHeaders | Part::RequestQuery | Part::OriginalQuery => {
            let mut values = Vec::new();
            let is_there = cx.host.look_up(part, name, &mut |value| values.push(value.to_owned()));
            return if is_there { kept(cx, &values) } else { Ok(Liq::Nil) };
        }
        Part::MatchedParameters => {
            let mut found = None;
            cx.host.look_up(part, name, &mut |value| found = Some(value.to_owned()));
            return Ok(match found {
                Some(value) => Liq::Text(cx.arena.text(&value)?),
                None => Liq::Nil,
            });
        }
        Part::Variables => return Ok(cx.host.variable(name).map_or(Liq::Nil, Liq::of_net)),
        _ => {}
    }
    if part == Part::Context && is(name, "requestid") {
        let id = u128::from_be_bytes(cx.host.request_id());
        return Ok(Liq::Text(cx.arena.text(&crate::context::RequestId(id).to_string())?));
    }
    if part == Part::Context && is(name, "timestamp") {
        return Ok(date(cx.host.timestamp()));
    }
    let found = MEMBERS.iter().find(|(of, known, _)| *of == part && is(name, known));
    let Some((_, _, member)) = found else { return Ok(Liq::Nil) };
    Ok(match *member {
        Member::Part(part) if cx.host.has(part) => Liq::Part(part),
        Member::Part(_) => Liq::Nil,
        Member::Has(part) => Liq::Bool(cx.host.has(part)),
        Member::Text(field) => return text(cx, field),
        Member::Number(field) => cx.host.number(field).map_or(Liq::Nil, Liq::Int),
        Member::Flag(field) => cx.host.number(field).map_or(Liq::Nil, |is| Liq::Bool(is != 0)),
        Member::Date(field) => cx.host.number(field).map_or(Liq::Nil, date),
        Member::Texts(texts) => {
            let mut pairs = Vec::new();
            cx.host.texts(texts, &mut |first, second| pairs.push((first.to_owned(), second.to_owned())));
            let mut items = Vec::with_capacity(pairs.len());
            for (id, other) in &pairs {
                let id = cx.arena.text(id)?;
                items.push(match texts {
                    Texts::ApiProtocols => Liq::Text(id),
                    _ => {
                        let other = Liq::Text(cx.arena.text(other)?);
                        let named = if texts == Texts::UserIdentities { "Provider" } else { "Name" };
                        let pair = [("Id", Liq::Text(id)), (named, other)];
                        let mut members = Vec::with_capacity(2);
                        for pair in pair {
                            members.push(Liq::Pair(cx.arena.alloc(pair)?));
                        }
                        Liq::List(cx.arena.slice(&members)?)
                    }
                });
            }
            Liq::List(cx.arena.slice(&items)?)
        }
    })
}

fn date<'a>(ticks: i64) -> Liq<'a> {
    let kind = hanse_expression::clr::datetime::DateTimeKind::Utc;
    DateTime::from_ticks(ticks, kind).map_or(Liq::Nil, Liq::Date)
}

fn kept<'a>(cx: &mut Cx<'a, '_>, values: &[String]) -> Eval<'a, Liq<'a>> {
    let mut texts = Vec::with_capacity(values.len());
    for value in values {
        texts.push(cx.arena.text(value)?);
    }
    Ok(Liq::Values(cx.arena.slice(&texts)?))
}

fn part_items<'a>(cx: &mut Cx<'a, '_>, part: Part) -> Eval<'a, Option<&'a [Liq<'a>]>> {
    let is_map = matches!(
        part,
        Part::RequestHeaders
            | Part::ResponseHeaders
            | Part::RequestQuery
            | Part::OriginalQuery
            | Part::MatchedParameters
            | Part::Variables
    );
    if !is_map {
        return Ok(None);
    }
    let mut names = Vec::new();
    cx.host.names(part, &mut |name| names.push(name.to_owned()));
    let mut items = Vec::with_capacity(names.len());
    for name in &names {
        cx.step()?;
        let value = part_member(cx, part, name)?;
        items.push(Liq::Pair(cx.arena.alloc((cx.arena.text(name)?, value))?));
    }
    Ok(Some(cx.arena.slice(&items)?))
}

/// A URL whole; nothing else below the context is a text.
fn part_text<'a>(cx: &mut Cx<'a, '_>, part: Part) -> Eval<'a, &'a str> {
    let Some((of, _)) = url_of(part) else { return Ok("") };
    let get = |field| cx.host.text(Field::Url(of, field)).unwrap_or_default();
    let (scheme, host, port) = (get(UrlField::Scheme), get(UrlField::Host), get(UrlField::Port));
    let is_default = matches!((&*scheme, &*port), ("http", "80") | ("https", "443"));
    let port = if is_default || port.is_empty() { String::new() } else { format!(":{port}") };
    let url = format!("{scheme}://{host}{port}{}{}", get(UrlField::Path), get(UrlField::QueryString));
    Ok(cx.arena.text(&url)?)
}
