//! `json-to-xml`: turns a JSON body into XML.
//!
//! ```text
//! {"a": {"@id": 1, "b": [true, null]}}
//!   ─► <Document><a id="1"><b>True</b><b xsi:nil="true" xmlns:xsi="…"/></a></Document>
//! ```

use bytes::Bytes;
use hanse_expression::json::read::{ReadSettings, parse_object};
use hanse_expression::json::{Kind as Token, Scalar, Token as Json, text_of};
use hanse_expression::xml::{is_char, is_name_char, is_name_start};
use http::{HeaderValue, header};

use crate::charset;
use crate::env::{Env, Halt, Ran};
use crate::kind::Kind;
use crate::media;
use crate::policies::Policy;
use crate::run::Flow;
use crate::schema::{ElementSpec, NOT_BACKEND, PolicySpec, Release, attribute, shown};
use crate::section::Section;
use crate::setting::{Flag, Setting, Text};
use crate::tree::Element;

/// Bytes that a converted body may have; the request fails beyond. (Each item of an array repeats a name, so
/// that little JSON may be much XML.)
pub(crate) const CONVERTED_BYTES_MAX: usize = 16 * 1024 * 1024;

const ROOT: &str = "Document";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOT_BACKEND,
    tolerated: &[Section::Backend],
    release: Release::Runs(|element, _| compile(element).map(Policy::JsonToXml)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("apply", Kind::OneOf(&["always", "content-type-json"])).required().expression(),
                attribute("consider-accept-header", Kind::Bool).or("true").expression(),
                attribute("parse-date", Kind::Bool).or("true").expression(),
                attribute("namespace-separator", Kind::Char).or("_").expression(),
                attribute("namespace-prefix", Kind::Any).expression(),
                attribute("attribute-block-name", Kind::Any).expression(),
                attribute("attribute-prefix", Kind::Any).or("@").expression(),
                attribute("namespace-block-name", Kind::Any).expression(),
                attribute("invalid-character-replacement", Kind::Any).expression(),
                attribute("null-values", Kind::Any).expression().not_run("null is written as xsi:nil"),
                attribute("trim-values", Kind::Bool).or("false").expression(),
                attribute("empty-values", Kind::OneOf(&EMPTY_VALUES)).or("preserve").expression(),
            ],
            ..ElementSpec::named("json-to-xml")
        },
        "Turns a JSON body into XML.",
    )
};

/// Two spellings of one.
pub(crate) const EMPTY_VALUES: [&str; 3] = ["preserve", "as-null", "asNull"];

fn compile(element: &Element) -> Option<JsonToXml> {
    let verbatim = |name: &str| element.setting(name, Kind::Any.target(), |text| Some(text.into()));
    Some(JsonToXml {
        apply: element.required_text("apply")?,
        considers_accept: element.flag_setting("consider-accept-header", true)?,
        reads_dates: element.flag_setting("parse-date", true)?,
        separator: verbatim("namespace-separator")?,
        namespace_prefix: verbatim("namespace-prefix")?,
        attribute_block: verbatim("attribute-block-name")?,
        attribute_prefix: verbatim("attribute-prefix")?,
        namespace_block: verbatim("namespace-block-name")?,
        replacement: verbatim("invalid-character-replacement")?,
        trims: element.flag_setting("trim-values", false)?,
        empty_values: element.text_setting("empty-values")?.unwrap_or(Setting::Fixed("preserve".into())),
    })
}

#[derive(Debug)]
pub(crate) struct JsonToXml {
    apply: Text,
    considers_accept: Flag,
    reads_dates: Flag,
    separator: Option<Text>,
    namespace_prefix: Option<Text>,
    attribute_block: Option<Text>,
    attribute_prefix: Option<Text>,
    namespace_block: Option<Text>,
    replacement: Option<Text>,
    trims: Flag,
    empty_values: Text,
}

/// Whether `apply` says that a message of this type is converted.
pub(crate) fn applies(env: &Env<'_, '_>, apply: &str, of_type: &str, is_of_type: bool) -> Result<bool, Halt> {
    match apply {
        "always" => Ok(true),
        apply if apply == of_type => Ok(is_of_type),
        other => Err(env.internal(format!("apply: `{}` is neither `always` nor `{of_type}`.", shown(other)))),
    }
}

/// Whether `empty-values` makes empty texts null.
pub(crate) fn empties_are_null(env: &Env<'_, '_>, value: &str) -> Result<bool, Halt> {
    match value {
        "preserve" => Ok(false),
        "as-null" | "asNull" => Ok(true),
        other => {
            Err(env
                .internal(format!("empty-values: `{}` is neither `preserve` nor `as-null`.", shown(other))))
        }
    }
}

/// The media type of the current message.
pub(crate) fn media_type<'e>(env: &'e Env<'_, '_>) -> &'e str {
    let response = env.context.response.as_ref().filter(|_| env.acts_on_response);
    let headers = response.map_or(&env.context.request.headers, |response| &response.headers);
    media::of(headers).unwrap_or_default()
}

impl JsonToXml {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let apply = env.text_or_empty(&self.apply)?;
        let is_json = media::is_json(media_type(env));
        if !applies(env, apply, "content-type-json", is_json)? {
            return Ok(Flow::Continue);
        }
        let considers_accept = env.flag(&self.considers_accept)?;
        let accepted = media::accepted(&env.context.request.headers, media::is_xml);
        if considers_accept && accepted.is_none() {
            return Ok(Flow::Continue);
        }
        let content_type = match accepted {
            Some(accepted) if accepted.eq_ignore_ascii_case("text/xml") => "text/xml",
            _ => "application/xml",
        };
        let mut optional = |text: &'a Option<Text>, default: &'static str| match text {
            Some(text) => env.text_or_empty(text),
            None => Ok(default),
        };
        let names = Names {
            separator: optional(&self.separator, "_")?,
            namespace_prefix: optional(&self.namespace_prefix, "")?,
            attribute_block: optional(&self.attribute_block, "")?,
            attribute_prefix: optional(&self.attribute_prefix, "@")?,
            namespace_block: optional(&self.namespace_block, "")?,
        };
        let replacement = match &self.replacement {
            Some(text) => Some(env.text_or_empty(text)?),
            None => None,
        };
        let trims = env.flag(&self.trims)?;
        let dates = env.flag(&self.reads_dates)?;
        let empties = env.text_or_empty(&self.empty_values)?;
        let empties_are_null = empties_are_null(env, empties)?;
        let Some(body) = env.read_body()? else { return Ok(Flow::Continue) };
        let (headers, _) = env.message();
        let text = charset::of(headers).decode(&body);
        if text.trim().is_empty() {
            return Ok(Flow::Continue);
        }
        let arena = env.context.arena;
        let text =
            arena.text(&text).map_err(|error| env.internal(format!("The body does not fit: {error}.")))?;
        let root = parse_object(arena, text, ReadSettings { dates })
            .map_err(|error| env.internal(format!("The body cannot be converted: {error}")))?;
        let mut writer =
            Writer { names, replacement, trims, empties_are_null, out: String::new(), prefixes: Vec::new() };
        writer
            .document(root)
            .map_err(|message| env.internal(format!("The body cannot be converted: {message}.")))?;
        env.replace_body(Bytes::from(writer.out));
        env.message().0.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        Ok(Flow::Continue)
    }
}

/// Which names of JSON mean something in XML; empty: none does.
struct Names<'n> {
    separator: &'n str,
    namespace_prefix: &'n str,
    attribute_block: &'n str,
    attribute_prefix: &'n str,
    namespace_block: &'n str,
}

/// What a property of an object is of the element.
enum Role<'n> {
    /// The declaration of a prefix; empty: of the default namespace.
    Namespace(&'n str),
    Attribute(&'n str),
    Attributes,
    Namespaces,
    Text,
    CData,
    Element,
}

impl<'n> Names<'n> {
    fn role(&self, name: &'n str) -> Role<'n> {
        if let Some(prefix) = self.declared(name, self.namespace_prefix) {
            return Role::Namespace(prefix);
        }
        match name {
            "#text" => return Role::Text,
            "#cdata-section" => return Role::CData,
            _ if is(name, self.attribute_block) => return Role::Attributes,
            _ if is(name, self.namespace_block) => return Role::Namespaces,
            _ => {}
        }
        match name
            .strip_prefix(self.attribute_prefix)
            .filter(|rest| !self.attribute_prefix.is_empty() && !rest.is_empty())
        {
            Some(attribute) => match self.declared(attribute, "xmlns") {
                Some(prefix) => Role::Namespace(prefix),
                None => Role::Attribute(attribute),
            },
            None => Role::Element,
        }
    }

    /// The prefix that `xmlns`, `xmlns_p` and, as the other direction writes it, `xmlns$p` declare.
    fn declared(&self, name: &'n str, with: &str) -> Option<&'n str> {
        if with.is_empty() {
            return None;
        }
        let rest = name.strip_prefix(with)?;
        if rest.is_empty() {
            return Some("");
        }
        [self.separator, "$"].into_iter().filter(|it| !it.is_empty()).find_map(|it| rest.strip_prefix(it))
    }
}

fn is(name: &str, special: &str) -> bool {
    !special.is_empty() && name == special
}

struct Writer<'n> {
    names: Names<'n>,
    /// Stands for what XML has no place for.
    replacement: Option<&'n str>,
    trims: bool,
    empties_are_null: bool,
    out: String,
    /// Those that are declared, innermost last.
    prefixes: Vec<&'n str>,
}

type Written = Result<(), String>;

impl<'n> Writer<'n> {
    fn document(&mut self, root: Json<'n>) -> Written {
        self.put("<?xml version=\"1.0\" encoding=\"utf-8\"?>")?;
        self.element(ROOT, root)
    }

    fn put(&mut self, text: &str) -> Written {
        if self.out.len() + text.len() > CONVERTED_BYTES_MAX {
            return Err(format!("it becomes more than {CONVERTED_BYTES_MAX} bytes"));
        }
        self.out.push_str(text);
        Ok(())
    }

    /// An element, or for an array one for each item. JSON is no deeper than its reader lets it be.
    fn element(&mut self, name: &'n str, value: Json<'n>) -> Written {
        match value.kind() {
            Token::Array if value.is_empty() => {
                let name = self.name(name)?;
                self.put(&format!("<{name} />"))
            }
            Token::Array => value.children().try_for_each(|item| self.element(name, item)),
            Token::Object => self.object(name, value),
            _ => {
                let Some(scalar) = value.scalar() else { return Ok(()) };
                let name = self.name(name)?;
                match self.text_of(scalar) {
                    None => self.put(&format!("<{name} xsi:nil=\"true\" xmlns:xsi=\"{XSI}\" />")),
                    Some(text) if text.is_empty() => self.put(&format!("<{name}></{name}>")),
                    Some(text) => {
                        self.put(&format!("<{name}>"))?;
                        self.escaped(&text, false)?;
                        self.put(&format!("</{name}>"))
                    }
                }
            }
        }
    }

    fn object(&mut self, name: &'n str, object: Json<'n>) -> Written {
        let before = self.prefixes.len();
        // Declarations count for the element's own name.
        for property in object.children() {
            let (key, value) = (property.name().unwrap_or_default(), property.property_value());
            match self.names.role(key) {
                Role::Namespace(prefix) => self.prefixes.push(prefix),
                Role::Namespaces => {
                    let inner = value.into_iter().flat_map(Json::children);
                    self.prefixes
                        .extend(inner.filter_map(|it| it.name()).map(|it| self.names.block_prefix(it)));
                }
                Role::Attributes => {
                    let inner = value.into_iter().flat_map(Json::children).filter_map(|it| it.name());
                    self.prefixes.extend(inner.filter_map(|it| self.names.declared(it, "xmlns")));
                }
                _ => {}
            }
        }
        let element = self.name(name)?;
        self.put(&format!("<{element}"))?;
        let mut has_content = false;
        for property in object.children() {
            let (key, value) = (property.name().unwrap_or_default(), property.property_value());
            let Some(value) = value else { continue };
            match self.names.role(key) {
                Role::Namespace(prefix) => self.declaration(prefix, value)?,
                Role::Namespaces => {
                    for inner in value.children() {
                        let prefix = self.names.block_prefix(inner.name().unwrap_or_default());
                        if let Some(value) = inner.property_value() {
                            self.declaration(prefix, value)?;
                        }
                    }
                }
                Role::Attribute(name) => self.attribute(name, value)?,
                Role::Attributes => {
                    for inner in value.children() {
                        let name = inner.name().unwrap_or_default();
                        let Some(value) = inner.property_value() else { continue };
                        match self.names.declared(name, "xmlns") {
                            Some(prefix) => self.declaration(prefix, value)?,
                            None => self.attribute(name, value)?,
                        }
                    }
                }
                Role::Text | Role::CData | Role::Element => has_content = true,
            }
        }
        if !has_content {
            self.prefixes.truncate(before);
            return self.put(" />");
        }
        self.put(">")?;
        for property in object.children() {
            let key = property.name().unwrap_or_default();
            let Some(value) = property.property_value() else { continue };
            match self.names.role(key) {
                Role::Text => self.texts(value, false)?,
                Role::CData => self.texts(value, true)?,
                Role::Element => self.element(key, value)?,
                _ => {}
            }
        }
        self.prefixes.truncate(before);
        self.put(&format!("</{element}>"))
    }

    fn declaration(&mut self, prefix: &str, value: Json<'n>) -> Written {
        match prefix {
            "" => self.put(" xmlns=\"")?,
            prefix => {
                let prefix = self.encoded(prefix);
                self.put(&format!(" xmlns:{prefix}=\""))?;
            }
        }
        let text = value.scalar().map(text_of).unwrap_or_default();
        self.escaped(&text, true)?;
        self.put("\"")
    }

    fn attribute(&mut self, name: &'n str, value: Json<'n>) -> Written {
        let Some(scalar) = value.scalar() else {
            return Err(format!("the attribute `{}` is an object or an array", shown(name)));
        };
        let name = self.name(name)?;
        self.put(&format!(" {name}=\""))?;
        let text = self.text_of(scalar).unwrap_or_default();
        self.escaped(&text, true)?;
        self.put("\"")
    }

    fn texts(&mut self, value: Json<'n>, is_cdata: bool) -> Written {
        if value.is_container() {
            return value.children().try_for_each(|item| self.texts(item, is_cdata));
        }
        let text = value.scalar().and_then(|scalar| self.text_of(scalar)).unwrap_or_default();
        if !is_cdata {
            return self.escaped(&text, false);
        }
        let text = self.checked(&text)?.replace("]]>", "]]]]><![CDATA[>");
        self.put(&format!("<![CDATA[{text}]]>"))
    }

    /// `None`: nothing.
    fn text_of(&self, scalar: Scalar<'n>) -> Option<String> {
        if matches!(scalar, Scalar::Null | Scalar::Undefined) {
            return None;
        }
        let mut text = text_of(scalar);
        if self.trims {
            text = text.trim().to_owned();
        }
        (!(text.is_empty() && self.empties_are_null)).then_some(text)
    }

    /// A name with its prefix, where that is declared.
    fn name(&self, name: &str) -> Result<String, String> {
        for separator in [self.names.separator, "$", ":"] {
            if !separator.is_empty()
                && let Some((prefix, local)) = name.split_once(separator)
                && !local.is_empty()
                && (self.prefixes.contains(&prefix) || prefix == "xml")
            {
                return Ok(format!("{}:{}", self.encoded(prefix), self.encoded(local)));
            }
        }
        match self.encoded(name) {
            name if name.is_empty() => Err("a property has no name".to_owned()),
            name => Ok(name),
        }
    }

    /// A name with what XML does not let into names replaced, or as `XmlConvert.EncodeLocalName` has it.
    fn encoded(&self, name: &str) -> String {
        let mut out = String::with_capacity(name.len());
        for (at, char) in name.char_indices() {
            let is_fine = if at == 0 { is_name_start(char) } else { is_name_char(char) };
            match self.replacement {
                _ if is_fine => out.push(char),
                Some(replacement) => out.push_str(replacement),
                None if u32::from(char) > 0xffff => out.push_str(&format!("_x{:08X}_", u32::from(char))),
                None => out.push_str(&format!("_x{:04X}_", u32::from(char))),
            }
        }
        out
    }

    /// A text with what XML has no place for replaced.
    fn checked<'t>(&self, text: &'t str) -> Result<std::borrow::Cow<'t, str>, String> {
        let is_bad = |char: char| !is_char(char);
        match (text.find(is_bad), self.replacement) {
            (None, _) => Ok(text.into()),
            (Some(_), Some(replacement)) => Ok(text.replace(is_bad, replacement).into()),
            (Some(at), None) => {
                let char = text[at..].chars().next().unwrap_or_default();
                Err(format!(
                    "the character with the hexadecimal value 0x{:02X} is invalid in XML",
                    u32::from(char)
                ))
            }
        }
    }

    fn escaped(&mut self, text: &str, is_attribute: bool) -> Written {
        let text = self.checked(text)?;
        let mut out = String::with_capacity(text.len());
        for char in text.chars() {
            match char {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' if is_attribute => out.push_str("&quot;"),
                '\n' if is_attribute => out.push_str("&#xA;"),
                '\t' if is_attribute => out.push_str("&#x9;"),
                // A reader would make a line feed of it.
                '\r' => out.push_str("&#xD;"),
                char => out.push(char),
            }
        }
        self.put(&out)
    }
}

impl<'n> Names<'n> {
    /// In a block of namespaces, names are prefixes, with or without `xmlns`.
    fn block_prefix(&self, name: &'n str) -> &'n str {
        self.declared(name, "xmlns").unwrap_or(name)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::CONVERTED_BYTES_MAX;
    use crate::context::Body;
    use crate::section::Section;
    use crate::testing::{Bench, codes_in, read_in};

    const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>";

    fn bench(attributes: &str, body: &'static str) -> Bench {
        let mut bench =
            Bench::inbound(&format!("<json-to-xml apply='always' {attributes}/>")).with_body(body);
        bench.context.request.headers.insert("content-type", "application/json".parse().unwrap());
        bench.context.request.headers.insert("accept", "application/xml".parse().unwrap());
        bench
    }

    fn sent(bench: &mut Bench) -> String {
        bench.run();
        assert_eq!(bench.context.last_error, None);
        match &bench.context.request.body {
            Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => format!("{other:?}"),
        }
    }

    #[track_caller]
    fn converts(attributes: &str, body: &'static str, expected: &str) {
        let text = sent(&mut bench(attributes, body));
        let inner = text.strip_prefix(HEAD).expect(&text);
        assert_eq!(inner, expected, "{body}");
    }

    #[test]
    fn objects_become_elements() {
        converts(
            "",
            r#"{"a":"x<&>","n":1.50,"t":true}"#,
            "<Document><a>x&lt;&amp;&gt;</a><n>1.5</n><t>True</t></Document>",
        );
        converts("", r#"{"a":{"b":{}},"e":""}"#, "<Document><a><b /></a><e></e></Document>");
        converts(
            "",
            r#"{"a":[1,[2,{"b":3}]],"e":[]}"#,
            "<Document><a>1</a><a>2</a><a><b>3</b></a><e /></Document>",
        );
        converts(
            "",
            r#"{"a":null}"#,
            "<Document><a xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" /></Document>",
        );
        converts("", "{}", "<Document />");
    }

    #[test]
    fn attributes_and_texts_have_names_of_their_own() {
        converts(
            "",
            r##"{"a":{"@id":"1\"2","#text":"t","b":1}}"##,
            "<Document><a id=\"1&quot;2\">t<b>1</b></a></Document>",
        );
        converts(
            "",
            r##"{"a":{"#cdata-section":"x]]>y"}}"##,
            "<Document><a><![CDATA[x]]]]><![CDATA[>y]]></a></Document>",
        );
        converts(
            "attribute-block-name='#attrs'",
            r##"{"a":{"#attrs":{"q":"1","r":null},"b":2}}"##,
            "<Document><a q=\"1\" r=\"\"><b>2</b></a></Document>",
        );
        converts("attribute-prefix='_'", r#"{"a":{"_id":1}}"#, "<Document><a id=\"1\" /></Document>");
    }

    #[test]
    fn prefixes_are_those_that_are_declared() {
        converts(
            "namespace-separator=':' namespace-prefix='xmlns'",
            r#"{"s:E":{"xmlns:s":"urn:s","xmlns":"urn:d","s:B":1,"x:y":2}}"#,
            "<Document><s:E xmlns:s=\"urn:s\" xmlns=\"urn:d\"><s:B>1</s:B><x_x003A_y>2</x_x003A_y></s:E></Document>",
        );
        converts("", r#"{"first_name":"a"}"#, "<Document><first_name>a</first_name></Document>");
        converts(
            "",
            r#"{"s$E":{"@xmlns$s":"urn:s","s$B":null}}"#,
            "<Document><s:E xmlns:s=\"urn:s\"><s:B xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" /></s:E></Document>",
        );
        converts(
            "namespace-block-name='ns'",
            r#"{"p_a":{"ns":{"p":"urn:p"}}}"#,
            "<Document><p:a xmlns:p=\"urn:p\" /></Document>",
        );
    }

    #[test]
    fn names_and_texts_that_xml_does_not_take_are_encoded_replaced_or_refused() {
        converts("", r#"{"1 a":1}"#, "<Document><_x0031__x0020_a>1</_x0031__x0020_a></Document>");
        converts(
            "invalid-character-replacement='-'",
            "{\"a b\":\"x\u{1}y\"}",
            "<Document><a-b>x-y</a-b></Document>",
        );
        for body in ["{\"a\":\"\\u0001\"}", "[1]", "{", r#"{"a":{"@x":{}}}"#] {
            let mut bench = bench("", body);
            bench.run();
            assert_eq!(bench.context.last_error.unwrap().source, "json-to-xml", "{body}");
        }
    }

    #[test]
    fn dates_and_empty_texts_are_as_the_document_asks() {
        converts("", r#"{"d":"2012-03-21T05:40:00Z"}"#, "<Document><d>03/21/2012 05:40:00</d></Document>");
        converts(
            "parse-date='false'",
            r#"{"d":"2012-03-21T05:40:00Z"}"#,
            "<Document><d>2012-03-21T05:40:00Z</d></Document>",
        );
        converts(
            "empty-values='as-null' trim-values='true'",
            r#"{"a":"  ","b":" x "}"#,
            "<Document><a xsi:nil=\"true\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" /><b>x</b></Document>",
        );
    }

    #[test]
    fn who_wants_no_xml_gets_none() {
        let mut bench = bench("", "{}");
        bench.context.request.headers.insert("accept", "*/*".parse().unwrap());
        bench.run();
        assert_eq!(bench.context.request.body, Body::Stream);
        assert_eq!(bench.context.request.headers["content-type"], "application/json");

        let mut bench = self::bench("consider-accept-header='false'", "{}");
        bench.context.request.headers.remove("accept");
        bench.run();
        assert_eq!(bench.context.request.headers["content-type"], "application/xml");

        let mut bench = self::bench("", "{}");
        bench.context.request.headers.insert("accept", "text/xml".parse().unwrap());
        bench.run();
        assert_eq!(bench.context.request.headers["content-type"], "text/xml");
    }

    #[test]
    fn other_types_are_left_alone_where_the_document_says_so() {
        let mut bench =
            Bench::outbound("<json-to-xml apply='content-type-json' consider-accept-header='false'/>");
        bench.backend_body = Some("{\"a\":1}");
        bench.run();
        assert_eq!(bench.context.response.as_ref().unwrap().body, Body::Stream, "it has no content type");
        bench.context.request.body = Body::Empty;
        let mut always = Bench::outbound("<json-to-xml apply='always' consider-accept-header='false'/>");
        always.backend_body = Some("{\"a\":1}");
        always.run();
        assert_eq!(always.body(), format!("{HEAD}<Document><a>1</a></Document>"));
    }

    #[test]
    fn what_grows_too_large_fails_the_request() {
        let body = |items: usize, name: usize| {
            let text = format!("{{\"{}\":[{}1]}}", "n".repeat(name), "1,".repeat(items - 1));
            Body::Bytes(Bytes::from(text))
        };
        // Head and root, then `<n>1</n>` for each item.
        let frame = HEAD.len() + "<Document></Document>".len();
        let item = 2 * 1_000 + 6;
        let items = (CONVERTED_BYTES_MAX - frame) / item;
        for (items, fits) in [(items, true), (items + 1, false)] {
            let mut bench = bench("", "");
            bench.context.request.body = body(items, 1_000);
            bench.run();
            assert_eq!(bench.context.last_error.is_none(), fits, "{items}");
        }
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::Outbound,
                "<json-to-xml apply='always' consider-accept-header='false' namespace-separator=':' empty-values='as-null'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Outbound, "<json-to-xml apply='sometimes'/>"), ["attribute-value"]);
        assert_eq!(
            read_in(Section::Outbound, "<json-to-xml apply='always' namespace-separator='::'/>"),
            ["attribute-value"]
        );
        assert_eq!(
            codes_in(Section::Outbound, "<json-to-xml apply='always' null-values='x'/>"),
            ["not-run-yet"]
        );
    }
}
