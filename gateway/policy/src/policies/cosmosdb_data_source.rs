//! `cosmosdb-data-source`: resolves a field of GraphQL by a request to Cosmos DB.

use crate::check::Checker;
use crate::kind::Kind;
use crate::policies::{authentication_certificate, include_fragment, set_body, sql_data_source};
use crate::schema::{AttributeSpec, ChildSpec, ElementSpec, NOWHERE, PolicySpec, attribute};
use crate::tree::Element;

/// The root of a resolver's document.
pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOWHERE,
    check,
    ..PolicySpec::of(
        ElementSpec::list(
            "cosmosdb-data-source",
            &[
                ChildSpec::one(&CONNECTION),
                ChildSpec::maybe(&QUERY),
                ChildSpec::maybe(&READ),
                ChildSpec::maybe(&DELETE),
                ChildSpec::maybe(&WRITE),
                ChildSpec::maybe(&sql_data_source::RESPONSE),
            ],
        ),
        "Resolves a field of GraphQL by a request to Cosmos DB; it is the root of a resolver's document.",
    )
};

const REQUESTS: [&str; 4] = ["query-request", "read-request", "delete-request", "write-request"];

fn check(element: &Element, checker: &mut Checker<'_>) {
    let mut requests = element.elements().filter(|child| REQUESTS.contains(&child.name.as_str()));
    match (requests.next(), requests.next()) {
        (None, _) => {
            checker
                .error(element.span, "missing-element", "cosmosdb-data-source holds no request")
                .note(SPEC.element.describe());
        }
        (_, Some(second)) => {
            checker
                .error(second.span, "repeated-element", "cosmosdb-data-source holds one request")
                .hint("keep one of them");
        }
        _ => {}
    }
}

static CONNECTION: ElementSpec = ElementSpec::list(
    "connection-info",
    &[
        ChildSpec::one(&sql_data_source::CONNECTION_STRING),
        ChildSpec::one(&DATABASE),
        ChildSpec::one(&CONTAINER),
        ChildSpec::policy(&authentication_certificate::SPEC),
        ChildSpec::policies(&include_fragment::SPEC),
    ],
);
static DATABASE: ElementSpec = ElementSpec::expression("database-name", Kind::Filled);
static CONTAINER: ElementSpec = ElementSpec::expression("container-name", Kind::Filled);

static QUERY: ElementSpec = ElementSpec {
    attributes: &[attribute("enable-low-precision-order-by", Kind::Bool).expression()],
    children: &[
        ChildSpec::one(&sql_data_source::SQL_STATEMENT),
        ChildSpec::maybe(&PARAMETERS),
        ChildSpec::maybe(&PARTITION_KEY),
        ChildSpec::maybe(&PAGING),
    ],
    ..ElementSpec::named("query-request")
};
static PARAMETERS: ElementSpec = ElementSpec::list("parameters", &[ChildSpec::any(&PARAMETER)]);
static PARAMETER: ElementSpec = ElementSpec {
    attributes: &[attribute("name", Kind::Filled).required().expression()],
    ..ElementSpec::expression("parameter", Kind::Value)
};
static PARTITION_KEY: ElementSpec = ElementSpec {
    attributes: &[
        attribute("data-type", Kind::Any).expression(),
        attribute("template", Kind::Any).expression(),
    ],
    ..ElementSpec::expression("partition-key", Kind::Value)
};
static PAGING: ElementSpec =
    ElementSpec::list("paging", &[ChildSpec::maybe(&MAX_ITEM_COUNT), ChildSpec::maybe(&CONTINUATION_TOKEN)]);
/// Minus one leaves it to the database.
static MAX_ITEM_COUNT: ElementSpec = ElementSpec {
    attributes: TEMPLATE,
    ..ElementSpec::expression("max-item-count", Kind::Integer { min: -1, max: i32::MAX as i64 })
};
static CONTINUATION_TOKEN: ElementSpec = template("continuation-token");

static READ: ElementSpec =
    ElementSpec::list("read-request", &[ChildSpec::one(&ID), ChildSpec::maybe(&PARTITION_KEY)]);
static ID: ElementSpec = template("id");

const CONSISTENCY: AttributeSpec = attribute("consistency-level", Kind::Any).expression();
const PRE_TRIGGER: AttributeSpec = attribute("pre-trigger", Kind::Any).expression();
const POST_TRIGGER: AttributeSpec = attribute("post-trigger", Kind::Any).expression();

static DELETE: ElementSpec = ElementSpec {
    attributes: &[CONSISTENCY, PRE_TRIGGER, POST_TRIGGER],
    children: &[ChildSpec::one(&ID), ChildSpec::maybe(&PARTITION_KEY), ChildSpec::maybe(&ETAG)],
    ..ElementSpec::named("delete-request")
};
static ETAG: ElementSpec = ElementSpec {
    attributes: &[attribute("type", Kind::Any).expression(), attribute("template", Kind::Any).expression()],
    ..ElementSpec::expression("etag", Kind::Value)
};
static WRITE: ElementSpec = ElementSpec {
    attributes: &[
        attribute("type", Kind::OneOf(&["insert", "replace", "upsert"])).or("upsert").expression(),
        CONSISTENCY,
        attribute("indexing-directive", Kind::Any).expression(),
        PRE_TRIGGER,
        POST_TRIGGER,
    ],
    children: &[
        ChildSpec::maybe(&ID),
        ChildSpec::maybe(&PARTITION_KEY),
        ChildSpec::maybe(&ETAG),
        ChildSpec::policy(&set_body::SPEC),
    ],
    ..ElementSpec::named("write-request")
};

/// A text that may be a Liquid template, or whatever a field's argument is.
const fn template(name: &'static str) -> ElementSpec {
    ElementSpec { attributes: TEMPLATE, ..ElementSpec::expression(name, Kind::Value) }
}
const TEMPLATE: &[AttributeSpec] = &[attribute("template", Kind::Any).expression()];

#[cfg(test)]
mod tests {
    use crate::testing::read_as_it_is;

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_as_it_is(
                "<cosmosdb-data-source><connection-info><connection-string>c</connection-string><database-name>d</database-name><container-name>c</container-name></connection-info><query-request><sql-statement>s</sql-statement><partition-key data-type='string'>k</partition-key><paging><max-item-count>@(5)</max-item-count></paging></query-request></cosmosdb-data-source>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_as_it_is(
                "<cosmosdb-data-source><connection-info><connection-string>c</connection-string><database-name>d</database-name><container-name>c</container-name></connection-info></cosmosdb-data-source>"
            ),
            ["missing-element"]
        );
        assert_eq!(
            read_as_it_is(
                "<cosmosdb-data-source><connection-info><connection-string>c</connection-string><database-name>d</database-name><container-name>c</container-name></connection-info><read-request><id>i</id></read-request><write-request type='drop'/></cosmosdb-data-source>"
            ),
            ["repeated-element", "attribute-value"]
        );
    }
}
