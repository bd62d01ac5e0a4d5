//! A bench for tests: one document in a chain of its own, a host that counts, a backend that answers.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::chain::Chain;
use crate::check::NOT_RUN;
use crate::context::{Body, CorsState, RequestContext, RequestId, RequestMessage, ResponseMessage};
use crate::document::{Checking, CompiledDocument, Format, check, check_any, compile};
use crate::fault::Fault;
use crate::finding::Finding;
use crate::host::{Host, RateDecision, RateKey};
use crate::policies::cors::finish;
use crate::run::{Effect, Run};
use crate::section::{ScopeKind, Section};
use crate::window::SlidingWindow;

#[derive(Default)]
pub(crate) struct TestHost {
    pub(crate) now_ms: u64,
    windows: BTreeMap<String, SlidingWindow>,
}

impl Host for TestHost {
    fn now_ms(&self) -> u64 {
        self.now_ms
    }

    fn rate_limit(&mut self, key: RateKey<'_>, calls: u32, period: Duration) -> RateDecision {
        let mut name = String::new();
        key.write_to(&mut name);
        self.windows.entry(name).or_default().hit(self.now_ms, calls, period)
    }
}

pub(crate) struct Bench {
    pub(crate) context: RequestContext,
    pub(crate) host: TestHost,
    pub(crate) backend_status: StatusCode,
    /// How often the request was forwarded.
    pub(crate) forwards: usize,
    /// A built-in step fails before the policies run.
    pub(crate) early_fault: Option<Fault>,
    /// The forward fails.
    pub(crate) forward_fault: Option<Fault>,
    document: CompiledDocument,
    scope: ScopeKind,
}

pub(crate) fn request_context() -> RequestContext {
    let request = RequestMessage {
        method: Method::GET,
        headers: HeaderMap::new(),
        path: "/path".to_owned(),
        query: None,
        body: Body::Empty,
    };
    let client = "192.0.2.1".parse().unwrap();
    RequestContext::new(request, "w".into(), client, RequestId(7))
}

impl Bench {
    pub(crate) fn at(text: &str, scope: ScopeKind) -> Self {
        let document = compile(text, Format::RawXml, scope, &|_| None)
            .unwrap_or_else(|findings| panic!("{findings:#?}"));
        Self {
            context: request_context(),
            host: TestHost::default(),
            backend_status: StatusCode::OK,
            forwards: 0,
            early_fault: None,
            forward_fault: None,
            document,
            scope,
        }
    }

    pub(crate) fn document(text: &str) -> Self {
        Self::at(text, ScopeKind::Api)
    }

    pub(crate) fn inbound(policies: &str) -> Self {
        Self::document(&format!("<policies><inbound>{policies}</inbound></policies>"))
    }

    pub(crate) fn outbound(policies: &str) -> Self {
        Self::document(&format!("<policies><outbound>{policies}</outbound></policies>"))
    }

    pub(crate) fn with_subscription(mut self, name: &str) -> Self {
        self.context.subscription = Some(name.into());
        self
    }

    pub(crate) fn run(&mut self) -> &mut Self {
        let level = Chain::SCOPES.iter().position(|scope| *scope == self.scope).unwrap();
        let mut chain = Chain::default();
        chain.documents[level] = Some(&self.document);
        let mut run = Run::new(chain);
        if let Some(fault) = self.early_fault.clone() {
            run.fail(&mut self.context, fault);
        }
        while let Effect::Forward(_) = run.next(&mut self.context, &mut self.host) {
            self.forwards += 1;
            if let Some(fault) = self.forward_fault.clone() {
                run.fail(&mut self.context, fault);
                continue;
            }
            let mut response = ResponseMessage::new(self.backend_status);
            response.headers.insert("backend", HeaderValue::from_static("1"));
            response.body = Body::Stream;
            self.context.response = Some(response);
        }
        finish(&mut self.context);
        self
    }

    /// Runs another request of the same caller.
    pub(crate) fn again(&mut self) -> &mut Self {
        self.context.response = None;
        self.context.last_error = None;
        self.context.target = None;
        self.context.cors = CorsState::Undecided;
        self.run()
    }

    /// What is to be done first.
    pub(crate) fn next(&mut self) -> Effect {
        let mut chain = Chain::default();
        chain.documents[1] = Some(&self.document);
        Run::new(chain).next(&mut self.context, &mut self.host)
    }

    pub(crate) fn body(&self) -> String {
        match &self.context.response.as_ref().unwrap().body {
            Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            other => format!("{other:?}"),
        }
    }
}

pub(crate) fn compiled(text: &str) -> CompiledDocument {
    compile(text, Format::RawXml, ScopeKind::Api, &|_| None)
        .unwrap_or_else(|findings| panic!("{findings:#?}"))
}

pub(crate) fn findings_at(
    text: &str,
    scope: ScopeKind,
    operation_parameters: Option<&[String]>,
) -> Vec<Finding> {
    check(text, &Checking { operation_parameters, ..Checking::to_run(Format::RawXml, scope) }).findings
}

pub(crate) fn codes_at(scope: ScopeKind, section: Section, policies: &str) -> Vec<&'static str> {
    let text = format!("<policies><{section}><base/>{policies}</{section}></policies>");
    findings_at(&text, scope, None).into_iter().map(|finding| finding.code).collect()
}

pub(crate) fn codes_in(section: Section, policies: &str) -> Vec<&'static str> {
    codes_at(ScopeKind::Api, section, policies)
}

/// Codes of what a reader is told of policies in a section of an API's document, apart from what is
/// said of all that is not run yet.
pub(crate) fn read_in(section: Section, policies: &str) -> Vec<&'static str> {
    read_as_it_is(&format!("<policies><{section}><base/>{policies}</{section}></policies>"))
}

/// The same, of whatever a text is.
pub(crate) fn read_as_it_is(text: &str) -> Vec<&'static str> {
    let checked = check_any(text, &Checking::to_read(Some(ScopeKind::Api)));
    let codes = checked.findings.into_iter().map(|finding| finding.code);
    codes.filter(|code| *code != NOT_RUN).collect()
}

/// Codes of what keeps policies in `inbound` of an API's document from running, and of what is remarked.
pub(crate) fn codes(policies: &str) -> Vec<&'static str> {
    codes_in(Section::Inbound, policies)
}

/// The policies are accepted without a remark, and compile.
pub(crate) fn accepts(policies: &str) {
    assert_eq!(codes(policies), [""; 0], "{policies}");
    compiled(&format!("<policies><inbound>{policies}</inbound></policies>"));
}
