//! Months of operation in seconds: random containers, commands, health, clocks, restarts and disk faults, on the real
//! reconciler, table and store, with laws that are looked at after every step.
//!
//! `POINTSMAN_SIM_SEED` replays a seed, `POINTSMAN_SIM_SEEDS` and `POINTSMAN_SIM_STEPS` say how many and how long.

mod laws;
mod model;
mod world;

use proptest::prelude::Strategy as _;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use world::{Act, World, any_act};

const SEEDS: u64 = 256;
const STEPS: u64 = 60;

fn number(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a test's own settings")]
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

#[test]
fn nothing_breaks_a_law() {
    let only = number("POINTSMAN_SIM_SEED");
    let steps = number("POINTSMAN_SIM_STEPS").unwrap_or(STEPS);
    let count = number("POINTSMAN_SIM_SEEDS").unwrap_or(SEEDS);
    let first = only.unwrap_or(1);
    let last = only.unwrap_or(count);
    let mut removed = 0;
    for seed in first..=last {
        removed += run(seed, steps);
    }
    println!(
        "{} histories, {removed} containers removed",
        last - first + 1
    );
    assert!(only.is_some() || removed > 0, "stacks are removed, too");
}

/// One history; gives how many containers were removed in it.
fn run(seed: u64, steps: u64) -> usize {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = any_act();
    let mut world = World::new();
    for number in 0..steps {
        let act: Act = strategy.new_tree(&mut runner).unwrap().current();
        let context = format!("POINTSMAN_SIM_SEED={seed} step {number}: {act:?}");
        world.perform(&act, &context);
    }
    world.removed
}
