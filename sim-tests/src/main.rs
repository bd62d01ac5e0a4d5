//! Runs simulations: one seed in this process, or many in processes of their own.
//!
//! One idea: `run` and `power-cut` are one seed each and repeat exactly; the sweeps start this
//! program again for every seed and print the one command that repeats the first failure.
//!
//! Must not decide what is right: that is the library's.

mod random;

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use hanse_sim_tests::{
    power_cuts,
    sweep::{Sweep, Swept, spoken},
};
use std::{process::ExitCode, time::{Duration, Instant}};

/// Deterministic simulations of Hanse clusters.
#[derive(Parser)]
#[command(name = "hanse-sim-tests", args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Commands>,
    #[command(flatten)]
    sweep: SweepArgs,
}

#[derive(Subcommand)]
enum Commands {
    /// Cuts the power in the middle of commits and reopens the store, many times.
    PowerCuts {
        /// Power cuts, rounded up to whole lives of a disk.
        #[arg(long, default_value_t = 1000)]
        count: u64,
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Processes at a time.
        #[arg(long, default_value_t = 2)]
        jobs: usize,
        /// Break something on purpose, to see that it is noticed.
        #[arg(long = "break", value_enum)]
        breakage: Option<Breakage>,
    },
    /// One life of a disk, with several power cuts.
    PowerCut {
        /// Break something on purpose, to see that it is noticed.
        #[arg(long = "break", value_enum)]
        breakage: Option<Breakage>,
        /// Everything follows from it.
        #[arg(long)]
        seed: u64,
    },
}

#[derive(Args)]
struct SweepArgs {
    /// How many simulations.
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Processes at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    #[command(flatten)]
    cluster: ClusterArgs,
}

#[derive(Args)]
struct ClusterArgs {
    /// Nodes of the cluster; without it the seed decides between 3 and 5.
    #[arg(long)]
    nodes: Option<usize>,
    /// Break something on purpose, to see that it is noticed.
    #[arg(long = "break", value_enum)]
    breakage: Option<Breakage>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Breakage {
    /// Disks say that they have synced, and have not.
    LostFsync,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        None => simulations(&cli.sweep),
        Some(Commands::PowerCuts { count, from, jobs, breakage }) => {
            many_power_cuts(count, from, jobs, breakage)
        }
        Some(Commands::PowerCut { breakage, seed }) => power_cut(seed, breakage),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
