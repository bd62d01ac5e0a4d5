//! `hanse dev`: a complete cluster on this machine, with something to try on it.
//!
//! One idea: nothing is special about it. It makes the same files that `hanse cluster init` makes,
//! starts the same nodes that `hanse server` runs, and sets up its demonstration through the same
//! API that everybody uses; then it says what runs where, and what to type next.

mod demo;
mod folder;
mod nodes;
pub mod sample;
mod screen;

use crate::{
    client::{CALL_TIMEOUT, Client},
    context::{self, Context},
    server,
    trust::{self, ClusterFiles, ClusterPlan, NodePlan},
};
use anyhow::Context as _;
use hanse_gateway::host::Host;
use hanse_proto::v1;
use nodes::Nodes;
use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// What `hanse dev` was asked for.
#[derive(Debug, Clone, Default)]
pub struct DevOptions {
    /// Nodes, 1 to [`NODES_MAX`]; each further one is a process of its own.
    pub nodes: u32,
    /// Where everything is kept; `None`: in a temporary folder, until the end.
    pub data_dir: Option<PathBuf>,
    /// First port; `None`: the default ports.
    pub ports_from: Option<u16>,
    /// Folder of manifests to apply.
    pub folder: Option<PathBuf>,
    /// Apply the folder again on every save.
    pub watch: bool,
}

/// Most nodes that `hanse dev` starts.
pub const NODES_MAX: u32 = 7;
/// Name of the CLI context that it leaves.
pub const CONTEXT: &str = "dev";
/// Wait for the cluster to form.
const FORM_TIMEOUT: Duration = Duration::from_secs(30);

/// The ports of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    /// Admin API.
    pub admin: u16,
    /// Node to node.
    pub node: u16,
    /// Gateway, HTTP.
    pub http: u16,
    /// Gateway, HTTPS; reserved.
    pub https: u16,
    /// Portal; reserved.
    pub portal: u16,
}

impl Ports {
    /// The ports of node `index`, counted from 0; `None` when they run past 65,535.
    pub fn of(index: u16, from: Option<u16>) -> Option<Ports> {
        let Some(from) = from else {
            return Some(Ports {
                admin: 7400 + index,
                node: 7500 + index,
                http: 8080 + index,
                https: 8443 + index,
                portal: 8000 + index,
            });
        };
        let first = from.checked_add(index.checked_mul(10)?)?;
        Some(Ports {
            admin: first,
            node: first.checked_add(1)?,
            http: first.checked_add(2)?,
            https: first.checked_add(3)?,
            portal: first.checked_add(4)?,
        })
    }
}

/// Runs until it is told to stop.
///
/// # Errors
/// When a port is taken, the folder is another cluster's, or the cluster does not form.
pub async fn run(options: DevOptions) -> anyhow::Result<()> {
    let began = Instant::now();
    if options.nodes == 0 || options.nodes > NODES_MAX {
        anyhow::bail!("--nodes {} is not possible: 1 to {NODES_MAX} nodes fit one machine", options.nodes);
    }
    let mut stop = std::pin::pin!(server::stop_signal());
    let temporary = match &options.data_dir {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("hanse-dev-").tempdir().context("no temporary folder")?),
    };
    let dir = match (&options.data_dir, &temporary) {
        (Some(dir), _) => std::path::absolute(dir)?,
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => unreachable!("one of the two is set"),
    };
    let config_dir = context::config_dir();
    // A file that cannot be read stops it here, before anything is made.
    context::Config::load(&config_dir)?;
    let (files, plan, ports, is_new) = prepare(&dir, &options)?;
    let sample = sample::spawn().await.context("the sample backend cannot listen on loopback")?;
    let mut nodes = Nodes::start(&dir, &files, &plan).await?;

    let context = Context {
        name: CONTEXT.to_owned(),
        servers: plan.nodes.iter().map(|node| node.admin.clone()).collect(),
        ca: files.ca.clone(),
        certificate: files.admin_certificate.clone(),
        key: files.admin_key.clone(),
    };
    let ready = async {
        let mut client = Client::new(context.clone())?;
        form(&mut client).await?;
        demo::set_up(&mut client, &format!("http://{}", sample.addr), is_new).await
    };
    let demo = tokio::select! {
        ready = ready => match ready {
            Ok(ready) => ready,
            Err(error) => {
                nodes.stop().await;
                return Err(error);
            }
        },
        died = nodes.died() => {
            nodes.stop().await;
            anyhow::bail!("{died}");
        }
        () = &mut stop => {
            nodes.stop().await;
            return Ok(());
        }
    };
    // Left only now: `hanse status --wait` in another terminal returns when there is something to see.
    let mut config = context::Config::load(&config_dir)?;
    config.put_current(context);
    config.save(&config_dir)?;
    screen::print(&screen::Screen {
        plan: &plan,
        ports: &ports,
        kept: options.data_dir.is_some().then_some(dir.as_path()),
        demo: demo.as_ref(),
        nodes: &nodes,
        ready: began.elapsed(),
    });

    let folder = async {
        match &options.folder {
            Some(folder) => folder::follow(folder, options.watch).await,
            None => std::future::pending().await,
        }
    };
    let mut folder = std::pin::pin!(folder);
    let mut folder_done = false;
    loop {
        tokio::select! {
            () = &mut stop => break,
            result = &mut folder, if !folder_done => {
                folder_done = true;
                if let Err(error) = result {
                    let _ = writeln!(io::stderr(), "error: {error:#}");
                }
            }
            died = nodes.died() => screen::say(&format!("{died}\n")),
        }
    }
    screen::say("\nStopping.\n");
    if temporary.is_some() {
        // Its files are about to go.
        let mut config = context::Config::load(&config_dir)?;
        config.remove(CONTEXT);
        config.save(&config_dir)?;
    }
    nodes.stop().await;
    Ok(())
}

/// Finds or makes the files of the cluster.
fn prepare(
    dir: &Path,
    options: &DevOptions,
) -> anyhow::Result<(ClusterFiles, ClusterPlan, Vec<Ports>, bool)> {
    let mut ports = Vec::new();
    let mut nodes = Vec::new();
    for index in 0..u16::try_from(options.nodes).expect("at most NODES_MAX") {
        let own = Ports::of(index, options.ports_from).with_context(|| {
            format!("--ports-from {} is too high for node {index}", options.ports_from.unwrap_or_default())
        })?;
        ports.push(own);
        nodes.push(NodePlan {
            name: format!("node-{}", index + 1),
            node: format!("127.0.0.1:{}", own.node),
            admin: format!("127.0.0.1:{}", own.admin),
            gateway_http: format!("127.0.0.1:{}", own.http),
            zone: String::new(),
        });
    }
    let id_file = dir.join("cluster-id");
    let is_new = !id_file.exists();
    let random = Host::system().random;
    let cluster_id = if is_new {
        format!("hanse-{}", crate::state::hex(&random.bytes::<2>()))
    } else {
        std::fs::read_to_string(&id_file)?.trim().to_owned()
    };
    let plan = ClusterPlan {
        cluster_id,
        service_name: "hanse".to_owned(),
        base_domain: "localhost".to_owned(),
        nodes,
    };
    if is_new {
        let files = trust::create_cluster(dir, &plan, random.as_ref())?;
        std::fs::write(&id_file, &plan.cluster_id)?;
        return Ok((files, plan, ports, true));
    }
    let files = ClusterFiles::at(dir, &plan.nodes);
    for (index, config) in files.configs.iter().enumerate() {
        let found = std::fs::read_to_string(config).unwrap_or_default();
        if found != trust::config_text(&plan, index)
            || dir.join(format!("node-{}", plan.nodes.len() + 1)).exists()
        {
            anyhow::bail!(
                "{} holds a cluster that was started with other --nodes or --ports-from; \
                 start it as before, or name another --data-dir",
                dir.display()
            );
        }
    }
    Ok((files, plan, ports, false))
}

/// Waits until the cluster takes writes.
async fn form(client: &mut Client) -> anyhow::Result<()> {
    let deadline = Instant::now() + FORM_TIMEOUT;
    loop {
        let status =
            client.call(CALL_TIMEOUT, |mut it| async move { it.cluster.status(v1::StatusRequest {}).await });
        match status.await {
            Ok(status) if status.healthy && !status.gateways.is_empty() => return Ok(()),
            Err(error) if Instant::now() >= deadline => {
                return Err(anyhow::Error::new(error).context("the cluster did not form"));
            }
            Ok(_) if Instant::now() >= deadline => {
                anyhow::bail!("the cluster did not form within {} s", FORM_TIMEOUT.as_secs());
            }
            Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_has_its_documented_ports() {
        let ports = Ports::of(2, None).expect("default ports fit");
        assert_eq!(
            (ports.admin, ports.node, ports.http, ports.https, ports.portal),
            (7402, 7502, 8082, 8445, 8002)
        );
        let ports = Ports::of(2, Some(9000)).expect("fits");
        assert_eq!(
            (ports.admin, ports.node, ports.http, ports.https, ports.portal),
            (9020, 9021, 9022, 9023, 9024)
        );
        assert_eq!(Ports::of(0, Some(65_535)), None);
        assert_eq!(Ports::of(2, Some(65_520)), None);
    }
}
