//! Walks a document and holds its elements against the tables of their policies.
//!
//! A policy may stand in a section or in a policy that holds others; it is placed, counted and checked
//! alike. One that configures the message of another (`set-header` in `send-request`) is checked, and
//! not placed.

use std::collections::BTreeSet;
use std::rc::Rc;

use hanse_expression::span::LineIndex;

use crate::check::Checker;
use crate::document::{read, without_mark};
use crate::finding::Severity;
use crate::policies::{self, BASE, FRAGMENT, INCLUDE, ROOT};
use crate::reader::Roots;
use crate::schema::{ChildElement, Content, ElementSpec, Inner, Need, Once, PolicySpec, Usage, shown};
use crate::section::Section;
use crate::surroundings::Known;
use crate::tree::{Attr, Element, Node, Value};

const ID: &str = "id";

/// Most elements that the fragments of a document bring, each as often as it is included.
pub const INCLUDED_ELEMENTS_MAX: usize = 50_000;

impl Checker<'_> {
    /// A document: sections with policies.
    pub(crate) fn check_document(&mut self, root: &Element) {
        if root.name != ROOT {
            let message = format!("`{}` is not the root of a policy document", shown(&root.name));
            self.error(root.span, "root-element", message).hint("a document begins with <policies>");
            return;
        }
        for attribute in &root.attributes {
            self.unknown_attribute(attribute, ROOT, [], format!("{ROOT}: no attributes"));
        }
        self.check_stray_text(root);
        self.in_document.clear();
        let mut seen = BTreeSet::new();
        for child in root.elements() {
            match Section::from_element(&child.name) {
                Some(section) => {
                    if !seen.insert(section) {
                        let message = format!("section `{section}` is there twice");
                        self.error(child.span, "repeated-section", message).hint("put its policies into one");
                    }
                    self.check_section(child, section);
                }
                None => self.unknown_section(child),
            }
        }
    }

    /// A fragment: policies alone, in no section, because whoever includes it decides where it stands.
    pub(crate) fn check_fragment(&mut self, root: &Element) {
        if root.name != FRAGMENT {
            let message = format!("`{}` is not the root of a policy fragment", shown(&root.name));
            self.error(root.span, "root-element", message).hint("a fragment begins with <fragment>");
            return;
        }
        for attribute in root.attributes.iter().filter(|attribute| attribute.name != "fragment-id") {
            self.unknown_attribute(attribute, FRAGMENT, [], format!("{FRAGMENT}: no attributes"));
        }
        self.check_stray_text(root);
        self.in_document.clear();
        self.begin_section(None);
        for child in root.elements() {
            let name = child.name.as_str();
            if name == BASE {
                self.unknown_policy(child, FRAGMENT);
                continue;
            }
            if name == INCLUDE || Section::from_element(name).is_some() {
                let message = format!("<{}> does not belong in a fragment", shown(name));
                self.error(child.span, "misplaced-element", message)
                    .hint("put it into the documents that include the fragment");
                continue;
            }
            self.check_policy(child, Inner::Any, FRAGMENT);
        }
    }

    /// A data source: what resolves a field of GraphQL.
    pub(crate) fn check_resolver(&mut self, root: &Element) {
        let Some(spec) = policies::resolver(&root.name) else {
            let message = format!("`{}` is not the root of a resolver", shown(&root.name));
            let names: Vec<&str> = policies::RESOLVERS.iter().map(|spec| spec.element.name).collect();
            self.error(root.span, "root-element", message)
                .hint(format!("a resolver begins with <{}>", names.join(">, <")));
            return;
        };
        self.check_use(root, spec);
        self.check_element(root, &spec.element, true);
        (spec.check)(root, self);
    }

    /// A piece of a document: whatever may stand in one, side by side.
    pub(crate) fn check_pieces(&mut self, roots: &Element) {
        let mut has_base = false;
        for root in roots.elements() {
            self.begin_section(None);
            let name = root.name.as_str();
            match Section::from_element(name) {
                Some(section) => self.check_section(root, section),
                None if name == ROOT => self.check_document(root),
                None if name == FRAGMENT => self.check_fragment(root),
                None if policies::resolver(name).is_some() => self.check_resolver(root),
                None if name == BASE => self.check_base(root, &mut has_base, "the piece"),
                None => self.check_policy(root, Inner::Any, "the piece"),
            }
        }
    }

    fn unknown_section(&mut self, element: &Element) {
        let sections = Section::ALL.map(Section::as_str);
        let is_policy = policies::spec(&element.name).is_some() || element.name == BASE;
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

    fn begin_section(&mut self, section: Option<Section>) {
        self.section = section;
        self.in_section.clear();
    }

    fn check_section(&mut self, element: &Element, section: Section) {
        for attribute in &element.attributes {
            self.unknown_attribute(attribute, section.as_str(), [], format!("{section}: no attributes"));
        }
        self.check_stray_text(element);
        self.begin_section(Some(section));
        let mut has_base = false;
        for child in element.elements() {
            match child.name.as_str() {
                BASE => self.check_base(child, &mut has_base, section.as_str()),
                _ => self.check_policy(child, Inner::Any, section.as_str()),
            }
        }
    }

    fn check_base(&mut self, element: &Element, has_base: &mut bool, owner: &str) {
        if std::mem::replace(has_base, true) {
            self.error(element.span, "repeated-base", format!("`{owner}` has <base/> twice"))
                .hint("keep one of them");
        }
        self.check_element(element, &policies::base::SPEC.element, true);
    }

    /// A policy in a section, or in a policy that holds those that `inner` allows.
    fn check_policy(&mut self, element: &Element, inner: Inner, owner: &str) {
        let Some(spec) = policies::spec(&element.name) else {
            self.unknown_policy(element, owner);
            return;
        };
        let name = spec.element.name;
        if !inner.allows(name) {
            let message = format!("{owner} holds no {name}");
            let reported = self.error(element.span, "misplaced-policy", message);
            if let Inner::Only(names) = inner {
                reported.hint(format!("it holds <{}>", names.join(">, <")));
            }
        }
        self.check_placement(element, spec);
        self.check_count(element, spec, owner);
        self.check_use(element, spec);
        self.check_element(element, &spec.element, true);
        (spec.check)(element, self);
        if name == INCLUDE {
            self.check_included(element);
        }
    }

    fn check_placement(&mut self, element: &Element, spec: &PolicySpec) {
        let name = spec.element.name;
        if spec.sections.is_empty() {
            self.error(element.span, "misplaced-policy", format!("{name} does not stand in a section"))
                .hint(spec.about);
            return;
        }
        if let Some(scope) = self.scope()
            && !spec.scopes.contains(&scope)
        {
            let usual: Vec<&str> = spec.scopes.iter().map(|scope| scope.as_str()).collect();
            let message = format!("{name} stands at {} scope elsewhere, not at {scope}", usual.join(", "));
            self.warning(element.span, "unusual-scope", message);
        }
        let Some(section) = self.section.filter(|section| !spec.sections.contains(section)) else {
            return;
        };
        let allowed: Vec<&str> = spec.sections.iter().map(|section| section.as_str()).collect();
        let message = format!("{name} does not belong in `{section}`");
        let reported = match spec.tolerated.contains(&section) {
            true => self.warning(element.span, "misplaced-policy", message),
            false => self.error(element.span, "misplaced-policy", message),
        };
        reported.hint(format!("put it into {}", allowed.join(", ")));
    }

    /// Those within other policies count too; whether two of them meet in one request only it knows, so
    /// that a reader is warned.
    fn check_count(&mut self, element: &Element, spec: &PolicySpec, owner: &str) {
        let name = spec.element.name;
        let is_direct = policies::spec(owner).is_none() && Section::from_element(owner).is_some();
        let (counts, place) = match spec.once {
            Once::Never => return,
            Once::PerSection => (&mut self.in_section, "section"),
            Once::PerDocument => (&mut self.in_document, "document"),
        };
        let (all, direct) = counts.entry(name).or_default();
        *all += 1;
        *direct += usize::from(is_direct);
        let (all, direct) = (*all, *direct);
        if all > 1 {
            let severity = if direct == all { Severity::Error } else { self.strict() };
            let message = format!("{name} may stand once in a {place}");
            self.report(severity, element.span, "repeated-policy", message).hint("keep one of them");
        }
    }

    fn check_use(&mut self, element: &Element, spec: &PolicySpec) {
        if !spec.runs() {
            let message = format!("{} is not run by this release yet", spec.element.name);
            self.not_run(element.span, message).hint("it is read and checked");
        }
    }

    /// What a fragment brings must be allowed where it is included.
    fn check_included(&mut self, element: &Element) {
        let Some(id) = element.literal("fragment-id").map(str::trim) else {
            return;
        };
        if self.included.is_some() {
            return;
        }
        let Known::Is(root) = self.fragment(id) else {
            return;
        };
        let before = self.included_elements;
        self.included_elements += 1 + count(&root);
        if self.included_elements > INCLUDED_ELEMENTS_MAX {
            if before <= INCLUDED_ELEMENTS_MAX {
                let message = format!("fragments bring more than {INCLUDED_ELEMENTS_MAX} elements");
                self.error(element.span, "included-size", message).hint("include fewer, or smaller ones");
            }
            return;
        }
        self.included = Some((element.span, id.to_owned()));
        for child in root.elements() {
            self.check_policy(child, Inner::Any, FRAGMENT);
        }
        self.included = None;
    }

    /// What is known of a fragment, which is read once. One that cannot be read is not known.
    pub(crate) fn fragment(&mut self, id: &str) -> Known<Rc<Element>> {
        if let Some(known) = self.fragments.get(id) {
            return known.clone();
        }
        let known = match self.surroundings().fragment(id) {
            Known::Is(text) => {
                let source = without_mark(&text);
                let tree = read(source, &LineIndex::new(source), Roots::One);
                tree.map_or(Known::Unknown, |tree| Known::Is(Rc::new(tree.root)))
            }
            Known::Missing => Known::Missing,
            Known::Unknown => Known::Unknown,
        };
        self.fragments.insert(id.to_owned(), known.clone());
        known
    }

    fn unknown_policy(&mut self, element: &Element, owner: &str) {
        let name = element.name.as_str();
        if name == BASE {
            // APIM takes it nowhere else; generators write it in branches all the same.
            let message = "<base/> stands directly in a section";
            self.report(self.strict(), element.span, "misplaced-base", message.to_owned())
                .hint(format!("move it out of {owner}"));
            return;
        }
        if let Some((_, hint)) = policies::RETIRED.iter().find(|(retired, _)| *retired == name) {
            self.error(element.span, "retired-policy", format!("`{name}` is not taken")).hint(*hint);
            return;
        }
        let known = policies::POLICIES.iter().map(|spec| spec.element.name).chain([BASE]);
        let hint = self.suggest(name, known).map(|meant| format!("did you mean `{meant}`?"));
        self.error(element.span, "unknown-element", format!("there is no policy `{}`", shown(name)))
            .hint(hint.unwrap_or_default());
    }

    fn check_element(&mut self, element: &Element, spec: &ElementSpec, is_policy: bool) {
        if let Content::Free = spec.content {
            return;
        }
        self.check_attributes(element, spec, is_policy);
        match spec.content {
            Content::None => self.check_stray_text(element),
            Content::Text(kind) => self.check_text(element, spec, kind, false),
            Content::Expression(kind) => self.check_text(element, spec, kind, true),
            Content::Free => {}
        }
        for child in element.elements() {
            self.check_child(child, spec);
        }
        for known in spec.children {
            let name = known.spec().name;
            if let Some(extra) = element.elements_named(name).nth(known.max) {
                let (times, hint) = match known.max {
                    1 => ("once".to_owned(), "keep one of them"),
                    max => (format!("{max} times"), "remove some of them"),
                };
                let message = format!("{} may have <{name}> {times}", spec.name);
                self.error(extra.span, "repeated-element", message).hint(hint);
            }
            if element.elements_named(name).count() < known.min {
                self.error(element.span, "missing-element", format!("{} needs <{name}>", spec.name))
                    .note(spec.describe());
            }
        }
    }

    pub(crate) fn check_child(&mut self, child: &Element, parent: &'_ ElementSpec) {
        let known = parent.children.iter().find(|known| known.spec().name == child.name);
        match known.map(|known| &known.element) {
            Some(ChildElement::Own(element)) => self.check_element(child, element, false),
            Some(ChildElement::Policy(policy)) => {
                self.check_element(child, &policy.element, true);
                (policy.check)(child, self);
            }
            None if parent.policies != Inner::None => self.check_policy(child, parent.policies, parent.name),
            None => self.unknown_child(child, parent),
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
                Some(known) => {
                    self.check_attribute_use(attribute, known.usage, spec.name);
                    let label = format!("{}: {name}", spec.name);
                    let (value, takes) = (&attribute.value, known.takes_expression);
                    self.check_value(value, known.kind, takes, "attribute-value", &label);
                }
                None if is_policy && name == ID => {
                    if attribute.value.kind == crate::tree::ValueKind::Expression {
                        self.expression_not_allowed(attribute.value.span, &format!("{}: id", spec.name));
                    }
                }
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

    fn check_attribute_use(&mut self, attribute: &Attr, usage: Usage, owner: &str) {
        let name = &attribute.name;
        match usage {
            Usage::Full => {}
            Usage::NoEffect(why) => {
                self.warning(attribute.span, "no-effect", format!("{owner}: {name} has no effect")).hint(why);
            }
            Usage::Checks(why) => {
                self.not_run(attribute.span, format!("{owner}: {name} is not run by this release yet"))
                    .hint(why);
            }
        }
    }

    fn check_text(
        &mut self,
        element: &Element,
        spec: &ElementSpec,
        kind: crate::kind::Kind,
        takes_expression: bool,
    ) {
        let texts: Vec<&Value> = element.texts().collect();
        if texts.is_empty() {
            if let Some(defect) = kind.defect("") {
                self.error(element.span, "text-value", format!("{}: {defect}", spec.name));
            }
            return;
        }
        for text in texts {
            self.check_value(text, kind, takes_expression, "text-value", spec.name);
        }
    }

    fn check_stray_text(&mut self, element: &Element) {
        for text in element.texts().filter(|text| !text.text.trim().is_empty()) {
            let message = format!("{} holds no text: `{}`", shown(&element.name), shown(text.text.trim()));
            self.error(text.span, "stray-text", message).hint("remove it, or make it a comment: <!-- … -->");
        }
    }

    fn unknown_child(&mut self, element: &Element, parent: &ElementSpec) {
        let name = element.name.as_str();
        if name == BASE {
            self.unknown_policy(element, parent.name);
            return;
        }
        let known = parent.children.iter().map(|child| child.spec().name);
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
        if is_of_xml(&attribute.name) {
            return;
        }
        let hint = self.suggest(&attribute.name, known).map(|meant| format!("did you mean `{meant}`?"));
        let message = format!("{owner} has no attribute `{}`", shown(&attribute.name));
        self.error(attribute.span, "unknown-attribute", message).hint(hint.unwrap_or_default()).note(note);
    }
}

fn count(element: &Element) -> usize {
    element.elements().map(|child| 1 + count(child)).sum()
}

/// Namespaces and the like, which mean nothing to policies.
fn is_of_xml(attribute: &str) -> bool {
    attribute == "xmlns" || ["xmlns:", "xml:", "xsi:"].iter().any(|prefix| attribute.starts_with(prefix))
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
    if policies::is_verbatim(&element.name) && element.elements().next().is_some() {
        let text = source.get(element.inner.start..element.inner.end).unwrap_or_default().to_owned();
        element.children = vec![Node::Text(Value::literal_at(text, element.inner))];
        return;
    }
    for child in &mut element.children {
        if let Node::Element(child) = child {
            flatten_verbatim(child, source);
        }
    }
}

impl Checker<'_> {
    /// An element needs one of some attributes.
    pub(crate) fn one_of(&mut self, element: &Element, names: &[&str]) {
        if names.iter().any(|name| element.attribute(name).is_some()) {
            return;
        }
        let message = format!("{} needs `{}`", element.name, names.join("` or `"));
        self.error(element.span, "missing-attribute", message);
    }

    /// An attribute stands beside another that rules it out.
    pub(crate) fn excluding(&mut self, attribute: &Attr, other: &str) {
        let message = format!("`{other}` and `{}` exclude each other", attribute.name);
        self.error(attribute.span, "attribute-conflict", message).hint("keep one of them");
    }
}
