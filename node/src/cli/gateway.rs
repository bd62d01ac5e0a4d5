//! `hanse gateway …`: where a workspace is served.

use super::{Failure, Globals, act, apply, ask, names, session};
use clap::{Args, Subcommand};
use hanse::client::{CALL_TIMEOUT, Client};
use hanse_proto::{
    Kind, Name,
    v1::{self, act_request::Action, resource::Spec},
};

#[derive(Debug, Subcommand)]
pub enum Gateway {
    /// Serve a workspace by a gateway
    Link(Link),
    /// Serve a workspace by a gateway no more
    Unlink(Unlink),
    /// Serve a workspace by another gateway; requests at the old one are passed on
    Move(Move),
    /// Move a workspace from all its gateways to one of its own, away from its neighbours
    Quarantine(Quarantine),
    /// End the quarantine or the move: the workspace is served where it was before
    Release(Release),
}

#[derive(Debug, Args)]
pub struct Link {
    /// Id of the gateway
    pub gateway: String,
    /// Id of the workspace
    #[arg(long, short)]
    pub workspace: String,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub wait: apply::Wait,
}

#[derive(Debug, Args)]
pub struct Unlink {
    /// Id of the gateway
    pub gateway: String,
    /// Id of the workspace
    #[arg(long, short)]
    pub workspace: String,
    /// Do it without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub wait: apply::Wait,
}

#[derive(Debug, Args)]
pub struct Move {
    /// Id of the workspace
    #[arg(long, short)]
    pub workspace: String,
    /// Id of the gateway that will serve it
    #[arg(long, value_name = "GATEWAY")]
    pub to: String,
    /// Id of the gateway that it leaves; without it, the only one that serves it
    #[arg(long, value_name = "GATEWAY")]
    pub from: Option<String>,
    /// Pass nothing on: whoever uses the old gateway's hostname finds nothing
    #[arg(long)]
    pub cut: bool,
    #[command(flatten)]
    pub asking: act::Asking,
}

#[derive(Debug, Args)]
pub struct Quarantine {
    /// Id of the workspace
    #[arg(long, short)]
    pub workspace: String,
    /// Id of the gateway to move it to
    #[arg(long)]
    pub gateway: String,
    #[command(flatten)]
    pub flags: act::Flags,
}

#[derive(Debug, Args)]
pub struct Release {
    /// Id of the workspace
    #[arg(long, short)]
    pub workspace: String,
    #[command(flatten)]
    pub flags: act::Flags,
}

impl Gateway {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        match self {
            Gateway::Link(command) => command.run(globals).await,
            Gateway::Unlink(command) => command.run(globals).await,
            Gateway::Move(command) => command.run(globals).await,
            Gateway::Quarantine(command) => {
                let action = v1::QuarantineWorkspace {
                    workspace: names::workspace(Some(&command.workspace))?,
                    gateway: gateway(&command.gateway)?.as_str().to_owned(),
                };
                act::run(globals, Action::QuarantineWorkspace(action), &command.flags).await
            }
            Gateway::Release(command) => {
                let workspace = names::workspace(Some(&command.workspace))?;
                let action = v1::ReleaseWorkspace { workspace };
                act::run(globals, Action::ReleaseWorkspace(action), &command.flags).await
            }
        }
    }
}

impl Link {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let (gateway, workspace) = (gateway(&self.gateway)?, workspace(&self.workspace)?);
        let mut client = session::client(globals)?;
        let changes = vec![link(&gateway, &workspace)];
        let response =
            apply::send(&mut client, request(changes, self.dry_run), self.wait.timeout, None).await?;
        apply::finish(globals, &mut client, &response, None, &self.wait).await
    }
}

impl Unlink {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let (gateway, workspace) = (gateway(&self.gateway)?, workspace(&self.workspace)?);
        let question = format!("serve `{}` by `{}` no more", workspace.id(), gateway.id());
        let asks = !self.yes && !self.dry_run;
        if asks {
            ask::is_possible(&question)?;
        }
        let mut client = session::client(globals)?;
        let links = links(&mut client, &gateway).await?;
        let Some((name, _)) = links.iter().find(|(_, link)| is_same(&link.workspace, workspace.as_str()))
        else {
            return Err(Failure::failed(format!("`{}` does not serve `{}`", gateway.id(), workspace.id()))
                .hint(format!("`hanse get links {}/` lists what it serves", gateway.id())));
        };
        if asks {
            ask::yes(&question)?;
        }
        let change =
            v1::Change { change: Some(v1::change::Change::Delete(name.clone())), ..Default::default() };
        let request = request(vec![change], self.dry_run);
        let response = apply::send(&mut client, request, self.wait.timeout, None).await?;
        apply::finish(globals, &mut client, &response, None, &self.wait).await
    }
}

impl Move {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let from = self.from.as_deref().map(gateway).transpose()?;
        let action = v1::MoveWorkspace {
            workspace: names::workspace(Some(&self.workspace))?,
            from: from.map(|name| name.as_str().to_owned()).unwrap_or_default(),
            to: gateway(&self.to)?.as_str().to_owned(),
            cut: self.cut,
        };
        let action = Action::MoveWorkspace(action);
        if !self.cut {
            return act::run(globals, action, &self.asking.flags).await;
        }
        // Only this one breaks consumers.
        let question = format!("move `{}` and break the URLs at its old gateway", self.workspace);
        act::run_asking(globals, action, &question, &self.asking).await
    }
}

/// The change that links a workspace, under the id that everybody expects.
pub fn link(gateway: &Name, workspace: &Name) -> v1::Change {
    let link = v1::GatewayLink { workspace: workspace.as_str().to_owned(), ..Default::default() };
    let resource = v1::Resource {
        name: format!("{gateway}/links/{}", workspace.id()),
        spec: Some(Spec::GatewayLink(link)),
        ..Default::default()
    };
    v1::Change { change: Some(v1::change::Change::Put(resource)), ..Default::default() }
}

/// A request of some changes.
pub fn request(changes: Vec<v1::Change>, dry_run: bool) -> v1::ApplyRequest {
    v1::ApplyRequest { changes, dry_run, request_id: apply::request_id(), ..Default::default() }
}

/// The name of a gateway.
pub fn gateway(id: &str) -> Result<Name, Failure> {
    names::resource(Kind::Gateway, id, None)
}

fn workspace(id: &str) -> Result<Name, Failure> {
    names::resource(Kind::Workspace, id, None)
}

fn is_same(a: &str, b: &str) -> bool {
    hanse_proto::key_of(a) == hanse_proto::key_of(b)
}

/// The links of a gateway.
pub async fn links(client: &mut Client, gateway: &Name) -> Result<Vec<(String, v1::GatewayLink)>, Failure> {
    let resources = list(client, gateway.as_str(), Kind::GatewayLink).await?;
    let links = resources.into_iter().filter_map(|resource| match resource.spec {
        Some(Spec::GatewayLink(link)) => Some((resource.name, link)),
        _ => None,
    });
    Ok(links.collect())
}

/// All resources of a kind below a place.
pub async fn list(client: &mut Client, parent: &str, kind: Kind) -> Result<Vec<v1::Resource>, Failure> {
    const PAGE: u32 = 1_000;
    let mut found = Vec::new();
    let mut message = v1::ListRequest {
        parent: parent.to_owned(),
        kind: kind.collection().to_owned(),
        recursive: true,
        page_size: PAGE,
        ..Default::default()
    };
    loop {
        let answer = session::call(client, "reading", |mut it| {
            let request = session::request(message.clone(), CALL_TIMEOUT);
            async move { it.management.list(request).await }
        });
        let page = answer.await?;
        found.extend(page.resources);
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        message.page_token = page.next_page_token;
    }
}
