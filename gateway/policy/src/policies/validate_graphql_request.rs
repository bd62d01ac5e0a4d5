//! `validate-graphql-request`: holds a GraphQL query against its schema, its size and rules of access.

use bytes::Bytes;
use hanse_expression::json::read::{ReadSettings, parse_token};
use hanse_expression::run::Value as Net;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use crate::charset;
use crate::check::Checker;
use crate::context::{Body, ResponseMessage};
use crate::env::{Env, Halt, Ran};
use crate::fault::Fault;
use crate::graphql;
use crate::kind::Kind;
use crate::policies::json_to_xml::media_type;
use crate::policies::{Policy, validate_content};
use crate::query;
use crate::run::Flow;
use crate::schema::{
    ChildSpec, ElementSpec, INBOUND, NOT_OPERATION, Once, PolicySpec, Release, attribute, shown,
};
use crate::setting::{Number, Setting, Text};
use crate::tree::Element;

/// Longest query, in bytes.
const SIZE_BYTES_MAX: i64 = 102_400;
/// Most rules.
const RULES_MAX: usize = 100;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    scopes: NOT_OPERATION,
    once: Once::PerSection,
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::ValidateGraphqlRequest)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                validate_content::ERROR_VARIABLE.expression(),
                attribute("max-size", Kind::Integer { min: 0, max: SIZE_BYTES_MAX }).required().expression(),
                attribute("max-depth", Kind::COUNT).or("6").expression(),
                attribute("max-total-depth", Kind::COUNT).expression().not_run("use max-depth"),
                attribute("max-complexity", Kind::COUNT).expression().not_run("use max-size and max-depth"),
            ],
            children: &[ChildSpec::maybe(&AUTHORIZE)],
            ..ElementSpec::named("validate-graphql-request")
        },
        "Holds a GraphQL query against its schema, its size and rules of access.",
    )
};

static AUTHORIZE: ElementSpec =
    ElementSpec::list("authorize", &[ChildSpec { max: RULES_MAX, ..ChildSpec::any(&RULE) }]);
static RULE: ElementSpec = ElementSpec {
    attributes: &[
        attribute("path", Kind::Filled).required().expression(),
        attribute("action", Kind::OneOf(&["allow", "remove", "reject", "ignore"])).or("allow").expression(),
    ],
    ..ElementSpec::named("rule")
};

/// The variable that always has the errors.
const VARIABLE: &str = "GraphQLErrors";

fn check(element: &Element, checker: &mut Checker<'_>) {
    for rule in element.elements_named("authorize").flat_map(|list| list.elements_named("rule")) {
        if let Some(action) = rule.attribute("action")
            && action.value.literal().is_some_and(|it| it.trim() == "remove")
        {
            let message = "fields are not removed from queries by this release yet";
            checker.not_run(action.value.span, message).hint("reject the query");
        }
        if let Some(path) = rule.attribute("path")
            && path.value.literal().is_some_and(|it| Path::parse(it).is_none())
        {
            let message = "path is not `/Type/field`, `/Type/*` or `/__*`";
            checker.error(path.value.span, "attribute-value", message);
        }
    }
}

fn compile(element: &Element) -> Option<ValidateGraphqlRequest> {
    let mut rules = Vec::new();
    for rule in element.child("authorize").into_iter().flat_map(|list| list.elements_named("rule")) {
        let action = rule.text_setting("action")?.unwrap_or(Setting::Fixed("allow".into()));
        rules.push((rule.required_text("path")?, action));
    }
    Some(ValidateGraphqlRequest {
        variable: element.text_setting("error-variable-name")?,
        size_max: element.required_number("max-size")?,
        depth_max: element.number_setting("max-depth")?.unwrap_or(Setting::Fixed(DEPTH_DEFAULT)),
        rules: rules.into(),
    })
}

/// How deep a query may be where the document does not say.
const DEPTH_DEFAULT: i64 = 6;

#[derive(Debug)]
pub(crate) struct ValidateGraphqlRequest {
    variable: Option<Text>,
    size_max: Number,
    depth_max: Number,
    rules: Box<[(Text, Text)]>,
}

/// What a rule is for; the narrower is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Path<'t> {
    /// `/__*`: introspection.
    Introspection,
    /// `/Type/*`
    Type(&'t str),
    /// `/Type/field`
    Field(&'t str, &'t str),
}

impl<'t> Path<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let path = text.trim().strip_prefix('/')?;
        if path == "__*" {
            return Some(Self::Introspection);
        }
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        };
        match path.split_once('/')? {
            (ty, "*") if is_name(ty) => Some(Self::Type(ty)),
            (ty, field) if is_name(ty) && is_name(field) => Some(Self::Field(ty, field)),
            _ => None,
        }
    }

    fn is_for(self, ty: &str, field: &str) -> bool {
        match self {
            // Every client asks for `__typename`; it tells nothing of the schema.
            Self::Introspection => ty.starts_with("__") || (field.starts_with("__") && field != "__typename"),
            Self::Type(own) => own == ty,
            Self::Field(own, name) => own == ty && name == field,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Allow,
    Reject,
    Ignore,
}

/// What a request says, as far as it is of interest.
enum Sent {
    Query(String),
    Wrong(String),
}

impl ValidateGraphqlRequest {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let variable = match &self.variable {
            Some(name) => Some(env.text_or_empty(name)?).filter(|name| !name.is_empty()),
            None => None,
        };
        let size_max = env.number_within(&self.size_max, "max-size", 0, SIZE_BYTES_MAX)?.unsigned_abs();
        let depth_max = env.number_within(&self.depth_max, "max-depth", 0, i32::MAX.into())?.unsigned_abs();
        let rules = self.rules(env)?;
        let Some(schema) = env.context.facts.api.and_then(|api| api.graphql.as_deref()) else {
            return Err(env.internal("The API has no GraphQL schema to hold requests against."));
        };
        let errors = match sent(env, size_max)? {
            Sent::Wrong(message) => vec![graphql::error(message)],
            Sent::Query(text) => match schema.read(&text) {
                Err(errors) => errors,
                Ok(query) => {
                    let checked = query.each_field(&mut |ty, field, depth| {
                        if depth as u64 > depth_max {
                            return Err(graphql::error(format!(
                                "The query is nested more than {depth_max} deep."
                            )));
                        }
                        match is_allowed(&rules, ty, field) {
                            true => Ok(()),
                            false => Err(graphql::error(format!(
                                "Access to the field '{field}' of type '{ty}' is denied."
                            ))),
                        }
                    });
                    checked.err().into_iter().collect()
                }
            },
        };
        if errors.is_empty() {
            return Ok(Flow::Continue);
        }
        self.refuse(env, variable, errors)
    }

    /// Rules with their actions, those that come first at the front.
    fn rules<'a>(&'a self, env: &mut Env<'a, '_>) -> Result<Vec<(Path<'a>, Action)>, Halt> {
        let mut rules = Vec::with_capacity(self.rules.len());
        for (path, action) in &self.rules {
            let text = env.text_or_empty(path)?;
            let Some(path) = Path::parse(text) else {
                return Err(env.internal(format!(
                    "path: `{}` is not `/Type/field`, `/Type/*` or `/__*`.",
                    shown(text)
                )));
            };
            let action = match env.text_or_empty(action)? {
                "allow" => Action::Allow,
                "reject" => Action::Reject,
                "ignore" => Action::Ignore,
                "remove" => {
                    return Err(
                        env.internal("action: fields are not removed from queries by this release yet.")
                    );
                }
                other => {
                    let message =
                        format!("action: `{}` is neither `allow`, `reject` nor `ignore`.", shown(other));
                    return Err(env.internal(message));
                }
            };
            rules.push((path, action));
        }
        // Of two for the same the first counts: the sort keeps their order.
        rules.sort_by_key(|(path, _)| {
            std::cmp::Reverse(match path {
                Path::Introspection => 0,
                Path::Type(_) => 1,
                Path::Field(..) => 2,
            })
        });
        Ok(rules)
    }

    /// Answers with errors and without data.
    fn refuse<'a>(&'a self, env: &mut Env<'a, '_>, variable: Option<&'a str>, errors: Vec<Value>) -> Ran<'a> {
        let message = errors[0].get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        let errors = Value::Array(errors);
        let arena = env.context.arena;
        let kept = arena
            .text(&errors.to_string())
            .map_err(hanse_expression::json::Failure::from)
            .and_then(|text| parse_token(arena, text, ReadSettings { dates: false }));
        let kept = kept.map_err(|error| env.internal(format!("The errors do not fit: {error}.")))?;
        for name in [Some(VARIABLE), variable].into_iter().flatten() {
            env.context.set_variable(name, Net::Json(kept));
        }
        let mut response = ResponseMessage::new(StatusCode::OK);
        response.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.body = Body::Bytes(Bytes::from(json!({ "errors": errors }).to_string()));
        env.context.response = Some(response);
        let fault = Fault::new(StatusCode::OK, env.source(), "Bad request", message);
        Err(Fault { keeps_response: true, ..fault }.into())
    }
}

/// The most specific rule that does not step aside decides; without one all is allowed.
fn is_allowed(rules: &[(Path<'_>, Action)], ty: &str, field: &str) -> bool {
    let mut deciding =
        rules.iter().filter(|(path, action)| path.is_for(ty, field) && *action != Action::Ignore);
    deciding.next().is_none_or(|(_, action)| *action == Action::Allow)
}

/// The query of a request: of its URL, or of its body as JSON or as it is.
fn sent(env: &mut Env<'_, '_>, size_max: u64) -> Result<Sent, Halt> {
    let too_large = |bytes: usize| {
        let is = bytes as u64 > size_max;
        is.then(|| {
            Sent::Wrong(format!("The query is {bytes} bytes long and exceeds the limit of {size_max} bytes."))
        })
    };
    let length =
        env.context.request.headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
    if let Some(wrong) = length.and_then(too_large) {
        return Ok(wrong);
    }
    let Some(body) = env.read_body()? else {
        let sent = env.context.request.query.as_deref().and_then(|text| query::value(text, "query"));
        let sent = sent.map(|text| query::decode(text).into_owned());
        return Ok(match sent {
            Some(text) => too_large(text.len()).unwrap_or(Sent::Query(text)),
            None => Sent::Wrong("The request has no GraphQL query.".to_owned()),
        });
    };
    if let Some(wrong) = too_large(body.len()) {
        return Ok(wrong);
    }
    let text = charset::of(&env.context.request.headers).decode(&body);
    if media_type(env).eq_ignore_ascii_case("application/graphql") {
        return Ok(Sent::Query(text.into_owned()));
    }
    Ok(match serde_json::from_str::<Value>(&text) {
        Err(error) => Sent::Wrong(format!("The body is not JSON: {error}.")),
        Ok(value) => match value.get("query").and_then(Value::as_str) {
            Some(query) => Sent::Query(query.to_owned()),
            None => Sent::Wrong("The request has no GraphQL query.".to_owned()),
        },
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::facts::ApiFacts;
    use crate::graphql::GraphQlSchema;
    use crate::section::Section;
    use crate::testing::{Bench, codes_in, leak, read_in};

    const SCHEMA: &str = "type Query { me: User, count(of: Int!): Int } type User { name: String, secret: String, friends: [User] } \
        type Mutation { drop: Int }";

    fn asked(attributes: &str, rules: &str, query: &str) -> Bench {
        let rules = if rules.is_empty() { String::new() } else { format!("<authorize>{rules}</authorize>") };
        let mut bench = Bench::inbound(&format!(
            "<validate-graphql-request {attributes}>{rules}</validate-graphql-request>"
        ));
        bench.context.facts.api = Some(leak(ApiFacts {
            graphql: Some(Arc::new(GraphQlSchema::parse(SCHEMA).unwrap())),
            ..ApiFacts::default()
        }));
        let body = serde_json::json!({ "query": query }).to_string();
        bench.context.request.body = crate::context::Body::Bytes(body.into());
        bench.run();
        bench
    }

    const ROOMY: &str = "max-size='1000' error-variable-name='e'";

    #[track_caller]
    fn refused(bench: &Bench, part: &str) {
        let response = bench.context.response.as_ref().expect("there is an answer");
        assert_eq!((response.status.as_u16(), bench.forwards), (200, 0));
        let body: serde_json::Value = serde_json::from_str(&bench.body()).unwrap();
        assert!(body.get("data").is_none());
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(part), "{message}");
        assert!(bench.variable("GraphQLErrors").unwrap().contains("message"));
        assert_eq!(bench.context.last_error.as_ref().unwrap().source, "validate-graphql-request");
    }

    #[test]
    fn query_that_is_right_passes() {
        for query in [
            "{ me { name friends { name __typename } } }",
            "query A($n: Int!) { count(of: $n) }",
            "mutation { drop }",
        ] {
            assert_eq!(asked(ROOMY, "", query).forwards, 1, "{query}");
        }
    }

    #[test]
    fn query_that_is_wrong_is_answered_with_errors_alone() {
        for (query, part) in [
            ("{ me { nme } }", "nme"),
            ("{ me", "syntax error"),
            ("{ count }", "of"),
            ("", ""),
            ("{ me { name } } fragment f on User { name }", "f"),
        ] {
            refused(&asked(ROOMY, "", query), part);
        }
        let wrong = asked(ROOMY, "", "{ me { nme } }");
        assert!(wrong.variable("e").unwrap().contains("locations"));
    }

    #[test]
    fn size_and_depth_are_bounded() {
        // {"query":"{ me { name } }"} has 26 bytes.
        assert_eq!(asked("max-size='27'", "", "{ me { name } }").forwards, 1);
        refused(&asked("max-size='26'", "", "{ me { name } }"), "exceeds the limit of 26 bytes");
        let nested = |depth: usize| {
            format!("{{ me {}{{ name }}{} }}", "{ friends ".repeat(depth - 2), "}".repeat(depth - 2))
        };
        assert_eq!(asked(ROOMY, "", &nested(6)).forwards, 1);
        refused(&asked(ROOMY, "", &nested(7)), "nested more than 6 deep");
        refused(
            &asked("max-size='1000' max-depth='1'", "", "{ me { ...f } } fragment f on User { name }"),
            "more than 1 deep",
        );
    }

    #[test]
    fn the_most_specific_rule_decides() {
        let reject = |path: &str| format!("<rule path='{path}' action='reject'/>");
        refused(&asked(ROOMY, &reject("/__*"), "{ __schema { types { name } } }"), "__schema");
        assert_eq!(asked(ROOMY, &reject("/__*"), "{ me { __typename } }").forwards, 1);
        assert_eq!(asked(ROOMY, "", "{ __schema { types { name } } }").forwards, 1);
        refused(&asked(ROOMY, &reject("/User/secret"), "{ me { secret } }"), "'secret' of type 'User'");
        refused(&asked(ROOMY, &reject("/Mutation/*"), "mutation { drop }"), "drop");
        let rules = format!("{}<rule path='/User/name'/>", reject("/User/*"));
        assert_eq!(asked(ROOMY, &rules, "{ me { name } }").forwards, 1);
        refused(&asked(ROOMY, &rules, "{ me { secret } }"), "secret");
        let steps_aside = format!("{}<rule path='/User/name' action='@(\"ignore\")'/>", reject("/User/*"));
        refused(&asked(ROOMY, &steps_aside, "{ me { name } }"), "name");
    }

    #[test]
    fn query_of_the_url_and_plain_queries_are_held_against_the_schema_too() {
        let mut bench = asked(ROOMY, "", "{ me { name } }");
        bench.context.request.body = crate::context::Body::Empty;
        bench.context.request.query = Some("query=%7B%20me%20%7B%20nme%20%7D%20%7D".to_owned());
        bench.again();
        assert_eq!(bench.forwards, 1);
        bench.context.request.query = Some("query=%7Bme%7Bname%7D%7D".to_owned());
        bench.again();
        assert_eq!(bench.forwards, 2);
        bench.context.request.query = None;
        bench.context.request.headers.insert("content-type", "application/graphql".parse().unwrap());
        bench.context.request.body = crate::context::Body::Bytes("{ me { name } }".into());
        bench.again();
        assert_eq!(bench.forwards, 3);
    }

    #[test]
    fn api_without_a_schema_answers_500() {
        let mut bench = Bench::inbound("<validate-graphql-request max-size='1'/>");
        bench.run();
        assert_eq!(bench.context.response.unwrap().status, 500);
    }

    #[test]
    fn what_is_not_run_is_refused() {
        let with = |rule: &str| {
            format!(
                "<validate-graphql-request max-size='1'><authorize>{rule}</authorize></validate-graphql-request>"
            )
        };
        assert_eq!(codes_in(Section::Inbound, &with("<rule path='/A/b' action='remove'/>")), ["not-run-yet"]);
        assert_eq!(
            codes_in(Section::Inbound, &with("<rule path='A.b' action='reject'/>")),
            ["attribute-value"]
        );
        let depth = "<validate-graphql-request max-size='1' max-total-depth='3'/>";
        assert_eq!(codes_in(Section::Inbound, depth), ["not-run-yet"]);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-graphql-request max-size='102400' max-depth='@(4)'><authorize><rule path='/__*' action='reject'/></authorize></validate-graphql-request>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<validate-graphql-request max-size='102401'/>"),
            ["attribute-value"]
        );
    }
}
