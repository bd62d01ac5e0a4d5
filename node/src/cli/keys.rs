//! `hanse keys SUBSCRIPTION`: the pair of keys that calls are made with, and new ones.

use super::{
    Failure, Globals, Output, act, apply, ask, names,
    output::{Out, say},
    session,
};
use clap::{Args, ValueEnum};
use hanse::client::CALL_TIMEOUT;
use hanse_proto::{
    Kind,
    v1::{self, act_request::Action},
};

#[derive(Debug, Args)]
pub struct Keys {
    /// Id of the subscription, or its whole name
    pub subscription: String,
    /// Id of a workspace; without it, the service itself
    #[arg(long, short)]
    pub workspace: Option<String>,
    /// Give it a new key first; calls with the old one are refused from then on
    #[arg(long, value_enum, value_name = "KEY")]
    pub regenerate: Option<Which>,
    #[command(flatten)]
    pub asking: act::Asking,
}

/// One key of the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Which {
    Primary,
    Secondary,
}

impl Keys {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let name = names::resource(Kind::Subscription, &self.subscription, self.workspace.as_deref())?;
        let mut client = session::client(globals)?;
        if let Some(which) = self.regenerate {
            let key = match which {
                Which::Primary => "primary",
                Which::Secondary => "secondary",
            };
            let asking = &self.asking;
            if !asking.yes && !asking.flags.dry_run {
                let question = format!("replace the {key} key of `{name}`");
                ask::is_possible(&question)?;
                ask::yes(&question)?;
            }
            let action = v1::RegenerateKey { subscription: name.as_str().to_owned(), key: key.to_owned() };
            let answer =
                act::send(&mut client, Action::RegenerateKey(action), &asking.flags, String::new()).await?;
            let applied = answer.applied.unwrap_or_default();
            if asking.flags.dry_run {
                say(format!("the {key} key would be replaced; a dry run, nothing was changed"));
                return Ok(());
            }
            let live =
                apply::wait_until_live(&Out::new(globals), &mut client, &applied, &asking.flags.wait).await;
            live?;
        }
        let message = v1::ListSecretsRequest { name: name.as_str().to_owned() };
        let answer = session::call(&mut client, "reading the keys", |mut it| {
            let request = session::request(message.clone(), CALL_TIMEOUT);
            async move { it.management.list_secrets(request).await }
        });
        let secrets = answer.await?.secrets;
        let key = |field: &str| secrets.get(field).cloned().unwrap_or_default();
        let (primary, secondary) = (key("primaryKey"), key("secondaryKey"));
        let out = Out::new(globals);
        match out.format {
            Output::Json => {
                out.json(&serde_json::json!({ "primaryKey": primary, "secondaryKey": secondary }))
            }
            Output::Yaml => out.text(&format!("primaryKey: {primary:?}\nsecondaryKey: {secondary:?}\n")),
            Output::Table => out.text(&format!("primary     {primary}\nsecondary   {secondary}\n")),
        }
    }
}
