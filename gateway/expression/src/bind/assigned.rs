//! Definite assignment, ECMA-334 clause 9.4: a local variable is not read before it has a value.
//!
//! Goes over the syntax tree once, with what is assigned for certain at each place. It is told only where
//! nothing else is wrong, so names are known to be good.

use smallvec::SmallVec;

use crate::diagnostic::Diagnostic;
use crate::syntax::ast::{
    Argument, ArgumentValue, BinaryOp, Block, Catch, Expr, ExprKind, ForInitialiser, FunctionBody,
    Initialiser, InitialiserTarget, InitialiserValue, Interpolation, Literal, LocalDeclaration,
    LocalFunction, Name, Parameter, Pattern, Source, Stmt, StmtKind, SwitchLabel, SwitchSection, UnaryOp,
    UsingResource,
};

/// Tells each variable that may be read before it is assigned, at the first such place.
pub(super) fn check(source: &Source) -> Vec<Diagnostic> {
    let mut flow = Flow::default();
    match source {
        Source::Expression(expr) => {
            flow.expr(expr, State::default());
        }
        Source::Block(block) => {
            flow.block(block, State::default());
        }
    }
    flow.diagnostics
}

/// What is assigned for certain; everything, where nothing ever gets.
#[derive(Debug, Clone, Default)]
struct State {
    is_dead: bool,
    words: SmallVec<[u64; 2]>,
}

impl State {
    /// Everything that was declared so far.
    fn full(variables: usize) -> Self {
        Self { is_dead: false, words: SmallVec::from_elem(u64::MAX, variables.div_ceil(64)) }
    }

    fn dead() -> Self {
        Self { is_dead: true, ..Self::default() }
    }

    fn has(&self, id: usize) -> bool {
        self.is_dead || self.words.get(id / 64).is_some_and(|word| word >> (id % 64) & 1 == 1)
    }

    fn set(&mut self, id: usize, is_assigned: bool) {
        if self.words.len() <= id / 64 {
            self.words.resize(id / 64 + 1, 0);
        }
        let bit = 1 << (id % 64);
        match is_assigned {
            true => self.words[id / 64] |= bit,
            false => self.words[id / 64] &= !bit,
        }
    }

    /// What holds on both ways to a place.
    fn join(self, other: Self) -> Self {
        match (self.is_dead, other.is_dead) {
            (true, _) => other,
            (_, true) => self,
            _ => Self {
                is_dead: false,
                words: self.words.iter().zip(&other.words).map(|(one, two)| one & two).collect(),
            },
        }
    }

    /// What holds after both, one after the other.
    fn then(mut self, other: &Self) -> Self {
        self.is_dead |= other.is_dead;
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        self.words.iter_mut().zip(&other.words).for_each(|(one, two)| *one |= two);
        self
    }
}

/// Where `break` and `continue` lead.
struct Target {
    breaks: State,
    /// `None` for a `switch`.
    continues: Option<State>,
}

/// What a name means.
#[derive(Clone, Copy)]
enum Meaning {
    /// Something that may lack a value.
    Variable(usize),
    /// Something that always has one.
    Valued,
    Function(usize),
}

#[derive(Default)]
struct Flow<'s> {
    /// Names in scope, innermost last.
    names: Vec<(String, Meaning)>,
    variables: usize,
    /// Local functions, and what a call of each assigns, once it was asked for.
    functions: Vec<(&'s LocalFunction, Option<State>)>,
    targets: Vec<Target>,
    /// What is assigned where the function around returns.
    returns: State,
    /// While only what is assigned is of interest.
    is_quiet: bool,
    diagnostics: Vec<Diagnostic>,
}

impl<'s> Flow<'s> {
    fn declare(&mut self, name: &Name) -> usize {
        let id = self.variables;
        self.variables += 1;
        self.names.push((name.text.clone(), Meaning::Variable(id)));
        id
    }

    /// Declares what always has a value.
    fn hide(&mut self, name: &Name) {
        self.names.push((name.text.clone(), Meaning::Valued));
    }

    fn find(&self, name: &str) -> Option<Meaning> {
        self.names.iter().rev().find(|known| known.0 == name).map(|known| known.1)
    }

    fn read(&mut self, name: &Name, mut state: State) -> State {
        if let Some(Meaning::Variable(id)) = self.find(&name.text)
            && !self.is_quiet
            && !state.has(id)
        {
            let message = format!("the variable `{}` may have no value here", name.text);
            let hint = "give it a value where it is declared";
            self.diagnostics.push(Diagnostic::error("CS0165", name.span, message).hint(hint));
            state.set(id, true);
        }
        state
    }

    fn write(&mut self, target: &Expr, mut state: State) -> State {
        if let Some(name) = plain_name(target)
            && let Some(Meaning::Variable(id)) = self.find(&name.text)
        {
            state.set(id, true);
        }
        state
    }

    fn block(&mut self, block: &'s Block, state: State) -> State {
        let scope = self.names.len();
        let state = self.statements(&block.statements, state);
        self.names.truncate(scope);
        state
    }

    fn statements(&mut self, statements: &'s [Stmt], state: State) -> State {
        for statement in statements {
            if let StmtKind::LocalFunction(function) = &statement.kind {
                self.names.push((function.name.text.clone(), Meaning::Function(self.functions.len())));
                self.functions.push((function, None));
            }
        }
        statements.iter().fold(state, |state, statement| self.statement(statement, state))
    }

    fn statement(&mut self, statement: &'s Stmt, state: State) -> State {
        match &statement.kind {
            StmtKind::Empty => state,
            StmtKind::Block(block) | StmtKind::Checked { body: block, .. } => self.block(block, state),
            StmtKind::Local(local) => self.local(local, state),
            StmtKind::Expression(expr) => self.expr(expr, state),
            StmtKind::If { condition, then, otherwise } => {
                let (yes, no) = self.condition(condition, state);
                let yes = self.statement(then, yes);
                match otherwise {
                    Some(otherwise) => self.statement(otherwise, no).join(yes),
                    None => yes.join(no),
                }
            }
            StmtKind::While { condition, body } => {
                let (yes, no) = self.condition(condition, state);
                let (_, target) = self.looped(body, yes);
                no.join(target.breaks)
            }
            StmtKind::DoWhile { body, condition } => {
                let (end, target) = self.looped(body, state);
                let (_, no) = self.condition(condition, end);
                no.join(target.breaks)
            }
            StmtKind::For { initialisers, condition, iterators, body } => {
                let scope = self.names.len();
                let state = match initialisers {
                    ForInitialiser::Local(local) => self.local(local, state),
                    ForInitialiser::Expressions(exprs) => self.all(exprs, state),
                };
                let (yes, no) = match condition {
                    Some(condition) => self.condition(condition, state),
                    None => (state, State::dead()),
                };
                let (end, target) = self.looped(body, yes);
                self.all(iterators, end);
                self.names.truncate(scope);
                no.join(target.breaks)
            }
            StmtKind::ForEach { name, collection, body, .. } => {
                let state = self.expr(collection, state);
                let scope = self.names.len();
                self.hide(name);
                self.looped(body, state.clone());
                self.names.truncate(scope);
                state
            }
            StmtKind::Switch { subject, sections } => {
                let state = self.expr(subject, state);
                self.switch(sections, state)
            }
            StmtKind::Try { body, catches, finally } => {
                self.attempted(body, catches, finally.as_ref(), state)
            }
            StmtKind::Throw(value) => {
                if let Some(value) = value {
                    self.expr(value, state);
                }
                State::dead()
            }
            StmtKind::Return(value) => {
                let state = match value {
                    Some(value) => self.expr(value, state),
                    None => state,
                };
                self.returns = std::mem::take(&mut self.returns).join(state);
                State::dead()
            }
            StmtKind::Break => {
                if let Some(target) = self.targets.last_mut() {
                    target.breaks = std::mem::take(&mut target.breaks).join(state);
                }
                State::dead()
            }
            StmtKind::Continue => {
                let loops = self.targets.iter_mut().rev().find_map(|target| target.continues.as_mut());
                if let Some(continues) = loops {
                    *continues = std::mem::take(continues).join(state);
                }
                State::dead()
            }
            StmtKind::Using { resource, body } => {
                let scope = self.names.len();
                let state = match resource {
                    UsingResource::Local(local) => self.local(local, state),
                    UsingResource::Expression(expr) => self.expr(expr, state),
                };
                let state = self.statement(body, state);
                self.names.truncate(scope);
                state
            }
            StmtKind::LocalFunction(function) => {
                // What it reads of what stands around it has to have a value where it is called, which nothing
                // here looks at.
                self.function(&function.parameters, &function.body, State::full(self.variables));
                state
            }
        }
    }

    fn local(&mut self, local: &'s LocalDeclaration, mut state: State) -> State {
        for (name, value) in &local.variables {
            match value {
                Some(value) => {
                    state = self.expr(value, state);
                    self.hide(name);
                }
                None => {
                    let id = self.declare(name);
                    state.set(id, false);
                }
            }
        }
        state
    }

    /// The end of a loop's body, where its iterators go on, and what leaves it.
    fn looped(&mut self, body: &'s Stmt, state: State) -> (State, Target) {
        self.targets.push(Target { breaks: State::dead(), continues: Some(State::dead()) });
        let scope = self.names.len();
        let end = self.statement(body, state);
        self.names.truncate(scope);
        let mut target = self.targets.pop().expect("it was just put there");
        let continues = target.continues.take().unwrap_or_default();
        (end.join(continues), target)
    }

    fn switch(&mut self, sections: &'s [SwitchSection], state: State) -> State {
        self.targets.push(Target { breaks: State::dead(), continues: None });
        let has_default =
            sections.iter().flat_map(|it| &it.labels).any(|it| matches!(it, SwitchLabel::Default(_)));
        let scope = self.names.len();
        let mut end = if has_default { State::dead() } else { state.clone() };
        for section in sections {
            let inner = self.names.len();
            let mut start = State::dead();
            for label in &section.labels {
                start = start.join(match label {
                    SwitchLabel::Default(_) => state.clone(),
                    SwitchLabel::Case { pattern, when, .. } => {
                        let (matched, _) = self.pattern(pattern, state.clone());
                        match when {
                            Some(when) => self.condition(when, matched).0,
                            None => matched,
                        }
                    }
                });
            }
            end = end.join(self.statements(&section.statements, start));
            self.names.truncate(inner);
        }
        self.names.truncate(scope);
        let target = self.targets.pop().expect("it was just put there");
        end.join(target.breaks)
    }

    fn attempted(
        &mut self,
        body: &'s Block,
        catches: &'s [Catch],
        finally: Option<&'s Block>,
        state: State,
    ) -> State {
        let mut end = self.block(body, state.clone());
        for catch in catches {
            let scope = self.names.len();
            if let Some(name) = &catch.name {
                self.hide(name);
            }
            let start = match &catch.when {
                Some(when) => self.condition(when, state.clone()).0,
                None => state.clone(),
            };
            end = end.join(self.block(&catch.body, start));
            self.names.truncate(scope);
        }
        match finally {
            Some(finally) => {
                let after = self.block(finally, state);
                end.then(&after)
            }
            None => end,
        }
    }

    /// A lambda or local function, and what is assigned where it ends.
    fn function(&mut self, parameters: &[Parameter], body: &'s FunctionBody, state: State) -> State {
        let targets = std::mem::take(&mut self.targets);
        let returns = std::mem::replace(&mut self.returns, State::dead());
        let scope = self.names.len();
        parameters.iter().for_each(|parameter| self.hide(&parameter.name));
        let end = match body {
            FunctionBody::Expression(expr) => self.expr(expr, state),
            FunctionBody::Block(block) => self.block(block, state),
        };
        self.names.truncate(scope);
        self.targets = targets;
        end.join(std::mem::replace(&mut self.returns, returns))
    }

    /// What a call of a local function assigns.
    fn assigned_by(&mut self, at: usize) -> State {
        if let (_, Some(known)) = &self.functions[at] {
            return known.clone();
        }
        // A call of itself adds nothing.
        self.functions[at].1 = Some(State::default());
        let function = self.functions[at].0;
        let is_quiet = std::mem::replace(&mut self.is_quiet, true);
        let end = self.function(&function.parameters, &function.body, State::default());
        self.is_quiet = is_quiet;
        self.functions[at].1 = Some(end.clone());
        end
    }

    fn all(&mut self, exprs: &'s [Expr], state: State) -> State {
        exprs.iter().fold(state, |state, expr| self.expr(expr, state))
    }

    /// What is assigned where a condition holds, and where it does not.
    fn condition(&mut self, expr: &'s Expr, state: State) -> (State, State) {
        match &expr.kind {
            ExprKind::Literal(Literal::Bool(true)) => (state, State::dead()),
            ExprKind::Literal(Literal::Bool(false)) => (State::dead(), state),
            ExprKind::Parenthesised(inner) => self.condition(inner, state),
            ExprKind::Checked { operand, .. } => self.condition(operand, state),
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                let (yes, no) = self.condition(operand, state);
                (no, yes)
            }
            ExprKind::Binary { op: BinaryOp::AndAlso | BinaryOp::OrElse, .. } => {
                // Down the left side without recursion: it may be long.
                let mut terms = Vec::new();
                let mut first = expr;
                while let ExprKind::Binary {
                    op: op @ (BinaryOp::AndAlso | BinaryOp::OrElse),
                    left,
                    right,
                    ..
                } = &first.kind
                {
                    terms.push((*op, right));
                    first = left;
                }
                let (mut yes, mut no) = self.condition(first, state);
                for (op, right) in terms.into_iter().rev() {
                    (yes, no) = match op {
                        BinaryOp::AndAlso => {
                            let (both, not_right) = self.condition(right, yes);
                            (both, no.join(not_right))
                        }
                        _ => {
                            let (by_right, neither) = self.condition(right, no);
                            (yes.join(by_right), neither)
                        }
                    };
                }
                (yes, no)
            }
            ExprKind::Ternary { condition, then, otherwise } => {
                let (yes, no) = self.condition(condition, state);
                let (a, b) = (self.condition(then, yes), self.condition(otherwise, no));
                (a.0.join(b.0), a.1.join(b.1))
            }
            ExprKind::Is { operand, pattern } => {
                let state = self.expr(operand, state);
                self.pattern(pattern, state)
            }
            _ => {
                let state = self.expr(expr, state);
                (state.clone(), state)
            }
        }
    }

    /// Where a pattern matches, and where it does not.
    fn pattern(&mut self, pattern: &Pattern, state: State) -> (State, State) {
        match pattern {
            Pattern::Declaration { name, .. } if name.text != "_" => {
                let id = self.declare(name);
                let (mut yes, mut no) = (state.clone(), state);
                yes.set(id, true);
                no.set(id, false);
                (yes, no)
            }
            _ => (state.clone(), state),
        }
    }

    fn expr(&mut self, expr: &'s Expr, state: State) -> State {
        match &expr.kind {
            ExprKind::Literal(_)
            | ExprKind::Keyword(_)
            | ExprKind::Receiver
            | ExprKind::Default(_)
            | ExprKind::NameOf(_)
            | ExprKind::TypeOf(_) => state,
            ExprKind::Name { name, .. } => self.read(name, state),
            ExprKind::Interpolated(parts) => parts.iter().fold(state, |state, part| match part {
                Interpolation::Hole { value, .. } => self.expr(value, state),
                Interpolation::Text(_) => state,
            }),
            ExprKind::Member { target, .. } => self.expr(target, state),
            ExprKind::Index { target, arguments } | ExprKind::Call { target, arguments } => {
                let state = self.expr(target, state);
                let state = self.arguments(arguments, state);
                match plain_name(target).and_then(|name| self.find(&name.text)) {
                    Some(Meaning::Function(at)) => state.then(&self.assigned_by(at)),
                    _ => state,
                }
            }
            ExprKind::Conditional { target, chain } => {
                let state = self.expr(target, state);
                self.expr(chain, state.clone());
                state
            }
            ExprKind::Binary { op: BinaryOp::AndAlso | BinaryOp::OrElse, .. }
            | ExprKind::Unary { op: UnaryOp::Not, .. }
            | ExprKind::Is { .. } => {
                let (yes, no) = self.condition(expr, state);
                yes.join(no)
            }
            ExprKind::Binary { op: BinaryOp::Coalesce, left, right, .. } => {
                let state = self.expr(left, state);
                self.expr(right, state.clone());
                state
            }
            ExprKind::Binary { .. } => {
                let mut terms = Vec::new();
                let mut first = expr;
                while let ExprKind::Binary { op, left, right, .. } = &first.kind {
                    if matches!(op, BinaryOp::AndAlso | BinaryOp::OrElse | BinaryOp::Coalesce) {
                        break;
                    }
                    terms.push(right);
                    first = left;
                }
                let state = self.expr(first, state);
                terms.into_iter().rev().fold(state, |state, term| self.expr(term, state))
            }
            ExprKind::Assign { op, target, value } => {
                let state = match plain_name(target) {
                    Some(_) if op.is_none() => state,
                    _ => self.expr(target, state),
                };
                let state = self.expr(value, state);
                self.write(target, state)
            }
            ExprKind::Step { target, .. } => self.expr(target, state),
            ExprKind::Ternary { condition, then, otherwise } => {
                let (yes, no) = self.condition(condition, state);
                let yes = self.expr(then, yes);
                self.expr(otherwise, no).join(yes)
            }
            ExprKind::Unary { operand, .. }
            | ExprKind::Cast { operand, .. }
            | ExprKind::As { operand, .. }
            | ExprKind::Checked { operand, .. }
            | ExprKind::Parenthesised(operand) => self.expr(operand, state),
            ExprKind::New { arguments, initialiser, .. } => {
                let state = self.arguments(arguments, state);
                match initialiser {
                    Some(initialiser) => self.initialiser(initialiser, state),
                    None => state,
                }
            }
            ExprKind::NewAnonymous(members) => {
                members.iter().fold(state, |state, (_, value)| self.expr(value, state))
            }
            ExprKind::NewArray { sizes, items, .. } => {
                let state = self.all(sizes, state);
                self.all(items.as_deref().unwrap_or_default(), state)
            }
            ExprKind::ArrayInitialiser(items) => self.all(items, state),
            ExprKind::Lambda { parameters, body } => {
                self.function(parameters, body, state.clone());
                state
            }
            ExprKind::Tuple(items) => items.iter().fold(state, |state, (_, item)| self.expr(item, state)),
            ExprKind::Throw(value) => {
                self.expr(value, state);
                State::dead()
            }
        }
    }

    /// Arguments in their order; `out` gives a value when all of them are there.
    fn arguments(&mut self, arguments: &'s [Argument], state: State) -> State {
        let mut state = arguments.iter().fold(state, |state, argument| match &argument.value {
            ArgumentValue::Value(value) | ArgumentValue::Ref(value) => self.expr(value, state),
            ArgumentValue::Out(target) if plain_name(target).is_none() => self.expr(target, state),
            ArgumentValue::Out(_) | ArgumentValue::OutLocal { .. } => state,
        });
        for argument in arguments {
            match &argument.value {
                ArgumentValue::Out(target) => state = self.write(target, state),
                ArgumentValue::OutLocal { name, .. } if name.text != "_" => {
                    let id = self.declare(name);
                    state.set(id, true);
                }
                _ => {}
            }
        }
        state
    }

    fn initialiser(&mut self, initialiser: &'s Initialiser, state: State) -> State {
        match initialiser {
            Initialiser::Elements(elements) => {
                elements.iter().fold(state, |state, element| self.all(element, state))
            }
            Initialiser::Members(members) => members.iter().fold(state, |state, member| {
                let state = match &member.target {
                    InitialiserTarget::Index(arguments) => self.arguments(arguments, state),
                    InitialiserTarget::Member(_) => state,
                };
                match &member.value {
                    InitialiserValue::Expr(value) => self.expr(value, state),
                    InitialiserValue::Nested(nested) => self.initialiser(nested, state),
                }
            }),
        }
    }
}

/// The name that an expression is, perhaps in parentheses.
fn plain_name(mut expr: &Expr) -> Option<&Name> {
    while let ExprKind::Parenthesised(inner) = &expr.kind {
        expr = inner;
    }
    match &expr.kind {
        ExprKind::Name { name, .. } => Some(name),
        _ => None,
    }
}
