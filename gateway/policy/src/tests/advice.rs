//! What is allowed and remarked on.

use crate::testing::read_as_it_is;
use crate::{Checking, ScopeKind, check};

/// Codes of a document of a scope; `None`: nobody knows of which.
fn at(scope: Option<ScopeKind>, text: &str) -> Vec<&'static str> {
    let checked = check(text, &Checking::to_read(scope));
    assert!(checked.is_accepted(), "{:?}", checked.findings);
    checked.findings.into_iter().map(|it| it.code).filter(|code| *code != "not-run-yet").collect()
}

#[test]
fn credentials_of_a_global_document_reach_everybody() {
    let basic = "<authentication-basic username='u' password='{{p}}'/>";
    let header = "<set-header name='authorization'><value>{{t}}</value></set-header>";
    let inbound = |policies: &str| format!("<policies><inbound>{policies}</inbound></policies>");
    for (policies, expected) in [
        (basic.to_owned(), vec!["global-credentials"]),
        (header.to_owned(), vec!["global-credentials"]),
        (format!("<choose><when condition='true'>{header}</when></choose>"), vec!["global-credentials"]),
        ("<set-header name='Authorization' exists-action='delete'/>".to_owned(), vec![]),
        // A token that is kept in a variable goes nowhere by itself, nor do headers of a call.
        ("<authentication-managed-identity resource='r' output-token-variable-name='t'/>".to_owned(), vec![]),
    ] {
        assert_eq!(at(Some(ScopeKind::Global), &inbound(&policies)), expected, "{policies}");
        assert_eq!(at(None, &inbound(&policies)), [""; 0], "{policies}");
    }
    let answer = format!("<policies><outbound>{header}</outbound></policies>");
    assert_eq!(at(Some(ScopeKind::Global), &answer), [""; 0], "a response's header gives nobody credentials");
}

#[test]
fn section_without_base_is_remarked_on_where_wider_scopes_exist() {
    let mixed = "<policies><inbound><base/></inbound><outbound/></policies>";
    let none = "<policies><inbound/><backend><forward-request/></backend></policies>";
    for (scope, text, expected) in [
        (Some(ScopeKind::Api), mixed, vec!["no-base"]),
        (Some(ScopeKind::Api), none, vec!["no-base", "no-base"]),
        (Some(ScopeKind::Global), mixed, vec![]),
        (None, mixed, vec!["no-base"]),
        // Alone, it may well be a global document.
        (None, none, vec![]),
    ] {
        assert_eq!(at(scope, text), expected, "{scope:?} {text}");
    }
    let backend = check("<policies><backend/></policies>", &Checking::to_read(Some(ScopeKind::Api)));
    assert!(backend.findings[0].message.contains("nothing is forwarded"), "{:?}", backend.findings);
}

#[test]
fn traps_are_pointed_out_where_they_stand() {
    let inbound =
        |policies: &str| read_as_it_is(&format!("<policies><inbound><base/>{policies}</inbound></policies>"));
    for (policies, expected) in [
        ("<set-header name='a'><value>id-@(1)</value></set-header>", vec!["mixed-expression"]),
        (
            "<set-header name='Authorization'><value>Bearer abc</value></set-header>",
            vec!["secret-in-document"],
        ),
        ("<set-header name='Authorization'><value>Bearer {{t}}</value></set-header>", vec![]),
        ("<return-response/><set-method>GET</set-method>", vec!["unreachable-policy"]),
        ("<mock-response enabled='false'/><set-method>GET</set-method>", vec![]),
        (
            "<choose><when condition='true'><return-response/></when></choose><set-method>GET</set-method>",
            vec![],
        ),
        ("<set-variable name='b' value='@(context.Request.Body.As&lt;string>())'/>", vec!["body-consumed"]),
        (
            "<set-variable name='b' value='@(context.Request.Body.As&lt;string>(preserveContent: true))'/>",
            vec![],
        ),
        ("<set-body>@(context.Request.Body.As<string>() + 1)</set-body>", vec![]),
        ("<set-variable name='b' value='TRUE'/>", vec!["literal-is-string"]),
    ] {
        assert_eq!(inbound(policies), expected, "{policies}");
    }
}
