//! Checks a document's tree against the tables of its policies.
//!
//! It never stops at the first defect. What cannot be known yet (a value that refers to a named
//! value) is not held against anybody; compiling checks again with the values pasted in.

use std::collections::{BTreeMap, BTreeSet};

use hanse_expression::span::{LineIndex, Span};

use crate::finding::{Finding, Severity};
use crate::policies::{self, BASE, POLICIES, UNSUPPORTED, set_body};
use crate::schema::{Content, ElementSpec, Kind, Need, Once, PolicySpec, shown, suggest};
use crate::section::{ScopeKind, Section};
use crate::tree::{Attr, Element, Node, Value, ValueKind};

/// Most findings of a document; nobody reads more, and each costs a look at its line.
pub const FINDINGS_MAX: usize = 500;

const ROOT: &str = "policies";
const FRAGMENT: &str = "fragment";
const INCLUDE: &str = "include-fragment";
const ID: &str = "id";

/// Collects findings and facts while a document is looked through.
pub(crate) struct Checker<'a> {
    lines: &'a LineIndex<'a>,
    scope: ScopeKind,
    operation_parameters: Option<&'a [String]>,
    findings: Vec<Finding>,
    left_out: usize,
    /// The latest that was left out.
    spill: Option<Finding>,
    backend_ids: BTreeSet<String>,
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
    pub(crate) fn new(
        lines: &'a LineIndex<'a>,
        scope: ScopeKind,
        operation_parameters: Option<&'a [String]>,
    ) -> Self {
        Self {
            lines,
            scope,
            operation_parameters,
            findings: Vec::new(),
            left_out: 0,
            spill: None,
            backend_ids: BTreeSet::new(),
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

    /// Parameters of the operation's URL template, where the document hangs at one.
    pub(crate) fn operation_parameters(&self) -> Option<&'a [String]> {
        self.operation_parameters
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

    /// The document refers to a backend.
    pub(crate) fn note_backend(&mut self, id: &str) {
        self.backend_ids.insert(id.to_owned());
    }

    /// Everything found, in the order of the text, and the backends referred to.
    pub(crate) fn into_findings(mut self) -> (Vec<Finding>, Vec<String>) {
        self.findings.sort_by_key(|finding| (finding.line, finding.column));
        if self.left_out > 0
            && let Some(last) = self.findings.last_mut()
        {
            last.note = format!("{} more findings are not shown", self.left_out);
        }
        (self.findings, self.backend_ids.into_iter().collect())
    }

    fn report(
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

    /// Looks at every value: expressions are not run by this release.
    pub(crate) fn check_values(&mut self, element: &Element) {
        for attribute in &element.attributes {
            self.check_value(&attribute.value);
        }
        for child in &element.children {
            match child {
                Node::Text(value) => self.check_value(value),
                Node::Element(child) => self.check_values(child),
            }
        }
    }

    fn check_value(&mut self, value: &Value) {
        if value.kind == ValueKind::Expression {
            let message = format!(
                "policy expressions are not supported by this release: `{}`",
                shown(value.text.trim())
            );
            self.error(value.span, "unsupported-expression", message)
                .hint("write a literal, or a named value: {{name}}");
        } else if value.text.contains("@(") || value.text.contains("@{") {
            let message = "this is a literal text: an expression fills its value, or it is none";
            self.warning(value.span, "mixed-expression", message).hint("write @(\"text\" + …)");
        }
    }

    /// Looks at the structure: sections, policies, attributes.
    pub(crate) fn check_root(&mut self, root: &Element) {
        if root.name != ROOT {
            let message = format!("`{}` is not the root of a policy document", shown(&root.name));
            self.error(root.span, "root-element", message).hint("a document begins with <policies>");
            return;
        }
        for attribute in &root.attributes {
            self.unknown_attribute(attribute, ROOT, [], format!("{ROOT}: no attributes"));
        }
        self.check_stray_text(root);
        let mut seen = BTreeSet::new();
        let mut counts = BTreeMap::new();
        for child in root.elements() {
            match Section::from_element(&child.name) {
                Some(section) => {
                    if !seen.insert(section) {
                        let message = format!("section `{section}` is there twice");
                        self.error(child.span, "repeated-section", message).hint("put its policies into one");
                    }
                    self.check_section(child, section, &mut counts);
                }
                None => self.unknown_section(child),
            }
        }
    }

    /// Looks at the structure of a fragment: policies alone, in no section, because whoever includes it
    /// decides where it stands.
    pub(crate) fn check_fragment(&mut self, root: &Element) {
        if root.name != FRAGMENT {
            let message = format!("`{}` is not the root of a policy fragment", shown(&root.name));
            self.error(root.span, "root-element", message).hint("a fragment begins with <fragment>");
            return;
        }
        for attribute in &root.attributes {
            self.unknown_attribute(attribute, FRAGMENT, [], format!("{FRAGMENT}: no attributes"));
        }
        self.check_stray_text(root);
        for child in root.elements() {
            let name = child.name.as_str();
            if name == BASE || name == INCLUDE || Section::from_element(name).is_some() {
                let message = format!("<{}> does not belong in a fragment", shown(name));
                self.error(child.span, "misplaced-element", message)
                    .hint("put it into the documents that include the fragment");
                continue;
            }
            match policies::spec(name) {
                Some(spec) => {
                    self.check_element(child, &spec.element, true);
                    (spec.check)(child, self);
                }
                None => self.unknown_policy(child),
            }
        }
    }

    fn unknown_section(&mut self, element: &Element) {
        let sections = Section::ALL.map(Section::as_str);
        let is_policy = policies::spec(&element.name).is_some()
            || UNSUPPORTED.contains(&element.name.as_str())
            || element.name == BASE;
        let hint = match self.suggest(&element.name, sections) {
            _ if is_policy => "put it into a section, such as <inbound>".to_owned(),
            Some(meant) => format!("did you mean `{meant}`?"),
            None => String::new(),
        };
        let message = format!("`{}` is not a section of a policy document", shown(&element.name));
        self.error(element.span, "unknown-section", message)
            .hint(hint)
            .note(format!("{ROOT}: <{}>", sections.join(">, <")));
    }

    fn check_section(
        &mut self,
        element: &Element,
        section: Section,
        counts: &mut BTreeMap<&'static str, usize>,
    ) {
        for attribute in &element.attributes {
            self.unknown_attribute(attribute, section.as_str(), [], format!("{section}: no attributes"));
        }
        self.check_stray_text(element);
        let mut has_base = false;
        for child in element.elements() {
            if child.name == BASE {
                if std::mem::replace(&mut has_base, true) {
                    let message = format!("`{section}` has <base/> twice");
                    self.error(child.span, "repeated-base", message).hint("keep one of them");
                }
                self.check_base(child);
                continue;
            }
            match policies::spec(&child.name) {
                Some(spec) => self.check_policy(child, spec, section, counts),
                None => self.unknown_policy(child),
            }
        }
    }

    fn check_base(&mut self, element: &Element) {
        for attribute in element.attributes.iter().filter(|attribute| attribute.name != ID) {
            self.unknown_attribute(attribute, BASE, [ID], "base: no attributes".to_owned());
        }
        self.check_stray_text(element);
        for child in element.elements() {
            let message = format!("<base/> is empty, but there is `{}` in it", shown(&child.name));
            self.error(child.span, "unknown-element", message).hint("put it behind <base/>");
        }
    }

    fn unknown_policy(&mut self, element: &Element) {
        let name = element.name.as_str();
        if UNSUPPORTED.contains(&name) {
            self.error(
                element.span,
                "unsupported-policy",
                format!("`{name}` is not supported by this release"),
            )
            .hint("remove it")
            .note(format!("this release runs {}", supported()));
            return;
        }
        let known =
            POLICIES.iter().map(|spec| spec.element.name).chain(UNSUPPORTED.iter().copied()).chain([BASE]);
        let hint = self.suggest(name, known).map(|meant| format!("did you mean `{meant}`?"));
        self.error(element.span, "unknown-element", format!("there is no policy `{}`", shown(name)))
            .hint(hint.unwrap_or_default());
    }

    fn check_policy(
        &mut self,
        element: &Element,
        spec: &'static PolicySpec,
        section: Section,
        counts: &mut BTreeMap<&'static str, usize>,
    ) {
        let name = spec.element.name;
        self.check_placement(element, spec, section);
        if !spec.scopes.contains(&self.scope) {
            let usual: Vec<&str> = spec.scopes.iter().map(|scope| scope.as_str()).collect();
            let message =
                format!("{name} stands at {} scope elsewhere, not at {}", usual.join(", "), self.scope);
            self.warning(element.span, "unusual-scope", message);
        }
        let count = counts.entry(name).or_default();
        *count += 1;
        if spec.once == Once::PerDocument && *count > 1 {
            self.error(element.span, "repeated-policy", format!("{name} may stand once in a document"))
                .hint("keep one of them");
        }
        self.check_element(element, &spec.element, true);
        (spec.check)(element, self);
    }

    fn check_placement(&mut self, element: &Element, spec: &PolicySpec, section: Section) {
        if spec.sections.contains(&section) {
            return;
        }
        let allowed: Vec<&str> = spec.sections.iter().map(|section| section.as_str()).collect();
        let message = format!("{} does not belong in `{section}`", spec.element.name);
        let reported = match spec.tolerated.contains(&section) {
            true => self.warning(element.span, "misplaced-policy", message),
            false => self.error(element.span, "misplaced-policy", message),
        };
        reported.hint(format!("put it into {}", allowed.join(", ")));
    }

    fn check_element(&mut self, element: &Element, spec: &ElementSpec, is_policy: bool) {
        self.check_attributes(element, spec, is_policy);
        match spec.content {
            Content::None => self.check_stray_text(element),
            Content::Text(kind) => self.check_text(element, kind),
        }
        for child in element.elements() {
            match spec.children.iter().find(|known| known.element.name == child.name) {
                Some(known) => self.check_element(child, known.element, false),
                None => self.unknown_child(child, spec),
            }
        }
        for known in spec.children {
            let mut children = element.elements_named(known.element.name);
            if let Some(extra) = children.nth(known.max) {
                let message = format!("{} may have <{}> once", spec.name, known.element.name);
                self.error(extra.span, "repeated-element", message).hint("keep one of them");
            }
            let count = element.elements_named(known.element.name).count();
            if count < known.min {
                let message = format!("{} needs <{}>", spec.name, known.element.name);
                self.error(element.span, "missing-element", message).note(spec.describe());
            }
        }
    }

    fn check_attributes(&mut self, element: &Element, spec: &ElementSpec, is_policy: bool) {
        let mut seen: Vec<&str> = Vec::new();
        for attribute in &element.attributes {
            let name = attribute.name.as_str();
            if seen.contains(&name) {
                let message = format!("{} has attribute `{}` twice", spec.name, shown(name));
                self.error(attribute.span, "repeated-attribute", message).hint("keep one of them");
                continue;
            }
            seen.push(name);
            match spec.attribute(name) {
                Some(known) => self.check_attribute(attribute, known.kind, known.need, spec.name),
                None if is_policy && name == ID => {}
                None => {
                    let known = spec.attributes.iter().map(|known| known.name);
                    self.unknown_attribute(attribute, spec.name, known, spec.describe());
                }
            }
        }
        for known in spec.attributes.iter().filter(|known| known.need == Need::Required) {
            if element.attribute(known.name).is_none() {
                let message = format!("{} needs attribute `{}`", spec.name, known.name);
                self.error(element.span, "missing-attribute", message).note(spec.describe());
            }
        }
    }

    fn check_attribute(&mut self, attribute: &Attr, kind: Kind, need: Need, owner: &str) {
        let name = &attribute.name;
        match need {
            Need::NoEffect(why) => {
                self.warning(attribute.span, "no-effect", format!("{owner}: {name} has no effect")).hint(why);
            }
            Need::Unsupported(why) => {
                self.error(
                    attribute.span,
                    "unsupported-attribute",
                    format!("{owner}: {name} is not supported"),
                )
                .hint(why);
                return;
            }
            Need::Required | Need::Optional | Need::Default(_) => {}
        }
        let defect = attribute.value.literal().and_then(|literal| kind.defect(literal));
        if let Some(defect) = defect {
            self.error(attribute.value.span, "attribute-value", format!("{owner}: {name}: {defect}"));
        }
    }

    fn check_text(&mut self, element: &Element, kind: Kind) {
        let name = &element.name;
        let Some(text) = element.text() else {
            if let Some(defect) = kind.defect("") {
                self.error(element.span, "text-value", format!("{name}: {defect}"));
            }
            return;
        };
        if let Some(defect) = text.literal().and_then(|literal| kind.defect(literal)) {
            self.error(text.span, "text-value", format!("{name}: {defect}"));
        }
    }

    fn check_stray_text(&mut self, element: &Element) {
        for child in &element.children {
            let Node::Text(text) = child else {
                continue;
            };
            // An expression where no text belongs was reported already.
            if text.text.trim().is_empty() || text.kind == ValueKind::Expression {
                continue;
            }
            let message = format!("{} holds no text: `{}`", shown(&element.name), shown(text.text.trim()));
            self.error(text.span, "stray-text", message).hint("remove it, or make it a comment: <!-- … -->");
        }
    }

    fn unknown_child(&mut self, element: &Element, parent: &ElementSpec) {
        let name = element.name.as_str();
        if name == BASE {
            let message = "<base/> stands directly in a section";
            self.error(element.span, "misplaced-base", message)
                .hint(format!("move it out of {}", parent.name));
            return;
        }
        let known = parent.children.iter().map(|child| child.element.name);
        let hint = self.suggest(name, known).map(|meant| format!("did you mean `{meant}`?"));
        let message = format!("{} has no element `{}`", parent.name, shown(name));
        self.error(element.span, "unknown-element", message)
            .hint(hint.unwrap_or_default())
            .note(parent.describe());
    }

    fn unknown_attribute<'k>(
        &mut self,
        attribute: &Attr,
        owner: &str,
        known: impl IntoIterator<Item = &'k str>,
        note: String,
    ) {
        let hint = self.suggest(&attribute.name, known).map(|meant| format!("did you mean `{meant}`?"));
        let message = format!("{owner} has no attribute `{}`", shown(&attribute.name));
        self.error(attribute.span, "unknown-attribute", message).hint(hint.unwrap_or_default()).note(note);
    }
}

/// Sections that continue with the next wider scope: those with `<base/>`, and those that are absent.
pub(crate) fn base_sections(root: &Element) -> Vec<Section> {
    let continues = |section: &Section| {
        let mut elements = root.elements().filter(|element| element.name == section.as_str());
        elements.next().is_none_or(|element| element.elements().any(|child| child.name == BASE))
    };
    Section::ALL.into_iter().filter(continues).collect()
}

/// What is text whatever it looks like becomes text; must run before values are looked at.
pub(crate) fn flatten_verbatim(element: &mut Element, source: &str) {
    if set_body::is_verbatim(element) && element.elements().next().is_some() {
        let text = source.get(element.inner.start..element.inner.end).unwrap_or_default().to_owned();
        element.children = vec![Node::Text(Value { text, span: element.inner, kind: ValueKind::Literal })];
        return;
    }
    for child in &mut element.children {
        if let Node::Element(child) = child {
            flatten_verbatim(child, source);
        }
    }
}

fn supported() -> String {
    let names: Vec<&str> = POLICIES.iter().map(|spec| spec.element.name).collect();
    names.join(", ")
}
