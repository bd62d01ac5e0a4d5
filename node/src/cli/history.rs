//! `hanse history`, `hanse rollback`, `hanse undelete`: what happened, and how to make it undone.

use super::{
    Failure, Globals, Output, act, format, names,
    output::{self, Out, say},
    session,
};
use clap::Args;
use hanse::client::{CALL_TIMEOUT, CallError, Client, violations};
use hanse_manifest::message_to_json;
use hanse_proto::{
    Kind, Name, timestamp_from_ms,
    v1::{self, act_request::Action},
};

/// Most changes of one page.
const PAGE_MAX: u32 = 1_000;

#[derive(Debug, Args)]
pub struct History {
    /// Whole name of a resource, with everything below it
    #[arg(conflicts_with = "workspace")]
    pub name: Option<String>,
    /// Id of a workspace
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Most changes to show
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = super::whole::<u32>(1, u32::MAX.into()))]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub struct Rollback {
    /// Whole name of a resource, to bring back with everything below it; without it and -w, what is the service's own
    #[arg(conflicts_with = "workspace")]
    pub name: Option<String>,
    /// Id of a workspace
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Revision to bring back, as `hanse history` shows it
    #[arg(long, value_name = "REVISION", value_parser = super::whole::<u64>(1, u64::MAX))]
    pub to: u64,
    #[command(flatten)]
    pub asking: act::Asking,
}

#[derive(Debug, Args)]
pub struct Undelete {
    /// Whole name of what was deleted, as `hanse history` shows it
    pub name: String,
    #[command(flatten)]
    pub flags: act::Flags,
}

/// The place that is meant; empty: the service's own.
fn place(name: Option<&str>, workspace: Option<&str>) -> Result<String, Failure> {
    match name {
        Some(text) => match Name::parse(text) {
            Ok(name) => Ok(name.as_str().to_owned()),
            Err(error) => Err(Failure::usage(error.message)
                .hint("write the whole name, as in `workspaces/demo/apis/orders`")),
        },
        None => names::workspace(workspace),
    }
}

impl History {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let name = place(self.name.as_deref(), self.workspace.as_deref())?;
        let mut client = session::client(globals)?;
        let mut message = v1::HistoryRequest { name, ..Default::default() };
        let mut entries = Vec::new();
        let oldest = loop {
            let left = self.limit.saturating_sub(u32::try_from(entries.len()).unwrap_or(u32::MAX));
            message.page_size = left.clamp(1, PAGE_MAX);
            let page = history_page(&mut client, &message).await?;
            entries.extend(page.entries);
            if page.next_page_token.is_empty() || entries.len() >= self.limit as usize {
                break page.oldest_revision;
            }
            message.page_token = page.next_page_token;
        };
        entries.truncate(self.limit as usize);
        if entries.is_empty() && !exists(&mut client, &message.name, false).await? {
            return Err(unknown(&message.name));
        }
        let out = Out::new(globals);
        if out.format != Output::Table {
            let response = v1::HistoryResponse { entries, oldest_revision: oldest, ..Default::default() };
            return match out.format {
                Output::Json => out.json(&message_to_json(&response)),
                _ => out.text(&hanse_manifest::message_to_yaml(&response)),
            };
        }
        let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
        out.text(&output::table(&["REVISION", "WHEN", "WHO", "WHAT", "NAME", "FIELDS"], &rows))?;
        if rows.is_empty() {
            say(format!("nothing happened here since revision {}", format::count(oldest)));
        }
        Ok(())
    }
}

async fn history_page(
    client: &mut Client,
    message: &v1::HistoryRequest,
) -> Result<v1::HistoryResponse, Failure> {
    let answer = session::call(client, "reading the history", |mut it| {
        let request = session::request(message.clone(), CALL_TIMEOUT);
        async move { it.management.history(request).await }
    });
    Ok(answer.await?)
}

/// Whether there is a resource of this name now; the service, which has none, is always there.
/// `stale`: as far as the node that is asked knows, without a leader.
pub async fn exists(client: &mut Client, name: &str, stale: bool) -> Result<bool, Failure> {
    if name.is_empty() {
        return Ok(true);
    }
    let answer = session::call(client, "looking for it", |mut it| {
        let request = v1::GetRequest { name: name.to_owned(), stale };
        async move { it.management.get(request).await }
    });
    match answer.await {
        Ok(_) => Ok(true),
        Err(CallError::Refused(status)) if violations(&status).iter().any(|it| it.code == "not-found") => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// What neither exists nor has a past is a slip of the pen, and not something that never changed.
fn unknown(name: &str) -> Failure {
    let failure = Failure::failed(format!("there is no {name}, and nothing is kept of one"));
    let Ok(name) = Name::parse(name) else { return failure };
    let flag = match name.workspace() {
        Some(workspace) if name.kind() != Kind::Workspace => format!(" -w {workspace}"),
        _ => String::new(),
    };
    failure.hint(format!("`hanse get {}{flag}` lists what there is", name.kind().collection()))
}

fn row(entry: &v1::HistoryEntry) -> Vec<String> {
    let change = entry.change.clone().unwrap_or_default();
    let fields: Vec<&str> = entry.fields.iter().map(|field| field.field.as_str()).collect();
    vec![
        change.revision.to_string(),
        timestamp_from_ms(change.at_ms).to_string(),
        change.actor,
        change.action,
        change.name,
        fields.join(", "),
    ]
}

impl Rollback {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let name = place(self.name.as_deref(), self.workspace.as_deref())?;
        let shown =
            if name.is_empty() { "what is the service's own".to_owned() } else { format!("`{name}`") };
        let question = format!("roll back {shown} to revision {}", self.to);
        let action = v1::Rollback { name, to_revision: self.to, undelete: false };
        self.check_known(globals, &action).await?;
        act::run_asking(globals, Action::Rollback(action), &question, &self.asking).await
    }

    /// Refuses a name that nothing is or was known by: no change of it would look as if all were well.
    async fn check_known(&self, globals: &Globals, action: &v1::Rollback) -> Result<(), Failure> {
        let mut client = session::client(globals)?;
        if exists(&mut client, &action.name, false).await? {
            return Ok(());
        }
        let tried = act::Flags { dry_run: true, ..self.asking.flags.clone() };
        let answer = act::send(&mut client, Action::Rollback(action.clone()), &tried, String::new()).await?;
        if answer.plan.is_some_and(|plan| !plan.changes.is_empty()) {
            return Ok(());
        }
        let mut message =
            v1::HistoryRequest { name: action.name.clone(), page_size: 1, ..Default::default() };
        loop {
            let page = history_page(&mut client, &message).await?;
            if !page.entries.is_empty() {
                return Ok(());
            }
            if page.next_page_token.is_empty() {
                return Err(unknown(&action.name));
            }
            message.page_token = page.next_page_token;
        }
    }
}

impl Undelete {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let name = place(Some(&self.name), None)?;
        let action = v1::Rollback { name, to_revision: 0, undelete: true };
        act::run(globals, Action::Rollback(action), &self.flags).await
    }
}
