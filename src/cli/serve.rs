//! `serve`: the daemon.
//!
//! Flags, environment and file become the configuration, and [`crate::app`] does the rest until it is told to
//! stop. A setting that cannot be used is usage (code 2); stored state that cannot be read has code 5.

use crate::app;
use crate::config::{self, Flags};

use super::exit;
use super::failure::{Failure, Outcome};
use super::output;

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Every flag is also POINTSMAN_<FLAG> in the environment and a key of the --config file; a flag goes over the
environment, which goes over the file.

Examples:
  pointsman serve --traefik-container traefik
  POINTSMAN_STATE_DIR=/tmp/points pointsman serve --log-level debug
  pointsman serve --admin-listen 0.0.0.0:9001 --admin-token-file /run/secrets/admin-token";

/// Runs the verb.
pub(super) fn run(flags: &Flags) -> Outcome {
    let config = config::load(flags)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::unexpected(format!("cannot start threads: {error}")))?;
    match runtime.block_on(app::run(config, announce)) {
        Ok(()) => Ok(exit::DONE),
        Err(error) => Err(Failure::new(code_of(&error), format!("{error:#}"))),
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    if error.is::<app::StateUnreadable>() {
        exit::STATE_UNREADABLE
    } else if error.is::<app::SettingUnusable>() {
        exit::USAGE
    } else {
        exit::UNEXPECTED
    }
}

/// The one line that says where the daemon listens; port 0 becomes a real port only now.
fn announce(bound: app::Bound) {
    let line = format!(
        "listening provider={} admin={}",
        bound.provider, bound.admin
    );
    if output::print(&line).is_err() {
        tracing::warn!("standard output is closed; {line}");
    }
}
