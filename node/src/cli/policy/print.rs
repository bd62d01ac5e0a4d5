//! `hanse policy print`: a document in the format that others want it in.

use super::check::read;
use crate::cli::{Failure, Globals, output::Out};
use clap::{Args, ValueEnum};
use hanse_policy::{print, render};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "hanse policy print orders.xml > escaped.xml")]
pub struct Print {
    /// Document, or `-` for standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
    /// How expressions are written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How expressions are written in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Escaped: the document is well-formed
    #[default]
    Xml,
    /// As the file has them
    Rawxml,
}

impl Print {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let name = self.file.display().to_string();
        let text = read(&self.file).map_err(|reason| Failure::failed(format!("{name}: {reason}")))?;
        let format = match self.format {
            Format::Xml => hanse_policy::Format::Xml,
            Format::Rawxml => hanse_policy::Format::RawXml,
        };
        let printed =
            print(&text, format).map_err(|findings| Failure::findings(render(&findings, &name, &text)))?;
        Out::new(globals).text(&printed)
    }
}
