//! `hanse plan -f …`: what `apply` would change, and the command that does exactly that.

use super::{
    Failure, Format, Globals,
    manifests::{self, Manifests},
    output::{Out, Paint, say},
    planned, refused, session,
};
use clap::Args;
use hanse::client::{CALL_TIMEOUT, CallError};
use hanse_manifest::{message_to_json, message_to_yaml};
use hanse_proto::v1;
use std::time::Duration;

#[derive(Debug, Args)]
#[command(after_help = "hanse plan -f payments -w payments\n\
    hanse plan -f payments --owner payments --prune -o markdown > plan.md")]
pub struct Plan {
    #[command(flatten)]
    pub manifests: Manifests,
    /// End with 2 when there is something to change, 0 when there is nothing
    #[arg(long)]
    pub detailed_exit_code: bool,
    /// How long to wait for the answer
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = super::duration)]
    pub timeout: Duration,
}

impl Plan {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let (request, loaded) = self.manifests.request(globals).await?;
        manifests::check_size(&request)?;
        let mut client = session::client(globals)?;
        let time = self.timeout.max(CALL_TIMEOUT);
        let message = v1::PlanRequest { apply: Some(request.clone()) };
        let answer = session::call_within(&mut client, "planning", time, |mut it| {
            let request = session::request(message.clone(), time);
            async move { it.management.plan(request).await }
        });
        let plan = answer.await.map_err(|error| match error {
            CallError::Refused(status) => {
                refused::failure("this would be refused, nothing was changed", &status, Some(&loaded))
            }
            other => other.into(),
        })?;
        let out = Out::new(globals);
        let command = planned::apply_command(&self.manifests.words(), &plan.plan_id);
        match globals.output {
            Format::Json => out.json(&message_to_json(&plan))?,
            Format::Yaml => out.text(&message_to_yaml(&plan))?,
            Format::Markdown => out.text(&planned::markdown(&plan, &request, &command))?,
            Format::Table => {
                for warning in &plan.warnings {
                    let paint = Paint::for_stderr(globals.no_color);
                    let text = super::apply::warning_text(warning, Some(&loaded));
                    say(format!("{} {text}", paint.notice("warning:")));
                }
                out.text(&planned::table(&plan, &request, &command, out.paint))?;
            }
        }
        let is_changing = !plan.changes.is_empty();
        if self.detailed_exit_code && is_changing { Err(Failure::changes()) } else { Ok(()) }
    }
}
