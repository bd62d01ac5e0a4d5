//! Compares expressions with a C# compiler: `cargo run -p hanse-expression --example against_csharp --
//! [COUNT [SEED]]`, where `mcs` and `mono` are installed.
//!
//! Makes random expressions and statements within the grammar of policy expressions, well-typed for the
//! most part, runs each here and as C#, and prints where acceptance, type, value or exception differ.

mod csharp;
mod generate;
mod more_templates;
mod ours;
mod templates;

use generate::Generator;

/// Cases of one C# program.
const BATCH: usize = 200;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().map_or(1_000, |it| it.parse().expect("a number of cases"));
    let seed = arguments.next().map_or(1, |it| it.parse().expect("a seed"));
    let mut generator = Generator::new(seed);
    let (mut same, mut differ, mut refused, mut thrown, mut texts) = (0, 0, 0, 0, 0);
    let mut left: usize = count;
    while left > 0 {
        let sources: Vec<String> = (0..left.min(BATCH)).map(|_| generator.case()).collect();
        left -= sources.len();
        for (source, theirs) in sources.iter().zip(csharp::run(&sources)) {
            let ours = ours::run(source);
            let (kind, detail) = ours.split_once(' ').unwrap_or((&ours, ""));
            let (their_kind, their_detail) = theirs.split_once(' ').unwrap_or((&theirs, ""));
            let name = |detail: &str| detail.split(' ').next().unwrap_or_default().to_owned();
            let equal = match (kind, their_kind) {
                ("refused", "refused") | ("limit", "limit") | (_, "broken") => true,
                ("throw", "throw") => name(detail) == name(their_detail),
                _ => ours == theirs,
            };
            refused += usize::from(equal && kind == "refused");
            thrown += usize::from(equal && kind == "throw");
            if equal {
                same += 1;
                if kind == "throw" && detail != their_detail {
                    texts += 1;
                    println!("MESSAGE {source}\n   here {ours}\n   C#   {theirs}");
                }
            } else {
                differ += 1;
                println!("{source}\n   here {ours}\n   C#   {theirs}");
            }
        }
    }
    println!("of the same, {refused} are refused and {thrown} throw, {texts} of them with another message");
    println!("{same} same, {differ} differ");
}
