//! The language as a whole: what expressions mean, and what stops them.

mod bounds;
mod meaning;

use crate::net::tests::{eval, table};
