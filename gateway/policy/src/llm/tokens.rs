//! Tokens of a text, for prompts and answers that nobody else has counted.
//!
//! One idea: the tokenizer of the model that is named, or of the newest models where none is known by that
//! name; what other makers count differs by a few tokens of a hundred. Long texts are counted by their
//! beginning, so that no request holds up the others of its unit.

use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};
use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton};

/// Bytes of a text that are taken apart; what is beyond counts like what was before.
pub const COUNTED_BYTES_MAX: usize = 64 * 1024;

/// How many tokens a text is for a model; the name may be empty.
pub fn count(model: &str, text: &str) -> u64 {
    if text.is_empty() {
        return 0;
    }
    let mut end = text.len().min(COUNTED_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let counted = encoder(model).encode_ordinary(&text[..end]).len() as u64;
    match end == text.len() {
        true => counted,
        false => extrapolate(counted, end, text.len()),
    }
}

/// What a whole has where its beginning has so many.
pub(crate) fn extrapolate(counted: u64, bytes: usize, whole: usize) -> u64 {
    let whole = u128::from(counted) * whole as u128 / (bytes.max(1) as u128);
    u64::try_from(whole).unwrap_or(u64::MAX)
}

/// Loads what most models need, so that no request waits for it.
pub(crate) fn prepare() {
    let _ = (o200k_base_singleton(), cl100k_base_singleton());
}

fn encoder(model: &str) -> &'static CoreBPE {
    match get_tokenizer(model) {
        Some(Tokenizer::Cl100kBase) => cl100k_base_singleton(),
        _ => o200k_base_singleton(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_counted_as_the_named_model_counts_them() {
        assert_eq!(count("gpt-4o", ""), 0);
        assert_eq!(count("gpt-4o", "Hello, world!"), 4);
        assert_eq!(count("gpt-4", "Hello, world!"), 4);
        assert_eq!(count("somebody-elses", "<|endoftext|>"), count("gpt-4o", "<|endoftext|>"));
        assert!(count("", "<|endoftext|>") > 1, "what a client writes is text and nothing else");
    }

    #[test]
    fn long_texts_are_counted_by_their_beginning() {
        let word = "word ";
        let whole = word.repeat(COUNTED_BYTES_MAX / word.len());
        let counted = count("gpt-4o", &whole);
        assert!((13_000..13_200).contains(&counted), "{counted}");
        assert_eq!(extrapolate(100, 50, 75), 150);
        let twice = count("gpt-4o", &format!("{whole}{whole}"));
        assert!(twice.abs_diff(2 * counted) < 5, "{twice} {counted}");
    }
}
