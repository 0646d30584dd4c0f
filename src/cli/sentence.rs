//! A status in words: what just happened, in a line or two.
//!
//! Pure: from API types to text, for the verbs and for `status`. Says nothing that the status does not say;
//! a dry run is told with the same words.

use crate::api::{CommandAnswer, Health, HealthState, Placement, Shift, ShiftPhase, Status};
use crate::routing::ids::{Slot, Version};

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// `promote`, `switch`, ...
    pub(super) verb: &'static str,
    /// The version that was named.
    pub(super) version: Option<&'a Version>,
}

impl Asked<'_> {
    /// Does it change who answers at the live host, or may it.
    fn moves(self) -> bool {
        !["freeze", "unfreeze", "retire"].contains(&self.verb)
    }
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
    if asked.moves() {
        lines.extend(urls.iter().map(|url| format!("  {url}")));
    }
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

/// What it would lead to: headline, and what would change in the document.
pub(super) fn rehearsed(asked: Asked<'_>, told: &CommandAnswer) -> String {
    let mut lines = vec![headline(asked, &told.status)];
    if let Some(document) = &told.document {
        for (sign, names) in [
            ('+', &document.added),
            ('~', &document.changed),
            ('-', &document.removed),
        ] {
            lines.extend(names.iter().map(|name| format!("  {sign} {name}")));
        }
        if lines.len() == 1 {
            lines.push("  the document stays as it is".to_owned());
        }
    }
    lines.join("\n")
}

/// The new state from the point of view of what was asked.
fn headline(asked: Asked<'_>, status: &Status) -> String {
    match (asked.verb, asked.version) {
        ("freeze", _) => frozen(status).unwrap_or_else(|| "not frozen".to_owned()),
        ("unfreeze", _) => "not frozen".to_owned(),
        ("retire", Some(version)) => format!("{version} is retired and answers nowhere"),
        ("maintenance", _) => maintenance(status).map_or_else(
            || "not in maintenance".to_owned(),
            |it| format!("in maintenance, {it}"),
        ),
        _ => shifting(status).unwrap_or_else(|| moved(asked, status)),
    }
}

/// The shares of a running shift, and where its plan is.
fn shifting(status: &Status) -> Option<String> {
    let (shift, active) = (status.shift.as_ref()?, active_version(status)?);
    let (version, weight) = (&shift.version, shift.weight);
    let shares = format!("{version} takes {weight}% of live traffic");
    Some(match shift.phase {
        ShiftPhase::Pending => format!("{shares} when it is ready ({})", held(status)),
        ShiftPhase::Running => format!("{shares}, {active} the rest{}", place(shift)),
        ShiftPhase::Held => {
            let (place, why) = (place(shift), held(status));
            format!("{shares}, {active} the rest{place}, held: {why}")
        }
    })
}

/// Which step of which plan; nothing for a share that somebody named.
pub(super) fn place(shift: &Shift) -> String {
    if shift.steps < 2 {
        return String::new();
    }
    let (plan, step, steps) = (&shift.plan, shift.step, shift.steps);
    let next = shift.next_at.as_ref();
    let next = next.map_or_else(String::new, |at| format!(", next at {at}"));
    format!(", plan {plan}, step {step} of {steps}{next}")
}

/// Who has the live host now.
fn moved(asked: Asked<'_>, status: &Status) -> String {
    let active = active_version(status);
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
        ("abort", Some(active), _) => format!("{active} has all of the live traffic"),
        (_, Some(active), Some(previous)) => format!("{active} is live (was {previous})"),
        (_, Some(active), None) => format!("{active} is live"),
        (_, None, _) => "nothing is live".to_owned(),
    }
}

/// Who forbids changes, until when, and why.
pub(super) fn frozen(status: &Status) -> Option<String> {
    let freeze = status.frozen.as_ref()?;
    let until = freeze.until.as_ref();
    let until = until.map_or_else(String::new, |until| format!(" until {until}"));
    let why = match freeze.why.as_str() {
        "" => String::new(),
        why => format!(": {why}"),
    };
    Some(format!("frozen by {}{until}{why}", freeze.by))
}

/// What visitors get, and who wants it so.
pub(super) fn maintenance(status: &Status) -> Option<String> {
    let closed = status.maintenance.as_ref()?;
    let message = match closed.message.as_str() {
        "" => String::new(),
        message => format!(": {message}"),
    };
    let (by, after) = (&closed.by, &closed.retry_after);
    Some(format!(
        "visitors get 503, Retry-After {after}, by {by}{message}"
    ))
}

/// Why a version is not tried again by itself.
pub(super) fn failed<'a>(status: &'a Status, version: &Version) -> Option<&'a str> {
    let mut placed = Slot::ALL
        .into_iter()
        .filter_map(|slot| placed(status, slot));
    let placed = placed.find(|placed| placed.version == *version)?;
    placed.failed.as_deref()
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
    let counts = counts(health);
    match &health.reason {
        Some(reason) => format!("{counts}: {reason}"),
        None => counts,
    }
}

/// How well, without why.
pub(super) fn counts(health: &Health) -> String {
    let state = match health.state {
        HealthState::Ready => "ready",
        HealthState::Settling => "settling",
        HealthState::Degraded => "degraded",
        HealthState::Down => "down",
        HealthState::Absent => "absent",
    };
    format!("{state} {}/{}", health.healthy, health.expected)
}
