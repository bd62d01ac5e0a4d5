//! `hanse context`: which cluster commands speak to.

use super::{
    Failure, Globals, Output,
    output::{Out, say},
    session,
};
use clap::{Args, Subcommand};
use hanse::context::{Context, config_dir};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Contexts {
    /// Show the contexts
    List,
    /// Make a context the current one
    Use {
        /// Name of the context
        name: String,
    },
    /// Add a context, or replace the one of its name, and make it the current one
    Add(Add),
    /// Remove a context; its files stay
    Remove {
        /// Name of the context
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    /// Name of the context
    pub name: String,
    /// Admin address of a node; more than one may be given
    #[arg(long = "servers", value_name = "HOST:PORT", required = true, value_delimiter = ',')]
    pub servers: Vec<String>,
    /// PEM file: the authority of the cluster
    #[arg(long)]
    pub ca: PathBuf,
    /// PEM file: your certificate
    #[arg(long)]
    pub certificate: PathBuf,
    /// PEM file: your private key
    #[arg(long)]
    pub key: PathBuf,
}

impl Contexts {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let mut config = session::contexts()?;
        let unknown = |name: &str| {
            Failure::usage(format!("there is no context `{name}`")).hint("`hanse context list` shows them")
        };
        match self {
            Contexts::List => return list(globals, &config),
            Contexts::Use { name } => {
                if config.find(Some(&name)).is_none() {
                    return Err(unknown(&name));
                }
                config.current = name;
            }
            Contexts::Add(add) => config.put_current(add.context()?),
            Contexts::Remove { name } => {
                if !config.remove(&name) {
                    return Err(unknown(&name));
                }
            }
        }
        config.save(&config_dir()).map_err(|error| Failure::failed(error.to_string()))?;
        match config.current.as_str() {
            "" => say("No context is the current one."),
            current => say(format!("Commands speak to `{current}` now.")),
        }
        Ok(())
    }
}

impl Add {
    fn context(self) -> Result<Context, Failure> {
        let absolute = |flag: &str, path: PathBuf| {
            std::path::absolute(&path).ok().filter(|path| path.is_file()).ok_or_else(|| {
                Failure::usage(format!("{flag} {}: there is no such file", path.display())).hint(
                    "`hanse cluster init` writes ca.pem, admin.pem and admin.key into the folder `admin`",
                )
            })
        };
        Ok(Context {
            name: self.name,
            servers: self.servers,
            ca: absolute("--ca", self.ca)?,
            certificate: absolute("--certificate", self.certificate)?,
            key: absolute("--key", self.key)?,
        })
    }
}

fn list(globals: &Globals, config: &hanse::context::Config) -> Result<(), Failure> {
    let out = Out::new(globals);
    if out.format != Output::Table {
        let json = serde_json::to_value(config).map_err(|error| Failure::failed(error.to_string()))?;
        return out.json(&json);
    }
    if config.contexts.is_empty() {
        say("There is no context yet; `hanse dev` and `hanse cluster init` make one.");
        return Ok(());
    }
    let row = |context: &Context| {
        let mark = if context.name == config.current { "*" } else { " " };
        vec![
            mark.to_owned(),
            context.name.clone(),
            context.servers.join(", "),
            context.certificate.display().to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = config.contexts.iter().map(row).collect();
    out.table(&["", "NAME", "SERVERS", "CERTIFICATE"], &rows)
}
