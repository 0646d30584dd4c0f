//! `maintenance on|off`: the live host answers 503, or is itself again. Preview and staged hosts go on.

use clap::{Args, Subcommand};

use crate::api::MaintenanceBody;

use super::bare::BareArgs;
use super::failure::Outcome;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman maintenance on whoami prod --message \"Back at 6\" --retry-after 1h
  pointsman maintenance off whoami prod";

/// `on` and `off`.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum MaintenanceVerb {
    /// Let the live host answer 503
    #[command(after_help = EXAMPLES)]
    On(OnArgs),
    /// Let it be itself again
    #[command(after_help = EXAMPLES)]
    Off(BareArgs),
}

/// Arguments of `maintenance on`.
#[derive(Args, Clone, Debug)]
pub(super) struct OnArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// What visitors are told
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// When they should come again [default: 120s]
    #[arg(long, value_name = "DURATION")]
    retry_after: Option<String>,
    #[command(flatten)]
    transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(verb: &MaintenanceVerb, session: &Session) -> Outcome {
    let (env, transition, body) = match verb {
        MaintenanceVerb::On(args) => {
            let body = MaintenanceBody {
                on: true,
                message: args.message.clone(),
                retry_after: args.retry_after.clone(),
            };
            (&args.env, &args.transition, body)
        }
        MaintenanceVerb::Off(args) => (&args.env, &args.transition, MaintenanceBody::default()),
    };
    Transition::new(session, env, "maintenance", transition)
        .body(&body)?
        .run()
}
