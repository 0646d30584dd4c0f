//! `freeze`: no changes until somebody lifts it, or its time is over. Going back stays possible.

use clap::Args;

use crate::api::FreezeBody;

use super::failure::Outcome;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman freeze whoami prod --why \"sale\" --for 48h
  pointsman freeze whoami prod --until 2026-12-27T06:00:00Z
  pointsman unfreeze whoami prod";

/// Arguments of `freeze`.
#[derive(Args, Clone, Debug)]
pub(super) struct FreezeArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// What for; whoever is refused reads it
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// After how long it ends by itself
    #[arg(long = "for", value_name = "DURATION", conflicts_with = "until")]
    lasts: Option<String>,
    /// When it ends by itself, e.g. 2026-12-27T06:00:00Z
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &FreezeArgs, session: &Session) -> Outcome {
    let body = FreezeBody {
        why: args.why.clone(),
        until: args.until.clone(),
        lasts: args.lasts.clone(),
    };
    Transition::new(session, &args.env, "freeze", &args.transition)
        .body(&body)?
        .run()
}
