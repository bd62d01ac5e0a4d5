//! The text that a language model answered with.

use serde_json::Value;

/// All text of an answer's body: of one in JSON, or of the events of a stream; what is neither is text
/// itself.
pub(crate) fn text(body: &[u8], is_stream: bool) -> String {
    let mut out = String::new();
    if is_stream {
        for line in body.split(|byte| *byte == b'\n') {
            let data = line.strip_prefix(b"data:").map(<[u8]>::trim_ascii);
            if let Some(event) = data.and_then(|data| serde_json::from_slice::<Value>(data).ok()) {
                collect(&event, &mut out);
            }
        }
        return out;
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(answer) => collect(&answer, &mut out),
        Err(_) => out.push_str(&String::from_utf8_lossy(body)),
    }
    out
}

/// Texts have many places and few names.
fn collect(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    (
                        "content" | "text" | "delta" | "output_text" | "refusal" | "arguments"
                        | "partial_json" | "reasoning" | "reasoning_content" | "thinking",
                        Value::String(text),
                    ) => out.push_str(text),
                    (_, member) => collect(member, out),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_wherever_makers_put_it() {
        for (body, expected) in [
            (r#"{"id":"x","choices":[{"message":{"role":"assistant","content":"a"}}]}"#, "a"),
            (r#"{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#, "ab"),
            (r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#, "a"),
            (r#"{"output":[{"content":[{"type":"output_text","text":"a"}]}]}"#, "a"),
            ("plain", "plain"),
        ] {
            assert_eq!(text(body.as_bytes(), false), expected, "{body}");
        }
        let stream = b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\r\n\r\ndata: {\"delta\":\"b\"}\n\ndata: [DONE]\n";
        assert_eq!(text(stream, true), "ab");
    }
}
