//! What a request turned out to cost, charged when it has ended.
//!
//! One idea: whoever moves a request's bytes holds the meter, and the last one to let go of it charges
//! the counters; so a request that is broken off is charged for what it had come to. A request that
//! nothing is to be charged for has none. Must not know what is counted.

use super::Unit;
use crate::upstream::BodyProgress;
use hanse_policy::{
    Charge, CounterKey, Metric, Rate, Span, TokenKinds, TokenWatch, TokensCounted,
    llm::usage::{Observer, Usage},
};
use http::HeaderMap;
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
    watched: RefCell<Option<Watched>>,
    /// Tokens of all answers to the request that have ended.
    used: Cell<Option<Usage>>,
    /// The request is with the backend, which has not answered yet.
    is_asking: Cell<bool>,
}

/// A request whose answers' tokens are looked at.
struct Watched {
    model: Box<str>,
    prompt: u64,
    is_told: bool,
}

/// A charge that outlives the request's memory.
enum Owed {
    Bytes {
        workspace: Box<str>,
        counter: Box<str>,
        span: Span,
    },
    Tokens {
        workspace: Box<str>,
        counter: Box<str>,
        rate: Rate,
        counted: TokensCounted,
        /// When some were counted.
        since_ms: u64,
    },
    TokenQuota {
        workspace: Box<str>,
        counter: Box<str>,
        span: Span,
        counted: TokensCounted,
    },
    Metrics {
        workspace: Box<str>,
        namespace: Box<str>,
        dimensions: Vec<(Box<str>, Box<str>)>,
        kinds: TokenKinds,
    },
}

/// Looks at one answer for its tokens while it passes; the meter is told when it is let go of.
pub(crate) struct TokenEye {
    observer: Observer,
    meter: Rc<Meter>,
    /// The answer is an error, which takes nothing that it does not tell.
    is_error: bool,
}

impl Meter {
    pub(super) fn new(unit: Rc<Unit>, head_bytes: u64, progress: Rc<BodyProgress>) -> Rc<Meter> {
        Rc::new(Meter {
            unit,
            head_bytes,
            progress,
            answer_bytes: Cell::new(0),
            charges: RefCell::default(),
            watched: RefCell::default(),
            used: Cell::new(None),
            is_asking: Cell::new(false),
        })
    }

    pub(super) fn owe(&self, charge: Charge<'_>, now_ms: u64) {
        let owned = |key: &CounterKey<'_>| -> (Box<str>, Box<str>) { (key.workspace.into(), written(key)) };
        let owed = match charge {
            Charge::Bytes { key, span } => {
                let (workspace, counter) = owned(&key);
                Owed::Bytes { workspace, counter, span }
            }
            Charge::Tokens { key, rate, counted } => {
                let (workspace, counter) = owned(&key);
                Owed::Tokens { workspace, counter, rate, counted, since_ms: now_ms }
            }
            Charge::TokenQuota { key, span, counted } => {
                let (workspace, counter) = owned(&key);
                Owed::TokenQuota { workspace, counter, span, counted }
            }
            Charge::TokenMetrics { metric, kinds } => {
                let dimensions =
                    metric.dimensions.iter().map(|(name, value)| ((*name).into(), (*value).into()));
                Owed::Metrics {
                    workspace: metric.workspace.into(),
                    namespace: metric.namespace.into(),
                    dimensions: dimensions.collect(),
                    kinds,
                }
            }
        };
        self.charges.borrow_mut().push(owed);
    }

    pub(super) fn watch(&self, watch: TokenWatch<'_>) {
        let TokenWatch { model, prompt, is_told } = watch;
        let mut watched = self.watched.borrow_mut();
        match &mut *watched {
            Some(watched) => {
                watched.prompt = watched.prompt.max(prompt);
                watched.is_told |= is_told;
            }
            None => *watched = Some(Watched { model: model.into(), prompt, is_told }),
        }
    }

    /// Whether somebody wants to know the tokens before the answer is sent.
    pub(crate) fn are_tokens_told(&self) -> bool {
        self.watched.borrow().as_ref().is_some_and(|watched| watched.is_told)
    }

    pub(super) fn tokens_used(&self) -> Option<Usage> {
        self.used.get()
    }

    /// The request goes to its backend, or has been answered, or has failed.
    pub(crate) fn set_asking(&self, is_asking: bool) {
        self.is_asking.set(is_asking);
    }

    /// What looks at an answer; `None` where nobody wants that, or nothing can be read.
    pub(crate) fn eye(
        self: &Rc<Self>,
        status: http::StatusCode,
        headers: &HeaderMap,
    ) -> Option<Box<TokenEye>> {
        let is_error = status.is_client_error() || status.is_server_error();
        let watched = self.watched.borrow();
        let watched = watched.as_ref()?;
        match Observer::of(headers) {
            Some(observer) => Some(Box::new(TokenEye { observer, meter: self.clone(), is_error })),
            None => {
                let prompt = if is_error { 0 } else { watched.prompt };
                self.use_up(Usage { prompt, completion: 0 });
                None
            }
        }
    }

    fn use_up(&self, usage: Usage) {
        self.used.set(Some(self.used.get().unwrap_or_default().and(usage)));
    }

    /// Bytes of the answer are on their way to the client.
    pub(crate) fn count_answer(&self, bytes: u64) {
        self.answer_bytes.set(self.answer_bytes.get() + bytes);
    }
}

impl TokenEye {
    pub(crate) fn see(&mut self, piece: &[u8]) {
        self.observer.see(piece);
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.observer.is_stream()
    }
}

impl Drop for TokenEye {
    fn drop(&mut self) {
        let watched = self.meter.watched.borrow();
        let Some(Watched { model, prompt, .. }) = &*watched else { return };
        let usage = match self.observer.usage() {
            Some(usage) => usage,
            None if self.is_error => Usage::default(),
            None => Usage { prompt: *prompt, completion: self.observer.completion_estimate(model) },
        };
        self.meter.use_up(usage);
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let unit = &self.unit;
        let bytes = self.head_bytes + self.progress.bytes() + self.answer_bytes.get();
        if self.is_asking.get()
            && let Some(watched) = &*self.watched.borrow()
        {
            // The backend has the prompt, and nobody will learn what it made of it.
            self.use_up(Usage { prompt: watched.prompt, completion: 0 });
        }
        let used = self.used.get();
        let now_ms = unit.now_ms();
        for owed in self.charges.get_mut().drain(..) {
            match owed {
                Owed::Bytes { workspace, counter, span } => {
                    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
                    unit.counters.borrow_mut().settle_quota(&workspace, &counter, span, bytes);
                }
                Owed::Tokens { workspace, counter, rate, counted, since_ms } => {
                    let missing = counted.missing(used.unwrap_or_default());
                    // What was counted too long ago is forgotten already.
                    let is_counted = u128::from(now_ms - since_ms.min(now_ms)) < rate.period.as_millis();
                    if missing > 0 || is_counted {
                        unit.counters.borrow_mut().settle_rate(&workspace, &counter, now_ms, rate, missing);
                    }
                }
                Owed::TokenQuota { workspace, counter, span, counted } => {
                    let missing = counted.missing(used.unwrap_or_default());
                    unit.counters.borrow_mut().settle_quota(&workspace, &counter, span, missing);
                }
                Owed::Metrics { workspace, namespace, dimensions, kinds } => {
                    let Some(used) = used else { continue };
                    let dimensions: Vec<(&str, &str)> =
                        dimensions.iter().map(|(name, value)| (&**name, &**value)).collect();
                    for (name, number) in kinds.of(used) {
                        unit.metrics.borrow_mut().add(&Metric {
                            workspace: &workspace,
                            namespace: &namespace,
                            name,
                            value: number as f64,
                            dimensions: &dimensions,
                        });
                    }
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
