//! `hanse server`: one node of a real cluster, from its configuration file to its end.

use crate::{
    app::{App, AppOptions, Running},
    config::{self, Config},
    secure::{Credentials, MutualTls},
    state::ProcessInfo,
};
use hanse_gateway::{host::Host, otlp::Endpoint};
use hanse_raft_store::{CommitMode, RaftTimings, Storage};
use std::{path::Path, sync::Arc, time::Duration};

/// Time that requests in flight get when a node stops.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs a node until it is told to stop (SIGINT or SIGTERM). A collector that is passed in wins over the
/// configuration's.
///
/// # Errors
/// When the configuration is wrong or the node cannot start.
pub async fn run(path: &Path, otlp: Option<Endpoint>) -> anyhow::Result<()> {
    let (mut config, credentials) = config::load(path).map_err(|findings| Wrong { findings })?;
    config.otlp = otlp.or(config.otlp);
    let name = config.node.clone();
    let running = start(config, &credentials).await?;
    let own = &running.node.config;
    tracing::info!(
        node = %name,
        admin = %own.listen_admin,
        peers = %own.listen_node,
        gateway = %own.listen_gateway_http,
        data = %own.data_dir.display(),
        "node is up"
    );
    stop_signal().await;
    tracing::info!(node = %name, "node stops");
    running.drain(DRAIN_TIMEOUT).await;
    Ok(())
}

/// A configuration with findings; the CLI prints them and exits with 64.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} findings", findings.len())]
pub struct Wrong {
    /// Everything that is wrong with it.
    pub findings: Vec<hanse_manifest::Finding>,
}

/// Starts a node on this machine.
///
/// # Errors
/// When its store or one of its ports cannot be had.
pub async fn start(config: Config, credentials: &Credentials) -> anyhow::Result<Running> {
    let security = Arc::new(MutualTls::new(credentials)?);
    let storage = Storage::Directory(config.data_dir.clone());
    let app = App::build(AppOptions {
        config,
        host: Host::system(),
        security,
        storage,
        commit: CommitMode::Threaded,
        raft: RaftTimings::default(),
        snapshots: None,
        process: ProcessInfo { pid: std::process::id(), memory_bytes },
    })
    .await?;
    Ok(app.spawn())
}

/// Resident memory of this process; 0 where the system does not tell.
fn memory_bytes() -> u64 {
    let Ok(pid) = sysinfo::get_current_pid() else { return 0 };
    let mut system = sysinfo::System::new();
    let only_memory = sysinfo::ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::Some(&[pid]), false, only_memory);
    system.process(pid).map_or(0, sysinfo::Process::memory)
}

/// Returns when the process is asked to stop.
pub async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = signal(SignalKind::terminate());
    let Ok(mut terminate) = terminate else {
        // Without a handler the default action ends the process anyway.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
