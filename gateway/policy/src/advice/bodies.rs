//! Advice on bodies: reading one takes it, and something behind needs it.
//!
//! The document is walked from its end, with the bodies that what follows needs; so it is known at each
//! read whether anybody misses what it takes.

use std::collections::BTreeMap;

use hanse_expression::reads::{BodyOf, BodyRead};

use crate::check::{Checker, Expressions};
use crate::document::DocumentKind;
use crate::policies::{BASE, INCLUDE};
use crate::section::Section;
use crate::tree::{Element, Node, Value};

/// A set of bodies, a bit for each.
type Bodies = u64;

const REQUEST: Bodies = 1;
const RESPONSE: Bodies = 1 << 1;
/// Most variables of one document whose responses are followed.
const VARIABLES_MAX: usize = 62;

/// Policies that make a message of their own, whose body is not the one at hand.
const OWN_MESSAGE: [&str; 5] =
    ["send-request", "send-one-way-request", "invoke-request", "return-response", "http-request"];

pub(super) fn advise(
    checker: &mut Checker<'_>,
    expressions: &Expressions,
    root: &Element,
    kind: DocumentKind,
) {
    let mut walk =
        Walk { checker, expressions, variables: BTreeMap::new(), section: None, in_own_message: false };
    match kind {
        DocumentKind::Document => walk.document(root),
        DocumentKind::Fragment | DocumentKind::Resolver => {
            walk.inside(root, 0);
        }
        DocumentKind::Piece => root.elements().for_each(|it| walk.piece(it)),
    }
}

struct Walk<'c, 'a> {
    checker: &'c mut Checker<'a>,
    expressions: &'c Expressions,
    variables: BTreeMap<String, Bodies>,
    section: Option<Section>,
    in_own_message: bool,
}

impl Walk<'_, '_> {
    fn document(&mut self, root: &Element) {
        let section = |section: Section| root.child(section.as_str());
        if let Some(on_error) = section(Section::OnError) {
            self.section(on_error, Section::OnError, RESPONSE);
        }
        let outbound = section(Section::Outbound)
            .map_or(RESPONSE, |outbound| self.section(outbound, Section::Outbound, RESPONSE));
        let backend = section(Section::Backend)
            .map_or_else(|| forwarded(outbound), |backend| self.section(backend, Section::Backend, outbound));
        if let Some(inbound) = section(Section::Inbound) {
            self.section(inbound, Section::Inbound, backend);
        }
    }

    fn piece(&mut self, root: &Element) {
        match Section::from_element(&root.name) {
            Some(Section::Inbound) => self.section(root, Section::Inbound, REQUEST),
            Some(section) => self.section(root, section, RESPONSE),
            None if root.name == crate::policies::ROOT => {
                self.document(root);
                0
            }
            None => self.policy(root, 0),
        };
    }

    fn section(&mut self, element: &Element, section: Section, after: Bodies) -> Bodies {
        self.section = Some(section);
        self.inside(element, after)
    }

    /// What is needed before the content of an element, given what is needed after it.
    fn inside(&mut self, element: &Element, after: Bodies) -> Bodies {
        element.children.iter().rev().fold(after, |after, child| match child {
            Node::Element(child) => self.policy(child, after),
            Node::Text(text) => self.value(text, after),
        })
    }

    fn attributes(&mut self, element: &Element, after: Bodies) -> Bodies {
        element.attributes.iter().rev().fold(after, |after, it| self.value(&it.value, after))
    }

    fn policy(&mut self, element: &Element, after: Bodies) -> Bodies {
        let name = element.name.as_str();
        let was_own = self.in_own_message;
        self.in_own_message |= OWN_MESSAGE.contains(&name);
        let before = match name {
            "choose" => self.choose(element, after),
            "retry" => {
                let condition = self.attributes(element, after);
                self.inside(element, condition)
            }
            _ => {
                let after = self.after(element, after);
                let content = self.inside(element, after);
                self.attributes(element, content)
            }
        };
        self.in_own_message = was_own;
        before
    }

    /// A condition is evaluated, then its branch runs or the next condition is.
    fn choose(&mut self, element: &Element, after: Bodies) -> Bodies {
        let branches: Vec<&Element> = element.elements().collect();
        branches.into_iter().rev().fold(after, |others, branch| {
            let inside = self.inside(branch, after);
            match branch.name.as_str() {
                "otherwise" => inside,
                _ => self.attributes(branch, inside | others),
            }
        })
    }

    /// What is needed right after a policy has read what it is configured with.
    fn after(&mut self, element: &Element, after: Bodies) -> Bodies {
        let kept = element.literal("response-variable-name").map(|name| self.variable(name.trim()));
        match element.name.as_str() {
            "return-response" => kept.unwrap_or_default(),
            "mock-response" if element.attribute("enabled").is_none() => 0,
            "forward-request" => forwarded(after),
            BASE | INCLUDE if self.section == Some(Section::Backend) => after | REQUEST,
            "set-body" if !self.in_own_message => after & !self.message(),
            name if OWN_MESSAGE.contains(&name) => {
                let copies = element.literal("mode") == Some("copy") && element.child("set-body").is_none();
                after & !kept.unwrap_or_default() | if copies { REQUEST } else { 0 }
            }
            _ => after,
        }
    }

    /// The message that policies act on; both where that depends on what was before.
    fn message(&self) -> Bodies {
        match self.section {
            Some(Section::Inbound) => REQUEST,
            Some(Section::Outbound | Section::OnError) => RESPONSE,
            Some(Section::Backend) | None => REQUEST | RESPONSE,
        }
    }

    fn variable(&mut self, name: &str) -> Bodies {
        let count = self.variables.len();
        match self.variables.get(name) {
            Some(bit) => *bit,
            None if count >= VARIABLES_MAX => 0,
            None => *self.variables.entry(name.to_owned()).or_insert(1 << (count + 2)),
        }
    }

    fn value(&mut self, value: &Value, after: Bodies) -> Bodies {
        let Some(expression) = self.expressions.get(&value.span.start) else {
            return after;
        };
        let mut before = after;
        for BodyRead { of, keeps, span } in &expression.reads.bodies {
            let body = match of {
                BodyOf::Request => REQUEST,
                BodyOf::Response => RESPONSE,
                BodyOf::Variable(name) => self.variable(name),
            };
            if !keeps && after & body != 0 {
                let message = match of {
                    BodyOf::Request => "this takes the request's body, and it is read or forwarded later",
                    BodyOf::Response => "this takes the response's body, and it is read or sent on later",
                    BodyOf::Variable(_) => "this takes the body of the response, and it is read later",
                };
                self.checker
                    .warning(value.place(*span), "body-consumed", message)
                    .hint("keep it: `preserveContent: true`");
            }
            before |= body;
        }
        before
    }
}

fn forwarded(after: Bodies) -> Bodies {
    after & !RESPONSE | REQUEST
}
