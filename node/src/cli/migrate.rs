//! `hanse migrate workspaces`: workspaces without a gateway serve nothing; they get one.
//!
//! Preview workspaces of APIM ran on the service's own gateway without saying so. Here, as in APIM today,
//! a workspace is served where it is linked, and nowhere else.

use super::{
    Failure, Globals, Output, apply, ask, format,
    gateway::{self, list},
    output::{Out, say},
    session,
};
use clap::{Args, Subcommand};
use hanse_proto::{Kind, Name, key_of, v1::resource::Spec};
use std::collections::BTreeSet;

/// Workspaces that are named before the question.
const SHOWN_MAX: usize = 50;

#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Find workspaces that no gateway serves, and link them to one
    Workspaces(Workspaces),
}

#[derive(Debug, Args)]
pub struct Workspaces {
    /// Id of the gateway to link them to; without it, they are only listed
    #[arg(long, value_name = "GATEWAY")]
    pub to: Option<String>,
    /// Link them without asking
    #[arg(long, short = 'y', requires = "to")]
    pub yes: bool,
    /// Say what would change, and change nothing
    #[arg(long, requires = "to")]
    pub dry_run: bool,
    #[command(flatten)]
    pub wait: apply::Wait,
}

impl Migrate {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let Migrate::Workspaces(command) = self;
        command.run(globals).await
    }
}

impl Workspaces {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let target = self.to.as_deref().map(gateway::gateway).transpose()?;
        let mut client = session::client(globals)?;
        let linked: BTreeSet<String> = list(&mut client, "", Kind::GatewayLink)
            .await?
            .into_iter()
            .filter_map(|resource| match resource.spec {
                Some(Spec::GatewayLink(link)) => Some(key_of(&link.workspace)),
                _ => None,
            })
            .collect();
        let unlinked: Vec<Name> = list(&mut client, "", Kind::Workspace)
            .await?
            .iter()
            .filter_map(|resource| Name::parse(&resource.name).ok())
            .filter(|name| !linked.contains(&name.key()))
            .collect();
        let out = Out::new(globals);
        let Some(target) = target.filter(|_| !unlinked.is_empty()) else { return tell(&out, &unlinked) };
        let count = format::counted(unlinked.len() as u64, "workspace", "workspaces");
        let question = format!("link {count} to `{}`", target.id());
        let asks = !self.yes && !self.dry_run;
        if asks {
            ask::is_possible(&question)?;
        }
        say(names_text(&unlinked));
        let changes: Vec<_> = unlinked.iter().map(|workspace| gateway::link(&target, workspace)).collect();
        if asks {
            let tried = gateway::request(changes.clone(), true);
            apply::send(&mut client, tried, self.wait.timeout, None).await?;
            ask::yes(&question)?;
        }
        let request = gateway::request(changes, self.dry_run);
        let response = apply::send(&mut client, request, self.wait.timeout, None).await?;
        apply::finish(globals, &mut client, &response, None, &self.wait).await
    }
}

fn tell(out: &Out, unlinked: &[Name]) -> Result<(), Failure> {
    if out.format != Output::Table {
        let names: Vec<&str> = unlinked.iter().map(Name::as_str).collect();
        return out.json(&serde_json::json!({ "workspaces": names }));
    }
    if unlinked.is_empty() {
        return out.line("every workspace is served by a gateway");
    }
    out.text(&names_text(unlinked))?;
    say("\nhanse migrate workspaces --to GATEWAY links them; `hanse get gateways` lists what there is");
    Ok(())
}

fn names_text(unlinked: &[Name]) -> String {
    let count = format::counted(unlinked.len() as u64, "workspace has", "workspaces have");
    let mut text = format!("{count} no gateway, and serve nothing:\n");
    for name in unlinked.iter().take(SHOWN_MAX) {
        text.push_str(&format!("  {name}\n"));
    }
    if unlinked.len() > SHOWN_MAX {
        text.push_str(&format!("  and {} more\n", format::count((unlinked.len() - SHOWN_MAX) as u64)));
    }
    text
}
