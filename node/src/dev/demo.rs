//! The demonstration of `hanse dev`: a workspace, an API imported from the sample backend, a product,
//! a subscription, policies at three scopes, and a gateway of its own.
//!
//! Its settings raise every limit, so that none gets in the way of trying things with a thousand workspaces
//! or ten thousand operations. Clusters that `hanse cluster init` makes keep APIM's limits.

use super::sample;
use crate::client::{CALL_TIMEOUT, CallError, Client};
use anyhow::Context as _;
use hanse_gateway::host::Host;
use hanse_proto::v1::{self, resource::Spec};
use std::time::Duration;

/// Everything the demonstration's commands need.
pub struct Demo {
    host: String,
    key: String,
    operations: u32,
}

/// Calls that the demonstration's rate limit lets through, and in how many seconds.
const CALLS: u32 = 10;
const PERIOD_S: u32 = 15;
/// Of everything that has a limit: more than this machine holds.
const LIMIT: u32 = 10_000_000;
/// Units of one gateway, each of them a thread on this machine.
const UNITS: u32 = 100;
/// Wait for the demonstration to be live.
const LIVE_TIMEOUT: Duration = Duration::from_secs(20);

const GLOBAL_POLICY: &str = r#"<policies>
    <inbound>
        <set-header name="X-Governed-By" exists-action="override">
            <value>platform team</value>
        </set-header>
    </inbound>
    <backend>
        <forward-request timeout="60" />
    </backend>
    <outbound>
        <set-header name="X-Content-Type-Options" exists-action="override">
            <value>nosniff</value>
        </set-header>
    </outbound>
    <on-error />
</policies>
"#;

const WORKSPACE_POLICY: &str = r#"<policies>
    <inbound>
        <base />
    </inbound>
    <backend>
        <base />
    </backend>
    <outbound>
        <base />
        <set-header name="X-Workspace" exists-action="override">
            <value>demo</value>
        </set-header>
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"#;

fn api_policy() -> String {
    format!(
        r#"<policies>
    <inbound>
        <base />
        <rate-limit calls="{CALLS}" renewal-period="{PERIOD_S}" remaining-calls-header-name="X-Calls-Left" />
    </inbound>
    <backend>
        <base />
    </backend>
    <outbound>
        <base />
        <set-header name="X-Api" exists-action="override">
            <value>orders</value>
        </set-header>
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
"#
    )
}

/// Sets it up on a new cluster. On one that was kept, only the sample backend's address is brought up to
/// date: what was changed or deleted there stays as it is.
///
/// # Errors
/// When the cluster refuses it, which would be a defect.
pub async fn set_up(client: &mut Client, backend: &str, is_new: bool) -> anyhow::Result<Option<Demo>> {
    if is_new {
        apply(client, resources()).await?;
    } else if get(client, "workspaces/demo/apis/orders").await?.is_none() {
        return Ok(None);
    }
    let request = v1::ImportOpenApiRequest {
        parent: "workspaces/demo".into(),
        api: "orders".into(),
        path: is_new.then(|| "shop".into()),
        service_url: Some(backend.to_owned()),
        document: sample::document(backend).into_bytes().into(),
        file_name: "the sample backend's openapi.json".into(),
        request_id: request_id(),
        ..Default::default()
    };
    let imported = client
        .call(CALL_TIMEOUT, |mut it| {
            let request = request.clone();
            async move { it.management.import_open_api(request).await }
        })
        .await
        .context("the sample API was refused")?;
    let mut revision = imported.applied.map_or(0, |applied| applied.revision);
    if is_new {
        revision = apply(client, attachments()).await?;
    }
    let secrets = client
        .call(CALL_TIMEOUT, |mut it| async move {
            let name = "workspaces/demo/subscriptions/demo".to_owned();
            it.management.list_secrets(v1::ListSecretsRequest { name }).await
        })
        .await;
    let Some(v1::Resource { spec: Some(Spec::Gateway(gateway)), .. }) = get(client, "gateways/demo").await?
    else {
        return Ok(None);
    };
    // Whoever deleted the subscription keeps a demonstration without its commands.
    let Some(key) = secrets.ok().and_then(|mut secrets| secrets.secrets.remove("primaryKey")) else {
        return Ok(None);
    };
    client
        .call(LIVE_TIMEOUT, |mut it| async move {
            it.cluster.await_live(v1::AwaitLiveRequest { revision, timeout_ms: 0 }).await
        })
        .await?;
    await_serving(client).await?;
    Ok(Some(Demo { host: gateway.default_hostname, key, operations: imported.operations }))
}

async fn apply(client: &mut Client, resources: Vec<v1::Resource>) -> anyhow::Result<u64> {
    let changes = resources
        .into_iter()
        .map(|resource| v1::Change { change: Some(v1::change::Change::Put(resource)), ..Default::default() })
        .collect();
    let request_id = request_id();
    let request = v1::ApplyRequest { changes, request_id, ..Default::default() };
    let applied = client
        .call(CALL_TIMEOUT, |mut it| {
            let request = request.clone();
            async move { it.management.apply(request).await }
        })
        .await
        .context("the demonstration was refused")?;
    Ok(applied.revision)
}

/// An id under which a call may be made again.
fn request_id() -> String {
    let bytes = Host::system().random.bytes();
    format!("demo-{}", uuid::Builder::from_random_bytes(bytes).into_uuid())
}

async fn get(client: &mut Client, name: &str) -> anyhow::Result<Option<v1::Resource>> {
    let got = client
        .call(CALL_TIMEOUT, |mut it| async move {
            it.management.get(v1::GetRequest { name: name.to_owned(), stale: false }).await
        })
        .await;
    match got {
        Ok(resource) => Ok(Some(resource)),
        Err(CallError::Refused(status)) if status.code() == tonic::Code::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Waits until every gateway has a unit, on whichever node.
async fn await_serving(client: &mut Client) -> anyhow::Result<()> {
    let serving = async {
        loop {
            let status = client
                .call(CALL_TIMEOUT, |mut it| async move { it.cluster.status(v1::StatusRequest {}).await })
                .await?;
            if status.serving {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIVE_TIMEOUT, serving).await.context("the demonstration's gateway did not start")?
}

/// What the API does not depend on.
fn resources() -> Vec<v1::Resource> {
    vec![
        resource("settings/service", Spec::ServiceSettings(settings())),
        resource("policies/policy", Spec::Policy(policy(GLOBAL_POLICY.to_owned()))),
        resource(
            "workspaces/demo",
            Spec::Workspace(v1::Workspace {
                display_name: "Demo".into(),
                description: "What `hanse dev` shows".into(),
            }),
        ),
        resource("workspaces/demo/policies/policy", Spec::Policy(policy(WORKSPACE_POLICY.to_owned()))),
        resource(
            "gateways/demo",
            Spec::Gateway(v1::Gateway { display_name: "Demo".into(), units: 1, ..Default::default() }),
        ),
        resource(
            "gateways/demo/links/demo",
            Spec::GatewayLink(v1::GatewayLink { workspace: "workspaces/demo".into(), ..Default::default() }),
        ),
    ]
}

/// What hangs on the API.
fn attachments() -> Vec<v1::Resource> {
    vec![
        resource("workspaces/demo/apis/orders/policies/policy", Spec::Policy(policy(api_policy()))),
        resource(
            "workspaces/demo/products/starter",
            Spec::Product(v1::Product {
                display_name: "Starter".into(),
                state: "published".into(),
                ..Default::default()
            }),
        ),
        resource(
            "workspaces/demo/products/starter/apiLinks/orders",
            Spec::ProductApiLink(v1::ProductApiLink { api_id: "workspaces/demo/apis/orders".into() }),
        ),
        resource(
            "workspaces/demo/subscriptions/demo",
            Spec::Subscription(v1::Subscription {
                scope: "products/starter".into(),
                display_name: "Demo".into(),
                state: "active".into(),
                ..Default::default()
            }),
        ),
    ]
}

/// Limits that stay out of the way.
fn settings() -> v1::ServiceSettings {
    let limits = v1::Limits { units_per_gateway: Some(UNITS), ..hanse_model::uniform_limits(LIMIT) };
    v1::ServiceSettings { limits: Some(limits), ..Default::default() }
}

fn resource(name: &str, spec: Spec) -> v1::Resource {
    v1::Resource { name: name.into(), spec: Some(spec), ..Default::default() }
}

fn policy(value: String) -> v1::Policy {
    v1::Policy { value, format: String::new() }
}

impl Demo {
    /// What there is, on one line.
    pub fn summary(&self) -> String {
        format!(
            "workspace demo · API Orders ({} operations, from the sample backend) · product starter · gateway demo",
            self.operations
        )
    }

    /// Three commands for a node's gateway port, each on one line, and what each shows.
    pub fn commands(&self, port: u16) -> Vec<(String, String)> {
        let Demo { host, key, .. } = self;
        let url = format!("http://{host}:{port}/shop/orders");
        vec![
            (
                format!("curl -i -H 'Ocp-Apim-Subscription-Key: {key}' {url}/1"),
                "200, with the headers the policies set".into(),
            ),
            (format!("curl -i {url}/1"), "401, no key".into()),
            (
                format!(
                    "curl -so /dev/null -w '%{{http_code}}\\n' -H 'Ocp-Apim-Subscription-Key: {key}' '{url}/[1-12]'"
                ),
                format!("200 … then 429: {CALLS} calls in {PERIOD_S} s"),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_is_one_line_with_host_port_and_key() {
        let demo = Demo { host: "demo-7f3a.gateway.localhost".into(), key: "k3y".into(), operations: 7 };
        for (command, _) in demo.commands(8081) {
            assert!(!command.contains('\n'));
            assert!(command.contains("http://demo-7f3a.gateway.localhost:8081/"), "{command}");
        }
        assert_eq!(demo.commands(8081).iter().filter(|(command, _)| command.contains("k3y")).count(), 2);
    }
}
