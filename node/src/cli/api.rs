//! `hanse api …`: copies and revisions of an API, and which revision answers.

use super::{Failure, Globals, act, names};
use clap::{Args, Subcommand};
use hanse_proto::{
    Kind,
    v1::{self, act_request::Action},
};

#[derive(Debug, Subcommand)]
pub enum Api {
    /// Make a revision the current one: from then on it answers requests that name none
    Release(Release),
    /// Copy an API with its operations, schemas, policies, tags and products
    Clone(Clone),
    /// Make a new revision of an API, to change it aside and release it later
    Revise(Revise),
}

#[derive(Debug, Args)]
pub struct Release {
    /// Id of the API
    pub api: String,
    /// Number of the revision; 1 is the API as it was first made
    #[arg(long, value_name = "N")]
    pub revision: String,
    /// What changed, for its consumers
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub notes: String,
    /// Id of the release; without it, one is made up
    #[arg(long, value_name = "ID", default_value = "")]
    pub id: String,
    /// Id of a workspace; without it, the service itself
    #[arg(long, short)]
    pub workspace: Option<String>,
    #[command(flatten)]
    pub flags: act::Flags,
}

#[derive(Debug, Args)]
#[command(after_help = "hanse api clone orders orders-2 -w demo --path orders2\n\
    hanse api clone orders orders-v2 -w demo --api-version v2 --version-set orders")]
pub struct Clone {
    /// Id of the API, or `API;rev=N`
    pub source: String,
    /// Id of the copy
    pub target: String,
    /// URL suffix of the copy; a version has that of its source
    #[arg(long)]
    pub path: Option<String>,
    /// Display name of the copy
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub display_name: String,
    /// Make it a version of the source
    #[arg(long, value_name = "VERSION", default_value = "")]
    pub api_version: String,
    /// Id of the version set; without it, that of the source
    #[arg(long, value_name = "ID", requires = "api_version")]
    pub version_set: Option<String>,
    /// Id of a workspace; without it, the service itself
    #[arg(long, short)]
    pub workspace: Option<String>,
    #[command(flatten)]
    pub flags: act::Flags,
}

#[derive(Debug, Args)]
pub struct Revise {
    /// Id of the API, or `API;rev=N` for a revision to begin with
    pub api: String,
    /// Number of the new revision; without it, the next one
    #[arg(long, value_name = "N")]
    pub revision: Option<String>,
    /// Id of a workspace; without it, the service itself
    #[arg(long, short)]
    pub workspace: Option<String>,
    #[command(flatten)]
    pub flags: act::Flags,
}

impl Api {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        match self {
            Api::Release(command) => command.run(globals).await,
            Api::Clone(command) => command.run(globals).await,
            Api::Revise(command) => command.run(globals).await,
        }
    }
}

impl Release {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let api = names::resource(Kind::Api, &self.api, self.workspace.as_deref())?;
        let revision = match self.revision.as_str() {
            "1" => api.as_str().to_owned(),
            number => format!("{api};rev={number}"),
        };
        let action = v1::MakeCurrent { revision, release: self.id, notes: self.notes };
        act::run(globals, Action::MakeCurrent(action), &self.flags).await
    }
}

impl Clone {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let workspace = self.workspace.as_deref();
        let name = |kind, id: &str| names::resource(kind, id, workspace).map(|name| name.as_str().to_owned());
        let set = self.version_set.as_deref().map(|id| name(Kind::ApiVersionSet, id)).transpose()?;
        let action = v1::CloneApi {
            source: name(Kind::Api, &self.source)?,
            target: name(Kind::Api, &self.target)?,
            path: self.path.map(|path| path.trim_start_matches('/').to_owned()),
            display_name: self.display_name,
            api_version: self.api_version,
            api_version_set_id: set.unwrap_or_default(),
        };
        act::run(globals, Action::CloneApi(action), &self.flags).await
    }
}

impl Revise {
    async fn run(self, globals: &Globals) -> Result<(), Failure> {
        let source = names::resource(Kind::Api, &self.api, self.workspace.as_deref())?;
        let root = source.as_str().split(";rev=").next().unwrap_or_default();
        let target = self.revision.map(|number| format!("{root};rev={number}")).unwrap_or_default();
        let action = v1::CloneApi { source: source.as_str().to_owned(), target, ..Default::default() };
        act::run(globals, Action::CloneApi(action), &self.flags).await
    }
}
