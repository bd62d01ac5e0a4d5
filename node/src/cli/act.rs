//! What commands that are more than writing a resource have in common: say what will happen, ask where
//! it is dangerous, do it in one commit, tell what was done.

use super::{
    Failure, Globals, Output, apply, ask, format,
    output::{Out, Paint, say},
    refused, session,
};
use clap::Args;
use hanse::client::{CALL_TIMEOUT, CallError, Client};
use hanse_manifest::{message_to_json, message_to_yaml};
use hanse_proto::v1::{self, act_request::Action};

/// Changes that are listed; the sums count all.
const SHOWN_MAX: usize = 100;

/// Flags of every action.
#[derive(Debug, Clone, Args)]
pub struct Flags {
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub wait: apply::Wait,
}

/// Flags of actions that ask before they do something.
#[derive(Debug, Clone, Args)]
pub struct Asking {
    /// Do it without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    #[command(flatten)]
    pub flags: Flags,
}

/// Does it, and tells what was done.
pub async fn run(globals: &Globals, action: Action, flags: &Flags) -> Result<(), Failure> {
    let mut client = session::client(globals)?;
    let answer = send(&mut client, action, flags, String::new()).await?;
    finish(globals, &mut client, &answer, flags).await
}

/// Shows what it will do, asks `question`, and does it.
pub async fn run_asking(
    globals: &Globals,
    action: Action,
    question: &str,
    asking: &Asking,
) -> Result<(), Failure> {
    let mut client = session::client(globals)?;
    // What is done is what was seen, or nothing.
    let mut plan_id = String::new();
    if !asking.yes && !asking.flags.dry_run {
        ask::is_possible(question)?;
        let tried = Flags { dry_run: true, ..asking.flags.clone() };
        let plan = send(&mut client, action.clone(), &tried, String::new()).await?;
        tell_warnings(globals, &plan);
        say(plan_text(plan.plan.as_ref(), Paint::for_stderr(globals.no_color)));
        ask::yes(question)?;
        plan_id = plan.plan.map(|plan| plan.plan_id).unwrap_or_default();
    }
    let answer = send(&mut client, action, &asking.flags, plan_id).await?;
    finish(globals, &mut client, &answer, &asking.flags).await
}

/// Sends one action, which with a `plan_id` must be that plan.
pub async fn send(
    client: &mut Client,
    action: Action,
    flags: &Flags,
    plan_id: String,
) -> Result<v1::ActResponse, Failure> {
    let message = v1::ActRequest {
        request_id: apply::request_id(),
        dry_run: flags.dry_run,
        plan_id,
        action: Some(action),
    };
    let title = if flags.dry_run { "it would be refused" } else { "refused, nothing was changed" };
    let time = flags.wait.timeout.max(CALL_TIMEOUT);
    let answer = session::call_within(client, "changing", time, |mut it| {
        let request = session::request(message.clone(), time);
        async move { it.management.act(request).await }
    });
    answer.await.map_err(|error| match error {
        CallError::Refused(status) => refused::failure(title, &status, None),
        other => other.into(),
    })
}

async fn finish(
    globals: &Globals,
    client: &mut Client,
    answer: &v1::ActResponse,
    flags: &Flags,
) -> Result<(), Failure> {
    let out = Out::new(globals);
    let applied = answer.applied.clone().unwrap_or_default();
    if out.format == Output::Table {
        tell_warnings(globals, answer);
        out.text(&format!(
            "{}{}\n",
            plan_text(answer.plan.as_ref(), out.paint),
            apply::commit_text(&applied)
        ))?;
        return apply::wait_until_live(&out, client, &applied, &flags.wait).await.map(|_| ());
    }
    let live = apply::wait_until_live(&out, client, &applied, &flags.wait).await;
    let mut json = message_to_json(answer);
    if let Ok(Some(live)) = &live {
        json["live"] = message_to_json(live);
    }
    match out.format {
        Output::Json => out.json(&json)?,
        _ => out.text(&message_to_yaml(answer))?,
    }
    live.map(|_| ())
}

fn tell_warnings(globals: &Globals, answer: &v1::ActResponse) {
    let paint = Paint::for_stderr(globals.no_color);
    for warning in answer.applied.iter().flat_map(|applied| &applied.warnings) {
        say(format!("{} {}: {}", paint.notice("warning:"), warning.name, warning.message));
    }
}

/// Every change with its fields, then the sums, without a line end.
pub fn plan_text(plan: Option<&v1::PlanResponse>, paint: Paint) -> String {
    let Some(plan) = plan else { return "done already by the same request".to_owned() };
    let mut text = String::new();
    for change in plan.changes.iter().take(SHOWN_MAX) {
        let sign = match change.action.as_str() {
            "created" => paint.good("+"),
            "deleted" => paint.error("-"),
            _ => paint.notice("~"),
        };
        text.push_str(&format!("{sign} {:<7}  {}\n", change.action, change.name));
        for field in &change.fields {
            text.push_str(&format!("    {}\n", field_text(field)));
        }
    }
    if plan.changes.len() > SHOWN_MAX {
        text.push_str(&format!("  and {} more\n", format::count((plan.changes.len() - SHOWN_MAX) as u64)));
    }
    let count = |number: u32| format::count(u64::from(number));
    let (created, updated, deleted) = (count(plan.created), count(plan.updated), count(plan.deleted));
    text.push_str(&format!("{created} created, {updated} updated, {deleted} deleted"));
    text
}

/// `state  "active" → "suspended"`
pub fn field_text(field: &v1::FieldChange) -> String {
    let side = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    format!("{}  {} → {}", field.field, side(&field.before), side(&field.after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_is_told_field_by_field() {
        let change = |name: &str, action: &str, fields: Vec<v1::FieldChange>| v1::PlannedChange {
            name: name.to_owned(),
            action: action.to_owned(),
            fields,
        };
        let field =
            v1::FieldChange { field: "state".into(), before: String::new(), after: "\"active\"".into() };
        let plan = v1::PlanResponse {
            created: 1,
            updated: 1,
            changes: vec![change("apis/a", "created", Vec::new()), change("apis/b", "updated", vec![field])],
            ..Default::default()
        };
        assert_eq!(
            plan_text(Some(&plan), Paint::none()),
            "+ created  apis/a\n~ updated  apis/b\n    state  – → \"active\"\n1 created, 1 updated, 0 deleted"
        );
    }
}
