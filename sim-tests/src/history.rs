//! What clients of a register asked for and were told, in the order in which it happened.
//!
//! One idea: an operation has a call and, maybe, a return. Without a return it may have happened
//! at any time after the call, or never. Positions come from one counter for the whole process:
//! a simulation runs on one thread, so that counter is the real-time order.
//!
//! Must not know what is correct: that is [`crate::linearizability`].

/// What a register holds: `None` is absent.
pub type Value = Option<u64>;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Puts a value, or removes the register (`None`).
    Write(Value),
    /// Puts `new` where `expected` is found, and is refused otherwise.
    Swap {
        /// What must be found.
        expected: Value,
        /// What is put.
        new: Value,
    },
    /// Asks what is there.
    Read,
}

/// What the client knows about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It happened.
    Done,
    /// This was there.
    Found(Value),
    /// A swap found something else, and changed nothing.
    Refused,
    /// It did not happen and never will.
    Failed,
    /// No answer: it may have happened, may happen later, or never.
    Unknown,
}

/// One operation of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Who asked.
    pub client: usize,
    /// Which register.
    pub key: String,
    /// What for.
    pub action: Action,
    /// What the answer was; [`Answer::Unknown`] while there is none.
    pub answer: Answer,
    /// Position of the call.
    pub called: u64,
    /// Position of the answer; `None` as long as the answer is unknown.
    pub returned: Option<u64>,
}

/// Names an operation that was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallId(usize);

/// All operations of a run.
#[derive(Debug, Clone, Default)]
pub struct History {
    operations: Vec<Operation>,
    position: u64,
}

impl History {
    /// Notes a call.
    pub fn call(&mut self, client: usize, key: &str, action: Action) -> CallId {
        let called = self.next_position();
        self.operations.push(Operation {
            client,
            key: key.to_owned(),
            action,
            answer: Answer::Unknown,
            called,
            returned: None,
        });
        CallId(self.operations.len() - 1)
    }

    /// Notes the answer to a call. [`Answer::Unknown`] leaves it open for ever.
    pub fn answer(&mut self, call: CallId, answer: Answer) {
        let position = self.next_position();
        let operation = &mut self.operations[call.0];
        operation.answer = answer;
        operation.returned = (answer != Answer::Unknown).then_some(position);
    }

    /// All operations in the order of their calls.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// How many had a definite answer, and how many none.
    pub fn tally(&self) -> (usize, usize) {
        let known = self.operations.iter().filter(|op| op.returned.is_some()).count();
        (known, self.operations.len() - known)
    }

    fn next_position(&mut self) -> u64 {
        self.position += 1;
        self.position
    }
}
