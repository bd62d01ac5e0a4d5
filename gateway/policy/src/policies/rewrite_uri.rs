//! `rewrite-uri`: gives the request another path and query below the backend's base URL.
//!
//! The template is cut into literals and parameters when compiled. Values are inserted as the client
//! sent them, still encoded; only what would end a path is encoded.

use std::sync::Arc;

use hanse_expression::Target;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::check::Checker;
use crate::context::RequestContext;
use crate::env::{Env, Ran};
use crate::kind::Kind;
use crate::policies::Policy;
use crate::query;
use crate::run::Flow;
use crate::schema::{ElementSpec, INBOUND, PolicySpec, Release, attribute, shown};
use crate::section::Section;
use crate::setting::{Flag, Setting};
use crate::tree::Element;

/// Most parameters of a template, those of its query included.
const PARAMETERS_MAX: usize = 64;

/// What a template's literal text cannot hold as it is; `%` can: templates may be encoded already.
const LITERAL: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'`').add(b'\\').add(b'^').add(b'|');

pub(crate) static SPEC: PolicySpec = PolicySpec {
    sections: INBOUND,
    tolerated: &[Section::Backend],
    check,
    release: Release::Runs(|element, _| compile(element).map(Policy::RewriteUri)),
    ..PolicySpec::of(
        ElementSpec {
            attributes: &[
                attribute("template", Kind::Filled).required().expression(),
                attribute("copy-unmatched-params", Kind::Bool).or("true").expression(),
            ],
            ..ElementSpec::named("rewrite-uri")
        },
        "Gives the request another path and query below the backend's base URL.",
    )
};

fn check(element: &Element, checker: &mut Checker<'_>) {
    let Some(attribute) = element.attribute("template") else {
        return;
    };
    let Some(literal) = attribute.value.literal() else {
        return;
    };
    let template = match parse(literal) {
        Ok(template) => template,
        Err(message) => {
            let message = format!("rewrite-uri: template: {message}");
            checker.error(attribute.value.span, "attribute-value", message);
            return;
        }
    };
    let Some(known) = checker.operation_parameters() else {
        return;
    };
    for name in template.parameters() {
        if known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        let message = format!("the operation's URL template has no parameter `{}`", shown(name));
        let hint = match checker.suggest(name, known.iter().map(String::as_str)) {
            Some(meant) => format!("did you mean `{{{meant}}}`?"),
            None if known.is_empty() => "it has no parameters at all".to_owned(),
            None => format!("it has {}", known.join(", ")),
        };
        checker.error(attribute.value.span, "unknown-parameter", message).hint(hint);
    }
}

fn compile(element: &Element) -> Option<RewriteUri> {
    let template = element.setting("template", Target::String, |text| parse(text).ok())??;
    Some(RewriteUri { template, copies_unmatched: element.flag_setting("copy-unmatched-params", true)? })
}

#[derive(Debug, PartialEq, Eq)]
struct Template {
    path: Box<[Piece]>,
    /// The pairs of the template's query.
    query: Box<[QueryPair]>,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// Encoded.
    Literal(Box<str>),
    Parameter(Box<str>),
}

#[derive(Debug, PartialEq, Eq)]
struct QueryPair {
    /// Decoded.
    name: Box<str>,
    pieces: Box<[Piece]>,
}

impl Template {
    fn parameters(&self) -> impl Iterator<Item = &str> {
        let pieces = self.path.iter().chain(self.query.iter().flat_map(|pair| pair.pieces.iter()));
        pieces.filter_map(|piece| match piece {
            Piece::Parameter(name) => Some(&**name),
            Piece::Literal(_) => None,
        })
    }
}

fn parse(text: &str) -> Result<Template, String> {
    let text = text.trim();
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let rooted = match path.starts_with('/') {
        true => path.to_owned(),
        false => format!("/{path}"),
    };
    let mut pairs = Vec::new();
    for pair in query::pairs(query) {
        let name = query::decode(query::split(pair).0).into_owned().into();
        pairs.push(QueryPair { name, pieces: pieces(pair)? });
    }
    let template = Template { path: pieces(&rooted)?, query: pairs.into() };
    match template.parameters().count() {
        count if count > PARAMETERS_MAX => Err(format!("{count} parameters, {PARAMETERS_MAX} are allowed")),
        _ => Ok(template),
    }
}

fn pieces(text: &str) -> Result<Box<[Piece]>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        let (literal, from_brace) = rest.split_at(brace);
        push_literal(&mut pieces, literal);
        let inner = from_brace.strip_prefix('{').ok_or("`}` without `{` before it")?;
        let (name, after) = inner.split_once('}').ok_or("`{` without `}` behind it")?;
        // `{*rest}` is how a URL template takes whatever follows; the parameter is `rest`.
        let name = name.trim().trim_start_matches('*');
        if name.is_empty() || name.contains('{') {
            return Err(format!("`{{{}}}` is not a parameter", shown(name)));
        }
        pieces.push(Piece::Parameter(name.into()));
        rest = after;
    }
    push_literal(&mut pieces, rest);
    Ok(pieces.into())
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Literal(utf8_percent_encode(text, LITERAL).to_string().into()));
    }
}

#[derive(Debug)]
pub(crate) struct RewriteUri {
    template: Setting<Template>,
    copies_unmatched: Flag,
}

impl RewriteUri {
    pub(crate) fn run<'a>(&'a self, env: &mut Env<'a, '_>) -> Ran<'a> {
        let copies_unmatched = env.flag(&self.copies_unmatched)?;
        let computed;
        let template = match &self.template {
            Setting::Fixed(template) => template,
            Setting::Computed(program) => {
                let text = env.computed_text(program)?.unwrap_or_default();
                computed = parse(text).map_err(|message| env.internal(format!("template: {message}.")))?;
                &computed
            }
        };
        let (path, query) = template.rewrite(env.context, copies_unmatched).map_err(|name| {
            env.internal(format!("The request has no parameter '{}' to rewrite with.", shown(name)))
        })?;
        env.context.request.path = path;
        env.context.request.query = Some(query).filter(|query| !query.is_empty());
        Ok(Flow::Continue)
    }
}

impl Template {
    fn rewrite<'t>(
        &'t self,
        context: &RequestContext<'_>,
        copies_unmatched: bool,
    ) -> Result<(String, String), &'t str> {
        let mut path = String::new();
        for piece in &self.path {
            match piece {
                Piece::Literal(text) => path.push_str(text),
                Piece::Parameter(name) => push_value(&mut path, parameter(context, name)?, '?'),
            }
        }
        let mut query = String::new();
        for pair in &self.query {
            if !query.is_empty() {
                query.push('&');
            }
            for piece in &pair.pieces {
                match piece {
                    Piece::Literal(text) => query.push_str(text),
                    Piece::Parameter(name) => push_value(&mut query, parameter(context, name)?, '&'),
                }
            }
        }
        if copies_unmatched {
            self.copy_unmatched(context, &mut query);
        }
        Ok((path, query))
    }

    fn copy_unmatched(&self, context: &RequestContext<'_>, query: &mut String) {
        for pair in query::pairs(context.request.query.as_deref().unwrap_or_default()) {
            let name = query::split(pair).0;
            let is_consumed = query_names(context).iter().any(|known| query::is_named(name, known));
            let is_replaced = self.query.iter().any(|own| query::is_named(name, &own.name));
            if !is_consumed && !is_replaced {
                query::push_pair(query, pair);
            }
        }
    }
}

/// Query parameters that the operation's template names.
fn query_names<'c>(context: &RequestContext<'c>) -> &'c [Arc<str>] {
    context.facts.operation.map_or(&[], |operation| &operation.query_names)
}

/// The value of a template parameter, or of a query parameter the operation's template names.
fn parameter<'c, 't>(context: &'c RequestContext<'_>, name: &'t str) -> Result<&'c str, &'t str> {
    let matched = context.matched_parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    if let Some((_, value)) = matched {
        return Ok(value);
    }
    let is_query_name = query_names(context).iter().any(|known| known.eq_ignore_ascii_case(name));
    let query = context.request.query.as_deref().filter(|_| is_query_name);
    query.and_then(|query| query::value(query, name)).ok_or(name)
}

// A value from a query may hold `?`, one from a path `&`: where it goes, that would mean something.
fn push_value(out: &mut String, value: &str, ends_part: char) {
    for char in value.chars() {
        match char {
            '#' => out.push_str("%23"),
            '?' if ends_part == '?' => out.push_str("%3F"),
            '&' if ends_part == '&' => out.push_str("%26"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::section::ScopeKind;
    use crate::testing::{Bench, accepts, codes, findings_at};

    fn rewritten(attributes: &str, query: &str) -> String {
        let mut bench = Bench::inbound(&format!("<rewrite-uri {attributes}/>"));
        bench.context.request.path = "/orders/a%20b".to_owned();
        bench.context.request.query = Some(query.to_owned()).filter(|query| !query.is_empty());
        bench.context.matched_parameters =
            vec![("id".into(), "a%20b".into()), ("odd".into(), "x?y#z&w".into())];
        bench.set_operation("o", &["page"]);
        bench.run();
        assert!(bench.context.last_error.is_none(), "{attributes}");
        let request = &bench.context.request;
        match &request.query {
            Some(query) => format!("{}?{query}", request.path),
            None => request.path.clone(),
        }
    }

    #[test]
    fn template_decides_path_and_query() {
        for (template, query, expected) in [
            ("/v2/{id}", "", "/v2/a%20b"),
            ("v2/{ID}/x", "", "/v2/a%20b/x"),
            ("/a b/é", "", "/a%20b/%C3%A9"),
            ("/a%2Fb", "", "/a%2Fb"),
            ("/v2", "q=1&page=2&r", "/v2?q=1&r"),
            ("/v2?q=9&n={page}", "Q=1&page=2&r=3", "/v2?q=9&n=2&r=3"),
            ("/v2/{page}", "page=2", "/v2/2"),
            ("/{odd}?o={odd}", "", "/x%3Fy%23z&w?o=x?y%23z%26w"),
            ("/", "a=1", "/?a=1"),
            ("/v2?", "", "/v2"),
            ("?x=1", "", "/?x=1"),
            ("/{*id}", "", "/a%20b"),
        ] {
            assert_eq!(
                rewritten(&format!("template='{template}'").replace('&', "&amp;"), query),
                expected,
                "{template}"
            );
        }
    }

    #[test]
    fn unmatched_parameters_can_be_dropped() {
        assert_eq!(rewritten("template='/' copy-unmatched-params='false'", "a=1&b=2"), "/");
        assert_eq!(rewritten("template='/?c=3' copy-unmatched-params='false'", "a=1"), "/?c=3");
    }

    #[test]
    fn later_rewrite_sees_the_result_of_the_first() {
        let mut bench = Bench::inbound("<rewrite-uri template='/a?x=1'/><rewrite-uri template='/b?y=2'/>");
        bench.run();
        let request = bench.context.request;
        assert_eq!((request.path.as_str(), request.query.as_deref()), ("/b", Some("y=2&x=1")));
    }

    #[test]
    fn parameter_the_request_lacks_fails_it() {
        let mut bench = Bench::inbound("<rewrite-uri template='/{nope}'/>");
        bench.run();
        assert_eq!(bench.context.response.as_ref().unwrap().status.as_u16(), 500);
        assert_eq!(bench.context.last_error.unwrap().source, "rewrite-uri");
        assert_eq!(bench.context.request.path, "/path");
    }

    #[test]
    fn documents_are_checked() {
        accepts("<rewrite-uri template='/{anything}?a={b}' copy-unmatched-params='FALSE'/>");
        assert_eq!(codes("<rewrite-uri/>"), ["missing-attribute"]);
        assert_eq!(codes("<rewrite-uri template=''/>"), ["attribute-value"]);
        for template in ["/{a", "/a}", "/{}", "/{a{b}}"] {
            assert_eq!(
                codes(&format!("<rewrite-uri template='{template}'/>")),
                ["attribute-value"],
                "{template}"
            );
        }
        let many = |parameters: usize| format!("<rewrite-uri template='{}'/>", "/{a}".repeat(parameters));
        accepts(&many(PARAMETERS_MAX));
        assert_eq!(codes(&many(PARAMETERS_MAX + 1)), ["attribute-value"]);
    }

    #[test]
    fn parameter_the_operation_lacks_is_refused_at_its_scope() {
        let element =
            "<policies><inbound><base/><rewrite-uri template='/{ordreId}/{x}'/></inbound></policies>";
        let known = ["orderId".to_owned(), "X".to_owned()];
        let findings = findings_at(element, ScopeKind::Operation, Some(&known));
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(
            (findings[0].code, findings[0].hint.as_str()),
            ("unknown-parameter", "did you mean `{orderId}`?")
        );
        assert!(findings_at(element, ScopeKind::Api, None).is_empty());
    }
}
