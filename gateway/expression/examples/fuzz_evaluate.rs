//! Makes expressions up and runs them: `cargo run -p hanse-expression --example fuzz_evaluate -- COUNT [SEED]`.
//!
//! Half are grown from a grammar that knows types, so that most of them run; half are seeds with pieces
//! exchanged, so that most of them are wrong. Whatever comes: no panic, no budget overrun, and the same answer
//! twice.

#[path = "../src/tests/fuzz_grow.rs"]
mod grow;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|it| it.parse::<u64>().expect("a number"));
    let count = arguments.next().unwrap_or(100_000);
    let seed = arguments.next().unwrap_or(1);
    // As large as a server's threads have it.
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(move || {
        let mut told = grow::Told::default();
        for at in 0..count {
            grow::once(seed.wrapping_mul(0x1_0000_0001).wrapping_add(at), &mut told);
            if (at + 1) % 50_000 == 0 {
                println!("{} {told:?}", at + 1);
            }
        }
        println!("{count} {told:?}");
    });
    thread.expect("a thread").join().expect("no panic");
}
