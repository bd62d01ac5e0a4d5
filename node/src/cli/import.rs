//! `hanse import openapi`: a document becomes an API; with `--check` it is only read.
//! `hanse import apim` has a file of its own.

mod apim;

use super::{
    Failure, Globals, Output, apply, format, names,
    output::{Out, Paint, say},
    refused, session,
};
use clap::{Args, Subcommand};
use hanse::client::{CALL_TIMEOUT, CallError, Client, files, folder::is_manifest};
use hanse_manifest::message_to_json;
use hanse_openapi::{DOCUMENT_BYTES_MAX, Finding, Options, Severity};
use hanse_proto::{Kind, v1};
use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

/// Findings of one document that are printed.
const SHOWN_MAX: usize = 20;

#[derive(Debug, Subcommand)]
pub enum Import {
    /// Make an API and its operations of an OpenAPI document (2.0, 3.0, 3.1), in one commit
    Openapi(Openapi),
    /// Make resources of a folder of APIOps, in one commit, and report what is left out
    Apim(apim::Apim),
}

impl Import {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        match self {
            Import::Openapi(command) => command.run(globals).await,
            Import::Apim(command) => command.run(globals).await,
        }
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "hanse import openapi petstore.yaml -w demo --api pets --path pets --service-url http://127.0.0.1:9000\n\
    hanse import openapi --check specs/"
)]
pub struct Openapi {
    /// Document, JSON or YAML; `-` for standard input; with --check also folders
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Read and report, change nothing and ask no server
    #[arg(long, conflicts_with_all = ["api", "path", "service_url", "wait", "dry_run"])]
    pub check: bool,
    /// Id of a workspace; without it, the service itself
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Id of the API to create or update
    #[arg(long, required_unless_present = "check")]
    pub api: Option<String>,
    /// URL suffix of the API; without it, the one it has, or its id
    #[arg(long)]
    pub path: Option<String>,
    /// URL of the backend; without it, the one it has, or the document's first HTTPS server
    #[arg(long, value_name = "URL")]
    pub service_url: Option<String>,
    /// Decide, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub wait: apply::Wait,
}

impl Openapi {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        if self.check {
            return check(globals, &self.files);
        }
        let [file] = self.files.as_slice() else {
            return Err(Failure::usage("one document at a time becomes an API").hint("--check takes several"));
        };
        let message = self.request(file)?;
        let mut client = session::client(globals)?;
        let time = self.wait.timeout.max(CALL_TIMEOUT);
        let answer = session::call_within(&mut client, "importing", time, |mut it| {
            let request = session::request(message.clone(), time);
            async move { it.management.import_open_api(request).await }
        });
        let answer = answer.await.map_err(|error| match error {
            CallError::Refused(status) => refused::failure(
                &format!("{} is refused, nothing was changed", message.file_name),
                &status,
                None,
            ),
            other => other.into(),
        })?;
        self.finish(globals, &mut client, &message, answer).await
    }

    fn request(&self, file: &Path) -> Result<v1::ImportOpenApiRequest, Failure> {
        let api = self.api.as_deref().unwrap_or_default();
        let name = names::resource(Kind::Api, api, self.workspace.as_deref())?;
        let document = read(file).map_err(Failure::failed)?;
        Ok(v1::ImportOpenApiRequest {
            parent: name.scope().to_owned(),
            api: name.id().to_owned(),
            path: self.path.as_ref().map(|path| path.trim_start_matches('/').to_owned()),
            service_url: self.service_url.clone(),
            document: document.into(),
            file_name: file.display().to_string(),
            request_id: apply::request_id(),
            dry_run: self.dry_run,
            ..Default::default()
        })
    }

    async fn finish(
        &self,
        globals: &Globals,
        client: &mut Client,
        request: &v1::ImportOpenApiRequest,
        answer: v1::ImportOpenApiResponse,
    ) -> Result<(), Failure> {
        let out = Out::new(globals);
        let applied = answer.applied.clone().unwrap_or_default();
        if out.format != Output::Table {
            let live = apply::wait_until_live(&out, client, &applied, &self.wait).await;
            let mut json = message_to_json(&answer);
            if let Ok(Some(live)) = &live {
                json["live"] = message_to_json(live);
            }
            out.json(&json)?;
            return live.map(|_| ());
        }
        let paint = Paint::for_stderr(globals.no_color);
        for warning in applied.warnings.iter().take(SHOWN_MAX) {
            let place = if warning.line > 0 {
                format!(":{}:{}", warning.line, warning.column)
            } else {
                String::new()
            };
            say(format!("{} {}{place} {}", paint.notice("warning:"), request.file_name, warning.message));
        }
        if applied.warnings.len() > SHOWN_MAX {
            say(format!("and {} more warnings", format::count((applied.warnings.len() - SHOWN_MAX) as u64)));
        }
        out.line(format!(
            "API {}: {} ({} created, {} updated, {} deleted){}",
            request.api,
            format::counted(u64::from(answer.operations), "operation", "operations"),
            format::count(u64::from(answer.created)),
            format::count(u64::from(answer.updated)),
            format::count(u64::from(answer.deleted)),
            apply::commit_text(&applied),
        ))?;
        apply::wait_until_live(&out, client, &applied, &self.wait).await.map(|_| ())
    }
}

/// Reads a document, or says in a message why it cannot be.
fn read(file: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let limit = DOCUMENT_BYTES_MAX as u64 + 1;
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    read.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no file {}", file.display()),
        std::io::ErrorKind::IsADirectory => format!("{} is a folder; --check reads folders", file.display()),
        _ => format!("{} cannot be read: {error}", file.display()),
    })?;
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(format!("{} has more than {DOCUMENT_BYTES_MAX} bytes", file.display()));
    }
    Ok(bytes)
}

/// What `--check` found in one document.
struct Checked {
    file: String,
    /// Version and number of operations; `None`: refused.
    accepted: Option<(String, usize)>,
    findings: Vec<Finding>,
}

fn check(globals: &Globals, paths: &[PathBuf]) -> Result<(), Failure> {
    let out = Out::new(globals);
    let mut files = Vec::new();
    for path in paths {
        files.extend(collect(path)?);
    }
    let (mut accepted, mut refused) = (0_u64, 0_u64);
    let mut list = Vec::new();
    for (file, unread) in files {
        let checked = check_one(&file, unread);
        match checked.accepted {
            Some(_) => accepted += 1,
            None => refused += 1,
        }
        match out.format {
            Output::Table => out.text(&checked.text(out.paint))?,
            _ => list.push(checked.json()),
        }
    }
    let documents = accepted + refused;
    match out.format {
        Output::Table => out.line(format!(
            "{}, {} accepted, {} refused",
            format::counted(documents, "document", "documents"),
            format::count(accepted),
            format::count(refused)
        ))?,
        _ => out.json(&serde_json::json!({
            "documents": documents, "accepted": accepted, "refused": refused, "results": list,
        }))?,
    }
    if refused > 0 { Err(Failure::told()) } else { Ok(()) }
}

/// A file, or the documents of a folder in the order of their names; of what is not read, why.
fn collect(path: &Path) -> Result<Vec<(PathBuf, Option<String>)>, Failure> {
    if path.as_os_str() == "-" || !path.is_dir() {
        return Ok(vec![(path.to_owned(), None)]);
    }
    let files::Walk { files, refused, exceeded } = files::walk(path, &is_manifest);
    if let Some((path, message)) = exceeded {
        let message = format!("{}: {message}", path.display());
        return Err(Failure::failed(message).hint("check a part of it at a time"));
    }
    let refused = refused.into_iter().map(|(path, message)| (path, Some(message)));
    let mut all: Vec<_> = files.into_iter().map(|path| (path, None)).chain(refused).collect();
    all.sort();
    Ok(all)
}

fn check_one(file: &Path, unread: Option<String>) -> Checked {
    let name = file.display().to_string();
    let refused = |message: String| Checked {
        file: name.clone(),
        accepted: None,
        findings: vec![Finding {
            severity: Severity::Error,
            message,
            pointer: String::new(),
            line: 0,
            column: 0,
        }],
    };
    let text = match unread.map_or_else(|| read(file), Err).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return refused("the document is no UTF-8 text".to_owned()),
        Err(message) => return refused(message),
    };
    let (imported, findings) = hanse_openapi::read(&name, &text, &Options::default());
    let accepted = imported.map(|imported| (imported.version, imported.operations.len()));
    Checked { file: name, accepted, findings }
}

impl Checked {
    fn text(&self, paint: Paint) -> String {
        let warnings =
            self.findings.iter().filter(|finding| finding.severity == Severity::Warning).count() as u64;
        let mut text = match &self.accepted {
            None => format!("{}   {}\n", paint.error("refused "), self.file),
            Some((version, operations)) => {
                let mut facts = vec![
                    format!("OpenAPI {version}"),
                    format::counted(*operations as u64, "operation", "operations"),
                ];
                if warnings > 0 {
                    facts.push(format::counted(warnings, "warning", "warnings"));
                }
                format!("{}   {}   {}\n", paint.good("accepted"), self.file, facts.join(", "))
            }
        };
        for finding in self.findings.iter().take(SHOWN_MAX) {
            let severity = match finding.severity {
                Severity::Error => paint.error("error:"),
                Severity::Warning => paint.notice("warning:"),
            };
            text.push_str(&format!("    {severity} {finding}\n"));
        }
        if self.findings.len() > SHOWN_MAX {
            let more = (self.findings.len() - SHOWN_MAX) as u64;
            text.push_str(&format!("    and {} more\n", format::count(more)));
        }
        text
    }

    fn json(&self) -> serde_json::Value {
        let finding = |finding: &Finding| {
            serde_json::json!({
                "severity": if finding.severity == Severity::Error { "error" } else { "warning" },
                "message": finding.message,
                "pointer": finding.pointer,
                "line": finding.line,
                "column": finding.column,
            })
        };
        serde_json::json!({
            "file": self.file,
            "accepted": self.accepted.is_some(),
            "version": self.accepted.as_ref().map(|(version, _)| version),
            "operations": self.accepted.as_ref().map(|(_, operations)| operations),
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_accepted_or_refused_with_findings() {
        let dir = tempfile::tempdir().expect("a folder");
        let good = "openapi: 3.0.0\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get: {responses: {'200': {description: ok}}}\n";
        for (name, text) in
            [("a.yaml", good.as_bytes()), ("b.json", b"[1]"), ("c.yml", b"\xff\xfe"), ("d.txt", b"")]
        {
            std::fs::write(dir.path().join(name), text).expect("written");
        }
        let files = collect(dir.path()).expect("a folder");
        let texts: Vec<String> =
            files.into_iter().map(|(file, unread)| check_one(&file, unread).text(Paint::none())).collect();
        assert_eq!(texts.len(), 3, "{texts:?}");
        assert!(
            texts[0].starts_with("accepted   ") && texts[0].contains("OpenAPI 3.0.0, 1 operation"),
            "{texts:?}"
        );
        assert!(texts[1].starts_with("refused    ") && texts[1].contains("error:"), "{texts:?}");
        assert!(texts[2].contains("no UTF-8"), "{texts:?}");
    }

    #[test]
    fn a_document_is_bounded_at_the_bound_and_one_past_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("a.json");
        std::fs::write(&file, vec![b' '; DOCUMENT_BYTES_MAX]).expect("written");
        assert!(read(&file).is_ok());
        std::fs::write(&file, vec![b' '; DOCUMENT_BYTES_MAX + 1]).expect("written");
        assert!(read(&file).is_err());
    }
}
