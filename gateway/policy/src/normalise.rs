//! Makes a document well-formed, so that an XML library can read it.
//!
//! Most real documents are not XML: expressions stand raw in attributes and text, with quotes, `<`
//! and `&` in them. One pass finds every expression by C#'s lexis and escapes what is raw in it, and
//! tolerates bare `&` and `<` in literals. Comments and processing instructions are left out, CDATA
//! becomes escaped text. A map leads from every place in the new text back to the source.

use hanse_expression::scan;
use hanse_expression::span::Span;

use crate::values;

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) span: Span,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: &'static str,
}

impl SyntaxError {
    pub(crate) fn new(span: Span, message: impl Into<String>, hint: &'static str) -> Self {
        Self { span, code: "syntax", message: message.into(), hint }
    }
}

/// A well-formed text and where it came from.
#[derive(Debug)]
pub(crate) struct Normalised {
    pub(crate) text: String,
    pub(crate) map: OffsetMap,
    /// The expressions that fill an attribute or text, in source order.
    pub(crate) expressions: Vec<Span>,
    /// The first place that was not XML, if any.
    pub(crate) first_repair: Option<usize>,
}

impl Normalised {
    /// The expression within a piece of the source, if it fills it.
    pub(crate) fn expression_in(&self, span: Span) -> Option<Span> {
        let at = self.expressions.partition_point(|expression| expression.start < span.start);
        self.expressions.get(at).copied().filter(|expression| expression.end <= span.end)
    }
}

/// Leads from offsets in the normalised text to offsets in the source.
#[derive(Debug, Clone, Default)]
pub(crate) struct OffsetMap {
    /// From here on both run in step: (normalised, source).
    steps: Vec<(usize, usize)>,
}

impl OffsetMap {
    /// The source offset of a normalised one; within something that was escaped, its beginning.
    pub(crate) fn source(&self, offset: usize) -> usize {
        let at = self.steps.partition_point(|(normalised, _)| *normalised <= offset);
        let (normalised, source) = match at.checked_sub(1) {
            Some(before) => self.steps[before],
            None => (0, 0),
        };
        let mapped = source + (offset - normalised);
        match self.steps.get(at) {
            Some((_, next)) => mapped.min(next.saturating_sub(1)),
            None => mapped,
        }
    }

    pub(crate) fn span(&self, span: Span) -> Span {
        Span::new(self.source(span.start), self.source(span.end))
    }

    /// From here on both run in step.
    pub(crate) fn step(&mut self, from: usize, to: usize) {
        self.steps.push((from, to));
    }

    /// Places within a piece of the normalised text where both get out of step, its start among them.
    pub(crate) fn steps_in(&self, span: Span) -> impl Iterator<Item = (usize, usize)> {
        let from = self.steps.partition_point(|(normalised, _)| *normalised <= span.start);
        let within = self.steps[from..].iter().take_while(move |(normalised, _)| *normalised < span.end);
        std::iter::once((span.start, self.source(span.start))).chain(within.copied())
    }
}

/// Makes `source` well-formed, as far as its tags allow.
pub(crate) fn normalise(source: &str) -> Result<Normalised, SyntaxError> {
    run(source, Purpose::Read)
}

/// The source as XML for others: what is raw is escaped, everything else stays, comments too.
pub(crate) fn escape(source: &str) -> Result<String, SyntaxError> {
    run(source, Purpose::Print).map(|normalised| normalised.text)
}

/// What a well-formed text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Read,
    Print,
}

fn run(source: &str, purpose: Purpose) -> Result<Normalised, SyntaxError> {
    let mut normaliser = Normaliser {
        source,
        purpose,
        at: 0,
        out: String::with_capacity(source.len() + source.len() / 8),
        map: OffsetMap::default(),
        expressions: Vec::new(),
        first_repair: None,
        may_begin_expression: false,
    };
    normaliser.run()?;
    Ok(Normalised {
        text: normaliser.out,
        map: normaliser.map,
        expressions: normaliser.expressions,
        first_repair: normaliser.first_repair,
    })
}

struct Normaliser<'a> {
    source: &'a str,
    purpose: Purpose,
    at: usize,
    out: String,
    map: OffsetMap,
    expressions: Vec<Span>,
    first_repair: Option<usize>,
    /// True behind a start tag, until something else than blanks and comments came.
    may_begin_expression: bool,
}

const BYTE_ORDER_MARK: char = '\u{feff}';
const COMMENT: (&str, &str) = ("<!--", "-->");
const INSTRUCTION: (&str, &str) = ("<?", "?>");
const CDATA: (&str, &str) = ("<![CDATA[", "]]>");

impl<'a> Normaliser<'a> {
    fn run(&mut self) -> Result<(), SyntaxError> {
        while self.at < self.source.len() {
            let rest = self.rest();
            if rest.starts_with(COMMENT.0) {
                let len = self.enclosed(COMMENT, "comment")?;
                match self.purpose {
                    Purpose::Read => self.skip(len),
                    Purpose::Print => self.comment(len),
                }
            } else if rest.starts_with(INSTRUCTION.0) {
                let len = self.enclosed(INSTRUCTION, "processing instruction")?;
                self.leave_or_copy(len);
            } else if rest.starts_with(CDATA.0) {
                self.cdata()?;
            } else if rest.starts_with("<!") {
                return Err(self.declaration());
            } else if rest.starts_with("</") {
                self.end_tag()?;
            } else if begins_markup(rest) {
                self.start_tag()?;
            } else {
                self.text()?;
            }
        }
        Ok(())
    }

    /// Document types define entities, which grow without bound or read files elsewhere: none is taken.
    fn declaration(&self) -> SyntaxError {
        let len = 2 + self.rest()[2..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let span = Span::new(self.at, self.at + len);
        let name = &self.source[span.start + 2..span.end];
        if !["DOCTYPE", "ENTITY"].iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return SyntaxError::new(span, "`<!` begins nothing known", "a comment is <!-- … -->");
        }
        let message =
            format!("`<!{name}` is refused: a policy document has no document type and no entities");
        let hint = "remove it, and write out what its entities stand for";
        SyntaxError { code: "document-type", ..SyntaxError::new(span, message, hint) }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn copy(&mut self, len: usize) {
        self.out.push_str(&self.source[self.at..self.at + len]);
        self.at += len;
    }

    /// XML knows no double hyphen in a comment.
    fn comment(&mut self, len: usize) {
        let inner = &self.source[self.at + COMMENT.0.len()..self.at + len - COMMENT.1.len()];
        let mut written = inner.replace("--", "- -").replace("--", "- -");
        if written.ends_with('-') {
            written.push(' ');
        }
        self.replace(len, &format!("{}{written}{}", COMMENT.0, COMMENT.1));
    }

    fn leave_or_copy(&mut self, len: usize) {
        match self.purpose {
            Purpose::Read => self.skip(len),
            Purpose::Print => self.copy(len),
        }
    }

    /// Leaves a piece of the source out.
    fn skip(&mut self, len: usize) {
        self.at += len;
        self.map.step(self.out.len(), self.at);
    }

    fn replace(&mut self, len: usize, by: &str) {
        self.out.push_str(by);
        self.skip(len);
    }

    fn repair(&mut self, by: &str) {
        self.first_repair.get_or_insert(self.at);
        self.replace(1, by);
    }

    fn copy_blanks(&mut self) {
        let rest = self.rest();
        self.copy(rest.len() - rest.trim_start().len());
    }

    fn enclosed(&self, (open, close): (&str, &str), what: &str) -> Result<usize, SyntaxError> {
        match self.rest()[open.len()..].find(close) {
            Some(len) => Ok(open.len() + len + close.len()),
            None => {
                let span = Span::new(self.at, self.at + open.len());
                Err(SyntaxError::new(span, format!("the {what} is never closed"), "close it"))
            }
        }
    }

    /// The XML library drops a mark at the very beginning without counting it.
    fn skip_marks(&mut self) {
        while self.out.is_empty() && self.rest().starts_with(BYTE_ORDER_MARK) {
            self.skip(BYTE_ORDER_MARK.len_utf8());
        }
    }

    fn cdata(&mut self) -> Result<(), SyntaxError> {
        let len = self.enclosed(CDATA, "CDATA section")?;
        if self.purpose == Purpose::Print {
            self.copy(len);
            self.may_begin_expression = false;
            return Ok(());
        }
        let end = self.at + len - CDATA.1.len();
        self.skip(CDATA.0.len());
        self.skip_marks();
        while self.at < end {
            match self.source.as_bytes()[self.at] {
                b'<' => self.replace(1, "&lt;"),
                b'&' => self.replace(1, "&amp;"),
                _ => {
                    let plain = self.source[self.at..end].find(['<', '&']).unwrap_or(end - self.at);
                    self.copy(plain);
                }
            }
        }
        self.skip(CDATA.1.len());
        self.may_begin_expression = false;
        Ok(())
    }

    fn end_tag(&mut self) -> Result<(), SyntaxError> {
        self.may_begin_expression = false;
        match self.rest()[2..].find(['>', '<']) {
            Some(len) if self.rest().as_bytes()[2 + len] == b'>' => {
                self.copy(2 + len + 1);
                Ok(())
            }
            _ => {
                let span = Span::new(self.at, self.at + 2);
                Err(SyntaxError::new(span, "the end tag is never closed", "add `>`"))
            }
        }
    }

    fn start_tag(&mut self) -> Result<(), SyntaxError> {
        let tag = Span::new(self.at, self.at + 1);
        self.copy(1);
        self.copy(name_len(self.rest()));
        loop {
            self.copy_blanks();
            let rest = self.rest();
            if rest.starts_with('>') {
                self.copy(1);
                self.may_begin_expression = true;
                return Ok(());
            }
            if rest.starts_with("/>") {
                self.copy(2);
                self.may_begin_expression = false;
                return Ok(());
            }
            if rest.is_empty() || rest.starts_with('<') {
                return Err(SyntaxError::new(tag, "the tag is never closed", "add `>` or `/>`"));
            }
            self.attribute()?;
        }
    }

    fn attribute(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        let len = name_len(self.rest());
        if len == 0 {
            let found = self.rest().chars().next().unwrap_or(' ');
            let message = format!("`{found}` where an attribute, `/>` or `>` was expected");
            let hint = "a quote within a value is written `&quot;`";
            return Err(SyntaxError::new(Span::new(start, start + found.len_utf8()), message, hint));
        }
        self.copy(len);
        let name = Span::new(start, self.at);
        let shown = crate::schema::shown(&self.source[name.start..name.end]);
        self.copy_blanks();
        if !self.rest().starts_with('=') {
            let hint = "write name=\"value\"; a quote within a value is written `&quot;`";
            return Err(SyntaxError::new(name, format!("attribute `{shown}` has no value"), hint));
        }
        self.copy(1);
        self.copy_blanks();
        let quote = match self.rest().chars().next() {
            Some(quote @ ('"' | '\'')) => quote,
            _ => {
                let message = format!("the value of attribute `{shown}` is not in quotes");
                return Err(SyntaxError::new(name, message, "write name=\"value\""));
            }
        };
        self.copy(1);
        self.value(quote)?;
        let next = self.rest().chars().next();
        if next.is_some_and(|next| !next.is_whitespace() && !matches!(next, '/' | '>')) {
            let message = format!("the value of attribute `{shown}` ends, and text follows");
            let hint = "a quote within a value is written `&quot;`; between attributes stands a blank";
            return Err(SyntaxError::new(Span::new(self.at, self.at + 1), message, hint));
        }
        Ok(())
    }

    /// The rest of an attribute's value and its closing quote.
    fn value(&mut self, quote: char) -> Result<(), SyntaxError> {
        let open = Span::new(self.at - 1, self.at);
        let blanks = self.rest().len() - self.rest().trim_start().len();
        if scan::begins(&self.rest()[blanks..]) {
            self.copy(blanks);
            let expression = self.expression(Some(quote))?;
            if self.rest().trim_start().starts_with(quote) {
                self.expressions.push(expression);
            }
        }
        while let Some(next) = self.rest().chars().next() {
            match next {
                next if next == quote => {
                    self.copy(1);
                    return Ok(());
                }
                '<' => self.repair("&lt;"),
                '&' => self.ampersand(),
                _ => {
                    let plain = self.rest().find(['<', '&', quote]).unwrap_or(self.rest().len());
                    self.copy(plain);
                }
            }
        }
        Err(SyntaxError::new(open, "the attribute's value is never closed", "add the closing quote"))
    }

    fn text(&mut self) -> Result<(), SyntaxError> {
        self.skip_marks();
        if self.may_begin_expression {
            self.copy_blanks();
            if scan::begins(self.rest()) {
                self.may_begin_expression = false;
                let expression = self.expression(None)?;
                let follows = self.rest().trim_start();
                if follows.is_empty() || follows.starts_with("</") || follows.starts_with("<!--") {
                    self.expressions.push(expression);
                }
            }
        }
        while !self.rest().is_empty() && !begins_any_markup(self.rest()) {
            self.may_begin_expression = false;
            match self.rest().as_bytes()[0] {
                b'<' => self.repair("&lt;"),
                b'&' => self.ampersand(),
                _ => {
                    let plain = self.rest().find(['<', '&']).unwrap_or(self.rest().len());
                    self.copy(plain);
                }
            }
        }
        Ok(())
    }

    /// An entity stays; a bare `&` is escaped.
    fn ampersand(&mut self) {
        match scan::entity(self.rest()) {
            Some((_, len)) => self.copy(len),
            None => self.repair("&amp;"),
        }
    }

    /// Escapes the expression that begins here.
    fn expression(&mut self, quote: Option<char>) -> Result<Span, SyntaxError> {
        let len = scan::end(self.rest()).map_err(|error| SyntaxError {
            span: Span::new(self.at, self.at + 2),
            code: "unbalanced-expression",
            message: format!("the expression has no end: {error}"),
            hint: "check its brackets and quotes",
        })?;
        let span = Span::new(self.at, self.at + len);
        // A reader decodes; what is only itself as it is written must come out of that as it is.
        let is_verbatim = self.purpose == Purpose::Print && {
            let written = &self.source[span.start..span.end];
            values::is_only_verbatim(written, &scan::decoded(written))
        };
        while self.at < span.end {
            match self.source.as_bytes()[self.at] {
                b'<' => self.repair("&lt;"),
                b'&' if is_verbatim => self.repair("&amp;"),
                b'&' => self.ampersand(),
                b'"' if quote == Some('"') => self.repair("&quot;"),
                b'\'' if quote == Some('\'') => self.repair("&apos;"),
                _ => {
                    let rest = &self.source[self.at..span.end];
                    let first = rest.chars().next().map_or(1, char::len_utf8);
                    let plain = rest[first..].find(['<', '&', '"', '\'']).unwrap_or(rest.len() - first);
                    self.copy(first + plain);
                }
            }
        }
        Ok(span)
    }
}

/// Bytes of a name: anything up to a blank or a sign that ends one.
fn name_len(text: &str) -> usize {
    text.find(|char: char| char.is_whitespace() || matches!(char, '=' | '>' | '/' | '<' | '"' | '\'' | '&'))
        .unwrap_or(text.len())
}

/// True for a start tag; other `<` are text.
fn begins_markup(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('<') && chars.next().is_some_and(|char| char.is_alphabetic() || char == '_')
}

fn begins_any_markup(text: &str) -> bool {
    begins_markup(text) || ["</", "<!", "<?"].iter().any(|markup| text.starts_with(markup))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str) -> String {
        normalise(source).unwrap().text
    }

    #[test]
    fn raw_expression_is_escaped_and_the_rest_is_left_alone() {
        for (source, expected) in [
            (
                r#"<a b="@(x["k"] < 'z' && y)" c='1'/>"#,
                r#"<a b="@(x[&quot;k&quot;] &lt; 'z' &amp;&amp; y)" c='1'/>"#,
            ),
            (r#"<a b='@("it's")'/>"#, r#"<a b='@("it&apos;s")'/>"#),
            (
                r#"<a b="@(&quot;a&quot; &amp;&amp; "b")"/>"#,
                r#"<a b="@(&quot;a&quot; &amp;&amp; &quot;b&quot;)"/>"#,
            ),
            ("<a> @{ var x = As<T>(); } </a>", "<a> @{ var x = As&lt;T>(); } </a>"),
            (
                "<a b=\"x & y &amp; z < 1\">1 < 2 & 3 <4</a>",
                "<a b=\"x &amp; y &amp; z &lt; 1\">1 &lt; 2 &amp; 3 &lt;4</a>",
            ),
            ("<?xml version='1.0'?><!-- a -- b --><a/>", "<a/>"),
            ("<a><![CDATA[<b>&amp;]]></a>", "<a>&lt;b>&amp;amp;</a>"),
            ("<a><!-- c -->@(x < y)</a>", "<a>@(x &lt; y)</a>"),
            ("<!-- c -->\u{feff}\u{feff}<a>\u{feff}</a>", "<a>\u{feff}</a>"),
            ("<![CDATA[\u{feff}é]]>\u{feff}", "é\u{feff}"),
            ("<a b=\"&nbsp;&#0;\"/>", "<a b=\"&amp;nbsp;&amp;#0;\"/>"),
        ] {
            assert_eq!(text(source), expected, "{source}");
        }
    }

    #[test]
    fn expression_fills_its_place_or_is_none() {
        for (source, expressions) in [
            ("<a b=' @( 1 ) '/>", 1),
            ("<a b='id-@(1)'/>", 0),
            ("<a b='@(1)-id'/>", 0),
            ("<a> @(1) </a>", 1),
            ("<a>@(1) tail</a>", 0),
            ("<a><b/>@(1)</a>", 0),
            ("<a>@(1)<!-- c --></a>", 1),
            ("<a b=\"@(x[\"k\"]) tail\" c=\"@(2)\"/>", 1),
        ] {
            assert_eq!(normalise(source).unwrap().expressions.len(), expressions, "{source}");
        }
    }

    #[test]
    fn offsets_lead_back_to_the_source() {
        let source = "<!-- ü --><a b=\"@(é[\"k\"] && z)\" c='x'><![CDATA[<&]]>t</a>";
        let normalised = normalise(source).unwrap();
        for needle in ["<a", "é", "k", "z)", "c=", "t</a>", "</a>"] {
            let from = normalised.text.find(needle).unwrap();
            assert_eq!(normalised.map.source(from), source.find(needle).unwrap(), "{needle}");
        }
        let quot = normalised.text.find("&quot;k").unwrap();
        for within in 0..6 {
            assert_eq!(normalised.map.source(quot + within), source.find("\"k").unwrap());
        }
        assert_eq!(normalised.map.source(normalised.text.len()), source.len());
        assert_eq!(normalised.first_repair, source.find("\"k"));
    }

    #[test]
    fn what_cannot_be_read_is_reported_where_it_begins() {
        for (source, at, code) in [
            ("<a b='@(1'/>", 6, "unbalanced-expression"),
            ("<a>@{</a>", 3, "unbalanced-expression"),
            ("<a b='x", 5, "syntax"),
            ("<a b/>", 3, "syntax"),
            ("<a b=x/>", 3, "syntax"),
            ("<a b='1'c='2'/>", 8, "syntax"),
            ("<a s=\"O=\"C, Inc.\"\"/>", 9, "syntax"),
            ("<a '/>", 3, "syntax"),
            ("<a", 0, "syntax"),
            ("<a <b/>", 0, "syntax"),
            ("</a", 0, "syntax"),
            ("<!-- x", 0, "syntax"),
            ("<?x", 0, "syntax"),
            ("<a><![CDATA[x</a>", 3, "syntax"),
            ("<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><a/>", 0, "document-type"),
            ("<a><!entity></a>", 3, "document-type"),
            ("<!x", 0, "syntax"),
        ] {
            let error = normalise(source).unwrap_err();
            assert_eq!((error.span.start, error.code), (at, code), "{source}: {}", error.message);
        }
    }
}
