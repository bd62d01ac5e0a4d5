//! What a request turned out to cost, charged when it has ended.
//!
//! One idea: whoever moves a request's bytes holds the meter, and the last one to let go of it charges
//! the counters; so a request that is broken off is charged for what it had come to. A request that
//! nothing is to be charged for has none. Must not know what is counted.

use super::Unit;
use crate::upstream::BodyProgress;
use hanse_policy::{Charge, CounterKey, Span};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// The meter of one request.
pub(crate) struct Meter {
    unit: Rc<Unit>,
    /// Bytes of the request's head.
    head_bytes: u64,
    /// The request's body, on its way to the backend.
    progress: Rc<BodyProgress>,
    /// Bytes of the answer.
    answer_bytes: Cell<u64>,
    charges: RefCell<Vec<Owed>>,
}

/// A charge that outlives the request's memory.
enum Owed {
    Bytes { workspace: Box<str>, counter: Box<str>, span: Span },
}

impl Meter {
    pub(super) fn new(unit: Rc<Unit>, head_bytes: u64, progress: Rc<BodyProgress>) -> Rc<Meter> {
        let (answer_bytes, charges) = (Cell::new(0), RefCell::default());
        Rc::new(Meter { unit, head_bytes, progress, answer_bytes, charges })
    }

    pub(super) fn owe(&self, charge: Charge<'_>) {
        let owed = match charge {
            Charge::Bytes { key, span } => {
                Owed::Bytes { workspace: key.workspace.into(), counter: written(&key), span }
            }
        };
        self.charges.borrow_mut().push(owed);
    }

    /// Bytes of the answer are on their way to the client.
    pub(crate) fn count_answer(&self, bytes: u64) {
        self.answer_bytes.set(self.answer_bytes.get() + bytes);
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let bytes = self.head_bytes + self.progress.bytes() + self.answer_bytes.get();
        let mut counters = self.unit.counters.borrow_mut();
        for owed in self.charges.get_mut().drain(..) {
            match owed {
                Owed::Bytes { workspace, counter, span } => {
                    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
                    counters.settle_quota(&workspace, &counter, span, bytes);
                }
            }
        }
    }
}

fn written(key: &CounterKey<'_>) -> Box<str> {
    let mut out = String::new();
    key.write_to(&mut out);
    out.into()
}
