//! `hanse policy schema`: policies and the language of expressions as data, from the tables that documents are
//! checked against.

use crate::cli::{Failure, Globals, Output, output::Out};
use clap::Args;
use hanse_policy::{
    AttributeEntry, ElementEntry, PoliciesEntry, PolicyEntry, TypeEntry, catalogue, expressions,
};
use std::fmt::Write as _;

#[derive(Debug, Args)]
#[command(after_help = "hanse policy schema\nhanse policy schema validate-jwt\n\
    hanse policy schema --expressions\nhanse policy schema --expressions JObject\nhanse policy schema -o json")]
pub struct Schema {
    /// A policy, to see all of it
    #[arg(value_name = "POLICY")]
    pub policy: Option<String>,
    /// The types that expressions may name, or the members of one
    #[arg(long, value_name = "TYPE", conflicts_with = "policy")]
    pub expressions: Option<Option<String>>,
}

impl Schema {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let out = Out::new(globals);
        if let Some(name) = self.expressions {
            return expression_types(&out, name.as_deref());
        }
        let catalogue = catalogue();
        let Some(name) = self.policy else {
            if out.format != Output::Table {
                return out.json(&serde_json::to_value(&catalogue).expect("texts and lists are JSON"));
            }
            let rows: Vec<Vec<String>> =
                catalogue.policies.iter().chain(&catalogue.resolvers).map(row).collect();
            return out.table(&["POLICY", "RUNS", "SECTIONS", "SCOPES", "ATTRIBUTES"], &rows);
        };
        let all = || catalogue.policies.iter().chain(&catalogue.resolvers);
        let Some(policy) = all().find(|policy| policy.element == name) else {
            let names: Vec<&str> = all().map(|policy| policy.element).collect();
            let hint = match hanse_manifest::nearest(&name, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`hanse policy schema` lists them".to_owned(),
            };
            return Err(Failure::usage(format!("there is no policy `{name}`")).hint(hint));
        };
        match out.format {
            Output::Table => out.text(&described(policy)),
            _ => out.json(&serde_json::to_value(policy).expect("texts and lists are JSON")),
        }
    }
}

/// The types that expressions may name; of one, its members.
fn expression_types(out: &Out, name: Option<&str>) -> Result<(), Failure> {
    let all = expressions();
    let json = |value: serde_json::Result<serde_json::Value>| out.json(&value.expect("texts are JSON"));
    let Some(name) = name else {
        if out.format != Output::Table {
            return json(serde_json::to_value(&all));
        }
        let rows: Vec<Vec<String>> = all.types.iter().map(type_row).collect();
        return out.table(&["TYPE", "KIND", "MEMBERS", "NAMESPACE"], &rows);
    };
    // `List` and `List<T>` mean the same, and so does `System.Collections.Generic.List`.
    let bare = name.split('<').next().unwrap_or(name);
    let is_meant = |it: &&TypeEntry| it.name == bare || format!("{}.{}", it.namespace, it.name) == bare;
    let found: Vec<&TypeEntry> = all.types.iter().filter(is_meant).collect();
    if found.is_empty() {
        let names: Vec<&str> = all.types.iter().map(|it| it.name).collect();
        let hint = match hanse_manifest::nearest(bare, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`hanse policy schema --expressions` lists them".to_owned(),
        };
        return Err(Failure::usage(format!("there is no type `{name}` for expressions")).hint(hint));
    }
    match out.format {
        Output::Table => {
            let texts: Vec<String> = found.into_iter().map(described_type).collect();
            out.text(&texts.join("\n"))
        }
        _ => json(serde_json::to_value(&found)),
    }
}

fn type_row(entry: &TypeEntry) -> Vec<String> {
    let count = entry.members.len() + entry.values.len();
    vec![type_name(entry), entry.kind.to_owned(), count.to_string(), entry.namespace.to_owned()]
}

fn type_name(entry: &TypeEntry) -> String {
    let parameters: Vec<String> = (0..entry.type_parameters).map(|at| format!("T{at}")).collect();
    match parameters.is_empty() {
        true => entry.name.to_owned(),
        false => format!("{}<{}>", entry.name, parameters.join(", ")),
    }
}

fn described_type(entry: &TypeEntry) -> String {
    let mut text = format!("{} {}.{}", entry.kind, entry.namespace, type_name(entry));
    if !entry.bases.is_empty() {
        let _ = write!(text, " : {}", entry.bases.join(", "));
    }
    text.push('\n');
    for value in &entry.values {
        let _ = writeln!(text, "  {} = {}", value.name, value.value);
    }
    for member in &entry.members {
        let _ = writeln!(text, "  {}", member.text);
    }
    text
}

fn row(policy: &PolicyEntry) -> Vec<String> {
    let attributes: Vec<&str> = policy.content.attributes.iter().map(|it| it.name).collect();
    vec![
        policy.element.to_owned(),
        if policy.runs { "yes" } else { "not yet" }.to_owned(),
        all_or(&policy.sections, 4),
        all_or(&policy.scopes, 5),
        attributes.join(" "),
    ]
}

fn all_or(names: &[&str], all: usize) -> String {
    match names.len() {
        0 => "—".to_owned(),
        len if len == all => "all".to_owned(),
        _ => names.join(" "),
    }
}

fn described(policy: &PolicyEntry) -> String {
    let mut text = format!("{}\n{}\n\n", policy.element, policy.description);
    let mut line =
        |name: &str, value: String| writeln!(text, "{name:<10} {value}").expect("a string takes all");
    line("sections", all_or(&policy.sections, 4));
    line("scopes", all_or(&policy.scopes, 5));
    if let Some(place) = policy.once_per {
        line("once per", place.to_owned());
    }
    line("runs", if policy.runs { "yes" } else { "not yet: it is read and checked" }.to_owned());
    text.push('\n');
    content(&mut text, &policy.content, 0);
    text
}

fn content(text: &mut String, element: &ElementEntry, depth: usize) {
    let indent = "  ".repeat(depth);
    for attribute in &element.attributes {
        let _ = writeln!(text, "{indent}{}", attribute_line(attribute));
    }
    if let Some(value) = &element.text {
        let expression = if value.expression { ", or an expression" } else { "" };
        let _ = writeln!(text, "{indent}(text): {}{expression}", value.takes);
    }
    for child in &element.children {
        let times = match (child.min, child.max) {
            (0, Some(1)) => "optional".to_owned(),
            (0, None) => "any number".to_owned(),
            (1, Some(1)) => "required".to_owned(),
            (min, None) => format!("at least {min}"),
            (min, Some(max)) => format!("{min} to {max}"),
        };
        let _ = writeln!(text, "{indent}<{}> {times}", child.element);
        if let Some(below) = &child.content {
            content(text, below, depth + 1);
        }
    }
    match &element.policies {
        None => {}
        Some(PoliciesEntry::Except([])) => {
            let _ = writeln!(text, "{indent}policies");
        }
        Some(PoliciesEntry::Except(names)) => {
            let _ = writeln!(text, "{indent}policies, but not {}", names.join(", "));
        }
        Some(PoliciesEntry::Only(names)) => {
            let _ = writeln!(text, "{indent}policies: {}", names.join(", "));
        }
    }
}

fn attribute_line(attribute: &AttributeEntry) -> String {
    let mut line = format!("{}: {}", attribute.name, attribute.value.takes);
    if attribute.required {
        line.push_str(", required");
    }
    if let Some(default) = attribute.default {
        let _ = write!(line, ", default {default}");
    }
    if attribute.value.expression {
        line.push_str(", or an expression");
    }
    if let Some(why) = attribute.not_run {
        let _ = write!(line, " (not run: {why})");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_described_to_people_with_all_that_may_be_in_it() {
        let catalogue = catalogue();
        let find = |name: &str| catalogue.policies.iter().find(|it| it.element == name).expect("there");
        let text = described(find("retry"));
        for part in [
            "condition: true or false, required, or an expression\n",
            "policies, but not wait\n",
            "runs       yes",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(described(find("invoke-request")).contains("runs       not yet"));
        assert!(described(find("choose")).contains("<when> at least 1\n  condition"));
        assert_eq!(row(find("set-header"))[1..4], ["yes", "all", "all"]);
    }

    #[test]
    fn a_type_is_described_to_people_as_it_is_declared() {
        let all = expressions();
        let find = |name: &str| all.types.iter().find(|it| it.name == name).expect("there");
        let text = described_type(find("List"));
        assert!(text.starts_with("class System.Collections.Generic.List<T0> : IList<T0>"), "{text}");
        assert!(text.contains("\n  int Capacity { get; }\n"), "{text}");
        assert!(described_type(find("StringComparison")).contains("\n  Ordinal = 4\n"));
        assert_eq!(type_row(find("Dictionary"))[0], "Dictionary<T0, T1>");
    }
}
