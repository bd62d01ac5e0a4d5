//! The program from outside, by what it is asked to do.

mod apim;
mod cluster;
mod dev;
mod refusals;
