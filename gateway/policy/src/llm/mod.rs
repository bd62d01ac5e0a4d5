//! What language models are asked and what they answer, as far as tokens are concerned.
//!
//! One idea: requests and answers of several makers are known by their shape, not by configuration.
//!
//! | file | |
//! |---|---|
//! | `prompt` | what a request asks, and how many tokens that is |
//! | `usage` | what an answer says it took, read while it streams past |
//! | `tokens` | tokens of a text |

pub(crate) mod prompt;
pub mod tokens;
pub mod usage;
