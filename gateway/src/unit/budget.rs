//! How many requests a unit may be busy with.
//!
//! One idea: a ticket is taken before anything is done for a request and given back when its last byte
//! is sent, or it is dropped. Must not know what a request is.

use super::Watch;
use crate::report::UnitStats;
use std::{cell::Cell, rc::Rc, sync::Arc};

/// The budget of a unit.
#[derive(Clone)]
pub(crate) struct Budget(Rc<State>);

struct State {
    requests_max: usize,
    requests: Cell<usize>,
    stats: Arc<UnitStats>,
}

/// Room for one request.
pub(crate) struct Ticket {
    budget: Rc<State>,
    watch: Rc<Watch>,
}

impl Budget {
    pub(crate) fn new(requests_max: usize, stats: Arc<UnitStats>) -> Budget {
        Budget(Rc::new(State { requests_max, requests: Cell::new(0), stats }))
    }

    /// A ticket for a request on a connection, unless all are taken.
    pub(crate) fn enter(&self, watch: &Rc<Watch>) -> Option<Ticket> {
        let state = &self.0;
        state.stats.count_request();
        watch.request_begins();
        if state.requests.get() >= state.requests_max {
            state.stats.count_shed();
            watch.request_ends();
            return None;
        }
        state.set(state.requests.get() + 1);
        Some(Ticket { budget: state.clone(), watch: watch.clone() })
    }
}

impl State {
    fn set(&self, requests: usize) {
        self.requests.set(requests);
        self.stats.set_in_flight(requests);
    }
}

impl Ticket {
    /// The answer's head is on its way.
    pub(crate) fn answered(&self) {
        self.watch.answer_begins();
    }

    /// The request ended with a failure that is the gateway's or the backend's.
    pub(crate) fn count_error(&self) {
        self.budget.stats.count_error();
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.budget.set(self.budget.requests.get() - 1);
        self.watch.request_ends();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[tokio::test]
    async fn requests_are_bounded() {
        let budget = Budget::new(2, Arc::default());
        let watch = Rc::new(Watch::new(&Limits::default()));
        let first = budget.enter(&watch).expect("room for two");
        let _second = budget.enter(&watch).expect("room for two");
        assert!(budget.enter(&watch).is_none());
        drop(first);
        assert!(budget.enter(&watch).is_some());
    }
}
