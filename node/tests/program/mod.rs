//! The program from outside, by what it is asked to do.

mod actions;
mod cluster;
mod dev;
mod moves;
mod openapi;
mod plans;
mod refusals;
