//! What a request asks of a language model.
//!
//! One idea: everything a model would read is a text with a role, whatever the request calls it. Known
//! are OpenAI's chat completions, completions, embeddings and responses, Azure's model inference,
//! Anthropic's messages and Gemini's contents.

use serde_json::Value;

use crate::llm::tokens;

/// Tokens of an image, at most.
const IMAGE_TOKENS: u64 = 1_200;
/// Tokens around each message of a conversation, and before the answer.
const MESSAGE_TOKENS: u64 = 3;

/// Which kind of request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PromptType {
    /// Whatever the body looks like.
    Auto,
    ChatCompletion,
    Completion,
    Embeddings,
}

/// What is asked.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// As the request names it; empty where the address does.
    pub(crate) model: String,
    pub(crate) messages: Vec<Message>,
    /// The answer is to be a stream.
    pub(crate) streams: bool,
    /// The stream is to tell its usage.
    pub(crate) tells_usage: bool,
    is_conversation: bool,
}

/// A text that a model reads.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) role: String,
    pub(crate) text: String,
    images: u64,
}

impl PromptType {
    pub(crate) fn parse(text: &str) -> Self {
        match text.trim() {
            "chat-completion" => Self::ChatCompletion,
            "completion" => Self::Completion,
            "embeddings" => Self::Embeddings,
            _ => Self::Auto,
        }
    }
}

impl Prompt {
    /// Reads a request's body; `None` where it asks nothing of a model.
    pub(crate) fn read(body: &[u8], kind: PromptType) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let mut prompt = Self {
            model: text("model"),
            streams: body["stream"].as_bool().unwrap_or(false),
            tells_usage: body["stream_options"]["include_usage"].as_bool().unwrap_or(false),
            ..Self::default()
        };
        let is = |wanted| kind == PromptType::Auto || kind == wanted;
        if is(PromptType::ChatCompletion) {
            prompt.is_conversation = true;
            prompt.add("system", &body["system"]);
            prompt.add("system", &body["instructions"]);
            prompt.add("system", &body["systemInstruction"]["parts"]);
            prompt.add_all(&body["messages"], "content");
            prompt.add_all(&body["contents"], "parts");
        }
        if is(PromptType::Completion) && prompt.messages.is_empty() {
            prompt.is_conversation = false;
            prompt.add("user", &body["prompt"]);
        }
        if (is(PromptType::Embeddings) || is(PromptType::ChatCompletion)) && !body["input"].is_null() {
            match body["input"].as_array().is_some_and(|items| items.iter().any(Value::is_object)) {
                true => {
                    prompt.is_conversation = true;
                    prompt.add_all(&body["input"], "content");
                }
                false => prompt.add("user", &body["input"]),
            }
        }
        (!prompt.messages.is_empty()).then_some(prompt)
    }

    fn add_all(&mut self, messages: &Value, content: &str) {
        for message in messages.as_array().into_iter().flatten() {
            let role = message["role"].as_str().unwrap_or("user");
            self.add(role, &message[content]);
        }
    }

    fn add(&mut self, role: &str, content: &Value) {
        let mut message = Message { role: role.to_owned(), ..Message::default() };
        message.take(content);
        if !message.text.is_empty() || message.images > 0 {
            self.messages.push(message);
        }
    }

    pub(crate) fn has_images(&self) -> bool {
        self.messages.iter().any(|message| message.images > 0)
    }

    /// How many tokens it is, by estimate.
    pub(crate) fn tokens(&self) -> u64 {
        let mut all = String::new();
        let mut tokens: u64 = 0;
        for message in &self.messages {
            if self.is_conversation {
                tokens += MESSAGE_TOKENS;
                all.push_str(&message.role);
                all.push('\n');
            }
            tokens = tokens.saturating_add(message.images.saturating_mul(IMAGE_TOKENS));
            all.push_str(&message.text);
        }
        let around = if self.is_conversation { MESSAGE_TOKENS } else { 0 };
        tokens.saturating_add(tokens::count(&self.model, &all)).saturating_add(around)
    }
}

impl Message {
    /// Takes a text, a list of texts, or a list of pieces with texts and images.
    fn take(&mut self, content: &Value) {
        match content {
            Value::String(text) => self.text.push_str(text),
            Value::Array(items) => items.iter().for_each(|item| self.take(item)),
            Value::Object(piece) => {
                let is_image =
                    piece.get("type").and_then(Value::as_str).is_some_and(|kind| kind.contains("image"));
                if is_image || piece.contains_key("inlineData") {
                    self.images += 1;
                } else if let Some(text) = piece.get("text").or_else(|| piece.get("content")) {
                    self.take(text);
                }
            }
            // Tokens of a prompt that somebody has taken apart already: counted as the text of one.
            Value::Number(_) => self.text.push_str(" a"),
            Value::Null | Value::Bool(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<Prompt> {
        Prompt::read(body.as_bytes(), PromptType::Auto)
    }

    fn texts(body: &str) -> Vec<(String, String)> {
        read(body).unwrap().messages.into_iter().map(|it| (it.role, it.text)).collect()
    }

    #[test]
    fn requests_of_all_makers_are_known_by_their_shape() {
        let pair = |role: &str, text: &str| (role.to_owned(), text.to_owned());
        for (body, expected) in [
            (
                r#"{"model":"gpt-4o","messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{}}]}]}"#,
                vec![pair("system", "s"), pair("user", "a")],
            ),
            (r#"{"prompt":["a","b"]}"#, vec![pair("user", "ab")]),
            (r#"{"input":"a"}"#, vec![pair("user", "a")]),
            (r#"{"input":["a","b"]}"#, vec![pair("user", "ab")]),
            (
                r#"{"instructions":"i","input":[{"role":"user","content":[{"type":"input_text","text":"a"}]}]}"#,
                vec![pair("system", "i"), pair("user", "a")],
            ),
            (
                r#"{"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":"a"}]}"#,
                vec![pair("system", "s"), pair("user", "a")],
            ),
            (
                r#"{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[{"role":"user","parts":[{"text":"a"}]}]}"#,
                vec![pair("system", "s"), pair("user", "a")],
            ),
        ] {
            assert_eq!(texts(body), expected, "{body}");
        }
        assert_eq!(read("{}"), None);
        assert_eq!(read("no JSON"), None);
        assert_eq!(read("[1]"), None);
    }

    #[test]
    fn tokens_are_those_of_texts_messages_and_images() {
        let chat = r#"{"model":"gpt-4o","messages":[{"role":"user","content":"Hello, world!"}]}"#;
        // Four of the text, two of the role and its end, three around, three before the answer.
        assert_eq!(read(chat).unwrap().tokens(), 12);
        assert_eq!(read(r#"{"model":"gpt-4o","input":"Hello, world!"}"#).unwrap().tokens(), 4);
        let image = r#"{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"image_url"}]}]}"#;
        assert_eq!(read(image).unwrap().tokens(), 1_208);
        let completion = Prompt::read(br#"{"prompt":"Hello, world!"}"#, PromptType::Completion);
        assert_eq!(completion.unwrap().tokens(), 4);
        assert_eq!(Prompt::read(br#"{"prompt":"a"}"#, PromptType::Embeddings), None);
    }
}
