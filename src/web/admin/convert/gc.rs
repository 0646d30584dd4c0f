//! What becomes of stacks as the API's wire types.

use super::rfc3339;
use crate::api::{Fate, GcAnswer, GcEntry, Removing};
use crate::reconciler::{GcOutcome, GcStack, RemovalStatus};
use crate::routing::retention::{self, Shield};
use crate::routing::time::Timestamp;

pub(in crate::web::admin) fn gc(outcome: &GcOutcome) -> GcAnswer {
    GcAnswer {
        stacks: outcome.stacks.iter().map(entry).collect(),
        removing: outcome.removals.iter().map(removing).collect(),
        disk_bytes: None,
        revision: None,
    }
}

fn entry(stack: &GcStack) -> GcEntry {
    GcEntry {
        app: stack.verdict.key.app.clone(),
        env: stack.verdict.key.env.clone(),
        version: stack.verdict.version.clone(),
        slot: stack.slot,
        created: stack.created,
        frees_bytes: stack.frees_bytes,
        fate: fate(&stack.verdict.fate),
    }
}

pub(in crate::web::admin) fn fate(fate: &retention::Fate) -> Fate {
    match fate {
        retention::Fate::Goes(cause) => Fate {
            goes: true,
            reason: cause.code().to_owned(),
            detail: cause.to_string(),
            until: None,
        },
        retention::Fate::Stays(shield) => Fate {
            goes: false,
            reason: shield.code().to_owned(),
            detail: shield.to_string(),
            until: until(shield).and_then(rfc3339),
        },
    }
}

const fn until(shield: &Shield) -> Option<Timestamp> {
    match shield {
        Shield::Draining { until } | Shield::Young { until } => Some(*until),
        Shield::Active
        | Shield::Placed
        | Shield::Previous
        | Shield::Leaving
        | Shield::Guarded { .. }
        | Shield::Frozen
        | Shield::NoPolicy
        | Shield::Kept { .. } => None,
    }
}

fn removing(removal: &RemovalStatus) -> Removing {
    Removing {
        app: removal.key.app.clone(),
        env: removal.key.env.clone(),
        version: removal.version.clone(),
        stage: removal.stage.to_owned(),
        detail: removal.detail.clone(),
        until: removal.until.and_then(rfc3339),
    }
}
