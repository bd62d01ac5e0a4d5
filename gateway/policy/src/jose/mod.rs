//! Signed and encrypted tokens (RFC 7515 to 7519), as far as a gateway checks them.
//!
//! One idea: what a token says of itself decides nothing. Its algorithm only chooses among keys that
//! are for that algorithm; keys it brings along or points to are not looked at; whatever is not
//! understood refuses it.
//!
//! | file | |
//! |---|---|
//! | `key` | what signatures are checked with, made once |
//! | `openid` | issuers and keys as providers publish them |
//! | `token` | a token taken apart, strictly |
//! | `sealed` | encrypted tokens |

mod key;
pub(crate) mod openid;
mod sealed;
#[cfg(test)]
pub(crate) mod testing;
mod token;

pub(crate) use key::Key;
pub(crate) use sealed::{OpeningKey, open};
pub(crate) use token::{Flaw, Signer, Token, is_sealed};

/// Longest token that is looked at, in bytes. Headers of this size reach no gateway; expressions and
/// queries could hold longer ones. A longer one is refused.
pub(crate) const TOKEN_BYTES_MAX: usize = 64 * 1024;
