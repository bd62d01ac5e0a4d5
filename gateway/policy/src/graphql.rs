//! GraphQL schemas, and queries held against them.

use std::fmt;

use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Value, json};

/// Bytes of a GraphQL schema; a larger one is not compiled.
pub const GRAPHQL_SCHEMA_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Fields of one query, those of fragments counted wherever these stand; a query with more is refused.
pub(crate) const FIELDS_MAX: usize = 250;
/// How deep a query may be nested for the parser, lists and objects included; deeper ones are refused.
const NESTING_MAX: usize = 128;
/// Words, signs and blanks of a query; longer ones are refused.
const TOKENS_MAX: usize = 20_000;
/// Errors that a client is told of at once.
const ERRORS_MAX: usize = 20;

/// The schema of a GraphQL API.
pub struct GraphQlSchema(Valid<Schema>);

impl fmt::Debug for GraphQlSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GraphQlSchema")
    }
}

impl GraphQlSchema {
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > GRAPHQL_SCHEMA_BYTES_MAX {
            return Err(format!(
                "the schema has {} bytes, {GRAPHQL_SCHEMA_BYTES_MAX} are allowed",
                text.len()
            ));
        }
        let parsed = Parser::new().recursion_limit(NESTING_MAX).parse_schema(text, "schema");
        let schema = parsed.and_then(Schema::validate).map_err(|with| first_of(&with.errors))?;
        Ok(Self(schema))
    }

    /// A query that is right by the schema; else the errors as a client is told.
    pub(crate) fn read(&self, query: &str) -> Result<Query, Vec<Value>> {
        let mut parser = Parser::new().recursion_limit(NESTING_MAX).token_limit(TOKENS_MAX);
        let document =
            parser.parse_executable(&self.0, query, "query").map_err(|with| errors_of(&with.errors))?;
        document.validate(&self.0).map(Query).map_err(|with| errors_of(&with.errors))
    }
}

fn errors_of(errors: &DiagnosticList) -> Vec<Value> {
    let errors =
        errors.iter().take(ERRORS_MAX).map(|error| serde_json::to_value(error.to_json()).unwrap_or_default());
    errors.collect()
}

fn first_of(errors: &DiagnosticList) -> String {
    let Some(first) = errors.iter().next() else { return "it cannot be read".to_owned() };
    let error = first.to_json();
    match error.locations.first() {
        Some(place) => format!("{} (line {}, column {})", error.message, place.line, place.column),
        None => error.message,
    }
}

/// An error as GraphQL writes it.
pub(crate) fn error(message: impl Into<String>) -> Value {
    json!({ "message": message.into() })
}

/// A query that is right by its schema.
pub(crate) struct Query(Valid<ExecutableDocument>);

impl Query {
    /// Goes through all fields of all operations: the type that has the field, its name, and how deep it is
    /// nested, from 1. Stops at the first error.
    ///
    /// # Errors
    /// What `each` says, and a query of too many fields.
    pub(crate) fn each_field(
        &self,
        each: &mut dyn FnMut(&str, &str, usize) -> Result<(), Value>,
    ) -> Result<(), Value> {
        let mut left = FIELDS_MAX;
        for operation in self.0.operations.iter() {
            self.fields(&operation.selection_set, 1, &mut left, each)?;
        }
        Ok(())
    }

    // Fragments do not lead in circles: that was checked. Each has a field, so that their number bounds this.
    fn fields(
        &self,
        set: &SelectionSet,
        depth: usize,
        left: &mut usize,
        each: &mut dyn FnMut(&str, &str, usize) -> Result<(), Value>,
    ) -> Result<(), Value> {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    *left = left
                        .checked_sub(1)
                        .ok_or_else(|| error(format!("The query has more than {FIELDS_MAX} fields.")))?;
                    each(&set.ty, &field.name, depth)?;
                    self.fields(&field.selection_set, depth + 1, left, each)?;
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.0.fragments.get(&spread.fragment_name) {
                        self.fields(&fragment.selection_set, depth, left, each)?;
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.fields(&fragment.selection_set, depth, left, each)?
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_read_or_told_what_is_wrong() {
        assert!(GraphQlSchema::parse("type Query { a: Int }").is_ok());
        let error = GraphQlSchema::parse("type Query {\n a: None }").unwrap_err();
        assert!(error.contains("None") && error.contains("line 2"), "{error}");
        let text = |bytes: usize| format!("{}type Query {{ a: Int }}", " ".repeat(bytes - 21));
        assert!(GraphQlSchema::parse(&text(GRAPHQL_SCHEMA_BYTES_MAX)).is_ok());
        assert!(GraphQlSchema::parse(&text(GRAPHQL_SCHEMA_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn hostile_queries_are_refused_in_time() {
        let schema = GraphQlSchema::parse("type Query { q: Query, l(a: [[Int]]): Int }").unwrap();
        let nested = |depth: usize| format!("{}q{}", "{q".repeat(depth), "}".repeat(depth));
        assert!(schema.read(&nested(10_000)).is_err());
        assert!(schema.read(&format!("{{{}}}", "l ".repeat(TOKENS_MAX / 2 - 10))).is_ok());
        assert!(schema.read(&format!("{{{}}}", "l ".repeat(TOKENS_MAX))).is_err());
        assert!(schema.read("{...a} fragment a on Query {...b} fragment b on Query {...a}").is_err());
        // Each fragment stands twice in the one before.
        let mut doubling = "{...f0}".to_owned();
        for at in 0..40 {
            doubling.push_str(&format!(
                " fragment f{at} on Query {{ a{at}: q {{...f{}}} b{at}: q {{...f{}}} }}",
                at + 1,
                at + 1
            ));
        }
        doubling.push_str(" fragment f40 on Query { l }");
        if let Ok(query) = schema.read(&doubling) {
            assert!(query.each_field(&mut |_, _, _| Ok(())).is_err());
        }
    }

    #[test]
    fn fields_are_counted_to_their_bound() {
        let schema = GraphQlSchema::parse("type Query { a: Int }").unwrap();
        let query = |fields: usize| (0..fields).map(|at| format!("x{at}: a ")).collect::<String>();
        for (fields, fits) in [(FIELDS_MAX, true), (FIELDS_MAX + 1, false)] {
            let Ok(read) = schema.read(&format!("{{{}}}", query(fields))) else { panic!("it is right") };
            assert_eq!(read.each_field(&mut |_, _, _| Ok(())).is_ok(), fits);
        }
    }
}
