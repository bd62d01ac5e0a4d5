//! A plan as people read it: on a terminal, and in a pull request.
//!
//! One idea: both are the same lines, `+` for what comes, `~` for what changes, `-` for what goes; a
//! terminal colours them, Markdown puts them into a `diff` block.

use super::{format, names, output::Paint};
use hanse_policy::{Section, outline};
use hanse_proto::{Kind, Name, v1, v1::change::Change, v1::resource::Spec};
use std::{collections::BTreeMap, fmt::Write as _};

/// Operations whose effective policies are shown; JSON has more.
const OPERATIONS_SHOWN: usize = 20;
/// Changes that Markdown shows: comments on pull requests are bounded, too.
const CHANGES_SHOWN: usize = 500;
/// Characters of a value.
const VALUE_CHARS_MAX: usize = 48;
/// Pairs of elements that are compared to find what two lists have in common.
const MERGED_CELLS_MAX: usize = 1_000_000;
/// Columns of a field's name.
const FIELD_WIDTH: usize = 16;

/// The command that does exactly a plan.
pub fn apply_command(words: &[String], plan_id: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("hanse apply {} --plan {plan_id}", words.join(" "))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:,=@%+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

// === Table ===

/// A plan on a terminal.
pub fn table(plan: &v1::PlanResponse, request: &v1::ApplyRequest, command: &str, paint: Paint) -> String {
    let mut text = String::new();
    for line in change_lines(plan, request, usize::MAX).into_iter().chain(effective_lines(plan)) {
        let _ = writeln!(text, "{}", painted(&line, paint));
    }
    match plan.changes.is_empty() {
        true => text.push_str("Nothing to change: everything is as the manifests say.\n"),
        false => {
            let _ = writeln!(text, "{}\n{}", paint.bold(&format!("{}.", sums(plan))), command);
        }
    }
    text
}

fn painted(line: &Line, paint: Paint) -> String {
    let text = line.text();
    match line.sign {
        '+' => paint.good(&text),
        '-' => paint.error(&text),
        '~' => paint.notice(&text),
        _ if line.depth == 0 => paint.bold(&text),
        _ => text,
    }
}

/// `1 created, 2 updated, 0 deleted`
fn sums(plan: &v1::PlanResponse) -> String {
    let count = |number: u32| format::count(u64::from(number));
    let (created, updated) = (count(plan.created), count(plan.updated));
    format!("{created} created, {updated} updated, {} deleted", count(plan.deleted))
}

// === Markdown ===

/// A plan as the comment of a pull request.
pub fn markdown(plan: &v1::PlanResponse, request: &v1::ApplyRequest, command: &str) -> String {
    let mut text = format!("### Hanse plan: {}\n\n", sums(plan));
    if plan.changes.is_empty() {
        text.push_str("Nothing to change: everything is as the manifests say.\n");
        return text;
    }
    for warning in &plan.warnings {
        let about = if warning.name.is_empty() { String::new() } else { format!("`{}`: ", warning.name) };
        let _ = writeln!(text, "> **Warning** {about}{}\n", warning.message);
    }
    block(&mut text, "Changes", true, &change_lines(plan, request, CHANGES_SHOWN));
    let effective = effective_lines(plan);
    if let Some((title, lines)) = effective.split_first() {
        block(&mut text, title.what.trim_end_matches('.'), false, lines);
    }
    let _ = writeln!(text, "To do exactly this:\n\n    {command}");
    text
}

/// Lines that open at a click, with the signs in front as `diff` wants them.
fn block(text: &mut String, title: &str, is_open: bool, lines: &[Line]) {
    if lines.is_empty() {
        return;
    }
    let body: Vec<String> = lines
        .iter()
        .map(|line| match line.sign {
            '~' => format!("! {}{}", "  ".repeat(line.depth), line.what),
            ' ' => format!("  {}{}", "  ".repeat(line.depth), line.what),
            sign => format!("{sign} {}{}", "  ".repeat(line.depth), line.what),
        })
        .collect();
    let body = body.join("\n");
    // A fence longer than any in a value.
    let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let open = if is_open { " open" } else { "" };
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        text,
        "<details{open}><summary>{title}</summary>\n\n{fence}diff\n{body}\n{fence}\n\n</details>\n"
    );
}

// === Lines ===

/// One line: how deep it stands, its sign, and what it says.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    depth: usize,
    sign: char,
    what: String,
}

impl Line {
    fn new(depth: usize, sign: char, what: impl Into<String>) -> Line {
        let one_line = |c: char| if c.is_control() { ' ' } else { c };
        Line { depth, sign, what: what.into().chars().map(one_line).collect() }
    }

    fn text(&self) -> String {
        let indent = "  ".repeat(self.depth);
        match self.sign {
            ' ' => format!("{indent}{}", self.what),
            sign => format!("{indent}{sign} {}", self.what),
        }
    }
}

/// The changes, by workspace.
fn change_lines(plan: &v1::PlanResponse, request: &v1::ApplyRequest, shown_max: usize) -> Vec<Line> {
    let mut by_scope: BTreeMap<String, Vec<(Name, &v1::PlannedChange)>> = BTreeMap::new();
    for change in plan.changes.iter().take(shown_max) {
        let Ok(name) = Name::parse(&change.name) else { continue };
        let scope = if name.kind() == Kind::Workspace { name.as_str() } else { name.scope() };
        by_scope.entry(scope.to_owned()).or_default().push((name, change));
    }
    let puts: BTreeMap<String, &v1::Resource> = request
        .changes
        .iter()
        .filter_map(|change| match &change.change {
            Some(Change::Put(resource)) => Some((hanse_proto::key_of(&resource.name), resource)),
            _ => None,
        })
        .collect();
    let mut lines = Vec::new();
    for (scope, changes) in by_scope {
        let title = scope.strip_prefix("workspaces/").map(|id| format!("workspace {id}"));
        lines.push(Line::new(0, ' ', title.unwrap_or_else(|| "service".to_owned())));
        for (name, change) in changes {
            let sign = match change.action.as_str() {
                "created" => '+',
                "deleted" => '-',
                _ => '~',
            };
            let what = format!("{} {}", name.kind().aliases()[0], names::short(&name));
            let more = if sign == '+' { summary(puts.get(&name.key()).copied()) } else { String::new() };
            let text = if more.is_empty() { what } else { format!("{what:<36} {more}") };
            lines.push(Line::new(1, sign, text));
            lines.extend(change.fields.iter().flat_map(|field| field_lines(&name, field)));
        }
    }
    let more = plan.changes.len().saturating_sub(shown_max);
    if more > 0 {
        lines.push(Line::new(0, ' ', format!("and {} more changes", format::count(more as u64))));
    }
    lines
}

/// What a new resource is, in a few words.
fn summary(resource: Option<&v1::Resource>) -> String {
    match resource.and_then(|resource| resource.spec.as_ref()) {
        Some(Spec::Operation(operation)) => format!("{} {}", operation.method, operation.url_template),
        Some(Spec::Api(api)) => format!("/{}", api.path),
        Some(Spec::Backend(backend)) => backend.url.clone(),
        Some(Spec::ProductApiLink(link)) => link.api_id.clone(),
        Some(Spec::GatewayLink(link)) => link.workspace.clone(),
        Some(Spec::Subscription(subscription)) => subscription.scope.clone(),
        _ => String::new(),
    }
}

fn field_lines(name: &Name, field: &v1::FieldChange) -> Vec<Line> {
    if name.kind() == Kind::Policy && field.field == "value" {
        let documents = [&field.before, &field.after].map(|json| {
            let text: String = serde_json::from_str(json).ok()?;
            outline(&text)
        });
        if let [Some(before), Some(after)] = &documents {
            let mut lines = Vec::new();
            for section in Section::ALL {
                let (old, new) = (before.section(section), after.section(section));
                let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
                let changed = merged(&old, &new).into_iter().filter(|(sign, _)| *sign != ' ');
                lines.extend(changed.map(|(sign, text)| Line::new(3, sign, format!("{section}: {text}"))));
            }
            let only_inside = || vec![Line::new(3, ' ', "the content of its elements differs")];
            return if lines.is_empty() { only_inside() } else { lines };
        }
    }
    let value = |json: &str| if json.is_empty() { "(none)".to_owned() } else { shown(json) };
    let (before, after) = (value(&field.before), value(&field.after));
    vec![Line::new(3, ' ', format!("{:<FIELD_WIDTH$} {before:<18} → {after}", field.field))]
}

/// A JSON value without the quotes of a text, cut.
fn shown(json: &str) -> String {
    let text = serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned());
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        None => text,
        Some(_) => text.chars().take(VALUE_CHARS_MAX - 1).chain(['…']).collect(),
    }
}

/// What changes for operations, and the gateways; the first line says how much.
fn effective_lines(plan: &v1::PlanResponse) -> Vec<Line> {
    if plan.changes.is_empty() {
        return Vec::new();
    }
    let gateways = match plan.gateways.as_slice() {
        [] => "no gateway is touched".to_owned(),
        [only] => format!("1 gateway is touched ({only})"),
        many => format!("{} gateways are touched ({})", many.len(), many.join(", ")),
    };
    let listed = &plan.effective_policies;
    let count = listed.len() as u64 + u64::from(plan.effective_policies_more);
    if count == 0 {
        return vec![Line::new(0, ' ', format!("No effective policy changes; {gateways}."))];
    }
    let api_of =
        |it: &v1::EffectivePolicyChange| Name::parse(&it.operation).ok().and_then(|name| name.parent());
    let mut apis: Vec<String> = listed.iter().filter_map(api_of).map(|api| api.key()).collect();
    apis.sort();
    apis.dedup();
    let of_apis = match plan.effective_policies_more {
        0 => format!(" of {}", format::counted(apis.len() as u64, "API", "APIs")),
        _ => String::new(),
    };
    let operations = format::counted(count, "operation", "operations");
    let mut lines =
        vec![Line::new(0, ' ', format!("Effective policy changes for {operations}{of_apis}; {gateways}."))];
    for effective in listed.iter().take(OPERATIONS_SHOWN) {
        let name = Name::parse(&effective.operation).map_or_else(
            |_| effective.operation.clone(),
            |name| {
                let workspace = name.workspace().map(|id| format!("{id}: ")).unwrap_or_default();
                format!("{workspace}{}", names::short(&name))
            },
        );
        lines.push(Line::new(1, '~', name));
        for it in &effective.sections {
            let product = match it.product.as_str() {
                "" => String::new(),
                id => format!(" through product {id}"),
            };
            lines.push(Line::new(3, ' ', format!("{}{product}", it.section)));
            let (old, new): (Vec<&str>, Vec<&str>) = (
                it.before.iter().map(String::as_str).collect(),
                it.after.iter().map(String::as_str).collect(),
            );
            lines.extend(merged(&old, &new).into_iter().map(|(sign, text)| Line::new(4, sign, text)));
        }
    }
    let more = count - listed.len().min(OPERATIONS_SHOWN) as u64;
    if more > 0 {
        lines.push(Line::new(1, ' ', format!("and {} more; -o json has them", format::count(more))));
    }
    lines
}

/// Two lists as one: what stays, what goes and what comes, by their longest common part; of lists
/// too long for that, all of the old one goes and all of the new one comes.
fn merged<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str)> {
    if old.len() * new.len() > MERGED_CELLS_MAX {
        let (old, new) = (old.iter().map(|it| ('-', *it)), new.iter().map(|it| ('+', *it)));
        return old.chain(new).collect();
    }
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            common[i][j] = match one == other {
                true => common[i + 1][j + 1] + 1,
                false => common[i + 1][j].max(common[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            lines.push((' ', old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || i < old.len() && common[i + 1][j] >= common[i][j + 1] {
            lines.push(('-', old[i]));
            i += 1;
        } else {
            lines.push(('+', new[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(name: &str, action: &str, fields: &[(&str, &str, &str)]) -> v1::PlannedChange {
        let field = |(field, before, after): &(&str, &str, &str)| v1::FieldChange {
            field: (*field).into(),
            before: (*before).into(),
            after: (*after).into(),
        };
        v1::PlannedChange {
            name: name.into(),
            action: action.into(),
            fields: fields.iter().map(field).collect(),
        }
    }

    fn plan() -> (v1::PlanResponse, v1::ApplyRequest) {
        let before = "\"<policies><inbound><base/></inbound></policies>\"";
        let after = "\"<policies><inbound><base/><rate-limit calls='100' renewal-period='60'/></inbound></policies>\"";
        let section = v1::SectionChange {
            section: "inbound".into(),
            before: vec!["set-header name=X (global)".into()],
            after: vec!["set-header name=X (global)".into(), "rate-limit calls=100 (api)".into()],
            product: String::new(),
        };
        let plan = v1::PlanResponse {
            plan_id: "0123456789abcdef-1f".into(),
            created: 1,
            updated: 2,
            changes: vec![
                change(
                    "workspaces/payments/apis/orders",
                    "updated",
                    &[("path", "\"orders\"", "\"orders/v2\"")],
                ),
                change("workspaces/payments/apis/orders/operations/cancel-order", "created", &[]),
                change(
                    "workspaces/payments/apis/orders/policies/policy",
                    "updated",
                    &[("value", before, after)],
                ),
                change("namedValues/old", "deleted", &[]),
            ],
            effective_policies: vec![v1::EffectivePolicyChange {
                operation: "workspaces/payments/apis/orders/operations/get-order".into(),
                sections: vec![section],
            }],
            gateways: vec!["payments".into()],
            ..Default::default()
        };
        let operation = v1::Operation {
            method: "POST".into(),
            url_template: "/orders/{id}/cancel".into(),
            ..Default::default()
        };
        let put = v1::Resource {
            name: "workspaces/payments/apis/orders/operations/cancel-order".into(),
            spec: Some(Spec::Operation(operation)),
            ..Default::default()
        };
        let changes = vec![v1::Change { change: Some(Change::Put(put)), ..Default::default() }];
        (plan, v1::ApplyRequest { changes, ..Default::default() })
    }

    #[test]
    fn a_plan_reads_from_the_changes_to_the_command_that_does_it() {
        let (plan, request) = plan();
        let command = apply_command(&["-f".into(), ".".into()], &plan.plan_id);
        assert_eq!(
            table(&plan, &request, &command, Paint::none()),
            "service\n\
            \x20 - namedvalue old\n\
            workspace payments\n\
            \x20 ~ api orders\n\
            \x20     path             orders             → orders/v2\n\
            \x20 + operation orders/cancel-order        POST /orders/{id}/cancel\n\
            \x20 ~ policy apis/orders\n\
            \x20     + inbound: rate-limit calls=100 renewal-period=60\n\
            Effective policy changes for 1 operation of 1 API; 1 gateway is touched (payments).\n\
            \x20 ~ payments: orders/get-order\n\
            \x20     inbound\n\
            \x20       set-header name=X (global)\n\
            \x20       + rate-limit calls=100 (api)\n\
            1 created, 2 updated, 0 deleted.\n\
            hanse apply -f . --plan 0123456789abcdef-1f\n"
        );
        let nothing = v1::PlanResponse::default();
        assert!(table(&nothing, &request, "", Paint::none()).starts_with("Nothing to change"));
    }

    #[test]
    fn markdown_folds_what_is_long_and_has_no_colours() {
        let (mut plan, request) = plan();
        plan.changes[0].fields[0].after = "\"a```b<&\"".into();
        let text = markdown(&plan, &request, "hanse apply -f . --plan 1");
        assert!(text.starts_with("### Hanse plan: 1 created, 2 updated, 0 deleted\n"));
        assert!(text.contains("<details open><summary>Changes</summary>\n\n````diff\n"), "{text}");
        assert!(text.contains("\n!   api orders\n"), "{text}");
        assert!(text.contains("\n+   operation orders/cancel-order"), "{text}");
        assert_eq!(text.matches("<details").count(), text.matches("</details>").count());
        assert!(!text.contains('\u{1b}'));
        assert!(text.ends_with("    hanse apply -f . --plan 1\n"));
    }

    #[test]
    fn lists_are_merged_along_their_longest_common_part() {
        for (old, new, expected) in
            [("a b c", "a c", " a -b  c"), ("", "a", "+a"), ("a b", "b a", "-a  b +a"), ("a", "a", " a")]
        {
            let words = |text: &'static str| text.split_whitespace().collect::<Vec<_>>();
            let lines: Vec<String> = merged(&words(old), &words(new))
                .into_iter()
                .map(|(sign, it)| format!("{sign}{it}"))
                .collect();
            assert_eq!(lines.join(" "), expected, "{old} / {new}");
        }
    }

    #[test]
    fn long_lists_are_not_compared_pair_by_pair() {
        let signs = |count: usize| {
            let list = vec!["a"; count];
            merged(&list, &list).into_iter().filter(|(sign, _)| *sign == ' ').count()
        };
        assert_eq!((signs(1_000), signs(1_001)), (1_000, 0));
    }

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        for (word, expected) in
            [("a-b/c.yaml", "a-b/c.yaml"), ("a b", "'a b'"), ("it's", r"'it'\''s'"), ("", "''")]
        {
            assert_eq!(quoted(word), expected);
        }
    }
}
