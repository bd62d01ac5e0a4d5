//! What documents refer to: named values, fragments and resources, known or not.

use crate::testing::read_as_it_is;
use crate::{
    Checking, DocumentKind, Format, Known, Purpose, Reference, ScopeKind, Severity, Surroundings, check,
    check_any, effective_policy,
};

/// Knows one of each, and that there is nothing else.
struct Service;

impl Surroundings for Service {
    fn named_value(&self, name: &str) -> Known<String> {
        match name {
            "quote" => Known::Is("a\"b\\{x".to_owned()),
            "expression" => Known::Is("@(1)".to_owned()),
            "number" => Known::Is("5".to_owned()),
            _ => Known::Missing,
        }
    }

    fn fragment(&self, id: &str) -> Known<String> {
        match id {
            "answers" => Known::Is(
                "<fragment><set-method>GET</set-method><jsonp callback-parameter-name='c'/></fragment>"
                    .to_owned(),
            ),
            "broken" => Known::Is("<fragment>".to_owned()),
            _ => Known::Missing,
        }
    }

    fn resource(&self, kind: Reference, id: &str) -> Known<()> {
        if (kind, id) == (Reference::Backend, "b") { Known::Is(()) } else { Known::Missing }
    }
}

fn found(policies: &str) -> Vec<String> {
    let text = format!("<policies><inbound><base/>{policies}</inbound></policies>");
    let checking = Checking { surroundings: &Service, ..Checking::to_read(None) };
    let findings = check(&text, &checking).findings.into_iter();
    findings.filter(|it| it.code != "not-run-yet").map(|it| format!("{}: {}", it.code, it.message)).collect()
}

#[test]
fn what_is_known_is_held_against_a_document_and_nothing_else() {
    for (policies, expected) in [
        ("<set-backend-service backend-id='b'/>", vec![]),
        ("<set-backend-service backend-id='c'/>", vec!["unknown-reference: there is no backend `c`"]),
        ("<set-backend-service backend-id='@(context.Api.Id)'/>", vec![]),
        ("<include-fragment fragment-id='f'/>", vec!["unknown-reference: there is no policy fragment `f`"]),
        ("<include-fragment fragment-id='broken'/>", vec![]),
        (
            "<choose><when condition='true'><include-fragment fragment-id='answers'/></when></choose>",
            vec!["misplaced-policy: in fragment `answers`: jsonp does not belong in `inbound`"],
        ),
        (
            "<log-to-eventhub logger-id='l'>x</log-to-eventhub>",
            vec!["unknown-reference: there is no logger `l`"],
        ),
        ("<rate-limit-by-key calls='{{expression}}' renewal-period='60' counter-key='{{number}}'/>", vec![]),
        (
            "<set-header name='a'><value>{{none}}</value></set-header>",
            vec!["unknown-named-value: there is no named value `{{none}}`"],
        ),
        (
            "<set-backend-service backend-id='@(x)'/>",
            vec!["CS0103: the name `x` does not exist in the current context"],
        ),
        // Liquid has such braces of its own.
        ("<set-body template='liquid'>{{none}} {{number}}</set-body>", vec![]),
    ] {
        assert_eq!(found(policies), expected, "{policies}");
    }
    let alone = "<policies><inbound><base/><set-backend-service backend-id='c'/>\
        <include-fragment fragment-id='f'/><set-header name='{{n}}'><value>@(string.Concat({{n}}))</value></set-header></inbound></policies>";
    assert_eq!(read_as_it_is(alone), [""; 0]);
    let checked = check(alone, &Checking::to_read(None));
    assert_eq!(checked.named_values, ["n"]);
    assert_eq!(
        checked.references,
        [(Reference::Backend, "c".to_owned()), (Reference::Fragment, "f".to_owned())]
    );
}

/// The value of the variable that a document sets, as it would be compiled.
fn value(text: &str) -> String {
    let text = format!("<policies><inbound><set-variable name='v' value=\"{text}\"/></inbound></policies>");
    let effective = effective_policy([Some(&text), None, None, None, None], &Service).unwrap();
    effective.inbound[0].attributes[1].value.clone()
}

#[test]
fn named_value_that_breaks_out_of_its_string_is_taken_as_text() {
    for (text, expected) in [
        ("@(\"{{quote}}\")", r#"@("a\"b\\{x")"#),
        ("@(@\"{{quote}}\")", r#"@(@"a""b\{x")"#),
        ("@($\"{{quote}}\")", r#"@($"a\"b\\{{x")"#),
        // Outside of strings it is code, and pasted as it is.
        ("@({{number}} + \"{{number}}\")", r#"@(5 + "5")"#),
        ("{{expression}}", "@(1)"),
        ("{{quote}}", "a\"b\\{x"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
    assert_eq!(
        found("<set-variable name='v' value='@(\"{{quote}}\")'/>"),
        ["named-value-escaped: a named value breaks out of the string it stands in; it is taken as text"]
    );
}

#[test]
fn entities_of_an_expression_are_decoded_unless_only_the_text_as_written_is_one() {
    for (text, expected) in [
        ("@(a &amp;&amp; &quot;b&quot; == &#34;c&#34;)", "@(a && \"b\" == \"c\")"),
        ("@(\"&amp;\")", "@(\"&\")"),
        ("@(\"&quot;\")", "@(\"&quot;\")"),
        ("@(\"&nbsp;\")", "@(\"&nbsp;\")"),
    ] {
        assert_eq!(value(text), expected, "{text}");
    }
}

#[test]
fn text_is_what_its_roots_are() {
    let kind = |text: &str| {
        let checked = check_any(text, &Checking::to_read(Some(ScopeKind::Global)));
        (checked.kind, checked.is_accepted())
    };
    for (text, expected) in [
        ("<!-- c --><policies/>", (DocumentKind::Document, true)),
        ("<fragment fragment-id='f'><set-method>GET</set-method></fragment>", (DocumentKind::Fragment, true)),
        (
            "<graphql-data-source><request><document>{a}</document></request></graphql-data-source>",
            (DocumentKind::Resolver, true),
        ),
        ("<inbound><base/></inbound>\n<outbound/>", (DocumentKind::Piece, true)),
        (
            "<set-method>GET</set-method><base/><jsonp callback-parameter-name='c'/>",
            (DocumentKind::Piece, true),
        ),
        ("<policies/><fragment/>", (DocumentKind::Piece, true)),
        ("<project/>", (DocumentKind::Piece, false)),
        ("<value>x</value>", (DocumentKind::Piece, false)),
        ("text", (DocumentKind::Document, false)),
        ("", (DocumentKind::Document, false)),
    ] {
        assert_eq!(kind(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_run_yet_is_a_warning_to_a_reader_and_an_error_to_who_applies() {
    let text = "<policies><inbound><base/><choose><when condition='@(true)'><json-to-xml apply='always' null-values='x'/>\
        </when></choose><set-header name='{placeholder}'/><set-backend-service sf-partition-key='k' backend-id='b'/></inbound></policies>";
    let severities = |purpose: Purpose| {
        let checking = Checking { purpose, ..Checking::to_run(Format::Xml, ScopeKind::Api) };
        let findings = check(text, &checking).findings;
        findings.iter().map(|it| (it.code, it.severity)).collect::<Vec<_>>()
    };
    let codes = ["not-run-yet", "attribute-value", "not-run-yet"];
    assert_eq!(severities(Purpose::Read), codes.map(|code| (code, Severity::Warning)));
    assert_eq!(severities(Purpose::Run), codes.map(|code| (code, Severity::Error)));
}
