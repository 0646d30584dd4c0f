//! `rollback`: back to the previous version at once; in a shift, the candidate loses its share.
//!
//! Sending and waiting are those of every verb that moves an env (`transition`).
//! It takes no version: the record knows the previous one.

use clap::Args;

use super::failure::Outcome;
use super::sentence::Asked;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman rollback whoami dev              nothing is redeployed, no version is named
  pointsman rollback whoami dev --dry-run    say what would be live";

/// Arguments of `rollback`.
#[derive(Args, Clone, Debug)]
pub(super) struct RollbackArgs {
    #[command(flatten)]
    env: EnvArgs,
    #[command(flatten)]
    transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &RollbackArgs, session: &Session) -> Outcome {
    let transition = Transition {
        session,
        env: &args.env,
        asked: Asked {
            verb: "rollback",
            version: None,
        },
        body: None,
        args: &args.transition,
    };
    transition.run()
}
