//! Which stacks may go, and why not: a plan, nothing else. The reconciler carries it out.
//!
//! Facts and records in, one [`Verdict`] for each stack out. What is in use is asked first (`protection`) and no rule can
//! overrule it; `rules` gives the reasons to go; `plan` brings both together, and looks at the disk, which all envs
//! share. The order of facts does not matter.

mod facts;
mod plan;
mod protection;
mod reason;
mod rules;

#[cfg(test)]
mod tests;

pub use facts::{EnvFacts, Facts, StackFacts};
pub use plan::{Fate, Verdict, plan};
pub use reason::{Cause, Shield, Unknown};
