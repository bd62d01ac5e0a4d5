//! `hanse apply -f …`: manifests to one atomic commit.

use super::{
    Failure, Globals, Output, format,
    manifests::{self, Manifests},
    output::{Out, Paint, say},
    parts,
    progress::while_working,
    refused, session,
};
use clap::Args;
use hanse::client::{CALL_TIMEOUT, CallError, Client, folder::Loaded};
use hanse_manifest::{message_to_json, message_to_yaml};
use hanse_proto::v1;
use std::time::{Duration, Instant};

/// Slack that a call gets beyond the time the server was given.
const ANSWER_SLACK: Duration = Duration::from_secs(5);
/// The longest that one call waits for a change to be live; longer waits are several calls.
const AWAIT_STEP: Duration = Duration::from_secs(300);

#[derive(Debug, Args)]
#[command(after_help = "hanse apply -f payments -w payments --wait\n\
    hanse apply -f payments --owner payments --prune --plan 0123456789abcdef-1f")]
pub struct Apply {
    #[command(flatten)]
    pub manifests: Manifests,
    /// Do exactly this plan, or nothing when it would do anything else by now
    #[arg(long, value_name = "ID")]
    pub plan: Option<String>,
    /// Commit what is too large for one commit in several, one after the other, each all or none
    #[arg(long, conflicts_with_all = ["plan", "dry_run"])]
    pub in_parts: bool,
    /// Decide, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub wait: Wait,
    /// Names this request: sent again with the same content it gives the first answer
    #[arg(long, value_name = "ID")]
    pub request_id: Option<String>,
}

/// Flags of commands that can wait for a change to be live.
#[derive(Debug, Clone, Args)]
pub struct Wait {
    /// Return when the change is live on all nodes
    #[arg(long, conflicts_with = "dry_run")]
    pub wait: bool,
    /// How long to wait, and for the answer
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = super::duration)]
    pub timeout: Duration,
}

impl Apply {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let (request, loaded) = self.manifests.request(globals).await?;
        let request = v1::ApplyRequest {
            request_id: self.request_id.clone().unwrap_or_else(request_id),
            dry_run: self.dry_run,
            plan_id: self.plan.clone().unwrap_or_default(),
            ..request
        };
        if self.in_parts {
            let mut client = session::client(globals)?;
            let response = parts::send(&mut client, request, &self, &loaded).await?;
            return finish(globals, &mut client, &response, Some(&loaded), &self.wait).await;
        }
        manifests::check_size(&request)?;
        let mut client = session::client(globals)?;
        let response = send(&mut client, request, self.wait.timeout, Some(&loaded)).await?;
        finish(globals, &mut client, &response, Some(&loaded), &self.wait).await
    }
}

/// A new id for a request.
pub fn request_id() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness of the system the server chooses an id; then a lost answer is not tried again.
    match getrandom::fill(&mut bytes) {
        Ok(()) => uuid::Builder::from_random_bytes(bytes).into_uuid().to_string(),
        Err(_) => String::new(),
    }
}

/// Sends one apply; `loaded` leads refusals back to their lines.
pub async fn send(
    client: &mut Client,
    message: v1::ApplyRequest,
    time: Duration,
    loaded: Option<&Loaded>,
) -> Result<v1::ApplyResponse, Failure> {
    let what = format!("applying {}", format::counted(message.changes.len() as u64, "change", "changes"));
    let title = if message.dry_run { "apply would be refused" } else { "apply refused, nothing was changed" };
    let time = time.max(CALL_TIMEOUT);
    let answer = session::call_within(client, &what, time, |mut it| {
        let request = session::request(message.clone(), time);
        async move { it.management.apply(request).await }
    });
    answer.await.map_err(|error| match error {
        CallError::Refused(status) => refused::failure(title, &status, loaded),
        other => other.into(),
    })
}

/// Prints what was done, and with --wait when it is live.
pub async fn finish(
    globals: &Globals,
    client: &mut Client,
    response: &v1::ApplyResponse,
    loaded: Option<&Loaded>,
    wait: &Wait,
) -> Result<(), Failure> {
    let out = Out::new(globals);
    for warning in &response.warnings {
        say(format!(
            "{} {}",
            Paint::for_stderr(globals.no_color).notice("warning:"),
            warning_text(warning, loaded)
        ));
    }
    match out.format {
        Output::Table => {
            out.text(&changes_text(response, out.paint))?;
            wait_until_live(&out, client, response, wait).await.map(|_| ())
        }
        format => {
            let live = wait_until_live(&out, client, response, wait).await;
            let mut json = message_to_json(response);
            if let Ok(Some(live)) = &live {
                json["live"] = message_to_json(live);
            }
            match format {
                Output::Json => out.json(&json)?,
                _ => out.text(&message_to_yaml(response))?,
            }
            live.map(|_| ())
        }
    }
}

/// With --wait: waits until a change is live, and tells where and when.
pub async fn wait_until_live(
    out: &Out,
    client: &mut Client,
    response: &v1::ApplyResponse,
    wait: &Wait,
) -> Result<Option<v1::AwaitLiveResponse>, Failure> {
    if !wait.wait || response.dry_run {
        return Ok(None);
    }
    let live = await_live(client, response.revision, wait.timeout).await?;
    tell_live(out, &live, response.revision, wait.timeout)?;
    Ok(Some(live))
}

pub fn warning_text(warning: &v1::Warning, loaded: Option<&Loaded>) -> String {
    let v1::Warning { name, message, line, column } = warning;
    match loaded.and_then(|loaded| loaded.place_of(name, "", *line, *column)) {
        Some((file, line, column)) => format!("{file}:{line}:{column} {name}: {message}"),
        None if *line > 0 && name.is_empty() => format!("line {line}, column {column}: {message}"),
        None if *line > 0 => format!("{name}: line {line}, column {column}: {message}"),
        None if name.is_empty() => message.clone(),
        None => format!("{name}: {message}"),
    }
}

/// Every change, then one line of sums.
pub fn changes_text(response: &v1::ApplyResponse, paint: Paint) -> String {
    let mut text = String::new();
    let count =
        |action: &str| response.results.iter().filter(|result| result.action == action).count() as u64;
    for result in &response.results {
        let sign = match result.action.as_str() {
            "created" => paint.good("+"),
            "updated" => paint.notice("~"),
            "deleted" => paint.error("-"),
            _ => continue,
        };
        text.push_str(&format!("{sign} {:<7}  {}\n", result.action, result.name));
    }
    let mut sums: Vec<String> = Vec::new();
    for (action, always) in
        [("created", true), ("updated", true), ("deleted", false), ("unchanged", true), ("absent", false)]
    {
        if always || count(action) > 0 {
            sums.push(format!("{} {action}", format::count(count(action))));
        }
    }
    text.push_str(&sums.join(", "));
    text.push_str(&commit_text(response));
    text.push('\n');
    text
}

/// ` · revision 18,204 · committed in 3.1 ms`
pub fn commit_text(response: &v1::ApplyResponse) -> String {
    if response.dry_run {
        return " · a dry run, nothing was changed".to_owned();
    }
    let revision = format::count(response.revision);
    match response.commit_us {
        0 => format!(" · revision {revision}"),
        us => format!(" · revision {revision} · committed in {}", format::micros(us)),
    }
}

/// Waits until all live nodes run a revision, for at most `timeout`.
async fn await_live(
    client: &mut Client,
    revision: u64,
    timeout: Duration,
) -> Result<v1::AwaitLiveResponse, Failure> {
    let began = Instant::now();
    let work = async {
        loop {
            let left = timeout.saturating_sub(began.elapsed());
            let step = left.clamp(Duration::from_millis(1), AWAIT_STEP);
            let timeout_ms = u32::try_from(step.as_millis()).unwrap_or(u32::MAX);
            let answer = client.call(step + ANSWER_SLACK, |mut it| async move {
                it.cluster.await_live(v1::AwaitLiveRequest { revision, timeout_ms }).await
            });
            let mut answer = answer.await?;
            if answer.live || left <= step {
                answer.waited_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
                return Ok(answer);
            }
        }
    };
    while_working(&format!("waiting for revision {} to be live", format::count(revision)), work).await
}

/// Says where a change is live and where not.
fn tell_live(
    out: &Out,
    live: &v1::AwaitLiveResponse,
    revision: u64,
    timeout: Duration,
) -> Result<(), Failure> {
    let behind = |node: &&v1::NodeLive| node.live_revision < revision;
    let running = live.nodes.iter().filter(|node| node.reachable && !behind(node)).count() as u64;
    for node in live.nodes.iter().filter(|node| !node.reachable) {
        let serves = format::count(node.live_revision);
        say(format!("{} cannot be reached; it may still serve revision {serves}", node.node));
    }
    if live.live {
        if out.format == Output::Table {
            let nodes = format::counted(running, "node", "nodes");
            out.line(format!("live on {nodes} after {}", format::micros(live.waited_us)))?;
        }
        return Ok(());
    }
    let late: Vec<String> = live
        .nodes
        .iter()
        .filter(|node| node.reachable)
        .filter(behind)
        .map(|node| format!("{} serves revision {}", node.node, format::count(node.live_revision)))
        .collect();
    let message = format!("the change is committed, and not live everywhere after {}", format::age(timeout));
    Err(Failure::failed(message)
        .hint(format!("{}\n`hanse status` shows how the cluster is", late.join("\n"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(actions: &[(&str, &str)], dry_run: bool) -> v1::ApplyResponse {
        let result = |(name, action): &(&str, &str)| v1::ChangeResult {
            name: (*name).to_owned(),
            action: (*action).to_owned(),
            etag: String::new(),
        };
        let results = actions.iter().map(result).collect();
        v1::ApplyResponse { results, revision: 18_204, commit_us: 3_100, dry_run, ..Default::default() }
    }

    #[test]
    fn what_was_done_is_told_with_names_and_sums() {
        let done = response(&[("apis/a", "created"), ("apis/b", "unchanged"), ("apis/c", "updated")], false);
        assert_eq!(
            changes_text(&done, Paint::none()),
            "+ created  apis/a\n~ updated  apis/c\n1 created, 1 updated, 1 unchanged · revision 18,204 · committed in 3.1 ms\n"
        );
        let dry = response(&[("apis/a", "deleted")], true);
        assert_eq!(
            changes_text(&dry, Paint::none()),
            "- deleted  apis/a\n0 created, 0 updated, 1 deleted, 0 unchanged · a dry run, nothing was changed\n"
        );
    }
}
