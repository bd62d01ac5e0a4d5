//! `hanse policy eval`: what an expression gives, for a request that a file describes.
//!
//! One idea: the expression is compiled and run by what the gateway runs, with a described request in the
//! place of a real one; so what is seen here is what is served there.

use crate::cli::{Failure, Globals, Output, format, output::Out, progress::Steps};
use clap::Args;
use hanse::client::files;
use hanse_expression::arena::Arena;
use hanse_expression::fixture::Fixture;
use hanse_expression::run::{Cx, Limits, MEMORY_BYTES_MAX, Stop, to_text, type_name};
use hanse_expression::span::LineIndex;
use hanse_expression::{Diagnostic, compile};
use hanse_policy::{Finding, Severity, named_values, render};
use serde_json::{Value as Json, json};
use std::{cell::RefCell, io::Read as _, path::Path, path::PathBuf};

/// Largest file of a request or of cases, in bytes.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest expression on standard input, in bytes.
const SOURCE_BYTES_MAX: usize = 512 * 1024;
/// Cases that differ and are printed for people.
const SHOWN_MAX: usize = 50;
/// What a named value is that a case does not give.
const UNKNOWN_NAMED_VALUE: &str = "namedvalue";

#[derive(Debug, Args)]
#[command(after_help = "hanse policy eval '@(context.Request.Method + \" \" + context.Request.Url.Path)'\n\
    hanse policy eval --context request.json - < expression.txt\n\
    hanse policy eval --cases cases.json")]
pub struct Eval {
    /// Expression, `@(…)` or `@{ … }`; `-` reads it from standard input
    #[arg(value_name = "EXPRESSION|-", required_unless_present = "cases", conflicts_with = "cases")]
    pub expression: Option<String>,
    /// Request, response, variables and named values, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "cases")]
    pub context: Option<PathBuf>,
    /// File of expressions with what each should give
    #[arg(long, value_name = "FILE")]
    pub cases: Option<PathBuf>,
}

impl Eval {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let out = Out::new(globals);
        if let Some(path) = &self.cases {
            return cases(path, &out);
        }
        let source = match self.expression.as_deref() {
            Some("-") => standard_input()?,
            Some(text) => text.to_owned(),
            None => String::new(),
        };
        let context = match &self.context {
            Some(path) => read_json(path)?,
            None => json!({}),
        };
        let outcome = evaluate(source.trim(), &context, None).map_err(|reason| match &self.context {
            Some(path) => Failure::failed(format!("{}: {reason}", path.display())),
            None => Failure::failed(reason).hint("describe the request: `--context request.json`"),
        })?;
        match out.format {
            Output::Table => match outcome {
                Outcome::Value { ty, text, traces } => {
                    for trace in traces {
                        out.line(format!("trace: {trace}"))?;
                    }
                    out.line(format!("{ty}: {text}"))
                }
                Outcome::Exception { ty, message } => Err(Failure::failed(format!("{ty}: {message}"))),
                Outcome::Limit(message) => Err(Failure::failed(message)),
                Outcome::Refused(findings) => {
                    Err(Failure::findings(render(&findings, "expression", source.trim())))
                }
            },
            _ => {
                out.json(&outcome.json())?;
                match outcome {
                    Outcome::Value { .. } => Ok(()),
                    _ => Err(Failure::told()),
                }
            }
        }
    }
}

/// What became of an expression.
#[derive(Debug)]
enum Outcome {
    Value {
        ty: String,
        text: String,
        traces: Vec<String>,
    },
    Exception {
        ty: String,
        message: String,
    },
    /// A bound was reached.
    Limit(String),
    Refused(Vec<Finding>),
}

impl Outcome {
    fn json(&self) -> Json {
        match self {
            Self::Value { ty, text, traces } => json!({"type": ty, "value": text, "traces": traces}),
            Self::Exception { ty, message } => json!({"exception": ty, "message": message}),
            Self::Limit(message) => json!({"limit": message}),
            Self::Refused(findings) => json!({"refused": findings.iter().map(|finding| json!({
                "severity": finding.severity.as_str(),
                "code": finding.code,
                "message": finding.message,
                "hint": finding.hint,
                "line": finding.line,
                "column": finding.column,
                "length": finding.length,
            })).collect::<Vec<_>>()}),
        }
    }

    /// Whether this is what a case wants.
    fn meets(&self, expect: &Json) -> bool {
        match self {
            Self::Value { ty, text, .. } => {
                let wanted = expect.get("type").and_then(Json::as_str);
                let value = expect.get("value").and_then(Json::as_str).unwrap_or_default();
                wanted == Some(ty) && (ty == "null" || value == text)
            }
            Self::Exception { ty, .. } => expect.get("exception").and_then(Json::as_str) == Some(ty),
            Self::Limit(_) | Self::Refused(_) => false,
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Value { ty, text, .. } => format!("{ty}: {text}"),
            Self::Exception { ty, message } => format!("{ty}: {message}"),
            Self::Limit(message) => message.clone(),
            Self::Refused(findings) => {
                let all: Vec<String> = findings.iter().map(ToString::to_string).collect();
                format!("refused: {}", all.join("; "))
            }
        }
    }
}

/// Compiles and runs an expression. Named values come from the context's `namedValues`, else they are
/// `unknown`.
fn evaluate(source: &str, context: &Json, unknown: Option<&str>) -> Result<Outcome, String> {
    let missing = RefCell::new(None);
    let resolve = |_: usize, name: &str| {
        let given = context.get("namedValues").and_then(|values| values.get(name)).and_then(Json::as_str);
        let value = given.or(unknown).map(str::to_owned);
        if value.is_none() {
            missing.borrow_mut().get_or_insert_with(|| name.to_owned());
        }
        value
    };
    let pasted = named_values::substitute(source, &resolve);
    if let Some(name) = missing.into_inner() {
        return Err(format!("there is no named value `{name}`; give it under `namedValues`"));
    }
    let source = pasted.as_deref().unwrap_or(source);
    let checked = compile(source, None);
    let Some(program) = &checked.program else {
        return Ok(Outcome::Refused(findings(source, &checked.diagnostics)));
    };
    let arena = Arena::new(MEMORY_BYTES_MAX);
    let fixture = Fixture::new(&arena, context.clone())?;
    let mut cx = Cx::new(&arena, &fixture, Limits::default());
    let result = program.run(&mut cx).and_then(|value| {
        let text = to_text(&mut cx, value)?.to_owned();
        Ok((type_name(value), text))
    });
    Ok(match result {
        Ok((ty, text)) => Outcome::Value { ty, text, traces: fixture.traces.take() },
        Err(Stop::Throw(exception)) => {
            Outcome::Exception { ty: exception.ty.to_owned(), message: exception.message.to_owned() }
        }
        Err(Stop::Limit(limit)) => Outcome::Limit(limit.to_string()),
    })
}

/// Diagnostics with the lines and columns that people count.
fn findings(source: &str, diagnostics: &[Diagnostic]) -> Vec<Finding> {
    let lines = LineIndex::new(source);
    let finding = |it: &Diagnostic| {
        let position = lines.position(it.span.start);
        Finding {
            severity: match it.severity {
                hanse_expression::Severity::Error => Severity::Error,
                hanse_expression::Severity::Warning => Severity::Warning,
            },
            code: it.code,
            message: it.message.clone(),
            hint: it.hint.clone(),
            note: String::new(),
            line: position.line,
            column: position.column,
            length: lines.length(it.span),
        }
    };
    diagnostics.iter().map(finding).collect()
}

fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let limit = SOURCE_BYTES_MAX as u64 + 1;
    let read = std::io::stdin().take(limit).read_to_string(&mut text);
    read.map_err(|error| Failure::failed(format!("standard input: {}", files::unreadable(&error))))?;
    if text.len() > SOURCE_BYTES_MAX {
        return Err(Failure::failed(format!("an expression has at most {SOURCE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

fn read_json(path: &Path) -> Result<Json, Failure> {
    let name = path.display();
    let text =
        files::read_named(path, FILE_BYTES_MAX).map_err(|it| Failure::failed(format!("{name}: {it}")))?;
    serde_json::from_str(&text).map_err(|error| Failure::failed(format!("{name}: this is no JSON: {error}")))
}

fn cases(path: &Path, out: &Out) -> Result<(), Failure> {
    let file = read_json(path)?;
    let list = file.as_array().or_else(|| file.get("cases").and_then(Json::as_array));
    let Some(list) = list else {
        let message = format!("{}: a list of cases is expected, or an object with `cases`", path.display());
        return Err(Failure::failed(message));
    };
    let (mut passed, mut failed) = (0_u64, 0_u64);
    let mut differing = Vec::new();
    let mut steps = Steps::new("evaluating", list.len());
    for (at, case) in list.iter().enumerate() {
        steps.next();
        let id = case.get("id").and_then(Json::as_str).map_or_else(|| format!("#{}", at + 1), str::to_owned);
        let source = case.get("expression").and_then(Json::as_str).unwrap_or_default();
        let context = case.get("context").cloned().unwrap_or_else(|| json!({}));
        let expect = case.get("expect").cloned().unwrap_or(Json::Null);
        let outcome = evaluate(source.trim(), &context, Some(UNKNOWN_NAMED_VALUE));
        let outcome =
            outcome.unwrap_or_else(|reason| Outcome::Limit(format!("the context is defective: {reason}")));
        if outcome.meets(&expect) {
            passed += 1;
            continue;
        }
        failed += 1;
        if out.format == Output::Table && failed as usize <= SHOWN_MAX {
            steps.clear();
            out.line(format!("{id}: {source}"))?;
            out.line(format!("  expected {}", wanted(&expect)))?;
            out.line(format!("  got      {}", outcome.line()))?;
        }
        differing.push(json!({"id": id, "expression": source, "expected": expect, "got": outcome.json()}));
    }
    steps.clear();
    match out.format {
        Output::Table => {
            out.line(format!("{} passed, {} failed", format::count(passed), format::count(failed)))?;
        }
        _ => out.json(&json!({"passed": passed, "failed": failed, "differing": differing}))?,
    }
    if failed > 0 { Err(Failure::told()) } else { Ok(()) }
}

/// What a case wants, on one line.
fn wanted(expect: &Json) -> String {
    let text = |name: &str| expect.get(name).and_then(Json::as_str).unwrap_or_default();
    match expect.get("exception").and_then(Json::as_str) {
        Some(exception) => exception.to_owned(),
        None => format!("{}: {}", text("type"), text("value")),
    }
}
