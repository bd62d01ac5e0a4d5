//! All that the tables say of policies, as data for other programs: editors, documentation, schemas.
//!
//! Nothing is said here that the tables do not say: what is described is what is checked.

use hanse_expression::Target;
use serde::Serialize;

use crate::expressions::{ExpressionsEntry, expressions};
use crate::kind::Kind;
use crate::policies::{POLICIES, RESOLVERS, base};
use crate::schema::{
    AttributeSpec, ChildElement, ChildSpec, Content, ElementSpec, Inner, MANY, Need, Once, PolicySpec, Usage,
};

/// Everything there is to say.
#[derive(Debug, Serialize)]
pub struct Catalogue {
    /// Policies that may stand in documents, by name.
    pub policies: Vec<PolicyEntry>,
    /// Roots of resolver documents.
    pub resolvers: Vec<PolicyEntry>,
    /// What the expressions in them may be written with.
    pub expressions: ExpressionsEntry,
}

/// A policy.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyEntry {
    pub element: &'static str,
    /// What it does, in one sentence.
    pub description: &'static str,
    /// Sections it may stand in; none: it stands in other elements alone.
    pub sections: Vec<&'static str>,
    /// Sections it is accepted in with a warning.
    pub tolerated_sections: Vec<&'static str>,
    /// Scopes that APIM accepts it at; elsewhere a warning.
    pub scopes: Vec<&'static str>,
    /// `section` or `document`: it may stand there once.
    pub once_per: Option<&'static str>,
    /// Whether this release runs it; if not, it is read and checked.
    pub runs: bool,
    #[serde(flatten)]
    pub content: ElementEntry,
}

/// What may be in an element.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ElementEntry {
    pub attributes: Vec<AttributeEntry>,
    /// The text it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<ValueEntry>,
    pub children: Vec<ChildEntry>,
    /// Policies it holds as a section does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<PoliciesEntry>,
    /// It holds elements that are not described.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_free: bool,
}

/// An element that may stand in another.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChildEntry {
    pub element: &'static str,
    pub min: usize,
    /// Absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<usize>,
    /// It is a policy and described as one; `content` is absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_policy: bool,
    #[serde(flatten)]
    pub content: Option<ElementEntry>,
}

/// Which policies an element holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum PoliciesEntry {
    /// All but these.
    Except(&'static [&'static str]),
    Only(&'static [&'static str]),
}

/// An attribute.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttributeEntry {
    pub name: &'static str,
    #[serde(flatten)]
    pub value: ValueEntry,
    pub required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<&'static str>,
    /// Why this release does nothing with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_run: Option<&'static str>,
}

/// What an attribute or text has to be.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueEntry {
    /// `string`, `bool`, `integer`, `enum`, …
    pub r#type: &'static str,
    /// For people, with bounds: `seconds, 1 to 300`.
    pub takes: String,
    /// The words of an `enum`.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub values: &'static [&'static str],
    /// Whether an expression may stand for it.
    pub expression: bool,
    /// The type an expression has to result in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<&'static str>,
}

/// What there is to say of all policies and of expressions.
pub fn catalogue() -> Catalogue {
    let mut policies: Vec<PolicyEntry> = POLICIES.iter().copied().chain([&base::SPEC]).map(policy).collect();
    policies.sort_by_key(|policy| policy.element);
    let resolvers = RESOLVERS.iter().copied().map(policy).collect();
    Catalogue { policies, resolvers, expressions: expressions() }
}

fn policy(spec: &PolicySpec) -> PolicyEntry {
    PolicyEntry {
        element: spec.element.name,
        description: spec.about,
        sections: spec.sections.iter().map(|section| section.as_str()).collect(),
        tolerated_sections: spec.tolerated.iter().map(|section| section.as_str()).collect(),
        scopes: spec.scopes.iter().map(|scope| scope.as_str()).collect(),
        once_per: match spec.once {
            Once::Never => None,
            Once::PerSection => Some("section"),
            Once::PerDocument => Some("document"),
        },
        runs: spec.runs(),
        content: content(&spec.element),
    }
}

fn content(element: &ElementSpec) -> ElementEntry {
    ElementEntry {
        attributes: element.attributes.iter().map(attribute).collect(),
        text: match element.content {
            Content::None | Content::Free => None,
            Content::Text(kind) => Some(value(kind, None)),
            Content::Expression(kind) => Some(value(kind, Some(kind.target()))),
        },
        children: element.children.iter().map(child).collect(),
        policies: match element.policies {
            Inner::None => None,
            Inner::Any => Some(PoliciesEntry::Except(&[])),
            Inner::Except(names) => Some(PoliciesEntry::Except(names)),
            Inner::Only(names) => Some(PoliciesEntry::Only(names)),
        },
        is_free: matches!(element.content, Content::Free),
    }
}

fn child(child: &ChildSpec) -> ChildEntry {
    let (is_policy, own) = match child.element {
        ChildElement::Own(element) => (false, Some(content(element))),
        ChildElement::Policy(_) => (true, None),
    };
    let max = (child.max != MANY).then_some(child.max);
    ChildEntry { element: child.spec().name, min: child.min, max, is_policy, content: own }
}

fn attribute(attribute: &AttributeSpec) -> AttributeEntry {
    AttributeEntry {
        name: attribute.name,
        value: value(attribute.kind, attribute.target()),
        required: attribute.need == Need::Required,
        default: match attribute.need {
            Need::Default(default) => Some(default),
            Need::Required | Need::Optional => None,
        },
        not_run: match attribute.usage {
            Usage::Full => None,
            Usage::NoEffect(why) | Usage::Checks(why) => Some(why),
        },
    }
}

fn value(kind: Kind, target: Option<Target>) -> ValueEntry {
    ValueEntry {
        r#type: kind.word(),
        takes: kind.short(),
        values: kind.words(),
        expression: target.is_some(),
        target: target.map(|target| match target {
            Target::String => "string",
            Target::Bool => "bool",
            Target::Int => "int",
            Target::Long => "long",
            Target::Double => "double",
            Target::Bytes => "byte[]",
            Target::Body => "string or byte[]",
            Target::Object => "object",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_described_as_it_is_checked() {
        let catalogue = serde_json::to_value(catalogue()).unwrap();
        let policies = catalogue["policies"].as_array().unwrap();
        let names: Vec<&str> = policies.iter().map(|it| it["element"].as_str().unwrap()).collect();
        assert!(names.is_sorted() && names.len() == POLICIES.len() + 1, "{names:?}");
        let find = |name: &str| policies.iter().find(|it| it["element"] == name).unwrap();
        assert_eq!(find("set-header")["runs"], true);
        assert_eq!(find("quota")["oncePer"], "document");
        assert_eq!(find("retry")["policies"]["except"], serde_json::json!(["wait"]));
        assert_eq!(find("set-body")["text"]["target"], "string or byte[]");
        insta::assert_snapshot!(find("rate-limit-by-key")["attributes"][1], @r#"{"expression":true,"name":"renewal-period","required":true,"takes":"seconds or ISO 8601 duration, 1 to 300","target":"int","type":"period"}"#);
        let when = &find("choose")["children"][0];
        assert_eq!((&when["element"], &when["attributes"][0]["target"]), (&"when".into(), &"bool".into()));
        for policy in policies.iter().chain(catalogue["resolvers"].as_array().unwrap()) {
            let description = policy["description"].as_str().unwrap();
            assert!(description.ends_with('.') && description.len() > 10, "{policy}");
        }
    }
}
