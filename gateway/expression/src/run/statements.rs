//! Statements, executed.

use super::code::{CatchCode, SectionCode, Stmt};
use super::cx::Cx;
use super::exception::{Eval, Exception, Limit, Stop, derives};
use super::interpret::NESTING_MAX;
use super::iterate::truth;
use super::object::Object;
use super::value::Value;

/// How a statement ends.
pub(super) enum Flow<'a> {
    Next,
    Break,
    Continue,
    Return(Value<'a>),
}

impl<'a> Cx<'a, '_> {
    pub(super) fn block(&mut self, statements: &'a [Stmt]) -> Eval<'a, Flow<'a>> {
        for statement in statements {
            match self.execute(statement)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn execute(&mut self, statement: &'a Stmt) -> Eval<'a, Flow<'a>> {
        self.step()?;
        match statement {
            Stmt::Expression(node) => {
                self.eval(node)?;
            }
            Stmt::Declare { slot, is_shared, value } => {
                let value = value.as_ref().map_or(Ok(Value::Null), |node| self.eval(node))?;
                self.declare(*slot, *is_shared, value)?;
            }
            Stmt::Return(node) => {
                let value = node.as_ref().map_or(Ok(Value::Null), |node| self.eval(node))?;
                return Ok(Flow::Return(value));
            }
            Stmt::If { condition, then, otherwise } => {
                if truth(self.eval(condition)?) {
                    return self.deeper(|cx| cx.execute(then));
                }
                if let Some(otherwise) = otherwise {
                    return self.deeper(|cx| cx.execute(otherwise));
                }
            }
            Stmt::Block(statements) => return self.deeper(|cx| cx.block(statements)),
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Continue => return Ok(Flow::Continue),
            other => return self.deeper(|cx| cx.compound(other)),
        }
        Ok(Flow::Next)
    }

    /// Goes a level deeper into evaluations.
    ///
    /// # Errors
    /// It is too deep.
    pub(crate) fn deeper<T>(&mut self, run: impl FnOnce(&mut Self) -> Eval<'a, T>) -> Eval<'a, T> {
        if self.nesting >= NESTING_MAX {
            return Err(Limit::Recursion(NESTING_MAX).into());
        }
        self.nesting += 1;
        let result = run(self);
        self.nesting -= 1;
        result
    }

    #[inline(never)]
    fn compound(&mut self, statement: &'a Stmt) -> Eval<'a, Flow<'a>> {
        match statement {
            Stmt::While { condition, body } => {
                while truth(self.eval(condition)?) {
                    match self.execute(body)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        back => return Ok(back),
                    }
                }
            }
            Stmt::DoWhile { body, condition } => loop {
                match self.execute(body)? {
                    Flow::Next | Flow::Continue => {}
                    Flow::Break => break,
                    back => return Ok(back),
                }
                if !truth(self.eval(condition)?) {
                    break;
                }
            },
            Stmt::For { start, condition, next, body } => {
                self.block(start)?;
                loop {
                    if let Some(condition) = condition
                        && !truth(self.eval(condition)?)
                    {
                        break;
                    }
                    match self.execute(body)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        back => return Ok(back),
                    }
                    for node in next {
                        self.eval(node)?;
                    }
                }
            }
            Stmt::ForEach { slot, is_shared, collection, convert, body } => {
                let collection = self.eval(collection)?;
                if collection.is_null() {
                    return self.null_reference();
                }
                let mut iter = self.iterate(collection)?;
                while let Some(mut item) = iter.next(self)? {
                    if let Some(convert) = convert {
                        item = self.with(item, |cx| cx.eval(convert))?;
                    }
                    self.declare(*slot, *is_shared, item)?;
                    match self.execute(body)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        back => return Ok(back),
                    }
                }
            }
            Stmt::Switch { subject, value, sections } => {
                let value = self.eval(value)?;
                self.set_local(*subject, value);
                return self.switch(sections);
            }
            Stmt::Try { body, catches, finally } => return self.attempt(body, catches, finally.as_deref()),
            Stmt::Throw(Some(node)) => {
                return match self.eval(node)?.object() {
                    Some(Object::Exception(exception)) => Err(Stop::Throw(exception)),
                    _ => self.null_reference(),
                };
            }
            Stmt::Throw(None) => {
                return match self.caught.last() {
                    Some(exception) => Err(Stop::Throw(exception)),
                    None => self.null_reference(),
                };
            }
            _ => {}
        }
        Ok(Flow::Next)
    }

    fn switch(&mut self, sections: &'a [SectionCode]) -> Eval<'a, Flow<'a>> {
        let mut chosen = None;
        'search: for section in sections {
            for label in &section.labels {
                if let Some(condition) = label
                    && truth(self.eval(condition)?)
                {
                    chosen = Some(section);
                    break 'search;
                }
            }
        }
        let default = || sections.iter().find(|section| section.labels.iter().any(Option::is_none));
        match chosen.or_else(default) {
            Some(section) => Ok(match self.block(&section.body)? {
                Flow::Break => Flow::Next,
                other => other,
            }),
            None => Ok(Flow::Next),
        }
    }

    fn attempt(
        &mut self,
        body: &'a [Stmt],
        catches: &'a [CatchCode],
        finally: Option<&'a [Stmt]>,
    ) -> Eval<'a, Flow<'a>> {
        let receivers = self.receivers.len();
        let mut result = self.block(body);
        if let Err(Stop::Throw(exception)) = result {
            self.receivers.truncate(receivers);
            result = self.handle(exception, catches);
        }
        if let Some(finally) = finally {
            // A bound that was reached stays reached; what comes out of `finally` wins otherwise.
            if !matches!(result, Err(Stop::Limit(_) | Stop::Awaits(_))) {
                match self.block(finally)? {
                    Flow::Next => {}
                    other => return Ok(other),
                }
            }
        }
        result
    }

    fn handle(&mut self, exception: &'a Exception<'a>, catches: &'a [CatchCode]) -> Eval<'a, Flow<'a>> {
        for catch in catches {
            if !derives(exception.ty, catch.ty) {
                continue;
            }
            if let Some((slot, is_shared)) = catch.slot {
                let value = self.new_object(Object::Exception(exception))?;
                self.declare(slot, is_shared, value)?;
            }
            if let Some(when) = &catch.when {
                match self.eval(when) {
                    Ok(value) if truth(value) => {}
                    Err(stop @ (Stop::Limit(_) | Stop::Awaits(_))) => return Err(stop),
                    // An exception of a filter counts as false.
                    _ => continue,
                }
            }
            self.caught.push(exception);
            let result = self.block(&catch.body);
            self.caught.pop();
            return result;
        }
        Err(Stop::Throw(exception))
    }
}
