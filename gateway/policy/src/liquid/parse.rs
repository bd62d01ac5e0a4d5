//! From text to a template.

use super::filters::Filter;
use super::markup::{Word, words};
use super::{Comparison, Condition, Expr, For, Key, NESTING_MAX, NODES_MAX, Node, Piped, Template, When};
use crate::schema::{shown, suggest};

/// What is wrong with a template, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct LiquidError {
    pub(crate) at: usize,
    pub(crate) message: String,
}

/// Tags that are understood.
const TAGS: [&str; 12] = [
    "assign",
    "capture",
    "case",
    "comment",
    "cycle",
    "decrement",
    "for",
    "if",
    "increment",
    "JSONArrayFor",
    "raw",
    "unless",
];

pub(crate) fn parse(text: &str) -> Result<Template, LiquidError> {
    let mut parser = Parser { text, at: 0, nodes: 0, depth: 0, eats_blanks: false, reads_body: false };
    let (nodes, end) = parser.block(&[])?;
    debug_assert!(end.is_none(), "nothing ends the outermost block");
    Ok(Template { nodes, reads_body: parser.reads_body })
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    nodes: usize,
    depth: usize,
    /// The markup before said that blanks behind it go.
    eats_blanks: bool,
    reads_body: bool,
}

/// A piece of markup.
struct Mark<'t> {
    at: usize,
    is_tag: bool,
    inner: &'t str,
}

/// A tag that ends a block, or a part of one.
struct End<'t> {
    name: &'t str,
    markup: &'t str,
    at: usize,
}

type Parsed<T> = Result<T, LiquidError>;

fn wrong<T>(at: usize, message: impl Into<String>) -> Parsed<T> {
    Err(LiquidError { at, message: message.into() })
}

impl<'t> Parser<'t> {
    /// Everything up to one of these tags; none: up to the end of the text.
    fn block(&mut self, ends: &[&str]) -> Parsed<(Box<[Node]>, Option<End<'t>>)> {
        let began = self.at;
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return wrong(began, format!("tags stand in each other more than {NESTING_MAX} deep"));
        }
        let mut nodes = Vec::new();
        loop {
            let Some(mark) = self.next_mark(&mut nodes)? else {
                let Some(missing) = ends.last() else {
                    self.depth -= 1;
                    return Ok((nodes.into(), None));
                };
                return wrong(began, format!("there is no {{% {missing} %}}"));
            };
            self.nodes += 1;
            if self.nodes > NODES_MAX {
                return wrong(mark.at, format!("more than {NODES_MAX} tags and values"));
            }
            if !mark.is_tag {
                nodes.push(Node::Output(self.piped(mark.inner, mark.at)?));
                continue;
            }
            let inner = mark.inner.trim();
            let end =
                inner.find(|char: char| !(char.is_alphanumeric() || char == '_')).unwrap_or(inner.len());
            let (name, markup) = inner.split_at(end);
            if ends.contains(&name) {
                self.depth -= 1;
                return Ok((nodes.into(), Some(End { name, markup, at: mark.at })));
            }
            if let Some(node) = self.tag(name, markup, mark.at)? {
                nodes.push(node);
            }
        }
    }

    /// The next `{{ }}` or `{% %}`; the text before it becomes a node.
    fn next_mark(&mut self, nodes: &mut Vec<Node>) -> Parsed<Option<Mark<'t>>> {
        let rest = &self.text[self.at..];
        let open = rest.char_indices().map(|(at, _)| at).find(|at| {
            let here = &rest.as_bytes()[*at..];
            here.starts_with(b"{{") || here.starts_with(b"{%")
        });
        let Some(open) = open else {
            self.push_text(nodes, rest, false);
            self.at = self.text.len();
            return Ok(None);
        };
        let at = self.at + open;
        let is_tag = rest[open..].starts_with("{%");
        let inner = &rest[open + 2..];
        let (inner, trims_before) = inner.strip_prefix('-').map_or((inner, false), |inner| (inner, true));
        self.push_text(nodes, &rest[..open], trims_before);
        let close = if is_tag { "%}" } else { "}}" };
        let Some(end) = end_of(inner, close) else {
            return wrong(at, format!("`{}` is not closed by `{close}`", if is_tag { "{%" } else { "{{" }));
        };
        self.at = self.text.len() - inner.len() + end + 2;
        let inner = &inner[..end];
        let (inner, trims_behind) = inner.strip_suffix('-').map_or((inner, false), |inner| (inner, true));
        self.eats_blanks = trims_behind;
        Ok(Some(Mark { at, is_tag, inner }))
    }

    fn push_text(&mut self, nodes: &mut Vec<Node>, text: &str, trims_end: bool) {
        let text = if std::mem::take(&mut self.eats_blanks) { text.trim_start() } else { text };
        let text = if trims_end { text.trim_end() } else { text };
        if !text.is_empty() {
            nodes.push(Node::Text(text.into()));
        }
    }

    /// The text up to an end tag, as it is written.
    fn verbatim(&mut self, name: &str, at: usize) -> Parsed<&'t str> {
        let began = self.at;
        let mut from = began;
        while let Some(open) = self.text[from..].find("{%").map(|open| from + open) {
            let inner = &self.text[open + 2..];
            if let Some((tag, after)) = inner.split_once("%}")
                && tag.trim_matches('-').trim() == name
            {
                self.at = self.text.len() - after.len();
                self.eats_blanks = tag.ends_with('-');
                let text = &self.text[began..open];
                return Ok(if tag.starts_with('-') { text.trim_end() } else { text });
            }
            from = open + 2;
        }
        wrong(at, format!("there is no {{% {name} %}}"))
    }

    fn tag(&mut self, name: &str, markup: &'t str, at: usize) -> Parsed<Option<Node>> {
        Ok(Some(match name {
            "if" => self.conditional(markup, at, false)?,
            "unless" => self.conditional(markup, at, true)?,
            "case" => self.case(markup, at)?,
            "for" => self.repeat(markup, at, "endfor", false)?,
            "JSONArrayFor" => self.repeat(markup, at, "endJSONArrayFor", true)?,
            "assign" => {
                let Some((variable, value)) = markup.split_once('=') else {
                    return wrong(at, "assign: `name = value` was expected");
                };
                Node::Assign(self.variable(variable, at)?, self.piped(value, at)?)
            }
            "capture" => {
                let variable = self.variable(markup.trim().trim_matches(['"', '\'']), at)?;
                Node::Capture(variable, self.block(&["endcapture"])?.0)
            }
            "comment" => {
                self.verbatim("endcomment", at)?;
                return Ok(None);
            }
            "raw" => {
                // Blanks around are the inner text's.
                let eats_blanks = self.eats_blanks;
                let text = self.verbatim("endraw", at)?;
                Node::Text(if eats_blanks { text.trim_start() } else { text }.into())
            }
            "cycle" => self.cycle(markup, at)?,
            "increment" => Node::Count(self.variable(markup, at)?, 1),
            "decrement" => Node::Count(self.variable(markup, at)?, -1),
            "break" => Node::Break,
            "continue" => Node::Continue,
            other => {
                let hint = match suggest(other, TAGS) {
                    Some(meant) => format!("; did you mean `{meant}`?"),
                    None => String::new(),
                };
                return wrong(at, format!("`{}` is no tag that stands here{hint}", shown(other)));
            }
        }))
    }

    fn variable(&self, text: &str, at: usize) -> Parsed<Box<str>> {
        let text = text.trim();
        match words(text).as_deref() {
            Ok([Word::Name(name)]) => Ok(name.as_str().into()),
            _ => wrong(at, format!("`{}` is not the name of a variable", shown(text))),
        }
    }

    fn conditional(&mut self, markup: &'t str, at: usize, is_reversed: bool) -> Parsed<Node> {
        const ENDS: [[&str; 3]; 2] = [["else", "elsif", "endif"], ["else", "elsif", "endunless"]];
        let mut branches = Vec::new();
        let condition = self.condition(markup, at)?;
        let mut condition = if is_reversed { Condition::Not(Box::new(condition)) } else { condition };
        let mut can_go_on = true;
        loop {
            let (body, end) = self.block(&ENDS[usize::from(is_reversed)])?;
            branches.push((condition, body));
            let end = end.expect("a block with ends has one");
            condition = match end.name {
                "elsif" if can_go_on => self.condition(end.markup, end.at)?,
                "else" if can_go_on => {
                    can_go_on = false;
                    Condition::Always
                }
                "elsif" | "else" => return wrong(end.at, format!("`{}` behind `else`", end.name)),
                _ => return Ok(Node::If(branches.into())),
            };
        }
    }

    fn case(&mut self, markup: &'t str, at: usize) -> Parsed<Node> {
        let mut cursor = self.cursor(markup, at)?;
        let of = cursor.expr()?;
        cursor.end()?;
        const ENDS: [&str; 3] = ["when", "else", "endcase"];
        let mut end = self.block(&ENDS)?.1.expect("a block with ends has one");
        let mut whens = Vec::new();
        loop {
            let values: Box<[Expr]> = match end.name {
                "when" => {
                    let mut cursor = self.cursor(end.markup, end.at)?;
                    let mut values = vec![cursor.expr()?];
                    while cursor.takes(",") || cursor.takes_name("or") {
                        values.push(cursor.expr()?);
                    }
                    cursor.end()?;
                    values.into()
                }
                "else" => Box::default(),
                _ => return Ok(Node::Case { of, whens: whens.into() }),
            };
            let (body, next) = self.block(&ENDS)?;
            whens.push(When { values, body });
            end = next.expect("a block with ends has one");
        }
    }

    fn repeat(&mut self, markup: &'t str, at: usize, end: &str, has_commas: bool) -> Parsed<Node> {
        let mut cursor = self.cursor(markup, at)?;
        let Some(variable) = cursor.name() else {
            return wrong(at, "for: `item in list` was expected");
        };
        if !cursor.takes_name("in") {
            return wrong(at, "for: `in` was expected behind the variable");
        }
        let of = cursor.expr()?;
        let (mut is_reversed, mut limit, mut offset) = (false, None, None);
        while let Some(name) = cursor.name() {
            match name.as_str() {
                "reversed" => is_reversed = true,
                "limit" | "offset" => {
                    if !cursor.takes(":") {
                        return wrong(at, format!("for: `:` was expected behind `{name}`"));
                    }
                    let value = cursor.expr()?;
                    *(if name == "limit" { &mut limit } else { &mut offset }) = Some(value);
                }
                other => {
                    return wrong(
                        at,
                        format!("for: `{}` is not `reversed`, `limit` or `offset`", shown(other)),
                    );
                }
            }
            cursor.takes(",");
        }
        cursor.end()?;
        let mut ends = vec!["else", end];
        let (body, stop) = self.block(&ends)?;
        let otherwise = match stop.is_some_and(|stop| stop.name == "else") {
            true => {
                ends.remove(0);
                self.block(&ends)?.0
            }
            false => Box::default(),
        };
        let variable = variable.into();
        Ok(Node::For(Box::new(For { variable, of, is_reversed, limit, offset, body, otherwise, has_commas })))
    }

    fn cycle(&mut self, markup: &'t str, at: usize) -> Parsed<Node> {
        let mut cursor = self.cursor(markup, at)?;
        let mut values = vec![cursor.expr()?];
        let mut group: Box<str> = markup.trim().into();
        if cursor.takes(":") {
            group = format!("{:?}", values[0]).into();
            values = vec![cursor.expr()?];
        }
        while cursor.takes(",") {
            values.push(cursor.expr()?);
        }
        cursor.end()?;
        Ok(Node::Cycle { group, values: values.into() })
    }

    /// `a == b and c or d`: what stands right binds first, as DotLiquid has it.
    fn condition(&mut self, markup: &str, at: usize) -> Parsed<Condition> {
        let mut cursor = self.cursor(markup, at)?;
        let mut terms = vec![cursor.comparison()?];
        let mut joints = Vec::new();
        loop {
            let is_and = cursor.takes_name("and");
            if !is_and && !cursor.takes_name("or") {
                break;
            }
            joints.push(is_and);
            terms.push(cursor.comparison()?);
        }
        cursor.end()?;
        let mut condition = terms.pop().expect("there is a term");
        while let (Some(term), Some(is_and)) = (terms.pop(), joints.pop()) {
            let both = Box::new((term, condition));
            condition = if is_and { Condition::And(both) } else { Condition::Or(both) };
        }
        Ok(condition)
    }

    fn piped(&mut self, markup: &str, at: usize) -> Parsed<Piped> {
        let mut cursor = self.cursor(markup, at)?;
        if cursor.is_at_end() {
            return Ok(Piped { of: Expr::Nil, filters: Box::default() });
        }
        let of = cursor.expr()?;
        let mut filters = Vec::new();
        while cursor.takes("|") {
            let Some(name) = cursor.name() else {
                return wrong(at, "the name of a filter was expected behind `|`");
            };
            let Some(filter) = Filter::named(&name) else {
                let hint = match suggest(&name, Filter::names()) {
                    Some(meant) => format!("; did you mean `{meant}`?"),
                    None => String::new(),
                };
                return wrong(at, format!("`{}` is no filter{hint}", shown(&name)));
            };
            let mut arguments = Vec::new();
            if cursor.takes(":") {
                arguments.push(cursor.expr()?);
                while cursor.takes(",") {
                    arguments.push(cursor.expr()?);
                }
            }
            let (min, max) = filter.arguments();
            if !(min..=max).contains(&arguments.len()) {
                let count = if min == max { min.to_string() } else { format!("{min} to {max}") };
                let message =
                    format!("the filter {name} takes {count} arguments, {} are given", arguments.len());
                return wrong(at, message);
            }
            filters.push((filter, arguments.into()));
        }
        cursor.end()?;
        Ok(Piped { of, filters: filters.into() })
    }

    fn cursor(&mut self, markup: &str, at: usize) -> Parsed<Cursor<'_>> {
        match words(markup) {
            Ok(mut words) => {
                words.reverse();
                Ok(Cursor { words, at, depth: 0, reads_body: &mut self.reads_body })
            }
            Err(message) => wrong(at, message),
        }
    }
}

/// Where markup ends: not within a quoted text.
fn end_of(inner: &str, close: &str) -> Option<usize> {
    let mut quote = None;
    let mut unquoted = None;
    for (at, char) in inner.char_indices() {
        if inner[at..].starts_with(close) {
            if quote.is_none() {
                return Some(at);
            }
            unquoted.get_or_insert(at);
        }
        match (char, quote) {
            ('"' | '\'', None) => quote = Some(char),
            (char, Some(open)) if char == open => quote = None,
            _ => {}
        }
    }
    // A lone quote hides nothing.
    unquoted
}

/// Goes through the words of one piece of markup.
struct Cursor<'p> {
    /// The next one last.
    words: Vec<Word>,
    at: usize,
    depth: usize,
    reads_body: &'p mut bool,
}

impl Cursor<'_> {
    fn is_at_end(&self) -> bool {
        self.words.is_empty()
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_it = matches!(self.words.last(), Some(Word::Sign(known)) if *known == sign);
        if is_it {
            self.words.pop();
        }
        is_it
    }

    fn takes_name(&mut self, name: &str) -> bool {
        let is_it = matches!(self.words.last(), Some(Word::Name(known)) if known == name);
        if is_it {
            self.words.pop();
        }
        is_it
    }

    fn name(&mut self) -> Option<String> {
        match self.words.pop() {
            Some(Word::Name(name)) => Some(name),
            Some(other) => {
                self.words.push(other);
                None
            }
            None => None,
        }
    }

    fn end(&self) -> Parsed<()> {
        match self.words.last() {
            None => Ok(()),
            Some(word) => {
                let word = match word {
                    Word::Name(name) | Word::Text(name) => shown(name),
                    Word::Int(number) => number.to_string(),
                    Word::Float(number) => number.to_string(),
                    Word::Sign(sign) => (*sign).to_owned(),
                };
                wrong(self.at, format!("`{word}` was not expected"))
            }
        }
    }

    fn comparison(&mut self) -> Parsed<Condition> {
        let left = self.expr()?;
        let sign = match self.words.last() {
            Some(Word::Sign("==")) => Comparison::Equal,
            Some(Word::Sign("!=")) => Comparison::NotEqual,
            Some(Word::Sign("<")) => Comparison::Less,
            Some(Word::Sign("<=")) => Comparison::LessOrEqual,
            Some(Word::Sign(">")) => Comparison::Greater,
            Some(Word::Sign(">=")) => Comparison::GreaterOrEqual,
            Some(Word::Name(name)) if name.eq_ignore_ascii_case("contains") => Comparison::Contains,
            _ => return Ok(Condition::Holds(left)),
        };
        self.words.pop();
        Ok(Condition::Compare(left, sign, self.expr()?))
    }

    fn expr(&mut self) -> Parsed<Expr> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return wrong(self.at, format!("brackets stand in each other more than {NESTING_MAX} deep"));
        }
        let expr = match self.words.pop() {
            Some(Word::Text(text)) => Expr::Text(text.into()),
            Some(Word::Int(number)) => Expr::Int(number),
            Some(Word::Float(number)) => Expr::Float(number),
            Some(Word::Sign("(")) => {
                let from = self.expr()?;
                if !self.takes("..") {
                    return wrong(self.at, "`..` was expected in a range");
                }
                let to = self.expr()?;
                if !self.takes(")") {
                    return wrong(self.at, "`)` was expected behind a range");
                }
                Expr::Range(Box::new((from, to)))
            }
            Some(Word::Name(name)) => match name.as_str() {
                "nil" | "null" => Expr::Nil,
                "true" => Expr::Bool(true),
                "false" => Expr::Bool(false),
                "empty" | "blank" => Expr::Empty,
                _ => {
                    *self.reads_body |= name == "body";
                    Expr::Path(name.into(), self.keys()?)
                }
            },
            _ => return wrong(self.at, "a value was expected"),
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn keys(&mut self) -> Parsed<Box<[Key]>> {
        let mut keys = Vec::new();
        loop {
            if self.takes(".") {
                match self.words.pop() {
                    Some(Word::Name(name)) => {
                        // DotLiquid's words may end with a question mark.
                        self.takes("?");
                        keys.push(Key::Name(name.into()));
                    }
                    Some(Word::Int(index)) => keys.push(Key::Index(Expr::Int(index))),
                    _ => return wrong(self.at, "a name was expected behind `.`"),
                }
            } else if self.takes("[") {
                let index = self.expr()?;
                if !self.takes("]") {
                    return wrong(self.at, "`]` was expected");
                }
                keys.push(Key::Index(index));
            } else {
                return Ok(keys.into());
            }
        }
    }
}
