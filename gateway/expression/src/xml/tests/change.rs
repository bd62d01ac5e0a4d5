//! Changes to a tree, names of namespaces, and equality.

use super::*;

/// What a case works with.
struct Kit<'a>(&'a Arena);

impl<'a> Kit<'a> {
    fn read(&self, text: &str) -> NodeRef<'a> {
        parse_element(self.0, text, Whitespace::Preserve).unwrap()
    }

    fn name(&self, name: &'a str) -> Name<'a> {
        Name::parse(name).unwrap()
    }

    fn element(&self, name: &'a str) -> NodeRef<'a> {
        Node::element(self.0, self.name(name)).unwrap()
    }

    fn content(&self, name: &'a str) -> Content<'a> {
        Content::Node(self.element(name))
    }

    fn attribute(&self, name: &'a str, value: &'a str) -> Content<'a> {
        Content::Attribute(Attribute::new(self.0, self.name(name), value).unwrap())
    }

    fn many(&self, items: &[Content<'a>]) -> Content<'a> {
        Content::Many(self.0.slice(items).unwrap())
    }
}

type Case = for<'a> fn(&Kit<'a>) -> Result<NodeRef<'a>, XmlError>;

/// The text and how many children there are, or the exception's text.
type Expected = Result<(&'static str, usize), &'static str>;

fn check(cases: &[(Case, Expected)]) {
    for (at, (case, expected)) in cases.iter().enumerate() {
        let arena = Arena::new(1 << 20);
        let changed = case(&Kit(&arena)).map(|node| {
            let text = write_node(&arena, node, Layout::AsIs).unwrap();
            check_links(node);
            (text, node.nodes().count())
        });
        assert_eq!(changed.map_err(|error| error.to_string()), expected.map_err(String::from), "case {at}");
    }
}

/// Parents, neighbours and ends agree with each other everywhere below.
fn check_links<'a>(top: NodeRef<'a>) {
    let same = |a: Option<NodeRef<'a>>, b: Option<NodeRef<'a>>| match (a, b) {
        (Some(a), Some(b)) => std::ptr::eq(a, b),
        (a, b) => a.is_none() && b.is_none(),
    };
    for node in top.descendant_nodes_and_self() {
        let mut previous = None;
        for child in node.nodes() {
            assert!(same(child.container(), Some(node)) && same(child.previous_node(), previous));
            previous = Some(child);
        }
        assert!(same(node.last_node(), previous));
        assert!(node.attributes(None).all(|attribute| same(attribute.parent(), Some(node))));
    }
}

#[test]
fn adding_follows_the_rules_of_content() {
    check(&[
        (
            |kit| {
                let element = kit.element("a");
                let inner = kit.many(&[Content::Text("y"), Content::Null, kit.content("b")]);
                element.add(kit.0, kit.many(&[Content::Text("x"), inner, kit.attribute("k", "1")]))?;
                Ok(element)
            },
            Ok((r#"<a k="1">xy<b /></a>"#, 2)),
        ),
        (
            |kit| {
                let element = kit.element("a");
                element.add(kit.0, Content::Text(""))?;
                Ok(element)
            },
            Ok(("<a></a>", 0)),
        ),
        (
            |kit| {
                let element = kit.element("a");
                element.add(kit.0, Content::Node(Node::text(kit.0, "")?))?;
                Ok(element)
            },
            Ok(("<a></a>", 1)),
        ),
        (
            |kit| {
                let element = kit.read("<a><b/></a>");
                element.add(kit.0, Content::Node(element.first_node().unwrap()))?;
                Ok(element)
            },
            Ok(("<a><b /><b /></a>", 2)),
        ),
        (
            |kit| {
                let element = kit.read("<a><b/></a>");
                element.first_node().unwrap().add(kit.0, Content::Node(element))?;
                Ok(element)
            },
            Ok(("<a><b><a><b /></a></b></a>", 1)),
        ),
        (
            |kit| {
                let element = kit.element("a");
                element.add(kit.0, Content::Node(element))?;
                Ok(element)
            },
            Ok(("<a><a /></a>", 1)),
        ),
        (
            |kit| {
                let element = kit.read("<a x='1'/>");
                element.add(kit.0, kit.attribute("x", "2"))?;
                Ok(element)
            },
            Err("Duplicate attribute."),
        ),
        (
            |kit| {
                let (from, to) = (kit.read("<a x='1'/>"), kit.element("b"));
                to.add(kit.0, Content::Attribute(from.attribute(kit.name("x")).unwrap()))?;
                assert!(from.has_attributes());
                Ok(to)
            },
            Ok((r#"<b x="1" />"#, 0)),
        ),
        (
            |kit| {
                let element = kit.read("<a>t</a>");
                element.add_first(kit.0, Content::Text("x"))?;
                Ok(element)
            },
            Ok(("<a>xt</a>", 2)),
        ),
        (
            |kit| {
                let element = kit.read("<a><b/></a>");
                let content = kit.many(&[Content::Text("x"), kit.content("c"), Content::Text("y")]);
                element.add_first(kit.0, content)?;
                Ok(element)
            },
            Ok(("<a>x<c />y<b /></a>", 4)),
        ),
        (
            |kit| {
                let element = kit.read("<a>t<b/>u</a>");
                let b = element.child(kit.name("b")).unwrap();
                b.add_before(kit.0, Content::Text("x"))?;
                b.add_after(kit.0, Content::Text("y"))?;
                Ok(element)
            },
            Ok(("<a>tx<b />yu</a>", 4)),
        ),
        (
            |kit| {
                let element = kit.read("<a>t<b/>u</a>");
                let content = kit.many(&[Content::Text("x"), kit.content("c"), Content::Text("y")]);
                element.first_node().unwrap().add_after(kit.0, content)?;
                Ok(element)
            },
            Ok(("<a>tx<c />y<b />u</a>", 5)),
        ),
        (
            |kit| {
                let element = kit.read("<a>t</a>");
                let cdata = Content::Node(Node::cdata(kit.0, "c")?);
                element.first_node().unwrap().add_after(kit.0, kit.many(&[cdata, Content::Text("y")]))?;
                Ok(element)
            },
            Ok(("<a>t<![CDATA[c]]>y</a>", 3)),
        ),
        (
            |kit| {
                let element = kit.read("<a><b/></a>");
                element.add_first(kit.0, kit.attribute("x", "1"))?;
                Ok(element)
            },
            Err("An attribute cannot be added to content."),
        ),
        (
            |kit| {
                let element = kit.read("<a/>");
                element.add_after(kit.0, Content::Text("x"))?;
                Ok(element)
            },
            Err("The parent is missing."),
        ),
        (
            |kit| {
                let element = kit.read("<a/>");
                element.add(kit.0, Content::Node(Node::document(kit.0, None)?))?;
                Ok(element)
            },
            Err("A node of type Document cannot be added to content."),
        ),
    ]);
}

#[test]
fn removing_and_replacing_leave_the_rest() {
    check(&[
        (
            |kit| {
                let element = kit.element("a");
                element.add(kit.0, kit.many(&[Content::Text(""), kit.content("b")]))?;
                element.first_node().unwrap().remove()?;
                Ok(element)
            },
            Ok(("<a />", 0)),
        ),
        (
            |kit| {
                let element = kit.read("<a></a>");
                element.remove_nodes();
                Ok(element)
            },
            Ok(("<a />", 0)),
        ),
        (
            |kit| {
                let element = kit.read("<a/>");
                element.remove()?;
                Ok(element)
            },
            Err("The parent is missing."),
        ),
        (
            |kit| {
                Attribute::new(kit.0, kit.name("a"), "b")?.remove()?;
                Ok(kit.element("a"))
            },
            Err("The parent is missing."),
        ),
        (
            |kit| {
                let element = kit.read("<a>t<b/>u</a>");
                element.child(kit.name("b")).unwrap().replace_with(kit.0, Content::Text("x"))?;
                Ok(element)
            },
            Ok(("<a>txu</a>", 2)),
        ),
        (
            |kit| {
                let element = kit.read("<a>t<b/>u</a>");
                let content = kit.many(&[kit.content("c"), Content::Text("x")]);
                element.child(kit.name("b")).unwrap().replace_with(kit.0, content)?;
                Ok(element)
            },
            Ok(("<a>t<c />xu</a>", 4)),
        ),
        (
            |kit| {
                let element = kit.read("<a>t<b/>u</a>");
                let b = Content::Node(element.child(kit.name("b")).unwrap());
                element.replace_nodes(kit.0, kit.many(&[b, Content::Text("z")]))?;
                Ok(element)
            },
            Ok(("<a><b />z</a>", 2)),
        ),
        (
            |kit| {
                let element = kit.read("<a x='1'>t</a>");
                element.replace_all(kit.0, kit.many(&[kit.attribute("y", "2"), Content::Text("z")]))?;
                Ok(element)
            },
            Ok((r#"<a y="2">z</a>"#, 1)),
        ),
        (
            |kit| {
                let element = kit.read("<a x='1'>t</a>");
                element.replace_attributes(kit.0, kit.attribute("y", "2"))?;
                Ok(element)
            },
            Ok((r#"<a y="2">t</a>"#, 1)),
        ),
        (
            |kit| {
                let element = kit.read("<a x='1'>t</a>");
                element.remove_all();
                Ok(element)
            },
            Ok(("<a />", 0)),
        ),
    ]);
}

#[test]
fn values_are_set_where_they_are_kept() {
    check(&[
        (
            |kit| {
                let element = kit.read("<a x='1' y='2'>t</a>");
                element.set_attribute_value(kit.0, kit.name("x"), None)?;
                element.set_attribute_value(kit.0, kit.name("y"), Some("3"))?;
                element.set_attribute_value(kit.0, kit.name("z"), Some("true"))?;
                Ok(element)
            },
            Ok((r#"<a y="3" z="true">t</a>"#, 1)),
        ),
        (
            |kit| {
                let element = kit.read("<a><b>1</b><b>2</b></a>");
                element.set_element_value(kit.0, kit.name("b"), Some("9"))?;
                element.set_element_value(kit.0, kit.name("c"), Some(""))?;
                element.set_element_value(kit.0, kit.name("d"), None)?;
                Ok(element)
            },
            Ok(("<a><b>9</b><b>2</b><c></c></a>", 3)),
        ),
        (
            |kit| {
                let element = kit.read("<a><b>1</b><b>2</b></a>");
                element.set_element_value(kit.0, kit.name("b"), None)?;
                Ok(element)
            },
            Ok(("<a><b>2</b></a>", 1)),
        ),
        (
            |kit| {
                let element = kit.read("<a><b>1</b>x<![CDATA[c]]><!--n--></a>");
                assert_eq!(element.value(kit.0)?, "1xc");
                element.set_value(kit.0, "v")?;
                Ok(element)
            },
            Ok(("<a>v</a>", 1)),
        ),
        (
            |kit| {
                let element = kit.read("<a><b>1</b>x</a>");
                element.set_value(kit.0, "")?;
                Ok(element)
            },
            Ok(("<a></a>", 0)),
        ),
        (
            |kit| {
                let element = kit.read("<a/>");
                element.set_attribute_value(kit.0, kit.name("{http://www.w3.org/2000/xmlns/}p"), Some(""))?;
                Ok(element)
            },
            Err("The prefix 'p' cannot be bound to the empty namespace name."),
        ),
    ]);
}

#[test]
fn a_document_has_one_root_behind_its_type() {
    let structure = "This operation would create an incorrectly structured document.";
    check(&[
        (
            |kit| {
                let document = Node::document(kit.0, None)?;
                document.add(kit.0, kit.many(&[Content::Text(" \n"), kit.content("a")]))?;
                Ok(document)
            },
            Ok((" \n<a />", 2)),
        ),
        (|kit| Node::document(kit.0, None), Ok(("", 0))),
        (
            |kit| {
                let document = Node::document(kit.0, None)?;
                document.add(kit.0, kit.many(&[kit.content("a"), kit.content("b")]))?;
                Ok(document)
            },
            Err(structure),
        ),
        (
            |kit| {
                let document = parse_document(kit.0, "<a/>", Whitespace::Drop)?;
                let name = "a";
                let parts = DocumentType { name, public_id: None, system_id: None, internal_subset: None };
                let doctype = Content::Node(Node::document_type(kit.0, parts)?);
                document.add_first(kit.0, doctype)?;
                document.add(kit.0, doctype)?;
                Ok(document)
            },
            Err(structure),
        ),
        (
            |kit| {
                let document = parse_document(kit.0, "<!DOCTYPE a><!--c--><a/>", Whitespace::Drop)?;
                document.first_node().unwrap().add_before(kit.0, kit.content("b"))?;
                Ok(document)
            },
            Err(structure),
        ),
        (
            |kit| {
                let document = Node::document(kit.0, None)?;
                document.add(kit.0, Content::Text("x"))?;
                Ok(document)
            },
            Err("Non-whitespace characters cannot be added to content."),
        ),
        (
            |kit| {
                let document = Node::document(kit.0, None)?;
                document.add(kit.0, Content::Node(Node::cdata(kit.0, " ")?))?;
                Ok(document)
            },
            Err("A node of type CDATA cannot be added to content."),
        ),
        (
            |kit| {
                let document = Node::document(kit.0, None)?;
                document.add(kit.0, kit.attribute("x", "y"))?;
                Ok(document)
            },
            Err("An attribute cannot be added to content."),
        ),
    ]);
}

#[test]
fn one_can_walk_in_all_directions() {
    let arena = Arena::new(1 << 20);
    let kit = Kit(&arena);
    let text = "<r><a i='1'/>t<b><c/><a i='2'/></b><a i='3'/><!--x--></r>";
    let document = parse_document(&arena, text, Whitespace::Drop).unwrap();
    let root = document.root().unwrap();
    let b = root.child(kit.name("b")).unwrap();
    let a = Some(kit.name("a"));
    let shown = |nodes: Vec<NodeRef<'_>>| nodes.iter().map(|node| format!("{node:?} ")).collect::<String>();
    for (walked, expected) in [
        (root.nodes().collect(), "Element(a) Text Element(b) Element(a) Comment "),
        (root.elements(a).collect(), "Element(a) Element(a) "),
        (root.descendants(a).collect(), "Element(a) Element(a) Element(a) "),
        (root.descendants(None).collect(), "Element(a) Element(b) Element(c) Element(a) Element(a) "),
        (b.descendants_and_self(None).collect(), "Element(b) Element(c) Element(a) "),
        (b.descendant_nodes().collect(), "Element(c) Element(a) "),
        (b.nodes_before().collect(), "Element(a) Text "),
        (b.elements_before(None).collect(), "Element(a) "),
        (b.nodes_after().collect(), "Element(a) Comment "),
        (b.elements_after(a).collect(), "Element(a) "),
        (b.first_node().unwrap().ancestors(None).collect(), "Element(b) Element(r) "),
        (b.ancestors_and_self(Some(kit.name("b"))).collect(), "Element(b) "),
    ] {
        assert_eq!(shown(walked), expected);
    }
    assert!(root.parent().is_none() && root.container().is_some() && b.owner_document().is_some());
    assert!(b.has_elements() && !b.has_attributes() && !b.is_empty());
    assert_eq!(b.next_node().unwrap().attribute(kit.name("i")).unwrap().value(), "3");
    let attributes = kit.read("<a x='1' y='2'/>");
    let x = attributes.attribute(kit.name("x")).unwrap();
    assert_eq!(x.next().unwrap().previous().unwrap().name(), x.name());
    assert!(x.previous().is_none());
}

#[test]
fn equality_is_of_names_values_and_order() {
    let arena = Arena::new(1 << 20);
    let kit = Kit(&arena);
    for (left, right, expected) in [
        ("<a/>", "<a></a>", false),
        ("<a x='1' y='2'/>", "<a y='2' x='1'/>", false),
        ("<a>x<![CDATA[y]]></a>", "<a>xy</a>", false),
        ("<a><b>x</b><c/></a>", "<a><b>x</b><c/></a>", true),
        ("<a><b>x</b><c/></a>", "<a><b>x</b><c/><d/></a>", false),
        ("<a><b/></a>", "<a><!--x--><b/></a>", false),
        ("<p:a xmlns:p='u'/>", "<q:a xmlns:q='u'/>", false),
        ("<a><b><c>1</c></b>t</a>", "<a><b><c>2</c></b>t</a>", false),
    ] {
        assert_eq!(deep_equals(kit.read(left), kit.read(right)), expected, "{left} {right}");
    }
    let (two, none) = (kit.element("a"), kit.element("a"));
    two.add(&arena, Content::Node(Node::text(&arena, "x").unwrap())).unwrap();
    two.add(&arena, Content::Node(Node::text(&arena, "y").unwrap())).unwrap();
    assert!(deep_equals(two, kit.read("<a>xy</a>")));
    none.add(&arena, Content::Node(Node::text(&arena, "").unwrap())).unwrap();
    assert!(deep_equals(none, kit.read("<a></a>")) && !deep_equals(none, kit.read("<a/>")));
    let copy = two.deep_copy(&arena).unwrap();
    assert!(deep_equals(two, copy) && !std::ptr::eq(two, copy));
}

#[test]
fn declarations_give_prefixes_their_meaning() {
    let arena = Arena::new(1 << 20);
    let kit = Kit(&arena);
    let first = |text| kit.read(text).first_node().unwrap();
    let both = first("<p:a xmlns:p='u' xmlns='v'><b/></p:a>");
    assert_eq!(both.default_namespace(), "v");
    assert_eq!(both.namespace_of_prefix("p"), Ok(Some("u")));
    assert_eq!(both.namespace_of_prefix("q"), Ok(None));
    assert_eq!(both.namespace_of_prefix("xml"), Ok(Some(XML_NAMESPACE)));
    assert_eq!(both.namespace_of_prefix("").unwrap_err().to_string(), "'' is an invalid prefix.");
    assert_eq!(both.prefix_of_namespace("u"), Some("p"));
    assert_eq!(both.prefix_of_namespace("v"), None);
    assert_eq!(both.prefix_of_namespace(XML_NAMESPACE), Some("xml"));
    assert_eq!(first("<p:a xmlns:p='u'><p:b xmlns:p='v'/></p:a>").prefix_of_namespace("u"), None);
}
