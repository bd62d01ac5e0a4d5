//! Finds where an expression ends.
//!
//! The one idea: count only the kind of bracket the expression began with, and understand just
//! enough of C#'s lexis (strings of four kinds, their interpolation holes, characters, comments) not
//! to count brackets in text. Entities count as what they stand for, because documents are written
//! both escaped and unescaped, and some mix both in one expression.
//!
//! The scan neither recurses nor looks back, so its cost is linear in what it reads.

use crate::span::Span;

/// Deepest nesting of strings and interpolation holes.
pub const NESTING_MAX: usize = 64;

/// Why an expression has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    #[error("the text does not begin with `@(` or `@{{`")]
    NoExpression,
    #[error("the bracket is never closed")]
    Unbalanced,
    #[error("a string is never closed")]
    OpenString,
    #[error("a string ends with its line; a string over several lines begins with `@\"`")]
    LineBreakInString,
    #[error("a comment is never closed")]
    OpenComment,
    #[error("strings and interpolation holes may be nested {NESTING_MAX} deep")]
    TooDeep,
}

/// Where an expression that begins at the start of `text` ends: the offset behind its closing
/// bracket.
///
/// # Errors
/// The expression has no end; the error says what was open last.
pub fn end(text: &str) -> Result<usize, ScanError> {
    // Documents are escaped or not, or mixed. Taking `&quot;` for a quote everywhere reads nearly
    // all; what it misreads is a raw string that talks about entities, read by the second attempt.
    Scanner::new(text, Quotes::Decoded)
        .run()
        .or_else(|error| Scanner::new(text, Quotes::AsOpened).run().map_err(|_| error))
}

/// True when the text begins like an expression.
pub fn begins(text: &str) -> bool {
    text.starts_with("@(") || text.starts_with("@{")
}

/// The expression that a value is, if it is one: blanks around it do not count, anything else does.
pub fn whole(text: &str) -> Option<Span> {
    let trimmed = text.trim();
    if !begins(trimmed) {
        return None;
    }
    let start = text.len() - text.trim_start().len();
    (end(trimmed) == Ok(trimmed.len())).then(|| Span::new(start, start + trimmed.len()))
}

/// Text within an expression: what stands between the quotes of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextSpan {
    pub span: Span,
    /// `@"…"`: a quote is written twice, a backslash is itself.
    pub is_verbatim: bool,
    /// `$"…"`: braces are written twice.
    pub has_holes: bool,
}

/// The texts of an expression's strings, quotes and prefixes left out, holes too: in the order they
/// begin. What cannot be scanned has none behind the place where that shows.
pub fn texts(expression: &str) -> Vec<TextSpan> {
    let mut scanner = Scanner::new(expression, Quotes::Decoded);
    if !begins(expression) {
        return Vec::new();
    }
    let (open, close) = if expression.starts_with("@(") { ('(', ')') } else { ('{', '}') };
    scanner.at = 2;
    scanner.modes.push(Mode::Code { open, close, depth: 1 });
    let mut texts: Vec<TextSpan> = Vec::new();
    while let Some(mode) = scanner.modes.last().copied() {
        let (from, depth) = (scanner.at, scanner.modes.len());
        let Mode::Text { is_verbatim, has_holes, is_escaped } = mode else {
            let Mode::Code { open, close, .. } = mode else { break };
            if scanner.code(open, close).is_err() {
                break;
            }
            continue;
        };
        if scanner.string(is_verbatim, has_holes, is_escaped).is_err() {
            break;
        }
        // A quote or brace that ends the text belongs to no text.
        if scanner.modes.len() != depth {
            continue;
        }
        match texts.last_mut() {
            Some(last) if last.span.end == from => last.span.end = scanner.at,
            _ => texts.push(TextSpan { span: Span::new(from, scanner.at), is_verbatim, has_holes }),
        }
    }
    texts
}

/// An entity or character reference at the start of `text`: the character it stands for and its
/// length. Only XML's five names are known.
pub fn entity(text: &str) -> Option<(char, usize)> {
    let body = text.strip_prefix('&')?;
    // The longest that means anything is `&#x10FFFF;`; leading zeros are rare enough to bound.
    let end = body.bytes().take(ENTITY_BYTES_MAX).position(|byte| byte == b';')?;
    let name = &body[..end];
    let char = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) if hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
                None if number.bytes().all(|byte| byte.is_ascii_digit()) => number.parse(),
                _ => return None,
            };
            code.ok().filter(|code| *code != 0).and_then(char::from_u32)?
        }
    };
    Some((char, end + 2))
}

/// A text with its entities as the characters they stand for.
pub fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (char, len) = entity(&rest[at..]).unwrap_or(('&', 1));
        out.push(char);
        rest = &rest[at + len..];
    }
    out.push_str(rest);
    out
}

const ENTITY_BYTES_MAX: usize = 12;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// `&quot;` opens and closes like `"`.
    Decoded,
    /// A string ends with the kind of quote it began with.
    AsOpened,
}

#[derive(Debug, Clone, Copy)]
enum Mode {
    /// Ends when `depth` brackets of this kind were closed.
    Code {
        open: char,
        close: char,
        depth: usize,
    },
    Text {
        is_verbatim: bool,
        has_holes: bool,
        is_escaped: bool,
    },
}

/// One character, however it was written.
#[derive(Debug, Clone, Copy)]
struct Unit {
    char: char,
    len: usize,
    is_entity: bool,
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    quotes: Quotes,
    modes: Vec<Mode>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, quotes: Quotes) -> Self {
        Self { text, at: 0, quotes, modes: Vec::new() }
    }

    fn run(mut self) -> Result<usize, ScanError> {
        let (open, close) = match self.text.get(..2) {
            Some("@(") => ('(', ')'),
            Some("@{") => ('{', '}'),
            _ => return Err(ScanError::NoExpression),
        };
        self.at = 2;
        self.push(Mode::Code { open, close, depth: 1 })?;
        while let Some(mode) = self.modes.last().copied() {
            match mode {
                Mode::Code { open, close, .. } => self.code(open, close)?,
                Mode::Text { is_verbatim, has_holes, is_escaped } => {
                    self.string(is_verbatim, has_holes, is_escaped)?
                }
            }
        }
        Ok(self.at)
    }

    /// Reads one lexical element of code.
    fn code(&mut self, open: char, close: char) -> Result<(), ScanError> {
        let Some(unit) = self.peek(0) else {
            return Err(ScanError::Unbalanced);
        };
        match unit.char {
            '"' => self.open_string(unit, 0, false, false),
            '@' | '$' => self.prefixed_string(unit),
            '\'' => {
                self.at += self.char_literal().unwrap_or(unit.len);
                Ok(())
            }
            '/' => self.slash(unit),
            char => {
                self.at += unit.len;
                if char == open {
                    self.nest(1);
                } else if char == close {
                    self.nest(-1);
                }
                Ok(())
            }
        }
    }

    fn nest(&mut self, by: isize) {
        if let Some(Mode::Code { depth, .. }) = self.modes.last_mut() {
            *depth = depth.saturating_add_signed(by);
            if *depth == 0 {
                self.modes.pop();
            }
        }
    }

    /// `@"`, `$"`, `$@"`, `@$"`; otherwise the sign is a character like any other.
    fn prefixed_string(&mut self, first: Unit) -> Result<(), ScanError> {
        let mut prefix = first.len;
        let (mut is_verbatim, mut has_holes) = (first.char == '@', first.char == '$');
        let mut next = self.peek(prefix);
        if let Some(second) = next.filter(|unit| matches!(unit.char, '@' | '$') && unit.char != first.char) {
            (is_verbatim, has_holes) = (true, true);
            prefix += second.len;
            next = self.peek(prefix);
        }
        match next {
            Some(quote) if quote.char == '"' => self.open_string(quote, prefix, is_verbatim, has_holes),
            _ => {
                self.at += first.len;
                Ok(())
            }
        }
    }

    fn open_string(
        &mut self,
        quote: Unit,
        prefix: usize,
        is_verbatim: bool,
        has_holes: bool,
    ) -> Result<(), ScanError> {
        self.at += prefix + quote.len;
        self.push(Mode::Text { is_verbatim, has_holes, is_escaped: quote.is_entity })
    }

    /// Reads one element of a string.
    fn string(&mut self, is_verbatim: bool, has_holes: bool, is_escaped: bool) -> Result<(), ScanError> {
        let Some(unit) = self.peek(0) else {
            return Err(ScanError::OpenString);
        };
        let doubled = self.peek(unit.len).filter(|next| next.char == unit.char);
        match unit.char {
            '"' if !self.closes(unit, is_escaped) => self.at += unit.len,
            '"' => match doubled.filter(|next| is_verbatim && self.closes(*next, is_escaped)) {
                Some(next) => self.at += unit.len + next.len,
                None => {
                    self.at += unit.len;
                    self.modes.pop();
                }
            },
            '\\' if !is_verbatim => {
                let escaped = self.peek(unit.len).ok_or(ScanError::OpenString)?;
                if escaped.char == '\n' {
                    return Err(ScanError::LineBreakInString);
                }
                self.at += unit.len + escaped.len;
            }
            '\n' if !is_verbatim => return Err(ScanError::LineBreakInString),
            '{' if has_holes => match doubled {
                Some(next) => self.at += unit.len + next.len,
                None => {
                    self.at += unit.len;
                    self.push(Mode::Code { open: '{', close: '}', depth: 1 })?;
                }
            },
            _ => self.at += unit.len,
        }
        Ok(())
    }

    fn closes(&self, quote: Unit, is_escaped: bool) -> bool {
        self.quotes == Quotes::Decoded || quote.is_entity == is_escaped
    }

    /// A comment, or a division.
    fn slash(&mut self, slash: Unit) -> Result<(), ScanError> {
        match self.peek(slash.len).map(|unit| unit.char) {
            Some('/') => {
                while let Some(unit) = self.peek(0).filter(|unit| unit.char != '\n') {
                    self.at += unit.len;
                }
                Ok(())
            }
            Some('*') => {
                let rest = &self.text[self.at + 2..];
                let end = rest.find("*/").ok_or(ScanError::OpenComment)?;
                self.at += 2 + end + 2;
                Ok(())
            }
            _ => {
                self.at += slash.len;
                Ok(())
            }
        }
    }

    /// Length of a character literal here, if there is one. A lone quote is no C#, but formats in
    /// holes have them.
    fn char_literal(&self) -> Option<usize> {
        let quote = self.peek(0)?;
        let first = self.peek(quote.len)?;
        let mut len = quote.len + first.len;
        if first.char == '\\' {
            len += self.peek(len)?.len;
            // `\u0041`, `\x41`, `\U00000041`
            for _ in 0..8 {
                match self.peek(len) {
                    Some(unit) if unit.char.is_ascii_hexdigit() => len += unit.len,
                    _ => break,
                }
            }
        }
        let close = self.peek(len)?;
        (close.char == '\'' && first.char != '\'').then_some(len + close.len)
    }

    fn push(&mut self, mode: Mode) -> Result<(), ScanError> {
        if self.modes.len() >= NESTING_MAX {
            return Err(ScanError::TooDeep);
        }
        self.modes.push(mode);
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<Unit> {
        let rest = self.text.get(self.at + ahead..)?;
        let first = rest.chars().next()?;
        if first == '&'
            && let Some((char, len)) = entity(rest)
        {
            return Some(Unit { char, len, is_entity: true });
        }
        Some(Unit { char: first, len: first.len_utf8(), is_entity: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `│` stands behind the expression's last character.
    fn check(marked: &str) {
        let (before, after) = marked.split_once('│').unwrap();
        assert_eq!(end(&format!("{before}{after}")), Ok(before.len()), "{marked}");
    }

    #[test]
    fn expression_ends_at_its_own_bracket() {
        for marked in [
            r#"@(1)│"#,
            r#"@((string)context.Variables["x"] + "")│""#,
            r#"@("it's")│'"#,
            r#"@(s.Length > 0 && s[0] < 'z')│""#,
            r#"@($"{context.Variables["x"]}-{(b ? "y" : "n")}")│""#,
            r#"@("http://a//b) \" { (")│""#,
            r#"@(@"c:\" + @"say ""hi""")│""#,
            r#"@(a &amp;&amp; b["k"] != &quot;v&quot;)│""#,
            "@{ /* don't } */ var q = '\"'; // it's }\n   return \"<a>\" + q + \"}\"; }│</value>",
            r#"@{ return '}' == '\'' ? ")" : "\u007d}"; }│ tail }"#,
            r#"@($@"{a}\" + @$"{{""{b}""")│)"#,
            r#"@($"{x:HH'h'mm}" + $"}}{{")│)"#,
            r#"@(&quot;)&#34; + ')' + '&quot;' + &#x22;(&#x22;)│"#,
            r#"@("a" + '\u0029' + '\x29')│"#,
            "@{&#10; // it's ) }&#10; return 1;&#xA;}│",
            "@(a / b /* ) */ // )\n)│",
            r#"@(@class.x + "@(")│)"#,
            r#"@("&quot;")│"#,
            r#"@(x("say &quot;") + y)│"#,
            "@(\"ünïcödé)\")│é",
            r#"@($"{$"{$"{1}"}"}")│"#,
            "@()│",
        ] {
            check(marked);
        }
    }

    #[test]
    fn what_stays_open_is_named() {
        for (text, expected) in [
            ("x", ScanError::NoExpression),
            ("@", ScanError::NoExpression),
            ("@é", ScanError::NoExpression),
            ("@(a", ScanError::Unbalanced),
            ("@{ ) ", ScanError::Unbalanced),
            ("@(\"a)", ScanError::OpenString),
            ("@(\"a\\", ScanError::OpenString),
            ("@(\"a\n\")", ScanError::LineBreakInString),
            ("@($\"{a\")", ScanError::OpenString),
            ("@(/* )", ScanError::OpenComment),
        ] {
            assert_eq!(end(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        // Each hole adds a string and a piece of code to the outermost code.
        let nested = |holes: usize| format!("@({}1{})", "$\"{".repeat(holes), "}\"".repeat(holes));
        let deepest = (NESTING_MAX - 1) / 2;
        assert!(end(&nested(deepest)).is_ok());
        assert_eq!(end(&nested(deepest + 1)), Err(ScanError::TooDeep));
        // Brackets alone cost nothing.
        assert!(end(&format!("@({}{})", "(".repeat(100_000), ")".repeat(100_000))).is_ok());
    }

    #[test]
    fn value_is_an_expression_whole_or_not_at_all() {
        assert_eq!(whole(" @( 1 ) "), Some(Span::new(1, 7)));
        for literal in ["id-@(1)", "@(1)-id", "@(1) @(2)", "@(1", "", "@", "@@(1)"] {
            assert_eq!(whole(literal), None, "{literal}");
        }
    }

    #[test]
    fn texts_of_strings_are_found_without_their_quotes() {
        let found = |expression: &str| -> Vec<(String, bool, bool)> {
            let slice = |it: &TextSpan| expression[it.span.start..it.span.end].to_owned();
            texts(expression).iter().map(|it| (slice(it), it.is_verbatim, it.has_holes)).collect()
        };
        let text = |text: &str, is_verbatim, has_holes| (text.to_owned(), is_verbatim, has_holes);
        assert_eq!(
            found(r#"@(x["k"] + @"c:\" + $"a{b["in"]}c" + '"' /* "no" */)"#),
            [
                text("k", false, false),
                text("c:\\", true, false),
                text("a", false, true),
                text("in", false, false),
                text("c", false, true)
            ]
        );
        assert_eq!(found("@(\"\")"), []);
        assert_eq!(found("x"), []);
        assert_eq!(found("@(\"a"), [text("a", false, false)]);
    }

    #[test]
    fn entities_are_xmls_five_and_numbers() {
        assert_eq!(entity("&lt;x"), Some(('<', 4)));
        assert_eq!(entity("&#233;"), Some(('é', 6)));
        assert_eq!(entity("&#x1F600;"), Some(('😀', 9)));
        assert_eq!(decoded("a&lt;&nbsp;&amp;amp;&#233;&"), "a<&nbsp;&amp;é&");
        for text in
            ["&", "&;", "&nbsp;", "&#;", "&#x;", "&#0;", "&#xD800;", "&#1114112;", "& amp;", "&#-1;", "&ampx"]
        {
            assert_eq!(entity(text), None, "{text}");
        }
    }
}
