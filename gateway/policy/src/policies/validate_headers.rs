//! `validate-headers`: holds the headers of a response against the operation's definition.

use crate::contract::Parameter;
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::policies::validate_content;
use crate::policies::validate_parameters::{Checked, values_of};
use crate::schema::{ANSWERS, ChildSpec, ElementSpec, Once, PolicySpec, Release, attribute};
use crate::setting::Text;
use crate::tree::Element;
use crate::validation::{Named, Violations, action, errors_variable};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: ANSWERS,
    once: Once::PerSection,
    release: Release::Runs(|element, builder| {
        builder.asks_contract = true;
        compile(element).map(Policy::ValidateHeaders)
    }),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("specified-header-action", validate_content::ACTION).required().expression(),
                attribute("unspecified-header-action", validate_content::ACTION).required().expression(),
                validate_content::ERRORS_VARIABLE,
                validate_content::ERROR_VARIABLE,
            ],
            children: &[ChildSpec::any(&HEADER)],
            ..ElementSpec::named("validate-headers")
        },
        "Holds the headers of a response against the operation's definition.",
    )
};

static HEADER: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("action", validate_content::ACTION).required().expression(),
    ],
    ..ElementSpec::named("header")
};

/// Headers of the transport and of every server, which no contract has.
const IGNORED: [&str; 18] = [
    "access-control-allow-origin",
    "age",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "via",
];

fn compile(element: &Element) -> Option<ValidateHeaders> {
    Some(ValidateHeaders {
        specified: element.required_text("specified-header-action")?,
        unspecified: element.required_text("unspecified-header-action")?,
        variable: errors_variable(element),
        named: Named::compile(element, "header", "name")?,
    })
}

#[derive(Debug)]
pub(crate) struct ValidateHeaders {
    specified: Text,
    unspecified: Text,
    variable: Option<Box<str>>,
    named: Named,
}

impl ValidateHeaders {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let specified = action(env, &self.specified, "specified-header-action")?;
        let unspecified = action(env, &self.unspecified, "unspecified-header-action")?;
        let named = self.named.work_out(env)?;
        let mut found = Violations::default();
        if let Some(response) = &env.context.response {
            let contract = env.context.facts.operation.map(|operation| &*operation.contract);
            let contract = contract.and_then(|contract| contract.response(response.status.as_u16()));
            let defined: &[Parameter] = contract.map_or(&[], |contract| &contract.headers);
            let checked =
                Checked { kind: "ResponseHeader", called: "header", specified, unspecified, named: &named };
            for parameter in defined {
                let values = values_of(&response.headers, &parameter.name);
                checked.defined(parameter, &values, &mut found);
            }
            let unknown = response.headers.keys().map(|name| name.as_str()).filter(|name| {
                !IGNORED.contains(name) && !defined.iter().any(|it| it.name.eq_ignore_ascii_case(name))
            });
            unknown.for_each(|name| checked.undefined(name, &mut found));
        }
        found.conclude(env, self.variable.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use crate::contract::{Contract, Parameter, ResponseContract};
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn answered(attributes: &str, children: &str, set: &str) -> Bench {
        let mut bench = Bench::outbound(&format!(
            "{set}<validate-headers {attributes} errors-variable-name='e'>{children}</validate-headers>"
        ));
        let header = Parameter {
            name: "X-Count".into(),
            kind: "integer".into(),
            is_required: true,
            ..Parameter::default()
        };
        let response = ResponseContract { status: 200, headers: vec![header], ..ResponseContract::default() };
        bench.set_contract(Contract { responses: vec![response], ..Contract::default() });
        bench.run();
        bench
    }

    const BOTH: &str = "specified-header-action='prevent' unspecified-header-action='prevent'";

    fn set(name: &str, value: &str) -> String {
        format!("<set-header name='{name}'><value>{value}</value></set-header>")
    }

    #[test]
    fn headers_of_responses_are_held_against_the_contract() {
        let quiet = "<set-header name='backend' exists-action='delete'/>";
        let right = answered(BOTH, "", &format!("{quiet}{}", set("X-Count", "3")));
        assert_eq!(right.context.last_error, None);
        for (headers, part) in [
            (quiet.to_owned(), "The required header X-Count is missing."),
            (
                format!("{quiet}{}", set("X-Count", "many")),
                "The value of the header X-Count does not conform to the definition.",
            ),
            (set("X-Count", "3"), "Unspecified header backend is not allowed."),
        ] {
            let bench = answered(BOTH, "", &headers);
            assert_eq!(bench.context.response.as_ref().unwrap().status, 502);
            let message = &bench.context.last_error.as_ref().unwrap().message;
            assert!(message.contains(part), "{message}");
            assert!(bench.variable("e").unwrap().contains("ResponseHeader"));
        }
    }

    #[test]
    fn headers_can_have_actions_of_their_own() {
        let children = "<header name='Backend' action='ignore'/><header name='x-count' action='detect'/>";
        let bench = answered(BOTH, children, "");
        assert_eq!(bench.context.last_error, None);
        assert_eq!(bench.variable("e").unwrap().matches("IncorrectMessage").count(), 1);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<validate-headers specified-header-action='ignore' unspecified-header-action='prevent'><header name='X' action='@(context.Api.Id)'/></validate-headers>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-headers specified-header-action='ignore' unspecified-header-action='prevent'/>"
            ),
            ["misplaced-policy"]
        );
    }
}
