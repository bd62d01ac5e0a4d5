//! What documents do together, without running them: for plans and for people.
//!
//! One idea: an outline is a document's elements in order, each in one line, and [`effective`] merges a
//! chain of outlines as [`merge`] merges all documents; a test holds that together with what a request
//! walks ([`crate::Chain`]).
//! Named values stay as they are written, `{{name}}`, so nothing secret is in an outline.

use std::fmt::Write as _;
use std::sync::LazyLock;

use hanse_expression::span::LineIndex;

use crate::chain::CHAIN_LEVELS;
use crate::document::{DEFAULT_GLOBAL, read, without_mark};
use crate::merge::{self, Sections, Step};
use crate::policies::BASE;
use crate::reader::Roots;
use crate::section::{ScopeKind, Section};
use crate::tree::{Element, Node};

/// Characters of an attribute's value in [`Stated::text`].
const VALUE_CHARS_MAX: usize = 60;
/// Characters of [`Stated::text`].
pub const STATED_CHARS_MAX: usize = 200;

static DEFAULT: LazyLock<Outline> =
    LazyLock::new(|| outline(DEFAULT_GLOBAL).expect("the text is a constant, and a test reads it"));

/// The elements of a document by section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline(Sections<Stated>);

/// An element of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated {
    /// In one line: `rate-limit calls=100 renewal-period=60`.
    pub text: String,
    /// All of it, written in one way: equal contents do the same.
    pub content: String,
}

/// The outline of a document; `None` when it cannot be read.
pub fn outline(text: &str) -> Option<Outline> {
    let source = without_mark(text);
    let tree = read(source, &LineIndex::new(source), Roots::One).ok()?;
    Some(Outline(Sections::of(&tree.root, &mut |element, _| stated(element))))
}

/// What a request meets in a section of a chain, in order, each with the scope it comes from. The
/// chain is narrowest first, in the order of [`Chain::SCOPES`](crate::Chain::SCOPES); `None`: the scope
/// has no document.
pub fn effective(chain: [Option<&Outline>; CHAIN_LEVELS], section: Section) -> Vec<(&Stated, ScopeKind)> {
    merge::merge(chain.map(|outline| outline.map(|outline| &outline.0)), &DEFAULT.0, section)
}

impl Outline {
    /// The elements of a section as they stand, `base` among them; `None`: there is no such section.
    pub fn section(&self, section: Section) -> Option<Vec<&str>> {
        let steps = self.0.steps(section)?;
        let texts = steps.iter().map(|step| match step {
            Step::Base => BASE,
            Step::Policy(stated) => stated.text.as_str(),
        });
        Some(texts.collect())
    }
}

fn stated(element: &Element) -> Stated {
    let mut content = String::new();
    write_content(element, &mut content);
    Stated { text: text_of(element), content }
}

fn text_of(element: &Element) -> String {
    let mut text = element.name.clone();
    for attribute in &element.attributes {
        let value = cut(&attribute.value.text, VALUE_CHARS_MAX);
        let quoted = value.is_empty() || value.contains(' ');
        let _ = match quoted {
            true => write!(text, " {}=\"{value}\"", attribute.name),
            false => write!(text, " {}={value}", attribute.name),
        };
    }
    cut(&text, STATED_CHARS_MAX)
}

/// A text in one line, of so many characters at most.
fn cut(text: &str, chars_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars_max) {
        None => line,
        Some(_) => line.chars().take(chars_max - 1).chain(['…']).collect(),
    }
}

/// Attributes in the order of their names, texts without the blanks around them. Lengths stand before
/// texts, so that no text can look like another element's.
fn write_content(element: &Element, out: &mut String) {
    let mut attributes: Vec<_> = element.attributes.iter().collect();
    attributes.sort_by(|one, other| one.name.cmp(&other.name));
    let _ = write!(out, "<{}", element.name);
    for attribute in attributes {
        let value = &attribute.value.text;
        let _ = write!(out, " {}={}:{value}", attribute.name, value.len());
    }
    out.push('>');
    for child in &element.children {
        match child {
            Node::Element(child) => write_content(child, out),
            Node::Text(value) => {
                let text = value.text.trim();
                let _ = write!(out, "{}:{text}", text.len());
            }
        }
    }
    out.push_str("</>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Alone;
    use crate::chain::Chain;
    use crate::document::{CompiledDocument, Format, compile};
    use crate::lane::Lane;
    use proptest::prelude::*;

    fn texts(documents: [Option<&str>; CHAIN_LEVELS], section: Section) -> Vec<String> {
        let outlines = documents.map(|text| text.map(|text| outline(text).expect("readable")));
        let chain = outlines.each_ref().map(Option::as_ref);
        let effective = effective(chain, section);
        effective.into_iter().map(|(stated, scope)| format!("{} ({})", stated.text, scope.as_str())).collect()
    }

    #[test]
    fn base_continues_with_the_next_wider_document() {
        let api = "<policies><inbound><base/><rate-limit calls=\"100\" renewal-period=\"60\"/></inbound></policies>";
        let global = "<policies><inbound><set-header name=\"X-A\" exists-action=\"skip\"><value>1</value></set-header></inbound></policies>";
        assert_eq!(
            texts([None, Some(api), None, None, Some(global)], Section::Inbound),
            [
                "set-header name=X-A exists-action=skip (global)",
                "rate-limit calls=100 renewal-period=60 (api)"
            ]
        );
        // Without a global document the default one forwards; an empty section ends the chain.
        assert_eq!(
            texts([None, Some(api), None, None, None], Section::Backend),
            ["forward-request (global)"]
        );
        let silent = "<policies><backend/></policies>";
        assert!(texts([Some(silent), None, None, None, None], Section::Backend).is_empty());
    }

    #[test]
    fn contents_differ_where_documents_do() {
        let content = |text: &str| {
            let outline =
                outline(&format!("<policies><inbound>{text}</inbound></policies>")).expect("readable");
            effective([Some(&outline), None, None, None, None], Section::Inbound)[0].0.clone()
        };
        let one = content("<set-header name=\"a\"><value>1</value></set-header>");
        let other = content("<set-header name=\"a\"><value>2</value></set-header>");
        assert_eq!(one.text, other.text);
        assert_ne!(one.content, other.content);
        let spaced = content("<set-header  name = \"a\">\n<value> 1\n</value></set-header>");
        assert_eq!(one, spaced);
        assert!(
            content(&format!("<set-header name=\"{}\"/>", "x".repeat(999))).text.chars().count()
                <= STATED_CHARS_MAX
        );
    }

    #[test]
    fn what_cannot_be_read_has_no_outline() {
        assert_eq!(outline("<policies><inbound>"), None);
        assert_eq!(outline("<policies/>").expect("readable").section(Section::Inbound), None);
        let text = "<policies><inbound><base /></inbound></policies>";
        assert_eq!(outline(text).expect("readable").section(Section::Inbound), Some(vec!["base"]));
    }

    /// A document of random sections, or none.
    fn document() -> impl Strategy<Value = Option<String>> {
        let element = prop_oneof![
            Just("<base />"),
            Just("<set-method>GET</set-method>"),
            Just("<set-query-parameter name=\"a\" exists-action=\"delete\" />"),
        ];
        let section = prop::option::of(prop::collection::vec(element, 0..4));
        prop::option::of((section.clone(), section).prop_map(|(inbound, outbound)| {
            // One `<base />` at most, as the checker wants it.
            let once = |elements: Vec<&'static str>| {
                let mut seen = false;
                let keep = elements
                    .into_iter()
                    .filter(|it| *it != "<base />" || !std::mem::replace(&mut seen, true));
                keep.collect::<String>()
            };
            let inbound = inbound.map(|it| format!("<inbound>{}</inbound>", once(it))).unwrap_or_default();
            let outbound = outbound.map(|_| "<outbound><base /></outbound>".to_owned()).unwrap_or_default();
            format!("<policies>{inbound}{outbound}</policies>")
        }))
    }

    proptest! {
        #[test]
        fn an_outline_walks_as_a_request_does(documents in prop::collection::vec(document(), CHAIN_LEVELS)) {
            let outlines: Vec<_> = documents.iter().map(|it| it.as_deref().and_then(outline)).collect();
            let mut scopes = Chain::SCOPES.into_iter();
            let compiled: Vec<Option<CompiledDocument>> = documents
                .iter()
                .map(|it| {
                    let scope = scopes.next().expect("five levels");
                    it.as_deref().map(|text| compile(text, Format::Xml, scope, &Alone).expect("valid"))
                })
                .collect();
            let chain = Chain { documents: std::array::from_fn(|level| compiled[level].as_ref()) };
            for section in Section::ALL {
                let outlined = effective(std::array::from_fn(|level| outlines[level].as_ref()), section);
                let outlined: Vec<_> = outlined.into_iter().map(|(stated, scope)| {
                    (stated.text.split(' ').next().unwrap_or_default().to_owned(), scope)
                }).collect();
                let mut lane = Lane::of_section(chain, section);
                let mut walked = Vec::new();
                while let Some((step, scope)) = lane.next_step() {
                    let name = step.origin.path.split('[').next().unwrap_or_default().to_owned();
                    walked.push((name, scope));
                }
                prop_assert_eq!(outlined, walked);
            }
        }
    }
}
