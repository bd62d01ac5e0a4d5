//! What cases come to with `mcs` and `mono`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;

const HEAD: &str = r#"using System; using System.Collections.Generic; using System.Linq; using System.Text; using System.Globalization; using System.Threading;
static class P {
static string Show(object v) { return v == null ? "value null" : "value " + v.GetType().FullName + " " + Convert.ToString(v, CultureInfo.InvariantCulture); }
static void Run(int at, Func<object> f) {
string r = null; var t = new Thread(() => { try { r = Show(f()); } catch (ThreadAbortException) { } catch (Exception e) { r = "throw " + e.GetType().FullName + " " + e.Message; } });
t.Start(); if (!t.Join(2000)) { r = "limit no end in sight"; t.Abort(); }
Console.WriteLine(at + "\t" + r.Replace("\n", "\\n").Replace("\r", "\\r").Replace("\0", "\\0")); }
static void Main() { CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture; Console.OutputEncoding = new UTF8Encoding(false); All(); }
"#;

/// Compilations of one batch: a compiler that stops early is asked again without what it refused.
const ROUNDS_MAX: usize = 200;

/// The result of each, in the form of [`super::ours::run`].
pub fn run(sources: &[String]) -> Vec<String> {
    let dir = std::env::temp_dir().join(format!("against-csharp-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a directory for the program");
    let (code, program) = (dir.join("cases.cs"), dir.join("cases.exe"));
    let mut results: BTreeMap<usize, String> = BTreeMap::new();
    for _ in 0..ROUNDS_MAX {
        let (text, lines) = write(sources, &results);
        std::fs::write(&code, text).expect("the program is written");
        let compiled = Command::new("mcs")
            .args(["-nologo", "-warn:0", "-codepage:utf8", "-langversion:7.2"])
            .arg(format!("-out:{}", program.display()))
            .arg(&code)
            .output()
            .expect("mcs runs");
        if compiled.status.success() {
            break;
        }
        let output = String::from_utf8_lossy(&[compiled.stdout, compiled.stderr].concat()).into_owned();
        let before = results.len();
        for line in output.lines() {
            let Some((place, message)) = line.split_once(": error ") else { continue };
            let at = place.rsplit_once('(').and_then(|(_, at)| at.split(',').next()?.parse::<usize>().ok());
            if let Some(case) = at.and_then(|at| lines.get(&at)) {
                results.entry(*case).or_insert_with(|| format!("refused {message}"));
                // What follows a syntax error in other cases is its fault.
                if message.contains("Unexpected symbol") {
                    break;
                }
            }
        }
        if results.len() == before {
            // The compiler itself broke off; over which case, halves tell.
            return match sources.split_at(sources.len() / 2) {
                ([], _) => vec![format!("broken {output}")],
                (one, two) => [run(one), run(two)].concat(),
            };
        }
    }
    assert!(program.exists(), "mcs refuses more after {ROUNDS_MAX} rounds");
    let ran = Command::new("mono").env("TZ", "UTC").arg(&program).output().expect("mono runs");
    for line in String::from_utf8_lossy(&ran.stdout).lines() {
        if let Some((at, result)) = line.split_once('\t') {
            results.insert(at.parse().expect("a case"), result.to_owned());
        }
    }
    std::fs::remove_dir_all(&dir).expect("the directory is removed");
    (0..sources.len()).map(|at| results.remove(&at).unwrap_or_else(|| "nothing".to_owned())).collect()
}

/// The program without what was refused already, and which case is in which line.
fn write(sources: &[String], refused: &BTreeMap<usize, String>) -> (String, BTreeMap<usize, usize>) {
    let mut text = HEAD.to_owned();
    let mut lines = BTreeMap::new();
    let mut calls = String::from("static void All() {\n");
    let mut line = text.lines().count();
    for (at, source) in sources.iter().enumerate().filter(|(at, _)| !refused.contains_key(at)) {
        let body = match source.starts_with('{') {
            true => source.clone(),
            false => format!("{{ return {source}; }}"),
        };
        writeln!(text, "static object C{at}() {body}").expect("text takes it");
        writeln!(calls, "Run({at}, C{at});").expect("text takes it");
        line += 1;
        lines.insert(line, at);
    }
    (text + &calls + "}\n}\n", lines)
}
