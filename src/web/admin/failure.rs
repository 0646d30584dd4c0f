//! The reconciler's refusals as HTTP: which status, which stable code, what is said and what is only logged.

use std::time::Duration;

use crate::reconciler::CommandError;
use crate::web::error::{ApiError, ErrorStatus};

/// The code of the one guard that is only "not yet".
pub(super) const NOT_READY: &str = "not_ready";

/// Offered when nobody knows how long "not yet" will last.
const SOON: Duration = Duration::from_secs(1);

/// The stable code, in problems and in metrics.
pub(super) const fn code(error: &CommandError) -> &'static str {
    error.code()
}

const fn status(error: &CommandError) -> ErrorStatus {
    match error {
        CommandError::NotSynced | CommandError::Stopped => ErrorStatus::SERVICE_UNAVAILABLE,
        CommandError::UnknownEnv(_) => ErrorStatus::NOT_FOUND,
        CommandError::Stale { .. } => ErrorStatus::PRECONDITION_FAILED,
        CommandError::KeyReused(_) => ErrorStatus::UNPROCESSABLE_ENTITY,
        CommandError::Refused { .. }
        | CommandError::InUse { .. }
        | CommandError::Guarded { .. }
        | CommandError::NoPullRequestRule(_)
        | CommandError::DockerAway => ErrorStatus::CONFLICT,
        CommandError::Item { error, .. } => status(error),
        CommandError::Store(_)
        | CommandError::StorageFull(_)
        | CommandError::StorageReadOnly(_)
        | CommandError::StateReadOnly(_) => ErrorStatus::INSUFFICIENT_STORAGE,
    }
}

/// When asking again makes sense.
fn retry_after(error: &CommandError) -> Option<Duration> {
    match error {
        CommandError::NotSynced => Some(SOON),
        CommandError::Refused { retry_after_ms, .. } => retry_after_ms
            .map(Duration::from_millis)
            .or((code(error) == NOT_READY).then_some(SOON)),
        CommandError::Item { error, .. } => retry_after(error),
        CommandError::UnknownEnv(_)
        | CommandError::Stale { .. }
        | CommandError::KeyReused(_)
        | CommandError::InUse { .. }
        | CommandError::Guarded { .. }
        | CommandError::NoPullRequestRule(_)
        | CommandError::DockerAway
        | CommandError::Store(_)
        | CommandError::StorageFull(_)
        | CommandError::StorageReadOnly(_)
        | CommandError::StateReadOnly(_)
        | CommandError::Stopped => None,
    }
}

fn not_stored(why: &str) -> String {
    format!("the command could not be stored and was not carried out; {why}")
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        if let CommandError::Item { index, error } = error {
            return Self::from(*error).index(index);
        }
        let new = |detail| Self::new(status(&error), code(&error), detail);
        let problem = match &error {
            // paths and errno are for the log
            CommandError::Store(source) => new(not_stored("the log says why")).caused_by(source.clone()),
            CommandError::StorageFull(source) => new(not_stored(
                "the disk of the state directory is full: make room, then repeat the command",
            ))
            .caused_by(source.clone()),
            CommandError::StorageReadOnly(source) => new(not_stored(
                "the file system of the state directory is read-only: mount it writable, then repeat the command",
            ))
            .caused_by(source.clone()),
            CommandError::Stale { current, .. } => new(error.to_string()).generation(*current),
            CommandError::Refused { state, .. } => new(error.to_string()).state(state),
            CommandError::NotSynced
            | CommandError::UnknownEnv(_)
            | CommandError::KeyReused(_)
            | CommandError::InUse { .. }
            | CommandError::Guarded { .. }
            | CommandError::NoPullRequestRule(_)
            | CommandError::DockerAway
            | CommandError::Item { .. }
            | CommandError::StateReadOnly(_)
            | CommandError::Stopped => new(error.to_string()),
        };
        match retry_after(&error) {
            Some(after) => problem.retry_after(after),
            None => problem,
        }
    }
}
