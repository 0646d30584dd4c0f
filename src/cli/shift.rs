//! `shift`: live traffic moves to the other slot step by step, as a plan says.
//!
//! The plan is the env's own, a built-in one, or a file; what its steps mean is checked by the daemon.

use clap::Args;

use crate::api::{PlanBody, PlanInput, ShiftBody};

use super::failure::{Failure, Outcome, chain};
use super::input;
use super::session::{EnvArgs, Session};
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman shift whoami dev                            by the env's own plan
  pointsman shift whoami dev canary                     5, 10, 25, 50, 100 percent
  pointsman shift whoami dev --plan-file careful.toml   by steps of your own

A plan file:
  sticky = \"cookie\"
  [[steps]]
  weight = 10
  min_dwell = \"2m\"
  gate = \"manual\"
  [[steps]]
  weight = 100";

/// Arguments of `shift`.
#[derive(Args, Clone, Debug)]
pub(super) struct ShiftArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// A built-in plan: flip, blue-green, canary or shadow
    plan: Option<String>,
    /// A file with steps; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    plan_file: Option<String>,
    /// Also a version that failed as it is
    #[arg(long)]
    force: bool,
    /// Begin anew although a shift is running
    #[arg(long)]
    supersede: bool,
    #[command(flatten)]
    transition: TransitionArgs,
}

impl ShiftArgs {
    /// The local file that it reads, if any.
    pub(super) fn input(&self) -> Option<&str> {
        self.plan_file.as_deref()
    }
}

/// Runs the verb. The file is read first: a mistake in it needs no daemon to be found.
pub(super) fn run(args: &ShiftArgs, session: impl FnOnce() -> Result<Session, Failure>) -> Outcome {
    let plan = match &args.plan_file {
        Some(path) => Some(PlanInput::Steps(read(path)?)),
        None => args.plan.clone().map(PlanInput::Name),
    };
    let body = ShiftBody {
        plan,
        force: args.force,
        supersede: args.supersede,
    };
    Transition::new(&session()?, &args.env, "shift", &args.transition)
        .body(&body)?
        .run()
}

fn read(path: &str) -> Result<PlanBody, Failure> {
    let help = "`pointsman shift --help` shows a plan file";
    let (name, text) = input::read(path).map_err(|failure| failure.next(help))?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        let problem = chain(&error);
        Failure::usage(format!("{name}: {}", problem.trim_end())).next(help)
    })
}
