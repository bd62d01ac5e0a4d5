//! `hanse apply -f …`: manifests to one atomic commit.

use super::{
    Failure, Globals, Output, format, names,
    output::{Out, Paint, say},
    progress::while_working,
    refused, session,
};
use clap::Args;
use hanse::client::{
    CALL_TIMEOUT, CallError, Client,
    folder::{self, Loaded},
};
use hanse_manifest::{Finding, message_to_json, message_to_yaml};
use hanse_proto::{COMMAND_BYTES_MAX, Kind, Name, Scope, v1};
use prost::Message as _;
use std::{
    io::Read as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Slack that a call gets beyond the time the server was given.
const ANSWER_SLACK: Duration = Duration::from_secs(5);
/// The longest that one call waits for a change to be live; longer waits are several calls.
const AWAIT_STEP: Duration = Duration::from_secs(300);
/// Resources that a refusal for size names.
const LARGEST_SHOWN: usize = 5;

#[derive(Debug, Args)]
pub struct Apply {
    /// Manifest, folder of manifests (*.yaml, *.yml, *.json), or `-` for standard input; an `etag`
    /// in one, as `get` prints it, refuses the change when the resource has changed since
    #[arg(long = "file", short, value_name = "DIR|FILE|-", required = true)]
    pub files: Vec<PathBuf>,
    /// Workspace of names that begin with none
    #[arg(long, short)]
    pub workspace: Option<String>,
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
        let mut loaded = load(&self.files)?;
        into_workspace(&mut loaded, self.workspace.as_deref())?;
        if !loaded.findings.is_empty() {
            let count = format::counted(loaded.findings.len() as u64, "finding", "findings");
            return Err(Failure::findings(format!("{}{count}, nothing was sent\n", loaded.render())));
        }
        let changes = loaded.changes();
        if changes.is_empty() {
            return Err(Failure::failed("the manifests hold no resource").hint(
                "`hanse get apis -w demo -o yaml` shows how one is written, `hanse explain api` its fields",
            ));
        }
        let request = v1::ApplyRequest {
            changes,
            request_id: self.request_id.clone().unwrap_or_else(request_id),
            dry_run: self.dry_run,
            ..Default::default()
        };
        check_size(&request)?;
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

/// Reads all manifests that are named; `-` is standard input.
pub fn load(files: &[PathBuf]) -> Result<Loaded, Failure> {
    let mut all = Loaded::default();
    for file in files {
        let loaded = if file.as_os_str() == "-" { read_stdin()? } else { folder::read(file) };
        all.resources.extend(loaded.resources);
        all.findings.extend(loaded.findings);
        all.texts.extend(loaded.texts);
    }
    if files.len() > 1 {
        all.findings.retain(|finding| finding.field != "name" || !finding.message.contains("is given twice"));
        all.findings.extend(hanse_manifest::duplicate_names(&all.resources));
    }
    Ok(all)
}

fn read_stdin() -> Result<Loaded, Failure> {
    let limit = hanse_manifest::value::BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::failed(format!("standard input cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::failed(format!("standard input is no UTF-8 text (at byte {at})"))
            .hint("a manifest is YAML or JSON; `hanse explain api` shows the fields of one")
    })?;
    Ok(folder::read_text("stdin", text, Path::new(".")))
}

/// Puts resources without a workspace into the one that -w names, and finds those of another one.
fn into_workspace(loaded: &mut Loaded, workspace: Option<&str>) -> Result<(), Failure> {
    let scope = names::workspace(workspace)?;
    if scope.is_empty() {
        return Ok(());
    }
    for located in &mut loaded.resources {
        let Ok(name) = Name::parse(&located.resource.name) else { continue };
        if name.kind().scope() == Scope::Service && name.kind() != Kind::Workspace {
            continue;
        }
        if name.scope().is_empty() {
            located.resource.name = format!("{scope}/{name}");
        } else if !name.scope().eq_ignore_ascii_case(&scope) {
            let (line, column) = located.place_of("");
            loaded.findings.push(Finding {
                file: located.file.clone(),
                line,
                column,
                field: "name".to_owned(),
                message: format!("`{name}` is not in {scope}, which -w names"),
                hint: "leave out -w, or the workspace in the name".to_owned(),
            });
        }
    }
    Ok(())
}

/// Refuses what no commit takes, before it is sent.
pub fn check_size(request: &v1::ApplyRequest) -> Result<(), Failure> {
    let bytes = request.encoded_len();
    if bytes <= COMMAND_BYTES_MAX {
        return Ok(());
    }
    let mut sizes: Vec<(usize, &str)> = request
        .changes
        .iter()
        .map(|change| match &change.change {
            Some(v1::change::Change::Put(resource)) => (change.encoded_len(), resource.name.as_str()),
            _ => (change.encoded_len(), ""),
        })
        .collect();
    sizes.sort_by(|a, b| b.cmp(a));
    let mut hint = "apply fewer at a time; the largest are\n".to_owned();
    for (bytes, name) in sizes.into_iter().take(LARGEST_SHOWN) {
        hint.push_str(&format!("{:>10}  {name}\n", format::bytes(bytes as u64)));
    }
    let message =
        format!("the resources have {bytes} bytes together; one commit takes at most {COMMAND_BYTES_MAX}");
    Err(Failure::failed(message).hint(hint))
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

fn warning_text(warning: &v1::Warning, loaded: Option<&Loaded>) -> String {
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
fn changes_text(response: &v1::ApplyResponse, paint: Paint) -> String {
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

    #[test]
    fn a_command_too_large_is_refused_before_it_is_sent() {
        let request = |bytes: usize| v1::ApplyRequest {
            changes: vec![v1::Change {
                change: Some(v1::change::Change::Delete("x".repeat(bytes))),
                ..Default::default()
            }],
            ..Default::default()
        };
        let overhead = request(COMMAND_BYTES_MAX - 100).encoded_len() - (COMMAND_BYTES_MAX - 100);
        assert!(check_size(&request(COMMAND_BYTES_MAX - overhead)).is_ok());
        assert!(check_size(&request(COMMAND_BYTES_MAX - overhead + 1)).is_err());
    }

    #[test]
    fn names_are_put_into_the_workspace_that_is_named() {
        let text = "name: apis/a\napi: {}\n---\nname: workspaces/other/apis/b\napi: {}\n---\nname: gateways/g\ngateway: {}\n---\nname: workspaces/demo\nworkspace: {}\n";
        let mut loaded = folder::read_text("t.yaml", text.to_owned(), Path::new("."));
        into_workspace(&mut loaded, Some("demo")).expect("a workspace");
        let names: Vec<&str> = loaded.resources.iter().map(|it| it.resource.name.as_str()).collect();
        assert_eq!(
            names,
            ["workspaces/demo/apis/a", "workspaces/other/apis/b", "gateways/g", "workspaces/demo"]
        );
        assert_eq!(loaded.findings.len(), 1);
        assert_eq!(loaded.findings[0].line, 4);
    }
}
