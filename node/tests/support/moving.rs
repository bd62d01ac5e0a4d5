//! A workspace that can be moved between two gateways, beside a neighbour that stays.

use super::{Dev, call, eventually};

/// The workspace, its neighbour, and their gateways.
pub struct Moving {
    /// Hostname of the gateway that both begin on.
    pub shared_host: String,
    /// Hostname of the other gateway.
    pub quiet_host: String,
    /// Hostname of the link by which the workspace is served there.
    pub link_host: String,
}

/// What both workspaces answer.
pub const MOVED_PATH: &str = "/moved/orders/1";
pub const STAYING_PATH: &str = "/staying/orders/1";

const GATEWAYS: &str = "
name: gateways/shared
gateway: {displayName: Shared, units: 2}
---
name: gateways/quiet
gateway: {displayName: Quiet, units: 1}
";

impl Moving {
    /// Sets all of it up and waits until every node answers.
    pub async fn start(dev: &Dev) -> Moving {
        let orders = dev.json(&["get", "api", "orders", "-w", "demo", "-o", "json"]);
        let backend = orders["api"]["serviceUrl"].as_str().expect("a service URL");
        let mut text = GATEWAYS.to_owned();
        for id in ["moved", "staying"] {
            text.push_str(&format!(
                "---\nname: workspaces/{id}\nworkspace: {{displayName: {id}}}\n\
                 ---\nname: workspaces/{id}/apis/orders\napi: {{path: {id}, displayName: Orders, serviceUrl: \
                 '{backend}', protocols: [http], subscriptionRequired: false}}\n\
                 ---\nname: workspaces/{id}/apis/orders/operations/order\noperation: {{displayName: Order, \
                 method: GET, urlTemplate: '/orders/{{id}}', templateParameters: [{{name: id, required: true, \
                 type: string}}]}}\n\
                 ---\nname: gateways/shared/links/{id}\ngatewayLink: {{workspace: workspaces/{id}}}\n"
            ));
        }
        apply(dev, "moving.yaml", &text);
        let host_of = |gateway| {
            let gateway = dev.json(&["get", "gateway", gateway, "-o", "json"]);
            gateway["gateway"]["defaultHostname"].as_str().expect("a hostname").to_owned()
        };
        let (shared_host, quiet_host) = (host_of("shared"), host_of("quiet"));
        let link = dev.json(&["get", "links", "shared/moved", "-o", "json"]);
        let link_host = link["gatewayLink"]["defaultHostname"].as_str().expect("a hostname").to_owned();
        for node in 0..3 {
            for path in [MOVED_PATH, STAYING_PATH] {
                eventually("every node answers", async || {
                    let answer = call(dev.gateway_port(node), &shared_host, path, &[]).await.ok()?;
                    (answer.status == 200).then_some(())
                })
                .await;
            }
        }
        eventually("the other gateway has its unit", async || {
            let status = dev.status(0);
            let gateways = status["gateways"].as_array()?.clone();
            gateways.iter().any(|it| it["name"] == "quiet" && it["unitsRunning"] == 1).then_some(())
        })
        .await;
        Moving { shared_host, quiet_host, link_host }
    }

    /// Moves the workspace to the quiet gateway, in one command.
    pub fn away(&self, dev: &Dev) {
        set(dev, "gateways/quiet", "");
    }

    /// Moves it back, in one command.
    pub fn back(&self, dev: &Dev) {
        set(dev, "", "gateways/shared");
    }
}

fn set(dev: &Dev, shared: &str, quiet: &str) {
    let link = |gateway: &str, to: &str| {
        format!(
            "name: gateways/{gateway}/links/moved\ngatewayLink: {{workspace: workspaces/moved, passesOnTo: '{to}'}}\n"
        )
    };
    apply(dev, "move.yaml", &format!("{}---\n{}", link("shared", shared), link("quiet", quiet)));
}

fn apply(dev: &Dev, file: &str, text: &str) {
    let manifest = dev.file(file, text);
    dev.ok(&["apply", "--wait", "-f", manifest.to_str().expect("text")]);
}
