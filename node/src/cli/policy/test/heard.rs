//! What a request handed out beside its answer: metrics, events and notes, as expectations see them.

use serde_json::Value as Json;

#[derive(Debug, Default)]
pub struct Heard {
    pub metrics: Vec<Json>,
    pub events: Vec<Json>,
    pub notes: Vec<Json>,
}
