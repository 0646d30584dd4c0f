//! What an answer means for the wait: is it the end, is more time worth it, and what is to be said when it was not enough.

use crate::api::{CommandAnswer, Shift, ShiftPhase};
use crate::routing::ids::Version;

use super::failure::Failure;
use super::session::EnvArgs;
use super::{exit, sentence};

/// The plan that a switch is while hooks are asked.
const SWITCH: &str = "switch";
/// What is held so, is so until a person says more.
const PERSONAL: [&str; 4] = ["user", "gate", "hook-refused", "inconclusive"];

fn is_pending(told: &CommandAnswer) -> bool {
    let shift = told.status.shift.as_ref();
    shift.is_some_and(|shift| shift.phase == ShiftPhase::Pending)
}

/// The candidate is about to have everything, by way of the env's hooks.
pub(super) fn switching(told: &CommandAnswer) -> Option<&Shift> {
    let shift = told.status.shift.as_ref()?;
    let has_everything = shift.weight == 100 && shift.next_at.is_some();
    (shift.plan == SWITCH && !has_everything).then_some(shift)
}

/// Only a person can let it go on.
fn needs_a_person(told: &CommandAnswer) -> bool {
    let held = told.status.held.as_ref();
    held.is_some_and(|held| PERSONAL.contains(&held.reason.as_str()))
}

/// More time can help: a shift is pending, a hook is asked, or a proxy that polls has yet to apply it.
pub(super) fn is_worth_waiting(told: &CommandAnswer) -> bool {
    let applied = told.applied.as_ref();
    let is_asked = switching(told).is_some() && !needs_a_person(told);
    is_pending(told) || is_asked || applied.is_some_and(|applied| !applied.is_empty())
}

pub(super) fn why_incomplete(told: &CommandAnswer) -> String {
    if is_pending(told) || switching(told).is_some() {
        return format!("accepted, held: {}", sentence::held(&told.status));
    }
    match lagging(told).as_slice() {
        [] => "accepted; Traefik has not confirmed it yet".to_owned(),
        some => format!("accepted; not yet applied by {}", some.join(", ")),
    }
}

/// It was about to go live, and its shift has ended without it.
pub(super) fn has_lost(candidate: &Version, told: &CommandAnswer) -> bool {
    let active = sentence::active_version(&told.status);
    told.status.shift.is_none() && active != Some(candidate)
}

pub(super) fn gave_up(env: &EnvArgs, version: &Version, told: &CommandAnswer) -> Failure {
    let why = sentence::failed(&told.status, version).unwrap_or("its shift was ended");
    let message = format!("{env}: {version} did not go live: {why}");
    Failure::new(exit::REFUSED, message).next(format!(
        "deploy it anew, or insist with `pointsman switch {} {} --force`",
        env.app, env.env
    ))
}

/// The proxies that have another revision.
fn lagging(told: &CommandAnswer) -> Vec<&str> {
    let applied = told.applied.iter().flatten();
    applied
        .filter(|applied| applied.revision.as_deref() != Some(told.revision.as_str()))
        .map(|applied| applied.proxy.as_str())
        .collect()
}

/// The command stands, and what was waited for did not happen in time.
pub(super) fn incomplete(env: &EnvArgs, told: &CommandAnswer) -> Failure {
    if is_pending(told) {
        let why = sentence::held(&told.status);
        let message = format!("{env}: accepted, but it takes no traffic yet: {why}");
        return Failure::new(exit::REFUSED, message).next(format!(
            "it goes on waiting by itself; `pointsman status {0} {1}` shows it, `pointsman rollback {0} {1}` ends it",
            env.app, env.env
        ));
    }
    if let Some(shift) = switching(told) {
        let (version, why) = (&shift.version, sentence::held(&told.status));
        let message = format!("{env}: accepted, but {version} is not live yet: {why}");
        return Failure::new(exit::REFUSED, message).next(format!(
            "`pointsman status {0} {1}` shows it, `pointsman abort {0} {1}` ends it",
            env.app, env.env
        ));
    }
    let message = if told.applied.as_ref().is_none_or(Vec::is_empty) {
        format!("{env}: stored and published, but no proxy polls this daemon")
    } else {
        format!("{env}: stored and published, but: {}", why_incomplete(told))
    };
    Failure::unexpected(message)
        .next("nothing has to be repeated; check Traefik's --providers.http.endpoint and its log")
}
