//! The `Management` service: read, write and watch resources.

use super::{act, openapi, principal, refusal::refusal, writes};
use crate::{admission::violation, aside::aside, state::Node};
use futures_util::Stream;
use hanse_model::{Action, ListQuery};
use hanse_proto::{Kind, Name, v1, v1::management_server};
use hanse_raft_store::{StoreError, View};
use std::{pin::Pin, sync::Arc};
use tonic::{Request, Response, Status};

/// Largest message that the admin API takes: a command and its envelope.
pub const ADMIN_MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Resources on one page, at most and when nothing is asked for.
const PAGE_MAX: u32 = 1_000;
const PAGE_DEFAULT: u32 = 100;
/// Referrers of one answer.
const REFERRERS_MAX: usize = 1_000;
/// Change records read at once for a watch.
const WATCH_STEP: usize = 256;

/// The service of one node.
pub struct Management {
    node: Arc<Node>,
}

type Events = Pin<Box<dyn Stream<Item = Result<v1::WatchEvent, Status>> + Send>>;

impl Management {
    /// The service, with the message sizes of the admin API.
    pub fn server(node: Arc<Node>) -> management_server::ManagementServer<Management> {
        management_server::ManagementServer::new(Management { node })
            .max_decoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
            .max_encoding_message_size(ADMIN_MESSAGE_BYTES_MAX)
    }

    /// A view to answer from: of now, or of what this node happens to have.
    async fn view(&self, stale: bool) -> Result<View, Status> {
        if !stale {
            self.node.linearizer.catch_up().await?;
        }
        self.node.view().map_err(store_failed)
    }

    /// Refuses a revision of the future. One that this node has not applied yet is waited for, and
    /// so is one that nobody can tell of now.
    async fn must_have_happened(&self, revision: u64) -> Result<(), Status> {
        let Ok(view) = self.view(false).await else { return Ok(()) };
        let newest = view.revision();
        if revision <= newest {
            return Ok(());
        }
        let message = format!("revision {revision} has not happened yet; the newest is {newest}");
        let hint = "watch from a revision that was told before, or from now on without one".to_owned();
        Err(refusal(vec![v1::Violation { hint, ..violation("invalid", "", "afterRevision", &message) }]))
    }

    fn authorize(
        &self,
        view: &View,
        principal: &v1::Principal,
        action: Action,
        name: Option<&Name>,
    ) -> Result<(), Status> {
        let now = self.node.host.clock.unix_ms();
        hanse_model::authorize(view, principal, action, name, now)
            .map_err(store_failed)?
            .map_err(|violation| refusal(vec![violation]))
    }
}

#[tonic::async_trait]
impl management_server::Management for Management {
    async fn get(&self, request: Request<v1::GetRequest>) -> Result<Response<v1::Resource>, Status> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let name = parse_name(&request.name, "name")?;
        let view = self.view(request.stale).await?;
        self.authorize(&view, &principal, Action::Read, Some(&name))?;
        let stored = hanse_model::get(&view, &name).map_err(store_failed)?;
        stored.and_then(|stored| stored.resource).map(Response::new).ok_or_else(|| not_found(&name))
    }

    async fn list(&self, request: Request<v1::ListRequest>) -> Result<Response<v1::ListResponse>, Status> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let query = list_query(&request)?;
        let view = self.view(request.stale).await?;
        self.authorize(&view, &principal, Action::Read, query.parent.as_ref())?;
        if let Some(parent) = &query.parent
            && hanse_model::get(&view, parent).map_err(store_failed)?.is_none()
        {
            return Err(not_found(parent));
        }
        let page = hanse_model::list(&view, &query)
            .map_err(store_failed)?
            .map_err(|violation| refusal(vec![violation]))?;
        Ok(Response::new(v1::ListResponse {
            resources: page.resources.into_iter().filter_map(|stored| stored.resource).collect(),
            next_page_token: page.next_page_token,
            revision: view.revision(),
        }))
    }

    async fn apply(&self, request: Request<v1::ApplyRequest>) -> Result<Response<v1::ApplyResponse>, Status> {
        let principal = principal(&request)?;
        writes::write(&self.node, &principal, request.into_inner()).await.map(Response::new)
    }

    type WatchStream = Events;

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Result<Response<Events>, Status> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let prefix = match request.prefix.as_str() {
            "" => None,
            text => Some(parse_name(text, "prefix")?),
        };
        let view = self.node.view().map_err(store_failed)?;
        self.authorize(&view, &principal, Action::Read, prefix.as_ref())?;
        let after = request.after_revision.unwrap_or_else(|| view.revision());
        if after > view.revision() {
            self.must_have_happened(after).await?;
        }
        let watch =
            Watch { node: self.node.clone(), principal, prefix, with_resources: request.with_resources };
        Ok(Response::new(Box::pin(watch.events(after))))
    }

    async fn list_referrers(
        &self,
        request: Request<v1::ListReferrersRequest>,
    ) -> Result<Response<v1::ListReferrersResponse>, Status> {
        let principal = principal(&request)?;
        let name = parse_name(&request.into_inner().name, "name")?;
        let view = self.view(false).await?;
        self.authorize(&view, &principal, Action::Read, Some(&name))?;
        if hanse_model::get(&view, &name).map_err(store_failed)?.is_none() {
            return Err(not_found(&name));
        }
        let found = hanse_model::referrers(&view, &name, REFERRERS_MAX + 1).map_err(store_failed)?;
        let more = found.len() > REFERRERS_MAX;
        let mut names = Vec::with_capacity(found.len());
        for referrer in found.into_iter().take(REFERRERS_MAX) {
            let parsed = Name::parse(&referrer).ok();
            // Whoever may not read a referrer is not told of it either.
            if self.authorize(&view, &principal, Action::Read, parsed.as_ref()).is_ok() {
                names.push(referrer);
            }
        }
        Ok(Response::new(v1::ListReferrersResponse { names, more }))
    }

    async fn list_secrets(
        &self,
        request: Request<v1::ListSecretsRequest>,
    ) -> Result<Response<v1::ListSecretsResponse>, Status> {
        let principal = principal(&request)?;
        let name = parse_name(&request.into_inner().name, "name")?;
        let view = self.view(false).await?;
        self.authorize(&view, &principal, Action::ListSecrets, Some(&name))?;
        if !name.kind().actions().contains(&"listSecrets") {
            let message = format!("the secrets of a {} are never shown", name.kind().aliases()[0]);
            return Err(refusal(vec![violation("invalid", name.as_str(), "", &message)]));
        }
        let stored = hanse_model::get(&view, &name).map_err(store_failed)?.ok_or_else(|| not_found(&name))?;
        let mut secrets = std::collections::BTreeMap::new();
        for (path, sealed) in stored.secrets {
            let plaintext =
                self.node.keyring.open(&sealed).map_err(|_| {
                    Status::internal("a secret cannot be opened with this node's cluster key")
                })?;
            secrets.insert(path, String::from_utf8_lossy(&plaintext).into_owned());
        }
        Ok(Response::new(v1::ListSecretsResponse { secrets }))
    }

    async fn import_open_api(
        &self,
        request: Request<v1::ImportOpenApiRequest>,
    ) -> Result<Response<v1::ImportOpenApiResponse>, Status> {
        let principal = principal(&request)?;
        writes::write(&self.node, &principal, request.into_inner()).await.map(Response::new)
    }

    async fn export_open_api(
        &self,
        request: Request<v1::ExportOpenApiRequest>,
    ) -> Result<Response<v1::ExportOpenApiResponse>, Status> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let asked = openapi::Asked::of(&request).map_err(|violation| refusal(vec![*violation]))?;
        let view = self.view(request.stale).await?;
        self.authorize(&view, &principal, Action::Read, Some(&asked.name))?;
        let port = self.node.config.listen_gateway_http.port();
        let document = aside(|| openapi::export(&view, &asked, port)).map_err(store_failed)?;
        let document = document.ok_or_else(|| not_found(&asked.name))?;
        if document.len() > openapi::EXPORT_BYTES_MAX {
            let bytes = document.len();
            let message = format!(
                "the document has {bytes} bytes; at most {} fit one answer",
                openapi::EXPORT_BYTES_MAX
            );
            return Err(refusal(vec![violation("limit", asked.name.as_str(), "", &message)]));
        }
        Ok(Response::new(v1::ExportOpenApiResponse { document }))
    }

    async fn plan(&self, request: Request<v1::PlanRequest>) -> Result<Response<v1::PlanResponse>, Status> {
        let principal = principal(&request)?;
        writes::write(&self.node, &principal, request.into_inner()).await.map(Response::new)
    }

    async fn act(&self, request: Request<v1::ActRequest>) -> Result<Response<v1::ActResponse>, Status> {
        let principal = principal(&request)?;
        writes::write(&self.node, &principal, request.into_inner()).await.map(Response::new)
    }

    async fn history(
        &self,
        request: Request<v1::HistoryRequest>,
    ) -> Result<Response<v1::HistoryResponse>, Status> {
        let principal = principal(&request)?;
        let request = request.into_inner();
        let view = self.view(false).await?;
        let name = Name::parse(&request.name).ok();
        self.authorize(&view, &principal, Action::Read, name.as_ref())?;
        act::history(&view, &request).map(Response::new)
    }
}

/// Decides a call that another node forwarded.
///
/// # Errors
/// As the call itself; `UNAVAILABLE` when this node is not the leader.
pub async fn answer_forwarded(node: &Node, request: v1::ForwardRequest) -> Result<bytes::Bytes, Status> {
    use writes::Write as _;
    let principal =
        request.principal.ok_or_else(|| Status::invalid_argument("a forwarded call names no principal"))?;
    if matches!(principal.who, None | Some(v1::principal::Who::System(_))) {
        return Err(Status::permission_denied("a forwarded call must be an account's"));
    }
    let answer = match request.method.as_str() {
        v1::ApplyRequest::METHOD => {
            writes::decide_forwarded::<v1::ApplyRequest>(node, &principal, &request.message).await?
        }
        v1::ImportOpenApiRequest::METHOD => {
            writes::decide_forwarded::<v1::ImportOpenApiRequest>(node, &principal, &request.message).await?
        }
        v1::ActRequest::METHOD => {
            writes::decide_forwarded::<v1::ActRequest>(node, &principal, &request.message).await?
        }
        v1::PlanRequest::METHOD => {
            writes::decide_forwarded::<v1::PlanRequest>(node, &principal, &request.message).await?
        }
        other => {
            return Err(Status::unimplemented(format!("{other} is not known to this release")));
        }
    };
    Ok(answer.into())
}

// === Watch ===

struct Watch {
    node: Arc<Node>,
    principal: v1::Principal,
    prefix: Option<Name>,
    with_resources: bool,
}

impl Watch {
    /// Everything after a revision, then whatever comes, until the permission ends.
    fn events(self, mut after: u64) -> impl Stream<Item = Result<v1::WatchEvent, Status>> + Send {
        async_stream::stream! {
            let mut applied = self.node.replica.applied();
            loop {
                let step = self.step(after);
                let (events, reached) = match step {
                    Ok(step) => step,
                    Err(status) => {
                        yield Err(status);
                        return;
                    }
                };
                for event in events {
                    yield Ok(event);
                }
                if reached > after {
                    after = reached;
                    yield Ok(v1::WatchEvent { progress_revision: after, ..Default::default() });
                    continue;
                }
                let is_over = tokio::select! {
                    biased;
                    () = self.node.stop.cancelled() => true,
                    next = applied.wait_for(|revision| *revision > after) => next.is_err(),
                };
                if is_over {
                    yield Err(Status::unavailable("this node is stopping; watch from another one"));
                    return;
                }
            }
        }
    }

    /// The next events and the revision that they reach.
    fn step(&self, after: u64) -> Result<(Vec<v1::WatchEvent>, u64), Status> {
        let view = self.node.view().map_err(store_failed)?;
        let now = self.node.host.clock.unix_ms();
        hanse_model::authorize(&view, &self.principal, Action::Read, self.prefix.as_ref(), now)
            .map_err(store_failed)?
            .map_err(|violation| refusal(vec![violation]))?;
        let records = hanse_model::changes_after(&view, after, WATCH_STEP).map_err(store_failed)?;
        let records = records.map_err(|too_old| {
            Status::out_of_range(format!(
                "changes after revision {after} are no longer kept, only those after {}; \
                 list, then watch from the revision of the list",
                too_old.oldest
            ))
        })?;
        let full = records.len() >= WATCH_STEP;
        let last = records.last().map(|record| record.revision);
        let reached = if full { last.unwrap_or(after) } else { view.revision().max(after) };
        let mut events = Vec::with_capacity(records.len());
        for record in records.into_iter().filter(|record| self.covers(&record.name)) {
            let resource = self.resource_of(&view, &record)?;
            events.push(v1::WatchEvent { change: Some(record), resource, progress_revision: 0 });
        }
        Ok((events, reached))
    }

    fn covers(&self, name: &str) -> bool {
        let Some(prefix) = &self.prefix else { return true };
        let (prefix, key) = (prefix.key(), hanse_proto::key_of(name));
        // The deletion of something above the prefix takes what is below it along.
        is_within(&key, &prefix) || is_within(&prefix, &key)
    }

    fn resource_of(&self, view: &View, record: &v1::ChangeRecord) -> Result<Option<v1::Resource>, Status> {
        if !self.with_resources || record.action == "deleted" {
            return Ok(None);
        }
        let Ok(name) = Name::parse(&record.name) else { return Ok(None) };
        let stored = hanse_model::get(view, &name).map_err(store_failed)?;
        Ok(stored.and_then(|stored| stored.resource).filter(|resource| resource.revision == record.revision))
    }
}

fn is_within(key: &str, prefix: &str) -> bool {
    key.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

// === Requests ===

fn parse_name(text: &str, field: &str) -> Result<Name, Status> {
    Name::parse(text).map_err(|error| refusal(vec![violation("invalid", text, field, &error.message)]))
}

fn list_query(request: &v1::ListRequest) -> Result<ListQuery, Status> {
    let parent = match request.parent.as_str() {
        "" => None,
        text => Some(parse_name(text, "parent")?),
    };
    let kind = match request.kind.as_str() {
        "" => None,
        text => Some(Kind::from_alias(text).ok_or_else(|| {
            let known: Vec<&str> = Kind::all().map(Kind::collection).collect();
            let message = format!("`{text}` is no kind; there are {}", known.join(", "));
            refusal(vec![violation("invalid", "", "kind", &message)])
        })?),
    };
    let filter = match request.filter.as_str() {
        "" => None,
        text => Some(hanse_model::Filter::parse(text, kind).map_err(|violation| refusal(vec![violation]))?),
    };
    let page_size = match request.page_size {
        0 => PAGE_DEFAULT,
        size if size <= PAGE_MAX => size,
        size => {
            let message = format!("{size} is too large a page; at most {PAGE_MAX}");
            return Err(refusal(vec![violation("invalid", "", "pageSize", &message)]));
        }
    };
    Ok(ListQuery {
        parent,
        kind,
        recursive: request.recursive,
        filter,
        page_size,
        page_token: request.page_token.clone(),
    })
}

fn not_found(name: &Name) -> Status {
    refusal(vec![v1::Violation {
        hint: format!(
            "`hanse get {}{}` lists what there is{}",
            name.kind().collection(),
            within(name),
            elsewhere(name)
        ),
        ..violation("not-found", name.as_str(), "", "there is no such resource")
    }])
}

/// What is easily forgotten by those who look for something that workspaces have.
fn elsewhere(name: &Name) -> &'static str {
    match Kind::of_collection(Some(Kind::Workspace), name.kind().collection()) {
        Some(_) if name.workspace().is_none() => ", -w WORKSPACE looks into a workspace",
        _ => "",
    }
}

/// The flag that looks where a resource would be.
fn within(name: &Name) -> String {
    match name.id_of(Kind::Workspace) {
        Some(workspace) if name.kind() != Kind::Workspace => format!(" -w {workspace}"),
        _ => String::new(),
    }
}

fn store_failed(error: StoreError) -> Status {
    tracing::error!(%error, "the store cannot be read");
    Status::internal("the store of this node cannot be read; see its log")
}
