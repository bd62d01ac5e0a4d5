//! `hanse pipeline init`: the file that makes a CI plan on a pull request and apply on merge.
//!
//! One idea: the file holds only commands that people type themselves, so what CI does can be tried by
//! hand, and a test reads every `hanse` line of it as the program would.

use super::{Failure, Globals, names, output::Out};
use clap::{Args, Subcommand, ValueEnum};
use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write as _},
    path::{Component, Path, PathBuf},
};

#[derive(Debug, Subcommand)]
pub enum Pipeline {
    /// Write a CI file for the manifests of a workspace
    Init(Init),
}

#[derive(Debug, Args)]
#[command(after_help = "hanse pipeline init -w payments\n\
    hanse pipeline init -w payments --provider gitlab --dir payments")]
pub struct Init {
    /// Id of the workspace that the manifests are of, and their owner
    #[arg(long, short)]
    pub workspace: String,
    /// Whose CI it is
    #[arg(long, value_enum, default_value_t)]
    pub provider: Provider,
    /// Folder of the manifests within the repository
    #[arg(long, value_name = "DIR", default_value = "manifests")]
    pub dir: PathBuf,
    /// Branch whose state is applied
    #[arg(long, default_value = "main")]
    pub branch: String,
    /// Overwrite the file if it is there
    #[arg(long)]
    pub force: bool,
}

/// Where a pipeline runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Provider {
    /// GitHub Actions
    #[default]
    Github,
    /// Azure Pipelines
    Azure,
    /// GitLab CI
    Gitlab,
}

impl Provider {
    /// Where its file stands; hidden, so that `-f .` does not take it for a manifest.
    fn file(self) -> &'static str {
        match self {
            Provider::Github => ".github/workflows/hanse.yml",
            Provider::Azure => ".azure-pipelines/hanse.yml",
            Provider::Gitlab => ".gitlab-ci.yml",
        }
    }

    fn template(self) -> &'static str {
        match self {
            Provider::Github => include_str!("pipeline/github.yml"),
            Provider::Azure => include_str!("pipeline/azure.yml"),
            Provider::Gitlab => include_str!("pipeline/gitlab.yml"),
        }
    }

    /// What it has to know before the first run.
    fn needs(self) -> &'static str {
        match self {
            Provider::Github => {
                "set the variables HANSE_SERVERS and HANSE_DOWNLOAD and the secrets HANSE_CA, HANSE_CERTIFICATE and \
                 HANSE_KEY of the repository"
            }
            Provider::Azure => {
                "set the variables HANSE_SERVERS, HANSE_DOWNLOAD, HANSE_CA, HANSE_CERTIFICATE and HANSE_KEY (secret) of \
                 the pipeline"
            }
            Provider::Gitlab => {
                "set the variables HANSE_SERVERS and HANSE_DOWNLOAD and the file variables HANSE_CA, HANSE_CERTIFICATE \
                 and HANSE_KEY of the project"
            }
        }
    }
}

impl Init {
    pub fn run(self, globals: &Globals) -> Result<(), Failure> {
        let path = Path::new(self.provider.file());
        let text = self.text()?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
        }
        let mut options = OpenOptions::new();
        options.write(true);
        match self.force {
            true => options.create(true).truncate(true),
            false => options.create_new(true),
        };
        let mut file = options.open(path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                Failure::failed(format!("{} is there already", path.display())).hint("--force overwrites it")
            }
            _ => cannot_write(path, &error),
        })?;
        file.write_all(text.as_bytes()).map_err(|error| cannot_write(path, &error))?;
        let out = Out::new(globals);
        out.line(format!("{} plans on a pull request and applies on merge", path.display()))?;
        out.line(format!("before its first run, {}", self.provider.needs()))
    }

    fn text(&self) -> Result<String, Failure> {
        let scope = names::workspace(Some(&self.workspace))?;
        let workspace = scope.trim_start_matches("workspaces/");
        let dir = within_repository(&self.dir)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if self.branch.is_empty() || !self.branch.chars().all(is_plain) {
            return Err(Failure::usage(format!("`{}` is no branch that CI files can name", self.branch))
                .hint("use letters, digits, and - _ . /"));
        }
        let text = self.provider.template();
        Ok(text.replace("$DIR", &dir).replace("$WORKSPACE", workspace).replace("$BRANCH", &self.branch))
    }
}

/// A folder as it is named in a file: relative, with slashes, and of characters that need no quoting.
fn within_repository(dir: &Path) -> Result<String, Failure> {
    let refused = |why: &str| {
        Err(Failure::usage(format!("--dir `{}` {why}", dir.display()))
            .hint("name a folder of the repository, such as manifests"))
    };
    let mut parts = Vec::new();
    for part in dir.components() {
        match part {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            _ => return refused("is not within the repository"),
        }
    }
    let text = if parts.is_empty() { ".".to_owned() } else { parts.join("/") };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    if text.starts_with('-') || !text.chars().all(is_plain) {
        return refused("holds characters other than letters, digits, and - _ . /");
    }
    Ok(text)
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::Parser as _;

    fn init(provider: Provider, dir: &str) -> Init {
        Init { workspace: "payments".into(), provider, dir: dir.into(), branch: "main".into(), force: false }
    }

    /// The `hanse` commands in a file, without what the shell does with their output.
    fn commands(text: &str) -> Vec<String> {
        let lines = text.lines().map(|line| line.trim().trim_start_matches("- ").trim_start_matches("run: "));
        let commands = lines.filter(|line| line.starts_with("hanse "));
        commands.map(|line| line.split(" > ").next().unwrap_or(line).replace('"', "")).collect()
    }

    #[test]
    fn every_command_in_a_pipeline_is_one_of_the_program() {
        for provider in Provider::value_variants() {
            let text = init(*provider, "manifests").text().expect("a file");
            let commands = commands(&text);
            for verb in ["hanse context add", "hanse plan", "hanse apply"] {
                assert!(commands.iter().any(|it| it.starts_with(verb)), "{verb} in {text}");
            }
            for command in &commands {
                let words = command.split_whitespace();
                if let Err(error) = Cli::try_parse_from(words) {
                    panic!("{command}: {error}");
                }
            }
            assert!(
                !text.contains("$DIR") && !text.contains("$WORKSPACE") && !text.contains("$BRANCH"),
                "{text}"
            );
            let (documents, findings) = hanse_manifest::value::read_all("ci.yml", &text);
            assert_eq!((documents.len(), findings.len()), (1, 0), "{findings:?}");
        }
    }

    #[test]
    fn what_would_not_stay_within_a_file_is_refused() {
        for (dir, is_fine) in [
            ("manifests", true),
            (".", true),
            ("./a/b", true),
            ("../x", false),
            ("/abs", false),
            ("a b", false),
            ("$(x)", false),
        ] {
            assert_eq!(init(Provider::Github, dir).text().is_ok(), is_fine, "{dir}");
        }
        let branch =
            |branch: &str| Init { branch: branch.into(), ..init(Provider::Azure, ".") }.text().is_ok();
        assert!(branch("release/1.0") && !branch("") && !branch("a: b"));
        let workspace = Init { workspace: "a/b".into(), ..init(Provider::Azure, ".") };
        assert!(workspace.text().is_err());
    }
}
