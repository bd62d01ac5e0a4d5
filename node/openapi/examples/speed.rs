//! How long documents take to be read, planned and exported, by their number of operations.
//!
//!     cargo run --release -p hanse-openapi --example speed
//!
//! Prints milliseconds, the size of the document, and the most memory the process had so far beyond
//! what it began with (Linux).

mod parts;

use hanse_openapi::{Exported, Format, Options, Version, export, plan_import, read};
use hanse_proto::Name;
use parts::Parts;
use std::{collections::BTreeMap, fmt::Write as _, time::Instant};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, count, file] = args.as_slice() {
        return measure(count.parse().expect("a number"), file);
    }
    println!(
        "{:<10} {:>7} {:>9} {:>9} {:>9} {:>9} {:>10} {:>12} {:>11}",
        "OPERATIONS",
        "FORMAT",
        "BYTES",
        "READ MS",
        "PLAN MS",
        "AGAIN MS",
        "EXPORT MS",
        "READ PEAK MB",
        "ALL PEAK MB"
    );
    for operations in [100, 1_000, 5_000] {
        for file in ["a.yaml", "a.json"] {
            // A process each: the peak of memory never goes down again.
            let own = std::env::current_exe().expect("this program has a file");
            let run = std::process::Command::new(own).args([&operations.to_string(), file]).status();
            assert!(run.expect("it runs").success());
        }
    }
}

fn measure(count: usize, file: &str) {
    let format = if file.ends_with("json") { Format::Json } else { Format::Yaml };
    let text = text(count, file);
    let began_with = peak_kib();
    let name = Name::parse("workspaces/w/apis/a").expect("a name");
    let began = Instant::now();
    let (imported, findings) = read(file, &text, &Options::default());
    let read_ms = began.elapsed().as_secs_f64() * 1e3;
    let read_peak = peak_kib().saturating_sub(began_with) as f64 / 1024.0;
    let imported = imported.unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(imported.operations.len(), count, "{findings:?}");
    let began = Instant::now();
    let plan = plan_import(&name, &imported, &BTreeMap::new(), None, None, None, None);
    let plan_ms = began.elapsed().as_secs_f64() * 1e3;
    let Parts { api, operations, schemas } = Parts::of(plan);
    let began = Instant::now();
    let again = plan_import(&name, &imported, &operations, Some(&api), schemas.values().next(), None, None);
    let again_ms = began.elapsed().as_secs_f64() * 1e3;
    assert!(again.puts.is_empty() && again.deletes.is_empty());
    let exported = Exported { api: &api, operations: &operations, schemas: &schemas, servers: &[] };
    let began = Instant::now();
    let document = export(&exported, Version::V3, format);
    let export_ms = began.elapsed().as_secs_f64() * 1e3;
    assert!(!document.is_empty());
    let format = if format == Format::Json { "json" } else { "yaml" };
    let peak = peak_kib().saturating_sub(began_with) as f64 / 1024.0;
    println!(
        "{count:<10} {format:>7} {:>9} {read_ms:>9.1} {plan_ms:>9.1} {again_ms:>9.1} {export_ms:>10.1} {read_peak:>12.1} {peak:>11.1}",
        text.len()
    );
}

/// The document; JSON is made by another process, which leaves no trace in the peak of this one.
fn text(count: usize, file: &str) -> String {
    let yaml = yaml(count);
    if file.ends_with(".yaml") {
        return yaml;
    }
    if std::env::var_os("SPEED_PRINT").is_some() {
        print!("{}", hanse_manifest::value::read("a.yaml", &yaml).expect("YAML").to_json());
        std::process::exit(0);
    }
    let own = std::env::current_exe().expect("this program has a file");
    let mut print = std::process::Command::new(own);
    let printed = print.args([&count.to_string(), file]).env("SPEED_PRINT", "1").output().expect("it runs");
    String::from_utf8(printed.stdout).expect("JSON")
}

/// Operations as documents have them: parameters, a body and responses by reference, an inline answer.
fn yaml(operations: usize) -> String {
    let mut text = String::from(
        "openapi: 3.0.3\ninfo:\n  title: Many\n  version: '1'\nservers:\n  - url: https://many.example.com\npaths:\n",
    );
    for index in 0..operations {
        let _ = write!(
            text,
            "  /group-{}/things-{index}/{{id}}:\n    post:\n      operationId: thing{index}\n      summary: Does thing {index}\n      \
             parameters:\n        - {{name: id, in: path, required: true, schema: {{type: integer}}}}\n        \
             - {{name: page, in: query, description: Which page, schema: {{type: integer, default: 1}}}}\n        \
             - {{$ref: '#/components/parameters/Trace'}}\n      requestBody:\n        content:\n          \
             application/json: {{schema: {{$ref: '#/components/schemas/Thing{}'}}}}\n      responses:\n        \
             '200': {{description: Done, content: {{application/json: {{schema: {{type: object, properties: {{id: {{type: integer}}}}}}}}}}}}\n        \
             '404': {{$ref: '#/components/responses/Gone'}}\n",
            index % 50,
            index % 200,
        );
    }
    text.push_str(
        "components:\n  parameters:\n    Trace: {name: X-Trace, in: header, schema: {type: string}}\n  responses:\n    \
         Gone: {description: Gone, content: {application/json: {schema: {$ref: '#/components/schemas/Thing0'}}}}\n  schemas:\n",
    );
    for index in 0..200 {
        let _ = write!(text, "    Thing{index}:\n      type: object\n      properties:\n");
        for field in 0..10 {
            let _ = writeln!(
                text,
                "        field{field}: {{type: string, description: Field {field}, maxLength: 100}}"
            );
        }
    }
    text
}

/// The most memory that this process has had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}
