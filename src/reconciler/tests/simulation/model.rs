//! What a verb does to the three names that users know, told a second time and much more simply.

use crate::reconciler::{Accepted, CommandError, CommandRequest};
use crate::routing::ids::Version;
use crate::routing::rollout::{Command, Record, View};

/// A verb and what came of it.
pub(super) struct Case<'a> {
    pub(super) old: &'a Record,
    pub(super) new: &'a Record,
    pub(super) view: &'a View,
    pub(super) request: &'a CommandRequest,
    pub(super) answer: &'a Result<Accepted, CommandError>,
}

/// Active, other, previous.
type Names<'a> = (
    Option<&'a Version>,
    Option<&'a Version>,
    Option<&'a Version>,
);

fn names(record: &Record) -> Names<'_> {
    (
        record.active_version(),
        record.other_version(),
        record.previous.as_ref(),
    )
}

/// Holds an answer against what users were promised.
pub(super) fn check(case: &Case<'_>, context: &str) {
    let Case {
        old,
        new,
        request,
        answer,
        ..
    } = case;
    let is_repeatable = answer.is_err() || request.dry_run;
    if is_repeatable {
        assert_eq!(old, new, "{context}: nothing happened: {answer:?}");
    } else {
        let changed = u64::from(old != new);
        assert_eq!(
            new.generation,
            old.generation + changed,
            "{context}: one generation"
        );
        let expected = expected(case);
        assert!(
            expected.contains(&names(new)),
            "{context}: {:?} is none of {expected:?}",
            names(new)
        );
    }
    if request.if_match.is_some() {
        let refused = matches!(
            answer,
            Err(CommandError::Stale { .. } | CommandError::UnknownEnv(_))
        );
        assert!(refused, "{context}: {answer:?}");
    }
    never_refused(case, context);
}

/// What an accepted verb may lead to.
fn expected<'a>(case: &Case<'a>) -> Vec<Names<'a>> {
    let (active, other, previous) = names(case.old);
    let stays = (active, other, previous);
    let swapped = (other, active, active);
    match &case.request.command {
        Command::Promote { version, .. } => {
            let version: &'a Version = case.request.command_version(version);
            let placed = (active, Some(version), previous);
            // with all of the traffic it may be done at once
            let done = (Some(version), active, active);
            vec![stays, placed, done]
        }
        Command::Switch { .. }
        | Command::Finish
        | Command::Weight { .. }
        | Command::Shift { .. }
        | Command::Resume => {
            vec![stays, swapped]
        }
        Command::Rollback if case.old.shift.is_some() && is_alive(case, active) => vec![stays],
        Command::Rollback => vec![stays, (previous, active, active)],
        Command::Evict => vec![(active, None, previous)],
        Command::Retire { version, .. } => {
            let without = |name: Option<&'a Version>| name.filter(|name| *name != version);
            let left = (without(active), without(other), without(previous));
            // what stays alone in the slots while nothing is active is the other one
            vec![stays, left, (None, other, without(previous))]
        }
        Command::Hold
        | Command::Abort
        | Command::Freeze { .. }
        | Command::Unfreeze
        | Command::Maintenance(_) => vec![stays],
    }
}

impl CommandRequest {
    /// The version of a command, as long as the request lives.
    fn command_version<'a>(&'a self, fallback: &'a Version) -> &'a Version {
        match &self.command {
            Command::Promote { version, .. } | Command::Retire { version, .. } => version,
            Command::Switch { .. }
            | Command::Rollback
            | Command::Weight { .. }
            | Command::Shift { .. }
            | Command::Hold
            | Command::Resume
            | Command::Abort
            | Command::Finish
            | Command::Evict
            | Command::Freeze { .. }
            | Command::Unfreeze
            | Command::Maintenance(_) => fallback,
        }
    }
}

fn is_alive(case: &Case<'_>, version: Option<&Version>) -> bool {
    version.is_some_and(|version| case.view.is_alive(version))
}

/// No state answers `rollback` with a refusal while a healthy previous version runs.
fn never_refused(case: &Case<'_>, context: &str) {
    if !matches!(case.request.command, Command::Rollback) || case.request.if_match.is_some() {
        return;
    }
    if !is_alive(case, case.old.previous.as_ref()) {
        return;
    }
    let is_refused = matches!(case.answer, Err(CommandError::Refused { .. }));
    assert!(!is_refused, "{context}: {:?}", case.answer);
}
