//! From a syntax tree to something that runs: names, types, overloads and conversions are decided here,
//! once, and what does not fit is told in the words of a C# compiler.

mod access;
mod arguments;
mod assigned;
mod call;
mod constant;
mod convert;
mod create;
pub(crate) mod dynamic;
mod expr;
mod infer;
mod lambda;
mod operators;
mod pattern;
mod scope;
mod statements;
mod types;

pub use call::BODY_TAKEN;

use crate::diagnostic::{Diagnostic, Severity};
use crate::run::code::{Body, Lambda, Node};
use crate::span::Span;
use crate::syntax::ast::{self, Source};
use crate::types::Ty;
pub use scope::LOCALS_MAX;
use scope::{Function, Scope, Variable};
use std::collections::{BTreeMap, BTreeSet};

/// Most diagnostics of one expression.
pub const DIAGNOSTICS_MAX: usize = 50;
/// Deepest nesting of what is bound: brackets, statements, and members and calls in a chain.
pub const DEPTH_MAX: usize = 256;
/// Most nodes bound for one expression; overloads that differ by lambdas bind these more than once.
pub const BINDINGS_MAX: usize = 200_000;

/// What compiling gave.
pub struct Bind {
    /// There unless a diagnostic is an error.
    pub code: Option<Lambda>,
    /// Static type of the result.
    pub ty: Ty,
    pub diagnostics: Vec<Diagnostic>,
}

/// Binds an expression whose result must convert implicitly to `target`; `None` takes anything.
pub fn bind(source: &Source, target: Option<&Ty>) -> Bind {
    // Which variables lambdas share is known only afterwards; so if any are, all is done again.
    let first = Binder::new(BTreeSet::new()).whole(source, target);
    let mut bound = match first.1.is_empty() {
        true => first.0,
        false => Binder::new(first.1).whole(source, target).0,
    };
    if bound.code.is_some() {
        let unassigned = assigned::check(source);
        if !unassigned.is_empty() {
            bound.code = None;
            bound.diagnostics.extend(unassigned.into_iter().take(DIAGNOSTICS_MAX));
            bound.diagnostics.sort_by_key(|it| (it.span.start, it.span.end));
        }
    }
    bound
}

/// Whether a value of one type becomes one of another without a cast.
pub fn implicitly(from: &Ty, to: &Ty) -> bool {
    convert::implicit(from, to, None).is_some()
}

/// The type that a name means; [`Ty::Unknown`] where it means none.
pub(crate) fn type_of(name: &ast::TypeName) -> Ty {
    Binder::new(BTreeSet::new()).ty(name)
}

/// Whether a value of static type `value` may be cast to `to` once nothing but `object` is known of it: what
/// is boxed comes out as what went in, and nothing is converted.
pub fn may_be(value: &Ty, to: &Ty) -> bool {
    let bare = |ty: &Ty| ty.nullable_of().unwrap_or(ty).clone();
    convert::may_be(&bare(value), &bare(to))
}

/// A value expression.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) node: Node,
    pub(crate) ty: Ty,
    /// Of an integral constant.
    pub(crate) constant: Option<i128>,
    pub(crate) span: Span,
}

impl Bound {
    fn new(node: Node, ty: Ty, span: Span) -> Self {
        Self { node, ty, constant: None, span }
    }

    /// Stands for something with a defect that was told.
    fn unknown(span: Span) -> Self {
        Self::new(Node::Const(crate::run::code::Const::Null), Ty::Unknown, span)
    }

    fn is_unknown(&self) -> bool {
        self.ty == Ty::Unknown
    }
}

/// Where a lambda stands, what it takes and must give, and what the functions around it take.
type LambdaKey = (Span, Vec<Ty>, Option<Ty>, Vec<Vec<Ty>>);

pub(crate) struct Binder {
    diagnostics: Vec<Diagnostic>,
    functions: Vec<Function>,
    scopes: Vec<Scope>,
    variables: Vec<Variable>,
    /// Spans of declarations of variables that lambdas share, from the pass before.
    shared: BTreeSet<Span>,
    /// The same, of this pass.
    captured: BTreeSet<Span>,
    bindings: usize,
    /// Nesting of what is being bound.
    depth: usize,
    /// How many receivers are on the stack here.
    receivers: u8,
    /// Types of the receivers of conditional accesses, innermost last, with their depth.
    conditional: Vec<(Ty, u8)>,
    /// What the functions around take, innermost last.
    taken: Vec<Vec<Ty>>,
    /// What lambdas give, for what they and the functions around take; overloads ask for it many times.
    results: BTreeMap<LambdaKey, Option<Ty>>,
    is_checked: bool,
    /// Within `unchecked`: constants wrap.
    wraps: bool,
}

impl Binder {
    fn new(shared: BTreeSet<Span>) -> Self {
        Self {
            diagnostics: Vec::new(),
            functions: vec![Function::default()],
            scopes: Vec::new(),
            variables: Vec::new(),
            shared,
            captured: BTreeSet::new(),
            bindings: 0,
            depth: 0,
            receivers: 0,
            conditional: Vec::new(),
            taken: Vec::new(),
            results: BTreeMap::new(),
            is_checked: false,
            wraps: false,
        }
    }

    fn whole(mut self, source: &Source, target: Option<&Ty>) -> (Bind, BTreeSet<Span>) {
        self.open();
        let (body, ty) = match source {
            Source::Expression(expr) => {
                let value = self.value(expr);
                let ty = value.ty.clone();
                let value = match target {
                    Some(target) => self.coerce(value, target),
                    None => value,
                };
                if ty == Ty::Void && target.is_none() {
                    self.error("CS0029", expr.span, "the expression has no value");
                }
                (Body::Expression(value.node), ty)
            }
            Source::Block(block) => self.function_body(block, target),
        };
        self.close();
        let function = self.functions.pop().unwrap_or_default();
        if self.bindings >= BINDINGS_MAX {
            // What was found so far is wrong as likely as not.
            let message = format!("the expression takes more than {BINDINGS_MAX} steps to be checked");
            let told = Diagnostic::error("HX0001", Span::new(0, 1), message);
            self.diagnostics = vec![told.hint("nest fewer lambdas: use variables for parts of it")];
        }
        let has_error = self.diagnostics.iter().any(|it| it.severity == Severity::Error);
        // Ways through the code are told of where all of it has a meaning.
        let is_flow = |it: &Diagnostic| matches!(it.code, "CS0161" | "CS0165" | "CS1643");
        if self.diagnostics.iter().any(|it| it.severity == Severity::Error && !is_flow(it)) {
            self.diagnostics.retain(|it| !is_flow(it));
        }
        self.diagnostics.sort_by_key(|it| (it.span.start, it.span.end));
        self.diagnostics.dedup();
        let code = (!has_error).then_some(Lambda {
            parameters: 0,
            captures: Box::default(),
            shared_parameters: Box::default(),
            slots: function.slots,
            body,
        });
        (Bind { code, ty, diagnostics: self.diagnostics }, self.captured)
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.tell(Diagnostic::error(code, span, message));
    }

    fn tell(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < DIAGNOSTICS_MAX {
            self.diagnostics.push(diagnostic);
        } else if diagnostic.severity == Severity::Error
            && let Some(warning) = self.diagnostics.iter_mut().find(|it| it.severity == Severity::Warning)
        {
            // An error must not be lost among warnings.
            *warning = diagnostic;
        }
    }

    /// True where no more is told, so that nobody needs to look for what was meant.
    fn is_full(&self) -> bool {
        self.diagnostics.len() >= DIAGNOSTICS_MAX
            && self.diagnostics.iter().all(|it| it.severity == Severity::Error)
    }

    /// Runs something whose diagnostics may be thrown away.
    fn attempt<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> (T, Vec<Diagnostic>) {
        let before = std::mem::take(&mut self.diagnostics);
        let result = run(self);
        (result, std::mem::replace(&mut self.diagnostics, before))
    }

    /// Goes a level deeper; `None`, and told, where that is too deep.
    fn deeper<T>(&mut self, span: Span, run: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEPTH_MAX {
            let message = format!("the expression is nested or chained more than {DEPTH_MAX} deep");
            self.tell(Diagnostic::error("CS8078", span, message).hint("use variables for parts of it"));
            return None;
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        Some(result)
    }

    /// Counts a binding; false past the bound.
    fn count(&mut self) -> bool {
        self.bindings += 1;
        self.bindings < BINDINGS_MAX
    }

    /// A value expression of a statement or another expression.
    fn value(&mut self, expr: &ast::Expr) -> Bound {
        let item = self.item(expr);
        self.as_value(item, expr.span)
    }
}
