//! `System.String` over `&str`, with positions in UTF-16 units.
//!
//! Positions and counts are `i32`, as in .NET, and every check of theirs throws what .NET throws.
//! Results borrow where they can. Where a position cuts a pair of surrogates in two, each half
//! becomes U+FFFD. Functions that can make a text longer take the most bytes it may have.

mod compare;
mod edit;
mod position;
mod search;
mod split;

pub use compare::{StringComparison, compare, compare_ordinal, equals};
pub use edit::{
    insert, join, pad_left, pad_right, remove, remove_range, repeat, replace, replace_char, trim, trim_chars,
    trim_end, trim_end_chars, trim_start, trim_start_chars,
};
pub use position::{length, substring, substring_range, unit_at};
pub use search::{
    contains, ends_with, index_of, index_of_any, index_of_char, last_index_of, last_index_of_any,
    last_index_of_char, starts_with,
};
pub use split::{SplitOptions, split_chars, split_strings};
