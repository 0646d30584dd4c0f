//! `retire`: a version is withdrawn from routing for good. Its containers are left alone, unless they are to be removed.

use clap::Args;

use crate::api::RetireBody;
use crate::routing::ids::Version;

use super::failure::Outcome;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};
use super::{exit, output};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman retire whoami dev pr-17             it answers nowhere any more
  pointsman retire whoami dev pr-17 --remove    and its containers, networks and unused images go
  pointsman retire whoami dev pr-17 --remove --ignore-missing   also if it never was there
  pointsman retire whoami dev v1.2.0 --force    although it is live: the env has no live version then";

/// Arguments of `retire`.
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(super) struct RetireArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// Which version, e.g. v1.2.0
    version: Version,
    /// Also when it is live
    #[arg(long)]
    force: bool,
    /// Remove its containers, networks and unused images, once nothing leads to them and requests had time to end
    #[arg(long)]
    remove: bool,
    /// Remove its named volumes, too
    #[arg(long, requires = "remove")]
    volumes: bool,
    /// Leave images alone that nothing uses any more
    #[arg(long, requires = "remove")]
    keep_images: bool,
    /// It is well if there is no such version
    #[arg(long)]
    ignore_missing: bool,
    #[command(flatten)]
    transition: TransitionArgs,
}

/// Runs the verb.
pub(super) fn run(args: &RetireArgs, session: &Session) -> Outcome {
    let body = RetireBody {
        version: args.version.clone(),
        force: args.force,
        remove: args.remove,
        volumes: args.volumes,
        keep_images: args.keep_images,
    };
    let outcome = Transition::new(session, &args.env, "retire", &args.transition)
        .version(&args.version)
        .body(&body)?
        .run();
    match outcome {
        Err(failure) if args.ignore_missing && failure.is("unknown_version") => {
            output::note(&format!("{}: there is no {}", args.env, args.version))?;
            Ok(exit::DONE)
        }
        outcome => outcome,
    }
}
