//! `validate-parameters`: holds headers, query and path against the operation's definition.

use http::HeaderMap;

use crate::contract::{Parameter, Wrong};
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::policies::{Policy, validate_content};
use crate::query;
use crate::run::Flow;
use crate::schema::{
    AttributeSpec, ChildSpec, ElementSpec, INBOUND, Once, PolicySpec, Release, attribute, shown,
};
use crate::setting::Text;
use crate::tree::Element;
use crate::validation::{Action, Named, Violations, action, action_for, errors_variable};

const SPECIFIED: AttributeSpec =
    attribute("specified-parameter-action", validate_content::ACTION).expression();
const UNSPECIFIED: AttributeSpec =
    attribute("unspecified-parameter-action", validate_content::ACTION).expression();

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    once: Once::PerSection,
    release: Release::Runs(|element, builder| {
        builder.asks_contract = true;
        compile(element).map(Policy::ValidateParameters)
    }),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                SPECIFIED.required(),
                UNSPECIFIED.required(),
                validate_content::ERRORS_VARIABLE,
                validate_content::ERROR_VARIABLE,
            ],
            children: &[ChildSpec::maybe(&HEADERS), ChildSpec::maybe(&QUERY), ChildSpec::maybe(&PATH)],
            ..ElementSpec::named("validate-parameters")
        },
        "Holds headers, query and path of a request against the operation's definition.",
    )
};

static HEADERS: ElementSpec = ElementSpec {
    attributes: &[SPECIFIED, UNSPECIFIED],
    children: &[ChildSpec::any(&PARAMETER)],
    ..ElementSpec::named("headers")
};
static QUERY: ElementSpec = ElementSpec {
    attributes: &[SPECIFIED, UNSPECIFIED],
    children: &[ChildSpec::any(&PARAMETER)],
    ..ElementSpec::named("query")
};
static PATH: ElementSpec = ElementSpec {
    attributes: &[SPECIFIED],
    children: &[ChildSpec::any(&PARAMETER)],
    ..ElementSpec::named("path")
};
static PARAMETER: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("action", validate_content::ACTION).required().expression(),
    ],
    ..ElementSpec::named("parameter")
};

/// Headers of the transport and of every client, which no contract has.
const IGNORED: [&str; 37] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "origin",
    "pragma",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
];

fn compile(element: &Element) -> Option<ValidateParameters> {
    let group = |name: &'static str| {
        let Some(child) = element.child(name) else { return Some(Group::default()) };
        Some(Group {
            specified: child.text_setting("specified-parameter-action")?,
            unspecified: child.text_setting("unspecified-parameter-action")?,
            named: Named::compile(child, "parameter", "name")?,
        })
    };
    Some(ValidateParameters {
        specified: element.required_text("specified-parameter-action")?,
        unspecified: element.required_text("unspecified-parameter-action")?,
        variable: errors_variable(element),
        headers: group("headers")?,
        query: group("query")?,
        path: group("path")?,
    })
}

#[derive(Debug)]
pub(crate) struct ValidateParameters {
    specified: Text,
    unspecified: Text,
    variable: Option<Box<str>>,
    headers: Group,
    query: Group,
    path: Group,
}

/// What one kind of parameters has of its own.
#[derive(Debug, Default)]
struct Group {
    specified: Option<Text>,
    unspecified: Option<Text>,
    named: Named,
}

/// Actions for one kind of parameters, worked out.
pub(crate) struct Checked<'n> {
    /// As errors have it: `QueryParameter`.
    pub(crate) kind: &'static str,
    /// As texts have it: `query parameter`.
    pub(crate) called: &'static str,
    pub(crate) specified: Action,
    pub(crate) unspecified: Action,
    pub(crate) named: &'n [(&'n str, Action)],
}

impl Checked<'_> {
    /// Holds what came against a definition.
    pub(crate) fn defined(&self, parameter: &Parameter, values: &[String], found: &mut Violations) {
        let (name, called) = (&*parameter.name, self.called);
        let action = action_for(self.named, name, self.specified);
        if action == Action::Ignore {
            return;
        }
        if values.is_empty() {
            if parameter.is_required {
                let details = format!("The required {called} {name} is missing.");
                found.add(action, name, self.kind, "IncorrectMessage", details);
            }
            return;
        }
        let (rule, details) = match parameter.check(values) {
            Ok(()) => return,
            Err(Wrong::Several) => (
                "IncorrectMessage",
                format!("Request cannot contain multiple values for the {called} {name}."),
            ),
            Err(Wrong::Value(why)) => (
                "IncorrectMessage",
                format!("The value of the {called} {name} does not conform to the definition. {why}"),
            ),
            Err(Wrong::Definition(why)) => (
                "MissingDefinition",
                format!("The definition of the {called} {name} cannot be applied: {why}."),
            ),
        };
        found.add(action, name, self.kind, rule, details);
    }

    /// Something came that has no definition.
    pub(crate) fn undefined(&self, name: &str, found: &mut Violations) {
        let action = action_for(self.named, name, self.unspecified);
        let details = format!("Unspecified {} {} is not allowed.", self.called, shown(name));
        found.add(action, name, self.kind, "Unspecified", details);
    }
}

/// The values of a header, one for each line.
pub(crate) fn values_of(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

impl ValidateParameters {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let Some(operation) = env.context.facts.operation else { return Ok(Flow::Continue) };
        let contract = &*operation.contract;
        let specified = action(env, &self.specified, "specified-parameter-action")?;
        let unspecified = action(env, &self.unspecified, "unspecified-parameter-action")?;
        let mut found = Violations::default();
        let of = |env: &mut Env<'a, '_>, group: &'a Group| -> Result<_, Halt> {
            let mut pick = |own: &'a Option<Text>, name: &str, otherwise| match own {
                Some(text) => action(env, text, name),
                None => Ok(otherwise),
            };
            let specified = pick(&group.specified, "specified-parameter-action", specified)?;
            let unspecified = pick(&group.unspecified, "unspecified-parameter-action", unspecified)?;
            Ok((specified, unspecified, group.named.work_out(env)?))
        };
        let headers = of(env, &self.headers)?;
        let query_actions = of(env, &self.query)?;
        let path = of(env, &self.path)?;
        let context = &*env.context;

        let (specified, unspecified, named) = &headers;
        let checked = Checked {
            kind: "RequestHeader",
            called: "header",
            specified: *specified,
            unspecified: *unspecified,
            named,
        };
        for parameter in &contract.headers {
            checked.defined(parameter, &values_of(&context.request.headers, &parameter.name), &mut found);
        }
        let is_key =
            |name: &str| context.facts.api.is_some_and(|api| api.key_header.eq_ignore_ascii_case(name));
        let is_of_gateway =
            |name: &str| IGNORED.contains(&name) || name.starts_with("ocp-apim-") || is_key(name);
        for name in context.request.headers.keys().map(|name| name.as_str()) {
            let is_defined = contract.headers.iter().any(|it| it.name.eq_ignore_ascii_case(name));
            if !is_defined && !is_of_gateway(name) {
                checked.undefined(name, &mut found);
            }
        }

        let (specified, unspecified, named) = &query_actions;
        let checked = Checked {
            kind: "QueryParameter",
            called: "query parameter",
            specified: *specified,
            unspecified: *unspecified,
            named,
        };
        let in_template =
            |name: &str| operation.query_names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let defined: Vec<&Parameter> = contract
            .query
            .iter()
            .chain(contract.template.iter().filter(|it| in_template(&it.name)))
            .collect();
        let mut sent: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in
            query::pairs(context.request.query.as_deref().unwrap_or_default()).map(query::split)
        {
            let (name, value) = (query::decode(name).into_owned(), query::decode(value).into_owned());
            match sent.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                Some((_, values)) => values.push(value),
                None => sent.push((name, vec![value])),
            }
        }
        for parameter in &defined {
            let values = sent.iter().find(|(name, _)| name.eq_ignore_ascii_case(&parameter.name));
            checked.defined(parameter, values.map_or(&[], |(_, values)| values), &mut found);
        }
        for (name, _) in &sent {
            let is_key = context.facts.api.is_some_and(|api| api.key_query.eq_ignore_ascii_case(name));
            if !is_key && !defined.iter().any(|it| it.name.eq_ignore_ascii_case(name)) {
                checked.undefined(name, &mut found);
            }
        }

        let (specified, unspecified, named) = &path;
        let checked = Checked {
            kind: "PathParameter",
            called: "path parameter",
            specified: *specified,
            unspecified: *unspecified,
            named,
        };
        for parameter in contract.template.iter().filter(|it| !in_template(&it.name)) {
            let matched = context
                .matched_parameters
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(&parameter.name));
            let values: Vec<String> =
                matched.into_iter().map(|(_, value)| query::decode_path(value).into_owned()).collect();
            checked.defined(parameter, &values, &mut found);
        }
        found.conclude(env, self.variable.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use crate::contract::{Contract, Parameter};
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn parameter(name: &str, kind: &str, is_required: bool) -> Parameter {
        Parameter { name: name.into(), kind: kind.into(), is_required, ..Parameter::default() }
    }

    fn sent(
        attributes: &str,
        children: &str,
        query: &str,
        headers: &[(&'static str, &'static str)],
        id: &str,
    ) -> Bench {
        let mut bench = Bench::inbound(&format!(
            "<validate-parameters {attributes} errors-variable-name='e'>{children}</validate-parameters>"
        ));
        bench.set_contract(Contract {
            template: vec![parameter("id", "integer", true)],
            query: vec![parameter("page", "integer", false), parameter("must", "string", true)],
            headers: vec![parameter("X-Flag", "boolean", false)],
            ..Contract::default()
        });
        bench.context.request.query = Some(query.to_owned());
        bench.context.matched_parameters = vec![("id".into(), id.to_owned())];
        for (name, value) in headers {
            bench.context.request.headers.append(*name, value.parse().unwrap());
        }
        bench.run();
        bench
    }

    const BOTH: &str = "specified-parameter-action='prevent' unspecified-parameter-action='prevent'";

    #[test]
    fn request_that_is_as_the_operation_says_passes() {
        let headers =
            [("x-flag", "true"), ("user-agent", "x"), ("accept", "*/*"), ("ocp-apim-trace", "true")];
        let bench = sent(BOTH, "", "must=a&page=2", &headers, "%37");
        assert_eq!(bench.context.last_error, None);
    }

    #[test]
    fn each_kind_of_parameter_is_held_against_its_definition() {
        for (query, headers, id, kind, part) in [
            ("page=2", &[][..], "1", "QueryParameter", "The required query parameter must is missing."),
            (
                "must=a&page=x",
                &[],
                "1",
                "QueryParameter",
                "The value of the query parameter page does not conform",
            ),
            (
                "must=a&page=1&page=2",
                &[],
                "1",
                "QueryParameter",
                "Request cannot contain multiple values for the query parameter page.",
            ),
            ("must=a&odd=1", &[], "1", "QueryParameter", "Unspecified query parameter odd is not allowed."),
            (
                "must=a",
                &[("x-flag", "maybe")],
                "1",
                "RequestHeader",
                "The value of the header X-Flag does not conform",
            ),
            ("must=a", &[("x-odd", "1")], "1", "RequestHeader", "Unspecified header x-odd is not allowed."),
            ("must=a", &[], "x", "PathParameter", "The value of the path parameter id does not conform"),
        ] {
            let bench = sent(BOTH, "", query, headers, id);
            let error = bench.context.last_error.as_ref().expect(part);
            assert!(error.message.contains(part), "{}", error.message);
            assert_eq!(bench.context.response.as_ref().unwrap().status, 400);
            assert!(bench.variable("e").unwrap().contains(kind));
        }
    }

    #[test]
    fn narrower_actions_win() {
        let children = "<headers unspecified-parameter-action='ignore'/>\
            <query specified-parameter-action='detect'><parameter name='ODD' action='ignore'/></query>\
            <path><parameter name='id' action='ignore'/></path>";
        let bench = sent(BOTH, children, "page=x&odd=1", &[("x-odd", "1")], "x");
        assert_eq!(bench.context.last_error, None);
        assert_eq!(bench.variable("e").unwrap().matches("\"Action\": \"detect\"").count(), 2);
    }

    #[test]
    fn no_more_is_collected_than_its_bound() {
        let query = |count: usize| (0..count).map(|at| format!("x{at}=1&")).collect::<String>() + "must=a";
        let detects = "specified-parameter-action='detect' unspecified-parameter-action='detect'";
        for (count, kept) in [(100, 100), (101, 100)] {
            let bench = sent(detects, "", &query(count), &[], "1");
            assert_eq!(bench.variable("e").unwrap().matches("Unspecified query").count(), kept);
        }
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-parameters specified-parameter-action='prevent' unspecified-parameter-action='@(context.Api.Id)' errors-variable-name='e'><headers specified-parameter-action='ignore' unspecified-parameter-action='detect'><parameter name='X' action='ignore'/></headers><path specified-parameter-action='detect'/></validate-parameters>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(Section::Inbound, "<validate-parameters specified-parameter-action='prevent'/>"),
            ["missing-attribute"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-parameters specified-parameter-action='prevent' unspecified-parameter-action='prevent'><path unspecified-parameter-action='prevent'/></validate-parameters>"
            ),
            ["unknown-attribute"]
        );
    }
}
