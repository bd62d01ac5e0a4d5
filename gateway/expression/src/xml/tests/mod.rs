//! What the library promises, in tables: inputs and what .NET answers.

mod change;
mod hostile;
mod query;
mod read;
mod write;

use super::*;
use crate::arena::Arena;
