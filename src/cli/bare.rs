//! The verbs that say nothing but their name: `hold`, `resume`, `abort`, `finish`, `evict`, `unfreeze`.
//!
//! Sending and waiting are those of every verb that moves an env (`transition`).

use clap::Args;

use super::failure::Outcome;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of the help of `hold`.
pub(super) const HOLD: &str = "\
Examples:
  pointsman hold whoami dev    the shares stay as they are until `resume`";

/// Examples at the end of the help of `resume`.
pub(super) const RESUME: &str = "\
Examples:
  pointsman resume whoami dev    on with the plan, past a gate that waits for a person";

/// Examples at the end of the help of `abort`.
pub(super) const ABORT: &str = "\
Examples:
  pointsman abort whoami dev    the active version has all of the traffic again";

/// Examples at the end of the help of `finish`.
pub(super) const FINISH: &str = "\
Examples:
  pointsman finish whoami dev    the candidate goes live, whatever step its plan is at";

/// Examples at the end of the help of `evict`.
pub(super) const EVICT: &str = "\
Examples:
  pointsman evict whoami dev    the staged version is a preview again";

/// Examples at the end of the help of `unfreeze`.
pub(super) const UNFREEZE: &str = "\
Examples:
  pointsman unfreeze whoami dev    changes are allowed again";

/// Their arguments.
#[derive(Args, Clone, Debug)]
pub(super) struct BareArgs {
    #[command(flatten)]
    pub(super) env: EnvArgs,
    #[command(flatten)]
    pub(super) transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(verb: &'static str, args: &BareArgs, session: &Session) -> Outcome {
    Transition::new(session, &args.env, verb, &args.transition).run()
}
