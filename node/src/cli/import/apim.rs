//! `hanse import apim DIR`: a folder of APIOps becomes resources, and a report of what it did not become.
//!
//! One idea: whatever can be applied is, in one commit. A dry run tells what the server refuses; that
//! is left out with the server's reason, and the rest is tried again until nothing is refused.

use crate::cli::{
    Failure, Globals, Output, apply, format, manifests, names,
    output::{Out, Paint, say},
    refused, session,
};
use clap::Args;
use hanse::client::{
    CALL_TIMEOUT, CallError, Client,
    files::{self, FOLDER_BYTES_MAX, Walk},
    violations,
};
use hanse_apim::{Import, Options, Overrides, read};
use hanse_manifest::{message_to_json, value::BYTES_MAX};
use hanse_proto::{Kind, v1};
use prost::Message as _;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Dry runs of one import: each leaves out what the one before was refused for.
const ROUNDS_MAX: usize = 200;
/// Notes that are printed for people; JSON has all.
const NOTES_SHOWN: usize = 50;

#[derive(Debug, Args)]
#[command(after_help = "hanse import apim artifacts --dry-run\n\
    hanse import apim artifacts -w payments --env configuration.prod.yaml")]
pub struct Apim {
    /// Folder that the extractor of APIOps wrote
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// Workspace that what the folder has for the service goes into
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Overrides of one environment: partial manifests or the publisher's configuration; `{#NAME#}` in
    /// it is the environment variable NAME
    #[arg(long, value_name = "FILE")]
    pub env: Option<PathBuf>,
    /// Decide and report, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Change nothing unless every file is taken
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub wait: apply::Wait,
}

impl Apim {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let files = load(&self.folder)?;
        let scope = names::workspace(self.workspace.as_deref())?;
        let mut import = self.read(&files, &scope)?;
        let mut client = session::client(globals)?;
        self.prepare_workspaces(&mut client, &mut import, &scope).await?;
        let tried = self.leave_out_refused(&mut client, &mut import).await?;
        let is_refused = self.strict && import.untaken().next().is_some();
        let applied = match tried {
            Some(tried) if self.dry_run || is_refused => Some(tried),
            Some(_) => {
                let request = request(&import, false);
                Some(apply::send(&mut client, request, self.wait.timeout, None).await?)
            }
            None => None,
        };
        let out = Out::new(globals);
        self.report(&out, globals, &import, applied.as_ref())?;
        if is_refused {
            let untaken = format::counted(import.untaken().count() as u64, "file is", "files are");
            return Err(Failure::failed(format!("{untaken} not taken, nothing was changed"))
                .hint("without --strict the others are applied"));
        }
        match &applied {
            Some(applied) => apply::wait_until_live(&out, &mut client, applied, &self.wait).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// What the folder becomes; overrides that do not fit end it.
    fn read(&self, files: &BTreeMap<String, Result<String, String>>, scope: &str) -> Result<Import, Failure> {
        let env = match &self.env {
            Some(path) => {
                let text = files::read_named(path, BYTES_MAX).map_err(|reason| {
                    Failure::failed(format!("{}: {reason}", path.display()))
                        .hint("--env names a file of overrides")
                })?;
                Some((path.display().to_string(), text))
            }
            None => None,
        };
        let tokens = |name: &str| std::env::var(name).ok();
        let overrides = env.as_ref().map(|(file, text)| Overrides { file, text, tokens: &tokens });
        let workspace = scope.rsplit('/').next().filter(|id| !id.is_empty());
        let import = read(files, &Options { workspace, overrides });
        if import.findings.is_empty() {
            return Ok(import);
        }
        let text = |_: &str| env.as_ref().map(|(_, text)| text.clone());
        let count = format::counted(import.findings.len() as u64, "finding", "findings");
        let shown = hanse_manifest::render(&import.findings, &text);
        Err(Failure::findings(format!("{shown}{count}, nothing was sent\n")))
    }

    /// No folder describes its workspaces: those that are not there are made, except what -w names,
    /// which may be a slip of the pen.
    async fn prepare_workspaces(
        &self,
        client: &mut Client,
        import: &mut Import,
        scope: &str,
    ) -> Result<(), Failure> {
        for name in import.workspaces.clone() {
            let known = session::call(client, "looking for workspaces", |mut it| {
                let request = v1::GetRequest { name: name.clone(), stale: false };
                async move { it.management.get(request).await }
            });
            match known.await {
                Ok(_) => continue,
                Err(CallError::Refused(status)) if is_missing(&status) => {}
                Err(error) => return Err(error.into()),
            }
            if name.eq_ignore_ascii_case(scope) {
                return Err(Failure::failed(format!("there is no {name}"))
                    .hint("`hanse get workspaces` lists what there is; `hanse apply` makes a new one"));
            }
            let id = name.rsplit('/').next().unwrap_or_default().to_owned();
            let spec = v1::Workspace { display_name: id, ..v1::Workspace::default() };
            let spec = Some(v1::resource::Spec::Workspace(spec));
            import.resources.push(v1::Resource { name, spec, ..v1::Resource::default() });
        }
        Ok(())
    }

    /// Tries until nothing is refused; `None`: nothing is left.
    async fn leave_out_refused(
        &self,
        client: &mut Client,
        import: &mut Import,
    ) -> Result<Option<v1::ApplyResponse>, Failure> {
        for _ in 0..ROUNDS_MAX {
            if import.resources.is_empty() {
                return Ok(None);
            }
            let request = request(import, true);
            manifests::check_size(&request)?;
            let time = self.wait.timeout.max(CALL_TIMEOUT);
            let what =
                format!("trying {}", format::counted(request.changes.len() as u64, "change", "changes"));
            let answer = session::call_within(client, &what, time, |mut it| {
                let request = session::request(request.clone(), time);
                async move { it.management.apply(request).await }
            });
            let status = match answer.await {
                Ok(tried) => return Ok(Some(tried)),
                Err(CallError::Refused(status)) => status,
                Err(error) => return Err(error.into()),
            };
            let mut left_out = false;
            for violation in violations(&status) {
                let reason = match violation.field.as_str() {
                    "" => violation.message,
                    field => format!("{field}: {}", violation.message),
                };
                left_out |= !violation.name.is_empty() && import.leave_out(&violation.name, &reason);
            }
            if !left_out {
                return Err(refused::failure("the import is refused, nothing was changed", &status, None));
            }
        }
        Err(Failure::failed(format!(
            "the server refuses something new after {ROUNDS_MAX} tries, nothing was changed"
        ))
        .hint("import a part of the folder"))
    }

    fn report(
        &self,
        out: &Out,
        globals: &Globals,
        import: &Import,
        applied: Option<&v1::ApplyResponse>,
    ) -> Result<(), Failure> {
        let bytes = request(import, true).encoded_len() as u64;
        let count = |action: &str| {
            applied.map_or(0, |it| it.results.iter().filter(|result| result.action == action).count())
        };
        if out.format != Output::Table {
            return out.json(&serde_json::json!({
                "files": import.files.len(),
                "taken": import.taken(),
                "untaken": import.untaken().map(|(file, reason)| serde_json::json!({"file": file, "reason": reason})).collect::<Vec<_>>(),
                "notes": import.notes.iter().map(|it| serde_json::json!({"file": it.path, "message": it.message})).collect::<Vec<_>>(),
                "resources": import.resources.len(),
                "bytes": bytes,
                "created": count("created"), "updated": count("updated"), "unchanged": count("unchanged"),
                "applied": applied.map(message_to_json),
            }));
        }
        let paint = Paint::for_stderr(globals.no_color);
        for note in import.notes.iter().take(NOTES_SHOWN) {
            say(format!("{} {}: {}", paint.notice("note:"), note.path, note.message));
        }
        if import.notes.len() > NOTES_SHOWN {
            let more = format::count((import.notes.len() - NOTES_SHOWN) as u64);
            say(format!("and {more} more notes; -o json has all"));
        }
        for (file, reason) in import.untaken() {
            out.line(format!("{} {file}\n    {reason}", out.paint.error("untaken")))?;
        }
        let untaken = import.files.len() - import.taken();
        out.line(format!(
            "{}: {} taken, {} untaken",
            format::counted(import.files.len() as u64, "file", "files"),
            format::count(import.taken() as u64),
            format::count(untaken as u64)
        ))?;
        let Some(applied) = applied else { return out.line("nothing is left to apply") };
        out.line(format!(
            "{} ({}): {} created, {} updated, {} unchanged{}",
            format::counted(import.resources.len() as u64, "resource", "resources"),
            format::bytes(bytes),
            format::count(count("created") as u64),
            format::count(count("updated") as u64),
            format::count(count("unchanged") as u64),
            apply::commit_text(applied),
        ))
    }
}

/// One change for every resource: what others may refer to comes first.
fn request(import: &Import, dry_run: bool) -> v1::ApplyRequest {
    let mut resources: Vec<&v1::Resource> = import.resources.iter().collect();
    resources.sort_by_key(|resource| resource.spec.as_ref().map(Kind::of_spec));
    let put = |resource: &v1::Resource| v1::Change {
        change: Some(v1::change::Change::Put(resource.clone())),
        ..v1::Change::default()
    };
    let changes = resources.into_iter().map(put).collect();
    let request_id = if dry_run { String::new() } else { apply::request_id() };
    v1::ApplyRequest { changes, request_id, dry_run, ..v1::ApplyRequest::default() }
}

fn is_missing(status: &tonic::Status) -> bool {
    violations(status).iter().any(|violation| violation.code == "not-found")
}

/// Every file of a folder by its path within it; of what is no text, why.
fn load(folder: &Path) -> Result<BTreeMap<String, Result<String, String>>, Failure> {
    if !folder.is_dir() {
        return Err(Failure::failed(format!("{} is no folder", folder.display()))
            .hint("name the folder that the extractor of APIOps wrote, the one with `apis` in it"));
    }
    let name = |message: String| Failure::failed(format!("{}: {message}", folder.display()));
    files::check_named(folder).map_err(name)?;
    const PARTS: &str = "import a part of it, one workspace for example";
    let Walk { files: found, refused, exceeded } = files::walk(folder, &|_| true);
    if let Some((path, message)) = exceeded {
        return Err(Failure::failed(format!("{}: {message}", path.display())).hint(PARTS));
    }
    let mut files: BTreeMap<_, _> =
        refused.into_iter().map(|(path, message)| (shown(&path, folder), Err(message))).collect();
    let mut bytes = 0;
    for path in found {
        let text = files::read_regular(&path, BYTES_MAX);
        bytes += text.as_ref().map_or(0, |text| text.len() as u64);
        if bytes > FOLDER_BYTES_MAX {
            let most = format::bytes(FOLDER_BYTES_MAX);
            return Err(name(format!("the files have more than {most} together")).hint(PARTS));
        }
        files.insert(shown(&path, folder), text);
    }
    if files.is_empty() {
        return Err(Failure::failed(format!("{} is empty", folder.display())));
    }
    Ok(files)
}

fn shown(path: &Path, folder: &Path) -> String {
    let relative = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<String> = relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    parts.join("/")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::symlink};

    #[test]
    fn a_folder_is_read_without_what_leads_out_of_it() {
        let outside = tempfile::tempdir().expect("a folder");
        fs::write(outside.path().join("x.json"), "secret").expect("written");
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(dir.path().join("apis/a")).expect("made");
        fs::write(dir.path().join("apis/a/apiInformation.json"), "{}").expect("written");
        for (to, link) in [
            (Path::new("."), "again"),
            (outside.path(), "folder"),
            (&outside.path().join("x.json"), "x.json"),
            (Path::new("/dev/zero"), "zero.json"),
        ] {
            symlink(to, dir.path().join(link)).expect("a link");
        }
        let files = load(dir.path()).expect("a folder");
        let out = Err("it is a link out of the folder, which is not followed".to_owned());
        let expected = [
            ("apis/a/apiInformation.json", Ok("{}".to_owned())),
            ("folder", out.clone()),
            ("x.json", out.clone()),
            ("zero.json", out),
        ];
        assert_eq!(files, expected.map(|(path, text)| (path.to_owned(), text)).into());
    }
}
