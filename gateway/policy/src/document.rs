//! A policy document: checked when it is saved, compiled when it is put to work.
//!
//! ```text
//! text ─► read ─► tree ─► named values ─► check ─► findings and facts      (check)
//!                                └─ pasted ─► check ─► steps               (compile)
//! ```

use std::str::FromStr;
use std::sync::Arc;

use hanse_expression::span::{LineIndex, Span};

use crate::build::Builder;
use crate::check::Checker;
use crate::finding::{Finding, Severity};
use crate::normalise::SyntaxError;
use crate::policies::{self, Policy};
use crate::reader::{self, Roots, Tree};
use crate::schema::shown;
use crate::section::{ScopeKind, Section};
use crate::structure::{base_sections, flatten_verbatim};
use crate::surroundings::{Alone, Reference, Surroundings};
use crate::tree::{Element, Node};
use crate::{advice, values};

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

/// What a document is checked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be understood: what this release does not run yet is warned of.
    Read,
    /// To be put to work: what this release does not run yet is an error.
    Run,
}

/// What is known about a document when it is checked.
#[derive(Clone, Copy)]
pub struct Checking<'a> {
    pub format: Format,
    pub purpose: Purpose,
    /// What the document hangs at; `None` where nobody can tell.
    pub scope: Option<ScopeKind>,
    /// Names that the operation's URL template defines, where the document hangs at an operation.
    pub operation_parameters: Option<&'a [String]>,
    pub surroundings: &'a dyn Surroundings,
}

impl Checking<'_> {
    /// A document to put to work at a scope, of which nothing else is known.
    pub fn to_run(format: Format, scope: ScopeKind) -> Self {
        let purpose = Purpose::Run;
        Self { format, purpose, scope: Some(scope), operation_parameters: None, surroundings: &Alone }
    }

    /// A fragment to put to work, within a document that includes it.
    pub(crate) fn of_fragment() -> Self {
        Self { scope: None, ..Self::to_run(Format::RawXml, ScopeKind::Global) }
    }

    /// A text to read, of which nothing is known.
    pub fn to_read(scope: Option<ScopeKind>) -> Self {
        let (format, purpose) = (Format::RawXml, Purpose::Read);
        Self { format, purpose, scope, operation_parameters: None, surroundings: &Alone }
    }
}

/// What a text is, by its root elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DocumentKind {
    /// `<policies>`.
    #[default]
    Document,
    /// `<fragment>`.
    Fragment,
    /// The data source of a resolver.
    Resolver,
    /// A piece of a document, such as a few policies.
    Piece,
}

impl DocumentKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Fragment => "fragment",
            Self::Resolver => "resolver",
            Self::Piece => "piece",
        }
    }
}

/// What checking a document found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckedDocument {
    pub kind: DocumentKind,
    /// Everything found, in the order of the text.
    pub findings: Vec<Finding>,
    /// Resources the document names literally; sorted.
    pub references: Vec<(Reference, String)>,
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

    /// Ids of the resources of a kind that the document names literally.
    pub fn ids_of(&self, kind: Reference) -> impl Iterator<Item = &str> {
        self.references.iter().filter(move |(of, _)| *of == kind).map(|(_, id)| id.as_str())
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
    asks_contract: bool,
}

impl CompiledDocument {
    /// Whether it holds messages against the contracts of operations, so that these are compiled along.
    pub fn asks_contract(&self) -> bool {
        self.asks_contract
    }

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
    /// The policy's element.
    pub(crate) element: &'static str,
    /// Within the section, such as `set-header[2]`.
    pub(crate) path: Arc<str>,
    pub(crate) id: Option<Arc<str>>,
    /// Line of the element in its document, or in the fragment it comes from; 1-based.
    pub(crate) line: u32,
    /// The fragment it comes from.
    pub(crate) fragment: Option<Arc<str>>,
}

/// Checks a document as it is saved. Reports everything it finds and never panics.
pub fn check(text: &str, checking: &Checking<'_>) -> CheckedDocument {
    check_as(text, checking, |_| DocumentKind::Document)
}

/// Checks a policy fragment as it is saved: `<fragment>` with policies in it, which other documents may
/// include. The rules of a scope are those of the documents that include it.
pub fn check_fragment(text: &str, checking: &Checking<'_>) -> CheckedDocument {
    check_as(text, checking, |_| DocumentKind::Fragment)
}

/// Checks a resolver as it is saved: a data source for a field of GraphQL.
pub fn check_resolver(text: &str, checking: &Checking<'_>) -> CheckedDocument {
    check_as(text, checking, |_| DocumentKind::Resolver)
}

/// Checks whatever a text is: a document, a fragment, a resolver, or a piece of a document.
pub fn check_any(text: &str, checking: &Checking<'_>) -> CheckedDocument {
    check_as(text, checking, kind_of)
}

fn check_as(
    text: &str,
    checking: &Checking<'_>,
    kind: impl FnOnce(&Element) -> DocumentKind,
) -> CheckedDocument {
    let source = without_mark(text);
    let lines = LineIndex::new(source);
    let mut tree = match read(source, &lines, Roots::Many) {
        Ok(tree) => tree,
        Err(findings) => return CheckedDocument::refused(findings),
    };
    let kind = kind(&tree.root);
    let root = match kind {
        DocumentKind::Piece => &mut tree.root,
        _ => match only_root(&mut tree.root) {
            Ok(root) => root,
            Err(error) => return CheckedDocument::refused(vec![unreadable(&lines, error)]),
        },
    };
    let mut checking = *checking;
    if kind != DocumentKind::Document {
        checking.scope = None;
    }
    let mut checker = Checker::new(&lines, &checking);
    let names = values::settle(root, &mut checker);
    if checking.format == Format::Xml
        && let Some(at) = tree.first_repair
    {
        let message = "the document is not well-formed XML, though its format is `xml`";
        checker.warning(Span::new(at, at + 1), "not-well-formed", message).hint("give it format `rawxml`");
    }
    look(&mut checker, root, kind);
    let base_sections = match kind {
        DocumentKind::Document => base_sections(root),
        _ => Vec::new(),
    };
    let (findings, references) = checker.into_findings();
    CheckedDocument { kind, findings, references, named_values: names.into_iter().collect(), base_sections }
}

fn look(checker: &mut Checker<'_>, root: &Element, kind: DocumentKind) {
    match kind {
        DocumentKind::Document => checker.check_document(root),
        DocumentKind::Fragment => checker.check_fragment(root),
        DocumentKind::Resolver => checker.check_resolver(root),
        DocumentKind::Piece => checker.check_pieces(root),
    }
    advice::advise(checker, root, kind);
}

/// What a text is, by its root elements. A single one that is nothing known is taken for a document.
fn kind_of(roots: &Element) -> DocumentKind {
    let mut names = roots.elements().map(|root| root.name.as_str());
    match (names.next(), names.next()) {
        (Some(policies::ROOT), None) => DocumentKind::Document,
        (Some(policies::FRAGMENT), None) => DocumentKind::Fragment,
        (Some(name), None) if policies::resolver(name).is_some() => DocumentKind::Resolver,
        _ => DocumentKind::Piece,
    }
}

fn only_root(roots: &mut Element) -> Result<&mut Element, SyntaxError> {
    let mut elements = roots.children.iter_mut().filter_map(|node| match node {
        Node::Element(element) => Some(element),
        Node::Text(_) => None,
    });
    let hint = "a document has one root element: <policies>";
    let Some(root) = elements.next() else {
        return Err(SyntaxError::new(Span::default(), "the document is empty", hint));
    };
    match elements.next() {
        None => Ok(root),
        Some(second) => {
            let message = format!("`<{}>` follows the document's root element", shown(&second.name));
            Err(SyntaxError::new(second.span, message, hint))
        }
    }
}

/// Compiles a document with the named values and fragments there are now.
///
/// # Errors
/// Everything that keeps it from running, as [`check`] reports it, and named values that are unknown
/// or do not fit where they stand. Warnings are left out.
pub fn compile(
    text: &str,
    format: Format,
    scope: ScopeKind,
    surroundings: &dyn Surroundings,
) -> Result<CompiledDocument, Vec<Finding>> {
    let source = without_mark(text);
    let lines = LineIndex::new(source);
    let mut tree = read(source, &lines, Roots::One)?;
    let checking = Checking { surroundings, ..Checking::to_run(format, scope) };
    let mut checker = Checker::new(&lines, &checking);
    values::settle(&mut tree.root, &mut checker);
    checker.check_document(&tree.root);
    let (findings, _) = checker.into_findings();
    let errors: Vec<Finding> =
        findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    build(&tree.root, scope, &lines, surroundings)
}

/// The document of a global scope that has none: it forwards.
pub fn default_global() -> CompiledDocument {
    compile(DEFAULT_GLOBAL, Format::Xml, ScopeKind::Global, &Alone)
        .expect("the text is a constant, and a test compiles it")
}

pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

pub(crate) fn read(source: &str, lines: &LineIndex<'_>, roots: Roots) -> Result<Tree, Vec<Finding>> {
    if source.len() > DOCUMENT_BYTES_MAX {
        let message = format!("the document has {} bytes, {DOCUMENT_BYTES_MAX} are allowed", source.len());
        let error = SyntaxError { code: "document-size", ..SyntaxError::new(Span::default(), message, "") };
        return Err(vec![unreadable(lines, error)]);
    }
    let mut tree = reader::read(source, roots).map_err(|error| vec![unreadable(lines, error)])?;
    flatten_verbatim(&mut tree.root, source);
    Ok(tree)
}

pub(crate) fn unreadable(lines: &LineIndex<'_>, error: SyntaxError) -> Finding {
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

fn build(
    root: &Element,
    scope: ScopeKind,
    lines: &LineIndex<'_>,
    surroundings: &dyn Surroundings,
) -> Result<CompiledDocument, Vec<Finding>> {
    let mut sections = [const { None }; 4];
    let mut builder = Builder::new(surroundings, lines);
    for element in root.elements() {
        let Some(section) = Section::from_element(&element.name) else {
            continue;
        };
        let Some(steps) = builder.steps(element) else {
            if !builder.findings.is_empty() {
                return Err(builder.findings);
            }
            let message = "a policy of this section could not be compiled";
            let error = SyntaxError { code: "internal", ..SyntaxError::new(element.span, message, "") };
            return Err(vec![unreadable(lines, error)]);
        };
        // Saves the walk a step. At global scope `<base/>` means nothing, not what an absent section means.
        let only_continues =
            matches!(&*steps, [Step { policy: Policy::Base, .. }]) && scope != ScopeKind::Global;
        sections[section.index()] = (!only_continues).then_some(steps);
    }
    Ok(CompiledDocument { sections, asks_contract: builder.asks_contract })
}
