//! Documents that nobody would write, and what must hold of each. Used by tests and by
//! `examples/fuzz_read.rs`.

#[cfg(test)]
use crate as hanse_policy;
use hanse_policy::{
    Checking, Format, Known, ScopeKind, Surroundings, check, check_any, compile, render, to_xml,
};

pub const DOCUMENT: &str = r#"<?xml version="1.0"?><!-- é -- ü --><policies>
  <inbound><base /><cors allow-credentials="true"><allowed-origins><origin>*</origin></allowed-origins></cors>
    <set-header name="X-A" exists-action='append'><value>@(context.Variables["k"] + $"{x("é")}" + 'c')</value></set-header>
    <set-body><![CDATA[{"a": "<&>"}]]></set-body><rewrite-uri template="/{id}?a={{n}}&amp;b=1" />
    <rate-limit calls="10" renewal-period="60"><api id="a" calls="1" renewal-period="1" /></rate-limit>
    <ip-filter action="forbid"><address>10.0.0.0/8</address><address-range from="::1" to="::2" /></ip-filter>
  </inbound>
  <backend><forward-request timeout="5" /></backend>
  <on-error><return-response><set-status code="500" reason="x" /></return-response></on-error>
</policies>"#;

/// Whatever is asked for is its name, twice.
struct Doubled;

impl Surroundings for Doubled {
    fn named_value(&self, name: &str) -> Known<String> {
        Known::Is(name.repeat(2))
    }
}

/// Pieces that mean something to some part of the reader.
pub const PIECES: [&str; 36] = [
    "<",
    ">",
    "/>",
    "</",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "<!",
    "\"",
    "'",
    "=",
    "&",
    "&amp;",
    "&#0;",
    "&quot;",
    "@(",
    "@{",
    ")",
    "}",
    "$\"{",
    "@\"",
    "\\",
    "//",
    "/*",
    "{{",
    "}}",
    "\n",
    "\u{feff}",
    "é",
    "policies",
    "<inbound>",
    "<set-body>",
    "<x a='",
];

/// Makes a text out of a stream of random numbers: pieces in any order, or a document with some damage.
pub fn source(mut random: impl FnMut() -> u32) -> String {
    let mut pick = |below: usize| random() as usize % below.max(1);
    let mut text = match pick(4) {
        0 => String::new(),
        1 => "<policies><inbound></inbound></policies>".to_owned(),
        _ => DOCUMENT.to_owned(),
    };
    for _ in 0..=pick(if text.is_empty() { 40 } else { 6 }) {
        let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let at = pick(boundaries.len());
        let end = match pick(2) {
            0 => at,
            _ => (at + pick(40)).min(boundaries.len() - 1),
        };
        let taken = text.get(boundaries[at]..boundaries[end]).unwrap_or_default().to_owned();
        match pick(4) {
            // What was taken, once more somewhere else.
            0 => text.insert_str(boundaries[pick(boundaries.len())], &taken),
            1 => text.replace_range(boundaries[at]..boundaries[end], ""),
            _ => text.replace_range(boundaries[at]..boundaries[end], PIECES[pick(PIECES.len())]),
        }
    }
    text
}

/// Reads, checks, writes and compiles a text, whatever it is; whether it was accepted.
pub fn survives(text: &str, format: Format) -> bool {
    let parameters = ["id".to_owned()];
    let to_run = Checking {
        operation_parameters: Some(&parameters),
        ..Checking::to_run(format, ScopeKind::Operation)
    };
    let checked = check(text, &to_run);
    let read = check_any(text, &Checking::to_read(None));
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(text).split('\n').collect();
    for finding in read.findings.iter().chain(&checked.findings) {
        let line = lines.get(finding.line as usize - 1).expect("a line of the text");
        let end = finding.column as usize + finding.length as usize - 1;
        assert!(end <= line.chars().count().max(1) + 1, "{finding:?} is not within {line:?}");
    }
    if let Ok(escaped) = to_xml(text) {
        // Quotes of both kinds in what is no C# either way may not be read again.
        assert_eq!(to_xml(&escaped).unwrap_or_else(|_| escaped.clone()), escaped, "once is enough: {text:?}");
    }
    for finding in &checked.findings {
        assert!(finding.line >= 1 && finding.column >= 1 && finding.length >= 1);
    }
    render(&checked.findings, "f", text);
    let compiled = compile(text, format, ScopeKind::Operation, &Doubled);
    let internal = compiled.err().into_iter().flatten().find(|finding| finding.code == "internal");
    assert!(internal.is_none(), "{internal:?}");
    checked.is_accepted()
}
