//! Attributes and texts: named values are pasted into them, and what they are is held against what
//! their places take.
//!
//! Named values come first (they may hold whole expressions), then the question whether a value is an
//! expression, then its check. Whatever an expression's check finds is led back to the document, through
//! the entities it was written with.

use std::collections::BTreeSet;

use hanse_expression::scan::{self, TextSpan};
use hanse_expression::span::Span;
use hanse_expression::syntax;
use hanse_expression::{Checked, Severity as Weight, Target};

use crate::check::{Checker, Expression};
use crate::document::PASTED_BYTES_MAX;
use crate::finding::Severity;
use crate::kind::Kind;
use crate::named_values::{self, Reference};
use crate::normalise::OffsetMap;
use crate::policies::set_body;
use crate::surroundings::Known;
use crate::tree::{Element, Node, Value, ValueKind};

/// Pastes the named values that are known, decides which values are expressions, and gathers the names
/// referred to.
pub(crate) fn settle(root: &mut Element, checker: &mut Checker<'_>) -> BTreeSet<String> {
    let mut settling = Settling { names: BTreeSet::new(), pasted_bytes: 0 };
    each_value(root, false, &mut |value, is_liquid| settling.value(value, is_liquid, checker));
    if settling.pasted_bytes > PASTED_BYTES_MAX {
        let message =
            format!("named values would add {} bytes, {PASTED_BYTES_MAX} are allowed", settling.pasted_bytes);
        checker.error(root.span, "named-values-size", message);
    }
    settling.names
}

fn each_value(element: &mut Element, is_liquid: bool, act: &mut dyn FnMut(&mut Value, bool)) {
    let text_is_liquid = is_liquid || set_body::is_liquid(element);
    for attribute in &mut element.attributes {
        act(&mut attribute.value, false);
    }
    for child in &mut element.children {
        match child {
            Node::Text(value) => act(value, text_is_liquid),
            Node::Element(child) => each_value(child, text_is_liquid, act),
        }
    }
}

struct Settling {
    names: BTreeSet<String>,
    pasted_bytes: usize,
}

impl Settling {
    fn value(&mut self, value: &mut Value, is_liquid: bool, checker: &mut Checker<'_>) {
        let mut names = BTreeSet::new();
        if !named_values::collect(&value.text, &mut names) {
            prefer_verbatim(value, checker.source());
            return;
        }
        let mut is_open = false;
        for name in &names {
            match checker.surroundings().named_value(name) {
                Known::Is(_) => {}
                // Liquid's own `{{…}}` look the same; they are no references unless such a value exists.
                Known::Unknown | Known::Missing if is_liquid => continue,
                Known::Unknown => is_open = true,
                Known::Missing => {
                    checker
                        .error(
                            value.span,
                            "unknown-named-value",
                            format!("there is no named value `{{{{{name}}}}}`"),
                        )
                        .hint("create it, or correct the name");
                }
            }
            self.names.insert(name.clone());
        }
        let was_expression = value.kind == ValueKind::Expression;
        if let Some(pasted) = self.paste(&value.text, checker, &|_, text| text) {
            let escaped = match was_expression && !compiles(&pasted) {
                true => self.paste_escaped(&value.text, checker).filter(|escaped| compiles(escaped)),
                false => None,
            };
            if escaped.is_some() {
                let message = "a named value breaks out of the string it stands in; it is taken as text";
                checker
                    .warning(value.span, "named-value-escaped", message)
                    .hint("let the named value hold no quotes, backslashes or line breaks");
            }
            value.text = escaped.unwrap_or(pasted);
            value.places = None;
        }
        value.kind = match was_expression || scan::whole(&value.text).is_some() {
            true => ValueKind::Expression,
            false if is_open => ValueKind::Deferred,
            false => ValueKind::Literal,
        };
    }

    /// The text with the values that are known, each first shown to `form`; `None`: there are none.
    fn paste(
        &mut self,
        text: &str,
        checker: &Checker<'_>,
        form: &dyn Fn(usize, String) -> String,
    ) -> Option<String> {
        let pasted_bytes = std::cell::Cell::new(self.pasted_bytes);
        let is_pasted = std::cell::Cell::new(false);
        let resolve = |at: usize, name: &str| {
            let Known::Is(value) = checker.surroundings().named_value(name) else {
                return None;
            };
            is_pasted.set(true);
            pasted_bytes.set(pasted_bytes.get().saturating_add(value.len()));
            // Past the bound nothing is pasted any more; a finding tells.
            Some(if pasted_bytes.get() > PASTED_BYTES_MAX { String::new() } else { form(at, value) })
        };
        let text = named_values::substitute(text, &resolve)?;
        self.pasted_bytes = pasted_bytes.get();
        is_pasted.get().then_some(text)
    }

    /// The same, with each value written so that it stays within the string it stands in.
    fn paste_escaped(&mut self, text: &str, checker: &Checker<'_>) -> Option<String> {
        let lead = text.len() - text.trim_start().len();
        let texts = scan::texts(&text[lead..]);
        let form = |at: usize, value: String| match at.checked_sub(lead).and_then(|at| text_at(&texts, at)) {
            Some(text) => escaped(&value, text),
            None => value,
        };
        self.paste(text, checker, &form)
    }
}

fn text_at(texts: &[TextSpan], at: usize) -> Option<TextSpan> {
    texts.iter().copied().find(|text| text.span.contains(at))
}

/// A text as it is written within a C# string.
fn escaped(value: &str, text: TextSpan) -> String {
    let mut out = String::with_capacity(value.len());
    for char in value.chars() {
        match char {
            '"' if text.is_verbatim => out.push_str("\"\""),
            '{' | '}' if text.has_holes => out.extend([char, char]),
            _ if text.is_verbatim => out.push(char),
            '"' | '\\' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ => out.push(char),
        }
    }
    out
}

/// True for an expression that reads as it is written, and not with its entities decoded.
pub(crate) fn is_only_verbatim(written: &str, decoded: &str) -> bool {
    let reads = |text: &str| syntax::parse(text.trim()).is_ok();
    written.contains('&') && !reads(decoded) && reads(written)
}

/// Whether a text is an expression without a defect.
fn compiles(text: &str) -> bool {
    let text = text.trim();
    // A scan understands entities, which are decoded here; without `&` it sees none, and no sign of C# is
    // lost to it.
    scan::whole(&text.replace('&', "+")).is_some()
        && hanse_expression::check(text, Target::Object).iter().all(|it| it.severity != Weight::Error)
}

/// An expression that reads only as it is written, entities and all, is taken so: `@("&quot;")` in a
/// document that is not escaped.
fn prefer_verbatim(value: &mut Value, source: &str) {
    if value.kind != ValueKind::Expression {
        return;
    }
    let Some(verbatim) = source.get(value.span.start..value.span.end) else {
        return;
    };
    if verbatim != value.text.trim() && is_only_verbatim(verbatim, &value.text) {
        value.text = verbatim.to_owned();
        let mut places = OffsetMap::default();
        places.step(0, value.span.start);
        value.places = Some(places);
    }
}

impl Checker<'_> {
    /// Holds a value against its kind. `name` is what messages call it.
    pub(crate) fn check_value(
        &mut self,
        value: &Value,
        kind: Kind,
        takes_expression: bool,
        code: &'static str,
        name: &str,
    ) {
        match value.kind {
            ValueKind::Expression if takes_expression => self.check_expression(value, kind.target()),
            ValueKind::Expression => {
                self.expression_not_allowed(value.span, name);
            }
            ValueKind::Deferred => self.remark_on_mixture(value),
            ValueKind::Literal => {
                self.remark_on_mixture(value);
                if let Some(defect) = kind.defect(&value.text) {
                    let hint = kind.meant(&value.text).map(|meant| format!("did you mean `{meant}`?"));
                    let severity = match kind.is_tolerable(&value.text) {
                        true => self.strict(),
                        false => Severity::Error,
                    };
                    self.report(severity, value.span, code, format!("{name}: {defect}"))
                        .hint(hint.unwrap_or_default());
                } else if let Kind::Reference(reference) = kind {
                    self.refer(value.span, reference, value.text.trim());
                }
            }
        }
    }

    pub(crate) fn expression_not_allowed(&mut self, span: Span, name: &str) {
        self.error(span, "expression-not-allowed", format!("{name} takes no expression"))
            .hint("write the value itself, or a named value: {{name}}");
    }

    fn check_expression(&mut self, value: &Value, target: Target) {
        if self.included.is_some() {
            // All was said when the fragment itself was checked.
            return;
        }
        self.expressions += 1;
        self.first_expression.get_or_insert(value.span);
        let lead = value.text.len() - value.text.trim_start().len();
        let (source, holes) = fill_holes(value.text.trim());
        let Checked { program, mut reads, diagnostics } = hanse_expression::compile_for(&source, target);
        for diagnostic in diagnostics {
            let span = diagnostic.span;
            // The advice of a document knows whether anybody reads the body afterwards.
            if diagnostic.code == hanse_expression::BODY_TAKEN {
                continue;
            }
            // What stems from a value that nobody knows here is nobody's mistake.
            if holes.iter().any(|hole| span.start <= hole.end && hole.start <= span.end) {
                continue;
            }
            let place = value.place(Span::new(span.start + lead, span.end + lead));
            let severity = match diagnostic.severity {
                Weight::Error => Severity::Error,
                Weight::Warning => Severity::Warning,
            };
            self.report(severity, place, diagnostic.code, diagnostic.message).hint(diagnostic.hint);
        }
        let spans = reads.variables.iter_mut().map(|it| &mut it.span);
        for span in spans.chain(reads.bodies.iter_mut().map(|it| &mut it.span)) {
            *span = Span::new(span.start + lead, span.end + lead);
        }
        let ty = program.map(|program| program.ty);
        self.read.insert(value.span.start, Expression { reads, ty });
    }

    fn remark_on_mixture(&mut self, value: &Value) {
        if value.text.contains("@(") || value.text.contains("@{") {
            let message = "this is a literal text: an expression fills its value, or it is none";
            self.warning(value.span, "mixed-expression", message).hint("write @(\"text\" + …)");
        }
    }
}

/// The expression with a name of equal length in the place of each named value that is not known; those
/// within strings are text and stay. And where these names stand.
fn fill_holes(text: &str) -> (String, Vec<Span>) {
    let mut references = Vec::new();
    let mut rest = text;
    while let Some(Reference { before, after, .. }) = named_values::find(rest) {
        let start = text.len() - rest.len() + before.len();
        references.push(Span::new(start, text.len() - after.len()));
        rest = after;
    }
    if references.is_empty() {
        return (text.to_owned(), references);
    }
    let texts = scan::texts(text);
    references.retain(|span| text_at(&texts, span.start).is_none());
    let mut filled = text.to_owned();
    for span in &references {
        filled.replace_range(span.start..span.end, &"_".repeat(span.len()));
    }
    (filled, references)
}
