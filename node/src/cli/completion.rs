//! `hanse completion SHELL`, and what the script asks for: flags, kinds, and the names of things.
//!
//! One idea: the script calls the program back, which then looks at the command line so far. So names
//! come from the cluster that the command would speak to, and a cluster that does not answer at
//! once is left alone. Arguments are known by their ids, so a command need do nothing for it.

use super::{Cli, Failure, Globals, names, session};
use clap::{Arg, Args, Command, CommandFactory as _};
use clap_complete::{
    ArgValueCompleter, CompletionCandidate,
    env::{CompleteEnv, Shells},
};
use hanse_proto::{Kind, Name, v1};
use std::{ffi::OsStr, io::Write as _, time::Duration};

/// Variable by which the script calls the program back.
const VARIABLE: &str = "HANSE_COMPLETE";
/// Nobody waits longer for a key press to be answered.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(800);
/// Names that one key press offers.
const NAMES_MAX: u32 = 200;

#[derive(Debug, Args)]
#[command(
    after_help = "bash:  source <(hanse completion bash)\nzsh:   source <(hanse completion zsh)\nfish:  hanse completion fish | source"
)]
pub struct Completion {
    /// The shell: bash, zsh, fish, elvish, powershell
    #[arg(value_parser = shell)]
    pub shell: String,
}

impl Completion {
    pub fn run(self) -> Result<(), Failure> {
        let program = std::env::current_exe().map(|path| path.display().to_string());
        let program = program.unwrap_or_else(|_| "hanse".to_owned());
        let shells = Shells::builtins();
        let shell = shells.completer(&self.shell).expect("the value was checked against the same list");
        let mut script = Vec::new();
        shell
            .write_registration(VARIABLE, "hanse", "hanse", &program, &mut script)
            .map_err(|error| Failure::failed(format!("the script cannot be made: {error}")))?;
        std::io::stdout().write_all(&script).map_err(|_| Failure::closed())
    }
}

fn shell(text: &str) -> Result<String, String> {
    let shells = Shells::builtins();
    match shells.completer(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(format!("there are {}", shells.names().collect::<Vec<_>>().join(", "))),
    }
}

/// Answers the script and ends the process, when it is the script that calls.
pub fn answer() {
    CompleteEnv::with_factory(|| dressed(Cli::command())).var(VARIABLE).complete();
}

/// The commands with what completes the values of their arguments.
fn dressed(command: Command) -> Command {
    command.mut_args(dressed_argument).mut_subcommands(dressed)
}

fn dressed_argument(argument: Arg) -> Arg {
    let names_of = |kind: Kind| ArgValueCompleter::new(move |current: &OsStr| names_of(kind, current));
    let completer = match argument.get_id().as_str() {
        "kind" => ArgValueCompleter::new(kinds),
        "workspace" => names_of(Kind::Workspace),
        "subscription" => names_of(Kind::Subscription),
        "gateway" | "to" | "from" => names_of(Kind::Gateway),
        "api" => names_of(Kind::Api),
        "names" => ArgValueCompleter::new(names_of_the_kind_before),
        _ => return argument,
    };
    argument.add(completer)
}

fn kinds(current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy().to_lowercase();
    let plural = |kind: Kind| kind.collection().to_lowercase();
    let words = Kind::all().flat_map(|kind| [kind.aliases()[0].to_owned(), plural(kind)]);
    let mut words: Vec<String> = words.filter(|word| word.starts_with(&current)).collect();
    words.sort();
    words.dedup();
    words.into_iter().map(CompletionCandidate::new).collect()
}

/// `hanse get api pay<TAB>`: the kind is the word before the names.
fn names_of_the_kind_before(current: &OsStr) -> Vec<CompletionCandidate> {
    let line = Line::of_process();
    let kind = line.positional.iter().find_map(|word| Kind::from_alias(word));
    kind.map(|kind| names_of(kind, current)).unwrap_or_default()
}

fn names_of(kind: Kind, current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy().into_owned();
    let line = Line::of_process();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Vec::new();
    };
    let asked = async { tokio::time::timeout(ANSWER_TIMEOUT, ask(&line, kind)).await };
    let Ok(Some(names)) = runtime.block_on(asked) else { return Vec::new() };
    let short = names.iter().filter_map(|name| Name::parse(name).ok()).map(|name| match kind {
        // -w takes the id alone.
        Kind::Workspace => name.id().to_owned(),
        _ => names::short(&name),
    });
    short.filter(|name| name.starts_with(&current)).map(CompletionCandidate::new).collect()
}

/// Names of the resources of a kind where the command line would look; nothing when anything is wrong.
async fn ask(line: &Line, kind: Kind) -> Option<Vec<String>> {
    let globals = Globals {
        server: line.server.clone(),
        context: line.context.clone(),
        output: super::Format::default(),
        no_color: true,
    };
    let mut client = session::client(&globals).ok()?;
    let message = v1::ListRequest {
        parent: names::scope(kind, line.workspace.as_deref()).unwrap_or_default(),
        kind: kind.field().to_owned(),
        recursive: !kind.parents().is_empty(),
        page_size: NAMES_MAX,
        stale: true,
        ..Default::default()
    };
    let listed = client.call(ANSWER_TIMEOUT, |mut it| {
        let message = message.clone();
        async move { it.management.list(message).await }
    });
    Some(listed.await.ok()?.resources.into_iter().map(|resource| resource.name).collect())
}

/// What matters here of a command line that is not finished.
#[derive(Debug, Default, PartialEq)]
struct Line {
    positional: Vec<String>,
    workspace: Option<String>,
    server: Option<String>,
    context: Option<String>,
}

impl Line {
    /// The shell gives the words behind `--`, the name of the program first.
    fn of_process() -> Line {
        let words = std::env::args().skip_while(|word| word != "--").skip(2);
        Line::read(words)
    }

    fn read(words: impl Iterator<Item = String>) -> Line {
        let mut line = Line::default();
        let mut wanted: Option<String> = None;
        for word in words {
            let (flag, value) = match (wanted.take(), word.split_once('=')) {
                (Some(flag), _) => (flag, Some(word)),
                (None, Some((flag, value))) if flag.starts_with('-') => {
                    (flag.to_owned(), Some(value.to_owned()))
                }
                (None, _) => (word, None),
            };
            let slot = match flag.as_str() {
                "-w" | "--workspace" => &mut line.workspace,
                "--server" => &mut line.server,
                "--context" => &mut line.context,
                _ if flag.starts_with('-') => continue,
                _ => {
                    line.positional.push(flag);
                    continue;
                }
            };
            match value {
                Some(value) => *slot = Some(value),
                None => wanted = Some(flag),
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_not_finished_is_read_as_far_as_it_goes() {
        let read = |text: &str| Line::read(text.split_whitespace().map(str::to_owned));
        let line = read("--context dev get api -o json -w demo pay");
        assert_eq!(line.positional, ["get", "api", "json", "pay"]);
        assert_eq!((line.workspace.as_deref(), line.context.as_deref()), (Some("demo"), Some("dev")));
        assert_eq!(read("get api --workspace=demo").workspace.as_deref(), Some("demo"));
        assert_eq!(
            read("get api -w"),
            Line { positional: vec!["get".into(), "api".into()], ..Line::default() }
        );
    }

    #[test]
    fn kinds_are_offered_by_their_beginning() {
        let words: Vec<String> = kinds(OsStr::new("subs"))
            .iter()
            .map(|candidate| candidate.get_value().to_string_lossy().into_owned())
            .collect();
        assert_eq!(words, ["subscription", "subscriptions"]);
    }

    #[test]
    fn every_shell_gets_a_script_and_others_are_told_which_there_are() {
        for name in ["bash", "zsh", "fish", "elvish", "powershell"] {
            assert_eq!(shell(name), Ok(name.to_owned()));
        }
        assert!(shell("csh").expect_err("no such shell").contains("bash"));
    }
}
