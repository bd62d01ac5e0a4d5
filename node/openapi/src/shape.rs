//! What the specification allows where: every object with its fields, for all versions in one table.
//!
//! One idea: versions differ in a few fields, so each field says in which it exists. Must not know
//! how documents are walked (`check`) nor rules that tie fields together (`rules`).

use crate::edition::Edition;

/// What may stand at a place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Any,
    Text,
    Flag,
    Number,
    /// A whole number, 0 or more.
    Count,
    /// An absolute URL, as links for people are.
    Link,
    /// A URL or a relative reference.
    Reference,
    Email,
    /// A regular expression.
    Pattern,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// An object.
    Of(Object),
    /// An object, or `$ref` to one.
    RefOr(Object),
    /// A schema: an object, or since 3.1 a boolean.
    Schema,
    List(&'static Shape),
    /// Any keys.
    Map(&'static Shape),
    /// Keys that are names of components.
    Named(&'static Shape),
    /// One of these types or a list of them.
    SchemaType,
    /// A flag in schemas of one version, something else in the other.
    FlagOr(&'static Shape),
}

/// A field of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    /// Editions that have it, as bits.
    pub(crate) editions: u8,
    /// Editions that demand it, as bits.
    pub(crate) required: u8,
}

/// Objects of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Object {
    Document,
    Info,
    Contact,
    License,
    Server,
    ServerVariable,
    ExternalDocs,
    Tag,
    Paths,
    PathItem,
    Operation,
    Parameter,
    RequestBody,
    MediaType,
    Encoding,
    Responses,
    Response,
    Callback,
    Example,
    Link,
    Header,
    Components,
    SecurityScheme,
    OAuthFlows,
    OAuthFlow,
    Schema,
    Discriminator,
    Xml,
}

const V2: u8 = Edition::V2.bit();
const V30: u8 = Edition::V30.bit();
const V31: u8 = Edition::V31.bit();
const V32: u8 = Edition::V32.bit();
const ALL: u8 = V2 | V3;
const V3: u8 = V30 | V31 | V32;
const SINCE_31: u8 = V31 | V32;

const fn field(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, editions: ALL, required: 0 }
}

impl Field {
    const fn within(mut self, editions: u8) -> Field {
        self.editions = editions;
        self
    }

    const fn required(mut self) -> Field {
        self.required = self.editions;
        self
    }

    const fn required_in(mut self, editions: u8) -> Field {
        self.required = editions;
        self
    }

    pub(crate) fn is_in(&self, edition: Edition) -> bool {
        self.editions & edition.bit() != 0
    }

    pub(crate) fn is_required_in(&self, edition: Edition) -> bool {
        self.required & edition.bit() != 0
    }
}

use Object as O;
use Shape::{
    Any, Count, Email, Flag, FlagOr, Link, List, Map, Named, Number, Of, OneOf, Pattern, RefOr, Text,
};

const TEXTS: Shape = List(&Text);
const SECURITY: Shape = List(&Map(&TEXTS));
const PARAMETERS: Shape = List(&RefOr(O::Parameter));
const CONTENT: Shape = Map(&RefOr(O::MediaType));
const HEADERS: Shape = Map(&RefOr(O::Header));
const EXAMPLES: Shape = Map(&RefOr(O::Example));
const SERVERS: Shape = List(&Of(O::Server));
const SCHEMES: Shape = List(&OneOf(&["http", "https", "ws", "wss"]));
const SCHEMAS: Shape = Map(&Shape::Schema);
const SCHEMA_LIST: Shape = List(&Shape::Schema);
/// Types that schemas have.
pub(crate) const SCHEMA_TYPES: &[&str] =
    &["string", "number", "integer", "boolean", "array", "object", "null", "file"];

impl Object {
    /// How people call it, with its article.
    pub(crate) fn what(self) -> &'static str {
        match self {
            O::Document => "the document",
            O::Info => "`info`",
            O::Contact => "a contact",
            O::License => "a license",
            O::Server => "a server",
            O::ServerVariable => "a server variable",
            O::ExternalDocs => "external documentation",
            O::Tag => "a tag",
            O::Paths => "`paths`",
            O::PathItem => "a path",
            O::Operation => "an operation",
            O::Parameter => "a parameter",
            O::RequestBody => "a request body",
            O::MediaType => "a media type",
            O::Encoding => "an encoding",
            O::Responses => "`responses`",
            O::Response => "a response",
            O::Callback => "a callback",
            O::Example => "an example",
            O::Link => "a link",
            O::Header => "a header",
            O::Components => "`components`",
            O::SecurityScheme => "a security scheme",
            O::OAuthFlows => "`flows`",
            O::OAuthFlow => "a flow",
            O::Schema => "a schema",
            O::Discriminator => "a discriminator",
            O::Xml => "`xml`",
        }
    }

    /// What keys beside the fields hold; `None`: there are no such keys but extensions.
    pub(crate) fn others(self) -> Option<Shape> {
        match self {
            O::Paths | O::Callback => Some(RefOr(O::PathItem)),
            O::Responses => Some(RefOr(O::Response)),
            _ => None,
        }
    }

    /// Whether any other key is fine: schemas of 3.1 are JSON Schema with all its dialects.
    pub(crate) fn is_open(self, edition: Edition) -> bool {
        self == O::Schema && edition >= Edition::V31
    }

    /// All fields of all versions.
    pub(crate) fn fields(self) -> &'static [Field] {
        match self {
            O::Document => DOCUMENT,
            O::Info => INFO,
            O::Contact => CONTACT,
            O::License => LICENSE,
            O::Server => SERVER,
            O::ServerVariable => SERVER_VARIABLE,
            O::ExternalDocs => EXTERNAL_DOCS,
            O::Tag => TAG,
            O::Paths | O::Responses | O::Callback => &[],
            O::PathItem => PATH_ITEM,
            O::Operation => OPERATION,
            O::Parameter => PARAMETER,
            O::RequestBody => REQUEST_BODY,
            O::MediaType => MEDIA_TYPE,
            O::Encoding => ENCODING,
            O::Response => RESPONSE,
            O::Example => EXAMPLE,
            O::Link => LINK,
            O::Header => HEADER,
            O::Components => COMPONENTS,
            O::SecurityScheme => SECURITY_SCHEME,
            O::OAuthFlows => OAUTH_FLOWS,
            O::OAuthFlow => OAUTH_FLOW,
            O::Schema => SCHEMA,
            O::Discriminator => DISCRIMINATOR,
            O::Xml => XML,
        }
    }
}

// `info` and `paths` are demanded by the import itself, with errors.
const DOCUMENT: &[Field] = &[
    field("swagger", Any).within(V2),
    field("openapi", Any).within(V3),
    field("$self", Shape::Reference).within(V32),
    field("info", Of(O::Info)),
    field("jsonSchemaDialect", Shape::Reference).within(SINCE_31),
    field("host", Text).within(V2),
    field("basePath", Text).within(V2),
    field("schemes", SCHEMES).within(V2),
    field("consumes", TEXTS).within(V2),
    field("produces", TEXTS).within(V2),
    field("servers", SERVERS).within(V3),
    field("x-servers", SERVERS),
    field("paths", Of(O::Paths)),
    field("x-ms-paths", Of(O::Paths)),
    field("webhooks", Map(&RefOr(O::PathItem))).within(SINCE_31),
    field("components", Of(O::Components)).within(V3),
    field("definitions", SCHEMAS).within(V2),
    field("parameters", Map(&RefOr(O::Parameter))).within(V2),
    field("responses", Map(&RefOr(O::Response))).within(V2),
    field("securityDefinitions", Map(&Of(O::SecurityScheme))).within(V2),
    field("security", SECURITY),
    field("tags", List(&Of(O::Tag))),
    field("externalDocs", Of(O::ExternalDocs)),
];

const INFO: &[Field] = &[
    field("title", Text).required(),
    field("summary", Text).within(SINCE_31),
    field("description", Text),
    field("termsOfService", Link),
    field("contact", Of(O::Contact)),
    field("license", Of(O::License)),
    field("version", Text).required(),
];

const CONTACT: &[Field] = &[field("name", Text), field("url", Link), field("email", Email)];

const LICENSE: &[Field] =
    &[field("name", Text).required(), field("identifier", Text).within(SINCE_31), field("url", Link)];

const SERVER: &[Field] = &[
    field("url", Text).required(),
    field("description", Text),
    field("name", Text).within(V32),
    field("variables", Map(&Of(O::ServerVariable))),
];

const SERVER_VARIABLE: &[Field] =
    &[field("enum", TEXTS), field("default", Text).required(), field("description", Text)];

const EXTERNAL_DOCS: &[Field] = &[field("description", Text), field("url", Link).required()];

const TAG: &[Field] = &[
    field("name", Text).required(),
    field("description", Text),
    field("externalDocs", Of(O::ExternalDocs)),
    field("summary", Text).within(V32),
    field("parent", Text).within(V32),
    field("kind", Text).within(V32),
];

const PATH_ITEM: &[Field] = &[
    field("$ref", Text),
    field("summary", Text).within(V3),
    field("description", Text).within(V3),
    field("get", Of(O::Operation)),
    field("put", Of(O::Operation)),
    field("post", Of(O::Operation)),
    field("delete", Of(O::Operation)),
    field("options", Of(O::Operation)),
    field("head", Of(O::Operation)),
    field("patch", Of(O::Operation)),
    field("trace", Of(O::Operation)).within(V3),
    field("query", Of(O::Operation)).within(V32),
    field("additionalOperations", Map(&Of(O::Operation))).within(V32),
    field("servers", SERVERS).within(V3),
    field("parameters", PARAMETERS),
];

const OPERATION: &[Field] = &[
    field("tags", TEXTS),
    field("summary", Text),
    field("description", Text),
    field("externalDocs", Of(O::ExternalDocs)),
    field("operationId", Text),
    field("consumes", TEXTS).within(V2),
    field("produces", TEXTS).within(V2),
    field("schemes", SCHEMES).within(V2),
    field("parameters", PARAMETERS),
    field("requestBody", RefOr(O::RequestBody)).within(V3),
    field("responses", Of(O::Responses)).required_in(V2 | V30),
    field("callbacks", Map(&RefOr(O::Callback))).within(V3),
    field("deprecated", Flag),
    field("security", SECURITY),
    field("servers", SERVERS).within(V3),
];

const PARAMETER: &[Field] = &[
    field("name", Text).required(),
    field("in", OneOf(&["path", "query", "header", "cookie", "body", "formData", "querystring"])).required(),
    field("description", Text),
    field("required", Flag),
    field("deprecated", Flag).within(V3),
    field("allowEmptyValue", Flag),
    field("style", Text).within(V3),
    field("explode", Flag).within(V3),
    field("allowReserved", Flag).within(V3),
    field("schema", Shape::Schema),
    field("example", Any).within(V3),
    field("examples", EXAMPLES).within(V3),
    field("content", CONTENT).within(V3),
    field("type", Shape::SchemaType).within(V2),
    field("format", Text).within(V2),
    field("items", Shape::Schema).within(V2),
    field("collectionFormat", OneOf(&["csv", "ssv", "tsv", "pipes", "multi"])).within(V2),
    field("default", Any).within(V2),
    field("maximum", Number).within(V2),
    field("exclusiveMaximum", Flag).within(V2),
    field("minimum", Number).within(V2),
    field("exclusiveMinimum", Flag).within(V2),
    field("maxLength", Count).within(V2),
    field("minLength", Count).within(V2),
    field("pattern", Pattern).within(V2),
    field("maxItems", Count).within(V2),
    field("minItems", Count).within(V2),
    field("uniqueItems", Flag).within(V2),
    field("enum", List(&Any)).within(V2),
    field("multipleOf", Number).within(V2),
];

const REQUEST_BODY: &[Field] =
    &[field("description", Text), field("content", CONTENT).required(), field("required", Flag)];

const MEDIA_TYPE: &[Field] = &[
    field("schema", Shape::Schema),
    field("itemSchema", Shape::Schema).within(V32),
    field("example", Any),
    field("examples", EXAMPLES),
    field("encoding", Map(&Of(O::Encoding))),
    field("prefixEncoding", List(&Of(O::Encoding))).within(V32),
    field("itemEncoding", Of(O::Encoding)).within(V32),
];

const ENCODING: &[Field] = &[
    field("contentType", Text),
    field("headers", HEADERS),
    field("style", Text),
    field("explode", Flag),
    field("allowReserved", Flag),
    field("encoding", Map(&Of(O::Encoding))).within(V32),
    field("prefixEncoding", List(&Of(O::Encoding))).within(V32),
    field("itemEncoding", Of(O::Encoding)).within(V32),
];

const RESPONSE: &[Field] = &[
    field("summary", Text).within(V32),
    field("description", Text).required_in(V2 | V30 | V31),
    field("headers", HEADERS),
    field("content", CONTENT).within(V3),
    field("links", Map(&RefOr(O::Link))).within(V3),
    field("schema", Shape::Schema).within(V2),
    field("examples", Map(&Any)).within(V2),
];

const EXAMPLE: &[Field] = &[
    field("summary", Text),
    field("description", Text),
    field("value", Any),
    field("externalValue", Shape::Reference),
    field("dataValue", Any).within(V32),
    field("serializedValue", Text).within(V32),
];

const LINK: &[Field] = &[
    field("operationRef", Shape::Reference),
    field("operationId", Text),
    field("parameters", Map(&Any)),
    field("requestBody", Any),
    field("description", Text),
    field("server", Of(O::Server)),
];

const HEADER: &[Field] = &[
    field("description", Text),
    field("required", Flag).within(V3),
    field("deprecated", Flag).within(V3),
    field("allowEmptyValue", Flag).within(V30),
    field("style", OneOf(&["simple"])).within(V3),
    field("explode", Flag).within(V3),
    field("allowReserved", Flag).within(V30),
    field("schema", Shape::Schema).within(V3),
    field("example", Any).within(V3),
    field("examples", EXAMPLES).within(V3),
    field("content", CONTENT).within(V3),
    field("type", Shape::SchemaType).within(V2),
    field("format", Text).within(V2),
    field("items", Shape::Schema).within(V2),
    field("collectionFormat", OneOf(&["csv", "ssv", "tsv", "pipes"])).within(V2),
    field("default", Any).within(V2),
    field("maximum", Number).within(V2),
    field("exclusiveMaximum", Flag).within(V2),
    field("minimum", Number).within(V2),
    field("exclusiveMinimum", Flag).within(V2),
    field("maxLength", Count).within(V2),
    field("minLength", Count).within(V2),
    field("pattern", Pattern).within(V2),
    field("maxItems", Count).within(V2),
    field("minItems", Count).within(V2),
    field("uniqueItems", Flag).within(V2),
    field("enum", List(&Any)).within(V2),
    field("multipleOf", Number).within(V2),
];

const COMPONENTS: &[Field] = &[
    field("schemas", Named(&Shape::Schema)),
    field("responses", Named(&RefOr(O::Response))),
    field("parameters", Named(&RefOr(O::Parameter))),
    field("examples", Named(&RefOr(O::Example))),
    field("requestBodies", Named(&RefOr(O::RequestBody))),
    field("headers", Named(&RefOr(O::Header))),
    field("securitySchemes", Named(&RefOr(O::SecurityScheme))),
    field("links", Named(&RefOr(O::Link))),
    field("callbacks", Named(&RefOr(O::Callback))),
    field("pathItems", Named(&RefOr(O::PathItem))).within(SINCE_31),
    field("mediaTypes", Named(&RefOr(O::MediaType))).within(V32),
];

const SECURITY_SCHEME: &[Field] = &[
    field("type", OneOf(&["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS", "basic"])).required(),
    field("description", Text),
    field("name", Text),
    field("in", OneOf(&["query", "header", "cookie"])),
    field("scheme", Text).within(V3),
    field("bearerFormat", Text).within(V3),
    field("flows", Of(O::OAuthFlows)).within(V3),
    field("openIdConnectUrl", Link).within(V3),
    field("oauth2MetadataUrl", Link).within(V32),
    field("deprecated", Flag).within(V32),
    field("flow", OneOf(&["implicit", "password", "application", "accessCode"])).within(V2),
    field("authorizationUrl", Link).within(V2),
    field("tokenUrl", Link).within(V2),
    field("scopes", Map(&Text)).within(V2),
];

const OAUTH_FLOWS: &[Field] = &[
    field("implicit", Of(O::OAuthFlow)),
    field("password", Of(O::OAuthFlow)),
    field("clientCredentials", Of(O::OAuthFlow)),
    field("authorizationCode", Of(O::OAuthFlow)),
    field("deviceAuthorization", Of(O::OAuthFlow)).within(V32),
];

const OAUTH_FLOW: &[Field] = &[
    field("authorizationUrl", Link),
    field("deviceAuthorizationUrl", Link).within(V32),
    field("tokenUrl", Link),
    field("refreshUrl", Link),
    field("scopes", Map(&Text)).required(),
];

const SCHEMA: &[Field] = &[
    field("$ref", Text),
    field("title", Text),
    field("description", Text),
    field("type", Shape::SchemaType),
    field("format", Text),
    field("multipleOf", Number),
    field("maximum", Number),
    field("exclusiveMaximum", FlagOr(&Number)),
    field("minimum", Number),
    field("exclusiveMinimum", FlagOr(&Number)),
    field("maxLength", Count),
    field("minLength", Count),
    field("pattern", Pattern),
    field("maxItems", Count),
    field("minItems", Count),
    field("uniqueItems", Flag),
    field("maxProperties", Count),
    field("minProperties", Count),
    field("required", TEXTS),
    field("enum", List(&Any)),
    field("not", Shape::Schema).within(V3),
    field("allOf", SCHEMA_LIST),
    field("oneOf", SCHEMA_LIST).within(V3),
    field("anyOf", SCHEMA_LIST).within(V3),
    field("items", Shape::Schema),
    field("properties", SCHEMAS),
    field("additionalProperties", FlagOr(&Shape::Schema)),
    field("patternProperties", SCHEMAS).within(SINCE_31),
    field("$defs", SCHEMAS).within(SINCE_31),
    field("default", Any),
    field("nullable", Flag).within(V30),
    field("discriminator", Of(O::Discriminator)).within(V3),
    field("discriminator", Text).within(V2),
    field("readOnly", Flag),
    field("writeOnly", Flag).within(V3),
    field("example", Any),
    field("externalDocs", Of(O::ExternalDocs)),
    field("deprecated", Flag).within(V3),
    field("xml", Of(O::Xml)),
    // Parameters and headers of OpenAPI 2 have items that say this as well.
    field("collectionFormat", OneOf(&["csv", "ssv", "tsv", "pipes"])).within(V2),
];

const DISCRIMINATOR: &[Field] = &[
    field("propertyName", Text).required(),
    field("mapping", Map(&Text)),
    field("defaultMapping", Text).within(V32),
];

const XML: &[Field] = &[
    field("name", Text),
    field("namespace", Text),
    field("prefix", Text),
    field("attribute", Flag),
    field("wrapped", Flag),
    field("nodeType", OneOf(&["element", "attribute", "text", "cdata", "none"])).within(V32),
];
