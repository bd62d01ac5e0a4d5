//! `sql-data-source`: resolves a field of GraphQL by a statement of SQL.

use crate::kind::Kind;
use crate::policies::{authentication_certificate, include_fragment, publish_event, set_body};
use crate::schema::{ChildSpec, ElementSpec, NOWHERE, PolicySpec, attribute};

/// The root of a resolver's document.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOWHERE,
    ..PolicySpec::of(
        ElementSpec::list(
            "sql-data-source",
            &[ChildSpec::one(&CONNECTION), ChildSpec::one(&REQUEST), ChildSpec::maybe(&RESPONSE)],
        ),
        "Resolves a field of GraphQL by a statement of SQL; it is the root of a resolver's document.",
    )
};

static CONNECTION: ElementSpec = ElementSpec::list(
    "connection-info",
    &[
        ChildSpec::one(&CONNECTION_STRING),
        ChildSpec::policy(&authentication_certificate::SPEC),
        ChildSpec::policies(&include_fragment::SPEC),
    ],
);
pub(crate) static CONNECTION_STRING: ElementSpec = ElementSpec {
    attributes: &[attribute("use-managed-identity", Kind::Bool).or("false").expression()],
    ..ElementSpec::expression("connection-string", Kind::Filled)
};
static REQUEST: ElementSpec = ElementSpec {
    attributes: &[attribute("single-result", Kind::Bool).expression()],
    children: &[
        ChildSpec::policy(&set_body::SPEC),
        ChildSpec::one(&SQL_STATEMENT),
        ChildSpec::maybe(&PARAMETERS),
        ChildSpec::policies(&include_fragment::SPEC),
    ],
    ..ElementSpec::named("request")
};
pub(crate) static SQL_STATEMENT: ElementSpec = ElementSpec::expression("sql-statement", Kind::Filled);
static PARAMETERS: ElementSpec = ElementSpec::list("parameters", &[ChildSpec::any(&PARAMETER)]);
static PARAMETER: ElementSpec = ElementSpec {
    attributes: &[
        attribute("name", Kind::Filled).required().expression(),
        attribute("sql-type", Kind::Any).expression(),
    ],
    ..ElementSpec::expression("parameter", Kind::Value)
};
pub(crate) static RESPONSE: ElementSpec = ElementSpec::list(
    "response",
    &[
        ChildSpec::policy(&set_body::SPEC),
        ChildSpec::policy(&publish_event::SPEC),
        ChildSpec::policies(&include_fragment::SPEC),
    ],
);

#[cfg(test)]
mod tests {
    use crate::testing::read_as_it_is;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_as_it_is(
                "<sql-data-source><connection-info><connection-string use-managed-identity='true'>{{c}}</connection-string></connection-info><request single-result='true'><sql-statement>SELECT 1 &lt; 2</sql-statement><parameters><parameter name='@id'>@(context.GraphQL.Arguments[\"id\"])</parameter></parameters></request><response><set-body>x</set-body></response></sql-data-source>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_as_it_is(
                "<sql-data-source><connection-info/><request><sql-statement>s</sql-statement></request></sql-data-source>"
            ),
            ["missing-element"]
        );
    }
}
