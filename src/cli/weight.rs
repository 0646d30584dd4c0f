//! `weight`: the other slot gets a share of live traffic, and keeps it.
//!
//! The weight is checked by the daemon, in one place for all doors.

use clap::Args;

use crate::api::{WeightBody, WeightInput};

use super::failure::Outcome;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman weight whoami dev 25     the staged version takes a quarter of live traffic
  pointsman weight whoami dev 100    and goes live";

/// Arguments of `weight`.
#[derive(Args, Clone, Debug)]
pub(super) struct WeightArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// Its share of live traffic in percent, e.g. 25 or 25%
    weight: String,
    /// Also a version that failed as it is
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &WeightArgs, session: &Session) -> Outcome {
    let body = WeightBody {
        weight: WeightInput::Text(args.weight.clone()),
        force: args.force,
    };
    Transition::new(session, &args.env, "weight", &args.transition)
        .body(&body)?
        .run()
}
