//! Simulations as part of every test run: some seeds, the same seed twice, and proof that the
//! net catches what it is for.
//!
//! One idea: each simulation is a process of its own, started from the binary, because only that
//! one replaces the randomness of the operating system.

use std::process::{Command, Output};

fn hanse_sim_tests(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hanse-sim-tests")).args(arguments).output().expect("the binary starts")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn passes(arguments: &[&str]) -> String {
    let output = hanse_sim_tests(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output));
    text(&output)
}

fn fails(arguments: &[&str]) -> String {
    let output = hanse_sim_tests(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", text(&output));
    text(&output)
}

/// The `trace=` word of a result line.
fn trace_of(result: &str) -> &str {
    result.split_whitespace().find(|word| word.starts_with("trace=")).expect("a trace")
}

#[test]
fn twenty_seeds_pass() {
    let result = passes(&["--seeds", "20"]);
    assert!(result.contains("20 seeds passed, 0 failed"), "{result}");
}

#[test]
fn the_same_seed_is_the_same_run() {
    let mut traces = Vec::new();
    for seed in ["100", "101", "102"] {
        let first = passes(&["run", "--seed", seed]);
        let second = passes(&["run", "--seed", seed]);
        assert_eq!(trace_of(&first), trace_of(&second), "seed {seed}");
        traces.push(trace_of(&first).to_owned());
    }
    traces.dedup();
    assert_eq!(traces.len(), 3, "different seeds are different runs");
}

#[test]
fn a_hundred_power_cuts_are_survived() {
    let result = passes(&["power-cuts", "--count", "100"]);
    assert!(result.contains("100 power cuts survived"), "{result}");
}

#[test]
fn a_disk_that_lies_about_syncing_is_caught_by_power_cuts() {
    let result = fails(&["power-cuts", "--count", "100", "--break", "lost-fsync"]);
    assert!(result.contains("power-cut --break lost-fsync --seed "), "{result}");
}

#[test]
fn a_disk_that_lies_about_syncing_is_caught_by_simulations() {
    let result = fails(&["--seeds", "10", "--break", "lost-fsync"]);
    let command = result.lines().find(|line| line.starts_with("cargo run")).expect("a replay command");
    let arguments: Vec<&str> = command.split(" -- ").nth(1).expect("arguments").split(' ').collect();
    fails(&arguments);
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let output = hanse_sim_tests(&["--break", "everything"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}
