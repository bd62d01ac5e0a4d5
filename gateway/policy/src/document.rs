//! A policy document: checked when it is saved, compiled when it is put to work.
//!
//! ```text
//! text ─► read ─► tree ─► named values ─► check ─► findings and facts      (check)
//!                                └─ pasted ─► check ─► steps               (compile)
//! ```

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use hanse_expression::scan;
use hanse_expression::span::{LineIndex, Span};

use crate::check::{Checker, base_sections, flatten_verbatim};
use crate::finding::{Finding, Severity};
use crate::named_values;
use crate::normalise::SyntaxError;
use crate::policies::{self, BASE, Policy, set_body};
use crate::reader::{self, Tree};
use crate::section::{ScopeKind, Section};
use crate::tree::{Element, Node, Value, ValueKind};

/// Largest document, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 512 * 1024;
/// Most text that named values may add to a document, in bytes.
pub const PASTED_BYTES_MAX: usize = 4 * 1024 * 1024;

pub(crate) const DEFAULT_GLOBAL: &str = "<policies><backend><forward-request /></backend></policies>";

/// How a document's text is escaped. Both are read alike; what differs is what is remarked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Expressions are XML-escaped; the document is well-formed.
    #[default]
    Xml,
    /// Expressions stand as they are.
    RawXml,
}

/// A text that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a policy format, use `xml` or `rawxml`")]
pub struct FormatError(String);

impl FromStr for Format {
    type Err = FormatError;

    /// Empty means `xml`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" | "xml" => Ok(Self::Xml),
            "rawxml" => Ok(Self::RawXml),
            other => Err(FormatError(other.to_owned())),
        }
    }
}

/// What checking a document found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckedDocument {
    /// Everything found, in the order of the text.
    pub findings: Vec<Finding>,
    /// Backends the document names literally; sorted.
    pub backend_ids: Vec<String>,
    /// Named values the document refers to; sorted.
    pub named_values: Vec<String>,
    /// Sections that continue with the next wider scope: with `<base/>`, or absent.
    pub base_sections: Vec<Section>,
}

impl CheckedDocument {
    /// True when nothing found keeps the document from being saved.
    pub fn is_accepted(&self) -> bool {
        self.findings.iter().all(|finding| finding.severity == Severity::Warning)
    }

    fn refused(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::default() }
    }
}

/// A document ready to run. Immutable; shared by every request of every unit.
#[derive(Debug)]
pub struct CompiledDocument {
    /// `None` where the document leaves the section to the next wider scope.
    sections: [Option<Box<[Step]>>; 4],
}

impl CompiledDocument {
    pub(crate) fn steps(&self, section: Section) -> Option<&[Step]> {
        self.sections[section.index()].as_deref()
    }
}

/// A policy and where it stands.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) policy: Policy,
    pub(crate) origin: Origin,
}

#[derive(Debug)]
pub(crate) struct Origin {
    /// Within the section, such as `set-header[2]`.
    pub(crate) path: Arc<str>,
    pub(crate) id: Option<Arc<str>>,
}

/// Checks a document as it is saved. Reports everything it finds and never panics.
///
/// `operation_parameters` are the names an operation's URL template defines, when the document hangs
/// at an operation.
pub fn check(
    text: &str,
    format: Format,
    scope: ScopeKind,
    operation_parameters: Option<&[String]>,
) -> CheckedDocument {
    let source = without_mark(text);
    let lines = LineIndex::new(source);
    let checker = Checker::new(&lines, scope, operation_parameters);
    let look = |checker: &mut Checker<'_>, root: &Element| {
        checker.check_root(root);
        base_sections(root)
    };
    check_text(source, &lines, format, checker, look)
}

/// Checks a policy fragment as it is saved: `<fragment>` with policies in it, which other documents may
/// include.
pub fn check_fragment(text: &str, format: Format) -> CheckedDocument {
    let source = without_mark(text);
    let lines = LineIndex::new(source);
    // Parameters and the rules of a scope are those of the documents that include it.
    let checker = Checker::new(&lines, ScopeKind::Operation, None);
    let look = |checker: &mut Checker<'_>, root: &Element| {
        checker.check_fragment(root);
        Vec::new()
    };
    check_text(source, &lines, format, checker, look)
}

fn check_text<'a>(
    source: &'a str,
    lines: &'a LineIndex<'a>,
    format: Format,
    mut checker: Checker<'a>,
    look: impl FnOnce(&mut Checker<'a>, &Element) -> Vec<Section>,
) -> CheckedDocument {
    let mut tree = match read(source, lines) {
        Ok(tree) => tree,
        Err(findings) => return CheckedDocument::refused(findings),
    };
    let mut names = BTreeSet::new();
    each_value(&mut tree.root, false, &mut |value, is_liquid| {
        // Liquid's own `{{…}}` look the same; they are no references unless such a value exists.
        if !is_liquid && named_values::collect(&value.text, &mut names) && value.kind == ValueKind::Literal {
            value.kind = ValueKind::Deferred;
        }
    });
    remark_on_format(&mut checker, format, &tree);
    checker.check_values(&tree.root);
    let base_sections = look(&mut checker, &tree.root);
    let (findings, backend_ids) = checker.into_findings();
    CheckedDocument { findings, backend_ids, named_values: names.into_iter().collect(), base_sections }
}

/// Compiles a document with the named values there are now.
///
/// # Errors
/// Everything that keeps it from running, as [`check`] reports it, and named values that are unknown
/// or do not fit where they stand. Warnings are left out.
pub fn compile(
    text: &str,
    _format: Format,
    scope: ScopeKind,
    named_values: &dyn Fn(&str) -> Option<String>,
) -> Result<CompiledDocument, Vec<Finding>> {
    let source = without_mark(text);
    let lines = LineIndex::new(source);
    let mut tree = read(source, &lines)?;
    let mut checker = Checker::new(&lines, scope, None);
    paste(&mut tree.root, named_values, &mut checker);
    checker.check_values(&tree.root);
    checker.check_root(&tree.root);
    let (findings, _) = checker.into_findings();
    let errors: Vec<Finding> =
        findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    build(&tree.root, scope, &lines)
}

/// The document of a global scope that has none: it forwards.
pub fn default_global() -> CompiledDocument {
    compile(DEFAULT_GLOBAL, Format::Xml, ScopeKind::Global, &|_| None)
        .expect("the text is a constant, and a test compiles it")
}

pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

pub(crate) fn read(source: &str, lines: &LineIndex<'_>) -> Result<Tree, Vec<Finding>> {
    if source.len() > DOCUMENT_BYTES_MAX {
        let message = format!("the document has {} bytes, {DOCUMENT_BYTES_MAX} are allowed", source.len());
        let error = SyntaxError { code: "document-size", ..SyntaxError::new(Span::default(), message, "") };
        return Err(vec![unreadable(lines, error)]);
    }
    let mut tree = reader::read(source).map_err(|error| vec![unreadable(lines, error)])?;
    flatten_verbatim(&mut tree.root, source);
    Ok(tree)
}

fn unreadable(lines: &LineIndex<'_>, error: SyntaxError) -> Finding {
    let position = lines.position(error.span.start);
    Finding {
        severity: Severity::Error,
        code: error.code,
        message: error.message,
        hint: error.hint.to_owned(),
        note: String::new(),
        line: position.line,
        column: position.column,
        length: lines.length(error.span),
    }
}

fn remark_on_format(checker: &mut Checker<'_>, format: Format, tree: &Tree) {
    if format == Format::Xml
        && let Some(at) = tree.first_repair
    {
        let message = "the document is not well-formed XML, though its format is `xml`";
        checker.warning(Span::new(at, at + 1), "not-well-formed", message).hint("give it format `rawxml`");
    }
}

fn each_value(element: &mut Element, is_liquid: bool, act: &mut dyn FnMut(&mut Value, bool)) {
    let text_is_liquid = is_liquid || set_body::is_liquid(element);
    for attribute in &mut element.attributes {
        act(&mut attribute.value, false);
    }
    for child in &mut element.children {
        match child {
            Node::Text(value) => act(value, text_is_liquid),
            Node::Element(child) => each_value(child, text_is_liquid, act),
        }
    }
}

fn paste(root: &mut Element, named_values: &dyn Fn(&str) -> Option<String>, checker: &mut Checker<'_>) {
    let pasted_bytes = Cell::new(0usize);
    let resolve = |name: &str| {
        let value = named_values(name)?;
        pasted_bytes.set(pasted_bytes.get().saturating_add(value.len()));
        // Past the bound nothing is pasted any more; the finding below tells.
        Some(if pasted_bytes.get() > PASTED_BYTES_MAX { String::new() } else { value })
    };
    each_value(root, false, &mut |value, is_liquid| {
        let mut unknown = Vec::new();
        let Some(text) = named_values::substitute(&value.text, &resolve, &mut unknown) else {
            return;
        };
        value.text = text;
        value.kind = match scan::whole(&value.text) {
            Some(_) => ValueKind::Expression,
            None => ValueKind::Literal,
        };
        for name in unknown.iter().filter(|_| !is_liquid) {
            checker
                .error(value.span, "unknown-named-value", format!("there is no named value `{name}`"))
                .hint("create it, or correct the name");
        }
    });
    if pasted_bytes.get() > PASTED_BYTES_MAX {
        let message =
            format!("named values would add {} bytes, {PASTED_BYTES_MAX} are allowed", pasted_bytes.get());
        checker.error(root.span, "named-values-size", message);
    }
}

fn build(root: &Element, scope: ScopeKind, lines: &LineIndex<'_>) -> Result<CompiledDocument, Vec<Finding>> {
    let mut sections = [const { None }; 4];
    for element in root.elements() {
        let Some(section) = Section::from_element(&element.name) else {
            continue;
        };
        let steps = build_section(element).map_err(|defective| {
            // The checks passed, so this is ours; still, better a finding than a section with a hole.
            let span = defective.span;
            let error = SyntaxError {
                code: "internal",
                ..SyntaxError::new(span, "this policy could not be compiled", "")
            };
            vec![unreadable(lines, error)]
        })?;
        // Saves the walk a step. At global scope `<base/>` means nothing, not what an absent section means.
        let only_continues =
            matches!(&*steps, [Step { policy: Policy::Base, .. }]) && scope != ScopeKind::Global;
        sections[section.index()] = (!only_continues).then_some(steps);
    }
    Ok(CompiledDocument { sections })
}

fn build_section(section: &Element) -> Result<Box<[Step]>, &Element> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut steps = Vec::new();
    for element in section.elements() {
        let nth = counts.entry(&element.name).or_default();
        *nth += 1;
        let policy = match element.name.as_str() {
            BASE => Policy::Base,
            name => policies::spec(name).and_then(|spec| (spec.compile)(element)).ok_or(element)?,
        };
        let path = format!("{}[{nth}]", element.name).into();
        let id = element.literal("id").map(Arc::from);
        steps.push(Step { policy, origin: Origin { path, id } });
    }
    Ok(steps.into())
}
