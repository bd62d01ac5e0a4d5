//! Imports every OpenAPI document of a folder, exports it and imports it again: the same operations?
//!
//!     cargo run --release -p hanse-openapi --example round_trip -- FOLDER [--version 2] [--out DIR]
//!
//! Prints a table, and what differs; exits with 1 if anything does. Through version 2.0 only ids,
//! methods and templates are compared, because bodies there have one schema and no examples. With
//! `--out` the exported documents are kept, for whatever else reads OpenAPI.

mod parts;

use hanse_openapi::{Exported, Format, Imported, Options, Severity, Version, export, plan_import, read};
use hanse_proto::{Name, v1};
use parts::Parts;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Default)]
struct Tally {
    documents: usize,
    accepted: usize,
    operations: usize,
    identical: usize,
    differing: Vec<String>,
}

fn main() -> ExitCode {
    let (mut folder, mut out) = (None, None);
    let mut version = Version::V3;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--version" => {
                version = if args.next().as_deref() == Some("2") { Version::V2 } else { Version::V3 }
            }
            "--out" => out = args.next().map(PathBuf::from),
            _ => folder = Some(PathBuf::from(arg)),
        }
    }
    let Some(folder) = folder else {
        eprintln!("usage: round_trip FOLDER [--version 2|3] [--out DIR]");
        return ExitCode::from(64);
    };
    let mut files = Vec::new();
    collect(&folder, &mut files);
    files.sort();
    let mut all: BTreeMap<String, Tally> = BTreeMap::new();
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        let within = file.strip_prefix(&folder).unwrap_or(file);
        let group = within.components().next().filter(|_| within.components().count() > 1);
        let group = group.map_or(".".to_owned(), |part| part.as_os_str().to_string_lossy().into_owned());
        let tally = all.entry(group).or_default();
        tally.documents += 1;
        let name = within.display().to_string();
        let Some(first) = read(&name, &text, &Options::default()).0 else { continue };
        tally.accepted += 1;
        let kept = out.as_ref().map(|out| out.join(name.replace('/', "__")));
        tally.operations += first.operations.len();
        match differences(&first, version, &kept) {
            none if none.is_empty() => tally.identical += 1,
            found => tally.differing.push(format!("{name}\n    {}", found.join("\n    "))),
        }
    }
    println!(
        "{:<24} {:>9} {:>9} {:>10} {:>9} {:>9}",
        "FOLDER", "DOCUMENTS", "ACCEPTED", "OPERATIONS", "IDENTICAL", "DIFFERING"
    );
    let row = |name: &str, tallies: &[&Tally]| {
        let sum = |of: fn(&Tally) -> usize| tallies.iter().map(|tally| of(tally)).sum::<usize>();
        println!(
            "{name:<24} {:>9} {:>9} {:>10} {:>9} {:>9}",
            sum(|it| it.documents),
            sum(|it| it.accepted),
            sum(|it| it.operations),
            sum(|it| it.identical),
            sum(|it| it.differing.len()),
        );
    };
    for (name, tally) in &all {
        row(name, &[tally]);
    }
    row("all", &all.values().collect::<Vec<_>>());
    let differing: Vec<&String> = all.values().flat_map(|tally| &tally.differing).collect();
    for text in &differing {
        println!("\n{text}");
    }
    if differing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(path) else { return files.push(path.to_owned()) };
    for entry in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let is_document =
            entry.extension().is_some_and(|ext| ["json", "yaml", "yml"].iter().any(|own| ext == *own));
        if entry.is_dir() || is_document {
            collect(&entry, files);
        }
    }
}

/// What the second import has otherwise than the first one.
fn differences(first: &Imported, version: Version, kept: &Option<PathBuf>) -> Vec<String> {
    let name = Name::parse("apis/a").expect("a name");
    let plan = plan_import(&name, first, &BTreeMap::new(), None, None, None, None);
    let Parts { api, operations, schemas } = Parts::of(plan);
    let exported = Exported { api: &api, operations: &operations, schemas: &schemas, servers: &[] };
    let mut found = Vec::new();
    for (file, format) in [("export.json", Format::Json), ("export.yaml", Format::Yaml)] {
        let text = export(&exported, version, format);
        if let (Some(kept), Format::Json) = (kept, format)
            && let Err(error) = std::fs::write(kept.with_extension("json"), &text)
        {
            found.push(format!("{} cannot be written: {error}", kept.display()));
        }
        let (second, findings) = read(file, &text, &Options::default());
        let Some(second) = second else {
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
            found.extend(errors.map(|error| format!("{file} is refused: {error}")));
            continue;
        };
        found.extend(compare(first, &second, version).into_iter().map(|text| format!("{file}: {text}")));
    }
    found
}

fn compare(first: &Imported, second: &Imported, version: Version) -> Vec<String> {
    fn by_id(imported: &Imported) -> BTreeMap<&str, &v1::Operation> {
        imported.operations.iter().map(|one| (one.id.as_str(), &one.operation)).collect()
    }
    let (old, new) = (by_id(first), by_id(second));
    let mut found = Vec::new();
    for id in new.keys().filter(|id| !old.contains_key(*id)) {
        found.push(format!("operation {id} is new"));
    }
    for (id, operation) in &old {
        let Some(other) = new.get(id) else {
            found.push(format!("operation {id} is gone"));
            continue;
        };
        let parts = [
            ("method", operation.method == other.method),
            ("template", operation.url_template == other.url_template),
            ("display name", operation.display_name == other.display_name),
            ("description", operation.description == other.description),
            ("template parameters", operation.template_parameters == other.template_parameters),
            ("request", operation.request == other.request),
            ("responses", operation.responses == other.responses),
        ];
        let compared = if version == Version::V2 { &parts[..2] } else { &parts[..] };
        for (part, _) in compared.iter().filter(|(_, is_equal)| !is_equal) {
            found.push(format!("operation {id}: {part} differs\n      {operation:?}\n      {other:?}"));
        }
    }
    if version == Version::V3 && (&first.title, &first.description) != (&second.title, &second.description) {
        found.push("title or description differs".to_owned());
    }
    found
}
