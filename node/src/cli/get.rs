//! `hanse get KIND [NAME…]`: what there is.

use super::{
    Failure, Globals, Output, names,
    output::{Out, say},
    rows, session,
};
use clap::Args;
use hanse::client::{CALL_TIMEOUT, Client};
use hanse_manifest::{to_json, to_yaml};
use hanse_proto::{Kind, Name, Scope, v1};

/// Resources that one call gives back.
const PAGE: u32 = 1_000;

#[derive(Debug, Args)]
#[command(
    after_help = "`hanse explain --all` lists the kinds: workspace (ws), api, operation (op), product,\n\
    subscription (sub), backend (be), namedvalue (nv), policy, gateway (gw), and more.\n\n\
    hanse get apis -w demo                  the APIs of a workspace\n\
    hanse get op orders/ -w demo            the operations of one API\n\
    hanse get op orders/get-order -w demo -o yaml\n\
    hanse get policies -A                   everywhere\n\
    hanse get apis -w demo -o yaml > demo.yaml && hanse apply -f demo.yaml"
)]
pub struct Get {
    /// Kind of resource, or `all`
    pub kind: String,
    /// Last id, `api/operation` for children, or the whole name; `orders/` lists what is below
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Id of a workspace; without it, the service itself
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// In the service and all workspaces
    #[arg(long, short = 'A', conflicts_with = "workspace")]
    pub all: bool,
    /// Only what fits, as in "displayName eq 'Orders' and startswith(path,'or')"
    #[arg(long, value_name = "ODATA")]
    pub filter: Option<String>,
    /// Read what the node has, without asking the leader
    #[arg(long)]
    pub stale: bool,
    /// Show what refers to it and keeps it from being deleted
    #[arg(long, requires = "names", conflicts_with_all = ["all", "filter", "stale"])]
    pub referrers: bool,
}

/// What was read, and at which revision (0: by name, one after the other).
pub struct Found {
    pub resources: Vec<v1::Resource>,
    revision: u64,
}

impl Get {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let kind = if self.kind.eq_ignore_ascii_case("all") { None } else { Some(names::kind(&self.kind)?) };
        let out = Out::new(globals);
        let (below, named): (Vec<&String>, Vec<&String>) =
            self.names.iter().partition(|name| name.ends_with('/'));
        let found = match (kind, named.is_empty()) {
            (Some(kind), false) => {
                if !below.is_empty() || self.filter.is_some() || self.all {
                    let message = "names go with neither a list below a resource, --filter nor -A";
                    return Err(Failure::usage(message));
                }
                let workspace = self.workspace.as_deref();
                let names: Result<Vec<Name>, Failure> =
                    named.iter().map(|text| names::resource(kind, text, workspace)).collect();
                let mut client = session::client(globals)?;
                if self.referrers {
                    return referrers(&mut client, &out, &names?).await;
                }
                get(&mut client, &names?, self.stale).await?
            }
            (None, false) => return Err(Failure::usage("`all` takes no name")),
            (kind, true) => self.list(globals, kind, below.as_slice()).await?,
        };
        if out.format == Output::Json && named.len() == 1 {
            return found.resources.iter().try_for_each(|resource| out.json(&to_json(resource)));
        }
        self.print(&out, kind, &found)
    }

    async fn list(&self, globals: &Globals, kind: Option<Kind>, below: &[&String]) -> Result<Found, Failure> {
        let workspace = self.workspace.as_deref();
        let parent = match (kind, below) {
            (_, []) => match kind {
                Some(kind) => names::scope(kind, workspace)?,
                None => names::workspace(workspace)?,
            },
            (Some(kind), [text]) => names::parent(kind, text, workspace)?.as_str().to_owned(),
            _ => return Err(Failure::usage("one list at a time")),
        };
        // Children stand deeper than their scope's own; without -A the workspaces' are left out below.
        let deep = self.all || !below.is_empty() || kind.is_none_or(|kind| !kind.parents().is_empty());
        let request = v1::ListRequest {
            parent: parent.clone(),
            kind: kind.map(|kind| kind.field().to_owned()).unwrap_or_default(),
            recursive: deep,
            page_size: PAGE,
            filter: self.filter.clone().unwrap_or_default(),
            stale: self.stale,
            ..Default::default()
        };
        let mut client = session::client(globals)?;
        let mut found = list(&mut client, request).await?;
        if deep && !self.all && parent.is_empty() {
            found.resources.retain(|resource| {
                Name::parse(&resource.name)
                    .is_ok_and(|name| name.scope().is_empty() || name.kind() == Kind::Workspace)
            });
        }
        if found.resources.is_empty() {
            self.say_nothing(kind, &parent);
        }
        Ok(found)
    }

    fn say_nothing(&self, kind: Option<Kind>, parent: &str) {
        let what = kind.map_or("resources", Kind::collection);
        let elsewhere = kind.is_none_or(|kind| kind.scope() == Scope::ServiceOrWorkspace);
        match parent {
            "" if kind == Some(Kind::ServiceSettings) => say(
                "There are no settings, so everything has its default; hanse explain settings lists them.",
            ),
            "" if self.all || !elsewhere => say(format!("There are no {what}.")),
            "" => say(format!(
                "There are no {what} of the service itself; -w WORKSPACE looks into a workspace, -A everywhere."
            )),
            parent => say(format!("There are no {what} in {parent}.")),
        }
    }

    fn print(&self, out: &Out, kind: Option<Kind>, found: &Found) -> Result<(), Failure> {
        match out.format {
            Output::Json => {
                let resources: Vec<serde_json::Value> = found.resources.iter().map(to_json).collect();
                let mut list = serde_json::json!({ "resources": resources });
                if found.revision > 0 {
                    list["revision"] = found.revision.into();
                }
                out.json(&list)
            }
            Output::Yaml => {
                let documents: Vec<String> = found.resources.iter().map(to_yaml).collect();
                out.text(&documents.join("---\n"))
            }
            Output::Table if found.resources.is_empty() => Ok(()),
            Output::Table => match kind {
                Some(kind) => {
                    let rows: Vec<Vec<String>> =
                        found.resources.iter().map(|resource| rows::row(resource, self.all)).collect();
                    out.table(&rows::headings(kind, self.all), &rows)
                }
                None => {
                    let row = |resource: &v1::Resource| {
                        let kind = resource.spec.as_ref().map(Kind::of_spec);
                        vec![
                            kind.map_or("", |kind| kind.aliases()[0]).to_owned(),
                            resource.name.clone(),
                            super::format::count(resource.revision),
                            super::format::since(resource.updated_at.as_ref()),
                        ]
                    };
                    let rows: Vec<Vec<String>> = found.resources.iter().map(row).collect();
                    out.table(&["KIND", "NAME", "REVISION", "AGE"], &rows)
                }
            },
        }
    }
}

/// What refers to each of some resources.
async fn referrers(client: &mut Client, out: &Out, names: &[Name]) -> Result<(), Failure> {
    let mut rows = Vec::new();
    let mut more = false;
    for name in names {
        let message = v1::ListReferrersRequest { name: name.as_str().to_owned() };
        let what = format!("reading what refers to {name}");
        let answer = session::call(client, &what, |mut it| {
            let request = session::request(message.clone(), CALL_TIMEOUT);
            async move { it.management.list_referrers(request).await }
        });
        let answer = answer.await?;
        more |= answer.more;
        rows.extend(answer.names.into_iter().map(|referrer| vec![referrer, name.to_string()]));
    }
    if out.format != Output::Table {
        let list: Vec<serde_json::Value> =
            rows.iter().map(|row| serde_json::json!({ "name": row[0], "refersTo": row[1] })).collect();
        return out.json(&serde_json::json!({ "referrers": list, "more": more }));
    }
    if rows.is_empty() {
        say("Nothing refers to it.");
        return Ok(());
    }
    out.table(&["REFERRER", "REFERS TO"], &rows)
}

pub async fn get(client: &mut Client, names: &[Name], stale: bool) -> Result<Found, Failure> {
    let mut resources = Vec::with_capacity(names.len());
    for name in names {
        let message = v1::GetRequest { name: name.as_str().to_owned(), stale };
        let what = format!("reading {name}");
        let got = session::call(client, &what, |mut it| {
            let request = session::request(message.clone(), CALL_TIMEOUT);
            async move { it.management.get(request).await }
        });
        resources.push(got.await?);
    }
    Ok(Found { resources, revision: 0 })
}

/// All pages of a list.
pub async fn list(client: &mut Client, mut message: v1::ListRequest) -> Result<Found, Failure> {
    let mut found = Found { resources: Vec::new(), revision: 0 };
    loop {
        let what = format!("reading ({} so far)", super::format::count(found.resources.len() as u64));
        let page = session::call(client, &what, |mut it| {
            let request = session::request(message.clone(), CALL_TIMEOUT);
            async move { it.management.list(request).await }
        });
        let page = page.await?;
        found.resources.extend(page.resources);
        // Whoever watches from the first page's revision misses nothing that a later page shows.
        if found.revision == 0 {
            found.revision = page.revision;
        }
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        message.page_token = page.next_page_token;
    }
}

/// Number of resources below one, itself not counted.
pub async fn count_below(client: &mut Client, name: &Name) -> Result<usize, Failure> {
    let request = v1::ListRequest {
        parent: name.as_str().to_owned(),
        recursive: true,
        page_size: PAGE,
        ..Default::default()
    };
    let found = list(client, request).await?;
    let own = name.key();
    Ok(found.resources.iter().filter(|resource| hanse_proto::key_of(&resource.name) != own).count())
}
