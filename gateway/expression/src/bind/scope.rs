//! Local variables: where they are seen, in which function they live, and who shares them.

use super::{Binder, Bound};
use crate::run::code::{Const, Node, Out, Slot};
use crate::span::Span;
use crate::syntax::ast;
use crate::types::Ty;
use std::collections::BTreeSet;

/// Most local variables of one function.
pub const LOCALS_MAX: u16 = 4_096;

#[derive(Default)]
pub(super) struct Function {
    pub(super) slots: u16,
    /// Variables of surrounding functions, with their slots there and here.
    pub(super) captures: Vec<(usize, Slot, Slot)>,
    /// What `return` converts to; `None` collects types.
    pub(super) returns: Option<Ty>,
    /// Types of the returned values, where they are collected.
    pub(super) returned: Vec<Ty>,
    pub(super) loops: u32,
    pub(super) switches: u32,
    pub(super) catches: u32,
    /// A local function, which is called from who knows where.
    pub(super) is_named: bool,
    /// Blocks of `finally` around.
    pub(super) finals: u32,
    /// A `break` leaves the innermost loop or `switch`.
    pub(super) breaks: bool,
}

#[derive(Default)]
pub(super) struct Scope {
    pub(super) names: Vec<(String, usize)>,
    /// Names of blocks within that were closed.
    inner: BTreeSet<String>,
    /// In which function.
    function: usize,
    /// The cells of its variables are there from its beginning, for the local functions in it.
    pub(super) is_hoisted: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Variable {
    pub(super) ty: Ty,
    pub(super) function: usize,
    pub(super) slot: Slot,
    pub(super) is_shared: bool,
    /// Of a `const`.
    pub(super) constant: Option<Constant>,
    /// Cannot be assigned to: the variable of a `foreach` or `using`.
    pub(super) is_read_only: bool,
    pub(super) span: Span,
    /// Of a local function.
    pub(super) parameters: Option<LocalParameters>,
}

/// Parameters of a local function: names, types, default values.
pub(super) type LocalParameters = std::rc::Rc<Vec<(String, Ty, Option<ast::Expr>)>>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    Integer(i128),
    Other(ast::Expr),
}

impl Binder {
    pub(super) fn open(&mut self) {
        let function = self.functions.len() - 1;
        self.scopes.push(Scope { function, ..Scope::default() });
    }

    pub(super) fn close(&mut self) {
        let Some(closed) = self.scopes.pop() else { return };
        if let Some(outer) = self.scopes.last_mut().filter(|outer| outer.function == closed.function) {
            outer.inner.extend(closed.inner);
            outer.inner.extend(closed.names.into_iter().map(|it| it.0));
        }
    }

    pub(super) fn function(&mut self) -> &mut Function {
        self.functions.last_mut().expect("there is always one")
    }

    /// A slot without a name.
    pub(super) fn slot(&mut self, span: Span) -> Slot {
        let function = self.function();
        if function.slots >= LOCALS_MAX {
            self.error("HX0002", span, format!("an expression may have {LOCALS_MAX} local variables"));
            return 0;
        }
        function.slots += 1;
        function.slots - 1
    }

    /// Declares a variable in the innermost scope.
    pub(super) fn declare(&mut self, name: &ast::Name, ty: Ty) -> usize {
        if let Some(other) = self.find(&name.text)
            && self.variables[other].function + 1 == self.functions.len()
        {
            let is_here =
                self.scopes.last().is_some_and(|scope| scope.names.iter().any(|it| it.0 == name.text));
            let (code, message) = match is_here {
                true => (
                    "CS0128",
                    format!("a local variable named `{}` is already defined in this scope", name.text),
                ),
                false => (
                    "CS0136",
                    format!(
                        "a local named `{}` cannot be declared here: an enclosing scope uses that name",
                        name.text
                    ),
                ),
            };
            self.error(code, name.span, message);
        }
        if self.scopes.last().is_some_and(|scope| scope.inner.contains(&name.text)) {
            let message = format!("a block within uses the name `{}` for another variable", name.text);
            self.error("CS0136", name.span, message);
        }
        let slot = self.slot(name.span);
        let is_shared = self.shared.contains(&name.span);
        let function = self.functions.len() - 1;
        let id = self.variables.len();
        self.variables.push(Variable {
            ty,
            function,
            slot,
            is_shared,
            constant: None,
            is_read_only: false,
            span: name.span,
            parameters: None,
        });
        // What is more than there may be was told of, and each look-up would pass by it.
        if let Some(scope) = self.scopes.last_mut()
            && scope.names.len() < usize::from(LOCALS_MAX)
        {
            scope.names.push((name.text.clone(), id));
        }
        id
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let in_scope = |scope: &Scope| scope.names.iter().rev().find(|it| it.0 == name).map(|it| it.1);
        self.scopes.iter().rev().find_map(in_scope)
    }

    pub(super) fn names_in_scope(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().flat_map(|scope| scope.names.iter().map(|it| it.0.as_str()))
    }

    /// Where a variable is in the innermost function, captured on the way if need be.
    pub(super) fn place(&mut self, id: usize) -> Out {
        let Variable { function, slot, is_shared, span, .. } = self.variables[id];
        let innermost = self.functions.len() - 1;
        if function == innermost {
            return if is_shared { Out::Shared(slot) } else { Out::Local(slot) };
        }
        self.captured.insert(span);
        let mut outer = slot;
        for at in function + 1..=innermost {
            let known = self.functions[at].captures.iter().find(|it| it.0 == id).map(|it| it.2);
            outer = known.unwrap_or_else(|| {
                let function = &mut self.functions[at];
                let inner = function.slots;
                function.slots = function.slots.saturating_add(1);
                function.captures.push((id, outer, inner));
                inner
            });
        }
        Out::Shared(outer)
    }

    /// Where a variable is that was just declared, and that gets its value by a pattern or `out`.
    pub(super) fn begin(&mut self, id: usize) -> Out {
        let is_hoisted = self.scopes.last().is_some_and(|scope| scope.is_hoisted);
        match self.place(id) {
            Out::Shared(slot) if !is_hoisted => Out::Fresh(slot),
            other => other,
        }
    }

    pub(super) fn read(&mut self, id: usize, span: Span) -> Bound {
        let Variable { ty, constant, .. } = self.variables[id].clone();
        match constant {
            Some(Constant::Integer(whole)) => {
                let mut bound = self.integer_constant(whole, &ty, span);
                bound.constant = Some(whole);
                return bound;
            }
            Some(Constant::Other(expr)) => {
                let bound = self.value(&expr);
                return self.coerce(Bound { span, ..bound }, &ty);
            }
            None => {}
        }
        let node = match self.place(id) {
            Out::Shared(slot) | Out::Fresh(slot) => Node::Shared(slot),
            Out::Local(slot) => Node::Local(slot),
            Out::Discard => Node::Const(Const::Null),
        };
        Bound::new(node, ty, span)
    }

    pub(super) fn write(&mut self, id: usize, value: Node) -> Node {
        match self.place(id) {
            Out::Shared(slot) | Out::Fresh(slot) => Node::SetShared(slot, Box::new(value)),
            Out::Local(slot) => Node::SetLocal(slot, Box::new(value)),
            Out::Discard => value,
        }
    }
}
