//! A status in words: what just happened, in a line or two.
//!
//! Pure: from API types to text, for the verbs and for `status`. Says nothing that the status does not say;
//! a dry run is told with the same words.

use crate::api::{CommandAnswer, Health, HealthState, Placement, ShiftPhase, Status};
use crate::routing::ids::{Slot, Version};

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// `promote`, `switch`, ...
    pub(super) verb: &'static str,
    /// The version that was named.
    pub(super) version: Option<&'a Version>,
}

/// What it has led to: headline, URLs, what was displaced, who has it.
pub(super) fn answer(asked: Asked<'_>, accepted: &CommandAnswer) -> String {
    let status = &accepted.status;
    let mut lines = vec![format!(
        "{}/{}: {}, generation {}, revision {}",
        status.app,
        status.env,
        headline(asked, status),
        accepted.generation,
        accepted.revision
    )];
    let only_staged = asked.version.is_some()
        && asked.version != active_version(status)
        && status.shift.is_none();
    let urls = if only_staged {
        &status.staged_urls
    } else {
        &status.urls
    };
    lines.extend(urls.iter().map(|url| format!("  {url}")));
    if let Some(version) = &accepted.displaced {
        lines.push(format!(
            "displaced: {version} (a preview again, while it runs)"
        ));
    }
    for applied in accepted.applied.iter().flatten() {
        let revision = applied.revision.as_deref().unwrap_or("nothing yet");
        let how = if applied.confirmed {
            "confirmed"
        } else {
            "served"
        };
        lines.push(format!("applied: {} {how} {revision}", applied.proxy));
    }
    lines.join("\n")
}

/// The new state from the point of view of what was asked.
pub(super) fn headline(asked: Asked<'_>, status: &Status) -> String {
    let active = active_version(status);
    if let (Some(shift), Some(active)) = (&status.shift, active) {
        let (version, weight) = (&shift.version, shift.weight);
        return match shift.phase {
            ShiftPhase::Pending => {
                let why = held(status);
                format!("{version} takes {weight}% of live traffic when it is ready ({why})")
            }
            ShiftPhase::Running => {
                format!("{version} takes {weight}% of live traffic, {active} the rest")
            }
            ShiftPhase::Held => {
                let why = held(status);
                format!("{version} takes {weight}% of live traffic, {active} the rest, held: {why}")
            }
        };
    }
    if asked.version.is_some() && asked.version != active {
        return match other(status) {
            Some((slot, placed)) => {
                let health = health(&placed.health);
                format!("{} is staged in {slot}, {health}", placed.version)
            }
            None => "nothing is staged".to_owned(),
        };
    }
    match (asked.verb, active, &status.previous) {
        ("evict", _, _) => "the other slot is empty".to_owned(),
        ("rollback", Some(active), _) => format!("rolled back, {active} is live"),
        (_, Some(active), Some(previous)) => format!("{active} is live (was {previous})"),
        (_, Some(active), None) => format!("{active} is live"),
        (_, None, _) => "nothing is live".to_owned(),
    }
}

/// Why a pending step waits.
pub(super) fn held(status: &Status) -> String {
    match &status.held {
        Some(held) => match &held.deadline {
            Some(deadline) => format!("{}: {}, given up at {deadline}", held.reason, held.detail),
            None => format!("{}: {}", held.reason, held.detail),
        },
        None => "not-ready".to_owned(),
    }
}

/// The version with the live host.
pub(super) fn active_version(status: &Status) -> Option<&Version> {
    let placed = placed(status, status.active?)?;
    Some(&placed.version)
}

/// The slot beside the active one, when it holds something; with nothing active, the one that does.
pub(super) fn other(status: &Status) -> Option<(Slot, &Placement)> {
    let is_other = |slot: &Slot| status.active != Some(*slot);
    let mut others = Slot::ALL.into_iter().filter(is_other);
    others.find_map(|slot| Some((slot, placed(status, slot)?)))
}

/// Who is in a slot.
pub(super) const fn placed(status: &Status, slot: Slot) -> Option<&Placement> {
    match slot {
        Slot::Blue => status.slots.blue.as_ref(),
        Slot::Green => status.slots.green.as_ref(),
    }
}

/// `ready 2/2`, with the reason when it is not.
pub(super) fn health(health: &Health) -> String {
    let state = match health.state {
        HealthState::Ready => "ready",
        HealthState::Settling => "settling",
        HealthState::Degraded => "degraded",
        HealthState::Down => "down",
        HealthState::Absent => "absent",
    };
    let counts = format!("{state} {}/{}", health.healthy, health.expected);
    match &health.reason {
        Some(reason) => format!("{counts}: {reason}"),
        None => counts,
    }
}
