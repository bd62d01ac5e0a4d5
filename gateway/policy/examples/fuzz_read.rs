//! Reads random documents: `cargo run -p hanse-policy --example fuzz_read -- [runs] [seed]`.
//!
//! A text that makes reading, checking, writing or compiling panic, or one with a finding outside of it, is
//! shown and ends the run. The same seed gives the same texts.

use hanse_policy::Format;

#[path = "../src/tests/soup.rs"]
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
    let mut accepted = 0_u64;
    for run in 0..runs {
        let text = soup::source(&mut random);
        let format = if run % 2 == 0 { Format::Xml } else { Format::RawXml };
        let Ok(is_accepted) = std::panic::catch_unwind(|| soup::survives(&text, format)) else {
            eprintln!("run {run} of seed {seed} failed on {text:?}");
            return std::process::ExitCode::FAILURE;
        };
        accepted += u64::from(is_accepted);
    }
    println!("{runs} runs of seed {seed}: {accepted} accepted");
    std::process::ExitCode::SUCCESS
}
