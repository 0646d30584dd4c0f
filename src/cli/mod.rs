//! The command line: the same verbs as the admin API, one file per verb (one for all that say nothing but their name).
//!
//! [`run`] parses, opens a session with the daemon, and gives an exit code of [`exit`]. Every verb
//! but `serve` and `check` is a client of the API and knows nothing else of the daemon (`deploy` calls compose besides); with `--context` the whole verb runs
//! in the daemon's container instead. Only `output` prints, only
//! `docker` starts `docker`.

mod bare;
mod check;
mod client;
mod completions;
mod compose;
mod connect;
mod context;
mod deploy;
mod diagnose;
mod docker;
mod doctor;
mod env;
mod events;
pub mod exit;
mod export;
mod failure;
mod feed;
mod freeze;
mod gc;
mod healthcheck;
mod history;
mod input;
mod maintenance;
mod origin;
mod outcome;
mod output;
mod placed;
mod progress;
mod promote;
mod retire;
mod rollback;
mod sentence;
mod serve;
mod session;
mod shift;
mod stacks;
mod state;
mod status;
mod switch;
mod table;
mod target;
mod transition;
mod verify;
mod version;
mod weight;
mod wrap;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::config::Flags;

use bare::BareArgs;
use failure::{Failure, Outcome};
use output::Format;
use session::Session;
use target::Global;

const EXAMPLES: &str = "\
Examples:
  pointsman serve                               the daemon
  pointsman env init whoami dev dev.example.com
  pointsman deploy whoami dev v1.2.0 compose.yaml
  pointsman promote whoami dev v1.2.0           stage a deployed version
  pointsman switch whoami dev                   make it live
  pointsman rollback whoami dev                 and back
  pointsman status --context production         on another host, through docker

Exit codes: 0 done, 1 unexpected, 2 usage, 3 refused by the state, 4 daemon unreachable or not ready,
5 stored state unreadable, 6 diagnostics found.";

/// Blue/green slots and preview deployments for Traefik on plain Docker hosts
#[derive(Parser, Debug)]
#[command(name = "pointsman", version, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
struct CommandLine {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Run the daemon
    #[command(after_help = serve::EXAMPLES)]
    Serve(Flags),
    /// Env records: domain and options of an app's environment
    #[command(subcommand, after_help = env::EXAMPLES)]
    Env(env::EnvVerb),
    /// Start a version from a compose file, and wait until its previews answer
    #[command(after_help = deploy::EXAMPLES)]
    Deploy(deploy::DeployArgs),
    /// Put a version into the other slot, optionally with a share of live traffic
    #[command(after_help = promote::EXAMPLES)]
    Promote(promote::PromoteArgs),
    /// Make the other slot live
    #[command(after_help = switch::EXAMPLES)]
    Switch(switch::SwitchArgs),
    /// Go back to the previous version
    #[command(after_help = rollback::EXAMPLES)]
    Rollback(rollback::RollbackArgs),
    /// Give the other slot a share of live traffic
    #[command(after_help = weight::EXAMPLES)]
    Weight(weight::WeightArgs),
    /// Move live traffic to the other slot by a plan
    #[command(after_help = shift::EXAMPLES)]
    Shift(shift::ShiftArgs),
    /// Stop a shift where it is
    #[command(after_help = bare::HOLD)]
    Hold(BareArgs),
    /// Let a held shift go on
    #[command(after_help = bare::RESUME)]
    Resume(BareArgs),
    /// End a shift: the active version takes everything again
    #[command(after_help = bare::ABORT)]
    Abort(BareArgs),
    /// Skip to the end of a shift: the candidate takes everything
    #[command(after_help = bare::FINISH)]
    Finish(BareArgs),
    /// Empty the other slot
    #[command(after_help = bare::EVICT)]
    Evict(BareArgs),
    /// Forbid what moves live traffic; going back stays allowed
    #[command(after_help = freeze::EXAMPLES)]
    Freeze(freeze::FreezeArgs),
    /// Allow changes again
    #[command(after_help = bare::UNFREEZE)]
    Unfreeze(BareArgs),
    /// Withdraw a version from routing for good
    #[command(after_help = retire::EXAMPLES)]
    Retire(retire::RetireArgs),
    /// Let the live host answer 503, or no longer
    #[command(subcommand, after_help = maintenance::EXAMPLES)]
    Maintenance(maintenance::MaintenanceVerb),
    /// Show slots, versions, health and weights
    #[command(after_help = status::EXAMPLES)]
    Status(status::StatusArgs),
    /// Follow what happens, until interrupted
    #[command(after_help = events::EXAMPLES)]
    Events(events::EventsArgs),
    /// Show who did what in an env
    #[command(after_help = history::EXAMPLES)]
    History(history::HistoryArgs),
    /// Check that a version is where it should be and answers, through Traefik
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::VerifyArgs),
    /// List every version that has containers
    #[command(after_help = stacks::EXAMPLES)]
    Stacks(stacks::StacksArgs),
    /// Remove the stacks that the retention policies let go
    #[command(after_help = gc::EXAMPLES)]
    Gc(gc::GcArgs),
    /// Show what is wrong with labels, names and networks
    #[command(after_help = diagnose::EXAMPLES)]
    Diagnose,
    /// Look at DNS, certificates, Traefik, Docker, state and clocks, and say what to change
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::DoctorArgs),
    /// Show what would become of a compose file or of labels, without a daemon
    #[command(after_help = check::EXAMPLES)]
    Check(check::CheckArgs),
    /// Write the last confirmed document for Traefik's file provider, without a daemon
    #[command(after_help = export::EXAMPLES)]
    Export(export::ExportArgs),
    /// Look at the stored state itself, without a daemon
    #[command(subcommand, after_help = state::EXAMPLES)]
    State(state::StateVerb),
    /// Ask the daemon of this machine whether it is ready (for Docker's HEALTHCHECK)
    #[command(after_help = healthcheck::EXAMPLES)]
    Healthcheck(healthcheck::HealthcheckArgs),
    /// Print what a shell needs to complete verbs and options
    #[command(after_help = completions::EXAMPLES)]
    Completions(completions::CompletionsArgs),
    /// Print the version
    #[command(after_help = version::EXAMPLES)]
    Version,
}

/// Runs a command line (with the program's name in front) and gives the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let parsed = match CommandLine::try_parse_from(&args) {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error),
    };
    let format = parsed.global.format();
    // what serves is meant for this machine, whatever is usual
    let named = if matches!(parsed.verb, Verb::Serve(_)) {
        parsed.global.named_context()
    } else {
        parsed.global.context()
    };
    let outcome = match named {
        Some(context) => elsewhere(&context, &args, &parsed),
        None => here(&parsed, format),
    };
    output::finish(outcome, format)
}

/// Help and version go to standard output with code 0, mistakes to standard error with code 2.
fn usage(error: &clap::Error) -> u8 {
    match error.print() {
        Ok(()) if error.use_stderr() => exit::USAGE,
        Ok(()) => exit::DONE,
        Err(_unprintable) => exit::UNEXPECTED,
    }
}

fn here(parsed: &CommandLine, format: Format) -> Outcome {
    let global = &parsed.global;
    let open = || {
        let client = global.client()?;
        Ok(Session { client, format })
    };
    match &parsed.verb {
        Verb::Serve(flags) => serve::run(flags),
        Verb::Env(verb) => env::run(verb, open),
        Verb::Deploy(args) => deploy::run(args, global),
        Verb::Verify(args) => verify::run(args, global),
        Verb::Promote(args) => {
            args.deploy_first(global)?;
            promote::run(args, &open()?)
        }
        Verb::Switch(args) => switch::run(args, &open()?),
        Verb::Rollback(args) => rollback::run(args, &open()?),
        Verb::Weight(args) => weight::run(args, &open()?),
        Verb::Shift(args) => shift::run(args, open),
        Verb::Hold(args) => bare::run("hold", args, &open()?),
        Verb::Resume(args) => bare::run("resume", args, &open()?),
        Verb::Abort(args) => bare::run("abort", args, &open()?),
        Verb::Finish(args) => bare::run("finish", args, &open()?),
        Verb::Evict(args) => bare::run("evict", args, &open()?),
        Verb::Freeze(args) => freeze::run(args, &open()?),
        Verb::Unfreeze(args) => bare::run("unfreeze", args, &open()?),
        Verb::Retire(args) => retire::run(args, &open()?),
        Verb::Maintenance(verb) => maintenance::run(verb, &open()?),
        Verb::Status(args) => status::run(args, &open()?),
        Verb::Events(args) => events::run(args, &open()?),
        Verb::History(args) => history::run(args, &open()?),
        Verb::Stacks(args) => stacks::run(args, &open()?),
        Verb::Gc(args) => gc::run(args, &open()?),
        Verb::Diagnose => diagnose::run(&open()?),
        Verb::Doctor(args) => doctor::run(args, global),
        Verb::Check(args) => check::run(args, global.context().as_deref(), format),
        Verb::Export(args) => export::run(args),
        Verb::State(verb) => state::run(verb, format),
        Verb::Healthcheck(args) => healthcheck::run(args, global),
        Verb::Completions(args) => completions::run::<CommandLine>(args),
        Verb::Version => version::run(format),
    }
}

fn elsewhere(context: &str, args: &[OsString], parsed: &CommandLine) -> Outcome {
    let global = &parsed.global;
    if matches!(
        parsed.verb,
        Verb::Check(_) | Verb::Deploy(_) | Verb::Verify(_) | Verb::Completions(_)
    ) {
        return here(parsed, global.format());
    }
    if global.url.is_some() || global.token_file.is_some() {
        return Err(Failure::usage(
            "--context runs the verb in the daemon's container, which knows its own address and token",
        )
        .next("leave out --url and --token-file"));
    }
    let input = match &parsed.verb {
        Verb::Serve(_) => {
            return Err(Failure::usage("serve cannot be run with --context")
                .next("start the daemon there as a container: docs/installing.md"));
        }
        Verb::Env(verb) if verb.is_local() => {
            return here(parsed, global.format());
        }
        Verb::Env(verb) => verb.input(),
        Verb::Shift(args) => args.input(),
        Verb::Promote(args) => {
            args.deploy_first(global)?;
            None
        }
        Verb::Deploy(_)
        | Verb::Verify(_)
        | Verb::Switch(_)
        | Verb::Rollback(_)
        | Verb::Weight(_)
        | Verb::Hold(_)
        | Verb::Resume(_)
        | Verb::Abort(_)
        | Verb::Finish(_)
        | Verb::Evict(_)
        | Verb::Freeze(_)
        | Verb::Unfreeze(_)
        | Verb::Retire(_)
        | Verb::Maintenance(_)
        | Verb::Status(_)
        | Verb::Events(_)
        | Verb::History(_)
        | Verb::Stacks(_)
        | Verb::Gc(_)
        | Verb::Diagnose
        | Verb::Doctor(_)
        | Verb::Check(_)
        | Verb::Export(_)
        | Verb::State(_)
        | Verb::Healthcheck(_)
        | Verb::Completions(_)
        | Verb::Version => None,
    };
    let args = args.get(1..).unwrap_or_default();
    if matches!(parsed.verb, Verb::Doctor(_)) {
        return context::run(context, &doctor::with_time(args), input);
    }
    if matches!(parsed.verb, Verb::Promote(_)) {
        let args = context::without(args, &promote::LOCAL);
        return context::run(context, &args, input);
    }
    context::run(context, args, input)
}
