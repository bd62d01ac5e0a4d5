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
    plan::Plan,
    power_cuts, scenario,
    sweep::{Sweep, Swept, spoken, spoken_simulated},
    trace::Trace,
};
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

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
    /// One simulation, in this process.
    Run {
        #[command(flatten)]
        cluster: ClusterArgs,
        /// Shows every event.
        #[arg(long)]
        trace: bool,
        /// Everything follows from it.
        #[arg(long)]
        seed: u64,
    },
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
        Some(Commands::Run { cluster, trace, seed }) => simulation(seed, &cluster, trace),
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

/// Runs many seeds, shows how it went, and fails with the command that shows the first failure again.
fn sweep(sweep: &Sweep) -> anyhow::Result<Swept> {
    let swept = sweep.run().context("cannot start a simulation")?;
    if let Some(failed) = &swept.failed {
        eprintln!("{}", failed.output.trim_end());
        eprintln!("{} passed, 1 failed after {}; the failure again:", swept.passed, spoken(swept.wall));
        println!("{}", failed.replay);
        bail!("{} {} failed", sweep.noun, failed.seed);
    }
    Ok(swept)
}

fn simulations(args: &SweepArgs) -> anyhow::Result<()> {
    let nodes = args.cluster.nodes.map(|nodes| ["--nodes".to_owned(), nodes.to_string()]);
    let swept = sweep(&Sweep {
        from: args.from,
        count: args.seeds,
        jobs: args.jobs,
        noun: "seed",
        arguments: arguments("run", args.cluster.breakage, nodes.as_ref().map_or(&[], |it| it.as_slice())),
    })?;
    let sum = |name: &str| swept.sums.get(name).copied().unwrap_or(0);
    println!(
        "{} faults, {} acknowledged writes, {} operations found linearisable, {} requests served",
        sum("faults"),
        sum("acked"),
        sum("operations"),
        sum("served")
    );
    println!(
        "{} seeds passed, 0 failed; {} in {}",
        swept.passed,
        spoken_simulated(Duration::from_millis(sum("simulated_ms"))),
        spoken(swept.wall)
    );
    Ok(())
}

fn simulation(seed: u64, args: &ClusterArgs, print: bool) -> anyhow::Result<()> {
    random::seed(seed);
    let started = Instant::now();
    if print {
        tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_writer(std::io::stderr)
            .without_time()
            .init();
    }
    let plan = Plan::new(seed, args.nodes, args.breakage == Some(Breakage::LostFsync));
    let passed = scenario::run(&plan, Trace::new(print)).map_err(anyhow::Error::msg)?;
    println!(
        "seed={seed} nodes={} simulated_ms={} recovery_ms={} wall_ms={} events={} faults={} acked={} \
         unknown={} operations={} served={} failed={} watched={} trace={}",
        plan.nodes,
        passed.simulated.as_millis(),
        passed.recovery.as_millis(),
        started.elapsed().as_millis(),
        passed.events,
        passed.faults,
        passed.counters.acked,
        passed.counters.unknown,
        passed.operations,
        passed.counters.served,
        passed.counters.failed,
        passed.counters.watched,
        passed.hash
    );
    Ok(())
}

fn many_power_cuts(count: u64, from: u64, jobs: usize, breakage: Option<Breakage>) -> anyhow::Result<()> {
    let swept = sweep(&Sweep {
        from,
        count: count.div_ceil(power_cuts::CUTS_PER_LIFE),
        jobs,
        noun: "disk",
        arguments: arguments("power-cut", breakage, &[]),
    })?;
    let sum = |name: &str| swept.sums.get(name).copied().unwrap_or(0);
    println!(
        "{} power cuts survived, {} of them within a commit or a recovery; \
         {} acknowledged writes kept, {} of {} unanswered ones found in the log, {} mutations lost; {}",
        sum("cuts"),
        sum("within"),
        sum("acked"),
        sum("survived"),
        sum("unanswered"),
        sum("lost"),
        spoken(swept.wall)
    );
    Ok(())
}

fn power_cut(seed: u64, breakage: Option<Breakage>) -> anyhow::Result<()> {
    random::seed(seed);
    let lived = power_cuts::live(seed, breakage == Some(Breakage::LostFsync)).map_err(anyhow::Error::msg)?;
    println!(
        "seed={seed} cuts={} within={} acked={} unanswered={} survived={} lost={}",
        lived.cuts, lived.within, lived.acked, lived.unanswered, lived.survived, lived.lost
    );
    Ok(())
}

/// Arguments of one run, the seed still to come.
fn arguments(command: &str, breakage: Option<Breakage>, more: &[String]) -> Vec<String> {
    let mut arguments = vec![command.to_owned()];
    if let Some(breakage) = breakage.and_then(|it| it.to_possible_value()) {
        arguments.extend(["--break".to_owned(), breakage.get_name().to_owned()]);
    }
    arguments.extend(more.iter().cloned());
    arguments.push("--seed".to_owned());
    arguments
}
