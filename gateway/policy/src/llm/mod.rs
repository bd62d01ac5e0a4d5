//! What language models are asked and what they answer, as far as tokens are concerned.
//!
//! One idea: requests and answers of several makers are known by their shape, not by configuration.
//!
//! | file | |
//! |---|---|
//! | `prompt` | what a request asks, and how many tokens that is |
//! | `completion` | the text of an answer |
//! | `usage` | what an answer says it took, read while it streams past |
//! | `tokens` | tokens of a text |

pub(crate) mod completion;
pub(crate) mod prompt;
pub mod tokens;
pub mod usage;

use std::time::Duration;

use bytes::Bytes;

use crate::context::ResponseMessage;

/// How long the services have that policies ask about prompts and answers.
pub(crate) const SERVICE_TIMEOUT: Duration = Duration::from_secs(30);
/// Most numbers of an embedding.
pub const DIMENSIONS_MAX: usize = 8_192;

/// What policies know of a request's prompt from one step to the next.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) semantic: Option<Box<Semantic>>,
    pub(crate) safety: Option<Box<crate::policies::llm_content_safety::Checks>>,
}

/// A prompt that is looked for in the semantic cache, or was not found there.
#[derive(Debug)]
pub(crate) struct Semantic {
    /// What has to be the same.
    pub(crate) partition: String,
    pub(crate) max_distance: f64,
    /// What may be alike; empty until it is known.
    pub(crate) vector: Vec<f32>,
}

/// An answer to be found again by prompts like its own.
#[derive(Debug, Clone)]
pub struct SemanticEntry {
    /// Only prompts of the same one are compared.
    pub partition: String,
    pub vector: Vec<f32>,
    pub response: ResponseMessage,
    pub lasts: Duration,
}

/// The body of a call, in JSON.
pub(crate) fn json(value: &serde_json::Value) -> Bytes {
    Bytes::from(value.to_string())
}
