//! The program itself, its commands against real nodes, and the repository it is made of.

mod program;
mod support;
mod tidy;
