//! `deploy`: a version of an app is started from a compose file, and the verb returns when it answers.
//!
//! `settings` finds what the env says, `prepared` lets compose read the files and makes the plan (what would be created,
//! what is refused by `guard`); nothing is touched before that. Then compose starts it, `wait` follows its health, and
//! `report` tells where it answers, or what failed. The daemon is only asked (`daemon`): containers are compose's matter.

pub(super) mod containers;
pub(super) mod daemon;
mod guard;
pub(super) mod hosts;
mod prepared;
mod report;
mod secret;
mod settings;
mod wait;
mod withdrawn;

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;

use crate::routing::ids::Version;

use super::compose::overlay::Overlay;
use super::exit;
use super::failure::{Failure, Outcome};
use super::output::{self, Format};
use super::session::EnvArgs;
use super::target::Global;
use super::transition::parse_duration;

pub(super) use daemon::Daemon;

use daemon::Known;
use prepared::Prepared;
use settings::Settings;

/// How long a version may take to become healthy, unless somebody says otherwise.
pub(super) const TIMEOUT: Duration = Duration::from_mins(2);

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Compose gets APP, ENV, VERSION, DOMAIN, STACK_NAME, STACK_HOSTNAME and the variables of the env file, which is
APP-ENV.toml in this folder or beside the compose file. Labels, limits and what cannot run twice are laid over the file;
the file itself needs no label. --context names the docker context whose Engine and whose Pointsman are meant.

Examples:
  pointsman deploy whoami dev v1.2.0 compose.yaml
  pointsman deploy --context production whoami prod v1.2.0 compose.yaml
  pointsman deploy whoami dev v1.2.0 compose.yaml --plan    what would happen, and what cannot run twice
  pointsman deploy whoami dev pr-17 compose.yaml --build --json | jq -r '.urls[]'";

/// Arguments of `deploy`.
#[derive(Args, Clone, Debug)]
pub(super) struct DeployArgs {
    #[command(flatten)]
    env: EnvArgs,
    /// What it is called, e.g. v1.2.0
    version: Version,
    /// What it is made of
    compose_file: String,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    start: StartArgs,
    #[command(flatten)]
    guard: GuardArgs,
    /// How long it may take to become healthy once it is started
    #[arg(long, default_value = "2m", value_name = "DURATION", value_parser = parse_duration)]
    timeout: Duration,
}

/// Where the env's settings are.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct SourceArgs {
    /// The env file [default: APP-ENV.toml here or beside the compose file, else what the daemon has of it]
    #[arg(long, value_name = "FILE")]
    env_file: Option<String>,
}

/// How it is started.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct StartArgs {
    /// Return as soon as the containers are started
    #[arg(long, short)]
    detach: bool,
    /// Build images first
    #[arg(long)]
    build: bool,
    /// Which images are pulled: always, missing or never
    #[arg(long, value_name = "POLICY", value_parser = ["always", "missing", "never"])]
    pull: Option<String>,
}

/// What is only asked, and what is allowed.
#[derive(Args, Clone, Copy, Debug)]
struct GuardArgs {
    /// Only say what would happen
    #[arg(long)]
    plan: bool,
    /// Also when that recreates containers of a version in a slot
    #[arg(long)]
    replace: bool,
}

/// What is to be deployed, by whichever verb.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    /// Where.
    pub(super) env: &'a EnvArgs,
    /// What.
    pub(super) version: &'a Version,
    /// Made of this.
    pub(super) compose_file: &'a str,
    /// What the env says.
    pub(super) source: &'a SourceArgs,
    /// How.
    pub(super) start: &'a StartArgs,
    /// How long it may take to become healthy.
    pub(super) timeout: Duration,
    /// Exact images by compose service; others are as the file says.
    pub(super) images: BTreeMap<String, String>,
}

/// Runs the verb.
pub(super) fn run(args: &DeployArgs, global: &Global) -> Outcome {
    let daemon = Daemon::open(global)?;
    let wanted = Wanted {
        env: &args.env,
        version: &args.version,
        compose_file: &args.compose_file,
        source: &args.source,
        start: &args.start,
        timeout: args.timeout,
        images: BTreeMap::new(),
    };
    let known = if args.guard.plan {
        daemon.known(&args.env)?
    } else {
        withdrawn::settled(&daemon, &wanted)?
    };
    let prepared = prepare(&daemon, &wanted, known)?;
    let refusals = guard::refusals(&prepared, args.guard.replace);
    if args.guard.plan {
        report::plan(&prepared, &refusals, global.format())?;
        return match refusals.into_iter().next() {
            Some(refusal) => Err(refusal),
            None => Ok(exit::DONE),
        };
    }
    if let Some(refusal) = refusals.into_iter().next() {
        return Err(refusal);
    }
    carry_out(&daemon, &prepared, global.format())
}

/// For a verb that needs the version where it is not yet: refused as `deploy` would refuse it.
pub(super) fn deploy(daemon: &Daemon, wanted: &Wanted<'_>) -> Result<(), Failure> {
    let known = withdrawn::settled(daemon, wanted)?;
    let prepared = prepare(daemon, wanted, known)?;
    if let Some(refusal) = guard::refusals(&prepared, false).into_iter().next() {
        return Err(refusal);
    }
    start(daemon, &prepared).map(drop)
}

fn prepare(daemon: &Daemon, wanted: &Wanted<'_>, known: Known) -> Result<Prepared, Failure> {
    let settings = Settings::load(wanted, &known)?;
    for note in &settings.notes {
        output::note(&format!("note: {note}"))?;
    }
    let prepared = Prepared::read(daemon.context(), wanted, known, settings)?;
    for warning in &prepared.warnings {
        output::note(warning)?;
    }
    Ok(prepared)
}

fn carry_out(daemon: &Daemon, prepared: &Prepared, format: Format) -> Outcome {
    report::findings(prepared)?;
    let done = start(daemon, prepared)?;
    report::done(prepared, &done, format)?;
    Ok(exit::DONE)
}

fn start(daemon: &Daemon, prepared: &Prepared) -> Result<wait::Done, Failure> {
    prepared.run_hooks(&prepared.settings.deploy.deploy_hooks.before, "before")?;
    prepared.up()?;
    let done = wait::until_healthy(daemon, prepared)?;
    prepared.run_hooks(&prepared.settings.deploy.deploy_hooks.after, "after")?;
    Ok(done)
}

/// What is laid over the compose file.
fn overlay(wanted: &Wanted<'_>, domain: &str, settings: &Settings) -> Overlay {
    Overlay {
        labels: BTreeMap::from([
            ("pointsman.app", wanted.env.app.to_string()),
            ("pointsman.env", wanted.env.env.to_string()),
            ("pointsman.version", wanted.version.to_string()),
            ("pointsman.domain", domain.to_owned()),
        ]),
        resources: settings.deploy.resources.clone(),
        images: wanted.images.clone(),
    }
}
