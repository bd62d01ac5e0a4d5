//! URL templates: what a path of a document becomes for a gateway that matches segment by segment.
//!
//! One idea: a segment is text, `{x}`, or both with text between any two parameters (`{a},{b}`,
//! `{file}.json`); what is neither becomes one parameter as a whole, and every change is noted. The
//! result always satisfies the model: every name once, over path and query. Must not know
//! operations.

use crate::text::shorten;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use std::collections::{BTreeMap, BTreeSet};

/// A URL template may have this many characters.
pub(crate) const TEMPLATE_CHARS_MAX: usize = 1_000;

/// What cannot stand in a request line as it is; a `*` would be taken for a wildcard.
const LITERAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'|')
    .add(b'{')
    .add(b'}')
    .add(b'*')
    .add(b'#');

/// What cannot stand in a path.
const PATH: &AsciiSet = &LITERAL.add(b'?');

/// What cannot stand in the name of a query parameter: it would begin something else.
const QUERY_NAME: &AsciiSet = &LITERAL.add(b'&').add(b'=');

/// A URL template in the making.
#[derive(Debug, Clone, Default)]
pub(crate) struct Template {
    path: String,
    /// `a={a}` or `a=x`
    query: Vec<String>,
    /// Parameters in the order of the template.
    pub(crate) parameters: Vec<TemplateParameter>,
    /// What was changed; one message each.
    pub(crate) notes: Vec<String>,
    /// Names that are taken, in lower case.
    taken: BTreeSet<String>,
    /// The number to try next for a name that was taken.
    next: BTreeMap<String, u32>,
}

/// A parameter of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateParameter {
    /// Name in the template, without `*`.
    pub(crate) name: String,
    /// Names under which the document may describe it; several for a mixed segment.
    pub(crate) documented: Vec<String>,
    /// Whether it is a value of the query and no segment of the path.
    pub(crate) is_query: bool,
}

impl Template {
    /// Reads a key of `paths`.
    pub(crate) fn parse(key: &str) -> Template {
        let mut template = Template::default();
        let (rest, fragment) = split_once_outside(key, '#');
        if fragment.is_some() {
            template.note(format!(
                "`{}`: what begins with `#` never reaches a server and is left out",
                shorten(key)
            ));
        }
        let (path, query) = split_once_outside(rest, '?');
        let path = template.without_expansion(path);
        if !path.starts_with('/') {
            template.note(format!("path `{}` must begin with `/`, which is added", shorten(key)));
        }
        let segments = split_outside(path.strip_prefix('/').unwrap_or(path), '/');
        let last = segments.len() - 1;
        for (index, segment) in segments.into_iter().enumerate() {
            template.path.push('/');
            template.segment(segment, index == last);
        }
        for pair in query.map(|query| split_outside(query, '&')).unwrap_or_default() {
            template.pair(pair);
        }
        template
    }

    /// Makes a query parameter part of the template; the name it gets there. `None`: its name
    /// cannot stand in a template, or the template has it already.
    pub(crate) fn require_query(&mut self, name: &str) -> Option<String> {
        if !is_name(name) || self.has_query(name) {
            return None;
        }
        let parameter = self.add(name, vec![name.to_owned()]);
        self.mark_query();
        self.query.push(format!("{name}={{{parameter}}}"));
        Some(parameter)
    }

    /// Whether the template has a query parameter of this name.
    pub(crate) fn has_query(&self, name: &str) -> bool {
        self.query.iter().any(|pair| {
            let own = pair.split_once('=').map_or(pair.as_str(), |(own, _)| own);
            own.eq_ignore_ascii_case(name)
        })
    }

    /// `/orders/{id}?date={date}`
    pub(crate) fn url(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        format!("{}?{}", self.path, self.query.join("&"))
    }

    /// Whether the template has more characters than the model takes.
    pub(crate) fn is_too_long(&self) -> bool {
        let bytes = self.path.len() + self.query.iter().map(|pair| pair.len() + 1).sum::<usize>();
        bytes > TEMPLATE_CHARS_MAX && self.url().chars().count() > TEMPLATE_CHARS_MAX
    }

    fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// The path without a `{?a,b}` at its end, which lists parameters that may follow.
    fn without_expansion<'k>(&mut self, path: &'k str) -> &'k str {
        let Some(at) = path.rfind('{') else { return path };
        let tail = &path[at..];
        let is_expansion = tail.ends_with('}') && (tail.starts_with("{?") || tail.starts_with("{&"));
        if !is_expansion {
            return path;
        }
        self.note(format!("`{}` lists parameters that may follow; described ones are kept", shorten(tail)));
        &path[..at]
    }

    fn segment(&mut self, segment: &str, is_last: bool) {
        if segment == "*" && is_last {
            self.path.push('*');
            return;
        }
        if segment == "*" {
            let name = self.add("any", Vec::new());
            self.note(format!("a `*` within a path stands for one segment; it becomes `{{{name}}}`"));
            self.push_parameter("", &name);
            return;
        }
        if !segment.contains(['{', '}']) {
            self.path.extend(utf8_percent_encode(segment, PATH));
            return;
        }
        let Some(inner) = whole(segment) else { return self.mixed(segment) };
        if let Some((name, pattern)) = inner.split_once('=') {
            return self.pattern(segment, name, pattern, is_last);
        }
        let bare = inner.trim_start_matches(['*', '+']).trim_end_matches(['*', '+']);
        let takes_rest = bare.len() != inner.len();
        let name = self.named(segment, bare, vec![inner.to_owned(), bare.to_owned()]);
        if takes_rest && !is_last {
            self.note(format!(
                "`{}` can take several segments only at the end of a path; here it takes one",
                shorten(segment)
            ));
        }
        self.push_parameter(if takes_rest && is_last { "*" } else { "" }, &name);
    }

    /// A segment of text and parameters, or with braces that do not match.
    fn mixed(&mut self, segment: &str) {
        if let Some(parts) = parts(segment) {
            for (literal, name) in parts {
                self.path.extend(utf8_percent_encode(literal, PATH));
                if let Some(name) = name {
                    let own = self.named(segment, name, vec![name.to_owned()]);
                    self.push_parameter("", &own);
                }
            }
            return;
        }
        let documented = inner_names(segment);
        let base = clean(segment).unwrap_or_else(|| "segment".to_owned());
        let name = self.add(&base, documented);
        self.note(format!(
            "where parameters end in `{}` cannot be told; the segment becomes `{{{name}}}` as a whole",
            shorten(segment)
        ));
        self.push_parameter("", &name);
    }

    /// `{name=projects/*/topics/*}`: a parameter with a pattern of its own segments.
    fn pattern(&mut self, segment: &str, name: &str, pattern: &str, is_last: bool) {
        let parts: Vec<&str> = pattern.split('/').collect();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.path.push('/');
            }
            if !part.contains('*') {
                self.path.extend(utf8_percent_encode(part, PATH));
                continue;
            }
            let base = clean(name).unwrap_or_else(|| "segment".to_owned());
            let own = self.add(&base, vec![name.to_owned()]);
            let rest = *part == "**" && is_last && index + 1 == parts.len();
            self.push_parameter(if rest { "*" } else { "" }, &own);
        }
        self.note(format!(
            "the pattern of `{}` is written out, one parameter for each segment",
            shorten(segment)
        ));
    }

    /// One `name=value` of a query in a path.
    fn pair(&mut self, pair: &str) {
        if pair.is_empty() {
            return;
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // `?{a}` and `?a` require the parameter with any value.
        let key = whole(key).unwrap_or(key);
        let Some(key_name) = clean_query(key) else {
            return self.note(format!("`{}` is no query parameter and is left out", shorten(pair)));
        };
        if self.has_query(&key_name) {
            return self.note(format!("query parameter `{}` stands twice in the path", shorten(key)));
        }
        if !value.is_empty() && !value.contains(['{', '}']) {
            let value: String = utf8_percent_encode(value, LITERAL).collect();
            self.query.push(format!("{key_name}={value}"));
            return;
        }
        let inner = whole(value).unwrap_or(&key_name).to_owned();
        if !value.is_empty() && whole(value).is_none() {
            self.note(format!("`{}` mixes text and parameters; it takes any value", shorten(pair)));
        }
        let name = self.named(pair, &inner, vec![inner.clone(), key_name.clone()]);
        self.mark_query();
        self.query.push(format!("{key_name}={{{name}}}"));
    }

    /// Adds a parameter under `name`, cleaned if need be.
    fn named(&mut self, shown: &str, name: &str, documented: Vec<String>) -> String {
        if is_name(name) {
            return self.add(name, documented);
        }
        let base = clean(name).unwrap_or_else(|| "segment".to_owned());
        let own = self.add(&base, documented);
        self.note(format!(
            "`{}` holds characters that a parameter name cannot have; it becomes `{{{own}}}`",
            shorten(shown)
        ));
        own
    }

    /// Adds a parameter under `base` or, if that is taken, with a number behind it.
    fn add(&mut self, base: &str, documented: Vec<String>) -> String {
        let mut name = base.to_owned();
        while !self.taken.insert(name.to_lowercase()) {
            let number = self.next.entry(base.to_lowercase()).or_insert(1);
            *number += 1;
            name = format!("{base}-{number}");
        }
        if name != base {
            self.note(format!(
                "parameter `{}` stands twice in the template; the later one becomes `{}`",
                shorten(base),
                shorten(&name)
            ));
        }
        self.parameters.push(TemplateParameter { name: name.clone(), documented, is_query: false });
        name
    }

    /// Says of the parameter added last that the query has it.
    fn mark_query(&mut self) {
        if let Some(parameter) = self.parameters.last_mut() {
            parameter.is_query = true;
        }
    }

    fn push_parameter(&mut self, star: &str, name: &str) {
        self.path.push('{');
        self.path.push_str(star);
        self.path.push_str(name);
        self.path.push('}');
    }
}

/// The template without the names of its parameters, in lower case, its query sorted: two
/// operations of one method with the same shape cannot be told apart.
pub(crate) fn shape(url: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let mut pairs: Vec<String> = query.split('&').map(erase).collect();
    pairs.sort();
    format!("{}?{}", erase(path), pairs.join("&"))
}

fn erase(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        out.extend(before.chars().flat_map(char::to_lowercase));
        out.push_str(if behind.starts_with('*') { "{*}" } else { "{}" });
        rest = behind.split_once('}').map_or("", |(_, rest)| rest);
    }
    out.extend(rest.chars().flat_map(char::to_lowercase));
    out
}

/// What stands between the braces if a text is one pair of braces and nothing else.
fn whole(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    (!inner.contains(['{', '}'])).then_some(inner)
}

/// A mixed segment as pairs of text and the parameter behind it. `None`: braces do not match, or
/// nothing stands between two parameters.
fn parts(segment: &str) -> Option<Vec<(&str, Option<&str>)>> {
    let mut parts = Vec::new();
    let mut rest = segment;
    while let Some((literal, behind)) = rest.split_once('{') {
        let (name, behind) = behind.split_once('}')?;
        let is_adjacent = literal.is_empty() && !parts.is_empty();
        if is_adjacent || literal.contains('}') || name.contains('{') || clean(name).is_none() {
            return None;
        }
        parts.push((literal, Some(name)));
        rest = behind;
    }
    if rest.contains('}') {
        return None;
    }
    parts.push((rest, None));
    Some(parts)
}

/// Names in all pairs of braces.
fn inner_names(segment: &str) -> Vec<String> {
    segment
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}'))
        .map(|(name, _)| name.trim_matches(['*', '+']).to_owned())
        .collect()
}

/// Whether a template can have a parameter of this name.
fn is_name(name: &str) -> bool {
    let legal = |c: char| is_name_char(c) || "$@:!'()[],;~".contains(c);
    !name.is_empty() && !name.starts_with(['.', ';']) && name.chars().all(legal)
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// `text` with every run of other characters than letters, digits, `-`, `_` and `.` made one `-`.
fn clean(text: &str) -> Option<String> {
    let mut out = String::new();
    for part in text.split(|c: char| !is_name_char(c)) {
        let part = part.trim_matches(['-', '.']);
        if part.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('-');
        }
        out.push_str(part);
    }
    (!out.is_empty()).then_some(out)
}

/// The name of a query parameter as a template can hold it.
fn clean_query(key: &str) -> Option<String> {
    if key.is_empty() || key.contains(['{', '}']) {
        return None;
    }
    Some(utf8_percent_encode(key, QUERY_NAME).collect())
}

/// Splits at the first `at` that stands outside braces.
fn split_once_outside(text: &str, at: char) -> (&str, Option<&str>) {
    match positions_outside(text, at).next() {
        Some(position) => (&text[..position], Some(&text[position + at.len_utf8()..])),
        None => (text, None),
    }
}

/// Splits at every `at` that stands outside braces; at least one part.
fn split_outside(text: &str, at: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for position in positions_outside(text, at) {
        parts.push(&text[start..position]);
        start = position + at.len_utf8();
    }
    parts.push(&text[start..]);
    parts
}

fn positions_outside(text: &str, at: char) -> impl Iterator<Item = usize> {
    // A brace that is never closed opens nothing, or it would swallow the rest of the path.
    let last_close = text.rfind('}').unwrap_or(0);
    let mut depth = 0_usize;
    text.char_indices().filter_map(move |(position, c)| {
        match c {
            '{' if position < last_close => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (c == at && depth == 0).then_some(position)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Key, template, names, number of notes.
    fn check(key: &str, url: &str, names: &[&str], notes: usize) {
        let template = Template::parse(key);
        let found: Vec<&str> = template.parameters.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(template.url(), url, "{key}");
        assert_eq!(found, names, "{key}");
        assert_eq!(template.notes.len(), notes, "{key}: {:?}", template.notes);
    }

    #[test]
    fn plain_paths_stay_as_they_are() {
        check("/", "/", &[], 0);
        check("/orders", "/orders", &[], 0);
        check("/orders/", "/orders/", &[], 0);
        check("/a//b", "/a//b", &[], 0);
        check("/orders/{id}/items/{item.no}", "/orders/{id}/items/{item.no}", &["id", "item.no"], 0);
        check("/files/*", "/files/*", &[], 0);
        check("/files/{*path}", "/files/{*path}", &["path"], 0);
        check("/OData/Orders({key})", "/OData/Orders({key})", &["key"], 0);
        check("/f/{key}/{lat},{long}", "/f/{key}/{lat},{long}", &["key", "lat", "long"], 0);
        check("/v1/{name}:cancel", "/v1/{name}:cancel", &["name"], 0);
        check("/{b}.json", "/{b}.json", &["b"], 0);
    }

    #[test]
    fn queries_in_paths_become_required_parameters() {
        check("/add?a={a}&b={b}", "/add?a={a}&b={b}", &["a", "b"], 0);
        check("/q?action=list", "/q?action=list", &[], 0);
        check("/q?wsdl", "/q?wsdl={wsdl}", &["wsdl"], 0);
        check("/q?{a}&&a=1", "/q?a={a}", &["a"], 1);
        check("/q?a=x{a}", "/q?a={a}", &["a"], 1);
        check("/q/{id}?id={id}", "/q/{id}?id={id-2}", &["id", "id-2"], 1);
    }

    #[test]
    fn segments_that_cannot_be_told_apart_become_one_parameter() {
        check("/{version}{rev}/c", "/{version-rev}/c", &["version-rev"], 1);
        check("/a{/b", "/{a}/b", &["a"], 1);
        check("/a}-{b}", "/{a-b}", &["a-b"], 1);
        check("/}{", "/{segment}", &["segment"], 1);
        check("/{}", "/{segment}", &["segment"], 1);
        check("/a-{}", "/{a}", &["a"], 1);
        check("/{a}-{a b}", "/{a}-{a-b}", &["a", "a-b"], 1);
        check("/{.format}", "/{format}", &["format"], 1);
    }

    #[test]
    fn what_is_no_path_is_made_one() {
        check("orders", "/orders", &[], 1);
        check("", "/", &[], 1);
        check("/cookies#form", "/cookies", &[], 1);
        check("/orders{?limit,page}", "/orders", &[], 1);
        check("/a b/ü", "/a%20b/%C3%BC", &[], 0);
        check("/v*", "/v%2A", &[], 0);
        check("/*/x", "/{any}/x", &["any"], 1);
        check("/{proxy+}", "/{*proxy}", &["proxy"], 0);
        check("/{proxy+}/x", "/{proxy}/x", &["proxy"], 1);
        check(
            "/v1/{name=projects/*/topics/*}",
            "/v1/projects/{name}/topics/{name-2}",
            &["name", "name-2"],
            2,
        );
        check("/v1/{name=**}", "/v1/{*name}", &["name"], 1);
        check("/{id}/{ID}", "/{id}/{ID-2}", &["id", "ID-2"], 1);
    }

    #[test]
    fn shapes_ignore_names_case_and_order() {
        for (a, b, same) in [
            ("/a/{x}", "/A/{y}", true),
            ("/a/{x}?p={p}&q=1", "/a/{z}?q=1&p={r}", true),
            ("/a/{x}", "/a/{*x}", false),
            ("/a/{x}", "/a/b", false),
            ("/a?x=1", "/a?x=2", false),
        ] {
            assert_eq!(shape(a) == shape(b), same, "{a} {b}");
        }
    }

    #[test]
    fn required_query_parameters_join_the_template() {
        let mut template = Template::parse("/orders/{id}");
        assert_eq!(template.require_query("date").as_deref(), Some("date"));
        assert_eq!(template.require_query("id").as_deref(), Some("id-2"));
        assert_eq!(template.require_query("Date"), None);
        assert_eq!(template.require_query("a b"), None);
        assert_eq!(template.url(), "/orders/{id}?date={date}&id={id-2}");
    }
}
