//! `?wait=`: guards that are only "not yet" are waited for, then, for `applied`, every proxy.
//!
//! The order is: ask until accepted; for a weight that is held until its version is ready, until it runs; for a switch
//! that hooks are asked about, until it is final; then until every proxy has what came of it. The deadline is one for
//! all. A command that was accepted stays so: what is missing at the deadline is said with 202, and the status tells
//! why.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use super::Admin;
use super::failure::{self, NOT_READY};
use super::request::{VerbRequest, Wait};
use crate::api::Applied;
use crate::reconciler::{Accepted, CommandError, CommandRequest};
use crate::routing::ids::{EnvKey, Revision, Version};
use crate::routing::plan::Weight;
use crate::routing::rollout::{Command, Hold, Phase, Record, Shift};
use crate::routing::table::EnvStatus;
use crate::web::applied::published;
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
        let VerbRequest { command, post } = request;
        let (wait, deadline) = (post.wait, post.deadline());
        let verb = command.command.verb();
        let ask = || self.handle.command(command.clone());
        let mut accepted = self.ask(wait, deadline, &[verb], ask).await?;
        let mut complete = true;
        if wait.is_some() {
            complete = self
                .wait_until_finished(&command, &mut accepted, deadline)
                .await?;
        }
        let mut applied = None;
        if wait == Some(Wait::Applied) {
            complete = complete && self.wait_until_applied(accepted.revision, deadline).await;
            applied = Some(self.applied.list());
        }
        Ok(Outcome {
            accepted,
            complete,
            applied,
        })
    }

    /// Asks once, or until it is accepted, and counts the end of it.
    pub(super) async fn ask<T, F>(
        &self,
        wait: Option<Wait>,
        deadline: Instant,
        verbs: &[&'static str],
        ask: impl Fn() -> F,
    ) -> Result<T, CommandError>
    where
        F: Future<Output = Result<T, CommandError>>,
    {
        let asked = match wait {
            Some(_) => self.ask_until_accepted(ask, deadline).await,
            None => ask().await,
        };
        let result = asked.as_ref().map_or_else(failure::code, |_| "accepted");
        for verb in verbs {
            self.metrics.commanded(verb, result);
        }
        asked
    }

    /// Asks again whenever something changed, as long as the refusal is only "not yet".
    async fn ask_until_accepted<T, F>(
        &self,
        ask: impl Fn() -> F,
        deadline: Instant,
    ) -> Result<T, CommandError>
    where
        F: Future<Output = Result<T, CommandError>>,
    {
        let started = Instant::now();
        let mut turns = self.handle.turns();
        loop {
            // marked before asking: what changes after that is worth another attempt
            turns.mark_unchanged();
            let error = match ask().await {
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

    /// Waits for the end of "pending", and of what is asked before a switch is final. `false` when that is not over at
    /// the deadline, or when a person has to decide.
    async fn wait_until_finished(
        &self,
        command: &CommandRequest,
        accepted: &mut Accepted,
        deadline: Instant,
    ) -> Result<bool, ApiError> {
        let asked = &command.command;
        let rollout = &accepted.status.rollout;
        if !is_unfinished(rollout, asked) {
            return Ok(!is_stuck(rollout, asked));
        }
        let candidate = rollout.other_version().cloned();
        let mut turns = self.handle.turns();
        loop {
            turns.mark_unchanged();
            accepted.status = self.status(&command.key).await?;
            let rollout = &accepted.status.rollout;
            if !is_unfinished(rollout, asked) {
                has_traffic(rollout, candidate.as_ref())?;
                if let Some(snapshot) = self.reader.load() {
                    accepted.revision = snapshot.revision();
                }
                return Ok(!is_stuck(rollout, asked));
            }
            tokio::select! {
                turn = turns.changed() => if turn.is_err() { return Ok(false) },
                () = tokio::time::sleep_until(deadline) => return Ok(false),
                () = self.stop.cancelled() => return Ok(false),
            }
        }
    }

    pub(super) async fn wait_until_applied(&self, revision: Revision, deadline: Instant) -> bool {
        let target = published(revision, &self.reader);
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
    if let CommandError::Item { error, .. } = error {
        return retry(error, started, deadline);
    }
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

/// Something of it has yet to happen by itself.
fn is_unfinished(rollout: &Record, command: &Command) -> bool {
    let Some(shift) = &rollout.shift else {
        return false;
    };
    match &shift.phase {
        Phase::Pending { .. } => true,
        Phase::Running { .. } => {
            wants_everything(command) && !shift.plan.stays() && !is_baking(shift)
        }
        Phase::Held(hold) => wants_everything(command) && !needs_a_person(hold),
    }
}

/// Only a person can make it final.
fn is_stuck(rollout: &Record, command: &Command) -> bool {
    let Some(Shift { phase, .. }) = &rollout.shift else {
        return false;
    };
    match phase {
        Phase::Held(hold) => wants_everything(command) && needs_a_person(hold),
        Phase::Pending { .. } | Phase::Running { .. } => false,
    }
}

const fn needs_a_person(hold: &Hold) -> bool {
    !hold.is_automatic() && !matches!(hold, Hold::Hook { .. })
}

/// The candidate has everything, and only time has to pass.
fn is_baking(shift: &Shift) -> bool {
    shift.weight == Weight::FULL && shift.next_at().is_some()
}

/// Does it mean all of the traffic, so that it is not over before the candidate is active.
fn wants_everything(command: &Command) -> bool {
    match command {
        Command::Switch { .. } | Command::Finish => true,
        Command::Promote { weight, .. } => *weight == Some(Weight::FULL),
        Command::Weight { weight, .. } => *weight == Weight::FULL,
        Command::Rollback
        | Command::Shift { .. }
        | Command::Hold
        | Command::Resume
        | Command::Abort
        | Command::Evict
        | Command::Freeze { .. }
        | Command::Unfreeze
        | Command::Retire { .. }
        | Command::Maintenance(_) => false,
    }
}

/// A shift can also end without its candidate: given up at its deadline, told so by a hook, or ended by somebody else.
fn has_traffic(rollout: &Record, candidate: Option<&Version>) -> Result<(), ApiError> {
    let Some(version) = candidate else {
        return Ok(());
    };
    let shifting = rollout.shift.as_ref().and(rollout.other_version());
    if shifting == Some(version) || rollout.active_version() == Some(version) {
        return Ok(());
    }
    let slot = rollout.slot_of(version);
    let placed = slot.and_then(|slot| rollout.slots.get(slot));
    let problem = match placed.and_then(|placed| placed.failed.as_ref()) {
        Some(failed) => {
            let detail = format!("version {version} takes no live traffic: {}", failed.why);
            ApiError::new(ErrorStatus::CONFLICT, "failed", detail)
        }
        None => given_up(version),
    };
    Err(problem.state(rollout.state()))
}

fn given_up(version: &Version) -> ApiError {
    let detail = format!(
        "version {version} was not ready in time, so its shift was given up (or somebody ended it); it takes no live traffic"
    );
    ApiError::new(ErrorStatus::CONFLICT, NOT_READY, detail)
}
