//! Advice on variables: what a document sets, held against what its expressions take it for.
//!
//! A variable is an `object`: taking one for what it is not is an exception when it runs, and seen here
//! where the document says what it sets. What other documents set is not known.

use std::collections::{BTreeMap, BTreeSet};

use hanse_expression::bind::may_be;
use hanse_expression::reads::{How, VariableRead};
use hanse_expression::span::Span;
use hanse_expression::types::{Known, Ty};

use crate::check::{Checker, Expressions};
use crate::document::DocumentKind;
use crate::policies::{BASE, INCLUDE};
use crate::schema::shown;
use crate::section::{ScopeKind, Section};
use crate::tree::{Element, Node, Value, ValueKind};

const SET_VARIABLE: &str = "set-variable";
/// Set by policies that name no variable.
const BUILT_IN: [&str; 1] = ["GraphQLErrors"];

/// Types that APIM keeps in variables, apart from nullable ones, arrays of bytes and the kinds of `JToken`.
const KEPT: [Known; 17] = [
    Known::Boolean,
    Known::SByte,
    Known::Byte,
    Known::Int16,
    Known::UInt16,
    Known::Int32,
    Known::UInt32,
    Known::Int64,
    Known::UInt64,
    Known::Decimal,
    Known::Single,
    Known::Double,
    Known::Char,
    Known::String,
    Known::Guid,
    Known::DateTime,
    Known::TimeSpan,
];

pub(super) fn advise(
    checker: &mut Checker<'_>,
    expressions: &Expressions,
    root: &Element,
    kind: DocumentKind,
) {
    let mut found = Found {
        expressions,
        set: BTreeMap::new(),
        unusual: Vec::new(),
        looks: Vec::new(),
        asked: BTreeSet::new(),
        is_open: false,
    };
    found.element(root);
    for (span, ty) in &found.unusual {
        let message = format!("Azure API Management keeps no `{ty}` in a variable");
        checker.warning(*span, "variable-type", message).hint("keep a text or a `JToken` made of it");
    }
    let is_alone = kind == DocumentKind::Document && !found.is_open && is_alone(checker.scope(), root);
    for (look, span) in &found.looks {
        match found.set.get(look.name.as_str()) {
            Some(types) => wrong_type(checker, look, *span, types),
            None if is_alone && look.how == How::Indexed => found.never_set(checker, look, *span),
            None => {}
        }
    }
}

/// True where no other document can set anything before the expressions of this one run.
fn is_alone(scope: Option<ScopeKind>, root: &Element) -> bool {
    let cuts_off = |inbound: &Element| !inbound.elements().any(|child| child.name == BASE);
    scope == Some(ScopeKind::Global) || root.child(Section::Inbound.as_str()).is_some_and(cuts_off)
}

struct Found<'t> {
    expressions: &'t Expressions,
    /// What each variable is set to; [`Ty::Unknown`] where nobody can tell.
    set: BTreeMap<&'t str, Vec<Ty>>,
    /// Of a type that APIM does not keep.
    unusual: Vec<(Span, Ty)>,
    looks: Vec<(&'t VariableRead, Span)>,
    /// Whose being there is asked for somewhere.
    asked: BTreeSet<&'t str>,
    /// Other variables may be set by what is not known here.
    is_open: bool,
}

impl<'t> Found<'t> {
    fn element(&mut self, element: &'t Element) {
        self.is_open |= element.name == INCLUDE;
        for attribute in &element.attributes {
            self.value(&attribute.value);
            let is_set = match element.name.as_str() {
                SET_VARIABLE => attribute.name == "name",
                "return-response" => false,
                _ => attribute.name.ends_with("variable-name"),
            };
            if is_set {
                let ty = match element.name.as_str() {
                    SET_VARIABLE => self.type_set(element),
                    _ => Ty::Unknown,
                };
                match attribute.value.literal() {
                    Some(name) => self.set.entry(name).or_default().push(ty),
                    None => self.is_open = true,
                }
            }
        }
        for child in &element.children {
            match child {
                Node::Element(child) => self.element(child),
                Node::Text(text) => self.value(text),
            }
        }
    }

    fn type_set(&mut self, element: &Element) -> Ty {
        let Some(value) = element.attribute("value").map(|attribute| &attribute.value) else {
            return Ty::Unknown;
        };
        match value.kind {
            ValueKind::Literal => Ty::string(),
            ValueKind::Deferred => Ty::Unknown,
            ValueKind::Expression => {
                let ty = self.expressions.get(&value.span.start).and_then(|it| it.ty.clone());
                let ty = ty.unwrap_or(Ty::Unknown);
                if !is_kept(&ty) {
                    self.unusual.push((value.span, ty.clone()));
                }
                ty
            }
        }
    }

    fn value(&mut self, value: &Value) {
        let expressions = self.expressions;
        let Some(expression) = expressions.get(&value.span.start) else {
            return;
        };
        for look in &expression.reads.variables {
            match look.how {
                How::Asked => {
                    self.asked.insert(&look.name);
                }
                _ => self.looks.push((look, value.place(look.span))),
            }
        }
    }

    fn never_set(&self, checker: &mut Checker<'_>, look: &VariableRead, span: Span) {
        let name = look.name.as_str();
        if self.asked.contains(name) || BUILT_IN.contains(&name) {
            return;
        }
        let message = format!("nothing sets the variable `{}`: this fails", shown(name));
        let hint = "set it before, or take a default: `context.Variables.GetValueOrDefault<string>(…)`";
        checker.warning(span, "variable-never-set", message).hint(hint);
    }
}

/// True for a type that APIM keeps, or that may turn out to be one.
fn is_kept(ty: &Ty) -> bool {
    let ty = ty.nullable_of().unwrap_or(ty);
    let is_bytes =
        |it: &Ty| it.element_of_array().is_some_and(|it| it.is(Known::Byte) || it.is(Known::SByte));
    match ty {
        Ty::Unknown | Ty::Dynamic | Ty::Null | Ty::Void => true,
        ty if ty.is(Known::Object) || is_bytes(ty) => true,
        ty if KEPT.iter().any(|known| ty.is(*known)) => true,
        ty => may_be(ty, &Ty::known(Known::JToken)),
    }
}

fn wrong_type(checker: &mut Checker<'_>, look: &VariableRead, span: Span, set: &[Ty]) {
    let (wanted, fails) = match &look.how {
        How::Cast(ty) => (ty, format!("a cast to `{ty}` fails")),
        How::As(ty) => (ty, format!("`as {ty}` is always null")),
        How::Default(ty) => (ty, format!("to take it for `{ty}` fails")),
        How::Indexed | How::Asked => return,
    };
    let Some(first) = set.first().filter(|_| !set.iter().any(|ty| may_be(ty, wanted))) else {
        return;
    };
    let message = format!("the variable `{}` holds `{first}`: {fails}", shown(&look.name));
    let hint = match may_be(first, &Ty::known(Known::JToken)) {
        true => format!("cast it twice: `({wanted})(JToken)…`"),
        false if first.is(Known::String) => {
            "take it for `string` and parse it, or set it by an expression".to_owned()
        }
        false => format!("take it for `{first}`, and convert that"),
    };
    checker.warning(span, "variable-type", message).hint(hint);
}
