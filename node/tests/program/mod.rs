//! The program from outside, by what it is asked to do.

mod actions;
mod apim;
mod cluster;
mod dev;
mod diagnosis;
mod moves;
mod openapi;
mod plans;
mod policies;
mod readme;
mod refusals;
