//! `hanse server --config FILE`: one node, until it is told to stop.

use super::{Failure, Globals, config};
use clap::Args;
use hanse::server::Wrong;
use hanse_gateway::otlp::Endpoint;
use std::{io::IsTerminal as _, path::PathBuf};
use tracing_subscriber::EnvFilter;

/// Environment variable whose filter wins over the configuration's.
const LOG: &str = "HANSE_LOG";

#[derive(Debug, Args)]
pub struct Server {
    /// Configuration file of this node
    #[arg(long, short)]
    pub config: PathBuf,
    /// Collector that is sent what policies measure (OTLP over HTTP), instead of the configuration's
    #[arg(long, value_name = "URL", env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
}

impl Server {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let otlp = self.otlp_endpoint.as_deref().filter(|text| !text.is_empty());
        let otlp = otlp.map(Endpoint::parse).transpose();
        let otlp = otlp.map_err(|why| Failure::usage(format!("--otlp-endpoint: {why}")))?;
        // A configuration that cannot be read is told by the run itself.
        let filter = hanse::config::check(&self.config).map(|config| config.log).unwrap_or_default();
        log(&filter, globals.no_color);
        hanse::server::run(&self.config, otlp).await.map_err(failure)
    }
}

/// Sends what the node has to say to standard error.
fn log(filter: &str, no_color: bool) {
    let filter = std::env::var(LOG).ok().filter(|text| !text.is_empty()).unwrap_or_else(|| filter.to_owned());
    let filter = EnvFilter::try_new(if filter.is_empty() { "info" } else { &filter });
    let colours = std::io::stderr().is_terminal() && !no_color && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        // A log that nobody reads any more ends no node.
        .log_internal_errors(false)
        .with_ansi(colours)
        .init();
}

fn failure(error: anyhow::Error) -> Failure {
    match error.downcast::<Wrong>() {
        Ok(Wrong { findings }) => config::wrong(&findings),
        Err(error) => error.into(),
    }
}
