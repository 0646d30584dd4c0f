//! `?wait=`: guards that are only "not yet" are waited for, then, for `applied`, every proxy.
//!
//! The order is: ask until accepted; for a weight that is held until its version is ready, until it runs; then
//! until every proxy has what came of it. The deadline is one for all. A command that was accepted stays so:
//! what is missing at the deadline is said with 202, and the status tells why.

use std::time::Duration;

use tokio::time::Instant;

use super::Admin;
use super::failure::{self, NOT_READY};
use super::request::{VerbRequest, Wait};
use crate::api::Applied;
use crate::reconciler::{Accepted, CommandError, CommandRequest};
use crate::routing::ids::{EnvKey, Version};
use crate::routing::rollout::{Command, Record};
use crate::routing::table::EnvStatus;
use crate::web::applied::Target;
use crate::web::error::{ApiError, ErrorStatus};

/// A stack that was deployed a moment ago may still be on its way from Docker to the table.
const NEWS: Duration = Duration::from_secs(1);
/// Shortest pause between two attempts.
const PAUSE: Duration = Duration::from_millis(10);

/// What a carried-out command came to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) accepted: Accepted,
    /// All that was waited for has happened.
    pub(super) complete: bool,
    /// With `wait=applied`: who has what.
    pub(super) applied: Option<Vec<Applied>>,
}

impl Admin {
    pub(super) async fn carry_out(&self, request: VerbRequest) -> Result<Outcome, ApiError> {
        let VerbRequest {
            command,
            wait,
            timeout,
        } = request;
        let deadline = Instant::now() + timeout;
        let verb = command.command.verb();
        let asked = match wait {
            Some(_) => self.ask_until_accepted(&command, deadline).await,
            None => self.handle.command(command.clone()).await,
        };
        let result = asked.as_ref().map_or_else(failure::code, |_| "accepted");
        self.metrics.commanded(verb, result);
        let mut accepted = asked?;
        let mut complete = true;
        if wait.is_some() && is_pending(&accepted.status.rollout) {
            complete = self
                .wait_until_running(&command, &mut accepted, deadline)
                .await?;
        }
        let mut applied = None;
        if wait == Some(Wait::Applied) {
            complete = complete && self.wait_until_applied(&accepted, deadline).await;
            applied = Some(self.applied.list());
        }
        Ok(Outcome {
            accepted,
            complete,
            applied,
        })
    }

    /// Asks again whenever something changed, as long as the refusal is only "not yet".
    async fn ask_until_accepted(
        &self,
        command: &CommandRequest,
        deadline: Instant,
    ) -> Result<Accepted, CommandError> {
        let started = Instant::now();
        let mut turns = self.handle.turns();
        loop {
            // marked before asking: what changes after that is worth another attempt
            turns.mark_unchanged();
            let error = match self.handle.command(command.clone()).await {
                Ok(accepted) => return Ok(accepted),
                Err(error) => error,
            };
            let Some(retry) = retry(&error, started, deadline) else {
                return Err(error);
            };
            tokio::select! {
                turn = turns.changed() => if turn.is_err() { return Err(error) },
                () = sleep(retry.after) => {}
                () = tokio::time::sleep_until(retry.until) => return Err(error),
                () = self.stop.cancelled() => return Err(error),
            }
        }
    }

    /// Waits for the end of "pending". `false` when it still is at the deadline.
    async fn wait_until_running(
        &self,
        command: &CommandRequest,
        accepted: &mut Accepted,
        deadline: Instant,
    ) -> Result<bool, ApiError> {
        let mut turns = self.handle.turns();
        loop {
            turns.mark_unchanged();
            accepted.status = self.status(&command.key).await?;
            let rollout = &accepted.status.rollout;
            if !is_pending(rollout) {
                has_traffic(rollout, &command.command)?;
                if let Some(snapshot) = self.reader.load() {
                    accepted.revision = snapshot.revision();
                }
                return Ok(true);
            }
            tokio::select! {
                turn = turns.changed() => if turn.is_err() { return Ok(false) },
                () = tokio::time::sleep_until(deadline) => return Ok(false),
                () = self.stop.cancelled() => return Ok(false),
            }
        }
    }

    async fn wait_until_applied(&self, accepted: &Accepted, deadline: Instant) -> bool {
        let target = Target::published(accepted.revision, &self.reader);
        tokio::select! {
            applied = self.applied.wait(target, deadline) => applied,
            () = self.stop.cancelled() => false,
        }
    }

    async fn status(&self, key: &EnvKey) -> Result<EnvStatus, CommandError> {
        let status = self.handle.status(key.clone()).await?;
        status.ok_or_else(|| CommandError::UnknownEnv(key.clone()))
    }
}

struct Retry {
    /// Even if nothing changes.
    after: Option<Duration>,
    until: Instant,
}

fn retry(error: &CommandError, started: Instant, deadline: Instant) -> Option<Retry> {
    let CommandError::Refused { retry_after_ms, .. } = error else {
        return None;
    };
    let until = match failure::code(error) {
        NOT_READY => deadline,
        "unknown_version" => deadline.min(started + NEWS),
        _ => return None,
    };
    let after = retry_after_ms.map(|millis| Duration::from_millis(millis).max(PAUSE));
    Some(Retry { after, until })
}

async fn sleep(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}

const fn is_pending(rollout: &Record) -> bool {
    match &rollout.shift {
        Some(shift) => !shift.has_begun(),
        None => false,
    }
}

/// A pending shift can also end without a start: given up at its deadline, or ended by somebody else.
fn has_traffic(rollout: &Record, command: &Command) -> Result<(), ApiError> {
    let Command::Promote { version, .. } = command else {
        return Ok(());
    };
    let shifting = rollout.shift.as_ref().and(rollout.other_version());
    if shifting == Some(version) || rollout.active_version() == Some(version) {
        return Ok(());
    }
    Err(given_up(version, rollout.state()))
}

fn given_up(version: &Version, state: &str) -> ApiError {
    let detail = format!(
        "version {version} was not ready in time, so its shift was given up (or somebody ended it); it takes no live traffic"
    );
    ApiError::new(ErrorStatus::CONFLICT, NOT_READY, detail).state(state)
}
