//! What an operation says of its messages: parameters, headers, bodies and statuses, for the policies that
//! hold messages against it.
//!
//! Made once, when configuration is compiled, of what the operation and the schemas of its API say.

use std::sync::Arc;

use serde_json::Value;

use crate::json_schema::{Schema, Variation};

/// An operation's messages.
#[derive(Debug, Default)]
pub struct Contract {
    /// Parameters of the URL template, path and query.
    pub template: Vec<Parameter>,
    pub query: Vec<Parameter>,
    pub headers: Vec<Parameter>,
    pub request: Vec<Representation>,
    pub responses: Vec<ResponseContract>,
}

/// What an operation says of the responses with one status.
#[derive(Debug, Default)]
pub struct ResponseContract {
    pub status: u16,
    pub headers: Vec<Parameter>,
    pub representations: Vec<Representation>,
}

/// A body of one content type.
#[derive(Debug, Default)]
pub struct Representation {
    pub content_type: Box<str>,
    pub schema: SchemaOf,
}

/// The schema of a body or a parameter.
#[derive(Debug, Default)]
pub enum SchemaOf {
    /// The operation names none.
    #[default]
    None,
    /// It names one that there is not; the text says which.
    Missing(String),
    Is(Arc<Schema>),
}

/// A parameter or a header.
#[derive(Debug, Default)]
pub struct Parameter {
    pub name: Box<str>,
    /// `string`, `integer`, …, as the operation has it; counts where there is no schema.
    pub kind: Box<str>,
    pub is_required: bool,
    /// The only ones it may have; empty: any.
    pub values: Box<[Box<str>]>,
    pub schema: SchemaOf,
}

impl Contract {
    pub fn response(&self, status: u16) -> Option<&ResponseContract> {
        self.responses.iter().find(|response| response.status == status)
    }

    /// Compiles all its schemas; what is wrong with them.
    pub fn prepare(&self) -> Vec<String> {
        let parameters = self.template.iter().chain(&self.query).chain(&self.headers);
        let parameters = parameters.chain(self.responses.iter().flat_map(|response| &response.headers));
        let bodies =
            self.request.iter().chain(self.responses.iter().flat_map(|response| &response.representations));
        let schemas = parameters.map(|it| &it.schema).chain(bodies.map(|it| &it.schema));
        let mut wrong: Vec<String> = schemas
            .filter_map(|schema| match schema {
                SchemaOf::None => None,
                SchemaOf::Missing(message) => Some(message.clone()),
                SchemaOf::Is(schema) => schema.prepare().err(),
            })
            .collect();
        wrong.sort();
        wrong.dedup();
        wrong
    }
}

/// What is wrong with a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It came more than once.
    Several,
    /// Why it is not what the definition says.
    Value(String),
    /// Nobody can tell.
    Definition(String),
}

impl Parameter {
    /// Holds the values that came against the definition, in the order they came.
    pub(crate) fn check(&self, values: &[String]) -> Result<(), Wrong> {
        match &self.schema {
            SchemaOf::Missing(message) => Err(Wrong::Definition(message.clone())),
            SchemaOf::None => self.check_plain(values),
            SchemaOf::Is(schema) => {
                let schema = schema.compiled(Variation::default()).map_err(Wrong::Definition)?;
                let value = if schema.is_of("array") {
                    listed(values).map(|item| one_of(item, &["integer", "number", "boolean"])).collect()
                } else if schema.is_of("object") {
                    object_of(single(values)?)
                } else {
                    one_of(single(values)?, &schema.types())
                };
                let mut broken = schema.broken_by(&value).map_err(|it| Wrong::Definition(it.to_string()))?;
                if !broken.is_empty() && schema.is_of("array") {
                    // The items may be texts that look like numbers.
                    let texts: Value = listed(values).map(|item| Value::String(item.to_owned())).collect();
                    let again = schema.broken_by(&texts).map_err(|it| Wrong::Definition(it.to_string()))?;
                    if again.is_empty() {
                        broken = again;
                    }
                }
                match broken.into_iter().next() {
                    Some(first) => Err(Wrong::Value(first.message)),
                    None => Ok(()),
                }
            }
        }
    }

    fn check_plain(&self, values: &[String]) -> Result<(), Wrong> {
        let kind = self.kind.to_ascii_lowercase();
        if kind == "array" {
            return listed(values).try_for_each(|item| self.check_allowed(item));
        }
        let value = single(values)?;
        let is_right = match kind.as_str() {
            "integer" | "int" | "int32" | "int64" | "long" => value.parse::<i64>().is_ok(),
            "number" | "float" | "double" | "decimal" => value.parse::<f64>().is_ok_and(f64::is_finite),
            "boolean" | "bool" => matches!(value, "true" | "false"),
            _ => true,
        };
        if !is_right {
            return Err(Wrong::Value(format!("It is not of type {kind}.")));
        }
        self.check_allowed(value)
    }

    fn check_allowed(&self, value: &str) -> Result<(), Wrong> {
        match self.values.is_empty() || self.values.iter().any(|allowed| **allowed == *value) {
            true => Ok(()),
            false => Err(Wrong::Value("It is none of the allowed values.".to_owned())),
        }
    }
}

fn single(values: &[String]) -> Result<&str, Wrong> {
    match values {
        [only] => Ok(only),
        [] => Ok(""),
        _ => Err(Wrong::Several),
    }
}

/// `a=1&a=2` and `a=1,2` (OpenAPI: `form`, and `simple` in headers and paths).
fn listed(values: &[String]) -> impl Iterator<Item = &str> {
    let is_split = values.len() == 1;
    values.iter().flat_map(move |value| {
        let splits = if is_split { usize::MAX } else { 1 };
        value.splitn(splits, ',').map(str::trim)
    })
}

/// `a,1,b,2`, as OpenAPI writes objects without `explode`; JSON is taken too.
fn object_of(text: &str) -> Value {
    if let Ok(value @ Value::Object(_)) = serde_json::from_str(text) {
        return value;
    }
    let parts: Vec<&str> = text.split(',').collect();
    let pairs = parts.chunks(2).filter_map(|pair| Some((pair.first()?, pair.get(1)?)));
    pairs
        .map(|(name, value)| ((*name).to_owned(), one_of(value, &["integer", "number", "boolean"])))
        .collect()
}

/// A text as a value of one of these types; else it stays a text.
fn one_of(text: &str, types: &[&str]) -> Value {
    let is = |name: &str| types.contains(&name);
    if (is("integer") || is("number"))
        && let Ok(number) = text.parse::<i64>()
    {
        return number.into();
    }
    if is("number")
        && let Ok(number) = text.parse::<f64>()
        && number.is_finite()
    {
        return number.into();
    }
    match text {
        "true" if is("boolean") => Value::Bool(true),
        "false" if is("boolean") => Value::Bool(false),
        "null" | "" if is("null") => Value::Null,
        text => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::json_schema::SchemaDocument;

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn parameter(schema: Value) -> Parameter {
        let document = Arc::new(SchemaDocument::new(schema, 1).unwrap());
        Parameter { schema: SchemaOf::Is(Arc::new(Schema::new(document, ""))), ..Parameter::default() }
    }

    #[test]
    fn values_are_read_as_their_types() {
        let number = parameter(json!({"type": "integer", "maximum": 5}));
        assert_eq!(number.check(&texts(&["5"])), Ok(()));
        assert!(matches!(number.check(&texts(&["6"])), Err(Wrong::Value(_))));
        assert!(matches!(number.check(&texts(&["x"])), Err(Wrong::Value(_))));
        assert_eq!(number.check(&texts(&["1", "2"])), Err(Wrong::Several));
        let list = parameter(json!({"type": "array", "items": {"type": "integer"}, "maxItems": 2}));
        assert_eq!(list.check(&texts(&["1", "2"])), Ok(()));
        assert_eq!(list.check(&texts(&["1,2"])), Ok(()));
        assert!(matches!(list.check(&texts(&["1,2,3"])), Err(Wrong::Value(_))));
        let names = parameter(json!({"type": "array", "items": {"type": "string"}}));
        assert_eq!(names.check(&texts(&["1,a"])), Ok(()));
        let object = parameter(json!({"type": "object", "properties": {"n": {"type": "integer"}}}));
        assert_eq!(object.check(&texts(&["n,1"])), Ok(()));
        assert!(object.check(&texts(&["n,x"])).is_err());
    }

    #[test]
    fn plain_types_and_allowed_values_count_without_a_schema() {
        let of = |kind: &str, values: &[&str]| Parameter {
            kind: kind.into(),
            values: values.iter().map(|value| (*value).into()).collect(),
            ..Parameter::default()
        };
        assert_eq!(of("integer", &[]).check(&texts(&["7"])), Ok(()));
        assert!(of("integer", &[]).check(&texts(&["7.5"])).is_err());
        assert!(of("boolean", &[]).check(&texts(&["yes"])).is_err());
        assert!(of("number", &[]).check(&texts(&["NaN"])).is_err());
        assert_eq!(of("string", &["a"]).check(&texts(&["a"])), Ok(()));
        assert!(of("string", &["a"]).check(&texts(&["b"])).is_err());
        assert_eq!(of("array", &["a", "b"]).check(&texts(&["a,b"])), Ok(()));
    }
}
