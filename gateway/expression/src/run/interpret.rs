//! Walks the compiled tree.

use smallvec::SmallVec;

use super::closure::Closure;
use super::code::{
    Body, Call, Const, DynamicCall, Equality, Lambda, MakeLambda, Node, Num, NumTy, Out, PatternCode, Piece,
    Slot,
};
use super::cx::{Args, Cx};
use super::equality;
use super::exception::{Eval, Limit, Stop};
use super::iterate::truth;
use super::object::Object;
use super::operators::{holds, order};
use super::statements::Flow;
use super::value::Value;
use crate::arena::List;
use crate::net::text::display;
use crate::syntax::ast::BinaryOp;
use crate::types::{Known, Ty};

/// Deepest nesting of evaluations, calls included; bounds the stack that an expression takes.
pub const NESTING_MAX: usize = 320;

impl<'a> Cx<'a, '_> {
    /// Runs a function without captured variables.
    pub(crate) fn run(&mut self, code: &'a Lambda) -> Eval<'a> {
        self.call(code, &[], &[])
    }

    /// Calls a delegate.
    ///
    /// # Errors
    /// It is null, what it throws, or a bound.
    pub fn invoke(&mut self, delegate: Value<'a>, arguments: &[Value<'a>]) -> Eval<'a> {
        match delegate.object() {
            Some(Object::Closure(Closure { code, captured, .. })) => self.call(code, captured, arguments),
            _ => self.null_reference(),
        }
    }

    fn call(&mut self, code: &'a Lambda, captured: &[Value<'a>], arguments: &[Value<'a>]) -> Eval<'a> {
        if self.depth >= self.limits.depth {
            return Err(Limit::Recursion(self.limits.depth).into());
        }
        self.step()?;
        self.depth += 1;
        let (base, top) = (self.base, self.stack.len());
        self.base = top;
        // A delegate may be called with more than its lambda takes: `(item, index)` for `item => …`.
        let taken = arguments.len().min(usize::from(code.parameters));
        self.stack.extend_from_slice(&arguments[..taken]);
        self.stack.resize(top + usize::from(code.slots), Value::Null);
        for (slot, value) in code.captures.iter().zip(captured) {
            self.set_local(*slot, *value);
        }
        let shared = code.shared_parameters.iter().try_for_each(|slot| {
            let value = self.local(*slot);
            self.declare(*slot, true, value)
        });
        let result = shared.and_then(|()| match &code.body {
            Body::Expression(node) => self.eval(node),
            Body::Block(statements) => self.block(statements).map(|flow| match flow {
                Flow::Return(value) => value,
                _ => Value::Null,
            }),
        });
        self.stack.truncate(top);
        self.base = base;
        self.depth -= 1;
        result
    }

    #[inline]
    fn local(&self, slot: Slot) -> Value<'a> {
        self.stack[self.base + usize::from(slot)]
    }

    #[inline]
    pub(super) fn set_local(&mut self, slot: Slot, value: Value<'a>) {
        let at = self.base + usize::from(slot);
        self.stack[at] = value;
    }

    fn shared(&self, slot: Slot) -> Value<'a> {
        match self.local(slot) {
            Value::Cell(cell) => cell.get(),
            other => other,
        }
    }

    fn set_shared(&self, slot: Slot, value: Value<'a>) {
        if let Value::Cell(cell) = self.local(slot) {
            cell.set(value);
        }
    }

    pub(super) fn declare(&mut self, slot: Slot, is_shared: bool, value: Value<'a>) -> Eval<'a, ()> {
        let value = match is_shared {
            true => Value::Cell(self.arena.alloc(std::cell::Cell::new(value))?),
            false => value,
        };
        self.set_local(slot, value);
        Ok(())
    }

    pub(super) fn give(&mut self, out: Out, value: Value<'a>) -> Eval<'a, ()> {
        match out {
            Out::Local(slot) => self.set_local(slot, value),
            Out::Shared(slot) => self.set_shared(slot, value),
            Out::Fresh(slot) => self.declare(slot, true, value)?,
            Out::Discard => {}
        }
        Ok(())
    }

    /// Evaluates with a receiver.
    pub(super) fn with<T>(
        &mut self,
        receiver: Value<'a>,
        run: impl FnOnce(&mut Self) -> Eval<'a, T>,
    ) -> Eval<'a, T> {
        self.receivers.push(receiver);
        let result = run(self);
        self.receivers.pop();
        result
    }

    pub(super) fn constant(&mut self, constant: &'a Const) -> Value<'a> {
        match constant {
            Const::Null => Value::Null,
            Const::Bool(it) => Value::Bool(*it),
            Const::Char(it) => Value::Char(*it),
            Const::Int(it) => Value::Int(*it),
            Const::UInt(it) => Value::UInt(*it),
            Const::Long(it) => Value::Long(*it),
            Const::ULong(it) => Value::ULong(*it),
            Const::Single(it) => Value::Single(*it),
            Const::Double(it) => Value::Double(*it),
            Const::Decimal(it) => Value::Decimal(*it),
            Const::Text(it) => Value::Str(it),
            Const::Enum(ty, it) => Value::Enum(*ty, *it),
            Const::Part(it) => Value::Part(*it),
            Const::Default(ty) => self.default_of(ty),
        }
    }

    pub(crate) fn eval(&mut self, node: &'a Node) -> Eval<'a> {
        self.step()?;
        match node {
            Node::Const(Const::Text(text)) => Ok(Value::Str(text)),
            Node::Const(constant) => Ok(self.constant(constant)),
            Node::Local(slot) => Ok(self.local(*slot)),
            Node::Shared(slot) => Ok(self.shared(*slot)),
            Node::Receiver(from_last) => {
                let at = self.receivers.len().checked_sub(1 + usize::from(*from_last));
                Ok(at.and_then(|at| self.receivers.get(at)).copied().unwrap_or(Value::Null))
            }
            _ => {
                if self.nesting >= NESTING_MAX {
                    return Err(Limit::Recursion(NESTING_MAX).into());
                }
                self.nesting += 1;
                let result = self.nested(node);
                self.nesting -= 1;
                result
            }
        }
    }

    /// Dispatches only: what an arm needs on the stack would be there for every level of nesting, so each form
    /// has a function of its own.
    fn nested(&mut self, node: &'a Node) -> Eval<'a> {
        match node {
            Node::Call(call) => self.eval_call(call),
            Node::SetLocal(slot, value) => self.eval_set(*slot, value, false),
            Node::SetShared(slot, value) => self.eval_set(*slot, value, true),
            Node::Ternary(parts) => self.eval_ternary(parts),
            Node::Not(operand) => self.eval_not(operand),
            Node::AndAlso(operands) => self.eval_short(operands, false),
            Node::OrElse(operands) => self.eval_short(operands, true),
            Node::Coalesce(operands) => self.eval_coalesce(operands),
            Node::Conditional(operands) => self.eval_conditional(operands),
            Node::Arithmetic { .. } => self.eval_arithmetic(node),
            Node::Compare { op, num, operands } => self.eval_compare(*op, *num, operands),
            Node::Equal { how, is_negated, operands } => self.eval_equal(*how, *is_negated, operands),
            Node::Concat(parts) => self.concat(parts),
            Node::Cast { ty, operand } => self.eval_cast(ty, operand),
            Node::Convert { to, is_checked, operand } => self.eval_convert(*to, *is_checked, operand),
            Node::Invoke(operands) => self.eval_invoke(operands),
            Node::Lambda(make) => self.lambda(make),
            Node::Logical { op, operands } => self.eval_logical(*op, operands),
            Node::Lift { otherwise, operands, with } => self.eval_lift(otherwise, operands, with),
            Node::Negate { num, is_checked, operand } => self.eval_negate(*num, *is_checked, operand),
            Node::Complement { operand, .. } => self.eval_complement(operand),
            Node::Interpolate(parts) => self.interpolate(parts),
            Node::With(object, actions) => self.eval_with(object, actions),
            Node::As { ty, operand } => self.eval_as(ty, operand),
            Node::Is { operand, pattern } => self.eval_is(operand, pattern),
            Node::Throw(operand) => self.eval_throw(operand),
            Node::NewArray { element, size } => self.eval_new_array(element, size),
            Node::Items { element, items } => self.eval_items(element, items),
            Node::ArrayGet(operands) => self.eval_array_get(operands),
            Node::ArraySet(operands) => self.eval_array_set(operands),
            Node::ArrayLength(array) => self.eval_array_length(array),
            Node::Record { ty, fields } => self.eval_record(ty, fields),
            Node::Field { at, of } => self.eval_field(*at, of),
            Node::Sequence(nodes) => self.eval_sequence(nodes),
            Node::Dynamic(call) => self.dynamic(call),
            // Looked at before.
            Node::Const(_) | Node::Local(_) | Node::Shared(_) | Node::Receiver(_) => Ok(Value::Null),
        }
    }

    fn eval_set(&mut self, slot: Slot, value: &'a Node, is_shared: bool) -> Eval<'a> {
        let value = self.eval(value)?;
        match is_shared {
            true => self.set_shared(slot, value),
            false => self.set_local(slot, value),
        }
        Ok(value)
    }

    fn eval_ternary(&mut self, parts: &'a [Node; 3]) -> Eval<'a> {
        let at = if truth(self.eval(&parts[0])?) { 1 } else { 2 };
        self.eval(&parts[at])
    }

    fn eval_not(&mut self, operand: &'a Node) -> Eval<'a> {
        Ok(Value::Bool(!truth(self.eval(operand)?)))
    }

    /// Goes on until one is `decides`.
    fn eval_short(&mut self, operands: &'a [Node], decides: bool) -> Eval<'a> {
        for operand in operands {
            if truth(self.eval(operand)?) == decides {
                return Ok(Value::Bool(decides));
            }
        }
        Ok(Value::Bool(!decides))
    }

    fn eval_coalesce(&mut self, operands: &'a [Node; 2]) -> Eval<'a> {
        match self.eval(&operands[0])? {
            Value::Null => self.eval(&operands[1]),
            value => Ok(value),
        }
    }

    fn eval_conditional(&mut self, operands: &'a [Node; 2]) -> Eval<'a> {
        match self.eval(&operands[0])? {
            Value::Null => Ok(Value::Null),
            value => self.with(value, |cx| cx.eval(&operands[1])),
        }
    }

    /// Goes down the left side without recursion: a sum of a thousand terms is a thousand deep there.
    fn eval_arithmetic(&mut self, node: &'a Node) -> Eval<'a> {
        let mut terms: SmallVec<[&'a Node; 4]> = SmallVec::new();
        let mut first = node;
        while let Node::Arithmetic { operands, .. } = first {
            terms.push(first);
            first = &operands[0];
        }
        let mut value = self.eval(first)?;
        for term in terms.into_iter().rev() {
            if let Node::Arithmetic { op, num, is_checked, operands } = term {
                let right = self.eval(&operands[1])?;
                value = self.arithmetic(*op, *num, *is_checked, value, right)?;
            }
        }
        Ok(value)
    }

    fn eval_compare(&mut self, op: BinaryOp, num: Num, operands: &'a [Node; 2]) -> Eval<'a> {
        let [left, right] = self.both(operands)?;
        Ok(Value::Bool(holds(op, order(num, left, right))))
    }

    fn eval_equal(&mut self, how: Equality, is_negated: bool, operands: &'a [Node; 2]) -> Eval<'a> {
        let [left, right] = self.both(operands)?;
        if !matches!(how, Equality::Number(_)) && !left.is_null() && !right.is_null() {
            self.weigh(left)?;
        }
        Ok(Value::Bool(equal(how, left, right) != is_negated))
    }

    fn eval_cast(&mut self, ty: &'a Ty, operand: &'a Node) -> Eval<'a> {
        let value = self.eval(operand)?;
        self.cast(value, ty)
    }

    fn eval_convert(&mut self, to: NumTy, is_checked: bool, operand: &'a Node) -> Eval<'a> {
        let value = self.eval(operand)?;
        self.convert(to, is_checked, value)
    }

    fn both(&mut self, operands: &'a [Node; 2]) -> Eval<'a, [Value<'a>; 2]> {
        Ok([self.eval(&operands[0])?, self.eval(&operands[1])?])
    }

    fn eval_invoke(&mut self, operands: &'a [Node]) -> Eval<'a> {
        let values = self.all(operands)?;
        self.invoke(values[0], &values[1..])
    }

    fn eval_logical(&mut self, op: BinaryOp, operands: &'a [Node; 2]) -> Eval<'a> {
        let [left, right] = self.both(operands)?;
        let bits = |a: i32, b: i32| match op {
            BinaryOp::And => a & b,
            BinaryOp::Or => a | b,
            _ => a ^ b,
        };
        match (left, right) {
            (Value::Enum(ty, a), Value::Enum(_, b)) => Ok(Value::Enum(ty, bits(a, b))),
            (Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(bits(a.into(), b.into()) != 0)),
            // Unknown, unless the other side decides.
            (Value::Bool(it), Value::Null) | (Value::Null, Value::Bool(it)) => Ok(match op {
                BinaryOp::And if !it => Value::Bool(false),
                BinaryOp::Or if it => Value::Bool(true),
                _ => Value::Null,
            }),
            _ => Ok(Value::Null),
        }
    }

    fn eval_lift(&mut self, otherwise: &'a Const, operands: &'a [Node; 2], with: &'a Node) -> Eval<'a> {
        let [left, right] = self.both(operands)?;
        if left.is_null() || right.is_null() {
            return Ok(self.constant(otherwise));
        }
        self.with(left, |cx| cx.with(right, |cx| cx.eval(with)))
    }

    fn eval_negate(&mut self, num: Num, is_checked: bool, operand: &'a Node) -> Eval<'a> {
        let value = self.eval(operand)?;
        self.negate(num, is_checked, value)
    }

    fn eval_complement(&mut self, operand: &'a Node) -> Eval<'a> {
        let value = self.eval(operand)?;
        self.complement(value)
    }

    fn eval_with(&mut self, object: &'a Node, actions: &'a [Node]) -> Eval<'a> {
        let object = self.eval(object)?;
        self.with(object, |cx| actions.iter().try_for_each(|action| cx.eval(action).map(|_| ())))?;
        Ok(object)
    }

    fn eval_as(&mut self, ty: &'a Ty, operand: &'a Node) -> Eval<'a> {
        let value = self.eval(operand)?;
        Ok(if self.is_instance(value, ty) { value } else { Value::Null })
    }

    fn eval_is(&mut self, operand: &'a Node, pattern: &'a PatternCode) -> Eval<'a> {
        let value = self.eval(operand)?;
        self.matches(value, pattern).map(Value::Bool)
    }

    fn eval_throw(&mut self, operand: &'a Node) -> Eval<'a> {
        match self.eval(operand)?.object() {
            Some(Object::Exception(exception)) => Err(Stop::Throw(exception)),
            _ => self.null_reference(),
        }
    }

    fn eval_new_array(&mut self, element: &'a Ty, size: &'a Node) -> Eval<'a> {
        let size = self.eval(size)?.integer().unwrap_or_default();
        let Ok(size) = usize::try_from(size) else {
            return self.overflow("Arithmetic operation resulted in an overflow.");
        };
        self.work(size)?;
        if element.is(Known::Byte) {
            let list = List::filled(self.arena, size, 0)?;
            return self.new_object(Object::Bytes(list));
        }
        let item = self.default_of(element);
        let items = List::filled(self.arena, size, item)?;
        self.new_object(Object::Array { element, items })
    }

    fn eval_items(&mut self, element: &'a Ty, items: &'a [Node]) -> Eval<'a> {
        let items = self.all(items)?;
        self.array(element, &items)
    }

    fn eval_array_get(&mut self, operands: &'a [Node; 2]) -> Eval<'a> {
        let [array, index] = self.both(operands)?;
        self.array_get(array, index)
    }

    fn eval_array_set(&mut self, operands: &'a [Node; 3]) -> Eval<'a> {
        let (array, index) = (self.eval(&operands[0])?, self.eval(&operands[1])?);
        let value = self.eval(&operands[2])?;
        self.array_set(array, index, value)
    }

    fn eval_array_length(&mut self, array: &'a Node) -> Eval<'a> {
        match self.eval(array)?.object() {
            Some(Object::Array { items, .. }) => Ok(Value::Int(length(items.len()))),
            Some(Object::Bytes(bytes)) => Ok(Value::Int(length(bytes.len()))),
            _ => self.null_reference(),
        }
    }

    fn eval_record(&mut self, ty: &'a Ty, fields: &'a [Node]) -> Eval<'a> {
        let values = self.all(fields)?;
        let fields = self.arena.cells(values.len(), Value::Null)?;
        fields.iter().zip(values).for_each(|(field, value)| field.set(value));
        self.new_object(Object::Record { ty, fields })
    }

    fn eval_field(&mut self, at: u16, of: &'a Node) -> Eval<'a> {
        match self.eval(of)?.object() {
            Some(Object::Record { fields, .. }) => {
                Ok(fields.get(usize::from(at)).map_or(Value::Null, std::cell::Cell::get))
            }
            _ => self.null_reference(),
        }
    }

    fn eval_sequence(&mut self, nodes: &'a [Node]) -> Eval<'a> {
        let mut last = Value::Null;
        for node in nodes {
            last = self.eval(node)?;
        }
        Ok(last)
    }

    #[inline(never)]
    fn dynamic(&mut self, call: &'a DynamicCall) -> Eval<'a> {
        let operands = self.all(&call.operands)?;
        crate::bind::dynamic::run(self, &call.what, &operands)
    }

    fn all(&mut self, nodes: &'a [Node]) -> Eval<'a, SmallVec<[Value<'a>; 6]>> {
        let mut values = SmallVec::new();
        for node in nodes {
            values.push(self.eval(node)?);
        }
        Ok(values)
    }

    fn eval_call(&mut self, call: &'a Call) -> Eval<'a> {
        let mut values: SmallVec<[Value<'a>; 6]> = SmallVec::new();
        for node in &call.arguments {
            let value = self.eval(node)?;
            self.weigh(value)?;
            values.push(value);
        }
        if call.has_receiver && values[0].is_null() {
            return self.null_reference();
        }
        if call.outs.is_empty() {
            let result = (call.native)(self, Args { values: &values, types: &call.types })?;
            return Ok(if call.is_setter { values.last().copied().unwrap_or(Value::Null) } else { result });
        }
        for (at, _) in &call.outs {
            let at = usize::from(*at);
            values[at] = Value::Cell(self.arena.alloc(std::cell::Cell::new(values[at]))?);
        }
        let result = (call.native)(self, Args { values: &values, types: &call.types });
        for (at, out) in &call.outs {
            if let Value::Cell(cell) = values[usize::from(*at)] {
                self.give(*out, cell.get())?;
            }
        }
        result
    }

    fn lambda(&mut self, make: &'a MakeLambda) -> Eval<'a> {
        let captured: SmallVec<[Value<'a>; 6]> = make.captures.iter().map(|slot| self.local(*slot)).collect();
        let captured = self.arena.slice(&captured)?;
        self.new_object(Object::Closure(Closure { ty: &make.ty, code: &make.code, captured }))
    }

    fn concat(&mut self, parts: &'a [Node]) -> Eval<'a> {
        let mut texts: SmallVec<[&'a str; 6]> = SmallVec::new();
        for part in parts {
            let value = self.eval(part)?;
            texts.push(display(self, value)?);
        }
        self.work(texts.iter().map(|text| text.len()).sum())?;
        Ok(Value::Str(self.arena.concat(&texts)?))
    }

    fn interpolate(&mut self, parts: &'a [Piece]) -> Eval<'a> {
        let mut out = String::new();
        for part in parts {
            match part {
                Piece::Text(text) => out.push_str(text),
                Piece::Hole { value, alignment, format } => {
                    let value = self.eval(value)?;
                    let text = crate::net::text::format(self, value, format.as_deref().unwrap_or_default())?;
                    crate::net::text::align(self, &mut out, text, *alignment)?;
                }
            }
            // It is copied into the arena once it is whole; what does not fit there is not made here either.
            if out.len() > self.arena.left() {
                return Err(Limit::Memory.into());
            }
        }
        self.str(&out)
    }

    pub(crate) fn array_get(&mut self, array: Value<'a>, index: Value<'a>) -> Eval<'a> {
        let at = index.integer().and_then(|index| usize::try_from(index).ok());
        let item = match array.object() {
            Some(Object::Array { items, .. }) => at.and_then(|at| items.get(at)),
            Some(Object::Bytes(bytes)) => at.and_then(|at| bytes.get(at)).map(Value::Byte),
            _ => return self.null_reference(),
        };
        item.map_or_else(|| self.index_out_of_range(), Ok)
    }

    pub(crate) fn array_set(&mut self, array: Value<'a>, index: Value<'a>, value: Value<'a>) -> Eval<'a> {
        let at = index.integer().and_then(|index| usize::try_from(index).ok()).unwrap_or(usize::MAX);
        let is_set = match (array.object(), value) {
            (Some(Object::Array { items, .. }), _) => items.set(at, value),
            (Some(Object::Bytes(bytes)), Value::Byte(byte)) => bytes.set(at, byte),
            _ => return self.null_reference(),
        };
        if is_set { Ok(value) } else { self.index_out_of_range() }
    }

    pub(super) fn matches(&mut self, value: Value<'a>, pattern: &'a PatternCode) -> Eval<'a, bool> {
        match pattern {
            PatternCode::Type { ty, into } => {
                let is = self.is_instance(value, ty);
                if let (true, Some(out)) = (is, into) {
                    self.give(*out, value)?;
                }
                Ok(is)
            }
            PatternCode::Any(out) => {
                self.give(*out, value)?;
                Ok(true)
            }
            PatternCode::Constant(condition) => self.with(value, |cx| cx.eval(condition)).map(truth),
        }
    }
}

fn length(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn equal<'a>(how: Equality, left: Value<'a>, right: Value<'a>) -> bool {
    match how {
        Equality::Text => match (left, right) {
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Null, Value::Null) => true,
            _ => false,
        },
        Equality::Number(num) => order(num, left, right) == Some(std::cmp::Ordering::Equal),
        Equality::Value => match (left, right) {
            // Unlike `Equals`, a NaN equals nothing here.
            (Value::Double(a), Value::Double(b)) => a == b,
            (Value::Single(a), Value::Single(b)) => a == b,
            // Tokens are compared by reference with `==`, whatever they hold.
            (Value::Json(a), Value::Json(b)) => a == b,
            _ => equality::equals(left, right),
        },
        Equality::Reference => match (left, right) {
            (Value::Object(a), Value::Object(b)) => std::ptr::eq(a, b) || crate::net::objects::same(a, b),
            // Equal literals are one object in C#, and so are most that came the same way.
            (Value::Str(a), Value::Str(b)) => a == b,
            // Two boxes are two objects.
            (Value::Null, Value::Null) => true,
            (Value::Part(a), Value::Part(b)) => a == b,
            (Value::Json(a), Value::Json(b)) => a == b,
            (Value::Xml(a), Value::Xml(b)) => a == b,
            _ => false,
        },
    }
}

impl<'a> Cx<'a, '_> {
    /// The default value of a type.
    pub fn default_of(&mut self, ty: &'a Ty) -> Value<'a> {
        crate::net::objects::default_of(self, ty)
    }

    /// `is`: whether a value is of a type. Null is of none.
    pub fn is_instance(&self, value: Value<'a>, ty: &Ty) -> bool {
        crate::run::instance::is_instance(value, ty)
    }

    /// A reference conversion or unboxing.
    ///
    /// # Errors
    /// The value is of another type, or null where the type has none.
    pub fn cast(&mut self, value: Value<'a>, ty: &Ty) -> Eval<'a> {
        if value.is_null() {
            return if ty.takes_null() { Ok(Value::Null) } else { self.null_reference() };
        }
        match value {
            value if self.is_instance(value, ty) => Ok(value),
            // A boxed enumeration comes out as its numbers, and the other way.
            Value::Enum(_, whole) if ty.is(Known::Int32) => Ok(Value::Int(whole)),
            Value::Int(whole) if ty.is_enum() => Ok(ty.id().map_or(value, |id| Value::Enum(id, whole))),
            value => {
                let wanted = ty.nullable_of().unwrap_or(ty);
                self.invalid_cast(&value.ty(), wanted)
            }
        }
    }
}
