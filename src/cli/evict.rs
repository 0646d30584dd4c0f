//! `evict`: empties the other slot; what was in it is a preview again.
//!
//! Sending and waiting are those of every verb that moves an env (`transition`).
//! It never touches the active slot or a container.

use clap::Args;

use super::failure::Outcome;
use super::sentence::Asked;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman evict whoami dev    the staged version is a preview again";

/// Arguments of `evict`.
#[derive(Args, Clone, Debug)]
pub(super) struct EvictArgs {
    #[command(flatten)]
    env: EnvArgs,
    #[command(flatten)]
    transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &EvictArgs, session: &Session) -> Outcome {
    let transition = Transition {
        session,
        env: &args.env,
        asked: Asked {
            verb: "evict",
            version: None,
        },
        body: None,
        args: &args.transition,
    };
    transition.run()
}
