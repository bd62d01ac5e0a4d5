//! `hanse openapi export API`: an API as a document for those who call it.

use super::{Failure, Globals, Output, names, output::Out, session};
use clap::{Args, Subcommand, ValueEnum};
use hanse::client::CALL_TIMEOUT;
use hanse_proto::{Kind, v1};

#[derive(Debug, Subcommand)]
pub enum Openapi {
    /// Print an API as an OpenAPI document
    Export(Export),
}

#[derive(Debug, Args)]
#[command(after_help = "hanse openapi export orders -w demo -o yaml > orders.yaml")]
pub struct Export {
    /// Id of the API, or its whole name
    pub api: String,
    /// Id of a workspace; without it, the service itself
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Version of OpenAPI: 3.0 or 2.0
    #[arg(long, value_enum, default_value_t, value_name = "VERSION")]
    pub version: Version,
    /// Take what this node has, without asking the leader
    #[arg(long)]
    pub stale: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Version {
    /// 3.0
    #[default]
    #[value(name = "3")]
    V3,
    /// 2.0
    #[value(name = "2")]
    V2,
}

impl Openapi {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        match self {
            Openapi::Export(command) => command.run(globals).await,
        }
    }
}

impl Export {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let name = names::resource(Kind::Api, &self.api, self.workspace.as_deref())?;
        let out = Out::new(globals);
        // A document is for people and programs alike; people get the one that reads better.
        let format = if out.format == Output::Json { "json" } else { "yaml" };
        let message = v1::ExportOpenApiRequest {
            name: name.as_str().to_owned(),
            format: format.to_owned(),
            version: if self.version == Version::V2 { "2" } else { "3" }.to_owned(),
            stale: self.stale,
        };
        let mut client = session::client(globals)?;
        let answer = session::call(&mut client, "exporting", |mut it| {
            let request = session::request(message.clone(), CALL_TIMEOUT);
            async move { it.management.export_open_api(request).await }
        });
        out.text(&answer.await?.document)
    }
}
