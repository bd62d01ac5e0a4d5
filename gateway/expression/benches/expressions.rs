//! What expressions cost: ten typical ones evaluated, and a long one compiled.
//!
//! `cargo bench -p hanse-expression`. Each evaluation begins with a request's fresh memory, as the gateway
//! hands it out; what is allocated beyond that is counted beside the time.

use std::borrow::Cow;

use divan::{AllocProfiler, Bencher, black_box};
use hanse_expression::arena::Arena;
use hanse_expression::context::{CertificateBytes, CertificateOf, Field, Host, Part, Texts, UrlField};
use hanse_expression::run::{Cx, Limits, MEMORY_BYTES_MAX, Value};
use hanse_expression::{Program, compile};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

const EXPRESSIONS: [(&str, &str); 10] = [
    ("header", r#"@(context.Request.Headers.GetValueOrDefault("X-Correlation-Id", "none"))"#),
    ("header-test", r#"@(context.Request.Headers.GetValueOrDefault("Accept", "").Contains("json"))"#),
    ("variable", r#"@((string)context.Variables["user"])"#),
    ("status", "@(context.Response != null && context.Response.StatusCode >= 500)"),
    ("concat", r#"@("Bearer " + (string)context.Variables["token"])"#),
    (
        "interpolation",
        r#"@($"{context.Api.Name}-{context.Operation.Id}:{(int)context.Variables["count"]:D4}")"#,
    ),
    ("split", r#"@(context.Request.Headers.GetValueOrDefault("X-Forwarded-For", "").Split(',')[0].Trim())"#),
    ("chain", r#"@(context.Request.Body?.As<JObject>(preserveContent: true)?["id"]?.ToString() ?? "")"#),
    (
        "linq",
        r#"@(context.Request.Headers.GetValueOrDefault("Accept", "").Split(',').Where(t => t.Contains("xml")).Any())"#,
    ),
    (
        "block",
        r#"@{
            var parts = context.Request.Url.Path.Split('/');
            var sum = 0;
            for (int i = 0; i < parts.Length; i++) { if (parts[i] != "") { sum += parts[i].Length; } }
            return sum > 10 ? "long" : "short";
        }"#,
    ),
];

#[divan::bench(args = EXPRESSIONS.map(|it| it.0))]
fn evaluate(bencher: Bencher<'_, '_>, name: &str) {
    let program = program(name);
    bencher.with_inputs(|| Arena::with_capacity(16 * 1024, MEMORY_BYTES_MAX)).bench_local_refs(|arena| {
        let request = Request;
        let mut cx = Cx::new(arena, &request, Limits::default());
        black_box(program.run(&mut cx).is_ok())
    });
}

#[divan::bench(args = EXPRESSIONS.map(|it| it.0))]
fn check_and_compile(name: &str) -> bool {
    let source = EXPRESSIONS.iter().find(|it| it.0 == name).map_or("", |it| it.1);
    compile(black_box(source), None).program.is_some()
}

fn program(name: &str) -> Program {
    let source = EXPRESSIONS.iter().find(|it| it.0 == name).map_or("", |it| it.1);
    let checked = compile(source, None);
    checked.program.unwrap_or_else(|| panic!("{name}: {:?}", checked.diagnostics))
}

/// A request with the usual headers.
struct Request;

const HEADERS: [(&str, &str); 5] = [
    ("host", "api.example.com"),
    ("accept", "application/json, text/xml;q=0.9"),
    ("x-forwarded-for", "198.51.100.7, 203.0.113.9"),
    ("user-agent", "benchmark"),
    ("x-correlation-id", "4bf92f3577b34da6a3ce929d0e0e4736"),
];

impl<'a> Host<'a> for Request {
    fn has(&self, _: Part) -> bool {
        true
    }
    fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match field {
            Field::ApiName => "Orders",
            Field::OperationId => "get-order",
            Field::Url(_, UrlField::Path) => "/orders/4711/lines",
            _ => "text",
        }))
    }
    fn number(&self, _: Field) -> Option<i64> {
        Some(503)
    }
    fn texts(&self, _: Texts, _: &mut dyn FnMut(&str, &str)) {}
    fn look_up(&self, _: Part, name: &str, each: &mut dyn FnMut(&str)) -> bool {
        match HEADERS.iter().find(|header| header.0.eq_ignore_ascii_case(name)) {
            Some(header) => {
                each(header.1);
                true
            }
            None => false,
        }
    }
    fn names(&self, _: Part, _: &mut dyn FnMut(&str)) {}
    fn body(&self, _: Part, _: bool) -> Option<Cow<'_, [u8]>> {
        Some(Cow::Borrowed(br#"{"id": "4711", "lines": [{"sku": "a", "count": 2}], "note": "fragile"}"#))
    }
    fn variable(&self, name: &str) -> Option<Value<'a>> {
        match name {
            "count" => Some(Value::Int(7)),
            _ => Some(Value::Str("0123456789abcdef")),
        }
    }
    fn request_id(&self) -> [u8; 16] {
        [7; 16]
    }
    fn timestamp(&self) -> i64 {
        638_843_760_000_000_000
    }
    fn now(&self) -> i64 {
        638_843_760_000_000_000
    }
    fn random(&self) -> u64 {
        4
    }
    fn trace(&self, _: &str) {}
    fn certificate(&self, _: CertificateOf<'_>) -> Option<CertificateBytes<'_>> {
        None
    }
}
