//! Statements: ECMA-334 clause 13.

use super::constant::{is_constant, truth_of};
use super::scope::Constant;
use super::types::element_of;
use super::{Binder, Bound};
use crate::diagnostic::Diagnostic;
use crate::run::code::{Body, CatchCode, MakeLambda, Node, Out, SectionCode, Stmt};
use crate::run::exception::{EXCEPTIONS, derives};
use crate::span::Span;
use crate::syntax::ast::{
    self, Block, Catch, ExprKind, ForInitialiser, LocalDeclaration, LocalFunction, StmtKind, SwitchLabel,
    SwitchSection, UsingResource,
};
use crate::types::catalogue::TypeKind;
use crate::types::{Known, Ty, catalogue};
use std::collections::BTreeSet;

/// A statement, and whether what follows it can be reached.
type Done = (Stmt, bool);

impl Binder {
    /// The body of a function. `returns` of `None` takes what is returned.
    pub(super) fn function_body(&mut self, block: &Block, returns: Option<&Ty>) -> (Body, Ty) {
        self.function().returns = returns.cloned();
        let (statements, goes_on) = self.block(block);
        let returned = std::mem::take(&mut self.function().returned);
        let values = returned.iter().any(|ty| *ty != Ty::Void);
        let wants_value = returns.is_some_and(|ty| *ty != Ty::Void) || returns.is_none() && values;
        if goes_on && wants_value {
            let end = Span::new(block.span.end.saturating_sub(1), block.span.end);
            let message = "not every path through the block returns a value";
            let is_lambda = self.functions.len() > 1 && !self.function().is_named;
            let code = if is_lambda { "CS1643" } else { "CS0161" };
            self.tell(Diagnostic::error(code, end, message).hint("add `return …;` at the end"));
        }
        let is_whole = self.functions.len() == 1;
        if goes_on && !wants_value && is_whole {
            let message = "the block returns no value";
            self.tell(Diagnostic::error("CS0161", block.span, message).hint("add `return …;` at the end"));
        }
        let ty = match returns {
            Some(ty) if is_whole => {
                // What is returned, as the caller sees it; the conversion is done already.
                returned.into_iter().next().unwrap_or_else(|| ty.clone())
            }
            Some(ty) => ty.clone(),
            None => {
                let bounds: Vec<Bound> =
                    returned.into_iter().map(|ty| Bound { ty, ..Bound::unknown(block.span) }).collect();
                match bounds.iter().all(|bound| bound.ty == Ty::Void) {
                    true => Ty::Void,
                    false => self.common_ty(&bounds).unwrap_or_else(Ty::object),
                }
            }
        };
        (Body::Block(statements), ty)
    }

    fn common_ty(&self, values: &[Bound]) -> Option<Ty> {
        let typed = values.iter().map(|value| &value.ty).filter(|ty| !matches!(ty, Ty::Null | Ty::Void));
        let fits =
            |ty: &&Ty| values.iter().all(|value| super::convert::implicit(&value.ty, ty, None).is_some());
        typed.into_iter().find(fits).cloned()
    }

    fn block(&mut self, block: &Block) -> (Box<[Stmt]>, bool) {
        self.open();
        let result = self.statements(&block.statements);
        self.close();
        result
    }

    fn statements(&mut self, statements: &[ast::Stmt]) -> (Box<[Stmt]>, bool) {
        let known = self.scopes.last().map_or(0, |scope| scope.names.len());
        // Local functions may be called before they stand there.
        let functions: Vec<Option<usize>> = statements
            .iter()
            .map(|statement| match &statement.kind {
                StmtKind::LocalFunction(function) => Some(self.declare_function(function)),
                _ => None,
            })
            .collect();
        let is_hoisted = functions.iter().any(Option::is_some);
        if let (true, Some(scope)) = (is_hoisted, self.scopes.last_mut()) {
            scope.is_hoisted = true;
        }
        let mut closures = Vec::new();
        let mut done = Vec::new();
        let mut goes_on = true;
        for (statement, function) in statements.iter().zip(&functions) {
            if let (StmtKind::LocalFunction(function), Some(id)) = (&statement.kind, function) {
                closures.push(self.local_function(function, *id, statement.span));
                continue;
            }
            if !goes_on && !matches!(statement.kind, StmtKind::Empty) {
                self.tell(Diagnostic::warning("CS0162", statement.span, "this is never reached"));
                // Told once, and the rest is checked all the same, though no `break` of it leaves anything.
                let breaks = self.function().breaks;
                let at = statements.iter().position(|it| std::ptr::eq(it, statement)).unwrap_or_default();
                for (rest, function) in statements.iter().zip(&functions).skip(at) {
                    match (&rest.kind, function) {
                        (StmtKind::LocalFunction(function), Some(id)) => {
                            closures.push(self.local_function(function, *id, rest.span));
                        }
                        _ => {
                            self.statement(rest, &mut done);
                        }
                    }
                }
                self.function().breaks = breaks;
                break;
            }
            goes_on = self.statement(statement, &mut done);
        }
        if is_hoisted {
            let names = self.scopes.last().map(|scope| scope.names[known..].to_vec()).unwrap_or_default();
            let declare = |(_, id): &(String, usize)| {
                let variable = &self.variables[*id];
                let is_needed = variable.is_shared || variable.parameters.is_some();
                is_needed.then_some(Stmt::Declare {
                    slot: variable.slot,
                    is_shared: variable.is_shared,
                    value: None,
                })
            };
            let cells = names.iter().filter_map(declare);
            done = cells.chain(closures).chain(done).collect();
        }
        (done.into(), goes_on)
    }

    /// Adds what a statement becomes; false where what follows is never reached.
    fn statement(&mut self, statement: &ast::Stmt, done: &mut Vec<Stmt>) -> bool {
        if let StmtKind::Local(local) = &statement.kind {
            self.local(local, done, false);
            return true;
        }
        let (code, goes_on) = self.one(statement);
        done.push(code);
        goes_on
    }

    /// A statement in a scope of its own.
    fn embedded(&mut self, statement: &ast::Stmt) -> Done {
        self.open();
        let mut done = Vec::new();
        let goes_on = self.statement(statement, &mut done);
        self.close();
        let code = match done.len() {
            1 => done.remove(0),
            _ => Stmt::Block(done.into()),
        };
        (code, goes_on)
    }

    fn one(&mut self, statement: &ast::Stmt) -> Done {
        let span = statement.span;
        match &statement.kind {
            StmtKind::Empty => (Stmt::Block(Box::default()), true),
            StmtKind::Block(block) => {
                let (statements, goes_on) = self.block(block);
                (Stmt::Block(statements), goes_on)
            }
            StmtKind::Local(_) | StmtKind::LocalFunction(_) => {
                self.error("CS1023", span, "a declaration needs a block around it");
                (Stmt::Block(Box::default()), true)
            }
            StmtKind::Expression(expr) => {
                let is_statement = matches!(
                    expr.kind,
                    ExprKind::Call { .. }
                        | ExprKind::Assign { .. }
                        | ExprKind::Step { .. }
                        | ExprKind::New { .. }
                        | ExprKind::Conditional { .. }
                        | ExprKind::Throw(_)
                );
                if !is_statement {
                    self.error(
                        "CS0201",
                        span,
                        "only a call, an assignment or `++`/`--` can stand as a statement",
                    );
                }
                (Stmt::Expression(self.value(expr).node), true)
            }
            StmtKind::If { condition, then, otherwise } => {
                let condition = self.condition(condition);
                let is_true = truth_of(&condition) == Some(true);
                let (then, then_goes_on) = self.embedded(then);
                let (otherwise, goes_on) = match otherwise {
                    Some(otherwise) => {
                        let (otherwise, goes_on) = self.embedded(otherwise);
                        (Some(Box::new(otherwise)), goes_on)
                    }
                    None => (None, !is_true),
                };
                (Stmt::If { condition, then: Box::new(then), otherwise }, then_goes_on || goes_on)
            }
            StmtKind::While { condition, body } => {
                self.open();
                let condition = self.condition(condition);
                let is_endless = truth_of(&condition) == Some(true);
                let (body, breaks) = self.looped(body);
                self.close();
                (Stmt::While { condition, body: Box::new(body) }, !is_endless || breaks)
            }
            StmtKind::DoWhile { body, condition } => {
                self.open();
                let (body, breaks) = self.looped(body);
                let condition = self.condition(condition);
                let is_endless = truth_of(&condition) == Some(true);
                self.close();
                (Stmt::DoWhile { body: Box::new(body), condition }, !is_endless || breaks)
            }
            StmtKind::For { initialisers, condition, iterators, body } => {
                self.open();
                let mut start = Vec::new();
                match initialisers {
                    ForInitialiser::Local(local) => self.local(local, &mut start, false),
                    ForInitialiser::Expressions(exprs) => {
                        start.extend(exprs.iter().map(|expr| Stmt::Expression(self.value(expr).node)));
                    }
                }
                let condition = condition.as_ref().map(|condition| self.condition(condition));
                let is_endless = condition.as_ref().is_none_or(|it| truth_of(it) == Some(true));
                let (body, breaks) = self.looped(body);
                let next = iterators.iter().map(|expr| self.value(expr).node).collect();
                let goes_on = !is_endless || breaks;
                self.close();
                (Stmt::For { start: start.into(), condition, next, body: Box::new(body) }, goes_on)
            }
            StmtKind::ForEach { ty, name, collection, body } => {
                self.for_each(ty.as_ref(), name, collection, body)
            }
            StmtKind::Switch { subject, sections } => self.switch(subject, sections, span),
            StmtKind::Try { body, catches, finally } => self.attempted(body, catches, finally.as_ref()),
            StmtKind::Throw(Some(expr)) => (Stmt::Throw(Some(self.exception(expr))), false),
            StmtKind::Throw(None) => {
                if self.function().catches == 0 {
                    self.error("CS0156", span, "`throw;` throws again what was caught, and nothing was");
                }
                (Stmt::Throw(None), false)
            }
            StmtKind::Return(value) => (self.returned(value.as_ref(), span), false),
            StmtKind::Break => {
                let function = self.function();
                if function.loops == 0 && function.switches == 0 {
                    self.cannot_leave("there is no loop or `switch` to leave", span);
                }
                self.function().breaks = true;
                (Stmt::Break, false)
            }
            StmtKind::Continue => {
                if self.function().loops == 0 {
                    self.cannot_leave("there is no loop to continue", span);
                }
                (Stmt::Continue, false)
            }
            StmtKind::Using { resource, body } => {
                self.open();
                let mut done = Vec::new();
                match resource {
                    UsingResource::Local(local) => self.local(local, &mut done, true),
                    UsingResource::Expression(expr) => {
                        let value = self.value(expr);
                        self.must_be_disposable(&value.ty, value.span);
                        done.push(Stmt::Expression(value.node));
                    }
                }
                let (body, goes_on) = self.embedded(body);
                done.push(body);
                self.close();
                (Stmt::Block(done.into()), goes_on)
            }
            StmtKind::Checked { is_checked, body } => {
                let (statements, goes_on) = self.overflowing(*is_checked, |binder| binder.block(body));
                (Stmt::Block(statements), goes_on)
            }
        }
    }

    /// A `break` or `continue` without anything that it leaves.
    fn cannot_leave(&mut self, message: &str, span: Span) {
        match self.function().finals {
            0 => self.error("CS0139", span, message),
            _ => self.error("CS0157", span, "nothing leaves a `finally` before its end"),
        }
    }

    fn must_be_disposable(&mut self, ty: &Ty, span: Span) {
        let is = super::convert::implicit(ty, &Ty::known(Known::IDisposable), None).is_some();
        if !is && *ty != Ty::Dynamic {
            self.error(
                "CS1674",
                span,
                format!("`using` needs something that is disposed of, and `{ty}` is not"),
            );
        }
    }

    /// The body of a loop, and whether something leaves the loop.
    fn looped(&mut self, body: &ast::Stmt) -> (Stmt, bool) {
        self.function().loops += 1;
        let before = std::mem::replace(&mut self.function().breaks, false);
        let (body, _) = self.embedded(body);
        self.function().loops -= 1;
        let breaks = std::mem::replace(&mut self.function().breaks, before);
        (body, breaks)
    }

    fn local(&mut self, local: &LocalDeclaration, done: &mut Vec<Stmt>, is_using: bool) {
        let declared = local.ty.as_ref().map(|name| self.ty(name));
        for (name, value) in &local.variables {
            let value = match (value, &declared) {
                (Some(expr), Some(ty)) => Some(self.value_as(expr, ty)),
                (Some(expr), None) => {
                    let value = self.value(expr);
                    if matches!(value.ty, Ty::Null | Ty::Void) {
                        let what = if value.ty == Ty::Null { "null" } else { "something without a value" };
                        let message = format!("`var` gets no type from {what}");
                        self.tell(Diagnostic::error("CS0815", name.span, message).hint("write the type"));
                    }
                    Some(value)
                }
                (None, Some(_)) => None,
                (None, None) => {
                    let message = "`var` needs a value to get its type from";
                    self.tell(
                        Diagnostic::error("CS0818", name.span, message).hint("write the type, or a value"),
                    );
                    None
                }
            };
            let ty = match (&declared, &value) {
                (Some(ty), _) => ty.clone(),
                (None, Some(value)) if !matches!(value.ty, Ty::Null | Ty::Void) => value.ty.clone(),
                _ => Ty::Unknown,
            };
            if ty.id().is_some_and(|id| catalogue().get(id).kind == TypeKind::Static) {
                let message = format!("`{ty}` has no values, so no variable holds one");
                self.error("CS0723", name.span, message);
            }
            if is_using {
                self.must_be_disposable(&ty, name.span);
            }
            let id = self.declare(name, ty);
            if local.is_const {
                if let Some(value) = value.as_ref().filter(|value| !is_constant(value)) {
                    let message = format!("what `{}` is set to is no constant", name.text);
                    self.tell(Diagnostic::error("CS0133", value.span, message).hint("leave out `const`"));
                }
                self.variables[id].constant = match (&value, local.variables.iter().find(|it| it.0 == *name))
                {
                    (Some(Bound { constant: Some(whole), .. }), _) => Some(Constant::Integer(*whole)),
                    (Some(_), Some((_, Some(expr)))) => Some(Constant::Other(expr.clone())),
                    _ => None,
                };
                continue;
            }
            self.variables[id].is_read_only = is_using;
            let (slot, is_shared) = (self.variables[id].slot, self.variables[id].is_shared);
            // A variable without a value is assigned before it is read, or C# refuses; the slot is cleared
            // all the same, because a loop comes here again.
            let is_hoisted = is_shared && self.scopes.last().is_some_and(|scope| scope.is_hoisted);
            done.push(match value {
                Some(value) if is_hoisted => Stmt::Expression(Node::SetShared(slot, Box::new(value.node))),
                None if is_hoisted => continue,
                value => Stmt::Declare { slot, is_shared, value: value.map(|value| value.node) },
            });
        }
    }

    fn for_each(
        &mut self,
        ty: Option<&ast::TypeName>,
        name: &ast::Name,
        collection: &ast::Expr,
        body: &ast::Stmt,
    ) -> Done {
        let mut collection = self.value(collection);
        if collection.ty.is(Known::JObject) {
            // Its own enumerator gives pairs, though as a sequence of tokens it gives properties.
            collection.node =
                super::access::native("GetEnumerator", crate::net::json::pairs_of, collection.node);
        }
        let element = match element_of(&collection.ty) {
            Some(element) => element,
            None => {
                let message = format!("`foreach` cannot go through `{}`", collection.ty);
                self.error("CS1579", collection.span, message);
                Ty::Unknown
            }
        };
        self.open();
        let (ty, convert) = match ty {
            None => (element, None),
            Some(written) => {
                let wanted = self.ty(written);
                self.receivers += 1;
                let item = Bound::new(Node::Receiver(0), element.clone(), written.span);
                let converted = match super::convert::explicit(&element, &wanted, None) {
                    Some(conversion) => self.apply(item, &conversion, &wanted),
                    None => self.coerce(item, &wanted),
                };
                self.receivers -= 1;
                (wanted, (!matches!(converted.node, Node::Receiver(_))).then_some(converted.node))
            }
        };
        let id = self.declare(name, ty);
        self.variables[id].is_read_only = true;
        let (slot, is_shared) = (self.variables[id].slot, self.variables[id].is_shared);
        let (body, _) = self.looped(body);
        self.close();
        (Stmt::ForEach { slot, is_shared, collection: collection.node, convert, body: Box::new(body) }, true)
    }

    fn switch(&mut self, subject: &ast::Expr, sections: &[SwitchSection], span: Span) -> Done {
        let value = self.value(subject);
        let slot = self.slot(span);
        let before = std::mem::replace(&mut self.function().breaks, false);
        self.function().switches += 1;
        let mut has_default = false;
        let mut codes = Vec::new();
        let mut keys: BTreeSet<String> = BTreeSet::new();
        self.open();
        for section in sections {
            self.open();
            let mut labels = Vec::new();
            for label in &section.labels {
                let (code, key) = self.case(label, slot, &value.ty);
                let (key, span) = match label {
                    SwitchLabel::Default(span) => (Some("default".to_owned()), *span),
                    SwitchLabel::Case { span, .. } => (key, *span),
                };
                if let Some(false) = key.map(|key| keys.insert(key)) {
                    self.error("CS0152", span, "the `switch` has this label already");
                }
                has_default |= code.is_none();
                labels.push(code);
            }
            let of_labels = self.scopes.last().map_or(0, |scope| scope.names.len());
            let (body, falls) = self.statements(&section.statements);
            // What sections declare is seen by those that follow.
            let declared = self.scopes.last_mut().map(|scope| scope.names.split_off(of_labels));
            self.close();
            for (name, id) in declared.into_iter().flatten() {
                if let Some(scope) = self.scopes.last_mut() {
                    scope.names.push((name, id));
                }
            }
            if falls {
                let message = "a section of `switch` does not fall through to the next";
                self.tell(Diagnostic::error("CS0163", section.span, message).hint("end it with `break;`"));
            }
            codes.push(SectionCode { labels: labels.into(), body });
        }
        self.close();
        self.function().switches -= 1;
        let goes_on = std::mem::replace(&mut self.function().breaks, before) || !has_default;
        (Stmt::Switch { subject: slot, value: value.node, sections: codes.into() }, goes_on)
    }

    fn attempted(&mut self, body: &Block, catches: &[Catch], finally: Option<&Block>) -> Done {
        let (body, mut goes_on) = self.block(body);
        let mut codes: Vec<CatchCode> = Vec::new();
        for catch in catches {
            self.open();
            let ty = match &catch.ty {
                Some(name) => self.ty(name),
                None => Ty::known(Known::Exception),
            };
            let full = ty.id().map(|id| catalogue().get(id).full_name()).unwrap_or_default();
            let known = EXCEPTIONS
                .iter()
                .map(|(name, _)| *name)
                .chain(["System.Exception"])
                .find(|name| *name == full);
            if known.is_none() && ty != Ty::Unknown {
                self.error("CS0155", catch.span, format!("`{ty}` is not an exception"));
            }
            let is_caught = |before: &&CatchCode| {
                before.when.is_none() && known.is_some_and(|known| derives(known, before.ty))
            };
            if let Some(before) = codes.iter().find(is_caught) {
                let message = format!("a `catch` before this takes `{}` already", before.ty);
                let code = match catches.iter().any(|it| it.ty.is_none() && it.span.end <= catch.span.start) {
                    true => "CS1017",
                    false => "CS0160",
                };
                self.tell(Diagnostic::error(code, catch.span, message).hint("put the narrower one first"));
            }
            let slot = catch.name.as_ref().map(|name| {
                let id = self.declare(name, ty);
                (self.variables[id].slot, self.variables[id].is_shared)
            });
            let when = catch.when.as_ref().map(|when| self.condition(when));
            self.function().catches += 1;
            let (body, more) = self.block(&catch.body);
            self.function().catches -= 1;
            self.close();
            goes_on |= more;
            codes.push(CatchCode { ty: known.unwrap_or("System.Exception"), slot, when, body });
        }
        let finally = finally.map(|finally| {
            let function = self.function();
            let around = (function.loops, function.switches, function.catches);
            (function.loops, function.switches, function.catches) = (0, 0, 0);
            function.finals += 1;
            let (statements, more) = self.block(finally);
            let function = self.function();
            function.finals -= 1;
            (function.loops, function.switches, function.catches) = around;
            goes_on &= more;
            statements
        });
        (Stmt::Try { body, catches: codes.into(), finally }, goes_on)
    }

    fn returned(&mut self, value: Option<&ast::Expr>, span: Span) -> Stmt {
        let wanted = self.function().returns.clone();
        if self.function().finals > 0 {
            self.error("CS0157", span, "nothing leaves a `finally` before its end");
        }
        let Some(expr) = value else {
            let is_whole = self.functions.len() == 1;
            if is_whole || wanted.as_ref().is_some_and(|ty| *ty != Ty::Void) {
                self.tell(
                    Diagnostic::error("CS0126", span, "`return` needs a value here")
                        .hint("write `return …;`"),
                );
            }
            self.function().returned.push(Ty::Void);
            return Stmt::Return(None);
        };
        let value = match &wanted {
            Some(ty) if ty.delegate().is_some() => self.value_as(expr, ty),
            _ => self.value(expr),
        };
        if !value.is_unknown() {
            let ty = value.ty.clone();
            self.function().returned.push(ty);
        } else {
            self.function().returned.push(wanted.clone().unwrap_or(Ty::Unknown));
        }
        let value = match &wanted {
            Some(Ty::Void) => {
                self.error("CS0127", span, "nothing is returned here");
                value
            }
            Some(ty) => self.coerce(value, ty),
            None => value,
        };
        Stmt::Return(Some(value.node))
    }

    fn declare_function(&mut self, function: &LocalFunction) -> usize {
        let returns = self.return_ty(&function.returns);
        let mut parameters = Vec::new();
        for parameter in &function.parameters {
            let ty = parameter.ty.as_ref().map_or(Ty::Unknown, |ty| self.ty(ty));
            parameters.push((parameter.name.text.clone(), ty, parameter.default.clone()));
        }
        let types: Vec<Ty> = parameters.iter().map(|parameter| parameter.1.clone()).collect();
        let ty = delegate(&types, &returns).unwrap_or_else(|| {
            let message = "a function takes four arguments at most here";
            self.error("HX0006", function.name.span, message);
            Ty::Unknown
        });
        let id = self.declare(&function.name, ty);
        self.variables[id].parameters = Some(std::rc::Rc::new(parameters));
        id
    }

    fn local_function(&mut self, function: &LocalFunction, id: usize, span: Span) -> Stmt {
        let ty = self.variables[id].ty.clone();
        let Some((takes, gives)) = ty.delegate() else { return Stmt::Block(Box::default()) };
        let bound =
            self.bind_function(true, &function.parameters, &function.body, &takes, Some(&gives), span);
        let captures = bound.captures.into();
        let value = Node::Lambda(Box::new(MakeLambda { code: bound.code, captures, ty }));
        match self.place(id) {
            Out::Shared(slot) | Out::Fresh(slot) => Stmt::Expression(Node::SetShared(slot, Box::new(value))),
            Out::Local(slot) => Stmt::Expression(Node::SetLocal(slot, Box::new(value))),
            Out::Discard => Stmt::Expression(value),
        }
    }
}

/// The delegate of a function.
fn delegate(takes: &[Ty], gives: &Ty) -> Option<Ty> {
    let known = match (takes.len(), *gives == Ty::Void) {
        (0, true) => Known::Action0,
        (1, true) => Known::Action1,
        (2, true) => Known::Action2,
        (3, true) => Known::Action3,
        (4, true) => Known::Action4,
        (0, false) => Known::Func1,
        (1, false) => Known::Func2,
        (2, false) => Known::Func3,
        (3, false) => Known::Func4,
        (4, false) => Known::Func5,
        _ => return None,
    };
    let mut arguments = takes.to_vec();
    if *gives != Ty::Void {
        arguments.push(gives.clone());
    }
    Some(Ty::Named(known.id(), arguments.into()))
}
