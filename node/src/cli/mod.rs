//! The command line: one file per command, and here what they share.
//!
//! One idea: `hanse VERB KIND NAME`, with flags that mean the same everywhere; tables for people,
//! JSON and YAML on standard output alone for programs, talk on standard error.

mod act;
mod api;
mod apply;
mod ask;
mod cluster;
mod completion;
mod config;
mod contexts;
mod delete;
mod dev;
mod explain;
mod export;
mod export_openapi;
mod failure;
mod format;
mod gateway;
mod get;
mod history;
mod import;
mod keys;
mod manifests;
mod migrate;
mod names;
pub mod output;
mod parts;
mod pipeline;
mod plan;
mod planned;
mod policy;
mod progress;
mod refused;
mod rows;
mod server;
mod session;
mod status;
mod steps;
mod subscription;
mod trace;
mod watch;
mod why;
mod workspace;

pub use completion::answer as complete;
pub use failure::{Failure, USAGE};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::time::Duration;

/// Federated API management that you run yourself.
#[derive(Debug, Parser)]
#[command(
    name = "hanse",
    version,
    arg_required_else_help = true,
    after_help = "The first thing to try:  hanse dev\nThen, in another terminal:  hanse status · hanse get apis -w demo · hanse explain api"
)]
pub struct Cli {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Globals {
    /// Admin address of a node, instead of those of the context
    #[arg(
        long,
        global = true,
        value_name = "HOST:PORT",
        env = "HANSE_SERVER",
        help_heading = "Global options"
    )]
    pub server: Option<String>,
    /// Context to use, instead of the current one
    #[arg(long, global = true, value_name = "NAME", env = "HANSE_CONTEXT", help_heading = "Global options")]
    pub context: Option<String>,
    /// How to print results
    #[arg(
        long,
        short,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Global options"
    )]
    pub output: Format,
    /// Print without colours (NO_COLOR does the same)
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_color: bool,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For people
    Table,
    /// As manifests are written
    Yaml,
    /// For programs
    Json,
}

/// What `-o` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// As manifests are written
    Yaml,
    /// For programs
    Json,
    /// For pull requests: of `hanse plan` alone
    Markdown,
}

impl From<Format> for Output {
    fn from(format: Format) -> Output {
        match format {
            Format::Table | Format::Markdown => Output::Table,
            Format::Yaml => Output::Yaml,
            Format::Json => Output::Json,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show resources
    Get(get::Get),
    /// Show what applying manifests would change
    Plan(plan::Plan),
    /// Create and update resources from manifests, all or none
    Apply(apply::Apply),
    /// Delete resources with everything below them
    Delete(delete::Delete),
    /// Show changes as they happen
    Watch(watch::Watch),
    /// Show how the cluster is
    Status(status::Status),
    /// Show the keys of a subscription, or give it new ones
    Keys(keys::Keys),
    /// Approve, reject, suspend, resume or cancel a subscription
    #[command(subcommand)]
    Subscription(subscription::Subscription),
    /// Copy APIs, and make and release revisions of them
    #[command(subcommand)]
    Api(api::Api),
    /// Say where workspaces are served
    #[command(subcommand)]
    Gateway(gateway::Gateway),
    /// Work with whole workspaces
    #[command(subcommand)]
    Workspace(workspace::Workspace),
    /// Show what happened, newest first
    History(history::History),
    /// Bring back what was at a revision
    Rollback(history::Rollback),
    /// Bring back what was deleted
    Undelete(history::Undelete),
    /// Mend what an earlier release or APIM left behind
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Call an API, and show each step that its policies took
    Trace(trace::Trace),
    /// Show why a request failed, and where
    Why(why::Why),
    /// Make an API of a document, or resources of a folder of APIOps
    #[command(subcommand)]
    Import(import::Import),
    /// Write resources as manifests, one file each, as `apply` reads them
    Export(export::Export),
    /// Make documents of APIs
    #[command(subcommand)]
    Openapi(export_openapi::Openapi),
    /// Show the fields of a kind
    Explain(explain::Explain),
    /// Run a cluster on this machine, with a demonstration in it
    Dev(dev::Dev),
    /// Run one node of a cluster
    Server(server::Server),
    /// Work with a node's configuration file
    #[command(subcommand)]
    Config(config::Config),
    /// Make a cluster
    #[command(subcommand)]
    Cluster(cluster::Cluster),
    /// Check and explain policy documents, without a server
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Choose which cluster commands speak to
    #[command(subcommand)]
    Context(contexts::Contexts),
    /// Write the file that makes a CI plan and apply a folder
    #[command(subcommand)]
    Pipeline(pipeline::Pipeline),
    /// Print a completion script
    Completion(completion::Completion),
    /// Print the version
    Version,
}

/// What a command needs to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    /// A few calls.
    Small,
    /// A whole node.
    Server,
}

impl Command {
    /// What it needs to run.
    pub fn runtime(&self) -> Runtime {
        match self {
            Command::Dev(_) | Command::Server(_) => Runtime::Server,
            _ => Runtime::Small,
        }
    }
}

impl Cli {
    /// Runs the command.
    pub async fn run(self) -> Result<(), Failure> {
        let globals = &self.globals;
        if globals.output == Format::Markdown && !matches!(self.command, Command::Plan(_)) {
            return Err(
                Failure::usage("only `hanse plan` writes Markdown").hint("use -o table, yaml or json")
            );
        }
        match self.command {
            Command::Get(command) => command.run(globals).await,
            Command::Plan(command) => command.run(globals).await,
            Command::Apply(command) => command.run(globals).await,
            Command::Delete(command) => command.run(globals).await,
            Command::Watch(command) => command.run(globals).await,
            Command::Status(command) => command.run(globals).await,
            Command::Keys(command) => command.run(globals).await,
            Command::Subscription(command) => command.run(globals).await,
            Command::Api(command) => command.run(globals).await,
            Command::Gateway(command) => command.run(globals).await,
            Command::Workspace(command) => command.run(globals).await,
            Command::History(command) => command.run(globals).await,
            Command::Rollback(command) => command.run(globals).await,
            Command::Undelete(command) => command.run(globals).await,
            Command::Migrate(command) => command.run(globals).await,
            Command::Trace(command) => command.run(globals).await,
            Command::Why(command) => command.run(globals).await,
            Command::Import(command) => command.run(globals).await,
            Command::Export(command) => command.run(globals).await,
            Command::Openapi(command) => command.run(globals).await,
            Command::Explain(command) => command.run(globals),
            Command::Dev(command) => command.run().await,
            Command::Server(command) => command.run(globals).await,
            Command::Config(config::Config::Check(command)) => command.run(globals),
            Command::Cluster(cluster::Cluster::Init(command)) => command.run(globals),
            Command::Policy(command) => command.run(globals).await,
            Command::Context(command) => command.run(globals),
            Command::Pipeline(pipeline::Pipeline::Init(command)) => command.run(globals),
            Command::Completion(command) => command.run(),
            Command::Version => output::Out::new(globals).line(concat!("hanse ", env!("CARGO_PKG_VERSION"))),
        }
    }
}

/// Reads `250ms`, `30s`, `5m` or a number of seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err(format!("`{unit}` is no unit of time; there are ms, s, m and h")),
    };
    let seconds = number.parse::<f64>().ok().map(|number| number * scale);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected a time such as 30s, 500ms or 5m".to_owned())
}

/// Reads a whole number within bounds.
pub fn whole<N: TryFrom<u64>>(
    min: u64,
    max: u64,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse().ok().filter(|number| (min..=max).contains(number));
        number.and_then(|number| N::try_from(number).ok()).ok_or_else(|| match max {
            u64::MAX => format!("expected a whole number, {min} or more"),
            _ => format!("expected a whole number from {min} to {max}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_commands_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_read_in_their_units() {
        for (text, ms) in
            [("30", 30_000), ("30s", 30_000), ("250ms", 250), ("1.5m", 90_000), ("1h", 3_600_000)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "s", "-1s", "5 parsecs", "1d", "1e400"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_flags_mean_the_same_everywhere() {
        for line in [
            "hanse get apis -w demo -o json --server 127.0.0.1:7400",
            "hanse --context dev get op orders/get-order -w demo",
            "hanse get api -A",
            "hanse apply -f . -w demo --wait --timeout 5s --no-color",
            "hanse apply -f a.yaml -f - --dry-run --request-id x",
            "hanse apply -f . --owner team --prune --plan 0123456789abcdef-1 --wait",
            "hanse apply -f . --owner team --prune --in-parts",
            "hanse plan -f . -w demo --owner team --prune --detailed-exit-code -o markdown",
            "hanse policy check --scope global -o json policies/ -",
            "hanse policy effective --global g.xml --operation o.xml",
            "hanse policy effective -w demo --api orders --operation get-order --product starter -o json",
            "hanse policy schema set-header",
            "hanse policy print --format xml -",
            "hanse policy test policies/ --filter x --trace --annotations github --junit out.xml -o json",
            "hanse pipeline init -w demo --provider gitlab --force",
            "hanse delete api orders -w demo --yes",
            "hanse delete -f .",
            "hanse watch workspaces/demo --after 7 -o json",
            "hanse status --wait --timeout 5s -o json",
            "hanse keys starter -w demo",
            "hanse keys starter -w demo --regenerate primary --yes --wait",
            "hanse subscription reject s -w demo --comment no",
            "hanse api clone a b -w demo --path x --dry-run",
            "hanse api release a --revision 2 --notes n",
            "hanse gateway move -w demo --to b --from a --cut --yes",
            "hanse workspace adopt -w demo --api a,b --api c",
            "hanse history workspaces/demo/apis/orders --limit 5 -o json",
            "hanse rollback -w demo --to 7 --yes",
            "hanse undelete workspaces/demo",
            "hanse why 01234567-89ab-cdef-0123-456789abcdef -o json",
            "hanse trace -w demo --api orders http://gw.localhost:8080/a -X PUT -H A:b -d x --expires 1m",
            "hanse trace -w demo --token",
            "hanse trace --id 0123456789abcdef0123456789abcdef",
            "hanse migrate workspaces --to default --yes",
            "hanse import openapi p.yaml --workspace demo --api pets --path pets --service-url http://x",
            "hanse import openapi --check a.json b",
            "hanse import apim artifacts -w demo --env prod.yaml --dry-run --strict -o json",
            "hanse export -w demo out --force",
            "hanse openapi export orders -w demo -o yaml --version 2",
            "hanse dev --nodes 3 --ports-from 9000 -f . --watch",
            "hanse server --config hanse.yaml",
            "hanse config check hanse.yaml",
            "hanse cluster init --dir d --node a=10.0.0.1,b=10.0.0.2 --node c=10.0.0.3",
            "hanse completion bash",
        ] {
            if let Err(error) = Cli::try_parse_from(line.split(' ')) {
                panic!("{line}: {error}");
            }
        }
        for line in [
            "hanse",
            "hanse get",
            "hanse get apis -o xml",
            "hanse delete",
            "hanse apply",
            "hanse apply -f . --wait --dry-run",
            "hanse apply -f . --in-parts --plan x",
            "hanse plan",
            "hanse pipeline init",
            "hanse trace",
            "hanse trace http://x --token",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
