//! `hanse policy effective`: what the documents of several scopes do together, without a server.

use super::check::read;
use crate::cli::{Failure, Globals, Output, output::Out};
use clap::Args;
use hanse_policy::{Alone, effective_policy, render};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    after_help = "hanse policy effective --global global.xml --api orders.xml --operation get-order.xml"
)]
pub struct Effective {
    /// Document of the service
    #[arg(long, value_name = "FILE")]
    pub global: Option<PathBuf>,
    /// Document of a workspace
    #[arg(long, value_name = "FILE")]
    pub workspace: Option<PathBuf>,
    /// Document of a product
    #[arg(long, value_name = "FILE")]
    pub product: Option<PathBuf>,
    /// Document of an API
    #[arg(long, value_name = "FILE")]
    pub api: Option<PathBuf>,
    /// Document of an operation
    #[arg(long, value_name = "FILE")]
    pub operation: Option<PathBuf>,
}

impl Effective {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        // In the order of the chain.
        let files = [self.operation, self.api, self.product, self.workspace, self.global];
        let mut texts = [const { None }; 5];
        for (file, text) in files.iter().zip(&mut texts) {
            if let Some(file) = file {
                let read =
                    read(file).map_err(|reason| Failure::failed(format!("{}: {reason}", file.display())))?;
                *text = Some(read);
            }
        }
        let effective =
            effective_policy(texts.each_ref().map(Option::as_deref), &Alone).map_err(|error| {
                let level = hanse_policy::Chain::SCOPES.iter().position(|scope| *scope == error.scope);
                let found = level.and_then(|level| Some((files[level].as_ref()?, texts[level].as_deref()?)));
                let (file, text) =
                    found.map_or((String::new(), ""), |(file, text)| (file.display().to_string(), text));
                Failure::findings(render(&error.findings, &file, text))
            })?;
        let out = Out::new(globals);
        match out.format {
            Output::Table => out.text(&effective.to_xml()),
            _ => out.json(&serde_json::to_value(&effective).expect("texts and lists are JSON")),
        }
    }
}
