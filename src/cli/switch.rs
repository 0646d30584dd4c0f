//! `switch`: active and other change places; in a shift, the candidate gets everything.
//!
//! Sending and waiting are those of every verb that moves an env (`transition`).
//! A staged version that is not ready yet is waited for.

use clap::Args;

use super::failure::Outcome;
use super::sentence::Asked;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman switch whoami dev                    the staged version goes live
  pointsman switch whoami dev --wait applied     and every Traefik has it when this returns
  pointsman switch whoami dev --if-match 7       only if nobody else has moved it since";

/// Arguments of `switch`.
#[derive(Args, Clone, Debug)]
pub(super) struct SwitchArgs {
    #[command(flatten)]
    env: EnvArgs,
    #[command(flatten)]
    transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &SwitchArgs, session: &Session) -> Outcome {
    let transition = Transition {
        session,
        env: &args.env,
        asked: Asked {
            verb: "switch",
            version: None,
        },
        body: None,
        args: &args.transition,
    };
    transition.run()
}
