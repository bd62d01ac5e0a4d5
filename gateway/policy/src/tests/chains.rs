//! In which order documents run, and what ends them.

use http::{HeaderValue, StatusCode};

use crate::context::{Body, RequestContext, ResponseMessage};
use crate::testing::{Bench, TestHost, compiled, leak, request_context};
use crate::{Chain, CompiledDocument, Effect, Fault, Run, ScopeKind, Section, default_global, finish};

/// Policies that leave a trace of their order.
fn mark(name: &str) -> String {
    format!("<set-header name='trace' exists-action='append'><value>{name}</value></set-header>")
}

fn trace_of(headers: &http::HeaderMap) -> String {
    headers.get("trace").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

/// Runs documents given narrowest first; empty means none.
fn run(documents: [&str; 5]) -> (RequestContext<'static>, usize) {
    let documents = documents.map(|text| (!text.is_empty()).then(|| compiled(text)));
    let chain = Chain { documents };
    drive(chain, |_| None)
}

fn drive(
    chain: Chain<'static>,
    mut forward: impl FnMut(usize) -> Option<Fault>,
) -> (RequestContext<'static>, usize) {
    let mut context = request_context();
    let host = TestHost::default();
    let mut run = Run::new(chain);
    let mut forwards = 0;
    while let Effect::Forward(_) = run.next(&mut context, &host) {
        forwards += 1;
        match forward(forwards) {
            Some(fault) => run.fail(&mut context, &host, fault),
            None => {
                let mut response = ResponseMessage::new(StatusCode::OK);
                response.headers.insert("backend", HeaderValue::from_static("1"));
                context.response = Some(response);
            }
        }
    }
    assert!(matches!(run.next(&mut context, &host), Effect::Answer), "over is over");
    finish(&mut context);
    (context, forwards)
}

fn inbound(content: &str) -> String {
    format!("<policies><inbound>{content}</inbound></policies>")
}

#[test]
fn base_runs_where_it_stands_at_every_scope() {
    let around = |scope: &str| {
        inbound(&format!("{}<base/>{}", mark(&format!("{scope}1")), mark(&format!("{scope}2"))))
    };
    let texts = ["o", "a", "p", "w", "g"].map(around);
    let (context, forwards) = run(texts.each_ref().map(String::as_str));
    assert_eq!(trace_of(&context.request.headers), "o1,a1,p1,w1,g1,g2,w2,p2,a2,o2");
    assert_eq!(forwards, 1, "the global document does not mention `backend`, so the default's forwards");
}

#[test]
fn scope_without_document_is_passed_over() {
    let (operation, workspace) = (inbound(&format!("{}<base/>", mark("o"))), inbound(&mark("w")));
    let (context, forwards) = run([&operation, "", "", &workspace, ""]);
    assert_eq!((trace_of(&context.request.headers).as_str(), forwards), ("o,w", 1));
    let (context, forwards) = run([""; 5]);
    assert_eq!((forwards, context.response.unwrap().headers.contains_key("backend")), (1, true));
}

#[test]
fn section_with_nothing_in_it_cuts_the_parents_off_and_an_absent_one_does_not() {
    let global =
        format!("<policies><inbound>{}</inbound><backend><forward-request/></backend></policies>", mark("g"));
    for (api, trace, forwards) in [
        ("<policies><inbound/></policies>", "", 1),
        ("<policies><inbound><base/></inbound></policies>", "g", 1),
        ("<policies/>", "g", 1),
        ("<policies><backend/></policies>", "g", 0),
        ("<policies><backend><base/></backend></policies>", "g", 1),
        ("<policies><on-error/><outbound/><inbound><base/></inbound></policies>", "g", 1),
    ] {
        let (context, forwarded) = run(["", api, "", "", &global]);
        assert_eq!((trace_of(&context.request.headers).as_str(), forwarded), (trace, forwards), "{api}");
    }
}

#[test]
fn base_at_global_scope_has_no_effect() {
    let global = inbound(&format!("{}<base/>{}", mark("1"), mark("2")));
    let (context, _) = run(["", "", "", "", &global]);
    assert_eq!(trace_of(&context.request.headers), "1,2");
}

#[test]
fn backend_of_a_global_document_is_the_default_only_where_it_is_absent() {
    for (global, expected) in [
        ("<policies/>", 1),
        ("<policies><backend/></policies>", 0),
        ("<policies><backend><base/></backend></policies>", 0),
        ("<policies><backend><base/><forward-request/></backend></policies>", 1),
    ] {
        let document = crate::compile(global, crate::Format::Xml, ScopeKind::Global, &crate::Alone).unwrap();
        let (_, forwards) =
            drive(Chain { documents: [None, None, None, None, Some(leak(document))] }, |_| None);
        assert_eq!(forwards, expected, "{global}");
    }
}

#[test]
fn global_document_without_forward_request_answers_an_empty_200() {
    let global = format!("<policies><backend/><outbound>{}</outbound></policies>", mark("out"));
    let (context, forwards) = run(["", "", "", "", &global]);
    let response = context.response.unwrap();
    assert_eq!((forwards, response.status, &response.body), (0, StatusCode::OK, &Body::Empty));
    assert_eq!(trace_of(&response.headers), "out");
    assert!(context.last_error.is_none());
}

#[test]
fn one_document_serves_chains_with_and_without_a_product() {
    let api = compiled(&inbound(&format!("<base/>{}", mark("a"))));
    let product = compiled(&inbound(&format!("{}<base/>", mark("p"))));
    let global = compiled(&inbound(&mark("g")));
    let with = Chain { documents: [None, Some(api), Some(product), None, Some(global)] };
    let without = Chain { documents: [None, Some(api), None, None, Some(global)] };
    assert_eq!(trace_of(&drive(with, |_| None).0.request.headers), "p,g,a");
    assert_eq!(trace_of(&drive(without, |_| None).0.request.headers), "g,a");
}

#[test]
fn failure_runs_the_effective_on_error_and_nothing_else() {
    let api = format!(
        "<policies><inbound>{}<ip-filter id='door' action='forbid'><address>192.0.2.1</address></ip-filter>{}</inbound>\
         <outbound>{}</outbound><on-error>{}<base/></on-error></policies>",
        mark("in"),
        mark("after"),
        mark("out"),
        mark("api-error")
    );
    let global = format!("<policies><on-error>{}</on-error></policies>", mark("global-error"));
    let (context, forwards) = run(["", &api, "", "", &global]);
    assert_eq!(forwards, 0);
    assert_eq!(trace_of(&context.request.headers), "in");
    let response = context.response.unwrap();
    assert_eq!(response.status, StatusCode::FORBIDDEN);
    assert_eq!(trace_of(&response.headers), "api-error,global-error");
    let error = context.last_error.unwrap();
    assert_eq!((error.scope, error.section), (Some(ScopeKind::Api), Section::Inbound));
    assert_eq!((error.path.as_deref(), error.policy_id.as_deref()), (Some("ip-filter[1]"), Some("door")));
}

#[test]
fn failure_in_a_wider_document_names_that_document() {
    let global =
        inbound("<set-header name='a'/><ip-filter action='forbid'><address>192.0.2.1</address></ip-filter>");
    let api = inbound("<set-header name='b'/><base/>");
    let (context, _) = run(["", &api, "", "", &global]);
    assert_eq!(context.last_error.unwrap().scope, Some(ScopeKind::Global));
}

#[test]
fn failed_forward_is_told_as_forward_request() {
    let chain = Chain::default();
    let (context, _) = drive(chain, |_| Some(Fault::backend_connection_failure("refused")));
    let response = context.response.unwrap();
    assert_eq!(response.status, StatusCode::INTERNAL_SERVER_ERROR);
    let error = context.last_error.unwrap();
    assert_eq!(
        (error.source.as_ref(), error.reason.as_deref()),
        ("forward-request", Some("BackendConnectionFailure"))
    );
    assert_eq!((error.scope, error.section), (Some(ScopeKind::Global), Section::Backend));
    assert_eq!(error.path.as_deref(), Some("forward-request[1]"));
}

#[test]
fn built_in_step_that_fails_first_has_no_scope() {
    let api =
        format!("<policies><inbound>{}</inbound><on-error>{}</on-error></policies>", mark("in"), mark("err"));
    let mut bench = Bench::document(&api);
    bench.early_fault = Some(Fault::key_missing("h", "p", "k"));
    bench.run();
    assert_eq!(bench.forwards, 0);
    assert_eq!(trace_of(&bench.context.request.headers), "");
    assert_eq!(trace_of(&bench.context.response.as_ref().unwrap().headers), "err");
    let error = bench.context.last_error.unwrap();
    assert_eq!((error.source.as_ref(), error.scope, error.path), ("authorization", None, None));
}

#[test]
fn failure_inside_on_error_leaves_the_first_answer() {
    let document = compiled("<policies><on-error><base/></on-error></policies>");
    let mut context = request_context();
    let host = TestHost::default();
    let mut run = Run::new(Chain { documents: [Some(document), None, None, None, None] });
    run.fail(&mut context, &host, Fault::operation_not_found());
    run.fail(&mut context, &host, Fault::backend_connection_failure("second"));
    assert!(matches!(run.next(&mut context, &host), Effect::Answer));
    assert_eq!(context.response.unwrap().status, StatusCode::NOT_FOUND);
    assert_eq!(context.last_error.unwrap().source, "configuration");
}

#[test]
fn answer_of_a_policy_in_outbound_skips_the_rest_of_it() {
    let api = format!(
        "<policies><outbound>{}<return-response><set-status code='202'/></return-response>{}</outbound></policies>",
        mark("1"),
        mark("2")
    );
    let (context, forwards) = run(["", &api, "", "", ""]);
    let response = context.response.unwrap();
    assert_eq!((forwards, response.status.as_u16(), trace_of(&response.headers).as_str()), (1, 202, ""));
}

#[test]
fn error_status_of_the_backend_is_no_error() {
    let mut bench = Bench::outbound(&mark("out"));
    bench.backend_statuses = vec![500];
    bench.run();
    assert_eq!(trace_of(&bench.context.response.as_ref().unwrap().headers), "out");
    assert!(bench.context.last_error.is_none());
}

#[test]
fn second_forward_is_the_data_planes_to_decide() {
    let api = "<policies><backend><forward-request/><forward-request/></backend></policies>";
    let document = compiled(api);
    let chain = Chain { documents: [None, Some(document), None, None, None] };
    let (context, forwards) = drive(chain, |nth| {
        (nth == 2).then(|| Fault::backend_connection_failure("the body was sent already"))
    });
    assert_eq!((forwards, context.response.unwrap().status), (2, StatusCode::INTERNAL_SERVER_ERROR));
}

#[test]
fn compiled_documents_are_shared_between_threads() {
    fn is_shared<T: Send + Sync + 'static>(_: &T) {}
    is_shared(&default_global());
    let _: fn() -> CompiledDocument = default_global;
}
