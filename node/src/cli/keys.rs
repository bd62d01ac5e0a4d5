//! `hanse keys SUBSCRIPTION`: the pair of keys that calls are made with.

use super::{Failure, Globals, Output, names, output::Out, session};
use clap::Args;
use hanse::client::CALL_TIMEOUT;
use hanse_proto::{Kind, v1};

#[derive(Debug, Args)]
pub struct Keys {
    /// Id of the subscription, or its whole name
    pub subscription: String,
    /// Id of a workspace; without it, the service itself
    #[arg(long, short)]
    pub workspace: Option<String>,
}

impl Keys {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let name = names::resource(Kind::Subscription, &self.subscription, self.workspace.as_deref())?;
        let mut client = session::client(globals)?;
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
