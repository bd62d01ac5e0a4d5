//! The binary `hanse`: arguments in, one command run, an exit code out.
//!
//! Must not decide anything itself: commands live in [`cli`], one file each, and the node in the library.

mod cli;

use clap::Parser as _;
use cli::{Cli, Failure, Runtime, output::Paint};
use std::{
    backtrace::Backtrace,
    io::{self, Write as _},
    panic::PanicHookInfo,
    process::ExitCode,
};

// The data plane allocates on every request; the system's allocator is slower at it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::complete();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    std::panic::set_hook(Box::new(tell_panic));
    let paint = Paint::for_stderr(cli.globals.no_color);
    let done = runtime(cli.command.runtime()).and_then(|runtime| {
        let done = runtime.block_on(cli.run());
        // A thread that waits for standard input must not hold up the end.
        runtime.shutdown_background();
        done
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(paint);
            ExitCode::from(failure.code())
        }
    }
}

/// A defect in one line, where the log goes if there is one; the way there for those who look for it.
fn tell_panic(info: &PanicHookInfo<'_>) {
    let what = info.payload_as_str().unwrap_or("no reason given");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    if !tracing::dispatcher::has_been_set() {
        // Nobody is left to tell when this fails.
        let _ =
            writeln!(io::stderr(), "error: this is a defect of hanse, please report it: {what} ({place})");
        return;
    }
    tracing::error!(%place, "panic: {what}");
    tracing::debug!("the way to the panic: {}", Backtrace::force_capture());
}

/// Help and version are answers; everything else is wrong usage, whose code is not clap's own.
fn usage(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell when this fails.
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(cli::USAGE) } else { ExitCode::SUCCESS }
}

fn runtime(kind: Runtime) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = match kind {
        Runtime::Small => tokio::runtime::Builder::new_current_thread(),
        Runtime::Server => tokio::runtime::Builder::new_multi_thread(),
    };
    builder
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the runtime cannot start: {error}")))
}
