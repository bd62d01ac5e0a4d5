//! Promises that span files: the order of scopes, what checks report, hostile input.

mod advice;
mod chains;
mod findings;
mod hostile;
mod soup;
mod surroundings;
