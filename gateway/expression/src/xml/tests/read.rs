//! Reading: what is text, what is dropped, and what .NET says of texts that are not well-formed.

use super::*;

fn read(text: &str, whitespace: Whitespace) -> Result<String, String> {
    let arena = Arena::new(1 << 20);
    let document = parse_document(&arena, text, whitespace).map_err(|error| error.to_string())?;
    Ok(write_node(&arena, document, Layout::AsIs).map_err(|error| error.to_string())?.to_owned())
}

#[test]
fn a_document_is_read_and_written_indented() {
    let arena = Arena::new(1 << 20);
    for (text, expected) in READ {
        let document = parse_document(&arena, text, Whitespace::Drop);
        let written = document.and_then(|document| write_node(&arena, document, Layout::Indented));
        assert_eq!(written, Ok(expected), "{text}");
    }
}

#[test]
fn a_text_that_is_not_well_formed_is_refused_with_the_place() {
    for (text, expected) in REFUSED {
        assert_eq!(read(text, Whitespace::Drop), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn an_element_is_read_without_what_stands_around_it() {
    let arena = Arena::new(1 << 20);
    for (text, expected) in [
        ("", Err("Root element is missing.")),
        ("<a/><b/>", Err("There are multiple root elements. Line 1, position 6.")),
        ("<!--x--><a/>", Ok("<a />")),
        ("<?xml version='1.0'?><a/>", Ok("<a />")),
        ("<!DOCTYPE a><a/>", Ok("<a />")),
        ("<a/><!--x-->", Ok("<a />")),
        ("<!--x-->", Err("Root element is missing.")),
        ("<a/> x", Err("Data at the root level is invalid. Line 1, position 6.")),
    ] {
        let element = parse_element(&arena, text, Whitespace::Drop);
        let written = element.and_then(|element| write_node(&arena, element, Layout::Indented));
        assert_eq!(written.map_err(|error| error.to_string()), expected.map_err(String::from), "{text}");
    }
    let root = parse_element(&arena, "<a/>", Whitespace::Drop).unwrap();
    assert!(root.container().is_none());
}

#[test]
fn white_space_is_kept_where_it_is_asked_for() {
    for text in [" <a> <b /> </a> <!--x-->", "<a><b /></a>\n<!--x-->", "<a>\n</a>"] {
        assert_eq!(read(text, Whitespace::Preserve), Ok(text.to_owned()));
    }
    let kept = "<a> <b xml:space='preserve'> <c xml:space='default'> <d/></c> </b></a>";
    let expected = r#"<a><b xml:space="preserve"> <c xml:space="default"><d /></c> </b></a>"#;
    assert_eq!(read(kept, Whitespace::Drop), Ok(expected.to_owned()));
}

#[test]
fn entities_are_never_declared_nor_fetched() {
    let refused = |name, column| {
        Err(format!("Declarations of entities are refused: '{name}'. Line 1, position {column}."))
    };
    for (text, expected) in [
        ("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", refused("e", 14)),
        ("<!DOCTYPE a [<!ELEMENT a ANY><!ENTITY x SYSTEM 'file:///x'>]><a/>", refused("x", 30)),
        ("<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://x/'> %p;]><a/>", refused("%", 14)),
        (
            "<!DOCTYPE a SYSTEM 'http://x/x.dtd'><a>&e;</a>",
            Err("Reference to undeclared entity 'e'. Line 1, position 41.".to_owned()),
        ),
    ] {
        assert_eq!(read(text, Whitespace::Drop), expected, "{text}");
    }
}

#[test]
fn an_exception_names_its_type_and_place() {
    let arena = Arena::new(1 << 20);
    let error = parse_document(&arena, "<a>\r\n\u{1F600}<</a>", Whitespace::Drop).unwrap_err();
    let XmlError::Thrown { exception, at, .. } = error else { panic!("{error}") };
    assert_eq!(exception.type_name(), "System.Xml.XmlException");
    assert_eq!(at, Some(Position { line: 2, column: 4 }));
}

#[test]
fn the_declaration_is_kept() {
    let arena = Arena::new(1 << 20);
    for (text, expected) in [
        (
            "<?xml version='1.0' encoding='utf-8' standalone='yes'?><a/>",
            Some(r#"<?xml version="1.0" encoding="utf-8" standalone="yes"?>"#),
        ),
        ("<?xml version='1.0'?><a/>", Some(r#"<?xml version="1.0"?>"#)),
        ("<a/>", None),
    ] {
        let document = parse_document(&arena, text, Whitespace::Drop).unwrap();
        let declaration = document.declaration().map(|declaration| write_declaration(&arena, declaration));
        assert_eq!(declaration.transpose(), Ok(expected));
    }
}

const READ: [(&str, &str); 40] = [
    ("<a/><!--x-->", "<a />\n<!--x-->"),
    ("<!--x--><a/>", "<!--x-->\n<a />"),
    ("<?xml version='1.0'?><a/>", "<a />"),
    ("<?xml version='1.0' encoding='utf-8' standalone='yes'?><a/>", "<a />"),
    ("<a>&amp;&lt;&gt;&quot;&apos;&#65;&#x42;</a>", r#"<a>&amp;&lt;&gt;"'AB</a>"#),
    ("<a><![CDATA[x]]>y</a>", "<a><![CDATA[x]]>y</a>"),
    ("<?xml-stylesheet x?><a/>", "<?xml-stylesheet x?>\n<a />"),
    ("<?p?><a/>", "<?p?>\n<a />"),
    ("<!DOCTYPE a><a/>", "<!DOCTYPE a []>\n<a />"),
    ("<!DOCTYPE a SYSTEM 'x.dtd'><a/>", "<!DOCTYPE a SYSTEM \"x.dtd\"[]>\n<a />"),
    ("<!DOCTYPE a PUBLIC 'p' 'x.dtd'><a/>", "<!DOCTYPE a PUBLIC \"p\" \"x.dtd\"[]>\n<a />"),
    ("<!DOCTYPE a []><a/>", "<!DOCTYPE a []>\n<a />"),
    ("<!DOCTYPE a [<!ELEMENT a ANY>]><a/>", "<!DOCTYPE a [<!ELEMENT a ANY>]>\n<a />"),
    ("<a>\r\n x\ry</a>", "<a>\n x\ny</a>"),
    ("<a b='x\r\ny\tz\n'/>", r#"<a b="x y z " />"#),
    ("<a b='&#10;&#9;&#13;'/>", r#"<a b="&#xA;&#x9;&#xD;" />"#),
    ("<a>&#13;</a>", "<a></a>"),
    ("<a>\n  <b/>\n  </a>", "<a>\n  <b />\n</a>"),
    ("<a>\n  <b/>x\n  </a>", "<a>\n  <b />x\n  </a>"),
    ("<a> </a>", "<a></a>"),
    ("<a xml:space='preserve'> <b/> </a>", r#"<a xml:space="preserve"> <b /> </a>"#),
    ("<a>&#32;</a>", "<a></a>"),
    ("<a>x<!--c-->y</a>", "<a>x<!--c-->y</a>"),
    ("<a><b/>text<c/><d><e/></d></a>", "<a>\n  <b />text<c /><d><e /></d></a>"),
    ("<a><b></b><c/></a>", "<a>\n  <b></b>\n  <c />\n</a>"),
    ("<a>x<![CDATA[y]]></a>", "<a>x<![CDATA[y]]></a>"),
    ("<a><![CDATA[]]></a>", "<a><![CDATA[]]></a>"),
    ("<a><?p d?></a>", "<a>\n  <?p d?>\n</a>"),
    (r#"<a>>"'</a>"#, r#"<a>&gt;"'</a>"#),
    (r#"<a b='>"&apos;'/>"#, r#"<a b="&gt;&quot;'" />"#),
    ("<é/>", "<é />"),
    ("<a b = '1'/>", r#"<a b="1" />"#),
    (r#"<a b="x'y"/>"#, r#"<a b="x'y" />"#),
    ("<?xml version='1.0' ?>\n<a/>", "<a />"),
    ("<?xml version='1.0' encoding='!'?><a/>", "<a />"),
    ("<a xmlns='u'><b xmlns=''/></a>", "<a xmlns=\"u\">\n  <b xmlns=\"\" />\n</a>"),
    ("<p:a xmlns:p='u'><p:b xmlns:p='v'/></p:a>", "<p:a xmlns:p=\"u\">\n  <p:b xmlns:p=\"v\" />\n</p:a>"),
    ("<a xmlns:p='u' p:b='1'/>", r#"<a xmlns:p="u" p:b="1" />"#),
    ("<a xml:lang='en'/>", r#"<a xml:lang="en" />"#),
    ("<xml:a/>", "<xml:a />"),
];

const REFUSED: [(&str, &str); 105] = [
    ("", "Root element is missing."),
    ("  ", "Root element is missing."),
    ("x", "Data at the root level is invalid. Line 1, position 1."),
    ("<", "Data at the root level is invalid. Line 1, position 1."),
    ("<a", "Data at the root level is invalid. Line 1, position 1."),
    ("<a>", "Data at the root level is invalid. Line 1, position 1."),
    ("<a/>x", "Data at the root level is invalid. Line 1, position 5."),
    (
        "<a></b>",
        "The 'a' start tag on line 1 position 2 does not match the end tag of 'b'. Line 1, position 6.",
    ),
    (
        "<a><b></a>",
        "The 'b' start tag on line 1 position 5 does not match the end tag of 'a'. Line 1, position 9.",
    ),
    (
        "<a><b>",
        "Unexpected end of file has occurred. The following elements are not closed: b, a. Line 1, position 7.",
    ),
    ("</a>", "Unexpected end tag. Line 1, position 3."),
    ("<a/><b/>", "There are multiple root elements. Line 1, position 6."),
    (
        " <?xml version='1.0'?><a/>",
        "Unexpected XML declaration. The XML declaration must be the first node in the document, and no white space characters are allowed to appear before it. Line 1, position 4.",
    ),
    ("<?xml version='1.1'?><a/>", "Version number '1.1' is invalid. Line 1, position 16."),
    ("<?xml?><a/>", "Syntax for an XML declaration is invalid. Line 1, position 6."),
    ("<?xml version='1.0' foo='x'?><a/>", "Syntax for an XML declaration is invalid. Line 1, position 21."),
    ("<?xml encoding='utf-8'?><a/>", "Syntax for an XML declaration is invalid. Line 1, position 7."),
    (
        "<?xml version='1.0' standalone='x'?><a/>",
        "Syntax for an XML declaration is invalid. Line 1, position 32.",
    ),
    ("<?xml version='1.0'", "Unexpected end of file has occurred. Line 1, position 20."),
    ("<?xml version='1.0'?>", "Root element is missing."),
    ("<a>&foo;</a>", "Reference to undeclared entity 'foo'. Line 1, position 5."),
    ("<a>&#0;</a>", "'.', hexadecimal value 0x00, is an invalid character. Line 1, position 6."),
    ("<a>&#xD800;</a>", "'�', hexadecimal value 0xD800, is an invalid character. Line 1, position 7."),
    ("<a>&#;</a>", "Invalid syntax for a decimal numeric entity reference. Line 1, position 6."),
    ("<a>&#x;</a>", "Invalid syntax for a hexadecimal numeric entity reference. Line 1, position 7."),
    ("<a>&#xG;</a>", "Invalid syntax for a hexadecimal numeric entity reference. Line 1, position 7."),
    ("<a>&</a>", "An error occurred while parsing EntityName. Line 1, position 5."),
    ("<a>& </a>", "An error occurred while parsing EntityName. Line 1, position 5."),
    ("<a>&amp</a>", "'<' is an unexpected token. The expected token is ';'. Line 1, position 8."),
    ("<a>& b;</a>", "An error occurred while parsing EntityName. Line 1, position 5."),
    ("<a>&;</a>", "An error occurred while parsing EntityName. Line 1, position 5."),
    ("<a>]]></a>", "']]>' is not allowed in character data. Line 1, position 4."),
    ("<a>\u{1}</a>", "'\u{1}', hexadecimal value 0x01, is an invalid character. Line 1, position 4."),
    ("<a>\u{FFFE}</a>", "'\u{FFFE}', hexadecimal value 0xFFFE, is an invalid character. Line 1, position 4."),
    ("<a b='\u{1}'/>", "'\u{1}', hexadecimal value 0x01, is an invalid character. Line 1, position 7."),
    ("<a b></a>", "'>' is an unexpected token. The expected token is '='. Line 1, position 5."),
    ("<a b=c/>", r#"'c' is an unexpected token. The expected token is '"' or '''. Line 1, position 6."#),
    ("<a b='<'/>", "'<', hexadecimal value 0x3C, is an invalid attribute character. Line 1, position 7."),
    ("<a b='&'/>", "An error occurred while parsing EntityName. Line 1, position 8."),
    ("<a b='&x;'/>", "Reference to undeclared entity 'x'. Line 1, position 8."),
    ("<a b='1'c='2'/>", "'c' is an unexpected token. Expecting white space. Line 1, position 9."),
    ("<a b='1' b='2'/>", "'b' is a duplicate attribute name. Line 1, position 10."),
    (
        "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
        "'q:b' is a duplicate attribute name. Line 1, position 36.",
    ),
    ("<p:a/>", "'p' is an undeclared prefix. Line 1, position 2."),
    ("<a p:b='1'/>", "'p' is an undeclared prefix. Line 1, position 4."),
    ("<a xmlns:p=''/>", "Invalid namespace declaration. Line 1, position 12."),
    (
        "<a xmlns:xml='u'/>",
        r#"Prefix "xml" is reserved for use by XML and can be mapped only to namespace name "http://www.w3.org/XML/1998/namespace". Line 1, position 4."#,
    ),
    ("<a xmlns:xmlns='u'/>", r#"Prefix "xmlns" is reserved for use by XML. Line 1, position 4."#),
    (
        "<a xmlns:q='http://www.w3.org/XML/1998/namespace'/>",
        r#"Prefix 'q' cannot be mapped to namespace name reserved for "xml" or "xmlns". Line 1, position 13."#,
    ),
    (
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        r#"Prefix '' cannot be mapped to namespace name reserved for "xml" or "xmlns". Line 1, position 11."#,
    ),
    (
        "<a:b:c/>",
        "The ':' character, hexadecimal value 0x3A, cannot be included in a name. Line 1, position 5.",
    ),
    ("<:a/>", "Name cannot begin with the ':' character, hexadecimal value 0x3A. Line 1, position 2."),
    ("<a:/>", "Name cannot begin with the '/' character, hexadecimal value 0x2F. Line 1, position 4."),
    ("<1a/>", "Name cannot begin with the '1' character, hexadecimal value 0x31. Line 1, position 2."),
    ("< a/>", "Name cannot begin with the ' ' character, hexadecimal value 0x20. Line 1, position 2."),
    ("<a$/>", "The '$' character, hexadecimal value 0x24, cannot be included in a name. Line 1, position 3."),
    ("<a", "Data at the root level is invalid. Line 1, position 1."),
    ("<a b", "Unexpected end of file while parsing Name has occurred. Line 1, position 5."),
    ("<a b=", "Unexpected end of file has occurred. Line 1, position 6."),
    ("<a b='x", "There is an unclosed literal string. Line 1, position 8."),
    ("<a/", "Data at the root level is invalid. Line 1, position 1."),
    ("<a / >", "' ' is an unexpected token. The expected token is '>'. Line 1, position 5."),
    (
        "<a></a ",
        "Unexpected end of file has occurred. The following elements are not closed: a. Line 1, position 8.",
    ),
    ("<a></a b>", "'b' is an unexpected token. The expected token is '>'. Line 1, position 8."),
    ("<a></ a>", "Name cannot begin with the ' ' character, hexadecimal value 0x20. Line 1, position 6."),
    (
        "<a><!-- x -- y --></a>",
        "An XML comment cannot contain '--', and '-' cannot be the last character. Line 1, position 11.",
    ),
    (
        "<a><!-- x ---></a>",
        "An XML comment cannot contain '--', and '-' cannot be the last character. Line 1, position 11.",
    ),
    ("<a><![CDATA[x</a>", "Unexpected end of file while parsing CDATA has occurred. Line 1, position 18."),
    (
        "<a><![cdata[x]]></a>",
        "'cdata' is an unexpected token. The expected token is 'CDATA['. Line 1, position 7.",
    ),
    ("<![CDATA[x]]><a/>", "Data at the root level is invalid. Line 1, position 1."),
    ("<?XML x?><a/>", "'XML' is an invalid name for processing instructions. Line 1, position 3."),
    (
        "<a><?xml x?></a>",
        "Unexpected XML declaration. The XML declaration must be the first node in the document, and no white space characters are allowed to appear before it. Line 1, position 6.",
    ),
    ("<a><?p x</a>", "Unexpected end of file while parsing PI has occurred. Line 1, position 13."),
    ("<? x?><a/>", "Name cannot begin with the ' ' character, hexadecimal value 0x20. Line 1, position 3."),
    (
        "<?p+?><a/>",
        "The '+' character, hexadecimal value 0x2B, cannot be included in a name. Line 1, position 4.",
    ),
    ("<a/><!DOCTYPE a>", "DTD must be defined before the document root element. Line 1, position 5."),
    ("<!DOCTYPE a><!DOCTYPE a><a/>", "Cannot have multiple DTDs. Line 1, position 13."),
    (
        "<!doctype a><a/>",
        "'doctype' is an unexpected token. The expected token is 'DOCTYPE'. Line 1, position 3.",
    ),
    ("<!DOCTYPE a", "Incomplete DTD content. Line 1, position 12."),
    ("\u{FEFF}<a/>", "Data at the root level is invalid. Line 1, position 1."),
    (
        "<a>\n<b>\n</c></a>",
        "The 'b' start tag on line 2 position 2 does not match the end tag of 'c'. Line 3, position 3.",
    ),
    ("<a>é😀<</a>", "Name cannot begin with the '<' character, hexadecimal value 0x3C. Line 1, position 8."),
    ("<a></a>\n\n x", "Data at the root level is invalid. Line 3, position 2."),
    ("<a \n b='1'\n c='2'\n b='3'/>", "'b' is a duplicate attribute name. Line 4, position 2."),
    ("<a>\n&nope;</a>", "Reference to undeclared entity 'nope'. Line 2, position 2."),
    ("<a/>&amp;", "Data at the root level is invalid. Line 1, position 5."),
    ("&amp;<a/>", "Data at the root level is invalid. Line 1, position 1."),
    ("<a/>]]>", "Data at the root level is invalid. Line 1, position 5."),
    ("<a><b/ ></a>", "'/' is an unexpected token. The expected token is '>'. Line 1, position 6."),
    ("<a b='1' /c>", "'c' is an unexpected token. The expected token is '>'. Line 1, position 11."),
    ("<a =''/>", "Name cannot begin with the '=' character, hexadecimal value 0x3D. Line 1, position 4."),
    ("<a 'x'/>", "Name cannot begin with the ''' character, hexadecimal value 0x27. Line 1, position 4."),
    (
        "<a b='1''2'/>",
        "Name cannot begin with the ''' character, hexadecimal value 0x27. Line 1, position 9.",
    ),
    ("<a><></a>", "Name cannot begin with the '>' character, hexadecimal value 0x3E. Line 1, position 5."),
    ("<a></></a>", "Name cannot begin with the '>' character, hexadecimal value 0x3E. Line 1, position 6."),
    ("<a><?", "Unexpected end of file while parsing Name has occurred. Line 1, position 6."),
    (
        "<a><!",
        "Unexpected end of file has occurred. The following elements are not closed: a. Line 1, position 6.",
    ),
    (
        "<a><!-",
        "Unexpected end of file has occurred. The following elements are not closed: a. Line 1, position 7.",
    ),
    ("<a><!-x--></a>", "'x--' is an unexpected token. The expected token is '-'. Line 1, position 7."),
    (
        "<a>x",
        "Unexpected end of file has occurred. The following elements are not closed: a. Line 1, position 5.",
    ),
    ("<a>&am", "An error occurred while parsing EntityName. Line 1, position 5."),
    (r#"<?xml version="2.0"?><a/>"#, "Version number '2.0' is invalid. Line 1, position 16."),
    (
        "<?xml version='1.0'?><?xml version='1.0'?><a/>",
        "Unexpected XML declaration. The XML declaration must be the first node in the document, and no white space characters are allowed to appear before it. Line 1, position 24.",
    ),
    ("<a xmlns:p='u' xmlns:p='v'/>", "'xmlns:p' is a duplicate attribute name. Line 1, position 16."),
    ("<a xmlns='u' xmlns='u'/>", "'xmlns' is a duplicate attribute name. Line 1, position 14."),
];
