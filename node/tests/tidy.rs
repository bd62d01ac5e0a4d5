//! The repository itself: headers, sizes, edges between crates, and documents that tell the truth.
//!
//! One idea: what `ARCHITECTURE.md` says is read here and held against the manifests and the files,
//! so that the document and the code change together.

use hanse_proto::Kind;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Longest source file.
const LINES_MAX: usize = 800;

/// Crates whose result depends on their arguments alone.
const PURE: [&str; 7] = ["proto", "model", "expression", "policy", "manifest", "openapi", "apim"];

/// What would give a pure crate IO, a clock or chance. `proto` may have tonic, behind its feature.
const IMPURE: [&str; 16] = [
    "async-std",
    "fastrand",
    "getrandom",
    "hyper",
    "hyper-util",
    "mio",
    "openraft",
    "rand",
    "redb",
    "reqwest",
    "rustls",
    "socket2",
    "tempfile",
    "tokio",
    "tonic",
    "uuid",
];

/// What must not be left in the sources; in two parts, so that this file does not find itself.
const UNFINISHED: [&str; 4] =
    [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[", "ignore"), concat!("dbg", "!(")];

const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];

fn root() -> PathBuf {
    let node = Path::new(env!("CARGO_MANIFEST_DIR"));
    node.parent().expect("the crate lies in the repository").to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All Rust sources, by path from the root.
fn sources() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "target" && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") {
                let text = fs::read_to_string(&path).expect("text");
                let path = path.strip_prefix(root()).expect("below the root");
                found.insert(path.to_string_lossy().into_owned(), text);
            }
        }
    }
    assert!(found.len() > 100, "the sources were not found below {}", root().display());
    found
}

fn assert_none(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what}:\n  {}", wrong.join("\n  "));
}

/// The names in one table of a manifest.
fn names_in(manifest: &str, table: &str) -> BTreeSet<String> {
    let lines = manifest.lines().skip_while(|line| line.trim() != table).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let lines = lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let name = |line: &str| {
        let end = line.find(['.', ' ', '=']).unwrap_or(line.len());
        line[..end].to_owned()
    };
    lines.map(name).collect()
}

/// A crate as `ARCHITECTURE.md` describes it.
struct Described {
    folder: String,
    uses: BTreeSet<String>,
}

/// Rows of the table of crates, by the name of the crate.
fn described() -> BTreeMap<String, Described> {
    let text = read("ARCHITECTURE.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| folder | crate | uses |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let crates = rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let words =
            |cell: &str| cell.split(", ").map(|word| word.trim_matches('`').to_owned()).collect::<Vec<_>>();
        let uses = words(cells[3]).into_iter().filter(|word| word != "—").collect();
        let folder = cells[1].trim_matches('`').trim_end_matches('/').to_owned();
        (cells[2].trim_matches('`').to_owned(), Described { folder, uses })
    });
    crates.collect()
}

/// `hanse-raft-store` is `raft-store`; `hanse` is `node`, after its folder.
fn short(name: &str) -> String {
    if name == "hanse" { "node".to_owned() } else { name.trim_start_matches("hanse-").to_owned() }
}

#[test]
fn every_source_says_what_it_is() {
    let sources = sources();
    let silent = sources.iter().filter(|(_, text)| !text.starts_with("//!"));
    let silent: Vec<String> = silent.map(|(path, _)| path.clone()).collect();
    assert_none("these files have no `//!` header", &silent);
}

#[test]
fn no_source_is_too_long() {
    let sources = sources();
    let lines = sources.iter().map(|(path, text)| (path, text.lines().count()));
    let long: Vec<String> = lines
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{path}: {lines}"))
        .collect();
    assert_none(&format!("these files have more than {LINES_MAX} lines; divide them by idea"), &long);
}

#[test]
fn nothing_is_left_unfinished() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (index, line) in text.lines().enumerate() {
            let left = UNFINISHED.iter().filter(|word| line.contains(*word));
            wrong.extend(left.map(|word| format!("{path}:{}: {word}", index + 1)));
        }
    }
    assert_none("finish or delete these", &wrong);
}

#[test]
fn edges_between_crates_are_those_of_the_architecture() {
    let described = described();
    let workspace = read("Cargo.toml");
    let members = workspace.lines().skip_while(|line| !line.starts_with("members")).skip(1);
    let members: BTreeSet<String> = members
        .take_while(|line| !line.starts_with(']'))
        .map(|line| line.trim().trim_matches(['"', ',']).to_owned())
        .collect();
    let folders: BTreeSet<String> = described.values().map(|it| it.folder.clone()).collect();
    assert_eq!(folders, members, "ARCHITECTURE.md (left) and Cargo.toml (right) name other crates");

    for (name, Described { folder, uses }) in &described {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        assert!(manifest.contains(&format!("\nname = \"{name}\"\n")), "{folder} is not the crate {name}");
        let is_ours = |dependency: &String| dependency == "hanse" || dependency.starts_with("hanse-");
        let found: BTreeSet<String> = names_in(&manifest, "[dependencies]")
            .iter()
            .filter(|it| is_ours(it))
            .map(|it| short(it))
            .collect();
        assert_eq!(
            &found, uses,
            "{folder}/Cargo.toml (left) and ARCHITECTURE.md (right) differ in what {name} uses"
        );
    }
}

#[test]
fn pure_crates_have_no_io_clock_or_chance() {
    for (name, Described { folder, uses }) in described() {
        let name = short(&name);
        if !PURE.contains(&name.as_str()) {
            continue;
        }
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let mut found = names_in(&manifest, "[dependencies]");
        if name == "proto" {
            let stubs = manifest.lines().filter(|line| line.contains("optional = true"));
            stubs.for_each(|line| {
                found.remove(line.split(' ').next().unwrap_or_default());
            });
        }
        let wrong: Vec<String> =
            IMPURE.iter().filter(|it| found.contains(**it)).map(|it| (*it).to_owned()).collect();
        assert_none(&format!("{folder} is pure and must not depend on"), &wrong);
        assert!(
            !manifest.contains("\"grpc\"") || name == "proto",
            "{folder} is pure and must not have gRPC stubs"
        );
        let impure: Vec<String> = uses.into_iter().filter(|it| !PURE.contains(&it.as_str())).collect();
        assert_none(&format!("{folder} is pure and must not use"), &impure);
    }
}

/// Names of the policies, as in documents.
fn policies() -> Vec<(String, String)> {
    let sources = sources();
    let files = sources.into_iter().filter_map(|(path, text)| {
        let name = path.strip_prefix("gateway/policy/src/policies/")?.strip_suffix(".rs")?;
        (name != "mod" && !name.contains('/')).then(|| (name.replace('_', "-"), text))
    });
    let policies: Vec<_> = files.collect();
    assert!(!policies.is_empty(), "the policies have moved: look for them where they are");
    policies
}

#[test]
fn every_policy_has_tests_and_is_in_the_readme() {
    let readme = read("README.md");
    for (name, text) in policies() {
        assert!(text.contains(&format!("\"{name}\"")), "the file of `{name}` describes another element");
        assert!(text.contains("#[test]"), "`{name}` has no tests");
        assert!(readme.contains(&format!("`{name}`")), "README.md does not name the policy `{name}`");
    }
}

#[test]
fn every_kind_has_a_file_in_the_model() {
    for kind in Kind::all() {
        let mut file = String::new();
        for letter in format!("{kind:?}").chars() {
            if letter.is_uppercase() && !file.is_empty() {
                file.push('_');
            }
            file.extend(letter.to_lowercase());
        }
        let path = format!("raft-store/model/src/kinds/{file}.rs");
        assert!(root().join(&path).is_file(), "{kind:?} has no {path}");
    }
}

#[test]
fn documents_point_at_what_there_is() {
    let described = described();
    let tops: BTreeSet<&str> =
        described.values().map(|it| it.folder.split('/').next().unwrap_or_default()).collect();
    let mut wrong = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let links = links.filter(|link| !link.is_empty() && !link.contains("://"));
        // Quoted paths: they begin with a folder of the workspace and have nothing but a path in them.
        let quoted = text.split('`').skip(1).step_by(2).filter(|quoted| {
            let is_path = quoted.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
            is_path && quoted.split_once('/').is_some_and(|(top, _)| tops.contains(top))
        });
        let missing = links.chain(quoted).filter(|path| !root().join(path).exists());
        wrong.extend(missing.map(|path| format!("{document}: {path}")));
    }
    assert_none("there is no such file or folder", &wrong);
}

#[test]
fn the_gate_runs_the_test_command_of_the_readme() {
    let command = "cargo test --workspace";
    assert!(read("README.md").contains(&format!("\n{command}\n")), "README.md does not show `{command}`");
    assert!(read(".ci/run").contains(&format!("\n{command}")), ".ci/run does not run `{command}`");
}
