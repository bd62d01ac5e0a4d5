//! Parses random sources: `cargo run -p hanse-expression --example fuzz_parse -- [runs] [seed]`.
//!
//! A source that makes the parser panic, or that it places a diagnostic outside of, is shown and ends
//! the run. The same seed gives the same sources.

use hanse_expression::syntax::parse;

#[path = "../src/syntax/parser/tests/soup.rs"]
mod soup;

fn main() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let runs = arguments.next().and_then(Result::ok).unwrap_or(100_000);
    let seed = arguments.next().and_then(Result::ok).unwrap_or(1);
    let mut state = seed.max(1);
    let mut random = || {
        // xorshift64
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 16) as u32
    };
    let (mut accepted, mut defects) = (0_u64, 0_usize);
    for run in 0..runs {
        let source = soup::source(&mut random);
        match std::panic::catch_unwind(|| parse(&source)) {
            Ok(Ok(_)) => accepted += 1,
            Ok(Err(found))
                if found.iter().all(|defect| source.get(defect.span.start..defect.span.end).is_some()) =>
            {
                defects += found.len();
            }
            _ => {
                eprintln!("run {run} of seed {seed} failed on {source:?}");
                return std::process::ExitCode::FAILURE;
            }
        }
    }
    println!("{runs} runs of seed {seed}: {accepted} accepted, {defects} diagnostics");
    std::process::ExitCode::SUCCESS
}
