//! From checked elements to steps.
//!
//! What cannot be built although its checks passed is ours to answer for; still, better a finding than a
//! section with a hole.

use std::collections::BTreeMap;
use std::sync::Arc;

use hanse_expression::span::LineIndex;

use crate::check::Checker;
use crate::document::{Checking, Origin, Step, read, unreadable, without_mark};
use crate::finding::{Finding, Severity};
use crate::json_schema::{Schema, Variation};
use crate::normalise::SyntaxError;
use crate::policies::{self, BASE, Policy};
use crate::reader::Roots;
use crate::schema::Release;
use crate::surroundings::{Known, Surroundings};
use crate::tree::Element;
use crate::values;

/// How deep fragments may include fragments.
pub(crate) const INCLUDES_DEEP_MAX: usize = 10;
/// Steps of one document, those of its fragments included.
pub(crate) const STEPS_MAX: usize = 50_000;

/// Builds the steps of one document.
pub(crate) struct Builder<'b> {
    surroundings: &'b dyn Surroundings,
    /// Where the step that is built stands: `choose[3]/when[2]`.
    path: String,
    /// Ids of the fragments that are being built.
    within: Vec<Arc<str>>,
    /// Where the lines of the text begin that is being built.
    line_starts: Vec<usize>,
    steps: usize,
    /// A policy holds messages against what the operation says of them.
    pub(crate) asks_contract: bool,
    pub(crate) findings: Vec<Finding>,
}

impl<'b> Builder<'b> {
    pub(crate) fn new(surroundings: &'b dyn Surroundings, lines: &LineIndex<'_>) -> Self {
        Self {
            surroundings,
            path: String::new(),
            within: Vec::new(),
            line_starts: line_starts(lines),
            steps: 0,
            asks_contract: false,
            findings: Vec::new(),
        }
    }

    /// The policies that an element holds. `None`: one cannot be built; `defective` has it.
    pub(crate) fn steps(&mut self, parent: &Element) -> Option<Box<[Step]>> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut steps = Vec::new();
        for element in parent.elements() {
            let nth = counts.entry(&element.name).or_default();
            *nth += 1;
            let nth = *nth;
            steps.push(self.step(element, nth)?);
        }
        Some(steps.into())
    }

    fn step(&mut self, element: &Element, nth: usize) -> Option<Step> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            return None;
        }
        self.within(&element.name, nth, |builder| {
            let (policy, name) = match element.name.as_str() {
                BASE => (Policy::Base, BASE),
                name => {
                    let spec = policies::spec(name)?;
                    let Release::Runs(compile) = spec.release else { return None };
                    (compile(element, builder)?, spec.element.name)
                }
            };
            let path = Arc::from(builder.path.as_str());
            let id = element.literal("id").map(Arc::from);
            let line = builder.line_starts.partition_point(|start| *start <= element.span.start);
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            let fragment = builder.within.last().cloned();
            Some(Step { policy, origin: Origin { element: name, path, id, line, fragment } })
        })
    }

    /// Builds something below the step at hand.
    pub(crate) fn within<T>(&mut self, name: &str, nth: usize, build: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        if !self.path.is_empty() {
            self.path.push('/');
        }
        self.path.push_str(name);
        self.path.push_str(&format!("[{nth}]"));
        let built = build(self);
        self.path.truncate(before);
        built
    }

    /// The policies of a fragment, with its own named values pasted. `None`: findings tell why.
    pub(crate) fn fragment(&mut self, id: &str) -> Option<Box<[Step]>> {
        if self.within.len() >= INCLUDES_DEEP_MAX
            || self.within.iter().any(|known| known.eq_ignore_ascii_case(id))
        {
            return self.refuse(format!("fragment `{id}` includes itself, or too many others"));
        }
        let Known::Is(text) = self.surroundings.fragment(id) else {
            return self.refuse(format!("there is no policy fragment `{id}`"));
        };
        let source = without_mark(&text);
        let lines = LineIndex::new(source);
        let mut tree = match read(source, &lines, Roots::One) {
            Ok(tree) => tree,
            Err(findings) => return self.blame(id, findings),
        };
        let checking = Checking { surroundings: self.surroundings, ..Checking::of_fragment() };
        let mut checker = Checker::new(&lines, &checking);
        values::settle(&mut tree.root, &mut checker);
        checker.check_fragment(&tree.root);
        let (findings, _) = checker.into_findings();
        let errors: Vec<_> = findings.into_iter().filter(|it| it.severity == Severity::Error).collect();
        if !errors.is_empty() {
            return self.blame(id, errors);
        }
        self.within.push(id.into());
        let around = std::mem::replace(&mut self.line_starts, line_starts(&lines));
        let steps = self.steps(&tree.root);
        self.line_starts = around;
        self.within.pop();
        steps
    }

    /// A schema that the document refers to, compiled the way it is applied. `None`: findings tell why.
    pub(crate) fn schema(&mut self, id: &str, pointer: &str, variation: Variation) -> Option<Arc<Schema>> {
        let Known::Is(document) = self.surroundings.schema(id) else {
            return self.refuse(format!("there is no JSON schema `{id}`"));
        };
        let schema = Schema::new(document, pointer);
        if let Err(message) = schema.compiled(variation) {
            return self.refuse(format!("schema `{id}`: {message}"));
        }
        Some(Arc::new(schema))
    }

    fn refuse<T>(&mut self, message: String) -> Option<T> {
        let error =
            SyntaxError { code: "unknown-resource", ..SyntaxError::new(Default::default(), message, "") };
        self.findings.push(unreadable(&LineIndex::new(""), error));
        None
    }

    fn blame(&mut self, id: &str, findings: Vec<Finding>) -> Option<Box<[Step]>> {
        self.findings.extend(findings.into_iter().map(|mut finding| {
            finding.message = format!("fragment `{id}`: {}", finding.message);
            finding
        }));
        None
    }
}

fn line_starts(lines: &LineIndex<'_>) -> Vec<usize> {
    let breaks = lines.text().bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
    std::iter::once(0).chain(breaks).collect()
}
