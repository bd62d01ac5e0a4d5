//! `hanse config check FILE`: reads a node's configuration without starting anything.

use super::{Failure, Globals, Output, output::Out};
use clap::{Args, Subcommand};
use hanse_manifest::Finding;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Config {
    /// Read a configuration file without starting
    Check(Check),
}

#[derive(Debug, Args)]
pub struct Check {
    /// Configuration file of a node
    pub file: PathBuf,
}

impl Check {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let config = hanse::config::check(&self.file).map_err(|findings| wrong(&findings))?;
        let out = Out::new(globals);
        if out.format != Output::Table {
            return out.json(&serde_json::json!({
                "node": config.node,
                "cluster": config.cluster_id,
                "admin": config.listen_admin.to_string(),
                "nodePort": config.listen_node.to_string(),
                "gatewayHttp": config.listen_gateway_http.to_string(),
                "dataDir": config.data_dir,
            }));
        }
        out.line(format!(
            "{} is valid: {} of cluster {} ({}), data in {}",
            self.file.display(),
            config.node,
            config.cluster_id,
            super::format::counted(config.members.len() as u64, "member", "members"),
            config.data_dir.display(),
        ))?;
        out.line(format!(
            "  admin {}   nodes {}   gateway {}",
            config.listen_admin, config.listen_node, config.listen_gateway_http
        ))
    }
}

/// A configuration with findings: exit code 64.
pub fn wrong(findings: &[Finding]) -> Failure {
    Failure::findings(hanse_manifest::render(findings, &|file| std::fs::read_to_string(file).ok()))
        .into_usage()
}
