//! Who may do what: the one place where that is decided, for commands and for queries.
//!
//! The one idea: the decision is made on the tables, at the command's place in the log, so a
//! revoked permission cannot win a race. Today there are two principals, the administrators and the
//! cluster itself; roles will be read from the tables in this same function. Must not authenticate:
//! the principal is the word of the node that did.

use crate::read::Read;
use crate::violation::{code, violation};
use hanse_proto::Name;
use hanse_proto::v1::{self, principal::Who};

/// The group whose members may do everything to resources.
pub const ADMINISTRATORS: &str = "administrators";

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Read a resource, without its secrets; list; watch.
    Read,
    /// Create or replace a resource.
    Write,
    /// Delete a resource with everything below it.
    Delete,
    /// Read the secrets of a resource in the clear.
    ListSecrets,
    /// Look after the cluster: its status, its members.
    Operate,
    /// What the cluster does to itself through the log: place units, purge, begin. For it alone.
    Maintain,
}

impl Action {
    fn verb(self) -> &'static str {
        match self {
            Action::Read => "read",
            Action::Write => "write",
            Action::Delete => "delete",
            Action::ListSecrets => "list the secrets of",
            Action::Operate => "operate",
            Action::Maintain => "maintain",
        }
    }
}

/// Whether a principal may do something, to the resource `name` or (without one) to the service.
///
/// # Errors
/// Outside, when the store cannot be read; inside, the refusal.
pub fn authorize<R: Read>(
    _read: &R,
    principal: &v1::Principal,
    action: Action,
    name: Option<&Name>,
    now_ms: i64,
) -> Result<Result<(), v1::Violation>, R::Error> {
    let shown = name.map_or("", Name::as_str);
    let refuse = |code: &str, message: String, hint: &str| Ok(Err(violation(code, shown, "", message, hint)));
    match &principal.who {
        None => refuse(
            code::UNAUTHENTICATED,
            "nobody is signed in".to_owned(),
            "use a context with a client certificate",
        ),
        Some(Who::System(_)) if action == Action::Maintain => Ok(Ok(())),
        Some(Who::System(_)) => {
            refuse(code::FORBIDDEN, format!("the system may not {} resources", action.verb()), "")
        }
        Some(Who::Account(account)) if account.id.is_empty() => {
            refuse(code::UNAUTHENTICATED, "an account without an id".to_owned(), "sign in again")
        }
        Some(Who::Account(account)) if account.expires_at_ms != 0 && now_ms >= account.expires_at_ms => {
            refuse(code::UNAUTHENTICATED, "what proves who you are has expired".to_owned(), "sign in again")
        }
        Some(Who::Account(account)) => {
            if is_administrator(principal) && action != Action::Maintain {
                return Ok(Ok(()));
            }
            let what = name.map_or_else(|| "the service".to_owned(), |name| format!("`{name}`"));
            let message = format!("`{}` may not {} {what}", account.id, action.verb());
            let hint = if action == Action::Maintain {
                "only the cluster itself may do this"
            } else {
                "ask an administrator"
            };
            refuse(code::FORBIDDEN, message, hint)
        }
    }
}

/// Whether a principal is an account in the group of administrators.
pub(crate) fn is_administrator(principal: &v1::Principal) -> bool {
    let Some(Who::Account(account)) = &principal.who else { return false };
    account.groups.iter().any(|group| group == ADMINISTRATORS)
}
