//! `hanse subscription …`: the steps of a subscription.

use super::{Failure, Globals, act, names};
use clap::{Args, Subcommand};
use hanse_proto::{
    Kind,
    v1::{self, act_request::Action},
};

#[derive(Debug, Subcommand)]
pub enum Subscription {
    /// Let its keys be used: what was submitted becomes active
    Approve(Step),
    /// Refuse what was submitted
    Reject(Step),
    /// Refuse calls with its keys for now
    Suspend(Step),
    /// Let its keys be used again
    Resume(Step),
    /// End it
    Cancel(Step),
}

#[derive(Debug, Args)]
pub struct Step {
    /// Id of the subscription, or its whole name
    pub subscription: String,
    /// Id of a workspace; without it, the service itself
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Why; kept with the subscription
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub comment: String,
    #[command(flatten)]
    pub flags: act::Flags,
}

impl Subscription {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let (state, step) = match self {
            Subscription::Approve(step) | Subscription::Resume(step) => ("active", step),
            Subscription::Reject(step) => ("rejected", step),
            Subscription::Suspend(step) => ("suspended", step),
            Subscription::Cancel(step) => ("cancelled", step),
        };
        let name = names::resource(Kind::Subscription, &step.subscription, step.workspace.as_deref())?;
        let action = v1::SetSubscriptionState {
            subscription: name.as_str().to_owned(),
            state: state.to_owned(),
            comment: step.comment,
        };
        act::run(globals, Action::SetSubscriptionState(action), &step.flags).await
    }
}
