//! The shape of policies as data: where each may stand, and which attributes, children and text its
//! elements have.
//!
//! One table per element drives the checks, the hints, the texts beside a finding and the
//! description for other programs, so that what is said and what is checked cannot differ.

use std::fmt::Write as _;

use hanse_expression::Target;

use crate::check::Checker;
use crate::kind::Kind;
use crate::policies::Policy;
use crate::section::{ScopeKind, Section};
use crate::tree::Element;

/// Any number of children.
pub(crate) const MANY: usize = usize::MAX;

/// Longest attribute shown in a message, in characters.
const SHOWN_CHARS_MAX: usize = 64;

pub(crate) const INBOUND: &[Section] = &[Section::Inbound];
pub(crate) const OUTBOUND: &[Section] = &[Section::Outbound];
pub(crate) const NOT_BACKEND: &[Section] = &[Section::Inbound, Section::Outbound, Section::OnError];
pub(crate) const ANSWERS: &[Section] = &[Section::Outbound, Section::OnError];
/// For a policy that stands nowhere but in other elements.
pub(crate) const NOWHERE: &[Section] = &[];
/// Scopes of policies that APIM does not let into workspaces.
pub(crate) const NOT_WORKSPACE: &[ScopeKind] =
    &[ScopeKind::Global, ScopeKind::Product, ScopeKind::Api, ScopeKind::Operation];
/// Scopes of policies that look at an API as a whole.
pub(crate) const NOT_OPERATION: &[ScopeKind] =
    &[ScopeKind::Global, ScopeKind::Workspace, ScopeKind::Product, ScopeKind::Api];

/// A policy: its element, where it may stand, and how it becomes something that runs.
pub(crate) struct PolicySpec {
    pub(crate) element: ElementSpec,
    /// What it does, in one sentence.
    pub(crate) about: &'static str,
    /// Sections it may stand in.
    pub(crate) sections: &'static [Section],
    /// Sections it is accepted in with a warning.
    pub(crate) tolerated: &'static [Section],
    /// Scopes that APIM accepts it at; elsewhere a warning.
    pub(crate) scopes: &'static [ScopeKind],
    pub(crate) once: Once,
    /// What the tables cannot say. Runs after the table checks, whatever those found.
    pub(crate) check: fn(&Element, &mut Checker<'_>),
    pub(crate) release: Release,
}

/// What this release does with a policy.
pub(crate) enum Release {
    /// Builds the policy of an element without errors; `None` only if there was one after all.
    Runs(fn(&Element) -> Option<Policy>),
    /// Read and checked; a document with it is not put to work.
    Checks,
}

/// How often a policy may stand in a document; those within others count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Once {
    Never,
    PerSection,
    PerDocument,
}

/// An element and what may be in it.
pub(crate) struct ElementSpec {
    pub(crate) name: &'static str,
    pub(crate) attributes: &'static [AttributeSpec],
    pub(crate) children: &'static [ChildSpec],
    pub(crate) content: Content,
    pub(crate) policies: Inner,
}

/// An element that may stand in another.
pub(crate) struct ChildSpec {
    pub(crate) element: ChildElement,
    pub(crate) min: usize,
    pub(crate) max: usize,
}

pub(crate) enum ChildElement {
    Own(&'static ElementSpec),
    /// A policy that configures the message of its parent: rules of placement are not for it.
    Policy(&'static PolicySpec),
}

/// Policies that an element holds as a section does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inner {
    None,
    Any,
    Except(&'static [&'static str]),
    Only(&'static [&'static str]),
}

/// What an element holds besides children of its table.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    /// Blanks only.
    None,
    /// Text of this kind; empty text is checked like any other.
    Text(Kind),
    /// The same, or an expression.
    Expression(Kind),
    /// Elements that no table tells of.
    Free,
}

#[derive(Clone, Copy)]
pub(crate) struct AttributeSpec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) need: Need,
    pub(crate) takes_expression: bool,
    pub(crate) usage: Usage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Required,
    Optional,
    Default(&'static str),
}

/// What this release makes of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    Full,
    /// Accepted and without effect; the text says why.
    NoEffect(&'static str),
    /// Checked and not run yet; the text says what is missing.
    Checks(&'static str),
}

impl PolicySpec {
    /// A policy that may stand everywhere, any number of times, and is checked alone.
    pub(crate) const fn of(element: ElementSpec, about: &'static str) -> Self {
        Self {
            element,
            about,
            sections: &Section::ALL,
            tolerated: &[],
            scopes: &ScopeKind::ALL,
            once: Once::Never,
            check: nothing_more,
            release: Release::Checks,
        }
    }

    pub(crate) fn runs(&self) -> bool {
        matches!(self.release, Release::Runs(_))
    }
}

impl ElementSpec {
    /// An element with nothing in it.
    pub(crate) const fn named(name: &'static str) -> Self {
        Self { name, attributes: &[], children: &[], content: Content::None, policies: Inner::None }
    }

    /// An element that holds a text.
    pub(crate) const fn text(name: &'static str, kind: Kind) -> Self {
        Self { content: Content::Text(kind), ..Self::named(name) }
    }

    /// An element that holds a text or an expression.
    pub(crate) const fn expression(name: &'static str, kind: Kind) -> Self {
        Self { content: Content::Expression(kind), ..Self::named(name) }
    }

    /// An element that holds elements.
    pub(crate) const fn list(name: &'static str, children: &'static [ChildSpec]) -> Self {
        Self { children, ..Self::named(name) }
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&'static AttributeSpec> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// `rate-limit: calls (integer ≥ 1, required), …`
    pub(crate) fn describe(&self) -> String {
        let mut out = String::from(self.name);
        let mut separator = ": ";
        for attribute in self.attributes.iter().filter(|attribute| attribute.usage == Usage::Full) {
            let kind = attribute.kind.short();
            let extra = match attribute.need {
                Need::Required => ", required".to_owned(),
                Need::Optional => String::new(),
                Need::Default(value) => format!(", default {value}"),
            };
            write!(out, "{separator}{} ({kind}{extra})", attribute.name).expect("a string takes everything");
            separator = ", ";
        }
        for child in self.children {
            write!(out, "{separator}<{}>", child.spec().name).expect("a string takes everything");
            separator = ", ";
        }
        match self.policies {
            Inner::None => {}
            Inner::Any | Inner::Except(_) => {
                write!(out, "{separator}policies").expect("a string takes everything");
                separator = ", ";
            }
            Inner::Only(names) => {
                write!(out, "{separator}<{}>", names.join(">, <")).expect("a string takes everything");
                separator = ", ";
            }
        }
        if separator == ": " {
            out.push_str(": no attributes");
        }
        out
    }
}

impl ChildSpec {
    pub(crate) const fn any(element: &'static ElementSpec) -> Self {
        Self { element: ChildElement::Own(element), min: 0, max: MANY }
    }

    pub(crate) const fn some(element: &'static ElementSpec) -> Self {
        Self { min: 1, ..Self::any(element) }
    }

    pub(crate) const fn maybe(element: &'static ElementSpec) -> Self {
        Self { max: 1, ..Self::any(element) }
    }

    pub(crate) const fn one(element: &'static ElementSpec) -> Self {
        Self { min: 1, max: 1, ..Self::any(element) }
    }

    pub(crate) const fn policy(policy: &'static PolicySpec) -> Self {
        Self { element: ChildElement::Policy(policy), min: 0, max: 1 }
    }

    pub(crate) const fn policies(policy: &'static PolicySpec) -> Self {
        Self { max: MANY, ..Self::policy(policy) }
    }

    pub(crate) const fn required(self) -> Self {
        Self { min: 1, ..self }
    }

    pub(crate) fn spec(&self) -> &'static ElementSpec {
        match self.element {
            ChildElement::Own(element) => element,
            ChildElement::Policy(policy) => &policy.element,
        }
    }
}

/// An attribute that may be left out and takes no expression.
pub(crate) const fn attribute(name: &'static str, kind: Kind) -> AttributeSpec {
    AttributeSpec { name, kind, need: Need::Optional, takes_expression: false, usage: Usage::Full }
}

impl AttributeSpec {
    pub(crate) const fn required(self) -> Self {
        Self { need: Need::Required, ..self }
    }

    pub(crate) const fn or(self, default: &'static str) -> Self {
        Self { need: Need::Default(default), ..self }
    }

    /// Takes an expression too.
    pub(crate) const fn expression(self) -> Self {
        Self { takes_expression: true, ..self }
    }

    pub(crate) const fn no_effect(self, why: &'static str) -> Self {
        Self { usage: Usage::NoEffect(why), ..self }
    }

    pub(crate) const fn not_run(self, why: &'static str) -> Self {
        Self { usage: Usage::Checks(why), ..self }
    }

    /// What an expression has to result in; `None`: it takes none.
    pub(crate) fn target(&self) -> Option<Target> {
        self.takes_expression.then(|| self.kind.target())
    }
}

impl Inner {
    pub(crate) fn allows(self, policy: &str) -> bool {
        match self {
            Self::None => false,
            Self::Any => true,
            Self::Except(names) => !names.contains(&policy),
            Self::Only(names) => names.contains(&policy),
        }
    }
}

/// For policies whose tables say everything.
pub(crate) fn nothing_more(_: &Element, _: &mut Checker<'_>) {}

/// A name or value as messages show it: bounded, on one line.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String =
        text.chars().take(SHOWN_CHARS_MAX).map(|char| if char.is_control() { ' ' } else { char }).collect();
    if text.chars().nth(SHOWN_CHARS_MAX).is_some() {
        out.push('…');
    }
    out
}

/// The candidate that was probably meant.
pub(crate) fn suggest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    // Nothing that long is a misspelt name, and the distance costs the product of the lengths.
    if name.len() > SHOWN_CHARS_MAX {
        return None;
    }
    let lower = name.to_ascii_lowercase().replace('_', "-");
    let allowed = |candidate: &str| (candidate.len() / 3).max(1);
    candidates
        .into_iter()
        // Lengths alone rule most out, and cost nothing.
        .filter(|candidate| candidate.len().abs_diff(lower.len()) <= allowed(candidate))
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= allowed(candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_name_is_recognised() {
        let names = ["calls", "renewal-period", "set-header", "set-status"];
        for (name, expected) in [
            ("call", Some("calls")),
            ("Renewal_Period", Some("renewal-period")),
            ("setheader", Some("set-header")),
            ("zzz", None),
            ("", None),
        ] {
            assert_eq!(suggest(name, names), expected, "{name}");
        }
        assert_eq!(suggest(&"x".repeat(100_000), names), None);
    }

    #[test]
    fn long_names_are_cut() {
        assert_eq!(shown(&"é".repeat(65)).chars().count(), 65);
        assert_eq!(shown(&"é".repeat(64)), "é".repeat(64));
    }
}
