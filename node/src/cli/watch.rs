//! `hanse watch`: changes as they happen, in the order of their revisions, without gaps.
//!
//! When a server goes away the watch goes on at the next one, behind the last change it told.

use super::{
    Failure, Globals, Output, format,
    history::exists,
    names,
    output::{Out, say},
    refused, session,
};
use clap::Args;
use hanse::client::{CallError, Client, lost};
use hanse_proto::{Name, timestamp_from_ms, v1};
use std::time::Duration;

/// Pause before a broken watch is taken up again.
const AGAIN: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
pub struct Watch {
    /// Only this resource and what is below it, as in `workspaces/demo/apis/orders`
    pub prefix: Option<String>,
    /// Only this workspace; PREFIX is then below it, as in `apis/orders`
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Changes after this revision; without it, from now on
    #[arg(long, value_name = "REVISION", value_parser = super::whole::<u64>(0, u64::MAX))]
    pub after: Option<u64>,
}

/// How far the changes have been told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Position {
    /// Everything up to here has been told; `None`: it is not known yet.
    whole: Option<u64>,
    /// The last change that was told: revision and index.
    last: Option<(u64, u32)>,
}

impl Position {
    /// Notes a change; whether it is a new one.
    fn told(&mut self, revision: u64, index: u32) -> bool {
        let is_new = self.last.is_none_or(|last| last < (revision, index));
        if is_new {
            self.last = Some((revision, index));
            // More changes of this revision may come.
            let before = revision.saturating_sub(1);
            self.whole = Some(self.whole.map_or(before, |whole| whole.max(before)));
        }
        is_new
    }
}

impl Watch {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let prefix = self.prefix()?;
        let out = Out::new(globals);
        let mut client = session::client(globals)?;
        // It may come; but whoever mistyped it would wait for ever.
        if !exists(&mut client, &prefix, true).await? {
            say(format!("There is no {prefix}; should it come, it is shown."));
        }
        let mut position = Position { whole: self.after, last: None };
        loop {
            follow(&mut client, &prefix, &mut position, &out).await?;
            client.give_up();
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn prefix(&self) -> Result<String, Failure> {
        let scope = names::workspace(self.workspace.as_deref())?;
        let prefix = match (self.prefix.as_deref().map(|prefix| prefix.trim_matches('/')), scope.as_str()) {
            (None | Some(""), _) => return Ok(scope),
            (Some(prefix), "") => prefix.to_owned(),
            (Some(prefix), scope) => format!("{scope}/{prefix}"),
        };
        match Name::parse(&prefix) {
            Ok(name) => Ok(name.as_str().to_owned()),
            Err(error) => Err(Failure::usage(error.message)),
        }
    }
}

/// Tells changes until the connection breaks.
async fn follow(
    client: &mut Client,
    prefix: &str,
    position: &mut Position,
    out: &Out,
) -> Result<(), Failure> {
    let request =
        v1::WatchRequest { prefix: prefix.to_owned(), after_revision: position.whole, with_resources: false };
    let stream = session::call(client, "waiting for the first answer", |mut it| {
        let request = request.clone();
        async move { it.management.watch(request).await }
    });
    let mut stream = stream.await?;
    loop {
        let event = match stream.message().await {
            Ok(Some(event)) => event,
            // The server stops; another one goes on.
            Ok(None) => return Ok(()),
            Err(status) if lost(&status).is_some() => return Ok(()),
            Err(status) if status.code() == tonic::Code::Unavailable => return Ok(()),
            Err(status) => return Err(ended(&status)),
        };
        if let Some(change) = &event.change
            && position.told(change.revision, change.index)
        {
            tell(out, change)?;
        }
        if event.progress_revision > 0 {
            position.whole =
                Some(position.whole.map_or(event.progress_revision, |it| it.max(event.progress_revision)));
        }
    }
}

fn ended(status: &tonic::Status) -> Failure {
    if status.code() == tonic::Code::OutOfRange {
        return Failure::failed(status.message())
            .hint("`hanse get KIND -o json` tells its revision; `hanse watch --after` goes on from there");
    }
    if hanse::client::violations(status).is_empty() {
        return CallError::Refused(Box::new(status.clone())).into();
    }
    refused::failure("the watch is refused", status, None)
}

fn tell(out: &Out, change: &v1::ChangeRecord) -> Result<(), Failure> {
    let at = timestamp_from_ms(change.at_ms).to_string();
    if out.format != Output::Table {
        let json = serde_json::json!({
            "revision": change.revision,
            "index": change.index,
            "name": change.name,
            "action": change.action,
            "actor": change.actor,
            "requestId": change.request_id,
            "at": at,
        });
        // One line each in JSON; in YAML a document each, which a JSON line is as well.
        return out.line(if out.format == Output::Json { json.to_string() } else { format!("--- {json}") });
    }
    let action = match change.action.as_str() {
        "created" => out.paint.good("+ created"),
        "updated" => out.paint.notice("~ updated"),
        "deleted" => out.paint.error("- deleted"),
        other => format!("  {other}"),
    };
    let revision = format::count(change.revision);
    out.line(format!("{at}  {revision:>9}  {action}  {}   {}", change.name, change.actor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_watch_goes_on_behind_what_it_told() {
        let mut position = Position { whole: Some(4), last: None };
        assert!(position.told(5, 0));
        assert!(position.told(5, 1));
        assert_eq!(position.whole, Some(4), "revision 5 may have more changes");
        assert!(!position.told(5, 0), "told again after the break");
        assert!(!position.told(5, 1));
        assert!(position.told(5, 2));
        assert!(position.told(7, 0));
        assert_eq!(position.whole, Some(6));
    }

    #[test]
    fn a_past_that_is_gone_says_how_to_go_on() {
        let status = tonic::Status::out_of_range("changes after revision 1 are no longer kept");
        let failure = format!("{:?}", ended(&status));
        assert!(failure.contains("no longer kept") && failure.contains("hanse watch --after"), "{failure}");
    }

    #[test]
    fn a_prefix_lies_in_the_workspace_that_is_named() {
        let prefix = |prefix: Option<&str>, workspace: Option<&str>| {
            Watch { prefix: prefix.map(str::to_owned), workspace: workspace.map(str::to_owned), after: None }
                .prefix()
                .ok()
        };
        assert_eq!(prefix(None, None).as_deref(), Some(""));
        assert_eq!(prefix(None, Some("demo")).as_deref(), Some("workspaces/demo"));
        assert_eq!(
            prefix(Some("apis/orders/"), Some("demo")).as_deref(),
            Some("workspaces/demo/apis/orders")
        );
        assert_eq!(prefix(Some("workspaces/demo"), None).as_deref(), Some("workspaces/demo"));
        assert_eq!(prefix(Some("cats"), None), None);
    }
}
