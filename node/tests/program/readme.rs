//! Whoever types the README's commands one after the other gets what it says.

use crate::support::{Dev, both, hanse_command};
use std::{
    path::Path,
    process::{Command, Output},
};

const README: &str = include_str!("../../../README.md");

/// What is typed: blocks marked `sh`, and `sh refused` when the command is to be refused.
fn script() -> String {
    let mut script = "set -euvo pipefail\n".to_owned();
    for block in README.split("\n```").skip(1).step_by(2) {
        let (mark, commands) = block.split_once('\n').expect("a line that begins a block");
        match mark {
            "sh" => script.push_str(&format!("{commands}\n")),
            "sh refused" => script.push_str(&format!("if {commands}\nthen exit 1; fi\n")),
            _ => {}
        }
    }
    script
}

fn typed(dev: &Dev, script: &str) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_hanse")).parent().expect("a folder").to_owned();
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::env::join_paths([program].into_iter().chain(std::env::split_paths(&paths)));
    let file = dev.file("typed.sh", script);
    let mut bash = Command::new("bash");
    bash.envs(hanse_command(dev.dir.path()).get_envs().filter_map(|(name, value)| Some((name, value?))));
    bash.arg(file)
        .current_dir(dev.dir.path())
        .env("PATH", paths.expect("folders"))
        .output()
        .expect("bash is installed")
}

#[test]
fn every_command_works_in_the_order_it_stands() {
    let dev = Dev::start(1);
    let script = script().replace(":8080", &format!(":{}", dev.gateway_port(0)));
    let output = typed(&dev, &script);
    let text = both(&output);
    assert!(output.status.success(), "{script}\n{text}");
    let calls = script.lines().filter(|line| line.starts_with("curl -i")).count();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), calls - 1, "{text}");
    for said in [
        "HTTP/1.1 401",
        "accepted   crm.yaml",
        "x-hello: world",
        "did you mean `exists-action`?",
        "0 created, 0 updated, 18 unchanged",
        "workspaces/demo/apis/parcels",
        "mycluster/node-1/hanse.yaml is valid",
    ] {
        assert!(text.contains(said), "nothing says `{said}`:\n{text}");
    }
}
