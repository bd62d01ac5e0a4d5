//! What an evaluation carries with it: memory, budgets, the request.

use smallvec::SmallVec;
use std::cell::Cell;

use super::dictionary::Dictionary;
use super::exception::{Eval, Exception, Limit, Stop};
use super::object::Object;
use super::value::Value;
use crate::arena::{Arena, List};
use crate::context::{Host, Response};
use crate::types::{Known, Ty};

/// A member of the library. Arguments are complete, of their declared types, the receiver first; a null
/// receiver never gets here, except with extension methods.
pub type Native = for<'a, 'h, 's> fn(&mut Cx<'a, 'h>, Args<'s, 'a>) -> Eval<'a>;

/// Bounds of one evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps: a node evaluated, or some 64 bytes of text worked on.
    pub steps: u64,
    /// Depth of calls of lambdas and local functions.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: STEPS_MAX, depth: CALL_DEPTH_MAX }
    }
}

/// Steps of one evaluation.
pub const STEPS_MAX: u64 = 20_000_000;
/// Depth of calls of lambdas and local functions.
pub const CALL_DEPTH_MAX: usize = 64;
/// Bytes that the expressions of one request may use.
pub const MEMORY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Parts of a tuple, pair or anonymous object, those of its parts included.
pub const PARTS_MAX: usize = 256;
/// Bytes of text or body that cost one step.
const BYTES_PER_STEP: usize = 64;
/// How much dearer a byte is that a culture orders.
const COLLATION_COST: usize = 8;

/// A response whose body was taken, and the body.
type Taken<'a> = (&'a Response<'a>, Option<&'a [u8]>);

/// The evaluation of one expression.
pub struct Cx<'a, 'h> {
    pub arena: &'a Arena,
    pub host: &'h dyn Host<'a>,
    pub(super) limits: Limits,
    pub(super) steps: u64,
    pub(super) depth: usize,
    pub(super) nesting: usize,
    /// The locals of all functions that run, innermost last.
    pub(super) stack: SmallVec<[Value<'a>; 16]>,
    /// Where the locals of the innermost begin.
    pub(super) base: usize,
    /// What a conditional access is about, innermost last.
    pub(super) receivers: SmallVec<[Value<'a>; 4]>,
    /// What `throw;` throws again, innermost last.
    pub(super) caught: SmallVec<[&'a Exception<'a>; 2]>,
    /// Bodies of responses in variables that were taken, with what they were.
    taken: SmallVec<[Taken<'a>; 1]>,
}

impl<'a, 'h> Cx<'a, 'h> {
    pub fn new(arena: &'a Arena, host: &'h dyn Host<'a>, limits: Limits) -> Self {
        Self {
            arena,
            host,
            limits,
            steps: limits.steps,
            depth: 0,
            nesting: 0,
            stack: SmallVec::new(),
            base: 0,
            receivers: SmallVec::new(),
            caught: SmallVec::new(),
            taken: SmallVec::new(),
        }
    }

    /// Takes the body of a response in a variable away.
    pub(crate) fn take_body(&mut self, response: &'a Response<'a>) {
        self.taken.push((response, response.body.replace(None)));
    }

    /// Gives the bodies back that were taken: the evaluation is begun again.
    pub fn give_back(&mut self) {
        while let Some((response, body)) = self.taken.pop() {
            response.body.set(body);
        }
    }

    /// Counts a step.
    #[inline]
    pub fn step(&mut self) -> Eval<'a, ()> {
        self.steps_of(1)
    }

    /// Counts steps.
    ///
    /// # Errors
    /// The budget is spent.
    #[inline]
    pub fn steps_of(&mut self, steps: u64) -> Eval<'a, ()> {
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                Ok(())
            }
            None => Err(Limit::Steps(self.limits.steps).into()),
        }
    }

    /// Counts the work on so many bytes or items of that size.
    ///
    /// # Errors
    /// The budget is spent.
    #[inline]
    pub fn work(&mut self, bytes: usize) -> Eval<'a, ()> {
        self.steps_of((bytes / BYTES_PER_STEP) as u64)
    }

    /// Counts what it takes to read a value once: the length of a text, those of a record's parts included.
    ///
    /// # Errors
    /// The budget is spent.
    #[inline]
    pub fn weigh(&mut self, value: Value<'a>) -> Eval<'a, ()> {
        match value {
            Value::Str(text) => self.work(text.len()),
            Value::Object(object @ (Object::Record { .. } | Object::KeyValue { .. })) => {
                let mut todo = parts_of(object);
                while let Some(part) = todo.pop() {
                    self.step()?;
                    match part {
                        Value::Str(text) => self.work(text.len())?,
                        Value::Object(object) => todo.extend(parts_of(object)),
                        _ => {}
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Counts what it takes to put two texts in the order of a culture.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn collate(&mut self, left: &str, right: &str) -> Eval<'a, ()> {
        self.work(left.len().min(right.len()).saturating_mul(COLLATION_COST))
    }

    pub fn limits(&self) -> Limits {
        self.limits
    }

    pub fn steps_used(&self) -> u64 {
        self.limits.steps - self.steps
    }

    pub fn str(&mut self, text: &str) -> Eval<'a> {
        self.work(text.len())?;
        Ok(Value::Str(self.arena.text(text)?))
    }

    pub fn optional(&mut self, text: Option<&str>) -> Eval<'a> {
        text.map_or(Ok(Value::Null), |text| self.str(text))
    }

    /// # Errors
    /// The memory budget is spent, or a record has too many parts.
    pub fn new_object(&mut self, object: Object<'a>) -> Eval<'a> {
        // Records are compared, hashed and shown with all their parts, and one part may stand in many places.
        let parts = parts_of(&object);
        let mut todo = parts.clone();
        let mut count = todo.len();
        while let Some(part) = todo.pop() {
            if count > PARTS_MAX {
                return Err(Limit::Parts(PARTS_MAX).into());
            }
            if let Value::Object(object) = part {
                let more = parts_of(object);
                count += more.len();
                todo.extend(more);
            }
        }
        Ok(Value::Object(self.arena.alloc(object)?))
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> Eval<'a> {
        self.work(bytes.len())?;
        let list = List::from_slice(self.arena, bytes)?;
        self.new_object(Object::Bytes(list))
    }

    /// A type that lives as long as the values.
    pub fn keep_ty(&mut self, ty: Ty) -> &'a Ty {
        self.arena.keep(ty)
    }

    pub fn array(&mut self, element: &'a Ty, items: &[Value<'a>]) -> Eval<'a> {
        if element.is(Known::Byte) {
            let bytes: Vec<u8> =
                items.iter().map(|item| if let Value::Byte(byte) = item { *byte } else { 0 }).collect();
            return self.bytes(&bytes);
        }
        self.steps_of(items.len() as u64)?;
        let items = List::from_slice(self.arena, items)?;
        self.new_object(Object::Array { element, items })
    }

    pub fn strings<'t>(&mut self, texts: impl IntoIterator<Item = &'t str>) -> Eval<'a> {
        let items: Vec<Value<'a>> = texts.into_iter().map(|text| self.str(text)).collect::<Result<_, _>>()?;
        self.array(string_ty(), &items)
    }

    pub fn list(&mut self, element: &'a Ty, items: &[Value<'a>]) -> Eval<'a> {
        self.steps_of(items.len() as u64)?;
        let items = List::from_slice(self.arena, items)?;
        self.new_object(Object::List { element, items, version: Cell::new(0) })
    }

    pub fn dictionary(&mut self, ty: &'a Ty, ignores_case: bool) -> Eval<'a, &'a Object<'a>> {
        Ok(self.arena.alloc(Object::Dictionary { ty, map: Dictionary::new(ignores_case) })?)
    }

    /// An exception of a type of [`super::exception::EXCEPTIONS`].
    pub fn throw<T>(&mut self, ty: &'static str, message: &str) -> Eval<'a, T> {
        Err(self.exception(ty, message))
    }

    pub fn exception(&mut self, ty: &'static str, message: &str) -> Stop<'a> {
        let make = || {
            let message = self.arena.text(message)?;
            self.arena.alloc(Exception { ty, message, inner: None, data: Cell::new(Value::Null) })
        };
        make().map_or_else(Stop::from, Stop::Throw)
    }

    pub fn null_reference<T>(&mut self) -> Eval<'a, T> {
        self.throw("System.NullReferenceException", "Object reference not set to an instance of an object.")
    }

    pub fn argument_null<T>(&mut self, name: &str) -> Eval<'a, T> {
        let message = format!("Value cannot be null.\nParameter name: {name}");
        self.throw("System.ArgumentNullException", &message)
    }

    pub fn out_of_range<T>(&mut self, name: &str, message: &str) -> Eval<'a, T> {
        let message = format!("{message}\nParameter name: {name}");
        self.throw("System.ArgumentOutOfRangeException", &message)
    }

    pub fn index_out_of_range<T>(&mut self) -> Eval<'a, T> {
        self.throw("System.IndexOutOfRangeException", "Index was outside the bounds of the array.")
    }

    pub fn invalid_cast<T>(&mut self, from: &Ty, to: &Ty) -> Eval<'a, T> {
        let message =
            format!("Unable to cast object of type '{}' to type '{}'.", from.full_name(), to.full_name());
        self.throw("System.InvalidCastException", &message)
    }
}

type Parts<'a> = SmallVec<[Value<'a>; 4]>;

/// The parts of a record; anything else has none.
fn parts_of<'a>(object: &Object<'a>) -> Parts<'a> {
    match object {
        Object::Record { fields, .. } => fields.iter().map(Cell::get).collect(),
        Object::KeyValue { key, value, .. } => SmallVec::from_slice(&[*key, *value]),
        _ => SmallVec::new(),
    }
}

/// `string`, for as long as anybody wants.
pub fn string_ty() -> &'static Ty {
    static STRING: std::sync::LazyLock<Ty> = std::sync::LazyLock::new(Ty::string);
    &STRING
}

pub fn object_ty() -> &'static Ty {
    static OBJECT: std::sync::LazyLock<Ty> = std::sync::LazyLock::new(Ty::object);
    &OBJECT
}

/// The arguments of a call.
#[derive(Clone, Copy)]
pub struct Args<'s, 'a> {
    pub values: &'s [Value<'a>],
    /// The receiver's type arguments or those of a constructed type first, then the method's.
    pub types: &'a [Ty],
}

impl<'s, 'a> Args<'s, 'a> {
    #[inline]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    #[inline]
    pub fn value(&self, at: usize) -> Value<'a> {
        self.values.get(at).copied().unwrap_or(Value::Null)
    }

    pub fn is_null(&self, at: usize) -> bool {
        self.value(at).is_null()
    }

    /// A string; null is an `ArgumentNullException` that names the parameter.
    pub fn str(&self, cx: &mut Cx<'a, '_>, at: usize, name: &str) -> Eval<'a, &'a str> {
        match self.value(at) {
            Value::Str(text) => Ok(text),
            _ => cx.argument_null(name),
        }
    }

    /// A string; null is `None`.
    pub fn opt_str(&self, at: usize) -> Option<&'a str> {
        match self.value(at) {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The string that the receiver is.
    #[inline]
    pub fn this_str(&self) -> &'a str {
        self.opt_str(0).unwrap_or_default()
    }

    #[inline]
    pub fn int(&self, at: usize) -> i32 {
        match self.value(at) {
            Value::Int(it) | Value::Enum(_, it) => it,
            _ => 0,
        }
    }

    pub fn long(&self, at: usize) -> i64 {
        match self.value(at) {
            Value::Long(it) => it,
            _ => 0,
        }
    }

    pub fn double(&self, at: usize) -> f64 {
        match self.value(at) {
            Value::Double(it) => it,
            _ => 0.0,
        }
    }

    pub fn bool(&self, at: usize) -> bool {
        matches!(self.value(at), Value::Bool(true))
    }

    pub fn char(&self, at: usize) -> u16 {
        match self.value(at) {
            Value::Char(it) => it,
            _ => 0,
        }
    }

    pub fn object(&self, at: usize) -> Option<&'a Object<'a>> {
        self.value(at).object()
    }

    /// The bytes of a `byte[]`; null is an `ArgumentNullException` that names the parameter.
    pub fn bytes(&self, cx: &mut Cx<'a, '_>, at: usize, name: &str) -> Eval<'a, Vec<u8>> {
        match self.object(at) {
            Some(Object::Bytes(bytes)) => {
                cx.work(bytes.len())?;
                cx.arena.charge(bytes.len())?;
                Ok(bytes.iter().collect())
            }
            _ => cx.argument_null(name),
        }
    }

    /// Gives a value out through an `out` parameter.
    pub fn out(&self, at: usize, value: Value<'a>) {
        if let Value::Cell(cell) = self.value(at) {
            cell.set(value);
        }
    }

    /// A type argument.
    pub fn ty(&self, at: usize) -> &'a Ty {
        self.types.get(at).unwrap_or_else(|| object_ty())
    }
}
