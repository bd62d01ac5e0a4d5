//! What checking a document has found so far, and what is known around it.
//!
//! It never stops at the first defect. What cannot be known yet (a value that refers to a named value,
//! a resource nobody can tell of) is not held against anybody. The walk through a document is in
//! [`structure`](crate::structure), that of its values in [`values`](crate::values).

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use hanse_expression::reads::Reads;
use hanse_expression::span::{LineIndex, Span};
use hanse_expression::types::Ty;

use crate::document::{Checking, Purpose};
use crate::finding::{Finding, Severity};
use crate::schema::suggest;
use crate::section::{ScopeKind, Section};
use crate::surroundings::{Known, Reference, Surroundings};
use crate::tree::Element;

/// Most findings of a document; nobody reads more, and each costs a look at its line.
pub const FINDINGS_MAX: usize = 500;

/// What a policy that is accepted and not run yet is told by.
pub(crate) const NOT_RUN: &str = "not-run-yet";

/// How often policies stand somewhere, and how often not within another.
pub(crate) type Counts = BTreeMap<&'static str, (usize, usize)>;

/// What is known of the expressions of a document, by where their values begin.
pub(crate) type Expressions = BTreeMap<usize, Expression>;

/// What is known of an expression that was checked.
pub(crate) struct Expression {
    /// With places within the value's text.
    pub(crate) reads: Reads,
    /// Static type of what it results in, where it has no errors.
    pub(crate) ty: Option<Ty>,
}

/// Collects findings and facts while a document is looked through.
pub(crate) struct Checker<'a> {
    lines: &'a LineIndex<'a>,
    pub(crate) checking: Checking<'a>,
    /// The section at hand; `None`: nobody can tell.
    pub(crate) section: Option<Section>,
    /// How often policies stood in the section at hand, and in the document.
    pub(crate) in_section: Counts,
    pub(crate) in_document: Counts,
    /// Inside a fragment that is included: where, and which.
    pub(crate) included: Option<(Span, String)>,
    /// Those that were asked for.
    pub(crate) fragments: BTreeMap<String, Known<Rc<Element>>>,
    /// How many elements were included.
    pub(crate) included_elements: usize,
    findings: Vec<Finding>,
    left_out: usize,
    /// The latest that was left out.
    spill: Option<Finding>,
    references: BTreeSet<(Reference, String)>,
    /// How many expressions there are, and where the first is.
    pub(crate) expressions: usize,
    pub(crate) first_expression: Option<Span>,
    /// What they read, and what they result in.
    pub(crate) read: Expressions,
}

/// A finding that was just reported, to be completed.
pub(crate) struct Reported<'f>(&'f mut Finding);

impl Reported<'_> {
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        self.0.hint = hint.into();
        self
    }

    pub(crate) fn note(self, note: String) -> Self {
        self.0.note = note;
        self
    }
}

impl<'a> Checker<'a> {
    pub(crate) fn new(lines: &'a LineIndex<'a>, checking: &Checking<'a>) -> Self {
        Self {
            lines,
            checking: *checking,
            section: None,
            in_section: BTreeMap::new(),
            in_document: BTreeMap::new(),
            included: None,
            fragments: BTreeMap::new(),
            included_elements: 0,
            findings: Vec::new(),
            left_out: 0,
            spill: None,
            references: BTreeSet::new(),
            expressions: 0,
            first_expression: None,
            read: Expressions::new(),
        }
    }

    pub(crate) fn error(
        &mut self,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
    ) -> Reported<'_> {
        self.report(Severity::Error, span, code, message.into())
    }

    pub(crate) fn warning(
        &mut self,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
    ) -> Reported<'_> {
        self.report(Severity::Warning, span, code, message.into())
    }

    /// Something is understood and not run by this release: an error for who wants to run it.
    pub(crate) fn not_run(&mut self, span: Span, message: impl Into<String>) -> Reported<'_> {
        self.report(self.strict(), span, NOT_RUN, message.into())
    }

    /// How heavy it is that something cannot run.
    pub(crate) fn strict(&self) -> Severity {
        match self.checking.purpose {
            Purpose::Read => Severity::Warning,
            Purpose::Run => Severity::Error,
        }
    }

    pub(crate) fn source(&self) -> &'a str {
        self.lines.text()
    }

    pub(crate) fn scope(&self) -> Option<ScopeKind> {
        self.checking.scope
    }

    pub(crate) fn surroundings(&self) -> &'a dyn Surroundings {
        self.checking.surroundings
    }

    /// Parameters of the operation's URL template, where the document hangs at one.
    pub(crate) fn operation_parameters(&self) -> Option<&'a [String]> {
        self.checking.operation_parameters
    }

    /// The candidate that was probably meant; not sought any more once findings are left out.
    pub(crate) fn suggest<'c>(
        &self,
        name: &str,
        candidates: impl IntoIterator<Item = &'c str>,
    ) -> Option<&'c str> {
        match self.findings.len() < FINDINGS_MAX {
            true => suggest(name, candidates),
            false => None,
        }
    }

    /// The document refers to a resource.
    pub(crate) fn refer(&mut self, span: Span, kind: Reference, id: &str) {
        let known = match kind {
            Reference::Fragment => match self.fragment(id) {
                Known::Missing => Known::Missing,
                _ => Known::Unknown,
            },
            _ => self.surroundings().resource(kind, id),
        };
        if known == Known::Missing {
            let message = format!("there is no {kind} `{}`", crate::schema::shown(id));
            self.error(span, "unknown-reference", message).hint("create it, or correct the id");
        }
        self.references.insert((kind, id.to_owned()));
    }

    /// Everything found, in the order of the text, and the resources referred to.
    pub(crate) fn into_findings(mut self) -> (Vec<Finding>, Vec<(Reference, String)>) {
        self.findings.sort_by_key(|finding| (finding.line, finding.column));
        if self.left_out > 0
            && let Some(last) = self.findings.last_mut()
        {
            last.note = format!("{} more findings are not shown", self.left_out);
        }
        (self.findings, self.references.into_iter().collect())
    }

    pub(crate) fn report(
        &mut self,
        severity: Severity,
        span: Span,
        code: &'static str,
        message: String,
    ) -> Reported<'_> {
        let mut finding = Finding {
            severity,
            code,
            message,
            hint: String::new(),
            note: String::new(),
            line: 0,
            column: 0,
            length: 0,
        };
        let mut span = span;
        if let Some((at, fragment)) = &self.included {
            finding.message =
                format!("in fragment `{}`: {}", crate::schema::shown(fragment), finding.message);
            span = *at;
            // Everything else was said when the fragment itself was checked.
            if !matches!(code, "misplaced-policy" | "repeated-policy") {
                return Reported(self.spill.insert(finding));
            }
        }
        if self.findings.len() >= FINDINGS_MAX {
            self.left_out += 1;
            // A refusal must not be lost among warnings.
            let last = self.findings.last_mut().expect("the list is full");
            last.severity = last.severity.min(severity);
            return Reported(self.spill.insert(finding));
        }
        let position = self.lines.position(span.start);
        (finding.line, finding.column) = (position.line, position.column);
        finding.length = self.lines.length(span);
        self.findings.push(finding);
        Reported(self.findings.last_mut().expect("one was just added"))
    }
}
