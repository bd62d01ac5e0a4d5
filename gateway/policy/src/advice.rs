//! Advice: what is allowed, runs, and is probably not meant.
//!
//! Each piece has a stable code and is a warning. What the tables say of a policy, and what its own
//! check says, is not repeated here.

mod bodies;
mod variables;

use crate::check::Checker;
use crate::document::DocumentKind;
use crate::policies::BASE;
use crate::schema::shown;
use crate::section::{ScopeKind, Section};
use crate::tree::{Element, Value};

/// Policies that give a request credentials.
const CREDENTIALS: [&str; 3] =
    ["authentication-basic", "authentication-certificate", "authentication-managed-identity"];
/// Attributes whose values nobody should read in a document.
const SECRETS: [(&str, &str); 4] = [
    ("authentication-basic", "password"),
    ("authentication-certificate", "password"),
    ("authentication-certificate", "body"),
    ("proxy", "password"),
];
/// Behind these nothing runs in the same list of policies.
const ENDS: [&str; 2] = ["return-response", "mock-response"];
const AUTHORIZATION: &str = "authorization";

pub(crate) fn advise(checker: &mut Checker<'_>, root: &Element, kind: DocumentKind) {
    if kind == DocumentKind::Document {
        advise_on_sections(checker, root);
    }
    let is_global = kind == DocumentKind::Document && checker.scope() == Some(ScopeKind::Global);
    let mut advice = Advice { checker, is_global, section: None, in_retry: false };
    advice.element(root);
    let expressions = std::mem::take(&mut checker.read);
    bodies::advise(checker, &expressions, root, kind);
    variables::advise(checker, &expressions, root, kind);
}

/// A section that does not continue with wider scopes, where others do or the scope is known.
fn advise_on_sections(checker: &mut Checker<'_>, root: &Element) {
    let has_base = |section: &&Element| section.elements().any(|child| child.name == BASE);
    let sections = || root.elements().filter(|element| Section::from_element(&element.name).is_some());
    match checker.scope() {
        Some(ScopeKind::Global) => return,
        // Alone, a document without any may be one of global scope.
        None if !sections().any(|section| has_base(&section)) => return,
        _ => {}
    }
    for section in sections().filter(|section| !has_base(section)) {
        let forwards = find(section, "forward-request");
        let message = match section.name == Section::Backend.as_str() && !forwards {
            true => "`backend` has no <base/> and no <forward-request/>: nothing is forwarded".to_owned(),
            false => format!("`{}` has no <base/>: policies of wider scopes do not run there", section.name),
        };
        checker.warning(section.span, "no-base", message).hint("add <base/>, unless that is meant");
    }
}

fn find(element: &Element, name: &str) -> bool {
    element
        .elements()
        .any(|child| child.name == name || child.name == "include-fragment" || find(child, name))
}

struct Advice<'c, 'a> {
    checker: &'c mut Checker<'a>,
    is_global: bool,
    section: Option<Section>,
    in_retry: bool,
}

impl Advice<'_, '_> {
    fn element(&mut self, element: &Element) {
        match element.name.as_str() {
            "set-variable" => self.literal_variable(element),
            "set-header" => self.authorization(element),
            "forward-request" if self.in_retry => self.retried_forward(element),
            "cache-lookup" => self.private_cache(element),
            _ => {}
        }
        self.credentials(element);
        self.secrets(element);
        self.unreachable(element);
        let before = (self.section, self.in_retry);
        self.section = Section::from_element(&element.name).or(self.section);
        self.in_retry |= element.name == "retry";
        for child in element.elements() {
            self.element(child);
        }
        (self.section, self.in_retry) = before;
    }

    /// `value="5"` is a string, whatever it looks like.
    fn literal_variable(&mut self, element: &Element) {
        let Some(value) = element.attribute("value").map(|attribute| &attribute.value) else {
            return;
        };
        let Some(literal) = value.literal().map(str::trim) else {
            return;
        };
        let looks_typed = ["true", "false"].iter().any(|word| literal.eq_ignore_ascii_case(word))
            || literal.parse::<i64>().is_ok();
        if looks_typed {
            let message =
                format!("a literal is always a string: the variable holds the text \"{}\"", shown(literal));
            let hint = format!("write @({}) for a number or a bool", shown(&literal.to_ascii_lowercase()));
            self.checker.warning(value.span, "literal-is-string", message).hint(hint);
        }
    }

    fn authorization(&mut self, element: &Element) {
        if !element.literal("name").is_some_and(|name| name.trim().eq_ignore_ascii_case(AUTHORIZATION)) {
            return;
        }
        for value in element.elements_named("value").filter_map(Element::text) {
            let literal = value.literal().map(str::trim_start).unwrap_or_default();
            if ["Basic ", "Bearer "].iter().any(|scheme| literal.starts_with(scheme)) {
                self.secret(value);
            }
        }
    }

    fn secrets(&mut self, element: &Element) {
        for (_, name) in SECRETS.iter().filter(|(policy, _)| *policy == element.name) {
            if let Some(attribute) = element.attribute(name)
                && attribute.value.literal().is_some_and(|literal| !literal.trim().is_empty())
            {
                self.secret(&attribute.value);
            }
        }
    }

    fn secret(&mut self, value: &Value) {
        let message =
            "a secret stands in the document, where everybody can read it who can read the document";
        self.checker
            .warning(value.span, "secret-in-document", message)
            .hint("keep it in a named value that is secret: {{name}}");
    }

    /// At global scope they go with the requests of every workspace.
    fn credentials(&mut self, element: &Element) {
        if !self.is_global || self.section != Some(Section::Inbound) && self.section != Some(Section::Backend)
        {
            return;
        }
        let name = element.name.as_str();
        let is_kept = element.attribute("output-token-variable-name").is_some();
        let sets_header = name == "set-header"
            && element.literal("name").is_some_and(|name| name.trim().eq_ignore_ascii_case(AUTHORIZATION))
            && element.literal("exists-action").is_none_or(|action| action.trim() != "delete");
        if CREDENTIALS.contains(&name) && !is_kept || sets_header {
            let message =
                format!("{name} at global scope gives the requests of every workspace these credentials");
            self.checker
                .warning(element.span, "global-credentials", message)
                .hint("put it into the documents of the APIs that need it");
        }
    }

    fn unreachable(&mut self, element: &Element) {
        if matches!(element.name.as_str(), "wait" | "fragment") {
            return;
        }
        let mut behind = element.elements().skip_while(|child| !ENDS.contains(&child.name.as_str()));
        let Some(end) =
            behind.next().filter(|end| end.name != "mock-response" || end.attribute("enabled").is_none())
        else {
            return;
        };
        if let Some(never) = behind.next() {
            let message = format!("{} ends the request: what follows it never runs", end.name);
            self.checker
                .warning(never.span, "unreachable-policy", message)
                .hint("remove it, or move it before");
        }
    }

    fn retried_forward(&mut self, element: &Element) {
        if element.attribute("buffer-request-body").is_none() {
            let message = "a request with a body can be sent once: the retry fails";
            self.checker
                .warning(element.span, "retry-without-body", message)
                .hint("add buffer-request-body=\"true\"");
        }
    }

    fn private_cache(&mut self, element: &Element) {
        let varies = element.elements_named("vary-by-header").filter_map(Element::literal_text);
        let varies = varies
            .flat_map(|names| names.split(';'))
            .any(|name| name.trim().eq_ignore_ascii_case(AUTHORIZATION));
        if element.flag("allow-private-response-caching", false) && !varies {
            let message = "responses to one caller's credentials are answered to others";
            self.checker
                .warning(element.span, "shared-private-cache", message)
                .hint("add <vary-by-header>Authorization</vary-by-header>");
        }
    }
}
