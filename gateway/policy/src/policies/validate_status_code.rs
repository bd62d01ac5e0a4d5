//! `validate-status-code`: holds the status of a response against the operation's definition.

use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::policies::validate_content;
use crate::schema::{ANSWERS, ChildSpec, ElementSpec, Once, PolicySpec, Release, attribute};
use crate::setting::{Number, Text};
use crate::tree::Element;
use crate::validation::{Violations, action, errors_variable};

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: ANSWERS,
    once: Once::PerSection,
    release: Release::Runs(|element, _| compile(element).map(Policy::ValidateStatusCode)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("unspecified-status-code-action", validate_content::ACTION).required().expression(),
                validate_content::ERRORS_VARIABLE,
                validate_content::ERROR_VARIABLE,
            ],
            children: &[ChildSpec::any(&STATUS_CODE)],
            ..ElementSpec::named("validate-status-code")
        },
        "Holds the status of a response against the operation's definition.",
    )
};

static STATUS_CODE: ElementSpec = ElementSpec {
    attributes: &[
        attribute("code", Kind::Integer { min: 100, max: 599 }).required().expression(),
        // The toolkit writes `allow` too.
        attribute("action", Kind::Usual(&["ignore", "prevent", "detect"])).required().expression(),
    ],
    ..ElementSpec::named("status-code")
};

fn compile(element: &Element) -> Option<ValidateStatusCode> {
    let mut codes = Vec::new();
    for child in element.elements_named("status-code") {
        codes.push((child.required_number("code")?, child.required_text("action")?));
    }
    Some(ValidateStatusCode {
        unspecified: element.required_text("unspecified-status-code-action")?,
        variable: errors_variable(element),
        codes: codes.into(),
    })
}

#[derive(Debug)]
pub(crate) struct ValidateStatusCode {
    unspecified: Text,
    variable: Option<Box<str>>,
    /// Actions for codes that the contract does not have.
    codes: Box<[(Number, Text)]>,
}

impl ValidateStatusCode {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let mut chosen = action(env, &self.unspecified, "unspecified-status-code-action")?;
        let status = env.context.response.as_ref().map_or(200, |response| response.status.as_u16());
        for (code, text) in &self.codes {
            if env.number(code)? == i64::from(status) {
                chosen = action(env, text, "action")?;
            }
        }
        let contract = env.context.facts.operation.map(|operation| &*operation.contract);
        let mut found = Violations::default();
        if contract.is_none_or(|contract| contract.response(status).is_none()) {
            let details = format!("Response status code {status} is not allowed.");
            found.add(chosen, &status.to_string(), "StatusCode", "Unspecified", details);
        }
        found.conclude(env, self.variable.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use crate::contract::{Contract, ResponseContract};
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn answered(status: u16, children: &str) -> Bench {
        let mut bench = Bench::outbound(&format!(
            "<validate-status-code unspecified-status-code-action='prevent' errors-variable-name='e'>{children}</validate-status-code>"
        ));
        let response = ResponseContract { status: 200, ..ResponseContract::default() };
        bench.set_contract(Contract { responses: vec![response], ..Contract::default() });
        bench.backend_statuses = vec![status];
        bench.run();
        bench
    }

    #[test]
    fn status_that_the_contract_lacks_is_held_back() {
        assert_eq!(answered(200, "").context.response.unwrap().status, 200);
        let bench = answered(418, "");
        assert_eq!(bench.context.response.as_ref().unwrap().status, 502);
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!(error.message, "Response status code 418 is not allowed.");
        assert!(bench.variable("e").unwrap().contains("\"Type\": \"StatusCode\""));
    }

    #[test]
    fn codes_can_have_actions_of_their_own() {
        assert_eq!(
            answered(418, "<status-code code='418' action='ignore'/>").context.response.unwrap().status,
            418
        );
        assert_eq!(
            answered(418, "<status-code code='419' action='ignore'/>").context.response.unwrap().status,
            502
        );
        let detected = answered(418, "<status-code code='418' action='detect'/>");
        assert_eq!(detected.variable("e").unwrap().matches("Unspecified").count(), 1);
        assert_eq!(detected.context.response.unwrap().status, 418);
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<validate-status-code unspecified-status-code-action='prevent'><status-code code='100' action='ignore'/></validate-status-code>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Outbound,
                "<validate-status-code unspecified-status-code-action='prevent'><status-code code='99' action='ignore'/></validate-status-code>"
            ),
            ["attribute-value"]
        );
    }
}
