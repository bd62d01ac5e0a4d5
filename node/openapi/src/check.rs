//! Checks a document against the specification.
//!
//! One idea: one walk along the table of `shape`, which tells everything that is not as the
//! specification has it; what can be imported nevertheless is decided elsewhere, so all findings here
//! are warnings. References are looked up but not walked into: what they lead to is walked where it
//! stands. Must not know the model.

use crate::cursor::Cursor;
use crate::edition::Edition;
use crate::finding::Findings;
use crate::reference::{self, RefProblem};
use crate::shape::{Field, Object, SCHEMA_TYPES, Shape};
use crate::text::shorten;
use crate::{rules, url};
use hanse_manifest::value::{Node, Value};

/// One walk over a document.
pub(crate) struct Check<'a, 'f> {
    pub(crate) root: &'a Node,
    pub(crate) edition: Edition,
    pub(crate) findings: &'f mut Findings,
}

/// Tells everything that is not as the specification has it.
pub(crate) fn check(root: &Cursor<'_>, edition: Edition, findings: &mut Findings) {
    let mut check = Check { root: root.node, edition, findings };
    check.object(root, Object::Document);
    rules::whole_document(&mut check, root);
}

impl<'a> Check<'a, '_> {
    fn shape(&mut self, at: &Cursor<'a>, shape: Shape) {
        match shape {
            Shape::Any => {}
            Shape::Text => self.text(at),
            Shape::Flag => self.expect(at, at.node.as_bool().is_some(), "`true` or `false`"),
            Shape::Number => self.expect(at, matches!(at.node.value, Value::Number(_)), "a number"),
            Shape::Count => {
                let is_count = at.node.as_integer().is_some_and(|number| number >= 0);
                self.expect(at, is_count, "a whole number, 0 or more");
            }
            Shape::Link => {
                let is_link = at.node.as_str().is_some_and(|text| url::absolute(text).is_some());
                self.expect(at, is_link, "a URL as `https://host/path`");
            }
            Shape::Reference => {
                let is_reference =
                    at.node.as_str().is_some_and(|text| !text.contains([' ', '<', '>', '\\', '^']));
                self.expect(at, is_reference, "a URL");
            }
            Shape::Email => {
                let is_email = at.node.as_str().is_some_and(is_email);
                self.expect(at, is_email, "an e-mail address");
            }
            Shape::Pattern => self.pattern(at),
            Shape::OneOf(allowed) => {
                let is_allowed = at.node.as_str().is_some_and(|text| allowed.contains(&text));
                self.expect(at, is_allowed, &format!("one of {}", allowed.join(", ")));
            }
            Shape::SchemaType => self.schema_type(at),
            Shape::FlagOr(shape) => {
                if at.node.as_bool().is_none() {
                    self.shape(at, *shape);
                }
            }
            Shape::Of(object) => self.object(at, object),
            Shape::RefOr(object) => {
                if !self.reference(at) {
                    self.object(at, object);
                }
            }
            Shape::Schema => self.schema(at),
            Shape::List(shape) => {
                self.expect(at, at.node.as_sequence().is_some(), "a list");
                for item in at.items() {
                    self.shape(&item, *shape);
                }
            }
            Shape::Map(shape) => self.map(at, *shape, false),
            Shape::Named(shape) => self.map(at, *shape, true),
        }
    }

    fn map(&mut self, at: &Cursor<'a>, shape: Shape, has_component_names: bool) {
        self.expect(at, at.is_mapping(), "a mapping");
        for (key, value) in at.entries() {
            if has_component_names && !is_component_name(key) {
                self.findings.warn(
                    &value,
                    format!(
                        "`{}` is no name of a component: letters, digits, `.`, `-` and `_` are allowed",
                        shorten(key)
                    ),
                );
            }
            self.shape(&value, shape);
        }
    }

    /// Fields that must be there, fields that are, and the rules between them.
    fn object(&mut self, at: &Cursor<'a>, object: Object) {
        if !at.is_mapping() {
            // The import has told already, with an error.
            if !(at.pointer == "#/info" || at.pointer == "#/paths") {
                self.expect(at, false, &format!("a mapping, for this is {}", object.what()));
            }
            return;
        }
        for field in object.fields() {
            let is_missing = !at.has(field.name);
            if field.is_required_in(self.edition) && is_missing {
                self.findings.warn(at, format!("`{}` is missing in {}", field.name, object.what()));
            }
        }
        for (key, value) in at.entries() {
            self.entry(at, object, key, &value);
        }
        rules::of_object(self, at, object);
    }

    fn entry(&mut self, at: &Cursor<'a>, object: Object, key: &str, value: &Cursor<'a>) {
        let known = object.fields().iter().filter(|field| field.name == key);
        if let Some(field) = known.clone().find(|field| field.is_in(self.edition)) {
            if field.name == "$ref" {
                self.reference(at);
                return;
            }
            self.shape(value, field.shape);
            return;
        }
        if key.starts_with("x-") {
            return;
        }
        if let Some(shape) = object.others() {
            self.shape(value, shape);
            return;
        }
        if object.is_open(self.edition) {
            return;
        }
        let other_version = known.clone().next().is_some();
        let similar = object.fields().iter().find(|field| field.name.eq_ignore_ascii_case(key));
        let message = match similar {
            _ if other_version => {
                format!("`{key}` does not exist in {} in this version of OpenAPI", object.what())
            }
            Some(Field { name, .. }) => {
                format!("`{}` is no field of {}; did you mean `{name}`?", shorten(key), object.what())
            }
            None => format!("`{}` is no field of {}", shorten(key), object.what()),
        };
        self.findings.warn(value, message);
    }

    fn schema(&mut self, at: &Cursor<'a>) {
        if self.edition >= Edition::V31 && at.node.as_bool().is_some() {
            return;
        }
        // Before 3.1 nothing beside `$ref` counts.
        if self.edition < Edition::V31 && self.reference(at) {
            return;
        }
        self.object(at, Object::Schema);
    }

    fn schema_type(&mut self, at: &Cursor<'a>) {
        let expected = format!("one of {}", SCHEMA_TYPES.join(", "));
        let is_type = |node: &Node| node.as_str().is_some_and(|text| SCHEMA_TYPES.contains(&text));
        if self.edition >= Edition::V31 && at.node.as_sequence().is_some() {
            for item in at.items() {
                self.expect(&item, is_type(item.node), &expected);
            }
            return;
        }
        self.expect(at, is_type(at.node), &expected);
    }

    /// Whether `$ref` stands here; one that leads nowhere is told.
    fn reference(&mut self, at: &Cursor<'a>) -> bool {
        let Some(place) = at.get("$ref") else { return false };
        let Some(text) = place.node.as_str() else {
            self.findings.warn(&place, RefProblem::NotText.message(""));
            return true;
        };
        match reference::follow(self.root, at.clone()) {
            Ok(_) => {}
            // Names that schemas give themselves are not looked for.
            Err(RefProblem::Anchor) if self.edition >= Edition::V31 => {}
            Err(problem) => self.findings.warn(&place, problem.message(text)),
        }
        true
    }

    fn text(&mut self, at: &Cursor<'a>) {
        self.expect(at, at.node.as_str().is_some(), "text");
    }

    fn pattern(&mut self, at: &Cursor<'a>) {
        let Some(pattern) = at.node.as_str() else { return self.text(at) };
        if let Some(problem) = unbalanced(pattern) {
            self.findings.warn(at, format!("`{}` is no regular expression: {problem}", shorten(pattern)));
        }
    }

    fn expect(&mut self, at: &Cursor<'a>, is_met: bool, expected: &str) {
        if !is_met {
            let found = at.node.describe();
            self.findings.warn(at, format!("{expected} is expected, and there is {found}"));
        }
    }
}

fn is_component_name(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

fn is_email(text: &str) -> bool {
    let legal = |c: char| !c.is_whitespace() && !c.is_control();
    text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
        && text.chars().all(legal)
}

/// What is plainly wrong with the brackets of a regular expression.
fn unbalanced(pattern: &str) -> Option<&'static str> {
    let (mut groups, mut in_class, mut escaped) = (0_u32, false, false);
    for c in pattern.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ']' if in_class => in_class = false,
            _ if in_class => {}
            '[' => in_class = true,
            '(' => groups += 1,
            ')' if groups == 0 => return Some("a `)` closes nothing"),
            ')' => groups -= 1,
            _ => {}
        }
    }
    match (in_class, groups, escaped) {
        (true, ..) => Some("a `[` is never closed"),
        (_, 1.., _) => Some("a `(` is never closed"),
        (.., true) => Some("it ends with a lone backslash"),
        _ => None,
    }
}
