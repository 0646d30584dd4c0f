//! A version that was retired and comes back: what is being removed of it is waited for, what was left of it is made anew.
//!
//! Compose would keep its old containers, and they stay withdrawn, or are removed a moment later.

use std::time::Duration;

use crate::api::Removing;
use crate::cli::exit;
use crate::cli::failure::Failure;
use crate::cli::progress::Progress;

use super::Wanted;
use super::daemon::{Daemon, Known};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// What the daemon knows when nothing of the version is being removed.
pub(super) fn settled(daemon: &Daemon, wanted: &Wanted<'_>) -> Result<Known, Failure> {
    let known = daemon.known(wanted.env)?;
    if !known.retired.contains(wanted.version) {
        return Ok(known);
    }
    until_removed(daemon, wanted)?;
    daemon.known(wanted.env)
}

fn until_removed(daemon: &Daemon, wanted: &Wanted<'_>) -> Result<(), Failure> {
    let (env, version) = (wanted.env, wanted.version);
    let mut progress = Progress::start(env, wanted.timeout);
    loop {
        let plan = daemon.gc_plan(env)?;
        let is_its =
            |it: &&Removing| it.app == env.app && it.env == env.env && it.version == *version;
        let Some(removing) = plan.removing.iter().find(is_its) else {
            return Ok(());
        };
        let why = format!(
            "{version} was retired and is still being removed: {}",
            removing.stage
        );
        if progress.is_over() {
            let (app, name) = (&env.app, &env.env);
            return Err(
                Failure::new(exit::REFUSED, format!("{env}: {why}")).next(format!(
                    "`pointsman gc {app} {name} --plan` shows how far it is; deploy it again then"
                )),
            );
        }
        progress.tell(&why)?;
        std::thread::sleep(PAUSE);
    }
}
