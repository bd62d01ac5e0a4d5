//! `hanse policy check`: reads documents, reports all that is found, and changes nothing.
//!
//! One idea: the check is the one that answers `apply`, with what this release does not run yet as
//! warnings; what stands elsewhere (named values, fragments, backends) cannot be known and is not held
//! against anybody.

use super::Scope;
use crate::cli::{Failure, Globals, Output, format, output::Out, progress::Steps};
use clap::Args;
use hanse::client::files;
use hanse_policy::{CheckedDocument, Checking, DOCUMENT_BYTES_MAX, Finding, Severity, check_any, render};
use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

/// Extensions of the files that are read in folders.
const EXTENSIONS: [&str; 3] = ["xml", "policy", "cshtml"];
/// Findings of one document that are printed for people.
const SHOWN_MAX: usize = 20;

#[derive(Debug, Args)]
#[command(after_help = "hanse policy check policies/\n\
    hanse policy check --scope global global.xml\n\
    hanse policy check -o json - < policy.xml")]
pub struct Check {
    /// Document, folder of documents (*.xml, *.policy, *.cshtml), or `-` for standard input
    #[arg(value_name = "FILE|DIR|-", required = true)]
    pub files: Vec<PathBuf>,
    /// What the documents hang at, for the rules of that scope
    #[arg(long, value_enum)]
    pub scope: Option<Scope>,
    /// Print errors alone
    #[arg(long)]
    pub no_warnings: bool,
}

impl Check {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let out = Out::new(globals);
        let mut files = Vec::new();
        for path in &self.files {
            files.extend(collect(path)?);
        }
        let (mut accepted, mut refused) = (0_u64, 0_u64);
        let mut list = Vec::new();
        let mut steps = Steps::new("checking", files.len());
        for (file, unread) in files {
            steps.next();
            let checked = check_one(&file, unread, self.scope);
            match checked.is_accepted() {
                true => accepted += 1,
                false => refused += 1,
            }
            match out.format {
                Output::Table => {
                    let text = checked.text(self.no_warnings);
                    if !text.is_empty() {
                        steps.clear();
                        out.text(&out.paint.errors(&text))?;
                    }
                }
                _ => list.push(checked.json(self.no_warnings)),
            }
        }
        steps.clear();
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
}

/// A file, or the documents of a folder in the order of their names; of what is not read, why.
fn collect(path: &Path) -> Result<Vec<(PathBuf, Option<String>)>, Failure> {
    if path.as_os_str() == "-" || !path.is_dir() {
        return Ok(vec![(path.to_owned(), None)]);
    }
    let is_document = |path: &Path| {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
    };
    let files::Walk { files, refused, exceeded } = files::walk(path, &is_document);
    if let Some((path, message)) = exceeded {
        let message = format!("{}: {message}", path.display());
        return Err(Failure::failed(message).hint("check a part of it at a time"));
    }
    let refused = refused.into_iter().map(|(path, message)| (path, Some(message)));
    let mut all: Vec<_> = files.into_iter().map(|path| (path, None)).chain(refused).collect();
    all.sort();
    Ok(all)
}

fn check_one(file: &Path, unread: Option<String>, scope: Option<Scope>) -> Checked {
    let name = file.display().to_string();
    match unread.map_or_else(|| read(file), Err) {
        Err(reason) => Checked { name, outcome: Err(reason) },
        Ok(text) => {
            let checked = check_any(&text, &Checking::to_read(scope.map(Into::into)));
            Checked { name, outcome: Ok((text, checked)) }
        }
    }
}

/// The text of a document. One byte past the bound is enough to say that it is too large.
pub fn read(file: &Path) -> Result<String, String> {
    if file.as_os_str() != "-" {
        return files::read_named(file, DOCUMENT_BYTES_MAX);
    }
    let mut bytes = Vec::new();
    let limit = DOCUMENT_BYTES_MAX as u64 + 1;
    std::io::stdin().take(limit).read_to_end(&mut bytes).map_err(|error| files::unreadable(&error))?;
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(format!(
            "the document has more than {DOCUMENT_BYTES_MAX} bytes, which is the most that is read"
        ));
    }
    String::from_utf8(bytes).map_err(|_| "the document is no UTF-8 text".to_owned())
}

/// A document and what was found in it, or why it was not read.
struct Checked {
    name: String,
    outcome: Result<(String, CheckedDocument), String>,
}

impl Checked {
    fn is_accepted(&self) -> bool {
        self.outcome.as_ref().is_ok_and(|(_, checked)| checked.is_accepted())
    }

    fn findings(&self, no_warnings: bool) -> Vec<Finding> {
        let all = self.outcome.as_ref().map(|(_, checked)| checked.findings.as_slice()).unwrap_or_default();
        all.iter().filter(|it| !no_warnings || it.severity == Severity::Error).cloned().collect()
    }

    fn text(&self, no_warnings: bool) -> String {
        let text = match &self.outcome {
            Ok((text, _)) => text,
            Err(reason) => return format!("error: {}: {reason}\n\n", self.name),
        };
        let mut findings = self.findings(no_warnings);
        let more = findings.len().saturating_sub(SHOWN_MAX);
        findings.truncate(SHOWN_MAX);
        let mut shown = render(&findings, &self.name, text);
        if more > 0 {
            shown.push_str(&format!("{}: and {} more\n\n", self.name, format::count(more as u64)));
        }
        shown
    }

    fn json(&self, no_warnings: bool) -> serde_json::Value {
        let finding = |finding: &Finding| {
            serde_json::json!({
                "severity": finding.severity.as_str(),
                "code": finding.code,
                "message": finding.message,
                "hint": finding.hint,
                "note": finding.note,
                "line": finding.line,
                "column": finding.column,
                "length": finding.length,
            })
        };
        let findings = match &self.outcome {
            Ok(_) => self.findings(no_warnings).iter().map(finding).collect::<Vec<_>>(),
            Err(reason) => {
                vec![serde_json::json!({"severity": "error", "code": "unreadable", "message": reason})]
            }
        };
        serde_json::json!({
            "file": self.name,
            "kind": self.outcome.as_ref().ok().map(|(_, checked)| checked.kind.as_str()),
            "accepted": self.is_accepted(),
            "findings": findings,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_folder_are_checked_in_their_order_whatever_is_in_them() {
        let dir = tempfile::tempdir().expect("a folder");
        let large = "x".repeat(DOCUMENT_BYTES_MAX + 1);
        std::fs::create_dir(dir.path().join("below")).expect("a folder");
        for (name, text) in [
            ("a.xml", "<policies><inbound><base/><choose><when condition=\"@(1 < 2 && true)\"/></choose></inbound></policies>".as_bytes()),
            ("b.policy", b"<set-method>GET</set-method><set-status code='200'/>"),
            ("below/c.CSHTML", b"<fragment><no-such/></fragment>"),
            ("d.xml", b"\xff\xfe"),
            ("e.xml", large.as_bytes()),
            ("f.txt", b"no document"),
        ] {
            std::fs::write(dir.path().join(name), text).expect("written");
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path(), dir.path().join("below/loop")).expect("linked");
        let results: Vec<serde_json::Value> = collect(dir.path())
            .expect("a folder")
            .into_iter()
            .map(|(file, unread)| check_one(&file, unread, None).json(true))
            .collect();
        let told: Vec<(Option<&str>, bool, Option<&str>)> = results
            .iter()
            .map(|it| (it["kind"].as_str(), it["accepted"] == true, it["findings"][0]["code"].as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Some("document"), true, None),
                (Some("piece"), true, None),
                (Some("fragment"), false, Some("unknown-element")),
                (None, false, Some("unreadable")),
                (None, false, Some("unreadable")),
            ],
            "{results:#?}"
        );
    }

    #[test]
    fn people_see_the_place_and_the_first_findings() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("a.xml");
        let text = format!("<policies><inbound><base/>{}</inbound></policies>", "<x/>".repeat(SHOWN_MAX + 2));
        std::fs::write(&file, text).expect("written");
        let text = check_one(&file, None, None).text(false);
        assert!(text.starts_with("error[unknown-element]: there is no policy `x`\n"), "{text}");
        assert!(text.contains("a.xml:1:28") && text.ends_with("a.xml: and 2 more\n\n"), "{text}");
        let missing = check_one(&dir.path().join("none.xml"), None, None).text(false);
        assert!(missing.contains("none.xml: there is no such file"), "{missing}");
    }
}
