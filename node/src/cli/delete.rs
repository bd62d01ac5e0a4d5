//! `hanse delete`: says what goes, asks on a terminal, and never in a pipe.

use super::{
    Failure, Globals, act, apply, ask, format, get, manifests, names,
    output::{Paint, say},
    refused, session,
};
use clap::Args;
use hanse::client::{CALL_TIMEOUT, CallError, Client};
use hanse_proto::{Name, v1};
use std::path::PathBuf;

/// Names that are listed before the question.
const SHOWN_MAX: usize = 20;

#[derive(Debug, Args)]
pub struct Delete {
    /// Kind of resource
    #[arg(required_unless_present = "files", conflicts_with = "files")]
    pub kind: Option<String>,
    /// Last id, `api/operation` for children, or the whole name
    #[arg(value_name = "NAME", required_unless_present = "files")]
    pub names: Vec<String>,
    /// Delete what is in a manifest or folder of manifests
    #[arg(long = "file", short, value_name = "DIR|FILE|-")]
    pub files: Vec<PathBuf>,
    /// Id of a workspace; without it, the service itself
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Take along what would else forbid it: subscriptions to it, and revisions
    #[arg(long)]
    pub cascade: bool,
    /// Delete without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Say what would be deleted, and delete nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub wait: apply::Wait,
}

impl Delete {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let names = match &self.kind {
            Some(kind) => {
                let kind = names::kind(kind)?;
                let workspace = self.workspace.as_deref();
                self.names
                    .iter()
                    .map(|text| names::resource(kind, text, workspace))
                    .collect::<Result<Vec<_>, _>>()?
            }
            None => self.named_in_files()?,
        };
        let names = roots(names);
        let asks = !self.yes && !self.dry_run;
        if asks {
            ask::is_possible(&format!("deleting {}", what(&names)))?;
        }
        let mut client = session::client(globals)?;
        if self.kind.is_some() {
            exist(&mut client, &names).await?;
        }
        let change = |name: &Name| v1::Change {
            change: Some(v1::change::Change::Delete(name.as_str().to_owned())),
            cascade: self.cascade,
            ..Default::default()
        };
        let mut request = v1::ApplyRequest {
            changes: names.iter().map(change).collect(),
            request_id: apply::request_id(),
            dry_run: self.dry_run,
            ..Default::default()
        };
        if asks && self.cascade {
            request.plan_id = self.ask_for_all(globals, &mut client, &request).await?;
        } else if asks {
            ask_for(&mut client, &names).await?;
        }
        let response = apply::send(&mut client, request, self.wait.timeout, None).await?;
        apply::finish(globals, &mut client, &response, None, &self.wait).await
    }

    /// Says all that will go, which only the server knows, and asks; what is done is that, or nothing.
    async fn ask_for_all(
        &self,
        globals: &Globals,
        client: &mut Client,
        request: &v1::ApplyRequest,
    ) -> Result<String, Failure> {
        let message = v1::PlanRequest { apply: Some(request.clone()) };
        let time = self.wait.timeout.max(CALL_TIMEOUT);
        let answer = session::call_within(client, "looking what goes along", time, |mut it| {
            let request = session::request(message.clone(), time);
            async move { it.management.plan(request).await }
        });
        let plan = answer.await.map_err(|error| match error {
            CallError::Refused(status) => refused::failure("it would be refused", &status, None),
            other => other.into(),
        })?;
        let paint = Paint::for_stderr(globals.no_color);
        for warning in &plan.warnings {
            say(format!("{} {}", paint.notice("warning:"), apply::warning_text(warning, None)));
        }
        say(act::plan_text(Some(&plan), paint));
        let deleted = format::counted(u64::from(plan.deleted), "resource", "resources");
        ask::yes(&format!("delete {deleted}"))?;
        Ok(plan.plan_id)
    }

    fn named_in_files(&self) -> Result<Vec<Name>, Failure> {
        let loaded = manifests::load(&self.files)?;
        if !loaded.findings.is_empty() {
            return Err(Failure::findings(loaded.render()));
        }
        let scope = names::workspace(self.workspace.as_deref())?;
        let name = |text: &str| {
            let name = Name::parse(text).map_err(|error| Failure::usage(error.message))?;
            names::resource(
                name.kind(),
                name.as_str(),
                (!scope.is_empty()
                    && name.scope().is_empty()
                    && name.kind().scope() == hanse_proto::Scope::ServiceOrWorkspace)
                    .then_some(scope.as_str()),
            )
        };
        loaded.resources.iter().map(|located| name(&located.resource.name)).collect()
    }
}

/// Names without those that lie below another one: they go with it.
fn roots(mut names: Vec<Name>) -> Vec<Name> {
    names.sort_by_key(Name::key);
    names.dedup_by_key(|name| name.key());
    let mut roots: Vec<Name> = Vec::new();
    for name in names {
        let key = name.key();
        let covered = roots.iter().any(|root| key.starts_with(&format!("{}/", root.key())));
        if !covered {
            roots.push(name);
        }
    }
    roots
}

/// Fails for a name that nothing has: a typo must not look like success.
async fn exist(client: &mut Client, names: &[Name]) -> Result<(), Failure> {
    for name in names {
        let message = v1::GetRequest { name: name.as_str().to_owned(), stale: false };
        let what = format!("reading {name}");
        let got = session::call(client, &what, |mut it| {
            let request = session::request(message.clone(), CALL_TIMEOUT);
            async move { it.management.get(request).await }
        });
        got.await?;
    }
    Ok(())
}

/// Says what will be destroyed and asks.
async fn ask_for(client: &mut Client, names: &[Name]) -> Result<(), Failure> {
    let mut total = 0;
    say("This deletes:");
    for name in names.iter().take(SHOWN_MAX) {
        let below = get::count_below(client, name).await.unwrap_or(0);
        total += 1 + below;
        let children = match below {
            0 => String::new(),
            below => format!("   with {} below it", format::counted(below as u64, "resource", "resources")),
        };
        say(format!("  {name}{children}"));
    }
    if names.len() > SHOWN_MAX {
        let more = names.len() - SHOWN_MAX;
        total += more;
        say(format!("  and {} more", format::count(more as u64)));
    }
    ask::yes(&format!("delete {}", format::counted(total as u64, "resource", "resources")))
}

fn what(names: &[Name]) -> String {
    match names {
        [only] => format!("`{only}` and everything below it"),
        many => format!(
            "{} and everything below them",
            format::counted(many.len() as u64, "resource", "resources")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_another_name_goes_with_it() {
        let names = [
            "workspaces/a/apis/x",
            "workspaces/A",
            "apis/x",
            "workspaces/ab",
            "apis/x/operations/y",
            "apis/X",
        ];
        let names = names.iter().map(|text| Name::parse(text).expect("a name")).collect();
        let left = roots(names);
        let left: Vec<&str> = left.iter().map(Name::as_str).collect();
        assert_eq!(left, ["apis/x", "workspaces/A", "workspaces/ab"]);
    }
}
