//! The program from outside, by what it is asked to do.

mod cluster;
mod dev;
mod openapi;
mod refusals;
