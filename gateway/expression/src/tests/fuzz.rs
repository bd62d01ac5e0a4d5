//! A short run of what `examples/fuzz_evaluate.rs` does at length: the same expressions each time.

#[path = "fuzz_grow.rs"]
mod grow;

use super::on_small_stack;

#[test]
fn whatever_is_written_is_refused_or_runs_within_its_budget() {
    on_small_stack(|| {
        let mut told = grow::Told::default();
        (0..1_500).for_each(|seed| grow::once(seed, &mut told));
        // Each outcome is there, so the generator is not stuck.
        assert!(told.refused > 300 && told.gave > 150 && told.threw > 100 && told.limited > 10, "{told:?}");
    });
}
