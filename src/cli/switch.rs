//! `switch`: active and other change places; in a shift, the candidate gets everything.
//!
//! A staged version that is not ready yet is waited for, and so are the env's hooks.

use clap::Args;

use crate::api::SwitchBody;

use super::failure::Outcome;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman switch whoami dev                    the staged version goes live
  pointsman switch whoami dev --wait applied     and every Traefik has it when this returns
  pointsman switch whoami dev --if-match 7       only if nobody else has moved it since
  pointsman switch whoami dev --force            although its last shift failed";

/// Arguments of `switch`.
#[derive(Args, Clone, Debug)]
pub(super) struct SwitchArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// Also a version that failed as it is
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &SwitchArgs, session: &Session) -> Outcome {
    let transition = Transition::new(session, &args.env, "switch", &args.transition);
    let transition = if args.force {
        transition.body(&SwitchBody { force: true })?
    } else {
        transition
    };
    transition.run()
}
