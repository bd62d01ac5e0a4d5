//! Gives a new cluster what the simulation is about: two workspaces, each with an API, and a
//! gateway for each.

use super::{Client, Undone, WORKSPACES, deployer::policies, put};
use crate::{admin::Called, http::BACKEND_PORT, invariants::Told};
use hanse_proto::v1::{self, resource::Spec};

/// Path of the one operation.
pub const PATH: &str = "/cargo/items";

/// Sets everything up in one commit.
pub async fn set_up(mut client: Client) {
    let mut changes = Vec::new();
    for workspace in WORKSPACES {
        changes.extend(workspace_with_api(workspace));
        changes.extend(policies(workspace, client.world.next_mark(workspace)));
    }
    let gateway = v1::Gateway { display_name: "Ship".into(), units: 2, ..v1::Gateway::default() };
    changes.push(put("gateways/ship", Spec::Gateway(gateway), ""));
    for (workspace, link) in WORKSPACES.into_iter().zip(links()) {
        let spec =
            v1::GatewayLink { workspace: format!("workspaces/{workspace}"), ..v1::GatewayLink::default() };
        changes.push(put(link, Spec::GatewayLink(spec), ""));
    }
    let request_id = "setup".to_owned();
    let request = v1::ApplyRequest { changes, request_id: request_id.clone(), ..Default::default() };
    loop {
        match client.apply(request.clone()).await {
            Ok((_, response)) => {
                client.world.tell(Told::Acked { request_id, revision: response.revision });
                break;
            }
            // Before the first entry is applied there is no cluster to set anything up in.
            Err(Undone::Refused(refused)) => {
                client.world.event(format_args!("the set-up was refused: {refused:?}"));
                client.pause(10, 50).await;
            }
            Err(Undone::Unknown) => {}
        }
    }
    for workspace in WORKSPACES {
        client.world.acked_mark(workspace, 1);
    }
    learn_hostnames(&mut client).await;
}

async fn learn_hostnames(client: &mut Client) {
    for (workspace, link) in WORKSPACES.into_iter().zip(links()) {
        loop {
            let node = client.node();
            if let Called::Done(resource) = client.admin.get(node, link).await
                && let Some(Spec::GatewayLink(link)) = resource.spec
            {
                client.world.set_hostname(workspace, &link.default_hostname);
                break;
            }
            client.pause(10, 50).await;
        }
    }
}

fn links() -> [&'static str; 2] {
    ["gateways/default/links/shore", "gateways/ship/links/ship"]
}

fn workspace_with_api(workspace: &str) -> Vec<v1::Change> {
    let root = format!("workspaces/{workspace}");
    let api = v1::Api {
        path: "cargo".into(),
        display_name: "Cargo".into(),
        service_url: format!("http://backend:{BACKEND_PORT}"),
        protocols: vec!["http".into()],
        subscription_required: Some(false),
        ..v1::Api::default()
    };
    let operation = v1::Operation {
        display_name: "Items".into(),
        method: "GET".into(),
        url_template: "/items".into(),
        ..v1::Operation::default()
    };
    let named = v1::Workspace { display_name: workspace.to_owned(), ..v1::Workspace::default() };
    vec![
        put(&root, Spec::Workspace(named), ""),
        put(&format!("{root}/apis/cargo"), Spec::Api(api), ""),
        put(&format!("{root}/apis/cargo/operations/items"), Spec::Operation(operation), ""),
    ]
}
