//! Any text and any tree: no panic, no recursion, and never more than the budget.

use super::*;
use crate::xml::xpath::evaluate;
use proptest::prelude::*;

/// Deep enough to exhaust a stack, if something recursed.
const DEEP: usize = 200_000;

#[test]
fn reading_is_bounded_in_depth() {
    let arena = Arena::new(1 << 24);
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert!(parse_element(&arena, &nested(DEPTH_MAX), Whitespace::Drop).is_ok());
    let error = parse_element(&arena, &nested(DEPTH_MAX + 1), Whitespace::Drop).unwrap_err().to_string();
    let column = 3 * DEPTH_MAX + 2;
    assert_eq!(
        error,
        format!("Elements stand in each other more than {DEPTH_MAX} deep. Line 1, position {column}.")
    );
}

#[test]
fn a_deep_tree_that_was_built_is_no_trouble() {
    let arena = Arena::new(1 << 28);
    let name = Name::parse("a").unwrap();
    let bottom = Node::element(&arena, name).unwrap();
    let mut top = bottom;
    for _ in 1..DEEP {
        let above = Node::element(&arena, name).unwrap();
        above.add(&arena, Content::Node(top)).unwrap();
        top = above;
    }
    bottom.set_value(&arena, "x").unwrap();
    let copy = top.deep_copy(&arena).unwrap();
    assert!(deep_equals(top, copy));
    assert_eq!(top.value(&arena), Ok("x"));
    assert_eq!(top.descendants(None).count(), DEEP - 1);
    assert_eq!(bottom.ancestors(None).count(), DEEP - 1);
    assert_eq!(write_node(&arena, top, Layout::AsIs).unwrap().len(), DEEP * "<a></a>".len() + 1);
    assert!(evaluate(&arena, top, "count(//a[last()])", None).is_ok());
    top.remove_nodes();
}

#[test]
fn memory_is_bounded_at_every_size() {
    let text = "<p:a xmlns:p='u' b='1'>t<b/><![CDATA[c]]><!--d--><?e f?></p:a>";
    let run = |bytes| -> Result<usize, XmlError> {
        let arena = Arena::new(bytes);
        let document = parse_document(&arena, text, Whitespace::Drop)?;
        let root = document.deep_copy(&arena)?.root().unwrap();
        root.add(&arena, Content::Node(root))?;
        evaluate(&arena, root, "string(//node()[2] | //@*)", None)?;
        write_node(&arena, root, Layout::Indented)?;
        Ok(bytes - arena.left())
    };
    let needed = run(1 << 20).unwrap();
    for bytes in 0..needed {
        assert!(matches!(run(bytes), Err(XmlError::OutOfMemory(_))), "{bytes}");
    }
    assert_eq!(run(needed), Ok(needed));
}

/// Pieces that documents are made of, put together in any way.
fn markup() -> impl Strategy<Value = String> {
    let pieces = [
        "<",
        ">",
        "/",
        "</",
        "/>",
        "<a",
        "<a>",
        "</a>",
        "<p:b",
        " x='1'",
        " y=\"&lt;\"",
        " xmlns:p='u'",
        " xmlns='v'",
        "<!--",
        "-->",
        "--",
        "<![CDATA[",
        "]]>",
        "<?",
        "?>",
        "<?xml version='1.0'?>",
        "<!DOCTYPE a",
        "[",
        "]",
        "<!ENTITY",
        "&",
        "&amp;",
        "&#65;",
        "&#x",
        ";",
        "=",
        "'",
        "\"",
        " ",
        "\r\n",
        "\t",
        "t",
        "é",
        "\u{1F600}",
        "\u{1}",
        ":",
        "-",
        "!",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..24)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in prop_oneof![markup(), ".{0,40}"]) {
        let arena = Arena::new(1 << 20);
        for whitespace in [Whitespace::Drop, Whitespace::Preserve] {
            let Ok(document) = parse_document(&arena, &text, whitespace) else { continue };
            let Ok(written) = write_node(&arena, document, Layout::AsIs) else { continue };
            // Line ends and `<a></a>` are told apart, so what was written reads as the same tree.
            let again = parse_document(&arena, written, whitespace).unwrap();
            let written_again = write_node(&arena, again, Layout::AsIs).unwrap();
            prop_assert_eq!(written, written_again);
        }
    }

    #[test]
    fn well_formed_elements_are_read_and_written_the_same(text in element()) {
        let arena = Arena::new(1 << 22);
        let read = parse_element(&arena, &text, Whitespace::Preserve).unwrap();
        prop_assert_eq!(write_node(&arena, read, Layout::AsIs).unwrap(), &text);
        let copy = read.deep_copy(&arena).unwrap();
        prop_assert!(deep_equals(read, copy));
    }

    #[test]
    fn any_query_has_a_value_or_is_refused(query in query()) {
        let arena = Arena::new(1 << 22);
        let text = "<a x='1'>t<b y='2'>2<c/></b><b/><p:d xmlns:p='u'>u</p:d></a>";
        let root = parse_element(&arena, text, Whitespace::Drop).unwrap();
        let resolve = |prefix: &str| (prefix == "p").then_some("u");
        let _ = evaluate(&arena, root, arena.text(&query).unwrap(), Some(&resolve));
    }
}

/// Text as .NET writes it.
fn element() -> impl Strategy<Value = String> {
    let attributes = prop_oneof![Just(""), Just(" x=\"1\""), Just(" x=\"&lt;&quot;\" y=\"&#xA;\"")];
    let leaf = prop_oneof![
        Just("t&amp;&lt;&gt;".to_owned()),
        Just("<!--c-->".to_owned()),
        Just("<?p d?>".to_owned()),
        Just("<e />".to_owned()),
        Just("<![CDATA[<&]]>".to_owned()),
        Just("<f></f>".to_owned()),
    ];
    let content = leaf.prop_recursive(4, 40, 5, move |inner| {
        let children = proptest::collection::vec(inner, 1..5);
        (attributes.clone(), children)
            .prop_map(|(attributes, children)| format!("<a{attributes}>{}</a>", children.concat()))
    });
    content.prop_map(|content| format!("<r xmlns=\"u\">{content}</r>"))
}

fn query() -> impl Strategy<Value = String> {
    let pieces = [
        "/",
        "//",
        "a",
        "b",
        "*",
        "@",
        "@*",
        ".",
        "..",
        "[",
        "]",
        "(",
        ")",
        "1",
        "2",
        "last()",
        "position()",
        "count(",
        "string(",
        "'x'",
        "=",
        "!=",
        "<",
        ">=",
        "+",
        "-",
        " div ",
        " mod ",
        " and ",
        " or ",
        "|",
        "p:d",
        "q:d",
        "$v",
        ",",
        "::",
        "ancestor::",
        "preceding::",
        "following::",
        "text()",
        "node()",
        "self::",
        ":",
        "\"",
        "substring(",
        "translate(",
        "é",
        "sum(",
        "not(",
        "name()",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..12)
        .prop_map(|pieces| pieces.concat())
}
