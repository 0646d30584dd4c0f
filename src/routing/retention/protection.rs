//! What no rule can let go: asked of the records themselves, so that no caller can forget a case.

use crate::routing::time::Timestamp;

use super::facts::{EnvFacts, StackFacts};
use super::reason::Shield;

/// Why the stack is in use, whatever the policy says.
pub(super) fn in_use(env: &EnvFacts, stack: &StackFacts, now: Timestamp) -> Option<Shield> {
    let (record, version) = (&env.record, &stack.version);
    if record.active_version() == Some(version) {
        return Some(Shield::Active);
    }
    if record.slot_of(version).is_some() {
        return Some(Shield::Placed);
    }
    if record.previous.as_ref() == Some(version) {
        return Some(Shield::Previous);
    }
    let is_leaving = record.removal(version).is_some();
    if is_leaving && record.is_retired(version, Some(stack.created)) {
        return Some(Shield::Leaving);
    }
    if let Some(why) = &stack.guarded {
        return Some(Shield::Guarded { why: why.clone() });
    }
    if record.frozen.is_some() {
        return Some(Shield::Frozen);
    }
    draining(stack, now).or_else(|| young(env, stack, now))
}

fn draining(stack: &StackFacts, now: Timestamp) -> Option<Shield> {
    let until = stack.draining_until.filter(|until| *until > now)?;
    Some(Shield::Draining { until })
}

/// A stack is as young as its youngest container, and one from the future is young.
fn young(env: &EnvFacts, stack: &StackFacts, now: Timestamp) -> Option<Shield> {
    let min_age_ms = env.policy.as_ref().map_or_else(
        || crate::routing::model::Retention::default().min_age_ms,
        |policy| policy.min_age_ms,
    );
    let made = stack.youngest.max(stack.created).saturating_mul(1000);
    let until = Timestamp::from_millis(made).plus_millis(min_age_ms);
    (until > now).then_some(Shield::Young { until })
}
