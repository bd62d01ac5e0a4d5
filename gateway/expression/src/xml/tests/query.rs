//! Queries: paths, functions, and what .NET says of bad ones.

use super::*;
use crate::xml::xpath::{
    Item, Resolver, Value, XPATH_DEPTH_MAX, evaluate, select_element, select_elements, text_of_number,
};

const DOCUMENT: &str = "<a xmlns:p='u' i='a'>t0<b i='b1' n='1'>one</b><!--c-->\
    <b i='b2' n='2'><c i='c1'>x</c><c i='c2'>y</c></b>t1<![CDATA[cd]]>\
    <?pi d?><p:b i='pb' p:k='v'><p:c i='pc'/></p:b>\
    <d i='d' xml:lang='en-US'><e i='e1'>10</e><e i='e2'>20</e><e i='e3'> 5 </e></d></a>";

/// The `i` attribute of elements, or their name; `'text'` of strings.
fn shown(value: Value<'_>) -> String {
    match value {
        Value::Boolean(is_true) => is_true.to_string(),
        Value::Number(number) => text_of_number(number),
        Value::Text(text) => format!("'{text}'"),
        Value::Nodes(items) => items.into_iter().map(item).collect::<Vec<_>>().join("|"),
    }
}

fn item(item: Item<'_>) -> String {
    let node = match item {
        Item::Attribute(attribute) => return format!("A:{}={}", attribute.name(), attribute.value()),
        Item::Node(node) => node,
    };
    match node.data() {
        Data::Element { name, .. } => {
            let id = node.attributes(None).find(|attribute| attribute.name().local == "i");
            id.map_or_else(|| name.get().to_string(), |id| id.value().to_owned())
        }
        Data::Text(text) | Data::CData(text) => format!("T:{}", text.get()),
        _ => format!("{node:?}"),
    }
}

fn check(is_document: bool, cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        let arena = Arena::new(1 << 20);
        let read = if is_document { parse_document } else { parse_element };
        let node = read(&arena, DOCUMENT, Whitespace::Drop).unwrap();
        let resolve = |prefix: &str| (prefix == "q").then_some("u");
        let value = evaluate(&arena, node, expression, Some(&resolve));
        assert_eq!(value.map_or_else(|error| error.to_string(), shown), *expected, "{expression}");
    }
}

#[test]
fn a_query_has_the_value_that_the_specification_says() {
    check(true, &VALUES);
}

#[test]
fn a_bad_query_is_refused() {
    check(true, &REFUSED);
}

#[test]
fn the_topmost_element_is_the_root_where_there_is_no_document() {
    check(false, &FROM_ELEMENT);
}

#[test]
fn elements_are_selected_and_nothing_else() {
    for (expression, expected) in SELECTED {
        let arena = Arena::new(1 << 20);
        let document = parse_document(&arena, DOCUMENT, Whitespace::Drop).unwrap();
        let all = select_elements(&arena, document, expression, None).map_err(|error| error.to_string());
        let first = select_element(&arena, document, expression, None).map_err(|error| error.to_string());
        let name = |node| item(Item::Node(node));
        let first_of_all = all.clone().map(|all| all.first().copied().map(name));
        assert_eq!(first.map(|first| first.map(name)), first_of_all, "{expression}");
        let all = all.map(|all| all.into_iter().map(name).collect::<Vec<_>>().join("|"));
        assert_eq!(all.unwrap_or_else(|error| error), expected, "{expression}");
    }
}

#[test]
fn a_prefix_needs_a_resolver() {
    let arena = Arena::new(1 << 20);
    let node = parse_element(&arena, DOCUMENT, Whitespace::Drop).unwrap();
    let error = evaluate(&arena, node, "//p:b", None as Resolver<'_, '_>).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Namespace Manager or XsltContext needed. This query has a prefix, variable, or user-defined function."
    );
}

#[test]
fn a_query_nests_so_deep_and_looks_at_so_much() {
    let arena = Arena::new(1 << 26);
    let node = parse_element(&arena, &format!("<a>{}</a>", "<b/>".repeat(2_000)), Whitespace::Drop).unwrap();
    let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
    let query = |text: &str| evaluate(&arena, node, arena.text(text).unwrap(), None).map(shown);
    assert_eq!(query(&nested(XPATH_DEPTH_MAX - 1)), Ok("1".to_owned()));
    let error = query(&nested(XPATH_DEPTH_MAX)).unwrap_err().to_string();
    assert_eq!(error, format!("Expressions stand in each other more than {XPATH_DEPTH_MAX} deep."));
    assert_eq!(query(&format!("1{}", "+1".repeat(10_000))), Ok("10001".to_owned()));
    assert_eq!(query("count(b[count(../b[position()<1]) = 0])"), Err(XmlError::OutOfSteps));
}

const VALUES: [(&str, &str); 180] = [
    ("/", "Document"),
    ("/a", "a"),
    ("a", "a"),
    ("/b", ""),
    ("//b", "b1|b2"),
    ("//c", "c1|c2"),
    ("//c[1]", "c1"),
    ("(//c)[1]", "c1"),
    ("//c[last()]", "c2"),
    ("//b[@n=2]", "b2"),
    ("//b[@n='1']", "b1"),
    ("//b[2]", "b2"),
    ("/a/b[position()<2]", "b1"),
    ("//@n", "A:n=1|A:n=2"),
    (
        "//@*",
        "A:i=a|A:i=b1|A:n=1|A:i=b2|A:n=2|A:i=c1|A:i=c2|A:i=pb|A:{u}k=v|A:i=pc|A:i=d|A:{http://www.w3.org/XML/1998/namespace}lang=en-US|A:i=e1|A:i=e2|A:i=e3",
    ),
    ("//e", "e1|e2|e3"),
    ("//e[.>9]", "e1|e2"),
    ("//e[.>=10][2]", "e2"),
    ("sum(//e)", "35"),
    ("count(//b)", "2"),
    ("count(//*)", "11"),
    ("count(//node())", "21"),
    ("count(//text())", "8"),
    ("//text()", "T:t0|T:one|T:x|T:y|T:t1|T:cd|T:10|T:20|T: 5 "),
    ("/a/text()", "T:t0|T:t1|T:cd"),
    ("//comment()", "Comment"),
    ("//processing-instruction()", "ProcessingInstruction"),
    ("//processing-instruction('pi')", "ProcessingInstruction"),
    ("//processing-instruction('x')", ""),
    ("q:b", ""),
    ("//q:b", "pb"),
    ("//q:*", "pb|pc"),
    ("//q:b/@q:k", "A:{u}k=v"),
    ("//*[local-name()='b']", "b1|b2|pb"),
    ("name(//q:b)", "'p:b'"),
    ("name(/a)", "'a'"),
    ("local-name(//q:b)", "'b'"),
    ("namespace-uri(//q:b)", "'u'"),
    ("string(/a)", "'t0onexyt1cd1020 5 '"),
    ("string(//q:b)", "''"),
    ("string(/)", "'t0onexyt1cd1020 5 '"),
    ("//e/..", "d"),
    ("//c/ancestor::*", "a|b2"),
    ("//c[2]/preceding-sibling::*", "c1"),
    ("//c[1]/following-sibling::c", "c2"),
    ("//b[2]/preceding::*", "b1"),
    ("//b[2]/following::*", "pb|pc|d|e1|e2|e3"),
    (
        "//e[2]/preceding::node()",
        "T:t0|b1|T:one|Comment|b2|c1|T:x|c2|T:y|T:t1|T:cd|ProcessingInstruction|pb|pc|e1|T:10",
    ),
    ("//c/ancestor-or-self::node()", "Document|a|b2|c1|c2"),
    ("//d/child::e[2]", "e2"),
    ("//d/descendant-or-self::*", "d|e1|e2|e3"),
    ("//e/self::e", "e1|e2|e3"),
    ("//e/parent::d", "d"),
    ("//b/attribute::i", "A:i=b1|A:i=b2"),
    ("//b|//e", "b1|b2|e1|e2|e3"),
    ("//e|//b", "b1|b2|e1|e2|e3"),
    ("1+2*3", "7"),
    ("10 div 4", "2.5"),
    ("10 mod 3", "1"),
    ("-5 mod 3", "-2"),
    ("1 div 0", "Infinity"),
    ("-1 div 0", "-Infinity"),
    ("0 div 0", "NaN"),
    ("string(1 div 0)", "'Infinity'"),
    ("string(0.1+0.2)", "'0.30000000000000004'"),
    ("string(100000000000000000000)", "'1E+20'"),
    ("string(0.0000001)", "'1E-07'"),
    ("- - 3", "3"),
    ("-(3)", "-3"),
    ("3 - -2", "5"),
    ("2>1", "true"),
    ("2>1>0", "true"),
    ("1=1.0", "true"),
    ("'a'='a'", "true"),
    ("'1'=1", "true"),
    ("true()='x'", "true"),
    ("true()=1", "true"),
    ("//e=20", "true"),
    ("//e!=20", "true"),
    ("//e>100", "false"),
    ("//e='10'", "true"),
    ("not(//zz)", "true"),
    ("boolean('')", "false"),
    ("boolean(0)", "false"),
    ("boolean(//zz)", "false"),
    ("concat('a','b',1)", "'ab1'"),
    ("starts-with('abc','ab')", "true"),
    ("contains('abc','bc')", "true"),
    ("substring-before('a=b','=')", "'a'"),
    ("substring-after('a=b','=')", "'b'"),
    ("substring-before('ab','x')", "''"),
    ("substring('12345',2,3)", "'234'"),
    ("substring('12345',2)", "'2345'"),
    ("substring('12345',1.5,2.6)", "'234'"),
    ("substring('12345',0,3)", "'12'"),
    ("substring('12345',0 div 0,3)", "''"),
    ("substring('12345',-42,1 div 0)", "'12345'"),
    ("string-length('abc')", "3"),
    ("string-length(/a)", "18"),
    ("normalize-space('  a  b ')", "'a b'"),
    ("translate('bar','abc','AB')", "'BAr'"),
    ("translate('--aaa--','abc-','ABC')", "'AAA'"),
    ("number('12')", "12"),
    ("number(' 12 ')", "12"),
    ("number('x')", "NaN"),
    ("number('')", "NaN"),
    ("number('+1')", "NaN"),
    ("number('1e3')", "NaN"),
    ("number('-.5')", "-0.5"),
    ("number('5.')", "5"),
    ("number(true())", "1"),
    ("floor(1.5)", "1"),
    ("ceiling(1.5)", "2"),
    ("round(1.5)", "2"),
    ("round(-1.5)", "-1"),
    ("round(2.5)", "3"),
    ("lang('en')", "false"),
    ("//e[lang('en')]", "e1|e2|e3"),
    ("//d[lang('en-us')]", "d"),
    ("//b[c]", "b2"),
    ("//b[not(c)]", "b1"),
    ("//b[c='y']/@i", "A:i=b2"),
    ("//*[@i='c1' or @i='c2']", "c1|c2"),
    ("//*[@i and @n]", "b1|b2"),
    ("a and b", "false"),
    ("/a/b[1]/c", ""),
    ("/a/b/c[1]", "c1"),
    ("/a/*", "b1|b2|pb|d"),
    ("/a/*[2]", "b2"),
    ("/a/*[last()]", "d"),
    ("/a/node()", "T:t0|b1|Comment|b2|T:t1|T:cd|ProcessingInstruction|pb|d"),
    ("//b/c/../@n", "A:n=2"),
    ("..", ""),
    (".", "Document"),
    ("//d/e[position()=last()]", "e3"),
    ("//d/e[last()-1]", "e2"),
    ("//e[string-length(.)=2]", "e1|e2"),
    ("/a/@i", "A:i=a"),
    ("/a/@zz", ""),
    ("*", "a"),
    ("*/*", "b1|b2|pb|d"),
    ("* * 2", "NaN"),
    ("div", ""),
    ("a div 2", "NaN"),
    ("//e[number(.)=5]", "e3"),
    ("last()", "1"),
    ("position()", "1"),
    ("string()", "'t0onexyt1cd1020 5 '"),
    ("namespace-uri()", "''"),
    ("//b/@n > 1", "true"),
    ("/a/b/text()", "T:one"),
    ("string(//processing-instruction())", "'d'"),
    ("string(//comment())", "'c'"),
    ("//b[1]/text()", "T:one"),
    ("//text()[2]", "T:t1|T:cd"),
    ("descendant::c", "c1|c2"),
    ("descendant::b[2]", "b2"),
    ("following::b", ""),
    ("child::*", "a"),
    ("//a//c", "c1|c2"),
    ("//d//e[1]", "e1"),
    ("(//b|//d)[2]", "b2"),
    ("(//b)[1]/@n", "A:n=1"),
    ("//b[position()=1 or position()=2]", "b1|b2"),
    ("round(-0.4)", "0"),
    ("string(-0)", "'0'"),
    ("string(round(-0.4))", "'0'"),
    ("//e[. = //e[2]]", "e2"),
    ("//e < //b/@n", "false"),
    ("//b/@n < //e", "true"),
    ("1 < 2 = true()", "true"),
    ("/*", "a"),
    ("//*[2]", "b2|c2|e2"),
    ("/descendant::c[2]", "c2"),
    ("//c/preceding::*[1]", "b1|c1"),
    ("//e[3]/preceding::*[1]", "e2"),
    ("//c/following::*[1]", "c2|pb"),
    ("//@n/..", "b1|b2"),
    ("//@n/following::c", "c1|c2"),
    ("//@n/preceding::node()", "T:t0|b1|T:one|Comment"),
];

const REFUSED: [(&str, &str); 21] = [
    ("//z:b", "Namespace prefix 'z' is not defined."),
    ("string(1e3)", "'string(1e3)' has an invalid token."),
    ("id('x')", "This XPathNavigator does not support IDs."),
    ("", "Expression must evaluate to a node-set."),
    ("/a[", "Expression must evaluate to a node-set."),
    ("//", "Expression must evaluate to a node-set."),
    ("a b", "'a b' has an invalid token."),
    ("foo()", "XsltContext is needed for this query because of an unknown function."),
    ("count(1)", "The argument to function 'count' in 'count(1)' cannot be converted to a node-set."),
    ("count()", "Function 'count' in 'count()' has an invalid number of arguments."),
    ("$x", "XsltContext is needed for this query because of an unknown function."),
    ("'abc", "This is an unclosed string."),
    ("a]", "'a]' has an invalid token."),
    ("@", "Expression must evaluate to a node-set."),
    ("/a/b[", "Expression must evaluate to a node-set."),
    ("1+", "Expression must evaluate to a node-set."),
    ("unknown::b", "'unknown::b' has an invalid token."),
    ("a:", "'a:' has an invalid qualified name."),
    ("5[1]", "Expression must evaluate to a node-set."),
    ("'a'|'b'", "Expression must evaluate to a node-set."),
    ("concat('a')", "Function 'concat' in 'concat('a')' has an invalid number of arguments."),
];

const FROM_ELEMENT: [(&str, &str); 12] = [
    ("/", "a"),
    ("/a", ""),
    ("/b", "b1|b2"),
    ("//b", "b1|b2"),
    ("b", "b1|b2"),
    ("..", ""),
    (".", "a"),
    ("ancestor::node()", ""),
    ("/*", "b1|b2|pb|d"),
    ("string(/)", "'t0onexyt1cd1020 5 '"),
    ("//b/ancestor::node()", "a"),
    ("count(/node())", "8"),
];

const SELECTED: [(&str, &str); 7] = [
    ("//b", "b1|b2"),
    ("//@n", "The XPath expression evaluated to unexpected type System.Xml.Linq.XAttribute."),
    ("1", "The XPath expression evaluated to unexpected type System.Double."),
    ("'x'", "The XPath expression evaluated to unexpected type System.String."),
    ("true()", "The XPath expression evaluated to unexpected type System.Boolean."),
    ("//text()", "The XPath expression evaluated to unexpected type System.Xml.Linq.XText."),
    ("//zz", ""),
];
