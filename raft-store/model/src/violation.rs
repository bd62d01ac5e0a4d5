//! Violations: what a rejection lists, collected up to a bound.
//!
//! The one idea: everything that is wrong with a command is said at once. Must not know the rules.

use crate::bounds::VIOLATIONS_MAX;
use hanse_proto::v1;

/// The codes of violations.
pub mod code {
    /// The content is wrong.
    pub const INVALID: &str = "invalid";
    /// Something referred to does not exist.
    pub const NOT_FOUND: &str = "not-found";
    /// It contradicts something that exists.
    pub const CONFLICT: &str = "conflict";
    /// The principal may not do this.
    pub const FORBIDDEN: &str = "forbidden";
    /// The resource is not as `if_etag` demands.
    pub const PRECONDITION_FAILED: &str = "precondition-failed";
    /// What admission read has changed since; admit again.
    pub const STALE: &str = "stale";
    /// A bound of the service is reached.
    pub const LIMIT: &str = "limit";
    /// The request id was used for something else.
    pub const REQUEST_ID_REUSED: &str = "request-id-reused";
    /// Nobody, or somebody whose proof has expired.
    pub const UNAUTHENTICATED: &str = "unauthenticated";
}

/// A violation without a position in a document.
pub(crate) fn violation(code: &str, name: &str, field: &str, message: String, hint: &str) -> v1::Violation {
    v1::Violation {
        code: code.to_owned(),
        name: name.to_owned(),
        field: field.to_owned(),
        message,
        hint: hint.to_owned(),
        line: 0,
        column: 0,
    }
}

/// A rejection for one reason that is about no resource.
pub(crate) fn rejection(code: &str, message: String, hint: &str) -> v1::Rejection {
    v1::Rejection { violations: vec![violation(code, "", "", message, hint)] }
}

/// Violations found so far.
#[derive(Debug, Default)]
pub(crate) struct Violations {
    list: Vec<v1::Violation>,
    more: usize,
}

impl Violations {
    pub(crate) fn push(&mut self, violation: v1::Violation) {
        if self.list.len() < VIOLATIONS_MAX {
            self.list.push(violation);
        } else {
            self.more += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The rejection that lists them; `None` when there is nothing to reject.
    pub(crate) fn into_rejection(mut self) -> Option<v1::Rejection> {
        if self.list.is_empty() {
            return None;
        }
        if self.more > 0 {
            let message = format!("{} more findings; the first {VIOLATIONS_MAX} are listed", self.more);
            self.list.push(violation(code::INVALID, "", "", message, "repair these and send it again"));
        }
        Some(v1::Rejection { violations: self.list })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violations_are_listed_up_to_the_bound_and_counted_past_it() {
        let finding = || violation(code::INVALID, "apis/a", "path", "x".into(), "");
        let listed = |count: usize| {
            let mut violations = Violations::default();
            (0..count).for_each(|_| violations.push(finding()));
            violations.into_rejection().map(|rejection| rejection.violations)
        };
        assert_eq!(listed(0), None);
        assert_eq!(listed(VIOLATIONS_MAX).map(|list| list.len()), Some(VIOLATIONS_MAX));
        let list = listed(VIOLATIONS_MAX + 1).expect("a rejection");
        assert_eq!(list.len(), VIOLATIONS_MAX + 1);
        assert!(list[VIOLATIONS_MAX].message.starts_with("1 more"));
    }
}
