//! `hanse workspace adopt`: APIs of the service become a workspace's, with all that belongs to them.

use super::{Failure, Globals, act, names};
use clap::{Args, Subcommand};
use hanse_proto::{
    Kind,
    v1::{self, act_request::Action},
};

#[derive(Debug, Subcommand)]
pub enum Workspace {
    /// Make APIs of the service, and all that belongs to them alone, a workspace's; ids, keys and paths stay
    Adopt(Adopt),
}

#[derive(Debug, Args)]
pub struct Adopt {
    /// Id of the workspace
    #[arg(long, short)]
    pub workspace: String,
    /// Id of an API of the service; may be given several times, or as a list with commas
    #[arg(long, value_name = "API", required = true, value_delimiter = ',')]
    pub api: Vec<String>,
    #[command(flatten)]
    pub asking: act::Asking,
}

impl Workspace {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let Workspace::Adopt(command) = self;
        let apis = command.api.iter().map(|id| names::resource(Kind::Api, id, None));
        let apis = apis.map(|name| name.map(|name| name.as_str().to_owned()));
        let action = v1::MoveToWorkspace {
            workspace: names::workspace(Some(&command.workspace))?,
            apis: apis.collect::<Result<_, _>>()?,
        };
        let question = format!("make this `{}`'s", command.workspace);
        act::run_asking(globals, Action::MoveToWorkspace(action), &question, &command.asking).await
    }
}
