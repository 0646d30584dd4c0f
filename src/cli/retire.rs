//! `retire`: a version is withdrawn from routing for good. Its containers are left alone.

use clap::Args;

use crate::api::RetireBody;
use crate::routing::ids::Version;

use super::failure::Outcome;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman retire whoami dev pr-17             it answers nowhere any more
  pointsman retire whoami dev v1.2.0 --force    although it is live: the env has no live version then";

/// Arguments of `retire`.
#[derive(Args, Clone, Debug)]
pub(super) struct RetireArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// Which version, e.g. v1.2.0
    version: Version,
    /// Also when it is live
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &RetireArgs, session: &Session) -> Outcome {
    let body = RetireBody {
        version: args.version.clone(),
        force: args.force,
    };
    Transition::new(session, &args.env, "retire", &args.transition)
        .version(&args.version)
        .body(&body)?
        .run()
}
