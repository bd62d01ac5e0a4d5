//! URL templates of operations, taken apart: `/orders/{id}/lines/{*rest}?date={date}&kind=open`.
//!
//! One idea: a template is a list of segment patterns and of required query parameters. Once the
//! tree has found an operation, its template reads the parameters off the request.
//! Must not know precedence; that is `operations`.

use super::fold::{self, Folded};
use percent_encoding::percent_decode_str;
use std::{fmt, sync::Arc};

/// A template may have this many characters.
pub const TEMPLATE_CHARS_MAX: usize = 1_000;

/// Query parameters behind this many decide nothing, so that a long query costs little.
pub const QUERY_PARAMETERS_MAX: usize = 256;

/// Names and values of template parameters, in the order of the template: values as they were sent,
/// still percent-encoded.
pub type Parameters = Vec<(Arc<str>, String)>;

/// A URL template.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    text: Box<str>,
    pub(super) segments: Box<[Segment]>,
    pub(super) query: Box<[Required]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    Literal(Folded),
    /// `report-{year}.{format}`
    Mixed {
        literals: Box<[Folded]>,
        names: Box<[Arc<str>]>,
    },
    /// `{name}`
    Capture(Arc<str>),
    /// `{*name}` or `*`; always the last one.
    Rest(Option<Arc<str>>),
}

/// A query parameter without which the operation does not match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Required {
    pub(super) name: Folded,
    written: Arc<str>,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Exactly this, percent-decoded.
    Literal(Box<[u8]>),
    /// `{name}`: anything.
    Capture(Arc<str>),
}

/// Why a text is no URL template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Length.
    #[error("the URL template has {0} characters; {TEMPLATE_CHARS_MAX} are allowed")]
    TooLong(usize),
    /// A brace without its counterpart.
    #[error("braces in `{0}` do not match, as in `/orders/{{id}}`")]
    Braces(String),
    /// Not a parameter's name.
    #[error(
        "`{{{0}}}` is no template parameter; expected a name, as in `{{id}}`, or `{{*name}}` as the last segment"
    )]
    Name(String),
    /// Two in a row.
    #[error("two parameters in `{0}` have nothing between them, so where one ends cannot be told")]
    Adjacent(String),
    /// One name, two places.
    #[error("the template parameter `{0}` comes twice; names are unique over path and query")]
    Repeated(String),
    /// Something that takes the rest, and more behind it.
    #[error("`{0}` takes the rest of the path; nothing may follow it")]
    RestNotLast(String),
    /// Part of a query.
    #[error("the query part `{0}` must be `name={{parameter}}` or `name=value`")]
    Query(String),
}

impl Template {
    /// Takes a template apart. A slash in front is added where it is missing.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let chars = text.chars().count();
        if chars > TEMPLATE_CHARS_MAX {
            return Err(TemplateError::TooLong(chars));
        }
        let (path, query) = split_query(text);
        let path = path.strip_prefix('/').unwrap_or(path);
        let mut segments = Vec::new();
        let mut pieces = path.split('/').peekable();
        while let Some(piece) = pieces.next() {
            let segment = parse_segment(piece, pieces.peek().is_none())?;
            if matches!(segment, Segment::Rest(_)) && pieces.peek().is_some() {
                return Err(TemplateError::RestNotLast(piece.to_owned()));
            }
            segments.push(segment);
        }
        let query: Result<Vec<Required>, TemplateError> =
            query.split('&').filter(|part| !part.is_empty()).map(parse_required).collect();
        let template = Template { text: text.into(), segments: segments.into(), query: query?.into() };
        let mut names: Vec<&str> = template.names().collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(TemplateError::Repeated(pair[0].to_owned()));
        }
        Ok(template)
    }

    /// The template as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Names of all parameters, in the order of the template.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let in_path = self.segments.iter().flat_map(|segment| match segment {
            Segment::Literal(_) | Segment::Rest(None) => &[],
            Segment::Mixed { names, .. } => &**names,
            Segment::Capture(name) | Segment::Rest(Some(name)) => std::slice::from_ref(name),
        });
        let in_query = self.query.iter().filter_map(|required| match &required.value {
            Value::Capture(name) => Some(name),
            Value::Literal(_) => None,
        });
        in_path.chain(in_query).map(|name| &**name)
    }

    /// Names of the query parameters that must be there, as the template writes them.
    pub fn query_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.query.iter().map(|required| &required.written)
    }

    /// Reads the parameters off a request that matches: `rest` is the path behind the API's.
    pub(super) fn parameters(&self, rest: &str, query: Option<&str>) -> Parameters {
        let mut parameters = Parameters::new();
        let mut remaining = rest.strip_prefix('/').unwrap_or(rest);
        for segment in &self.segments {
            let (sent, next) = remaining.split_once('/').unwrap_or((remaining, ""));
            match segment {
                Segment::Literal(_) | Segment::Rest(None) => {}
                Segment::Capture(name) => parameters.push((name.clone(), sent.to_owned())),
                Segment::Rest(Some(name)) => parameters.push((name.clone(), remaining.to_owned())),
                Segment::Mixed { literals, names } => {
                    let mut names = names.iter();
                    match_mixed(literals, sent, |value| {
                        let name = names.next().expect("a name for every gap between literals");
                        parameters.push((name.clone(), value.to_owned()));
                    });
                }
            }
            remaining = next;
        }
        for required in &self.query {
            let Value::Capture(name) = &required.value else { continue };
            if let Some(value) = query_value(query, &required.name) {
                parameters.push((name.clone(), value.to_owned()));
            }
        }
        parameters
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl Required {
    /// Whether a query has what is required.
    pub(super) fn is_in(&self, query: Option<&str>) -> bool {
        query_value(query, &self.name).is_some_and(|sent| match &self.value {
            Value::Capture(_) => true,
            Value::Literal(literal) => percent_decode_str(sent).eq(literal.iter().copied()),
        })
    }
}

/// Value of the first parameter with this folded name, as sent; without `=` it is empty.
/// Only the first [`QUERY_PARAMETERS_MAX`] are looked at.
pub(super) fn query_value<'r>(query: Option<&'r str>, name: &[u8]) -> Option<&'r str> {
    query?
        .split('&')
        .take(QUERY_PARAMETERS_MAX)
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .find(|(sent, _)| fold::cmp(name, sent).is_eq())
        .map(|(_, value)| value)
}

/// Whether a segment has the literals in their order, with something between any two of them.
/// `found` is told what that is, if the segment matches; where there is a choice, the shortest.
pub(super) fn match_mixed<'r>(literals: &[Folded], sent: &'r str, mut found: impl FnMut(&'r str)) -> bool {
    // Looked for twice, so that nothing needs to be kept: first whether it matches, then where.
    let mut ignore = |_: &'r str| {};
    walk_mixed(literals, sent, &mut ignore).is_some() && walk_mixed(literals, sent, &mut found).is_some()
}

fn walk_mixed<'r>(literals: &[Folded], sent: &'r str, found: &mut impl FnMut(&'r str)) -> Option<()> {
    let (first, others) = literals.split_first()?;
    let (last, between) = others.split_last()?;
    let mut remaining = sent.get(fold::prefix(first, sent)?..)?;
    for literal in between {
        let (at, length) = fold::positions(remaining)
            .skip(1)
            .find_map(|at| fold::prefix(literal, remaining.get(at..)?).map(|length| (at, length)))?;
        found(&remaining[..at]);
        remaining = remaining.get(at + length..)?;
    }
    if last.is_empty() {
        found(remaining);
        return (!remaining.is_empty()).then_some(());
    }
    // The end of a segment can only be equal to a literal from one place on.
    let before = fold::positions(remaining).count().checked_sub(last.len())?;
    let at = fold::positions(remaining).skip(1).nth(before.checked_sub(1)?)?;
    let tail = remaining.get(at..)?;
    fold::prefix(last, tail)?;
    found(&remaining[..at]);
    Some(())
}

/// Splits at the first question mark that is not within braces.
fn split_query(text: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '?' if depth == 0 => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, "")
}

fn parse_segment(piece: &str, is_last: bool) -> Result<Segment, TemplateError> {
    if piece == "*" && is_last {
        return Ok(Segment::Rest(None));
    }
    if let Some(name) = piece.strip_prefix("{*").and_then(|piece| piece.strip_suffix('}'))
        && !name.contains(['{', '}'])
    {
        return Ok(Segment::Rest(Some(parse_name(name)?)));
    }
    let (literals, names) = split_braces(piece)?;
    if names.is_empty() {
        return Ok(Segment::Literal(fold::fold(piece)));
    }
    if let ([before, behind], [_]) = (&*literals, &*names)
        && before.is_empty()
        && behind.is_empty()
    {
        let name = names.into_iter().next().expect("there is one");
        return Ok(Segment::Capture(name));
    }
    if literals[1..literals.len() - 1].iter().any(|literal| literal.is_empty()) {
        return Err(TemplateError::Adjacent(piece.to_owned()));
    }
    let literals = literals.iter().map(|literal| fold::fold(literal)).collect();
    Ok(Segment::Mixed { literals, names: names.into() })
}

/// Literals and, between them, the names of parameters.
fn split_braces(piece: &str) -> Result<(Vec<&str>, Vec<Arc<str>>), TemplateError> {
    let braces = || TemplateError::Braces(piece.to_owned());
    let (mut literals, mut names) = (Vec::new(), Vec::new());
    let mut remaining = piece;
    while let Some((literal, behind)) = remaining.split_once('{') {
        let (name, behind) = behind.split_once('}').ok_or_else(braces)?;
        if literal.contains('}') || name.contains('{') {
            return Err(braces());
        }
        literals.push(literal);
        names.push(parse_name(name)?);
        remaining = behind;
    }
    if remaining.contains('}') {
        return Err(braces());
    }
    literals.push(remaining);
    Ok((literals, names))
}

fn parse_name(name: &str) -> Result<Arc<str>, TemplateError> {
    if name.is_empty() || name.starts_with(['?', '&', '#', ';', '.']) || name.contains('*') {
        return Err(TemplateError::Name(name.to_owned()));
    }
    Ok(name.into())
}

fn parse_required(part: &str) -> Result<Required, TemplateError> {
    let refused = || TemplateError::Query(part.to_owned());
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    if name.is_empty() || name.contains(['{', '}']) {
        return Err(refused());
    }
    let value = match value.strip_prefix('{').and_then(|value| value.strip_suffix('}')) {
        Some(parameter) if !parameter.contains(['{', '}']) => Value::Capture(parse_name(parameter)?),
        None if !value.contains(['{', '}']) => Value::Literal(percent_decode_str(value).collect()),
        _ => return Err(refused()),
    };
    Ok(Required { name: fold::fold(name), written: name.into(), value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(template: &str, rest: &str, query: Option<&str>) -> Vec<String> {
        let template = Template::parse(template).expect(template);
        let parameters = template.parameters(rest, query);
        parameters.iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn parameters_are_read_as_they_were_sent() {
        assert_eq!(parameters("/a/{x}", "/a/1%2F2", None), ["x=1%2F2"]);
        assert_eq!(parameters("/a/{*x}", "/a/1/2/", None), ["x=1/2/"]);
        assert_eq!(parameters("/a/{*x}", "/a/", None), ["x="]);
        assert_eq!(parameters("/a/*", "/a/b", None), [""; 0]);
        assert_eq!(
            parameters("/{x}/b?d={d}&k=open&E={e}", "/1/b", Some("e=%20&D=1&d=2&k=open")),
            ["x=1", "d=1", "e=%20"]
        );
        assert_eq!(parameters("/{base}...{head}", "/v1.0...v2...x", None), ["base=v1.0", "head=v2...x"]);
        assert_eq!(parameters("/p('{key}')", "/p(%27a%27)", None), ["key=a"]);
    }

    #[test]
    fn segments_with_literals_and_parameters_match_as_a_whole() {
        for (template, sent, matches) in [
            ("{a}.json", "x.json", true),
            ("{a}.json", ".json", false),
            ("{a}.json", "x.JSON", true),
            ("{a}.json", "x.json.json", true),
            ("{a}.json", "x.jsonx", false),
            ("v{a}", "v", false),
            ("v{a}", "v1", true),
            ("{a}-{b}-c", "x-y-c", true),
            ("{a}-{b}-c", "x-c", false),
            ("{a}-{b}-c", "x--c", false),
            ("{a}-{b}", "x-", false),
            ("{a}'{b}", "ä%27ö", true),
        ] {
            let template = Template::parse(template).expect(template);
            let Segment::Mixed { literals, .. } = &template.segments[0] else {
                panic!("{template:?}");
            };
            assert_eq!(match_mixed(literals, sent, |_| {}), matches, "{template:?} {sent}");
        }
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (template, part) in [
            ("/a/{x", "do not match"),
            ("/a/x}", "do not match"),
            ("/a/{{x}}", "do not match"),
            ("/a/{}", "no template parameter"),
            ("/a{?x}", "no template parameter"),
            ("/a/{x}{y}", "nothing between"),
            ("/{x}/{x}", "comes twice"),
            ("/{x}?a={x}", "comes twice"),
            ("/{*x}/b", "nothing may follow"),
            ("/a{*x}", "no template parameter"),
            ("/a?b={x}y", "query part"),
            ("/a?{x}", "query part"),
            ("/a?={x}", "query part"),
        ] {
            let error = Template::parse(template).expect_err(template).to_string();
            assert!(error.contains(part), "{template}: {error}");
        }
        let longest = format!("/{}", "a".repeat(TEMPLATE_CHARS_MAX - 1));
        assert!(Template::parse(&longest).is_ok());
        assert_eq!(
            Template::parse(&format!("{longest}a")),
            Err(TemplateError::TooLong(TEMPLATE_CHARS_MAX + 1))
        );
    }

    #[test]
    fn names_are_told_in_the_order_of_the_template() {
        let template = Template::parse("/{b}/x-{a}?Q=1&r={c}").expect("a template");
        assert_eq!(template.names().collect::<Vec<_>>(), ["b", "a", "c"]);
        let query: Vec<&str> = template.query_names().map(|name| &**name).collect();
        assert_eq!(query, ["Q", "r"]);
        assert_eq!(Template::parse("a"), Template::parse("a"));
        assert_eq!(Template::parse("").expect("empty").segments.len(), 1);
    }
}
