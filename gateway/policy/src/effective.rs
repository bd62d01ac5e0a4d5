//! The effective policy: the documents of all scopes as one, fragments and named values in place, each
//! element with where it came from.
//!
//! A pure function of texts; what it returns can be printed as a document or as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hanse_expression::span::LineIndex;
use serde::Serialize;

use crate::chain::{CHAIN_LEVELS, Chain};
use crate::check::Checker;
use crate::document::{Checking, DEFAULT_GLOBAL, read, without_mark};
use crate::finding::Finding;
use crate::merge::{Sections, merge};
use crate::policies::INCLUDE;
use crate::reader::Roots;
use crate::section::{ScopeKind, Section};
use crate::surroundings::{Known, Surroundings};
use crate::tree::Element;
use crate::values;

/// Most elements of an effective policy; fragments that would bring more stay includes.
pub const EFFECTIVE_ELEMENTS_MAX: usize = 100_000;

const INDENT: &str = "    ";

/// The documents that apply to a request, as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectivePolicy {
    pub inbound: Vec<EffectiveElement>,
    pub backend: Vec<EffectiveElement>,
    pub outbound: Vec<EffectiveElement>,
    #[serde(rename = "on-error")]
    pub on_error: Vec<EffectiveElement>,
}

/// An element of an effective policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectiveElement {
    pub element: String,
    /// Scope of the document it stands in, or that includes its fragment.
    pub scope: &'static str,
    /// The fragment that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragment: Option<String>,
    /// Within that document's section, or within the fragment: `choose[3]/when[2]`.
    pub path: String,
    pub attributes: Vec<EffectiveAttribute>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub children: Vec<EffectiveElement>,
}

/// An attribute of an element, its entities decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EffectiveAttribute {
    pub name: String,
    pub value: String,
}

/// A document that cannot be read: whose it is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    pub scope: ScopeKind,
    pub findings: Vec<Finding>,
}

/// The effective policy of documents given narrowest first, in the order of [`Chain::SCOPES`]; `None`: the
/// scope has no document, or does not apply. What `surroundings` does not know stays as it is written.
///
/// # Errors
/// The first document that cannot be read.
pub fn effective_policy(
    documents: [Option<&str>; CHAIN_LEVELS],
    surroundings: &dyn Surroundings,
) -> Result<EffectivePolicy, Unreadable> {
    effective_policy_within(documents, [surroundings; CHAIN_LEVELS])
}

/// The same, where not all documents have the same things around them: those of a workspace have its own
/// fragments and named values, and the global one the service's.
///
/// # Errors
/// The first document that cannot be read.
pub fn effective_policy_within(
    documents: [Option<&str>; CHAIN_LEVELS],
    surroundings: [&dyn Surroundings; CHAIN_LEVELS],
) -> Result<EffectivePolicy, Unreadable> {
    let mut merging = Merging { surroundings, fragments: BTreeMap::new(), elements: 0 };
    let default = merging.sections(DEFAULT_GLOBAL, ScopeKind::Global).unwrap_or_default();
    let mut all: [Option<Sections<Vec<EffectiveElement>>>; CHAIN_LEVELS] = [const { None }; CHAIN_LEVELS];
    for ((text, scope), place) in documents.into_iter().zip(Chain::SCOPES).zip(&mut all) {
        if let Some(text) = text {
            let sections = merging.sections(text, scope);
            *place = Some(sections.map_err(|findings| Unreadable { scope, findings })?);
        }
    }
    let section = |section| {
        let chain = all.each_ref().map(Option::as_ref);
        merge(chain, &default, section)
            .into_iter()
            .flat_map(|(elements, _)| elements.iter().cloned())
            .collect()
    };
    Ok(EffectivePolicy {
        inbound: section(Section::Inbound),
        backend: section(Section::Backend),
        outbound: section(Section::Outbound),
        on_error: section(Section::OnError),
    })
}

struct Merging<'a> {
    /// In the order of [`Chain::SCOPES`].
    surroundings: [&'a dyn Surroundings; CHAIN_LEVELS],
    /// Fragments that were read, by the scope that includes them; `None`: there is nothing to put in place.
    fragments: BTreeMap<(ScopeKind, String), Option<Element>>,
    elements: usize,
}

/// Where elements come from.
#[derive(Clone, Copy)]
struct Origin<'a> {
    scope: ScopeKind,
    fragment: Option<&'a str>,
}

impl Merging<'_> {
    fn sections(
        &mut self,
        text: &str,
        scope: ScopeKind,
    ) -> Result<Sections<Vec<EffectiveElement>>, Vec<Finding>> {
        let root = self.read(text, scope)?;
        let origin = Origin { scope, fragment: None };
        Ok(Sections::of(&root, &mut |element, path| self.place(element, path, origin)))
    }

    /// The root of a text, its named values in place.
    fn read(&self, text: &str, scope: ScopeKind) -> Result<Element, Vec<Finding>> {
        let source = without_mark(text);
        let lines = LineIndex::new(source);
        let mut root = read(source, &lines, Roots::One)?.root;
        let checking = Checking { surroundings: self.around(scope), ..Checking::to_read(None) };
        values::settle(&mut root, &mut Checker::new(&lines, &checking));
        Ok(root)
    }

    /// An element, or what the fragment it includes holds.
    fn place(&mut self, element: &Element, path: String, origin: Origin<'_>) -> Vec<EffectiveElement> {
        if element.name == INCLUDE
            && origin.fragment.is_none()
            && let Some(id) = element.literal("fragment-id").map(str::trim)
            && let Some(fragment) = self.fragment(id, origin.scope)
        {
            return self.children(&fragment, Origin { fragment: Some(id), ..origin });
        }
        self.elements += 1;
        let attributes = element.attributes.iter().map(|attribute| EffectiveAttribute {
            name: attribute.name.clone(),
            value: attribute.value.text.clone(),
        });
        let text: String = element.texts().map(|text| text.text.as_str()).collect();
        vec![EffectiveElement {
            element: element.name.clone(),
            scope: origin.scope.as_str(),
            fragment: origin.fragment.map(str::to_owned),
            path,
            attributes: attributes.collect(),
            text: element.text().map(|_| text),
            children: self.children(element, origin),
        }]
    }

    fn children(&mut self, parent: &Element, origin: Origin<'_>) -> Vec<EffectiveElement> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut children = Vec::new();
        for child in parent.elements() {
            let nth = counts.entry(&child.name).or_default();
            *nth += 1;
            children.extend(self.place(child, format!("{}[{nth}]", child.name), origin));
        }
        children
    }

    /// A fragment, unless it would bring too much. Each is read once.
    fn fragment(&mut self, id: &str, scope: ScopeKind) -> Option<Element> {
        let key = (scope, id.to_owned());
        if !self.fragments.contains_key(&key) {
            let root = match self.around(scope).fragment(id) {
                Known::Is(text) => self.read(&text, scope).ok(),
                Known::Unknown | Known::Missing => None,
            };
            self.fragments.insert(key.clone(), root);
        }
        let root = self.fragments.get(&key)?.as_ref()?;
        (self.elements.saturating_add(count(root)) <= EFFECTIVE_ELEMENTS_MAX).then(|| root.clone())
    }

    fn around(&self, scope: ScopeKind) -> &dyn Surroundings {
        let level = Chain::SCOPES.iter().position(|of| *of == scope);
        self.surroundings[level.unwrap_or_default()]
    }
}

fn count(element: &Element) -> usize {
    element.elements().map(|child| 1 + count(child)).sum()
}

impl EffectivePolicy {
    /// The sections and what is in them, in the order a request passes them.
    pub fn sections(&self) -> [(Section, &[EffectiveElement]); 4] {
        [
            (Section::Inbound, &self.inbound),
            (Section::Backend, &self.backend),
            (Section::Outbound, &self.outbound),
            (Section::OnError, &self.on_error),
        ]
    }

    /// A document of its own, well-formed; comments say where what follows them comes from.
    pub fn to_xml(&self) -> String {
        let mut out = String::from("<policies>\n");
        for (section, elements) in self.sections() {
            let _ = writeln!(out, "{INDENT}<{section}>");
            write_elements(&mut out, elements, 2, None);
            let _ = writeln!(out, "{INDENT}</{section}>");
        }
        out.push_str("</policies>\n");
        out
    }
}

/// `parent` is where the element around them comes from.
fn write_elements(
    out: &mut String,
    elements: &[EffectiveElement],
    depth: usize,
    parent: Option<(&str, Option<&str>)>,
) {
    let indent = INDENT.repeat(depth);
    let mut last = parent;
    for element in elements {
        let origin = (element.scope, element.fragment.as_deref());
        if last != Some(origin) {
            let fragment = origin.1.map(|id| format!(", fragment {}", id.replace("--", "- -")));
            let _ = writeln!(out, "{indent}<!-- {}{} -->", origin.0, fragment.unwrap_or_default());
            last = Some(origin);
        }
        let _ = write!(out, "{indent}<{}", element.element);
        for attribute in &element.attributes {
            let _ = write!(out, " {}=\"", attribute.name);
            write_escaped(out, &attribute.value, true);
            out.push('"');
        }
        if element.text.is_none() && element.children.is_empty() {
            out.push_str(" />\n");
            continue;
        }
        out.push('>');
        write_escaped(out, element.text.as_deref().unwrap_or_default(), false);
        if !element.children.is_empty() {
            out.push('\n');
            write_elements(out, &element.children, depth + 1, Some(origin));
            out.push_str(&indent);
        }
        let _ = writeln!(out, "</{}>", element.element);
    }
}

/// A text as XML holds it. Line breaks of attributes stay: this reader keeps them.
fn write_escaped(out: &mut String, text: &str, is_attribute: bool) {
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if is_attribute => out.push_str("&quot;"),
            _ => out.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Format, check};
    use crate::surroundings::Alone;

    struct Service;

    impl Surroundings for Service {
        fn named_value(&self, name: &str) -> Known<String> {
            if name == "host" { Known::Is("h.example".to_owned()) } else { Known::Unknown }
        }

        fn fragment(&self, id: &str) -> Known<String> {
            match id {
                "trace" => Known::Is(
                    "<fragment><set-header name='X-T'><value>{{host}}</value></set-header><set-status code='200'/></fragment>"
                        .to_owned(),
                ),
                _ => Known::Missing,
            }
        }
    }

    const GLOBAL: &str = "<policies><inbound><include-fragment fragment-id='trace'/></inbound>\
        <backend><forward-request timeout='5'/></backend><outbound/></policies>";
    const API: &str = r#"<policies><inbound><choose><when condition="@((int)context.Variables["x"] < 1 && context.Tracing)"><include-fragment fragment-id="trace"/>
        <set-method>GET</set-method></when></choose><base/><include-fragment fragment-id="gone"/></inbound></policies>"#;

    #[test]
    fn documents_fragments_and_named_values_become_one_document_that_says_where_all_comes_from() {
        let effective = effective_policy([None, Some(API), None, None, Some(GLOBAL)], &Service).unwrap();
        let xml = effective.to_xml();
        insta::assert_snapshot!(xml, @r#"
    <policies>
        <inbound>
            <!-- api -->
            <choose>
                <when condition="@((int)context.Variables[&quot;x&quot;] &lt; 1 &amp;&amp; context.Tracing)">
                    <!-- api, fragment trace -->
                    <set-header name="X-T">
                        <value>h.example</value>
                    </set-header>
                    <set-status code="200" />
                    <!-- api -->
                    <set-method>GET</set-method>
                </when>
            </choose>
            <!-- global, fragment trace -->
            <set-header name="X-T">
                <value>h.example</value>
            </set-header>
            <set-status code="200" />
            <!-- api -->
            <include-fragment fragment-id="gone" />
        </inbound>
        <backend>
            <!-- global -->
            <forward-request timeout="5" />
        </backend>
        <outbound>
        </outbound>
        <on-error>
        </on-error>
    </policies>
    "#);
        let json = serde_json::to_value(&effective).unwrap();
        let in_when = &json["inbound"][0]["children"][0]["children"][0];
        assert_eq!(
            (&in_when["element"], &in_when["scope"], &in_when["fragment"], &in_when["path"]),
            (&"set-header".into(), &"api".into(), &"trace".into(), &"set-header[1]".into())
        );
        // What was put together is a document again, and merges into itself.
        let again = effective_policy([None, None, None, None, Some(&xml)], &Alone).unwrap();
        let names = |policy: &EffectivePolicy| -> Vec<String> {
            policy.inbound.iter().map(|it| it.element.clone()).collect()
        };
        assert_eq!(names(&again), names(&effective));
        let checked = check(&xml, &Checking { format: Format::Xml, ..Checking::to_read(None) });
        assert!(checked.is_accepted(), "{:?}", checked.findings);
    }

    #[test]
    fn every_row_of_the_rules_for_base_holds() {
        let inbound = |content: &str| format!("<policies><inbound>{content}</inbound></policies>");
        let method = |name: &str| format!("<set-method>{name}</set-method>");
        let (o, a, p, w, g) = ("O", "A", "P", "W", "G");
        let around =
            |name: &str| inbound(&format!("{}<base/>{}", method(name), method(&name.to_lowercase())));
        let texts = |documents: [Option<String>; CHAIN_LEVELS]| -> String {
            let documents = documents.each_ref().map(|text| text.as_deref());
            let effective = effective_policy(documents, &Alone).unwrap();
            effective.inbound.iter().filter_map(|it| it.text.clone()).collect()
        };
        for (documents, expected) in [
            (
                [Some(around(o)), Some(around(a)), Some(around(p)), Some(around(w)), Some(around(g))],
                "OAPWGgwpao",
            ),
            // No product, no workspace: their levels are passed over.
            ([Some(around(o)), Some(around(a)), None, None, Some(around(g))], "OAGgao"),
            // No `<base/>`: wider scopes do not run.
            ([Some(around(o)), Some(inbound(&method(a))), Some(around(p)), None, Some(around(g))], "OAo"),
            // No section: as if it held `<base/>`.
            ([Some("<policies/>".into()), Some(around(a)), None, None, Some(around(g))], "AGga"),
            // An empty section: nothing runs.
            ([Some(inbound("")), Some(around(a)), None, None, Some(around(g))], ""),
            // At global scope `<base/>` is nothing.
            ([None, None, None, None, Some(around(g))], "Gg"),
            ([None, None, None, None, None], ""),
        ] {
            assert_eq!(texts(documents.clone()), expected, "{documents:?}");
        }
        let backend = |text: &str| {
            let effective = effective_policy([Some(text), None, None, None, None], &Alone).unwrap();
            effective.backend.iter().map(|it| format!("{} {}", it.element, it.scope)).collect::<Vec<_>>()
        };
        assert_eq!(backend("<policies/>"), ["forward-request global"]);
        assert!(backend("<policies><backend/></policies>").is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_scope() {
        let error = effective_policy([None, Some("<policies>"), None, None, None], &Alone).unwrap_err();
        assert_eq!((error.scope, error.findings.len()), (ScopeKind::Api, 1));
    }

    #[test]
    fn what_fragments_bring_is_bounded() {
        struct Large(usize);
        impl Surroundings for Large {
            fn fragment(&self, _: &str) -> Known<String> {
                Known::Is(format!("<fragment>{}</fragment>", "<redirect-content-urls/>".repeat(self.0)))
            }
        }
        let text = format!(
            "<policies><inbound>{}</inbound></policies>",
            "<include-fragment fragment-id='x'/>".repeat(10)
        );
        let inbound = |size: usize| {
            effective_policy([Some(&text), None, None, None, None], &Large(size)).unwrap().inbound.len()
        };
        // The default document's one element counts too.
        let fits = (EFFECTIVE_ELEMENTS_MAX - 1) / 10;
        assert_eq!(inbound(fits), fits * 10);
        assert_eq!(inbound(fits + 1), (fits + 1) * 9 + 1);
    }
}
