//! What an expression takes from the request that other policies leave there: variables and bodies.
//!
//! Seen in its syntax tree alone, along the ways people write: through casts, brackets, `?.` and locals. So
//! what is found is there, and what is written in another way is not found.

use std::collections::BTreeMap;

use crate::bind::type_of;
use crate::span::Span;
use crate::syntax::ast::{
    Argument, ArgumentValue, Block, Expr, ExprKind, ForInitialiser, FunctionBody, Initialiser,
    InitialiserTarget, InitialiserValue, Interpolation, Literal, LocalDeclaration, Pattern, Source, Stmt,
    StmtKind, SwitchLabel, TypeName, UsingResource,
};
use crate::types::{Known, Ty};

/// What an expression reads, in the order of its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    pub variables: Vec<VariableRead>,
    pub bodies: Vec<BodyRead>,
}

/// A look at a variable whose name is written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableRead {
    pub name: String,
    pub how: How,
    /// Bytes of the expression's source text.
    pub span: Span,
}

/// How a variable is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// `Variables["n"]`: an exception where there is none.
    Indexed,
    /// `(T)Variables["n"]`: an exception where it holds something else.
    Cast(Ty),
    /// `Variables["n"] as T`: null where it holds something else.
    As(Ty),
    /// `GetValueOrDefault<T>("n")`: an exception where it holds something else. [`Ty::Unknown`] where
    /// the type follows from a default that is not written out.
    Default(Ty),
    /// `ContainsKey("n")`, `TryGetValue("n", …)`: whether it is there.
    Asked,
}

/// A body is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyRead {
    pub of: BodyOf,
    /// With `preserveContent`, or something that may be true in its place.
    pub keeps: bool,
    /// The name of the method.
    pub span: Span,
}

/// Whose body it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BodyOf {
    Request,
    Response,
    /// Of a response that a variable holds.
    Variable(String),
}

/// What a tree reads.
pub(crate) fn reads(source: &Source) -> Reads {
    let mut reader = Reader { found: Reads::default(), locals: BTreeMap::new(), receivers: Vec::new() };
    match source {
        Source::Expression(expr) => {
            reader.expr(expr);
        }
        Source::Block(block) => reader.block(block),
    }
    reader.found
}

/// What an expression stands for, as far as it matters here.
#[derive(Debug, Clone)]
enum Thing {
    Context,
    Request,
    Response,
    Variables,
    /// What a variable holds; boxed until it is cast.
    Variable(String, bool),
    Body(BodyOf),
}

struct Reader {
    found: Reads,
    locals: BTreeMap<String, Thing>,
    /// What stands before the `?.` that are open.
    receivers: Vec<Option<Thing>>,
}

impl Reader {
    fn block(&mut self, block: &Block) {
        block.statements.iter().for_each(|it| self.statement(it));
    }

    fn statement(&mut self, statement: &Stmt) {
        match &statement.kind {
            StmtKind::Empty | StmtKind::Break | StmtKind::Continue => {}
            StmtKind::Block(body) | StmtKind::Checked { body, .. } => self.block(body),
            StmtKind::Local(local) => self.local(local),
            StmtKind::Expression(expr) => self.all([expr]),
            StmtKind::If { condition, then, otherwise } => {
                self.expr(condition);
                self.statement(then);
                otherwise.iter().for_each(|it| self.statement(it));
            }
            StmtKind::While { condition, body } => {
                self.expr(condition);
                self.statement(body);
            }
            StmtKind::DoWhile { body, condition } => {
                self.statement(body);
                self.expr(condition);
            }
            StmtKind::For { initialisers, condition, iterators, body } => {
                match initialisers {
                    ForInitialiser::Local(local) => self.local(local),
                    ForInitialiser::Expressions(all) => self.all(all),
                }
                self.all(condition);
                self.statement(body);
                self.all(iterators);
            }
            StmtKind::ForEach { name, collection, body, .. } => {
                self.expr(collection);
                self.locals.remove(&name.text);
                self.statement(body);
            }
            StmtKind::Switch { subject, sections } => {
                self.expr(subject);
                for section in sections {
                    for label in &section.labels {
                        if let SwitchLabel::Case { pattern, when, .. } = label {
                            self.pattern(pattern);
                            self.all(when);
                        }
                    }
                    section.statements.iter().for_each(|it| self.statement(it));
                }
            }
            StmtKind::Try { body, catches, finally } => {
                self.block(body);
                for catch in catches {
                    self.all(&catch.when);
                    self.block(&catch.body);
                }
                finally.iter().for_each(|it| self.block(it));
            }
            StmtKind::Throw(value) | StmtKind::Return(value) => self.all(value),
            StmtKind::Using { resource, body } => {
                match resource {
                    UsingResource::Local(local) => self.local(local),
                    UsingResource::Expression(expr) => self.all([expr]),
                }
                self.statement(body);
            }
            StmtKind::LocalFunction(function) => self.function(&function.body),
        }
    }

    fn local(&mut self, local: &LocalDeclaration) {
        for (name, value) in &local.variables {
            match value.as_ref().and_then(|value| self.expr(value)) {
                Some(thing) => self.locals.insert(name.text.clone(), thing),
                None => self.locals.remove(&name.text),
            };
        }
    }

    fn function(&mut self, body: &FunctionBody) {
        match body {
            FunctionBody::Expression(expr) => self.all([&**expr]),
            FunctionBody::Block(block) => self.block(block),
        }
    }

    fn all<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    fn arguments(&mut self, arguments: &[Argument]) {
        for argument in arguments {
            match &argument.value {
                ArgumentValue::Value(expr) | ArgumentValue::Out(expr) | ArgumentValue::Ref(expr) => {
                    self.all([expr]);
                }
                ArgumentValue::OutLocal { name, .. } => {
                    self.locals.remove(&name.text);
                }
            }
        }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::Constant(expr) => self.all([&**expr]),
            Pattern::Declaration { name, .. } => {
                self.locals.remove(&name.text);
            }
            Pattern::Type(_) => {}
        }
    }

    fn initialiser(&mut self, initialiser: &Initialiser) {
        match initialiser {
            Initialiser::Elements(elements) => elements.iter().for_each(|element| self.all(element)),
            Initialiser::Members(members) => {
                for member in members {
                    if let InitialiserTarget::Index(arguments) = &member.target {
                        self.arguments(arguments);
                    }
                    match &member.value {
                        InitialiserValue::Expr(expr) => self.all([expr]),
                        InitialiserValue::Nested(nested) => self.initialiser(nested),
                    }
                }
            }
        }
    }

    /// Reads an expression and says what it stands for. The tree's height is bounded by its parser.
    fn expr(&mut self, expr: &Expr) -> Option<Thing> {
        match &expr.kind {
            ExprKind::Name { name, .. } => match self.locals.get(&name.text) {
                Some(thing) => return Some(thing.clone()),
                None if name.text == "context" => return Some(Thing::Context),
                None => {}
            },
            ExprKind::Receiver => return self.receivers.last().cloned().flatten(),
            ExprKind::Parenthesised(inner) | ExprKind::Checked { operand: inner, .. } => {
                return self.expr(inner);
            }
            ExprKind::Member { target, name, .. } => return member(self.expr(target)?, &name.text),
            ExprKind::Index { target, arguments } => {
                let target = self.expr(target);
                self.arguments(arguments);
                if let Some(Thing::Variables) = target {
                    return self.variable(text_of(arguments.first()?)?, How::Indexed, expr.span, true);
                }
            }
            ExprKind::Call { target, arguments } => return self.call(target, arguments, expr.span),
            ExprKind::Conditional { target, chain } => {
                let receiver = self.expr(target);
                self.receivers.push(receiver);
                let thing = self.expr(chain);
                self.receivers.pop();
                return thing;
            }
            ExprKind::Cast { ty, operand } => return self.converted(operand, ty, How::Cast, expr.span),
            ExprKind::As { operand, ty } => return self.converted(operand, ty, How::As, expr.span),
            ExprKind::Is { operand, pattern } => {
                self.expr(operand);
                self.pattern(pattern);
            }
            ExprKind::Unary { operand, .. } => self.all([&**operand]),
            ExprKind::Binary { left, right, .. } => self.all([&**left, &**right]),
            ExprKind::Assign { target, value, .. } => {
                let thing = self.expr(value);
                if let ExprKind::Name { name, .. } = &target.kind {
                    match thing {
                        Some(thing) => self.locals.insert(name.text.clone(), thing),
                        None => self.locals.remove(&name.text),
                    };
                } else {
                    self.expr(target);
                }
            }
            ExprKind::Step { target, .. } => self.all([&**target]),
            ExprKind::Ternary { condition, then, otherwise } => {
                self.all([&**condition, &**then, &**otherwise]);
            }
            ExprKind::New { arguments, initialiser, .. } => {
                self.arguments(arguments);
                initialiser.iter().for_each(|it| self.initialiser(it));
            }
            ExprKind::NewAnonymous(members) => self.all(members.iter().map(|(_, value)| value)),
            ExprKind::NewArray { sizes, items, .. } => {
                self.all(sizes);
                self.all(items.iter().flatten());
            }
            ExprKind::ArrayInitialiser(items) => self.all(items),
            ExprKind::Lambda { body, .. } => self.function(body),
            ExprKind::Tuple(items) => self.all(items.iter().map(|(_, value)| value)),
            ExprKind::Throw(inner) => self.all([&**inner]),
            ExprKind::Interpolated(parts) => {
                for part in parts {
                    if let Interpolation::Hole { value, .. } = part {
                        self.expr(value);
                    }
                }
            }
            ExprKind::Literal(_)
            | ExprKind::Keyword(_)
            | ExprKind::Default(_)
            | ExprKind::NameOf(_)
            | ExprKind::TypeOf(_) => {}
        }
        None
    }

    fn call(&mut self, target: &Expr, arguments: &[Argument], span: Span) -> Option<Thing> {
        let ExprKind::Member { target: receiver, name, arguments: types } = &target.kind else {
            self.expr(target);
            self.arguments(arguments);
            return None;
        };
        let receiver = self.expr(receiver);
        self.arguments(arguments);
        match (receiver?, name.text.as_str()) {
            (Thing::Variables, "ContainsKey" | "TryGetValue") => {
                self.variable(text_of(arguments.first()?)?, How::Asked, span, false);
                None
            }
            (Thing::Variables, "GetValueOrDefault") => {
                let ty = match types.first() {
                    Some(ty) => type_of(ty),
                    None => arguments.get(1).and_then(value_of).map_or(Ty::Unknown, type_of_default),
                };
                let is_boxed = ty.is(Known::Object);
                self.variable(text_of(arguments.first()?)?, How::Default(ty), span, is_boxed)
            }
            (Thing::Body(of), method) if method.starts_with("As") => {
                let keeps = arguments.iter().any(keeps_content);
                self.found.bodies.push(BodyRead { of, keeps, span: name.span });
                None
            }
            _ => None,
        }
    }

    fn variable(&mut self, name: &str, how: How, span: Span, is_boxed: bool) -> Option<Thing> {
        self.found.variables.push(VariableRead { name: name.to_owned(), how, span });
        Some(Thing::Variable(name.to_owned(), is_boxed))
    }

    fn converted(&mut self, operand: &Expr, ty: &TypeName, how: fn(Ty) -> How, span: Span) -> Option<Thing> {
        let thing = self.expr(operand)?;
        let Thing::Variable(name, true) = thing else { return Some(thing) };
        self.variable(&name, how(type_of(ty)), span, false)
    }
}

fn member(of: Thing, name: &str) -> Option<Thing> {
    Some(match (of, name) {
        (Thing::Context, "Request") => Thing::Request,
        (Thing::Context, "Response") => Thing::Response,
        (Thing::Context, "Variables") => Thing::Variables,
        (Thing::Request, "Body") => Thing::Body(BodyOf::Request),
        (Thing::Response, "Body") => Thing::Body(BodyOf::Response),
        (Thing::Variable(name, _), "Body") => Thing::Body(BodyOf::Variable(name)),
        _ => return None,
    })
}

fn value_of(argument: &Argument) -> Option<&Expr> {
    match &argument.value {
        ArgumentValue::Value(expr) => Some(expr),
        _ => None,
    }
}

fn text_of(argument: &Argument) -> Option<&str> {
    match &value_of(argument)?.kind {
        ExprKind::Literal(Literal::String(text)) => Some(text),
        _ => None,
    }
}

/// The type of a default that is written out.
fn type_of_default(default: &Expr) -> Ty {
    match &default.kind {
        ExprKind::Literal(Literal::String(_)) | ExprKind::Interpolated(_) => Ty::string(),
        ExprKind::Literal(Literal::Bool(_)) => Ty::bool(),
        ExprKind::Literal(Literal::Int(_)) => Ty::int(),
        _ => Ty::Unknown,
    }
}

fn keeps_content(argument: &Argument) -> bool {
    let is_named = argument.name.as_ref().is_none_or(|name| name.text == "preserveContent");
    let is_false = |expr: &Expr| expr.kind == ExprKind::Literal(Literal::Bool(false));
    is_named && value_of(argument).is_some_and(|expr| !is_false(expr))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let read = reads(&crate::syntax::parse(source).expect(source));
        let text = |span: Span| &source[span.start..span.end];
        let variables = read.variables.iter().map(|it| format!("{} {:?} {}", it.name, it.how, text(it.span)));
        let bodies = read.bodies.iter().map(|it| format!("{:?} {} {}", it.of, it.keeps, text(it.span)));
        variables.chain(bodies).collect()
    }

    #[test]
    fn variables_are_found_however_they_are_looked_at() {
        for (source, expected) in [
            (
                r#"@((int)context.Variables["n"])"#,
                &[r#"n Indexed context.Variables["n"]"#, r#"n Cast(int) (int)context.Variables["n"]"#][..],
            ),
            (
                r#"@((context.Variables["n"] as string).Length)"#,
                &[r#"n Indexed context.Variables["n"]"#, r#"n As(string) context.Variables["n"] as string"#],
            ),
            (
                r#"@{ var v = context.Variables; var x = v["n"]; return (bool)x; }"#,
                &[r#"n Indexed v["n"]"#, "n Cast(bool) (bool)x"],
            ),
            // The type argument converts already: the cast is one of numbers.
            (
                r#"@((long)context.Variables.GetValueOrDefault<int>("n"))"#,
                &[r#"n Default(int) context.Variables.GetValueOrDefault<int>("n")"#],
            ),
            (
                r#"@(context.Variables.GetValueOrDefault("n", "x") + context.Variables?["m"])"#,
                &[
                    r#"n Default(string) context.Variables.GetValueOrDefault("n", "x")"#,
                    r#"m Indexed ?["m"]"#,
                ],
            ),
            (
                r#"@(context.Variables.ContainsKey("n") ? 1 : 2)"#,
                &[r#"n Asked context.Variables.ContainsKey("n")"#],
            ),
            (r#"@(context.Variables[context.Api.Id] != other.Variables["n"])"#, &[]),
            (r#"@{ foreach (var context in new[] { 1 }) { } return 1; }"#, &[]),
        ] {
            assert_eq!(found(source), expected, "{source}");
        }
    }

    #[test]
    fn bodies_are_found_with_what_becomes_of_them() {
        for (source, expected) in [
            ("@(context.Request.Body.As<string>())", &["Request false As"][..]),
            ("@(context.Request.Body?.As<JObject>(preserveContent: true))", &["Request true As"]),
            ("@(context.Response?.Body.AsJObject(false))", &["Response false AsJObject"]),
            (
                "@{ var r = context.Response; var b = r.Body; return b.As<string>(context.Tracing); }",
                &["Response true As"],
            ),
            (
                r#"@(((IResponse)context.Variables["r"]).Body.As<string>())"#,
                &[
                    r#"r Indexed context.Variables["r"]"#,
                    r#"r Cast(IResponse) (IResponse)context.Variables["r"]"#,
                    r#"Variable("r") false As"#,
                ],
            ),
            (
                "@{ if (true) { return $\"{context.Request.Body.As<string>(true)}\"; } return \"\"; }",
                &["Request true As"],
            ),
            ("@(Foo.Body.As<string>())", &[]),
        ] {
            assert_eq!(found(source), expected, "{source}");
        }
    }
}
