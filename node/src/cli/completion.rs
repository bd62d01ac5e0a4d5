//! `hanse completion SHELL`: a script for the shell.

use super::{Cli, Failure};
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;
use std::io::Write as _;

#[derive(Debug, Args)]
#[command(
    after_help = "bash:  source <(hanse completion bash)\nzsh:   hanse completion zsh > \"${fpath[1]}/_hanse\"\nfish:  hanse completion fish > ~/.config/fish/completions/hanse.fish"
)]
pub struct Completion {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

impl Completion {
    pub fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "hanse", &mut script);
        std::io::stdout().write_all(&script).map_err(|_| Failure::closed())
    }
}
