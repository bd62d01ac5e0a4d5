//! What came of the tests: for people, for programs, for GitHub, and as JUnit's XML.

use super::expect::Miss;
use crate::cli::{
    output::Paint,
    steps::{Step, aligned},
};
use hanse_manifest::Finding;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};
use serde_json::{Value as Json, json};
use similar::{ChangeTag, TextDiff};
use std::{fmt::Write as _, io};

/// Lines of a text that are shown.
const LINES_SHOWN_MAX: usize = 60;

/// What came of one test file.
#[derive(Debug, Default)]
pub struct FileResult {
    pub file: String,
    /// What is wrong with the file itself; then nothing of it was run.
    pub findings: Vec<Finding>,
    pub tests: Vec<TestResult>,
}

/// What came of one test.
#[derive(Debug)]
pub struct TestResult {
    pub name: String,
    pub line: u32,
    /// Why the documents do not compile, as people read it.
    pub refused: Option<String>,
    pub steps: Vec<StepResult>,
}

/// What came of one request.
#[derive(Debug)]
pub struct StepResult {
    pub line: u32,
    /// `GET /orders/1`
    pub request: String,
    pub misses: Vec<Miss>,
    pub problems: Vec<String>,
    pub trace: Vec<Step>,
}

impl StepResult {
    fn has_passed(&self) -> bool {
        self.misses.is_empty() && self.problems.is_empty()
    }
}

impl TestResult {
    pub fn has_passed(&self) -> bool {
        self.refused.is_none() && self.steps.iter().all(StepResult::has_passed)
    }

    /// One line, and why it failed.
    pub fn text(&self, file: &str, paint: Paint) -> String {
        if self.has_passed() {
            return format!("{}    {file}: {}\n", paint.good("ok"), self.name);
        }
        let mut out = format!("{}  {file}:{}: {}\n", paint.error("FAIL"), self.line, self.name);
        if let Some(refused) = &self.refused {
            out.push_str(&indented(&paint.errors(refused)));
            return out;
        }
        for (at, step) in self.steps.iter().enumerate() {
            if !step.has_passed() {
                step.text(at, self.steps.len(), &mut out, paint);
            }
        }
        out
    }

    /// What failed, in one text without colours.
    fn failure(&self, file: &str) -> String {
        let text = self.text(file, Paint::plain());
        text.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned())
    }
}

impl StepResult {
    fn text(&self, at: usize, of: usize, out: &mut String, paint: Paint) {
        let which = if of > 1 { format!("request {} of {of}, ", at + 1) } else { String::new() };
        let _ = writeln!(out, "      {which}line {}: {}", self.line, self.request);
        for problem in &self.problems {
            let _ = writeln!(out, "        {}", paint.error(problem));
        }
        for miss in &self.misses {
            let _ = writeln!(out, "        {} (line {})", miss.what, miss.line);
            difference(miss, out, paint);
        }
        if self.trace.is_empty() {
            return;
        }
        let _ = writeln!(out, "        what the policies did:");
        out.push_str(&aligned(&self.trace, "          "));
    }
}

fn difference(miss: &Miss, out: &mut String, paint: Paint) {
    if !miss.expected.contains('\n') && !miss.got.contains('\n') {
        let _ = writeln!(out, "          expected  {}", paint.good(&miss.expected));
        let _ = writeln!(out, "          got       {}", paint.error(&miss.got));
        return;
    }
    let _ = writeln!(out, "          expected -, got +");
    let diff = TextDiff::from_lines(&miss.expected, &miss.got);
    for change in diff.iter_all_changes().take(LINES_SHOWN_MAX) {
        let line = change.value().trim_end_matches(['\n', '\r']);
        let text = match change.tag() {
            ChangeTag::Delete => paint.good(&format!("- {line}")),
            ChangeTag::Insert => paint.error(&format!("+ {line}")),
            ChangeTag::Equal => format!("  {line}"),
        };
        let _ = writeln!(out, "          {text}");
    }
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("      {line}\n") };
    text.lines().map(line).collect()
}

/// All of it, for programs.
pub fn json(files: &[FileResult], passed: u64, failed: u64) -> Json {
    let miss = |it: &Miss| json!({"line": it.line, "what": it.what, "expected": it.expected, "got": it.got});
    let step = |it: &StepResult| {
        json!({
            "line": it.line,
            "request": it.request,
            "misses": it.misses.iter().map(miss).collect::<Vec<_>>(),
            "problems": it.problems,
            "trace": it.trace,
        })
    };
    let test = |it: &TestResult| {
        json!({
            "name": it.name,
            "line": it.line,
            "passed": it.has_passed(),
            "refused": it.refused,
            "requests": it.steps.iter().map(step).collect::<Vec<_>>(),
        })
    };
    let finding = |it: &Finding| json!({"line": it.line, "column": it.column, "field": it.field, "message": it.message, "hint": it.hint});
    let file = |it: &FileResult| {
        json!({
            "file": it.file,
            "findings": it.findings.iter().map(finding).collect::<Vec<_>>(),
            "tests": it.tests.iter().map(test).collect::<Vec<_>>(),
        })
    };
    json!({"passed": passed, "failed": failed, "files": files.iter().map(file).collect::<Vec<_>>()})
}

/// Workflow commands, by which GitHub shows failures where they are.
pub fn github(files: &[FileResult]) -> String {
    let mut out = String::new();
    let mut add = |file: &str, line: u32, title: &str, message: &str| {
        let _ = writeln!(
            out,
            "::error file={},line={line},title={}::{}",
            property(file),
            property(title),
            data(message)
        );
    };
    for file in files {
        for finding in &file.findings {
            let hint = if finding.hint.is_empty() { String::new() } else { format!("\n{}", finding.hint) };
            add(&file.file, finding.line.max(1), "wrong test file", &format!("{}{hint}", finding.message));
        }
        for test in file.tests.iter().filter(|test| !test.has_passed()) {
            if let Some(refused) = &test.refused {
                add(&file.file, test.line, &test.name, refused);
            }
            for step in &test.steps {
                for problem in &step.problems {
                    add(&file.file, step.line, &test.name, problem);
                }
                for miss in &step.misses {
                    let Miss { line, what, expected, got } = miss;
                    add(&file.file, *line, &test.name, &format!("{what}: expected {expected}\ngot {got}"));
                }
            }
        }
    }
    out
}

fn data(text: &str) -> String {
    text.trim_end().replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// JUnit's XML, as most CI systems read it.
pub fn junit(files: &[FileResult]) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer.write_event(Event::Start(BytesStart::new("testsuites")))?;
    for file in files {
        let broken = usize::from(!file.findings.is_empty());
        let failures = file.tests.iter().filter(|test| !test.has_passed()).count();
        let mut suite = BytesStart::new("testsuite");
        suite.push_attribute(("name", file.file.as_str()));
        suite.push_attribute(("tests", (file.tests.len() + broken).to_string().as_str()));
        suite.push_attribute(("failures", failures.to_string().as_str()));
        suite.push_attribute(("errors", broken.to_string().as_str()));
        writer.write_event(Event::Start(suite))?;
        if broken > 0 {
            let texts: Vec<String> = file.findings.iter().map(ToString::to_string).collect();
            case(
                &mut writer,
                file,
                "the test file",
                1,
                Some(("error", "the test file is wrong", &texts.join("\n"))),
            )?;
        }
        for test in &file.tests {
            let text = test.failure(&file.file);
            let first = test.steps.iter().flat_map(|step| &step.misses).next();
            let message = first.map_or("failed".to_owned(), |miss| {
                format!("{}: expected {}, got {}", miss.what, miss.expected, miss.got)
            });
            let failure = (!test.has_passed()).then_some(("failure", message.as_str(), text.as_str()));
            case(&mut writer, file, &test.name, test.line, failure)?;
        }
        writer.write_event(Event::End(BytesEnd::new("testsuite")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("testsuites")))?;
    let mut bytes = writer.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn case(
    writer: &mut Writer<Vec<u8>>,
    file: &FileResult,
    name: &str,
    line: u32,
    failure: Option<(&str, &str, &str)>,
) -> io::Result<()> {
    let mut case = BytesStart::new("testcase");
    case.push_attribute(("name", without_controls(name).as_str()));
    case.push_attribute(("classname", file.file.as_str()));
    case.push_attribute(("file", file.file.as_str()));
    case.push_attribute(("line", line.to_string().as_str()));
    let Some((element, message, text)) = failure else {
        return writer.write_event(Event::Empty(case));
    };
    writer.write_event(Event::Start(case))?;
    let mut start = BytesStart::new(element);
    start.push_attribute(("message", without_controls(message).as_str()));
    writer.write_event(Event::Start(start))?;
    writer.write_event(Event::Text(BytesText::new(&without_controls(text))))?;
    writer.write_event(Event::End(BytesEnd::new(element)))?;
    writer.write_event(Event::End(BytesEnd::new("testcase")))
}

/// XML has no form for most control characters.
fn without_controls(text: &str) -> String {
    let shown = |c: char| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> FileResult {
        let miss = Miss {
            line: 9,
            what: "status".into(),
            expected: "200".into(),
            got: "429 Too <Many>\u{1b}".into(),
        };
        let step = StepResult {
            line: 7,
            request: "GET /a".into(),
            misses: vec![miss],
            problems: vec![],
            trace: vec![],
        };
        let test = TestResult { name: "a, b: c".into(), line: 5, refused: None, steps: vec![step] };
        FileResult { file: "x.test.yaml".into(), findings: vec![], tests: vec![test] }
    }

    #[test]
    fn github_shows_failures_at_their_lines() {
        assert_eq!(
            github(&[failed()]),
            "::error file=x.test.yaml,line=9,title=a%2C b%3A c::status: expected 200%0Agot 429 Too <Many>\u{1b}\n"
        );
    }

    #[test]
    fn junit_is_well_formed_whatever_was_got() {
        let xml = String::from_utf8(junit(&[failed()]).expect("written")).expect("text");
        let mut reader = quick_xml::Reader::from_str(&xml);
        while reader.read_event().expect("well-formed") != Event::Eof {}
        assert!(xml.contains(r#"<testsuite name="x.test.yaml" tests="1" failures="1" errors="0">"#), "{xml}");
        assert!(xml.contains("got 429 Too &lt;Many&gt;\u{fffd}"), "{xml}");
    }
}
