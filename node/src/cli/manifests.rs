//! The manifests that a command is about: read, brought into one workspace, and sent as one request.
//!
//! One idea: `plan` and `apply` mean the same by the same flags. When something is wrong, the server is
//! asked by a dry run about what could be read, so that all findings come at once.

use super::{Failure, Globals, format, names, refused, session};
use clap::Args;
use hanse::client::{
    CallError, files,
    folder::{self, Loaded},
    violations,
};
use hanse_manifest::Finding;
use hanse_proto::{COMMAND_BYTES_MAX, Kind, Name, Scope, v1, v1::resource::Spec};
use prost::Message as _;
use std::{
    collections::BTreeSet,
    io::Read as _,
    path::{Path, PathBuf},
    time::Duration,
};

/// Resources that a refusal for size names.
const LARGEST_SHOWN: usize = 5;
/// Time for the server to say what it finds beside the manifests' own findings.
const FINDINGS_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Args)]
pub struct Manifests {
    /// Manifest, folder of manifests (*.yaml, *.yml, *.json), or `-` for standard input; an `etag`
    /// in one, as `get` prints it, refuses the change when the resource has changed since
    #[arg(long = "file", short, value_name = "DIR|FILE|-", required = true)]
    pub files: Vec<PathBuf>,
    /// Workspace of names that begin with none
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Whose manifests these are; without it, what `owner:` in the folder's hanse.yaml says
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// Delete what the owner has on the server and these manifests no longer hold
    #[arg(long)]
    pub prune: bool,
    /// Overrides of one environment, merged over the manifests: partial manifests or the APIOps publisher's
    /// configuration; `{#NAME#}` in it is the environment variable NAME. Keep it outside the folder of
    /// the manifests, or in a folder of it that begins with a dot
    #[arg(long, value_name = "FILE")]
    pub env: Option<PathBuf>,
}

impl Manifests {
    /// Reads all of it and makes the request of it.
    pub async fn request(&self, globals: &Globals) -> Result<(v1::ApplyRequest, Loaded), Failure> {
        let mut loaded = load(&self.files)?;
        into_workspace(&mut loaded, self.workspace.as_deref())?;
        if let Some(env) = &self.env {
            override_by(&mut loaded, env)?;
        }
        let owner = match &self.owner {
            Some(owner) => owner.clone(),
            None => owner_of(&loaded)?,
        };
        if !loaded.findings.is_empty() {
            return Err(all_findings(globals, &loaded).await);
        }
        if self.prune && owner.is_empty() {
            return Err(Failure::usage(
                "--prune deletes what an owner no longer has manifests of, and there is no owner",
            )
            .hint("say --owner NAME, or write `owner: NAME` into hanse.yaml of the folder"));
        }
        let changes = loaded.changes();
        if changes.is_empty() {
            return Err(Failure::failed("the manifests hold no resource").hint(
                "`hanse get apis -w demo -o yaml` shows how one is written, `hanse explain api` its fields",
            ));
        }
        let prune_in = match self.prune {
            true => names::workspace(self.workspace.as_deref())?,
            false => String::new(),
        };
        Ok((v1::ApplyRequest { changes, owner, prune: self.prune, prune_in, ..Default::default() }, loaded))
    }

    /// The flags as they are typed again.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for file in &self.files {
            words.extend(["-f".to_owned(), file.display().to_string()]);
        }
        for (flag, value) in [("-w", &self.workspace), ("--owner", &self.owner)] {
            words.extend(value.iter().flat_map(|value| [flag.to_owned(), value.clone()]));
        }
        if self.prune {
            words.push("--prune".to_owned());
        }
        if let Some(env) = &self.env {
            words.extend(["--env".to_owned(), env.display().to_string()]);
        }
        words
    }
}

/// Whose the folders are, as they say; empty: nobody's.
fn owner_of(loaded: &Loaded) -> Result<String, Failure> {
    let owners: Vec<&str> = loaded.owners.iter().map(String::as_str).collect();
    match owners.as_slice() {
        [] => Ok(String::new()),
        [only] => Ok((*only).to_owned()),
        several => Err(Failure::usage(format!("the folders belong to {}", several.join(" and to ")))
            .hint("apply each by itself, or say --owner NAME")),
    }
}

/// Reads all manifests that are named; `-` is standard input.
pub fn load(files: &[PathBuf]) -> Result<Loaded, Failure> {
    let mut all = Loaded::default();
    for file in files {
        let loaded = if file.as_os_str() == "-" { read_stdin()? } else { folder::read(file) };
        all.extend(loaded);
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
    let resources = std::mem::take(&mut loaded.resources);
    for mut located in resources {
        let Ok(name) = Name::parse(&located.resource.name) else { continue };
        if name.kind().scope() == Scope::Service && name.kind() != Kind::Workspace {
            loaded.resources.push(located);
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
            loaded.unread.push(Some(located.resource));
            continue;
        }
        loaded.resources.push(located);
    }
    for resource in loaded.unread.iter_mut().flatten() {
        let name = Name::parse(&resource.name).ok();
        if name.is_some_and(|name| name.scope().is_empty() && name.kind().scope() != Scope::Service) {
            resource.name = format!("{scope}/{}", resource.name);
        }
    }
    Ok(())
}

/// Merges the overrides of one environment over what was read.
fn override_by(loaded: &mut Loaded, env: &Path) -> Result<(), Failure> {
    let file = env.display().to_string();
    let text = files::read_named(env, hanse_manifest::value::BYTES_MAX).map_err(|message| {
        Failure::failed(format!("{file}: {message}")).hint("--env names a file of overrides")
    })?;
    let resources: Vec<v1::Resource> = loaded.resources.iter().map(|it| it.resource.clone()).collect();
    let tokens = |name: &str| std::env::var(name).ok();
    let (merged, findings) = hanse_apim::overrides::merge(&resources, &file, &text, &tokens);
    // What is merged keeps its number and order, so places in the manifests stay right.
    for (located, resource) in loaded.resources.iter_mut().zip(merged) {
        located.resource = resource;
    }
    loaded.findings.extend(findings);
    loaded.texts.insert(file, text);
    Ok(())
}

/// Refuses what one command cannot hold, and names the largest parts of it.
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
    let mut hint = "apply fewer at a time, or several commits with --in-parts; the largest are\n".to_owned();
    for (bytes, name) in sizes.into_iter().take(LARGEST_SHOWN) {
        hint.push_str(&format!("{:>10}  {name}\n", format::bytes(bytes as u64)));
    }
    let message =
        format!("the resources have {bytes} bytes together; one commit takes at most {COMMAND_BYTES_MAX}");
    Err(Failure::failed(message).hint(hint))
}

// === Findings ===

/// What is wrong with the manifests, and what the server finds in the rest of them.
async fn all_findings(globals: &Globals, loaded: &Loaded) -> Failure {
    let mut text = loaded.render();
    let own = loaded.findings.len() as u64;
    let counted = |count: u64| format::counted(count, "finding", "findings");
    let found = match server_findings(globals, loaded).await {
        Some(found) => found,
        None => return Failure::findings(format!("{text}{}, nothing was sent\n", counted(own))),
    };
    if !found.is_empty() {
        text.push_str("error: the server finds in the rest\n\n");
        text.push_str(&refused::render(&found, Some(loaded)));
        text.push('\n');
    }
    let count = own + found.len() as u64;
    Failure::findings(format!("{text}{}, nothing was changed\n", counted(count)))
}

/// What the server would refuse in the resources without findings; `None`: it cannot be asked.
async fn server_findings(globals: &Globals, loaded: &Loaded) -> Option<Vec<v1::Violation>> {
    let mut seen = BTreeSet::new();
    let mut changes = loaded.changes();
    // Of what is given twice, which is a finding, the first one is asked about.
    changes.retain(|change| match &change.change {
        Some(v1::change::Change::Put(resource)) => seen.insert(hanse_proto::key_of(&resource.name)),
        _ => false,
    });
    let request = v1::ApplyRequest { changes, dry_run: true, ..Default::default() };
    if request.changes.is_empty() || request.encoded_len() > COMMAND_BYTES_MAX {
        return None;
    }
    let mut client = session::client(globals).ok()?;
    let answer =
        session::call_within(&mut client, "asking the server about the rest", FINDINGS_TIMEOUT, |mut it| {
            let request = session::request(request.clone(), FINDINGS_TIMEOUT);
            async move { it.management.apply(request).await }
        });
    match answer.await {
        Ok(_) => Some(Vec::new()),
        Err(CallError::Refused(status)) => {
            let found = violations(&status);
            (!found.is_empty()).then(|| genuine(found, loaded))
        }
        Err(_) => None,
    }
}

/// The violations that are there whatever becomes of the resources with findings of their own.
fn genuine(found: Vec<v1::Violation>, loaded: &Loaded) -> Vec<v1::Violation> {
    let is_nameless = loaded.unread.iter().any(Option::is_none);
    let unread: Vec<&v1::Resource> = loaded.unread.iter().flatten().collect();
    let follows = |violation: &v1::Violation| {
        let is_missing = violation.code == "not-found";
        let key = hanse_proto::key_of(&violation.name);
        let message = violation.message.to_ascii_lowercase();
        is_missing && is_nameless
            || unread.iter().any(|resource| {
                let unread = hanse_proto::key_of(&resource.name);
                let is_below = key.strip_prefix(&unread).is_some_and(|rest| rest.starts_with('/'));
                // A reference may be written in full or from within its workspace.
                let ids = unread.split('/').skip(usize::from(unread.starts_with("workspaces/")) * 2);
                let relative = ids.collect::<Vec<_>>().join("/");
                let is_named = message.contains(&format!("`{unread}`")) || message.contains(&format!("`{relative}`"))
                    // A document has an id alone.
                    || is_missing && message.contains(&format!("`{}`", relative.rsplit('/').next().unwrap_or_default()));
                let is_value = matches!(&resource.spec, Some(Spec::NamedValue(value))
                    if value.display_name.is_empty() || violation.message.contains(&format!("{{{{{}}}}}", value.display_name)));
                key == unread || is_missing && (is_below || is_named || is_value) || is_named
            })
    };
    found.into_iter().filter(|violation| !follows(violation)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(names, ["workspaces/demo/apis/a", "gateways/g", "workspaces/demo"]);
        assert_eq!(loaded.unread.len(), 1, "what lies elsewhere is no part of what is sent");
        assert_eq!(loaded.findings.len(), 1);
        assert_eq!(loaded.findings[0].line, 4);
    }

    #[test]
    fn what_follows_from_a_finding_is_no_finding() {
        let violation = |code: &str, name: &str, message: &str| v1::Violation {
            code: code.into(),
            name: name.into(),
            message: message.into(),
            ..Default::default()
        };
        let api = v1::Resource { name: "workspaces/w/apis/Orders".into(), ..Default::default() };
        let value = v1::NamedValue { display_name: "host".into(), ..Default::default() };
        let value = v1::Resource {
            name: "workspaces/w/namedValues/v".into(),
            spec: Some(Spec::NamedValue(value)),
            ..Default::default()
        };
        let loaded = Loaded { unread: vec![Some(api), Some(value)], ..Default::default() };
        let found = [
            (
                "not-found",
                "workspaces/w/apis/orders/operations/x",
                "`workspaces/w/apis/orders` does not exist, and",
            ),
            ("not-found", "workspaces/w/products/p/apiLinks/a", "`apis/orders` does not exist"),
            ("not-found", "workspaces/w/policies/policy", "the named value `{{host}}` does not exist here"),
            ("not-found", "workspaces/w/policies/policy", "the named value `{{port}}` does not exist here"),
            ("not-found", "workspaces/w/policies/policy", "there is no backend `orders`"),
            ("not-found", "workspaces/w/products/p/apiLinks/b", "`workspaces/w/apis/other` does not exist"),
            ("invalid", "workspaces/w/apis/orders/policies/policy", "there is no policy `set-headr`"),
        ]
        .map(|(code, name, message)| violation(code, name, message));
        let left: Vec<String> = genuine(found.to_vec(), &loaded).into_iter().map(|it| it.message).collect();
        assert_eq!(
            left,
            [
                "the named value `{{port}}` does not exist here",
                "`workspaces/w/apis/other` does not exist",
                "there is no policy `set-headr`"
            ]
        );
        // Where not even a name could be read, anything may be missing because of it.
        let nameless = Loaded { unread: vec![None], ..Default::default() };
        assert_eq!(genuine(found.to_vec(), &nameless).len(), 1);
    }
}
