//! What a client's connection is waiting for, and until when.
//!
//! ```text
//!   Idle ── first byte ─► Head ── request ─► Waiting ── answer ─► Answering ─┐
//!     ▲   idle              header timeout     backend's timeout      idle   │
//!     └──────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! One idea: one timer for each connection, which looks what was due when it fires, instead of one for
//! each thing that can take too long. A request costs it two reads of the clock and no timer. Must not
//! know HTTP.

use crate::limits::Limits;
use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// Shared by a connection's reader, its server and the request that is being served; all of them are
/// one task.
pub(crate) struct Watch {
    header_timeout: Duration,
    idle_timeout: Duration,
    phase: Cell<Phase>,
    /// When the client last sent or took something.
    active: Cell<Instant>,
    backend_deadline: Cell<Option<Instant>>,
    has_backend_expired: Cell<bool>,
    /// The task has been told to the timer.
    is_registered: Cell<bool>,
    armed: Cell<Instant>,
    timer: RefCell<Pin<Box<Sleep>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Between requests.
    Idle,
    /// Within a head that began at this time.
    Head(Instant),
    /// A request is being served.
    Waiting,
    /// The answer is on its way.
    Answering,
}

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lapse {
    /// The client sent and took nothing.
    Idle,
    /// The client began a request and did not finish its head.
    Head,
}

impl Watch {
    /// A connection whose first bytes are at hand. Needs a tokio runtime around it.
    pub(crate) fn new(limits: &Limits) -> Watch {
        let now = Instant::now();
        let armed = now + limits.header_timeout.min(limits.idle_timeout);
        Watch {
            header_timeout: limits.header_timeout,
            idle_timeout: limits.idle_timeout,
            phase: Cell::new(Phase::Idle),
            active: Cell::new(now),
            backend_deadline: Cell::new(None),
            has_backend_expired: Cell::new(false),
            is_registered: Cell::new(false),
            armed: Cell::new(armed),
            timer: RefCell::new(Box::pin(sleep_until(armed))),
        }
    }

    /// The client sent something.
    pub(crate) fn client_sent(&self) {
        let now = Instant::now();
        self.active.set(now);
        if self.phase.get() == Phase::Idle {
            self.phase.set(Phase::Head(now));
        }
    }

    /// The client took something.
    pub(crate) fn client_took(&self) {
        self.active.set(Instant::now());
    }

    pub(crate) fn request_begins(&self) {
        self.phase.set(Phase::Waiting);
    }

    pub(crate) fn answer_begins(&self) {
        self.phase.set(Phase::Answering);
        self.backend_deadline.set(None);
    }

    pub(crate) fn request_ends(&self) {
        self.phase.set(Phase::Idle);
        self.backend_deadline.set(None);
    }

    /// Whether a request is being served or answered.
    pub(crate) fn is_in_request(&self) -> bool {
        matches!(self.phase.get(), Phase::Waiting | Phase::Answering)
    }

    /// Until when the backend has time; `None`: it has done what was asked of it. While a deadline is
    /// set, whoever waits asks [`has_backend_expired`](Watch::has_backend_expired) when it is polled.
    pub(crate) fn set_backend_deadline(&self, deadline: Option<Instant>) {
        self.has_backend_expired.set(false);
        self.backend_deadline.set(deadline);
        if let Some(deadline) = deadline
            && deadline < self.armed.get()
        {
            self.arm(deadline);
        }
    }

    pub(crate) fn has_backend_expired(&self) -> bool {
        self.has_backend_expired.get()
    }

    /// Ready when the connection should end. Polled before the connection is, so that a request whose
    /// backend has expired is polled right after.
    pub(crate) fn poll_lapse(&self, cx: &mut Context<'_>) -> Poll<Lapse> {
        // All of this is one task: while the timer knows it and is not due, there is nothing to do.
        if self.is_registered.get() && !self.timer.borrow().is_elapsed() {
            return Poll::Pending;
        }
        while self.timer.borrow_mut().as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let due = match self.phase.get() {
                Phase::Idle | Phase::Answering => self.active.get() + self.idle_timeout,
                Phase::Head(since) => since + self.header_timeout,
                Phase::Waiting => self.backend_due(now),
            };
            if due <= now {
                let is_head = matches!(self.phase.get(), Phase::Head(_));
                return Poll::Ready(if is_head { Lapse::Head } else { Lapse::Idle });
            }
            // Never later than a head that begins now would be due: then it needs no arming.
            self.arm(due.min(now + self.header_timeout));
        }
        self.is_registered.set(true);
        Poll::Pending
    }

    /// When to look again for a request's backend.
    fn backend_due(&self, now: Instant) -> Instant {
        match self.backend_deadline.get() {
            Some(deadline) if deadline > now => deadline,
            Some(_) => {
                self.has_backend_expired.set(true);
                self.backend_deadline.set(None);
                now + self.idle_timeout
            }
            None => now + self.idle_timeout,
        }
    }

    fn arm(&self, at: Instant) {
        self.armed.set(at);
        self.timer.borrow_mut().as_mut().reset(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::poll_fn, rc::Rc};
    use tokio::time::{advance, timeout};

    fn watch() -> Rc<Watch> {
        Rc::new(Watch::new(&Limits::default()))
    }

    async fn lapse(watch: &Watch) -> (Lapse, u64) {
        let start = Instant::now();
        let lapse = poll_fn(|cx| watch.poll_lapse(cx)).await;
        (lapse, start.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn idle_connection_lapses() {
        assert_eq!(lapse(&watch()).await, (Lapse::Idle, 240));
    }

    #[tokio::test(start_paused = true)]
    async fn head_that_drips_lapses_in_time() {
        let watch = watch();
        advance(Duration::from_secs(100)).await;
        watch.client_sent();
        advance(Duration::from_secs(20)).await;
        watch.client_sent();
        assert_eq!(lapse(&watch).await, (Lapse::Head, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn client_that_takes_nothing_lapses() {
        let watch = watch();
        watch.request_begins();
        watch.answer_begins();
        advance(Duration::from_secs(200)).await;
        watch.client_took();
        assert_eq!(lapse(&watch).await, (Lapse::Idle, 240));
    }

    #[tokio::test(start_paused = true)]
    async fn backend_expires_without_ending_the_connection() {
        for timeout_s in [5, 300] {
            let watch = watch();
            watch.request_begins();
            watch.set_backend_deadline(Some(Instant::now() + Duration::from_secs(timeout_s)));
            let start = Instant::now();
            poll_fn(|cx| {
                assert!(watch.poll_lapse(cx).is_pending());
                if watch.has_backend_expired() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            assert_eq!(start.elapsed().as_secs(), timeout_s);
            watch.set_backend_deadline(None);
            assert!(!watch.has_backend_expired());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn request_without_deadline_never_lapses() {
        let watch = watch();
        watch.request_begins();
        let hour = Duration::from_secs(3_600);
        assert!(timeout(hour, lapse(&watch)).await.is_err());
    }
}
