//! What is reported, and where: one case for each code.

use crate::testing::{Bench, NamedValues, findings_at};
use crate::{
    CheckedDocument, Checking, DOCUMENT_BYTES_MAX, FINDINGS_MAX, Finding, Format, PASTED_BYTES_MAX,
    Reference, ScopeKind, Section, Severity, check, compile,
};

fn checked(text: &str) -> CheckedDocument {
    check(text, &Checking::to_run(Format::RawXml, ScopeKind::Api))
}

/// `severity[code] line:column+length message (hint)`, one finding a line.
fn lines(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let Finding { severity, code, line, column, length, message, hint, .. } = finding;
        format!("{}[{code}] {line}:{column}+{length} {message} ({hint})", severity.as_str())
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn structure_is_held_against_the_tables() {
    let text = "<policies version='2'>
  <inbond/>
  <set-header name='x'/>
  <inbound>
    stray
    <base/><base scope='x'>y</base>
    <set-headr name='a'/>
    <redirect-content-urls/>
    <nonsense-altogether/>
    <set-header nam='a' name='b' name='c'><base/><vale/></set-header>
    <cors/>
    <rate-limit calls='x' renewal-period='301'/>
  </inbound>
  <outbound><ip-filter action='allow'><address>10.0.0.1</address></ip-filter></outbound>
  <inbound/>
</policies>";
    insta::assert_snapshot!(lines(&checked(text).findings), @r#"
    error[unknown-attribute] 1:11+7 policies has no attribute `version` ()
    error[unknown-section] 2:4+6 `inbond` is not a section of a policy document (did you mean `inbound`?)
    error[unknown-section] 3:4+10 `set-header` is not a section of a policy document (put it into a section, such as <inbound>)
    error[stray-text] 4:12+1 inbound holds no text: `stray` (remove it, or make it a comment: <!-- … -->)
    error[repeated-base] 6:13+4 `inbound` has <base/> twice (keep one of them)
    error[unknown-attribute] 6:18+5 base has no attribute `scope` ()
    error[stray-text] 6:28+1 base holds no text: `y` (remove it, or make it a comment: <!-- … -->)
    error[unknown-element] 7:6+9 there is no policy `set-headr` (did you mean `set-header`?)
    error[unknown-element] 9:6+19 there is no policy `nonsense-altogether` ()
    error[unknown-attribute] 10:17+3 set-header has no attribute `nam` (did you mean `name`?)
    error[repeated-attribute] 10:34+4 set-header has attribute `name` twice (keep one of them)
    error[misplaced-base] 10:44+4 <base/> stands directly in a section (move it out of set-header)
    error[unknown-element] 10:51+4 set-header has no element `vale` (did you mean `value`?)
    error[missing-element] 11:6+4 cors needs <allowed-origins> ()
    error[attribute-value] 12:24+1 rate-limit: calls: `x` is not an integer ≥ 1 ()
    error[attribute-value] 12:43+3 rate-limit: renewal-period: `301` is not a number of seconds 1 to 300, or a duration such as `PT30S` ()
    warning[no-base] 14:4+8 `outbound` has no <base/>: policies of wider scopes do not run there (add <base/>, unless that is meant)
    error[misplaced-policy] 14:14+9 ip-filter does not belong in `outbound` (put it into inbound)
    error[repeated-section] 15:4+7 section `inbound` is there twice (put its policies into one)
    warning[no-base] 15:4+7 `inbound` has no <base/>: policies of wider scopes do not run there (add <base/>, unless that is meant)
    "#);
}

#[test]
fn expression_is_refused_at_its_own_place() {
    let text = "<policies>\r\n  <inbound>\r\n    <!-- é --><set-header name=\"ü\" id=\"@(1)\">\r\n      \
        <value>\r\n  @(context.Request.Headers[\"x\"] + \"é\")\r\n </value></set-header>\r\n    \
        <choose><when condition=\" @(a < b && c) \"/></choose>\r\n    \
        <set-header name='a'><value>id-@(1)</value></set-header>\r\n</inbound></policies>";
    let found = checked(text).findings;
    insta::assert_snapshot!(lines(&found), @r#"
    warning[no-base] 2:4+7 `inbound` has no <base/>: policies of wider scopes do not run there (add <base/>, unless that is meant)
    error[attribute-value] 3:33+1 set-header: name: `ü` is not the name of a header ()
    error[expression-not-allowed] 3:40+4 set-header: id takes no expression (write the value itself, or a named value: {{name}})
    error[CS0103] 7:33+1 the name `a` does not exist in the current context ()
    error[CS0103] 7:37+1 the name `b` does not exist in the current context ()
    error[CS0103] 7:42+1 the name `c` does not exist in the current context ()
    warning[mixed-expression] 8:33+7 this is a literal text: an expression fills its value, or it is none (write @("text" + …))
    "#);
}

#[test]
fn document_that_cannot_be_read_has_one_finding() {
    for (text, expected) in [
        ("", "error[syntax] 1:1+1 the document is empty (a document begins with <policies>)"),
        (
            "<policies><inbound></policies>",
            "error[syntax] 1:22+8 `</policies>` where `</inbound>` was expected (close elements in the order they were opened)",
        ),
        (
            "\u{feff}<policies>\n é <inbound a=\"@(x/>\n</policies>",
            "error[unbalanced-expression] 2:16+2 the expression has no end: the bracket is never closed (check its brackets and quotes)",
        ),
        (
            "<fragment/>",
            "error[root-element] 1:2+8 `fragment` is not the root of a policy document (a document begins with <policies>)",
        ),
    ] {
        assert_eq!(lines(&checked(text).findings), expected);
        assert!(!checked(text).is_accepted());
        assert!(compile(text, Format::RawXml, ScopeKind::Api, &crate::Alone).is_err());
    }
}

#[test]
fn size_of_a_document_is_bounded() {
    let document = |bytes: usize| {
        let frame = "<policies><!----></policies>";
        frame.replace("<!---->", &format!("<!--{}-->", "x".repeat(bytes - frame.len())))
    };
    assert_eq!(document(DOCUMENT_BYTES_MAX).len(), DOCUMENT_BYTES_MAX);
    assert!(checked(&document(DOCUMENT_BYTES_MAX)).is_accepted());
    let found = checked(&document(DOCUMENT_BYTES_MAX + 1)).findings;
    insta::assert_snapshot!(lines(&found), @"error[document-size] 1:1+1 the document has 524289 bytes, 524288 are allowed ()");
}

#[test]
fn number_of_findings_is_bounded_and_none_hides_a_refusal() {
    let document = |warnings: usize, errors: usize| {
        let warning = "<rewrite-uri template='/'/>".repeat(warnings);
        format!("<policies><backend><base/>{warning}{}</backend></policies>", "<x/>".repeat(errors))
    };
    let at_bound = checked(&document(FINDINGS_MAX, 0));
    assert_eq!((at_bound.findings.len(), at_bound.is_accepted()), (FINDINGS_MAX, true));
    assert_eq!(at_bound.findings.last().unwrap().note, "");
    let past = checked(&document(FINDINGS_MAX, 2));
    assert_eq!((past.findings.len(), past.is_accepted()), (FINDINGS_MAX, false));
    assert_eq!(past.findings.last().unwrap().note, "2 more findings are not shown");
}

#[test]
fn format_is_only_remarked_on() {
    let text = "<policies><inbound><base/><set-header name='a'><value>a & b</value></set-header></inbound></policies>";
    assert!(checked(text).findings.is_empty());
    let found = check(text, &Checking::to_run(Format::Xml, ScopeKind::Api));
    assert!(found.is_accepted());
    insta::assert_snapshot!(lines(&found.findings), @"warning[not-well-formed] 1:57+1 the document is not well-formed XML, though its format is `xml` (give it format `rawxml`)");
    let escaped = text.replace(" & ", " &amp; ");
    assert!(check(&escaped, &Checking::to_run(Format::Xml, ScopeKind::Api)).findings.is_empty());
    for (name, format) in [
        ("", Some(Format::Xml)),
        ("xml", Some(Format::Xml)),
        ("rawxml", Some(Format::RawXml)),
        ("json", None),
    ] {
        assert_eq!(name.parse().ok(), format);
    }
}

#[test]
fn documents_as_people_write_them_are_accepted() {
    for text in [
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- a -- b -->\n<policies>\n</policies>\n<!-- end -->\n",
        "<policies><on-error><base /></on-error><inbound><!-- none --><base/></inbound></policies>",
        "<policies><inbound><base id=\"b\" /><set-body /></inbound></policies>",
        "<policies xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><inbound xml:space=\"preserve\"><base /></inbound></policies>",
        "<policies\n><inbound\t><base\n/></inbound\n></policies >",
    ] {
        assert_eq!(lines(&checked(text).findings), "", "{text}");
        assert!(compile(text, Format::RawXml, ScopeKind::Api, &crate::Alone).is_ok(), "{text}");
    }
}

#[test]
fn facts_are_collected_also_from_what_is_refused() {
    let text = "<policies><inbound><base/><set-backend-service backend-id='b1'/><set-backend-service backend-id='{{be}}'/>\
        <choose><when condition='@({{flag}})'/></choose><set-header name='a'><value>{{ z.1 }}-{{a}}</value></set-header>\
        <set-body template='liquid'>{{ body.name }}</set-body></inbound><backend/><outbound><base/></outbound></policies>";
    let checked = checked(text);
    assert_eq!(checked.ids_of(Reference::Backend).collect::<Vec<_>>(), ["b1"]);
    assert_eq!(checked.named_values, ["a", "be", "flag", "z.1"]);
    assert_eq!(checked.base_sections, [Section::Inbound, Section::Outbound, Section::OnError]);
}

const WITH_NAMED_VALUES: &str = "<policies><inbound><base/><rate-limit calls='{{calls}}' renewal-period='60'/>\
    <set-header name='a'><value>x {{ v }}</value></set-header>\
    <set-body><a>{{v}}</a></set-body></inbound></policies>";

#[test]
fn named_values_are_not_judged_before_they_are_known() {
    assert!(checked(WITH_NAMED_VALUES).findings.is_empty());
    for (calls, v, expected) in [
        (Some("10"), Some("y"), ""),
        (
            Some("ten"),
            Some("y"),
            "error[attribute-value] 1:46+9 rate-limit: calls: `ten` is not an integer ≥ 1 ()",
        ),
        (Some("10"), Some("@(1)"), ""),
        (
            None,
            Some("y"),
            "error[unknown-named-value] 1:46+9 there is no named value `{{calls}}` (create it, or correct the name)\n\
             error[attribute-value] 1:46+9 rate-limit: calls: `{{calls}}` is not an integer ≥ 1 ()",
        ),
    ] {
        let resolve = |name: &str| match name {
            "calls" => calls.map(str::to_owned),
            "v" => v.map(str::to_owned),
            _ => None,
        };
        let result = compile(WITH_NAMED_VALUES, Format::RawXml, ScopeKind::Api, &NamedValues(resolve));
        assert_eq!(lines(&result.err().unwrap_or_default()), expected);
    }
}

#[test]
fn pasted_expression_is_an_expression() {
    let text =
        "<policies><inbound><set-header name='a'><value> {{v}} </value></set-header></inbound></policies>";
    let named = NamedValues(|_: &str| Some("@(context.RequestId.ToString())".to_owned()));
    let mut bench = Bench::within(text, ScopeKind::Api, &named);
    bench.run();
    assert_eq!(bench.context.request.headers["a"], "00000000-0000-0000-0000-000000000007");
}

#[test]
fn pasted_text_reaches_the_request() {
    let named = NamedValues(|name: &str| {
        Some(if name == "calls" { "1".to_owned() } else { "{{calls}} <&\"".to_owned() })
    });
    let mut bench = Bench::within(WITH_NAMED_VALUES, ScopeKind::Api, &named);
    bench.run();
    let context = &bench.context;
    assert_eq!(context.request.headers["a"], "x {{calls}} <&\"");
    assert_eq!(context.request.body, crate::Body::Bytes("<a>{{calls}} <&\"</a>".into()));
}

#[test]
fn text_that_named_values_add_is_bounded() {
    let text =
        format!("<policies><inbound><set-body>{}</set-body></inbound></policies>", "{{v}}".repeat(1_024));
    let compiled = |bytes: usize| {
        compile(&text, Format::RawXml, ScopeKind::Api, &NamedValues(|_: &str| Some("x".repeat(bytes))))
    };
    assert!(compiled(PASTED_BYTES_MAX / 1_024).is_ok());
    let errors = compiled(PASTED_BYTES_MAX / 1_024 + 1).unwrap_err();
    assert_eq!(errors[0].code, "named-values-size");
}

#[test]
fn warnings_do_not_keep_a_document_from_running() {
    let text = "<policies><inbound><rate-limit calls='1' renewal-period='1'/></inbound></policies>";
    let found = findings_at(text, ScopeKind::Global, None);
    assert_eq!((found.len(), found[0].severity), (1, Severity::Warning));
    assert!(compile(text, Format::RawXml, ScopeKind::Global, &crate::Alone).is_ok());
}

#[test]
fn a_fragment_holds_policies_and_nothing_that_belongs_to_documents() {
    let check = |text: &str| {
        let checked = crate::check_fragment(text, &Checking::to_run(Format::Xml, ScopeKind::Api));
        checked.findings.into_iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let policy = "<set-header name=\"a\"><value>{{v}}</value></set-header>";
    assert_eq!(check(&format!("<fragment>{policy}</fragment>")), Vec::<&str>::new());
    assert_eq!(
        crate::check_fragment(
            &format!("<fragment>{policy}</fragment>"),
            &Checking::to_run(Format::Xml, ScopeKind::Api)
        )
        .named_values,
        ["v"]
    );
    assert_eq!(check("<policies />"), ["root-element"]);
    assert_eq!(check("<fragment><base /></fragment>"), ["misplaced-base"]);
    assert_eq!(check("<fragment><inbound /></fragment>"), ["misplaced-element"]);
    assert_eq!(check("<fragment><include-fragment fragment-id=\"x\" /></fragment>"), ["misplaced-element"]);
    assert_eq!(check("<fragment><set-headr /></fragment>"), ["unknown-element"]);
    assert_eq!(check("<fragment>text</fragment>"), ["stray-text"]);
}
