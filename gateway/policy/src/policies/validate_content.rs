//! `validate-content`: holds a body against its size, content type and schema.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode, header};

use crate::build::Builder;
use crate::charset;
use crate::check::Checker;
use crate::context::Body;
use crate::contract::{Representation, SchemaOf};
use crate::env::{Env, Halt, Ran};
use crate::json_schema::{Schema, Variation, place};
use crate::kind::Kind;
use crate::media;
use crate::policies::Policy;
use crate::schema::{
    AttributeSpec, ChildSpec, ElementSpec, NOT_BACKEND, PolicySpec, Release, attribute, shown,
};
use crate::setting::{Flag, Number, Text};
use crate::surroundings::Reference;
use crate::tree::Element;
use crate::validation::{Action, Violations, action, errors_variable};

/// Longest body that can be validated, in bytes.
const SIZE_BYTES_MAX: i64 = 4 * 1024 * 1024;

/// What happens to a message that does not pass.
pub(crate) const ACTION: Kind = Kind::OneOf(&["ignore", "prevent", "detect"]);
pub(crate) const ERRORS_VARIABLE: AttributeSpec = attribute("errors-variable-name", Kind::Variable);
/// The same, as the toolkit spells it.
pub(crate) const ERROR_VARIABLE: AttributeSpec = attribute("error-variable-name", Kind::Variable);

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOT_BACKEND,
    check,
    release: Release::Runs(|element, builder| compile(element, builder).map(Policy::ValidateContent)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("unspecified-content-type-action", ACTION).required().expression(),
                attribute("max-size", Kind::Integer { min: 0, max: SIZE_BYTES_MAX }).required().expression(),
                attribute("size-exceeded-action", ACTION).required().expression(),
                ERRORS_VARIABLE,
                ERROR_VARIABLE,
            ],
            children: &[ChildSpec::maybe(&CONTENT_TYPE_MAP), ChildSpec::any(&CONTENT)],
            ..ElementSpec::named("validate-content")
        },
        "Holds a body against its size, content type and schema.",
    )
};

static CONTENT_TYPE_MAP: ElementSpec = ElementSpec {
    attributes: &[
        attribute("any-content-type-value", Kind::Any),
        attribute("missing-content-type-value", Kind::Any),
    ],
    children: &[ChildSpec::any(&TYPE)],
    ..ElementSpec::named("content-type-map")
};
static TYPE: ElementSpec = ElementSpec {
    attributes: &[
        attribute("from", Kind::Any),
        attribute("when", Kind::Bool).expression(),
        attribute("to", Kind::Filled).required(),
    ],
    ..ElementSpec::named("type")
};
static CONTENT: ElementSpec = ElementSpec {
    attributes: &[
        attribute("type", Kind::Any),
        attribute("validate-as", Kind::OneOf(&["json", "xml", "soap"])).required(),
        attribute("action", ACTION).required().expression(),
        attribute("schema-id", Kind::Reference(Reference::Schema)),
        attribute("schema-ref", Kind::Any),
        attribute("allow-additional-properties", Kind::Bool),
        attribute("case-insensitive-property-names", Kind::Bool).or("false"),
    ],
    ..ElementSpec::named("content")
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    for content in element.elements_named("content") {
        let Some(validate_as) = content.attribute("validate-as") else { continue };
        if validate_as.value.literal().is_some_and(|it| matches!(it.trim(), "xml" | "soap")) {
            let message = "XML schemas are not applied by this release yet";
            checker
                .not_run(validate_as.value.span, message)
                .hint("validate JSON, or turn the body into JSON first (xml-to-json)");
        }
        let Some(reference) = content.attribute("schema-ref") else { continue };
        if content.attribute("schema-id").is_none() {
            let message = "schema-ref has no effect without schema-id";
            checker
                .warning(reference.span, "no-effect", message)
                .hint("name the schema that it is a place in");
        }
        let is_pointer =
            |text: &str| text.strip_prefix('#').is_some_and(|it| it.is_empty() || it.starts_with('/'));
        if reference.value.literal().is_some_and(|text| !is_pointer(text.trim())) {
            let message = "schema-ref is not a place in a schema, such as `#/definitions/Order`";
            checker.error(reference.value.span, "attribute-value", message);
        }
    }
    for kind in element.elements_named("content-type-map").flat_map(|map| map.elements_named("type")) {
        match (kind.attribute("from"), kind.attribute("when")) {
            (Some(_), Some(when)) => checker.excluding(when, "from"),
            (None, None) => {
                let message = "type needs one of `from` and `when`: it says of nothing what it is".to_owned();
                checker.report(checker.strict(), kind.span, "missing-attribute", message);
            }
            _ => {}
        }
    }
}

fn compile(element: &Element, builder: &mut Builder<'_>) -> Option<ValidateContent> {
    builder.asks_contract = true;
    let mut contents = Vec::new();
    for content in element.elements_named("content") {
        let variation = Variation {
            additional: content
                .attribute("allow-additional-properties")
                .map(|_| content.flag("allow-additional-properties", false)),
            ignores_case: content.flag("case-insensitive-property-names", false),
        };
        let schema = match content.literal("schema-id") {
            Some(id) => {
                let pointer =
                    content.literal("schema-ref").map_or("", |it| it.trim().trim_start_matches('#'));
                Some(builder.schema(id.trim(), pointer, variation)?)
            }
            None => None,
        };
        contents.push(Content {
            media_type: content
                .literal("type")
                .map(media::essence)
                .filter(|it| !it.is_empty())
                .map(Box::from),
            action: content.required_text("action")?,
            schema,
            variation,
        });
    }
    let mut mapped = Vec::new();
    let map = element.child("content-type-map");
    for kind in map.into_iter().flat_map(|map| map.elements_named("type")) {
        let from = match kind.literal("from") {
            Some(from) => Mapped::Type(media::essence(from).into()),
            None => Mapped::When(kind.flag_setting("when", false)?),
        };
        mapped.push((from, media::essence(kind.literal("to")?).into()));
    }
    let value = |name| map.and_then(|map| map.literal(name)).map(|it| Box::from(media::essence(it)));
    Some(ValidateContent {
        unspecified: element.required_text("unspecified-content-type-action")?,
        size_max: element.required_number("max-size")?,
        size_exceeded: element.required_text("size-exceeded-action")?,
        variable: errors_variable(element),
        mapped: mapped.into(),
        any: value("any-content-type-value"),
        missing: value("missing-content-type-value"),
        contents: contents.into(),
    })
}

#[derive(Debug)]
pub(crate) struct ValidateContent {
    unspecified: Text,
    size_max: Number,
    size_exceeded: Text,
    variable: Option<Box<str>>,
    /// Content types that are taken for others.
    mapped: Box<[(Mapped, Box<str>)]>,
    any: Option<Box<str>>,
    missing: Option<Box<str>>,
    contents: Box<[Content]>,
}

#[derive(Debug)]
enum Mapped {
    Type(Box<str>),
    When(Flag),
}

#[derive(Debug)]
struct Content {
    /// `None`: every one of the contract.
    media_type: Option<Box<str>>,
    action: Text,
    /// `None`: the contract's.
    schema: Option<Arc<Schema>>,
    variation: Variation,
}

/// What is known of a body without reading it.
enum Size {
    None,
    Is(u64),
    Unknown,
}

impl ValidateContent {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let mut found = Violations::default();
        let unspecified = action(env, &self.unspecified, "unspecified-content-type-action")?;
        let size_exceeded = action(env, &self.size_exceeded, "size-exceeded-action")?;
        let size_max = env.number_within(&self.size_max, "max-size", 0, SIZE_BYTES_MAX)?.unsigned_abs();
        let (kind, whose) = match env.acts_on_response {
            true => ("ResponseBody", "Response"),
            false => ("RequestBody", "Request"),
        };
        let size = size(env);
        let sent_type = content_type(env);
        if !matches!(size, Size::None) && size_exceeded != Action::Ignore {
            let bytes = match size {
                Size::Is(bytes) => bytes,
                _ => env.read_body()?.map_or(0, |body| body.len() as u64),
            };
            if bytes > size_max {
                let details = format!(
                    "{whose}'s body is {bytes} bytes long and it exceeds the limit of {size_max} bytes."
                );
                found.add(size_exceeded, &sent_type, kind, "SizeLimit", details);
            }
        }
        if !found.prevents() {
            self.look_into(env, &mut found, unspecified, kind, &size, &sent_type)?;
        }
        found.conclude(env, self.variable.as_deref())
    }

    fn look_into<'a>(
        &'a self,
        env: &mut Env<'a, '_>,
        found: &mut Violations,
        unspecified: Action,
        kind: &'static str,
        size: &Size,
        sent_type: &str,
    ) -> Result<(), Halt> {
        let contract = env.context.facts.operation.map(|operation| &*operation.contract);
        let status = env.context.response.as_ref().map_or(StatusCode::OK, |response| response.status);
        let representations: &'a [Representation] = match (contract, env.acts_on_response) {
            (None, _) => &[],
            (Some(contract), false) => &contract.request,
            (Some(contract), true) => {
                contract.response(status.as_u16()).map_or(&[], |it| &it.representations)
            }
        };
        let has_none = matches!(size, Size::None);
        // Nothing is meant to be there.
        let is_bodiless = env.acts_on_response
            && (env.context.request.method == Method::HEAD
                || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED));
        if has_none && (representations.is_empty() || is_bodiless) {
            return Ok(());
        }
        let media_type = self.effective_type(env, sent_type)?;
        let specified = representations
            .iter()
            .find(|it| media::essence(&it.content_type).eq_ignore_ascii_case(&media_type));
        let is_for = |content: &&Content| match &content.media_type {
            Some(own) => own.eq_ignore_ascii_case(&media_type),
            None => specified.is_some(),
        };
        // One that names the type comes before one for all.
        let content = self.contents.iter().filter(is_for).max_by_key(|content| content.media_type.is_some());
        let has_schema = content.is_some_and(|content| content.schema.is_some());
        if specified.is_none() && !has_schema {
            // Without a body there is often no type.
            if !(has_none && media_type.is_empty()) {
                let details = format!("Unspecified content type {} is not allowed.", shown(&media_type));
                found.add(unspecified, &media_type, kind, "Unspecified", details);
                return Ok(());
            }
        }
        let Some(content) = content else { return Ok(()) };
        let action = action(env, &content.action, "action")?;
        if action == Action::Ignore {
            return Ok(());
        }
        let schema = match (&content.schema, specified.map(|it| &it.schema)) {
            (Some(schema), _) | (None, Some(SchemaOf::Is(schema))) => schema,
            (None, Some(SchemaOf::Missing(message))) => {
                found.add(action, &media_type, kind, "MissingDefinition", format!("{message}."));
                return Ok(());
            }
            (None, _) => {
                let details =
                    format!("The API's schema does not define content of type {}.", shown(&media_type));
                found.add(action, &media_type, kind, "ApiSchema", details);
                return Ok(());
            }
        };
        let schema = match schema.compiled(content.variation) {
            Ok(schema) => schema,
            Err(message) => {
                found.add(
                    action,
                    &media_type,
                    kind,
                    "ApiSchema",
                    format!("The schema cannot be applied: {message}."),
                );
                return Ok(());
            }
        };
        let body = env.read_body()?.unwrap_or_default();
        let (headers, _) = env.message();
        let text = charset::of(headers).decode(&body);
        if text.trim().is_empty() {
            found.add(action, &media_type, kind, "IncorrectMessage", "The body is empty.".to_owned());
            return Ok(());
        }
        let value = match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(error) => {
                let reason = error.to_string();
                let reason = reason.split(" at line ").next().unwrap_or_default();
                let details = format!(
                    "The body is not JSON: {reason}. Line: {}, Position: {}",
                    error.line(),
                    error.column()
                );
                found.add(action, &media_type, kind, "IncorrectMessage", details);
                return Ok(());
            }
        };
        match schema.broken_by(&value) {
            Ok(broken) => {
                for one in broken {
                    let (line, position) = place(&text, &one.path);
                    let details = format!("{} Line: {line}, Position: {position}", one.message);
                    found.add(action, &media_type, kind, "IncorrectMessage", details);
                }
            }
            Err(error) => found.add(action, &media_type, kind, "ValidationException", format!("{error}.")),
        }
        Ok(())
    }

    /// The content type that the body is taken to have.
    fn effective_type<'a>(&'a self, env: &mut Env<'a, '_>, sent: &str) -> Result<Cow<'a, str>, Halt> {
        for (from, to) in &self.mapped {
            let is_it = match from {
                Mapped::Type(from) => from.eq_ignore_ascii_case(sent),
                Mapped::When(when) => env.flag(when)?,
            };
            if is_it {
                return Ok(Cow::Borrowed(to));
            }
        }
        Ok(match (&self.any, &self.missing) {
            (_, Some(missing)) if sent.is_empty() => Cow::Borrowed(missing),
            (Some(any), _) => Cow::Borrowed(any),
            _ => Cow::Owned(sent.to_owned()),
        })
    }
}

fn message<'e>(env: &'e Env<'_, '_>) -> Option<(&'e HeaderMap, &'e Body)> {
    match env.acts_on_response {
        true => env.context.response.as_ref().map(|it| (&it.headers, &it.body)),
        false => Some((&env.context.request.headers, &env.context.request.body)),
    }
}

/// The media type of the current message, lower case; empty where it names none.
fn content_type(env: &Env<'_, '_>) -> String {
    message(env).and_then(|(headers, _)| media::of(headers)).unwrap_or_default().to_ascii_lowercase()
}

fn size(env: &Env<'_, '_>) -> Size {
    match message(env) {
        None | Some((_, Body::Empty | Body::Taken)) => Size::None,
        Some((headers, Body::Stream)) => {
            let length =
                headers.get(header::CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.trim().parse().ok());
            // Of a compressed body the length is another one.
            length.filter(|_| !headers.contains_key(header::CONTENT_ENCODING)).map_or(Size::Unknown, Size::Is)
        }
        Some((headers, Body::Bytes(bytes))) if !headers.contains_key(header::CONTENT_ENCODING) => {
            Size::Is(bytes.len() as u64)
        }
        Some((_, Body::Bytes(_))) => Size::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use http::Method;
    use serde_json::json;

    use crate::context::Body;
    use crate::contract::{Contract, Representation, ResponseContract, SchemaOf};
    use crate::json_schema::{Schema, SchemaDocument};
    use crate::section::{ScopeKind, Section};
    use crate::surroundings::{Known, Surroundings};
    use crate::testing::{Bench, codes_in, read_in};

    fn document() -> Arc<SchemaDocument> {
        let order = json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}});
        Arc::new(SchemaDocument::new(json!({"definitions": {"Order": order}}), 1).unwrap())
    }

    fn representation(content_type: &str, has_schema: bool) -> Representation {
        let schema = match has_schema {
            true => SchemaOf::Is(Arc::new(Schema::new(document(), "/definitions/Order"))),
            false => SchemaOf::None,
        };
        Representation { content_type: content_type.into(), schema }
    }

    fn contract() -> Contract {
        Contract {
            request: vec![
                representation("application/json; charset=utf-8", true),
                representation("text/json", false),
            ],
            responses: vec![ResponseContract {
                status: 200,
                representations: vec![representation("application/json", true)],
                ..ResponseContract::default()
            }],
            ..Contract::default()
        }
    }

    const ALL: &str = "unspecified-content-type-action='prevent' max-size='100' size-exceeded-action='prevent' errors-variable-name='e'";
    const JSON: &str = "<content validate-as='json' action='prevent'/>";

    fn sent(attributes: &str, children: &str, content_type: &'static str, body: &str) -> Bench {
        let mut bench =
            Bench::inbound(&format!("<validate-content {attributes}>{children}</validate-content>"));
        bench.set_contract(contract());
        if !content_type.is_empty() {
            bench.context.request.headers.insert("content-type", content_type.parse().unwrap());
        }
        if !body.is_empty() {
            bench.context.request.body = Body::Bytes(Bytes::copy_from_slice(body.as_bytes()));
        }
        bench.run();
        bench
    }

    #[track_caller]
    fn refused(bench: &Bench, rule: &str, message: &str) {
        let error = bench.context.last_error.as_ref().expect("the request is refused");
        assert_eq!((&*error.source, error.reason.as_deref()), ("validate-content", Some("Bad request")));
        assert!(error.message.contains(message), "{}", error.message);
        assert_eq!(bench.context.response.as_ref().unwrap().status, 400);
        assert!(bench.body().contains(&message.replace('"', "\\\"")), "{}", bench.body());
        let errors = bench.variable("e").unwrap();
        assert!(errors.contains(&format!("\"ValidationRule\": \"{rule}\"")), "{errors}");
        assert!(errors.contains("\"Type\": \"RequestBody\""), "{errors}");
    }

    #[test]
    fn body_that_is_as_it_should_be_passes() {
        for content_type in ["application/json", "APPLICATION/JSON; charset=utf-8"] {
            let bench = sent(ALL, JSON, content_type, r#"{"id":1}"#);
            assert_eq!(bench.context.last_error, None);
            assert_eq!(bench.variable("e").as_deref(), Some("[]"));
        }
    }

    #[test]
    fn body_that_breaks_its_schema_is_refused_with_its_place() {
        let bench = sent(ALL, JSON, "application/json", "{\n \"id\": \"x\"}");
        refused(&bench, "IncorrectMessage", "\"x\" is not of type \"integer\" Line: 2, Position: 8");
        refused(&sent(ALL, JSON, "application/json", "{"), "IncorrectMessage", "The body is not JSON");
        refused(&sent(ALL, JSON, "application/json", ""), "IncorrectMessage", "The body is empty.");
    }

    #[test]
    fn content_types_are_held_against_the_contract() {
        refused(
            &sent(ALL, JSON, "text/plain", "x"),
            "Unspecified",
            "Unspecified content type text/plain is not allowed.",
        );
        refused(
            &sent(ALL, JSON, "text/json", "{}"),
            "ApiSchema",
            "does not define content of type text/json",
        );
        let lenient = ALL.replace("'prevent' max", "'ignore' max");
        assert_eq!(sent(&lenient, JSON, "text/plain", "x").context.last_error, None);
        // Without a content element the body is not looked into.
        assert_eq!(sent(ALL, "", "application/json", "x").context.last_error, None);
    }

    #[test]
    fn content_types_can_be_taken_for_others() {
        let map = |map: &str| format!("<content-type-map {map}</content-type-map>{JSON}");
        for (map, content_type, passes) in [
            (map("><type from='text/plain' to='application/json'/>"), "text/plain; x=y", true),
            (map("><type from='text/plain' to='application/json'/>"), "text/html", false),
            (map("><type when='@(context.Request.Method == \"GET\")' to='application/json'/>"), "x/y", true),
            (map("missing-content-type-value='application/json'>"), "", true),
            (map("any-content-type-value='application/json'>"), "x/y", true),
            (map("missing-content-type-value='application/json'>"), "x/y", false),
        ] {
            let bench = sent(ALL, &map, content_type, r#"{"id":1}"#);
            assert_eq!(bench.context.last_error.is_none(), passes, "{map} {content_type}");
        }
    }

    #[test]
    fn size_is_bounded_at_its_limit() {
        let body = |bytes: usize| format!("{{\"id\":1{}}}", " ".repeat(bytes - 8));
        assert_eq!(sent(ALL, JSON, "application/json", &body(100)).context.last_error, None);
        refused(
            &sent(ALL, JSON, "application/json", &body(101)),
            "SizeLimit",
            "Request's body is 101 bytes long and it exceeds the limit of 100 bytes.",
        );
        let mut told = Bench::inbound(&format!("<validate-content {ALL}/>"));
        told.context.request.headers.insert("content-length", "101".parse().unwrap());
        told.context.request.body = Body::Stream;
        told.run();
        assert_eq!(told.context.request.body, Body::Stream, "nothing was read");
        assert!(told.context.last_error.is_some());
    }

    #[test]
    fn what_is_only_detected_passes_and_is_kept_and_logged() {
        let detects = "<content validate-as='json' action='@(\"detect\")'/>";
        let bench = sent(ALL, detects, "application/json", "{}");
        assert_eq!(bench.context.last_error, None);
        assert!(bench.variable("e").unwrap().contains("\"Action\": \"detect\""));
        assert!(bench.host.notes.borrow()[0].contains("required"), "{:?}", bench.host.notes);
    }

    #[test]
    fn documents_change_what_schemas_allow() {
        let content = |more: &str| format!("<content validate-as='json' action='prevent' {more}/>");
        for (more, body, passes) in [
            ("", r#"{"id":1,"x":2}"#, true),
            ("allow-additional-properties='false'", r#"{"id":1,"x":2}"#, false),
            ("case-insensitive-property-names='true'", r#"{"ID":1}"#, true),
            ("", r#"{"ID":1}"#, false),
        ] {
            let bench = sent(ALL, &content(more), "application/json", body);
            assert_eq!(bench.context.last_error.is_none(), passes, "{more} {body}");
        }
    }

    #[test]
    fn responses_are_held_back_without_a_word_to_the_client() {
        let mut bench = Bench::outbound(&format!("<validate-content {ALL}>{JSON}</validate-content>"));
        bench.set_contract(contract());
        bench.backend_body = Some("{}");
        bench.run();
        assert_eq!(bench.context.response.as_ref().unwrap().status, 502);
        assert_eq!(bench.context.response.as_ref().unwrap().reason.as_deref(), Some("Response Not Allowed"));
        assert!(bench.body().contains("Contact the API owner."), "{}", bench.body());
        let error = bench.context.last_error.as_ref().unwrap();
        assert_eq!(error.reason.as_deref(), Some("Response not allowed"));
        assert!(bench.variable("e").unwrap().contains("ResponseBody"));
    }

    #[test]
    fn absent_body_passes_where_none_is_meant() {
        let mut bench = Bench::inbound(&format!("<validate-content {ALL}>{JSON}</validate-content>"));
        bench.set_contract(Contract::default());
        bench.run();
        assert_eq!(bench.context.last_error, None);
        let mut head =
            Bench::outbound(&format!("<set-body/><validate-content {ALL}>{JSON}</validate-content>"));
        head.set_contract(contract());
        head.context.request.method = Method::HEAD;
        head.run();
        assert_eq!(head.context.last_error, None);
    }

    struct Schemas;

    impl Surroundings for Schemas {
        fn schema(&self, id: &str) -> Known<Arc<SchemaDocument>> {
            if id == "orders" { Known::Is(document()) } else { Known::Missing }
        }
    }

    #[test]
    fn documents_can_name_schemas_of_their_own() {
        let text = format!(
            "<policies><inbound><validate-content {ALL}><content type='x/y' validate-as='json' action='prevent' \
             schema-id='orders' schema-ref='#/definitions/Order'/></validate-content></inbound></policies>"
        );
        let mut bench = Bench::within(&text, ScopeKind::Api, &Schemas);
        bench.context.request.headers.insert("content-type", "x/y".parse().unwrap());
        bench.context.request.body = Body::Bytes(Bytes::from_static(b"{\"id\":1}"));
        bench.run();
        assert_eq!(bench.context.last_error, None);
        bench.context.request.body = Body::Bytes(Bytes::from_static(b"{}"));
        bench.again();
        assert!(bench.context.last_error.is_some());
        for (from, to, part) in [("orders", "none", "no JSON schema"), ("/Order", "/None", "no schema at")] {
            let text = text.replace(&format!("{from}'"), &format!("{to}'"));
            let findings =
                crate::document::compile(&text, crate::document::Format::RawXml, ScopeKind::Api, &Schemas);
            let findings = findings.unwrap_err();
            assert!(findings[0].message.contains(part), "{findings:?}");
        }
    }

    #[test]
    fn what_is_not_run_is_refused() {
        let policy = |content: &str| {
            format!("<validate-content {ALL}><content action='detect' {content}/></validate-content>")
        };
        assert_eq!(codes_in(Section::Inbound, &policy("validate-as='xml'")), ["not-run-yet"]);
        assert_eq!(codes_in(Section::Inbound, &policy("validate-as='soap' schema-id='s'")), ["not-run-yet"]);
        assert_eq!(codes_in(Section::Inbound, &policy("validate-as='json' schema-ref='#/a'")), ["no-effect"]);
        assert_eq!(
            codes_in(Section::Inbound, &policy("validate-as='json' schema-id='s' schema-ref='a'")),
            ["attribute-value"]
        );
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::OnError,
                "<validate-content unspecified-content-type-action='prevent' max-size='4194304' size-exceeded-action='@(context.Api.Id)' errors-variable-name='e'><content-type-map missing-content-type-value='a/b'><type when='@(true)' to='a/b'/></content-type-map><content validate-as='json' action='detect' schema-id='s'/></validate-content>"
            ),
            [""; 0]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-content unspecified-content-type-action='prevent' max-size='4194305' size-exceeded-action='ignore'/>"
            ),
            ["attribute-value"]
        );
        assert_eq!(
            read_in(
                Section::Inbound,
                "<validate-content unspecified-content-type-action='stop' max-size='1' size-exceeded-action='ignore'/>"
            ),
            ["attribute-value"]
        );
    }
}
