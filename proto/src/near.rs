//! Which of the known words a misspelt one was probably meant to be.

/// Nothing longer is a misspelt word, and the distance costs the product of the lengths.
const WORD_BYTES_MAX: usize = 64;

/// The name among `known` that people probably meant by `text`.
///
/// ```
/// assert_eq!(hanse_proto::nearest("displayNam", &["path", "displayName"]), Some("displayName"));
/// assert_eq!(hanse_proto::nearest("colour", &["path", "displayName"]), None);
/// ```
pub fn nearest<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    if text.len() > WORD_BYTES_MAX {
        return None;
    }
    let plain = |name: &str| name.replace(['-', '_'], "").to_lowercase();
    let text = plain(text);
    known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&text, &plain(name)), *name))
        .filter(|(distance, name)| *distance <= name.chars().count().div_ceil(4).min(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_are_compared() {
        let known = ["a".repeat(WORD_BYTES_MAX)];
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        assert_eq!(nearest(known[0], &known), Some(known[0]));
        assert_eq!(nearest(&format!("{}a", known[0]), &known), None);
    }
}
