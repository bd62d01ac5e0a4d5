//! Tells the connections of a unit that it stops.
//!
//! One idea: a connection looks whether the bell has rung whenever it runs anyway, which costs nothing,
//! and is woken once when it rings. Must not know what a connection does about it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    task::{Context, Waker},
};

/// The bell of a unit.
#[derive(Default)]
pub(super) struct Bell {
    has_rung: Cell<bool>,
    next: Cell<u64>,
    waiting: RefCell<BTreeMap<u64, Waker>>,
}

/// A connection's ear. It belongs to one task.
pub(super) struct Ear {
    bell: Rc<Bell>,
    number: Option<u64>,
}

impl Bell {
    pub(super) fn has_rung(&self) -> bool {
        self.has_rung.get()
    }

    /// Rings, once and for all.
    pub(super) fn ring(&self) {
        self.has_rung.set(true);
        for waker in self.waiting.take().into_values() {
            waker.wake();
        }
    }

    pub(super) fn ear(self: &Rc<Self>) -> Ear {
        Ear { bell: self.clone(), number: None }
    }
}

impl Ear {
    /// Whether the bell has rung; if not, the task is woken when it does.
    pub(super) fn hears(&mut self, cx: &Context<'_>) -> bool {
        if self.bell.has_rung() {
            return true;
        }
        if self.number.is_none() {
            let number = self.bell.next.get();
            self.bell.next.set(number + 1);
            self.bell.waiting.borrow_mut().insert(number, cx.waker().clone());
            self.number = Some(number);
        }
        false
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.bell.waiting.borrow_mut().remove(&number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::poll_fn, task::Poll};
    use tokio::task::{LocalSet, spawn_local, yield_now};

    #[tokio::test]
    async fn everybody_hears_it_who_is_still_there() {
        let bell = Rc::new(Bell::default());
        let wait = |mut ear: Ear| async move {
            poll_fn(|cx| if ear.hears(cx) { Poll::Ready(()) } else { Poll::Pending }).await;
        };
        let run = async {
            let early = spawn_local(wait(bell.ear()));
            let gone = spawn_local(wait(bell.ear()));
            yield_now().await;
            gone.abort();
            yield_now().await;
            assert_eq!(bell.waiting.borrow().len(), 1);
            bell.ring();
            early.await.expect("it heard");
            wait(bell.ear()).await;
        };
        LocalSet::new().run_until(run).await;
    }
}
