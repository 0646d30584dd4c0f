//! The reconciler's values as the API's wire types. Total and without decisions of its own: what is derived here
//! (health in one word, why something is held) is wording only.

mod env;

use jiff::Timestamp as Rfc3339;

pub(super) use news::{event, lost};

use crate::api::{
    Applied, DiagnosticEntry, DocumentChange, Freeze, Health, HealthState, Held, HistoryItem,
    Maintenance, Placement, Preview, Shift, ShiftPhase, SlotWeights, Slots, StackEntry, Status,
    Weights,
};
use crate::reconciler::HistoryEntry;
use crate::routing::ids::{EnvKey, Slot, Version};
use crate::routing::model::Diagnostic;
use crate::routing::rollout::{Phase, Placed, Record};
use crate::routing::table::{Changes, EnvStatus, Share, StackStatus};
use crate::routing::time::Timestamp;

pub(super) use env::env;

pub(super) fn status(env: &EnvStatus, applied: Vec<Applied>) -> Status {
    let rollout = &env.rollout;
    let placement = |placed: &Placed| Placement {
        version: placed.version.clone(),
        health: version_health(env, &placed.version),
        failed: failed(env, placed),
    };
    Status {
        app: env.env.key.app.clone(),
        env: env.env.key.env.clone(),
        generation: rollout.generation,
        state: rollout.state().to_owned(),
        active: rollout.active,
        slots: Slots {
            blue: rollout.slots.blue.as_ref().map(placement),
            green: rollout.slots.green.as_ref().map(placement),
        },
        shift: shift(rollout),
        previous: rollout.previous.clone(),
        previews: previews(env),
        weights: Weights {
            intended: intended(rollout),
            effective: weights(env.effective),
        },
        revision: None,
        applied,
        held: held(env),
        frozen: rollout.frozen.as_ref().map(|freeze| Freeze {
            by: freeze.by.clone(),
            why: freeze.why.clone(),
            until: freeze.until.and_then(rfc3339),
        }),
        maintenance: rollout.maintenance.as_ref().map(|closure| Maintenance {
            by: closure.by.clone(),
            message: closure.message.clone(),
            retry_after: format!("{}s", closure.retry_after_s),
        }),
        retired: rollout.retired.keys().cloned().collect(),
        urls: env.live_urls.clone(),
        staged_urls: env.staged_urls.clone(),
    }
}

pub(super) fn stack(stack: &StackStatus, now: Timestamp) -> StackEntry {
    StackEntry {
        app: stack.key.app.clone(),
        env: stack.key.env.clone(),
        version: stack.version.clone(),
        slot: stack.slot,
        active: stack.active,
        created: stack.created,
        urls: stack.urls.clone(),
        health: health(stack, now),
    }
}

pub(super) fn history(entry: &HistoryEntry, key: &EnvKey) -> HistoryItem {
    HistoryItem {
        seq: entry.seq,
        time: rfc3339(entry.time).unwrap_or_else(|| Rfc3339::MAX.to_string()),
        actor: entry.actor.clone(),
        command: entry.command.clone(),
        result: entry.result.clone(),
        generation: entry.generation(key),
    }
}

pub(super) fn diagnostic(finding: &Diagnostic) -> DiagnosticEntry {
    DiagnosticEntry {
        code: finding.code.to_owned(),
        subject: finding.subject.clone(),
        key: finding.key.clone(),
        value: finding.value.clone(),
        message: finding.message.clone(),
    }
}

/// What a dry run would change in the document.
pub(super) fn document(changes: Changes) -> DocumentChange {
    let Changes {
        added,
        changed,
        removed,
    } = changes;
    DocumentChange {
        added,
        changed,
        removed,
    }
}

/// How a version's last shift went wrong, while it is made of the same.
fn failed(env: &EnvStatus, placed: &Placed) -> Option<String> {
    let failed = placed.failed.as_ref()?;
    let mut stacks = env.stacks.iter();
    let stack = stacks.find(|stack| stack.version == placed.version);
    let now = stack.and_then(|stack| stack.health.incarnation);
    (failed.incarnation == now).then(|| failed.why.clone())
}

/// A duration as Go writes it.
pub(super) fn go_duration(millis: u64) -> String {
    if millis.is_multiple_of(1000) {
        format!("{}s", millis / 1000)
    } else {
        format!("{millis}ms")
    }
}

fn shift(rollout: &Record) -> Option<Shift> {
    let shift = rollout.shift.as_ref()?;
    Some(Shift {
        to: rollout.other_slot(),
        version: rollout.other_version()?.clone(),
        weight: shift.weight.percent(),
        phase: match shift.phase {
            Phase::Pending { .. } => ShiftPhase::Pending,
            Phase::Running { .. } => ShiftPhase::Running,
            Phase::Held(_) => ShiftPhase::Held,
        },
        plan: shift.plan.name().to_owned(),
        step: shift.step.saturating_add(1),
        steps: shift.plan.steps().len(),
        entered_at: rfc3339(shift.entered_at).filter(|_| shift.has_begun()),
        next_at: shift.next_at().and_then(rfc3339),
    })
}

fn intended(rollout: &Record) -> SlotWeights {
    let mut weights = SlotWeights::default();
    let Some(active) = rollout.active else {
        return weights;
    };
    let other = rollout
        .shift
        .as_ref()
        .map_or(0, |shift| shift.weight.percent());
    *slot_of(&mut weights, active) = 100_u8.saturating_sub(other);
    *slot_of(&mut weights, active.other()) = other;
    weights
}

const fn slot_of(weights: &mut SlotWeights, slot: Slot) -> &mut u8 {
    match slot {
        Slot::Blue => &mut weights.blue,
        Slot::Green => &mut weights.green,
    }
}

const fn weights(share: Share) -> SlotWeights {
    SlotWeights {
        blue: share.blue,
        green: share.green,
    }
}

fn previews(env: &EnvStatus) -> Vec<Preview> {
    let previews = env.stacks.iter().filter(|stack| stack.slot.is_none());
    let preview = |stack: &StackStatus| Preview {
        version: stack.version.clone(),
        urls: stack.urls.clone(),
        health: health(stack, env.now),
    };
    previews.map(preview).collect()
}

fn version_health(env: &EnvStatus, version: &Version) -> Health {
    let stack = env.stacks.iter().find(|stack| stack.version == *version);
    stack.map_or_else(absent, |stack| health(stack, env.now))
}

fn absent() -> Health {
    Health {
        state: HealthState::Absent,
        healthy: 0,
        expected: 0,
        reason: Some("it has no routed container".to_owned()),
    }
}

fn health(stack: &StackStatus, now: Timestamp) -> Health {
    let seen = &stack.health;
    let (state, reason) = match (stack.ready, seen.healthy, seen.sufficient) {
        (true, _, _) => (HealthState::Ready, None),
        (false, _, _) if seen.expected == 0 => return absent(),
        (false, 0, _) => (HealthState::Down, Some(seen.reason.clone())),
        (false, _, false) => (HealthState::Degraded, Some(seen.reason.clone())),
        (false, _, true) => (HealthState::Settling, Some(settling(stack, now))),
    };
    Health {
        state,
        healthy: seen.healthy,
        expected: seen.expected,
        reason: reason.filter(|reason| !reason.is_empty()),
    }
}

fn settling(stack: &StackStatus, now: Timestamp) -> String {
    let left = stack.health.settled_at.millis_since(now);
    format!("healthy, ready in {}", go_duration(left))
}

/// Why live traffic is not shared as intended.
fn held(env: &EnvStatus) -> Option<Held> {
    let rollout = &env.rollout;
    let (shift, version) = (rollout.shift.as_ref()?, rollout.other_version()?);
    let because = |reason: &str, detail: String| Held {
        reason: reason.to_owned(),
        detail,
        deadline: None,
    };
    match &shift.phase {
        Phase::Held(hold) => Some(because(hold.code(), hold.to_string())),
        Phase::Pending { deadline } => {
            let why = version_health(env, version).reason;
            let why = why.unwrap_or_else(|| "it is not ready".to_owned());
            Some(Held {
                deadline: rfc3339(*deadline),
                ..because("not-ready", format!("version {version}: {why}"))
            })
        }
        Phase::Running { .. } => {
            let stable = rollout.active_version()?;
            let dead = |version| is_dead(env, version);
            if dead(version) {
                let detail = format!("version {version} has no healthy server");
                Some(because("candidate-dead", detail))
            } else if dead(stable) {
                let detail = format!("version {stable} has no healthy server");
                Some(because("stable-dead", detail))
            } else {
                None
            }
        }
    }
}

fn is_dead(env: &EnvStatus, version: &Version) -> bool {
    version_health(env, version).healthy == 0
}

/// A deadline beyond the calendar is none that anybody waits for.
pub(super) fn rfc3339(at: Timestamp) -> Option<String> {
    let millis = i64::try_from(at.as_millis()).ok()?;
    let at = Rfc3339::from_millisecond(millis).ok()?;
    Some(at.to_string())
}

mod news;

#[cfg(test)]
mod tests;
