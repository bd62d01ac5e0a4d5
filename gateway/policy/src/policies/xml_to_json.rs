//! `xml-to-json`: turns an XML body into JSON, as Json.NET does.
//!
//! | XML | `direct` | `javascript-friendly` |
//! |---|---|---|
//! | `<a/>` | `"a": null` | the same |
//! | `<a x="1">t</a>` | `"a": {"@x": "1", "#text": "t"}` | `"a": {"x": "1", "text": "t"}` |
//! | `<s:a xmlns:s="u"/>` | `"s$a": {"@xmlns$s": "u"}` | `"a": null` |
//! | `<a/><a/>` | `"a": [null, null]` | the same |
//! | `<?xml version="1.0"?>` | `"version": "1.0"` beside the root | nothing |
//!
//! Comments and document types become nothing.

use bytes::Bytes;
use hanse_expression::json::quote_into;
use hanse_expression::xml::{Data, Name, Node, NodeRef, Whitespace, XMLNS_NAMESPACE, parse_document};
use http::{HeaderValue, header};
use std::collections::BTreeMap;

use crate::charset;
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::media;
use crate::policies::Policy;
use crate::policies::json_to_xml::{self, CONVERTED_BYTES_MAX, applies, empties_are_null, media_type};
use crate::run::Flow;
use crate::schema::{ElementSpec, NOT_BACKEND, PolicySpec, Release, attribute, shown};
use crate::section::Section;
use crate::setting::{Flag, Setting, Text};
use crate::tree::Element;

/// How deep elements may stand in each other; the request fails beyond. JSON that is deeper is read by nobody.
pub(crate) const DEPTH_MAX: usize = 128;

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: NOT_BACKEND,
    tolerated: &[Section::Backend],
    release: Release::Runs(|element, _| compile(element).map(Policy::XmlToJson)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("kind", Kind::OneOf(&["direct", "javascript-friendly"])).required().expression(),
                attribute("apply", Kind::OneOf(&["always", "content-type-xml"])).required().expression(),
                attribute("consider-accept-header", Kind::Bool).or("true").expression(),
                attribute("always-array-child-elements", Kind::Bool).or("false").expression(),
                attribute("preserve-whitespace-nodes", Kind::Bool).or("false").expression(),
                attribute("trim-values", Kind::Bool).or("false").expression(),
                attribute("trim", Kind::Bool).or("false").expression(),
                attribute("empty-values", Kind::OneOf(&json_to_xml::EMPTY_VALUES))
                    .or("preserve")
                    .expression(),
            ],
            ..ElementSpec::named("xml-to-json")
        },
        "Turns an XML body into JSON.",
    )
};

fn compile(element: &Element) -> Option<XmlToJson> {
    Some(XmlToJson {
        kind: element.required_text("kind")?,
        apply: element.required_text("apply")?,
        considers_accept: element.flag_setting("consider-accept-header", true)?,
        always_arrays: element.flag_setting("always-array-child-elements", false)?,
        keeps_blanks: element.flag_setting("preserve-whitespace-nodes", false)?,
        trims: [element.flag_setting("trim-values", false)?, element.flag_setting("trim", false)?],
        empty_values: element.text_setting("empty-values")?.unwrap_or(Setting::Fixed("preserve".into())),
    })
}

#[derive(Debug)]
pub(crate) struct XmlToJson {
    kind: Text,
    apply: Text,
    considers_accept: Flag,
    always_arrays: Flag,
    keeps_blanks: Flag,
    /// Two spellings of one.
    trims: [Flag; 2],
    empty_values: Text,
}

impl XmlToJson {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let apply = env.text_or_empty(&self.apply)?;
        let is_xml = media::is_xml(media_type(env));
        if !applies(env, apply, "content-type-xml", is_xml)? {
            return Ok(Flow::Continue);
        }
        let considers_accept = env.flag(&self.considers_accept)?;
        if considers_accept && media::accepted(&env.context.request.headers, media::is_json).is_none() {
            return Ok(Flow::Continue);
        }
        let is_friendly = match env.text_or_empty(&self.kind)? {
            "direct" => false,
            "javascript-friendly" => true,
            other => {
                let message =
                    format!("kind: `{}` is neither `direct` nor `javascript-friendly`.", shown(other));
                return Err(env.internal(message));
            }
        };
        let always_arrays = env.flag(&self.always_arrays)?;
        let keeps_blanks = env.flag(&self.keeps_blanks)?;
        let trims = env.flag(&self.trims[0])? || env.flag(&self.trims[1])?;
        let empties = env.text_or_empty(&self.empty_values)?;
        let empties_are_null = empties_are_null(env, empties)?;
        let Some(body) = env.read_body()? else { return Ok(Flow::Continue) };
        let (headers, _) = env.message();
        let text = charset::of(headers).decode(&body);
        if text.trim().is_empty() {
            return Ok(Flow::Continue);
        }
        let whitespace = if keeps_blanks { Whitespace::Preserve } else { Whitespace::Drop };
        let arena = env.context.arena;
        let document = parse_document(arena, &text, whitespace)
            .map_err(|error| env.internal(format!("The body cannot be converted: {error}")))?;
        let mut writer = Writer {
            is_friendly,
            always_arrays,
            trims,
            empties_are_null,
            out: String::new(),
            depth: 0,
            prefixes: Vec::new(),
        };
        writer
            .document(document)
            .map_err(|message| env.internal(format!("The body cannot be converted: {message}.")))?;
        env.replace_body(Bytes::from(writer.out));
        env.message().0.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(Flow::Continue)
    }
}

struct Writer<'a> {
    is_friendly: bool,
    always_arrays: bool,
    trims: bool,
    empties_are_null: bool,
    out: String,
    depth: usize,
    /// Prefixes with their namespaces, innermost last.
    prefixes: Vec<(&'a str, &'a str)>,
}

/// What a name of JSON stands for: one node, or several of one name.
enum Member<'a> {
    Text(String),
    Node(NodeRef<'a>),
}

type Written = Result<(), String>;

impl<'a> Writer<'a> {
    fn document(&mut self, document: NodeRef<'a>) -> Written {
        self.put("{")?;
        let declaration = document.declaration().filter(|_| !self.is_friendly);
        if let Some(declaration) = declaration {
            let fields = [
                ("version", declaration.version.get()),
                ("encoding", declaration.encoding.get()),
                ("standalone", declaration.standalone.get()),
            ];
            for (name, value) in fields {
                if let Some(value) = value {
                    self.quoted(name)?;
                    self.put(":")?;
                    self.quoted(value)?;
                    self.put(",")?;
                }
            }
        }
        let root = document.elements(None).next().ok_or("there is no root element")?;
        let name = self.name_within(root);
        self.quoted(&name)?;
        self.put(":")?;
        self.element(root)?;
        self.put("}")
    }

    fn put(&mut self, text: &str) -> Written {
        if self.out.len() + text.len() > CONVERTED_BYTES_MAX {
            return Err(format!("it becomes more than {CONVERTED_BYTES_MAX} bytes"));
        }
        self.out.push_str(text);
        Ok(())
    }

    fn quoted(&mut self, text: &str) -> Written {
        if self.out.len() + text.len() > CONVERTED_BYTES_MAX {
            return Err(format!("it becomes more than {CONVERTED_BYTES_MAX} bytes"));
        }
        quote_into(&mut self.out, text);
        Ok(())
    }

    fn element(&mut self, element: NodeRef<'a>) -> Written {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("elements stand in each other more than {DEPTH_MAX} deep"));
        }
        let before = self.prefixes.len();
        self.declare(element);
        let members = self.members(element);
        match members.as_slice() {
            [] if element.is_empty() => self.put("null")?,
            [] => self.value("")?,
            // A text alone is the element's value.
            [(name, values)] if *name == self.text_name() && !has_attributes(element, self.is_friendly) => {
                match &values[..] {
                    [Member::Text(text)] => self.value(text)?,
                    _ => self.object(&members)?,
                }
            }
            members => self.object(members)?,
        }
        self.prefixes.truncate(before);
        self.depth -= 1;
        Ok(())
    }

    fn value(&mut self, text: &str) -> Written {
        let text = if self.trims { text.trim() } else { text };
        match text.is_empty() && self.empties_are_null {
            true => self.put("null"),
            false => self.quoted(text),
        }
    }

    fn object(&mut self, members: &[(String, Vec<Member<'a>>)]) -> Written {
        self.put("{")?;
        for (at, (name, values)) in members.iter().enumerate() {
            if at > 0 {
                self.put(",")?;
            }
            self.quoted(name)?;
            self.put(":")?;
            let is_array = values.len() > 1
                || (self.always_arrays && matches!(values[0], Member::Node(node) if node.is_element()));
            if is_array {
                self.put("[")?;
            }
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    self.put(",")?;
                }
                match value {
                    Member::Text(text) => self.value(text)?,
                    Member::Node(node) => self.element(node)?,
                }
            }
            if is_array {
                self.put("]")?;
            }
        }
        self.put("}")
    }

    /// Attributes, then what the element holds, by name in the order of first appearance.
    fn members(&self, element: NodeRef<'a>) -> Vec<(String, Vec<Member<'a>>)> {
        let mut members: Vec<(String, Vec<Member<'a>>)> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut add = |name: String, value: Member<'a>| match places.get(&name) {
            Some(at) => members[*at].1.push(value),
            None => {
                places.insert(name.clone(), members.len());
                members.push((name, vec![value]));
            }
        };
        for attribute in element.attributes(None) {
            let name = attribute.name();
            let value = Member::Text(attribute.value().to_owned());
            match (attribute.declares_namespace(), self.is_friendly) {
                (true, true) => {}
                (true, false) if name.namespace.is_empty() => add("@xmlns".to_owned(), value),
                (true, false) => add(format!("@xmlns${}", name.local), value),
                (false, true) => add(name.local.to_owned(), value),
                (false, false) => add(format!("@{}", self.named(name, true)), value),
            }
        }
        for node in element.nodes() {
            match node.data() {
                Data::Element { .. } => add(self.name_within(node), Member::Node(node)),
                Data::Text(text) if text.get().trim().is_empty() && !self.is_friendly => {
                    add("#whitespace".to_owned(), Member::Text(text.get().to_owned()));
                }
                Data::Text(text) => add(self.text_name().to_owned(), Member::Text(text.get().to_owned())),
                Data::CData(text) if self.is_friendly => {
                    add(self.text_name().to_owned(), Member::Text(text.get().to_owned()));
                }
                Data::CData(text) => add("#cdata-section".to_owned(), Member::Text(text.get().to_owned())),
                Data::Instruction { target, data } if !self.is_friendly => {
                    add(format!("?{}", target.get()), Member::Text(data.get().to_owned()));
                }
                _ => {}
            }
        }
        members
    }

    fn text_name(&self) -> &'static str {
        if self.is_friendly { "text" } else { "#text" }
    }

    fn declare(&mut self, element: NodeRef<'a>) {
        for attribute in element.attributes(None).filter(|attribute| attribute.declares_namespace()) {
            let name = attribute.name();
            let prefix = if name.namespace == XMLNS_NAMESPACE { name.local } else { "" };
            self.prefixes.push((prefix, attribute.value()));
        }
    }

    /// The name of an element, with the declarations on itself.
    fn name_within(&self, element: NodeRef<'a>) -> String {
        let name = element.name().unwrap_or_default();
        if self.is_friendly || name.namespace.is_empty() {
            return name.local.to_owned();
        }
        let own = element.attributes(None).filter(|attribute| attribute.declares_namespace()).find_map(
            |attribute| {
                let declared = attribute.name();
                let prefix = if declared.namespace == XMLNS_NAMESPACE { declared.local } else { "" };
                (attribute.value() == name.namespace).then_some(prefix)
            },
        );
        match own {
            Some("") => name.local.to_owned(),
            Some(prefix) => format!("{prefix}${}", name.local),
            None => self.named(name, false),
        }
    }

    /// A name with its prefix; the default namespace is not one of attributes.
    fn named(&self, name: Name<'a>, is_attribute: bool) -> String {
        if name.namespace.is_empty() {
            return name.local.to_owned();
        }
        if name.namespace == hanse_expression::xml::XML_NAMESPACE {
            return format!("xml${}", name.local);
        }
        let is_it = |(prefix, namespace): &&(&str, &str)| {
            *namespace == name.namespace && !(is_attribute && prefix.is_empty())
        };
        match self.prefixes.iter().rev().find(is_it) {
            Some((prefix, _)) if !prefix.is_empty() => format!("{prefix}${}", name.local),
            _ => name.local.to_owned(),
        }
    }
}

/// Whether an element has attributes that are written.
fn has_attributes(element: &Node<'_>, is_friendly: bool) -> bool {
    element.attributes(None).any(|attribute| !(is_friendly && attribute.declares_namespace()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::DEPTH_MAX;
    use crate::context::Body;
    use crate::section::Section;
    use crate::testing::{Bench, read_in};

    fn bench(attributes: &str) -> Bench {
        let mut bench = Bench::inbound(&format!("<xml-to-json apply='always' {attributes}/>"));
        bench.context.request.headers.insert("content-type", "text/xml".parse().unwrap());
        bench.context.request.headers.insert("accept", "application/json".parse().unwrap());
        bench
    }

    #[track_caller]
    fn converts(attributes: &str, body: &str, expected: &str) {
        let mut bench = bench(attributes);
        bench.context.request.body = Body::Bytes(Bytes::copy_from_slice(body.as_bytes()));
        bench.run();
        assert_eq!(bench.context.last_error, None);
        let Body::Bytes(bytes) = &bench.context.request.body else { panic!("no body") };
        assert_eq!(std::str::from_utf8(bytes).unwrap(), expected, "{body}");
        assert_eq!(bench.context.request.headers["content-type"], "application/json");
    }

    #[test]
    fn elements_become_values_objects_and_arrays() {
        for (xml, json) in [
            ("<a/>", r#"{"a":null}"#),
            ("<a></a>", r#"{"a":""}"#),
            ("<a>1 &amp; \"2\"</a>", r#"{"a":"1 & \"2\""}"#),
            ("<a x='1'/>", r#"{"a":{"@x":"1"}}"#),
            ("<a x='1'>t</a>", r##"{"a":{"@x":"1","#text":"t"}}"##),
            ("<a><b>1</b><c/><b>2</b></a>", r#"{"a":{"b":["1","2"],"c":null}}"#),
            ("<a>x<b/>y</a>", r##"{"a":{"#text":["x","y"],"b":null}}"##),
            ("<a><![CDATA[<x>]]></a>", r##"{"a":{"#cdata-section":"<x>"}}"##),
            ("<a><!-- c --><?p d?></a>", r#"{"a":{"?p":"d"}}"#),
            ("<a>\n  <b>1</b>\n</a>", r#"{"a":{"b":"1"}}"#),
        ] {
            converts("kind='direct'", xml, json);
        }
    }

    #[test]
    fn prefixes_stand_before_a_dollar_sign() {
        converts(
            "kind='direct'",
            "<?xml version='1.0' encoding='utf-8'?><s:E xmlns:s='urn:s' xmlns='urn:d'><s:B xml:lang='en' s:i='1'><x/></s:B></s:E>",
            r#"{"version":"1.0","encoding":"utf-8","s$E":{"@xmlns$s":"urn:s","@xmlns":"urn:d","s$B":{"@xml$lang":"en","@s$i":"1","x":null}}}"#,
        );
        converts(
            "kind='javascript-friendly'",
            "<?xml version='1.0'?><s:E xmlns:s='urn:s'><s:B i='1'>t</s:B><C>u</C></s:E>",
            r#"{"E":{"B":{"i":"1","text":"t"},"C":"u"}}"#,
        );
    }

    #[test]
    fn child_elements_can_always_be_arrays() {
        converts(
            "kind='direct' always-array-child-elements='true'",
            "<a x='1'><b><c>1</c></b></a>",
            r#"{"a":{"@x":"1","b":[{"c":["1"]}]}}"#,
        );
    }

    #[test]
    fn blanks_and_empty_texts_are_as_the_document_asks() {
        converts(
            "kind='direct' preserve-whitespace-nodes='true'",
            "<a> <b/></a>",
            r##"{"a":{"#whitespace":" ","b":null}}"##,
        );
        converts("kind='direct' trim-values='true'", "<a><b> x </b></a>", r#"{"a":{"b":"x"}}"#);
        converts("kind='direct' empty-values='as-null'", "<a><b></b></a>", r#"{"a":{"b":null}}"#);
    }

    #[test]
    fn who_wants_no_json_gets_none() {
        let mut bench = bench("kind='direct'").with_body("<a/>");
        bench.context.request.headers.insert("accept", "*/*".parse().unwrap());
        bench.run();
        assert_eq!(bench.context.request.body, Body::Stream);
    }

    #[test]
    fn what_is_no_xml_or_too_deep_fails_the_request() {
        let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        for (body, fits) in
            [(nested(DEPTH_MAX), true), (nested(DEPTH_MAX + 1), false), ("<a>".to_owned(), false)]
        {
            let mut bench = bench("kind='direct'");
            bench.context.request.body = Body::Bytes(Bytes::from(body));
            bench.run();
            assert_eq!(bench.context.last_error.is_none(), fits);
        }
    }

    #[test]
    fn documents_are_checked() {
        assert_eq!(
            read_in(
                Section::OnError,
                "<xml-to-json kind='direct' apply='content-type-xml' always-array-child-elements='true'/>"
            ),
            [""; 0]
        );
        assert_eq!(read_in(Section::Outbound, "<xml-to-json kind='direct'/>"), ["missing-attribute"]);
        assert_eq!(
            read_in(Section::Backend, "<xml-to-json kind='direct' apply='always'/>"),
            ["misplaced-policy"]
        );
    }
}
