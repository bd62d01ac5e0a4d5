//! `hanse policy effective`: what the documents of several scopes do together, of an API of a cluster or of
//! files alone.
//!
//! One idea: a value that is a file means files, anything else is an id that the cluster knows; both are
//! merged by the rules that requests go by.

use super::check::read;
use crate::cli::{Failure, Globals, Output, get, names, output::Out, output::say, session};
use clap::Args;
use hanse::client::{CALL_TIMEOUT, CallError, Client};
use hanse_policy::{
    Alone, CHAIN_LEVELS, Chain, EffectivePolicy, Known, ScopeKind, Surroundings, Unreadable,
    effective_policy, effective_policy_within, render,
};
use hanse_proto::{
    Kind, Name,
    v1::{self, resource::Spec},
};
use std::{collections::BTreeMap, path::Path};

/// Endings by which a document is known, whether or not it is there.
const EXTENSIONS: [&str; 3] = ["xml", "policy", "cshtml"];

#[derive(Debug, Args)]
#[command(after_help = "hanse policy effective -w demo --api orders --operation get-order\n\
    hanse policy effective -w demo --api orders --product starter -o json\n\
    hanse policy effective --global global.xml --api orders.xml --operation get-order.xml")]
pub struct Effective {
    /// File with the document of the service; of a cluster it is always there
    #[arg(long, value_name = "FILE")]
    pub global: Option<String>,
    /// Id of the API's workspace, or a file with its document
    #[arg(long, short, value_name = "ID|FILE")]
    pub workspace: Option<String>,
    /// Id of the product that the caller subscribed to, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub product: Option<String>,
    /// Id of the API, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub api: Option<String>,
    /// Id of the operation, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub operation: Option<String>,
}

/// A document, and what messages call it.
type Document = Option<(String, String)>;

impl Effective {
    pub async fn run(self, globals: &Globals) -> Result<(), Failure> {
        // In the order of the chain.
        let given = [&self.operation, &self.api, &self.product, &self.workspace, &self.global];
        let given = given.map(Option::as_deref);
        let mut values = given.iter().flatten();
        let effective = match self.global.is_some() || values.any(|value| is_file(value)) {
            true => of_files(given)?,
            false => self.of_cluster(globals).await?,
        };
        let out = Out::new(globals);
        match out.format {
            Output::Table => out.text(&effective.to_xml()),
            _ => out.json(&serde_json::to_value(&effective).expect("texts and lists are JSON")),
        }
    }

    async fn of_cluster(&self, globals: &Globals) -> Result<EffectivePolicy, Failure> {
        let workspace = self.workspace.as_deref();
        let Some(api) = &self.api else {
            return Err(Failure::usage("an API is needed").hint(
                "hanse policy effective -w demo --api orders --operation get-order, or files: --api orders.xml",
            ));
        };
        let api = names::resource(Kind::Api, api, workspace)?;
        let below = |kind: Kind, id: &str| {
            let text = format!("{}/{}/{id}", api.as_str(), kind.collection());
            Name::parse(&text).map_err(|error| Failure::usage(error.message))
        };
        let operation = self.operation.as_deref().map(|id| below(Kind::Operation, id)).transpose()?;
        let product =
            self.product.as_deref().map(|id| names::resource(Kind::Product, id, workspace)).transpose()?;
        let mut client = session::client(globals)?;
        let there: Vec<Name> =
            [Some(&api), operation.as_ref(), product.as_ref()].into_iter().flatten().cloned().collect();
        get::get(&mut client, &there, false).await?;

        let scope = api.scope();
        let mut documents: [Document; CHAIN_LEVELS] = Default::default();
        let of =
            [operation.as_ref().map(Name::as_str), Some(api.as_str()), product.as_ref().map(Name::as_str)];
        let of = of.into_iter().chain([Some(scope).filter(|scope| !scope.is_empty()), Some("")]);
        for (document, above) in documents.iter_mut().zip(of) {
            if let Some(above) = above {
                *document = policy(&mut client, above).await?;
            }
        }
        let own = Pieces::of(&mut client, scope).await?;
        let service = match scope {
            "" => None,
            _ => Some(Pieces::of_service(&mut client, &documents).await?),
        };
        let around = Chain::SCOPES.map(|scope| match (&service, scope) {
            (Some(service), ScopeKind::Global) => service as &dyn Surroundings,
            _ => &own,
        });
        let texts = documents.each_ref().map(|document| document.as_ref().map(|(_, text)| text.as_str()));
        effective_policy_within(texts, around).map_err(|error| unreadable(&error, &documents))
    }
}

/// Whether a value is a file rather than an id.
fn is_file(value: &str) -> bool {
    let path = Path::new(value);
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    value == "-" || path.is_file() || EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

fn of_files(files: [Option<&str>; CHAIN_LEVELS]) -> Result<EffectivePolicy, Failure> {
    let mut documents: [Document; CHAIN_LEVELS] = Default::default();
    for (file, document) in files.iter().zip(&mut documents) {
        if let Some(file) = file {
            let text = read(Path::new(file)).map_err(|reason| {
                let hint = "ids and files do not go together: the others are files";
                Failure::failed(format!("{file}: {reason}")).hint(if is_file(file) { "" } else { hint })
            })?;
            *document = Some(((*file).to_owned(), text));
        }
    }
    let texts = documents.each_ref().map(|document| document.as_ref().map(|(_, text)| text.as_str()));
    effective_policy(texts, &Alone).map_err(|error| unreadable(&error, &documents))
}

fn unreadable(error: &Unreadable, documents: &[Document; CHAIN_LEVELS]) -> Failure {
    let level = Chain::SCOPES.iter().position(|scope| *scope == error.scope);
    let found = level.and_then(|level| documents[level].as_ref());
    let (name, text) = found.map_or(("", ""), |(name, text)| (name, text));
    Failure::findings(render(&error.findings, name, text))
}

/// The document that hangs at a resource; of the service itself, one that may not be read is left out.
async fn policy(client: &mut Client, above: &str) -> Result<Document, Failure> {
    let name = match above {
        "" => format!("{}/policy", Kind::Policy.collection()),
        above => format!("{above}/{}/policy", Kind::Policy.collection()),
    };
    let message = v1::GetRequest { name: name.clone(), stale: false };
    let answer = session::call(client, "reading policies", |mut it| {
        let request = session::request(message.clone(), CALL_TIMEOUT);
        async move { it.management.get(request).await }
    });
    match answer.await {
        Ok(resource) => match resource.spec {
            Some(Spec::Policy(policy)) => Ok(Some((name, policy.value))),
            _ => Ok(None),
        },
        Err(CallError::Refused(status)) if status.code() == tonic::Code::NotFound => Ok(None),
        Err(CallError::Refused(status))
            if above.is_empty() && status.code() == tonic::Code::PermissionDenied =>
        {
            say("the service's own document may not be read by you, and is left out");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Fragments and named values of a workspace, or of the service.
#[derive(Default)]
struct Pieces {
    fragments: BTreeMap<String, String>,
    /// By display name; secrets stay as the document has them.
    named_values: BTreeMap<String, String>,
}

impl Pieces {
    async fn of(client: &mut Client, scope: &str) -> Result<Pieces, Failure> {
        let mut pieces = Pieces::default();
        for kind in [Kind::PolicyFragment, Kind::NamedValue] {
            let request = v1::ListRequest {
                parent: scope.to_owned(),
                kind: kind.field().to_owned(),
                page_size: 1_000,
                ..Default::default()
            };
            for resource in get::list(client, request).await?.resources {
                let id = Name::parse(&resource.name).map(|name| name.id().to_lowercase()).unwrap_or_default();
                match resource.spec {
                    Some(Spec::PolicyFragment(fragment)) => _ = pieces.fragments.insert(id, fragment.value),
                    Some(Spec::NamedValue(named)) if !named.secret && named.key_vault.is_none() => {
                        pieces.named_values.insert(named.display_name, named.value);
                    }
                    _ => {}
                }
            }
        }
        Ok(pieces)
    }

    /// Those of the service; nothing where it has no document that could ask for them.
    async fn of_service(
        client: &mut Client,
        documents: &[Document; CHAIN_LEVELS],
    ) -> Result<Pieces, Failure> {
        match documents.last() {
            Some(Some(_)) => Pieces::of(client, "").await,
            _ => Ok(Pieces::default()),
        }
    }
}

impl Surroundings for Pieces {
    fn named_value(&self, name: &str) -> Known<String> {
        self.named_values.get(name).map_or(Known::Unknown, |value| Known::Is(value.clone()))
    }

    fn fragment(&self, id: &str) -> Known<String> {
        let fragment = self.fragments.get(&id.to_lowercase());
        fragment.map_or(Known::Missing, |text| Known::Is(text.clone()))
    }
}
