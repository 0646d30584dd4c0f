//! `promote`: a version takes the other slot, and with a weight a share of live traffic.
//!
//! With a weight it returns when the share has begun, unless told not to wait. The weight is checked by the
//! daemon, in one place for all doors. With `--from` a version that has no stack in the env is deployed there first (`origin`).

use clap::Args;

use crate::api::{PromoteBody, WeightInput};
use crate::routing::ids::Version;

use super::failure::{Failure, Outcome};
use super::origin::{self, OriginArgs};
use super::session::{EnvArgs, Session};
use super::target::Global;
use super::transition::{Transition, TransitionArgs};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman promote whoami dev v1.2.0        stage it: vnext-whoami.DOMAIN answers with it
  pointsman promote whoami dev v1.2.0 25%    and give it a quarter of live traffic
  pointsman promote whoami dev v1.2.0 100%   and make it live when it is ready
  pointsman promote whoami dev v1.2.1 25% --supersede   instead of what is on its way now
  pointsman promote whoami prod v1.2.0 --from dev --file compose.yaml   deploy there what was tested in dev, and stage it";

/// Options for the machine that deploys, each with a value.
pub(super) const LOCAL: [&str; 4] = ["--from", "--from-context", "--file", "--env-file"];

/// Arguments of `promote`.
#[derive(Args, Clone, Debug)]
pub(super) struct PromoteArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// What was deployed, e.g. v1.2.0
    version: Version,
    /// Its share of live traffic in percent, e.g. 25 or 25%
    weight: Option<String>,
    /// Also a version that failed as it is
    #[arg(long)]
    force: bool,
    /// End a running shift to another version
    #[arg(long)]
    supersede: bool,
    #[command(flatten)]
    origin: OriginArgs,
    #[command(flatten)]
    transition: TransitionArgs,
}

impl PromoteArgs {
    /// Deploys the version where it is not yet, when `--from` says where it was tested.
    pub(super) fn deploy_first(&self, global: &Global) -> Result<(), Failure> {
        origin::deploy(&self.origin, &self.env, &self.version, global)
    }
}

/// Runs the verb.
pub(super) fn run(args: &PromoteArgs, session: &Session) -> Outcome {
    let body = PromoteBody {
        version: args.version.clone(),
        weight: args.weight.clone().map(WeightInput::Text),
        force: args.force,
        supersede: args.supersede,
    };
    Transition::new(session, &args.env, "promote", &args.transition)
        .version(&args.version)
        .body(&body)?
        .run()
}
