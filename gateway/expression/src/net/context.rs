//! `context` and everything below it: the interfaces of `Microsoft.Azure.ApiManagement.Expressions`.

use std::sync::LazyLock;

use crate::clr::datetime::{DateTime, DateTimeKind};
use crate::clr::timespan::TimeSpan;
use crate::context::{Field, Part, Texts, UrlField, UrlOf};
use crate::run::cx::string_ty;
use crate::run::{Args, Cx, Eval, Object, Value};
use crate::types::catalogue::{Builder, TypeBuilder};
use crate::types::{Known, Ty, catalogue};

const APIM: &str = "Microsoft.Azure.ApiManagement.Expressions";

fn part<'a>(cx: &mut Cx<'a, '_>, part: Part) -> Eval<'a> {
    Ok(if cx.host.has(part) { Value::Part(part) } else { Value::Null })
}

fn text<'a>(cx: &mut Cx<'a, '_>, field: Field) -> Eval<'a> {
    match cx.host.text(field) {
        Some(text) => {
            let text = cx.arena.text(&text)?;
            Ok(Value::Str(text))
        }
        None => Ok(Value::Null),
    }
}

fn flag<'a>(cx: &mut Cx<'a, '_>, field: Field) -> Eval<'a> {
    Ok(Value::Bool(cx.host.number(field).is_some_and(|it| it != 0)))
}

fn int<'a>(cx: &mut Cx<'a, '_>, field: Field) -> Eval<'a> {
    Ok(Value::Int(cx.host.number(field).and_then(|it| i32::try_from(it).ok()).unwrap_or_default()))
}

fn optional_int<'a>(cx: &mut Cx<'a, '_>, field: Field) -> Eval<'a> {
    Ok(cx.host.number(field).and_then(|it| i32::try_from(it).ok()).map_or(Value::Null, Value::Int))
}

fn date(ticks: i64) -> DateTime {
    DateTime::from_ticks(ticks, DateTimeKind::Utc).unwrap_or(DateTime::MIN)
}

fn when<'a>(cx: &mut Cx<'a, '_>, field: Field) -> Eval<'a> {
    Ok(cx.host.number(field).map_or(Value::Null, |ticks| Value::DateTime(date(ticks))))
}

/// JSON that the host has as text.
fn json<'a>(cx: &mut Cx<'a, '_>, field: Field) -> Eval<'a> {
    match text(cx, field)? {
        Value::Str(text) => {
            static ANY: LazyLock<Ty> = LazyLock::new(|| Ty::known(Known::JToken));
            super::json::parse_body(cx, text, &ANY)
        }
        other => Ok(other),
    }
}

/// A value of one of APIM's enumerations, by name.
fn named<'a>(cx: &mut Cx<'a, '_>, ty: &str, field: Field) -> Eval<'a> {
    let Some(id) = catalogue().find(ty, 0) else { return Ok(Value::Null) };
    let name = cx.host.text(field);
    let found =
        name.and_then(|name| catalogue().get(id).values.iter().find(|it| it.0 == name).map(|it| it.1));
    Ok(Value::Enum(id, found.unwrap_or_default()))
}

/// The value of a name in a dictionary below `context`.
pub(crate) fn entry<'a>(cx: &mut Cx<'a, '_>, part: Part, name: &str) -> Eval<'a, Option<Value<'a>>> {
    match part {
        Part::Variables => Ok(cx.host.variable(name)),
        Part::MatchedParameters => {
            let mut found: Option<String> = None;
            cx.host.look_up(part, name, &mut |value| found = Some(value.to_owned()));
            found.map(|text| cx.str(&text)).transpose()
        }
        Part::Certificates => {
            super::objects::certificate(cx, crate::context::CertificateOf::Deployment(name))
                .map(|it| (!it.is_null()).then_some(it))
        }
        _ => {
            let mut values: Vec<String> = Vec::new();
            if !cx.host.look_up(part, name, &mut |value| values.push(value.to_owned())) {
                return Ok(None);
            }
            cx.strings(values.iter().map(String::as_str)).map(Some)
        }
    }
}

/// All values of a name, joined with commas.
pub(crate) fn joined<'a>(cx: &mut Cx<'a, '_>, part: Part, name: &str) -> Eval<'a, Option<&'a str>> {
    let arena = cx.arena;
    let mut all: Option<Eval<'a, &'a str>> = None;
    let is_there = cx.host.look_up(part, name, &mut |value| {
        all = Some(match all.take() {
            None => arena.text(value).map_err(Into::into),
            Some(Ok(before)) => arena.concat(&[before, ",", value]).map_err(Into::into),
            Some(stop) => stop,
        });
    });
    match all {
        Some(all) => all.map(Some),
        None => Ok(is_there.then_some("")),
    }
}

/// A URL as it is written.
pub(crate) fn url_text(cx: &Cx<'_, '_>, part: Part) -> String {
    let of = match part {
        Part::OriginalUrl => UrlOf::Original,
        Part::ApiServiceUrl => UrlOf::Service,
        _ => UrlOf::Request,
    };
    let field = |field| cx.host.text(Field::Url(of, field)).unwrap_or_default();
    let scheme = field(UrlField::Scheme);
    let port = cx.host.number(Field::Url(of, UrlField::Port)).unwrap_or_default();
    let default = if scheme == "https" { 443 } else { 80 };
    let port = if port == 0 || port == default { String::new() } else { format!(":{port}") };
    let path = field(UrlField::Path);
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("{scheme}://{}{port}{slash}{path}{}", field(UrlField::Host), field(UrlField::QueryString))
}

fn pairs<'a>(cx: &mut Cx<'a, '_>, texts: Texts, ty: &str) -> Eval<'a> {
    let mut found: Vec<(String, String)> = Vec::new();
    cx.host.texts(texts, &mut |one, two| found.push((one.to_owned(), two.to_owned())));
    let ty = catalogue().find(ty, 0).map_or_else(Ty::object, |id| Ty::Named(id, [].into()));
    let ty = cx.keep_ty(ty);
    let mut items = Vec::new();
    for (one, two) in found {
        let fields = cx.arena.cells(2, Value::Null)?;
        fields[0].set(cx.str(&one)?);
        fields[1].set(cx.str(&two)?);
        items.push(cx.new_object(Object::Record { ty, fields })?);
    }
    cx.array(ty, &items)
}

fn field(a: Args<'_, '_>, at: usize) -> Option<usize> {
    matches!(a.object(0), Some(Object::Record { .. })).then_some(at)
}

fn record<'a>(a: Args<'_, 'a>, at: usize) -> Value<'a> {
    match (a.object(0), field(a, at)) {
        (Some(Object::Record { fields, .. }), Some(at)) => {
            fields.get(at).map_or(Value::Null, std::cell::Cell::get)
        }
        _ => Value::Null,
    }
}

macro_rules! members {
    ($t:ident, $($text:literal $read:ident $field:expr,)*) => {
        $($t.add($text, |cx, _| $read(cx, $field));)*
    };
}

pub(crate) fn define(c: &mut Builder) {
    c.enumeration(APIM, "ProductState", &[("NotPublished", 0), ("Published", 1)]);
    c.enumeration(APIM, "BackendType", &[("Single", 0), ("Pool", 1)]);
    c.enumeration(
        APIM,
        "CarbonIntensityCategory",
        &[("NotAvailable", 0), ("VeryLow", 1), ("Low", 2), ("Medium", 3), ("High", 4), ("VeryHigh", 5)],
    );
    c.define(APIM, "interface IContext", |t| {
        members! { t,
            "IApi Api { get; }" part Part::Api,
            "IBackend Backend { get; }" part Part::Backend,
            "IDeployment Deployment { get; }" part Part::Deployment,
            "IGraphQL GraphQL { get; }" part Part::GraphQl,
            "ILastError LastError { get; }" part Part::LastError,
            "IOperation Operation { get; }" part Part::Operation,
            "IProduct Product { get; }" part Part::Product,
            "IRequest Request { get; }" part Part::Request,
            "IResponse Response { get; }" part Part::Response,
            "ISubscription Subscription { get; }" part Part::Subscription,
            "IUser User { get; }" part Part::User,
            "IWorkspace Workspace { get; }" part Part::Workspace,
            "bool Tracing { get; }" flag Field::Tracing,
        }
        t.add("IReadOnlyDictionary<string, object> Variables { get; }", |_, _| {
            Ok(Value::Part(Part::Variables))
        })
        .add("Guid RequestId { get; }", |cx, _| Ok(Value::Guid(cx.host.request_id())))
        .add("DateTime Timestamp { get; }", |cx, _| Ok(Value::DateTime(date(cx.host.timestamp()))))
        .add("TimeSpan Elapsed { get; }", |cx, _| {
            let ticks = cx.host.now().saturating_sub(cx.host.timestamp());
            Ok(Value::TimeSpan(TimeSpan::from_ticks(ticks)))
        })
        .add("void Trace(string message)", |cx, a| {
            cx.host.trace(a.opt_str(1).unwrap_or_default());
            Ok(Value::Null)
        });
    });
    c.define(APIM, "interface IApi", |t| {
        members! { t,
            "string Id { get; }" text Field::ApiId,
            "string Name { get; }" text Field::ApiName,
            "string Path { get; }" text Field::ApiPath,
            "string Revision { get; }" text Field::ApiRevision,
            "string Version { get; }" text Field::ApiVersion,
            "bool IsCurrentRevision { get; }" flag Field::ApiIsCurrentRevision,
            "IUrl ServiceUrl { get; }" part Part::ApiServiceUrl,
            "ISubscriptionKeyParameterNames SubscriptionKeyParameterNames { get; }" part Part::SubscriptionKeyParameterNames,
        }
        t.add("IEnumerable<string> Protocols { get; }", |cx, _| {
            let mut found: Vec<String> = Vec::new();
            cx.host.texts(Texts::ApiProtocols, &mut |protocol, _| found.push(protocol.to_owned()));
            cx.strings(found.iter().map(String::as_str))
        });
    });
    c.define(APIM, "interface ISubscriptionKeyParameterNames", |t| {
        members! { t,
            "string Header { get; }" text Field::ApiKeyHeader,
            "string Query { get; }" text Field::ApiKeyQuery,
        }
    });
    c.define(APIM, "interface IOperation", |t| {
        members! { t,
            "string Id { get; }" text Field::OperationId,
            "string Method { get; }" text Field::OperationMethod,
            "string Name { get; }" text Field::OperationName,
            "string UrlTemplate { get; }" text Field::OperationUrlTemplate,
        }
    });
    c.define(APIM, "interface IProduct", |t| {
        members! { t,
            "string Id { get; }" text Field::ProductId,
            "string Name { get; }" text Field::ProductName,
            "bool ApprovalRequired { get; }" flag Field::ProductApprovalRequired,
            "bool SubscriptionRequired { get; }" flag Field::ProductSubscriptionRequired,
            "int? SubscriptionsLimit { get; }" optional_int Field::ProductSubscriptionsLimit,
            "int? SubscriptionLimit { get; }" optional_int Field::ProductSubscriptionsLimit,
        }
        t.add("ProductState State { get; }", |cx, _| named(cx, "ProductState", Field::ProductState))
            .add("IEnumerable<IGroup> Groups { get; }", |cx, _| pairs(cx, Texts::ProductGroups, "IGroup"))
            .add("IEnumerable<IApi> Apis { get; }", |cx, _| {
                let ty = cx.keep_ty(Part::Api.ty());
                cx.array(ty, &[Value::Part(Part::Api)])
            });
    });
    c.define(APIM, "interface ISubscription", |t| {
        members! { t,
            "string Id { get; }" text Field::SubscriptionId,
            "string Name { get; }" text Field::SubscriptionName,
            "string Key { get; }" text Field::SubscriptionKey,
            "string PrimaryKey { get; }" text Field::SubscriptionPrimaryKey,
            "string SecondaryKey { get; }" text Field::SubscriptionSecondaryKey,
            "DateTime CreatedDate { get; }" when Field::SubscriptionCreatedDate,
            "DateTime? StartDate { get; }" when Field::SubscriptionStartDate,
            "DateTime? EndDate { get; }" when Field::SubscriptionEndDate,
        }
    });
    c.define(APIM, "interface IUser", |t| {
        members! { t,
            "string Id { get; }" text Field::UserId,
            "string Email { get; }" text Field::UserEmail,
            "string FirstName { get; }" text Field::UserFirstName,
            "string LastName { get; }" text Field::UserLastName,
            "string Note { get; }" text Field::UserNote,
            "DateTime RegistrationDate { get; }" when Field::UserRegistrationDate,
        }
        // APIM has neither this nor `Groups.Contains(name)` below; other tools' examples do.
        t.add("string Name { get; }", |cx, _| {
            let names = [Field::UserFirstName, Field::UserLastName]
                .map(|field| cx.host.text(field).unwrap_or_default());
            let name = format!("{} {}", names[0], names[1]);
            cx.str(name.trim())
        })
        .add("IEnumerable<IGroup> Groups { get; }", |cx, _| pairs(cx, Texts::UserGroups, "IGroup"))
        .add("IEnumerable<IUserIdentity> Identities { get; }", |cx, _| {
            pairs(cx, Texts::UserIdentities, "IUserIdentity")
        });
    });
    c.define(APIM, "interface IGroup", |t| {
        t.add("string Id { get; }", |_, a| Ok(record(a, 0)))
            .add("string Name { get; }", |_, a| Ok(record(a, 1)));
    });
    c.define(APIM, "interface IUserIdentity", |t| {
        t.add("string Id { get; }", |_, a| Ok(record(a, 0)))
            .add("string Provider { get; }", |_, a| Ok(record(a, 1)));
    });
    c.define(APIM, "interface IWorkspace", |t| {
        members! { t,
            "string Id { get; }" text Field::WorkspaceId,
            "string Name { get; }" text Field::WorkspaceName,
        }
    });
    deployment(c);
    messages(c);
    c.define(APIM, "interface ILastError", |t| {
        members! { t,
            "string Source { get; }" text Field::ErrorSource,
            "string Reason { get; }" text Field::ErrorReason,
            "string Message { get; }" text Field::ErrorMessage,
            "string Scope { get; }" text Field::ErrorScope,
            "string Section { get; }" text Field::ErrorSection,
            "string Path { get; }" text Field::ErrorPath,
            "string PolicyId { get; }" text Field::ErrorPolicyId,
            "int HttpErrorCode { get; }" int Field::ErrorHttpCode,
        }
    });
    extensions(c);
}

fn deployment(c: &mut Builder) {
    c.define(APIM, "interface IDeployment", |t| {
        members! { t,
            "string ServiceId { get; }" text Field::DeploymentServiceId,
            "string ServiceName { get; }" text Field::DeploymentServiceName,
            "string Region { get; }" text Field::DeploymentRegion,
            "string GatewayId { get; }" text Field::DeploymentGatewayId,
            "IGateway Gateway { get; }" part Part::Gateway,
            "ISustainabilityInfo SustainabilityInfo { get; }" part Part::SustainabilityInfo,
        }
        t.add("IReadOnlyDictionary<string, X509Certificate2> Certificates { get; }", |_, _| {
            Ok(Value::Part(Part::Certificates))
        });
    });
    c.define(APIM, "interface IGateway", |t| {
        members! { t,
            "string Id { get; }" text Field::GatewayId,
            "string InstanceId { get; }" text Field::GatewayInstanceId,
            "bool IsManaged { get; }" flag Field::GatewayIsManaged,
        }
    });
    c.define(APIM, "interface ISustainabilityInfo", |t| {
        t.add("CarbonIntensityCategory CurrentCarbonIntensity { get; }", |_, _| {
            let id = catalogue().find("CarbonIntensityCategory", 0);
            Ok(id.map_or(Value::Null, |id| Value::Enum(id, 0)))
        });
    });
    c.define(APIM, "interface IBackend", |t| {
        members! { t,
            "string Id { get; }" text Field::BackendId,
            "string AzureRegion { get; }" text Field::BackendAzureRegion,
        }
        t.add("BackendType Type { get; }", |cx, _| named(cx, "BackendType", Field::BackendType));
    });
}

/// Which URL a member is asked of.
fn url_of(value: Value<'_>) -> UrlOf {
    match value {
        Value::Part(Part::OriginalUrl) => UrlOf::Original,
        Value::Part(Part::ApiServiceUrl) => UrlOf::Service,
        _ => UrlOf::Request,
    }
}

fn messages(c: &mut Builder) {
    c.define(APIM, "interface IRequest", |t| {
        members! { t,
            "IMessageBody Body { get; }" part Part::RequestBody,
            "IUrl Url { get; }" part Part::RequestUrl,
            "IUrl OriginalUrl { get; }" part Part::OriginalUrl,
            "string IpAddress { get; }" text Field::RequestIpAddress,
            "string Method { get; }" text Field::RequestMethod,
            "IPrivateEndpointConnection PrivateEndpointConnection { get; }" part Part::PrivateEndpointConnection,
            "IFoundry Foundry { get; }" part Part::Foundry,
        }
        t.add("IReadOnlyDictionary<string, string[]> Headers { get; }", |_, _| Ok(Value::Part(Part::RequestHeaders)))
            .add("IReadOnlyDictionary<string, string> MatchedParameters { get; }", |_, _| {
                Ok(Value::Part(Part::MatchedParameters))
            })
            .add("X509Certificate2 Certificate { get; }", |cx, _| {
                super::objects::certificate(cx, crate::context::CertificateOf::Client)
            })
            .add("object AzureVnetInfo { get; }", |_, _| Ok(Value::Null));
    });
    c.define(APIM, "interface IPrivateEndpointConnection", |t| {
        members! { t,
            "string Name { get; }" text Field::PrivateEndpointName,
            "string GroupId { get; }" text Field::PrivateEndpointGroupId,
            "string MemberName { get; }" text Field::PrivateEndpointMemberName,
        }
    });
    c.define(APIM, "interface IGraphQL", |t| {
        t.add("JObject Arguments { get; }", |cx, _| json(cx, Field::GraphQlArguments))
            .add("JObject GraphQLArguments { get; }", |cx, _| json(cx, Field::GraphQlArguments))
            .add("JToken Parent { get; }", |cx, _| json(cx, Field::GraphQlParent));
    });
    c.define(APIM, "interface IFoundry", |t| {
        members! { t, "string Deployment { get; }" text Field::FoundryDeployment, }
    });
    c.define(APIM, "interface IUrl", |t| {
        let get = |t: &mut TypeBuilder<'_>| {
            t.add("string Scheme { get; }", |cx, a| {
                text(cx, Field::Url(url_of(a.value(0)), UrlField::Scheme))
            })
            .add("string Host { get; }", |cx, a| text(cx, Field::Url(url_of(a.value(0)), UrlField::Host)))
            .add("string Path { get; }", |cx, a| text(cx, Field::Url(url_of(a.value(0)), UrlField::Path)))
            .add("string QueryString { get; }", |cx, a| {
                text(cx, Field::Url(url_of(a.value(0)), UrlField::QueryString))
            })
            .add("int Port { get; }", |cx, a| int(cx, Field::Url(url_of(a.value(0)), UrlField::Port)));
        };
        get(t);
        t.add("IReadOnlyDictionary<string, string[]> Query { get; }", |_, a| {
            Ok(Value::Part(match url_of(a.value(0)) {
                UrlOf::Original => Part::OriginalQuery,
                _ => Part::RequestQuery,
            }))
        });
    });
    c.define(APIM, "interface IResponse", |t| {
        t.add("int StatusCode { get; }", |cx, a| match a.object(0) {
            Some(Object::Response(response)) => Ok(Value::Int(response.status)),
            _ => int(cx, Field::StatusCode),
        })
        .add("string StatusReason { get; }", |cx, a| match a.object(0) {
            Some(Object::Response(response)) => Ok(Value::Str(response.reason)),
            _ => text(cx, Field::StatusReason),
        })
        .add("IReadOnlyDictionary<string, string[]> Headers { get; }", |cx, a| match a.object(0) {
            Some(Object::Response(response)) => super::bodies::headers(cx, response),
            _ => Ok(Value::Part(Part::ResponseHeaders)),
        })
        .add("IMessageBody Body { get; }", |cx, a| match a.object(0) {
            Some(Object::Response(response)) => super::bodies::held(cx, response),
            _ => part(cx, Part::ResponseBody),
        });
    });
}

/// `GetValueOrDefault` of texts: all values of the name, joined.
fn joined_or<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, otherwise: Value<'a>) -> Eval<'a> {
    let name = a.str(cx, 1, "key")?;
    if let Value::Part(part) = a.value(0) {
        return joined(cx, part, name).map(|found| found.map_or(otherwise, Value::Str));
    }
    match super::dictionaries::look_up(cx, a.value(0), a.value(1))? {
        Some(values) if values.is_null() => Ok(Value::Null),
        Some(values) => {
            let items = cx.collect(values)?;
            let texts: Vec<&str> =
                items.iter().map(|item| if let Value::Str(text) = item { *text } else { "" }).collect();
            cx.str(&texts.join(","))
        }
        None => Ok(otherwise),
    }
}

fn variable<'a>(cx: &mut Cx<'a, '_>, a: Args<'_, 'a>, otherwise: Value<'a>) -> Eval<'a> {
    let found = super::dictionaries::look_up(cx, a.value(0), a.value(1))?;
    match found {
        Some(value) => cx.cast(value, a.ty(0)),
        None => Ok(otherwise),
    }
}

fn extensions(c: &mut Builder) {
    c.define(APIM, "static class ContextExtensions", |t| {
        t.add("static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key)", |cx, a| {
            joined_or(cx, a, Value::Null)
        })
        .add("static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key, string defaultValue)", |cx, a| {
            joined_or(cx, a, a.value(2))
        })
        .add("static string GetValueOrDefault(this IReadOnlyDictionary<string, string> dictionary, string key)", |cx, a| {
            Ok(super::dictionaries::look_up(cx, a.value(0), a.value(1))?.unwrap_or(Value::Null))
        })
        .add("static string GetValueOrDefault(this IReadOnlyDictionary<string, string> dictionary, string key, string defaultValue)", |cx, a| {
            Ok(super::dictionaries::look_up(cx, a.value(0), a.value(1))?.unwrap_or(a.value(2)))
        })
        .add("static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key)", |cx, a| {
            let otherwise = cx.default_of(a.ty(0));
            variable(cx, a, otherwise)
        })
        .add("static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key, T defaultValue)", |cx, a| {
            variable(cx, a, a.value(2))
        })
        .add("static object GetValueOrDefault(this IReadOnlyDictionary<string, object> dictionary, string key)", |cx, a| {
            Ok(super::dictionaries::look_up(cx, a.value(0), a.value(1))?.unwrap_or(Value::Null))
        });
    });
    c.define(APIM, "static class GroupExtensions", |t| {
        t.add("static bool Contains(this IEnumerable<IGroup> groups, string name)", |cx, a| {
            let groups = cx.collect(a.value(0))?;
            let is_named = groups.iter().filter_map(|group| group.object()).any(|group| match group {
                Object::Record { fields, .. } => {
                    fields.iter().any(|field| crate::run::equality::equals(field.get(), a.value(1)))
                }
                _ => false,
            });
            Ok(Value::Bool(is_named))
        });
    });
    // Newer .NET has it for every dictionary.
    c.define("System.Collections.Generic", "static class CollectionExtensions", |t| {
        t.add("static TValue GetValueOrDefault<TKey, TValue>(this IReadOnlyDictionary<TKey, TValue> dictionary, TKey key)", |cx, a| {
            let otherwise = cx.default_of(a.ty(1));
            Ok(super::dictionaries::look_up(cx, a.value(0), a.value(1))?.unwrap_or(otherwise))
        })
        .add("static TValue GetValueOrDefault<TKey, TValue>(this IReadOnlyDictionary<TKey, TValue> dictionary, TKey key, TValue defaultValue)", |cx, a| {
            Ok(super::dictionaries::look_up(cx, a.value(0), a.value(1))?.unwrap_or(a.value(2)))
        });
    });
}

/// The dictionary type of headers.
pub(crate) fn headers_ty() -> &'static Ty {
    static TY: LazyLock<Ty> =
        LazyLock::new(|| Ty::generic(Known::Dictionary, [Ty::string(), Ty::array(string_ty().clone())]));
    &TY
}
