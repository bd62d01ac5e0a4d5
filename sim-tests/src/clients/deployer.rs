//! Deploys again and again: one commit changes the policy of a workspace and that of its API.
//!
//! One idea: both policies put the same mark into every answer, so an answer with two marks was
//! made of two shards, and one with an old mark is behind.

use super::{Client, Undone, WORKSPACES, put};
use crate::{invariants::Told, world::Stage};
use hanse_proto::v1::{self, resource::Spec};

/// Header with the mark of the workspace's policy.
pub const MARK_OF_WORKSPACE: &str = "x-mark-workspace";
/// Header with the mark of the API's policy.
pub const MARK_OF_API: &str = "x-mark-api";
/// Header by which the API's policy signs for its workspace.
pub const SIGNED_BY: &str = "x-signed-by";

/// Works until the stage is over.
pub async fn deploy(mut client: Client) {
    client.world.begin();
    let mut deployments = 0;
    while client.world.stage() < Stage::Closing {
        let workspace = *client.rng.choice(&WORKSPACES).expect("there are workspaces");
        deployments += 1;
        let mark = client.world.next_mark(workspace);
        let request_id = format!("d{}-{deployments}", client.number);
        let changes = policies(workspace, mark);
        let request = v1::ApplyRequest { changes, request_id: request_id.clone(), ..Default::default() };
        match client.apply(request).await {
            Ok((_, response)) => {
                client.world.tell(Told::Acked { request_id, revision: response.revision });
                client.world.acked_mark(workspace, mark);
            }
            Err(Undone::Refused(refused)) => {
                client.world.event(format_args!("deployment {mark} refused: {}", refused.message));
            }
            Err(Undone::Unknown) => {}
        }
        client.pause(100, 600).await;
    }
    client.world.end();
}

/// The two policies of a deployment.
pub fn policies(workspace: &str, mark: u64) -> Vec<v1::Change> {
    let mark = mark.to_string();
    let of_workspace = document(&set_header("X-Workspace", workspace), &set_header(MARK_OF_WORKSPACE, &mark));
    let of_api =
        document("", &format!("{}{}", set_header(MARK_OF_API, &mark), set_header(SIGNED_BY, workspace)));
    let policy = |value: String| Spec::Policy(v1::Policy { value, ..v1::Policy::default() });
    vec![
        put(&format!("workspaces/{workspace}/policies/policy"), policy(of_workspace), ""),
        put(&format!("workspaces/{workspace}/apis/cargo/policies/policy"), policy(of_api), ""),
    ]
}

fn document(inbound: &str, outbound: &str) -> String {
    format!(
        "<policies><inbound><base />{inbound}</inbound><backend><base /></backend>\
         <outbound><base />{outbound}</outbound><on-error><base /></on-error></policies>"
    )
}

fn set_header(name: &str, value: &str) -> String {
    format!("<set-header name=\"{name}\" exists-action=\"override\"><value>{value}</value></set-header>")
}
