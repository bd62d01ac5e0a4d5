//! From tokens to a syntax tree: recursive descent, with precedence climbing for operators.
//!
//! Where C# is ambiguous, [`lookahead`] decides on the tokens alone before anything is built, so the
//! parser never takes back what it did and its cost stays linear. A defect is reported where it is met;
//! parsing goes on behind it, at the latest with the next statement.
//!
//! `#[inline(never)]` keeps rare constructs out of the frames that recursion is made of: with it a level
//! of nesting takes half of the stack.

mod arguments;
mod creation;
mod declaration;
mod expression;
mod function;
mod interpolation;
mod lookahead;
mod operator;
mod pattern;
mod primary;
mod recovery;
mod statement;
mod switch;
#[cfg(test)]
mod tests;
mod types;

use crate::diagnostic::Diagnostic;
use crate::span::Span;
use crate::syntax::ast::{Name, Source};
use crate::syntax::token::{Token, TokenKind};
use crate::syntax::{
    DIAGNOSTICS_MAX, HEIGHT_MAX, NESTING_MAX, NOT_AN_EXPRESSION, SOURCE_BYTES_MAX, TOO_DEEP, TOO_LONG,
    UNSUPPORTED, lexer,
};

/// Reads `@( … )` or `@{ … }`, entities already resolved. Spans are bytes of `source`.
///
/// # Errors
/// All that is wrong with the text, in its order; never empty. Names, types and the paths of a block
/// are not looked at.
pub fn parse(source: &str) -> Result<Source, Vec<Diagnostic>> {
    if source.len() > SOURCE_BYTES_MAX {
        let message = format!("expression of {} bytes must have at most {SOURCE_BYTES_MAX}", source.len());
        return Err(vec![Diagnostic::error(TOO_LONG, Span::new(0, 0), message)]);
    }
    let start = source.len() - source.trim_start().len();
    if !crate::scan::begins(&source[start..]) {
        let span = Span::new(start, source.len());
        return Err(vec![
            Diagnostic::error(NOT_AN_EXPRESSION, span, "the text does not begin with `@(` or `@{`")
                .hint("write `@(` expression `)` or `@{` statements `}`"),
        ]);
    }
    let (tokens, mut diagnostics) = lexer::tokens(source, start + 1);
    let mut parser = Parser::new(source, tokens);
    let tree = parser.source();
    let follows = recovery::follows_from(source, &diagnostics);
    diagnostics.extend(parser.diagnostics.into_iter().filter(|diagnostic| !follows(diagnostic)));
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    diagnostics.truncate(DIAGNOSTICS_MAX);
    match tree {
        Ok(tree) if diagnostics.is_empty() => Ok(tree),
        _ => Err(diagnostics),
    }
}

/// The construct cannot be read on; the reason was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Halt;

const STATEMENTS: &str = "write statements as `@{ … }`, with `return`";

type Parse<T> = Result<T, Halt>;

struct Parser<'a> {
    source: &'a str,
    /// Ends with [`TokenKind::End`].
    tokens: Vec<Token>,
    /// The token that closes the bracket which a token opens; itself where none does.
    closers: Vec<usize>,
    at: usize,
    /// Levels of recursion; at most [`NESTING_MAX`].
    nesting: usize,
    /// Upper bound of the height of what the current level has built; at most [`HEIGHT_MAX`].
    height: usize,
    diagnostics: Vec<Diagnostic>,
    /// Where the last defect was met: what follows from it at the same token is not reported.
    reported_at: Option<usize>,
    /// A bound was met: the rest is not read.
    is_stopped: bool,
}

impl<'a> Parser<'a> {
    fn new(source: &'a str, tokens: Vec<Token>) -> Self {
        let closers = lookahead::closers(&tokens);
        Self {
            source,
            tokens,
            closers,
            at: 0,
            nesting: 0,
            height: 0,
            diagnostics: Vec::new(),
            reported_at: None,
            is_stopped: false,
        }
    }

    fn source(&mut self) -> Parse<Source> {
        if self.at("{") {
            let block = self.block()?;
            self.end_of_source()?;
            return Ok(Source::Block(block));
        }
        self.bump();
        if self.begins_statement() || (self.at_word("var") && self.is_identifier_at(self.at + 1)) {
            let message = format!("found {}, expected an expression", self.found());
            return self.fail("CS1525", message, STATEMENTS);
        }
        let expression = self.expression()?;
        if self.at(";") {
            return self.expected("CS1026", "`)`: `@(` holds one expression", STATEMENTS);
        }
        self.expect_closing(")")?;
        self.end_of_source()?;
        Ok(Source::Expression(expression))
    }

    fn end_of_source(&mut self) -> Parse<()> {
        if *self.kind() == TokenKind::End {
            return Ok(());
        }
        let message = format!("found {} behind the end of the expression", self.found());
        self.report_here("CS1022", message, "the brackets do not match; count those before this place");
        Err(Halt)
    }

    // === tokens ===

    fn kind(&self) -> &TokenKind {
        self.kind_at(self.at)
    }

    fn kind_at(&self, at: usize) -> &TokenKind {
        &self.token_at(at).kind
    }

    fn token_at(&self, at: usize) -> &Token {
        &self.tokens[at.min(self.tokens.len() - 1)]
    }

    fn span(&self) -> Span {
        self.token_at(self.at).span
    }

    /// From a byte to the end of the last token that was read.
    fn span_from(&self, start: usize) -> Span {
        Span::new(start, self.last_end().max(start))
    }

    fn last_end(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |last| self.token_at(last).span.end)
    }

    /// Goes to the next token; the end stays.
    fn bump(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    /// Whether this keyword or punctuator is here.
    fn at(&self, sign: &str) -> bool {
        self.is_at(self.at, sign)
    }

    fn is_at(&self, at: usize, sign: &str) -> bool {
        matches!(self.kind_at(at), TokenKind::Keyword(text) | TokenKind::Punctuator(text) if *text == sign)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let is_here = self.at(sign);
        if is_here {
            self.bump();
        }
        is_here
    }

    /// Whether this contextual keyword is here.
    fn at_word(&self, word: &str) -> bool {
        self.is_word_at(self.at, word)
    }

    fn is_word_at(&self, at: usize, word: &str) -> bool {
        matches!(self.kind_at(at), TokenKind::Identifier { text, is_plain: true } if text == word)
    }

    fn is_identifier_at(&self, at: usize) -> bool {
        matches!(self.kind_at(at), TokenKind::Identifier { .. })
    }

    /// Whether the tokens touch, as the two of `>>` do.
    fn is_adjacent(&self, at: usize) -> bool {
        self.token_at(at).span.end == self.token_at(at + 1).span.start
    }

    fn name(&mut self) -> Parse<Name> {
        match self.kind() {
            TokenKind::Identifier { text, .. } => {
                let name = Name { text: text.clone(), span: self.span() };
                self.bump();
                Ok(name)
            }
            TokenKind::Keyword(keyword) => {
                let hint = format!("`{keyword}` is a keyword; `@{keyword}` makes it a name");
                self.expected("CS1001", "a name", &hint)
            }
            _ => self.expected("CS1001", "a name", ""),
        }
    }

    // === bounds ===

    /// Begins a level of recursion and gives the height to hand to [`Self::leave`].
    fn enter(&mut self) -> Parse<usize> {
        if self.nesting >= NESTING_MAX {
            let message = format!("the expression is nested more than {NESTING_MAX} deep");
            return self.stop(message, "split it with variables or local functions");
        }
        self.nesting += 1;
        Ok(std::mem::take(&mut self.height))
    }

    fn leave(&mut self, outer: usize) {
        self.nesting -= 1;
        self.height = outer.max(self.height + 1);
    }

    /// Counts a node that takes what this level has built as its first part.
    fn link(&mut self) -> Parse<()> {
        self.height += 1;
        if self.height >= HEIGHT_MAX {
            let message = format!("the expression chains more than {HEIGHT_MAX} operators or members");
            return self.stop(message, "split it with variables, or build the text with a `StringBuilder`");
        }
        Ok(())
    }

    /// Reports what keeps the rest from being read at all.
    fn stop<T>(&mut self, message: String, hint: &str) -> Parse<T> {
        self.report_here(TOO_DEEP, message, hint);
        self.at = self.tokens.len() - 1;
        self.is_stopped = true;
        self.reported_at = Some(self.at);
        Err(Halt)
    }
}
