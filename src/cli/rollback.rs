//! `rollback`: back to the version that was live before, at once.

use clap::Args;

use crate::routing::ids::Version;

use super::failure::Outcome;
use super::placed::Placed;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman rollback whoami dev                  nothing is redeployed, no version is named
  pointsman rollback whoami dev --from v1.2.0    away from v1.2.0; pressed twice it does not bring it back
  pointsman rollback whoami dev --dry-run        say what would be live";

/// Arguments of `rollback`.
#[derive(Args, Clone, Debug)]
pub(super) struct RollbackArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// Only if this version is live
    #[arg(long, value_name = "VERSION")]
    from: Option<Version>,
    #[command(flatten)]
    transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &RollbackArgs, session: &Session) -> Outcome {
    let transition = Transition::new(session, &args.env, "rollback", &args.transition);
    let Some(version) = &args.from else {
        return transition.run();
    };
    let placed = Placed::look(session, &args.env)?;
    // while its traffic moves away from it, too
    if !placed.has_live_host(version) {
        return Err(placed.refused(version, "live"));
    }
    transition.at(placed.generation()).run()
}
