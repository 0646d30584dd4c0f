//! How long until a server is asked again. Pure.
//!
//! One that was never well yet is about to start: it is asked often at first, because every moment counts for whoever waits
//! for it. After that its labels' intervals count, varied a little, so that many servers are not asked in step.

use std::hash::{Hash as _, Hasher as _};
use std::time::Duration;

use siphasher::sip::SipHasher13;

use crate::routing::model::Target;

const FIRST: Duration = Duration::from_millis(50);
/// Longest pause in the first minute of one that was never well, and after it.
const STARTING: Duration = Duration::from_secs(1);
const STUCK: Duration = Duration::from_secs(5);
const MINUTE: Duration = Duration::from_mins(1);

/// What is known of a server when an answer came.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// The answer was good.
    pub(super) well: bool,
    /// One was, at least once.
    pub(super) was_well: bool,
    /// How long it has been asked.
    pub(super) age: Duration,
    /// How often.
    pub(super) count: u32,
}

/// `None`: it need not be asked again.
pub(super) fn after(target: &Target, state: &State) -> Option<Duration> {
    let rhythm = target.check.rhythm();
    let pause = match rhythm {
        Some(rhythm) if state.well => Duration::from_millis(rhythm.interval_ms),
        None if state.well => return None,
        Some(rhythm) if state.was_well => Duration::from_millis(rhythm.unhealthy_interval_ms),
        Some(_) | None => starting(state),
    };
    Some(varied(pause, target, state.count))
}

/// Twice as long each time.
fn starting(state: &State) -> Duration {
    let longest = if state.age < MINUTE { STARTING } else { STUCK };
    let doublings = state.count.saturating_sub(1).min(16);
    (FIRST * (1 << doublings)).min(longest)
}

/// From nine tenths of it to all of it, by chance that a test can repeat.
fn varied(pause: Duration, target: &Target, count: u32) -> Duration {
    let mut hasher = SipHasher13::new();
    (target.container.to_string(), target.address, count).hash(&mut hasher);
    let permille = u32::try_from(hasher.finish() % 101).unwrap_or(0);
    pause * (1000 - permille) / 1000
}
