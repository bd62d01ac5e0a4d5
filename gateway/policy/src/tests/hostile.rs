//! Whatever is sent as a document, checking ends, quickly, without a panic.

use hanse_expression::span::Span;
use proptest::prelude::*;

use super::soup::{self, PIECES};
use crate::reader::{self, Roots};
use crate::tree::{Element, Node, Value};
use crate::{Checking, Format, NESTING_MAX, check_any};

/// A quarter of what a document may have: a quadratic step would still take minutes.
const HOSTILE_BYTES: usize = 128 * 1024;

/// Every name and value leads to a piece of the source, and every character of a value does.
fn stands_in(source: &str, element: &Element) {
    let is_piece = |span: Span| assert!(source.get(span.start..span.end).is_some(), "{span:?} of {source:?}");
    let value = |value: &Value| {
        is_piece(value.span);
        for (at, char) in value.text.char_indices().take(100) {
            is_piece(value.place(Span::new(at, at + char.len_utf8())));
        }
    };
    is_piece(element.span);
    is_piece(element.inner);
    for attribute in &element.attributes {
        is_piece(attribute.span);
        value(&attribute.value);
    }
    for child in &element.children {
        match child {
            Node::Element(child) => stands_in(source, child),
            Node::Text(text) => value(text),
        }
    }
}

fn survives(text: &str) {
    for format in [Format::Xml, Format::RawXml] {
        survives_in(text, format);
    }
}

fn survives_in(text: &str, format: Format) {
    soup::survives(text, format);
    let source = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Ok(tree) = reader::read(source, Roots::Many) {
        stands_in(source, &tree.root);
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        survives(&text);
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_mix_of_meaningful_pieces_is_survived(picks in proptest::collection::vec(0..PIECES.len(), 0..40)) {
        let text: String = picks.into_iter().map(|pick| PIECES[pick]).collect();
        survives(&text);
        survives(&format!("<policies><inbound>{text}</inbound></policies>"));
        survives(&format!("<policies><inbound><set-header name=\"{text}\"/></inbound></policies>"));
    }

    #[test]
    fn any_damage_to_a_document_is_survived(numbers in proptest::collection::vec(any::<u32>(), 1..60)) {
        let mut numbers = numbers.into_iter().cycle();
        survives(&soup::source(|| numbers.next().unwrap_or(0)));
    }
}

#[test]
fn bombs_are_refused_by_name() {
    let code = |text: &str| {
        let codes = check_any(text, &Checking::to_read(None)).findings.into_iter().map(|it| it.code);
        codes.collect::<Vec<_>>()
    };
    let entities =
        "<!DOCTYPE a [<!ENTITY b 'b'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]><policies>&c;</policies>";
    let outside = "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><policies>&b;</policies>";
    let (open, close) = ("<choose><when condition='true'>", "</when></choose>");
    let nested = |levels: usize| {
        format!(
            "<policies><inbound><base/>{}{}</inbound></policies>",
            open.repeat(levels),
            close.repeat(levels)
        )
    };
    for (text, expected) in [
        (entities, "document-type"),
        (outside, "document-type"),
        (&nested(10_000), "nesting"),
        (&"<policies/>".repeat(1_000_000), "document-size"),
    ] {
        assert_eq!(code(text), [expected]);
    }
    // Two levels go to the document and its section, and each of these takes two.
    let deepest = (NESTING_MAX - 2) / 2;
    assert!(!code(&nested(deepest)).contains(&"nesting"));
    assert_eq!(code(&nested(deepest + 1)), ["nesting"]);
}

/// The test runner's patience is the bound.
#[test]
fn large_hostile_documents_end() {
    let fill = |piece: &str| piece.repeat(HOSTILE_BYTES / piece.len());
    let frame = |content: &str| {
        let (before, after) = ("<policies><inbound>", "</inbound></policies>");
        let room = HOSTILE_BYTES - before.len() - after.len();
        format!("{before}{}{after}", content.repeat(room / content.len()))
    };
    for text in [
        fill("<"),
        fill("&"),
        fill("@("),
        fill("<a>"),
        fill("<!--"),
        fill("{{"),
        fill("<a b=\"@("),
        fill("$\"{"),
        fill("<a b='"),
        fill("</a>"),
        fill("é"),
        frame("<x/>"),
        frame("<base/>"),
        frame("@("),
        frame("&"),
        frame("{{a}}"),
        frame("{{"),
        frame("<set-body>@(1)</set-body>"),
        frame("<set-header name='@(1)'/>"),
        frame("<!-- x -->"),
        frame("<![CDATA[&]]>"),
        frame("<set-header name='a'>x</set-header>"),
        format!("<policies {}/>", "a='1' ".repeat(20_000)),
        format!("<{}/>", "a".repeat(HOSTILE_BYTES - 3)),
        format!("<policies><inbound><{}/></inbound></policies>", "set-header".repeat(12_000)),
        format!(
            "<policies><inbound>{}</inbound></policies>",
            format!("<{}/>", "set-heade".repeat(7)).repeat(1_800)
        ),
        format!("<policies><inbound><set-header {}/></inbound></policies>", "set-heade='' ".repeat(64)),
        format!("<policies><inbound><set-body>@({})</set-body></inbound></policies>", "(\"".repeat(30_000)),
        format!("<policies><inbound><rewrite-uri template='{}'/></inbound></policies>", "{a}".repeat(40_000)),
        format!("<policies><inbound><rewrite-uri template='{}'/></inbound></policies>", "{".repeat(120_000)),
    ] {
        survives_in(&text, Format::RawXml);
    }
}
