//! `switch`: active and other change places; in a shift, the candidate gets everything.
//!
//! A staged version that is not ready yet is waited for, and so are the env's hooks.

use clap::Args;

use crate::api::SwitchBody;
use crate::routing::ids::Version;

use super::failure::Outcome;
use super::placed::Placed;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman switch whoami dev                    the staged version goes live
  pointsman switch whoami dev --wait applied     and every Traefik has it when this returns
  pointsman switch whoami dev --to v1.2.0        only if v1.2.0 is what is staged; repeat it as you like
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
    /// Only if this version is staged; when it is live already nothing is done
    #[arg(long, value_name = "VERSION")]
    to: Option<Version>,
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
    let Some(version) = &args.to else {
        return transition.run();
    };
    let placed = Placed::look(session, &args.env)?;
    if placed.is_live(version) {
        return placed.tell_live(session, version);
    }
    if !placed.is_staged(version) {
        return Err(placed.refused(version, "staged"));
    }
    transition.at(placed.generation()).run()
}
