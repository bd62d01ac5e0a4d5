//! `hanse policy schema`: the policies as data, from the tables that documents are checked against.

use crate::cli::{Failure, Globals, Output, output::Out};
use clap::Args;
use hanse_policy::{AttributeEntry, ElementEntry, PoliciesEntry, PolicyEntry, catalogue};
use std::fmt::Write as _;

#[derive(Debug, Args)]
#[command(after_help = "hanse policy schema\nhanse policy schema validate-jwt\nhanse policy schema -o json")]
pub struct Schema {
    /// A policy, to see all of it
    #[arg(value_name = "POLICY")]
    pub policy: Option<String>,
}

impl Schema {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let out = Out::new(globals);
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
        assert!(described(find("choose")).contains("<when> at least 1\n  condition"));
        assert_eq!(row(find("set-header"))[1..4], ["yes", "all", "all"]);
    }
}
