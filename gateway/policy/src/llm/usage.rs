//! What an answer of a language model says it took.
//!
//! One idea: an answer is looked at while it streams past, piece by piece as it comes; nothing is held
//! back and little is remembered. JSON is only scanned for the one member that tells the usage, so that
//! its size does not matter. Of a stream each event is read, and the last that tells usage counts; where
//! none does, the text that came is counted.

use http::{HeaderMap, header};
use serde_json::Value;

use crate::llm::tokens;

/// Bytes of the member that tells usage; a longer one tells nothing.
const MEMBER_BYTES_MAX: usize = 16 * 1024;
/// Bytes of the name of a member that is of interest.
const NAME_BYTES_MAX: usize = 16;
/// Bytes of one event of a stream; a longer one is passed over.
pub const EVENT_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a stream's text that are remembered in case it tells no usage; more is counted like these.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Tokens that a call took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt: u64,
    pub completion: u64,
}

impl Usage {
    pub fn total(self) -> u64 {
        self.prompt.saturating_add(self.completion)
    }

    pub fn and(self, other: Self) -> Self {
        Self {
            prompt: self.prompt.saturating_add(other.prompt),
            completion: self.completion.saturating_add(other.completion),
        }
    }
}

/// Looks at one answer.
#[derive(Debug)]
pub struct Observer(Shape);

#[derive(Debug)]
enum Shape {
    Json(JsonScan),
    Events(EventScan),
}

/// What was told so far, field by field: some tell the prompt first and the rest later.
#[derive(Debug, Default, Clone, Copy)]
struct Told {
    prompt: Option<u64>,
    completion: Option<u64>,
    total: Option<u64>,
}

impl Observer {
    /// For an answer with these headers; `None` where it tells nothing that could be read.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !matches!(text(header::CONTENT_ENCODING).trim(), "" | "identity") {
            return None;
        }
        let kind =
            text(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "text/event-stream" => Some(Self(Shape::Events(EventScan::default()))),
            kind if kind == "application/json" || kind.ends_with("+json") => {
                Some(Self(Shape::Json(JsonScan::default())))
            }
            _ => None,
        }
    }

    pub fn is_stream(&self) -> bool {
        matches!(self.0, Shape::Events(_))
    }

    /// The next piece.
    pub fn see(&mut self, piece: &[u8]) {
        match &mut self.0 {
            Shape::Json(scan) => scan.see(piece),
            Shape::Events(scan) => scan.see(piece),
        }
    }

    /// What the answer told so far.
    pub fn usage(&self) -> Option<Usage> {
        match &self.0 {
            Shape::Json(scan) => scan.told.usage(),
            Shape::Events(scan) => scan.told.usage(),
        }
    }

    /// Tokens of what was answered so far, by estimate.
    pub fn completion_estimate(&self, model: &str) -> u64 {
        match &self.0 {
            Shape::Json(_) => 0,
            Shape::Events(scan) => {
                let counted = tokens::count(model, &scan.text);
                tokens::extrapolate(counted, scan.text.len(), scan.text_bytes)
            }
        }
    }
}

impl Told {
    fn usage(self) -> Option<Usage> {
        let Self { prompt, completion, total } = self;
        if prompt.is_none() && completion.is_none() && total.is_none() {
            return None;
        }
        let prompt = prompt.unwrap_or_else(|| total.unwrap_or(0).saturating_sub(completion.unwrap_or(0)));
        let completion = completion.unwrap_or_else(|| total.unwrap_or(prompt).saturating_sub(prompt));
        // What a model thought counts too, though some leave it out of what they answered.
        let completion = total.map_or(completion, |total| completion.max(total.saturating_sub(prompt)));
        Some(Usage { prompt, completion })
    }

    /// Takes an object that tells usage.
    fn take(&mut self, usage: &Value) {
        let find = |names: &[&str]| names.iter().find_map(|name| usage[*name].as_u64());
        let mut prompt = find(&["prompt_tokens", "input_tokens", "promptTokenCount"]);
        if let Some(prompt) = &mut prompt {
            // Anthropic tells apart what it read from, and wrote into, its cache.
            for name in ["cache_read_input_tokens", "cache_creation_input_tokens"] {
                *prompt = prompt.saturating_add(usage[name].as_u64().unwrap_or(0));
            }
        }
        self.prompt = prompt.or(self.prompt);
        self.completion =
            find(&["completion_tokens", "output_tokens", "candidatesTokenCount"]).or(self.completion);
        self.total = find(&["total_tokens", "totalTokenCount"]).or(self.total);
    }
}

/// Finds a member of the outermost object, or of the objects in the outermost array.
#[derive(Debug, Default)]
struct JsonScan {
    told: Told,
    depth: usize,
    /// Depth of the members that are looked at; zero before the first byte.
    base: usize,
    is_in_string: bool,
    is_escaped: bool,
    /// Whether the next string is a name.
    is_name: bool,
    name: Vec<u8>,
    /// The value of interest, as far as it has come.
    member: Option<Vec<u8>>,
}

impl JsonScan {
    fn see(&mut self, piece: &[u8]) {
        for byte in piece {
            self.step(*byte);
        }
    }

    fn step(&mut self, byte: u8) {
        if self.is_in_string {
            self.keep(byte);
            if self.is_escaped {
                self.is_escaped = false;
            } else if byte == b'\\' {
                self.is_escaped = true;
            } else if byte == b'"' {
                self.is_in_string = false;
            } else if self.is_name && self.depth == self.base && self.name.len() < NAME_BYTES_MAX {
                self.name.push(byte);
            }
            return;
        }
        match byte {
            b'"' => {
                self.keep(byte);
                self.is_in_string = true;
                if self.is_name && self.depth == self.base {
                    self.name.clear();
                }
            }
            b'{' | b'[' => {
                if self.base == 0 {
                    self.base = if byte == b'[' { 2 } else { 1 };
                }
                self.keep(byte);
                self.depth += 1;
                self.is_name = byte == b'{';
            }
            b'}' | b']' => {
                if self.depth == self.base {
                    self.end_member();
                } else {
                    self.keep(byte);
                }
                self.depth = self.depth.saturating_sub(1);
                self.is_name = false;
            }
            b':' if self.depth == self.base && self.is_name => {
                self.is_name = false;
                let is_usage = matches!(self.name.as_slice(), b"usage" | b"usageMetadata");
                self.member = is_usage.then(Vec::new);
            }
            b',' if self.depth == self.base => {
                self.end_member();
                self.is_name = true;
            }
            _ => self.keep(byte),
        }
    }

    fn keep(&mut self, byte: u8) {
        if let Some(member) = &mut self.member {
            if member.len() >= MEMBER_BYTES_MAX {
                self.member = None;
                return;
            }
            member.push(byte);
        }
    }

    fn end_member(&mut self) {
        if let Some(member) = self.member.take()
            && let Ok(usage) = serde_json::from_slice(&member)
        {
            self.told.take(&usage);
        }
    }
}

/// Reads the events of a stream.
#[derive(Debug, Default)]
struct EventScan {
    told: Told,
    /// The line that has begun.
    line: Vec<u8>,
    /// It is too long and passed over.
    is_too_long: bool,
    text: String,
    /// Bytes of all text, what was not remembered included.
    text_bytes: usize,
}

impl EventScan {
    fn see(&mut self, piece: &[u8]) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let is_end = part.ends_with(b"\n");
            if self.line.len() + part.len() > EVENT_BYTES_MAX {
                self.is_too_long = true;
                self.line.clear();
            }
            if !self.is_too_long {
                self.line.extend_from_slice(part);
            }
            if is_end {
                let mut line = std::mem::take(&mut self.line);
                self.read(&line);
                line.clear();
                self.line = line;
                self.is_too_long = false;
            }
        }
    }

    fn read(&mut self, line: &[u8]) {
        let Some(data) = line.strip_prefix(b"data:") else { return };
        let Ok(event) = serde_json::from_slice::<Value>(data.trim_ascii()) else { return };
        // Anthropic's first event has it within a message, OpenAI's last one of a response within that.
        for holder in [&event, &event["message"], &event["response"]] {
            for name in ["usage", "usageMetadata"] {
                if holder[name].is_object() {
                    self.told.take(&holder[name]);
                }
            }
        }
        self.keep_texts(&event);
    }

    fn keep_texts(&mut self, event: &Value) {
        for choice in event["choices"].as_array().into_iter().flatten() {
            self.keep(&choice["delta"]["content"]);
            self.keep(&choice["text"]);
            for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                self.keep(&call["function"]["name"]);
                self.keep(&call["function"]["arguments"]);
            }
        }
        // A response's own events, and Anthropic's.
        match &event["delta"] {
            text @ Value::String(_) => self.keep(text),
            delta => {
                self.keep(&delta["text"]);
                self.keep(&delta["partial_json"]);
            }
        }
        for candidate in event["candidates"].as_array().into_iter().flatten() {
            for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
                self.keep(&part["text"]);
            }
        }
    }

    fn keep(&mut self, text: &Value) {
        let Some(text) = text.as_str() else { return };
        self.text_bytes += text.len();
        if self.text.len() + text.len() <= TEXT_BYTES_MAX {
            self.text.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observer(content_type: &'static str) -> Observer {
        let headers = [(header::CONTENT_TYPE, http::HeaderValue::from_static(content_type))];
        Observer::of(&headers.into_iter().collect()).unwrap()
    }

    /// However it is cut into pieces.
    fn usage(content_type: &'static str, body: &str) -> Option<Usage> {
        let pieces = |size: usize| {
            let mut observer = observer(content_type);
            body.as_bytes().chunks(size).for_each(|piece| observer.see(piece));
            observer.usage()
        };
        let (bytes, whole) = (pieces(1), pieces(body.len()));
        assert_eq!(bytes, whole);
        assert_eq!(pieces(7), whole);
        whole
    }

    fn told(prompt: u64, completion: u64) -> Option<Usage> {
        Some(Usage { prompt, completion })
    }

    #[test]
    fn json_answers_of_all_makers_tell_their_usage() {
        let of = |body: &str| usage("application/json; charset=utf-8", body);
        let noise =
            r#""id":"a \" {\"usage\":{\"prompt_tokens\":99}}","choices":[{"usage":{"prompt_tokens":98}}],"#;
        assert_eq!(
            of(&format!(
                r#"{{{noise}"usage":{{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12,"d":{{"x":[1]}}}}}}"#
            )),
            told(5, 7)
        );
        assert_eq!(of(r#"{"usage" : {"prompt_tokens": 8, "total_tokens": 8}, "data": []}"#), told(8, 0));
        assert_eq!(
            of(r#"{"usage":{"input_tokens":3,"cache_read_input_tokens":4,"output_tokens":2}}"#),
            told(7, 2)
        );
        assert_eq!(
            of(r#"{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":9}}"#),
            told(3, 6)
        );
        assert_eq!(
            of(r#"[{"usageMetadata":{"promptTokenCount":3}},{"usageMetadata":{"candidatesTokenCount":2}}]"#),
            told(3, 2)
        );
        for none in [
            "{}",
            "[]",
            "",
            "no JSON",
            r#"{"usage":null}"#,
            r#"{"usage":{}}"#,
            r#"{"a":{"usage":{"prompt_tokens":1}}}"#,
        ] {
            if !none.is_empty() {
                assert_eq!(of(none), None, "{none}");
            }
        }
    }

    #[test]
    fn streams_of_all_makers_tell_their_usage() {
        let of = |body: &str| usage("text/event-stream", body);
        assert_eq!(
            of("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\r\n\r\n\
                data: {\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":7}}\n\ndata: [DONE]\n\n"),
            told(5, 7)
        );
        assert_eq!(
            of(
                "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":5,\"output_tokens\":1}}}\n\n\
                event: message_delta\ndata: {\"delta\":{},\"usage\":{\"output_tokens\":9}}\n\n"
            ),
            told(5, 9)
        );
        assert_eq!(
            of(
                "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":2,\"output_tokens\":3}}}\n\n"
            ),
            told(2, 3)
        );
        assert_eq!(of("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"), None);
    }

    #[test]
    fn text_of_a_stream_without_usage_is_counted() {
        let mut stream = observer("text/event-stream");
        for word in ["Hello", ", world", "!"] {
            let event = serde_json::json!({"choices": [{"delta": {"content": word}}]});
            stream.see(format!("data: {event}\n\n").as_bytes());
        }
        assert_eq!((stream.usage(), stream.completion_estimate("gpt-4o")), (None, 4));
    }

    #[test]
    fn nothing_that_is_remembered_grows_without_end() {
        let long = "x".repeat(MEMBER_BYTES_MAX);
        let usage_of = |more: &str| {
            usage("application/json", &format!(r#"{{"usage":{{"prompt_tokens":1,"m":"{more}"}},"b":1}}"#))
        };
        let around = r#"{"prompt_tokens":1,"m":""}"#.len();
        assert_eq!(usage_of(&long[around..]), told(1, 0));
        assert_eq!(usage_of(&long[around - 1..]), None, "one byte too long");

        let event = |bytes: usize| {
            let around = "data: {\"usage\":{\"prompt_tokens\":1},\"m\":\"\"}\n".len();
            format!("data: {{\"usage\":{{\"prompt_tokens\":1}},\"m\":\"{}\"}}\n", "x".repeat(bytes - around))
        };
        assert_eq!(usage("text/event-stream", &event(EVENT_BYTES_MAX)), told(1, 0));
        assert_eq!(usage("text/event-stream", &event(EVENT_BYTES_MAX + 1)), None);

        let mut stream = observer("text/event-stream");
        let text = "word ".repeat(1_000);
        for _ in 0..20 {
            stream.see(format!("data: {{\"delta\":{{\"text\":\"{text}\"}}}}\n").as_bytes());
        }
        let Shape::Events(scan) = &stream.0 else { unreachable!() };
        assert!(scan.text.len() <= TEXT_BYTES_MAX);
        assert!(stream.completion_estimate("").abs_diff(20_000) < 500, "{}", stream.completion_estimate(""));
    }

    #[test]
    fn answers_that_cannot_be_read_are_left_alone() {
        let headers = |list: &[(http::HeaderName, &'static str)]| -> HeaderMap {
            list.iter().map(|(name, value)| (name.clone(), http::HeaderValue::from_static(value))).collect()
        };
        let json = (header::CONTENT_TYPE, "application/json");
        assert!(Observer::of(&headers(&[])).is_none());
        assert!(Observer::of(&headers(&[(header::CONTENT_TYPE, "text/plain")])).is_none());
        assert!(Observer::of(&headers(&[json.clone(), (header::CONTENT_ENCODING, "gzip")])).is_none());
        assert!(Observer::of(&headers(&[json, (header::CONTENT_ENCODING, "identity")])).is_some());
    }
}
