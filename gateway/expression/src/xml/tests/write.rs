//! Writing: prefixes and declarations that .NET makes up, escapes, and layout.

use super::*;

/// An element to build: name, attributes, children.
struct Built(&'static str, &'static [(&'static str, &'static str)], &'static [Built]);

fn build<'a>(arena: &'a Arena, Built(name, attributes, children): &Built) -> NodeRef<'a> {
    let element = Node::element(arena, Name::parse(name).unwrap()).unwrap();
    for (name, value) in *attributes {
        element.set_attribute_value(arena, Name::parse(name).unwrap(), Some(value)).unwrap();
    }
    for child in *children {
        element.add(arena, Content::Node(build(arena, child))).unwrap();
    }
    element
}

const DECLARE_P: &str = "{http://www.w3.org/2000/xmlns/}p";
const LANG: &str = "{http://www.w3.org/XML/1998/namespace}lang";

#[test]
fn namespaces_are_declared_where_they_are_missing() {
    let redefined = |from, to| {
        Err(format!(
            "The prefix '' cannot be redefined from '{from}' to '{to}' within the same start element tag."
        ))
    };
    let ok = |text: &str| Ok(text.to_owned());
    for (built, expected) in [
        (
            Built(
                "{u}a",
                &[],
                &[
                    Built("{u}b", &[], &[]),
                    Built("c", &[], &[]),
                    Built("{v}d", &[], &[Built("{u}e", &[], &[])]),
                ],
            ),
            ok(
                "<a xmlns=\"u\">\n  <b />\n  <c xmlns=\"\" />\n  <d xmlns=\"v\">\n    <e xmlns=\"u\" />\n  </d>\n</a>",
            ),
        ),
        (
            Built("a", &[("{u}x", "1"), ("{v}y", "2")], &[]),
            ok(r#"<a p1:x="1" p2:y="2" xmlns:p2="v" xmlns:p1="u" />"#),
        ),
        (
            Built("a", &[("{u}x", "1")], &[Built("b", &[("{u}x", "1"), ("{v}y", "2")], &[])]),
            ok("<a p1:x=\"1\" xmlns:p1=\"u\">\n  <b p1:x=\"1\" p4:y=\"2\" xmlns:p4=\"v\" />\n</a>"),
        ),
        (Built("{u}a", &[("{u}x", "1")], &[]), ok(r#"<a p1:x="1" xmlns:p1="u" xmlns="u" />"#)),
        (
            Built(
                "{u}a",
                &[(DECLARE_P, "u"), ("{u}x", "1")],
                &[Built("{u}b", &[], &[]), Built("c", &[], &[])],
            ),
            ok("<p:a xmlns:p=\"u\" p:x=\"1\">\n  <p:b />\n  <c />\n</p:a>"),
        ),
        (
            Built("{u}a", &[("xmlns", "u"), ("{u}x", "1")], &[]),
            ok(r#"<a xmlns="u" p1:x="1" xmlns:p1="u" />"#),
        ),
        (Built("{u}a", &[("xmlns", "v")], &[]), redefined("u", "v")),
        (Built("a", &[("xmlns", "v")], &[]), redefined("", "v")),
        (
            Built("{u}a", &[(DECLARE_P, "u"), ("xmlns", "u")], &[Built("{u}b", &[], &[])]),
            ok("<a xmlns:p=\"u\" xmlns=\"u\">\n  <b />\n</a>"),
        ),
        (
            Built("{u}a", &[("xmlns", "u"), (DECLARE_P, "u")], &[Built("{u}b", &[("{u}k", "1")], &[])]),
            ok("<p:a xmlns=\"u\" xmlns:p=\"u\">\n  <p:b p:k=\"1\" />\n</p:a>"),
        ),
        (
            Built(
                "{u}a",
                &[(DECLARE_P, "u")],
                &[Built("{v}b", &[(DECLARE_P, "v")], &[Built("{u}z", &[("{u}k", "1")], &[])])],
            ),
            ok(
                "<p:a xmlns:p=\"u\">\n  <p:b xmlns:p=\"v\">\n    <z p3:k=\"1\" xmlns:p3=\"u\" xmlns=\"u\" />\n  \
                </p:b>\n</p:a>",
            ),
        ),
        (
            Built(
                "a",
                &[("{http://www.w3.org/2000/xmlns/}p1", "w"), ("{u}k", "1")],
                &[Built("b", &[("{v}k", "1")], &[])],
            ),
            ok("<a xmlns:p1=\"w\" p2:k=\"1\" xmlns:p2=\"u\">\n  <b p4:k=\"1\" xmlns:p4=\"v\" />\n</a>"),
        ),
        (
            Built(
                "a",
                &[
                    ("{http://www.w3.org/2000/xmlns/}p4", "w"),
                    ("{http://www.w3.org/2000/xmlns/}p40", "w"),
                    (DECLARE_P, "w"),
                    ("{u}k", "1"),
                ],
                &[],
            ),
            ok(r#"<a xmlns:p4="w" xmlns:p40="w" xmlns:p="w" p41:k="1" xmlns:p41="u" />"#),
        ),
        (
            Built("a", &[("{u}k", "1"), ("{http://www.w3.org/2000/xmlns/}p1", "w")], &[]),
            Err("The prefix 'p1' cannot be redefined from 'u' to 'w' within the same start element tag."
                .to_owned()),
        ),
        (
            Built("a", &[(LANG, "en")], &[Built("{http://www.w3.org/XML/1998/namespace}b", &[], &[])]),
            ok("<a xml:lang=\"en\">\n  <xml:b />\n</a>"),
        ),
        (
            Built("{http://www.w3.org/2000/xmlns/}a", &[], &[]),
            Err("Prefix \"xmlns\" is reserved for use by XML.".to_owned()),
        ),
    ] {
        let arena = Arena::new(1 << 20);
        let written = write_node(&arena, build(&arena, &built), Layout::Indented);
        assert_eq!(written.map(str::to_owned).map_err(|error| error.to_string()), expected);
    }
}

#[test]
fn a_part_of_a_tree_declares_what_stands_above() {
    let arena = Arena::new(1 << 20);
    for (text, expected) in [
        ("<p:a xmlns:p='u'><p:b p:x='1'/></p:a>", r#"<p:b p:x="1" xmlns:p="u" />"#),
        ("<a xmlns='u'><b><c/></b></a>", "<b xmlns=\"u\">\n  <c />\n</b>"),
        ("<p:a xmlns:p='u'><p:b xmlns:p='v'><z/></p:b></p:a>", "<p:b xmlns:p=\"v\">\n  <z />\n</p:b>"),
    ] {
        let root = parse_element(&arena, text, Whitespace::Drop).unwrap();
        assert_eq!(write_node(&arena, root.first_node().unwrap(), Layout::Indented), Ok(expected));
    }
    for (text, expected) in [
        ("<a xmlns:p='u' p:x='1'/>", r#"p:x="1""#),
        ("<a xmlns:p='u'/>", r#"xmlns:p="u""#),
        ("<a xmlns='u'/>", r#"xmlns="u""#),
        ("<a x='1'/>", r#"x="1""#),
    ] {
        let root = parse_element(&arena, text, Whitespace::Drop).unwrap();
        let last = root.attributes(None).last().unwrap();
        assert_eq!(write_attribute(&arena, last), Ok(expected));
    }
    let alone = |name, value| Attribute::new(&arena, Name::parse(name).unwrap(), value).unwrap();
    let escaped = r#"p0:x="a&quot;&lt;&gt;&amp;'&#xA;""#;
    assert_eq!(write_attribute(&arena, alone("{u}x", "a\"<>&'\n")), Ok(escaped));
    assert_eq!(write_attribute(&arena, alone(LANG, "en")), Ok(r#"xml:lang="en""#));
}

#[test]
fn what_markup_cannot_hold_is_escaped_or_refused() {
    let arena = Arena::new(1 << 20);
    let instruction = |data| Node::instruction(&arena, "p", data).unwrap();
    let doctype = |public_id, system_id, internal_subset| {
        let parts = DocumentType { name: "a", public_id, system_id, internal_subset };
        Node::document_type(&arena, parts).unwrap()
    };
    let refused = "'\u{1}', hexadecimal value 0x01, is an invalid character.";
    for (node, expected) in [
        (Node::text(&arena, "a<b>&\r\n\r\n\tx\r\"'").unwrap(), Ok("a&lt;b&gt;&amp;\n\n\tx\n\"'")),
        (Node::cdata(&arena, "x]]>y\r\n").unwrap(), Ok("<![CDATA[x]]]]><![CDATA[>y\n]]>")),
        (Node::comment(&arena, "a--b-").unwrap(), Ok("<!--a- -b- -->")),
        (Node::comment(&arena, "---").unwrap(), Ok("<!--- - - -->")),
        (instruction("a?>b"), Ok("<?p a? >b?>")),
        (instruction(""), Ok("<?p?>")),
        (doctype(Some("p"), Some("s"), Some("x")), Ok(r#"<!DOCTYPE a PUBLIC "p" "s"[x]>"#)),
        (doctype(Some("p"), None, None), Ok(r#"<!DOCTYPE a PUBLIC "p" "">"#)),
        (doctype(None, Some("s"), None), Ok(r#"<!DOCTYPE a SYSTEM "s">"#)),
        (doctype(None, None, None), Ok("<!DOCTYPE a >")),
        (Node::text(&arena, "\u{1}").unwrap(), Err(refused)),
        (Node::comment(&arena, "\u{1}").unwrap(), Err(refused)),
        (Node::cdata(&arena, "\0").unwrap(), Err("'.', hexadecimal value 0x00, is an invalid character.")),
    ] {
        let written = write_node(&arena, node, Layout::Indented);
        assert_eq!(written.map_err(|error| error.to_string()), expected.map_err(String::from));
    }
    for (target, expected) in [
        ("xml", "'xml' is an invalid name for a processing instruction."),
        ("XML", "'XML' is an invalid name for a processing instruction."),
        ("a b", "The ' ' character, hexadecimal value 0x20, cannot be included in a name."),
    ] {
        assert_eq!(Node::instruction(&arena, target, "").unwrap_err().to_string(), expected);
    }
}

#[test]
fn mixed_content_is_not_indented() {
    let arena = Arena::new(1 << 20);
    for (text, expected) in [
        ("<a> <b/> </a>", "<a> <b /> </a>"),
        ("<a><b><c/></b><!--x--><?p d?></a>", "<a>\n  <b>\n    <c />\n  </b>\n  <!--x-->\n  <?p d?>\n</a>"),
        ("<a><b><c/></b>t<d><e/></d></a>", "<a>\n  <b>\n    <c />\n  </b>t<d><e /></d></a>"),
        ("<a><![CDATA[x]]><c/></a>", "<a><![CDATA[x]]><c /></a>"),
        (" <a><b/></a> <!--x-->", " <a>\n  <b />\n</a> <!--x-->"),
    ] {
        let document = parse_document(&arena, text, Whitespace::Preserve).unwrap();
        assert_eq!(write_node(&arena, document, Layout::Indented), Ok(expected));
    }
    let empty = parse_element(&arena, "<a><b/></a>", Whitespace::Drop).unwrap();
    empty.add(&arena, Content::Node(Node::text(&arena, "").unwrap())).unwrap();
    empty.add(&arena, Content::Node(parse_element(&arena, "<c/>", Whitespace::Drop).unwrap())).unwrap();
    assert_eq!(write_node(&arena, empty, Layout::Indented), Ok("<a>\n  <b /><c /></a>"));
}

#[test]
fn saving_writes_a_declaration() {
    let arena = Arena::new(1 << 20);
    for (text, layout, expected) in [
        (
            "<?xml version='1.0' encoding='utf-8' standalone='yes'?><a><b/></a>",
            Layout::Indented,
            "<?xml version=\"1.0\" encoding=\"utf-16\" standalone=\"yes\"?>\n<a>\n  <b />\n</a>",
        ),
        ("<a><b/></a>", Layout::AsIs, r#"<?xml version="1.0" encoding="utf-16"?><a><b /></a>"#),
    ] {
        let document = parse_document(&arena, text, Whitespace::Drop).unwrap();
        assert_eq!(write_document(&arena, document, layout, "utf-16"), Ok(expected));
    }
}
