//! The nodes of `hanse dev`: one in this process, or each in a process of its own, so that one can be
//! killed and started again.

use crate::{
    app::Running,
    config, server,
    trust::{ClusterFiles, ClusterPlan},
};
use anyhow::Context as _;
use std::{
    ffi::OsString,
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::process::{Child, Command};

/// Wait for a process to end after it was asked to.
const STOP_TIMEOUT: Duration = Duration::from_secs(12);

/// Time between two looks at a process that is not a child.
const POLL: Duration = Duration::from_millis(50);

/// Running nodes.
pub enum Nodes {
    /// In this process.
    Here(Option<Running>),
    /// One process each.
    Processes(Vec<Process>),
}

/// A node in a process of its own.
pub struct Process {
    /// Its name.
    pub name: String,
    /// Its process id.
    pub pid: u32,
    /// Its configuration file.
    pub config: PathBuf,
    /// Where it logs.
    pub log: PathBuf,
    child: Option<Child>,
}

impl Nodes {
    /// Starts them all.
    ///
    /// # Errors
    /// When a node cannot start.
    pub async fn start(dir: &Path, files: &ClusterFiles, plan: &ClusterPlan) -> anyhow::Result<Nodes> {
        if let [config] = files.configs.as_slice() {
            let (config, credentials) =
                config::load(config).map_err(|findings| server::Wrong { findings })?;
            return Ok(Nodes::Here(Some(server::start(config, &credentials).await?)));
        }
        // A taken port is told here, rather than in the log of a process that ended.
        for node in &plan.nodes {
            for address in [&node.admin, &node.node, &node.gateway_http] {
                std::net::TcpListener::bind(address.as_str()).map_err(|error| {
                    anyhow::anyhow!(
                        "cannot listen on {address} ({}): {}",
                        node.name,
                        crate::app::why_not(&error)
                    )
                })?;
            }
        }
        let program = std::env::current_exe().context("cannot find the program itself")?;
        let mut processes = Vec::new();
        for (node, config) in plan.nodes.iter().zip(&files.configs) {
            let log = dir.join(&node.name).join("log");
            let out = File::options().create(true).append(true).open(&log)?;
            let child = Command::new(&program)
                .args(["server", "--config"])
                .arg(config)
                .stdin(Stdio::null())
                .stdout(out.try_clone()?)
                .stderr(out)
                // Ctrl-C in the terminal must not reach them before this process has said so.
                .process_group(0)
                .kill_on_drop(true)
                .spawn()
                .with_context(|| format!("cannot start {}", node.name))?;
            processes.push(Process {
                name: node.name.clone(),
                pid: child.id().unwrap_or_default(),
                config: config.clone(),
                log,
                child: Some(child),
            });
        }
        Ok(Nodes::Processes(processes))
    }

    /// Waits until one of the processes has ended by itself; says which, and how to start it again.
    pub async fn died(&mut self) -> String {
        let Nodes::Processes(processes) = self else {
            return std::future::pending().await;
        };
        let waits = processes.iter_mut().filter_map(|process| {
            let child = process.child.as_mut()?;
            Some(Box::pin(async move { child.wait().await }))
        });
        let waits: Vec<_> = waits.collect();
        if waits.is_empty() {
            return std::future::pending().await;
        }
        let (status, index, _) = futures_util::future::select_all(waits).await;
        let process = processes
            .iter_mut()
            .filter(|process| process.child.is_some())
            .nth(index)
            .expect("the index is one of those waited for");
        process.child = None;
        let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        let tail = last_lines(&process.log);
        format!(
            "{} (process {}) has ended: {how}{tail}\n  start it again with: {}",
            process.name,
            process.pid,
            process.restart_command()
        )
    }

    /// Stops them all and waits for their end.
    pub async fn stop(&mut self) {
        match self {
            Nodes::Here(running) => {
                if let Some(running) = running.take() {
                    running.drain(server::DRAIN_TIMEOUT).await;
                }
            }
            Nodes::Processes(processes) => {
                for process in processes.iter().filter(|process| process.child.is_some()) {
                    terminate(process.pid);
                }
                // One that was killed and started by hand is of this cluster too: left alone it would
                // keep the ports, on data that is about to go.
                let by_hand = started_by_hand(processes);
                by_hand.iter().copied().for_each(terminate);
                for process in processes {
                    if let Some(mut child) = process.child.take()
                        && tokio::time::timeout(STOP_TIMEOUT, child.wait()).await.is_err()
                    {
                        // Dropping the child ends it the hard way.
                        tracing::warn!(node = %process.name, "a node did not stop in time");
                    }
                }
                let ended = async {
                    while by_hand.iter().any(|pid| is_running(*pid)) {
                        tokio::time::sleep(POLL).await;
                    }
                };
                if tokio::time::timeout(STOP_TIMEOUT, ended).await.is_err() {
                    super::screen::say(
                        "A node that was started by hand still runs; stop it where it was started.\n",
                    );
                }
            }
        }
    }
}

impl Process {
    /// What to type to start it again.
    pub fn restart_command(&self) -> String {
        let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("hanse"));
        format!("{} server --config {}", quoted(&program), quoted(&self.config))
    }
}

/// A path as one word of a shell.
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+=".contains(&byte));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Asks a process to end.
fn terminate(pid: u32) {
    if let Some(process) = look_up(pid).process(sysinfo::Pid::from_u32(pid)) {
        let _ = process.kill_with(sysinfo::Signal::Term);
    }
}

fn is_running(pid: u32) -> bool {
    let system = look_up(pid);
    let process = system.process(sysinfo::Pid::from_u32(pid));
    process.is_some_and(|process| process.status() != sysinfo::ProcessStatus::Zombie)
}

fn look_up(pid: u32) -> sysinfo::System {
    let mut system = sysinfo::System::new();
    let nothing = sysinfo::ProcessRefreshKind::nothing();
    let pids = [sysinfo::Pid::from_u32(pid)];
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::Some(&pids), false, nothing);
    system
}

/// Process ids of nodes that ended and that somebody started again with the command that was printed.
fn started_by_hand(processes: &[Process]) -> Vec<u32> {
    let ended: Vec<&Process> = processes.iter().filter(|process| process.child.is_none()).collect();
    if ended.is_empty() {
        return Vec::new();
    }
    let mut system = sysinfo::System::new();
    let with_cmd =
        sysinfo::ProcessRefreshKind::nothing().with_cmd(sysinfo::UpdateKind::Always).without_tasks();
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::All, false, with_cmd);
    let runs_one = |command: &[OsString]| {
        let [_, verb, flag, config] = command else { return false };
        verb == "server"
            && flag == "--config"
            && ended.iter().any(|process| process.config.as_os_str() == config)
    };
    let of_this_cluster = system.processes().values().filter(|process| runs_one(process.cmd()));
    of_this_cluster.map(|process| process.pid().as_u32()).collect()
}

/// What a process said last, for those who wonder why it ended.
fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(3).collect();
    lines.into_iter().rev().map(|line| format!("\n  | {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_in_a_shell() {
        assert_eq!(quoted(Path::new("/a/b-c.d")), "/a/b-c.d");
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
