//! Templates as documents have them.

use bytes::Bytes;
use http::HeaderValue;

use super::{NESTING_MAX, NODES_MAX, OUTPUT_BYTES_MAX, parse};
use crate::context::Body;
use crate::testing::Bench;

fn bench(attributes: &str, template: &str, content_type: &'static str, body: &'static str) -> Bench {
    let template = template.replace('&', "&amp;").replace('<', "&lt;");
    let mut bench =
        Bench::inbound(&format!("<set-body template='liquid' {attributes}>{template}</set-body>"));
    bench.context.request.headers.insert("content-type", HeaderValue::from_static(content_type));
    if body.is_empty() { bench } else { bench.with_body(body) }
}

fn sent(bench: &mut Bench) -> String {
    bench.run();
    assert_eq!(bench.context.last_error, None);
    match &bench.context.request.body {
        Body::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Body::Empty => String::new(),
        other => panic!("{other:?}"),
    }
}

fn json(template: &str, body: &'static str) -> String {
    sent(&mut bench("", template, "application/json; charset=utf-8", body))
}

fn xml(template: &str, body: &'static str) -> String {
    sent(&mut bench("", template, "text/xml", body))
}

#[track_caller]
fn all(cases: &[(&str, &str)]) {
    const BODY: &str = r#"{"s":"a b","n":3,"f":1.5,"t":true,"z":null,"d":"2012-03-21T05:40:12Z",
        "list":["c","a","b","a"],"o":{"k":1,"l":"x"},"items":[{"id":2,"name":"B"},{"id":1,"name":"A"}],"e":""}"#;
    for (template, expected) in cases {
        assert_eq!(json(template, BODY), *expected, "{template}");
    }
}

#[test]
fn values_are_found_and_missing_ones_are_empty() {
    all(&[
        ("{{ body.s }}|{{body['s']}}|{{ body.o.k }}|{{ body.items[1].name }}", "a b|a b|1|A"),
        ("[{{ body.nothing }}{{ body.nothing.at.all }}{{ nothing }}{{ body.z }}]", "[]"),
        ("{{ body.t }} {{ body.f }} {{ body.n }}", "true 1.5 3"),
        ("{{ body.list }} {{ body.o }}", "caba {\"k\":1,\"l\":\"x\"}"),
        ("{{ body.list.size }} {{ body.list.first }} {{ body.list.last }} {{ body.list[-2] }}", "4 c a b"),
        ("{{ 'text' }} {{ \"it's\" }} {{ 1.5 }} {{ -2 }} {{}}", "text it's 1.5 -2 "),
        ("{ {{ body.n }} } { % }", "{ 3 } { % }"),
    ]);
}

#[test]
fn dates_are_read_and_written_as_net_does() {
    all(&[
        ("{{ body.d }}", "03/21/2012 05:40:12"),
        ("{{ body.d | Date: \"yyyyMMddTHH:mm:ssZ\" }}", "20120321T05:40:12Z"),
        ("{{ '2020-02-29' | Date: 'dd.MM.yyyy' }} {{ 'no date' | Date: 'yyyy' }}", "29.02.2020 no date"),
    ]);
    let mut kept =
        bench("parse-date='false'", "{{ body.d }}", "application/json", r#"{"d":"2012-03-21T05:40Z"}"#);
    assert_eq!(sent(&mut kept), "2012-03-21T05:40Z");
}

#[test]
fn filters_have_the_names_of_csharp_and_of_liquid() {
    all(&[
        ("{{ body.s | Upcase }} {{ body.s | upcase }} {{ 'ab cd' | Capitalize }}", "A B A B Ab Cd"),
        ("{{ body.s | Append: '!' | Prepend: '<' | Escape }}", "&lt;a b!"),
        ("{{ -3 | Abs }} {{ 3 | AtLeast: 5 }} {{ 3 | AtMost: 2 }}", "3 5 2"),
        (
            "{{ body.nothing | Default: 'none' }} {{ body.e | default: 'none' }} {{ body.n | Default: 1 }}",
            "none none 3",
        ),
        (
            "{{ 7 | DividedBy: 2 }} {{ 7.0 | DividedBy: 2 }} {{ 7 | Modulo: 4 }} {{ '7' | Times: 2 }}",
            "3 3.5 3 14",
        ),
        ("{{ 7 | Plus: 1 }} {{ 'a' | Plus: 'b' }} {{ 7 | Minus: 1.5 }}", "8 ab 5.5"),
        ("{{ body.list | Join: ', ' }} {{ body.list | Sort | Uniq | Join }}", "c, a, b, a a b c"),
        ("{{ body.items | Map: 'name' | Join: '' }} {{ body.items | Sort: 'id' | Map: 'id' }}", "BA 12"),
        ("{{ body.list | First }}{{ body.list | Last }}{{ body.list | Size }}{{ 'häß' | Size }}", "ca43"),
        ("{{ 'a-b-a' | Remove: 'a' }} {{ 'a-b-a' | RemoveFirst: 'a' }}", "-b- -b-a"),
        ("{{ 'a.b.a' | Replace: '.', '' }} {{ 'aa' | ReplaceFirst: 'a', 'b' }}", "aba ba"),
        ("{{ 'a,b' | Split: ',' | Last }} {{ 'abc' | Split: '' | Join: ' ' }}", "b a b c"),
        ("[{{ ' a ' | Strip }}{{ ' a ' | Lstrip }}{{ ' a ' | Rstrip }}]", "[aa  a]"),
        ("{{ '<p>a<br>b</p><!-- c -->' | StripHtml }}", "ab"),
        ("{{ 'abcdef' | Slice: 1, 2 }} {{ 'abcdef' | Slice: -2 }} {{ 'abcdef' | Slice: -2, 9 }}", "bc e ef"),
        (
            "{{ 'abcdef' | Truncate: 5 }} {{ 'abcdef' | Truncate: 4, '~' }} {{ 'abc' | Truncate: 3 }}",
            "ab... abc~ abc",
        ),
        ("{{ 'a b c' | TruncateWords: 2 }} {{ 'a b' | TruncateWords: 2, '' }}", "a b... a b"),
        ("{{ 'a b&c' | UrlEncode }} {{ 'a+b%26c' | UrlDecode }}", "a+b%26c a b&c"),
        ("{{ 2.5 | Round }} {{ 1.234 | Round: 2 }} {{ 1.2 | Ceil }} {{ 1.8 | Floor }}", "2 1.23 2 1"),
        ("{{ 1234.5 | Currency: 'en-US' }} {{ 3 | Currency }}", "$1,234.50 ¤3.00"),
    ]);
}

#[test]
fn filter_that_fails_writes_its_error() {
    all(&[("a{{ 1 | DividedBy: 0 }}b", "aLiquid error: Attempted to divide by zero.b")]);
}

#[test]
fn tags_decide_and_repeat() {
    all(&[
        ("{% if body.n == 3 and body.t %}y{% else %}n{% endif %}", "y"),
        ("{% if body.n > 3 %}a{% elsif body.n >= 3 %}b{% else %}c{% endif %}", "b"),
        ("{% if false and true or true %}y{% else %}n{% endif %}", "n"),
        ("{% unless body.nothing %}y{% endunless %}", "y"),
        ("{% if body.e == empty %}y{% endif %}{% if body.e %}z{% endif %}", "yz"),
        ("{% if body.list contains 'b' %}y{% endif %}{% if body.s contains 'a b' %}z{% endif %}", "yz"),
        ("{% if body.nothing == nil %}y{% endif %}{% if body.n != 'x' %}z{% endif %}", "yz"),
        ("{% case body.n %}x{% when 1, 2 %}a{% when 3 or 4 %}b{% else %}c{% endcase %}", "b"),
        ("{% case 'q' %}{% when 1 %}a{% else %}c{% endcase %}", "c"),
        ("{% for x in body.list %}{{ x }}{% unless forloop.last %},{% endunless %}{% endfor %}", "c,a,b,a"),
        ("{% for x in body.list reversed limit:2 offset:1 %}{{ x }}{{ forloop.index }}{% endfor %}", "b1a2"),
        ("{% for x in (1..3) %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}", "13"),
        ("{% for x in (1..9) %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %}", "12"),
        ("{% for p in body.o %}{{ p.Key }}={{ p.value }}{{ p[0] }};{% endfor %}", "k=1k;l=xl;"),
        ("{% for x in body.nothing %}x{% else %}none{% endfor %}", "none"),
        ("{% assign a = body.s | Upcase %}{% capture b %}{{ a }}!{% endcapture %}{{ b }}", "A B!"),
        ("{% comment %}{{ no }}{% if %}{% endcomment %}x{% raw %}{{ y }}{% endraw %}", "x{{ y }}"),
        ("{% for x in (1..3) %}{% cycle 'a', 'b' %}{% endfor %}{% increment i %}{% increment i %}", "aba01"),
        ("a  {%- if true -%}  b  {%- endif -%}  c {{- 1 -}} d", "abc1d"),
        ("{% JSONArrayFor x in body.items %}{{ x.id }} {% endJSONArrayFor %}", "2 ,1 "),
    ]);
}

#[test]
fn xml_is_looked_into_by_local_names() {
    const SOAP: &str = "<soap:Envelope xmlns:soap='urn:s' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'>\
        <soap:Body><Order id='7'><Item>a</Item><Item>b &amp; c</Item><Only><X>1</X></Only><N xsi:nil='true'/></Order>\
        </soap:Body></soap:Envelope>";
    for (template, expected) in [
        ("{{ body.envelope.body.Order.Item[1] }}", "b & c"),
        ("{{ body.Envelope.Body.Order['@id'] }}", "7"),
        ("{% for i in body.envelope.body.order.item %}[{{ i }}]{% endfor %}", "[a][b & c]"),
        ("{% for i in body.envelope.body.order.only %}[{{ i.X }}]{% endfor %}", "[1]"),
        ("{% if body.envelope.body.order.n %}there{% endif %}{{ body.envelope.body.order.n }}", "there"),
        ("{{ body.envelope.none.n }}", ""),
    ] {
        assert_eq!(xml(template, SOAP), expected, "{template}");
    }
    let template = "{% if body.envelope.body.order.n %}there{% endif %}";
    assert_eq!(sent(&mut bench("xsi-nil='null'", template, "application/soap+xml", SOAP)), "");
}

#[test]
fn context_and_variables_are_there() {
    let mut bench = bench(
        "",
        "{{ context.Request.Method }} {{context.Request.MatchedParameters[\"id\"]}} {{ context.Request.Url.Path }} \
         {{ context.Request.Headers['X-A'] }} {{ context.request.headers.x-a[1] }} {{ context.Variables['v'] }} \
         {{ context.Variables.j.a[0] }} {{ context.Request.Url.Query.q }} {{ context.Api.Name }}\
         {% for h in context.Request.Headers %}{% if h.Key == 'x-a' %} {{ h.Value }}{% endif %}{% endfor %}",
        "text/plain",
        "",
    );
    bench.context.matched_parameters = vec![("id".into(), "4%2F2".into())];
    bench.context.request.query = Some("q=1".to_owned());
    for value in ["1", "2"] {
        bench.context.request.headers.append("x-a", HeaderValue::from_static(value));
    }
    let token =
        hanse_expression::json::read::parse_token(bench.context.arena, r#"{"a":["x"]}"#, Default::default());
    bench.context.set_variable("v", hanse_expression::run::Value::Int(5));
    bench.context.set_variable("j", hanse_expression::run::Value::Json(token.unwrap()));
    assert_eq!(sent(&mut bench), "GET 4/2 /path 1,2 2 5 x 1  1,2");
}

#[test]
fn method_is_the_one_that_was_sent_where_a_template_asks_for_it() {
    let mut bench = Bench::inbound(
        "<set-method>PUT</set-method>\
         <set-body template='liquid'>{{ context.Request.Method }} {{ context.Request.OriginalMethod }}</set-body>",
    );
    assert_eq!(sent(&mut bench), "PUT GET");
}

#[test]
fn other_bodies_are_texts_and_absent_ones_empty() {
    assert_eq!(sent(&mut bench("", "<{{ body }}>", "text/plain", "a{b")), "<a{b>");
    assert_eq!(sent(&mut bench("", "<{{ body.x }}>", "application/json", "")), "<>");
}

#[test]
fn body_that_is_not_what_it_says_fails_the_request() {
    let mut bench = bench("", "{{ body.x }}", "application/json", "{");
    bench.run();
    assert_eq!(bench.context.last_error.unwrap().source, "set-body");
}

#[test]
fn message_of_its_own_has_no_body_yet() {
    let mut bench = Bench::inbound(
        "<return-response><set-body template='liquid'>[{{ body.a }}{{ context.Variables['v'] }}]</set-body></return-response>",
    );
    bench.context.request.body = Body::Bytes(Bytes::from_static(b"{\"a\":1}"));
    bench.context.set_variable("v", hanse_expression::run::Value::Str("v"));
    bench.run();
    assert_eq!(bench.body(), "[v]");
}

#[test]
fn templates_are_bounded() {
    let nested = |depth: usize| "{% if true %}".repeat(depth) + &"{% endif %}".repeat(depth);
    assert!(parse(&nested(NESTING_MAX - 1)).is_ok());
    assert!(parse(&nested(NESTING_MAX)).unwrap_err().message.contains("deep"));
    assert!(parse(&"{{a}}".repeat(NODES_MAX)).is_ok());
    assert!(parse(&"{{a}}".repeat(NODES_MAX + 1)).unwrap_err().message.contains("more than"));
    let brackets = |depth: usize| format!("{{{{ {}1{} }}}}", "a[".repeat(depth), "]".repeat(depth));
    assert!(parse(&brackets(NESTING_MAX - 1)).is_ok());
    assert!(parse(&brackets(NESTING_MAX)).is_err());
}

#[test]
fn endless_work_and_endless_texts_end() {
    let failing = |template: &str| {
        let mut bench = bench("", template, "text/plain", "");
        bench.run();
        bench.context.last_error.expect("the request fails").message
    };
    let loops = "{% for a in (1..100000) %}{% for b in (1..100000) %}{% endfor %}{% endfor %}";
    assert!(failing(loops).contains("steps"));
    assert!(failing("{% for a in (1..9999999999) %}{% endfor %}").contains("steps"));
    let doubling =
        "{% assign s = 'xxxxxxxxxxxxxxxx' %}{% for a in (1..64) %}{% assign s = s | Append: s %}{% endfor %}";
    assert!(failing(doubling).contains("budget"));
    let mebibyte = "{% assign s = 'x' %}{% for a in (1..20) %}{% assign s = s | Append: s %}{% endfor %}";
    let times = OUTPUT_BYTES_MAX / (1024 * 1024);
    let mut fits = bench("", &format!("{mebibyte}{}", "{{ s }}".repeat(times)), "text/plain", "");
    assert_eq!(sent(&mut fits).len(), OUTPUT_BYTES_MAX);
    assert!(failing(&format!("{mebibyte}{}x", "{{ s }}".repeat(times))).contains("longer than"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (template, at, part) in [
        ("ab{{ x", 2, "not closed"),
        ("{% if x %}", 10, "endif"),
        ("{% endfor %}", 0, "no tag"),
        ("{% iff x %}", 0, "did you mean `if`"),
        ("{{ x | Upcas }}", 0, "did you mean `Upcase`"),
        ("{{ x | Append }}", 0, "takes 1 arguments"),
        ("{{ 'x }}", 0, "does not end"),
        ("{{ x y }}", 0, "`y` was not expected"),
        ("{% for x of y %}{% endfor %}", 0, "`in` was expected"),
        ("{% assign x %}", 0, "name = value"),
    ] {
        let error = parse(template).unwrap_err();
        assert!(error.message.contains(part), "{template}: {error}");
        assert_eq!(error.at, at, "{template}");
    }
}
