//! Compiled patterns that were used lately: a literal pattern is compiled once, not at each evaluation.
//!
//! The one idea: one small cache for each thread, the pattern used longest ago goes first. What is
//! found does not depend on it; only the time does.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Options, Regex, RegexError};

/// Most compiled patterns that a thread keeps.
pub const CACHED_MAX: usize = 64;

#[derive(Default)]
struct Cache {
    /// Each with when it was used last.
    entries: Vec<(u64, Rc<Regex>)>,
    uses: u64,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

/// The compiled pattern, and whether it had to be compiled for this.
///
/// # Errors
/// As [`Regex::new`]; a pattern that is refused is not remembered.
pub fn cached(pattern: &str, options: Options) -> Result<(Rc<Regex>, bool), RegexError> {
    CACHE.with_borrow_mut(|cache| {
        cache.uses += 1;
        let now = cache.uses;
        let is_it = |regex: &Regex| regex.options() == options && regex.pattern() == pattern;
        if let Some((used, regex)) = cache.entries.iter_mut().find(|(_, regex)| is_it(regex)) {
            *used = now;
            return Ok((Rc::clone(regex), false));
        }
        let regex = Rc::new(Regex::new(pattern, options)?);
        if cache.entries.len() >= CACHED_MAX {
            let oldest = (0..cache.entries.len()).min_by_key(|at| cache.entries[*at].0);
            cache.entries.swap_remove(oldest.unwrap_or_default());
        }
        cache.entries.push((now, Rc::clone(&regex)));
        Ok((regex, true))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_compiled_once_and_the_longest_unused_goes_first() {
        let compiles = |pattern: &str| cached(pattern, Options::NONE).unwrap().1;
        for at in 0..CACHED_MAX {
            assert!(compiles(&format!("{at}")));
        }
        assert!(!compiles("0"), "all of them fit");
        assert!(cached("0", Options::IGNORE_CASE).unwrap().1, "options make another pattern");
        assert!(!compiles("0"), "it was used after the others");
        assert!(compiles("1"), "one past the bound, and this one was used longest ago");
        assert!(cached("(", Options::NONE).is_err() && cached("(", Options::NONE).is_err());
    }
}
