//! `hanse policy test`: people's own tests of their documents, without a server.
//!
//! ```text
//! *.test.yaml ─► suite (what, requests, answers, expectations) ─► world, host ─► the engine ─► outcome ─► report
//! ```
//!
//! One idea: the engine is the one that the gateway runs; what is around it is what the test says, and a
//! test that says too little fails with what to add.

mod drive;
mod expect;
mod given;
mod heard;
mod host;
mod outside;
mod read;
mod report;
mod suite;
mod world;

use crate::cli::{Failure, Globals, Output, format, output::Out, output::say, steps::aligned};
use clap::{Args, ValueEnum};
use hanse::client::files;
use host::FakeHost;
use report::{FileResult, StepResult, TestResult};
use std::path::{Path, PathBuf};
use suite::{Suite, Test};
use world::Documents;

/// Endings of the files that are read in folders.
const ENDINGS: [&str; 3] = [".test.yaml", ".test.yml", ".test.json"];

#[derive(Debug, Args)]
#[command(after_help = "hanse policy test policies/\n\
    hanse policy test orders.test.yaml --filter refused\n\
    hanse policy test . --junit results.xml --annotations github\n\
    hanse policy test . -o json")]
pub struct TestCommand {
    /// Test file, or folder with test files (*.test.yaml)
    #[arg(value_name = "FILE|DIR", required = true)]
    pub files: Vec<PathBuf>,
    /// Run the tests alone whose name has this in it
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Show what the policies did for passed tests too
    #[arg(long)]
    pub trace: bool,
    /// Tell a CI system where failures are; within GitHub Actions that is done anyway
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub annotations: Option<Annotations>,
    /// Write the results as JUnit's XML too
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

/// Whom failures are told, beside people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Annotations {
    Github,
    None,
}

impl TestCommand {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let out = Out::new(globals);
        let mut paths = Vec::new();
        for path in &self.files {
            paths.extend(collect(path)?);
        }
        if paths.is_empty() {
            return Err(Failure::failed("there are no test files")
                .hint("tests are in files named *.test.yaml; README.md shows one, under Policies"));
        }
        let (mut passed, mut failed) = (0_u64, 0_u64);
        let mut results = Vec::new();
        for (path, unread) in paths {
            let result = self.file(&path, unread);
            failed += u64::from(!result.findings.is_empty());
            for test in &result.tests {
                *if test.has_passed() { &mut passed } else { &mut failed } += 1;
            }
            if out.format == Output::Table {
                out.text(&self.text(&path, &result, &out))?;
            }
            results.push(result);
        }
        match out.format {
            Output::Table => {
                out.line(format!("{} passed, {} failed", format::count(passed), format::count(failed)))?;
            }
            _ => out.json(&report::json(&results, passed, failed))?,
        }
        if let Some(path) = &self.junit {
            let written = report::junit(&results).and_then(|xml| std::fs::write(path, xml));
            written.map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
        }
        if self.annotates() {
            let text = report::github(&results);
            match out.format {
                Output::Table => out.text(&text)?,
                _ if text.is_empty() => {}
                _ => say(text.trim_end()),
            }
        }
        if failed > 0 { Err(Failure::told()) } else { Ok(()) }
    }

    fn annotates(&self) -> bool {
        match self.annotations {
            Some(system) => system == Annotations::Github,
            None => std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true"),
        }
    }

    fn text(&self, path: &Path, result: &FileResult, out: &Out) -> String {
        if !result.findings.is_empty() {
            let content = |_: &str| std::fs::read_to_string(path).ok();
            return out.paint.errors(&hanse_manifest::render(&result.findings, &content));
        }
        let mut text = String::new();
        for test in &result.tests {
            text.push_str(&test.text(&result.file, out.paint));
            if self.trace && test.has_passed() {
                for step in &test.steps {
                    text.push_str(&format!("      {}\n{}", step.request, aligned(&step.trace, "        ")));
                }
            }
        }
        text
    }

    fn file(&self, path: &Path, unread: Option<String>) -> FileResult {
        let file = path.display().to_string();
        let text = unread.map_or_else(|| files::read_named(path, suite::FILE_BYTES_MAX), Err);
        let read = text.map_err(|reason| vec![whole(&file, reason)]);
        match read.and_then(|text| suite::read(path, &text)) {
            Ok(suite) => {
                let is_wanted =
                    |test: &&Test| self.filter.as_ref().is_none_or(|text| test.name.contains(text.as_str()));
                let tests = suite.tests.iter().filter(is_wanted).map(|test| run(&suite, test)).collect();
                FileResult { file, findings: Vec::new(), tests }
            }
            Err(findings) => FileResult { file, findings, tests: Vec::new() },
        }
    }
}

/// What is wrong with a file as a whole.
fn whole(file: &str, message: String) -> hanse_manifest::Finding {
    hanse_manifest::Finding {
        file: file.to_owned(),
        line: 0,
        column: 0,
        field: String::new(),
        message,
        hint: String::new(),
    }
}

/// A file, or the test files of a folder in the order of their names; of what is not read, why.
fn collect(path: &Path) -> Result<Vec<(PathBuf, Option<String>)>, Failure> {
    if !path.is_dir() {
        return Ok(vec![(path.to_owned(), None)]);
    }
    let is_test = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_ascii_lowercase();
        ENDINGS.iter().any(|ending| name.ends_with(ending))
    };
    let files::Walk { files, refused, exceeded } = files::walk(path, &is_test);
    if let Some((path, message)) = exceeded {
        let message = format!("{}: {message}", path.display());
        return Err(Failure::failed(message).hint("test a part of it at a time"));
    }
    let refused = refused.into_iter().map(|(path, message)| (path, Some(message)));
    let mut all: Vec<_> = files.into_iter().map(|path| (path, None)).chain(refused).collect();
    all.sort();
    Ok(all)
}

fn run(suite: &Suite, test: &Test) -> TestResult {
    let mut result =
        TestResult { name: test.name.clone(), line: test.line, refused: None, steps: Vec::new() };
    let documents = match Documents::compile(&test.tested) {
        Ok(documents) => documents,
        Err(refused) => {
            result.refused = Some(refused);
            return result;
        }
    };
    let host = FakeHost::new(test.time_ms, suite);
    for (number, step) in test.steps.iter().enumerate() {
        let outcome = drive::run((step, number), &test.tested, suite, &documents, &host);
        result.steps.push(StepResult {
            line: step.line,
            request: format!("{} {}", step.request.method, step.request.url),
            misses: step.checks.iter().flat_map(|check| check.misses(&outcome)).collect(),
            problems: outcome.problems,
            trace: outcome.trace,
        });
    }
    result
}

#[cfg(test)]
mod tests;
