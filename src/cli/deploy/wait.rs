//! From started to answering: containers are well, the daemon routes them, Traefik has it.
//!
//! A line on standard error for each new reason. What more time cannot mend ends the wait at once.

use std::time::Duration;

use crate::api::{HealthState, StackEntry};
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::progress::Progress;

use super::containers::{self, Condition, Container};
use super::daemon::Daemon;
use super::prepared::Prepared;
use super::report;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// What has become of it.
#[derive(Clone, Debug)]
pub(super) struct Done {
    /// Its containers.
    pub(super) containers: Vec<Container>,
    /// As the daemon has it; none when nobody waited.
    pub(super) stack: Option<StackEntry>,
}

/// Returns when the previews answer.
pub(super) fn until_healthy(daemon: &Daemon, prepared: &Prepared) -> Result<Done, Failure> {
    let context = prepared.context();
    if prepared.start.detach {
        return Ok(Done {
            containers: containers::of_project(context, &prepared.project.name)?,
            stack: None,
        });
    }
    let mut progress = Progress::start(&prepared.env, prepared.timeout);
    let containers = until_up(prepared, &mut progress)?;
    let stack = until_routed(daemon, prepared, &mut progress)?;
    if stack.is_some() {
        until_applied(daemon, prepared, &mut progress)?;
    }
    Ok(Done { containers, stack })
}

fn until_up(prepared: &Prepared, progress: &mut Progress<'_>) -> Result<Vec<Container>, Failure> {
    loop {
        let all = containers::of_project(prepared.context(), &prepared.project.name)?;
        let conditions: Vec<(&Container, Condition)> =
            all.iter().map(|one| (one, one.condition())).collect();
        let is_failed =
            |(_, condition): &&(&Container, Condition)| matches!(condition, Condition::Failed(_));
        if let Some((container, Condition::Failed(why))) = conditions.iter().find(is_failed) {
            return Err(report::failed(
                prepared,
                &format!("container {} {why}", container.name()),
            )?);
        }
        let waiting = summary(&conditions);
        if waiting.is_empty() && !all.is_empty() {
            return Ok(all);
        }
        if progress.is_over() {
            return Err(report::failed(
                prepared,
                &format!("not healthy in time: {waiting}"),
            )?);
        }
        progress.tell(&waiting)?;
        std::thread::sleep(PAUSE);
    }
}

/// `web 1 of 2 healthy (starting)`, for each compose service that is not.
fn summary(conditions: &[(&Container, Condition)]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut services: Vec<&str> = conditions.iter().map(|(one, _)| one.service()).collect();
    services.sort_unstable();
    services.dedup();
    for service in services {
        let own: Vec<&Condition> = conditions
            .iter()
            .filter(|(one, _)| one.service() == service)
            .map(|(_, condition)| condition)
            .collect();
        let why = own.iter().find_map(|condition| match condition {
            Condition::Waiting(why) => Some(why),
            Condition::Up | Condition::Ended | Condition::Failed(_) => None,
        });
        if let Some(why) = why {
            let well = own
                .iter()
                .filter(|one| matches!(one, Condition::Up))
                .count();
            parts.push(format!("{service} {well} of {} healthy ({why})", own.len()));
        }
    }
    parts.join(", ")
}

/// None when nothing of it is routed.
fn until_routed(
    daemon: &Daemon,
    prepared: &Prepared,
    progress: &mut Progress<'_>,
) -> Result<Option<StackEntry>, Failure> {
    loop {
        let stacks = daemon.stacks()?;
        let found = stacks.into_iter().find(|stack| {
            stack.app == prepared.env.app
                && stack.env == prepared.env.env
                && stack.version == prepared.version
        });
        let why = match found {
            Some(stack) if is_answering(&stack) => return Ok(Some(stack)),
            Some(stack) => {
                let health = &stack.health;
                let reason = health.reason.clone().unwrap_or_default();
                format!(
                    "{} of {} servers routed {reason}",
                    health.healthy, health.expected
                )
            }
            None => "the daemon has not seen it yet".to_owned(),
        };
        if progress.is_over() {
            return Err(
                report::failed(prepared, &format!("not routed in time: {why}"))?.next(
                    "`pointsman diagnose` says what is wrong with labels, names and networks",
                ),
            );
        }
        progress.tell(why.trim())?;
        std::thread::sleep(PAUSE);
    }
}

/// Every server takes requests. One that has no server has none to wait for.
fn is_answering(stack: &StackEntry) -> bool {
    let health = &stack.health;
    match health.state {
        HealthState::Ready | HealthState::Settling => health.healthy >= health.expected,
        HealthState::Degraded | HealthState::Down | HealthState::Absent => health.expected == 0,
    }
}

/// Only as long as somebody polls; a Traefik that lags is said, and no failure of this version.
fn until_applied(
    daemon: &Daemon,
    prepared: &Prepared,
    progress: &mut Progress<'_>,
) -> Result<(), Failure> {
    loop {
        let status = daemon.status(&prepared.env)?;
        let lags = status
            .applied
            .iter()
            .any(|applied| applied.revision != status.revision);
        if status.applied.is_empty() || status.revision.is_none() {
            return output::note("note: no Traefik polls this Pointsman, so nothing answers yet");
        }
        if !lags {
            return Ok(());
        }
        if progress.is_over() {
            return output::note("note: Traefik has not applied it yet; see `pointsman status`");
        }
        progress.tell("Traefik has not applied it yet")?;
        std::thread::sleep(PAUSE);
    }
}
