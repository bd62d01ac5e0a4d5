//! Ids of operations: from `operationId`, or from method and path.
//!
//! One idea: APIM's rule, so that ids stay the same for who comes from there: lower case, every run
//! of other characters than letters and digits one `-`, at most 76 characters, clashes get `-1` to
//! `-999`. Must not know operations.

use std::collections::{BTreeMap, BTreeSet};

/// An id has this many characters before a clash is told apart.
pub(crate) const ID_CHARS_MAX: usize = 76;
/// So many operations may clash with one id.
pub(crate) const CLASHES_MAX: u32 = 999;

/// The id that a text gives; empty when it has neither letters nor digits.
pub fn normalise(text: &str) -> String {
    let mut id = String::new();
    let mut chars = 0;
    let mut gap = false;
    for c in text.chars().flat_map(char::to_lowercase) {
        if !c.is_alphanumeric() {
            gap = true;
            continue;
        }
        let dash = gap && !id.is_empty();
        gap = false;
        if chars + usize::from(dash) >= ID_CHARS_MAX {
            break;
        }
        if dash {
            id.push('-');
            chars += 1;
        }
        id.push(c);
        chars += 1;
    }
    id
}

/// The id that an `operationId` gives. One that an import made of a clash is kept as it is, so that an
/// exported document has its ids when it is imported again.
pub(crate) fn given(text: &str) -> String {
    let is_clash = text.char_indices().nth(ID_CHARS_MAX).is_some_and(|(at, _)| {
        let number = text[at..].strip_prefix('-').filter(|number| number.bytes().all(|b| b.is_ascii_digit()));
        normalise(&text[..at]) == text[..at]
            && number
                .and_then(|number| number.parse().ok())
                .is_some_and(|n: u32| (1..=CLASHES_MAX).contains(&n))
    });
    if is_clash { text.to_owned() } else { normalise(text) }
}

/// `text` as the name of a component: letters, digits, `.`, `-` and `_`, with `-` for runs of all else.
pub(crate) fn clean_name(text: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let parts = text.split(|c| !is_allowed(c)).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").chars().take(ID_CHARS_MAX).collect()
}

/// Hands out ids that are unique.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    taken: BTreeSet<String>,
    /// The suffix to try next for an id that clashed.
    next: BTreeMap<String, u32>,
}

impl Ids {
    /// `id`, or `id-1` … `id-999` if it is taken; `None` when all are.
    pub(crate) fn assign(&mut self, id: &str) -> Option<String> {
        if self.taken.insert(id.to_owned()) {
            return Some(id.to_owned());
        }
        let next = self.next.entry(id.to_owned()).or_insert(1);
        while *next <= CLASHES_MAX {
            let candidate = format!("{id}-{next}");
            *next += 1;
            if self.taken.insert(candidate.clone()) {
                return Some(candidate);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_the_rule() {
        for (text, id) in [
            ("GET-/foo/{bar}?buzz={quix}", "get-foo-bar-buzz-quix"),
            ("getOrderById", "getorderbyid"),
            ("  Orders: list & sort ", "orders-list-sort"),
            ("Größe_abfragen", "größe-abfragen"),
            ("---", ""),
        ] {
            assert_eq!(normalise(text), id);
        }
    }

    #[test]
    fn ids_are_cut_at_the_bound_and_never_end_with_a_dash() {
        assert_eq!(normalise(&"a".repeat(76)).len(), 76);
        assert_eq!(normalise(&"a".repeat(77)).len(), 76);
        assert_eq!(normalise(&format!("{}-b", "a".repeat(75))), "a".repeat(75));
        assert_eq!(normalise(&format!("{}-b", "a".repeat(74))), format!("{}-b", "a".repeat(74)));
    }

    #[test]
    fn the_id_of_a_clash_stays_when_it_is_given() {
        let long = "a".repeat(76);
        assert_eq!(given(&format!("{long}-12")), format!("{long}-12"));
        assert_eq!(given(&format!("{long}-1000")), long);
        assert_eq!(given(&format!("{long}-x")), long);
        assert_eq!(given("List Orders"), "list-orders");
    }

    #[test]
    fn clashes_get_numbers_until_none_is_left() {
        let mut ids = Ids::default();
        assert_eq!(ids.assign("a").as_deref(), Some("a"));
        assert_eq!(ids.assign("a-1").as_deref(), Some("a-1"));
        assert_eq!(ids.assign("a").as_deref(), Some("a-2"));
        for _ in 3..=CLASHES_MAX {
            assert!(ids.assign("a").is_some());
        }
        assert_eq!(ids.assign("a"), None);
    }
}
