//! `hanse dev`: a cluster on this machine, with a demonstration in it.

use super::Failure;
use clap::Args;
use hanse::dev::{DevOptions, NODES_MAX};
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

#[derive(Debug, Args)]
#[command(
    after_help = "Its settings raise every limit, so that none gets in the way of trying things; clusters that\n\
                  hanse cluster init makes keep APIM's:  hanse get settings service -o yaml · hanse explain settings"
)]
pub struct Dev {
    /// Nodes, each further one a process of its own
    #[arg(long, default_value_t = 1, value_parser = super::whole::<u32>(1, NODES_MAX.into()))]
    pub nodes: u32,
    /// Folder in which everything is kept; without it, until the end alone
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// First port, instead of 7400, 7500, 8080, 8443 and 8000; node i takes five from N + 10i
    #[arg(long, value_name = "N", value_parser = super::whole::<u16>(1, u16::MAX.into()))]
    pub ports_from: Option<u16>,
    /// Folder of manifests to apply
    #[arg(long = "file", short, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Apply the folder again on every save
    #[arg(long, requires = "folder")]
    pub watch: bool,
}

impl Dev {
    pub async fn run(self) -> Result<(), Failure> {
        if let Some(folder) = self.folder.as_ref().filter(|folder| !folder.exists()) {
            return Err(Failure::usage(format!("there is no folder {}", folder.display())));
        }
        // The screen belongs to what `dev` prints; the log is for those who ask for it.
        let filter = EnvFilter::try_from_env("HANSE_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
        tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            // A log that nobody reads any more ends no node.
            .log_internal_errors(false)
            .init();
        let options = DevOptions {
            nodes: self.nodes,
            data_dir: self.data_dir,
            ports_from: self.ports_from,
            folder: self.folder,
            watch: self.watch,
        };
        hanse::dev::run(options).await.map_err(Failure::from)
    }
}
