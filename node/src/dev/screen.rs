//! What `hanse dev` prints: what runs where, and what to type.

use super::{
    Ports,
    demo::Demo,
    nodes::{Nodes, quoted},
};
use crate::trust::ClusterPlan;
use std::{
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

/// Everything there is to say.
pub struct Screen<'a> {
    /// The nodes.
    pub plan: &'a ClusterPlan,
    /// Their ports.
    pub ports: &'a [Ports],
    /// The folder that is kept, if one is.
    pub kept: Option<&'a Path>,
    /// The demonstration, if it is there.
    pub demo: Option<&'a Demo>,
    /// How the nodes run.
    pub nodes: &'a Nodes,
    /// Time since the start.
    pub ready: Duration,
}

/// Prints it on standard output.
pub fn print(screen: &Screen<'_>) {
    say(&text(screen));
}

/// Says something on standard output. Who does not listen any more, as in `hanse dev | head -1`,
/// ends no node.
pub fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn text(screen: &Screen<'_>) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    let count = screen.plan.nodes.len();
    let nodes = if count == 1 { "one node".to_owned() } else { format!("{count} nodes") };
    let data = match screen.kept {
        Some(dir) => format!("data in {}", dir.display()),
        None => "data in a temporary folder (--data-dir keeps it)".to_owned(),
    };
    line(&format!("Hanse {}, {nodes}, {data}\n", env!("CARGO_PKG_VERSION")));
    for (node, ports) in screen.plan.nodes.iter().zip(screen.ports) {
        line(&format!(
            "  {:<8}  admin https://127.0.0.1:{}   gateway http://127.0.0.1:{}   (reserved: HTTPS {}, portal {})",
            node.name, ports.admin, ports.http, ports.https, ports.portal
        ));
    }
    if let Some(demo) = screen.demo {
        line(&format!("\n  {}", demo.summary()));
        for (node, ports) in screen.plan.nodes.iter().zip(screen.ports) {
            let on = if count == 1 { String::new() } else { format!(" on {}", node.name) };
            line(&format!("\nTry it{on}:"));
            for (command, what) in demo.commands(ports.http) {
                // Beside the command it would be a part of it in shells that know no comments there.
                line(&format!("  {what}:\n    {command}"));
            }
        }
    }
    if let Nodes::Processes(processes) = screen.nodes {
        line("\nStop a node, and start it again:");
        for process in processes {
            line(&format!("  {}:\n    kill -9 {}", process.name, process.pid));
            line(&format!("    {}", process.restart_command()));
        }
        if let Some(process) = processes.first()
            && let Some(dir) = process.log.parent().and_then(Path::parent)
        {
            line(&format!("Their logs: {}/node-*/log", quoted(dir)));
        }
    }
    line("\nIn another terminal:  hanse status · hanse get apis -w demo · hanse watch");
    line(&format!("Ready in {:.2} s. Ctrl-C stops it.", screen.ready.as_secs_f64()));
    out
}
