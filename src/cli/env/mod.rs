//! `env ...`: the record that gives an app and an environment their domain and options.
//!
//! The env file is the record as TOML; it can live in a repository and be applied by CI.

mod apply;
pub(super) mod file;
mod init;
mod list;
mod remove;
mod show;

use clap::Subcommand;

use super::failure::{Failure, Outcome};
use super::session::{EnvArgs, Session};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman env init whoami dev dev.example.com    writes whoami-dev.toml
  pointsman env apply whoami-dev.toml              sends it; repeat it after each edit
  pointsman env list";

/// Verbs of `env`.
#[derive(Subcommand, Clone, Debug)]
pub(super) enum EnvVerb {
    /// Write a commented env file to start from
    #[command(after_help = init::EXAMPLES)]
    Init(init::InitArgs),
    /// Make the record what the file says
    #[command(after_help = apply::EXAMPLES)]
    Apply(apply::ApplyArgs),
    /// List all envs
    #[command(after_help = list::EXAMPLES)]
    List,
    /// Print a record as an env file
    #[command(after_help = show::EXAMPLES)]
    Show(EnvArgs),
    /// Remove the record of an env that nothing uses
    #[command(after_help = remove::EXAMPLES)]
    Remove(EnvArgs),
}

impl EnvVerb {
    /// The local file that the verb reads, if any; `-` is standard input.
    pub(super) fn input(&self) -> Option<&str> {
        match self {
            Self::Apply(args) => Some(args.input()),
            Self::Init(_) | Self::List | Self::Show(_) | Self::Remove(_) => None,
        }
    }

    /// It needs no daemon.
    pub(super) const fn is_local(&self) -> bool {
        matches!(self, Self::Init(_))
    }
}

/// Runs a verb; the session is opened only by those that talk to a daemon.
pub(super) fn run(verb: &EnvVerb, session: impl FnOnce() -> Result<Session, Failure>) -> Outcome {
    match verb {
        EnvVerb::Init(args) => init::run(args),
        EnvVerb::Apply(args) => apply::run(args, session),
        EnvVerb::List => list::run(&session()?),
        EnvVerb::Show(env) => show::run(env, &session()?),
        EnvVerb::Remove(env) => remove::run(env, &session()?),
    }
}
