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
        ("<set-variable name='b' value='TRUE'/>", vec!["literal-is-string"]),
    ] {
        assert_eq!(inbound(policies), expected, "{policies}");
    }
}

#[test]
fn body_that_is_taken_is_missed_by_whoever_needs_it_later() {
    let read = |body: &str| format!("<set-variable name='b' value='@({body}.As&lt;string>())'/>");
    let request = &read("context.Request.Body");
    let response = &read("context.Response.Body");
    let called = &read("((IResponse)context.Variables[\"r\"]).Body");
    let kept =
        "<set-variable name='b' value='@(context.Request.Body.As&lt;string>(preserveContent: true))'/>";
    let call = "<send-request response-variable-name='r'><set-url>http://x</set-url></send-request>";
    let answer =
        "<return-response><set-body>@(context.Request.Body.As<string>())</set-body></return-response>";
    let set = "<set-body>@(context.Request.Body.As<string>() + 1)</set-body>";
    let own = "<send-request><set-url>http://x</set-url><set-body>@(context.Request.Body.As<string>())</set-body></send-request>";
    let when = |condition: &str, policies: &str| {
        format!("<when condition=\"@({condition} == null)\">{policies}</when>")
    };
    let taken = "context.Request.Body.As<string>()";
    for (inbound, rest, times) in [
        (request.clone(), "", 1),
        (kept.to_owned(), "", 0),
        // Whoever replaces it, or answers, needs no old one.
        (set.to_owned(), "", 0),
        (format!("{request}{set}"), "", 1),
        (format!("{request}<set-body>x</set-body>"), "", 0),
        (format!("{request}{answer}"), "", 1),
        (answer.to_owned(), "", 0),
        (own.to_owned(), "", 1),
        (format!("{request}<return-response/>"), "", 0),
        (request.clone(), "<backend><return-response/></backend>", 0),
        (request.clone(), "<backend><base/></backend>", 1),
        (request.clone(), "<backend><forward-request/></backend>", 1),
        (String::new(), &format!("<outbound><base/>{request}</outbound>"), 0),
        (String::new(), &format!("<outbound><base/>{response}</outbound>"), 1),
        (String::new(), &format!("<outbound><base/>{response}<set-body>x</set-body></outbound>"), 0),
        (String::new(), &format!("<outbound><base/>{request}{request}</outbound>"), 1),
        // One branch knows nothing of the other, and a condition is followed by all.
        (format!("<choose>{}<otherwise>{request}</otherwise></choose><return-response/>", when("1", request)), "", 0),
        (format!("<choose>{}{}</choose><return-response/>", when(taken, ""), when(taken, "")), "", 1),
        (format!("<choose>{}</choose><return-response/>", when(taken, request)), "", 1),
        (format!("<choose>{}</choose>", when("1", "<return-response/>")), "", 0),
        (format!("{request}<choose>{}</choose>", when("1", "<set-body>x</set-body>")), "", 1),
        // A response of one's own is read once, or kept.
        (format!("{call}{called}"), "", 0),
        (format!("{call}{called}{called}"), "", 1),
        (format!("{call}{called}{call}{called}"), "", 0),
        (format!("{call}{called}<return-response response-variable-name='r'/>"), "", 1),
        // What one expression reads twice may be in branches of its own.
        ("<set-variable name='b' value='@{ try { return context.Request.Body.As&lt;JObject>(); } catch { return context.Request.Body.As&lt;string>(); } }'/><return-response/>".to_owned(), "", 0),
    ] {
        let text = format!("<policies><inbound><base/>{inbound}</inbound>{rest}</policies>");
        let codes = at(Some(ScopeKind::Api), &text);
        let found = codes.iter().filter(|code| **code == "body-consumed").count();
        assert_eq!(found, times, "{text}");
    }
}

#[test]
fn responses_of_any_number_of_variables_are_followed_up_to_a_bound() {
    let read = |at: usize| {
        format!(
            "<set-variable name='b' value='@(((IResponse)context.Variables[\"r{at}\"]).Body.As&lt;string>())'/>"
        )
    };
    let twice = |count: usize| -> usize {
        let all: String = (0..count).map(read).collect();
        let text = format!("<policies><inbound><base/>{all}{all}</inbound></policies>");
        at(None, &text).iter().filter(|code| **code == "body-consumed").count()
    };
    assert_eq!((twice(62), twice(63)), (62, 62));
}

#[test]
fn variable_is_held_against_what_the_document_sets() {
    let text = |set: &str, look: &str| {
        format!(
            "<policies><inbound><base/><set-variable name='v' value='{set}'/><set-variable name='w' value='@({look})'/></inbound></policies>"
        )
    };
    let v = "context.Variables[\"v\"]";
    let default = |ty: &str| format!("context.Variables.GetValueOrDefault&lt;{ty}>(\"v\")");
    for (set, look, told) in [
        ("x", format!("(int){v}"), true),
        ("x", format!("(string){v}"), false),
        ("x", default("int"), true),
        ("x", default("string"), false),
        ("x", "context.Variables.GetValueOrDefault(\"v\", 1)".to_owned(), true),
        ("@(1)", format!("(int){v} + 1"), false),
        ("@(1)", format!("(int?){v}"), false),
        ("@(1)", format!("(long){v}"), true),
        ("@(1)", format!("{v} as string"), true),
        ("@(1)", format!("{v}.ToString()"), false),
        ("@(new JObject())", format!("(JToken){v}"), false),
        ("@((JToken)new JObject())", format!("(JObject){v}"), false),
        // Nothing is converted that comes out of an `object`.
        ("@(new JObject()[\"a\"])", format!("(string){v}"), true),
        ("@(context.Variables[\"u\"])", format!("(int){v}"), false),
        ("{{n}}", format!("(int){v}"), false),
        ("@({{n}})", format!("(int){v}"), false),
    ] {
        let text = text(set, &look);
        assert_eq!(at(None, &text).contains(&"variable-type"), told, "{text}");
    }
    // Any of several may be the one that was set last, and other policies set what they like.
    for more in ["<set-variable name='v' value='@(2)'/>", "<cache-lookup-value key='k' variable-name='v'/>"] {
        let text = text("x", &format!("(int){v}")).replace("<base/>", &format!("<base/>{more}"));
        assert!(!at(None, &text).contains(&"variable-type"), "{text}");
    }
    let list = text("@(new List&lt;string>())", "1");
    assert_eq!(at(None, &list), ["variable-type"], "a list is not kept");
    let found = check(&text("x", &format!("(int){v}")), &Checking::to_read(None)).findings;
    let told = found.iter().find(|it| it.code == "variable-type").unwrap();
    assert_eq!(told.message, "the variable `v` holds `string`: a cast to `int` fails");
    assert_eq!((told.line, told.column, told.length), (1, 93, 27));
}

#[test]
fn variable_that_nothing_sets_is_pointed_out_where_nothing_else_can_set_it() {
    let look = "<set-header name='a'><value>@((string)context.Variables[\"v\"])</value></set-header>";
    let guarded = "<choose><when condition='@(context.Variables.ContainsKey(\"v\"))'/></choose>";
    let inbound = |policies: &str| format!("<policies><inbound>{policies}</inbound></policies>");
    for (scope, text, told) in [
        (ScopeKind::Api, inbound(look), true),
        (ScopeKind::Global, format!("<policies><outbound>{look}</outbound></policies>"), true),
        (ScopeKind::Api, inbound(&format!("<base/>{look}")), false),
        (ScopeKind::Api, format!("<policies><outbound>{look}</outbound></policies>"), false),
        (ScopeKind::Api, inbound(&format!("{guarded}{look}")), false),
        (ScopeKind::Api, inbound(&format!("<include-fragment fragment-id='f'/>{look}")), false),
        (ScopeKind::Api, inbound(&format!("<set-variable name='v' value=''/>{look}")), false),
        (ScopeKind::Api, inbound(&format!("<set-variable name='{{{{n}}}}' value=''/>{look}")), false),
        (ScopeKind::Api, inbound(&format!("<cache-lookup-value key='k' variable-name='v'/>{look}")), false),
    ] {
        assert_eq!(at(Some(scope), &text).contains(&"variable-never-set"), told, "{text}");
    }
}
