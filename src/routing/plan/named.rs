//! The plans that need no writing down.

use thiserror::Error;

use super::{Gate, Plan, PlanStep, Weight};

/// Their names.
pub const NAMES: [&str; 4] = ["flip", "blue-green", "canary", "shadow"];

const MINUTE_MS: u64 = 60_000;
/// How long a step with a share lasts.
const DWELL_MS: u64 = 2 * MINUTE_MS;
/// How long the old version waits beside the new one that has everything.
const BAKE_MS: u64 = 5 * MINUTE_MS;

/// A name that no built-in plan has.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no plan {0:?}: use {list}, or write the steps down", list = NAMES.join(", "))]
pub struct UnknownPlan(pub String);

/// A built-in plan.
pub fn named(name: &str) -> Result<Plan, UnknownPlan> {
    let steps = match name {
        "flip" => vec![share(100, 0)],
        "blue-green" => {
            let wait = PlanStep {
                gate: Gate::Manual,
                ..share(0, 0)
            };
            vec![wait, share(100, BAKE_MS)]
        }
        "canary" => [5, 10, 25, 50]
            .map(|percent| share(percent, DWELL_MS))
            .into_iter()
            .chain([share(100, BAKE_MS)])
            .collect(),
        "shadow" => {
            let mirrored = PlanStep {
                mirror: Weight::percent_of(50),
                ..share(0, DWELL_MS)
            };
            vec![
                mirrored,
                share(10, DWELL_MS),
                share(50, DWELL_MS),
                share(100, 0),
            ]
        }
        other => return Err(UnknownPlan(other.to_owned())),
    };
    Ok(Plan::of(name, steps))
}

fn share(percent: u8, min_dwell_ms: u64) -> PlanStep {
    PlanStep {
        min_dwell_ms,
        ..PlanStep::new(Weight::percent_of(percent))
    }
}
