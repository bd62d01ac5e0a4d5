//! All that an expression may be written with, as data for other programs: types with their members, and
//! the constructs of the language.
//!
//! Told from the catalogue that expressions are checked against, in the texts it is declared with.

use hanse_expression::language::{CONSTRUCTS, Construct, REFUSED};
use hanse_expression::types::catalogue::{MemberKind, TypeKind};
use hanse_expression::types::{Member, TypeDef, catalogue};
use serde::Serialize;

/// The language of expressions.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpressionsEntry {
    /// By namespace and name.
    pub types: Vec<TypeEntry>,
    pub constructs: Vec<ConstructEntry>,
    /// What C# 7.3 has, and is refused.
    pub refused_constructs: Vec<ConstructEntry>,
}

/// A type that an expression may name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeEntry {
    pub namespace: &'static str,
    pub name: &'static str,
    /// `class`, `struct`, `interface`, `enum`, `delegate` or `static class`.
    pub kind: &'static str,
    /// How many; in other types they are called `T0`, `T1`, …
    pub type_parameters: usize,
    pub bases: Vec<String>,
    pub members: Vec<MemberEntry>,
    /// Of an enumeration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<EnumValue>,
}

/// A member of a type.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberEntry {
    /// `.ctor` of constructors, `Item` of indexers, the symbol of operators, nothing of conversions.
    pub name: &'static str,
    /// `method`, `extension method`, `property`, `indexer`, `constructor`, `operator` or `conversion`.
    pub kind: &'static str,
    #[serde(rename = "static")]
    pub is_static: bool,
    /// As C# declares it.
    pub text: &'static str,
}

/// A name of an enumeration and the number it stands for.
#[derive(Debug, Serialize)]
pub struct EnumValue {
    pub name: &'static str,
    pub value: i32,
}

/// A construct of the language.
#[derive(Debug, Serialize)]
pub struct ConstructEntry {
    pub name: &'static str,
    pub example: &'static str,
}

/// What there is to say of expressions.
pub fn expressions() -> ExpressionsEntry {
    let mut types: Vec<TypeEntry> = catalogue().types().map(type_entry).collect();
    types.sort_by_key(|it| (it.namespace, it.name, it.type_parameters));
    let constructs = |all: &[Construct]| all.iter().map(construct).collect();
    ExpressionsEntry { types, constructs: constructs(CONSTRUCTS), refused_constructs: constructs(REFUSED) }
}

fn construct(construct: &Construct) -> ConstructEntry {
    ConstructEntry { name: construct.name, example: construct.example }
}

fn type_entry(def: &TypeDef) -> TypeEntry {
    TypeEntry {
        namespace: def.namespace,
        name: def.name,
        kind: match def.kind {
            TypeKind::Class => "class",
            TypeKind::Struct => "struct",
            TypeKind::Interface => "interface",
            TypeKind::Enum => "enum",
            TypeKind::Delegate => "delegate",
            TypeKind::Static => "static class",
        },
        type_parameters: def.arity,
        bases: def.bases.iter().map(ToString::to_string).collect(),
        members: def.members.values().flatten().map(|it| member(it)).collect(),
        values: def.values.iter().map(|(name, value)| EnumValue { name, value: *value }).collect(),
    }
}

fn member(member: &Member) -> MemberEntry {
    MemberEntry {
        name: member.name,
        kind: match member.kind {
            MemberKind::Method if member.is_extension => "extension method",
            MemberKind::Method => "method",
            MemberKind::Property => "property",
            MemberKind::Indexer => "indexer",
            MemberKind::Constructor => "constructor",
            MemberKind::Operator => "operator",
            MemberKind::Implicit | MemberKind::Explicit => "conversion",
        },
        is_static: member.is_static,
        text: member.text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_members_are_described_as_they_are_declared() {
        let entry = serde_json::to_value(expressions()).unwrap();
        let find = |name: &str| {
            let types = entry["types"].as_array().unwrap();
            types.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}"))
        };
        let member = |of: &str, name: &str| {
            let members = find(of)["members"].as_array().unwrap();
            members.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{of}.{name}")).clone()
        };
        assert_eq!(find("List")["typeParameters"], 1);
        assert!(find("Int32")["bases"].as_array().unwrap().contains(&"IComparable<int>".into()));
        assert_eq!(find("Enumerable")["kind"], "static class");
        assert_eq!(member("Enumerable", "Any")["kind"], "extension method");
        assert_eq!(member("String", "Length")["text"], "int Length { get; }");
        assert_eq!(member("JToken", "")["kind"], "conversion");
        let comparison = find("StringComparison");
        assert_eq!(comparison["values"][5], serde_json::json!({"name": "OrdinalIgnoreCase", "value": 5}));
        assert!(entry["constructs"].as_array().unwrap().len() > 50);
    }
}
